/** Devices that call us or dial in, what they share, and what is told of it. */
import { createSocket } from 'node:dgram';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it } from 'vitest';
import { HikvisionClient, systemClock, type ClientOptions } from '../../lib/index';
import type { Simulator } from '../../lib/simulator';
import { Connection, type Remarks } from '../../nodes/shared/connection';
import { listenerSecret } from '../../nodes/shared/secret';
import { SharedWays } from '../../nodes/shared/shared-ways';
import {
  collect,
  deploy,
  deviceNode,
  helper,
  loadFlow,
  loggedText,
  node,
  nodeRed,
  simulate,
  sink,
  statusOf,
  tab,
  until,
  untilStatus,
  type FlowNode,
} from '../support/flow';

const simulators: Simulator[] = [];
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  await helper.unload();
  for (const close of closing.splice(0).reverse()) await close();
  for (const simulator of simulators.splice(0)) await simulator.close();
});

async function camera(): Promise<Simulator> {
  const simulator = await simulate('camera');
  simulators.push(simulator);
  return simulator;
}

/** A port that nobody holds now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const plate = (number: string) =>
  `<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><channelID>1</channelID>` +
  `<eventType>ANPR</eventType><eventState>active</eventState><activePostCount>1</activePostCount>` +
  `<ANPR><licensePlate>${number}</licensePlate></ANPR></EventNotificationAlert>`;

function post(port: number, path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request({ port, method: 'POST', path, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function closed(port: number): Promise<void> {
  let isOpen = true;
  await until(`port ${port} is closed`, () => {
    void isListening(port).then((open) => (isOpen = open));
    return !isOpen;
  });
}

const pushPathOf = (id: string) =>
  (helper.getNode(id) as unknown as { connection: { pushPath: string | null } }).connection.pushPath ?? '';
const payloads = (messages: NodeMessage[]) => messages.map(({ payload }) => payload as Record<string, unknown>);
const called = (port: number) => ({ push: 'own', pushPort: String(port), calledAt: '127.0.0.1' });
const flow = (...devices: FlowNode[]) => [
  tab,
  ...devices,
  ...devices.map(({ id }) => node(`events-${id}`, 'hsp-event-in', { device: id }, ['out'])),
  node('connect', 'hsp-connect', { ways: true }, ['ways']),
  sink('out'),
  sink('ways'),
];

describe(`a device that calls us on ${nodeRed}`, () => {
  it('is told where, is heard, and is told to stop', async () => {
    const device = await camera();
    const port = await freePort();
    await loadFlow(flow(deviceNode(device, called(port))));
    const [events, ways] = [collect('out'), collect('ways')];
    await until('both ways', () =>
      payloads(ways).some(({ ways: told }) => Array.isArray(told) && told.includes('push')),
    );
    expect(payloads(ways).at(-1)).toMatchObject({ state: 'connected', events: 'open', ways: ['alertStream', 'push'] });
    expect(await post(port, pushPathOf('device'), plate('AB 1'))).toBe(200);
    await until('an event', () => events.length === 1);
    expect(payloads(events)[0]).toMatchObject({ source: 'push', kind: 'plate' });
    expect(await post(port, '/hsp/guess', plate('AB 2'))).toBe(404);
    expect(loggedText()).not.toContain(pushPathOf('device').slice('/hsp/'.length));

    const changed = () => device.log.filter(({ method, path }) => method !== 'GET' && path.includes('httpHosts'));
    const before = changed().length;
    expect(before).toBeGreaterThan(0);
    await patiently(deploy([tab], 'full'));
    await until('our entry is taken back', () => changed().length > before);
    await closed(port);
  });

  it('shares its listener, which outlives the changes of one of them', async () => {
    const [first, second] = [await camera(), await camera()];
    const port = await freePort();
    const other = { ...deviceNode(second, { ...called(port), name: 'Other' }), id: 'other' };
    const nodes = flow(deviceNode(first, called(port)), other);
    await loadFlow(nodes, { ...secrets('device'), ...secrets('other') });
    await untilStatus('events-device', /^green dot connected$/);
    await untilStatus('events-other', /^green dot connected$/);
    const path = pushPathOf('device');
    expect(pushPathOf('other')).not.toBe(path);

    let refused = 0;
    const watch = setInterval(() => void isListening(port).then((open) => (refused += open ? 0 : 1)), 5);
    closing.push(() => clearInterval(watch));
    const renamed = nodes.map((each) => (each.id === 'other' ? { ...each, name: 'Renamed' } : each));
    await patiently(deploy(renamed, 'nodes'));
    await untilStatus('events-other', /^green dot connected$/);
    clearInterval(watch);
    expect(refused).toBe(0);
    expect(pushPathOf('device')).toBe(path);
    expect(await post(port, path, plate('AB 1'))).toBe(200);
  });

  it('leaves nothing behind after two hundred deploys', async () => {
    const device = await camera();
    const port = await freePort();
    // Enters nobody: it is the listener that is looked at.
    const nodes = flow(deviceNode(device, { ...called(port), pushEnter: false }));
    await loadFlow(nodes);
    await untilStatus('events-device', /^green dot connected$/);
    for (let round = 0; round < 200; round++) await patiently(deploy(nodes, 'full'));
    await untilStatus('events-device', /^green dot connected$/);
    const servers = process.getActiveResourcesInfo().filter((type) => type === 'TCPServerWrap').length;
    expect(await post(port, pushPathOf('device'), plate('AB 1'))).toBe(200);
    await patiently(deploy([tab], 'full'));
    await closed(port);
    const left = process.getActiveResourcesInfo().filter((type) => type === 'TCPServerWrap').length;
    expect(left).toBe(servers - 1);
  }, 60_000);

  it('is connected all the same where the port is taken, and says so', async () => {
    const device = await camera();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    closing.push(() => void taken.close());
    await loadFlow(flow(deviceNode(device, called((taken.address() as AddressInfo).port))));
    await untilStatus('events-device', /^green dot connected, device cannot call us \(EADDRINUSE\)$/);
    await until('the alertStream is open', () => device.streams === 1);
  });
});

/** The helper gives a deploy 300 ms, which a busy machine exceeds; what the deploy did is looked at by the tests themselves. */
async function patiently(deploying: Promise<void>): Promise<void> {
  await deploying.catch((error: Error) => {
    if (error.message !== 'timeout waiting event') throw error;
  });
}

