/**
 * What a device can watch for, beside how it is set: the ids of its triggers, the element of the capability document, and where
 * its arming schedule may stand. One row for each; `{n}` is the channel, or the port of an alarm input.
 *
 * Source: trigger ids of all captured lists; schedule paths of the pages and clients that write them (isapi.md §6.8), which
 * differ in folder and id from firmware to firmware.
 */
import type { Detection } from './detection';
import { AUDIO, DEFOCUS, FACE, PIR, SCENE_CHANGE, TAMPER, VIDEO_LOSS } from './detections';
import { MOTION } from './motion';
import { INTRUSION, LINE_CROSSING, LOITERING, REGION_ENTRANCE, REGION_EXIT } from './rules';

export interface Watched {
  /** Ids of its trigger, most common first. */
  readonly triggers: readonly string[];
  /** Words by which capability documents call it, lower case, without `TriggerCap`. */
  readonly words: readonly string[];
  /** Folders below `Event/schedules`, and ids in them. */
  readonly schedules: readonly { readonly folder: string; readonly ids: readonly string[] }[];
  /** Null for what is no detection of a channel. */
  readonly detection: Detection | null;
}

const SCHEDULES_PATH = '/ISAPI/Event/schedules';

/** By the name that `event.getArmingSchedule` takes. */
export const WATCHED = {
  motion: {
    triggers: ['VMD-{n}'],
    words: ['vmd', 'motiondetection', 'vmdhumanvehicle'],
    schedules: [{ folder: 'motionDetections', ids: ['VMD_video{n}', 'VMD-{n}', 'motionDetection-{n}'] }],
    detection: general(MOTION),
  },
  lineCrossing: {
    triggers: ['linedetection-{n}', 'Linedetection-{n}'],
    words: ['linedetection', 'linedetect'],
    schedules: [
      { folder: 'lineDetections', ids: ['lineDetection-{n}', 'linedetection_video{n}'] },
      { folder: 'linedetections', ids: ['linedetection_video{n}', 'linedetection-{n}'] },
      { folder: 'linedetection', ids: ['linedetection_video{n}', 'linedetection-{n}'] },
    ],
    detection: general(LINE_CROSSING),
  },
  intrusion: {
    triggers: ['fielddetection-{n}'],
    words: ['fielddetection', 'fielddetect', 'fileddetect'],
    schedules: [
      { folder: 'fieldDetections', ids: ['fieldDetection-{n}', 'fielddetection_video{n}'] },
      { folder: 'fielddetections', ids: ['fielddetection_video{n}', 'fielddetection-{n}'] },
      { folder: 'fielddetection', ids: ['fielddetection_video{n}', 'fielddetection-{n}'] },
    ],
    detection: general(INTRUSION),
  },
  regionEntrance: {
    triggers: ['regionEntrance-{n}'],
    words: ['regionentrance'],
    schedules: [
      { folder: 'regionEntrance', ids: ['regionEntrance-{n}'] },
      { folder: 'regionEntrances', ids: ['regionEntrance-{n}', 'regionEntrance_video{n}'] },
    ],
    detection: general(REGION_ENTRANCE),
  },
  regionExit: {
    triggers: ['regionExiting-{n}'],
    words: ['regionexiting'],
    schedules: [
      { folder: 'regionExiting', ids: ['regionExiting-{n}'] },
      { folder: 'regionExitings', ids: ['regionExiting-{n}', 'regionExiting_video{n}'] },
    ],
    detection: general(REGION_EXIT),
  },
  loitering: {
    triggers: ['loitering-{n}'],
    words: ['loitering'],
    schedules: [
      { folder: 'loitering', ids: ['loitering-{n}'] },
      { folder: 'loiterings', ids: ['loitering-{n}', 'loitering_video{n}'] },
    ],
    detection: general(LOITERING),
  },
  tamper: {
    triggers: ['tamper-{n}', 'tamperdetection-{n}'],
    words: ['tamperdetection', 'shelteralarm'],
    schedules: [{ folder: 'tamperDetections', ids: ['Tamperdetection_video{n}', 'tamper-{n}', 'tamperDetection-{n}'] }],
    detection: general(TAMPER),
  },
  videoLoss: {
    triggers: ['videoloss-{n}'],
    words: ['videoloss'],
    schedules: [{ folder: 'videolosses', ids: ['Videoloss_video{n}', 'videoloss-{n}'] }],
    detection: general(VIDEO_LOSS),
  },
  sceneChange: {
    triggers: ['scenechangedetection-{n}'],
    words: ['scenechangedetection'],
    schedules: [
      { folder: 'sceneChangeDetections', ids: ['scenechangedetection_video{n}', 'scenechangedetection-{n}'] },
    ],
    detection: general(SCENE_CHANGE),
  },
  defocus: {
    triggers: ['defocus-{n}'],
    words: ['defocus', 'defocusdetection'],
    schedules: [{ folder: 'defocusDetections', ids: ['defocus_video{n}', 'defocus-{n}'] }],
    detection: general(DEFOCUS),
  },
  face: {
    triggers: ['facedetection-{n}', 'facedetection'],
    words: ['facedetection', 'facedetect'],
    schedules: [{ folder: 'faceDetections', ids: ['facedetection_video{n}', 'facedetection-{n}'] }],
    detection: general(FACE),
  },
  audio: {
    triggers: ['audioexception-{n}'],
    words: ['audioexception', 'audiodetection'],
    schedules: [{ folder: 'audioDetections', ids: ['audioexception_{n}', 'audioexception-{n}'] }],
    detection: general(AUDIO),
  },
  pir: {
    triggers: ['PIR', 'PIR-{n}'],
    words: ['pir', 'piralarm'],
    schedules: [
      { folder: 'PIR', ids: ['PIR', 'PIR-{n}'] },
      { folder: 'PIRs', ids: ['PIR', 'PIR-{n}'] },
    ],
    detection: general(PIR),
  },
  alarmInput: {
    triggers: ['IO-{n}'],
    words: ['io'],
    schedules: [{ folder: 'inputs', ids: ['{n}', 'IO-{n}', 'IO_IN_{n}'] }],
    detection: null,
  },
} as const satisfies Record<string, Watched>;

export type WatchedName = keyof typeof WATCHED;
export const WATCHED_NAMES = Object.keys(WATCHED) as readonly WatchedName[];

/** Only its shape counts here, not which settings it has. */
function general(row: unknown): Detection {
  return row as Detection;
}

/** The row of an event type, or of a word of a capability document; undefined for what is no row. */
export function watchedFor(word: string): Watched | undefined {
  const lower = word.toLowerCase();
  return Object.values<Watched>(WATCHED).find(
    ({ words, triggers }) =>
      words.includes(lower) || triggers.some((pattern) => pattern.replace('-{n}', '').toLowerCase() === lower),
  );
}

export function numbered(pattern: string, number: number): string {
  return pattern.replace('{n}', String(number));
}

/** `/ISAPI/Event/schedules/motionDetections`. */
export function scheduleFolder(folder: string): string {
  return `${SCHEDULES_PATH}/${folder}`;
}
