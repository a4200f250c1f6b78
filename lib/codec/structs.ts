/**
 * The structures of the command port, by the five kinds of information that they carry. Names in capitals are the words of
 * the field (HCNetSDK.h). The vendor publishes no description of the bytes: each entry says how sure it is and why.
 *
 * Sources, in short: `clients` = open-source clients that were run against devices, `devices` = open device-side
 * implementations, `header` = order of fields in HCNetSDK.h, from which the bytes are inferred.
 */
import {
  array,
  bitmap,
  bits32,
  i8,
  reserved,
  struct,
  structSize,
  text,
  u16,
  u32,
  u8,
  type Struct,
  type ValueOf,
} from './layout';

/* Used by several */

/** 24 bytes. Time as the device shows it, without a zone. */
export const netDvrTime = struct(
  'NET_DVR_TIME',
  {
    year: u32('calendar year, four digits', { min: 1970, max: 2199 }),
    month: u32('month', { min: 1, max: 12 }),
    day: u32('day of the month', { min: 1, max: 31 }),
    hour: u32('hour', { max: 23 }),
    minute: u32('minute', { max: 59 }),
    second: u32('second', { max: 59 }),
  },
  { confidence: 'H', source: 'clients, devices; HCNetSDK.h', summary: 'clock of the device, local time' },
);
export type NetDvrTime = ValueOf<typeof netDvrTime.shape>;

/** Body of commands that ask about one channel. */
export const channelRequest = struct(
  'CHANNEL',
  { channel: u32('channel as the device counts it; the first IP channel of a recorder is often 33') },
  { confidence: 'M', source: 'clients, devices', summary: 'body of requests about one channel' },
);

/* Camera information */

/**
 * Codes of {@link ptzControl}. To stop a movement, its code is sent with all bits turned over.
 * Source: HCNetSDK.h, clients, devices. H.
 */
export const PTZ_CODES = {
  light: 2,
  wiper: 3,
  setPreset: 8,
  clearPreset: 9,
  zoomIn: 11,
  zoomOut: 12,
  focusNear: 13,
  focusFar: 14,
  irisOpen: 15,
  irisClose: 16,
  tiltUp: 21,
  tiltDown: 22,
  panLeft: 23,
  panRight: 24,
  upLeft: 25,
  upRight: 26,
  downLeft: 27,
  downRight: 28,
  panAuto: 29,
  runCruise: 36,
  runSequence: 37,
  stopSequence: 38,
  gotoPreset: 39,
} as const;
export type PtzMove = keyof typeof PTZ_CODES;

/** The code that ends what `code` began: all 32 bits turned over. */
export function stopCode(code: number): number {
  return ~code >>> 0;
}

/** The movement behind a code, and whether it is being stopped; undefined for unknown codes. */
export function ptzMoveOf(code: number): { readonly move: PtzMove; readonly stop: boolean } | undefined {
  for (const [move, known] of Object.entries(PTZ_CODES) as [PtzMove, number][]) {
    if (known === code) return { move, stop: false };
    if (stopCode(known) === code) return { move, stop: true };
  }
  return undefined;
}

export const ptzControl = struct(
  'PTZ_CONTROL',
  {
    channel: u32('channel as the device counts it', { min: 1 }),
    code: u32('PTZ code; turned over to stop'),
    value: u32('preset number, or speed 1-7, 0 = the usual one'),
  },
  { confidence: 'H', source: 'clients, devices', summary: 'move, stop, presets, cruises' },
);

export const jpegRequest = struct(
  'JPEG_REQUEST',
  {
    channel: u32('channel as the device counts it', { min: 1 }),
    pictureSize: u16('0 CIF, 1 QCIF, 2 D1, 3 UXGA, 4 SVGA, 5 720p, 6 VGA; 255 = as the stream'),
    quality: u16('0 best, 1 better, 2 average', { max: 2 }),
  },
  { confidence: 'M', source: 'devices; HCNetSDK.h NET_DVR_JPEGPARA', summary: 'one picture' },
);

/** The head of NET_DVR_PICCFG_V30 and V40; the rest (overlays, motion areas) differs and is kept as `raw`. */
export const netDvrPictureConfig = struct(
  'NET_DVR_PICCFG',
  {
    size: structSize(),
    channelName: text(32, 'name of the channel as shown in the picture'),
    videoFormat: u32('0 unknown, 1 PAL, 2 NTSC'),
  },
  { confidence: 'M', source: 'devices; HCNetSDK.h', summary: 'name and picture of a channel' },
);

