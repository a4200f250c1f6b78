/**
 * What goes to the broker, in order and no faster than it acknowledges: states, answers and discovery first, then the events of the
 * journal. An event is done when the broker has it, its pictures included.
 *
 * What a device keeps at the broker is made when its turn has come, and not before: a site may have more of it than fits into memory,
 * and a slow broker gets what is true then. Until that turn nothing else is sent for it that stays at the broker.
 */
import type { Clock, Timer } from '../clock';
import { unpackEvent, type JournaledEvent } from '../mqtt/journaled';
import type { Qos } from '../mqtt/topics';
import { PUBLISHER_MAX_WAITING, PUBLISH_ACK_TIMEOUT_MS, PUBLISH_WINDOW_BYTES } from '../settings';
import type { BrokerSession, Outgoing, PublishOutcome } from './broker';
import type { Journal, JournalEntry } from './journal';
import { Queue } from './queue';

export interface OutboxParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly qos: Qos;
  /** Events of other devices wait no longer than those that are published; they are left out. */
  readonly isOurs: (device: string) => boolean;
  /** The session is of no use any more. */
  readonly onTrouble: (reason: string) => void;
  /** Too many messages waited, so one that nobody keeps was dropped. */
  readonly onSkipped: (topic: string) => void;
  /** The broker will never take it. */
  readonly onRefused: (topic: string, reason: string) => void;
}

export interface OutboxCounters {
  /** Events that the broker has acknowledged. */
  readonly published: number;
  /** Messages that it refused for good, or that are larger than it takes. */
  readonly refused: number;
  /** Events of devices that another bridge serves. */
  readonly notOwned: number;
  /** Messages that nobody keeps, and for which a slow broker had no time. */
  readonly skipped: number;
}

/** Who has messages that stay at the broker, and can say all of them as they are now. */
export interface Keeper {
  retained(): readonly Outgoing[];
}

/** An event on its way. */
interface Underway {
  readonly entry: JournalEntry;
  /** Messages of it that are not acknowledged, or not yet sent. */
  open: number;
}

interface Waiting {
  readonly message: Outgoing;
  readonly of: Underway | null;
}

/** A place in the queue at which everything that a keeper has is said. */
interface Turn {
  readonly keeper: Keeper;
  /** Something was taken away after it, so that what it says would come too early. */
  isEarly: boolean;
}

/** Bytes of a PUBLISH that are neither topic nor payload, at most. */
const PACKET_OVERHEAD = 64;

export class Outbox {
  private session: BrokerSession | null = null;
  private readonly waiting = new Queue<Waiting | Turn>();
  private readonly turns = new Map<Keeper, Turn>();
  /** Messages of the keeper whose turn it is. */
  private readonly kept = new Queue<Waiting>();
  /** Messages of the event that is being sent. */
  private readonly parts = new Queue<Waiting>();
  private underway = 0;
  private underwayBytes = 0;
  private isPreparing = false;
  private isHeld = true;
  private isPumping = false;
  private isPumpDue = false;
  private lastProgressMs = 0;
  private watchdog: Timer | null = null;
  private idle: (() => void)[] = [];
  private readonly count = { published: 0, refused: 0, notOwned: 0, skipped: 0 };

  constructor(private readonly given: OutboxParts) {}

  get counters(): OutboxCounters {
    return { ...this.count };
  }

  /** Nothing waits but events, and nothing is on its way. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && this.kept.length === 0 && this.underway === 0;
  }

  /** A session begins. Events stay held or free as {@link hold} says. */
  connected(session: BrokerSession): void {
    this.session = session;
    this.lastProgressMs = this.given.clock.monotonic();
    this.watch();
    this.pump();
  }

  /** The session is over: events that were not acknowledged come again, everything else is posted anew by whoever posted it. */
  disconnected(): void {
    this.session = null;
    this.watchdog?.cancel();
    this.watchdog = null;
    this.waiting.clear();
    this.turns.clear();
    this.kept.clear();
    this.parts.clear();
    this.underway = 0;
    this.underwayBytes = 0;
    this.isPreparing = false;
    this.given.journal.rewind();
    this.settle();
  }

  /** Events wait while it is not known whose they are. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.pump();
  }

  /**
   * Sends a message that is not an event. Without a session it is dropped: a new session begins with everything that matters.
   *
   * @param keeper who says the message again among its {@link Keeper.retained | retained} ones; null where nobody does.
   */
  post(message: Outgoing, keeper: Keeper | null = null): void {
    if (this.session === null) return;
    const { retain, payload } = message;
    const isKept = retain && keeper !== null && payload.length > 0;
    const turn = keeper === null ? undefined : this.turns.get(keeper);
    if (turn !== undefined && isKept) return; // said when its turn has come
    if (turn !== undefined && retain) turn.isEarly = true;
    if (this.waiting.length >= PUBLISHER_MAX_WAITING) {
      if (isKept) {
        this.postAllOf(keeper);
        return;
      }
      // What stays at the broker is bounded by who posts it, and has to get there.
      if (!retain) {
        this.count.skipped++;
        this.given.onSkipped(message.topic);
        return;
      }
    }
    this.waiting.push({ message, of: null });
    this.pump();
  }

  postAll(messages: Iterable<Outgoing>): void {
    for (const message of messages) this.post(message);
  }

  /** Says everything that the keeper has, when its turn has come; those that wait already are not said twice. */
  postAllOf(keeper: Keeper): void {
    if (this.session === null || this.turns.get(keeper)?.isEarly === false) return;
    const turn = { keeper, isEarly: false };
    this.turns.set(keeper, turn);
    this.waiting.push(turn);
    this.pump();
  }

