/**
 * When a client of this process may open its connection: a few at once, and further ones at an even pace. A site that starts, or a
 * subnet that comes back, would otherwise log in everywhere at once, and whoever is connected would wait for that. A machine that is
 * slow opens as many as it can, as no more are ever under way than those few.
 *
 * First come, first served; but who has failed again and again takes turns with the others, and never has more than half of the places:
 * devices that are gone hold up nobody.
 */
import type { Clock, Timer } from '../clock';
import { CONNECT_AT_ONCE, CONNECT_INTERVAL_MS } from '../settings';

/** Those of one kind: who waits, and how many are under way. */
interface Line {
  readonly most: number;
  readonly waiting: Set<() => void>;
  underway: number;
}

export class ConnectTurns {
  private credit = CONNECT_AT_ONCE;
  private creditedMs: number;
  private timer: Timer | null = null;
  private readonly fresh: Line = { most: CONNECT_AT_ONCE, waiting: new Set(), underway: 0 };
  private readonly repeated: Line = { most: CONNECT_AT_ONCE / 2, waiting: new Set(), underway: 0 };
  private isFreshNext = true;

  constructor(private readonly clock: Clock) {
    this.creditedMs = clock.monotonic();
  }

  /** Clients that wait. */
  get waiting(): number {
    return this.fresh.waiting.size + this.repeated.waiting.size;
  }

  /**
   * Resolves when it may begin, and at once where few do.
   *
   * @returns what gives the place back, when the connection is there or has failed. @throws the reason of the signal.
   */
  async take(signal: AbortSignal, hasFailedOften: boolean): Promise<() => void> {
    if (signal.aborted) throw signal.reason as Error;
    const line = hasFailedOften ? this.repeated : this.fresh;
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', onAbort);
        line.underway++;
        resolve();
      };
      const onAbort = () => {
        line.waiting.delete(start);
        this.serve();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      line.waiting.add(start);
      this.serve();
    });
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      line.underway--;
      this.serve();
    };
  }

  /** Lets begin who may. The time is only waited for where a place is free. */
  private serve(): void {
    this.timer?.cancel();
    this.timer = null;
    this.refill();
    for (let line = this.next(); line !== null; line = this.next()) {
      if (this.credit < 1) {
        this.timer = this.clock.after(CONNECT_INTERVAL_MS, () => this.serve());
        return;
      }
      this.credit--;
      this.isFreshNext = line === this.repeated;
      for (const start of line.waiting) {
        line.waiting.delete(start);
        start();
        break;
      }
    }
  }

  private next(): Line | null {
    if (this.fresh.underway + this.repeated.underway >= CONNECT_AT_ONCE) return null;
    const [first, second] = this.isFreshNext ? [this.fresh, this.repeated] : [this.repeated, this.fresh];
    return [first, second].find(({ waiting, underway, most }) => waiting.size > 0 && underway < most) ?? null;
  }

  private refill(): void {
    const now = this.clock.monotonic();
    this.credit = Math.min(CONNECT_AT_ONCE, this.credit + (now - this.creditedMs) / CONNECT_INTERVAL_MS);
    this.creditedMs = now;
  }
}

const turns = new WeakMap<Clock, ConnectTurns>();

/** One for all clients of this process, as they have one clock. */
export function connectTurns(clock: Clock): ConnectTurns {
  const known = turns.get(clock) ?? new ConnectTurns(clock);
  turns.set(clock, known);
  return known;
}
