/**
 * How fast alarm pushes are decoded: our framer and decoder, against DataView code written by hand for this one frame, and
 * against copying the same bytes. All three get the same chunks, as a socket would hand them over.
 */
import { decodePush } from '../../lib/codec/alarm';
import { Framer } from '../../lib/codec/framer';
import { alarmV30 } from '../support/wire';

const FRAME_BYTES = 108;
/** A socket hands over up to 64 KB at once. */
const CHUNK_BYTES = 65_536;

export interface FrameBench {
  readonly framesPerSecond: { readonly ours: number; readonly byHand: number; readonly copy: number };
  /** Ours as a part of the code written by hand; aim 0.7 or better. */
  readonly ratioToByHand: number;
  /** Ours as a part of what `Buffer.copy` of the same bytes allows. */
  readonly shareOfCopy: number;
  readonly frames: number;
}

/** Chunks of whole and cut frames with alarms of all kinds. */
function alarmChunks(frames: number): Buffer[] {
  const stream = Buffer.concat(
    Array.from({ length: frames }, (_, index) => {
      const number = (index % 32) + 1;
      return index % 8 === 0
        ? alarmV30({ type: 0, inputs: [number], outputs: [1], recording: [number] })
        : alarmV30({ type: 3, channels: index % 3 === 0 ? [number, 64] : [number] });
    }),
  );
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += CHUNK_BYTES) chunks.push(stream.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

function ours(chunks: readonly Buffer[]): number {
  const framer = new Framer();
  let seen = 0;
  for (const chunk of chunks) {
    framer.read(chunk, (bytes, start, end) => {
      const message = decodePush(bytes, start, end);
      if (message.type === 'alarm') seen += message.channels.length + message.alarmInputs.length;
    });
  }
  return seen;
}

interface AlarmByHand {
  alarmType: number;
  alarmInputs: number[];
  alarmOutputs: number[];
  recordingChannels: number[];
  channels: number[];
  disks: number[];
}

/** Bitmaps word by word; within a word the lowest bit of its first byte comes first. */
function bitsByHand(view: DataView, at: number, words: number): number[] {
  const numbers: number[] = [];
  for (let index = 0; index < words; index++) {
    let bits = view.getUint32(at + 4 * index, true);
    for (let number = 32 * index + 1; bits !== 0; number++, bits >>>= 1) if (bits & 1) numbers.push(number);
  }
  return numbers;
}

function decodeByHand(view: DataView, at: number): AlarmByHand | undefined {
  if (view.getUint32(at + 4) !== 104) return undefined;
  return {
    alarmType: view.getUint32(at + 8),
    alarmInputs: bitsByHand(view, at + 12, 8),
    alarmOutputs: bitsByHand(view, at + 44, 4),
    recordingChannels: bitsByHand(view, at + 60, 4),
    channels: bitsByHand(view, at + 76, 4),
    disks: bitsByHand(view, at + 92, 4),
  };
}

/** What somebody writes who needs exactly this: frames in one chunk in place, the cut one put together. */
function byHand(chunks: readonly Buffer[]): number {
  let seen = 0;
  let left: Buffer = Buffer.alloc(0);
  const take = (view: DataView, at: number): void => {
    const alarm = decodeByHand(view, at);
    if (alarm !== undefined) seen += alarm.channels.length + alarm.alarmInputs.length;
  };
  for (const chunk of chunks) {
    let at = 0;
    if (left.length > 0) {
      at = FRAME_BYTES - left.length;
      const whole = Buffer.concat([left, chunk.subarray(0, at)]);
      take(new DataView(whole.buffer, whole.byteOffset, whole.length), 0);
    }
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    while (at + 4 <= chunk.length) {
      const length = view.getUint32(at);
      if (at + length > chunk.length) break;
      take(view, at);
      at += length;
    }
    left = chunk.subarray(at);
  }
  return seen;
}

const copyTarget = Buffer.alloc(CHUNK_BYTES);

function copy(chunks: readonly Buffer[]): number {
  let seen = 0;
  for (const chunk of chunks) {
    for (let at = 0; at + FRAME_BYTES <= chunk.length; at += FRAME_BYTES) {
      seen += chunk.copy(copyTarget, at, at, at + FRAME_BYTES);
    }
  }
  return seen;
}

/** Runs all three in turn, `rounds` times, and takes the best of each, so that a busy machine does not decide. */
export function benchFrames(frames = 100_000, rounds = 9): FrameBench {
  const chunks = alarmChunks(frames);
  if (ours(chunks) !== byHand(chunks)) throw new Error('the two decoders disagree');
  const best = { ours: 0, byHand: 0, copy: 0 };
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of [
      ['ours', ours],
      ['byHand', byHand],
      ['copy', copy],
    ] as const) {
      const begin = performance.now();
      run(chunks);
      best[name] = Math.max(best[name], (1000 * frames) / (performance.now() - begin));
    }
  }
  const two = (value: number) => Math.round(100 * value) / 100;
  return {
    framesPerSecond: {
      ours: Math.round(best.ours),
      byHand: Math.round(best.byHand),
      copy: Math.round(best.copy),
    },
    ratioToByHand: two(best.ours / best.byHand),
    shareOfCopy: two(best.ours / best.copy),
    frames,
  };
}
