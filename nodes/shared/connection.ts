/** One connection per device: opened by its first user, closed by its last. */
import { HikvisionClient, systemClock, UnreachableError, webAddressOf } from '../../lib/index';
import type {
  ClientOptions,
  ConnectionState,
  EventKind,
  Features,
  HikvisionEvent,
  Subscription,
  Timer,
} from '../../lib/index';
import type { Node, NodeAPI } from 'node-red';
import type { DeviceState } from './message';
import { RecentEvents, type RecentEvent } from './recent-events';
import type { DialInWish, PushWish } from './settings';
import type { Share, SharedWays } from './shared-ways';

/** What a configuration node makes of its fields: options for a client, or what is wrong with them in words for people. */
export type DeviceSettings = {
  /** The name the user gave, else the host, as far as they are known. */
  readonly name: string;
} & (UsableSettings | { readonly problem: string });

interface UsableSettings {
  readonly options: ClientOptions;
  readonly address: string;
  /** The device calls us. */
  readonly push?: PushWish;
  /** The device dials in. */
  readonly dialIn?: DialInWish;
  /** It shares its cameras with the other devices of these flows; true when not given. */
  readonly isOnSite?: boolean;
}

/** What users should know of a connection that holds. */
export interface Remarks {
  /** Messages of a flood that were dropped unread. */
  readonly droppedMessages: number;
  /** Events that were ended early because too many ran at once. */
  readonly evictedEvents: number;
  /** Why the device cannot call us; null where it can, or shall not. */
  readonly pushProblem: string | null;
  /** It dials in: experimental, without commands and events. */
  readonly isDialIn: boolean;
}

export interface EventOptions {
  readonly endAfterMs?: number;
  readonly kinds?: readonly EventKind[];
}

/** The node that asks; only there to be told apart. */
export type ConnectionUser = object;

/** The configuration node, as the other nodes see it. */
export interface DeviceNode extends Node {
  readonly connection: Connection;
}

export interface ConnectionDependencies {
  readonly settings: DeviceSettings;
  /** Serial numbers by address, seen before; shared by all connections and kept across deploys. */
  readonly serials: Map<string, string>;
  /** Calls back when all nodes of a flow exist and are wired, so that no early message is lost. */
  readonly whenStarted: (run: () => void) => Subscription;
  /** For the log: what the client found odd. Never holds a password. */
  readonly onWarning: (message: string) => void;
  /** What all devices of these flows share. */
  readonly ways?: SharedWays;
  readonly createClient?: (options: ClientOptions) => HikvisionClient;
}

interface EventListener {
  readonly listener: (event: HikvisionEvent) => void;
  readonly options: EventOptions;
  handle?: Subscription;
}

/** How often is looked at what was dropped. */
const REMARKS_INTERVAL_MS = 1_000;

export class Connection {
  private current: DeviceState;
  private readonly users = new Set<ConnectionUser>();
  private readonly stateListeners = new Set<(state: DeviceState) => void>();
  private readonly eventListeners = new Set<EventListener>();
  private readonly remarkListeners = new Set<(remarks: Remarks) => void>();
  private readonly recent = new RecentEvents();
  private remarks: Remarks;
  private remarksTimer: Timer | undefined;
  private client: HikvisionClient | undefined;
  /** Of what is shared, as long as the client is open. */
  private shares: Share<unknown>[] = [];
  private clientHandles: Subscription[] = [];
  private deviceName: string | null = null;
  private isStarted = false;
  private starting: Subscription | undefined;
  /** Opening and closing happen one after the other, however fast users come and go. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly given: ConnectionDependencies) {
    const { settings } = given;
    this.current = 'problem' in settings ? { state: 'misconfigured', reason: settings.problem } : { state: 'idle' };
    const isDialIn = 'options' in settings && settings.dialIn !== undefined;
    this.remarks = { droppedMessages: 0, evictedEvents: 0, pushProblem: null, isDialIn };
  }

  get state(): DeviceState {
    return this.current;
  }

  /** Somebody uses it, so that it can be asked. */
  get isOpen(): boolean {
    return this.client !== undefined;
  }

