import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { systemClock, type Clock } from '../../lib/clock';
import { UnsupportedError } from '../../lib/errors';
import { Publisher, type PublisherOptions } from '../../lib/publisher/publisher';
import { BROKER_RETRY_MAX_MS, OWNER_WAIT_MS } from '../../lib/settings';
import { startBroker, type Broker } from '../demo/broker';
import { bridged, CONNECTED, Ear, eventWith, FakeDevice } from '../support/bridged';
import { brokerMissing, certificateIn, Mosquitto } from '../support/brokers';

const closing: (() => Promise<unknown>)[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-publisher-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** For a bridge that is alone at its broker: it listens for others, and for what an earlier run left, only as long as it must. */
const ALONE: Clock = {
  ...systemClock,
  after: (delayMs, run) => systemClock.after(delayMs === OWNER_WAIT_MS ? 50 : delayMs, run),
};
/** For one that the broker lets go again and again: it asks again ten times as often. */
const HASTY: Clock = {
  ...systemClock,
  after: (delayMs, run) => systemClock.after(delayMs <= BROKER_RETRY_MAX_MS ? delayMs / 10 : delayMs, run),
};
/** For one that has company, or a past. */
const NOT_ALONE = systemClock;

let journals = 0;

async function publisherAt(
  url: string,
  devices: PublisherOptions['devices'],
  more: Partial<PublisherOptions> = {},
): Promise<{ publisher: Publisher; warnings: string[] }> {
  const publisher = await Publisher.open({
    bridgeId: 'test',
    broker: { urls: [url] },
    devices,
    journal: { folder: join(folder, String(journals++)) },
    clock: ALONE,
    random: () => 0,
    ...more,
  });
  const warnings: string[] = [];
  publisher.onWarning = (code, message) => warnings.push(`${code}: ${message}`);
  publisher.start();
  closing.push(() => publisher.stop());
  return { publisher, warnings };
}

async function earAt(...args: Parameters<typeof Ear.at>): Promise<Ear> {
  const ear = await Ear.at(...args);
  closing.push(() => ear.close());
  return ear;
}

async function aedes(port = 0): Promise<{ broker: Broker; url: string }> {
  const broker = await startBroker(port);
  closing.push(() => broker.close());
  return { broker, url: `mqtt://127.0.0.1:${broker.port}` };
}

const idOf = (text: string) => (JSON.parse(text) as { id: string }).id;

/** The rules that hold with every broker. */
function rules(urlOf: () => Promise<{ url: string }>): void {
  it('says that bridge and device are there, and what the device is', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    await publisherAt(url, [bridged('Front door', new FakeDevice())]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    await ear.until('info', () => ear.last('hikvision/front-door/info'));
    assert.equal(ear.last('hikvision/bridge/test/state'), 'online');
    assert.equal(ear.last('hikvision/front-door/owner'), 'test');
    const info = JSON.parse(ear.last('hikvision/front-door/info') ?? '') as Record<string, unknown>;
    assert.equal(info.model, 'DS-2CD2185FWD-I');
    assert.ok(!JSON.stringify(ear.heard.map(({ text }) => text)).includes('123456789'), 'the serial number is nowhere');
  });

  it('publishes an event on its stream and as a state, in order', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    const { publisher } = await publisherAt(url, [bridged('Front door', device)]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    const [start, end] = [eventWith(), eventWith({ state: 'end' })];
    device.emit(start);
    device.emit(end);
    await ear.until('the end', () => ear.all('hikvision/front-door/1/event').length === 2);
    assert.deepEqual(ear.all('hikvision/front-door/1/event').map(idOf), [start.id, end.id]);
    await ear.until('off', () => ear.last('hikvision/front-door/1/motion') === 'OFF');
    assert.deepEqual(ear.all('hikvision/front-door/1/motion').slice(-2), ['ON', 'OFF']);
    await ear.until('acknowledged', () => publisher.status.queued === 0 && publisher.status.published === 2);
    const late = await earAt(url);
    await late.until('retained state', () => late.last('hikvision/front-door/1/motion') === 'OFF');
    assert.equal(late.last('hikvision/front-door/1/event'), undefined, 'events are not retained');
  });

  it('marks stale events, and lets them move no state', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    await publisherAt(url, [bridged('Front door', device)]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    device.emit(eventWith({ stale: true }));
    const text = await ear.until('the event', () => ear.last('hikvision/front-door/1/event'));
    assert.equal((JSON.parse(text) as { stale: boolean }).stale, true);
    assert.equal(ear.last('hikvision/front-door/1/motion'), undefined);
  });

  it('says OFF for what a device may have, and changes only the availability when it is gone', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    device.answer = (command) =>
      command === 'event.listTriggers'
        ? [
            { kind: 'motion', channel: 1, port: null, notifiesCenter: true },
            { kind: 'tamper', channel: 1, port: null, notifiesCenter: true },
          ]
        : [];
    await publisherAt(url, [bridged('Front door', device)]);
    await ear.until('off', () => ear.last('hikvision/front-door/1/tamper') === 'OFF');
    device.emit(eventWith());
    await ear.until('on', () => ear.last('hikvision/front-door/1/motion') === 'ON');
    const before = ear.heard.length;
    device.become({ state: 'lost', reason: 'no answer', code: 'HIK_TIMEOUT', retryAtMs: 0 });
    await ear.until('offline', () => ear.last('hikvision/front-door/availability') === 'offline');
    const topics = ear.heard.slice(before).map(({ topic }) => topic.replace('hikvision/front-door/', ''));
    assert.deepEqual(
      topics.filter((topic) => !['availability', 'status', '1/event'].includes(topic)),
      [],
    );
  });

  it('switches off what an earlier run left on', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    await ear.client.publishAsync('hikvision/front-door/2/lineCrossing', 'ON', { retain: true, qos: 1 });
    await publisherAt(url, [bridged('Front door', new FakeDevice())], { clock: NOT_ALONE });
    await ear.until('off', () => ear.last('hikvision/front-door/2/lineCrossing') === 'OFF');
  });

  it('publishes pictures as bytes, after their event, and retained only by choice', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    await publisherAt(url, [bridged('Front door', device)], { pictures: true });
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    const data = Buffer.from([0xff, 0xd8, 1, 2, 3]);
    device.emit(eventWith({ pictures: [{ name: 'a.jpg', contentType: 'image/jpeg', data }] }));
    device.emit(eventWith({ state: 'end' }));
    await ear.until('both', () => ear.all('hikvision/front-door/1/event').length === 2);
    const picture = await ear.until('the picture', () =>
      ear.heard.find(({ topic }) => topic.endsWith('/motion/picture')),
    );
    assert.deepEqual(picture.payload, data);
    const late = await earAt(url);
    await late.until('retained', () => late.last('hikvision/front-door/availability'));
    assert.equal(late.last('hikvision/front-door/1/motion/picture'), undefined);
  });

  it('refuses commands when nothing is allowed, and says so in its answer', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    await publisherAt(url, [bridged('Front door', device)]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    const asked = device.calls.length;
    await ear.client.publishAsync('hikvision/front-door/command/camera/snapshot', '{"id":7}', { qos: 1 });
    const text = await ear.until('the answer', () => ear.last('hikvision/front-door/result'));
    const { ok, id, command, error } = JSON.parse(text) as {
      ok: boolean;
      id: number;
      command: string;
      error: { code: string };
    };
    assert.deepEqual(
      { ok, id, command, code: error.code },
      { ok: false, id: 7, command: 'camera.snapshot', code: 'HIK_NOT_ALLOWED' },
    );
    assert.ok(!device.calls.slice(asked).some(({ command: called }) => called === 'camera.snapshot'));
  });

  it('carries out what is allowed per effect, and what is dangerous only when confirmed', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    const answers: unknown[] = [];
    await publisherAt(url, [
      bridged('Reader', device, { allowance: 'read' }),
      bridged('Actor', device, { allowance: 'act' }),
      bridged('Writer', device, { allowance: 'write' }),
    ]);
    await ear.until('availability', () => ear.last('hikvision/writer/availability') === 'online');
    const ask = async (slug: string, command: string, body = '{}') => {
      const topic = `hikvision/${slug}/result`;
      const before = ear.all(topic).length;
      await ear.client.publishAsync(`hikvision/${slug}/command/${command.replace('.', '/')}`, body, { qos: 1 });
      const text = await ear.until('an answer', () => ear.all(topic)[before]);
      const answer = JSON.parse(text) as { ok: boolean; error?: { code: string } };
      answers.push(answer);
      return answer.ok ? 'ok' : answer.error?.code;
    };
    assert.equal(await ask('reader', 'config.getTime'), 'ok');
    assert.equal(await ask('reader', 'camera.gotoPreset', '{"preset":1}'), 'HIK_NOT_ALLOWED');
    assert.equal(await ask('actor', 'camera.gotoPreset', '{"preset":1}'), 'ok');
    assert.equal(await ask('actor', 'event.setMotionDetection', '{"enabled":true}'), 'HIK_NOT_ALLOWED');
    assert.equal(await ask('writer', 'event.setMotionDetection', '{"enabled":true}'), 'ok');
    assert.equal(await ask('actor', 'config.reboot', '{"confirm":true}'), 'HIK_NOT_ALLOWED');
    assert.equal(await ask('writer', 'config.reboot'), 'HIK_CONFIRMATION');
    assert.equal(await ask('writer', 'config.reboot', '{"confirm":true}'), 'ok');
    assert.equal(await ask('writer', 'camera.gotoPreset', '{"preset":"x"}'), 'HIK_ARGUMENT');
    assert.equal(await ask('writer', 'camera.gotoPreset', 'nonsense'), 'HIK_ARGUMENT');
    assert.equal(await ask('writer', 'camera.nothing'), 'HIK_ARGUMENT');
    device.answer = () => {
      throw new UnsupportedError('not here');
    };
    assert.equal(await ask('writer', 'config.getTime'), 'HIK_UNSUPPORTED');
    assert.ok(device.calls.some(({ command, confirm }) => command === 'config.reboot' && confirm));
  });

  it('ignores a retained command and reports it', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    await ear.client.publishAsync('hikvision/front-door/command/config/getTime', '{}', { retain: true, qos: 1 });
    const device = new FakeDevice();
    const { warnings } = await publisherAt(url, [bridged('Front door', device, { allowance: 'write' })]);
    await ear.until('the report', () => warnings.find((warning) => warning.includes('retained')));
    assert.ok(!device.calls.some(({ command }) => command === 'config.getTime'));
    await ear.client.publishAsync('hikvision/front-door/command/config/getTime', '', { retain: true, qos: 1 });
  });

  it('answers a picture with its bytes, in the answer and on the topic of snapshots', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    const data = Buffer.from([0xff, 0xd8, 9]);
    device.answer = (command) => (command === 'camera.snapshot' ? { contentType: 'image/jpeg', data } : []);
    await publisherAt(url, [bridged('Front door', device, { allowance: 'read' })]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    await ear.client.publishAsync('hikvision/front-door/command/camera/snapshot', '{"channel":1}', { qos: 1 });
    const text = await ear.until('the answer', () => ear.last('hikvision/front-door/result'));
    const { result } = JSON.parse(text) as { result: { data: unknown } };
    assert.deepEqual(result.data, { sizeBytes: 3, base64: data.toString('base64') });
    assert.deepEqual(ear.heard.find(({ topic }) => topic.endsWith('/1/snapshot'))?.payload, data);
  });

  it('bounds the commands of one device', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const device = new FakeDevice();
    const running: (() => void)[] = [];
    device.answer = (command) =>
      command === 'config.getTime' ? new Promise<void>((resolve) => running.push(resolve)) : [];
    await publisherAt(url, [bridged('Front door', device, { allowance: 'read' })]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    for (let index = 0; index < 30; index++) {
      await ear.client.publishAsync('hikvision/front-door/command/config/getTime', `{"id":${index}}`, { qos: 1 });
    }
    const answers = () =>
      ear.all('hikvision/front-door/result').map((text) => JSON.parse(text) as { error?: { code: string } });
    await ear.until('refusals', () => answers().length === 10);
    assert.ok(answers().every(({ error }) => error?.code === 'HIK_BUSY'));
    assert.equal(running.length, 4);
    await ear.until('all of them', () => {
      for (const resolve of running.splice(0)) resolve();
      return answers().length === 30;
    });
  });

  it('leaves a device to the bridge that serves it, says so, and takes over when that is gone', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const [mine, theirs] = [new FakeDevice(), new FakeDevice()];
    const first = await publisherAt(url, [bridged('Front door', mine)], { bridgeId: 'first' });
    await ear.until('the owner', () => ear.last('hikvision/front-door/owner') === 'first');
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    const second = await publisherAt(url, [bridged('Front door', theirs, { allowance: 'read' })], {
      bridgeId: 'second',
      clock: NOT_ALONE,
    });
    await ear.until('the conflict', () => second.publisher.status.conflicts['front-door'] === 'first');
    assert.ok(second.warnings.some((warning) => warning.includes("the bridge 'first' serves this device already")));
    const [ours, others] = [eventWith(), eventWith()];
    theirs.emit(others);
    mine.emit(ours);
    await ear.until('one event', () => ear.last('hikvision/front-door/1/event'));
    assert.deepEqual(ear.all('hikvision/front-door/1/event').map(idOf), [ours.id]);
    await first.publisher.stop();
    await ear.until('the new owner', () => ear.last('hikvision/front-door/owner') === 'second');
    const next = eventWith();
    theirs.emit(next);
    await ear.until('its event', () => ear.all('hikvision/front-door/1/event').some((text) => idOf(text) === next.id));
  });

  it('publishes everything again when Home Assistant is born', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    await publisherAt(url, [bridged('Front door', new FakeDevice())], {
      discovery: { prefix: 'homeassistant', language: 'en' },
    });
    await ear.until('info', () => ear.last('hikvision/front-door/info'));
    const before = ear.all('hikvision/front-door/info').length;
    await ear.client.publishAsync('homeassistant/status', 'online', { qos: 1 });
    await ear.until('info again', () => ear.all('hikvision/front-door/info').length > before);
  });

  it('presents its devices to Home Assistant, and takes away what an earlier run presented', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const discovery = { prefix: 'homeassistant', language: 'en' } as const;
    const before = await publisherAt(url, [bridged('Old', new FakeDevice(), { key: 'o' })], { discovery });
    await ear.until('bridge and device', () => new Set(configs()).size >= 2);
    await before.publisher.stop();
    const other = new FakeDevice({
      ...CONNECTED,
      device: { ...CONNECTED.device, serial: 'another' },
    });
    other.answer = (command) =>
      command === 'config.deviceInfo' ? { serial: 'ANOTHER1', name: 'New', model: 'X' } : [];
    const presented = configs();
    await publisherAt(url, [bridged('New', other, { key: 'n' })], { discovery, clock: NOT_ALONE });
    await ear.until('the old one is gone', () =>
      ear.heard.some(({ topic, text }) => presented.includes(topic) && text === ''),
    );
    assert.ok(configs().some((topic) => !presented.includes(topic)));

    function configs(): string[] {
      return ear.heard
        .filter(({ topic, text }) => topic.startsWith('homeassistant/device/') && text !== '')
        .map(({ topic }) => topic);
    }
  });

  it('takes away what it left under a name that a device has no more, and nothing of another bridge', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const journal = { folder: join(folder, String(journals++)) };
    const discovery = { prefix: 'homeassistant', language: 'en' } as const;
    const device = new FakeDevice();
    device.answer = (command) =>
      command === 'config.deviceInfo'
        ? CONNECTED.device
        : command === 'event.listTriggers'
          ? [{ kind: 'motion', channel: 1, port: null, notifiesCenter: true }]
          : command === 'event.getMotionDetection'
            ? { enabled: true }
            : [];
    const before = await publisherAt(url, [bridged('Old name', device, { key: 'k' }), bridged('Lent', device)], {
      journal,
      discovery,
    });
    await ear.until('both', () => ear.last('hikvision/lent/1/settings') && ear.last('hikvision/old-name/1/settings'));
    await ear.until('off', () => ear.last('hikvision/old-name/1/motion') === 'OFF');
    await before.publisher.stop();
    await ear.client.publishAsync('hikvision/lent/owner', 'other', { retain: true, qos: 1 });
    await publisherAt(url, [bridged('New name', device, { key: 'k' })], { journal, discovery, clock: NOT_ALONE });
    await ear.until('the new name', () => ear.last('hikvision/new-name/1/motion') === 'OFF');
    for (const level of ['availability', 'owner', 'info', 'status', '1/motion', '1/settings']) {
      await ear.until(level, () => ear.last(`hikvision/old-name/${level}`) === '');
    }
    assert.notEqual(ear.last('hikvision/lent/info'), '');
    const late = await earAt(url);
    await late.until('what is retained', () => late.last('hikvision/new-name/availability'));
    assert.deepEqual(
      late.heard.filter(({ topic }) => topic.startsWith('hikvision/old-name/')),
      [],
    );
  });

  it('says goodbye when it is stopped', async () => {
    const { url } = await urlOf();
    const ear = await earAt(url);
    const { publisher } = await publisherAt(url, [bridged('Front door', new FakeDevice())]);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    await publisher.stop();
    await ear.until('offline', () => ear.last('hikvision/bridge/test/state') === 'offline');
    assert.equal(ear.last('hikvision/front-door/availability'), 'offline');
  });
}

