import { expect, it } from 'vitest';
import { progressBar } from '../../lib/cli/progress';

it('draws over the same line, only what looks different, and takes itself away', () => {
  const written: string[] = [];
  const tell = progressBar((text) => void written.push(text));
  for (const progress of [0, 0.001, 0.5, 1]) tell(progress);
  tell(null);
  expect(written).toEqual([
    `\r[${'.'.repeat(40)}]   0 %`,
    `\r[${'#'.repeat(20)}${'.'.repeat(20)}]  50 %`,
    `\r[${'#'.repeat(40)}] 100 %`,
    `\r${' '.repeat(48)}\r`,
  ]);
  const quiet: string[] = [];
  progressBar((text) => void quiet.push(text))(null);
  expect(quiet).toEqual([]);
});
