/** What one camera does: pictures, pan, tilt and zoom. */
import { encode } from '../codec/layout';
import { jpegRequest, PTZ_CODES, ptzControl, stopCode, type PtzMove } from '../codec/structs';
import { sniff } from '../codec/text';
import { all, booleanAt, element, formatXml, numberAt, textAt } from '../codec/xml';
import {
  ArgumentError,
  AuthenticationError,
  ConnectionLostError,
  DeviceBusyError,
  LockedError,
  ProtocolError,
  TimeoutError,
  TooManySessionsError,
  UnreachableError,
  UnsupportedError,
  type HikvisionError,
} from '../errors';
import { BUSY_RETRY_WAITS_MS, MOVE_MAX_MS } from '../settings';
import { ask, command, getDocument, putDocument, wait, type CommandContext, type Steps } from './command';
import { channelParam, streamIdOf } from './channels';
import { askPort, deviceChannelOf, waitPort, type PortContext, type PortSteps } from './port';
import type { Movement, Preset, PresetCall, Snapshot } from './results';
import { firstThatWorks, isAbsence } from './ways';

/* Pictures */

type PicturePlace = 'stream' | 'proxy' | 'bare';

interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How often a snapshot is asked again in all; a busy camera usually has a picture a second later (isapi.md §3.4). */
const SNAPSHOT_RETRIES = 2;

function* takeSnapshot(
  args: { channel: number; stream: 'main' | 'sub'; width: number | undefined; height: number | undefined },
  context: CommandContext,
): Steps<Snapshot> {
  const { channel, stream } = args;
  const streamId = streamIdOf(channel, stream);
  const size = pictureSize(args);
  const key = `camera.snapshot/${channel}/${stream}`;
  const retries = { left: SNAPSHOT_RETRIES };

  const sizeKey = `${key}/refusedSize`;
  const wanted = size === undefined ? undefined : `${size.width}x${size.height}`;
  if (size !== undefined && context.memory.get(sizeKey) !== wanted) {
    try {
      const picture = yield* picturePatiently(picturePath('stream', channel, streamId, size), retries);
      context.memory.delete(sizeKey);
      return picture;
    } catch (error) {
      if (!isNoPicture(error)) throw error;
      if (!(error instanceof DeviceBusyError)) context.memory.set(sizeKey, wanted);
    }
  }

  // `<ch>` alone names the main stream, so it cannot stand in for another one.
  const places: readonly PicturePlace[] = stream === 'main' ? ['stream', 'proxy', 'bare'] : ['stream', 'proxy'];
  try {
    return yield* firstThatWorks(
      places,
      context.memory,
      key,
      (place) => picturePatiently(picturePath(place, channel, streamId), retries),
      isNoPicture,
    );
  } catch (error) {
    context.memory.delete(sizeKey);
    throw error;
  }
}

function picturePath(place: PicturePlace, channel: number, streamId: number, size?: PictureSize): string {
  switch (place) {
    case 'stream':
      return `/ISAPI/Streaming/channels/${streamId}/picture${sizeQuery(size)}`;
    case 'proxy':
      return `/ISAPI/ContentMgmt/StreamingProxy/channels/${streamId}/picture`;
    case 'bare':
      return `/ISAPI/Streaming/channels/${channel}/picture`;
  }
}

function sizeQuery(size: PictureSize | undefined): string {
  if (size === undefined) return '';
  return `?videoResolutionWidth=${size.width}&videoResolutionHeight=${size.height}&snapShotImageType=JPEG`;
}

function pictureSize(args: { width: number | undefined; height: number | undefined }): PictureSize | undefined {
  const { width, height } = args;
  if (width !== undefined && height !== undefined) return { width, height };
  if (width === undefined && height === undefined) return undefined;
  const parameter = width === undefined ? 'width' : 'height';
  throw new ArgumentError([{ parameter, given: undefined, expected: 'both width and height, or neither' }]);
}

/** Asks again while the device is busy and retries are left. */
function* picturePatiently(path: string, retries: { left: number }): Steps<Snapshot> {
  for (;;) {
    try {
      return yield* pictureAt(path);
    } catch (error) {
      if (!(error instanceof DeviceBusyError) || retries.left === 0) throw error;
      yield* wait(BUSY_RETRY_WAITS_MS[SNAPSHOT_RETRIES - retries.left] ?? BUSY_RETRY_WAITS_MS[0]);
      retries.left--;
    }
  }
}

function* pictureAt(path: string): Steps<Snapshot> {
  const answer = yield* ask({ method: 'GET', path });
  switch (sniff(answer.body)) {
    case 'jpeg':
      return { contentType: 'image/jpeg', data: answer.body };
    case 'xml':
      throw new UnsupportedError(`${path}: answered with a document instead of a picture`);
    case 'empty':
      throw new ProtocolError(`${path}: answered with nothing instead of a picture`, 0);
    default:
      throw new ProtocolError(`${path}: answered with something that is no JPEG picture`, 0);
  }
}