describe('the publisher with an embedded broker (MQTT 3.1.1)', () => {
  rules(() => aedes());

  it('keeps events while the broker is away, and delivers them in order', async () => {
    const { broker, url } = await aedes();
    const device = new FakeDevice();
    const { publisher } = await publisherAt(url, [bridged('Front door', device)]);
    const first = await earAt(url);
    await first.until('availability', () => first.last('hikvision/front-door/availability') === 'online');
    await first.close();
    await broker.close();
    const ids: string[] = [];
    for (let index = 0; index < 50; index++) {
      const event = eventWith({ state: index % 2 === 0 ? 'start' : 'end' });
      ids.push(event.id);
      device.emit(event);
    }
    assert.equal(publisher.status.queued, 50);
    // On another port, so that the subscriber is there before the events are.
    const again = await startBroker(broker.port);
    closing.push(() => again.close());
    const ear = await earAt(url);
    await ear.until('all events', () => ear.all('hikvision/front-door/1/event').length >= 50);
    assert.deepEqual([...new Set(ear.all('hikvision/front-door/1/event').map(idOf))], ids);
    assert.equal(ear.last('hikvision/front-door/1/motion'), 'OFF');
  });

  it('finds back to a broker of the older version that was away for long', async () => {
    const { broker, url } = await aedes();
    const { publisher } = await publisherAt(url, [bridged('Front door', new FakeDevice())], { clock: HASTY });
    const first = await earAt(url);
    await first.until('availability', () => first.last('hikvision/front-door/availability') === 'online');
    await first.close();
    await broker.close();
    const waits = new Set<number>();
    // After so many attempts it asks in the newer version again: the broker may have been replaced.
    await first.until(
      'four attempts',
      () => {
        const { broker: state } = publisher.status;
        if (state.state === 'lost') waits.add(state.retryAtMs);
        return waits.size > 4;
      },
      20_000,
    );
    const again = await startBroker(broker.port);
    closing.push(() => again.close());
    const ear = await earAt(url);
    await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
  }, 30_000);

  it('goes on after a restart with what waited', async () => {
    const broker = await startBroker(0);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    await broker.close();
    const journal = { folder: join(folder, 'restart') };
    const device = new FakeDevice();
    const { publisher } = await publisherAt(url, [bridged('Front door', device)], { journal });
    const ids = Array.from({ length: 10 }, () => {
      const event = eventWith();
      device.emit(event);
      return event.id;
    });
    await publisher.stop();
    const again = await startBroker(broker.port);
    closing.push(() => again.close());
    const ear = await earAt(url);
    await publisherAt(url, [bridged('Front door', new FakeDevice())], { journal });
    await ear.until('all events', () => ear.all('hikvision/front-door/1/event').length >= 10);
    assert.deepEqual(ear.all('hikvision/front-door/1/event').map(idOf), ids);
  });

  it('gives two devices of one name topics of their own', async () => {
    const { url } = await aedes();
    const { publisher } = await publisherAt(url, [
      bridged('Door', new FakeDevice(), { key: 'a' }),
      bridged('Door', new FakeDevice(), { key: 'b' }),
    ]);
    assert.equal(new Set(publisher.slugs).size, 2);
    assert.ok(publisher.slugs.every((slug) => /^door--[0-9a-f]{6}$/.test(slug)));
  });
});

