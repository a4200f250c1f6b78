/** The auxiliary switches of a camera: its lamp and its wiper. */
import { PTZ_CODES, stopCode } from '../../codec/structs';
import { all, element, formatXml, numberAt, textAt } from '../../codec/xml';
import { command, putDocument, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { deviceChannelOf, type PortContext, type PortSteps } from '../port';
import { optionalDocument } from '../ways';
import { drivePort, ptz, ptzPaths } from './ptz';

export interface Switched {
  readonly channel: number;
  readonly on: boolean;
}

/** Words of the device, and codes for the command port. */
const SWITCHES = { LIGHT: PTZ_CODES.light, WIPER: PTZ_CODES.wiper } as const;

type SwitchName = keyof typeof SWITCHES;

interface SwitchArguments {
  readonly channel: number;
  readonly on: boolean;
}

function* turn(name: SwitchName, { channel, on }: SwitchArguments, context: CommandContext): Steps<Switched> {
  yield* ptz(channel, context, function* (base) {
    const list = yield* optionalDocument(`${base}/auxcontrols`);
    const listed = all(list, 'PTZAux').find((each) => textAt(each, 'type')?.toUpperCase() === name);
    const id = numberAt(listed, 'id') ?? 1;
    // Without a namespace: at least one camera refuses it with one (isapi.md §4.4).
    const body = element('PTZAux', [element('id', id), element('type', name), element('status', on ? 'on' : 'off')]);
    yield* putDocument(`${base}/auxcontrols/${id}`, formatXml(body));
  });
  return { channel, on };
}

function* turnPort(name: SwitchName, { channel, on }: SwitchArguments, context: PortContext): PortSteps<Switched> {
  const code = SWITCHES[name];
  yield* drivePort(deviceChannelOf(channel, context.device), on ? code : stopCode(code), 0);
  return { channel, on };
}

const params = { channel: channelParam, on: { kind: 'boolean', title: 'On' } } as const;

const COMMON = {
  effect: 'act',
  needs: 'ptz',
  params,
  returns: 'The channel, and whether it was switched on or off.',
  paths: ptzPaths('auxcontrols', 'auxcontrols/1'),
} as const;

const SOURCES = ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/auxcontrols/<ID>', 'isapi.md §4.4'] as const;

export const auxiliary = {
  switchLamp: command({
    ...COMMON,
    title: 'Switch the lamp',
    example: { on: true },
    summary: 'Switches the auxiliary light of a PTZ camera on or off.',
    isapi: (args, context) => turn('LIGHT', args, context),
    commandPort: (args, context) => turnPort('LIGHT', args, context),
    source: [...SOURCES, 'HCNetSDK.h LIGHT_PWRON'],
  }),

  switchWiper: command({
    ...COMMON,
    title: 'Switch the wiper',
    example: { on: false },
    summary: 'Switches the wiper of a PTZ camera on or off.',
    isapi: (args, context) => turn('WIPER', args, context),
    commandPort: (args, context) => turnPort('WIPER', args, context),
    source: [...SOURCES, 'HCNetSDK.h WIPER_PWRON'],
  }),
} as const;
