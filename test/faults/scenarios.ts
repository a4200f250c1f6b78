/** All scenarios of faults, for the tests and the soak. */
import { CUT_SCENARIOS } from './cuts';
import type { Scenario } from './outcome';
import { SOURCE_SCENARIOS } from './sources';

export const SCENARIOS: readonly Scenario[] = [...SOURCE_SCENARIOS, ...CUT_SCENARIOS];
