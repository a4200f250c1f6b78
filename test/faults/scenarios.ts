/** All scenarios of faults, for the tests and the soak. */
import { BROKER_SCENARIOS } from './broker';
import { CLOCK_SCENARIOS } from './clocks';
import { CUT_SCENARIOS } from './cuts';
import type { Scenario } from './outcome';
import { REDEPLOY_SCENARIOS } from './redeploys';
import { SOURCE_SCENARIOS } from './sources';

export const SCENARIOS: readonly Scenario[] = [
  ...SOURCE_SCENARIOS,
  ...CUT_SCENARIOS,
  ...BROKER_SCENARIOS,
  ...CLOCK_SCENARIOS,
  ...REDEPLOY_SCENARIOS,
];