/* Recorder information */

/** `status` of a disk. */
export const DISK_STATES = [
  'active',
  'sleeping',
  'abnormal',
  'sleepingWithError',
  'unformatted',
  'disconnected',
  'formatting',
  'full',
] as const;
export type DiskState = (typeof DISK_STATES)[number];

/** 144 bytes. */
export const netDvrDisk = struct(
  'NET_DVR_SINGLE_HD',
  {
    number: u32('disk number as the device counts it'),
    capacityMb: u32('capacity in MB'),
    freeMb: u32('free space in MB'),
    status: u32(DISK_STATES.map((state, code) => `${code} ${state}`).join(', ')),
    attribute: u8('0 ordinary, 1 redundant, 2 read-only'),
    type: u8('0 local, 1 eSATA, 2 NFS, 3 iSCSI, 4 array, 5 card'),
    drive: u8('letter of the drive'),
    reserved19: reserved(1),
    group: u32('disk group'),
    recycling: u8('1 = its oldest recordings are overwritten'),
    reserved25: reserved(3),
    storageType: u32('bits: 1 recordings, 2 pictures'),
    pictureCapacityMb: u32('space for pictures in MB'),
    freePictureMb: u32('free space for pictures in MB'),
    reserved40: reserved(104),
  },
  { confidence: 'M', source: 'clients; HCNetSDK.h NET_DVR_SINGLE_HD', summary: 'one disk' },
);
export type NetDvrDisk = ValueOf<typeof netDvrDisk.shape>;

export const netDvrDisks = struct(
  'NET_DVR_HDCFG',
  { size: structSize(), count: u32('disks that are there', { max: 33 }), disks: array(netDvrDisk, 33, 'disks') },
  { confidence: 'M', source: 'clients; HCNetSDK.h', summary: 'disks of a recorder or card of a camera' },
);

/** The disks that are there: the reply always carries 33 records. */
export function disksOf(value: ValueOf<typeof netDvrDisks.shape>): readonly NetDvrDisk[] {
  return value.disks.slice(0, value.count);
}

export function diskStateOf(status: number): DiskState | null {
  return DISK_STATES[status] ?? null;
}

/** 148 bytes. */
export const findFileRequest = struct(
  'NET_DVR_FILECOND',
  {
    channel: u32('channel as the device counts it', { min: 1 }),
    fileType: u32('255 all, 0 timed, 1 motion, 2 alarm, 3 alarm or motion, 4 both, 6 manual'),
    locked: u32('255 all, 0 not locked, 1 locked'),
    useCard: u32('1 = only with the card number', { max: 1 }),
    cardNumber: text(20, 'card number of a cash machine'),
    start: netDvrTime,
    stop: netDvrTime,
    reserved84: reserved(64),
  },
  { confidence: 'M', source: 'clients', summary: 'which recordings to list' },
);

/** 188 bytes. Older devices send 152, without the last fields: see {@link fileRecordV10}. */
export const fileRecord = struct(
  'NET_DVR_FINDDATA_V30',
  {
    fileName: text(100, 'name by which it is played'),
    start: netDvrTime,
    stop: netDvrTime,
    sizeBytes: u32('size in bytes, modulo 4 GB'),
    cardNumber: text(32, 'card number of a cash machine'),
    locked: u8('1 = locked against overwriting'),
    fileType: u8('0 timed, 1 motion, 2 alarm, 3 alarm or motion, 4 both, 6 manual'),
    reserved186: reserved(2),
  },
  { confidence: 'L', source: 'header', summary: 'one recording' },
);

/** 152 bytes. */
export const fileRecordV10 = struct(
  'NET_DVR_FIND_DATA',
  {
    fileName: text(100, 'name by which it is played'),
    start: netDvrTime,
    stop: netDvrTime,
    sizeBytes: u32('size in bytes, modulo 4 GB'),
  },
  { confidence: 'L', source: 'header', summary: 'one recording, older devices' },
);

