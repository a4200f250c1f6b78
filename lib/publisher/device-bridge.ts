/** One device on its way to the broker: its events, states, availability, description and commands. */
import type { Subscription } from '../client';
import type { Timer, Clock } from '../clock';
import type { HikvisionEvent } from '../events/event';
import { DEFAULT_ALLOWANCE, type Allowance } from '../mqtt/allowance';
import { packEvent } from '../mqtt/journaled';
import { DeviceStates, type StateKey } from '../mqtt/states';
import { eventTypeOf, type CommandTopic, type MqttMessage, type Topics } from '../mqtt/topics';
import type { ConnectionState } from '../session/connection';
import { DESCRIBE_RETRY_MS, STATUS_INTERVAL_MS } from '../settings';
import { Commands } from './answer';
import type { Incoming, Outgoing } from './broker';
import type { Describe, Description } from './describe';
import type { Journal } from './journal';

/** A device as others have it: a client of our own, or the connection that all nodes of a flow share. */
export interface DeviceSource {
  /** Called with the present state first, then with each change. */
  onState(listener: (state: SourceState) => void): Subscription;
  onEvent(listener: (event: HikvisionEvent) => void): Subscription;
  call(
    command: string,
    args: Record<string, unknown>,
    options: { confirm?: boolean; signal?: AbortSignal },
  ): Promise<unknown>;
}

/** The state of a client, or what its settings lack. */
export type SourceState = ConnectionState | { readonly state: 'misconfigured'; readonly reason: string };

export interface BridgedDevice {
  /** What the user calls it; its topics are made of it. */
  readonly name: string;
  /** What the user has only once: the id of its node, its address. */
  readonly key: string;
  readonly source: DeviceSource;
  readonly allowance?: Allowance;
  /** Channels whose events are published; null for the device itself. All where not given. */
  readonly channels?: ReadonlySet<number | null>;
}

/** `unknown`: the broker has not said yet. `other`: another bridge serves it; nothing of it is published here. */
export type Ownership = 'unknown' | 'ours' | 'other';

export interface DeviceBridgeParts {
  readonly device: BridgedDevice;
  readonly slug: string;
  readonly topics: Topics;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly describe: Describe;
  readonly pictures: boolean;
  readonly post: (message: Outgoing) => void;
  /** An event is in the journal. */
  readonly onJournaled: () => void;
  readonly report: (code: string, message: string) => void;
}

export class DeviceBridge {
  ownership: Ownership = 'unknown';
  /** Events that were left to the bridge that serves the device. */
  notOwned = 0;
  readonly commands: Commands;

  private readonly states: DeviceStates;
  private readonly abort = new AbortController();
  private readonly subscriptions: Subscription[] = [];
  private state: SourceState = { state: 'idle' };
  private description: Description | null = null;
  /** States found at the broker from an earlier run. */
  private readonly found = new Map<string, StateKey>();
  private lastEvent: Readonly<Record<string, unknown>> | null = null;
  private events = 0;
  private statusTimer: Timer | null = null;
  private describeTimer: Timer | null = null;
  private describing = 0;

  constructor(private readonly given: DeviceBridgeParts) {
    const { topics, slug, device } = given;
    this.states = new DeviceStates(topics, slug);
    this.commands = new Commands({
      topics,
      allowance: device.allowance ?? DEFAULT_ALLOWANCE,
      call: (command, args, options) => device.source.call(command, args, options),
      post: given.post,
      report: (code, message) => given.report(code, `${slug}: ${message}`),
    });
  }

  get slug(): string {
    return this.given.slug;
  }

  get isOnline(): boolean {
    return this.state.state === 'connected';
  }

  start(): void {
    const { source } = this.given.device;
    this.subscriptions.push(source.onEvent((event) => this.event(event)));
    this.subscriptions.push(source.onState((state) => this.stateChanged(state)));
  }

  close(): void {
    this.abort.abort();
    this.commands.close();
    for (const subscription of this.subscriptions.splice(0)) subscription.close();
    this.statusTimer?.cancel();
    this.describeTimer?.cancel();
  }

  /** Everything of the device that stays at the broker. */
  retained(): MqttMessage[] {
    const { topics, slug } = this.given;
    if (this.ownership !== 'ours') return [];
    return [
      ...(this.description?.discovery ?? []),
      ...(this.description === null ? [] : [topics.info(slug, this.description.info)]),
      ...(this.isOnline ? this.states.connected(this.known()) : this.states.all()),
      this.statusMessage(),
      topics.availability(slug, this.isOnline),
    ];
  }

