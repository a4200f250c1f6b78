/** What Home Assistant is told: of captured devices, of devices described by hand, and of those that are gone. */
import { beforeAll, describe, expect, it } from 'vitest';
import { commandNamed } from '../../lib/commands/registry';
import { ALLOWANCES } from '../../lib/mqtt/allowance';
import { infoPayload, withSeen, type DeviceDescription } from '../../lib/mqtt/description';
import {
  birthTopic,
  bridgeDiscovery,
  discoveryFilter,
  discoveryOf,
  republished,
  type DiscoveryOptions,
} from '../../lib/mqtt/discovery/discovery';
import { filled, LANGUAGES, languageFrom, NAMES } from '../../lib/mqtt/discovery/names';
import { DeviceStates, isSpan } from '../../lib/mqtt/states';
import { Topics, type MqttMessage } from '../../lib/mqtt/topics';
import { capturesFolder } from '../support/captures';
import { capturedDescriptions, channel, description } from '../support/descriptions';
import { callsIn, componentsIn, discoveryProblems, refusalOfCall, type SentCall } from '../support/ha-schema';

const MAX_BYTES = 64 * 1024;
const topics = new Topics();
const options: DiscoveryOptions = {
  topics,
  bridge: 'b1',
  version: '1.2.3',
  allowance: 'write',
  language: 'en',
  pictures: true,
};

