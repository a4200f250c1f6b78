/**
 * The command port of one device: TCP, or TLS (experimental: the facts about 8443 come from the vendor's manuals only). Every
 * command has a connection of its own with one request and one reply, a few at a time; a channel stays open and brings frames.
 * It moves frames and knows no meanings.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock';
import { Framer } from '../codec/framer';
import {
  ClosedError,
  ConnectionLostError,
  DeviceBusyError,
  TimeoutError,
  UnreachableError,
  type HikvisionError,
} from '../errors';
import {
  BODY_TIMEOUT_MS,
  COMMAND_CONNECTIONS,
  CONNECT_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  MAX_QUEUED_REQUESTS,
} from '../settings';
import { abortReason } from './abort';
import { networkError } from './http';
import { openBriefTcp, openTls, type TlsTrust } from './tls';

/** What crossed the wire, for a transcript. */
export interface TraceEntry {
  /** Counts the connections of this port. */
  readonly connection: number;
  readonly direction: 'sent' | 'received';
  /** Valid during the call. */
  readonly frame: Buffer;
}

export interface CommandPortOptions {
  readonly host: string;
  readonly port: number;
  /** The device as people know it. */
  readonly place: string;
  /** Null for plain TCP. */
  readonly trust: TlsTrust | null;
  readonly clock: Clock;
  /** Command connections at a time. */
  readonly connections?: number;
  readonly trace?: (entry: TraceEntry) => void;
}

/** Makes the request once it is known from which IPv4 address it goes out; `0.0.0.0` over IPv6. */
export type MakeFrame = (clientIp: string) => Buffer;

export interface ExchangeOptions {
  readonly signal?: AbortSignal;
  /** To the first byte of the reply, when other than `HEADERS_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** What is tried, for messages. */
  readonly operation?: string;
  /** Shortest frame that can come; 16, a reply without a body, when not given. */
  readonly minBytes?: number;
}

export interface ChannelHandlers {
  /** One frame, from `start` to `end` of `bytes`; valid during the call. */
  onFrame(bytes: Buffer, start: number, end: number): void;
  /** Once, when the channel is gone for another reason than `close`. */
  onEnd(error: Error): void;
}

export interface Channel {
  /** Starts handing over what comes after the first frame. */
  listen(handlers: ChannelHandlers): void;
  close(): void;
}

const REPLY_MIN_BYTES = 16;
const KEEP_ALIVE_MS = 15_000;
/** Frames of a channel that came before anybody listened. */
const MAX_EARLY_FRAMES = 1_024;

export class CommandPort {
  readonly place: string;

  private readonly maxConnections: number;
  private active = 0;
  private readonly queue: { start: () => void; refuse: (error: Error) => void }[] = [];
  private readonly lines = new Set<Line>();
  private opened = 0;
  private closed = false;

  constructor(private readonly options: CommandPortOptions) {
    this.place = options.place;
    this.maxConnections = options.connections ?? COMMAND_CONNECTIONS;
  }

  /** Open connections, channels included. */
  get openConnections(): number {
    return this.lines.size;
  }

  /** One request and its reply on a connection of their own. */
  exchange(make: MakeFrame, options: ExchangeOptions = {}): Promise<Buffer> {
    return this.converse((ask) => ask(make), options);
  }

  /** Several requests and replies, one after another, on one connection: a login. */
  async converse<T>(
    talk: (ask: (make: MakeFrame) => Promise<Buffer>) => Promise<T>,
    options: ExchangeOptions = {},
  ): Promise<T> {
    const release = await this.turn(options.signal);
    let line: Line | null = null;
    try {
      line = await this.open(options);
      const opened = line;
      return await talk((make) => opened.ask(make));
    } finally {
      line?.end();
      release();
    }
  }

  /** One request, answered by many frames; `onFrame` says with true that the last one has come. */
  async collect(make: MakeFrame, onFrame: (frame: Buffer) => boolean, options: ExchangeOptions = {}): Promise<void> {
    const release = await this.turn(options.signal);
    let line: Line | null = null;
    try {
      line = await this.open(options);
      let isLast = onFrame(await line.ask(make));
      while (!isLast) isLast = onFrame(await line.next());
    } finally {
      line?.end();
      release();
    }
  }

