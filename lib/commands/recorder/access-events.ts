/** The history of access control: who went through which door, and who was not let in (isapi.md §7.2). */
import { parseDeviceTime } from '../../codec/device-time';
import { jsonAt, jsonList, jsonNumber, jsonText, objectOf, type JsonObject } from '../../codec/json';
import { ArgumentError, UnsupportedError } from '../../errors';
import { accessRecordOf, type AccessRecord } from '../../events/access';
import { ACCESS_MAJORS, type AccessMajor } from '../../events/access-codes';
import { command, type CommandContext, type Steps } from '../command';
import { queryJson } from '../json';
import { pageHead, throughPages } from '../searching';
import { firstThatWorks } from '../ways';
import { TIME_PATH } from '../zone';
import { readDeviceClock, type DeviceClock } from '../device-clock';

const SEARCH_PATH = '/ISAPI/AccessControl/AcsEvent?format=json';
const COUNT_PATH = '/ISAPI/AccessControl/AcsEventTotalNum?format=json';

/** What is asked for at once; most devices give 10, 24 or 30. */
const PAGE = 30;

export interface AccessEvent extends AccessRecord {
  /** ISO 8601 as the device says it. */
  readonly time: string | null;
  /** Where its picture is; fetched with the user and password of the device. */
  readonly pictureUrl: string | null;
  /** Who did it from afar, and from where. */
  readonly user: string | null;
  readonly remoteAddress: string | null;
}

export interface AccessEvents {
  /** In the order that was asked for. */
  readonly events: readonly AccessEvent[];
  /** All that match, on the device; null where it does not say. */
  readonly total: number | null;
  /** False where `limit` was reached first. */
  readonly isComplete: boolean;
}

export interface AccessEventCount {
  readonly total: number;
}

interface Wish {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly major: AccessMajor | undefined;
  readonly minor: number | undefined;
}

function accessEventFrom(item: unknown): AccessEvent {
  const record = objectOf(item) ?? {};
  return {
    time: parseDeviceTime(jsonText(record, 'time'))?.iso ?? null,
    ...accessRecordOf(record),
    pictureUrl: jsonText(record, 'pictureURL'),
    user: jsonText(record, 'netUser'),
    remoteAddress: jsonText(record, 'remoteHostAddr'),
  };
}

/** The moment in the device's own zone: some firmware reads a time by its digits and never looks at the offset. */
function inZone(clock: DeviceClock, parameter: string, text: string): string {
  const time = clock.format(clock.wallMsOf(parameter, text));
  return clock.offsetMs === null ? `${time}+00:00` : time;
}

function* condition(wish: Wish, context: CommandContext): Steps<JsonObject> {
  const { from, to } = wish;
  if (wish.minor !== undefined && wish.major === undefined) {
    const expected = `one of ${Object.keys(ACCESS_MAJORS).join(', ')}, because a minor number means nothing without it`;
    throw new ArgumentError([{ parameter: 'major', given: undefined, expected }]);
  }
  const clock = from === undefined && to === undefined ? null : yield* readDeviceClock(context);
  return {
    // Both are needed; 0 is all of them.
    major: wish.major === undefined ? 0 : ACCESS_MAJORS[wish.major],
    minor: wish.minor ?? 0,
    ...(clock === null || from === undefined ? {} : { startTime: inZone(clock, 'from', from) }),
    ...(clock === null || to === undefined ? {} : { endTime: inZone(clock, 'to', to) }),
  };
}

interface SearchArguments extends Wish {
  readonly card: string | undefined;
  readonly person: string | undefined;
  readonly fromSerial: number | undefined;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
}

function* search(args: SearchArguments, context: CommandContext): Steps<AccessEvents> {
  const wanted = {
    ...(yield* condition(args, context)),
    timeReverseOrder: args.order === 'newest',
    picEnable: false,
    ...(args.fromSerial === undefined ? {} : { beginSerialNo: args.fromSerial, endSerialNo: MAX_SERIAL }),
    ...(args.person === undefined ? {} : { employeeNoString: args.person }),
    ...(args.card === undefined ? {} : { cardNo: args.card }),
  };
  const found = yield* throughPages(args.limit, function* (position, searchID, left) {
    const maxResults = Math.min(PAGE, left);
    const body = { AcsEventCond: { searchID, searchResultPosition: position, maxResults, ...wanted } };
    const answer = jsonAt(yield* queryJson(SEARCH_PATH, body), 'AcsEvent');
    if (answer === undefined) throw new UnsupportedError(`${SEARCH_PATH}: answered without AcsEvent`);
    return { ...pageHead(answer), items: jsonList(answer, 'InfoList').map(accessEventFrom) };
  });
  const { items, total, isComplete } = found;
  return { events: inOrder(withoutRepeats(items), args.order), total, isComplete };
}

