/** When a detection is armed: outside of these times the device detects nothing, or tells nobody. */
import { all, element, find, formatXml, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError, type Violation } from '../../errors';
import { needsReboot } from '../answers';
import { command, getDocument, putDocument, type CommandContext, type Steps } from '../command';
import { getNamed } from '../documents';
import { firstThatWorks } from '../ways';
import type { Changed } from './detection';
import { fromText } from './settings';
import { numbered, scheduleFolder, WATCHED, WATCHED_NAMES, type WatchedName } from './watched';

export const WEEK_DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type WeekDay = (typeof WEEK_DAYS)[number];

/** A time of one day, by the clock of the device. */
export interface ArmedPeriod {
  readonly day: WeekDay;
  /** `08:00`, with seconds where the device gives them. */
  readonly from: string;
  /** `24:00` is the end of the day. */
  readonly to: string;
}

export interface ArmingSchedule {
  readonly event: WatchedName;
  /** The channel; the port for an alarm input. */
  readonly channel: number;
  /** `always`, `never`, or at the times of `periods`. */
  readonly armed: 'always' | 'never' | 'periods';
  readonly periods: readonly ArmedPeriod[];
}

/* Finding the document: folder and id differ from firmware to firmware. */

interface Place {
  readonly path: string;
  readonly document: XmlElement;
}

function* locate(event: WatchedName, channel: number, context: CommandContext): Steps<Place> {
  const ways = WATCHED[event].schedules.flatMap(({ folder, ids }) => [
    `${folder}/`,
    ...ids.map((id) => `${folder}/${numbered(id, channel)}`),
  ]);
  return yield* firstThatWorks(ways, context.memory, `event.schedule/${event}/${channel}`, function* (way) {
    if (!way.endsWith('/')) return yield* readSingle(scheduleFolder(way));
    const folder = scheduleFolder(way.slice(0, -1));
    const list = yield* getDocument(folder);
    const found = scheduleOf(list, channel);
    const id = textAt(found, 'id');
    if (id === null || !/^[\w-]{1,64}$/.test(id)) {
      throw new UnsupportedError(`${folder}: the device has no arming schedule for channel ${channel}`);
    }
    // The whole document, with its namespace, is what goes back.
    return yield* readSingle(`${folder}/${id}`);
  });
}

function* readSingle(path: string): Steps<Place> {
  return { path, document: yield* getNamed(path, 'Schedule') };
}

/** By the channel that it names, or the number in its id where it names none. */
function scheduleOf(list: XmlElement, channel: number): XmlElement | undefined {
  return all(list, 'Schedule').find((item) => {
    const named = ['dynVideoInputChannelID', 'videoInputChannelID', 'inputIOPortID'].map((name) =>
      numberAt(item, name),
    );
    const number = named.find((each) => each !== null && each > 0);
    return (number ?? Number(/(\d{1,6})$/.exec(textAt(item, 'id') ?? '')?.[1])) === channel;
  });
}

/* Reading */

const DAY_END_MINUTES = 24 * 60;

function describe(event: WatchedName, channel: number, document: XmlElement): ArmingSchedule {
  const periods = periodsOf(document);
  const coverage = WEEK_DAYS.map((day) => isWholeDay(periods.filter((period) => period.day === day)));
  const armed = periods.length === 0 ? 'never' : coverage.every(Boolean) ? 'always' : 'periods';
  return { event, channel, armed, periods };
}

export function periodsOf(schedule: XmlElement): ArmedPeriod[] {
  return all(find(schedule, 'TimeBlockList'), 'TimeBlock').flatMap((block) => {
    const day = dayOf(textAt(block, 'dayOfWeek'));
    const from = textAt(block, 'TimeRange/beginTime');
    const to = textAt(block, 'TimeRange/endTime');
    // A block from 00:00 to 00:00 is how some fill their lists up.
    return day === null || from === null || to === null || from === to ? [] : [{ day, from, to }];
  });
}

/** Monday is 1; some write names. */
function dayOf(text: string | null): WeekDay | null {
  const word = text?.toLowerCase() ?? '';
  return WEEK_DAYS[Number(word) - 1] ?? WEEK_DAYS.find((day) => day === word) ?? null;
}

