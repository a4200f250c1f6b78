/** Where players fetch a stream. */
import { all, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError } from '../../errors';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam, streamIdOf, streamParam, type StreamName } from '../channels';
import { readTime } from '../config/clock';
import { optionalDocument } from '../ways';
import { formatWall, offsetAt, parseStamp, parseZone, type Stamp } from '../zone';

/** Where a device offers RTSP when it does not say. */
const RTSP_PORT = 554;
function* rtspPort(): Steps<number> {
  const document = yield* optionalDocument('/ISAPI/Security/adminAccesses');
  for (const access of all(document, 'AdminAccessProtocol')) {
    if (textAt(access, 'protocol')?.toUpperCase() !== 'RTSP') continue;
    const port = numberAt(access, 'portNo');
    if (port !== null && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  }
  return RTSP_PORT;
}

/** Host as it stands in a URL: IPv6 in brackets, the `%` of a zone escaped. */
function urlHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return bare.includes(':') ? `[${bare.replace(/%(?!25)/, '%25')}]` : bare;
}

/** `encodeURIComponent` leaves some signs that a shell or a player may stumble over. */
function encodeCredential(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `rtsp://host:port`, with user and password where they are wanted. */
export function* rtspOrigin(withPassword: boolean, context: CommandContext): Steps<string> {
  const port = yield* rtspPort();
  const user = withPassword ? `${encodeCredential(context.username)}:${encodeCredential(context.password())}@` : '';
  return `rtsp://${user}${urlHost(context.host)}:${port}`;
}

interface PlaybackArguments {
  readonly channel: number;
  readonly stream: StreamName;
  readonly start: string;
  readonly end: string | undefined;
  readonly convention: 'wallClock' | 'utc';
  readonly withPassword: boolean;
}

function* playbackUrl(args: PlaybackArguments, context: CommandContext): Steps<string> {
  const { channel, stream: name, start, end, convention, withPassword } = args;
  const stamps = { start: parseStamp(start), end: end === undefined ? undefined : parseStamp(end) };
  // The zone of the device stands between the two; it is asked for only where they differ.
  const isForeign = (stamp: Stamp | undefined) =>
    stamp !== undefined && (stamp.offsetMs === null) === (convention === 'utc');
  const clock = isForeign(stamps.start) || isForeign(stamps.end) ? yield* readTime() : undefined;
  const written = (stamp: Stamp) => {
    const utcMs = stamp.offsetMs === null ? null : stamp.wallMs - stamp.offsetMs;
    if (convention === 'utc') return utcMs ?? stamp.wallMs - offsetOf(clock, stamp.wallMs);
    return utcMs === null ? stamp.wallMs : utcMs + offsetOf(clock, utcMs);
  };
  const from = stamps.start === undefined ? null : written(stamps.start);
  const to = stamps.end === undefined ? null : written(stamps.end);
  if (from === null || (to !== null && to <= from)) {
    throw new ArgumentError([{ parameter: 'end', given: end, expected: 'a time behind the start' }]);
  }
  const query = `starttime=${compact(from)}${to === null ? '' : `&endtime=${compact(to)}`}`;
  return `${yield* rtspOrigin(withPassword, context)}/Streaming/tracks/${streamIdOf(channel, name)}/?${query}`;
}

/** Local minus UTC of the device, by its zone or by what its clock says. */
function offsetOf(clock: XmlElement | undefined, atMs: number): number {
  const zone = parseZone(textAt(clock, 'timeZone') ?? '');
  if (zone !== undefined) return offsetAt(zone, atMs);
  const offsetMs = parseStamp(textAt(clock, 'localTime') ?? '')?.offsetMs ?? null;
  if (offsetMs !== null) return offsetMs;
  throw new UnsupportedError('the device does not say its time zone; give the times without an offset');
}

/** `20240501T120000Z`. */
function compact(wallMs: number): string {
  return `${formatWall(wallMs).replace(/[-:]/g, '')}Z`;
}

export const withPasswordParam = {
  kind: 'boolean',
  title: 'With user and password',
  description: 'The address then opens the stream for everybody who reads it.',
  default: false,
} as const;

export const addresses = {
  rtspUrl: command({
    title: 'RTSP address',
    summary:
      'The address at which players and recorders fetch a stream. The password is in it only when you ask for it.',
    effect: 'read',
    params: {
      channel: channelParam,
      stream: streamParam,
      withPassword: withPasswordParam,
    },
    *isapi({ channel, stream: name, withPassword }, context: CommandContext): Steps<string> {
      return `${yield* rtspOrigin(withPassword, context)}/Streaming/Channels/${streamIdOf(channel, name)}`;
    },
    returns: 'The address as a text.',
    paths: ['/ISAPI/Security/adminAccesses'],
    source: ['ISAPI /ISAPI/Security/adminAccesses', 'isapi.md §3.5'],
  }),

  playbackUrl: command({
    title: 'RTSP address of a recording',
    summary:
      'The address at which players fetch what was recorded from a time on. Where nothing was recorded, some devices play something else.',
    effect: 'read',
    needs: 'recording',
    example: { start: '2024-05-01T12:00:00', end: '2024-05-01T12:05:00' },
    params: {
      channel: channelParam,
      stream: streamParam,
      start: {
        kind: 'time',
        title: 'From',
        description: 'Without an offset: what the wall clock of the device showed.',
      },
      end: { kind: 'time', title: 'To', description: 'Left out, it plays on.', optional: true },
      convention: {
        kind: 'choice',
        title: 'Time in the address',
        description: 'Nearly all devices write their wall clock with a Z behind it; a few mean UTC.',
        choices: ['wallClock', 'utc'],
        default: 'wallClock',
      },
      withPassword: {
        kind: 'boolean',
        title: 'With user and password',
        description: 'The address then opens the recording for everybody who reads it.',
        default: false,
      },
    },
    isapi: playbackUrl,
    returns: 'The address as a text.',
    paths: ['/ISAPI/Security/adminAccesses', '/ISAPI/System/time'],
    source: ['ISAPI /ISAPI/Security/adminAccesses', 'isapi.md §0.4, §3.5'],
  }),
} as const;
