import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../lib/codec/budget';
import type { EventSource, Picture } from '../../lib/events/event';
import type { EventKind } from '../../lib/events/kinds';
import { Merger, type MergeNotice } from '../../lib/events/merge';
import { Site } from '../../lib/events/site';
import {
  EVENT_END_AFTER_MS,
  MERGE_HOLD_BELL_MS,
  MERGE_HOLD_MS,
  MERGE_KEEP_MS,
  MERGE_MAX_OCCURRENCES,
  MERGE_WINDOW_MS,
} from '../../lib/settings';

const START = Date.parse('2024-05-01T12:00:00Z');

interface Told extends MergeNotice {
  readonly label: string;
}

function notice(label: string, kind: EventKind, changes: Partial<Told> = {}): Told {
  return {
    label,
    heartbeat: false,
    kind,
    eventType: kind,
    active: true,
    channel: 1,
    subjects: [],
    timeMs: START,
    timeHasOffset: true,
    details: {},
    regions: [],
    target: null,
    targetRect: null,
    pictures: [],
    ...changes,
  };
}

const picture = (name: string, size = 10): Picture => ({ name, contentType: 'image/jpeg', data: Buffer.alloc(size) });

/** Feeds messages with their time of receipt, lets all time pass, and gives what came out. */
function merged(messages: readonly [number, EventSource, Told][], ways = 2, merger = new Merger<Told>()) {
  const out: { label: string; of: string; pictures: string[] }[] = [];
  const take = (ready: readonly { notice: Told; told: readonly Told[] }[]) =>
    out.push(
      ...ready.map(({ notice: { label, pictures }, told }) => ({
        label,
        of: told.map((each) => each.label).join(' '),
        pictures: pictures.map(({ name }) => name),
      })),
    );
  for (const [atMs, way, message] of messages) take(merger.push(message, way, ways, atMs));
  take(merger.advance(Infinity));
  return { out, labels: out.map(({ label }) => label), merger };
}

