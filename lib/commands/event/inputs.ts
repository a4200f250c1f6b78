/** Alarm inputs: contacts at the device, and those that exist in software only. */
import { booleanAt, find, formatXml, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import { ask, command, getDocument, putDocument, wait, type Steps } from '../command';
import { firstThatWorks } from '../ways';
import type { Changed } from './detection';
import { channelOfPort, listPaths, pathsOf, placesOf, portParam, readPorts, readState } from './ports';
import { switchBriefly } from './switching';

export interface AlarmInput {
  readonly input: number;
  /** Of the camera that it belongs to; null for an input of the device itself. */
  readonly channel: number | null;
  readonly name: string | null;
  /** False: the device does not care about it. */
  readonly enabled: boolean | null;
  /** What the contact is at rest: `normallyOpen`, `normallyClosed`, or another word of the device. */
  readonly contact: string | null;
  /** Is the alarm raised now? */
  readonly active: boolean | null;
}

export interface SoftInput {
  readonly input: number;
  readonly active: boolean;
}

/** `triggering`: the level that raises the alarm (isapi.md §5.1). */
const CONTACTS = { normallyOpen: 'high', normallyClosed: 'low' } as const;
type Contact = keyof typeof CONTACTS;

function alarmInput(input: number, document: XmlElement | undefined, active: boolean | null): AlarmInput {
  const level = textAt(document, 'triggering');
  const contact = (Object.keys(CONTACTS) as Contact[]).find((one) => CONTACTS[one] === level?.toLowerCase());
  return {
    input,
    channel: channelOfPort(input),
    name: textAt(document, 'name'),
    enabled: booleanAt(document, 'enabled'),
    contact: contact ?? level,
    active,
  };
}

interface Place {
  readonly path: string;
  readonly document: XmlElement;
}

/** The number says where it is, so nothing needs to be remembered. */
function* locate(input: number): Steps<Place> {
  return yield* firstThatWorks(placesOf('input', input), new Map(), '', function* (path) {
    return { path, document: yield* readAt(path) };
  });
}

function* readAt(path: string): Steps<XmlElement> {
  const document = yield* getDocument(path);
  if (/^io(?:proxy)?inputport$/i.test(document.name)) return document;
  throw new UnsupportedError(`${path}: answered with ${document.name} instead of IOInputPort`);
}

interface InputChange {
  readonly input: number;
  readonly enabled: boolean | undefined;
  readonly contact: Contact | undefined;
  readonly name: string | undefined;
}

function* setAlarmInput({ input, enabled, contact, name }: InputChange): Steps<Changed<AlarmInput>> {
  if (enabled === undefined && contact === undefined && name === undefined) {
    throw new ArgumentError([
      { parameter: 'arguments', given: {}, expected: 'at least one of enabled, contact, name' },
    ]);
  }
  const { path, document } = yield* locate(input);
  if (enabled !== undefined && find(document, 'enabled') === undefined) {
    throw new UnsupportedError(`${path}: the device has no switch for this input`);
  }
  if (enabled !== undefined) setText(document, 'enabled', enabled);
  if (contact !== undefined) setText(document, 'triggering', CONTACTS[contact]);
  if (name !== undefined) setText(document, 'name', name);
  const answer = yield* putDocument(path, formatXml(document));
  const after = yield* readAt(path);
  return { ...alarmInput(input, after, yield* readState('input', input)), rebootRequired: needsReboot(answer) };
}

/* Soft inputs. The words are those of a camera's barrier control, the only one that we know of; no capture shows it. */

const SOFT_PATH = '/ISAPI/System/IO/softInputs/trigger?format=json';

function* triggerSoft(input: number, active: boolean): Steps<void> {
  const body = JSON.stringify({ SoftIO: [{ id: input, triggerType: active ? 'start' : 'stop' }] });
  yield* ask({ method: 'PUT', path: SOFT_PATH, body, contentType: 'application/json' });
}

const input = { ...portParam, title: 'Input', names: 'alarmInputs' } as const;

export const inputs = {
  listAlarmInputs: command({
    title: 'List alarm inputs',
    summary: 'Lists the alarm inputs of the device, and of the cameras behind a recorder, with their state.',
    effect: 'read',
    params: {},
    needs: 'alarmInputs',
    *isapi(): Steps<readonly AlarmInput[]> {
      return (yield* readPorts('input')).map(({ port, document, active }) => alarmInput(port, document, active));
    },
    returns: 'The inputs by number: input, channel, name, enabled, contact, active.',
    paths: listPaths('input'),
    source: ['ISAPI /ISAPI/System/IO/inputs', 'isapi.md §5.1'],
  }),

  getAlarmInput: command({
    title: 'Read alarm input',
    summary: 'Reads one alarm input: whether its alarm is raised now, and what the contact is at rest.',
    effect: 'read',
    params: { input },
    needs: 'alarmInputs',
    *isapi({ input }): Steps<AlarmInput> {
      const { document } = yield* locate(input);
      return alarmInput(input, document, yield* readState('input', input));
    },
    returns: 'input, channel, name, enabled, contact, active.',
    paths: [...pathsOf('input'), ...pathsOf('input', '/status')],
    source: ['ISAPI /ISAPI/System/IO/inputs/<ID>', 'isapi.md §5.1'],
  }),

  setAlarmInput: command({
    title: 'Set alarm input',
    summary:
      'Switches an alarm input on or off, or changes its contact or its name. Changing the contact of a free input and back ' +
      'raises an alarm by software.',
    effect: 'write',
    example: { contact: 'normallyClosed' },
    params: {
      input,
      enabled: { kind: 'boolean', title: 'On', optional: true },
      contact: {
        kind: 'choice',
        title: 'Contact',
        description: 'What the contact is while all is well.',
        choices: Object.keys(CONTACTS) as Contact[],
        optional: true,
      },
      name: { kind: 'text', title: 'Name', maxLength: 32, optional: true },
    },
    needs: 'alarmInputs',
    isapi: setAlarmInput,
    returns: 'The input as it is afterwards, and whether the device needs a restart.',
    paths: [...pathsOf('input'), ...pathsOf('input', '/status')],
    source: ['ISAPI /ISAPI/System/IO/inputs/<ID>', 'isapi.md §0.3, §5.1'],
  }),

  triggerSoftInput: command({
    title: 'Trigger soft input',
    summary:
      'Raises or clears an alarm input that exists in software only; what the device does then is set at the device.',
    effect: 'act',
    params: {
      input: { kind: 'integer', title: 'Soft input', min: 1, max: 128, default: 1 },
      active: { kind: 'boolean', title: 'Raise', default: true },
      forMs: {
        kind: 'integer',
        title: 'For',
        description: 'Raised for this long and cleared then; 0 leaves it as it is.',
        unit: 'ms',
        min: 0,
        max: 3_600_000,
        default: 0,
      },
    },
    needs: 'softInputs',
    *isapi({ input, active, forMs }, context): Steps<SoftInput> {
      if (forMs === 0 || !active) {
        yield* triggerSoft(input, active);
        return { input, active };
      }
      const isOff = yield* switchBriefly(`event.softInput/${input}`, context, forMs, {
        on: () => triggerSoft(input, true),
        off: () => triggerSoft(input, false),
        pause: wait,
      });
      return { input, active: !isOff };
    },
    returns: 'The input, and how it was left.',
    paths: ['/ISAPI/System/IO/softInputs/trigger'],
    source: ['ISAPI /ISAPI/System/IO/softInputs/trigger', 'isapi.md §5.1'],
  }),
} as const;
