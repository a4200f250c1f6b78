/** What a rule saw: lines and areas, inputs, traffic. What was seen, a person or a vehicle, is in the event's `target`. */
import { toNumber } from '../../codec/xml';
import { rawPortOf } from '../fields';
import type { Source } from './source';

export interface RuleDetails {
  /** Number of the line or area on the device; null where it names none. */
  readonly rule: number | null;
  readonly ruleName: string | null;
  /** Where it went, in the words of the device. */
  readonly direction: string | null;
}

export interface CrowdDetails extends RuleDetails {
  readonly people: number | null;
  /** How dense, in the words of the device. */
  readonly density: string | null;
}

export interface RadarDetails extends RuleDetails {
  readonly targetId: string | null;
  readonly distanceM: number | null;
  /** In degrees. */
  readonly angle: number | null;
  /** As the device says it. */
  readonly speed: number | null;
}

export interface PortDetails {
  /** Of the camera or recorder that it belongs to, from 1. */
  readonly port: number | null;
  /** As the device says it: recorders number the inputs of their cameras 901 for port 1 of channel 9. */
  readonly rawPort: string | null;
  readonly name: string | null;
}

export interface VehicleDetails extends RuleDetails {
  readonly plate: string | null;
  readonly lane: string | null;
  readonly vehicleType: string | null;
  readonly vehicleColor: string | null;
  readonly speedKmh: number | null;
}

export interface TrafficIncidentDetails extends VehicleDetails {
  /** `pedestrian`, `wrongDirection`, ...: the firmware's name without its prefix. */
  readonly incident: string | null;
}

export function ruleDetails(source: Source): RuleDetails {
  const regions = source.fields?.regions ?? [];
  const named = regions.find(({ id }) => id !== null)?.id ?? null;
  return {
    rule: named ?? source.number('ruleID', 'ruleNo'),
    ruleName: source.text('ruleName', 'regionName'),
    direction: source.text('direction', 'crossDirection', 'crossingDirection', 'moveDirection'),
  };
}

export function crowdDetails(source: Source): CrowdDetails {
  return {
    ...ruleDetails(source),
    people: source.number('peopleNum', 'personNum', 'peopleNumber', 'personCnt', 'framesPeopleCountingNum'),
    density: source.text('densityLevel', 'personDensityLevel', 'density'),
  };
}

export function radarDetails(source: Source): RadarDetails {
  return {
    ...ruleDetails(source),
    targetId: source.text('targetID', 'trackID'),
    distanceM: source.number('distance'),
    angle: source.number('angle', 'azimuth'),
    speed: source.number('speed'),
  };
}

/** Recorders number the ports of their cameras `channel * 100 + port`: 901 is port 1 of channel 9 (isapi.md §6.6). */
export function portFrom(rawPort: string | null): number | null {
  const port = toNumber(rawPort);
  if (port === null || !Number.isInteger(port)) return null;
  return port > 100 ? port % 100 : port;
}

export function inputDetails(source: Source): PortDetails {
  const rawPort = source.fields === null ? null : rawPortOf(source.fields);
  return {
    port: portFrom(rawPort),
    rawPort,
    name: source.text('inputIOPortName', 'inputPortName', 'portName', 'zoneName'),
  };
}

export function outputDetails(source: Source): PortDetails {
  const rawPort = source.text('dynOutputIOPortID', 'outputIOPortID') ?? inputDetails(source).rawPort;
  return {
    port: portFrom(rawPort),
    rawPort,
    name: source.text('outputIOPortName', 'outputPortName', 'portName'),
  };
}

export function vehicleDetails(source: Source): VehicleDetails {
  return {
    ...ruleDetails(source),
    plate: source.text('licensePlate', 'plateNumber', 'plateNo'),
    lane: source.text('laneNo', 'laneID', 'line', 'lane'),
    vehicleType: source.text('vehicleType'),
    vehicleColor: source.text('vehicleColor', 'color'),
    speedKmh: source.number('vehicleSpeed', 'speed'),
  };
}

/** `AID_pedestrian` of one generation is `pedestrian` of another. */
export function trafficIncidentDetails(source: Source): TrafficIncidentDetails {
  const word = (source.fields?.relationEvent ?? source.fields?.eventType ?? '').replace(/[\s\u200b]+/g, '');
  return { ...vehicleDetails(source), incident: word.replace(/^(?:AID|TFS)_/i, '') || null };
}
