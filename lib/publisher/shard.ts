/** Which bridge serves which device. Pure. */
import { createHash } from 'node:crypto';

export interface Shard {
  /** From 0, as a StatefulSet counts. */
  readonly index: number;
  readonly count: number;
}

/**
 * Rendezvous hashing: every device goes to the bridge whose hash with it is highest. With one bridge more, only the devices move
 * that go to it; with one less, only those that it had.
 */
export function shardOf(key: string, count: number): number {
  let best = 0;
  let highest = -1;
  for (let index = 0; index < count; index++) {
    const weight = createHash('sha256').update(`${index}/${key}`).digest().readUIntBE(0, 6);
    if (weight > highest) {
      highest = weight;
      best = index;
    }
  }
  return best;
}

/** `0/3`; null for what is none. */
export function shardFrom(text: string): Shard | null {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text.trim());
  if (match === null) return null;
  const [index, count] = [Number(match[1]), Number(match[2])];
  return count >= 1 && index < count ? { index, count } : null;
}
