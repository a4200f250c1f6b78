/** The settings of the picture: brightness, exposure, backlight, noise, and so on. */
import { booleanAt, element, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError, type Violation } from '../../errors';
import { needsReboot } from '../answers';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { readSetting, type SettingDocument, type Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf, type Limits } from '../limits';
import { firstThatWorks, optionalDocument } from '../ways';
import { IMAGE_BASES, IMAGE_ROOT } from './image-parts';

/** Null for what the camera does not have, or does not show in its present mode. */
export interface ImageSettings {
  readonly channel: number;
  readonly brightness: number | null;
  readonly contrast: number | null;
  readonly saturation: number | null;
  readonly hue: number | null;
  readonly sharpness: number | null;
  /** auto, manual, ...; the device's word. */
  readonly exposure: string | null;
  /** In seconds as a fraction: `1/25`. */
  readonly shutter: string | null;
  readonly gain: number | null;
  readonly iris: number | null;
  /** Wide dynamic range: open, close or auto. */
  readonly wdr: string | null;
  readonly wdrLevel: number | null;
  /** Backlight compensation. */
  readonly blc: boolean | null;
  readonly blcMode: string | null;
  /** Highlight compensation. */
  readonly hlc: boolean | null;
  readonly hlcLevel: number | null;
  readonly whiteBalance: string | null;
  readonly whiteBalanceRed: number | null;
  readonly whiteBalanceBlue: number | null;
  /** close, general or advanced. */
  readonly noiseReduction: string | null;
  readonly noiseReductionLevel: number | null;
  readonly defog: string | null;
  readonly defogLevel: number | null;
  readonly mirror: boolean | null;
  /** LEFTRIGHT, UPDOWN, CENTER; the device's word. */
  readonly mirrorStyle: string | null;
  readonly stabilization: boolean | null;
  /** 50hz or 60hz. */
  readonly powerLineFrequency: string | null;
}

type FieldName = Exclude<keyof ImageSettings, 'channel'>;

/** Where a setting stands in the document. The first name is that of its part, which has a path of its own. */
const PLACES: Readonly<Record<FieldName, `${string}/${string}`>> = {
  brightness: 'Color/brightnessLevel',
  contrast: 'Color/contrastLevel',
  saturation: 'Color/saturationLevel',
  hue: 'Color/hueLevel',
  sharpness: 'Sharpness/SharpnessLevel',
  exposure: 'Exposure/ExposureType',
  shutter: 'Shutter/ShutterLevel',
  gain: 'Gain/GainLevel',
  iris: 'Iris/IrisLevel',
  wdr: 'WDR/mode',
  wdrLevel: 'WDR/WDRLevel',
  blc: 'BLC/enabled',
  blcMode: 'BLC/BLCMode',
  hlc: 'HLC/enabled',
  hlcLevel: 'HLC/HLCLevel',
  whiteBalance: 'WhiteBalance/WhiteBalanceStyle',
  whiteBalanceRed: 'WhiteBalance/WhiteBalanceRed',
  whiteBalanceBlue: 'WhiteBalance/WhiteBalanceBlue',
  noiseReduction: 'NoiseReduce/mode',
  noiseReductionLevel: 'NoiseReduce/GeneralMode/generalLevel',
  defog: 'Dehaze/DehazeMode',
  defogLevel: 'Dehaze/DehazeLevel',
  mirror: 'ImageFlip/enabled',
  mirrorStyle: 'ImageFlip/ImageFlipStyle',
  stabilization: 'EIS/enabled',
  powerLineFrequency: 'powerLineFrequency/powerLineFrequencyMode',
};

/** Names of paths where they are not the name of the part with a small first letter. */
const LEAVES: Readonly<Record<string, string>> = {
  WDR: 'WDR',
  BLC: 'BLC',
  HLC: 'HLC',
  EIS: 'EIS',
  ImageFlip: 'ImageFlip',
};

function partOf(field: FieldName): string {
  return PLACES[field].split('/')[0] as string;
}

function leafOf(part: string): string {
  return LEAVES[part] ?? part.charAt(0).toLowerCase() + part.slice(1);
}

