/** Requests and answers in JSON, as access control, intercoms and alarm panels want them. */
import { parseJson } from '../codec/json';
import { sniff } from '../codec/text';
import { ProtocolError, UnsupportedError, type HikvisionError } from '../errors';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import { ask, type Steps } from './command';
import { isAbsence } from './ways';

/** The JSON document in an answer. @throws ProtocolError when it holds something else. */
export function jsonOf(answer: IsapiAnswer, path: string): unknown {
  switch (sniff(answer.body)) {
    case 'json':
      return parseJson(answer.body);
    case 'xml':
      // A web page under 200 is what some devices answer for a path that they do not know, XML where they have no JSON.
      throw new UnsupportedError(`${path}: answered with a page or XML instead of JSON`);
    default:
      throw new ProtocolError(`${path}: expected a JSON document`, 0);
  }
}

/** Reads a JSON document. */
export function* getJson(path: string): Steps<unknown> {
  return jsonOf(yield* ask({ method: 'GET', path }), path);
}

/** Sends a JSON document. */
export function* sendJson(method: 'PUT' | 'POST', path: string, value: unknown): Steps<IsapiAnswer> {
  const request: IsapiRequest = { method, path, body: JSON.stringify(value), contentType: 'application/json' };
  return yield* ask(request);
}

/** Sends a JSON document and reads the one that comes back: a search. */
export function* queryJson(path: string, value: unknown): Steps<unknown> {
  return jsonOf(yield* sendJson('POST', path, value), path);
}

/** Reads a JSON document that a device may or may not have; undefined when it has not. */
export function* optionalJson(path: string, refusals: HikvisionError[] = []): Steps<unknown> {
  try {
    return yield* getJson(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    refusals.push(error);
    return undefined;
  }
}
