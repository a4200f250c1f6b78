import { describe, expect, it } from 'vitest';
import { cursorKey, MemoryCursors } from '../../lib/events/cursors';
import { MAX_CURSORS } from '../../lib/settings';

describe('cursors in memory', () => {
  it('keep the last value of each, and know nothing of others', () => {
    const cursors = new MemoryCursors();
    cursors.set('a', '1');
    cursors.set('b', '1');
    cursors.set('a', '2');
    expect(cursors.get('a')).toBe('2');
    expect(cursors.get('c')).toBeNull();
    expect([...cursors.entries()]).toEqual([
      ['b', '1'],
      ['a', '2'],
    ]);
  });

  it('forget beyond their bound what has not moved for longest', () => {
    const cursors = new MemoryCursors();
    for (let index = 0; index < MAX_CURSORS; index++) cursors.set(`key ${index}`, 'x');
    cursors.set('key 0', 'moved');
    expect(cursors.get('key 1')).toBe('x');
    cursors.set('one more', 'x');
    expect(cursors.get('key 0')).toBe('moved');
    expect(cursors.get('key 1')).toBeNull();
    expect(cursors.get('key 2')).toBe('x');
    expect([...cursors.entries()]).toHaveLength(MAX_CURSORS);
  });
});

describe('the key of a cursor', () => {
  it('is the same for the same device and question, and tells nothing of the device', () => {
    const key = cursorKey('access', 'DS-K1T20240101');
    expect(key).toMatch(/^access-[\w-]{22}$/);
    expect(cursorKey('access', 'DS-K1T20240101')).toBe(key);
    expect(key).not.toContain('DS-K1T');
    const others = [cursorKey('plates', 'DS-K1T20240101'), cursorKey('access', 'DS-K1T20240102')];
    expect(new Set([key, ...others].map((each) => each.slice(-22))).size).toBe(3);
  });
});
