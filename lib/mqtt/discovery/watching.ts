/** What a device watches for: states, events, and their pictures. */
import type { EventKind } from '../../events/kinds';
import type { Feature } from '../../commands/features';
import { isSpan } from '../states';
import { kindLevel } from '../topics';
import { fieldsOf } from '../readings';
import { entityName, eventsOf, levelOf, mayCall, settingState, shortened, type Entity, type Scene } from './entity';

/** Classes of Home Assistant that fit; a kind without one is shown as on and off. `isDiagnostic`: about the device, not the scene. */
const CLASSES: Readonly<Partial<Record<EventKind, { readonly deviceClass: string; readonly isDiagnostic?: true }>>> = {
  motion: { deviceClass: 'motion' },
  videoLoss: { deviceClass: 'problem', isDiagnostic: true },
  tamper: { deviceClass: 'tamper' },
  sceneChange: { deviceClass: 'tamper' },
  defocus: { deviceClass: 'problem', isDiagnostic: true },
  lineCrossing: { deviceClass: 'motion' },
  intrusion: { deviceClass: 'motion' },
  regionEntrance: { deviceClass: 'motion' },
  regionExit: { deviceClass: 'motion' },
  loitering: { deviceClass: 'occupancy' },
  crowd: { deviceClass: 'occupancy' },
  running: { deviceClass: 'motion' },
  parking: { deviceClass: 'occupancy' },
  unattendedBaggage: { deviceClass: 'safety' },
  objectRemoval: { deviceClass: 'safety' },
  behavior: { deviceClass: 'safety' },
  person: { deviceClass: 'occupancy' },
  pir: { deviceClass: 'motion' },
  audio: { deviceClass: 'sound' },
  vehicle: { deviceClass: 'occupancy' },
  trafficIncident: { deviceClass: 'safety' },
  temperature: { deviceClass: 'heat' },
  fire: { deviceClass: 'smoke' },
  ship: { deviceClass: 'occupancy' },
  radar: { deviceClass: 'motion' },
  videoQuality: { deviceClass: 'problem', isDiagnostic: true },
  diskFull: { deviceClass: 'problem', isDiagnostic: true },
  diskError: { deviceClass: 'problem', isDiagnostic: true },
  networkBroken: { deviceClass: 'problem', isDiagnostic: true },
  ipConflict: { deviceClass: 'problem', isDiagnostic: true },
  illegalAccess: { deviceClass: 'problem', isDiagnostic: true },
  recording: { deviceClass: 'problem', isDiagnostic: true },
  deviceFault: { deviceClass: 'problem', isDiagnostic: true },
};

/** Names that say nothing to anybody; they are in the stream of events. */
const UNSHOWN = new Set<EventKind>(['other', 'unknown']);

/** Kinds without an end that a feature brings, where no trigger names them. */
const BY_FEATURE: Readonly<Partial<Record<EventKind, readonly Feature[]>>> = {
  doorbell: ['intercom'],
  access: ['doors', 'persons'],
  plate: ['plates'],
  alarmPanel: ['alarmPanel'],
  peopleCounting: ['peopleCounting'],
};

/** Kinds whose events come with a picture as a rule. */
const PICTURED: readonly EventKind[] = ['plate', 'face'];

/** On and off for every kind that has an end, on its channel and, for alarm inputs, its port. */
export function states(scene: Scene): Entity[] {
  const { description, topics, names } = scene;
  const level = levelOf(scene);
  return description.triggers
    .filter((trigger) => isHere(scene, trigger.channel) && isSpan(trigger.kind) && !UNSHOWN.has(trigger.kind))
    .map(({ kind, port, notifies, channel: own }): Entity => {
      const key = kindLevel(kind, port);
      const values = { device: description.slug, channel: own === null ? 'device' : level, kind: key };
      const about = CLASSES[kind];
      return {
        platform: 'binary_sensor',
        key,
        ...(own === null ? { isOfDevice: true } : {}),
        name: port === null ? names.kinds[kind] : inputName(scene, port, own),
        options: {
          state_topic: topics.topic('state', values),
          json_attributes_topic: topics.topic('attributes', values),
          ...(about === undefined ? {} : { device_class: about.deviceClass }),
          ...(about?.isDiagnostic === true ? { entity_category: 'diagnostic' } : {}),
          // Without "notify surveillance center" the device detects it and tells nobody.
          ...(notifies ? {} : { enabled_by_default: false }),
        },
      };
    });
}

function inputName(scene: Scene, port: number, channel: number | null): string {
  const { alarmInputs } = scene.description;
  const number = channel === null ? port : channel * 100 + port;
  const name = alarmInputs.find((input) => input.port === number)?.name ?? null;
  return name === null ? entityName(scene, 'alarmInput', { n: port }) : shortened(name);
}

