/**
 * A document becomes a {@link Notice}: what happened, on which channel, when. Pure; the little that must be remembered between
 * documents (which channels have lost their video) lives in the {@link Classifier}.
 */
import { parseDeviceTime } from '../codec/device-time';
import { member, objectOf, tame } from '../codec/json';
import { decodeText, excerpt } from '../codec/text';
import { parseXml, toNumber, toPlain, type XmlElement } from '../codec/xml';
import type { Part } from '../codec/multipart';
import { EVENT_MAX_PICTURES, JSON_MAX_DEPTH } from '../settings';
import { detailsOf, kindOfDocument } from './details';
import type { Notice, Picture, Rect, Region } from './event';
import { eventOfJson, fieldsOfBytes, fieldsOfJson, fieldsOfTree, rawPortOf, type EventFields } from './fields';
import { kindOf, type EventKind } from './kinds';

/** A document that is no event and cannot be read as one. */
export interface Unreadable {
  readonly reason: string;
  /** First bytes, safe to show. */
  readonly head: string;
  /** What stands before the break of a document that broke off before it said what it is about. */
  readonly rest?: Pick<Notice, 'channel' | 'rawChannel' | 'time' | 'target'>;
}

export type Classified = { readonly notice: Notice } | { readonly unreadable: Unreadable };

export interface ClassifierOptions {
  /** Channel numbers that the device has; without them a `channelID` above 32 counts minus 32 (isapi.md §6.6). */
  readonly channels?: ReadonlySet<number>;
}

export class Classifier {
  private readonly videoLost = new Set<number | null>();
  private channels: ReadonlySet<number> | undefined;

  constructor(options: ClassifierOptions = {}) {
    this.channels = options.channels;
  }

  /** What was learned about the device's channels after the reading began. */
  setChannels(channels: ReadonlySet<number>): void {
    this.channels = channels;
  }

  /** Reads an XML or JSON part; pictures are joined to their event elsewhere. */
  classify(part: Part): Classified {
    return part.kind === 'json' ? this.json(part) : this.xml(part);
  }

  private xml(part: Part): Classified {
    const fields = fieldsOfBytes(part.body);
    if (fields?.eventType !== undefined && fields.eventType !== null)
      return this.notice(fields, new LazyXml(part.body));
    try {
      const root = parseXml(part.body);
      const fromTree = fieldsOfTree(root);
      if (fromTree.eventType !== null) return this.notice(fromTree, new LazyXml(part.body, root));
      // What a subscription begins with is no event and no mistake.
      if (/^subscribeeventresponse$/i.test(root.name)) {
        return this.notice({ ...fromTree, eventType: 'heartbeat' }, new LazyXml(part.body, root));
      }
      return unreadable(`${root.name} is no event`, part.body);
    } catch (error) {
      const rest = fieldsOfBytes(part.body, true);
      if (rest === null) return unreadable((error as Error).message, part.body);
      const { notice } = this.notice(rest, new LazyXml(part.body));
      return rest.eventType === null ? unreadable((error as Error).message, part.body, notice) : { notice };
    }
  }

  private json(part: Part): Classified {
    let document: unknown;
    let isWhole = true;
    try {
      document = JSON.parse(decodeText(part.body));
    } catch (error) {
      const repaired = repairJson(decodeText(part.body));
      if (repaired === null) return unreadable(`JSON: ${(error as Error).message}`, part.body);
      document = repaired;
      isWhole = false;
    }
    if (!tame(document)) return unreadable(`JSON: nested deeper than ${JSON_MAX_DEPTH}`, part.body);
    const fields = fieldsOfJson(document);
    if (fields === null) return unreadable('JSON that is no object', part.body);
    fields.isComplete = isWhole;
    fields.eventType ??= isSubscribed(document) ? 'heartbeat' : wrapperName(document, isWhole);
    const { notice } = this.notice(fields, {
      document: () => eventOfJson(document) ?? {},
      raw: () => document,
      keep: () => undefined,
    });
    if (fields.eventType !== null) return { notice };
    return unreadable('JSON without eventType', part.body, isWhole ? undefined : notice);
  }

  private notice(fields: EventFields, source: DocumentSource): { readonly notice: Notice } {
    const eventType = fields.eventType ?? '';
    const lower = eventType.toLowerCase();
    // Without a state it is a pulse: cloud and JSON variants leave it out.
    const active = fields.eventState === null || fields.eventState.toLowerCase() !== 'inactive';
    const isDuration = lower === 'duration' && fields.relationEvent !== null;
    const meaning = isDuration ? (fields.relationEvent as string) : eventType;
    const more = fields.hasMore ? source.document() : null;
    const kind = kindOfDocument(meaning, more);
    const rawChannel = rawChannelOf(fields);
    const channel = this.channelOf(fields, rawChannel, kind);
    const heartbeat = this.isHeartbeat(kind === 'videoLoss' ? 'videoloss' : lower, fields, active, channel, more);
    if (kind === 'videoLoss' && !heartbeat && fields.isComplete) this.rememberLoss(channel, active);
    return {
      notice: new DeviceNotice(fields, source, {
        heartbeat,
        kind: heartbeat ? null : kind,
        active,
        channel,
        rawChannel,
        more,
      }),
    };
  }