function named(messages: readonly MqttMessage[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(messages.flatMap(({ payload }) => Object.entries(componentsIn(payload))));
}

/** `switch 1_motionDetection`, ... */
function entities(messages: readonly MqttMessage[]): string[] {
  return Object.entries(named(messages)).map(([id, { platform }]) => `${String(platform)} ${id}`);
}

function calls(messages: readonly MqttMessage[]): SentCall[] {
  return messages.flatMap(({ payload }) => callsIn(payload));
}

function expectAccepted(call: SentCall, allowance: DiscoveryOptions['allowance']): void {
  expect(refusalOfCall(topics, call, allowance)).toBeNull();
}

/** A device with everything that there is, for what no capture shows. */
const everything = description({
  model: 'DS-1',
  firmware: 'V5.7.15',
  channels: [
    channel(1, {
      name: 'Yard',
      presets: [
        { preset: 1, name: 'Gate', enabled: true, reserved: false },
        { preset: 2, name: null, enabled: null, reserved: false },
      ],
    }),
  ],
  triggers: [
    { channel: 1, kind: 'motion', port: null, notifies: true },
    { channel: 1, kind: 'lineCrossing', port: null, notifies: false },
    { channel: 1, kind: 'plate', port: null, notifies: true },
    { channel: null, kind: 'diskFull', port: null, notifies: true },
    { channel: null, kind: 'alarmInput', port: 2, notifies: true },
    { channel: 1, kind: 'unknown', port: null, notifies: true },
  ],
  features: { intercom: true, doors: true, peopleCounting: true, alarmPanel: true },
  alarmInputs: [{ port: 2, channel: null, name: 'Garage door' }],
  alarmOutputs: [{ port: 1, channel: null, name: null }],
  doors: [
    { number: 1, canClose: true },
    { number: 2, canClose: false },
  ],
  areas: [{ number: 1, name: 'House', use: null }],
  zones: [
    { number: 0, name: 'Window', use: 'magneticContact' },
    { number: 1, name: null, use: 'pircam' },
    { number: 2, name: null, use: 'somethingNew' },
  ],
  panelOutputs: [{ number: 0, name: null, use: null }],
  sirens: [{ number: 1, name: null, use: null }],
  hasStatus: true,
  settings: new Map<number | null, Record<string, unknown>>([
    [
      1,
      {
        motionDetection: true,
        dayNight: 'auto',
        whiteLight: false,
        privacyMask: false,
        siren: { sound: 1 },
        temperatures: { 1: { name: 'Boiler', unit: 'celsius' }, 2: { name: null, unit: 'kelvin' }, 3: { unit: null } },
      },
    ],
    [null, { doors: { 1: true, 2: null } }],
  ]),
});

describe('names', () => {
  const keys = (value: object) => Object.keys(value).sort();

  for (const language of LANGUAGES) {
    it(`are all there in ${language}, with the same places to fill in`, () => {
      const { en } = NAMES;
      for (const group of ['entities', 'kinds'] as const) {
        const own: Record<string, string> = NAMES[language][group];
        expect(keys(own)).toEqual(keys(en[group]));
        for (const [key, text] of Object.entries<string>(en[group])) {
          expect(own[key]?.match(/\{\w+\}/g), key).toEqual(text.match(/\{\w+\}/g));
          expect(own[key]?.trim()).not.toBe('');
        }
      }
    });
  }

  it('are found by any tag', () => {
    expect(['de-AT', 'zh_CN', 'FR', 'it', 5].map(languageFrom)).toEqual(['de', 'zh', 'fr', 'en', 'en']);
  });

  it('take what a device is called as it is', () => {
    expect(filled('Preset {name}', { name: '$& {n}' })).toBe('Preset $& {n}');
  });
});

describe('discovery', () => {
  it('has an entity for everything that there is, each with a class that fits', () => {
    const messages = discoveryOf(everything, options);
    expect(messages).toHaveLength(1);
    expect(entities(messages)).toEqual([
      'binary_sensor 1_motion',
      'binary_sensor 1_lineCrossing',
      'binary_sensor device_diskFull',
      'binary_sensor device_alarmInput-2',
      'sensor 1_temperature_1',
      'sensor 1_temperature_2',
      'image 1_snapshot',
      'image 1_eventPicture',
      'button 1_takeSnapshot',
      'button 1_preset_1',
      'button 1_preset_2',
      'button 1_siren',
      'switch 1_motionDetection',
      'switch 1_privacyMask',
      'switch 1_whiteLight',
      'select 1_dayNight',
      'event device_event_plate',
      'event device_event_doorbell',
      'event device_event_access',
      'event device_event_alarmPanel',
      'event device_event_peopleCounting',
      'sensor device_lastPlate',
      'sensor device_peopleIn',
      'sensor device_peopleOut',
      'switch device_output_1',
      'lock device_door_1',
      'button device_door_2',
      'alarm_control_panel device_area_1',
      'binary_sensor device_zone_0',
      'binary_sensor device_zone_1',
      'binary_sensor device_zone_2',
      'switch device_panel_output_0',
      'switch device_siren_1',
      'button device_reboot',
      'binary_sensor device_connection',
      'sensor device_lastEvent',
      'sensor device_dropped',
      'sensor device_firmware',
      'sensor device_cpu',
      'sensor device_upSince',
    ]);
    const of = named(messages);
    expect(of['1_motion']).toEqual({
      platform: 'binary_sensor',
      unique_id: `hsp_${everything.identity}_1_motion`,
      default_entity_id: 'binary_sensor.gate_1_motion',
      name: 'Motion',
      state_topic: 'hikvision/gate/1/motion',
      json_attributes_topic: 'hikvision/gate/1/motion/attributes',
      device_class: 'motion',
    });
    // The device detects it and tells nobody.
    expect(of['1_lineCrossing']).toMatchObject({ enabled_by_default: false });
    expect(of['device_alarmInput-2']).toMatchObject({
      name: 'Garage door',
      state_topic: 'hikvision/gate/device/alarmInput-2',
    });
    expect(of['device_event_doorbell']).toMatchObject({ event_types: ['doorbell'], device_class: 'doorbell' });
    expect(of['1_preset_1']).toMatchObject({
      name: 'Preset Gate',
      command_topic: 'hikvision/gate/command/camera/gotoPreset',
    });
    expect(['0', '1', '2'].map((zone) => of[`device_zone_${zone}`]?.['device_class'])).toEqual([
      'opening',
      'motion',
      'opening',
    ]);
    expect(of['device_connection']?.['availability']).toHaveLength(1);
    for (const { topic, payload } of messages) expect(discoveryProblems(topic, String(payload))).toEqual([]);
  });

  for (const allowance of ALLOWANCES) {
    it(`with '${allowance}' has only entities whose commands are taken`, () => {
      const messages = discoveryOf(everything, { ...options, allowance });
      for (const call of calls(messages)) expectAccepted(call, allowance);
      const commanding = entities(messages).filter((entity) => /^(button|switch|select|lock|alarm)/.test(entity));
      const has = (id: string) => commanding.some((entity) => entity.endsWith(id));
      expect([has('takeSnapshot'), has('preset_1'), has('reboot')]).toEqual([
        allowance !== 'nothing',
        allowance === 'act' || allowance === 'write',
        allowance === 'write',
      ]);
      if (allowance === 'nothing') expect(commanding).toEqual([]);
    });
  }

  it('has no entity for a command that the registry lacks', () => {
    const messages = discoveryOf(everything, { ...options, commandNamed: () => undefined });
    expect(calls(messages)).toEqual([]);
    // What an area is in stays worth seeing.
    expect(entities(messages)).toContain('sensor device_area_1_state');
  });

  it('opens a door by a button where nothing can close it', () => {
    const onlyOpen = (name: string) => (name === 'event.closeDoor' ? undefined : commandNamed(name));
    expect(entities(discoveryOf(everything, { ...options, commandNamed: onlyOpen }))).toContain('button device_door_1');
  });

  it('has the channels of a recorder as devices behind it, and the recorder first', () => {
    const recorder = description({
      channels: [channel(1, { kind: 'ip', name: 'Yard', online: true }), channel(2, { kind: 'ip' })],
      triggers: [
        { channel: 1, kind: 'motion', port: null, notifies: true },
        { channel: 9, kind: 'motion', port: null, notifies: true },
        { channel: null, kind: 'diskError', port: null, notifies: true },
      ],
    });
    const messages = discoveryOf(recorder, options);
    const blocks = messages.map(
      ({ payload }) => (JSON.parse(String(payload)) as { device: Record<string, unknown> }).device,
    );
    expect(messages.map(({ topic }) => topic)).toEqual(
      ['', '_1', '_2'].map((end) => `homeassistant/device/hsp_${recorder.identity}${end}/config`),
    );
    expect(blocks.map(({ name }) => name)).toEqual(['Gate', 'Gate Yard', 'Gate Channel 2']);
    expect(blocks.map((block) => block['via_device'])).toEqual([
      undefined,
      `hsp_${recorder.identity}`,
      `hsp_${recorder.identity}`,
    ]);
    // A trigger of a channel that is not connected makes nothing.
    expect(entities(messages).filter((entity) => entity.endsWith('1_motion'))).toEqual(['binary_sensor 1_motion']);
    expect(entities(messages)).toContain('binary_sensor device_diskError');
    expect(entities(messages)).toContain('binary_sensor 1_online');
    expect(entities(messages)).not.toContain('binary_sensor 2_online');
  });

  it('keeps the ids of what belongs to the device, whether its channel is known or not', () => {
    const unknown = entities(discoveryOf({ ...everything, channels: [] }, options));
    const known = entities(discoveryOf(everything, options));
    expect(unknown.filter((entity) => !known.includes(entity))).toEqual([]);
    expect(unknown).toContain('binary_sensor device_connection');
  });

  it('keeps all ids through a rename, in any language', () => {
    const ids = (of: DeviceDescription, language: DiscoveryOptions['language']) =>
      Object.values(named(discoveryOf(of, { ...options, language }))).map((component) => component['unique_id']);
    expect(ids({ ...everything, name: 'Other', slug: 'other' }, 'zh')).toEqual(ids(everything, 'en'));
  });

  it('shows what an event has shown, where no trigger told', () => {
    const seen = { channel: 1, kind: 'pir', port: null } as const;
    const more = withSeen(everything, seen);
    expect(entities(discoveryOf(more, options))).toContain('binary_sensor 1_pir');
    expect(withSeen(more, seen)).toBe(more);
  });

  it('watches the very topics that states are told on', () => {
    const states = new DeviceStates(topics, 'gate').connected(everything.triggers);
    const told = states.filter(({ topic }) => !topic.endsWith('/attributes')).map(({ topic }) => topic);
    const watched = Object.values(named(discoveryOf(everything, options)))
      .filter((component) => 'json_attributes_topic' in component && /\d_|device_/.test(String(component['unique_id'])))
      .map((component) => String(component['state_topic']));
    for (const { kind } of everything.triggers.filter((one) => isSpan(one.kind) && one.kind !== 'unknown')) {
      expect(
        told.filter((topic) => topic.includes(kind)).every((topic) => watched.includes(topic)),
        kind,
      ).toBe(true);
    }
  });

  it('of the bridge is sound as well', () => {
    const { topic, payload, retain } = bridgeDiscovery({ ...options, bridge: 'häuschen 1' });
    expect(topic).toBe('homeassistant/device/hsp_bridge_h_uschen_1/config');
    expect(discoveryProblems(topic, String(payload))).toEqual([]);
    expect(retain).toBe(true);
  });

  it('goes where the prefix says, and nowhere with a bad one', () => {
    expect(discoveryOf(everything, { ...options, prefix: 'ha' })[0]?.topic).toMatch(/^ha\/device\//);
    expect([birthTopic(), birthTopic('ha'), discoveryFilter()]).toEqual([
      'homeassistant/status',
      'ha/status',
      'homeassistant/device/+/config',
    ]);
    expect(() => discoveryOf(everything, { ...options, prefix: 'ha/#' })).toThrow('discovery prefix');
  });
});

describe('what is gone', () => {
  const before = (messages: readonly MqttMessage[]) =>
    new Map(messages.map(({ topic, payload }) => [topic, String(payload)]));

  it('is reduced to its platform once, and then left out', () => {
    const old = before(discoveryOf(everything, options));
    const now = discoveryOf({ ...everything, triggers: everything.triggers.slice(1) }, options);
    const messages = republished(old, now, options);
    expect(messages).toHaveLength(2);
    expect(componentsIn(messages[0]?.payload ?? '')['1_motion']).toEqual({ platform: 'binary_sensor' });
    expect(componentsIn(messages[1]?.payload ?? '')).not.toHaveProperty('1_motion');
    for (const { topic, payload } of messages) expect(discoveryProblems(topic, String(payload))).toEqual([]);
    expect(republished(before(now), now, options)).toEqual(now);
  });

  it('goes first where the same id is of another platform now', () => {
    const old = before(discoveryOf(everything, options));
    const [topic, payload] = [...old][0] as [string, string];
    const changed = new Map([[topic, payload.replace('"platform":"image"', '"platform":"camera"')]]);
    const [first] = republished(changed, discoveryOf(everything, options), options);
    expect(componentsIn(first?.payload ?? '')['1_snapshot']).toEqual({ platform: 'camera' });
  });

  it('is emptied where a device or a channel is gone, and only if it was ours', () => {
    const two = description({ channels: [channel(1, { kind: 'ip' }), channel(2, { kind: 'ip' })] });
    const one = { ...two, channels: two.channels.slice(0, 1) };
    const old = before([
      ...discoveryOf(two, options),
      bridgeDiscovery(options),
      ...discoveryOf({ ...two, identity: 'ffff' }, { ...options, bridge: 'other' }),
      bridgeDiscovery({ ...options, bridge: 'other' }),
    ]);
    old.set('homeassistant/device/foreign/config', '{"origin":{"name":"zigbee2mqtt"}}');
    old.set('homeassistant/device/broken/config', 'nothing');
    const emptied = republished(old, discoveryOf(one, options), options).filter(({ payload }) => payload === '');
    expect(emptied.map(({ topic, retain }) => [topic, retain])).toEqual([
      [`homeassistant/device/hsp_${two.identity}_2/config`, true],
      ['homeassistant/device/hsp_bridge_b1/config', true],
    ]);
  });
});

describe('the validator', () => {
  const [sound] = discoveryOf(everything, options) as [MqttMessage];

  function problemsAfter(change: (message: Message) => void): string[] {
    const message = JSON.parse(String(sound.payload)) as Message;
    change(message);
    return discoveryProblems(sound.topic, JSON.stringify(message));
  }

  interface Message {
    device: Record<string, unknown>;
    origin: Record<string, unknown>;
    components: Record<string, Record<string, unknown>>;
    [key: string]: unknown;
  }
  const part = (message: Message, id: string) => message.components[id] as Record<string, unknown>;
  const damages: Readonly<Record<string, readonly [change: (message: Message) => void, problem: string]>> = {
    'an unknown key of an entity': [(m) => (part(m, '1_motion')['state_on'] = 'ON'), '1_motion.state_on: unknown key'],
    'an unknown key of the root': [(m) => (m['via_device'] = 'x'), 'via_device: unknown key'],
    'an unknown key of the device': [(m) => (m.device['serial'] = 'x'), 'device.serial: unknown key'],
    'no origin': [(m) => (m.origin = {}), 'origin.name: missing'],
    'no identifiers': [(m) => delete m.device['identifiers'], 'neither identifiers nor connections'],
    'no unique id': [(m) => delete part(m, '1_motion')['unique_id'], '1_motion.unique_id: missing'],
    'one unique id twice': [
      (m) => (part(m, '1_motion')['unique_id'] = part(m, 'device_cpu')['unique_id']),
      'unique_id twice',
    ],
    'no state topic': [(m) => delete part(m, '1_motion')['state_topic'], '1_motion.state_topic: missing'],
    'no command topic': [
      (m) => delete part(m, 'device_reboot')['command_topic'],
      'device_reboot.command_topic: missing',
    ],
    'no event types': [
      (m) => (part(m, 'device_event_plate')['event_types'] = []),
      'device_event_plate.event_types: []',
    ],
    'a class of another platform': [(m) => (part(m, '1_motion')['device_class'] = 'restart'), '1_motion.device_class'],
    'a platform that is none': [(m) => (part(m, '1_motion')['platform'] = 'binary'), '1_motion: platform binary'],
    'a unit that does not fit': [
      (m) => (part(m, 'device_upSince')['unit_of_measurement'] = 's'),
      'timestamp with a unit',
    ],
    'two sources of a picture': [
      (m) => (part(m, '1_snapshot')['url_topic'] = 'a'),
      'exactly one of image_topic, url_topic',
    ],
    'a wildcard to publish to': [
      (m) => (part(m, 'device_reboot')['command_topic'] = 'a/+'),
      'device_reboot.command_topic',
    ],
    'a template that is not closed': [
      (m) => (part(m, 'device_cpu')['value_template'] = '{{ value'),
      'device_cpu.value_template',
    ],
    'user and password in the address': [
      (m) => (m.device['configuration_url'] = 'http://a:b@c'),
      'device.configuration_url',
    ],
    'an availability without a topic': [(m) => (m['availability'] = [{}]), 'availability: [{}]'],
    'no entity at all': [(m) => (m.components = {}), 'components: none'],
    'an empty name': [(m) => (part(m, '1_motion')['name'] = ''), '1_motion.name: ""'],
    'a wrong entity id': [
      (m) => (part(m, '1_motion')['default_entity_id'] = 'sensor.a'),
      '1_motion: default_entity_id',
    ],
  };
  for (const [what, [change, problem]] of Object.entries(damages)) {
    it(`finds ${what}`, () => expect(problemsAfter(change).join('\n')).toContain(problem));
  }

  it('finds a wrong place and what is no message', () => {
    expect(discoveryProblems('homeassistant/sensor/x/config', String(sound.payload))).not.toEqual([]);
    expect(discoveryProblems('homeassistant/device/a b/config', String(sound.payload))).not.toEqual([]);
    expect(discoveryProblems(sound.topic, '[]')).toEqual(['no object']);
    expect(discoveryProblems(sound.topic, '{')).toEqual(['no JSON']);
  });
});

describe.skipIf(capturesFolder() === undefined)('discovery of captured devices', () => {
  let captured: ReadonlyMap<string, DeviceDescription>;
  beforeAll(async () => {
    captured = await capturedDescriptions();
  });

  it('is sound for each of them, in every language and with every allowance, and small', () => {
    expect(captured.size).toBeGreaterThan(20);
    let largest = 0;
    for (const [name, of] of captured) {
      for (const language of LANGUAGES) {
        for (const allowance of ALLOWANCES) {
          const messages = discoveryOf(of, { ...options, language, allowance });
          for (const { topic, payload } of messages) {
            expect(discoveryProblems(topic, String(payload)), name).toEqual([]);
            largest = Math.max(largest, Buffer.byteLength(payload));
          }
          for (const call of calls(messages)) expectAccepted(call, allowance);
          const ids = Object.values(named(messages)).map((component) => component['unique_id']);
          expect(new Set(ids).size, name).toBe(ids.length);
        }
      }
    }
    expect(largest).toBeGreaterThan(4_000);
    expect(largest).toBeLessThan(MAX_BYTES);
  });

  it('has a state only for what the device has a trigger for, and an image only for its channels', () => {
    for (const [name, of] of captured) {
      const channels = new Set(of.channels.map((one) => String(one.channel)));
      for (const component of Object.values(named(discoveryOf(of, options)))) {
        const state = topics.match('state', String(component['state_topic']));
        if (component['platform'] === 'binary_sensor' && state !== null) {
          const kind = String(state['kind']).split('-')[0];
          const number = state['channel'] === 'device' ? null : Number(state['channel']);
          expect(
            of.triggers.some((trigger) => trigger.kind === kind && trigger.channel === number),
            `${name} ${String(component['unique_id'])}`,
          ).toBe(true);
        }
        if (component['platform'] === 'image') {
          expect(channels.has(String(component['image_topic']).split('/')[2] ?? ''), name).toBe(true);
        }
      }
    }
  });

  it('gives away no serial number', () => {
    for (const [name, of] of captured) {
      const text = JSON.stringify([discoveryOf(of, options), infoPayload(of)]);
      expect(text, name).not.toMatch(/SN-TEST|AAWR[A-Z]\d|CCRR[A-Z]\d|CCWR/);
    }
  });

  it('has what somebody would expect of a recorder and of a camera', () => {
    const recorder = discoveryOf(captured.get('DS-7616NI-Q2') as DeviceDescription, options);
    expect(recorder).toHaveLength(10);
    expect(entities(recorder.slice(1, 2))).toContain('binary_sensor 1_motion');
    expect(entities(recorder)).toContain('sensor device_disk_1_free');
    const camera = discoveryOf(captured.get('DS-2CD2386G2-IU') as DeviceDescription, options);
    expect(camera).toHaveLength(1);
    for (const one of [
      'binary_sensor 1_motion',
      'binary_sensor 1_tamper',
      'image 1_snapshot',
      'sensor device_share_9_free',
    ]) {
      expect(entities(camera)).toContain(one);
    }
    // No presets were told, so there are no buttons for them.
    expect(entities(camera).filter((entity) => entity.includes('preset'))).toEqual([]);
    const terminal = discoveryOf(captured.get('DS-K1T341AM') as DeviceDescription, options);
    expect(entities(terminal).filter((entity) => /motion|image|preset/.test(entity))).toEqual([]);
  });

  it('is quick for many devices', () => {
    const of = captured.get('DS-7616NI-Q2') as DeviceDescription;
    const begin = process.cpuUsage();
    for (let n = 0; n < 100; n++) discoveryOf({ ...of, slug: `nvr-${n}`, identity: String(n) }, options);
    const { user } = process.cpuUsage(begin);
    // 1,000 devices of Home Assistant; far below this on any machine that is not busy.
    expect(user / 1_000).toBeLessThan(5_000);
  });
});
