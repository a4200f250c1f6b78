import assert from 'node:assert/strict';
import { it } from 'vitest';
import { alertStreamRead } from './alert-stream';
import { builtInStream } from './built-in-stream';

it('the bench of reading runs, and all readers find the same parts', async () => {
  const figures = await alertStreamRead(builtInStream(30), 'built-in stream', 1);
  assert.deepEqual(
    figures.map(({ name }) => name),
    ['alertStream.read', 'alertStream.read.busboy'],
  );
  assert.ok(figures.every(({ ours, peer, floor }) => ours > 0 && (peer ?? 0) > 0 && (floor ?? 0) > 0));
});
