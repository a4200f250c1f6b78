/** Starts simulators and clients of a test, and ends them after it. */
import { afterEach } from 'vitest';
import { builtInDevice, Simulator, type ModelName, type SimulatorOptions } from '../../lib/simulator';
import { DigestClient, type Credentials } from './digest-client';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** @param device a built-in model, or options with a device of their own. */
export async function simulator(
  device: ModelName | SimulatorOptions['device'] = 'camera',
  options: Omit<SimulatorOptions, 'device'> = {},
): Promise<Simulator> {
  const started = await Simulator.start({
    device: typeof device === 'string' ? builtInDevice(device) : device,
    ...options,
  });
  open.push(started);
  return started;
}

export function clientOf(device: Simulator, credentials?: Credentials): DigestClient {
  const client = new DigestClient(device.url, credentials);
  open.push(client);
  return client;
}
