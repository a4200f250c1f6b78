/** Which way to a device its URL and its settings mean. */
import type { Clock } from '../clock';
import { ArgumentError } from '../errors';
import { parseDeviceUrl, placeOf, USUAL_PORTS, type DeviceAddress, type DeviceProtocol } from '../transport/address';
import { CommandPort, type TraceEntry } from '../transport/command-port';
import { gateFor, type CredentialGate } from '../transport/gate';
import { HttpClient, type LoginWay } from '../transport/http';
import type { TlsTrust } from '../transport/tls';
import { AutoLink } from './auto-link';
import { CommandPortLink } from './command-port-link';
import { CommandSession, type AuthWay } from './command-session';
import { DialInLink, type DialInOptions } from './dial-in-link';
import type { EventPump, Warning } from './event-pump';
import { HttpLink } from './http-link';
import type { DeviceLink } from './link';
import type { LoginKeys } from './login-crypto';
import { Ways } from './ways';

/**
 * - `isapi`: HTTP or HTTPS.
 * - `hsp`: the command port. `hsps`: the same over TLS, experimental.
 * - `auto`: HTTP, and the command port where HTTP is closed.
 */
export type LinkProtocol = 'isapi' | 'hsp' | 'hsps' | 'auto';

export const LINK_PROTOCOLS = ['isapi', 'hsp', 'hsps', 'auto'] as const satisfies readonly LinkProtocol[];

/** Of the command port; every one has a value that fits nearly all devices. */
export interface CommandPortOptions {
  /** Where the URL does not say it: 8000, over TLS 8443. */
  readonly port?: number;
  /** Command connections at a time; 4 when not given. */
  readonly connections?: number;
  /** How requests prove themselves; what the device accepts is found out when not given. */
  readonly authWay?: AuthWay;
  /** Number of the first IP channel of a recorder, 33 or the one after the analog channels; found out when not given. */
  readonly firstIpChannel?: number;
  /** Sees every frame, for a transcript. It holds secrets. */
  readonly trace?: (entry: TraceEntry) => void;
  /** Instead of a fresh key pair for each login; for tests. */
  readonly generateKeys?: () => Promise<LoginKeys>;
}

export interface LinkOptions {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly protocol: LinkProtocol | undefined;
  readonly commandPort: CommandPortOptions;
  readonly dialIn?: DialInOptions | undefined;
  readonly trust: TlsTrust;
  readonly allowBasic: boolean;
  readonly login?: LoginWay;
  readonly clock: Clock;
  readonly ways?: Ways;
  /** Changes with another device or firmware. */
  readonly deviceKey?: () => string;
}

/** Where a device is, by each face that is wanted. */
export interface LinkPlan {
  readonly protocol: LinkProtocol;
  readonly http: DeviceAddress | null;
  readonly port: DeviceAddress | null;
  /** By this it comes to us instead; null where we go to it. */
  readonly dialIn: DialInOptions | null;
  /** Port under which the gate knows the device: that of the URL. */
  readonly gatePort: number;
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** @throws ArgumentError when URL and protocol contradict each other. */
export function planLink(
  options: Pick<LinkOptions, 'url' | 'username' | 'password' | 'protocol' | 'commandPort' | 'dialIn'>,
): LinkPlan {
  const { dialIn } = options;
  if (dialIn !== undefined) {
    const nobody = { host: dialIn.deviceId, username: '', password: '' };
    return { ...nobody, protocol: 'isapi', http: null, port: null, dialIn, gatePort: 0 };
  }
  const wanted = options.protocol;
  const usual: DeviceProtocol = wanted === 'hsp' || wanted === 'hsps' ? wanted : 'http';
  const parsed = parseDeviceUrl(options.url, usual);
  const isText = parsed.protocol === 'http' || parsed.protocol === 'https';
  const protocol: LinkProtocol = wanted ?? (isText ? 'isapi' : parsed.protocol);
  if (protocol === 'isapi' && !isText) {
    throw new ArgumentError([{ parameter: 'url', given: `${parsed.protocol}://`, expected: 'http:// or https://' }]);
  }
  const username = options.username ?? parsed.username;
  const password = options.password ?? parsed.password;
  const given = { ...parsed, username, password };
  const http: DeviceAddress = isText ? given : { ...given, protocol: 'http', port: USUAL_PORTS.http };
  const spoken = protocol === 'hsps' || (protocol === 'auto' && parsed.protocol === 'hsps') ? 'hsps' : 'hsp';
  const isUsual = isText || parsed.port === USUAL_PORTS[parsed.protocol];
  const port: DeviceAddress = {
    ...given,
    protocol: spoken,
    port: options.commandPort.port ?? (isUsual ? USUAL_PORTS[spoken] : parsed.port),
  };
  return {
    protocol,
    http: protocol === 'isapi' || protocol === 'auto' ? http : null,
    port: protocol === 'isapi' ? null : port,
    dialIn: null,
    gatePort: parsed.port,
    host: parsed.host,
    username,
    password,
  };
}

/** Nothing happens on the network before it is used. */
export function openLink(
  plan: LinkPlan,
  options: Pick<LinkOptions, 'commandPort' | 'trust' | 'allowBasic' | 'login' | 'clock' | 'ways' | 'deviceKey'>,
  pump: EventPump,
  warn: (warning: Warning) => void,
): DeviceLink {
  const { trust, allowBasic, clock, login = 'auto', ways = new Ways(), deviceKey } = options;
  if (plan.dialIn !== null) return new DialInLink(plan.dialIn, clock);
  const { host, gatePort, username, password } = plan;
  const http =
    plan.http === null
      ? null
      : new HttpLink(new HttpClient({ address: plan.http, trust, allowBasic, clock, login }), pump, {
          clock,
          ways,
          ...(deviceKey === undefined ? {} : { deviceKey }),
        });
  if (plan.port === null) {
    if (http === null) throw new TypeError('a device without a face');
    return http;
  }
  const gate = http?.gate ?? gateFor(clock, host, gatePort, username, password);
  const { session } = openSession(plan.port, gate, options, warn);
  const port = new CommandPortLink(session, gate, pump, clock, ways.allows('alarmChannel'));
  return http === null ? port : new AutoLink(http, port, clock, warn);
}

/** A session at the command port, and the port below it. */
export function openSession(
  address: DeviceAddress,
  gate: CredentialGate,
  options: Pick<LinkOptions, 'commandPort' | 'trust' | 'clock'>,
  warn: (warning: Warning) => void,
): { session: CommandSession; port: CommandPort } {
  const { clock, trust } = options;
  const { connections, authWay, firstIpChannel, trace, generateKeys } = options.commandPort;
  const port = new CommandPort({
    host: address.host,
    port: address.port,
    place: placeOf(address),
    trust: address.protocol === 'hsps' ? trust : null,
    clock,
    ...(connections === undefined ? {} : { connections }),
    ...(trace === undefined ? {} : { trace }),
  });
  const session = new CommandSession({
    port,
    username: address.username,
    password: address.password,
    clock,
    gate,
    warn,
    ...(authWay === undefined ? {} : { authWay }),
    ...(firstIpChannel === undefined ? {} : { firstIpChannel }),
    ...(generateKeys === undefined ? {} : { generateKeys }),
  });
  return { session, port };
}
