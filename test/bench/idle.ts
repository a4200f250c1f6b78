/**
 * What an idle device costs: a client with its alertStream open, against a bare node:http request that reads the same stream. The
 * devices send a heartbeat every 10 s and nothing else.
 */
import { join } from 'node:path';
import { Helper, planOf, type DevicePlace } from '../scale/parts';
import { median, type Figure } from './figure';

export async function benchIdle(rounds: number, devices = 100, seconds = 10): Promise<Figure[]> {
  const farm = new Helper(join(__dirname, '../scale/devices.js'));
  const memory = { ours: [] as number[], bare: [] as number[] };
  const cpu = { ours: [] as number[], bare: [] as number[] };
  try {
    const plan = planOf(devices).map(({ index }) => ({ index, kind: 'stream' as const }));
    const places = await farm.ask<DevicePlace[]>({ do: 'start', plan, auth: 'none' });
    const urls = places.map(({ url }) => url);
    for (let round = 0; round < rounds; round++) {
      for (const how of ['ours', 'bare'] as const) {
        const cost = await costOf(how, urls, seconds);
        memory[how].push(cost.kb / devices);
        cpu[how].push(cost.cpuMs / devices / (seconds / 3_600));
      }
    }
  } finally {
    await farm.end();
  }
  const figure = {
    about: `${devices} idle cameras, their alertStreams open`,
    peer: null,
    peerName: null,
    floorName: 'a bare node:http request that reads the stream',
    aimToPeer: null,
    isLowerBetter: true,
  } as const;
  const [ours, bare] = [memory.ours, memory.bare];
  return [
    { ...figure, name: 'idle.memory', unit: 'KB of heap per device', ours: median(ours), floor: median(bare) },
    { ...figure, name: 'idle.cpu', unit: 'ms per device and hour', ours: median(cpu.ours), floor: median(cpu.bare) },
  ];
}

async function costOf(
  how: 'ours' | 'bare',
  urls: readonly string[],
  seconds: number,
): Promise<{ kb: number; cpuMs: number }> {
  const idle = new Helper(join(__dirname, 'idle-process.js'), ['--expose-gc']);
  try {
    const before = await idle.ask<number>({ do: 'memory' });
    await idle.ask({ do: 'start', how, urls });
    // The connections that were needed for the questions at the start are let go.
    await pause(Math.min(seconds, 9));
    const cpuBefore = await idle.ask<number>({ do: 'cpu' });
    await pause(seconds);
    const cpuMs = (await idle.ask<number>({ do: 'cpu' })) - cpuBefore;
    return { kb: ((await idle.ask<number>({ do: 'memory' })) - before) / 1_024, cpuMs };
  } finally {
    await idle.end();
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
