/** Settings of one stream. */
import { find, numberAt, setText, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError, type Violation } from '../../errors';
import { channelParam, streamIdOf, streamParam, type StreamName } from '../channels';
import { command, type Steps } from '../command';
import { getNamed, writeSetting, type Written } from '../documents';
import { limitsAt, refuse, spelledBy, violationOf } from '../limits';
import type { VideoStream } from '../results';
import { optionalDocument } from '../ways';
import { streamFrom } from './streams';

interface Place {
  readonly channel: number;
  readonly stream: StreamName;
}

interface Wanted {
  readonly codec: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly frameRate: number | undefined;
  readonly bitrateControl: string | undefined;
  readonly bitrateKbps: number | undefined;
  readonly keyFrameIntervalFrames: number | undefined;
  readonly smartCodec: boolean | undefined;
  readonly audio: boolean | undefined;
}

const pathOf = ({ channel, stream }: Place): string => `/ISAPI/Streaming/channels/${streamIdOf(channel, stream)}`;

/** Some cameras answer with another stream's document where they have none of that number (isapi.md §3.1). */
function* readDocument(place: Place): Steps<XmlElement> {
  const path = pathOf(place);
  const document = yield* getNamed(path, 'StreamingChannel');
  const id = numberAt(document, 'id');
  if (id === null || id === streamIdOf(place.channel, place.stream)) return document;
  throw new UnsupportedError(`${path}: answered with stream ${id}, so the device has no such stream`);
}

function settingsOf(document: XmlElement, { channel, stream }: Place): VideoStream {
  const streamId = streamIdOf(channel, stream);
  return streamFrom(document, streamId, channel, streamId % 100);
}

/** Widths and heights are parallel lists: a size is a pair of the same place. */
function sizesIn(capabilities: XmlElement | undefined): readonly string[] | null {
  const widths = limitsAt(capabilities, 'Video/videoResolutionWidth')?.options ?? null;
  const heights = limitsAt(capabilities, 'Video/videoResolutionHeight')?.options ?? null;
  if (widths === null || heights === null || widths.length !== heights.length) return null;
  return widths.map((width, index) => `${width}x${heights[index]}`);
}

function sizeViolation(capabilities: XmlElement | undefined, width: number, height: number): Violation | undefined {
  const sizes = sizesIn(capabilities);
  if (sizes === null || sizes.includes(`${width}x${height}`)) return undefined;
  return { parameter: 'width', given: `${width}x${height}`, expected: `one of ${sizes.join(', ')} on this device` };
}

/** Rates stand there in hundredths; people and the message count frames. */
function rateViolation(capabilities: XmlElement | undefined, frameRate: number): Violation | undefined {
  const options = limitsAt(capabilities, 'Video/maxFrameRate')?.options;
  if (options === null || options === undefined || options.some((one) => Number(one) === frameRate * 100))
    return undefined;
  const rates = options.map((one) => (one === '0' ? '0 (full)' : String(Number(one) / 100)));
  return { parameter: 'frameRate', given: frameRate, expected: `one of ${rates.join(', ')} on this device` };
}

