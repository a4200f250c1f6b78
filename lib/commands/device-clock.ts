/** The clock by which a device counts its recordings: its wall clock, and how that stands to UTC. */
import { textAt } from '../codec/xml';
import { ArgumentError } from '../errors';
import type { CommandContext, Steps } from './command';
import { optionalDocument } from './ways';
import { formatWall, offsetAt, parseStamp, parseZone, TIME_PATH } from './zone';

/** Wall clocks are counted in milliseconds as if they were UTC. */
export class DeviceClock {
  constructor(
    readonly nowWallMs: number,
    /** Local minus UTC at a moment of UTC; null where the device does not say. */
    readonly offsetMsAt: (utcMs: number) => number | null,
  ) {}

  /** Local minus UTC now; null where the device does not say. */
  get offsetMs(): number | null {
    const rough = this.offsetMsAt(this.nowWallMs);
    return rough === null ? null : this.offsetMsAt(this.nowWallMs - rough);
  }

  /** What the wall clock shows at a time that a caller gave: with an offset it is a moment, without it is that clock itself. */
  wallMsOf(parameter: string, text: string): number {
    const stamp = parseStamp(text);
    if (stamp === undefined) {
      throw new ArgumentError([{ parameter, given: text, expected: 'a date and time such as 2024-05-01T12:34:56Z' }]);
    }
    return stamp.offsetMs === null ? stamp.wallMs : this.wallMsAt(stamp.wallMs - stamp.offsetMs);
  }

  wallMsAt(utcMs: number): number {
    return utcMs + (this.offsetMsAt(utcMs) ?? 0);
  }

  utcMsAt(wallMs: number): number {
    return wallMs - (this.offsetMsOfWall(wallMs) ?? 0);
  }

  /** `2024-05-01T12:34:56+08:00`, without the offset where it is not known. */
  format(wallMs: number): string {
    const offsetMs = this.offsetMsOfWall(wallMs);
    if (offsetMs === null) return formatWall(wallMs);
    const minutes = Math.round(Math.abs(offsetMs) / 60_000);
    const two = (value: number) => String(value).padStart(2, '0');
    return `${formatWall(wallMs)}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }

  private offsetMsOfWall(wallMs: number): number | null {
    const rough = this.offsetMsAt(wallMs);
    return rough === null ? null : this.offsetMsAt(wallMs - rough);
  }
}

/** Reads the clock of the device. One that does not tell is taken to show UTC. */
export function* readDeviceClock(context: CommandContext): Steps<DeviceClock> {
  const document = yield* optionalDocument(TIME_PATH);
  const stamp = parseStamp(textAt(document, 'localTime') ?? '');
  const zone = parseZone(textAt(document, 'timeZone') ?? '');
  const offsetMsAtMoment = (utcMs: number) => (zone === undefined ? (stamp?.offsetMs ?? null) : offsetAt(zone, utcMs));
  return new DeviceClock(stamp?.wallMs ?? context.now() + (offsetMsAtMoment(context.now()) ?? 0), offsetMsAtMoment);
}

/** The span that a caller asked for, as wall clock; the last day where nothing was said. */
export function spanOf(
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  clock: DeviceClock,
): { readonly fromMs: number; readonly toMs: number } {
  const toMs = to === undefined ? clock.nowWallMs : clock.wallMsOf('to', to);
  const fromMs = from === undefined ? toMs - DAY_MS : clock.wallMsOf('from', from);
  if (fromMs >= toMs) throw new ArgumentError([{ parameter: 'from', given: from, expected: 'a time before the end' }]);
  if (toMs - fromMs > MAX_SPAN_DAYS * DAY_MS) {
    throw new ArgumentError([
      { parameter: 'from', given: from, expected: `at most ${MAX_SPAN_DAYS} days before the end` },
    ]);
  }
  return { fromMs, toMs };
}

export const DAY_MS = 86_400_000;
const MAX_SPAN_DAYS = 366;

export const spanParams = {
  from: {
    kind: 'time',
    title: 'From',
    description: 'Left out: a day before the end. Without an offset it is the wall clock of the device.',
    optional: true,
  },
  to: {
    kind: 'time',
    title: 'To',
    description: 'Left out: now. Without an offset it is the wall clock of the device.',
    optional: true,
  },
} as const;
