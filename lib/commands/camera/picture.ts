/** Pictures of a channel. */
import { encode } from '../../codec/layout';
import { jpegRequest } from '../../codec/structs';
import { sniff } from '../../codec/text';
import { ArgumentError, DeviceBusyError, ProtocolError, UnsupportedError, type HikvisionError } from '../../errors';
import { BUSY_RETRY_WAITS_MS } from '../../settings';
import { ask, command, wait, type CommandContext, type Steps } from '../command';
import { channelParam, streamIdOf } from '../channels';
import { askPort, deviceChannelOf, type PortContext, type PortSteps } from '../port';
import type { Snapshot } from '../results';
import { firstThatWorks, isAbsence } from '../ways';

type PicturePlace = 'stream' | 'proxy' | 'bare';

interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How often a snapshot is asked again in all; a busy camera usually has a picture a second later (isapi.md §3.4). */
const SNAPSHOT_RETRIES = 2;

function* takeSnapshot(
  args: { channel: number; stream: 'main' | 'sub'; width: number | undefined; height: number | undefined },
  context: CommandContext,
): Steps<Snapshot> {
  const { channel, stream } = args;
  const streamId = streamIdOf(channel, stream);
  const size = pictureSize(args);
  const key = `camera.snapshot/${channel}/${stream}`;
  const retries = { left: SNAPSHOT_RETRIES };

  const sizeKey = `${key}/refusedSize`;
  const wanted = size === undefined ? undefined : `${size.width}x${size.height}`;
  if (size !== undefined && context.memory.get(sizeKey) !== wanted) {
    try {
      const picture = yield* picturePatiently(picturePath('stream', channel, streamId, size), retries);
      context.memory.delete(sizeKey);
      return picture;
    } catch (error) {
      if (!isNoPicture(error)) throw error;
      if (!(error instanceof DeviceBusyError)) context.memory.set(sizeKey, wanted);
    }
  }

  // `<ch>` alone names the main stream, so it cannot stand in for another one.
  const places: readonly PicturePlace[] = stream === 'main' ? ['stream', 'proxy', 'bare'] : ['stream', 'proxy'];
  try {
    return yield* firstThatWorks(
      places,
      context.memory,
      key,
      (place) => picturePatiently(picturePath(place, channel, streamId), retries),
      isNoPicture,
    );
  } catch (error) {
    context.memory.delete(sizeKey);
    throw error;
  }
}

function picturePath(place: PicturePlace, channel: number, streamId: number, size?: PictureSize): string {
  switch (place) {
    case 'stream':
      return `/ISAPI/Streaming/channels/${streamId}/picture${sizeQuery(size)}`;
    case 'proxy':
      return `/ISAPI/ContentMgmt/StreamingProxy/channels/${streamId}/picture`;
    case 'bare':
      return `/ISAPI/Streaming/channels/${channel}/picture`;
  }
}

function sizeQuery(size: PictureSize | undefined): string {
  if (size === undefined) return '';
  return `?videoResolutionWidth=${size.width}&videoResolutionHeight=${size.height}&snapShotImageType=JPEG`;
}

function pictureSize(args: { width: number | undefined; height: number | undefined }): PictureSize | undefined {
  const { width, height } = args;
  if (width !== undefined && height !== undefined) return { width, height };
  if (width === undefined && height === undefined) return undefined;
  const parameter = width === undefined ? 'width' : 'height';
  throw new ArgumentError([{ parameter, given: undefined, expected: 'both width and height, or neither' }]);
}

/** Asks again while the device is busy and retries are left. */
function* picturePatiently(path: string, retries: { left: number }): Steps<Snapshot> {
  for (;;) {
    try {
      return yield* pictureAt(path);
    } catch (error) {
      if (!(error instanceof DeviceBusyError) || retries.left === 0) throw error;
      yield* wait(BUSY_RETRY_WAITS_MS[SNAPSHOT_RETRIES - retries.left] ?? BUSY_RETRY_WAITS_MS[0]);
      retries.left--;
    }
  }
}

