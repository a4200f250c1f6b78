/**
 * Being connected, and staying so: one loop that opens, holds, and opens again. It knows when not to: wrong password, wrong
 * certificate or another device wait for the user; a locked account waits for its time.
 */
import type { Clock } from '../clock';
import type { DeviceInfo } from '../commands/results';
import { mapAnswer } from '../commands/answers';
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
  UnsupportedError,
  type ErrorCode,
} from '../errors';
import {
  ALERT_STREAM_QUIET_MS,
  ALERT_STREAM_SILENCE_MS,
  CLOCK_CHECK_INTERVAL_MS,
  PROBE_INTERVAL_MS,
  STABLE_CONNECTION_MS,
  STREAM_REFUSED_RETRY_MS,
} from '../settings';
import type { HttpClient, OpenStream } from '../transport/http';
import { Backoff } from './backoff';
import type { EventPump, Warning } from './event-pump';

export type StreamState = 'off' | 'open' | 'failed';

export type ConnectionState =
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  | {
      readonly state: 'connected';
      readonly device: DeviceInfo;
      /** Our wall clock, milliseconds since 1970. */
      readonly sinceMs: number;
      /** `off`: nobody wants events. `failed`: the device refuses its events, for `streamReason`. */
      readonly stream: StreamState;
      readonly streamReason?: string;
    }
  | { readonly state: 'lost'; readonly reason: string; readonly code: ErrorCode; readonly retryAtMs: number }
  | { readonly state: 'locked'; readonly reason: string; readonly code: 'HIK_LOCKED'; readonly unlockAtMs: number }
  /** Wrong password, certificate or device: nothing is tried until the user asks or the settings change. */
  | { readonly state: 'refused'; readonly reason: string; readonly code: ErrorCode }
  | { readonly state: 'closed' };

export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: HttpClient;
  readonly pump: EventPump;
  /** Asks the device who it is. */
  readonly identify: (signal: AbortSignal) => Promise<DeviceInfo>;
  /** Whatever else is worth knowing before events come: its clock, its channels. Failures are not fatal. */
  readonly prepare: (device: DeviceInfo, signal: AbortSignal) => Promise<void>;
  /** Looks at the device's clock again. */
  readonly measureClock: (signal: AbortSignal) => Promise<void>;
  readonly warn: (warning: Warning) => void;
  readonly onState: (state: ConnectionState) => void;
  /** Serial that must answer; undefined takes the first one that does. */
  readonly expectedSerial: string | undefined;
}

const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';
const USER_CHECK = '/ISAPI/Security/userCheck';

export class Connection {
  state: ConnectionState = { state: 'idle' };
  /** Connections made after the first one. */
  reconnects = -1;

