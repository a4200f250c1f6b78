/**
 * The messages by which Home Assistant learns of devices and what they can do (device-based discovery, mqtt.md §1). Pure: a
 * description in, messages out, the same for the same description.
 */
import type { Command } from '../../commands/command';
import { commandNamed } from '../../commands/registry';
import { ArgumentError } from '../../errors';
import type { Allowance } from '../allowance';
import type { DescribedChannel, DeviceDescription } from '../description';
import type { Fields } from '../readings';
import { baseTopicProblem, channelLevel, OFFLINE, ONLINE, type MqttMessage, type Topics } from '../topics';
import {
  areas,
  barriers,
  dayNight,
  doors,
  outputs,
  panelSwitches,
  presets,
  restart,
  soundSiren,
  switches,
  takeSnapshot,
  zones,
} from './controls';
import { entityName, shortened, type Entity, type Scene } from './entity';
import { connection, load, online, storage } from './health';
import { NAMES, type Language } from './names';
import { events, hasSubDevices, lastValues, pictures, states, temperatures } from './watching';

export const DEFAULT_PREFIX = 'homeassistant';
/** Origin, as Home Assistant shows it beside a device. */
const ORIGIN_NAME = 'node-red-contrib-hikvision-hsp';

export interface DiscoveryOptions {
  readonly topics: Topics;
  /** The bridge that serves the device; its availability counts as well. */
  readonly bridge: string;
  /** Version of this package. */
  readonly version: string;
  readonly allowance: Allowance;
  readonly language: Language;
  /** Pictures of events are published. */
  readonly pictures: boolean;
  /** First level of the topics of Home Assistant. */
  readonly prefix?: string;
  /** For tests: another registry. */
  readonly commandNamed?: (name: string) => Command | undefined;
}

/** The topic on which Home Assistant says that it has started; publish everything again then, after a short random wait. */
export function birthTopic(prefix = DEFAULT_PREFIX): string {
  return `${prefix}/status`;
}

/** All discovery messages of one bridge, and of others; subscribe once at the start to find what an earlier run left behind. */
export function discoveryFilter(prefix = DEFAULT_PREFIX): string {
  return `${prefix}/device/+/config`;
}

/** One device: itself first, as its channels name it as the way to them. @throws ArgumentError for a prefix that is no topic. */
export function discoveryOf(description: DeviceDescription, options: DiscoveryOptions): MqttMessage[] {
  const prefix = options.prefix ?? DEFAULT_PREFIX;
  const problem = baseTopicProblem(prefix);
  if (problem !== null) {
    throw new ArgumentError([
      { parameter: 'discovery prefix', given: prefix, expected: `a topic; this one ${problem}` },
    ]);
  }
  const scene = (channel: DescribedChannel | null): Scene => ({
    topics: options.topics,
    description,
    channel,
    names: NAMES[options.language],
    allowance: options.allowance,
    hasPictures: options.pictures,
    commandNamed: options.commandNamed ?? commandNamed,
    bridgeAvailability: { availability: [bridgeAvailability(options)] },
  });
  const message = (id: string, device: Fields, entities: readonly Entity[], level: string): MqttMessage => ({
    topic: `${prefix}/device/${id}/config`,
    payload: JSON.stringify({
      device,
      origin: { name: ORIGIN_NAME, sw_version: options.version },
      components: componentsOf(entities, description, level),
      availability: [
        bridgeAvailability(options),
        availabilityAt(options.topics.topic('availability', { device: description.slug })),
      ],
      availability_mode: 'all',
      qos: options.topics.qos,
    }),
    retain: true,
    qos: options.topics.qos,
  });

  const [only] = description.channels;
  const isSplit = hasSubDevices(description);
  const own = scene(isSplit ? null : (only ?? null));
  const messages = [
    message(
      deviceId(description, null),
      deviceBlock(description),
      [
        ...ofChannel(own),
        // Whether the channel is known yet must not change the ids of what belongs to the device.
        ...[...ofEither(own), ...ofDevice(own)].map((entity): Entity => ({ ...entity, isOfDevice: true })),
      ],
      channelLevel(own.channel?.channel ?? null),
    ),
  ];
  if (!isSplit) return messages;
  for (const channel of description.channels) {
    const of = scene(channel);
    const entities = [...ofChannel(of), ...ofEither(of), ...online(of)];
    const id = deviceId(description, channel.channel);
    messages.push(message(id, channelBlock(of, channel), entities, channelLevel(channel.channel)));
  }
  return messages;
}

