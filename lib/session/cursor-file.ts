/** Cursors that outlive the process: one small JSON file, written a moment after something moved. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../clock';
import { MemoryCursors, type CursorStore } from '../events/cursors';
import { CURSOR_WRITE_DELAY_MS, MAX_CURSORS } from '../settings';

export interface CursorFileOptions {
  readonly path: string;
  readonly clock: Clock;
  /** It cannot be read or written; cursors then last as long as the process. Told once until it works again. */
  readonly onTrouble?: (reason: string) => void;
}

/** Longest value that is read back; a cursor is a number or a name of a picture. */
const MAX_VALUE_LENGTH = 256;

export class CursorFile implements CursorStore {
  private readonly memory = new MemoryCursors();
  private timer: Timer | null = null;
  private isTroubled = false;

  constructor(private readonly options: CursorFileOptions) {
    for (const [key, value] of this.read()) this.memory.set(key, value);
  }

  get(key: string): string | null {
    return this.memory.get(key);
  }

  set(key: string, value: string): void {
    if (this.memory.get(key) === value) return;
    this.memory.set(key, value);
    this.timer ??= this.options.clock.after(CURSOR_WRITE_DELAY_MS, () => {
      this.timer = null;
      this.write();
    });
  }

  /** Writes what has moved, at once; no timer is left. */
  flush(): void {
    if (this.timer === null) return;
    this.timer.cancel();
    this.timer = null;
    this.write();
  }

  /** Another process, or a hand, may have written it: what does not fit is left out. */
  private read(): [string, string][] {
    let text: string;
    try {
      text = readFileSync(this.options.path, 'utf8');
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') this.trouble(error);
      return [];
    }
    try {
      const stored: unknown = JSON.parse(text);
      if (typeof stored !== 'object' || stored === null) return [];
      return Object.entries(stored)
        .filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= MAX_VALUE_LENGTH,
        )
        .slice(-MAX_CURSORS);
    } catch (error) {
      this.trouble(error);
      return [];
    }
  }

  /** Beside it and renamed, so that a crash leaves the old one or the new one. */
  private write(): void {
    const { path } = this.options;
    const part = `${path}.part`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(part, `${JSON.stringify(Object.fromEntries(this.memory.entries()))}\n`, { mode: 0o600 });
      renameSync(part, path);
      this.isTroubled = false;
    } catch (error) {
      this.trouble(error);
    }
  }

  private trouble(error: unknown): void {
    if (this.isTroubled) return;
    this.isTroubled = true;
    this.options.onTrouble?.((error as { code?: string }).code ?? (error as Error).message);
  }
}
