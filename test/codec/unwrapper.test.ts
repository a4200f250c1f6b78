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

  it.each<[string, [piece: string, said: string][]]>([
    // Piece by piece, and what is handed over at once; the rest is held back.
    [
      'an answer without chunks',
      [
        [PLAIN, PLAIN],
        ['--bound', ''],
        ['ary\r\n', '--boundary\r\n'],
        ['x', 'x'],
      ],
    ],
    [
      'a bare stream after its first line',
      [
        ['--bou', ''],
        ['ndary\r\n', '--boundary\r\n'],
        ['x', 'x'],
      ],
    ],
    [
      'blank lines in front of a line',
      [
        ['\r\n\r\n', ''],
        ['ab', ''],
        ['\n', '\r\n\r\nab\n'],
      ],
    ],
    [
      'a first line that is far too long',
      [
        ['x'.repeat(2_047), ''],
        ['y', `${'x'.repeat(2_047)}y`],
      ],
    ],
    [
      'a head',
      [
        ['HTTP/1.1 200 OK\r\nA: b\r\n', ''],
        ['\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
      ],
    ],
    ['a head with blanks in front and LF alone', [['\nHTTP/1.0 200 OK\nA: b\n\n', '\nHTTP/1.0 200 OK\nA: b\n\n']]],
    [
      'chunks',
      [
        [ANSWER, ANSWER],
        ['5', ''],
        ['\r\n', ''],
        ['he', 'he'],
        ['llo', 'llo'],
        ['\r\n3;x\r\nabc', 'abc'],
      ],
    ],
    ['chunks whose sizes have blanks, and capitals', [[`${ANSWER}A \r\n0123456789\r\n`, `${ANSWER}0123456789`]]],
    [
      'the last chunk and an answer behind it',
      [
        [`${ANSWER}1\r\na\r\n0\r\n`, `${ANSWER}a`],
        [`\r\n${PLAIN}b`, `${PLAIN}`],
      ],
    ],
    [
      'the last chunk, and noise behind it',
      [
        [`${ANSWER}0\r\n`, ANSWER],
        ['trailer: x\r\n', 'trailer: x\r\n'],
      ],
    ],
    [
      'a size line that is none',
      [
        [`${ANSWER}5 z\r\nhello`, `${ANSWER}5 z\r\nhello`],
        ['5\r\n', '5\r\n'],
      ],
    ],
    [
      'a size line that does not end',
      [
        [ANSWER + '1'.repeat(64), ANSWER],
        ['1', '1'.repeat(65)],
      ],
    ],
    ['a size line too long', [[`${ANSWER}1;${'x'.repeat(63)}\r\na`, `${ANSWER}1;${'x'.repeat(63)}\r\na`]]],
    ['a size of nine digits', [[`${ANSWER}000000001\r\na`, `${ANSWER}000000001\r\na`]]],
    ['a blank line too many between chunks', [[`${ANSWER}1\r\na\r\n\r\n1\r\nb`, `${ANSWER}ab`]]],
    [
      'a refusal of a known length, and the next answer',
      [
        [`${REFUSAL}Sor`, REFUSAL],
        ['ry', ''],
        ['HTTP/1.1 2', 'SorryHTTP/1.1 2'.slice(0, 5)],
      ],
    ],
    [
      'a request, as a listener records it',
      [['POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\n', 'POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\n']],
    ],
    ['a sentence about HTTP', [['Of HTTP/1.1 200 OK\r\n\r\n', 'Of HTTP/1.1 200 OK\r\n\r\n']]],
    [
      'a header that only holds the words',
      [
        [
          `HTTP/1.1 200 OK\r\nX: transfer-encoding: chunked\r\n\r\n1\r\na\r\n`,
          `HTTP/1.1 200 OK\r\nX: transfer-encoding: chunked\r\n\r\n1\r\na\r\n`,
        ],
      ],
    ],
  ])('%s: what is handed over when', (_what, pieces) => {
    const unwrapper = new Unwrapper();
    for (const [piece, said] of pieces) expect(unwrapper.push(Buffer.from(piece)).toString(), piece).toBe(said);
  });

  it('hands over what it held back', () => {
    for (const [held, rest] of [
      ['<Alert', '<Alert'],
      ['x', 'x'],
      ['HTTP/1.1 200 OK\r\nA: b\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n'],
      [`${ANSWER}1`, '1'],
      [`${REFUSAL}So`, 'So'],
    ] as const) {
      const unwrapper = new Unwrapper();
      const before = unwrapper.push(Buffer.from(held)).toString();
      expect(before + unwrapper.finish().toString()).toBe(held);
      expect(held.endsWith(rest)).toBe(true);
      expect(before.length).toBe(held.length - rest.length);
    }
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
