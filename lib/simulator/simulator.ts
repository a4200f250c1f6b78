/**
 * A simulated device on the network: sockets, requests, faults, and the end of all that.
 *
 * For tests, demos and `hsp simulate`. It speaks to bad clients too: nothing that arrives may crash it, everything it keeps is
 * bounded, and after `close()` no socket and no timer is left. It knows nothing of the client.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { systemClock, type Clock, type Timer } from '../clock';
import { AlertStreams } from './alert-stream';
import {
  notFound,
  responseStatus,
  unauthorized,
  userCheck,
  type AnswerStream,
  type DeviceAnswer,
  type LineEnd,
} from './answers';
import { DEFAULT_LOCK, Gate, type DigestOptions, type LockOptions } from './auth';
import { CommandPort, type HspLogEntry, type HspOptions } from './command-port';
import type { DeviceRequest, SimulatedDevice } from './device';
import { EventWriter, type EventFields } from './event-parts';
import { faultNamed, REBOOT_BUSY_MS, REBOOT_MS, SLOW_BODY_MS, type FaultName } from './faults';
import { isReported } from './functions/watching';
import type { Replay } from './replay';
import { ScenarioPlayer, type ScenarioName } from './scenario';
import { SessionAuth, type SessionLoginDemand } from './session-auth';

/** Password of a simulated device when none is given. It protects nothing. */
export const SIMULATOR_PASSWORD = 'Simulator1';
export const SIMULATOR_USERNAME = 'admin';

export interface SimulatorOptions {
  /** A device of its own: two simulators cannot share one. */
  readonly device: SimulatedDevice;
  readonly username?: string;
  readonly password?: string;
  /** 0, any free port, when not given. */
  readonly httpPort?: number;
  /** 127.0.0.1 when not given. */
  readonly host?: string;
  readonly clock?: Clock;
  readonly digest?: DigestOptions;
  /** `digest` when not given. */
  readonly auth?: 'digest' | 'basic' | 'both' | 'none';
  /** The session login of the web pages; what the device has when not given. */
  readonly sessionLogin?: SessionLoginDemand;
  /** PEM texts; makes it HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 7 attempts and 30 minutes when not given. */
  readonly lock?: LockOptions;
  /** 10 s when not given, 0 = none. */
  readonly heartbeatMs?: number;
  /** Replayed from the start on each alertStream. */
  readonly stream?: Replay;
  /** How long a restart takes; 20 s when not given. */
  readonly rebootMs?: number;
  /** Command port, 0 for any free one; closed when not given. With `tls` it speaks TLS. */
  readonly hspPort?: number;
  readonly hsp?: HspOptions;
}

export interface LogEntry {
  readonly method: string;
  /** Request target; values of password parameters are starred. */
  readonly path: string;
  readonly authorized: boolean;
  /** HTTP status, 0 for no answer. */
  readonly status: number;
  /** Where it came through the command port. */
  readonly face?: 'hsp';
}

/** Entries that the log keeps; the oldest go first. */
const MAX_LOG = 2_000;
/** Largest request body. Settings have a few KB. */
const MAX_BODY_BYTES = 1_024 * 1_024;
const MAX_CONNECTIONS = 256;
/** What devices announce: `Keep-Alive: timeout=10, max=99` (fixtures of V5.5.0). */
const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_REQUESTS = 99;
/** Longest time for a request to arrive. */
const REQUEST_MS = 30_000;
const DEFAULT_HEARTBEAT_MS = 10_000;
/** Pause before the port is taken again when somebody else has it. */
const RELISTEN_MS = 100;

const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';
const USER_CHECK = '/ISAPI/Security/userCheck';

interface Connection {
  requestsLeft: number;
  /** Ends the connection when nothing comes. */
  idle: Timer | null;
}

export class Simulator {
  /** Most requests that were under way at one time, alertStreams not counted. */
  peakRequests = 0;

  private readonly server: Server;
  private readonly clock: Clock;
  private readonly gate: Gate;
  private readonly sessions: SessionAuth | null;
  private readonly alertStreams: AlertStreams;
  private readonly writer: EventWriter;
  private readonly player: ScenarioPlayer;
  private readonly sockets = new Set<Socket>();
  private readonly connections = new Map<Socket, Connection>();
  private readonly entries: LogEntry[] = [];
  private readonly timers = new Set<Timer>();
  private readonly host: string;
  private readonly commandPort: CommandPort | null;
  private port = 0;
  private fault: FaultName | null = null;
  private runningRequests = 0;
  private isBusy = false;
  private isClosed = false;
  private restartTimer: Timer | null = null;

