/**
 * The commands with binary bodies. Each one asks the text face of the same device and writes its answer as a structure, so
 * there is one state behind both faces.
 */
import { COMMAND_CODES } from '../../codec/command-codes';
import { decode, encode, type Shape, type Struct, type ValueOf } from '../../codec/layout';
import {
  alarmOutputRequest,
  channelRequest,
  fileRecord,
  findFileRequest,
  jpegRequest,
  netDvrCompression,
  netDvrDevice,
  netDvrDisks,
  netDvrNtp,
  netDvrPictureConfig,
  netDvrTime,
  netDvrWorkState,
  PTZ_CODES,
  ptzControl,
  ptzMoveOf,
  recordRequest,
  recordSchedule,
  stopCode,
  type NetDvrDisk,
  type NetDvrTime,
} from '../../codec/structs';
import { all, booleanAt, find, numberAt, parseXml, textAt, type XmlElement } from '../../codec/xml';
import type { DeviceAnswer } from '../answers';
import { diskStatus, diskType, fit, NO_STREAM, streamOf, type Ask, type Facts } from './facts';
import { push } from './line';
import { statusOf } from './pass-through';
import { STATUS } from './status';

export interface NativeAnswer {
  readonly status: number;
  readonly body?: Buffer;
  /** The sum covers bytes 8 to 15 only. */
  readonly sumsHeaderOnly?: true;
  /** Sent instead of a reply. */
  readonly pushes?: readonly Buffer[];
  readonly restarts?: true;
}

export interface NativeCall {
  readonly body: Buffer;
  readonly ask: Ask;
  readonly facts: Facts;
  /** The channel as people count it; null when the device has none with that number. */
  readonly channelOf: (deviceChannel: number) => number | null;
  /** How channels were told to move, by channel: each code is about one axis, and leaves the others alone. */
  readonly speeds: Map<number, Speeds>;
}

/** In hundredths of full speed, right, up and into the picture positive. */
export type Speeds = readonly [pan: number, tilt: number, zoom: number];

type Handler = (call: NativeCall) => NativeAnswer;

/** Undefined for a command that this device does not know. May throw ProtocolError, when the body makes no sense. */
export function answerNative(command: number, call: NativeCall): NativeAnswer | undefined {
  return HANDLERS.get(command)?.(call);
}

const NOT_SUPPORTED: NativeAnswer = { status: STATUS.notSupported };
const BAD_DATA: NativeAnswer = { status: STATUS.badData };
const NO_SUCH_CHANNEL: NativeAnswer = { status: STATUS.noSuchChannel };

const plain = (answer: DeviceAnswer): NativeAnswer => ({ status: statusOf(answer) });

/** A command whose body has exactly this form. */
function taking<S extends Shape>(
  layout: Struct<S>,
  run: (value: ValueOf<S>, call: NativeCall) => NativeAnswer,
): Handler {
  return (call) => (call.body.length === layout.sizeBytes ? run(decode(layout, call.body), call) : BAD_DATA);
}

/** The same, about one channel. */
function onChannel<S extends Shape & { channel: Struct['shape'][string] }>(
  layout: Struct<S>,
  run: (channel: number, value: ValueOf<S>, call: NativeCall) => NativeAnswer,
): Handler {
  return taking(layout, (value, call) => {
    const channel = call.channelOf((value as { channel: number }).channel);
    return channel === null ? NO_SUCH_CHANNEL : run(channel, value, call);
  });
}

const withoutBody =
  (run: Handler): Handler =>
  (call) =>
    call.body.length === 0 ? run(call) : BAD_DATA;

/* Configuration */

