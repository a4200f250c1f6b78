/**
 * Captured command-port bytes → readable frames, for `hsp decode`. Total: whatever the bytes are, every frame that can be read
 * is given, and what cannot is said.
 */
import { ProtocolError } from '../errors';
import { FRAME_MAX_BYTES, FRAME_MIN_BYTES } from '../settings';
import { ALARM_TYPES, decodePush, subjectsOf } from './alarm';
import { bufferOf, u32At } from './bytes';
import { commandNameOf, COMMAND_CODES, hexWord, type CommandCodeName } from './command-codes';
import {
  INTERFACE,
  isLoginFrame,
  loginHeader,
  pushHeader,
  replyChecksum,
  replyHeader,
  requestHeader,
  type LoginHeader,
  type RequestHeader,
} from './frame';
import { bytesOfDump } from './hex-dump';
import { decode, decodeAt } from './layout';
import { RET_VAL, retValName } from './message';
import { decodePassThrough, passThroughDocument } from './pass-through';
import { ptzControl, ptzMoveOf } from './structs';
import { decodeText, sniff } from './text';

export type Direction = 'request' | 'reply' | 'push';

/** One frame of a capture; ready for JSON. */
export interface CapturedFrame {
  readonly direction: Direction;
  /** Where the frame begins, in bytes from the start of the capture. */
  readonly offset: number;
  /** As the frame says it, cut off or not; for bytes without sense, how many there are. */
  readonly length: number;
  /** `0x001110c2`; null for replies and pushes, which do not say it. */
  readonly command: string | null;
  readonly name: CommandCodeName | null;
  readonly clientIp: string | null;
  /** Eight hexadecimal digits. */
  readonly userId: string | null;
  /** Twelve hexadecimal digits. */
  readonly mac: string | null;
  /** Status code of a reply or push. */
  readonly status: number | null;
  readonly statusName: string | null;
  /** Hexadecimal, without the header. */
  readonly body: string;
  /** What the body says, where that is known: a document as text, an alarm or a movement as an object. */
  readonly decoded: unknown;
  /** True for a last frame that the capture does not hold to its end. */
  readonly truncated: boolean;
  /** What is wrong with it; null when nothing is. */
  readonly problem: string | null;
}

/**
 * The frames of a captured byte stream, or of hexadecimal text. Which direction a frame goes is told by its bytes unless
 * `direction` says it; a capture may hold both.
 *
 * @throws ProtocolError only for text that is not hexadecimal, with the character where that begins.
 */
export function* decodeCapture(capture: Uint8Array | string, direction?: Direction): Generator<CapturedFrame, void> {
  const bytes = typeof capture === 'string' ? captureBytes(capture) : capture;
  let at = 0;
  while (at < bytes.length) {
    const left = bytes.length - at;
    const length = left < 4 ? left : u32At(bytes, at);
    if (left < 4) {
      yield unreadable(bytes, at, direction, `${left} bytes are no length`);
      return;
    }
    if (length < FRAME_MIN_BYTES || length > FRAME_MAX_BYTES) {
      yield unreadable(bytes, at, direction, `a frame of ${length} bytes cannot be`);
      return;
    }
    const end = Math.min(at + length, bytes.length);
    yield readFrame(bufferOf(bytes, at, end), at, length, direction);
    at = end;
  }
}

function readFrame(frame: Buffer, offset: number, length: number, told: Direction | undefined): CapturedFrame {
  const direction = told ?? directionOf(frame, length);
  const truncated = frame.length < length;
  const common = {
    ...NOTHING,
    direction,
    offset,
    length,
    truncated,
    problem: truncated ? cutText(frame, length) : null,
  };
  const headerBytes = headerOf(direction, frame).sizeBytes;
  if (frame.length < headerBytes) {
    const problem = common.problem ?? `a ${direction} has at least ${headerBytes} bytes`;
    return { ...common, body: frame.toString('hex'), problem };
  }
  const body = frame.subarray(headerBytes);
  if (direction === 'request') {
    const header: RequestHeader | LoginHeader = isLoginFrame(frame)
      ? decodeAt(loginHeader, frame, 0)
      : decodeAt(requestHeader, frame, 0);
    return {
      ...common,
      command: hexWord(header.command),
      name: commandNameOf(header.command),
      clientIp: header.clientIp,
      userId: 'userId' in header ? hexDigits(header.userId) : null,
      mac: header.clientMac,
      body: body.toString('hex'),
      decoded: truncated ? null : requestContent(header.command, body),
    };
  }
  const status = u32At(frame, direction === 'reply' ? 8 : 4);
  return {
    ...common,
    status,
    statusName: retValName(status),
    body: body.toString('hex'),
    decoded: truncated ? null : direction === 'reply' ? documentText(body) : pushContent(frame),
  };
}

const NOTHING = {
  command: null,
  name: null,
  clientIp: null,
  userId: null,
  mac: null,
  status: null,
  statusName: null,
  decoded: null,
} as const;

function headerOf(direction: Direction, frame: Uint8Array) {
  if (direction === 'push') return pushHeader;
  if (direction === 'reply') return replyHeader;
  return isLoginFrame(frame) ? loginHeader : requestHeader;
}

