/**
 * From bytes to events, for one device: parts, documents, notices with their pictures, edges for each subscriber. The pump has no
 * socket; whoever has one pushes the bytes in. Nothing that a device sends, and nothing that a subscriber throws, passes its
 * handler.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock';
import { MultipartReader, type Part } from '../codec/multipart';
import { excerpt } from '../codec/text';
import { EventIds, eventOf, type Received } from '../events/assemble';
import { Classifier } from '../events/classify';
import { CapturedClock, Edges, type Edge } from '../events/edges';
import type { DeviceIdentity, EventSource, HikvisionEvent, Notice } from '../events/event';
import { PictureJoiner } from '../events/pictures';
import { Staleness } from '../events/staleness';
import { CLOCK_SET_BACK_MS } from '../settings';

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
  /** Parts that could not be read. */
  readonly badParts: number;
  readonly skippedBytes: number;
  /** Pictures beyond the bounds of an event. */
  readonly droppedPictures: number;
  /** Pictures that belonged to no event. */
  readonly orphanPictures: number;
  /** Events ended early because too many ran at once. */
  readonly evictedEvents: number;
}

interface Subscriber {
  readonly listener: (event: HikvisionEvent) => void;
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
}

export class EventPump {
  readonly staleness = new Staleness();

  private readonly classifier = new Classifier();
  private readonly subscribers = new Set<Subscriber>();
  private readonly joiner = new PictureJoiner<Notice>();
  /** When a notice came; kept only as long as the notice itself. */
  private readonly receipts = new WeakMap<Notice, Receipt>();
  private readonly ids = new EventIds(randomBytes(6).toString('hex'));
  private reader: MultipartReader | null = null;
  private pictureTimer: Timer | null = null;
  private isListening = false;
  private closed = false;
  private readonly count = { parts: 0, heartbeats: 0, notices: 0, events: 0, badParts: 0, skippedBytes: 0 };

  constructor(
    private readonly clock: Clock,
    private readonly device: () => DeviceIdentity,
    /** What bytes of an alertStream are marked with. */
    private readonly source: EventSource,
    private readonly warn: (warning: Warning) => void,
    /** A heartbeat's time does not fit the offset that was measured: the device's clock was set. */
    private readonly onClockDoubt: () => void = () => undefined,
  ) {}

  get counters(): PumpCounters {
    let evictedEvents = 0;
    for (const subscriber of this.subscribers) evictedEvents += subscriber.edges.evicted + subscriber.replayed.evicted;
    return { ...this.count, droppedPictures: this.joiner.dropped, orphanPictures: this.joiner.orphans, evictedEvents };
  }

  get hasSubscribers(): boolean {
    return this.subscribers.size > 0;
  }

