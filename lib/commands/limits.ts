/** What a device says about the values that it takes: `min`, `max` and `opt` of its capability documents (isapi.md §0.2). */
import { find, toNumber, type XmlElement } from '../codec/xml';
import type { Violation } from '../errors';

/**
 * Why the device would not take a value, by the first of these elements that has a limit; null where none objects.
 *
 * @param value as it is written; a list such as `human,vehicle` is taken apart.
 */
export function violationOf(
  parameter: string,
  value: string | number,
  elements: readonly (XmlElement | undefined)[],
): Violation | null {
  for (const element of elements) {
    if (element === undefined) continue;
    const { min, max, opt } = element.attributes;
    const [lowest, highest] = [toNumber(min), toNumber(max)];
    if (typeof value === 'number') {
      if (lowest === null && highest === null) continue;
      if (value >= (lowest ?? -Infinity) && value <= (highest ?? Infinity)) return null;
      return { parameter, given: value, expected: `${lowest ?? 'up'} to ${highest ?? 'any'} on this device` };
    }
    if (opt === undefined || opt.trim() === '') continue;
    const choices = opt.split(',').map((choice) => choice.trim());
    const known = new Set(choices.map((choice) => choice.toLowerCase()));
    if (value.split(',').every((part) => known.has(part.trim().toLowerCase()))) return null;
    return { parameter, given: value, expected: `one of ${choices.filter((choice) => choice !== '').join(', ')}` };
  }
  return null;
}

/** The first of these places that a document has. */
export function firstAt(from: XmlElement | undefined, paths: readonly string[]): XmlElement | undefined {
  for (const path of paths) {
    const found = find(from, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
