/**
 * The web server of the live page: on loopback, for reading only. A page of somebody else's that is open in the same browser gets
 * nothing: it may not name this server as its own (DNS rebinding), nor take pictures from it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../clock';
import { DASHBOARD_MAX_CONNECTIONS, PUSH_HEADERS_TIMEOUT_MS } from '../settings';
import { Audience } from './audience';
import type { Shot, ShotSize } from './snapshots';
import type { Everything } from './wire';

/** The files of the page, by the path at which they are. */
export type PageFiles = Readonly<Record<PagePath, Buffer>>;

const PAGE_TYPES = {
  '/': 'text/html; charset=utf-8',
  '/page.js': 'text/javascript; charset=utf-8',
  '/page.css': 'text/css; charset=utf-8',
  '/icon.svg': 'image/svg+xml',
} as const;

type PagePath = keyof typeof PAGE_TYPES;

/** What is shown. */
export interface Shown {
  everything(): Everything;
  /** A picture of an event; undefined where there is none. */
  picture(row: number, index: number): Buffer | undefined;
  /** Undefined where there is no such device or channel. */
  snapshot(device: number, channel: number, size: ShotSize): Promise<Shot> | undefined;
}

export interface DashboardServerOptions {
  readonly clock: Clock;
  readonly files: PageFiles;
  readonly shown: Shown;
  readonly onAudience: (size: number) => void;
}

const HOST = '127.0.0.1';
/** As browsers write the host of this machine; another name is somebody else's. */
const OWN_NAMES = [HOST, 'localhost', '[::1]'];

const GUARDS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

const PICTURE_PATH = /^\/picture\/(\d{1,15})\/(\d{1,3})$/;
const SNAPSHOT_PATH = /^\/snapshot\/(\d{1,6})\/(\d{1,6})\/(small|full)$/;

export class DashboardServer {
  readonly audience: Audience;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: DashboardServerOptions) {
    this.audience = new Audience(options.clock, options.onAudience);
    const limits = { headersTimeout: PUSH_HEADERS_TIMEOUT_MS, requestTimeout: PUSH_HEADERS_TIMEOUT_MS };
    this.server = createServer(limits, (request, response) => this.handle(request, response));
    this.server.maxConnections = DASHBOARD_MAX_CONNECTIONS;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** 0 while it does not listen. */
  get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  get url(): string {
    return `http://${HOST}:${this.port}/`;
  }

  /** @param port 0 takes any free one. @throws the error of `listen`, for example EADDRINUSE. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, HOST, () => {
        this.server.off('error', reject);
        // A server that runs has no caller to tell; connections report for themselves.
        this.server.on('error', () => undefined);
        resolve();
      });
    });
  }

  /** Leaves no socket and no timer. */
  async close(): Promise<void> {
    this.audience.close();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(GUARDS)) response.setHeader(name, value);
    const refusal = this.refusalOf(request);
    if (refusal !== null) {
      const [status, text] = refusal;
      if (status === 405) response.setHeader('allow', 'GET');
      // Whatever else it sends is not read.
      response.setHeader('connection', 'close');
      answer(response, status, text);
      return;
    }
    this.serve((request.url ?? '').split('?', 1)[0] ?? '', response);
  }

  /** Why a request is not answered; null where it is. */
  private refusalOf({ method, headers, url }: IncomingMessage): readonly [status: number, text: string] | null {
    const own = OWN_NAMES.map((name) => `${name}:${this.port}`);
    if (!own.includes((headers.host ?? '').toLowerCase())) {
      return [421, `This page is at ${this.url} and under no other name.`];
    }
    if (method !== 'GET') return [405, 'This page is for looking only.'];
    const from = headers['sec-fetch-site'];
    const isOwn = from === undefined || from === 'same-origin' || from === 'none';
    // A link may lead here from anywhere; everything else is for the page itself.
    if (!isOwn && !(url === '/' && headers['sec-fetch-mode'] === 'navigate')) {
      return [403, 'This is not for other pages.'];
    }
    return null;
  }

  private serve(path: string, response: ServerResponse): void {
    const { files, shown } = this.options;
    if (Object.hasOwn(PAGE_TYPES, path)) {
      answer(response, 200, files[path as PagePath], PAGE_TYPES[path as PagePath]);
      return;
    }
    if (path === '/events') {
      this.subscribe(response);
      return;
    }
    const picture = PICTURE_PATH.exec(path);
    if (picture !== null) {
      answerPicture(response, shown.picture(Number(picture[1]), Number(picture[2])));
      return;
    }
    const snapshot = SNAPSHOT_PATH.exec(path);
    const shot =
      snapshot === null ? undefined : shown.snapshot(Number(snapshot[1]), Number(snapshot[2]), snapshot[3] as ShotSize);
    if (shot === undefined) answer(response, 404, 'There is nothing here.');
    else void shot.then((taken) => answerShot(response, taken));
  }

  private subscribe(response: ServerResponse): void {
    if (this.audience.isFull) {
      answer(response, 503, 'Too many pages are open.');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.audience.join(response, this.options.shown.everything());
  }
}

function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type = 'text/plain; charset=utf-8',
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
}

function answerPicture(response: ServerResponse, data: Buffer | undefined): void {
  if (data === undefined) answer(response, 404, 'This picture is not kept any more.');
  else answer(response, 200, data, 'image/jpeg');
}

function answerShot(response: ServerResponse, shot: Shot): void {
  if (response.destroyed) return;
  if (!('data' in shot)) {
    // No fault of ours, so no error: browsers would report each on their console.
    response.writeHead(204, { 'x-reason': encodeURIComponent(shot.reason) }).end();
    return;
  }
  response.setHeader('x-taken-at', String(shot.takenAtMs));
  answer(response, 200, shot.data, 'image/jpeg');
}