  /** Keepers that wait for their turn wait no longer, and what they post is sent as it is. */
  dropTurns(): void {
    this.turns.clear();
  }

  /** Something may have come into the journal. */
  pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) this.send(next);
    } finally {
      this.isPumping = false;
    }
    this.settle();
  }

  /** Resolves when nothing but events waits and nothing is on its way, or the session is over. */
  async drained(): Promise<void> {
    if (this.session === null || this.isIdle) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  close(): void {
    this.disconnected();
  }

  private next(): Waiting | undefined {
    const { session } = this;
    if (session === null || this.underway >= session.window) return undefined;
    if (this.underway > 0 && this.underwayBytes >= PUBLISH_WINDOW_BYTES) return undefined;
    const message = this.nextWaiting() ?? this.parts.shift();
    if (message !== undefined) return message;
    while (!this.isHeld && !this.isPreparing) {
      const entry = this.given.journal.take();
      if (entry === null) {
        this.loadMore(session);
        return undefined;
      }
      const event = this.unpacked(entry);
      if (event !== null) return this.begin(entry, event, session);
    }
    return undefined;
  }

  private nextWaiting(): Waiting | undefined {
    for (;;) {
      const kept = this.kept.shift();
      if (kept !== undefined) return kept;
      const next = this.waiting.shift();
      if (next === undefined || !('keeper' in next)) return next;
      const { keeper } = next;
      if (this.turns.get(keeper) !== next) continue; // it was given another turn, or none
      this.turns.delete(keeper);
      for (const message of keeper.retained()) this.kept.push({ message, of: null });
    }
  }

  private unpacked(entry: JournalEntry): JournaledEvent | null {
    let event: JournaledEvent;
    try {
      event = unpackEvent(entry.body);
    } catch (error) {
      this.refuse('an event of the journal', (error as Error).message);
      this.given.journal.done(entry);
      return null;
    }
    if (this.given.isOurs(event.device)) return event;
    this.count.notOwned++;
    this.given.journal.done(entry);
    return null;
  }

  private begin(entry: JournalEntry, event: JournaledEvent, session: BrokerSession): Waiting {
    const { topic, payload, pictures } = event;
    const of: Underway = { entry, open: 1 };
    if (pictures.length > 0) {
      of.open++; // until they are read
      this.isPreparing = true;
      void this.given.journal.picturesOf(entry).then((found) => {
        if (this.session !== session) return;
        this.isPreparing = false;
        for (const [index, { topic: of_, retain }] of pictures.entries()) {
          const data = found[index];
          if (data === undefined || data === null) continue; // the journal has counted it
          of.open++;
          this.parts.push({ message: { topic: of_, payload: data, retain, qos: this.given.qos }, of });
        }
        this.closePart(of);
        this.pump();
      });
    }
    return { message: { topic, payload, retain: false, qos: this.given.qos }, of };
  }

  private send({ message, of }: Waiting): void {
    const { session } = this;
    if (session === null) return;
    const { payload, topic } = message;
    const bytes = payload.length + topic.length + PACKET_OVERHEAD;
    if (bytes > session.maxPacketBytes) {
      this.refuse(topic, `larger than the ${session.maxPacketBytes} bytes that the broker takes`);
      if (of !== null) this.closePart(of);
      return;
    }
    this.underway++;
    this.underwayBytes += bytes;
    session.publish(message, (outcome, reason) => {
      if (this.session === session) this.answered(outcome, reason, topic, bytes, of);
    });
  }

  private answered(outcome: PublishOutcome, reason: string, topic: string, bytes: number, of: Underway | null): void {
    this.underway--;
    this.underwayBytes -= bytes;
    this.lastProgressMs = this.given.clock.monotonic();
    if (outcome === 'later') {
      // In order again, from the first one that is not acknowledged.
      this.given.onTrouble(`the broker does not take a message now: ${reason}`);
      return;
    }
    if (outcome === 'refused') this.refuse(topic, reason);
    if (of !== null) this.closePart(of);
    this.pumpSoon();
    this.settle();
  }

  /**
   * When all acknowledgements that came together are read: what follows them then goes out with one write. A write for each was most
   * of the time of publishing (profile: 30 % of it in `writev`, the next function 2 %).
   */
  private pumpSoon(): void {
    if (this.isPumpDue) return;
    this.isPumpDue = true;
    setImmediate(() => {
      this.isPumpDue = false;
      this.pump();
    });
  }

  private closePart(of: Underway): void {
    if (--of.open > 0) return;
    this.count.published++;
    this.given.journal.done(of.entry);
  }

  private refuse(topic: string, reason: string): void {
    this.count.refused++;
    this.given.onRefused(topic, reason);
  }

  private loadMore(session: BrokerSession): void {
    if (!this.given.journal.needsLoad) return;
    this.isPreparing = true;
    void this.given.journal.load().then(() => {
      if (this.session !== session) return;
      this.isPreparing = false;
      this.pump();
    });
  }

  private watch(): void {
    this.watchdog?.cancel();
    this.watchdog = this.given.clock.after(PUBLISH_ACK_TIMEOUT_MS / 3, () => {
      const silentMs = this.given.clock.monotonic() - this.lastProgressMs;
      if (this.underway === 0) this.lastProgressMs = this.given.clock.monotonic();
      else if (silentMs >= PUBLISH_ACK_TIMEOUT_MS) {
        this.given.onTrouble(`nothing was acknowledged for ${Math.round(silentMs / 1000)} s`);
        return;
      }
      this.watch();
    });
  }

  private settle(): void {
    if (this.idle.length === 0 || (this.session !== null && !this.isIdle)) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}