function* setStream(args: Place & Wanted): Steps<VideoStream & Written> {
  const { codec, width, height, frameRate, bitrateControl, bitrateKbps, keyFrameIntervalFrames, smartCodec, audio } =
    args;
  if ((width === undefined) !== (height === undefined)) {
    const missing = width === undefined ? 'width' : 'height';
    throw new ArgumentError([{ parameter: missing, given: undefined, expected: 'width and height together' }]);
  }
  const path = pathOf(args);
  const document = yield* readDocument(args);
  const can = yield* optionalDocument(`${path}/capabilities`);
  const limits = (name: string) => limitsAt(can, `Video/${name}`);
  const check = (parameter: string, given: string | number | undefined, name: string) =>
    given === undefined ? undefined : violationOf(parameter, given, limits(name));
  refuse([
    check('codec', codec, 'videoCodecType'),
    check('bitrateControl', bitrateControl, 'videoQualityControlType'),
    check('bitrateKbps', bitrateKbps, bitrateControl === 'CBR' ? 'constantBitRate' : 'vbrUpperCap'),
    check('keyFrameIntervalFrames', keyFrameIntervalFrames, 'GovLength'),
    width === undefined || height === undefined ? undefined : sizeViolation(can, width, height),
    frameRate === undefined ? undefined : rateViolation(can, frameRate),
  ]);

  const put = (name: string, value: string | number | boolean | undefined) => {
    if (value !== undefined) setText(document, name, value);
  };
  put('Video/videoCodecType', codec === undefined ? undefined : spelledBy(limits('videoCodecType'), codec));
  put('Video/videoResolutionWidth', width);
  put('Video/videoResolutionHeight', height);
  put('Video/maxFrameRate', frameRate === undefined ? undefined : Math.round(frameRate * 100));
  put('Video/videoQualityControlType', bitrateControl);
  if (bitrateKbps !== undefined) {
    // Both, because which of them counts depends on the control (isapi.md §3.2); a recorder that has one only keeps it so.
    const names = ['Video/constantBitRate', 'Video/vbrUpperCap'];
    const there = names.filter((name) => find(document, name) !== undefined);
    for (const name of there.length === 0 ? names : there) setText(document, name, bitrateKbps);
  }
  if (keyFrameIntervalFrames !== undefined) {
    setText(document, 'Video/GovLength', keyFrameIntervalFrames);
    const rate = numberAt(document, 'Video/maxFrameRate');
    // The same interval once more, in milliseconds.
    if (find(document, 'Video/keyFrameInterval') !== undefined && rate !== null && rate > 0)
      setText(document, 'Video/keyFrameInterval', Math.round((keyFrameIntervalFrames / rate) * 100_000));
  }
  if (smartCodec !== undefined) {
    const isThere = find(document, 'Video/SmartCodec') ?? find(can, 'Video/SmartCodec');
    if (isThere === undefined)
      throw new UnsupportedError(`${path}: the device has no H.264+ or H.265+ for this stream`);
    setText(document, 'Video/SmartCodec/enabled', smartCodec);
  }
  if (audio !== undefined) {
    if (find(document, 'Audio') === undefined) throw new UnsupportedError(`${path}: the stream has no audio`);
    setText(document, 'Audio/enabled', audio);
  }
  const after = yield* writeSetting({ path, document });
  return { ...settingsOf(after.document, args), rebootRequired: after.rebootRequired };
}

const keep = 'Left out, it stays as it is.';

export const streamSettings = {
  get: command({
    title: 'Read a stream',
    summary: 'Codec, size, frame rate and bit rate of one stream.',
    effect: 'read',
    needs: 'video',
    params: { channel: channelParam, stream: streamParam },
    *isapi(args): Steps<VideoStream> {
      return settingsOf(yield* readDocument(args), args);
    },
    returns: 'The stream, as in stream.list.',
    paths: ['/ISAPI/Streaming/channels/{streamId}'],
    source: ['ISAPI /ISAPI/Streaming/channels/<ID>', 'isapi.md §3.1, §3.2'],
  }),

  set: command({
    title: 'Set a stream',
    summary:
      'Sets codec, size, rates, key frames, smart codec and audio of one stream; values are checked against what the device allows.',
    effect: 'write',
    needs: 'video',
    example: { frameRate: 20, bitrateKbps: 1_024 },
    params: {
      channel: channelParam,
      stream: streamParam,
      codec: {
        kind: 'text',
        title: 'Codec',
        description: `H.264, H.265, MJPEG as the device lists them. ${keep}`,
        maxLength: 32,
        optional: true,
      },
      width: {
        kind: 'integer',
        title: 'Width',
        description: 'Together with the height.',
        unit: 'px',
        min: 16,
        max: 16_384,
        optional: true,
      },
      height: {
        kind: 'integer',
        title: 'Height',
        description: 'Together with the width.',
        unit: 'px',
        min: 16,
        max: 16_384,
        optional: true,
      },
      frameRate: {
        kind: 'number',
        title: 'Frame rate',
        description: `On recorders 0 is the full rate. ${keep}`,
        unit: 'frames/s',
        min: 0,
        max: 240,
        optional: true,
      },
      bitrateControl: {
        kind: 'choice',
        title: 'Bit rate control',
        description: `With VBR the bit rate is a ceiling. ${keep}`,
        choices: ['CBR', 'VBR'],
        optional: true,
      },
      bitrateKbps: {
        kind: 'integer',
        title: 'Bit rate',
        description: keep,
        unit: 'kbit/s',
        min: 1,
        max: 1_000_000,
        optional: true,
      },
      keyFrameIntervalFrames: {
        kind: 'integer',
        title: 'Key frame every',
        description: keep,
        unit: 'frames',
        min: 1,
        max: 1_000,
        optional: true,
      },
      smartCodec: { kind: 'boolean', title: 'Smart codec', description: `H.264+ or H.265+. ${keep}`, optional: true },
      audio: { kind: 'boolean', title: 'Audio', description: keep, optional: true },
    },
    isapi: setStream,
    returns: 'The stream as the device says it afterwards, and rebootRequired.',
    paths: ['/ISAPI/Streaming/channels/{streamId}', '/ISAPI/Streaming/channels/{streamId}/capabilities'],
    source: ['ISAPI /ISAPI/Streaming/channels/<ID>', 'isapi.md §0.3, §3.2'],
  }),
} as const;
