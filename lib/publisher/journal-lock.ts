/** One process per journal: a lock file that says who has it, and can be told from one that a killed process left behind. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock, Timer } from '../clock';
import { JOURNAL_LOCK_BEAT_MS, JOURNAL_LOCK_STALE_MS } from '../settings';
import type { JournalFiles } from './files';

const LOCK = 'lock';

/** Somebody else writes this journal; two of them would destroy it. */
export class JournalLockedError extends Error {
  readonly code = 'JOURNAL_LOCKED';
}

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process was started, in the system's own count: a number that came back belongs to another process. */
  readonly started: string | null;
}

/** What is known about processes; tests hand in their own. */
export interface Processes {
  self(): Holder;
  /** @returns null for a process that does not run, else when it was started (`''` where the system does not say). */
  startOf(pid: number): string | null;
}

export const systemProcesses: Processes = {
  self: () => ({ pid: process.pid, host: hostname(), started: startedAt(process.pid) }),
  startOf(pid) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    }
    return startedAt(pid) ?? '';
  },
};

/** The 22nd field of Linux's `stat`, counted behind the name, which may hold blanks; null on other systems. */
function startedAt(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Names of what this process holds: its own number says nothing about a lock that it left behind itself. */
const held = new Set<string>();

export class JournalLock {
  private timer: Timer | null = null;

  private constructor(
    private readonly files: JournalFiles,
    private readonly place: string,
    private readonly clock: Clock,
  ) {}

  /** @param place tells journals apart within this process. @throws JournalLockedError that says who has it. */
  static async take(
    files: JournalFiles,
    place: string,
    clock: Clock,
    processes = systemProcesses,
  ): Promise<JournalLock> {
    if (held.has(place)) throw new JournalLockedError(`the journal ${place} is in use by this process already`);
    held.add(place);
    try {
      await takeFile(files, place, clock, processes);
    } catch (error) {
      held.delete(place);
      throw error;
    }
    const lock = new JournalLock(files, place, clock);
    lock.beat();
    return lock;
  }

  async release(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    held.delete(this.place);
    await this.files.remove(LOCK).catch(() => undefined); // it is told from a held one all the same
  }

  /** A holder on another machine cannot be asked whether it lives, so it says so now and then. */
  private beat(): void {
    this.timer = this.clock.after(JOURNAL_LOCK_BEAT_MS, () => {
      void this.files.touch(LOCK, this.clock.now()).catch(() => undefined); // a full disk is found out elsewhere
      this.beat();
    });
  }
}

async function takeFile(files: JournalFiles, place: string, clock: Clock, processes: Processes): Promise<void> {
  const text = JSON.stringify(processes.self());
  for (let attempt = 0; ; attempt++) {
    try {
      await files.create(LOCK, text);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 1) throw error;
    }
    const holder = await readHolder(files);
    if (holder !== null && (await isAlive(holder, files, clock, processes))) {
      throw new JournalLockedError(
        `the journal ${place} is in use by process ${holder.pid} on ${holder.host}; each bridge needs its own`,
      );
    }
    await files.remove(LOCK);
  }
}

async function readHolder(files: JournalFiles): Promise<Holder | null> {
  try {
    const holder = JSON.parse((await files.readAll(LOCK)).toString('utf8')) as Partial<Holder> | null;
    if (typeof holder?.pid !== 'number' || typeof holder.host !== 'string') return null;
    return { pid: holder.pid, host: holder.host, started: holder.started ?? null };
  } catch {
    // Removed meanwhile, or cut off by the power cut that ended its holder.
    return null;
  }
}

async function isAlive(holder: Holder, files: JournalFiles, clock: Clock, processes: Processes): Promise<boolean> {
  const self = processes.self();
  if (holder.host !== self.host) {
    return clock.now() - (await files.modifiedMs(LOCK).catch(() => 0)) < JOURNAL_LOCK_STALE_MS;
  }
  // What this process holds is in `held`; a lock with its number is from a process before it (1 in every container).
  if (holder.pid === self.pid) return false;
  const started = processes.startOf(holder.pid);
  return started !== null && (holder.started === null || started === '' || started === holder.started);
}
