/**
 * The command port of a simulated device: TCP, or TLS where it has a certificate. Written from the tables of what is known of
 * the protocol (hsp-wire.md), not by turning the client's encoder around: login, auth word, pass-through and pushes are all
 * written a second time here, so that a mistake in one of them shows.
 *
 * One connection is one command and its reply; a login is two requests on one connection; an alarm channel stays. Nothing that
 * arrives may crash it, everything it keeps is bounded.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { COMMAND_CODES, commandNameOf } from '../codec/command-codes';
import { decodeRequest, encodeReply, INTERFACE, type RequestFrame } from '../codec/frame';
import { Framer } from '../codec/framer';
import type { Clock, Timer } from '../clock';
import { ProtocolError } from '../errors';
import type { DeviceAnswer } from './answers';
import type { Gate } from './auth';
import type { DeviceRequest } from './device';
import type { EventFields } from './event-parts';
import { faultNamed, SLOW_BODY_MS, type FaultName } from './faults';
import { AlarmChannels, alarmOf } from './hsp/alarms';
import { Facts, type Ask } from './hsp/facts';
import { Line, type LineFault, type OutgoingFrame } from './hsp/line';
import {
  acceptedReply,
  challengeFor,
  isLogin,
  isProof,
  loginReply,
  packSdk,
  provesPassword,
  type LoginDraws,
  type LoginMode,
  type PendingLogin,
} from './hsp/login';
import { answerNative, type NativeAnswer, type Speeds } from './hsp/native';
import { passedAnswer, passedRequest, requestOf, type DocumentPadding } from './hsp/pass-through';
import { hasAuthWord, hasPlainSum, Sessions, type Addend, type Session } from './hsp/sessions';
import { STATUS } from './hsp/status';

export interface HspOptions {
  /** `rsaSalt` when not given. */
  readonly login?: LoginMode;
  /** `userId` when not given. */
  readonly addend?: Addend;
  /**
   * `old`: below 3.0. Requests have interface version 0x5a and the plain byte sum as their word. `current` when not given.
   */
  readonly sdk?: 'current' | 'old';
  /** Sessions at one time; one more is refused with status 31. 128 when not given. */
  readonly maxUsers?: number;
  /** A session that is not used for so long is gone; 5 minutes when not given. */
  readonly sessionIdleMs?: number;
  /** Status for a wrong auth word; 30, as for a session that is gone, when not given. */
  readonly wrongWordStatus?: number;
  /** What stands before documents; `none` when not given. */
  readonly padding?: DocumentPadding;
  /** Number of the first IP channel on the wire; 33 when not given. */
  readonly firstIpChannel?: number;
  /** What is drawn by chance otherwise; for repeating a published trace. */
  readonly fixed?: Partial<LoginDraws> & { readonly userId?: number; readonly seed?: number };
}

export interface HspLogEntry {
  readonly command: number;
  /** Null for a number without a name. */
  readonly name: string | null;
  readonly userId: number;
  /** As the frame says it. */
  readonly clientIp: string;
  /** 12 hexadecimal digits, as the frame says it. */
  readonly clientMac: string;
  readonly status: number;
}

export interface CommandPortContext {
  readonly host: string;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly options: HspOptions;
  /** The text face, as HTTP has it. `passed`: asked for by a client, not by a binary command. */
  readonly answer: (request: DeviceRequest, from: string, passed: boolean) => DeviceAnswer;
  readonly fault: () => FaultName | null;
  /** The device has just restarted and has no time. */
  readonly isBusy: () => boolean;
  readonly restart: () => void;
}

/** A request holds a document at most; those have a few KB. */
const MAX_REQUEST_BYTES = 512 * 1_024;
const MIN_REQUEST_BYTES = 32;
const MAX_CONNECTIONS = 128;
/** Longest time for a request to arrive, and for a client to close behind the reply. */
const REQUEST_MS = 30_000;
const SESSION_IDLE_MS = 5 * 60_000;
const DEFAULT_MAX_USERS = 128;
const FIRST_IP_CHANNEL = 33;
/** Entries that the log keeps; the oldest go first. */
const MAX_LOG = 2_000;
/** Pause before the port is taken again when somebody else has it. */
const RELISTEN_MS = 100;
const ENCRYPTED = 1;
const SDK = { current: packSdk(5, 2, 2023, 10, 13), old: packSdk(2, 1, 2010, 4, 6) };

