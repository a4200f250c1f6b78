/**
 * Which events a node passes on: filters, minimum duration, cool-down. Pure: the clock is handed in, what passes is handed to a
 * function.
 *
 * An end follows its start: it passes exactly when its start did, so a flow never sees one half of an event.
 */
import type { Clock, EventKind, EventState, HikvisionEvent } from '../../lib/index';
import { EVENT_KIND_NAMES } from '../../lib/index';
import { parseNumberList, parseWordList } from './lists';
import { DEVICE_WORD, mismatchOf, type MatchSettings } from './matching';

/** Events held or known to run at one node; devices run 512 at most. Beyond it the oldest is forgotten. */
const MAX_RUNNING = 4_096;
/** Pairs of kind and channel whose last report is remembered for the cool-down. */
const MAX_COOLING = 4_096;

export interface FilterSettings extends MatchSettings {
  readonly kinds: ReadonlySet<EventKind>;
  /** Edges that are passed on. */
  readonly states: ReadonlySet<EventState>;
  /** An event shorter than this is never reported. 0: none is too short. `once` has no duration and always passes. */
  readonly minDurationMs: number;
  /** After a report, further events of the same kind and channel are left out for this long. 0: none is. */
  readonly coolDownMs: number;
}

/** The properties of a node that say what it passes on, as they stand in a flow. */
export interface FilterFields {
  readonly kinds?: unknown;
  readonly channels?: unknown;
  readonly targets?: unknown;
  readonly regions?: unknown;
  readonly states?: unknown;
  /** Seconds, as text or number. */
  readonly minDuration?: unknown;
  /** Seconds, as text or number. */
  readonly coolDown?: unknown;
  readonly stale?: unknown;
}

export const EVENT_STATES = ['start', 'end', 'once'] as const satisfies readonly EventState[];

/**
 * Reads the properties of a node; what is missing has its default.
 *
 * @returns the settings, or the names of the properties that make no sense.
 */
export function filterSettings(fields: FilterFields): { settings: FilterSettings } | { problems: string[] } {
  const problems: string[] = [];
  const check = <T>(property: string, value: T | undefined): T | undefined => {
    if (value === undefined) problems.push(property);
    return value;
  };
  const kinds = check('kinds', subsetOf(fields.kinds, EVENT_KIND_NAMES));
  const states = check('states', subsetOf(fields.states, EVENT_STATES));
  const channels = check('channels', parseNumberList(textOf(fields.channels), DEVICE_WORD));
  const regions = check('regions', parseNumberList(textOf(fields.regions)));
  const minDurationMs = check('minDuration', millisecondsOf(fields.minDuration));
  const coolDownMs = check('coolDown', millisecondsOf(fields.coolDown));
  if (!kinds || !states || !channels || !regions || minDurationMs === undefined || coolDownMs === undefined) {
    return { problems };
  }
  return {
    settings: {
      kinds,
      channels,
      targets: new Set(parseWordList(textOf(fields.targets))),
      regions,
      states: states.size === 0 ? new Set(EVENT_STATES) : states,
      minDurationMs,
      coolDownMs,
      stale: fields.stale !== false,
    },
  };
}

/** Seconds as typed, in milliseconds; an empty field is 0. Undefined for what is no number of seconds, or more than a day. */
export function millisecondsOf(seconds: unknown): number | undefined {
  const text = textOf(seconds).trim().replace(',', '.');
  if (text === '') return 0;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 && value <= 86_400 ? Math.round(value * 1_000) : undefined;
}

interface Running {
  /** Its start passed, or will pass once it has lasted long enough. */
  readonly passes: boolean;
  readonly cancel?: () => void;
}

export class EventFilter {
  private suppressedCount = 0;
  private readonly running = new Map<string, Running>();
  /** When the last event of a kind and channel was reported, on the monotonic clock. */
  private readonly reportedAt = new Map<string, number>();

  /**
   * @param report receives what passes, oldest first.
   * @param onSuppressed is told when the cool-down left an event out.
   */
  constructor(
    private readonly settings: FilterSettings,
    private readonly clock: Clock,
    private readonly report: (event: HikvisionEvent) => void,
    private readonly onSuppressed: (count: number) => void = () => undefined,
  ) {}

  /** Events that the cool-down left out so far; an event is counted once, not once for each edge. */
  get suppressed(): number {
    return this.suppressedCount;
  }