const secrets = (id: string) => ({ [id]: { user: 'admin', password: 'Simulator1' } });

describe(`what is told of a connection on ${nodeRed}`, () => {
  it('counts what a flood cost', async () => {
    const device = await camera();
    await loadFlow(flow(deviceNode(device)));
    await untilStatus('events-device', /^green dot connected$/);
    await until('the alertStream is open', () => device.streams === 1);
    // As much as there is time for, on a busy machine too.
    await until('dropped messages', () => {
      for (let count = 0; count < 200; count++) device.sendEvent({ eventType: 'VMD' });
      return /^green dot connected, [\d,]+ messages dropped$/.test(statusOf('events-device') ?? '');
    });
    expect(statusOf('connect')).toMatch(/messages dropped$/);
  });

  it('an old flow means what it meant', async () => {
    const device = await camera();
    // As the first version of the nodes wrote them: no field of later ones.
    const old: FlowNode[] = [
      tab,
      {
        id: 'device',
        type: 'hsp-config',
        name: 'Cam',
        host: '127.0.0.1',
        port: String(device.httpPort),
        protocol: 'http',
        tls: 'system',
        caFile: '',
        fingerprint: '',
        allowBasic: false,
      },
      node('events', 'hsp-event-in', { kinds: ['motion'], channels: '1' }, ['out']),
      node('connect', 'hsp-connect', {}, ['ways']),
      sink('out'),
      sink('ways'),
    ];
    await loadFlow(old);
    const [events, states] = [collect('out'), collect('ways')];
    await untilStatus('events', /^green dot connected$/);
    await until('the alertStream is open', () => device.streams === 1);
    device.sendEvent({ eventType: 'VMD' });
    await until('an event', () => events.length === 1);
    expect(payloads(states).map(({ state }) => state)).toEqual(['connecting', 'connected']);
    expect(device.log.some(({ path }) => path.includes('httpHosts'))).toBe(false);
  });
});

describe(`a device that dials in on ${nodeRed}`, () => {
  it('is there, and says what is not possible', async () => {
    const port = await freePort();
    const dialling = { protocol: 'ehome', deviceId: 'CAM-7', port: String(port), host: '' };
    await loadFlow(flow(deviceNode({ httpPort: port }, dialling)));
    await untilStatus('connect', /^yellow ring connecting$/);
    const socket = createSocket('udp4');
    closing.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    const register =
      '<?xml version="1.0" encoding="GB2312" ?><PPVSPMessage><Version>2.0</Version><Sequence>1</Sequence>' +
      '<CommandType>REQUEST</CommandType><Command>REGISTER</Command><Params><DeviceID>CAM-7</DeviceID>' +
      '<FirmwareVersion>V5.2.0</FirmwareVersion></Params></PPVSPMessage>';
    socket.on('message', (datagram) => {
      const [, sequence] = /<Sequence>(\d+)<\/Sequence>/.exec(datagram.toString()) ?? [];
      if (!datagram.includes('GetServerInfo')) return;
      socket.send(
        `<PPVSPMessage><Version>2.0</Version><Sequence>${sequence ?? ''}</Sequence><CommandType>RESPONSE</CommandType>` +
          '<WhichCommand>GETDEVICECONFIG</WhichCommand><Status>200</Status><Params><ConfigXML><SERVERINFO>' +
          '<SerialNumber>SIM-EHOME-7</SerialNumber></SERVERINFO></ConfigXML></Params></PPVSPMessage>',
        port,
        '127.0.0.1',
      );
    });
    socket.send(register, port, '127.0.0.1');
    await untilStatus('connect', /^green dot connected, dials in \(experimental, no commands\)$/);
    const messages = collect('ways');
    helper.getNode('connect').receive({ payload: 'status' });
    await until('an answer', () => messages.length > 0);
    expect(payloads(messages).at(-1)).toMatchObject({ state: 'connected', device: { serial: 'SIM-EHOME-7' } });
  });

  it('needs an id', async () => {
    await loadFlow(flow(deviceNode({ httpPort: 7660 }, { protocol: 'ehome', host: '' })));
    expect(statusOf('connect')).toMatch(/^red ring no device id/);
  });
});

