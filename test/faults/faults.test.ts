/** Whatever fails, nothing is left behind, and every event has arrived or is counted. `npm run soak` does the same at length. */
import { describe, expect, it } from 'vitest';
import { leakedSince, resources } from '../support/leaks';
import { lostOf } from './outcome';
import { SCENARIOS } from './scenarios';

describe('faults', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    { timeout: 120_000 },
    async (_name, { run }) => {
      const before = resources();
      const outcome = await run({ isWhole: false, seed: 20_240_501 });
      expect(outcome.sent + outcome.faults).toBeGreaterThan(0);
      expect(lostOf(outcome)).toBe(0);
      expect(await leakedSince(before)).toEqual([]);
    },
  );
});
