/** People counting: how many came and went, today and before (isapi.md §7.5). */
import { all, element, find, formatXml, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { channelParam } from '../channels';
import { ask, command, documentOf, getDocument, type CommandContext, type Steps } from '../command';
import { readDeviceClock } from '../device-clock';
import { optionalDocument } from '../ways';
import { formatWall, TIME_PATH } from '../zone';

export interface PeopleSpan {
  /** As the device says it. */
  readonly from: string | null;
  readonly to: string | null;
  readonly enter: number | null;
  readonly exit: number | null;
  readonly pass: number | null;
}

export interface PeopleCount {
  readonly channel: number;
  /** The day, by the device's own clock. */
  readonly day: string;
  readonly enter: number;
  readonly exit: number;
  /** Null where the device does not count who passes by. */
  readonly pass: number | null;
  /** counting, stopped, paused; null where the device does not say. */
  readonly state: string | null;
}

export interface CountReset {
  readonly channel: number;
  readonly reset: true;
}

/** What a report covers, and its word; each has its spans. */
const REPORTS = { hour: 'daily', day: 'monthly', month: 'yearly' } as const;

function basePath(channel: number): string {
  return `/ISAPI/System/Video/inputs/channels/${channel}/counting`;
}

function* search(channel: number, per: keyof typeof REPORTS, day: string): Steps<PeopleSpan[]> {
  const path = `${basePath(channel)}/search`;
  const { from, to } = spanOf(per, day);
  const body = formatXml(
    element('CountingStatisticsDescription', [
      element('statisticType', 'all'),
      element('reportType', REPORTS[per]),
      element('timeSpanList', [element('timeSpan', [element('startTime', from), element('endTime', to)])]),
    ]),
  );
  const document = documentOf(yield* ask({ method: 'POST', path, body }), path);
  if (document.name.toLowerCase() !== 'countingstatisticsresult') {
    throw new UnsupportedError(`${path}: answered with ${document.name} instead of CountingStatisticsResult`);
  }
  return all(find(document, 'matchList'), 'matchElement').map(spanFrom);
}

function spanFrom(match: XmlElement): PeopleSpan {
  return {
    from: textAt(match, 'timeSpan/startTime'),
    to: textAt(match, 'timeSpan/endTime'),
    enter: numberAt(match, 'enterCount'),
    exit: numberAt(match, 'exitCount'),
    pass: numberAt(match, 'passingCount') ?? numberAt(match, 'passCount'),
  };
}

/** The whole day, month or year around a day, in the device's own time. */
function spanOf(per: keyof typeof REPORTS, day: string): { from: string; to: string } {
  const [year = '', month = ''] = day.split('-');
  if (per === 'month') return { from: `${year}-01-01T00:00:00`, to: `${year}-12-31T23:59:59` };
  if (per === 'hour') return { from: `${day}T00:00:00`, to: `${day}T23:59:59` };
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return { from: `${year}-${month}-01T00:00:00`, to: `${year}-${month}-${last}T23:59:59` };
}

/** The day that it is where the device stands. */
function* deviceDay(context: CommandContext): Steps<string> {
  return formatWall((yield* readDeviceClock(context)).nowWallMs).slice(0, 10);
}

function* count(channel: number, context: CommandContext): Steps<PeopleCount> {
  const day = yield* deviceDay(context);
  const spans = yield* search(channel, 'hour', day);
  const sum = (name: 'enter' | 'exit' | 'pass') => spans.reduce((total, span) => total + (span[name] ?? 0), 0);
  const status = yield* optionalDocument(`${basePath(channel)}/status`);
  return {
    channel,
    day,
    enter: sum('enter'),
    exit: sum('exit'),
    pass: spans.some(({ pass }) => pass !== null) ? sum('pass') : null,
    state: textAt(status, 'status'),
  };
}

function* searchCounts(
  args: { channel: number; per: keyof typeof REPORTS; day: string | undefined },
  context: CommandContext,
): Steps<PeopleSpan[]> {
  return yield* search(args.channel, args.per, args.day ?? (yield* deviceDay(context)));
}

function* reset(channel: number): Steps<CountReset> {
  // A device that counts nothing says so here, before anything is done.
  yield* getDocument(basePath(channel));
  yield* ask({ method: 'PUT', path: `${basePath(channel)}/resetCount` });
  return { channel, reset: true };
}

const BASE = '/ISAPI/System/Video/inputs/channels/{channel}/counting';

export const counting = {
  peopleCount: command({
    title: 'Read how many people came and went',
    summary: 'People who came and went today, by the clock of the device.',
    effect: 'read',
    needs: 'peopleCounting',
    params: { channel: channelParam },
    isapi: (args, context) => count(args.channel, context),
    returns: 'channel, day, enter, exit, pass (null where it is not counted), state (counting, stopped, paused).',
    paths: [`${BASE}/search`, `${BASE}/status`, TIME_PATH],
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/counting/search', 'isapi.md §7.5'],
  }),

  searchPeopleCounts: command({
    title: 'Search counts of people',
    summary: 'People who came and went: of a day by hours, of a month by days, or of a year by months.',
    effect: 'read',
    needs: 'peopleCounting',
    params: {
      channel: channelParam,
      per: { kind: 'choice', title: 'Per', choices: ['hour', 'day', 'month'], default: 'hour' },
      day: {
        kind: 'text',
        title: 'Day',
        description: 'A day within the report, by the clock of the device; today when left out.',
        maxLength: 10,
        pattern: { expression: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, meaning: 'a day such as 2024-05-31' },
        optional: true,
      },
    },
    isapi: searchCounts,
    returns: 'Spans with from, to, enter, exit, pass; null for what the device does not count.',
    paths: [`${BASE}/search`, TIME_PATH],
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/counting/search', 'isapi.md §7.5'],
  }),

  resetPeopleCount: command({
    title: 'Reset the count of people',
    summary: 'Sets the running count of a camera to zero. What was counted so far today cannot be brought back.',
    effect: 'danger',
    needs: 'peopleCounting',
    params: { channel: channelParam },
    isapi: (args) => reset(args.channel),
    returns: 'channel, and that it was reset.',
    paths: [BASE, `${BASE}/resetCount`],
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/counting/resetCount', 'isapi.md §7.5'],
  }),
} as const;
