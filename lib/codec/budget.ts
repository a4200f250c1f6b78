/** How much one device may cost: so many messages a second, and a burst. Pure: the time is handed in. */
export class Budget {
  private left: number;
  private atMs: number | null = null;

  /** @param perSecond what comes back each second. @param burst what may be spent at once. */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
  ) {
    this.left = burst;
  }

  /** Spends one. @returns false when nothing is left. */
  take(nowMs: number): boolean {
    const before = this.atMs ?? nowMs;
    this.left = Math.min(this.burst, this.left + ((nowMs - before) * this.perSecond) / 1_000);
    this.atMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