  /** Starts listening. @throws the error of `listen`, for example EADDRINUSE. */
  static async start(options: SimulatorOptions): Promise<Simulator> {
    const simulator = new Simulator(options);
    try {
      await simulator.firstListen(options.httpPort ?? 0);
      await simulator.commandPort?.listen(options.hspPort ?? 0);
    } catch (error) {
      await simulator.close();
      throw error;
    }
    return simulator;
  }

  private constructor(private readonly options: SimulatorOptions) {
    if (options.stream !== undefined && !(options.stream.speed > 0)) {
      throw new RangeError(`the speed of a replay is above 0, not ${options.stream.speed}`);
    }
    const { device } = options;
    this.clock = options.clock ?? systemClock;
    this.host = options.host ?? '127.0.0.1';
    const lock = options.lock ?? DEFAULT_LOCK;
    this.gate = new Gate({
      username: options.username ?? SIMULATOR_USERNAME,
      password: options.password ?? SIMULATOR_PASSWORD,
      realm:
        device.form === 'recorder' ? hexOf(device.identity.serial) : `IP Camera(${digitsOf(device.identity.serial)})`,
      style: device.form === 'recorder' ? 'recorder' : 'camera',
      auth: options.auth ?? 'digest',
      digest: options.digest ?? {},
      lock,
      clock: this.clock,
    });
    const sessionLogin = options.sessionLogin ?? device.sessionLogin;
    this.sessions =
      sessionLogin === null
        ? null
        : new SessionAuth({
            demand: sessionLogin,
            gate: this.gate,
            lineEnd: device.lineEnd,
            lockFields: lock.lockFields ?? 'userCheck',
            clock: this.clock,
          });
    this.writer = new EventWriter(device, this.clock, () => ({
      host: this.host,
      port: this.port,
      protocol: options.tls === undefined ? 'HTTP' : 'HTTPS',
    }));
    this.alertStreams = new AlertStreams({
      form: device.form,
      clock: this.clock,
      heartbeatMs: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
      heartbeat: () => this.writer.heartbeat(),
      maxStreams: device.maxStreams,
      ...(options.stream === undefined ? {} : { replay: options.stream }),
    });
    this.player = new ScenarioPlayer(device, this.clock, (event) => this.happens(event));
    this.server = this.createServer();
    this.commandPort = options.hspPort === undefined ? null : this.createCommandPort(options.hsp ?? {});
    device.onEvent = (event) => this.happens(event);
    device.boot(this.clock);
  }

  get httpPort(): number {
    return this.port;
  }

  /** 0 when the command port is closed. */
  get hspPort(): number {
    return this.commandPort?.port ?? 0;
  }

  /** Logins at the command port that were begun. */
  get hspLogins(): number {
    return this.commandPort?.logins ?? 0;
  }

  /** Open connections of the command port, alarm channels included. */
  get hspConnections(): number {
    return this.commandPort?.openConnections ?? 0;
  }

  /** Most of them at one time. */
  get hspPeakConnections(): number {
    return this.commandPort?.peakConnections ?? 0;
  }

  /** Open alarm channels. */
  get hspAlarmChannels(): number {
    return this.commandPort?.alarmChannels ?? 0;
  }

  /** Who is logged in at the command port. */
  get hspSessions(): number {
    return this.commandPort?.openSessions ?? 0;
  }

  /** The last commands of the command port, oldest first; bounded. Logins are not among them. */
  get hspLog(): readonly HspLogEntry[] {
    return this.commandPort?.log ?? [];
  }