export const recordRequest = struct(
  'RECORD_REQUEST',
  {
    channel: u32('channel as the device counts it; 255 = all'),
    recordType: u32('0 manual, 1 alarm, 2 sent back, 3 signal, 4 motion, 5 tamper'),
  },
  { confidence: 'L', source: 'header: arguments of NET_DVR_StartDVRRecord', summary: 'start or stop a recording' },
);

const timeSegment = struct('NET_DVR_SCHEDTIME', {
  startHour: u8('hour', { max: 24 }),
  startMinute: u8('minute', { max: 59 }),
  stopHour: u8('hour', { max: 24 }),
  stopMinute: u8('minute', { max: 59 }),
});

const recordSegment = struct('NET_DVR_RECORDSCHED', {
  time: timeSegment,
  recordType: u8('0 timed, 1 motion, 2 alarm, 3 motion or alarm, 4 both, 5 command, 6 smart'),
  reserved5: reserved(3),
});

const recordDay = struct('NET_DVR_RECORDDAY', {
  allDay: u16('1 = the whole day'),
  recordType: u8('as in the segments'),
  reserved3: reserved(1),
});

export const recordSchedule = struct(
  'NET_DVR_RECORD_V30',
  {
    size: structSize(),
    enabled: u32('1 = records by schedule'),
    days: array(recordDay, 7, 'Monday to Sunday'),
    segments: array(recordSegment, 56, 'eight segments a day, Monday first'),
    keepRecordingIndex: u32('index of the time to go on after an event'),
    preRecordIndex: u32('index of the time to begin before an event'),
    keepDays: u32('days after which recordings are deleted, 0 = when space is needed'),
    redundant: u8('1 = also on the redundant disk'),
    audio: u8('1 = with sound'),
    reserved498: reserved(10),
  },
  { confidence: 'L', source: 'header', summary: 'when a channel records' },
);

const diskSpace = struct('NET_DVR_DISKSTATE', {
  capacityMb: u32('capacity in MB'),
  freeMb: u32('free space in MB'),
  status: u32('bit 0 asleep, bit 1 failed'),
});

/** The part on which device-side sources agree; channels and outputs follow in `raw`, in sizes that differ by model. */
export const netDvrWorkState = struct(
  'NET_DVR_WORKSTATE',
  {
    deviceStatus: u32('0 well, 1 processor above 85 %, 2 hardware failed'),
    disks: array(diskSpace, 16, 'disks'),
  },
  { confidence: 'L', source: 'devices', summary: 'is the device well' },
);

/* Stream information */

/** 28 bytes. The fields are indexes; {@link streamSettingsOf} turns them into numbers with units. */
export const netDvrStream = struct(
  'NET_DVR_COMPRESSION_INFO_V30',
  {
    streamType: u8('0 video, 1 video and audio'),
    resolution: u8('index, see resolutions'),
    bitrateType: u8('0 variable, 1 constant'),
    quality: u8('0 best to 5 worst'),
    bitrate: u32('index, see bit rates; bit 31: the low bits are the value'),
    frameRate: u32('index, see frame rates'),
    keyFrameInterval: u16('frames from one key frame to the next'),
    bFrames: u8('0 BBP, 1 BP, 2 P'),
    reserved15: reserved(1),
    videoCodec: u8('0 and 1 H.264, 2 MPEG-4, 7 MJPEG, 10 H.265'),
    audioCodec: u8('0 G.722, 1 G.711u, 2 G.711a, 5 MP2, 6 G.726, 7 AAC, 8 PCM'),
    reserved18: reserved(10),
  },
  { confidence: 'M', source: 'clients, devices; HCNetSDK.h', summary: 'one stream' },
);
export type NetDvrStream = ValueOf<typeof netDvrStream.shape>;

/**
 * 116 bytes. The main stream comes first; about the order of the other three the sources disagree, so {@link streamsOf} looks
 * which of them is empty.
 */
export const netDvrCompression = struct(
  'NET_DVR_COMPRESSIONCFG_V30',
  { size: structSize(), main: netDvrStream, others: array(netDvrStream, 3, 'event, sub and reserved stream') },
  { confidence: 'M', source: 'clients, devices; HCNetSDK.h', summary: 'streams of a channel' },
);

/**
 * Where the event, the sub and the reserved stream stand behind the main one.
 * - `eventFirst`: event, sub, reserved (clients).
 * - `reservedFirst`: reserved, event, sub (header, devices).
 */
