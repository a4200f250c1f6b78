/** The lens: zoom, focus and iris. */
import { element, formatXml } from '../../codec/xml';
import { ask, command, putDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { INPUTS_PATH, PROXIES_PATH } from '../inputs';
import { deviceChannelOf, type PortContext, type PortSteps } from '../port';
import { firstThatWorks } from '../ways';
import { move, nativeMove } from './movement';
import { forMsParam, halt, hold, holdPort, portSpeed, ptz, ptzPaths, speedParam, type PortMove } from './ptz';

export interface LensMovement {
  readonly channel: number;
  /** As it was sent, -100 to 100. */
  readonly speed: number;
  /** True when the lens was told to stand still at the end. */
  readonly stopped: boolean;
}

export interface LensCall {
  readonly channel: number;
}

interface LensArguments {
  readonly channel: number;
  readonly speed: number;
  readonly forMs: number;
}

/** Focus and iris: their documents, and their codes for the command port by direction. */
const DRIVES = {
  focus: { root: 'FocusData', backward: 'focusNear', forward: 'focusFar' },
  iris: { root: 'IrisData', backward: 'irisClose', forward: 'irisOpen' },
} as const;

type DriveName = keyof typeof DRIVES;

/** Cameras and analog inputs, then IP channels of a recorder (isapi.md §4.1, §4.4). */
function lensPaths(name: DriveName, channel: number | string): Readonly<Record<'camera' | 'recorder', string>> {
  return { camera: `${INPUTS_PATH}/${channel}/${name}`, recorder: `${PROXIES_PATH}/${channel}/video/${name}` };
}

function* drive(
  name: DriveName,
  { channel, speed, forMs }: LensArguments,
  context: CommandContext,
): Steps<LensMovement> {
  const paths = lensPaths(name, channel);
  const key = `camera.${name}/${channel}`;
  const send = (wanted: number) => () => {
    const body = formatXml(element(DRIVES[name].root, [element(name, wanted)]));
    const places = Object.keys(paths) as (keyof typeof paths)[];
    return firstThatWorks(places, context.memory, `${key}/place`, (place) => putDocument(paths[place], body));
  };
  const way = { key, start: send(speed), stop: send(0) };
  if (speed === 0) {
    yield* halt(way, context.memory);
    return { channel, speed, stopped: true };
  }
  return { channel, speed, stopped: yield* hold(way, forMs, context.memory) };
}

function* nativeDrive(
  name: DriveName,
  { channel, speed, forMs }: LensArguments,
  context: PortContext,
): PortSteps<LensMovement> {
  const { forward, backward } = DRIVES[name];
  const any: readonly PortMove[] = [{ move: forward, speed: 1 }];
  const moves = speed === 0 ? [] : [{ move: speed > 0 ? forward : backward, speed: portSpeed(speed) }];
  const number = deviceChannelOf(channel, context.device);
  const stopped = yield* holdPort({ number, key: `camera.${name}/${channel}`, moves, any }, forMs, context.memory);
  return { channel, speed, stopped };
}

const lensParams = (description: string) =>
  ({
    channel: channelParam,
    speed: { ...speedParam, title: 'Speed', description },
    forMs: forMsParam,
  }) as const;

const RETURNS = 'What was sent, and whether the lens was told to stop.';

export const lens = {
  zoom: command({
    title: 'Zoom',
    summary: 'Zooms at a speed and stops by itself. Speed 0 stops pan, tilt and zoom at once.',
    effect: 'act',
    example: { speed: 40, forMs: 200 },
    needs: 'ptz',
    params: lensParams('Positive is closer.'),
    *isapi({ channel, speed, forMs }, context): Steps<LensMovement> {
      const { stopped } = yield* move({ channel, pan: 0, tilt: 0, zoom: speed, forMs }, context);
      return { channel, speed, stopped };
    },
    *commandPort({ channel, speed, forMs }, context): PortSteps<LensMovement> {
      const { stopped } = yield* nativeMove({ channel, pan: 0, tilt: 0, zoom: speed, forMs }, context);
      return { channel, speed, stopped };
    },
    returns: RETURNS,
    paths: ptzPaths('continuous'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/continuous', 'isapi.md §4.3', 'HCNetSDK.h ZOOM_IN'],
  }),

  focus: command({
    title: 'Focus',
    summary: 'Moves the focus by hand at a speed and stops by itself. Speed 0 stops it at once.',
    effect: 'act',
    example: { speed: 40, forMs: 200 },
    needs: 'ptz',
    params: lensParams('Positive is far, negative is near; a few cameras have it the other way round.'),
    isapi: (args, context) => drive('focus', args, context),
    commandPort: (args, context) => nativeDrive('focus', args, context),
    returns: RETURNS,
    paths: Object.values(lensPaths('focus', '{channel}')),
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/focus', 'isapi.md §4.4', 'HCNetSDK.h FOCUS_NEAR'],
  }),

  iris: command({
    title: 'Iris',
    summary: 'Opens or closes the iris at a speed and stops by itself. Speed 0 stops it at once.',
    effect: 'act',
    example: { speed: -40, forMs: 200 },
    needs: 'ptz',
    params: lensParams('Positive opens, negative closes.'),
    isapi: (args, context) => drive('iris', args, context),
    commandPort: (args, context) => nativeDrive('iris', args, context),
    returns: RETURNS,
    paths: Object.values(lensPaths('iris', '{channel}')),
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/iris', 'isapi.md §4.4', 'HCNetSDK.h IRIS_OPEN'],
  }),

  autofocus: command({
    title: 'Autofocus once',
    summary: 'Focuses once by itself. The answer comes before the picture is sharp.',
    effect: 'act',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<LensCall> {
      // The spelling is the firmware's own.
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/onepushfoucs/start` }));
      return { channel };
    },
    returns: 'The channel.',
    paths: ptzPaths('onepushfoucs/start'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/onepushfoucs/start', 'isapi.md §4.4'],
  }),

  initializeLens: command({
    title: 'Initialize the lens',
    summary:
      'Runs the lens through its whole range, after which it focuses well again. The picture is blurred meanwhile.',
    effect: 'act',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<LensCall> {
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/onepushfoucs/reset` }));
      return { channel };
    },
    returns: 'The channel.',
    paths: ptzPaths('onepushfoucs/reset'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/onepushfoucs/reset', 'isapi.md §4.4'],
  }),
} as const;
