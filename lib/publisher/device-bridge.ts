/** One device on its way to the broker: its events, states, availability, description and commands. */
import type { Subscription } from '../client';
import type { Timer, Clock } from '../clock';
import type { HikvisionEvent } from '../events/event';
import { DEFAULT_ALLOWANCE, type Allowance } from '../mqtt/allowance';
import {
  describeDevice,
  limitedTo,
  statusPayload,
  withSeen,
  type DeviceDescription,
  type DeviceStatus,
} from '../mqtt/description';
import { packEvent } from '../mqtt/journaled';
import { DeviceSettings, readAfterCommand, readAfterEvent, readAgain } from '../mqtt/readings';
import { retainedOf } from '../mqtt/retained';
import { DeviceStates, type StateKey } from '../mqtt/states';
import { portOf, type CommandTopic, type MqttMessage, type Topics } from '../mqtt/topics';
import type { ConnectionState } from '../session/connection';
import {
  DESCRIBE_MAX_ATTEMPTS,
  DESCRIBE_RETRY_MS,
  DEVICE_STATUS_INTERVAL_MS,
  MQTT_MAX_STATES,
  SETTINGS_SETTLE_MS,
  STATUS_INTERVAL_MS,
} from '../settings';
import { Commands } from './answer';
import type { AtMost } from './at-most';
import type { Incoming, Outgoing } from './broker';
import type { Journal } from './journal';
import { Refresher } from './refresher';

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
  /** Where its own web page is, without user and password. */
  readonly configurationUrl?: string;
}

/** `unknown`: the broker has not said yet. `other`: another bridge serves it; nothing of it is published here. */
export type Ownership = 'unknown' | 'ours' | 'other';

export interface DeviceBridgeParts {
  readonly device: BridgedDevice;
  readonly slug: string;
  readonly topics: Topics;
  readonly journal: Journal;
  readonly clock: Clock;
  /** The messages that present the device to Home Assistant; none where that is not wanted. */
  readonly discoveryOf: (description: DeviceDescription, allowance: Allowance) => MqttMessage[];
  readonly onDescribed: () => void;
  /** Where it waits until it may be described. */
  readonly describing: AtMost;
  /** Events that the journal had to drop so far. */
  readonly dropped: () => number;
  readonly pictures: boolean;
  readonly post: (message: Outgoing) => void;
  /** Everything that stays at the broker is to be said again. */
  readonly postRetained: () => void;
  /** An event is in the journal. */
  readonly onJournaled: () => void;
  readonly report: (code: string, message: string) => void;
}

export class DeviceBridge {
  ownership: Ownership = 'unknown';
  /** Events that were left to the bridge that serves the device. */
  notOwned = 0;
  /** Null before the device was described. */
  description: DeviceDescription | null = null;
  readonly commands: Commands;

  private readonly states: DeviceStates;
  private readonly abort = new AbortController();
  private readonly subscriptions: Subscription[] = [];
  private state: SourceState = { state: 'idle' };
  private readonly settings: DeviceSettings;
  private readonly seen = new Set<string>();
  /** States found at the broker from an earlier run. */
  private readonly found = new Map<string, StateKey>();
  private lastEvent: DeviceStatus['lastEvent'] = null;
  private polled: Pick<DeviceStatus, 'status' | 'storage' | 'channels'> = {
    status: null,
    storage: null,
    channels: null,
  };
  private pollTimer: Timer | null = null;
  private statusTimer: Timer | null = null;
  private describeTimer: Timer | null = null;
  private describing = 0;
  /** Gives the place back that a description has, or waits for. */
  private leaveDescribing: () => void = () => undefined;
  private attempts = 0;
  private readonly refresher: Refresher;
  private settleTimer: Timer | null = null;

