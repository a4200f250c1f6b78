/** The call of a door station: who rings, and what is done about it (isapi.md §7.3). */
import { jsonAt, jsonList, jsonNumber, jsonText, scalar } from '../../codec/json';
import { UnsupportedError } from '../../errors';
import { ask, command, type CommandContext, type Steps } from '../command';
import { getJson, optionalJson, sendJson } from '../json';

const STATUS_PATH = '/ISAPI/VideoIntercom/callStatus?format=json';
const CALLER_PATH = '/ISAPI/VideoIntercom/callerInfo?format=json';
const SIGNAL_PATH = '/ISAPI/VideoIntercom/callSignal?format=json';
const SIGNALS_PATH = '/ISAPI/VideoIntercom/callSignal/capabilities?format=json';
const RING_PATH = '/ISAPI/VideoIntercom/ring';

export interface CallStatus {
  /** The device's word: `idle`, `ring`, `onCall`; null where it says none. */
  readonly status: string | null;
  readonly isRinging: boolean;
  readonly isInCall: boolean;
}

/** Where the call comes from, as the device numbers its building. Null for what it does not say. */
export interface CallerInfo {
  readonly building: number | null;
  readonly floor: number | null;
  readonly zone: number | null;
  readonly unit: number | null;
  readonly device: number | null;
  /** The device's number for the kind of station. */
  readonly deviceType: string | null;
  readonly lock: number | null;
  readonly status: string | null;
}

export interface CallSignal {
  /** The device's word for what it was told. */
  readonly signal: string;
}

function* callStatus(): Steps<CallStatus> {
  const document = yield* getJson(STATUS_PATH);
  if (jsonAt(document, 'CallStatus') === undefined) {
    throw new UnsupportedError(`${STATUS_PATH}: answered without CallStatus`);
  }
  const status = jsonText(document, 'CallStatus/status');
  const word = status?.toLowerCase();
  return { status, isRinging: word === 'ring', isInCall: word === 'oncall' };
}

function* callerInfo(): Steps<CallerInfo> {
  const caller = jsonAt(yield* getJson(CALLER_PATH), 'CallerInfo');
  if (caller === undefined) throw new UnsupportedError(`${CALLER_PATH}: answered without CallerInfo`);
  return {
    building: jsonNumber(caller, 'buildingNo'),
    floor: jsonNumber(caller, 'floorNo'),
    zone: jsonNumber(caller, 'zoneNo'),
    unit: jsonNumber(caller, 'unitNo'),
    device: jsonNumber(caller, 'devNo'),
    deviceType: jsonText(caller, 'devType'),
    lock: jsonNumber(caller, 'lockNum'),
    status: jsonText(caller, 'status'),
  };
}

/** The signals that a device knows; empty where it does not tell. Asked once. */
function* knownSignals(context: CommandContext): Steps<readonly string[]> {
  const key = 'event.answerCall/signals';
  const known = context.memory.get(key) as readonly string[] | undefined;
  if (known !== undefined) return known;
  const options = jsonList(yield* optionalJson(SIGNALS_PATH), 'CallSignal/cmdType/@opt');
  // Older ones write the words as one text.
  const found = options.flatMap((option) => scalar(option)?.split(',') ?? []).map((word) => word.trim());
  context.memory.set(key, found);
  return found;
}

function* sendSignal(signal: string, context: CommandContext): Steps<CallSignal> {
  const known = yield* knownSignals(context);
  if (known.length > 0 && !known.includes(signal)) {
    throw new UnsupportedError(`${SIGNALS_PATH}: this device can be told ${known.join(', ')}, not ${signal}`);
  }
  yield* sendJson('PUT', SIGNAL_PATH, { CallSignal: { cmdType: signal } });
  return { signal };
}

function signalCommand(title: string, summary: string, signal: string) {
  return command({
    title,
    summary,
    effect: 'act',
    needs: 'intercom',
    params: {},
    isapi: (_args, context): Steps<CallSignal> => sendSignal(signal, context),
    returns: 'What the device was told: signal.',
    paths: [SIGNALS_PATH, SIGNAL_PATH],
    source: ['ISAPI /ISAPI/VideoIntercom/callSignal', 'isapi.md §7.3'],
  });
}

export const intercom = {
  callStatus: command({
    title: 'Read the call',
    summary: 'Whether somebody rings at a door station or is in a call. Some stations tell it by nothing else.',
    effect: 'read',
    needs: 'intercom',
    params: {},
    isapi: callStatus,
    returns: 'status in the word of the device (idle, ring, onCall), isRinging, isInCall.',
    paths: [STATUS_PATH],
    source: ['ISAPI /ISAPI/VideoIntercom/callStatus', 'isapi.md §7.3'],
  }),

  callerInfo: command({
    title: 'Read who calls',
    summary: 'Which station a call comes from, in the numbers of the building.',
    effect: 'read',
    needs: 'intercom',
    params: {},
    isapi: callerInfo,
    returns: 'building, floor, zone, unit, device, deviceType, lock, status.',
    paths: [CALLER_PATH],
    source: ['ISAPI /ISAPI/VideoIntercom/callerInfo', 'isapi.md §7.3'],
  }),

  answerCall: signalCommand('Answer a call', 'Answers whoever rings; the sound is another matter.', 'answer'),
  rejectCall: signalCommand('Reject a call', 'Refuses whoever rings; the ringing ends.', 'reject'),
  hangUpCall: signalCommand('Hang up', 'Ends the call.', 'hangUp'),
  cancelCall: signalCommand('Cancel a call', 'Takes back a call that nobody has answered.', 'cancel'),

  stopRinging: command({
    title: 'Stop the ringing',
    summary: 'Ends the ringing without answering or refusing it.',
    effect: 'act',
    needs: 'intercom',
    params: {},
    *isapi(): Steps<CallSignal> {
      yield* ask({ method: 'DELETE', path: RING_PATH });
      return { signal: 'stopRinging' };
    },
    returns: 'That it was told: signal.',
    paths: [RING_PATH],
    source: ['ISAPI /ISAPI/VideoIntercom/ring', 'isapi.md §7.3'],
  }),
} as const;
