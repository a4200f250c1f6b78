/** JSON documents of devices, as settings: read whole, changed, written back, read again. */
import { objectOf, type JsonObject } from '../codec/json';
import { UnsupportedError } from '../errors';
import { needsReboot } from './answers';
import { getJson, sendJson } from './json';
import type { Steps } from './command';
import type { Written } from './documents';
import { isAbsence } from './ways';

/** The document and the object in it that is meant. */
export interface JsonSetting {
  readonly path: string;
  readonly name: string;
  readonly document: JsonObject;
  /** Part of `document`; what is changed in it is written. */
  readonly value: JsonObject;
}

/**
 * Reads the object `name` of a JSON document. Without an object under that name, the path means something else here.
 *
 * @throws ProtocolError when the answer is no JSON, UnsupportedError when it holds something else.
 */
export function* getJsonSetting(path: string, name: string): Steps<JsonSetting> {
  const document = objectOf(yield* getJson(path));
  const value = document !== null && Object.hasOwn(document, name) ? objectOf(document[name]) : null;
  if (document === null || value === null) throw new UnsupportedError(`${path}: answered without ${name}`);
  return { path, name, document, value };
}

/** Undefined where the device has no such document. */
export function* optionalJsonSetting(path: string, name: string): Steps<JsonObject | undefined> {
  try {
    return (yield* getJsonSetting(path, name)).value;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}

export function* putJsonSetting({ path, name, document }: JsonSetting): Steps<JsonSetting & Written> {
  const answer = yield* sendJson('PUT', path, document);
  return { ...(yield* getJsonSetting(path, name)), rebootRequired: needsReboot(answer) };
}
