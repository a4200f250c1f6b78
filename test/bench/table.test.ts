import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import type { Figure } from './figure';
import { tableIn } from './table';

const figure: Figure = {
  name: 'a.figure',
  about: 'a test',
  unit: 'ms',
  ours: 12.34,
  peer: null,
  peerName: null,
  floor: 4_000,
  floorName: 'nothing',
  aimToPeer: null,
  isLowerBetter: true,
};

it('the table has its place in the README of the bench, and takes that of the one before', () => {
  const readme = readFileSync(join(__dirname, 'README.md'), 'utf8');
  const once = tableIn(readme, [figure]);
  assert.ok(
    once.includes('| `a.figure` | a test | ms (less is better) | 12.3 |  |  | 4,000: nothing | 0.00309 |'),
    once,
  );
  assert.equal(tableIn(once, [figure]), once);
  assert.throws(() => tableIn('no marks', [figure]), /no place/);
});
