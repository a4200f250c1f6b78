/**
 * Cuts what a device sends on its alertStream, or in a push body, into parts: one XML or JSON document, or one picture, each.
 *
 * A document is complete with the closing tag of its root (or its last brace), a picture with its Content-Length; both are
 * handed over at once, never only when the next boundary arrives. Content-Length alone cannot be trusted: it counts
 * the blank line behind a document on cameras, not behind pictures of a thermal one, counts characters on some firmware,
 * and is missing on others. So for documents it is only a hint, and for pictures it is held against what follows.
 *
 * The delimiter is learned from the bytes, because the announced one may differ from the used one (isapi.md §6.2).
 * A part that makes no sense costs that part; the reader finds the next delimiter and goes on.
 */
import { PART_HEADER_MAX_BYTES, PART_PICTURE_MAX_BYTES, PART_TEXT_MAX_BYTES } from '../settings';
import {
  decimal,
  isContentHeader,
  CONTENT_HEADER_MAX_BYTES,
  isWholeJpeg,
  lineEndFrom,
  looksLikePartStart,
  matches,
  onlyBlanks,
  parameter,
} from './part-bytes';
import { decodeText, isBlank } from './text';

export type PartKind = 'xml' | 'json' | 'picture';

export interface Part {
  readonly kind: PartKind;
  /** From the part's header, null where it has none. */
  readonly contentType: string | null;
  /** `filename`, else `name`, else Content-ID of the part's header. */
  readonly name: string | null;
  /** `name` of the field in a form, which tells what a file holds where the file is called by a number. */
  readonly formName: string | null;
  /** The document or picture; a view of the received bytes, so copy what must outlive the next chunks. */
  readonly body: Buffer;
  /** The input ended, or the next delimiter came, before it was complete. */
  readonly truncated: boolean;
}

/** Bytes that were no part, for warnings: how many, and the first of them. */
export interface Skipped {
  readonly reason: 'noise' | 'header too long' | 'part too large';
  readonly sizeBytes: number;
  readonly head: Buffer;
}

export interface MultipartLimits {
  readonly headerBytes?: number;
  readonly textBytes?: number;
  readonly pictureBytes?: number;
}

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const BANG = 0x21;
const COLON = 0x3a;
const BRACE = 0x7b;
const BRACKET = 0x5b;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;

/** Longest delimiter line; RFC 2046 allows 70 characters. */
const DELIMITER_MAX_BYTES = 256;
/** Texts of a delimiter that one picture may hold; looking at more of them for each picture would cost the square of their number. */
const MAX_DELIMITERS_IN_PICTURE = 16;
const COMMENT_END = Buffer.from('-->');
const TAG_END = Buffer.from('>');
/** How far a line feed is looked for byte by byte. */
const NEAR_BYTES = 96;
/** Bytes of skipped noise that are kept for the warning. */
const HEAD_BYTES = 96;
const EMPTY = Buffer.alloc(0);

type State = 'between' | 'headers' | 'body' | 'xml' | 'json' | 'picture' | 'skip';

export class MultipartReader {
  /** Bytes that made no sense so far. */
  skippedBytes = 0;
  /** After {@link finish}: what the header said of a part that was cut off before any of its body; null when there was none. */
  cutHeader: Pick<Part, 'contentType' | 'name' | 'formName'> | null = null;

  /** The bytes in hand; ends at `end`, so that no search can run into space that is not filled yet. */
  private buffer: Buffer = EMPTY;
  private start = 0;
  private end = 0;
  /** Our own memory behind `buffer`, with space to fill; null while a chunk is used in place. */
  private store: Buffer | null = null;

  private state: State = 'between';
  /** No more bytes will come: what could have grown into something else will not. */
  private isOver = false;
  /** Next position to look at, for searches that continue with the next chunk; relative to `start`. */
  private searched = 0;
  /** The delimiter as learned: `--boundary`, and the same behind a line feed. */
  private delimiter: Buffer | null = null;
  private delimiterLine: Buffer | null = null;
  /** The next delimiter in hand (-1: none) as seen from `cutFrom`, so that documents without delimiters do not search for it again and again. */
  private cut = -1;
  private cutFrom = Infinity;
  /** Where the search for it goes on when there is more. */
  private cutResume = 0;

  private contentType: string | null = null;
  private contentLength = -1;
  private name: string | null = null;
  private formName: string | null = null;
  /** A line of the part's header was read. */
  private hasHeader = false;
  private headerBytes = 0;
  private typeBytes: Buffer = EMPTY;
  private typeText = '';

