/**
 * Takes off what a recording left around the bytes of a device: the UTF-16 into which a Windows console turns what it writes to
 * a file, and the chunks of HTTP, which are still there in what was recorded on the network or with `curl --raw`. A chunk may end
 * anywhere in a document, and its size would then stand in the middle of it.
 */
import { PART_HEADER_MAX_BYTES } from '../settings';

const EMPTY = Buffer.alloc(0);
const LF = 0x0a;
/** Longest line that may give the size of a chunk; extensions of it are rare and short. */
const SIZE_LINE_MAX_BYTES = 64;
/** Longest first line of a head that is waited for. */
const FIRST_LINE_MAX_BYTES = 2_048;

/**
 * - `start`: nothing came yet that tells what it is.
 * - `head`: where a head of HTTP may begin.
 * - `body`: of a known length.
 * - `size`, `chunk`, `end`: the line in front of a chunk, the chunk, and what follows the last one.
 * - `plain`: all the rest is taken as it is.
 */
type State = 'start' | 'head' | 'body' | 'size' | 'chunk' | 'end' | 'plain';

export class Unwrapper {
  private state: State = 'start';
  private decoder: TextDecoder | null = null;
  private pending: Buffer = EMPTY;
  /** Bytes of the body or chunk that are still to come. */
  private left = 0;
  private isOver = false;
  private out: Buffer[] = [];

  /** Takes the next bytes. @returns what the device said in them. */
  push(bytes: Buffer): Buffer {
    this.feed(bytes);
    return this.take();
  }

  /** The input is over. @returns what was held back. */
  finish(): Buffer {
    this.isOver = true;
    this.feed(EMPTY);
    this.out.push(this.pending);
    this.pending = EMPTY;
    return this.take();
  }

  private feed(bytes: Buffer): void {
    const more = this.decoded(bytes);
    this.pending = this.pending.length === 0 ? more : Buffer.concat([this.pending, more]);
    if (this.state === 'start') {
      if (this.pending.length < 2 && !this.isOver) return;
      this.decoder = decoderFor(this.pending);
      this.state = 'head';
      this.pending = this.decoded(this.pending);
    }
    while (this.pending.length > 0 && this.step());
  }

  private decoded(bytes: Buffer): Buffer {
    return this.decoder === null ? bytes : Buffer.from(this.decoder.decode(bytes, { stream: true }));
  }

  private take(): Buffer {
    const [only = EMPTY, ...more] = this.out.splice(0);
    return more.length === 0 ? only : Buffer.concat([only, ...more]);
  }

  /** @returns false when more bytes are needed. */
  private step(): boolean {
    switch (this.state) {
      case 'head':
        return this.head();
      case 'body':
        if (!this.isOver && this.pending.length < 'HTTP/1.1 '.length) return false;
        // What a client did not keep of a refusal is not there: the next answer follows its head.
        if (beginsHead(this.pending)) this.state = 'head';
        else this.pass('head');
        return true;
      case 'size':
        return this.size();
      case 'chunk':
        this.pass('size');
        return true;
      case 'end':
        return this.end();
      default:
        this.left = Infinity;
        this.pass('plain');
        return true;
    }
  }

  /** Heads are handed on: the reader steps over them, and they are counted with what it did not understand. */
  private head(): boolean {
    const text = this.pending.toString('latin1', 0, PART_HEADER_MAX_BYTES);
    if (!beginsHead(this.pending)) {
      // A first line that is not whole may still become one.
      if (!this.isOver && text.length < FIRST_LINE_MAX_BYTES && !text.trimStart().includes('\n')) return false;
      this.state = 'plain';
      return true;
    }
    const [whole] = /^[\s\S]*?\n\r?\n/.exec(text.trimStart()) ?? [];
    if (whole === undefined) {
      if (!this.isOver && text.length < PART_HEADER_MAX_BYTES) return false;
      this.state = 'plain';
      return true;
    }
    this.hand(text.length - text.trimStart().length + whole.length);
    const [, length] = /^content-length:\s*(\d{1,12})\s*$/im.exec(whole) ?? [];
    this.left = Number(length ?? 0);
    const [coding = ''] = /^transfer-encoding:[^\n]*/im.exec(whole) ?? [];
    this.state = /\bchunked\b/i.test(coding) ? 'size' : this.left > 0 ? 'body' : 'head';
    return true;
  }

  private size(): boolean {
    const at = this.pending.indexOf(LF);
    if (at < 0 && !this.isOver && this.pending.length <= SIZE_LINE_MAX_BYTES) return false;
    const line = at < 0 || at > SIZE_LINE_MAX_BYTES ? '' : this.pending.toString('latin1', 0, at).trim();
    // The line end of the chunk before.
    if (line === '' && at >= 0 && at < 2) {
      this.pending = this.pending.subarray(at + 1);
      return true;
    }
    const [, digits] = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) {
      this.state = 'plain'; // no chunks after all
      return true;
    }
    this.pending = this.pending.subarray(at + 1);
    this.left = parseInt(digits, 16);
    this.state = this.left === 0 ? 'end' : 'chunk';
    return true;
  }

  /** Behind the last chunk stands a blank line, and another answer may follow. */
  private end(): boolean {
    const at = this.pending.indexOf(LF);
    if (at < 0) return false;
    if (at < 2) this.pending = this.pending.subarray(at + 1);
    this.state = 'head';
    return true;
  }

  private pass(next: State): void {
    const length = Math.min(this.left, this.pending.length);
    this.hand(length);
    this.left -= length;
    if (this.left === 0) this.state = next;
  }

  private hand(length: number): void {
    this.out.push(this.pending.subarray(0, length));
    this.pending = this.pending.subarray(length);
  }
}

/** Of text that begins with the mark of UTF-16. */
function decoderFor(bytes: Buffer): TextDecoder | null {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  return mark === 0xfffe ? new TextDecoder('utf-16le') : mark === 0xfeff ? new TextDecoder('utf-16be') : null;
}

/** The first line of an answer or a request. */
function beginsHead(bytes: Buffer): boolean {
  return /^\s*(?:HTTP\/1\.\d |(?:POST|PUT|GET) \S{1,1024} HTTP\/1\.\d)/.test(
    bytes.toString('latin1', 0, FIRST_LINE_MAX_BYTES),
  );
}
