/**
 * Random and mutated bytes into every decoder: a value or a ProtocolError with an offset inside the input, in bounded time and
 * memory. 100,000 cases and more.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decodePush } from '../../../lib/codec/alarm';
import { decodeCapture } from '../../../lib/codec/capture';
import { decodeLoginFrame, decodePushFrame, decodeReply, decodeRequest, FRAME_HEADERS } from '../../../lib/codec/frame';
import { Framer } from '../../../lib/codec/framer';
import { decode, encode, type Struct } from '../../../lib/codec/layout';
import {
  challengeText,
  decodeChallenge,
  decodeLoginReply,
  decodeLoginRequest1,
  decodeLoginRequest2,
} from '../../../lib/codec/login-messages';
import { decodeAnswer, decodeMessage } from '../../../lib/codec/message';
import { decodePassThrough, passThroughDocument } from '../../../lib/codec/pass-through';
import { allStructures } from '../../../lib/codec/structs';
import { ProtocolError } from '../../../lib/errors';
import vectors from '../../fixtures/hsp-vectors.json';
import { hex } from '../../support/hex';
import { alarmV30, be32, join, push, reply, request, time, zeros } from '../../support/wire';

const RANDOM_RUNS = 2_200;
const MUTATED_RUNS = 2_200;
let cases = 0;

const structures = allStructures();
const layouts = [...structures, ...(Object.values(FRAME_HEADERS) as unknown as Struct[])];

const sound: Buffer[] = [
  hex(vectors.controlFrame.hex),
  hex(vectors.loginStep1.hex),
  hex(vectors.login.step2),
  hex(vectors.frames.stdxmlGetDeviceInfo),
  hex(vectors.frames.stdxmlGetDeviceInfo).subarray(32),
  hex(vectors.alarm.motionCh1V30),
  hex(vectors.shortAck.hex),
  alarmV30({ type: 0, inputs: [1, 2, 3], disks: [4] }),
  reply(1, '<DeviceInfo version="2.0"/>'),
  join(be32(208), be32(7), be32(1), be32(0x05013d4b), zeros(192)),
  join(be32(76), be32(7), be32(100), be32(0x05013d4b), 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', zeros(16)),
  join(be32(108), be32(7), be32(1), be32(0x05013d4b), be32(9), zeros(88)),
  push(27, join(zeros(100), time(2026, 7, 15, 20, 30, 5), time(2026, 7, 15, 20, 31, 5), be32(1))),
  request({ command: 0x030200, body: join(be32(1), be32(21), be32(0)) }),
];

const decoders: Record<string, (bytes: Buffer) => unknown> = {
  decodeRequest,
  decodeLoginFrame,
  decodePushFrame,
  decodeReply: (bytes) => decodeReply(bytes, 'all'),
  'decodeReply without checksum': (bytes) => decodeReply(bytes, 'none'),
  decodeMessage,
  decodeAnswer: (bytes) => decodeAnswer(0x030009, bytes),
  decodePush,
  decodeChallenge,
  decodeLoginReply,
  decodeLoginRequest1,
  decodeLoginRequest2,
  challengeText,
  decodePassThrough,
  passThroughDocument,
  'decodeCapture of bytes': (bytes) => [...decodeCapture(bytes)],
  'decodeCapture of text': (bytes) => [...decodeCapture(bytes.toString('latin1'))],
  Framer: (bytes) => new Framer().push(bytes),
  ...Object.fromEntries(layouts.map((layout) => [`decode ${layout.name}`, (bytes: Buffer) => decode(layout, bytes)])),
};

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
    which: fc.nat(sound.length - 1),
    changes: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
    cutTo: fc.option(fc.nat(300), { freq: 3 }),
    tail: fc.uint8Array({ maxLength: 12 }),
    honest: fc.boolean(),
  })
  .map(({ which, changes, cutTo, tail, honest }) => {
    const bytes = Buffer.concat([(sound[which] as Buffer).subarray(0, cutTo ?? undefined), tail]);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    if (honest && bytes.length >= 4) bytes.writeUInt32BE(bytes.length);
    return bytes;
  });

const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('decoders', () => {
  for (const [name, decoder] of Object.entries(decoders)) {
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
  for (const layout of layouts) {
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
