/** The examples for each application of the protocol, run against the devices that they are for. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { element } from '../../lib/codec/xml';
import { builtInDevice, type SimulatedDevice, type Simulator } from '../../lib/simulator';
import { AccessLog } from '../../lib/simulator/functions/access-log';
import { AlarmPanel } from '../../lib/simulator/functions/alarm-panel';
import { Doors } from '../../lib/simulator/functions/doors';
import { Intercom } from '../../lib/simulator/functions/intercom';
import { PlateGate } from '../../lib/simulator/functions/plates';
import { startBroker, type Broker } from '../demo/broker';
import { Ear } from '../support/bridged';
import { until } from '../support/digest-client';
import { asked, Example, exampleNumbered, untilAsked, untilListening, type ExampleOptions } from '../support/examples';
import { simulator } from '../support/simulators';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let broker: Broker;
let folder: string;

beforeAll(async () => {
  whole = await startWhole();
  broker = await startBroker(0);
});

afterAll(async () => {
  await whole.close();
  await broker.close();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-example-'));
});

afterEach(async () => {
  await whole.runtime.setFlows([]);
  rmSync(folder, { recursive: true, force: true });
});

/** The example, with its events coming. */
async function listening(number: string, device: Simulator, options: ExampleOptions = {}): Promise<Example> {
  const example = await Example.run(whole.runtime, exampleNumbered(number), device, options);
  await untilListening(device);
  return example;
}

function partOf<T extends object>(device: Simulator, part: new (...args: never[]) => T): T {
  const found = device.device.part(part);
  if (found === undefined) throw new Error(`the device has no ${part.name}`);
  return found;
}

/** Ten minutes ago, as a device writes it. */
const tenMinutesAgo = () => new Date(Date.now() - 600_000).toISOString().replace(/\.\d+Z$/, '+00:00');

