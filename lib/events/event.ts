/** What a device told us, in one shape for all sources. */
import type { DetailsOf } from './details';
import type { EventKind } from './kinds';

export type EventState = 'start' | 'end' | 'once';

/** How the message reached us. `test`: not at all; somebody tries a flow, and no device said it. */
export type EventSource = 'isapi' | 'hsp' | 'push' | 'poll' | 'test';

export interface DeviceIdentity {
  /** The name the user gave, else the device's own, else the host. */
  readonly name: string;
  readonly host: string;
  /** As the device says them; null until it was asked. */
  readonly serial: string | null;
  readonly model: string | null;
}

/** Fractions of the picture, 0..1, from the corner that the device counts from (targets: top left, rules: bottom left). */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Region {
  /** Number of the rule on the device; null where it says none or 0. */
  readonly id: number | null;
  /** 0-100, null where not said. */
  readonly sensitivity: number | null;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly target: string | null;
  readonly targetRect: Rect | null;
}

/** What a picture shows: the plate alone, the vehicle, the whole scene, a face, a person, temperatures as colours. */
export type PictureRole = 'licensePlate' | 'vehicle' | 'scene' | 'face' | 'person' | 'thermal';

export interface Picture {
  /** File name or part name as the device gave it, `picture.jpg` where it gave none. */
  readonly name: string;
  readonly contentType: string;
  readonly data: Buffer;
  /** Null, or absent, where neither the message nor the names of the picture tell. */
  readonly role?: PictureRole | null;
}

/**
 * One message of a device, understood but not yet turned into edges: cameras repeat it every second while something lasts.
 */
export interface Notice {
  /** True for a sign of life; it is no event and has no kind. */
  readonly heartbeat: boolean;
  readonly kind: EventKind | null;
  /** The device's own word. */
  readonly eventType: string;
  readonly active: boolean;
  /** As people count it: input D1 of a recorder is 1. Null for the device itself. */
  readonly channel: number | null;
  /** What stood in the message, before it was mapped. */
  readonly rawChannel: number | string | null;
  readonly channelName: string | null;
  /** ISO 8601 as the device said it, with the offset where it gave one; null when absent or unreadable. */
  readonly time: string | null;
  /** `time` in milliseconds since 1970; where it has no offset, the wall clock of the device read as UTC. */
  readonly timeMs: number | null;
  readonly timeHasOffset: boolean;
  /** Running number of the device. Useless for edges: constant 1, 0, or shared by all kinds, depending on the model. */
  readonly activePostCount: number | null;
  readonly target: string | null;
  readonly targetRect: Rect | null;
  readonly regions: readonly Region[];
  /** What tells two occurrences of one kind on one channel apart: region numbers, or the alarm input. Empty: none named. */
  readonly subjects: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
  /** False for a document that breaks off; its fields are those before the break. */
  readonly isComplete: boolean;
  /** The device itself says that this is a replay of something stored. */
  readonly retransmitted: boolean;
  /** Picture parts that the message announces; they follow it on the stream. */
  readonly expectedPictures: number;
  pictures: readonly Picture[];
  /** The document as a plain object; read from the bytes when first asked for. */
  readonly raw: unknown;
  /** Copies the bytes behind `details` and `raw`, which are a view of what was received. Call it before storing the notice. */
  keep(): void;
}

/** One edge of something that happened; what subscribers, nodes and topics carry. */
export interface HikvisionEvent {
  /** Unique over all processes; for dropping duplicates. */
  readonly id: string;
  readonly device: DeviceIdentity;
  readonly source: EventSource;
  readonly kind: EventKind;
  readonly eventType: string;
  readonly state: EventState;
  /** Is it going on now? True for `start` and `once`, false for `end`. */
  readonly active: boolean;
  /** True for an end that no message announced: the repeats stopped. */
  readonly inferred: boolean;
  readonly channel: number | null;
  readonly channelName: string | null;
  readonly time: string | null;
  /** ISO 8601 in UTC, our clock. */
  readonly receivedAt: string;
  /** True: replayed or delayed, older than 30 s by the device's own clock. Do not act on it. */
  readonly stale: boolean;
  /** Messages of the device that this event was made of so far. */
  readonly count: number;
  readonly target: string | null;
  readonly targetRect: Rect | null;
  readonly regions: readonly Region[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly pictures: readonly Picture[];
  readonly raw: unknown;
}

/** An event of one kind, or of one of several, with the details of it typed. */
export type EventOf<K extends EventKind> = {
  [One in K]: Omit<HikvisionEvent, 'kind' | 'details'> & { readonly kind: One; readonly details: DetailsOf<One> };
}[K];

/** Narrows an event to a kind: `if (isKind(event, 'plate')) open(event.details.plate)`. */
export function isKind<K extends EventKind>(event: HikvisionEvent, kind: K): event is HikvisionEvent & EventOf<K> {
  return event.kind === kind;
}
