/** Sounds of speakers and of cameras that warn by voice (isapi.md §5.3). */
import { jsonAt, jsonList, jsonNumber, jsonText } from '../../codec/json';
import { UnsupportedError } from '../../errors';
import { ask, command, type CommandContext, type IntegerParam, type Steps } from '../command';
import { getJson, sendJson } from '../json';
import { firstThatWorks } from '../ways';

export interface Sound {
  readonly sound: number;
  readonly name: string | null;
}

export interface SoundPlayed {
  readonly sound: number;
  /** As it was asked for; of a camera as it is set there. Null where nobody says. */
  readonly volume: number | null;
  readonly loops: number | null;
}

export interface SoundStopped {
  readonly sound: number;
  readonly stopped: true;
}

const CUSTOM = '/ISAPI/AccessControl/EventCardLinkageCfg/CustomAudio';
const ALARM = '/ISAPI/Event/triggers/notifications/AudioAlarm';
const PLAY = `${ALARM}/AudioOut/1/PlayCustomAudioFile`;

/** A speaker has files of its own, a camera a fixed list. */
const PLACES = ['speaker', 'camera'] as const;

/** One memory for all: a device that lists sounds at one place plays them there. */
const MEMORY = 'event.sounds';

function listSounds(context: CommandContext): Steps<readonly Sound[]> {
  return firstThatWorks(PLACES, context.memory, MEMORY, function* (place) {
    if (place === 'speaker') {
      const document = yield* getJson(`${CUSTOM}?format=json`);
      if (jsonAt(document, 'CustomAudioInfoList') === undefined) {
        throw new UnsupportedError(`${CUSTOM}: answered without a list of sounds`);
      }
      return soundsFrom(jsonList(document, 'CustomAudioInfoList'), 'customAudioID', 'customAudioName');
    }
    const path = `${ALARM}/capabilities?format=json`;
    const cap = jsonAt(yield* getJson(path), 'AudioAlarmCap');
    const list = jsonAt(cap, 'audioTypeListCap') === undefined ? 'audioTypeList' : 'audioTypeListCap';
    if (jsonAt(cap, list) === undefined) throw new UnsupportedError(`${path}: answered without a list of sounds`);
    return soundsFrom(jsonList(cap, list), 'audioID', 'audioDescription');
  });
}

function soundsFrom(items: readonly unknown[], id: string, name: string): Sound[] {
  return items.flatMap((item) => {
    const sound = jsonNumber(item, id);
    return sound === null ? [] : [{ sound, name: jsonText(item, name) }];
  });
}

interface PlayArgs {
  readonly sound: number;
  readonly volume: number | undefined;
  readonly loops: number | undefined;
}

function playSound(args: PlayArgs, context: CommandContext): Steps<SoundPlayed> {
  const { sound, volume, loops } = args;
  return firstThatWorks(PLACES, context.memory, MEMORY, function* (place) {
    if (place === 'speaker') {
      const level = volume === undefined ? '' : `&audioVolume=${volume}`;
      const path = `${PLAY}?format=json&customAudioID=${sound}${level}&loopPlaybackTimes=${loops ?? 1}`;
      yield* ask({ method: 'PUT', path });
      return { sound, volume: volume ?? null, loops: loops ?? 1 };
    }
    return yield* playOnCamera(args);
  });
}

/** A camera plays by its settings, and a test must not change them. */
function* playOnCamera({ sound, volume, loops }: PlayArgs): Steps<SoundPlayed> {
  const settings = jsonAt(yield* getJson(`${ALARM}?format=json`), 'AudioAlarm');
  const set = { volume: jsonNumber(settings, 'audioVolume'), loops: jsonNumber(settings, 'alarmTimes') };
  if ((volume ?? set.volume) !== set.volume || (loops ?? set.loops) !== set.loops) {
    throw new UnsupportedError(
      `${ALARM}: this device plays as it is set (volume ${set.volume ?? 'unknown'}, ${set.loops ?? 'unknown'} times); ` +
        'leave volume and loops out, or set them there',
    );
  }
  yield* sendJson('PUT', `${ALARM}/${sound}/test?format=json`, {});
  return { sound, ...set };
}

function* stopSound(sound: number): Steps<SoundStopped> {
  yield* ask({ method: 'PUT', path: `${CUSTOM}/${sound}/stop?format=json` });
  return { sound, stopped: true };
}

const sound = {
  kind: 'integer',
  title: 'Sound',
  description: 'Number in the list of sounds.',
  min: 0,
  max: 65_535,
  names: 'sounds',
} as const satisfies IntegerParam;

export const sounds = {
  listSounds: command({
    title: 'List sounds',
    summary: 'Sounds that a speaker holds, or that a camera can play as a warning.',
    effect: 'read',
    needs: 'sounds',
    params: {},
    isapi: (_args, context) => listSounds(context),
    returns: 'Sounds with sound (its number) and name.',
    paths: [CUSTOM, `${ALARM}/capabilities`],
    source: [`ISAPI ${CUSTOM}`, 'isapi.md §5.3'],
  }),

  playSound: command({
    title: 'Play a sound',
    summary: 'Plays a sound now. A speaker takes volume and repetitions; a camera plays as it is set.',
    effect: 'act',
    needs: 'sounds',
    params: {
      sound,
      volume: {
        kind: 'integer',
        title: 'Volume',
        description: 'On the scale of the device, often 1 to 10; its own when left out.',
        min: 0,
        max: 100,
        optional: true,
      },
      loops: {
        kind: 'integer',
        title: 'Times',
        description: 'How often; once when left out.',
        min: 1,
        max: 50,
        optional: true,
      },
    },
    isapi: playSound,
    returns: 'sound, volume and loops as they were played.',
    paths: [PLAY, ALARM, `${ALARM}/{sound}/test`],
    source: [`ISAPI ${PLAY}`, 'isapi.md §5.3'],
  }),

  stopSound: command({
    title: 'Stop a sound',
    summary: 'Ends a sound that a speaker plays. Cameras cannot be stopped; their sounds end by themselves.',
    effect: 'act',
    needs: 'sounds',
    params: { sound },
    isapi: (args) => stopSound(args.sound),
    returns: 'sound, and that it was stopped.',
    paths: [`${CUSTOM}/{sound}/stop`],
    source: [`ISAPI ${CUSTOM}/<ID>/stop`, 'isapi.md §5.3'],
  }),
} as const;
