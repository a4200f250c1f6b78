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

  it('has one to 128 rows and columns', () => {
    expect(decodeGridMap('8', { rows: 1, columns: 1 })).toEqual(['#']);
    expect(decodeGridMap('f', { rows: 1, columns: 4 })).toEqual(['####']);
    expect(decodeGridMap('08'.repeat(128), { rows: 128, columns: 5 })?.at(-1)).toBe('....#');
    expect(decodeGridMap('f'.repeat(32), { rows: 1, columns: 128 })).toEqual(['#'.repeat(128)]);
    expect(decodeGridMap('f'.repeat(128), { rows: 1, columns: 4 })).toEqual(['####']);
  });

  it.each([
    ['too short', 'fffffc', PAL],
    ['no hexadecimal', 'x'.repeat(108), PAL],
    ['empty', '', PAL],
    ['of no size', '', { rows: 0, columns: 22 }],
    ['of a size that cannot be', 'ff', { rows: 1, columns: 1e9 }],
    ['of a row and a half', 'fff', { rows: 1.5, columns: 2 }],
    ['of two columns and a half', 'ff', { rows: 1, columns: 2.5 }],
    ['of no column', 'ff', { rows: 2, columns: 0 }],
    ['of more than 128 rows', 'f'.repeat(129), { rows: 129, columns: 4 }],
    ['of more than 128 columns', 'f'.repeat(33), { rows: 1, columns: 129 }],
    ['of more than 128 digits in a row', 'f'.repeat(129), { rows: 1, columns: 4 }],
    ['of a digit less than its columns need', 'ff', { rows: 2, columns: 5 }],
  ])('is null when %s', (_what, text, size) => {
    expect(decodeGridMap(text, size)).toBeNull();
  });
});
