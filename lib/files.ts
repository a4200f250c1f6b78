/**
 * Files of the caller, as values that are handed in: commands name a file, only this opens it. A file that is being written has
 * another name until it is whole, so nobody ever finds half of one.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { ArgumentError } from './errors';
import { FILE_WRITE_AHEAD_BYTES } from './settings';

/** Takes bytes one after another. Exactly one of `finish` and `discard` ends it. */
export interface Sink {
  /**
   * Copies what it keeps: when this returns null, or its promise is done, the memory of `chunk` is the caller's again.
   *
   * @returns a promise when no more should come before it is done.
   */
  write(chunk: Buffer): Promise<void> | null;
  /** What was written is whole: it gets its name. */
  finish(): Promise<void>;
  /** Leaves nothing behind; never throws. */
  discard(): Promise<void>;
}

/** Gives bytes one after another, from the beginning. */
export interface Source {
  readonly sizeBytes: number;
  chunks(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export interface Files {
  /** A new file, or one in the place of an old one. @throws ArgumentError when it cannot be written. */
  create(path: string): Promise<Sink>;
  /** @throws ArgumentError when it cannot be read. */
  open(path: string): Promise<Source>;
  /** A whole small file. @throws ArgumentError when it cannot be read or is larger than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Buffer>;
}

export const systemFiles: Files = {
  async create(path) {
    const partPath = `${path}.part-${randomBytes(4).toString('hex')}`;
    const handle = await orArgumentError(path, 'written', async () => {
      const there = await stat(path).catch(() => null);
      if (there !== null && !there.isFile()) throw Object.assign(new Error('no file'), { code: 'EISDIR' });
      return open(partPath, 'wx');
    });
    return new FileSink(handle, path, partPath);
  },

  async open(path) {
    return orArgumentError(path, 'read', async () => {
      const handle = await open(path, 'r');
      const { size } = await handle.stat();
      return {
        sizeBytes: size,
        // Not a byte more than was promised, should the file grow meanwhile.
        chunks: () => handle.createReadStream({ start: 0, end: Math.max(0, size - 1), autoClose: false }),
        close: () => handle.close(),
      };
    });
  },

  async read(path, maxBytes) {
    const bytes = await orArgumentError(path, 'read', async () => {
      const { size } = await stat(path);
      return size > maxBytes ? null : readFile(path);
    });
    if (bytes !== null) return bytes;
    throw new ArgumentError([{ parameter: 'file', given: path, expected: `a file of at most ${maxBytes} bytes` }]);
  },
};

/** Bytes that are kept in memory, up to a bound. */
export class MemorySink implements Sink {
  private readonly chunks: Buffer[] = [];
  private sizeBytes = 0;

  constructor(private readonly maxBytes: number) {}

  write(chunk: Buffer): null {
    const room = this.maxBytes - this.sizeBytes;
    if (room > 0) this.chunks.push(Buffer.from(chunk.subarray(0, room)));
    this.sizeBytes += Math.min(room, chunk.length);
    return null;
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  discard(): Promise<void> {
    this.chunks.length = 0;
    return Promise.resolve();
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Fills one piece of memory while the other is being written, so that neither disk nor device waits for the other. */
class FileSink implements Sink {
  private filling: Buffer = Buffer.allocUnsafeSlow(FILE_WRITE_AHEAD_BYTES);
  private spare: Buffer = Buffer.allocUnsafeSlow(FILE_WRITE_AHEAD_BYTES);
  private used = 0;
  private writing: Promise<void> | null = null;
  private failure: Error | null = null;

  constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    private readonly partPath: string,
  ) {}

  write(chunk: Buffer): Promise<void> | null {
    if (this.failure !== null) return Promise.reject(this.failure);
    const taken = this.fill(chunk);
    return taken === chunk.length ? null : this.writeRest(chunk.subarray(taken));
  }

  async finish(): Promise<void> {
    await this.written();
    this.writeOut();
    await this.written();
    await orArgumentError(this.path, 'written', async () => {
      await this.handle.sync();
      await this.handle.close();
      await rename(this.partPath, this.path);
    });
  }

  async discard(): Promise<void> {
    await this.writing;
    // It may be closed already, or gone: what matters is that nothing is left.
    await this.handle.close().catch(() => undefined);
    await unlink(this.partPath).catch(() => undefined);
  }

  /** Takes what there is room for. @returns how much that was. */
  private fill(chunk: Buffer): number {
    let taken = 0;
    for (;;) {
      const bytes = chunk.copy(this.filling, this.used, taken);
      taken += bytes;
      this.used += bytes;
      if (this.used < this.filling.length || this.writing !== null) return taken;
      this.writeOut();
    }
  }

  private async writeRest(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      await this.written();
      rest = rest.subarray(this.fill(rest));
    }
  }

  private async written(): Promise<void> {
    await this.writing;
    if (this.failure !== null) throw this.failure;
  }

  /** Only while nothing is being written. Never rejects: whoever writes on, waits or finishes is told. */
  private writeOut(): void {
    const bytes = this.filling.subarray(0, this.used);
    [this.filling, this.spare] = [this.spare, this.filling];
    this.used = 0;
    this.writing = orArgumentError(this.path, 'written', () => writeAll(this.handle, bytes))
      .catch((error: Error) => void (this.failure = error))
      .finally(() => (this.writing = null));
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'the right is missing',
  EPERM: 'the right is missing',
  EROFS: 'the disk can only be read',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
};

async function orArgumentError<T>(path: string, verb: 'read' | 'written', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    const expected = `a file that can be ${verb} (${REASONS[code] ?? code})`;
    throw new ArgumentError([{ parameter: 'file', given: path, expected }], { cause: error });
  }
}
