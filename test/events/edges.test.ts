/** The rules of start and end, on numbers. Times are milliseconds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CapturedClock, Edges, type Edge, type EdgeNotice } from '../../lib/events/edges';
import { EVENT_KINDS, EVENT_KIND_NAMES, type EventKind } from '../../lib/events/kinds';

interface Told extends EdgeNotice {
  /** To tell which message an edge carries. */
  readonly id: string;
}

let nextId = 0;
const message = (kind: EventKind | null, more: Partial<Told> = {}): Told => ({
  id: `m${nextId++}`,
  kind,
  eventType: kind ?? 'videoloss',
  heartbeat: kind === null,
  active: true,
  channel: 1,
  subjects: [],
  ...more,
});

/** `start motion 1`, `end motion 1 [2] inferred`: state, kind, channel, region. */
const shown = (edges: readonly Edge<Told>[]): string[] =>
  edges.map(
    ({ state, kind, notice, subject, inferred }) =>
      `${state} ${kind} ${notice.channel ?? '-'}${subject === null ? '' : ` [${subject}]`}${inferred ? ' inferred' : ''}`,
  );

describe('an end by silence', () => {
  it('comes when more than 10 s pass without a repeat; exactly 10 s continues', () => {
    const edges = new Edges<Told>();
    expect(shown(edges.push(message('motion'), 0))).toEqual(['start motion 1']);
    expect(edges.push(message('motion'), 10_000)).toEqual([]);
    expect(edges.advance(20_000)).toEqual([]);
    expect(shown(edges.advance(20_001))).toEqual(['end motion 1 inferred']);
    expect(edges.advance(99_999)).toEqual([]);
  });

  it('comes in front of a repeat that is 10,001 ms late, which starts anew', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion'), 0);
    expect(shown(edges.push(message('motion'), 10_001))).toEqual(['end motion 1 inferred', 'start motion 1']);
  });

  it('carries the last repeat, and counts the messages', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion', { id: 'first' }), 0);
    edges.push(message('motion', { id: 'second' }), 4_000);
    edges.push(message('motion', { id: 'last' }), 8_000);
    expect(edges.advance(18_001)).toMatchObject([{ inferred: true, count: 3, notice: { id: 'last' } }]);
  });

  it('is noticed with any message, heartbeats and other channels too', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion'), 0);
    expect(shown(edges.push(message(null), 10_001))).toEqual(['end motion 1 inferred']);
    edges.push(message('motion'), 20_000);
    expect(shown(edges.push(message('motion', { channel: 2 }), 31_000))).toEqual([
      'end motion 1 inferred',
      'start motion 2',
    ]);
  });

  it('comes in the order in which the repeats stopped, and tells when the next one is due', () => {
    const edges = new Edges<Told>();
    expect(edges.nextEndMs).toBeNull();
    edges.push(message('motion'), 0);
    edges.push(message('lineCrossing'), 1_000);
    edges.push(message('motion'), 2_000);
    expect(edges.nextEndMs).toBe(11_001);
    expect(shown(edges.advance(11_001))).toEqual(['end lineCrossing 1 inferred']);
    expect(edges.nextEndMs).toBe(12_001);
    expect(shown(edges.advance(50_000))).toEqual(['end motion 1 inferred']);
    expect(edges.nextEndMs).toBeNull();
  });

  it('comes after another time when asked for', () => {
    for (const endAfterMs of [0, 1, 2_500, 60_000]) {
      const edges = new Edges<Told>({ endAfterMs });
      edges.push(message('motion'), 100);
      expect(edges.advance(100 + endAfterMs)).toEqual([]);
      expect(shown(edges.advance(101 + endAfterMs))).toEqual(['end motion 1 inferred']);
    }
  });

  it('does not come for time in which nobody listened', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion'), 0);
    edges.push(message('lineCrossing'), 5_000);
    edges.resume(1_000_000);
    expect(edges.advance(1_010_000)).toEqual([]);
    expect(shown(edges.advance(1_010_001))).toEqual(['end motion 1 inferred', 'end lineCrossing 1 inferred']);
  });
});

