/** One device of the bridge, on a clock of its own: what is read again and when, and what goes when it has less than before. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { TimeoutError } from '../../lib/errors';
import { DEFAULT_PREFIX, discoveryOf } from '../../lib/mqtt/discovery/discovery';
import { Topics, type MqttMessage } from '../../lib/mqtt/topics';
import { AtMost } from '../../lib/publisher/at-most';
import { DeviceBridge, type BridgedDevice } from '../../lib/publisher/device-bridge';
import { Journal } from '../../lib/publisher/journal';
import { DESCRIBE_RETRY_MS, DEVICE_STATUS_INTERVAL_MS, SETTINGS_PACE_MS, SETTINGS_SETTLE_MS } from '../../lib/settings';
import { bridged, CONNECTED, eventWith, FakeDevice } from '../support/bridged';
import { FakeClock, settle } from '../support/fake-clock';
import { componentsIn } from '../support/ha-schema';
import { MemoryFiles } from '../support/memory-files';

const open: { close(): unknown }[] = [];
let places = 0;

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const trigger = (kind: string, channel: number | null) => ({ kind, channel, port: null, notifiesCenter: true });
const recorderChannel = (channel: number) => ({
  channel,
  name: null,
  kind: 'ip',
  online: true,
  reason: null,
  model: null,
  firmware: null,
});

/** A device whose answers a test names; everything else is an empty list. */
function deviceWith(answers: Record<string, unknown>): FakeDevice {
  const device = new FakeDevice();
  device.answer = (command) => {
    const answer = answers[command];
    if (answer instanceof Error) throw answer;
    return answer ?? (command === 'config.deviceInfo' ? CONNECTED.device : []);
  };
  return device;
}

async function bridge(device: FakeDevice, more: Partial<BridgedDevice> = {}) {
  const clock = new FakeClock();
  const topics = new Topics();
  const journal = await Journal.open({ files: new MemoryFiles(), place: `device ${places++}`, clock });
  const posted: MqttMessage[] = [];
  const options = { topics, bridge: 'b', version: '1', language: 'en', pictures: false } as const;
  const made: DeviceBridge = new DeviceBridge({
    device: bridged('Gate', device, more),
    slug: 'gate',
    topics,
    journal,
    clock,
    discoveryOf: (description, allowance) => discoveryOf(description, { ...options, allowance }),
    onDescribed: () => undefined,
    describing: new AtMost(1),
    dropped: () => 0,
    pictures: false,
    post: (message) => void posted.push(message),
    postRetained: () => void posted.push(...made.retained()),
    onJournaled: () => undefined,
    report: () => undefined,
  });
  open.push(journal, made);
  made.ownership = 'ours';
  made.start();
  await settle(40);
  const last = (topic: string) => posted.findLast((message) => message.topic === topic)?.payload;
  const asked = (command: string) => device.calls.filter((call) => call.command === command).length;
  return { made, clock, posted, last, asked };
}

const PANEL = { 'config.capabilities': { features: { alarmPanel: true, doors: true, alarmOutputs: true } } };
const areas = (state: string) => ({ areas: [{ area: 1, name: 'House', state, alarm: false }] });

describe('what can be switched', () => {
  it('is read again now and then, one question at a time and at an even pace', async () => {
    const answers: Record<string, unknown> = {
      ...PANEL,
      'event.panelStatus': areas('disarmed'),
      'event.listAlarmOutputs': [{ output: 1, active: false }],
    };
    const device = deviceWith(answers);
    const { clock, last, asked } = await bridge(device);
    assert.match(String(last('hikvision/gate/device/settings')), /"disarmed"/);
    await clock.advance(SETTINGS_PACE_MS);
    await settle(20);
    answers['event.panelStatus'] = areas('away');
    answers['event.listAlarmOutputs'] = [{ output: 1, active: true }];
    const before = { outputs: asked('event.listAlarmOutputs'), areas: asked('event.panelStatus') };
    await clock.advance(DEVICE_STATUS_INTERVAL_MS - SETTINGS_PACE_MS);
    await settle(40);
    assert.equal(asked('event.listAlarmOutputs'), before.outputs + 1);
    assert.equal(asked('event.panelStatus'), before.areas, 'the second one waits for its turn');
    await clock.advance(SETTINGS_PACE_MS);
    await settle(20);
    assert.equal(asked('event.panelStatus'), before.areas + 1);
    assert.match(String(last('hikvision/gate/device/settings')), /"outputs":\{"1":true\}.*"armed_away"/);
  });

  it('is read at once after an event that may have changed it, and after no other', async () => {
    const answers: Record<string, unknown> = { ...PANEL, 'event.panelStatus': areas('disarmed') };
    const device = deviceWith(answers);
    const { last, asked } = await bridge(device);
    const before = asked('event.panelStatus');
    answers['event.panelStatus'] = { areas: [{ area: 1, name: 'House', state: 'away', alarm: true }] };
    device.emit(eventWith());
    await settle(10);
    assert.equal(asked('event.panelStatus'), before);
    device.emit(eventWith({ kind: 'alarmPanel', state: 'once', channel: null }));
    await settle(10);
    assert.equal(asked('event.panelStatus'), before + 1);
    assert.match(String(last('hikvision/gate/device/settings')), /"triggered"/);
    device.emit(eventWith({ kind: 'alarmPanel', state: 'once', channel: null, stale: true }));
    await settle(10);
    assert.equal(asked('event.panelStatus'), before + 1, 'a stale event says nothing of now');
  });

  it('is read after a command, and once more when the door has locked itself again', async () => {
    const answers: Record<string, unknown> = {
      ...PANEL,
      'event.doorStatus': { doors: [{ door: 1, lock: 'locked' }] },
    };
    const device = deviceWith(answers);
    const { made, clock, last } = await bridge(device, { allowance: 'act' });
    answers['event.doorStatus'] = { doors: [{ door: 1, lock: 'unlocked' }] };
    const place = { device: 'gate', command: 'event.openDoor' };
    const rest = { topic: '', retain: false, responseTopic: null, correlationData: null };
    made.receive(place, { ...rest, payload: Buffer.from('{"door":1}') });
    await settle(20);
    assert.match(String(last('hikvision/gate/device/settings')), /"1":false/);
    answers['event.doorStatus'] = { doors: [{ door: 1, lock: 'locked' }] };
    await clock.advance(SETTINGS_SETTLE_MS);
    await settle(20);
    assert.match(String(last('hikvision/gate/device/settings')), /"1":true/);
  });

  it('is not asked of a device that is away', async () => {
    const device = deviceWith({ ...PANEL, 'event.panelStatus': areas('disarmed') });
    const { clock } = await bridge(device);
    device.become({ state: 'lost', reason: 'no answer', code: 'HIK_TIMEOUT', retryAtMs: 0 });
    const before = device.calls.length;
    await clock.advance(2 * DEVICE_STATUS_INTERVAL_MS);
    await settle(20);
    assert.equal(device.calls.length, before);
  });
});

