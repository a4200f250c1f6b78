/** How far something was read that a device keeps by itself, so that nothing is told twice and nothing missed across restarts. */
import { createHash } from 'node:crypto';
import { MAX_CURSORS } from '../settings';

/** Whoever owns it may keep it on disk. Both are called often and must not wait; values are short texts. */
export interface CursorStore {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/** Cursors that last as long as the process. */
export class MemoryCursors implements CursorStore {
  /** The one that has not moved for longest comes first. */
  private readonly cursors = new Map<string, string>();

  entries(): Iterable<readonly [string, string]> {
    return this.cursors.entries();
  }

  get(key: string): string | null {
    return this.cursors.get(key) ?? null;
  }

  set(key: string, value: string): void {
    this.cursors.delete(key);
    this.cursors.set(key, value);
    for (const oldest of this.cursors.keys()) {
      if (this.cursors.size <= MAX_CURSORS) break;
      this.cursors.delete(oldest);
    }
  }
}

/** A key that tells neither address nor serial number of the device to whoever sees the stored cursors. */
export function cursorKey(what: string, device: string): string {
  return `${what}-${createHash('sha256').update(`cursor ${what} ${device}`).digest('base64url').slice(0, 22)}`;
}
