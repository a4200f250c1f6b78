/**
 * From what a device sends to events, for one device: documents and pictures come in by one or several ways (alertStream, push,
 * polling, alarm channel), become notices, and leave as edges for each subscriber. What several ways tell is one event. The pump has
 * no socket; whoever has one opens an inlet and pushes the bytes in. Nothing that a device sends, and nothing that a subscriber
 * throws, passes its handler.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock';
import { excerpt } from '../codec/text';
import { EventIds, eventOf, type Received } from '../events/assemble';
import { Budget } from '../codec/budget';
import { Classifier } from '../events/classify';
import { CapturedClock, Edges, type Edge } from '../events/edges';
import type { DeviceIdentity, EventSource, HikvisionEvent, Notice } from '../events/event';
import type { EventKind } from '../events/kinds';
import { Merger, type Merged } from '../events/merge';
import { PictureJoiner } from '../events/pictures';
import type { SiteMember } from '../events/site';
import { Staleness } from '../events/staleness';
import {
  CLOCK_SET_BACK_MS,
  DEVICE_MESSAGES_BURST,
  DEVICE_MESSAGES_PER_SECOND,
  MAX_STAND_INS,
  STAND_IN_WAIT_MS,
} from '../settings';
import { PartStream, type PartStreamReports } from './part-stream';

export interface Warning {
  /** Stable, for filters: `UNREADABLE_PART`, `SKIPPED_BYTES`, ... */
  readonly code: string;
  readonly message: string;
}

export interface PumpCounters {
  /** Documents and pictures received. */
  readonly parts: number;
  readonly heartbeats: number;
  /** Messages that are events, repeats included. */
  readonly notices: number;
  /** Edges handed to subscribers. */
  readonly events: number;
  /** Parts that could not be read, those included that a broken connection cut off. */
  readonly badParts: number;
  readonly skippedBytes: number;
  /** Pictures beyond the bounds of an event. */
  readonly droppedPictures: number;
  /** Pictures that belonged to no event. */
  readonly orphanPictures: number;
  /** Events ended early because too many ran at once. */
  readonly evictedEvents: number;
  /** Messages that told what another way, or the camera itself, had told already. */
  readonly duplicates: number;
  /** Messages of a flood that were dropped before they were read. */
  readonly droppedMessages: number;
}

export interface PumpOptions {
  readonly clock: Clock;
  readonly device: () => DeviceIdentity;
  readonly warn: (warning: Warning) => void;
  /** A heartbeat's time does not fit the offset that was measured: the device's clock was set. */
  readonly onClockDoubt?: () => void;
  /** False: what several ways tell is an event each. */
  readonly merge?: boolean;
  /** Is told each message that was understood, repeats included, before anything is made of it. */
  readonly heard?: (notice: Notice, source: EventSource) => void;
  /** Among the devices that share cameras with this one; null where each counts for itself. */
  readonly site?: SiteMember | null;
}

export interface SubscribeOptions {
  /** Silence after which an event has ended, for devices that never say so. */
  readonly endAfterMs?: number;
  /** The only kinds that are wanted; all when not given. They are still all delivered: it says what is worth asking a device for. */
  readonly kinds?: readonly EventKind[];
}

interface Subscriber {
  readonly listener: (event: HikvisionEvent) => void;
  readonly kinds: readonly EventKind[] | null;
  /** What happens now, on our clock. */
  readonly edges: Edges;
  /** What is replayed, on the clock of its messages: an hour that arrives within a second is still an hour. */
  readonly replayed: Edges;
  readonly replayClock: CapturedClock;
  /** Wakes up when an event of its falls silent. */
  timer: Timer | null;
}

/** A receipt, and the way by which it came. */
interface Receipt extends Received {
  readonly source: EventSource;
  readonly inlet: Inlet;
}

