/**
 * The gate in front of every attempt to log in: at most one attempt with wrong credentials per device, over all nodes, sockets and
 * streams of this process. Devices lock an account after a few wrong passwords, and a lock hits the user, not us.
 *
 * While credentials are unproven, one attempt is under way and everybody else waits for its outcome. Once refused, nobody
 * tries again until the credentials change (that is another gate) or the user asks. What was proven once may have changed at the
 * device since: after a silence one request goes ahead, and the others follow when the device has taken it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { within, type Clock } from '../clock';
import { AuthenticationError, LockedError, type HikvisionError } from '../errors';
import { LOCK_FALLBACK_MS, LOCK_MARGIN_MS, MAX_BREAKERS, PROOF_FRESH_MS, PROOF_WAIT_MS } from '../settings';

/** What a device says about its lock, in either of its vocabularies (isapi.md §1.2). */
export interface LockState {
  readonly locked: boolean;
  /** Seconds until it unlocks; null when not said. */
  readonly unlockSeconds: number | null;
  /** Attempts left before it locks; null when not said. */
  readonly attemptsLeft: number | null;
}

type GateState =
  | { readonly name: 'unproven' }
  | { readonly name: 'proven' }
  | { readonly name: 'refused'; readonly message: string; readonly attemptsLeft: number | null }
  /** On the monotonic clock: a wall clock that is set would open it too soon, and a login then lengthens the lock. */
  | { readonly name: 'locked'; readonly untilMs: number };

export type Outcome = 'accepted' | 'inconclusive' | { readonly refused: LockState | null };

export class CredentialGate {
  private state: GateState = { name: 'unproven' };
  private attempt: Promise<void> | null = null;
  /** When the device last took the credentials, on the monotonic clock. */
  private takenMs = -Infinity;
  /** The one that goes ahead. */
  private scout: Promise<void> | null = null;

  constructor(private readonly clock: Clock) {}

  get isProven(): boolean {
    return this.state.name === 'proven';
  }

  /** True while nothing would be tried: refused or locked. */
  get isClosed(): boolean {
    return this.problem('') !== null;
  }

  /** The user asks: forget a refusal and a lock. */
  reopen(): void {
    if (this.state.name === 'refused' || this.state.name === 'locked') this.state = { name: 'unproven' };
  }

  /** Throws what the gate remembers, without touching the device. */
  check(device: string): void {
    const problem = this.problem(device);
    if (problem !== null) throw problem;
  }

  /**
   * Runs `attempt`, which sends credentials that are unproven; only one such attempt is under way, others wait for it and then look
   * again. Returns at once where the credentials are proven.
   *
   * @throws AuthenticationError or LockedError when they were refused, now or before.
   */
  async prove(device: string, attempt: () => Promise<Outcome>): Promise<void> {
    for (;;) {
      this.check(device);
      if (this.state.name === 'proven') return;
      if (this.attempt === null) break;
      await this.attempt;
    }
    await this.run(device, attempt);
  }

  /**
   * As {@link prove}, but the attempt is made although the credentials were right before: a session is there only for whoever
   * opened it. Meanwhile they count as unproven, so that a password that was changed costs one attempt and not one for each.
   */
  async proveAnew(device: string, attempt: () => Promise<Outcome>): Promise<void> {
    for (;;) {
      this.check(device);
      if (this.attempt === null) break;
      await this.attempt;
    }
    this.doubt();
    await this.run(device, attempt);
  }

  private async run(device: string, attempt: () => Promise<Outcome>): Promise<void> {
    let finish: () => void = () => undefined;
    this.attempt = new Promise((resolve) => (finish = resolve));
    try {
      const outcome = await attempt();
      if (outcome === 'accepted') this.accepted();
      else if (outcome !== 'inconclusive') this.refused(outcome.refused, device);
    } finally {
      this.attempt = null;
      finish();
    }
    this.check(device);
  }

  accepted(): void {
    this.state = { name: 'proven' };
    this.taken();
  }

