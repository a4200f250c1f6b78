/** When a channel records: by hand, by schedule, and on which days it has. */
import { decode, encode } from '../../codec/layout';
import { channelRequest, recordRequest, recordSchedule } from '../../codec/structs';
import { all, booleanAt, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError, type HikvisionError } from '../../errors';
import { channelParam } from '../channels';
import { ask, command, documentOf, type CommandContext, type Steps } from '../command';
import { getNamed } from '../documents';
import { askPort, deviceChannelOf, type PortContext, type PortSteps } from '../port';
import { firstThatWorks } from '../ways';
import { readDeviceClock } from '../device-clock';

export interface RecordingByHand {
  readonly channel: number;
  readonly recording: boolean;
}

export interface RecordSegment {
  readonly day: Weekday;
  /** `08:00`; the end of a day is `24:00`. */
  readonly from: string;
  readonly to: string;
  /** CMR (always), MOTION, ALARM, ALARMORMOTION, ...; the device's word. */
  readonly mode: string | null;
}

export interface RecordSchedule {
  readonly channel: number;
  readonly enabled: boolean | null;
  readonly segments: readonly RecordSegment[];
  readonly preRecordSeconds: number | null;
  readonly postRecordSeconds: number | null;
  readonly audio: boolean | null;
}

export interface RecordingDays {
  readonly channel: number;
  readonly year: number;
  readonly month: number;
  readonly days: readonly {
    readonly day: number;
    /** time, event, ...; the device's word. */
    readonly type: string | null;
  }[];
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const BASE = '/ISAPI/ContentMgmt/record';
const TRACK_PATH = `${BASE}/tracks`;

/** The track of the recordings of a channel. */
function trackOf(channel: number): number {
  return channel * 100 + 1;
}

/* By hand */

function isOtherMethod(error: unknown): error is HikvisionError {
  return error instanceof UnsupportedError;
}

function* setRecording(channel: number, recording: boolean, context: CommandContext): Steps<RecordingByHand> {
  const path = `${BASE}/control/manual/${recording ? 'start' : 'stop'}/tracks/${trackOf(channel)}`;
  const key = `recorder.startRecording/method`;
  yield* firstThatWorks(['PUT', 'POST'], context.memory, key, (method) => ask({ method, path }), isOtherMethod);
  return { channel, recording };
}

const BY_HAND = 0;

function* nativeSetRecording(channel: number, recording: boolean, context: PortContext): PortSteps<RecordingByHand> {
  const body = encode(recordRequest, { channel: deviceChannelOf(channel, context.device), recordType: BY_HAND });
  yield* askPort(recording ? 'startRecord' : 'stopRecord', body);
  return { channel, recording };
}

/* By schedule */

function* readSchedule({ channel }: { channel: number }): Steps<RecordSchedule> {
  const path = `${TRACK_PATH}/${trackOf(channel)}`;
  const track = yield* getNamed(path, 'Track');
  const own = all(find(track, 'CustomExtensionList'), 'CustomExtension').find(
    (extension) => textAt(extension, 'enableSchedule') !== null,
  );
  const blocks = all(find(track, 'TrackSchedule/ScheduleBlockList'), 'ScheduleBlock');
  return {
    channel,
    // `Enable` of the track means nothing (isapi.md §3.11).
    enabled: booleanAt(own, 'enableSchedule'),
    segments: blocks.flatMap((block) => all(block, 'ScheduleAction')).flatMap(segmentsFrom),
    preRecordSeconds: numberAt(own, 'PreRecordTimeSeconds'),
    postRecordSeconds: numberAt(own, 'PostRecordTimeSeconds'),
    audio: booleanAt(own, 'SaveAudio'),
  };
}

/** A whole day ends at 00:00 of the next one; an action over several days is cut at each midnight. */
function segmentsFrom(action: XmlElement): RecordSegment[] {
  const first = weekdayOf(textAt(action, 'ScheduleActionStartTime/DayOfWeek'));
  const last = weekdayOf(textAt(action, 'ScheduleActionEndTime/DayOfWeek'));
  const from = clockOf(textAt(action, 'ScheduleActionStartTime/TimeOfDay'));
  const to = clockOf(textAt(action, 'ScheduleActionEndTime/TimeOfDay'));
  if (first === -1 || from === null || to === null || booleanAt(action, 'Actions/Record') === false) return [];
  const mode = textAt(action, 'Actions/ActionRecordingMode');
  const nights = last === -1 ? 0 : (last - first + WEEKDAYS.length) % WEEKDAYS.length;
  // From Monday to the same Monday backwards is a whole week.
  const days = nights === 0 && to <= from ? WEEKDAYS.length : nights;
  return Array.from({ length: days + 1 }, (_, night) => ({
    day: WEEKDAYS[(first + night) % WEEKDAYS.length] as Weekday,
    from: night === 0 ? from : '00:00',
    to: night === days ? to : '24:00',
    mode,
  })).filter((segment) => segment.from < segment.to);
}

function weekdayOf(name: string | null): number {
  return WEEKDAYS.findIndex((day) => day === name?.toLowerCase());
}

function clockOf(text: string | null): string | null {
  return /^\d\d:\d\d/.exec(text ?? '')?.[0] ?? null;
}

/** The words of ISAPI for the types of the binary form. */
const MODES: Readonly<Record<number, string>> = {
  0: 'CMR',
  1: 'MOTION',
  2: 'ALARM',
  3: 'ALARMORMOTION',
  4: 'ALARMANDMOTION',
  5: 'COMMAND',
  6: 'SMART',
};
const SEGMENTS_A_DAY = 8;

function* nativeSchedule({ channel }: { channel: number }, context: PortContext): PortSteps<RecordSchedule> {
  const body = encode(channelRequest, { channel: deviceChannelOf(channel, context.device) });
  const schedule = decode(recordSchedule, yield* askPort('getRecordScheduleV30', body));
  const segments = WEEKDAYS.flatMap((day, index): RecordSegment[] => {
    const whole = schedule.days[index];
    if (whole?.allDay === 1) return [{ day, from: '00:00', to: '24:00', mode: MODES[whole.recordType] ?? null }];
    return schedule.segments
      .slice(index * SEGMENTS_A_DAY, (index + 1) * SEGMENTS_A_DAY)
      .map(({ time, recordType }) => ({
        day,
        from: clockText(time.startHour, time.startMinute),
        to: clockText(time.stopHour, time.stopMinute),
        mode: MODES[recordType] ?? null,
      }))
      .filter(({ from, to }) => from < to);
  });
  return {
    channel,
    enabled: schedule.enabled === 1,
    segments,
    // It gives the places of a list that differs by model.
    preRecordSeconds: null,
    postRecordSeconds: null,
    audio: schedule.audio === 1,
  };
}

function clockText(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/* Days */

function* listDays(
  { channel, year, month }: { channel: number; year: number | undefined; month: number | undefined },
  context: CommandContext,
): Steps<RecordingDays> {
  const isNow = year === undefined || month === undefined;
  const now = new Date(isNow ? (yield* readDeviceClock(context)).nowWallMs : 0);
  const wanted = { year: year ?? now.getUTCFullYear(), month: month ?? now.getUTCMonth() + 1 };
  const path = `${TRACK_PATH}/${trackOf(channel)}/dailyDistribution`;
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><trackDailyParam>' +
    `<year>${wanted.year}</year><monthOfYear>${wanted.month}</monthOfYear></trackDailyParam>`;
  const document = documentOf(yield* ask({ method: 'POST', path, body }), path);
  if (document.name.toLowerCase() !== 'trackdailydistribution') {
    throw new UnsupportedError(`${path}: answered with ${document.name} instead of trackDailyDistribution`);
  }
  const days = all(find(document, 'dayList'), 'day').flatMap((item) => {
    const day = numberAt(item, 'dayOfMonth') ?? numberAt(item, 'id');
    if (day === null || booleanAt(item, 'record') !== true) return [];
    return [{ day, type: textAt(item, 'recordType') }];
  });
  return { channel, ...wanted, days: days.sort((a, b) => a.day - b.day) };
}

export const recording = {
  startRecording: command({
    title: 'Start recording',
    summary: 'Starts a recording by hand. It goes on until it is stopped, beside what the schedule records.',
    effect: 'act',
    needs: 'recording',
    params: { channel: channelParam },
    isapi: ({ channel }, context) => setRecording(channel, true, context),
    commandPort: ({ channel }, context) => nativeSetRecording(channel, true, context),
    returns: 'channel, and recording: true.',
    paths: [`${BASE}/control/manual/start/tracks/{channel}01`],
    source: [`ISAPI ${BASE}/control/manual/start/tracks/<ID>`, 'isapi.md §3.11', 'HCNetSDK.h NET_DVR_StartDVRRecord'],
  }),

  stopRecording: command({
    title: 'Stop recording',
    summary: 'Stops a recording by hand. What the schedule records goes on.',
    effect: 'act',
    needs: 'recording',
    params: { channel: channelParam },
    isapi: ({ channel }, context) => setRecording(channel, false, context),
    commandPort: ({ channel }, context) => nativeSetRecording(channel, false, context),
    returns: 'channel, and recording: false.',
    paths: [`${BASE}/control/manual/stop/tracks/{channel}01`],
    source: [`ISAPI ${BASE}/control/manual/stop/tracks/<ID>`, 'isapi.md §3.11', 'HCNetSDK.h NET_DVR_StopDVRRecord'],
  }),

  getRecordSchedule: command({
    title: 'Read the record schedule',
    summary: 'When a channel records by itself, day by day, and why.',
    effect: 'read',
    needs: 'recording',
    params: { channel: channelParam },
    isapi: readSchedule,
    commandPort: nativeSchedule,
    returns: 'channel, enabled, segments with day, from, to and mode; preRecordSeconds, postRecordSeconds, audio.',
    paths: [`${TRACK_PATH}/{channel}01`],
    source: [`ISAPI ${TRACK_PATH}/<ID>`, 'isapi.md §3.11', 'HCNetSDK.h NET_DVR_RECORD_V30'],
  }),

  listRecordingDays: command({
    title: 'List days with recordings',
    summary: 'The days of a month on which a channel has recordings.',
    effect: 'read',
    example: { year: 2024, month: 5 },
    needs: 'recording',
    params: {
      channel: channelParam,
      year: {
        kind: 'integer',
        title: 'Year',
        description: 'Left out: this year.',
        min: 2000,
        max: 2037,
        optional: true,
      },
      month: { kind: 'integer', title: 'Month', description: 'Left out: this month.', min: 1, max: 12, optional: true },
    },
    isapi: listDays,
    returns: 'channel, year, month, and days with day and type.',
    paths: [`${TRACK_PATH}/{channel}01/dailyDistribution`],
    source: [`ISAPI ${TRACK_PATH}/<ID>/dailyDistribution`, 'isapi.md §3.10'],
  }),
} as const;