/** A press, a plate, a card: kinds without an end, out of the stream of events. */
export function events(scene: Scene): Entity[] {
  return pulseKinds(scene).map((kind): Entity => {
    // What a feature brings may come on any channel, or on none.
    const isTriggered = scene.description.triggers.some((one) => one.kind === kind && isHere(scene, one.channel));
    return {
      platform: 'event',
      key: `event_${kind}`,
      name: scene.names.kinds[kind],
      options: {
        ...eventsOf(scene, kind, isTriggered && isOneOfSeveral(scene) ? levelOf(scene) : '+'),
        ...(kind === 'doorbell' ? { device_class: 'doorbell' } : {}),
      },
    };
  });
}

/** What was read or counted last, from the attributes that stay at the broker. */
export function lastValues(scene: Scene): Entity[] {
  const kinds = pulseKinds(scene);
  const attributes = (kind: EventKind) => ({
    state_topic: scene.topics.topic('attributes', {
      device: scene.description.slug,
      channel: isOneOfSeveral(scene) ? levelOf(scene) : '+',
      kind,
    }),
  });
  const count = (key: 'peopleIn' | 'peopleOut', member: string): Entity => ({
    platform: 'sensor',
    key,
    name: entityName(scene, key),
    // Counted since midnight or the last reset.
    options: {
      ...attributes('peopleCounting'),
      value_template: `{{ value_json.details.${member} }}`,
      state_class: 'total_increasing',
    },
  });
  return [
    ...(kinds.includes('plate')
      ? [
          {
            platform: 'sensor',
            key: 'lastPlate',
            name: entityName(scene, 'lastPlate'),
            options: { ...attributes('plate'), value_template: '{{ value_json.details.plate }}' },
          } satisfies Entity,
        ]
      : []),
    ...(kinds.includes('peopleCounting') ? [count('peopleIn', 'enter'), count('peopleOut', 'exit')] : []),
  ];
}

/** Units of Home Assistant for the words of thermal cameras. */
const UNITS: Readonly<Record<string, string>> = { celsius: '°C', fahrenheit: '°F', kelvin: 'K' };

/** What each rule of a thermal camera measures. */
export function temperatures(scene: Scene): Entity[] {
  const { channel, description } = scene;
  if (channel === null) return [];
  const rules = fieldsOf(description.settings.get(channel.channel)?.['temperatures']);
  return Object.entries(rules).flatMap(([rule, told]): Entity[] => {
    const { name, unit } = fieldsOf(told);
    const shown = UNITS[String(unit).toLowerCase()];
    // Without a unit it is a number that nobody can compare.
    if (shown === undefined) return [];
    return [
      {
        platform: 'sensor',
        key: `temperature_${rule}`,
        name: typeof name === 'string' ? shortened(name) : entityName(scene, 'temperature', { n: rule }),
        options: {
          ...settingState(scene, channel.channel),
          value_template: `{{ (value_json.temperatures | default({})).get('${rule}', {}).get('temperature') }}`,
          device_class: 'temperature',
          unit_of_measurement: shown,
          state_class: 'measurement',
        },
      },
    ];
  });
}

/** The picture that was asked for last, where one may be asked for, and the one that came with an event, where those are published. */
export function pictures(scene: Scene): Entity[] {
  const { channel, description, topics } = scene;
  if (channel === null || description.features.video === false) return [];
  const place = { device: description.slug, channel: levelOf(scene) };
  const image = (key: 'snapshot' | 'eventPicture', topic: string, isEnabled: boolean): Entity => ({
    platform: 'image',
    key,
    name: entityName(scene, key),
    options: {
      image_topic: topic,
      content_type: 'image/jpeg',
      ...(isEnabled ? {} : { enabled_by_default: false }),
    },
  });
  const isPictured = pulseKinds(scene).some((kind) => PICTURED.includes(kind));
  const canAsk = mayCall(scene, [{ command: 'camera.snapshot', args: { channel: channel.channel } }]);
  return [
    ...(canAsk ? [image('snapshot', topics.topic('snapshot', place), true)] : []),
    ...(scene.hasPictures ? [image('eventPicture', topics.topic('picture', { ...place, kind: '+' }), isPictured)] : []),
  ];
}

function pulseKinds(scene: Scene): EventKind[] {
  const { triggers, features } = scene.description;
  const kinds = new Set<EventKind>();
  for (const { kind, channel } of triggers) if (isHere(scene, channel) && !isSpan(kind)) kinds.add(kind);
  if (!isOneOfSeveral(scene)) {
    for (const [kind, wanted] of Object.entries(BY_FEATURE)) {
      if (wanted.some((feature) => features[feature] === true)) kinds.add(kind as EventKind);
    }
  }
  return [...kinds];
}

/** A device with one channel is one device in Home Assistant, and shows what belongs to either. */
function isHere(scene: Scene, channel: number | null): boolean {
  return channel === (scene.channel?.channel ?? null) || (channel === null && !isOneOfSeveral(scene));
}

/** Is this a channel that Home Assistant shows as a device of its own? */
function isOneOfSeveral({ channel, description }: Scene): boolean {
  return channel !== null && hasSubDevices(description);
}

/** Inputs of recorders, and the lenses of cameras with several, are devices of their own behind the device. */
export function hasSubDevices({ channels }: Scene['description']): boolean {
  return channels.length > 1 || channels.some(({ kind }) => kind !== 'camera');
}
