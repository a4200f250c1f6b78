/**
 * The headers of command-port frames. All numbers big-endian; the first u32 is the length of the whole frame.
 * There is no magic word: which header a frame has follows from who sent it.
 */
import { ProtocolError } from '../errors';
import { bufferOf, byteSum, u32At } from './bytes';
import { COMMAND_CODES } from './command-codes';
import { decodeAt, encode, hexBytes, ipv4Reversed, reserved, struct, u16, u32, u8, type ValueOf } from './layout';

/* Layouts */

/** Interface version of a request. */
export const INTERFACE = {
  /** Login; older devices take it for every command. */
  login: 0x5a,
  /** Commands; device SDK 3.0 and newer. */
  command: 0x63,
} as const;

/** Flags of a request. */
export const REQUEST_FLAGS = { encrypted: 1, parameter: 2 } as const;

/** 32 bytes, then the body; with `ipVersion` 1, 16 bytes of IPv6 address stand between them. */
export const requestHeader = struct(
  'REQUEST_HEADER',
  {
    length: u32('whole frame in bytes, this field included'),
    interfaceVersion: u8('0x5a login and older devices, 0x63 commands'),
    ipVersion: u8('0 IPv4; 1 IPv6, its 16 bytes follow the header'),
    variant: u8('0'),
    flags: u8('bit 0 body encrypted, bit 1 parameter at byte 30'),
    authWord: u32('auth word; 0 before the login'),
    command: u32('command'),
    clientIp: ipv4Reversed('IPv4 address of the client'),
    userId: u32('as received in the login reply'),
    clientMac: hexBytes(6, 'MAC address of the client; zeros accepted'),
    parameter: u16('0'),
  },
  { confidence: 'H', source: 'clients, devices, published traces', summary: 'request after the login' },
);
export type RequestHeader = ValueOf<typeof requestHeader.shape>;

/** 36 bytes, then the body. */
export const loginHeader = struct(
  'LOGIN_HEADER',
  {
    length: u32('whole frame in bytes, this field included'),
    interfaceVersion: u8('0x5a'),
    ipVersion: u8('0 IPv4'),
    reserved6: reserved(2),
    authWord: u32('0'),
    command: u32('login'),
    sdkVersion: u32('SDK of the client: major u8, minor u8, (year - 2000) << 10, month << 6, day'),
    one: u32('1'),
    clientIp: ipv4Reversed('IPv4 address of the client'),
    clientMac: hexBytes(6, 'MAC address of the client; zeros accepted'),
    options: u8('bits: 1 extension, 2, 4 checksum, 8 RSA, ...; the trace sends 0x6f'),
    reserved35: reserved(1),
  },
  { confidence: 'H', source: 'clients, devices, published traces', summary: 'both requests of a login' },
);
export type LoginHeader = ValueOf<typeof loginHeader.shape>;

/** 16 bytes, then the body. */
export const replyHeader = struct(
  'REPLY_HEADER',
  {
    length: u32('whole frame in bytes, this field included'),
    checksum: u32('sum of all bytes from 8 to the end; other data in login replies; of a JPEG only bytes 8 to 15'),
    retVal: u32('see status codes'),
    flags: u8('bit 0 body encrypted'),
    reserved13: reserved(3),
  },
  { confidence: 'H', source: 'clients, devices', summary: 'answer of the device' },
);
export type ReplyHeader = ValueOf<typeof replyHeader.shape>;

/** 8 bytes, then the body. */
export const pushHeader = struct(
  'PUSH_HEADER',
  { length: u32('whole frame in bytes, this field included'), status: u32('see status codes') },
  { confidence: 'H', source: 'clients, devices, published traces', summary: 'what a device sends on a line kept open' },
);
export type PushHeader = ValueOf<typeof pushHeader.shape>;

export const FRAME_HEADERS = { requestHeader, loginHeader, replyHeader, pushHeader } as const;

const IPV6_BYTES = 16;
const NO_MAC = '000000000000';

/* Requests */

