/**
 * What a device has, from the few documents that tell. A flag of the capabilities counts where it is there; what is missing there
 * is asked for once, with the cheapest request that a device of this class answers (isapi.md §0.6, §2.2). Each document is
 * optional: most devices lack some of them.
 */
import { all, booleanAt, find, numberAt, textAt, type XmlElement } from '../codec/xml';
import { DeviceBusyError, NotFoundError, UnsupportedError } from '../errors';
import { isChannel } from './channels';
import { FEATURE_NAMES, type Feature, type Features } from './features';
import { getJson } from './json';
import { getDocument, type Steps } from './command';
import { isAbsence } from './ways';

const CAPABILITIES_PATH = '/ISAPI/System/capabilities';
const DEVICE_INFO_PATH = '/ISAPI/System/deviceInfo';
const INPUTS_PATH = '/ISAPI/System/Video/inputs/channels';
const STREAMS_PATH = '/ISAPI/Streaming/channels';
const PTZ_LIST_PATH = '/ISAPI/PTZCtrl/channels';
const PTZ_PATH = '/ISAPI/PTZCtrl/channels/1/capabilities';
const IMAGE_PATH = '/ISAPI/Image/channels/1';
const SIREN_PATH = '/ISAPI/Event/triggers/notifications/AudioAlarm?format=json';
const TALK_PATH = '/ISAPI/System/TwoWayAudio/channels';
const STORAGE_PATHS = ['/ISAPI/ContentMgmt/Storage', '/ISAPI/ContentMgmt/storage'] as const;
const PIR_PATH = '/ISAPI/WLAlarm/PIR';
const IO_INPUTS_PATH = '/ISAPI/System/IO/inputs';
const IO_OUTPUTS_PATH = '/ISAPI/System/IO/outputs';
const CALL_PATH = '/ISAPI/VideoIntercom/callStatus?format=json';
const DOOR_PATH = '/ISAPI/AccessControl/RemoteControl/door/capabilities';
const PERSONS_PATH = '/ISAPI/AccessControl/capabilities';
const BARRIER_PATH = '/ISAPI/Parking/channels/1/barrierGate/barrierGateStatus';
const PLATES_PATH = '/ISAPI/Traffic/channels/1/basic';
const PANEL_PATHS = [
  '/ISAPI/SecurityCP/capabilities?format=json',
  '/ISAPI/SecurityCP/status/zones?format=json',
] as const;
const THERMAL_PATH = '/ISAPI/Thermal/capabilities';
const COUNTING_PATH = '/ISAPI/System/Video/inputs/channels/1/counting';
const SOUNDS_PATH = '/ISAPI/AccessControl/EventCardLinkageCfg/CustomAudio?format=json';

/** All paths that may be asked for, for the documentation. */
export const FEATURE_PATHS: readonly string[] = [
  CAPABILITIES_PATH,
  DEVICE_INFO_PATH,
  INPUTS_PATH,
  STREAMS_PATH,
  PTZ_LIST_PATH,
  PTZ_PATH,
  IMAGE_PATH,
  SIREN_PATH,
  TALK_PATH,
  ...STORAGE_PATHS,
  PIR_PATH,
  IO_INPUTS_PATH,
  IO_OUTPUTS_PATH,
  CALL_PATH,
  DOOR_PATH,
  PERSONS_PATH,
  BARRIER_PATH,
  PLATES_PATH,
  ...PANEL_PATHS,
  THERMAL_PATH,
  COUNTING_PATH,
  SOUNDS_PATH,
];

/** What a device says that it has. */
export interface Capabilities {
  /** True and false as the device says it; null where nothing but trying tells. */
  readonly features: Features;
  /** The device's own word: IPCamera, IPDome, NVR, DVR, ACS, ... */
  readonly deviceType: string | null;
  /** Its own inputs; a camera that counts none has one all the same. */
  readonly videoInputs: number | null;
  /** Most IP channels of a recorder. It may be the ceiling of the product line, as all numbers here. */
  readonly ipChannels: number | null;
  readonly alarmInputs: number | null;
  readonly alarmOutputs: number | null;
  readonly softInputs: number | null;
  readonly talkChannels: number | null;
  /** Channels that turn; null where the device does not say which. */
  readonly ptzChannels: readonly number[] | null;
}

/** A document, or why there is none: `false` the device lacks it, `null` it does not tell us. */
type Found<T> = { readonly document: T } | { readonly missing: false | null };

function* probe<T>(read: Steps<T>): Steps<Found<T>> {
  try {
    return { document: yield* read };
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof NotFoundError) return { missing: false };
    // Missing rights, and a device error for an unknown path, leave it open.
    if (isAbsence(error) || error instanceof DeviceBusyError) return { missing: null };
    throw error;
  }
}

function xmlOf(found: Found<XmlElement>): XmlElement | undefined {
  return 'document' in found ? found.document : undefined;
}