/** Errors after which another place may still have the picture. */
function isNoPicture(error: unknown): error is HikvisionError {
  return isAbsence(error) || error instanceof DeviceBusyError || error instanceof ProtocolError;
}

/** Sizes that a device cuts a picture to; any other wish is its own size. Source: HCNetSDK.h NET_DVR_JPEGPARA. */
const JPEG_SIZES: Readonly<Record<string, number>> = {
  '352x288': 0,
  '176x144': 1,
  '704x576': 2,
  '1600x1200': 3,
  '800x600': 4,
  '1280x720': 5,
  '640x480': 6,
};
const OWN_SIZE = 0xff;
const BEST_QUALITY = 0;

/** The binary form knows a channel, not its streams: it takes the picture of the main one. */
function nativeSnapshot(
  args: { channel: number; stream: 'main' | 'sub'; width: number | undefined; height: number | undefined },
  context: PortContext,
): PortSteps<Snapshot> | null {
  return args.stream === 'main' ? nativePicture(args, context) : null;
}

function* nativePicture(
  args: { channel: number; width: number | undefined; height: number | undefined },
  context: PortContext,
): PortSteps<Snapshot> {
  const size = pictureSize(args);
  const channel = deviceChannelOf(args.channel, context.device);
  const wanted = size === undefined ? undefined : JPEG_SIZES[`${size.width}x${size.height}`];
  const ask = (pictureSize: number) =>
    askPort('jpeg', encode(jpegRequest, { channel, pictureSize, quality: BEST_QUALITY }));
  let data: Buffer;
  try {
    data = yield* ask(wanted ?? OWN_SIZE);
  } catch (error) {
    if (wanted === undefined || !isAbsence(error)) throw error;
    data = yield* ask(OWN_SIZE);
  }
  if (sniff(data) !== 'jpeg') throw new ProtocolError('answered with something that is no JPEG picture', 0);
  return { contentType: 'image/jpeg', data };
}

/* Pan, tilt, zoom */

/** Cameras and analog channels have the plain path, IP channels of a recorder the proxy (isapi.md §4.1). */
const PTZ_BASES = {
  plain: '/ISAPI/PTZCtrl/channels',
  proxy: '/ISAPI/ContentMgmt/PTZCtrlProxy/channels',
} as const;

function ptz<R>(channel: number, context: CommandContext, attempt: (base: string) => Steps<R>): Steps<R> {
  const ways = Object.keys(PTZ_BASES) as (keyof typeof PTZ_BASES)[];
  const key = `camera.ptz/${channel}`;
  return firstThatWorks(ways, context.memory, key, (way) => attempt(`${PTZ_BASES[way]}/${channel}`));
}

