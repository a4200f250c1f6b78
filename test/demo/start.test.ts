import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';

/** How long a start may take on a busy machine. */
const START_MS = 30_000;

let home: string;
let child: ChildProcess | undefined;
let output: string;
const servers: Server[] = [];

beforeAll(requireBuilt);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hsp-home-'));
});

afterEach(() => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
  for (const server of servers.splice(0)) server.close();
});

const demoFolders = () => {
  const folder = join(projectRoot, '.cache', 'demo');
  return existsSync(folder) ? readdirSync(folder) : [];
};

function run(...args: string[]): ChildProcess {
  output = '';
  // A process group of its own, so that a process left behind would be found; a home of its own, to see what is written.
  const started = spawn(process.execPath, [join(projectRoot, 'dist/test/demo/start.js'), ...args], {
    cwd: projectRoot,
    detached: true,
    env: { ...process.env, HOME: home, TMPDIR: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child = started;
  return started;
}

const ended = (process: ChildProcess) =>
  new Promise<number | null>((resolve) => process.once('exit', (status) => resolve(status)));

async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = START_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The address in the line that begins with `what`. */
const addressOf = (what: string) => new RegExp(`^${what} +(\\S+)`, 'm').exec(output)?.[1] ?? `no line for ${what}`;

const ready = () => until('the demo is ready', () => (/^Ready/m.test(output) ? true : undefined));

describe('npm start', () => {
  it('shows events and pictures, tells where, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const before = demoFolders();
    const demo = run('--port', '0');
    const exit = ended(demo);
    await ready();
    for (const line of ['Live page', 'Node-RED', 'Events', 'Picture', 'Camera', 'Recorder', 'Door', 'MQTT broker']) {
      expect(addressOf(line)).toMatch(/^(http|mqtt):\/\/127\.0\.0\.1:\d+/);
    }

    const broker = await connectAsync(addressOf('MQTT broker'), { protocolVersion: 4 });
    const topics: string[] = [];
    broker.on('message', (topic) => topics.push(topic));
    await broker.subscribeAsync('hikvision/#');

    const events = await until('events of all three devices', async () => {
      const list = (await (await fetch(addressOf('Events'))).json()) as { topic: string; state: string }[];
      const devices = new Set(list.map(({ topic }) => topic.split('/')[0]));
      return devices.size === 3 ? list : undefined;
    });
    expect(events.map(({ topic }) => topic)).toEqual(
      expect.arrayContaining(['Camera/1/motion', 'Door/device/doorbell']),
    );
    const picture = await until('a picture', async () => {
      const answer = await fetch(addressOf('Picture'));
      return answer.ok ? answer : undefined;
    });
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    expect(new Uint8Array(await picture.arrayBuffer()).subarray(0, 2)).toEqual(new Uint8Array([0xff, 0xd8]));
    await until('an event at the broker', () => topics.find((topic) => /^hikvision\/\w+\/\w+\/\w+$/.test(topic)));
    await broker.endAsync(true);

    // What the editor would show or export holds no credentials.
    const flows = await (await fetch(`${addressOf('Node-RED')}flows`)).text();
    expect(flows).toContain('hsp-config');
    expect(flows).not.toContain('Simulator1');

    demo.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(() => process.kill(-(demo.pid ?? 0), 0)).toThrow('ESRCH');
    expect(demoFolders()).toEqual(before);
    expect(readdirSync(home)).toEqual([]);
    expect(output).not.toMatch(/error/i);
  });

  it('moves on from a taken port, and bears a real device that is not there', { timeout: 90_000 }, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    servers.push(taken);
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const demo = run('--port', String(port), '--device', 'http://me:Planted-s3cret@127.0.0.1:9');
    const exit = ended(demo);
    await ready();
    expect(output).toMatch(new RegExp(`^Port ${port} is taken: Node-RED is on \\d+$`, 'm'));
    expect(addressOf('Device 1')).toBe('http://127.0.0.1:9/');
    await until('an event', async () => ((await (await fetch(addressOf('Events'))).json()) as unknown[])[0]);
    const flows = await (await fetch(`${addressOf('Node-RED')}flows`)).text();
    expect(flows).toContain('Device 1');
    demo.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(output + flows).not.toContain('Planted-s3cret');
  });

  it('explains itself, and what it does not understand', async () => {
    expect(await ended(run('--help'))).toBe(0);
    expect(output).toContain('--device URL');
    expect(await ended(run('--port', 'x'))).toBe(2);
    expect(await ended(run('--device', 'http://me:Planted-s3cret@'))).toBe(2);
    expect(await ended(run('--nonsense'))).toBe(2);
    expect(output).not.toContain('Planted-s3cret');
  });
});
