import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decodeG711, encodeG711, type G711Law } from '../../lib/codec/g711';
import { formatWav, isWav, parseWav, resampled, wavOfG711 } from '../../lib/codec/wav';
import { ProtocolError } from '../../lib/errors';

const every = Int16Array.from({ length: 65_536 }, (_, at) => at - 32_768);

describe('G.711', () => {
  // Hashes over all samples as the `audioop` of Python 3.11, an independent implementation gives them (external).
  it.each([
    ['ulaw', '81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a'],
    ['alaw', '38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b'],
  ] as const)('%s of every sample is that of the recommendation', (law, expected) => {
    expect(createHash('sha256').update(encodeG711(every, law)).digest('hex')).toBe(expected);
  });

  it('knows the corners', () => {
    const samples = (law: G711Law, ...bytes: number[]) => [...decodeG711(Uint8Array.from(bytes), law)];
    expect(samples('ulaw', 0xff, 0x80, 0x00)).toEqual([0, 32_124, -32_124]);
    expect(samples('alaw', 0xd5, 0x55, 0xaa, 0x2a)).toEqual([8, -8, 32_256, -32_256]);
  });

  it.each(['ulaw', 'alaw'] as const)('%s gives every byte back', (law) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const again = encodeG711(decodeG711(bytes, law), law);
    // Of the two zeros of µ-law one is enough.
    expect([...again].filter((byte, at) => byte !== bytes[at])).toEqual(law === 'ulaw' ? [0xff] : []);
  });
});

describe('WAV', () => {
  const samples = Int16Array.from([0, 1_000, -1_000, 32_767, -32_768]);
  const file = formatWav({ rateHz: 16_000, samples });

  it('is read as it was written', () => {
    expect(isWav(file)).toBe(true);
    expect(parseWav(file)).toEqual({ rateHz: 16_000, samples });
    expect(parseWav(wavOfG711(Buffer.from([0xff, 0x00]), 'ulaw')).samples).toEqual(Int16Array.from([0, -32_124]));
  });

  it('mixes channels, skips other chunks, and takes a length that was left open', () => {
    const stereo = Buffer.from(file);
    stereo.writeUInt16LE(2, 22);
    expect([...parseWav(stereo).samples]).toEqual([500, 15_884]);
    const list = Buffer.from('4c495354030000004142430000000000', 'hex').subarray(0, 12);
    const extra = Buffer.concat([file.subarray(0, 12), list, file.subarray(12)]);
    expect(parseWav(extra).samples).toEqual(samples);
    for (const length of [0, 0xffff_ffff]) {
      const open = Buffer.from(file);
      open.writeUInt32LE(length, 40);
      expect(parseWav(open).samples).toEqual(samples);
    }
  });

  it('changes the rate without changing the length in time', () => {
    const slow = resampled({ rateHz: 48_000, samples: new Int16Array(48_000).fill(100) }, 8_000);
    expect([slow.samples.length, slow.samples[500]]).toEqual([8_000, 100]);
    const fast = resampled({ rateHz: 4_000, samples: Int16Array.from([0, 100, 200]) }, 8_000);
    expect([...fast.samples]).toEqual([0, 50, 100, 150, 200, 200]);
  });

  it('ends random and damaged bytes in sound or in a ProtocolError', () => {
    const total = (bytes: Uint8Array) => {
      try {
        return parseWav(Buffer.from(bytes)).samples.length >= 0;
      } catch (error) {
        return error instanceof ProtocolError;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), total), { numRuns: 2_000 });
    const damage = fc.tuple(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length));
    const damaged = ([at, byte, cut]: [number, number, number]) => {
      const bytes = Buffer.from(file);
      bytes[at] = byte;
      return total(bytes.subarray(0, cut));
    };
    fc.assert(fc.property(damage, damaged), { numRuns: 5_000 });
  });
});
