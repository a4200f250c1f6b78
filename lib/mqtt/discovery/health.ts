/** How a device is: its connection, its load, its disks. */
import type { Disk } from '../../commands/results';
import { OFFLINE, ONLINE } from '../topics';
import { entityName, onOff, statusState, type Entity, type Scene } from './entity';

const diagnostic = { entity_category: 'diagnostic' } as const;

/** Shown on the device itself, while it is away as well. */
export function connection(scene: Scene): Entity[] {
  const device = scene.description.slug;
  return [
    {
      platform: 'binary_sensor',
      key: 'connection',
      name: entityName(scene, 'connection'),
      options: {
        state_topic: scene.topics.topic('availability', { device }),
        payload_on: ONLINE,
        payload_off: OFFLINE,
        device_class: 'connectivity',
        ...diagnostic,
        ...scene.bridgeAvailability,
      },
    },
    {
      platform: 'sensor',
      key: 'lastEvent',
      name: entityName(scene, 'lastEvent'),
      options: {
        ...statusState(scene),
        value_template: '{{ (value_json.lastEvent or {}).receivedAt }}',
        json_attributes_topic: statusState(scene).state_topic,
        json_attributes_template: '{{ (value_json.lastEvent or {}) | tojson }}',
        device_class: 'timestamp',
        ...diagnostic,
      },
    },
    {
      platform: 'sensor',
      key: 'dropped',
      name: entityName(scene, 'dropped'),
      options: {
        ...statusState(scene),
        value_template: '{{ value_json.dropped }}',
        state_class: 'total_increasing',
        ...diagnostic,
        ...scene.bridgeAvailability,
      },
    },
    ...(scene.description.firmware === null
      ? []
      : [
          {
            platform: 'sensor',
            key: 'firmware',
            name: entityName(scene, 'firmware'),
            options: {
              state_topic: scene.topics.topic('info', { device }),
              value_template: '{{ value_json.firmware }}',
              ...diagnostic,
            },
          } satisfies Entity,
        ]),
  ];
}

/** Its own words about its load and its last start. */
export function load(scene: Scene): Entity[] {
  if (!scene.description.hasStatus) return [];
  return [
    {
      platform: 'sensor',
      key: 'cpu',
      name: entityName(scene, 'cpu'),
      options: {
        ...statusState(scene),
        value_template: '{{ value_json.cpuPercent }}',
        unit_of_measurement: '%',
        state_class: 'measurement',
        ...diagnostic,
      },
    },
    {
      platform: 'sensor',
      key: 'upSince',
      name: entityName(scene, 'upSince'),
      options: {
        ...statusState(scene),
        value_template: '{{ value_json.upSince }}',
        device_class: 'timestamp',
        ...diagnostic,
      },
    },
  ];
}

/** Disks, cards and network storage. */
export function storage(scene: Scene): Entity[] {
  const { disks, shares } = scene.description;
  return [
    ...disks.flatMap((disk) => diskEntities(scene, 'disk', 'disks', disk)),
    ...shares.flatMap((share) => diskEntities(scene, 'share', 'shares', share)),
  ];
}

function diskEntities(scene: Scene, key: 'disk' | 'share', member: string, { id }: Disk): Entity[] {
  const n = id ?? 0;
  const disk = `(value_json.${member} | default({})).get('${n}', {})`;
  return [
    {
      platform: 'sensor',
      key: `${key}_${n}_used`,
      name: entityName(scene, `${key}Used`, { n }),
      options: {
        ...statusState(scene),
        value_template: `{{ ${disk}.get('usedPercent') }}`,
        unit_of_measurement: '%',
        state_class: 'measurement',
        suggested_display_precision: 0,
        ...diagnostic,
      },
    },
    {
      platform: 'sensor',
      key: `${key}_${n}_free`,
      name: entityName(scene, `${key}Free`, { n }),
      options: {
        ...statusState(scene),
        value_template: `{{ ${disk}.get('freeMb') }}`,
        device_class: 'data_size',
        unit_of_measurement: 'MB',
        state_class: 'measurement',
        ...diagnostic,
      },
    },
    {
      platform: 'binary_sensor',
      key: `${key}_${n}_problem`,
      name: entityName(scene, `${key}Problem`, { n }),
      options: {
        ...statusState(scene),
        value_template: onOff(`${disk}.get('problem')`),
        device_class: 'problem',
        ...diagnostic,
      },
    },
  ];
}

/** Is the camera of this channel there? Only recorders that say so have it. */
export function online(scene: Scene): Entity[] {
  const { channel } = scene;
  if (channel === null || channel.online === null) return [];
  const state = `(value_json.channels | default({})).get('${channel.channel}', {})`;
  return [
    {
      platform: 'binary_sensor',
      key: 'online',
      name: entityName(scene, 'online'),
      options: {
        ...statusState(scene),
        value_template: onOff(`${state}.get('online')`),
        device_class: 'connectivity',
        ...diagnostic,
      },
    },
  ];
}