  private closeTag: Buffer = EMPTY;
  /** Of the root's opening tag while it is not complete: how far it was read, relative to `start`, where its name ends, and which quote is open. */
  private tagRead = 0;
  private tagNameEnd = 0;
  private tagQuote = 0;
  private jsonDepth = 0;
  private jsonInString = false;
  private isLengthWrong = false;
  /** Delimiters seen in the picture so far, and the first of them, relative to `start`. */
  private pictureCuts = 0;
  private firstCut = -1;

  private noise: Buffer | null = null;
  private noiseBytes = 0;
  private noiseReason: Skipped['reason'] = 'noise';

  private parts: Part[] = [];
  private readonly limits: Required<MultipartLimits>;

  /** @param onSkipped is told about bytes that were no part, once for each stretch of them. */
  constructor(
    limits: MultipartLimits = {},
    private readonly onSkipped: (skipped: Skipped) => void = () => undefined,
  ) {
    this.limits = {
      headerBytes: limits.headerBytes ?? PART_HEADER_MAX_BYTES,
      textBytes: limits.textBytes ?? PART_TEXT_MAX_BYTES,
      pictureBytes: limits.pictureBytes ?? PART_PICTURE_MAX_BYTES,
    };
  }

  /** Bytes held back because their part is not complete. */
  get pendingBytes(): number {
    return this.end - this.start;
  }

  /** Is a picture on its way? An event that waits for it may then wait on. */
  get isInPicture(): boolean {
    return this.state === 'picture' || (this.contentType?.startsWith('image/') ?? false);
  }

  /** Takes the next bytes. @returns the parts completed by them, oldest first. */
  push(chunk: Buffer): Part[] {
    this.append(chunk);
    this.run();
    return this.take();
  }

  /** The input is over. @returns what is left, as a truncated part where it is not complete. */
  finish(): Part[] {
    this.isOver = true;
    if (this.pendingBytes > 0) this.finishPending();
    // A length of nothing promises no body.
    this.cutHeader =
      this.hasHeader && this.contentLength !== 0 && (this.state === 'headers' || this.state === 'body')
        ? { contentType: this.contentType, name: this.name, formName: this.formName }
        : null;
    this.isOver = false;
    this.reportNoise();
    this.buffer = EMPTY;
    this.store = null;
    this.start = this.end = 0;
    this.reset('between');
    return this.take();
  }

  private take(): Part[] {
    const parts = this.parts;
    if (parts.length > 0) this.parts = [];
    return parts;
  }

  /* Memory: a chunk is used in place; only a part that spans chunks is copied, once, into space that doubles. */

  private append(chunk: Buffer): void {
    const pending = this.end - this.start;
    if (pending === 0) {
      this.cutFrom = Infinity;
      this.buffer = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.store = null;
      return;
    }
    let store = this.store;
    if (store === null || store.length - this.end < chunk.length) {
      const needed = pending + chunk.length;
      const wanted = Math.min(Math.max(this.contentLength, 0) + DELIMITER_MAX_BYTES, needed * 2);
      const grown = Buffer.allocUnsafe(Math.max(needed, wanted, store === null ? 0 : needed * 2));
      this.buffer.copy(grown, 0, this.start, this.end);
      this.cutFrom -= this.start;
      this.cutResume -= this.start;
      if (this.cut >= 0) this.cut -= this.start;
      this.start = 0;
      this.end = pending;
      store = this.store = grown;
    }
    chunk.copy(store, this.end);
    this.end += chunk.length;
    this.buffer = store.subarray(0, this.end);
  }

  private run(): void {
    let moved = true;
    while (moved && this.start < this.end) {
      switch (this.state) {
        case 'between':
          moved = this.between();
          break;
        case 'headers':
          moved = this.headers();
          break;
        case 'body':
          moved = this.body();
          break;
        case 'xml':
          moved = this.xml();
          break;
        case 'json':
          moved = this.json();
          break;
        case 'picture':
          moved = this.picture();
          break;
        case 'skip':
          moved = this.skip();
          break;
      }
    }
  }

  private reset(state: State): void {
    this.state = state;
    this.searched = 0;
    this.contentType = null;
    this.contentLength = -1;
    this.name = null;
    this.formName = null;
    this.hasHeader = false;
    this.headerBytes = 0;
    this.isLengthWrong = false;
    this.forgetCuts();
  }

  /* Between parts: blank lines, delimiters, documents without a delimiter, noise. */

