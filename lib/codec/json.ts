/**
 * ISAPI JSON, read as leniently as ISAPI XML: names without case, a single item where a list is meant, numbers and truths as text.
 * Values stay text until somebody asks for a number: a card number `0011` keeps its zeros.
 */
import { ProtocolError } from '../errors';
import { JSON_MAX_DEPTH } from '../settings';
import { decodeText, withoutNuls } from './text';
import { toBoolean, toNumber } from './xml';

export type JsonObject = Record<string, unknown>;

/** @throws ProtocolError for text that is no JSON, or nested too deep. NULs behind it are what some firmware sends. */
export function parseJson(body: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(withoutNuls(decodeText(body)));
  } catch (error) {
    throw new ProtocolError(`JSON: ${(error as Error).message}`, 0, { cause: error });
  }
  if (!tame(value)) throw new ProtocolError(`JSON: nested deeper than ${JSON_MAX_DEPTH}`, 0);
  return value;
}

/**
 * Takes out of a document what cannot be handed on as plain data: numbers beyond all bounds, and names that change an object when
 * they are copied. @returns false when it is nested too deep.
 */
export function tame(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (depth >= JSON_MAX_DEPTH) return false;
  const holder = value as JsonObject;
  if (Object.hasOwn(holder, '__proto__')) delete holder['__proto__'];
  for (const [name, inner] of Object.entries(holder)) {
    if (typeof inner === 'number') {
      if (!Number.isFinite(inner)) holder[name] = null;
    } else if (!tame(inner, depth + 1)) return false;
  }
  return true;
}

/** The value as an object; null for lists and everything else. */
export function objectOf(value: unknown): JsonObject | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The text of a leaf; numbers and truths become the text that XML would carry. Null for nothing, blanks and branches. */
export function scalar(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/** The member of that name, whatever its case; only the object's own. */
export function member(of: JsonObject, name: string): unknown {
  if (Object.hasOwn(of, name)) return of[name];
  const wanted = name.toLowerCase();
  for (const key of Object.keys(of)) if (key.toLowerCase() === wanted) return of[key];
  return undefined;
}

/** What stands at `path` below `from`, names separated by `/`; undefined when there is nothing. */
export function jsonAt(from: unknown, path: string): unknown {
  let current = from;
  for (const name of path.split('/')) {
    const object = objectOf(current);
    if (object === null) return undefined;
    current = member(object, name);
  }
  return current;
}

/** Text at `path`; the first one of a list. Null when absent or empty. */
export function jsonText(from: unknown, path: string): string | null {
  const value = jsonAt(from, path);
  return scalar(Array.isArray(value) ? value[0] : value);
}

export function jsonNumber(from: unknown, path: string): number | null {
  return toNumber(jsonText(from, path));
}

export function jsonBoolean(from: unknown, path: string): boolean | null {
  return toBoolean(jsonText(from, path));
}

/** The list at `path`; a single item is a list of one. */
export function jsonList(from: unknown, path: string): readonly unknown[] {
  const value = jsonAt(from, path);
  if (Array.isArray(value)) return value;
  return value === undefined || value === null || value === '' ? [] : [value];
}