  /** As events name the device: the name the user gave, else the device's own, else the host. */
  get name(): string {
    const { settings } = this.given;
    if ('options' in settings && settings.options.name === undefined && this.deviceName !== null)
      return this.deviceName;
    return settings.name;
  }

  /** The name the user gave, else the host: it never changes while the settings stay. */
  get givenName(): string {
    return this.given.settings.name;
  }

  /** Name or address, without port; empty where there is none. */
  get host(): string {
    const { settings } = this.given;
    return 'options' in settings ? new URL(settings.options.url).hostname : '';
  }

  /** What the device told lately, the last first; collected while a node waits for events. */
  get recentEvents(): readonly RecentEvent[] {
    return this.recent.list();
  }

  get isCollecting(): boolean {
    return this.client !== undefined && this.eventListeners.size > 0;
  }

  /** Where the web page of the device is, without user and password; null where it has none. */
  get webAddress(): string | null {
    const { settings } = this.given;
    return 'options' in settings ? webAddressOf(settings.options.url) : null;
  }

  /** The first user opens the connection, as soon as the flow has started. */
  register(user: ConnectionUser): void {
    this.users.add(user);
    if ('problem' in this.given.settings || this.users.size > 1) return;
    this.starting ??= this.given.whenStarted(() => {
      this.isStarted = true;
      void this.settle();
    });
  }

  /** The last user closes it; resolves when no socket and no timer of it is left. */
  async release(user: ConnectionUser): Promise<void> {
    this.users.delete(user);
    if (this.users.size > 0) return;
    this.starting?.close();
    this.starting = undefined;
    this.isStarted = false;
    await this.settle();
  }

  /** Ends everything, whoever still uses it. */
  async close(): Promise<void> {
    this.users.clear();
    this.starting?.close();
    this.starting = undefined;
    this.isStarted = false;
    await this.settle();
    this.stateListeners.clear();
    this.eventListeners.clear();
    this.remarkListeners.clear();
  }

  /** Called with the present state first, then with each change. */
  onState(listener: (state: DeviceState) => void): Subscription {
    this.stateListeners.add(listener);
    listener(this.current);
    return { close: () => void this.stateListeners.delete(listener) };
  }

  /** Called with the present remarks first, then with each change. */
  onRemarks(listener: (remarks: Remarks) => void): Subscription {
    this.remarkListeners.add(listener);
    listener(this.remarks);
    return { close: () => void this.remarkListeners.delete(listener) };
  }

  /**
   * Changes worth a message: from the start of the flows on, beginning with a state other than idle, without repeats.
   *
   * @param withWays also when events begin, or cease, to come by another way.
   */
  onReport(listener: (state: DeviceState) => void, withWays = false): Subscription {
    let states: Subscription | undefined;
    let last = 'idle';
    const starting = this.given.whenStarted(() => {
      states = this.onState((state) => {
        const key = reportKey(state, withWays);
        if (key === last) return;
        last = key;
        listener(state);
      });
    });
    return {
      close: () => {
        starting.close();
        states?.close();
      },
    };
  }

  onEvent(listener: (event: HikvisionEvent) => void, options: EventOptions = {}): Subscription {
    const entry: EventListener = { listener, options };
    this.eventListeners.add(entry);
    if (this.client !== undefined) entry.handle = this.listen(this.client, entry);
    return {
      close: () => {
        this.eventListeners.delete(entry);
        entry.handle?.close();
      },
    };
  }

  /** @throws HikvisionError, also when the settings are incomplete. */
  async call(
    command: string,
    args: Record<string, unknown>,
    options: { confirm?: boolean; signal?: AbortSignal; onProgress?: (progress: number) => void },
  ): Promise<unknown> {
    return (await this.opened()).call(command, args, options);
  }