  private between(): boolean {
    const { buffer, end } = this;
    let at = this.start;
    while (at < end && isBlank(buffer[at] as number)) at++;
    if (buffer[at] === 0xef && buffer[at + 1] === 0xbb && buffer[at + 2] === 0xbf) at += 3;
    this.moveTo(at);
    if (at >= end) return false;

    const first = buffer[at];
    if (first === LT && at + 1 === end && !this.isOver) return false;
    // `< HTTP/1.1 200 OK` is how a client shows what it received; no tag begins with a blank.
    if ((first === LT && !isBlank(buffer[at + 1] ?? 0)) || first === BRACE || first === BRACKET) {
      this.reportNoise();
      this.state = 'body';
      return true;
    }
    const lineEnd = this.findFrom(LF);
    // Delimiters and headers are short, so a long line is noise, and what follows it too.
    if ((lineEnd < 0 ? end : lineEnd) - at > Math.max(DELIMITER_MAX_BYTES, this.limits.headerBytes))
      return this.abandon('noise');
    if (lineEnd < 0) return false;
    if (first === DASH && this.isDelimiterLine(at, lineEnd)) {
      this.reportNoise();
      this.startPart(at, lineEnd);
      return true;
    }
    if (isContentHeader(buffer, at)) {
      // The delimiter before this header was lost.
      this.reportNoise();
      this.state = 'headers';
      return true;
    }
    this.drop(lineEnd + 1);
    return true;
  }

  /** Consumes a delimiter line and learns it. `--boundary--` promises the end, yet more parts follow on real devices. */
  private startPart(at: number, lineEnd: number): void {
    let stop = lineEnd;
    while (stop > at && isBlank(this.buffer[stop - 1] as number)) stop--;
    const known = this.delimiter;
    const isKnown =
      known !== null && stop - at === known.length && this.buffer.compare(known, 0, known.length, at, stop) === 0;
    let closes = false;
    if (!isKnown) {
      closes = stop - at > 4 && this.buffer[stop - 1] === DASH && this.buffer[stop - 2] === DASH;
      this.learn(Buffer.from(this.buffer.subarray(at, closes ? stop - 2 : stop)));
    }
    this.reset(closes ? 'between' : 'headers');
    this.moveTo(lineEnd + 1);
  }

  private learn(delimiter: Buffer): void {
    if (this.delimiter !== null && this.delimiter.equals(delimiter)) return;
    this.delimiter = delimiter;
    this.delimiterLine = Buffer.concat([Buffer.from([LF]), delimiter]);
    this.cutFrom = Infinity;
  }

  private isDelimiterLine(at: number, lineEnd: number): boolean {
    if (lineEnd - at < 3 || lineEnd - at > DELIMITER_MAX_BYTES || this.buffer[at + 1] !== DASH) return false;
    let stop = lineEnd;
    while (stop > at && isBlank(this.buffer[stop - 1] as number)) stop--;
    if (stop - at < 3) return false;
    for (let i = at; i < stop; i++)
      if ((this.buffer[i] as number) <= 0x20 || (this.buffer[i] as number) > 0x7e) return false;
    return true;
  }

  /* The header of a part */

  private headers(): boolean {
    const { buffer } = this;
    const at = this.start;
    const first = buffer[at] as number;
    if (first === LT || first === BRACE || first === BRACKET) {
      // No blank line between header and document.
      this.state = 'body';
      this.searched = 0;
      return true;
    }
    const lineEnd = this.findFrom(LF);
    if (lineEnd < 0) {
      if (this.headerBytes + this.pendingBytes > this.limits.headerBytes) return this.abandon('header too long');
      return false;
    }
    let stop = lineEnd;
    if (stop > at && buffer[stop - 1] === CR) stop--;
    this.headerBytes += lineEnd + 1 - at;
    if (this.headerBytes > this.limits.headerBytes) return this.abandon('header too long');
    if (stop === at) {
      this.state = 'body';
      this.moveTo(lineEnd + 1);
      return true;
    }
    if (first === DASH && this.isDelimiterLine(at, lineEnd)) {
      // A doubled delimiter.
      this.startPart(at, lineEnd);
      return true;
    }
    this.header(at, stop);
    this.moveTo(lineEnd + 1);
    return true;
  }

  private header(at: number, stop: number): void {
    const { buffer } = this;
    let colon = at;
    while (colon < stop && buffer[colon] !== COLON) colon++;
    if (colon === stop) return;
    this.hasHeader = true;
    switch (colon - at) {
      case 12: // content-type
        if (matches(buffer, at, 'content-type')) this.contentType = this.typeOf(colon + 1, stop);
        break;
      case 14: // content-length
        if (matches(buffer, at, 'content-length')) this.contentLength = decimal(buffer, colon + 1, stop);
        break;
      case 19: // content-disposition
        if (matches(buffer, at, 'content-disposition')) {
          const text = decodeText(buffer.subarray(colon + 1, stop));
          this.formName = parameter(text, 'name') ?? this.formName;
          this.name = parameter(text, 'filename') ?? this.formName ?? this.name;
        }
        break;
      case 10: // content-id
        if (matches(buffer, at, 'content-id')) this.name ??= decodeText(buffer.subarray(colon + 1, stop)).trim();
        break;
    }
  }

