import { systemClock, type Clock, type Timer } from '../../lib/clock';

const TIMES = 20;

/** Time that goes by twenty times as fast, where others keep real time: waits before the next try are short, and in proportion. */
export class FasterClock implements Clock {
  private skippedMs = 0;
  private jumpedMs = 0;

  now(): number {
    return systemClock.now() + this.jumpedMs;
  }

  monotonic(): number {
    return systemClock.monotonic() * TIMES + this.skippedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return systemClock.after(delayMs / TIMES, run);
  }

  /** So much time has passed; no timer runs for it. */
  skip(ms: number): void {
    this.skippedMs += ms;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.jumpedMs += ms;
  }
}
