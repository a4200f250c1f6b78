/** What is shown of the details of an event: short texts, without what identifies a device. Pure. */
import { excerpt } from '../codec/text';
import type { HikvisionEvent } from '../events/event';
import { DASHBOARD_MAX_DETAIL_CHARACTERS, DASHBOARD_MAX_DETAILS } from '../settings';

/** Values that belong to the device or to a door, not on a page. */
const HIDDEN_NAME = /serial|password|secret|token|mac_?addr|^mac$|pin$/i;
/** Deeper ones are said to be there. */
const MAX_DEPTH = 3;

/** The first of these that an event has says most about it. */
const HEADLINES = ['plate', 'personName', 'person', 'ruleName', 'name', 'people', 'temperature', 'state'] as const;

/** Text of a device, on one line and of a bounded length. */
export function shownText(text: string): string {
  return excerpt(text, DASHBOARD_MAX_DETAIL_CHARACTERS);
}

/** `cardGranted` as people write it: card granted. */
export function wordsOf(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z])(?![A-Z])/g,
    (_all, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
  );
}

/** What a reader wants to know first: what happened at a door, and who; null where the kind says it all. */
export function headlineOf(event: HikvisionEvent): string | null {
  const { key } = event.details;
  const what = typeof key === 'string' && key !== event.kind ? wordsOf(shownText(key)) : null;
  const parts = [what, subjectOf(event)];
  const said = parts.filter((part) => part !== null && part !== '');
  return said.length === 0 ? null : said.join(' · ');
}

function subjectOf(event: HikvisionEvent): string | null {
  for (const name of HEADLINES) {
    const value = event.details[name];
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && value !== '') return shownText(value);
  }
  return event.target === null ? null : shownText(event.target);
}

/** Names and values as text; those without a value are left out. */
export function detailsOf(event: HikvisionEvent): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  if (event.target !== null) lines.push(['target', shownText(event.target)]);
  collect('', event.details, MAX_DEPTH, lines);
  return lines.slice(0, DASHBOARD_MAX_DETAILS);
}

function collect(name: string, value: unknown, depth: number, lines: (readonly [string, string])[]): void {
  if (value === null || value === undefined || value === '' || lines.length >= DASHBOARD_MAX_DETAILS) return;
  if (HIDDEN_NAME.test(name.slice(name.lastIndexOf('.') + 1))) return;
  if (typeof value === 'string') lines.push([wordsOf(shownText(name)), shownText(value)]);
  else if (typeof value === 'number' || typeof value === 'boolean')
    lines.push([wordsOf(shownText(name)), String(value)]);
  else if (typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length === 0) return;
    if (depth === 0) lines.push([wordsOf(shownText(name)), '...']);
    else for (const [key, inner] of entries) collect(name === '' ? key : `${name}.${key}`, inner, depth - 1, lines);
  }
}
