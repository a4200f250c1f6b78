import { describe, expect, it } from 'vitest';
import { Timeline } from '../../lib/dashboard/timeline';
import type { EventRow } from '../../lib/dashboard/wire';
import type { HikvisionEvent } from '../../lib/index';
import { event, region } from '../support/events';

const at = (seconds: number) => new Date(Date.parse('2024-05-01T12:00:00Z') + seconds * 1_000).toISOString();
const jpeg = (sizeBytes: number) => Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(sizeBytes - 2)]);
const named = (data: Buffer, role: 'vehicle' | null = null) => ({
  name: 'a.jpg',
  contentType: 'image/jpeg',
  data,
  role,
});

/** The row that an event made, or changed. */
function add(timeline: Timeline, more: Partial<HikvisionEvent>, device = 0): EventRow {
  const row = timeline.add(device, event(more)).at(-1);
  if (row === undefined) throw new Error('an event makes a row');
  return row;
}

describe('the timeline', () => {
  it('makes one row of a start and its end', () => {
    const timeline = new Timeline();
    const start = add(timeline, { receivedAt: at(0), target: 'human' });
    expect(start).toMatchObject({ phase: 'running', endMs: null, headline: 'human', channel: 1, hasStart: true });
    const end = add(timeline, { receivedAt: at(7), state: 'end', inferred: true, count: 8 });
    expect(end).toMatchObject({ id: start.id, phase: 'ended', inferred: true, count: 8, headline: 'human' });
    expect((end.endMs ?? 0) - end.startMs).toBe(7_000);
    expect(timeline.rows()).toEqual([end]);
  });

  it('keeps what happens once apart, and an end whose start was not seen', () => {
    const timeline = new Timeline();
    expect(add(timeline, { kind: 'doorbell', state: 'once' })).toMatchObject({ phase: 'once', endMs: null });
    expect(add(timeline, { state: 'end' })).toMatchObject({ phase: 'ended', hasStart: false });
    expect(timeline.rows()).toHaveLength(2);
  });

  it('tells devices, channels, kinds, regions and inputs apart', () => {
    const timeline = new Timeline();
    const line = { kind: 'lineCrossing', eventType: 'linedetection' } as const;
    const input = { kind: 'alarmInput', eventType: 'IO', channel: null } as const;
    const fault = { kind: 'deviceFault', channel: null } as const;
    const starts = [
      add(timeline, {}),
      add(timeline, {}, 1),
      add(timeline, { channel: 2 }),
      add(timeline, { ...line, regions: [region(1)] }),
      add(timeline, { ...line, regions: [region(2)] }),
      add(timeline, { ...input, details: { port: 1 } }),
      add(timeline, { ...input, details: { port: 2 } }),
      add(timeline, { ...fault, eventType: 'fanfailure' }),
      add(timeline, { ...fault, eventType: 'overheat' }),
    ];
    expect(new Set(starts.map(({ id }) => id)).size).toBe(9);
    const ended = [
      add(timeline, { state: 'end' }, 1),
      add(timeline, { ...line, regions: [region(2)], state: 'end' }),
      add(timeline, { ...input, details: { port: 2 }, state: 'end' }),
      add(timeline, { ...fault, eventType: 'overheat', state: 'end' }),
      // It names no region: it is about the one that is left.
      add(timeline, { ...line, state: 'end' }),
    ];
    expect(ended.map(({ id }) => id)).toEqual([1, 4, 6, 8, 3].map((index) => starts[index]?.id));
    const running = timeline.rows().filter(({ phase }) => phase === 'running');
    expect(running.map(({ id }) => id)).toEqual([0, 2, 5, 7].map((index) => starts[index]?.id));
  });

  it('shows no serial number, no password and nothing without end', () => {
    const details = {
      plate: 'AB 123',
      serialNumber: 'DS-SECRET-1',
      inner: { devicePassword: 'Planted-s3cret', macAddress: '00:11', deep: { a: { b: { c: 1 } } } },
      long: 'x'.repeat(10_000),
      lines: 'one\r\ntwo\u0000three',
      nothing: null,
      ...Object.fromEntries(Array.from({ length: 100 }, (_each, index) => [`more${index}`, index])),
    };
    const row = add(new Timeline(), { kind: 'plate', state: 'once', details, eventType: '<b>ANPR</b>' });
    const text = JSON.stringify(row);
    expect(text).not.toMatch(/DS-|SECRET|s3cret|00:11/);
    expect(text.length).toBeLessThan(3_000);
    expect(row).toMatchObject({ headline: 'AB 123', eventType: '<b>ANPR</b>' });
    expect(row.details).toContainEqual(['lines', 'one two three']);
  });

  it('says in words what happened at a door', () => {
    const access = {
      kind: 'access',
      state: 'once',
      details: { key: 'cardNoPermission', personName: 'Person A' },
    } as const;
    expect(add(new Timeline(), access).headline).toBe('card no permission · Person A');
    const bell = { kind: 'doorbell', state: 'once', details: { key: 'doorbell' } } as const;
    expect(add(new Timeline(), bell).headline).toBe(null);
  });

  it('keeps JPEG pictures alone, up to a number and to bytes, and takes them from the oldest', () => {
    const timeline = new Timeline({ maxRows: 10, maxPictureBytes: 250, maxPictures: 2 });
    const first = add(timeline, {
      state: 'once',
      pictures: [
        named(Buffer.from('<svg onload="alert(1)"/>')),
        named(jpeg(60), 'vehicle'),
        named(jpeg(40)),
        named(jpeg(40)),
      ],
    });
    expect(first.pictures).toEqual(['vehicle', null]);
    expect(timeline.picture(first.id, 0)).toHaveLength(60);
    expect(timeline.picture(first.id, 2)).toBeUndefined();
    const [changed, second] = timeline.add(0, event({ state: 'once', pictures: [named(jpeg(200))] }));
    expect(changed).toMatchObject({ id: first.id, pictures: [] });
    expect(timeline.picture(first.id, 0)).toBeUndefined();
    expect(second?.pictures).toEqual([null]);
    // One that is larger than all together is not kept, and costs the others theirs once.
    const huge = timeline.add(0, event({ state: 'once', pictures: [named(jpeg(300))] }));
    expect(huge.map(({ pictures }) => pictures)).toEqual([[], []]);
  });

  it('joins the pictures of the end to those of the start', () => {
    const timeline = new Timeline();
    add(timeline, { pictures: [named(jpeg(10))] });
    expect(add(timeline, { state: 'end', pictures: [named(jpeg(20), 'vehicle')] }).pictures).toEqual([null, 'vehicle']);
  });

  it('forgets the oldest rows, those that run too', () => {
    const timeline = new Timeline({ maxRows: 3, maxPictureBytes: 100, maxPictures: 1 });
    const ids = [1, 2, 3, 4].map((channel) => add(timeline, { channel, pictures: [named(jpeg(10))] }).id);
    expect(timeline.rows().map(({ id }) => id)).toEqual(ids.slice(1));
    expect(timeline.picture(ids[0] ?? 0, 0)).toBeUndefined();
    expect(add(timeline, { channel: 1, state: 'end' })).toMatchObject({ hasStart: false });
  });
});