describe('what several ways tell', () => {
  it('is one event, and the richest word of it wins', () => {
    const { out } = merged([
      [0, 'isapi', notice('stream', 'plate', { details: { plate: 'AB 1' } })],
      [150, 'push', notice('push', 'plate', { details: { plate: 'AB 1', lane: 2 }, pictures: [picture('plate.jpg')] })],
    ]);
    expect(out).toEqual([{ label: 'push', of: 'stream push', pictures: ['plate.jpg'] }]);
  });

  it('keeps the pictures of all of them, each once', () => {
    const { out } = merged([
      [0, 'push', notice('push', 'plate', { details: { plate: 'A' }, pictures: [picture('a.jpg'), picture('b.jpg')] })],
      [
        9,
        'isapi',
        notice('stream', 'plate', { details: { plate: 'A' }, pictures: [picture('b.jpg'), picture('c.jpg')] }),
      ],
    ]);
    expect(out[0]?.pictures).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  });

  it('is handed over as soon as every way has told it', () => {
    const merger = new Merger<Told>();
    expect(merger.push(notice('stream', 'doorbell'), 'isapi', 2, 0)).toEqual([]);
    expect(merger.push(notice('push', 'doorbell'), 'push', 2, 20).map(({ notice: { label } }) => label)).toEqual([
      'stream',
    ]);
    expect(merger.dueMs).toBeNull();
  });

  it('waits no longer than that for another word', () => {
    const merger = new Merger<Told>();
    merger.push(notice('stream', 'doorbell'), 'isapi', 3, 1_000);
    expect(merger.dueMs).toBe(1_000 + MERGE_HOLD_BELL_MS);
    expect(merger.advance(1_000 + MERGE_HOLD_BELL_MS - 1)).toEqual([]);
    expect(merger.advance(1_000 + MERGE_HOLD_BELL_MS)).toHaveLength(1);
  });

  it('that comes late is no event of its own', () => {
    const late = notice('late', 'motion', { timeMs: START + 200 });
    const { labels, merger } = merged([
      [0, 'isapi', notice('start', 'motion')],
      [5_000, 'isapi', notice('end', 'motion', { active: false, timeMs: START + 5_000 })],
      [60_000, 'push', late],
    ]);
    expect(labels).toEqual(['start', 'end']);
    expect(merger.joined).toBe(1);
  });

  it('without a time of the device is told by its receipt', () => {
    const ring = (label: string) => notice(label, 'doorbell', { timeMs: null });
    expect(
      merged([
        [0, 'isapi', notice('stream', 'doorbell')],
        [900, 'poll', ring('poll')],
      ]).labels,
    ).toEqual(['stream']);
    expect(
      merged([
        [0, 'isapi', notice('stream', 'doorbell')],
        [MERGE_WINDOW_MS + 1, 'poll', ring('poll')],
      ]).labels,
    ).toEqual(['stream', 'poll']);
  });

  it('is not compared by clocks of two kinds', () => {
    // The same moment, once with its zone and once as a wall clock eight hours ahead.
    const wall = notice('push', 'motion', { timeMs: START + 8 * 3_600_000, timeHasOffset: false });
    expect(
      merged([
        [0, 'isapi', notice('stream', 'motion')],
        [100, 'push', wall],
      ]).labels,
    ).toEqual(['stream']);
  });

  it('a bell has a channel by one way and none by another', () => {
    const { labels } = merged([
      [0, 'isapi', notice('stream', 'doorbell', { channel: null })],
      [400, 'poll', notice('poll', 'doorbell', { channel: 1, timeMs: null })],
    ]);
    expect(labels).toEqual(['stream']);
  });

  it('the state of a panel and its code are one event, also when the state is asked for later', () => {
    const later = MERGE_WINDOW_MS + 5_000;
    const pairs: readonly (readonly [object, object])[] = [
      [
        { code: 1131, key: 'perimeter', category: 'alarm', isRestore: false },
        { code: 1130, key: 'burglary', category: 'alarm', isRestore: false },
      ],
      [
        { code: 1407, key: 'remoteDisarm', category: 'disarm' },
        { code: 1401, key: 'disarm', category: 'disarm' },
      ],
    ];
    for (const [coded, polled] of pairs) {
      const merger = new Merger<Told>();
      const told = (label: string, details: object) =>
        notice(label, 'alarmPanel', { timeMs: null, details: { zone: 1, partition: 1, ...details } });
      merger.push(told('code', coded), 'isapi', 2, 0);
      merger.push(told('state', polled), 'poll panel', 2, later, 30_000);
      expect(merger.joined).toBe(1);
      // What is over is another matter.
      merger.push(told('over', { ...polled, category: 'restore', isRestore: true }), 'poll panel', 2, later, 30_000);
      expect(merger.joined).toBe(1);
    }
  });

  it('a message without a region is about any region, two regions are two events', () => {
    const line = (label: string, way: EventSource, ...subjects: string[]) =>
      [0, way, notice(label, 'lineCrossing', { subjects })] as [number, EventSource, Told];
    expect(merged([line('stream', 'isapi', '2'), line('push', 'push')]).labels).toEqual(['stream']);
    expect(merged([line('stream', 'isapi', '1'), line('push', 'push', '2')]).labels).toEqual(['stream', 'push']);
  });

  it.each<[string, EventKind, object, object]>([
    ['plates', 'plate', { plate: 'AB 1' }, { plate: 'AB 2' }],
    ['cards', 'access', { serialNo: 41 }, { serialNo: 42 }],
    ['faces', 'face', { faceId: 1, person: '1' }, { faceId: 1, person: '2' }],
    ['counts', 'peopleCounting', { enter: 1, exit: 0 }, { enter: 2, exit: 0 }],
    ['zones', 'alarmPanel', { code: 1130, zone: 1 }, { code: 1130, zone: 2 }],
  ])('two %s at the same moment are two events', (_what, kind, one, other) => {
    const { labels } = merged([
      [0, 'isapi', notice('stream', kind, { details: { ...one } })],
      [0, 'push', notice('push', kind, { details: { ...other } })],
    ]);
    expect(labels).toEqual(['stream', 'push']);
  });

  it.each<[string, Partial<Told>]>([
    ['channel', { channel: 2 }],
    ['kind', { kind: 'tamper', eventType: 'tamper' }],
    ['time', { timeMs: START + MERGE_WINDOW_MS + 1 }],
    ['state', { active: false }],
  ])('another %s is another event', (_what, changes) => {
    const { labels } = merged([
      [0, 'isapi', notice('stream', 'motion')],
      [0, 'push', notice('push', 'motion', changes)],
    ]);
    expect(labels).toEqual(['stream', 'push']);
  });

  it('an end does not overtake its start', () => {
    const { labels } = merged([
      [0, 'isapi', notice('start', 'motion')],
      [10, 'isapi', notice('end', 'motion', { active: false, timeMs: START + 10 })],
    ]);
    expect(labels).toEqual(['start', 'end']);
  });

  it('what one way says again is a repeat, or the next occurrence', () => {
    const repeats = Array.from({ length: 5 }, (_, second): [number, EventSource, Told] => [
      second * 1_000,
      'isapi',
      notice(`stream ${second}`, 'motion', { timeMs: START + second * 1_000 }),
    ]);
    const pushed: [number, EventSource, Told] = [100, 'push', notice('push', 'motion')];
    const [first, ...rest] = repeats as [(typeof repeats)[0]];
    expect(merged([first, pushed, ...rest]).labels).toEqual(repeats.map(([, , { label }]) => label));
  });

  it('only the first word of something waits, its repeats do not', () => {
    const merger = new Merger<Told>();
    merger.push(notice('first', 'motion'), 'isapi', 2, 0);
    merger.advance(1_000);
    expect(merger.push(notice('again', 'motion', { timeMs: START + 1_000 }), 'isapi', 2, 1_000)).toHaveLength(1);
  });

  it('one way alone waits for nobody', () => {
    expect(new Merger<Told>().push(notice('stream', 'plate'), 'isapi', 1, 0)).toHaveLength(1);
  });

  it('is remembered for a while and within a bound', () => {
    const merger = new Merger<Told>();
    for (let index = 0; index < 5 * MERGE_MAX_OCCURRENCES; index++) {
      merger.push(notice('many', 'plate', { details: { plate: `P${index}` } }), 'isapi', 2, index);
      expect(merger.size).toBeLessThanOrEqual(MERGE_MAX_OCCURRENCES + MERGE_HOLD_MS + 1);
    }
    merger.advance(Infinity);
    merger.push(notice('late', 'motion'), 'isapi', 2, MERGE_KEEP_MS * 2);
    merger.push(notice('late', 'tamper'), 'isapi', 2, MERGE_KEEP_MS * 4);
    expect(merger.size).toBeLessThan(MERGE_MAX_OCCURRENCES);
  });

  it('nothing is lost and nothing comes twice, however it comes', () => {
    const way = fc.constantFrom<EventSource>('isapi', 'push', 'poll');
    const kind = fc.constantFrom<EventKind>('motion', 'plate', 'doorbell', 'access', 'lineCrossing');
    const message = fc.record({
      afterMs: fc.nat(4_000),
      way,
      kind,
      active: fc.boolean(),
      channel: fc.constantFrom(null, 1, 2),
      subjects: fc.constantFrom([], ['1'], ['2']),
      timeMs: fc.option(fc.integer({ min: START, max: START + 60_000 })),
      timeHasOffset: fc.boolean(),
      serialNo: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (messages, ways) => {
        let nowMs = 0;
        const fed = messages.map(({ afterMs, way: by, serialNo, ...rest }, index): [number, EventSource, Told] => {
          nowMs += afterMs;
          return [
            nowMs,
            by,
            notice(String(index), rest.kind, { ...rest, eventType: rest.kind, details: { serialNo } }),
          ];
        });
        const { out, merger } = merged(fed, ways);
        const told = out.flatMap(({ of }) => of.split(' '));
        expect(new Set(told).size).toBe(told.length);
        // What came after its occurrence was handed over joined it without a word.
        const silent = merger.joined - out.reduce((sum, { of }) => sum + of.split(' ').length - 1, 0);
        expect(told.length + silent).toBe(fed.length);
      }),
    );
  });
});

