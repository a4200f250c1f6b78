import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';
import { hsp, urlOf } from '../support/cli';
import '../support/clients';
import { simulator } from '../support/simulators';

const VERBS = ['info', 'watch', 'call', 'decode', 'simulate'];

describe('hsp', () => {
  it('without a verb shows the overview and is a matter of usage', async () => {
    const run = await hsp([]);
    expect(run.status).toBe(2);
    for (const verb of VERBS) expect(run.out.join('\n')).toContain(`hsp ${verb}`);
  });

  it.each([['--help'], ['-h'], ['help']])('%s shows the overview', async (word) => {
    const run = await hsp([word]);
    expect([run.status, run.err]).toEqual([0, []]);
  });

  it.each(VERBS)('%s --help explains itself, whatever else is said', async (verb) => {
    for (const args of [
      [verb, '--help'],
      [verb, '-h'],
      [verb, 'http://192.0.2.1', '--nonsense', '--help'],
    ]) {
      const run = await hsp(args);
      expect([run.status, run.err]).toEqual([0, []]);
      expect(run.out.join('\n')).toMatch(new RegExp(`^hsp ${verb}`));
      expect(run.out.join('\n')).toContain('Exit status');
    }
  });

  it.each([['nonsense'], ['toString'], ['__proto__'], ['INFO'], ['']])('no verb %j', async (verb) => {
    const run = await hsp([verb]);
    expect([run.status, run.out]).toEqual([2, []]);
    expect(run.err[0]).toMatch(/there are \w+, .*info/);
  });
});

describe('the real command', () => {
  const bin = () => {
    requireBuilt();
    return join(projectRoot, 'dist/lib/cli/hsp.js');
  };

  it('answers, and ends by itself', async () => {
    const device = await simulator('camera');
    const child = spawn(process.execPath, [bin(), 'info', device.url, '--user', 'admin'], {
      env: { ...process.env, HSP_PASSWORD: 'Simulator1' },
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(0);
    expect(out.endsWith('\n')).toBe(true);
    expect(JSON.parse(out)).toMatchObject({ serial: device.device.identity.serial });
  }, 60_000);

  it('has the exit statuses, and standard output to itself', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [bin(), ...args], { encoding: 'utf8' });
    const usage = run('nonsense');
    expect([usage.status, usage.stdout]).toEqual([2, '']);
    const away = run('call', 'http://admin:x@127.0.0.1:1', 'config.deviceInfo');
    expect([away.status, away.stderr]).toEqual([1, '']);
    expect(JSON.parse(away.stdout)).toMatchObject({ error: { code: 'HIK_UNREACHABLE' } });
  }, 60_000);

  it('a reader that has seen enough is no error, and Ctrl-C ends it well', async () => {
    const device = await simulator('camera');
    const child = spawn(process.execPath, [bin(), 'watch', urlOf(device)]);
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) => child.stderr.on('data', () => device.streams === 1 && resolve()));
    child.stdout.destroy();
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'linedetection' });
    expect(await ended).toBe(0);

    const other = spawn(process.execPath, [bin(), 'watch', urlOf(device)]);
    const stopped = new Promise((resolve) => other.once('close', resolve));
    await new Promise<void>((resolve) => other.stderr.on('data', () => device.streams === 1 && resolve()));
    other.kill('SIGINT');
    expect(await stopped).toBe(0);
  }, 60_000);
});
