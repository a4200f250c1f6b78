import { expect, it } from 'vitest';
import { throughPages } from '../../lib/commands/searching';

it('a search tells how far it has come, between pages only', () => {
  const steps = throughPages(10, function* (position) {
    yield* [];
    return { items: [position, position + 1], hasMore: position < 4, total: 6 };
  });
  const told: unknown[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) told.push(step.value);
  expect(told).toEqual([{ progress: 2 / 6 }, { progress: 4 / 6 }]);
  expect(step.value).toEqual({ items: [0, 1, 2, 3, 4, 5], total: 6, isComplete: true });
});
