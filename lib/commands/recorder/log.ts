/** What a device has written into its log. */
import { find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { command, tellProgress, type CommandContext, type Steps } from '../command';
import { parseStamp, TIME_PATH } from '../zone';
import { searchOnce, searchPatiently } from './cm-search';
import { DAY_MS, readDeviceClock, spanOf, spanParams, type DeviceClock } from '../device-clock';

export interface LogEntry {
  /** By the clock of the device. */
  readonly time: string | null;
  /** Alarm, Exception, Operation, Information; the device's word. */
  readonly major: string | null;
  /** motionStart, remoteLogin, ...; the device's word. */
  readonly minor: string | null;
  readonly channel: number | null;
  readonly user: string | null;
  readonly address: string | null;
  readonly details: string | null;
}

export interface FoundLog {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** False where there are more than the limit. */
  readonly complete: boolean;
}

const LOG_PATH = '/ISAPI/ContentMgmt/logSearch';
const KINDS = {
  all: '',
  alarm: '/Alarm',
  exception: '/Exception',
  operation: '/Operation',
  information: '/Information',
};
type Kind = keyof typeof KINDS;

function* searchLog(
  args: { from: string | undefined; to: string | undefined; kind: Kind; limit: number },
  context: CommandContext,
): Steps<FoundLog> {
  const clock = yield* readDeviceClock(context);
  const { fromMs, toMs } = spanOf(args, clock);
  const entries: LogEntry[] = [];
  let isComplete = true;
  for (let startMs = fromMs; startMs < toMs && entries.length < args.limit; startMs += DAY_MS) {
    const window = { fromMs: startMs, toMs: Math.min(toMs, startMs + DAY_MS), limit: args.limit - entries.length };
    // `metaId` in this spelling: a terminal refused requests without it (isapi.md §2.8).
    const subject = `<metaId>log.std-cgi.com${KINDS[args.kind]}</metaId>`;
    const found = yield* searchPatiently({ path: LOG_PATH, subject, ...window }, searchOnce);
    for (const item of found.items) entries.push(entryFrom(item, clock));
    const isLast = startMs + DAY_MS >= toMs;
    isComplete &&= found.isComplete && (isLast || entries.length < args.limit);
    if (!isLast) yield* tellProgress((startMs + DAY_MS - fromMs) / (toMs - fromMs));
  }
  return { entries, complete: isComplete };
}

function entryFrom(item: XmlElement, clock: DeviceClock): LogEntry {
  const entry = find(item, 'logDescriptor') ?? item;
  // `log.hikvision.com/<major>/<minor>`
  const [, major, minor] = (textAt(entry, 'metaId') ?? '').split('/');
  const time = textAt(entry, 'StartDateTime');
  const stamp = parseStamp(time ?? '');
  return {
    // The Z of the device is its wall clock.
    time: stamp === undefined ? time : clock.format(stamp.wallMs),
    major: major || null,
    minor: minor || null,
    channel: numberAt(entry, 'channelNumber'),
    user: textAt(entry, 'userName'),
    address: textAt(entry, 'ipAddress'),
    details: textAt(entry, 'additionInformation'),
  };
}

export const log = {
  searchLog: command({
    title: 'Search the log',
    summary: 'Entries of the log of the device, oldest first: alarms, faults, who did what.',
    effect: 'read',
    params: {
      ...spanParams,
      kind: { kind: 'choice', title: 'Kind', choices: Object.keys(KINDS) as Kind[], default: 'all' },
      limit: {
        kind: 'integer',
        title: 'Most',
        description: 'No more entries than this; complete says whether there are more.',
        min: 1,
        max: 10_000,
        default: 500,
      },
    },
    isapi: searchLog,
    returns: 'entries with time, major, minor, channel, user, address, details; and complete.',
    paths: [LOG_PATH, TIME_PATH],
    source: [`ISAPI ${LOG_PATH}`, 'isapi.md §2.8'],
  }),
} as const;