  /** @param endAfterMs silence after which an event has ended, for devices that never say so. */
  subscribe(listener: (event: HikvisionEvent) => void, endAfterMs: number | undefined): () => void {
    const subscriber: Subscriber = {
      listener,
      edges: new Edges(endAfterMs === undefined ? {} : { endAfterMs }),
      replayed: new Edges(endAfterMs === undefined ? {} : { endAfterMs }),
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

  /** A new stream begins. What ran goes on; the time without a stream does not count as silence. */
  begin(): void {
    this.reader = new MultipartReader({}, (skipped) => {
      this.count.skippedBytes += skipped.sizeBytes;
      this.report(
        'SKIPPED_BYTES',
        `${skipped.sizeBytes} bytes made no sense (${skipped.reason}); they begin: ${excerpt(skipped.head)}`,
      );
    });
    this.isListening = true;
    const now = this.clock.monotonic();
    for (const subscriber of this.subscribers) {
      subscriber.edges.resume(now);
      this.schedule(subscriber);
    }
  }

  /** Bytes of the stream. @returns how many whole parts they completed. */
  push(chunk: Buffer): number {
    const { reader } = this;
    if (reader === null || this.closed) return 0;
    const parts = reader.push(chunk);
    for (const part of parts) this.part(part);
    this.schedulePictures();
    return parts.length;
  }

  /** The stream is gone. No end is invented: what runs waits for the next stream. */
  end(): void {
    for (const part of this.reader?.finish() ?? []) if (!part.truncated) this.part(part);
    this.reader = null;
    this.isListening = false;
    for (const notice of this.joiner.release()) this.deliver(notice);
    this.schedulePictures();
    for (const subscriber of this.subscribers) {
      subscriber.timer?.cancel();
      subscriber.timer = null;
    }
  }

  close(): void {
    this.closed = true;
    this.end();
    this.subscribers.clear();
  }

  private part(part: Part): void {
    this.count.parts++;
    const nowMs = this.clock.monotonic();
    if (part.kind === 'picture') {
      const orphansBefore = this.joiner.orphans;
      for (const notice of this.joiner.picture(part, nowMs)) this.deliver(notice);
      if (this.joiner.orphans > orphansBefore) {
        this.report(
          'ORPHAN_PICTURE',
          `a picture (${part.name ?? 'without name'}, ${part.body.length} bytes) came for no event that waited for one`,
        );
      }
      return;
    }
    const classified = this.classifier.classify(part);
    if ('unreadable' in classified) {
      this.count.badParts++;
      const { reason, head } = classified.unreadable;
      // What a device says after subscribing is no event and no mistake.
      this.report('UNREADABLE_PART', `a part could not be read as an event (${reason}); it begins: ${head}`);
      return;
    }
    this.notice(classified.notice, nowMs, this.source);
  }

  /**
   * Notices that came another way than as parts of an alertStream: one message of the device.
   *
   * @returns 1, for the one message.
   */
  take(notices: readonly Notice[], source: EventSource): number {
    if (this.closed) return 0;
    this.count.parts++;
    const nowMs = this.clock.monotonic();
    for (const notice of notices) this.notice(notice, nowMs, source);
    return 1;
  }

  /** A sign of life without a document. @returns 1, for the one message. */
  beat(): number {
    this.count.parts++;
    this.count.heartbeats++;
    return 1;
  }

  /** A message that made no sense. @returns 0. */
  unreadable(reason: string): number {
    this.count.parts++;
    this.count.badParts++;
    this.report('UNREADABLE_PART', `a message could not be read as an event (${reason})`);
    return 0;
  }

  private notice(notice: Notice, nowMs: number, source: EventSource): void {
    if (!notice.isComplete) {
      this.count.badParts++;
      this.report('UNREADABLE_PART', `an event (${excerpt(notice.eventType, 40)}) broke off and was left out`);
      return;
    }
    const receivedMs = this.clock.now();
    const isOld = this.staleness.isStale(notice.timeMs, notice.timeHasOffset, receivedMs);
    if (notice.heartbeat) {
      this.count.heartbeats++;
      if (this.staleness.disagrees(notice.timeMs, notice.timeHasOffset, receivedMs)) this.onClockDoubt();
      for (const ready of this.joiner.event(notice, nowMs)) if (ready !== notice) this.deliver(ready);
      return;
    }
    this.count.notices++;
    notice.keep();
    this.receipts.set(notice, {
      id: this.ids.take(),
      notice,
      receivedMs,
      stale: isOld || notice.retransmitted,
      source,
    });
    for (const ready of this.joiner.event(notice, nowMs)) this.deliver(ready);
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
      subscriber.listener(eventOf(edge, received, this.device(), received.source));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.report('SUBSCRIBER_FAILED', `a receiver of events failed: ${excerpt(why, 200)}`);
    }
  }

  /** Wakes up when the next event of a subscriber falls silent. */
  private schedule(subscriber: Subscriber): void {
    subscriber.timer?.cancel();
    subscriber.timer = null;
    const next = subscriber.edges.nextEndMs;
    if (next === null || !this.isListening || this.closed) return;
    subscriber.timer = this.clock.after(Math.max(1, next - this.clock.monotonic()), () => {
      subscriber.timer = null;
      for (const edge of subscriber.edges.advance(this.clock.monotonic())) this.emit(subscriber, edge);
      this.schedule(subscriber);
    });
  }

  private schedulePictures(): void {
    const due = this.joiner.dueMs;
    if (due === null) {
      this.pictureTimer?.cancel();
      this.pictureTimer = null;
      return;
    }
    if (this.pictureTimer !== null) return;
    this.pictureTimer = this.clock.after(Math.max(1, due - this.clock.monotonic()), () => {
      this.pictureTimer = null;
      const nowMs = this.clock.monotonic();
      for (const notice of this.joiner.due(nowMs, this.reader?.isInPicture ?? false)) this.deliver(notice);
      if (this.joiner.dueMs !== null && this.joiner.dueMs <= nowMs) {
        // A picture is just coming in; look again soon.
        this.pictureTimer = this.clock.after(PICTURE_RECHECK_MS, () => {
          this.pictureTimer = null;
          for (const notice of this.joiner.release()) this.deliver(notice);
        });
      } else this.schedulePictures();
    });
  }

  private report(code: string, message: string): void {
    this.warn({ code, message });
  }
}

/** How much longer an event waits when a picture of it is half there. */
const PICTURE_RECHECK_MS = 2_000;
