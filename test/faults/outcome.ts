/** What a scenario of faults came to. */

export interface Outcome {
  /** Events that a device told, or tried to. */
  readonly sent: number;
  /** Of these, those that arrived. */
  readonly delivered: number;
  /** Those that did not, and that a counter of ours or a state that is shown tells of. */
  readonly counted: number;
  /** Those that never left the device, as the fault kept it silent. */
  readonly untold: number;
  /** Arrived more than once; each time as the same event. */
  readonly repeats: number;
  /** Faults, cuts and jumps that were made. */
  readonly faults: number;
}

export interface ScenarioOptions {
  /** Every position where bytes are cut; else only some of them. */
  readonly isWhole: boolean;
  readonly seed: number;
}

export interface Scenario {
  readonly name: string;
  /** Leaves nothing behind. @throws where something is not as it should be. */
  readonly run: (options: ScenarioOptions) => Promise<Outcome>;
}

export const NOTHING: Outcome = { sent: 0, delivered: 0, counted: 0, untold: 0, repeats: 0, faults: 0 };

export function sum(one: Outcome, other: Outcome): Outcome {
  const add = (name: keyof Outcome) => one[name] + other[name];
  return {
    sent: add('sent'),
    delivered: add('delivered'),
    counted: add('counted'),
    untold: add('untold'),
    repeats: add('repeats'),
    faults: add('faults'),
  };
}

/** Gone, and nobody knows of it. */
export function lostOf({ sent, delivered, counted, untold }: Outcome): number {
  return sent - delivered - counted - untold;
}

/** @throws with `what` where it does not hold. */
export function must(condition: boolean, what: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof what === 'string' ? what : what());
}

/** Positions at which a transfer of so many bytes is cut; the first and the last are always among them. */
export function positions(sizeBytes: number, isWhole: boolean, most: number): number[] {
  const step = isWhole ? 1 : Math.max(1, Math.ceil(sizeBytes / most));
  const some = Array.from({ length: Math.ceil(sizeBytes / step) }, (_, index) => index * step);
  return [...some, sizeBytes];
}