  /** The device has just taken the credentials. */
  taken(): void {
    this.takenMs = this.clock.monotonic();
  }

  /** Has the device taken the credentials so lately that they are surely still right? */
  get isFresh(): boolean {
    return this.clock.monotonic() - this.takenMs < PROOF_FRESH_MS;
  }

  /**
   * To be awaited before proven credentials are sent: after a silence it holds back all but the first, though not for long, so that a
   * password that was changed meanwhile costs one attempt and not one for each.
   *
   * @returns to be called when there is an answer, or none will come. @throws what the gate remembers.
   */
  async goAhead(device: string): Promise<() => void> {
    this.check(device);
    if (this.isFresh) return () => undefined;
    if (this.scout !== null) {
      await within(this.clock, PROOF_WAIT_MS, this.scout);
      this.check(device);
      return () => undefined;
    }
    let finish: () => void = () => undefined;
    this.scout = new Promise((resolve) => (finish = resolve));
    return () => {
      this.scout = null;
      finish();
    };
  }

  /** Was one path refused, or have the credentials become wrong? The next {@link prove} finds out. */
  doubt(): void {
    if (this.state.name === 'proven') this.state = { name: 'unproven' };
  }

  /** The password was changed with this connection: the old one is never sent again, before a device has to refuse it. */
  outdated(): void {
    this.state = {
      name: 'refused',
      message: 'the password was changed with this connection; open it again with the new one',
      attemptsLeft: null,
    };
  }

  /** Credentials that were right before were refused now, or the device says that it has locked us out. */
  refused(lock: LockState | null, device: string): HikvisionError {
    if (lock?.locked === true) {
      const waitMs = lock.unlockSeconds === null ? LOCK_FALLBACK_MS : lock.unlockSeconds * 1000 + LOCK_MARGIN_MS;
      this.state = { name: 'locked', untilMs: this.clock.monotonic() + waitMs };
    } else {
      const left = lock?.attemptsLeft ?? null;
      this.state = {
        name: 'refused',
        attemptsLeft: left,
        message: `user name or password refused${left === null ? '' : `; the device locks the account after ${left} more`}. Nothing is tried again until they change or you ask for it`,
      };
    }
    return this.problem(device) ?? new AuthenticationError('user name or password refused', { device });
  }

  private problem(device: string): HikvisionError | null {
    const { state } = this;
    if (state.name === 'refused') return new AuthenticationError(state.message, { device }, state.attemptsLeft);
    if (state.name !== 'locked') return null;
    const leftMs = state.untilMs - this.clock.monotonic();
    if (leftMs <= 0) {
      this.state = { name: 'unproven' };
      return null;
    }
    const message = `the device has locked the account after wrong passwords, for another ${duration(leftMs)}`;
    return new LockedError(message, this.clock.now() + leftMs, { device });
  }
}

/* One gate for each device and credentials in this process; two configuration nodes of one device share it. */

const gates = new Map<string, CredentialGate>();
/** Keys hold no password: only a digest under a key that lives and dies with the process. */
const secret = randomBytes(32);
/** A device answers on all of these; another port may be another device behind the same router. */
const USUAL_PORTS = new Set([80, 443, 8000, 8443]);

export function gateFor(clock: Clock, host: string, port: number, username: string, password: string): CredentialGate {
  const place = USUAL_PORTS.has(port) ? host.toLowerCase() : `${host.toLowerCase()}:${port}`;
  const key = createHmac('sha256', secret)
    .update(JSON.stringify([place, username, password]))
    .digest('base64');
  const known = gates.get(key);
  if (known !== undefined) {
    gates.delete(key);
    gates.set(key, known);
    return known;
  }
  for (const oldest of gates.keys()) {
    if (gates.size < MAX_BREAKERS) break;
    gates.delete(oldest);
  }
  const gate = new CredentialGate(clock);
  gates.set(key, gate);
  return gate;
}

/** Only for tests: a new process remembers nothing. */
export function forgetGates(): void {
  gates.clear();
}

export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
