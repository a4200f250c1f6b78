/** What can be done with a device: entities that command, and only those whose commands are allowed. */
import type { Fields } from '../readings';
import {
  anyCommandTopic,
  callPayload,
  commandTopic,
  entityName,
  mayCall,
  onOff,
  settingState,
  shortened,
  type Call,
  type Entity,
  type Scene,
} from './entity';
import { hasSubDevices } from './watching';

/** Presets that get a button each; a camera has up to 300, and a list of that length is no help to anybody. */
const MAX_PRESET_BUTTONS = 32;

/** Modes that a select offers; the other words of firmware join in where they are the present one. */
const DAY_NIGHT_MODES = ['auto', 'day', 'night'];

/** A restart: of the whole device, never of a channel. The payload confirms what the allowance decided. */
export function restart(scene: Scene): Entity[] {
  const call = { command: 'config.reboot', args: {} };
  if (!mayCall(scene, [call])) return [];
  return [
    {
      platform: 'button',
      key: 'reboot',
      name: entityName(scene, 'reboot'),
      options: {
        command_topic: commandTopic(scene, call.command),
        payload_press: JSON.stringify({ confirm: true }),
        device_class: 'restart',
        entity_category: 'config',
      },
    },
  ];
}

/** Fetches a picture, which goes to the topic of the image. */
export function takeSnapshot(scene: Scene): Entity[] {
  const { channel, description } = scene;
  if (channel === null || description.features.video === false) return [];
  return button(scene, 'takeSnapshot', entityName(scene, 'takeSnapshot'), {
    command: 'camera.snapshot',
    args: { channel: channel.channel },
  });
}

/** Sounds the siren of a camera once; nothing can stop it, so it is no switch. */
export function soundSiren(scene: Scene): Entity[] {
  const { channel, description } = scene;
  if (channel === null || description.settings.get(channel.channel)?.['siren'] === undefined) return [];
  return button(scene, 'siren', entityName(scene, 'siren'), {
    command: 'camera.soundSiren',
    args: { channel: channel.channel },
  });
}

export function presets(scene: Scene): Entity[] {
  const { channel } = scene;
  if (channel === null) return [];
  return channel.presets
    .slice(0, MAX_PRESET_BUTTONS)
    .flatMap(({ preset, name }) =>
      button(
        scene,
        `preset_${preset}`,
        name === null
          ? entityName(scene, 'preset', { n: preset })
          : entityName(scene, 'presetNamed', { name: shortened(name) }),
        { command: 'camera.gotoPreset', args: { channel: channel.channel, preset } },
      ),
    );
}

function button(scene: Scene, key: string, name: string, call: Call): Entity[] {
  if (!mayCall(scene, [call])) return [];
  const options = { command_topic: commandTopic(scene, call.command), payload_press: JSON.stringify(call.args) };
  return [{ platform: 'button', key, name, options }];
}

/** Settings of a channel that the device has told, as switches. */
export function switches(scene: Scene): Entity[] {
  const { channel } = scene;
  if (channel === null) return [];
  const number = channel.channel;
  const settings = scene.description.settings.get(number) ?? {};
  return [
    ...('motionDetection' in settings
      ? onOffSwitch(scene, 'motionDetection', number, 'config', (enabled) => ({
          command: 'event.setMotionDetection',
          args: { channel: number, enabled },
        }))
      : []),
    ...('privacyMask' in settings
      ? onOffSwitch(scene, 'privacyMask', number, 'config', (enabled) => ({
          command: 'camera.setPrivacyMask',
          args: { channel: number, enabled },
        }))
      : []),
    ...('whiteLight' in settings
      ? onOffSwitch(scene, 'whiteLight', number, null, (on) => ({
          command: 'camera.switchWhiteLight',
          args: { channel: number, on },
        }))
      : []),
  ];
}

function onOffSwitch(
  scene: Scene,
  key: 'motionDetection' | 'privacyMask' | 'whiteLight',
  channel: number,
  category: 'config' | null,
  call: (on: boolean) => Call,
): Entity[] {
  return switchOf(
    scene,
    key,
    entityName(scene, key),
    { ...settingState(scene, channel), value_template: onOff(`value_json.${key}`) },
    call,
    category === null ? {} : { entity_category: category },
  );
}

