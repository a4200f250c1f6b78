import { describe, expect, it } from 'vitest';
import { ArgumentError, EVENT_KIND_NAMES, type HikvisionEvent } from '../../lib/index';
import { baseTopicProblem, eventPayload, TOPICS, Topics, withoutSecrets } from '../../lib/mqtt/topics';
import { accessMeaning } from '../../lib/events/access-codes';
import { cidMeaning } from '../../lib/events/cid-codes';
import { MQTT_EVENT_MAX_BYTES } from '../../lib/settings';
import { event, region } from '../support/events';

const topics = new Topics();

function body(text: string | Buffer): Record<string, unknown> {
  return JSON.parse(String(text)) as Record<string, unknown>;
}

const picture = (bytes: number) => ({ name: 'a.jpg', contentType: 'image/jpeg', data: Buffer.alloc(bytes, 1) });

describe('topics', () => {
  it('have one pattern each, under the base', () => {
    const patterns = Object.values(TOPICS).map(({ pattern }) => pattern);
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const pattern of patterns) expect(pattern).toMatch(/^\{base\}(\/(\{[a-z]+\}|[a-z]+))+$/);
  });

  it('leave the levels beside a kind to no kind', () => {
    for (const kind of EVENT_KIND_NAMES) expect(['event', 'snapshot', 'settings']).not.toContain(kind);
  });

  it('say which bridge and which device is there, retained', () => {
    expect(topics.bridgeState('b1', false)).toEqual({
      topic: 'hikvision/bridge/b1/state',
      payload: 'offline',
      retain: true,
      qos: 1,
    });
    expect(topics.availability('gate', true)).toMatchObject({
      topic: 'hikvision/gate/availability',
      payload: 'online',
    });
    expect(topics.owner('gate', 'b1')).toMatchObject({ topic: 'hikvision/gate/owner', payload: 'b1', retain: true });
  });

  it('take the base and the QoS that were set', () => {
    const own = new Topics({ base: 'home/cameras', qos: 2 });
    expect(own.availability('gate', true)).toMatchObject({ topic: 'home/cameras/gate/availability', qos: 2 });
    expect(own.commandOf('home/cameras/gate/command/camera/move')).toEqual({ device: 'gate', command: 'camera.move' });
    expect(own.commandOf('hikvision/gate/command/camera/move')).toBeNull();
  });

  it('find the command and its device, and nothing in other topics', () => {
    expect(topics.commandTopic('gate', 'camera.gotoPreset')).toBe('hikvision/gate/command/camera/gotoPreset');
    expect(topics.commandOf('hikvision/gate/command/camera/gotoPreset')).toEqual({
      device: 'gate',
      command: 'camera.gotoPreset',
    });
    expect(topics.commandOf('hikvision/gate/command')).toEqual({ device: 'gate', command: null });
    for (const other of [
      'hikvision/gate/command/camera',
      'hikvision/gate/command/camera/gotoPreset/1',
      'hikvision/gate/command//gotoPreset',
      'hikvision//command/camera/gotoPreset',
      'hikvision/gate/1/event',
      '',
    ])
      expect(topics.commandOf(other), other).toBeNull();
  });

  it('tell a state from what stands beside it', () => {
    expect(topics.match('state', 'hikvision/gate/1/motion')).toEqual({ device: 'gate', channel: '1', kind: 'motion' });
    for (const other of [
      'gate/1/event',
      'gate/1/settings',
      'gate/device/snapshot',
      'bridge/b1/state',
      'gate/command/a',
    ])
      expect(topics.match('state', `hikvision/${other}`), other).toBeNull();
  });

  it('are subscribed to for one device, for all, and shared', () => {
    expect(topics.commandFilter('gate')).toBe('hikvision/gate/command/#');
    expect(topics.commandFilter()).toBe('hikvision/+/command/#');
    expect(topics.commandFilter('gate', 'bridges')).toBe('$share/bridges/hikvision/gate/command/#');
  });

  for (const [base, problem] of [
    ['hikvision', null],
    ['home/cameras', null],
    ['дом', null],
    ['', 'empty'],
    ['/hikvision', 'empty level'],
    ['hikvision/', 'empty level'],
    ['a//b', 'empty level'],
    ['home/+', 'wildcard'],
    ['#', 'wildcard'],
    ['$SYS/x', 'kept for the broker'],
    ['a\0b', 'refuse'],
    ['a\ud800', 'refuse'],
    ['x'.repeat(129), 'longer'],
  ] as const) {
    it(`${problem === null ? 'take' : 'refuse'} the base ${JSON.stringify(base).slice(0, 20)}`, () => {
      if (problem === null) {
        expect(baseTopicProblem(base)).toBeNull();
        return;
      }
      expect(baseTopicProblem(base)).toContain(problem);
      expect(() => new Topics({ base })).toThrow(ArgumentError);
    });
  }
});

