/** The channels of a recorder; cameras answer as well, with their own lenses. */
import { PermissionError, type HikvisionError } from '../../errors';
import { command, type Steps } from '../command';
import { INPUTS_PATH, PROXIES_PATH, PROXY_STATUS_PATH, readInputs, readProxies, withProxyStatus } from '../inputs';
import type { Channel } from '../results';
import { probeMainStreams, streamsOf } from '../stream/streams';
import { optionalDocument } from '../ways';

/**
 * Merges what a device says about its channels: cameras behind a recorder, its own inputs, and on cameras the names of the
 * streams. Each of the lists may be missing; the numbers are the device's own, so a hybrid recorder counts its analog inputs
 * first and its IP channels as it names them.
 */
function* listChannels(): Steps<readonly Channel[]> {
  const refusals: HikvisionError[] = [];
  const proxies = yield* readProxies(refusals);
  const cameras = proxies === undefined || proxies.length === 0 ? [] : yield* withProxyStatus(proxies, refusals);
  const inputs = yield* readInputs(refusals);
  const isRecorder = proxies !== undefined || (inputs ?? []).some((input) => input.kind === 'analog');

  const channels = new Map<number, Channel>();
  for (const camera of cameras) channels.set(camera.channel, camera);
  for (const input of inputs ?? []) {
    const known = channels.get(input.channel);
    // Some recorders repeat their IP channels in the list of inputs; what is known about the camera counts more.
    if (known !== undefined) channels.set(input.channel, { ...known, name: known.name ?? input.name });
    else channels.set(input.channel, isRecorder ? { ...input, kind: 'analog' } : input);
  }

  if (!isRecorder) {
    const list = yield* optionalDocument('/ISAPI/Streaming/channels', refusals);
    const isSilent = list === undefined && inputs === undefined;
    const streams = isSilent ? yield* probeMainStreams(refusals) : streamsOf(list);
    for (const stream of streams) {
      const known = channels.get(stream.channel) ?? ownLens(stream.channel);
      channels.set(stream.channel, { ...known, name: known.name ?? stream.name });
    }
  }

  if (channels.size === 0) {
    const forbidden = refusals.find((refusal) => refusal instanceof PermissionError);
    if (forbidden !== undefined) throw forbidden;
  }
  return [...channels.values()].sort((a, b) => a.channel - b.channel);
}

function ownLens(channel: number): Channel {
  return {
    channel,
    name: null,
    kind: 'camera',
    online: null,
    reason: null,
    address: null,
    model: null,
    serial: null,
    firmware: null,
  };
}

export const channelList = {
  listChannels: command({
    title: 'List channels',
    summary: 'Lists the channels of a recorder or camera with their names, and which cameras are online.',
    effect: 'read',
    params: {},
    isapi: listChannels,
    returns: 'The channels by number: name, kind, online, address, model, serial, firmware.',
    paths: [PROXIES_PATH, PROXY_STATUS_PATH, INPUTS_PATH, '/ISAPI/Streaming/channels'],
    source: [
      'ISAPI /ISAPI/ContentMgmt/InputProxy/channels',
      'ISAPI /ISAPI/System/Video/inputs/channels',
      'isapi.md §3.1, §3.3',
    ],
  }),
} as const;