describe('what devices share', () => {
  const shared = (more: Partial<ConstructorParameters<typeof SharedWays>[0]> = {}) =>
    new SharedWays({
      cursorFile: null,
      clock: systemClock,
      mountedPath: '/hsp',
      secret: () => 'secret',
      onTrouble: () => undefined,
      ...more,
    });

  it('opens with the first user and closes with the last, however they come and go', async () => {
    const ways = shared();
    const place = { kind: 'own', listen: { port: await freePort(), host: '127.0.0.1' } } as const;
    const shares = await Promise.all([ways.pushListener(place), ways.pushListener(place)]);
    expect(shares[0].value).toBe(shares[1].value);
    await Promise.all([shares[0].giveBack(), shares[0].giveBack()]);
    expect(await isListening(place.listen.port)).toBe(true);
    const [, again] = await Promise.all([shares[1].giveBack(), ways.pushListener(place)]);
    expect(await isListening(place.listen.port)).toBe(true);
    await again.giveBack();
    expect(await isListening(place.listen.port)).toBe(false);
    expect(ways.open).toBe(0);
  });

  it('refuses one port for two purposes, and forgets what did not open', async () => {
    const ways = shared();
    const port = await freePort();
    const plain = await ways.pushListener({ kind: 'own', listen: { port } });
    const secure = { kind: 'own', listen: { port, tls: { key: 'k', cert: 'c' } } } as const;
    await expect(ways.pushListener(secure)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(shared().pushListener({ kind: 'own', listen: { port } })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await plain.giveBack();
    await expect(ways.pushListener(secure)).rejects.toThrow();
    expect(ways.open).toBe(0);
  });

  it('is one site, but for those that want none of it', async () => {
    const ways = shared();
    const given: ClientOptions[] = [];
    const connection = (isOnSite: boolean) =>
      new Connection({
        settings: { name: 'x', options: { url: 'http://127.0.0.1:9' }, address: '127.0.0.1:9', isOnSite },
        serials: new Map(),
        whenStarted: (run) => {
          run();
          return { close: () => undefined };
        },
        onWarning: () => undefined,
        ways,
        createClient: (options) => {
          given.push(options);
          return new HikvisionClient(options);
        },
      });
    const all = [connection(true), connection(true), connection(false)];
    for (const each of all) each.register(each);
    await until('three clients', () => given.length === 3);
    expect(given.map(({ events }) => events?.site === ways.site)).toEqual([true, true, false]);
    const seen: Remarks[] = [];
    all[0]?.onRemarks((remarks) => seen.push(remarks));
    expect(seen).toEqual([{ droppedMessages: 0, evictedEvents: 0, pushProblem: null, isDialIn: false }]);
    await Promise.all(all.map((each) => each.close()));
  });
});

describe('the secret of the push paths', () => {
  it('is made once, for its owner alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hsp-secret-'));
    try {
      const warnings: string[] = [];
      const warn = (reason: string) => void warnings.push(reason);
      const secret = listenerSecret(folder, warn);
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(listenerSecret(folder, warn)).toBe(secret);
      const file = join(folder, '.hsp-push-secret');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      chmodSync(file, 0o644);
      expect(listenerSecret(folder, warn)).toBe(secret);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      writeFileSync(file, 'short');
      const renewed = listenerSecret(folder, warn);
      expect(readFileSync(file, 'utf8').trim()).toBe(renewed);
      expect(warnings).toEqual([]);
      expect(listenerSecret(join(folder, 'missing'), warn)).not.toBe(renewed);
      expect(listenerSecret(undefined, warn)).not.toBe(renewed);
      expect(warnings).toEqual(['ENOENT', 'no user directory']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
