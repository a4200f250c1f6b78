/** Where the details of a kind are read from: a document whose names and depth differ by class and firmware. */
import { jsonNumber, jsonText, member, objectOf, type JsonObject } from '../../codec/json';
import type { Rect } from '../event';
import { rectFrom, type EventFields } from '../fields';

/** Names that are in the common shape of an event already, lower case: at the top they are no detail of anything. */
export const COMMON: ReadonlySet<string> = new Set([
  'ipaddress',
  'ipv6address',
  'portno',
  'protocol',
  'protocoltype',
  'macaddress',
  'channelid',
  'dynchannelid',
  'channelname',
  'datetime',
  'activepostcount',
  'eventtype',
  'eventstate',
  'eventdescription',
  'detectionregionlist',
  'targettype',
  'extensions',
  'inputioportid',
  'dyninputioportid',
  'durationlist',
  'bkgurl',
  'detectionpicturetranstype',
  'detectionpicturesnumber',
  'urlcertificationtype',
  'isdataretransmission',
]);

/** Objects that are looked into; a document comes from outside and may hold any number. */
const MAX_OBJECTS = 128;

export class Source {
  /** Lower case; of a `duration` the name of what goes on. */
  readonly eventType: string;
  private found: readonly JsonObject[] | undefined;

  /** @param document the whole message as a plain object; empty when it has nothing beyond the common fields. */
  constructor(
    eventType: string,
    readonly fields: EventFields | null = null,
    readonly document: JsonObject = {},
  ) {
    this.eventType = eventType.toLowerCase();
  }

  /** The member of that name that is an object. */
  object(name: string): JsonObject | null {
    return objectOf(member(this.document, name));
  }

  /** All objects, from the outside in: the document, its members, theirs. */
  get objects(): readonly JsonObject[] {
    this.found ??= objectsIn(this.document);
    return this.found;
  }

  /** The first of these names that somebody gives a value, wherever it stands. */
  text(...names: readonly string[]): string | null {
    return this.first(names, jsonText);
  }

  /** The same as a number; a word in its place is passed over. */
  number(...names: readonly string[]): number | null {
    return this.first(names, jsonNumber);
  }

  private first<V>(names: readonly string[], read: (from: JsonObject, name: string) => V | null): V | null {
    for (const name of names) {
      for (const object of this.objects) {
        if (object === this.document && COMMON.has(name.toLowerCase())) continue;
        const value = read(object, name);
        if (value !== null) return value;
      }
    }
    return null;
  }
}

export function objectsIn(from: unknown): JsonObject[] {
  const found: JsonObject[] = [];
  const waiting: unknown[] = [from];
  for (let at = 0; at < waiting.length && found.length < MAX_OBJECTS; at++) {
    const value = waiting[at];
    const object = objectOf(value);
    if (object !== null) found.push(object);
    const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(object ?? {});
    for (const each of inner) {
      if (waiting.length < 8 * MAX_OBJECTS && each !== null && typeof each === 'object') waiting.push(each);
    }
  }
  return found;
}

/** Fractions of the picture; devices count in them or in thousandths, with small or capital letters. All zero is none. */
export function rectOf(value: unknown): Rect | null {
  const object = objectOf(value);
  if (object === null) return null;
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => jsonNumber(object, name));
  if (typeof x !== 'number' || typeof y !== 'number' || typeof width !== 'number' || typeof height !== 'number')
    return null;
  return width === 0 || height === 0 ? null : rectFrom(x, y, width, height);
}

/** The members of a list, whether it is an array, an object that holds it under the item's name, or a single item. */
export function itemsOf(list: unknown, itemName: string): JsonObject[] {
  const object = objectOf(list);
  const held = object === null ? list : (member(object, itemName) ?? list);
  const items: readonly unknown[] = Array.isArray(held) ? held : [held];
  return items.flatMap((item) => {
    const one = objectOf(item);
    if (one === null) return [];
    return [objectOf(member(one, itemName)) ?? one];
  });
}
