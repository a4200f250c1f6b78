import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unwrapper } from '../../lib/codec/unwrapper';

/** What comes out of bytes that arrive in pieces of `size`. */
function unwrapped(bytes: Buffer, size = bytes.length): string {
  const unwrapper = new Unwrapper();
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(unwrapper.push(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, unwrapper.finish()]).toString();
}

const chunked = (...chunks: readonly string[]): string =>
  chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('');

const REFUSAL = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\nWWW-Authenticate: Digest realm="x"\r\n\r\n';
const ANSWER =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/mixed; boundary=boundary\r\n\r\n';
const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=boundary\r\n\r\n';
const PARTS = '--boundary\r\nContent-Type: application/xml\r\n\r\n<Alert>Tür</Alert>\r\n--boundary\r\n';
const [front, back] = [PARTS.slice(0, 50), PARTS.slice(50)];

/** What was recorded, and what the device said. */
const cases: readonly (readonly [what: string, recorded: string | Buffer, said: string])[] = [
  ['nothing', '', ''],
  ['a bare stream', PARTS, PARTS],
  ['a bare document without a line end', '<Alert/>', '<Alert/>'],
  ['an answer without chunks', PLAIN + PARTS, PLAIN + PARTS],
  ['an answer in chunks', ANSWER + chunked(front, back), ANSWER + PARTS],
  ['an answer in chunks with extensions', `${ANSWER}5;a=b\r\nhello\r\n`, `${ANSWER}hello`],
  ['a chunk that breaks off', `${ANSWER}ff\r\nhello`, `${ANSWER}hello`],
  ['a refusal first', `${REFUSAL}Sorry${ANSWER}${chunked(front, back)}`, `${REFUSAL}Sorry${ANSWER}${PARTS}`],
  ['a refusal whose body was not kept', REFUSAL + ANSWER + chunked(front, back), REFUSAL + ANSWER + PARTS],
  ['two answers, one behind the other', `${ANSWER}${chunked('a', '')}${PLAIN}${PARTS}`, `${ANSWER}a${PLAIN}${PARTS}`],
  ['an answer that lies about its chunks', ANSWER + PARTS, ANSWER + PARTS],
  [
    'a head that never ends',
    `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`,
    `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`,
  ],
  ['UTF-16 of a Windows console', Buffer.from(`\ufeff${PLAIN}${PARTS}`, 'utf16le'), PLAIN + PARTS],
  ['UTF-16 the other way round', Buffer.from(`\ufeff${PARTS}`, 'utf16le').swap16(), PARTS],
];

describe('Unwrapper', () => {
  it.each(cases)('%s', (_what, recorded, said) => {
    expect(unwrapped(Buffer.from(recorded))).toBe(said);
  });

  it('the same in pieces of any size', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.integer({ min: 1, max: 80 }), ([, recorded, said], size) => {
        expect(unwrapped(Buffer.from(recorded), size)).toBe(said);
      }),
    );
  });

  it('never throws, and loses nothing of what does not begin like HTTP', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (bytes, size) => {
        fc.pre(!(bytes[0] === 0xff && bytes[1] === 0xfe) && !(bytes[0] === 0xfe && bytes[1] === 0xff));
        const unwrapper = new Unwrapper();
        const out: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size)
          out.push(unwrapper.push(Buffer.from(bytes.subarray(at, at + size))));
        expect(Buffer.concat([...out, unwrapper.finish()])).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