export type StreamOrder = 'eventFirst' | 'reservedFirst';

export interface ChannelStreams {
  readonly main: NetDvrStream;
  readonly event: NetDvrStream;
  readonly sub: NetDvrStream;
  /** Which order the device used. */
  readonly order: StreamOrder;
}

/** The streams of a channel. The reserved one is empty; where that does not tell, `fallback` decides. */
export function streamsOf(
  value: ValueOf<typeof netDvrCompression.shape>,
  fallback: StreamOrder = 'eventFirst',
): ChannelStreams {
  const [first, second, third] = value.others as readonly [NetDvrStream, NetDvrStream, NetDvrStream];
  let order = fallback;
  if (isEmpty(first) !== isEmpty(third)) order = isEmpty(first) ? 'reservedFirst' : 'eventFirst';
  return order === 'eventFirst'
    ? { main: value.main, event: first, sub: second, order }
    : { main: value.main, event: second, sub: third, order };
}

function isEmpty(stream: NetDvrStream): boolean {
  return Object.values(stream).every((value) => value === 0);
}

interface Resolution {
  readonly width: number;
  readonly height: number;
}

/** Index ⇄ picture size. H for those in use today, M for the others (0, 2, 4, 17, 18, 20). */
export const RESOLUTIONS: Readonly<Record<number, Resolution>> = {
  0: { width: 528, height: 384 },
  1: { width: 352, height: 288 },
  2: { width: 176, height: 144 },
  3: { width: 704, height: 576 },
  4: { width: 704, height: 288 },
  16: { width: 640, height: 480 },
  17: { width: 1600, height: 1200 },
  18: { width: 800, height: 600 },
  19: { width: 1280, height: 720 },
  20: { width: 1280, height: 960 },
  27: { width: 1920, height: 1080 },
  28: { width: 2560, height: 1920 },
  30: { width: 2048, height: 1536 },
  56: { width: 2304, height: 1296 },
  64: { width: 3840, height: 2160 },
  67: { width: 2592, height: 1944 },
  70: { width: 2560, height: 1440 },
  98: { width: 2688, height: 1520 },
};

/** Index ⇄ frames a second; 0 is the full rate and has no number. H; fractions M. */
export const FRAME_RATES: Readonly<Record<number, number>> = {
  1: 1 / 16,
  2: 1 / 8,
  3: 1 / 4,
  4: 1 / 2,
  5: 1,
  6: 2,
  7: 4,
  8: 6,
  9: 8,
  10: 10,
  11: 12,
  12: 16,
  13: 20,
  14: 15,
  15: 18,
  16: 22,
  17: 25,
  18: 30,
  20: 40,
  22: 50,
  24: 60,
};

/** Index ⇄ kbit/s. H. */
export const BITRATES_KBPS: Readonly<Record<number, number>> = {
  1: 16,
  2: 32,
  3: 48,
  4: 64,
  5: 80,
  6: 96,
  7: 128,
  8: 160,
  9: 192,
  10: 224,
  11: 256,
  12: 320,
  13: 384,
  14: 448,
  15: 512,
  16: 640,
  17: 768,
  18: 896,
  19: 1024,
  20: 1280,
  21: 1536,
  22: 1792,
  23: 2048,
  24: 3072,
  25: 4096,
  26: 8192,
  27: 16384,
};

/** Names as ISAPI writes them. H. */
export const VIDEO_CODECS: Readonly<Record<number, string>> = {
  0: 'H.264',
  1: 'H.264',
  2: 'MPEG4',
  7: 'MJPEG',
  10: 'H.265',
};

/** Names as ISAPI writes them. H. */
export const AUDIO_CODECS: Readonly<Record<number, string>> = {
  0: 'G.722.1',
  1: 'G.711ulaw',
  2: 'G.711alaw',
  5: 'MP2L2',
  6: 'G.726',
  7: 'AAC',
  8: 'PCM',
};

const BITRATE_IS_VALUE = 0x8000_0000;
/** Above this the low bits cannot be kbit/s: some devices give bit/s there, with 1024 bits to the kbit. L. */
const MAX_BITRATE_KBPS = 65_536;

/** kbit/s behind the word of a stream; null for an index that is not known. */
export function bitrateKbpsOf(word: number): number | null {
  if (word < BITRATE_IS_VALUE) return BITRATES_KBPS[word] ?? null;
  const value = word - BITRATE_IS_VALUE;
  return value > MAX_BITRATE_KBPS ? Math.round(value / 1024) : value;
}

