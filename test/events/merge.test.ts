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

/** What was told of each, in the order of delivery. */
const words = (ready: readonly { told: readonly Told[] }[]) =>
  ready.map(({ told }) => told.map(({ label }) => label).join(' '));

/** The same moment, told by two ways with these details. */
const pair = (kind: EventKind, one: object, other: object): [number, EventSource, Told][] => [
  [0, 'isapi', notice('stream', kind, { details: { ...one } })],
  [0, 'push', notice('push', kind, { details: { ...other } })],
];

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

  it('waits until the last of three ways has told it, and what else waits goes on waiting', () => {
    const merger = new Merger<Told>();
    merger.push(notice('other', 'motion', { channel: 2 }), 'isapi', 3, 0);
    merger.push(notice('stream', 'motion'), 'isapi', 3, 0);
    expect(merger.push(notice('push', 'motion'), 'push', 3, 10)).toEqual([]);
    expect(words(merger.push(notice('poll', 'motion'), 'poll', 3, 20))).toEqual(['stream push poll']);
    expect(words(merger.advance(MERGE_HOLD_MS))).toEqual(['other']);
  });

  it('waits no longer than that for another word', () => {
    const merger = new Merger<Told>();
    merger.push(notice('stream', 'doorbell'), 'isapi', 3, 1_000);
    expect(merger.dueMs).toBe(1_000 + MERGE_HOLD_BELL_MS);
    expect(merger.advance(1_000 + MERGE_HOLD_BELL_MS - 1)).toEqual([]);
    expect(merger.advance(1_000 + MERGE_HOLD_BELL_MS)).toHaveLength(1);
  });

  it('waits longer for what is no bell, and a bell that waits overtakes it', () => {
    const merger = new Merger<Told>();
    merger.push(notice('motion', 'motion'), 'isapi', 2, 1_000);
    expect(merger.dueMs).toBe(1_400);
    merger.push(notice('bell', 'doorbell'), 'isapi', 2, 1_100);
    expect(merger.dueMs).toBe(1_300);
    expect(words(merger.advance(1_300))).toEqual(['bell']);
    expect(merger.dueMs).toBe(1_400);
    expect(words(merger.advance(1_399))).toEqual([]);
    expect(words(merger.advance(1_400))).toEqual(['motion']);
  });

  it('comes in the order of receipt where it is due at the same time', () => {
    const merger = new Merger<Told>();
    for (const channel of [3, 1, 2]) merger.push(notice(`door ${channel}`, 'motion', { channel }), 'isapi', 2, 50);
    expect(words(merger.advance(450))).toEqual(['door 3', 'door 1', 'door 2']);
  });

  it('waits for nobody where no time is given for it', () => {
    const merger = new Merger<Told>({ holdMs: 0 });
    expect(words(merger.push(notice('stream', 'plate'), 'isapi', 2, 0))).toEqual(['stream']);
    expect(words(merger.push(notice('push', 'plate'), 'push', 2, 10))).toEqual([]);
    expect(merger.joined).toBe(1);
  });

  it('is handed over at once when nothing more will come', () => {
    const merger = new Merger<Told>();
    merger.push(notice('motion', 'motion'), 'isapi', 2, 0);
    merger.push(notice('bell', 'doorbell'), 'isapi', 2, 50);
    expect(words(merger.flush())).toEqual(['bell', 'motion']);
    expect(merger.dueMs).toBeNull();
    expect(merger.flush()).toEqual([]);
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

  it.each<[string, number | null, number | null]>([
    ['the first', null, START],
    ['the second', START, null],
    ['both', null, null],
  ])('is told by its receipt where %s has no time of the device, however long we run already', (_who, one, other) => {
    const apart = (apartMs: number) =>
      merged([
        [86_400_000, 'isapi', notice('stream', 'motion', { timeMs: one })],
        [86_400_000 + apartMs, 'push', notice('push', 'motion', { timeMs: other })],
      ]).labels;
    expect(apart(3_000)).toEqual(['stream']);
    expect(apart(3_001)).toEqual(['stream', 'push']);
  });

  it('is told by the times of the device where both have one, whenever it comes', () => {
    const apart = (apartMs: number) =>
      merged([
        [0, 'isapi', notice('stream', 'motion')],
        [60_000, 'push', notice('push', 'motion', { timeMs: START + apartMs })],
      ]).labels;
    expect(apart(3_000)).toEqual(['stream']);
    expect(apart(-3_000)).toEqual(['stream']);
    expect(apart(3_001)).toEqual(['stream', 'push']);
    expect(apart(-3_001)).toEqual(['stream', 'push']);
  });

  it.each<[string, number, string]>([
    ['the earlier', START + 900, 'second'],
    ['the later', START + 1_100, 'second push'],
    ['the later, when both are as near,', START + 1_000, 'second push'],
  ])('joins the one that is nearest in time: %s of two', (_which, timeMs, last) => {
    const merger = new Merger<Told>();
    merger.push(notice('first', 'plate'), 'isapi', 2, 0);
    expect(words(merger.push(notice('second', 'plate', { timeMs: START + 2_000 }), 'isapi', 2, 100))).toEqual([
      'first',
    ]);
    const now = merger.push(notice('push', 'plate', { timeMs }), 'push', 2, 200);
    expect(words([...now, ...merger.flush()])).toEqual([last]);
    expect(merger.joined).toBe(1);
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
    }
  });

  it.each<[string, object, object]>([
    [
      'an alarm and that it is over',
      { code: 1130, key: 'burglary', category: 'alarm', isRestore: false },
      { code: 3130, key: 'burglary', category: 'alarm', isRestore: true },
    ],
    [
      'two alarms',
      { code: 1110, key: 'fire', category: 'alarm', isRestore: false },
      { code: 1120, key: 'panic', category: 'alarm', isRestore: false },
    ],
    ['arming and disarming', { key: 'armAway', category: 'arm' }, { key: 'disarm', category: 'disarm' }],
    ['two codes that say nothing to us', { code: 1900, key: 'unknown' }, { code: 1901, key: 'unknown' }],
    ['two codes without a meaning', { code: 1900, key: null }, { code: 1901, key: null }],
    ['the same alarm of two partitions', { key: 'fire', partition: 1 }, { key: 'fire', partition: 2 }],
  ])('%s of a panel are two events', (_what, one, other) => {
    expect(merged(pair('alarmPanel', one, other)).labels).toEqual(['stream', 'push']);
  });

  it.each<[string, object, object]>([
    [
      'armed in two words',
      { code: 3401, key: 'armAway', category: 'arm' },
      { code: 3408, key: 'quickArm', category: 'arm' },
    ],
    [
      'a fire, and only the word for it',
      { code: 1110, key: 'fire', isRestore: false },
      { key: 'fire', isRestore: null },
    ],
    ['one code that says nothing to us', { code: 1900, key: 'unknown' }, { code: 1900, key: null }],
  ])('%s of a panel is one event', (_what, one, other) => {
    expect(merged(pair('alarmPanel', one, other)).labels).toEqual(['stream']);
  });

  it('a bell that is pressed is a call that rings; that the call was missed is another event', () => {
    expect(merged(pair('doorbell', { call: 'ringing' }, { call: null })).labels).toEqual(['stream']);
    expect(merged(pair('doorbell', { call: null }, { call: 'missed' })).labels).toEqual(['stream', 'push']);
    expect(merged(pair('doorbell', { call: 'ringing' }, { call: 'missed' })).labels).toEqual(['stream', 'push']);
  });

  it('an access without a number is told by what happened, where and by whom', () => {
    const unnumbered = { major: 5, minor: 75, door: 1, card: '0011', person: '7' };
    const entry = { serialNo: null, ...unnumbered };
    expect(merged(pair('access', entry, unnumbered)).labels).toEqual(['stream']);
    for (const change of [{ major: 3 }, { minor: 76 }, { door: 2 }, { card: '11' }, { person: '8' }])
      expect(merged(pair('access', entry, { ...entry, ...change })).labels).toEqual(['stream', 'push']);
    expect(merged(pair('access', { ...entry, serialNo: 41 }, { serialNo: '41', card: null })).labels).toEqual([
      'stream',
    ]);
  });

  it('what one way leaves out and another has empty is the same', () => {
    expect(merged(pair('plate', {}, { plate: null })).labels).toEqual(['stream']);
    expect(merged(pair('plate', { plate: '' }, { plate: {} })).labels).toEqual(['stream']);
    expect(merged(pair('plate', { plate: '' }, { plate: 'AB 1' })).labels).toEqual(['stream', 'push']);
  });

  it('a message without a region is about any region, two regions are two events', () => {
    const line = (label: string, way: EventSource, ...subjects: string[]) =>
      [0, way, notice(label, 'lineCrossing', { subjects })] as [number, EventSource, Told];
    expect(merged([line('stream', 'isapi', '2'), line('push', 'push')]).labels).toEqual(['stream']);
    expect(merged([line('stream', 'isapi'), line('push', 'push', '2')]).labels).toEqual(['stream']);
    expect(merged([line('stream', 'isapi', '2'), line('push', 'push', '2')]).labels).toEqual(['stream']);
    expect(merged([line('stream', 'isapi', '1', '2'), line('push', 'push', '2')]).labels).toEqual(['stream']);
    expect(merged([line('stream', 'isapi', '1'), line('push', 'push', '2')]).labels).toEqual(['stream', 'push']);
  });

  it.each<[string, EventKind, object, object]>([
    ['plates', 'plate', { plate: 'AB 1' }, { plate: 'AB 2' }],
    ['cards', 'access', { serialNo: 41 }, { serialNo: 42 }],
    ['faces', 'face', { faceId: 1, person: '1' }, { faceId: 1, person: '2' }],
    ['counts', 'peopleCounting', { enter: 1, exit: 0 }, { enter: 2, exit: 0 }],
    ['zones', 'alarmPanel', { code: 1130, zone: 1 }, { code: 1130, zone: 2 }],
  ])('two %s at the same moment are two events', (_what, kind, one, other) => {
    expect(merged(pair(kind, one, other)).labels).toEqual(['stream', 'push']);
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

  it('something else does not hurry what waits', () => {
    const merger = new Merger<Told>();
    merger.push(notice('motion', 'motion'), 'isapi', 2, 0);
    expect(merger.push(notice('tamper', 'tamper'), 'isapi', 2, 10)).toEqual([]);
    expect(words(merger.flush())).toEqual(['motion', 'tamper']);
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

  it('only the first word of something waits; its repeats and its end do not', () => {
    const merger = new Merger<Told>();
    const told = (atMs: number, active = true) =>
      words(merger.push(notice(`${atMs}`, 'motion', { active, timeMs: START + atMs }), 'isapi', 2, atMs));
    expect(told(50_000)).toEqual([]);
    expect(words(merger.advance(50_400))).toEqual(['50000']);
    expect(told(51_000)).toEqual(['51000']);
    expect(told(54_000)).toEqual(['54000']);
    expect(told(54_500, false)).toEqual(['54500']);
    // Silent for more than the window: something new.
    expect(told(57_001)).toEqual([]);
  });

  it('the word of a kind that has no end waits each time', () => {
    const merger = new Merger<Told>();
    merger.push(notice('first', 'plate'), 'isapi', 2, 0);
    merger.advance(400);
    expect(merger.push(notice('second', 'plate', { timeMs: START + 1_000 }), 'isapi', 2, 1_000)).toEqual([]);
    merger.advance(1_400);
    const last = notice('third', 'plate', { active: false, timeMs: START + 2_000 });
    expect(merger.push(last, 'isapi', 2, 2_000)).toEqual([]);
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

  it('is forgotten after two minutes, when something else happens', () => {
    const merger = new Merger<Told>();
    merger.push(notice('motion', 'motion'), 'isapi', 1, 0);
    expect(merger.size).toBe(1);
    merger.push(notice('tamper', 'tamper'), 'isapi', 1, 120_000);
    expect(merger.size).toBe(2);
    merger.push(notice('face', 'face'), 'isapi', 1, 120_001);
    expect(merger.size).toBe(2);
  });

  it('is remembered for two minutes when more of the same has happened since', () => {
    const merger = new Merger<Told>();
    for (const atMs of [0, 10_000, 20_000])
      merger.push(notice('stream', 'plate', { timeMs: START + atMs }), 'isapi', 1, atMs);
    expect(merger.push(notice('late', 'plate', { timeMs: START + 10_000 }), 'push', 2, 100_000)).toEqual([]);
    expect(merger.joined).toBe(1);
    expect(merger.size).toBe(3);
    merger.push(notice('stream', 'plate', { timeMs: START + 135_000 }), 'isapi', 1, 135_000);
    expect(merger.size).toBe(2);
  });

  it('is forgotten in time also while one thing goes on all the time', () => {
    const merger = new Merger<Told>();
    for (let second = 0; second < 600; second++) {
      const timeMs = START + second * 1_000;
      merger.push(notice('motion', 'motion', { timeMs }), 'isapi', 1, second * 1_000);
      merger.push(notice('car', 'plate', { details: { plate: `P${second}` }, timeMs }), 'isapi', 1, second * 1_000);
    }
    // 121 seconds of each, and one more plate that goes with the next message.
    expect(merger.size).toBeLessThanOrEqual(2 * 121 + 1);
  });

  it('gives way, the oldest first, to what is beyond the bound', () => {
    const merger = new Merger<Told>();
    const car = (index: number, way: EventSource) =>
      merger.push(notice(way, 'plate', { details: { plate: `P${index}` } }), way, 1, 0);
    for (let index = 0; index < 1_024; index++) car(index, 'isapi');
    expect(merger.size).toBe(1_024);
    car(1_024, 'isapi');
    expect(merger.size).toBe(1_024);
    expect(words(car(1, 'push'))).toEqual([]);
    expect(words(car(0, 'push'))).toEqual(['push']);
  });

  it('keeps its last word where one thing alone goes beyond the bound', () => {
    const merger = new Merger<Told>();
    const bell = (index: number, way: EventSource) =>
      merger.push(notice(way, 'doorbell', { timeMs: START + index * 10 }), way, 1, index * 10);
    for (let index = 0; index < 1_024; index++) bell(index, 'isapi');
    expect(merger.size).toBe(1_024);
    bell(1_024, 'isapi');
    expect(merger.size).toBe(1);
    expect(words(bell(1_024, 'push'))).toEqual([]);
  });

  it('is not forgotten while it waits, however much comes', () => {
    const merger = new Merger<Told>();
    const motion = (channel: number, way: EventSource) => merger.push(notice(way, 'motion', { channel }), way, 2, 0);
    for (let channel = 0; channel < 1_100; channel++) motion(channel, 'isapi');
    expect(words(motion(0, 'push'))).toEqual(['isapi push']);
    expect(merger.flush()).toHaveLength(1_099);
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

describe('the word that wins', () => {
  const rect = { x: 0, y: 0, width: 1, height: 1 };
  const region = { id: 1, sensitivity: null, points: [], target: null, targetRect: null };
  const details = Object.fromEntries('abcdefg'.split('').map((name) => [name, 1]));

  it.each<[string, Partial<Told>, Partial<Told>]>([
    [
      'with a picture, before target, region and rectangle',
      { pictures: [picture('a.jpg')] },
      { target: 'human', targetRect: rect, regions: [region] },
    ],
    ['with a target, before its rectangle', { target: 'human' }, { targetRect: rect }],
    ['with a rectangle, before a region', { targetRect: rect }, { regions: [region] }],
    ['with a time, before a region', { timeMs: START }, { timeMs: null, regions: [region] }],
    ['with a region, before seven details', { regions: [region] }, { details }],
    ['with more details', { details: { lane: 1, speed: 40 } }, { details: { lane: 1 } }],
    ['that knows something', { details: { lane: 1 } }, { details: { lane: null, speed: undefined, brand: null } }],
  ])('is the one %s', (_what, rich, poor) => {
    const told = (label: string, changes: Partial<Told>) => notice(label, 'motion', { ...changes });
    for (const order of ['rich poor', 'poor rich']) {
      const [one, other] = order === 'rich poor' ? [rich, poor] : [poor, rich];
      const [first = '', second = ''] = order.split(' ');
      const { out } = merged([
        [0, 'isapi', told(first, one)],
        [10, 'push', told(second, other)],
      ]);
      expect(out).toMatchObject([{ label: 'rich', of: order }]);
    }
  });

  it('is the first of two that say as much', () => {
    expect(merged(pair('motion', { lane: 1 }, { lane: 2 })).labels).toEqual(['stream']);
  });

  it('brings its own copy of a picture that two ways have, and no more than 16 in all', () => {
    const own = picture('0.jpg');
    const more = Array.from({ length: 10 }, (_, index) => picture(`${index}.jpg`));
    const others = Array.from({ length: 10 }, (_, index) => picture(`${index + 10}.jpg`));
    const merger = new Merger<Told>();
    merger.push(notice('stream', 'face', { pictures: [picture('0.jpg'), ...others.slice(0, 5)] }), 'isapi', 3, 0);
    merger.push(notice('push', 'face', { pictures: [own, ...more.slice(1)] }), 'push', 3, 1);
    const [result] = merger.push(notice('poll', 'face', { pictures: others }), 'poll', 3, 2);
    expect(result?.notice.label).toBe('push');
    expect(result?.notice.pictures[0]).toBe(own);
    expect(result?.notice.pictures.map(({ name }) => name)).toEqual(
      Array.from({ length: 16 }, (_, index) => `${index}.jpg`),
    );
  });

  it('keeps pictures of one name that differ in size, and all of its own where it is the only word', () => {
    const twice = [picture('face.jpg', 10), picture('face.jpg', 20)];
    const { out } = merged([
      [0, 'isapi', notice('stream', 'face', { pictures: twice })],
      [0, 'push', notice('push', 'face')],
    ]);
    expect(out[0]?.pictures).toEqual(['face.jpg', 'face.jpg']);
    const same = [picture('face.jpg'), picture('face.jpg')];
    expect(merged([[0, 'isapi', notice('stream', 'face', { pictures: same })]]).out[0]?.pictures).toHaveLength(2);
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

  it('what happens once, or ends, is told for as long as two ways may be apart', () => {
    const { direct, recorder } = site({ serial: 'S123456789', address: null });
    const plate = (channel: number) => ({ kind: 'plate', active: true, channel }) as const;
    direct.saw(plate(1), 0);
    direct.saw(motion(1, false), 0);
    expect(recorder.standsIn(plate(3), 3_000)).toBe('told');
    expect(recorder.standsIn(plate(3), 3_001)).toBe('open');
    expect(recorder.standsIn(motion(3, false), 3_000)).toBe('told');
    expect(recorder.standsIn(motion(3, false), 3_001)).toBe('open');
  });

  it('what the recorder says of its cameras is nothing that it saw itself', () => {
    const { place, recorder } = site({ serial: 'S1', address: null });
    const above = place.join();
    above.has(new Map([[1, { serial: 'REC', address: null }]]));
    recorder.isHeard = true;
    recorder.saw(motion(3), 0);
    expect(above.standsIn(motion(1), 0)).toBe('open');
  });

  it('is not the one that asks, and the one with its serial number before one with its address', () => {
    const place = new Site();
    const [byAddress, other, bySerial, recorder] = [place.join(), place.join(), place.join(), place.join()];
    byAddress.is({ serial: null, address: '192.0.2.7' });
    other.is({ serial: null, address: '192.0.2.7' });
    bySerial.is({ serial: 'S7', address: '192.0.2.9' });
    for (const each of [byAddress, other, bySerial, recorder]) each.isHeard = true;
    recorder.is({ serial: 'REC', address: '192.0.2.1' });
    recorder.has(
      new Map([
        [1, { serial: 'REC', address: null }],
        [2, { serial: 'S7', address: '192.0.2.7' }],
        [3, { serial: 'S8', address: '192.0.2.7' }],
      ]),
    );
    expect(recorder.standsIn(motion(1), 0)).toBe('own');
    bySerial.saw(motion(1), 0);
    expect(recorder.standsIn(motion(2), 0)).toBe('told');
    expect(recorder.standsIn(motion(3), 0)).toBe('open');
    // Of two at one address the one that joined first.
    byAddress.saw(motion(1), 0);
    expect(recorder.standsIn(motion(3), 0)).toBe('told');
  });

  it('is known by the last nine characters of its serial number, and by no less', () => {
    const verdict = (serial: string, behind: string) =>
      site({ serial, address: null }, { serial: behind, address: null }).recorder.standsIn(motion(3), 0);
    expect(verdict('DS-2CD2085 123456789', '123456789')).toBe('open');
    expect(verdict('123456789', 'DS-2CD2085 123456789')).toBe('open');
    expect(verdict('DS-2CD2085 123456789', '23456789')).toBe('own');
    expect(verdict('DS-2CD2085 123456789', 'DS2CD2085')).toBe('own');
    expect(verdict('', '')).toBe('own');
    const spelled = site({ serial: null, address: ' Cam.Local ' }, { serial: null, address: 'cam.local' });
    expect(spelled.recorder.standsIn(motion(3), 0)).toBe('open');
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
