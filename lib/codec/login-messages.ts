/**
 * The four messages of a login: request 1, challenge, request 2, reply. The password itself never travels, only keyed hashes
 * of it. Sources: published native traces, recomputed (H); the plain RSA and the legacy challenge from two clients (M).
 */
import { createHash, createHmac } from 'node:crypto';
import { ArgumentError, ProtocolError } from '../errors';
import { bufferOf, ByteWriter, u32At } from './bytes';
import { decodeLoginFrame, encodeLoginFrame, type LoginFields, type LoginHeader } from './frame';
import { bytes, decode, encode, reserved, struct, text, u32, u8, type ValueOf, type WithRaw } from './layout';
import { RET_VAL } from './message';

type Client = Omit<LoginFields, 'body'>;

/* Request 1 */

/** DER of a PKCS#1 `RSAPublicKey` with 1024 bits and the exponent 65537. */
export const PUBLIC_KEY_BYTES = 140;

export const loginRequest1 = struct(
  'LOGIN_REQUEST_1',
  {
    user: text(48, 'user name'),
    publicKey: bytes(PUBLIC_KEY_BYTES, 'RSA-1024 public key of the client, PKCS#1 DER, new for each login'),
  },
  { confidence: 'H', source: 'published native trace', summary: 'body of the first request' },
);

/** 224 bytes. @throws ArgumentError when the name is longer than 48 bytes or the key is no such key. */
export function encodeLoginRequest1(
  fields: { readonly user: string; readonly publicKey: Buffer },
  client: Client = {},
): Buffer {
  return encodeLoginFrame({ ...client, body: encode(loginRequest1, fields) });
}

export interface LoginRequest1 extends ValueOf<typeof loginRequest1.shape> {
  readonly header: LoginHeader;
}

/** @throws ProtocolError when it is no first request. */
export function decodeLoginRequest1(frame: Uint8Array): LoginRequest1 {
  const { header, body } = decodeLoginFrame(frame);
  if (body.length !== loginRequest1.sizeBytes) throw new ProtocolError(`a first request of ${frame.length} bytes`, 0);
  return { header, ...decode(loginRequest1, body) };
}

/* Challenge */

const REPLY_HEADER_BYTES = 16;
export const RSA_BYTES = 128;
export const SALT_BYTES = 64;
/** Sizes of the field with the legacy challenge. */
const LEGACY_FIELDS = [60, 80];

interface ChallengeBase {
  readonly retVal: number;
  /** Bytes 4 to 7: a clock of the device, used by one of the addend modes. */
  readonly deviceClock: number;
  /** Packed SDK version of the device. */
  readonly sdkVersion: number;
}

/** Which login the device wants; the length of its answer tells. */
export type Challenge = ChallengeBase &
  (
    | { readonly mode: 'rsaSalt'; readonly ciphertext: Buffer; readonly salt: string }
    | { readonly mode: 'rsa'; readonly ciphertext: Buffer }
    | { readonly mode: 'legacy'; readonly challenge: string }
    | { readonly mode: 'refused' }
  );

/** @throws ProtocolError when the answer has no length that is known, or no challenge in it. */
export function decodeChallenge(frame: Uint8Array): Challenge {
  if (frame.length < REPLY_HEADER_BYTES) throw new ProtocolError('the challenge is cut off', frame.length);
  if (u32At(frame, 0) !== frame.length) throw new ProtocolError(`${frame.length} bytes, ${u32At(frame, 0)} said`, 0);
  const base = { retVal: u32At(frame, 8), deviceClock: u32At(frame, 4), sdkVersion: u32At(frame, 12) };
  const body = bufferOf(frame, REPLY_HEADER_BYTES);
  if (body.length === 0) {
    // A challenge without a challenge cannot be answered; that is no refusal of the device.
    if (base.retVal === RET_VAL.ok || base.retVal === RET_VAL.challenge) {
      throw new ProtocolError('the answer holds no challenge', REPLY_HEADER_BYTES);
    }
    return { ...base, sdkVersion: 0, mode: 'refused' };
  }
  if (body.length === RSA_BYTES + SALT_BYTES) {
    const salt = withoutNuls(body.subarray(RSA_BYTES).toString('latin1'));
    return { ...base, mode: 'rsaSalt', ciphertext: body.subarray(0, RSA_BYTES), salt };
  }
  if (body.length === RSA_BYTES) return { ...base, mode: 'rsa', ciphertext: body };
  if (LEGACY_FIELDS.includes(body.length)) return { ...base, mode: 'legacy', challenge: legacyChallenge(body) };
  throw new ProtocolError(`a challenge of ${frame.length} bytes`, 0);
}

