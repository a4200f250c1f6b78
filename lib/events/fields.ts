/**
 * The fields of an event document that decide what it means, read in three ways that give the same answer: straight from the
 * bytes of an XML document (the hot path), from its tree, and from JSON.
 */
import { member, objectOf, scalar } from '../codec/json';
import { hasPlainTags, insideRoot, scanChildren, scanText, valueOf, type ScanHandler } from '../codec/xml-scan';
import { all, find, toNumber, type XmlElement } from '../codec/xml';
import type { Rect, Region } from './event';

/** Values as the device wrote them; null for absent or empty. */
export interface EventFields {
  eventType: string | null;
  eventState: string | null;
  eventDescription: string | null;
  channelID: string | null;
  dynChannelID: string | null;
  channelName: string | null;
  dateTime: string | null;
  activePostCount: string | null;
  inputIOPortID: string | null;
  dynInputIOPortID: string | null;
  targetType: string | null;
  relationEvent: string | null;
  isDataRetransmission: string | null;
  currentEvent: string | null;
  /** How many pictures are announced, by whichever of the names for it. */
  pictureCount: string | null;
  detectionPictureTransType: string | null;
  bkgUrl: string | null;
  regions: Region[];
  /** The document has more than the fields above; `details` then reads its tree. */
  hasMore: boolean;
  /** The document was read to its end. */
  isComplete: boolean;
}

type TextField = Exclude<keyof EventFields, 'regions' | 'hasMore' | 'isComplete'>;

/** Element names, lower case, and the field that they fill. */
const FIELD_BY_NAME: Readonly<Record<string, TextField>> = {
  eventtype: 'eventType',
  eventstate: 'eventState',
  eventdescription: 'eventDescription',
  channelid: 'channelID',
  dynchannelid: 'dynChannelID',
  channelname: 'channelName',
  datetime: 'dateTime',
  triggertime: 'dateTime',
  activepostcount: 'activePostCount',
  inputioportid: 'inputIOPortID',
  dyninputioportid: 'dynInputIOPortID',
  targettype: 'targetType',
  isdataretransmission: 'isDataRetransmission',
  currentevent: 'currentEvent',
  detectionpicturesnumber: 'pictureCount',
  picturesnumber: 'pictureCount',
  picnum: 'pictureCount',
  detectionpicturetranstype: 'detectionPictureTransType',
  bkgurl: 'bkgUrl',
};

/** Fields that say nothing about what happened: addresses of the device as it sees itself. */
const IGNORED = new Set([
  'ipaddress',
  'ipv6address',
  'portno',
  'protocol',
  'protocoltype',
  'macaddress',
  'deviceid',
  'extensions',
  'urlcertificationtype',
]);

function blank(): EventFields {
  return {
    eventType: null,
    eventState: null,
    eventDescription: null,
    channelID: null,
    dynChannelID: null,
    channelName: null,
    dateTime: null,
    activePostCount: null,
    inputIOPortID: null,
    dynInputIOPortID: null,
    targetType: null,
    relationEvent: null,
    isDataRetransmission: null,
    currentEvent: null,
    pictureCount: null,
    detectionPictureTransType: null,
    bkgUrl: null,
    regions: [],
    hasMore: false,
    isComplete: false,
  };
}

/* From bytes */

type Role = TextField | 'ignored' | 'regions' | 'durations' | 'more';

function roleOf(name: string): Role {
  const lower = name.toLowerCase();
  if (Object.hasOwn(FIELD_BY_NAME, lower)) return FIELD_BY_NAME[lower] as TextField;
  if (IGNORED.has(lower)) return 'ignored';
  return lower === 'detectionregionlist' ? 'regions' : lower === 'durationlist' ? 'durations' : 'more';
}

interface KnownName {
  readonly name: string;
  readonly role: Role;
}

/**
 * Names in the spelling seen so far with their role, by length and first letter, so that a name is compared in place instead of being
 * cut out, lower-cased and looked up, a dozen times for each message. Bounded: names come from outside.
 */
const knownNames: KnownName[][] = Array.from({ length: 64 * 32 }, () => []);
const KNOWN_NAMES_MAX = 512;
let knownCount = 0;