function switchOf(
  scene: Scene,
  key: string,
  name: string,
  state: Fields,
  call: (on: boolean) => Call,
  more: Fields = {},
): Entity[] {
  const [on, off] = [call(true), call(false)];
  if (!mayCall(scene, [on, off])) return [];
  return [
    {
      platform: 'switch',
      key,
      name,
      options: {
        command_topic: commandTopic(scene, on.command),
        payload_on: JSON.stringify(on.args),
        payload_off: JSON.stringify(off.args),
        ...state,
        state_on: 'ON',
        state_off: 'OFF',
        ...more,
      },
    },
  ];
}

/** Relays: of the device itself, or of the camera that is this channel. */
export function outputs(scene: Scene): Entity[] {
  const own = isSubDevice(scene) ? (scene.channel?.channel ?? null) : null;
  return scene.description.alarmOutputs
    .filter(({ channel }) => channel === own || (channel !== null && !hasSubDevices(scene.description)))
    .flatMap(({ port, name }) =>
      switchOf(
        scene,
        `output_${port}`,
        name === null ? entityName(scene, 'alarmOutput', { n: port }) : shortened(name),
        { ...settingState(scene, null), value_template: onOff(`(value_json.outputs | default({})).get('${port}')`) },
        (active) => ({ command: 'event.setAlarmOutput', args: { output: port, active } }),
      ),
    );
}

/** Colours by day, infrared by night, or as the camera thinks. */
export function dayNight(scene: Scene): Entity[] {
  const { channel } = scene;
  if (channel === null) return [];
  const now = scene.description.settings.get(channel.channel)?.['dayNight'];
  if (typeof now !== 'string') return [];
  const command = 'camera.setDayNight';
  const args = (mode: string) => ({ channel: channel.channel, mode });
  const options = [...new Set([...DAY_NIGHT_MODES, now])].filter((mode) =>
    mayCall(scene, [{ command, args: args(mode) }]),
  );
  // A select that cannot show the present mode would complain for ever.
  if (!options.includes(now)) return [];
  return [
    {
      platform: 'select',
      key: 'dayNight',
      name: entityName(scene, 'dayNight'),
      options: {
        command_topic: commandTopic(scene, command),
        command_template: JSON.stringify(args('{{ value }}')),
        options,
        ...settingState(scene, channel.channel),
        value_template: '{{ value_json.dayNight }}',
        entity_category: 'config',
      },
    },
  ];
}

/** Doors of stations and terminals: a lock where the door can be closed as well, else a button. */
export function doors(scene: Scene): Entity[] {
  const told = scene.description.settings.get(null)?.['doors'];
  return scene.description.doors.flatMap(({ number, canClose }): Entity[] => {
    const open = { command: 'event.openDoor', args: { door: number } };
    const close = { command: 'event.closeDoor', args: { door: number } };
    const title = entityName(scene, 'door', { n: number });
    if (!canClose || !mayCall(scene, [close])) return button(scene, `door_${number}`, title, open);
    if (!mayCall(scene, [open])) return [];
    return [
      {
        platform: 'lock',
        key: `door_${number}`,
        name: title,
        options: {
          command_topic: anyCommandTopic(scene),
          payload_unlock: callPayload(open),
          payload_lock: callPayload(close),
          // Where the device does not tell, Home Assistant assumes what it was told last.
          ...(told === undefined
            ? {}
            : {
                ...settingState(scene, null),
                value_template: `{{ {true: 'LOCKED', false: 'UNLOCKED'}.get((value_json.doors | default({})).get('${number}'), 'None') }}`,
                state_locked: 'LOCKED',
                state_unlocked: 'UNLOCKED',
              }),
        },
      },
    ];
  });
}

