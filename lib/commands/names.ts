/**
 * Which command tells the names behind the numbers of a parameter: a dialog can then show `3 Yard` where a device is asked for
 * channel 3. A parameter says what it numbers (`names`), and this table who knows it. Pure data, and its reader.
 */

export interface NameSource {
  /** A command that reads. */
  readonly command: string;
  /** Parameters that it shares with the one that is named: presets are those of a channel. */
  readonly by?: readonly string[];
  /** Where the list stands in the answer; the answer itself when not given. */
  readonly list?: string;
  /** The property that the parameter takes, and the one that people know it by; null where nothing but the number is known. */
  readonly value: string;
  readonly label: string | null;
}

export const NAME_SOURCES = {
  channels: { command: 'recorder.listChannels', value: 'channel', label: 'name' },
  presets: { command: 'camera.listPresets', by: ['channel'], value: 'preset', label: 'name' },
  patrols: { command: 'camera.listPatrols', by: ['channel'], value: 'patrol', label: 'name' },
  audioChannels: { command: 'camera.listAudioChannels', value: 'channel', label: 'codec' },
  sirenSounds: { command: 'camera.getSiren', by: ['channel'], list: 'sounds', value: 'sound', label: 'description' },
  recordings: {
    command: 'recorder.searchRecordings',
    by: ['channel'],
    list: 'recordings',
    value: 'playbackUri',
    label: 'start',
  },
  triggers: { command: 'event.listTriggers', value: 'id', label: 'kind' },
  alarmInputs: { command: 'event.listAlarmInputs', value: 'input', label: 'name' },
  alarmOutputs: { command: 'event.listAlarmOutputs', value: 'output', label: 'name' },
  doors: { command: 'event.doorStatus', list: 'doors', value: 'door', label: null },
  areas: { command: 'event.panelStatus', value: 'area', label: 'name' },
  zones: { command: 'event.listPanelZones', value: 'zone', label: 'name' },
  panelOutputs: { command: 'event.listPanelOutputs', value: 'output', label: 'name' },
  panelSirens: { command: 'event.listPanelSirens', value: 'siren', label: 'name' },
  sounds: { command: 'event.listSounds', value: 'sound', label: 'name' },
  pushHosts: { command: 'event.listPushHosts', value: 'host', label: 'address' },
  persons: { command: 'config.listPersons', list: 'persons', value: 'person', label: 'name' },
  cards: { command: 'config.listCards', list: 'cards', value: 'card', label: 'person' },
  plates: { command: 'config.listPlates', by: ['channel'], list: 'plates', value: 'plate', label: 'list' },
} as const satisfies Record<string, NameSource>;

export type NameKind = keyof typeof NAME_SOURCES;

export function nameSourceOf(kind: string): NameSource | undefined {
  return Object.hasOwn(NAME_SOURCES, kind) ? NAME_SOURCES[kind as NameKind] : undefined;
}

/** One of the values that a parameter may have; null where it has no name. */
export interface NamedValue {
  readonly value: string;
  readonly label: string | null;
}

/** More than that nobody looks through. */
const MAX_NAMES = 500;
const MAX_LABEL_LENGTH = 80;

/** The values in the answer of the command that lists them, each once, in the order of the device. */
export function namesFrom(source: NameSource, answer: unknown): NamedValue[] {
  const items = source.list === undefined ? answer : propertyOf(answer, source.list);
  if (!Array.isArray(items)) return [];
  const labels = new Map<string, string | null>();
  for (const item of items as readonly unknown[]) {
    const value = textOf(propertyOf(item, source.value));
    if (value === null || labels.has(value)) continue;
    labels.set(value, source.label === null ? null : textOf(propertyOf(item, source.label)));
    if (labels.size === MAX_NAMES) break;
  }
  return [...labels].map(([value, label]) => ({ value, label: label?.slice(0, MAX_LABEL_LENGTH) ?? null }));
}

function propertyOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  return (holder as Record<string, unknown>)[name];
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
