/** Bounds-checked cursors over bytes; big-endian, as everything on the command port. */
import { ArgumentError, ProtocolError } from '../errors';

/**
 * Reads from the front to the back. Every read is checked against the end before it happens.
 * @throws ProtocolError with the byte at which the cut-off value would begin.
 */
export class ByteReader {
  private at: number;

  /** Reads `bytes` from `start` to `end` (exclusive). */
  constructor(
    private readonly bytes: Uint8Array,
    start = 0,
    private readonly end = bytes.length,
  ) {
    if (start < 0 || end > bytes.length || start > end) throw new RangeError(`no such range: ${start} to ${end}`);
    this.at = start;
  }

  /** Where the next read begins, counted from the start of the bytes handed in. */
  get position(): number {
    return this.at;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return u16At(this.bytes, this.take(2));
  }

  u32(): number {
    return u32At(this.bytes, this.take(4));
  }

  i32(): number {
    return u32At(this.bytes, this.take(4)) | 0;
  }

  /** The next `count` bytes, not copied. */
  slice(count: number): Buffer {
    const at = this.take(count);
    return bufferOf(this.bytes, at, at + count);
  }

  skip(count: number): void {
    this.take(count);
  }

  /** Everything that is left, not copied. */
  rest(): Buffer {
    return this.slice(this.remaining);
  }

  private take(count: number): number {
    const at = this.at;
    if (!(count >= 0 && count <= this.end - at)) {
      throw new ProtocolError(`${count} bytes expected, ${this.end - at} left`, at);
    }
    this.at = at + count;
    return at;
  }
}

/**
 * Writes from the front to the back into memory of a fixed size; what is not written is zero.
 * @throws ArgumentError for a number that does not fit its field, RangeError when the memory is full.
 */
export class ByteWriter {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.alloc(sizeBytes);
  }

  get position(): number {
    return this.at;
  }

  u8(value: number): this {
    return this.integer(value, 1);
  }

  u16(value: number): this {
    return this.integer(value, 2);
  }

  u32(value: number): this {
    return this.integer(value, 4);
  }

  /** Puts `bytes` here, followed by zeros up to `width`. */
  put(bytes: Uint8Array, width = bytes.length): this {
    if (bytes.length > width) {
      throw new ArgumentError([{ parameter: 'bytes', given: bytes.length, expected: `at most ${width} bytes` }]);
    }
    const at = this.take(width);
    this.bytes.set(bytes, at);
    return this;
  }

  zeros(count: number): this {
    this.take(count);
    return this;
  }

  /** The memory as it is now, full or not. */
  done(): Buffer {
    return this.bytes;
  }

  private integer(value: number, width: 1 | 2 | 4): this {
    const most = 2 ** (8 * width) - 1;
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new ArgumentError([{ parameter: 'number', given: value, expected: `an integer from 0 to ${most}` }]);
    }
    this.bytes.writeUIntBE(value, this.take(width), width);
    return this;
  }

  private take(count: number): number {
    const at = this.at;
    if (count > this.bytes.length - at) throw new RangeError(`no room for ${count} bytes at ${at}`);
    this.at = at + count;
    return at;
  }
}

/** The u16 at `at`. The caller has checked that it lies inside. */
export function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The u32 at `at`. The caller has checked that it lies inside. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Arithmetic sum of the bytes from `start` to `end`, modulo 2^32. */
export function byteSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += bytes[at] as number;
  return sum >>> 0;
}

const NO_NUMBERS: readonly number[] = Object.freeze([]);

/**
 * The numbers in a bitmap of `count` bytes: the lowest bit of the first byte is number 1, the highest of the first byte 8.
 * Read four bytes at a time, because most are zero. The caller has checked that it lies inside.
 */
export function bitmapAt(view: DataView, at: number, count: number): readonly number[] {
  let numbers: number[] | undefined;
  let index = 0;
  for (; index + 4 <= count; index += 4) {
    const word = view.getUint32(at + index, true);
    if (word !== 0) addBits((numbers ??= []), word, 8 * index);
  }
  for (; index < count; index++) {
    const byte = view.getUint8(at + index);
    if (byte !== 0) addBits((numbers ??= []), byte, 8 * index);
  }
  return numbers ?? NO_NUMBERS;
}

function addBits(numbers: number[], word: number, before: number): void {
  for (let bits = word; bits !== 0; bits &= bits - 1) numbers.push(before + 32 - Math.clz32(bits & -bits));
}

/** The numbers in a u32 of bits: the lowest bit is number 1. */
export function bitsOf(word: number): readonly number[] {
  if (word === 0) return NO_NUMBERS;
  const numbers: number[] = [];
  addBits(numbers, word, 0);
  return numbers;
}

let lastView: DataView = new DataView(new ArrayBuffer(0));

/**
 * A view on the memory that `bytes` lies in, for reading at `bytes.byteOffset + at`. Making one costs as much as reading a
 * frame, and frames come many to a chunk, so the last one is kept; with it, the memory of one chunk.
 */
export function viewOf(bytes: Uint8Array): DataView {
  const memory = bytes.buffer;
  if (lastView.buffer !== memory) lastView = new DataView(memory);
  return lastView;
}

/** A Buffer on the same memory. */
export function bufferOf(bytes: Uint8Array, start = 0, end = bytes.length): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}
