/** Motion detection as a setting. */
import { booleanAt, find, formatXml, numberAt, setText, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import { channelParam } from '../channels';
import { command, getDocument, putDocument, type CommandContext, type Steps } from '../command';
import type { MotionDetection } from '../results';
import { firstThatWorks } from '../ways';

/** Cameras and analog inputs, then IP channels of a recorder (isapi.md §6.8). */
const MOTION_BASES = {
  camera: '/ISAPI/System/Video/inputs/channels',
  recorder: '/ISAPI/ContentMgmt/InputProxy/channels',
} as const;

type MotionPlace = keyof typeof MOTION_BASES;

function motionPath(place: MotionPlace, channel: number): string {
  return place === 'camera'
    ? `${MOTION_BASES.camera}/${channel}/motionDetection`
    : `${MOTION_BASES.recorder}/${channel}/video/motionDetection`;
}

const SENSITIVITY = 'MotionDetectionLayout/sensitivityLevel';

function* setMotionDetection(
  args: { channel: number; enabled: boolean; sensitivity: number | undefined },
  context: CommandContext,
): Steps<MotionDetection> {
  const { channel, enabled, sensitivity } = args;
  const places = Object.keys(MOTION_BASES) as MotionPlace[];
  const key = `event.setMotionDetection/${channel}`;
  const found = yield* firstThatWorks(places, context.memory, key, function* (place) {
    const path = motionPath(place, channel);
    return { path, document: yield* readMotion(path) };
  });

  // A partial document resets what it leaves out, so the whole one goes back with two values changed.
  const { path, document } = found;
  setText(document, 'enabled', enabled);
  if (sensitivity !== undefined) {
    if (find(document, SENSITIVITY) === undefined) {
      throw new UnsupportedError(`${path}: the device has no sensitivity for motion detection`);
    }
    setText(document, SENSITIVITY, sensitivity);
  }
  const answer = yield* putDocument(path, formatXml(document));

  // Devices bend or ignore values and still say OK.
  const after = yield* readMotion(path);
  return {
    channel,
    enabled: booleanAt(after, 'enabled'),
    sensitivity: numberAt(after, SENSITIVITY),
    rebootRequired: needsReboot(answer),
  };
}

function* readMotion(path: string): Steps<XmlElement> {
  const document = yield* getDocument(path);
  if (document.name.toLowerCase() === 'motiondetection') return document;
  throw new UnsupportedError(`${path}: answered with ${document.name} instead of MotionDetection`);
}

export const motion = {
  setMotionDetection: command({
    title: 'Set motion detection',
    summary:
      'Switches motion detection of a channel on or off and sets its sensitivity. Everything else stays as it is.',
    effect: 'write',
    example: { enabled: true, sensitivity: 60 },
    params: {
      channel: channelParam,
      enabled: { kind: 'boolean', title: 'On' },
      sensitivity: {
        kind: 'integer',
        title: 'Sensitivity',
        description: 'Higher is more sensitive; left out, it stays as it is.',
        min: 0,
        max: 100,
        optional: true,
      },
    },
    isapi: setMotionDetection,
    returns: 'What the device says afterwards: channel, enabled, sensitivity, and whether it needs a restart.',
    paths: [
      `${MOTION_BASES.camera}/{channel}/motionDetection`,
      `${MOTION_BASES.recorder}/{channel}/video/motionDetection`,
    ],
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/motionDetection', 'isapi.md §0.3, §6.8'],
  }),
} as const;
