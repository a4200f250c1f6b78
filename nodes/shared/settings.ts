/** The fields of a device node become options for a client, or one sentence about what is wrong with them. */
import { isIPv6 } from 'node:net';
import { LOGIN_WAYS, type ClientOptions } from '../../lib/index';
import type { DeviceSettings } from './connection';
import type { PushPlace } from './shared-ways';
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
  /** The device dials in by EHome 2.x; the port is ours, UDP. Experimental. */
  ehome: { scheme: 'ehome', usualPort: 7660, isSecure: false, protocol: undefined },
} as const;

/** Where devices call us when they are told nothing else; next to the port of EHome. */
export const USUAL_PUSH_PORT = 7661;

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
  /** How the user logs in over HTTP; `auto` when not given. */
  readonly login?: string;
  /** With `ehome`: the id as it is set on the device. */
  readonly deviceId?: string;
  /** Whether the device may call us, and where. */
  readonly push?: PushChoice;
  /** Of the own listener; empty: {@link USUAL_PUSH_PORT}. */
  readonly pushPort?: string | number;
  /** Both given: the own listener speaks HTTPS. */
  readonly pushKeyFile?: string;
  readonly pushCertFile?: string;
  /** False: the user enters us on the device by hand. */
  readonly pushEnter?: boolean;
  /** We, as the device sees us: host, host and port, or a URL. */
  readonly calledAt?: string;
  /** False: what the device tells by several ways is an event each. */
  readonly merge?: boolean;
  /** False: it counts for itself, also where another device tells the same of the same camera. */
  readonly site?: boolean;
}

/** `own`: at a port of our own. `mounted`: within Node-RED's own HTTP server. */
export type PushChoice = 'off' | 'own' | 'mounted';

/** A device that calls us. */
export interface PushWish {
  readonly place: PushPlace;
  /** Given: we enter ourselves on the device, with this address. */
  readonly calledAt?: string;
}

/** A device that dials in. */
export interface DialInWish {
  readonly deviceId: string;
  readonly port: number;
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
  /** Node-RED's own HTTP server; null where it serves no flows. */
  readonly ownServer?: { readonly port: number; readonly isSecure: boolean } | null;
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
  const deviceId = text(fields.deviceId);
  const choice = protocolOf(fields.protocol);
  const name = givenName || (choice === 'ehome' ? deviceId : host) || 'hikvision';
  const problem = (key: string, values?: Record<string, string>) => ({
    name,
    problem: translate(`hsp-config.problem.${key}`, values),
  });

  if (choice === 'ehome') {
    if (!/^[\w.-]{1,64}$/.test(deviceId)) return problem('deviceId');
  } else if (host === '') return problem('noHost');
  else if (!isHost(host)) return problem('host', { host });
  const givenPort = text(fields.port);
  if (givenPort !== '' && !isPort(givenPort)) return problem('port', { port: givenPort });
  const { scheme, usualPort, isSecure, protocol } = PROTOCOLS[choice];
  const port = givenPort === '' ? usualPort : Number(givenPort);

  const push = pushWish(fields, text, helpers);
  if (push !== null && 'problem' in push) return { name, problem: push.problem };
  const shared = {
    name,
    isOnSite: fields.site !== false,
    ...(push === null ? {} : { push }),
  };
  const common = {
    ...(givenName === '' ? {} : { name: givenName }),
    ...(fields.merge === false ? { events: { merge: false } } : {}),
  };
  if (choice === 'ehome') {
    return {
      ...shared,
      // Nobody can enter us there: the device takes no commands on this way.
      ...(push === null ? {} : { push: { place: push.place } }),
      options: { url: `ehome://${deviceId}`, ...common },
      address: `ehome://${deviceId}`,
      dialIn: { deviceId, port },
    };
  }

  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const tls = isSecure ? tlsOptions(fields, text, helpers) : {};
  if ('problem' in tls) return { name, problem: tls.problem };
  const username = text(credentials.user);
  // Not expanded within a longer text: a password may hold `${` itself. Node-RED has put a whole `${NAME}` in already.
  const password = credentials.password ?? '';
  const login = LOGIN_WAYS.find((way) => way === fields.login);
  const options: ClientOptions = {
    url: `${scheme}://${address}`,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...common,
    ...tls,
    ...(protocol === undefined ? {} : { protocol }),
    ...(login === undefined ? {} : { login }),
    allowBasic: fields.allowBasic === true,
  };
  return { ...shared, options, address };
}

