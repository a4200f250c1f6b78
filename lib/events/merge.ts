/**
 * One occurrence that reaches us by several ways (alertStream, push, polling) is one event. Each way tells an occurrence once, so
 * what a second way says about the same thing at the same time joins what the first one said; what the same way says again is a
 * repeat, or the next occurrence. Pure: the time is handed in.
 */
import {
  EVENT_MAX_PICTURES,
  MERGE_HOLD_BELL_MS,
  MERGE_HOLD_MS,
  MERGE_KEEP_MS,
  MERGE_MAX_OCCURRENCES,
  MERGE_WINDOW_MS,
} from '../settings';
import type { EdgeNotice } from './edges';
import type { Notice, Picture } from './event';
import { EVENT_KINDS, groupOf } from './kinds';

/** What the merger reads of a notice; `pictures` is written when those of another way join. */
export type MergeNotice = EdgeNotice &
  Pick<Notice, 'timeMs' | 'timeHasOffset' | 'details' | 'regions' | 'target' | 'targetRect'> & {
    pictures: readonly Picture[];
  };

/** What is to be delivered. */
export interface Merged<N> {
  /** The richest of what was told, with the pictures of all. */
  readonly notice: N;
  /** Everything that was told, `notice` included, in the order of receipt. */
  readonly told: readonly N[];
}

export interface MergerOptions {
  /** How far apart two ways may be about one occurrence, in milliseconds. */
  readonly windowMs?: number;
  /** How long the first word of an occurrence waits for a richer one, in milliseconds; 0: not at all. */
  readonly holdMs?: number;
}

interface Occurrence<N> {
  readonly group: string;
  /** Of its first message. */
  readonly stamp: Pick<Notice, 'timeMs' | 'timeHasOffset' | 'subjects'>;
  readonly atMs: number;
  readonly ways: Set<string>;
  /** By how much its first way may be behind. */
  readonly lateMs: number;
  /** When it is delivered at the latest. */
  readonly dueMs: number;
  /** False once it was delivered. */
  isWaiting: boolean;
  /** Empty once it was delivered. */
  told: N[];
}

export class Merger<N extends MergeNotice = Notice> {
  /** Messages that told what another way had told already. */
  joined = 0;
  /** Occurrences in memory. */
  size = 0;

  /** By what it is about, each from old to new; the key that has been quiet for longest comes first. */
  private readonly known = new Map<string, Occurrence<N>[]>();
  /** In the order of their deadline. */
  private held: Occurrence<N>[] = [];
  private readonly windowMs: number;
  private readonly holdMs: number;

  constructor(options: MergerOptions = {}) {
    this.windowMs = options.windowMs ?? MERGE_WINDOW_MS;
    this.holdMs = options.holdMs ?? MERGE_HOLD_MS;
  }

  /**
   * Takes one message.
   *
   * @param way how it reached us.
   * @param ways how many ways are open by which the device may tell the same, this one included.
   * @param nowMs a clock that only grows.
   * @param lateMs by how much this way may be behind: the interval at which it asks.
   * @returns what can be delivered now, oldest first.
   */
  push(notice: N, way: string, ways: number, nowMs: number, lateMs = 0): Merged<N>[] {
    const ready = this.advance(nowMs);
    const group = placeOf(notice);
    const key = `${group}|${notice.active}|${identityOf(notice)}`;
    const match = this.matching(key, notice, way, nowMs, lateMs);
    if (match !== undefined) {
      this.joined++;
      match.ways.add(way);
      if (!match.isWaiting) return ready;
      match.told.push(notice);
      if (match.ways.size >= ways) ready.push(...this.release((held) => held === match));
      return ready;
    }
    // What waits about the same thing goes first: an end must not overtake its start.
    ready.push(...this.release((held) => held.group === group));
    const isWaiting = ways > 1 && this.holdMs > 0 && this.isNews(key, notice, nowMs);
    const { timeMs, timeHasOffset, subjects } = notice;
    const holdMs = notice.kind === 'doorbell' ? Math.min(this.holdMs, MERGE_HOLD_BELL_MS) : this.holdMs;
    const occurrence: Occurrence<N> = {
      group,
      stamp: { timeMs, timeHasOffset, subjects },
      atMs: nowMs,
      ways: new Set([way]),
      lateMs,
      dueMs: nowMs + holdMs,
      isWaiting,
      told: isWaiting ? [notice] : [],
    };
    this.remember(key, occurrence);
    if (isWaiting) this.hold(occurrence);
    else ready.push({ notice, told: [notice] });
    return ready;
  }