  /** The media type, lower case, without parameters. The same bytes come with every part, so the text is kept. */
  private typeOf(at: number, stop: number): string {
    const known = this.typeBytes;
    if (stop - at !== known.length || this.buffer.compare(known, 0, known.length, at, stop) !== 0) {
      this.typeBytes = Buffer.from(this.buffer.subarray(at, stop));
      this.typeText = (this.typeBytes.toString('latin1').split(';')[0] as string).trim().toLowerCase();
    }
    return this.typeText;
  }

  /* The body: what is it? */

  private body(): boolean {
    const { buffer, end } = this;
    let at = this.start + this.searched;
    while (at < end && isBlank(buffer[at] as number)) at++;
    if (at === end) {
      if (this.contentLength < 0 || at - this.start < this.contentLength) {
        this.searched = at - this.start;
        if (this.searched > this.limits.headerBytes) this.moveTo(at);
        return false;
      }
      this.reset('between'); // an empty part
      this.moveTo(at);
      return true;
    }
    const first = buffer[at];
    const isPicture = this.contentType?.startsWith('image/') ?? false;
    if (!isPicture || first === LT || first === BRACE) {
      if (first === 0xef && end - at < 3) return false;
      if (first === 0xef && buffer[at + 1] === 0xbb && buffer[at + 2] === 0xbf) {
        this.shorten(at + 3);
        return true;
      }
      if (first === LT) {
        this.shorten(at);
        this.closeTag = EMPTY;
        this.tagRead = this.tagNameEnd = this.tagQuote = 0;
        this.state = 'xml';
        return true;
      }
      if (first === BRACE || first === BRACKET) {
        this.shorten(at);
        this.jsonDepth = 0;
        this.jsonInString = false;
        this.state = 'json';
        return true;
      }
    }
    if (first === DASH) {
      const delimiter = this.mayBeDelimiterAt(at);
      if (delimiter === 'maybe') return false;
      // An empty part, a doubled delimiter, or the head of an HTTP answer, whose delimiter may be another one.
      if (delimiter === 'yes' || (!isPicture && buffer[at + 1] === DASH)) {
        this.reset('between');
        this.moveTo(at);
        return true;
      }
    }
    if (!isPicture && first === 0xff && end - at < 2 && !this.isOver) return false;
    if (isPicture || (first === 0xff && buffer[at + 1] === 0xd8) || this.contentType === 'application/octet-stream') {
      this.searched = 0;
      this.state = 'picture';
      return true;
    }
    // Neither document nor picture. A short one with a right length is stepped over, whatever stands between it and the delimiter.
    if (this.contentLength >= 0 && this.contentLength <= this.limits.headerBytes) {
      const stop = this.start + this.contentLength;
      const follows = end > stop ? this.whatFollows(stop) : 'unknown';
      if (follows === 'delimiter') return this.resumeAt(stop);
      if (follows === 'unknown' && !this.isOver && this.nextCut(at) < 0) return false;
    }
    return this.abandon('noise');
  }

  /** Blanks before a document count in its Content-Length. */
  private shorten(at: number): void {
    if (this.contentLength >= 0) this.contentLength = Math.max(0, this.contentLength - (at - this.start));
    this.moveTo(at);
  }

  /* Documents: complete with the root's closing tag or the last brace. */

  private xml(): boolean {
    const { start, end } = this;
    // Nothing of a document stands behind a delimiter, and what stands there is not searched for each document before it.
    const cut = this.nextCut(start);
    const stop = cut >= 0 ? cut : end;
    const buffer = cut >= 0 ? this.buffer.subarray(0, cut) : this.buffer;
    if (this.closeTag.length === 0) {
      const root = this.rootName(buffer);
      if (root === null) return cut >= 0 ? this.emitCut('xml', cut) : this.documentIsHopeless();
      if (root.selfClosedAt >= 0) return this.emitDocument('xml', root.selfClosedAt + 1);
      const tag = this.lastCloseTag;
      if (tag.length - 2 === root.to - root.from && buffer.compare(tag, 2, tag.length, root.from, root.to) === 0) {
        this.closeTag = tag;
      } else {
        this.closeTag = this.lastCloseTag = Buffer.concat([Buffer.from('</'), buffer.subarray(root.from, root.to)]);
      }
      this.searched = root.to - start;
    }
    const tag = this.closeTag;
    let close = start + this.searched;
    for (;;) {
      close = buffer.indexOf(tag, close);
      if (close < 0 || close + tag.length >= stop) {
        close = -1;
        break;
      }
      const after = buffer[close + tag.length] as number;
      if (after === GT || isBlank(after)) break;
      close += tag.length; // a longer name that begins the same
    }
    const tagEnd =
      close < 0 ? -1 : buffer[close + tag.length] === GT ? close + tag.length : buffer.indexOf(GT, close + tag.length);
    if (cut >= 0 && tagEnd < 0) return this.emitCut('xml', cut);
    if (this.breaksOff(tagEnd)) return this.emitCut('xml', start + this.contentLength, 0);
    if (tagEnd >= 0) return this.emitDocument('xml', tagEnd + 1);
    this.searched = Math.max(this.searched, end - start - Math.max(tag.length, DELIMITER_MAX_BYTES + 1));
    return this.documentIsHopeless();
  }

