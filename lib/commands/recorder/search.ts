/** Recordings that a device has kept. */
import { encode } from '../../codec/layout';
import { findFileRequest, type NetDvrTime } from '../../codec/structs';
import { booleanAt, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError } from '../../errors';
import { channelParam } from '../channels';
import { command, tellProgress, type CommandContext, type Steps } from '../command';
import { deviceChannelOf, listPort, type PortContext, type PortSteps } from '../port';
import { firstThatWorks } from '../ways';
import { formatWall, parseStamp, TIME_PATH } from '../zone';
import { metadataFilter, searchOnce, searchPatiently, type CmSearch, type Found } from './cm-search';
import { DAY_MS, readDeviceClock, spanOf, spanParams, type DeviceClock } from '../device-clock';

export interface Recording {
  readonly channel: number;
  readonly trackId: number | null;
  /** The whole recording, by the clock of the device; with its offset where the device says it. */
  readonly start: string;
  readonly end: string;
  /** What of it lies in the time that was asked for: devices give recordings whole. */
  readonly clippedStart: string;
  readonly clippedEnd: string;
  /** timing, motion, alarm, manual, ...; the device's word. */
  readonly type: string | null;
  readonly sizeBytes: number | null;
  readonly name: string | null;
  readonly codec: string | null;
  /** Locked against overwriting. */
  readonly locked: boolean | null;
  /** What `recorder.downloadRecording` and players take. */
  readonly playbackUri: string | null;
}

export interface FoundRecordings {
  /** Oldest first. */
  readonly recordings: readonly Recording[];
  /** False where there are more than the limit. */
  readonly complete: boolean;
}

export const SEARCH_PATH = '/ISAPI/ContentMgmt/search';

/** What the `Z` in a search means to a device: its wall clock, nearly everywhere, or UTC (isapi.md §3.8). */
export type SearchTimes = 'wall' | 'utc';

const TYPES = ['all', 'timing', 'motion', 'alarm', 'manual'] as const;
type RecordingType = (typeof TYPES)[number];

/** Ways to say what is wanted; a V4.84.100 takes the second only. */
const SEARCH_WAYS = ['recordType', 'videoMotion', 'trackIDList'] as const;

/** One window of a track, in the words that this device takes. Times are those of the device's searches. */
function* searchTrack(
  trackId: number,
  window: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  type: RecordingType,
  context: CommandContext,
  more = '',
): Steps<Found> {
  return yield* firstThatWorks(SEARCH_WAYS, context.memory, 'recorder.searchRecordings/way', (way) => {
    const list = way === 'trackIDList' ? 'trackIDList' : 'trackList';
    const typePart = type === 'all' ? '' : `/${type}`;
    const descriptor =
      way === 'videoMotion' ? '//metadata.psia.org/VideoMotion' : `//recordType.meta.std-cgi.com${typePart}`;
    return searchOnce({
      path: SEARCH_PATH,
      subject: `<${list}><trackID>${trackId}</trackID></${list}>`,
      filter: `${more}${metadataFilter(descriptor)}`,
      fromMs: window.fromMs,
      toMs: window.toMs,
      limit: window.limit,
    });
  });
}

/** A window of a track by the wall clock of the device, however it counts. */
export function* searchWall(
  trackId: number,
  window: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  options: { readonly type: RecordingType; readonly times: SearchTimes; readonly more?: string },
  clock: DeviceClock,
  context: CommandContext,
): Steps<Found> {
  const toDevice = (wallMs: number) => (options.times === 'utc' ? clock.utcMsAt(wallMs) : wallMs);
  const search: CmSearch = { path: SEARCH_PATH, subject: '', ...window };
  return yield* searchPatiently(search, ({ fromMs, toMs, limit }) =>
    searchTrack(
      trackId,
      { fromMs: toDevice(fromMs), toMs: toDevice(toMs), limit },
      options.type,
      context,
      options.more,
    ),
  );
}

const TIMES_KEY = 'recorder.searchRecordings/times';
/** Clocks of recordings are not that exact. */
const SLACK_MS = 120_000;
const RECENT_MS = 600_000;

/**
 * Finds out what the `Z` means: nothing is recorded in the future, so a recording that began after what the one reading takes for
 * now proves the other. Without any recent recording it stays open, and the usual reading is taken.
 */
