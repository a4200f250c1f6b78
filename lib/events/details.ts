/**
 * What a kind adds to the common shape. Well-known objects get names and types of ours; whatever else a document holds is passed
 * on under the device's own names.
 */
import { jsonNumber, member, objectOf, type JsonObject } from '../codec/json';
import { isDoorbell } from './access-codes';
import { accessDetails, doorbellDetails, type AccessDetails, type DoorbellDetails } from './details/doors';
import {
  addressConflictDetails,
  diskDetails,
  illegalAccessDetails,
  networkDetails,
  type AddressConflictDetails,
  type DiskDetails,
  type IllegalAccessDetails,
  type NetworkDetails,
} from './details/faults';
import {
  audioDetails,
  peopleCountingDetails,
  temperatureDetails,
  type AudioDetails,
  type PeopleCountingDetails,
  type TemperatureDetails,
} from './details/measures';
import { alarmPanelDetails, type AlarmPanelDetails } from './details/panel';
import { faceDetails, personDetails, type FaceDetails, type PersonDetails } from './details/people';
import { plateDetails, type PlateDetails } from './details/plate';
import {
  crowdDetails,
  inputDetails,
  outputDetails,
  radarDetails,
  ruleDetails,
  trafficIncidentDetails,
  vehicleDetails,
  type CrowdDetails,
  type PortDetails,
  type RadarDetails,
  type RuleDetails,
  type TrafficIncidentDetails,
  type VehicleDetails,
} from './details/rules';
import { COMMON, Source } from './details/source';
import { kindOf, type EventKind } from './kinds';
import type { EventFields } from './fields';

/** The details of every kind that has some of its own. */
export interface DetailsByKind {
  lineCrossing: RuleDetails;
  intrusion: RuleDetails;
  regionEntrance: RuleDetails;
  regionExit: RuleDetails;
  loitering: RuleDetails;
  crowd: CrowdDetails;
  running: RuleDetails;
  parking: RuleDetails;
  unattendedBaggage: RuleDetails;
  objectRemoval: RuleDetails;
  face: FaceDetails;
  person: PersonDetails;
  audio: AudioDetails;
  alarmInput: PortDetails;
  alarmOutput: PortDetails;
  plate: PlateDetails;
  vehicle: VehicleDetails;
  trafficIncident: TrafficIncidentDetails;
  access: AccessDetails;
  doorbell: DoorbellDetails;
  alarmPanel: AlarmPanelDetails;
  temperature: TemperatureDetails;
  peopleCounting: PeopleCountingDetails;
  radar: RadarDetails;
  diskFull: DiskDetails;
  diskError: DiskDetails;
  networkBroken: NetworkDetails;
  ipConflict: AddressConflictDetails;
  illegalAccess: IllegalAccessDetails;
}

export type DetailedKind = keyof DetailsByKind;

/** Of every kind. */
export interface CommonDetails {
  /** Where the device keeps the picture of the event; it wants the same user and password. */
  readonly pictureUrl?: string;
}

/** What `details` of that kind holds; null for what the device does not say. Whatever else it says is there under its own name. */
export type DetailsOf<K extends EventKind> = CommonDetails &
  (K extends DetailedKind ? DetailsByKind[K] : unknown) &
  Readonly<Record<string, unknown>>;

const READERS: { readonly [K in DetailedKind]: (source: Source) => DetailsByKind[K] } = {
  lineCrossing: ruleDetails,
  intrusion: ruleDetails,
  regionEntrance: ruleDetails,
  regionExit: ruleDetails,
  loitering: ruleDetails,
  crowd: crowdDetails,
  running: ruleDetails,
  parking: ruleDetails,
  unattendedBaggage: ruleDetails,
  objectRemoval: ruleDetails,
  face: faceDetails,
  person: personDetails,
  audio: audioDetails,
  alarmInput: inputDetails,
  alarmOutput: outputDetails,
  plate: plateDetails,
  vehicle: vehicleDetails,
  trafficIncident: trafficIncidentDetails,
  access: accessDetails,
  doorbell: doorbellDetails,
  alarmPanel: alarmPanelDetails,
  temperature: temperatureDetails,
  peopleCounting: peopleCountingDetails,
  radar: radarDetails,
  diskFull: diskDetails,
  diskError: diskDetails,
  networkBroken: networkDetails,
  ipConflict: addressConflictDetails,
  illegalAccess: illegalAccessDetails,
};

/** Members of a document, lower case, that are in the details under another name. */
const READ: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
  plate: ['anpr', 'uuid'],
  access: ['accesscontrollerevent'],
  doorbell: ['accesscontrollerevent', 'callerinfo'],
  alarmPanel: ['cidevent'],
  peopleCounting: ['peoplecounting', 'childcounting'],
};

/** Has this kind details of its own? */
export function isDetailed(kind: EventKind): kind is DetailedKind {
  return Object.hasOwn(READERS, kind);
}

/**
 * @param more the whole document as a plain object, or null when it has nothing beyond the common fields.
 */
export function detailsOf(
  kind: EventKind,
  fields: EventFields,
  more: JsonObject | null,
): Readonly<Record<string, unknown>> {
  const details: JsonObject = {};
  if (fields.bkgUrl !== null) details['pictureUrl'] = fields.bkgUrl;
  const meaning = fields.eventType?.toLowerCase() === 'duration' ? fields.relationEvent : null;
  const source = new Source(meaning ?? fields.eventType ?? '', fields, more ?? {});
  if (isDetailed(kind)) Object.assign(details, READERS[kind](source));
  const read = READ[kind] ?? [];
  for (const [name, value] of Object.entries(more ?? {})) {
    const lower = name.toLowerCase();
    if (name.startsWith('@') || name === '__proto__' || value === '' || value === null) continue;
    if (COMMON.has(lower) || (read.includes(lower) && !Array.isArray(value))) continue;
    if (!Object.hasOwn(details, name)) details[name] = value;
  }
  return details;
}

/** Details that were not read from a document, with everything that their kind has besides; what nobody said is null. */
export function completeDetails(
  kind: EventKind,
  eventType: string,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return isDetailed(kind) ? { ...READERS[kind](new Source(eventType)), ...given } : given;
}

/** Doorbells arrive as access events 5/37 (0x25); every other pair stays with `access`. */
export function kindOfDocument(eventType: string, more: JsonObject | null): EventKind {
  const kind = kindOf(eventType);
  if (kind !== 'access' || more === null) return kind;
  const access = objectOf(member(more, 'AccessControllerEvent'));
  if (access === null) return kind;
  return isDoorbell(jsonNumber(access, 'majorEventType'), jsonNumber(access, 'subEventType')) ? 'doorbell' : kind;
}