  private lastCloseTag: Buffer = EMPTY;

  /** Position of the next delimiter line, or rather of the line feed before it; -1 when there is none in hand. */
  private nextCut(from: number): number {
    if (this.cutFrom > from) this.cutResume = from;
    else if (this.cut >= from) return this.cut;
    this.cutFrom = from;
    const resume = Math.max(from, this.cutResume);
    this.cut =
      this.delimiterLine === null ? this.firstDelimiter(resume) : this.nextDelimiter(this.delimiterLine, resume);
    return this.cut;
  }

  private nextDelimiter(delimiterLine: Buffer, from: number): number {
    const { buffer, end } = this;
    const at = from < end ? buffer.indexOf(delimiterLine, from) : -1;
    this.cutResume = at >= 0 ? at : Math.max(from, end - delimiterLine.length + 1);
    return at;
  }

  /** Before any is learned: a delimiter with a header behind it, which ends the refusal or page in front of the stream that was not closed. */
  private firstDelimiter(from: number): number {
    const { buffer, end } = this;
    let at = from < end ? buffer.indexOf(ANY_DELIMITER, from) : -1;
    for (; at >= 0; at = buffer.indexOf(ANY_DELIMITER, at + 1)) {
      const lineEnd = lineEndFrom(buffer, at + 1, end, DELIMITER_MAX_BYTES);
      if (lineEnd === 'far' || (lineEnd >= 0 && !this.isDelimiterLine(at + 1, lineEnd))) continue;
      const isPart = lineEnd >= 0 && isContentHeader(buffer, lineEnd + 1);
      // The header behind it may still come.
      if (!isPart && lineEnd >= 0 && end - lineEnd > CONTENT_HEADER_MAX_BYTES) continue;
      this.cutResume = at;
      return isPart ? at : -1;
    }
    this.cutResume = Math.max(from, end - ANY_DELIMITER.length + 1);
    return -1;
  }

  /** Where the name of the root element stands; null while its tag is not complete. What stands before it is read once. */
  private rootName(buffer: Buffer): { from: number; to: number; selfClosedAt: number } | null {
    const stop = buffer.length;
    let at = this.start + this.searched;
    for (;;) {
      while (at < stop && isBlank(buffer[at] as number)) at++;
      this.searched = at - this.start;
      if (at + 1 >= stop || buffer[at] !== LT) return null;
      const next = buffer[at + 1];
      if (next !== QUESTION && next !== BANG) {
        const tagEnd = this.endOfTag(buffer, at + 1);
        if (tagEnd < 0) return null;
        const to = this.start + this.tagNameEnd;
        return { from: at + 1, to, selfClosedAt: buffer[tagEnd - 1] === SLASH ? tagEnd : -1 };
      }
      if (next === BANG && at + 2 >= stop) return null;
      const isComment = next === BANG && buffer[at + 2] === DASH;
      const close = this.endOfMarkup(buffer, at, isComment ? COMMENT_END : TAG_END);
      if (close < 0) return null;
      at = close;
    }
  }

  /** Position behind a comment or an instruction that begins at `at`; -1 when its end is not there. Goes on where the last chunk ended. */
  private endOfMarkup(buffer: Buffer, at: number, mark: Buffer): number {
    const found = buffer.indexOf(mark, Math.max(at + 1 + mark.length, this.start + this.tagRead));
    if (found < 0) {
      this.tagRead = Math.max(0, buffer.length - this.start - mark.length + 1);
      return -1;
    }
    this.tagRead = 0;
    return found + mark.length;
  }

  /**
   * Position of the `>` that ends the opening tag, whose attributes may hold others; -1 when it is not there. Goes on where the last
   * chunk ended: a tag that never ends, sent byte by byte, would cost the square of its length.
   *
   * @param name where the name of the element begins.
   */
  private endOfTag(buffer: Buffer, name: number): number {
    const { start } = this;
    const end = buffer.length;
    let at = Math.max(name, start + this.tagRead);
    if (this.tagNameEnd === 0) {
      while (at < end && !isBlank(buffer[at] as number) && buffer[at] !== GT && buffer[at] !== SLASH) at++;
      if (at < end) this.tagNameEnd = at - start;
    }
    let quote = this.tagQuote;
    for (; at < end; at++) {
      const byte = buffer[at] as number;
      if (quote !== 0) {
        if (byte === quote) quote = 0;
      } else if (byte === GT) return at;
      else if (byte === QUOTE || byte === APOSTROPHE) quote = byte;
    }
    this.tagRead = end - start;
    this.tagQuote = quote;
    return -1;
  }

