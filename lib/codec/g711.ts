/** G.711, the sound of telephones and of two-way audio: 8,000 samples a second, one byte each (ITU-T G.711). */

export type G711Law = 'ulaw' | 'alaw';

export const G711_RATE_HZ = 8_000;

/** PCM samples of 16 bits, in this machine's order, into bytes. */
export function encodeG711(samples: Int16Array, law: G711Law): Buffer {
  const encodeSample = law === 'ulaw' ? ulawOf : alawOf;
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let at = 0; at < samples.length; at++) bytes[at] = encodeSample(samples[at] as number);
  return bytes;
}

export function decodeG711(bytes: Uint8Array, law: G711Law): Int16Array {
  const decodeByte = law === 'ulaw' ? sampleOfUlaw : sampleOfAlaw;
  return Int16Array.from(bytes, decodeByte);
}

/** Added before the logarithm is taken, so that the smallest step is a whole one; of 14 bits when coding, of 16 when decoding. */
const ULAW_BIAS_14 = 0x21;
const ULAW_BIAS = 0x84;
const ULAW_MOST_14 = 0x1fff;

function ulawOf(sample: number): number {
  // The recommendation counts in 14 bits.
  const value = sample >> 2;
  const size = Math.min(ULAW_MOST_14, Math.abs(value) + ULAW_BIAS_14);
  const exponent = 26 - Math.clz32(size);
  const mantissa = (size >> (exponent + 1)) & 0x0f;
  // All bits are sent inverted, so that silence is no run of zeros.
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

function sampleOfUlaw(byte: number): number {
  const bits = ~byte & 0xff;
  const exponent = (bits >> 4) & 0x07;
  const size = ((((bits & 0x0f) << 3) + ULAW_BIAS) << exponent) - ULAW_BIAS;
  return (bits & 0x80) === 0 ? size : -size;
}

/** Every other bit is sent inverted. */
const ALAW_MASK = 0x55;

function alawOf(sample: number): number {
  // One step below zero for negative samples, as the recommendation counts them.
  const size = Math.min(32_767, sample < 0 ? ~sample : sample) >> 3;
  const exponent = size < 0x20 ? 0 : 27 - Math.clz32(size);
  const mantissa = exponent === 0 ? (size >> 1) & 0x0f : (size >> exponent) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ ALAW_MASK;
}

function sampleOfAlaw(byte: number): number {
  const bits = byte ^ ALAW_MASK;
  const exponent = (bits >> 4) & 0x07;
  const step = ((bits & 0x0f) << 4) + 8;
  const size = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return (bits & 0x80) === 0 ? -size : size;
}
