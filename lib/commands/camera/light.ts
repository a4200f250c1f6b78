/** The light of a camera for the night: white, infrared, or white when something happens. */
import { find, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError, type Violation } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import type { Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf, type Limits } from '../limits';
import { imagePartPaths, partCapabilities, readPart, writePart, type ImagePart } from './image-parts';

export interface SupplementLight {
  readonly channel: number;
  /** colorVuWhiteLight, irLight, eventIntelligence, close, ...; the device's word. */
  readonly mode: string | null;
  /** auto or manual. */
  readonly brightnessControl: string | null;
  readonly whiteBrightness: number | null;
  readonly infraredBrightness: number | null;
  /** Most that is used while the camera regulates by itself. */
  readonly whiteLimit: number | null;
  readonly infraredLimit: number | null;
}

const LEAF = 'supplementLight';
const NAME = 'SupplementLight';

/** Names in the document; the later ones are those of domes. The spelling is the firmware's own. */
const FIELDS = {
  mode: ['supplementLightMode', 'mode'],
  brightnessControl: ['mixedLightBrightnessRegulatMode'],
  whiteBrightness: ['whiteLightBrightness'],
  infraredBrightness: ['irLightBrightness'],
  whiteLimit: ['whiteLightbrightLimit', 'whiteLightbrightnessLimit'],
  infraredLimit: ['irLightbrightLimit', 'irLightbrightnessLimit'],
} as const;

type FieldName = keyof typeof FIELDS;

/** The name that this document has for a field. */
function nameIn(document: XmlElement | undefined, field: FieldName): string | undefined {
  return FIELDS[field].find((name) => find(document, name) !== undefined);
}

function lightFrom(channel: number, part: XmlElement): SupplementLight {
  const text = (field: FieldName) => textAt(part, nameIn(part, field) ?? FIELDS[field][0]);
  const number = (field: FieldName) => numberAt(part, nameIn(part, field) ?? FIELDS[field][0]);
  return {
    channel,
    mode: text('mode'),
    brightnessControl: text('brightnessControl'),
    whiteBrightness: number('whiteBrightness'),
    infraredBrightness: number('infraredBrightness'),
    whiteLimit: number('whiteLimit'),
    infraredLimit: number('infraredLimit'),
  };
}

type Changes = Readonly<Partial<Record<FieldName, string | number | undefined>>>;

/** Changes what was asked for, and nothing that the device does not have. */
function* change(
  channel: number,
  found: ImagePart,
  allowed: XmlElement | undefined,
  changes: Changes,
): Steps<SupplementLight & Written> {
  const { part } = found;
  const violations: (Violation | undefined)[] = [];
  const writes: [name: string, value: string | number, limits: Limits | undefined][] = [];
  for (const [field, value] of Object.entries(changes) as [FieldName, string | number | undefined][]) {
    if (value === undefined) continue;
    // Documents show a brightness only in the mode that uses it, so the capabilities count as well.
    const name = nameIn(part, field) ?? nameIn(allowed, field);
    if (name === undefined) throw new UnsupportedError(`${found.path}: the light has no ${field}`);
    const limits = limitsAt(allowed, name);
    violations.push(violationOf(field, value, limits));
    writes.push([name, value, limits]);
  }
  refuse(violations);
  for (const [name, value, limits] of writes) {
    setText(part, name, typeof value === 'string' ? spelledBy(limits, value) : value);
  }
  const after = yield* writePart(found);
  return { ...lightFrom(channel, after.part), rebootRequired: after.rebootRequired };
}

function isWhite(mode: string): boolean {
  return /white/i.test(mode);
}

/** What is done at night instead, the first that the device has. */
const DARK_MODES = ['irLight', 'close'];

