import assert from 'node:assert/strict';
import { it } from 'vitest';
import { brokerMissing } from '../support/brokers';
import { mqttPublish } from './mqtt';

const missing = brokerMissing('mosquitto');

it.skipIf(missing !== null)(
  `the bench of the publisher runs${missing === null ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const { figures } = await mqttPublish(1, 200);
    assert.equal(figures.length, 5);
    assert.ok(figures.every(({ ours, peer }) => ours > 0 && peer !== null && peer > 0));
  },
);
