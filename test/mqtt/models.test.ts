/** What Home Assistant is told of the simulated devices, described over the real client: what somebody would expect of each. */
import { afterEach, describe, expect, it } from 'vitest';
import { HikvisionClient } from '../../lib/client';
import { ALLOWANCES } from '../../lib/mqtt/allowance';
import { describeDevice, type DeviceDescription } from '../../lib/mqtt/description';
import { discoveryOf, type DiscoveryOptions } from '../../lib/mqtt/discovery/discovery';
import { Topics } from '../../lib/mqtt/topics';
import { MODEL_NAMES, SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type ModelName } from '../../lib/simulator/index';
import { KNOWN } from '../support/descriptions';
import { callsIn, componentsIn, discoveryProblems, refusalOfCall } from '../support/ha-schema';
import { simulator } from '../support/simulators';

const topics = new Topics();
const options: DiscoveryOptions = {
  topics,
  bridge: 'b1',
  version: '1.2.3',
  allowance: 'write',
  language: 'en',
  pictures: true,
};

/** What every device has. */
const ANY = [
  'button device_reboot',
  'binary_sensor device_connection',
  'sensor device_lastEvent',
  'sensor device_dropped',
  'sensor device_firmware',
  'sensor device_cpu',
  'sensor device_upSince',
];
const video = (channel: number) => [
  `image ${channel}_snapshot`,
  `image ${channel}_eventPicture`,
  `button ${channel}_takeSnapshot`,
];
const disk = (number: number) => [
  `sensor device_disk_${number}_used`,
  `sensor device_disk_${number}_free`,
  `binary_sensor device_disk_${number}_problem`,
];
const input = (channel: number) => [
  `binary_sensor ${channel}_motion`,
  `binary_sensor ${channel}_videoLoss`,
  ...video(channel),
  `switch ${channel}_motionDetection`,
  `switch ${channel}_privacyMask`,
  `switch ${channel}_whiteLight`,
  `select ${channel}_dayNight`,
  `binary_sensor ${channel}_online`,
];
const presets = ['button 1_preset_1', 'button 1_preset_2', 'button 1_preset_3'];

const EXPECTED: Readonly<Record<ModelName, readonly string[]>> = {
  camera: [
    ...ANY,
    ...video(1),
    ...disk(1),
    ...presets,
    'binary_sensor 1_motion',
    'binary_sensor 1_tamper',
    'binary_sensor 1_lineCrossing',
    'binary_sensor 1_intrusion',
    'binary_sensor 1_regionEntrance',
    'binary_sensor 1_regionExit',
    'binary_sensor 1_loitering',
    'binary_sensor 1_sceneChange',
    'binary_sensor 1_defocus',
    'binary_sensor 1_audio',
    'binary_sensor device_pir',
    'binary_sensor device_alarmInput-1',
    'binary_sensor device_diskFull',
    'binary_sensor device_illegalAccess',
    'button 1_siren',
    'switch 1_motionDetection',
    'switch 1_privacyMask',
    'switch 1_whiteLight',
    'select 1_dayNight',
    'event device_event_face',
    'switch device_output_1',
  ],
  nvr: [
    ...ANY,
    ...disk(1),
    ...disk(2),
    'binary_sensor device_alarmInput-1',
    'binary_sensor device_diskFull',
    'binary_sensor device_diskError',
    'switch device_output_1',
    ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap(input),
    ...presets,
    'button 1_siren',
    'binary_sensor 2_lineCrossing',
    'binary_sensor 3_alarmInput-1',
    'switch 3_output_301',
  ],
  doorstation: [
    ...ANY,
    ...video(1),
    'binary_sensor 1_motion',
    'binary_sensor device_alarmInput-1',
    'switch 1_motionDetection',
    'event device_event_doorbell',
    'event device_event_access',
    'switch device_output_1',
    'lock device_door_1',
  ],
  terminal: [
    ...ANY,
    ...video(1),
    'binary_sensor 1_motion',
    'binary_sensor device_alarmInput-1',
    'event device_event_access',
    'lock device_door_1',
    'lock device_door_2',
  ],
  anpr: [
    ...ANY,
    ...video(1),
    'binary_sensor 1_motion',
    'event device_event_plate',
    'sensor device_lastPlate',
    'button 1_openBarrier',
    'button 1_closeBarrier',
    'switch device_output_1',
  ],
  axpro: [
    ...ANY,
    'event device_event_alarmPanel',
    'alarm_control_panel device_area_1',
    'alarm_control_panel device_area_2',
    ...[0, 1, 2, 3, 4, 5].map((zone) => `binary_sensor device_zone_${zone}`),
    'switch device_panel_output_0',
    'switch device_panel_output_1',
    'switch device_siren_1',
  ],
  // The simulated one tells of temperatures by its alarms alone.
  thermal: [
    ...ANY,
    ...video(1),
    ...video(2),
    'binary_sensor 1_motion',
    'switch 1_motionDetection',
    'binary_sensor 2_temperature',
    'switch device_output_1',
  ],
  counter: [
    ...ANY,
    ...video(1),
    'binary_sensor 1_motion',
    'event device_event_peopleCounting',
    'sensor device_peopleIn',
    'sensor device_peopleOut',
  ],
  speaker: [...ANY, 'binary_sensor device_alarmInput-1'],
};

const clients: HikvisionClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

async function described(model: ModelName): Promise<DeviceDescription> {
  const device = await simulator(model);
  const client = new HikvisionClient({ url: device.url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
  clients.push(client);
  await client.connect();
  return describeDevice((command, args) => client.call(command, { ...args }), KNOWN);
}

function entities(of: DeviceDescription, more: Partial<DiscoveryOptions> = {}): string[] {
  return discoveryOf(of, { ...options, ...more })
    .flatMap(({ payload }) => Object.entries(componentsIn(payload)))
    .map(([id, { platform }]) => `${String(platform)} ${id}`);
}

describe('discovery of a simulated', () => {
  for (const model of MODEL_NAMES) {
    it(`${model} has what somebody expects, and nothing else`, async () => {
      const of = await described(model);
      expect(of.isComplete).toBe(true);
      expect(entities(of).sort()).toEqual([...EXPECTED[model]].sort());
      for (const allowance of ALLOWANCES) {
        const messages = discoveryOf(of, { ...options, allowance });
        const problems = messages.flatMap(({ topic, payload }) => discoveryProblems(topic, String(payload)));
        expect(problems).toEqual([]);
        const calls = messages.flatMap(({ payload }) => callsIn(payload));
        expect(calls.map((call) => refusalOfCall(topics, call, allowance)).filter((why) => why !== null)).toEqual([]);
        if (allowance === 'write') expect(calls.length).toBeGreaterThan(0);
        if (allowance === 'nothing') expect(calls).toEqual([]);
      }
      // Nothing that shows a picture, where none can come.
      expect(entities(of, { pictures: false, allowance: 'nothing' }).join()).not.toContain('image');
    });
  }
});
