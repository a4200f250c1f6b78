/**
 * What a capability document allows. It is the document of the setting again, with `opt`, `min` and `max` at its elements
 * (isapi.md §0.2).
 */
import { find, toNumber, type XmlElement } from '../codec/xml';
import { ArgumentError, type Violation } from '../errors';

export interface Limits {
  /** The words that are allowed, as the device writes them; null where it does not list them. */
  readonly options: readonly string[] | null;
  /** Of a number its value, of a text its length. */
  readonly min: number | null;
  readonly max: number | null;
}

/** Undefined where the document says nothing about the element. */
export function limitsAt(capabilities: XmlElement | undefined, path: string): Limits | undefined {
  return limitsOf(find(capabilities, path));
}

/** The first of these places that a document has. */
export function firstAt(from: XmlElement | undefined, paths: readonly string[]): XmlElement | undefined {
  for (const path of paths) {
    const found = find(from, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function limitsOf(element: XmlElement | undefined): Limits | undefined {
  const attributes = element?.attributes;
  if (attributes === undefined) return undefined;
  const options = (attributes.opt ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const limits = {
    options: options.length === 0 ? null : options,
    min: toNumber(attributes.min),
    max: toNumber(attributes.max),
  };
  return limits.options === null && limits.min === null && limits.max === null ? undefined : limits;
}

/** Why a value is not allowed; undefined when it is, or when nobody says. */
export function violationOf(
  parameter: string,
  given: string | number | boolean,
  limits: Limits | undefined,
): Violation | undefined {
  if (limits === undefined) return undefined;
  const { options, min, max } = limits;
  if (options !== null) {
    const isAllowed = options.some((option) => option.toLowerCase() === String(given).toLowerCase());
    return isAllowed ? undefined : { parameter, given, expected: `one of ${options.join(', ')} on this device` };
  }
  const measure = typeof given === 'string' ? given.length : Number(given);
  if ((min === null || measure >= min) && (max === null || measure <= max)) return undefined;
  const what = typeof given === 'string' ? 'a text with a length' : 'a number';
  return { parameter, given, expected: `${what} ${rangeText(min, max)} on this device` };
}

/**
 * As {@link violationOf}, by the first of these elements that limits such a value; null where none objects.
 *
 * @param value as it is written; a list such as `human,vehicle` is taken apart.
 */
export function violationAmong(
  parameter: string,
  value: string | number,
  elements: readonly (XmlElement | undefined)[],
): Violation | null {
  for (const element of elements) {
    const limits = limitsOf(element);
    if (limits === undefined) continue;
    const { options, min, max } = limits;
    if (typeof value === 'number' ? min === null && max === null : options === null) continue;
    for (const part of typeof value === 'string' ? value.split(',') : [value]) {
      const violation = violationOf(parameter, typeof part === 'string' ? part.trim() : part, limits);
      if (violation !== undefined) return { ...violation, given: value };
    }
    return null;
  }
  return null;
}

function rangeText(min: number | null, max: number | null): string {
  if (min === null) return `up to ${max}`;
  return max === null ? `from ${min}` : `from ${min} to ${max}`;
}

/** @throws ArgumentError with all of them, when there are any. */
export function refuse(violations: readonly (Violation | undefined)[]): void {
  const found = violations.filter((violation) => violation !== undefined);
  if (found.length > 0) throw new ArgumentError(found);
}

/** A word as the device spells it. */
export function spelledBy(limits: Limits | undefined, word: string): string {
  return limits?.options?.find((option) => option.toLowerCase() === word.toLowerCase()) ?? word;
}