  private json(): boolean {
    const { buffer, start, end } = this;
    let at = start + this.searched;
    let depth = this.jsonDepth;
    let inString = this.jsonInString;
    for (; at < end; at++) {
      const byte = buffer[at] as number;
      if (inString) {
        if (byte === BACKSLASH) {
          if (at + 1 >= end) break;
          at++;
        } else if (byte === QUOTE) inString = false;
        else if (byte === LF) {
          const delimiter = this.mayBeDelimiterAt(at + 1);
          if (delimiter === 'yes') return this.emitCut('json', at);
          if (delimiter === 'maybe') break;
        }
      } else if (byte === QUOTE) inString = true;
      else if (byte === BRACE || byte === BRACKET) depth++;
      else if (byte === 0x7d || byte === 0x5d) {
        if (--depth <= 0) return this.emitDocument('json', at + 1);
      } else if (byte === LF) {
        const delimiter = this.mayBeDelimiterAt(at + 1);
        if (delimiter === 'yes') return this.emitCut('json', at);
        if (delimiter === 'maybe') break;
      }
    }
    if (this.breaksOff(-1)) return this.emitCut('json', start + this.contentLength, 0);
    this.searched = at - start;
    this.jsonDepth = depth;
    this.jsonInString = inString;
    return this.documentIsHopeless();
  }

  /** Does the learned delimiter stand at `at`? `maybe` when its first bytes do and the others are still to come. */
  private mayBeDelimiterAt(at: number): 'yes' | 'no' | 'maybe' {
    const { buffer, delimiter, end } = this;
    if (at >= end) return delimiter === null ? 'no' : 'maybe';
    if (delimiter === null || buffer[at] !== DASH) return 'no';
    const length = Math.min(delimiter.length, end - at);
    if (buffer.compare(delimiter, 0, length, at, at + length) !== 0) return 'no';
    return length === delimiter.length ? 'yes' : 'maybe';
  }

  /** Waits for more, unless the document has grown beyond its bound. */
  private documentIsHopeless(): boolean {
    return this.pendingBytes > this.limits.textBytes ? this.abandon('part too large') : false;
  }

  private emitDocument(kind: 'xml' | 'json', stop: number): boolean {
    if (stop - this.start > this.limits.textBytes) return this.abandon('part too large');
    this.emit(kind, stop, false);
    // What Content-Length counts beyond the document is blank; further documents of the part are found like parts without a header.
    this.reset('between');
    this.moveTo(stop);
    return true;
  }

  /** Has all of its length come, and the next delimiter, but not the end of the document? Then it was cut off on the device. */
  private breaksOff(documentEnd: number): boolean {
    const stop = this.start + this.contentLength;
    if (this.contentLength < 0 || this.end <= stop || (documentEnd >= 0 && documentEnd < stop)) return false;
    return this.delimiter !== null && this.whatFollows(stop) === 'delimiter';
  }

  /** @param behind bytes of the cut itself: the line feed before a delimiter. */
  private emitCut(kind: 'xml' | 'json', cut: number, behind = 1): boolean {
    if (cut - this.start > this.limits.textBytes) return this.abandon('part too large');
    this.emit(kind, cut, true);
    this.reset('between');
    this.moveTo(cut + behind);
    return true;
  }

  private emit(kind: PartKind, stop: number, truncated: boolean): void {
    this.parts.push({
      kind,
      contentType: this.contentType,
      name: this.name,
      formName: this.formName,
      body: this.buffer.subarray(this.start, stop),
      truncated,
    });
  }

  /* Pictures: Content-Length, held against what follows; without it, or where it lies, the next delimiter. */

  private picture(): boolean {
    const { start, end } = this;
    const length = this.contentLength;
    if (length > this.limits.pictureBytes) return this.abandon('part too large');
    // At the end of the input a length that promises more is wrong, or the picture was cut off: the delimiters tell.
    if (length >= 0 && !this.isLengthWrong && !(this.isOver && end < start + length)) {
      const stop = start + length;
      if (this.endsBefore(Math.min(stop, end))) return this.picture();
      if (end < stop) return false;
      this.searched = 0;
      if (isWholeJpeg(this.buffer, start, stop)) return this.emitPicture(stop, stop);
      const follows = this.whatFollows(stop);
      if (follows === 'delimiter' || (follows === 'unknown' && this.buffer[start] !== 0xff))
        return this.emitPicture(stop, stop);
      if (follows === 'unknown') return false;
      // The length lies, and the delimiter comes earlier or later than it says.
      this.isLengthWrong = true;
      this.forgetCuts();
    }
    const cut = this.endOfPicture();
    if (cut >= 0) {
      let stop = cut;
      if (stop > start && this.buffer[stop - 1] === CR) stop--;
      return this.emitPicture(stop, cut + 1);
    }
    return this.pendingBytes > this.limits.pictureBytes + DELIMITER_MAX_BYTES ? this.abandon('part too large') : false;
  }

