/**
 * HTTP to one device: at most three requests at a time over kept connections, Digest with nonces used again, one shared gate for
 * wrong passwords, bounded answers. `node:http` rather than a client library, because devices need GET with a body, HTTP/1.0 answers
 * and careless heads.
 */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock';
import { Gathered } from '../codec/gathered';
import { responseStatusOf, type IsapiAnswer, type IsapiRequest } from '../codec/isapi';
import {
  ArgumentError,
  AuthenticationError,
  ClosedError,
  ConnectionLostError,
  HikvisionError,
  PermissionError,
  ProtocolError,
  TimeoutError,
  TooLargeError,
  UnreachableError,
} from '../errors';
import {
  ANSWER_TOTAL_MS,
  BODY_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  MAX_ANSWER_BYTES,
  MAX_PARALLEL_REQUESTS,
  MAX_TRANSFERS,
} from '../settings';
import { abortReason } from './abort';
import { bracketed, placeOf, type DeviceAddress } from './address';
import { basicAuthorization, chooseChallenge, digestAuthorization, parseChallenges, type Challenge } from './digest';
import { gateFor, type CredentialGate, type LockState, type Outcome } from './gate';
import { Nonces, type Nonce } from './nonces';
import { SessionLogin, saysExpired, type SessionAnswer, type WebSession } from './session-login';
import { openBulkTcp, openTcp, openTls, type BulkTcp, type TlsTrust } from './tls';
import { pour, receive, speak, type OpenExchange, type Transfer, type TransferOptions } from './transfer';
import { Turns } from './turns';

export interface HttpOptions {
  readonly address: DeviceAddress;
  readonly trust: TlsTrust;
  /** Basic over plain HTTP, where the device offers nothing else; the user ticked it. */
  readonly allowBasic: boolean;
  readonly clock: Clock;
  /** `auto` when not given. */
  readonly login?: LoginWay;
}

/**
 * How a client proves who it is.
 * - `digest`: Digest, or Basic where that is allowed.
 * - `session`: the session login of the web pages, for everything.
 * - `auto`: Digest, and a session for the paths of alarm panels and for devices that offer neither Digest nor Basic.
 */
export type LoginWay = (typeof LOGIN_WAYS)[number];

export const LOGIN_WAYS = ['auto', 'digest', 'session'] as const;

export interface SendOptions {
  readonly signal?: AbortSignal;
  /** May be sent again when a kept connection turns out to be dead. Everything else goes over a fresh connection. */
  readonly idempotent?: boolean;
}

/** An answer whose body goes on for ever. */
export interface OpenStream extends OpenExchange {
  readonly body: IncomingMessage;
}

/** How one exchange differs from the usual: a whole request, a whole answer. */
interface ExchangeOptions extends SendOptions {
  /** The answer is handed out as soon as its head is there. */
  readonly stream?: boolean;
  /** Much will come: over a connection that is read without taking new memory. */
  readonly bulk?: boolean;
  /** The request has no end: more is written behind it. */
  readonly staysOpen?: boolean;
  /** Writes the body of the request. @param moved is called whenever some of it went. */
  readonly upload?: {
    readonly sizeBytes: number;
    readonly write: (outgoing: ClientRequest, moved: () => void) => void;
  };
}

/** The path that tells whether credentials are right; all device classes have it, and it says how a lock stands. */
const USER_CHECK = '/ISAPI/Security/userCheck';
const DEVICE_INFO = '/ISAPI/System/deviceInfo';
/** A request is authenticated again at most this often: once for a nonce that died, once more when many requests race. */
const MAX_AUTHORIZATIONS = 3;
/** Paths remembered as open to us; real devices have about a hundred. */
const MAX_ACCEPTED_PATHS = 1_024;
/** Alarm panels take Digest elsewhere, but not here (isapi.md §7.4). */
const PANEL_PATH = /^\/ISAPI\/SecurityCP\//i;
/** A session that the device has forgotten is opened once more, and what is refused then is refused for good. */
const MAX_SESSIONS_PER_REQUEST = 2;

export class HttpClient {
  readonly gate: CredentialGate;
  readonly place: string;

