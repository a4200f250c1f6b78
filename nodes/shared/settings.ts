/** The fields of a device node become options for a client, or one sentence about what is wrong with them. */
import { isIPv6 } from 'node:net';
import type { ClientOptions } from '../../lib/index';
import type { DeviceSettings } from './connection';
import type { Translate } from './status';

/** The choices of the dialog: what the URL begins with, the port where none is given, and whether a certificate is looked at. */
const PROTOCOLS = {
  http: { scheme: 'http', usualPort: 80, isSecure: false, protocol: undefined },
  https: { scheme: 'https', usualPort: 443, isSecure: true, protocol: undefined },
  /** The command port. */
  hsp: { scheme: 'hsp', usualPort: 8000, isSecure: false, protocol: undefined },
  /** The command port over TLS; experimental. */
  hsps: { scheme: 'hsps', usualPort: 8443, isSecure: true, protocol: undefined },
  /** HTTP, and the command port where HTTP is closed. */
  auto: { scheme: 'http', usualPort: 80, isSecure: false, protocol: 'auto' },
} as const;

export type ProtocolChoice = keyof typeof PROTOCOLS;

/** What a flow says; anything else is what the first version of the node meant. */
function protocolOf(choice: string | undefined): ProtocolChoice {
  return choice !== undefined && Object.hasOwn(PROTOCOLS, choice) ? (choice as ProtocolChoice) : 'http';
}

export type TlsChoice = 'system' | 'ca' | 'fingerprint' | 'any';

/** As they stand in a flow. A text may hold `${NAME}`, which stands for an environment variable. */
export interface DeviceFields {
  readonly name?: string;
  /** Name, IPv4 or IPv6 (with or without brackets). */
  readonly host?: string;
  /** Empty: the usual one of the protocol. */
  readonly port?: string | number;
  /** How to speak to the device; see {@link PROTOCOLS}. Older flows know the first two. */
  readonly protocol?: ProtocolChoice;
  readonly tls?: TlsChoice;
  readonly caFile?: string;
  readonly fingerprint?: string;
  readonly allowBasic?: boolean;
}

export interface Credentials {
  readonly user?: string;
  readonly password?: string;
}

export interface SettingsHelpers {
  readonly translate: Translate;
  /** Puts environment variables in; an unknown one becomes an empty text. */
  readonly expand: (text: string) => string;
  /** @throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
}

/** Never throws; `problem` never holds the password. */
export function deviceSettings(
  fields: DeviceFields,
  credentials: Credentials,
  helpers: SettingsHelpers,
): DeviceSettings {
  const { translate } = helpers;
  const text = (value: string | number | undefined): string => {
    const raw = String(value ?? '');
    return (raw.includes('${') ? helpers.expand(raw) : raw).trim();
  };
  const host = text(fields.host).replace(/^\[(.*)\]$/, '$1');
  const givenName = text(fields.name);
  const name = givenName || host || 'hikvision';
  const problem = (key: string, values?: Record<string, string>) => ({
    name,
    problem: translate(`hsp-config.problem.${key}`, values),
  });

  if (host === '') return problem('noHost');
  if (!isHost(host)) return problem('host', { host });
  const port = text(fields.port);
  if (port !== '' && !isPort(port)) return problem('port', { port });
  const { scheme, usualPort, isSecure, protocol } = PROTOCOLS[protocolOf(fields.protocol)];
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port === '' ? usualPort : Number(port)}`;

  const tls = isSecure ? tlsOptions(fields, text, helpers) : {};
  if ('problem' in tls) return { name, problem: tls.problem };
  const username = text(credentials.user);
  // Not expanded within a longer text: a password may hold `${` itself. Node-RED has put a whole `${NAME}` in already.
  const password = credentials.password ?? '';
  const options: ClientOptions = {
    url: `${scheme}://${address}`,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(givenName === '' ? {} : { name: givenName }),
    ...tls,
    ...(protocol === undefined ? {} : { protocol }),
    allowBasic: fields.allowBasic === true,
  };
  return { name, options, address };
}

function tlsOptions(
  fields: DeviceFields,
  text: (value: string | undefined) => string,
  { translate, readFile }: SettingsHelpers,
): Pick<ClientOptions, 'tls'> | { problem: string } {
  switch (fields.tls) {
    case 'ca': {
      const file = text(fields.caFile);
      if (file === '') return { problem: translate('hsp-config.problem.noCaFile') };
      try {
        return { tls: { ca: readFile(file) } };
      } catch (error) {
        const reason = (error as { code?: string }).code ?? (error as Error).message;
        return { problem: translate('hsp-config.problem.caFile', { file, reason }) };
      }
    }
    case 'fingerprint': {
      const fingerprint = text(fields.fingerprint);
      if (!/^([0-9a-f]{2}:?){32}$/i.test(fingerprint)) return { problem: translate('hsp-config.problem.fingerprint') };
      return { tls: { fingerprint } };
    }
    case 'any':
      return { tls: { acceptAny: true } };
    case 'system':
    default:
      return {};
  }
}

/** A host alone: no scheme, port, path or user, which would end up in another part of the address. */
function isHost(host: string): boolean {
  if (isIPv6(host)) return true;
  return /^[^\s/\\@?#:[\]%]+$/.test(host) && URL.canParse(`http://${host}`);
}

function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}
