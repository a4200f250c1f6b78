/** One device: its connection, its commands, its events. */
import { inspect } from 'node:util';
import { systemClock, type Clock } from './clock';
import { checkArguments } from './commands/arguments';
import type { CommandContext } from './commands/command';
import { nearest } from './commands/nearest';
import { commandList, commandNamed, registry, type CallOptions, type Commands } from './commands/registry';
import type { Capabilities } from './commands/feature-reader';
import type { Features } from './commands/features';
import type { Channel, DeviceInfo, DeviceTime } from './commands/results';
import { parseDeviceTime } from './codec/device-time';
import { dispatch } from './dispatch';
import {
  ArgumentError,
  AuthenticationError,
  ClosedError,
  ConnectionLostError,
  HikvisionError,
  LockedError,
  UnreachableError,
  UnsupportedError,
} from './errors';
import type { DeviceIdentity, HikvisionEvent } from './events/event';
import { MemoryCursors, type CursorStore } from './events/cursors';
import type { Site, SiteMember } from './events/site';
import type { EventCompanion } from './session/companions';
import type { DialInOptions } from './session/dial-in-link';
import { systemFiles, type Files } from './files';
import { Connection, type ConnectionState } from './session/connection';
import {
  EventPump,
  type EventInlet,
  type PumpCounters,
  type SubscribeOptions,
  type Warning,
} from './session/event-pump';
import type { BinaryFace, DeviceLink } from './session/link';
import { Polls } from './session/polls/polls';
import { PushCompanion, pushToken, type PushOptions } from './session/push-companion';
import { openLink, planLink, type CommandPortOptions, type LinkProtocol } from './session/open-link';
import { Ways, type WaysWish } from './session/ways';
import { CLOCK_DOUBT_INTERVAL_MS, CLOSE_GRACE_MS, WARNING_INTERVAL_MS } from './settings';
import type { LoginWay } from './transport/http';
import type { TlsTrust } from './transport/tls';

export interface ClientOptions {
  /**
   * `http://192.0.2.10`, `https://host:444`, `http://[2001:db8::1]:81`, `hsp://192.0.2.10:8000`; user and password may stand in
   * it.
   */
  readonly url: string;
  /** By which face; the scheme of the URL says it when not given. `auto` takes the command port where HTTP is closed. */
  readonly protocol?: LinkProtocol;
  readonly commandPort?: CommandPortOptions;
  readonly username?: string;
  readonly password?: string;
  /** Shown in events and errors; else the device's own name. */
  readonly name?: string;
  readonly tls?: TlsTrust;
  /** Basic over plain HTTP where the device offers nothing else. Everybody on the network can then read the password. */
  readonly allowBasic?: boolean;
  /** Over HTTP; `auto` when not given: Digest, and the session login of the web pages where an alarm panel asks for it. */
  readonly login?: LoginWay;
  /** Another serial number that answers is reported and refused. */
  readonly expectedSerial?: string;
  readonly events?: EventOptions;
  /** The device dials in by EHome 2.x instead of being called; `url` is then `ehome://` with its id. Experimental. */
  readonly dialIn?: DialInOptions;
  readonly clock?: Clock;
  /** Where commands find the files that they are given; those of this machine when not given. */
  readonly files?: Files;
  /** 0 up to 1; spreads reconnections. For tests. */
  readonly random?: () => number;
}

export interface EventOptions {
  /** False: what a device tells by several ways is an event each. */
  readonly merge?: boolean;
  /** Devices that share it count a camera once that is reached directly and behind a recorder. */
  readonly site?: Site;
  /** Where the device may call us. */
  readonly push?: PushOptions;
  /** By which ways events may come; `auto` when not given: the best that the device has. */
  readonly ways?: WaysWish;
  /** How far histories were read, kept by whoever wants that to outlive the process; bounded memory when not given. */
  readonly cursors?: CursorStore;
}

export interface ClientCounters extends PumpCounters {
  readonly reconnects: number;
}

export interface Subscription {
  close(): void;
}