/** On: white, as bright as asked. Off: what it was before it was switched on, else infrared, else no light. */
function* switchWhiteLight(
  { channel, on, brightness }: { channel: number; on: boolean; brightness: number | undefined },
  context: CommandContext,
): Steps<SupplementLight & Written> {
  const found = yield* readPart(channel, LEAF, NAME, context);
  const allowed = yield* partCapabilities(found);
  const { part } = found;
  const now = lightFrom(channel, part);
  const modes = limitsAt(allowed, nameIn(part, 'mode') ?? FIELDS.mode[0])?.options ?? null;
  const key = `camera.switchWhiteLight/${channel}`;
  const isLit = now.mode !== null && isWhite(now.mode);
  if (!on) {
    if (!isLit) return { ...now, rebootRequired: false };
    const before = context.memory.get(key) as string | undefined;
    const dark = before ?? DARK_MODES.find((mode) => modes === null || modes.includes(mode)) ?? 'close';
    return yield* change(channel, found, allowed, { mode: dark });
  }
  const white = modes === null ? 'colorVuWhiteLight' : modes.find(isWhite);
  if (white === undefined) throw new UnsupportedError(`${found.path}: the camera has no white light`);
  const byHand = (nameIn(part, 'brightnessControl') ?? nameIn(allowed, 'brightnessControl')) !== undefined;
  const changed = yield* change(channel, found, allowed, {
    mode: white,
    whiteBrightness: brightness,
    brightnessControl: brightness !== undefined && byHand ? 'manual' : undefined,
  });
  if (!isLit && now.mode !== null) context.memory.set(key, now.mode);
  return changed;
}

const COMMON = {
  needs: 'light',
  paths: imagePartPaths(LEAF),
  source: ['ISAPI /ISAPI/Image/channels/<ID>/supplementLight', 'isapi.md §3.6'],
} as const;

const AFTERWARDS =
  'What the device says afterwards: mode, brightnessControl, brightness and limit of white and infrared light, rebootRequired.';

const brightness = { kind: 'integer', min: 0, max: 100, optional: true } as const;

export const light = {
  getSupplementLight: command({
    ...COMMON,
    title: 'Read the supplement light',
    summary: 'Which light the camera uses at night, and how bright.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<SupplementLight> {
      return lightFrom(channel, (yield* readPart(channel, LEAF, NAME, context)).part);
    },
    returns: 'mode, brightnessControl, brightness and limit of white and infrared light.',
  }),

  setSupplementLight: command({
    ...COMMON,
    title: 'Set the supplement light',
    summary: 'Sets which light the camera uses at night, and how bright. What is left out stays as it is.',
    effect: 'write',
    example: { mode: 'irLight' },
    params: {
      channel: channelParam,
      mode: {
        kind: 'text',
        title: 'Mode',
        description: 'In the word of the camera: colorVuWhiteLight, irLight, eventIntelligence, close.',
        maxLength: 32,
        optional: true,
      },
      brightnessControl: { kind: 'choice', title: 'Brightness', choices: ['auto', 'manual'], optional: true },
      whiteBrightness: { ...brightness, title: 'White light' },
      infraredBrightness: { ...brightness, title: 'Infrared light' },
      whiteLimit: {
        ...brightness,
        title: 'Most white light',
        description: 'Most that is used while the camera regulates by itself.',
      },
      infraredLimit: {
        ...brightness,
        title: 'Most infrared light',
        description: 'Most that is used while the camera regulates by itself.',
      },
    },
    *isapi({ channel, ...changes }, context): Steps<SupplementLight & Written> {
      const found = yield* readPart(channel, LEAF, NAME, context);
      return yield* change(channel, found, yield* partCapabilities(found), changes);
    },
    returns: AFTERWARDS,
  }),

  switchWhiteLight: command({
    ...COMMON,
    title: 'Switch the white light',
    summary:
      'Makes white light the light of the night, or goes back to what it was before. By day most cameras keep it dark all the same.',
    effect: 'write',
    example: { on: true, brightness: 30 },
    params: {
      channel: channelParam,
      on: { kind: 'boolean', title: 'On' },
      brightness: {
        ...brightness,
        title: 'Brightness',
        description: 'Left out, the camera goes on as it did.',
      },
    },
    isapi: switchWhiteLight,
    returns: AFTERWARDS,
  }),
} as const;
