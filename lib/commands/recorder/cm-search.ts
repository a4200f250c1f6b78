/** The search of recorders, for recordings, pictures and log entries alike (isapi.md §2.8, §3.8). */
import { randomUUID } from 'node:crypto';
import { all, escapeXml, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { DeviceBusyError, NotFoundError, UnsupportedError } from '../../errors';
import { ask, documentOf, wait, type Steps } from '../command';
import { formatWall } from '../zone';

export interface CmSearch {
  readonly path: string;
  /** Elements that say what is searched: tracks or a kind of log. */
  readonly subject: string;
  /** Elements behind the span of time. */
  readonly filter?: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Enough is found with so many. */
  readonly limit: number;
}

export interface Found {
  readonly items: readonly XmlElement[];
  /** False where there is more than the limit. */
  readonly isComplete: boolean;
}

/** One firmware gives at most 40 in one answer (K2 V4.40); a device that gives fewer than asked says MORE. */
const PAGE = 40;
/** Disks that sleep take their time. */
const SEARCH_TIMEOUT_MS = 30_000;
/** A window that is too wide is answered as a fault of the device; below this it is really one. */
const SMALLEST_WINDOW_MS = 15 * 60_000;
/** Faults that one search gets over before it gives up. */
const MOST_FAULTS = 24;
const FAULT_WAIT_MS = 400;

/** All that is found in one window, page after page under one searchID: sessions of a search are few. */
export function* searchOnce(search: CmSearch): Steps<Found> {
  const searchId = randomUUID().toUpperCase();
  const items: XmlElement[] = [];
  for (;;) {
    let result: XmlElement;
    try {
      const body = description(search, searchId, items.length);
      result = documentOf(
        yield* ask({ method: 'POST', path: search.path, body, timeoutMs: SEARCH_TIMEOUT_MS }),
        search.path,
      );
    } catch (error) {
      // `noRecord`, `searchNull`: nothing is found, which is no failure.
      if (error instanceof NotFoundError) return { items, isComplete: true };
      throw error;
    }
    if (result.name.toLowerCase() !== 'cmsearchresult') {
      throw new UnsupportedError(`${search.path}: answered with ${result.name} instead of CMSearchResult`);
    }
    const page = all(find(result, 'matchList'), 'searchMatchItem');
    items.push(...page);
    const isMore = textAt(result, 'responseStatusStrg')?.toUpperCase() === 'MORE' && page.length > 0;
    if (items.length >= search.limit) {
      const total = numberAt(result, 'totalMatches');
      return { items: items.slice(0, search.limit), isComplete: !isMore && !(total !== null && total > search.limit) };
    }
    if (!isMore) return { items, isComplete: true };
  }
}

/**
 * As {@link searchOnce}; a device that fails is asked again, and then for half of the window at a time: a window that is too wide
 * is answered as a fault (devices/error-search-500.xml).
 */
export function* searchPatiently(
  search: CmSearch,
  attempt: (search: CmSearch) => Steps<Found> = searchOnce,
  faults: { left: number } = { left: MOST_FAULTS },
): Steps<Found> {
  for (let isRepeat = false; ; isRepeat = true) {
    try {
      return yield* attempt(search);
    } catch (error) {
      if (!(error instanceof DeviceBusyError) || faults.left-- <= 0) throw error;
      const { fromMs, toMs } = search;
      if (!isRepeat) {
        yield* wait(FAULT_WAIT_MS);
        continue;
      }
      if (toMs - fromMs < 2 * SMALLEST_WINDOW_MS) throw error;
      const middleMs = Math.floor((fromMs + toMs) / 2_000) * 1_000;
      const first = yield* searchPatiently({ ...search, toMs: middleMs }, attempt, faults);
      const left = search.limit - first.items.length;
      if (left <= 0) return { items: first.items, isComplete: false };
      const second = yield* searchPatiently({ ...search, fromMs: middleMs, limit: left }, attempt, faults);
      return { items: [...first.items, ...second.items], isComplete: first.isComplete && second.isComplete };
    }
  }
}

/** Elements in the order of the documents that were seen; some devices mind it. */
function description(
  { subject, filter = '', fromMs, toMs, limit }: CmSearch,
  searchId: string,
  position: number,
): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><CMSearchDescription><searchID>${searchId}</searchID>${subject}` +
    `<timeSpanList><timeSpan><startTime>${zuluTime(fromMs)}</startTime><endTime>${zuluTime(toMs)}</endTime></timeSpan></timeSpanList>` +
    `<maxResults>${Math.min(PAGE, limit - position + 1)}</maxResults>` +
    `<searchResultPostion>${position}</searchResultPostion>${filter}</CMSearchDescription>`
  );
}

/** `2024-05-01T12:34:56Z`; what the Z means differs by device. */
export function zuluTime(ms: number): string {
  return `${formatWall(ms)}Z`;
}

export function metadataFilter(descriptor: string): string {
  return `<metadataList><metadataDescriptor>${escapeXml(descriptor)}</metadataDescriptor></metadataList>`;
}
