/**
 * Being connected, and staying so: one loop that opens, holds, and opens again. It knows when not to: wrong password, wrong
 * certificate or another device wait for the user; a locked account waits for its time.
 */
import type { Clock } from '../clock';
import type { DeviceInfo } from '../commands/results';
import {
  AuthenticationError,
  CertificateError,
  ClosedError,
  ConnectionLostError,
  HikvisionError,
  IdentityError,
  LockedError,
  NotActivatedError,
  PermissionError,
  TimeoutError,
  TooManySessionsError,
  UnsupportedError,
  type ErrorCode,
} from '../errors';
import {
  ALERT_STREAM_QUIET_MS,
  CLOCK_CHECK_INTERVAL_MS,
  PROBE_INTERVAL_MS,
  STABLE_CONNECTION_MS,
  STREAM_REFUSED_RETRY_MS,
  STREAM_TAKEN_RETRY_MS,
} from '../settings';
import { Backoff } from './backoff';
import { Companions, PUSH_WAY, type EventCompanion } from './companions';
import { connectTurns } from './connect-turns';
import type { EventPump, Warning } from './event-pump';
import type { DeviceLink, EventLine } from './link';
import type { LineState } from './ways';

/**
 * - `off`: nobody wants events.
 * - `open`: the device tells them on a line of its own, or calls us.
 * - `partial`: it refuses that, but some events come by polling.
 * - `failed`: none come.
 */
export type StreamState = 'off' | 'open' | 'partial' | 'failed';

export type ConnectionState =
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  | {
      readonly state: 'connected';
      readonly device: DeviceInfo;
      /** Our wall clock, milliseconds since 1970. */
      readonly sinceMs: number;
      readonly stream: StreamState;
      /** Why it is `partial` or `failed`. */
      readonly streamReason?: string;
      /** The ways by which events come now: `alertStream`, `push`, `calls`, ... */
      readonly ways: readonly string[];
    }
  | { readonly state: 'lost'; readonly reason: string; readonly code: ErrorCode; readonly retryAtMs: number }
  | { readonly state: 'locked'; readonly reason: string; readonly code: 'HIK_LOCKED'; readonly unlockAtMs: number }
  /** Wrong password, certificate or device: nothing is tried until the user asks or the settings change. */
  | { readonly state: 'refused'; readonly reason: string; readonly code: ErrorCode }
  | { readonly state: 'closed' };

export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly link: DeviceLink;
  readonly pump: EventPump;
  /** Asks the device who it is. */
  readonly identify: (signal: AbortSignal) => Promise<DeviceInfo>;
  /** What is worth knowing about each device: its clock. Failures are not fatal. */
  readonly prepare: (device: DeviceInfo, signal: AbortSignal) => Promise<void>;
  /** What is worth knowing before its events come: its channels. Failures are not fatal. */
  readonly prepareEvents: (signal: AbortSignal) => Promise<void>;
  /** Its line of events is open, so that other ways need not tell the same. */
  readonly onLine?: () => void;
  /** False where the device's own line is not among the ways that are wished. */
  readonly wantsLine?: boolean;
  /** Further ways by which this device's events come, beside its line. */
  readonly companions: () => readonly EventCompanion[];
  /** Looks at the device's clock again. */
  readonly measureClock: (signal: AbortSignal) => Promise<void>;
  readonly warn: (warning: Warning) => void;
  readonly onState: (state: ConnectionState) => void;
  /** Serial that must answer; undefined takes the first one that does. */
  readonly expectedSerial: string | undefined;
}

/** Tells the state of a connection that holds. */
type Shown = (stream: StreamState, ways: readonly string[], streamReason?: string) => void;

export class Connection {
  state: ConnectionState = { state: 'idle' };
  /** Connections made after the first one. */
  reconnects = -1;
  line: LineState = 'none';

  private readonly backoff: Backoff;
  private running: { abort: AbortController; done: Promise<void> } | null = null;
  private waiters: { resolve: (device: DeviceInfo) => void; reject: (error: Error) => void }[] = [];
  private wake: () => void = () => undefined;
  private serial: string | null;
  /** What waits for the user, while the state is `refused`. */
  private refusal: HikvisionError | null = null;
  /** A run that was told to stop and has not yet. */
  private ending: Promise<void> | null = null;

  constructor(private readonly parts: ConnectionParts) {
    this.backoff = new Backoff(parts.random);
    this.serial = parts.expectedSerial === undefined ? null : normalSerial(parts.expectedSerial);
  }

