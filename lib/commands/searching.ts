/** Going through the pages of a search. */
import { randomUUID } from 'node:crypto';
import { jsonNumber, jsonText } from '../codec/json';
import { tellProgress, type Steps } from './command';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** More pages follow. */
  readonly hasMore: boolean;
  /** Of the whole search; null where the device does not say. */
  readonly total: number | null;
}

export interface Found<Item> {
  readonly items: readonly Item[];
  readonly total: number | null;
  /** False where the limit was reached before the end. */
  readonly isComplete: boolean;
}

/**
 * Asks for page after page until there is no more or `limit` is reached. How many a page holds is the device's affair: it makes
 * a larger wish smaller without a word.
 *
 * @param read one page from a position; the same `searchId` for all of them.
 */
export function* throughPages<Item>(
  limit: number,
  read: (position: number, searchId: string, wanted: number) => Steps<Page<Item>>,
): Steps<Found<Item>> {
  const searchId = randomUUID();
  const items: Item[] = [];
  let total: number | null = null;
  for (;;) {
    const page = yield* read(items.length, searchId, limit - items.length);
    items.push(...page.items.slice(0, limit - items.length));
    total = page.total ?? total;
    // A page without items ends it, whatever the device says: it would go on for ever.
    if (!page.hasMore || page.items.length === 0) return { items, total, isComplete: true };
    if (items.length >= limit) return { items, total, isComplete: false };
    if (total !== null && total > 0) yield* tellProgress(Math.min(1, items.length / Math.min(limit, total)));
  }
}

/** What the head of a JSON answer says about the search. */
export function pageHead(answer: unknown): { readonly hasMore: boolean; readonly total: number | null } {
  const word = jsonText(answer, 'responseStatusStrg');
  return { hasMore: word?.toUpperCase() === 'MORE', total: jsonNumber(answer, 'totalMatches') };
}
