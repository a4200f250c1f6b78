/** Movements: at a speed, for a moment, by so much, and to what is seen at a place of the picture. */
import { element, formatXml, type XmlElement } from '../../codec/xml';
import { ArgumentError, RefusedError, type HikvisionError } from '../../errors';
import { MOVE_MAX_MS } from '../../settings';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { deviceChannelOf, type PortContext, type PortSteps } from '../port';
import type { Movement } from '../results';
import { firstThatWorks } from '../ways';
import { percentParam } from './places';
import { forMsParam, halt, hold, holdPort, moveKey, portSpeed, ptz, ptzPaths, speedParam, supersede } from './ptz';
import type { PortMove } from './ptz';

export interface RelativeMovement {
  readonly channel: number;
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** A rectangle of the picture, in percent from its left and upper edge. */
export interface PictureArea {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Speeds {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

const STANDSTILL: Speeds = { pan: 0, tilt: 0, zoom: 0 };

/** The order pan, tilt, zoom matters to some firmware. */
function ptzData({ pan, tilt, zoom }: Speeds, ...more: readonly XmlElement[]): string {
  return formatXml(element('PTZData', [element('pan', pan), element('tilt', tilt), element('zoom', zoom), ...more]));
}

function driveOf(channel: number, speeds: Speeds, context: CommandContext) {
  const send = (wanted: Speeds) => () =>
    ptz(channel, context, (base) => putDocument(`${base}/continuous`, ptzData(wanted)));
  return { key: moveKey(channel), start: send(speeds), stop: send(STANDSTILL) };
}

export function* move(args: Speeds & { channel: number; forMs: number }, context: CommandContext): Steps<Movement> {
  const { channel, pan, tilt, zoom, forMs } = args;
  const drive = driveOf(channel, args, context);
  if (pan === 0 && tilt === 0 && zoom === 0) {
    yield* halt(drive, context.memory);
    return { channel, pan, tilt, zoom, stopped: true };
  }
  const stopped = yield* hold(drive, forMs, context.memory);
  return { channel, pan, tilt, zoom, stopped };
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

const ANY_MOVES: readonly PortMove[] = [
  { move: 'panLeft', speed: 1 },
  { move: 'zoomIn', speed: 1 },
];

export function* nativeMove(
  args: Speeds & { channel: number; forMs: number },
  context: PortContext,
): PortSteps<Movement> {
  const { channel, pan, tilt, zoom, forMs } = args;
  const drive = {
    number: deviceChannelOf(channel, context.device),
    key: moveKey(channel),
    moves: portMoves(args),
    any: ANY_MOVES,
  };
  const stopped = yield* holdPort(drive, forMs, context.memory);
  return { channel, pan, tilt, zoom, stopped };
}

/* Places in the picture */

/** The same rectangle by three names: which one a firmware takes is not known beforehand (isapi.md §4.3). */
const POSITION_3D_FORMS = {
  lower: (points: XmlElement[]) => element('position3D', points),
  upper: (points: XmlElement[]) => element('Position3D', points),
  wrapped: (points: XmlElement[]) => element('PTZData', [element('Position3D', points)]),
} as const;

/** Both axes are counted to 255, whatever the shape of the picture. */
const PICTURE_SPAN = 255;

function* lookAt(channel: number, area: PictureArea, context: CommandContext): Steps<void> {
  const span = (percent: number) => Math.round((percent / 100) * PICTURE_SPAN);
  // The device counts from the bottom, people from the top.
  const point = (name: string, x: number, y: number) =>
    element(name, [element('positionX', span(x)), element('positionY', PICTURE_SPAN - span(y))]);
  const points = [point('StartPoint', area.left, area.top), point('EndPoint', area.right, area.bottom)];
  const forms = Object.keys(POSITION_3D_FORMS) as (keyof typeof POSITION_3D_FORMS)[];
  const isOtherForm = (error: unknown): error is HikvisionError => error instanceof RefusedError;
  yield* ptz(channel, context, (base) =>
    firstThatWorks(
      forms,
      context.memory,
      `camera.position3D/${channel}`,
      (form) => putDocument(`${base}/position3D`, formatXml(POSITION_3D_FORMS[form](points))),
      isOtherForm,
    ),
  );
  supersede(channel, context.memory);
}

const POSITION_3D = {
  needs: 'ptz',
  effect: 'act',
  paths: ptzPaths('position3D'),
  source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/position3D', 'isapi.md §4.3'],
} as const;

const turning = {
  pan: { ...speedParam, title: 'Pan', description: 'Positive is to the right.' },
  tilt: { ...speedParam, title: 'Tilt', description: 'Positive is up.' },
  zoom: { ...speedParam, title: 'Zoom', description: 'Positive is closer.' },
} as const;

export const movement = {
  move: command({
    title: 'Move',
    summary: 'Pans, tilts or zooms at a speed and stops by itself. All three speeds 0 stop the camera at once.',
    effect: 'act',
    example: { pan: 40, tilt: -20, forMs: 200 },
    needs: 'ptz',
    params: { channel: channelParam, ...turning, forMs: forMsParam },
    isapi: move,
    commandPort: nativeMove,
    returns: 'What was sent, and whether the camera was told to stop.',
    paths: ptzPaths('continuous'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/continuous', 'isapi.md §4.1, §4.3', 'HCNetSDK.h PAN_LEFT'],
  }),

  stop: command({
    title: 'Stop moving',
    summary: 'Stops pan, tilt and zoom of a channel at once, whoever set them going.',
    effect: 'act',
    needs: 'ptz',
    params: { channel: channelParam },
    isapi: ({ channel }, context): Steps<Movement> => move({ channel, ...STANDSTILL, forMs: 0 }, context),
    commandPort: ({ channel }, context): PortSteps<Movement> =>
      nativeMove({ channel, ...STANDSTILL, forMs: 0 }, context),
    returns: 'The channel, its speeds 0, stopped true.',
    paths: ptzPaths('continuous'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/continuous', 'isapi.md §4.3', 'HCNetSDK.h PAN_LEFT'],
  }),

  moveMomentary: command({
    title: 'Move for a moment',
    summary:
      'Pans, tilts or zooms for a while; the camera itself stops, even when the connection is lost. Not every camera has it.',
    effect: 'act',
    example: { pan: 40, forMs: 200 },
    needs: 'ptz',
    params: {
      channel: channelParam,
      ...turning,
      forMs: { kind: 'integer', title: 'For', unit: 'ms', min: 1, max: MOVE_MAX_MS, default: 500 },
    },
    *isapi({ channel, forMs, ...speeds }, context): Steps<Movement> {
      const body = ptzData(speeds, element('Momentary', [element('duration', forMs)]));
      yield* ptz(channel, context, (base) => putDocument(`${base}/momentary`, body));
      supersede(channel, context.memory);
      return { channel, pan: speeds.pan, tilt: speeds.tilt, zoom: speeds.zoom, stopped: false };
    },
    returns: 'What was sent; the camera stops when the time is over.',
    paths: ptzPaths('momentary'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/momentary', 'isapi.md §4.3'],
  }),

  moveRelative: command({
    title: 'Move by a step',
    summary: 'Moves from where the camera looks now, measured in its picture. Not every camera has it.',
    effect: 'act',
    example: { x: 10, y: 10 },
    needs: 'ptz',
    params: {
      channel: channelParam,
      x: { ...speedParam, title: 'To the right', description: 'Part of half the width; negative is to the left.' },
      y: { ...speedParam, title: 'Up', description: 'Part of half the height; negative is down.' },
      zoom: { ...speedParam, title: 'Zoom', description: 'Positive is closer.' },
    },
    *isapi({ channel, x, y, zoom }, context): Steps<RelativeMovement> {
      const span = (percent: number) => Math.round((percent / 100) * PICTURE_SPAN);
      const relative = element('Relative', [
        element('positionX', span(x)),
        element('positionY', span(y)),
        element('relativeZoom', zoom),
      ]);
      yield* ptz(channel, context, (base) =>
        putDocument(`${base}/relative`, formatXml(element('PTZData', [relative]))),
      );
      supersede(channel, context.memory);
      return { channel, x, y, zoom };
    },
    returns: 'What was sent. The answer comes before the camera is there.',
    paths: ptzPaths('relative'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/relative', 'isapi.md §4.3'],
  }),

  centerOn: command({
    ...POSITION_3D,
    title: 'Center on a point',
    example: { x: 25, y: 75 },
    summary: 'Turns the camera so that a point of its picture comes to the middle.',
    params: {
      channel: channelParam,
      x: { ...percentParam, title: 'From the left' },
      y: { ...percentParam, title: 'From the top' },
    },
    *isapi({ channel, x, y }, context): Steps<{ channel: number; x: number; y: number }> {
      yield* lookAt(channel, { left: x, right: x, top: y, bottom: y }, context);
      return { channel, x, y };
    },
    returns: 'The channel and the point. The answer comes before the camera is there.',
  }),

  zoomToArea: command({
    ...POSITION_3D,
    title: 'Zoom to an area',
    example: { left: 25, top: 25, right: 75, bottom: 75 },
    summary: 'Turns and zooms the camera so that a rectangle of its picture fills it.',
    params: {
      channel: channelParam,
      left: { ...percentParam, title: 'Left edge', description: 'From the left of the picture.' },
      top: { ...percentParam, title: 'Upper edge', description: 'From the top of the picture.' },
      right: { ...percentParam, title: 'Right edge', description: 'From the left of the picture.' },
      bottom: { ...percentParam, title: 'Lower edge', description: 'From the top of the picture.' },
    },
    *isapi({ channel, ...area }, context): Steps<PictureArea & { channel: number }> {
      const { left, top, right, bottom } = area;
      // The other way round means something else to the camera.
      if (right <= left || bottom <= top) {
        const [parameter, given, edge] = right <= left ? ['right', right, left] : ['bottom', bottom, top];
        throw new ArgumentError([{ parameter: String(parameter), given, expected: `more than ${edge}` }]);
      }
      yield* lookAt(channel, area, context);
      return { channel, left, top, right, bottom };
    },
    returns: 'The channel and the rectangle. The answer comes before the camera is there.',
  }),
} as const;
