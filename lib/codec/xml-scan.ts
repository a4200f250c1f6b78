/**
 * Reads the direct children of an XML document's root straight from its bytes, without building a tree: the hot path of
 * events, where a handful of leaves decides. Gives the same values as `parseXml` for what it reads, and gives up on anything
 * unusual (comments, CDATA, a document type), so that the caller takes the tree instead.
 */
import { isAscii } from 'node:buffer';
import { decodeText } from './text';

/** A document as text, decoded once. */
export function scanText(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : decodeText(bytes);
}

/**
 * Told about children by position, so that names and values that nobody needs are never cut out of the text. Take them with
 * `text.slice(nameFrom, nameTo)` and {@link valueOf}.
 */
export interface ScanHandler {
  /** A child without children of its own; its value lies in `from`..`to`. The name is the local one, in the device's case. */
  leaf(text: string, nameFrom: number, nameTo: number, from: number, to: number): void;
  /** A child with children, which lie in `from`..`to`. */
  branch(text: string, nameFrom: number, nameTo: number, from: number, to: number): void;
}

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const BANG = 0x21;
const COLON = 0x3a;

/** Position behind the root's opening tag, or -1 when there is none. */
export function insideRoot(text: string): number {
  let at = text.indexOf('<');
  while (at >= 0 && text.charCodeAt(at + 1) === QUESTION) {
    const close = text.indexOf('?>', at + 2);
    if (close < 0) return -1;
    at = text.indexOf('<', close + 2);
  }
  if (at < 0 || text.charCodeAt(at + 1) === BANG) return -1;
  const end = text.indexOf('>', at);
  return end < 0 || text.charCodeAt(end - 1) === SLASH ? -1 : end + 1;
}

/**
 * Calls the handler for each child between `from` and the closing tag of the element that `from` lies in, or `to`.
 *
 * @returns false when the text is unusual or broken; children read until then have been handed over.
 */
export function scanChildren(text: string, from: number, to: number, handler: ScanHandler): boolean {
  let at = text.indexOf('<', from);
  while (at >= 0 && at < to) {
    const sign = text.charCodeAt(at + 1);
    if (sign === SLASH) return true;
    if (sign === BANG || sign === QUESTION) return false;
    let nameFrom = at + 1;
    let nameTo = nameFrom;
    let letter = 0;
    for (; nameTo < to; nameTo++) {
      letter = text.charCodeAt(nameTo);
      if (letter === GT || letter <= 0x20 || letter === SLASH) break;
      if (letter === COLON) nameFrom = nameTo + 1;
    }
    const tagEnd = letter === GT ? nameTo : text.indexOf('>', nameTo);
    if (tagEnd < 0 || tagEnd >= to) return false;
    // A value of an attribute may hold a `>`; such a tag is left to the tree.
    if (nameTo < tagEnd && !attributesAreWhole(text, nameTo, tagEnd)) return false;
    if (text.charCodeAt(tagEnd - 1) === SLASH) {
      handler.leaf(text, nameFrom, nameTo, tagEnd, tagEnd);
      at = text.indexOf('<', tagEnd);
      continue;
    }
    const next = text.indexOf('<', tagEnd + 1);
    if (next < 0 || next >= to) return false;
    if (text.charCodeAt(next + 1) === SLASH) {
      if (!closesWith(text, next + 2, nameFrom, nameTo)) return false;
      handler.leaf(text, nameFrom, nameTo, tagEnd + 1, next);
      at = text.indexOf('<', next + 2);
      continue;
    }
    const close = closeOf(text, nameFrom, nameTo, tagEnd + 1, to);
    if (close < 0) return false;
    handler.branch(text, nameFrom, nameTo, tagEnd + 1, close);
    at = text.indexOf('<', close + 2);
  }
  return false;
}

