/** Stored positions. */
import { PTZ_CODES } from '../../codec/structs';
import { all, booleanAt, element, formatXml, numberAt, textAt } from '../../codec/xml';
import { NotFoundError, type Violation } from '../../errors';
import { ask, command, getDocument, putDocument, type CommandContext, type IntegerParam, type Steps } from '../command';
import { channelParam } from '../channels';
import { refuse } from '../limits';
import { deviceChannelOf, type PortContext, type PortSteps } from '../port';
import type { Preset, PresetCall } from '../results';
import { drivePort, ptz, ptzPaths, supersede } from './ptz';
import { isReserved, knownCapabilities, type PtzCapabilities } from './ptz-capabilities';

const presetParam = {
  kind: 'integer',
  title: 'Preset',
  min: 1,
  max: 300,
  names: 'presets',
} as const satisfies IntegerParam;

/** @param reserved numbers of functions, where the device has said which they are. */
function* readPresets(
  channel: number,
  context: CommandContext,
  reserved?: readonly number[],
): Steps<readonly Preset[]> {
  const document = yield* ptz(channel, context, (base) => getDocument(`${base}/presets`));
  const presets: Preset[] = [];
  for (const item of all(document, 'PTZPreset')) {
    const preset = numberAt(item, 'id');
    if (preset === null || !Number.isInteger(preset)) continue;
    presets.push({
      preset,
      name: textAt(item, 'presetName'),
      enabled: booleanAt(item, 'enabled'),
      reserved: reserved?.includes(preset) ?? isReserved(preset),
    });
  }
  return presets.sort((a, b) => a.preset - b.preset);
}

/** A number that is a function must not be overwritten; which ones are is the device's word first. */
function problemOf(preset: number, capabilities: PtzCapabilities | null): Violation | undefined {
  const isFunction = capabilities?.reservedPresets.includes(preset) ?? isReserved(preset);
  if (isFunction) {
    const expected = 'a number that is no function of the camera (33 to 45 and 92 to 105 usually are)';
    return { parameter: 'preset', given: preset, expected };
  }
  const most = capabilities?.presets ?? null;
  if (most === null || most === 0 || preset <= most) return undefined;
  return { parameter: 'preset', given: preset, expected: `a number from 1 to ${most} on this device` };
}

function* storePreset(
  args: { channel: number; preset: number; name: string | undefined },
  context: CommandContext,
): Steps<Preset> {
  const { channel, preset, name } = args;
  const capabilities = yield* knownCapabilities(channel, context);
  const nameless = capabilities?.presetNames === false && name !== undefined;
  refuse([
    problemOf(preset, capabilities),
    nameless
      ? { parameter: 'name', given: name, expected: 'no name: the presets of this device have none' }
      : undefined,
  ]);
  const find = function* (): Steps<Preset | undefined> {
    const presets = yield* readPresets(channel, context, capabilities?.reservedPresets);
    return presets.find((each) => each.preset === preset);
  };
  // Without a name some firmware takes away the one that was there.
  const kept = name ?? (yield* find())?.name ?? `Preset ${preset}`;
  const body = formatXml(element('PTZPreset', [element('id', preset), element('presetName', kept)]));
  yield* ptz(channel, context, (base) => putDocument(`${base}/presets/${preset}`, body));
  const stored = yield* find();
  if (stored === undefined) throw new NotFoundError(`the device said OK, but it has no preset ${preset} afterwards`);
  return stored;
}

function* deletePreset(
  { channel, preset }: { channel: number; preset: number },
  context: CommandContext,
): Steps<PresetCall> {
  refuse([problemOf(preset, yield* knownCapabilities(channel, context))]);
  yield* ptz(channel, context, (base) => ask({ method: 'DELETE', path: `${base}/presets/${preset}` }));
  return { channel, preset };
}

/** The binary form cannot ask which numbers are functions; those that usually are go as text, which asks. */
function nativeStore(
  args: { channel: number; preset: number; name: string | undefined },
  context: PortContext,
): PortSteps<Preset> | null {
  return args.name !== undefined || isReserved(args.preset) ? null : nativeStored(args, context);
}