export interface InletOptions {
  /** The only kinds that come by it; all when not given. */
  readonly tells?: ReadonlySet<EventKind>;
  /** Tells it from others of the same source, such as two polls that know of the same thing; the source when not given. */
  readonly way?: string;
  /** By how much it may be behind. */
  readonly lateMs?: number;
}

/** A way by which a device reaches us. */
export interface EventInlet {
  readonly source: EventSource;
  /** Signs of life that came by it. */
  readonly heartbeats: number;
  /** It is listened to from now on; what ran goes on, and the time without it does not count as silence. */
  begin(): void;
  /** Bytes of its stream. @returns how many whole parts they completed. */
  push(chunk: Buffer): number;
  /** A message that came whole, already understood. @returns 1, for the one message. */
  take(notices: readonly Notice[]): number;
  /** A sign of life without a document. @returns 1, for the one message. */
  beat(): number;
  /** A message that made no sense. @returns 0. */
  unreadable(reason: string): number;
  /** A body of its own, beside others: what a device pushes. Bytes count only while the inlet is open. */
  body(): PartStream;
  /** It is gone. No end is invented: what runs waits until somebody is listened to again. */
  end(): void;
}

export class EventPump {
  readonly staleness = new Staleness();

  private readonly clock: Clock;
  private readonly classifier = new Classifier();
  private readonly subscribers = new Set<Subscriber>();
  /** Those that are open. */
  private readonly inlets = new Set<Inlet>();
  private readonly merger: Merger | null;
  private readonly site: SiteMember | null;
  /** Recorder's words that wait for the camera's own, oldest first. */
  private standIns: { readonly notice: Notice; readonly dueMs: number }[] = [];
  private readonly budget = new Budget(DEVICE_MESSAGES_PER_SECOND, DEVICE_MESSAGES_BURST);
  /** When a notice came; kept only as long as the notice itself. */
  private readonly receipts = new WeakMap<Notice, Receipt>();
  private readonly ids = new EventIds(randomBytes(6).toString('hex'));
  private waitTimer: Timer | null = null;
  private closed = false;
  private readonly count = {
    parts: 0,
    heartbeats: 0,
    notices: 0,
    events: 0,
    badParts: 0,
    skippedBytes: 0,
    droppedPictures: 0,
    orphanPictures: 0,
    duplicates: 0,
    droppedMessages: 0,
  };

  constructor(private readonly options: PumpOptions) {
    this.clock = options.clock;
    this.merger = options.merge === false ? null : new Merger();
    this.site = options.site ?? null;
  }

  get counters(): PumpCounters {
    let evictedEvents = 0;
    for (const subscriber of this.subscribers) evictedEvents += subscriber.edges.evicted + subscriber.replayed.evicted;
    return { ...this.count, duplicates: this.count.duplicates + (this.merger?.joined ?? 0), evictedEvents };
  }

  get hasSubscribers(): boolean {
    return this.subscribers.size > 0;
  }

  /** Kinds that somebody wants; null for all of them. */
  get wantedKinds(): ReadonlySet<EventKind> | null {
    const wanted = new Set<EventKind>();
    for (const { kinds } of this.subscribers) {
      if (kinds === null) return null;
      for (const kind of kinds) wanted.add(kind);
    }
    return wanted;
  }

  subscribe(listener: (event: HikvisionEvent) => void, options: SubscribeOptions = {}): () => void {
    const ends = options.endAfterMs === undefined ? {} : { endAfterMs: options.endAfterMs };
    const subscriber: Subscriber = {
      listener,
      kinds: options.kinds ?? null,
      edges: new Edges(ends),
      replayed: new Edges(ends),
      replayClock: new CapturedClock(CLOCK_SET_BACK_MS),
      timer: null,
    };
    this.subscribers.add(subscriber);
    return () => {
      subscriber.timer?.cancel();
      this.subscribers.delete(subscriber);
    };
  }

  setChannels(channels: ReadonlySet<number>): void {
    this.classifier.setChannels(channels);
  }