describe('video surveillance', () => {
  const human = { eventType: 'VMD', channel: 3, target: 'human' } as const;

  const run = async (device: SimulatedDevice) => {
    const recorder = await simulator(device);
    const env = [{ name: 'FOLDER', value: join(folder, 'kept'), type: 'str' }];
    const changes = { 'Video surveillance': { env }, 'Let the recorder write it': { timeout: '0.01' } };
    return { recorder, example: await listening('02', recorder, { changes }) };
  };

  it('keeps a picture when somebody comes, and the recording when it is over', async () => {
    const { recorder, example } = await run(builtInDevice('nvr', { recordingBytes: 50_000 }));
    recorder.sendEvent({ ...human, target: 'vehicle' });
    recorder.sendEvent({ ...human, channel: 4 });
    const file = String(await example.untilShown('Picture kept'));
    expect(file).toMatch(/kept\/[\dTZ-]+ channel 4 motion\.jpg$/);
    expect(readFileSync(file).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    // The vehicle came first, and left nothing.
    expect(readdirSync(join(folder, 'kept'))).toHaveLength(1);

    recorder.sendEvent({ ...human, channel: 4, eventState: 'inactive' });
    const clip = (await example.untilShown('Clip kept')) as { file: string; sizeBytes: number; playbackUri: string };
    expect(clip).toMatchObject({ sizeBytes: 50_000, playbackUri: expect.stringContaining('/tracks/401/') as string });
    expect(readFileSync(clip.file)).toHaveLength(50_000);
    expect(example.seen.errors).toEqual([]);
  });

  it('says so where nothing was recorded, and where recordings are not given out', async () => {
    const { recorder, example } = await run(builtInDevice('nvr', { download: 'none' }));
    // Behind the end of the past week there is nothing.
    recorder.device.clockOffsetMs = 14 * 86_400_000;
    recorder.sendEvent(human);
    await example.untilShown('Picture kept');
    recorder.sendEvent({ ...human, eventState: 'inactive' });
    await example.untilShown('No recording of this time');
    recorder.device.clockOffsetMs = 0;
    recorder.sendEvent(human);
    await example.untilShown('Picture kept', 2);
    recorder.sendEvent({ ...human, eventState: 'inactive' });
    expect(await example.untilShown('What went wrong')).toMatch(/no recordings by HTTP/);
  });
});

describe('traffic', () => {
  const opened = (gate: Simulator) => asked(gate, 'PUT', /barrierGate$/);

  it('opens the barrier for plates on the list, and for no others', async () => {
    const camera = await simulator('anpr');
    const gate = partOf(camera, PlateGate);
    const example = await listening('03', camera);
    expect(await example.untilShown('Known plates')).toEqual(['AB123']);

    gate.car(camera.device, 'CD4567');
    gate.car(camera.device, '0815XY');
    await example.untilShown('Not on the list', 2);
    expect(opened(camera)).toBe(0);
    gate.car(camera.device, 'AB123');
    expect(await example.untilShown('Opened')).toMatchObject({ action: 'open' });
    expect(opened(camera)).toBe(1);
    expect(example.seen.errors).toEqual([]);
  });

  it('leaves it closed for a plate that is told late', async () => {
    const camera = await simulator('anpr');
    const example = await listening('03', camera);
    await example.untilShown('Known plates');
    const objects = [element('ANPR', [element('licensePlate', 'AB123')])];
    camera.sendEvent({ eventType: 'ANPR', time: tenMinutesAgo(), objects });
    expect(await example.untilShown('Told late: stays closed')).toBe('AB123');
    expect(opened(camera)).toBe(0);
  });

  it('follows the list of the camera, and opens nothing for a plate that was taken off it', async () => {
    const camera = await simulator('anpr');
    const gate = partOf(camera, PlateGate);
    const example = await listening('03', camera);
    await example.untilShown('Known plates');
    await example.press('Forget AB-123');
    expect(await example.untilShown('Known plates', 2)).toEqual([]);
    gate.car(camera.device, 'AB123');
    expect(await example.untilShown('Not on the list')).toBe('AB123');
    await example.press('Allow AB-123');
    expect(await example.untilShown('Known plates', 3)).toEqual(['AB123']);
    gate.car(camera.device, 'AB123');
    await example.untilShown('Opened');
    expect(opened(camera)).toBe(1);
    await example.press('Who decides here?');
    expect(await example.untilShown('Who decides')).toMatchObject([{ lane: 1 }]);
  });

  it('counts vehicles, known or not, and starts over each hour', async () => {
    const camera = await simulator('anpr');
    const gate = partOf(camera, PlateGate);
    const example = await listening('03', camera);
    await example.untilShown('Known plates');
    for (const plate of ['CD4567', 'EF89', '0815XY']) gate.car(camera.device, plate);
    await example.untilShown('Not on the list', 3);
    await example.press('At each full hour');
    expect(await example.untilShown('Vehicles in the last hour')).toMatchObject({ vehicles: 3 });
    await example.press('At each full hour');
    expect(await example.untilShown('Vehicles in the last hour', 2)).toMatchObject({ vehicles: 0 });
  });
});

describe('security: the perimeter', () => {
  const line = (eventState: 'active' | 'inactive') => ({ eventType: 'linedetection', eventState }) as const;
  const area = (eventState: 'active' | 'inactive') => ({ eventType: 'fielddetection', eventState }) as const;
  const switched = (camera: Simulator) => asked(camera, 'PUT', /\/outputs\/1\/trigger$/);

  it('does nothing while it is disarmed', async () => {
    const camera = await simulator('camera');
    const example = await listening('04', camera);
    camera.sendEvent(line('active'));
    await example.untilStatus('Line or area', /connected/);
    camera.sendEvent(line('inactive'));
    await example.press('Disarm now');
    expect(await example.untilShown('Armed')).toBe(false);
    expect(switched(camera)).toBe(0);
    expect(example.shown('Alarm message')).toEqual([]);
  });

  it('armed: switches on with the first, off with the last', async () => {
    const camera = await simulator('camera');
    const example = await listening('04', camera);
    await example.press('Arm now');
    expect(await example.untilShown('Armed')).toBe(true);
    camera.sendEvent(line('active'));
    expect(await example.untilShown('Alarm message')).toBe('ALARM: lineCrossing on channel 1');
    await example.untilStatus('Output 1 on', /event\.setAlarmOutput/);
    await untilAsked(camera, 'PUT', /\/AudioAlarm\/1\/test/);
    camera.sendEvent(area('active'));
    await example.untilShown('Alarm message', 2);
    camera.sendEvent(line('inactive'));
    camera.sendEvent(area('inactive'));
    await example.untilStatus('Output 1 off', /^green dot .*event\.setAlarmOutput/);
    // On for each of them, off once: when the line was left, somebody was still in the area.
    await until(() => switched(camera) >= 3, 'the output is switched', 10_000);
    expect(switched(camera)).toBe(3);
    expect(example.seen.errors).toEqual([]);
  });

  it('disarmed in alarm: switches off at once', async () => {
    const camera = await simulator('camera');
    const example = await listening('04', camera);
    await example.press('Arm at 22:00');
    await example.untilShown('Armed');
    camera.sendEvent(area('active'));
    await example.untilShown('Alarm message');
    await example.press('Disarm at 06:00');
    expect(await example.untilShown('Armed', 2)).toBe(false);
    await example.untilStatus('Output 1 off', /^green dot .*event\.setAlarmOutput/);
    expect(switched(camera)).toBe(2);
  });
});

describe('security: access control', () => {
  it('reports refused cards and forced doors, late or not, and lets nobody in for it', async () => {
    const terminal = await simulator('terminal');
    const example = await listening('05', terminal);
    const log = partOf(terminal, AccessLog);
    log.record(terminal.device, { major: 'event', minor: 0x01, door: 1, card: '0012345678' });
    log.record(terminal.device, { major: 'event', minor: 0x09, door: 1, card: '0000000099' });
    expect(await example.untilShown('Refused')).toBe('Refused at door 1: unknownCard, card 0000000099');
    partOf(terminal, Doors).force(terminal.device, 2);
    expect(await example.untilShown('Alarm of a door')).toBe('Door 2: doorForced');
    const refusal = { majorEventType: 5, subEventType: 9, doorNo: 1, cardNo: '0000000098' };
    const json = { AccessControllerEvent: refusal };
    terminal.sendEvent({ eventType: 'AccessControllerEvent', channel: null, time: tenMinutesAgo(), json });
    expect(await example.untilShown('Refused', 2)).toMatch(/card 0000000098 \(told late\)$/);
    expect(asked(terminal, 'PUT', /RemoteControl\/door/)).toBe(0);
    expect(example.seen.errors).toEqual([]);
  });

  it('opens a door that was asked for and confirmed, once', async () => {
    const terminal = await simulator('terminal');
    const example = await listening('05', terminal);
    await example.press('Yes, open it');
    await example.untilShown('Not asked, or too late');
    await example.press('Ask for door 1');
    await example.untilShown('Confirm within 30 s');
    await example.press('Yes, open it');
    expect(await example.untilShown('Opened')).toMatchObject({ door: 1, action: 'open' });
    await example.press('Look');
    expect(await example.untilShown('Doors')).toMatchObject([{ door: 1, lock: 'unlocked' }, { door: 2 }]);
    await example.press('Yes, open it');
    await example.untilShown('Not asked, or too late', 2);
    expect(asked(terminal, 'PUT', /RemoteControl\/door\/1$/)).toBe(1);
  });
});

describe('security: the alarm panel', () => {
  it('names the window that stands in the way; then arms, tells an alarm and its end, and disarms', async () => {
    const panel = await simulator('axpro');
    const example = await listening('06', panel);
    await example.press('Arm, we are at home');
    expect(await example.untilShown('What stands in the way')).toMatch(/Kitchen window/);
    const zones = partOf(panel, AlarmPanel);
    zones.setZone(panel.device, 1, false);
    await example.press('Arm, we are at home');
    await example.untilStatus('Arming', /House stay/);
    expect(await example.untilShown('Armed, disarmed')).toMatch(/^House: /);
    zones.setZone(panel.device, 0, true);
    expect(await example.untilShown('Alarm of a zone')).toMatch(/^ALARM: Front door, /);
    zones.setZone(panel.device, 0, false);
    expect(await example.untilShown('Alarm over')).toMatch(/^Over: Front door, /);
    await example.press('Disarm now');
    await example.untilStatus('Disarmed', /House disarmed/);
    await example.press('How is it?');
    expect(await example.untilShown('Areas')).toMatchObject([{ state: 'disarmed' }, { state: 'disarmed' }]);
  });
});

describe('home automation', () => {
  it('doorbell: a ring brings a picture and a text; the door opens once, within the minute', async () => {
    const station = await simulator('doorstation');
    const example = await listening('07', station);
    await example.press('Let them in');
    await example.untilShown('Nobody rang');
    partOf(station, Intercom).ring(station.device);
    const message = (await example.untilShown('To your messenger')) as { payload: string; contentType: string };
    expect(message).toMatchObject({ contentType: 'image/jpeg', picture: { type: 'Buffer' } });
    expect(message.payload).toMatch(/^Somebody rings at the door, \d\d:\d\d$/);
    await example.press('Let them in');
    await example.untilShown('Opened');
    await example.press('Let them in');
    await example.untilShown('Nobody rang', 2);
    expect(asked(station, 'PUT', /door\/1$/)).toBe(1);
    expect(example.seen.errors).toEqual([]);
  });

  it('doorbell: a ring that is told late opens nothing', async () => {
    const station = await simulator('doorstation');
    const example = await listening('07', station);
    const json = { AccessControllerEvent: { majorEventType: 5, subEventType: 0x25, doorNo: 1 } };
    station.sendEvent({ eventType: 'AccessControllerEvent', channel: null, time: tenMinutesAgo(), json });
    await example.press('Let them in');
    await example.untilShown('Nobody rang');
    expect(asked(station, 'PUT', /door\/1$/)).toBe(0);
    expect(example.shown('To your messenger')).toEqual([]);
  });

  it('a light is on while somebody is there, and off when the last has gone', async () => {
    const camera = await simulator('camera');
    const changes = { 'Somebody, for 2 s at least': { minDuration: '0' } };
    const example = await listening('08', camera, { changes });
    camera.sendEvent({ eventType: 'VMD' });
    expect(await example.untilShown('To the light')).toBe(true);
    camera.sendEvent({ eventType: 'linedetection' });
    camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    camera.sendEvent({ eventType: 'linedetection', eventState: 'inactive' });
    expect(await example.untilShown('To the light', 2)).toBe(false);
    expect(example.shown('To the light')).toEqual([true, false]);
  });

  it('MQTT: publishes, presents the device to Home Assistant, and answers', async () => {
    const camera = await simulator('camera');
    const example = await listening('09', camera, { brokerPort: broker.port });
    const ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`);
    try {
      await ear.until('the device', () => ear.last('hikvision/my-camera/availability') === 'online');
      camera.sendEvent({ eventType: 'VMD' });
      await ear.until('the event', () => ear.last('hikvision/my-camera/1/event')?.includes('motion_start'));
      await ear.until('the state', () => ear.last('hikvision/my-camera/1/motion') === 'ON');
      await ear.until('the discovery', () =>
        ear.heard.some(({ topic, text }) => topic.startsWith('homeassistant/device/') && text.includes('1_motion')),
      );
      await example.press('What time is it there?');
      const answer = await ear.until('the answer', () => ear.last('hikvision/my-camera/result'));
      expect(JSON.parse(answer)).toMatchObject({ command: 'config.getTime', id: 'clock', ok: true });
      await example.untilStatus('MQTT', /hikvision\/my-camera/);
    } finally {
      await ear.close();
    }
  });
});
