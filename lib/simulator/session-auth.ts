/**
 * The session login of a simulated device, as alarm panels and web pages have it (isapi.md §1.4). Wrong passwords count at the same
 * {@link Gate} as those of Digest. Deliberately shares nothing with the client, so that one can prove the other.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock';
import { parseXml, textAt } from '../codec/xml';
import { NAMESPACE, responseStatus, xmlAnswer, type DeviceAnswer, type LineEnd } from './answers';
import type { Gate, LockOptions, LockState } from './auth';

export interface SessionLoginDemand {
  /** Paths that take nothing else; the others take Digest as well. */
  readonly demandedBy: RegExp;
  /**
   * - `2.1`: two salts, as alarm panels.
   * - `2`: one salt, as cameras.
   * - `reversible`: none, as old firmware, whose cookie has no suffix.
   */
  readonly version?: '2.1' | '2' | 'reversible';
  /** Sessions get a tag that has to come with every request. */
  readonly tags?: boolean;
  /** How long a session lives without a heartbeat or another request; 5 minutes when not given. */
  readonly lifetimeMs?: number;
}

export interface SessionAuthOptions {
  readonly demand: SessionLoginDemand;
  readonly gate: Gate;
  readonly lineEnd: LineEnd;
  readonly lockFields: LockOptions['lockFields'];
  readonly clock: Clock;
}

export interface SessionRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly from: string;
}

/** What becomes of a request: an answer of its own, let in by its session, or none of our business. */
export type SessionVerdict =
  | 'granted'
  | 'elsewhere'
  | { readonly answer: DeviceAnswer; readonly cookie: string | null; readonly granted: boolean };

interface Begun {
  readonly challenge: string;
  readonly salt: string;
  readonly salt2: string;
  readonly atMs: number;
}

interface Session {
  readonly tag: string | null;
  lastMs: number;
}

const DEFAULT_LIFETIME_MS = 5 * 60_000;
/** How long a challenge may be answered. */
const CHALLENGE_MS = 60_000;
const MAX_BEGUN = 64;
/** Panels have few. */
const MAX_SESSIONS = 16;
const ITERATIONS = 100;

export class SessionAuth {
  /** Logins that were tried. */
  logins = 0;

