/** Somebody rings at a simulated door station; everything goes through real sockets and the real clock. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import type { ClientOptions, EventWay, HikvisionEvent } from '../../lib/index';
import type { Simulator } from '../../lib/simulator';
import { Intercom } from '../../lib/simulator/functions/intercom';
import { PushListener } from '../../lib/transport/push-listener';
import { hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { simulator } from '../support/simulators';

const HOST = { username: 'door', password: 'planted-secret' };
const WITHIN_MS = 1_000;

const listeners: PushListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function door(ways: 'auto' | readonly EventWay[], expected: readonly string[]) {
  const device = await simulator('doorstation');
  const listener = new PushListener({ clock: systemClock, digest: HOST });
  listeners.push(listener);
  await listener.listen({ host: '127.0.0.1', port: 0 });
  const events: ClientOptions['events'] = { ways, push: { listener, secret: 'planted-secret of the listener' } };
  const client = hikvisionClient(device, { events });
  const seen: { event: HikvisionEvent; atMs: number }[] = [];
  client.events((event) => seen.push({ event, atMs: performance.now() }));
  await client.connect();
  // Door stations forget the path, so it proves itself by name and password.
  await client.event.setPushHost({ address: '127.0.0.1', port: listener.port, url: '/', ...HOST });
  const waysOf = () => (client.state.state === 'connected' ? client.state.ways : []);
  await until(() => expected.every((way) => waysOf().includes(way)), 'the ways');
  return { device, client, seen, waysOf };
}

function ring(device: Simulator): number {
  const atMs = performance.now();
  device.device.part(Intercom)?.ring(device.device);
  return atMs;
}

const ALONE: readonly (readonly [EventWay, readonly string[], string])[] = [
  ['stream', ['alertStream'], 'isapi'],
  ['push', [], 'push'],
  ['poll', ['calls', 'access'], 'poll'],
];

describe('a ring', () => {
  for (const [way, names, source] of ALONE) {
    it(`is seen within a second by ${way} alone`, { timeout: 30_000 }, async () => {
      const { device, seen, waysOf } = await door([way], names);
      const took: number[] = [];
      // At several moments between two questions.
      for (const waitMs of [0, 130, 290, 450]) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        seen.length = 0;
        const atMs = ring(device);
        await until(() => seen.some(({ event }) => event.kind === 'doorbell'), 'the ring');
        const first = seen.find(({ event }) => event.kind === 'doorbell');
        expect(first?.event).toMatchObject({ source, kind: 'doorbell', state: 'once', stale: false });
        took.push((first?.atMs ?? Infinity) - atMs);
        device.device.part(Intercom)?.signal(device.device, 'cancel');
        if (way === 'poll') await until(() => seen.some(({ event }) => event.details['call'] === 'missed'), 'the end');
      }
      expect(Math.max(...took)).toBeLessThan(WITHIN_MS);
      expect(waysOf()).toEqual(names.length === 0 ? ['push'] : names);
    });
  }

  it('is one event with all of them together, with the picture of the stream', { timeout: 30_000 }, async () => {
    const { device, client, seen, waysOf } = await door('auto', ['alertStream', 'calls']);
    for (let count = 1; count <= 4; count++) {
      const atMs = ring(device);
      await until(() => seen.length >= 1, 'the ring');
      expect((seen[0]?.atMs ?? Infinity) - atMs).toBeLessThan(WITHIN_MS);
      // All three have told it.
      await until(() => client.counters.duplicates >= 2 * count, 'the words of the others');
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(seen.map(({ event }) => event.kind)).toEqual(['doorbell']);
      expect(seen[0]?.event.pictures).toHaveLength(1);
      seen.length = 0;
      device.device.part(Intercom)?.signal(device.device, 'cancel');
      await until(() => seen.some(({ event }) => event.details['call'] === 'missed'), 'the end');
      seen.length = 0;
      // The next ring is another one.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect([...waysOf()].sort()).toEqual(['alertStream', 'calls', 'push']);
    expect(device.pushes.dropped).toBe(0);
  });
});