const getDevice = withoutBody(({ facts }) => {
  const identity = facts.identity();
  if (identity === null) return NOT_SUPPORTED;
  const { counts } = facts;
  const byte = (value: number) => Math.min(0xff, value);
  const body = encode(netDvrDevice, {
    name: fit(identity.name, 32),
    deviceNumber: identity.deviceNumber,
    overwrite: 1,
    serial: fit(identity.serial, 48),
    softwareVersion: identity.softwareVersion,
    softwareBuild: identity.softwareBuild,
    dspVersion: identity.dspVersion,
    dspBuild: identity.dspBuild,
    panelVersion: 0,
    hardwareVersion: 0,
    alarmInputs: byte(counts.alarmInputs),
    alarmOutputs: byte(counts.alarmOutputs),
    rs232Ports: 0,
    rs485Ports: 0,
    networkPorts: 1,
    diskControllers: counts.disks > 0 ? 1 : 0,
    disks: byte(counts.disks),
    deviceTypeV30: counts.deviceType,
    channels: byte(counts.analogChannels),
    firstChannel: 1,
    decodeChannels: 0,
    vgaPorts: 0,
    usbPorts: 0,
    auxOutputs: 0,
    voiceChannels: byte(counts.voiceChannels),
    ipChannels: byte(counts.ipChannels),
    zeroChannels: 0,
    abilities: 0,
    eSataUse: 0,
    ipChannelPlugAndPlay: 0,
    storageMode: 0,
    abilities1: 0,
    deviceType: counts.deviceType,
    typeName: fit(identity.model, 24),
  });
  return { status: STATUS.ok, body };
});

const getTime = withoutBody(({ facts }) => {
  const clock = facts.wallClock();
  if (clock === null) return NOT_SUPPORTED;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = clock;
  return { status: STATUS.ok, body: encode(netDvrTime, { year, month, day, hour, minute, second }) };
});

const setTime = taking(netDvrTime, (time, { ask, facts }) =>
  plain(
    ask(
      'PUT',
      '/ISAPI/System/time',
      `<Time><timeMode>manual</timeMode><localTime>${timeText(time)}</localTime><timeZone>${facts.timeZone()}</timeZone></Time>`,
    ),
  ),
);

const getNtp = withoutBody(({ facts }) => {
  const server = facts.document('/ISAPI/System/time/ntpServers/1') ?? undefined;
  const name = textAt(server, 'hostName') ?? textAt(server, 'ipAddress') ?? textAt(server, 'ipv6Address');
  if (name === null) return NOT_SUPPORTED;
  const zone = facts.zoneMinutes();
  const hours = Math.trunc(zone / 60);
  const body = encode(netDvrNtp, {
    server: fit(name, 64),
    interval: Math.max(1, Math.round((numberAt(server, 'synchronizeInterval') ?? 60) / 60)),
    enabled: facts.usesNtp() ? 1 : 0,
    zoneHours: hours,
    zoneMinutes: zone - hours * 60,
    port: numberAt(server, 'portNo') ?? 123,
  });
  return { status: STATUS.ok, body };
});

/** Overlays and motion areas, of which nobody knows the place. */
const REST_OF_PICTURE_BYTES = 64;

const getPicture = onChannel(channelRequest, (channel, _value, { facts }) => {
  const name = facts.channelName(channel);
  if (name === null) return NOT_SUPPORTED;
  const body = encode(netDvrPictureConfig, {
    size: netDvrPictureConfig.sizeBytes + REST_OF_PICTURE_BYTES,
    channelName: fit(name, 32),
    videoFormat: 1,
    raw: Buffer.alloc(REST_OF_PICTURE_BYTES),
  });
  return { status: STATUS.ok, body };
});

const getCompression = onChannel(channelRequest, (channel, _value, { facts }) => {
  const main = facts.document(`/ISAPI/Streaming/channels/${channel}01`);
  if (main === null) return NOT_SUPPORTED;
  const sub = facts.document(`/ISAPI/Streaming/channels/${channel}02`);
  // What is recorded after an event has the settings of the main stream.
  const others = [streamOf(main), sub === null ? NO_STREAM : streamOf(sub), NO_STREAM];
  return { status: STATUS.ok, body: encode(netDvrCompression, { main: streamOf(main), others }) };
});

/* Disks and recordings */

const MAX_DISKS = 33;
const NO_DISK: NetDvrDisk = {
  number: 0,
  capacityMb: 0,
  freeMb: 0,
  status: 0,
  attribute: 0,
  type: 0,
  drive: 0,
  group: 0,
  recycling: 0,
  storageType: 0,
  pictureCapacityMb: 0,
  freePictureMb: 0,
};

