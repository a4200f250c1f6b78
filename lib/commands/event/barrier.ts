/** The barrier of a gate (isapi.md §7.1). */
import { element, formatXml, textAt } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { command, getDocument, putDocument, type Steps } from '../command';
import { channelParam } from '../channels';

const pathOf = (channel: number | string) => `/ISAPI/Parking/channels/${channel}/barrierGate`;

export type BarrierAction = 'open' | 'close' | 'lock' | 'unlock';

export interface BarrierCall {
  readonly channel: number;
  readonly action: BarrierAction;
}

export interface BarrierStatus {
  readonly channel: number;
  /** `open`, `closed`, `none`; another word is the device's own. */
  readonly state: string | null;
}

const STATES = ['none', 'closed', 'open'];
const ATTRIBUTES = { version: '2.0', xmlns: 'http://www.isapi.org/ver20/XMLSchema' };

function* control(channel: number, action: BarrierAction): Steps<BarrierCall> {
  yield* putDocument(pathOf(channel), formatXml(element('BarrierGate', [element('ctrlMode', action)], ATTRIBUTES)));
  return { channel, action };
}

function* status(channel: number): Steps<BarrierStatus> {
  const path = `${pathOf(channel)}/barrierGateStatus`;
  const document = yield* getDocument(path);
  if (!document.name.toLowerCase().startsWith('barriergate')) {
    throw new UnsupportedError(`${path}: answered with ${document.name} instead of BarrierGateStatus`);
  }
  const word = textAt(document, 'barrierGateStatus') ?? (document.text === '' ? null : document.text);
  return { channel, state: word === null ? null : (STATES[Number(word)] ?? word) };
}

function barrierCommand(title: string, summary: string, action: BarrierAction) {
  return command({
    title,
    summary: `${summary} Sent once: it is not repeated when no answer comes.`,
    effect: 'act',
    needs: 'barrier',
    params: { channel: channelParam },
    isapi: ({ channel }): Steps<BarrierCall> => control(channel, action),
    returns: 'The channel and the action. The device took it, which does not prove that the barrier moved.',
    paths: [pathOf('{channel}')],
    source: ['ISAPI /ISAPI/Parking/channels/<ID>/barrierGate', 'isapi.md §7.1'],
  });
}

export const barrier = {
  openBarrier: barrierCommand('Open the barrier', 'Opens the barrier; a locked one stays closed.', 'open'),
  closeBarrier: barrierCommand('Close the barrier', 'Closes the barrier.', 'close'),
  lockBarrier: barrierCommand(
    'Lock the barrier',
    'Keeps the barrier where it is, also over a restart, until it is unlocked.',
    'lock',
  ),
  unlockBarrier: barrierCommand('Unlock the barrier', 'Lets the barrier move again.', 'unlock'),

  barrierStatus: command({
    title: 'Read the barrier',
    summary: 'Whether the barrier is open or closed.',
    effect: 'read',
    needs: 'barrier',
    params: { channel: channelParam },
    isapi: ({ channel }): Steps<BarrierStatus> => status(channel),
    returns: 'channel and state: open, closed or none.',
    paths: [`${pathOf('{channel}')}/barrierGateStatus`],
    source: ['ISAPI /ISAPI/Parking/channels/<ID>/barrierGate/barrierGateStatus', 'isapi.md §7.1'],
  }),
} as const;
