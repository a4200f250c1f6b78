import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';

const DEVICES = 30;

it(`${DEVICES} devices in one process lose no event, also while half of them are gone`, async () => {
  requireBuilt();
  const program = join(projectRoot, 'dist/test/scale/run.js');
  const args = ['--devices', String(DEVICES), '--seconds', '4', '--json', '--untimed'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
  const { devices, sent, arrived, lost, doubled } = JSON.parse(stdout) as Record<string, number>;
  assert.deepEqual({ devices, lost, doubled, arrived }, { devices: DEVICES, lost: 0, doubled: 0, arrived: sent });
  // All of them for 4 s, the ten that stay for 10 s, and all again for 2 s.
  assert.equal(sent, DEVICES * 4 + 10 * 10 + DEVICES * 2);
}, 240_000);
