/**
 * Frames ⇄ commands and their answers, and what the status codes of a device mean.
 */
import {
  AuthenticationError,
  ConnectionLostError,
  DeviceBusyError,
  LockedError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  RefusedError,
  TimeoutError,
  TooManySessionsError,
  UnreachableError,
  UnsupportedError,
  type ErrorContext,
  type HikvisionError,
} from '../errors';
import { LOCK_FALLBACK_MS } from '../settings';
import { commandNameOf, hexWord, type CommandCodeName } from './command-codes';
import {
  checksumRuleOf,
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  type ChecksumRule,
  type RequestFields,
} from './frame';
import type { Confidence } from './layout';

/* Requests and replies */

/** A command as the device sees it. */
export interface CommandMessage {
  readonly command: number;
  /** Null for a number that our table does not know. */
  readonly name: CommandCodeName | null;
  readonly userId: number;
  readonly authWord: number;
  readonly clientIp: string;
  /** 12 hexadecimal digits. */
  readonly clientMac: string;
  /** Shares memory with the frame. */
  readonly body: Buffer;
}

/** @throws ProtocolError when the frame is no request. */
export function decodeMessage(frame: Uint8Array): CommandMessage {
  const { header, body } = decodeRequest(frame);
  const { command, userId, authWord, clientIp, clientMac } = header;
  return { command, name: commandNameOf(command), userId, authWord, clientIp, clientMac, body };
}

/** @throws ArgumentError when a field does not fit. */
export function encodeMessage(fields: RequestFields): Buffer {
  return encodeRequest(fields);
}

/** An answer as the client sees it. */
export interface Answer {
  readonly retVal: number;
  /** Shares memory with the frame. */
  readonly body: Buffer;
}

/**
 * The answer to `command`, which decides what its checksum covers. The status is not judged: see {@link retValError}.
 * @throws ProtocolError when it is no reply, its checksum is wrong, or its body is encrypted.
 */
export function decodeAnswer(command: number, frame: Uint8Array, rule: ChecksumRule = checksumRuleOf(command)): Answer {
  const { header, body } = decodeReply(frame, rule);
  if ((header.flags & 1) === 1 && body.length > 0) {
    throw new ProtocolError(`the answer to ${hexWord(command)} is encrypted, which nobody knows how to read`, 12);
  }
  return { retVal: header.retVal, body };
}

/** The answer of a device to `command`. */
export function encodeAnswer(command: number, answer: { readonly retVal: number; readonly body?: Uint8Array }): Buffer {
  const rule = checksumRuleOf(command);
  return encodeReply({ ...answer, checksum: rule === 'none' ? 0 : rule });
}

/* Status codes */

/** Status codes that are used by name. */
export const RET_VAL = {
  ok: 1,
  keepAlive: 2,
  wrongPassword: 3,
  versionMismatch: 6,
  streamHeader: 19,
  alarm: 20,
  wait: 25,
  listEnd: 26,
  fileInfo: 27,
  noSuchUserId: 30,
  tooManyUsers: 31,
  loginAgain: 39,
  challenge: 100,
  alarmV30: 104,
  userLocked: 153,
} as const;

type Refusal = (message: string, context: ErrorContext, nowMs: number) => HikvisionError;

interface RetValDefinition {
  readonly name: string;
  readonly meaning: string;
  readonly confidence: Confidence;
  /** How it fails; absent for codes that are no failure. */
  readonly refusal?: Refusal;
}

const authentication: Refusal = (message, context) => new AuthenticationError(message, context);
const busy: Refusal = (message, context) => new DeviceBusyError(message, context);
const expired: Refusal = (message, context) => new ConnectionLostError(message, context);
const full: Refusal = (message, context) => new TooManySessionsError(message, context);
const locked: Refusal = (message, context, nowMs) => new LockedError(message, nowMs + LOCK_FALLBACK_MS, context);
const notFound: Refusal = (message, context) => new NotFoundError(message, context);
const permission: Refusal = (message, context) => new PermissionError(message, context);
const refused: Refusal = (message, context) => new RefusedError(message, context);
const timeout: Refusal = (message, context) => new TimeoutError(message, context);
const unreachable: Refusal = (message, context) => new UnreachableError(message, context);
const unsupported: Refusal = (message, context) => new UnsupportedError(message, context);
const noChannel: Refusal = (message, context) => new UnsupportedError(message, context, true);

const retVal = (name: string, meaning: string, refusal?: Refusal, confidence: Confidence = 'H'): RetValDefinition => ({
  name,
  meaning,
  confidence,
  ...(refusal === undefined ? {} : { refusal }),
});

