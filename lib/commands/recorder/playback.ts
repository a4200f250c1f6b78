/** What was recorded, taken out of the device: as a file, as an address for players, as a picture. */
import { sniff } from '../../codec/text';
import { escapeXml, textAt } from '../../codec/xml';
import { ArgumentError, NotFoundError, ProtocolError, UnsupportedError } from '../../errors';
import { channelParam, streamIdOf } from '../channels';
import { fileParam } from '../files';
import {
  ask,
  command,
  moveBody,
  type CommandContext,
  type IsapiAnswer,
  type IsapiRequest,
  type Steps,
} from '../command';
import type { Snapshot } from '../results';
import { rtspOrigin, withPasswordParam } from '../stream/addresses';
import { contextOf, firstThatWorks } from '../ways';
import { formatWall, parseStamp, TIME_PATH } from '../zone';
import { zuluTime } from './cm-search';
import { readDeviceClock } from '../device-clock';
import { recordingsIn, SEARCH_PATH, searchTimes, searchWall, sizeIn } from './search';

export interface Download {
  /** As it was given. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly playbackUri: string;
}

const DOWNLOAD_PATH = '/ISAPI/ContentMgmt/download';
/** Documented, then what works on recorders, then what some others take (isapi.md §3.9). */
const DOWNLOAD_WAYS = ['bodyOfGet', 'bodyOfPost', 'query'] as const;
/** A disk that sleeps, and a recorder that looks for the file. */
const DOWNLOAD_TIMEOUT_MS = 30_000;

function* download(
  args: { file: string; playbackUri: string | undefined; channel: number; time: string | undefined },
  context: CommandContext,
): Steps<Download> {
  const playbackUri = args.playbackUri ?? (yield* uriAt(args, context));
  const { file } = args;
  const expectedBytes = sizeIn(playbackUri);
  const plan = { kind: 'toFile', file, ...(expectedBytes === null ? {} : { expectedBytes }) } as const;
  let answer: IsapiAnswer;
  try {
    answer = yield* firstThatWorks(DOWNLOAD_WAYS, context.memory, 'recorder.downloadRecording/way', (way) =>
      moveBody(downloadRequest(way, playbackUri), plan),
    );
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    const words = 'this device gives no recordings by HTTP; players get them by RTSP, see recorder.playbackUrl';
    throw new UnsupportedError(words, contextOf(error));
  }
  if (answer.sizeBytes === undefined) {
    throw new UnsupportedError(`${DOWNLOAD_PATH}: answered with a document instead of a recording`);
  }
  return { file, sizeBytes: answer.sizeBytes, playbackUri };
}

function downloadRequest(way: (typeof DOWNLOAD_WAYS)[number], playbackUri: string): IsapiRequest {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><downloadRequest version="1.0" xmlns="http://www.isapi.org/ver20/XMLSchema">' +
    `<playbackURI>${escapeXml(playbackUri)}</playbackURI></downloadRequest>`;
  const timeoutMs = DOWNLOAD_TIMEOUT_MS;
  switch (way) {
    case 'bodyOfGet':
      return { method: 'GET', path: DOWNLOAD_PATH, body, timeoutMs };
    case 'bodyOfPost':
      return { method: 'POST', path: DOWNLOAD_PATH, body, timeoutMs };
    case 'query':
      return { method: 'GET', path: `${DOWNLOAD_PATH}?playbackURI=${encodeURIComponent(playbackUri)}`, timeoutMs };
  }
}

/** The address of the recording that covers a moment. */
function* uriAt(
  { channel, time }: { channel: number; time: string | undefined },
  context: CommandContext,
): Steps<string> {
  if (time === undefined) {
    throw new ArgumentError([
      { parameter: 'playbackUri', given: undefined, expected: 'an address from recorder.searchRecordings, or a time' },
    ]);
  }
  const clock = yield* readDeviceClock(context);
  const atMs = clock.wallMsOf('time', time);
  const span = { fromMs: atMs, toMs: atMs + 1_000 };
  const { recordings } = yield* recordingsIn({ channel, type: 'all', limit: 40 }, span, clock, context);
  const uri = recordings.find(({ playbackUri }) => playbackUri !== null)?.playbackUri;
  if (uri === undefined || uri === null) {
    throw new NotFoundError(`channel ${channel} has no recording at ${clock.format(atMs)}`);
  }
  return uri;
}

/* Addresses */

function* playbackUrl(
  args: {
    channel: number;
    stream: 'main' | 'sub';
    from: string;
    to: string | undefined;
    withPassword: boolean;
  },
  context: CommandContext,
): Steps<string> {
  const { channel, stream, from, to, withPassword } = args;
  const clock = yield* readDeviceClock(context);
  const fromMs = clock.wallMsOf('from', from);
  const toMs = to === undefined ? undefined : clock.wallMsOf('to', to);
  if (toMs !== undefined && toMs <= fromMs) {
    throw new ArgumentError([{ parameter: 'to', given: to, expected: 'a time behind the beginning' }]);
  }
  const times = yield* searchTimes(channel * 100 + 1, clock, context);
  const plain = (wallMs: number) => zuluTime(times === 'utc' ? clock.utcMsAt(wallMs) : wallMs).replace(/[-:]/g, '');
  const end = toMs === undefined ? '' : `&endtime=${plain(toMs)}`;
  const origin = yield* rtspOrigin(withPassword, context);
  return `${origin}/Streaming/tracks/${streamIdOf(channel, stream)}/?starttime=${plain(fromMs)}${end}`;
}

/* Pictures */

export interface RecordedPicture extends Snapshot {
  /** When it was taken, by the clock of the device. */
  readonly time: string;
}

const PICTURE_WINDOW_MS = 15 * 60_000;
const PICTURES_LOOKED_AT = 200;
const METADATA = '<contentTypeList><contentType>metadata</contentType></contentTypeList>';

/** The picture nearest to a moment, among those that the device took by itself. */
function* pictureAt(
  { channel, time }: { channel: number; time: string },
  context: CommandContext,
): Steps<RecordedPicture> {
  const clock = yield* readDeviceClock(context);
  const atMs = clock.wallMsOf('time', time);
  const times = yield* searchTimes(channel * 100 + 1, clock, context);
  const window = { fromMs: atMs - PICTURE_WINDOW_MS, toMs: atMs + PICTURE_WINDOW_MS, limit: PICTURES_LOOKED_AT };
  const options = { type: 'all', times, more: METADATA } as const;
  const { items } = yield* searchWall(channel * 100 + 3, window, options, clock, context);
  let nearest: { readonly wallMs: number; readonly uri: string } | undefined;
  for (const item of items) {
    const stamp = parseStamp(textAt(item, 'timeSpan/startTime') ?? '');
    const uri = textAt(item, 'mediaSegmentDescriptor/playbackURI');
    if (stamp === undefined || uri === null) continue;
    const wallMs = times === 'utc' ? clock.wallMsAt(stamp.wallMs) : stamp.wallMs;
    if (nearest === undefined || Math.abs(wallMs - atMs) < Math.abs(nearest.wallMs - atMs)) nearest = { wallMs, uri };
  }
  if (nearest === undefined) {
    throw new NotFoundError(`channel ${channel} has no picture within 15 minutes of ${formatWall(atMs)}`);
  }
  // The address may be that of a player: the picture lies under the same path behind `/picture` (isapi.md §3.4).
  const path = pathIn(nearest.uri).replace(/^\/Streaming\//i, '/picture/Streaming/');
  return { ...(yield* jpegAt(path)), time: clock.format(nearest.wallMs) };
}

/** Path and query of an address; the device itself is where we ask. */
function pathIn(address: string): string {
  const path = address.replace(/^[a-z]{3,5}:\/\/[^/]*/i, '');
  return path.startsWith('/') ? encodeURI(decodeLoosely(path)) : '/';
}

function decodeLoosely(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text; // a sign of per cent that is no escape
  }
}

function* jpegAt(path: string): Steps<Snapshot> {
  const answer = yield* ask({ method: 'GET', path });
  if (sniff(answer.body) === 'jpeg') return { contentType: 'image/jpeg', data: answer.body };
  if (sniff(answer.body) === 'empty') throw new NotFoundError('the picture is no longer there');
  throw new ProtocolError('answered with something that is no JPEG picture', 0);
}

function* fetchPicture({ url }: { url: string }, context: CommandContext): Steps<Snapshot> {
  const host = /^[a-z]{3,5}:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)/i.exec(url)?.[1];
  if (host !== undefined && host.replace(/[[\]]/g, '').toLowerCase() !== context.host.toLowerCase()) {
    const expected = `an address of this device (${context.host}), or only its path, where the device names itself otherwise`;
    throw new ArgumentError([{ parameter: 'url', given: url.split('?')[0], expected }]);
  }
  if (host === undefined && !url.startsWith('/')) {
    throw new ArgumentError([{ parameter: 'url', given: url.split('?')[0], expected: 'an address or a path from /' }]);
  }
  return yield* jpegAt(pathIn(url));
}