function isWholeDay(periods: readonly ArmedPeriod[]): boolean {
  const sorted = periods.map(({ from, to }) => [minutesOf(from), minutesOf(to)] as const).sort((a, b) => a[0] - b[0]);
  let reached = 0;
  for (const [from, to] of sorted) if (from <= reached) reached = Math.max(reached, to);
  // 23:59 is the end of the day on some.
  return reached >= DAY_END_MINUTES - 1;
}

/** Minutes since midnight; seconds do not count. */
function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** Is it armed at this time of the device's wall clock? A schedule that cannot be read holds nothing back. */
export function isArmedAt(schedule: XmlElement, wallClockMs: number): boolean {
  if (find(schedule, 'TimeBlockList') === undefined) return true;
  const now = new Date(wallClockMs);
  const day = WEEK_DAYS[(now.getUTCDay() + 6) % 7];
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  return periodsOf(schedule).some(
    (period) => period.day === day && minute >= minutesOf(period.from) && minute < minutesOf(period.to),
  );
}

/* Writing */

const DAY_GROUPS: Readonly<Record<string, readonly WeekDay[]>> = {
  daily: WEEK_DAYS,
  weekdays: WEEK_DAYS.slice(0, 5),
  weekend: WEEK_DAYS.slice(5),
};
const MAX_PERIODS = 56;
const MAX_PERIODS_A_DAY = 8;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;
const EXPECTED =
  '"always", "never", or a list of {"day", "from", "to"} such as {"day": "weekdays", "from": "18:00", "to": "06:00"}; a day is ' +
  `${WEEK_DAYS.join(', ')}, ${Object.keys(DAY_GROUPS).join(', ')}`;

/** @throws ArgumentError naming every period that cannot be. */
export function periodsFrom(value: unknown): ArmedPeriod[] {
  const given = fromText(value);
  if (given === 'always') return WEEK_DAYS.map((day) => ({ day, from: '00:00', to: '24:00' }));
  if (given === 'never') return [];
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_PERIODS) {
    throw new ArgumentError([{ parameter: 'armed', given: value, expected: EXPECTED }]);
  }
  const violations: Violation[] = [];
  const periods = given.flatMap((one: unknown) => {
    const found = periodFrom(one);
    if (found === null) violations.push({ parameter: 'armed', given: one, expected: EXPECTED });
    return found ?? [];
  });
  if (violations.length > 0) throw new ArgumentError(violations);
  return inOrder(periods);
}

/** A period over midnight is two, the second one on the next day. */
function periodFrom(given: unknown): ArmedPeriod[] | null {
  if (typeof given !== 'object' || given === null) return null;
  const { day, from, to } = given as Record<string, unknown>;
  if (typeof day !== 'string' || typeof from !== 'string' || typeof to !== 'string') return null;
  const word = day.toLowerCase();
  const days = Object.hasOwn(DAY_GROUPS, word) ? DAY_GROUPS[word] : WEEK_DAYS.filter((each) => each === word);
  if (days === undefined || days.length === 0 || !TIME.test(from) || !TIME.test(to) || from === to || from === '24:00')
    return null;
  if (from < to) return days.map((each) => ({ day: each, from, to }));
  return days.flatMap((each): ArmedPeriod[] => {
    const next = WEEK_DAYS[(WEEK_DAYS.indexOf(each) + 1) % WEEK_DAYS.length] ?? each;
    const evening: ArmedPeriod = { day: each, from, to: '24:00' };
    return to === '00:00' ? [evening] : [evening, { day: next, from: '00:00', to }];
  });
}

