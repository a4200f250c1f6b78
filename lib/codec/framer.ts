/** Chunks of a TCP stream → whole frames. */
import { ProtocolError } from '../errors';
import { FRAME_FIRST_PIECE_BYTES, FRAME_MAX_BYTES, FRAME_MIN_BYTES } from '../settings';
import { u32At } from './bytes';

const LENGTH_BYTES = 4;

export interface FramerLimits {
  /** Shortest frame that can come: 8 where pushes come, 16 for replies, 32 for requests. */
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

/** Where a frame lies: from `start` to `end` (exclusive) of `bytes`, valid during the call. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts a TCP byte stream into whole command-port frames. TCP may hand over half a frame or three at once; every frame begins
 * with its own total length, u32 big-endian, length field included.
 *
 * A frame inside one chunk is not copied. A frame in pieces is copied once, into memory that grows with what has arrived,
 * never with what the length promises; so time is linear however the stream is cut, and memory at most twice the frame.
 */
export class Framer {
  private readonly minBytes: number;
  private readonly maxBytes: number;
  /** Bytes of all frames that were handed out; errors count from the start of the stream. */
  private handedOut = 0;
  /** The beginning of a frame whose end has not arrived: `filled` bytes of `piece`. */
  private piece: Buffer | undefined;
  private filled = 0;
  private failure: ProtocolError | undefined;

  constructor({ minBytes = FRAME_MIN_BYTES, maxBytes = FRAME_MAX_BYTES }: FramerLimits = {}) {
    this.minBytes = minBytes;
    this.maxBytes = maxBytes;
  }

  /** Bytes of a frame that is not complete yet. More than zero when the stream ends means that a frame was cut off. */
  get pendingBytes(): number {
    return this.filled;
  }

  /**
   * @returns the frames completed by this chunk, oldest first. Those that lie inside it share its memory.
   * @throws ProtocolError when a length cannot be true; the stream is lost then, and every later call throws the same.
   */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    this.read(chunk, (bytes, start, end) => frames.push(bytes.subarray(start, end)));
    return frames;
  }

  /** As {@link push}, without making a Buffer for each frame. The frames before a wrong length are handed out before it throws. */
  read(chunk: Buffer, onFrame: OnFrame): void {
    if (this.failure !== undefined) throw this.failure;
    let at = this.filled === 0 ? 0 : this.fillPiece(chunk, onFrame);
    const end = chunk.length;
    while (end - at >= LENGTH_BYTES) {
      const length = u32At(chunk, at);
      if (length < this.minBytes || length > this.maxBytes) throw this.fail(length);
      if (length > end - at) break;
      this.handedOut += length;
      onFrame(chunk, at, at + length);
      at += length;
    }
    if (at < end) this.keep(chunk, at);
  }

  /** Goes on with the frame begun before. @returns where the chunk goes on behind it. */
  private fillPiece(chunk: Buffer, onFrame: OnFrame): number {
    let at = 0;
    if (this.filled < LENGTH_BYTES) {
      at = this.append(chunk, 0, LENGTH_BYTES - this.filled);
      if (this.filled < LENGTH_BYTES) return at;
    }
    const length = u32At(this.piece as Buffer, 0);
    if (length < this.minBytes || length > this.maxBytes) throw this.fail(length);
    at = this.append(chunk, at, length - this.filled);
    if (this.filled < length) return at;
    const piece = this.piece as Buffer;
    this.piece = undefined;
    this.filled = 0;
    this.handedOut += length;
    onFrame(piece, 0, length);
    return at;
  }

  private keep(chunk: Buffer, at: number): void {
    this.append(chunk, at, chunk.length - at);
  }

  /** Copies at most `count` bytes of the chunk behind the piece. @returns where the chunk goes on. */
  private append(chunk: Buffer, at: number, count: number): number {
    const taken = Math.min(count, chunk.length - at);
    const needed = this.filled + taken;
    if (this.piece === undefined || this.piece.length < needed) {
      const grown = Buffer.allocUnsafeSlow(this.sizeFor(chunk, at, needed));
      this.piece?.copy(grown, 0, 0, this.filled);
      this.piece = grown;
    }
    chunk.copy(this.piece, this.filled, at, at + taken);
    this.filled = needed;
    return at + taken;
  }

  /** Memory for `needed` bytes of a frame: the frame itself when it is small, else twice what has arrived. */
  private sizeFor(chunk: Buffer, at: number, needed: number): number {
    const promised = this.promisedBytes(chunk, at);
    if (promised === undefined) return Math.max(needed, FRAME_MIN_BYTES);
    return Math.max(needed, Math.min(promised, Math.max(FRAME_FIRST_PIECE_BYTES, 2 * needed)));
  }

  private promisedBytes(chunk: Buffer, at: number): number | undefined {
    if (this.filled >= LENGTH_BYTES) return u32At(this.piece as Buffer, 0);
    return this.filled === 0 && chunk.length - at >= LENGTH_BYTES ? u32At(chunk, at) : undefined;
  }

  private fail(length: number): ProtocolError {
    this.piece = undefined;
    this.filled = 0;
    this.failure = new ProtocolError(
      `a frame of ${length} bytes cannot be; ${this.minBytes} to ${this.maxBytes} can`,
      this.handedOut,
    );
    return this.failure;
  }
}