export const playback = {
  downloadRecording: command({
    title: 'Download a recording',
    summary:
      'Writes a recording into a file, whole or not at all. Which one is said by playbackUri from a search, or by channel and time.',
    // It changes nothing on the device, but it writes a file here.
    effect: 'act',
    example: { file: 'gate.mp4', time: '2024-05-01T10:00:00' },
    needs: 'recording',
    params: {
      file: fileParam('Where the recording is written, on the machine that runs this.'),
      playbackUri: {
        kind: 'text',
        title: 'Address',
        description: 'The playbackUri of recorder.searchRecordings, whole.',
        maxLength: 1_024,
        optional: true,
        names: 'recordings',
      },
      channel: channelParam,
      time: {
        kind: 'time',
        title: 'Time',
        description: 'Without an address: the recording of the channel that covers this moment.',
        optional: true,
      },
    },
    httpOnly: true,
    isapi: download,
    returns: 'file, sizeBytes, playbackUri.',
    paths: [DOWNLOAD_PATH],
    source: [`ISAPI ${DOWNLOAD_PATH}`, 'isapi.md §3.9'],
  }),

  playbackUrl: command({
    title: 'Playback address',
    summary:
      'The RTSP address at which players see what was recorded. Search first: without a recording a device may play another one.',
    effect: 'read',
    example: { from: '2024-05-01T10:00:00' },
    needs: 'recording',
    params: {
      channel: channelParam,
      stream: { kind: 'choice', title: 'Stream', choices: ['main', 'sub'], default: 'main' },
      from: {
        kind: 'time',
        title: 'From',
        description: 'Without an offset it is the wall clock of the device.',
      },
      to: { kind: 'time', title: 'To', description: 'Left out: the player ends it.', optional: true },
      withPassword: withPasswordParam,
    },
    isapi: playbackUrl,
    returns: 'The address as a text.',
    paths: ['/ISAPI/Security/adminAccesses', TIME_PATH, SEARCH_PATH],
    source: ['ISAPI /ISAPI/Security/adminAccesses', 'isapi.md §3.5'],
  }),

  pictureAt: command({
    title: 'Recorded picture',
    summary:
      'The picture nearest to a time, at most 15 minutes away, among those that the device took and kept by itself.',
    effect: 'read',
    example: { time: '2024-05-01T10:00:00' },
    needs: 'recording',
    params: {
      channel: channelParam,
      time: { kind: 'time', title: 'Time', description: 'Without an offset it is the wall clock of the device.' },
    },
    isapi: pictureAt,
    returns: 'The picture, a JPEG: contentType, data, and the time when it was taken.',
    paths: [SEARCH_PATH, TIME_PATH],
    source: [`ISAPI ${SEARCH_PATH}`, 'isapi.md §3.4, §3.8'],
  }),

  fetchPicture: command({
    title: 'Fetch a picture by its address',
    summary: 'Fetches a picture that an event or a search names by its address. Only from this device.',
    effect: 'read',
    example: { url: '/ISAPI/Streaming/channels/101/picture' },
    params: {
      url: {
        kind: 'text',
        title: 'Address',
        description: 'The address of an event, or its path.',
        maxLength: 1_024,
      },
    },
    isapi: fetchPicture,
    returns: 'The picture, a JPEG: contentType and data.',
    paths: ['{url}'],
    source: ['isapi.md §3.4'],
  }),
} as const;
