/** The network of the device: addresses, ports, and the protocols by which other systems may talk to it. */
import { all, booleanAt, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import { command, getDocument, putDocument, type Steps } from '../command';
import { getNamed, type Written } from '../documents';

export interface NetworkInterface {
  readonly id: number | null;
  /** v4, v6, dual; the device's word. */
  readonly ipVersion: string | null;
  /** static, dynamic; the device's word. */
  readonly addressing: string | null;
  readonly address: string | null;
  readonly subnetMask: string | null;
  readonly gateway: string | null;
  readonly dns: readonly string[];
  readonly ipv6Address: string | null;
  readonly mac: string | null;
  readonly speedMbps: number | null;
  readonly duplex: string | null;
  readonly mtuBytes: number | null;
}

export interface ServicePort {
  /** HTTP, HTTPS, RTSP, DEV_MANAGE (the command port), SDK_OVER_TLS, ...; the device's word. */
  readonly protocol: string;
  readonly port: number | null;
  /** Null where the device does not say; it is then open. */
  readonly enabled: boolean | null;
  readonly redirectsToHttps: boolean | null;
}

/** Which protocols of other systems are let in. */
export interface Integration {
  readonly isapi: boolean | null;
  readonly onvif: boolean | null;
  readonly cgi: boolean | null;
}

const INTERFACES_PATH = '/ISAPI/System/Network/interfaces';
const PORTS_PATH = '/ISAPI/Security/adminAccesses';
const INTEGRATION_PATH = '/ISAPI/System/Network/Integrate';

/** Zeros are how devices write that there is none. */
function addressAt(from: XmlElement | undefined, path: string): string | null {
  const address = textAt(from, path);
  return address === '0.0.0.0' || address === '::' ? null : address;
}

function interfaceFrom(item: XmlElement): NetworkInterface {
  const ip = find(item, 'IPAddress');
  const link = find(item, 'Link');
  const servers = ['PrimaryDNS', 'SecondaryDNS'].map((name) => addressAt(ip, `${name}/ipAddress`));
  return {
    id: numberAt(item, 'id'),
    ipVersion: textAt(ip, 'ipVersion'),
    addressing: textAt(ip, 'addressingType'),
    address: addressAt(ip, 'ipAddress'),
    subnetMask: addressAt(ip, 'subnetMask'),
    gateway: addressAt(ip, 'DefaultGateway/ipAddress'),
    dns: servers.filter((server) => server !== null),
    ipv6Address: addressAt(ip, 'ipv6Address'),
    mac: textAt(link, 'MACAddress'),
    speedMbps: numberAt(link, 'speed'),
    duplex: textAt(link, 'duplex'),
    mtuBytes: numberAt(link, 'MTU'),
  };
}

function* network(): Steps<readonly NetworkInterface[]> {
  const list = yield* getDocument(INTERFACES_PATH);
  const items = list.name.toLowerCase() === 'networkinterface' ? [list] : all(list, 'NetworkInterface');
  if (items.length === 0) throw new UnsupportedError(`${INTERFACES_PATH}: the device names no interface`);
  return items.map(interfaceFrom);
}

function* ports(): Steps<readonly ServicePort[]> {
  const list = yield* getNamed(PORTS_PATH, 'AdminAccessProtocolList');
  return all(list, 'AdminAccessProtocol').flatMap((item) => {
    const protocol = textAt(item, 'protocol');
    if (protocol === null) return [];
    return [
      {
        protocol,
        port: numberAt(item, 'portNo'),
        enabled: booleanAt(item, 'enabled'),
        redirectsToHttps: booleanAt(item, 'redirectToHttps'),
      },
    ];
  });
}

const PROTOCOLS = { isapi: 'ISAPI/enable', onvif: 'ONVIF/enable', cgi: 'CGI/enable' } as const;

type Protocol = keyof typeof PROTOCOLS;

function integrationFrom(document: XmlElement): Integration {
  const { isapi, onvif, cgi } = PROTOCOLS;
  return { isapi: booleanAt(document, isapi), onvif: booleanAt(document, onvif), cgi: booleanAt(document, cgi) };
}

function* setIntegration(args: Readonly<Record<Protocol, boolean | undefined>>): Steps<Integration & Written> {
  const wanted = (Object.keys(PROTOCOLS) as Protocol[]).filter((name) => args[name] !== undefined);
  if (wanted.length === 0) {
    const expected = 'at least one of isapi, onvif, cgi';
    throw new ArgumentError([{ parameter: 'onvif', given: undefined, expected }]);
  }
  const document = yield* getNamed(INTEGRATION_PATH, 'Integrate');
  for (const name of wanted) {
    if (find(document, PROTOCOLS[name]) === undefined) {
      throw new UnsupportedError(`${INTEGRATION_PATH}: the device has no switch for ${name}`);
    }
    setText(document, PROTOCOLS[name], args[name] === true);
  }
  const answer = yield* putDocument(INTEGRATION_PATH, formatXml(document));
  const after = yield* getNamed(INTEGRATION_PATH, 'Integrate');
  return { ...integrationFrom(after), rebootRequired: needsReboot(answer) };
}

const protocolParam = (title: string, description: string) =>
  ({ kind: 'boolean', title, description, optional: true }) as const;

export const networkSettings = {
  network: command({
    title: 'Read the network settings',
    summary: 'Addresses, name servers and links of the network interfaces.',
    effect: 'read',
    params: {},
    isapi: network,
    returns:
      'The interfaces: id, ipVersion, addressing, address, subnetMask, gateway, dns, ipv6Address, mac, speedMbps, duplex, mtuBytes.',
    paths: [INTERFACES_PATH],
    source: ['ISAPI /ISAPI/System/Network/interfaces', 'isapi.md §2.6'],
  }),

  ports: command({
    title: 'Read the ports',
    summary: 'At which ports the device offers HTTP, HTTPS, RTSP, the command port and more.',
    effect: 'read',
    params: {},
    isapi: ports,
    returns: 'The services: protocol in the word of the device, port, enabled, redirectsToHttps.',
    paths: [PORTS_PATH],
    source: ['ISAPI /ISAPI/Security/adminAccesses', 'isapi.md §1.7'],
  }),

  getIntegration: command({
    title: 'Read the integration protocols',
    summary: 'Which protocols of other systems the device lets in: ISAPI, ONVIF, CGI.',
    effect: 'read',
    params: {},
    *isapi(): Steps<Integration> {
      return integrationFrom(yield* getNamed(INTEGRATION_PATH, 'Integrate'));
    },
    returns: 'isapi, onvif, cgi; null for what the device does not have.',
    paths: [INTEGRATION_PATH],
    source: ['ISAPI /ISAPI/System/Network/Integrate', 'isapi.md §2.6'],
  }),

  setIntegration: command({
    title: 'Set the integration protocols',
    summary:
      'Lets protocols of other systems in or keeps them out. Without ISAPI this library finds no way in any more.',
    effect: 'write',
    // Nobody shuts the door behind himself by a slip.
    effectOf: ({ isapi }) => (isapi === false ? 'danger' : 'write'),
    example: { onvif: true },
    params: {
      onvif: protocolParam('ONVIF', 'For players and recorders of other makers.'),
      cgi: protocolParam('CGI', 'The older HTTP interface.'),
      isapi: protocolParam('ISAPI', 'False shuts us out and needs a confirmation.'),
    },
    isapi: setIntegration,
    returns: 'What the device says afterwards: isapi, onvif, cgi, rebootRequired.',
    paths: [INTEGRATION_PATH],
    source: ['ISAPI /ISAPI/System/Network/Integrate', 'isapi.md §0.3, §2.6'],
  }),
} as const;
