import { request } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { builtInDevice, FAULT_NAMES, Simulator, SIMULATOR_PASSWORD } from '../../lib/simulator';
import { digestHeader, readChallenge, until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { clientOf, simulator } from '../support/simulators';
import { testCertificate } from '../support/tls';

const INFO = '/ISAPI/System/deviceInfo';

/** What arrives on a bare socket after these bytes, until it ends or falls silent. */
function talk(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(100, end);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', end);
    socket.on('close', end);
  });
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;

describe('after close', () => {
  for (const fault of [null, ...FAULT_NAMES]) {
    it(`no socket and no timer is left (${fault ?? 'no fault'})`, async () => {
      const before = sockets();
      const clock = new FakeClock();
      const running = await Simulator.start({ device: builtInDevice('camera'), clock });
      const client = clientOf(running);
      running.playScenario('camera');
      const streams = [await client.stream(), await client.stream()];
      await client.get(INFO);
      running.setFault(fault);
      void client.raw('GET', INFO).catch(() => undefined);
      const idle = connect(running.httpPort, '127.0.0.1');
      idle.on('error', () => undefined);
      await clock.advance(1_000);
      await running.close();
      expect(clock.pending).toBe(0);
      expect(running.openConnections).toBe(0);
      expect(running.streams).toBe(0);
      await until(() => streams.every((stream) => stream.isOver), 'the client sees it');
      client.close();
      idle.destroy();
      await until(() => sockets() <= before, 'no socket, no timer', 2_000);
      // Late calls do nothing.
      running.playScenario('nvr');
      running.setFault('reboot');
      running.sendEvent({ eventType: 'VMD' });
      expect(clock.pending).toBe(0);
      await running.close();
    });
  }

  it('the port can be used again', async () => {
    const first = await Simulator.start({ device: builtInDevice('camera') });
    await first.close();
    const second = await simulator('camera', { httpPort: first.httpPort });
    expect(second.httpPort).toBe(first.httpPort);
  });

  it('a start that fails leaves nothing', async () => {
    const running = await simulator();
    const before = sockets();
    await expect(Simulator.start({ device: builtInDevice('nvr'), httpPort: running.httpPort })).rejects.toThrow(
      'EADDRINUSE',
    );
    await until(() => sockets() <= before, 'nothing is left');
  });
});

describe('connections', () => {
  it('are kept alive as devices do: 10 s, so many requests', async () => {
    const clock = new FakeClock();
    const running = await simulator('camera', { clock });
    const client = clientOf(running);
    const first = await client.raw('GET', INFO);
    expect(first.headers.connection).toBe('keep-alive');
    expect(first.headers['keep-alive']).toBe('timeout=10, max=99');
    expect((await client.get(INFO)).headers['keep-alive']).toBe('timeout=10, max=97');
    await until(() => clock.pending === 1, 'it waits for the next request');
    await clock.advance(9_999);
    expect(running.openConnections).toBe(1);
    await clock.advance(1);
    await until(() => running.openConnections === 0, 'it ends the idle connection');
  });

  it('end after their last request', async () => {
    const running = await simulator('camera', { auth: 'none' });
    const client = clientOf(running);
    let last;
    for (let count = 0; count < 100; count++) last = await client.raw('GET', INFO);
    expect(last?.headers.connection).toBe('close');
    expect((await client.raw('GET', INFO)).headers['keep-alive']).toBe('timeout=10, max=99');
  });

  it('end when a request does not arrive', async () => {
    const clock = new FakeClock();
    const running = await simulator('camera', { clock });
    const socket = connect(running.httpPort, '127.0.0.1', () => socket.write('GET /ISAPI HTTP/1.1\r\nHost: '));
    socket.on('error', () => undefined);
    await until(() => running.openConnections === 1, 'it is there');
    await clock.advance(30_000);
    await until(() => socket.destroyed, 'it is ended');
  });

  it('are counted while requests are under way', async () => {
    const running = await simulator('nvr', { auth: 'none' });
    await Promise.all(Array.from({ length: 5 }, () => clientOf(running).get(INFO)));
    expect(running.peakRequests).toBeGreaterThan(0);
    expect(running.peakRequests).toBeLessThanOrEqual(5);
  });
});

