/** Day and night: when the camera swings its infrared filter away. */
import { find, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import type { Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf } from '../limits';
import { imagePartPaths, partCapabilities, readPart, writePart } from './image-parts';

export interface DayNight {
  readonly channel: number;
  /** auto, day, night, schedule or eventTrigger; the device's word. */
  readonly mode: string | null;
  /** How dark it must be for the night, 0 to 7. */
  readonly sensitivity: number | null;
  /** How long it must be dark or bright. */
  readonly delaySeconds: number | null;
}

const LEAF = 'ircutFilter';
const NAME = 'IrcutFilter';
const MODE = 'IrcutFilterType';
const SENSITIVITY = 'nightToDayFilterLevel';
const DELAY = 'nightToDayFilterTime';

function dayNightFrom(channel: number, part: XmlElement): DayNight {
  return {
    channel,
    mode: textAt(part, MODE),
    sensitivity: numberAt(part, SENSITIVITY),
    delaySeconds: numberAt(part, DELAY),
  };
}

function* setDayNight(
  args: {
    channel: number;
    mode: string | undefined;
    sensitivity: number | undefined;
    delaySeconds: number | undefined;
  },
  context: CommandContext,
): Steps<DayNight & Written> {
  const { channel, mode, sensitivity, delaySeconds } = args;
  const found = yield* readPart(channel, LEAF, NAME, context);
  const allowed = yield* partCapabilities(found);
  const { part } = found;
  const modes = limitsAt(allowed, MODE);
  refuse([
    mode === undefined ? undefined : violationOf('mode', mode, modes),
    sensitivity === undefined ? undefined : violationOf('sensitivity', sensitivity, limitsAt(allowed, SENSITIVITY)),
    delaySeconds === undefined ? undefined : violationOf('delaySeconds', delaySeconds, limitsAt(allowed, DELAY)),
  ]);
  if (mode !== undefined) setText(part, MODE, spelledBy(modes, mode));
  // Cameras show the two only in the mode that uses them, so the capabilities count as well.
  for (const [name, value] of [
    [SENSITIVITY, sensitivity],
    [DELAY, delaySeconds],
  ] as const) {
    if (value === undefined) continue;
    if (find(part, name) === undefined && find(allowed, name) === undefined) {
      throw new UnsupportedError(`${found.path}: the device has no ${name}`);
    }
    setText(part, name, value);
  }
  const after = yield* writePart(found);
  return { ...dayNightFrom(channel, after.part), rebootRequired: after.rebootRequired };
}

const COMMON = {
  needs: 'video',
  paths: imagePartPaths(LEAF),
  source: ['ISAPI /ISAPI/Image/channels/<ID>/ircutFilter', 'isapi.md §3.6'],
} as const;

export const dayNight = {
  getDayNight: command({
    ...COMMON,
    title: 'Read day and night mode',
    summary: 'Whether the camera shows colours or infrared, and when it changes between them.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<DayNight> {
      return dayNightFrom(channel, (yield* readPart(channel, LEAF, NAME, context)).part);
    },
    returns: 'mode, sensitivity and delaySeconds.',
  }),

  setDayNight: command({
    ...COMMON,
    title: 'Set day and night mode',
    summary: 'Switches a camera to colours, to infrared, or to choosing by itself. What is left out stays as it is.',
    effect: 'write',
    example: { mode: 'night' },
    params: {
      channel: channelParam,
      mode: {
        kind: 'choice',
        title: 'Mode',
        choices: ['auto', 'day', 'night', 'schedule', 'eventTrigger'],
        optional: true,
      },
      sensitivity: {
        kind: 'integer',
        title: 'Sensitivity',
        description: 'How dark it must be for the night.',
        min: 0,
        max: 7,
        optional: true,
      },
      delaySeconds: {
        kind: 'integer',
        title: 'Delay',
        description: 'How long it must be dark or bright.',
        unit: 's',
        min: 1,
        max: 120,
        optional: true,
      },
    },
    isapi: setDayNight,
    returns: 'What the device says afterwards: mode, sensitivity, delaySeconds, rebootRequired.',
  }),
} as const;