function ofChannel(scene: Scene): Entity[] {
  return [
    ...states(scene),
    ...temperatures(scene),
    ...pictures(scene),
    ...takeSnapshot(scene),
    ...presets(scene),
    ...soundSiren(scene),
    ...switches(scene),
    ...dayNight(scene),
    ...barriers(scene),
  ];
}

/** On a channel that is a device of its own, else on the device. */
function ofEither(scene: Scene): Entity[] {
  return [...events(scene), ...lastValues(scene), ...outputs(scene)];
}

function ofDevice(scene: Scene): Entity[] {
  return [
    ...doors(scene),
    ...areas(scene),
    ...zones(scene),
    ...panelSwitches(scene),
    ...restart(scene),
    ...connection(scene),
    ...load(scene),
    ...storage(scene),
  ];
}

/** The bridge itself: is it there, and does it keep up? */
export function bridgeDiscovery(options: DiscoveryOptions): MqttMessage {
  const { topics, bridge } = options;
  const names = NAMES[options.language];
  const state = { state_topic: topics.topic('bridgeInfo', { bridge }), entity_category: 'diagnostic' };
  const counter = (key: 'published' | 'queued' | 'dropped'): Entity => ({
    platform: 'sensor',
    key,
    name: names.entities[key],
    options: {
      ...state,
      value_template: `{{ value_json.${key} }}`,
      state_class: key === 'queued' ? 'measurement' : 'total_increasing',
    },
  });
  const id = `hsp_bridge_${idOf(bridge)}`;
  const entities: Entity[] = [
    {
      platform: 'binary_sensor',
      key: 'connection',
      name: names.entities.connection,
      options: {
        state_topic: topics.topic('bridgeState', { bridge }),
        payload_on: ONLINE,
        payload_off: OFFLINE,
        device_class: 'connectivity',
        entity_category: 'diagnostic',
      },
    },
    ...(['published', 'queued', 'dropped'] as const).map(counter),
  ];
  const components = entities.map((entity) => [
    entity.key,
    component(entity, `${id}_${entity.key}`, `bridge_${idOf(bridge)}_${entity.key}`),
  ]);
  return {
    topic: `${options.prefix ?? DEFAULT_PREFIX}/device/${id}/config`,
    payload: JSON.stringify({
      device: {
        identifiers: [id],
        name: `${names.entities.bridge} ${bridge}`,
        model: 'hsp bridge',
        sw_version: options.version,
      },
      origin: { name: ORIGIN_NAME, sw_version: options.version },
      components: Object.fromEntries(components) as Fields,
      qos: topics.qos,
    }),
    retain: true,
    qos: topics.qos,
  };
}

/* Parts of a message */

/** What may stand in an object id. */
function idOf(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
}

/** Made of the identity, never of the name: a rename keeps everything. */
function deviceId({ identity }: DeviceDescription, channel: number | null): string {
  return channel === null ? `hsp_${identity}` : `hsp_${identity}_${channel}`;
}

function componentsOf(entities: readonly Entity[], description: DeviceDescription, level: string): Fields {
  const components = entities.map((entity) => {
    const id = `${entity.isOfDevice === true ? 'device' : level}_${entity.key}`;
    const own = component(entity, `hsp_${description.identity}_${id}`, `${description.slug}_${id}`);
    return [id, own] as const;
  });
  return Object.fromEntries(components);
}

/** @param place what the entity is called in Home Assistant at first, in any language. */
function component(entity: Entity, uniqueId: string, place: string): Fields {
  const { platform, name, options } = entity;
  const wanted = `${platform}.${place.toLowerCase().replace(/[^a-z0-9_]+/g, '_')}`;
  return { platform, unique_id: uniqueId, default_entity_id: wanted, name, ...options };
}