describe('bad clients', () => {
  const cases: Record<string, string | Buffer> = {
    'bytes that are no HTTP': Buffer.from([0, 255, 13, 10, 13, 10]),
    'a TLS hello': Buffer.from('16030100ff010000fb0303', 'hex'),
    'a method that is none': 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n',
    CONNECT: 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'an upgrade': 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'a target without a path': 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'a whole address': 'GET http://x/ISAPI HTTP/1.1\r\nHost: x\r\n\r\n',
    'broken escapes': 'GET /%zz%/?%=&=&&a=%ff HTTP/1.1\r\nHost: x\r\n\r\n',
    'two lengths': 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'a head without end': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}`,
    'broken chunks': 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'a body that never comes': 'PUT /ISAPI/System/time HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab',
    'several requests at once': 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20),
    HEAD: `HEAD ${INFO} HTTP/1.1\r\nHost: x\r\n\r\n`,
  };
  for (const [what, bytes] of Object.entries(cases)) {
    for (const auth of ['digest', 'none'] as const) {
      it(`cannot break it with ${what} (${auth})`, async () => {
        const running = await simulator('camera', { auth });
        await talk(running.httpPort, bytes);
        expect((await clientOf(running).get(INFO)).status).toBe(200);
      });
    }
  }

  it('get 413 for a body that is too large', async () => {
    const running = await simulator('camera', { auth: 'none' });
    const text = await talk(
      running.httpPort,
      `PUT /ISAPI/System/time HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`,
    );
    expect(text.startsWith('HTTP/1.1 413')).toBe(true);
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });

  it('cannot make documents expand or explode', async () => {
    const running = await simulator('camera', { auth: 'none' });
    const client = clientOf(running);
    const path = '/ISAPI/System/time';
    const bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><Time>&b;</Time>';
    expect((await client.put(path, bomb)).status).toBe(400);
    expect((await client.put(path, '<a>'.repeat(100_000))).status).toBe(400);
    expect((await client.get(path)).status).toBe(200);
  });
});

describe('the log', () => {
  it('tells what was asked, and no secret', async () => {
    const running = await simulator();
    const client = clientOf(running);
    await client.get(`${INFO}?loginPassword=${SIMULATOR_PASSWORD}&a=1&secretkey=${SIMULATOR_PASSWORD}`);
    expect(running.log.map(({ method, authorized, status }) => ({ method, authorized, status }))).toEqual([
      { method: 'GET', authorized: false, status: 401 },
      { method: 'GET', authorized: true, status: 200 },
    ]);
    expect(running.log[1]?.path).toBe(`${INFO}?loginPassword=***&a=1&secretkey=***`);
    expect(JSON.stringify(running.log)).not.toContain(SIMULATOR_PASSWORD);
  });

  it('is bounded', async () => {
    const running = await simulator('camera', { auth: 'none' });
    const client = clientOf(running);
    for (let count = 0; count < 2_050; count++) await client.raw('GET', `/${count}`);
    expect(running.log).toHaveLength(2_000);
    expect(running.log[1_999]?.path).toBe('/2049');
  });
});

describe('HTTPS', () => {
  it('speaks with the certificate that it is given', async () => {
    const running = await simulator('camera', { tls: testCertificate });
    expect(running.url).toBe(`https://127.0.0.1:${running.httpPort}`);
    const get = (authorization?: string) =>
      new Promise<{ status: number | undefined; challenge: string }>((resolve, reject) => {
        const headers = authorization === undefined ? {} : { Authorization: authorization };
        const outgoing = request(running.url + INFO, { ca: testCertificate.cert, headers, agent: false }, (message) => {
          message.resume();
          message.on('end', () =>
            resolve({ status: message.statusCode, challenge: message.headers['www-authenticate'] ?? '' }),
          );
        });
        outgoing.on('error', reject);
        outgoing.end();
      });
    const { challenge } = await get();
    const credentials = { username: 'admin', password: SIMULATOR_PASSWORD };
    expect((await get(digestHeader(readChallenge(challenge), credentials, 'GET', INFO))).status).toBe(200);
    await talk(running.httpPort, 'GET / HTTP/1.1\r\n\r\n');
    expect((await get()).status).toBe(401);
    await running.close();
    expect(running.openConnections).toBe(0);
  });
});