interface Speeds {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

const STANDSTILL: Speeds = { pan: 0, tilt: 0, zoom: 0 };

function* drive(channel: number, speeds: Speeds, context: CommandContext): Steps<void> {
  // The order pan, tilt, zoom matters to some firmware.
  const { pan, tilt, zoom } = speeds;
  const body = formatXml(element('PTZData', [element('pan', pan), element('tilt', tilt), element('zoom', zoom)]));
  yield* ptz(channel, context, (base) => putDocument(`${base}/continuous`, body));
}

function* move(args: Speeds & { channel: number; forMs: number }, context: CommandContext): Steps<Movement> {
  const { channel, pan, tilt, zoom, forMs } = args;
  const key = `camera.move/${channel}`;
  // Whoever moves last owns the channel: an older movement that ends must not stop a newer one.
  const own = Symbol(key);
  const isOwner = (): boolean => context.memory.get(key) === own;
  context.memory.set(key, own);

  const isStop = pan === 0 && tilt === 0 && zoom === 0;
  if (isStop || forMs === 0) {
    yield* drive(channel, args, context);
    return { channel, pan, tilt, zoom, stopped: isStop };
  }

  let stopped = false;
  let mayMove = true;
  try {
    try {
      yield* drive(channel, args, context);
    } catch (error) {
      // Without an answer, or given up before it came, the camera may have begun to move; after a refusal it has not.
      mayMove = !isRefusal(error);
      throw error;
    }
    yield* wait(forMs);
  } finally {
    if (mayMove && isOwner()) stopped = yield* standStill(channel, context, isOwner);
  }
  return { channel, pan, tilt, zoom, stopped };
}

/** The device said no, or was never reached. */
function isRefusal(error: unknown): boolean {
  return (
    isAbsence(error) ||
    error instanceof DeviceBusyError ||
    error instanceof TooManySessionsError ||
    error instanceof AuthenticationError ||
    error instanceof LockedError ||
    error instanceof UnreachableError
  );
}

/**
 * Stops a channel, insisting while the device is busy or out of reach: most cameras never stop by themselves.
 *
 * @returns false when a newer movement took the channel over meanwhile.
 */
function* standStill(channel: number, context: CommandContext, isOwner: () => boolean): Steps<boolean> {
  for (const waitMs of BUSY_RETRY_WAITS_MS) {
    try {
      yield* drive(channel, STANDSTILL, context);
      return true;
    } catch (error) {
      const mayPass =
        error instanceof DeviceBusyError || error instanceof TimeoutError || error instanceof ConnectionLostError;
      if (!mayPass) throw error;
    }
    yield* wait(waitMs);
    if (!isOwner()) return false;
  }
  yield* drive(channel, STANDSTILL, context);
  return true;
}

/* Pan, tilt, zoom in binary: a code for each direction, one speed from 1 to 7, and the same code turned over to stop. */

const MAX_PORT_SPEED = 7;

interface PortMove {
  readonly move: PtzMove;
  readonly speed: number;
}

function portSpeed(percent: number): number {
  return Math.max(1, Math.round((Math.abs(percent) / 100) * MAX_PORT_SPEED));
}

/** At most two: one for pan and tilt together, one for zoom. */
function portMoves({ pan, tilt, zoom }: Speeds): PortMove[] {
  const moves: PortMove[] = [];
  const vertical = tilt === 0 ? null : tilt > 0 ? 'up' : 'down';
  const horizontal = pan === 0 ? null : pan > 0 ? 'Right' : 'Left';
  if (vertical !== null && horizontal !== null)
    moves.push({ move: `${vertical}${horizontal}`, speed: portSpeed(Math.max(Math.abs(pan), Math.abs(tilt))) });
  else if (vertical !== null) moves.push({ move: vertical === 'up' ? 'tiltUp' : 'tiltDown', speed: portSpeed(tilt) });
  else if (horizontal !== null) moves.push({ move: `pan${horizontal}`, speed: portSpeed(pan) });
  if (zoom !== 0) moves.push({ move: zoom > 0 ? 'zoomIn' : 'zoomOut', speed: portSpeed(zoom) });
  return moves;
}

function* drivePort(channel: number, code: number, value: number): PortSteps<void> {
  yield* askPort('ptz', encode(ptzControl, { channel, code, value }));
}

/** What stops whatever moves, when nobody knows what that is. */
const ANY_MOVES: readonly PortMove[] = [
  { move: 'panLeft', speed: 1 },
  { move: 'zoomIn', speed: 1 },
];

function* nativeMove(args: Speeds & { channel: number; forMs: number }, context: PortContext): PortSteps<Movement> {
  const { channel, pan, tilt, zoom, forMs } = args;
  const number = deviceChannelOf(channel, context.device);
  const key = `camera.move/${channel}`;
  const runningKey = `${key}/running`;
  const own = Symbol(key);
  const isOwner = (): boolean => context.memory.get(key) === own;
  context.memory.set(key, own);

  const moves = portMoves(args);
  if (moves.length === 0) {
    const running = (context.memory.get(runningKey) ?? ANY_MOVES) as readonly PortMove[];
    yield* stopPort(number, running, isOwner);
    context.memory.delete(runningKey);
    return { channel, pan, tilt, zoom, stopped: true };
  }
  context.memory.set(runningKey, moves);
  let stopped = false;
  let mayMove = true;
  try {
    try {
      for (const { move, speed } of moves) yield* drivePort(number, PTZ_CODES[move], speed);
    } catch (error) {
      mayMove = moves.length > 1 || !isRefusal(error);
      throw error;
    }
    if (forMs > 0) yield* waitPort(forMs);
    else mayMove = false; // the stopping is left to the caller
  } finally {
    if (mayMove && isOwner()) {
      stopped = yield* stopPort(number, moves, isOwner);
      context.memory.delete(runningKey);
    }
  }
  return { channel, pan, tilt, zoom, stopped };
}

/** As {@link standStill}. */
function* stopPort(number: number, moves: readonly PortMove[], isOwner: () => boolean): PortSteps<boolean> {
  for (const { move, speed } of moves) {
    for (let attempt = 0; ; attempt++) {
      try {
        yield* drivePort(number, stopCode(PTZ_CODES[move]), speed);
        break;
      } catch (error) {
        const waitMs = BUSY_RETRY_WAITS_MS[attempt];
        const mayPass =
          error instanceof DeviceBusyError || error instanceof TimeoutError || error instanceof ConnectionLostError;
        // A camera without zoom refuses to stop it.
        if (moves === ANY_MOVES && isAbsence(error)) break;
        if (!mayPass || waitMs === undefined) throw error;
        yield* waitPort(waitMs);
        if (!isOwner()) return false;
      }
    }
  }
  return true;
}

/** Preset numbers that call a function instead of a position (isapi.md §4.4). */
function isReserved(preset: number): boolean {
  return (preset >= 33 && preset <= 45) || (preset >= 92 && preset <= 105);
}

const speed = { kind: 'integer', unit: '%', min: -100, max: 100, default: 0 } as const;

export const camera = {
  snapshot: command({
    title: 'Take a picture',
    summary: 'Takes a picture of a channel. Where the device cannot give the size asked for, it is its own size.',
    effect: 'read',
    params: {
      channel: channelParam,
      stream: {
        kind: 'choice',
        title: 'Stream',
        description: 'Many cameras take pictures of the main stream only.',
        choices: ['main', 'sub'],
        default: 'main',
      },
      width: { kind: 'integer', title: 'Width', unit: 'px', min: 16, max: 16_384, optional: true },
      height: { kind: 'integer', title: 'Height', unit: 'px', min: 16, max: 16_384, optional: true },
    },
    retriesItself: true,
    isapi: takeSnapshot,
    commandPort: nativeSnapshot,
    returns: 'The picture, a JPEG: contentType and data.',
    paths: [
      '/ISAPI/Streaming/channels/{streamId}/picture',
      '/ISAPI/ContentMgmt/StreamingProxy/channels/{streamId}/picture',
      '/ISAPI/Streaming/channels/{channel}/picture',
    ],
    source: ['ISAPI /ISAPI/Streaming/channels/<ID>/picture', 'isapi.md §3.4', 'HCNetSDK.h NET_DVR_JPEGPARA'],
  }),

  move: command({
    title: 'Move',
    summary: 'Pans, tilts or zooms at a speed and stops by itself. All three speeds 0 stop the camera at once.',
    effect: 'act',
    params: {
      channel: channelParam,
      pan: { ...speed, title: 'Pan', description: 'Positive is to the right.' },
      tilt: { ...speed, title: 'Tilt', description: 'Positive is up.' },
      zoom: { ...speed, title: 'Zoom', description: 'Positive is closer.' },
      forMs: {
        kind: 'integer',
        title: 'For',
        description: 'How long to move; 0 sends the speeds and leaves the stopping to you.',
        unit: 'ms',
        min: 0,
        max: MOVE_MAX_MS,
        default: 500,
      },
    },
    isapi: move,
    commandPort: nativeMove,
    returns: 'What was sent, and whether the camera was told to stop.',
    paths: [
      '/ISAPI/PTZCtrl/channels/{channel}/continuous',
      '/ISAPI/ContentMgmt/PTZCtrlProxy/channels/{channel}/continuous',
    ],
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/continuous', 'isapi.md §4.1, §4.3', 'HCNetSDK.h PAN_LEFT'],
  }),

  gotoPreset: command({
    title: 'Go to preset',
    summary: 'Moves the camera to a stored position. The answer comes before the camera is there.',
    effect: 'act',
    params: { channel: channelParam, preset: { kind: 'integer', title: 'Preset', min: 1, max: 300 } },
    *isapi({ channel, preset }, context): Steps<PresetCall> {
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/presets/${preset}/goto` }));
      return { channel, preset };
    },
    *commandPort({ channel, preset }, context): PortSteps<PresetCall> {
      yield* drivePort(deviceChannelOf(channel, context.device), PTZ_CODES.gotoPreset, preset);
      return { channel, preset };
    },
    returns: 'The channel and the preset.',
    paths: [
      '/ISAPI/PTZCtrl/channels/{channel}/presets/{preset}/goto',
      '/ISAPI/ContentMgmt/PTZCtrlProxy/channels/{channel}/presets/{preset}/goto',
    ],
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets/<ID>/goto', 'isapi.md §4.4', 'HCNetSDK.h GOTO_PRESET'],
  }),

  listPresets: command({
    title: 'List presets',
    summary: 'Lists the stored positions of a channel, with the numbers that call a function instead.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<readonly Preset[]> {
      const document = yield* ptz(channel, context, (base) => getDocument(`${base}/presets`));
      const presets: Preset[] = [];
      for (const item of all(document, 'PTZPreset')) {
        const preset = numberAt(item, 'id');
        if (preset === null || !Number.isInteger(preset)) continue;
        presets.push({
          preset,
          name: textAt(item, 'presetName'),
          enabled: booleanAt(item, 'enabled'),
          reserved: isReserved(preset),
        });
      }
      return presets.sort((a, b) => a.preset - b.preset);
    },
    returns: 'The presets by number: preset, name, enabled, reserved.',
    paths: ['/ISAPI/PTZCtrl/channels/{channel}/presets', '/ISAPI/ContentMgmt/PTZCtrlProxy/channels/{channel}/presets'],
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets', 'isapi.md §4.4'],
  }),
} as const;
