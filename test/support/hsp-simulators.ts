/** Starts devices with a command port and clients for them, and ends them after each test. */
import { afterEach } from 'vitest';
import { SIMULATOR_PASSWORD, type ModelName, type Simulator, type SimulatorOptions } from '../../lib/simulator';
import { HspClient, type HspClientOptions } from './hsp-client';
import { simulator } from './simulators';

export type HspSimulatorOptions = Omit<SimulatorOptions, 'device'>;

const clients: HspClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

export function hspSimulator(
  device: ModelName | SimulatorOptions['device'] = 'camera',
  options: HspSimulatorOptions = {},
): Promise<Simulator> {
  return simulator(device, { hspPort: 0, ...options });
}

export function hspClient(device: Simulator, options: Partial<HspClientOptions> = {}): HspClient {
  const client = new HspClient({ port: device.hspPort, password: SIMULATOR_PASSWORD, ...options });
  clients.push(client);
  return client;
}

/** Logged in. */
export async function hspSession(device: Simulator, options: Partial<HspClientOptions> = {}): Promise<HspClient> {
  const client = hspClient(device, options);
  const status = await client.login();
  if (status !== 1) throw new Error(`the login ended with status ${status}`);
  return client;
}