/** Is there such a document? */
function isThere(found: Found<unknown>): boolean | null {
  return 'document' in found ? true : found.missing;
}

/** The first of several places. */
function* probeFirst<T>(paths: readonly string[], read: (path: string) => Steps<T>): Steps<Found<T>> {
  let missing: false | null = false;
  for (const path of paths) {
    const found = yield* probe(read(path));
    if ('document' in found) return found;
    if (found.missing === null) missing = null;
  }
  return { missing };
}

/** At least one; null stays null. */
function some(count: number | null): boolean | null {
  return count === null ? null : count > 0;
}

/** True when one of them is, false when all of those that the device names are not. */
function anyOf(flags: readonly (boolean | null)[]): boolean | null {
  if (flags.includes(true)) return true;
  return flags.includes(false) ? false : null;
}

const SMART_EVENTS = [
  'LineDetection',
  'FieldDetection',
  'RegionEntrance',
  'RegionExiting',
  'Loitering',
  'Group',
  'RapidMove',
  'Parking',
  'UnattendedBaggage',
  'AttendedBaggage',
  'FaceDetect',
  'SceneChangeDetection',
  'AudioDetection',
  'DefocusDetection',
] as const;

/** Classes by the device's own word (isapi.md §2.1); door stations often call themselves cameras. */
export const IS_RECORDER = /nvr|dvr|dvs|cvr/i;
export const IS_CAMERA = /^ip(camera|dome|zoom)/i;
export const IS_PANEL = /^(pha|pwa|axpro|ax ?hub)/i;
export const IS_TERMINAL = /^(acs|vis|visdevice|intercom)/i;

/** What an alarm panel has none of, so that it need not be asked for. */
const NOT_OF_PANELS = [
  'ptz',
  'light',
  'recording',
  'smartEvents',
  'intercom',
  'doors',
  'persons',
  'plates',
  'barrier',
  'thermometry',
  'peopleCounting',
] as const satisfies readonly Feature[];

/** Asks the device what it has. @throws where it cannot be reached, never because it lacks a document. */
export function* readCapabilities(): Steps<Capabilities> {
  const has = xmlOf(yield* probe(getDocument(CAPABILITIES_PATH)));
  const info = xmlOf(yield* probe(getDocument(DEVICE_INFO_PATH)));
  const deviceType = textAt(info, 'deviceType');
  const features: Record<Feature, boolean | null> = Object.assign(
    Object.create(null) as object,
    Object.fromEntries(FEATURE_NAMES.map((name) => [name, null])),
  ) as Record<Feature, boolean | null>;
  const counts = {
    videoInputs: numberAt(has, 'SysCap/VideoCap/videoInputPortNums'),
    ipChannels: numberAt(has, 'RacmCap/inputProxyNums'),
    alarmInputs: numberAt(has, 'SysCap/IOCap/IOInputPortNums'),
    alarmOutputs: numberAt(has, 'SysCap/IOCap/IOOutputPortNums'),
    softInputs: numberAt(has, 'SysCap/IOCap/SoftIOInputPortNums'),
    talkChannels: numberAt(has, 'voicetalkNums'),
  };
  const type = deviceType ?? '';
  const isRecorder = IS_RECORDER.test(type) || (counts.ipChannels ?? 0) > 0;
  const isCamera = !isRecorder && IS_CAMERA.test(type);
  let ptzChannels: readonly number[] | null = null;

  const isPanel = IS_PANEL.test(type) || (!isRecorder && !isCamera && !IS_TERMINAL.test(type) && (yield* hasPanel()));
  features.alarmPanel = isPanel;
  if (isPanel) {
    for (const name of NOT_OF_PANELS) features[name] = false;
    return { features, deviceType, ...counts, ptzChannels };
  }

  features.video = isRecorder || isCamera ? true : yield* readVideo(counts);
  features.talk = some(counts.talkChannels) ?? (yield* listed(TALK_PATH, 'TwoWayAudioChannel'));
  features.alarmInputs = some(counts.alarmInputs) ?? (yield* listed(IO_INPUTS_PATH, 'IOInputPort'));
  features.alarmOutputs = some(counts.alarmOutputs) ?? (yield* listed(IO_OUTPUTS_PATH, 'IOOutputPort'));
  features.softInputs = some(counts.softInputs);
  features.recording = isRecorder ? true : yield* readStorage();
  features.smartEvents = anyOf(SMART_EVENTS.map((name) => booleanAt(has, `SmartCap/isSupport${name}`)));
  features.pir =
    booleanAt(has, 'WLAlarmCap/isSupportPIR') ?? (isRecorder ? null : isThere(yield* probe(getDocument(PIR_PATH))));
  const ptz = yield* readPtz(has, isRecorder);
  features.ptz = ptz.has;
  ptzChannels = ptz.channels;

  if (isRecorder) {
    // Of these a recorder only says what it can pass through; whether a camera behind it has it, trying tells.
    for (const name of ['light', 'siren', 'plates', 'thermometry', 'peopleCounting'] as const) features[name] = null;
    for (const name of ['intercom', 'doors', 'persons', 'barrier', 'sounds'] as const) features[name] = false;
    return { features, deviceType, ...counts, ptzChannels };
  }

  features.light = lightOf(yield* probe(getDocument(IMAGE_PATH)));
  features.siren = isThere(yield* probe(getJson(SIREN_PATH)));
  features.intercom = isThere(yield* probe(getJson(CALL_PATH)));
  features.doors = isThere(yield* probe(getDocument(DOOR_PATH)));
  features.persons = features.doors === false ? false : personsOf(yield* probe(getDocument(PERSONS_PATH)));
  features.thermometry =
    booleanAt(has, 'ThermalCap/isSupportThermometry') ?? isThere(yield* probe(getDocument(THERMAL_PATH)));
  features.peopleCounting =
    booleanAt(has, 'SysCap/VideoCap/isSupportCounting') ?? isThere(yield* probe(getDocument(COUNTING_PATH)));
  features.plates = booleanAt(has, 'isSupportTraffic') ?? isThere(yield* probe(getDocument(PLATES_PATH)));
  features.barrier = features.plates === false ? false : isThere(yield* probe(getDocument(BARRIER_PATH)));
  features.sounds = isCamera ? false : isThere(yield* probe(getJson(SOUNDS_PATH)));
  return { features, deviceType, ...counts, ptzChannels };
}