  /**
   * Signs of life in their many forms (isapi.md §6.4): `videoloss inactive` of a channel that had not lost anything or with
   * `activePostCount` 0, `heartBeat`, `other` described as Heartbeat, an alarm panel's `cidEvent inactive` without content.
   */
  private isHeartbeat(
    eventType: string,
    fields: EventFields,
    active: boolean,
    channel: number | null,
    more: Record<string, unknown> | null,
  ): boolean {
    switch (eventType) {
      case 'heartbeat':
        return true;
      case 'videoloss':
        return !active && (toNumber(fields.activePostCount) === 0 || !this.videoLost.has(channel));
      case 'other':
        return fields.eventDescription?.toLowerCase().includes('heartbeat') ?? false;
      case 'cidevent':
        return !active && (more === null || objectOf(member(more, 'CIDEvent')) === null);
      default:
        return false;
    }
  }

  private rememberLoss(channel: number | null, active: boolean): void {
    if (!active) this.videoLost.delete(channel);
    else if (this.videoLost.size < 1024) this.videoLost.add(channel);
  }

  private channelOf(fields: EventFields, raw: number | string | null, kind: EventKind): number | null {
    if ((raw === null || raw === 0) && kind === 'alarmInput') {
      const port = toNumber(rawPortOf(fields));
      return port !== null && port > 100 ? Math.floor(port / 100) : null;
    }
    if (typeof raw !== 'number' || !Number.isInteger(raw) || raw <= 0) return null;
    const isDynamic = (toNumber(fields.dynChannelID) ?? 0) > 0;
    if (isDynamic || raw <= 32) return raw;
    const known = this.channels;
    if (known === undefined || known.size === 0) return raw - 32;
    return !known.has(raw) && known.has(raw - 32) ? raw - 32 : raw;
  }
}

/** What a subscription begins with is no event and no mistake. */
function isSubscribed(document: unknown): boolean {
  return member(objectOf(document) ?? {}, 'SubscribeEventResponse') !== undefined;
}

/**
 * Alarm panels wrap some messages in their name instead of an eventType: `{"zoneUpdate": {...}}` (events/axpro-zoneUpdate-1.json). Of a
 * whole message with more in it, the one object that is called like an event says what it is.
 */
function wrapperName(document: unknown, isWhole: boolean): string | null {
  const members = Object.entries(eventOfJson(document) ?? {});
  const named = members.filter(
    ([name, value]) => kindOf(name) !== 'unknown' && (members.length === 1 || (isWhole && objectOf(value) !== null)),
  );
  return named.length === 1 ? (named[0]?.[0] ?? null) : null;
}

function rawChannelOf(fields: EventFields): number | string | null {
  const dynamic = toNumber(fields.dynChannelID);
  if (dynamic !== null && dynamic > 0) return dynamic;
  const text = fields.channelID ?? fields.dynChannelID;
  return text === null ? null : (toNumber(text) ?? text);
}

interface DocumentSource {
  /** The document as a plain object. */
  document(): Record<string, unknown>;
  /** What `raw` shows. */
  raw(): unknown;
  keep(): void;
}

/** The tree of an XML event is only built when somebody asks for it. */
class LazyXml implements DocumentSource {
  private plain: Record<string, unknown> | undefined;

  constructor(
    private body: Buffer,
    private root?: XmlElement,
  ) {}

  keep(): void {
    this.body = Buffer.from(this.body);
  }

  document(): Record<string, unknown> {
    if (this.plain === undefined) {
      try {
        this.root ??= parseXml(this.body);
        this.plain = objectOf(toPlain(this.root)) ?? {};
      } catch {
        this.plain = {}; // fields were read from a document that breaks off; there is no tree of it
      }
    }
    return this.plain;
  }

  raw(): unknown {
    const document = this.document();
    return Object.keys(document).length > 0 ? document : decodeText(this.body);
  }
}

interface Meaning {
  readonly heartbeat: boolean;
  readonly kind: EventKind | null;
  readonly active: boolean;
  readonly channel: number | null;
  readonly rawChannel: number | string | null;
  readonly more: Record<string, unknown> | null;
}

