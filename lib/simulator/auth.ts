/**
 * The gate of a simulated device: digest (RFC 7616, and RFC 2069 without qop), Basic, and the account lock.
 *
 * Challenges have the texts of real devices, quirks included: an IP camera names no algorithm for MD5 and writes
 * `stale="FALSE"` in capitals, a recorder adds `domain`, an empty `opaque` and the time to its nonce (isapi.md §1.1-1.3).
 * Deliberately shares nothing with the client's digest, so that one can prove the other.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock';

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

export interface DigestOptions {
  /** One challenge each, in this order. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** `none`: no qop in the challenge, as RFC 2069. */
  readonly qop?: 'auth' | 'none';
  /** Requests that one nonce is good for; unlimited when not given. */
  readonly nonceUses?: number;
  /** How long one nonce is good; unlimited when not given. */
  readonly nonceLifetimeMs?: number;
  /**
   * False: a device that does not say `stale` when it has forgotten a nonce. To it the answer is simply wrong, so it
   * counts as an attempt.
   */
  readonly staleFlag?: boolean;
}

export interface LockOptions {
  /** Wrong attempts in a row that lock the sender out. */
  readonly attempts: number;
  readonly lockMs: number;
  /** In which words a refusal tells about the lock; `none` as some controllers do. */
  readonly lockFields?: 'userCheck' | 'responseStatus' | 'none';
}

/** The factory setting of cameras: 7 attempts, 30 minutes (isapi.md §1.3). */
export const DEFAULT_LOCK: LockOptions = { attempts: 7, lockMs: 30 * 60_000, lockFields: 'userCheck' };

export type ChallengeStyle = 'camera' | 'recorder';

export interface GateOptions {
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly style: ChallengeStyle;
  readonly auth: 'digest' | 'basic' | 'both' | 'none';
  readonly digest: DigestOptions;
  readonly lock: LockOptions;
  readonly clock: Clock;
}

export interface GateRequest {
  readonly method: string;
  /** Request target as it came, query included; the digest covers it. */
  readonly target: string;
  readonly authorization: string | undefined;
  /** Address of the sender; each one has its own count of wrong attempts. */
  readonly from: string;
}

export interface LockState {
  readonly locked: boolean;
  /** Until the lock ends, rounded up; 0 when not locked. */
  readonly unlockSeconds: number;
  /** Attempts left. */
  readonly retriesLeft: number;
}

export type Verdict =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** Values for `WWW-Authenticate`, one header each. */
      readonly challenges: readonly string[];
      /** Credentials came and were wrong, or came during a lock. */
      readonly rejected: boolean;
      readonly lock: LockState;
    };

interface Nonce {
  readonly bornMs: number;
  /** Counts seen with it; each one is good once. */
  readonly counts: Set<number>;
  uses: number;
}

type DigestCheck = 'right' | 'stale' | 'wrong';

/** Nonces that are remembered; the oldest goes first. */
const MAX_NONCES = 1_024;
/** Requests with one nonce that are remembered; after these it is stale. */
const MAX_NONCE_COUNTS = 65_536;
/** Senders whose attempts are remembered. */
const MAX_SENDERS = 256;

export class Gate {
  /** Requests that carried an Authorization with wrong credentials, or any Authorization during a lock. */
  failures = 0;

  private password: string;
  private readonly options: GateOptions;
  private readonly nonces = new Map<string, Nonce>();
  private readonly senders = new Map<string, { wrong: number; lockedUntilMs: number | null }>();
  private heldLockedUntilMs: number | null = null;

  constructor(options: GateOptions) {
    this.options = options;
    this.password = options.password;
  }

  /** Takes effect with the next request; old nonces stay good, as on a device. */
  setPassword(password: string): void {
    this.password = password;
  }

  /** A restart forgets nonces, attempts and locks. */
  restart(): void {
    this.nonces.clear();
    this.senders.clear();
  }

  /** Locks everybody out for the lock time, or ends that. */
  hold(locked: boolean): void {
    this.heldLockedUntilMs = locked ? this.options.clock.monotonic() + this.options.lock.lockMs : null;
  }

