/** What the PTZ of a channel can do. */
import { booleanAt, numberAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { command, getDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { limitsAt } from '../limits';
import { ptz, ptzPaths } from './ptz';

export interface PtzRange {
  readonly min: number;
  readonly max: number;
}

/** Null where the device does not say it. */
export interface PtzCapabilities {
  readonly channel: number;
  /** False for a fixed camera, which may have the document all the same. */
  readonly moves: boolean;
  readonly azimuthDegrees: PtzRange | null;
  readonly elevationDegrees: PtzRange | null;
  readonly zoomFactor: PtzRange | null;
  /** Speeds as the device counts them, usually -100 to 100. */
  readonly panSpeed: PtzRange | null;
  readonly tiltSpeed: PtzRange | null;
  readonly zoomSpeed: PtzRange | null;
  readonly presets: number | null;
  readonly patrols: number | null;
  readonly patterns: number | null;
  /** Presets have names of their own. */
  readonly presetNames: boolean | null;
  /** Preset numbers that call a function; by the usual numbering where the device does not list them. */
  readonly reservedPresets: readonly number[];
  readonly home: boolean | null;
  /** It can turn to a point of its picture. */
  readonly position3D: boolean | null;
}

/** Positions travel in tenths: of a degree, of the zoom factor. */
export const TENTHS = 10;

/** Preset numbers that call a function instead of a position (isapi.md §4.4). */
export function isReserved(preset: number): boolean {
  return (preset >= 33 && preset <= 45) || (preset >= 92 && preset <= 105);
}

/** Numbers above this have no slot anywhere. */
const MOST_PRESETS = 512;

function reservedIn(document: XmlElement): number[] {
  const every = Array.from({ length: MOST_PRESETS }, (_, index) => index + 1);
  const listed = limitsAt(document, 'PresetNameCap/specialNo')?.options ?? null;
  if (listed === null) return every.filter(isReserved);
  const numbers = new Set(listed.map(Number));
  return every.filter((preset) => numbers.has(preset));
}

function rangeAt(document: XmlElement, path: string, divisor = 1): PtzRange | null {
  const min = numberAt(document, `${path}/Min`);
  const max = numberAt(document, `${path}/Max`);
  return min === null || max === null || max <= min ? null : { min: min / divisor, max: max / divisor };
}

function capabilitiesFrom(channel: number, document: XmlElement): PtzCapabilities {
  const presets = numberAt(document, 'maxPresetNum');
  const panSpeed = rangeAt(document, 'ContinuousPanTiltSpace/XRange');
  const tiltSpeed = rangeAt(document, 'ContinuousPanTiltSpace/YRange');
  const zoomSpeed = rangeAt(document, 'ContinuousZoomSpace/ZRange');
  return {
    channel,
    moves: panSpeed !== null || tiltSpeed !== null || zoomSpeed !== null || (presets ?? 0) > 0,
    azimuthDegrees: rangeAt(document, 'AbsolutePanTiltPositionSpace/XRange', TENTHS),
    elevationDegrees: rangeAt(document, 'AbsolutePanTiltPositionSpace/YRange', TENTHS),
    zoomFactor: rangeAt(document, 'AbsoluteZoomPositionSpace/ZRange', TENTHS),
    panSpeed,
    tiltSpeed,
    zoomSpeed,
    presets,
    patrols: numberAt(document, 'maxPatrolNum'),
    patterns: numberAt(document, 'maxPatternNum'),
    presetNames: booleanAt(document, 'PresetNameCap/presetNameSupport'),
    reservedPresets: reservedIn(document),
    // The first spelling is the one of most devices.
    home: booleanAt(document, 'homePostionSupport') ?? booleanAt(document, 'homePositionSupport'),
    position3D: booleanAt(document, 'isSupportPosition3D'),
  };
}

/** "Chanel" with one n is how most devices write it. */
const ROOTS = ['ptzchanelcap', 'ptzchannelcap'];

function memoryKey(channel: number): string {
  return `camera.ptzCapabilities/${channel}`;
}

function* readCapabilities(channel: number, context: CommandContext): Steps<PtzCapabilities> {
  const document = yield* ptz(channel, context, function* (base) {
    const found = yield* getDocument(`${base}/capabilities`);
    if (ROOTS.includes(found.name.toLowerCase())) return found;
    throw new UnsupportedError(`${base}/capabilities: answered with ${found.name} instead of PTZChanelCap`);
  });
  const capabilities = capabilitiesFrom(channel, document);
  context.memory.set(memoryKey(channel), capabilities);
  return capabilities;
}

/** Read once, for checks beforehand; null where the device does not say what it can do. */
export function* knownCapabilities(channel: number, context: CommandContext): Steps<PtzCapabilities | null> {
  const known = context.memory.get(memoryKey(channel)) as PtzCapabilities | null | undefined;
  if (known !== undefined) return known;
  try {
    return yield* readCapabilities(channel, context);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    context.memory.set(memoryKey(channel), null);
    return null;
  }
}

export const ptzAbilities = {
  ptzCapabilities: command({
    title: 'PTZ capabilities',
    summary: 'What the PTZ of a channel can do: ranges of position and speed, numbers of presets and patrols.',
    effect: 'read',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<PtzCapabilities> {
      return yield* readCapabilities(channel, context);
    },
    returns: 'Whether it moves at all, ranges, counts, and the preset numbers that call a function.',
    paths: ptzPaths('capabilities'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/capabilities', 'isapi.md §4.2'],
  }),
} as const;
