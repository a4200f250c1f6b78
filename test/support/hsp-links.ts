/** Clients over the command port of a simulated device. */
import { beforeEach } from 'vitest';
import type { ClientOptions, HikvisionClient } from '../../lib/index';
import type { Simulator } from '../../lib/simulator';
import { forgetAcceptedWays } from '../../lib/session/command-session';
import { generateLoginKeys, type LoginKeys } from '../../lib/session/login-crypto';
import { hikvisionClient } from './clients';

beforeEach(() => forgetAcceptedWays());

export function portUrl(device: Simulator, scheme: 'hsp' | 'hsps' = 'hsp'): string {
  return `${scheme}://127.0.0.1:${device.hspPort}`;
}

/** A client that speaks to the command port only. */
export function portClient(device: Simulator, options: Partial<ClientOptions> = {}): HikvisionClient {
  return hikvisionClient({ url: portUrl(device) }, options);
}

/** Knows both faces, so its gate is the one of HTTP. */
export function bothFaces(
  device: Simulator,
  protocol: 'hsp' | 'auto',
  options: Partial<ClientOptions> = {},
): HikvisionClient {
  return hikvisionClient(device, {
    protocol,
    ...options,
    commandPort: { port: device.hspPort, ...options.commandPort },
  });
}

let keys: Promise<LoginKeys> | null = null;

/** One key pair for many logins, so that a test of many logins is not one of key making. */
export function sameKeys(): Promise<LoginKeys> {
  return (keys ??= generateLoginKeys());
}
