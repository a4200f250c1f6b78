/** What a device is and has, as far as topics and Home Assistant need it: found out with commands that read. */
import { deviceClassOf, FEATURE_NAMES, type Feature, type Features } from '../commands/features';
import { commandNamed } from '../commands/registry';
import type { Channel, DeviceInfo, Disk, Preset, Storage, Trigger } from '../commands/results';
import {
  AuthenticationError,
  ClosedError,
  ConnectionLostError,
  HikvisionError,
  LockedError,
  RecoverableError,
  UnreachableError,
} from '../errors';
import { EVENT_KIND_NAMES, type EventKind } from '../events/kinds';
import { fieldsOf, listOf, READING_LIST, whole, word, type Fields, type ReadingName } from './readings';
import { identityOf } from './slugs';
import type { StateKey } from './states';

/** What is known of a device before anything is asked. */
export interface KnownDevice {
  readonly slug: string;
  /** The name that the user gave. */
  readonly name: string;
  /** What the user has only once: the id of the configuration node, or the address. */
  readonly key: string;
  /** Where its own web page is, `http://192.0.2.10`; without user and password. */
  readonly configurationUrl: string | null;
}

export interface DescribedChannel {
  readonly channel: number;
  readonly name: string | null;
  readonly kind: Channel['kind'];
  readonly online: boolean | null;
  readonly reason: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly presets: readonly Preset[];
}

/** An alarm input or output. */
export interface DescribedPort {
  readonly port: number;
  /** Of the camera that it belongs to; null for one of the device itself. */
  readonly channel: number | null;
  readonly name: string | null;
}

/** A door, an area or a zone, an output or a siren of an alarm panel. */
export interface DescribedPart {
  readonly number: number;
  readonly name: string | null;
  /** What hangs on it, in the device's word: magneticContact, pircam, ... */
  readonly use: string | null;
}

export interface DescribedDoor {
  readonly number: number;
  /** Many door stations can open a door and not close it. */
  readonly canClose: boolean;
}

export interface DescribedTrigger extends StateKey {
  /** False: the device detects it but tells nobody. */
  readonly notifies: boolean;
}

export interface DeviceDescription {
  /** From the serial number, and not the number itself; unique ids are made of it. */
  readonly identity: string;
  readonly slug: string;
  readonly name: string;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly hardware: string | null;
  readonly deviceType: string | null;
  readonly configurationUrl: string | null;
  readonly channels: readonly DescribedChannel[];
  readonly triggers: readonly DescribedTrigger[];
  readonly features: Features;
  readonly alarmInputs: readonly DescribedPort[];
  readonly alarmOutputs: readonly DescribedPort[];
  readonly doors: readonly DescribedDoor[];
  /** Of an alarm panel. */
  readonly areas: readonly DescribedPart[];
  readonly zones: readonly DescribedPart[];
  readonly panelOutputs: readonly DescribedPart[];
  readonly sirens: readonly DescribedPart[];
  readonly disks: readonly Disk[];
  readonly shares: readonly Disk[];
  /** True where the device tells its load and its time since the last start. */
  readonly hasStatus: boolean;
  /** What can be switched, as it is now: by channel, and of the device under null. */
  readonly settings: ReadonlyMap<number | null, Fields>;
  /** False where the device had no time for a question; what is missing may be there all the same. */
  readonly isComplete: boolean;
}

/** Runs one command that reads; rejects as the client does. */
export type Ask = (command: string, args: Fields) => Promise<unknown>;

/** Presets that are asked for: a recorder has no more turning cameras than this. */
const MAX_PTZ_CHANNELS = 32;

const NO_FEATURES = Object.fromEntries(FEATURE_NAMES.map((feature) => [feature, null])) as Features;

/**
 * Asks a device what it is and has. What it refuses, or has no time for, counts as not there.
 *
 * @throws HikvisionError when it cannot be reached or does not let us in; nothing is known then.
 */
