import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Site, type ClientOptions, type HikvisionEvent } from '../../lib/index';
import { deviceFromDump, type SimulatorOptions } from '../../lib/simulator';
import {
  DEVICE_MESSAGES_BURST,
  DEVICE_MESSAGES_PER_SECOND,
  EVENT_END_AFTER_MS,
  MERGE_HOLD_MS,
  STAND_IN_WAIT_MS,
} from '../../lib/settings';
import { PushListener } from '../../lib/transport/push-listener';
import { hikvisionClient, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

const START = Date.parse('2024-05-01T12:00:00Z');
const SECRET = 'planted-secret of the listener';

const listeners: PushListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

const plate = (number: string, extra = '') =>
  `<EventNotificationAlert version="2.0"><channelID>1</channelID><dateTime>2024-05-01T20:00:00+08:00</dateTime>` +
  `<eventType>ANPR</eventType><eventState>active</eventState><ANPR><licensePlate>${number}</licensePlate>${extra}</ANPR></EventNotificationAlert>`;

async function withPush(
  options: Partial<ClientOptions['events']> = {},
  simulated: Omit<SimulatorOptions, 'device'> = {},
) {
  const clock = new FakeClock(START);
  const device = await simulator('camera', { clock, heartbeatMs: 0, ...simulated });
  const listener = new PushListener({ clock });
  listeners.push(listener);
  await listener.listen({ host: '127.0.0.1', port: 0 });
  const client = hikvisionClient(device, { clock, events: { push: { listener, secret: SECRET }, ...options } });
  const events: HikvisionEvent[] = [];
  client.events((event) => events.push(event));
  await client.connect();
  await until(() => client.state.state === 'connected' && client.state.ways.length > 0, 'events');
  const push = (body: string, path = client.pushPath ?? '') =>
    new Promise<number>((resolve, reject) => {
      const sent = request({ port: listener.port, host: '127.0.0.1', method: 'POST', path, agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return { clock, device, listener, client, events, push };
}

describe('several ways to one device', () => {
  it('tell one event, and the state names them', async () => {
    const { clock, device, client, events, push } = await withPush();
    expect(client.state).toMatchObject({ stream: 'open', ways: ['alertStream'] });
    device.sendEvent(plate('AB 1'));
    await turns(5);
    expect(events).toEqual([]);
    expect(await push(plate('AB 1', '<line>2</line>'))).toBe(200);
    await turns(5);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ kind: 'plate', details: { plate: 'AB 1' } });
    expect(client.state).toMatchObject({ stream: 'open', ways: ['alertStream', 'push'] });
    expect(client.counters.duplicates).toBe(1);
    await clock.advance(60_000);
    expect(events).toHaveLength(1);
  });

  it('each of them alone is enough', async () => {
    const { clock, device, events, push } = await withPush();
    device.sendEvent(plate('STREAM'));
    await turns(5);
    await clock.advance(MERGE_HOLD_MS);
    await push(plate('PUSH'));
    await turns(5);
    await clock.advance(MERGE_HOLD_MS);
    expect(events.map(({ source, details }) => [source, details['plate']])).toEqual([
      ['isapi', 'STREAM'],
      ['push', 'PUSH'],
    ]);
  });

  it('are events of their own where that is wished', async () => {
    const { device, events, push } = await withPush({ merge: false });
    device.sendEvent(plate('AB 1'));
    await turns(5);
    await push(plate('AB 1'));
    await turns(5);
    expect(events).toHaveLength(2);
  });

  it('our entry on the device outlives its subscribers, and is taken back at the end', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('camera', { clock, heartbeatMs: 0 });
    const listener = new PushListener({ clock });
    listeners.push(listener);
    const calledAt = 'http://192.0.2.5:7661';
    const client = hikvisionClient(device, { clock, events: { push: { listener, secret: SECRET, calledAt } } });
    const looking = hikvisionClient(device, { clock });
    const entries = async () => (await looking.event.listPushHosts()).flatMap(({ address }) => address ?? []);
    const hasPush = () => client.state.state === 'connected' && client.state.ways.includes('push');
    const first = client.events(() => undefined);
    await client.connect();
    await until(hasPush, 'the push');
    expect(await entries()).toEqual(['192.0.2.5']);
    first.close();
    await until(() => !hasPush(), 'no push');
    expect(await entries()).toEqual(['192.0.2.5']);
    client.events(() => undefined).close();
    await client.close();
    expect(await entries()).toEqual([]);
  });

  it('the push goes on while the stream is lost, and ends what it began', async () => {
    const { clock, device, client, events, push } = await withPush();
    await push(
      '<EventNotificationAlert><channelID>1</channelID><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>',
    );
    await turns(5);
    await clock.advance(MERGE_HOLD_MS + EVENT_END_AFTER_MS + 1);
    expect(events.map(({ state, inferred }) => [state, inferred])).toEqual([
      ['start', false],
      ['end', true],
    ]);
    device.setFault('refused');
    device.dropConnections();
    await until(() => client.state.state === 'lost', 'the loss');
    // While the device is away nobody listens for it.
    expect(await push(plate('AB 1'))).toBe(404);
  });

  it('a device without an alertStream is connected all the same, and its pushes are events', async () => {
    const clock = new FakeClock(START);
    const device = await simulator(
      deviceFromDump({
        responses: {
          '/ISAPI/System/deviceInfo': {
            status: 200,
            body: '<DeviceInfo><model>M</model><serialNumber>S</serialNumber></DeviceInfo>',
          },
          '/ISAPI/Event/notification/alertStream': { status: 403, body: '' },
        },
      }),
      { clock },
    );
    const listener = new PushListener({ clock });
    listeners.push(listener);
    await listener.listen({ host: '127.0.0.1', port: 0 });
    const client = hikvisionClient(device, { clock, events: { push: { listener, secret: SECRET } } });
    const events: HikvisionEvent[] = [];
    client.events((event) => events.push(event));
    await client.connect();
    await until(() => client.state.state === 'connected' && client.state.stream === 'failed', 'the refusal');
    await new Promise<void>((resolve) => {
      request({ port: listener.port, method: 'POST', path: client.pushPath ?? '', agent: false }, (answer) => {
        answer.resume();
        answer.on('end', resolve);
      }).end(plate('AB 1'));
    });
    await until(() => events.length === 1, 'the event');
    expect(client.state).toMatchObject({ state: 'connected', stream: 'open', ways: ['push'] });
  });

  it('the secret of the listener is in no state, counter or error', async () => {
    const { client, listener } = await withPush();
    const shown = JSON.stringify([client, client.state, client.counters, listener.counters]);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(client.pushPath?.slice(-20));
  });
});

describe('a device that floods', () => {
  it('loses its own messages, which are counted and warned about, and nobody else`s', async () => {
    const clock = new FakeClock(START);
    const [flooding, calm] = await Promise.all([
      simulator('camera', { clock, heartbeatMs: 0 }),
      simulator('nvr', { clock, heartbeatMs: 0 }),
    ]);
    const [one, other] = [hikvisionClient(flooding, { clock }), hikvisionClient(calm, { clock })];
    const events: HikvisionEvent[] = [];
    const warnings: string[] = [];
    one.events(() => undefined);
    one.onWarning(({ code }) => warnings.push(code));
    other.events((event) => events.push(event));
    await Promise.all([one.connect(), other.connect()]);
    await until(() => flooding.streams + calm.streams === 2, 'both streams');
    const sent = DEVICE_MESSAGES_BURST + 2_000;
    for (let count = 0; count < sent; count++) {
      flooding.sendEvent({ eventType: 'VMD' });
      if (count % 500 === 0) {
        calm.sendEvent({ eventType: 'ANPR', channel: 1 });
        await turns(1);
      }
    }
    await until(() => one.counters.parts === sent, 'all of it');
    await until(() => events.length === sent / 500, 'the events of the calm one');
    expect(one.counters).toMatchObject({ droppedMessages: 2_000, notices: DEVICE_MESSAGES_BURST });
    expect(other.counters.droppedMessages).toBe(0);
    expect(warnings).toEqual(['FLOOD']);
    // With time it is heard again.
    await clock.advance(1_000);
    for (let count = 0; count < 2_000; count++) flooding.sendEvent({ eventType: 'VMD' });
    await until(() => one.counters.parts === sent + 2_000, 'the second wave');
    expect(one.counters.notices).toBe(DEVICE_MESSAGES_BURST + DEVICE_MESSAGES_PER_SECOND);
  });
});

describe('a camera that is reached directly and behind a recorder', () => {
  async function both(site: Site | undefined) {
    const clock = new FakeClock(START);
    const recorder = await simulator('nvr', { clock, heartbeatMs: 0 });
    const behind = /<serialNumber>([^<]*)<\/serialNumber>/.exec(
      String(recorder.device.document('/ISAPI/ContentMgmt/InputProxy/channels/3')?.body),
    )?.[1];
    const camera = await simulator(
      deviceFromDump({
        responses: {
          '/ISAPI/System/deviceInfo': {
            status: 200,
            body: `<DeviceInfo><model>SIM-IPC-2</model><serialNumber>${behind}</serialNumber></DeviceInfo>`,
          },
        },
      }),
      { clock, heartbeatMs: 0 },
    );
    const events: HikvisionEvent[] = [];
    const clients = [recorder, camera].map((device) =>
      hikvisionClient(device, { clock, ...(site === undefined ? {} : { events: { site } }) }),
    );
    for (const client of clients) {
      client.events((event) => events.push(event));
      await client.connect();
    }
    await until(() => recorder.streams + camera.streams === 2, 'both streams');
    const briefly = () =>
      events.map(({ device, kind, state, channel }) => `${device.model} ${channel} ${kind} ${state}`);
    return { clock, recorder, camera, clients, briefly };
  }

  it('counts once', async () => {
    const { clock, recorder, camera, clients, briefly } = await both(new Site());
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    await turns(5);
    camera.sendEvent({ eventType: 'VMD' });
    await turns(5);
    await clock.advance(STAND_IN_WAIT_MS);
    expect(briefly()).toEqual(['SIM-IPC-2 1 motion start']);
    expect(clients[0]?.counters.duplicates).toBe(1);
  });

  it('what only the recorder tells is told, a little later', async () => {
    const { clock, recorder, briefly } = await both(new Site());
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    recorder.sendEvent({ eventType: 'VMD', channel: 4 });
    await turns(5);
    expect(briefly()).toEqual(['SIM-NVR-8 4 motion start']);
    await clock.advance(STAND_IN_WAIT_MS);
    expect(briefly()).toEqual(['SIM-NVR-8 4 motion start', 'SIM-NVR-8 3 motion start']);
  });

  it('is the recorder`s to tell once the camera is gone', async () => {
    const { recorder, camera, clients, briefly } = await both(new Site());
    camera.setFault('refused');
    camera.dropConnections();
    await until(() => clients[1]?.state.state === 'lost', 'the loss');
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    await until(() => briefly().length === 1, 'the word of the recorder');
    expect(briefly()).toEqual(['SIM-NVR-8 3 motion start']);
  });

  it('counts for each where no site is shared', async () => {
    const { recorder, camera, briefly } = await both(undefined);
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    camera.sendEvent({ eventType: 'VMD' });
    await until(() => briefly().length === 2, 'both words');
  });
});