  push(event: HikvisionEvent): void {
    switch (event.state) {
      case 'once':
        if (this.matches(event) && this.mayReport(event)) this.pass(event);
        return;
      case 'start':
        this.start(event);
        return;
      case 'end':
        this.end(event);
        return;
    }
  }

  /** Drops what is held and stops all timers. */
  close(): void {
    for (const { cancel } of this.running.values()) cancel?.();
    this.running.clear();
    this.reportedAt.clear();
  }

  private start(event: HikvisionEvent): void {
    const key = keyOf(event);
    // A start without an end before it: the connection broke in between. The old one is over, one way or another.
    this.forget(key);
    if (!this.matches(event)) {
      // Known all the same, so that its end is not taken for that of another region.
      this.remember(key, { passes: false });
      return;
    }
    if (this.settings.minDurationMs === 0) {
      const passes = this.mayReport(event);
      this.remember(key, { passes });
      if (passes) this.pass(event);
      return;
    }
    const timer = this.clock.after(this.settings.minDurationMs, () => {
      const passes = this.mayReport(event);
      this.remember(key, { passes });
      if (passes) this.pass(event);
    });
    // Until the time is up its end, too, is kept back.
    this.remember(key, { passes: false, cancel: () => timer.cancel() });
  }

  private end(event: HikvisionEvent): void {
    const key = this.runningKey(event);
    if (key === undefined) return;
    const passes = this.running.get(key)?.passes;
    this.forget(key);
    if (passes) this.pass(event);
  }

  /** The start that an end belongs to. An end that names no region ends what runs on its channel. */
  private runningKey(event: HikvisionEvent): string | undefined {
    const key = keyOf(event);
    if (this.running.has(key)) return key;
    const group = groupOf(event);
    for (const other of this.running.keys())
      if (other.startsWith(group) && other.endsWith(STALE_MARK) === event.stale) return other;
    return undefined;
  }

  private remember(key: string, running: Running): void {
    this.running.set(key, running);
    if (this.running.size <= MAX_RUNNING) return;
    for (const oldest of this.running.keys()) {
      this.forget(oldest);
      return;
    }
  }

  private forget(key: string): void {
    this.running.get(key)?.cancel?.();
    this.running.delete(key);
  }

  private pass(event: HikvisionEvent): void {
    if (this.settings.states.has(event.state)) this.report(event);
  }

  /** Asks the cool-down, and starts it when the answer is yes. */
  private mayReport(event: HikvisionEvent): boolean {
    if (this.settings.coolDownMs === 0) return true;
    const key = `${event.kind}|${event.channel ?? ''}`;
    const now = this.clock.monotonic();
    const last = this.reportedAt.get(key);
    if (last !== undefined && now - last < this.settings.coolDownMs) {
      this.suppressedCount++;
      this.onSuppressed(this.suppressedCount);
      return false;
    }
    this.reportedAt.delete(key);
    this.reportedAt.set(key, now);
    if (this.reportedAt.size > MAX_COOLING) {
      for (const oldest of this.reportedAt.keys()) {
        this.reportedAt.delete(oldest);
        break;
      }
    }
    return true;
  }

  private matches(event: HikvisionEvent): boolean {
    return mismatchOf(event, this.settings) === null;
  }
}

/** What is told apart: kind and channel, and the firmware's own name where a kind gathers several. */
function groupOf({ kind, eventType, channel }: HikvisionEvent): string {
  const name = kind === 'unknown' || kind === 'other' ? `${kind} ${eventType.toLowerCase()}` : kind;
  return `${name}|${channel ?? ''}|`;
}

const STALE_MARK = '|stale';

/** Within a group: the region or alarm input, and live events from replayed ones. */
function keyOf(event: HikvisionEvent): string {
  const regions = event.regions.map(({ id }) => id ?? '').join(',');
  // `details` is read from the document when first asked for; only alarm inputs are worth that here.
  const port = event.kind === 'alarmInput' ? event.details.rawPort : undefined;
  return `${groupOf(event)}${regions}|${typeof port === 'string' ? port : ''}${event.stale ? STALE_MARK : ''}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function subsetOf<T extends string>(value: unknown, all: readonly T[]): Set<T> | undefined {
  if (value === undefined || value === null || value === '') return new Set();
  if (!Array.isArray(value)) return undefined;
  const chosen = all.filter((item) => value.includes(item));
  return chosen.length === new Set(value).size ? new Set(chosen) : undefined;
}