  /** What has waited long enough by `nowMs`. */
  advance(nowMs: number): Merged<N>[] {
    return this.release((held) => held.dueMs <= nowMs);
  }

  /** When {@link advance} has something to deliver; null when nothing waits. */
  get dueMs(): number | null {
    return this.held[0]?.dueMs ?? null;
  }

  /** Everything that waits, at once: nothing more will come. */
  flush(): Merged<N>[] {
    return this.release(() => true);
  }

  private release(isWanted: (held: Occurrence<N>) => boolean): Merged<N>[] {
    const wanted = this.held.filter(isWanted);
    this.held = this.held.filter((held) => !isWanted(held));
    return wanted.map((occurrence) => {
      const { told } = occurrence;
      occurrence.told = [];
      occurrence.isWaiting = false;
      return { notice: richest(told), told };
    });
  }

  /** In the order of the deadlines; a bell waits less than others. */
  private hold(occurrence: Occurrence<N>): void {
    const at = this.held.findLastIndex((held) => held.dueMs <= occurrence.dueMs);
    this.held.splice(at + 1, 0, occurrence);
  }

  /** The occurrence nearest in time that this way has not told yet. */
  private matching(key: string, notice: N, way: string, nowMs: number, lateMs: number): Occurrence<N> | undefined {
    let best: Occurrence<N> | undefined;
    let bestMs = Infinity;
    for (const occurrence of this.known.get(key) ?? []) {
      const { ways, stamp } = occurrence;
      if (ways.has(way) || !areCompatible(stamp.subjects, notice.subjects)) continue;
      // The device's own times tell best, also of what comes late; ours where one of them has none, or none of the same kind.
      const isComparable =
        stamp.timeMs !== null && notice.timeMs !== null && stamp.timeHasOffset === notice.timeHasOffset;
      const apartMs = isComparable ? Math.abs(notice.timeMs - stamp.timeMs) : nowMs - occurrence.atMs;
      const mayBeLateMs = isComparable ? 0 : Math.max(lateMs, occurrence.lateMs);
      if (apartMs > bestMs || apartMs > this.windowMs + mayBeLateMs) continue;
      best = occurrence;
      bestMs = apartMs;
    }
    return best;
  }

  /** Is it worth waiting for a richer word? Repeats of something that goes on, and ends, are handed on at once. */
  private isNews(key: string, notice: N, nowMs: number): boolean {
    if (notice.kind !== null && EVENT_KINDS[notice.kind].edges === 'once') return true;
    const last = this.known.get(key)?.at(-1);
    return notice.active && (last === undefined || nowMs - last.atMs > this.windowMs);
  }

  private remember(key: string, occurrence: Occurrence<N>): void {
    const list = this.known.get(key) ?? [];
    this.known.delete(key);
    this.known.set(key, list);
    list.push(occurrence);
    this.size++;
    this.forget(list, occurrence.atMs - MERGE_KEEP_MS, 1);
    for (const [oldKey, old] of this.known) {
      if (old === list) break;
      this.forget(old, this.size > MERGE_MAX_OCCURRENCES ? Infinity : occurrence.atMs - MERGE_KEEP_MS, 0);
      if (old.length > 0) break;
      this.known.delete(oldKey);
    }
    if (this.size > MERGE_MAX_OCCURRENCES) this.forget(list, Infinity, 1);
  }