function disksOf(storage: XmlElement): NetDvrDisk[] {
  return all(find(storage, 'hddList'), 'hdd')
    .slice(0, MAX_DISKS)
    .map((disk, index) => ({
      ...NO_DISK,
      number: numberAt(disk, 'id') ?? index + 1,
      capacityMb: numberAt(disk, 'capacity') ?? 0,
      freeMb: numberAt(disk, 'freeSpace') ?? 0,
      status: diskStatus(textAt(disk, 'status')),
      attribute: attributeOf(textAt(disk, 'property')),
      type: diskType(textAt(disk, 'hddType')),
      recycling: 1,
      storageType: 3,
    }));
}

function attributeOf(property: string | null): number {
  if (property === 'RO') return 2;
  return property !== null && /redund/i.test(property) ? 1 : 0;
}

const padded = <T>(values: readonly T[], count: number, empty: T): T[] =>
  Array.from({ length: count }, (_, index) => values[index] ?? empty);

const getDisks = withoutBody(({ facts }) => {
  const storage = facts.document('/ISAPI/ContentMgmt/Storage');
  if (storage === null) return NOT_SUPPORTED;
  const disks = disksOf(storage);
  return {
    status: STATUS.ok,
    body: encode(netDvrDisks, { count: disks.length, disks: padded(disks, MAX_DISKS, NO_DISK) }),
  };
});

const WORK_STATE_DISKS = 16;
const WORK_STATE_BUSY_PERCENT = 85;

const getWorkState = withoutBody(({ facts }) => {
  const status = facts.document('/ISAPI/System/status');
  if (status === null) return NOT_SUPPORTED;
  const storage = facts.document('/ISAPI/ContentMgmt/Storage');
  const disks = (storage === null ? [] : disksOf(storage)).map(({ capacityMb, freeMb, status: state }) => ({
    capacityMb,
    freeMb,
    status: state === 1 ? 1 : state === 2 ? 2 : state === 3 ? 3 : 0,
  }));
  const load = numberAt(find(status, 'CPUList/CPU'), 'cpuUtilization') ?? 0;
  const body = encode(netDvrWorkState, {
    deviceStatus: load > WORK_STATE_BUSY_PERCENT ? 1 : 0,
    disks: padded(disks, WORK_STATE_DISKS, { capacityMb: 0, freeMb: 0, status: 0 }),
  });
  return { status: STATUS.ok, body };
});

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const SEGMENTS_A_DAY = 8;
const RECORD_TYPES: Readonly<Record<string, number>> = {
  CMR: 0,
  MOTION: 1,
  ALARM: 2,
  EDR: 3,
  ALARMORMOTION: 3,
  ALARMANDMOTION: 4,
  ALLEVENT: 6,
};
const NO_SEGMENT = { time: { startHour: 0, startMinute: 0, stopHour: 0, stopMinute: 0 }, recordType: 0 };

const getRecordSchedule = onChannel(channelRequest, (channel, _value, { facts }) => {
  const track = facts.document(`/ISAPI/ContentMgmt/record/tracks/${channel}01`);
  if (track === null) return NOT_SUPPORTED;
  const segments = Array.from({ length: DAYS.length * SEGMENTS_A_DAY }, () => NO_SEGMENT);
  const days = DAYS.map(() => ({ allDay: 0, recordType: 0 }));
  const used = DAYS.map(() => 0);
  for (const action of scheduleActions(track)) {
    const day = DAYS.indexOf(textAt(action, 'ScheduleActionStartTime/DayOfWeek')?.toLowerCase() ?? '');
    const start = hourAndMinute(textAt(action, 'ScheduleActionStartTime/TimeOfDay'));
    const stop = hourAndMinute(textAt(action, 'ScheduleActionEndTime/TimeOfDay'));
    if (day === -1 || start === null || stop === null || used[day] === undefined) continue;
    const recordType = RECORD_TYPES[textAt(action, 'Actions/ActionRecordingMode')?.toUpperCase() ?? 'CMR'] ?? 0;
    // A whole day ends at 00:00 of the next one.
    const endsNextDay = textAt(action, 'ScheduleActionEndTime/DayOfWeek')?.toLowerCase() !== DAYS[day];
    const place = used[day]++;
    if (place >= SEGMENTS_A_DAY) continue;
    const [stopHour, stopMinute] = endsNextDay && stop[0] === 0 ? [24, 0] : stop;
    const time = { startHour: start[0], startMinute: start[1], stopHour, stopMinute };
    segments[day * SEGMENTS_A_DAY + place] = { time, recordType };
    if (start[0] === 0 && start[1] === 0 && stopHour === 24) days[day] = { allDay: 1, recordType };
  }
  const more = find(track, 'CustomExtensionList/CustomExtension');
  const body = encode(recordSchedule, {
    enabled: booleanAt(more, 'enableSchedule') === true ? 1 : 0,
    days,
    segments,
    keepRecordingIndex: 0,
    preRecordIndex: 0,
    keepDays: 0,
    redundant: 0,
    audio: booleanAt(more, 'SaveAudio') === true ? 1 : 0,
  });
  return { status: STATUS.ok, body };
});

