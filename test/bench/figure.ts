/** One measured figure, with what it is held against in the same run. */
export interface Figure {
  readonly name: string;
  /** What was measured on, in a few words. */
  readonly about: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** What this machine does at the very best with the same bytes. */
  readonly floor: number | null;
  readonly floorName: string | null;
  /** The ratio to the peer that we aim at; null where there is no aim. */
  readonly aimToPeer: number | null;
  /** A time or a size: a ratio below 1 is better than the other. */
  readonly isLowerBetter?: true;
}

/** Units of work per second: `work` is repeated for at least 300 ms and says how many units one run is. */
export async function rateOf(work: () => number | Promise<number>): Promise<number> {
  let units = 0;
  const start = process.hrtime.bigint();
  for (;;) {
    units += await work();
    const elapsed = Number(process.hrtime.bigint() - start) / 1e9;
    if (elapsed >= 0.3) return units / elapsed;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Of each, the median of its rates; they run by turns, so that a machine that slows down slows all of them. */
export async function inTurn<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) rates.get(name)?.push(await rateOf(works[name]));
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<Name, number>;
}

/** To three digits, as some are far from 1. */
export function ratio(ours: number, other: number | null): number | null {
  return other === null ? null : Number((ours / other).toPrecision(3));
}
