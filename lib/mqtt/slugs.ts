/** Names as levels of a topic, and ids that stay when a name changes. */
import { createHash } from 'node:crypto';

/** Longest level made of a name. Home Assistant and brokers take more; people have to type it. */
const SLUG_MAX_LENGTH = 48;
/** Hexadecimal digits of an identity that tell two devices of one name apart. */
const TAIL_LENGTH = 6;
/** Hexadecimal digits of an id that must be unique in a whole installation. */
const ID_LENGTH = 12;

/** Levels that mean something else beside the devices. */
const RESERVED = new Set(['bridge']);

/** Letters that Unicode does not take apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
};

/**
 * A name as a level of a topic: lower case, accents off, everything else than letters, digits and `_` a single hyphen. Empty for
 * a name that has nothing of it (`前门`).
 */
export function slugOf(name: string): string {
  return (
    name
      // A name is bounded before it is normalized, which may make it longer.
      .slice(0, 4 * SLUG_MAX_LENGTH)
      .toLowerCase()
      .replace(/[ßæœøđðþłı]/g, (letter) => LETTERS[letter] ?? letter)
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, '-')
      .replace(/^-/, '')
      .slice(0, SLUG_MAX_LENGTH)
      .replace(/-$/, '')
  );
}

/** What tells a device from all others. */
export interface Identified {
  /** Serial number as the device says it; null until it was asked. */
  readonly serial: string | null;
  /** What the user has only once: the id of the configuration node, or the address. */
  readonly key: string;
}

/**
 * An id that does not change with the name, and does not give the serial number away: twelve digits of its hash. Spelling with and
 * without hyphens counts as one, as firmware does both.
 */
export function identityOf({ serial, key }: Identified): string {
  const known = (serial ?? '').replace(/[\s-]+/g, '').toUpperCase();
  // Devices that were never given a number say 0.
  const isSaid = /[1-9A-Z]/.test(known);
  return hashOf(isSaid ? `serial ${known}` : `key ${key}`);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH);
}

/**
 * One slug for each device, in the order given. A name that several devices have, or that is no slug or a reserved one, gets a
 * tail made from the serial number (`--` and six digits of its hash), for every one of them: the order decides nothing.
 */
export function slugsOf(devices: readonly (Identified & { readonly name: string })[]): string[] {
  const plain = devices.map(({ name }) => slugOf(name));
  const count = countsOf(plain);
  const tailed = devices.map((device, index) => {
    const slug = plain[index] ?? '';
    if (slug !== '' && count.get(slug) === 1 && !RESERVED.has(slug)) return slug;
    return withTail(slug, identityOf(device).slice(0, TAIL_LENGTH));
  });
  // The same device twice under one name, or six digits that are equal by chance: what the user has only once decides.
  const again = countsOf(tailed);
  return tailed.map((slug, index) => {
    const device = devices[index];
    if (device === undefined || again.get(slug) === 1) return slug;
    return withTail(plain[index] ?? '', hashOf(`${identityOf(device)} ${device.key}`));
  });
}

/** A slug of a name never holds two hyphens in a row, so one with a tail is like no other. */
function withTail(slug: string, tail: string): string {
  return `${(slug === '' ? 'device' : slug).slice(0, SLUG_MAX_LENGTH - ID_LENGTH - 2).replace(/-$/, '')}--${tail}`;
}

function countsOf(slugs: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const slug of slugs) counts.set(slug, (counts.get(slug) ?? 0) + 1);
  return counts;
}
