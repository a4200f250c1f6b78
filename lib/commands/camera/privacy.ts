/** Areas of the picture that nobody gets to see. */
import { all, booleanAt, element, find, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { readSetting, writeSetting, type SettingDocument, type Written } from '../documents';
import { INPUTS_PATH, PROXIES_PATH } from '../inputs';
import { deviceX, deviceY, placeAt, screenOf, type PicturePoint } from './places';

export interface PrivacyArea {
  readonly area: number;
  readonly enabled: boolean | null;
  /** Its corners, in order. */
  readonly points: readonly PicturePoint[];
  /** How it is covered: black, grey, mosaic, ...; the device's word. */
  readonly kind: string | null;
}

export interface PrivacyMask {
  readonly channel: number;
  readonly enabled: boolean | null;
  readonly areas: readonly PrivacyArea[];
}

const ROOT = 'PrivacyMask';
const LIST = 'PrivacyMaskRegionList';
const REGION = 'PrivacyMaskRegion';
const POINTS = 'RegionCoordinatesList';
const POINT = 'RegionCoordinates';
/** A camera has 4 to 24. */
const MAX_AREAS = 24;
const CORNERS = 4;

/** Cameras and analog inputs, then IP channels of a recorder. */
function maskPaths(channel: number | string) {
  return {
    camera: `${INPUTS_PATH}/${channel}/privacyMask`,
    recorder: `${PROXIES_PATH}/${channel}/video/privacyMask`,
  };
}

function readMask(channel: number, context: CommandContext): Steps<SettingDocument> {
  return readSetting(maskPaths(channel), ROOT, context.memory, `camera.privacyMask/${channel}`);
}

function maskFrom(channel: number, document: XmlElement): PrivacyMask {
  const screen = screenOf(document);
  return {
    channel,
    enabled: booleanAt(document, 'enabled'),
    areas: all(find(document, LIST), REGION).flatMap((region, index) => {
      const points = all(find(region, POINTS), POINT).flatMap((point) => placeAt(point, screen) ?? []);
      // A slot in which nothing is drawn.
      if (points.length === 0) return [];
      const area = numberAt(region, 'id') ?? index + 1;
      return [{ area, enabled: booleanAt(region, 'enabled'), points, kind: textAt(region, 'maskType') }];
    }),
  };
}

/** Corners of the areas that a caller asked for. @throws ArgumentError */
function cornersFrom(areas: unknown): PicturePoint[][] {
  const expected =
    `a list of at most ${MAX_AREAS} areas, each {left, top, right, bottom} or four points {xPercent, yPercent}, ` +
    'in percent from the left and upper edge of the picture';
  const wrong = new ArgumentError([{ parameter: 'areas', given: areas, expected }]);
  if (!Array.isArray(areas) || areas.length > MAX_AREAS) throw wrong;
  return areas.map((area: unknown) => {
    const points = cornersOf(area);
    if (points === undefined) throw wrong;
    return points;
  });
}

function cornersOf(area: unknown): PicturePoint[] | undefined {
  if (typeof area !== 'object' || area === null) return undefined;
  const { left, top, right, bottom, points } = area as Readonly<Record<string, unknown>>;
  if (Array.isArray(points)) {
    const corners = points.map(pointFrom).filter((point) => point !== undefined);
    return corners.length === CORNERS && points.length === CORNERS ? corners : undefined;
  }
  if (!isPercent(left) || !isPercent(top) || !isPercent(right) || !isPercent(bottom)) return undefined;
  if (right <= left || bottom <= top) return undefined;
  const corner = (xPercent: number, yPercent: number) => ({ xPercent, yPercent });
  return [corner(left, bottom), corner(right, bottom), corner(right, top), corner(left, top)];
}

function pointFrom(point: unknown): PicturePoint | undefined {
  if (typeof point !== 'object' || point === null) return undefined;
  const { xPercent, yPercent } = point as Readonly<Record<string, unknown>>;
  return isPercent(xPercent) && isPercent(yPercent) ? { xPercent, yPercent } : undefined;
}

function isPercent(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function* setPrivacyMask(
  { channel, enabled, areas }: { channel: number; enabled: boolean | undefined; areas: unknown },
  context: CommandContext,
): Steps<PrivacyMask & Written> {
  const wanted = areas === undefined ? undefined : cornersFrom(areas);
  if (enabled === undefined && wanted === undefined) {
    throw new ArgumentError([{ parameter: 'enabled', given: undefined, expected: 'enabled, areas or both' }]);
  }
  const setting = yield* readMask(channel, context);
  const { document } = setting;
  if (enabled !== undefined) setText(document, 'enabled', enabled);
  if (wanted !== undefined) drawAreas(document, wanted);
  const after = yield* writeSetting(setting);
  return { ...maskFrom(channel, after.document), rebootRequired: after.rebootRequired };
}

/** Areas are kept with all that the device says of them as far as there are old ones; those that are too many go. */
function drawAreas(document: XmlElement, areas: readonly (readonly PicturePoint[])[]): void {
  let list = find(document, LIST);
  if (list === undefined) {
    list = element(LIST, []);
    document.children.push(list);
  }
  const screen = screenOf(document);
  const old = all(list, REGION);
  const others = list.children.filter((child) => !old.includes(child));
  const regions = areas.map((points, index) => {
    const region = old[index] ?? element(REGION, [element('id', index + 1)]);
    setText(region, 'enabled', true);
    const corners = points.map(({ xPercent, yPercent }) =>
      element(POINT, [
        element('positionX', deviceX(xPercent, screen)),
        element('positionY', deviceY(yPercent, screen)),
      ]),
    );
    const drawn = find(region, POINTS);
    if (drawn === undefined) region.children.push(element(POINTS, corners));
    else drawn.children.splice(0, drawn.children.length, ...corners);
    return region;
  });
  list.children.splice(0, list.children.length, ...others, ...regions);
}

const COMMON = {
  needs: 'video',
  paths: Object.values(maskPaths('{channel}')),
  source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/privacyMask', 'isapi.md §0.3, §3.7'],
} as const;

export const privacy = {
  getPrivacyMask: command({
    ...COMMON,
    title: 'Read the privacy mask',
    summary: 'Whether parts of the picture are covered, and which.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<PrivacyMask> {
      return maskFrom(channel, (yield* readMask(channel, context)).document);
    },
    returns: 'enabled, and areas with their corners in percent of the picture.',
  }),

  setPrivacyMask: command({
    ...COMMON,
    title: 'Set the privacy mask',
    summary: 'Covers parts of the picture, or shows them again. Without areas, those that are drawn stay.',
    effect: 'write',
    example: { enabled: true },
    params: {
      channel: channelParam,
      enabled: { kind: 'boolean', title: 'On', optional: true },
      areas: {
        kind: 'json',
        title: 'Areas',
        description:
          'All areas there shall be, each as left, top, right and bottom in percent from the left and upper edge.',
        optional: true,
      },
    },
    isapi: setPrivacyMask,
    returns: 'What the device says afterwards: enabled, areas, rebootRequired.',
  }),
} as const;