describe('an event', () => {
  it('is told once, not retained, with its type, id and mark', () => {
    const [message, ...more] = topics.event('gate', event({ stale: true }));
    expect(more).toEqual([]);
    expect(message).toMatchObject({ topic: 'hikvision/gate/1/event', retain: false, qos: 1 });
    expect(body(message?.payload ?? '')).toMatchObject({
      event_type: 'motion_start',
      id: 'id-1',
      kind: 'motion',
      stale: true,
    });
  });

  it('has the type of its kind alone where the kind has no end', () => {
    expect(body(eventPayload(event({ kind: 'doorbell', state: 'once' })))).toMatchObject({ event_type: 'doorbell' });
    expect(body(eventPayload(event({ state: 'end' })))).toMatchObject({ event_type: 'motion_end' });
  });

  it('of the device itself stands under device', () => {
    expect(topics.event('gate', event({ channel: null }))[0]?.topic).toBe('hikvision/gate/device/event');
  });

  it('carries no picture; each goes as bytes, the fullest last, so that it is the one that stays', () => {
    const messages = topics.event('gate', event({ pictures: [picture(30), picture(10)] }));
    expect(messages.map(({ topic }) => topic)).toEqual([
      'hikvision/gate/1/event',
      'hikvision/gate/1/motion/picture',
      'hikvision/gate/1/motion/picture',
    ]);
    expect(messages.slice(1).map(({ payload }) => payload.length)).toEqual([10, 30]);
    expect(messages.every(({ retain }) => !retain)).toBe(true);
    expect(body(messages[0]?.payload ?? '')['pictures']).toEqual([
      { name: 'a.jpg', contentType: 'image/jpeg', sizeBytes: 30 },
      { name: 'a.jpg', contentType: 'image/jpeg', sizeBytes: 10 },
    ]);
  });

  it('leaves its picture with the broker only where that was chosen, and never a stale one', () => {
    const own = new Topics({ retainPictures: true });
    expect(own.pictures('gate', event({ pictures: [picture(3)] }))[0]?.retain).toBe(true);
    expect(own.pictures('gate', event({ pictures: [picture(3)], stale: true }))[0]?.retain).toBe(false);
    expect(own.snapshot('gate', 2, Buffer.from('x'))).toMatchObject({
      topic: 'hikvision/gate/2/snapshot',
      retain: true,
    });
  });

  it('gives away no serial number, address, or password', () => {
    const text = eventPayload(
      event({
        device: { name: 'Cam', host: '192.0.2.77', serial: 'SERIAL-1', model: 'M' },
        details: {
          serialNumber: 'SERIAL-1',
          nested: [{ macAddress: '00:11', '@deviceID': 'SERIAL-1', plate: 'B-AB 1' }],
          pictureUrl: 'http://admin:planted-secret@192.0.2.5/a.jpg',
          card: '0012',
        },
      }),
    );
    for (const secret of ['SERIAL-1', '00:11', 'planted-secret', '192.0.2.77']) expect(text).not.toContain(secret);
    expect(body(text)['details']).toEqual({
      nested: [{ plate: 'B-AB 1' }],
      pictureUrl: 'http://192.0.2.5/a.jpg',
      card: '0012',
    });
  });

  it('is never larger than its bound, and says what was left out', () => {
    const large = event({ details: { plate: 'B-AB 1', huge: 'ä'.repeat(MQTT_EVENT_MAX_BYTES), small: 'x' } });
    const text = eventPayload(large);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MQTT_EVENT_MAX_BYTES);
    expect(body(text)).toMatchObject({ details: { plate: 'B-AB 1', small: 'x' }, omitted: ['details.huge'] });
  });

  it('is bounded even where everything in it is large', () => {
    const many: HikvisionEvent['regions'] = Array.from({ length: 5_000 }, (_, id) => region(id, 'human'));
    const text = eventPayload(
      event({ regions: many, channelName: 'n'.repeat(100_000), eventType: 't'.repeat(100_000) }),
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MQTT_EVENT_MAX_BYTES);
    expect(body(text)).toMatchObject({ id: 'id-1', event_type: 'motion_start', regions: [] });
  });

  it('is bounded in depth', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 10_000; level++) deep = { deep };
    expect(JSON.stringify(withoutSecrets(deep)).length).toBeLessThan(300);
  });
});