function unreadable(bytes: Uint8Array, at: number, direction: Direction | undefined, problem: string): CapturedFrame {
  const rest = bufferOf(bytes, at);
  return {
    ...NOTHING,
    direction: direction ?? 'request',
    offset: at,
    length: rest.length,
    body: rest.toString('hex'),
    truncated: true,
    problem,
  };
}

function cutText(frame: Buffer, length: number): string {
  return `cut off: ${frame.length} of ${length} bytes`;
}

/* Direction */

/** Statuses that only pushes have, with the length where there is only one. */
const PUSH_STATUSES: ReadonlyMap<number, number | null> = new Map([
  [RET_VAL.keepAlive, 8],
  [RET_VAL.wait, 8],
  [RET_VAL.listEnd, 8],
  [RET_VAL.alarm, 32],
  [RET_VAL.alarmV30, 108],
  [RET_VAL.fileInfo, null],
  [RET_VAL.streamHeader, null],
]);

const INTERFACES: readonly number[] = [INTERFACE.login, INTERFACE.command, 0x3c];
/** Largest command that was ever seen has 21 bits. */
const MAX_COMMAND = 0x0fff_ffff;

/**
 * Which way a frame goes. A request has its interface version where a reply has the highest byte of its checksum and a push
 * that of its status; both are zero but for answers of several megabytes.
 */
export function directionOf(frame: Uint8Array, length = frame.length): Direction {
  if (isRequest(frame, length)) return 'request';
  if (frame.length < 8) return 'reply';
  const status = u32At(frame, 4);
  const pushLength = PUSH_STATUSES.get(status);
  if (length < replyHeader.sizeBytes || pushLength === length) return 'push';
  if (isReply(frame, length)) return 'reply';
  return pushLength === null || retValName(status) !== null ? 'push' : 'reply';
}

function isRequest(frame: Uint8Array, length: number): boolean {
  if (length < requestHeader.sizeBytes || !INTERFACES.includes(frame[4] ?? 0)) return false;
  // Variant and the upper flags are always zero; the first byte of the IP version is 0 or 1.
  if ((frame[5] ?? 0) > 1 || (frame[6] ?? 0) !== 0 || (frame[7] ?? 0) > 3) return false;
  if (frame.length < 16) return true;
  const command = u32At(frame, 12);
  return command <= MAX_COMMAND;
}

function isReply(frame: Uint8Array, length: number): boolean {
  if (frame.length < replyHeader.sizeBytes) return true;
  if (frame.length === length) {
    const checksum = u32At(frame, 4);
    if (checksum === replyChecksum(frame, 'all') || checksum === replyChecksum(frame, 'header')) return true;
  }
  // Login replies carry other data in the checksum word: their status has to tell.
  return retValName(u32At(frame, 8)) !== null;
}

/* Contents */

function requestContent(command: number, body: Buffer): unknown {
  return attempt(() => {
    if (command === COMMAND_CODES.isapi.code) {
      const { method, path, document } = decodePassThrough(body);
      return { method, path, document: decodeText(document) };
    }
    if (command === COMMAND_CODES.ptz.code) {
      const { channel, code, value } = decode(ptzControl, body);
      return { channel, code, value, ...ptzMoveOf(code) };
    }
    return null;
  });
}

function documentText(body: Buffer): string | null {
  const document = passThroughDocument(body);
  const kind = sniff(document);
  return kind === 'xml' || kind === 'json' ? decodeText(document) : null;
}

function pushContent(frame: Buffer): unknown {
  return attempt(() => {
    const message = decodePush(frame);
    if (message.type === 'file') return message.record;
    if (message.type !== 'alarm') return null;
    return {
      ...message,
      name: ALARM_TYPES[message.alarmType]?.name ?? null,
      subjects: subjectsOf(message),
      raw: message.raw?.toString('hex') ?? null,
    };
  });
}

/** A body that makes no sense is shown as bytes; the frame around it is still worth showing. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function hexDigits(word: number): string {
  return word.toString(16).padStart(8, '0');
}

/* Hexadecimal text */

/**
 * Bytes of hexadecimal text. Blanks, line ends, commas, colons, `|` and `0x` may stand between the bytes; `#` begins a remark.
 * @throws ProtocolError with the character that does not belong.
 */
export function captureBytes(text: string): Buffer {
  const dumped = bytesOfDump(text);
  if (dumped !== null) return dumped;
  const withoutRemarks = text.replaceAll(/#[^\n]*/g, (remark) => ' '.repeat(remark.length));
  const spaced = withoutRemarks.replaceAll(/0x(?=[0-9a-f]{2})|[\s,:|\ufeff]/gi, (mark) => ' '.repeat(mark.length));
  const wrong = /[^0-9a-f ]/i.exec(spaced);
  if (wrong !== null) throw new ProtocolError(`"${wrong[0]}" is no hexadecimal digit`, wrong.index);
  const digits = spaced.replaceAll(' ', '');
  // An odd last digit is half a byte of a capture that was cut.
  return Buffer.from(digits.length % 2 === 0 ? digits : digits.slice(0, -1), 'hex');
}

const SAMPLE_BYTES = 4096;

/** True for a file that holds hexadecimal text, not frames: frames begin with a zero byte, text has none. */
export function isHexText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && !bufferOf(bytes, 0, Math.min(bytes.length, SAMPLE_BYTES)).includes(0);
}
