/** `hsp info URL`: who is this device? */
import { HikvisionError, type Channel, type DeviceInfo, type HikvisionClient, type RawAnswer } from '../index';
import { DEVICE_HELP, DEVICE_OPTIONS, openClient, toLine } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

export const info: Verb = {
  name: 'info',
  summary: 'device information as one JSON line',
  help: `hsp info URL [options]

Prints one JSON line: model, firmware, serial (as the device says them), name, deviceType, mac, channels, capabilities
and the ways by which its events come (eventWays). What the device does not tell is null, or an empty list; it works with nothing but its deviceInfo.

${DEVICE_HELP}

Exit status: 0 fine, 1 the device, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, DEVICE_OPTIONS);
    if (positionals.length > 1) throw new UsageError('info takes one URL');
    const client = openClient(positionals[0], values, io);
    try {
      const options = { signal: io.signal };
      const device = await client.config.deviceInfo({}, options);
      const channels = await optional(client.recorder.listChannels({}, options), io, 'channels');
      const capabilities = await optional(readCapabilities(client, io.signal), io, 'capabilities');
      const eventWays = await optional(readWays(client, io.signal), io, 'ways of events');
      io.out(toLine({ ...answerOf(device, channels ?? [], capabilities), eventWays: eventWays ?? [] }));
      return 0;
    } finally {
      await client.close();
    }
  },
};

function answerOf(device: DeviceInfo, channels: readonly Channel[], capabilities: Capabilities | null): object {
  const { model, firmware, serial, ...rest } = device;
  return { model, firmware, serial, ...rest, channels, capabilities };
}

/** Listens for a moment, and sees what comes of it. */
async function readWays(client: HikvisionClient, signal: AbortSignal): Promise<readonly string[]> {
  const subscription = client.events(() => undefined);
  let change: () => void = () => undefined;
  const states = client.onState(() => change());
  const onAbort = () => void client.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
    // Ways come one after another; the first questions are answered soon.
    await new Promise<void>((resolve) => {
      const latest = setTimeout(() => done(), WAYS_MAX_MS);
      let quiet = setTimeout(() => done(), WAYS_QUIET_MS);
      const done = () => {
        clearTimeout(latest);
        clearTimeout(quiet);
        resolve();
      };
      change = () => {
        clearTimeout(quiet);
        quiet = setTimeout(done, WAYS_QUIET_MS);
      };
    });
    return client.state.state === 'connected' ? client.state.ways : [];
  } finally {
    signal.removeEventListener('abort', onAbort);
    states.close();
    subscription.close();
  }
}

const WAYS_QUIET_MS = 500;
const WAYS_MAX_MS = 3_000;

/** What a device lacks must not keep the rest from being shown; a wrong password or a dead connection must. */
async function optional<T>(reading: Promise<T>, io: CliIo, what: string): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof HikvisionError) || ESSENTIAL.has(error.code)) throw error;
    io.err(`${what} not available: ${error.message}`);
    return null;
  }
}

const ESSENTIAL = new Set(['HIK_AUTHENTICATION', 'HIK_LOCKED', 'HIK_UNREACHABLE', 'HIK_CONNECTION_LOST', 'HIK_CLOSED']);

interface Capabilities {
  readonly analogInputs: number | null;
  readonly ipInputs: number | null;
  readonly alarmInputs: number | null;
  readonly alarmOutputs: number | null;
  readonly audioInputs: number | null;
  readonly audioOutputs: number | null;
  /** Names of the functions that the device says it supports, without the `isSupport` before them. */
  readonly supports: readonly string[];
}

async function readCapabilities(client: HikvisionClient, signal: AbortSignal): Promise<Capabilities> {
  const answer: RawAnswer = await client.config.raw({ path: '/ISAPI/System/capabilities' }, { signal });
  const leaves = new Map<string, string>();
  const supports = new Set<string>();
  const walk = (value: unknown, name: string, depth: number): void => {
    if (typeof value === 'string') {
      if (!leaves.has(name)) leaves.set(name, value);
      if (name.startsWith('isSupport') && value.trim().toLowerCase() === 'true')
        supports.add(name.slice('isSupport'.length));
    } else if (Array.isArray(value)) for (const inner of value) walk(inner, name, depth);
    else if (value !== null && typeof value === 'object' && depth < 32) {
      for (const [key, inner] of Object.entries(value)) walk(inner, key === '#text' ? name : key, depth + 1);
    }
  };
  walk(answer.body, '', 0);
  const count = (name: string): number | null => {
    const value = Number(leaves.get(name));
    return leaves.has(name) && Number.isFinite(value) ? value : null;
  };
  return {
    analogInputs: count('videoInputPortNums'),
    ipInputs: count('inputProxyNums'),
    alarmInputs: count('IOInputPortNums'),
    alarmOutputs: count('IOOutputPortNums'),
    audioInputs: count('audioInputNums'),
    audioOutputs: count('audioOutputNums'),
    supports: [...supports].sort(),
  };
}
