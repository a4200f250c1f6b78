/** Where players fetch a stream. */
import { all, numberAt, textAt } from '../../codec/xml';
import { command, type CommandContext, type Steps } from '../command';
import { channelParam, streamIdOf, streamParam } from '../channels';
import { optionalDocument } from '../ways';

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
} as const;
