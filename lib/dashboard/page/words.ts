/** Times, places and counts as people read them. Pure. */
import type { DeviceView, EventRow } from '../wire';

/** What a channel is called; null is the device itself. */
export function channelWords(channel: number | null, name: string | null): string {
  if (channel === null) return 'Device';
  return name === null || name === '' ? `Channel ${channel}` : name;
}

/** The name of a device, with its place where another one has the same. */
export function deviceWords(device: DeviceView, devices: readonly DeviceView[]): string {
  const isAlone = devices.every((other) => other === device || other.name !== device.name);
  return isAlone ? device.name : `${device.name} (${device.place})`;
}

/** `5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function clockWords(ms: number, nowMs: number): string {
  const time = new Date(ms);
  const isToday = new Date(nowMs).toDateString() === time.toDateString();
  return isToday ? time.toLocaleTimeString() : `${time.toLocaleDateString()} ${time.toLocaleTimeString()}`;
}

/** How long a row took, or takes. */
export function lengthWords({ phase, hasStart, startMs, endMs }: EventRow, nowMs: number): string {
  if (phase === 'once') return '';
  if (!hasStart) return 'ended';
  if (phase === 'running') return `for ${spanWords(nowMs - startMs)}`;
  const ms = (endMs ?? startMs) - startMs;
  return ms < 1_000 ? 'under 1 s' : spanWords(ms);
}

/** The ways by which events come, as the help of the nodes calls them. */
const WAYS: Readonly<Record<string, string>> = {
  alertStream: 'the event stream',
  subscription: 'the event stream',
  alarmChannel: 'the alarm channel',
  push: 'pushes',
  calls: 'asking for calls',
  access: 'asking for access',
  plates: 'asking for plates',
  panel: 'asking the panel',
};

export function wayWords(ways: readonly string[]): string {
  return ways.map((way) => (Object.hasOwn(WAYS, way) ? (WAYS[way] ?? way) : way)).join(', ');
}

export function sourceWords(source: EventRow['source']): string {
  const words = { isapi: 'event stream', hsp: 'alarm channel', push: 'push', poll: 'asking', test: 'a test' } as const;
  return words[source];
}

const ROLES: Readonly<Record<string, string>> = {
  licensePlate: 'number plate',
  vehicle: 'vehicle',
  scene: 'scene',
  face: 'face',
  person: 'person',
  thermal: 'temperatures',
};

export function roleWords(role: string | null): string {
  return role !== null && Object.hasOwn(ROLES, role) ? (ROLES[role] ?? role) : 'picture';
}