function* hasPanel(): Steps<boolean> {
  return isThere(yield* probeFirst(PANEL_PATHS, getJson)) === true;
}

function* readVideo(counts: { videoInputs: number | null }): Steps<boolean | null> {
  // Cameras count no inputs and have one.
  if ((counts.videoInputs ?? 0) > 0) return true;
  const inputs = yield* listed(INPUTS_PATH, 'VideoInputChannel');
  return inputs === true ? true : yield* listed(STREAMS_PATH, 'StreamingChannel');
}

/** Is there at least one in the list? An empty list and a missing one say the same. */
function* listed(path: string, item: string): Steps<boolean | null> {
  const found = yield* probe(getDocument(path));
  return 'document' in found ? all(found.document, item).length > 0 : found.missing;
}

/** A card, disk or share; a slot without one records nothing. */
function* readStorage(): Steps<boolean | null> {
  const found = yield* probeFirst(STORAGE_PATHS, getDocument);
  if (!('document' in found)) return found.missing;
  const { document } = found;
  const places = [
    ...all(find(document, 'hddList'), 'hdd'),
    ...all(find(document, 'ssdList'), 'ssd'),
    ...all(find(document, 'nasList'), 'nas'),
  ];
  return places.some((place) => textAt(place, 'status')?.toLowerCase() !== 'notexist');
}

function* readPtz(
  has: XmlElement | undefined,
  isRecorder: boolean,
): Steps<{ readonly has: boolean | null; readonly channels: readonly number[] | null }> {
  const list = xmlOf(yield* probe(getDocument(PTZ_LIST_PATH)));
  const items = [...all(list, 'PTZChannel'), ...all(list, 'PTZChanel')];
  if (items.length > 0) {
    const channels = items
      .filter((item) => booleanAt(item, 'enabled') !== false)
      .map((item) => numberAt(item, 'id'))
      .filter(isChannel);
    return { has: channels.length > 0, channels };
  }
  // A recorder can have one for its cameras; which of them turns, it does not say.
  if (isRecorder) return { has: find(has, 'PTZCtrlCap') === undefined ? null : true, channels: null };
  const found = yield* probe(getDocument(PTZ_PATH));
  if (!('document' in found)) return { has: found.missing, channels: found.missing === false ? [] : null };
  // Fixed cameras answer as well, with zeros (isapi.md §4.1).
  const turns =
    find(found.document, 'ContinuousPanTiltSpace') !== undefined ||
    find(found.document, 'ContinuousZoomSpace') !== undefined ||
    (numberAt(found.document, 'maxPresetNum') ?? 0) > 0;
  return { has: turns, channels: turns ? [1] : [] };
}

/** A light that can be set. Image documents of older cameras do not name it, although they have one. */
function lightOf(found: Found<XmlElement>): boolean | null {
  if (!('document' in found)) return null;
  const names = ['SupplementLight', 'WhiteLight', 'LaserLight', 'IrLight'];
  return names.some((name) => find(found.document, name) !== undefined) ? true : null;
}

function personsOf(found: Found<XmlElement>): boolean | null {
  if (!('document' in found)) return found.missing;
  return anyOf([booleanAt(found.document, 'isSupportUserInfo'), booleanAt(found.document, 'isSupportCardInfo')]);
}
