import assert from 'node:assert/strict';
import { it } from 'vitest';
import { benchFrames } from './hsp-frames';

it('the bench of alarm pushes runs, and both decoders agree', () => {
  const { frames, framesPerSecond, ratioToByHand } = benchFrames(2_000, 1);
  assert.equal(frames, 2_000);
  assert.ok(framesPerSecond.ours > 0 && framesPerSecond.byHand > 0 && framesPerSecond.copy > 0 && ratioToByHand > 0);
});
