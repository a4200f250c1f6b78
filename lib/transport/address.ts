/** Where a device is, read from a URL. */
import { ArgumentError } from '../errors';

/** The port of each protocol where none is given. */
export const USUAL_PORTS = { http: 80, https: 443, hsp: 8000, hsps: 8443 } as const;

/** `hsp`: the command port; `hsps`: the command port over TLS, experimental. */
export type DeviceProtocol = keyof typeof USUAL_PORTS;

export interface DeviceAddress {
  readonly protocol: DeviceProtocol;
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/**
 * Reads `http://user:pass@192.0.2.10:80`; the scheme may be left out, and user and password may be percent-encoded or not.
 *
 * @param usual the protocol of a URL without a scheme.
 * @throws ArgumentError that never repeats the password.
 */
export function parseDeviceUrl(url: string, usual: DeviceProtocol = 'http'): DeviceAddress {
  const text = url.trim();
  const [prefix = '', scheme = usual] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  const { userinfo, place } = partsOf(text.slice(prefix.length)) ?? {};
  const protocol = scheme.toLowerCase();
  if (place === undefined) throw wrong(text, 'a URL such as http://user@192.0.2.10');
  if (!isProtocol(protocol)) throw wrong(text, 'http://, https://, hsp:// or hsps://');
  const parts = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(place);
  const host = parts?.[1] ?? parts?.[2];
  const port = parts?.[3] === undefined ? USUAL_PORTS[protocol] : Number(parts[3]);
  if (host === undefined) throw wrong(text, 'a host name, an IPv4 address, or an IPv6 address in brackets');
  if (port < 1 || port > 65_535) throw wrong(text, 'a port from 1 to 65535');
  const colon = userinfo?.indexOf(':') ?? -1;
  return {
    protocol,
    host,
    port,
    username: decode(userinfo === undefined ? '' : colon < 0 ? userinfo : userinfo.slice(0, colon)),
    password: decode(userinfo === undefined || colon < 0 ? '' : userinfo.slice(colon + 1)),
  };
}

/** `host`, or `host:port` where the port is not the usual one; IPv6 in brackets. For messages. */
export function placeOf(address: Pick<DeviceAddress, 'protocol' | 'host' | 'port'>): string {
  const host = bracketed(address.host);
  return address.port === USUAL_PORTS[address.protocol] ? host : `${host}:${address.port}`;
}

/** A host as it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Where the web page of a device is, without user and password; null for one that is reached by its command port only. */
export function webAddressOf(url: string): string | null {
  const address = parseDeviceUrl(url);
  const { protocol } = address;
  return protocol === 'http' || protocol === 'https' ? `${protocol}://${placeOf(address)}` : null;
}

/** User and password, and host and port, of what stands behind `://`. The last `@` that a host follows ends the user. */
function partsOf(rest: string): { readonly userinfo: string | undefined; readonly place: string } | null {
  for (let at = rest.lastIndexOf('@'); ; at = at > 0 ? rest.lastIndexOf('@', at - 1) : -1) {
    const behind = rest.slice(at + 1);
    const end = behind.search(/[@/?#]/);
    const place = end < 0 ? behind : behind.slice(0, end);
    if (place !== '' && behind[end] !== '@') return { userinfo: at < 0 ? undefined : rest.slice(0, at), place };
    if (at < 0) return null;
  }
}

function isProtocol(scheme: string): scheme is DeviceProtocol {
  return Object.hasOwn(USUAL_PORTS, scheme);
}

/** A `%` that encodes nothing belongs to the password. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wrong(url: string, expected: string): ArgumentError {
  const known = url.replace(/^([^:]*:\/\/)?.*@/s, '$1***@');
  // Behind a colon stands a port; where none can be read it may be the password of a URL whose host was forgotten.
  const tail = Math.max(known.lastIndexOf('@'), known.lastIndexOf(']')) + 1;
  const shown = known.slice(0, tail) + known.slice(tail).replace(/:(?!\/\/|\d+$).*/s, ':***');
  return new ArgumentError([{ parameter: 'url', given: shown, expected }]);
}