/** The word for kbit/s: an index where there is one, else the value itself with bit 31. */
export function bitrateWordOf(kbps: number): number {
  return indexOf(BITRATES_KBPS, (known) => known === kbps) ?? BITRATE_IS_VALUE + kbps;
}

/** The index for frames a second; undefined where there is none. */
export function frameRateIndexOf(framesPerSecond: number): number | undefined {
  return indexOf(FRAME_RATES, (known) => known === framesPerSecond);
}

/** The index for a picture size; undefined where there is none. */
export function resolutionIndexOf(width: number, height: number): number | undefined {
  return indexOf(RESOLUTIONS, (known) => known.width === width && known.height === height);
}

/** The index for a codec, as ISAPI names it; undefined where there is none. */
export function videoCodecIndexOf(name: string): number | undefined {
  // H.264 has two numbers; current devices send 1.
  return name === 'H.264' ? 1 : indexOf(VIDEO_CODECS, (known) => known === name);
}

export function audioCodecIndexOf(name: string): number | undefined {
  return indexOf(AUDIO_CODECS, (known) => known === name);
}

function indexOf<T>(table: Readonly<Record<number, T>>, is: (value: T) => boolean): number | undefined {
  for (const [index, value] of Object.entries(table)) if (is(value)) return Number(index);
  return undefined;
}

/** A stream in words and units; null where the index is not known, and for the frame rate where it is the full one. */
export interface StreamSettings {
  readonly width: number | null;
  readonly height: number | null;
  readonly codec: string | null;
  readonly audioCodec: string | null;
  readonly frameRate: number | null;
  readonly bitrateKbps: number | null;
  readonly bitrateControl: 'VBR' | 'CBR';
  readonly keyFrameIntervalFrames: number;
  readonly audio: boolean;
}

export function streamSettingsOf(stream: NetDvrStream): StreamSettings {
  const resolution = RESOLUTIONS[stream.resolution];
  return {
    width: resolution?.width ?? null,
    height: resolution?.height ?? null,
    codec: VIDEO_CODECS[stream.videoCodec] ?? null,
    audioCodec: AUDIO_CODECS[stream.audioCodec] ?? null,
    frameRate: FRAME_RATES[stream.frameRate] ?? null,
    bitrateKbps: bitrateKbpsOf(stream.bitrate),
    bitrateControl: stream.bitrateType === 0 ? 'VBR' : 'CBR',
    keyFrameIntervalFrames: stream.keyFrameInterval,
    audio: stream.streamType === 1,
  };
}

/* Event information */

/** 24 bytes behind the push header. */
export const netDvrAlarmInfo = struct(
  'NET_DVR_ALARMINFO',
  {
    alarmType: u32('see alarm types'),
    alarmInput: u32('number of the alarm input'),
    alarmOutputs: bits32('alarm outputs switched by it'),
    recordingChannels: bits32('channels that record because of it'),
    channels: bits32('channels it happened on'),
    disks: bits32('disks it happened on'),
  },
  { confidence: 'M', source: 'devices; HCNetSDK.h', summary: 'alarm, older devices' },
);

/** 100 bytes behind the push header. */
export const netDvrAlarmInfoV30 = struct(
  'NET_DVR_ALARMINFO_V30',
  {
    alarmType: u32('see alarm types'),
    alarmInputs: bitmap(32, 'alarm inputs it happened on'),
    alarmOutputs: bitmap(16, 'alarm outputs switched by it'),
    recordingChannels: bitmap(16, 'channels that record because of it'),
    channels: bitmap(16, 'channels it happened on'),
    disks: bitmap(16, 'disks it happened on'),
  },
  { confidence: 'M', source: 'devices; HCNetSDK.h', summary: 'alarm' },
);

export const alarmOutputRequest = struct(
  'ALARM_OUTPUT_REQUEST',
  {
    output: u32('number of the alarm output; 255 = all'),
    active: u32('1 on, 0 off', { max: 1 }),
  },
  { confidence: 'L', source: 'header: arguments of NET_DVR_SetAlarmOut', summary: 'switch an alarm output' },
);

/* Configuration information */

