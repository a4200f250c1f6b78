/** One cursor of one device, wherever it is kept. */
import { cursorKey, type CursorStore } from '../../events/cursors';

export class Cursor {
  /** @param device by what the device is known now. */
  constructor(
    private readonly store: CursorStore,
    private readonly what: string,
    private readonly device: () => string,
  ) {}

  get(): string | null {
    const value = this.store.get(this.key);
    return value === '' ? null : value;
  }

  set(value: string): void {
    if (this.store.get(this.key) !== value) this.store.set(this.key, value);
  }

  /** The next one to read begins anew. */
  clear(): void {
    if (this.get() !== null) this.store.set(this.key, '');
  }

  private get key(): string {
    return cursorKey(this.what, this.device());
  }
}