  /** `http://127.0.0.1:8080`, without a user. */
  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `${this.options.tls === undefined ? 'http' : 'https'}://${host}:${this.port}`;
  }

  get device(): SimulatedDevice {
    return this.options.device;
  }

  /** The last requests, oldest first; bounded. */
  get log(): readonly LogEntry[] {
    return this.entries;
  }

  /** Requests that carried a rejected Authorization. A stale nonce with the right password is none. */
  get authFailures(): number {
    return this.gate.failures;
  }

  /** Web sessions that are open. */
  get webSessions(): number {
    return this.sessions?.count ?? 0;
  }

  /** Session logins that were tried. */
  get webLogins(): number {
    return this.sessions?.logins ?? 0;
  }

  /** Ends all web sessions; their next request is told that they have expired. */
  dropWebSessions(): void {
    this.sessions?.drop();
  }

  /** Open alertStreams. */
  get streams(): number {
    return this.alertStreams.count;
  }

  /** False while a fault keeps it away. */
  get isListening(): boolean {
    return this.server.listening;
  }

  /** Open TCP connections. */
  get openConnections(): number {
    return this.sockets.size;
  }

  /**
   * Sends to all open alertStreams: an event in this device's own form, a document (XML or JSON text) as one part, or raw
   * bytes as they are. Alarm channels get what they have a word for, and no raw bytes.
   */
  sendEvent(event: EventFields | string | Buffer): void {
    if (Buffer.isBuffer(event)) this.alertStreams.writeRaw(event);
    else this.alertStreams.write(typeof event === 'string' ? this.writer.document(event) : this.writer.event(event));
    if (!Buffer.isBuffer(event)) this.commandPort?.sendEvent(event);
  }

  /** Something happens at the device, which tells it where it watches for that, is armed, and is to notify the center. */
  private happens(event: EventFields): void {
    if (isReported(event, this.device, this.clock)) this.sendEvent(event);
  }

  /** Plays a scenario round after round; null ends it. */
  playScenario(name: ScenarioName | null): void {
    if (name === null || this.isClosed) this.player.stop();
    else this.player.play(name);
  }

  /** One fault at a time; null ends it. A `reboot` ends by itself. */
  setFault(name: FaultName | null): void {
    if (this.isClosed) return;
    this.restartTimer?.cancel();
    this.restartTimer = null;
    this.isBusy = false;
    this.fault = name;
    const fault = faultNamed(name);
    this.gate.hold(fault.locked === true);
    this.alertStreams.setFault(name);
    // A device that has gone away ends no connection.
    if (this.isMute) for (const connection of this.connections.values()) connection.idle?.cancel();
    if (fault.restart) this.restart();
    else if (isHttpCut(name)) this.goAway();
    else this.comeBack();
    this.commandPort?.faultChanged();
  }

  /** Ends all sessions of the command port; the next command is answered with status 30. */
  dropHspSessions(): void {
    this.commandPort?.dropSessions();
  }

  setPassword(password: string): void {
    this.gate.setPassword(password);
  }

  /** Cuts all connections at once; new ones are taken. */
  dropConnections(): void {
    this.alertStreams.stop();
    for (const socket of this.sockets) socket.destroy();
    this.commandPort?.dropConnections();
  }

  /** Resolves when no socket and no timer is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.options.device.halt();
    this.player.stop();
    this.restartTimer?.cancel();
    this.restartTimer = null;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.dropConnections();
    await this.commandPort?.close();
    await new Promise<void>((resolve) => {
      // An error says that it does not listen; that is what we want.
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
    // Destroyed sockets tell so a little later.
    while (this.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const connection of this.connections.values()) connection.idle?.cancel();
    this.connections.clear();
  }

  /* Sockets */

  private createServer(): Server {
    const { tls } = this.options;
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      void this.handle(request, response).catch(() => request.socket.destroy());
    };
    // Idle connections and slow requests are ended on our clock, so the server's own time limits are off.
    const limits = {
      keepAliveTimeout: 0,
      headersTimeout: 0,
      requestTimeout: 0,
      connectionsCheckingInterval: 0x7fffffff,
    };
    const server = tls === undefined ? createServer(limits, handle) : createTlsServer({ ...limits, ...tls }, handle);
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => this.track(socket));
    if (tls !== undefined) server.on('secureConnection', (socket: Socket) => this.track(socket));
    server.on('clientError', (_error: Error, socket: Socket) => {
      if (socket.writable && !this.isMute) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      socket.destroySoon();
    });
    return server;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.connections.get(socket)?.idle?.cancel();
      this.connections.delete(socket);
    });
    if (this.isClosed || isHttpCut(this.fault)) {
      socket.destroy();
      return;
    }
    const connection: Connection = { requestsLeft: KEEP_ALIVE_REQUESTS, idle: null };
    this.connections.set(socket, connection);
    this.endWhenIdle(socket, connection, REQUEST_MS);
  }

  private endWhenIdle(socket: Socket, connection: Connection, afterMs: number): void {
    connection.idle?.cancel();
    connection.idle = this.isMute || socket.destroyed ? null : this.clock.after(afterMs, () => socket.destroy());
  }

  private async firstListen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, this.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.port = (this.server.address() as AddressInfo).port;
    this.server.on('error', () => this.later(RELISTEN_MS, () => this.comeBack()));
    this.server.on('listening', () => {
      if (this.isAway) this.server.close();
    });
  }

  private get isMute(): boolean {
    return faultNamed(this.fault).connections === 'mute';
  }

  private get isAway(): boolean {
    return this.isClosed || isHttpCut(this.fault) || (faultNamed(this.fault).restart === true && !this.isBusy);
  }

  private goAway(): void {
    this.server.close();
    this.alertStreams.stop();
    for (const socket of this.sockets) socket.destroy();
  }

  private comeBack(): void {
    if (!this.isAway && !this.server.listening) this.server.listen(this.port, this.host);
  }

  /** Away, then busy, then well. Nonces and locks are forgotten, the up time starts again. */
  private restart(): void {
    this.goAway();
    this.restartTimer = this.clock.after(this.options.rebootMs ?? REBOOT_MS, () => {
      this.gate.restart();
      this.sessions?.drop();
      this.commandPort?.restarted();
      this.options.device.boot(this.clock);
      this.isBusy = true;
      this.comeBack();
      this.commandPort?.faultChanged();
      this.restartTimer = this.clock.after(REBOOT_BUSY_MS, () => this.setFault(null));
    });
  }

  /** A timer that `close()` cancels. */
  private later(delayMs: number, run: () => void): Timer {
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(timer);
      if (!this.isClosed) run();
    });
    this.timers.add(timer);
    return timer;
  }

  private forget(timer: Timer): void {
    timer.cancel();
    this.timers.delete(timer);
  }

  /* Requests */

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    const { socket } = message;
    const connection = this.connections.get(socket);
    if (connection !== undefined) this.endWhenIdle(socket, connection, REQUEST_MS);
    this.runningRequests++;
    this.peakRequests = Math.max(this.peakRequests, this.runningRequests);
    try {
      const body = await readBody(message);
      connection?.idle?.cancel();
      if (this.isMute) {
        this.note(message, false, 0);
        return;
      }
      if (body === null) {
        response.setHeader('Connection', 'close');
        await this.send(message, response, { status: 413, contentType: null, body: Buffer.alloc(0) }, false);
        socket.destroySoon();
        return;
      }
      await this.respond(message, response, body);
    } finally {
      this.runningRequests--;
      if (connection !== undefined && response.writableFinished) this.endWhenIdle(socket, connection, KEEP_ALIVE_MS);
    }
  }

  private async respond(message: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const { device } = this.options;
    const request = deviceRequest(message, body);
    const isJson = request.query.get('format')?.toLowerCase() === 'json';
    const place = { path: request.path, lineEnd: device.lineEnd, json: isJson };
    if (this.isBusy) {
      await this.send(message, response, responseStatus('deviceBusy', place), false);
      return;
    }
    const from = message.socket.remoteAddress ?? '';
    const known = this.sessions?.take({ ...request, headers: message.headers, from }) ?? 'elsewhere';
    if (typeof known === 'object') {
      if (known.cookie !== null) response.setHeader('Set-Cookie', known.cookie);
      await this.send(message, response, known.answer, known.granted);
      return;
    }
    if (known === 'granted') {
      await this.serve(message, response, request, from);
      return;
    }
    const verdict = this.gate.check({
      method: request.method,
      target: request.target,
      authorization: message.headers.authorization,
      from,
    });
    const { lockFields } = this;
    const isUserCheck = samePath(request.path, USER_CHECK);
    if (!verdict.granted) {
      const refusal = unauthorized({
        lockFields,
        lock: verdict.lock,
        rejected: verdict.rejected,
        isUserCheck,
        page: device.form !== 'recorder',
        lineEnd: device.lineEnd,
      });
      response.setHeader('WWW-Authenticate', verdict.challenges);
      await this.send(message, response, refusal, false);
      return;
    }
    await this.serve(message, response, request, from);
  }

  /** Answers somebody who is let in. */
  private async serve(
    message: IncomingMessage,
    response: ServerResponse,
    request: DeviceRequest,
    from: string,
  ): Promise<void> {
    const { device } = this.options;
    const isJson = request.query.get('format')?.toLowerCase() === 'json';
    const isOwn = request.method === 'GET' && !device.has('GET', request.path);
    if (isOwn && samePath(request.path, ALERT_STREAM)) {
      if (this.alertStreams.isFull) {
        const place = { path: request.path, lineEnd: device.lineEnd, json: isJson };
        await this.send(message, response, responseStatus('deployExceedMax', place), true);
        return;
      }
      this.note(message, true, 200);
      this.startStream(response);
      return;
    }
    const answer = this.deviceAnswer(request, from);
    await this.send(message, response, answer, true);
    if (answer.restarts && !this.isClosed) this.setFault('reboot');
  }

  private get lockFields(): LockOptions['lockFields'] {
    return (this.options.lock ?? DEFAULT_LOCK).lockFields ?? 'userCheck';
  }

  /** What the device says to somebody who is let in, over HTTP or through the command port. */
  private deviceAnswer(request: DeviceRequest, from: string): DeviceAnswer {
    const { device } = this.options;
    const isOwn = request.method === 'GET' && !device.has('GET', request.path);
    if (isOwn && samePath(request.path, USER_CHECK)) {
      return userCheck(this.lockFields, this.gate.lockState(from), device.lineEnd);
    }
    return request.path.startsWith('/') ? this.options.device.answer(request, this.clock) : notFound(request.path);
  }

  private createCommandPort(hsp: HspOptions): CommandPort {
    const { tls } = this.options;
    return new CommandPort({
      host: this.host,
      clock: this.clock,
      gate: this.gate,
      ...(tls === undefined ? {} : { tls }),
      options: hsp,
      answer: (request, from, passed) => {
        const answer = withoutStream(request, this.deviceAnswer(request, from), this.options.device.lineEnd);
        if (passed) this.keep({ ...entryOf(request.method, request.target, true, answer.status), face: 'hsp' });
        return answer;
      },
      fault: () => this.fault,
      isBusy: () => this.isBusy,
      restart: () => {
        if (!this.isClosed) this.setFault('reboot');
      },
    });
  }

  private startStream(response: ServerResponse): void {
    this.dateHeaders(response);
    response.shouldKeepAlive = false;
    // No chunks and no length: the answer ends with the connection, as devices do it.
    response.removeHeader('Transfer-Encoding');
    response.socket?.setNoDelay(true);
    this.alertStreams.start(response);
  }

  /** Sends an answer with the head of a device. Resolves when it is sent or the connection is gone. */
  private async send(
    message: IncomingMessage,
    response: ServerResponse,
    answer: DeviceAnswer,
    authorized: boolean,
  ): Promise<void> {
    this.note(message, authorized, answer.status);
    this.dateHeaders(response);
    if (answer.stream !== undefined) {
      await this.sendStream(message, response, answer, answer.stream);
      return;
    }
    if (answer.contentType !== null) response.setHeader('Content-Type', answer.contentType);
    if (answer.status !== 204 && answer.status !== 304) response.setHeader('Content-Length', answer.body.length);
    const connection = this.connections.get(message.socket);
    const left = connection === undefined ? 0 : connection.requestsLeft--;
    const staysOpen = left > 0 && response.shouldKeepAlive && !response.hasHeader('Connection');
    response.setHeader('Connection', staysOpen ? 'keep-alive' : 'close');
    if (staysOpen) response.setHeader('Keep-Alive', `timeout=${KEEP_ALIVE_MS / 1_000}, max=${left}`);
    response.writeHead(answer.status);
    if (answer.hears !== undefined) this.hear(message.socket, answer.hears);

    const done = new Promise<void>((resolve) => {
      response.on('close', resolve);
      response.on('finish', resolve);
    });
    if (faultNamed(this.fault).slowBody && answer.body.length > 1) {
      const half = answer.body.length >> 1;
      response.write(answer.body.subarray(0, half));
      const timer = this.later(SLOW_BODY_MS, () => response.end(answer.body.subarray(half)));
      void done.then(() => this.forget(timer));
    } else {
      response.end(answer.body);
    }
    await done;
  }

  /** Sends piece by piece, no faster than the client takes it. */
  private async sendStream(
    message: IncomingMessage,
    response: ServerResponse,
    answer: DeviceAnswer,
    stream: AnswerStream,
  ): Promise<void> {
    if (answer.contentType !== null) response.setHeader('Content-Type', answer.contentType);
    if (stream.sizeBytes === null) response.removeHeader('Transfer-Encoding');
    else response.setHeader('Content-Length', stream.sizeBytes);
    response.shouldKeepAlive = false;
    response.setHeader('Connection', 'close');
    response.writeHead(answer.status);
    const gone = new Promise<void>((resolve) => response.on('close', resolve));
    for (let piece = stream.next(); piece !== null; piece = stream.next()) {
      if (response.destroyed || message.socket.destroyed) break;
      const hasRoom = response.write(piece);
      if (!hasRoom) await Promise.race([gone, new Promise((resolve) => response.once('drain', resolve))]);
      if (stream.everyMs > 0) await this.pause(stream.everyMs, gone);
    }
    response.end();
    await gone;
  }

  private async pause(ms: number, gone: Promise<void>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.later(ms, resolve);
      void gone.then(() => {
        this.forget(timer);
        resolve();
      });
    });
  }

  /**
   * The request is over, and the client writes on: from now on the bytes of this connection are sound. A listener for data takes
   * the connection away from the parser of Node; the listeners before it are those of the parser.
   */
  private hear(socket: Socket, hears: (bytes: Buffer) => void): void {
    const connection = this.connections.get(socket);
    socket.removeAllListeners('data');
    socket.on('data', (bytes: Buffer) => {
      hears(bytes);
      if (connection !== undefined) this.endWhenIdle(socket, connection, KEEP_ALIVE_MS);
    });
    // On a connection that Node believes idle it reads nothing by itself.
    socket.resume();
  }

  private dateHeaders(response: ServerResponse): void {
    response.sendDate = false;
    response.setHeader('Date', new Date(this.clock.now() + this.options.device.clockOffsetMs).toUTCString());
    response.setHeader('Server', this.options.device.form === 'recorder' ? 'DNVRS-Webs' : 'App-webs/');
  }

  private note(message: IncomingMessage, authorized: boolean, status: number): void {
    this.keep(entryOf(message.method ?? '', message.url ?? '', authorized, status));
  }

  private keep(entry: LogEntry): void {
    this.entries.push(entry);
    if (this.entries.length > MAX_LOG) this.entries.splice(0, this.entries.length - MAX_LOG);
  }
}

