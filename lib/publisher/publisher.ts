/**
 * The bridge between devices and a broker. An event is safe from the moment it is handed over: journal, publish, acknowledged,
 * position. What is retained at the broker is published anew with each connection.
 */
import { within, type Clock, type Timer } from '../clock';
import { EVENT_KINDS, type EventKind } from '../events/kinds';
import {
  bridgeDiscovery,
  discoveryFilter,
  discoveryOf,
  leftBehind,
  republished,
  birthTopic,
  type DiscoveryOptions,
} from '../mqtt/discovery/discovery';
import type { Language } from '../mqtt/discovery/names';
import type { StateKey } from '../mqtt/states';
import type { Allowance } from '../mqtt/allowance';
import type { DeviceDescription } from '../mqtt/description';
import { slugsOf } from '../mqtt/slugs';
import { OFFLINE, ONLINE, Topics, type BridgeInfo, type MqttMessage, type Qos } from '../mqtt/topics';
import {
  BIRTH_DELAY_MAX_MS,
  BRIDGE_INFO_INTERVAL_MS,
  DESCRIBE_AT_ONCE,
  JOURNAL_CLOSE_MS,
  MQTT_MAX_STATES,
  OWNER_WAIT_MS,
  PUBLISH_ACK_TIMEOUT_MS,
  PUBLISHER_STOP_MS,
  WARNING_INTERVAL_MS,
} from '../settings';
import { AtMost } from './at-most';
import { BrokerLink, type BrokerOptions, type BrokerSession, type BrokerState, type Incoming } from './broker';
import { DeviceBridge, type BridgedDevice } from './device-bridge';
import { filesIn, type JournalFiles } from './files';
import { Journal } from './journal';
import { Leftovers } from './leftovers';
import { Outbox } from './outbox';
import { packageVersion } from './version';

export interface PublisherOptions {
  /** One level of a topic; no other bridge has it. */
  readonly bridgeId: string;
  /** `clientId` is made from the bridge's id where it is missing. */
  readonly broker: Omit<BrokerOptions, 'clientId'> & { readonly clientId?: string };
  readonly devices: readonly BridgedDevice[];
  /** `hikvision` when not given. */
  readonly base?: string;
  /** 1 when not given. With 0 nothing is acknowledged, and an event is done when it was sent. */
  readonly qos?: 0 | 1;
  readonly journal: {
    readonly folder: string;
    readonly maxEvents?: number;
    readonly maxBytes?: number;
    /** Instead of the file system, for tests of disks that fail. */
    readonly files?: JournalFiles;
  };
  /** Pictures of events are published, and stay at the broker. */
  readonly pictures?: boolean;
  readonly retainPictures?: boolean;
  /** Presents the devices to Home Assistant; null: topics alone. */
  readonly discovery?: { readonly prefix: string; readonly language: Language } | null;
  /** Several bridges that answer commands for the same devices, by turns; only reading ones. */
  readonly share?: string;
  readonly clock: Clock;
  readonly random?: () => number;
}

export interface PublisherStatus {
  readonly broker: BrokerState;
  readonly published: number;
  readonly queued: number;
  /** Events that were dropped because too many waited. */
  readonly dropped: number;
  readonly droppedPictures: number;
  readonly refused: number;
  /** Messages that nobody keeps, answers above all, for which a broker was too slow. */
  readonly skipped: number;
  /** Events that moved no state, because their device has too many of them. */
  readonly unfollowed: number;
  /** Devices that another bridge serves, by slug. */
  readonly conflicts: Readonly<Record<string, string>>;
  /** Why the journal cannot use the disk; null while it can. */
  readonly journalProblem: string | null;
}

export class Publisher {
  /** Of every change of the status, and now and then of its counters. */
  onStatus: (status: PublisherStatus) => void = () => undefined;
  /** For the log; never holds a password. */
  onWarning: (code: string, message: string) => void = () => undefined;

  readonly topics: Topics;
  private readonly link: BrokerLink;
  private readonly outbox: Outbox;
  private readonly devices = new Map<string, DeviceBridge>();
  private session: BrokerSession | null = null;
  private broker: BrokerState = { state: 'connecting' };
  /** What the broker said in this session: who serves a device, and which bridges are there. */
  private readonly owners = new Map<string, string>();
  private readonly bridges = new Map<string, boolean>();
  /** What presents devices at the broker, from this run or an earlier one. */
  private readonly presented = new Map<string, string>();
  /** Topics of the discovery messages of each device in this run, by its slug. */
  private readonly presentedBy = new Map<string, ReadonlySet<string>>();
  private isSwept = false;
  private isOwnershipKnown = false;
  private ownerTimer: Timer | null = null;
  private infoTimer: Timer | null = null;
  private birthTimer: Timer | null = null;
  private lastInfo = '';
  private readonly warned = new Map<string, number>();
  private isStopping = false;

