/** Events as settings on the built-in devices: what is set is kept, what is done has its event, what is off is not told. */
import { describe, expect, it } from 'vitest';
import { commandList, type CommandName, type HikvisionClient } from '../../lib/index';
import { builtInDevice, type EventFields, type ModelName, type Simulator } from '../../lib/simulator';
import { isReported } from '../../lib/simulator/functions/watching';
import { codeOf, hikvisionClient, turns } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

/** 1 May 2024, a Wednesday, 20:00 by the clock of the device. */
const EVENING = Date.parse('2024-05-01T12:00:00Z');

interface Bench {
  readonly client: HikvisionClient;
  readonly device: Simulator;
  readonly clock: FakeClock;
  /** Would the device tell this now? */
  readonly tells: (event: EventFields) => boolean;
}

async function bench(model: ModelName): Promise<Bench> {
  const clock = new FakeClock(EVENING);
  const device = await simulator(model, { clock });
  const client = hikvisionClient(device, { clock });
  return { client, device, clock, tells: (event) => isReported(event, device.device, clock) };
}

/** Every event command with what it is called with; the rest needs nothing. */
const ARGUMENTS: Partial<Record<CommandName, Record<string, unknown>>> = {
  'event.getTrigger': { trigger: 'VMD-1' },
  'event.notifyCenter': { trigger: 'VMD-1', enabled: false },
  'event.setArmingSchedule': { armed: 'never' },
  'event.setAlarmInput': { name: 'Gate' },
  'event.setAlarmOutput': { active: true },
  'event.pulseAlarmOutput': { forMs: 50 },
  'event.setPushHost': { address: '192.0.2.9' },
  'event.removePushHost': { host: 1 },
};

describe('detections', () => {
  it.each([
    ['LineCrossing', 'linedetection'],
    ['Intrusion', 'fielddetection'],
    ['RegionEntrance', 'regionEntrance'],
    ['RegionExit', 'regionExiting'],
    ['Loitering', 'loitering'],
    ['MotionDetection', 'VMD'],
    ['TamperDetection', 'shelteralarm'],
    ['SceneChange', 'scenechangedetection'],
    ['Defocus', 'defocus'],
    ['FaceDetection', 'facedetection'],
    ['AudioException', 'audioexception'],
    ['Pir', 'PIR'],
  ])('%s is switched, read back, and no longer told when it is off', async (name, eventType) => {
    const { client, tells } = await bench('camera');
    await client.call('event.notifyCenter', { trigger: 'fielddetection-1' });
    expect(tells({ eventType })).toBe(true);
    expect(await client.call(`event.set${name}`, { enabled: false })).toMatchObject({ enabled: false });
    expect(await client.call(`event.get${name}`)).toMatchObject({ channel: 1, enabled: false });
    expect(tells({ eventType })).toBe(false);
    expect(tells({ eventType: 'duration', relationEvent: eventType })).toBe(false);
    await client.call(`event.set${name}`, { enabled: true });
    expect(tells({ eventType })).toBe(true);
  });

  it('are kept for each channel of a recorder', async () => {
    const { client, tells } = await bench('nvr');
    await client.event.setVideoLoss({ channel: 8, enabled: false });
    expect(tells({ eventType: 'videoloss', channel: 8 })).toBe(false);
    expect(tells({ eventType: 'videoloss', channel: 7 })).toBe(true);
    const points = [
      { x: 0.1, y: 0.1 },
      { x: 0.2, y: 0.9 },
      { x: 0.5, y: 0.5 },
    ];
    const { rules } = await client.event.setIntrusion({
      channel: 3,
      rule: 2,
      points,
      staySeconds: 7,
      target: 'vehicle',
    });
    expect(rules[1]).toMatchObject({ points, staySeconds: 7, target: 'vehicle' });
    expect((await client.event.getIntrusion({ channel: 4 })).rules[1]?.points).toEqual([]);
  });

  it('take what their capabilities allow', async () => {
    const { client } = await bench('camera');
    await expect(client.event.setIntrusion({ staySeconds: 11 })).rejects.toThrow(
      'staySeconds: expected a number from 0 to 10 on this device',
    );
    expect(await codeOf(client.event.setLineCrossing({ target: 'human,vehicle', sensitivity: 0 }))).toBe(
      'HIK_ARGUMENT',
    );
    const half = Array.from({ length: 18 }, (_, row) => (row < 9 ? '#' : '.').repeat(22));
    expect((await client.event.setMotionDetection({ grid: half })).grid).toEqual(half);
  });
});

