import { describe, expect, it } from 'vitest';
import { FrameRedactor } from '../../../lib/codec/redact';
import { be32, join, padded, push, reply, request, zeros } from '../../support/wire';

const LOGIN = 0x010000;
const DEVICE_V40 = 0x1110c2;
const JPEG = 0x030009;
const PASS_THROUGH = 0x117000;

const redactor = (...secrets: string[]) => new FrameRedactor(secrets);
const stars = (count: number) => '*'.repeat(count);

/** A request of a login: 36 bytes of header, then the body. */
const loginRequest = (body: Buffer) =>
  join(be32(36 + body.length), [0x5a, 0, 0, 0], zeros(4), be32(LOGIN), zeros(16), [0x6f, 0, 0, 0], body);

describe('a request that may be shown', () => {
  it('of a login has neither name nor key nor proof', () => {
    const body = join(padded('admin', 48), Buffer.alloc(140, 0xab));
    const { frame, command } = redactor().redact(1, 'sent', loginRequest(body));
    expect(command).toBe(LOGIN);
    expect(frame).toEqual(loginRequest(join(padded(stars(5), 48), stars(140))));
  });

  it('has neither auth word nor session, and keeps the rest', () => {
    const fields = { command: 0x111050, ip: [192, 168, 1, 2], mac: [1, 2, 3, 4, 5, 6], body: be32(1) } as const;
    const sent = request({ ...fields, mac: [...fields.mac], authWord: 0x01020304, userId: 0x0a000b0c });
    const before = Buffer.from(sent);
    const { frame, command } = redactor().redact(1, 'sent', sent);
    expect(command).toBe(0x111050);
    // Zeros stay: they show how long a value is that was there.
    expect(frame).toEqual(request({ ...fields, mac: [...fields.mac], authWord: 0x2a2a2a2a, userId: 0x2a002a2a }));
    expect(sent).toEqual(before);
  });

  it('that is cut off shows its length alone', () => {
    const cut = request({ command: 0x111050, userId: 7, authWord: 9 }).subarray(0, 31);
    const { frame, command } = redactor().redact(1, 'sent', cut);
    expect(command).toBeNull();
    expect(frame.subarray(0, 4)).toEqual(cut.subarray(0, 4));
    expect([...frame.subarray(4)].every((byte) => byte === 0 || byte === 0x2a)).toBe(true);
    expect(frame).toHaveLength(31);
  });

  it.each([
    ['<serialNumber>DS-2CD2085</serialNumber><model>DS-2CD2085</model>', 10],
    ['<ns:DeviceName lang="en">DS-2CD2085</ns:DeviceName><model>DS-2CD2085</model>', 10],
    ['{"cardNo" : "DS-2CD2085","model":"DS-2CD2085"}', 10],
    ['{"NAME":"a\\"b\\\\","x":"a\\"b\\\\"}', 6],
    ['<name>Tür</name><x>Tür</x>', 4],
    ['<name></name><name/><names>x</names><x name="y"/>', 0],
  ])('has no value of a name that belongs to somebody: %s', (document, count) => {
    const body = Buffer.from(document);
    const { frame } = redactor().redact(1, 'sent', request({ command: PASS_THROUGH, body }));
    const shown = frame.toString('utf8', 32);
    expect(frame).toHaveLength(32 + body.length);
    expect(shown.match(/\*+/)?.[0].length ?? 0).toBe(count);
    // Once hidden, and once where it is nobody`s.
    expect(shown.split('*').filter((piece) => piece !== '')).toHaveLength(count === 0 ? 1 : 2);
  });

  it('keeps every byte of a body that is no document', () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(
      redactor()
        .redact(1, 'sent', request({ command: PASS_THROUGH, body }))
        .frame.subarray(32),
    ).toEqual(body);
  });
});

