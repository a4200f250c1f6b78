import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Dashboard, type DashboardDevice } from '../../lib/dashboard/dashboard';
import { DashboardServer, type PageFiles } from '../../lib/dashboard/server';
import type { DeviceView, EventRow, Everything, Messages } from '../../lib/dashboard/wire';
import { systemClock } from '../../lib/clock';
import { DASHBOARD_BACKLOG_BYTES, DASHBOARD_MAX_CLIENTS, DASHBOARD_STUCK_MS } from '../../lib/settings';
import { hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

const files: PageFiles = {
  '/': Buffer.from('<!doctype html><title>Live page</title>'),
  '/page.js': Buffer.from('// script'),
  '/page.css': Buffer.from('/* style */'),
  '/icon.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
};
const JPEG = Buffer.from('ffd8ffd9', 'hex');

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request with any headers, which `fetch` would not let us write. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('latin1'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A page that listens; `pause` makes it a slow one. */
class Listener {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    this.socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    open.push({ close: () => this.socket.destroy() });
  }

  /** The messages of one name, oldest first. */
  told<N extends keyof Messages>(name: N): Messages[N][] {
    return [...this.text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)]
      .filter(([, each]) => each === name)
      .map(([, , data]) => JSON.parse(data ?? '') as Messages[N]);
  }
}

const nothing: Everything = { devices: [], rows: [], kinds: [], maxRows: 1, snapshotIntervalMs: 1 };

async function server(clock = new FakeClock()): Promise<DashboardServer> {
  const started = new DashboardServer({
    clock,
    files,
    shown: {
      everything: () => nothing,
      picture: (row, index) => (row === 7 && index === 0 ? JPEG : undefined),
      snapshot: (_device, channel) => {
        if (channel === 1) return Promise.resolve({ data: JPEG, takenAtMs: 5 });
        return channel === 2 ? Promise.resolve({ reason: 'busy, "ganz" beschäftigt\r\n' }) : undefined;
      },
    },
    onAudience: () => undefined,
  });
  await started.listen(0);
  open.push(started);
  return started;
}

