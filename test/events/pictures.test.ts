import { describe, expect, it } from 'vitest';
import type { Part } from '../../lib/codec/multipart';
import type { Picture } from '../../lib/events/event';
import { PictureJoiner } from '../../lib/events/pictures';
import { EVENT_MAX_PICTURES, EVENT_MAX_PICTURE_BYTES, PICTURE_WAIT_MS } from '../../lib/settings';

interface Waiting {
  readonly id: string;
  readonly heartbeat: boolean;
  readonly expectedPictures: number;
  pictures: readonly Picture[];
}

const event = (id: string, expectedPictures = 0, heartbeat = false): Waiting => ({
  id,
  heartbeat,
  expectedPictures,
  pictures: [],
});
const picture = (name: string | null = 'a.jpg', body = Buffer.from('jpeg')): Part => ({
  kind: 'picture',
  contentType: name === null ? null : 'image/pjpeg',
  name,
  formName: null,
  body,
  truncated: false,
});
const ids = (events: readonly Waiting[]): string[] =>
  events.map(({ id, pictures }) => [id, ...pictures.map(({ name }) => name)].join(' '));

describe('PictureJoiner', () => {
  it('hands an event over at once when it announces nothing', () => {
    const joiner = new PictureJoiner<Waiting>();
    expect(ids(joiner.event(event('e'), 0))).toEqual(['e']);
    expect(joiner.dueMs).toBeNull();
  });

  it('hands an event over with its last picture', () => {
    const joiner = new PictureJoiner<Waiting>();
    expect(joiner.event(event('e', 2), 0)).toEqual([]);
    expect(joiner.picture(picture('a.jpg'), 10)).toEqual([]);
    const [whole] = joiner.picture(picture(null), 20);
    expect(whole?.pictures).toEqual([
      { name: 'a.jpg', contentType: 'image/pjpeg', data: Buffer.from('jpeg'), role: null },
      { name: 'picture.jpg', contentType: 'image/jpeg', data: Buffer.from('jpeg'), role: null },
    ]);
    expect(joiner.dueMs).toBeNull();
  });

  it('copies the bytes, which are a view of what was received', () => {
    const joiner = new PictureJoiner<Waiting>();
    joiner.event(event('e', 1), 0);
    const body = Buffer.from('jpeg');
    const [whole] = joiner.picture(picture('a', body), 1);
    body.fill(0);
    expect(whole?.pictures[0]?.data.toString()).toBe('jpeg');
  });

  it('keeps the order of events: the next one sends the waiting one on its way', () => {
    const joiner = new PictureJoiner<Waiting>();
    joiner.event(event('one', 2), 0);
    joiner.picture(picture('1'), 1);
    expect(ids(joiner.event(event('two'), 2))).toEqual(['one 1', 'two']);
    joiner.event(event('three', 1), 3);
    expect(ids(joiner.event(event('four', 1), 4))).toEqual(['three']);
    expect(ids(joiner.picture(picture('4'), 5))).toEqual(['four 4']);
  });

  it('a heartbeat comes behind the event that waits', () => {
    const joiner = new PictureJoiner<Waiting>();
    joiner.event(event('one', 1), 0);
    expect(ids(joiner.event(event('beat', 0, true), 1))).toEqual(['one', 'beat']);
  });

  it(`waits ${PICTURE_WAIT_MS} ms for a picture, from the last one on, and longer while one comes in`, () => {
    const joiner = new PictureJoiner<Waiting>();
    joiner.event(event('e', 3), 0);
    expect(joiner.dueMs).toBe(PICTURE_WAIT_MS);
    joiner.picture(picture('1'), 2_000);
    expect(joiner.dueMs).toBe(2_000 + PICTURE_WAIT_MS);
    expect(joiner.due(PICTURE_WAIT_MS)).toEqual([]);
    expect(joiner.due(2_000 + PICTURE_WAIT_MS, true)).toEqual([]);
    expect(ids(joiner.due(2_000 + PICTURE_WAIT_MS))).toEqual(['e 1']);
    expect(joiner.due(99_999)).toEqual([]);
  });

  it('hands over what waits when the stream ends', () => {
    const joiner = new PictureJoiner<Waiting>();
    joiner.event(event('e', 3), 0);
    expect(ids(joiner.release())).toEqual(['e']);
    expect(joiner.release()).toEqual([]);
  });

  it('counts a picture without an event; later events of such a device wait a moment', () => {
    const joiner = new PictureJoiner<Waiting>();
    expect(ids(joiner.event(event('one'), 0))).toEqual(['one']);
    expect(joiner.picture(picture(), 1)).toEqual([]);
    expect(joiner.orphans).toBe(1);
    expect(joiner.event(event('two'), 10)).toEqual([]);
    expect(joiner.dueMs).toBeLessThanOrEqual(1_010);
    joiner.picture(picture('2'), 20);
    joiner.picture(picture('3'), 30);
    expect(ids(joiner.event(event('three'), 40))).toEqual(['two 2 3']);
    expect(ids(joiner.due(40 + PICTURE_WAIT_MS))).toEqual(['three']);
    expect(joiner.orphans).toBe(1);
  });

  it('in a push, pictures that come before their event wait for it', () => {
    const joiner = new PictureJoiner<Waiting>(true);
    expect(joiner.picture(picture('first'), 0)).toEqual([]);
    expect(joiner.event(event('e'), 1)).toEqual([]);
    joiner.picture(picture('behind'), 2);
    expect(ids(joiner.release())).toEqual(['e first behind']);
    expect(joiner.orphans).toBe(0);
    expect(joiner.unclaimed()).toEqual([]);
  });

  it('in a push, the event that has all of its pictures already is handed over at once', () => {
    const joiner = new PictureJoiner<Waiting>(true);
    joiner.picture(picture('1'), 0);
    joiner.picture(picture('2'), 0);
    expect(ids(joiner.event(event('e', 2), 1))).toEqual(['e 1 2']);
  });

  it('in a push without an event, its pictures are counted', () => {
    const joiner = new PictureJoiner<Waiting>(true);
    joiner.picture(picture('1'), 0);
    joiner.event(event('beat', 0, true), 1);
    for (let at = 0; at < EVENT_MAX_PICTURES; at++) joiner.picture(picture('2'), 2);
    expect(joiner.dropped).toBe(1);
    expect(joiner.unclaimed()).toHaveLength(EVENT_MAX_PICTURES);
    expect(joiner.unclaimed()).toEqual([]);
    expect(joiner.orphans).toBe(EVENT_MAX_PICTURES);
  });

  it('keeps no more pictures and bytes than the limits', () => {
    const many = new PictureJoiner<Waiting>();
    many.event(event('e', 99), 0);
    const whole = Array.from({ length: EVENT_MAX_PICTURES + 3 }, (_, at) => many.picture(picture(), at)).flat();
    expect(whole.map(({ pictures }) => pictures.length)).toEqual([EVENT_MAX_PICTURES]);

    const large = new PictureJoiner<Waiting>();
    large.event(event('e', 3), 0);
    large.picture(picture('half', Buffer.alloc(EVENT_MAX_PICTURE_BYTES / 2)), 1);
    large.picture(picture('too much', Buffer.alloc(EVENT_MAX_PICTURE_BYTES / 2 + 1)), 2);
    large.picture(picture('small'), 3);
    expect(large.dropped).toBe(1);
    expect(ids(large.release())).toEqual(['e half small']);
  });
});
