/** A folder in memory that can fail, lose what was not synced, and be damaged. */
import type { JournalFile, JournalFiles } from '../../lib/publisher/files';

export class MemoryFiles implements JournalFiles {
  readonly files = new Map<string, Buffer>();
  /** Names written to since they were last synced. */
  readonly unsynced = new Set<string>();
  /** Every write fails with it, after half of the bytes were written. */
  failWith: string | null = null;
  /** Reads fail with it. */
  failReads: string | null = null;
  syncs = 0;
  writes = 0;
  private readonly times = new Map<string, number>();

  async prepare(): Promise<void> {
    this.check();
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async open(name: string): Promise<JournalFile> {
    if (!this.files.has(name)) {
      this.check();
      this.files.set(name, Buffer.alloc(0));
    }
    const bytes = () => this.files.get(name) ?? Buffer.alloc(0);
    return {
      write: async (data, position) => {
        this.writes++;
        const whole = Math.max(bytes().length, position + data.length);
        const written = this.failWith === null ? data : data.subarray(0, data.length >> 1);
        const next = Buffer.alloc(this.failWith === null ? whole : Math.max(bytes().length, position + written.length));
        bytes().copy(next);
        written.copy(next, position);
        this.files.set(name, next);
        this.unsynced.add(name);
        this.check();
      },
      read: async (length, position) => {
        if (this.failReads !== null) throw errorOf(this.failReads);
        return Buffer.from(bytes().subarray(position, position + length));
      },
      truncate: async (length) => {
        this.check();
        this.files.set(name, bytes().subarray(0, length));
      },
      datasync: async () => {
        this.syncs++;
        this.check();
        this.unsynced.delete(name);
      },
      close: async () => undefined,
    };
  }

  async readAll(name: string): Promise<Buffer> {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw errorOf('ENOENT');
    return Buffer.from(bytes);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, await this.readAll(from));
    this.files.delete(from);
  }

  async create(name: string, text: string): Promise<void> {
    this.check();
    if (this.files.has(name)) throw errorOf('EEXIST');
    this.files.set(name, Buffer.from(text));
  }

  async touch(name: string, nowMs: number): Promise<void> {
    this.times.set(name, nowMs);
  }

  async modifiedMs(name: string): Promise<number> {
    return this.times.get(name) ?? 0;
  }

  async syncFolder(): Promise<void> {
    this.check();
  }

  /** What a process finds that starts after this one was killed: files as they are, and its lock. */
  copy(): MemoryFiles {
    const copy = new MemoryFiles();
    for (const [name, bytes] of this.files) copy.files.set(name, Buffer.from(bytes));
    return copy;
  }

  /** The events or pictures on disk, by name. */
  segments(letter: 'e' | 'p'): string[] {
    return [...this.files.keys()].filter((name) => name.startsWith(`${letter}-`)).sort();
  }

  private check(): void {
    if (this.failWith !== null) throw errorOf(this.failWith);
  }
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: made up by the test`), { code });
}
