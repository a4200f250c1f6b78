/**
 * Places in a picture, in percent from its left and upper edge. Devices count in a screen of their own, from the lower left
 * corner (isapi.md §3.7).
 */
import { numberAt, type XmlElement } from '../../codec/xml';
import type { NumberParam } from '../command';

export interface PicturePoint {
  /** From the left edge. */
  readonly xPercent: number;
  /** From the upper edge. */
  readonly yPercent: number;
}

interface Screen {
  readonly width: number;
  readonly height: number;
}

/** Where the document does not say it. */
const USUAL_SCREEN: Screen = { width: 704, height: 576 };

export const percentParam = { kind: 'number', unit: '%', min: 0, max: 100 } as const satisfies Omit<
  NumberParam,
  'title'
>;

/** The screen that a document counts in. */
export function screenOf(document: XmlElement): Screen {
  const width = numberAt(document, 'normalizedScreenSize/normalizedScreenWidth') ?? 0;
  const height = numberAt(document, 'normalizedScreenSize/normalizedScreenHeight') ?? 0;
  return width > 0 && height > 0 ? { width, height } : USUAL_SCREEN;
}

/** Null where an element has no place. */
export function placeAt(from: XmlElement, screen: Screen): PicturePoint | null {
  const x = numberAt(from, 'positionX');
  const y = numberAt(from, 'positionY');
  if (x === null || y === null) return null;
  return { xPercent: tenths((x / screen.width) * 100), yPercent: tenths(100 - (y / screen.height) * 100) };
}

export function deviceX(xPercent: number, screen: Screen): number {
  return Math.round((xPercent / 100) * screen.width);
}

export function deviceY(yPercent: number, screen: Screen): number {
  return Math.round((1 - yPercent / 100) * screen.height);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