  /** What the device has. @throws HikvisionError. */
  async features(): Promise<Features> {
    return (await this.opened()).features();
  }

  /** Where the device calls us, `/hsp/...`; a secret. Null where it does not. */
  get pushPath(): string | null {
    return this.client?.pushPath ?? null;
  }

  /**
   * The user asks for a connection: what was refused is tried once more, and another device than before is accepted.
   *
   * @throws HikvisionError when the first attempt fails; recoverable failures go on being retried.
   */
  async connect(): Promise<void> {
    await (await this.opened()).connect({ retry: true });
  }

  /** The user wants peace, until `connect`. */
  async disconnect(): Promise<void> {
    await (await this.opened()).disconnect();
  }

  private async opened(): Promise<HikvisionClient> {
    await this.queue;
    if (this.client !== undefined) return this.client;
    const reason = this.current.state === 'misconfigured' ? this.current.reason : 'not started, or being closed';
    throw new UnreachableError(reason);
  }

  /** Brings what is into line with what is wanted. Never rejects: a failure becomes the state that users see. */
  private settle(): Promise<void> {
    this.queue = this.queue.then(async () => {
      const isWanted = this.isStarted && this.users.size > 0;
      if (this.client !== undefined && !isWanted) await this.shut(this.client);
      if (this.client === undefined && isWanted) await this.open();
    });
    return this.queue;
  }

  private async open(): Promise<void> {
    const { settings, serials, onWarning } = this.given;
    if ('problem' in settings) return;
    const expectedSerial = serials.get(settings.address);
    let client: HikvisionClient;
    try {
      const options = {
        ...(await this.withShares(settings)),
        ...(expectedSerial === undefined ? {} : { expectedSerial }),
      };
      client = this.given.createClient?.(options) ?? new HikvisionClient(options);
    } catch (error) {
      await this.giveBackShares();
      this.change({ state: 'misconfigured', reason: (error as Error).message });
      return;
    }
    this.client = client;
    this.clientHandles = [
      client.onState((state) => {
        this.remember(settings.address, state);
        this.change(state);
      }),
      client.onWarning(({ message }) => onWarning(message)),
    ];
    for (const entry of this.eventListeners) entry.handle = this.listen(client, entry);
    // Why it failed is a state that the listeners above have been told; nothing else waits for this attempt.
    client.connect().catch(() => undefined);
    this.watchCounters(client);
  }

  private listen(client: HikvisionClient, entry: EventListener): Subscription {
    const { listener, options } = entry;
    return client.events((event) => {
      // Each listener is told all events; the eldest tells what happened lately, so that it is remembered once.
      const [eldest] = this.eventListeners;
      if (eldest === entry) this.recent.push(event);
      listener(event);
    }, options);
  }

  /** The options of the client, with its part in what the devices share. @throws where the device cannot do without. */
  private async withShares(settings: UsableSettings): Promise<ClientOptions> {
    const { ways, onWarning } = this.given;
    const { options, push, dialIn, isOnSite = true } = settings;
    if (ways === undefined) return options;
    const { cursors } = ways;
    const events = {
      ...options.events,
      ...(isOnSite ? { site: ways.site } : {}),
      ...(cursors === undefined ? {} : { cursors }),
    };
    if (dialIn !== undefined) {
      const server = await ways.dialInServer(dialIn.port);
      this.shares.push(server);
      const wish = { server: server.value, deviceId: dialIn.deviceId };
      return { ...options, ...(await this.withPush(events, push, ways)), dialIn: wish };
    }
    try {
      return { ...options, ...(await this.withPush(events, push, ways)) };
    } catch (error) {
      // The other ways of a device go on without this one.
      const pushProblem = (error as { code?: string }).code ?? (error as Error).message;
      onWarning(`the device cannot call us: ${(error as Error).message}`);
      this.remark({ ...this.remarks, pushProblem });
      return { ...options, events };
    }
  }

