/** What a device is asked once it has let us in, and what its answers mean. Reads only. */
import type { HikvisionClient } from '../client';
import type { DeviceInfo, DeviceTime, Storage, Trigger } from '../commands/results';
import { FEATURES, FEATURE_NAMES } from '../commands/features';
import { finding, type Finding } from './findings';

export interface Asked {
  readonly client: HikvisionClient;
  readonly device: DeviceInfo;
  /** Where the device calls us; null where it does not, or was not told to. */
  readonly pushUrl: string | null;
}

const CLOCK_DIFFERENCE_MS = 60_000;
const QUARTER_MS = 15 * 60_000;
const NAMED_TRIGGERS = 8;
const WARNED_DAYS = 14;
/** Channels whose schedule is read; recorders have up to 256. */
const MAX_SCHEDULES = 8;
const CAPABILITIES = '/ISAPI/System/capabilities';

/** One after another, so that a small device is not pressed. */
export const QUESTIONS: readonly ((asked: Asked) => Promise<readonly Finding[]>)[] = [
  askAccount,
  askPorts,
  askClock,
  askTriggers,
  askMoreWays,
  askStorage,
  askFeatures,
  ({ device }) => Promise.resolve(quirksOf(device)),
];

/** What it lacks is no finding of its own. */
async function optional<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch {
    return null;
  }
}

/** The device tells it to whoever has the right password, so that asking uses no attempt up. */
async function askAccount({ client }: Asked): Promise<Finding[]> {
  const status = await optional(client.config.lockStatus());
  if (status === null) return [];
  const { attemptsLeft, isDefaultPassword, isRiskPassword, passwordDaysLeft: days } = status;
  return [
    ...(attemptsLeft === null || attemptsLeft <= 0 ? [] : [finding('unlocked', { left: String(attemptsLeft) })]),
    ...(isDefaultPassword === true || isRiskPassword === true ? [finding('weakPassword')] : []),
    ...(days === null || days <= 0 || days > WARNED_DAYS ? [] : [finding('passwordExpires', { days: String(days) })]),
  ];
}

/** The words of devices for what usually is where. */
const DEVICE_PORTS: Readonly<Record<string, number>> = {
  HTTP: 80,
  HTTPS: 443,
  RTSP: 554,
  DEV_MANAGE: 8000,
  SDK_OVER_TLS: 8443,
};

async function askPorts({ client }: Asked): Promise<Finding[]> {
  const ports = (await optional(client.config.ports())) ?? [];
  const moved = ports.filter(({ protocol, port, enabled }) => {
    const usual = Object.hasOwn(DEVICE_PORTS, protocol) ? DEVICE_PORTS[protocol] : undefined;
    return usual !== undefined && port !== null && port !== usual && enabled !== false;
  });
  if (moved.length === 0) return [];
  return [finding('portsMoved', { ports: moved.map(({ protocol, port }) => `${protocol} ${port}`).join(', ') })];
}

async function askClock({ client }: Asked): Promise<Finding[]> {
  const time = await optional(client.config.getTime());
  if (time === null) return [];
  const mode = time.mode?.toLowerCase();
  return [
    ...clockFindings(time),
    ...(mode === 'ntp' ? [finding('timeServer')] : mode === 'manual' ? [finding('noTimeServer')] : []),
  ];
}

function clockFindings({ offsetMs, timeZone }: DeviceTime): Finding[] {
  if (offsetMs === null) return [];
  const awayMs = Math.abs(offsetMs);
  const seconds = String(Math.round(awayMs / 1_000));
  const zone = timeZone ?? '?';
  if (awayMs < CLOCK_DIFFERENCE_MS) return [finding('clock', { seconds, zone })];
  const quarters = Math.round(awayMs / QUARTER_MS);
  const isZone = quarters > 0 && quarters <= 4 * 26 && Math.abs(awayMs - quarters * QUARTER_MS) < CLOCK_DIFFERENCE_MS;
  if (isZone) return [finding('clockZone', { hours: String(quarters / 4), zone })];
  return [finding(offsetMs > 0 ? 'clockAhead' : 'clockBehind', { seconds })];
}