describe('triggers', () => {
  it('tell after notifyCenter, and not before', async () => {
    const { client, tells } = await bench('camera');
    expect(tells({ eventType: 'fielddetection' })).toBe(false);
    const silent = (await client.event.listTriggers()).filter(({ warning }) => warning !== null);
    expect(silent.map(({ id }) => id)).toEqual(['fielddetection-1', 'illaccess']);
    expect((await client.event.notifyCenter({ trigger: 'fielddetection-1' })).warning).toBeNull();
    expect(tells({ eventType: 'fielddetection' })).toBe(true);
    expect(tells({ eventType: 'illaccess', channel: null })).toBe(false);
    expect(tells({ eventType: 'neverHeardOf' })).toBe(true);
  });

  it('may be fixed on a recorder', async () => {
    const { client } = await bench('nvr');
    expect(await codeOf(client.event.notifyCenter({ trigger: 'diskfull' }))).toBe('HIK_UNSUPPORTED');
    expect((await client.event.notifyCenter({ trigger: 'videoloss-5' })).notifiesCenter).toBe(true);
  });
});

describe('arming schedules', () => {
  it.each(['camera', 'nvr', 'doorstation'] as const)('of a %s decide what is told at which time', async (model) => {
    const { client, tells, clock } = await bench(model);
    expect((await client.event.getArmingSchedule()).armed).toBe('always');
    await client.event.setArmingSchedule({ armed: [{ day: 'weekdays', from: '22:00', to: '06:00' }] });
    expect(tells({ eventType: 'VMD' })).toBe(false);
    await clock.advance(2 * 3_600_000);
    expect(tells({ eventType: 'VMD' })).toBe(true);
    expect((await client.event.setArmingSchedule({ armed: 'never' })).armed).toBe('never');
    expect(tells({ eventType: 'VMD' })).toBe(false);
  });

  it('are there for everything that is watched', async () => {
    const { client } = await bench('camera');
    for (const event of [
      'lineCrossing',
      'intrusion',
      'regionEntrance',
      'regionExit',
      'loitering',
      'tamper',
      'pir',
      'alarmInput',
    ] as const) {
      expect((await client.event.setArmingSchedule({ event, armed: 'never' })).armed, event).toBe('never');
    }
    expect(await codeOf(client.event.getArmingSchedule({ event: 'videoLoss' }))).toBe('HIK_UNSUPPORTED');
  });
});

describe('what a device sends', () => {
  const ofType = (seen: readonly EventFields[], type: string) =>
    seen.filter(({ eventType }) => eventType === type).map(({ eventState, inputPort }) => `${eventState} ${inputPort}`);

  /** Everything that the device has to tell, before it decides whether it does. */
  async function listened(model: ModelName) {
    const set = await bench(model);
    const seen: EventFields[] = [];
    set.device.device.onEvent = (event) => seen.push(event);
    return {
      ...set,
      seen,
      settle: async () => {
        await set.clock.advance(0);
        await turns();
      },
    };
  }

  it('follows the contact of an alarm input', async () => {
    const { client, device, seen } = await listened('nvr');
    device.device.setContact(1, true);
    device.device.setContact(1, true);
    expect(await client.event.getAlarmInput({ input: 1 })).toMatchObject({ active: true, contact: 'normallyOpen' });
    device.device.setContact(1, false);
    device.device.setContact(301, true);
    expect(ofType(seen, 'IO')).toEqual(['active 1', 'inactive 1', 'active 301']);
    expect((await client.event.listAlarmInputs()).map(({ input, active }) => [input, active])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [301, true],
    ]);
    await client.event.setAlarmInput({ input: 2, enabled: false });
    device.device.setContact(2, true);
    expect(ofType(seen, 'IO')).toHaveLength(3);
    expect(() => device.device.setContact(9, true)).toThrow(RangeError);
  });

  it('follows the trick with the contact at rest', async () => {
    const { client, seen, settle } = await listened('camera');
    expect(await client.event.setAlarmInput({ contact: 'normallyClosed' })).toMatchObject({ active: true });
    await client.event.setAlarmInput({ contact: 'normallyOpen', name: 'Gate' });
    await settle();
    expect(ofType(seen, 'IO')).toEqual(['active 1', 'inactive 1']);
  });

  it('tells of outputs and soft inputs', async () => {
    const { client, seen, settle } = await listened('nvr');
    expect(await client.event.setAlarmOutput({ active: true })).toEqual({ output: 1, active: true });
    expect((await client.event.listAlarmOutputs()).map(({ output, active }) => [output, active])).toEqual([
      [1, true],
      [301, false],
    ]);
    await client.event.setAlarmOutput({ active: false });
    await client.event.triggerSoftInput({ input: 3 });
    await client.event.triggerSoftInput({ input: 3, active: false });
    await settle();
    expect(ofType(seen, 'alarmOutput')).toEqual(['active undefined', 'inactive undefined']);
    expect(ofType(seen, 'softIO')).toEqual(['active 3', 'inactive 3']);
    expect(await codeOf(client.event.triggerSoftInput({ input: 99 }))).toBe('HIK_REFUSED');
    expect(await codeOf((await bench('camera')).client.event.triggerSoftInput())).toBe('HIK_UNSUPPORTED');
  });

  it('goes out only where it is told', async () => {
    const { device } = await bench('camera');
    const sent: unknown[] = [];
    device.sendEvent = (event) => sent.push(event);
    device.device.onEvent?.({ eventType: 'fielddetection' });
    device.device.onEvent?.({ eventType: 'linedetection' });
    device.device.setContact(1, true);
    expect(sent).toEqual([
      { eventType: 'linedetection' },
      { eventType: 'IO', eventState: 'active', channel: null, inputPort: 1 },
    ]);
  });
});

