import { defineConfig } from 'vitest/config';

/** The tests of codec and events alone, with nothing that starts or builds anything. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/codec/**/*.test.ts', 'test/events/**/*.test.ts'],
    testTimeout: 30_000,
    pool: 'forks',
  },
});