function scheduleActions(track: XmlElement): XmlElement[] {
  const blocks = all(find(track, 'TrackSchedule/ScheduleBlockList'), 'ScheduleBlock');
  return blocks.flatMap((block) => all(block, 'ScheduleAction'));
}

function hourAndMinute(text: string | null): [number, number] | null {
  const match = /^(\d\d):(\d\d)/.exec(text ?? '');
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

const ALL_CHANNELS = 255;

const record = (verb: 'start' | 'stop'): Handler =>
  taking(recordRequest, ({ channel }, { ask, facts, channelOf }) => {
    const { analogChannels, ipChannels } = facts.counts;
    const one = channelOf(channel);
    const channels =
      channel === ALL_CHANNELS
        ? Array.from({ length: analogChannels + ipChannels }, (_, index) => index + 1)
        : one === null
          ? []
          : [one];
    if (channels.length === 0) return NO_SUCH_CHANNEL;
    const answers = channels.map((each) =>
      ask('PUT', `/ISAPI/ContentMgmt/record/control/manual/${verb}/tracks/${each}01`),
    );
    return { status: answers.map(statusOf).find((status) => status !== STATUS.ok) ?? STATUS.ok };
  });

/** Records asked for at one time, and pages of them. */
const FIND_PAGE = 40;
const MAX_FIND_PAGES = 25;
const RECORD_KINDS: Readonly<Record<string, number>> = { timing: 0, motion: 1, alarm: 2, manual: 6 };
const ALL_KINDS = 255;

const findFile = onChannel(findFileRequest, (channel, { fileType, start, stop }, { ask }) => {
  const found: Buffer[] = [];
  for (let page = 0; page < MAX_FIND_PAGES; page++) {
    const answer = ask('POST', '/ISAPI/ContentMgmt/search', searchText(channel, start, stop, page * FIND_PAGE));
    if (statusOf(answer) !== STATUS.ok) return plain(answer);
    const result = parseXml(answer.body);
    for (const item of all(find(result, 'matchList'), 'searchMatchItem')) {
      const kind =
        RECORD_KINDS[
          textAt(item, 'metadataMatches/metadataDescriptor')
            ?.split(/[^a-z]/)
            .at(-1) ?? ''
        ] ?? 0;
      if (fileType !== ALL_KINDS && fileType !== kind) continue;
      const bytes = recordOf(item, kind);
      if (bytes !== null) found.push(push(STATUS.fileInfo, bytes));
    }
    if (textAt(result, 'responseStatusStrg') !== 'MORE') break;
  }
  return { status: STATUS.ok, pushes: [push(STATUS.wait), ...found, push(STATUS.listEnd)] };
});

function searchText(channel: number, start: NetDvrTime, stop: NetDvrTime, position: number): string {
  return (
    '<CMSearchDescription><searchID>00000000-0000-4000-8000-000000000001</searchID>' +
    `<trackList><trackID>${channel}01</trackID></trackList><timeSpanList><timeSpan>` +
    `<startTime>${timeText(start)}Z</startTime><endTime>${timeText(stop)}Z</endTime></timeSpan></timeSpanList>` +
    `<maxResults>${FIND_PAGE}</maxResults><searchResultPostion>${position}</searchResultPostion></CMSearchDescription>`
  );
}

function recordOf(item: XmlElement, kind: number): Buffer | null {
  const uri = textAt(item, 'mediaSegmentDescriptor/playbackURI') ?? '';
  const start = timeOf(textAt(item, 'timeSpan/startTime'));
  const stop = timeOf(textAt(item, 'timeSpan/endTime'));
  if (start === null || stop === null) return null;
  return encode(fileRecord, {
    fileName: fit(/[?&]name=([^&]*)/.exec(uri)?.[1] ?? '', 100),
    start,
    stop,
    sizeBytes: Number(/[?&]size=(\d+)/.exec(uri)?.[1] ?? 0) % 2 ** 32,
    cardNumber: '',
    locked: 0,
    fileType: kind,
  });
}

function timeText({ year, month, day, hour, minute, second }: NetDvrTime): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

function timeOf(text: string | null): NetDvrTime | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(text ?? '');
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  return { year, month, day, hour, minute, second };
}

