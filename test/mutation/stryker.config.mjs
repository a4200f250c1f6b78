/** Run by hand with `npm run mutation`: small changes to codec and events, and whether a test notices each of them. */
const cache = '.cache/mutation';

export default {
  mutate: ['lib/codec/**/*.ts', 'lib/events/**/*.ts'],
  testRunner: 'vitest',
  plugins: [
    new URL(`../../${cache}/node_modules/@stryker-mutator/vitest-runner/dist/src/index.js`, import.meta.url).href,
  ],
  vitest: { configFile: 'test/mutation/vitest.config.mjs', related: true },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 4_000,
  // What runs once when a module is loaded (tables, layouts) would be tried with every test, which takes hours.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: `${cache}/incremental.json`,
  tempDirName: `${cache}/sandbox`,
  ignorePatterns: ['dist', 'coverage', 'examples', 'nodes', 'test/fixtures/tls'],
  // Texts of errors are for people; that each is right is no matter of the bytes.
  mutator: { excludedMutations: ['StringLiteral'] },
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: true },
  jsonReporter: { fileName: `${cache}/report.json` },
  thresholds: { high: 85, low: 75, break: 75 },
  tsconfigFile: 'tsconfig.json',
};
