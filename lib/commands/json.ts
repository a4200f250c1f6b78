/** JSON documents of devices, as settings: read whole, changed, written back, read again. */
import { decodeText, sniff } from '../codec/text';
import { ProtocolError, UnsupportedError } from '../errors';
import { needsReboot } from './answers';
import { ask, type Steps } from './command';
import type { Written } from './documents';
import { isAbsence } from './ways';

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The document and the object in it that is meant. */
export interface JsonSetting {
  readonly path: string;
  readonly name: string;
  readonly document: JsonObject;
  /** Part of `document`; what is changed in it is written. */
  readonly value: JsonObject;
}

/**
 * Reads the object `name` of a JSON document. Without a document under that name, the path means something else here.
 *
 * @throws ProtocolError when the answer is no JSON, UnsupportedError when it holds something else.
 */
export function* getJson(path: string, name: string): Steps<JsonSetting> {
  const { body } = yield* ask({ method: 'GET', path });
  if (sniff(body) === 'xml') throw new UnsupportedError(`${path}: answered with a document that is no JSON`);
  let document: unknown;
  try {
    document = JSON.parse(decodeText(body).replace(/\0+$/, ''));
  } catch (error) {
    throw new ProtocolError(`${path}: expected JSON`, 0, { cause: error });
  }
  const value = isJsonObject(document) && Object.hasOwn(document, name) ? document[name] : undefined;
  if (!isJsonObject(document) || !isJsonObject(value)) {
    throw new UnsupportedError(`${path}: answered without ${name}`);
  }
  return { path, name, document, value };
}

/** Undefined where the device has no such document. */
export function* optionalJson(path: string, name: string): Steps<JsonObject | undefined> {
  try {
    return (yield* getJson(path, name)).value;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}

export function* putJson({ path, name, document }: JsonSetting): Steps<JsonSetting & Written> {
  const answer = yield* ask({
    method: 'PUT',
    path,
    body: JSON.stringify(document),
    contentType: 'application/json; charset="UTF-8"',
  });
  return { ...(yield* getJson(path, name)), rebootRequired: needsReboot(answer) };
}

/** Null when absent or no number; devices write numbers as text now and then. */
export function numberIn(value: JsonObject | undefined, name: string): number | null {
  const found = value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Null when absent, empty or no text. */
export function textIn(value: JsonObject | undefined, name: string): string | null {
  const found = value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The objects of a list; a list of one may come without its brackets. */
export function objectsIn(value: JsonObject | undefined, name: string): JsonObject[] {
  const found = value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  return (Array.isArray(found) ? found : [found]).filter(isJsonObject);
}
