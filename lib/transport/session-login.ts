/**
 * One web session at a device, for paths that take no Digest (isapi.md §1.4). Opened by the first request that needs it, kept
 * while it is used, given back when it is not. Each login goes through the gate of the credentials like any other attempt.
 */
import type { Clock, Timer } from '../clock';
import { responseStatusOf, type IsapiAnswer, type IsapiRequest } from '../codec/isapi';
import {
  SESSION_PATHS,
  sessionChallengeOf,
  sessionHeadersOf,
  sessionLoginBody,
  type SessionChallenge,
  type SessionHeaders,
} from '../codec/session-login';
import { DeviceBusyError, HikvisionError, ProtocolError, TooManySessionsError, UnsupportedError } from '../errors';
import { LOGOUT_TIMEOUT_MS, WEB_SESSION_HEARTBEAT_MS, WEB_SESSION_IDLE_MS } from '../settings';
import type { CredentialGate, LockState, Outcome } from './gate';

export interface SessionAnswer extends IsapiAnswer {
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

export interface SessionLoginOptions {
  readonly place: string;
  readonly gate: CredentialGate;
  readonly clock: Clock;
  readonly username: string;
  readonly password: string;
  /** One exchange with these headers and no other authentication. */
  readonly exchange: (
    request: IsapiRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | null,
  ) => Promise<SessionAnswer>;
  readonly lockOf: (answer: SessionAnswer) => LockState | null;
}

export interface WebSession {
  readonly headers: SessionHeaders;
}

export class SessionLogin {
  private current: WebSession | null = null;
  private opening: Promise<WebSession> | null = null;
  private offered: boolean | null = null;
  private timer: Timer | null = null;
  private lastUsedMs = 0;
  /** Streams that are open by this session. */
  private streams = 0;
  private isClosed = false;

  constructor(private readonly options: SessionLoginOptions) {}

  /** Does the device have such a login? Asks once; the question is no attempt. */
  async isOffered(signal: AbortSignal | null): Promise<boolean> {
    this.offered ??= await this.ask(signal);
    return this.offered;
  }

  /** The session, opened where there is none; whoever comes meanwhile waits for the same one. */
  async take(): Promise<WebSession> {
    this.lastUsedMs = this.options.clock.monotonic();
    if (this.current !== null) return this.current;
    this.opening ??= this.open().finally(() => (this.opening = null));
    return this.opening;
  }

  /** The device does not know this session any more; the next {@link take} opens one. */
  expired(session: WebSession): void {
    if (this.current !== session) return;
    this.current = null;
    this.stopTimer();
  }

  /** A stream is open by this session, so it is in use however long nothing is asked. @returns what ends that. */
  holdForStream(): () => void {
    this.streams++;
    let isHeld = true;
    return () => {
      if (isHeld) this.streams--;
      isHeld = false;
      this.lastUsedMs = this.options.clock.monotonic();
    };
  }

  /** Gives the session back, as far as the device still answers. */
  async end(): Promise<void> {
    const session = this.current;
    if (session === null) return;
    this.expired(session);
    const { clock, exchange } = this.options;
    const abort = new AbortController();
    const timer = clock.after(LOGOUT_TIMEOUT_MS, () => abort.abort());
    try {
      await exchange({ method: 'PUT', path: SESSION_PATHS.logout }, { ...session.headers }, abort.signal);
    } catch (error) {
      // A session that cannot be given back runs out by itself.
      if (!(error instanceof HikvisionError)) throw error;
    } finally {
      timer.cancel();
    }
  }

  /** No timer is left, and none comes. */
  close(): void {
    this.isClosed = true;
    this.current = null;
    this.stopTimer();
  }

  private async ask(signal: AbortSignal | null): Promise<boolean> {
    const { exchange, lockOf, gate, place } = this.options;
    const answer = await exchange(this.capabilitiesRequest, {}, signal);
    const lock = answer.status === 401 || answer.status === 403 ? lockOf(answer) : null;
    if (lock?.locked === true) throw gate.refused(lock, place);
    if (answer.status >= 500) throw new DeviceBusyError('the device cannot say now how to log in', this.context);
    return challengeIn(answer) !== null;
  }

