/** Which way to a device its URL and its settings mean; and devices that have only the older alarm channel. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../../lib/index';
import { planLink, type LinkProtocol } from '../../../lib/session/open-link';
import type { Simulator } from '../../../lib/simulator';
import { placeOf, type DeviceAddress } from '../../../lib/transport/address';
import { hikvisionClient, turns } from '../../support/clients';
import '../../support/hsp-links';
import { hspSimulator } from '../../support/hsp-simulators';
import { tcpServer, type Running } from '../../support/servers';
import { reply } from '../../support/wire';

function plan(url: string, protocol?: LinkProtocol, port?: number) {
  const commandPort = port === undefined ? {} : { port };
  const {
    protocol: taken,
    http,
    port: command,
    gatePort,
  } = planLink({
    url,
    protocol,
    commandPort,
    username: undefined,
    password: undefined,
  });
  const shown = (address: DeviceAddress | null) => address && `${address.protocol}://${address.host}:${address.port}`;
  return [taken, shown(http), shown(command), gatePort];
}

describe('a URL', () => {
  it.each([
    ['http://192.0.2.10', undefined, ['isapi', 'http://192.0.2.10:80', null, 80]],
    ['hsp://192.0.2.10', undefined, ['hsp', null, 'hsp://192.0.2.10:8000', 8000]],
    ['hsp://[2001:db8::1]:9000', undefined, ['hsp', null, 'hsp://2001:db8::1:9000', 9000]],
    ['hsps://192.0.2.10', undefined, ['hsps', null, 'hsps://192.0.2.10:8443', 8443]],
    ['192.0.2.10', 'hsp', ['hsp', null, 'hsp://192.0.2.10:8000', 8000]],
    ['192.0.2.10:9000', 'hsp', ['hsp', null, 'hsp://192.0.2.10:9000', 9000]],
    ['http://192.0.2.10:81', 'hsp', ['hsp', null, 'hsp://192.0.2.10:8000', 81]],
    ['https://192.0.2.10', 'hsps', ['hsps', null, 'hsps://192.0.2.10:8443', 443]],
    ['hsp://192.0.2.10', 'hsps', ['hsps', null, 'hsps://192.0.2.10:8443', 8000]],
    ['192.0.2.10', 'auto', ['auto', 'http://192.0.2.10:80', 'hsp://192.0.2.10:8000', 80]],
    ['https://192.0.2.10:444', 'auto', ['auto', 'https://192.0.2.10:444', 'hsp://192.0.2.10:8000', 444]],
    ['hsp://192.0.2.10:9000', 'auto', ['auto', 'http://192.0.2.10:80', 'hsp://192.0.2.10:9000', 9000]],
  ] as const)('%s as %s', (url, protocol, expected) => {
    expect(plan(url, protocol)).toEqual(expected);
  });

  it('takes the command port from the settings', () => {
    expect(plan('http://192.0.2.10', 'auto', 9000)[2]).toBe('hsp://192.0.2.10:9000');
  });

  it('of the command port is none for HTTP', () => {
    expect(() => plan('hsp://admin:Pl4nted@192.0.2.10', 'isapi')).toThrow('http:// or https://');
    expect(() => plan('hsp://admin:Pl4nted@192.0.2.10', 'isapi')).not.toThrow('Pl4nted');
  });

  it('is named without the usual port', () => {
    expect(placeOf({ protocol: 'hsp', host: '192.0.2.10', port: 8000 })).toBe('192.0.2.10');
    expect(placeOf({ protocol: 'hsps', host: '192.0.2.10', port: 8000 })).toBe('192.0.2.10:8000');
  });
});

/** Stands before a device and answers some commands itself. */
function before(device: Simulator, answers: ReadonlyMap<number, Buffer>): Promise<Running> {
  return tcpServer((socket) => {
    socket.once('data', (first) => {
      const answer = answers.get((first as Buffer).readUInt32BE(12));
      if (answer !== undefined) {
        socket.end(answer);
        return;
      }
      const way = connect({ host: '127.0.0.1', port: device.hspPort });
      way.on('error', () => socket.destroy());
      way.on('close', () => socket.destroy());
      socket.on('close', () => way.destroy());
      way.write(first);
      socket.pipe(way);
      way.pipe(socket);
    });
  });
}

describe('a device', () => {
  it('without the newer alarm channel tells by the older one', async () => {
    const device = await hspSimulator('nvr');
    const old = await before(device, new Map([[0x111020, reply(13)]]));
    const client = hikvisionClient({ url: `hsp://127.0.0.1:${old.port}` });
    const events: HikvisionEvent[] = [];
    client.events((event) => events.push(event));
    await client.connect();
    expect(device.hspLog.at(-1)?.name).toBe('alarmChannel');
    device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 3 });
    await turns();
    expect(events.map(({ kind, channel, source }) => [kind, channel, source])).toEqual([['motion', 3, 'hsp']]);
    expect(events[0]?.raw).toMatchObject({ version: 'old' });
  });

  it('without any alarm channel still takes commands', async () => {
    const device = await hspSimulator();
    const none = await before(
      device,
      new Map([
        [0x111020, reply(13)],
        [0x030400, reply(13)],
      ]),
    );
    const client = hikvisionClient({ url: `hsp://127.0.0.1:${none.port}` });
    client.events(() => undefined);
    await client.connect();
    expect(client.state).toMatchObject({ state: 'connected', stream: 'failed' });
  });

  it('without pass-through is known by its binary information', async () => {
    const device = await hspSimulator();
    const old = await before(device, new Map([[0x117000, reply(13)]]));
    const client = hikvisionClient({ url: `hsp://127.0.0.1:${old.port}` });
    expect(await client.connect()).toMatchObject({ model: device.device.identity.model, mac: null });
  });

  it('recorders count IP channels from 33', async () => {
    const device = await hspSimulator('nvr');
    const client = hikvisionClient({ url: `hsp://127.0.0.1:${device.hspPort}` });
    const events: HikvisionEvent[] = [];
    client.events((event) => events.push(event));
    await client.connect();
    device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 3 });
    await turns();
    expect(events[0]).toMatchObject({ channel: 3, raw: { version: 'V30', channels: [35] } });
  });
});