/* Pictures and streams */

/** Width and height by `pictureSize`; the size of the stream for any other number. */
const PICTURE_SIZES: Readonly<Record<number, readonly [number, number]>> = {
  0: [352, 288],
  1: [176, 144],
  2: [704, 576],
  3: [1_600, 1_200],
  4: [800, 600],
  5: [1_280, 720],
  6: [640, 480],
};

const getJpeg = onChannel(jpegRequest, (channel, { pictureSize }, { ask }) => {
  const size = PICTURE_SIZES[pictureSize];
  const query =
    size === undefined
      ? ''
      : `?videoResolutionWidth=${size[0]}&videoResolutionHeight=${size[1]}&snapShotImageType=JPEG`;
  const answer = ask('GET', `/ISAPI/Streaming/channels/${channel}01/picture${query}`);
  if (statusOf(answer) !== STATUS.ok) return { status: answer.status === 500 ? STATUS.channelError : statusOf(answer) };
  return { status: STATUS.ok, body: answer.body, sumsHeaderOnly: true };
});

const keyFrame = (stream: '01' | '02'): Handler =>
  onChannel(channelRequest, (channel, _value, { ask }) =>
    plain(ask('PUT', `/ISAPI/Streaming/channels/${channel}${stream}/requestKeyFrame`)),
  );

/* Movement */

/** Directions: right, up and into the picture are positive. */
const DIRECTIONS: Readonly<Record<string, Speeds>> = {
  zoomIn: [0, 0, 1],
  zoomOut: [0, 0, -1],
  tiltUp: [0, 1, 0],
  tiltDown: [0, -1, 0],
  panLeft: [-1, 0, 0],
  panRight: [1, 0, 0],
  upLeft: [-1, 1, 0],
  upRight: [1, 1, 0],
  downLeft: [-1, -1, 0],
  downRight: [1, -1, 0],
  panAuto: [1, 0, 0],
};
/** In the order of their numbers. */
const AUXILIARY: readonly string[] = ['light', 'wiper'];
const LENS: Readonly<Record<string, { readonly leaf: string; readonly root: string; readonly sign: number }>> = {
  focusNear: { leaf: 'focus', root: 'FocusData', sign: -1 },
  focusFar: { leaf: 'focus', root: 'FocusData', sign: 1 },
  irisClose: { leaf: 'iris', root: 'IrisData', sign: -1 },
  irisOpen: { leaf: 'iris', root: 'IrisData', sign: 1 },
};
const PROXY_INPUTS = '/ISAPI/ContentMgmt/InputProxy/channels';
const STANDING: Speeds = [0, 0, 0];
const FASTEST = 7;
const USUAL_SPEED = 4;

