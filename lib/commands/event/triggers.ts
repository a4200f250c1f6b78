/** Triggers: what a device looks for, and what it does then. */
import { all, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { DeviceBusyError } from '../../errors';
import { kindOf } from '../../events/kinds';
import { isChannel } from '../channels';
import { command, getDocument, type Steps } from '../command';
import type { Trigger } from '../results';
import { contextOf } from '../ways';

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

export const triggers = {
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
} as const;