/**
 * - `first`: the first request of a connection is awaited.
 * - `proof`: the second request of a login is.
 * - `line`: it stays open for pushes.
 * - `done`: it has been answered; what still comes is left.
 */
type Stage = 'first' | 'proof' | 'line' | 'done';

interface Connection {
  readonly socket: Socket;
  readonly line: Line;
  readonly framer: Framer;
  readonly from: string;
  stage: Stage;
  pending: PendingLogin | null;
  /** Whose alarm channel it is; 0 for none. */
  userId: number;
  timer: Timer | null;
  /** Ends the alarm channel. */
  endLine: (() => void) | null;
}

export class CommandPort {
  /** Logins that were begun. */
  logins = 0;
  /** Most connections that were open at one time, alarm channels included. */
  peakConnections = 0;

  private readonly server: Server;
  private readonly sessions: Sessions;
  private readonly alarms: AlarmChannels;
  private readonly facts: Facts;
  private readonly sockets = new Set<Socket>();
  private readonly connections = new Map<Socket, Connection>();
  private readonly entries: HspLogEntry[] = [];
  private readonly timers = new Set<Timer>();
  private readonly speeds = new Map<number, Speeds>();
  private listenedPort = 0;
  private isClosed = false;

  constructor(private readonly context: CommandPortContext) {
    const { clock, options } = context;
    this.sessions = new Sessions(
      clock,
      options.maxUsers ?? DEFAULT_MAX_USERS,
      options.sessionIdleMs ?? SESSION_IDLE_MS,
    );
    this.alarms = new AlarmChannels(clock, (channel) => this.deviceChannel(channel));
    this.facts = new Facts(this.asker(''));
    this.server = this.createServer();
  }

  /** @throws the error of `listen`, for example EADDRINUSE. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.context.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.listenedPort = (this.server.address() as AddressInfo).port;
    this.server.on('error', () => this.later(RELISTEN_MS, () => this.comeBack()));
    this.server.on('listening', () => {
      if (this.isAway) this.server.close();
    });
  }

  get port(): number {
    return this.listenedPort;
  }

  /** Open TCP connections. */
  get openConnections(): number {
    return this.sockets.size;
  }

  get alarmChannels(): number {
    return this.alarms.count;
  }

  get openSessions(): number {
    return this.sessions.count;
  }

  /** The last commands, oldest first; bounded. */
  get log(): readonly HspLogEntry[] {
    return this.entries;
  }

  /** To all alarm channels, as far as this face has a word for it. */
  sendEvent(event: EventFields | string): void {
    const alarm = alarmOf(event);
    if (alarm !== null) this.alarms.write(alarm);
  }

  /** Called when the fault has changed, or a restart is over. */
  faultChanged(): void {
    if (this.isMute) for (const connection of this.connections.values()) this.disarm(connection);
    if (this.isAway) this.goAway();
    else this.comeBack();
  }

  /** A restart forgets who was logged in. */
  restarted(): void {
    this.speeds.clear();
    this.sessions.clear();
  }

  /** Ends all sessions at once, as a device does that is short of memory. */
  dropSessions(): void {
    this.sessions.clear();
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when no socket and no timer is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.dropConnections();
    await new Promise<void>((resolve) => {
      // An error says that it does not listen; that is what we want.
      this.server.close(() => resolve());
      this.dropConnections();
    });
    while (this.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const connection of [...this.connections.values()]) this.forget(connection);
    this.sessions.clear();
  }

  /* Sockets */

