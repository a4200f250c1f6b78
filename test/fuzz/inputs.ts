/**
 * Damaged inputs, made by fast-check so that what fails is made small: sound samples with bytes changed, taken out, doubled and
 * joined, words of the format in an order that nobody meant, and bytes of no kind at all.
 */
import fc from 'fast-check';

/** Largest input. What comes from outside is bounded above that by whoever reads it from a socket. */
const MAX_BYTES = 64 * 1024;

/** What breaks formats of every kind. */
const COMMON_WORDS = [
  '\0',
  '\r\n',
  '\n',
  '"',
  "'",
  '\\',
  '<',
  '>',
  '&',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '-1',
  '1e999',
  '__proto__',
];

/** One thing that is done to a sample; places are parts of its length, so that samples of every size are reached everywhere. */
interface Change {
  readonly kind: 'byte' | 'flip' | 'word' | 'cut' | 'drop' | 'double' | 'number' | 'splice';
  /** 0 up to 1. */
  readonly at: number;
  readonly size: number;
  readonly value: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('byte', 'flip', 'word', 'word', 'cut', 'drop', 'double', 'number', 'splice'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  size: fc.oneof({ weight: 5, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(4_000) }),
  value: fc.nat(0xffff),
});

/** Numbers that lengths and counts are set to, four bytes each. */
const NUMBERS = [0, 1, 3, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, 0xffff, 0x1_0000] as const;

function applied(bytes: Buffer, { kind, at, size, value }: Change, words: readonly Buffer[], other: Buffer): Buffer {
  const from = Math.floor(at * bytes.length);
  const to = Math.min(bytes.length, from + size);
  const around = (inside: Buffer, behind = from) =>
    Buffer.concat([bytes.subarray(0, from), inside, bytes.subarray(behind)]);
  switch (kind) {
    case 'byte':
      return from < bytes.length ? around(Buffer.from([value & 0xff]), from + 1) : bytes;
    case 'flip':
      return from < bytes.length
        ? around(Buffer.from([(bytes[from] as number) ^ (1 << (value % 8))]), from + 1)
        : bytes;
    case 'word':
      return around(words[value % words.length] as Buffer, size % 2 === 0 ? from : to);
    case 'cut':
      return bytes.subarray(0, from);
    case 'drop':
      return around(Buffer.alloc(0), to);
    case 'double': {
      const piece = bytes.subarray(from, to);
      const times = Math.min(1 + (value % 300), Math.floor(MAX_BYTES / Math.max(1, piece.length)));
      return around(Buffer.concat(Array.from({ length: times }, () => piece)));
    }
    case 'number': {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(NUMBERS[value % NUMBERS.length] as number);
      if (size % 2 === 0) number.reverse();
      return around(number, Math.min(bytes.length, from + 4));
    }
    case 'splice':
      return Buffer.concat([bytes.subarray(0, from), other.subarray(Math.floor((value / 0x1_0000) * other.length))]);
  }
}

/** @param words of the format; samples begin with sound bytes, so that more than the first check is reached. */
export function damaged(samples: readonly Buffer[], words: readonly string[]): fc.Arbitrary<Buffer> {
  const all = [...COMMON_WORDS, ...words].map((word) => Buffer.from(word, 'latin1'));
  const word = fc.nat(all.length - 1).map((index) => all[index] as Buffer);
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const soup = fc.array(fc.oneof({ weight: 6, arbitrary: word }, { weight: 1, arbitrary: noise }), { maxLength: 40 });
  const mutated = fc
    .tuple(fc.nat(samples.length - 1), fc.nat(samples.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([which, with_, changes]) => {
      const other = samples[with_] as Buffer;
      return changes.reduce((bytes, each) => applied(bytes, each, all, other), samples[which] as Buffer);
    });
  return (
    fc
      .oneof(
        { weight: 6, arbitrary: mutated },
        { weight: 2, arbitrary: soup.map((pieces) => Buffer.concat(pieces)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
      )
      // Memory of its own, as bytes come from a socket; a decoder that reads beyond its end would read another's bytes else.
      .map((bytes) => Buffer.from(bytes.subarray(0, MAX_BYTES)))
  );
}
