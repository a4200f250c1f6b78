/** Which ways a client takes to a device, what it asks for, and what it leaves behind. */
import { describe, expect, it } from 'vitest';
import { EVENT_WAYS, type ClientOptions, type EventWay, type HikvisionEvent } from '../../lib/index';
import { MemoryCursors } from '../../lib/events/cursors';
import {
  CONNECT_INTERVAL_MS,
  MERGE_HOLD_MS,
  POLL_UNWANTED_MS,
  STREAM_TAKEN_RETRY_MS,
  SUBSCRIBE_SILENCE_MS,
} from '../../lib/settings';
import { deviceFromDump, type ModelName, type Simulator, type SimulatorOptions } from '../../lib/simulator';
import { AccessLog } from '../../lib/simulator/functions/access-log';
import { AlarmPanel } from '../../lib/simulator/functions/alarm-panel';
import { Intercom } from '../../lib/simulator/functions/intercom';
import { PlateGate } from '../../lib/simulator/functions/plates';
import { Ways } from '../../lib/session/ways';
import { advanceUntil, hikvisionClient, openSockets, turns } from '../support/clients';
import { clientOf, simulator } from '../support/simulators';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';

const START = Date.parse('2024-05-01T12:00:00Z');

interface Wish {
  readonly events?: ClientOptions['events'] | undefined;
  readonly simulated?: Omit<SimulatorOptions, 'device'>;
  readonly kinds?: readonly HikvisionEvent['kind'][] | undefined;
}

async function connected(model: ModelName | SimulatorOptions['device'], { events, simulated, kinds }: Wish = {}) {
  const clock = new FakeClock(START);
  const device = await simulator(model, { clock, heartbeatMs: 0, ...simulated });
  return { ...(await clientAt(device, clock, { events, kinds })), clock, device };
}

async function clientAt(device: Simulator, clock: FakeClock, { events = {}, kinds }: Wish) {
  const client = hikvisionClient(device, { clock, events });
  const seen: HikvisionEvent[] = [];
  const warnings: string[] = [];
  client.onWarning(({ code }) => warnings.push(code));
  client.events((event) => seen.push(event), kinds === undefined ? {} : { kinds });
  await client.connect();
  await turns(5);
  const ways = () => (client.state.state === 'connected' ? client.state.ways : []);
  return { client, seen, warnings, ways };
}

const asked = (device: Simulator, part: string) => device.log.filter(({ path }) => path.includes(part)).length;

function swipe(device: Simulator, card: string): void {
  device.device.part(AccessLog)?.record(device.device, { major: 'event', minor: 1, door: 1, card });
}

const cardsOf = (events: readonly HikvisionEvent[]) => events.map(({ details }) => details['card']);

describe('a camera', () => {
  it('tells by its stream, and what it lacks is asked for once', async () => {
    const { clock, device, client, warnings, ways } = await connected('camera');
    await clock.advance(60_000);
    expect(ways()).toEqual(['alertStream']);
    expect([asked(device, 'callStatus'), asked(device, 'AcsEvent'), asked(device, 'vehicleDetect')]).toEqual([1, 0, 0]);
    expect(warnings).toEqual([]);
    // Also not after a new connection: the firmware is the same.
    device.dropConnections();
    await advanceUntil(clock, () => client.counters.reconnects === 1 && ways().length > 0, 'the next connection');
    await clock.advance(60_000);
    expect(asked(device, 'callStatus')).toBe(1);
  });

  it('is not asked for what nobody wants', async () => {
    const { clock, device } = await connected('camera', { kinds: ['motion'] });
    await clock.advance(60_000);
    expect(asked(device, 'callStatus')).toBe(0);
  });
});

