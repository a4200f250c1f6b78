/**
 * The device side of a login, from the tables (hsp-wire.md §4): offsets are written out here on purpose, so that a mistake in
 * the client's layouts shows.
 */
import { constants, createHash, createHmac, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto';
import { byteSum, ByteWriter, u32At } from '../../codec/bytes';
import { STATUS } from './status';

/**
 * - `rsaSalt`: 208 bytes, RSA and salt; firmware of 2016 and newer.
 * - `rsa`: 144 bytes, no salt.
 * - `legacy`, `legacyLong`: 76 and 96 bytes, status 100, base64.
 * - `tooOld`: status 39, a device that wants what nobody should send.
 */
export type LoginMode = 'rsaSalt' | 'rsa' | 'legacy' | 'legacyLong' | 'tooOld';

export const LOGIN_COMMAND = 0x0001_0000;
const LOGIN_INTERFACE = 0x5a;
const HEADER_BYTES = 36;
const COMMAND_AT = 12;
const ONE_AT = 20;
const OPTIONS_AT = 34;
const RSA_OPTION = 8;

const USER_BYTES = 48;
const KEY_BYTES = 140;
const REQUEST_1_BYTES = 224;
const REQUEST_2_BYTES = 84;
const USER_PROOF_AT = HEADER_BYTES;
const PASSWORD_PROOF_AT = 68;
const PROOF_BYTES = 16;

const RSA_BYTES = 128;
const SALT_BYTES = 64;
const LEGACY_FIELD_BYTES = 60;
const LEGACY_LONG_FIELD_BYTES = 80;
/** NULs behind the challenge of a device without salt; a client has to strip them. */
const NULS_BEHIND_CHALLENGE = 4;

/** What a device draws by chance, or reads off its clock. */
export interface LoginDraws {
  /** 32 hexadecimal characters. */
  readonly challenge: string;
  /** 64 ASCII characters. */
  readonly salt: string;
  /** Word in bytes 4 to 7 of the challenge reply. */
  readonly deviceClock: number;
}

/** A challenge that waits for its answer on the same connection. */
export interface PendingLogin {
  readonly user: string;
  readonly challenge: string;
  readonly salt: string | null;
  readonly deviceClock: number;
  /** The frame to send. */
  readonly reply: Buffer;
}

/** Both requests of a login, told by the interface version and the command. */
export function isLogin(frame: Buffer): boolean {
  return frame[4] === LOGIN_INTERFACE && frame.length >= HEADER_BYTES && u32At(frame, COMMAND_AT) === LOGIN_COMMAND;
}

/** Answers request 1. @returns a status where it cannot be answered. */
export function challengeFor(frame: Buffer, mode: LoginMode, draws: LoginDraws): PendingLogin | number {
  if (frame.length !== REQUEST_1_BYTES || !hasLoginHeader(frame)) return STATUS.badData;
  if (mode === 'tooOld') return STATUS.loginAgain;
  const { challenge, deviceClock } = draws;
  const user = untilNul(frame.subarray(HEADER_BYTES, HEADER_BYTES + USER_BYTES)).toString('utf8');
  const pending = { user, challenge, deviceClock, salt: mode === 'rsaSalt' ? draws.salt : null };

  if (mode === 'legacy' || mode === 'legacyLong') {
    const field = Buffer.alloc(mode === 'legacy' ? LEGACY_FIELD_BYTES : LEGACY_LONG_FIELD_BYTES);
    field.write(Buffer.from(challenge, 'latin1').toString('base64'), 'latin1');
    return { ...pending, reply: loginReply(STATUS.challenge, deviceClock, field) };
  }

  if (((frame[OPTIONS_AT] ?? 0) & RSA_OPTION) === 0) return STATUS.version;
  const key = publicKeyOf(frame.subarray(HEADER_BYTES + USER_BYTES, HEADER_BYTES + USER_BYTES + KEY_BYTES));
  if (key === null) return STATUS.badData;
  const nuls = mode === 'rsa' ? NULS_BEHIND_CHALLENGE : 0;
  const message = Buffer.concat([Buffer.from(challenge, 'latin1'), Buffer.alloc(nuls)]);
  const ciphertext = encrypt(key, message);
  if (ciphertext === null) return STATUS.badData;
  const salt = Buffer.alloc(mode === 'rsaSalt' ? SALT_BYTES : 0);
  salt.write(draws.salt, 'latin1');
  return { ...pending, reply: loginReply(STATUS.ok, deviceClock, Buffer.concat([ciphertext, salt])) };
}

/** True for a second request that has the right form. */
export function isProof(frame: Buffer): boolean {
  return frame.length === REQUEST_2_BYTES && hasLoginHeader(frame);
}

/** Does request 2 prove name and password? */
export function provesPassword(
  frame: Buffer,
  pending: PendingLogin,
  account: { readonly username: string; readonly password: string },
): boolean {
  const { username, password } = account;
  const { salt, challenge } = pending;
  const secret =
    salt === null
      ? password
      : createHash('sha256')
          .update(username + salt + password)
          .digest('hex');
  const keyed = (message: string) => createHmac('md5', challenge).update(message).digest();
  const userProof = frame.subarray(USER_PROOF_AT, USER_PROOF_AT + PROOF_BYTES);
  const between = frame.subarray(USER_PROOF_AT + PROOF_BYTES, PASSWORD_PROOF_AT);
  const passwordProof = frame.subarray(PASSWORD_PROOF_AT, PASSWORD_PROOF_AT + PROOF_BYTES);
  return (
    pending.user === username &&
    userProof.equals(keyed(username)) &&
    byteSum(between, 0, between.length) === 0 &&
    passwordProof.equals(keyed(secret))
  );
}

/** A reply of the login: its second word is no checksum. */
export function loginReply(status: number, word = 0, body: Buffer = Buffer.alloc(0)): Buffer {
  return new ByteWriter(16 + body.length)
    .u32(16 + body.length)
    .u32(word)
    .u32(status)
    .zeros(4)
    .put(body)
    .done();
}

/** What the reply to an accepted login says of the device. */
export interface LoginFacts {
  readonly serial: string;
  readonly deviceType: number;
  readonly analogChannels: number;
  readonly ipChannels: number;
  readonly alarmInputs: number;
  readonly alarmOutputs: number;
  readonly disks: number;
  readonly voiceChannels: number;
}

/** Further abilities, whose meaning is not known well enough to be written. */
const ABILITY_BYTES = 36;

/** The reply to an accepted login: 80 bytes, and on newer devices abilities. */
export function acceptedReply(
  session: { readonly seed: number; readonly userId: number },
  sdkVersion: number,
  facts: LoginFacts,
  isOld: boolean,
): Buffer {
  const length = 80 + (isOld ? 0 : ABILITY_BYTES);
  const byte = (value: number) => Math.min(value, 0xff);
  return new ByteWriter(length)
    .u32(length)
    .u32(session.seed)
    .u32(STATUS.ok)
    .u32(sdkVersion)
    .u32(session.userId)
    .put(Buffer.from(facts.serial, 'utf8').subarray(0, 48), 48) // 20
    .u8(byte(facts.deviceType)) // 68
    .u8(byte(facts.analogChannels))
    .u8(1) // number of the first one
    .u8(byte(facts.alarmInputs)) // 71
    .u8(byte(facts.alarmOutputs))
    .u8(byte(facts.disks))
    .zeros(1)
    .u8(byte(facts.voiceChannels)) // 75
    .u8(byte(facts.ipChannels)) // 76
    .done();
}

/** A packed SDK version: major, minor, (year - 2000) << 10 | month << 6 | day. */
export function packSdk(major: number, minor: number, year: number, month: number, day: number): number {
  return major * 2 ** 24 + minor * 2 ** 16 + (year - 2000) * 2 ** 10 + month * 2 ** 6 + day;
}

function hasLoginHeader(frame: Buffer): boolean {
  return (
    frame[4] === LOGIN_INTERFACE &&
    frame[5] === 0 &&
    u32At(frame, 8) === 0 &&
    u32At(frame, COMMAND_AT) === LOGIN_COMMAND &&
    u32At(frame, ONE_AT) === 1
  );
}

function untilNul(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end === -1 ? field : field.subarray(0, end);
}

/** RSA-1024 with the exponent 65537; null for anything else. */
function publicKeyOf(der: Buffer): KeyObject | null {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'pkcs1' });
    const details = key.asymmetricKeyDetails;
    return details?.modulusLength === 8 * RSA_BYTES && details.publicExponent === 65_537n ? key : null;
  } catch {
    return null; // whatever it is, it is no key
  }
}

function encrypt(key: KeyObject, message: Buffer): Buffer | null {
  try {
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, message);
  } catch {
    return null; // an even modulus, for example
  }
}