type TextOf = (value: string | number | undefined) => string;

/** @returns null where the device does not call us. */
function pushWish(fields: DeviceFields, text: TextOf, helpers: SettingsHelpers): PushWish | { problem: string } | null {
  const { translate, ownServer = null } = helpers;
  const problem = (key: string, values?: Record<string, string>) => ({
    problem: translate(`hsp-config.problem.${key}`, values),
  });
  let place: PushPlace;
  let served: { readonly port: number; readonly isSecure: boolean };
  if (fields.push === 'mounted') {
    if (ownServer === null) return problem('noOwnServer');
    place = { kind: 'mounted' };
    served = ownServer;
  } else if (fields.push === 'own') {
    const givenPort = text(fields.pushPort);
    if (givenPort !== '' && !isPort(givenPort)) return problem('pushPort', { port: givenPort });
    const port = givenPort === '' ? USUAL_PUSH_PORT : Number(givenPort);
    const [keyFile, certFile] = [text(fields.pushKeyFile), text(fields.pushCertFile)];
    if ((keyFile === '') !== (certFile === '')) return problem('pushTls');
    let tls: { readonly key: string; readonly cert: string } | null = null;
    if (keyFile !== '') {
      const key = readText(keyFile, helpers);
      if ('problem' in key) return key;
      const cert = readText(certFile, helpers);
      if ('problem' in cert) return cert;
      tls = { key: key.text, cert: cert.text };
    }
    place = { kind: 'own', listen: { port, ...(tls === null ? {} : { tls }) } };
    served = { port, isSecure: tls !== null };
  } else return null;

  if (fields.pushEnter === false || fields.protocol === 'ehome') return { place };
  const given = text(fields.calledAt);
  if (given === '') return problem('noCalledAt');
  const calledAt = calledAtOf(given, served);
  return calledAt === null ? problem('calledAt', { address: given }) : { place, calledAt };
}

/** A host alone gets the port at which we listen; a URL means what it says, for those behind a router or a proxy. */
function calledAtOf(given: string, served: { readonly port: number; readonly isSecure: boolean }): string | null {
  const isUrl = /^https?:\/\//i.test(given);
  const bare = isIPv6(given) ? `[${given}]` : given;
  const whole = isUrl ? bare : `${served.isSecure ? 'https' : 'http'}://${bare}`;
  if (!URL.canParse(whole)) return null;
  const { protocol, hostname, port, pathname, search, username } = new URL(whole);
  if (hostname === '' || pathname !== '/' || search !== '' || username !== '') return null;
  // `host:80` over HTTP: the URL class leaves out the usual port, and it is still the one that was given.
  const isPortGiven = isUrl || /(?:^|[^:]):\d+\/?$/.test(bare.replace(/^\[.*\]/, 'host'));
  return `${protocol}//${hostname}${port !== '' ? `:${port}` : isPortGiven ? '' : `:${served.port}`}`;
}

function tlsOptions(
  fields: DeviceFields,
  text: TextOf,
  helpers: SettingsHelpers,
): Pick<ClientOptions, 'tls'> | { problem: string } {
  const { translate } = helpers;
  switch (fields.tls) {
    case 'ca': {
      const file = text(fields.caFile);
      if (file === '') return { problem: translate('hsp-config.problem.noCaFile') };
      const ca = readText(file, helpers);
      return 'problem' in ca ? ca : { tls: { ca: ca.text } };
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

function readText(
  file: string,
  { translate, readFile }: SettingsHelpers,
): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFile(file) };
  } catch (error) {
    const reason = (error as { code?: string }).code ?? (error as Error).message;
    return { problem: translate('hsp-config.problem.file', { file, reason }) };
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
