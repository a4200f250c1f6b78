/** An edge becomes the event that subscribers, nodes and topics carry. */
import type { DeviceIdentity, EventSource, HikvisionEvent, Notice, Picture, Rect, Region } from './event';
import type { Edge } from './edges';

/** A notice with what is known about its receipt. */
export interface Received {
  /** Unique over all processes. */
  readonly id: string;
  readonly notice: Notice;
  /** Our wall clock, milliseconds since 1970. */
  readonly receivedMs: number;
  readonly stale: boolean;
}

/**
 * @param received the receipt of `edge.notice`.
 * @param device who sent it.
 */
export function eventOf(edge: Edge, received: Received, device: DeviceIdentity, source: EventSource): HikvisionEvent {
  return new AssembledEvent(edge, received, device, source);
}

/** Plain data, except that `details` and `raw` are read from the document when first asked for. */
class AssembledEvent implements HikvisionEvent {
  readonly id: string;
  readonly kind: HikvisionEvent['kind'];
  readonly eventType: string;
  readonly state: HikvisionEvent['state'];
  readonly active: boolean;
  readonly inferred: boolean;
  readonly channel: number | null;
  readonly channelName: string | null;
  readonly time: string | null;
  readonly receivedAt: string;
  readonly stale: boolean;
  readonly count: number;
  readonly target: string | null;
  readonly targetRect: Rect | null;
  readonly regions: readonly Region[];
  readonly pictures: readonly Picture[];
  readonly #notice: Notice;

  constructor(
    edge: Edge,
    received: Received,
    readonly device: DeviceIdentity,
    readonly source: EventSource,
  ) {
    const { notice } = edge;
    // Two subscribers see one edge under one id; the end has one of its own, as it may be made of the same message as the start.
    this.id = `${received.id}${edge.subject === null ? '' : `-${edge.subject}`}${edge.state === 'end' ? '-end' : ''}`;
    this.kind = edge.kind;
    this.eventType = notice.eventType;
    this.state = edge.state;
    this.active = edge.state !== 'end';
    this.inferred = edge.inferred;
    this.channel = notice.channel;
    this.channelName = notice.channelName;
    this.time = notice.time;
    this.receivedAt = new Date(received.receivedMs).toISOString();
    this.stale = received.stale;
    this.count = edge.count;
    this.target = notice.target;
    this.targetRect = notice.targetRect;
    // One message may name several regions; each starts and ends by itself, so the event carries its own.
    const { regions } = notice;
    this.regions =
      regions.length > 1 && edge.subject !== null ? regions.filter(({ id }) => String(id) === edge.subject) : regions;
    this.pictures = edge.inferred ? [] : notice.pictures;
    this.#notice = notice;
  }

  get details(): Readonly<Record<string, unknown>> {
    const { details, regions } = this.#notice;
    const [region] = this.regions;
    // The details of a message that names several rules are about the first of them.
    return regions.length > 1 && Object.hasOwn(details, 'rule') ? { ...details, rule: region?.id ?? null } : details;
  }

  get raw(): unknown {
    return this.#notice.raw;
  }

  /** `raw` repeats everything in the device's own words, so JSON leaves it out. */
  toJSON(): Record<string, unknown> {
    return {
      id: this.id,
      device: this.device,
      source: this.source,
      kind: this.kind,
      eventType: this.eventType,
      state: this.state,
      active: this.active,
      inferred: this.inferred,
      channel: this.channel,
      channelName: this.channelName,
      time: this.time,
      receivedAt: this.receivedAt,
      stale: this.stale,
      count: this.count,
      target: this.target,
      targetRect: this.targetRect,
      regions: this.regions,
      details: this.details,
      pictures: this.pictures.map(({ name, contentType, data, role = null }) => ({
        name,
        contentType,
        sizeBytes: data.length,
        role,
      })),
    };
  }
}

/** Counts ids up behind a prefix that no other process has. */
export class EventIds {
  private next = 0;

  /** @param prefix for example from `newPrefix`. */
  constructor(private readonly prefix: string) {}

  take(): string {
    return `${this.prefix}-${(this.next++).toString(36)}`;
  }
}