/** Status codes of replies and pushes: one table of number, name, meaning and error. */
export const RET_VALS: Readonly<Record<number, RetValDefinition>> = {
  1: retVal('ok', 'done'),
  2: retVal('keepAlive', 'sign of life'),
  3: retVal('wrongPassword', 'user name or password refused', authentication),
  4: retVal('lowPrivilege', 'the level of the user is too low', permission),
  5: retVal('noPermission', 'the user lacks the right', permission),
  6: retVal('versionMismatch', 'the device speaks another version', unsupported),
  7: retVal('noSuchChannel', 'the device has no such channel', noChannel),
  8: retVal('noSerialPort', 'the device has no such serial port', unsupported),
  9: retVal('noAlarmInput', 'the device has no such alarm input', unsupported),
  10: retVal('noAlarmOutput', 'the device has no such alarm output', unsupported),
  11: retVal('noDisk', 'the device has no disk', notFound),
  12: retVal('noSuchDisk', 'the device has no such disk', notFound),
  13: retVal('notSupported', 'the device does not support this', unsupported),
  14: retVal('badData', 'the device finds the data wrong', refused),
  15: retVal('channelError', 'the channel has failed', refused),
  16: retVal('diskError', 'the disk has failed', refused),
  17: retVal('timeOut', 'the device ran out of time', timeout),
  18: retVal('tooManyLinks', 'all connections of the device are taken', full),
  19: retVal('streamHeader', 'the head of a stream follows'),
  20: retVal('alarm', 'an alarm follows'),
  21: retVal('playbackEnd', 'the recording is over'),
  22: retVal('flashError', 'the device could not store it', refused),
  23: retVal('upgradeFailed', 'the upgrade failed', refused),
  24: retVal('upgrading', 'the device is being upgraded', busy),
  25: retVal('wait', 'the device is still searching'),
  26: retVal('listEnd', 'the list is over'),
  27: retVal('fileInfo', 'a recording follows'),
  28: retVal('formatting', 'a disk is being formatted', busy),
  29: retVal('formatEnd', 'formatting is over'),
  30: retVal('noSuchUserId', 'the session has expired', expired),
  31: retVal('tooManyUsers', 'all sessions of the device are taken', full),
  32: retVal('noResource', 'the device has no resources left', busy),
  33: retVal('operationFailed', 'the operation failed', refused),
  34: retVal('ipMismatch', 'the user may not log in from this address', permission, 'M'),
  35: retVal('socketIpMismatch', 'the address in the frame is not that of the connection', permission, 'M'),
  36: retVal('macMismatch', 'the user may not log in from this MAC address', permission, 'M'),
  37: retVal('encoderNotStarted', 'the encoder is not running', refused, 'M'),
  38: retVal('languageMismatch', 'the language does not fit', refused, 'M'),
  39: retVal('loginAgain', 'the device is too old: it wants a second check of the password', unsupported, 'M'),
  48: retVal('diskReadOnly', 'the disk is read-only', refused, 'M'),
  49: retVal('sameUser', 'there is such a user already', refused, 'M'),
  50: retVal('deviceTypeMismatch', 'this is for another model', refused, 'M'),
  51: retVal('languageOfFileMismatch', 'this is for another language', refused, 'M'),
  52: retVal('versionOfFileMismatch', 'this is for another firmware', refused, 'M'),
  53: retVal('ipChannelOffline', 'the camera of this channel is not connected', unreachable, 'M'),
  54: retVal('tooManyIpChannels', 'there is no room for another camera', refused, 'M'),
  55: retVal('mailTestFailed', 'the test mail failed', refused, 'M'),
  90: retVal('keyFrameData', 'a key frame follows', undefined, 'M'),
  91: retVal('positionData', 'data from the new position follow', undefined, 'M'),
  100: retVal('challenge', 'the challenge of the login follows', undefined, 'M'),
  104: retVal('alarmV30', 'an alarm follows, V30', undefined, 'M'),
  105: retVal('ipChannelsChanged', 'the list of IP channels changed', undefined, 'M'),
  106: retVal('ipChannelsChangedV31', 'the list of IP channels changed, V31', undefined, 'M'),
  151: retVal('noRight', 'the user lacks the right', permission, 'M'),
  153: retVal('userLocked', 'the user is locked', locked, 'M'),
  800: retVal('bandwidth', 'the device has no bandwidth left', busy, 'M'),
};

/** The name of a status code; null for one that the table does not know. */
export function retValName(code: number): string | null {
  return RET_VALS[code]?.name ?? null;
}

/** True for codes that say neither "done" nor that more follows. */
export function isRefusal(code: number): boolean {
  const known = RET_VALS[code];
  return known === undefined || known.refusal !== undefined;
}

/**
 * The error for a status code. `nowMs` is the wall clock: a locked account is locked until half an hour from now, because the
 * command port does not say for how long.
 */
export function retValError(code: number, context: ErrorContext, nowMs: number): HikvisionError {
  const known = RET_VALS[code];
  const message = `${known?.meaning ?? 'the device refused'} (status ${code})`;
  return (known?.refusal ?? refused)(message, context, nowMs);
}