  private async open(): Promise<WebSession> {
    const { gate, place } = this.options;
    let session: WebSession | null = null;
    await gate.proveAnew(place, async () => {
      const result = await this.login();
      if (!('headers' in result)) return result;
      session = result;
      return 'accepted';
    });
    if (session === null) throw new ProtocolError('a login without a session', 0, this.context);
    this.current = session;
    if (!this.isClosed) this.keep();
    return session;
  }

  /** The one attempt. */
  private async login(): Promise<WebSession | Extract<Outcome, { refused: unknown }>> {
    const { exchange, username, password, clock, lockOf } = this.options;
    const asked = await exchange(this.capabilitiesRequest, {}, null);
    const lock = asked.status === 401 || asked.status === 403 ? lockOf(asked) : null;
    if (lock?.locked === true) return { refused: lock };
    const challenge = challengeIn(asked);
    if (challenge === null) {
      if (asked.status >= 500) throw new DeviceBusyError('the device cannot say now how to log in', this.context);
      throw new UnsupportedError(`the device has no session login; it answered HTTP ${asked.status}`, this.context);
    }
    const request: IsapiRequest = {
      method: 'POST',
      path: `${SESSION_PATHS.login}?timeStamp=${Math.round(clock.now())}`,
      body: sessionLoginBody(challenge, username, password),
    };
    const answer = await exchange(request, {}, null);
    const status = responseStatusOf(answer);
    if (status?.subStatusCode?.toLowerCase() === 'loginnumexceedlimit') {
      throw new TooManySessionsError('all sessions of the device are taken', this.context);
    }
    // A success under HTTP 200, a refusal under 401, or a refusal that only the body tells.
    if (answer.status === 401 || status?.statusCode === 401 || lockOf(answer)?.locked === true) {
      return { refused: lockOf(answer) };
    }
    if (answer.status >= 500) throw new DeviceBusyError('the device cannot log in anybody now', this.context);
    // A refusal in words that are not known may have cost an attempt, so it is taken for one.
    if (answer.status !== 200) return { refused: null };
    return { headers: sessionHeadersOf(answer.body, answer.cookies, challenge) };
  }

  private keep(): void {
    this.stopTimer();
    this.timer = this.options.clock.after(WEB_SESSION_HEARTBEAT_MS, () => void this.beat());
  }

  private async beat(): Promise<void> {
    const session = this.current;
    if (session === null) return;
    const { clock, exchange } = this.options;
    const idleMs = clock.monotonic() - this.lastUsedMs;
    if (this.streams === 0 && idleMs >= WEB_SESSION_IDLE_MS) {
      await this.end();
      return;
    }
    try {
      const answer = await exchange({ method: 'PUT', path: SESSION_PATHS.heartbeat }, { ...session.headers }, null);
      if (saysExpired(answer)) this.expired(session);
    } catch (error) {
      // Whether the device is there is found out by others; the session may have lived through it.
      if (!(error instanceof HikvisionError)) throw error;
    }
    if (this.current === session && !this.isClosed) this.keep();
  }

  private stopTimer(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private get capabilitiesRequest(): IsapiRequest {
    return {
      method: 'GET',
      path: `${SESSION_PATHS.capabilities}?username=${encodeURIComponent(this.options.username)}`,
    };
  }

  private get context(): { device: string; operation: string } {
    return { device: this.options.place, operation: 'session login' };
  }
}

/** The device does not know the session, or wants a new login (isapi.md §8.2). */
export function saysExpired(answer: IsapiAnswer): boolean {
  if (answer.status === 401) return true;
  try {
    const sub = responseStatusOf(answer)?.subStatusCode?.toLowerCase();
    return sub === 'sessionexpired' || sub === 'needreauthentication';
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

function challengeIn(answer: SessionAnswer): SessionChallenge | null {
  if (answer.status !== 200) return null;
  try {
    return sessionChallengeOf(answer.body);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