  /** Opens the journal; nothing goes over the network before {@link start}. @throws JournalLockedError, ArgumentError. */
  static async open(options: PublisherOptions): Promise<Publisher> {
    const { base, qos = 1, retainPictures = false } = options;
    const topics = new Topics({ ...(base === undefined ? {} : { base }), qos: qos as Qos, retainPictures });
    const { folder, maxEvents, maxBytes, files = filesIn(folder) } = options.journal;
    const journal = await Journal.open({
      files,
      place: folder,
      clock: options.clock,
      ...(maxEvents === undefined ? {} : { maxEvents }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    const slugs = slugsOf(options.devices.map(({ name, key }) => ({ name, key, serial: null })));
    const leftovers = await Leftovers.open(files, topics, options.bridgeId, slugs);
    return new Publisher(options, topics, journal, leftovers, slugs);
  }

  private constructor(
    private readonly options: PublisherOptions,
    topics: Topics,
    private readonly journal: Journal,
    private readonly leftovers: Leftovers,
    slugs: readonly string[],
  ) {
    this.topics = topics;
    const { clock, bridgeId, devices, share } = options;
    this.outbox = new Outbox({
      journal,
      clock,
      qos: topics.qos,
      isOurs: (device) => this.devices.get(device)?.ownership !== 'other',
      onTrouble: (reason) => this.link.restart(reason),
      onSkipped: (topic) =>
        this.warn('SLOW', `the broker is too slow; what nobody keeps is dropped, ${topic} among it`),
      onRefused: (topic, reason) => this.warn('REFUSED', `the broker does not take ${topic}: ${reason}`),
    });
    const describing = new AtMost(DESCRIBE_AT_ONCE);
    for (const [index, given] of devices.entries()) {
      const slug = slugs[index] as string;
      const device: DeviceBridge = new DeviceBridge({
        device: share === undefined ? given : { ...given, allowance: 'read' as const },
        slug,
        topics,
        journal,
        clock,
        discoveryOf: (description, allowance) => this.discoveryOf(description, allowance),
        onDescribed: () => this.sweep(),
        describing,
        dropped: () => journal.status.droppedEvents,
        pictures: options.pictures ?? false,
        post: (message) => this.outbox.post(message, device),
        postRetained: () => this.outbox.postAllOf(device),
        onJournaled: () => this.outbox.pump(),
        report: (code, message) => this.warn(code, message),
      });
      this.devices.set(slug, device);
    }
    journal.onProblem = (problem) => {
      if (problem !== null) this.warn('JOURNAL', `the journal cannot be written (${problem}); events wait in memory`);
      this.tell();
    };
    const clientId = options.broker.clientId ?? `hsp-${bridgeId}`;
    this.link = new BrokerLink(
      { ...options.broker, clientId },
      { ...topics.bridgeState(bridgeId, false), qos: 1 },
      clock,
      options.random ?? Math.random,
      {
        onConnected: (session) => void this.connected(session),
        onLost: () => this.lost(),
        onState: (state) => this.brokerChanged(state),
        onMessage: (message) => this.received(message),
      },
    );
  }

  get status(): PublisherStatus {
    const { published, refused, skipped } = this.outbox.counters;
    const { queued, droppedEvents, droppedPictures, problem } = this.journal.status;
    return {
      broker: this.broker,
      published,
      queued,
      dropped: droppedEvents,
      droppedPictures,
      refused,
      skipped,
      unfollowed: this.unfollowed,
      conflicts: this.conflicts,
      journalProblem: problem,
    };
  }

  /** Slugs of the devices, in the order given. */
  get slugs(): readonly string[] {
    return [...this.devices.keys()];
  }

  start(): void {
    const { damagedPlaces, skippedBytes, newerFiles, problem } = this.journal.status;
    if (damagedPlaces > 0) {
      this.warn('JOURNAL', `the journal was damaged: ${skippedBytes} bytes at ${damagedPlaces} places were skipped`);
    }
    if (newerFiles > 0) this.warn('JOURNAL', `${newerFiles} files of a newer journal were set aside`);
    if (problem !== null) this.warn('JOURNAL', `the journal cannot be used (${problem}); events wait in memory`);
    for (const device of this.devices.values()) device.start();
    this.link.start();
    this.infoLater();
  }

  /** Resolves when everything handed over so far is in a file, where it survives the end of this process. */
  written(): Promise<void> {
    return this.journal.written();
  }

  /** Says goodbye to the broker and closes the journal, within a bound; what waits is published at the next start. */
  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    for (const timer of [this.ownerTimer, this.infoTimer, this.birthTimer]) timer?.cancel();
    for (const device of this.devices.values()) device.close();
    if (this.session !== null) {
      this.outbox.hold(true);
      this.outbox.dropTurns();
      for (const { slug, ownership } of this.devices.values()) {
        if (ownership === 'ours') this.outbox.post(this.topics.availability(slug, false));
      }
      this.postInfo();
      this.outbox.post(this.topics.bridgeState(this.options.bridgeId, false));
      await within(this.options.clock, PUBLISHER_STOP_MS, this.outbox.drained());
    }
    await this.link.close();
    this.outbox.close();
    if (await within(this.options.clock, JOURNAL_CLOSE_MS, this.journal.close())) return;
    this.warn('JOURNAL', `the disk has not taken the end of the journal within ${JOURNAL_CLOSE_MS / 1_000} s`);
  }

  private async connected(session: BrokerSession): Promise<void> {
    const { bridgeId, share, discovery = null } = this.options;
    const { topics } = this;
    this.session = session;
    this.owners.clear();
    this.bridges.clear();
    this.isOwnershipKnown = false;
    this.outbox.hold(true);
    this.outbox.connected(session);
    this.outbox.post(topics.bridgeState(bridgeId, true));
    const isShared = share !== undefined && session.hasSharedSubscriptions;
    if (share !== undefined && !isShared)
      this.warn('SHARED', 'the broker shares no subscriptions; every bridge answers');
    const filters = [
      topics.topic('bridgeState', { bridge: '+' }),
      ...this.slugs.map((device) => topics.topic('owner', { device })),
      ...this.slugs.map((device) => topics.commandFilter(device, isShared ? share : undefined)),
      ...this.leftBehind(),
      ...(discovery === null ? [] : [birthTopic(discovery.prefix)]),
    ];
    let refused: readonly string[] = [];
    const answer = session.subscribe(filters).then((some) => (refused = some));
    // Events wait for the answer, so it must not be waited for without end.
    const isAnswered = await within(this.options.clock, PUBLISH_ACK_TIMEOUT_MS, answer);
    if (this.session !== session) return;
    if (!isAnswered) return this.link.restart('the broker does not answer subscriptions');
    for (const filter of refused) this.warn('SUBSCRIBE', `the broker refuses the subscription to ${filter}`);
    if (this.isOwnershipComplete()) this.ownershipKnown();
    else this.ownerTimer = this.options.clock.after(OWNER_WAIT_MS, () => this.ownershipKnown());
  }

  private lost(): void {
    this.session = null;
    this.ownerTimer?.cancel();
    this.ownerTimer = null;
    this.outbox.disconnected();
  }

  private brokerChanged(state: BrokerState): void {
    this.broker = state;
    if (state.state === 'lost' || state.state === 'refused') this.warn('BROKER', state.reason);
    this.tell();
  }

  private received(message: Incoming): void {
    const { topic, payload } = message;
    const { topics } = this;
    const command = topics.commandOf(topic);
    if (command !== null) {
      const device = this.devices.get(command.device);
      // Who serves the device answers, or each in turn.
      if (device !== undefined && (device.ownership !== 'other' || this.options.share !== undefined)) {
        device.receive(command, message);
      }
      return;
    }
    if (!this.isOwnershipKnown && this.leftovers.hear(topic, payload)) return;
    const { discovery = null } = this.options;
    if (discovery !== null && topic.startsWith(`${discovery.prefix}/device/`)) {
      if (this.presented.has(topic) || this.presented.size < MQTT_MAX_STATES)
        this.presented.set(topic, payload.toString());
      return;
    }
    if (discovery !== null && topic === birthTopic(discovery.prefix)) {
      if (payload.toString() === ONLINE && !message.retain) this.republishSoon(BIRTH_DELAY_MAX_MS);
      return;
    }
    const bridge = topics.match('bridgeState', topic)?.bridge;
    if (bridge !== undefined) {
      // Anybody at the broker can add names.
      if (this.bridges.has(bridge) || this.bridges.size < MQTT_MAX_STATES)
        this.bridges.set(bridge, payload.toString() === ONLINE);
      // A bridge of our own id that says goodbye is the one before us, or its last will that came late.
      if (
        bridge === this.options.bridgeId &&
        payload.toString() === OFFLINE &&
        !this.isStopping &&
        this.isOwnershipKnown
      ) {
        this.outbox.post(topics.bridgeState(bridge, true));
      }
      this.ownershipChanged(this.devicesOf(bridge));
      return;
    }
    const owned = topics.match('owner', topic)?.device;
    if (owned !== undefined) {
      this.owners.set(owned, payload.toString().slice(0, 256));
      const device = this.devices.get(owned);
      this.ownershipChanged(device === undefined ? [] : [device]);
      return;
    }
    // What comes later is our own: it would be told again, and come back again.
    if (this.isOwnershipKnown) return;
    const state = topics.match('state', topic);
    if (state !== null && message.retain && payload.toString() === 'ON') {
      const key = stateKeyOf(state.channel, state.kind);
      if (key !== null) this.devices.get(state.device)?.foundState(key);
    }
  }

  /* Whose is a device? The owner topic says it; what was said last counts, so two that start together agree. */

  private isOwnershipComplete(): boolean {
    return this.slugs.every((slug) => {
      const owner = this.owners.get(slug);
      return owner !== undefined && (owner === this.options.bridgeId || this.bridges.has(owner));
    });
  }

  /** @param concerns devices about which something was said. */
  private ownershipChanged(concerns: Iterable<DeviceBridge>): void {
    if (this.isOwnershipKnown) this.decideAll(concerns);
    else if (this.isOwnershipComplete()) this.ownershipKnown();
  }

  private decideAll(devices: Iterable<DeviceBridge>): void {
    let isChanged = false;
    for (const device of devices) isChanged = this.decide(device) || isChanged;
    if (isChanged) this.tell();
  }

  private *devicesOf(bridge: string): Generator<DeviceBridge> {
    for (const device of this.devices.values()) if (this.owners.get(device.slug) === bridge) yield device;
  }

  private ownershipKnown(): void {
    if (this.isOwnershipKnown || this.session === null) return;
    this.isOwnershipKnown = true;
    this.ownerTimer?.cancel();
    this.ownerTimer = null;
    for (const device of this.devices.values()) device.ownership = 'unknown';
    this.decideAll(this.devices.values());
    // What an earlier run left behind has been heard by now; our own messages need not come back.
    this.session.unsubscribe(this.leftBehind());
    if (this.leftovers.filters.length > 0) {
      this.outbox.postAll(this.leftovers.clear());
      void this.leftovers.save();
    }
    this.presentBridge();
    this.postInfo();
    this.sweep();
    this.outbox.hold(false);
  }

  /** Where states of an earlier run may stand. */
  private leftBehind(): string[] {
    const { discovery = null } = this.options;
    return [
      ...this.slugs.map((device) => this.topics.topic('state', { device, channel: '+', kind: '+' })),
      ...this.leftovers.filters,
      ...(discovery === null ? [] : [discoveryFilter(discovery.prefix)]),
    ];
  }

  /* Home Assistant */

  /** A component or a channel that is gone is taken away first. */
  private discoveryOf(description: DeviceDescription, allowance: Allowance): MqttMessage[] {
    const options = this.discoveryOptions(allowance);
    if (options === null) return [];
    // What an earlier run knew of a device that has had no time yet to tell everything stays as it is.
    const now = discoveryOf(description, options).filter(
      ({ topic }) => description.isComplete || !this.presented.has(topic),
    );
    const before = new Map<string, string>();
    if (description.isComplete) {
      const topics = new Set(now.map(({ topic }) => topic));
      for (const topic of this.presentedBy.get(description.slug) ?? []) {
        const known = this.presented.get(topic);
        if (known !== undefined && !topics.has(topic)) before.set(topic, known);
        if (!topics.has(topic)) this.presented.delete(topic);
      }
      this.presentedBy.set(description.slug, topics);
    }
    for (const { topic, payload } of now) {
      const known = this.presented.get(topic);
      if (known !== undefined) before.set(topic, known);
      this.presented.set(topic, String(payload));
    }
    this.sweep();
    return republished(before, now, options);
  }

  private discoveryOptions(allowance: Allowance): DiscoveryOptions | null {
    const { discovery = null, bridgeId, pictures = false } = this.options;
    return discovery === null
      ? null
      : { topics: this.topics, bridge: bridgeId, version: packageVersion(), allowance, pictures, ...discovery };
  }

  /** Once all devices are described and presented, what is left of others that this bridge had is taken away. */
  private sweep(): void {
    const options = this.discoveryOptions('nothing');
    if (options === null || this.isSwept || !this.isOwnershipKnown) return;
    const now = new Set([bridgeDiscovery(options).topic]);
    for (const device of this.devices.values()) {
      const topics = this.presentedTopics(device);
      if (topics === null) return;
      for (const topic of topics) now.add(topic);
    }
    this.isSwept = true;
    const gone = leftBehind(this.presented, now, options);
    for (const { topic } of gone) this.presented.delete(topic);
    this.outbox.postAll(gone);
  }

  /** Where a device is presented; null while it is not known, or not yet said. */
  private presentedTopics({ slug, isDescribed, ownership, description }: DeviceBridge): Iterable<string> | null {
    if (!isDescribed || description === null) return null;
    const said = this.presentedBy.get(slug) ?? null;
    const options = said === null && ownership === 'other' ? this.discoveryOptions('nothing') : null;
    return options === null ? said : discoveryOf(description, options).map(({ topic }) => topic);
  }

  private presentBridge(): void {
    const options = this.discoveryOptions('nothing');
    if (options !== null) this.outbox.post(bridgeDiscovery(options));
  }

  /** @returns whether another bridge serves it now, or this one where it did not before. */
  private decide(device: DeviceBridge): boolean {
    const { bridgeId } = this.options;
    const owner = this.owners.get(device.slug) ?? '';
    const before = device.ownership;
    if (owner !== bridgeId && owner !== '' && this.bridges.get(owner) === true) {
      device.ownership = 'other';
      if (before === 'other') return false;
      this.warn(
        `OWNER ${device.slug}`,
        `${device.slug}: the bridge '${owner}' serves this device already; nothing of it is published here while that is there`,
      );
      return true;
    }
    if (owner !== bridgeId) {
      this.owners.set(device.slug, bridgeId);
      this.outbox.post(this.topics.owner(device.slug, bridgeId));
    }
    if (before === 'ours') return false;
    device.ownership = 'ours';
    this.outbox.postAllOf(device);
    return true;
  }

  private get conflicts(): Record<string, string> {
    const conflicts: Record<string, string> = {};
    for (const { slug, ownership } of this.devices.values()) {
      if (ownership === 'other') conflicts[slug] = this.owners.get(slug) ?? '';
    }
    return conflicts;
  }

  private get unfollowed(): number {
    let events = 0;
    for (const device of this.devices.values()) events += device.unfollowed;
    return events;
  }

  /** After a random while, as many bridges may have heard the same. */
  private republishSoon(withinMs: number): void {
    this.birthTimer ??= this.options.clock.after(Math.round((this.options.random ?? Math.random)() * withinMs), () => {
      this.birthTimer = null;
      this.presentBridge();
      for (const device of this.devices.values()) this.outbox.postAllOf(device);
      this.lastInfo = '';
      this.postInfo();
    });
  }

  private infoLater(): void {
    this.infoTimer = this.options.clock.after(BRIDGE_INFO_INTERVAL_MS, () => {
      this.postInfo();
      this.tell();
      this.infoLater();
    });
  }

  private postInfo(): void {
    const { journalProblem, ...status } = this.status;
    const commands = { done: 0, failed: 0, refused: 0 };
    let { notOwned } = this.outbox.counters;
    for (const device of this.devices.values()) {
      notOwned += device.notOwned;
      for (const name of ['done', 'failed', 'refused'] as const) commands[name] += device.commands.count[name];
    }
    const { damagedPlaces, skippedBytes, queuedBytes } = this.journal.status;
    const info: BridgeInfo = {
      version: packageVersion(),
      devices: this.slugs,
      ...status,
      notOwned,
      commands,
      journal: { problem: journalProblem, queuedBytes, damagedPlaces, skippedBytes },
    };
    const message = this.topics.bridgeInfo(this.options.bridgeId, info);
    if (this.session === null || message.payload === this.lastInfo) return;
    this.lastInfo = message.payload as string;
    this.outbox.post(message);
  }

  private tell(): void {
    this.onStatus(this.status);
  }

  private warn(code: string, message: string): void {
    const now = this.options.clock.monotonic();
    const before = this.warned.get(message) ?? -Infinity;
    if (now - before < WARNING_INTERVAL_MS) return;
    if (this.warned.size > 1_000) this.warned.clear();
    this.warned.set(message, now);
    this.onWarning(code, message);
  }
}

/** `motion` or `alarmInput-3`, as it stands in a topic; null for a kind that is none of ours. */
function stateKeyOf(channel: string, level: string): StateKey | null {
  const [, kind = '', port] = /^([A-Za-z]+)(?:-(\d{1,5}))?$/.exec(level) ?? [];
  if (!Object.hasOwn(EVENT_KINDS, kind)) return null;
  const number = channel === 'device' ? null : /^\d{1,5}$/.test(channel) ? Number(channel) : undefined;
  if (number === undefined) return null;
  return { channel: number, kind: kind as EventKind, port: port === undefined ? null : Number(port) };
}
