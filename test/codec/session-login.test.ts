import { describe, expect, it } from 'vitest';
import { sessionChallengeOf, sessionHeadersOf, sessionLoginBody, sessionProof } from '../../lib/codec/session-login';
import { ProtocolError } from '../../lib/errors';

/** Computed once with a standard SHA-256 library from the formulas of isapi.md §1.4. */
const USER = 'admin';
const PASSWORD = 'Test12345';
const BASE = {
  sessionId: 'a1',
  challenge: '82360cd6ffd7beda4398cf67bfbd1ea9',
  iterations: 100,
  isIrreversible: true,
  salt: '22CF57B6ADE75214A4C87042B3272630C55EF5D782AB3BE4C9EC4DA1CD95AF3B',
  salt2: null,
  version: '2',
  givesTag: false,
};
const SALT2 = '7BEB8CA39D05B89CABC4003FDCBA5AE73556CB8008BCEE3CBCA48CABC3AC201B';

describe('the proof of a session login', () => {
  it.each([
    ['version 2', BASE, 'ff5fc9e2d19e867426e707207f1e901592bba08970020e3bad91820bb871c402'],
    ['version 2.1', { ...BASE, salt2: SALT2 }, 'b7caeb0833fe2aa0aafe360e4ae68fe0bb5f12095010d23ff4b4ac19013fa6dc'],
    [
      'not irreversible',
      { ...BASE, isIrreversible: false },
      'c759b4c117d0376eb22d66a30273182b4f0ab8115b9bc01c8bcc45508a6a6fc4',
    ],
  ])('%s', (_name, challenge, proof) => {
    expect(sessionProof(challenge, USER, PASSWORD)).toBe(proof);
    const body = sessionLoginBody(challenge, USER, PASSWORD);
    expect(body).toContain(`<password>${proof}</password>`);
    expect(body).not.toContain(PASSWORD);
  });

  it('stands in a document with the session and its version, for a session that is not kept', () => {
    const document = (inner: string) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<SessionLogin><userName>admin</userName><password>${sessionProof(BASE, USER, PASSWORD)}</password>` +
      `<sessionID>a1</sessionID><isSessionIDValidLongTerm>false</isSessionIDValidLongTerm>${inner}</SessionLogin>\n`;
    expect(sessionLoginBody(BASE, USER, PASSWORD)).toBe(document('<sessionIDVersion>2</sessionIDVersion>'));
    expect(sessionLoginBody({ ...BASE, version: null }, USER, PASSWORD)).toBe(document(''));
  });

  it('writes a user name with signs of XML, and asks for a tag where there are some', () => {
    const body = sessionLoginBody({ ...BASE, givesTag: true }, 'a<b&c', PASSWORD);
    expect(body).toContain('<userName>a&lt;b&amp;c</userName>');
    expect(body).toContain('<isNeedSessionTag>true</isNeedSessionTag>');
  });
});

const CAP = `<SessionLoginCap version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<sessionID>a1</sessionID><challenge>82360cd6ffd7beda4398cf67bfbd1ea9</challenge><iterations>100</iterations>
<isIrreversible>true</isIrreversible><salt>${BASE.salt}</salt><salt2>${SALT2}</salt2>
<sessionIDVersion>2.1</sessionIDVersion><isSessionIDValidLongTerm opt="true,false"/>
<isSupportSessionTag>true</isSupportSessionTag></SessionLoginCap>`;

describe('the challenge', () => {
  it('is read', () => {
    expect(sessionChallengeOf(Buffer.from(CAP))).toEqual({ ...BASE, salt2: SALT2, version: '2.1', givesTag: true });
  });

  it('of old firmware has no salt and no version', () => {
    const old =
      '<SessionLoginCap><sessionID>b</sessionID><challenge>c</challenge><iterations>5</iterations></SessionLoginCap>';
    expect(sessionChallengeOf(Buffer.from(old))).toEqual({
      sessionId: 'b',
      challenge: 'c',
      iterations: 5,
      isIrreversible: false,
      salt: '',
      salt2: null,
      version: null,
      givesTag: false,
    });
  });

  it('may want one round, or 10,000', () => {
    for (const iterations of [1, 10_000])
      expect(sessionChallengeOf(Buffer.from(CAP.replace('>100<', `>${iterations}<`)))).toMatchObject({ iterations });
  });

  it.each([
    ['another root', CAP.replaceAll('SessionLoginCap', 'userCheck')],
    ['no challenge', CAP.replace(/<challenge>.*<\/challenge>/, '')],
    ['no session', CAP.replace(/<sessionID>.*?<\/sessionID>/, '')],
    ['no rounds', CAP.replace('>100<', '>0<')],
    ['one round too many', CAP.replace('>100<', '>10001<')],
    ['no number of rounds', CAP.replace('>100<', '><')],
    ['rounds that would keep us busy', CAP.replace('>100<', '>900000000<')],
    ['half a round', CAP.replace('>100<', '>1.5<')],
    ['a document cut off', CAP.slice(0, 90)],
    ['a web page', '<html><title>Login</title></html>'],
    ['nothing', ''],
  ])('with %s is refused', (_name, body) => {
    expect(() => sessionChallengeOf(Buffer.from(body))).toThrow(ProtocolError);
  });
});

describe('what a session is known by', () => {
  const challenge = sessionChallengeOf(Buffer.from(CAP));
  const answer = '<SessionLogin><statusValue>200</statusValue><sessionID>s9</sessionID></SessionLogin>';

  it('is the cookie, with its suffix or without', () => {
    const headers = (...cookies: string[]) => sessionHeadersOf(Buffer.from(answer), cookies, challenge);
    expect(headers('lang=en', 'WebSession_0a1b2c3d4e=ffee; path=/; HttpOnly')).toEqual({
      Cookie: 'WebSession_0a1b2c3d4e=ffee',
    });
    expect(headers('WebSession=ffee;path=/')).toEqual({ Cookie: 'WebSession=ffee' });
    expect(headers(' websession=ffee ; path=/')).toEqual({ Cookie: 'websession=ffee' });
    expect(headers('MyWebSession=1', 'x=WebSession=2')).toEqual({ Cookie: 'WebSession=s9' });
    expect(headers()).toEqual({ Cookie: 'WebSession=s9' });
    expect(sessionHeadersOf(Buffer.from(''), [], challenge)).toEqual({ Cookie: 'WebSession=a1' });
  });

  it('and the tag where there is one', () => {
    const tagged = answer.replace('</sessionID>', '</sessionID><sessionTag>T1</sessionTag>');
    expect(sessionHeadersOf(Buffer.from(tagged), ['WebSession=x'], challenge)).toEqual({
      Cookie: 'WebSession=x',
      SessionTag: 'T1',
    });
  });

  it('is never something that breaks a header', () => {
    const broken = answer.replace('s9', 's9&#13;&#10;X: y');
    expect(() => sessionHeadersOf(Buffer.from(broken), [], challenge)).toThrow(ProtocolError);
    const tagged = (tag: string) =>
      Buffer.from(answer.replace('</sessionID>', `</sessionID><sessionTag>${tag}</sessionTag>`));
    expect(() => sessionHeadersOf(tagged('T&#10;1'), ['WebSession=x'], challenge)).toThrow(ProtocolError);
    expect(() => sessionHeadersOf(tagged('T'.repeat(4_097)), ['WebSession=x'], challenge)).toThrow(ProtocolError);
    expect(sessionHeadersOf(tagged('T'.repeat(4_096)), ['WebSession=x'], challenge).SessionTag).toHaveLength(4_096);
  });
});
