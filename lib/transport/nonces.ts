/**
 * Nonces of one device, for pre-emptive Digest. A nonce serves one request at a time, so that its counter arrives in order even
 * when several requests run side by side.
 */
import type { Clock } from '../clock';
import { MAX_PARALLEL_REQUESTS, NONCE_MAX_AGE_MS } from '../settings';
import type { DigestChallenge } from './digest';

export interface Nonce {
  readonly challenge: DigestChallenge;
  /** Requests sent with it. */
  uses: number;
  readonly bornMs: number;
}

export class Nonces {
  /** The device has accepted a nonce for a second time. */
  reuseWorks = false;
  private idle: Nonce[] = [];
  /** Requests that the device takes with one nonce, as far as we know. */
  private maxUses = Infinity;

  constructor(private readonly clock: Clock) {}

  /** A nonce that no request is using; null when a new one must be asked for. */
  take(): Nonce | null {
    const now = this.clock.monotonic();
    this.idle = this.idle.filter((nonce) => now - nonce.bornMs < NONCE_MAX_AGE_MS);
    return this.idle.pop() ?? null;
  }

  /** A fresh one, in use by whoever asked. */
  add(challenge: DigestChallenge): Nonce {
    return { challenge, uses: 0, bornMs: this.clock.monotonic() };
  }

  /** It worked: it may serve the next request. @param wasUsed it had served one before. */
  put(nonce: Nonce, wasUsed: boolean): void {
    if (wasUsed) this.reuseWorks = true;
    if (nonce.uses < this.maxUses && this.idle.length < MAX_PARALLEL_REQUESTS) this.idle.push(nonce);
  }

  /** Its last use was refused without `stale`. That may cost the user an attempt, so no other nonce is used as often. */
  wornOut(nonce: Nonce): void {
    this.maxUses = Math.min(this.maxUses, nonce.uses - 1);
    this.idle = this.idle.filter(({ uses }) => uses < this.maxUses);
  }

  clear(): void {
    this.idle = [];
  }
}
