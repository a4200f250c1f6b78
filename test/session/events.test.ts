import { describe, expect, it } from 'vitest';
import type { HikvisionClient, HikvisionEvent, Warning } from '../../lib/index';
import type { ClientOptions } from '../../lib/client';
import {
  builtInDevice,
  deviceFromDump,
  FAULT_NAMES,
  type SimulatedDevice,
  type SimulatorOptions,
} from '../../lib/simulator';
import { EVENT_END_AFTER_MS, WARNING_INTERVAL_MS } from '../../lib/settings';
import { advanceUntil, hikvisionClient, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

const START = Date.parse('2024-05-01T12:00:00Z');
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

async function listening(
  model: 'camera' | 'nvr' | 'doorstation' | SimulatedDevice = 'camera',
  options: Omit<SimulatorOptions, 'device' | 'clock'> = {},
  clientOptions: Partial<ClientOptions> = {},
) {
  const clock = new FakeClock(START);
  const device = await simulator(model, { clock, heartbeatMs: 0, ...options });
  const client = hikvisionClient(device, { clock, ...clientOptions });
  const { events, warnings } = subscribed(client);
  await client.connect();
  await until(() => device.streams === 1, 'the stream');
  const sent = async (count: number) => {
    await until(() => events.length >= count, `event ${count}; there are ${events.length}`);
    await turns(3);
    expect(events).toHaveLength(count);
    return events.at(-1) as HikvisionEvent;
  };
  return { clock, device, client, events, warnings, sent };
}

function subscribed(client: HikvisionClient) {
  const events: HikvisionEvent[] = [];
  const warnings: Warning[] = [];
  client.events((event) => events.push(event));
  client.onWarning((warning) => warnings.push(warning));
  return { events, warnings };
}

const briefly = (events: readonly HikvisionEvent[]) =>
  events.map(({ kind, state, channel, inferred }) => `${kind} ${state} ${channel}${inferred ? ' inferred' : ''}`);

describe('events', () => {
  it('come as edges, with who sent them', async () => {
    const { device, sent, events } = await listening();
    device.sendEvent({ eventType: 'VMD', target: 'human' });
    const start = await sent(1);
    expect(start).toMatchObject({
      kind: 'motion',
      eventType: 'VMD',
      state: 'start',
      active: true,
      channel: 1,
      target: 'human',
      stale: false,
      source: 'isapi',
      receivedAt: '2024-05-01T12:00:00.000Z',
      device: { host: '127.0.0.1', serial: device.device.identity.serial, model: device.device.identity.model },
    });
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    const end = await sent(2);
    expect(end).toMatchObject({ state: 'end', active: false, count: 2, inferred: false });
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it('a device name that the user chose goes before its own', async () => {
    const { device, sent } = await listening('camera', {}, { name: 'Front door' });
    device.sendEvent({ eventType: 'VMD' });
    expect((await sent(1)).device.name).toBe('Front door');
  });

  it('end by silence, just after ten seconds without a repeat', async () => {
    const { device, clock, sent, events } = await listening('nvr');
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    await sent(1);
    await clock.advance(EVENT_END_AFTER_MS);
    expect(events).toHaveLength(1);
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    await turns(5);
    await clock.advance(EVENT_END_AFTER_MS);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(briefly(events)).toEqual(['motion start 3', 'motion end 3 inferred']);
  });

  it('each subscriber has its own silence', async () => {
    const { device, clock, client, sent, events } = await listening('nvr');
    const patient: HikvisionEvent[] = [];
    client.events((event) => patient.push(event), { endAfterMs: 60_000 });
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    await sent(1);
    await clock.advance(30_000);
    expect([events.length, patient.length]).toEqual([2, 1]);
    await clock.advance(31_000);
    expect([events.length, patient.length]).toEqual([2, 2]);
  });

  it('no end is invented when the stream is lost; the event goes on behind it', async () => {
    const { device, clock, sent, events } = await listening('nvr');
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    await sent(1);
    device.dropConnections();
    device.setFault('refused');
    await turns(5);
    await clock.advance(30_000);
    expect(events).toHaveLength(1);
    device.setFault(null);
    await advanceUntil(clock, () => device.streams === 1, 'the stream is back');
    await turns(5);
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    await turns(5);
    expect(events).toHaveLength(1);
    await clock.advance(EVENT_END_AFTER_MS + 1);
    expect(briefly(events)).toEqual(['motion start 3', 'motion end 3 inferred']);
    expect(events[1]?.count).toBe(2);
  });

  it('nobody has a name for travel as unknown, with the name of the device', async () => {
    const { device, sent } = await listening();
    device.sendEvent({ eventType: 'flyingSaucer', channel: null });
    expect(await sent(1)).toMatchObject({ kind: 'unknown', eventType: 'flyingSaucer', channel: null, state: 'start' });
  });

  it('a JSON document, an XML document, and raw bytes with a foreign boundary', async () => {
    const { device, sent } = await listening();
    device.sendEvent(
      JSON.stringify({ eventType: 'VMD', eventState: 'active', channelID: 2, dateTime: '2024-05-01T12:00:00Z' }),
    );
    expect(await sent(1)).toMatchObject({ kind: 'motion', channel: 2 });
    device.sendEvent(
      Buffer.from(
        '--other\n\n<EventNotificationAlert><channelID>4</channelID><eventType>VMD</eventType>' +
          '<eventState>active</eventState></EventNotificationAlert>\n',
      ),
    );
    expect(await sent(2)).toMatchObject({ kind: 'motion', channel: 4, time: null });
  });

  it('channels above 32 are understood by the list of channels, whoever subscribes when', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('nvr', { clock, heartbeatMs: 0 });
    const client = hikvisionClient(device, { clock });
    await client.connect();
    const { events } = subscribed(client);
    await until(() => device.streams === 1, 'the stream');
    const asked = device.log.filter(({ path }) => path.endsWith('/InputProxy/channels'));
    expect(asked.length).toBeGreaterThan(0);
    device.sendEvent(
      '<EventNotificationAlert><channelID>34</channelID><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>',
    );
    await until(() => events.length === 1, 'the event');
    expect(events[0]?.channel).toBe(2);
  });

  it('scenarios of all three devices play through', async () => {
    for (const model of ['camera', 'nvr', 'doorstation'] as const) {
      const { device, clock, events, warnings } = await listening(model);
      device.playScenario(model);
      await advanceUntil(clock, () => clock.monotonic() >= 58_000, 'the round', { stepMs: 1_000 });
      device.playScenario(null);
      const kinds = new Set(briefly(events));
      if (model === 'camera') {
        for (const edge of ['motion start 1', 'motion end 1', 'lineCrossing start 1', 'lineCrossing end 1'])
          expect(kinds).toContain(edge);
      } else if (model === 'nvr') {
        for (const channel of [1, 3, 5]) {
          expect(kinds).toContain(`motion start ${channel}`);
          expect(kinds).toContain(`motion end ${channel} inferred`);
        }
        expect(kinds).toContain('lineCrossing start 2');
        expect(kinds).toContain('videoLoss start 8');
      } else {
        const bell = events.find(({ kind }) => kind === 'doorbell');
        expect(bell).toMatchObject({ state: 'once', stale: false });
        expect(bell?.pictures).toHaveLength(1);
        expect(bell?.pictures[0]?.data.subarray(0, 2).toString('hex')).toBe('ffd8');
      }
      expect(warnings).toEqual([]);
    }
  });
});

describe('pictures', () => {
  it('travel with their event, and never with the next one', async () => {
    const { device, sent } = await listening();
    device.sendEvent({
      eventType: 'linedetection',
      pictures: [
        { data: JPEG, name: 'a.jpg' },
        { data: JPEG, name: 'b.jpg' },
      ],
    });
    const event = await sent(1);
    expect(event.pictures.map(({ name, contentType, data }) => [name, contentType, data.equals(JPEG)])).toEqual([
      ['a.jpg', 'image/jpeg', true],
      ['b.jpg', 'image/jpeg', true],
    ]);
    device.sendEvent({ eventType: 'VMD' });
    expect((await sent(2)).pictures).toEqual([]);
  });

  it('an event whose pictures never come is handed over without them', async () => {
    const { device, clock, sent, events } = await listening();
    device.sendEvent(
      '<EventNotificationAlert><channelID>1</channelID><eventType>linedetection</eventType><eventState>active</eventState>' +
        '<detectionPictureTransType>binary</detectionPictureTransType><detectionPicturesNumber>2</detectionPicturesNumber></EventNotificationAlert>',
    );
    await turns(5);
    expect(events).toEqual([]);
    await clock.advance(3_001);
    expect((await sent(1)).pictures).toEqual([]);
  });

  it('a picture that belongs to nothing is counted and told', async () => {
    const { device, client, warnings } = await listening();
    device.sendEvent(
      Buffer.concat([
        Buffer.from(`--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: ${JPEG.length}\r\n\r\n`),
        JPEG,
        Buffer.from('\r\n'),
      ]),
    );
    await until(() => client.counters.orphanPictures === 1, 'the orphan');
    expect(warnings.map(({ code }) => code)).toEqual(['ORPHAN_PICTURE']);
  });
});

describe('subscribers', () => {
  it('share one stream, which ends with the last of them', async () => {
    const { device, client, events, sent } = await listening();
    const others = Array.from({ length: 4 }, () => {
      const mine: HikvisionEvent[] = [];
      return { mine, subscription: client.events((event) => mine.push(event)) };
    });
    await turns(5);
    expect(device.streams).toBe(1);
    device.sendEvent({ eventType: 'VMD' });
    await sent(1);
    for (const { mine } of others) expect(mine.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    for (const { subscription } of others) subscription.close();
    await turns(5);
    expect(device.streams).toBe(1);
  });

  it('the last one closes the stream, the next one opens it again', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('camera', { clock });
    const client = hikvisionClient(device, { clock });
    await client.connect();
    expect(device.streams).toBe(0);
    for (let round = 0; round < 3; round++) {
      const subscription = client.events(() => undefined);
      await until(() => device.streams === 1, 'the stream');
      await until(() => client.state.state === 'connected' && client.state.stream === 'open', 'open');
      subscription.close();
      subscription.close();
      await until(() => device.streams === 0, 'no stream');
      await until(() => client.state.state === 'connected' && client.state.stream === 'off', 'off');
    }
    expect(client.counters.reconnects).toBe(0);
  });

  it('one that leaves while the stream is being opened leaves no stream behind', async () => {
    const clock = new FakeClock(START);
    const device = await simulator('camera', { clock });
    const client = hikvisionClient(device, { clock });
    await client.connect();
    const subscription = client.events(() => undefined);
    await until(() => device.log.some(({ path }) => path.includes('InputProxy')), 'the stream is about to be opened');
    subscription.close();
    await turns(10);
    expect(device.streams).toBe(0);
    expect(client.state).toMatchObject({ state: 'connected', stream: 'off' });
  });

  it('one that throws, whatever it throws, does not stop the others', async () => {
    const { device, client, sent, events, clock, warnings } = await listening('nvr');
    for (const thrown of [new Error('broken'), 'text', null, undefined, { message: 1 }]) {
      client.events(() => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- subscribers are not ours
        throw thrown;
      });
    }
    device.sendEvent({ eventType: 'VMD', channel: 1 });
    await sent(1);
    await clock.advance(EVENT_END_AFTER_MS + 1);
    expect(events).toHaveLength(2);
    expect(warnings.map(({ code }) => code)).toEqual(['SUBSCRIBER_FAILED']);
    expect(client.state.state).toBe('connected');
  });

  it('one that unsubscribes, subscribes, or closes the client from within', async () => {
    const { device, client } = await listening();
    const mine: string[] = [];
    const subscription = client.events(({ state }) => {
      mine.push(state);
      subscription.close();
      client.events(() => undefined);
    });
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    await until(() => client.counters.notices === 2, 'both');
    expect(mine).toEqual(['start']);
    let closing: Promise<void> | null = null;
    client.events(() => void (closing = client.close()));
    device.sendEvent({ eventType: 'linedetection' });
    await until(() => closing !== null, 'closing');
    await Promise.resolve(closing);
    expect(client.state.state).toBe('closed');
  });
});

describe('what a device replays', () => {
  const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');

  it.each([
    ['right', 0],
    ['in 1970', Date.parse('1970-02-22T08:21:26Z') - START],
    ['a year ahead', 365 * 86_400_000],
  ])('is stale by the clock of the device, which is %s', async (_name, offsetMs) => {
    const clock = new FakeClock(START);
    const own = builtInDevice('camera');
    Object.assign(own, { clockOffsetMs: offsetMs });
    const device = await simulator(own, { clock, heartbeatMs: 0 });
    const client = hikvisionClient(device, { clock });
    const { events } = subscribed(client);
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    const now = START + offsetMs;
    for (const [channel, age] of [
      [1, 3_600_000],
      [2, 31_000],
      [3, 29_000],
      [4, 0],
    ] as const)
      device.sendEvent({ eventType: 'VMD', channel, time: at(now - age) });
    const starts = () => events.filter(({ state }) => state === 'start');
    await until(() => starts().length === 4, 'the events');
    expect(starts().map(({ stale }) => stale)).toEqual([true, true, false, false]);
  });

  it('is stale by the order of receipt, where the clock could not be measured', async () => {
    const clock = new FakeClock(START);
    const dump = deviceFromDump({
      meta: {},
      responses: {
        '/ISAPI/System/deviceInfo': {
          status: 200,
          contentType: 'application/xml',
          body: '<DeviceInfo><model>M</model><serialNumber>S1</serialNumber></DeviceInfo>',
        },
      },
    });
    const device = await simulator(dump, { clock, heartbeatMs: 0 });
    const client = hikvisionClient(device, { clock });
    const { events } = subscribed(client);
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    const then = Date.parse('2004-01-01T00:00:00Z');
    device.sendEvent({ eventType: 'VMD', channel: 1, time: at(then) });
    device.sendEvent({ eventType: 'VMD', channel: 2, time: at(then - 60_000) });
    device.sendEvent({ eventType: 'VMD', channel: 3, time: at(then + 1_000) });
    const starts = () => events.filter(({ state }) => state === 'start');
    await until(() => starts().length === 3, 'the events');
    expect(starts().map(({ stale }) => stale)).toEqual([false, true, false]);
  });

  it('does not touch what is live', async () => {
    const { device, sent, events, clock } = await listening('nvr');
    device.sendEvent({ eventType: 'VMD', channel: 1 });
    await sent(1);
    device.sendEvent({ eventType: 'VMD', channel: 1, eventState: 'inactive', time: at(clock.now() - 3_600_000) });
    await turns(5);
    expect(events).toHaveLength(1);
  });
});

describe('faults of the stream', () => {
  it('garbage before each part: every event arrives, one warning a minute tells how many', async () => {
    const { device, clock, client, sent, warnings } = await listening();
    device.setFault('garbage-part');
    for (let i = 1; i <= 6; i++) device.sendEvent({ eventType: 'VMD', channel: i });
    await sent(6);
    expect(client.counters.badParts + client.counters.skippedBytes).toBeGreaterThanOrEqual(6);
    const codes = warnings.map(({ code }) => code);
    expect(codes.length).toBe(new Set(codes).size);
    await advanceUntil(clock, () => clock.monotonic() >= WARNING_INTERVAL_MS, 'a minute', { stepMs: 5_000 });
    device.sendEvent({ eventType: 'linedetection' });
    await until(() => warnings.length > codes.length, 'the next warning');
    expect(warnings.at(-1)?.message).toMatch(/and \d+ more like it/);
  });

  it('a wrong Content-Length costs no event', async () => {
    const { device, sent } = await listening();
    device.setFault('wrong-content-length');
    for (let i = 1; i <= 6; i++) {
      device.sendEvent({ eventType: 'VMD', channel: i });
      await turns(2);
    }
    device.sendEvent({ eventType: 'VMD', channel: 7 });
    await sent(7);
  });

  it('documents that are none are told with their first bytes', async () => {
    const { device, client, warnings, sent } = await listening();
    device.sendEvent('<EventNotificationAlert><eventType>VM');
    device.sendEvent('{"eventType": ');
    device.sendEvent({ eventType: 'VMD' });
    await sent(1);
    expect(client.counters.badParts).toBeGreaterThanOrEqual(1);
    expect(warnings.length).toBeGreaterThanOrEqual(1);
  });

  it.each(FAULT_NAMES)('%s comes and goes: events arrive again', async (fault) => {
    const { device, clock, events, client } = await listening('camera', { heartbeatMs: 10_000 });
    device.setFault(fault);
    await advanceUntil(clock, () => clock.monotonic() >= 90_000, 'a minute and a half', { stepMs: 2_500 });
    device.setFault(null);
    client.connect({ retry: true }).catch(() => undefined);
    await advanceUntil(clock, () => client.state.state === 'connected' && device.streams === 1, 'back', {
      stepMs: 1_000,
    });
    await turns(5);
    device.sendEvent({ eventType: 'linedetection' });
    await until(() => events.some(({ kind }) => kind === 'lineCrossing'), 'the event');
    expect(device.authFailures).toBe(0);
  });
});