/** The families as methods, and what is common to them. */
export type HikvisionClient = ClientBase & Commands;

class ClientBase {
  /** As given; IPv6 without brackets. */
  readonly host: string;

  private readonly clock: Clock;
  private readonly link: DeviceLink;
  private readonly pump: EventPump;
  private readonly member: SiteMember | null;
  private readonly pushed: EventInlet;
  private readonly ways: Ways;
  private readonly polls: Polls;
  /** One for all its connections: it remembers what stood on the device before us. */
  private push: PushCompanion | null = null;
  private readonly connection: Connection;
  private readonly stateListeners = new Set<(state: ConnectionState) => void>();
  private readonly warningListeners = new Set<(warning: Warning) => void>();
  private readonly context: CommandContext;
  private readonly calls = new Set<{ abort: AbortController; done: Promise<unknown> }>();
  /** By code: when a warning was last told, and how many came since. */
  private readonly warned = new Map<string, { atMs: number; since: number }>();
  private device: DeviceInfo | null = null;
  /** Asked for once, until another firmware or another device answers. */
  private featuresSoon: Promise<Features> | null = null;
  private isClosed = false;
  private closing: Promise<void> | null = null;
  private lastDoubtMs = -Infinity;

  constructor(private readonly options: ClientOptions) {
    const commandPort = options.commandPort ?? {};
    const { url, username, password, protocol, dialIn } = options;
    const plan = planLink({ url, username, password, protocol, commandPort, dialIn });
    this.host = plan.host;
    this.clock = options.clock ?? systemClock;
    this.context = {
      host: plan.host,
      username: plan.username,
      password: () => plan.password,
      now: () => this.clock.now(),
      memory: new Map(),
    };
    const warn = (warning: Warning) => this.warn(warning);
    this.member = options.events?.site?.join() ?? null;
    this.member?.is({ serial: null, address: plan.host });
    this.ways = new Ways(options.events?.ways);
    this.pump = new EventPump({
      clock: this.clock,
      device: () => this.identity(),
      warn,
      ...(options.events?.merge === undefined ? {} : { merge: options.events.merge }),
      site: this.member,
      onClockDoubt: () => this.doubtClock(),
      heard: (notice, source) => this.polls.heard(notice, source),
    });
    this.polls = new Polls({
      clock: this.clock,
      pump: this.pump,
      ways: this.ways,
      cursors: options.events?.cursors ?? new MemoryCursors(),
      device: () => ({ key: this.device?.serial ?? this.link.place, type: this.device?.deviceType ?? null }),
      deviceKey: () => this.deviceKey,
      memory: this.context.memory,
      line: () => this.connection.line,
      call: (command, args, signal) => this.call(command, args, { signal }),
    });
    this.pushed = this.pump.inlet('push');
    this.link = openLink(
      plan,
      {
        commandPort,
        trust: options.tls ?? {},
        allowBasic: options.allowBasic ?? false,
        login: options.login ?? 'auto',
        clock: this.clock,
        ways: this.ways,
        deviceKey: () => this.deviceKey,
      },
      this.pump,
      warn,
    );
    this.connection = new Connection({
      clock: this.clock,
      random: options.random ?? Math.random,
      link: this.link,
      pump: this.pump,
      identify: (signal) => this.identify(signal),
      prepare: (_device, signal) => this.measureClock(signal),
      prepareEvents: (signal) => this.readChannels(signal),
      wantsLine: this.ways.hasLine,
      onLine: () => this.polls.lineOpened(),
      companions: () => this.companions(),
      measureClock: (signal) => this.measureClock(signal),
      warn,
      onState: (state) => this.tellState(state),
      expectedSerial: options.expectedSerial,
    });
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** What a debugger or a careless log line shows: who it is, and nothing that opens a door. */
  toJSON(): { readonly host: string; readonly state: string } {
    return { host: this.host, state: this.state.state };
  }

  [inspect.custom](): string {
    return `HikvisionClient ${JSON.stringify(this.toJSON())}`;
  }

  get counters(): ClientCounters {
    return { ...this.pump.counters, reconnects: Math.max(0, this.connection.reconnects) };
  }

  /**
   * Opens the connection and keeps it open.
   *
   * @param options.retry the user asks: a remembered refusal, a lock and the known serial number are forgotten.
   * @returns who answered. @throws the first error; the client goes on trying where that can help.
   */
  connect(options: { readonly retry?: boolean } = {}): Promise<DeviceInfo> {
    return this.connection.connect(options.retry === true);
  }

  /** Ends the connection and keeps the subscriptions; `connect` starts again. */
  async disconnect(): Promise<void> {
    await this.connection.disconnect();
    await this.link.rest();
  }

  /**
   * Runs a command by its name; it needs no connection that is held.
   *
   * @param name for example `camera.snapshot`. @param args checked against the command's parameters.
   * @throws ArgumentError with all violations, ConfirmationError, or what the device answered.
   */
  async call(name: string, args: Record<string, unknown> = {}, options: CallOptions = {}): Promise<unknown> {
    if (this.isClosed) throw new ClosedError('the connection was closed', { device: this.link.place, operation: name });
    return this.dispatched(name, args, options);
  }

  private async dispatched(name: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    const command = commandNamed(name);
    const place = { device: this.link.place, operation: name };
    if (command === undefined) {
      const near = nearest(
        String(name),
        commandList().map((known) => known.name),
      );
      const expected =
        near.length === 0 ? 'a command such as camera.snapshot' : `a command such as ${near.join(' or ')}`;
      throw new ArgumentError([{ parameter: 'command', given: name, expected }], { device: this.link.place });
    }
    const checked = checkArguments(name, command.params, args);
    const abort = new AbortController();
    const onAbort = () => abort.abort(new ClosedError('cancelled', place));
    if (options.signal?.aborted === true) onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const done = dispatch(command, name, checked, {
      carrier: this.link,
      ...(options.encoding === 'binary' ? { binary: this.binaryFace(place) } : {}),
      context: this.context,
      clock: this.clock,
      signal: abort.signal,
      files: this.options.files ?? systemFiles,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
    });
    const running = { abort, done };
    this.calls.add(running);
    try {
      const result = await done;
      if (name === 'config.reboot' || name === 'config.restore') this.connection.expectReboot();
      if (name === 'config.changePassword') this.link.gate.outdated();
      return result;
    } finally {
      this.calls.delete(running);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * What the device has, so that a user is offered only that. Asked for once and kept until another firmware or another device
   * answers; whether a command works, the device itself says.
   */
  features(): Promise<Features> {
    if (this.featuresSoon === null) {
      const soon = this.call('config.capabilities').then((answer) => (answer as Capabilities).features);
      this.featuresSoon = soon;
      soon.catch(() => {
        if (this.featuresSoon === soon) this.featuresSoon = null;
      });
    }
    return this.featuresSoon;
  }

  /**
   * Receives events. The first subscriber starts the device's stream, which all of them share; call `connect` to begin.
   *
   * @param options.endAfterMs silence after which an event has ended, for devices that never say so; 10 s by default.
   */
  events(listener: (event: HikvisionEvent) => void, options: SubscribeOptions = {}): Subscription {
    if (this.isClosed) throw new ClosedError('the connection was closed', { device: this.link.place });
    const unsubscribe = this.pump.subscribe(listener, options);
    this.connection.streamWishChanged();
    return {
      close: () => {
        unsubscribe();
        this.connection.streamWishChanged();
      },
    };
  }

  /** Is told every change, not the state at this moment: that is `state`. */
  onState(listener: (state: ConnectionState) => void): Subscription {
    this.stateListeners.add(listener);
    return { close: () => void this.stateListeners.delete(listener) };
  }

  /** What went wrong without stopping anything: parts that could not be read, events that the device does not give. */
  onWarning(listener: (warning: Warning) => void): Subscription {
    this.warningListeners.add(listener);
    return { close: () => void this.warningListeners.delete(listener) };
  }

  /** Final: cancels what runs (a moving camera is told to stop first), and leaves no socket, timer or listener. */
  close(): Promise<void> {
    this.isClosed = true;
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    const closed = new ClosedError('the connection was closed', { device: this.link.place });
    for (const { abort } of this.calls) abort.abort(closed);
    await this.settled([...this.calls].map(({ done }) => done));
    const ended = this.connection.close().then(() => this.push?.quit());
    this.pump.close();
    // What is put back on the device needs the way to it.
    if (this.push?.isEntered === true) await ended;
    await Promise.all([ended, this.link.close()]);
    this.stateListeners.clear();
    this.warningListeners.clear();
  }

  /** Waits until all have ended, well or not, but not for ever. */
  private async settled(running: Promise<unknown>[]): Promise<void> {
    if (running.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(CLOSE_GRACE_MS, resolve);
      void Promise.allSettled(running).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  private binaryFace(place: { device: string; operation: string }): BinaryFace {
    if (this.link.binary !== null) return this.link.binary;
    const expected = 'text, or a connection to the command port: hsp://, or protocol auto';
    throw new ArgumentError([{ parameter: 'encoding', given: 'binary', expected }], place);
  }

  /** Where this device calls us, `/hsp/...`; a secret. Null where no listener is given. */
  get pushPath(): string | null {
    const { push } = this.options.events ?? {};
    return push === undefined ? null : push.listener.pathOf({ token: this.pushTokenOf(push) });
  }

  private pushTokenOf({ secret }: PushOptions): string {
    return pushToken(secret, this.link.place);
  }

  private companions(): EventCompanion[] {
    const { push } = this.options.events ?? {};
    // A device that comes to us takes no questions.
    const pollers = this.link.describe === undefined ? this.polls.pollers() : [];
    if (push === undefined || !this.ways.allows('push')) return pollers;
    this.push ??= new PushCompanion({
      clock: this.clock,
      options: push,
      inlet: this.pushed,
      device: () => ({ token: this.pushTokenOf(push), address: this.host, mac: this.device?.mac ?? null }),
      warn: (warning) => this.warn(warning),
      call: (command, args, signal) => this.lastCall(command, args, signal),
    });
    return [...pollers, this.push];
  }

  /** Also while the client is being closed: what is put back on the device then, within the time that a close may take. */
  private async lastCall(name: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<unknown> {
    if (!this.isClosed) return this.call(name, args, signal === undefined ? {} : { signal });
    const abort = new AbortController();
    const place = { device: this.link.place, operation: name };
    const timer = this.clock.after(CLOSE_GRACE_MS, () => abort.abort(new ClosedError('there was no time left', place)));
    try {
      return await this.dispatched(name, args, { signal: abort.signal });
    } finally {
      timer.cancel();
    }
  }

  /** Changes with another device or another firmware. */
  private get deviceKey(): string {
    return `${this.device?.serial ?? ''}|${this.device?.firmware ?? ''}`;
  }

  private identity(): DeviceIdentity {
    const { device } = this;
    return {
      name: this.options.name ?? device?.name ?? this.host,
      host: this.host,
      serial: device?.serial ?? null,
      model: device?.model ?? null,
    };
  }

  private async identify(signal: AbortSignal): Promise<DeviceInfo> {
    const device = await this.askWho(signal);
    const { device: before } = this;
    const isSame = before?.serial === device.serial && before.firmware === device.firmware;
    if (before !== null && !isSame) this.featuresSoon = null;
    this.device = device;
    this.member?.is({ serial: device.serial, address: this.host });
    return device;
  }

  private async askWho(signal: AbortSignal): Promise<DeviceInfo> {
    if (this.link.describe !== undefined) return this.link.describe(signal);
    try {
      return (await this.call('config.deviceInfo', {}, { signal })) as DeviceInfo;
    } catch (error) {
      if (!(error instanceof UnsupportedError) || this.link.binary === null) throw error;
      // Devices from before the pass-through speak binary only.
      return (await this.call('config.deviceInfo', {}, { signal, encoding: 'binary' })) as DeviceInfo;
    }
  }

  /** The numbers of the channels, by which those in events are understood. */
  private async readChannels(signal: AbortSignal): Promise<void> {
    try {
      const channels = (await this.call('recorder.listChannels', {}, { signal })) as readonly Channel[];
      this.pump.setChannels(new Set(channels.map(({ channel }) => channel)));
      const behind = channels.filter(({ kind }) => kind === 'ip');
      this.member?.has(new Map(behind.map(({ channel, serial, address }) => [channel, { serial, address }])));
    } catch (error) {
      if (signal.aborted || endsConnection(error)) throw error;
      // A device without a list of channels: those above 32 are then taken for 32 + IP channel (isapi.md §6.6).
    }
  }

  /** Measures how far the device's clock is from ours; a device that does not tell leaves it unknown. */
  private async measureClock(signal: AbortSignal): Promise<void> {
    try {
      const { time, offsetMs } = (await this.call('config.getTime', {}, { signal })) as DeviceTime;
      const wall = parseDeviceTime(time?.replace(/(Z|[+-]\d{2}:?\d{2})$/i, ''));
      this.pump.staleness.measured(offsetMs, wall === null ? null : wall.ms - this.clock.now());
    } catch (error) {
      if (signal.aborted || endsConnection(error)) throw error;
      this.pump.staleness.measured(null, null);
    }
  }

  private doubtClock(): void {
    const now = this.clock.monotonic();
    if (now - this.lastDoubtMs < CLOCK_DOUBT_INTERVAL_MS) return;
    this.lastDoubtMs = now;
    void this.measureClock(new AbortController().signal).catch(() => undefined); // the next heartbeat asks again
  }

  private tellState(state: ConnectionState): void {
    for (const listener of [...this.stateListeners]) this.guarded(() => listener(state));
  }

  /** A device that sends nonsense all day gets one warning of a kind per interval, with how many there were. */
  private warn(warning: Warning): void {
    const now = this.clock.monotonic();
    const before = this.warned.get(warning.code);
    if (before !== undefined && now - before.atMs < WARNING_INTERVAL_MS) {
      before.since++;
      return;
    }
    this.warned.set(warning.code, { atMs: now, since: 0 });
    const more =
      before !== undefined && before.since > 0 ? ` (and ${before.since} more like it since the last warning)` : '';
    for (const listener of [...this.warningListeners])
      this.guarded(() => listener({ ...warning, message: warning.message + more }));
  }

  private guarded(tell: () => void): void {
    try {
      tell();
    } catch {
      // A listener that fails must not take the connection with it, and has nobody else to tell.
    }
  }
}

/** Failures of what is only good to know do not end a connection, unless the device is gone or has refused us. */
function endsConnection(error: unknown): boolean {
  return (
    !(error instanceof HikvisionError) ||
    error instanceof UnreachableError ||
    error instanceof ConnectionLostError ||
    error instanceof AuthenticationError ||
    error instanceof LockedError
  );
}

/** The methods of one family, for example `snapshot` of `camera`. */
function methodsOf(client: ClientBase, family: string): Record<string, unknown> {
  const ofFamily = commandList().filter((command) => command.family === family);
  return Object.fromEntries(
    ofFamily.map(({ name }) => [
      name.slice(family.length + 1),
      (args?: Record<string, unknown>, options?: CallOptions) => client.call(name, args, options),
    ]),
  );
}

// A family is made when it is first asked for: of a thousand devices whose commands are called by name, none carries any.
for (const family of Object.keys(registry)) {
  Object.defineProperty(ClientBase.prototype, family, {
    get(this: ClientBase) {
      const methods = methodsOf(this, family);
      Object.defineProperty(this, family, { value: methods, enumerable: true });
      return methods;
    },
  });
}

/** Creates the client of one device. Nothing happens on the network before `connect` or a command. */
export const HikvisionClient = ClientBase as unknown as new (options: ClientOptions) => HikvisionClient;
