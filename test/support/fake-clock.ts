import type { Clock, Timer } from '../../lib/clock';

/** A clock that stands still until the test moves it. Timers run in order of their time, ties in order of creation. */
export class FakeClock implements Clock {
  private timers: { at: number; order: number; run: () => void }[] = [];
  private order = 0;
  private elapsed = 0;

  constructor(private readonly start = Date.parse('2024-05-01T12:00:00Z')) {}

  now(): number {
    return this.start + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.elapsed + delayMs, order: this.order++, run };
    this.timers.push(timer);
    return { cancel: () => void (this.timers = this.timers.filter((other) => other !== timer)) };
  }

  /** Timers that wait. Zero after a close is what "no timer left" means. */
  get pending(): number {
    return this.timers.length;
  }

  /** Moves the time on, running every timer that falls due on the way; promises get their turn after each. */
  async advance(byMs: number): Promise<void> {
    const end = this.elapsed + byMs;
    for (;;) {
      await settle();
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.elapsed = Math.max(this.elapsed, due.at);
      due.run();
    }
    this.elapsed = end;
    await settle();
  }
}

/** Lets promises and I/O callbacks that are ready have their turn. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
