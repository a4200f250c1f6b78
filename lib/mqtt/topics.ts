/**
 * Every topic and every payload, both ways, from one table; the README shows it. Pure: somebody else has the broker.
 *
 * Serial numbers, addresses and credentials are in no payload: whoever may read the broker must not learn them.
 */
import { ArgumentError } from '../errors';
import type { HikvisionEvent } from '../events/event';
import { isSecret } from '../codec/mask';
import { ACCESS_KEYS } from '../events/access-codes';
import { CID_KEYS } from '../events/cid-codes';
import { EVENT_KINDS, type EventKind } from '../events/kinds';
import { MQTT_BASE_MAX_LENGTH, MQTT_EVENT_MAX_BYTES } from '../settings';

export type Qos = 0 | 1 | 2;

/** What goes to the broker. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly retain: boolean;
  readonly qos: Qos;
}

interface TopicDefinition {
  /** Levels; `{name}` stands for one that is filled in. */
  readonly pattern: string;
  readonly payload: string;
  readonly retained: 'yes' | 'no' | 'by choice' | 'must not be';
  readonly direction: 'out' | 'in';
}

const out = <Pattern extends string, Retained extends TopicDefinition['retained']>(
  pattern: Pattern,
  payload: string,
  retained: Retained,
) => ({ pattern, payload, retained, direction: 'out' as const });

/** `{base}` is `hikvision` when not set; `{channel}` a number as people count it, or `device` for the device itself. */
export const TOPICS = {
  bridgeState: out('{base}/bridge/{bridge}/state', '`online` or `offline` (also the last will)', 'yes'),
  bridgeInfo: out(
    '{base}/bridge/{bridge}/info',
    'JSON: version, devices, counters (published, queued, dropped)',
    'yes',
  ),
  availability: out('{base}/{device}/availability', '`online` or `offline`: is the device reached?', 'yes'),
  owner: out('{base}/{device}/owner', 'the id of the bridge that serves the device', 'yes'),
  info: out('{base}/{device}/info', 'JSON: name, model, firmware, channels, features', 'yes'),
  status: out('{base}/{device}/status', 'JSON: connection, last event, dropped, load, storage', 'yes'),
  state: out('{base}/{device}/{channel}/{kind}', '`ON` or `OFF`; kinds without an end: `ON`, not retained', 'yes'),
  attributes: out('{base}/{device}/{channel}/{kind}/attributes', 'JSON: the event that set the state', 'yes'),
  event: out('{base}/{device}/{channel}/event', 'JSON: the event with its `event_type`, `id` and `stale`', 'no'),
  picture: out('{base}/{device}/{channel}/{kind}/picture', 'the bytes of the picture of the event', 'by choice'),
  snapshot: out('{base}/{device}/{channel}/snapshot', 'the bytes of the picture that was asked for', 'by choice'),
  settings: out('{base}/{device}/{channel}/settings', 'JSON: what can be switched, as the device last said it', 'yes'),
  result: out('{base}/{device}/result', 'JSON: command, id, ok, and result or error', 'no'),
  anyCommand: {
    pattern: '{base}/{device}/command',
    payload: 'JSON: `{command, args, id, confirm}`, for senders that have one topic only',
    retained: 'must not be',
    direction: 'in',
  },
  command: {
    pattern: '{base}/{device}/command/{family}/{command}',
    payload: 'JSON: the arguments, with `id` and `confirm` beside them; or `{args, id, confirm}`',
    retained: 'must not be',
    direction: 'in',
  },
} as const satisfies Record<string, TopicDefinition>;

export type TopicName = keyof typeof TOPICS;

type LevelOf<Pattern extends string> = Pattern extends `${string}{${infer Level}}${infer Rest}`
  ? Level | LevelOf<Rest>
  : never;

/** What fills in the levels of a topic; the base is the same for all. */
export type Levels<Name extends TopicName> = Name extends TopicName
  ? Readonly<Record<Exclude<LevelOf<(typeof TOPICS)[Name]['pattern']>, 'base'>, string>>
  : never;

/** The levels of every pattern, split once. */
const LEVELS = new Map(Object.entries(TOPICS).map(([name, { pattern }]) => [name, pattern.split('/')]));

/** The same for filling in: what each level is filled with; null where it stands as it is. */
const PIECES = new Map(
  [...LEVELS].map(([name, levels]) => [
    name,
    levels.map((text) => ({ text, filledBy: text.startsWith('{') ? text.slice(1, -1) : null })),
  ]),
);

/** Levels that stand where a state has its kind. */
const NO_STATES = new Set(['', 'event', 'snapshot', 'settings']);

export const ONLINE = 'online';
export const OFFLINE = 'offline';
export const DEFAULT_BASE = 'hikvision';

