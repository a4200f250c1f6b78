/**
 * When a client of this process may open its connection: a few at once, then at an even pace. A site that starts, or a subnet that
 * comes back, would otherwise log in everywhere at once, and whoever is connected would wait for that.
 *
 * First come, first served, but who has failed again and again takes turns with the others: devices that are gone hold up nobody.
 */
import type { Clock, Timer } from '../clock';
import { CONNECT_BURST, CONNECT_INTERVAL_MS } from '../settings';

export class ConnectTurns {
  private credit = CONNECT_BURST;
  private creditedMs: number;
  private timer: Timer | null = null;
  /** Who tries for the first time or anew, and who has failed repeatedly. */
  private readonly fresh = new Set<() => void>();
  private readonly repeated = new Set<() => void>();
  private isFreshNext = true;

  constructor(private readonly clock: Clock) {
    this.creditedMs = clock.monotonic();
  }

  /** Clients that wait. */
  get waiting(): number {
    return this.fresh.size + this.repeated.size;
  }

  /** Resolves when it may begin, and at once where few do. @throws the reason of the signal. */
  async take(signal: AbortSignal, hasFailedOften: boolean): Promise<void> {
    this.refill();
    if (this.waiting === 0 && this.credit >= 1) {
      this.credit--;
      return;
    }
    const line = hasFailedOften ? this.repeated : this.fresh;
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        line.delete(start);
        if (this.waiting === 0) this.rest();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      line.add(start);
      this.timer ??= this.clock.after(CONNECT_INTERVAL_MS, () => this.serve());
    });
  }

  private serve(): void {
    this.rest();
    this.refill();
    for (; this.credit >= 1 && this.waiting > 0; this.credit--) this.begin();
    if (this.waiting > 0) this.timer = this.clock.after(CONNECT_INTERVAL_MS, () => this.serve());
  }

  private begin(): void {
    const line = (this.isFreshNext && this.fresh.size > 0) || this.repeated.size === 0 ? this.fresh : this.repeated;
    this.isFreshNext = line === this.repeated;
    for (const start of line) {
      line.delete(start);
      start();
      return;
    }
  }

  private refill(): void {
    const now = this.clock.monotonic();
    this.credit = Math.min(CONNECT_BURST, this.credit + (now - this.creditedMs) / CONNECT_INTERVAL_MS);
    this.creditedMs = now;
  }

  private rest(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}

const turns = new WeakMap<Clock, ConnectTurns>();

/** One for all clients of this process, as they have one clock. */
export function connectTurns(clock: Clock): ConnectTurns {
  const known = turns.get(clock) ?? new ConnectTurns(clock);
  turns.set(clock, known);
  return known;
}
