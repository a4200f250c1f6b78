/** What the verbs that talk to a device have in common: its options, its client, its output. */
import { readFileSync } from 'node:fs';
import {
  ArgumentError,
  HikvisionClient,
  LINK_PROTOCOLS,
  parseDeviceUrl,
  type ClientOptions,
  type CommandPortOptions,
  type ConnectionState,
  type EventOptions,
  type LinkProtocol,
} from '../index';
import { UsageError, type CliIo } from './verb';

export const DEVICE_OPTIONS = {
  user: { type: 'string' },
  ca: { type: 'string' },
  fingerprint: { type: 'string' },
  insecure: { type: 'boolean' },
  'allow-basic': { type: 'boolean' },
  protocol: { type: 'string' },
  'command-port': { type: 'string' },
} as const;

export const DEVICE_HELP = `URL is http://user:password@192.0.2.10, https://..., hsp://... (the command port, 8000) or hsps://... (the same over
TLS, 8443, experimental), with a port where it is not the usual one.
The password may come from HSP_PASSWORD instead; it then stays out of the list of processes.

  --user NAME          user name, where it is not in the URL
  --ca FILE            trust this CA (PEM) beside those of the system
  --fingerprint SHA256 trust just the certificate with this fingerprint
  --insecure           trust any certificate
  --allow-basic        allow Basic authentication over plain HTTP, where the device offers nothing else
  --protocol NAME      isapi, hsp, hsps, or auto: HTTP, and the command port where HTTP is closed; else the URL says it
  --command-port PORT  the command port, where the URL does not say it (default 8000, over TLS 8443)`;

export type DeviceValues = { readonly [N in keyof typeof DEVICE_OPTIONS]?: string | boolean | undefined };

/** What a verb adds to the options of the user. */
interface MoreOptions {
  readonly protocol?: LinkProtocol;
  readonly trace?: CommandPortOptions['trace'];
  readonly events?: EventOptions;
}

/** @throws UsageError for a CA file that cannot be read, and for a URL that is none. */
export function openClient(
  url: string | undefined,
  values: DeviceValues,
  io: CliIo,
  more: MoreOptions = {},
): HikvisionClient {
  return new HikvisionClient(clientOptions(url, values, io, more));
}

/** As {@link openClient}, for whoever opens a client of their own. */
export function clientOptions(
  url: string | undefined,
  values: DeviceValues,
  io: CliIo,
  more: MoreOptions = {},
): ClientOptions {
  const { username, password } = credentialsOf(url, values, io);
  const { ca, fingerprint } = values;
  const protocol = protocolOf(values.protocol) ?? more.protocol;
  const port = portOf(values['command-port']);
  return {
    url: url as string,
    username,
    password,
    ...(protocol === undefined ? {} : { protocol }),
    ...(more.events === undefined ? {} : { events: more.events }),
    commandPort: {
      ...(port === undefined ? {} : { port }),
      ...(more.trace === undefined ? {} : { trace: more.trace }),
    },
    allowBasic: values['allow-basic'] === true,
    tls: {
      ...(typeof ca === 'string' ? { ca: readCa(ca) } : {}),
      ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
      acceptAny: values.insecure === true,
    },
  };
}

/** User and password, from wherever they are given. @throws UsageError for a URL that is none. */
export function credentialsOf(
  url: string | undefined,
  values: DeviceValues,
  io: CliIo,
): { readonly username: string; readonly password: string } {
  if (url === undefined) throw new UsageError('which device? Give its URL, for example http://admin@192.0.2.10');
  const address = addressOf(url);
  return {
    username: typeof values.user === 'string' ? values.user : address.username,
    password: address.password === '' ? (io.env['HSP_PASSWORD'] ?? '') : address.password,
  };
}

function protocolOf(given: string | boolean | undefined): LinkProtocol | undefined {
  if (given === undefined) return undefined;
  const protocol = LINK_PROTOCOLS.find((each) => each === given);
  if (protocol === undefined) throw new UsageError(`no protocol '${given}'; there are ${LINK_PROTOCOLS.join(', ')}`);
  return protocol;
}

function portOf(given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UsageError('--command-port takes a port');
  return port;
}

function addressOf(url: string): ReturnType<typeof parseDeviceUrl> {
  try {
    return parseDeviceUrl(url);
  } catch (error) {
    if (error instanceof ArgumentError) throw new UsageError(error.message);
    throw error;
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--ca ${file}: ${(error as Error).message}`);
  }
}

/** JSON on one line; bytes as base64, with their size beside them. */
export function toLine(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return (value.toJSON as () => unknown)();
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      Buffer.isBuffer(inner)
        ? [
            ['sizeBytes', inner.length],
            [name, plain(inner)],
          ]
        : [[name, plain(inner)]],
    ),
  );
}

/** A connection in one line, for people. */
export function stateLine(state: ConnectionState): string {
  switch (state.state) {
    case 'connected': {
      const { model, firmware } = state.device;
      const by = state.ways.length === 0 ? '' : ` by ${state.ways.join(', ')}`;
      const events = by === '' ? `no events (${state.streamReason ?? state.stream})` : `listening${by}`;
      return `connected to ${model ?? 'a device'} ${firmware ?? ''}: ${events}`;
    }
    case 'lost':
      return `lost: ${state.reason}; next try ${new Date(state.retryAtMs).toISOString()}`;
    case 'locked':
      return `locked: ${state.reason}; until ${new Date(state.unlockAtMs).toISOString()}`;
    case 'refused':
      return `refused: ${state.reason}`;
    case 'idle':
    case 'connecting':
    case 'closed':
      return state.state;
  }
}
