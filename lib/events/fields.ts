/**
 * The fields of an event document that decide what it means, read in three ways that give the same answer: straight from the
 * bytes of an XML document (the hot path), from its tree, and from JSON.
 */
import { insideRoot, scanChildren, scanText, type ScanHandler } from '../codec/xml-scan';
import { all, find, textAt, toNumber, type XmlElement } from '../codec/xml';
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

/** Names in the case seen so far, so that lower-casing happens once for each spelling. Bounded: names come from outside. */
const known = new Map<string, TextField | 'ignored' | 'regions' | 'durations' | 'more'>();
const KNOWN_MAX = 512;

function roleOf(name: string): TextField | 'ignored' | 'regions' | 'durations' | 'more' {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const lower = name.toLowerCase();
  const field = Object.hasOwn(FIELD_BY_NAME, lower) ? FIELD_BY_NAME[lower] : undefined;
  const role =
    field ??
    (IGNORED.has(lower)
      ? 'ignored'
      : lower === 'detectionregionlist'
        ? 'regions'
        : lower === 'durationlist'
          ? 'durations'
          : 'more');
  if (known.size < KNOWN_MAX) known.set(name, role);
  return role;
}

class FieldHandler implements ScanHandler {
  fields = blank();

  leaf(name: string, value: string): void {
    const role = roleOf(name);
    if (role === 'more') this.fields.hasMore = true;
    else if (role !== 'ignored' && role !== 'regions' && role !== 'durations' && value !== '')
      this.fields[role] ??= value;
  }

  branch(name: string, text: string, from: number, to: number): void {
    const role = roleOf(name);
    if (role === 'regions') this.fields.regions = scanRegions(text, from, to);
    else if (role === 'durations') this.fields.relationEvent ??= scanRelation(text, from, to);
    else if (role !== 'ignored') {
      this.fields.hasMore = true;
      this.fields.pictureCount ??= leafIn(text, from, to, 'picturesnumber');
    }
  }
}

/** Value of the direct child leaf with that lower-case name. */
function leafIn(text: string, from: number, to: number, wanted: string): string | null {
  let found: string | null = null;
  scanChildren(text, from, to, {
    leaf: (name, value) => {
      if (name.toLowerCase() === wanted && value !== '') found ??= value;
    },
    branch: () => undefined,
  });
  return found;
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
  const isComplete = scanChildren(text, inside, text.length, handler);
  handler.fields.isComplete = isComplete;
  return isComplete || lenient ? handler.fields : null;
}

function scanRelation(text: string, from: number, to: number): string | null {
  let relation: string | null = null;
  scanChildren(text, from, to, {
    leaf: () => undefined,
    branch: (_name, inner, start, stop) => {
      relation ??= leafIn(inner, start, stop, 'relationevent');
    },
  });
  return relation;
}

function scanRegions(text: string, from: number, to: number): Region[] {
  const regions: Region[] = [];
  scanChildren(text, from, to, {
    leaf: () => undefined,
    branch: (name, inner, start, stop) => {
      if (name.toLowerCase() === 'detectionregionentry') regions.push(scanRegion(inner, start, stop));
    },
  });
  return regions;
}

function scanRegion(text: string, from: number, to: number): Region {
  const region = new RegionBuilder();
  scanChildren(text, from, to, {
    leaf: (name, value) => region.leaf(name, value),
    branch: (name, inner, start, stop) => {
      const lower = name.toLowerCase();
      if (lower === 'regioncoordinateslist') {
        scanChildren(inner, start, stop, {
          leaf: () => undefined,
          branch: (_point, points, pointStart, pointStop) => {
            const values = new Map<string, string>();
            scanChildren(points, pointStart, pointStop, {
              leaf: (n, v) => void values.set(n.toLowerCase(), v),
              branch: () => undefined,
            });
            region.point(values);
          },
        });
      } else if (lower === 'targetrect') {
        const values = new Map<string, string>();
        scanChildren(inner, start, stop, {
          leaf: (n, v) => void values.set(n.toLowerCase(), v),
          branch: () => undefined,
        });
        region.rect(values);
      }
    },
  });
  return region.build();
}

/* From a tree */

