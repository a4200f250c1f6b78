import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import { PushSender, type PushTarget } from '../../lib/simulator/push-sender';
import { PushListener } from '../../lib/transport/push-listener';
import { clientOf, simulator } from '../support/simulators';
import { until } from '../support/digest-client';

const HOSTS = '/ISAPI/Event/notification/httpHosts';
const CREDENTIALS = { username: 'host', password: 'planted-secret' };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Received {
  readonly message: IncomingMessage;
  readonly body: string;
}

/** A host that keeps what it is told. */
async function host(status = 200): Promise<{ server: Server; port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      received.push({ message, body: Buffer.concat(chunks).toString('latin1') });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
  return { server, port: (server.address() as AddressInfo).port, received };
}

const slot = (port: number, address = '127.0.0.1', more = '') =>
  `<HttpHostNotification><id>1</id><url>/events/here</url><protocolType>HTTP</protocolType>` +
  `<addressingFormatType>ipaddress</addressingFormatType><ipAddress>${address}</ipAddress><portNo>${port}</portNo>${more}</HttpHostNotification>`;

describe('a device with a push host', () => {
  it('sends one document as it is, and pictures as a form', async () => {
    const device = await simulator('camera');
    const { port, received } = await host();
    expect((await clientOf(device).put(`${HOSTS}/1`, slot(port))).status).toBe(200);
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'linedetection', regions: [], pictures: [{ data: Buffer.from('PICTURE') }] });
    device.sendEvent({ eventType: 'VMD', json: { more: 1 } });
    await until(() => device.pushes.delivered === 3, 'the pushes');
    const types = received.map(({ message }) => message.headers['content-type']);
    expect(types).toEqual([
      'application/xml; charset="UTF-8"',
      'multipart/form-data; boundary=boundary',
      'application/json; charset="UTF-8"',
    ]);
    expect(received[0]?.body).toMatch(/^<EventNotificationAlert/);
    expect(received[1]?.body).toMatch(/^--boundary\r\n[^]*PICTURE\r\n--boundary--\r\n$/);
    expect(JSON.parse(received[2]?.body ?? '')).toMatchObject({ eventType: 'VMD', more: 1 });
    expect(received.every(({ message }) => message.url === '/events/here')).toBe(true);
  });

  it('sends nothing where none is set, or after it was removed', async () => {
    const device = await simulator('camera');
    const { port, received } = await host();
    device.sendEvent({ eventType: 'VMD' });
    const client = clientOf(device);
    await client.put(`${HOSTS}/1`, slot(port));
    await client.call('DELETE', `${HOSTS}/1`);
    device.sendEvent({ eventType: 'VMD' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([received.length, device.pushes]).toEqual([0, { delivered: 0, dropped: 0 }]);
  });

  it('proves itself by name and password where it is asked to', async () => {
    const listener = new PushListener({ clock: systemClock, digest: CREDENTIALS });
    open.push(listener);
    await listener.listen({ host: '127.0.0.1', port: 0 });
    const bodies: Buffer[] = [];
    listener.register({
      token: 'unused',
      addresses: ['127.0.0.1'],
      body: () => ({ pendingBytes: 0, push: (chunk) => bodies.push(chunk), end: () => undefined }),
    });
    const device = await simulator('camera');
    const more = `<userName>${CREDENTIALS.username}</userName><password>${CREDENTIALS.password}</password>`;
    const client = clientOf(device);
    await client.put(`${HOSTS}/1`, slot(listener.port, '127.0.0.1', more));
    device.sendEvent({ eventType: 'VMD' });
    await until(() => device.pushes.delivered === 1, 'the push');
    expect(Buffer.concat(bodies).toString()).toContain('VMD');
    expect((await client.get(`${HOSTS}/1`)).text).not.toContain(CREDENTIALS.password);
    await client.put(`${HOSTS}/1`, slot(listener.port, '127.0.0.1', more.replace('planted', 'wrong')));
    device.sendEvent({ eventType: 'VMD' });
    await until(() => device.pushes.dropped === 1, 'the refusal');
  });

  it('drops the oldest for a host that does not keep up, and leaves nothing when it ends', async () => {
    const device = await simulator('camera');
    const { server, port } = await host();
    server.removeAllListeners('request');
    server.on('request', () => undefined);
    await clientOf(device).put(`${HOSTS}/1`, slot(port));
    for (let count = 0; count < 100; count++) device.sendEvent({ eventType: 'VMD' });
    expect(device.pushes.dropped).toBeGreaterThan(60);
    await device.close();
    device.sendEvent({ eventType: 'VMD' });
    expect(device.pushes.delivered).toBe(0);
  });
});

describe('pushes', () => {
  const target = (address: string, port: number): PushTarget => ({
    protocol: 'HTTP',
    address,
    port,
    url: '/',
    username: '',
    password: '',
  });
  const body = { contentType: 'text/plain', bytes: Buffer.from('x') };

  it('go nowhere but to this machine and private networks', async () => {
    const sender = new PushSender(systemClock);
    open.push(sender);
    const { port, received } = await host();
    const far = ['192.0.2.5', '8.8.8.8', '172.32.0.1', '2001:db8::1', 'example.org', '', '127.0.0.1.example.org'];
    sender.send(
      far.map((address) => target(address, port)),
      body,
    );
    sender.send([target('127.0.0.1', port)], body);
    await until(() => sender.delivered === 1, 'the near one');
    expect([received.length, sender.dropped]).toEqual([1, 0]);
  });

  it('that nobody takes are counted', async () => {
    const sender = new PushSender(systemClock);
    open.push(sender);
    const { port } = await host(500);
    sender.send([target('127.0.0.1', port), target('127.0.0.1', 1)], body);
    await until(() => sender.dropped === 2, 'both');
    expect(sender.delivered).toBe(0);
  });
});