export interface RequestFrame {
  readonly header: RequestHeader;
  /** Of a client that speaks IPv6, 32 hexadecimal digits; else null. */
  readonly clientIp6: string | null;
  /** Shares memory with the frame. */
  readonly body: Buffer;
}

export interface RequestFields {
  readonly command: number;
  readonly body?: Uint8Array;
  readonly authWord?: number;
  readonly userId?: number;
  /** Dotted IPv4. */
  readonly clientIp?: string;
  /** 12 hexadecimal digits. */
  readonly clientMac?: string;
  readonly interfaceVersion?: number;
  readonly flags?: number;
}

/** @throws ArgumentError when a field does not fit. */
export function encodeRequest(fields: RequestFields): Buffer {
  const { body } = fields;
  return encode(requestHeader, {
    length: requestHeader.sizeBytes + (body?.length ?? 0),
    interfaceVersion: fields.interfaceVersion ?? INTERFACE.command,
    ipVersion: 0,
    variant: 0,
    flags: fields.flags ?? 0,
    authWord: fields.authWord ?? 0,
    command: fields.command,
    clientIp: fields.clientIp ?? '0.0.0.0',
    userId: fields.userId ?? 0,
    clientMac: fields.clientMac ?? NO_MAC,
    parameter: 0,
    ...(body === undefined ? {} : { raw: bufferOf(body) }),
  });
}

/** @throws ProtocolError when it is no request. */
export function decodeRequest(frame: Uint8Array): RequestFrame {
  const header = decodeAt(requestHeader, frame, 0);
  checkLength(header.length, frame);
  if (header.ipVersion > 1) throw new ProtocolError(`IP version ${header.ipVersion}`, 5);
  let bodyAt = requestHeader.sizeBytes;
  let clientIp6: string | null = null;
  if (header.ipVersion === 1) {
    if (frame.length < bodyAt + IPV6_BYTES)
      throw new ProtocolError('the IPv6 address of the client is cut off', bodyAt);
    clientIp6 = bufferOf(frame, bodyAt, bodyAt + IPV6_BYTES).toString('hex');
    bodyAt += IPV6_BYTES;
  }
  return { header, clientIp6, body: bufferOf(frame, bodyAt) };
}

export interface LoginFrame {
  readonly header: LoginHeader;
  readonly body: Buffer;
}

/** What the published trace says of itself: SDK 5.1 of 2015-05-11. */
export const CLIENT_SDK_VERSION = 0x0501_3d4b;
export const CLIENT_OPTIONS = 0x6f;

export interface LoginFields {
  readonly body: Uint8Array;
  readonly clientIp?: string;
  readonly clientMac?: string;
  readonly sdkVersion?: number;
  readonly options?: number;
}

/** @throws ArgumentError when a field does not fit. */
export function encodeLoginFrame(fields: LoginFields): Buffer {
  return encode(loginHeader, {
    length: loginHeader.sizeBytes + fields.body.length,
    interfaceVersion: INTERFACE.login,
    ipVersion: 0,
    authWord: 0,
    command: COMMAND_CODES.login.code,
    sdkVersion: fields.sdkVersion ?? CLIENT_SDK_VERSION,
    one: 1,
    clientIp: fields.clientIp ?? '0.0.0.0',
    clientMac: fields.clientMac ?? NO_MAC,
    options: fields.options ?? CLIENT_OPTIONS,
    raw: bufferOf(fields.body),
  });
}

/** @throws ProtocolError when it is no login request. */
export function decodeLoginFrame(frame: Uint8Array): LoginFrame {
  const header = decodeAt(loginHeader, frame, 0);
  checkLength(header.length, frame);
  if (header.command !== COMMAND_CODES.login.code) throw new ProtocolError('not a login', 12);
  return { header, body: bufferOf(frame, loginHeader.sizeBytes) };
}

/** True for a frame that carries the login header, which differs from all other requests behind byte 16. */
export function isLoginFrame(frame: Uint8Array): boolean {
  return frame.length >= 16 && frame[4] === INTERFACE.login && u32At(frame, 12) === COMMAND_CODES.login.code;
}

