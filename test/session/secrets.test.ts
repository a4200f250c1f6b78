/** A planted password must not come out anywhere: not in an error, its causes, a state, a warning, a counter, or a line. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES } from '../../lib/simulator';
import { hsp } from '../support/cli';
import { hikvisionClient, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { fixture } from '../support/fixtures';
import { httpServer, rawAnswer, tcpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const SECRET = 'Pl4nted-S3cret!ü"\\';
const USER = 'admin';

/** The password as itself and in every dress that a message might give it. */
function dresses(realm: string): string[] {
  const basic = Buffer.from(`${USER}:${SECRET}`).toString('base64');
  const a1 = `${USER}:${realm}:${SECRET}`;
  return [
    SECRET,
    'Pl4nted',
    'S3cret',
    encodeURIComponent(SECRET),
    JSON.stringify(SECRET).slice(1, -1),
    Buffer.from(SECRET).toString('latin1'),
    basic,
    Buffer.from(SECRET).toString('base64').replace(/=+$/, ''),
    Buffer.from(SECRET).toString('hex'),
    createHash('md5').update(a1).digest('hex'),
    createHash('sha256').update(a1).digest('hex'),
    'Authorization: Digest',
    'Authorization: Basic',
  ];
}

function expectClean(collected: readonly unknown[], realm = 'r'): void {
  const text = collected
    .map(
      (each) =>
        `${typeof each === 'string' ? each : ''}\n${inspect(each, { depth: 12, showHidden: true })}\n${String(each)}`,
    )
    .join('\n');
  for (const dress of dresses(realm)) expect(text.includes(dress), `found ${dress}`).toBe(false);
}

/** Does with a device what users do, and collects everything that is told. */
async function everything(url: string, clock: FakeClock, options: { allowBasic?: boolean; password?: string } = {}) {
  const client = hikvisionClient({ url }, { clock, username: USER, password: SECRET, ...options });
  const told: unknown[] = [];
  const note = (promise: Promise<unknown>) => promise.catch((error: unknown) => void told.push(error));
  client.onState((state) => told.push(state));
  client.onWarning((warning) => told.push(warning));
  client.events((event) => told.push(event, JSON.stringify(event)));
  const all = Promise.all([
    note(client.connect()),
    note(client.call('config.deviceInfo')),
    note(client.call('camera.snapshot')),
    note(client.call('config.reboot')),
    note(client.call('config.raw', { method: 'PUT', path: '/ISAPI/x?password=1' }, { confirm: true })),
    note(client.call('camera.fly', { password: 1 })),
  ]);
  let isDone = false;
  void all.then(() => (isDone = true));
  for (let i = 0; i < 30 && !isDone; i++) {
    await turns(4);
    await clock.advance(2_500);
  }
  await turns(4);
  told.push(client.counters, client.state);
  await client.close();
  await all;
  told.push(client.state);
  return told;
}

const CHALLENGE = 'Digest realm="r", nonce="n1", qop="auth"';

describe('a planted password', () => {
  it.each(FAULT_NAMES)('with the fault %s', async (fault) => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, password: SECRET });
    device.setFault(fault);
    const told = await everything(device.url, clock);
    expect(told.length).toBeGreaterThan(2);
    expectClean(told);
    expect(device.authFailures).toBe(0);
  });

  it.each(['digest', 'basic', 'both', 'none'] as const)('refused, and asked for by %s', async (auth) => {
    const clock = new FakeClock();
    for (const allowBasic of [true, false]) {
      const device = await simulator('nvr', { clock, auth, password: 'another' });
      expectClean(await everything(device.url, clock, { allowBasic }));
    }
  });

  it('with devices that answer nonsense', async () => {
    const garbage = await rawAnswer('SSH-2.0-dropbear\r\n');
    const half = await rawAnswer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a', 'destroy');
    const silent = await tcpServer((socket) => socket.resume());
    const reset = await tcpServer((socket) => socket.once('data', () => socket.destroy()));
    const secure = await simulator('camera', {
      password: SECRET,
      tls: { key: fixture('tls/self-signed.key'), cert: fixture('tls/self-signed.crt') },
    });
    const urls = [garbage, half, silent, reset, secure].map(({ url }) => url);
    for (const url of [...urls, urls[0]?.replace('http:', 'https:') ?? '', 'http://127.0.0.1:1', 'http://no.invalid'])
      expectClean(await everything(url, new FakeClock()));
  });

  it('with a device that throws back what it was sent, in a header and in a refusal', async () => {
    const clock = new FakeClock();
    const server = await httpServer((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
      } else if (request.path.endsWith('/deviceInfo') || request.path.endsWith('/userCheck')) {
        response.end('<DeviceInfo><model>M</model></DeviceInfo>');
      } else {
        response.writeHead(403, { 'X-Echo': request.headers.authorization });
        response.end('<html><title>no</title></html>');
      }
    });
    expectClean(await everything(server.url, clock));
    expect(server.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  });

  it('in what a debugger or a log line shows of a client', async () => {
    const device = await simulator('camera', { password: SECRET });
    const client = hikvisionClient(device, { username: USER, password: SECRET });
    await client.connect();
    expectClean([
      inspect(client, { depth: 12, showHidden: true }),
      JSON.stringify(client),
      inspect([{ client }], { depth: 12 }),
    ]);
    await client.close();
  });

  it('on the command line, wherever it was given', async () => {
    const device = await simulator('camera', { password: SECRET });
    const place = device.url.replace('http://', '');
    const inUrl = `http://${USER}:${encodeURIComponent(SECRET)}@${place}`;
    const env = { HSP_PASSWORD: SECRET };
    const runs = [
      await hsp(['info', inUrl]),
      await hsp(['info', `http://${USER}:${SECRET}@${place}`]),
      await hsp(['info', `http://${USER}@${place}`], { env }),
      await hsp(['call', inUrl, 'camera.gotoPreset', '--preset', '9999']),
      await hsp(['call', inUrl, 'stream.rtspUrl']),
      await hsp(['watch', inUrl, '--for', '0.2']),
      await hsp(['info', `ftp://${USER}:${SECRET}@${place}`]),
      await hsp(['info', `http://${USER}:${SECRET}@`]),
      await hsp(['info', `http://${USER}:${SECRET}@127.0.0.1:1`]),
      await hsp(['info', `http://${USER}:${SECRET}@${place}`, '--nonsense']),
    ];
    expect(runs.slice(0, 3).map(({ status }) => status)).toEqual([0, 0, 0]);
    expectClean(runs.flatMap(({ out, err }) => [...out, ...err]));
    device.setPassword('another');
    expectClean((await hsp(['watch', inUrl])).err);
    await until(() => device.openConnections === 0, 'no connection is left');
  });
});