async function askTriggers({ client }: Asked): Promise<Finding[]> {
  const triggers: readonly Trigger[] | null = await optional(client.event.listTriggers());
  if (triggers === null) return [];
  if (triggers.length === 0) return [finding('noTriggers')];
  const silent = triggers.filter(({ notifiesCenter }) => !notifiesCenter);
  if (silent.length === 0) return [finding('triggers')];
  const names = [...new Set(silent.map(({ id }) => id))];
  const rest = names.length > NAMED_TRIGGERS ? ', ...' : '';
  const shown = names.slice(0, NAMED_TRIGGERS).join(', ') + rest;
  return [finding('silentTriggers', { count: String(silent.length), names: shown })];
}

async function askMoreWays({ client, pushUrl }: Asked): Promise<Finding[]> {
  const capabilities = await optional(client.config.raw({ path: CAPABILITIES }));
  const hosts = await optional(client.event.listPushHosts());
  const says = JSON.stringify(capabilities?.body ?? null);
  const free = (hosts ?? []).filter((host) => host.free).length;
  const ways = [
    ...(/"isSupportSubscribeEvent":"true"/i.test(says) ? ['subscribeEvent'] : []),
    ...(hosts === null || hosts.length === 0 ? [] : [`push (${free} of ${hosts.length} places free)`]),
  ];
  const isEntered = (hosts ?? []).some(({ url }) => pushUrl !== null && url?.includes(pushUrl) === true);
  return [
    ...(ways.length === 0 ? [] : [finding('moreWays', { ways: ways.join(', ') })]),
    ...(pushUrl === null ? [] : [finding('push', { url: pushUrl })]),
    ...(pushUrl === null || hosts === null || hosts.length === 0 || free > 0 || isEntered
      ? []
      : [finding('pushFull', { count: String(hosts.length) })]),
  ];
}

async function askStorage(asked: Asked): Promise<Finding[]> {
  const storage: Storage | null = await optional(asked.client.recorder.storage());
  if (storage === null) return [];
  // A slot out of which a disk was taken stays in the list.
  const disks = [...storage.disks, ...storage.network].filter(({ status }) => status?.toLowerCase() !== 'notexist');
  if (disks.length === 0) return /nvr|dvr|cvr/i.test(asked.device.deviceType ?? '') ? [finding('noDisk')] : [];
  const named = disks.map((disk) => ({ disk, name: `${disk.name ?? disk.id ?? '?'} (${disk.status ?? '?'})` }));
  const broken = named.filter(({ disk }) => /err|unform|mismatch|fail|except|offline|lost/i.test(disk.status ?? ''));
  if (broken.length > 0) return [finding('diskProblem', { disks: broken.map(({ name }) => name).join(', ') })];
  return [finding('storage', { disks: named.map(({ name }) => name).join(', ') }), ...(await askSchedules(asked))];
}

async function askSchedules({ client }: Asked): Promise<Finding[]> {
  const channels = (await optional(client.recorder.listChannels())) ?? [];
  const idle: number[] = [];
  for (const { channel, online } of channels.slice(0, MAX_SCHEDULES)) {
    if (online === false) continue;
    const schedule = await optional(client.recorder.getRecordSchedule({ channel }));
    if (schedule === null) continue;
    if (schedule.enabled === false || schedule.segments.length === 0) idle.push(channel);
  }
  return idle.length === 0 ? [] : [finding('notRecording', { channels: idle.join(', ') })];
}

async function askFeatures({ client }: Asked): Promise<Finding[]> {
  const features = await optional(client.features());
  const titles = FEATURE_NAMES.filter((name) => features?.[name] === true).map((name) => FEATURES[name].title);
  return titles.length === 0 ? [] : [finding('features', { features: titles.join(', ') })];
}

/** Only what was seen in public reports (lessons.md: Hikvision-Addons 260, hikvision-ultimate 103). */
function quirksOf({ model, firmware }: DeviceInfo): Finding[] {
  const isStation = /^DS-K[VDB]/i.test(model ?? '');
  if (isStation && /^V?3\.7\b/i.test(firmware ?? '')) return [finding('ringHidden')];
  if (/^DS-PWA/i.test(model ?? '') && /^V?1\.3\b/i.test(firmware ?? '')) return [finding('panelFreezes')];
  return [];
}
