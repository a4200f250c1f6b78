import { describe, expect, it } from 'vitest';
import { EVENT_KIND_NAMES, groupedKinds, kindGroupOf } from '../../lib/index';

describe('groups of kinds', () => {
  it('hold every kind once', () => {
    const grouped = groupedKinds(EVENT_KIND_NAMES).flatMap(({ kinds }) => kinds);
    expect(grouped.sort()).toEqual([...EVENT_KIND_NAMES].sort());
  });

  it('have only the kinds that are asked for, in their order, and the rest last', () => {
    const groups = groupedKinds(['newKind', 'videoLoss', 'motion', 'doorbell']);
    expect(groups.at(-1)).toEqual({ group: 'rest', kinds: ['newKind'] });
    expect(groups.flatMap(({ kinds }) => kinds).sort()).toEqual(['doorbell', 'motion', 'newKind', 'videoLoss']);
    expect(groups.every(({ kinds }) => kinds.length > 0)).toBe(true);
    expect(groupedKinds([])).toEqual([]);
  });

  it('tell the group of a kind', () => {
    for (const { group, kinds } of groupedKinds(EVENT_KIND_NAMES))
      for (const kind of kinds) expect(kindGroupOf(kind as (typeof EVENT_KIND_NAMES)[number]), kind).toBe(group);
    expect(kindGroupOf('motion')).not.toBe(kindGroupOf('doorbell'));
    expect(kindGroupOf('unknown')).toBe('rest');
    // A kind of another version.
    expect(kindGroupOf('newKind' as 'motion')).toBe('rest');
  });
});
