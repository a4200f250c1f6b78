/**
 * Alarms of the command port become notices, so that they make the same events and edges as the alertStream. Every message lists
 * what is active, by channel, alarm input or disk, and is repeated while it lasts; there is no word for the end, so silence ends
 * it, or a message of the same type that lists nothing.
 */
import { ALARM_TYPES, subjectsOf, type AlarmMessage } from '../codec/alarm';
import { completeDetails } from './details';
import type { Notice, Picture } from './event';
import { kindOf, type EventKind } from './kinds';

/** Types that are remembered as running; the table has thirteen, a device may invent more. */
const MAX_RUNNING_TYPES = 64;

interface Subject {
  readonly channel: number | null;
  readonly rawChannel: number | null;
  readonly subject: string | null;
}

export class AlarmNotices {
  /** What the last message of each type listed. */
  private readonly running = new Map<number, Map<string, Subject>>();

  /** @param channelOf the channel as people count it, from the number in the message. */
  constructor(private readonly channelOf: (number: number) => number) {}

  /** One message → one notice for each channel, input or disk that it lists. */
  notices(alarm: AlarmMessage): Notice[] {
    const listed = this.subjects(alarm);
    const before = this.running.get(alarm.alarmType);
    if (listed.length === 0) {
      this.running.delete(alarm.alarmType);
      return [...(before?.values() ?? [])].map((subject) => new AlarmNotice(alarm, subject, false));
    }
    if (before !== undefined || this.running.size < MAX_RUNNING_TYPES) {
      const seen = before ?? new Map<string, Subject>();
      for (const subject of listed) seen.set(keyOf(subject), subject);
      this.running.set(alarm.alarmType, seen);
    }
    return listed.map((subject) => new AlarmNotice(alarm, subject, true));
  }

  private subjects(alarm: AlarmMessage): Subject[] {
    const about = ALARM_TYPES[alarm.alarmType]?.subject;
    switch (about) {
      case 'channels':
        return alarm.channels.map((number) => ({
          channel: this.channelOf(number),
          rawChannel: number,
          subject: null,
        }));
      case 'alarmInputs':
      case 'disks':
        return subjectsOf(alarm).map((number) => ({ channel: null, rawChannel: null, subject: String(number) }));
      case 'device':
      case undefined:
        // Of an unknown type nobody knows what it counts; it is one event with everything in its details.
        return [{ channel: null, rawChannel: null, subject: null }];
    }
  }
}

function keyOf({ rawChannel, subject }: Subject): string {
  return `${rawChannel ?? ''}/${subject ?? ''}`;
}

class AlarmNotice implements Notice {
  readonly heartbeat = false;
  readonly kind: EventKind;
  readonly eventType: string;
  readonly channel: number | null;
  readonly rawChannel: number | null;
  readonly channelName = null;
  readonly time = null;
  readonly timeMs = null;
  readonly timeHasOffset = false;
  readonly activePostCount = null;
  readonly target = null;
  readonly targetRect = null;
  readonly regions = [];
  readonly subjects: readonly string[];
  readonly isComplete = true;
  readonly retransmitted = false;
  readonly expectedPictures = 0;
  pictures: readonly Picture[] = [];
  private rawBytes: Buffer | null;

  constructor(
    private readonly alarm: AlarmMessage,
    subject: Subject,
    readonly active: boolean,
  ) {
    this.eventType = ALARM_TYPES[alarm.alarmType]?.eventType ?? `alarm${alarm.alarmType}`;
    this.kind = kindOf(this.eventType);
    this.channel = subject.channel;
    this.rawChannel = subject.rawChannel;
    this.subjects = subject.subject === null ? [] : [subject.subject];
    this.rawBytes = alarm.raw;
  }

  get details(): Readonly<Record<string, unknown>> {
    const { alarm, subjects } = this;
    const [subject] = subjects;
    const about = ALARM_TYPES[alarm.alarmType]?.subject;
    return completeDetails(this.kind, this.eventType, {
      // As the alertStream names it.
      ...(about === 'alarmInputs' && subject !== undefined ? { port: Number(subject), rawPort: subject } : {}),
      ...(about === 'disks' && subject !== undefined ? { disk: Number(subject) } : {}),
      alarmType: alarm.alarmType,
      ...(alarm.alarmOutputs.length > 0 ? { alarmOutputs: alarm.alarmOutputs } : {}),
      ...(alarm.recordingChannels.length > 0 ? { recordingChannels: alarm.recordingChannels } : {}),
    });
  }

  get raw(): unknown {
    const { version, alarmType, alarmInputs, alarmOutputs, recordingChannels, channels, disks } = this.alarm;
    return {
      version,
      alarmType,
      alarmInputs,
      alarmOutputs,
      recordingChannels,
      channels,
      disks,
      // What followed the part that is known.
      rest: this.rawBytes === null ? null : this.rawBytes.toString('hex'),
    };
  }

  keep(): void {
    if (this.rawBytes !== null) this.rawBytes = Buffer.from(this.rawBytes);
  }
}
