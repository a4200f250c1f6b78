/** Triggers: what a device looks for, and what it does then. */
import { all, booleanAt, element, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import {
  DeviceBusyError,
  NotFoundError,
  ProtocolError,
  RefusedError,
  TimeoutError,
  UnsupportedError,
  type HikvisionError,
} from '../../errors';
import { kindOf } from '../../events/kinds';
import { BUSY_RETRY_WAITS_MS } from '../../settings';
import { isChannel } from '../channels';
import { command, getDocument, putDocument, wait, type Steps, type TextParam } from '../command';
import type { Trigger } from '../results';
import { contextOf, isAbsence, optionalDocument } from '../ways';
import { numbered, WATCHED, watchedFor } from './watched';

const TRIGGERS_PATH = '/ISAPI/Event/triggers';
const CHANNELS_CAP_PATH = '/ISAPI/Event/channels/capabilities';
const FIRST_CHANNEL_CAP_PATH = '/ISAPI/Event/channels/1/capabilities';
const TRIGGERS_CAP_PATH = '/ISAPI/Event/triggersCap';

const CENTER = 'center';

/* Reading */

function* listTriggers(): Steps<readonly Trigger[]> {
  try {
    return elementsOf(yield* readList()).map(triggerOf);
  } catch (error) {
    if (!isNoList(error)) throw error;
    const found = (yield* probeTriggers(error)).map(triggerOf);
    if (found.length > 0) return found;
    if (isAbsence(error)) throw error;
    // Not known beforehand which firmware: the list fails for good on some cameras whose single triggers answer.
    throw new DeviceBusyError(
      'the device cannot give the list of its triggers now, and none of the usual ones by itself. Where this stays so, ' +
        'name one to event.getTrigger',
      contextOf(error),
    );
  }
}

/** A busy device is asked again, a broken list is not waited for at every one of its entries. */
function* readList(): Steps<XmlElement> {
  for (const waitMs of BUSY_RETRY_WAITS_MS) {
    try {
      return yield* getDocument(TRIGGERS_PATH);
    } catch (error) {
      if (!(error instanceof DeviceBusyError)) throw error;
    }
    yield* wait(waitMs);
  }
  return yield* getDocument(TRIGGERS_PATH);
}

/** Some cameras answer the list with a fault, with nothing in time, or with bytes that make no sense (isapi.md §6.8). */
function isNoList(error: unknown): error is HikvisionError {
  return (
    isAbsence(error) ||
    error instanceof DeviceBusyError ||
    error instanceof TimeoutError ||
    error instanceof ProtocolError
  );
}

/** Most single triggers that are asked for when there is no list. */
const MAX_PROBES = 40;

/** The triggers that the capability documents promise, each asked for by itself. */
function* probeTriggers(noList: HikvisionError): Steps<XmlElement[]> {
  const promised = yield* promisedIds();
  // Devices without any triggers have none of these documents; a broken list may come without them.
  if (promised === null && isAbsence(noList)) return [];
  const ids = promised ?? Object.values(WATCHED).map(({ triggers }) => numbered(triggers[0], 1));
  const found: XmlElement[] = [];
  for (const id of ids.slice(0, MAX_PROBES)) {
    const trigger = yield* singleTrigger(id);
    if (trigger !== undefined) found.push(trigger);
  }
  return found;
}

/** One trigger at its own path; undefined where there is none. Some recorders answer 503 for an id that they do not know. */
function* singleTrigger(id: string): Steps<XmlElement | undefined> {
  try {
    const document = yield* optionalDocument(`${TRIGGERS_PATH}/${id}`);
    return document?.name.toLowerCase() === 'eventtrigger' ? document : find(document, 'EventTrigger');
  } catch (error) {
    if (error instanceof DeviceBusyError || error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Null where the device has neither document. */
function* promisedIds(): Steps<string[] | null> {
  for (const path of [CHANNELS_CAP_PATH, FIRST_CHANNEL_CAP_PATH]) {
    const document = yield* optionalDocument(path);
    if (document === undefined) continue;
    const channels = document.name.toLowerCase() === 'channeleventcap' ? [document] : all(document, 'ChannelEventCap');
    const ids = channels.flatMap((item) => {
      const types = (find(item, 'eventType')?.attributes.opt ?? '').split(',');
      const channel = numberAt(item, 'channelID') ?? 1;
      return types.flatMap((type) => idsOfWord(type.trim(), channel));
    });
    if (ids.length > 0) return [...new Set(ids)];
  }
  const caps = yield* optionalDocument(TRIGGERS_CAP_PATH);
  if (caps === undefined) return null;
  return [...new Set(caps.children.flatMap(({ name }) => idsOfWord(name.replace(/(?:Trigger)?Cap$/i, ''), 1)))];
}

/** Ids of triggers for a word of a capability document; events of the device itself have no number. */
function idsOfWord(word: string, channel: number): string[] {
  if (word === '') return [];
  const lower = word.toLowerCase();
  const known = watchedFor(lower);
  if (known !== undefined) return known.triggers.map((pattern) => numbered(pattern, channel)).slice(0, 1);
  return DEVICE_EVENTS.has(lower) ? [lower] : [`${word}-${channel}`];
}

const DEVICE_EVENTS = new Set([
  'diskfull',
  'diskerror',
  'nicbroken',
  'ipconflict',
  'illaccess',
  'badvideo',
  'videomismatch',
]);

/** Both forms: the list as the root (newer), or inside an EventNotification (older cameras, thermal ones). */
function elementsOf(document: XmlElement): XmlElement[] {
  const list = document.name.toLowerCase() === 'eventtriggerlist' ? document : find(document, 'EventTriggerList');
  // Seen: an entry with an empty id and type. It says nothing and cannot be asked for.
  return all(list ?? document, 'EventTrigger').filter((item) => eventTypeOf(item) !== '');
}

function eventTypeOf(item: XmlElement): string {
  return textAt(item, 'eventType') ?? (textAt(item, 'id') ?? '').replace(/-\d+$/, '');
}

function triggerOf(item: XmlElement): Trigger {
  const id = textAt(item, 'id') ?? '';
  const eventType = eventTypeOf(item);
  const port = firstNumber(item, 'dynInputIOPortID', 'inputIOPortID');
  const channel = firstNumber(item, 'dynVideoInputChannelID', 'videoInputChannelID');
  const actions = actionsOf(item);
  const notifiesCenter = actions.some((action) => action.toLowerCase() === CENTER);
  return {
    id,
    kind: kindOf(eventType),
    eventType,
    // Some devices name the channel in the id only (`VMD-1` of a DS-2TD1228); there the number of an input is its port.
    channel: channel ?? (port === null ? numberInId(id) : null),
    port,
    description: textAt(item, 'eventDescription'),
    actions,
    notifiesCenter,
    warning: notifiesCenter ? null : silence(id),
  };
}

function silence(id: string): string {
  const fix =
    id === '' ? 'set "notify surveillance center" on its page' : `event.notifyCenter with trigger "${id}" changes that`;
  return `the device tells nobody when this happens, so no event of it arrives; ${fix}`;
}

function notificationsOf(trigger: XmlElement): XmlElement[] {
  return all(find(trigger, 'EventTriggerNotificationList'), 'EventTriggerNotification');
}

function methodOf(notification: XmlElement): string | null {
  return textAt(notification, 'notificationMethod') ?? textAt(notification, 'id')?.replace(/-\d+$/, '') ?? null;
}

function actionsOf(trigger: XmlElement): string[] {
  return [
    ...new Set(
      notificationsOf(trigger)
        .map(methodOf)
        .filter((method) => method !== null),
    ),
  ];
}

/** The first of these elements that holds a number from 1; 0 and empty mean none. */
function firstNumber(item: XmlElement, ...names: readonly string[]): number | null {
  return names.map((name) => numberAt(item, name)).find(isChannel) ?? null;
}

function numberInId(id: string): number | null {
  const number = Number(/-(\d{1,4})$/.exec(id)?.[1] ?? '0');
  return isChannel(number) ? number : null;
}

/** One trigger: at its own path, or out of the list where it has none. The id that the device uses comes with it. */
function* findTrigger(id: string): Steps<XmlElement> {
  const single = yield* singleTrigger(id);
  if (single !== undefined) return single;
  const list = elementsOf(yield* readList());
  const found = list.find((item) => textAt(item, 'id')?.toLowerCase() === id.toLowerCase());
  if (found !== undefined) return found;
  const known = list.map((item) => textAt(item, 'id')).filter((each) => each !== null);
  const words = known.length === 0 ? 'none' : known.slice(0, MAX_PROBES).join(', ');
  throw new NotFoundError(`the device has no trigger ${id}; it has ${words}`);
}

/* Notify surveillance center */

function* notifyCenter({ trigger: id, enabled }: { trigger: string; enabled: boolean }): Steps<Trigger> {
  const document = yield* findTrigger(id);
  const ownId = textAt(document, 'id') ?? id;
  if (triggerOf(document).notifiesCenter !== enabled) {
    yield* mayChange(document, ownId);
    setCenter(document, enabled);
    try {
      yield* putDocument(`${TRIGGERS_PATH}/${ownId}`, formatXml(document));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new RefusedError(`trigger ${ownId}: ${error.message}`, contextOf(error));
    }
  }
  // Devices take a change and do not keep it.
  const after = triggerOf(yield* findTrigger(ownId));
  if (after.notifiesCenter === enabled) return after;
  const warning = `the device said OK and ${enabled ? 'still tells nobody' : 'still notifies the center'}: it does not let this be changed`;
  return { ...after, warning };
}

/** @throws UnsupportedError where the capability document says that this cannot be edited (`isNotSupportCenterModify`). */
function* mayChange(trigger: XmlElement, id: string): Steps<void> {
  const caps = yield* optionalDocument(TRIGGERS_CAP_PATH);
  if (caps === undefined) return;
  const type = eventTypeOf(trigger).toLowerCase();
  const row = watchedFor(type);
  const words = new Set<string>([type, ...(row?.words ?? [])]);
  const cap = caps.children.find(({ name }) => words.has(name.replace(/(?:Trigger)?Cap$/i, '').toLowerCase()));
  if (booleanAt(cap, 'isNotSupportCenterModify') !== true) return;
  throw new UnsupportedError(
    `trigger ${id}: this device does not let "notify surveillance center" be changed (isNotSupportCenterModify)`,
  );
}

function setCenter(trigger: XmlElement, enabled: boolean): void {
  if (enabled) {
    if (find(trigger, 'EventTriggerNotificationList') === undefined)
      setText(trigger, 'EventTriggerNotificationList', '');
    find(trigger, 'EventTriggerNotificationList')?.children.push(
      element('EventTriggerNotification', [
        element('id', CENTER),
        element('notificationMethod', CENTER),
        element('notificationRecurrence', 'beginning'),
      ]),
    );
    return;
  }
  const list = find(trigger, 'EventTriggerNotificationList');
  const kept = list?.children.filter((item) => methodOf(item)?.toLowerCase() !== CENTER) ?? [];
  list?.children.splice(0, list.children.length, ...kept);
}

const triggerParam = {
  kind: 'text',
  title: 'Trigger',
  description: 'Its id, as event.listTriggers gives it, for example VMD-1.',
  maxLength: 64,
  pattern: { expression: /^[A-Za-z0-9_]{1,48}(?:-\d{1,6})?$/, meaning: 'the id of a trigger, for example VMD-1' },
  names: 'triggers',
} as const satisfies TextParam;

export const triggers = {
  listTriggers: command({
    title: 'List triggers',
    summary:
      'Lists what the device looks for and what it does then. A trigger without "center" detects but tells nobody, so no ' +
      'event of it arrives. Where the list is broken, single triggers are asked for.',
    effect: 'read',
    params: {},
    isapi: listTriggers,
    retriesItself: true,
    returns:
      'The triggers in the order of the device: id, kind, eventType, channel, port, actions, notifiesCenter, warning.',
    paths: [TRIGGERS_PATH, CHANNELS_CAP_PATH, FIRST_CHANNEL_CAP_PATH, TRIGGERS_CAP_PATH],
    source: ['ISAPI /ISAPI/Event/triggers', 'isapi.md §6.8'],
  }),

  getTrigger: command({
    title: 'Read a trigger',
    summary: 'Reads one trigger: what the device does when this happens, and whether it tells us.',
    effect: 'read',
    example: { trigger: 'VMD-1' },
    params: { trigger: triggerParam },
    *isapi({ trigger }): Steps<Trigger> {
      return triggerOf(yield* findTrigger(trigger));
    },
    retriesItself: true,
    returns:
      'The trigger: id, kind, eventType, channel, port, actions, notifiesCenter, and a warning where it tells nobody.',
    paths: [`${TRIGGERS_PATH}/{trigger}`, TRIGGERS_PATH],
    source: ['ISAPI /ISAPI/Event/triggers/<ID>', 'isapi.md §6.8'],
  }),

  notifyCenter: command({
    title: 'Notify surveillance center',
    summary:
      'Lets a trigger tell us when it happens, or stop telling. Without this the device detects, but no event arrives. Other ' +
      'actions of the trigger stay as they are.',
    effect: 'write',
    example: { trigger: 'VMD-1', enabled: false },
    params: { trigger: triggerParam, enabled: { kind: 'boolean', title: 'Notify', default: true } },
    isapi: notifyCenter,
    returns: 'The trigger as it is afterwards, with a warning where the device did not keep the change.',
    paths: [`${TRIGGERS_PATH}/{trigger}`, TRIGGERS_PATH, TRIGGERS_CAP_PATH],
    source: ['ISAPI /ISAPI/Event/triggers/<ID>', 'isapi.md §6, §6.8'],
  }),
} as const;
