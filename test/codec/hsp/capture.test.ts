import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { captureBytes, decodeCapture, directionOf, isHexText, type CapturedFrame } from '../../../lib/codec/capture';
import { encodeChallenge, encodeLoginReply, encodeLoginRequest1 } from '../../../lib/codec/login-messages';
import { ProtocolError } from '../../../lib/errors';
import vectors from '../../fixtures/hsp-vectors.json';
import { hex } from '../../support/hex';
import { alarmV30, be32, join, padded, push, reply, request, time, zeros } from '../../support/wire';

const shortened = (frames: Iterable<CapturedFrame>) =>
  [...frames].map(({ direction, name, status, length }) => ({ direction, name, status, length }));

const isapi = (text: string) => join(zeros(8), be32(12 + text.length), be32(text.length), [1, 0, 0, 0], text);

describe('decodeCapture', () => {
  it('reads a capture that holds both directions', () => {
    const stream = Buffer.concat([
      encodeLoginRequest1({ user: 'admin', publicKey: Buffer.alloc(140) }),
      encodeChallenge({
        deviceClock: 0x6655_4433,
        sdkVersion: 0x0501_3d4b,
        ciphertext: Buffer.alloc(128, 9),
        salt: 's'.repeat(64),
      }),
      hex(vectors.login.step2),
      encodeLoginReply({ ...loginValue, raw: Buffer.alloc(28) }),
      request({ command: 0x117000, userId: 1, body: isapi('GET /ISAPI/System/deviceInfo\r\n') }),
      reply(1, '<DeviceInfo/>'),
      request({ command: 0x111020, userId: 1 }),
      reply(1),
      push(2),
      alarmV30({ type: 3, channels: [1, 2] }),
      push(20, join(be32(2), zeros(12), be32(1), zeros(4))),
      push(25),
      push(26),
    ]);
    const request2 = { direction: 'request', name: 'login', status: null };
    assert.deepEqual(shortened(decodeCapture(stream)), [
      { ...request2, length: 224 },
      { direction: 'reply', name: null, status: 1, length: 208 },
      { ...request2, length: 84 },
      { direction: 'reply', name: null, status: 1, length: 108 },
      { direction: 'request', name: 'isapi', status: null, length: 82 },
      { direction: 'reply', name: null, status: 1, length: 29 },
      { direction: 'request', name: 'alarmChannelV30', status: null, length: 32 },
      { direction: 'reply', name: null, status: 1, length: 16 },
      { direction: 'push', name: null, status: 2, length: 8 },
      { direction: 'push', name: null, status: 104, length: 108 },
      { direction: 'push', name: null, status: 20, length: 32 },
      { direction: 'push', name: null, status: 25, length: 8 },
      { direction: 'push', name: null, status: 26, length: 8 },
    ]);
    assert.deepEqual(shortened(decodeCapture(stream.toString('hex'))), shortened(decodeCapture(stream)));
  });

  it('shows what bodies say', () => {
    const [get, answer, alarm] = decodeCapture(
      Buffer.concat([
        request({ command: 0x117000, body: isapi('GET /ISAPI/System/time\r\n') }),
        reply(1, join(zeros(3), '{"a":1}')),
        alarmV30({ type: 3, channels: [2] }),
      ]),
    );
    assert.deepEqual(get?.decoded, { method: 'GET', path: '/ISAPI/System/time', document: '' });
    assert.equal(answer?.decoded, '{"a":1}');
    assert.equal(answer?.body, '0000007b2261223a317d');
    const { name, channels, subjects } = alarm?.decoded as Record<string, unknown>;
    assert.deepEqual([name, channels, subjects], ['motion', [2], [2]]);
  });

  it('shows recordings of a list', () => {
    const at = time(2026, 7, 15, 20, 30, 5);
    const [found, broken] = decodeCapture(
      Buffer.concat([push(27, join(padded('ch01', 100), at, at, be32(1))), push(27, zeros(30))]),
    );
    assert.equal((found?.decoded as { fileName: string }).fileName, 'ch01');
    assert.deepEqual([broken?.direction, broken?.decoded], ['push', null]);
  });

  it('marks a last frame that is cut off, wherever that is', () => {
    const frames = Buffer.concat([reply(1), request({ command: 0x020500, userId: 5 })]);
    for (let end = 17; end < frames.length; end++) {
      const seen = [...decodeCapture(frames.subarray(0, end))];
      assert.equal(seen.length, 2);
      assert.equal(seen[0]?.truncated, false);
      assert.equal(seen[1]?.truncated, true);
      assert.notEqual(seen[1]?.problem, null);
    }
  });

  for (const length of [0, 3, 2 ** 31]) {
    it(`stops at the length ${length}, and says so`, () => {
      const seen = [...decodeCapture(Buffer.concat([push(2), join(be32(length), zeros(20))]))];
      assert.equal(seen.length, 2);
      assert.match(seen[1]?.problem ?? '', new RegExp(`a frame of ${length} bytes cannot be`));
      assert.equal(seen[1]?.offset, 8);
    });
  }

  it('takes the direction that it is told', () => {
    const [asReply] = decodeCapture(push(104, zeros(100)), 'reply');
    assert.equal(asReply?.direction, 'reply');
    const [tooShort] = decodeCapture(push(2), 'request');
    assert.match(tooShort?.problem ?? '', /a request has at least 32 bytes/);
  });

  it('gives nothing for nothing', () => assert.deepEqual([...decodeCapture('')], []));

  it('reads a JPEG reply, whose checksum covers the header only', () => {
    const picture = reply(1, hex('ffd8ffe000104a4649460001'));
    picture.set(be32(1), 4);
    assert.equal(directionOf(picture), 'reply');
  });
});

describe('hexadecimal text', () => {
  it('may hold blanks, remarks, commas, colons and 0x', () => {
    const text = '# a remark\n00:00:00:08, 0x00 0x00 | 00 02 # keepalive\r\n';
    assert.deepEqual(captureBytes(text), push(2));
    assert.deepEqual(captureBytes('0000000'), hex('000000'));
  });

  it('is refused where it is none', () => {
    assert.throws(
      () => [...decodeCapture('0000 xyz')],
      (error) => error instanceof ProtocolError && error.offset === 5,
    );
  });

  it('is told from frames', () => {
    assert.equal(isHexText(Buffer.from('0000 0008')), true);
    assert.equal(isHexText(push(2)), false);
    assert.equal(isHexText(Buffer.alloc(0)), false);
  });
});

const loginValue = {
  seed: 0x143d_7840,
  retVal: 1,
  sdkVersion: 0x0501_3d4b,
  userId: 7,
  serial: 'DS',
  deviceType: 31,
  analogChannels: 1,
  firstChannel: 1,
  alarmInputs: 1,
  alarmOutputs: 1,
  disks: 1,
  protocols: 3,
  voiceChannels: 1,
  ipChannels: 0,
  subProtocol: 0,
  zeroChannels: 0,
  abilities: 0,
};
