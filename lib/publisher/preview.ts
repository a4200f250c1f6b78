/**
 * Which topics and entities there will be, before anything is published: made by what makes the real ones, from a description of
 * the device.
 */
import { allows, type Allowance } from '../mqtt/allowance';
import type { DeviceDescription } from '../mqtt/description';
import { bridgeDiscovery, discoveryOf, type DiscoveryOptions } from '../mqtt/discovery/discovery';
import type { Language } from '../mqtt/discovery/names';
import { DeviceSettings } from '../mqtt/readings';
import { retainedOf } from '../mqtt/retained';
import { DeviceStates, isSpan } from '../mqtt/states';
import { channelLevel, kindLevel, TOPICS, Topics, type MqttMessage, type TopicName } from '../mqtt/topics';
import { packageVersion } from './version';

export interface PreviewOptions {
  readonly bridgeId: string;
  readonly base: string;
  readonly allowance: Allowance;
  readonly pictures: boolean;
  readonly retainPictures: boolean;
  /** Null: topics alone. */
  readonly discovery: { readonly prefix: string; readonly language: Language } | null;
}

export interface PreviewedTopic {
  readonly topic: string;
  /** Which of our topics it is; `discovery` for one of Home Assistant. */
  readonly name: TopicName | 'discovery';
  readonly direction: 'out' | 'in';
  readonly retained: boolean;
  /** `start`: as soon as the device is connected. `event`: with the first event. `command`: with a command. */
  readonly since: 'start' | 'event' | 'command';
}

/** As Home Assistant is told of it. */
export interface PreviewedEntity {
  readonly platform: string;
  readonly name: string;
  readonly deviceClass: string | null;
  /** The device that it belongs to: a channel of a recorder is one of its own. */
  readonly device: string;
  readonly uniqueId: string;
}

export interface Preview {
  readonly topics: readonly PreviewedTopic[];
  readonly entities: readonly PreviewedEntity[];
}

/** @throws ArgumentError for a base topic or a prefix that brokers refuse. */
export function previewOf(description: DeviceDescription, options: PreviewOptions): Preview {
  const { bridgeId, allowance, pictures, retainPictures } = options;
  const { slug, triggers } = description;
  const topics = topicsOf(options);
  const discovery = discoveryOptions(topics, options);
  const presented = discovery === null ? [] : discoveryOf(description, discovery);
  const settings = new DeviceSettings(topics, slug);
  for (const [channel, found] of description.settings) settings.put(channel, found);
  const states = new DeviceStates(topics, slug).connected(triggers);
  const status = topics.status(slug, {});
  const retained = retainedOf({
    ...{ topics, slug, description, discovery: presented, settings, states, status, isOnline: true },
  });

  const topicsOfAll: PreviewedTopic[] = [topics.owner(slug, bridgeId), ...retained].map((message) =>
    fromMessage(topics, message),
  );
  const add = (
    name: TopicName,
    values: Readonly<Record<string, string>>,
    since: PreviewedTopic['since'],
    isRetained = TOPICS[name].retained === 'yes',
  ) => {
    const topic = topics.topic(name, { device: slug, ...values });
    topicsOfAll.push({ topic, name, direction: TOPICS[name].direction, retained: isRetained, since });
  };
  const levels = new Set([...description.channels, ...triggers].map(({ channel }) => channelLevel(channel)));
  for (const channel of levels) add('event', { channel }, 'event');
  for (const { channel: number, kind, port } of triggers) {
    const values = { channel: channelLevel(number), kind: kindLevel(kind, port) };
    if (!isSpan(kind)) add('state', values, 'event', false);
    add('attributes', values, 'event');
    if (pictures) add('picture', values, 'event', retainPictures);
  }
  if (allowance !== 'nothing') {
    add('anyCommand', {}, 'command');
    add('command', { family: '{family}', command: '{command}' }, 'command');
    add('result', {}, 'command');
    if (allows(allowance, 'read')) {
      for (const { channel } of description.channels)
        add('snapshot', { channel: channelLevel(channel) }, 'command', retainPictures);
    }
  }
  return { topics: topicsOfAll, entities: presented.flatMap(entitiesOf) };
}

/** What the bridge itself publishes. */
export function bridgePreviewOf(options: PreviewOptions): Preview {
  const { bridgeId } = options;
  const topics = topicsOf(options);
  const discovery = discoveryOptions(topics, options);
  const presented = discovery === null ? [] : [bridgeDiscovery(discovery)];
  const info = { version: packageVersion(), devices: [], published: 0, queued: 0, dropped: 0 };
  const messages = [topics.bridgeState(bridgeId, true), topics.bridgeInfo(bridgeId, info), ...presented];
  return { topics: messages.map((message) => fromMessage(topics, message)), entities: presented.flatMap(entitiesOf) };
}

function topicsOf({ base, retainPictures }: PreviewOptions): Topics {
  return new Topics({ base, retainPictures });
}

function discoveryOptions(topics: Topics, options: PreviewOptions): DiscoveryOptions | null {
  const { bridgeId, allowance, pictures, discovery } = options;
  if (discovery === null) return null;
  return { topics, bridge: bridgeId, version: packageVersion(), allowance, pictures, ...discovery };
}

function fromMessage(topics: Topics, { topic, retain }: MqttMessage): PreviewedTopic {
  const name = (Object.keys(TOPICS) as TopicName[]).find((one) => topics.match(one, topic) !== null) ?? 'discovery';
  return { topic, name, direction: 'out', retained: retain, since: 'start' };
}

interface DiscoveryPayload {
  readonly device: { readonly name: string };
  readonly components: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function entitiesOf({ payload }: MqttMessage): PreviewedEntity[] {
  const { device, components } = JSON.parse(String(payload)) as DiscoveryPayload;
  return Object.values(components).map(({ platform = '', name = '', device_class, unique_id = '' }) => ({
    platform,
    name,
    deviceClass: device_class ?? null,
    device: device.name,
    uniqueId: unique_id,
  }));
}