/** Fills a pattern in. @throws Error for a level without a value, which is a mistake of ours. */
function topicOf(name: TopicName, values: Readonly<Record<string, string>>): string {
  let topic = '';
  for (const { text, filledBy } of PIECES.get(name) ?? []) {
    const value = filledBy === null ? text : values[filledBy];
    if (value === undefined || value === '') throw new Error(`topic ${name}: nothing for ${text}`);
    topic += topic === '' ? value : `/${value}`;
  }
  return topic;
}

/** What is wrong with a base topic, for people; null for a good one. */
export function baseTopicProblem(base: string): string | null {
  if (base === '') return 'is empty';
  if (base.length > MQTT_BASE_MAX_LENGTH) return `is longer than ${MQTT_BASE_MAX_LENGTH} characters`;
  if (/[+#]/.test(base)) return 'holds a wildcard (+ or #)';
  if (base.startsWith('/') || base.endsWith('/') || base.includes('//')) return 'holds an empty level';
  if (base.startsWith('$')) return 'starts with $, which is kept for the broker';
  // Characters that MQTT forbids or lets a broker refuse.
  if (/[\p{Cc}\p{Cs}]/u.test(base)) return 'holds a character that brokers refuse';
  return null;
}

export interface TopicOptions {
  /** First levels of every topic. */
  readonly base?: string;
  readonly qos?: Qos;
  /** Pictures of events and snapshots stay at the broker. */
  readonly retainPictures?: boolean;
}

/** Counters and devices of a bridge, for people and monitors. */
export interface BridgeInfo {
  readonly version: string;
  /** Slugs of the devices that it serves. */
  readonly devices: readonly string[];
  readonly published: number;
  readonly queued: number;
  readonly dropped: number;
  readonly [more: string]: unknown;
}

/** What {@link Topics.result} carries; the error's code is one of ours. */
export type CommandResult = {
  /** `camera.gotoPreset`; null where none was named. */
  readonly command: string | null;
  /** As it came with the command; null where none did. */
  readonly id: string | number | null;
} & (
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }
);

/** `1`, or `device` for what belongs to no channel. */
export function channelLevel(channel: number | null): string {
  return channel === null ? 'device' : String(channel);
}

/** `motion`; `alarmInput-3` for the third alarm input, as each is a state of its own. */
export function kindLevel(kind: EventKind, port: number | null): string {
  return kind === 'alarmInput' && port !== null ? `${kind}-${port}` : kind;
}

/** The alarm input that an event is about; null for other kinds. */
export function portOf(event: Pick<HikvisionEvent, 'kind' | 'details'>): number | null {
  if (event.kind !== 'alarmInput') return null;
  const { port } = event.details;
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 ? port : null;
}

/** `motion_start`, `motion_end`; kinds without an end are just `doorbell`. */
export function eventTypeOf({ kind, state }: Pick<HikvisionEvent, 'kind' | 'state'>): string {
  return EVENT_KINDS[kind].edges === 'once' || state === 'once' ? kind : `${kind}_${state}`;
}

/** Where a command came in. */
export interface CommandTopic {
  /** The slug of the device. */
  readonly device: string;
  /** `camera.gotoPreset`; null where the body names it. */
  readonly command: string | null;
}

/** Makes the messages and topics of one bridge. @throws ArgumentError for a base topic that brokers refuse. */
export class Topics {
  readonly base: string;
  readonly qos: Qos;
  private readonly retainPictures: boolean;

  constructor(options: TopicOptions = {}) {
    this.base = options.base ?? DEFAULT_BASE;
    this.qos = options.qos ?? 1;
    this.retainPictures = options.retainPictures ?? false;
    const problem = baseTopicProblem(this.base);
    if (problem !== null) {
      throw new ArgumentError([
        { parameter: 'base topic', given: this.base, expected: `a topic; this one ${problem}` },
      ]);
    }
  }

  /** The topic itself, for discovery and subscriptions. */
  topic(name: TopicName, values: Readonly<Record<string, string>> = {}): string {
    return topicOf(name, { base: this.base, ...values });
  }

  /* The bridge */

  bridgeState(bridge: string, isOnline: boolean): MqttMessage {
    return this.message('bridgeState', { bridge }, isOnline ? ONLINE : OFFLINE);
  }

  bridgeInfo(bridge: string, info: BridgeInfo): MqttMessage {
    return this.message('bridgeInfo', { bridge }, JSON.stringify(info));
  }

  /* A device */

  availability(device: string, isOnline: boolean): MqttMessage {
    return this.message('availability', { device }, isOnline ? ONLINE : OFFLINE);
  }

  owner(device: string, bridge: string): MqttMessage {
    return this.message('owner', { device }, bridge);
  }

  /** @param info `infoPayload` of a description. */
  info(device: string, info: Readonly<Record<string, unknown>>): MqttMessage {
    return this.message('info', { device }, JSON.stringify(withoutSecrets(info)));
  }

  status(device: string, status: Readonly<Record<string, unknown>>): MqttMessage {
    return this.message('status', { device }, JSON.stringify(withoutSecrets(status)));
  }

  /** What can be switched on a channel, as the device last said it; the whole of it, as it is retained. */
  settings(device: string, channel: number | null, settings: Readonly<Record<string, unknown>>): MqttMessage {
    return this.message('settings', { device, channel: channelLevel(channel) }, JSON.stringify(settings));
  }

  /* Events and states */

  /** The event for the stream of events, and, where wished, its pictures; the state is the business of {@link DeviceStates}. */
  event(device: string, event: HikvisionEvent, withPictures = true): MqttMessage[] {
    const channel = channelLevel(event.channel);
    const message = this.message('event', { device, channel }, eventPayload(event));
    return withPictures ? [message, ...this.pictures(device, event)] : [message];
  }

  /** The pictures of an event alone. One topic holds one picture, so the last one stays: the full one, where there are several. */
  pictures(device: string, event: HikvisionEvent): MqttMessage[] {
    if (event.pictures.length === 0) return [];
    const values = { device, channel: channelLevel(event.channel), kind: kindLevel(event.kind, portOf(event)) };
    const smallestFirst = [...event.pictures].sort((a, b) => a.data.length - b.data.length);
    return smallestFirst.map(({ data }) => this.message('picture', values, data, this.retainPictures && !event.stale));
  }

  /** @param isRetained false for a pulse, which has no end. */
  state(device: string, channel: number | null, kind: string, isOn: boolean, isRetained = true): MqttMessage {
    return this.message('state', { device, channel: channelLevel(channel), kind }, isOn ? 'ON' : 'OFF', isRetained);
  }

  /** @param attributes JSON; '' takes them away. */
  attributes(device: string, channel: number | null, kind: string, attributes: string): MqttMessage {
    return this.message('attributes', { device, channel: channelLevel(channel), kind }, attributes);
  }

  snapshot(device: string, channel: number | null, data: Buffer): MqttMessage {
    return this.message('snapshot', { device, channel: channelLevel(channel) }, data, this.retainPictures);
  }

  /* Commands */

  /** Subscribe to this for the commands of one device; without one, for those of all. @param share a group that shares the work. */
  commandFilter(device?: string, share?: string): string {
    // The level in front of `#` is part of it.
    const filter = `${this.topic('anyCommand', { device: device ?? '+' })}/#`;
    return share === undefined ? filter : `$share/${share}/${filter}`;
  }

  commandTopic(device: string, command: string): string {
    const [family = '', short = ''] = command.split('.');
    return this.topic('command', { device, family, command: short });
  }

  /** The device and command that a topic names; null for a topic that is none of ours. */
  commandOf(topic: string): CommandTopic | null {
    const device = this.match('anyCommand', topic)?.device;
    if (device !== undefined) return { device, command: null };
    const named = this.match('command', topic);
    return named === null ? null : { device: named.device, command: `${named.family}.${named.command}` };
  }

  /** The answer to a command. MQTT 5: hand in the response topic that came with it. */
  result(device: string, result: CommandResult, responseTopic?: string): MqttMessage {
    const message = this.message('result', { device }, resultPayload(result), false);
    return responseTopic === undefined ? message : { ...message, topic: responseTopic };
  }

  /**
   * May an answer go where its sender wants it? Never among our own topics but those of answers: there it would be a command, a state,
   * or say who owns a device. Never to the broker's own either.
   */
  takesAnswers(topic: string): boolean {
    if (topic === '' || /^\$|[+#\0]/.test(topic)) return false;
    return !topic.startsWith(`${this.base}/`) || this.match('result', topic) !== null;
  }

  /** What stands in the levels of a topic, the device of an `owner` for example; null for a topic of another kind. */
  match<Name extends TopicName>(name: Name, topic: string): Levels<Name> | null {
    const pattern = (LEVELS.get(name) ?? []).slice(1);
    if (!topic.startsWith(`${this.base}/`)) return null;
    const levels = topic.slice(this.base.length + 1).split('/');
    if (levels.length !== pattern.length) return null;
    const values: Record<string, string> = {};
    for (const [index, wanted] of pattern.entries()) {
      const level = levels[index] ?? '';
      if (wanted.startsWith('{')) values[wanted.slice(1, -1)] = level;
      else if (wanted !== level) return null;
      if (level === '') return null;
    }
    // The pattern of a state fits its neighbours as well.
    const { device = '', channel = '', kind = '' } = values;
    const isOther = name === 'state' && NO_STATES.has(device === 'bridge' || channel === 'command' ? '' : kind);
    // Every level of the pattern has been filled in above.
    return isOther ? null : (values as Levels<Name>);
  }

  private message(
    name: TopicName,
    values: Readonly<Record<string, string>>,
    payload: string | Buffer,
    retain: boolean = TOPICS[name].retained === 'yes',
  ): MqttMessage {
    return { topic: this.topic(name, values), payload, retain, qos: this.qos };
  }
}

/* Payloads */

/** The event as JSON, without its pictures and without what identifies the device, never longer than `MQTT_EVENT_MAX_BYTES`. */
export function eventPayload(event: HikvisionEvent): string {
  let payload = payloads.get(event);
  if (payload === undefined) payloads.set(event, (payload = payloadOf(event)));
  return payload;
}

/** The stream of events and the attributes of a state carry the same text; it is made once. */
const payloads = new WeakMap<HikvisionEvent, string>();

function payloadOf(event: HikvisionEvent): string {
  const plain = {
    event_type: eventTypeOf(event),
    id: event.id,
    device: { name: event.device.name, model: event.device.model },
    source: event.source,
    kind: event.kind,
    eventType: event.eventType,
    state: event.state,
    active: event.active,
    inferred: event.inferred,
    stale: event.stale,
    channel: event.channel,
    channelName: event.channelName,
    time: event.time,
    receivedAt: event.receivedAt,
    count: event.count,
    target: event.target,
    targetRect: event.targetRect,
    regions: event.regions,
    details: withoutSecrets(event.details) as Record<string, unknown>,
    pictures: event.pictures.map(({ name, contentType, data }) => ({ name, contentType, sizeBytes: data.length })),
  };
  const text = JSON.stringify(plain);
  // A character has at most three bytes, so most events are measured by their length alone.
  if (text.length * 3 <= MQTT_EVENT_MAX_BYTES || Buffer.byteLength(text) <= MQTT_EVENT_MAX_BYTES) return text;
  return shortened(plain);
}

/** The largest details go first, then the regions; `omitted` names them. */
function shortened(plain: { readonly details: Record<string, unknown>; readonly [more: string]: unknown }): string {
  const sizes = Object.entries(plain.details)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(JSON.stringify(value) ?? '') }))
    .sort((a, b) => b.bytes - a.bytes);
  const details = { ...plain.details };
  const omitted: string[] = [];
  let left = Buffer.byteLength(JSON.stringify(plain)) - MQTT_EVENT_MAX_BYTES / 2;
  for (const { name, bytes } of sizes) {
    if (left <= 0) break;
    left -= bytes;
    delete details[name];
    if (omitted.length < 16) omitted.push(`details.${name.slice(0, 64)}`);
  }
  const text = JSON.stringify({ ...plain, details, omitted });
  if (Buffer.byteLength(text) <= MQTT_EVENT_MAX_BYTES) return text;
  const bare = { ...plain, details: {}, regions: [], pictures: [], omitted: ['details', 'regions', 'pictures'] };
  const short = Object.entries(bare).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, 512) : value,
  ]);
  return JSON.stringify(Object.fromEntries(short));
}