class DeviceNotice implements Notice {
  readonly heartbeat: boolean;
  readonly kind: EventKind | null;
  readonly eventType: string;
  readonly active: boolean;
  readonly channel: number | null;
  readonly rawChannel: number | string | null;
  readonly time: string | null;
  readonly timeMs: number | null;
  readonly timeHasOffset: boolean;
  readonly expectedPictures: number;
  pictures: readonly Picture[] = NO_PICTURES;
  private detailsValue: Readonly<Record<string, unknown>> | undefined;

  constructor(
    private readonly fields: EventFields,
    private readonly source: DocumentSource,
    private readonly meaning: Meaning,
  ) {
    this.heartbeat = meaning.heartbeat;
    this.kind = meaning.kind;
    this.eventType = fields.eventType ?? '';
    this.active = meaning.active;
    this.channel = meaning.channel;
    this.rawChannel = meaning.rawChannel;
    const moment = parseDeviceTime(fields.dateTime);
    this.time = moment === null ? null : moment.iso;
    this.timeMs = moment === null ? null : moment.ms;
    this.timeHasOffset = moment !== null && moment.hasOffset;
    const transfer = fields.detectionPictureTransType?.toLowerCase();
    const expected = transfer === 'url' || transfer === 'cloudstorageurl' ? 0 : (toNumber(fields.pictureCount) ?? 0);
    this.expectedPictures = Math.max(0, Math.min(Math.floor(expected), EVENT_MAX_PICTURES));
  }

  get isComplete(): boolean {
    return this.fields.isComplete;
  }

  get channelName(): string | null {
    return this.fields.channelName;
  }

  get activePostCount(): number | null {
    return toNumber(this.fields.activePostCount);
  }

  get regions(): readonly Region[] {
    return this.fields.regions;
  }

  /** `human`, `vehicle`, ...; null also where a rule watches for several ("human,vehicle" says what it looks for, not what it saw). */
  get target(): string | null {
    const said = this.fields.targetType ?? this.fields.regions.find((region) => region.target !== null)?.target ?? null;
    return said === null || said.includes(',') ? null : said;
  }

  get targetRect(): Rect | null {
    return this.fields.regions.find((region) => region.targetRect !== null)?.targetRect ?? null;
  }

  /** What tells two occurrences of one kind on one channel apart: the regions named, or the alarm input. */
  get subjects(): readonly string[] {
    if (this.kind === 'alarmInput') {
      const rawPort = rawPortOf(this.fields);
      return rawPort === null ? NO_SUBJECTS : [rawPort];
    }
    const { regions } = this.fields;
    if (regions.length === 0) return NO_SUBJECTS;
    if (regions.length === 1) {
      const id = regions[0]?.id ?? null;
      return id === null ? NO_SUBJECTS : [String(id)];
    }
    return [...new Set(regions.flatMap((region) => (region.id === null ? [] : [String(region.id)])))];
  }

  get retransmitted(): boolean {
    return (
      this.fields.isDataRetransmission?.toLowerCase() === 'true' || this.fields.currentEvent?.toLowerCase() === 'false'
    );
  }

  get details(): Readonly<Record<string, unknown>> {
    this.detailsValue ??= detailsOf(this.kind ?? 'other', this.fields, this.meaning.more);
    return this.detailsValue;
  }

  get raw(): unknown {
    return this.source.raw();
  }

  keep(): void {
    this.source.keep();
  }
}

const NO_PICTURES: readonly Picture[] = [];
const NO_SUBJECTS: readonly string[] = [];

function unreadable(reason: string, body: Buffer, before?: Notice): Classified {
  const said = { reason: excerpt(reason, 200), head: excerpt(body) };
  if (before === undefined) return { unreadable: said };
  const { channel, rawChannel, time, target } = before;
  return { unreadable: { ...said, rest: { channel, rawChannel, time, target } } };
}

/**
 * A JSON event that breaks off keeps the fields before the break: the last unfinished member goes, open brackets are closed.
 * Null when nothing can be saved.
 */
function repairJson(text: string): unknown {
  const start = text.indexOf('{');
  if (start < 0) return null;
  const closers: string[] = [];
  let inString = false;
  let best = -1;
  let bestClosers = '';
  for (let at = start; at < text.length; at++) {
    const sign = text[at] as string;
    if (inString) {
      if (sign === '\\') at++;
      else if (sign === '"') inString = false;
      continue;
    }
    if (sign === '"') inString = true;
    else if (sign === '{') closers.push('}');
    else if (sign === '[') closers.push(']');
    else if (sign === '}' || sign === ']') {
      closers.pop();
      best = at + 1;
      bestClosers = closers.toReversed().join('');
    } else if (sign === ',') {
      best = at;
      bestClosers = closers.toReversed().join('');
    }
    if (closers.length > 64) return null;
  }
  if (best < 0) return null;
  try {
    return JSON.parse(text.slice(start, best) + bestClosers) as unknown;
  } catch {
    return null;
  }
}
