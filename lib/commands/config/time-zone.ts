/** The time zone, and where the device takes its time from. */
import { formatXml, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError } from '../../errors';
import { needsReboot } from '../answers';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import type { Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf } from '../limits';
import { optionalDocument } from '../ways';
import { formatWall, offsetAt, parseStamp, parseZone, TIME_PATH } from '../zone';
import { readTime } from './clock';

export interface DeviceZone {
  /** POSIX style with the sign inverted: `CST-8:00:00` is UTC+8. */
  readonly timeZone: string | null;
  /** Local minus UTC at this moment, daylight saving time included; null for a zone that cannot be read. */
  readonly offsetMinutes: number | null;
  /** The same outside daylight saving time. */
  readonly standardOffsetMinutes: number | null;
  /** The zone has daylight saving time. */
  readonly hasDaylight: boolean | null;
}

export interface TimeMode {
  /** NTP, manual, platform, ...; the device's word. */
  readonly mode: string | null;
}

const MINUTE_MS = 60_000;
const CAPABILITIES_PATH = '/ISAPI/System/time/capabilities';

function zoneFrom(document: XmlElement, context: CommandContext): DeviceZone {
  const timeZone = textAt(document, 'timeZone');
  const zone = timeZone === null ? undefined : parseZone(timeZone);
  return {
    timeZone,
    offsetMinutes: zone === undefined ? null : offsetAt(zone, context.now()) / MINUTE_MS,
    standardOffsetMinutes: zone === undefined ? null : zone.offsetMs / MINUTE_MS,
    hasDaylight: zone === undefined ? null : zone.daylight !== null,
  };
}

/** `CST-5:30:00` for UTC+5:30. */
export function zoneOfOffset(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `CST${offsetMinutes < 0 ? '+' : '-'}${Math.floor(minutes / 60)}:${two(minutes % 60)}:00`;
}

function* setTimeZone(
  args: { timeZone: string | undefined; offsetMinutes: number | undefined },
  context: CommandContext,
): Steps<DeviceZone & Written> {
  const { timeZone, offsetMinutes } = args;
  if ((timeZone === undefined) === (offsetMinutes === undefined)) {
    const expected = 'either this or offsetMinutes';
    throw new ArgumentError([{ parameter: 'timeZone', given: timeZone, expected }]);
  }
  const wanted = timeZone ?? zoneOfOffset(offsetMinutes ?? 0);
  const zone = parseZone(wanted);
  if (zone === undefined) {
    const expected = 'a zone such as CST-8:00:00 (UTC+8), with its rules of daylight saving time behind it';
    throw new ArgumentError([{ parameter: 'timeZone', given: timeZone, expected }]);
  }
  const document = yield* readTime();
  // The wall clock goes with the zone, or the device would take the old one for local time of the new zone.
  const stamp = parseStamp(textAt(document, 'localTime') ?? '');
  if (stamp !== undefined) {
    const utcMs = stamp.offsetMs === null ? null : stamp.wallMs - stamp.offsetMs;
    setText(document, 'localTime', formatWall(utcMs === null ? stamp.wallMs : utcMs + offsetAt(zone, utcMs)));
  }
  setText(document, 'timeZone', wanted);
  const answer = yield* putDocument(TIME_PATH, formatXml(document));
  return { ...zoneFrom(yield* readTime(), context), rebootRequired: needsReboot(answer) };
}

/** Writes the mode into a document of the clock, and the wall clock without an offset (isapi.md §2.4). */
export function writeMode(document: XmlElement, mode: string): void {
  const stamp = parseStamp(textAt(document, 'localTime') ?? '');
  if (stamp !== undefined) setText(document, 'localTime', formatWall(stamp.wallMs));
  setText(document, 'timeMode', mode);
}

function* setTimeMode({ mode }: { mode: string }): Steps<TimeMode & Written> {
  const limits = limitsAt(yield* optionalDocument(CAPABILITIES_PATH), 'timeMode');
  refuse([violationOf('mode', mode, limits)]);
  const document = yield* readTime();
  writeMode(document, spelledBy(limits, mode));
  const answer = yield* putDocument(TIME_PATH, formatXml(document));
  return { mode: textAt(yield* readTime(), 'timeMode'), rebootRequired: needsReboot(answer) };
}

export const timeZone = {
  getTimeZone: command({
    title: 'Read the time zone',
    summary: 'The time zone of the device as it writes it, and its distance from UTC.',
    effect: 'read',
    params: {},
    *isapi(_args, context): Steps<DeviceZone> {
      return zoneFrom(yield* readTime(), context);
    },
    returns: 'timeZone (POSIX, sign inverted), offsetMinutes now, standardOffsetMinutes, hasDaylight.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.4, §2.4'],
  }),

  setTimeZone: command({
    title: 'Set the time zone',
    summary:
      'Sets the time zone by its text or by its distance from UTC. The moment that the clock shows stays the same.',
    effect: 'write',
    example: { timeZone: 'CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00' },
    params: {
      timeZone: {
        kind: 'text',
        title: 'Time zone',
        description: 'POSIX style with the sign inverted: CST-8:00:00 is UTC+8.',
        maxLength: 128,
        optional: true,
      },
      offsetMinutes: {
        kind: 'integer',
        title: 'Distance from UTC',
        description: 'East is positive; without daylight saving time.',
        unit: 'min',
        min: -720,
        max: 840,
        optional: true,
      },
    },
    isapi: setTimeZone,
    returns:
      'What the device says afterwards: timeZone, offsetMinutes, standardOffsetMinutes, hasDaylight, rebootRequired.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.3, §0.4, §2.4'],
  }),

  setTimeMode: command({
    title: 'Set where the time comes from',
    summary: 'Sets whether the device takes its time from a time server (NTP), by hand, or from a platform.',
    effect: 'write',
    example: { mode: 'manual' },
    params: {
      mode: { kind: 'text', title: 'Mode', description: 'NTP, manual, or what else the device knows.', maxLength: 32 },
    },
    isapi: setTimeMode,
    returns: 'The mode as the device says it afterwards, and rebootRequired.',
    paths: [TIME_PATH, CAPABILITIES_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §2.4'],
  }),
} as const;
