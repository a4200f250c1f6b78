/**
 * Devices that call us (httpHosts): one HTTP listener for all of them. It speaks to whoever finds the port, so it gives nothing
 * away, keeps nothing without a bound, and takes a body only from a device that it knows and that has shown who it is: by the
 * secret in its path, or by Digest.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock, Timer } from '../clock';
import { Gathered } from '../codec/gathered';
import {
  PUSH_HEADERS_TIMEOUT_MS,
  PUSH_HEAD_BYTES,
  PUSH_KEEP_ALIVE_MS,
  PUSH_MAX_BODY_BYTES,
  PUSH_MAX_CONNECTIONS,
  PUSH_MAX_PENDING_BYTES,
  PUSH_NONCE_MS,
  PUSH_SILENCE_MS,
  PUSH_TOTAL_MS,
} from '../settings';
import { nonceOf, verifiedDigest, type DigestChallenge } from './digest';

/** Where the bytes of one push go. */
export interface PushBody {
  /** Bytes held back because their part is not complete. */
  readonly pendingBytes: number;
  push(chunk: Buffer): number;
  /** The body is over, well or not. */
  end(): void;
}

/** A device that may call. */
export interface PushReceiver {
  /** Last part of its path: long, random, made for it alone. */
  readonly token: string;
  /** Addresses from which it calls, for senders that prove themselves by Digest instead. */
  readonly addresses?: readonly string[];
  /** Its MAC address, for those behind a router. */
  readonly mac?: string | null;
  /** A push begins. */
  body(): PushBody;
}

export interface PushListenerOptions {
  readonly clock: Clock;
  /** Path in front of the tokens. */
  readonly path?: string;
  /** Lets devices in that cannot keep a secret in their path, and prove themselves by these; the device is then told by address or MAC. */
  readonly digest?: { readonly username: string; readonly password: string };
}

