import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';

const DEVICES = 30;
/** Even, so that what has begun is over. */
const [SECONDS, AWAY] = [2, 2];

it(`${DEVICES} devices in one process lose no event, also while half of them are gone`, async () => {
  requireBuilt();
  const program = join(projectRoot, 'dist/test/scale/run.js');
  const args = [
    '--devices',
    String(DEVICES),
    '--seconds',
    String(SECONDS),
    '--away',
    String(AWAY),
    '--json',
    '--untimed',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
  const { devices, sent, arrived, lost, doubled } = JSON.parse(stdout) as Record<string, number>;
  assert.deepEqual({ devices, lost, doubled, arrived }, { devices: DEVICES, lost: 0, doubled: 0, arrived: sent });
  // All of them at first, the ten that stay while the others are gone, and all again for 2 s.
  assert.equal(sent, DEVICES * SECONDS + 10 * AWAY + DEVICES * 2);
}, 240_000);
