import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import {
  ALARM_TYPES,
  decodePush,
  encodeAlarm,
  encodeAlarmV30,
  encodeKeepAlivePush,
  subjectsOf,
  type AlarmMessage,
} from '../../../lib/codec/alarm';
import { hasPlainSumWord, plainSumWord, sessionAuthWord } from '../../../lib/codec/auth-word';
import { COMMAND_CODES, commandNameOf, hexWord } from '../../../lib/codec/command-codes';
import { checksumRuleOf, decodeRequest, encodeReply, isOldSdk, sdkVersionOf } from '../../../lib/codec/frame';
import { decode } from '../../../lib/codec/layout';
import {
  decodeAnswer,
  encodeAnswer,
  encodeMessage,
  isRefusal,
  RET_VALS,
  retValError,
  retValName,
} from '../../../lib/codec/message';
import { decodePassThrough, encodePassThrough, passThroughDocument } from '../../../lib/codec/pass-through';
import { netDvrAlarmInfo, netDvrAlarmInfoV30 } from '../../../lib/codec/structs';
import { HikvisionError, LockedError, ProtocolError, type ErrorCode } from '../../../lib/errors';
import { kindOf } from '../../../lib/events/kinds';
import { hex } from '../../support/hex';
import { alarmV30, be32, join, padded, push, reply, request, time, zeros } from '../../support/wire';

function failsAt(act: () => unknown, offset: number): void {
  assert.throws(act, (error) => error instanceof ProtocolError && error.offset === offset);
}

describe('requests', () => {
  it('carry the older interface and a body', () => {
    const ours = encodeMessage({ command: 0x030200, body: hex('0102'), interfaceVersion: 0x5a, userId: 7 });
    assert.deepEqual(ours, request({ command: 0x030200, body: [1, 2], interfaceVersion: 0x5a, userId: 7 }));
  });

  it('have the IPv6 address of the client behind the header', () => {
    const frame = request({ command: 0x020500, body: join(zeros(15), [1], 'body') });
    frame[5] = 1;
    const { clientIp6, body } = decodeRequest(frame);
    assert.equal(clientIp6, '00000000000000000000000000000001');
    assert.equal(body.toString(), 'body');
    const cutOff = request({ command: 0x020500, body: zeros(15) });
    cutOff[5] = 1;
    failsAt(() => decodeRequest(cutOff), 32);
  });

  it('carry the plain sum for old devices', () => {
    const frame = request({ command: 0x010203, userId: 255 });
    assert.equal(plainSumWord(frame), 1 + 2 + 3 + 255);
    assert.equal(hasPlainSumWord(frame), false);
    frame.set(be32(261), 8);
    assert.equal(hasPlainSumWord(frame), true);
    assert.equal(hasPlainSumWord(hex('00')), false);
  });

  it('mix the MAC address into the auth word', () => {
    const session = { userId: 0xffff_ffff, seed: 0, challenge: '0123456789abcdef', deviceClock: 5 };
    const without = sessionAuthWord(session, 1, 'userId', 0);
    const withMac = sessionAuthWord(session, 1, 'userId', 0, Buffer.from([1, 0, 0, 0, 0, 0]));
    assert.notEqual(without, withMac);
    assert.equal(sessionAuthWord(session, 1, 'deviceClock', 0), (without - 0xffff_ffff + 5 + 2 ** 32) % 2 ** 32);
  });
});

describe('SDK versions', () => {
  it('are unpacked', () => {
    assert.deepEqual(sdkVersionOf(0x0501_3d4b), { major: 5, minor: 1, year: 2015, month: 5, day: 11 });
    assert.equal(isOldSdk(0x0202_2451), true);
    assert.equal(isOldSdk(0x0300_205c), false);
  });
});