const missing = brokerMissing('mosquitto');

describe.skipIf(missing !== null)(
  `the publisher with mosquitto${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let mosquitto: Mosquitto;
    beforeAll(async () => {
      mosquitto = await Mosquitto.start();
    });
    afterAll(() => mosquitto.close());

    /** Each test begins with a broker that remembers nothing. */
    const fresh = async () => {
      await mosquitto.stop('SIGKILL');
      await mosquitto.start();
      return { url: mosquitto.url };
    };

    rules(fresh);

    it('speaks MQTT 5, and answers on the response topic with the correlation data', async () => {
      const { url } = await fresh();
      const ear = await earAt(url, '#', { protocolVersion: 5 });
      const device = new FakeDevice();
      const { publisher } = await publisherAt(url, [bridged('Front door', device, { allowance: 'read' })]);
      await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
      const { broker } = publisher.status;
      assert.equal(broker.state === 'connected' && broker.version, '5');
      await ear.client.publishAsync('hikvision/front-door/command/config/getTime', '{}', {
        qos: 1,
        properties: { responseTopic: 'my/answers', correlationData: Buffer.from('c-1') },
      });
      const answer = await ear.until('the answer', () => ear.heard.find(({ topic }) => topic === 'my/answers'));
      assert.equal(answer.correlationData, 'c-1');
      assert.equal((JSON.parse(answer.text) as { ok: boolean }).ok, true);
    });

    it('refuses a command that was published with the retain flag, however it comes', async () => {
      const { url } = await fresh();
      const ear = await earAt(url, '#', { protocolVersion: 5 });
      const device = new FakeDevice();
      await publisherAt(url, [bridged('Front door', device, { allowance: 'read' })]);
      await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
      await ear.client.publishAsync('hikvision/front-door/command/config/getTime', '{}', { qos: 1, retain: true });
      const text = await ear.until('the answer', () => ear.last('hikvision/front-door/result'));
      assert.match(text, /HIK_NOT_ALLOWED.*retained/);
      assert.ok(!device.calls.some(({ command }) => command === 'config.getTime'));
    });

    it('keeps to the number of messages that the broker takes at one time', async () => {
      const narrow = await Mosquitto.start({ lines: ['max_inflight_messages 3'] });
      closing.push(() => narrow.close());
      const ear = await earAt(narrow.url);
      const device = new FakeDevice();
      const { publisher, warnings } = await publisherAt(narrow.url, [bridged('Front door', device)]);
      for (let index = 0; index < 500; index++) device.emit(eventWith({ channel: 1 + (index % 7) }));
      await ear.until('all', () => publisher.status.queued === 0 && publisher.status.published === 500);
      assert.deepEqual(warnings, []);
    });

    it('is not kept busy by its own states, where the broker sends them back', async () => {
      // Slow enough that states are on their way while the subscription to those of an earlier run still stands; MQTT 5 keeps
      // their retain flag, so that each looks like one that was found.
      const narrow = await Mosquitto.start({ lines: ['max_inflight_messages 3'] });
      closing.push(() => narrow.close());
      const ear = await earAt(narrow.url);
      const device = new FakeDevice();
      const listed = Array.from({ length: 60 }, (_, index) => ({
        kind: 'motion',
        channel: index + 1,
        port: null,
        notifiesCenter: true,
      }));
      device.answer = (command) => (command === 'event.listTriggers' ? listed : []);
      const { publisher } = await publisherAt(narrow.url, [bridged('Front door', device)], { clock: NOT_ALONE });
      for (let index = 0; index < 500; index++) device.emit(eventWith({ channel: 1 + (index % 7) }));
      await ear.until('all', () => publisher.status.queued === 0 && publisher.status.published === 500);
      // Back they come: after the ownership is known none of them is a state of an earlier run.
      const before = ear.heard.length;
      for (let channel = 1; channel <= 7; channel++) {
        await ear.client.publishAsync(`hikvision/front-door/${channel}/motion`, 'ON', { retain: true, qos: 1 });
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.ok(ear.heard.length - before < 20, `${ear.heard.length - before} messages for 7`);
    });

    it('shares the commands of one set of devices among several bridges, only reading ones', async () => {
      const { url } = await fresh();
      const ear = await earAt(url);
      const [one, two] = [new FakeDevice(), new FakeDevice()];
      const share = 'readers';
      await publisherAt(url, [bridged('Front door', one, { allowance: 'write' })], { bridgeId: 'one', share });
      await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
      const second = await publisherAt(url, [bridged('Front door', two)], {
        bridgeId: 'two',
        share,
        clock: NOT_ALONE,
      });
      await ear.until('the owner', () => second.publisher.status.conflicts['front-door'] === 'one');
      for (let id = 0; id < 20; id++) {
        await ear.client.publishAsync('hikvision/front-door/command/config/getTime', `{"id":${id}}`, { qos: 1 });
      }
      await ear.until('answers', () => ear.all('hikvision/front-door/result').length === 20);
      const count = (device: FakeDevice) => device.calls.filter(({ command }) => command === 'config.getTime').length;
      assert.equal(count(one) + count(two), 20);
      assert.ok(count(one) > 0 && count(two) > 0, `${count(one)} and ${count(two)}`);
      await ear.client.publishAsync('hikvision/front-door/command/camera/gotoPreset', '{"preset":1}', { qos: 1 });
      await ear.until('the refusal', () => ear.last('hikvision/front-door/result')?.includes('HIK_NOT_ALLOWED'));
    });

    it('says that its user or password is wrong, without the password', async () => {
      const guarded = await Mosquitto.start({ users: { bridge: 'Secret-1' } });
      closing.push(() => guarded.close());
      const { publisher, warnings } = await publisherAt(guarded.url, [bridged('Front door', new FakeDevice())], {
        broker: { urls: [guarded.url], username: 'bridge', password: 'Wrong-1' },
      });
      const deadline = performance.now() + 5_000;
      while (publisher.status.broker.state !== 'refused' && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(publisher.status.broker.state, 'refused');
      assert.ok(!warnings.join().includes('Wrong-1'));
    });

    it('works with a password and an ACL, and says which subscription and which topic it is refused', async () => {
      const guarded = await Mosquitto.start({
        users: { bridge: 'Secret-1', reader: 'Secret-2' },
        acl: [
          'user bridge',
          'topic readwrite hikvision/#',
          'topic deny hikvision/front-door/9/event',
          'user reader',
          'topic read #',
        ],
      });
      closing.push(() => guarded.close());
      const ear = await earAt(guarded.url, '#', { username: 'reader', password: 'Secret-2' });
      const device = new FakeDevice();
      const { publisher, warnings } = await publisherAt(guarded.url, [bridged('Front door', device)], {
        broker: { urls: [guarded.url], username: 'bridge', password: 'Secret-1' },
      });
      await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
      device.emit(eventWith({ channel: 9 }));
      device.emit(eventWith({ channel: 2 }));
      await ear.until('the other event', () => ear.last('hikvision/front-door/2/event'));
      await ear.until('nothing waits', () => publisher.status.queued === 0);
      assert.equal(ear.last('hikvision/front-door/9/event'), undefined);
      assert.equal(publisher.status.refused, 1);
      assert.ok(warnings.some((warning) => warning.includes('hikvision/front-door/9/event')));
    });

    it('suspects another client of having its id, when its connection is taken away again and again', async () => {
      const { url } = await fresh();
      const { warnings } = await publisherAt(url, [bridged('Front door', new FakeDevice())], { clock: HASTY });
      const ear = await earAt(url);
      await earAt(url, 'nothing', { clientId: 'hsp-test', reconnectPeriod: 100 });
      await ear.until('the suspicion', () => warnings.find((text) => text.includes('another client')));
      assert.ok(warnings.some((text) => text.includes('hsp-test')));
    });

    it('leaves its last will when it dies', async () => {
      const { url } = await fresh();
      const ear = await earAt(url);
      await publisherAt(url, [bridged('Front door', new FakeDevice())]);
      await ear.until('online', () => ear.last('hikvision/bridge/test/state') === 'online');
      // Taken over, the broker publishes the will as if the connection had broken.
      await earAt(url, 'nothing', { clientId: 'hsp-test', reconnectPeriod: 0 });
      await ear.until('offline', () => ear.last('hikvision/bridge/test/state') === 'offline');
    });

    it('works over WebSocket', async () => {
      const { url } = await fresh();
      const ear = await earAt(url);
      await publisherAt(`ws://127.0.0.1:${mosquitto.webSocketPort}`, [bridged('Front door', new FakeDevice())]);
      await ear.until('availability', () => ear.last('hikvision/front-door/availability') === 'online');
    });

    it('works over TLS, and refuses a certificate that nobody vouches for', async (context) => {
      const tls = certificateIn(folder);
      if (tls === null) return context.skip('openssl is not installed');
      const secure = await Mosquitto.start({ tls });
      closing.push(() => secure.close());
      const ear = await earAt(secure.url);
      const url = `mqtts://127.0.0.1:${secure.tlsPort}`;
      const { publisher } = await publisherAt(url, [bridged('Front door', new FakeDevice())]);
      await ear.until('the refusal', () => publisher.status.broker.state === 'lost');
      const { broker } = publisher.status;
      assert.match('reason' in broker ? broker.reason : '', /self.signed/);
      await publisherAt(url, [bridged('Back door', new FakeDevice())], {
        bridgeId: 'trusting',
        broker: { urls: [url], tls: { ca: readFileSync(tls.cert, 'utf8') } },
      });
      await ear.until('availability', () => ear.last('hikvision/back-door/availability') === 'online');
    });
  },
);

it('a device that is lost is not described twice at one time', async () => {
  const { url } = await aedes();
  const ear = await earAt(url);
  const device = new FakeDevice();
  await publisherAt(url, [bridged('Front door', device)]);
  await ear.until('info', () => ear.last('hikvision/front-door/info'));
  device.become({ state: 'connecting' });
  device.become(CONNECTED);
  device.become({ state: 'connecting' });
  device.become(CONNECTED);
  await ear.until('info again', () => ear.all('hikvision/front-door/info').length >= 2);
  assert.equal(ear.last('hikvision/front-door/availability'), 'online');
});