function roleAt(text: string, from: number, to: number): Role {
  const length = to - from;
  const places = knownNames[((length & 63) << 5) | (text.charCodeAt(from) & 31)] as KnownName[];
  for (const known of places) if (known.name.length === length && text.startsWith(known.name, from)) return known.role;
  const name = text.slice(from, to);
  const role = roleOf(name);
  if (knownCount < KNOWN_NAMES_MAX) {
    knownCount++;
    // A copy of its own: a slice would keep the whole message alive.
    places.push({ name: Buffer.from(name).toString(), role });
  }
  return role;
}

class FieldHandler implements ScanHandler {
  fields = blank();
  /** False when something was seen that only the tree reads right. */
  isUsual = true;

  leaf(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    const role = roleAt(text, nameFrom, nameTo);
    if (role === 'ignored' || role === 'regions' || role === 'durations') return;
    if (role === 'more') this.fields.hasMore = true;
    else if (from < to && this.fields[role] === null) {
      const value = valueOf(text, from, to);
      if (value !== '') this.fields[role] = value;
    }
  }

  branch(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    const role = roleAt(text, nameFrom, nameTo);
    if (role !== 'ignored' && !hasPlainTags(text, from, to)) this.isUsual = false;
    if (role === 'regions') this.fields.regions = scanRegions(text, from, to);
    else if (role === 'durations') this.fields.relationEvent ??= scanRelation(text, from, to);
    else if (role !== 'ignored') {
      this.fields.hasMore = true;
      readNested(this.fields, leavesIn(text, from, to));
    }
  }
}

/** Objects of a kind of their own hold a few fields that decide: how many pictures follow, and whether it is a replay. */
function readNested(fields: EventFields, values: ReadonlyMap<string, string>): void {
  fields.pictureCount ??= values.get('picturesnumber') ?? null;
  fields.currentEvent ??= values.get('currentevent') ?? null;
}

const NOTHING = (): void => undefined;

/** Value of the direct child leaf with that lower-case name. */
function leafIn(text: string, from: number, to: number, wanted: string): string | null {
  return leavesIn(text, from, to).get(wanted) ?? null;
}

/** Direct child leaves that are not empty, by lower-case name; the first of a name counts. */
function leavesIn(text: string, from: number, to: number): Map<string, string> {
  const values = new Map<string, string>();
  scanChildren(text, from, to, {
    leaf: (inner, nameFrom, nameTo, start, stop) => {
      const name = inner.slice(nameFrom, nameTo).toLowerCase();
      const value = valueOf(inner, start, stop);
      if (value !== '' && !values.has(name)) values.set(name, value);
    },
    branch: NOTHING,
  });
  return values;
}

/**
 * Reads the fields straight from the bytes of an XML event.
 *
 * @returns null when the document is unusual, so that its tree must be asked; with `lenient`, what could be read.
 */
export function fieldsOfBytes(body: Buffer, lenient = false): EventFields | null {
  const text = scanText(body);
  const inside = insideRoot(text);
  if (inside < 0) return null;
  const handler = new FieldHandler();
  const isComplete = scanChildren(text, inside, text.length, handler) && handler.isUsual;
  handler.fields.isComplete = isComplete;
  return isComplete || lenient ? handler.fields : null;
}

function scanRelation(text: string, from: number, to: number): string | null {
  let relation: string | null = null;
  scanChildren(text, from, to, {
    leaf: NOTHING,
    branch: (inner, _nameFrom, _nameTo, start, stop) => {
      relation ??= leafIn(inner, start, stop, 'relationevent');
    },
  });
  return relation;
}

function scanRegions(text: string, from: number, to: number): Region[] {
  const handler = new RegionListHandler();
  scanChildren(text, from, to, handler);
  return handler.regions;
}

class RegionListHandler implements ScanHandler {
  readonly regions: Region[] = [];

  leaf(): void {
    // An entry has children.
  }

  branch(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    if (!isNamed(text, nameFrom, nameTo, 'detectionregionentry')) return;
    const region = new RegionHandler();
    scanChildren(text, from, to, region);
    this.regions.push(region.builder.build());
  }
}

class RegionHandler implements ScanHandler {
  readonly builder = new RegionBuilder();

