/** Typed events ⇄ node messages. Pure: what must be asked of Node-RED is handed in as a function. */
import type {
  CommandDescription,
  ConnectionState,
  DeviceInfo,
  ErrorCode,
  HikvisionEvent,
  StreamState,
} from '../../lib/index';
import { DEFAULT_TYPE, type TypedField } from './checks';

/* Events */

/** The event as `msg.payload` carries it; `raw` only where the user ticked it. */
export type EventPayload = Omit<HikvisionEvent, 'raw'> & { readonly raw?: unknown };

export interface EventMessage {
  readonly topic: string;
  readonly payload: EventPayload;
}

export interface MessageOptions {
  readonly pictures: boolean;
  /** The document in the device's own words. It is read from the bytes when first asked for, so it is not touched without need. */
  readonly raw: boolean;
}

/** One event as a message: plain data, so that Node-RED can copy it to several wires. */
export function toMessage(event: HikvisionEvent, options: MessageOptions): EventMessage {
  const { device, kind, channel } = event;
  const payload: EventPayload = {
    id: event.id,
    device,
    source: event.source,
    kind,
    eventType: event.eventType,
    state: event.state,
    active: event.active,
    inferred: event.inferred,
    channel,
    channelName: event.channelName,
    time: event.time,
    receivedAt: event.receivedAt,
    stale: event.stale,
    count: event.count,
    target: event.target,
    targetRect: event.targetRect,
    regions: event.regions,
    details: event.details,
    pictures: options.pictures ? event.pictures : [],
    ...(options.raw ? { raw: event.raw } : {}),
  };
  return { topic: topicOf(device.name, channel === null ? 'device' : String(channel), kind), payload };
}

/** Levels of a topic; a slash or an MQTT wildcard within a name would make other levels of it. */
export function topicOf(...levels: readonly string[]): string {
  return levels.map((level) => level.replace(/[/+#]/g, '_')).join('/');
}

/* Connection changes */

const REPORTED_STATES = ['connecting', 'connected', 'disconnected', 'lost', 'locked', 'refused'] as const;

/** `disconnected`: by the user. `refused`: waits for the user (password, certificate, another device, incomplete settings). */
export type ReportedState = (typeof REPORTED_STATES)[number];

export interface ConnectionPayload {
  readonly state: ReportedState;
  readonly reason?: string;
  readonly code?: ErrorCode;
  /** When connected. */
  readonly device?: DeviceInfo;
  /** When connected: whether events come, and the ways by which they do (`alertStream`, `push`, `calls`, ...). */
  readonly events?: StreamState;
  readonly ways?: readonly string[];
  /** When locked: the end of the lock, ISO 8601 in UTC, our clock. */
  readonly unlockAt?: string;
}

/** The state of a device node: that of its client, or what its settings lack. */
export type DeviceState = ConnectionState | { readonly state: 'misconfigured'; readonly reason: string };

export function connectionPayload(state: DeviceState): ConnectionPayload {
  switch (state.state) {
    case 'idle':
    case 'closed':
      return { state: 'disconnected' };
    case 'connecting':
      return { state: 'connecting' };
    case 'connected':
      return { state: 'connected', device: state.device, events: state.stream, ways: state.ways };
    case 'lost':
      return { state: 'lost', reason: state.reason, code: state.code };
    case 'locked': {
      const unlockAt = new Date(state.unlockAtMs).toISOString();
      return { state: 'locked', reason: state.reason, code: state.code, unlockAt };
    }
    case 'refused':
      return { state: 'refused', reason: state.reason, code: state.code };
    case 'misconfigured':
      return { state: 'refused', reason: state.reason };
  }
}

/* Commands */

export interface Call {
  /** `camera.snapshot`; empty when neither node nor message names one. */
  readonly command: string;
  readonly args: Record<string, unknown>;
}

/**
 * What to run for a message. `msg.command` replaces the command of the node, and its fields with it: they were filled in for the
 * other one. An object in `msg.payload` overrides single arguments; of an event it is the channel alone that counts, of a change of
 * the connection nothing.
 *
 * @param evaluate reads a field for this message.
 */
export async function callFrom(
  node: { readonly command: string; readonly args: Readonly<Record<string, TypedField>> },
  msg: { readonly command?: unknown; readonly payload?: unknown },
  commands: readonly CommandDescription[],
  evaluate: (field: TypedField) => Promise<unknown>,
): Promise<Call> {
  const asked = typeof msg.command === 'string' ? msg.command.trim() : '';
  const command = asked === '' ? node.command : asked;
  const known = commands.find(({ name }) => name === command)?.params ?? {};
  const args: Record<string, unknown> = {};
  if (command === node.command) {
    for (const [name, field] of Object.entries(node.args)) {
      // A flow saved with an older version may name a parameter that is gone.
      if (!Object.hasOwn(known, name) || field.type === DEFAULT_TYPE) continue;
      const value = await evaluate(field);
      if (value !== undefined && value !== '') args[name] = value;
    }
  }
  if (isEvent(msg.payload)) {
    if (Object.hasOwn(known, 'channel') && msg.payload.channel !== null) args.channel = msg.payload.channel;
  }
  // Copied as it is: a name like `__proto__` stays a name, and is refused as an unknown one.
  const isReport = isEvent(msg.payload) || isConnectionChange(msg.payload);
  const given = !isReport && isPlainObject(msg.payload) ? msg.payload : {};
  return { command, args: { ...args, ...given } };
}

/** The answer of a command as message properties: a picture as a Buffer with its type beside it, anything else as it is. */
export function answerProperties(answer: unknown): { payload: unknown; contentType?: string } {
  if (isPlainObject(answer) && Buffer.isBuffer(answer.data) && typeof answer.contentType === 'string') {
    return { payload: answer.data, contentType: answer.contentType };
  }
  return { payload: answer ?? null };
}

/** Messages of `hsp-event-in` can be wired straight into `hsp-command`. */
function isEvent(value: unknown): value is { readonly channel: number | null } {
  if (!isPlainObject(value)) return false;
  return ['kind', 'eventType', 'state', 'receivedAt', 'channel'].every((name) => Object.hasOwn(value, name));
}

/** Messages of `hsp-connect` as well: a command that is to run whenever the device is back. No command has a parameter `state`. */
function isConnectionChange(value: unknown): boolean {
  return isPlainObject(value) && REPORTED_STATES.some((state) => state === value.state);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}