  /**
   * The delimiter that ends a picture of unknown length; -1 when it is not there. A JPEG may hold the text of one, so the first one
   * behind its end mark counts; without such a one the picture was cut off, and the first one of two does.
   */
  private endOfPicture(): number {
    const { buffer, start } = this;
    for (;;) {
      const cut = this.findDelimiter(start + this.searched);
      if (cut.at < 0) {
        this.searched = cut.resume - start;
        return this.pictureCuts > 1 || (this.isOver && this.pictureCuts > 0) ? start + this.firstCut : -1;
      }
      if (buffer[start] !== 0xff || isWholeJpeg(buffer, start, cut.at)) return cut.at;
      if (this.pictureCuts === 0) this.firstCut = cut.at - start;
      if (++this.pictureCuts > MAX_DELIMITERS_IN_PICTURE) return start + this.firstCut;
      this.searched = cut.at + 1 - start;
    }
  }

  private forgetCuts(): void {
    this.pictureCuts = 0;
    this.firstCut = -1;
  }

  /** @param next where the reading goes on. */
  private emitPicture(stop: number, next: number): boolean {
    if (stop - this.start > this.limits.pictureBytes) return this.abandon('part too large');
    if (stop > this.start) this.emit('picture', stop, false);
    this.reset('between');
    this.moveTo(next);
    return true;
  }

  /**
   * A length that is much too long would hold back all that follows. Where a JPEG ends, a delimiter follows and behind it a part,
   * the picture is over; text of a delimiter within a picture has no such end in front of it.
   */
  private endsBefore(stop: number): boolean {
    const { buffer, start } = this;
    if (buffer[start] !== 0xff) return false;
    while (this.pictureCuts <= MAX_DELIMITERS_IN_PICTURE) {
      const cut = this.findDelimiter(start + this.searched);
      if (cut.at < 0 || cut.at >= stop) {
        this.searched = Math.min(cut.resume, stop) - start;
        return false;
      }
      if (isWholeJpeg(buffer, start, cut.at)) {
        this.isLengthWrong = true;
        this.forgetCuts();
        this.searched = cut.at - start;
        return true;
      }
      this.pictureCuts++;
      this.searched = cut.at + 1 - start;
    }
    return false;
  }

  /** What stands behind a picture: blanks and a delimiter, something else, or too little to tell. */
  private whatFollows(stop: number): 'delimiter' | 'other' | 'unknown' {
    const { buffer, end } = this;
    let at = stop;
    while (at < end && at - stop <= DELIMITER_MAX_BYTES && isBlank(buffer[at] as number)) at++;
    if (at - stop > DELIMITER_MAX_BYTES) return 'other';
    if (at >= end) return 'unknown';
    if (this.delimiter === null) return buffer[at] === DASH && buffer[at + 1] === DASH ? 'delimiter' : 'other';
    const delimiter = this.mayBeDelimiterAt(at);
    return delimiter === 'yes' ? 'delimiter' : delimiter === 'no' ? 'other' : 'unknown';
  }

  /**
   * The next line that is a delimiter and is followed by a header, a document, a blank line or the end: a picture may hold the text
   * of the delimiter by chance or on purpose. `at` is the line feed before it; `resume` is where to go on searching.
   */
  private findDelimiter(from: number): { at: number; resume: number } {
    const { buffer, end, delimiterLine } = this;
    if (delimiterLine === null) return { at: -1, resume: end };
    let at = from;
    for (;;) {
      at = buffer.indexOf(delimiterLine, at);
      if (at < 0 || at + delimiterLine.length > end)
        return { at: -1, resume: Math.max(from, end - delimiterLine.length) };
      let next = at + delimiterLine.length;
      const closes = buffer[next] === DASH && buffer[next + 1] === DASH;
      if (closes) next += 2;
      const lineEnd = lineEndFrom(buffer, next, end, DELIMITER_MAX_BYTES);
      if (lineEnd === 'far') {
        at += 1;
        continue;
      }
      if (lineEnd < 0 || lineEnd + 1 >= end) {
        // The line may still grow to be one; a closing delimiter at the very end is one.
        if (next === end - 1 && buffer[next] === DASH) return { at: -1, resume: at };
        if (onlyBlanks(buffer, next, end)) return closes && end > next ? { at, resume: at } : { at: -1, resume: at };
      } else if (onlyBlanks(buffer, next, lineEnd)) {
        const isPart = closes ? 'yes' : looksLikePartStart(buffer, lineEnd + 1, end);
        if (isPart === 'yes' || (isPart === 'maybe' && this.isOver)) return { at, resume: at };
        if (isPart === 'maybe') return { at: -1, resume: at };
      }
      at += 1;
    }
  }

