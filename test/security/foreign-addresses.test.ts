/**
 * A device names addresses in many places: of pictures, recordings, itself, its push hosts. Whatever it names, nothing is fetched but
 * from the device that the user gave.
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import { commandList } from '../../lib/index';
import type { Simulator } from '../../lib/simulator';
import { discover } from '../../lib/transport/discovery';
import { codeOf, hikvisionClient, httpOf } from '../support/clients';
import { COMMAND_ARGUMENTS } from '../support/command-calls';
import { until } from '../support/digest-client';
import { relayTo } from '../support/relay';
import { httpServer, tcpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Somebody who must not be called. */
async function victim() {
  let calls = 0;
  const { port } = await tcpServer((socket) => {
    calls++;
    socket.destroy();
  });
  return { port, place: `127.0.0.1:${port}`, calls: () => calls };
}

/** Every address of a document, and every value that looks like one, becomes that of somebody else. */
function redirected(document: string, place: string): string {
  const [host = '', port = ''] = place.split(':');
  return document
    .replace(/\b(https?|rtsps?|ftp|ws):\/\/[^/\s"<>]+/gi, `$1://${place}`)
    .replace(/(<(?:ipAddress|ipv4Address|hostName|DNSServerIpAddr|address)>)[^<]*/gi, `$1${host}`)
    .replace(/("(?:ipAddress|ipv4Address|hostName|address)"\s?:\s?")[^"]*/gi, `$1${host}`)
    .replace(/(<(?:portNo|port|managePortNo)>)\d+/gi, `$1${port}`);
}

/** A device that is a simulated one, but for the addresses in its answers. */
async function liar(device: Simulator, place: string) {
  let changed = 0;
  const relay = await relayTo(device, ({ headers, body }) => {
    const isText = /xml|json|text/i.test(headers['content-type'] ?? '');
    const sent = isText ? Buffer.from(redirected(body.toString(), place)) : body;
    if (!sent.equals(body)) changed++;
    const challenge = headers['www-authenticate']?.replace('Digest ', `Digest domain="http://${place}/", `);
    const more = {
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      location: `http://${place}/`,
      link: `<http://${place}/>; rel="next"`,
      refresh: `0; url=http://${place}/`,
    };
    return { headers: more, body: sent };
  });
  return { ...relay, changed: () => changed };
}

/** Commands that would take the simulated device away, or last. */
const LEFT_OUT = /^config\.(?:reboot|factoryReset|upgrade)|^camera\.(?:talk|playAudio|captureAudio|move)$/;

describe('a device that names the addresses of others', () => {
  it.each(['camera', 'nvr', 'doorstation', 'anpr'] as const)(
    'makes us fetch nothing there, whatever is asked: %s',
    async (model) => {
      const other = await victim();
      const device = await simulator(model);
      const place = await liar(device, other.place);
      const client = hikvisionClient(place);
      const folder = mkdtempSync(join(tmpdir(), 'hsp-foreign-'));
      folders.push(folder);
      const codes: string[] = [];
      for (const { name, example, params, effect } of commandList()) {
        if (effect === 'danger' && name !== 'config.raw') continue;
        if (LEFT_OUT.test(name)) continue;
        const file = 'file' in params ? { file: join(folder, name) } : {};
        const args = { ...example, ...COMMAND_ARGUMENTS[name], ...file };
        codes.push(await codeOf(client.call(name, args, { signal: AbortSignal.timeout(5_000) })));
      }
      expect(codes.filter((code) => code === 'fine').length).toBeGreaterThan(20);
      expect(place.changed()).toBeGreaterThan(3);
      expect(other.calls()).toBe(0);
    },
    60_000,
  );

  it.each([301, 302, 303, 307, 308])('by a redirect %i is told so, and not followed', async (status) => {
    const other = await victim();
    const server = await httpServer((_request, response) => {
      response.writeHead(status, { Location: `http://${other.place}/ISAPI/System/deviceInfo` }).end();
    });
    expect(await codeOf(hikvisionClient(server).call('config.deviceInfo'))).not.toBe('fine');
    expect(await codeOf(hikvisionClient(server).call('camera.snapshot'))).not.toBe('fine');
    const { status: seen } = await httpOf(server).send({ method: 'GET', path: '/ISAPI/System/deviceInfo' });
    expect(seen).toBe(status);
    expect(other.calls()).toBe(0);
  });

  it('gives addresses for players that lead to itself', async () => {
    const other = await victim();
    const device = await simulator('nvr');
    const client = hikvisionClient(await liar(device, other.place));
    const url = new URL(await client.stream.rtspUrl({ channel: 1, withPassword: true }));
    expect(url.hostname).toBe('127.0.0.1');
    expect(url.password).not.toBe('');
  });

  it('in an event gets no visit: the address is handed on as a text', async () => {
    const other = await victim();
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const seen: string[] = [];
    client.events((event) => seen.push(JSON.stringify(event)));
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent(
      `<EventNotificationAlert><channelID>1</channelID><eventType>faceSnap</eventType><eventState>active</eventState>` +
        `<bkgUrl>http://${other.place}/x.jpg</bkgUrl><faceURL>http://${other.place}/y.jpg</faceURL></EventNotificationAlert>`,
    );
    await until(() => seen.length > 0, 'the event');
    expect(seen.join()).toContain(other.place);
    expect(other.calls()).toBe(0);
  });
});

describe('a request', () => {
  it.each(['http://192.0.2.1/x', '//', 'x', '/a b', '/x\r\nHost: y', '/\u00e9', ''])(
    'goes to a path of the device, or nowhere: %j',
    async (path) => {
      const device = await simulator('camera');
      const answer = httpOf(device).send({ method: 'GET', path });
      if (path === '//') expect((await answer).status).toBeGreaterThanOrEqual(400);
      else expect(await codeOf(answer)).toBe('HIK_ARGUMENT');
    },
  );
});

describe('an answer to a search', () => {
  it('is not visited, whatever it names', async () => {
    const other = await victim();
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()));
    let datagrams = 0;
    const otherSocket = createSocket('udp4');
    otherSocket.on('message', () => datagrams++);
    await new Promise<void>((resolve) => otherSocket.bind(0, '127.0.0.1', () => resolve()));
    socket.on('message', (question, { port, address }) => {
      const [, uuid = ''] = /<Uuid>(.*)<\/Uuid>/.exec(question.toString()) ?? [];
      const answer =
        `<ProbeMatch><Uuid>${uuid}</Uuid><Types>inquiry</Types><DeviceSN>S1</DeviceSN><IPv4Address>127.0.0.1</IPv4Address>` +
        `<HttpPort>${other.port}</HttpPort><CommandPort>${otherSocket.address().port}</CommandPort></ProbeMatch>`;
      socket.send(answer, port, address);
    });
    try {
      const { port } = socket.address();
      const found = await discover({ clock: systemClock, forMs: 300, targets: ['127.0.0.1'], port, listenPort: 0 });
      expect(found).toMatchObject([{ ipv4: '127.0.0.1', httpPort: other.port, from: '127.0.0.1' }]);
    } finally {
      await Promise.all([socket, otherSocket].map((each) => new Promise<void>((done) => each.close(() => done()))));
    }
    expect(other.calls()).toBe(0);
    expect(datagrams).toBe(0);
  });
});
