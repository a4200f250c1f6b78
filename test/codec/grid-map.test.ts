import { describe, expect, it } from 'vitest';
import { decodeGridMap, encodeGridMap } from '../../lib/codec/grid-map';

const PAL = { rows: 18, columns: 22 };
const NTSC = { rows: 15, columns: 22 };

describe('the grid of a motion detection', () => {
  it('is 22 cells in six digits, leftmost in the highest bit, top row first', () => {
    const text = 'fffffc' + '800000' + '000004' + '000000'.repeat(15);
    const rows = decodeGridMap(text, PAL);
    expect(rows?.slice(0, 4)).toEqual(['#'.repeat(22), `#${'.'.repeat(21)}`, `${'.'.repeat(21)}#`, '.'.repeat(22)]);
    expect(rows).toHaveLength(18);
    expect(encodeGridMap(rows ?? [], PAL, text)).toBe(text);
    expect(encodeGridMap(rows ?? [], PAL)).toBe(text);
  });

  it('has 15 rows on NTSC units', () => {
    const text = '00000000030003fff01ffff03ffff0fffffefffffefffffefffffefffffefffffefffffefffffefffffefffffe';
    const rows = decodeGridMap(text, NTSC);
    expect(rows).toHaveLength(15);
    expect(rows?.[1]).toBe('..............##......');
    // Bits that only fill up may be set by a device; they are no cells.
    expect(encodeGridMap(rows ?? [], NTSC, text)).toBe(text.replaceAll('fffffe', 'fffffc'));
  });

  it('is written with as many digits as the device uses', () => {
    expect(encodeGridMap(['#.#', '...'], { rows: 2, columns: 3 }, '0000')).toBe('a000');
    expect(encodeGridMap(['#.#', '...'], { rows: 2, columns: 3 }, '00')).toBe('a0');
    expect(decodeGridMap('a0', { rows: 2, columns: 3 })).toEqual(['#.#', '...']);
  });

  it.each([
    ['too short', 'fffffc', PAL],
    ['no hexadecimal', 'x'.repeat(108), PAL],
    ['empty', '', PAL],
    ['of no size', '', { rows: 0, columns: 22 }],
    ['of a size that cannot be', 'ff', { rows: 1, columns: 1e9 }],
    ['of half a row', 'ff', { rows: 1.5, columns: 2 }],
  ])('is null when %s', (_what, text, size) => {
    expect(decodeGridMap(text, size)).toBeNull();
  });
});