  private readonly kept: HttpAgent;
  private readonly fresh: HttpAgent;
  private readonly nonces: Nonces;
  /** What the device asks for; null until it was asked. */
  private scheme: 'digest' | 'basic' | 'session' | 'none' | null = null;
  private readonly accepted = new Set<string>();
  private readonly sessions: SessionLogin;
  /** First parts of paths that take a session only, although the device takes Digest elsewhere. */
  private readonly sessionPaths = new Set<string>();
  private readonly requests: Turns;
  private readonly transfers: Turns;
  private readonly open = new Set<ClientRequest>();
  private readonly handshakes = new Set<Duplex>();
  private closed = false;

  constructor(private readonly options: HttpOptions) {
    const { address, clock } = options;
    this.place = placeOf(address);
    this.gate = gateFor(clock, address.host, address.port, address.username, address.password);
    this.nonces = new Nonces(clock);
    this.sessions = new SessionLogin({
      place: this.place,
      gate: this.gate,
      clock,
      username: address.username,
      password: address.password,
      exchange: (request, headers, signal) => this.sessionExchange(request, headers, signal),
      lockOf,
    });
    this.requests = new Turns(MAX_PARALLEL_REQUESTS, this.place);
    this.transfers = new Turns(MAX_TRANSFERS, this.place);
    this.kept = this.createAgent({ keepAlive: true, maxFreeSockets: MAX_PARALLEL_REQUESTS });
    this.fresh = this.createAgent({ keepAlive: false });
  }

  /** Sends one request, authenticated as the device asks, and reads the whole answer. */
  async send(request: IsapiRequest, options: SendOptions = {}): Promise<IsapiAnswer> {
    const release = await this.turn(this.requests, options.signal);
    try {
      return await this.authenticated(
        request,
        (credentials) => this.exchange(request, credentials, options),
        options.signal,
      );
    } finally {
      release();
    }
  }

  /** Moves a body that does not go through memory. @returns the answer; one that is a refusal is for the caller to judge. */
  async transfer(request: IsapiRequest, transfer: Transfer, options: TransferOptions = {}): Promise<IsapiAnswer> {
    const { signal } = options;
    const releaseTransfer = await this.turn(this.transfers, signal);
    try {
      const release = await this.turn(this.requests, signal);
      try {
        return await this.transferred(request, transfer, options);
      } finally {
        release();
      }
    } finally {
      releaseTransfer();
    }
  }

  private async transferred(request: IsapiRequest, transfer: Transfer, options: TransferOptions): Promise<IsapiAnswer> {
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    if (transfer.kind === 'send') {
      return this.authenticated<IsapiAnswer>(
        request,
        (credentials) => this.uploaded(request, credentials, transfer, options),
        options.signal,
      );
    }
    const opened = await this.authenticated<IsapiAnswer | OpenStream>(
      request,
      (credentials) =>
        this.exchange(request, credentials, {
          ...signal,
          stream: true,
          staysOpen: transfer.kind === 'speak',
          bulk: transfer.kind === 'receive',
        }),
      options.signal,
    );
    if (!('close' in opened)) return opened;
    const context = { device: this.place, operation: `${request.method} ${pathOf(request.path)}` };
    const place = { clock: this.options.clock, context };
    try {
      if (transfer.kind === 'receive') return await receive(opened, transfer, options, place);
      await speak(opened, transfer, options, place);
      return { status: opened.status, contentType: opened.contentType, body: EMPTY };
    } catch (error) {
      throw this.closed ? this.closedError() : error;
    } finally {
      opened.close();
    }
  }

  private async uploaded(
    request: IsapiRequest,
    credentials: Credentials,
    transfer: Extract<Transfer, { kind: 'send' }>,
    options: TransferOptions,
  ): Promise<ReceivedAnswer<IsapiAnswer>> {
    const source = await transfer.open();
    let pouring: Promise<void> = Promise.resolve();
    const upload: ExchangeOptions['upload'] = {
      sizeBytes: source.sizeBytes,
      write: (outgoing, moved) => {
        pouring = pour(source, outgoing, (bytes) => {
          moved();
          options.onBytes?.(bytes, source.sizeBytes);
        }).catch((error: Error) => void outgoing.destroy(error));
      },
    };
    try {
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      return await this.exchange<IsapiAnswer>(request, credentials, { ...signal, upload });
    } finally {
      await pouring;
      await source.close();
    }
  }

  /**
   * Opens an answer that goes on for ever, on a socket of its own that does not count among the parallel requests.
   *
   * @param asked a path alone is a GET.
   */
  async stream(asked: IsapiRequest | string, signal?: AbortSignal): Promise<OpenStream | IsapiAnswer> {
    const request: IsapiRequest = typeof asked === 'string' ? { method: 'GET', path: asked } : asked;
    return this.authenticated(
      request,
      (credentials) => this.exchange(request, credentials, { ...(signal ? { signal } : {}), stream: true }),
      signal,
    );
  }

