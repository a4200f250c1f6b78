/** The name of a channel. */
import { decode, encode } from '../../codec/layout';
import { channelRequest, netDvrPictureConfig } from '../../codec/structs';
import { all, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { getNamed, writeSetting, type SettingDocument, type Written } from '../documents';
import { INPUTS_PATH, PROXIES_PATH } from '../inputs';
import { askPort, deviceChannelOf, type PortContext, type PortSteps } from '../port';
import { firstThatWorks } from '../ways';

export interface ChannelName {
  readonly channel: number;
  readonly name: string | null;
}

/** Lenses and analog inputs of the device itself, then the cameras behind a recorder. */
const PLACES = {
  camera: { list: INPUTS_PATH, root: 'VideoInputChannel' },
  recorder: { list: PROXIES_PATH, root: 'InputProxyChannel' },
} as const;

type Place = keyof typeof PLACES;

function readChannel(channel: number, context: CommandContext): Steps<SettingDocument> {
  const places = Object.keys(PLACES) as Place[];
  return firstThatWorks(places, context.memory, `camera.channelName/${channel}`, function* (place) {
    const { list, root } = PLACES[place];
    const path = `${list}/${channel}`;
    return { path, document: yield* getNamed(path, root) };
  });
}

/** By the channel's own document, else by the list of all, which more devices have. */
function readName(channel: number, context: CommandContext): Steps<string | null> {
  const ways = ['own', 'camera', 'recorder'] as const;
  return firstThatWorks(ways, context.memory, `camera.getChannelName/${channel}`, function* (way) {
    if (way === 'own') return textAt((yield* readChannel(channel, context)).document, 'name');
    const { list, root } = PLACES[way];
    const found = memberOf(yield* getNamed(list, `${root}List`), root, channel);
    if (found === undefined) throw new UnsupportedError(`${list}: there is no channel ${channel}`);
    return textAt(found, 'name');
  });
}

function memberOf(list: XmlElement, root: string, channel: number): XmlElement | undefined {
  return all(list, root).find((item) => numberAt(item, 'id') === channel);
}

function* setChannelName(
  { channel, name }: { channel: number; name: string },
  context: CommandContext,
): Steps<ChannelName & Written> {
  const setting = yield* readChannel(channel, context);
  setText(setting.document, 'name', name);
  const after = yield* writeSetting(setting);
  return { channel, name: textAt(after.document, 'name'), rebootRequired: after.rebootRequired };
}

/** The name as it stands in the picture. */
function* nativeName({ channel }: { channel: number }, context: PortContext): PortSteps<ChannelName> {
  const body = encode(channelRequest, { channel: deviceChannelOf(channel, context.device) });
  const { channelName } = decode(netDvrPictureConfig, yield* askPort('getPictureV30', body));
  return { channel, name: channelName === '' ? null : channelName };
}

const own = Object.values(PLACES).map(({ list }) => `${list}/{channel}`);

export const channelName = {
  getChannelName: command({
    title: 'Read the name of a channel',
    summary: 'The name of a camera, or of a channel of a recorder.',
    effect: 'read',
    needs: 'video',
    params: { channel: channelParam },
    *isapi({ channel }, context): Steps<ChannelName> {
      return { channel, name: yield* readName(channel, context) };
    },
    commandPort: nativeName,
    returns: 'The channel and its name, null where it has none.',
    paths: [...own, ...Object.values(PLACES).map(({ list }) => list)],
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>', 'isapi.md §3.3', 'HCNetSDK.h NET_DVR_PICCFG_V30'],
  }),

  setChannelName: command({
    title: 'Set the name of a channel',
    summary: 'Names a camera, or a channel of a recorder. What recorders already stored keeps the old name.',
    effect: 'write',
    example: { name: 'Back yard' },
    needs: 'video',
    params: {
      channel: channelParam,
      name: {
        kind: 'text',
        title: 'Name',
        maxLength: 32,
        pattern: { expression: /\S/, meaning: 'a text that is not blank' },
      },
    },
    isapi: setChannelName,
    returns: 'What the device says afterwards: channel, name, rebootRequired.',
    paths: own,
    source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>', 'isapi.md §0.3, §3.3'],
  }),
} as const;