function deviceBlock(description: DeviceDescription): Fields {
  const { name, manufacturer, model, hardware, firmware, configurationUrl } = description;
  return {
    identifiers: [deviceId(description, null)],
    name: shortened(name),
    manufacturer: manufacturer === null ? 'Hikvision' : shortened(manufacturer),
    ...(model === null ? {} : { model: shortened(model) }),
    ...(hardware === null ? {} : { hw_version: shortened(hardware) }),
    ...(firmware === null ? {} : { sw_version: shortened(firmware) }),
    ...(configurationUrl === null ? {} : { configuration_url: configurationUrl }),
  };
}

function channelBlock(scene: Scene, channel: DescribedChannel): Fields {
  const { description } = scene;
  const name = channel.name ?? entityName(scene, 'channel', { n: channel.channel });
  return {
    identifiers: [deviceId(description, channel.channel)],
    name: shortened(`${description.name} ${name}`),
    manufacturer: 'Hikvision',
    ...(channel.model === null ? {} : { model: shortened(channel.model) }),
    ...(channel.firmware === null ? {} : { sw_version: shortened(channel.firmware) }),
    via_device: deviceId(description, null),
  };
}

function bridgeAvailability({ topics, bridge }: DiscoveryOptions): Fields {
  return availabilityAt(topics.topic('bridgeState', { bridge }));
}

function availabilityAt(topic: string): Fields {
  return { topic, payload_available: ONLINE, payload_not_available: OFFLINE };
}

/* What an earlier run left behind */

/**
 * Messages that take away what is no longer there, and then put what is: a component that is gone is reduced to its platform once,
 * a device that is gone gets an empty payload.
 *
 * @param before the retained discovery messages at the broker, by topic; those of others are left alone.
 * @param now all messages of this bridge.
 */
export function republished(
  before: ReadonlyMap<string, string>,
  now: readonly MqttMessage[],
  options: Pick<DiscoveryOptions, 'topics' | 'bridge'>,
): MqttMessage[] {
  const gone = leftBehind(before, new Set(now.map(({ topic }) => topic)), options);
  const reduced: MqttMessage[] = [];
  for (const message of now) {
    const known = before.get(message.topic);
    const left = known === undefined ? null : withRemains(known, String(message.payload));
    if (left !== null) reduced.push({ ...message, payload: left });
  }
  return [...gone, ...reduced, ...now];
}

/** Takes away what this bridge presented and presents no more. @param topics where it presents something now. */
export function leftBehind(
  before: ReadonlyMap<string, string>,
  topics: ReadonlySet<string>,
  options: Pick<DiscoveryOptions, 'topics' | 'bridge'>,
): MqttMessage[] {
  const state = options.topics.topic('bridgeState', { bridge: options.bridge });
  return [...before]
    .filter(([topic, payload]) => !topics.has(topic) && isOurs(payload, state))
    .map(([topic]) => ({ topic, payload: '', retain: true, qos: options.topics.qos }));
}

/** Made by this bridge: its availability stands first, or is the state of a component. */
function isOurs(payload: string, bridgeState: string): boolean {
  const { origin, availability, components } = objectFrom(payload);
  if (fields(origin)['name'] !== ORIGIN_NAME) return false;
  const [first] = Array.isArray(availability) ? (availability as unknown[]) : [];
  if (fields(first)['topic'] === bridgeState) return true;
  return fields(fields(components)['connection'])['state_topic'] === bridgeState;
}

/** The new message with what the old one had besides, reduced to its platform; null where there is nothing of that. */
function withRemains(before: string, now: string): string | null {
  const message = objectFrom(now);
  const components = fields(message['components']);
  const gone = Object.entries(fields(objectFrom(before)['components'])).flatMap(([id, old]) => {
    const { platform } = fields(old);
    // Of another platform now: the old entity has to go first.
    const isKept = fields(components[id])['platform'] === platform;
    return isKept || typeof platform !== 'string' ? [] : [[id, { platform }] as const];
  });
  if (gone.length === 0) return null;
  return JSON.stringify({ ...message, components: { ...components, ...Object.fromEntries(gone) } });
}

function objectFrom(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    // Somebody else's, or nothing at all.
    return {};
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
