/** Every command of the registry on the command line, against the built-in devices: each is answered by at least one of them. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandList, type CommandDescription } from '../../lib/index';
import { MODEL_NAMES, type Simulator } from '../../lib/simulator';
import { hsp, urlOf } from '../support/cli';
import { CALLS_BEFORE, COMMAND_ARGUMENTS, ringBefore } from '../support/command-calls';
import { forgetGates } from '../../lib/transport/gate';
import { simulator } from '../support/simulators';

const MODELS = MODEL_NAMES;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-every-'));
  // 0.1 s of silence: 8 kHz, 16 bit, mono.
  const head = Buffer.from(
    '524946460000000057415645666d74201000000001000100401f0000803e000002001000646174610000',
    'hex',
  );
  const wav = Buffer.concat([head, Buffer.alloc(2), Buffer.alloc(1_600)]);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.writeUInt32LE(1_600, 40);
  writeFileSync(join(folder, 'bell.wav'), wav);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Wall clock of the devices, UTC+8, some hours ago: there are recordings then. */
const anHourAgo = (hours: number) => new Date(Date.now() + (8 - hours) * 3_600_000).toISOString().slice(0, 19);

function argumentsOf({ name, example, params }: CommandDescription): string[] {
  const given: Record<string, unknown> = { ...example, ...COMMAND_ARGUMENTS[name] };
  if (name.startsWith('recorder.')) {
    if ('time' in given) given['time'] = anHourAgo(3);
    if ('from' in given) given['from'] = anHourAgo(5);
    if ('to' in given) given['to'] = anHourAgo(2);
  }
  if (typeof given['file'] === 'string') given['file'] = join(folder, given['file']);
  return Object.entries(given).flatMap(([parameter, value]) => {
    const isText = typeof value === 'string' && params[parameter]?.kind !== 'json';
    return [`--${parameter}`, isText ? value : JSON.stringify(value)];
  });
}

/** What must have happened before. */
async function prepare(name: string, device: Simulator): Promise<void> {
  ringBefore(name, device);
  for (const [before, args] of CALLS_BEFORE[name] ?? []) {
    const given = Object.entries(args).flatMap(([parameter, value]) => [`--${parameter}`, String(value)]);
    await hsp(['call', urlOf(device), before, ...given]);
  }
  if (name === 'config.restore') {
    await hsp(['call', urlOf(device), 'config.backup', '--file', join(folder, 'camera.backup')]);
  }
}

describe('hsp call', () => {
  it.each(commandList().map((command) => [command.name, command] as const))('%s', async (name, command) => {
    const failures: string[] = [];
    for (const model of MODELS) {
      forgetGates();
      const device = await simulator(model);
      await prepare(name, device);
      const { status, out } = await hsp(['call', urlOf(device), name, ...argumentsOf(command), '--confirm']);
      await device.close();
      if (status === 0) {
        expect(() => JSON.parse(out[0] ?? '') as unknown).not.toThrow();
        return;
      }
      failures.push(`${model}: ${out[0] ?? ''}`);
    }
    expect.fail(`no model answers ${name}:\n${failures.join('\n')}`);
  });

  it('wrote what it was to write', () => {
    expect(statSync(join(folder, 'gate.mp4')).size).toBeGreaterThan(1_000_000);
    expect(statSync(join(folder, 'camera.backup')).size).toBeGreaterThan(100);
  });
});