  leaf(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    this.builder.leaf(text.slice(nameFrom, nameTo), valueOf(text, from, to));
  }

  branch(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    if (isNamed(text, nameFrom, nameTo, 'regioncoordinateslist'))
      scanChildren(text, from, to, new PointListHandler(this.builder));
    else if (isNamed(text, nameFrom, nameTo, 'targetrect')) this.builder.rect(leavesIn(text, from, to));
  }
}

class PointListHandler implements ScanHandler {
  private readonly point = new PointHandler();

  constructor(private readonly builder: RegionBuilder) {}

  leaf(): void {
    // A point has children.
  }

  branch(text: string, _nameFrom: number, _nameTo: number, from: number, to: number): void {
    this.point.x = this.point.y = null;
    scanChildren(text, from, to, this.point);
    this.builder.point(this.point.x, this.point.y);
  }
}

class PointHandler implements ScanHandler {
  x: string | null = null;
  y: string | null = null;

  leaf(text: string, nameFrom: number, nameTo: number, from: number, to: number): void {
    if (isNamed(text, nameFrom, nameTo, 'positionx') || isNamed(text, nameFrom, nameTo, 'x'))
      this.x ??= valueOf(text, from, to);
    else if (isNamed(text, nameFrom, nameTo, 'positiony') || isNamed(text, nameFrom, nameTo, 'y'))
      this.y ??= valueOf(text, from, to);
  }

  branch(): void {
    // Coordinates are leaves.
  }
}

/** Is that the name, which is given in lower case, whatever its case in the text? */
function isNamed(text: string, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false;
  for (let at = 0; at < name.length; at++) {
    const sign = text.charCodeAt(from + at);
    const wanted = name.charCodeAt(at);
    if (sign !== wanted && (sign | 0x20) !== wanted) return false;
  }
  return true;
}

/* From a tree */

/** The same fields from a parsed document. */
export function fieldsOfTree(root: XmlElement): EventFields {
  const fields = blank();
  fields.isComplete = true;
  for (const child of root.children) {
    const role = roleOf(child.name);
    if (role === 'regions') {
      if (child.children.length > 0) fields.regions = entriesOf(child).map(regionOfTree);
    } else if (role === 'durations') {
      for (const duration of child.children) fields.relationEvent ??= leaves(duration).get('relationevent') ?? null;
    } else if (role !== 'ignored' && (role === 'more' || child.children.length > 0)) {
      fields.hasMore = true;
      readNested(fields, leaves(child));
    } else if (role !== 'ignored' && child.text !== '') fields[role] ??= child.text;
  }
  return fields;
}

function entriesOf(list: XmlElement): XmlElement[] {
  return all(list, 'DetectionRegionEntry').filter((entry) => entry.children.length > 0);
}

function regionOfTree(entry: XmlElement): Region {
  const region = new RegionBuilder();
  for (const child of entry.children) if (child.children.length === 0) region.leaf(child.name, child.text);
  for (const point of find(entry, 'RegionCoordinatesList')?.children ?? []) {
    if (point.children.length > 0) region.point(...coordinates(leaves(point)));
  }
  const rect = find(entry, 'TargetRect');
  if (rect !== undefined && rect.children.length > 0) region.rect(leaves(rect));
  return region.build();
}

function leaves(parent: XmlElement): Map<string, string> {
  const values = new Map<string, string>();
  for (const { name, text, children } of parent.children) {
    if (children.length === 0 && text !== '' && !values.has(name.toLowerCase())) values.set(name.toLowerCase(), text);
  }
  return values;
}

/* From JSON */

/** The event itself: some firmware wraps it once more. Null for JSON that is no object. */
export function eventOfJson(document: unknown): Record<string, unknown> | null {
  return objectOf(memberOf(document, 'EventNotificationAlert')) ?? objectOf(document);
}

/** The same fields from a JSON event; numbers and booleans become the text that XML would carry. */
export function fieldsOfJson(document: unknown): EventFields | null {
  const event = eventOfJson(document);
  if (event === null) return null;
  const fields = blank();
  fields.isComplete = true;
  for (const [name, value] of Object.entries(event)) {
    const role = roleOf(name);
    if (role === 'regions') fields.regions = listOf(value, 'DetectionRegionEntry').filter(hasMembers).map(regionOfJson);
    else if (role === 'durations') {
      for (const duration of listOf(value, 'Duration'))
        fields.relationEvent ??= textsOf(duration).get('relationevent') ?? null;
    } else if (role === 'more') {
      fields.hasMore = true;
      readNested(fields, textsOf(value));
    } else if (role !== 'ignored') fields[role] ??= scalar(value);
  }
  return fields;
}

