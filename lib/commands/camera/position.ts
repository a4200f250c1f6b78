/** Where a camera looks, its home, and what it does when nobody moves it. */
import { booleanAt, element, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, type Violation } from '../../errors';
import { ask, command, putDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { getNamed, writeSetting, type SettingDocument, type Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf } from '../limits';
import { firstThatWorks, optionalDocument } from '../ways';
import { ptz, ptzPaths, supersede } from './ptz';
import { knownCapabilities, TENTHS, type PtzRange } from './ptz-capabilities';

export interface Position {
  readonly channel: number;
  /** 0 to 360, clockwise from the zero of the camera. */
  readonly azimuthDegrees: number | null;
  /** 0 is level; most domes count downwards. */
  readonly elevationDegrees: number | null;
  /** 1 is the widest view. */
  readonly zoomFactor: number | null;
}

export interface HomePosition {
  readonly channel: number;
}

export interface ParkAction {
  readonly channel: number;
  readonly enabled: boolean | null;
  /** How long the camera waits after the last movement. */
  readonly afterSeconds: number | null;
  /** What it does then, in the device's word: preset, patrol, pattern, autoscan, ... */
  readonly action: string | null;
  /** Of the preset, patrol or pattern. */
  readonly number: number | null;
}

/* Position */

function* readPosition(channel: number, context: CommandContext): Steps<Position> {
  return yield* ptz(channel, context, function* (base) {
    const high = find(yield* optionalDocument(`${base}/status`), 'AbsoluteHigh');
    if (high !== undefined) return positionFrom(channel, high, TENTHS);
    return positionFrom(channel, yield* getNamed(`${base}/absoluteEx`, 'PTZAbsoluteEx'), 1);
  });
}

function positionFrom(channel: number, document: XmlElement, divisor: number): Position {
  const value = (name: string) => {
    const number = numberAt(document, name);
    return number === null ? null : number / divisor;
  };
  return {
    channel,
    azimuthDegrees: value('azimuth'),
    elevationDegrees: value('elevation'),
    zoomFactor: value('absoluteZoom'),
  };
}

interface Aim {
  readonly azimuth: number;
  readonly elevation: number;
  readonly zoom: number;
}

type Wish = { readonly [Axis in keyof Aim]: number | undefined };

function* moveAbsolute(args: Wish & { channel: number }, context: CommandContext): Steps<Position> {
  const { channel, azimuth, elevation, zoom } = args;
  if (azimuth === undefined && elevation === undefined && zoom === undefined) {
    throw new ArgumentError([{ parameter: 'azimuth', given: undefined, expected: 'azimuth, elevation or zoom' }]);
  }
  const ranges = yield* knownCapabilities(channel, context);
  refuse([
    outside('azimuth', azimuth, ranges?.azimuthDegrees),
    outside('elevation', elevation, ranges?.elevationDegrees),
    outside('zoom', zoom, ranges?.zoomFactor),
  ]);
  const aim = yield* wholeAim(channel, args, context);
  const sent = yield* ptz(channel, context, (base) => sendAim(base, aim, context.memory, channel));
  supersede(channel, context.memory);
  return { channel, azimuthDegrees: sent.azimuth, elevationDegrees: sent.elevation, zoomFactor: sent.zoom };
}

function outside(
  parameter: string,
  given: number | undefined,
  range: PtzRange | null | undefined,
): Violation | undefined {
  return given === undefined || range === null || range === undefined
    ? undefined
    : violationOf(parameter, given, { options: null, ...range });
}

/** All three go out together: what was not asked for stays as it is. */
function* wholeAim(channel: number, { azimuth, elevation, zoom }: Wish, context: CommandContext): Steps<Aim> {
  if (azimuth !== undefined && elevation !== undefined && zoom !== undefined) return { azimuth, elevation, zoom };
  const now = yield* readPosition(channel, context);
  const aim = {
    azimuth: azimuth ?? now.azimuthDegrees,
    elevation: elevation ?? now.elevationDegrees,
    zoom: zoom ?? now.zoomFactor,
  };
  const unknown = Object.entries(aim).flatMap(([parameter, value]) =>
    value === null
      ? [{ parameter, given: undefined, expected: 'a value, because the camera does not say where it looks now' }]
      : [],
  );
  refuse(unknown);
  return aim as Aim;
}

/**
 * Only `absoluteEx` takes more than tenths; what has none is for the form that every dome knows.
 *
 * @returns the aim as it was sent.
 */
function* sendAim(base: string, aim: Aim, memory: Map<string, unknown>, channel: number): Steps<Aim> {
  const isFine = Object.values(aim).some((value: number) => rounded(value, TENTHS) !== rounded(value, THOUSANDTHS));
  const ways = isFine ? (['fine', 'tenths'] as const) : (['tenths', 'fine'] as const);
  const key = `camera.moveAbsolute/${channel}/${isFine ? 'fine' : 'tenths'}`;
  return yield* firstThatWorks(ways, memory, key, function* (way): Steps<Aim> {
    const parts = way === 'fine' ? THOUSANDTHS : TENTHS;
    const sent = {
      azimuth: rounded(aim.azimuth, parts),
      elevation: rounded(aim.elevation, parts),
      zoom: rounded(aim.zoom, parts),
    };
    if (way === 'fine') {
      const body = aimElement('PTZAbsoluteEx', sent, (value) => value.toFixed(3));
      yield* putDocument(`${base}/absoluteEx`, formatXml(body));
    } else {
      const body = aimElement('AbsoluteHigh', sent, (value) => String(Math.round(value * TENTHS)));
      yield* putDocument(`${base}/absolute`, formatXml(element('PTZData', [body])));
    }
    return sent;
  });
}

const THOUSANDTHS = 1_000;

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

function aimElement(name: string, { azimuth, elevation, zoom }: Aim, text: (value: number) => string): XmlElement {
  return element(name, [
    element('elevation', text(elevation)),
    element('azimuth', text(azimuth)),
    element('absoluteZoom', text(zoom)),
  ]);
}

/* Park action */

function* readPark(channel: number, context: CommandContext): Steps<SettingDocument> {
  return yield* ptz(channel, context, function* (base) {
    const path = `${base}/parkaction`;
    return { path, document: yield* getNamed(path, 'ParkAction') };
  });
}

function parkFrom(channel: number, document: XmlElement): ParkAction {
  return {
    channel,
    enabled: booleanAt(document, 'enabled'),
    afterSeconds: numberAt(document, 'Parktime'),
    action: textAt(document, 'Action/ActionType'),
    number: numberAt(document, 'Action/ActionNum'),
  };
}

function* setParkAction(
  args: {
    channel: number;
    enabled: boolean;
    afterSeconds: number | undefined;
    action: string | undefined;
    number: number | undefined;
  },
  context: CommandContext,
): Steps<ParkAction & Written> {
  const { channel, enabled, afterSeconds, action, number } = args;
  const setting = yield* readPark(channel, context);
  const allowed = yield* optionalDocument(`${setting.path}/capabilities`);
  const actions = limitsAt(allowed, 'Action/ActionType');
  refuse([
    afterSeconds === undefined ? undefined : violationOf('afterSeconds', afterSeconds, limitsAt(allowed, 'Parktime')),
    action === undefined ? undefined : violationOf('action', action, actions),
  ]);
  const { document } = setting;
  setText(document, 'enabled', enabled);
  if (afterSeconds !== undefined) setText(document, 'Parktime', afterSeconds);
  if (action !== undefined) setText(document, 'Action/ActionType', spelledBy(actions, action));
  if (number !== undefined) setText(document, 'Action/ActionNum', number);
  const after = yield* writeSetting(setting);
  return { ...parkFrom(channel, after.document), rebootRequired: after.rebootRequired };
}

const PARK = {
  needs: 'ptz',
  paths: ptzPaths('parkaction', 'parkaction/capabilities'),
  source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/parkaction', 'isapi.md §4.4'],
} as const;

export const position = {
  position: command({
    title: 'Read the position',
    summary: 'Where the camera looks now. While it moves, what it says lags behind.',
    effect: 'read',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<Position> {
      return yield* readPosition(channel, context);
    },
    returns: 'azimuthDegrees, elevationDegrees and zoomFactor.',
    paths: ptzPaths('status', 'absoluteEx'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/status', 'isapi.md §4.3, §4.4'],
  }),

  moveAbsolute: command({
    title: 'Move to a position',
    summary: 'Turns the camera to an azimuth and elevation in degrees and a zoom factor. What is left out stays.',
    effect: 'act',
    example: { azimuth: 90, elevation: 10, zoom: 2 },
    needs: 'ptz',
    params: {
      channel: channelParam,
      azimuth: { kind: 'number', title: 'Azimuth', unit: '°', min: 0, max: 360, optional: true },
      elevation: {
        kind: 'number',
        title: 'Elevation',
        description: 'Level is 0; most domes count downwards.',
        unit: '°',
        min: -90,
        max: 270,
        optional: true,
      },
      zoom: { kind: 'number', title: 'Zoom factor', unit: '×', min: 1, max: 200, optional: true },
    },
    isapi: moveAbsolute,
    returns: 'The position that was sent. The answer comes before the camera is there.',
    paths: ptzPaths('absolute', 'absoluteEx', 'status', 'capabilities'),
    source: [
      'ISAPI /ISAPI/PTZCtrl/channels/<ID>/absolute',
      'ISAPI /ISAPI/PTZCtrl/channels/<ID>/absoluteEx',
      'isapi.md §4.2, §4.3',
    ],
  }),

  gotoHome: command({
    title: 'Go home',
    summary: 'Moves the camera to its home position. The answer comes before the camera is there.',
    effect: 'act',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<HomePosition> {
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/homeposition/goto` }));
      supersede(channel, context.memory);
      return { channel };
    },
    returns: 'The channel.',
    paths: ptzPaths('homeposition/goto'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/homeposition/goto', 'isapi.md §4.4'],
  }),

  storeHome: command({
    title: 'Store the home position',
    summary: 'Makes where the camera looks now its home position.',
    effect: 'write',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<HomePosition> {
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/homeposition` }));
      return { channel };
    },
    returns: 'The channel.',
    paths: ptzPaths('homeposition'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/homeposition', 'isapi.md §4.4'],
  }),

  getParkAction: command({
    ...PARK,
    title: 'Read the park action',
    summary: 'What the camera does when nobody has moved it for a while.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<ParkAction> {
      return parkFrom(channel, (yield* readPark(channel, context)).document);
    },
    returns: 'enabled, afterSeconds, action and number.',
  }),

  setParkAction: command({
    ...PARK,
    title: 'Set the park action',
    summary: 'Sets what the camera does when nobody has moved it for a while. What is left out stays as it is.',
    effect: 'write',
    example: { enabled: true, afterSeconds: 60 },
    params: {
      channel: channelParam,
      enabled: { kind: 'boolean', title: 'On' },
      afterSeconds: { kind: 'integer', title: 'After', unit: 's', min: 1, max: 3_600, optional: true },
      action: {
        kind: 'text',
        title: 'Action',
        description: 'In the word of the camera: preset, patrol, pattern, autoscan.',
        maxLength: 32,
        optional: true,
      },
      number: {
        kind: 'integer',
        title: 'Number',
        description: 'Of the preset, patrol or pattern.',
        min: 0,
        max: 512,
        optional: true,
      },
    },
    isapi: setParkAction,
    returns: 'What the device says afterwards: enabled, afterSeconds, action, number, rebootRequired.',
  }),
} as const;
