/** "Test connection": what a device says of itself, and what about it wants to be mended. */
import { HikvisionClient, type ClientOptions } from './client';
import type { Clock } from './clock';
import type { DeviceInfo, DeviceTime, Trigger } from './commands/results';
import type { Features } from './commands/features';
import { HikvisionError, LockedError } from './errors';
import type { ConnectionState } from './session/connection';

/** A finding; its words, and the remedy beside it, stand in the locale under its code. */
export interface Finding {
  readonly level: 'good' | 'odd' | 'bad';
  readonly code: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Examination {
  readonly device: DeviceInfo | null;
  readonly findings: readonly Finding[];
  /** What it has, as far as it says so. */
  readonly features: readonly string[];
  readonly ways: readonly string[];
}

export interface ExaminationOptions {
  readonly clock: Clock;
  /** Where the device calls us; null where it does not, or was not told to. */
  readonly pushUrl?: string | null;
  readonly createClient?: (options: ClientOptions) => HikvisionClient;
}

/** After that long what is known is told. */
const PATIENCE_MS = 20_000;
/** How long the ways of its events are waited for. */
const WAYS_MS = 5_000;
const CLOCK_DIFFERENCE_MS = 60_000;
const NAMED_TRIGGERS = 8;

/**
 * Connects once, with a client of its own, and asks. Reads only. A refused password is not tried again.
 *
 * @throws ArgumentError when the options contradict each other.
 */
export async function examine(settings: ClientOptions, options: ExaminationOptions): Promise<Examination> {
  const { clock, pushUrl = null } = options;
  const client = options.createClient?.(settings) ?? new HikvisionClient(settings);
  const findings: Finding[] = [];
  const found = (level: Finding['level'], code: string, values: Record<string, string> = {}) =>
    void findings.push({ level, code, values });
  const known: { device: DeviceInfo | null; features: string[]; ways: readonly string[] } = {
    device: null,
    features: [],
    ways: [],
  };
  const patience = new AbortController();
  const timer = clock.after(PATIENCE_MS, () => {
    patience.abort(new Error('no time left'));
    // Ends whatever still waits.
    void client.close();
  });
  try {
    // Asks for the ways of its events; the events themselves are of no interest.
    client.events(() => undefined);
    try {
      known.device = await client.connect();
      found('good', 'answers');
    } catch (error) {
      failure(error, found, clock.now());
      return { ...known, findings };
    }
    const state = await waysTold(client, clock, patience.signal);
    if (state !== null) known.ways = tellWays(state, found);
    tellClock(await optional(client.config.getTime()), found);
    tellTriggers(await optional(client.event.listTriggers()), found);
    const features: Features | null = await optional(client.features());
    known.features = Object.entries(features ?? {}).flatMap(([name, has]) => (has === true ? [name] : []));
    if (pushUrl !== null) found('good', 'push', { url: pushUrl });
    return { ...known, findings };
  } finally {
    timer.cancel();
    await client.close();
  }
}

type Found = (level: Finding['level'], code: string, values?: Record<string, string>) => void;

function failure(error: unknown, found: Found, nowMs: number): void {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof LockedError) {
    const minutes = Math.max(1, Math.ceil((error.unlockAtMs - nowMs) / 60_000));
    found('bad', error.code, { reason, minutes: String(minutes) });
  } else found('bad', error instanceof HikvisionError ? error.code : 'other', { reason });
}

/** What it lacks is no finding of its own. */
async function optional<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch {
    return null;
  }
}

type Connected = Extract<ConnectionState, { state: 'connected' }>;

function waysTold(client: HikvisionClient, clock: Clock, signal: AbortSignal): Promise<Connected | null> {
  const told = (state: ConnectionState) => (state.state === 'connected' && state.stream !== 'off' ? state : null);
  return new Promise((resolve) => {
    const done = (state: Connected | null) => {
      timer.cancel();
      states.close();
      signal.removeEventListener('abort', onAbort);
      resolve(state);
    };
    const onAbort = () => done(null);
    const states = client.onState((state) => {
      const now = told(state);
      if (now !== null) done(now);
    });
    const timer = clock.after(WAYS_MS, () => done(client.state.state === 'connected' ? client.state : null));
    signal.addEventListener('abort', onAbort, { once: true });
    const now = told(client.state);
    if (now !== null) done(now);
  });
}

function tellWays({ stream, ways, streamReason }: Connected, found: Found): readonly string[] {
  const values = { ways: ways.join(', '), reason: streamReason ?? '' };
  if (stream === 'open') found('good', 'ways', values);
  else if (stream === 'partial') found('odd', 'pollingOnly', values);
  else found('bad', 'noEvents', values);
  return ways;
}

function tellClock(time: DeviceTime | null, found: Found): void {
  if (time === null || time.offsetMs === null) return;
  const seconds = String(Math.round(Math.abs(time.offsetMs) / 1_000));
  if (Math.abs(time.offsetMs) < CLOCK_DIFFERENCE_MS) found('good', 'clock', { seconds });
  else found('odd', time.offsetMs > 0 ? 'clockAhead' : 'clockBehind', { seconds });
}

function tellTriggers(triggers: readonly Trigger[] | null, found: Found): void {
  const silent = (triggers ?? []).filter(({ notifiesCenter }) => !notifiesCenter);
  if (triggers !== null && triggers.length > 0 && silent.length === 0) found('good', 'triggers');
  if (silent.length === 0) return;
  const names = [...new Set(silent.map(({ id }) => id))];
  const rest = names.length > NAMED_TRIGGERS ? ', ...' : '';
  found('odd', 'silentTriggers', {
    count: String(silent.length),
    names: names.slice(0, NAMED_TRIGGERS).join(', ') + rest,
  });
}
