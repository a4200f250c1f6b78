import { describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/index';
import { advanceUntil, hikvisionClient } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

/** What a client makes of one round. */
async function round(model: 'axpro' | 'thermal' | 'counter', count: number): Promise<HikvisionEvent[]> {
  const clock = new FakeClock();
  const device = await simulator(model, { clock });
  // What the device tells by itself; what asking for its state adds is tested elsewhere.
  const client = hikvisionClient(device, { clock, events: { ways: ['stream'] } });
  const events: HikvisionEvent[] = [];
  client.events((event) => events.push(event));
  await client.connect();
  await advanceUntil(clock, () => device.streams === 1, 'the stream is open');
  device.playScenario(model);
  await advanceUntil(clock, () => events.length >= count, `${count} events`, { limitMs: 60_000 });
  device.playScenario(null);
  return events;
}

describe('scenarios', () => {
  it('axpro: armed, alarm, over, disarmed', async () => {
    const events = await round('axpro', 4);
    expect(events.map(({ details }) => [details['key'], details['category'], details['zone']])).toEqual([
      ['armStay', 'arm', null],
      ['burglary', 'alarm', 0],
      ['burglary', 'restore', 0],
      ['disarm', 'disarm', null],
    ]);
    expect(events[1]?.details).toMatchObject({ zoneName: 'Front door', partition: 1, partitionName: 'House' });
  });

  it('thermal: one event that starts and ends', async () => {
    const events = await round('thermal', 2);
    expect(events.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['temperature start', 'temperature end']);
    expect(events[0]?.details).toMatchObject({ temperature: 84.5, limit: 80 });
  });

  it('counter: counts that only grow', async () => {
    const events = await round('counter', 4);
    expect(events.map(({ details }) => [details['enter'], details['exit']])).toEqual([
      [1, 0],
      [3, 0],
      [3, 1],
      [4, 3],
    ]);
  });
});
