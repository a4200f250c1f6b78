import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { HikvisionClient, type Warning } from '../../lib/index';
import { EHOME_DATAGRAMS_BURST, EHOME_DIAL_IN_MS, EHOME_LOST_MS, PROBE_INTERVAL_MS } from '../../lib/settings';
import { EhomeServer } from '../../lib/transport/ehome-server';
import { advanceUntil, codeOf, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/* What a device sends, written by hand from hsp-wire.md §10. */

const declared = '<?xml version="1.0" encoding="GB2312" ?>';
const register = (id: string, sequence = 1) =>
  `${declared}<PPVSPMessage><Version>2.0</Version><Sequence>${sequence}</Sequence><CommandType>REQUEST</CommandType>` +
  `<Command>REGISTER</Command><Params><NetUnitType>PU</NetUnitType><DeviceID>${id}</DeviceID><FirmwareVersion>V5.2.0</FirmwareVersion>` +
  `<LocalIP>192.168.1.64</LocalIP><LocalPort>7660</LocalPort><DevType>31</DevType><Manufacture>0</Manufacture></Params></PPVSPMessage>`;
const keepAlive = (id: string, sequence = 2) =>
  `${declared}<PPVSPMessage><Version>2.0</Version><Sequence>${sequence}</Sequence><CommandType>REQUEST</CommandType>` +
  `<Command>KEEPALIVE</Command><Params><DeviceID>${id}</DeviceID></Params></PPVSPMessage>`;
const serverInfo = (sequence: number) =>
  `${declared}<PPVSPMessage><Version>2.0</Version><Sequence>${sequence}</Sequence><CommandType>RESPONSE</CommandType>` +
  `<WhichCommand>GETDEVICECONFIG</WhichCommand><Status>200</Status><Params><ConfigXML><SERVERINFO><ChannelNumber>4</ChannelNumber>` +
  `<DVRType>31</DVRType><DiskNumber>1</DiskNumber><SerialNumber>SIM-EHOME-1</SerialNumber><AlarmInPortNum>2</AlarmInPortNum>` +
  `</SERVERINFO></ConfigXML></Params></PPVSPMessage>`;

async function dialling(
  server: EhomeServer,
  answersInfo = true,
): Promise<{ say: (text: string | Buffer) => void; heard: string[]; socket: Socket }> {
  const socket = createSocket('udp4');
  open.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  const heard: string[] = [];
  socket.on('message', (datagram) => {
    const text = datagram.toString();
    heard.push(text);
    const [, sequence] = /<Sequence>(\d+)<\/Sequence>/.exec(text) ?? [];
    if (answersInfo && text.includes('GetServerInfo')) say(serverInfo(Number(sequence)));
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()));
  const say = (text: string | Buffer) => socket.send(text, server.port, '127.0.0.1');
  return { say, heard, socket };
}

async function serving(clock = new FakeClock()) {
  const troubles: string[] = [];
  const server = new EhomeServer({ clock, onTrouble: (message) => troubles.push(message) });
  await server.listen({ host: '127.0.0.1', port: 0 });
  open.push(server);
  return { clock, server, troubles };
}

describe('a server of EHome 2.x', () => {
  it('answers a device that is allowed, and nobody else', async () => {
    const { server, troubles } = await serving();
    const device = server.allow('GATE');
    const { say, heard } = await dialling(server);
    say(register('OTHER'));
    say(register('GATE'));
    await until(() => heard.length === 1, 'the answer');
    expect(heard[0]).toContain('<WhichCommand>REGISTER</WhichCommand>');
    expect(device.registration).toEqual({
      deviceId: 'GATE',
      firmware: 'V5.2.0',
      localAddress: '192.168.1.64',
      localPort: 7660,
      deviceType: 31,
    });
    expect(server.counters).toEqual({ messages: 1, refused: 1, unreadable: 0, dropped: 0 });
    expect(troubles).toEqual(["EHome: a device with the id 'OTHER' from 127.0.0.1 is not allowed"]);
  });

  it('a device that believes to be registered registers again', async () => {
    const { server } = await serving();
    const device = server.allow('GATE');
    const { say, heard } = await dialling(server);
    say(keepAlive('GATE'));
    say(register('GATE'));
    say(keepAlive('GATE', 9));
    await until(() => heard.length === 2, 'two answers');
    expect(heard[1]).toContain('<Sequence>9</Sequence>');
    expect(device.registration).not.toBeNull();
  });

  it('a device that says nothing more is gone', async () => {
    const { server, clock } = await serving();
    const device = server.allow('GATE');
    const { say, heard } = await dialling(server);
    say(register('GATE'));
    await until(() => heard.length === 1, 'the answer');
    await clock.advance(EHOME_LOST_MS);
    expect(device.registration).not.toBeNull();
    await clock.advance(1);
    expect(device.registration).toBeNull();
  });

  it('refuses ISUP 5 with a word that helps', async () => {
    const { server, troubles } = await serving();
    const { say } = await dialling(server);
    for (let count = 0; count < 5; count++) say(Buffer.from('10040000000000005a000000', 'hex'));
    await until(() => server.counters.unreadable === 5, 'all of them');
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain('choose EHome 2.x');
  });

  it('a flood is dropped', async () => {
    const { server } = await serving();
    const { say } = await dialling(server);
    for (let count = 0; count < EHOME_DATAGRAMS_BURST + 50; count++) {
      say('x');
      if (count % 100 === 99) await turns(1);
    }
    await until(() => server.counters.dropped > 0, 'what is dropped');
    expect(server.counters.unreadable).toBeLessThanOrEqual(EHOME_DATAGRAMS_BURST);
  });

  it('one id is one device', async () => {
    const { server } = await serving();
    server.allow('GATE');
    expect(() => server.allow('GATE')).toThrow(/in use/);
  });
});

describe('a client of a device that dials in', () => {
  function client(server: EhomeServer, clock: FakeClock, deviceId = 'GATE') {
    const made = new HikvisionClient({
      url: `ehome://${deviceId}`,
      dialIn: { server, deviceId },
      clock,
      random: () => 0.5,
    });
    open.push(made);
    return made;
  }

  it('is connected when it has come, and lost when it says nothing more', async () => {
    const { server, clock } = await serving();
    const gate = client(server, clock);
    const connected = gate.connect();
    const { say } = await dialling(server);
    say(register('GATE'));
    expect(await connected).toMatchObject({ serial: 'SIM-EHOME-1', firmware: 'V5.2.0', deviceId: 'GATE' });
    const warnings: Warning[] = [];
    gate.onWarning((warning) => warnings.push(warning));
    gate.events(() => undefined);
    await until(() => gate.state.state === 'connected' && gate.state.stream === 'failed', 'no events');
    expect(warnings.map(({ code }) => code)).toEqual(['NO_EVENTS']);
    expect(await codeOf(gate.call('config.getTime'))).toBe('HIK_UNSUPPORTED');
    await advanceUntil(clock, () => gate.state.state === 'lost', 'the loss', {
      limitMs: EHOME_LOST_MS + 2 * PROBE_INTERVAL_MS,
    });
    say(register('GATE'));
    await advanceUntil(clock, () => gate.state.state === 'connected', 'it is back');
  });

  it('says that it has not come yet, and waits on', async () => {
    const { server, clock } = await serving();
    const gate = client(server, clock);
    const first = codeOf(gate.connect());
    await turns(3);
    await clock.advance(EHOME_DIAL_IN_MS);
    expect(await first).toBe('HIK_UNREACHABLE');
    const { say } = await dialling(server, false);
    say(register('GATE'));
    // One that does not say what it is is there all the same.
    await advanceUntil(clock, () => gate.state.state === 'connected', 'it has come');
  });

  it('leaves no timer, and its place to the next one', async () => {
    const { server, clock } = await serving();
    const gate = client(server, clock);
    void gate.connect().catch(() => undefined);
    await turns(3);
    await gate.close();
    expect(clock.pending).toBe(0);
    server.allow('GATE');
  });
});