const MAX_SERIAL = 0x7fff_ffff;

/** Records that come in while pages are read push others onto the next page. */
function withoutRepeats(events: readonly AccessEvent[]): AccessEvent[] {
  const seen = new Set<string>();
  return events.filter(({ serialNo, time }) => {
    if (serialNo === null) return true;
    const key = `${serialNo} ${time}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Answers are not always sorted. Serial numbers are surer than times: a clock can be set back. */
function inOrder(events: AccessEvent[], order: 'newest' | 'oldest'): AccessEvent[] {
  const hasSerials = events.every(({ serialNo }) => serialNo !== null);
  const rank = (event: AccessEvent) => (hasSerials ? event.serialNo : parseDeviceTime(event.time)?.ms) ?? 0;
  const sign = order === 'newest' ? -1 : 1;
  return events.sort((a, b) => sign * (rank(a) - rank(b)));
}

function* count(args: Wish, context: CommandContext): Steps<AccessEventCount> {
  const wanted = yield* condition(args, context);
  const ways = ['count', 'search'] as const;
  return yield* firstThatWorks(ways, context.memory, 'recorder.countAccessEvents', function* (way) {
    const path = way === 'count' ? COUNT_PATH : SEARCH_PATH;
    const searched = { searchID: '1', searchResultPosition: 0, maxResults: 1, ...wanted };
    const answer = yield* queryJson(
      path,
      way === 'count' ? { AcsEventTotalNumCond: wanted } : { AcsEventCond: searched },
    );
    const total = jsonNumber(answer, way === 'count' ? 'AcsEventTotalNum/totalNum' : 'AcsEvent/totalMatches');
    if (total === null) throw new UnsupportedError(`${path}: answered without a number`);
    return { total };
  });
}

const wishParams = {
  from: {
    kind: 'time',
    title: 'From',
    description: 'Without an offset it is the wall clock of the device.',
    optional: true,
  },
  to: { kind: 'time', title: 'To', optional: true },
  major: {
    kind: 'choice',
    title: 'Group',
    description: 'What happened at doors is event; left out, all groups are searched.',
    choices: Object.keys(ACCESS_MAJORS) as AccessMajor[],
    optional: true,
  },
  minor: {
    kind: 'integer',
    title: 'Number in the group',
    description: 'The minor number of the device; 1 in event is a card that was let in.',
    min: 1,
    max: 0xffff,
    optional: true,
  },
} as const;

export const accessEvents = {
  searchAccessEvents: command({
    title: 'Search the access events',
    summary: 'What happened at the doors of a terminal or door station: who was let in, who was not and why.',
    effect: 'read',
    needs: 'doors',
    params: {
      ...wishParams,
      person: {
        kind: 'text',
        title: 'Person',
        description: 'The number of a person.',
        maxLength: 64,
        optional: true,
        names: 'persons',
      },
      card: {
        kind: 'text',
        title: 'Card',
        description: 'The number of a card.',
        maxLength: 64,
        optional: true,
        names: 'cards',
      },
      fromSerial: {
        kind: 'integer',
        title: 'From serial number',
        description: 'The own count of the device; with order oldest one goes on where one was.',
        min: 1,
        max: MAX_SERIAL,
        optional: true,
      },
      order: { kind: 'choice', title: 'Order', choices: ['newest', 'oldest'], default: 'newest' },
      limit: { kind: 'integer', title: 'At most', min: 1, max: 5_000, default: 100 },
    },
    isapi: search,
    returns: 'events (key, granted, reason, door, card, person, time, serialNo, pictureUrl, ...), total, isComplete.',
    paths: [SEARCH_PATH, TIME_PATH],
    source: ['ISAPI /ISAPI/AccessControl/AcsEvent', 'isapi.md §7.2'],
  }),

  countAccessEvents: command({
    title: 'Count the access events',
    summary: 'How many records of access control match.',
    effect: 'read',
    needs: 'doors',
    params: wishParams,
    isapi: count,
    returns: 'The number: total.',
    paths: [COUNT_PATH, SEARCH_PATH, TIME_PATH],
    source: ['ISAPI /ISAPI/AccessControl/AcsEventTotalNum', 'isapi.md §7.2'],
  }),
} as const;
