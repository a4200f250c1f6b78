import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import {
  challengeText,
  decodeChallenge,
  decodeLoginReply,
  encodeChallenge,
  encodeLoginReply,
  encodeLoginRequest1,
  encodeLoginRequest2,
} from '../../../lib/codec/login-messages';
import { ArgumentError, ProtocolError } from '../../../lib/errors';
import { damage } from '../../support/hex';
import { be16, be32, join, padded, zeros } from '../../support/wire';

const challenge = '0123456789abcdef0123456789abcdef';
const salt = 's'.repeat(64);
const header = (length: number, word: number, retVal: number, sdk: number) =>
  join(be32(length), be32(word), be32(retVal), be32(sdk));
const ciphertext = Buffer.alloc(128, 0xab);

function failsAt(act: () => unknown, offset: number): void {
  assert.throws(act, (error) => error instanceof ProtocolError && error.offset === offset);
}

describe('challenge', () => {
  const common = { retVal: 1, deviceClock: 0x6543_2100, sdkVersion: 0x0501_3d4b };

  it('with RSA and salt has 208 bytes', () => {
    const bytes = join(header(208, common.deviceClock, 1, common.sdkVersion), ciphertext, salt);
    assert.equal(bytes.length, 208);
    assert.deepEqual(decodeChallenge(bytes), { ...common, mode: 'rsaSalt', ciphertext, salt });
    assert.deepEqual(encodeChallenge({ ...common, ciphertext, salt }), bytes);
  });

  it('with RSA alone has 144 bytes', () => {
    const bytes = join(header(144, common.deviceClock, 1, common.sdkVersion), ciphertext);
    assert.deepEqual(decodeChallenge(bytes), { ...common, mode: 'rsa', ciphertext });
    assert.deepEqual(encodeChallenge({ ...common, ciphertext }), bytes);
  });

  for (const fieldBytes of [60, 80] as const) {
    it(`of the legacy login has ${16 + fieldBytes} bytes`, () => {
      const base64 = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
      const bytes = join(header(16 + fieldBytes, 0, 100, common.sdkVersion), padded(base64, fieldBytes));
      assert.deepEqual(decodeChallenge(bytes), {
        retVal: 100,
        deviceClock: 0,
        sdkVersion: common.sdkVersion,
        mode: 'legacy',
        challenge,
      });
      assert.deepEqual(encodeChallenge({ sdkVersion: common.sdkVersion, legacy: { challenge, fieldBytes } }), bytes);
      failsAt(() => decodeChallenge(damage(bytes, 20, 0x21)), 16);
      failsAt(() => decodeChallenge(damage(bytes, 16, 0)), 16);
    });
  }

  it('may be a refusal, with the reason in its status', () => {
    const refused = decodeChallenge(join(header(16, 39, 39, 0)));
    assert.deepEqual(refused, { retVal: 39, deviceClock: 39, sdkVersion: 0, mode: 'refused' });
  });

  it('without a challenge is no refusal but nonsense', () => {
    failsAt(() => decodeChallenge(join(header(16, 0, 1, 0))), 16);
    failsAt(() => decodeChallenge(join(header(16, 0, 100, 0))), 16);
  });

  it('of any other length is refused', () => {
    for (const length of [17, 75, 77, 143, 207, 209, 300]) {
      failsAt(() => decodeChallenge(join(header(length, 0, 1, 0), zeros(length - 16))), 0);
    }
    failsAt(() => decodeChallenge(zeros(8) as unknown as Buffer), 8);
    failsAt(() => decodeChallenge(join(header(209, 0, 1, 0), zeros(192))), 0);
  });

  it('is text behind the RSA, trailing NULs stripped', () => {
    assert.equal(challengeText(join(challenge, [0, 0])), challenge);
    failsAt(() => challengeText(join([1, 2, 3])), 0);
    failsAt(() => challengeText(Buffer.alloc(0)), 0);
  });
});

describe('requests of a login', () => {
  it('refuse a name that does not fit and a key that is none', () => {
    const publicKey = Buffer.alloc(140);
    assert.throws(() => encodeLoginRequest1({ user: 'x'.repeat(49), publicKey }), ArgumentError);
    assert.throws(() => encodeLoginRequest1({ user: 'x', publicKey: Buffer.alloc(139) }), ArgumentError);
  });

  it('refuse an empty challenge', () => {
    assert.throws(() => encodeLoginRequest2('', { user: 'a', password: 'b' }, null), ArgumentError);
  });

  it('never hold the password', () => {
    const bytes = encodeLoginRequest2(challenge, { user: 'admin', password: 'correct horse' }, null);
    assert.equal(bytes.includes('correct horse'), false);
  });
});

describe('login reply', () => {
  const value = {
    seed: 0x143d_7840,
    retVal: 1,
    sdkVersion: 0x0501_3d4b,
    userId: 0x71f8_72b7,
    serial: 'DS-2CD2185FWD-I20180101AAWR123456789',
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
    abilities: 0x1f,
  };
  const bytes = join(
    be32(108),
    be32(value.seed),
    be32(1),
    be32(value.sdkVersion),
    be32(value.userId),
    padded(value.serial, 48),
    [31, 1, 1, 1, 1, 1, 3, 1, 0, 0, 0, 0x1f],
    be16(0x0102),
    zeros(26),
  );

  it('decodes, with what is not known as raw', () => {
    const outcome = decodeLoginReply(bytes);
    assert.ok(outcome.accepted);
    const { raw, length, ...known } = outcome.reply;
    assert.deepEqual(known, value);
    assert.equal(length, 108);
    assert.equal(raw?.length, 28);
  });

  it('of 2005 ends earlier; what is not there is zero', () => {
    const older = join(be32(76), bytes.subarray(4, 76));
    const outcome = decodeLoginReply(older);
    assert.ok(outcome.accepted);
    assert.deepEqual([outcome.reply.voiceChannels, outcome.reply.ipChannels, outcome.reply.raw], [1, 0, undefined]);
  });

  it('is encoded for the device side', () => {
    const short = join(be32(80), bytes.subarray(4, 80));
    assert.deepEqual(encodeLoginReply(value), short);
    assert.deepEqual(encodeLoginReply({ ...value, raw: bytes.subarray(80) }), bytes);
  });

  it('says why the device refused', () => {
    const refused = decodeLoginReply(join(header(16, 0, 3, 0x0501)));
    assert.deepEqual(refused, { accepted: false, retVal: 3, raw: join(be32(0x0501)) });
  });

  it('is refused when it is cut off or lies about its length', () => {
    failsAt(() => decodeLoginReply(join(be32(20), bytes.subarray(4, 20))), 20);
    failsAt(() => decodeLoginReply(damage(bytes, 3, 1)), 0);
    failsAt(() => decodeLoginReply(bytes.subarray(0, 8)), 8);
  });
});
