/** Events become the rows of a timeline: a start and its end are one row. Pure, and bounded in rows and in bytes of pictures. */
import { sniff } from '../codec/text';
import type { HikvisionEvent, PictureRole } from '../events/event';
import { groupOf } from '../events/kinds';
import { DASHBOARD_MAX_EVENTS, DASHBOARD_MAX_PICTURE_BYTES, DASHBOARD_MAX_PICTURES } from '../settings';
import { detailsOf, headlineOf, shownText } from './details';
import type { EventRow } from './wire';

export interface TimelineBounds {
  readonly maxRows: number;
  readonly maxPictureBytes: number;
  readonly maxPictures: number;
}

const BOUNDS: TimelineBounds = {
  maxRows: DASHBOARD_MAX_EVENTS,
  maxPictureBytes: DASHBOARD_MAX_PICTURE_BYTES,
  maxPictures: DASHBOARD_MAX_PICTURES,
};

interface KeptPicture {
  readonly role: PictureRole | null;
  readonly data: Buffer;
}

interface Kept {
  row: EventRow;
  pictures: readonly KeptPicture[];
  /** Where its end looks for it. */
  readonly place: string;
  readonly subject: string;
}

export class Timeline {
  /** By row, oldest first. */
  private readonly kept = new Map<number, Kept>();
  /** Those that run, by device, channel and kind; oldest first. */
  private readonly running = new Map<string, Kept[]>();
  private pictureBytes = 0;
  private lastId = 0;

  constructor(private readonly bounds: TimelineBounds = BOUNDS) {}

  /** Oldest first. */
  rows(): EventRow[] {
    return [...this.kept.values()].map(({ row }) => row);
  }

  /** Undefined where it was never there, or has made room. */
  picture(id: number, index: number): Buffer | undefined {
    return this.kept.get(id)?.pictures[index]?.data;
  }

  /** @returns the rows that have changed by it: its own last, and before it those whose pictures have made room. */
  add(device: number, event: HikvisionEvent): EventRow[] {
    const place = JSON.stringify([device, event.channel, groupOf(event.kind, event.eventType)]);
    const subject = JSON.stringify([event.regions.map(({ id }) => id), event.details['port'] ?? null]);
    const kept =
      event.state === 'end' ? this.end(place, subject, device, event) : this.begin(place, subject, device, event);
    const changed = this.makeRoom(kept);
    return [...changed, kept.row];
  }

  private begin(place: string, subject: string, device: number, event: HikvisionEvent): Kept {
    const kept = this.keep(place, subject, this.rowOf(device, event, event.state === 'once' ? 'once' : 'running'));
    this.addPictures(kept, event);
    if (event.state === 'start') {
      const others = this.running.get(place);
      if (others === undefined) this.running.set(place, [kept]);
      else others.push(kept);
    }
    return kept;
  }

  private end(place: string, subject: string, device: number, event: HikvisionEvent): Kept {
    // A message that ends all regions names none of them.
    const others = this.running.get(place) ?? [];
    const kept = others.find((other) => other.subject === subject) ?? others[0];
    if (kept === undefined) {
      const unseen = this.keep(place, subject, { ...this.rowOf(device, event, 'ended'), hasStart: false });
      this.addPictures(unseen, event);
      return unseen;
    }
    this.stopRunning(kept);
    const { row } = kept;
    kept.row = {
      ...row,
      phase: 'ended',
      endMs: Math.max(row.startMs, Date.parse(event.receivedAt)),
      inferred: event.inferred,
      stale: row.stale || event.stale,
      count: Math.max(row.count, event.count),
      // The end of some kinds knows more than the start: how many, how long.
      headline: row.headline ?? headlineOf(event),
    };
    this.addPictures(kept, event);
    return kept;
  }

  private rowOf(device: number, event: HikvisionEvent, phase: EventRow['phase']): EventRow {
    const startMs = Date.parse(event.receivedAt);
    return {
      id: ++this.lastId,
      device,
      kind: event.kind,
      eventType: shownText(event.eventType),
      channel: event.channel,
      channelName: event.channelName === null ? null : shownText(event.channelName),
      phase,
      startMs,
      hasStart: true,
      endMs: phase === 'ended' ? startMs : null,
      inferred: event.inferred,
      stale: event.stale,
      deviceTime: event.time,
      source: event.source,
      count: event.count,
      headline: headlineOf(event),
      details: detailsOf(event),
      pictures: [],
    };
  }

  private keep(place: string, subject: string, row: EventRow): Kept {
    const kept = { place, subject, row, pictures: [] };
    this.kept.set(row.id, kept);
    return kept;
  }

  /** Only what a browser takes for a picture and nothing else, whatever the device calls it. */
  private addPictures(kept: Kept, event: HikvisionEvent): void {
    const free = Math.max(0, this.bounds.maxPictures - kept.pictures.length);
    const more = event.pictures.filter(({ data }) => sniff(data) === 'jpeg').slice(0, free);
    if (more.length === 0) return;
    this.setPictures(kept, [...kept.pictures, ...more.map(({ role, data }) => ({ role: role ?? null, data }))]);
  }

  private setPictures(kept: Kept, pictures: readonly KeptPicture[]): void {
    this.pictureBytes += bytesOf(pictures) - bytesOf(kept.pictures);
    kept.pictures = pictures;
    kept.row = { ...kept.row, pictures: pictures.map(({ role }) => role) };
  }

  /** @returns other rows that have lost their pictures. */
  private makeRoom(newest: Kept): EventRow[] {
    for (const kept of this.kept.values()) {
      if (this.kept.size <= this.bounds.maxRows) break;
      this.stopRunning(kept);
      this.setPictures(kept, []);
      this.kept.delete(kept.row.id);
    }
    const changed: EventRow[] = [];
    for (const kept of this.kept.values()) {
      if (this.pictureBytes <= this.bounds.maxPictureBytes) break;
      if (kept.pictures.length === 0) continue;
      this.setPictures(kept, []);
      if (kept !== newest) changed.push(kept.row);
    }
    return changed;
  }

  private stopRunning(kept: Kept): void {
    const left = this.running.get(kept.place)?.filter((other) => other !== kept) ?? [];
    if (left.length === 0) this.running.delete(kept.place);
    else this.running.set(kept.place, left);
  }
}

function bytesOf(pictures: readonly KeptPicture[]): number {
  return pictures.reduce((sum, { data }) => sum + data.length, 0);
}