/** 180 bytes. */
export const netDvrDevice = struct(
  'NET_DVR_DEVICECFG_V40',
  {
    size: structSize(),
    name: text(32, 'name of the device'),
    deviceNumber: u32('number for remote controls'),
    overwrite: u32('1 = the oldest recordings are overwritten'),
    serial: text(48, 'serial number'),
    softwareVersion: u32('major << 24, minor << 16, revision'),
    softwareBuild: u32('(year - 2000) << 16, month << 8, day'),
    dspVersion: u32('as softwareVersion'),
    dspBuild: u32('as softwareBuild'),
    panelVersion: u32('front panel'),
    hardwareVersion: u32('hardware'),
    alarmInputs: u8('alarm inputs'),
    alarmOutputs: u8('alarm outputs'),
    rs232Ports: u8('RS-232 ports'),
    rs485Ports: u8('RS-485 ports'),
    networkPorts: u8('network ports'),
    diskControllers: u8('disk controllers'),
    disks: u8('disks'),
    deviceTypeV30: u8('device type, older numbering'),
    channels: u8('analog channels; 1 for a camera'),
    firstChannel: u8('number of the first one'),
    decodeChannels: u8('channels that decode'),
    vgaPorts: u8('VGA outputs'),
    usbPorts: u8('USB ports'),
    auxOutputs: u8('auxiliary video outputs'),
    voiceChannels: u8('two-way audio channels'),
    ipChannels: u8('most IP channels'),
    zeroChannels: u8('mosaic channels'),
    abilities: u8(
      'bits: 1 smart search, 2 backup, 4 compression ability, 8 two networks, 16 remote discovery, 32 array',
    ),
    eSataUse: u8('0 recordings, 1 backup'),
    ipChannelPlugAndPlay: u8('1 = IP channels are found by themselves'),
    storageMode: u8('0 disk groups, 1 quotas, 2 frames apart'),
    abilities1: u8('bits: 1 SNMP 3, 2 playback and download differ'),
    deviceType: u16('device type'),
    typeName: text(24, 'model'),
    reserved164: reserved(16),
  },
  { confidence: 'M', source: 'clients, devices; the size of a real reply', summary: 'the device itself' },
);

/** 80 bytes. */
export const netDvrNtp = struct(
  'NET_DVR_NTPPARA',
  {
    server: text(64, 'name or address of the time server'),
    interval: u16('hours between corrections'),
    enabled: u8('1 = used'),
    zoneHours: i8('hours east of Greenwich', { min: -12, max: 14 }),
    zoneMinutes: i8('minutes of the zone', { min: -59, max: 59 }),
    reserved69: reserved(1),
    port: u16('UDP port, usually 123'),
    reserved72: reserved(8),
  },
  { confidence: 'M', source: 'clients, devices; HCNetSDK.h', summary: 'time server' },
);

/** `V5.7.15`; null for 0. */
export function versionText(word: number): string | null {
  return word === 0 ? null : `V${word >>> 24}.${(word >>> 16) & 0xff}.${word & 0xffff}`;
}

/** `build 240201`; null for 0. */
export function buildText(word: number): string | null {
  const two = (value: number) => String(value).padStart(2, '0');
  return word === 0 ? null : `build ${two((word >>> 16) & 0xff)}${two((word >>> 8) & 0xff)}${two(word & 0xff)}`;
}

/* All of them, by kind */

/** The five kinds of information; documentation, tests and fuzzing walk this table. */
export const STRUCTURES = {
  camera: { ptzControl, jpegRequest, netDvrPictureConfig, channelRequest },
  recorder: {
    netDvrDisks,
    netDvrDisk,
    findFileRequest,
    fileRecord,
    fileRecordV10,
    recordRequest,
    recordSchedule,
    netDvrWorkState,
  },
  stream: { netDvrCompression, netDvrStream },
  event: { netDvrAlarmInfo, netDvrAlarmInfoV30, alarmOutputRequest },
  config: { netDvrDevice, netDvrTime, netDvrNtp },
} as const satisfies Record<string, Record<string, Struct>>;

export type StructureKind = keyof typeof STRUCTURES;

/** All structures in one row. */
export function allStructures(): readonly Struct[] {
  return Object.values<Record<string, Struct>>(STRUCTURES).flatMap((kind) => Object.values(kind));
}
