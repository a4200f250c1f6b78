/** Clients of the product against simulators: made, remembered and closed by the test. */
import { afterEach, beforeEach } from 'vitest';
import { HikvisionClient, type ClientOptions } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type Simulator } from '../../lib/simulator';
import { systemClock, type Clock } from '../../lib/clock';
import { parseDeviceUrl } from '../../lib/transport/address';
import { forgetGates } from '../../lib/transport/gate';
import { HttpClient, type HttpOptions } from '../../lib/transport/http';

const open: { close(): void | Promise<void> }[] = [];

// Ports are used again, and a gate that was refused would outlive its device.
beforeEach(() => forgetGates());

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

type Place = Pick<Simulator, 'url'>;

/** The HTTP side alone. */
export function httpOf(
  { url }: Place,
  options: Partial<Omit<HttpOptions, 'address'>> & { username?: string; password?: string } = {},
): HttpClient {
  const { username = SIMULATOR_USERNAME, password = SIMULATOR_PASSWORD, ...rest } = options;
  const address = { ...parseDeviceUrl(url), username, password };
  const http = new HttpClient({ address, trust: {}, allowBasic: false, clock: systemClock, ...rest });
  open.push(http);
  return http;
}

/** A client; its random part of waits is even. */
export function hikvisionClient({ url }: Place, options: Partial<ClientOptions> = {}): HikvisionClient {
  const client = new HikvisionClient({
    url,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    random: () => 0.5,
    ...options,
  });
  open.push(client);
  return client;
}

/** Its error code, or `fine`. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'fine',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

/** The error that it ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('expected an error, but it succeeded');
}

export { advanceUntil, openSockets, turns } from './turns';
export type { Clock };