export function* searchTimes(trackId: number, clock: DeviceClock, context: CommandContext): Steps<SearchTimes> {
  const known = context.memory.get(TIMES_KEY);
  if (known === 'wall' || known === 'utc') return known;
  const { offsetMs, nowWallMs } = clock;
  if (offsetMs === null || Math.abs(offsetMs) <= SLACK_MS) return 'wall';
  const nowUtcMs = nowWallMs - offsetMs;
  const [earlier, later]: readonly SearchTimes[] = offsetMs > 0 ? ['utc', 'wall'] : ['wall', 'utc'];
  const earlierNowMs = Math.min(nowWallMs, nowUtcMs) + SLACK_MS;
  const laterNowMs = Math.max(nowWallMs, nowUtcMs);
  const starts = function* (fromMs: number, toMs: number): Steps<number[]> {
    const { items } = yield* searchPatiently({ path: SEARCH_PATH, subject: '', fromMs, toMs, limit: 40 }, (window) =>
      searchTrack(trackId, window, 'all', context),
    );
    return items.map((item) => parseStamp(textAt(item, 'timeSpan/startTime') ?? '')?.wallMs ?? NaN);
  };
  if ((yield* starts(earlierNowMs, laterNowMs)).some((startMs) => startMs > earlierNowMs)) return remember(later);
  if ((yield* starts(earlierNowMs - RECENT_MS, earlierNowMs)).some((startMs) => startMs <= earlierNowMs)) {
    return remember(earlier);
  }
  return 'wall';

  function remember(times: SearchTimes | undefined): SearchTimes {
    context.memory.set(TIMES_KEY, times);
    return times ?? 'wall';
  }
}

interface SearchArguments {
  readonly channel: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly type: RecordingType;
  readonly limit: number;
}

function* searchRecordings(args: SearchArguments, context: CommandContext): Steps<FoundRecordings> {
  const clock = yield* readDeviceClock(context);
  const span = spanOf(args, clock);
  return yield* recordingsIn(args, span, clock, context);
}

/** Recordings of a channel that touch a span of the wall clock, asked for a day at a time. */
export function* recordingsIn(
  { channel, type, limit }: Pick<SearchArguments, 'channel' | 'type' | 'limit'>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  clock: DeviceClock,
  context: CommandContext,
): Steps<FoundRecordings> {
  const trackId = channel * 100 + 1;
  const times = yield* searchTimes(trackId, clock, context);
  // A recording that lies over midnight is found in both days.
  const found = new Map<string, { readonly startMs: number; readonly recording: Recording }>();
  let isComplete = true;
  for (let startMs = fromMs; startMs < toMs && found.size < limit; startMs += DAY_MS) {
    const window = { fromMs: startMs, toMs: Math.min(toMs, startMs + DAY_MS), limit: limit - found.size + 1 };
    const { items, isComplete: isAll } = yield* searchWall(trackId, window, { type, times }, clock, context);
    isComplete &&= isAll;
    for (const item of items) {
      const one = recordingFrom(item, channel, { fromMs, toMs }, clock, times);
      if (one === null) continue;
      const { recording } = one;
      // Some firmware takes no filter for the kind, so it is looked at here as well.
      if (type !== 'all' && recording.type !== null && recording.type !== type) continue;
      found.set(`${recording.trackId} ${recording.start} ${recording.name}`, one);
    }
    if (startMs + DAY_MS >= toMs) break;
    yield* tellProgress((startMs + DAY_MS - fromMs) / (toMs - fromMs));
    if (found.size >= limit) isComplete = false;
  }
  const sorted = [...found.values()].sort((a, b) => a.startMs - b.startMs);
  if (sorted.length > limit) isComplete = false;
  return {
    recordings: sorted.slice(0, limit).map(({ recording }) => recording),
    complete: isComplete,
  };
}

/** Null for an item without times, and for one that lies outside the span. */
function recordingFrom(
  item: XmlElement,
  channel: number,
  span: { readonly fromMs: number; readonly toMs: number },
  clock: DeviceClock,
  times: SearchTimes,
): { readonly startMs: number; readonly recording: Recording } | null {
  const toWall = (text: string | null): number | null => {
    const stamp = parseStamp(text ?? '');
    if (stamp === undefined) return null;
    return times === 'utc' ? clock.wallMsAt(stamp.wallMs) : stamp.wallMs;
  };
  const startMs = toWall(textAt(item, 'timeSpan/startTime'));
  const endMs = toWall(textAt(item, 'timeSpan/endTime'));
  if (startMs === null || endMs === null || endMs <= span.fromMs || startMs >= span.toMs) return null;
  const playbackUri = textAt(item, 'mediaSegmentDescriptor/playbackURI');
  const descriptor = textAt(item, 'metadataMatches/metadataDescriptor');
  const recording: Recording = {
    channel,
    trackId: numberAt(item, 'trackID'),
    start: clock.format(startMs),
    end: clock.format(endMs),
    clippedStart: clock.format(Math.max(startMs, span.fromMs)),
    clippedEnd: clock.format(Math.min(endMs, span.toMs)),
    type: descriptor === null ? null : (descriptor.split('/').at(-1) ?? null) || null,
    sizeBytes: sizeIn(playbackUri),
    name: textAt(item, 'mediaSegmentDescriptor/name') ?? nameIn(playbackUri),
    codec: textAt(item, 'mediaSegmentDescriptor/codecType'),
    locked: lockOf(item),
    playbackUri,
  };
  return { startMs, recording };
}

