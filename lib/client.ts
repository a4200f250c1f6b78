/** One device: its connection, its commands, its events. */
import { inspect } from 'node:util';
import { systemClock, type Clock } from './clock';
import { checkArguments } from './commands/arguments';
import type { CommandContext } from './commands/command';
import { commandList, commandNamed, type CallOptions, type Commands } from './commands/registry';
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
import { systemFiles, type Files } from './files';
import { Connection, type ConnectionState } from './session/connection';
import { EventPump, type PumpCounters, type Warning } from './session/event-pump';
import type { BinaryFace, DeviceLink } from './session/link';
import { openLink, planLink, type CommandPortOptions, type LinkProtocol } from './session/open-link';
import { CLOCK_DOUBT_INTERVAL_MS, CLOSE_GRACE_MS, WARNING_INTERVAL_MS } from './settings';
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
  /** Another serial number that answers is reported and refused. */
  readonly expectedSerial?: string;
  readonly clock?: Clock;
  /** Where commands find the files that they are given; those of this machine when not given. */
  readonly files?: Files;
  /** 0 up to 1; spreads reconnections. For tests. */
  readonly random?: () => number;
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
  private readonly connection: Connection;
  private readonly stateListeners = new Set<(state: ConnectionState) => void>();
  private readonly warningListeners = new Set<(warning: Warning) => void>();
  private readonly context: CommandContext;
  private readonly calls = new Set<{ abort: AbortController; done: Promise<unknown> }>();
  /** By code: when a warning was last told, and how many came since. */
  private readonly warned = new Map<string, { atMs: number; since: number }>();
  private device: DeviceInfo | null = null;
  private isClosed = false;
  private closing: Promise<void> | null = null;
  private lastDoubtMs = -Infinity;

  constructor(private readonly options: ClientOptions) {
    const commandPort = options.commandPort ?? {};
    const { url, username, password, protocol } = options;
    const plan = planLink({ url, username, password, protocol, commandPort });
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
    this.pump = new EventPump(
      this.clock,
      () => this.identity(),
      'isapi',
      warn,
      () => this.doubtClock(),
    );
    this.link = openLink(
      plan,
      { commandPort, trust: options.tls ?? {}, allowBasic: options.allowBasic ?? false, clock: this.clock },
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
      measureClock: (signal) => this.measureClock(signal),
      warn,
      onState: (state) => this.tellState(state),
      expectedSerial: options.expectedSerial,
    });
    for (const { name } of commandList()) {
      const [family, short] = name.split('.') as [string, string];
      const methods = ((this as unknown as Record<string, Record<string, unknown>>)[family] ??= {});
      methods[short] = (args?: Record<string, unknown>, callOptions?: CallOptions) =>
        this.call(name, args, callOptions);
    }
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
    const command = commandNamed(name);
    const place = { device: this.link.place, operation: name };
    if (command === undefined) {
      throw new ArgumentError([{ parameter: 'command', given: name, expected: 'a command such as camera.snapshot' }], {
        device: this.link.place,
      });
    }
    if (this.isClosed) throw new ClosedError('the connection was closed', place);
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
      return result;
    } finally {
      this.calls.delete(running);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Receives events. The first subscriber starts the device's stream, which all of them share; call `connect` to begin.
   *
   * @param options.endAfterMs silence after which an event has ended, for devices that never say so; 10 s by default.
   */
  events(listener: (event: HikvisionEvent) => void, options: { readonly endAfterMs?: number } = {}): Subscription {
    if (this.isClosed) throw new ClosedError('the connection was closed', { device: this.link.place });
    const unsubscribe = this.pump.subscribe(listener, options.endAfterMs);
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
    const ended = this.connection.close();
    this.pump.close();
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
    try {
      this.device = (await this.call('config.deviceInfo', {}, { signal })) as DeviceInfo;
    } catch (error) {
      if (!(error instanceof UnsupportedError) || this.link.binary === null) throw error;
      // Devices from before the pass-through speak binary only.
      this.device = (await this.call('config.deviceInfo', {}, { signal, encoding: 'binary' })) as DeviceInfo;
    }
    return this.device;
  }

  /** The numbers of the channels, by which those in events are understood. */
  private async readChannels(signal: AbortSignal): Promise<void> {
    try {
      const channels = (await this.call('recorder.listChannels', {}, { signal })) as readonly Channel[];
      this.pump.setChannels(new Set(channels.map(({ channel }) => channel)));
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

/** Creates the client of one device. Nothing happens on the network before `connect` or a command. */
export const HikvisionClient = ClientBase as unknown as new (options: ClientOptions) => HikvisionClient;
