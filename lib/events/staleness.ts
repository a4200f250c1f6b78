/**
 * Is an event old? A device that was cut off replays what it stored when it is back, and a flow must not open a door for it. Clocks of
 * devices stand in 1970 or 2004, so the age is told by the offset between its clock and ours, measured when we connect. Where that
 * could not be measured, the order of receipt decides: only what is older than something received before is a replay.
 */
import { CLOCK_SET_BACK_MS, STALE_AFTER_MS } from '../settings';

export class Staleness {
  private offsetMs: number | null = null;
  private wallOffsetMs: number | null = null;
  private newestMs: number | null = null;
  /** Since when every message has lagged behind the newest one; its clock may have been set back. */
  private laggingSinceMs: number | null = null;

  /**
   * What a look at the device's clock told; null for what could not be measured.
   *
   * @param offsetMs the device's clock minus ours, in milliseconds.
   * @param wallOffsetMs its wall clock, read as UTC, minus ours: for messages that carry no zone.
   */
  measured(offsetMs: number | null, wallOffsetMs: number | null): void {
    this.offsetMs = offsetMs;
    this.wallOffsetMs = wallOffsetMs;
  }

  /**
   * @param timeMs time in the message, milliseconds since 1970, its wall clock read as UTC where it has no zone; null when it has none.
   * @param hasOffset false when the device wrote no zone.
   * @param receivedMs our wall clock at receipt.
   */
  isStale(timeMs: number | null, hasOffset: boolean, receivedMs: number): boolean {
    if (timeMs === null) return false;
    const offsetMs = hasOffset ? this.offsetMs : this.wallOffsetMs;
    return offsetMs === null
      ? this.isOutOfOrder(timeMs, receivedMs)
      : receivedMs - (timeMs - offsetMs) > STALE_AFTER_MS;
  }

  /** A sign of life is never old: when its time says so, the measured offset is no longer true (the clock was set). */
  disagrees(timeMs: number | null, hasOffset: boolean, receivedMs: number): boolean {
    const offsetMs = hasOffset ? this.offsetMs : this.wallOffsetMs;
    return timeMs !== null && offsetMs !== null && Math.abs(receivedMs - (timeMs - offsetMs)) > STALE_AFTER_MS;
  }

  private isOutOfOrder(timeMs: number, receivedMs: number): boolean {
    if (this.newestMs === null || timeMs >= this.newestMs - STALE_AFTER_MS) {
      this.newestMs = Math.max(this.newestMs ?? timeMs, timeMs);
      this.laggingSinceMs = null;
      return false;
    }
    this.laggingSinceMs ??= receivedMs;
    if (receivedMs - this.laggingSinceMs > CLOCK_SET_BACK_MS) {
      // A replay is over in a moment; what lags for a minute is a clock that was set back.
      this.newestMs = timeMs;
      this.laggingSinceMs = null;
      return false;
    }
    return true;
  }
}
