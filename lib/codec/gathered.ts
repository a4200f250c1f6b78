/**
 * The bytes of one body, put together as they arrive. A sender may cut a body into pieces of one byte, and a piece kept as it came
 * costs four hundred; so what comes in pieces is copied into memory that doubles.
 */
export class Gathered {
  private store: Buffer = EMPTY;
  private filled = 0;
  /** `store` is memory of our own, not a chunk of the sender. */
  private isOurs = false;

  get sizeBytes(): number {
    return this.filled;
  }

  /** What has arrived; valid until more does. A body in one piece is that piece. */
  get bytes(): Buffer {
    return this.filled === this.store.length ? this.store : this.store.subarray(0, this.filled);
  }

  add(chunk: Buffer): void {
    const size = this.filled + chunk.length;
    if (this.filled === 0) this.store = chunk;
    else {
      if (size > this.store.length || !this.isOurs) {
        const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * size));
        this.store.copy(grown, 0, 0, this.filled);
        this.store = grown;
        this.isOurs = true;
      }
      chunk.copy(this.store, this.filled);
    }
    this.filled = size;
  }
}

const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 4_096;
