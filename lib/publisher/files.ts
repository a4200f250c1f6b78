/** The few things that the journal asks of a file system; tests hand in one that fails. */
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface JournalFile {
  write(bytes: Buffer, position: number): Promise<void>;
  /** @returns the bytes there are; fewer than asked for at the end of the file. */
  read(length: number, position: number): Promise<Buffer>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** One folder; names are those of files in it. */
export interface JournalFiles {
  /** Makes the folder where it is missing. */
  prepare(): Promise<void>;
  list(): Promise<string[]>;
  /** Opens for reading and writing, and makes the file where it is missing. */
  open(name: string): Promise<JournalFile>;
  readAll(name: string): Promise<Buffer>;
  remove(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** @throws EEXIST where there is one. */
  create(name: string, text: string): Promise<void>;
  /** Says that it is still in use. */
  touch(name: string, nowMs: number): Promise<void>;
  modifiedMs(name: string): Promise<number>;
  /** New and removed names survive a power cut. */
  syncFolder(): Promise<void>;
}

export function filesIn(folder: string): JournalFiles {
  const path = (name: string) => join(folder, name);
  return {
    prepare: async () => void (await mkdir(folder, { recursive: true, mode: 0o700 })),
    list: () => readdir(folder),
    open: async (name) => openFile(path(name)),
    readAll: (name) => readFile(path(name)),
    remove: (name) => rm(path(name), { force: true }),
    rename: (from, to) => rename(path(from), path(to)),
    create: (name, text) => writeFile(path(name), text, { flag: 'wx', mode: 0o600 }),
    touch: (name, nowMs) => utimes(path(name), nowMs / 1000, nowMs / 1000),
    modifiedMs: async (name) => (await stat(path(name))).mtimeMs,
    async syncFolder() {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

async function openFile(path: string): Promise<JournalFile> {
  const handle = await open(path, 'a+', 0o600).then(async (made) => {
    // Append mode would ignore positions; it was only used to make the file.
    await made.close();
    return open(path, 'r+');
  });
  return {
    async write(bytes, position) {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
    async read(length, position) {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    truncate: (length) => handle.truncate(length),
    datasync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