  /** Drops from the old end what is older than that and does not wait, down to a rest. */
  private forget(list: Occurrence<N>[], olderThanMs: number, rest: number): void {
    const stays = list.findIndex(
      (known, at) => at >= list.length - rest || known.isWaiting || known.atMs >= olderThanMs,
    );
    this.size -= list.splice(0, stays < 0 ? list.length : stays).length;
  }
}

/** Doors and bells have no channel by one way and one by another. */
const WITHOUT_CHANNEL: ReadonlySet<string> = new Set(['doorbell', 'access', 'alarmPanel']);

function placeOf({ kind, eventType, channel }: MergeNotice): string {
  const name = kind === null ? '' : groupOf(kind, eventType);
  return WITHOUT_CHANNEL.has(name) ? name : `${name}|${channel ?? ''}`;
}

/** What tells two occurrences of one kind apart that come at nearly the same time. */
function identityOf({ kind, details }: MergeNotice): string {
  switch (kind) {
    case 'plate':
      return text(details['plate']);
    case 'face':
      // Numbers of faces begin again with every message of some recorders, so who it is counts besides.
      return ['faceId', 'person'].map((name) => text(details[name])).join('/');
    case 'peopleCounting':
      return ['region', 'enter', 'exit', 'people'].map((name) => text(details[name])).join('/');
    case 'access': {
      const serialNo = text(details['serialNo']);
      if (serialNo !== '') return serialNo;
      return ['major', 'minor', 'door', 'card', 'person'].map((name) => text(details[name])).join('/');
    }
    case 'alarmPanel':
      return [panelMatter(details), ...['zone', 'partition'].map((name) => text(details[name]))].join('/');
    case 'doorbell': {
      // A bell that is pressed is a call that rings, whichever way says it.
      const call = text(details['call']);
      return call === 'ringing' ? '' : call;
    }
    default:
      return '';
  }
}

/** Codes for a zone that somebody came through; which of them it is depends on the zone, which polling does not know. */
const INTRUSIONS: ReadonlySet<string> = new Set([
  'burglary',
  'perimeter',
  'interior',
  'instantZone',
  'dayAndNightZone',
  'entryExit',
  'outdoor',
  'confirmedBurglary',
]);

/** What a panel says, so that its state and its codes mean the same; the code itself where it says nothing to us. */
function panelMatter(details: Readonly<Record<string, unknown>>): string {
  const category = text(details['category']);
  if (category === 'arm' || category === 'disarm') return category;
  const key = text(details['key']);
  if (key === '' || key === 'unknown') return text(details['code']);
  return `${INTRUSIONS.has(key) ? 'intrusion' : key} ${details['isRestore'] === true}`;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A message that names no region is about any of them: recorders leave them out. */
function areCompatible(one: readonly string[], other: readonly string[]): boolean {
  return one.length === 0 || other.length === 0 || one.some((subject) => other.includes(subject));
}

/** The first of those that say most, with the pictures of all. */
function richest<N extends MergeNotice>(told: readonly N[]): N {
  const best = told.reduce((rich, notice) => (wealthOf(notice) > wealthOf(rich) ? notice : rich));
  if (told.length === 1) return best;
  const pictures = new Map<string, Picture>();
  for (const notice of [best, ...told]) {
    for (const picture of notice.pictures) {
      const key = `${picture.name} ${picture.data.length}`;
      if (pictures.size < EVENT_MAX_PICTURES && !pictures.has(key)) pictures.set(key, picture);
    }
  }
  best.pictures = [...pictures.values()];
  return best;
}

function wealthOf(notice: MergeNotice): number {
  const { pictures, regions, target, targetRect, timeMs, details } = notice;
  const known = Object.values(details).filter((value) => value !== null && value !== undefined).length;
  return (
    pictures.length * 8 +
    regions.length +
    Number(target !== null) * 4 +
    Number(targetRect !== null) * 2 +
    Number(timeMs !== null) * 2 +
    known / 8
  );
}