describe('answers', () => {
  it('have a checksum over everything, over the header, or none', () => {
    assert.deepEqual(
      [COMMAND_CODES.getTime, COMMAND_CODES.jpeg, COMMAND_CODES.login].map(({ code }) => checksumRuleOf(code)),
      ['all', 'header', 'none'],
    );
    const body = hex('ffd8ffe0');
    const { jpeg, getTime } = COMMAND_CODES;
    assert.deepEqual(encodeAnswer(getTime.code, { retVal: 1, body }), reply(1, body));
    const picture = encodeAnswer(jpeg.code, { retVal: 1, body });
    assert.equal(picture.readUInt32BE(4), 1);
    assert.deepEqual(decodeAnswer(jpeg.code, picture), { retVal: 1, body });
    failsAt(() => decodeAnswer(getTime.code, picture), 4);
    assert.equal(decodeAnswer(COMMAND_CODES.login.code, encodeReply({ retVal: 3, checksum: 99 })).retVal, 3);
  });

  it('that are encrypted are refused, not guessed', () => {
    failsAt(() => decodeAnswer(0x020500, encodeReply({ retVal: 1, flags: 1, body: hex('00') })), 12);
  });
});

describe('status codes', () => {
  it('become errors of the right cause', () => {
    const causes: Record<number, ErrorCode> = {
      3: 'HIK_AUTHENTICATION',
      5: 'HIK_PERMISSION',
      7: 'HIK_UNSUPPORTED',
      11: 'HIK_NOT_FOUND',
      13: 'HIK_UNSUPPORTED',
      17: 'HIK_TIMEOUT',
      18: 'HIK_TOO_MANY_SESSIONS',
      24: 'HIK_BUSY',
      30: 'HIK_CONNECTION_LOST',
      31: 'HIK_TOO_MANY_SESSIONS',
      33: 'HIK_REFUSED',
      39: 'HIK_UNSUPPORTED',
      153: 'HIK_LOCKED',
      800: 'HIK_BUSY',
      4711: 'HIK_REFUSED',
    };
    for (const [code, expected] of Object.entries(causes)) {
      const error = retValError(Number(code), { device: 'host', operation: 'x' }, 1000);
      assert.equal(error.code, expected);
      assert.match(error.message, new RegExp(`x on host: .*status ${code}`));
    }
  });

  it('tell a refusal from the rest', () => {
    assert.deepEqual([1, 2, 19, 20, 25, 26, 27, 100, 104].filter(isRefusal), []);
    assert.deepEqual([3, 30, 33, 4711].filter(isRefusal), [3, 30, 33, 4711]);
  });

  it('have a name each, once', () => {
    const names = Object.values(RET_VALS).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(retValName(104), 'alarmV30');
    assert.equal(retValName(4711), null);
    for (const code of Object.keys(RET_VALS)) assert.ok(retValError(Number(code), {}, 0) instanceof HikvisionError);
  });

  it('lock for half an hour where the device does not say', () => {
    const error = retValError(153, {}, 5000);
    assert.ok(error instanceof LockedError && error.unlockAtMs === 5000 + 30 * 60_000);
  });
});

describe('command numbers', () => {
  it('have a name each, once', () => {
    const codes = Object.values(COMMAND_CODES).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const [name, { code }] of Object.entries(COMMAND_CODES)) assert.equal(commandNameOf(code), name);
    assert.equal(commandNameOf(1), null);
    assert.equal(hexWord(0x1110c2), '0x001110c2');
  });
});

