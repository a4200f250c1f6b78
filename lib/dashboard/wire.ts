/**
 * What the server tells a page: types for both ends, and nothing else. The page is compiled for a browser, so nothing that needs Node
 * may stand behind them.
 */
import type { KindGroup } from '../events/kind-groups';
import type { EventSource } from '../events/event';
import type { EventKind } from '../events/kinds';

export interface ConnectionView {
  readonly state: 'idle' | 'connecting' | 'connected' | 'lost' | 'locked' | 'refused' | 'closed';
  /** Why it is not connected, and what can be done; null while nothing is wrong. */
  readonly reason: string | null;
  readonly advice: string | null;
  /** Of the next try, or of the end of a lock; milliseconds since 1970, as all times here. */
  readonly untilMs: number | null;
  readonly sinceMs: number | null;
  readonly stream: 'off' | 'open' | 'partial' | 'failed' | null;
  /** Why the stream is not open. */
  readonly streamReason: string | null;
  /** By which events come. */
  readonly ways: readonly string[];
}

export interface CountersView {
  readonly events: number;
  /** Told by another way already. */
  readonly duplicates: number;
  /** Of a flood, or too many at the same time. */
  readonly dropped: number;
  readonly unreadable: number;
  readonly reconnects: number;
}

export interface ChannelView {
  readonly channel: number;
  readonly name: string | null;
  /** Null where the device does not say. */
  readonly online: boolean | null;
}

/** A device, without serial number, user and password. */
export interface DeviceView {
  readonly id: number;
  readonly name: string;
  /** Host, or host:port. */
  readonly place: string;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly connection: ConnectionView;
  readonly counters: CountersView;
  /** Channels with pictures; empty until the device was asked. */
  readonly channels: readonly ChannelView[];
}

/** One thing that happened, from its start to its end. */
export interface EventRow {
  /** Grows with time. */
  readonly id: number;
  readonly device: number;
  readonly kind: EventKind;
  /** The device's own word. */
  readonly eventType: string;
  readonly channel: number | null;
  readonly channelName: string | null;
  /**
   * - `running`: it has begun.
   * - `ended`: and is over.
   * - `once`: it has no length.
   */
  readonly phase: 'running' | 'ended' | 'once';
  readonly startMs: number;
  /** False for an end whose start was not seen. */
  readonly hasStart: boolean;
  readonly endMs: number | null;
  /** No message said that it is over: the repeats stopped. */
  readonly inferred: boolean;
  /** Replayed or delayed. */
  readonly stale: boolean;
  /** As the device said it, ISO 8601. */
  readonly deviceTime: string | null;
  readonly source: EventSource;
  /** Messages that it was made of. */
  readonly count: number;
  /** What matters most: a number plate, a person. */
  readonly headline: string | null;
  readonly details: readonly (readonly [name: string, value: string])[];
  /** What each picture shows; they are at `/picture/<id>/<index>`. */
  readonly pictures: readonly (string | null)[];
}

export interface KindView {
  readonly kind: EventKind;
  readonly title: string;
  readonly group: KindGroup;
}

/** The first message on each connection. */
export interface Everything {
  readonly devices: readonly DeviceView[];
  readonly rows: readonly EventRow[];
  readonly kinds: readonly KindView[];
  readonly maxRows: number;
  readonly snapshotIntervalMs: number;
}

/** By the name of the message. */
export interface Messages {
  readonly everything: Everything;
  readonly devices: readonly DeviceView[];
  readonly rows: readonly EventRow[];
  /** Events that this page was too slow for. */
  readonly missed: number;
}
