/**
 * What can be switched, as the device last said it: which command reads it, which ones answer with it after a change. One table;
 * the description of a device asks for it, the retained settings carry it, and discovery makes a switch only where it was answered.
 */
import type { Feature } from '../commands/features';
import type { EventKind } from '../events/kinds';
import type { MqttMessage, Topics } from './topics';

/** A result of a command, of which nothing is known until it is looked at. */
export type Fields = Readonly<Record<string, unknown>>;

interface ReadingDefinition {
  readonly command: string;
  /** Commands that answer in the same shape after a change. */
  readonly after: readonly string[];
  /** Read for every channel, with `{channel}`, or once for the device. */
  readonly scope: 'channel' | 'device';
  /** The value out of an answer; undefined where it says nothing of it. */
  readonly value: (result: unknown) => unknown;
  /** Not asked of a device that says it has this not. */
  readonly feature: Feature | null;
  /** Asked only on channels with such a trigger. */
  readonly kind: EventKind | null;
  /** Events and commands that change it without saying how. */
  readonly changedBy?: { readonly kinds?: readonly EventKind[]; readonly commands?: readonly string[] };
}

/** One thing of an alarm panel changes others: arming bypasses zones, an alarm that is cleared stops sirens. */
const PANEL_COMMANDS = [
  'event.armPanel',
  'event.disarmPanel',
  'event.clearPanelAlarm',
  'event.bypassZone',
  'event.restoreZone',
  'event.switchPanelOutput',
  'event.switchPanelSiren',
];

export const READINGS = {
  motionDetection: {
    command: 'event.getMotionDetection',
    after: ['event.setMotionDetection'],
    scope: 'channel',
    feature: null,
    kind: 'motion',
    value: (result) => truth(fieldsOf(result)['enabled']),
  },
  dayNight: {
    command: 'camera.getDayNight',
    after: ['camera.setDayNight'],
    scope: 'channel',
    feature: 'video',
    kind: null,
    value: (result) => word(fieldsOf(result)['mode']),
  },
  whiteLight: {
    command: 'camera.getSupplementLight',
    after: ['camera.setSupplementLight', 'camera.switchWhiteLight'],
    scope: 'channel',
    feature: 'light',
    kind: null,
    value: (result) => {
      const mode = word(fieldsOf(result)['mode']);
      return mode === undefined ? undefined : /white/i.test(mode);
    },
  },
  siren: {
    command: 'camera.getSiren',
    after: ['camera.setSiren'],
    scope: 'channel',
    feature: 'siren',
    kind: null,
    value: (result) => {
      const { sound, volume, times } = fieldsOf(result);
      return isFields(result) ? { sound: sound ?? null, volume: volume ?? null, times: times ?? null } : undefined;
    },
  },
  privacyMask: {
    command: 'camera.getPrivacyMask',
    after: ['camera.setPrivacyMask'],
    scope: 'channel',
    feature: 'video',
    kind: null,
    value: (result) => truth(fieldsOf(result)['enabled']),
  },
  temperatures: {
    command: 'camera.temperatures',
    after: [],
    scope: 'channel',
    feature: 'thermometry',
    kind: null,
    value: (result) =>
      byNumber(result, 'rule', ({ name, temperature, unit }) => ({
        name: name ?? null,
        temperature: temperature ?? null,
        unit: unit ?? null,
      })),
  },
  doors: {
    command: 'event.doorStatus',
    after: [],
    scope: 'device',
    feature: 'doors',
    kind: null,
    changedBy: {
      kinds: ['access', 'doorbell'],
      commands: ['event.openDoor', 'event.closeDoor', 'event.holdDoorOpen', 'event.holdDoorClosed', 'event.resumeDoor'],
    },
    // Locked is true; a word that is neither stays open.
    value: (result) =>
      byNumber(fieldsOf(result)['doors'], 'door', ({ lock }) =>
        lock === 'locked' ? true : lock === 'unlocked' ? false : null,
      ),
  },
  outputs: {
    command: 'event.listAlarmOutputs',
    after: ['event.setAlarmOutput'],
    scope: 'device',
    feature: 'alarmOutputs',
    kind: null,
    changedBy: { kinds: ['alarmOutput'], commands: ['event.pulseAlarmOutput'] },
    value: (result) => byNumber(result, 'output', ({ active }) => truth(active) ?? null),
  },
  areas: {
    command: 'event.panelStatus',
    after: ['event.armPanel', 'event.disarmPanel', 'event.clearPanelAlarm'],
    scope: 'device',
    feature: 'alarmPanel',
    kind: null,
    changedBy: { kinds: ['alarmPanel'], commands: PANEL_COMMANDS },
    // Arming answers with more than the areas.
    value: (result) => byNumber(fieldsOf(result)['areas'] ?? result, 'area', areaState),
  },
  zones: {
    command: 'event.listPanelZones',
    after: ['event.bypassZone', 'event.restoreZone'],
    scope: 'device',
    feature: 'alarmPanel',
    kind: null,
    changedBy: { kinds: ['alarmPanel'], commands: PANEL_COMMANDS },
    value: (result) =>
      byNumber(result, 'zone', ({ open, tampered, alarm, bypassed, batteryPercent, temperatureC }) => ({
        open: open ?? null,
        tampered: tampered ?? null,
        alarm: alarm ?? null,
        bypassed: bypassed ?? null,
        batteryPercent: batteryPercent ?? null,
        temperatureC: temperatureC ?? null,
      })),
  },
  panelOutputs: {
    command: 'event.listPanelOutputs',
    after: ['event.switchPanelOutput'],
    scope: 'device',
    feature: 'alarmPanel',
    kind: null,
    changedBy: { kinds: ['alarmPanel'], commands: PANEL_COMMANDS },
    value: (result) => byNumber(result, 'output', switchedState),
  },
  sirens: {
    command: 'event.listPanelSirens',
    after: ['event.switchPanelSiren'],
    scope: 'device',
    feature: 'alarmPanel',
    kind: null,
    changedBy: { kinds: ['alarmPanel'], commands: PANEL_COMMANDS },
    value: (result) => byNumber(result, 'siren', switchedState),
  },
} as const satisfies Record<string, ReadingDefinition>;

