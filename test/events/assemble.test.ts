import { describe, expect, it } from 'vitest';
import { EventIds, eventOf } from '../../lib/events/assemble';
import type { Edge } from '../../lib/events/edges';
import type { Notice, Region } from '../../lib/events/event';
import { toldNotice, type ToldFields } from '../../lib/events/told';

const DEVICE = { name: 'gate', host: '192.0.2.7', serial: null, model: null };
const RECEIVED = Date.parse('2024-05-01T12:00:00.250Z');
const region = (id: number): Region => ({ id, sensitivity: 50, points: [], target: null, targetRect: null });

function assembled(changes: Partial<Edge> = {}, fields: Partial<ToldFields> = {}, more: Partial<Notice> = {}) {
  const notice = {
    ...toldNotice({ kind: 'lineCrossing', eventType: 'linedetection', channel: 2, channelName: 'Gate', ...fields }),
    ...more,
  };
  const edge: Edge = {
    kind: 'lineCrossing',
    state: 'start',
    notice,
    inferred: false,
    count: 1,
    subject: null,
    ...changes,
  };
  return eventOf(edge, { id: 'a-1', notice, receivedMs: RECEIVED, stale: false }, DEVICE, 'push');
}

describe('an event', () => {
  it('has an id of its own for each region and for its end', () => {
    expect(assembled().id).toBe('a-1');
    expect(assembled({ subject: '2' }).id).toBe('a-1-2');
    expect(assembled({ state: 'end' }).id).toBe('a-1-end');
    expect(assembled({ state: 'end', subject: '2' }).id).toBe('a-1-2-end');
    expect(assembled({ state: 'once' }).id).toBe('a-1');
  });

  it('is active until its end', () => {
    expect(assembled().active).toBe(true);
    expect(assembled({ state: 'once' }).active).toBe(true);
    expect(assembled({ state: 'end' }).active).toBe(false);
  });

  it('has the pictures of its message, unless no message said it', () => {
    const pictures = [{ name: 'a.jpg', contentType: 'image/jpeg', data: Buffer.from('abc') }];
    expect(assembled({}, { pictures }).pictures).toEqual(pictures);
    expect(assembled({ inferred: true, state: 'end' }, { pictures }).pictures).toEqual([]);
  });

  it('has the region that it is about, where its message names several', () => {
    const regions = [region(4), region(2)];
    const details = { rule: 4, ruleName: null, direction: null };
    const about = (subject: string | null, of: readonly Region[] = regions) =>
      assembled({ subject }, { details }, { regions: of });
    expect(about('2').regions).toEqual([region(2)]);
    expect(about('2').details).toMatchObject({ rule: 2 });
    expect(about('4').details).toMatchObject({ rule: 4 });
    expect(about('9').details).toMatchObject({ rule: null });
    expect(about(null).regions).toEqual(regions);
    // One region alone stays, whatever the event is about.
    expect(about('9', [region(4)]).regions).toEqual([region(4)]);
    expect(about('9', [region(4)]).details).toMatchObject({ rule: 4 });
    const motion = assembled({ subject: '2' }, { kind: 'motion', details: { a: 1 } }, { regions });
    expect(motion.details).toEqual({ a: 1 });
  });

  it('is JSON without the bytes of its pictures, and without the words of the device', () => {
    const pictures = [
      { name: 'a.jpg', contentType: 'image/jpeg', data: Buffer.from('abc') },
      { name: 'b.jpg', contentType: 'image/jpeg', data: Buffer.from('ab'), role: 'face' as const },
    ];
    const event = assembled({}, { time: '2024-05-01T14:00:00+02:00', pictures, raw: { eventType: 'linedetection' } });
    expect(event.raw).toEqual({ eventType: 'linedetection' });
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      id: 'a-1',
      device: DEVICE,
      source: 'push',
      kind: 'lineCrossing',
      eventType: 'linedetection',
      state: 'start',
      active: true,
      inferred: false,
      channel: 2,
      channelName: 'Gate',
      time: '2024-05-01T14:00:00+02:00',
      receivedAt: '2024-05-01T12:00:00.250Z',
      stale: false,
      count: 1,
      target: null,
      targetRect: null,
      regions: [],
      details: { rule: null, ruleName: null, direction: null },
      pictures: [
        { name: 'a.jpg', contentType: 'image/jpeg', sizeBytes: 3, role: null },
        { name: 'b.jpg', contentType: 'image/jpeg', sizeBytes: 2, role: 'face' },
      ],
    });
  });

  it('is counted from 0 behind a prefix', () => {
    const ids = new EventIds('x7');
    const taken = Array.from({ length: 37 }, () => ids.take());
    expect(taken.slice(0, 2)).toEqual(['x7-0', 'x7-1']);
    expect([taken[10], taken[36]]).toEqual(['x7-a', 'x7-10']);
  });
});

describe('a notice that is made of an answer', () => {
  it('has what is given, and else the device itself, now and active', () => {
    expect(toldNotice({ kind: 'motion', eventType: 'poll' })).toMatchObject({
      heartbeat: false,
      kind: 'motion',
      eventType: 'poll',
      active: true,
      channel: null,
      rawChannel: null,
      channelName: null,
      time: null,
      timeMs: null,
      timeHasOffset: false,
      subjects: [],
      regions: [],
      isComplete: true,
      retransmitted: false,
      expectedPictures: 0,
      pictures: [],
      raw: null,
    });
    const given = {
      active: false,
      channel: 3,
      channelName: 'Gate',
      subjects: ['2'],
      details: { a: 1 },
      retransmitted: true,
      raw: { b: 2 },
    };
    expect(
      toldNotice({ kind: 'motion', eventType: 'poll', time: '2024-05-01T14:00:00+02:00', ...given }),
    ).toMatchObject({
      ...given,
      rawChannel: 3,
      time: '2024-05-01T14:00:00+02:00',
      timeMs: Date.parse('2024-05-01T12:00:00Z'),
      timeHasOffset: true,
    });
    // A time that is none is not known.
    expect(toldNotice({ kind: 'motion', eventType: 'poll', time: 'now' })).toMatchObject({ time: null, timeMs: null });
  });
});