function settingsFrom(channel: number, document: XmlElement): ImageSettings {
  const text = (field: FieldName) => textAt(document, PLACES[field]);
  const number = (field: FieldName) => numberAt(document, PLACES[field]);
  const truth = (field: FieldName) => booleanAt(document, PLACES[field]);
  return {
    channel,
    brightness: number('brightness'),
    contrast: number('contrast'),
    saturation: number('saturation'),
    hue: number('hue'),
    sharpness: number('sharpness'),
    exposure: text('exposure'),
    shutter: text('shutter'),
    gain: number('gain'),
    iris: number('iris'),
    wdr: text('wdr'),
    wdrLevel: number('wdrLevel'),
    blc: truth('blc'),
    blcMode: text('blcMode'),
    hlc: truth('hlc'),
    hlcLevel: number('hlcLevel'),
    whiteBalance: text('whiteBalance'),
    whiteBalanceRed: number('whiteBalanceRed'),
    whiteBalanceBlue: number('whiteBalanceBlue'),
    noiseReduction: text('noiseReduction'),
    noiseReductionLevel: number('noiseReductionLevel'),
    defog: text('defog'),
    defogLevel: number('defogLevel'),
    mirror: truth('mirror'),
    mirrorStyle: text('mirrorStyle'),
    stabilization: truth('stabilization'),
    powerLineFrequency: text('powerLineFrequency'),
  };
}

function readImage(channel: number, context: CommandContext): Steps<SettingDocument> {
  const paths = { camera: `${IMAGE_BASES.camera}/${channel}`, recorder: `${IMAGE_BASES.recorder}/${channel}` };
  return readSetting(paths, IMAGE_ROOT, context.memory, `camera.image/${channel}`);
}

type Changes = Readonly<Partial<Record<FieldName, string | number | boolean | undefined>>>;

function* setImage(channel: number, wanted: Changes, context: CommandContext): Steps<ImageSettings & Written> {
  const changes = (Object.entries(wanted) as [FieldName, string | number | boolean | undefined][]).flatMap(
    ([field, value]) => (value === undefined ? [] : [{ field, value }]),
  );
  if (changes.length === 0) {
    throw new ArgumentError([{ parameter: 'brightness', given: undefined, expected: 'at least one setting' }]);
  }
  const setting = yield* readImage(channel, context);
  const { path, document } = setting;
  const allowed = yield* optionalDocument(`${path}/capabilities`);
  const violations: (Violation | undefined)[] = [];
  const missing: string[] = [];
  for (const { field, value } of changes) {
    const place = PLACES[field];
    // A level is shown only in the mode that uses it, so the capabilities count as well.
    if (find(document, place) === undefined && find(allowed, place) === undefined) missing.push(field);
    violations.push(violationOf(field, value, limitsOf(allowed, field)));
  }
  if (missing.length > 0) throw new UnsupportedError(`${path}: the image settings have no ${missing.join(', ')}`);
  refuse(violations);
  for (const { field, value } of changes) {
    const spelled = typeof value === 'string' ? spelledBy(limitsOf(allowed, field), value) : value;
    setText(document, PLACES[field], spelled);
  }
  const parts = [...new Set(changes.map(({ field }) => partOf(field)))];
  const rebootRequired = yield* writeImage(channel, setting, parts, context);
  const after = yield* readImage(channel, context);
  return { ...settingsFrom(channel, after.document), rebootRequired };
}

function limitsOf(allowed: XmlElement | undefined, field: FieldName): Limits | undefined {
  return limitsAt(allowed, PLACES[field]);
}

/** Only the parts that changed, so that nothing else is touched; the whole document where the device wants that. */
function writeImage(
  channel: number,
  { path, document }: SettingDocument,
  parts: readonly string[],
  context: CommandContext,
): Steps<boolean> {
  const ways = ['parts', 'whole'] as const;
  return firstThatWorks(ways, context.memory, `camera.setImage/${channel}`, function* (way): Steps<boolean> {
    if (way === 'whole') return needsReboot(yield* putDocument(path, formatXml(document)));
    let rebootRequired = false;
    for (const name of parts) {
      const part = find(document, name);
      if (part === undefined) continue;
      // A part that stands alone needs the namespace that it had from the whole.
      const attributes = { ...document.attributes, ...part.attributes };
      const body = formatXml(element(part.name, part.children, attributes));
      const answer = yield* putDocument(`${path}/${leafOf(part.name)}`, body);
      rebootRequired ||= needsReboot(answer);
    }
    return rebootRequired;
  });
}