describe('push hosts', () => {
  it('of a camera are filled, tested and emptied', async () => {
    const { client } = await bench('camera');
    const set = await client.event.setPushHost({
      address: 'hub.example',
      port: 1880,
      url: '/hik',
      username: 'u',
      password: 'planted',
    });
    expect(set).toMatchObject({ host: 1, address: 'hub.example', ignored: [], username: 'u' });
    expect((await client.event.setPushHost({ address: '192.0.2.1', url: '/hik' })).host).toBe(1);
    expect((await client.event.setPushHost({ address: '192.0.2.1', url: '/other' })).host).toBe(2);
    expect(await client.event.testPushHost({ host: 1 })).toEqual({ host: 1, reached: true, answer: 'ok' });
    expect((await client.event.testPushHost({ host: 3 })).reached).toBe(false);
    expect((await client.event.removePushHost({ host: 1 })).before.url).toBe('/hik');
    expect((await client.event.listPushHosts()).map(({ free }) => free)).toEqual([true, false, true]);
  });

  it('of a recorder is one, which is overwritten and emptied', async () => {
    const { client } = await bench('nvr');
    expect((await client.event.setPushHost({ address: '192.0.2.1', url: '/a' })).host).toBe(1);
    expect(await codeOf(client.event.setPushHost({ address: '192.0.2.2', url: '/b' }))).toBe('HIK_REFUSED');
    expect(await codeOf(client.event.testPushHost())).toBe('HIK_REFUSED');
    await client.event.removePushHost({ host: 1 });
    expect((await client.event.listPushHosts())[0]?.free).toBe(true);
  });

  it('of a door station forget the path and take no names', async () => {
    const { client } = await bench('doorstation');
    expect((await client.event.setPushHost({ address: '192.0.2.1', url: '/a' })).ignored).toEqual(['url']);
    await expect(client.event.setPushHost({ address: 'hub.example' })).rejects.toThrow('IP addresses only');
  });
});

describe('every event command', () => {
  it.each(['camera', 'nvr', 'doorstation'] as const)('ends on a %s in a value or in what it lacks', async (model) => {
    const device = await simulator(builtInDevice(model));
    const client = hikvisionClient(device);
    // Doors, panels and speakers have tests of their own.
    const names = commandList().filter(({ family, deviceClass }) => family === 'event' && deviceClass === null);
    expect(names.length).toBeGreaterThan(38);
    const lacking: string[] = [];
    for (const { name, params } of names) {
      const args = ARGUMENTS[name] ?? (Object.hasOwn(params, 'enabled') ? { enabled: true } : {});
      const code = await codeOf(client.call(name, args));
      if (code !== 'fine') lacking.push(`${name} ${code}`);
    }
    const words = lacking.filter((line) => !line.endsWith('HIK_UNSUPPORTED'));
    // A recorder lets nobody try its push host.
    expect(words).toEqual(model === 'nvr' ? ['event.testPushHost HIK_REFUSED'] : []);
    if (model === 'camera') {
      expect(lacking.map((line) => line.split(' ')[0])).toEqual([
        'event.getVideoLoss',
        'event.setVideoLoss',
        'event.triggerSoftInput',
      ]);
    }
  });
});