/** Are all quotes between `from` and `to` closed? */
function attributesAreWhole(text: string, from: number, to: number): boolean {
  let quote = 0;
  for (let at = from; at < to; at++) {
    const sign = text.charCodeAt(at);
    if (quote === 0 ? sign === 0x22 || sign === 0x27 : sign === quote) quote = quote === 0 ? sign : 0;
  }
  return quote === 0;
}

/** Are all tags between `from` and `to` without a `>` in an attribute, so that their children can be scanned? */
export function hasPlainTags(text: string, from: number, to: number): boolean {
  const inner = text.slice(from, to);
  if (!inner.includes('"') && !inner.includes("'")) return true;
  for (let at = text.indexOf('<', from); at >= 0 && at < to; at = text.indexOf('<', at + 1)) {
    const tagEnd = text.indexOf('>', at);
    if (tagEnd < 0 || !attributesAreWhole(text, at, tagEnd)) return false;
  }
  return true;
}

/** Does the closing tag whose name begins at `at` carry the name at `nameFrom`..`nameTo`, whatever its prefix? */
function closesWith(text: string, at: number, nameFrom: number, nameTo: number): boolean {
  if (isSame(text, at, nameFrom, nameTo)) return true;
  const colon = text.indexOf(':', at);
  return colon >= 0 && colon < text.indexOf('>', at) && isSame(text, colon + 1, nameFrom, nameTo);
}

function isSame(text: string, at: number, nameFrom: number, nameTo: number): boolean {
  const length = nameTo - nameFrom;
  for (let i = 0; i < length; i++) if (text.charCodeAt(at + i) !== text.charCodeAt(nameFrom + i)) return false;
  const after = text.charCodeAt(at + length);
  return after === GT || after <= 0x20;
}

/** Start of the closing tag that belongs to an element opened before `from`; -1 when there is none. Nested elements of the same name are counted. */
function closeOf(text: string, nameFrom: number, nameTo: number, from: number, to: number): number {
  // Nearly always: the next closing tag of that name, with the name nowhere in between and nothing unusual.
  const name = text.slice(nameFrom, nameTo);
  const next = text.indexOf(name, from);
  if (next >= 2 && next < to && text.charCodeAt(next - 1) === SLASH && text.charCodeAt(next - 2) === LT) {
    const after = text.charCodeAt(next + name.length);
    // Up to there and no further: elements follow one another, and the rest of the document would be searched for each.
    const isUsual = !text.slice(from, next).includes('<!');
    if ((after === GT || after <= 0x20) && isUsual) return next - 2;
  }
  let depth = 1;
  let at = text.indexOf('<', from);
  while (at >= 0 && at < to) {
    const sign = text.charCodeAt(at + 1);
    if (sign === BANG || sign === QUESTION) return -1;
    if (sign === SLASH) {
      if (--depth === 0) return closesWith(text, at + 2, nameFrom, nameTo) ? at : -1;
      at = text.indexOf('<', at + 2);
      continue;
    }
    const tagEnd = text.indexOf('>', at);
    if (tagEnd < 0 || !attributesAreWhole(text, at, tagEnd)) return -1;
    if (text.charCodeAt(tagEnd - 1) !== SLASH) depth++;
    at = text.indexOf('<', tagEnd);
  }
  return -1;
}

/** A value as the tree would give it: trimmed, entities read, line ends LF, without the characters that XML forbids. */
export function valueOf(text: string, from: number, to: number): string {
  for (let at = from; at < to; at++) {
    const sign = text.charCodeAt(at);
    if (sign < 0x20 || sign === 0x26) return unescapeXml(cleanText(text.slice(from, to))).trim();
  }
  return text.slice(from, to).trim();
}

function cleanText(text: string): string {
  // eslint-disable-next-line no-control-regex -- characters that XML forbids, found in names of old recorders
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/\r\n?/g, '\n');
}

const ENTITIES = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }));

/** The five predefined entities and numeric references; anything else stays as it is. */
export function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{1,32}));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES.get(name) ?? whole;
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : parseInt(decimal, 10);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