describe('an answer that may be shown', () => {
  /** What a redactor makes of an answer to that command. */
  function answered(command: number, answer: Buffer, secrets: string[] = []) {
    const redact = redactor(...secrets);
    redact.redact(1, 'sent', request({ command }));
    return redact.redact(1, 'received', answer);
  }

  it('of the device has neither its name nor its serial number, and a sum that is right again', () => {
    const device = (name: string, serial: string) =>
      join(be32(256), padded(name, 32), be32(255), be32(1), padded(serial, 48), be32(0x05040000), zeros(160));
    const { frame, command } = answered(DEVICE_V40, reply(1, device('Front gate', 'DS-2CD20240101')));
    expect(command).toBe(DEVICE_V40);
    expect(frame).toEqual(reply(1, device(stars(10), stars(14))));
  });

  it('keeps a sum that was wrong', () => {
    const answer = reply(1, '<name>gate</name>');
    answer.set(be32(0x01020304), 4);
    const { frame } = answered(PASS_THROUGH, answer);
    expect(frame.toString('latin1', 16)).toBe('<name>****</name>');
    expect(frame.subarray(4, 8)).toEqual(Buffer.from([1, 2, 3, 4]));
  });

  it('has a sum over what is shown, without the secrets too', () => {
    const { frame } = answered(PASS_THROUGH, reply(1, '<name>gate</name><x>Geheim12</x>'), ['Geheim12']);
    expect(frame).toEqual(reply(1, '<name>****</name><x>********</x>'));
  });

  it('with a picture shows that there was one', () => {
    const picture = join([0xff, 0xd8, 0xff, 0, 0x41]);
    const answer = reply(1, picture);
    answer.set(be32(1), 4); // the sum of bytes 8 to 15 alone
    const { frame, command } = answered(JPEG, answer);
    expect(command).toBe(JPEG);
    expect(frame.subarray(0, 16)).toEqual(answer.subarray(0, 16));
    expect(frame.subarray(16)).toEqual(Buffer.from([0x2a, 0x2a, 0x2a, 0, 0x2a]));
  });

  it('without a body, or cut off, is left as it is', () => {
    for (const answer of [reply(23), reply(1).subarray(0, 12)])
      expect(answered(0x111050, answer).frame).toEqual(answer);
  });

  it('to a question that was not seen shows its head alone', () => {
    const { frame, command } = redactor().redact(9, 'received', push(104, join([1, 0, 2], 'secret')));
    expect(command).toBeNull();
    expect(frame).toEqual(push(104, join([0x2a, 0, 0x2a], '******')));
  });

  it('belongs to the last question of its own connection', () => {
    const redact = redactor();
    redact.redact(1, 'sent', request({ command: 0x111050 }));
    redact.redact(2, 'sent', request({ command: 0x111060 }));
    expect(redact.redact(1, 'received', reply(1)).command).toBe(0x111050);
    redact.redact(1, 'sent', request({ command: 0x111070 }));
    expect(redact.redact(1, 'received', reply(1)).command).toBe(0x111070);
    expect(redact.redact(2, 'received', reply(1)).command).toBe(0x111060);
  });

  it('is known for the last 64 connections that asked', () => {
    const redact = redactor();
    for (let connection = 0; connection <= 64; connection++) redact.redact(connection, 'sent', request({ command: 5 }));
    expect(redact.redact(0, 'received', reply(1)).command).toBeNull();
    expect(redact.redact(1, 'received', reply(1)).command).toBe(5);
    expect(redact.redact(64, 'received', reply(1)).command).toBe(5);
  });
});

describe('the answers to a login that may be shown', () => {
  const challenge = join(
    be32(208),
    be32(0x11223344),
    be32(1),
    be32(0x05013d4b),
    Buffer.alloc(128, 0xab),
    's'.repeat(64),
  );
  /** Session 0x01020304 of a camera with this serial number. */
  const accepted = (serial: string, seed: number, session: number) =>
    join(be32(74), be32(seed), be32(1), be32(0x05013d4b), be32(session), padded(serial, 48), [31, 1, 1, 0, 1, 1]);

  it('have neither challenge, salt, seed, session nor serial number, which is hidden from then on', () => {
    const redact = redactor();
    redact.redact(1, 'sent', loginRequest(Buffer.alloc(188, 1)));
    const first = redact.redact(1, 'received', challenge);
    expect(first.command).toBe(LOGIN);
    expect(first.frame).toEqual(join(be32(208), stars(4), be32(1), be32(0x05013d4b), stars(192)));
    redact.redact(1, 'sent', loginRequest(Buffer.alloc(48, 2)));
    const second = redact.redact(1, 'received', accepted('DS-2CD20240101', 0x01020304, 0x01020304));
    expect(second.command).toBe(LOGIN);
    expect(second.frame).toEqual(accepted(stars(14), 0x2a2a2a2a, 0x2a2a2a2a));
    expect(redact.text('connected to DS-2CD20240101 at 10:00')).toBe(`connected to ${stars(14)} at 10:00`);
    expect(
      redact.redact(2, 'sent', request({ command: 5, body: 'xDS-2CD20240101' })).frame.toString('latin1', 32),
    ).toBe(`x${stars(14)}`);
  });

  it('begin again with the challenge where another command was asked in between', () => {
    const redact = redactor();
    redact.redact(1, 'sent', loginRequest(Buffer.alloc(188, 1)));
    redact.redact(1, 'received', challenge);
    redact.redact(1, 'sent', request({ command: 5 }));
    redact.redact(1, 'sent', loginRequest(Buffer.alloc(188, 1)));
    expect(redact.redact(1, 'received', challenge).frame.subarray(16)).toEqual(Buffer.from(stars(192)));
  });

  it('are left as they are where they refuse', () => {
    const redact = redactor();
    redact.redact(1, 'sent', loginRequest(Buffer.alloc(188, 1)));
    const refused = join(be32(16), be32(39), be32(39), be32(0));
    expect(redact.redact(1, 'received', refused).frame).toEqual(refused);
  });
});

describe('a text that may be shown', () => {
  it('has no secret, wherever and how often it stands', () => {
    const redact = redactor('admin', 'Geheim12', 'Tür');
    expect(redact.text('admin:Geheim12@gate, adminadmin, Tür, Admin')).toBe(
      '*****:********@gate, **********, ****, Admin',
    );
    expect(redact.text('')).toBe('');
  });

  it('has none that overlaps itself', () => {
    expect(redactor('abab').text('xababab')).toBe('x****ab');
  });

  it('keeps what has less than three characters, or everything would be stars', () => {
    expect(redactor('ab', '', 'abc').text('ab abc')).toBe('ab ***');
  });
});
