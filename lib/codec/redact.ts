/**
 * Frames of the command port without what must not be passed on: credentials, keys, proofs, session numbers, serial numbers and
 * names. Lengths stay, so what is left can still be read; pure.
 */
import { u32At } from './bytes';
import { COMMAND_CODES } from './command-codes';
import { isLoginFrame, loginHeader, pushHeader, replyChecksum, replyHeader, requestHeader } from './frame';
import { offsetsOf } from './layout';
import { loginReply } from './login-messages';
import { netDvrDevice } from './structs';

/** Elements and members, lower case, whose values belong to somebody. */
const PRIVATE_NAMES = [
  'serialNumber',
  'subSerialNumber',
  'deviceID',
  'deviceName',
  'macAddress',
  'ipAddress',
  'ipv6Address',
  'hostName',
  'userName',
  'password',
  'employeeNoString',
  'cardNo',
  'verificationCode',
  'channelName',
  'name',
] as const;
const NAMES = PRIVATE_NAMES.join('|');
const ELEMENT = new RegExp(`(<(?:[\\w-]+:)?(?:${NAMES})\\b[^<>]*>)([^<]+)(?=<)`, 'gi');
const MEMBER = new RegExp(`("(?:${NAMES})"\\s*:\\s*")((?:[^"\\\\]|\\\\.)*)(?=")`, 'gi');

const STAR = 0x2a;
/** Shorter ones would turn everything into stars. */
const MIN_SECRET_CHARACTERS = 3;
/** Connections whose last request is remembered; a command has one of its own. */
const MAX_CONNECTIONS = 64;

const REQUEST = offsetsOf(requestHeader);
const REPLY = offsetsOf(replyHeader);
const LOGIN = offsetsOf(loginReply);
const DEVICE = offsetsOf(netDvrDevice);

interface Asked {
  readonly command: number;
  replies: number;
}

export class FrameRedactor {
  private readonly secrets: Buffer[] = [];
  private readonly asked = new Map<number, Asked>();

  /** @param secrets user, password, and whatever else must not appear anywhere. */
  constructor(secrets: readonly string[]) {
    for (const secret of secrets) this.hide(secret);
  }

  /** @returns a copy of the frame that may be shown, and the command that it belongs to, null when that is not known. */
  redact(
    connection: number,
    direction: 'sent' | 'received',
    frame: Uint8Array,
  ): { readonly frame: Buffer; readonly command: number | null } {
    const copy = Buffer.from(frame);
    const command = direction === 'sent' ? this.sent(connection, copy) : this.received(connection, copy);
    this.starSecrets(copy);
    return { frame: copy, command };
  }

  /** The text, without the secrets. */
  text(line: string): string {
    const bytes = Buffer.from(line);
    this.starSecrets(bytes);
    return bytes.toString('utf8');
  }

  private hide(secret: string): void {
    if (secret.length >= MIN_SECRET_CHARACTERS) this.secrets.push(Buffer.from(secret));
  }

  private sent(connection: number, frame: Buffer): number | null {
    if (frame.length < requestHeader.sizeBytes) {
      star(frame, 4, frame.length);
      return null;
    }
    const command = u32At(frame, REQUEST.command);
    for (const oldest of this.asked.keys()) {
      if (this.asked.size < MAX_CONNECTIONS) break;
      this.asked.delete(oldest);
    }
    const before = this.asked.get(connection);
    if (before?.command !== command) this.asked.set(connection, { command, replies: 0 });
    // User, public key, proofs.
    if (isLoginFrame(frame)) star(frame, loginHeader.sizeBytes, frame.length);
    else {
      star(frame, REQUEST.authWord, REQUEST.authWord + 4);
      star(frame, REQUEST.userId, REQUEST.userId + 4);
      starDocument(frame, requestHeader.sizeBytes);
    }
    return command;
  }

  private received(connection: number, frame: Buffer): number | null {
    const asked = this.asked.get(connection);
    if (asked === undefined) {
      star(frame, pushHeader.sizeBytes, frame.length);
      return null;
    }
    const { command } = asked;
    const count = asked.replies++;
    if (command === COMMAND_CODES.login.code) {
      this.loginReply(frame, count);
      return command;
    }
    const isSound =
      frame.length >= replyHeader.sizeBytes && u32At(frame, REPLY.checksum) === replyChecksum(frame, 'all');
    const body = replyHeader.sizeBytes;
    if (command === COMMAND_CODES.getDeviceV40.code) {
      star(frame, body + DEVICE.name, body + DEVICE.overwrite - 4);
      star(frame, body + DEVICE.serial, body + DEVICE.softwareVersion);
    } else if (command === COMMAND_CODES.jpeg.code) star(frame, body, frame.length);
    else if (frame.length > body) starDocument(frame, body);
    // A sum that was right stays right, one that was wrong stays wrong.
    if (isSound) {
      this.starSecrets(frame);
      frame.writeUInt32BE(replyChecksum(frame, 'all'), REPLY.checksum);
    }
    return command;
  }

  private loginReply(frame: Buffer, count: number): void {
    if (frame.length <= replyHeader.sizeBytes) return;
    star(frame, REPLY.checksum, REPLY.checksum + 4); // the seed, or the clock of the device
    if (count === 0) {
      star(frame, replyHeader.sizeBytes, frame.length); // ciphertext and salt, or the challenge itself
      return;
    }
    const serial = frame.subarray(LOGIN.serial, LOGIN.deviceType);
    this.hide(serial.toString('latin1').replace(/\0.*/s, ''));
    star(frame, LOGIN.userId, LOGIN.deviceType);
  }

  private starSecrets(bytes: Buffer): void {
    for (const secret of this.secrets) {
      for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + 1))
        star(bytes, at, at + secret.length);
    }
  }
}

/** Zeros stay: they show how long a text is that was there. */
function star(bytes: Buffer, from: number, to: number): void {
  const end = Math.min(to, bytes.length);
  for (let at = from; at < end; at++) if (bytes[at] !== 0) bytes[at] = STAR;
}

/** Latin-1 keeps every byte where it is. */
function starDocument(frame: Buffer, from: number): void {
  const text = frame.toString('latin1', from);
  const starred = [ELEMENT, MEMBER].reduce(
    (document, pattern) =>
      document.replace(pattern, (_whole, before: string, value: string) => before + '*'.repeat(value.length)),
    text,
  );
  frame.write(starred, from, 'latin1');
}
