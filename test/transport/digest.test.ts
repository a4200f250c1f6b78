import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  basicAuthorization,
  chooseChallenge,
  digestAuthorization,
  parseChallenges,
  type Challenge,
  type DigestChallenge,
} from '../../lib/transport/digest';
import { capturesFolder } from '../support/captures';

function digestOf(header: string): DigestChallenge {
  const [challenge] = parseChallenges([header]);
  if (challenge?.scheme !== 'digest') throw new Error(`no digest challenge in ${header}`);
  return challenge;
}

function field(authorization: string, name: string): string | undefined {
  const match = new RegExp(`\\b${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,\\s]+))`).exec(authorization);
  return match?.[1] ?? match?.[2];
}

describe('published vectors', () => {
  const rfc7616 = {
    username: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    nc: 1,
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const challengeOf7616 = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('RFC 7616 section 3.9.1, %s', (algorithm, response) => {
    const authorization = digestAuthorization(digestOf(challengeOf7616(algorithm)), rfc7616);
    expect(authorization).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", ' +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", ' +
        `response="${response}", algorithm=${algorithm}, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", ` +
        'qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
    );
  });

  it('RFC 2617 section 3.5', () => {
    const challenge = digestOf(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    const authorization = digestAuthorization(challenge, {
      ...rfc7616,
      password: 'Circle Of Life',
      cnonce: '0a4f113b',
    });
    expect(field(authorization, 'response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(field(authorization, 'algorithm')).toBeUndefined();
  });

  it('RFC 2069 section 2.4 with its erratum: no qop, no count', () => {
    const challenge = digestOf(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    const authorization = digestAuthorization(challenge, { ...rfc7616, password: 'CircleOfLife' });
    expect(field(authorization, 'response')).toBe('1949323746fe6a43ef61f9606e7febea');
    for (const absent of ['qop', 'nc', 'cnonce', 'algorithm']) expect(field(authorization, absent)).toBeUndefined();
  });
});

describe('the answer to a challenge', () => {
  /** RFC 7616 section 3.4, written a second time. */
  function expected(
    c: DigestChallenge,
    user: string,
    pass: string,
    method: string,
    uri: string,
    nc: string,
    cn: string,
  ) {
    const h = (s: string) =>
      createHash(c.algorithm.includes('256') ? 'sha256' : 'md5')
        .update(s)
        .digest('hex');
    const secret = [user, c.realm, pass].join(':');
    const key = c.algorithm.includes('sess') ? h([h(secret), c.nonce, cn].join(':')) : h(secret);
    const middle = c.qop === null ? c.nonce : [c.nonce, nc, cn, 'auth'].join(':');
    return h([key, middle, h(`${method}:${uri}`)].join(':'));
  }

  it('is right for every algorithm, with and without qop, for any user, password and uri', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'),
        fc.boolean(),
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.webPath(),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (algorithm, withQop, username, password, uri, nc) => {
          const challenge = digestOf(
            `Digest realm="r", nonce="n", algorithm=${algorithm}${withQop ? ', qop="auth"' : ''}`,
          );
          const authorization = digestAuthorization(challenge, {
            username,
            password,
            method: 'PUT',
            uri,
            nc,
            cnonce: 'cc',
          });
          const count = nc.toString(16).padStart(8, '0');
          expect(field(authorization, 'response')).toBe(
            expected(challenge, username, password, 'PUT', uri, count, 'cc'),
          );
          expect(field(authorization, 'nc')).toBe(withQop ? count : undefined);
          // A session key is made with the cnonce, so the device has to know it.
          expect(field(authorization, 'cnonce') !== undefined).toBe(withQop || algorithm.endsWith('sess'));
        },
      ),
    );
  });

  it('escapes quotes and backslashes of the user name, and hashes it as it is', () => {
    const challenge = digestOf('Digest realm="r", nonce="n"');
    const authorization = digestAuthorization(challenge, {
      username: 'a"b\\c',
      password: 'p',
      method: 'GET',
      uri: '/',
      nc: 1,
      cnonce: 'c',
    });
    expect(authorization).toContain('username="a\\"b\\\\c"');
    expect(field(authorization, 'response')).toBe(expected(challenge, 'a"b\\c', 'p', 'GET', '/', '', ''));
  });

  it('writes a user name that is not ASCII as UTF-8 bytes, one character each, as Node needs it', () => {
    const authorization = digestAuthorization(digestOf('Digest realm="r", nonce="n"'), {
      username: 'Jürgen 管理',
      password: 'pässword',
      method: 'GET',
      uri: '/',
      nc: 1,
      cnonce: 'c',
    });
    const user = field(authorization, 'username') ?? '';
    expect(Buffer.from(user, 'latin1').toString('utf8')).toBe('Jürgen 管理');
    expect(authorization).not.toContain('pässword');
  });

  it('cannot be broken into two headers', () => {
    const authorization = digestAuthorization(digestOf('Digest realm="r", nonce="n"'), {
      username: 'a\r\nX-Evil: 1',
      password: 'p',
      method: 'GET',
      uri: '/',
      nc: 1,
      cnonce: 'c',
    });
    expect(authorization).not.toMatch(/[\r\n]/);
  });

  it('Basic is user and password in base64 of UTF-8', () => {
    expect(basicAuthorization('Aladdin', 'open sesame')).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(basicAuthorization('test', '123£')).toBe('Basic dGVzdDoxMjPCow==');
  });
});

describe('challenges', () => {
  it('of an IP camera from V5.5: no algorithm, stale in capitals', () => {
    expect(parseChallenges(['Digest qop="auth", realm="IP Camera(83813)", nonce="4d573d", stale="FALSE"'])).toEqual([
      {
        scheme: 'digest',
        realm: 'IP Camera(83813)',
        nonce: '4d573d',
        opaque: null,
        algorithm: 'MD5',
        namesAlgorithm: false,
        qop: 'auth',
        stale: false,
      },
    ]);
  });

  it('of a recorder V4: domain, empty opaque, colon in the nonce', () => {
    const challenge = digestOf(
      'Digest realm="abcdef0123", domain="::", qop="auth", nonce="aabbcc:1714564800000", opaque="", algorithm="MD5", stale="FALSE"',
    );
    expect(challenge).toMatchObject({
      realm: 'abcdef0123',
      nonce: 'aabbcc:1714564800000',
      opaque: '',
      algorithm: 'MD5',
      namesAlgorithm: true,
      qop: 'auth',
      stale: false,
    });
    const authorization = digestAuthorization(challenge, {
      username: 'admin',
      password: 'p',
      method: 'GET',
      uri: '/ISAPI/System/time',
      nc: 2,
      cnonce: 'c',
    });
    expect(authorization).toContain('opaque=""');
    expect(authorization).toContain('algorithm=MD5');
    expect(authorization).toContain('nc=00000002');
  });

  it('of an older camera: neither qop nor algorithm', () => {
    expect(digestOf('Digest realm="DS-2CD", nonce="ab", stale="FALSE"')).toMatchObject({ qop: null, algorithm: 'MD5' });
  });

  const captures = capturesFolder();
  it.skipIf(captures === undefined)('of captured exchanges (V5.5.0) can all be answered', () => {
    const exchanges = JSON.parse(readFileSync(join(captures ?? '', 'devices/http-exchanges-V5.5.0.json'), 'utf8')) as {
      status: number;
      headers: Record<string, string>;
    }[];
    const refused = exchanges.filter(({ status }) => status === 401);
    expect(refused).toHaveLength(2);
    for (const { headers } of refused) {
      expect(parseChallenges([headers['WWW-Authenticate'] ?? ''])).toMatchObject([
        { scheme: 'digest', realm: 'IP Camera(83813)', qop: 'auth', stale: false, namesAlgorithm: false },
      ]);
    }
  });

  it.skipIf(captures === undefined)('of a DS-FB2127 offer Basic as well', () => {
    const { meta } = JSON.parse(readFileSync(join(captures ?? '', 'devices/DS-FB2127.json'), 'utf8')) as {
      meta: { wwwAuthenticate: string | string[] };
    };
    const said = [meta.wwwAuthenticate].flat();
    const challenges = parseChallenges(said);
    expect(challenges.some(({ scheme }) => scheme === 'basic')).toBe(true);
    expect(chooseChallenge(challenges, true)).not.toBeNull();
  });

  it('several in one header, or one header each', () => {
    const one = ['Basic realm="a, b=c", Digest realm="x", nonce="n1", qop="auth,auth-int", Negotiate, NTLM abc=='];
    const many = ['Basic realm="a, b=c"', 'Digest realm="x", nonce="n1", qop="auth,auth-int"'];
    const expected = [
      { scheme: 'basic', realm: 'a, b=c' },
      { scheme: 'digest', realm: 'x', nonce: 'n1', qop: 'auth' },
    ];
    expect(parseChallenges(one)).toMatchObject(expected);
    expect(parseChallenges(many)).toMatchObject(expected);
  });

  it('RFC 7616 section 3.9.1: SHA-256 is taken before MD5, in either order', () => {
    const md5 = 'Digest realm="r", nonce="m", qop="auth", algorithm=MD5';
    const sha = 'Digest realm="r", nonce="s", qop="auth", algorithm=SHA-256';
    for (const order of [[md5, sha], [sha, md5], [`${md5}, ${sha}`], ['Basic realm="r"', md5, sha]]) {
      expect(chooseChallenge(parseChallenges(order), true)).toMatchObject({ nonce: 's', algorithm: 'SHA-256' });
    }
  });

  it.each([
    ['Digest realm=r, nonce=abc, qop=auth, algorithm=MD5, stale=true', 'bare'],
    ['digest REALM="r" , NONCE = "abc" , QOP = "auth" ,Algorithm = "md5", STALE="True"', 'blanks and case'],
    ['DIGEST realm="r",nonce="abc",qop="auth",algorithm=MD5,stale=TRUE,', 'no blanks, comma at the end'],
    ['Digest\trealm="r",\tnonce="abc",qop="auth",algorithm="MD5",stale="TRUE"', 'tabs'],
    [', ,Digest realm="r", , nonce="abc", qop="auth", algorithm=MD5, stale="true"', 'empty elements'],
  ])('%s', (header) => {
    expect(parseChallenges([header])).toMatchObject([
      { realm: 'r', nonce: 'abc', qop: 'auth', algorithm: 'MD5', stale: true },
    ]);
  });

  it.each([
    ['stale="FALSE"', false],
    ['stale=false', false],
    ['stale=""', false],
    ['stale', false],
    ['stale="TRUE"', true],
    ['stale=true', true],
    ['stale="True"', true],
  ])('%s', (text, stale) => {
    expect(digestOf(`Digest realm="r", nonce="n", ${text}`).stale).toBe(stale);
  });

  it('keeps escaped quotes of a realm, and the = of a bare nonce', () => {
    expect(digestOf('Digest realm="a \\"b\\" \\\\c", nonce=YWJj==, qop=auth')).toMatchObject({
      realm: 'a "b" \\c',
      nonce: 'YWJj==',
      qop: 'auth',
    });
  });

  it('capability documents spell it SHA256', () => {
    expect(digestOf('Digest realm="r", nonce="n", algorithm="SHA256"').algorithm).toBe('SHA-256');
  });

  it.each([
    'Digest realm="r", nonce="n", qop="auth-int"',
    'Digest realm="r", nonce="n", algorithm=SHA-512-256',
    'Digest realm="r", nonce="n", algorithm=toString',
    'Digest realm="r"',
    'Bearer realm="r"',
    'Negotiate',
    '',
    ',,,',
    '="',
  ])('that cannot be answered are left out: %s', (header) => {
    expect(parseChallenges([header])).toEqual([]);
    expect(chooseChallenge(parseChallenges([header]), true)).toBeNull();
  });

  it('Basic is taken only where it is allowed and nothing better is offered', () => {
    const basic: Challenge = { scheme: 'basic', realm: 'r' };
    expect(chooseChallenge([basic], false)).toBeNull();
    expect(chooseChallenge([basic], true)).toBe(basic);
    const digest = digestOf('Digest realm="r", nonce="n"');
    expect(chooseChallenge([basic, digest], true)).toBe(digest);
  });

  it('no text throws, and what is read can be answered in one line', () => {
    const piece = fc.constantFrom(
      'Digest ',
      'Basic',
      'realm',
      'nonce',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      '\t',
      'qop="auth"',
      'é',
      '\0',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (headers) => {
        for (const challenge of parseChallenges(headers)) {
          if (challenge.scheme !== 'digest') continue;
          const input = { username: 'u', password: 'p', method: 'GET', uri: '/', nc: 1, cnonce: 'c' };
          expect(digestAuthorization(challenge, input)).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(['a ', 'a=', '"', '\\"', ', ', 'a="', 'Digest ', 'é='])('is linear in %j repeated', (piece) => {
    const header = piece.repeat(1_000_000 / piece.length);
    const started = performance.now();
    parseChallenges([`Digest realm="${header}`, header]);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