  /* Noise */

  /** Gives the part up and looks for the next delimiter. */
  private abandon(reason: Skipped['reason']): boolean {
    this.noiseReason = reason;
    this.reset('skip');
    this.searched = 1; // what begins here is what was given up
    return true;
  }

  private skip(): boolean {
    const { buffer, end } = this;
    let at = this.start + this.searched;
    const document = this.delimiter === null ? buffer.indexOf(EVENT_START, at) : -1;
    for (;;) {
      at = buffer.indexOf(ANY_DELIMITER, at);
      if (document >= 0 && (at < 0 || document < at)) return this.resumeAt(document);
      if (at < 0) {
        this.drop(Math.max(this.start, end - EVENT_START.length));
        return false;
      }
      // The delimiter as learned may itself have been noise, so any will do that has a part behind it.
      const lineEnd = buffer.indexOf(LF, at + 1);
      const isPart =
        lineEnd < 0
          ? end - at > DELIMITER_MAX_BYTES
            ? 'no'
            : 'maybe'
          : this.isDelimiterLine(at + 1, lineEnd)
            ? looksLikePartStart(buffer, lineEnd + 1, end)
            : 'no';
      if (isPart === 'yes') return this.resumeAt(at + 1);
      if (isPart === 'maybe' && !this.isOver) {
        this.drop(at);
        return false;
      }
      at++;
    }
  }

  private resumeAt(at: number): boolean {
    this.drop(at);
    this.reset('between');
    return true;
  }

  /** Throws bytes away, and keeps the first of a stretch for the warning. */
  private drop(stop: number): void {
    const sizeBytes = stop - this.start;
    if (sizeBytes <= 0) return;
    this.noise ??= Buffer.from(this.buffer.subarray(this.start, Math.min(stop, this.start + HEAD_BYTES)));
    this.noiseBytes += sizeBytes;
    this.skippedBytes += sizeBytes;
    this.moveTo(stop);
  }

  private reportNoise(): void {
    if (this.noise === null) return;
    this.onSkipped({ reason: this.noiseReason, sizeBytes: this.noiseBytes, head: this.noise });
    this.noise = null;
    this.noiseBytes = 0;
    this.noiseReason = 'noise';
  }

  private moveTo(at: number): void {
    this.start = at;
    this.searched = 0;
  }

  /** Position of `byte` at or behind `start`; goes on where the last search ended. */
  private findFrom(byte: number): number {
    const { buffer, end } = this;
    const from = this.start + this.searched;
    // Lines of a header are short: looking at their bytes here is faster than asking for a search outside of JavaScript.
    const near = Math.min(end, from + NEAR_BYTES);
    for (let at = from; at < near; at++) if (buffer[at] === byte) return at;
    const found = near < end ? buffer.indexOf(byte, near) : -1;
    if (found >= 0) return found;
    this.searched = end - this.start;
    return -1;
  }

  private finishPending(): void {
    // A line feed lets a last delimiter or header line without one be read.
    if (this.state === 'between' || this.state === 'headers') {
      this.append(Buffer.from([LF]));
      this.run();
    }
    while (this.pendingBytes > 0) {
      const before = this.start;
      if (this.state === 'xml' || this.state === 'json') {
        this.emit(this.state, this.end, true);
        return;
      }
      if (this.state === 'picture') {
        // A length that was too long may have swallowed parts that are complete.
        const cut = this.findDelimiter(this.start);
        if (cut.at < 0) {
          const isWhole =
            this.contentLength === this.pendingBytes ||
            this.buffer[this.start] !== 0xff ||
            isWholeJpeg(this.buffer, this.start, this.end);
          this.emit('picture', this.end, !isWhole);
          return;
        }
        this.isLengthWrong = true;
        this.forgetCuts();
        this.searched = 0;
        this.run();
      } else {
        this.run();
      }
      if (this.start === before) {
        this.drop(this.end);
        return;
      }
    }
  }
}

const ANY_DELIMITER = Buffer.from('\n--');
const EVENT_START = Buffer.from('<EventNotificationAlert');

/** Cuts one whole body into parts: a push body, or a captured file. */
export function readParts(bytes: Buffer, limits: MultipartLimits = {}, onSkipped?: (skipped: Skipped) => void): Part[] {
  const reader = new MultipartReader(limits, onSkipped);
  return [...reader.push(bytes), ...reader.finish()];
}