describe('an explicit end', () => {
  it('carries the message that said so', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion'), 0);
    expect(edges.push(message('motion', { id: 'end', active: false }), 500)).toMatchObject([
      { state: 'end', inferred: false, count: 1, notice: { id: 'end' } },
    ]);
    expect(edges.runningCount).toBe(0);
  });

  it('of nothing that runs is nothing', () => {
    const edges = new Edges<Told>();
    expect(edges.push(message('motion', { active: false }), 0)).toEqual([]);
    edges.push(message('motion'), 1);
    expect(edges.push(message('motion', { active: false, channel: 2 }), 2)).toEqual([]);
    expect(edges.push(message('lineCrossing', { active: false }), 3)).toEqual([]);
  });

  it('without a region ends all regions of that kind and channel', () => {
    const edges = new Edges<Told>();
    edges.push(message('intrusion', { subjects: ['1'] }), 0);
    edges.push(message('intrusion', { subjects: ['2'] }), 0);
    edges.push(message('intrusion'), 0);
    edges.push(message('intrusion', { subjects: ['1'], channel: 2 }), 0);
    edges.push(message('lineCrossing', { subjects: ['1'] }), 0);
    const ended = shown(edges.push(message('intrusion', { active: false }), 1));
    expect(ended.sort()).toEqual(['end intrusion 1', 'end intrusion 1 [1]', 'end intrusion 1 [2]']);
    expect(edges.runningCount).toBe(2);
  });

  it('with a region ends only that one', () => {
    const edges = new Edges<Told>();
    edges.push(message('intrusion', { subjects: ['1', '2'] }), 0);
    edges.push(message('intrusion'), 0);
    expect(shown(edges.push(message('intrusion', { active: false, subjects: ['2'] }), 1))).toEqual([
      'end intrusion 1 [2]',
    ]);
    expect(shown(edges.push(message('intrusion', { active: false, subjects: ['9'] }), 2))).toEqual([]);
    expect(edges.runningCount).toBe(2);
  });

  it('a region that begins like another is another', () => {
    const edges = new Edges<Told>();
    edges.push(message('alarmInput', { subjects: ['1'], channel: null }), 0);
    edges.push(message('alarmInput', { subjects: ['11'], channel: null }), 0);
    edges.push(message('alarmInput', { subjects: ['1'], channel: 1 }), 0);
    expect(shown(edges.push(message('alarmInput', { active: false, subjects: ['1'], channel: null }), 1))).toEqual([
      'end alarmInput - [1]',
    ]);
    expect(edges.runningCount).toBe(2);
  });
});

describe('keys', () => {
  it('kind, channel and region run apart, each with its own start', () => {
    const edges = new Edges<Told>();
    const starts = [
      message('motion'),
      message('motion', { channel: 2 }),
      message('motion', { channel: null }),
      message('intrusion', { subjects: ['1'] }),
      message('intrusion', { subjects: ['2'] }),
      message('lineCrossing'),
    ];
    for (const start of starts) expect(edges.push(start, 0)).toHaveLength(1);
    for (const start of starts) expect(edges.push({ ...start }, 1)).toEqual([]);
    expect(edges.runningCount).toBe(starts.length);
  });

  it('a message of several regions starts each of them', () => {
    const edges = new Edges<Told>();
    expect(shown(edges.push(message('intrusion', { subjects: ['1', '2'] }), 0))).toEqual([
      'start intrusion 1 [1]',
      'start intrusion 1 [2]',
    ]);
    expect(shown(edges.push(message('intrusion', { subjects: ['2', '3'] }), 1))).toEqual(['start intrusion 1 [3]']);
  });

  it('names of one kind are one event, names of unknown and other kinds are kept apart', () => {
    const edges = new Edges<Told>();
    edges.push(message('tamper', { eventType: 'tamperdetection' }), 0);
    expect(edges.push(message('tamper', { eventType: 'shelteralarm' }), 0)).toEqual([]);
    for (const kind of ['unknown', 'other'] as const) {
      expect(edges.push(message(kind, { eventType: 'One' }), 0)).toHaveLength(1);
      expect(edges.push(message(kind, { eventType: 'two' }), 0)).toHaveLength(1);
      expect(edges.push(message(kind, { eventType: 'ONE' }), 0)).toEqual([]);
      expect(edges.push(message(kind, { eventType: 'one', active: false }), 0)).toHaveLength(1);
    }
  });
});