const COMMON = { needs: 'video', source: ['ISAPI /ISAPI/Image/channels/<ID>', 'isapi.md §3.6'] } as const;

const bases = Object.values(IMAGE_BASES).map((base) => `${base}/{channel}`);
const leaves = [...new Set((Object.keys(PLACES) as FieldName[]).map((field) => leafOf(partOf(field))))];

const level = { kind: 'integer', min: 0, max: 100, optional: true } as const;
const word = { kind: 'text', maxLength: 32, optional: true } as const;
const truth = { kind: 'boolean', optional: true } as const;

export const image = {
  getImage: command({
    ...COMMON,
    title: 'Read the image settings',
    summary: 'All settings of the picture that the camera shows.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<ImageSettings> {
      return settingsFrom(channel, (yield* readImage(channel, context)).document);
    },
    returns: 'The settings by name, null for what the camera does not have.',
    paths: bases,
  }),

  setImage: command({
    ...COMMON,
    title: 'Change image settings',
    summary:
      'Changes settings of the picture. What is left out stays as it is; a value that the camera does not take is refused with those that it does.',
    effect: 'write',
    example: { brightness: 60, wdr: 'open' },
    params: {
      channel: channelParam,
      brightness: { ...level, title: 'Brightness' },
      contrast: { ...level, title: 'Contrast' },
      saturation: { ...level, title: 'Saturation' },
      hue: { ...level, title: 'Hue' },
      sharpness: { ...level, title: 'Sharpness' },
      exposure: { ...word, title: 'Exposure', description: 'In the word of the camera: auto, manual.' },
      shutter: { ...word, title: 'Shutter', description: 'As a fraction of a second: 1/25.' },
      gain: { ...level, title: 'Gain' },
      iris: { ...level, title: 'Iris', max: 1_000 },
      wdr: { kind: 'choice', title: 'Wide dynamic range', choices: ['open', 'close', 'auto'], optional: true },
      wdrLevel: { ...level, title: 'Level of wide dynamic range' },
      blc: { ...truth, title: 'Backlight compensation' },
      blcMode: { ...word, title: 'Area of backlight compensation', description: 'In the word of the camera.' },
      hlc: { ...truth, title: 'Highlight compensation' },
      hlcLevel: { ...level, title: 'Level of highlight compensation' },
      whiteBalance: { ...word, title: 'White balance', description: 'In the word of the camera: auto, manual.' },
      whiteBalanceRed: { ...level, title: 'Red of the white balance', max: 255 },
      whiteBalanceBlue: { ...level, title: 'Blue of the white balance', max: 255 },
      noiseReduction: {
        kind: 'choice',
        title: 'Noise reduction',
        choices: ['close', 'general', 'advanced'],
        optional: true,
      },
      noiseReductionLevel: { ...level, title: 'Level of general noise reduction' },
      defog: { ...word, title: 'Defog', description: 'In the word of the camera: open, close, auto.' },
      defogLevel: { ...level, title: 'Level of defog' },
      mirror: { ...truth, title: 'Mirror' },
      mirrorStyle: { ...word, title: 'Direction of mirror', description: 'LEFTRIGHT, UPDOWN or CENTER.' },
      stabilization: { ...truth, title: 'Image stabilization' },
      powerLineFrequency: { kind: 'choice', title: 'Power line frequency', choices: ['50hz', '60hz'], optional: true },
    },
    isapi: ({ channel, ...changes }, context): Steps<ImageSettings & Written> => setImage(channel, changes, context),
    returns: 'All settings as the device says them afterwards, and whether it needs a restart.',
    paths: [...bases, ...bases.flatMap((base) => ['capabilities', ...leaves].map((leaf) => `${base}/${leaf}`))],
  }),
} as const;
