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

describe('the direction of a frame', () => {
  /** 32 bytes as a request has them, with some of them changed. */
  const requestWith = (changes: Record<number, number>): Buffer => {
    const frame = request({ command: 0x020500, userId: 5 });
    for (const [at, byte] of Object.entries(changes)) frame[Number(at)] = byte;
    return frame;
  };
  /** A frame of a length, the word behind it, and what follows. */
  const frameOf = (word: number, ...rest: Parameters<typeof join>): Buffer => {
    const tail = join(...rest);
    return join(be32(8 + tail.length), be32(word), tail);
  };

  for (const [changes, direction] of [
    [{}, 'request'],
    // The interface version, then the version of the IP address, the variant, the flags.
    [{ 4: 0x5a }, 'request'],
    [{ 4: 0x3c }, 'request'],
    [{ 4: 0x64 }, 'reply'],
    [{ 4: 0 }, 'reply'],
    [{ 5: 1 }, 'request'],
    [{ 5: 2 }, 'reply'],
    [{ 6: 1 }, 'reply'],
    [{ 7: 3 }, 'request'],
    [{ 7: 4 }, 'reply'],
    // No command has more than 28 bits.
    [{ 12: 0x0f, 13: 0xff, 14: 0xff, 15: 0xff }, 'request'],
    [{ 12: 0x10, 13: 0, 14: 0, 15: 0 }, 'reply'],
  ] as const) {
    it(`a request with ${JSON.stringify(changes)} is a ${direction}`, () => {
      assert.equal(directionOf(requestWith(changes)), direction);
    });
  }

  it('is told by what there is of a frame that is cut off', () => {
    const whole = requestWith({ 12: 0x10 });
    assert.equal(directionOf(whole.subarray(0, 15), 32), 'request');
    assert.equal(directionOf(whole.subarray(0, 16), 32), 'reply');
    assert.equal(directionOf(requestWith({}).subarray(0, 16), 32), 'request');
    assert.equal(directionOf(requestWith({}).subarray(0, 5), 32), 'request');
    assert.equal(directionOf(requestWith({}).subarray(0, 5), 31), 'reply');
    assert.equal(directionOf(reply(1).subarray(0, 7)), 'reply');
    // Too short for a status of a reply: only what is no push can be one.
    assert.equal(directionOf(join(be32(40), be32(27), zeros(7)), 40), 'reply');
    assert.equal(directionOf(join(be32(40), be32(27), zeros(8)), 40), 'push');
    // A sum over bytes that are not there proves nothing.
    const sum = frameOf(27, be32(0), zeros(3), [27]);
    assert.equal(directionOf(sum), 'reply');
    assert.equal(directionOf(sum, sum.length + 1), 'push');
  });

  it('is a push below the size of a reply, and where a status has that one length', () => {
    assert.equal(directionOf(frameOf(4711)), 'push');
    assert.equal(directionOf(frameOf(4711, zeros(7))), 'push');
    assert.equal(directionOf(frameOf(4711, zeros(8))), 'reply');
    // 32 bytes of alarm, whatever the word behind its status says.
    assert.equal(directionOf(frameOf(20, be32(1), zeros(20))), 'push');
    assert.equal(directionOf(frameOf(20, be32(1), zeros(21))), 'reply');
    assert.equal(directionOf(frameOf(20, be32(4711), zeros(21))), 'push');
    assert.equal(directionOf(frameOf(104, be32(1), zeros(96))), 'push');
  });

  it('is a reply where the sum is right over all of it or over its header', () => {
    assert.equal(directionOf(reply(0, [27])), 'reply');
    assert.equal(directionOf(frameOf(27, be32(0), [0, 0, 0, 27], [5])), 'reply');
    assert.equal(directionOf(frameOf(27, be32(0), [0, 0, 0, 26], [5])), 'push');
    // 19 and 27 head something of any length; 11 is a status as any other; 4711 is none.
    assert.equal(directionOf(frameOf(19, be32(0), zeros(40))), 'push');
    assert.equal(directionOf(frameOf(11, be32(0), zeros(40))), 'push');
    assert.equal(directionOf(frameOf(4711, be32(0), zeros(40))), 'reply');
    // A login reply has other data where the sum stands; its status tells.
    assert.equal(directionOf(frameOf(27, be32(1), zeros(40))), 'reply');
  });
});

