/** Pan, tilt and zoom: movements and presets. */
import { encode } from '../../codec/layout';
import { PTZ_CODES, ptzControl, stopCode, type PtzMove } from '../../codec/structs';
import { all, booleanAt, element, formatXml, numberAt, textAt } from '../../codec/xml';
import { ConnectionLostError, DeviceBusyError, TimeoutError } from '../../errors';
import { BUSY_RETRY_WAITS_MS, MOVE_MAX_MS } from '../../settings';
import { ask, command, getDocument, putDocument, wait, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { askPort, deviceChannelOf, waitPort, type PortContext, type PortSteps } from '../port';
import type { Movement, Preset, PresetCall } from '../results';
import { firstThatWorks, isAbsence, isRefusal } from '../ways';

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

export const ptzCommands = {
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