/** Bytes are not sent as text; a picture says how large it is and where it is found. */
function resultPayload(result: CommandResult): string {
  return JSON.stringify(result.ok ? { ...result, result: withoutSecrets(result.result) } : result);
}

/** Names, lower case, whose values identify a device or open it. Cards and persons are what an access event is about; they stay. */
const SECRET_NAMES = new Set([
  'serial',
  'serialnumber',
  'subserialnumber',
  'deviceserial',
  'deviceserialno',
  'devserialnum',
  'deviceid',
  'mac',
  'macaddress',
  'macaddr',
  'password',
  'pwd',
  'token',
  'sessionid',
  'verificationcode',
  'pincode',
]);
/** Documents are not nested deeper than this; what is deeper is left out. */
const MAX_DEPTH = 16;

/** A value that opens something. What we ourselves call `key` is a word for what happened. */
function opens(name: string, value: string): boolean {
  return isSecret(name, value) && !(name === 'key' && (ACCESS_KEYS.has(value) || CID_KEYS.has(value)));
}

/** A copy without serial numbers, MAC addresses, passwords, and user names in addresses; bytes become their size. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return value.includes('://') ? value.replace(/([a-z]{2,8}:\/\/)[^\s/?#]*@/gi, '$1') : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return { sizeBytes: value.length };
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const isMarked = name.startsWith('@') || name.startsWith('_');
    const plain = (isMarked ? name.replace(/^[@_]+/, '') : name).toLowerCase();
    if (SECRET_NAMES.has(plain) || (typeof member === 'string' && opens(plain, member))) continue;
    kept.push([name, withoutSecrets(member, depth + 1)]);
  }
  return Object.fromEntries(kept);
}