describe('what cannot be read', () => {
  for (const count of [1, 2, 3]) {
    it(`${count} last bytes are no length`, () => {
      const rest = hex('010203').subarray(0, count);
      const seen = [...decodeCapture(Buffer.concat([push(2), rest]))];
      assert.equal(seen.length, 2);
      assert.deepEqual(seen[1], {
        direction: 'request',
        offset: 8,
        length: count,
        command: null,
        name: null,
        clientIp: null,
        userId: null,
        mac: null,
        status: null,
        statusName: null,
        body: rest.toString('hex'),
        decoded: null,
        truncated: true,
        problem: `${count} bytes are no length`,
      });
      const [told] = decodeCapture(rest, 'push');
      assert.equal(told?.direction, 'push');
    });
  }

  it('four last bytes are a length, and the frame behind it is cut off', () => {
    const [seen] = decodeCapture(Buffer.from(be32(40)));
    assert.deepEqual([seen?.length, seen?.truncated, seen?.problem], [40, true, 'cut off: 4 of 40 bytes']);
  });

  it('the largest frame is one, a byte more is none', () => {
    const [largest] = decodeCapture(join(be32(16 * 1024 * 1024), zeros(12)));
    assert.equal(largest?.problem, `cut off: 16 of ${16 * 1024 * 1024} bytes`);
    const [larger] = decodeCapture(join(be32(16 * 1024 * 1024 + 1), zeros(12)));
    assert.match(larger?.problem ?? '', /cannot be/);
  });

  it('shows only documents as documents, and contents of commands that are known', () => {
    const seen = [
      ...decodeCapture(
        Buffer.concat([
          reply(1, '<a/>'),
          reply(1, hex('ffd8ffe0')),
          reply(1, 'text'),
          reply(1, '[1]'),
          request({ command: 0x020500, body: join(be32(1), be32(21), be32(0)) }),
          request({ command: 0x117000, body: zeros(3) }),
          push(2),
        ]),
      ),
    ];
    assert.deepEqual(
      seen.map(({ decoded }) => decoded),
      ['<a/>', null, null, '[1]', null, null, null],
    );
  });

  it('gives alarms without rest no rest', () => {
    const [alarm] = decodeCapture(alarmV30({ type: 3, channels: [2] }));
    assert.ok(alarm !== undefined && 'raw' in (alarm.decoded as object));
    const { raw } = alarm.decoded as { readonly raw: unknown };
    assert.ok(raw === null || (typeof raw === 'string' && /^([0-9a-f]{2})*$/.test(raw)), String(raw));
  });
});

describe('hexadecimal text', () => {
  it('may hold blanks, remarks, commas, colons and 0x', () => {
    const text = '# a remark\n00:00:00:08, 0x00 0x00 | 00 02 # keepalive\r\n';
    assert.deepEqual(captureBytes(text), push(2));
    assert.deepEqual(captureBytes('0000000'), hex('000000'));
    assert.deepEqual(captureBytes('00000001'), hex('00000001'));
    assert.deepEqual(captureBytes('000g'.slice(0, 3)), hex('00'));
    assert.throws(() => captureBytes('0x0 0x1'), /"x" is no hexadecimal digit/);
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
    // Far behind, a zero byte says nothing.
    assert.equal(isHexText(Buffer.concat([Buffer.alloc(4_096, 0x30), Buffer.alloc(1)])), true);
    assert.equal(isHexText(Buffer.concat([Buffer.alloc(4_095, 0x30), Buffer.alloc(1)])), false);
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