describe('pass-through', () => {
  const document = '<PTZData><pan>60</pan></PTZData>';
  const line = 'PUT /ISAPI/PTZCtrl/channels/1/continuous\r\n';
  const body = join(
    zeros(8),
    be32(12 + line.length + document.length),
    be32(line.length),
    [1, 0, 0, 0],
    line,
    document,
  );

  it('carries a document', () => {
    assert.deepEqual(
      encodePassThrough({ method: 'PUT', path: '/ISAPI/PTZCtrl/channels/1/continuous', document }),
      body,
    );
    assert.equal(decodePassThrough(body).document.toString(), document);
  });

  it('refuses a request line that is none', () => {
    const odd = join(zeros(8), be32(16), be32(4), [1, 0, 0, 0], 'GET ');
    failsAt(() => decodePassThrough(odd), 20);
    failsAt(() => decodePassThrough(body.subarray(0, 14)), 12);
    for (const text of ['get /x\r\n', 'GET /x', ' GET /x\r\n', 'GET /a b\r\n', 'GET /x\r\n\r\n', 'GET \r\n'])
      failsAt(
        () => decodePassThrough(join(zeros(8), be32(12 + text.length), be32(text.length), [1, 0, 0, 0], text)),
        20,
      );
  });

  it('refuses lengths that contradict each other', () => {
    const request = (inside: number, lineLength: number, bytes: string) =>
      join(zeros(8), be32(12 + inside), be32(lineLength), [1, 0, 0, 0], bytes);
    assert.deepEqual(decodePassThrough(request(8, 8, 'GET /x\r\n')), {
      method: 'GET',
      path: '/x',
      document: Buffer.alloc(0),
    });
    // What follows the promised length is padding.
    assert.equal(decodePassThrough(request(10, 8, 'GET /x\r\n{}  ')).document.toString(), '{}');
    failsAt(() => decodePassThrough(request(9, 8, 'GET /x\r\n')), 8);
    failsAt(() => decodePassThrough(request(-1, 0, 'GET /x\r\n')), 8);
    failsAt(() => decodePassThrough(request(8, 9, 'GET /x\r\n')), 12);
    const long = `GET /${'x'.repeat(8_192 - 7)}\r\n`;
    assert.equal(decodePassThrough(request(8_192, 8_192, long)).path.length, 8_192 - 6);
    failsAt(() => decodePassThrough(request(8_193, 8_193, `${long} `)), 12);
  });

  for (const [name, padding] of Object.entries({
    nothing: [],
    NULs: zeros(7),
    'a binary prefix': [...be32(60), ...be32(0x3c3c3c3c), ...zeros(12)],
    'a BOM': [0xef, 0xbb, 0xbf],
  })) {
    it(`finds XML and JSON behind ${name}`, () => {
      for (const text of [document, '<?xml version="1.0"?><a/>', '{"a": 1}', '{ }', '{\n}']) {
        assert.equal(passThroughDocument(join(padding, text, zeros(3))).toString(), text);
      }
    });
  }

  it('gives anything else as it is', () => {
    const jpeg = hex('ffd8ffe000104a464946');
    assert.deepEqual(passThroughDocument(jpeg), jpeg);
    assert.equal(passThroughDocument(Buffer.alloc(9)).length, 0);
    assert.equal(passThroughDocument(Buffer.alloc(0)).length, 0);
    assert.equal(passThroughDocument(Buffer.from('<')).toString(), '<');
    for (const text of ['\0<1>', '\0< a>', '\0<', '\0{', '\0{a', '\0{\0}', 'no <', '\0<@', '\0<[', '\0<`', '\0<{'])
      assert.equal(passThroughDocument(Buffer.from(text)).toString(), text);
    for (const text of ['<A', '<Z', '<a', '<z', '<_', '<!', '<?', '{"', '{}', '{\t'])
      assert.equal(passThroughDocument(Buffer.from(`\0${text}`)).toString(), text);
  });
});