/* Replies */

/**
 * What the checksum of a reply covers.
 * - `all`: bytes 8 to the end.
 * - `header`: bytes 8 to 15; a JPEG.
 * - `none`: the word carries something else; a login.
 */
export type ChecksumRule = 'all' | 'header' | 'none';

export function checksumRuleOf(command: number): ChecksumRule {
  if (command === COMMAND_CODES.login.code) return 'none';
  return command === COMMAND_CODES.jpeg.code ? 'header' : 'all';
}

const SUM_FROM = 8;

/** The checksum that a reply should carry under a rule. */
export function replyChecksum(frame: Uint8Array, rule: Exclude<ChecksumRule, 'none'>): number {
  return byteSum(frame, SUM_FROM, rule === 'all' ? frame.length : Math.min(replyHeader.sizeBytes, frame.length));
}

export interface ReplyFrame {
  readonly header: ReplyHeader;
  /** Shares memory with the frame. */
  readonly body: Buffer;
}

/** @throws ProtocolError when it is no reply, or its checksum is wrong. */
export function decodeReply(frame: Uint8Array, rule: ChecksumRule): ReplyFrame {
  const header = decodeAt(replyHeader, frame, 0);
  checkLength(header.length, frame);
  if (rule !== 'none') {
    const sum = replyChecksum(frame, rule);
    if (sum !== header.checksum) {
      throw new ProtocolError(`checksum ${header.checksum}, the bytes give ${sum}`, 4);
    }
  }
  return { header, body: bufferOf(frame, replyHeader.sizeBytes) };
}

export interface ReplyFields {
  readonly retVal: number;
  readonly body?: Uint8Array;
  readonly flags?: number;
  /** `all` unless told; a number is sent as it is. */
  readonly checksum?: Exclude<ChecksumRule, 'none'> | number;
}

export function encodeReply({ retVal, body, flags = 0, checksum = 'all' }: ReplyFields): Buffer {
  const frame = encode(replyHeader, {
    length: replyHeader.sizeBytes + (body?.length ?? 0),
    checksum: typeof checksum === 'number' ? checksum : 0,
    retVal,
    flags,
    ...(body === undefined ? {} : { raw: bufferOf(body) }),
  });
  if (typeof checksum !== 'number') frame.writeUInt32BE(replyChecksum(frame, checksum), 4);
  return frame;
}

/* Pushes */

export interface PushFrame {
  readonly header: PushHeader;
  /** Shares memory with the frame. */
  readonly body: Buffer;
}

/** @throws ProtocolError when it is no push. */
export function decodePushFrame(frame: Uint8Array): PushFrame {
  const header = decodeAt(pushHeader, frame, 0);
  checkLength(header.length, frame);
  return { header, body: bufferOf(frame, pushHeader.sizeBytes) };
}

export function encodePush(status: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return encode(pushHeader, { length: pushHeader.sizeBytes + body.length, status, raw: bufferOf(body) });
}

/* SDK versions */

export interface SdkVersion {
  readonly major: number;
  readonly minor: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Client and device say the version of their SDK in one word. */
export function sdkVersionOf(word: number): SdkVersion {
  return {
    major: word >>> 24,
    minor: (word >>> 16) & 0xff,
    year: 2000 + ((word >>> 10) & 0x3f),
    month: (word >>> 6) & 0xf,
    day: word & 0x3f,
  };
}

/** Devices with an SDK below 3.0 take the login interface and the plain sum for every command (M). */
export function isOldSdk(word: number): boolean {
  return word >>> 24 < 3;
}

/* Length */

/** The length that a frame says of itself, or undefined while fewer than four bytes are there. */
export function frameLengthOf(bytes: Uint8Array): number | undefined {
  return bytes.length < 4 ? undefined : u32At(bytes, 0);
}

function checkLength(length: number, frame: Uint8Array): void {
  if (length !== frame.length) {
    throw new ProtocolError(`the frame says that it has ${length} bytes, there are ${frame.length}`, 0);
  }
}
