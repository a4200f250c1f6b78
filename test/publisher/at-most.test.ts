import assert from 'node:assert/strict';
import { it } from 'vitest';
import { AtMost } from '../../lib/publisher/at-most';

it('lets so many in at a time, the others in order, and none that has left', () => {
  const places = new AtMost(2);
  const begun: string[] = [];
  const leave = new Map<string, () => void>();
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    leave.set(
      name,
      places.enter(() => void begun.push(name)),
    );
  assert.deepEqual(begun, ['a', 'b']);
  leave.get('c')?.(); // it waits no longer
  leave.get('a')?.();
  leave.get('a')?.(); // twice is once
  assert.deepEqual(begun, ['a', 'b', 'd']);
  leave.get('b')?.();
  assert.deepEqual(begun, ['a', 'b', 'd', 'e']);
});