  private readonly backoff: Backoff;
  private running: { abort: AbortController; done: Promise<void> } | null = null;
  private waiters: { resolve: (device: DeviceInfo) => void; reject: (error: Error) => void }[] = [];
  private wake: () => void = () => undefined;
  private serial: string | null;

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
    if (this.state.state === 'connected') return Promise.resolve(this.state.device);
    if (retry) {
      this.parts.http.gate.reopen();
      this.serial = null;
      this.backoff.reset();
    }
    const result = new Promise<DeviceInfo>((resolve, reject) => this.waiters.push({ resolve, reject }));
    if (this.running === null) {
      const abort = new AbortController();
      this.running = { abort, done: this.run(abort.signal) };
    } else if (retry || this.state.state !== 'refused') {
      if (this.state.state === 'lost' || this.state.state === 'locked' || this.state.state === 'refused') this.wake();
    } else {
      // Refused, and nobody asked to try again: say so without trying.
      const { reason, code } = this.state;
      this.settle(null, new RememberedRefusal(reason, code, this.parts.http.place).error);
    }
    return result;
  }

  /** Ends the connection; `connect` starts anew. */
  async disconnect(): Promise<void> {
    await this.stop();
    if (this.state.state !== 'closed') this.set({ state: 'idle' });
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
    if (running !== null) {
      running.abort.abort(this.closedError());
      this.wake();
      await running.done;
    }
    this.settle(null, this.closedError());
    this.parts.pump.end();
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.set({ state: 'connecting' });
        const device = await this.open(signal);
        await this.hold(device, signal);
      } catch (error) {
        this.parts.pump.end();
        this.parts.http.forgetNonces();
        if (signal.aborted) return;
        await this.afterFailure(toHikvisionError(error, this.parts.http.place), signal);
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
      { device: this.parts.http.place },
    );
  }

  /** Connected, until it throws: with a stream while somebody wants events, else with a probe now and then. */
  private async hold(device: DeviceInfo, signal: AbortSignal): Promise<void> {
    const { clock, pump } = this.parts;
    const sinceMs = clock.now();
    const connected = (stream: StreamState, streamReason?: string) => {
      if (this.state.state !== 'connected') this.reconnects++;
      this.set({
        state: 'connected',
        device,
        sinceMs,
        stream,
        ...(streamReason === undefined ? {} : { streamReason }),
      });
      this.settle(device, null);
    };
    while (!signal.aborted) {
      if (!pump.hasSubscribers) {
        connected('off');
        await this.pause(PROBE_INTERVAL_MS, signal);
        if (!signal.aborted && !pump.hasSubscribers) await this.probe(signal);
        continue;
      }
      try {
        const stream = await this.openStream(signal);
        connected('open');
        await this.read(stream, signal);
      } catch (error) {
        if (!(error instanceof PermissionError || error instanceof UnsupportedError)) throw error;
        // Commands work all the same, so the connection stays; the status says what is missing.
        connected('failed', error.message);
        this.parts.warn({ code: 'NO_EVENTS', message: `the device gives no events: ${error.message}` });
        await this.pause(STREAM_REFUSED_RETRY_MS, signal);
        if (!signal.aborted) await this.probe(signal);
      }
    }
  }

  private async openStream(signal: AbortSignal): Promise<OpenStream> {
    const answer = await this.parts.http.stream(ALERT_STREAM, signal);
    if ('close' in answer) return answer;
    const problem = mapAnswer(answer, 'alertStream', this.parts.http.place, this.parts.clock.now());
    throw (
      problem ?? new ConnectionLostError('the alertStream answered without a stream', { device: this.parts.http.place })
    );
  }

  /** Any answer will do; only silence, a lock or a refusal of the password are failures. */
  private async probe(signal: AbortSignal): Promise<void> {
    await this.parts.http.send({ method: 'GET', path: USER_CHECK }, { signal, idempotent: true });
  }

  /** Reads the stream until it breaks (throws), falls silent (throws), or nobody wants it any more (returns). */
  private read(stream: OpenStream, signal: AbortSignal): Promise<void> {
    const { clock, pump } = this.parts;
    const device = this.parts.http.place;
    const openedMs = clock.monotonic();
    const heartbeatsBefore = pump.counters.heartbeats;
    let lastByteMs = openedMs;
    let hasDelivered = false;
    pump.begin();

    return new Promise<void>((resolve, reject) => {
      let isOver = false;
      const finish = (error: Error | null) => {
        if (isOver) return;
        isOver = true;
        watchdog.cancel();
        clockCheck.cancel();
        signal.removeEventListener('abort', onAbort);
        this.wake = () => undefined;
        stream.close();
        pump.end();
        // It had delivered: the next attempt comes soon (HA core#82767: recorders that drop the stream every 40 s).
        if (hasDelivered || clock.monotonic() - openedMs >= STABLE_CONNECTION_MS) this.backoff.reset();
        if (error === null) resolve();
        else reject(error);
      };
      const onAbort = () => finish(signal.reason as Error);
      const lost = (why: string) => finish(new ConnectionLostError(why, { device, operation: 'alertStream' }));

      signal.addEventListener('abort', onAbort, { once: true });
      this.wake = () => {
        if (!pump.hasSubscribers) finish(null);
      };
      stream.body.on('data', (chunk: Buffer) => {
        if (isOver) return;
        lastByteMs = clock.monotonic();
        try {
          if (pump.push(chunk) > 0) hasDelivered = true;
        } catch (error) {
          this.parts.warn({
            code: 'READER_FAILED',
            message: `bytes of the alertStream could not be read: ${(error as Error).message}`,
          });
          pump.begin();
        }
      });
      stream.body.once('end', () => lost('the device ended the alertStream'));
      stream.body.once('error', () => lost('the alertStream broke'));
      stream.body.once('close', () => lost('the alertStream was closed'));

      const watch = (afterMs: number) => clock.after(afterMs, () => void silent());
      const silent = async () => {
        const silentMs = () => clock.monotonic() - lastByteMs;
        if (silentMs() < ALERT_STREAM_SILENCE_MS) {
          watchdog = watch(ALERT_STREAM_SILENCE_MS - silentMs());
          return;
        }
        try {
          await this.probe(signal);
        } catch (error) {
          finish(error as Error);
          return;
        }
        if (isOver) return;
        const seconds = Math.round(silentMs() / 1000);
        const hadHeartbeats = pump.counters.heartbeats > heartbeatsBefore;
        if (silentMs() >= ALERT_STREAM_SILENCE_MS && (hadHeartbeats || silentMs() >= ALERT_STREAM_QUIET_MS)) {
          hasDelivered = true; // the device is there: open anew at once
          finish(
            new TimeoutError(
              `the alertStream was silent for ${seconds} s although the device answers; it is opened anew`,
              { device },
            ),
          );
        } else watchdog = watch(ALERT_STREAM_SILENCE_MS);
      };
      let watchdog = watch(ALERT_STREAM_SILENCE_MS);
      const checkClock = () => {
        void this.parts.measureClock(signal).catch(() => undefined); // tried again in an hour, and after each reconnect
        clockCheck = clock.after(CLOCK_CHECK_INTERVAL_MS, checkClock);
      };
      let clockCheck = clock.after(CLOCK_CHECK_INTERVAL_MS, checkClock);
      if (signal.aborted) onAbort();
    });
  }

  /** Waits for the time to pass, for `wake`, or for the end. @param ms null waits without a limit. */
  private pause(ms: number | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : this.parts.clock.after(ms, () => done());
      const done = () => {
        timer?.cancel();
        signal.removeEventListener('abort', done);
        this.wake = () => undefined;
        resolve();
      };
      this.wake = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
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
    return new ClosedError('the connection was closed', { device: this.parts.http.place });
  }
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

/** The refusal that a connection remembers, as an error again. */
class RememberedRefusal {
  readonly error: HikvisionError;

  constructor(reason: string, code: ErrorCode, device: string) {
    switch (code) {
      case 'HIK_CERTIFICATE':
        this.error = new CertificateError(reason, undefined);
        break;
      case 'HIK_IDENTITY':
        this.error = new IdentityError(reason);
        break;
      case 'HIK_NOT_ACTIVATED':
        this.error = new NotActivatedError(reason);
        break;
      default:
        this.error = new AuthenticationError(reason, { device });
    }
  }
}

function toHikvisionError(error: unknown, device: string): HikvisionError {
  if (error instanceof HikvisionError) return error;
  return new ConnectionLostError(error instanceof Error ? error.message : String(error), { device, cause: error });
}

/** Serials are written with and without hyphens and blanks (DVRtool docs). */
function normalSerial(serial: string): string {
  return serial.replace(/[^0-9a-z]/gi, '').toUpperCase();
}