describe('kinds that happen once', () => {
  for (const kind of EVENT_KIND_NAMES) {
    const isOnce = ['plate', 'access', 'doorbell', 'alarmPanel', 'peopleCounting', 'face'].includes(kind);
    it(`${kind}: ${isOnce ? 'each message is one event' : 'has a start and an end'}`, () => {
      const edges = new Edges<Told>();
      const states = [0, 1, 2].flatMap((nowMs) => edges.push(message(kind), nowMs)).map(({ state }) => state);
      const inactive = edges.push(message(kind, { active: false }), 3).map(({ state }) => state);
      expect([...states, ...inactive]).toEqual(isOnce ? ['once', 'once', 'once'] : ['start', 'end']);
      expect(edges.runningCount).toBe(0);
      expect(EVENT_KINDS[kind].edges).toBe(isOnce ? 'once' : 'span');
    });
  }

  it('carry the region that they name', () => {
    expect(shown(new Edges<Told>().push(message('face', { subjects: ['4'] }), 0))).toEqual(['once face 1 [4]']);
  });

  it('heartbeats are nothing', () => {
    const edges = new Edges<Told>();
    expect(edges.push(message(null), 0)).toEqual([]);
    expect(edges.push(message('motion', { heartbeat: true }), 0)).toEqual([]);
  });
});

describe('duration', () => {
  const duration = (more: Partial<Told> = {}): Told => message('intrusion', { eventType: 'duration', ...more });

  it('keeps alive whatever runs of its kind and channel, and starts nothing beside it', () => {
    const edges = new Edges<Told>();
    edges.push(message('intrusion', { subjects: ['1'] }), 0);
    edges.push(message('intrusion', { subjects: ['2'] }), 0);
    edges.push(message('intrusion', { subjects: ['1'], channel: 2 }), 0);
    expect(edges.push(duration({ id: 'more' }), 9_000)).toEqual([]);
    expect(shown(edges.advance(10_001))).toEqual(['end intrusion 2 [1] inferred']);
    const ended = edges.advance(19_001);
    expect(shown(ended)).toEqual(['end intrusion 1 [1] inferred', 'end intrusion 1 [2] inferred']);
    // The end is made of the last message of its own, not of the word that kept it alive.
    expect(ended.map(({ notice }) => notice.id)).not.toContain('more');
    expect(ended).toMatchObject([{ count: 2 }, { count: 2 }]);
  });

  it('starts the event when nothing of it runs', () => {
    const edges = new Edges<Told>();
    expect(shown(edges.push(duration(), 0))).toEqual(['start intrusion 1']);
    expect(edges.push(duration(), 5_000)).toEqual([]);
    expect(shown(edges.push(duration({ active: false }), 6_000))).toEqual(['end intrusion 1']);
  });

  it('does not keep another kind alive', () => {
    const edges = new Edges<Told>();
    edges.push(message('motion'), 0);
    edges.push(duration(), 9_000);
    expect(shown(edges.advance(10_001))).toEqual(['end motion 1 inferred']);
  });
});