  /**
   * A way in, closed at first.
   */
  inlet(source: EventSource, options: InletOptions = {}): EventInlet {
    return new Inlet(source, options, {
      clock: this.clock,
      reports: (inlet) => this.reportsOf(inlet),
      begun: (inlet) => this.begun(inlet),
      ended: (inlet) => this.ended(inlet),
      take: (inlet, notices) => {
        if (this.closed || !this.affordable()) return;
        for (const notice of notices) if (this.received(notice, inlet) && !notice.heartbeat) this.ready(notice);
      },
      beat: () => {
        this.count.parts++;
        this.count.heartbeats++;
      },
      unreadable: (reason) => {
        this.count.parts++;
        this.unreadable(`a message could not be read as an event (${reason})`);
      },
    });
  }

  close(): void {
    this.closed = true;
    for (const inlet of [...this.inlets]) inlet.end();
    this.waitTimer?.cancel();
    this.waitTimer = null;
    this.standIns = [];
    for (const subscriber of this.subscribers) subscriber.timer?.cancel();
    this.subscribers.clear();
    this.site?.leave();
  }

  /* Ways in */

  private begun(inlet: Inlet): void {
    this.inlets.add(inlet);
    const now = this.clock.monotonic();
    for (const subscriber of this.subscribers) {
      subscriber.edges.resume(now);
      this.schedule(subscriber);
    }
    this.tellHeard();
  }

  private ended(inlet: Inlet): void {
    this.inlets.delete(inlet);
    this.tellHeard();
    if (this.inlets.size > 0) return;
    for (const merged of this.merger?.flush() ?? []) this.deliver(this.receive(merged));
    for (const { notice } of this.standIns.splice(0)) this.tell(notice);
    this.scheduleWait();
    for (const subscriber of this.subscribers) {
      subscriber.timer?.cancel();
      subscriber.timer = null;
    }
  }

  private tellHeard(): void {
    // Polling tells only little of what a camera sees.
    if (this.site !== null) this.site.isHeard = [...this.inlets].some(({ tells }) => tells === null);
  }

  /** Ways by which this kind may come now. */
  private waysOf(kind: EventKind | null): number {
    if (this.inlets.size < 2) return this.inlets.size;
    let ways = 0;
    for (const { tells } of this.inlets) if (tells === null || (kind !== null && tells.has(kind))) ways++;
    return ways;
  }

  private reportsOf(inlet: Inlet): PartStreamReports {
    return {
      part: () => !this.closed && this.inlets.has(inlet) && this.affordable(),
      classify: (part) => this.classifier.classify(part),
      received: (notice) => this.received(notice, inlet),
      ready: (notice) => this.ready(notice),
      skipped: (sizeBytes, why) => {
        this.count.skippedBytes += sizeBytes;
        this.report('SKIPPED_BYTES', `${sizeBytes} bytes made no sense (${why})`);
      },
      // The state of the connection says what happened to it.
      cutOff: () => void this.count.badParts++,
      unreadable: (reason) => this.unreadable(`a part could not be read as an event (${reason})`),
      orphan: (name, sizeBytes) => {
        this.count.orphanPictures++;
        this.report(
          'ORPHAN_PICTURE',
          `a picture (${name ?? 'without name'}, ${sizeBytes} bytes) came for no event that waited for one`,
        );
      },
      dropped: () => void this.count.droppedPictures++,
    };
  }

  /** A device that floods us costs its own messages, before they are read. */
  private affordable(): boolean {
    this.count.parts++;
    if (this.budget.take(this.clock.monotonic())) return true;
    this.count.droppedMessages++;
    this.report(
      'FLOOD',
      `the device sends more than ${DEVICE_MESSAGES_PER_SECOND} messages a second; those beyond are dropped, ${this.count.droppedMessages} so far`,
    );
    return false;
  }

  /* From notices to edges */

