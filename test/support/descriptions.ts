import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../lib/commands/command';
import { checkArguments } from '../../lib/commands/arguments';
import { FEATURE_NAMES, type Features } from '../../lib/commands/features';
import { commandNamed } from '../../lib/commands/registry';
import {
  describeDevice,
  undescribed,
  type Ask,
  type DeviceDescription,
  type KnownDevice,
} from '../../lib/mqtt/description';
import { capturesFolder } from './captures';
import { context, dumpDevice, run, type Dump, type Responder } from './steps';

export const KNOWN: KnownDevice = {
  slug: 'gate',
  name: 'Gate',
  key: 'node-1',
  configurationUrl: 'http://192.0.2.10/',
};

/** Asks a hand-fed device the way a client does. */
export function asking(respond: Responder): Ask {
  const memory = new Map<string, unknown>();
  return async (name, given) => {
    await Promise.resolve();
    const command = commandNamed(name) as Command;
    return run(command.isapi(checkArguments(name, command.params, given), context({ memory })), respond).result;
  };
}

/** What the captured devices are, by the name of their file; empty where the captures are not at hand. */
export async function capturedDescriptions(): Promise<ReadonlyMap<string, DeviceDescription>> {
  const folder = capturesFolder();
  const described = new Map<string, DeviceDescription>();
  if (folder === undefined) return described;
  const devices = join(folder, 'devices');
  for (const file of readdirSync(devices).sort()) {
    if (!file.endsWith('.json') || file === 'error-responses.json' || file.startsWith('http-exchanges')) continue;
    const dump = JSON.parse(readFileSync(join(devices, file), 'utf8')) as Dump;
    described.set(file.replace('.json', ''), await describeDevice(asking(dumpDevice(dump)), KNOWN));
  }
  return described;
}

/** A device that is described by hand; a test names what matters to it. */
export function description(
  more: Partial<Omit<DeviceDescription, 'features'>> & { readonly features?: Partial<Features> } = {},
): DeviceDescription {
  const features = Object.fromEntries(FEATURE_NAMES.map((feature) => [feature, null])) as Features;
  return { ...undescribed(KNOWN, 'DS-1'), ...more, features: { ...features, ...more.features } };
}

export function channel(number: number, more: Partial<DeviceDescription['channels'][number]> = {}) {
  return {
    channel: number,
    name: null,
    kind: 'camera',
    online: null,
    reason: null,
    model: null,
    firmware: null,
    presets: [],
    ...more,
  } as const;
}
