/** The clock of the device. */
import { decode, encode } from '../../codec/layout';
import { netDvrTime, type NetDvrTime } from '../../codec/structs';
import { formatXml, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError } from '../../errors';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import { getNamed } from '../documents';
import { askPort, type PortSteps } from '../port';
import type { DeviceTime } from '../results';
import { formatWall, offsetAt, parseStamp, parseZone, TIME_PATH } from '../zone';

export function readTime(): Steps<XmlElement> {
  return getNamed(TIME_PATH, 'Time');
}

function timeFrom(document: XmlElement, context: CommandContext): DeviceTime {
  const time = textAt(document, 'localTime');
  const stamp = time === null ? undefined : parseStamp(time);
  const offsetMs =
    stamp === undefined || stamp.offsetMs === null ? null : stamp.wallMs - stamp.offsetMs - context.now();
  return { time, mode: textAt(document, 'timeMode'), timeZone: textAt(document, 'timeZone'), offsetMs };
}

/** The wall clock that a device in the zone of `document` shows at a moment, without an offset. */
function wallClockAt(document: XmlElement, utcMs: number): string {
  const zone = parseZone(textAt(document, 'timeZone') ?? '');
  if (zone !== undefined) return formatWall(utcMs + offsetAt(zone, utcMs));
  const offsetMs = parseStamp(textAt(document, 'localTime') ?? '')?.offsetMs ?? null;
  if (offsetMs !== null) return formatWall(utcMs + offsetMs);
  throw new UnsupportedError(
    'the device does not say its time zone; give the time without an offset, as its wall clock shows it',
  );
}

function* setTime({ time }: { time: string | undefined }, context: CommandContext): Steps<DeviceTime> {
  const document = yield* readTime();
  const given =
    time === undefined ? { wallMs: Math.round(context.now() / 1_000) * 1_000, offsetMs: 0 } : parseStamp(time);
  if (given === undefined) {
    throw new ArgumentError([
      { parameter: 'time', given: time, expected: 'a date and time such as 2024-05-01T12:34:56Z' },
    ]);
  }
  const wall =
    given.offsetMs === null ? formatWall(given.wallMs) : wallClockAt(document, given.wallMs - given.offsetMs);
  setText(document, 'timeMode', 'manual');
  // Read with an offset, written without one (isapi.md §2.4).
  setText(document, 'localTime', wall);
  yield* putDocument(TIME_PATH, formatXml(document));
  return timeFrom(yield* readTime(), context);
}

/** Without a zone: what the wall clock of the device shows. */
function* nativeTime(): PortSteps<DeviceTime> {
  const { year, month, day, hour, minute, second } = decode(netDvrTime, yield* askPort('getTime'));
  const time = formatWall(Date.UTC(year, month - 1, day, hour, minute, second));
  return { time, mode: null, timeZone: null, offsetMs: null };
}

/** The binary form knows wall clocks only; anything that needs the zone of the device goes as text. */
function nativeSetTime({ time }: { time: string | undefined }): PortSteps<DeviceTime> | null {
  const stamp = time === undefined ? undefined : parseStamp(time);
  return stamp === undefined || stamp.offsetMs !== null ? null : setWallClock(new Date(stamp.wallMs));
}

function* setWallClock(wall: Date): PortSteps<DeviceTime> {
  const value: NetDvrTime = {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
  yield* askPort('setTime', encode(netDvrTime, value));
  return yield* nativeTime();
}

export const clock = {
  getTime: command({
    title: 'Read the clock',
    summary: 'The clock of the device, its zone, and how far it is from ours.',
    effect: 'read',
    params: {},
    *isapi(_args, context): Steps<DeviceTime> {
      return timeFrom(yield* readTime(), context);
    },
    commandPort: nativeTime,
    returns: 'time, mode, timeZone, and offsetMs: device minus ours.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.4, §2.4', 'HCNetSDK.h NET_DVR_TIME'],
  }),

  setTime: command({
    title: 'Set the clock',
    summary:
      'Sets the clock of the device by hand, which ends its own synchronisation by NTP. The zone stays as it is.',
    effect: 'write',
    example: { time: '2024-05-01T12:30:00' },
    params: {
      time: {
        kind: 'time',
        title: 'Time',
        description: 'Left out: now. Without an offset it is what the wall clock of the device shall show.',
        optional: true,
      },
    },
    isapi: setTime,
    commandPort: nativeSetTime,
    returns: 'The clock as the device says it afterwards: time, mode, timeZone, offsetMs.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.3, §0.4, §2.4', 'HCNetSDK.h NET_DVR_TIME'],
  }),
} as const;
