/** ISAPI documents inside command-port frames, command 0x117000. GET: M-H, other methods: M. */
import { ProtocolError } from '../errors';
import { PASS_THROUGH_PADDING_BYTES } from '../settings';
import { ByteReader, ByteWriter, bufferOf } from './bytes';
import { isBlank } from './text';

/**
 * | byte  | field        | meaning                            |
 * |-------|--------------|------------------------------------|
 * | 0-7   |              | zeros                              |
 * | 8-11  | length       | 12 + n + m, counted from here      |
 * | 12-15 | line length  | n                                  |
 * | 16-19 |              | `01 00 00 00`                      |
 * | 20-   | request line | `METHOD /path\r\n`, n bytes        |
 * |       | document     | m bytes                            |
 */
const LEADING_ZEROS = 8;
const PREFIX_BYTES = 12;
const FLAGS = 0x0100_0000;
/** Longest request line that is read; paths with queries have a few hundred bytes. */
const MAX_LINE_BYTES = 8192;

export interface PassThroughRequest {
  readonly method: string;
  /** With query, from `/`. */
  readonly path: string;
  readonly document: Buffer;
}

/** Puts an HTTP-like request into the body of a frame. */
export function encodePassThrough(request: {
  readonly method: string;
  readonly path: string;
  readonly document?: Uint8Array | string;
}): Buffer {
  const line = Buffer.from(`${request.method} ${request.path}\r\n`, 'utf8');
  const document = Buffer.from(request.document ?? '');
  return new ByteWriter(LEADING_ZEROS + PREFIX_BYTES + line.length + document.length)
    .zeros(LEADING_ZEROS)
    .u32(PREFIX_BYTES + line.length + document.length)
    .u32(line.length)
    .u32(FLAGS)
    .put(line)
    .put(document)
    .done();
}

/** @throws ProtocolError when the lengths contradict each other or there is no request line. */
export function decodePassThrough(body: Uint8Array): PassThroughRequest {
  const reader = new ByteReader(body);
  reader.skip(LEADING_ZEROS);
  const length = reader.u32();
  const lineLength = reader.u32();
  reader.u32();
  const inside = length - PREFIX_BYTES;
  if (inside < 0 || inside > reader.remaining) {
    throw new ProtocolError(`${length} bytes promised, ${reader.remaining + PREFIX_BYTES} are there`, LEADING_ZEROS);
  }
  if (lineLength > inside || lineLength > MAX_LINE_BYTES) {
    throw new ProtocolError(`a request line of ${lineLength} bytes`, LEADING_ZEROS + 4);
  }
  const lineAt = reader.position;
  const line = reader.slice(lineLength).toString('utf8');
  const match = /^([A-Z]+) (\S+)\r?\n$/.exec(line);
  if (match === null) throw new ProtocolError('no request line', lineAt);
  return { method: match[1] as string, path: match[2] as string, document: reader.slice(inside - lineLength) };
}

/**
 * The document in the body of an answer, without the NULs or the binary padding that firmware puts before `<` or `{`, and
 * without NULs behind it. Anything that is neither XML nor JSON (a picture) is given as it is.
 */
export function passThroughDocument(body: Uint8Array): Buffer {
  const limit = Math.min(body.length, PASS_THROUGH_PADDING_BYTES);
  for (let at = 0; at < limit; at++) if (isDocumentAt(body, at)) return withoutNuls(body, at);
  return body.every((byte) => byte === 0) ? Buffer.alloc(0) : bufferOf(body);
}

/** A length word may hold a `<` by chance; a document goes on with a name, a quote or a blank. */
function isDocumentAt(body: Uint8Array, at: number): boolean {
  const next = body[at + 1];
  if (next === undefined) return false;
  if (body[at] === 0x3c) return next === 0x3f || next === 0x21 || isLetter(next);
  if (body[at] === 0x7b) return next === 0x22 || next === 0x7d || (next !== 0 && isBlank(next));
  return false;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}

function withoutNuls(body: Uint8Array, start: number): Buffer {
  let end = body.length;
  while (end > start && body[end - 1] === 0) end--;
  return bufferOf(body, start, end);
}
