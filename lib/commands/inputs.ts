/** The two lists of video inputs: cameras behind a recorder, and inputs or lenses of the device itself (isapi.md §3.3). */
import { all, booleanAt, numberAt, textAt, type XmlElement } from '../codec/xml';
import type { HikvisionError } from '../errors';
import type { Steps } from './command';
import { isChannel } from './channels';
import type { Channel } from './results';
import { optionalDocument } from './ways';

export const PROXIES_PATH = '/ISAPI/ContentMgmt/InputProxy/channels';
export const PROXY_STATUS_PATH = '/ISAPI/ContentMgmt/InputProxy/channels/status';
export const INPUTS_PATH = '/ISAPI/System/Video/inputs/channels';

/** The IP channels of a recorder; undefined on a device that is none. Empty on a recorder without IP cameras. */
export function* readProxies(refusals: HikvisionError[]): Steps<Channel[] | undefined> {
  const document = yield* optionalDocument(PROXIES_PATH, refusals);
  return document === undefined ? undefined : unique(all(document, 'InputProxyChannel').map(proxyChannel));
}

function proxyChannel(item: XmlElement): Channel | undefined {
  const channel = numberAt(item, 'id');
  if (!isChannel(channel)) return undefined;
  const from = 'sourceInputPortDescriptor';
  const address = textAt(item, `${from}/ipAddress`) ?? textAt(item, `${from}/ipv6Address`);
  return {
    channel,
    name: textAt(item, 'name'),
    kind: 'ip',
    online: null,
    reason: null,
    address: address === '0.0.0.0' || address === null ? textAt(item, `${from}/hostName`) : address,
    model: textAt(item, `${from}/model`),
    serial: textAt(item, `${from}/serialNumber`),
    firmware: textAt(item, `${from}/firmwareVersion`),
  };
}

/** Fills in which of the cameras are connected, where the recorder says it. */
export function* withProxyStatus(channels: readonly Channel[], refusals: HikvisionError[]): Steps<Channel[]> {
  const document = yield* optionalDocument(PROXY_STATUS_PATH, refusals);
  const states = new Map(all(document, 'InputProxyChannelStatus').map((item) => [numberAt(item, 'id'), item]));
  return channels.map((channel) => {
    const state = states.get(channel.channel);
    const online = booleanAt(state, 'online');
    return { ...channel, online, reason: online === false ? textAt(state, 'chanDetectResult') : null };
  });
}

/**
 * The device's own inputs: analog ones of a recorder, lenses of a camera. Undefined where there is no such list (IP-only
 * recorders answer 403).
 */
export function* readInputs(refusals: HikvisionError[]): Steps<Channel[] | undefined> {
  const document = yield* optionalDocument(INPUTS_PATH, refusals);
  return document === undefined ? undefined : unique(all(document, 'VideoInputChannel').map(ownInput));
}

function ownInput(item: XmlElement): Channel | undefined {
  const channel = numberAt(item, 'id');
  if (!isChannel(channel)) return undefined;
  // Only recorders describe the signal: "2560*1440(4MP)P30", or "NO VIDEO" at an empty socket.
  const signal = textAt(item, 'resDesc');
  const isDisabled = booleanAt(item, 'videoInputEnabled') === false;
  const hasSignal = signal === null ? null : !/^no[ _-]?(video|signal)$/i.test(signal);
  return {
    channel,
    name: textAt(item, 'name'),
    kind: signal === null ? 'camera' : 'analog',
    online: isDisabled ? false : hasSignal,
    reason: isDisabled ? 'disabled' : hasSignal === false ? signal : null,
    address: null,
    model: null,
    serial: null,
    firmware: null,
  };
}

/** The first of each number; a list may name one twice. */
function unique(channels: readonly (Channel | undefined)[]): Channel[] {
  const byNumber = new Map<number, Channel>();
  for (const channel of channels) {
    if (channel !== undefined && !byNumber.has(channel.channel)) byNumber.set(channel.channel, channel);
  }
  return [...byNumber.values()];
}