  /** Opens a connection that stays; it does not count among the command connections. @returns the first frame, and the channel. */
  async channel(make: MakeFrame, options: ExchangeOptions = {}): Promise<{ first: Buffer; channel: Channel }> {
    const line = await this.open(options);
    try {
      const first = Buffer.from(await line.ask(make));
      line.stay();
      return { first, channel: { listen: (handlers) => line.listen(handlers), close: () => line.end() } };
    } catch (error) {
      line.end();
      throw error;
    }
  }

  /** Ends everything under way. */
  close(): void {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) waiting.refuse(this.closedError());
    for (const line of this.lines) line.fail(this.closedError());
  }

  private async open(options: ExchangeOptions): Promise<Line> {
    if (this.closed) throw this.closedError();
    if (options.signal?.aborted === true) throw abortReason(options.signal, this.place);
    const line = new Line(this.options, options, ++this.opened, (ended) => this.lines.delete(ended));
    this.lines.add(line);
    await line.connected;
    return line;
  }

  private async turn(signal?: AbortSignal): Promise<() => void> {
    if (this.closed) throw this.closedError();
    if (signal?.aborted === true) throw abortReason(signal, this.place);
    if (this.active >= this.maxConnections) {
      if (this.queue.length >= MAX_QUEUED_REQUESTS) {
        throw new DeviceBusyError(`${this.queue.length} commands are waiting already; ask less often`, {
          device: this.place,
        });
      }
      await this.wait(signal);
    } else this.active++;
    return () => {
      const next = this.queue.shift();
      if (next === undefined) this.active--;
      else next.start();
    };
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = () => signal?.removeEventListener('abort', onAbort);
      const waiting = {
        start: () => {
          settled();
          resolve();
        },
        refuse: (error: Error) => {
          settled();
          reject(error);
        },
      };
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        waiting.refuse(abortReason(signal as AbortSignal, this.place));
      };
      this.queue.push(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  private closedError(): ClosedError {
    return new ClosedError('the connection was closed', { device: this.place });
  }
}

/** One connection, from its opening to its end. */
class Line {
  /** Resolves when requests can be sent. */
  readonly connected: Promise<void>;

  private readonly socket: Socket;
  private readonly framer: Framer;
  private readonly context: { device: string; operation?: string };
  /** Frames that nobody has asked for yet. */
  private readonly early: Buffer[] = [];
  private waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | null = null;
  private handlers: ChannelHandlers | null = null;
  private timer: Timer | null = null;
  private isConnected = false;
  private isLong = false;
  private isOver = false;
  private failure: Error | null = null;
  private clientIp = '0.0.0.0';

