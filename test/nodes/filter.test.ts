import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/index';
import { EventFilter, filterSettings, type FilterFields } from '../../nodes/shared/filter';
import { event, region } from '../support/events';
import { FakeClock } from '../support/fake-clock';

let clock: FakeClock;
let passed: HikvisionEvent[];

beforeEach(() => {
  clock = new FakeClock();
  passed = [];
});

function filter(fields: FilterFields = {}): EventFilter {
  const result = filterSettings(fields);
  if ('problems' in result) throw new Error(`problems: ${result.problems.join()}`);
  return new EventFilter(result.settings, clock, (each) => passed.push(each));
}

const summary = () => passed.map(({ kind, state, channel }) => `${kind} ${channel ?? 'device'} ${state}`);

describe('filters', () => {
  it('pass everything when nothing is filled in', () => {
    const all = filter();
    all.push(event());
    all.push(event({ state: 'end' }));
    all.push(event({ kind: 'doorbell', state: 'once', channel: null }));
    expect(summary()).toEqual(['motion 1 start', 'motion 1 end', 'doorbell device once']);
  });

  it('choose kinds', () => {
    const some = filter({ kinds: ['lineCrossing', 'plate'] });
    some.push(event());
    some.push(event({ kind: 'lineCrossing' }));
    some.push(event({ kind: 'plate', state: 'once' }));
    expect(summary()).toEqual(['lineCrossing 1 start', 'plate 1 once']);
  });

  it('choose channels, ranges of them, and the device itself', () => {
    const some = filter({ channels: '1, 3-5; device' });
    for (const channel of [1, 2, 3, 5, 6, null]) some.push(event({ channel }));
    expect(passed.map(({ channel }) => channel)).toEqual([1, 3, 5, null]);
  });

  it('leave the device itself out when only numbers are named', () => {
    const some = filter({ channels: '1-64' });
    some.push(event({ channel: null }));
    expect(passed).toEqual([]);
  });

  it('choose targets, of the event or of a region, in any case', () => {
    const some = filter({ targets: 'Human, vehicle' });
    some.push(event({ target: 'human', channel: 1 }));
    some.push(event({ target: null, channel: 2 }));
    some.push(event({ target: null, regions: [region(1, 'Vehicle')], channel: 3 }));
    some.push(event({ target: 'others', channel: 4 }));
    expect(passed.map(({ channel }) => channel)).toEqual([1, 3]);
  });

  it('choose regions', () => {
    const some = filter({ regions: '2, 4' });
    some.push(event({ regions: [region(1)] }));
    some.push(event({ regions: [region(2)] }));
    some.push(event({ regions: [] }));
    some.push(event({ regions: [region(null)] }));
    expect(passed.map(({ regions }) => regions[0]?.id)).toEqual([2]);
  });

  it('choose edges', () => {
    const ends = filter({ states: ['end'] });
    ends.push(event());
    ends.push(event({ state: 'end' }));
    ends.push(event({ kind: 'plate', state: 'once' }));
    expect(summary()).toEqual(['motion 1 end']);
  });

  it('leave late events out only when asked to', () => {
    filter().push(event({ stale: true }));
    filter({ stale: false }).push(event({ stale: true, channel: 2 }));
    expect(passed.map(({ channel }) => channel)).toEqual([1]);
  });

  it('let an end through exactly when its start was, whatever the end itself says', () => {
    const humans = filter({ targets: 'human' });
    humans.push(event({ target: 'human', regions: [region(1)] }));
    humans.push(event({ target: 'vehicle', channel: 2 }));
    humans.push(event({ state: 'end', target: null }));
    humans.push(event({ state: 'end', target: 'human', channel: 2 }));
    humans.push(event({ state: 'end', target: 'human', channel: 3 }));
    expect(summary()).toEqual(['motion 1 start', 'motion 1 end']);
  });

  it('do not take the end of a region that was left out for that of one that passed', () => {
    const some = filter({ regions: '1' });
    some.push(event({ regions: [region(1)] }));
    some.push(event({ regions: [region(2)] }));
    some.push(event({ regions: [region(2)], state: 'end' }));
    expect(passed.map(({ state }) => state)).toEqual(['start']);
    some.push(event({ regions: [region(1)], state: 'end' }));
    expect(passed.map(({ state, regions }) => [state, regions[0]?.id])).toEqual([
      ['start', 1],
      ['end', 1],
    ]);
  });

  it('do not take the end of a replayed event that was left out for that of a live one', () => {
    const some = filter({ stale: false });
    some.push(event());
    some.push(event({ stale: true }));
    some.push(event({ stale: true, state: 'end' }));
    expect(passed.map(({ state }) => state)).toEqual(['start']);
    some.push(event({ state: 'end' }));
    expect(passed.map(({ state }) => state)).toEqual(['start', 'end']);
  });

  it('end a live event, not a replayed one, by an end without a region', () => {
    const all = filter();
    all.push(event({ regions: [region(1)], stale: true }));
    all.push(event({ regions: [region(1)] }));
    all.push(event({ state: 'end' }));
    all.push(event({ regions: [region(1)], stale: true, state: 'end' }));
    expect(passed.map(({ state, stale }) => [state, stale])).toEqual([
      ['start', true],
      ['start', false],
      ['end', false],
      ['end', true],
    ]);
  });

  it('tell regions and alarm inputs apart', () => {
    const all = filter();
    all.push(event({ kind: 'intrusion', regions: [region(1)] }));
    all.push(event({ kind: 'intrusion', regions: [region(2)] }));
    all.push(event({ kind: 'intrusion', regions: [region(2)], state: 'end' }));
    all.push(event({ kind: 'intrusion', regions: [region(1)], state: 'end' }));
    all.push(event({ kind: 'alarmInput', details: { rawPort: '1' }, channel: null }));
    all.push(event({ kind: 'alarmInput', details: { rawPort: '2' }, channel: null }));
    all.push(event({ kind: 'alarmInput', details: { rawPort: '1' }, channel: null, state: 'end' }));
    all.push(event({ kind: 'alarmInput', details: { rawPort: '2' }, channel: null, state: 'end' }));
    expect(passed).toHaveLength(8);
  });

  it('name the fields that make no sense', () => {
    const fields = { kinds: ['nonsense'], channels: 'one', regions: '3-1', minDuration: '-1', coolDown: 'soon' };
    expect(filterSettings(fields)).toEqual({ problems: ['kinds', 'channels', 'regions', 'minDuration', 'coolDown'] });
  });
});

