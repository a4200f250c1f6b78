/** How long to wait before the next connection. Pure; chance is handed in. */
import { RECONNECT_MAX_MS, RECONNECT_MIN_MS, RECONNECT_REBOOT_MAX_MS, REBOOT_WINDOW_MS } from '../settings';

export class Backoff {
  private failures = 0;
  private rebootUntilMs = -Infinity;

  /** @param random 0 up to 1; spreads the devices of a site that came back together. */
  constructor(private readonly random: () => number) {}

  /** More than one failure, and nothing proven since. */
  get hasFailedOften(): boolean {
    return this.failures > 1;
  }

  /** The device has proven itself: begin at the minimum again. */
  reset(): void {
    this.failures = 0;
  }

  /** A restart that we know of: it is worth asking more often for a while. */
  rebooting(nowMs: number): void {
    this.rebootUntilMs = nowMs + REBOOT_WINDOW_MS;
    this.failures = 0;
  }

  /** Milliseconds to wait now: doubled with each failure, spread by a quarter up and down, within the bounds. */
  next(nowMs: number): number {
    const longest = nowMs < this.rebootUntilMs ? RECONNECT_REBOOT_MAX_MS : RECONNECT_MAX_MS;
    const even = Math.min(longest, RECONNECT_MIN_MS * 2 ** Math.min(this.failures++, 16));
    return Math.round(Math.min(longest, Math.max(RECONNECT_MIN_MS, even * (0.75 + this.random() / 2))));
  }
}
