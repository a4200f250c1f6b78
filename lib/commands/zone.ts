/**
 * The time zone of a device as it writes it: POSIX style with the sign inverted, `CST-8:00:00` is UTC+8, and
 * `CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00` moves one hour on from the last Sunday of March, 02:00, to the
 * last Sunday of October, 03:00 (isapi.md §0.4).
 */

/** Where a device tells its clock, and the zone that it stands in. */
export const TIME_PATH = '/ISAPI/System/time';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Zone {
  /** Local minus UTC outside daylight saving time. */
  readonly offsetMs: number;
  readonly daylight: { readonly shiftMs: number; readonly start: Rule; readonly end: Rule } | null;
}

/** `M3.5.0/02:00:00`: month 1-12, week 1-5 (5 is the last), weekday 0-6 from Sunday, local time of day. */
interface Rule {
  readonly month: number;
  readonly week: number;
  readonly weekday: number;
  readonly timeMs: number;
}

const TIME = String.raw`(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?`;
const RULE = String.raw`M(\d{1,2})\.([1-5])\.([0-6])(?:\/${TIME})?`;
const NAME = String.raw`(?:[A-Za-z]{1,10}|<[^<>]{1,20}>)`;
const ZONE = new RegExp(`^${NAME}([+-]?)${TIME}(?:${NAME}(?:([+-]?)${TIME})?(?:,${RULE},${RULE})?)?$`);

/** Undefined for a text that is no such zone. */
export function parseZone(text: string): Zone | undefined {
  const parts = ZONE.exec(text.trim());
  if (parts === null) return undefined;
  const number = (index: number, missing = 0): number => (parts[index] === undefined ? missing : Number(parts[index]));
  const timeAt = (index: number): number =>
    number(index) * 3_600_000 + number(index + 1) * MINUTE_MS + number(index + 2) * 1_000;
  const ruleAt = (index: number): Rule => ({
    month: number(index),
    week: number(index + 1),
    weekday: number(index + 2),
    timeMs: parts[index + 3] === undefined ? 7_200_000 : timeAt(index + 3),
  });
  const offsetMs = parts[1] === '-' ? timeAt(2) : 0 - timeAt(2);
  if (Math.abs(offsetMs) > 15 * 3_600_000) return undefined;
  if (parts[9] === undefined) return { offsetMs, daylight: null };
  const start = ruleAt(9);
  const end = ruleAt(15);
  if (start.month < 1 || start.month > 12 || end.month < 1 || end.month > 12) return undefined;
  // POSIX puts a whole offset here; devices put the shift: `DST01:00:00`, `DST00:30:00`.
  const shiftMs = parts[6] === undefined ? 3_600_000 : timeAt(6);
  return { offsetMs, daylight: { shiftMs, start, end } };
}

/** Local minus UTC at a moment, in milliseconds. */
export function offsetAt(zone: Zone, utcMs: number): number {
  const { offsetMs, daylight } = zone;
  if (daylight === null) return offsetMs;
  const year = new Date(utcMs + offsetMs).getUTCFullYear();
  const startMs = momentOf(daylight.start, year) - offsetMs;
  // The end is given in the time that then still counts.
  const endMs = momentOf(daylight.end, year) - offsetMs - daylight.shiftMs;
  const isDaylight = startMs < endMs ? utcMs >= startMs && utcMs < endMs : utcMs >= startMs || utcMs < endMs; // the south: over New Year
  return isDaylight ? offsetMs + daylight.shiftMs : offsetMs;
}

/** A rule in a year, as wall clock read as UTC. */
function momentOf(rule: Rule, year: number): number {
  const first = Date.UTC(year, rule.month - 1, 1);
  const toWeekday = (rule.weekday - new Date(first).getUTCDay() + 7) % 7;
  let day = 1 + toWeekday + (rule.week - 1) * 7;
  const days = Math.round((Date.UTC(year, rule.month, 1) - first) / DAY_MS);
  while (day > days) day -= 7;
  return Date.UTC(year, rule.month - 1, day) + rule.timeMs;
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]?\d\d:?\d\d)?$/;

/** A time of a device taken apart. */
export interface Stamp {
  /** Wall clock read as UTC, milliseconds since 1970. */
  readonly wallMs: number;
  /** Local minus UTC; null where the device does not say. */
  readonly offsetMs: number | null;
}

/** Undefined for a text that is no time. A recorder that loses the `+` of its offset (`17:53:4200:00`) is understood. */
export function parseStamp(text: string): Stamp | undefined {
  const parts = STAMP.exec(text.trim());
  if (parts === null) return undefined;
  const wallMs = Date.parse(`${parts[1]}Z`);
  if (!Number.isFinite(wallMs)) return undefined;
  const offset = parts[2];
  if (offset === undefined) return { wallMs, offsetMs: null };
  if (offset === 'Z') return { wallMs, offsetMs: 0 };
  const digits = offset.replace(/\D/g, '');
  const size = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * MINUTE_MS;
  return { wallMs, offsetMs: offset.startsWith('-') ? 0 - size : size };
}

/** `2024-05-01T12:34:56`, from a wall clock read as UTC. */
export function formatWall(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19);
}