/** What a device answers to request 1. */
export function encodeChallenge(challenge: {
  readonly retVal?: number;
  readonly deviceClock?: number;
  readonly sdkVersion?: number;
  readonly ciphertext?: Uint8Array;
  readonly salt?: string;
  /** For the legacy form; `fieldBytes` is 60 or 80. */
  readonly legacy?: { readonly challenge: string; readonly fieldBytes: 60 | 80 };
}): Buffer {
  const { ciphertext, salt, legacy } = challenge;
  const bodyBytes = legacy?.fieldBytes ?? (ciphertext?.length ?? 0) + (salt === undefined ? 0 : SALT_BYTES);
  const writer = new ByteWriter(REPLY_HEADER_BYTES + bodyBytes)
    .u32(REPLY_HEADER_BYTES + bodyBytes)
    .u32(challenge.deviceClock ?? 0)
    .u32(challenge.retVal ?? (legacy === undefined ? RET_VAL.ok : RET_VAL.challenge))
    .u32(challenge.sdkVersion ?? 0);
  if (legacy !== undefined) {
    return writer.put(Buffer.from(Buffer.from(legacy.challenge).toString('base64')), legacy.fieldBytes).done();
  }
  if (ciphertext !== undefined) writer.put(ciphertext);
  if (salt !== undefined) writer.put(Buffer.from(salt, 'latin1'), SALT_BYTES);
  return writer.done();
}

function legacyChallenge(field: Buffer): string {
  const base64 = withoutNuls(field.toString('latin1')).trim();
  if (!/^[A-Za-z0-9+/]{4,}={0,2}$/.test(base64))
    throw new ProtocolError('the challenge is not base64', REPLY_HEADER_BYTES);
  return withoutNuls(Buffer.from(base64, 'base64').toString('latin1'));
}

/** The challenge inside an RSA message that was decrypted and unpadded. @throws ProtocolError when it is none. */
export function challengeText(message: Uint8Array): string {
  const challenge = withoutNuls(bufferOf(message).toString('latin1'));
  if (!/^[\x21-\x7e]{16,64}$/.test(challenge)) throw new ProtocolError('the decrypted challenge is no text', 0);
  return challenge;
}

function withoutNuls(field: string): string {
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}

/* Request 2 */

export const loginRequest2 = struct(
  'LOGIN_REQUEST_2',
  {
    userProof: bytes(16, 'HMAC-MD5(challenge, user name)'),
    reserved16: reserved(16),
    passwordProof: bytes(16, 'HMAC-MD5(challenge, P)'),
  },
  { confidence: 'H', source: 'published native trace', summary: 'body of the second request' },
);

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What stands for the password: lower-case hex of SHA-256(user ‖ salt ‖ password) where there is a salt, else itself. */
export function passwordKey({ user, password }: Credentials, salt: string | null): string {
  return salt === null ? password : createHash('sha256').update(user).update(salt).update(password).digest('hex');
}

/** The two keyed hashes that prove name and password, 16 bytes each. */
export function loginProofs(challenge: string, credentials: Credentials, salt: string | null) {
  const keyed = (message: string) => createHmac('md5', challenge).update(message).digest();
  return { userProof: keyed(credentials.user), passwordProof: keyed(passwordKey(credentials, salt)) };
}