  /** Gives back what the device keeps for us. */
  logout(): Promise<void> {
    return this.sessions.end();
  }

  /** The device went away: its nonces are gone with it. */
  forgetNonces(): void {
    this.nonces.clear();
  }

  /** Ends everything under way. */
  close(): void {
    this.closed = true;
    this.sessions.close();
    for (const turns of [this.requests, this.transfers]) turns.refuse(this.closedError());
    for (const request of this.open) request.destroy(this.closedError());
    for (const socket of this.handshakes) socket.destroy();
    this.kept.destroy();
    this.fresh.destroy();
  }

  /* Turns: at most MAX_PARALLEL_REQUESTS at a time */

  private async turn(turns: Turns, signal: AbortSignal | undefined): Promise<() => void> {
    if (this.closed) throw this.closedError();
    return turns.take(signal);
  }

  /* Authentication */

  private async authenticated<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    send: (credentials: Credentials) => Promise<ReceivedAnswer<A>>,
    signal: AbortSignal | undefined,
  ): Promise<A> {
    this.gate.check(this.place);
    if (await this.wantsSession(request, signal)) return this.bySession(request, send, signal);
    try {
      return await this.byChallenge(request, send, signal);
    } catch (error) {
      if (!(error instanceof NoChallenge)) throw error;
      if (!(await this.mayUseSession(signal))) throw error.problem ?? error;
      if (this.scheme === null) this.scheme = 'session';
      else this.sessionPaths.add(firstPartOf(request.path));
      return this.bySession(request, send, signal);
    }
  }

  private async wantsSession(request: IsapiRequest, signal: AbortSignal | undefined): Promise<boolean> {
    const { address, login = 'auto' } = this.options;
    if (login !== 'auto') return login === 'session';
    if (this.scheme === 'session' || this.sessionPaths.has(firstPartOf(request.path))) return true;
    const hasCredentials = address.username !== '' || address.password !== '';
    return hasCredentials && this.scheme !== 'none' && PANEL_PATH.test(request.path) && this.mayUseSession(signal);
  }

  private async mayUseSession(signal: AbortSignal | undefined): Promise<boolean> {
    return this.options.login !== 'digest' && (await this.sessions.isOffered(signal ?? null));
  }

  /** Sends as part of a session. One that the device has forgotten is opened once more. */
  private async bySession<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    send: (credentials: Credentials) => Promise<ReceivedAnswer<A>>,
    signal: AbortSignal | undefined,
  ): Promise<A> {
    for (let round = 1; ; round++) {
      const session = await this.sharedSession(signal);
      const received = await send({ ...session.headers });
      if (isLocked(received)) throw this.gate.refused(lockOf(received), this.place);
      if (!saysExpired(received)) {
        if ('close' in received.answer) received.answer.body.once('close', this.sessions.holdForStream());
        return received.answer;
      }
      if (round >= MAX_SESSIONS_PER_REQUEST) {
        throw new PermissionError('the login works, but this user may not use this function', {
          device: this.place,
          operation: `${request.method} ${pathOf(request.path)}`,
        });
      }
      this.sessions.expired(session);
    }
  }

  /** Whoever gives up leaves the login to the others who wait for it. */
  private sharedSession(signal: AbortSignal | undefined): Promise<WebSession> {
    if (signal?.aborted === true) throw abortReason(signal, this.place);
    return unlessAborted(this.sessions.take(), signal, this.place);
  }

  private async sessionExchange(
    request: IsapiRequest,
    headers: Credentials,
    signal: AbortSignal | null,
  ): Promise<SessionAnswer> {
    return this.exchange<IsapiAnswer>(request, headers, { idempotent: false, ...(signal === null ? {} : { signal }) });
  }

  /**
   * Sends with what the device asks for. A body never goes out before the device was asked: one NVR (V4.84) takes the body of
   * a rejected request for the beginning of the next, and a face terminal rejects an empty one before it asks (isapi.md §1.1).
   */
  private async byChallenge<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    send: (credentials: Credentials) => Promise<ReceivedAnswer<A>>,
    signal: AbortSignal | undefined,
  ): Promise<A> {
    const { username, password } = this.options.address;
    const hasCredentials = username !== '' || password !== '';

    // A refusal of a path that never answered us could mean two things, and to find out would be a second attempt.
    const isOpen = this.gate.isFresh || this.scheme === 'none' || this.accepted.has(keyOf(request));
    if (!isOpen) this.gate.doubt();
    let nonce = isOpen ? this.nonces.take() : null;
    if (nonce === null && this.scheme !== 'basic') {
      const plain = await this.askFor(request, send, hasCredentials, signal);
      if ('answer' in plain) return plain.answer;
      nonce = plain.nonce;
    }
    if (!this.gate.isProven && this.scheme !== 'none') {
      await this.prove(nonce, signal);
      nonce = this.scheme === 'basic' ? null : (this.nonces.take() ?? nonce);
    }
    const isSecret = this.scheme !== 'none';
    const answered = isSecret ? await this.gate.goAhead(this.place) : () => undefined;
    try {
      for (let round = 1; ; round++) {
        const wasUsed = nonce !== null && nonce.uses > 0;
        const credentials = this.authorization(request, nonce);
        let received: ReceivedAnswer<A>;
        try {
          received = await send(credentials);
        } catch (error) {
          // After a restart old nonces die, and a restart looks like this.
          if (error instanceof HikvisionError && error.recoverable) this.nonces.clear();
          throw error;
        }
        if (!isRefusal(received)) {
          if (isSecret) this.gate.taken();
          if (nonce !== null) this.nonces.put(nonce, wasUsed);
          this.remember(request);
          return received.answer;
        }
        nonce = await this.afterRefusal(request, received, nonce, wasUsed, round, signal);
      }
    } finally {
      answered();
    }
  }

  /** Sends without credentials, to learn what the device asks for. @returns its answer where it asks for nothing. */
  private async askFor<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    send: (credentials: Credentials) => Promise<ReceivedAnswer<A>>,
    hasCredentials: boolean,
    signal: AbortSignal | undefined,
  ): Promise<{ answer: A } | { nonce: Nonce | null }> {
    const isHarmless = request.method === 'GET' && request.body === undefined;
    // While nothing is proven, the path that tells about locks is asked first; later the request itself asks.
    if (this.scheme !== 'none' && (!this.gate.isProven || !isHarmless)) {
      const { path, received } = await this.ask(signal);
      if (received.status === 401) return { nonce: this.challenged(received, hasCredentials, path) };
      // A device that restarts cannot say yet what it asks for.
      if (!isHarmless && received.status >= 500) return { answer: received.answer as A };
    }
    const received = await send(NO_CREDENTIALS);
    if (isLocked(received)) throw this.gate.refused(lockOf(received), this.place);
    if (received.status === 401) {
      const path = this.gate.isProven ? this.provingPath : request.path;
      return { nonce: this.challenged(received, hasCredentials, path) };
    }
    if (!this.gate.isProven && received.status < 300) this.scheme ??= 'none';
    return { answer: received.answer };
  }

  /** Asks without credentials what the device wants, on the paths that all devices have. */
  private async ask(
    signal: AbortSignal | undefined,
    path = USER_CHECK,
  ): Promise<{ path: string; received: ReceivedAnswer<IsapiAnswer> }> {
    const options = { idempotent: true, ...(signal ? { signal } : {}) };
    const received = await this.exchange<IsapiAnswer>({ method: 'GET', path }, NO_CREDENTIALS, options);
    if (isLocked(received)) throw this.gate.refused(lockOf(received), this.place);
    if (received.status !== 401 && path === USER_CHECK) return this.ask(signal, DEVICE_INFO);
    return { path, received };
  }

  private provingPath = USER_CHECK;

  /** Chooses among what the device asks for. */
  private challenged(received: ReceivedAnswer<unknown>, hasCredentials: boolean, path: string): Nonce | null {
    const lock = lockOf(received);
    if (lock?.locked === true) throw this.gate.refused(lock, this.place);
    if (!hasCredentials) {
      throw new AuthenticationError('the device asks for a user name and a password, none are given', {
        device: this.place,
      });
    }
    const challenge = this.choose(received);
    this.provingPath = path;
    if (challenge.scheme === 'basic') {
      this.scheme = 'basic';
      return null;
    }
    this.scheme = 'digest';
    return this.nonces.add(challenge);
  }

  private choose(received: ReceivedAnswer<unknown>): Challenge {
    const challenges = parseChallenges(received.challenges);
    const isEncrypted = this.options.address.protocol === 'https';
    const challenge = chooseChallenge(challenges, isEncrypted || this.options.allowBasic);
    if (challenge !== null) return challenge;
    if (challenges.length > 0) {
      throw new AuthenticationError(
        'the device offers only Basic, which shows the password to everybody on the network. Use HTTPS, or allow Basic over HTTP',
        { device: this.place },
      );
    }
    throw new NoChallenge(
      new AuthenticationError(
        `the device asks for a kind of authentication that is not supported (${received.challenges.join('; ').slice(0, 120) || 'none named'})`,
        { device: this.place },
      ),
    );
  }

  /** Has the gate open, or finds out: the attempt is shared, so whoever gives up leaves it to the others. */
  private prove(nonce: Nonce | null, signal: AbortSignal | undefined): Promise<void> {
    const proof = this.gate.prove(this.place, () => {
      if (signal?.aborted === true) throw abortReason(signal, this.place);
      return this.attempt(nonce);
    });
    return unlessAborted(proof, signal, this.place);
  }

  /** The one attempt with unproven credentials, on the path that asked for them. */
  private async attempt(first: Nonce | null): Promise<Outcome> {
    const path = this.provingPath;
    let nonce = first;
    for (let round = 1; ; round++) {
      const request: IsapiRequest = { method: 'GET', path };
      const received = await this.exchange(request, this.authorization(request, nonce), { idempotent: false });
      if (received.status !== 401 && !isLocked(received) && !saysUnauthorized(received)) {
        if (nonce !== null) this.nonces.put(nonce, false);
        this.remember(request);
        return 'accepted';
      }
      const next = this.staleNonce(received);
      if (next === null || round >= MAX_AUTHORIZATIONS) return { refused: lockOf(received) };
      nonce = next;
    }
  }

  /** A nonce from a challenge that says `stale`: the password was not looked at. */
  private staleNonce(received: ReceivedAnswer<unknown>): Nonce | null {
    const challenge = chooseChallenge(parseChallenges(received.challenges), false);
    return challenge?.scheme === 'digest' && challenge.stale && !isLocked(received) ? this.nonces.add(challenge) : null;
  }

  /**
   * A refusal of credentials that were right before. Was it the nonce, the right for this path, or has the password changed?
   *
   * @returns a nonce to try once more with. @throws the error it must end with.
   */
  private async afterRefusal(
    request: IsapiRequest,
    received: ReceivedAnswer<unknown>,
    nonce: Nonce | null,
    wasUsed: boolean,
    round: number,
    signal: AbortSignal | undefined,
  ): Promise<Nonce | null> {
    const lock = lockOf(received);
    if (lock?.locked === true) throw this.gate.refused(lock, this.place);
    // Another request has found out meanwhile.
    this.gate.check(this.place);
    const challenge = chooseChallenge(parseChallenges(received.challenges), false);
    if (challenge?.scheme === 'digest' && round < MAX_AUTHORIZATIONS) {
      if (challenge.stale) return this.nonces.add(challenge);
      // A device that has taken a nonce twice before judges the password; one that never has may take each only once.
      if (nonce !== null && wasUsed && challenge.nonce !== nonce.challenge.nonce) {
        this.nonces.wornOut(nonce);
        if (!this.nonces.reuseWorks) return this.nonces.add(challenge);
      }
    }
    if (this.accepted.has(keyOf(request))) throw this.gate.refused(lock, this.place);
    // A path that wants something else than what the device takes elsewhere.
    if (received.challenges.length === 0 && (await this.mayUseSession(signal))) throw new NoChallenge(null);
    // A path that never answered us: intercoms refuse alertStream so although the password is right (isapi.md §1.3).
    const asked = await this.ask(signal);
    if (asked.received.status !== 401 || keyOf(request) === keyOf({ method: 'GET', path: asked.path })) {
      throw this.gate.refused(lock, this.place);
    }
    const fresh = this.challenged(asked.received, true, asked.path);
    this.gate.doubt();
    await this.prove(fresh, signal);
    throw new PermissionError('the password is right, but this user may not use this function', {
      device: this.place,
      operation: `${request.method} ${pathOf(request.path)}`,
    });
  }

  private authorization(request: IsapiRequest, nonce: Nonce | null): Credentials {
    const { username, password } = this.options.address;
    if (this.scheme === 'basic') return { Authorization: basicAuthorization(username, password) };
    if (nonce === null) return NO_CREDENTIALS;
    nonce.uses++;
    const Authorization = digestAuthorization(nonce.challenge, {
      username,
      password,
      method: request.method,
      uri: request.path,
      nc: nonce.uses,
      cnonce: randomBytes(8).toString('hex'),
    });
    return { Authorization };
  }

  private remember(request: IsapiRequest): void {
    if (this.accepted.size < MAX_ACCEPTED_PATHS) this.accepted.add(keyOf(request));
  }

  /* One exchange on the wire */

  private async exchange<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    credentials: Credentials,
    options: ExchangeOptions,
  ): Promise<ReceivedAnswer<A>> {
    try {
      return await this.once<A>(request, credentials, options, options.idempotent === true && options.stream !== true);
    } catch (error) {
      // The device closed a kept connection just as we used it; a request that changes nothing goes out again.
      if (!(error instanceof DeadConnection)) throw error;
      return this.once<A>(request, credentials, options, false);
    }
  }

  private once<A extends IsapiAnswer | OpenStream>(
    request: IsapiRequest,
    credentials: Credentials,
    options: ExchangeOptions,
    useKept: boolean,
  ): Promise<ReceivedAnswer<A>> {
    const { address, clock } = this.options;
    const { signal, upload } = options;
    const context = { device: this.place, operation: `${request.method} ${pathOf(request.path)}` };
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.closedError());
      if (signal?.aborted === true) return reject(abortReason(signal, this.place));
      const body = request.body ?? '';
      if (!WRITABLE_TARGET.test(request.path)) {
        const expected = 'a path that begins with / and has no blanks or letters beyond ASCII (write %20 and the like)';
        return reject(new ArgumentError([{ parameter: 'path', given: pathOf(request.path), expected }], context));
      }
      // TLS brings memory of its own.
      const bulk: BulkTcp | null =
        options.bulk === true && address.protocol === 'http' ? openBulkTcp(address.host, address.port) : null;
      const outgoing = (address.protocol === 'https' ? httpsRequest : httpRequest)({
        method: request.method,
        path: request.path,
        host: address.host,
        port: address.port,
        ...(bulk === null ? { agent: useKept ? this.kept : this.fresh } : { createConnection: () => bulk.socket }),
        // HTTP/1.0, bare CR, odd header characters: the devices are old, and the answer is bounded and judged anyway.
        insecureHTTPParser: true,
        headers: {
          Host: hostHeader(address),
          Accept: '*/*',
          Connection: useKept || options.stream === true ? 'keep-alive' : 'close',
          ...credentials,
          ...contentHeaders(request, upload?.sizeBytes ?? Buffer.byteLength(body), options),
        },
      });
      this.open.add(outgoing);
      let timer = clock.after(CONNECT_TIMEOUT_MS, () =>
        fail(new UnreachableError(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`, context)),
      );
      let total: Timer | null = null;
      let isSettled = false;
      let isComplete = () => false;
      const onAbort = () => fail(abortReason(signal as AbortSignal, this.place));
      const settle = () => {
        isSettled = true;
        timer.cancel();
        total?.cancel();
        signal?.removeEventListener('abort', onAbort);
        if (options.stream !== true) this.open.delete(outgoing);
      };
      const fail = (error: Error) => {
        if (isSettled) return;
        settle();
        this.open.delete(outgoing);
        outgoing.destroy();
        reject(this.closed ? this.closedError() : error);
      };
      const wait = (ms: number, what: string) => {
        timer.cancel();
        timer = clock.after(ms, () => fail(new TimeoutError(`${what} within ${ms / 1000} s`, context)));
      };
      signal?.addEventListener('abort', onAbort, { once: true });

      outgoing.on('socket', (socket) => {
        const connected = () => wait(request.timeoutMs ?? HEADERS_TIMEOUT_MS, 'no answer');
        if (socket.connecting) socket.once('connect', connected);
        else connected();
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (useKept && outgoing.reusedSocket && isReset(error)) return fail(new DeadConnection());
        // What follows a complete answer is no part of it: a Content-Length was too small.
        if (isComplete() && error.code?.startsWith('HPE_') === true) return;
        fail(networkError(error, context));
      });
      outgoing.on('response', (incoming) => {
        // Whatever the device says about its connection: as long as it takes what we write, it stays.
        if (options.staysOpen === true && incoming.statusCode === 200) outgoing.shouldKeepAlive = true;
        isComplete = () => incoming.complete;
        const head = {
          status: incoming.statusCode ?? 0,
          contentType: incoming.headers['content-type'] ?? null,
          challenges: headersOf(incoming, 'www-authenticate'),
          cookies: headersOf(incoming, 'set-cookie'),
        };
        if (options.stream === true && head.status === 200) {
          settle();
          const close = () => {
            this.open.delete(outgoing);
            outgoing.destroy();
          };
          incoming.once('close', () => this.open.delete(outgoing));
          // Whoever reads the body hears of its errors; this one keeps a late error from being nobody's.
          incoming.on('error', () => undefined);
          const lengthBytes = lengthOf(incoming);
          resolve({
            ...head,
            body: EMPTY,
            answer: { ...head, lengthBytes, body: incoming, outgoing, bulk, close } as unknown as A,
          });
          return;
        }
        const gathered = new Gathered();
        let askAtBytes = 0;
        total = clock.after(ANSWER_TOTAL_MS, () =>
          fail(new TimeoutError(`the answer was not complete within ${ANSWER_TOTAL_MS / 1000} s`, context)),
        );
        wait(BODY_TIMEOUT_MS, 'the answer did not go on');
        const finish = () => {
          if (isSettled) return;
          settle();
          // The device has judged before it had seen all.
          if (!outgoing.writableEnded) outgoing.destroy();
          const whole = gathered.bytes;
          resolve({
            ...head,
            body: whole,
            answer: { status: head.status, contentType: head.contentType, body: whole } as A,
          });
        };
        incoming.on('data', (chunk: Buffer) => {
          if (gathered.sizeBytes + chunk.length > MAX_ANSWER_BYTES) {
            return fail(new TooLargeError(`an answer of more than ${MAX_ANSWER_BYTES / 1024 / 1024} MB`, context));
          }
          gathered.add(chunk);
          if (head.status === 200 && gathered.sizeBytes >= askAtBytes) {
            // Whoever judges reads all of it, so it is not asked for every byte.
            askAtBytes = gathered.sizeBytes * (1 + 1 / 64);
            if (request.endsAfter?.(gathered.bytes) === true) {
              finish();
              outgoing.destroy();
              return;
            }
          }
          wait(BODY_TIMEOUT_MS, 'the answer did not go on');
        });
        incoming.on('error', (error: NodeJS.ErrnoException) => fail(networkError(error, context)));
        incoming.on('end', finish);
        incoming.on('close', () => {
          // It comes behind every answer, and an error is made of its whole stack.
          if (!isSettled) fail(new ConnectionLostError('the connection broke before the answer was complete', context));
        });
      });
      if (upload !== undefined) {
        upload.write(outgoing, () => {
          if (!isSettled) wait(request.timeoutMs ?? HEADERS_TIMEOUT_MS, 'no answer');
        });
      } else if (options.staysOpen === true) outgoing.flushHeaders();
      else outgoing.end(body);
    });
  }

  private createAgent(options: { keepAlive: boolean; maxFreeSockets?: number }): HttpAgent {
    const { address, trust } = this.options;
    // An idle connection is let go before the device does so.
    const agentOptions = { ...options, timeout: KEEP_ALIVE_MS, scheduling: 'lifo' as const };
    const { host, port } = address;
    if (address.protocol === 'http') {
      const agent = new HttpAgent(agentOptions);
      Object.assign(agent, { createConnection: () => openTcp(host, port) });
      return agent;
    }
    const agent = new HttpsAgent({ ...agentOptions, maxCachedSessions: 0 });
    Object.assign(agent, {
      createConnection: (_options: unknown, done: (error: Error | null, socket?: Duplex) => void) => {
        const socket = openTls(host, port, trust, (error, judged) => {
          this.handshakes.delete(socket);
          done(error, judged);
        });
        this.handshakes.add(socket);
      },
    });
    return agent;
  }

  private closedError(): ClosedError {
    return new ClosedError('the connection was closed', { device: this.place });
  }
}

interface ReceivedAnswer<A> {
  readonly status: number;
  readonly contentType: string | null;
  readonly challenges: readonly string[];
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
  readonly body: Buffer;
  readonly answer: A;
}

const EMPTY = Buffer.alloc(0);
/** What Node writes as the target of a request. */
const WRITABLE_TARGET = /^\/[\x21-\x7e]*$/;

/** Headers that prove who we are; they appear in no message. */
type Credentials = Readonly<Record<string, string>>;

const NO_CREDENTIALS: Credentials = {};

/** A refusal that offers no way to try again. */
class NoChallenge extends Error {
  /** @param problem what it ends with where there is no session login. */
  constructor(readonly problem: AuthenticationError | null) {
    super('no challenge');
  }
}

/** A kept connection was closed by the device as we used it. */
class DeadConnection extends Error {}

function hostHeader(address: DeviceAddress): string {
  const isUsual = address.port === (address.protocol === 'https' ? 443 : 80);
  return isUsual ? bracketed(address.host) : `${bracketed(address.host)}:${address.port}`;
}

/** What is said of a body; one that is still to come piece by piece is announced as none (isapi.md §5.2). */
function contentHeaders(
  request: IsapiRequest,
  sizeBytes: number,
  { staysOpen }: ExchangeOptions,
): Record<string, string | number> {
  const type = request.contentType ?? 'application/xml; charset="UTF-8"';
  return {
    ...(sizeBytes > 0 || staysOpen === true ? { 'Content-Type': type } : {}),
    // A PUT without a body needs its zero said.
    ...(request.method === 'GET' && sizeBytes === 0 ? {} : { 'Content-Length': sizeBytes }),
  };
}

function lengthOf(incoming: IncomingMessage): number | null {
  const length = Number(incoming.headers['content-length'] ?? NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

/** Node joins repeated headers; the raw list keeps them apart. */
function headersOf(incoming: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  const { rawHeaders } = incoming;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] as string);
  }
  return values;
}

function lockOf(received: IsapiAnswer): LockState | null {
  try {
    const status = responseStatusOf({
      status: received.status,
      contentType: received.contentType,
      body: received.body,
    });
    return status === null
      ? null
      : { locked: status.isLocked, unlockSeconds: status.unlockSeconds, attemptsLeft: status.attemptsLeft };
  } catch (error) {
    if (error instanceof ProtocolError) return null; // most 401 bodies are web pages
    throw error;
  }
}

/** Refused for the sake of the credentials; a lock may come as 403, too. */
function isRefusal(received: ReceivedAnswer<unknown>): boolean {
  return received.status === 401 || isLocked(received);
}

function isLocked(received: ReceivedAnswer<unknown>): boolean {
  return (received.status === 401 || received.status === 403) && lockOf(received)?.locked === true;
}

/** `userCheck` may say 401 under HTTP 200. */
function saysUnauthorized(received: ReceivedAnswer<unknown>): boolean {
  if (received.status !== 200 || received.body.length > 4_096) return false;
  return /<statusValue>\s*401\s*</i.test(received.body.toString('latin1'));
}

function keyOf(request: Pick<IsapiRequest, 'method' | 'path'>): string {
  return `${request.method} ${pathOf(request.path)}`;
}

/** Without the query, which may hold secrets. */
function pathOf(path: string): string {
  return path.split('?')[0] as string;
}

/** `/ISAPI/SecurityCP` */
function firstPartOf(path: string): string {
  return pathOf(path).split('/').slice(0, 3).join('/').toLowerCase();
}

/** What others share goes on; only this caller stops waiting for it. */
function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined, device: string): Promise<T> {
  if (signal === undefined) return shared;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortReason(signal, device));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = () => signal.removeEventListener('abort', onAbort);
    void shared.then(resolve, reject).finally(forget);
  });
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.message === 'socket hang up';
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: is the port right, is the service on?',
  EHOSTUNREACH: 'no way to this address',
  ENETUNREACH: 'no way to this network',
  ENOTFOUND: 'this name is not known',
  EAI_AGAIN: 'the name service does not answer',
  EADDRNOTAVAIL: 'this address cannot be used',
};

/** An error of the network in words for people; ours are passed on. */
export function networkError(
  error: NodeJS.ErrnoException,
  context: { device: string; operation?: string },
): HikvisionError {
  if (error instanceof HikvisionError) return error;
  const code = error.code ?? '';
  const chained = { ...context, cause: error };
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined) return new UnreachableError(unreachable, chained);
  if (code === 'ETIMEDOUT') return new UnreachableError('no answer from this address', chained);
  if (code.startsWith('HPE_'))
    return new ProtocolError(`the answer is no HTTP (${code}); does another service use this port?`, 0, chained);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return new UnreachableError('no TLS connection: does this port speak HTTPS?', chained);
  }
  return new ConnectionLostError(`the connection broke (${code || error.message})`, chained);
}