  /**
   * Opens and keeps open.
   *
   * @param retry the user asks: a refusal, a lock and the remembered device are forgotten.
   * @returns who answered. @throws the first error; recoverable ones are retried in the background all the same.
   */
  connect(retry: boolean): Promise<DeviceInfo> {
    if (this.state.state === 'closed') return Promise.reject(this.closedError());
    if (this.state.state === 'connected' && this.running !== null) return Promise.resolve(this.state.device);
    if (retry) {
      this.parts.link.gate.reopen();
      this.serial = null;
      this.backoff.reset();
    }
    const result = new Promise<DeviceInfo>((resolve, reject) => this.waiters.push({ resolve, reject }));
    if (this.running === null) {
      const abort = new AbortController();
      // One at a time: what `disconnect` has just ended must be over.
      const { ending } = this;
      const done = ending === null ? this.run(abort.signal) : ending.then(() => this.run(abort.signal));
      this.running = { abort, done };
    } else if (retry || this.state.state !== 'refused') {
      if (this.state.state === 'lost' || this.state.state === 'locked' || this.state.state === 'refused') this.wake();
    } else {
      // Refused, and nobody asked to try again: say so without trying.
      this.settle(null, this.refusal);
    }
    return result;
  }

  /** Ends the connection; `connect` starts anew. */
  async disconnect(): Promise<void> {
    await this.stop();
    // Unless `connect` was called meanwhile.
    if (this.running === null) this.set({ state: 'idle' });
  }

  async close(): Promise<void> {
    await this.stop();
    this.set({ state: 'closed' });
  }

  /** Subscribers came or went: the stream is wanted now, or no longer. */
  streamWishChanged(): void {
    if (this.state.state === 'connected') this.wake();
  }

  /** The device was told to restart. */
  expectReboot(): void {
    this.backoff.rebooting(this.parts.clock.monotonic());
  }

