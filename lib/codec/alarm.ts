/** What a device sends by itself on the alarm channel, and the lists of recordings, which come the same way. */
import { ProtocolError } from '../errors';
import { bitmapAt, bitsOf, bufferOf, u32At, viewOf } from './bytes';
import { encodePush, pushHeader } from './frame';
import { decode, encode, offsetsOf, type Confidence, type GivenOf, type ValueOf } from './layout';
import { RET_VAL } from './message';
import { fileRecord, fileRecordV10, netDvrAlarmInfo, netDvrAlarmInfoV30 } from './structs';

/* Types of alarm */

/** What the numbers of an alarm count. */
export type AlarmSubject = 'alarmInputs' | 'channels' | 'disks' | 'device';

export interface AlarmType {
  readonly name: string;
  /** The word that the alertStream uses for the same thing. */
  readonly eventType: string;
  readonly subject: AlarmSubject;
  readonly confidence: Confidence;
}

const alarmType = (
  name: string,
  eventType: string,
  subject: AlarmSubject,
  confidence: Confidence = 'H',
): AlarmType => ({
  name,
  eventType,
  subject,
  confidence,
});

/** Alarm types by number. */
export const ALARM_TYPES: Readonly<Record<number, AlarmType>> = {
  0: alarmType('alarmInput', 'IO', 'alarmInputs'),
  1: alarmType('diskFull', 'diskfull', 'disks'),
  2: alarmType('videoLoss', 'videoloss', 'channels'),
  3: alarmType('motion', 'VMD', 'channels'),
  4: alarmType('diskUnformatted', 'diskunformat', 'disks'),
  5: alarmType('diskError', 'diskerror', 'disks'),
  6: alarmType('tamper', 'tamperdetection', 'channels'),
  7: alarmType('standardMismatch', 'videomismatch', 'channels'),
  8: alarmType('illegalAccess', 'illaccess', 'device'),
  9: alarmType('videoAbnormal', 'videoexception', 'channels', 'M'),
  10: alarmType('recordingAbnormal', 'recordexception', 'channels', 'M'),
  11: alarmType('sceneChange', 'scenechangedetection', 'channels', 'M'),
  12: alarmType('arrayAbnormal', 'raidfailure', 'device', 'M'),
};

/* Messages */

export interface AlarmMessage {
  readonly type: 'alarm';
  readonly version: 'V30' | 'old';
  /** See {@link ALARM_TYPES}. */
  readonly alarmType: number;
  /** Numbers from 1, as people count. The older form names one input only, as the device counts it. */
  readonly alarmInputs: readonly number[];
  readonly alarmOutputs: readonly number[];
  readonly recordingChannels: readonly number[];
  readonly channels: readonly number[];
  readonly disks: readonly number[];
  /** Bytes behind the known part; null where there are none. */
  readonly raw: Buffer | null;
}

export interface FileRecord {
  readonly type: 'file';
  readonly record: ValueOf<typeof fileRecordV10.shape> | ValueOf<typeof fileRecord.shape>;
}

export type PushMessage =
  | AlarmMessage
  | FileRecord
  | { readonly type: 'keepAlive' }
  | { readonly type: 'wait' }
  | { readonly type: 'listEnd' }
  /** A status that says that nothing more comes: refused, no such session, ... */
  | { readonly type: 'other'; readonly status: number; readonly body: Buffer };

const KEEP_ALIVE: PushMessage = Object.freeze({ type: 'keepAlive' });
const WAIT: PushMessage = Object.freeze({ type: 'wait' });
const LIST_END: PushMessage = Object.freeze({ type: 'listEnd' });

const HEADER = pushHeader.sizeBytes;
const STATUS_AT = offsetsOf(pushHeader).status;
const V30 = offsetsOf(netDvrAlarmInfoV30);
const V30_BYTES = HEADER + netDvrAlarmInfoV30.sizeBytes;
const OLD = offsetsOf(netDvrAlarmInfo);
const OLD_BYTES = HEADER + netDvrAlarmInfo.sizeBytes;
const INPUTS_BYTES = netDvrAlarmInfoV30.shape.alarmInputs.sizeBytes;
const BITMAP_BYTES = netDvrAlarmInfoV30.shape.channels.sizeBytes;