function* pictureAt(path: string): Steps<Snapshot> {
  const answer = yield* ask({ method: 'GET', path });
  switch (sniff(answer.body)) {
    case 'jpeg':
      return { contentType: 'image/jpeg', data: answer.body };
    case 'xml':
      throw new UnsupportedError(`${path}: answered with a document instead of a picture`);
    case 'empty':
      throw new ProtocolError(`${path}: answered with nothing instead of a picture`, 0);
    default:
      throw new ProtocolError(`${path}: answered with something that is no JPEG picture`, 0);
  }
}

/** Errors after which another place may still have the picture. */
function isNoPicture(error: unknown): error is HikvisionError {
  return isAbsence(error) || error instanceof DeviceBusyError || error instanceof ProtocolError;
}

/** Sizes that a device cuts a picture to; any other wish is its own size. Source: HCNetSDK.h NET_DVR_JPEGPARA. */
const JPEG_SIZES: Readonly<Record<string, number>> = {
  '352x288': 0,
  '176x144': 1,
  '704x576': 2,
  '1600x1200': 3,
  '800x600': 4,
  '1280x720': 5,
  '640x480': 6,
};
const OWN_SIZE = 0xff;
const BEST_QUALITY = 0;

/** The binary form knows a channel, not its streams: it takes the picture of the main one. */
function nativeSnapshot(
  args: { channel: number; stream: 'main' | 'sub'; width: number | undefined; height: number | undefined },
  context: PortContext,
): PortSteps<Snapshot> | null {
  return args.stream === 'main' ? nativePicture(args, context) : null;
}

function* nativePicture(
  args: { channel: number; width: number | undefined; height: number | undefined },
  context: PortContext,
): PortSteps<Snapshot> {
  const size = pictureSize(args);
  const channel = deviceChannelOf(args.channel, context.device);
  const wanted = size === undefined ? undefined : JPEG_SIZES[`${size.width}x${size.height}`];
  const ask = (pictureSize: number) =>
    askPort('jpeg', encode(jpegRequest, { channel, pictureSize, quality: BEST_QUALITY }));
  let data: Buffer;
  try {
    data = yield* ask(wanted ?? OWN_SIZE);
  } catch (error) {
    if (wanted === undefined || !isAbsence(error)) throw error;
    data = yield* ask(OWN_SIZE);
  }
  if (sniff(data) !== 'jpeg') throw new ProtocolError('answered with something that is no JPEG picture', 0);
  return { contentType: 'image/jpeg', data };
}

export const picture = {
  snapshot: command({
    title: 'Take a picture',
    summary: 'Takes a picture of a channel. Where the device cannot give the size asked for, it is its own size.',
    effect: 'read',
    params: {
      channel: channelParam,
      stream: {
        kind: 'choice',
        title: 'Stream',
        description: 'Many cameras take pictures of the main stream only.',
        choices: ['main', 'sub'],
        default: 'main',
      },
      width: { kind: 'integer', title: 'Width', unit: 'px', min: 16, max: 16_384, optional: true },
      height: { kind: 'integer', title: 'Height', unit: 'px', min: 16, max: 16_384, optional: true },
    },
    retriesItself: true,
    isapi: takeSnapshot,
    commandPort: nativeSnapshot,
    returns: 'The picture, a JPEG: contentType and data.',
    paths: [
      '/ISAPI/Streaming/channels/{streamId}/picture',
      '/ISAPI/ContentMgmt/StreamingProxy/channels/{streamId}/picture',
      '/ISAPI/Streaming/channels/{channel}/picture',
    ],
    source: ['ISAPI /ISAPI/Streaming/channels/<ID>/picture', 'isapi.md §3.4', 'HCNetSDK.h NET_DVR_JPEGPARA'],
  }),
} as const;
