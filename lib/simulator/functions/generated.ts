/** Bytes that follow from their place, so that a file of any size can be served and checked without ever being in memory. */
import type { AnswerStream } from '../answers';

/** Large enough that a piece is worth a write, small enough for memory. */
const PIECE_BYTES = 128 * 1_024;
const STAMP_BYTES = 12;
/** Head of a recording as recorders give it: their own, then the first pack of a program stream. */
const RECORDING_HEAD = Buffer.from('494d4b48010100000200000000000000000001ba', 'hex');

const pattern = Buffer.alloc(PIECE_BYTES);
for (let at = 0; at < PIECE_BYTES; at++) pattern[at] = (at * 131 + (at >> 8) * 17) & 0xff;

/** Each piece carries the seed and its own number, so that a piece that is lost, doubled or out of place shows. */
export class GeneratedBytes implements AnswerStream {
  readonly everyMs = 0;
  private at = 0;

  constructor(
    readonly sizeBytes: number,
    private readonly seed: number,
  ) {}

  next(): Buffer | null {
    if (this.at >= this.sizeBytes) return null;
    const piece = Buffer.from(pattern.subarray(0, Math.min(PIECE_BYTES, this.sizeBytes - this.at)));
    if (piece.length >= STAMP_BYTES) {
      piece.writeUInt32BE(this.seed >>> 0, 0);
      piece.writeDoubleBE(this.at, 4);
    }
    if (this.at === 0) RECORDING_HEAD.copy(piece, 0, 0, piece.length);
    this.at += piece.length;
    return piece;
  }
}
