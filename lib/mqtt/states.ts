/**
 * What is going on at a device, by channel and kind: `ON` from the first start to the last end. Pure; the reducer remembers, the
 * publisher publishes.
 *
 * Feed it with events as they arrive, not with those that waited in a journal: the state is what is true now.
 */
import type { HikvisionEvent } from '../events/event';
import { EVENT_KINDS, type EventKind } from '../events/kinds';
import { CLOCK_SET_BACK_MS, MQTT_MAX_STATES, MQTT_MAX_SUBJECTS } from '../settings';
import { eventPayload, kindLevel, portOf, type MqttMessage, type Topics } from './topics';

/** A state that a device may have, from its triggers and inputs. */
export interface StateKey {
  readonly channel: number | null;
  readonly kind: EventKind;
  /** The alarm input, where each is a state of its own. */
  readonly port: number | null;
}

/** Has this kind a start and an end? The others are pulses, and never stay `ON`. */
export function isSpan(kind: EventKind): boolean {
  return EVENT_KINDS[kind].edges === 'span';
}

interface Moment {
  /** Our clock. */
  readonly receivedMs: number;
  /** The device's clock; null where it did not say, or said no offset. */
  readonly deviceMs: number | null;
}

interface Subject {
  isActive: boolean;
  last: Moment;
}

interface State {
  readonly channel: number | null;
  /** As it stands in the topic. */
  readonly kind: string;
  readonly isPulse: boolean;
  isOn: boolean;
  /** JSON of the event that set it; null until there was one. */
  attributes: string | null;
  last: Moment | null;
  /** Regions, and the names that firmware uses for kinds that gather several. */
  readonly subjects: Map<string, Subject>;
}

export class DeviceStates {
  /** Events that were not followed because too many states are remembered. */
  overflowed = 0;
  private readonly states = new Map<string, State>();

  /** @param device its slug. */
  constructor(
    private readonly topics: Topics,
    private readonly device: string,
  ) {}

  /** @returns the messages that the event makes: none when it changes nothing, is stale, or older than what is known. */
  apply(event: HikvisionEvent): MqttMessage[] {
    if (event.stale) return [];
    const key = { channel: event.channel, kind: event.kind, port: portOf(event) };
    const state = this.stateOf(key);
    if (state === null) {
      this.overflowed++;
      return [];
    }
    const moment = momentOf(event);
    if (state.isPulse) return this.pulse(state, event, moment);
    const wasOn = state.isOn;
    if (!move(state, event, moment)) return [];
    state.isOn = isAnyActive(state);
    if (state.isOn === wasOn && state.attributes !== null) return [];
    state.last = moment;
    state.attributes = eventPayload(event);
    return this.messagesOf(state);
  }

  /**
   * The connection to the device stands: every state that it may have is known from now on, and `OFF` unless it is going on.
   *
   * @returns the messages for all of them.
   */
  connected(known: readonly StateKey[]): MqttMessage[] {
    for (const key of known) if (isSpan(key.kind)) this.stateOf(key);
    return this.all();
  }

  /** A state that the broker has from an earlier run. @returns its message; none for one that is followed already. */
  found(key: StateKey): MqttMessage[] {
    if (!isSpan(key.kind) || this.states.has(nameOf(key))) return [];
    const state = this.stateOf(key);
    return state === null ? [] : this.messagesOf(state);
  }

  /** Everything again, for a broker that may have lost it. Pulses are over; only what set them last is told. */
  all(): MqttMessage[] {
    return [...this.states.values()].flatMap((state) => this.messagesOf(state));
  }

  /** Takes all states away from the broker, of a device that is gone. */
  clear(): MqttMessage[] {
    const messages = [...this.states.values()].flatMap((state) => this.emptied(state));
    this.states.clear();
    return messages;
  }

  /** Takes the states away that a channel had which is gone. */
  forgetChannel(channel: number): MqttMessage[] {
    const gone = [...this.states].filter(([, state]) => state.channel === channel);
    for (const [key] of gone) this.states.delete(key);
    return gone.flatMap(([, state]) => this.emptied(state));
  }

  private pulse(state: State, event: HikvisionEvent, moment: Moment): MqttMessage[] {
    if (state.last !== null && isBefore(moment, state.last)) return [];
    state.last = moment;
    state.attributes = eventPayload(event);
    const { channel, kind } = state;
    return [
      this.topics.attributes(this.device, channel, kind, state.attributes),
      this.topics.state(this.device, channel, kind, true, false),
    ];
  }

