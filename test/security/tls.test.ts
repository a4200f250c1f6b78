/** What cannot be verified is refused, wherever we speak TLS, until the user says otherwise. More of devices: test/transport/tls.test.ts. */
import { createServer as createTls } from 'node:tls';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import { Publisher } from '../../lib/publisher/publisher';
import { PushListener } from '../../lib/transport/push-listener';
import { codeOf, hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { fixture } from '../support/fixtures';
import { listening } from '../support/servers';
import { simulator } from '../support/simulators';

const selfSigned = { key: fixture('tls/self-signed.key'), cert: fixture('tls/self-signed.crt') };

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Counts bytes that came through a finished handshake. */
async function secure() {
  let bytes = 0;
  let handshakes = 0;
  const server = createTls(selfSigned, (socket) => {
    handshakes++;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  });
  server.on('tlsClientError', () => undefined);
  return { ...(await listening(server)), bytes: () => bytes, handshakes: () => handshakes };
}

describe('a certificate of nobody we know', () => {
  it.each(['https', 'hsps'])('at a device by %s: nothing is said, and it is not tried again', async (protocol) => {
    const server = await secure();
    const client = hikvisionClient({ url: `${protocol}://127.0.0.1:${server.port}` });
    expect(await codeOf(client.connect())).toBe('HIK_CERTIFICATE');
    expect(client.state.state).toBe('refused');
    expect(server.bytes()).toBe(0);
  });

  it('at a device: none of its events come either', async () => {
    const device = await simulator('camera', { tls: selfSigned });
    const client = hikvisionClient(device);
    client.events(() => undefined);
    expect(await codeOf(client.connect())).toBe('HIK_CERTIFICATE');
    expect(device.log).toEqual([]);
    expect(device.authFailures).toBe(0);
  });

  it.each(['mqtts', 'wss'])('at a broker by %s: neither user nor password is sent', async (protocol) => {
    const server = await secure();
    const folder = mkdtempSync(join(tmpdir(), 'hsp-tls-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const publisher = await Publisher.open({
      bridgeId: 'test',
      broker: { urls: [`${protocol}://127.0.0.1:${server.port}`], username: 'u', password: 'p' },
      devices: [],
      journal: { folder },
      clock: systemClock,
      random: () => 0,
    });
    closing.push(() => publisher.stop());
    publisher.start();
    await until(() => /certificate|self.signed/i.test(JSON.stringify(publisher.status.broker)), 'the reason', 10_000);
    expect(publisher.status.broker.state).not.toBe('connected');
    expect(server.bytes()).toBe(0);
  });

  it('at our listener: a device that verifies does not call it', async () => {
    const listener = new PushListener({ clock: systemClock });
    closing.push(() => listener.close());
    await listener.listen({ host: '127.0.0.1', port: 0, tls: selfSigned });
    const body = { method: 'POST', body: 'x' };
    await expect(fetch(`https://127.0.0.1:${listener.port}/hsp/x`, body)).rejects.toThrow();
    // And without TLS nothing is to be had at that port.
    await expect(fetch(`http://127.0.0.1:${listener.port}/hsp/x`, body)).rejects.toThrow();
    expect(listener.counters.pushes).toBe(0);
  });
});
