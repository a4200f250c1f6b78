/** WAV files: sound with a head that says what it is. */
import { ProtocolError } from '../errors';
import { decodeG711, G711_RATE_HZ, type G711Law } from './g711';

/** Sound as samples of one channel, 16 bits each. */
export interface Sound {
  readonly rateHz: number;
  readonly samples: Int16Array;
}

const HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const FORMAT_BYTES = 16;
/** `wFormatTag`: what the samples are. */
const FORMATS = { pcm: 1, alaw: 6, ulaw: 7, extensible: 0xfffe } as const;
/** Where the true format of an extensible head stands. */
const SUB_FORMAT_AT = 24;

/** Does it begin like a WAV file? */
export function isWav(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString('latin1');
  return head.startsWith('RIFF') && head.slice(8) === 'WAVE';
}

/**
 * The sound in a WAV file: PCM of 8 or 16 bits, or G.711, any number of channels, which are mixed into one.
 *
 * @throws ProtocolError with the byte where the sense was lost.
 */
export function parseWav(bytes: Buffer): Sound {
  if (!isWav(bytes)) throw new ProtocolError('this is no WAV file', 0);
  let format: Format | null = null;
  for (let at = HEAD_BYTES; at + CHUNK_HEAD_BYTES <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const start = at + CHUNK_HEAD_BYTES;
    if (name === 'fmt ') format = formatAt(bytes, start, size);
    if (name === 'data') {
      if (format === null) throw new ProtocolError('the sound of a WAV file comes before its format', at);
      // Recorders that write as they go leave 0 or the largest number: the sound is what there is.
      const end = size === 0 ? bytes.length : Math.min(bytes.length, start + size);
      return { rateHz: format.rateHz, samples: mixed(samplesOf(bytes.subarray(start, end), format), format.channels) };
    }
    // Chunks begin at even places.
    at = start + size + (size % 2);
  }
  throw new ProtocolError('a WAV file without sound', bytes.length);
}

interface Format {
  readonly kind: 'pcm8' | 'pcm16' | G711Law;
  readonly channels: number;
  readonly rateHz: number;
}

function formatAt(bytes: Buffer, at: number, size: number): Format {
  if (size < FORMAT_BYTES || at + size > bytes.length)
    throw new ProtocolError('the format of a WAV file is cut off', at);
  const tag = bytes.readUInt16LE(at);
  const channels = bytes.readUInt16LE(at + 2);
  const rateHz = bytes.readUInt32LE(at + 4);
  const bits = bytes.readUInt16LE(at + 14);
  if (channels < 1 || channels > 8) throw new ProtocolError(`a WAV file of ${channels} channels`, at + 2);
  if (rateHz < 4_000 || rateHz > 192_000) throw new ProtocolError(`a WAV file of ${rateHz} samples a second`, at + 4);
  const isExtensible = tag === FORMATS.extensible && size >= SUB_FORMAT_AT + 2;
  const kind = kindOf(isExtensible ? bytes.readUInt16LE(at + SUB_FORMAT_AT) : tag, bits);
  if (kind === null)
    throw new ProtocolError(`a WAV file of format ${tag} with ${bits} bits; PCM or G.711 is taken`, at);
  return { kind, channels, rateHz };
}

function kindOf(tag: number, bits: number): Format['kind'] | null {
  if (tag === FORMATS.pcm && bits === 16) return 'pcm16';
  if (tag === FORMATS.pcm && bits === 8) return 'pcm8';
  if (tag === FORMATS.ulaw) return 'ulaw';
  return tag === FORMATS.alaw ? 'alaw' : null;
}

function samplesOf(data: Buffer, { kind }: Format): Int16Array {
  switch (kind) {
    case 'pcm16': {
      const samples = new Int16Array(data.length >> 1);
      for (let at = 0; at < samples.length; at++) samples[at] = data.readInt16LE(at * 2);
      return samples;
    }
    case 'pcm8':
      // Without a sign, around 128.
      return Int16Array.from(data, (byte) => (byte - 128) << 8);
    default:
      return decodeG711(data, kind);
  }
}

function mixed(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let at = 0; at < mono.length; at++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[at * channels + channel] as number;
    mono[at] = Math.round(sum / channels);
  }
  return mono;
}

/** The same sound at another rate. Of a higher rate the samples between two are averaged, which keeps hiss from becoming whistle. */
export function resampled({ rateHz, samples }: Sound, toHz: number): Sound {
  if (rateHz === toHz) return { rateHz, samples };
  const step = rateHz / toHz;
  const result = new Int16Array(Math.floor(samples.length / step));
  for (let at = 0; at < result.length; at++) {
    result[at] = step > 1 ? averageOf(samples, at * step, (at + 1) * step) : between(samples, at * step);
  }
  return { rateHz: toHz, samples: result };
}

function averageOf(samples: Int16Array, from: number, to: number): number {
  const first = Math.floor(from);
  const last = Math.max(first + 1, Math.min(samples.length, Math.floor(to)));
  let sum = 0;
  for (let at = first; at < last; at++) sum += samples[at] as number;
  return Math.round(sum / (last - first));
}

function between(samples: Int16Array, at: number): number {
  const before = Math.floor(at);
  const left = samples[before] as number;
  const right = samples[Math.min(samples.length - 1, before + 1)] as number;
  return Math.round(left + (right - left) * (at - before));
}

/** A WAV file of one channel, PCM of 16 bits. */
export function formatWav({ rateHz, samples }: Sound): Buffer {
  const dataBytes = samples.length * 2;
  const file = Buffer.alloc(HEAD_BYTES + CHUNK_HEAD_BYTES + FORMAT_BYTES + CHUNK_HEAD_BYTES + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(FORMAT_BYTES, 16);
  file.writeUInt16LE(FORMATS.pcm, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rateHz, 24);
  file.writeUInt32LE(rateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (let at = 0; at < samples.length; at++) file.writeInt16LE(samples[at] as number, 44 + at * 2);
  return file;
}

/** What was said in G.711, as a WAV file. */
export function wavOfG711(bytes: Uint8Array, law: G711Law): Buffer {
  return formatWav({ rateHz: G711_RATE_HZ, samples: decodeG711(bytes, law) });
}