describe('what is published', () => {
  it('holds no secret of a document, whatever it is called', () => {
    const names = [
      'password',
      'loginPassword',
      'adminPassword',
      'passwd',
      'sharedKey',
      'wpaKey',
      'installerCode',
      '#pin',
    ];
    const document = Object.fromEntries(names.map((name) => [name.replace('#', ''), 'hunter2']));
    expect(JSON.stringify(withoutSecrets({ list: [document] }))).toBe('{"list":[{}]}');
  });

  it('publishes our own words for what happened, which stand in a member that devices keep keys in', () => {
    const { details } = body(eventPayload(event({ details: { key: 'cardGranted', inner: { key: 'burglary' } } })));
    expect(details).toEqual({ key: 'cardGranted', inner: { key: 'burglary' } });
    expect(withoutSecrets({ key: 'Wl4nS3cret!', wpa: { key: 'toString' } })).toEqual({ wpa: {} });
    for (const key of [
      ...[accessMeaning(5, 1), accessMeaning(5, 75), accessMeaning(9, 9), accessMeaning(5, 0x500)],
      ...[cidMeaning(1131), cidMeaning(3131), cidMeaning(4711), cidMeaning(1461)],
    ].map((meaning) => meaning.key))
      expect(withoutSecrets({ key }), key).toEqual({ key });
  });

  it('keeps switches and ranges', () => {
    const document = { isSupportPassword: 'true', passwordLevel: '3', password: { '@min': '8' }, tokenLength: 16 };
    expect(withoutSecrets({ a: document })).toEqual({
      a: { isSupportPassword: 'true', passwordLevel: '3', tokenLength: 16 },
    });
  });

  it.each([
    ['rtsp://admin:hunter2@192.0.2.7/x', 'rtsp://192.0.2.7/x'],
    ['rtsp://admin:p@hunter2@192.0.2.7/x', 'rtsp://192.0.2.7/x'],
    ['play rtsp://admin:hunter2@192.0.2.7 now', 'play rtsp://192.0.2.7 now'],
    ['http://192.0.2.7/a@b', 'http://192.0.2.7/a@b'],
  ])('has no user in an address: %s', (text, shown) => {
    expect(withoutSecrets([text])).toEqual([shown]);
  });
});

describe('where an answer may go', () => {
  const topics = new Topics({ base: 'site/hik' });

  it.each(['my/answers', 'site', 'site/hik2/gate/owner', 'site/hik/gate/result'])('%s', (topic) => {
    expect(topics.takesAnswers(topic)).toBe(true);
  });

  it.each([
    '',
    '$SYS/broker',
    '$share/a/b',
    'a/+',
    '#',
    'a\0b',
    'site/hik/gate/command',
    'site/hik/gate/command/event/openDoor',
    'site/hik/gate/command/a/b/c',
    'site/hik/gate/owner',
    'site/hik/gate/availability',
    'site/hik/gate/1/motion',
    'site/hik/bridge/one/state',
  ])('not %j', (topic) => {
    expect(topics.takesAnswers(topic)).toBe(false);
  });
});

describe('an answer', () => {
  const done = {
    command: 'camera.snapshot',
    id: 'x',
    ok: true,
    result: { contentType: 'image/jpeg', data: Buffer.alloc(9) },
  } as const;

  it('goes to the result topic, or where the sender wants it, without bytes', () => {
    expect(topics.result('gate', done)).toMatchObject({ topic: 'hikvision/gate/result', retain: false });
    expect(topics.result('gate', done, 'my/answers').topic).toBe('my/answers');
    expect(body(topics.result('gate', done).payload)).toEqual({
      command: 'camera.snapshot',
      id: 'x',
      ok: true,
      result: { contentType: 'image/jpeg', data: { sizeBytes: 9 } },
    });
  });

  it('of a failure says its code', () => {
    const failed = { command: 'a.b', id: null, ok: false, error: { code: 'HIK_BUSY', message: 'busy' } } as const;
    expect(body(topics.result('gate', failed).payload)).toEqual(failed);
  });
});