  check(request: GateRequest): Verdict {
    if (this.options.auth === 'none') return { granted: true };
    const { authorization } = request;
    if (this.lockState(request.from).locked) {
      if (authorization !== undefined) this.failures++;
      return this.refuse(request.from, authorization !== undefined, false);
    }
    if (authorization === undefined) return this.refuse(request.from, false, false);

    const result = this.checkAuthorization(request, authorization);
    if (result === 'right') {
      this.senders.delete(request.from);
      return { granted: true };
    }
    if (result === 'stale' && this.options.digest.staleFlag !== false) return this.refuse(request.from, false, true);
    this.countWrong(request.from);
    return this.refuse(request.from, true, false);
  }

  /**
   * A login at the command port: the same account, the same count of attempts and the same lock as over HTTP.
   * @param proves decides whether name and password are right.
   */
  checkLogin(
    from: string,
    proves: (account: { readonly username: string; readonly password: string }) => boolean,
  ): 'granted' | 'wrong' | 'locked' {
    if (this.lockState(from).locked) {
      this.failures++;
      return 'locked';
    }
    if (proves({ username: this.options.username, password: this.password })) {
      this.senders.delete(from);
      return 'granted';
    }
    this.countWrong(from);
    return 'wrong';
  }

  /** The lock as it stands for a sender. */
  lockState(from: string): LockState {
    const nowMs = this.options.clock.monotonic();
    const sender = this.senders.get(from);
    if (sender !== undefined && sender.lockedUntilMs !== null && sender.lockedUntilMs <= nowMs)
      this.senders.delete(from);
    const state = this.senders.get(from);
    const untilMs = Math.max(this.heldLockedUntilMs ?? 0, state?.lockedUntilMs ?? 0);
    const leftMs = untilMs - nowMs;
    const locked = leftMs > 0;
    return {
      locked,
      unlockSeconds: locked ? Math.ceil(leftMs / 1_000) : 0,
      retriesLeft: locked ? 0 : Math.max(0, this.options.lock.attempts - (state?.wrong ?? 0)),
    };
  }

  private countWrong(from: string): void {
    this.failures++;
    const state = this.senders.get(from) ?? { wrong: 0, lockedUntilMs: null };
    state.wrong++;
    if (state.wrong >= this.options.lock.attempts) {
      state.lockedUntilMs = this.options.clock.monotonic() + this.options.lock.lockMs;
    }
    this.senders.set(from, state);
    dropOldest(this.senders, MAX_SENDERS);
  }

  private refuse(from: string, rejected: boolean, stale: boolean): Verdict {
    return { granted: false, challenges: this.challenges(stale), rejected, lock: this.lockState(from) };
  }

  /* Challenges */

  private challenges(stale: boolean): string[] {
    const { auth, digest, realm } = this.options;
    const challenges: string[] = [];
    if (auth === 'digest' || auth === 'both') {
      const nonce = this.newNonce();
      for (const algorithm of digest.algorithms ?? ['MD5'])
        challenges.push(this.digestChallenge(algorithm, nonce, stale));
    }
    if (auth === 'basic' || auth === 'both') challenges.push(`Basic realm="${realm}"`);
    return challenges;
  }

  private digestChallenge(algorithm: DigestAlgorithm, nonce: string, stale: boolean): string {
    const { style, realm, digest } = this.options;
    const staleText = stale ? 'TRUE' : 'FALSE';
    const qop = digest.qop === 'none' ? '' : 'qop="auth", ';
    if (style === 'recorder') {
      return `Digest realm="${realm}", domain="::", ${qop}nonce="${nonce}", opaque="", algorithm="${algorithm}", stale="${staleText}"`;
    }
    // No algorithm means MD5; RFC 7616 writes the others without quotes.
    const named = algorithm === 'MD5' ? '' : `algorithm=${algorithm}, `;
    return `Digest ${qop}${named}realm="${realm}", nonce="${nonce}", stale="${staleText}"`;
  }

  private newNonce(): string {
    const { clock, style } = this.options;
    const random = randomBytes(16).toString('hex');
    const nonce = style === 'recorder' ? `${random}:${Math.round(clock.now())}` : Buffer.from(random).toString('hex');
    this.nonces.set(nonce, { bornMs: clock.monotonic(), counts: new Set(), uses: 0 });
    dropOldest(this.nonces, MAX_NONCES);
    return nonce;
  }