/** `lock` and `unlock`, or a truth. */
function lockOf(item: XmlElement): boolean | null {
  const word = textAt(item, 'mediaSegmentDescriptor/lockStatus')?.toLowerCase();
  if (word === 'lock' || word === 'locked') return true;
  return word === 'unlock' || word === 'unlocked' ? false : booleanAt(item, 'mediaSegmentDescriptor/lockStatus');
}

/** Bytes that an address from a search promises. */
export function sizeIn(playbackUri: string | null): number | null {
  const size = Number(/[?&]size=(\d{1,15})(?:&|$)/.exec(playbackUri ?? '')?.[1] ?? NaN);
  return Number.isNaN(size) ? null : size;
}

function nameIn(playbackUri: string | null): string | null {
  return /[?&]name=([^&]+)/.exec(playbackUri ?? '')?.[1] ?? null;
}

/* The binary form: wall clocks, and no address to play it by */

const FILE_TYPES: Readonly<Record<RecordingType, number>> = { all: 0xff, timing: 0, motion: 1, alarm: 2, manual: 6 };
const TYPE_OF_FILE: Readonly<Record<number, string>> = {
  0: 'timing',
  1: 'motion',
  2: 'alarm',
  3: 'alarmOrMotion',
  4: 'alarmAndMotion',
  6: 'manual',
};
const ANY = 0xff;

function nativeSearch(args: SearchArguments, context: PortContext): PortSteps<FoundRecordings> | null {
  const from = parseStamp(args.from ?? '');
  const to = parseStamp(args.to ?? '');
  // It knows only the wall clock of the device, and neither its zone nor what time it is there.
  if (from === undefined || to === undefined || from.offsetMs !== null || to.offsetMs !== null) return null;
  return findFiles(args, from.wallMs, to.wallMs, context);
}

function* findFiles(
  { channel, type, limit, from }: SearchArguments,
  fromMs: number,
  toMs: number,
  context: PortContext,
): PortSteps<FoundRecordings> {
  if (fromMs >= toMs) throw new ArgumentError([{ parameter: 'from', given: from, expected: 'a time before the end' }]);
  const request = encode(findFileRequest, {
    channel: deviceChannelOf(channel, context.device),
    fileType: FILE_TYPES[type],
    locked: ANY,
    useCard: 0,
    cardNumber: '',
    start: portTime(fromMs),
    stop: portTime(toMs),
  });
  const recordings: Recording[] = [];
  for (const push of yield* listPort('findFile', request)) {
    if (push.type !== 'file') continue;
    const { record } = push;
    const startMs = wallMsOf(record.start);
    const endMs = wallMsOf(record.stop);
    if (endMs <= fromMs || startMs >= toMs) continue;
    recordings.push({
      channel,
      trackId: null,
      start: formatWall(startMs),
      end: formatWall(endMs),
      clippedStart: formatWall(Math.max(startMs, fromMs)),
      clippedEnd: formatWall(Math.min(endMs, toMs)),
      type: 'fileType' in record ? (TYPE_OF_FILE[record.fileType] ?? null) : null,
      sizeBytes: record.sizeBytes,
      name: record.fileName === '' ? null : record.fileName,
      codec: null,
      locked: 'locked' in record ? record.locked === 1 : null,
      playbackUri: null,
    });
  }
  return { recordings: recordings.slice(0, limit), complete: recordings.length <= limit };
}

function portTime(wallMs: number): NetDvrTime {
  const date = new Date(wallMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

function wallMsOf({ year, month, day, hour, minute, second }: NetDvrTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export const search = {
  searchRecordings: command({
    title: 'Search recordings',
    summary:
      'Lists the recordings of a channel that touch a span of time, oldest first. Recordings are whole; clippedStart and clippedEnd are cut to the span.',
    effect: 'read',
    example: { from: '2024-05-01T00:00:00', to: '2024-05-01T12:00:00' },
    needs: 'recording',
    params: {
      channel: channelParam,
      ...spanParams,
      type: {
        kind: 'choice',
        title: 'Type',
        description: 'Why it was recorded: by schedule, motion, an alarm, or by hand.',
        choices: TYPES,
        default: 'all',
      },
      limit: {
        kind: 'integer',
        title: 'Most',
        description: 'No more recordings than this; complete says whether there are more.',
        min: 1,
        max: 10_000,
        default: 1_000,
      },
    },
    isapi: searchRecordings,
    commandPort: nativeSearch,
    returns:
      'recordings, each with channel, trackId, start, end, clippedStart, clippedEnd, type, sizeBytes, name, codec, locked, playbackUri; and complete.',
    paths: [SEARCH_PATH, TIME_PATH],
    source: ['ISAPI /ISAPI/ContentMgmt/search', 'isapi.md §3.8', 'HCNetSDK.h NET_DVR_FILECOND'],
  }),
} as const;