function* nativeStored(
  { channel, preset }: { channel: number; preset: number },
  context: PortContext,
): PortSteps<Preset> {
  yield* drivePort(deviceChannelOf(channel, context.device), PTZ_CODES.setPreset, preset);
  return { preset, name: null, enabled: null, reserved: false };
}

function nativeDelete(
  { channel, preset }: { channel: number; preset: number },
  context: PortContext,
): PortSteps<PresetCall> | null {
  return isReserved(preset) ? null : nativeCall(channel, preset, PTZ_CODES.clearPreset, context);
}

function* nativeCall(channel: number, preset: number, code: number, context: PortContext): PortSteps<PresetCall> {
  yield* drivePort(deviceChannelOf(channel, context.device), code, preset);
  return { channel, preset };
}

export const presets = {
  gotoPreset: command({
    title: 'Go to preset',
    summary: 'Moves the camera to a stored position. The answer comes before the camera is there.',
    effect: 'act',
    example: { preset: 1 },
    needs: 'ptz',
    params: { channel: channelParam, preset: presetParam },
    *isapi({ channel, preset }, context): Steps<PresetCall> {
      yield* ptz(channel, context, (base) => ask({ method: 'PUT', path: `${base}/presets/${preset}/goto` }));
      supersede(channel, context.memory);
      return { channel, preset };
    },
    *commandPort({ channel, preset }, context): PortSteps<PresetCall> {
      const called = yield* nativeCall(channel, preset, PTZ_CODES.gotoPreset, context);
      supersede(channel, context.memory);
      return called;
    },
    returns: 'The channel and the preset.',
    paths: ptzPaths('presets/{preset}/goto'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets/<ID>/goto', 'isapi.md §4.4', 'HCNetSDK.h GOTO_PRESET'],
  }),

  listPresets: command({
    title: 'List presets',
    summary: 'Lists the stored positions of a channel, with the numbers that call a function instead.',
    effect: 'read',
    needs: 'ptz',
    params: { channel: channelParam },
    isapi: ({ channel }, context): Steps<readonly Preset[]> => readPresets(channel, context),
    returns: 'The presets by number: preset, name, enabled, reserved.',
    paths: ptzPaths('presets'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets', 'isapi.md §4.4'],
  }),

  storePreset: command({
    title: 'Store a preset',
    summary: 'Stores where the camera looks now under a number. Numbers that call a function are refused.',
    effect: 'write',
    example: { preset: 9 },
    needs: 'ptz',
    params: {
      channel: channelParam,
      preset: presetParam,
      name: {
        kind: 'text',
        title: 'Name',
        description: 'Left out: the name that the preset has, or its number.',
        maxLength: 32,
        pattern: { expression: /\S/, meaning: 'a text that is not blank' },
        optional: true,
      },
    },
    isapi: storePreset,
    commandPort: nativeStore,
    returns: 'The preset as the device says it afterwards: preset, name, enabled, reserved.',
    paths: ptzPaths('presets/{preset}', 'presets', 'capabilities'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets/<ID>', 'isapi.md §4.2, §4.4', 'HCNetSDK.h SET_PRESET'],
  }),

  deletePreset: command({
    title: 'Delete a preset',
    summary: 'Forgets a stored position. Numbers that call a function are refused.',
    effect: 'write',
    example: { preset: 2 },
    needs: 'ptz',
    params: { channel: channelParam, preset: presetParam },
    isapi: deletePreset,
    commandPort: nativeDelete,
    returns: 'The channel and the preset.',
    paths: ptzPaths('presets/{preset}', 'capabilities'),
    source: ['ISAPI /ISAPI/PTZCtrl/channels/<ID>/presets/<ID>', 'isapi.md §4.2, §4.4', 'HCNetSDK.h CLE_PRESET'],
  }),
} as const;
