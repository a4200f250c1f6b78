/**
 * Bytes of a device into text. Devices declare UTF-8, yet older models put GBK or Latin-1 into names
 * (isapi.md: encoding), so the decoder falls back and never throws.
 */
import { isAscii } from 'node:buffer';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const gbk = new TextDecoder('gbk', { fatal: true });

/**
 * Decodes strictly as UTF-8 (a BOM is dropped), then as GBK, then byte by byte as Latin-1. Of UTF-8 that was cut within its last
 * character, that one is replaced.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const whole = wholeCharacters(bytes);
    if (whole !== null) return `${whole}\ufffd`;
    try {
      return gbk.decode(bytes);
    } catch {
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    }
  }
}

/** UTF-8 without the last character, which breaks off; null when that is not what is wrong. ASCII alone is no sign of UTF-8. */
function wholeCharacters(bytes: Uint8Array): string | null {
  let at = bytes.length - 1;
  while (at > bytes.length - 4 && at > 0 && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  if (at < 0 || (bytes[at] as number) < 0xc2) return null;
  const whole = bytes.subarray(0, at);
  if (isAscii(whole)) return null;
  try {
    return utf8.decode(whole);
  } catch {
    return null;
  }
}

/**
 * What a body holds, told by its first bytes: the Content-Type of a device may be wrong or missing.
 * `empty` also when there are only blanks.
 */
export function sniff(bytes: Uint8Array): 'xml' | 'json' | 'jpeg' | 'binary' | 'empty' {
  let at = 0;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
  while (at < bytes.length && isBlank(bytes[at] as number)) at++;
  if (at === bytes.length) return 'empty';
  const first = bytes[at];
  if (first === 0x3c) return 'xml';
  if (first === 0x7b || first === 0x5b) return 'json';
  if (first === 0xff && bytes[at + 1] === 0xd8) return 'jpeg';
  return 'binary';
}

/** Shorter cuts are copies anyway. */
const VIEW_MIN_LENGTH = 13;

/**
 * The same text with memory of its own. V8 makes a cut a view of what it was cut from, so that a name that somebody keeps would keep
 * a whole document.
 */
export function ownText(text: string): string {
  return text.length < VIEW_MIN_LENGTH ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** Space, tab, CR, LF, and the NUL that some firmware pads documents with. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09 || byte === 0;
}

/** Without the NULs at its end, which some firmware sends. By hand: an expression would begin anew at each NUL of a row. */
export function withoutNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** Makes text from a device safe to show: one line, no control characters, at most `limit` characters. */
export function excerpt(bytes: Uint8Array | string, limit = 120): string {
  const text = typeof bytes === 'string' ? bytes : decodeText(bytes.subarray(0, limit * 4));
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}...` : line;
}
