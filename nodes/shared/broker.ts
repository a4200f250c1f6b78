/** Where the broker is: from a broker node of Node-RED, whose address, TLS and credentials are used again, or from fields of our own. */
import type { Node } from 'node-red';
import type { BrokerOptions, BrokerTls } from '../../lib/index';

/** What Node-RED keeps in an `mqtt-broker` node; its connection stays its own. */
export interface BrokerNode extends Node {
  readonly brokerurl?: string;
  readonly username?: string;
  readonly password?: string;
  readonly protocolVersion?: number | string;
  readonly options?: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly passphrase?: string;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** @returns null where there is neither. */
export function brokerOf(
  node: BrokerNode | null,
  url: string | undefined,
  credentials: { readonly user?: string; readonly password?: string } | undefined,
): Omit<BrokerOptions, 'clientId'> | null {
  if (node?.type === 'mqtt-broker' && node.brokerurl) {
    const { username, password, protocolVersion, options } = node;
    return {
      urls: [node.brokerurl],
      // What the user chose there is a version that the broker speaks; 5 is tried first all the same, as it says more.
      version: Number(protocolVersion) === 5 ? '5' : 'auto',
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      tls: tlsOf(options),
    };
  }
  const address = (url ?? '').trim();
  if (!/^(?:mqtts?|wss?):\/\/[^\s]+$/.test(address)) return null;
  const { user, password } = credentials ?? {};
  return { urls: [address], ...(user ? { username: user } : {}), ...(password ? { password } : {}) };
}

function tlsOf(options: BrokerNode['options'] = {}): BrokerTls {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  return {
    ...(ca ? { ca: String(ca) } : {}),
    ...(cert ? { cert: String(cert) } : {}),
    ...(key ? { key: String(key) } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(servername ? { servername } : {}),
    ...(rejectUnauthorized === false ? { acceptAny: true } : {}),
  };
}