  private readonly begun = new Map<string, Begun>();
  /** By the whole cookie. */
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly options: SessionAuthOptions) {}

  get count(): number {
    this.dropOld();
    return this.sessions.size;
  }

  /** A restart, or somebody who clears the list. */
  drop(): void {
    this.begun.clear();
    this.sessions.clear();
  }

  take(request: SessionRequest): SessionVerdict {
    const path = request.path.toLowerCase();
    const { method } = request;
    if (path === '/isapi/security/sessionlogin/capabilities' && method === 'GET') return this.begin(request.from);
    if (path === '/isapi/security/sessionlogin' && method === 'POST') return this.login(request);
    this.dropOld();
    const cookie = cookieOf(request.headers);
    const session = cookie === null ? undefined : this.sessions.get(cookie);
    if (cookie === null || session === undefined || session.tag !== tagOf(request.headers)) {
      if (cookie !== null) return refused(this.status(request, 'SessionExpired'));
      return this.options.demand.demandedBy.test(request.path)
        ? refused(this.document(401, 'Unauthorized', null))
        : 'elsewhere';
    }
    session.lastMs = this.options.clock.monotonic();
    if (path === '/isapi/security/sessionheartbeat' && method === 'PUT') return letIn(this.status(request, 'ok'));
    if (path === '/isapi/security/sessionlogout' && method === 'PUT') {
      this.sessions.delete(cookie);
      return letIn(this.status(request, 'ok'));
    }
    return 'granted';
  }

  private begin(from: string): SessionVerdict {
    const lock = this.options.gate.lockState(from);
    if (lock.locked) return refused(this.document(401, 'Unauthorized', lock));
    const { clock, lineEnd } = this.options;
    const version = this.options.demand.version ?? '2.1';
    const id = randomBytes(32).toString('hex');
    const begun: Begun = {
      challenge: randomBytes(16).toString('hex'),
      salt: randomBytes(32).toString('hex').toUpperCase(),
      salt2: randomBytes(32).toString('hex').toUpperCase(),
      atMs: clock.monotonic(),
    };
    this.begun.set(id, begun);
    for (const oldest of this.begun.keys()) {
      if (this.begun.size <= MAX_BEGUN) break;
      this.begun.delete(oldest);
    }
    const content = `<SessionLoginCap version="2.0" xmlns="${NAMESPACE}">
      <sessionID>${id}</sessionID>
      <challenge>${begun.challenge}</challenge>
      <iterations>${ITERATIONS}</iterations>
      <isIrreversible>${version !== 'reversible'}</isIrreversible>
      ${version === 'reversible' ? '' : `<salt>${begun.salt}</salt>`}
      ${version === '2.1' ? `<salt2>${begun.salt2}</salt2>` : ''}
      ${version === 'reversible' ? '' : `<sessionIDVersion>${version}</sessionIDVersion>`}
      <isSessionIDValidLongTerm opt="true,false">false</isSessionIDValidLongTerm>
      ${this.options.demand.tags === true ? '<isSupportSessionTag>true</isSupportSessionTag>' : ''}
      </SessionLoginCap>`;
    return { answer: xmlAnswer(content, lineEnd), cookie: null, granted: false };
  }

  private login(request: SessionRequest): SessionVerdict {
    this.logins++;
    const { gate, clock, demand } = this.options;
    let document;
    try {
      document = parseXml(request.body);
    } catch {
      return refused(this.status(request, 'badXmlFormat'));
    }
    if (document.name.toLowerCase() !== 'sessionlogin') return refused(this.status(request, 'badXmlContent'));
    const id = textAt(document, 'sessionID') ?? '';
    const begun = this.begun.get(id);
    // A challenge is good once.
    this.begun.delete(id);
    const isFresh = begun !== undefined && clock.monotonic() - begun.atMs <= CHALLENGE_MS;
    const result = gate.checkLogin(
      request.from,
      ({ username, password }) =>
        isFresh &&
        textAt(document, 'userName') === username &&
        textAt(document, 'password') === this.expected(begun, username, password),
    );
    if (result !== 'granted') return refused(this.document(401, 'Unauthorized', gate.lockState(request.from)));
    this.dropOld();
    if (this.sessions.size >= MAX_SESSIONS) return refused(this.status(request, 'loginNumExceedLimit'));
    const name = demand.version === 'reversible' ? 'WebSession' : `WebSession_${randomBytes(5).toString('hex')}`;
    const cookie = `${name}=${randomBytes(32).toString('hex')}`;
    const tag = demand.tags === true ? randomBytes(16).toString('hex').toUpperCase() : null;
    this.sessions.set(cookie, { tag, lastMs: clock.monotonic() });
    return {
      answer: this.document(200, 'OK', null, tag === null ? '' : `<sessionTag>${tag}</sessionTag>`),
      cookie: `${cookie}; path=/; HttpOnly`,
      granted: true,
    };
  }

  /** The table of isapi.md §1.4, written out. */
  private expected({ challenge, salt, salt2 }: Begun, username: string, password: string): string {
    const s = (text: string) => createHash('sha256').update(text).digest('hex');
    const again = (text: string, times: number) => Array.from({ length: times }).reduce<string>((h) => s(h), text);
    switch (this.options.demand.version ?? '2.1') {
      case 'reversible':
        return again(s(password) + challenge, ITERATIONS - 1);
      case '2':
        return again(s(s(username + salt + password) + challenge), ITERATIONS - 2);
      case '2.1':
        return again(s(s(username + salt2 + s(username + salt + password)) + challenge), ITERATIONS - 2);
    }
  }

  private dropOld(): void {
    const { clock, demand } = this.options;
    const oldest = clock.monotonic() - (demand.lifetimeMs ?? DEFAULT_LIFETIME_MS);
    for (const [cookie, session] of this.sessions) if (session.lastMs < oldest) this.sessions.delete(cookie);
  }

  private document(status: number, text: string, lock: LockState | null, more = ''): DeviceAnswer {
    const { lineEnd, lockFields } = this.options;
    return xmlAnswer(
      `<SessionLogin version="2.0" xmlns="${NAMESPACE}">
      <statusValue>${status}</statusValue>
      <statusString>${text}</statusString>
      ${
        lock === null || lockFields === 'none'
          ? ''
          : `<lockStatus>${lock.locked ? 'lock' : 'unlock'}</lockStatus>
      <unlockTime>${lock.unlockSeconds}</unlockTime>
      <retryLoginTime>${lock.retriesLeft}</retryLoginTime>`
      }
      ${more}
      </SessionLogin>`,
      lineEnd,
      status,
    );
  }

  private status(request: SessionRequest, subStatus: Parameters<typeof responseStatus>[0]): DeviceAnswer {
    const json = request.query.get('format')?.toLowerCase() === 'json';
    return responseStatus(subStatus, { path: request.path, lineEnd: this.options.lineEnd, json });
  }
}

function refused(answer: DeviceAnswer): SessionVerdict {
  return { answer, cookie: null, granted: false };
}

function letIn(answer: DeviceAnswer): SessionVerdict {
  return { answer, cookie: null, granted: true };
}

/** The cookie of a web session; others mean nothing. */
function cookieOf(headers: IncomingHttpHeaders): string | null {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => /^WebSession\w*=/.test(pair)) ?? null;
}

function tagOf(headers: IncomingHttpHeaders): string | null {
  const tag = headers['sessiontag'];
  return typeof tag === 'string' ? tag : null;
}
