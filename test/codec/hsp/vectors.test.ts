/**
 * Every vector of hsp-vectors.json, and beside each a damaged twin. `external` ones were published with an open-source client
 * or seen on a device; the others come from an independent script and prove that the documented formula is followed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { decodePush } from '../../../lib/codec/alarm';
import { authWord, sessionAuthWord } from '../../../lib/codec/auth-word';
import { decodeCapture } from '../../../lib/codec/capture';
import { COMMAND_CODES } from '../../../lib/codec/command-codes';
import {
  decodeLoginFrame,
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  replyHeader,
} from '../../../lib/codec/frame';
import { Framer } from '../../../lib/codec/framer';
import { encode } from '../../../lib/codec/layout';
import {
  decodeLoginRequest1,
  decodeLoginRequest2,
  encodeLoginRequest1,
  encodeLoginRequest2,
  loginProofs,
  passwordKey,
} from '../../../lib/codec/login-messages';
import { decodeMessage, retValName } from '../../../lib/codec/message';
import { decodePassThrough, encodePassThrough } from '../../../lib/codec/pass-through';
import { netDvrDevice, ptzControl, PTZ_CODES } from '../../../lib/codec/structs';
import { ProtocolError } from '../../../lib/errors';
import vectors from '../../fixtures/hsp-vectors.json';
import { damage, hex } from '../../support/hex';
import * as wire from '../../support/wire';

const mark = (vector: { external: boolean }) => (vector.external ? 'external' : 'computed');
const word = (digits: string) => Number.parseInt(digits, 16);

function refuses(act: () => unknown, offset?: number): void {
  assert.throws(act, (error) => error instanceof ProtocolError && (offset === undefined || error.offset === offset));
}

describe(`auth word (${mark(vectors.authWord)}; ${vectors.authWord.source})`, () => {
  const common = {
    seed: word(vectors.authWord.seed),
    userId: word(vectors.authWord.userID),
    mac: hex(vectors.authWord.mac),
    key: Buffer.from(vectors.authWord.key16ascii),
  };
  for (const { netCmd, addend, word: expected } of vectors.authWord.cases) {
    it(`of command ${netCmd} with the addend ${addend} is ${expected}`, () => {
      assert.equal(authWord({ ...common, command: word(netCmd), addend: word(addend) }), word(expected));
    });
    it(`of command ${netCmd} follows from userID and elapsed seconds`, () => {
      const session = { ...common, challenge: `${vectors.authWord.key16ascii}rest`, deviceClock: 7 };
      const elapsed = word(addend) - common.userId;
      assert.equal(sessionAuthWord(session, word(netCmd), 'userId', elapsed), word(expected));
      assert.notEqual(sessionAuthWord(session, word(netCmd), 'deviceClock', elapsed), word(expected));
    });
    it(`of command ${netCmd} differs with one damaged bit of seed, key, MAC or addend`, () => {
      const input = { ...common, command: word(netCmd), addend: word(addend) };
      const others = [
        { ...input, seed: input.seed ^ 1 },
        { ...input, key: damage(input.key, 15, 0) },
        { ...input, mac: Buffer.from([0xff, 0, 0, 0, 0, 0]) },
        { ...input, addend: input.addend + 1 },
      ];
      for (const other of others) assert.notEqual(authWord(other), word(expected));
    });
  }
});

describe(`control frame (${mark(vectors.controlFrame)})`, () => {
  const bytes = hex(vectors.controlFrame.hex);
  const userId = word(vectors.authWord.userID);
  it('is what we encode', () => {
    const session = {
      userId,
      seed: word(vectors.authWord.seed),
      challenge: vectors.authWord.key16ascii,
      deviceClock: 0,
    };
    const command = word(vectors.controlFrame.netCmd);
    const { clientIp, delta } = vectors.controlFrame;
    const word8 = sessionAuthWord(session, command, 'userId', delta);
    assert.deepEqual(encodeRequest({ command, userId, clientIp, authWord: word8 }), bytes);
  });
  it('is what wire.ts writes by hand', () => {
    const command = word(vectors.controlFrame.netCmd);
    assert.deepEqual(wire.request({ command, userId, ip: [172, 18, 0, 3], authWord: 0xbbd883cc }), bytes);
  });
  it('decodes', () => {
    const message = decodeMessage(bytes);
    assert.equal(message.name, 'getDisks');
    assert.equal(message.clientIp, vectors.controlFrame.clientIp);
    assert.equal(message.userId, userId);
  });
  it('with a length that lies is refused at byte 0', () => refuses(() => decodeRequest(damage(bytes, 3, 0x21)), 0));
  it('cut off is refused where it ends', () => refuses(() => decodeRequest(bytes.subarray(0, 30)), 30));
});

describe(`probe (${mark(vectors.probe)})`, () => {
  const bytes = hex(vectors.probe.request);
  it('is a request without anything', () => assert.deepEqual(encodeRequest({ command: 0 }), bytes));
  it('is answered with 16 bytes', () => assert.equal(encodeReply({ retVal: 30 }).length, vectors.probe.replyLength));
  it('with IP version 2 is refused at byte 5', () => refuses(() => decodeRequest(damage(bytes, 5, 2)), 5));
});

describe(`decode-only frame (${mark(vectors.decodeOnly)})`, () => {
  const { expect } = vectors.decodeOnly;
  const bytes = hex(vectors.decodeOnly.hex);
  it('decodes', () => {
    const { header } = decodeRequest(bytes);
    assert.equal(header.command, word(expect.netCmd));
    assert.equal(header.clientIp, expect.clientIp);
    assert.equal(header.userId, word(expect.userID));
    assert.equal(header.clientMac, expect.mac);
  });
  it('is shown by decodeCapture', () => {
    const [frame, ...more] = decodeCapture(vectors.decodeOnly.hex);
    assert.deepEqual(more, []);
    assert.deepEqual(frame, {
      direction: 'request',
      offset: 0,
      length: 32,
      command: '0x001110c2',
      name: 'getDeviceV40',
      clientIp: expect.clientIp,
      userId: expect.userID,
      mac: expect.mac,
      status: null,
      statusName: null,
      body: '',
      decoded: null,
      truncated: false,
      problem: null,
    });
  });
  it('is encoded back to the same bytes', () => {
    const { header } = decodeRequest(bytes);
    const { command, authWord, userId, clientIp, clientMac } = header;
    assert.deepEqual(encodeRequest({ command, authWord, userId, clientIp, clientMac }), bytes);
  });
  it('is answered with header and NET_DVR_DEVICECFG_V40', () => {
    assert.equal(replyHeader.sizeBytes + netDvrDevice.sizeBytes, vectors.decodeOnly.replyLength);
  });
  it('cut off is shown and marked', () => {
    const [frame] = decodeCapture(bytes.subarray(0, 31));
    assert.equal(frame?.truncated, true);
    assert.equal(frame?.direction, 'request');
  });
});

for (const vector of vectors.replyChecksum) {
  describe(`reply ${vector.retVal} without a body (${mark(vector)})`, () => {
    const bytes = encodeReply({ retVal: vector.retVal });
    it(`has the checksum ${vector.checksum}`, () => assert.equal(bytes.readUInt32BE(4), vector.checksum));
    it('is what wire.ts writes by hand', () => assert.deepEqual(wire.reply(vector.retVal), bytes));
    it('decodes', () => assert.equal(decodeReply(bytes, 'all').header.retVal, vector.retVal));
    it('with a damaged checksum is refused at byte 4', () =>
      refuses(() => decodeReply(damage(bytes, 7, 99), 'all'), 4));
  });
}

describe(`OK reply (${mark(vectors.okReply)})`, () => {
  const bytes = hex(vectors.okReply.hex);
  it('is what we encode', () => assert.deepEqual(encodeReply({ retVal: 1 }), bytes));
  it('decodes', () => assert.equal(retValName(decodeReply(bytes, 'all').header.retVal), 'ok'));
  it('with a damaged status is refused at byte 4', () => refuses(() => decodeReply(damage(bytes, 11, 2), 'all'), 4));
});

describe(`login (${mark(vectors.login)})`, () => {
  const { user, password, challenge, saltAscii, sha256hex, hmacUser, hmacSalted, hmacPlain, clientIp } = vectors.login;
  const bytes = hex(vectors.login.step2);
  it('hashes name, salt and password', () => assert.equal(passwordKey({ user, password }, saltAscii), sha256hex));
  it('proves name and password with a salt', () => {
    const proofs = loginProofs(challenge, { user, password }, saltAscii);
    assert.equal(proofs.userProof.toString('hex'), hmacUser);
    assert.equal(proofs.passwordProof.toString('hex'), hmacSalted);
  });
  it('proves the password without a salt', () => {
    assert.equal(loginProofs(challenge, { user, password }, null).passwordProof.toString('hex'), hmacPlain);
  });
  it('request 2 is what we encode', () => {
    assert.deepEqual(encodeLoginRequest2(challenge, { user, password }, saltAscii, { clientIp }), bytes);
  });
  it('request 2 decodes', () => {
    const request = decodeLoginRequest2(bytes);
    assert.equal(request.userProof.toString('hex'), hmacUser);
    assert.equal(request.passwordProof.toString('hex'), hmacSalted);
    assert.equal(request.header.clientIp, clientIp);
  });
  it('another password gives another proof', () => {
    const other = encodeLoginRequest2(challenge, { user, password: '123457' }, saltAscii, { clientIp });
    assert.equal(other.compare(bytes, 0, 68, 0, 68), 0);
    assert.notDeepEqual(other.subarray(68), bytes.subarray(68));
  });
  it('a second request of the wrong size is refused', () => {
    const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
    longer.writeUInt32BE(longer.length);
    refuses(() => decodeLoginRequest2(longer), 0);
  });
});

describe(`login request 1 (${mark(vectors.loginStep1)}; ${vectors.loginStep1.source})`, () => {
  const { user, clientIp, publicKeyPkcs1Der } = vectors.loginStep1;
  const bytes = hex(vectors.loginStep1.hex);
  it('is what we encode', () => {
    assert.deepEqual(encodeLoginRequest1({ user, publicKey: hex(publicKeyPkcs1Der) }, { clientIp }), bytes);
  });
  it('decodes', () => {
    const request = decodeLoginRequest1(bytes);
    assert.equal(request.user, user);
    assert.equal(request.publicKey.toString('hex'), publicKeyPkcs1Der);
    assert.equal(request.header.clientIp, clientIp);
  });
  it('is shown by decodeCapture with the fields of its own header', () => {
    const [frame] = decodeCapture(bytes);
    assert.equal(frame?.name, 'login');
    assert.equal(frame?.clientIp, clientIp);
    assert.equal(frame?.userId, null);
  });
  it('with another command is refused at byte 12', () => refuses(() => decodeLoginFrame(damage(bytes, 14, 9)), 12));
});

describe(`command frames (${mark(vectors.frames)})`, () => {
  const { frames, authWord: auth } = vectors;
  const session = { userId: word(auth.userID), seed: word(auth.seed), challenge: auth.key16ascii, deviceClock: 0 };
  const frame = (command: number, body?: Buffer) =>
    encodeRequest({
      command,
      userId: session.userId,
      clientIp: frames.clientIp,
      authWord: sessionAuthWord(session, command, 'userId', frames.addendDelta),
      ...(body === undefined ? {} : { body }),
    });
  const get = { method: 'GET', path: '/ISAPI/System/deviceInfo' };
  const tilt = { channel: 1, code: PTZ_CODES.tiltUp, value: 0 };

  const ours: readonly (readonly [string, string, Buffer])[] = [
    ['keepalive', frames.keepalive, frame(COMMAND_CODES.keepAlive.code)],
    ['getDeviceCfgV40', frames.getDeviceCfgV40, frame(COMMAND_CODES.getDeviceV40.code)],
    ['ptzCh1TiltUp', frames.ptzCh1TiltUp, frame(COMMAND_CODES.ptz.code, encode(ptzControl, tilt))],
    ['stdxmlGetDeviceInfo', frames.stdxmlGetDeviceInfo, frame(COMMAND_CODES.isapi.code, encodePassThrough(get))],
  ];
  for (const [name, digits, encoded] of ours) {
    it(`${name} is what we encode`, () => assert.equal(encoded.toString('hex'), digits));
    it(`${name} decodes`, () => assert.equal(decodeMessage(hex(digits)).userId, session.userId));
    it(`${name} with a damaged length is refused at byte 0`, () =>
      refuses(() => decodeMessage(damage(hex(digits), 2, 1)), 0));
  }
  it('stdxmlGetDeviceInfo carries the request line', () => {
    const { method, path, document } = decodePassThrough(decodeMessage(hex(frames.stdxmlGetDeviceInfo)).body);
    assert.deepEqual({ method, path }, get);
    assert.equal(document.length, 0);
  });
  it('stdxmlGetDeviceInfo with a damaged inner length is refused', () => {
    const { body } = decodeMessage(hex(frames.stdxmlGetDeviceInfo));
    refuses(() => decodePassThrough(damage(body, 11, 0xff)), 8);
    refuses(() => decodePassThrough(damage(body, 15, 0xff)), 12);
  });
  it('ptzCh1TiltUp is shown by decodeCapture as a movement', () => {
    const [shown] = decodeCapture(frames.ptzCh1TiltUp);
    assert.deepEqual(shown?.decoded, { ...tilt, move: 'tiltUp', stop: false });
  });
});

describe(`alarm channel (${mark(vectors.alarm)})`, () => {
  const motion = hex(vectors.alarm.motionCh1V30);
  it('a keepalive decodes', () => assert.deepEqual(decodePush(hex(vectors.alarm.keepalive)), { type: 'keepAlive' }));
  it('a damaged keepalive is something else', () => {
    const other = decodePush(damage(hex(vectors.alarm.keepalive), 7, 3));
    assert.deepEqual(other, { type: 'other', status: 3, body: Buffer.alloc(0) });
  });
  it('motion on channel 1 decodes', () => {
    assert.deepEqual(decodePush(motion), {
      type: 'alarm',
      version: 'V30',
      alarmType: 3,
      alarmInputs: [],
      alarmOutputs: [],
      recordingChannels: [],
      channels: [1],
      disks: [],
      raw: null,
    });
  });
  it('motion on channel 1 is what wire.ts writes by hand', () => {
    assert.deepEqual(wire.alarmV30({ type: 3, channels: [1] }), motion);
  });
  it('a shortened alarm is refused', () => refuses(() => decodePush(motion.subarray(0, 107)), 107));
});

describe(`short acknowledgement (${mark(vectors.shortAck)})`, () => {
  const bytes = hex(vectors.shortAck.hex);
  it(`is ${vectors.shortAck.meaning}`, () => {
    const messages = new Framer().push(bytes).map((frame) => decodePush(frame));
    assert.deepEqual(messages, [{ type: 'wait' }, { type: 'listEnd' }]);
  });
  it('with a damaged second length is refused there', () => {
    const framer = new Framer();
    const seen: number[] = [];
    refuses(() => framer.read(damage(bytes, 11, 7), (_bytes, start) => seen.push(start)), 8);
    assert.deepEqual(seen, [0]);
  });
});
