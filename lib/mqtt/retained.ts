/** What stays at the broker of one device, in the order in which it is published. Pure. */
import { infoPayload, type DeviceDescription } from './description';
import type { DeviceSettings } from './readings';
import type { MqttMessage, Topics } from './topics';

export interface RetainedParts {
  readonly topics: Topics;
  readonly slug: string;
  /** Null before the device was described. */
  readonly description: DeviceDescription | null;
  /** What presents it to Home Assistant. */
  readonly discovery: readonly MqttMessage[];
  readonly settings: DeviceSettings;
  /** Of what is, or may be, going on. */
  readonly states: readonly MqttMessage[];
  readonly status: MqttMessage;
  readonly isOnline: boolean;
}

export function retainedOf(parts: RetainedParts): MqttMessage[] {
  const { topics, slug, description, discovery, settings, states, status, isOnline } = parts;
  return [
    ...discovery,
    ...(description === null ? [] : [topics.info(slug, infoPayload(description))]),
    ...settings.all(),
    ...states,
    status,
    topics.availability(slug, isOnline),
  ];
}