export async function describeDevice(ask: Ask, known: KnownDevice): Promise<DeviceDescription> {
  let isComplete = true;
  const info = (await answer('config.deviceInfo', {}, true)) as DeviceInfo | undefined;
  const features = featuresOf(await answer('config.capabilities', {}));
  const triggers = triggersOf(((await answer('event.listTriggers', {})) ?? []) as readonly Trigger[]);
  const listed = ((await answer('recorder.listChannels', {})) ?? []) as readonly Channel[];
  const channels = listed.length > 0 ? listed.map(channelOf) : channelsOf(triggers);
  const storage = (await answer('recorder.storage', {})) as Storage | undefined;
  const status = await answer('config.status', {});
  const inputs = !mayHave('alarmInputs') ? undefined : await answer('event.listAlarmInputs', {});
  const settings = new Map<number | null, Fields>();
  /** What the readings of the device answered, for the names of what they are about. */
  const answers = new Map<ReadingName, unknown>();

  const described: DescribedChannel[] = [];
  for (const channel of channels) {
    described.push({ ...channel, presets: await presetsOf(channel.channel) });
    const found = await readings('channel', channel.channel);
    if (Object.keys(found).length > 0) settings.set(channel.channel, found);
  }
  const doors = mayHave('doors') ? doorsOf(await answer('event.doorCapabilities', {})) : [];
  const ofDevice = await readings('device', null);
  if (Object.keys(ofDevice).length > 0) settings.set(null, ofDevice);

  return {
    identity: identityOf({ serial: info?.serial ?? null, key: known.key }),
    slug: known.slug,
    name: known.name,
    manufacturer: info?.manufacturer ?? null,
    model: info?.model ?? null,
    firmware: [info?.firmware, info?.firmwareReleased].filter((text) => typeof text === 'string').join(' ') || null,
    hardware: info?.hardware ?? null,
    deviceType: info?.deviceType ?? null,
    configurationUrl: known.configurationUrl,
    channels: described,
    triggers,
    features,
    alarmInputs: portsOf(inputs, 'input'),
    alarmOutputs: portsOf(answers.get('outputs'), 'output'),
    doors,
    areas: partsOf(answers.get('areas'), 'area'),
    zones: partsOf(answers.get('zones'), 'zone'),
    panelOutputs: partsOf(answers.get('panelOutputs'), 'output'),
    sirens: partsOf(answers.get('sirens'), 'siren'),
    // A removed disk leaves its entry behind.
    disks: (storage?.disks ?? []).filter((disk) => disk.id !== null && disk.status !== 'notexist'),
    shares: (storage?.network ?? []).filter((share) => share.id !== null && share.status !== 'notexist'),
    hasStatus: status !== undefined,
    settings,
    isComplete,
  };

  /** @param isEssential an answer that may come later is waited for: a device without its number would be another one. */
  async function answer(command: string, args: Fields, isEssential = false): Promise<unknown> {
    if (commandNamed(command) === undefined) return undefined;
    try {
      return await ask(command, args);
    } catch (error) {
      const isPassing = error instanceof RecoverableError;
      if (isEnd(error) || (isEssential && isPassing)) throw error;
      if (isPassing) isComplete = false;
      return undefined;
    }
  }

  /** A class is asked for only where the device says so; what ordinary devices have, unless it says no. */
  function mayHave(feature: Feature): boolean {
    return deviceClassOf(feature) === null ? features[feature] !== false : features[feature] === true;
  }

  async function presetsOf(channel: number): Promise<readonly Preset[]> {
    if (!mayHave('ptz') || channel > MAX_PTZ_CHANNELS) return [];
    const presets = ((await answer('camera.listPresets', { channel })) ?? []) as readonly Preset[];
    return presets.filter(({ reserved, enabled }) => !reserved && enabled !== false);
  }

  async function readings(scope: 'channel' | 'device', channel: number | null): Promise<Fields> {
    const found: Record<string, unknown> = {};
    for (const [name, reading] of READING_LIST) {
      if (reading.scope !== scope) continue;
      const { feature, kind } = reading;
      if (feature !== null && !mayHave(feature)) continue;
      if (kind !== null && !triggers.some((one) => one.kind === kind && one.channel === channel)) continue;
      const result = await answer(reading.command, channel === null ? {} : { channel });
      if (scope === 'device') answers.set(name, result);
      const value = result === undefined ? undefined : reading.value(result);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }
}

/** No answer to any question can be hoped for. */
function isEnd(error: unknown): boolean {
  return (
    !(error instanceof HikvisionError) ||
    error instanceof UnreachableError ||
    error instanceof ConnectionLostError ||
    error instanceof AuthenticationError ||
    error instanceof LockedError ||
    error instanceof ClosedError
  );
}

function channelOf({
  channel,
  name,
  kind,
  online,
  reason,
  model,
  firmware,
}: Channel): Omit<DescribedChannel, 'presets'> {
  return { channel, name, kind, online, reason, model, firmware };
}

/** A device that lists no channels has those that it has triggers for. */
function channelsOf(triggers: readonly DescribedTrigger[]): Omit<DescribedChannel, 'presets'>[] {
  const numbers = new Set(triggers.flatMap(({ channel }) => (channel === null ? [] : [channel])));
  return [...numbers]
    .sort((a, b) => a - b)
    .map((channel) => ({
      channel,
      name: null,
      kind: 'camera',
      online: null,
      reason: null,
      model: null,
      firmware: null,
    }));
}

function featuresOf(result: unknown): Features {
  const said = fieldsOf(fieldsOf(result)['features']);
  return Object.fromEntries(
    FEATURE_NAMES.map((feature) => [feature, typeof said[feature] === 'boolean' ? said[feature] : null]),
  ) as Features;
}

function portsOf(result: unknown, key: string): readonly DescribedPort[] {
  return listOf(result).flatMap((item) => {
    const port = whole(item[key]);
    if (port === undefined) return [];
    return [{ port, channel: whole(item['channel']) ?? null, name: word(item['name']) ?? null }];
  });
}

/** Most doors that are believed: controllers have four, elevators count floors. */
const MAX_DOORS = 128;

/** Stations that do not tell have one door, which can be opened. */
function doorsOf(capabilities: unknown): readonly DescribedDoor[] {
  const { firstDoor, lastDoor, actions } = fieldsOf(capabilities);
  const first = whole(firstDoor) ?? 1;
  const last = Math.min(Math.max(whole(lastDoor) ?? first, first), first + MAX_DOORS - 1);
  const canClose = Array.isArray(actions) && actions.includes('close');
  return Array.from({ length: last - first + 1 }, (_, index) => ({ number: first + index, canClose }));
}

function partsOf(result: unknown, key: string): readonly DescribedPart[] {
  return listOf(result).flatMap((item) => {
    const number = whole(item[key]);
    if (number === undefined || item['enabled'] === false) return [];
    return [{ number, name: word(item['name']) ?? null, use: word(item['detector']) ?? null }];
  });
}

/** Each once: firmware lists both spellings of a name (DS-2CD2343G2-I), and every rule by itself. */
function triggersOf(list: readonly Trigger[]): readonly DescribedTrigger[] {
  const byKey = new Map<string, DescribedTrigger>();
  for (const { kind, channel, port, notifiesCenter } of list) {
    if (!isKind(kind)) continue;
    const input = kind === 'alarmInput' ? inputOf(port) : NO_INPUT;
    const key = { channel: channel ?? input.channel, kind, port: input.port };
    const name = keyOf(key);
    const notifies = notifiesCenter || byKey.get(name)?.notifies === true;
    // Spelled out: spreading `key` would make a hidden class for each object, which is larger than the object.
    byKey.set(name, { channel: key.channel, kind, port: key.port, notifies });
  }
  return [...byKey.values()];
}

function isKind(kind: string): kind is EventKind {
  return (EVENT_KIND_NAMES as readonly string[]).includes(kind);
}

const NO_INPUT = { port: null, channel: null } as const;

/** As events count it: 301 is port 1 of channel 3 (isapi.md §6.6). */
function inputOf(port: number | null): { readonly port: number | null; readonly channel: number | null } {
  if (port === null || port <= 100) return { port, channel: null };
  return { port: port % 100, channel: Math.floor(port / 100) };
}

function keyOf({ channel, kind, port }: StateKey): string {
  return `${channel ?? ''}/${kind}/${port ?? ''}`;
}

/** Only the given channels of it; null among them stands for what belongs to the device itself. */
export function limitedTo(description: DeviceDescription, channels: ReadonlySet<number | null>): DeviceDescription {
  const isKept = ({ channel }: { readonly channel: number | null }) => channels.has(channel);
  const ofDevice = <T>(parts: readonly T[]): readonly T[] => (channels.has(null) ? parts : []);
  return {
    ...description,
    channels: description.channels.filter(isKept),
    triggers: description.triggers.filter(isKept),
    settings: new Map([...description.settings].filter(([channel]) => channels.has(channel))),
    alarmInputs: description.alarmInputs.filter(isKept),
    alarmOutputs: description.alarmOutputs.filter(isKept),
    doors: ofDevice(description.doors),
    areas: ofDevice(description.areas),
    zones: ofDevice(description.zones),
    panelOutputs: ofDevice(description.panelOutputs),
    sirens: ofDevice(description.sirens),
  };
}

/**
 * With a state that an event has shown and no trigger told: recorders without a list of triggers.
 *
 * @returns the description itself where it was known.
 */
export function withSeen(description: DeviceDescription, seen: StateKey): DeviceDescription {
  const key = keyOf(seen);
  const known = description.triggers.find((trigger) => keyOf(trigger) === key);
  if (known?.notifies === true) return description;
  const { channel, kind, port } = seen;
  const others = description.triggers.filter((trigger) => trigger !== known);
  return { ...description, triggers: [...others, { channel, kind, port, notifies: true }] };
}

/**
 * A description of a device that could not be asked. Not for discovery: without the serial number its ids are others, and what it
 * had before would be taken away.
 */
export function undescribed(known: KnownDevice, serial: string | null): DeviceDescription {
  return {
    identity: identityOf({ serial, key: known.key }),
    slug: known.slug,
    name: known.name,
    manufacturer: null,
    model: null,
    firmware: null,
    hardware: null,
    deviceType: null,
    configurationUrl: known.configurationUrl,
    channels: [],
    triggers: [],
    features: NO_FEATURES,
    alarmInputs: [],
    alarmOutputs: [],
    doors: [],
    areas: [],
    zones: [],
    panelOutputs: [],
    sirens: [],
    disks: [],
    shares: [],
    hasStatus: false,
    settings: new Map(),
    isComplete: true,
  };
}

/* What the topics `info` and `status` carry */

/** Without serial number and address: whoever may read the broker must not learn them. */
export function infoPayload(description: DeviceDescription): Readonly<Record<string, unknown>> {
  const { identity, name, manufacturer, model, firmware, hardware, deviceType, features } = description;
  return {
    id: identity,
    name,
    manufacturer,
    model,
    firmware,
    hardware,
    deviceType,
    features: FEATURE_NAMES.filter((feature) => features[feature] === true),
    channels: description.channels.map(({ presets, ...channel }) => ({ ...channel, presets: presets.length })),
    events: [...new Set(description.triggers.map(({ kind }) => kind))],
  };
}

/** What the bridge knows about a device, and the device about itself. */
export interface DeviceStatus {
  /** connecting, connected, ...; the state of the connection. */
  readonly connection: string;
  /** Why it is not connected. */
  readonly reason: string | null;
  readonly lastEvent: {
    readonly kind: string;
    readonly state: string;
    readonly channel: number | null;
    readonly receivedAt: string;
  } | null;
  /** Events that could not be kept until the broker was there, of all devices of the bridge. */
  readonly dropped: number;
  /** From `config.status`. */
  readonly status: unknown;
  /** From `recorder.storage`. */
  readonly storage: unknown;
  /** From `recorder.listChannels`. */
  readonly channels: unknown;
}

/** Our clock, from which the time of the last start is counted back. */
export function statusPayload(device: DeviceStatus, nowMs: number): Readonly<Record<string, unknown>> {
  const { connection, reason, lastEvent, dropped } = device;
  const status = fieldsOf(device.status);
  const storage = fieldsOf(device.storage);
  const up = status['uptimeSeconds'];
  return {
    connection,
    reason,
    lastEvent,
    dropped,
    cpuPercent: status['cpuPercent'] ?? null,
    // To the minute: a time that is counted back moves by seconds each time.
    upSince: typeof up === 'number' ? new Date(Math.round((nowMs - up * 1_000) / 60_000) * 60_000).toISOString() : null,
    disks: disksPayload(storage['disks']),
    shares: disksPayload(storage['network']),
    channels: Object.fromEntries(
      listOf(device.channels).map(({ channel, online, reason: why }) => [String(channel), { online, reason: why }]),
    ),
  };
}

function disksPayload(disks: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    listOf(disks)
      .filter(({ id, status }) => id !== null && status !== 'notexist')
      .map(({ id, status, capacityMb, freeMb }) => [
        String(id),
        { status, capacityMb, freeMb, usedPercent: usedPercent(capacityMb, freeMb), problem: isProblem(status) },
      ]),
  );
}

function usedPercent(capacityMb: unknown, freeMb: unknown): number | null {
  if (typeof capacityMb !== 'number' || typeof freeMb !== 'number' || capacityMb <= 0) return null;
  return Math.round((1 - freeMb / capacityMb) * 1_000) / 10;
}

/** Words of a disk that is well (isapi.md §3.7); null where the device says nothing. */
function isProblem(status: unknown): boolean | null {
  return typeof status === 'string' ? !/^(ok|idle|normal|sleeping|online)$/i.test(status) : null;
}