/**
 * One push, from `start` to `end` (exclusive) of `bytes`; its length has been checked by the framer. Alarms are the hot path
 * of this codec: offsets come from the layouts, but the object is made here, so that its shape is known to the compiler.
 *
 * @throws ProtocolError when an alarm or a record is shorter than it must be.
 */
export function decodePush(bytes: Uint8Array, start = 0, end = bytes.length): PushMessage {
  const length = end - start;
  if (length < HEADER || end > bytes.length || start < 0) throw new ProtocolError('the push is cut off', start);
  const status = u32At(bytes, start + STATUS_AT);
  switch (status) {
    case RET_VAL.alarmV30:
      return alarmV30(bytes, start, end);
    case RET_VAL.alarm:
      return alarmOld(bytes, start, end);
    case RET_VAL.keepAlive:
      return KEEP_ALIVE;
    case RET_VAL.wait:
      return WAIT;
    case RET_VAL.listEnd:
      return LIST_END;
    case RET_VAL.fileInfo:
      return { type: 'file', record: recordIn(bufferOf(bytes, start + HEADER, end)) };
    default:
      return { type: 'other', status, body: bufferOf(bytes, start + HEADER, end) };
  }
}

function alarmV30(bytes: Uint8Array, start: number, end: number): AlarmMessage {
  if (end - start < V30_BYTES) throw new ProtocolError(`a V30 alarm of ${end - start} bytes`, end);
  const view = viewOf(bytes);
  const at = bytes.byteOffset + start + HEADER;
  return {
    type: 'alarm',
    version: 'V30',
    alarmType: view.getUint32(at + V30.alarmType),
    alarmInputs: bitmapAt(view, at + V30.alarmInputs, INPUTS_BYTES),
    alarmOutputs: bitmapAt(view, at + V30.alarmOutputs, BITMAP_BYTES),
    recordingChannels: bitmapAt(view, at + V30.recordingChannels, BITMAP_BYTES),
    channels: bitmapAt(view, at + V30.channels, BITMAP_BYTES),
    disks: bitmapAt(view, at + V30.disks, BITMAP_BYTES),
    raw: end - start === V30_BYTES ? null : bufferOf(bytes, start + V30_BYTES, end),
  };
}

function alarmOld(bytes: Uint8Array, start: number, end: number): AlarmMessage {
  if (end - start < OLD_BYTES) throw new ProtocolError(`an alarm of ${end - start} bytes`, end);
  const at = start + HEADER;
  const type = u32At(bytes, at + OLD.alarmType);
  return {
    type: 'alarm',
    version: 'old',
    alarmType: type,
    // The field is a number, not a bitmap, and means something only where the alarm is about an input.
    alarmInputs: ALARM_TYPES[type]?.subject === 'alarmInputs' ? [u32At(bytes, at + OLD.alarmInput)] : [],
    alarmOutputs: bitsOf(u32At(bytes, at + OLD.alarmOutputs)),
    recordingChannels: bitsOf(u32At(bytes, at + OLD.recordingChannels)),
    channels: bitsOf(u32At(bytes, at + OLD.channels)),
    disks: bitsOf(u32At(bytes, at + OLD.disks)),
    raw: end - start === OLD_BYTES ? null : bufferOf(bytes, start + OLD_BYTES, end),
  };
}

function recordIn(body: Buffer): FileRecord['record'] {
  return body.length >= fileRecord.sizeBytes ? decode(fileRecord, body) : decode(fileRecordV10, body);
}

/** The numbers that an alarm is about: channels, inputs or disks; empty when it is about the device, or does not say. */
export function subjectsOf(alarm: AlarmMessage): readonly number[] {
  const subject = ALARM_TYPES[alarm.alarmType]?.subject ?? 'device';
  return subject === 'device' ? [] : alarm[subject];
}

/* Writing, for the device side */

export function encodeAlarmV30(value: GivenOf<typeof netDvrAlarmInfoV30.shape>): Buffer {
  return encodePush(RET_VAL.alarmV30, encode(netDvrAlarmInfoV30, value));
}

export function encodeAlarm(value: GivenOf<typeof netDvrAlarmInfo.shape>): Buffer {
  return encodePush(RET_VAL.alarm, encode(netDvrAlarmInfo, value));
}

export function encodeKeepAlivePush(): Buffer {
  return encodePush(RET_VAL.keepAlive);
}
