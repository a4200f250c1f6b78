/** Values of a detection: how each is given, where it stands in the document, how it is read and written. */
import { decodeGridMap, encodeGridMap, type GridRows, type GridSize } from '../../codec/grid-map';
import { all, element, find, numberAt, toBoolean, toNumber, type XmlElement } from '../../codec/xml';
import { ArgumentError } from '../../errors';
import type { BooleanParam, ChoiceParam, IntegerParam, JsonParam, Param, ValueOf } from '../command';
import { firstAt } from '../limits';

/** What a setting needs to know about the document around it. */
export interface Surroundings {
  /** Name of the parameter, for errors. */
  readonly parameter: string;
  /** Full scale of coordinates, as `normalizedScreenSize` says it. */
  readonly width: number;
  readonly height: number;
}

export interface Setting<P extends Param = Param, V = unknown> {
  readonly param: P;
  /** Where it may stand; the first place that a document has counts. */
  readonly at: readonly string[];
  read(from: XmlElement, around: Surroundings): V | null;
  /** The text to be written, for comparison with the limits of the device; null where limits say nothing about it. */
  wire(value: ValueOf<P>): string | number | null;
  /** @returns false where the document has no such element. @throws ArgumentError for what cannot be written. */
  write(into: XmlElement, value: ValueOf<P>, around: Surroundings): boolean;
}

export type Settings = Readonly<Record<string, Setting>>;
export type ParamsOf<S extends Settings> = { readonly [K in keyof S]: S[K]['param'] };
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: ReturnType<S[K]['read']> };

/** A corner: fractions of the picture, x from the left, y from the bottom, as devices count (isapi.md §6.8). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

function setAt(into: XmlElement, at: readonly string[], text: string | number | boolean): boolean {
  const found = firstAt(into, at);
  if (found === undefined) return false;
  found.text = String(text);
  return true;
}

export function onOff(
  title: string,
  ...at: readonly string[]
): Setting<BooleanParam & { readonly optional: true }, boolean> {
  return {
    param: { kind: 'boolean', title, description: 'Left out, it stays as it is.', optional: true },
    at,
    read: (from) => toBoolean(firstAt(from, at)?.text),
    wire: () => null,
    write: (into, value) => setAt(into, at, value),
  };
}

interface Range {
  readonly title: string;
  readonly description?: string;
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
}

export function whole(
  range: Range,
  ...at: readonly string[]
): Setting<IntegerParam & { readonly optional: true }, number> {
  return {
    param: { kind: 'integer', optional: true, ...range },
    at,
    read: (from) => toNumber(firstAt(from, at)?.text),
    wire: (value) => value,
    write: (into, value) => setAt(into, at, value),
  };
}

export function sensitivity(...at: readonly string[]): Setting<IntegerParam & { readonly optional: true }, number> {
  return whole({ title: 'Sensitivity', description: 'Higher is more sensitive.', min: 0, max: 100 }, ...at);
}

/** A word out of a few; the device's own words are read as they are. */
export function word<const Choice extends string>(
  title: string,
  description: string,
  choices: readonly Choice[],
  ...at: readonly string[]
): Setting<ChoiceParam<Choice> & { readonly optional: true }, string> {
  return {
    param: { kind: 'choice', title, description, choices, optional: true },
    at,
    read: (from) => textOf(firstAt(from, at)),
    wire: (value) => value,
    write: (into, value) => setAt(into, at, value),
  };
}

const TARGETS = ['any', 'human', 'vehicle', 'human,vehicle'] as const;

/** What counts as a cause; an empty element means everything that moves. */
export function target(
  ...at: readonly string[]
): Setting<ChoiceParam<(typeof TARGETS)[number]> & { readonly optional: true }, string> {
  return {
    param: {
      kind: 'choice',
      title: 'Target',
      description: 'Who or what counts; cameras that do not tell people from cars have no such choice.',
      choices: TARGETS,
      optional: true,
    },
    at,
    read: (from) => {
      const found = firstAt(from, at);
      return found === undefined ? null : found.text === '' ? 'any' : found.text;
    },
    wire: (value) => (value === 'any' ? null : value),
    write: (into, value) => setAt(into, at, value === 'any' ? '' : value),
  };
}

function textOf(from: XmlElement | undefined): string | null {
  return from === undefined || from.text === '' ? null : from.text;
}

/* Corners */

/** Elements that stand before the corners of a rule, last one first. */
const BEFORE_CORNERS = ['timeThreshold', 'directionSensitivity', 'sensitivityLevel', 'enabled', 'id'];
const PLACES_AFTER_COMMA = 10_000;

export interface Corners {
  readonly list: string;
  readonly item: string;
  readonly least: number;
  readonly most: number;
}

