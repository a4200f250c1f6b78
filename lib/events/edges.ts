/**
 * Repeats become start ... end. Cameras say `active` once a second while something lasts and `inactive` once; many recorders never
 * say `inactive`, so an event also ends when nothing was repeated for a while. Pure: the time is handed in.
 */
import { EVENT_END_AFTER_MS, MAX_RUNNING_EVENTS } from '../settings';
import type { EventState, Notice } from './event';
import { EVENT_KINDS, groupOf, type EventKind } from './kinds';

/** What the engine reads of a notice; tests and other sources hand in less than a whole one. */
export type EdgeNotice = Pick<Notice, 'heartbeat' | 'kind' | 'eventType' | 'active' | 'channel' | 'subjects'>;

export interface Edge<N extends EdgeNotice = Notice> {
  readonly kind: EventKind;
  readonly state: EventState;
  /** The message that made the edge; for an inferred end the last repeat. */
  readonly notice: N;
  /** No message said so: the repeats stopped. */
  readonly inferred: boolean;
  /** Messages of this occurrence so far. */
  readonly count: number;
  /** Region or alarm input that this edge is about; null where none was named. */
  readonly subject: string | null;
}

export interface EdgesOptions {
  /** An event ends when more than this passes without a repeat, in milliseconds. Exactly this continues. */
  readonly endAfterMs?: number;
  /** Events that may run at the same time; beyond it the one silent for longest ends early. */
  readonly maxRunning?: number;
}

interface Running<N extends EdgeNotice> {
  readonly kind: EventKind;
  readonly group: string;
  readonly subject: string | null;
  notice: N;
  lastMs: number;
  count: number;
}

export class Edges<N extends EdgeNotice = Notice> {
  /** Events that ended early because too many ran at once. */
  evicted = 0;

  /** By key, in the order of the last repeat: the first one is the next to fall silent. */
  private readonly running = new Map<string, Running<N>>();
  private readonly endAfterMs: number;
  private readonly maxRunning: number;

  constructor(options: EdgesOptions = {}) {
    this.endAfterMs = options.endAfterMs ?? EVENT_END_AFTER_MS;
    this.maxRunning = options.maxRunning ?? MAX_RUNNING_EVENTS;
  }

  /**
   * Takes one message.
   *
   * @param nowMs any clock that only grows: ours for a live device, the captured one for a file.
   * @returns the edges that follow from it and from the time, oldest first.
   */
  push(notice: N, nowMs: number): Edge<N>[] {
    const edges = this.advance(nowMs);
    const { kind } = notice;
    if (notice.heartbeat || kind === null) return edges;
    if (EVENT_KINDS[kind].edges === 'once') {
      if (notice.active)
        edges.push({ kind, state: 'once', notice, inferred: false, count: 1, subject: notice.subjects[0] ?? null });
      return edges;
    }
    const group = `${groupOf(kind, notice.eventType)}|${notice.channel ?? ''}|`;
    if (notice.active && notice.eventType.toLowerCase() === 'duration' && this.refresh(notice, nowMs)) return edges;
    const subjects = notice.subjects.length === 0 ? NO_SUBJECT : notice.subjects;
    for (const subject of subjects) {
      if (notice.active) this.active(notice, kind, group, subject, nowMs, edges);
      else this.inactive(notice, group, subject, edges);
    }
    return edges;
  }

  /** Ends what has been silent for too long by `nowMs`. */
  advance(nowMs: number): Edge<N>[] {
    const edges: Edge<N>[] = [];
    for (const [key, event] of this.running) {
      if (nowMs - event.lastMs <= this.endAfterMs) break;
      this.running.delete(key);
      edges.push(endOf(event, event.notice, true));
    }
    return edges;
  }

  /** The earliest time at which {@link advance} has something to end; null when nothing runs. */
  get nextEndMs(): number | null {
    for (const event of this.running.values()) return event.lastMs + this.endAfterMs + 1;
    return null;
  }

  get runningCount(): number {
    return this.running.size;
  }

  /** Time passed in which nobody listened, so it counts as silence of nothing: what runs gets its full time again. */
  resume(nowMs: number): void {
    for (const event of this.running.values()) event.lastMs = nowMs;
  }

  private active(
    notice: N,
    kind: EventKind,
    group: string,
    subject: string | null,
    nowMs: number,
    edges: Edge<N>[],
  ): void {
    const key = group + (subject ?? '');
    const event = this.running.get(key);
    if (event !== undefined) {
      event.notice = notice;
      event.lastMs = nowMs;
      event.count++;
      this.running.delete(key);
      this.running.set(key, event);
      return;
    }
    if (this.running.size >= this.maxRunning) this.evictOldest(edges);
    this.running.set(key, { kind, group, subject, notice, lastMs: nowMs, count: 1 });
    edges.push({ kind, state: 'start', notice, inferred: false, count: 1, subject });
  }

  /** `duration` says "still going on" without naming a region (streams/pyhik62.bin): it keeps alive whatever runs of its kind. */
  private refresh({ kind, channel }: N, nowMs: number): boolean {
    // What it relates to is known by its kind alone; of one that relates to nothing not even that.
    if (kind === 'other') return false;
    const running = [...this.running].filter(([, event]) => event.kind === kind && event.notice.channel === channel);
    for (const [key, event] of running) {
      // Its last own message stays the one that the end is made of: `duration` is no word for what goes on.
      event.lastMs = nowMs;
      event.count++;
      this.running.delete(key);
      this.running.set(key, event);
    }
    return running.length > 0;
  }

  private inactive(notice: N, group: string, subject: string | null, edges: Edge<N>[]): void {
    if (subject !== null) {
      this.end(group + subject, notice, edges);
      return;
    }
    for (const [key, event] of this.running) if (event.group === group) this.end(key, notice, edges);
  }

  private end(key: string, notice: N, edges: Edge<N>[]): void {
    const event = this.running.get(key);
    if (event === undefined) return;
    this.running.delete(key);
    edges.push(endOf(event, notice, false));
  }

  private evictOldest(edges: Edge<N>[]): void {
    for (const [key, event] of this.running) {
      this.running.delete(key);
      this.evicted++;
      edges.push(endOf(event, event.notice, true));
      return;
    }
  }
}

const NO_SUBJECT: readonly (string | null)[] = [null];

function endOf<N extends EdgeNotice>(event: Running<N>, notice: N, inferred: boolean): Edge<N> {
  return { kind: event.kind, state: 'end', notice, inferred, count: event.count, subject: event.subject };
}

/**
 * The clock of a captured file: the time that its messages carry, made to only grow. Messages a little out of order do not turn it
 * back; a clock that was set back is followed from there on.
 */
export class CapturedClock {
  private elapsed = 0;
  private newest: number | null = null;

  constructor(private readonly setBackMs: number) {}

  /** @param timeMs the time in the message, null when it has none. @returns milliseconds since the first message. */
  at(timeMs: number | null): number {
    if (timeMs === null) return this.elapsed;
    if (this.newest === null || timeMs < this.newest - this.setBackMs) this.newest = timeMs;
    else if (timeMs > this.newest) {
      this.elapsed += timeMs - this.newest;
      this.newest = timeMs;
    }
    return this.elapsed;
  }
}