/** 84 bytes. `salt` is null for the modes without one. @throws ArgumentError when there is no challenge. */
export function encodeLoginRequest2(
  challenge: string,
  credentials: Credentials,
  salt: string | null,
  client: Client = {},
): Buffer {
  if (challenge === '')
    throw new ArgumentError([{ parameter: 'challenge', given: challenge, expected: 'a challenge' }]);
  return encodeLoginFrame({ ...client, body: encode(loginRequest2, loginProofs(challenge, credentials, salt)) });
}

export interface LoginRequest2 extends ValueOf<typeof loginRequest2.shape> {
  readonly header: LoginHeader;
}

/** @throws ProtocolError when it is no second request. */
export function decodeLoginRequest2(frame: Uint8Array): LoginRequest2 {
  const { header, body } = decodeLoginFrame(frame);
  if (body.length !== loginRequest2.sizeBytes) throw new ProtocolError(`a second request of ${frame.length} bytes`, 0);
  return { header, ...decode(loginRequest2, body) };
}

/* Login reply */

/** The part that all devices send; from byte 80 on abilities follow, which are kept as `raw`. */
export const loginReply = struct(
  'LOGIN_REPLY',
  {
    length: u32('whole frame in bytes, this field included'),
    seed: u32('seed of the auth word'),
    retVal: u32('1 done, 3 wrong password, 18 and 31 too many users'),
    sdkVersion: u32('SDK of the device, packed'),
    userId: u32('number of the session'),
    serial: text(48, 'serial number'),
    deviceType: u8('device type'),
    analogChannels: u8('analog channels; 1 for a camera'),
    firstChannel: u8('number of the first one'),
    alarmInputs: u8('alarm inputs'),
    alarmOutputs: u8('alarm outputs'),
    disks: u8('disks'),
  },
  {
    confidence: 'H',
    source: 'clients, devices',
    summary: 'the session; firmware of 2005 ends here, with two more bytes',
  },
);

/** What follows {@link loginReply} on devices newer than about 2008. */
export const loginReplyTail = struct(
  'LOGIN_REPLY_TAIL',
  {
    protocols: u8('preview protocols, bits'),
    voiceChannels: u8('two-way audio channels'),
    ipChannels: u8('most IP channels'),
    subProtocol: u8('protocol of the sub stream'),
    zeroChannels: u8('mosaic channels'),
    abilities: u8('bits: 1 smart search, 2 backup, 4 compression ability, 8 two networks'),
  },
  { confidence: 'M', source: 'clients, devices', summary: 'bytes 74 to 79 of the login reply' },
);

export type LoginReply = ValueOf<typeof loginReply.shape> & ValueOf<typeof loginReplyTail.shape> & WithRaw;

export type LoginOutcome =
  | { readonly accepted: true; readonly reply: LoginReply }
  /** `raw` holds what the device added; where remaining tries and lock seconds stand in it is not known well enough. */
  | { readonly accepted: false; readonly retVal: number; readonly raw: Buffer };

/** @throws ProtocolError when it is no login reply. */
export function decodeLoginReply(frame: Uint8Array): LoginOutcome {
  if (frame.length < 12) throw new ProtocolError('the login reply is cut off', frame.length);
  if (u32At(frame, 0) !== frame.length) throw new ProtocolError(`${frame.length} bytes, ${u32At(frame, 0)} said`, 0);
  const retVal = u32At(frame, 8);
  if (retVal !== RET_VAL.ok) return { accepted: false, retVal, raw: bufferOf(frame, 12) };
  const { raw: tail = Buffer.alloc(0), ...head } = decode(loginReply, frame);
  // Devices of 2005 end within the tail; what is not sent is zero.
  const padded = Buffer.alloc(Math.max(tail.length, loginReplyTail.sizeBytes));
  tail.copy(padded);
  return { accepted: true, reply: { ...head, ...decode(loginReplyTail, padded) } };
}

/** What a device answers to request 2. */
export function encodeLoginReply(reply: Omit<LoginReply, 'length'>): Buffer {
  const tail = encode(loginReplyTail, reply);
  const length = loginReply.sizeBytes + tail.length;
  return encode(loginReply, { ...reply, length, raw: tail });
}