/** The same fields from a parsed document. */
export function fieldsOfTree(root: XmlElement): EventFields {
  const fields = blank();
  fields.isComplete = true;
  for (const child of root.children) {
    const role = roleOf(child.name);
    if (role === 'regions') fields.regions = all(child, 'DetectionRegionEntry').map(regionOfTree);
    else if (role === 'durations') {
      for (const duration of child.children) fields.relationEvent ??= textAt(duration, 'relationEvent');
    } else if (role !== 'ignored' && (role === 'more' || child.children.length > 0)) {
      fields.hasMore = true;
      fields.pictureCount ??= textAt(child, 'picturesNumber');
    } else if (role !== 'ignored' && child.text !== '') fields[role] ??= child.text;
  }
  return fields;
}

function regionOfTree(entry: XmlElement): Region {
  const region = new RegionBuilder();
  for (const child of entry.children) if (child.children.length === 0) region.leaf(child.name, child.text);
  for (const point of find(entry, 'RegionCoordinatesList')?.children ?? []) region.point(leaves(point));
  const rect = find(entry, 'TargetRect');
  if (rect !== undefined && rect.children.length > 0) region.rect(leaves(rect));
  return region.build();
}

function leaves(parent: XmlElement): Map<string, string> {
  return new Map(parent.children.map((child) => [child.name.toLowerCase(), child.text]));
}

/* From JSON */

/** The same fields from a JSON event; numbers and booleans become the text that XML would carry. */
export function fieldsOfJson(document: unknown): EventFields | null {
  const root = objectOf(document);
  if (root === null) return null;
  // Some firmware wraps the event once more.
  const inner = objectOf(root['EventNotificationAlert']) ?? root;
  const fields = blank();
  fields.isComplete = true;
  for (const [name, value] of Object.entries(inner)) {
    const role = roleOf(name);
    if (role === 'regions') fields.regions = listOf(value, 'DetectionRegionEntry').map(regionOfJson);
    else if (role === 'durations') {
      for (const duration of listOf(value, 'Duration'))
        fields.relationEvent ??= scalar(objectOf(duration)?.['relationEvent']);
    } else if (role === 'more') {
      fields.hasMore = true;
      const nested = objectOf(value);
      if (nested !== null) {
        fields.pictureCount ??= scalar(nested['picturesNumber']);
        fields.currentEvent ??= scalar(nested['currentEvent']);
      }
    } else if (role !== 'ignored') fields[role] ??= scalar(value);
  }
  return fields;
}

function regionOfJson(entry: unknown): Region {
  const region = new RegionBuilder();
  const source = objectOf(entry) ?? {};
  for (const [name, value] of Object.entries(source)) {
    const text = scalar(value);
    if (text !== null) region.leaf(name, text);
  }
  for (const point of listOf(source['RegionCoordinatesList'], 'RegionCoordinates')) region.point(textsOf(point));
  const rect = objectOf(source['TargetRect']);
  if (rect !== null) region.rect(textsOf(rect));
  return region.build();
}

function textsOf(value: unknown): Map<string, string> {
  return new Map(
    Object.entries(objectOf(value) ?? {}).map(([name, inner]) => [name.toLowerCase(), scalar(inner) ?? '']),
  );
}

/** A list may be an array, an object that holds the array under the item's name, or a single item. */
function listOf(value: unknown, itemName: string): unknown[] {
  if (Array.isArray(value)) return value.map((item: unknown) => objectOf(item)?.[itemName] ?? item);
  const held = objectOf(value)?.[itemName];
  if (Array.isArray(held)) return held as unknown[];
  return held !== undefined ? [held] : value !== null && typeof value === 'object' ? [value] : [];
}

export function objectOf(value: unknown): Record<string, unknown> | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function scalar(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/* Regions, the same for all three */

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
  point(values: ReadonlyMap<string, string>): void {
    const x = toNumber(values.get('positionx') ?? values.get('x'));
    const y = toNumber(values.get('positiony') ?? values.get('y'));
    if (x !== null && y !== null) this.points.push({ x: x / 1000, y: y / 1000 });
  }

  /** 0-1 on cameras, 0-1000 on others: anything above 1 means the latter. */
  rect(values: ReadonlyMap<string, string>): void {
    const x = toNumber(values.get('x'));
    const y = toNumber(values.get('y'));
    const width = toNumber(values.get('width'));
    const height = toNumber(values.get('height'));
    if (x === null || y === null || width === null || height === null) return;
    const scale = Math.max(x, y, width, height) > 1 ? 1000 : 1;
    this.targetRect = { x: x / scale, y: y / scale, width: width / scale, height: height / scale };
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