export interface ListenOptions {
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** PEM texts; makes it HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What a listener has taken and turned away. */
export interface PushCounters {
  readonly pushes: number;
  /** Without a right secret, or from nobody we know. */
  readonly refused: number;
  /** Too large, too slow, or broken off. */
  readonly cut: number;
  /** Turned away because too much was under way. */
  readonly busy: number;
}

const REALM = 'events';
const DEFAULT_PATH = '/hsp';
const EMPTY = Buffer.alloc(0);
/** In XML, JSON or a query, to the end of the value. */
const MAC_IN_DOCUMENT = /mac_?address["'>\s:]{1,8}([0-9a-f:-]{12,17})(?![0-9a-f:-])./is;
const MAC_IN_DOCUMENT_MAX_LENGTH = 11 + 8 + 17 + 1;

export class PushListener {
  private readonly clock: Clock;
  private readonly path: string;
  private readonly receivers = new Map<string, PushReceiver>();
  private readonly bodies = new Set<PushBody>();
  /** Of all of them together. */
  private pendingBytes = 0;
  private readonly sockets = new Set<Socket>();
  /** Those whose body is on its way, and whether what followed made no sense. */
  private readonly reading = new Map<Socket, boolean>();
  private readonly timers = new Set<Timer>();
  private readonly nonceKey = randomBytes(32);
  private server: Server | null = null;
  private closed = false;
  private readonly count = { pushes: 0, refused: 0, cut: 0, busy: 0 };

  constructor(private readonly options: PushListenerOptions) {
    this.clock = options.clock;
    this.path = `/${(options.path ?? DEFAULT_PATH).split('/').filter(Boolean).join('/')}`;
  }

  get counters(): PushCounters {
    return { ...this.count };
  }

  /** Port of the own listener; 0 while there is none. */
  get port(): number {
    return (this.server?.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Path at which a device is to call. */
  pathOf(receiver: Pick<PushReceiver, 'token'>): string {
    return `${this.path}/${receiver.token}`;
  }

  /** Opens a listener of its own. @throws the error of `listen`, for example EADDRINUSE. */
  async listen({ host, port, tls }: ListenOptions): Promise<void> {
    if (this.server !== null || this.closed) throw new Error('a push listener listens once');
    const handle = (request: IncomingMessage, response: ServerResponse) => this.handle(request, response);
    const limits = {
      keepAliveTimeout: PUSH_KEEP_ALIVE_MS,
      headersTimeout: PUSH_HEADERS_TIMEOUT_MS,
      requestTimeout: PUSH_TOTAL_MS,
      connectionsCheckingInterval: PUSH_HEADERS_TIMEOUT_MS / 2,
    };
    const server = tls === undefined ? createServer(limits, handle) : createTlsServer({ ...limits, ...tls }, handle);
    server.maxConnections = PUSH_MAX_CONNECTIONS;
    const track = (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
    };
    server.on('connection', track);
    server.on('clientError', (_error: Error, socket: Socket) => {
      // A body that breaks off is counted where it is read.
      if (this.reading.has(socket)) this.reading.set(socket, true);
      else this.count.cut++;
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) => {
        this.server = null;
        reject(error);
      };
      server.once('error', failed);
      server.listen(port, host, () => {
        server.off('error', failed);
        // A listener that runs has no caller to tell; connections report for themselves.
        server.on('error', () => undefined);
        resolve();
      });
    });
  }

  /** A device may call from now on, until it is closed. */
  register(receiver: PushReceiver): { close(): void } {
    this.receivers.set(receiver.token, receiver);
    return {
      close: () => {
        if (this.receivers.get(receiver.token) === receiver) this.receivers.delete(receiver.token);
      },
    };
  }

  /** For our own server, or any other one that hands requests on. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.take(request, response);
    } catch {
      // Whatever a sender did: it costs the sender's connection.
      request.destroy();
    }
  }

  /** Leaves no socket and no timer. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    for (const body of [...this.bodies]) body.end();
    this.bodies.clear();
    this.reading.clear();
    this.pendingBytes = 0;
    this.receivers.clear();
    const { server } = this;
    if (server === null) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const named = this.receivers.get(tokenIn(request.url ?? '', this.path));
    if (named === undefined && !this.proves(request)) {
      this.refuse(request, response);
      return;
    }
    const length = Number(request.headers['content-length'] ?? '0');
    if (length > PUSH_MAX_BODY_BYTES) {
      this.count.cut++;
      this.answer(request, response, 413, true);
      return;
    }
    if (this.pendingBytes > PUSH_MAX_PENDING_BYTES) {
      this.count.busy++;
      this.answer(request, response, 503, true);
      return;
    }
    // Node has answered `Expect: 100-continue` by itself.
    const receiver = named ?? this.receiverAt(request.socket.remoteAddress ?? '');
    if (receiver === null) this.takeUnnamed(request, response);
    else this.read(request, response, receiver.body(), fieldsInQuery(request.url ?? ''));
  }

  /** Whose it is stands in the document, as a MAC address. */
  private takeUnnamed(request: IncomingMessage, response: ServerResponse): void {
    const gathered = new Gathered();
    let border = '';
    const timer = this.after(PUSH_SILENCE_MS, () => request.destroy());
    const decide = (): void => {
      this.cancel(timer);
      request.off('data', onData);
      request.off('end', decide);
      const head = gathered.bytes;
      const receiver = this.receiverNamed(head.toString('latin1'));
      if (receiver === null) {
        this.count.refused++;
        this.answer(request, response, 403, true);
        return;
      }
      this.read(request, response, receiver.body(), fieldsInQuery(request.url ?? ''), head);
    };
    const onData = (chunk: Buffer) => {
      gathered.add(chunk);
      // A name and its value may lie on both sides of a border between chunks.
      const recent = border + chunk.toString('latin1');
      border = recent.slice(-MAC_IN_DOCUMENT_MAX_LENGTH);
      if (gathered.sizeBytes >= PUSH_HEAD_BYTES || MAC_IN_DOCUMENT.test(recent)) {
        request.pause();
        decide();
      }
    };
    request.on('data', onData);
    request.on('end', decide);
    request.on('close', () => this.cancel(timer));
  }

  /** Reads one body to its end, or to the end of our patience. */
  private read(
    request: IncomingMessage,
    response: ServerResponse,
    body: PushBody,
    query: Buffer | null,
    head: Buffer = EMPTY,
  ): void {
    const { socket } = request;
    this.bodies.add(body);
    this.reading.set(socket, false);
    let size = 0;
    let isOver = false;
    let silence = this.after(PUSH_SILENCE_MS, () => finish(false, 408));
    const total = this.after(PUSH_TOTAL_MS, () => finish(false, 408));
    const finish = (isWhole: boolean, status: number) => {
      if (isOver) return;
      isOver = true;
      this.cancel(silence);
      this.cancel(total);
      const isBroken = this.reading.get(socket) === true;
      this.reading.delete(socket);
      if (this.bodies.delete(body)) this.pendingBytes -= body.pendingBytes;
      body.end();
      if (isWhole) this.count.pushes++;
      if (status === 503) this.count.busy++;
      else if (!isWhole || isBroken) this.count.cut++;
      this.answer(request, response, status, !isWhole);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > PUSH_MAX_BODY_BYTES) {
        finish(false, 413);
        return;
      }
      const before = body.pendingBytes;
      body.push(chunk);
      const grownBytes = body.pendingBytes - before;
      this.pendingBytes += grownBytes;
      // Who began while there was room may still fill it: the one that grows has to come again.
      if (grownBytes > 0 && this.pendingBytes > PUSH_MAX_PENDING_BYTES) finish(false, 503);
    };
    if (query !== null) take(query);
    if (head.length > 0) take(head);
    request.on('data', (chunk: Buffer) => {
      if (isOver) return;
      this.cancel(silence);
      silence = this.after(PUSH_SILENCE_MS, () => finish(false, 408));
      take(chunk);
    });
    request.on('end', () => finish(true, 200));
    request.on('close', () => finish(request.complete, request.complete ? 200 : 400));
    if (request.readableEnded) finish(true, 200);
    else request.resume();
  }

  private refuse(request: IncomingMessage, response: ServerResponse): void {
    this.count.refused++;
    if (this.options.digest !== undefined) {
      const challenge = this.challenge();
      response.setHeader(
        'WWW-Authenticate',
        `Digest realm="${challenge.realm}", qop="auth", nonce="${challenge.nonce}", algorithm=MD5`,
      );
      this.answer(request, response, 401, false);
      return;
    }
    this.answer(request, response, 404, true);
  }

  /** Devices want a quick 200 without a body; whatever they still send is not waited for. */
  private answer(request: IncomingMessage, response: ServerResponse, status: number, closes: boolean): void {
    if (response.headersSent || response.destroyed) return;
    const ends = closes || request.headers.connection?.toLowerCase() === 'close';
    response.setHeader('Content-Length', 0);
    response.setHeader('Connection', ends ? 'close' : 'keep-alive');
    response.writeHead(status);
    response.end();
    if (closes && !request.complete) response.once('finish', () => request.destroy());
    else request.resume();
  }

  /* Who is it? */

  private proves(request: IncomingMessage): boolean {
    const { digest } = this.options;
    const header = request.headers.authorization;
    if (digest === undefined || header === undefined) return false;
    const nonce = nonceOf(header);
    if (nonce === null || !this.isOurs(nonce)) return false;
    const { method = 'POST', url: uri = '/' } = request;
    return verifiedDigest(header, challengeWith(nonce), { ...digest, method, uri }) !== null;
  }

  private challenge(): DigestChallenge {
    const at = Math.floor(this.clock.monotonic()).toString(36);
    return challengeWith(`${at}.${this.signed(at)}`);
  }

  /** Nonces carry their time under our signature, so that none has to be remembered. */
  private isOurs(nonce: string): boolean {
    const [at = '', signature = ''] = nonce.split('.');
    const ageMs = this.clock.monotonic() - parseInt(at, 36);
    return ageMs >= -1 && ageMs <= PUSH_NONCE_MS && signature === this.signed(at);
  }

  private signed(text: string): string {
    return createHmac('sha256', this.nonceKey).update(text).digest('hex').slice(0, 32);
  }

  private receiverAt(address: string): PushReceiver | null {
    const wanted = plainAddress(address);
    for (const receiver of this.receivers.values())
      if (receiver.addresses?.some((each) => plainAddress(each) === wanted) === true) return receiver;
    return null;
  }

  private receiverNamed(head: string): PushReceiver | null {
    const [, found] = MAC_IN_DOCUMENT.exec(head) ?? [];
    if (found === undefined) return null;
    const wanted = plainMac(found);
    for (const receiver of this.receivers.values())
      if (typeof receiver.mac === 'string' && plainMac(receiver.mac) === wanted) return receiver;
    return null;
  }

  private after(delayMs: number, run: () => void): Timer {
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(timer);
      run();
    });
    this.timers.add(timer);
    return timer;
  }

