/**
 * The word in bytes 8 to 11 of every request after the login, by which a device knows that the request comes from whoever
 * logged in. Formula: published native traces, recomputed (H). What is added at the end: two clients disagree (M), so it is
 * a mode to be tried and remembered.
 */
import { encryptAes4 } from './aes4';
import { byteSum, u32At } from './bytes';

/** First byte that an older device sums up. */
const SUM_FROM = 12;

/**
 * - `userId`: userID of the session and whole seconds since the login. Run against real cameras.
 * - `deviceClock`: the clock word of the challenge and whole seconds since the login. Run against a door station.
 */
export type AddendMode = 'userId' | 'deviceClock';

/** In the order in which they are tried, each after a fresh login. */
export const ADDEND_MODES: readonly AddendMode[] = ['userId', 'deviceClock'];

export interface AuthSession {
  readonly userId: number;
  /** Bytes 4 to 7 of the login reply. */
  readonly seed: number;
  /** Challenge of the login, ASCII; its first 16 characters are the key. */
  readonly challenge: string;
  /** Bytes 4 to 7 of the challenge reply. */
  readonly deviceClock: number;
}

export interface AuthWordInput {
  readonly seed: number;
  readonly command: number;
  readonly userId: number;
  /** Six bytes; zeros where the client does not say its own. */
  readonly mac: Uint8Array;
  /** 16 bytes. */
  readonly key: Uint8Array;
  readonly addend: number;
}

/** The auth word. All numbers are u32, all sums modulo 2^32. */
export function authWord({ seed, command, userId, mac, key, addend }: AuthWordInput): number {
  let input = seed + 2 * command;
  for (let index = 0; index < 6; index++) input += (mac[index] ?? 0) & (userId >>> (5 * index)) & 0xff;
  const block = Buffer.alloc(16);
  block.writeUInt32LE(input % 2 ** 32);
  const out = Buffer.from(encryptAes4(key, block));
  const folded = out.readUInt32LE(0) ^ out.readUInt32LE(4) ^ out.readUInt32LE(8) ^ out.readUInt32LE(12);
  return (folded + addend) >>> 0;
}

const NO_MAC = new Uint8Array(6);

/** The auth word of a session for one command. `elapsedSeconds`: whole seconds since the login; 0 was accepted too. */
export function sessionAuthWord(
  session: AuthSession,
  command: number,
  mode: AddendMode,
  elapsedSeconds: number,
  mac: Uint8Array = NO_MAC,
): number {
  const base = mode === 'userId' ? session.userId : session.deviceClock;
  return authWord({
    seed: session.seed,
    command,
    userId: session.userId,
    mac,
    key: Buffer.from(session.challenge.slice(0, 16).padEnd(16, '\0'), 'latin1'),
    addend: (base + elapsedSeconds) >>> 0,
  });
}

/** Devices with an SDK below 3.0 (M): the plain sum of bytes 12 to the end of the request. */
export function plainSumWord(request: Uint8Array): number {
  return byteSum(request, SUM_FROM, request.length);
}

/** True when a request carries the plain sum. */
export function hasPlainSumWord(request: Uint8Array): boolean {
  return request.length >= SUM_FROM && u32At(request, 8) === plainSumWord(request);
}
