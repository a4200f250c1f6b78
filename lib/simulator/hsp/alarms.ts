/** The alarm channels of a device (hsp-wire.md §8): what the alertStream tells, as far as the binary face has a word for it. */
import { ByteWriter } from '../../codec/bytes';
import { sniff } from '../../codec/text';
import { numberAt, parseXml, textAt } from '../../codec/xml';
import type { Clock, Timer } from '../../clock';
import type { EventFields } from '../event-parts';
import { keepAlivePush, push, type Line } from './line';
import { STATUS } from './status';

/** Sign of life, about every 5 s. */
const KEEP_ALIVE_MS = 5_000;
/** Channels at one time; one more is refused. */
export const MAX_ALARM_CHANNELS = 16;

export interface Alarm {
  readonly type: number;
  /** As people count them. */
  readonly inputs: readonly number[];
  readonly channels: readonly number[];
  readonly disks: readonly number[];
}

type Subject = 'inputs' | 'channels' | 'disks' | 'none';

/** Words of the alertStream, lower case, with the number of the alarm and what it counts. */
const ALARMS: Readonly<Record<string, readonly [number, Subject]>> = {
  io: [0, 'inputs'],
  diskfull: [1, 'disks'],
  videoloss: [2, 'channels'],
  vmd: [3, 'channels'],
  diskunformat: [4, 'disks'],
  diskerror: [5, 'disks'],
  tamperdetection: [6, 'channels'],
  shelteralarm: [6, 'channels'],
  videomismatch: [7, 'channels'],
  illaccess: [8, 'none'],
  videoexception: [9, 'channels'],
  recordexception: [10, 'channels'],
  scenechangedetection: [11, 'channels'],
  raidfailure: [12, 'none'],
};

/**
 * The alarm behind an event message; null for an end, and for kinds that this face does not know. There is no push for an end:
 * it follows from silence.
 */
export function alarmOf(event: EventFields | string): Alarm | null {
  const said = typeof event === 'string' ? read(event) : fieldsOf(event);
  const known = said === null ? undefined : ALARMS[said.eventType.toLowerCase()];
  if (said === null || known === undefined || !said.isActive) return null;
  const [type, subject] = known;
  const these = (of: Subject, number: number | null) => (of === subject ? [number ?? 1] : []);
  return {
    type,
    inputs: these('inputs', said.input),
    channels: these('channels', said.channel),
    disks: these('disks', said.disk),
  };
}

interface Said {
  readonly eventType: string;
  readonly isActive: boolean;
  readonly channel: number | null;
  readonly input: number | null;
  readonly disk: number | null;
}

function fieldsOf(event: EventFields): Said {
  return {
    eventType: event.eventType,
    isActive: event.eventState !== 'inactive',
    channel: event.channel === undefined ? 1 : event.channel,
    input: event.inputPort ?? null,
    disk: null,
  };
}

/** A message that somebody else wrote. */
function read(text: string): Said | null {
  try {
    if (sniff(Buffer.from(text)) !== 'xml') return readJson(text);
    const message = parseXml(text);
    return {
      eventType: textAt(message, 'eventType') ?? '',
      isActive: textAt(message, 'eventState') !== 'inactive',
      channel: numberAt(message, 'dynChannelID') ?? numberAt(message, 'channelID'),
      input: numberAt(message, 'inputIOPortID') ?? numberAt(message, 'dynInputIOPortID'),
      disk: numberAt(message, 'diskID') ?? numberAt(message, 'hddId'),
    };
  } catch {
    return null; // it goes out on the alertStream as it is; here it means nothing
  }
}

function readJson(text: string): Said | null {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) return null;
  const fields = new Map<string, unknown>(Object.entries(message));
  const number = (name: string) => {
    const value = fields.get(name);
    return typeof value === 'number' ? value : null;
  };
  const eventType = fields.get('eventType');
  return {
    eventType: typeof eventType === 'string' ? eventType : '',
    isActive: fields.get('eventState') !== 'inactive',
    channel: number('channelID'),
    input: number('inputIOPortID'),
    disk: null,
  };
}

const INPUTS_BYTES = 32;
const BITMAP_BYTES = 16;

/** {108, 104} */
function pushV30(alarm: Alarm, deviceChannel: (channel: number) => number): Buffer {
  const body = new ByteWriter(100)
    .u32(alarm.type) // byte 8 of the frame
    .put(bitmap(alarm.inputs, INPUTS_BYTES)) // 12
    .put(bitmap([], BITMAP_BYTES)) // 44, outputs
    .put(bitmap([], BITMAP_BYTES)) // 60, recording channels
    .put(bitmap(alarm.channels.map(deviceChannel), BITMAP_BYTES)) // 76
    .put(bitmap(alarm.disks, BITMAP_BYTES)) // 92
    .done();
  return push(STATUS.alarmV30, body);
}

/** {32, 20}. It has one word for channels, so number 33 and above cannot be told: channels are sent as people count them. */
function pushOld(alarm: Alarm): Buffer {
  const body = new ByteWriter(24)
    .u32(alarm.type)
    .u32(alarm.inputs[0] ?? 0)
    .u32(0) // outputs
    .u32(0) // recording channels
    .u32(word(alarm.channels))
    .u32(word(alarm.disks))
    .done();
  return push(STATUS.alarm, body);
}

/** The lowest bit of the first byte is number 1. Numbers beyond the end are left out. */
function bitmap(numbers: readonly number[], sizeBytes: number): Buffer {
  const map = Buffer.alloc(sizeBytes);
  for (const number of numbers) {
    const index = number - 1;
    const byte = Math.floor(index / 8);
    if (byte >= 0 && byte < sizeBytes) map[byte] = (map[byte] ?? 0) | (1 << (index % 8));
  }
  return map;
}

function word(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => (number >= 1 && number <= 32 ? sum + 2 ** (number - 1) : sum), 0);
}

interface AlarmChannel {
  readonly line: Line;
  readonly version: 'V30' | 'old';
  timer: Timer | null;
}

export class AlarmChannels {
  private readonly open = new Set<AlarmChannel>();

  /** @param deviceChannel number on the wire of a channel as people count it. */
  constructor(
    private readonly clock: Clock,
    private readonly deviceChannel: (channel: number) => number,
  ) {}

  get count(): number {
    return this.open.size;
  }

  get isFull(): boolean {
    return this.open.size >= MAX_ALARM_CHANNELS;
  }

  /** @returns what ends it. */
  start(line: Line, version: 'V30' | 'old'): () => void {
    const channel: AlarmChannel = { line, version, timer: null };
    this.open.add(channel);
    this.arm(channel);
    return () => {
      channel.timer?.cancel();
      channel.timer = null;
      this.open.delete(channel);
    };
  }

  write(alarm: Alarm): void {
    for (const { line, version } of this.open) {
      const bytes = version === 'V30' ? pushV30(alarm, this.deviceChannel) : pushOld(alarm);
      line.send([{ bytes, kind: 'push' }], { end: false });
    }
  }

  private arm(channel: AlarmChannel): void {
    channel.timer = this.clock.after(KEEP_ALIVE_MS, () => {
      this.arm(channel);
      channel.line.send([{ bytes: keepAlivePush(), kind: 'push' }], { end: false });
    });
  }
}
