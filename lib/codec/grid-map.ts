/**
 * `gridMap` of a motion detection ⇄ cells. The picture is cut into rows and columns; a row is written as hexadecimal digits, its
 * leftmost cell in the highest bit, the top row first. 22 columns take six digits, the last two bits fill up (isapi.md §6.8).
 */

/** Rows from the top, cells from the left: `#` is watched, `.` is not. */
export type GridRows = readonly string[];

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

/** Most rows and columns that make sense; real ones are 15 or 18 by 22. */
const MAX_CELLS_A_SIDE = 128;

/** Null when the text does not fit the size. What the filling bits say is nobody's business. */
export function decodeGridMap(text: string, { rows, columns }: GridSize): GridRows | null {
  const digits = digitsOfRow(text, { rows, columns });
  if (digits === null || !/^[0-9a-f]*$/i.test(text)) return null;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const digit = parseInt(text.charAt(row * digits + (column >> 2)), 16);
      return (digit & (8 >> (column & 3))) === 0 ? '.' : '#';
    }).join(''),
  );
}

/** @param like the text that it takes the place of, for the number of digits in a row; whole bytes where it says nothing. */
export function encodeGridMap(grid: GridRows, size: GridSize, like = ''): string {
  const digits = digitsOfRow(like, size) ?? Math.ceil(size.columns / 8) * 2;
  return grid
    .map((row) =>
      Array.from({ length: digits }, (_, place) => {
        const bits = [0, 1, 2, 3].map((bit) => (row[place * 4 + bit] === '#' ? 8 >> bit : 0));
        return bits.reduce((sum, bit) => sum + bit, 0).toString(16);
      }).join(''),
    )
    .join('');
}

function digitsOfRow(text: string, { rows, columns }: GridSize): number | null {
  if (![rows, columns].every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_CELLS_A_SIDE))
    return null;
  const digits = text.length / rows;
  return Number.isInteger(digits) && digits * 4 >= columns && digits <= MAX_CELLS_A_SIDE ? digits : null;
}
