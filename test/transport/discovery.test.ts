import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from '../../lib/cli/hsp';
import { systemClock } from '../../lib/clock';
import { discover, type Found } from '../../lib/transport/discovery';
import { FakeClock } from '../support/fake-clock';
import { turns } from '../support/clients';
import { until } from '../support/digest-client';

const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) await new Promise<void>((resolve) => socket.close(() => resolve()));
});

const LOOPBACK = [{ name: 'lo', address: '127.0.0.1', broadcast: null }];

const match = (serial: string, ipv4: string, uuid: string, more = '') =>
  `<ProbeMatch><Uuid>${uuid}</Uuid><Types>inquiry</Types><DeviceDescription>SIM-1</DeviceDescription><DeviceSN>${serial}</DeviceSN>` +
  `<IPv4Address>${ipv4}</IPv4Address><HttpPort>80</HttpPort>${more}</ProbeMatch>`;

/** A device on the network of this machine; answers as often as it is asked. */
async function device(answers: (uuid: string) => readonly string[]): Promise<{ port: number; asked: string[] }> {
  const socket = createSocket('udp4');
  open.push(socket);
  const asked: string[] = [];
  socket.on('message', (question, { port, address }) => {
    asked.push(question.toString());
    const [, uuid = ''] = /<Uuid>(.*)<\/Uuid>/.exec(question.toString()) ?? [];
    for (const answer of answers(uuid)) socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()));
  return { port: socket.address().port, asked };
}

describe('discovery', () => {
  it('finds each device once, and tells it as soon as it is heard', async () => {
    const clock = new FakeClock();
    const { port, asked } = await device((uuid) => [
      match('S2', '192.0.2.20', uuid),
      'noise',
      match('S1', '192.0.2.9', uuid),
      '<SOAP-ENV:Envelope xmlns:SOAP-ENV="x"><ProbeMatch/></SOAP-ENV:Envelope>',
    ]);
    const told: Found[] = [];
    let result: Found[] | undefined;
    const running = discover({
      clock,
      interfaces: LOOPBACK,
      targets: ['127.0.0.1'],
      port,
      listenPort: 0,
      onFound: (found) => told.push(found),
    }).then((found) => (result = found));
    await until(() => told.length === 2, 'both devices');
    for (let second = 0; second < 6; second++) {
      await clock.advance(1_000);
      await turns(3);
    }
    await running;
    expect(result?.map(({ serial, from, via }) => [serial, from, via])).toEqual([
      ['S1', '127.0.0.1', 'lo'],
      ['S2', '127.0.0.1', 'lo'],
    ]);
    expect(told).toHaveLength(2);
    expect(asked.length).toBe(3);
    for (const question of asked) expect(question).toContain('<Types>inquiry</Types>');
    expect(clock.pending).toBe(0);
  });

  it('hears a device that says hello, without asking', async () => {
    const probe = createSocket('udp4');
    await new Promise<void>((resolve) => probe.bind(0, () => resolve()));
    const listenPort = probe.address().port;
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    const stop = new AbortController();
    const told: Found[] = [];
    const running = discover({
      clock: systemClock,
      interfaces: LOOPBACK,
      listenPort,
      asks: false,
      forMs: 60_000,
      signal: stop.signal,
      onFound: (found) => told.push(found),
      onTrouble: () => undefined, // loopback may have no group to join
    });
    const sender = createSocket('udp4');
    open.push(sender);
    const hello = '<Hello><Types>hello</Types><DeviceSN>S1</DeviceSN><MAC>44-47-cc-37-ce-81</MAC></Hello>';
    await until(() => {
      sender.send(hello, listenPort, '127.0.0.1');
      return told.length === 1;
    }, 'the hello');
    stop.abort();
    expect(await running).toMatchObject([{ serial: 'S1', mac: '44:47:cc:37:ce:81' }]);
  });

  it('an interface that is not there is told, and the others go on', async () => {
    const { port } = await device((uuid) => [match('S1', '192.0.2.9', uuid)]);
    const trouble: string[] = [];
    const found = await discover({
      clock: systemClock,
      interfaces: [{ name: 'gone', address: '192.0.2.199', broadcast: null }, ...LOOPBACK],
      targets: ['127.0.0.1'],
      port,
      listenPort: 0,
      forMs: 300,
      onTrouble: (message) => trouble.push(message),
    });
    expect(found).toHaveLength(1);
    expect(trouble.join('\n')).toContain('192.0.2.199');
  });
});

describe('hsp discover', () => {
  it('prints one line for each device', async () => {
    const { port } = await device((uuid) => [match('S1', '192.0.2.9', uuid, '<Activated>false</Activated>')]);
    const [out, err]: string[][] = [[], []];
    const io = {
      out: (line: string) => void out?.push(line),
      err: (line: string) => void err?.push(line),
      env: {},
      signal: new AbortController().signal,
    };
    expect(await main(['discover', '--for', '0.4', '--to', '127.0.0.1', '--port', String(port)], io)).toBe(0);
    expect(JSON.parse(out?.[0] ?? '')).toMatchObject({ serial: 'S1', ipv4: '192.0.2.9', activated: false });
  });

  it.each([
    [['discover', 'http://x'], 2],
    [['discover', '--for', 'x'], 2],
    [['discover', '--port', '0'], 2],
  ])('%j is a mistake', async (args, status) => {
    const io = { out: () => undefined, err: () => undefined, env: {}, signal: new AbortController().signal };
    expect(await main(args, io)).toBe(status);
  });
});
