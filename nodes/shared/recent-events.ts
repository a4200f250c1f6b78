/**
 * What a device told lately, for a person who wonders what to wait for: one entry for what is alike, however often it comes, so
 * that a camera with much motion does not push the rare alarm off the list. Without pictures and documents.
 */
import type { EventKind, EventState, HikvisionEvent } from '../../lib/index';

/** Entries that are kept of one device; the one that was not seen for longest goes first. */
const MAX_RECENT = 60;
/** Names come from the device. */
const MAX_NAME_LENGTH = 64;
const MAX_REGIONS = 8;

export interface RecentEvent {
  readonly kind: EventKind;
  /** The device's own word. */
  readonly eventType: string;
  readonly channel: number | null;
  readonly channelName: string | null;
  readonly target: string | null;
  readonly regions: readonly { readonly id: number | null; readonly target: string | null }[];
  readonly stale: boolean;
  /** Of the last one: `start` while it goes on, then `end`; `once` for what has no duration. */
  readonly state: EventState;
  /** Of the last one, as the device said it. */
  readonly time: string | null;
  /** Of the last one, by our clock. */
  readonly receivedAtMs: number;
  /** How many there were, each counted once. */
  readonly count: number;
}

export class RecentEvents {
  /** In the order of when they were seen last. */
  private readonly byKey = new Map<string, RecentEvent>();

  push(event: HikvisionEvent): void {
    if (event.state === 'end') {
      this.ended(event);
      return;
    }
    const seen = entryOf(event);
    const key = JSON.stringify([nameOf(seen), seen.channel, seen.target, seen.regions, seen.stale]);
    const count = (this.byKey.get(key)?.count ?? 0) + 1;
    this.byKey.delete(key);
    this.byKey.set(key, { ...seen, count });
    if (this.byKey.size <= MAX_RECENT) return;
    for (const oldest of this.byKey.keys()) {
      this.byKey.delete(oldest);
      return;
    }
  }

  /** The last one first. */
  list(): RecentEvent[] {
    return [...this.byKey.values()].reverse();
  }

  /** An end may name less than its start did. */
  private ended(event: HikvisionEvent): void {
    for (const [key, seen] of this.byKey) {
      const isSame = nameOf(seen) === nameOf(event) && seen.channel === event.channel && seen.stale === event.stale;
      if (isSame && seen.state === 'start') this.byKey.set(key, { ...seen, state: 'end' });
    }
  }
}

function entryOf(event: HikvisionEvent): Omit<RecentEvent, 'count'> {
  const { kind, channel, state, stale, time } = event;
  const short = (text: string | null) => text?.slice(0, MAX_NAME_LENGTH) ?? null;
  return {
    kind,
    eventType: event.eventType.slice(0, MAX_NAME_LENGTH),
    channel,
    channelName: short(event.channelName),
    target: short(event.target),
    regions: event.regions.slice(0, MAX_REGIONS).map(({ id, target }) => ({ id, target: short(target) })),
    stale,
    state,
    time: short(time),
    receivedAtMs: Date.parse(event.receivedAt),
  };
}

/** A kind that gathers what has no better place is told apart by the device's word. */
function nameOf({ kind, eventType }: Pick<RecentEvent, 'kind' | 'eventType'>): string {
  return kind === 'unknown' || kind === 'other' ? `${kind} ${eventType.slice(0, MAX_NAME_LENGTH).toLowerCase()}` : kind;
}