/** The barrier of a car park, which tells no state that could be trusted: two buttons. */
export function barriers(scene: Scene): Entity[] {
  const { channel, description } = scene;
  if (channel === null || description.features.barrier !== true) return [];
  return (['openBarrier', 'closeBarrier'] as const).flatMap((key) =>
    button(scene, key, entityName(scene, key), { command: `event.${key}`, args: { channel: channel.channel } }),
  );
}

/* Alarm panels */

/** The areas of an alarm panel; without the right to arm they are sensors of their state. */
export function areas(scene: Scene): Entity[] {
  return scene.description.areas.map(({ number, name }): Entity => {
    const title = name === null ? entityName(scene, 'area', { n: number }) : shortened(name);
    const state = {
      ...settingState(scene, null),
      value_template: `{{ value_json.areas['${number}'] }}`,
    };
    const arm = (mode: string) => ({ command: 'event.armPanel', args: { area: number, mode } });
    const disarm = { command: 'event.disarmPanel', args: { area: number } };
    if (!mayCall(scene, [arm('away'), arm('stay'), disarm])) {
      return { platform: 'sensor', key: `area_${number}_state`, name: title, options: state };
    }
    return {
      platform: 'alarm_control_panel',
      key: `area_${number}`,
      name: title,
      options: {
        ...state,
        command_topic: anyCommandTopic(scene),
        payload_arm_away: callPayload(arm('away')),
        payload_arm_home: callPayload(arm('stay')),
        payload_disarm: callPayload(disarm),
        supported_features: ['arm_away', 'arm_home'],
        code_arm_required: false,
        code_disarm_required: false,
      },
    };
  });
}

/** Classes for what hangs on a zone; a detector that we do not know is shown as open and closed. */
const ZONE_CLASSES: readonly (readonly [words: RegExp, deviceClass: string])[] = [
  [/pir|curtain|motion|dual/i, 'motion'],
  [/smoke/i, 'smoke'],
  [/gas|co(?:detector)?$/i, 'gas'],
  [/water|leak/i, 'moisture'],
  [/glass|vibration|shock/i, 'vibration'],
  [/heat|temperature/i, 'heat'],
  [/panic|button|callhelp/i, 'safety'],
  [/magnet|contact|door/i, 'opening'],
];

/** Zones of an alarm panel, and what leaves them out. */
export function zones(scene: Scene): Entity[] {
  return scene.description.zones.map(({ number, name, use }): Entity => {
    const deviceClass = ZONE_CLASSES.find(([words]) => words.test(use ?? ''))?.[1] ?? 'opening';
    const zone = `(value_json.zones | default({})).get('${number}', {})`;
    return {
      platform: 'binary_sensor',
      key: `zone_${number}`,
      name: name === null ? entityName(scene, 'zone', { n: number }) : shortened(name),
      options: {
        ...settingState(scene, null),
        value_template: onOff(`${zone}.get('open')`),
        json_attributes_topic: settingState(scene, null).state_topic,
        json_attributes_template: `{{ ${zone} | tojson }}`,
        device_class: deviceClass,
      },
    };
  });
}

/** Relays and sirens of an alarm panel. */
export function panelSwitches(scene: Scene): Entity[] {
  const { panelOutputs, sirens } = scene.description;
  const state = (member: string, number: number) => ({
    ...settingState(scene, null),
    value_template: onOff(`(value_json.${member} | default({})).get('${number}')`),
  });
  return [
    ...panelOutputs.flatMap(({ number, name }) =>
      switchOf(
        scene,
        `panel_output_${number}`,
        name === null ? entityName(scene, 'alarmOutput', { n: number }) : shortened(name),
        state('panelOutputs', number),
        (on) => ({ command: 'event.switchPanelOutput', args: { output: number, on } }),
      ),
    ),
    ...sirens.flatMap(({ number, name }) =>
      switchOf(
        scene,
        `siren_${number}`,
        name === null ? entityName(scene, 'siren') : shortened(name),
        state('sirens', number),
        (on) => ({ command: 'event.switchPanelSiren', args: { siren: number, on } }),
      ),
    ),
  ];
}

function isSubDevice({ channel, description }: Scene): boolean {
  return channel !== null && hasSubDevices(description);
}