  /** @returns false for what is left out. */
  private received(notice: Notice, inlet: Inlet): boolean {
    if (!notice.isComplete) {
      this.unreadable(`an event (${excerpt(notice.eventType, 40)}) broke off and was left out`);
      return false;
    }
    const receivedMs = this.clock.now();
    const isOld = this.staleness.isStale(notice.timeMs, notice.timeHasOffset, receivedMs);
    if (notice.heartbeat) {
      this.count.heartbeats++;
      inlet.heartbeats++;
      if (this.staleness.disagrees(notice.timeMs, notice.timeHasOffset, receivedMs)) this.options.onClockDoubt?.();
      return true;
    }
    this.count.notices++;
    notice.keep();
    this.receipts.set(notice, {
      id: this.ids.take(),
      notice,
      receivedMs,
      stale: isOld || notice.retransmitted,
      source: inlet.source,
      inlet,
    });
    this.options.heard?.(notice, inlet.source);
    return true;
  }

  /** A notice with its pictures. A recorder's word about a camera that is heard itself waits for the camera's own. */
  private ready(notice: Notice): void {
    const { site } = this;
    if (site === null) return this.tell(notice);
    const nowMs = this.clock.monotonic();
    if (this.receipts.get(notice)?.stale === false) site.saw(notice, nowMs);
    const verdict = site.standsIn(notice, nowMs);
    // What waits about the same thing goes first, so the rest of it queues behind.
    const isQueued = this.standIns.some(
      (held) => held.notice.channel === notice.channel && held.notice.kind === notice.kind,
    );
    if (verdict === 'own' && !isQueued) return this.tell(notice);
    if (verdict === 'told') {
      this.count.duplicates++;
      return;
    }
    this.standIns.push({ notice, dueMs: nowMs + STAND_IN_WAIT_MS });
    const [oldest] = this.standIns.length > MAX_STAND_INS ? this.standIns.splice(0, 1) : [];
    if (oldest !== undefined) this.tell(oldest.notice);
    this.scheduleWait();
  }

  /** What several ways tell becomes one. */
  private tell(notice: Notice): void {
    const receipt = this.receipts.get(notice);
    if (receipt === undefined) return;
    const ways = this.waysOf(notice.kind);
    // One way alone waits for nobody; but what still waits goes first, or an end would overtake its start.
    if (this.merger === null || (ways < 2 && this.merger.dueMs === null)) return this.deliver(notice);
    const { way, lateMs } = receipt.inlet;
    for (const merged of this.merger.push(notice, way, ways, this.clock.monotonic(), lateMs))
      this.deliver(this.receive(merged));
    this.scheduleWait();
  }

  /** The receipt of what was merged: the earliest one, and live as soon as one of them is. */
  private receive({ notice, told }: Merged<Notice>): Notice {
    const own = this.receipts.get(notice);
    if (own === undefined || told.length < 2) return notice;
    const receipts = told.flatMap((each) => this.receipts.get(each) ?? []);
    this.receipts.set(notice, {
      ...own,
      receivedMs: Math.min(...receipts.map(({ receivedMs }) => receivedMs)),
      stale: receipts.every(({ stale }) => stale),
    });
    return notice;
  }

  private deliver(notice: Notice): void {
    const received = this.receipts.get(notice);
    if (received === undefined) return;
    const nowMs = this.clock.monotonic();
    for (const subscriber of this.subscribers) {
      // Kept apart: an old `active` must not keep alive, and an old `inactive` must not end, what happens now.
      const edges = received.stale
        ? subscriber.replayed.push(notice, subscriber.replayClock.at(notice.timeMs))
        : subscriber.edges.push(notice, nowMs);
      for (const edge of edges) this.emit(subscriber, edge);
      if (subscriber.timer === null) this.schedule(subscriber);
    }
  }

