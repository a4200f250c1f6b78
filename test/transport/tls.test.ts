import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { CertificateError } from '../../lib/errors';
import { CONNECT_TIMEOUT_MS } from '../../lib/settings';
import type { TlsTrust } from '../../lib/transport/tls';
import { codeOf, errorOf, hikvisionClient, httpOf, openSockets, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { fixture } from '../support/fixtures';
import { listening, tcpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const INFO = { method: 'GET', path: '/ISAPI/System/deviceInfo' } as const;
const ca = fixture('tls/ca.crt');
const signed = { key: fixture('tls/device.key'), cert: fixture('tls/device.crt') };
const selfSigned = { key: fixture('tls/self-signed.key'), cert: fixture('tls/self-signed.crt') };
const { fingerprint256 } = new X509Certificate(selfSigned.cert);
const ask = (device: { url: string }, trust: TlsTrust) => httpOf(device, { trust }).send(INFO);

describe('a certificate', () => {
  it('of nobody we know is refused, with its fingerprint and what to do', async () => {
    const device = await simulator('camera', { tls: selfSigned });
    const error = await errorOf(ask(device, {}));
    expect(error).toBeInstanceOf(CertificateError);
    expect(error).toMatchObject({ code: 'HIK_CERTIFICATE', fingerprint: fingerprint256 });
    expect(error.message).toContain(fingerprint256);
    expect(error.message).toMatch(/self.signed/i);
    // The password was not even asked for.
    expect(device.log).toEqual([]);
  });

  it('of a CA that is given is taken, and only with it', async () => {
    const device = await simulator('camera', { tls: signed });
    expect((await ask(device, { ca })).status).toBe(200);
    expect(await codeOf(ask(device, {}))).toBe('HIK_CERTIFICATE');
    const other = await simulator('camera', { tls: selfSigned });
    expect(await codeOf(ask(other, { ca }))).toBe('HIK_CERTIFICATE');
  });

  it.each([
    ['as it is written', fingerprint256],
    ['without colons, in small letters', fingerprint256.replace(/:/g, '').toLowerCase()],
    ['with blanks', ` ${fingerprint256.replace(/:/g, ' ')} `],
  ])('whose fingerprint is given %s is taken', async (_name, fingerprint) => {
    const device = await simulator('camera', { tls: selfSigned });
    expect((await ask(device, { fingerprint })).status).toBe(200);
  });

  it.each([fingerprint256.replace(/^../, '00'), 'nonsense', ':::', fingerprint256.slice(0, 40)])(
    'with another fingerprint than %s is refused, even from a CA that is trusted',
    async (fingerprint) => {
      for (const tls of [selfSigned, signed]) {
        const device = await simulator('camera', { tls });
        const error = await errorOf(ask(device, { fingerprint, ca }));
        expect(error).toBeInstanceOf(CertificateError);
        expect(error.message).toMatch(/another one is expected/);
      }
    },
  );

  it('is not looked at where the user accepts any, unless one is named all the same', async () => {
    const other = await errorOf(
      ask(await simulator('camera', { tls: selfSigned }), {
        acceptAny: true,
        fingerprint: fingerprint256.replace(/^../, '00'),
      }),
    );
    expect(other).toBeInstanceOf(CertificateError);
    expect((await ask(await simulator('camera', { tls: selfSigned }), { acceptAny: true })).status).toBe(200);
  });

  it('holds for the stream and each connection; a connection waits for the user', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { tls: selfSigned, clock });
    const client = hikvisionClient(device, { clock });
    client.events(() => undefined);
    const first = await errorOf(client.connect());
    expect(client.state).toMatchObject({ state: 'refused', code: 'HIK_CERTIFICATE' });
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ state: 'refused' });
    const again = await errorOf(client.connect());
    expect(again).toMatchObject({ code: 'HIK_CERTIFICATE', fingerprint: fingerprint256, message: first.message });
    const pinned = hikvisionClient(device, { clock, tls: { fingerprint: fingerprint256 } });
    pinned.events(() => undefined);
    await pinned.connect();
    expect(device.streams).toBe(1);
  });
});

describe('HTTPS', () => {
  it('keeps connections, and takes Basic without being asked', async () => {
    const device = await simulator('camera', { tls: signed, auth: 'basic' });
    const http = httpOf(device, { trust: { ca } });
    for (let i = 0; i < 4; i++) expect((await http.send(INFO, { idempotent: true })).status).toBe(200);
    expect(device.log.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('to a port that speaks HTTP, and the other way round, is told for what it is', async () => {
    const plain = await simulator('camera');
    const error = await errorOf(ask({ url: plain.url.replace('http:', 'https:') }, {}));
    expect(error.code).toBe('HIK_UNREACHABLE');
    expect(error.message).toMatch(/HTTPS/);
    const secure = await simulator('camera', { tls: signed });
    const other = await errorOf(ask({ url: secure.url.replace('https:', 'http:') }, {}));
    expect(['HIK_PROTOCOL', 'HIK_CONNECTION_LOST', 'HIK_REFUSED', 'fine']).toContain(other.code);
  }, 10_000);

  it('a handshake that never ends is given up and leaves nothing', async () => {
    const before = openSockets();
    const clock = new FakeClock();
    const server = await tcpServer((socket) => socket.resume());
    const http = httpOf({ url: server.url.replace('http:', 'https:') }, { clock });
    const answer = codeOf(http.send(INFO));
    await until(() => server.sockets.size === 1, 'a connection');
    await clock.advance(CONNECT_TIMEOUT_MS);
    expect(await answer).toBe('HIK_UNREACHABLE');
    http.close();
    await until(() => server.sockets.size === 0 && openSockets() <= before, 'no socket is left');
    expect(clock.pending).toBe(0);
  });

  it('a connection that is closed or reset in the handshake', async () => {
    for (const end of ['end', 'destroy'] as const) {
      const server = await tcpServer((socket) => socket.once('data', () => socket[end]()));
      const error = await errorOf(ask({ url: server.url.replace('http:', 'https:') }, {}));
      expect(['HIK_UNREACHABLE', 'HIK_CONNECTION_LOST']).toContain(error.code);
    }
  });

  it('close() in the handshake leaves no socket', async () => {
    const before = openSockets();
    const server = await tcpServer((socket) => socket.resume());
    const http = httpOf({ url: server.url.replace('http:', 'https:') });
    const answers = [1, 2, 3].map(() => codeOf(http.send(INFO)));
    await until(() => server.sockets.size > 0, 'a connection');
    http.close();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HIK_CLOSED']));
    await until(() => server.sockets.size === 0 && openSockets() <= before, 'no socket is left');
  });

  it('a name is sent along, an address is not', async () => {
    const names: (string | false | null)[] = [];
    const server = createServer(signed, (socket) => {
      names.push(socket.servername);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const { port } = await listening(server);
    await ask({ url: `https://127.0.0.1:${port}` }, { ca });
    await ask({ url: `https://localhost:${port}` }, { ca });
    await turns(2);
    expect(new Set(names)).toEqual(new Set([false, 'localhost']));
  });
});
