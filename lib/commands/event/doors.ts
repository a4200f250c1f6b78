/** Doors: opened, closed, held, and how they are (isapi.md §7.2). */
import { jsonAt, jsonList, jsonNumber, jsonText, scalar } from '../../codec/json';
import { element, find, formatXml, toNumber, type XmlElement } from '../../codec/xml';
import { ArgumentError, NotFoundError, UnsupportedError, type HikvisionError } from '../../errors';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import { getJson } from '../json';
import { firstThatWorks, optionalDocument } from '../ways';

const DOOR_PATH = '/ISAPI/AccessControl/RemoteControl/door';
const CAPABILITIES_PATH = `${DOOR_PATH}/capabilities`;
const STATUS_PATH = '/ISAPI/AccessControl/AcsWorkStatus?format=json';
const OLD_INTERCOM_PATH = '/ISAPI/VideoIntercom/remoteOpenDoor';
/** Without it, or with another one, terminals answer OK and the door does not move. */
const NAMESPACE = 'http://www.isapi.org/ver20/XMLSchema';

/** Ours, and the device's word. */
const DOOR_COMMANDS = {
  open: 'open',
  close: 'close',
  holdOpen: 'alwaysOpen',
  holdClosed: 'alwaysClose',
  resume: 'resume',
} as const;

export type DoorAction = keyof typeof DOOR_COMMANDS;

export interface DoorCall {
  readonly door: number;
  readonly action: DoorAction;
}

export interface DoorCapabilities {
  /** Null where the device does not say. */
  readonly firstDoor: number | null;
  readonly lastDoor: number | null;
  /** `open`, `close`, `holdOpen`, `holdClosed`, `resume`; others in the device's own word. Empty: it does not say. */
  readonly actions: readonly string[];
}

export interface DoorStatus {
  readonly door: number;
  /** `locked`, `unlocked`, `shortCircuit`, `openCircuit`, `fault`. */
  readonly lock: string | null;
  /** `closed`, `open`, or what is wrong with the contact. */
  readonly contact: string | null;
  /** `normal`, `heldOpen`, `heldClosed`, `sleeping`. */
  readonly mode: string | null;
}

export interface AccessStatus {
  readonly doors: readonly DoorStatus[];
  /** Numbers of the readers that are there. */
  readonly readersOnline: readonly number[];
  /** Somebody opened the case. */
  readonly tampered: boolean | null;
  /** The device's word: `ACPowerSupply`, `batteryPowerSupply`. */
  readonly power: string | null;
  readonly cards: number | null;
}

function capabilitiesFrom(document: XmlElement): DoorCapabilities {
  const numbers = find(document, 'doorNo')?.attributes ?? {};
  const words = find(document, 'cmd')?.attributes['opt'] ?? '';
  const ours = new Map<string, string>(Object.entries(DOOR_COMMANDS).map(([name, word]) => [word, name]));
  return {
    firstDoor: toNumber(numbers['min']),
    lastDoor: toNumber(numbers['max']),
    actions: words
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
      .map((word) => ours.get(word) ?? word),
  };
}

function isCapabilities(document: XmlElement | undefined): document is XmlElement {
  return document?.name.toLowerCase() === 'remotecontroldoor';
}

/** What the doors can do; asked once, because it follows from the hardware. Null where the device does not tell. */
function* knownCapabilities(context: CommandContext, refusals: HikvisionError[] = []): Steps<DoorCapabilities | null> {
  const key = 'event.doorCapabilities';
  const known = context.memory.get(key) as DoorCapabilities | null | undefined;
  if (known !== undefined) return known;
  const document = yield* optionalDocument(CAPABILITIES_PATH, refusals);
  const found = isCapabilities(document) ? capabilitiesFrom(document) : null;
  context.memory.set(key, found);
  return found;
}

const ALL_DOORS = 65_535;

function checkDoor(door: number, action: DoorAction, capabilities: DoorCapabilities | null): void {
  if (capabilities === null) return;
  const { firstDoor, lastDoor, actions } = capabilities;
  const isThere = door === ALL_DOORS || (door >= (firstDoor ?? 1) && door <= (lastDoor ?? ALL_DOORS));
  if (!isThere) {
    const expected = `a door from ${firstDoor ?? 1} to ${lastDoor}, which this device has`;
    throw new ArgumentError([{ parameter: 'door', given: door, expected }]);
  }
  if (actions.length > 0 && !actions.includes(action)) {
    throw new UnsupportedError(
      `${CAPABILITIES_PATH}: the doors of this device can ${actions.join(', ')}, not ${action}`,
    );
  }
}

/** Only what the device does not know leads to the older path: a door that was refused stays shut. */
function isUnknownPath(error: unknown): error is HikvisionError {
  return error instanceof UnsupportedError || error instanceof NotFoundError;
}

function* control(door: number, action: DoorAction, context: CommandContext): Steps<DoorCall> {
  checkDoor(door, action, yield* knownCapabilities(context));
  const isOldPossible = action === 'open' && door !== ALL_DOORS;
  const ways = isOldPossible ? (['door', 'oldIntercom'] as const) : (['door'] as const);
  yield* firstThatWorks(
    ways,
    context.memory,
    `event.openDoor/${isOldPossible ? 'open' : 'other'}`,
    (way) => (way === 'door' ? sendCommand(door, action) : openAtOldIntercom(door)),
    isUnknownPath,
  );
  return { door, action };
}

function* sendCommand(door: number, action: DoorAction): Steps<void> {
  const attributes = { version: '2.0', xmlns: NAMESPACE };
  const body = element('RemoteControlDoor', [element('cmd', DOOR_COMMANDS[action])], attributes);
  yield* putDocument(`${DOOR_PATH}/${door}`, formatXml(body));
}