function inOrder(periods: readonly ArmedPeriod[]): ArmedPeriod[] {
  return WEEK_DAYS.flatMap((day) => {
    const ofDay = periods.filter((period) => period.day === day).sort((a, b) => (a.from < b.from ? -1 : 1));
    const overlap = ofDay.find((period, index) => index > 0 && period.from < (ofDay[index - 1]?.to ?? ''));
    if (overlap !== undefined) {
      throw new ArgumentError([{ parameter: 'armed', given: overlap, expected: 'periods that do not overlap' }]);
    }
    if (ofDay.length > MAX_PERIODS_A_DAY) {
      throw new ArgumentError([
        { parameter: 'armed', given: ofDay.length, expected: `at most ${MAX_PERIODS_A_DAY} periods on ${day}` },
      ]);
    }
    return ofDay;
  });
}

/** Takes the place of the time blocks; holidays and all else stay. Days and times are written as the document has them. */
function setPeriods(schedule: XmlElement, periods: readonly ArmedPeriod[]): void {
  let list = find(schedule, 'TimeBlockList');
  const first = find(list, 'TimeBlock');
  const hasNames = Number.isNaN(Number(textAt(first, 'dayOfWeek') ?? '1'));
  const seconds = /^\d\d:\d\d:\d\d$/.test(textAt(first, 'TimeRange/beginTime') ?? '') ? ':00' : '';
  const blocks = periods.map(({ day, from, to }) =>
    element('TimeBlock', [
      element('dayOfWeek', hasNames ? `${day.charAt(0).toUpperCase()}${day.slice(1)}` : WEEK_DAYS.indexOf(day) + 1),
      element('TimeRange', [element('beginTime', from + seconds), element('endTime', to + seconds)]),
    ]),
  );
  if (list === undefined) {
    list = element('TimeBlockList', []);
    schedule.children.push(list);
  }
  list.children.splice(0, list.children.length, ...blocks);
}

function* setSchedule(
  args: { event: WatchedName; channel: number; armed: unknown },
  context: CommandContext,
): Steps<Changed<ArmingSchedule>> {
  const { event, channel, armed } = args;
  const periods = periodsFrom(armed);
  const { path, document } = yield* locate(event, channel, context);
  setPeriods(document, periods);
  const answer = yield* putDocument(path, formatXml(document));
  const after = yield* readSingle(path);
  return { ...describe(event, channel, after.document), rebootRequired: needsReboot(answer) };
}

const params = {
  event: {
    kind: 'choice',
    title: 'Event',
    description: 'What is to be armed.',
    choices: WATCHED_NAMES,
    default: 'motion',
  },
  channel: {
    kind: 'integer',
    title: 'Channel',
    description: 'As people count it; for an alarm input its port.',
    min: 1,
    max: 51_299,
    default: 1,
  },
} as const;

/** Folders of the list of each event. */
const paths = [
  ...new Set(Object.values(WATCHED).flatMap(({ schedules }) => schedules.map(({ folder }) => folder))),
].map(scheduleFolder);

export const schedules = {
  getArmingSchedule: command({
    title: 'Read arming schedule',
    summary: 'Reads at which times of the week a detection or an alarm input is armed, by the clock of the device.',
    effect: 'read',
    params,
    *isapi({ event, channel }, context): Steps<ArmingSchedule> {
      return describe(event, channel, (yield* locate(event, channel, context)).document);
    },
    returns: 'event, channel, armed (always, never or periods), and the periods: day, from, to.',
    paths,
    source: ['ISAPI /ISAPI/Event/schedules/<EventType>/<ID>', 'isapi.md §6.8'],
  }),

  setArmingSchedule: command({
    title: 'Set arming schedule',
    summary:
      'Arms a detection or an alarm input always, never, or at times of the week, by the clock of the device. Unarmed, the ' +
      'device does not report it.',
    effect: 'write',
    example: { armed: 'never' },
    params: {
      ...params,
      armed: {
        kind: 'json',
        title: 'Armed',
        description:
          'One of "always" and "never", or a list of {day, from, to}: a day is monday to sunday, daily, weekdays or weekend, times are ' +
          '00:00 to 24:00. A period over midnight goes on on the next day.',
      },
    },
    isapi: setSchedule,
    returns: 'What the device says afterwards, as event.getArmingSchedule gives it, and whether it needs a restart.',
    paths,
    source: ['ISAPI /ISAPI/Event/schedules/<EventType>/<ID>', 'isapi.md §6.8'],
  }),
} as const;
