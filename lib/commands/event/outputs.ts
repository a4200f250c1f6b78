/** Alarm outputs: relays of the device, and of the cameras behind a recorder. */
import { encode } from '../../codec/layout';
import { alarmOutputRequest } from '../../codec/structs';
import { element, formatXml, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { command, putDocument, wait, type CommandContext, type Steps } from '../command';
import { askPort, waitPort, type PortContext, type PortSteps } from '../port';
import { firstThatWorks } from '../ways';
import { channelOfPort, isProxied, listPaths, pathsOf, placesOf, portParam, readPorts, readState } from './ports';
import { switchBriefly, takeOver } from './switching';

export interface AlarmOutput {
  readonly output: number;
  /** Of the camera that it belongs to; null for an output of the device itself. */
  readonly channel: number | null;
  readonly name: string | null;
  /** What it is there for, in the device's word: electricLock, custom, disable. */
  readonly use: string | null;
  /** How long the device lets it on by itself; null where it stays on until it is switched off. */
  readonly pulseMs: number | null;
  /** Is it on now? */
  readonly active: boolean | null;
}

export interface OutputState {
  readonly output: number;
  /** What the device says afterwards; null where it does not say, and in binary. */
  readonly active: boolean | null;
}

export interface OutputPulse {
  readonly output: number;
  readonly forMs: number;
  /** True when it was switched off at the end; false where a newer command took it over. */
  readonly switchedOff: boolean;
}

function alarmOutput(output: number, document: XmlElement | undefined, active: boolean | null): AlarmOutput {
  const isPulse = textAt(document, 'PowerOnState/outputState')?.toLowerCase() === 'pulse';
  return {
    output,
    channel: channelOfPort(output),
    name: textAt(document, 'name'),
    use: textAt(document, 'IOUseType'),
    pulseMs: isPulse ? numberAt(document, 'PowerOnState/pulseDuration') : null,
    active,
  };
}

const ownerKey = (output: number): string => `event.output/${output}`;

function* trigger(output: number, active: boolean): Steps<void> {
  const body = formatXml(element('IOPortData', [element('outputState', active ? 'high' : 'low')]));
  yield* firstThatWorks(placesOf('output', output), new Map(), '', (place) => putDocument(`${place}/trigger`, body));
}

function* triggerPort(output: number, active: boolean): PortSteps<void> {
  yield* askPort('setAlarmOutput', encode(alarmOutputRequest, { output, active: active ? 1 : 0 }));
}

interface PulseArguments {
  readonly output: number;
  readonly forMs: number;
}

function* pulse({ output, forMs }: PulseArguments, context: CommandContext): Steps<OutputPulse> {
  const switchedOff = yield* switchBriefly(ownerKey(output), context, forMs, {
    on: () => trigger(output, true),
    off: () => trigger(output, false),
    pause: wait,
  });
  return { output, forMs, switchedOff };
}

function* pulsePort({ output, forMs }: PulseArguments, context: PortContext): PortSteps<OutputPulse> {
  const switchedOff = yield* switchBriefly(ownerKey(output), context, forMs, {
    on: () => triggerPort(output, true),
    off: () => triggerPort(output, false),
    pause: waitPort,
  });
  return { output, forMs, switchedOff };
}

const output = { ...portParam, title: 'Output', names: 'alarmOutputs' } as const;
const source = ['ISAPI /ISAPI/System/IO/outputs/<ID>/trigger', 'isapi.md §5.1', 'HCNetSDK.h NET_DVR_SetAlarmOut'];

export const outputs = {
  listAlarmOutputs: command({
    title: 'List alarm outputs',
    summary: 'Lists the alarm outputs of the device, and of the cameras behind a recorder, with their state.',
    effect: 'read',
    params: {},
    needs: 'alarmOutputs',
    *isapi(): Steps<readonly AlarmOutput[]> {
      return (yield* readPorts('output')).map(({ port, document, active }) => alarmOutput(port, document, active));
    },
    returns: 'The outputs by number: output, channel, name, use, pulseMs, active.',
    paths: listPaths('output'),
    source: ['ISAPI /ISAPI/System/IO/outputs', 'isapi.md §5.1'],
  }),

  setAlarmOutput: command({
    title: 'Switch alarm output',
    summary:
      'Switches an alarm output on or off. On, it stays on until it is switched off, unless the device has a time for it.',
    effect: 'act',
    example: { active: true },
    params: { output, active: { kind: 'boolean', title: 'On' } },
    needs: 'alarmOutputs',
    *isapi({ output, active }, context): Steps<OutputState> {
      takeOver(ownerKey(output), context);
      yield* trigger(output, active);
      return { output, active: yield* readState('output', output) };
    },
    commandPort({ output, active }, context): PortSteps<OutputState> | null {
      // The binary form counts the ports of the device itself.
      if (isProxied(output)) return null;
      takeOver(ownerKey(output), context);
      return (function* () {
        yield* triggerPort(output, active);
        return { output, active: null };
      })();
    },
    returns: 'The output, and whether it is on afterwards.',
    paths: [...pathsOf('output', '/trigger'), ...pathsOf('output', '/status')],
    source,
  }),

  pulseAlarmOutput: command({
    title: 'Pulse alarm output',
    summary: 'Switches an alarm output on for a while and off again, also when the call is given up before.',
    effect: 'act',
    params: {
      output,
      forMs: { kind: 'integer', title: 'For', unit: 'ms', min: 50, max: 3_600_000, default: 1_000 },
    },
    needs: 'alarmOutputs',
    isapi: pulse,
    commandPort: (args, context) => (isProxied(args.output) ? null : pulsePort(args, context)),
    returns: 'The output, how long it was on, and whether it was switched off at the end.',
    paths: pathsOf('output', '/trigger'),
    source,
  }),
} as const;
