/** Video streams: what there is. */
import { decode, encode } from '../../codec/layout';
import {
  channelRequest,
  netDvrCompression,
  streamSettingsOf,
  streamsOf as settingsOf,
  type NetDvrStream,
} from '../../codec/structs';
import { all, booleanAt, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { DeviceBusyError, NotFoundError, UnreachableError, type HikvisionError } from '../../errors';
import { command, type Steps } from '../command';
import { isChannel, STREAM_NUMBERS, streamIdOf } from '../channels';
import { readInputs, readProxies } from '../inputs';
import { askPort, channelsOf, deviceChannelOf, type PortContext, type PortSteps } from '../port';
import type { VideoStream } from '../results';
import { isAbsence, mostTelling, optionalDocument } from '../ways';

/** Main, sub, third, transcoded. */
const STREAMS_PER_CHANNEL = [1, 2, 3, 4] as const;
/** Channels that are asked for one by one on a device without lists. */
const MAX_PROBED_CHANNELS = 64;

/**
 * The streams of a `StreamingChannelList`.
 *
 * The channel is the hundreds of the id. Ids below 100 (1, 2, 3 on a DS-FB2127 V5.2.2) are streams of the channel that
 * `Video/videoInputChannelID` names, numbered in their order.
 */
export function streamsOf(list: XmlElement | undefined): VideoStream[] {
  const streams: VideoStream[] = [];
  for (const item of all(list, 'StreamingChannel')) {
    const streamId = numberAt(item, 'id');
    if (!isChannel(streamId) || streams.some((stream) => stream.streamId === streamId)) continue;
    if (streamId >= 100) {
      streams.push(streamFrom(item, streamId, Math.floor(streamId / 100), streamId % 100));
      continue;
    }
    const input = numberAt(item, 'Video/videoInputChannelID') ?? numberAt(item, 'Video/dynVideoInputChannelID');
    const channel = isChannel(input) ? input : 1;
    const before = streams.filter((stream) => stream.channel === channel).length;
    streams.push(streamFrom(item, streamId, channel, before + 1));
  }
  return streams.sort((a, b) => a.channel - b.channel || a.number - b.number);
}

/** @param item a `StreamingChannel`. */
export function streamFrom(item: XmlElement, streamId: number, channel: number, number: number): VideoStream {
  const name = textAt(item, 'channelName');
  const rate = numberAt(item, 'Video/maxFrameRate');
  const frameRate = rate === null || rate <= 0 ? null : rate / 100;
  const control = textAt(item, 'Video/videoQualityControlType');
  const constant = numberAt(item, 'Video/constantBitRate');
  const ceiling = numberAt(item, 'Video/vbrUpperCap');
  const interval = numberAt(item, 'Video/keyFrameInterval');
  const frames = numberAt(item, 'Video/GovLength');
  const fromFrames =
    frames !== null && frames > 0 && frameRate !== null ? Math.round((frames / frameRate) * 1_000) : null;
  return {
    streamId,
    channel,
    number,
    // Recorders write the number of the stream where cameras write the name of the channel.
    name: name === String(streamId) ? null : name,
    enabled: booleanAt(item, 'enabled'),
    codec: textAt(item, 'Video/videoCodecType'),
    width: numberAt(item, 'Video/videoResolutionWidth'),
    height: numberAt(item, 'Video/videoResolutionHeight'),
    frameRate,
    bitrateKbps: control?.toUpperCase() === 'VBR' ? (ceiling ?? constant) : (constant ?? ceiling),
    bitrateControl: control,
    keyFrameIntervalMs: interval ?? fromFrames,
    audio: booleanAt(item, 'Audio/enabled'),
    smartCodec: booleanAt(item, 'Video/SmartCodec/enabled'),
  };
}

/** One stream; undefined where the device has none of that number, or answers with another one's document. */
export function* readStream(streamId: number, refusals: HikvisionError[]): Steps<VideoStream | undefined> {
  const document = yield* optionalDocument(`/ISAPI/Streaming/channels/${streamId}`, refusals);
  if (document === undefined || document.name.toLowerCase() !== 'streamingchannel') return undefined;
  if (numberAt(document, 'id') !== streamId) return undefined;
  return streamFrom(document, streamId, Math.floor(streamId / 100), streamId % 100);
}

/** The main streams 101, 201, ... until one is missing: for devices that list nothing. */
export function* probeMainStreams(refusals: HikvisionError[]): Steps<VideoStream[]> {
  const streams: VideoStream[] = [];
  for (let channel = 1; channel <= MAX_PROBED_CHANNELS; channel++) {
    try {
      const stream = yield* readStream(streamIdOf(channel, 'main'), refusals);
      if (stream === undefined) break;
      streams.push(stream);
    } catch (error) {
      // Firmware 5.2 calls a stream that it does not have a device error. The first one says whether the device is well.
      if (error instanceof DeviceBusyError && streams.length > 0) break;
      throw error;
    }
  }
  return streams;
}

function* listStreams(): Steps<readonly VideoStream[]> {
  const refusals: HikvisionError[] = [];
  const list = yield* optionalDocument('/ISAPI/Streaming/channels', refusals);
  if (list !== undefined) return streamsOf(list);

  // Without a list, the channels are known from elsewhere or by asking for their main streams.
  const proxies = yield* readProxies(refusals);
  const inputs = yield* readInputs(refusals);
  const known = [...(proxies ?? []), ...(inputs ?? [])].map((input) => input.channel);
  const isListed = proxies !== undefined || inputs !== undefined;
  const mains = isListed ? yield* readMainStreams([...new Set(known)], refusals) : yield* probeMainStreams(refusals);
  const streams: VideoStream[] = [];
  const absent = new Set<number>();
  for (const main of mains) {
    streams.push(main);
    for (const number of STREAMS_PER_CHANNEL.slice(1)) {
      if (absent.has(number)) continue;
      const stream = yield* readStream(main.channel * 100 + number, refusals);
      if (stream !== undefined) streams.push(stream);
      // Third and transcoded streams are a matter of the model: what the first channel lacks, no channel has.
      else if (main === mains[0] && number > STREAM_NUMBERS.sub) absent.add(number);
    }
  }
  // A recorder without cameras has no streams; a device that has neither list nor stream has no video.
  if (streams.length === 0 && !isListed)
    throw mostTelling(refusals) ?? new NotFoundError('the device names no streams');
  return streams.sort((a, b) => a.channel - b.channel || a.number - b.number);
}

function* readMainStreams(channels: readonly number[], refusals: HikvisionError[]): Steps<VideoStream[]> {
  const streams: VideoStream[] = [];
  for (const channel of channels) {
    const stream = yield* readStream(streamIdOf(channel, 'main'), refusals);
    if (stream !== undefined) streams.push(stream);
  }
  return streams;
}

/* In binary */

function nativeStream(stream: NetDvrStream, channel: number, number: number): VideoStream {
  const settings = streamSettingsOf(stream);
  const { frameRate, keyFrameIntervalFrames } = settings;
  return {
    streamId: channel * 100 + number,
    channel,
    number,
    name: null,
    enabled: null,
    codec: settings.codec,
    width: settings.width,
    height: settings.height,
    frameRate,
    bitrateKbps: settings.bitrateKbps,
    bitrateControl: settings.bitrateControl,
    keyFrameIntervalMs:
      keyFrameIntervalFrames > 0 && frameRate !== null
        ? Math.round((keyFrameIntervalFrames / frameRate) * 1_000)
        : null,
    audio: settings.audio,
    smartCodec: null,
  };
}

/** Main and sub streams; the binary form knows no others. */
function* nativeStreams(_args: unknown, context: PortContext): PortSteps<readonly VideoStream[]> {
  const streams: VideoStream[] = [];
  const refusals: HikvisionError[] = [];
  for (const channel of channelsOf(context.device)) {
    const number = deviceChannelOf(channel, context.device);
    try {
      const body = yield* askPort('getCompressionV30', encode(channelRequest, { channel: number }));
      const { main, sub } = settingsOf(decode(netDvrCompression, body));
      streams.push(nativeStream(main, channel, STREAM_NUMBERS.main));
      if (Object.values(sub).some((value) => value !== 0)) streams.push(nativeStream(sub, channel, STREAM_NUMBERS.sub));
    } catch (error) {
      // A recorder counts channels that it could have; those without a camera are refused.
      if (!isAbsence(error) && !(error instanceof UnreachableError && refusals.length + streams.length > 0))
        throw error;
      refusals.push(error);
    }
  }
  const [refusal] = refusals;
  if (streams.length === 0 && refusal !== undefined) throw mostTelling(refusals) ?? refusal;
  return streams;
}

export const streams = {
  list: command({
    title: 'List streams',
    summary: 'Lists the video streams with codec, size, frame rate and bit rate.',
    effect: 'read',
    params: {},
    isapi: listStreams,
    commandPort: nativeStreams,
    returns: 'The streams by channel and number.',
    paths: ['/ISAPI/Streaming/channels'],
    source: ['ISAPI /ISAPI/Streaming/channels', 'isapi.md §3.1, §3.2', 'HCNetSDK.h NET_DVR_COMPRESSIONCFG_V30'],
  }),
} as const;
