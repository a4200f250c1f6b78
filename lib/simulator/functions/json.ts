/** What arrives and leaves as JSON. */
import { jsonText, objectOf, parseJson, type JsonObject } from '../../codec/json';
import { jsonAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';

/** A route that takes a JSON document and answers; what is no JSON object is refused. */
export function jsonRoute(
  method: 'PUT' | 'POST',
  path: RegExp,
  run: (body: JsonObject, call: RouteCall) => DeviceAnswer,
): Route {
  return {
    method,
    path,
    run(call) {
      let body: JsonObject | null;
      try {
        body = objectOf(parseJson(call.request.body));
      } catch {
        body = null;
      }
      return body === null ? call.status('badJsonFormat') : run(body, call);
    },
  };
}

/** A route that hands out a JSON document as it is at that moment. */
export function jsonDocument(path: RegExp, document: (call: RouteCall) => unknown): Route {
  return { method: 'GET', path, run: (call) => jsonAnswer(document(call)) };
}

/** One page of a search, in the words that all of them share. */
export function pageOf<Item>(
  condition: unknown,
  found: readonly Item[],
  most: number,
): { readonly head: JsonObject; readonly items: readonly Item[] } {
  const number = (name: string) => Math.max(0, Math.floor(Number(jsonText(condition, name) ?? '0')) || 0);
  const position = number('searchResultPosition');
  // A larger wish is silently made smaller, as devices do.
  const wanted = Math.min(most, number('maxResults') || most);
  const items = found.slice(position, position + wanted);
  const word = items.length === 0 ? 'NO MATCH' : position + items.length < found.length ? 'MORE' : 'OK';
  return {
    head: {
      searchID: jsonText(condition, 'searchID') ?? '1',
      responseStatusStrg: word,
      numOfMatches: items.length,
      totalMatches: found.length,
    },
    items,
  };
}
