/** Patrols: rounds of presets. */
import { PTZ_CODES } from '../../codec/structs';
import { all, booleanAt, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ask, command, getDocument, type CommandContext, type IntegerParam, type Steps } from '../command';
import { channelParam } from '../channels';
import { deviceChannelOf, type PortContext, type PortSteps } from '../port';
import { drivePort, ptz, ptzPaths, supersede } from './ptz';

export interface PatrolStop {
  readonly preset: number;
  readonly staySeconds: number | null;
  /** Speed of the way there, usually 1 to 40. */
  readonly speed: number | null;
}

export interface Patrol {
  readonly patrol: number;
  readonly name: string | null;
  readonly enabled: boolean | null;
  readonly stops: readonly PatrolStop[];
}

export interface PatrolCall {
  readonly channel: number;
  readonly patrol: number;
}

const patrolParam = {
  kind: 'integer',
  title: 'Patrol',
  min: 1,
  max: 64,
  names: 'patrols',
} as const satisfies IntegerParam;

function stopsOf(patrol: XmlElement): PatrolStop[] {
  return all(find(patrol, 'PatrolSequenceList'), 'PatrolSequence').flatMap((stop) => {
    const preset = numberAt(stop, 'presetID');
    // Places of the round that are not used have the preset 0.
    if (preset === null || preset < 1) return [];
    const staySeconds = numberAt(stop, 'delay') ?? numberAt(stop, 'dwellTime');
    return [{ preset, staySeconds, speed: numberAt(stop, 'seqSpeed') }];
  });
}

function* run(channel: number, patrol: number, verb: 'start' | 'stop', context: CommandContext): Steps<PatrolCall> {
  yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/patrols/${patrol}/${verb}` }));
  if (verb === 'start') supersede(channel, context.memory);
  return { channel, patrol };
}

function* runPort(
  channel: number,
  patrol: number,
  verb: 'start' | 'stop',
  context: PortContext,
): PortSteps<PatrolCall> {
  const code = verb === 'start' ? PTZ_CODES.runSequence : PTZ_CODES.stopSequence;
  yield* drivePort(deviceChannelOf(channel, context.device), code, patrol);
  if (verb === 'start') supersede(channel, context.memory);
  return { channel, patrol };
}

export const patrols = {
  listPatrols: command({
    title: 'List patrols',
    summary: 'Lists the patrols of a channel with their presets.',
    effect: 'read',
    needs: 'ptz',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<readonly Patrol[]> {
      const document = yield* ptz(channel, context, (base) => getDocument(`${base}/patrols`));
      return all(document, 'PTZPatrol').flatMap((item) => {
        const patrol = numberAt(item, 'id');
        if (patrol === null || !Number.isInteger(patrol)) return [];
        return [
          { patrol, name: textAt(item, 'patrolName'), enabled: booleanAt(item, 'enabled'), stops: stopsOf(item) },
        ];
      });
    },
    returns: 'The patrols: patrol, name, enabled, and stops with preset, staySeconds and speed.',
    paths: ptzPaths('patrols'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/patrols', 'isapi.md §4.4'],
  }),

  startPatrol: command({
    title: 'Start a patrol',
    summary: 'Sends the camera on a patrol until it is stopped or moved otherwise.',
    effect: 'act',
    example: { patrol: 1 },
    needs: 'ptz',
    params: { channel: channelParam, patrol: patrolParam },
    isapi: ({ channel, patrol }, context) => run(channel, patrol, 'start', context),
    commandPort: ({ channel, patrol }, context) => runPort(channel, patrol, 'start', context),
    returns: 'The channel and the patrol.',
    paths: ptzPaths('patrols/{patrol}/start'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/patrols/<ID>/start', 'isapi.md §4.4', 'HCNetSDK.h RUN_SEQ'],
  }),

  stopPatrol: command({
    title: 'Stop a patrol',
    summary: 'Ends a patrol; the camera stays where it is.',
    effect: 'act',
    example: { patrol: 1 },
    needs: 'ptz',
    params: { channel: channelParam, patrol: patrolParam },
    isapi: ({ channel, patrol }, context) => run(channel, patrol, 'stop', context),
    commandPort: ({ channel, patrol }, context) => runPort(channel, patrol, 'stop', context),
    returns: 'The channel and the patrol.',
    paths: ptzPaths('patrols/{patrol}/stop'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/patrols/<ID>/stop', 'isapi.md §4.4', 'HCNetSDK.h STOP_SEQ'],
  }),
} as const;
