/** Names that somebody may have meant. */

/** More would be no help. */
const MAX_SUGGESTIONS = 3;
/** A word that is longer is no slip of the finger, and comparing takes as long as the product of the lengths. */
const MAX_WORD = 64;

/**
 * Those of `names` that are nearest to `wanted`, nearest first: the same word in another family, a part of the name, or a few
 * slips away. Empty when nothing comes near.
 */
export function nearest(wanted: string, names: readonly string[]): string[] {
  const word = wanted.toLowerCase().slice(0, MAX_WORD);
  const short = lastOf(word);
  if (short === '') return [];
  return names
    .map((name) => {
      const known = name.toLowerCase();
      const ownShort = lastOf(known);
      const isPart = short.length >= 3 && (ownShort.includes(short) || short.includes(ownShort));
      const slips = Math.min(slipsBetween(word, known), slipsBetween(short, ownShort));
      return { name, slips: isPart ? Math.min(slips, 1) : slips, length: name.length };
    })
    .filter(({ slips }) => slips <= Math.max(1, Math.floor(short.length / 3)))
    .sort((a, b) => a.slips - b.slips || a.length - b.length)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name);
}

/** `snapshot` of `camera.snapshot`. */
function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Letters that must be put in, left out or changed to come from one word to the other. */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let index = 1; index <= to.length; index++) {
      const changed = (row[index - 1] ?? 0) + (to[index - 1] === letter ? 0 : 1);
      next.push(Math.min(changed, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
