/**
 * Snapshots for the pages, at a pace that a device does not feel: one at a time per device, and none of a channel before its time,
 * however many pages ask. Nothing is taken that no page asks for.
 */
import type { Clock } from '../clock';
import { HikvisionError, type ErrorCode } from '../errors';
import {
  DASHBOARD_MAX_SNAPSHOT_BYTES,
  DASHBOARD_SNAPSHOT_MIN_INTERVAL_MS,
  DASHBOARD_SNAPSHOT_RETRY_MS,
} from '../settings';

/** How large: for the wall, or as large as the channel has it. */
export type ShotSize = 'small' | 'full';

export type Shot =
  | { readonly takenAtMs: number; readonly data: Buffer }
  /** There is no picture, and why. */
  | { readonly reason: string };

export interface SnapshotsParts {
  readonly clock: Clock;
  /** Asks the device. */
  readonly take: (device: number, channel: number, stream: 'main' | 'sub', signal: AbortSignal) => Promise<Buffer>;
  readonly maxBytes?: number;
}

interface Tried {
  readonly shot: Shot;
  /** On the clock that only grows. */
  readonly atMs: number;
}

/** Many devices give pictures of the main stream alone. */
const NO_SUB_STREAM: ReadonlySet<ErrorCode> = new Set(['HIK_REFUSED', 'HIK_UNSUPPORTED', 'HIK_NOT_FOUND']);

export class Snapshots {
  private readonly abort = new AbortController();
  /** The latest of each channel and size; the one that was asked for last stands last. */
  private readonly tried = new Map<string, Tried>();
  private readonly underWay = new Map<string, Promise<Shot>>();
  /** By device: when its turn is over. */
  private readonly turns = new Map<number, Promise<unknown>>();
  private readonly mainOnly = new Set<string>();
  private bytes = 0;

  constructor(private readonly parts: SnapshotsParts) {}

  /** A new one, or the last one where its time has not come. Never throws. */
  get(device: number, channel: number, size: ShotSize): Promise<Shot> {
    const key = `${device}/${channel}/${size}`;
    const tried = this.tried.get(key);
    if (tried !== undefined && this.parts.clock.monotonic() - tried.atMs < restOf(tried.shot)) {
      // Asked for last, so forgotten last.
      this.tried.delete(key);
      this.tried.set(key, tried);
      return Promise.resolve(tried.shot);
    }
    const running = this.underWay.get(key);
    if (running !== undefined) return running;
    const before = this.turns.get(device) ?? Promise.resolve();
    const shot = before.then(() => this.shoot(device, channel, size)).then((taken) => this.keep(key, taken));
    this.underWay.set(key, shot);
    const turn = shot.finally(() => {
      this.underWay.delete(key);
      if (this.turns.get(device) === turn) this.turns.delete(device);
    });
    this.turns.set(device, turn);
    return shot;
  }

  /** Nothing is asked any more; what is under way ends without a picture. */
  close(): void {
    this.abort.abort();
    this.tried.clear();
    this.bytes = 0;
  }

  private async shoot(device: number, channel: number, size: ShotSize): Promise<Shot> {
    const { clock, take } = this.parts;
    const { signal } = this.abort;
    const place = `${device}/${channel}`;
    try {
      if (size === 'small' && !this.mainOnly.has(place)) {
        try {
          return { data: await take(device, channel, 'sub', signal), takenAtMs: clock.now() };
        } catch (error) {
          if (!(error instanceof HikvisionError) || !NO_SUB_STREAM.has(error.code)) throw error;
          this.mainOnly.add(place);
        }
      }
      return { data: await take(device, channel, 'main', signal), takenAtMs: clock.now() };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : 'there is no picture' };
    }
  }

  private keep(key: string, shot: Shot): Shot {
    if (this.abort.signal.aborted) return shot;
    this.forget(key);
    this.tried.set(key, { shot, atMs: this.parts.clock.monotonic() });
    this.bytes += bytesOf(shot);
    for (const oldest of this.tried.keys()) {
      if (this.bytes <= (this.parts.maxBytes ?? DASHBOARD_MAX_SNAPSHOT_BYTES) || oldest === key) break;
      this.forget(oldest);
    }
    return shot;
  }

  private forget(key: string): void {
    const before = this.tried.get(key);
    if (before === undefined) return;
    this.bytes -= bytesOf(before.shot);
    this.tried.delete(key);
  }
}

function restOf(shot: Shot): number {
  return 'data' in shot ? DASHBOARD_SNAPSHOT_MIN_INTERVAL_MS : DASHBOARD_SNAPSHOT_RETRY_MS;
}

function bytesOf(shot: Shot): number {
  return 'data' in shot ? shot.data.length : 0;
}
