/** What the parts of discovery have in common: the shape of an entity, its ids, and how it commands. */
import { checkArguments } from '../../commands/arguments';
import type { Command } from '../../commands/command';
import type { HikvisionEvent } from '../../events/event';
import { refusalOf, type Allowance } from '../allowance';
import type { DescribedChannel, DeviceDescription } from '../description';
import type { Fields } from '../readings';
import { channelLevel, type Topics } from '../topics';
import { filled, type Names } from './names';

/** The platforms of Home Assistant that we use. */
export type Platform =
  'alarm_control_panel' | 'binary_sensor' | 'button' | 'event' | 'image' | 'lock' | 'select' | 'sensor' | 'switch';

/** One entity, without what is derived: ids come from its key and place. */
export interface Entity {
  readonly platform: Platform;
  /** Unique on its channel; it never changes, as unique ids are made of it. */
  readonly key: string;
  /** It belongs to the device, also where that has one channel only: its ids must not change when the channel becomes known. */
  readonly isOfDevice?: true;
  /** As people read it. */
  readonly name: string;
  /** The other options of the platform, under the names that Home Assistant gives them. */
  readonly options: Fields;
}

/** Everything that an entity is made from. */
export interface Scene {
  readonly topics: Topics;
  readonly description: DeviceDescription;
  /** Null for what belongs to the device itself. */
  readonly channel: DescribedChannel | null;
  readonly names: Names;
  readonly allowance: Allowance;
  /** Pictures of events are published. */
  readonly hasPictures: boolean;
  readonly commandNamed: (name: string) => Command | undefined;
  /** Availability of the bridge alone, for what is to be shown while the device is away. */
  readonly bridgeAvailability: Fields;
}

/** `1` or `device`, as the topics have it. */
export function levelOf(scene: Scene): string {
  return channelLevel(scene.channel?.channel ?? null);
}

export function entityName(
  scene: Scene,
  name: keyof Names['entities'],
  values: { readonly n?: number | string; readonly name?: string } = {},
): string {
  return filled(scene.names.entities[name], values);
}

/** A name for people, short enough for a card. */
export function shortened(name: string): string {
  return [...name.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim()].slice(0, 64).join('');
}

/* States */

/** JSON on the way out, a word on the way in; `None` is how a template says that nothing is known. */
export function onOff(path: string): string {
  return `{{ {true: 'ON', false: 'OFF'}.get(${path}, 'None') }}`;
}

/** Options of an entity whose state is a member of the retained settings of a channel. */
export function settingState(scene: Scene, channel: number | null): { readonly state_topic: string } {
  const values = { device: scene.description.slug, channel: channelLevel(channel) };
  return { state_topic: scene.topics.topic('settings', values) };
}

export function statusState(scene: Scene): { readonly state_topic: string } {
  return { state_topic: scene.topics.topic('status', { device: scene.description.slug }) };
}

/** Events of one kind out of the stream of a channel; stale ones happened long ago and are left out. */
export function eventsOf(scene: Scene, kind: HikvisionEvent['kind'], channel: string): Fields {
  return {
    state_topic: scene.topics.topic('event', { device: scene.description.slug, channel }),
    event_types: [kind],
    value_template: `{{ value if value_json.kind == '${kind}' and not value_json.stale else '{}' }}`,
  };
}

/* Commands */

/** A command with its arguments, as a button or a switch sends it. */
export interface Call {
  readonly command: string;
  readonly args: Fields;
}

/**
 * May every one of these be called: does the registry have it, does it take the arguments, is it allowed? What is dangerous is
 * confirmed by the payload itself, as whoever allows writing and presses the button has decided.
 */
export function mayCall(scene: Scene, calls: readonly Call[]): boolean {
  return calls.every(({ command: name, args }) => {
    const command = scene.commandNamed(name);
    if (command === undefined) return false;
    try {
      return refusalOf(scene.allowance, name, command, checkArguments(name, command.params, args), true) === null;
    } catch {
      return false;
    }
  });
}

/** The topic of one command, for entities that send nothing else. */
export function commandTopic(scene: Scene, command: string): string {
  return scene.topics.commandTopic(scene.description.slug, command);
}

/** The topic that takes any command, for entities that send several. */
export function anyCommandTopic(scene: Scene): string {
  return scene.topics.topic('anyCommand', { device: scene.description.slug });
}

/** The body for {@link anyCommandTopic}. */
export function callPayload({ command, args }: Call): string {
  return JSON.stringify({ command, args });
}