describe('minimum duration', () => {
  it('never reports an event that is shorter', async () => {
    const slow = filter({ minDuration: '5' });
    slow.push(event());
    await clock.advance(4_999);
    slow.push(event({ state: 'end' }));
    await clock.advance(60_000);
    expect(passed).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('reports the start when the time has passed, and then the end', async () => {
    const slow = filter({ minDuration: 2.5 });
    slow.push(event());
    await clock.advance(2_499);
    expect(passed).toEqual([]);
    await clock.advance(1);
    expect(summary()).toEqual(['motion 1 start']);
    slow.push(event({ state: 'end' }));
    expect(summary()).toEqual(['motion 1 start', 'motion 1 end']);
  });

  it('reports the end alone when only ends are wanted', async () => {
    const slow = filter({ minDuration: '1', states: ['end'] });
    slow.push(event());
    await clock.advance(1_000);
    slow.push(event({ state: 'end' }));
    expect(summary()).toEqual(['motion 1 end']);
  });

  it('does not hold back what has no duration', () => {
    filter({ minDuration: '60' }).push(event({ kind: 'plate', state: 'once' }));
    expect(passed).toHaveLength(1);
  });

  it('begins anew with a start that follows a start', async () => {
    const slow = filter({ minDuration: '5' });
    slow.push(event({ id: 'a' }));
    await clock.advance(4_000);
    slow.push(event({ id: 'b' }));
    await clock.advance(4_999);
    expect(passed).toEqual([]);
    await clock.advance(1);
    expect(passed.map(({ id }) => id)).toEqual(['b']);
  });

  it('leaves no timer after close', () => {
    const slow = filter({ minDuration: '5' });
    slow.push(event());
    slow.close();
    expect(clock.pending).toBe(0);
  });
});

describe('cool-down', () => {
  it('holds back and counts what follows a report of the same kind and channel', async () => {
    const calm = filter({ coolDown: '30' });
    for (let round = 0; round < 3; round++) {
      calm.push(event());
      calm.push(event({ state: 'end' }));
      await clock.advance(10_000);
    }
    expect(summary()).toEqual(['motion 1 start', 'motion 1 end']);
    expect(calm.suppressed).toBe(2);
    calm.push(event());
    expect(passed).toHaveLength(3);
  });

  it('counts for each kind and channel alone', () => {
    const calm = filter({ coolDown: '30' });
    calm.push(event());
    calm.push(event({ channel: 2 }));
    calm.push(event({ kind: 'lineCrossing' }));
    expect(passed).toHaveLength(3);
    expect(calm.suppressed).toBe(0);
  });

  it('works on what happens once', async () => {
    const calm = filter({ coolDown: '30' });
    calm.push(event({ kind: 'plate', state: 'once' }));
    await clock.advance(29_999);
    calm.push(event({ kind: 'plate', state: 'once' }));
    await clock.advance(1);
    calm.push(event({ kind: 'plate', state: 'once' }));
    expect(passed).toHaveLength(2);
    expect(calm.suppressed).toBe(1);
  });

  it('does not begin with an event that was too short', async () => {
    const calm = filter({ coolDown: '30', minDuration: '5' });
    calm.push(event());
    calm.push(event({ state: 'end' }));
    calm.push(event());
    await clock.advance(5_000);
    expect(passed).toHaveLength(1);
    expect(calm.suppressed).toBe(0);
  });
});

describe('whatever comes', () => {
  it('ends follow their starts, and no timer is left', async () => {
    const edge = fc.record({
      state: fc.constantFrom('start' as const, 'end' as const),
      channel: fc.integer({ min: 1, max: 3 }),
      waitMs: fc.constantFrom(0, 400, 1_000, 3_000),
    });
    const property = fc.asyncProperty(fc.array(edge, { maxLength: 30 }), async (edges) => {
      clock = new FakeClock();
      passed = [];
      const some = filter({ minDuration: '1', coolDown: '2' });
      for (const { state, channel, waitMs } of edges) {
        some.push(event({ state, channel }));
        await clock.advance(waitMs);
      }
      for (const channel of [1, 2, 3]) {
        let isRunning = false;
        for (const { state } of passed.filter((each) => each.channel === channel)) {
          if (state === 'end') expect(isRunning).toBe(true);
          isRunning = state === 'start';
        }
      }
      some.close();
      expect(clock.pending).toBe(0);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
