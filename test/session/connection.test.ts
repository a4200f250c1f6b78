import { describe, expect, it } from 'vitest';
import { IdentityError, type ConnectionState, type HikvisionClient } from '../../lib/index';
import type { SimulatorOptions } from '../../lib/simulator';
import {
  ALERT_STREAM_QUIET_MS,
  ALERT_STREAM_SILENCE_MS,
  CONNECT_INTERVAL_MS,
  HEADERS_TIMEOUT_MS,
  PROBE_INTERVAL_MS,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  STREAM_REFUSED_RETRY_MS,
} from '../../lib/settings';
import type { ClientOptions } from '../../lib/client';
import { advanceUntil, codeOf, errorOf, hikvisionClient, openSockets, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { httpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const START = Date.parse('2024-05-01T12:00:00Z');
const CHALLENGE = 'Digest realm="r", nonce="n1", qop="auth"';

function watched(client: HikvisionClient) {
  const states: ConnectionState[] = [];
  const warnings: string[] = [];
  client.onState((state) => states.push(state));
  client.onWarning(({ code }) => warnings.push(code));
  return {
    states,
    warnings,
    names: () => states.map((state) => (state.state === 'connected' ? `connected ${state.stream}` : state.state)),
  };
}

async function pair(
  model: 'camera' | 'nvr' | 'doorstation' = 'camera',
  options: Omit<SimulatorOptions, 'device' | 'clock'> = {},
  clientOptions: Partial<ClientOptions> = {},
) {
  const clock = new FakeClock(START);
  const device = await simulator(model, { clock, ...options });
  const client = hikvisionClient(device, { clock, ...clientOptions });
  return { clock, device, client, ...watched(client) };
}

describe('states', () => {
  it('connecting, connected, idle, and again; closed is the end', async () => {
    const { client, names, device } = await pair();
    expect(client.state).toEqual({ state: 'idle' });
    const info = await client.connect();
    expect(info).toMatchObject({ serial: device.device.identity.serial });
    expect(client.state).toMatchObject({ state: 'connected', stream: 'off', sinceMs: START });
    await client.disconnect();
    await client.connect();
    expect(await client.connect()).toEqual(info);
    await client.close();
    await client.close();
    expect(names()).toEqual(['connecting', 'connected off', 'idle', 'connecting', 'connected off', 'closed']);
    expect(await codeOf(client.connect())).toBe('HIK_CLOSED');
    expect(await codeOf(client.call('config.getTime'))).toBe('HIK_CLOSED');
    expect(() => client.events(() => undefined)).toThrow(/closed/);
  });

  it('a connect right behind a disconnect that is still under way wins', async () => {
    const { client, names } = await pair();
    client.events(() => undefined);
    await client.connect();
    const ending = client.disconnect();
    const starting = client.connect();
    await ending;
    expect(await codeOf(starting)).toBe('fine');
    await turns(5);
    expect(names().at(-1)).toBe('connected open');
  });

  it('disconnect while connecting ends it and rejects who waits', async () => {
    const { client, names, device } = await pair();
    device.setFault('half-open');
    const waiting = codeOf(client.connect());
    await turns(5);
    await client.disconnect();
    expect(await waiting).toBe('HIK_CLOSED');
    expect(names()).toEqual(['connecting', 'idle']);
  });

  it('a listener that fails, or leaves, does not stop the others', async () => {
    const { client, names } = await pair();
    client.onState(() => {
      throw new Error('listener');
    });
    const gone: string[] = [];
    client.onState(({ state }) => gone.push(state)).close();
    await client.connect();
    expect(names()).toEqual(['connecting', 'connected off']);
    expect(gone).toEqual([]);
  });
});

describe('a device that is away', () => {
  it('is asked again with doubled waits, one attempt at a time, and is back when it is back', async () => {
    const { client, clock, device, states } = await pair();
    device.setFault('refused');
    await turns(5);
    expect(await codeOf(client.connect())).toBe('HIK_UNREACHABLE');
    await advanceUntil(clock, () => states.filter(({ state }) => state === 'lost').length === 9, 'nine attempts');
    const lost = states.filter((state) => state.state === 'lost');
    const connecting = states.filter(({ state }) => state === 'connecting');
    expect(connecting.length).toBe(9);
    const waits = lost.slice(1).map((state, i) => state.retryAtMs - (lost[i]?.retryAtMs ?? 0));
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(RECONNECT_MIN_MS);
      expect(wait).toBeLessThanOrEqual(RECONNECT_MAX_MS);
    }
    expect(waits.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(waits.at(-1)).toBe(RECONNECT_MAX_MS);
    expect(lost[0]).toMatchObject({ code: 'HIK_UNREACHABLE', reason: expect.stringContaining('refused') as string });
    device.setFault(null);
    await advanceUntil(clock, () => client.state.state === 'connected', 'connected again', { limitMs: 61_000 });
  });

  it('the user need not wait: connect() tries at once', async () => {
    const { client, device } = await pair();
    device.setFault('refused');
    await turns(5);
    expect(await codeOf(client.connect())).toBe('HIK_UNREACHABLE');
    device.setFault(null);
    await turns(5);
    expect(await codeOf(client.connect())).toBe('fine');
  });

  it('is noticed without a stream, by a question now and then', async () => {
    const { client, clock, device, names } = await pair();
    await client.connect();
    device.setFault('half-open');
    const took = await advanceUntil(clock, () => client.state.state === 'lost', 'lost', { stepMs: 1_000 });
    expect(took).toBeLessThanOrEqual(PROBE_INTERVAL_MS + HEADERS_TIMEOUT_MS + 2_000);
    device.setFault(null);
    await advanceUntil(clock, () => client.state.state === 'connected', 'back', { stepMs: 1_000, limitMs: 120_000 });
    expect(client.counters.reconnects).toBe(1);
    expect(names().filter((name) => name.startsWith('connected'))).toHaveLength(2);
  });

  it('a dropped stream is opened again within two seconds, and each time when it had delivered', async () => {
    const { client, clock, device, states } = await pair('camera', { heartbeatMs: 1_000 });
    client.events(() => undefined);
    await client.connect();
    for (let round = 1; round <= 4; round++) {
      await advanceUntil(clock, () => client.counters.heartbeats >= round, 'a heartbeat');
      device.dropConnections();
      await until(() => client.state.state === 'lost', 'lost');
      const took = await advanceUntil(clock, () => device.streams === 1 && client.state.state === 'connected', 'back');
      expect(took).toBeLessThanOrEqual(2_000);
    }
    expect(client.counters.reconnects).toBe(4);
    expect(states.filter((state) => state.state === 'lost')[0]).toMatchObject({ code: 'HIK_CONNECTION_LOST' });
  });

  it('after config.reboot it is asked every few seconds', async () => {
    const { client, clock, device, states } = await pair();
    client.events(() => undefined);
    await client.connect();
    await client.call('config.reboot', {}, { confirm: true });
    await until(() => client.state.state === 'lost', 'lost');
    const took = await advanceUntil(clock, () => client.state.state === 'connected', 'back', { limitMs: 120_000 });
    // Away for 20 s, busy for 5 s, then found within 5 s and the wait of a busy answer.
    expect(took).toBeLessThanOrEqual(36_000);
    const lost = states.filter((state) => state.state === 'lost');
    expect(lost.length).toBeGreaterThan(5);
    expect(device.authFailures).toBe(0);
  });

  it('a reboot that nobody told us of', async () => {
    const { client, clock, device } = await pair('nvr', { digest: { staleFlag: false } });
    client.events(() => undefined);
    await client.connect();
    device.setFault('reboot');
    await until(() => client.state.state === 'lost', 'lost');
    await advanceUntil(clock, () => client.state.state === 'connected', 'back', { limitMs: 120_000 });
    expect(device.authFailures).toBe(0);
    expect(device.streams).toBe(1);
  });
});

describe('a stream that says nothing', () => {
  it('with heartbeats before: the device is asked, and the stream opened anew', async () => {
    const { client, clock, device, states } = await pair();
    client.events(() => undefined);
    await client.connect();
    await advanceUntil(clock, () => client.counters.heartbeats > 0, 'a heartbeat', { stepMs: 1_000 });
    device.setFault('silent-stream');
    const took = await advanceUntil(clock, () => client.state.state === 'lost', 'lost', { stepMs: 1_000 });
    expect(took).toBeGreaterThan(ALERT_STREAM_SILENCE_MS - 11_000);
    expect(took).toBeLessThanOrEqual(ALERT_STREAM_SILENCE_MS + 3_000);
    expect(states.at(-1)).toMatchObject({ code: 'HIK_TIMEOUT', reason: expect.stringContaining('silent') as string });
    device.setFault(null);
    const back = await advanceUntil(clock, () => client.state.state === 'connected', 'back');
    expect(back).toBeLessThanOrEqual(2_000);
    expect(device.streams).toBe(1);
  });

  it('a recorder that never sends heartbeats is kept, but not for ever', async () => {
    const { client, clock, device } = await pair('nvr', { heartbeatMs: 0 });
    client.events(() => undefined);
    await client.connect();
    const probes = () => device.log.filter(({ path }) => path.endsWith('/userCheck')).length;
    const before = probes();
    const took = await advanceUntil(clock, () => client.state.state === 'lost', 'lost', { stepMs: 5_000 });
    expect(took).toBeGreaterThanOrEqual(ALERT_STREAM_QUIET_MS);
    expect(took).toBeLessThanOrEqual(ALERT_STREAM_QUIET_MS + ALERT_STREAM_SILENCE_MS + 10_000);
    expect(probes() - before).toBeGreaterThanOrEqual(4);
    await advanceUntil(clock, () => client.state.state === 'connected', 'back');
  });

  it('a half-open connection is noticed', async () => {
    const { client, clock, device } = await pair();
    client.events(() => undefined);
    await client.connect();
    device.setFault('half-open');
    const took = await advanceUntil(clock, () => client.state.state === 'lost', 'lost', { stepMs: 1_000 });
    expect(took).toBeLessThanOrEqual(ALERT_STREAM_SILENCE_MS + HEADERS_TIMEOUT_MS + 3_000);
    device.setFault(null);
    await advanceUntil(clock, () => device.streams === 1, 'back', { stepMs: 1_000, limitMs: 120_000 });
  });
});

describe('what waits for the user', () => {
  it('a wrong password: five clients on one device, three calls each and streams, a minute long: one attempt', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('camera', { clock });
    const clients = Array.from({ length: 5 }, () => hikvisionClient(device, { clock, password: 'wrong' }));
    const results = clients.flatMap((client) => {
      client.events(() => undefined);
      return [
        codeOf(client.connect()),
        codeOf(client.call('config.deviceInfo')),
        codeOf(client.call('camera.snapshot')),
        codeOf(client.call('config.getTime')),
      ];
    });
    expect(new Set(await Promise.all(results))).toEqual(new Set(['HIK_AUTHENTICATION']));
    for (let second = 0; second < 60; second += 5) {
      await clock.advance(5_000);
      await turns(2);
      for (const client of clients) {
        expect(await codeOf(client.connect())).toBe('HIK_AUTHENTICATION');
        expect(await codeOf(client.call('config.status'))).toBe('HIK_AUTHENTICATION');
      }
    }
    expect(device.authFailures).toBe(1);
    for (const client of clients) expect(client.state).toMatchObject({ state: 'refused', code: 'HIK_AUTHENTICATION' });
  });

  it('connect without a retry repeats the same error, whose words do not grow', async () => {
    const { client, device } = await pair('camera', {}, { password: 'wrong' });
    const first = await errorOf(client.connect());
    const second = await errorOf(client.connect());
    const third = await errorOf(client.connect());
    expect(second.message).toBe(first.message);
    expect(third.message).toBe(first.message);
    expect(device.authFailures).toBe(1);
    device.setPassword('wrong');
    expect(await codeOf(client.connect({ retry: true }))).toBe('fine');
  });

  it('a password that changes while connected', async () => {
    const { client, clock, device } = await pair();
    client.events(() => undefined);
    await client.connect();
    await client.call('config.getTime');
    device.setPassword('changed');
    device.dropConnections();
    await advanceUntil(clock, () => client.state.state === 'refused', 'refused');
    await clock.advance(600_000);
    await turns(5);
    expect(client.state.state).toBe('refused');
    expect(device.authFailures).toBe(1);
  });

  it('a lock: waits for its time, then comes back by itself', async () => {
    const { client, clock, device, names } = await pair('camera', { lock: { attempts: 3, lockMs: 120_000 } });
    device.setFault('locked');
    expect(await codeOf(client.connect())).toBe('HIK_LOCKED');
    expect(client.state).toMatchObject({ state: 'locked', unlockAtMs: START + 125_000 });
    const requests = device.log.length;
    await clock.advance(120_000);
    await turns(3);
    expect(device.log.length).toBe(requests);
    device.setFault(null);
    await advanceUntil(clock, () => client.state.state === 'connected', 'back', { limitMs: 6_000 });
    expect(names()).toEqual(['connecting', 'locked', 'connecting', 'connected off']);
    expect(device.authFailures).toBe(0);
  });

  it('another device at the address, until the user agrees', async () => {
    const { client, clock, device } = await pair('camera');
    client.events(() => undefined);
    await client.connect();
    const { httpPort } = device;
    await device.close();
    const other = await simulator('nvr', { clock, httpPort });
    await advanceUntil(clock, () => client.state.state === 'refused', 'refused', { stepMs: 1_000 });
    expect(client.state).toMatchObject({ state: 'refused', code: 'HIK_IDENTITY' });
    expect(await errorOf(client.connect())).toBeInstanceOf(IdentityError);
    expect(await client.connect({ retry: true })).toMatchObject({ serial: other.device.identity.serial });
    // From now on this one is the right one.
    await client.disconnect();
    expect(await codeOf(client.connect())).toBe('fine');
  });

  it('another serial than the expected one', async () => {
    const { client } = await pair('camera', {}, { expectedSerial: 'DS-ANOTHER-1' });
    expect(await codeOf(client.connect())).toBe('HIK_IDENTITY');
    expect(await codeOf(client.connect())).toBe('HIK_IDENTITY');
    expect(await codeOf(client.connect({ retry: true }))).toBe('fine');
  });

  it('the expected serial may be written with or without hyphens', async () => {
    const { device, clock } = await pair('camera');
    const { serial } = device.device.identity;
    const spelled = serial.replace(/-/g, '').toLowerCase();
    const client = hikvisionClient(device, { clock, expectedSerial: ` ${spelled} ` });
    expect(await codeOf(client.connect())).toBe('fine');
  });
});

describe('devices that have little', () => {
  /** Answers deviceInfo and the paths given, 404 to the rest. */
  function little(more: Record<string, number> = {}) {
    return httpServer((request, response) => {
      const path = request.path.split('?')[0] ?? '';
      if (request.headers.authorization === undefined)
        return void response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
      if (path.endsWith('/deviceInfo')) return void response.end('<DeviceInfo><model>M</model></DeviceInfo>');
      const status = more[path] ?? 404;
      if (status === 401) response.setHeader('WWW-Authenticate', CHALLENGE);
      response.writeHead(status).end('<html/>');
    });
  }

  it('nothing but deviceInfo: connected, with a warning that there are no events', async () => {
    const clock = new FakeClock(START);
    const client = hikvisionClient(await little(), { clock });
    const { warnings } = watched(client);
    client.events(() => undefined);
    expect(await client.connect()).toMatchObject({ model: 'M', serial: null });
    expect(client.state).toMatchObject({ state: 'connected', stream: 'failed' });
    expect(warnings).toEqual(['NO_EVENTS']);
  });

  it.each([401, 403])(
    'alertStream refused with %d: connected all the same, asked again after five minutes',
    async (status) => {
      const clock = new FakeClock(START);
      const STREAM = '/ISAPI/Event/notification/alertStream';
      const server = await little({ [STREAM]: status });
      const client = hikvisionClient(server, { clock });
      const { warnings } = watched(client);
      client.events(() => undefined);
      await client.connect();
      expect(client.state).toMatchObject({ state: 'connected', stream: 'failed' });
      const asked = () => server.seen.filter(({ path, headers }) => path === STREAM && headers.authorization).length;
      expect(asked()).toBe(1);
      await advanceUntil(clock, () => asked() === 2, 'asked again', { stepMs: 10_000 });
      expect(clock.monotonic()).toBeGreaterThanOrEqual(STREAM_REFUSED_RETRY_MS);
      expect(client.state).toMatchObject({ state: 'connected', stream: 'failed' });
      expect(warnings.length).toBeGreaterThanOrEqual(1);
      expect(await codeOf(client.call('config.deviceInfo'))).toBe('fine');
    },
  );

  it('and is lost when it goes away meanwhile', async () => {
    const clock = new FakeClock(START);
    let isThere = true;
    const server = await httpServer((request, response) => {
      if (!isThere) response.destroy();
      else if (request.path.endsWith('/deviceInfo')) response.end('<DeviceInfo><model>M</model></DeviceInfo>');
      else response.writeHead(404).end();
    });
    const client = hikvisionClient(server, { clock });
    client.events(() => undefined);
    await client.connect();
    isThere = false;
    const took = await advanceUntil(clock, () => client.state.state !== 'connected', 'lost', { stepMs: 1_000 });
    expect(took).toBeLessThanOrEqual(PROBE_INTERVAL_MS + 2_000);
  });
});

describe('the end', () => {
  it.each([
    ['connecting', 'half-open'],
    ['lost', 'refused'],
    ['locked', 'locked'],
    ['slow', 'slow-body'],
  ] as const)('close() while %s leaves no timer and no socket', async (_name, fault) => {
    const before = openSockets();
    const { client, clock, device } = await pair();
    client.events(() => undefined);
    device.setFault(fault);
    await turns(3);
    const connecting = codeOf(client.connect());
    const calling = codeOf(client.call('config.getTime'));
    await turns(6);
    await client.close();
    expect(await connecting).not.toBe('fine');
    expect(await calling).not.toBe('fine');
    await device.close();
    expect(clock.pending).toBe(0);
    await until(() => openSockets() <= before, 'no socket is left');
  });

  it('close() while connected, with a stream, with a running event and a picture awaited', async () => {
    const before = openSockets();
    const { client, clock, device } = await pair();
    client.events(() => undefined);
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'VMD', pictures: [{ data: Buffer.from('ffd8ffd9', 'hex') }] });
    await until(() => client.counters.notices >= 1, 'the event');
    await client.close();
    await device.close();
    expect(clock.pending).toBe(0);
    await until(() => openSockets() <= before, 'no socket is left');
  });

  it('200 times connected and closed: no listener, timer or socket is left', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('camera', { clock });
    const before = openSockets();
    for (let i = 0; i < 200; i++) {
      const client = hikvisionClient(device, { clock });
      client.events(() => undefined);
      await client.connect();
      await client.close();
      await clock.advance(CONNECT_INTERVAL_MS);
    }
    await until(() => device.openConnections === 0, 'no connection is left');
    await until(() => openSockets() <= before, 'no socket is left');
    expect(device.streams).toBe(0);
    expect(device.authFailures).toBe(0);
    await device.close();
    expect(clock.pending).toBe(0);
  });

  it('one client, 50 times connected and disconnected, gathers nothing', async () => {
    const { client, clock, device } = await pair();
    client.events(() => undefined);
    for (let i = 0; i < 50; i++) {
      await client.connect();
      await client.disconnect();
      await clock.advance(CONNECT_INTERVAL_MS);
    }
    await until(() => device.streams === 0, 'no stream is left');
    await client.close();
    await device.close();
    expect(clock.pending).toBe(0);
  });
});