  private messagesOf({ channel, kind, isOn, isPulse, attributes }: State): MqttMessage[] {
    // Attributes first: who reacts to the state reads those that belong to it.
    return [
      ...(attributes === null ? [] : [this.topics.attributes(this.device, channel, kind, attributes)]),
      ...(isPulse ? [] : [this.topics.state(this.device, channel, kind, isOn)]),
    ];
  }

  private emptied({ channel, kind, isPulse }: State): MqttMessage[] {
    const state = this.topics.state(this.device, channel, kind, false);
    return [this.topics.attributes(this.device, channel, kind, ''), ...(isPulse ? [] : [{ ...state, payload: '' }])];
  }

  private stateOf(wanted: StateKey): State | null {
    const { channel, kind, port } = wanted;
    const level = kindLevel(kind, port);
    const key = nameOf(wanted);
    const known = this.states.get(key);
    if (known !== undefined) return known;
    if (this.states.size >= MQTT_MAX_STATES) return null;
    const isPulse = !isSpan(kind);
    const state = { channel, kind: level, isPulse, isOn: false, attributes: null, last: null, subjects: new Map() };
    this.states.set(key, state);
    return state;
  }
}

function nameOf({ channel, kind, port }: StateKey): string {
  return `${channel ?? ''}/${kindLevel(kind, port)}`;
}

/** Moves the subjects that the event is about. @returns false when it is older than what is known of all of them. */
function move(state: State, event: HikvisionEvent, moment: Moment): boolean {
  const subject = subjectOf(event);
  // Of the same name, and of no region.
  const general = subject.slice(0, subject.indexOf('|') + 1);
  // A device that says "over" without naming a region ends all of them; one that fell silent ends just the one.
  if (event.state === 'end' && !event.inferred && subject === general) {
    const whole = state.subjects.get(general);
    if (whole !== undefined && isBefore(moment, whole.last)) return false;
    for (const [name, known] of state.subjects) {
      if (!name.startsWith(general) || isBefore(moment, known.last)) continue;
      known.isActive = false;
      known.last = moment;
    }
    remember(state, general, { isActive: false, last: moment });
    return true;
  }
  const whole = state.subjects.get(general);
  const known = state.subjects.get(subject) ?? (whole?.isActive === false ? whole : undefined);
  if (known !== undefined && isBefore(moment, known.last)) return false;
  remember(state, subject, { isActive: event.state === 'start', last: moment });
  return true;
}

function remember(state: State, subject: string, now: Subject): void {
  if (!state.subjects.has(subject)) makeRoom(state);
  state.subjects.set(subject, now);
}

/** Forgets what is over first, then what began first. */
function makeRoom(state: State): void {
  if (state.subjects.size < MQTT_MAX_SUBJECTS) return;
  let oldest: string | undefined;
  for (const [subject, { isActive }] of state.subjects) {
    oldest ??= subject;
    if (!isActive) {
      oldest = subject;
      break;
    }
  }
  if (oldest !== undefined) state.subjects.delete(oldest);
}

function isAnyActive(state: State): boolean {
  for (const { isActive } of state.subjects.values()) if (isActive) return true;
  return false;
}

function subjectOf({ kind, eventType, regions }: HikvisionEvent): string {
  // Kinds that gather several names are told apart by them.
  const name = kind === 'unknown' || kind === 'other' ? eventType.toLowerCase().slice(0, 64) : '';
  return `${name}|${regions[0]?.id ?? ''}`;
}

function momentOf({ time, receivedAt }: HikvisionEvent): Moment {
  const hasOffset = time !== null && /(?:Z|[+-]\d\d:?\d\d)$/i.test(time);
  const deviceMs = hasOffset ? Date.parse(time) : NaN;
  return { receivedMs: Date.parse(receivedAt), deviceMs: Number.isNaN(deviceMs) ? null : deviceMs };
}

/**
 * Is this older than what is known? By our clock, and among what a device sent by two ways, by its own: a little earlier is a
 * message out of order, a lot earlier a clock that was set.
 */
function isBefore(moment: Moment, known: Moment): boolean {
  if (moment.receivedMs < known.receivedMs) return true;
  if (moment.deviceMs === null || known.deviceMs === null) return false;
  const lateMs = known.deviceMs - moment.deviceMs;
  return lateMs > 0 && lateMs < CLOCK_SET_BACK_MS;
}
