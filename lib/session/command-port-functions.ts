/**
 * What the binary face can do beyond the commands of the registry: time server, name of a channel, working
 * state, alarm outputs. Channels are counted as people do. All of them are M or L facts (hsp-wire.md §6).
 */
import { decode, encode } from '../codec/layout';
import { alarmOutputRequest, channelRequest, netDvrNtp, netDvrPictureConfig, netDvrWorkState } from '../codec/structs';
import { deviceChannelOf } from '../commands/port';
import type { CommandSession, RequestOptions } from './command-session';

export interface TimeServer {
  readonly server: string;
  readonly port: number;
  readonly enabled: boolean;
  readonly intervalHours: number;
  /** East of Greenwich. */
  readonly zoneMinutes: number;
}

export async function readTimeServer(session: CommandSession, options: RequestOptions = {}): Promise<TimeServer> {
  const ntp = decode(netDvrNtp, await session.request('getNtp', undefined, options));
  return {
    server: ntp.server,
    port: ntp.port,
    enabled: ntp.enabled === 1,
    intervalHours: ntp.interval,
    zoneMinutes: ntp.zoneHours * 60 + ntp.zoneMinutes,
  };
}

/** The name of a channel as it stands in its picture; null where it has none. */
export async function readChannelName(
  session: CommandSession,
  channel: number,
  options: RequestOptions = {},
): Promise<string | null> {
  const body = await ofChannel(session, channel, options);
  const { channelName } = decode(netDvrPictureConfig, await session.request('getPictureV30', body, options));
  return channelName === '' ? null : channelName;
}

export interface WorkState {
  readonly state: 'well' | 'busy' | 'failed' | null;
  /** By place; places without a disk are left out. */
  readonly disks: readonly {
    readonly place: number;
    readonly capacityMb: number;
    readonly freeMb: number;
    readonly asleep: boolean;
    readonly failed: boolean;
  }[];
}

export async function readWorkState(session: CommandSession, options: RequestOptions = {}): Promise<WorkState> {
  const { deviceStatus, disks } = decode(netDvrWorkState, await session.request('getWorkState', undefined, options));
  return {
    state: (['well', 'busy', 'failed'] as const)[deviceStatus] ?? null,
    disks: disks
      .map(({ capacityMb, freeMb, status }, index) => ({
        place: index + 1,
        capacityMb,
        freeMb,
        asleep: (status & 1) === 1,
        failed: (status & 2) === 2,
      }))
      .filter(({ capacityMb }) => capacityMb > 0),
  };
}

/** @param output from 1, as people count. */
export async function setAlarmOutput(
  session: CommandSession,
  output: number,
  active: boolean,
  options: RequestOptions = {},
): Promise<void> {
  const body = encode(alarmOutputRequest, { output, active: active ? 1 : 0 });
  await session.request('setAlarmOutput', body, options);
}

async function ofChannel(session: CommandSession, channel: number, options: RequestOptions): Promise<Buffer> {
  return encode(channelRequest, { channel: deviceChannelOf(channel, await session.device(options.signal)) });
}
