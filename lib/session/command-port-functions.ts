/**
 * What the binary face can do beyond the commands of the registry: record schedule, recordings, recording by
 * hand. Channels are counted as people do; times are the wall clock of the
 * device. All of them are M or L facts (hsp-wire.md §6).
 */
import { decode, encode, type ValueOf } from '../codec/layout';
import { channelRequest, findFileRequest, recordRequest, recordSchedule, type NetDvrTime } from '../codec/structs';
import { deviceChannelOf } from '../commands/port';
import { ArgumentError } from '../errors';
import type { CommandSession, RequestOptions } from './command-session';

/** When a channel records: seven days from Monday, eight segments each. */
export async function readRecordSchedule(
  session: CommandSession,
  channel: number,
  options: RequestOptions = {},
): Promise<ValueOf<typeof recordSchedule.shape>> {
  const body = await ofChannel(session, channel, options);
  return decode(recordSchedule, await session.request('getRecordScheduleV30', body, options));
}

export interface Recording {
  /** By which the device plays it. */
  readonly fileName: string;
  /** `2024-05-01T12:34:56`, wall clock of the device. */
  readonly start: string;
  readonly stop: string;
  /** Modulo 4 GB. */
  readonly sizeBytes: number;
}

/** The recordings of a channel that touch a time, oldest first as the device lists them. */
export async function findRecordings(
  session: CommandSession,
  wanted: { readonly channel: number; readonly start: string; readonly stop: string },
  options: RequestOptions = {},
): Promise<Recording[]> {
  const request = encode(findFileRequest, {
    channel: deviceChannelOf(wanted.channel, await session.device(options.signal)),
    fileType: ALL,
    locked: ALL,
    useCard: 0,
    cardNumber: '',
    start: wallTime('start', wanted.start),
    stop: wallTime('stop', wanted.stop),
  });
  const pushes = await session.list('findFile', request, options);
  return pushes.flatMap((push) => {
    if (push.type !== 'file') return [];
    const { fileName, start, stop, sizeBytes } = push.record;
    return [{ fileName, start: timeText(start), stop: timeText(stop), sizeBytes }];
  });
}

/** Starts or stops a recording by hand. */
export async function setRecording(
  session: CommandSession,
  channel: number,
  running: boolean,
  options: RequestOptions = {},
): Promise<void> {
  const number = deviceChannelOf(channel, await session.device(options.signal));
  const body = encode(recordRequest, { channel: number, recordType: BY_HAND });
  await session.request(running ? 'startRecord' : 'stopRecord', body, options);
}

const ALL = 0xff;
const BY_HAND = 0;

async function ofChannel(session: CommandSession, channel: number, options: RequestOptions): Promise<Buffer> {
  return encode(channelRequest, { channel: deviceChannelOf(channel, await session.device(options.signal)) });
}

function wallTime(parameter: string, text: string): NetDvrTime {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (parts === null) {
    throw new ArgumentError([{ parameter, given: text, expected: 'a wall clock such as 2024-05-01T12:34:56' }]);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return { year, month, day, hour, minute, second };
}

function timeText({ year, month, day, hour, minute, second }: NetDvrTime): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}
