import { describe, expect, it } from 'vitest';
import { formatNumberList, parseNumberList, withNumber } from '../../nodes/shared/lists';
import { mismatchOf } from '../../nodes/shared/matching';
import { RecentEvents } from '../../nodes/shared/recent-events';
import { event, region } from '../support/events';

describe('what a device told lately', () => {
  it('is one entry for what is alike, the last first, and an end belongs to its start', () => {
    const recent = new RecentEvents();
    recent.push(event({ regions: [region(2, 'human')] }));
    recent.push(event({ kind: 'plate', state: 'once' }));
    // An end may name no region.
    recent.push(event({ state: 'end' }));
    expect(recent.list().map(({ kind, state, count }) => [kind, state, count])).toEqual([
      ['plate', 'once', 1],
      ['motion', 'end', 1],
    ]);
    recent.push(event({ regions: [region(2, 'human')] }));
    expect(recent.list()[0]).toMatchObject({
      kind: 'motion',
      state: 'start',
      count: 2,
      regions: [{ id: 2, target: 'human' }],
    });
    recent.push(event({ regions: [region(3)] }));
    recent.push(event({ kind: 'unknown', eventType: 'one' }));
    recent.push(event({ kind: 'unknown', eventType: 'two' }));
    expect(recent.list()).toHaveLength(5);
  });

  it('is bounded in entries and in size, whatever a device calls its things', () => {
    const recent = new RecentEvents();
    const long = 'x'.repeat(100_000);
    for (let index = 0; index < 500; index++) {
      recent.push(
        event({
          kind: 'unknown',
          eventType: `${index} ${long}`,
          channelName: long,
          target: long,
          time: long,
          regions: Array.from({ length: 100 }, (_, id) => region(id, long)),
        }),
      );
    }
    expect(recent.list()).toHaveLength(60);
    expect(JSON.stringify(recent.list()).length).toBeLessThan(100_000);
    expect(recent.list()[0]?.eventType).toMatch(/^499 /);
  });

  it('has neither pictures nor documents', () => {
    const recent = new RecentEvents();
    recent.push(event({ pictures: [{ name: 'p', contentType: 'image/jpeg', data: Buffer.alloc(9) }], raw: { a: 1 } }));
    expect(recent.list()[0]).not.toHaveProperty('pictures');
    expect(recent.list()[0]).not.toHaveProperty('raw');
  });
});

describe('a list of numbers', () => {
  const list = (text: string) => parseNumberList(text, 'device') ?? { ranges: [], word: false };
  const changed = (text: string, value: number, isIn: boolean) =>
    formatNumberList(withNumber(list(text), value, isIn), 'device');

  it.each([
    ['', 3, true, '3'],
    ['1, 2', 3, true, '1-3'],
    ['1, 2', 5, true, '1, 2, 5'],
    ['1-32, device', 4, false, '1-3, 5-32, device'],
    ['3', 3, false, ''],
    ['5, 1-3', 4, true, '1-5'],
    ['2-4', 9, false, '2-4'],
    ['1-3, 2-8', 3, false, '1, 2, 4-8'],
  ])('%j with %i %s is %j', (before, value, isIn, after) => {
    // Out of overlapping ranges it goes altogether.
    expect(changed(before, value, isIn)).toBe(after);
  });
});

describe('what holds an event back', () => {
  const all = {
    kinds: new Set<string>(),
    channels: { ranges: [], word: false },
    targets: new Set<string>(),
    regions: { ranges: [], word: false },
    stale: true,
  };

  it('is named by its field', () => {
    expect(mismatchOf(event(), all)).toBeNull();
    expect(mismatchOf(event({ stale: true }), { ...all, stale: false })).toBe('stale');
    expect(mismatchOf(event(), { ...all, kinds: new Set(['plate']) })).toBe('kinds');
    expect(
      mismatchOf(event({ channel: null }), { ...all, channels: { ranges: [{ from: 1, to: 9 }], word: false } }),
    ).toBe('channels');
    expect(mismatchOf(event({ target: 'Vehicle' }), { ...all, targets: new Set(['human']) })).toBe('targets');
    expect(
      mismatchOf(event({ regions: [region(2)] }), { ...all, regions: { ranges: [{ from: 3, to: 3 }], word: false } }),
    ).toBe('regions');
  });
});