  private createServer(): Server {
    const { tls } = this.context;
    const server = tls === undefined ? createServer({ noDelay: true }) : createTlsServer({ ...tls, noDelay: true });
    server.maxConnections = MAX_CONNECTIONS;
    if (tls === undefined) {
      server.on('connection', (socket: Socket) => {
        this.track(socket);
        this.serve(socket, socket);
      });
      return server;
    }
    // The TCP connections under those that speak TLS, by the address of the client.
    const raws = new Map<string, { readonly raw: Socket; readonly handshake: Timer }>();
    const placeOf = (socket: Socket) => `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
    server.on('connection', (raw: Socket) => {
      const place = placeOf(raw);
      const handshake = this.later(REQUEST_MS, () => raw.destroy());
      raws.set(place, { raw, handshake });
      this.track(raw);
      raw.on('close', () => {
        handshake.cancel();
        raws.delete(place);
      });
    });
    server.on('secureConnection', (socket: Socket) => {
      const below = raws.get(placeOf(socket));
      below?.handshake.cancel();
      this.serve(socket, below?.raw ?? socket);
    });
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    return server;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    this.peakConnections = Math.max(this.peakConnections, this.sockets.size);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }

  private serve(socket: Socket, raw: Socket): void {
    if (this.isAway) {
      socket.destroy();
      return;
    }
    const connection: Connection = {
      socket,
      line: new Line(socket, { raw, fault: () => this.lineFault, later: (delayMs, run) => this.later(delayMs, run) }),
      framer: new Framer({ minBytes: MIN_REQUEST_BYTES, maxBytes: MAX_REQUEST_BYTES }),
      from: socket.remoteAddress ?? '',
      stage: 'first',
      pending: null,
      userId: 0,
      timer: null,
      endLine: null,
    };
    this.connections.set(socket, connection);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.forget(connection));
    socket.on('data', (chunk: Buffer) => this.take(connection, chunk));
    this.arm(connection);
  }

  private take(connection: Connection, chunk: Buffer): void {
    const isWaiting = connection.stage === 'first' || connection.stage === 'proof';
    if (!isWaiting || this.isMute) return;
    try {
      for (const frame of connection.framer.push(chunk)) this.receive(connection, frame);
    } catch (error) {
      // A length that cannot be, or a header without sense: a device hangs up, and has nothing to say. A mistake of our own
      // ends the connection too, and nothing else.
      connection.socket.destroy(error instanceof ProtocolError ? undefined : (error as Error));
    }
  }

  /** The connection is ended when nothing comes, or the client does not close. */
  private arm(connection: Connection): void {
    this.disarm(connection);
    if (this.isMute || connection.socket.destroyed) return;
    const slowMs = faultNamed(this.context.fault()).slowBody === true ? SLOW_BODY_MS : 0;
    connection.timer = this.context.clock.after(REQUEST_MS + slowMs, () => connection.socket.destroy());
  }

  private disarm(connection: Connection): void {
    connection.timer?.cancel();
    connection.timer = null;
  }

  private forget(connection: Connection): void {
    this.disarm(connection);
    connection.endLine?.();
    connection.endLine = null;
    this.connections.delete(connection.socket);
  }

  private goAway(): void {
    this.server.close();
    this.dropConnections();
  }

  private comeBack(): void {
    if (!this.isAway && !this.server.listening && this.listenedPort !== 0) {
      this.server.listen(this.listenedPort, this.context.host);
    }
  }

  private get isAway(): boolean {
    const { connections, restart, commandPort } = faultNamed(this.context.fault());
    return (
      this.isClosed || connections === 'cut' || commandPort === 'closed' || (restart === true && !this.context.isBusy())
    );
  }

  private get isMute(): boolean {
    const { connections, commandPort } = faultNamed(this.context.fault());
    return connections === 'mute' || commandPort === 'silence';
  }

  private get lineFault(): LineFault | null {
    const fault = faultNamed(this.context.fault());
    if (this.isMute) return 'silence';
    if (fault.silentStream === true) return 'silentStream';
    return fault.slowBody === true ? 'slowAnswer' : (fault.commandPort ?? null);
  }

  /** A timer that `close()` cancels. */
  private later(delayMs: number, run: () => void): Timer {
    const timer = this.context.clock.after(delayMs, () => {
      this.timers.delete(timer);
      if (!this.isClosed) run();
    });
    this.timers.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.timers.delete(timer);
      },
    };
  }

  /* Requests */

  private receive(connection: Connection, frame: Buffer): void {
    if (connection.stage !== 'first' && connection.stage !== 'proof') return;
    if (this.context.isBusy()) {
      this.answer(connection, { status: STATUS.noResource });
    } else if (connection.stage === 'proof') {
      this.finishLogin(connection, frame);
    } else if (isLogin(frame)) {
      this.startLogin(connection, frame);
    } else {
      this.command(connection, decodeRequest(frame), frame);
    }
  }

  private startLogin(connection: Connection, frame: Buffer): void {
    const { options, clock } = this.context;
    this.logins++;
    const pending = challengeFor(frame, options.login ?? 'rsaSalt', {
      challenge: options.fixed?.challenge ?? randomBytes(16).toString('hex'),
      salt: options.fixed?.salt ?? randomBytes(32).toString('hex'),
      deviceClock: options.fixed?.deviceClock ?? Math.floor(clock.now() / 1_000) % 2 ** 32,
    });
    if (typeof pending === 'number') {
      this.endWith(connection, { kind: 'login', bytes: loginReply(pending) });
      return;
    }
    connection.pending = pending;
    connection.stage = 'proof';
    this.arm(connection);
    connection.line.send([{ kind: 'login', bytes: pending.reply }], { end: false });
  }

  private finishLogin(connection: Connection, frame: Buffer): void {
    const { gate, options } = this.context;
    const { pending } = connection;
    connection.pending = null;
    const refuse = (status: number) => this.endWith(connection, { kind: 'login', bytes: loginReply(status) });
    if (pending === null || !isProof(frame)) return refuse(STATUS.badData);
    const verdict = gate.checkLogin(connection.from, (account) => provesPassword(frame, pending, account));
    if (verdict === 'locked') return refuse(STATUS.userLocked);
    if (verdict === 'wrong') return refuse(STATUS.wrongPassword);
    if (this.sessions.isFull) return refuse(STATUS.tooManyUsers);
    const session = this.sessions.add({
      userId: options.fixed?.userId ?? this.newUserId(),
      seed: options.fixed?.seed ?? randomBytes(4).readUInt32BE(),
      challenge: pending.challenge,
      deviceClock: pending.deviceClock,
    });
    const isOld = options.sdk === 'old';
    const facts = { ...this.facts.counts, serial: this.facts.identity()?.serial ?? '' };
    const bytes = acceptedReply(session, isOld ? SDK.old : SDK.current, facts, isOld);
    this.endWith(connection, { kind: 'login', bytes });
  }

  private newUserId(): number {
    for (;;) {
      const userId = randomBytes(4).readUInt32BE();
      if (userId !== 0 && this.sessions.find(userId) === undefined) return userId;
    }
  }

  private command(connection: Connection, request: RequestFrame, frame: Buffer): void {
    const { header, body } = request;
    const session = this.sessions.find(header.userId);
    const refusal = session === undefined ? STATUS.noSuchUserId : this.refusalOf(request, frame, session);
    if (session === undefined || refusal !== null) {
      this.answer(connection, { status: refusal ?? STATUS.noSuchUserId }, request);
      return;
    }
    this.sessions.use(session);
    switch (header.command) {
      case COMMAND_CODES.keepAlive.code:
        this.answer(connection, { status: STATUS.ok }, request);
        return;
      case COMMAND_CODES.logout.code:
        this.sessions.end(session.userId);
        this.answer(connection, { status: STATUS.ok }, request);
        this.endLines(session.userId);
        return;
      case COMMAND_CODES.alarmChannelV30.code:
        this.openAlarmChannel(connection, 'V30', request);
        return;
      case COMMAND_CODES.alarmChannel.code:
        this.openAlarmChannel(connection, 'old', request);
        return;
      case COMMAND_CODES.isapi.code:
        this.answer(connection, this.passThrough(connection, body), request);
        return;
      default:
        this.answer(connection, this.native(connection, header.command, body), request);
    }
  }

  /** What is wrong with a request of a session; null when nothing is. */
  private refusalOf({ header }: RequestFrame, frame: Buffer, session: Session): number | null {
    const { options, clock } = this.context;
    const wrongWord = options.wrongWordStatus ?? STATUS.noSuchUserId;
    if ((header.flags & ENCRYPTED) !== 0) return STATUS.notSupported;
    if (options.sdk === 'old') {
      if (header.interfaceVersion !== INTERFACE.login) return STATUS.version;
      return hasPlainSum(frame) ? null : wrongWord;
    }
    if (header.interfaceVersion !== INTERFACE.command) return STATUS.version;
    const elapsedSeconds = (clock.monotonic() - session.sinceMs) / 1_000;
    return hasAuthWord(frame, session, options.addend ?? 'userId', elapsedSeconds) ? null : wrongWord;
  }

  private openAlarmChannel(connection: Connection, version: 'V30' | 'old', request: RequestFrame): void {
    if (this.alarms.isFull) {
      this.answer(connection, { status: STATUS.tooManyLinks }, request);
      return;
    }
    this.note(request, STATUS.ok);
    connection.stage = 'line';
    this.disarm(connection);
    connection.line.send([{ kind: 'reply', bytes: encodeReply({ retVal: STATUS.ok }) }], { end: false });
    connection.userId = request.header.userId;
    connection.endLine = this.alarms.start(connection.line, version);
  }

  private endLines(userId: number): void {
    for (const connection of this.connections.values()) {
      if (connection.endLine === null || connection.userId !== userId) continue;
      connection.endLine();
      connection.endLine = null;
      this.endWith(connection);
    }
  }

  private passThrough(connection: Connection, body: Buffer): NativeAnswer {
    const request = passedRequest(body);
    if (request === null) return { status: STATUS.badData };
    const answer = this.context.answer(request, connection.from, true);
    const restarts = answer.restarts === true ? { restarts: true as const } : {};
    return { ...passedAnswer(answer, this.context.options.padding ?? 'none'), ...restarts };
  }

  private native(connection: Connection, command: number, body: Buffer): NativeAnswer {
    try {
      const answer = answerNative(command, {
        body,
        ask: this.asker(connection.from),
        facts: this.facts,
        channelOf: (deviceChannel) => this.channelOf(deviceChannel),
        speeds: this.speeds,
      });
      return answer ?? { status: STATUS.notSupported };
    } catch (error) {
      // A body without sense, or a document that cannot be told in binary.
      return { status: error instanceof ProtocolError ? STATUS.badData : STATUS.failed };
    }
  }

  private asker(from: string): Ask {
    return (method, target, body) =>
      this.context.answer(requestOf(method, target, Buffer.from(body ?? '')), from, false);
  }

  private answer(connection: Connection, answer: NativeAnswer, request: RequestFrame | null = null): void {
    this.note(request, answer.status);
    if (answer.pushes !== undefined) {
      this.endWith(connection, ...answer.pushes.map((bytes) => ({ bytes, kind: 'push' as const })));
    } else {
      const bytes = encodeReply({
        retVal: answer.status,
        checksum: answer.sumsHeaderOnly === true ? 'header' : 'all',
        ...(answer.body === undefined ? {} : { body: answer.body }),
      });
      this.endWith(connection, { bytes, kind: 'reply' });
    }
    if (answer.restarts === true && !this.isClosed) connection.socket.once('close', () => this.context.restart());
  }

  /** The device closes behind its last frame; a client that does not is cut off later. */
  private endWith(connection: Connection, ...frames: OutgoingFrame[]): void {
    connection.stage = 'done';
    this.arm(connection);
    connection.line.send(frames, { end: true });
  }

  private note(request: RequestFrame | null, status: number): void {
    if (request === null) return;
    const { command, userId, clientIp, clientMac } = request.header;
    this.entries.push({ command, name: commandNameOf(command), userId, clientIp, clientMac, status });
    if (this.entries.length > MAX_LOG) this.entries.splice(0, this.entries.length - MAX_LOG);
  }

  /* Channels: IP channels have numbers of their own on the wire. */

  private get firstIpChannel(): number {
    return this.context.options.firstIpChannel ?? FIRST_IP_CHANNEL;
  }

  private deviceChannel(channel: number): number {
    const { analogChannels, ipChannels } = this.facts.counts;
    if (channel <= analogChannels || ipChannels === 0) return channel;
    return this.firstIpChannel + channel - analogChannels - 1;
  }

  private channelOf(deviceChannel: number): number | null {
    const { analogChannels, ipChannels } = this.facts.counts;
    if (deviceChannel >= 1 && deviceChannel <= analogChannels) return deviceChannel;
    const index = deviceChannel - this.firstIpChannel;
    return index >= 0 && index < ipChannels ? analogChannels + index + 1 : null;
  }
}