  constructor(
    private readonly port: CommandPortOptions,
    private readonly options: ExchangeOptions,
    private readonly number: number,
    private readonly onOver: (line: Line) => void,
  ) {
    const { host, trust } = port;
    const { operation, minBytes = REPLY_MIN_BYTES } = options;
    this.framer = new Framer({ minBytes });
    this.context = { device: port.place, ...(operation === undefined ? {} : { operation }) };
    this.connected = new Promise((resolve, reject) => (this.waiting = { resolve: () => resolve(), reject }));
    const ready = () => {
      const { waiting } = this;
      this.isConnected = true;
      this.waiting = null;
      this.timer?.cancel();
      this.clientIp = ipv4Of(this.socket.localAddress);
      waiting?.resolve(EMPTY);
    };
    this.timer = port.clock.after(CONNECT_TIMEOUT_MS, () =>
      this.fail(new UnreachableError(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`, this.context)),
    );
    if (trust === null)
      this.socket = openBriefTcp(host, port.port, (chunk) => this.received(chunk)).once('connect', ready);
    else {
      this.socket = openTls(host, port.port, trust, (error) => {
        if (error === null) ready();
        else this.fail(this.handshakeError(error));
      });
    }
    const { socket } = this;
    // Before TLS is up, its callback tells the error.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (trust === null || this.isConnected) this.fail(networkError(error, this.context));
    });
    const broken = () => {
      // An Error is dear, and most lines are over when they are closed.
      if (!this.isOver) this.fail(this.brokenError());
    };
    socket.on('close', broken);
    socket.on('end', () => {
      if (this.isConnected) broken();
    });
    if (trust !== null) socket.on('data', (chunk: Buffer) => this.received(chunk));
    options.signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Sends a request and waits for the next frame. */
  async ask(make: MakeFrame): Promise<Buffer> {
    const frame = make(this.clientIp);
    if (this.failure !== null) throw this.failure;
    this.port.trace?.({ connection: this.number, direction: 'sent', frame });
    this.socket.write(frame);
    return this.next();
  }

  /** The next frame. */
  next(): Promise<Buffer> {
    const early = this.early.shift();
    if (early !== undefined) return Promise.resolve(early);
    if (this.failure !== null) return Promise.reject(this.failure);
    this.patience(this.options.timeoutMs ?? HEADERS_TIMEOUT_MS, 'no answer');
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  /** From now on the connection stays, silent or not; whoever listens watches it. */
  stay(): void {
    this.isLong = true;
    this.timer?.cancel();
    // A half-open connection is noticed by the kernel even when nobody writes.
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  listen(handlers: ChannelHandlers): void {
    this.handlers = handlers;
    for (const frame of this.early.splice(0)) handlers.onFrame(frame, 0, frame.length);
    if (this.failure !== null) handlers.onEnd(this.failure);
  }

  /** Over, and nobody is told. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer?.cancel();
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.socket.destroy();
    this.onOver(this);
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.failure = error;
    this.end();
    const { waiting, handlers } = this;
    this.waiting = null;
    this.handlers = null;
    waiting?.reject(error);
    handlers?.onEnd(error);
  }

  private readonly onAbort = () => this.fail(abortReason(this.options.signal as AbortSignal, this.port.place));

  private received(chunk: Buffer): void {
    if (this.isOver) return;
    try {
      this.framer.read(chunk, (bytes, start, end) => this.frame(bytes, start, end));
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    // The rest of a reply has to follow; a byte an hour is no answer.
    if (this.waiting !== null && !this.isLong && this.framer.pendingBytes > 0)
      this.patience(BODY_TIMEOUT_MS, 'the answer did not go on');
  }

  private frame(bytes: Buffer, start: number, end: number): void {
    if (this.isOver) return;
    this.port.trace?.({ connection: this.number, direction: 'received', frame: bytes.subarray(start, end) });
    if (this.handlers !== null) {
      this.handlers.onFrame(bytes, start, end);
      return;
    }
    const frame = bytes.subarray(start, end);
    const { waiting } = this;
    if (waiting !== null) {
      this.waiting = null;
      this.timer?.cancel();
      waiting.resolve(frame);
    } else if (this.early.length < MAX_EARLY_FRAMES) this.early.push(frame);
    else this.fail(new ConnectionLostError('more frames than anybody asked for', this.context));
  }

  private patience(ms: number, what: string): void {
    this.timer?.cancel();
    this.timer = this.port.clock.after(ms, () =>
      this.fail(new TimeoutError(`${what} within ${ms / 1000} s`, this.context)),
    );
  }

  private handshakeError(error: Error): HikvisionError {
    const known = networkError(error, this.context);
    if (!(known instanceof ConnectionLostError) && !isTlsError(error)) return known;
    return new UnreachableError('no TLS connection: does this port speak TLS?', { ...this.context, cause: error });
  }

  private brokenError(): ConnectionLostError {
    const why = this.isLong
      ? 'the device ended the connection'
      : this.framer.pendingBytes > 0
        ? 'the connection broke before the answer was complete'
        : 'the connection was closed without an answer';
    return new ConnectionLostError(why, this.context);
  }
}

const EMPTY = Buffer.alloc(0);

function isTlsError(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPROTO' || error.code?.startsWith('ERR_SSL') === true;
}

/** The IPv4 address of our end, also behind an IPv6 socket; `0.0.0.0` where there is none. */
function ipv4Of(address: string | undefined): string {
  const bare = address?.replace(/^::ffff:/i, '') ?? '';
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(bare) ? bare : '0.0.0.0';
}
