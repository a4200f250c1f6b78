import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';
import { brokerMissing } from '../support/brokers';

const missing = brokerMissing('mosquitto');
const EVENTS = 10_000;

describe.skipIf(missing !== null)(`${EVENTS} events${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it('all arrive, in order per device, with the broker stopped twice and the bridge killed once', async () => {
    requireBuilt();
    const program = join(projectRoot, 'dist/test/mqtt/endurance.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, String(EVENTS)]);
    const { arrived, outOfOrder, kills } = JSON.parse(stdout) as Record<string, number>;
    assert.deepEqual({ arrived, outOfOrder, kills }, { arrived: EVENTS, outOfOrder: 0, kills: 1 });
  }, 120_000);
});
