/**
 * Random and mutated bytes into every decoder: a value or a ProtocolError with an offset inside the input, in bounded time and
 * memory. 100,000 cases and more.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decode, encode, type Struct } from '../../../lib/codec/layout';
import { ProtocolError } from '../../../lib/errors';
import { hspDecoders, hspLayouts, hspSamples } from '../../fuzz/hsp';

const RANDOM_RUNS = 2_200;
const MUTATED_RUNS = 2_200;
let cases = 0;

function totally(decoder: (bytes: Buffer) => unknown, bytes: Buffer): void {
  cases++;
  try {
    decoder(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    assert.ok(Number.isInteger(error.offset) && error.offset >= 0 && error.offset <= bytes.length, error.message);
  }
}

/** A sound frame with some bytes replaced, cut or lengthened, sometimes with its length put right again. */
const mutated = fc
  .record({
    which: fc.nat(hspSamples.length - 1),
    changes: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
    cutTo: fc.option(fc.nat(300), { freq: 3 }),
    tail: fc.uint8Array({ maxLength: 12 }),
    honest: fc.boolean(),
  })
  .map(({ which, changes, cutTo, tail, honest }) => {
    const bytes = Buffer.concat([(hspSamples[which] as Buffer).subarray(0, cutTo ?? undefined), tail]);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    if (honest && bytes.length >= 4) bytes.writeUInt32BE(bytes.length);
    return bytes;
  });

const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('decoders', () => {
  for (const [name, decoder] of Object.entries(hspDecoders)) {
    it(`${name}: a value or a ProtocolError`, () => {
      fc.assert(
        fc.property(random, (bytes) => totally(decoder, bytes)),
        { numRuns: RANDOM_RUNS },
      );
      fc.assert(
        fc.property(mutated, (bytes) => totally(decoder, bytes)),
        { numRuns: MUTATED_RUNS },
      );
    }, 60_000);
  }

  it('were tried with 100,000 cases and more', () => assert.ok(cases >= 100_000, `${cases}`));
});

describe('structures', () => {
  for (const layout of hspLayouts) {
    it(`${layout.name}: what was decoded is encoded to bytes that decode to the same`, () => {
      const bytes = fc.uint8Array({ minLength: layout.sizeBytes, maxLength: layout.sizeBytes + 4 });
      fc.assert(
        fc.property(bytes, (random) => {
          const value = decodedOrNull(layout, Buffer.from(random));
          if (value === null || hasOddText(value)) return;
          assert.deepEqual(decode(layout, encode(layout, value as never)), value);
        }),
        { numRuns: 100 },
      );
    });
  }
});

function decodedOrNull(layout: Struct, bytes: Buffer): Record<string, unknown> | null {
  try {
    return decode(layout, bytes);
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    return null;
  }
}

/** Text of a device that was not UTF-8 is not written back as it came, and may not fit. */
function hasOddText(value: unknown): boolean {
  if (typeof value === 'string') return /[^\x20-\x7e]/.test(value);
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasOddText);
}
