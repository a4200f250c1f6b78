/** What a camera does to frighten people away: its siren, and its light that flashes. */
import { jsonList, jsonNumber, jsonText, objectOf, type JsonObject } from '../../codec/json';
import { UnsupportedError, type Violation } from '../../errors';
import { ask, command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import type { Written } from '../documents';
import { getJsonSetting, optionalJsonSetting, putJsonSetting, type JsonSetting } from '../json-settings';
import { refuse, violationOf, type Limits } from '../limits';
import { firstThatWorks } from '../ways';

export interface SirenSound {
  readonly sound: number;
  readonly description: string | null;
}

export interface Siren {
  readonly channel: number;
  readonly sound: number | null;
  /** alertAudio, promptAudio or customAudio. */
  readonly soundClass: string | null;
  readonly volume: number | null;
  /** How often it is played for one alarm. */
  readonly times: number | null;
  /** The sounds that can be chosen; empty where the device does not list them. */
  readonly sounds: readonly SirenSound[];
}

export interface SirenCall {
  readonly channel: number;
  readonly sound: number;
}

export interface FlashingLight {
  readonly channel: number;
  /** How long it flashes for one alarm. */
  readonly forSeconds: number | null;
  /** high, medium, low or normallyOn. */
  readonly frequency: string | null;
}

const NOTIFICATIONS = '/ISAPI/Event/triggers/notifications';
const JSON_FORMAT = '?format=json';

/** Of a channel where the device tells them apart; the one of the device itself only for its first channel. */
function basePaths(name: string, channel: number | string) {
  const own = `${NOTIFICATIONS}/channels/${channel}/${name}`;
  return channel === 1 || channel === '{channel}' ? { own, device: `${NOTIFICATIONS}/${name}` } : { own };
}

interface Found {
  readonly base: string;
  readonly setting: JsonSetting;
}

/**
 * @param path name in the path.
 * @param name name of the object in the document.
 */
function read(channel: number, path: string, name: string, context: CommandContext): Steps<Found> {
  const bases: Readonly<Record<string, string>> = basePaths(path, channel);
  return firstThatWorks(Object.keys(bases), context.memory, `camera.${path}/${channel}`, function* (place) {
    const base = bases[place] as string;
    return { base, setting: yield* getJsonSetting(`${base}${JSON_FORMAT}`, name) };
  });
}

/** `{"@min": 1, "@max": 50}` or `{"@opt": "high,low"}`, the JSON form of what a capability document allows. */
function limitsIn(capabilities: JsonObject | undefined, name: string): Limits | undefined {
  const found = capabilities !== undefined && Object.hasOwn(capabilities, name) ? capabilities[name] : undefined;
  const limits = objectOf(found);
  if (limits === null) return undefined;
  const opt = limits['@opt'];
  const words = Array.isArray(opt) ? opt.map(String) : typeof opt === 'string' ? opt.split(',') : [];
  const options = words.map((word) => word.trim()).filter((word) => word !== '');
  return {
    options: options.length === 0 ? null : options,
    min: jsonNumber(limits, '@min'),
    max: jsonNumber(limits, '@max'),
  };
}

function problem(
  parameter: string,
  given: string | number | undefined,
  limits: Limits | undefined,
): Violation | undefined {
  return given === undefined ? undefined : violationOf(parameter, given, limits);
}

/* Siren */

const AUDIO_ALARM = 'AudioAlarm';

function readSiren(channel: number, context: CommandContext): Steps<Found> {
  return read(channel, AUDIO_ALARM, AUDIO_ALARM, context);
}

function sirenAbilities(base: string): Steps<JsonObject | undefined> {
  return optionalJsonSetting(`${base}/capabilities${JSON_FORMAT}`, 'AudioAlarmCap');
}

function soundsIn(capabilities: JsonObject | undefined): SirenSound[] {
  return jsonList(capabilities, 'audioTypeListCap').flatMap((item) => {
    const sound = jsonNumber(item, 'audioID');
    return sound === null ? [] : [{ sound, description: jsonText(item, 'audioDescription') }];
  });
}

function sirenFrom(channel: number, value: JsonObject, sounds: readonly SirenSound[]): Siren {
  return {
    channel,
    sound: jsonNumber(value, 'audioID'),
    soundClass: jsonText(value, 'audioClass'),
    volume: jsonNumber(value, 'audioVolume'),
    times: jsonNumber(value, 'alarmTimes'),
    sounds,
  };
}

function unknownSound(sound: number | undefined, sounds: readonly SirenSound[]): Violation | undefined {
  if (sound === undefined || sounds.length === 0 || sounds.some((each) => each.sound === sound)) return undefined;
  const list = sounds.map((each) => `${each.sound} ${each.description ?? ''}`.trim()).join(', ');
  return { parameter: 'sound', given: sound, expected: `one of ${list} on this device` };
}

function* setSiren(
  args: { channel: number; sound: number | undefined; volume: number | undefined; times: number | undefined },
  context: CommandContext,
): Steps<Siren & Written> {
  const { channel, sound, volume, times } = args;
  const { base, setting } = yield* readSiren(channel, context);
  const abilities = yield* sirenAbilities(base);
  const sounds = soundsIn(abilities);
  refuse([
    unknownSound(sound, sounds),
    problem('volume', volume, limitsIn(abilities, 'audioVolume')),
    problem('times', times, limitsIn(abilities, 'alarmTimes')),
  ]);
  const { value } = setting;
  if (sound !== undefined) {
    value.audioID = sound;
    // Whoever leaves a sound of his own must name the built-in one a second time (isapi.md §5.3).
    if (value.audioClass === 'customAudio') value.audioClass = 'alertAudio';
    if (value.audioClass === 'alertAudio') value.alertAudioID = sound;
  }
  if (volume !== undefined) value.audioVolume = volume;
  if (times !== undefined) value.alarmTimes = times;
  const after = yield* putJsonSetting(setting);
  return { ...sirenFrom(channel, after.value, sounds), rebootRequired: after.rebootRequired };
}

function* soundSiren(args: { channel: number; sound: number | undefined }, context: CommandContext): Steps<SirenCall> {
  const { channel } = args;
  const { base, setting } = yield* readSiren(channel, context);
  if (args.sound !== undefined) refuse([unknownSound(args.sound, soundsIn(yield* sirenAbilities(base)))]);
  const sound = args.sound ?? jsonNumber(setting.value, 'audioID');
  if (sound === null) throw new UnsupportedError(`${setting.path}: the device does not say which sound it has`);
  yield* ask({
    method: 'PUT',
    path: `${base}/${sound}/test${JSON_FORMAT}`,
    body: '{}',
    contentType: 'application/json; charset="UTF-8"',
  });
  return { channel, sound };
}

/* Flashing light */

const LIGHT_PATH = 'whiteLightAlarm';
const LIGHT_NAME = 'WhiteLightAlarm';

function lightFrom(channel: number, value: JsonObject): FlashingLight {
  return { channel, forSeconds: jsonNumber(value, 'durationTime'), frequency: jsonText(value, 'frequency') };
}

function* setFlashingLight(
  args: { channel: number; forSeconds: number | undefined; frequency: string | undefined },
  context: CommandContext,
): Steps<FlashingLight & Written> {
  const { channel, forSeconds, frequency } = args;
  const { base, setting } = yield* read(channel, LIGHT_PATH, LIGHT_NAME, context);
  const abilities = yield* optionalJsonSetting(`${base}/capabilities${JSON_FORMAT}`, `${LIGHT_NAME}Cap`);
  refuse([
    problem('forSeconds', forSeconds, limitsIn(abilities, 'durationTime')),
    problem('frequency', frequency, limitsIn(abilities, 'frequency')),
  ]);
  if (forSeconds !== undefined) setting.value.durationTime = forSeconds;
  if (frequency !== undefined) setting.value.frequency = frequency;
  const after = yield* putJsonSetting(setting);
  return { ...lightFrom(channel, after.value), rebootRequired: after.rebootRequired };
}

function allPaths(name: string, ...leaves: readonly string[]): readonly string[] {
  return Object.values(basePaths(name, '{channel}')).flatMap((base) => ['', ...leaves].map((leaf) => `${base}${leaf}`));
}

const SIREN = {
  needs: 'siren',
  source: ['ISAPI /ISAPI/Event/triggers/notifications/AudioAlarm', 'isapi.md §5.3'],
} as const;

const LIGHT = {
  needs: 'light',
  paths: allPaths(LIGHT_PATH, '/capabilities'),
  source: ['ISAPI /ISAPI/Event/triggers/notifications/whiteLightAlarm', 'isapi.md §5.3'],
} as const;

const soundParam = {
  kind: 'integer',
  title: 'Sound',
  min: 1,
  max: 1_000,
  optional: true,
  names: 'sirenSounds',
} as const;

export const siren = {
  getSiren: command({
    ...SIREN,
    title: 'Read the siren',
    summary: 'Which sound the camera plays for an alarm, how loud and how often, and which sounds it has.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<Siren> {
      const { base, setting } = yield* readSiren(channel, context);
      return sirenFrom(channel, setting.value, soundsIn(yield* sirenAbilities(base)));
    },
    returns: 'sound, soundClass, volume, times, and sounds with their descriptions.',
    paths: allPaths(AUDIO_ALARM, '/capabilities'),
  }),

  setSiren: command({
    ...SIREN,
    title: 'Set the siren',
    summary: 'Sets which sound the camera plays for an alarm, how loud and how often.',
    effect: 'write',
    example: { volume: 20 },
    params: {
      channel: channelParam,
      sound: { ...soundParam, description: 'By the numbers that the siren lists.' },
      volume: { kind: 'integer', title: 'Volume', min: 1, max: 100, optional: true },
      times: { kind: 'integer', title: 'Times', min: 1, max: 50, optional: true },
    },
    isapi: setSiren,
    returns: 'What the device says afterwards: sound, soundClass, volume, times, sounds, rebootRequired.',
    paths: allPaths(AUDIO_ALARM, '/capabilities'),
  }),

  soundSiren: command({
    ...SIREN,
    title: 'Sound the siren',
    summary: 'Plays the alarm sound of a camera now, once. It cannot be stopped early.',
    effect: 'act',
    params: { channel: channelParam, sound: { ...soundParam, description: 'Left out: the one that is set.' } },
    isapi: soundSiren,
    returns: 'The channel and the sound.',
    paths: allPaths(AUDIO_ALARM, '/{sound}/test', '/capabilities'),
  }),

  getFlashingLight: command({
    ...LIGHT,
    title: 'Read the flashing light',
    summary: 'How the white light of a camera flashes for an alarm.',
    effect: 'read',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<FlashingLight> {
      return lightFrom(channel, (yield* read(channel, LIGHT_PATH, LIGHT_NAME, context)).setting.value);
    },
    returns: 'forSeconds and frequency.',
  }),

  setFlashingLight: command({
    ...LIGHT,
    title: 'Set the flashing light',
    summary: 'Sets how the white light of a camera flashes for an alarm. What is left out stays as it is.',
    effect: 'write',
    example: { forSeconds: 10 },
    params: {
      channel: channelParam,
      forSeconds: { kind: 'integer', title: 'For', unit: 's', min: 1, max: 60, optional: true },
      frequency: {
        kind: 'choice',
        title: 'Frequency',
        choices: ['high', 'medium', 'low', 'normallyOn'],
        optional: true,
      },
    },
    isapi: setFlashingLight,
    returns: 'What the device says afterwards: forSeconds, frequency, rebootRequired.',
  }),
} as const;