  private cancel(timer: Timer): void {
    timer.cancel();
    this.timers.delete(timer);
  }
}

function challengeWith(nonce: string): DigestChallenge {
  return {
    scheme: 'digest',
    realm: REALM,
    nonce,
    opaque: null,
    algorithm: 'MD5',
    namesAlgorithm: true,
    qop: 'auth',
    stale: false,
  };
}

/** `/hsp/TOKEN`, also behind the prefix of another server, and with more behind it: some firmware adds a path of its own. */
function tokenIn(target: string, path: string): string {
  const [whole = ''] = target.split('?', 1);
  const at = whole.indexOf(`${path}/`);
  return at < 0 ? '' : (whole.slice(at + path.length + 1).split('/', 1)[0] ?? '');
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:/i, '').toLowerCase();
}

function plainMac(mac: string): string {
  return mac.replace(/[:-]/g, '').toLowerCase();
}

/** Fields of the query that some firmware sends instead of a document (`parameterFormatType` querystring, isapi.md §6.10). */
const EVENT_FIELDS = [
  'eventType',
  'eventState',
  'eventDescription',
  'channelID',
  'dateTime',
  'macAddress',
  'activePostCount',
] as const;
const PLATE_FIELDS = {
  licensePlate: 'licensePlate',
  country: 'country',
  lane: 'line',
  direction: 'direction',
  confidenceLevel: 'confidenceLevel',
} as const;

/** The event of a query as the document that it stands for; null where it holds none. */
function fieldsInQuery(target: string): Buffer | null {
  const mark = target.indexOf('?');
  if (mark < 0) return null;
  const query = new URLSearchParams(target.slice(mark + 1, mark + 4_096));
  if (!query.has('eventType')) return null;
  const document: Record<string, unknown> = {};
  for (const name of EVENT_FIELDS) if (query.has(name)) document[name] = query.get(name);
  const plate: Record<string, unknown> = {};
  for (const [name, own] of Object.entries(PLATE_FIELDS)) if (query.has(name)) plate[own] = query.get(name);
  if (Object.keys(plate).length > 0) document['ANPR'] = plate;
  return Buffer.from(`${JSON.stringify(document)}\r\n`);
}
