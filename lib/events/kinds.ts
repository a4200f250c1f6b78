/**
 * Our kinds ⇄ the names that firmware uses. One table; filters, help, locales and topics are derived from it.
 * Source: ISAPI event types as seen in captures and listed by the vendor's guides (isapi.md §6.7).
 */

/**
 * `edges`: how its messages become events.
 * - `span`: has a start and an end; repeats between them are one event.
 * - `once`: every message is an event of its own.
 */
interface KindDefinition {
  readonly edges: 'span' | 'once';
  /** `eventType` values of firmware, lower case. */
  readonly names: readonly string[];
  /** Its names are different things, not words for the same: a fan that fails and heat begin and end each by itself. */
  readonly gathers?: true;
}

const span = (...names: string[]): KindDefinition => ({ edges: 'span', names });
const spanEach = (...names: string[]): KindDefinition => ({ edges: 'span', names, gathers: true });
const once = (...names: string[]): KindDefinition => ({ edges: 'once', names });

export const EVENT_KINDS = {
  motion: span('vmd', 'motiondetection', 'vmdhumanvehicle', 'motion', 'motionalarm'),
  videoLoss: span('videoloss'),
  tamper: span('tamperdetection', 'shelteralarm', 'hide', 'tamper'),
  sceneChange: span('scenechangedetection', 'scenechange', 'cameraangleanormaly'),
  defocus: span('defocus', 'defocusdetection'),
  lineCrossing: span('linedetection', 'linecrossing'),
  intrusion: span('fielddetection', 'intrusion'),
  regionEntrance: span('regionentrance', 'humanenter'),
  regionExit: span('regionexiting', 'regionexit'),
  loitering: span('loitering', 'retention'),
  crowd: span('group', 'persondensitydetection', 'personqueuedetection', 'peoplenumchange'),
  running: span('rapidmove', 'running'),
  parking: span('parking'),
  unattendedBaggage: span('unattendedbaggage'),
  objectRemoval: span('attendedbaggage', 'objectremoval'),
  behavior: spanEach(
    'faildown',
    'leaveposition',
    'trial',
    'operateovertime',
    'stickup',
    'installscanner',
    'behavior',
    'safetyhelmetdetection',
    'objectsthrowndetection',
    'reverseentrance',
    'violentmotion',
  ),
  face: once(
    'facedetection',
    'facedetect',
    'facesnap',
    'facecapture',
    'facesnapmodeling',
    'facecontrast',
    'alarmresult',
    'facecontrastsuccess',
    'facecontrastfailure',
    'whitelistfacecontrast',
    'blacklistfacecontrast',
    'picturecapturecomparision',
    'facelib',
  ),
  person: span(
    'humanattribute',
    'humanrecognition',
    'targetcapture',
    'peopledetection',
    'mixedtargetdetection',
    'mtd_face',
    'mtd_human',
  ),
  pir: span('pir'),
  audio: span('audioexception', 'audiodetection', 'audioloss', 'audioabnormal'),
  alarmInput: span('io', 'softio', 'alarminput', 'wlsensor', 'callhelp'),
  alarmOutput: span('alarmoutput', 'iooutput'),
  plate: once(
    'anpr',
    'vehicledetection',
    'vehiclercogresult',
    'vehiclecontrol',
    'allvehiclelist',
    'whitelist',
    'blacklist',
    'othervehiclelist',
    'allowlist',
    'blocklist',
  ),
  vehicle: span('hvtvehicledetection', 'mtd_vehicle', 'mtd_nonmotor', 'tfs_vehicleexist', 'tps', 'vehicle'),
  trafficIncident: spanEach(
    'aid_pedestrian',
    'aid_congestion',
    'aid_roadblock',
    'aid_construction',
    'aid_trafficaccident',
    'aid_fogdetection',
    'pedestrian',
    'trafficaccident',
    'construction',
    'roadblock',
    'trafficjam',
    'congestion',
    'tfs_wrongdirection',
    'tfs_crosslane',
    'tfs_lanechange',
    'tfs_turnround',
    'tfs_illegalparking',
    'tfs_parallelparking',
    'illegalparking',
    'parallelparking',
    'abandonedobject',
    'aid_abandonedobject',
    'overspeed',
  ),
  access: once('accesscontrollerevent', 'cardmatch'),
  doorbell: once('voicetalkevent', 'doorbell', 'videointercomevent'),
  alarmPanel: once('cidevent', 'zoneevent', 'zoneupdate', 'zone'),
  temperature: span('thermometry', 'tmpa', 'tma', 'tda', 'temperature', 'hightempalarm'),
  fire: span('firedetection', 'smokedetection', 'smokeandfiredetection'),
  ship: span('shipsdetection', 'shipsflowdetection'),
  peopleCounting: once('peoplecounting', 'counting', 'framespeoplecounting'),
  radar: span('radar', 'radardetection', 'radarfielddetection', 'radarlinedetection'),
  videoQuality: spanEach(
    'badvideo',
    'videomismatch',
    'resolutionmismatch',
    'videoexception',
    'luma',
    'chroma',
    'snow',
    'streak',
    'freeze',
    'siglose',
    'clarity',
    'jitter',
    'block',
    'flowers',
    'noise',
    'ghost',
    'purple',
    'icr',
    'protectivefilm',
  ),
  diskFull: span('diskfull', 'hdfull', 'storagefull'),
  diskError: spanEach(
    'diskerror',
    'hderror',
    'storagedetection',
    'diskrecover', // its details say so
    'hdimpact',
    'hdbadblock',
    'highhdtemperature',
    'lowhdtemperature',
    'severehdfailure',
    'raidfailure',
    'diskunformat',
  ),
  networkBroken: span('nicbroken', 'networkbroken', 'netbroken', 'ipcdisconnect'),
  ipConflict: span('ipconflict', 'ipcconflict'),
  illegalAccess: span('illaccess', 'illegalaccess'),
  recording: span('recordingfailure', 'recordexception', 'recordfailure'),
  deviceFault: spanEach(
    'fanfailure',
    'overheat',
    'poepowerexception',
    'voltageinstable',
    'abnormalreboot',
    'certificaterevocation',
    'abnormalacceleration',
    'spareexception',
    'lowbattery',
  ),
  /** Known names without a better place: cash register text, upgrade progress, generic analytics. */
  other: spanEach(
    'pos',
    'analytics',
    'onlineupgradestatus',
    'duration', // one that does not say what it relates to
    'other',
    'ipcconnect',
    'heatmap',
    'heatmappdc',
    'heatmapduration',
    'intersectionanalysis',
  ),
  /** A name that this table does not know; `eventType` carries it. */
  unknown: spanEach(),
} as const satisfies Record<string, KindDefinition>;