describe('pushes', () => {
  it('decode V30 alarms with inputs, outputs, channels and disks', () => {
    const alarm = decodePush(alarmV30({ type: 0, inputs: [1, 256], outputs: [3], recording: [2, 33], disks: [128] }));
    assert.deepEqual(alarm, {
      type: 'alarm',
      version: 'V30',
      alarmType: 0,
      alarmInputs: [1, 256],
      alarmOutputs: [3],
      recordingChannels: [2, 33],
      channels: [],
      disks: [128],
      raw: null,
    });
    assert.deepEqual(subjectsOf(alarm as AlarmMessage), [1, 256]);
  });

  it('give the same as the layout gives', () => {
    const bytes = alarmV30({ type: 6, channels: [1, 2, 33], recording: [4], inputs: [250], outputs: [1], disks: [2] });
    const { type, version, raw, ...fields } = decodePush(bytes) as AlarmMessage;
    assert.deepEqual([type, version, raw], ['alarm', 'V30', null]);
    assert.deepEqual(fields, decode(netDvrAlarmInfoV30, bytes.subarray(8)));
  });

  it('decode older alarms', () => {
    const motion = push(20, join(be32(3), be32(0), be32(0), be32(1), be32(6), be32(0)));
    const alarm = decodePush(motion) as AlarmMessage;
    assert.deepEqual(
      [alarm.version, alarm.channels, alarm.recordingChannels, alarm.alarmInputs],
      ['old', [2, 3], [1], []],
    );
    assert.deepEqual(decode(netDvrAlarmInfo, motion.subarray(8)).channels, [2, 3]);
    const input = decodePush(push(20, join(be32(0), be32(4), zeros(16)))) as AlarmMessage;
    assert.deepEqual(subjectsOf(input), [4]);
  });

  it('keep what newer firmware appends', () => {
    const longer = push(104, join(alarmV30({ type: 3, channels: [1] }).subarray(8), 'more'));
    assert.equal((decodePush(longer) as AlarmMessage).raw?.toString(), 'more');
    const older = push(20, join(zeros(24), 'more'));
    assert.equal((decodePush(older) as AlarmMessage).raw?.toString(), 'more');
  });

  it('decode in the middle of a chunk', () => {
    const chunk = join(push(2), alarmV30({ type: 2, channels: [5] }), push(26));
    assert.deepEqual((decodePush(chunk, 8, 116) as AlarmMessage).channels, [5]);
    assert.deepEqual(decodePush(chunk, 116), { type: 'listEnd' });
    const shifted = Buffer.concat([Buffer.alloc(3), chunk]).subarray(3);
    assert.deepEqual((decodePush(shifted, 8, 116) as AlarmMessage).channels, [5]);
  });

  it('decode lists of recordings, older and newer', () => {
    const start = time(2026, 7, 15, 20, 30, 5);
    const record = join(padded('ch01', 100), start, start, be32(4096));
    const older = decodePush(push(27, record));
    assert.ok(older.type === 'file' && older.record.fileName === 'ch01');
    const newer = decodePush(push(27, join(record, zeros(32), [1, 0, 0, 0])));
    assert.ok(newer.type === 'file' && 'locked' in newer.record && newer.record.locked === 1);
    assert.deepEqual([decodePush(push(25)), decodePush(push(26))], [{ type: 'wait' }, { type: 'listEnd' }]);
  });

  it('give an unknown status with its body', () => {
    assert.deepEqual(decodePush(push(30, 'x')), { type: 'other', status: 30, body: Buffer.from('x') });
  });

  it('refuse what is too short', () => {
    failsAt(() => decodePush(hex('00000008')), 0);
    failsAt(() => decodePush(push(20, zeros(20))), 28);
    failsAt(() => decodePush(push(2), 0, 9), 0);
  });

  it('are written for the device side', () => {
    const none = { alarmInputs: [], alarmOutputs: [], recordingChannels: [], disks: [] };
    assert.deepEqual(
      encodeAlarmV30({ ...none, alarmType: 3, channels: [1, 9] }),
      alarmV30({ type: 3, channels: [1, 9] }),
    );
    assert.deepEqual(
      encodeAlarm({ alarmType: 3, alarmInput: 0, alarmOutputs: [], recordingChannels: [], channels: [9], disks: [] }),
      push(20, join(be32(3), be32(0), be32(0), be32(0), be32(256), be32(0))),
    );
    assert.deepEqual(encodeKeepAlivePush(), push(2));
  });

  it('use words that the alertStream knows too', () => {
    for (const { name, eventType } of Object.values(ALARM_TYPES)) assert.notEqual(kindOf(eventType), 'unknown', name);
    assert.deepEqual(subjectsOf(decodePush(alarmV30({ type: 8, channels: [1] })) as AlarmMessage), []);
    assert.deepEqual(subjectsOf(decodePush(alarmV30({ type: 99, channels: [1] })) as AlarmMessage), []);
  });
});