describe('the server of the live page', () => {
  it('answers to its own names alone, whatever a name server says', async () => {
    const { port, url } = await server();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect((await ask(port, '/', { host })).status, host).toBe(200);
    }
    for (const host of [
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1.evil.example:${port}`,
      `127.0.0.1:${port + 1}`,
    ]) {
      for (const path of ['/', '/events', '/picture/7/0', '/snapshot/0/1/small']) {
        const answer = await ask(port, path, { host });
        expect([answer.status, answer.body], host).toEqual([421, `This page is at ${url} and under no other name.`]);
      }
    }
  });

  it('lets nobody write, and no other page read', async () => {
    const { port } = await server();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']) {
      const answer = await ask(port, '/', {}, method);
      expect([answer.status, answer.headers.allow], method).toEqual([405, 'GET']);
    }
    const from = (site: string, mode: string) => ({ 'sec-fetch-site': site, 'sec-fetch-mode': mode });
    expect((await ask(port, '/', from('cross-site', 'navigate'))).status).toBe(200);
    for (const path of ['/', '/events', '/picture/7/0', '/snapshot/0/1/small']) {
      for (const site of ['cross-site', 'same-site']) {
        expect((await ask(port, path, from(site, 'no-cors'))).status, `${path} from ${site}`).toBe(403);
      }
    }
    expect((await ask(port, '/picture/7/0', from('same-origin', 'no-cors'))).status).toBe(200);
  });

  it('guards every answer, and opens itself to no origin', async () => {
    const { port } = await server();
    for (const [path, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/page.js', 'text/javascript; charset=utf-8'],
      ['/page.css', 'text/css; charset=utf-8'],
      ['/icon.svg', 'image/svg+xml'],
      ['/picture/7/0', 'image/jpeg'],
      ['/nothing', 'text/plain; charset=utf-8'],
    ] as const) {
      const { headers } = await ask(port, path, { origin: 'http://evil.example' });
      expect(headers['content-type']).toBe(type);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['cache-control']).toBe('no-store');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('has nothing at other paths', async () => {
    const { port } = await server();
    for (const path of [
      '/../package.json',
      '/picture/8/0',
      '/picture/7/1',
      '/picture/x/0',
      '/snapshot/0/3/small',
      '/snapshot/0/1/huge',
      '/__proto__',
      '//',
      '/constructor',
    ]) {
      expect((await ask(port, path)).status, path).toBe(404);
    }
  });

  it('shows snapshots with their time, and says in words why there is none', async () => {
    const { port } = await server();
    const shot = await ask(port, '/snapshot/0/1/small');
    expect([shot.status, shot.headers['x-taken-at'], shot.headers['content-type']]).toEqual([200, '5', 'image/jpeg']);
    const none = await ask(port, '/snapshot/0/2/full');
    expect([none.status, decodeURIComponent(String(none.headers['x-reason']))]).toEqual([
      204,
      'busy, "ganz" beschäftigt\r\n',
    ]);
  });

  it('is bounded in pages', async () => {
    const { port, audience } = await server();
    for (let count = 0; count < DASHBOARD_MAX_CLIENTS; count++) new Listener(port);
    await until(() => audience.size === DASHBOARD_MAX_CLIENTS, 'all pages');
    expect((await ask(port, '/events')).status).toBe(503);
    expect(audience.size).toBe(DASHBOARD_MAX_CLIENTS);
  });

  it('piles nothing up for a slow page, tells it how many events it missed, and lets go of one that is stuck', async () => {
    const clock = new FakeClock();
    const { port, audience } = await server(clock);
    const slow = new Listener(port);
    const quick = new Listener(port);
    await until(
      () => slow.told('everything').length === 1 && quick.told('everything').length === 1,
      'the first message',
    );
    slow.socket.pause();
    const rows = [{ id: 1, headline: 'x'.repeat(64 * 1024) }] as unknown as EventRow[];
    let sent = 0;
    while (audience.missed < 400 && sent < 2_000) {
      audience.tell('rows', rows, 2);
      sent++;
      await until(() => quick.told('rows').length > 0, 'the quick page');
      quick.text = '';
    }
    expect(audience.missed).toBe(400);
    // What waits is in the sockets of the system, and our backlog.
    const waitingBytes = (sent - 200) * 64 * 1024;
    expect(waitingBytes).toBeLessThan(DASHBOARD_BACKLOG_BYTES + 16 * 1024 * 1024);
    slow.socket.resume();
    await until(() => slow.told('missed').length === 1, 'it is told');
    expect(slow.told('missed')).toEqual([400]);
    expect(slow.told('rows').length + 200).toBe(sent);
    audience.tell('rows', [{ id: 2 }] as unknown as EventRow[], 1);
    await until(() => slow.text.includes('[{"id":2}]'), 'it goes on');

    slow.socket.pause();
    const missedBefore = audience.missed;
    while (audience.missed === missedBefore) {
      audience.tell('rows', rows, 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await clock.advance(DASHBOARD_STUCK_MS);
    await until(() => audience.size === 1, 'the stuck page is gone');
  });

  it('leaves no timer and no socket', async () => {
    const clock = new FakeClock();
    const started = await server(clock);
    const page = new Listener(started.port);
    await until(() => started.audience.size === 1, 'a page');
    await started.close();
    await until(() => page.isClosed, 'its connection is closed');
    expect([clock.pending, started.audience.size]).toEqual([0, 0]);
  });
});

describe('the live page', () => {
  async function dashboard(...devices: DashboardDevice[]): Promise<{ port: number }> {
    const page = new Dashboard({ devices, clock: systemClock, files });
    await page.listen(0);
    open.push(page);
    return { port: Number(new URL(page.url).port) };
  }
  const last = (listener: Listener): DeviceView[] => [
    ...(listener.told('devices').at(-1) ?? listener.told('everything')[0]?.devices ?? []),
  ];

  it('tells devices, events and counters as they come, and neither passwords nor serial numbers', async () => {
    const camera = await simulator('camera');
    const recorder = await simulator('nvr');
    const [direct, behind] = [hikvisionClient(camera), hikvisionClient(recorder)];
    const { port } = await dashboard(
      { client: direct, place: 'a', name: 'Yard <b>' },
      { client: behind, place: 'b', channels: new Set([2, 3]) },
    );
    const early = new Listener(port);
    await Promise.all([direct.connect(), behind.connect()]);
    await until(() => camera.streams === 1 && recorder.streams === 1, 'the streams');
    camera.sendEvent({ eventType: 'VMD', target: 'human', pictures: [{ data: JPEG, name: 'a.jpg' }] });
    recorder.sendEvent({ eventType: 'VMD', channel: 1 });
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    await until(() => early.told('rows').flat().length === 2, 'two rows, and none of a channel that is not shown');
    await until(() => last(early).every(({ channels }) => channels.length > 0), 'the channels');
    await until(() => last(early)[0]?.counters.events === 1, 'the counters');
    expect(last(early)).toMatchObject([
      {
        id: 0,
        name: 'Yard <b>',
        place: 'a',
        model: 'SIM-PTZ-4',
        connection: { state: 'connected', ways: [expect.any(String)] },
      },
      { id: 1, channels: [{ channel: 2 }, { channel: 3 }] },
    ]);
    const row = early.told('rows').flat()[0] as EventRow;
    expect(row).toMatchObject({ device: 0, kind: 'motion', phase: 'running', headline: 'human', pictures: [null] });
    expect((await ask(port, `/picture/${row.id}/0`)).body).toBe(JPEG.toString('latin1'));

    const late = new Listener(port);
    await until(() => late.told('everything').length === 1, 'everything');
    expect(late.told('everything')[0]?.rows).toHaveLength(2);
    expect(late.told('everything')[0]?.kinds).toContainEqual({ kind: 'plate', title: 'Number plate', group: 'access' });
    const said = early.text + late.text;
    for (const secret of ['Simulator1', camera.device.identity.serial, recorder.device.identity.serial]) {
      expect(said).not.toContain(secret);
    }
  });

  it('takes snapshots of the channels that there are, and only when they are asked for', async () => {
    const camera = await simulator('camera');
    const client = hikvisionClient(camera);
    const { port } = await dashboard({ client, place: 'a' });
    const pictures = () => camera.log.filter(({ path }) => /\/picture/.test(path)).length;
    expect((await ask(port, '/snapshot/0/1/small')).status).toBe(404);
    const listener = new Listener(port);
    await client.connect();
    await until(() => last(listener)[0]?.channels.length === 1, 'the channels');
    expect(pictures()).toBe(0);
    const shots = await Promise.all([1, 2, 3].map(() => ask(port, '/snapshot/0/1/full')));
    expect(shots.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(pictures()).toBe(1);
    expect((await ask(port, '/snapshot/0/2/full')).status).toBe(404);
    expect((await ask(port, '/snapshot/1/1/full')).status).toBe(404);
    await client.disconnect();
    const away = await ask(port, '/snapshot/0/1/small');
    expect([away.status, away.headers['x-reason']]).toEqual([204, encodeURIComponent('The device is not connected.')]);
    expect(pictures()).toBe(1);
  });

  it('shows why a device is not there, and asks nothing of one that has refused us', async () => {
    const camera = await simulator('camera');
    const client = hikvisionClient(camera, { password: 'wrong' });
    const { port } = await dashboard({ client, place: 'a' });
    const listener = new Listener(port);
    await client.connect().catch(() => undefined);
    await until(() => last(listener)[0]?.connection.state === 'refused', 'refused');
    expect(last(listener)[0]).toMatchObject({
      name: 'a',
      connection: { reason: expect.stringContaining('password') as string, advice: expect.any(String) as string },
      channels: [],
    });
    expect(camera.authFailures).toBe(1);
    expect(listener.text).not.toContain('wrong"');
  });
});
