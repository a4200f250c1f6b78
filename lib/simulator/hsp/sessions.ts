/** Who is logged in at the command port, and the word that each request has to carry (hsp-wire.md §1, §5). */
import { encryptAes4 } from '../../codec/aes4';
import { byteSum, u32At } from '../../codec/bytes';
import type { Clock } from '../../clock';

/** What the elapsed seconds are added to, at the end of the auth word. */
export type Addend = 'userId' | 'deviceClock';

export interface Session {
  readonly userId: number;
  readonly seed: number;
  /** 32 ASCII characters; the first 16 are the key. */
  readonly challenge: string;
  readonly deviceClock: number;
  /** On the monotonic clock. */
  readonly sinceMs: number;
  usedMs: number;
}

export class Sessions {
  private readonly open = new Map<number, Session>();

  constructor(
    private readonly clock: Clock,
    private readonly most: number,
    private readonly idleMs: number,
  ) {}

  get count(): number {
    this.forgetIdle();
    return this.open.size;
  }

  get isFull(): boolean {
    return this.count >= this.most;
  }

  add(session: Pick<Session, 'userId' | 'seed' | 'challenge' | 'deviceClock'>): Session {
    const nowMs = this.clock.monotonic();
    const added: Session = { ...session, sinceMs: nowMs, usedMs: nowMs };
    this.open.set(session.userId, added);
    return added;
  }

  /** Undefined when there is none, or it was idle for too long. */
  find(userId: number): Session | undefined {
    this.forgetIdle();
    return this.open.get(userId);
  }

  use(session: Session): void {
    session.usedMs = this.clock.monotonic();
  }

  end(userId: number): void {
    this.open.delete(userId);
  }

  clear(): void {
    this.open.clear();
  }

  private forgetIdle(): void {
    const oldestMs = this.clock.monotonic() - this.idleMs;
    for (const { userId, usedMs } of this.open.values()) if (usedMs < oldestMs) this.open.delete(userId);
  }
}

const WORD_AT = 8;
const SUMMED_FROM = 12;
const COMMAND_AT = 12;
const MAC_AT = 24;
const KEY_BYTES = 16;
const BLOCK_BYTES = 16;
const MODULUS = 2n ** 32n;
/** How far the seconds that a client counts may be away from ours. */
const SECONDS_TOLERANCE = 5;

/**
 * Does a request carry the word of its session? Elapsed seconds of 0 are accepted at any time.
 * @param elapsedSeconds since the login.
 */
export function hasAuthWord(frame: Buffer, session: Session, addend: Addend, elapsedSeconds: number): boolean {
  const base = addend === 'userId' ? session.userId : session.deviceClock;
  const added = (u32At(frame, WORD_AT) - wordWithoutAddend(frame, session) - base) >>> 0;
  return added === 0 || Math.abs(added - Math.floor(elapsedSeconds)) <= SECONDS_TOLERANCE;
}

/** The plain sum of bytes 12 to the end, which is the word of devices with an SDK below 3.0. */
export function hasPlainSum(frame: Buffer): boolean {
  return u32At(frame, WORD_AT) === byteSum(frame, SUMMED_FROM, frame.length);
}

function wordWithoutAddend(frame: Buffer, { seed, userId, challenge }: Session): number {
  let input = BigInt(seed) + 2n * BigInt(u32At(frame, COMMAND_AT));
  for (let index = 0; index < 6; index++) {
    const mask = (BigInt(userId) >> BigInt(5 * index)) & 0xffn;
    input += BigInt(frame[MAC_AT + index] ?? 0) & mask;
  }
  const block = new DataView(new ArrayBuffer(BLOCK_BYTES));
  block.setUint32(0, Number(input % MODULUS), true);
  const key = Buffer.alloc(KEY_BYTES);
  key.write(challenge, 'latin1');
  const out = encryptAes4(key, new Uint8Array(block.buffer));
  const words = new DataView(out.buffer, out.byteOffset);
  return (
    (words.getUint32(0, true) ^ words.getUint32(4, true) ^ words.getUint32(8, true) ^ words.getUint32(12, true)) >>> 0
  );
}
