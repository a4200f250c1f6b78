import { describe, expect, it } from 'vitest';
import { HikvisionClient, type ArgumentError } from '../lib/index';
import { builtInDevice } from '../lib/simulator';
import { codeOf, errorOf, hikvisionClient, openSockets, turns } from './support/clients';
import { until } from './support/digest-client';
import { FakeClock } from './support/fake-clock';
import { httpServer } from './support/servers';
import { simulator } from './support/simulators';

describe('calls', () => {
  it('need no connection; the families are methods', async () => {
    const device = await simulator('nvr');
    const client = hikvisionClient(device);
    expect(client.host).toBe('127.0.0.1');
    const info = await client.config.deviceInfo();
    expect(info.serial).toBe(device.device.identity.serial);
    expect(await client.call('config.deviceInfo')).toEqual(info);
    expect((await client.recorder.listChannels()).length).toBeGreaterThan(0);
    const picture = await client.camera.snapshot({ channel: 1 });
    expect(picture.data.subarray(0, 2).toString('hex')).toBe('ffd8');
    expect(client.state).toEqual({ state: 'idle' });
    expect(device.streams).toBe(0);
  });

  it('user and password may stand in the URL, or beside it, which counts more', async () => {
    const device = await simulator('camera', { username: 'user', password: 'a@b:c/ü' });
    const place = device.url.replace('http://', '');
    const url = `http://user:${encodeURIComponent('a@b:c/ü')}@${place}`;
    const inUrl = new HikvisionClient({ url });
    const beside = new HikvisionClient({ url: `http://other:wrong@${place}`, username: 'user', password: 'a@b:c/ü' });
    for (const client of [inUrl, beside]) {
      expect(await codeOf(client.config.deviceInfo())).toBe('fine');
      await client.close();
    }
  });

  it('arguments are checked before anything is sent, all at once', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const error = (await errorOf(client.call('camera.move', { channel: 0, pan: 900, nonsense: 1 }))) as ArgumentError;
    expect(error.code).toBe('HIK_ARGUMENT');
    expect(error.violations.map(({ parameter }) => parameter).sort()).toEqual(['channel', 'nonsense', 'pan']);
    for (const name of ['camera.fly', '', 'toString', '__proto__', 'camera', 'camera.constructor'])
      expect(await codeOf(client.call(name))).toBe('HIK_ARGUMENT');
    expect(device.log).toEqual([]);
  });

  it('a danger needs a confirmation', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    expect(await codeOf(client.config.reboot())).toBe('HIK_CONFIRMATION');
    expect(await codeOf(client.config.reboot({}, { confirm: true }))).toBe('fine');
  });

  it('a bad URL is told at once, without its password', () => {
    expect(() => new HikvisionClient({ url: 'ftp://admin:Pl4nted@192.0.2.10' })).toThrow(/url/);
    expect(() => new HikvisionClient({ url: 'ftp://admin:Pl4nted@192.0.2.10' })).not.toThrow(/Pl4nted/);
  });

  it('a signal cancels, before and while it runs', async () => {
    const server = await httpServer(() => undefined);
    const client = hikvisionClient(server);
    const abort = new AbortController();
    const call = errorOf(client.config.deviceInfo({}, { signal: abort.signal }));
    await until(() => server.seen.length === 1, 'the request');
    abort.abort();
    expect((await call).code).toBe('HIK_CLOSED');
    expect(await codeOf(client.config.deviceInfo({}, { signal: abort.signal }))).toBe('HIK_CLOSED');
  });

  it('a path that cannot be written is an error of ours', async () => {
    const client = hikvisionClient(await simulator('camera'));
    for (const path of ['/ISAPI/a b', '/ISAPI/ü']) {
      expect(await codeOf(client.config.raw({ path }))).toBe('HIK_ARGUMENT');
    }
  });
});

describe('a camera that moves', () => {
  async function moving() {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock });
    const client = hikvisionClient(device, { clock });
    await client.config.deviceInfo();
    const moves = () =>
      device.log.filter(({ path, method }) => method === 'PUT' && path.endsWith('/continuous')).length;
    return { clock, device, client, moves };
  }

  it('stops after its time', async () => {
    const { clock, client, moves } = await moving();
    const done = client.camera.move({ pan: 50, forMs: 1_000 });
    await until(() => moves() === 1, 'the movement');
    await turns(5);
    await clock.advance(999);
    await turns(3);
    expect(moves()).toBe(1);
    await clock.advance(1);
    expect(await done).toMatchObject({ stopped: true });
    expect(moves()).toBe(2);
  });

  it('is stopped when the call is cancelled', async () => {
    const { client, moves } = await moving();
    const abort = new AbortController();
    const done = codeOf(client.camera.move({ pan: 50, forMs: 30_000 }, { signal: abort.signal }));
    await until(() => moves() === 1, 'the movement');
    await turns(5);
    abort.abort();
    expect(await done).toBe('HIK_CLOSED');
    expect(moves()).toBe(2);
  });

  it('is stopped by close(), which then leaves nothing behind', async () => {
    const before = openSockets();
    const { clock, device, client, moves } = await moving();
    const done = codeOf(client.camera.move({ pan: 50, forMs: 30_000 }));
    await until(() => moves() === 1, 'the movement');
    await turns(5);
    await client.close();
    expect(await done).toBe('HIK_CLOSED');
    expect(moves()).toBe(2);
    await device.close();
    expect(clock.pending).toBe(0);
    await until(() => openSockets() <= before, 'no socket is left');
  });

  it('close() does not wait for ever for a device that has gone', async () => {
    const { clock, device, client, moves } = await moving();
    const done = codeOf(client.camera.move({ pan: 50, forMs: 30_000 }));
    await until(() => moves() === 1, 'the movement');
    await turns(5);
    device.setFault('half-open');
    const closing = client.close();
    await turns(5);
    await clock.advance(2_000);
    await closing;
    expect(await done).toBe('HIK_CLOSED');
    await device.close();
    expect(clock.pending).toBe(0);
  });
});

describe('closing', () => {
  it('two closes end together, when all is over', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    client.events(() => undefined);
    await client.connect();
    const first = client.close();
    const second = client.close();
    await Promise.all([first, second]);
    expect(client.state).toEqual({ state: 'closed' });
    await until(() => device.openConnections === 0, 'no connection is left');
  });

  it('a client that was never used', async () => {
    const client = new HikvisionClient({ url: 'http://192.0.2.1' });
    await client.close();
    expect(client.state.state).toBe('closed');
  });
});

it('warnings of one kind are told once a minute, with how many there were', async () => {
  const clock = new FakeClock();
  const device = await simulator(builtInDevice('camera'), { clock });
  const client = hikvisionClient(device, { clock });
  const messages: string[] = [];
  client.onWarning(({ message }) => messages.push(message));
  client.onWarning(() => {
    throw new Error('listener');
  });
  client.events(() => undefined);
  await client.connect();
  for (let i = 0; i < 20; i++) device.sendEvent('<nonsense');
  device.sendEvent({ eventType: 'VMD' });
  await until(() => client.counters.notices === 1, 'the event behind them');
  expect(messages.length).toBeLessThanOrEqual(2);
  expect(messages.length).toBeGreaterThanOrEqual(1);
});
