/** Alarm panels and radars (isapi.md §7.4). */
import { jsonBoolean, jsonList, jsonNumber, jsonText, objectOf, scalar, type JsonObject } from '../../codec/json';
import { toNumber } from '../../codec/xml';
import { cidMeaning } from '../cid-codes';
import type { Source } from './source';

/** A zone of a panel as its state and its settings tell it. */
export interface PanelZone {
  /** Counted from 0, as the panel does. */
  readonly zone: number;
  readonly name: string | null;
  /** The panel's own word: online, offline, trigger, breakDown, ... */
  readonly status: string | null;
  /** A contact that is open, or a detector that sees something now. */
  readonly open: boolean | null;
  readonly tampered: boolean | null;
  readonly masked: boolean | null;
  readonly bypassed: boolean | null;
  readonly armed: boolean | null;
  readonly alarm: boolean | null;
  /** normal, lowPower, ... */
  readonly battery: string | null;
  readonly batteryPercent: number | null;
  /** Strength of the radio signal, 0-255. */
  readonly signal: number | null;
  readonly temperatureC: number | null;
  /** Areas that it belongs to. */
  readonly areas: readonly number[];
  /** Kind of the sensor: magneticContact, pircam, ... */
  readonly detector: string | null;
  /** Instant, Delay, Follow, ... */
  readonly type: string | null;
  readonly wireless: boolean | null;
  /** What stands in the way of arming: open, tampered, masked, offline, broken, lowBattery. */
  readonly faults: readonly string[];
}

/** The code tells everything: what happened, and whether it begins or is over. In an arming, `name` is who did it. */
export interface AlarmPanelDetails {
  readonly code: number | null;
  /** `burglary`, `acPower`, `armAway`: the same for a beginning and its end. */
  readonly key: string | null;
  readonly meaning: string | null;
  /** alarm, restore, arm, disarm, fault, bypass, operation, unknown. */
  readonly category: string | null;
  readonly isRestore: boolean | null;
  readonly standardCode: number | null;
  /** The panel's own word: zoneAlarm, armAndDisarm, ... */
  readonly panelEvent: string | null;
  /** Counted from 0, as the panel does. */
  readonly zone: number | null;
  readonly zoneName: string | null;
  /** The area, from 1. */
  readonly partition: number | null;
  readonly partitionName: string | null;
  readonly user: string | null;
  /** How the zone is now, in a message about its state. */
  readonly zoneStatus: PanelZone | null;
  /** Everything that the panel says about it. */
  readonly cid: JsonObject | null;
}

/** Names of the object that carries the state of a zone. */
const ZONE_OBJECTS = ['zoneUpdate', 'zoneEvent', 'ZoneStatus', 'zone'];

export function alarmPanelDetails(source: Source): AlarmPanelDetails {
  const cid = source.object('CIDEvent');
  const code = jsonNumber(cid, 'code');
  const meaning = code === null ? null : cidMeaning(code);
  const status = cid === null ? zoneStatusIn(source) : null;
  const zone = jsonNumber(cid, 'zone') ?? status?.zone ?? null;
  const name = jsonText(cid, 'name');
  return {
    code,
    key: meaning?.key ?? null,
    meaning: meaning?.meaning ?? null,
    category: meaning?.category ?? null,
    isRestore: meaning?.isRestore ?? null,
    standardCode: jsonNumber(cid, 'standardCIDcode'),
    panelEvent: jsonText(cid, 'type'),
    zone,
    zoneName: jsonText(cid, 'zoneName') ?? status?.name ?? (zone === null ? null : name),
    partition: jsonNumber(cid, 'system') ?? status?.areas[0] ?? null,
    partitionName: jsonText(cid, 'subSystemName'),
    user: jsonText(cid, 'userName') ?? (zone === null ? name : null),
    zoneStatus: status,
    cid,
  };
}

function zoneStatusIn(source: Source): PanelZone | null {
  for (const name of ZONE_OBJECTS) {
    const found = source.object(name);
    const inner = found === null ? null : (objectOf(found['Zone']) ?? found);
    const zone = inner === null ? null : (jsonNumber(inner, 'id') ?? jsonNumber(inner, 'zoneNo'));
    if (zone !== null) return panelZoneOf(zone, inner);
  }
  return null;
}

/** @param setting what the settings say of the zone: names and kinds, where the state lacks them. */
export function panelZoneOf(zone: number, item: unknown, setting?: unknown): PanelZone {
  const said = (name: string) => jsonText(item, name) ?? jsonText(setting, name);
  const status = said('status') ?? said('moduleStatus');
  const lower = status?.toLowerCase();
  const attribute = said('zoneAttrib')?.toLowerCase();
  const battery = said('charge');
  const tampered = jsonBoolean(item, 'tamperEvident');
  const masked = jsonBoolean(item, 'shielded');
  const open =
    jsonBoolean(item, 'magnetOpenStatus') ?? (lower === 'trigger' ? true : lower === 'online' ? false : null);
  const main = jsonNumber(item, 'subSystemNo') ?? jsonNumber(setting, 'subSystemNo');
  const linked = jsonList(item, 'linkageSubSystem').flatMap((each) => {
    const area = toNumber(scalar(each));
    return area !== null && Number.isInteger(area) ? [area] : [];
  });
  const faults = [
    ...(open === true ? ['open'] : []),
    ...(tampered === true ? ['tampered'] : []),
    ...(masked === true ? ['masked'] : []),
    ...(lower === 'offline' || lower === 'heartbeatabnormal' ? ['offline'] : []),
    ...(lower === 'breakdown' ? ['broken'] : []),
    ...(battery?.toLowerCase() === 'lowpower' ? ['lowBattery'] : []),
  ];
  return {
    zone,
    name: said('name') ?? said('zoneName'),
    status,
    open,
    tampered,
    masked,
    bypassed: jsonBoolean(item, 'bypassed'),
    armed: jsonBoolean(item, 'armed'),
    alarm: jsonBoolean(item, 'alarm'),
    battery,
    batteryPercent: jsonNumber(item, 'chargeValue'),
    signal: jsonNumber(item, 'realSignal') ?? jsonNumber(item, 'signal'),
    temperatureC: jsonNumber(item, 'temperature'),
    areas: [...new Set([...linked, ...(main === null ? [] : [main])])],
    detector: said('detectorType'),
    type: said('zoneType'),
    wireless: attribute === 'wireless' ? true : attribute === 'wired' ? false : null,
    faults,
  };
}