describe('a device', () => {
  const RECORDER = {
    'recorder.listChannels': [recorderChannel(1), recorderChannel(2)],
    'event.listTriggers': [trigger('motion', 1), trigger('motion', 2), trigger('diskFull', null)],
    'event.getMotionDetection': { enabled: true },
  };

  it('limited to some channels is presented with these alone', async () => {
    const { posted, last } = await bridge(deviceWith(RECORDER), { channels: new Set([1]) });
    const info = JSON.parse(String(last('hikvision/gate/info'))) as {
      channels: { channel: number }[];
      events: string[];
    };
    assert.deepEqual(
      info.channels.map(({ channel }) => channel),
      [1],
    );
    assert.deepEqual(info.events, ['motion']);
    const topics = posted.map(({ topic }) => topic);
    assert.ok(topics.includes('hikvision/gate/1/settings'));
    assert.ok(!topics.some((topic) => topic.startsWith('hikvision/gate/2/')));
    const components = posted
      .filter(({ topic }) => topic.startsWith(DEFAULT_PREFIX))
      .flatMap(({ payload }) => Object.keys(componentsIn(payload)));
    assert.ok(components.includes('1_motion'));
    assert.ok(!components.some((id) => id.startsWith('2_') || id === 'device_diskFull'));
  });

  it('that has lost a channel leaves nothing of it behind', async () => {
    const answers: Record<string, unknown> = { ...RECORDER };
    const device = deviceWith(answers);
    const { posted } = await bridge(device);
    device.emit(eventWith({ channel: 2 }));
    answers['recorder.listChannels'] = [recorderChannel(1)];
    answers['event.listTriggers'] = [trigger('motion', 1)];
    device.become({ state: 'connecting' });
    const before = posted.length;
    device.become(CONNECTED);
    await settle(40);
    const emptied = posted.slice(before).flatMap(({ topic, payload }) => (payload === '' ? [topic] : []));
    for (const level of ['motion', 'motion/attributes', 'settings']) {
      assert.ok(emptied.includes(`hikvision/gate/2/${level}`), `${level}: ${emptied.join()}`);
    }
    assert.ok(emptied.every((topic) => topic.startsWith('hikvision/gate/2/')));
  });

  it('that had no time for a question loses nothing, and is asked again', async () => {
    const answers: Record<string, unknown> = { ...RECORDER };
    const device = deviceWith(answers);
    const { made, clock, posted, asked } = await bridge(device);
    answers['recorder.listChannels'] = new TimeoutError('no answer');
    answers['event.listTriggers'] = [];
    device.become({ state: 'connecting' });
    const before = posted.length;
    device.become(CONNECTED);
    await settle(40);
    assert.ok(!posted.slice(before).some(({ payload }) => payload === ''));
    assert.equal(made.isDescribed, true);
    const attempts = asked('event.listTriggers');
    await clock.advance(DESCRIBE_RETRY_MS);
    await settle(40);
    assert.equal(asked('event.listTriggers'), attempts + 1);
    // After some attempts it is believed.
    await clock.advance(DESCRIBE_RETRY_MS);
    await settle(40);
    await clock.advance(DESCRIBE_RETRY_MS);
    await settle(40);
    assert.equal(asked('event.listTriggers'), attempts + 2);
    assert.ok(
      posted.slice(before).some(({ topic, payload }) => topic === 'hikvision/gate/2/settings' && payload === ''),
    );
  });

  it('keeps what only an event has shown when it is described again', async () => {
    const device = deviceWith(RECORDER);
    const { posted } = await bridge(device);
    device.emit(eventWith({ kind: 'pir', channel: 1 }));
    device.become({ state: 'connecting' });
    const before = posted.length;
    device.become(CONNECTED);
    await settle(40);
    const presented = posted.slice(before).filter(({ topic }) => topic.startsWith(DEFAULT_PREFIX));
    assert.ok(presented.some(({ payload }) => '1_pir' in componentsIn(payload)));
  });
});