describe('too many at once', () => {
  it('end the one that is silent for longest, and it is counted', () => {
    const edges = new Edges<Told>({ maxRunning: 3 });
    for (const channel of [1, 2, 3]) edges.push(message('motion', { channel }), channel);
    edges.push(message('motion', { channel: 1 }), 4);
    expect(shown(edges.push(message('motion', { channel: 4 }), 5))).toEqual([
      'end motion 2 inferred',
      'start motion 4',
    ]);
    expect(edges.evicted).toBe(1);
    expect(edges.runningCount).toBe(3);
    edges.push(message('motion', { channel: 1 }), 6);
    expect(edges.evicted).toBe(1);
  });
});

describe('whatever comes in', () => {
  const step = fc.record({
    kind: fc.constantFrom<EventKind>('motion', 'intrusion', 'face', 'unknown', 'alarmInput'),
    eventType: fc.constantFrom('a', 'b', 'duration'),
    active: fc.boolean(),
    heartbeat: fc.boolean(),
    channel: fc.constantFrom(null, 1, 2),
    subjects: fc.uniqueArray(fc.constantFrom('1', '2', '11'), { maxLength: 3 }),
    waitMs: fc.constantFrom(0, 1, 500, 9_999, 10_000, 10_001, 30_000),
    resume: fc.boolean(),
  });

  it('starts and ends take turns for each key, no end comes too early, and no time is left over', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, maxRunning) => {
        const edges = new Edges<Told>({ maxRunning });
        const running = new Map<string, number>();
        let nowMs = 0;
        let evictedBefore = 0;
        const check = (found: readonly Edge<Told>[]): void => {
          const evicted = edges.evicted - evictedBefore;
          evictedBefore = edges.evicted;
          let early = 0;
          for (const edge of found) {
            const name = edge.kind === 'unknown' ? edge.notice.eventType : '';
            const key = `${edge.kind} ${name} ${edge.notice.channel ?? '-'} ${edge.subject ?? '-'}`;
            if (edge.state === 'once') {
              expect(edge.kind).toBe('face');
              continue;
            }
            expect(running.has(key)).toBe(edge.state === 'end');
            if (edge.state === 'start') running.set(key, nowMs);
            else {
              if (edge.inferred && nowMs - (running.get(key) ?? 0) <= 10_000) early++;
              running.delete(key);
            }
            expect(edge.count).toBeGreaterThan(0);
          }
          expect(early).toBeLessThanOrEqual(evicted);
          expect(edges.runningCount).toBe(running.size);
          expect(edges.runningCount).toBeLessThanOrEqual(maxRunning);
        };
        for (const { waitMs, resume, ...rest } of steps) {
          nowMs += waitMs;
          if (resume) edges.resume(nowMs);
          check(edges.push(message(rest.kind, rest), nowMs));
          const next = edges.nextEndMs;
          if (next !== null) expect(next).toBeGreaterThan(nowMs);
        }
        nowMs += 10_001;
        check(edges.advance(nowMs));
        expect(edges.runningCount).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('CapturedClock', () => {
  const run = (...times: (number | null)[]): number[] => {
    const clock = new CapturedClock(60_000);
    return times.map((timeMs) => clock.at(timeMs));
  };

  it('begins at the first message and grows with the times', () => {
    expect(run(5_000_000, 5_001_000, 5_011_000)).toEqual([0, 1_000, 11_000]);
  });

  it('stands still for messages without a time, and for those a little out of order', () => {
    expect(run(null, 1_000, null, 3_000, 2_000, 3_000, 4_000)).toEqual([0, 0, 0, 2_000, 2_000, 2_000, 3_000]);
  });

  it('follows a clock that was set back by more than a minute, from there on', () => {
    expect(run(1_000_000, 1_010_000, 950_000, 1_010_001)).toEqual([0, 10_000, 10_000, 10_001]);
    expect(run(1_000_000, 1_010_000, 949_999, 950_999)).toEqual([0, 10_000, 10_000, 11_000]);
  });

  it('never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: -1e12, max: 1e13 }), { nil: null })), (times) => {
        const read = run(...times);
        expect([...read].sort((a, b) => a - b)).toEqual(read);
      }),
    );
  });
});