  constructor(private readonly given: DeviceBridgeParts) {
    const { topics, slug, device } = given;
    this.states = new DeviceStates(topics, slug);
    this.settings = new DeviceSettings(topics, slug);
    this.commands = new Commands({
      topics,
      allowance: device.allowance ?? DEFAULT_ALLOWANCE,
      call: async (command, args, options) => {
        const result = await device.source.call(command, args, options);
        this.postAll(this.settings.answered(command, args, result));
        this.readAfter(command);
        return result;
      },
      post: given.post,
      report: (code, message) => given.report(code, `${slug}: ${message}`),
    });
    this.refresher = new Refresher({
      clock: given.clock,
      ask: ({ command, args }) => device.source.call(command, { ...args }, { signal: this.abort.signal }),
      answered: ({ command, args }, result) => this.postAll(this.settings.answered(command, args, result)),
    });
  }

  get slug(): string {
    return this.given.slug;
  }

  get isOnline(): boolean {
    return this.state.state === 'connected';
  }

  /** Events that moved no state, because there are too many. */
  get unfollowed(): number {
    return this.states.overflowed;
  }

  start(): void {
    const { source } = this.given.device;
    this.subscriptions.push(source.onEvent((event) => this.event(event)));
    this.subscriptions.push(source.onState((state) => this.stateChanged(state)));
  }

  close(): void {
    this.abort.abort();
    this.leaveDescribing();
    this.commands.close();
    this.refresher.close();
    this.settleTimer?.cancel();
    for (const subscription of this.subscriptions.splice(0)) subscription.close();
    this.statusTimer?.cancel();
    this.describeTimer?.cancel();
    this.pollTimer?.cancel();
  }

  /** What Home Assistant is told; null before the device was described. */
  get discovery(): MqttMessage[] | null {
    const { description, given } = this;
    if (description === null) return null;
    return given.discoveryOf(description, given.device.allowance ?? DEFAULT_ALLOWANCE);
  }

  /** Nothing more is to be expected of its description. */
  get isDescribed(): boolean {
    return this.description?.isComplete === true;
  }

  /** Everything of the device that stays at the broker. */
  retained(): MqttMessage[] {
    const { topics, slug } = this.given;
    if (this.ownership !== 'ours') return [];
    const { description, settings, isOnline } = this;
    return retainedOf({
      topics,
      slug,
      description,
      discovery: this.discovery ?? [],
      settings,
      states: isOnline ? this.states.connected(this.known()) : this.states.all(),
      status: this.statusMessage(),
      isOnline,
    });
  }

  /** A state that the broker still has from an earlier run; it is off unless the device says otherwise. */
  foundState(key: StateKey): void {
    const name = keyOf(key);
    if (this.found.has(name) || this.found.size >= MQTT_MAX_STATES) return;
    this.found.set(name, key);
    if (this.isOnline && this.description !== null) this.postAll(this.states.found(key));
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
    const { kind, state, channel, receivedAt } = event;
    this.lastEvent = { kind, state, channel, receivedAt };
    this.see(event);
    // States first, so that who reacts to the event finds them.
    this.postAll(this.states.apply(event));
    if (this.unfollowed > 0) {
      const text = `${slug}: has more than ${MQTT_MAX_STATES} states; the others are not followed, only their events are published`;
      this.given.report('STATES', text);
    }
    if (!event.stale && this.description !== null) {
      this.refresher.now(readAfterEvent(this.description.settings, event.kind));
    }
    const messages = topics.event(slug, event, pictures);
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
      this.attempts = 0;
      this.leaveDescribing();
      this.describeTimer?.cancel();
      this.pollTimer?.cancel();
      this.settleTimer?.cancel();
      this.refresher.clear();
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
    const run = ++this.describing;
    // At once, as the description of a large recorder takes its time.
    this.postOwn(this.given.topics.availability(this.slug, true));
    this.leaveDescribing();
    const leave = this.given.describing.enter(() => void this.describe(run).finally(() => leave()));
    this.leaveDescribing = leave;
  }

  private async describe(run: number): Promise<void> {
    const { given } = this;
    const { device, slug } = given;
    const { signal } = this.abort;
    const known = { slug, name: device.name, key: device.key, configurationUrl: device.configurationUrl ?? null };
    const isOver = () => run !== this.describing || signal.aborted;
    try {
      const found = await describeDevice(
        (command, args) => device.source.call(command, { ...args }, { signal }),
        known,
      );
      if (isOver()) return;
      const isFinal = found.isComplete || ++this.attempts >= DESCRIBE_MAX_ATTEMPTS;
      this.described(device.channels === undefined ? found : limitedTo(found, device.channels), isFinal);
      if (!isFinal) this.describeTimer = given.clock.after(DESCRIBE_RETRY_MS, () => this.describeNow());
      void this.poll(run);
    } catch (error) {
      if (isOver()) return;
      given.report('DESCRIPTION', `${slug}: could not be described: ${(error as Error).message}`);
      this.given.postRetained();
      this.describeTimer = given.clock.after(DESCRIBE_RETRY_MS, () => this.describeNow());
    }
  }

