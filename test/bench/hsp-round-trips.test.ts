import assert from 'node:assert/strict';
import { it } from 'vitest';
import { hspRoundTrips } from './hsp-round-trips';

it('the bench of round trips runs', async () => {
  const figure = await hspRoundTrips(1);
  assert.ok(figure.ours > 0 && figure.peer !== null && figure.peer > 0);
});