export type ReadingName = keyof typeof READINGS;

export const READING_LIST = Object.entries(READINGS) as readonly (readonly [ReadingName, ReadingDefinition])[];

/** By the commands that answer with them. */
const BY_COMMAND = new Map(
  READING_LIST.flatMap(([name, reading]) =>
    [reading.command, ...reading.after].map((command) => [command, { name, reading }] as const),
  ),
);

/** What the settings of one channel may hold, or those of the device under null. */
export type Settings = ReadonlyMap<number | null, Fields>;

/** A question that a device has answered before. */
export interface Question {
  readonly command: string;
  readonly args: Fields;
}

/** What to ask again, now and then: only what the device has answered before. */
export function readAgain(settings: Settings): Question[] {
  return READING_LIST.flatMap(([name, reading]) => questionsOf(name, reading, settings));
}

/** What an event of this kind may have changed. */
export function readAfterEvent(settings: Settings, kind: EventKind): Question[] {
  return READING_LIST.filter(([, { changedBy }]) => changedBy?.kinds?.includes(kind) === true).flatMap(
    ([name, reading]) => questionsOf(name, reading, settings),
  );
}

/** What a command may have changed that its answer does not tell. */
export function readAfterCommand(settings: Settings, command: string): Question[] {
  return READING_LIST.filter(([, { changedBy }]) => changedBy?.commands?.includes(command) === true).flatMap(
    ([name, reading]) => questionsOf(name, reading, settings),
  );
}

function questionsOf(name: ReadingName, { command }: ReadingDefinition, settings: Settings): Question[] {
  return [...settings]
    .filter(([, told]) => told[name] !== undefined)
    .map(([channel]) => ({ command, args: channel === null ? {} : { channel } }));
}

/** The settings of one device, and the messages that tell them. Pure; bounded by the channels of the device. */
export class DeviceSettings {
  private readonly byChannel = new Map<number | null, Record<string, unknown>>();

  /** @param device its slug. */
  constructor(
    private readonly topics: Topics,
    private readonly device: string,
  ) {}

  /**
   * What a command answered. @param args as they were checked.
   *
   * @returns the message that tells a change; none where nothing changed.
   */
  answered(command: string, args: Fields, result: unknown): MqttMessage[] {
    const found = BY_COMMAND.get(command);
    const value = found?.reading.value(result);
    if (found === undefined || value === undefined) return [];
    const channel = found.reading.scope === 'device' ? null : channelOf(args);
    return this.put(channel, { [found.name]: value });
  }

  /** What a description found. */
  put(channel: number | null, settings: Fields): MqttMessage[] {
    const known = this.byChannel.get(channel) ?? {};
    const now: Record<string, unknown> = { ...known };
    // An answer about one output says nothing of the others.
    for (const [name, value] of Object.entries(settings)) now[name] = merged(known[name], value);
    if (JSON.stringify(now) === JSON.stringify(known)) return [];
    this.byChannel.set(channel, now);
    return [this.topics.settings(this.device, channel, now)];
  }

  /** Everything again, for a broker that may have lost it. */
  all(): MqttMessage[] {
    return [...this.byChannel].map(([channel, settings]) => this.topics.settings(this.device, channel, settings));
  }

  /** Takes them away from the broker: of one channel that is gone, or of the whole device. */
  clear(channel?: number): MqttMessage[] {
    const gone =
      channel === undefined ? [...this.byChannel.keys()] : [channel].filter((one) => this.byChannel.has(one));
    for (const one of gone) this.byChannel.delete(one);
    return gone.map((one) => ({ ...this.topics.settings(this.device, one, {}), payload: '' }));
  }
}

/** The words of Home Assistant for an area; a word that is neither is unknown to it. */
const AREA_STATES: Readonly<Record<string, string>> = {
  disarmed: 'disarmed',
  away: 'armed_away',
  stay: 'armed_home',
  arming: 'arming',
};

function areaState({ state, alarm }: Fields): string | null {
  if (alarm === true) return 'triggered';
  return typeof state === 'string' ? (AREA_STATES[state.toLowerCase()] ?? null) : null;
}

function switchedState({ status }: Fields): boolean | null {
  const said = typeof status === 'string' ? status.toLowerCase() : '';
  return said === 'on' ? true : said === 'off' ? false : null;
}

function channelOf(args: Fields): number {
  const { channel } = args;
  return typeof channel === 'number' ? channel : 1;
}

function merged(known: unknown, value: unknown): unknown {
  return isFields(known) && isFields(value) ? { ...known, ...value } : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of a result; none where it is no object. */
export function fieldsOf(result: unknown): Fields {
  return isFields(result) ? result : {};
}

export function listOf(result: unknown): readonly Fields[] {
  return Array.isArray(result) ? result.map(fieldsOf) : [];
}

export function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** `{"1": ..., "2": ...}` out of a list, or out of a single item of it; undefined where there is none. */
function byNumber(result: unknown, key: string, value: (item: Fields) => unknown): Fields | undefined {
  const items = Array.isArray(result) ? listOf(result) : [fieldsOf(result)];
  const found = items.flatMap((item) => {
    const number = whole(item[key]);
    return number === undefined ? [] : [[String(number), value(item)] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