const controlPtz = onChannel(ptzControl, (channel, { code, value }, { ask, facts, speeds }) => {
  const base = `/ISAPI/PTZCtrl/channels/${channel}`;
  if (facts.document(`${base}/capabilities`) === null) return NOT_SUPPORTED;
  switch (code) {
    case PTZ_CODES.setPreset:
      return plain(ask('PUT', `${base}/presets/${value}`, `<PTZPreset><id>${value}</id></PTZPreset>`));
    case PTZ_CODES.clearPreset:
      return plain(ask('DELETE', `${base}/presets/${value}`));
    case PTZ_CODES.gotoPreset:
      return plain(ask('PUT', `${base}/presets/${value}/goto`));
    case PTZ_CODES.runCruise:
    case PTZ_CODES.runSequence:
      return plain(ask('PUT', `${base}/patrols/${value}/start`));
    case PTZ_CODES.stopSequence:
    case stopCode(PTZ_CODES.runCruise):
    case stopCode(PTZ_CODES.runSequence):
      return plain(ask('PUT', `${base}/patrols/${value}/stop`));
  }
  const known = ptzMoveOf(code);
  if (known === undefined || value > FASTEST) return BAD_DATA;
  const auxiliary = AUXILIARY.indexOf(known.move);
  if (auxiliary !== -1) {
    const [type, id] = [known.move.toUpperCase(), auxiliary + 1];
    const body = `<PTZAux><id>${id}</id><type>${type}</type><status>${known.stop ? 'off' : 'on'}</status></PTZAux>`;
    return plain(ask('PUT', `${base}/auxcontrols/${id}`, body));
  }
  const lens = LENS[known.move];
  if (lens !== undefined) {
    const { leaf, root, sign } = lens;
    const percent = known.stop ? 0 : Math.round((sign * 100 * (value === 0 ? USUAL_SPEED : value)) / FASTEST);
    const places = [`/ISAPI/System/Video/inputs/channels/${channel}`, `${PROXY_INPUTS}/${channel}/video`];
    const answers = places.map((place) =>
      ask('PUT', `${place}/${leaf}`, `<${root}><${leaf}>${percent}</${leaf}></${root}>`),
    );
    return { status: answers.map(statusOf).find((status) => status === STATUS.ok) ?? STATUS.notSupported };
  }
  const direction = DIRECTIONS[known.move];
  if (direction === undefined) return BAD_DATA;
  const speed = known.stop ? 0 : Math.round((100 * (value === 0 ? USUAL_SPEED : value)) / FASTEST);
  const before = speeds.get(channel) ?? STANDING;
  const isZoom = direction[2] !== 0;
  const [pan, tilt, zoom]: Speeds = isZoom
    ? [before[0], before[1], direction[2] * speed]
    : [direction[0] * speed, direction[1] * speed, before[2]];
  speeds.set(channel, [pan, tilt, zoom]);
  return plain(
    ask('PUT', `${base}/continuous`, `<PTZData><pan>${pan}</pan><tilt>${tilt}</tilt><zoom>${zoom}</zoom></PTZData>`),
  );
});

/* Alarm outputs, restart */

const ALL_OUTPUTS = 255;

const setAlarmOutput = taking(alarmOutputRequest, ({ output, active }, { ask, facts }) => {
  const count = facts.counts.alarmOutputs;
  const outputs = output === ALL_OUTPUTS ? Array.from({ length: count }, (_, index) => index + 1) : [output];
  if (outputs.some((each) => each < 1 || each > count) || count === 0) return { status: STATUS.noAlarmOutput };
  const state = `<IOPortData><outputState>${active === 1 ? 'high' : 'low'}</outputState></IOPortData>`;
  const answers = outputs.map((each) => ask('PUT', `/ISAPI/System/IO/outputs/${each}/trigger`, state));
  return { status: answers.map(statusOf).find((status) => status !== STATUS.ok) ?? STATUS.ok };
});

const reboot = withoutBody(({ ask }) => {
  const answer = ask('PUT', '/ISAPI/System/reboot');
  return { ...plain(answer), ...(answer.restarts === true ? { restarts: true } : {}) };
});

const HANDLERS: ReadonlyMap<number, Handler> = new Map([
  [COMMAND_CODES.getDeviceV40.code, getDevice],
  [COMMAND_CODES.getTime.code, getTime],
  [COMMAND_CODES.setTime.code, setTime],
  [COMMAND_CODES.getNtp.code, getNtp],
  [COMMAND_CODES.getPictureV30.code, getPicture],
  [COMMAND_CODES.getCompressionV30.code, getCompression],
  [COMMAND_CODES.getDisks.code, getDisks],
  [COMMAND_CODES.getWorkState.code, getWorkState],
  [COMMAND_CODES.getRecordScheduleV30.code, getRecordSchedule],
  [COMMAND_CODES.startRecord.code, record('start')],
  [COMMAND_CODES.stopRecord.code, record('stop')],
  [COMMAND_CODES.findFile.code, findFile],
  [COMMAND_CODES.jpeg.code, getJpeg],
  [COMMAND_CODES.keyFrameMain.code, keyFrame('01')],
  [COMMAND_CODES.keyFrameSub.code, keyFrame('02')],
  [COMMAND_CODES.ptz.code, controlPtz],
  [COMMAND_CODES.setAlarmOutput.code, setAlarmOutput],
  [COMMAND_CODES.reboot.code, reboot],
]);
