import { configDefaults, defineConfig } from 'vitest/config';

/** Whole programs under load against a deadline: they run after the rest and one at a time, so that only they are measured. */
const alone = ['test/mqtt/cluster.test.ts', 'test/mqtt/endurance.test.ts', 'test/scale/scale.test.ts'];

/**
 * Left out where the other tests run a second time, on another Node with another Node-RED (`npm run test:matrix`): they start whole
 * programs of the Node in the path, or look at the package, and would only say the same again.
 */
const once = [
  ...alone,
  'test/bench/*.test.ts',
  'test/release.test.ts',
  'test/extras/scorecard.test.ts',
  'test/security/regular-expressions.test.ts',
];
const isSecondTime = process.env.HSP_SECOND_TIME !== undefined;
if (isSecondTime) console.log(`left out, as they ran before: ${once.join(', ')}`);

const common = {
  root: new URL('..', import.meta.url).pathname,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  pool: 'forks',
};

export default defineConfig({
  test: {
    root: common.root,
    globalSetup: ['test/support/global-setup.ts'],
    // What runs in processes of its own comes from dist, and is not counted.
    coverage: {
      include: ['lib/**/*.ts'],
      exclude: ['dist/**', '**/*.d.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportOnFailure: true,
      thresholds: { lines: 90, branches: 85 },
    },
    projects: [
      {
        test: {
          ...common,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...alone, ...(isSecondTime ? once : [])],
          // Most of the time of a test is waiting.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: isSecondTime ? [] : alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