function hasMembers(value: unknown): boolean {
  return Object.keys(objectOf(value) ?? {}).length > 0;
}

function regionOfJson(entry: unknown): Region {
  const region = new RegionBuilder();
  const source = objectOf(entry) ?? {};
  for (const [name, value] of Object.entries(source)) {
    const text = scalar(value);
    if (text !== null) region.leaf(name, text);
  }
  for (const point of listOf(memberOf(source, 'RegionCoordinatesList'), 'RegionCoordinates'))
    region.point(...coordinates(textsOf(point)));
  const rect = objectOf(memberOf(source, 'TargetRect'));
  if (rect !== null) region.rect(textsOf(rect));
  return region.build();
}

function textsOf(value: unknown): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, inner] of Object.entries(objectOf(value) ?? {})) {
    const text = scalar(inner);
    if (text !== null && !values.has(name.toLowerCase())) values.set(name.toLowerCase(), text);
  }
  return values;
}

/** The member of that name, whatever its case. */
function memberOf(value: unknown, name: string): unknown {
  const object = objectOf(value);
  return object === null ? undefined : member(object, name);
}

/** A list may be an array, an object that holds the array under the item's name, or a single item. */
function listOf(value: unknown, itemName: string): unknown[] {
  if (Array.isArray(value)) return value.map((item: unknown) => memberOf(item, itemName) ?? item);
  const held = memberOf(value, itemName);
  if (Array.isArray(held)) return held as unknown[];
  return held !== undefined ? [held] : value !== null && typeof value === 'object' ? [value] : [];
}

/** The alarm input as the device says it. */
export function rawPortOf(fields: EventFields): string | null {
  return fields.dynInputIOPortID ?? fields.inputIOPortID;
}

/* Regions, the same for all three */

/** In fractions of the picture. 0-1 on cameras, 0-1000 on others: anything above 1 means the latter. */
export function rectFrom(x: number, y: number, width: number, height: number): Rect {
  const scale = Math.max(x, y, width, height) > 1 ? 1000 : 1;
  return { x: x / scale, y: y / scale, width: width / scale, height: height / scale };
}

function coordinates(values: ReadonlyMap<string, string>): [string | null, string | null] {
  return [values.get('positionx') ?? values.get('x') ?? null, values.get('positiony') ?? values.get('y') ?? null];
}

class RegionBuilder {
  private id: number | null = null;
  private sensitivity: number | null = null;
  private target: string | null = null;
  private targetRect: Rect | null = null;
  private readonly points: { x: number; y: number }[] = [];

  leaf(name: string, value: string): void {
    if (value === '') return;
    switch (name.toLowerCase()) {
      case 'regionid':
        // 0 stands for "none" on recorders, and then has no coordinates either (events/linedetection-1.xml).
        this.id = toNumber(value) || null;
        break;
      case 'sensitivitylevel':
        this.sensitivity = toNumber(value);
        break;
      case 'detectiontarget':
        this.target = value;
        break;
    }
  }

  /** Coordinates are 0-1000 of the picture. */
  point(xText: string | null, yText: string | null): void {
    const x = toNumber(xText);
    const y = toNumber(yText);
    if (x !== null && y !== null) this.points.push({ x: x / 1000, y: y / 1000 });
  }

  rect(values: ReadonlyMap<string, string>): void {
    const x = toNumber(values.get('x'));
    const y = toNumber(values.get('y'));
    const width = toNumber(values.get('width'));
    const height = toNumber(values.get('height'));
    if (x === null || y === null || width === null || height === null) return;
    this.targetRect = rectFrom(x, y, width, height);
  }

  build(): Region {
    return {
      id: this.id,
      sensitivity: this.sensitivity,
      points: this.points,
      target: this.target,
      targetRect: this.targetRect,
    };
  }
}
