/** Every reader of what others wrote, a few thousand damaged inputs; `npm run soak` gives them a million. */
import { afterAll, describe, expect, it } from 'vitest';
import { FINDINGS } from './findings';
import { fuzz, judgedFairly } from './fuzz';
import { TARGETS } from './targets';

/** Fixed, so that a change that did not touch a reader cannot fail here; the soak takes another one each time. */
const SEED = 20_240_501;
const INPUTS = 400;

describe(`damaged inputs, seed ${SEED}`, () => {
  afterAll(async () => {
    for (const { close } of TARGETS) await close?.();
  });

  const here = TARGETS.filter(({ isTestedElsewhere }) => isTestedElsewhere !== true);
  it.each(here.map((target) => [target.name, target] as const))('%s', { timeout: 60_000 }, async (_name, target) => {
    const { finding, inputs } = await fuzz(target, INPUTS, SEED);
    expect(finding).toBeNull();
    expect(inputs).toBeGreaterThan(0);
  });

  it.each(FINDINGS)('found before: $what', async ({ target, input }) => {
    const reader = TARGETS.find(({ name }) => name === target);
    if (reader === undefined) throw new Error(`no reader ${target}`);
    expect(await judgedFairly(reader, input())).toBeGreaterThanOrEqual(0);
  });
});
