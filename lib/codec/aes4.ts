/**
 * AES-128 cut to four rounds, as the auth word needs it: the usual key schedule, rounds 1 to 3 complete, round 4 without
 * MixColumns. Not a cipher to protect anything with; `node:crypto` has no such variant. Source: FIPS 197 for the parts.
 */

const ROUNDS = 4;
const BLOCK_BYTES = 16;

/** Doubling in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function double(value: number): number {
  return ((value << 1) ^ (value & 0x80 ? 0x11b : 0)) & 0xff;
}

const SBOX = makeSbox();

/** FIPS 197 §5.1.1: multiplicative inverse, then an affine map; walked through the powers of the generator 3. */
function makeSbox(): Uint8Array {
  const box = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power ^= double(power);
    // Dividing by 3 is multiplying by 0xf6.
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 0xff;
    if (inverse & 0x80) inverse ^= 0x09;
    const rotated = (by: number) => ((inverse << by) | (inverse >> (8 - by))) & 0xff;
    box[power] = inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
  } while (power !== 1);
  box[0] = 0x63;
  return box;
}

/** The round keys of AES-128, as far as they are needed. */
function expandKey(key: Uint8Array): Uint8Array {
  const schedule = new Uint8Array(BLOCK_BYTES * (ROUNDS + 1));
  schedule.set(key);
  let constant = 1;
  for (let at = BLOCK_BYTES; at < schedule.length; at += 4) {
    const word = [0, 1, 2, 3].map((index) => schedule[at - 4 + index] as number);
    if (at % BLOCK_BYTES === 0) {
      word.push(word.shift() as number);
      for (let index = 0; index < 4; index++) word[index] = SBOX[word[index] as number] as number;
      word[0] = (word[0] as number) ^ constant;
      constant = double(constant);
    }
    for (let index = 0; index < 4; index++) {
      schedule[at + index] = (schedule[at - BLOCK_BYTES + index] as number) ^ (word[index] as number);
    }
  }
  return schedule;
}

/** SubBytes and ShiftRows; the state is stored column by column. */
function substituteAndShift(state: Uint8Array): Uint8Array {
  return state.map((_, at) => SBOX[state[(at + 4 * (at % 4)) % BLOCK_BYTES] as number] as number);
}

function mixColumns(state: Uint8Array): void {
  for (let at = 0; at < BLOCK_BYTES; at += 4) {
    const [a, b, c, d] = state.subarray(at, at + 4) as unknown as [number, number, number, number];
    const all = a ^ b ^ c ^ d;
    state[at] = a ^ all ^ double(a ^ b);
    state[at + 1] = b ^ all ^ double(b ^ c);
    state[at + 2] = c ^ all ^ double(c ^ d);
    state[at + 3] = d ^ all ^ double(d ^ a);
  }
}

function addKey(state: Uint8Array, schedule: Uint8Array, round: number): void {
  for (let at = 0; at < BLOCK_BYTES; at++) {
    state[at] = (state[at] as number) ^ (schedule[round * BLOCK_BYTES + at] as number);
  }
}

/** Encrypts one block of 16 bytes with a key of 16 bytes. */
export function encryptAes4(key: Uint8Array, block: Uint8Array): Uint8Array {
  if (key.length !== BLOCK_BYTES || block.length !== BLOCK_BYTES)
    throw new RangeError('key and block have 16 bytes each');
  const schedule = expandKey(key);
  let state = Uint8Array.from(block);
  addKey(state, schedule, 0);
  for (let round = 1; round <= ROUNDS; round++) {
    state = Uint8Array.from(substituteAndShift(state));
    if (round < ROUNDS) mixColumns(state);
    addKey(state, schedule, round);
  }
  return state;
}