export type EventKind = keyof typeof EVENT_KINDS;

export const EVENT_KIND_NAMES = Object.keys(EVENT_KINDS) as readonly EventKind[];

const kindByName = new Map<string, EventKind>();
for (const kind of EVENT_KIND_NAMES) for (const name of EVENT_KINDS[kind].names) kindByName.set(name, kind);

const GATHERING: ReadonlySet<EventKind> = new Set(
  Object.entries(EVENT_KINDS as Readonly<Record<string, KindDefinition>>).flatMap(([kind, { gathers }]) =>
    gathers === true ? [kind as EventKind] : [],
  ),
);

/** What begins and ends together: the kind, and for one that gathers different things the name of the thing. */
export function groupOf(kind: EventKind, eventType: string): string {
  return GATHERING.has(kind) ? `${kind} ${normalize(eventType)}` : kind;
}

/**
 * The kind for a firmware's `eventType`. Case, blanks, a channel suffix (`facedetection-1`) and the zero-width blanks
 * of copied lists do not matter.
 */
export function kindOf(eventType: string): EventKind {
  return kindByName.get(eventType) ?? kindByName.get(normalize(eventType)) ?? 'unknown';
}

function normalize(eventType: string): string {
  return eventType
    .replace(/[\s\u200b]+/g, '')
    .toLowerCase()
    .replace(/-\d+$/, '');
}