  /** What it had no time to tell is taken away only when it was asked again and again. */
  private described(found: DeviceDescription, isFinal: boolean): void {
    const before = this.description;
    const isLess = !isFinal && before?.identity === found.identity;
    // What only events have shown stays, where the channel does.
    const has = (channel: number | null) => channel === null || found.channels.some((one) => one.channel === channel);
    const description = isLess ? before : { ...found, isComplete: isFinal };
    const gone = isLess ? [] : (before?.channels ?? []).filter(({ channel }) => !has(channel));
    this.description = (before?.triggers ?? [])
      .filter((trigger) => this.seen.has(keyOf(trigger)) && has(trigger.channel))
      .reduce(withSeen, description);
    for (const { channel } of gone) {
      this.postAll([...this.states.forgetChannel(channel), ...this.settings.clear(channel)]);
      for (const [name, key] of this.found) if (key.channel === channel) this.found.delete(name);
    }
    for (const [channel, settings] of found.settings) this.settings.put(channel, settings);
    this.given.postRetained();
    this.given.onDescribed();
  }

  /** At once, and when the device is done with it. */
  private readAfter(command: string): void {
    const questions = this.description === null ? [] : readAfterCommand(this.description.settings, command);
    if (questions.length === 0) return;
    this.refresher.now(questions);
    this.settleTimer?.cancel();
    this.settleTimer = this.given.clock.after(SETTINGS_SETTLE_MS, () => this.refresher.now(questions));
  }

  private known(): StateKey[] {
    const { channels } = this.given.device;
    const all = [...(this.description?.triggers ?? []), ...this.found.values()];
    return channels === undefined ? all : all.filter(({ channel }) => channels.has(channel));
  }

  private statusMessage(): MqttMessage {
    const { state } = this;
    const reason = 'reason' in state ? state.reason : state.state === 'connected' ? state.streamReason : undefined;
    const { lastEvent, polled, given } = this;
    const status = { connection: state.state, reason: reason ?? null, lastEvent, dropped: given.dropped(), ...polled };
    return given.topics.status(this.slug, statusPayload(status, given.clock.now()));
  }

  /** Load, storage, channels, and everything that can be switched, now and then. */
  private async poll(run: number): Promise<void> {
    const ask = async (command: string) => {
      try {
        return await this.given.device.source.call(command, {}, { signal: this.abort.signal });
      } catch {
        return null; // a device that lacks it, or is gone: its availability says so
      }
    };
    const [status, storage, channels] = [
      await ask('config.status'),
      await ask('recorder.storage'),
      await ask('recorder.listChannels'),
    ];
    if (run !== this.describing || this.abort.signal.aborted) return;
    this.polled = { status, storage, channels };
    this.postOwn(this.statusMessage());
    if (this.description !== null) this.refresher.later(readAgain(this.description.settings));
    this.pollTimer = this.given.clock.after(DEVICE_STATUS_INTERVAL_MS, () => void this.poll(run));
  }

  /** A recorder without a list of triggers shows what it has by its events. */
  private see(event: HikvisionEvent): void {
    if (this.description === null || event.stale) return;
    const key = { channel: event.channel, kind: event.kind, port: portOf(event) };
    const name = keyOf(key);
    if (this.seen.has(name) || this.seen.size >= MQTT_MAX_STATES) return;
    this.seen.add(name);
    const described = withSeen(this.description, key);
    if (described === this.description) return;
    this.description = described;
    this.postAll(this.discovery ?? []);
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

function keyOf({ channel, kind, port }: StateKey): string {
  return `${channel ?? ''}/${kind}/${port ?? ''}`;
}