/** What goes piece by piece does not go through the command port. */
function withoutStream({ path }: DeviceRequest, answer: DeviceAnswer, lineEnd: LineEnd): DeviceAnswer {
  if (answer.stream === undefined && answer.hears === undefined) return answer;
  return responseStatus('notSupport', { path, lineEnd, json: false });
}

function entryOf(method: string, target: string, authorized: boolean, status: number): LogEntry {
  return { method, path: withoutSecrets(target), authorized, status };
}

function isHttpCut(fault: FaultName | null): boolean {
  const { connections, httpClosed } = faultNamed(fault);
  return connections === 'cut' || httpClosed === true;
}

/** Null when it is larger than we take. Rejects when the client goes away. */
function readBody(message: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) resolve(null);
      else chunks.push(chunk);
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', reject);
    message.on('close', () => reject(new Error('the client went away')));
  });
}

function deviceRequest(message: IncomingMessage, body: Buffer): DeviceRequest {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  return { method: message.method ?? 'GET', target, path, query, body };
}

function samePath(path: string, other: string): boolean {
  return path.toLowerCase() === other.toLowerCase();
}

/** Longest target in the log. */
const MAX_LOGGED_TARGET = 1_024;

function withoutSecrets(target: string): string {
  return target
    .slice(0, MAX_LOGGED_TARGET)
    .replace(/([?&][^=&]{0,64}(?:pass|secret|token)[^=&]{0,64}=)[^&]*/gi, '$1***');
}

function digitsOf(serial: string): string {
  return serial.replace(/\D/g, '').slice(-5);
}

function hexOf(serial: string): string {
  return Buffer.from(serial).toString('hex').slice(-24);
}
