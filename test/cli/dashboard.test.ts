import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Everything } from '../../lib/dashboard/wire';
import { projectRoot, requireBuilt } from '../support/built';
import { hsp, urlOf } from '../support/cli';
import { until } from '../support/digest-client';
import { simulator } from '../support/simulators';

/** How long a start may take on a busy machine. */
const START_MS = 30_000;

let folder = '';
let child: ChildProcess | undefined;

beforeAll(requireBuilt);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-dashboard-'));
});
afterEach(() => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** The built command, as users run it: the page comes from the build. */
function run(args: string[], env: Record<string, string> = {}) {
  const started = spawn(process.execPath, [join(projectRoot, 'dist/lib/cli/hsp.js'), 'dashboard', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  const said = { out: '', err: '' };
  started.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const status = new Promise<number | null>((resolve) => started.once('close', resolve));
  return { said, status, stop: () => started.kill('SIGINT') };
}

/** What a page is told first. */
async function everything(url: string): Promise<Everything> {
  const reader = (await fetch(`${url}events`)).body?.getReader();
  let text = '';
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error('the connection ended');
    text += Buffer.from(value).toString();
    const data = /^event: everything\ndata: (.*)\n\n/.exec(text)?.[1];
    if (data === undefined) continue;
    await reader?.cancel();
    return JSON.parse(data) as Everything;
  }
}

describe('hsp dashboard', () => {
  it(
    'prints its address, shows devices of URLs and of a site file, and ends with Ctrl-C',
    { timeout: 60_000 },
    async () => {
      const camera = await simulator('camera');
      const recorder = await simulator('nvr');
      const site = join(folder, 'site.yaml');
      writeFileSync(
        site,
        `devices: [{ name: Store, url: '${recorder.url}', username: admin, password_env: STORE, channels: [1, 2] }]
broker: { url: 'mqtt://127.0.0.1:1883' }\n`,
      );
      const { said, status, stop } = run([urlOf(camera), '--site', site, '--port', '0'], { STORE: 'Simulator1' });
      await until(() => said.out.includes('\n'), 'the address', START_MS);
      const [url = ''] = said.out.split('\n');
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Live page')]);
      for (const part of ['page.js', 'page.css', 'icon.svg'])
        expect((await fetch(`${url}${part}`)).status, part).toBe(200);
      await until(() => camera.streams === 1 && recorder.streams === 1, 'the streams', START_MS);
      const { devices } = await everything(url);
      expect(devices).toMatchObject([
        { model: 'SIM-PTZ-4', place: new URL(camera.url).host },
        { name: 'Store', model: 'SIM-NVR-8' },
      ]);
      stop();
      expect(await status).toBe(0);
      expect(said.out).toBe(`${url}\n`);
      expect(said.err).toMatch(/^Store: connected to SIM-NVR-8/m);
      expect(JSON.stringify(devices) + said.out + said.err).not.toContain('Simulator1');
      await until(() => camera.openConnections === 0 && recorder.openConnections === 0, 'no connection is left');
    },
  );

  it('says that its port is taken', { timeout: 60_000 }, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const { said, status } = run(['http://admin:x@127.0.0.1:9', '--port', String(port)]);
    expect(await status).toBe(1);
    expect([said.out, said.err]).toEqual(['', `hsp dashboard: port ${port} is taken\n`]);
    taken.close();
  });

  it('explains itself, and what it does not understand', async () => {
    const help = await hsp(['dashboard', '--help']);
    expect(help.out.join('\n')).toMatch(
      /127\.0\.0\.1 only, without a password[^]*--site FILE[^]*--port N[^]*HSP_PASSWORD/,
    );
    for (const args of [
      [],
      ['--port', '0'],
      ['http://192.0.2.1', '--port', '70000'],
      ['ftp://192.0.2.1'],
      ['http://192.0.2.1', '--nonsense'],
    ]) {
      expect((await hsp(['dashboard', ...args])).status, args.join(' ')).toBe(2);
    }
    const site = join(folder, 'site.yaml');
    writeFileSync(site, 'devices: []\n');
    const wrong = await hsp(['dashboard', '--site', site]);
    expect([wrong.status, wrong.out, wrong.err[0]]).toEqual([1, [], expect.stringContaining(`${site}:1:`)]);
  });
});
