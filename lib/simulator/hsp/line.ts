/** What a device sends over one connection of the command port, and what goes wrong with it on the way. */
import type { Socket } from 'node:net';
import { ByteWriter, u32At } from '../../codec/bytes';
import type { Timer } from '../../clock';
import { SLOW_BODY_MS, type CommandPortFault } from '../faults';
import { STATUS } from './status';

export interface OutgoingFrame {
  readonly bytes: Buffer;
  /** `login`: its second word is no checksum; `push`: it has a header of 8 bytes. */
  readonly kind: 'login' | 'reply' | 'push';
}

export interface LineOptions {
  readonly fault: () => LineFault | null;
  /** The TCP connection, where the other one is TLS on top of it. */
  readonly raw: Socket;
  readonly later: (delayMs: number, run: () => void) => Timer;
}

/** A fault of the command port, or one of both faces that shows here too. */
export type LineFault = CommandPortFault | 'slowAnswer' | 'silentStream';

/** Bytes that wait for a client that does not read; then it is cut off. */
const MAX_BACKLOG_BYTES = 4 * 1_024 * 1_024;
/** Pieces of a frame in split segments: the first ones end within the length. */
const FIRST_PIECES_BYTES = [1, 2, 2, 5] as const;
const MORE_PIECES = 8;
const REPLY_BYTES = 16;

export class Line {
  private readonly pieces: Buffer[] = [];
  private pieceBytes = 0;
  private isPumping = false;
  private endsWhenSent = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: LineOptions,
  ) {}

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Sends frames in order; `end` closes the connection behind them. */
  send(frames: readonly OutgoingFrame[], options: { readonly end: boolean }): void {
    const fault = this.options.fault();
    if (!this.isOpen || fault === 'silence') return;
    if (fault === 'silentStream' && frames.every(({ kind }) => kind === 'push') && !options.end) return;
    const sent = frames.map((frame) => distorted(frame, fault));
    this.endsWhenSent ||= options.end;
    switch (fault) {
      case 'reset':
        this.resetWithin(sent[0] ?? Buffer.alloc(0));
        return;
      case 'split':
        for (const bytes of sent) this.queue(...splitUp(bytes));
        break;
      case 'joined':
        // A line that stays open has something to join with at any time; within a login nothing else may come.
        if (!options.end && frames.every(({ kind }) => kind !== 'login')) sent.push(keepAlivePush());
        this.queue(Buffer.concat(sent));
        break;
      case 'slowAnswer':
        this.sendSlowly(Buffer.concat(sent));
        return;
      default:
        this.queue(...sent);
    }
    this.pump();
  }

  private queue(...pieces: Buffer[]): void {
    this.pieces.push(...pieces);
    for (const piece of pieces) this.pieceBytes += piece.length;
    if (this.socket.writableLength + this.pieceBytes > MAX_BACKLOG_BYTES) this.socket.destroy();
  }

  /** Writes piece after piece; with split segments each one on its own. */
  private pump(): void {
    if (this.isPumping) return;
    const isSplit = this.options.fault() === 'split';
    while (this.isOpen) {
      const piece = this.pieces.shift();
      if (piece === undefined) break;
      this.pieceBytes -= piece.length;
      if (!isSplit) {
        this.socket.write(piece);
        continue;
      }
      this.isPumping = true;
      this.socket.write(piece, () => {
        setImmediate(() => {
          this.isPumping = false;
          this.pump();
        });
      });
      return;
    }
    if (this.endsWhenSent && this.isOpen) this.socket.end();
  }

  private sendSlowly(bytes: Buffer): void {
    const half = bytes.length >> 1;
    this.socket.write(bytes.subarray(0, half));
    const timer = this.options.later(SLOW_BODY_MS, () => {
      this.queue(bytes.subarray(half));
      this.pump();
    });
    this.socket.once('close', () => timer.cancel());
  }

  private resetWithin(bytes: Buffer): void {
    this.socket.write(bytes.subarray(0, Math.max(1, bytes.length >> 1)), () => {
      // Otherwise the reset overtakes the bytes.
      setImmediate(() => {
        if (!this.options.raw.destroyed) this.options.raw.resetAndDestroy();
      });
    });
  }
}

/** {8, 2} */
export function keepAlivePush(): Buffer {
  return push(STATUS.keepAlive);
}

export function push(status: number, body: Buffer = Buffer.alloc(0)): Buffer {
  return new ByteWriter(8 + body.length)
    .u32(8 + body.length)
    .u32(status)
    .put(body)
    .done();
}

const LENGTH_LIES: Partial<Record<LineFault, number>> = { length0: 0, length3: 3, length2g: 0x8000_0000 };

function distorted({ bytes, kind }: OutgoingFrame, fault: LineFault | null): Buffer {
  if (fault === 'shortAck' && kind === 'reply' && bytes.length === REPLY_BYTES) return push(u32At(bytes, 8));
  if (fault === 'wrongChecksum' && kind === 'reply') return withWord(bytes, 4, (u32At(bytes, 4) + 1) >>> 0);
  const lie = fault === null ? undefined : LENGTH_LIES[fault];
  return lie === undefined ? bytes : withWord(bytes, 0, lie);
}

function withWord(bytes: Buffer, at: number, word: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(word, at);
  return copy;
}

function splitUp(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  const cut = (count: number) => {
    if (at < bytes.length) pieces.push(bytes.subarray(at, at + count));
    at += count;
  };
  for (const count of FIRST_PIECES_BYTES) cut(count);
  const rest = Math.max(1, Math.ceil((bytes.length - at) / MORE_PIECES));
  while (at < bytes.length) cut(rest);
  return pieces;
}