/** The corners of a line or an area. A rule that nobody has drawn has none. */
export function corners(form: Corners): Setting<JsonParam & { readonly optional: true }, readonly Point[]> {
  const { list, item, least, most } = form;
  const count = least === most ? `${least}` : `${least} to ${most}`;
  const expected = `${count} points such as {"x": 0.25, "y": 0.5}, each number 0 to 1`;
  return {
    param: {
      kind: 'json',
      title: 'Points',
      description:
        `A list of ${count} points {x, y}: fractions of the picture from 0 to 1, x from the left, ` +
        'y from the bottom as the device counts.',
      optional: true,
    },
    at: [list],
    read: (from, { width, height }) =>
      all(find(from, list), item).flatMap((corner) => {
        const x = numberAt(corner, 'positionX');
        const y = numberAt(corner, 'positionY');
        return x === null || y === null ? [] : [{ x: fraction(x, width), y: fraction(y, height) }];
      }),
    wire: () => null,
    write: (into, value, { parameter, width, height }) => {
      const points = pointsFrom(value);
      if (points === null || points.length < least || points.length > most) {
        throw new ArgumentError([{ parameter, given: value, expected }]);
      }
      const drawn = points.map(({ x, y }) =>
        element(item, [element('positionX', Math.round(x * width)), element('positionY', Math.round(y * height))]),
      );
      const found = find(into, list);
      // Cameras leave the list out of a rule that was never drawn; its place matters to some.
      if (found === undefined) insertAfter(into, BEFORE_CORNERS, element(list, drawn));
      else found.children.splice(0, found.children.length, ...drawn);
      return true;
    },
  };
}

/** The shell and MQTT hand a list over as text. */
export function fromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value; // refused as what it is
  }
}

function fraction(value: number, scale: number): number {
  return Math.round((value / scale) * PLACES_AFTER_COMMA) / PLACES_AFTER_COMMA;
}

/** Puts an element behind the last of these that is there, at the front where none is. */
export function insertAfter(into: XmlElement, names: readonly string[], added: XmlElement): void {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const place = into.children.reduce((last, { name }, index) => (wanted.has(name.toLowerCase()) ? index : last), -1);
  into.children.splice(place + 1, 0, added);
}

function pointsFrom(value: unknown): Point[] | null {
  const given = fromText(value);
  if (!Array.isArray(given)) return null;
  const points = given.map(pointFrom);
  return points.every((point) => point !== null) ? points : null;
}

function pointFrom(given: unknown): Point | null {
  if (typeof given !== 'object' || given === null) return null;
  const [x, y] = Array.isArray(given)
    ? (given as unknown[])
    : [(given as Partial<Point>).x, (given as Partial<Point>).y];
  return isFraction(x) && isFraction(y) ? { x, y } : null;
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/* The grid of a motion detection */

const GRID_MAP = 'MotionDetectionLayout/layout/gridMap';

function gridSizeOf(document: XmlElement): GridSize {
  return {
    rows: numberAt(document, 'Grid/rowGranularity') ?? 0,
    columns: numberAt(document, 'Grid/columnGranularity') ?? 0,
  };
}

/** Which cells of the picture are watched; the size is the document's. */
export const grid: Setting<JsonParam & { readonly optional: true }, GridRows> = {
  param: {
    kind: 'json',
    title: 'Grid',
    description:
      'The watched cells: "all", "none", or a list of rows from the top, each a text with # for watched and . for not, or a ' +
      'list of true and false. Usually 18 rows (15 for NTSC) of 22 cells.',
    optional: true,
  },
  at: [GRID_MAP],
  read: (from) => decodeGridMap(find(from, GRID_MAP)?.text ?? '', gridSizeOf(from)),
  wire: () => null,
  write: (into, value, { parameter }) => {
    const map = find(into, GRID_MAP);
    const size = gridSizeOf(into);
    if (map === undefined || size.rows < 1 || size.columns < 1) return false;
    const rows = gridFrom(value, size);
    if (rows === null) {
      const expected = `"all", "none", or ${size.rows} rows of ${size.columns} cells`;
      throw new ArgumentError([{ parameter, given: value, expected }]);
    }
    map.text = encodeGridMap(rows, size, map.text);
    return true;
  },
};

function gridFrom(value: unknown, { rows, columns }: GridSize): GridRows | null {
  const given = fromText(value);
  if (given === 'all' || given === 'none') {
    return Array.from({ length: rows }, () => (given === 'all' ? '#' : '.').repeat(columns));
  }
  if (!Array.isArray(given) || given.length !== rows) return null;
  const lines = given.map((row: unknown) => {
    const cells = Array.isArray(row)
      ? row.map((cell) => (cell === true ? '#' : cell === false ? '.' : '?')).join('')
      : row;
    return typeof cells === 'string' && cells.length === columns && /^[#.]*$/.test(cells) ? cells : null;
  });
  return lines.every((line) => line !== null) ? lines : null;
}
