import { describe, expect, it } from 'vitest';
import { AuthenticationError, ConnectionLostError, UnsupportedError } from '../../lib/errors';
import type { EventKind } from '../../lib/events/kinds';
import type { Notice } from '../../lib/events/event';
import { toldNotice } from '../../lib/events/told';
import { Companions } from '../../lib/session/companions';
import { EventPump } from '../../lib/session/event-pump';
import { Poller, type Poll } from '../../lib/session/poller';
import { POLL_FAILED_MAX_MS, POLL_UNWANTED_MS } from '../../lib/settings';
import { FakeClock, settle } from '../support/fake-clock';

const INTERVAL_MS = 1_000;

function polling(
  answer: (round: number) => readonly Notice[] | Error | Promise<readonly Notice[]>,
  wanted?: EventKind[],
) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const pump = new EventPump({
    clock,
    device: () => ({ name: 'door', host: 'door', serial: null, model: null }),
    warn: ({ code }) => void warnings.push(code),
  });
  const events: string[] = [];
  const unsubscribe = pump.subscribe(
    ({ kind, source }) => void events.push(`${source} ${kind}`),
    wanted === undefined ? {} : { kinds: wanted },
  );
  let rounds = 0;
  let underWay = 0;
  let peak = 0;
  const poll: Poll = {
    name: 'calls',
    kinds: new Set(['doorbell']),
    lateMs: 0,
    ask: async (call) => {
      await call('event.callStatus');
      const told = answer(rounds++);
      if (told instanceof Error) throw told;
      return { notices: await told, nextMs: INTERVAL_MS };
    },
  };
  const poller = new Poller(poll, {
    clock,
    inlet: pump.inlet('poll', { tells: poll.kinds }),
    call: async () => {
      peak = Math.max(peak, ++underWay);
      await settle(1);
      underWay--;
    },
    wantedKinds: () => pump.wantedKinds,
  });
  const failures: Error[] = [];
  const companions = new Companions(
    [poller],
    () => undefined,
    (error) => failures.push(error),
    ({ code }) => warnings.push(code),
  );
  return {
    clock,
    pump,
    events,
    warnings,
    failures,
    companions,
    unsubscribe,
    rounds: () => rounds,
    peak: () => peak,
  };
}

const ring = toldNotice({ kind: 'doorbell', eventType: 'callStatus', details: { call: 'ringing' } });

describe('polling', () => {
  it('asks one question at a time and tells what it finds', async () => {
    const { clock, events, rounds, peak, companions } = polling((round) => (round === 2 ? [ring] : []));
    await clock.advance(5 * INTERVAL_MS + 10);
    expect(events).toEqual(['poll doorbell']);
    expect([rounds(), peak()]).toEqual([6, 1]);
    expect(companions.names).toEqual(['calls']);
    await companions.stop();
    expect(clock.pending).toBe(0);
  });

  it('asks nothing while nobody wants the answer', async () => {
    const { clock, pump, rounds, companions } = polling(() => [], ['motion']);
    await clock.advance(10 * INTERVAL_MS);
    expect([rounds(), companions.names]).toEqual([0, []]);
    pump.subscribe(() => undefined, { kinds: ['doorbell'] });
    await clock.advance(POLL_UNWANTED_MS);
    expect(rounds()).toBeGreaterThan(0);
    await companions.stop();
  });

  it('a device that has it not is not asked again', async () => {
    const { clock, rounds, warnings, failures, companions } = polling(() => new UnsupportedError('404'));
    await clock.advance(60 * INTERVAL_MS);
    expect([rounds(), warnings, failures, companions.names]).toEqual([1, ['WAY_REFUSED'], [], []]);
    expect(clock.pending).toBe(0);
  });

  it('waits longer and longer while it fails, and is well again afterwards', async () => {
    const { clock, rounds, companions, failures } = polling((round) =>
      round < 8 ? new ConnectionLostError('gone') : [],
    );
    await clock.advance(100);
    expect([rounds(), companions.names]).toEqual([1, []]);
    await clock.advance(3_000);
    expect(rounds()).toBe(3);
    await clock.advance(8 * POLL_FAILED_MAX_MS);
    expect(companions.names).toEqual(['calls']);
    expect(failures).toEqual([]);
    await companions.stop();
  });

  it('a refused password ends the connection', async () => {
    const { clock, rounds, failures } = polling(() => new AuthenticationError('no'));
    await clock.advance(60 * INTERVAL_MS);
    expect([rounds(), failures.map(({ name }) => name)]).toEqual([1, ['AuthenticationError']]);
  });

  it('an answer that comes after the end is left out', async () => {
    let give: (notices: readonly Notice[]) => void = () => undefined;
    const { clock, events, companions } = polling(() => new Promise((resolve) => (give = resolve)));
    await clock.advance(10);
    const stopped = companions.stop();
    give([ring]);
    await stopped;
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