describe('a recorder', () => {
  it('is asked for nothing', async () => {
    const { clock, device, ways } = await connected('nvr');
    await clock.advance(60_000);
    expect(ways()).toEqual(['alertStream']);
    expect(['callStatus', 'AcsEvent', 'vehicleDetect', 'SecurityCP'].map((part) => asked(device, part))).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

describe('a door station', () => {
  it('is always asked for its call, whose end the stream does not tell', async () => {
    const { clock, device, seen, ways } = await connected('doorstation');
    await advanceUntil(clock, () => ways().length === 2, 'the calls', { stepMs: 100 });
    expect(ways()).toEqual(['alertStream', 'calls']);
    device.device.part(Intercom)?.ring(device.device);
    await advanceUntil(clock, () => seen.length > 0, 'the ring', { stepMs: 50, limitMs: 1_000 });
    await advanceUntil(clock, () => asked(device, 'callerInfo') > 0, 'the question who it is', { stepMs: 50 });
    await turns(5);
    device.device.part(Intercom)?.signal(device.device, 'answer');
    await advanceUntil(clock, () => seen.length > 1, 'the answer', { stepMs: 50, limitMs: 1_500 });
    expect(seen.map(({ kind, details }) => [kind, details['call'] ?? 'ringing'])).toEqual([
      ['doorbell', 'ringing'],
      ['doorbell', 'answered'],
    ]);
    expect(asked(device, 'callerInfo')).toBe(1);
  });

  it('with all ways that are wished: only these', async () => {
    for (const way of ['stream', 'poll'] as const) {
      const { clock, device, client, ways } = await connected('doorstation', { events: { ways: [way] } });
      await clock.advance(100);
      await turns(10);
      expect(device.streams).toBe(way === 'stream' ? 1 : 0);
      expect(ways()).toEqual(way === 'stream' ? ['alertStream'] : ['calls', 'access']);
      expect(client.state).toMatchObject({ stream: way === 'stream' ? 'open' : 'partial' });
    }
  });
});

describe('a terminal whose one place is taken', () => {
  async function full(cursors: MemoryCursors, clock = new FakeClock(START)) {
    const device = await simulator('terminal', { clock, heartbeatMs: 0 });
    const other = await clientOf(device).stream();
    return { device, other, clock, ...(await clientAt(device, clock, { events: { cursors } })) };
  }

  it('is asked for its history meanwhile: nothing twice, nothing missed, also after a restart', async () => {
    const cursors = new MemoryCursors();
    const { device, clock, client, seen, ways } = await full(cursors);
    await advanceUntil(clock, () => ways().includes('access'), 'the history', { stepMs: 1_000 });
    expect(client.state).toMatchObject({ state: 'connected', stream: 'partial', ways: ['access'] });
    expect(seen).toEqual([]);
    swipe(device, 'first');
    swipe(device, 'second');
    await advanceUntil(clock, () => seen.length === 2, 'both cards', { stepMs: 1_000 });
    await client.close();
    swipe(device, 'while away');
    const again = await clientAt(device, clock, { events: { cursors } });
    await advanceUntil(clock, () => again.seen.length > 0, 'the missed card', { stepMs: 1_000 });
    swipe(device, 'third');
    await advanceUntil(clock, () => again.seen.length > 1, 'the third card', { stepMs: 1_000 });
    await clock.advance(30_000);
    await turns(10);
    expect([cardsOf(seen), cardsOf(again.seen)]).toEqual([
      ['first', 'second'],
      ['while away', 'third'],
    ]);
    expect(seen[0]).toMatchObject({ kind: 'access', source: 'poll', details: { key: 'cardGranted', granted: true } });
  });

  it('is heard by its stream as soon as there is a place, and each card once', async () => {
    const { device, other, clock, seen, ways } = await full(new MemoryCursors());
    await advanceUntil(clock, () => ways().includes('access'), 'the history', { stepMs: 1_000 });
    swipe(device, 'polled');
    await advanceUntil(clock, () => seen.length === 1, 'the card', { stepMs: 1_000 });
    other.message.destroy();
    await advanceUntil(clock, () => ways().includes('alertStream'), 'the stream', {
      limitMs: 3 * STREAM_TAKEN_RETRY_MS,
    });
    await clock.advance(2 * POLL_UNWANTED_MS);
    await turns(10);
    expect(ways()).toEqual(['alertStream']);
    swipe(device, 'streamed');
    await advanceUntil(clock, () => seen.length === 2, 'the next card', { stepMs: 100 });
    // The place is lost again; what the stream told does not come once more.
    device.dropConnections();
    await until(() => device.streams === 0, 'the end of the stream');
    await clientOf(device).stream();
    await advanceUntil(clock, () => ways().includes('access'), 'the history again', { stepMs: 1_000 });
    swipe(device, 'polled again');
    await advanceUntil(clock, () => seen.length > 2, 'the last card', { stepMs: 1_000 });
    expect(cardsOf(seen)).toEqual(['polled', 'streamed', 'polled again']);
  });
});

describe('a plate camera', () => {
  it('is asked for its plates where nothing else is wished', async () => {
    const { clock, device, seen, ways } = await connected('anpr', { events: { ways: ['poll'] } });
    await advanceUntil(clock, () => ways().includes('plates'), 'the plates', { stepMs: 100 });
    device.device.part(PlateGate)?.car(device.device, 'AB123');
    await advanceUntil(clock, () => seen.length > 0, 'the car', { stepMs: 500, limitMs: 6_000 });
    await clock.advance(30_000);
    expect(seen.map(({ kind, source, details }) => [kind, source, details['plate']])).toEqual([
      ['plate', 'poll', 'AB123'],
    ]);
  });
});

describe('an alarm panel', () => {
  it('is asked slowly, and a change that it tells itself is one event', { timeout: 30_000 }, async () => {
    const { clock, device, seen, ways } = await connected('axpro');
    await advanceUntil(clock, () => ways().includes('panel'), 'the panel', { stepMs: 100 });
    const panel = device.device.part(AlarmPanel);
    panel?.setZone(device.device, 1, false);
    await advanceUntil(clock, () => seen.length === 1, 'the window', { limitMs: 40_000 });
    panel?.arm(device.device, [1], 'stay');
    await clock.advance(MERGE_HOLD_MS);
    await turns(10);
    await clock.advance(10_000);
    panel?.setZone(device.device, 0, true);
    await advanceUntil(clock, () => seen.length >= 4, 'the alarm', { limitMs: 20_000 });
    await clock.advance(40_000);
    await turns(10);
    const told = seen.map(({ details }) => `${String(details['key'])} ${String(details['zone'])}`);
    expect([...told].sort()).toEqual(['armStay null', 'burglary 0', 'open 0', 'open 1']);
    const before = asked(device, 'status/zones');
    await clock.advance(600_000);
    await turns(10);
    expect(asked(device, 'status/zones') - before).toBeLessThanOrEqual(600 / 15);
  });
});

describe('a device with subscribeEvent', () => {
  it('tells only the wanted kinds, with its own heartbeat', async () => {
    const simulated = { subscribeEvent: true };
    const { clock, device, client, seen, ways, warnings } = await connected('camera', { simulated, kinds: ['motion'] });
    expect([ways(), device.streams]).toEqual([['subscribeEvent'], 1]);
    device.sendEvent({ eventType: 'linedetection', regions: [] });
    device.sendEvent({ eventType: 'VMD' });
    await advanceUntil(clock, () => seen.length > 0, 'motion', { stepMs: 50 });
    expect(seen.map(({ kind }) => kind)).toEqual(['motion']);
    expect(client.counters).toMatchObject({ notices: 1, badParts: 0 });
    for (let minute = 0; minute < 20; minute++) {
      await clock.advance(15_000);
      await turns(3);
    }
    expect(client.counters.heartbeats).toBeGreaterThan(5);
    expect([client.counters.reconnects, ways(), warnings]).toEqual([0, ['subscribeEvent'], []]);
  });

  it('is subscribed anew when more is wanted', async () => {
    const { clock, device, client, ways } = await connected('camera', {
      simulated: { subscribeEvent: true },
      kinds: ['motion'],
    });
    const lines: HikvisionEvent[] = [];
    client.events((event) => lines.push(event), { kinds: ['lineCrossing'] });
    await until(() => asked(device, 'subscribeEvent') === 3 && device.streams === 1, 'the next subscription');
    await turns(10);
    device.sendEvent({ eventType: 'linedetection', regions: [] });
    await advanceUntil(clock, () => lines.length > 0, 'the line', { stepMs: 50 });
    expect([ways(), client.counters.reconnects]).toEqual([['subscribeEvent'], 0]);
  });

  it('is lost when its heartbeat stays away', async () => {
    const { clock, device, client } = await connected('camera', { simulated: { subscribeEvent: true } });
    device.setFault('silent-stream');
    await advanceUntil(clock, () => client.state.state === 'lost', 'the loss', { stepMs: 5_000 });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(SUBSCRIBE_SILENCE_MS);
    expect(clock.monotonic()).toBeLessThan(SUBSCRIBE_SILENCE_MS + 30_000);
  });

  it('that refuses all the same is heard by its alertStream, and not asked again', async () => {
    const cap = `<SubscribeEventCap><eventMode opt="all,list"/></SubscribeEventCap>`;
    const says = '<DeviceCap><SysCap><isSupportSubscribeEvent>true</isSupportSubscribeEvent></SysCap></DeviceCap>';
    const info = '<DeviceInfo><model>M</model><serialNumber>S</serialNumber><deviceType>NVR</deviceType></DeviceInfo>';
    const { clock, device, client, ways } = await connected(
      deviceFromDump({
        responses: {
          '/ISAPI/System/deviceInfo': { status: 200, body: info },
          '/ISAPI/System/capabilities': { status: 200, body: says },
          '/ISAPI/Event/notification/subscribeEventCap': { status: 200, body: cap },
        },
      }),
    );
    expect(ways()).toEqual(['alertStream']);
    device.dropConnections();
    await advanceUntil(clock, () => client.counters.reconnects === 1 && ways().length > 0, 'the next connection');
    expect(asked(device, 'notification/subscribeEvent')).toBe(2);
  });

  it('is heard all the same while it is too busy to say that it has it', async () => {
    const info = '<DeviceInfo><model>M</model><serialNumber>S</serialNumber><deviceType>NVR</deviceType></DeviceInfo>';
    const { ways } = await connected(
      deviceFromDump({
        responses: {
          '/ISAPI/System/deviceInfo': { status: 200, body: info },
          '/ISAPI/System/capabilities': { status: 503, body: '' },
        },
      }),
    );
    expect(ways()).toEqual(['alertStream']);
  });

  it('is not asked where the user wants the alertStream', async () => {
    const { device, ways } = await connected('camera', {
      simulated: { subscribeEvent: true },
      events: { ways: ['stream'] },
    });
    expect([ways(), asked(device, 'subscribeEvent')]).toEqual([['alertStream'], 0]);
  });

  it('a terminal has one place for both', async () => {
    const { device } = await connected('terminal', { simulated: { subscribeEvent: true } });
    expect(device.streams).toBe(1);
    const reply = await clientOf(device).call(
      'POST',
      '/ISAPI/Event/notification/subscribeEvent',
      '<SubscribeEvent><heartbeat>30</heartbeat><eventMode>all</eventMode></SubscribeEvent>',
    );
    expect(reply.text).toContain('deployExceedMax');
  });
});

describe('ways', () => {
  it('are all allowed by auto, and only the named ones else', () => {
    const auto = new Ways();
    expect(EVENT_WAYS.filter((way) => auto.allows(way))).toEqual(EVENT_WAYS);
    for (const way of EVENT_WAYS) {
      const only = new Ways([way]);
      expect(EVENT_WAYS.filter((each) => only.allows(each))).toEqual([way]);
      expect(only.hasLine).toBe(!(['push', 'poll'] as EventWay[]).includes(way));
    }
  });
});

describe('a client that comes and goes', () => {
  it('leaves nothing behind after 200 connections', { timeout: 60_000 }, async () => {
    const clock = new FakeClock(START);
    const device = await simulator('doorstation', { clock, heartbeatMs: 0, subscribeEvent: true });
    const client = hikvisionClient(device, { clock, events: { ways: ['subscribe', 'poll'] } });
    client.events(() => undefined);
    const sockets: number[] = [];
    let pending = 0;
    for (let count = 0; count < 200; count++) {
      await client.connect();
      await turns(1);
      await client.disconnect();
      await clock.advance(CONNECT_INTERVAL_MS);
      if (count === 20) {
        await turns(5);
        pending = clock.pending;
      }
      if (count % 50 === 49) sockets.push(openSockets());
    }
    await turns(10);
    expect(Math.max(...sockets)).toBeLessThan(20);
    expect(clock.pending).toBeLessThanOrEqual(pending + 5);
    await client.close();
    await device.close();
    await turns(10);
    expect(clock.pending).toBe(0);
    expect(openSockets()).toBe(0);
  });
});
