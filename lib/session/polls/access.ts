/**
 * The history of access control, read on from where it was: nothing twice and nothing missed, also across restarts. The first time
 * it begins with what happens from then on.
 */
import type { AccessEvent, AccessEvents } from '../../commands/recorder';
import { UnsupportedError } from '../../errors';
import { isDoorbell } from '../../events/access-codes';
import type { Notice } from '../../events/event';
import { toldNotice } from '../../events/told';
import {
  RECORD_MAX_INTERVAL_MS,
  RECORD_MIN_INTERVAL_MS,
  RECORD_NEXT_PAGE_MS,
  RECORD_RESET_CHECK_MS,
  RECORDS_PER_POLL,
} from '../../settings';
import type { Ask, Poll, Polled } from '../poller';
import type { Cursor } from './cursor';

/** Most records that are looked through at once where a device cannot search from a serial number. */
const MAX_LOOKED_THROUGH = 5_000;

export interface AccessPollOptions {
  readonly cursor: Cursor;
  /** Rings are told as well: nothing better tells them. */
  readonly tellsRings: () => boolean;
}

export class AccessPoll implements Poll {
  readonly name = 'access';
  readonly kinds = new Set(['access', 'doorbell'] as const);
  readonly lateMs = RECORD_MAX_INTERVAL_MS;

  private waitMs = RECORD_MIN_INTERVAL_MS;
  /** When the newest record was looked at last; null until then. */
  private checkedMs: number | null = null;
  /** Some firmware pays no heed to the serial number that a search is to begin at. */
  private searchesFromSerial = true;

  constructor(private readonly options: AccessPollOptions) {}

  /** Another way has told it already. */
  heard(serialNo: number): void {
    const known = this.known;
    if (known !== null && serialNo > known) this.options.cursor.set(String(serialNo));
  }

  async ask(call: Ask, nowMs: number): Promise<Polled> {
    const { cursor } = this.options;
    let known = this.known;
    if (known === null || this.checkedMs === null || nowMs - this.checkedMs >= RECORD_RESET_CHECK_MS) {
      const newest = await newestSerial(call);
      this.checkedMs = nowMs;
      if (known === null) {
        // From now on; what was before is not news.
        cursor.set(String(newest));
        return this.resting();
      }
      if (newest < known) {
        // The history was cleared and counts anew: all that stands there came since.
        known = 0;
        cursor.set('0');
      }
      if (newest === known) return this.resting();
    }
    const { events, isComplete } = await this.since(call, known);
    if (events.length === 0) return this.resting();
    this.waitMs = RECORD_MIN_INTERVAL_MS;
    const last = events.at(-1)?.serialNo ?? known;
    return {
      notices: events.flatMap((event) => this.noticeOf(event)),
      nextMs: isComplete ? this.waitMs : RECORD_NEXT_PAGE_MS,
      // Never back: another way may have told more meanwhile.
      taken: () => cursor.set(String(Math.max(last, this.known ?? 0))),
    };
  }

  private get known(): number | null {
    const serial = this.options.cursor.get();
    return serial !== null && /^\d{1,15}$/.test(serial) ? Number(serial) : null;
  }

  private resting(): Polled {
    const nextMs = this.waitMs;
    this.waitMs = Math.min(RECORD_MAX_INTERVAL_MS, this.waitMs * 2);
    return { notices: [], nextMs };
  }

  /** Records after that one, oldest first. */
  private async since(call: Ask, known: number): Promise<AccessEvents> {
    if (this.searchesFromSerial) {
      const found = await search(call, { order: 'oldest', limit: RECORDS_PER_POLL, fromSerial: known + 1 });
      const events = after(found, known);
      if (events.length > 0 || found.events.length === 0 || found.isComplete) return { ...found, events };
      // A page of nothing but old ones.
      this.searchesFromSerial = false;
    }
    for (let limit = RECORDS_PER_POLL; ; limit = Math.min(MAX_LOOKED_THROUGH, limit * 4)) {
      const found = await search(call, { order: 'newest', limit });
      const reachesBack = found.events.some(({ serialNo }) => serialNo !== null && serialNo <= known);
      if (!reachesBack && !found.isComplete && limit < MAX_LOOKED_THROUGH) continue;
      return { ...found, events: after(found, known).reverse(), isComplete: true };
    }
  }

  private noticeOf(event: AccessEvent): Notice[] {
    const { time, ...details } = event;
    const isRing = isDoorbell(event.major, event.minor);
    if (isRing && !this.options.tellsRings()) return [];
    return [
      toldNotice({
        kind: isRing ? 'doorbell' : 'access',
        eventType: 'AccessControllerEvent',
        time,
        details: isRing ? { call: 'ringing', ...details } : { ...details },
        raw: event,
      }),
    ];
  }
}

function after({ events }: AccessEvents, known: number): AccessEvent[] {
  return events.filter(({ serialNo }) => serialNo !== null && serialNo > known);
}

async function search(call: Ask, args: Record<string, unknown>): Promise<AccessEvents> {
  return (await call('recorder.searchAccessEvents', args)) as AccessEvents;
}

/** Of the newest record; 0 where there is none. */
async function newestSerial(call: Ask): Promise<number> {
  const { events } = await search(call, { order: 'newest', limit: 1 });
  const [newest] = events;
  if (newest === undefined) return 0;
  if (newest.serialNo === null) throw new UnsupportedError('the records of access control carry no serial numbers');
  return newest.serialNo;
}
