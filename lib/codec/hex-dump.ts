/**
 * Bytes as programs print them for people: an offset, up to 16 bytes, and the same as text beside them (`xxd`, `hexdump -C`, and
 * what network analysers copy or save).
 */
import { ProtocolError } from '../errors';
import { FRAME_MAX_BYTES } from '../settings';

const OFFSET = /^\s*([0-9a-f]{4,8})(?::|(?=\s|$))/i;
/** The first line: at offset zero, which no frame begins with, because it begins with its length. Without a colon, single bytes follow. */
const FIRST_LINE = /^\s*0{4,8}(?::[ \t]*[0-9a-f]{2,8}\b|[ \t]+[0-9a-f]{2}[ \t])/i;
const BYTES_PER_LINE = 16;

/**
 * @returns null for text that is no such dump.
 * @throws ProtocolError where it leaves out more than a frame can have.
 */
export function bytesOfDump(text: string): Buffer | null {
  if (!FIRST_LINE.test(text)) return null;
  const pieces: Buffer[] = [];
  // Both directions of a conversation may stand in turns, each with offsets of its own: only within one do they go on.
  let next = 0;
  let isLeftOut = false;
  let leftOutBytes = 0;
  for (const line of text.split('\n')) {
    if (/^\s*\*\s*$/.test(line)) {
      isLeftOut = true;
      continue;
    }
    const [upToBytes, offset] = OFFSET.exec(line) ?? [];
    if (upToBytes === undefined || offset === undefined) continue;
    const at = parseInt(offset, 16);
    // `*` stands for lines that are like the one before.
    if (isLeftOut && at > next) {
      leftOutBytes += at - next;
      if (leftOutBytes > FRAME_MAX_BYTES) throw new ProtocolError(`the dump leaves out ${leftOutBytes} bytes`, 0);
      pieces.push(repeated(pieces.at(-1), at - next));
    }
    isLeftOut = false;
    const bytes = bytesOfLine(line.slice(upToBytes.length).trimStart());
    if (bytes.length > 0) pieces.push(bytes);
    next = at + bytes.length;
  }
  return Buffer.concat(pieces);
}

/** The text beside the bytes begins behind a wide gap, a bar, or 16 bytes. */
function bytesOfLine(rest: string): Buffer {
  const [columns = ''] = rest.split(/\s{3}|\|/, 1);
  let digits = '';
  for (const word of columns.split(/\s+/)) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(word) || digits.length + word.length > BYTES_PER_LINE * 2) break;
    digits += word;
  }
  return Buffer.from(digits, 'hex');
}

function repeated(last: Buffer | undefined, sizeBytes: number): Buffer {
  return last === undefined || last.length === 0 ? Buffer.alloc(0) : Buffer.alloc(sizeBytes, last);
}
