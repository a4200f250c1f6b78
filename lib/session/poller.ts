/** Asking for what a device does not tell by itself: one question at a time, only while somebody wants the answer. */
import { sleep, type Clock } from '../clock';
import { AuthenticationError, LockedError, PermissionError, UnsupportedError } from '../errors';
import type { Notice } from '../events/event';
import type { EventKind } from '../events/kinds';
import { POLL_FAILED_MAX_MS, POLL_UNWANTED_MS } from '../settings';
import type { EventCompanion } from './companions';
import type { EventInlet } from './event-pump';

/** Runs a command of the device. */
export type Ask = (command: string, args?: Record<string, unknown>) => Promise<unknown>;

/** One thing to ask for. */
export interface Poll {
  /** For the state of the connection: `calls`. */
  readonly name: string;
  /** What it can tell; it is asked for only while one of them is wanted. */
  readonly kinds: ReadonlySet<EventKind>;
  /**
   * Asks once.
   *
   * @returns what happened since the last time, oldest first, and how long to wait now.
   * @throws UnsupportedError, PermissionError where this device or user has it not: it is not asked again on this connection.
   */
  ask(call: Ask, nowMs: number): Promise<{ readonly notices: readonly Notice[]; readonly nextMs: number }>;
}

export interface PollerParts {
  readonly clock: Clock;
  readonly inlet: EventInlet;
  readonly call: (command: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;
  /** Null: all kinds. */
  readonly wantedKinds: () => ReadonlySet<EventKind> | null;
}

export class Poller implements EventCompanion {
  readonly name: string;

  constructor(
    private readonly poll: Poll,
    private readonly parts: PollerParts,
  ) {
    this.name = poll.name;
  }

  async run(signal: AbortSignal, working: (isWorking: boolean) => void): Promise<void> {
    const { clock, inlet } = this.parts;
    const call: Ask = (command, args = {}) => this.parts.call(command, args, signal);
    let failedMs = 0;
    inlet.begin();
    try {
      while (!signal.aborted) {
        let nextMs = POLL_UNWANTED_MS;
        if (this.isWanted()) {
          try {
            const { notices, nextMs: wanted } = await this.poll.ask(call, clock.monotonic());
            if (signal.aborted) return;
            failedMs = 0;
            nextMs = wanted;
            working(true);
            if (notices.length > 0) inlet.take(notices);
          } catch (error) {
            if (signal.aborted || endsPolling(error)) throw error;
            // Busy or gone for a moment; the line beside us, or its probe, notices a device that is lost.
            working(false);
            failedMs = Math.min(POLL_FAILED_MAX_MS, Math.max(1_000, failedMs * 2));
            nextMs = failedMs;
          }
        } else working(false);
        await sleep(clock, nextMs, signal);
      }
    } finally {
      inlet.end();
    }
  }

  private isWanted(): boolean {
    const wanted = this.parts.wantedKinds();
    if (wanted === null) return true;
    for (const kind of this.poll.kinds) if (wanted.has(kind)) return true;
    return false;
  }
}

function endsPolling(error: unknown): boolean {
  return (
    error instanceof UnsupportedError ||
    error instanceof PermissionError ||
    error instanceof AuthenticationError ||
    error instanceof LockedError
  );
}
