/** What the camera writes into its picture: own texts, date and time, the name of the channel. */
import { all, booleanAt, element, find, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { readSetting, writeSetting, type SettingDocument, type Written } from '../documents';
import { INPUTS_PATH, PROXIES_PATH } from '../inputs';
import { limitsAt, refuse, spelledBy, violationOf } from '../limits';
import { optionalDocument } from '../ways';
import { deviceX, deviceY, percentParam, placeAt, screenOf, type PicturePoint } from './places';

/** Place of its lower left corner; null where the device does not say it. */
interface Placed {
  readonly xPercent: number | null;
  readonly yPercent: number | null;
}

export interface TextOverlay extends Placed {
  /** 1 is the first one. */
  readonly line: number;
  readonly enabled: boolean | null;
  readonly text: string | null;
}

export interface DateTimeOverlay extends Placed {
  readonly enabled: boolean | null;
  /** `YYYY-MM-DD`, ...; the device's word. */
  readonly dateStyle: string | null;
  /** 12hour or 24hour. */
  readonly timeStyle: string | null;
  readonly showWeekday: boolean | null;
}

export interface NameOverlay extends Placed {
  readonly enabled: boolean | null;
}

export interface Overlays {
  readonly channel: number;
  readonly texts: readonly TextOverlay[];
  /** Null where the camera has none. */
  readonly dateTime: DateTimeOverlay | null;
  readonly name: NameOverlay | null;
}

const ROOT = 'VideoOverlay';
const TEXTS = 'TextOverlayList';
const TEXT = 'TextOverlay';
const DATE_TIME = 'DateTimeOverlay';
const NAME = 'channelNameOverlay';

/** Bytes of a text in UTF-8 (isapi.md §3.7). */
const MAX_TEXT_BYTES = 44;
/** Lines that a camera has at most. */
const MAX_LINES = 8;

const NOWHERE: Placed = { xPercent: null, yPercent: null };

/** Cameras and analog inputs, then IP channels of a recorder. */
function overlayPaths(channel: number | string) {
  return {
    camera: `${INPUTS_PATH}/${channel}/overlays`,
    recorder: `${PROXIES_PATH}/${channel}/video/overlays`,
  };
}

function readOverlays(channel: number, context: CommandContext): Steps<SettingDocument> {
  return readSetting(overlayPaths(channel), ROOT, context.memory, `camera.overlays/${channel}`);
}

function overlaysFrom(channel: number, document: XmlElement): Overlays {
  const screen = screenOf(document);
  const place = (from: XmlElement): Placed => placeAt(from, screen) ?? NOWHERE;
  const dateTime = find(document, DATE_TIME);
  const name = find(document, NAME);
  return {
    channel,
    texts: all(find(document, TEXTS), TEXT).flatMap((item) => {
      const line = numberAt(item, 'id');
      if (line === null) return [];
      return [{ line, enabled: booleanAt(item, 'enabled'), text: textAt(item, 'displayText'), ...place(item) }];
    }),
    dateTime:
      dateTime === undefined
        ? null
        : {
            enabled: booleanAt(dateTime, 'enabled'),
            dateStyle: textAt(dateTime, 'dateStyle'),
            timeStyle: textAt(dateTime, 'timeStyle'),
            showWeekday: booleanAt(dateTime, 'displayWeek'),
            ...place(dateTime),
          },
    name: name === undefined ? null : { enabled: booleanAt(name, 'enabled'), ...place(name) },
  };
}

/** Reads everything, lets `edit` change it, writes it back and reads again. */
function* change(
  channel: number,
  context: CommandContext,
  edit: (setting: SettingDocument) => void | Steps<void>,
): Steps<Overlays & Written> {
  const setting = yield* readOverlays(channel, context);
  const steps = edit(setting);
  if (steps !== undefined) yield* steps;
  const after = yield* writeSetting(setting);
  return { ...overlaysFrom(channel, after.document), rebootRequired: after.rebootRequired };
}

function movePlace(item: XmlElement, document: XmlElement, to: Partial<PicturePoint>): void {
  const screen = screenOf(document);
  if (to.xPercent !== undefined) setText(item, 'positionX', deviceX(to.xPercent, screen));
  if (to.yPercent !== undefined) setText(item, 'positionY', deviceY(to.yPercent, screen));
}

/** The part of this name. @throws UnsupportedError where the camera has none. */
function partOf({ path, document }: SettingDocument, name: string): XmlElement {
  const part = find(document, name);
  if (part === undefined) throw new UnsupportedError(`${path}: the camera has no ${name}`);
  return part;
}

interface PlaceArguments {
  readonly xPercent: number | undefined;
  readonly yPercent: number | undefined;
}

/** Only what was given. */
function given({ xPercent, yPercent }: PlaceArguments): Partial<PicturePoint> {
  return { ...(xPercent === undefined ? {} : { xPercent }), ...(yPercent === undefined ? {} : { yPercent }) };
}

function setOverlayText(
  args: PlaceArguments & {
    channel: number;
    line: number;
    text: string | undefined;
    enabled: boolean | undefined;
  },
  context: CommandContext,
): Steps<Overlays & Written> {
  const { channel, line, text, enabled } = args;
  if (text !== undefined && Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    const expected = `at most ${MAX_TEXT_BYTES} bytes in UTF-8`;
    throw new ArgumentError([{ parameter: 'text', given: text, expected }]);
  }
  return change(channel, context, (setting) => {
    const { document } = setting;
    const list = partOf(setting, TEXTS);
    let item = all(list, TEXT).find((each) => numberAt(each, 'id') === line);
    if (item === undefined) {
      item = newLine(line);
      list.children.push(item);
    }
    if (text !== undefined) setText(item, 'displayText', text);
    // A text is set to be seen, and an empty one to be gone.
    if (enabled !== undefined) setText(item, 'enabled', enabled);
    else if (text !== undefined) setText(item, 'enabled', text !== '');
    movePlace(item, document, given(args));
  });
}

function newLine(line: number): XmlElement {
  return element(TEXT, [
    element('id', line),
    element('enabled', false),
    element('positionX', 0),
    element('positionY', 0),
    element('displayText'),
  ]);
}

function setDateTimeOverlay(
  args: PlaceArguments & {
    channel: number;
    enabled: boolean | undefined;
    dateStyle: string | undefined;
    timeStyle: string | undefined;
    showWeekday: boolean | undefined;
  },
  context: CommandContext,
): Steps<Overlays & Written> {
  const { channel, enabled, dateStyle, timeStyle, showWeekday } = args;
  return change(channel, context, function* (setting) {
    const part = partOf(setting, DATE_TIME);
    const allowed = yield* optionalDocument(`${setting.path}/capabilities`);
    const dates = limitsAt(allowed, `${DATE_TIME}/dateStyle`);
    const times = limitsAt(allowed, `${DATE_TIME}/timeStyle`);
    refuse([
      dateStyle === undefined ? undefined : violationOf('dateStyle', dateStyle, dates),
      timeStyle === undefined ? undefined : violationOf('timeStyle', timeStyle, times),
    ]);
    if (enabled !== undefined) setText(part, 'enabled', enabled);
    if (dateStyle !== undefined) setText(part, 'dateStyle', spelledBy(dates, dateStyle));
    if (timeStyle !== undefined) setText(part, 'timeStyle', spelledBy(times, timeStyle));
    if (showWeekday !== undefined) setText(part, 'displayWeek', showWeekday);
    movePlace(part, setting.document, given(args));
  });
}

function setNameOverlay(
  args: PlaceArguments & { channel: number; enabled: boolean | undefined },
  context: CommandContext,
): Steps<Overlays & Written> {
  return change(args.channel, context, (setting) => {
    const part = partOf(setting, NAME);
    if (args.enabled !== undefined) setText(part, 'enabled', args.enabled);
    movePlace(part, setting.document, given(args));
  });
}

const COMMON = {
  needs: 'video',
  paths: Object.values(overlayPaths('{channel}')),
  source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/overlays', 'isapi.md §3.7'],
} as const;

const AFTERWARDS = 'All overlays as the device says them afterwards, and whether it needs a restart.';

const placeParams = {
  xPercent: { ...percentParam, title: 'From the left', optional: true },
  yPercent: { ...percentParam, title: 'From the top', optional: true },
} as const;

export const overlays = {
  getOverlays: command({
    ...COMMON,
    title: 'Read the overlays',
    summary: 'The texts in the picture (OSD), date and time, and the name of the channel, with their places.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<Overlays> {
      return overlaysFrom(channel, (yield* readOverlays(channel, context)).document);
    },
    returns: 'texts by line, dateTime and name, each with its place in percent of the picture.',
  }),

  setOverlayText: command({
    ...COMMON,
    title: 'Write a text into the picture',
    summary: 'Sets one line of text in the picture (OSD). An empty text takes the line away.',
    effect: 'write',
    example: { text: 'Gate' },
    params: {
      channel: channelParam,
      line: { kind: 'integer', title: 'Line', min: 1, max: MAX_LINES, default: 1 },
      text: { kind: 'text', title: 'Text', maxLength: MAX_TEXT_BYTES, optional: true },
      enabled: {
        kind: 'boolean',
        title: 'Shown',
        description: 'Left out: shown when a text is given.',
        optional: true,
      },
      ...placeParams,
    },
    isapi: setOverlayText,
    returns: AFTERWARDS,
  }),

  setDateTimeOverlay: command({
    ...COMMON,
    title: 'Set date and time in the picture',
    summary: 'Shows or hides the clock in the picture, and sets its form and place. What is left out stays as it is.',
    effect: 'write',
    example: { enabled: false },
    params: {
      channel: channelParam,
      enabled: { kind: 'boolean', title: 'Shown', optional: true },
      dateStyle: {
        kind: 'text',
        title: 'Form of the date',
        description: 'In the word of the camera: YYYY-MM-DD, DD-MM-YYYY.',
        maxLength: 32,
        optional: true,
      },
      timeStyle: { kind: 'choice', title: 'Form of the time', choices: ['12hour', '24hour'], optional: true },
      showWeekday: { kind: 'boolean', title: 'Day of the week', optional: true },
      ...placeParams,
    },
    isapi: setDateTimeOverlay,
    returns: AFTERWARDS,
  }),

  setNameOverlay: command({
    ...COMMON,
    title: 'Show the channel name in the picture',
    summary: 'Shows or hides the name of the channel in the picture, and sets its place.',
    effect: 'write',
    example: { enabled: false },
    params: { channel: channelParam, enabled: { kind: 'boolean', title: 'Shown', optional: true }, ...placeParams },
    isapi: setNameOverlay,
    returns: AFTERWARDS,
  }),
} as const;
