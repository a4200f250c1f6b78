/** What the bytes at a place within parts look like: lines of a header, the start of a part, the end of a JPEG. */
import { isBlank } from './text';

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const LT = 0x3c;
const COLON = 0x3a;
const BRACE = 0x7b;

/** A JPEG begins with FF D8 and ends with FF D9, maybe padded. */
export function isWholeJpeg(buffer: Buffer, start: number, stop: number): boolean {
  if (stop - start < 4 || buffer[start] !== 0xff || buffer[start + 1] !== 0xd8) return false;
  let at = stop;
  while (at > start && isBlank(buffer[at - 1] as number)) at--;
  return buffer[at - 2] === 0xff && buffer[at - 1] === 0xd9;
}

export function onlyBlanks(buffer: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isBlank(buffer[at] as number)) return false;
  return true;
}

/** A header line, a blank line, a document, another delimiter; `maybe` when there is too little to tell. */
export function looksLikePartStart(buffer: Buffer, at: number, end: number): 'yes' | 'no' | 'maybe' {
  if (at >= end) return 'maybe';
  const first = buffer[at] as number;
  if (first === CR || first === LF || first === LT || first === BRACE || first === DASH) return 'yes';
  for (let i = at; i < end && i < at + 64; i++) {
    const byte = buffer[i] as number;
    if (byte === COLON) return i > at ? 'yes' : 'no';
    const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
    if (!isLetter && byte !== DASH) return 'no';
  }
  return end < at + 64 ? 'maybe' : 'no';
}

/** Position of the line feed that ends a line; -1 when it may still come, `far` when the line is longer than `maxBytes`. */
export function lineEndFrom(buffer: Buffer, from: number, end: number, maxBytes: number): number | 'far' {
  const stop = Math.min(end, from + maxBytes);
  for (let at = from; at < stop; at++) if (buffer[at] === LF) return at;
  return stop < end ? 'far' : -1;
}

/** The longest of the names that {@link isContentHeader} knows. */
export const CONTENT_HEADER_MAX_BYTES = 'content-disposition:'.length;

/** Does one of the headers stand here that a part begins with? */
export function isContentHeader(buffer: Buffer, at: number): boolean {
  return (
    matches(buffer, at, 'content-type:') ||
    matches(buffer, at, 'content-length:') ||
    matches(buffer, at, 'content-disposition:')
  );
}

/** Does the text at `at` equal `name`, which is lower case, without regard to case? */
export function matches(buffer: Buffer, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = buffer[at + i] as number;
    const wanted = name.charCodeAt(i);
    if (byte !== wanted && !(byte + 0x20 === wanted && byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return true;
}

/** A decimal number between blanks; -1 for anything else, which is then read as "no length". */
export function decimal(buffer: Buffer, from: number, to: number): number {
  let value = -1;
  let isOver = false;
  for (let at = from; at < to; at++) {
    const byte = buffer[at] as number;
    if (isBlank(byte)) {
      isOver = value >= 0;
      continue;
    }
    if (isOver || byte < 0x30 || byte > 0x39) return -1;
    value = Math.max(value, 0) * 10 + (byte - 0x30);
    if (value > Number.MAX_SAFE_INTEGER / 10) return -1;
  }
  return value;
}

/** A parameter of a header value, quoted or not: `form-data; name="Picture"; filename=a.jpg`. */
export function parameter(text: string, name: string): string | null {
  for (const [, key = '', quoted, bare] of text.matchAll(/;\s*([^\s=;]+)\s*=\s*(?:"([^"]*)"|([^;]*))/g)) {
    const value = (quoted ?? bare ?? '').trim();
    if (key.toLowerCase() === name && value !== '') return value;
  }
  return null;
}