  private emit(subscriber: Subscriber, edge: Edge): void {
    const received = this.receipts.get(edge.notice);
    if (received === undefined) return;
    this.count.events++;
    try {
      subscriber.listener(eventOf(edge, received, this.options.device(), received.source));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.report('SUBSCRIBER_FAILED', `a receiver of events failed: ${excerpt(why, 200)}`);
    }
  }

  /* Time */

  /** Wakes up when the next event of a subscriber falls silent. */
  private schedule(subscriber: Subscriber): void {
    subscriber.timer?.cancel();
    subscriber.timer = null;
    const next = subscriber.edges.nextEndMs;
    if (next === null || this.inlets.size === 0 || this.closed) return;
    subscriber.timer = this.clock.after(Math.max(1, next - this.clock.monotonic()), () => {
      subscriber.timer = null;
      for (const edge of subscriber.edges.advance(this.clock.monotonic())) this.emit(subscriber, edge);
      this.schedule(subscriber);
    });
  }

  /** Wakes up when something has waited long enough for a richer word, or for the camera's own. */
  private scheduleWait(): void {
    this.waitTimer?.cancel();
    this.waitTimer = null;
    const due = Math.min(this.merger?.dueMs ?? Infinity, this.standIns[0]?.dueMs ?? Infinity);
    if (due === Infinity || this.closed) return;
    this.waitTimer = this.clock.after(Math.max(1, due - this.clock.monotonic()), () => {
      this.waitTimer = null;
      const nowMs = this.clock.monotonic();
      while ((this.standIns[0]?.dueMs ?? Infinity) <= nowMs) {
        const [held] = this.standIns.splice(0, 1);
        if (held === undefined) break;
        if (this.site?.standsIn(held.notice, nowMs) === 'told') this.count.duplicates++;
        else this.tell(held.notice);
      }
      for (const merged of this.merger?.advance(nowMs) ?? []) this.deliver(this.receive(merged));
      this.scheduleWait();
    });
  }

  private unreadable(message: string): void {
    this.count.badParts++;
    this.report('UNREADABLE_PART', message);
  }

  private report(code: string, message: string): void {
    this.options.warn({ code, message });
  }
}

interface InletOwner {
  readonly clock: Clock;
  readonly reports: (inlet: Inlet) => PartStreamReports;
  readonly begun: (inlet: Inlet) => void;
  readonly ended: (inlet: Inlet) => void;
  readonly take: (inlet: Inlet, notices: readonly Notice[]) => void;
  readonly beat: () => void;
  readonly unreadable: (reason: string) => void;
}

class Inlet implements EventInlet {
  heartbeats = 0;
  readonly tells: ReadonlySet<EventKind> | null;
  readonly way: string;
  readonly lateMs: number;

  /** What was learned about the device's pictures outlives a stream. */
  private readonly joiner = new PictureJoiner<Notice>();
  private stream: PartStream | null = null;

  constructor(
    readonly source: EventSource,
    { tells, way, lateMs }: InletOptions,
    private readonly owner: InletOwner,
  ) {
    this.tells = tells ?? null;
    this.way = way ?? source;
    this.lateMs = lateMs ?? 0;
  }

  begin(): void {
    this.stream?.abandon();
    this.stream = new PartStream(this.owner.clock, this.owner.reports(this), this.joiner);
    this.owner.begun(this);
  }

  push(chunk: Buffer): number {
    return this.stream?.push(chunk) ?? 0;
  }

  take(notices: readonly Notice[]): number {
    if (this.stream !== null) this.owner.take(this, notices);
    return 1;
  }

  beat(): number {
    this.heartbeats++;
    this.owner.beat();
    return 1;
  }

  unreadable(reason: string): number {
    this.owner.unreadable(reason);
    return 0;
  }

  body(): PartStream {
    return new PartStream(this.owner.clock, this.owner.reports(this), new PictureJoiner<Notice>(true));
  }

  end(): void {
    if (this.stream === null) return;
    this.stream.end();
    this.stream = null;
    this.owner.ended(this);
  }
}