  /* Answers to challenges */

  private checkAuthorization(request: GateRequest, authorization: string): DigestCheck {
    const { auth } = this.options;
    const scheme = /^\s*(\w+)\s+/.exec(authorization);
    // Node hands over one character per byte; names are UTF-8 (RFC 7616 §4).
    const rest = Buffer.from(authorization.slice(scheme?.[0].length ?? 0), 'latin1').toString('utf8');
    switch (scheme?.[1]?.toLowerCase()) {
      case 'digest':
        return auth === 'basic' ? 'wrong' : this.checkDigest(request, parseParameters(rest));
      case 'basic':
        return auth === 'digest' ? 'wrong' : this.checkBasic(rest);
      default:
        return 'wrong';
    }
  }

  private checkBasic(encoded: string): DigestCheck {
    const given = Buffer.from(encoded.trim(), 'base64').toString('utf8');
    return given === `${this.options.username}:${this.password}` ? 'right' : 'wrong';
  }

  private checkDigest(request: GateRequest, given: Map<string, string>): DigestCheck {
    const { username, realm, digest } = this.options;
    const algorithm = (digest.algorithms ?? ['MD5']).find(
      (offered) => offered.toLowerCase() === (given.get('algorithm') ?? 'MD5').toLowerCase(),
    );
    const nonce = given.get('nonce');
    if (algorithm === undefined || nonce === undefined || given.get('username') !== username) return 'wrong';
    if (given.get('realm') !== realm || given.get('uri') !== request.target) return 'wrong';

    const qop = given.get('qop');
    const nc = given.get('nc') ?? '';
    const cnonce = given.get('cnonce') ?? '';
    const wantsQop = digest.qop !== 'none';
    if (wantsQop && (qop !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc) || cnonce === '')) return 'wrong';
    if (!wantsQop && qop !== undefined) return 'wrong';

    const expected = digestResponse({
      algorithm,
      username,
      realm,
      password: this.password,
      nonce,
      method: request.method,
      uri: request.target,
      ...(wantsQop ? { qop: 'auth', nc, cnonce } : { cnonce }),
    });
    if (given.get('response')?.toLowerCase() !== expected) return 'wrong';
    return this.useNonce(nonce, wantsQop ? parseInt(nc, 16) : null) ? 'right' : 'stale';
  }

  /** Counts a use. False when the nonce is unknown, worn out, too old, or was used with this count before. */
  private useNonce(nonce: string, count: number | null): boolean {
    const known = this.nonces.get(nonce);
    if (known === undefined) return false;
    const { nonceUses = Infinity, nonceLifetimeMs = Infinity } = this.options.digest;
    const isOld = this.options.clock.monotonic() - known.bornMs > nonceLifetimeMs;
    if (isOld || known.uses >= nonceUses || known.counts.size >= MAX_NONCE_COUNTS) {
      this.nonces.delete(nonce);
      return false;
    }
    if (count !== null) {
      if (count === 0 || known.counts.has(count)) return false;
      known.counts.add(count);
    }
    known.uses++;
    return true;
  }
}

interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly qop?: 'auth';
  readonly nc?: string;
  readonly cnonce: string;
}

/** RFC 7616 §3.4.1; without qop the form of RFC 2069. Lower-case hex. */
function digestResponse(input: DigestInput): string {
  const hash = (text: string) =>
    createHash(input.algorithm.startsWith('SHA') ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const secret = hash(`${input.username}:${input.realm}:${input.password}`);
  const first = input.algorithm.endsWith('-sess') ? hash(`${secret}:${input.nonce}:${input.cnonce}`) : secret;
  const second = hash(`${input.method}:${input.uri}`);
  if (input.qop === undefined) return hash(`${first}:${input.nonce}:${second}`);
  return hash(`${first}:${input.nonce}:${input.nc}:${input.cnonce}:${input.qop}:${second}`);
}

/** `name=value, name="va\"lue"`; names in lower case. */
export function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(
    /(?:^|[^\w-])([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g,
  )) {
    if (name === undefined) continue;
    parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'));
  }
  return parameters;
}

function dropOldest<K, V>(map: Map<K, V>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
