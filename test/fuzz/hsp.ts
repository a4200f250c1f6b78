/** What reads bytes of the command port, and sound bytes for it. One list for the fuzzing of the codec and for the soak. */
import { decodePush } from '../../lib/codec/alarm';
import { decodeCapture } from '../../lib/codec/capture';
import { decodeLoginFrame, decodePushFrame, decodeReply, decodeRequest, FRAME_HEADERS } from '../../lib/codec/frame';
import { Framer } from '../../lib/codec/framer';
import { decode, type Struct } from '../../lib/codec/layout';
import {
  challengeText,
  decodeChallenge,
  decodeLoginReply,
  decodeLoginRequest1,
  decodeLoginRequest2,
} from '../../lib/codec/login-messages';
import { decodeAnswer, decodeMessage } from '../../lib/codec/message';
import { decodePassThrough, passThroughDocument } from '../../lib/codec/pass-through';
import { allStructures } from '../../lib/codec/structs';
import vectors from '../fixtures/hsp-vectors.json';
import { hex } from '../support/hex';
import { alarmV30, be32, join, push, reply, request, time, zeros } from '../support/wire';

export const hspLayouts: readonly Struct[] = [
  ...allStructures(),
  ...(Object.values(FRAME_HEADERS) as unknown as Struct[]),
];

export const hspSamples: readonly Buffer[] = [
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

/** Each gives a value or throws a ProtocolError with the place in the bytes. */
export const hspDecoders: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
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
  ...Object.fromEntries(
    hspLayouts.map((layout) => [`decode ${layout.name}`, (bytes: Buffer) => decode(layout, bytes)]),
  ),
};