  private async stop(): Promise<void> {
    const { running } = this;
    this.running = null;
    this.settle(null, this.closedError());
    if (running !== null) {
      running.abort.abort(this.closedError());
      this.wake();
      this.ending = running.done;
    }
    const { ending } = this;
    await ending;
    if (this.ending === ending) this.ending = null;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.set({ state: 'connecting' });
        const device = await this.openInTurn(signal);
        await this.hold(device, signal);
      } catch (error) {
        this.parts.link.forget();
        if (signal.aborted) return;
        await this.afterFailure(toHikvisionError(error, this.parts.link.place), signal);
      }
    }
  }

  private async afterFailure(error: HikvisionError, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    const reason = error.message;
    if (error instanceof LockedError) {
      this.set({ state: 'locked', reason, code: error.code, unlockAtMs: error.unlockAtMs });
      this.settle(null, error);
      await this.pause(Math.max(1_000, error.unlockAtMs - clock.now()), signal);
    } else if (waitsForUser(error)) {
      this.refusal = error;
      this.set({ state: 'refused', reason, code: error.code });
      this.settle(null, error);
      await this.pause(null, signal);
    } else {
      const waitMs = this.backoff.next(clock.monotonic());
      this.set({ state: 'lost', reason, code: error.code, retryAtMs: clock.now() + waitMs });
      this.settle(null, error);
      await this.pause(waitMs, signal);
    }
  }

  /** A device that comes to us is waited for; the others are asked when it is their turn. */
  private async openInTurn(signal: AbortSignal): Promise<DeviceInfo> {
    const { clock, link } = this.parts;
    if (link.describe !== undefined) return this.open(signal);
    const release = await connectTurns(clock).take(signal, this.backoff.hasFailedOften);
    try {
      return await this.open(signal);
    } finally {
      release();
    }
  }

  private async open(signal: AbortSignal): Promise<DeviceInfo> {
    const device = await this.parts.identify(signal);
    this.checkIdentity(device);
    await this.parts.prepare(device, signal);
    return device;
  }

  private checkIdentity(device: DeviceInfo): void {
    if (device.serial === null) return;
    const serial = normalSerial(device.serial);
    if (this.serial === null || this.serial === serial) {
      this.serial = serial;
      return;
    }
    throw new IdentityError(
      `another device answers here than before (${device.model ?? 'unknown model'}, other serial number). If it was exchanged, connect again by hand`,
      { device: this.parts.link.place },
    );
  }

  /** Connected, until it throws: with events while somebody wants them, else with a probe now and then. */
  private async hold(device: DeviceInfo, signal: AbortSignal): Promise<void> {
    const { clock, pump } = this.parts;
    const sinceMs = clock.now();
    const connected: Shown = (stream, ways, streamReason) => {
      if (this.state.state !== 'connected') this.reconnects++;
      const reason = streamReason === undefined ? {} : { streamReason };
      this.set({ state: 'connected', device, sinceMs, stream, ways, ...reason });
      this.settle(device, null);
    };
    let isPrepared = false;
    while (!signal.aborted) {
      if (pump.hasSubscribers) {
        if (!isPrepared) await this.parts.prepareEvents(signal);
        isPrepared = true;
        await this.holdEvents(connected, signal);
      } else {
        connected('off', []);
        await this.pause(PROBE_INTERVAL_MS, signal);
        if (!signal.aborted && !pump.hasSubscribers) await this.parts.link.probe(signal);
      }
    }
  }

  /** By the line of the device and whatever else tells its events, until nobody wants them any more; or until it throws. */
  private async holdEvents(connected: Shown, signal: AbortSignal): Promise<void> {
    const { link, pump, warn } = this.parts;
    // Ends with the connection, or with a failure beside the line.
    const own = new AbortController();
    const onAbort = () => own.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let line: { readonly name: string } | { readonly refusal: string } | null = null;
    const show = () => {
      const ways = companions.names;
      if (line === null) return;
      if ('name' in line) connected('open', [line.name, ...ways]);
      else connected(ways.length === 0 ? 'failed' : ways.includes(PUSH_WAY) ? 'open' : 'partial', ways, line.refusal);
    };
    const companions = new Companions(this.parts.companions(), show, (error) => own.abort(error), warn);
    try {
      while (!own.signal.aborted && pump.hasSubscribers) {
        try {
          if (this.parts.wantsLine === false) {
            throw new UnsupportedError('no line of the device is among the ways that are wished');
          }
          const opened = await link.openEvents(own.signal);
          line = opened;
          this.line = 'open';
          this.parts.onLine?.();
          show();
          await this.read(opened, own.signal);
        } catch (error) {
          if (!isLineRefused(error)) throw error;
          // Commands work all the same, so the connection stays; the status says what is missing.
          line = { refusal: error.message };
          this.line = 'refused';
          show();
          if (companions.names.length === 0 && this.parts.wantsLine !== false)
            warn({ code: 'NO_EVENTS', message: `the device gives no events: ${error.message}` });
          const isFull = error instanceof TooManySessionsError;
          await this.holdWithoutEvents(isFull ? STREAM_TAKEN_RETRY_MS : STREAM_REFUSED_RETRY_MS, own.signal);
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.line = 'none';
      await companions.stop();
    }
    if (own.signal.aborted && !signal.aborted) throw own.signal.reason as Error;
  }

  /** Until it is time to ask for events again, or subscribers come or go; the device may be lost meanwhile. */
  private async holdWithoutEvents(forMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    const untilMs = clock.monotonic() + forMs;
    while (!signal.aborted && clock.monotonic() < untilMs) {
      const isWoken = await this.pause(PROBE_INTERVAL_MS, signal);
      if (isWoken) return;
      await this.parts.link.probe(signal);
    }
  }

  /** Reads the events until the line breaks (throws), falls silent (throws), or nobody wants it any more (returns). */
  private read(line: EventLine, signal: AbortSignal): Promise<void> {
    const { clock, pump } = this.parts;
    const device = this.parts.link.place;
    const openedMs = clock.monotonic();
    const { inlet } = line;
    const heartbeatsBefore = inlet.heartbeats;
    let lastByteMs = openedMs;
    let hasDelivered = false;
    inlet.begin();

    return new Promise<void>((resolve, reject) => {
      let isOver = false;
      const finish = (error: Error | null) => {
        if (isOver) return;
        isOver = true;
        watchdog.cancel();
        clockCheck.cancel();
        signal.removeEventListener('abort', onAbort);
        this.wake = () => undefined;
        line.close();
        inlet.end();
        // It had delivered: the next attempt comes soon (HA core#82767: recorders that drop the stream every 40 s).
        if (hasDelivered || clock.monotonic() - openedMs >= STABLE_CONNECTION_MS) this.backoff.reset();
        if (error === null) resolve();
        else reject(error);
      };
      const onAbort = () => finish(signal.reason as Error);
      const lost = (why: string | Error) =>
        finish(why instanceof Error ? why : new ConnectionLostError(why, { device, operation: line.name }));

      signal.addEventListener('abort', onAbort, { once: true });
      this.wake = () => {
        // Opened anew with what is wanted now.
        if (!pump.hasSubscribers || line.covers?.(pump.wantedKinds) === false) finish(null);
      };
      const watch = (afterMs: number) => clock.after(afterMs, () => void silent());
      const silent = async () => {
        const silentMs = () => clock.monotonic() - lastByteMs;
        if (silentMs() < line.silenceMs) {
          watchdog = watch(line.silenceMs - silentMs());
          return;
        }
        if (line.afterSilence === 'lost') {
          finish(new TimeoutError(`the ${line.name} was silent for ${Math.round(silentMs() / 1000)} s`, { device }));
          return;
        }
        try {
          await this.parts.link.probe(signal);
        } catch (error) {
          finish(error as Error);
          return;
        }
        if (isOver) return;
        const seconds = Math.round(silentMs() / 1000);
        const hadHeartbeats = inlet.heartbeats > heartbeatsBefore;
        if (silentMs() >= line.silenceMs && (hadHeartbeats || silentMs() >= ALERT_STREAM_QUIET_MS)) {
          hasDelivered = true; // the device is there: open anew at once
          finish(
            new TimeoutError(
              `the ${line.name} was silent for ${seconds} s although the device answers; it is opened anew`,
              { device },
            ),
          );
        } else watchdog = watch(line.silenceMs);
      };
      let watchdog = watch(line.silenceMs);
      const checkClock = () => {
        void this.parts.measureClock(signal).catch(() => undefined); // tried again in an hour, and after each reconnect
        clockCheck = clock.after(CLOCK_CHECK_INTERVAL_MS, checkClock);
      };
      let clockCheck = clock.after(CLOCK_CHECK_INTERVAL_MS, checkClock);
      // Last, because a line that is gone already says so at once.
      line.start((deliver) => {
        if (isOver) return;
        lastByteMs = clock.monotonic();
        try {
          if (deliver() > 0) hasDelivered = true;
        } catch (error) {
          this.parts.warn({
            code: 'READER_FAILED',
            message: `bytes of the ${line.name} could not be read: ${(error as Error).message}`,
          });
          inlet.begin();
        }
      }, lost);
      if (signal.aborted) onAbort();
      else if (!isOver) this.wake(); // nobody may want it any more
    });
  }

  /**
   * Waits for the time to pass, for `wake`, or for the end.
   *
   * @param ms null waits without a limit. @returns whether it ended before its time.
   */
  private pause(ms: number | null, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : this.parts.clock.after(ms, () => done(false));
      const done = (isWoken: boolean) => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        this.wake = () => undefined;
        resolve(isWoken);
      };
      const onAbort = () => done(true);
      this.wake = onAbort;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  private settle(device: DeviceInfo | null, error: Error | null): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) {
      if (device !== null) waiter.resolve(device);
      else if (error !== null) waiter.reject(error);
    }
  }

  private set(state: ConnectionState): void {
    if (this.state.state === 'closed') return;
    this.state = state;
    this.parts.onState(state);
  }

  private closedError(): ClosedError {
    return new ClosedError('the connection was closed', { device: this.parts.link.place });
  }
}

/** There is no line for us, now or ever; the device answers otherwise, and other ways may tell its events. */
function isLineRefused(error: unknown): error is HikvisionError {
  return error instanceof PermissionError || error instanceof UnsupportedError || error instanceof TooManySessionsError;
}

/** Errors that the same attempt would bring again, until the user changes something. */
function waitsForUser(error: HikvisionError): boolean {
  return (
    error instanceof AuthenticationError ||
    error instanceof CertificateError ||
    error instanceof IdentityError ||
    error instanceof NotActivatedError
  );
}

function toHikvisionError(error: unknown, device: string): HikvisionError {
  if (error instanceof HikvisionError) return error;
  return new ConnectionLostError(error instanceof Error ? error.message : String(error), { device, cause: error });
}

/** Serials are written with and without hyphens and blanks (DVRtool docs). */
function normalSerial(serial: string): string {
  return serial.replace(/[^0-9a-z]/gi, '').toUpperCase();
}