  private async withPush(
    events: NonNullable<ClientOptions['events']>,
    push: PushWish | undefined,
    ways: SharedWays,
  ): Promise<Pick<ClientOptions, 'events'>> {
    if (push === undefined) return { events };
    const { calledAt } = push;
    const listener = await ways.pushListener(push.place);
    this.shares.push(listener);
    const called = calledAt === undefined ? {} : { calledAt };
    return { events: { ...events, push: { listener: listener.value, secret: ways.secret, ...called } } };
  }

  private async giveBackShares(): Promise<void> {
    for (const share of this.shares.splice(0)) await share.giveBack();
  }

  private watchCounters(client: HikvisionClient): void {
    const { droppedMessages, evictedEvents } = client.counters;
    this.remark({ ...this.remarks, droppedMessages, evictedEvents });
    this.remarksTimer = systemClock.after(REMARKS_INTERVAL_MS, () => this.watchCounters(client));
  }

  private remark(remarks: Remarks): void {
    const before = this.remarks;
    this.remarks = remarks;
    if (JSON.stringify(before) === JSON.stringify(remarks)) return;
    for (const listener of [...this.remarkListeners]) listener(remarks);
  }

  private async shut(client: HikvisionClient): Promise<void> {
    this.remarksTimer?.cancel();
    for (const entry of this.eventListeners) {
      entry.handle?.close();
      delete entry.handle;
    }
    for (const handle of this.clientHandles) handle.close();
    this.clientHandles = [];
    try {
      await client.close();
    } catch (error) {
      this.given.onWarning((error as Error).message);
    }
    this.client = undefined;
    await this.giveBackShares();
    this.remark({ ...this.remarks, pushProblem: null });
    this.change({ state: 'idle' });
  }

  private remember(address: string, state: ConnectionState): void {
    if (state.state !== 'connected') return;
    this.deviceName = state.device.name;
    if (state.device.serial !== null) this.given.serials.set(address, state.device.serial);
  }

  private change(state: DeviceState): void {
    this.current = state;
    for (const listener of [...this.stateListeners]) listener(state);
  }
}

function reportKey(state: DeviceState, withWays: boolean): string {
  if (state.state === 'connected' && withWays) return `connected ${state.stream} ${state.ways.join()}`;
  return 'code' in state ? `${state.state} ${state.code}` : state.state;
}

/**
 * The connection behind a node's `device` property. Where there is none, one that says so: a node then shows what it lacks in its
 * status instead of failing.
 */
export function connectionOf(RED: NodeAPI, id: string): Connection {
  const node = RED.nodes.getNode(id) as DeviceNode | null;
  if (node?.type === 'hsp-config') return node.connection;
  return new Connection({
    settings: { name: 'hikvision', problem: RED._('common.problem.noDevice') },
    serials: new Map(),
    whenStarted: (run) => whenFlowsStarted(RED.events, run),
    onWarning: () => undefined,
  });
}

type Emitter = NodeAPI['events'];
interface Waiting {
  readonly runs: Set<() => void>;
  readonly listener: () => void;
}
const waiting = new WeakMap<Emitter, Waiting>();

/**
 * Calls `run` once when the flows have started, which is when every node exists. One listener serves all nodes: Node.js warns
 * about more than ten.
 */
export function whenFlowsStarted(events: Emitter, run: () => void): Subscription {
  const entry = waiting.get(events) ?? newWaiting(events);
  entry.runs.add(run);
  return {
    close: () => {
      if (!entry.runs.delete(run) || entry.runs.size > 0) return;
      events.removeListener('flows:started', entry.listener);
      waiting.delete(events);
    },
  };
}

function newWaiting(events: Emitter): Waiting {
  const runs = new Set<() => void>();
  const listener = () => {
    waiting.delete(events);
    const due = [...runs];
    runs.clear();
    for (const run of due) run();
  };
  const entry = { runs, listener };
  waiting.set(events, entry);
  events.once('flows:started', listener);
  return entry;
}