  /** A state that the broker still has from an earlier run; it is off unless the device says otherwise. */
  foundState(key: StateKey): void {
    this.found.set(`${key.channel ?? ''}/${key.kind}/${key.port ?? ''}`, key);
    if (this.isOnline && this.description !== null) this.postAll(this.states.connected([key]));
  }

  receive(place: CommandTopic, message: Incoming): void {
    this.commands.receive(place, message);
  }

  private event(event: HikvisionEvent): void {
    const { topics, slug, journal, device, pictures } = this.given;
    if (this.ownership === 'other') {
      this.notOwned++;
      return;
    }
    if (device.channels !== undefined && !device.channels.has(event.channel)) return;
    this.events++;
    this.lastEvent = {
      event_type: eventTypeOf(event),
      id: event.id,
      channel: event.channel,
      time: event.time,
      receivedAt: event.receivedAt,
      stale: event.stale,
    };
    // States first, so that who reacts to the event finds them.
    this.postAll(this.states.apply(event));
    const messages = pictures ? topics.event(slug, event) : topics.event(slug, event).slice(0, 1);
    const bytes = messages.slice(1).map(({ payload }) => payload as Buffer);
    journal.append(packEvent(slug, messages), bytes);
    this.given.onJournaled();
    this.statusSoon();
  }

  private stateChanged(state: SourceState): void {
    const wasOnline = this.isOnline;
    this.state = state;
    if (state.state !== 'connected') {
      this.describing++;
      this.describeTimer?.cancel();
      // Only the availability changes: what was going on may go on, and nobody can tell.
      if (wasOnline || state.state !== 'connecting') {
        this.postOwn(this.given.topics.availability(this.slug, false));
        this.postOwn(this.statusMessage());
      }
      return;
    }
    if (wasOnline) {
      this.statusSoon();
      return;
    }
    this.describeNow();
  }

  private describeNow(): void {
    const { state, given } = this;
    if (state.state !== 'connected') return;
    const run = ++this.describing;
    const { device, slug } = given;
    const { signal } = this.abort;
    const about = {
      slug,
      name: device.name,
      key: device.key,
      info: state.device,
      allowance: device.allowance ?? DEFAULT_ALLOWANCE,
    };
    // At once, as the description of a large recorder takes its time.
    this.postOwn(given.topics.availability(slug, true));
    given
      .describe(about, (command, args = {}) => device.source.call(command, args, { signal }))
      .then(
        (description) => {
          if (run !== this.describing || signal.aborted) return;
          this.description = description;
          this.postAll(this.retained());
        },
        (error: unknown) => {
          if (run !== this.describing || signal.aborted) return;
          given.report('DESCRIPTION', `${slug}: could not be described: ${(error as Error).message}`);
          this.postAll(this.retained());
          this.describeTimer = given.clock.after(DESCRIBE_RETRY_MS, () => this.describeNow());
        },
      );
  }

  private known(): StateKey[] {
    const { channels } = this.given.device;
    const all = [...(this.description?.states ?? []), ...this.found.values()];
    return channels === undefined ? all : all.filter(({ channel }) => channels.has(channel));
  }

  private statusMessage(): MqttMessage {
    const { state } = this;
    return this.given.topics.status(this.slug, {
      connection: state.state,
      ...('reason' in state ? { reason: state.reason } : {}),
      ...('code' in state ? { code: state.code } : {}),
      ...(state.state === 'connected' ? { since: new Date(state.sinceMs).toISOString(), stream: state.stream } : {}),
      ...(state.state === 'connected' && state.streamReason !== undefined ? { streamReason: state.streamReason } : {}),
      events: this.events,
      lastEvent: this.lastEvent,
    });
  }

  /** Not with every event. */
  private statusSoon(): void {
    this.statusTimer ??= this.given.clock.after(STATUS_INTERVAL_MS, () => {
      this.statusTimer = null;
      this.postOwn(this.statusMessage());
    });
  }

  private postAll(messages: readonly MqttMessage[]): void {
    for (const message of messages) this.postOwn(message);
  }

  private postOwn(message: MqttMessage): void {
    if (this.ownership === 'ours') this.given.post(message);
  }
}
