import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decodeG711, encodeG711, type G711Law } from '../../lib/codec/g711';
import { formatWav, isWav, parseWav, resampled, wavOfG711 } from '../../lib/codec/wav';
import { ProtocolError } from '../../lib/errors';
import { hex } from '../support/hex';

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

  /** A file of these chunks, written by hand. */
  const riff = (...chunks: [name: string, body: string][]) =>
    Buffer.concat([
      Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'),
      ...chunks.map(([name, body]) => {
        const bytes = hex(body);
        const size = Buffer.alloc(4);
        size.writeUInt32LE(bytes.length);
        return Buffer.concat([Buffer.from(name), size, bytes, Buffer.alloc(bytes.length % 2)]);
      }),
    ]);
  // 1 channel, 8,000 a second, 16,000 bytes a second, 2 bytes a sample, 16 bits
  const PCM16 = '0100 0100 401f0000 803e0000 0200 1000';

  it('is written with a head that says what it is', () => {
    const written = formatWav({ rateHz: 8_000, samples: Int16Array.from([1, -2]) });
    expect(written).toEqual(
      Buffer.concat([
        hex('52494646 28000000 57415645'),
        hex(`666d7420 10000000 ${PCM16}`),
        hex('64617461 04000000 0100 feff'),
      ]),
    );
  });

  it.each([
    ['PCM of 16 bits, with half a sample at its end', PCM16, '0100 feff 55', [1, -2]],
    ['PCM of 8 bits, which has no sign', '0100 0100 401f0000 401f0000 0100 0800', '00 80 ff', [-32_768, 0, 32_512]],
    ['µ-law', '0700 0100 401f0000 401f0000 0100 0800', 'ff 00', [0, -32_124]],
    ['A-law', '0600 0100 401f0000 401f0000 0100 0800', 'd5 2a', [8, -32_256]],
    [
      'PCM within an extensible head',
      'feff 0100 401f0000 803e0000 0200 1000 1600 1000 04000000 0100 000000001000800000aa00389b71',
      '0100',
      [1],
    ],
    [
      'three channels as their mean, without what is left over',
      '0100 0300 401f0000 80bb0000 0600 1000',
      '0100 0200 0400 0900',
      [2],
    ],
  ])('is read: %s', (_what, format, data, expected) => {
    expect([...parseWav(riff(['fmt ', format], ['data', data])).samples]).toEqual(expected);
  });

  it.each([
    ['no WAV file', Buffer.from('RIFX\0\0\0\0WAVE'), 0],
    ['another file of the family', Buffer.from('RIFF\0\0\0\0AVI '), 0],
    ['sound before its format', riff(['LIST', '0000'], ['data', '0100'], ['fmt ', PCM16]), 22],
    ['a format that is too short', riff(['fmt ', PCM16.slice(0, -2)], ['data', '0100']), 20],
    ['a format that is cut off', riff(['fmt ', PCM16]).subarray(0, -1), 20],
    ['a format alone', riff(['fmt ', PCM16]), 36],
    ['no channel', riff(['fmt ', PCM16.replace('0100 0100', '0100 0000')]), 22],
    ['nine channels', riff(['fmt ', PCM16.replace('0100 0100', '0100 0900')]), 22],
    ['3,999 samples a second', riff(['fmt ', PCM16.replace('401f0000', '9f0f0000')]), 24],
    ['192,001 samples a second', riff(['fmt ', PCM16.replace('401f0000', '01ee0200')]), 24],
    ['PCM of 24 bits', riff(['fmt ', PCM16.replace('0200 1000', '0300 1800')]), 20],
    ['MP3', riff(['fmt ', PCM16.replace('0100 0100', '5500 0100')]), 20],
    ['an extensible head without its format', riff(['fmt ', PCM16.replace('0100 0100', 'feff 0100')]), 20],
  ])('is refused where the sense is lost: %s', (_what, bytes, offset) => {
    expect(() => parseWav(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError', offset }) as Error);
  });

  it('may have one to eight channels and 4,000 to 192,000 samples a second', () => {
    const data: [string, string] = ['data', '0800'.repeat(8)];
    expect(parseWav(riff(['fmt ', PCM16.replace('0100 0100', '0100 0800')], data)).samples).toEqual(Int16Array.of(8));
    expect(parseWav(riff(['fmt ', PCM16.replace('401f0000', 'a00f0000')], data)).rateHz).toBe(4_000);
    expect(parseWav(riff(['fmt ', PCM16.replace('401f0000', '00ee0200')], data)).rateHz).toBe(192_000);
  });

  it('is averaged where the rate falls, and drawn as a line where it rises', () => {
    const rate = (from: number, to: number, ...heights: number[]) => [
      ...resampled({ rateHz: from, samples: Int16Array.from(heights) }, to).samples,
    ];
    expect(rate(16_000, 8_000, 0, 100, 200, 400, 7)).toEqual([50, 300]);
    expect(rate(12_000, 8_000, 0, 30, 60)).toEqual([0, 45]);
    expect(rate(8_000, 16_000, 0, 100)).toEqual([0, 50, 100, 100]);
    expect(rate(8_000, 8_000, 1, 2, 3)).toEqual([1, 2, 3]);
    expect(resampled({ rateHz: 16_000, samples: Int16Array.of(1, 1) }, 8_000).rateHz).toBe(8_000);
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
