/** Asking for what a device does not tell by itself: one question at a time, only while somebody wants the answer. */
import { sleep, type Clock } from '../clock';
import { contextOf, isAbsence } from '../commands/ways';
import { AuthenticationError, LockedError, PermissionError, TimeoutError, UnsupportedError } from '../errors';
import type { Notice } from '../events/event';
import type { EventKind } from '../events/kinds';
import { POLL_FAILED_MAX_MS, POLL_UNWANTED_MS } from '../settings';
import type { EventCompanion } from './companions';
import type { EventInlet } from './event-pump';

/** Runs a command of the device; with `withinMs` it is given up after that time. */
export type Ask = (command: string, args?: Record<string, unknown>, withinMs?: number) => Promise<unknown>;

export interface Polled {
  /** What happened since the last time, oldest first. */
  readonly notices: readonly Notice[];
  /** How long to wait now. */
  readonly nextMs: number;
  /** Is called once the notices were handed on, so that none of them is lost. */
  readonly taken?: () => void;
}

/** One thing to ask for. */
export interface Poll {
  /** For the state of the connection: `calls`. */
  readonly name: string;
  /** What it can tell; it is asked for only while one of them is wanted. */
  readonly kinds: ReadonlySet<EventKind>;
  /** By how much it may be behind what happens. */
  readonly lateMs: number;
  /**
   * Asks once.
   *
   * @throws UnsupportedError, PermissionError where this device or user has it not: it is not asked again on this connection.
   */
  ask(call: Ask, nowMs: number): Promise<Polled>;
}

export interface PollerParts {
  readonly clock: Clock;
  readonly inlet: EventInlet;
  readonly call: (command: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;
  /** Null: all kinds. */
  readonly wantedKinds: () => ReadonlySet<EventKind> | null;
  readonly isTrial?: boolean;
  /** False while something better tells the same. */
  readonly isNeeded?: () => boolean;
  /** The device has it not, and need not be asked again. */
  readonly lacking?: (error: Error) => void;
}

export class Poller implements EventCompanion {
  readonly name: string;
  readonly isTrial: boolean;

  constructor(
    private readonly poll: Poll,
    private readonly parts: PollerParts,
  ) {
    this.name = poll.name;
    this.isTrial = parts.isTrial === true;
  }

  async run(signal: AbortSignal, working: (isWorking: boolean) => void): Promise<void> {
    const { clock, inlet } = this.parts;
    const call: Ask = (command, args = {}, withinMs) =>
      withinMs === undefined ? this.parts.call(command, args, signal) : this.within(withinMs, command, args, signal);
    let failedMs = 0;
    let hasWorked = false;
    let isOpen = false;
    // What tells nothing at present is no way on which anybody should wait.
    const works = (isWorking: boolean) => {
      if (isWorking && !isOpen) inlet.begin();
      if (!isWorking && isOpen) inlet.end();
      isOpen = isWorking;
      working(isWorking);
    };
    try {
      while (!signal.aborted) {
        let nextMs = POLL_UNWANTED_MS;
        if (this.isWanted()) {
          try {
            const { notices, nextMs: wanted, taken } = await this.poll.ask(call, clock.monotonic());
            if (signal.aborted) return;
            failedMs = 0;
            nextMs = wanted;
            hasWorked = true;
            works(true);
            if (notices.length > 0) inlet.take(notices);
            taken?.();
          } catch (error) {
            if (signal.aborted) throw error;
            // Devices say in many words that they have something not; once it has worked, they mean something else.
            if (
              error instanceof UnsupportedError ||
              (!hasWorked && isAbsence(error) && !(error instanceof PermissionError))
            ) {
              this.parts.lacking?.(error);
              throw error instanceof UnsupportedError ? error : new UnsupportedError(error.message, contextOf(error));
            }
            if (endsPolling(error)) throw error;
            // Busy or gone for a moment; the line beside us, or its probe, notices a device that is lost.
            works(false);
            failedMs = Math.min(POLL_FAILED_MAX_MS, Math.max(1_000, failedMs * 2));
            nextMs = failedMs;
          }
        } else works(false);
        await sleep(clock, nextMs, signal);
      }
    } finally {
      inlet.end();
    }
  }

  /** Gives up after a while, and leaves nothing under way. */
  private async within(
    ms: number,
    command: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const own = new AbortController();
    const onAbort = () => own.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = this.parts.clock.after(ms, () => own.abort(new TimeoutError(`no answer within ${ms} ms`)));
    try {
      return await this.parts.call(command, args, own.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  private isWanted(): boolean {
    if (this.parts.isNeeded?.() === false) return false;
    const wanted = this.parts.wantedKinds();
    if (wanted === null) return true;
    for (const kind of this.poll.kinds) if (wanted.has(kind)) return true;
    return false;
  }
}

function endsPolling(error: unknown): boolean {
  return error instanceof PermissionError || error instanceof AuthenticationError || error instanceof LockedError;
}
