/** Notices that are made of an answer instead of a message: what polling finds out, and what other protocols say. */
import { parseDeviceTime } from '../codec/device-time';
import { completeDetails } from './details';
import type { Notice, Picture } from './event';
import type { EventKind } from './kinds';

export interface ToldFields {
  readonly kind: EventKind;
  /** The word of the device for it, or of the question that found it out: `callStatus`. */
  readonly eventType: string;
  /** True when not given. */
  readonly active?: boolean;
  /** Null, the device itself, when not given. */
  readonly channel?: number | null;
  readonly channelName?: string | null;
  /** As the device said it; null when not given. */
  readonly time?: string | null;
  readonly subjects?: readonly string[];
  /** What its kind has besides is null. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** It is known to be old: what happened while nobody asked. */
  readonly retransmitted?: boolean;
  readonly pictures?: readonly Picture[];
  /** What the device said, as a plain object. */
  readonly raw?: unknown;
}

/** A notice with these fields; what is not given is empty. */
export function toldNotice(fields: ToldFields): Notice {
  const moment = parseDeviceTime(fields.time ?? null);
  return {
    heartbeat: false,
    kind: fields.kind,
    eventType: fields.eventType,
    active: fields.active ?? true,
    channel: fields.channel ?? null,
    rawChannel: fields.channel ?? null,
    channelName: fields.channelName ?? null,
    time: moment?.iso ?? null,
    timeMs: moment?.ms ?? null,
    timeHasOffset: moment?.hasOffset ?? false,
    activePostCount: null,
    target: null,
    targetRect: null,
    regions: [],
    subjects: fields.subjects ?? [],
    details: completeDetails(fields.kind, fields.eventType, fields.details),
    isComplete: true,
    retransmitted: fields.retransmitted ?? false,
    expectedPictures: 0,
    pictures: fields.pictures ?? [],
    raw: fields.raw ?? null,
    keep: () => undefined,
  };
}
