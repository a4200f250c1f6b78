import { describe, expect, it } from 'vitest';
import { AuthenticationError, DeviceBusyError, UnsupportedError } from '../../lib/errors';
import { describeDevice, infoPayload, statusPayload, undescribed, type Ask } from '../../lib/mqtt/description';
import { DeviceSettings, readAgain, READING_LIST } from '../../lib/mqtt/readings';
import { Topics } from '../../lib/mqtt/topics';
import { KNOWN } from '../support/descriptions';

const trigger = (kind: string, channel: number | null, port: number | null, notifiesCenter = true) => ({
  id: 'x',
  kind,
  eventType: kind,
  channel,
  port,
  description: null,
  actions: [],
  notifiesCenter,
});

function answering(answers: Readonly<Record<string, unknown>>): Ask {
  return async (command) => {
    await Promise.resolve();
    if (!(command in answers)) throw new UnsupportedError('not here');
    const answer = answers[command];
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

describe('a description', () => {
  it('is made of what the device answers, and of nothing where it answers nothing', async () => {
    const nothing = await describeDevice(answering({}), KNOWN);
    expect(nothing).toEqual(undescribed(KNOWN, null));
  });

  it('counts what the device has no time for as not there', async () => {
    const described = await describeDevice(answering({ 'event.listTriggers': new DeviceBusyError('busy') }), KNOWN);
    expect(described.triggers).toEqual([]);
  });

  it('is none of a device that does not let us in', async () => {
    const refused = answering({ 'config.deviceInfo': new AuthenticationError('refused') });
    await expect(describeDevice(refused, KNOWN)).rejects.toThrow(AuthenticationError);
    // Without its number it would be another device.
    const busy = answering({ 'config.deviceInfo': new DeviceBusyError('busy') });
    await expect(describeDevice(busy, KNOWN)).rejects.toThrow(DeviceBusyError);
  });

  it('has each trigger once, alarm inputs as events count them, and channels from them where none are listed', async () => {
    const triggers = [
      trigger('motion', 2, null, false),
      trigger('motion', 2, null),
      trigger('alarmInput', null, 1),
      trigger('alarmInput', null, 301),
      trigger('newKind', 1, null),
    ];
    const described = await describeDevice(answering({ 'event.listTriggers': triggers }), KNOWN);
    expect(described.triggers).toEqual([
      { channel: 2, kind: 'motion', port: null, notifies: true },
      { channel: null, kind: 'alarmInput', port: 1, notifies: true },
      { channel: 3, kind: 'alarmInput', port: 1, notifies: true },
    ]);
    expect(described.channels.map(({ channel }) => channel)).toEqual([2, 3]);
  });

  it('leaves out presets that call a function, and disks that were removed', async () => {
    const described = await describeDevice(
      answering({
        'recorder.listChannels': [{ channel: 1, name: null, kind: 'camera', online: null, reason: null }],
        'camera.listPresets': [
          { preset: 1, name: 'Gate', enabled: true, reserved: false },
          { preset: 2, name: null, enabled: false, reserved: false },
          { preset: 33, name: null, enabled: true, reserved: true },
        ],
        'recorder.storage': {
          disks: [
            { id: 1, status: 'ok' },
            { id: 2, status: 'notexist' },
          ],
          network: [],
        },
      }),
      KNOWN,
    );
    expect(described.channels[0]?.presets.map(({ preset }) => preset)).toEqual([1]);
    expect(described.disks.map(({ id }) => id)).toEqual([1]);
  });

  it('tells neither serial number nor address', async () => {
    const info = {
      name: 'Gate',
      model: 'M',
      firmware: 'V1',
      firmwareReleased: 'build 1',
      serial: 'SERIAL-1',
      mac: '00:11',
    };
    const described = await describeDevice(answering({ 'config.deviceInfo': info }), KNOWN);
    const told = JSON.stringify(infoPayload(described));
    for (const secret of ['SERIAL-1', '00:11', '192.0.2.10']) expect(told).not.toContain(secret);
    expect(infoPayload(described)).toMatchObject({ name: 'Gate', model: 'M', firmware: 'V1 build 1' });
  });
});

describe('a status', () => {
  const at = Date.parse('2024-05-01T12:00:20Z');
  const bare = {
    connection: 'connected',
    reason: null,
    lastEvent: null,
    dropped: 0,
    status: null,
    storage: null,
    channels: null,
  };

  it('says nothing of what is not known', () => {
    expect(statusPayload(bare, at)).toEqual({
      connection: 'connected',
      reason: null,
      lastEvent: null,
      dropped: 0,
      cpuPercent: null,
      upSince: null,
      disks: {},
      shares: {},
      channels: {},
    });
  });

  it('counts the time of the last start back, and how full the disks are', () => {
    const disk = (status: string | null, freeMb: number | null) => ({ id: 1, status, capacityMb: 1_000, freeMb });
    const payload = (more: object) => statusPayload({ ...bare, ...more }, at);
    expect(payload({ status: { uptimeSeconds: 3_600, cpuPercent: 5 } })).toMatchObject({
      cpuPercent: 5,
      upSince: '2024-05-01T11:00:00.000Z',
    });
    const disks = (status: string | null, freeMb: number | null) =>
      payload({ storage: { disks: [disk(status, freeMb)], network: [] } })['disks'];
    expect(disks('ok', 250)).toMatchObject({ 1: { usedPercent: 75, problem: false } });
    expect(disks('error', null)).toMatchObject({ 1: { usedPercent: null, problem: true } });
    expect(disks(null, 0)).toMatchObject({ 1: { usedPercent: 100, problem: null } });
    expect(payload({ channels: [{ channel: 3, online: false, reason: 'NO VIDEO' }] })['channels']).toEqual({
      3: { online: false, reason: 'NO VIDEO' },
    });
  });
});

describe('settings', () => {
  const settings = () => new DeviceSettings(new Topics(), 'gate');
  const bodies = (messages: readonly { payload: string | Buffer }[]) =>
    messages.map(({ payload }) => JSON.parse(String(payload)) as unknown);

  it('are told when they change, whole and retained', () => {
    const device = settings();
    const [first] = device.answered('event.getMotionDetection', { channel: 2 }, { enabled: true });
    expect(first).toEqual({
      topic: 'hikvision/gate/2/settings',
      payload: '{"motionDetection":true}',
      retain: true,
      qos: 1,
    });
    expect(device.answered('event.getMotionDetection', { channel: 2 }, { enabled: true })).toEqual([]);
    expect(bodies(device.answered('camera.setDayNight', { channel: 2 }, { mode: 'night' }))).toEqual([
      { motionDetection: true, dayNight: 'night' },
    ]);
    expect(device.all()).toHaveLength(1);
  });

  it('take an answer about one output as one about that output', () => {
    const device = settings();
    const list = [
      { output: 1, active: false },
      { output: 2, active: null },
    ];
    expect(bodies(device.answered('event.listAlarmOutputs', {}, list))).toEqual([{ outputs: { 1: false, 2: null } }]);
    expect(bodies(device.answered('event.setAlarmOutput', { output: 1 }, { output: 1, active: true }))).toEqual([
      { outputs: { 1: true, 2: null } },
    ]);
  });

  it('have the words of Home Assistant for areas', () => {
    const areas = ['disarmed', 'away', 'stay', 'arming', 'vacation', null].map((state, index) => ({
      area: index + 1,
      state,
      alarm: false,
    }));
    const [told] = bodies(
      settings().answered('event.panelStatus', {}, [...areas, { area: 9, state: 'away', alarm: true }]),
    );
    expect(told).toEqual({
      areas: { 1: 'disarmed', 2: 'armed_away', 3: 'armed_home', 4: 'arming', 5: null, 6: null, 9: 'triggered' },
    });
    expect(bodies(settings().answered('event.armPanel', {}, { area: 1, areas: [{ area: 1, state: 'away' }] }))).toEqual(
      [{ areas: { 1: 'armed_away' } }],
    );
  });

  it('know lights, sirens, doors and temperatures', () => {
    const told = (command: string, result: unknown) => bodies(settings().answered(command, { channel: 1 }, result))[0];
    expect(told('camera.switchWhiteLight', { mode: 'colorVuWhiteLight' })).toEqual({ whiteLight: true });
    expect(told('camera.getSupplementLight', { mode: 'irLight' })).toEqual({ whiteLight: false });
    expect(told('camera.getSiren', { sound: 1, sounds: [] })).toEqual({
      siren: { sound: 1, volume: null, times: null },
    });
    const doors = [
      { door: 1, lock: 'locked' },
      { door: 2, lock: 'unlocked' },
      { door: 3, lock: 'fault' },
    ];
    expect(told('event.doorStatus', { doors })).toEqual({ doors: { 1: true, 2: false, 3: null } });
    expect(told('camera.temperatures', [{ rule: 1, temperature: 36.5, unit: 'celsius' }])).toEqual({
      temperatures: { 1: { name: null, temperature: 36.5, unit: 'celsius' } },
    });
  });

  it('are asked again where they were answered', () => {
    const told = new Map<number | null, Record<string, unknown>>([
      [2, { motionDetection: false }],
      [null, { areas: { 1: 'disarmed' } }],
    ]);
    expect(readAgain(told)).toEqual([
      { command: 'event.getMotionDetection', args: { channel: 2 } },
      { command: 'event.panelStatus', args: {} },
    ]);
  });

  it('make nothing of an answer that says nothing', () => {
    for (const [, reading] of READING_LIST) {
      for (const nothing of [undefined, null, 'x', 5, [], {}, [null], { areas: 3 }]) {
        const value = reading.value(nothing);
        if (reading.command !== 'camera.getSiren') expect(value, reading.command).toBeUndefined();
      }
    }
    expect(settings().answered('config.deviceInfo', {}, { enabled: true })).toEqual([]);
  });

  it('are taken away', () => {
    const device = settings();
    device.put(1, { motionDetection: true });
    device.put(2, { motionDetection: true });
    expect(device.clear(1)).toMatchObject([{ topic: 'hikvision/gate/1/settings', payload: '', retain: true }]);
    expect(device.clear()).toHaveLength(1);
    expect(device.all()).toEqual([]);
  });
});