/** Door stations from before access control (isapi.md §7.2). */
function* openAtOldIntercom(door: number): Steps<void> {
  const attributes = { version: '2.0', xmlns: NAMESPACE };
  const parts = [element('gateWayIndex', door), element('command', 'unlock'), element('controlSrc', '')];
  yield* putDocument(OLD_INTERCOM_PATH, formatXml(element('RemoteOpenDoor', parts, attributes)));
}

/* Status */

const LOCK_WORDS = ['locked', 'unlocked', 'shortCircuit', 'openCircuit', 'fault'];
const CONTACT_WORDS = ['closed', 'open', 'shortCircuit', 'openCircuit', 'fault'];
const MODE_WORDS = [undefined, 'sleeping', 'heldOpen', 'heldClosed', 'normal'];

/** A number becomes our word; a word of the device travels on as it is. */
function wordOf(value: unknown, words: readonly (string | undefined)[]): string | null {
  const text = scalar(value);
  return text === null ? null : (words[Number(text)] ?? text);
}

function* doorStatus(context: CommandContext): Steps<AccessStatus> {
  const document = yield* getJson(STATUS_PATH);
  const status = jsonAt(document, 'AcsWorkStatus');
  if (status === undefined) throw new UnsupportedError(`${STATUS_PATH}: answered without AcsWorkStatus`);
  const locks = jsonList(status, 'doorLockStatus');
  const modes = jsonList(status, 'doorStatus');
  const contacts = jsonList(status, 'magneticStatus');
  // The lists are as long as the largest model of the series has doors; the capabilities say how many are fitted.
  const said = Math.max(locks.length, modes.length, contacts.length);
  const fitted = (yield* knownCapabilities(context))?.lastDoor ?? said;
  const doors = Array.from({ length: Math.min(said, fitted) }, (_, index) => ({
    door: index + 1,
    lock: wordOf(locks[index], LOCK_WORDS),
    contact: wordOf(contacts[index], CONTACT_WORDS),
    mode: wordOf(modes[index], MODE_WORDS),
  }));
  const tamper = jsonText(status, 'hostAntiDismantleStatus');
  return {
    doors,
    readersOnline: jsonList(status, 'cardReaderOnlineStatus').flatMap((reader) => toNumber(scalar(reader)) ?? []),
    tampered: tamper === 'open' ? true : tamper === 'close' ? false : null,
    power: jsonText(status, 'powerSupplyStatus'),
    cards: jsonNumber(status, 'cardNum'),
  };
}

/* Commands */

const doorParam = {
  kind: 'integer',
  title: 'Door',
  description: 'As the device counts its doors, from 1; 65535 is all of them, where the device knows that.',
  min: 1,
  max: ALL_DOORS,
  default: 1,
  names: 'doors',
} as const;

const SOURCE = ['ISAPI /ISAPI/AccessControl/RemoteControl/door/<ID>', 'isapi.md §7.2'] as const;
const CONTROL_PATHS = [CAPABILITIES_PATH, `${DOOR_PATH}/{door}`] as const;

function doorCommand(title: string, summary: string, action: DoorAction, paths: readonly string[] = CONTROL_PATHS) {
  return command({
    title,
    summary: `${summary} Sent once: it is not repeated when no answer comes.`,
    effect: 'act',
    needs: 'doors',
    params: { door: doorParam },
    isapi: ({ door }, context): Steps<DoorCall> => control(door, action, context),
    returns: 'The door and the action. The device took it; whether the door moved, its events and status tell.',
    paths,
    source: SOURCE,
  });
}

export const doors = {
  openDoor: doorCommand('Open a door', 'Unlocks a door for as long as it is set to.', 'open', [
    ...CONTROL_PATHS,
    OLD_INTERCOM_PATH,
  ]),
  closeDoor: doorCommand('Close a door', 'Locks a door at once.', 'close'),
  holdDoorOpen: doorCommand('Hold a door open', 'Unlocks a door until it is told otherwise.', 'holdOpen'),
  holdDoorClosed: doorCommand(
    'Hold a door closed',
    'Keeps a door locked, for cards too, until it is told otherwise.',
    'holdClosed',
  ),
  resumeDoor: doorCommand('End the holding of a door', 'A door that was held works as usual again.', 'resume'),

  doorStatus: command({
    title: 'Read the doors',
    summary: 'Which doors are locked, open or held, and what the device says about its readers, case and power.',
    effect: 'read',
    needs: 'doors',
    params: {},
    isapi: (_args, context): Steps<AccessStatus> => doorStatus(context),
    returns: 'doors with lock, contact and mode; readersOnline, tampered, power, cards.',
    paths: [STATUS_PATH, CAPABILITIES_PATH],
    source: ['ISAPI /ISAPI/AccessControl/AcsWorkStatus', 'isapi.md §7.2'],
  }),

  doorCapabilities: command({
    title: 'Read what the doors can do',
    summary: 'How many doors there are and what they can be told.',
    effect: 'read',
    needs: 'doors',
    params: {},
    *isapi(_args, context): Steps<DoorCapabilities> {
      const refusals: HikvisionError[] = [];
      const found = yield* knownCapabilities(context, refusals);
      if (found !== null) return found;
      throw refusals[0] ?? new UnsupportedError(`${CAPABILITIES_PATH}: the device does not tell`);
    },
    returns: 'firstDoor, lastDoor, and actions: open, close, holdOpen, holdClosed, resume.',
    paths: [CAPABILITIES_PATH],
    source: ['ISAPI /ISAPI/AccessControl/RemoteControl/door/capabilities', 'isapi.md §7.2'],
  }),
} as const;