describe('a budget', () => {
  it('is spent by a burst and comes back with time', () => {
    const budget = new Budget(10, 20);
    const spend = (nowMs: number, count: number) =>
      Array.from({ length: count }, () => budget.take(nowMs)).filter((isLeft) => isLeft).length;
    expect(spend(0, 30)).toBe(20);
    expect(spend(1_000, 30)).toBe(10);
    expect(spend(1_050, 30)).toBe(0);
    expect(spend(1_100, 30)).toBe(1);
    expect(spend(100_000, 30)).toBe(20);
  });
});

describe('a camera that is reached directly and behind a recorder', () => {
  const motion = (channel: number | null, active = true) => ({ kind: 'motion', active, channel }) as const;

  function site(camera: { serial: string | null; address: string | null }, behind = camera) {
    const place = new Site();
    const direct = place.join();
    const recorder = place.join();
    direct.is(camera);
    direct.isHeard = true;
    recorder.is({ serial: 'REC', address: '192.0.2.1' });
    recorder.has(new Map([[3, behind]]));
    return { place, direct, recorder };
  }

  it('is told by itself', () => {
    const { direct, recorder } = site({ serial: 'DS-2CD20240101AAWR123456789', address: '192.0.2.7' });
    expect(recorder.standsIn(motion(3), 0)).toBe('open');
    direct.saw(motion(1), 100);
    expect(recorder.standsIn(motion(3), 200)).toBe('told');
    expect(recorder.standsIn(motion(3, false), 200)).toBe('open');
    expect(direct.standsIn(motion(1), 200)).toBe('own');
  });

  it('what lasts is told as long as it lasts', () => {
    const { direct, recorder } = site({ serial: 'S123456789', address: null });
    direct.saw(motion(1), 0);
    expect(recorder.standsIn(motion(3), EVENT_END_AFTER_MS)).toBe('told');
    expect(recorder.standsIn(motion(3), EVENT_END_AFTER_MS + 1)).toBe('open');
    direct.saw({ kind: 'plate', active: true, channel: 1 }, 0);
    expect(recorder.standsIn({ kind: 'plate', active: true, channel: 3 }, MERGE_WINDOW_MS + 1)).toBe('open');
  });

  it('is known by its serial number, however it is spelled, else by its address', () => {
    const verdict = (camera: [string | null, string | null], behind: [string | null, string | null]) =>
      site({ serial: camera[0], address: camera[1] }, { serial: behind[0], address: behind[1] }).recorder.standsIn(
        motion(3),
        0,
      );
    expect(verdict(['DS-2CD2185 20240101AAWR1234', null], ['ds2cd218520240101aawr1234', null])).toBe('open');
    expect(verdict(['DS-2CD2185FWD-I20240101AAWR123456789', null], ['20240101AAWR123456789', null])).toBe('open');
    expect(verdict([null, '192.0.2.7'], ['S1', '192.0.2.7'])).toBe('open');
    expect(verdict(['S1', '192.0.2.7'], [null, '192.0.2.7'])).toBe('open');
    expect(verdict(['S1', '192.0.2.7'], ['S2', '192.0.2.7'])).toBe('own');
    expect(verdict([null, '192.0.2.7'], [null, '192.0.2.8'])).toBe('own');
    expect(verdict([null, null], [null, null])).toBe('own');
  });

  it('is the recorder`s to tell while the camera is not heard, or has left', () => {
    const { direct, recorder } = site({ serial: 'S1', address: null });
    direct.isHeard = false;
    expect(recorder.standsIn(motion(3), 0)).toBe('own');
    direct.isHeard = true;
    expect(recorder.standsIn(motion(3), 0)).toBe('open');
    direct.leave();
    expect(recorder.standsIn(motion(3), 0)).toBe('own');
  });

  it('other channels and the recorder itself are not concerned', () => {
    const { recorder } = site({ serial: 'S1', address: null });
    expect(recorder.standsIn(motion(4), 0)).toBe('own');
    expect(recorder.standsIn({ kind: 'diskFull', active: true, channel: null }, 0)).toBe('own');
  });
});
