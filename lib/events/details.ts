/**
 * What a kind adds to the common shape. Well-known objects get names and types of ours; whatever else a document holds is passed
 * on under the device's own names.
 */
import { member, objectOf, scalar } from '../codec/json';
import { accessRecordOf } from './access';
import { isDoorbell } from './access-codes';
import { cidMeaning } from './cid-codes';
import { kindOf, type EventKind } from './kinds';
import type { EventFields } from './fields';

type Plain = Record<string, unknown>;

/** Names that are already in the common shape, lower case. */
const COMMON = new Set([
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

/**
 * @param more the whole document as a plain object, or null when it has nothing beyond the common fields.
 */
export function detailsOf(kind: EventKind, fields: EventFields, more: Plain | null): Readonly<Record<string, unknown>> {
  const details: Plain = {};
  if (fields.bkgUrl !== null) details['pictureUrl'] = fields.bkgUrl;
  if (kind === 'alarmInput') Object.assign(details, alarmPort(fields));
  if (more === null) return details;
  const anpr = objectOf(member(more, 'ANPR'));
  const access = objectOf(member(more, 'AccessControllerEvent'));
  const cid = objectOf(member(more, 'CIDEvent'));
  const counting = objectOf(member(more, 'peopleCounting'));
  if (anpr !== null) Object.assign(details, plateDetails(anpr));
  if (access !== null) Object.assign(details, accessDetails(access));
  if (cid !== null) Object.assign(details, cidDetails(cid));
  if (counting !== null) Object.assign(details, countingDetails(counting, objectOf(member(more, 'childCounting'))));
  if (kind === 'temperature') Object.assign(details, temperatureDetails(fields.eventType ?? '', more));
  for (const [name, value] of Object.entries(more)) {
    if (name.startsWith('@') || COMMON.has(name.toLowerCase()) || value === '') continue;
    if (value === null || (value === anpr && anpr !== null)) continue;
    if (['accesscontrollerevent', 'cidevent', 'peoplecounting', 'childcounting', 'anpr'].includes(name.toLowerCase()))
      continue;
    if (!Object.hasOwn(details, name)) details[name] = value;
  }
  return details;
}

/**
 * The port of an alarm input. Recorders number the inputs of their cameras `channel * 100 + port`: 901 is port 1 of channel 9
 * (isapi.md §6.6).
 */
export function alarmPort(fields: EventFields): { port: number | null; rawPort: string | null } {
  const rawPort = fields.dynInputIOPortID ?? fields.inputIOPortID;
  const number = Number(rawPort);
  if (rawPort === null || !Number.isInteger(number)) return { port: null, rawPort };
  return { port: number > 100 ? number % 100 : number, rawPort };
}

/** Plates and numbers stay text: leading zeros count. `confidence` is 0-100. */
function plateDetails(anpr: Plain): Plain {
  const vehicle = objectOf(member(anpr, 'vehicleInfo')) ?? {};
  return {
    plate: textOf(anpr, 'licensePlate'),
    originalPlate: textOf(anpr, 'originalLicensePlate'),
    confidence: numberOf(anpr, 'confidenceLevel'),
    country: textOf(anpr, 'country'),
    direction: textOf(anpr, 'direction'),
    lane: textOf(anpr, 'line'),
    plateType: textOf(anpr, 'plateType'),
    plateColor: textOf(anpr, 'plateColor'),
    vehicleType: textOf(anpr, 'vehicleType'),
    vehicleColor: textOf(vehicle, 'color'),
    vehicleSpeed: numberOf(vehicle, 'speed'),
    list: textOf(anpr, 'vehicleListName') ?? textOf(anpr, 'listType'),
    anpr,
  };
}

/** What `major` and `minor` together tell is in `key`, `category`, `granted` and `reason` (isapi.md §7.2). */
function accessDetails(access: Plain): Plain {
  return { ...accessRecordOf(access), access };
}

/** The code tells everything: what happened, and whether it begins or is over. In an arming, `name` is who did it. */
function cidDetails(cid: Plain): Plain {
  const code = numberOf(cid, 'code');
  const meaning = code === null ? null : cidMeaning(code);
  const zone = numberOf(cid, 'zone');
  const name = textOf(cid, 'name');
  return {
    code,
    key: meaning?.key ?? null,
    meaning: meaning?.meaning ?? null,
    category: meaning?.category ?? null,
    isRestore: meaning?.isRestore ?? null,
    standardCode: numberOf(cid, 'standardCIDcode'),
    panelEvent: textOf(cid, 'type'),
    zone,
    zoneName: textOf(cid, 'zoneName') ?? (zone === null ? null : name),
    partition: numberOf(cid, 'system'),
    partitionName: textOf(cid, 'subSystemName'),
    user: textOf(cid, 'userName') ?? (zone === null ? name : null),
    cid,
  };
}

/** Counts since midnight or the last reset, not differences. `time` or a span, by the way of counting. */
function countingDetails(counting: Plain, children: Plain | null): Plain {
  const span = objectOf(member(counting, 'TimeRange')) ?? {};
  return {
    enter: numberOf(counting, 'enter'),
    exit: numberOf(counting, 'exit'),
    pass: numberOf(counting, 'pass'),
    childEnter: children === null ? null : numberOf(children, 'enter'),
    childExit: children === null ? null : numberOf(children, 'exit'),
    statistics: textOf(counting, 'statisticalMethods'),
    countedAt: textOf(objectOf(member(counting, 'RealTime')) ?? {}, 'time'),
    from: textOf(span, 'startTime'),
    to: textOf(span, 'endTime'),
    region: textOf(counting, 'regionsID'),
    peopleCounting: counting,
  };
}

/** What a word of the firmware says about how bad it is. */
const TEMPERATURE_LEVELS: Readonly<Record<string, string>> = { tmpa: 'preAlarm', tma: 'alarm', tda: 'difference' };

/** Temperatures stand in the message itself, or in an object of it that is named after the event (isapi.md §7.6). */
function temperatureDetails(eventType: string, more: Plain): Plain {
  const inner = Object.values(more).map((value) => objectOf(value));
  const holders = [more, ...inner.filter((value) => value !== null)];
  const from = holders.find((holder) => member(holder, 'currTemperature') !== undefined);
  if (from === undefined) return {};
  return {
    level: TEMPERATURE_LEVELS[eventType.toLowerCase()] ?? null,
    temperature: numberOf(from, 'currTemperature'),
    limit: numberOf(from, 'ruleTemperature'),
    condition: textOf(from, 'alarmRule'),
    unit: textOf(from, 'thermometryUnit'),
    rule: numberOf(from, 'ruleID') ?? numberOf(from, 'id'),
    ruleName: textOf(from, 'ruleName') ?? textOf(from, 'name'),
    preset: numberOf(from, 'presetNo'),
  };
}

/** Doorbells arrive as access events 5/37 (0x25); every other pair stays with `access`. */
export function kindOfDocument(eventType: string, more: Plain | null): EventKind {
  const kind = kindOf(eventType);
  if (kind !== 'access' || more === null) return kind;
  const access = objectOf(member(more, 'AccessControllerEvent'));
  if (access === null) return kind;
  return isDoorbell(numberOf(access, 'majorEventType'), numberOf(access, 'subEventType')) ? 'doorbell' : kind;
}

function textOf(of: Plain, name: string): string | null {
  const value = member(of, name);
  return scalar(Array.isArray(value) ? value[0] : value);
}

function numberOf(of: Plain, name: string): number | null {
  const text = textOf(of, name);
  if (text === null) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
