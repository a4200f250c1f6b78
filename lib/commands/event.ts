/** Events as settings: what a device looks for, and whom it tells. */
import { all, booleanAt, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../codec/xml';
import { DeviceBusyError, UnsupportedError } from '../errors';
import { kindOf } from '../events/kinds';
import { needsReboot } from './answers';
import { channelParam, isChannel } from './channels';
import { command, getDocument, putDocument, type CommandContext, type Steps } from './command';
import type { MotionDetection, Trigger } from './results';
import { contextOf, firstThatWorks } from './ways';

/* Triggers */

const TRIGGERS_PATH = '/ISAPI/Event/triggers';

function* listTriggers(): Steps<readonly Trigger[]> {
  let document: XmlElement;
  try {
    document = yield* getDocument(TRIGGERS_PATH);
  } catch (error) {
    if (!(error instanceof DeviceBusyError)) throw error;
    // Not known beforehand which firmware: the list fails for good on some cameras whose single triggers answer.
    throw new DeviceBusyError(
      'the device cannot give the list of its triggers now. Where this stays so, the firmware has no working list: read one ' +
        `trigger with config.raw, for example GET ${TRIGGERS_PATH}/VMD-1`,
      contextOf(error),
    );
  }
  return triggersOf(document);
}

/** Both forms: the list as the root (newer), or inside an EventNotification (older cameras, thermal ones). */
function triggersOf(document: XmlElement): Trigger[] {
  const list = document.name.toLowerCase() === 'eventtriggerlist' ? document : find(document, 'EventTriggerList');
  const triggers: Trigger[] = [];
  for (const item of all(list ?? document, 'EventTrigger')) {
    const id = textAt(item, 'id') ?? '';
    const eventType = textAt(item, 'eventType') ?? id.replace(/-\d+$/, '');
    // Seen: an entry with an empty id and type. It says nothing and cannot be asked for.
    if (eventType === '') continue;
    const port = firstNumber(item, 'dynInputIOPortID', 'inputIOPortID');
    const channel = firstNumber(item, 'dynVideoInputChannelID', 'videoInputChannelID');
    const actions = actionsOf(item);
    triggers.push({
      id,
      kind: kindOf(eventType),
      eventType,
      // Some devices name the channel in the id only (`VMD-1` of a DS-2TD1228); there the number of an input is its port.
      channel: channel ?? (port === null ? numberInId(id) : null),
      port,
      description: textAt(item, 'eventDescription'),
      actions,
      notifiesCenter: actions.some((action) => action.toLowerCase() === 'center'),
    });
  }
  return triggers;
}

function actionsOf(trigger: XmlElement): string[] {
  const notifications = all(find(trigger, 'EventTriggerNotificationList'), 'EventTriggerNotification');
  const methods = notifications.map(
    (item) => textAt(item, 'notificationMethod') ?? textAt(item, 'id')?.replace(/-\d+$/, '') ?? null,
  );
  return [...new Set(methods.filter((method) => method !== null))];
}

/** The first of these elements that holds a number from 1; 0 and empty mean none. */
function firstNumber(item: XmlElement, ...names: readonly string[]): number | null {
  return names.map((name) => numberAt(item, name)).find(isChannel) ?? null;
}

function numberInId(id: string): number | null {
  const number = Number(/-(\d{1,4})$/.exec(id)?.[1] ?? '0');
  return isChannel(number) ? number : null;
}

/* Motion detection */

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

export const event = {
  listTriggers: command({
    title: 'List triggers',
    summary:
      'Lists what the device looks for and what it does then. A trigger without "center" detects but tells nobody, so no ' +
      'event of it arrives.',
    effect: 'read',
    params: {},
    isapi: listTriggers,
    returns: 'The triggers in the order of the device: id, kind, eventType, channel, port, actions, notifiesCenter.',
    paths: [TRIGGERS_PATH],
    source: ['ISAPI /ISAPI/Event/triggers', 'isapi.md §6.8'],
  }),

  setMotionDetection: command({
    title: 'Set motion detection',
    summary:
      'Switches motion detection of a channel on or off and sets its sensitivity. Everything else stays as it is.',
    effect: 'write',
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
