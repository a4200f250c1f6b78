/**
 * Lists as people type them into a text field: `1, 3-5, device` or `human, vehicle`. Pure, and shared by the runtime and the
 * edit dialog, so that both read them the same way.
 */

export interface NumberList {
  /** Inclusive, in the order as typed. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** The word for the thing without a number stood in the list. */
  readonly word: boolean;
}

/** Larger numbers than any device has; keeps a slip of the finger from looking like a range. */
const MAX_NUMBER = 65_535;

/**
 * Reads a list of numbers and ranges, separated by commas, semicolons or blanks.
 *
 * @param word is accepted besides numbers, for example `device`.
 * @returns undefined where a part of the list is neither; an empty text is an empty list.
 */
export function parseNumberList(text: string, word?: string): NumberList | undefined {
  const ranges: { from: number; to: number }[] = [];
  let hasWord = false;
  for (const part of parseWordList(withoutBlanks(text))) {
    if (word !== undefined && part === word) {
      hasWord = true;
      continue;
    }
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to < from || to > MAX_NUMBER) return undefined;
    ranges.push({ from, to });
  }
  return { ranges, word: hasWord };
}

/** `1 - 4` is one range. */
function withoutBlanks(text: string): string {
  const parts = text.split('-').map((part) => part.trim());
  return parts.join('-');
}

/** Reads words separated by commas, semicolons or blanks; lower case, because devices and people differ in it. */
export function parseWordList(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
}

export function includesNumber(list: NumberList, value: number): boolean {
  return list.ranges.some(({ from, to }) => from <= value && value <= to);
}

/** True for a list that names nothing, which means: everything. */
export function isEmptyList(list: NumberList): boolean {
  return list.ranges.length === 0 && !list.word;
}

/** The list with one number put in, or taken out of whatever range it is in. */
export function withNumber(list: NumberList, value: number, isIn: boolean): NumberList {
  const others = list.ranges.flatMap(({ from, to }) => {
    if (value < from || value > to) return [{ from, to }];
    return [
      { from, to: value - 1 },
      { from: value + 1, to },
    ].filter((part) => part.from <= part.to);
  });
  return { ...list, ranges: joined(isIn ? [...others, { from: value, to: value }] : others) };
}

/** As people type it, what follows one another as a range: `1, 3-5, device`. */
export function formatNumberList({ ranges, word }: NumberList, wordText: string): string {
  const parts = ranges.flatMap(({ from, to }) => {
    if (to - from === 1) return [`${from}`, `${to}`];
    return [from === to ? `${from}` : `${from}-${to}`];
  });
  return [...parts, ...(word ? [wordText] : [])].join(', ');
}

/** In order, and one range for what touches. */
function joined(ranges: NumberList['ranges']): NumberList['ranges'] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}
