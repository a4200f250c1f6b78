/** What the binary face says about a device, read from the documents that its text face serves, so that both tell the same. */
import {
  audioCodecIndexOf,
  bitrateWordOf,
  frameRateIndexOf,
  resolutionIndexOf,
  videoCodecIndexOf,
  type NetDvrStream,
} from '../../codec/structs';
import { all, booleanAt, find, numberAt, parseXml, textAt, type XmlElement } from '../../codec/xml';
import type { DeviceAnswer } from '../answers';
import { zoneOffsetMs } from '../device';

/** Asks the text face of the same device. */
export type Ask = (method: 'GET' | 'PUT' | 'POST' | 'DELETE', target: string, body?: string) => DeviceAnswer;

export interface Counts {
  /** Cameras count as one. */
  readonly analogChannels: number;
  readonly ipChannels: number;
  readonly alarmInputs: number;
  readonly alarmOutputs: number;
  readonly disks: number;
  readonly voiceChannels: number;
  /** Numbers of ours: which models have which is not public. */
  readonly deviceType: number;
}

export interface Identity {
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly deviceNumber: number;
  readonly softwareVersion: number;
  readonly softwareBuild: number;
  readonly dspVersion: number;
  readonly dspBuild: number;
}

const CAMERA_TYPE = 31;
const RECORDER_TYPE = 76;
const INPUTS = '/ISAPI/System/Video/inputs/channels';
const PROXIES = '/ISAPI/ContentMgmt/InputProxy/channels';

export class Facts {
  private known: Counts | null = null;

  constructor(private readonly ask: Ask) {}

  /** Null where the device does not serve it. */
  document(path: string): XmlElement | null {
    const answer = this.ask('GET', path);
    if (answer.status !== 200) return null;
    try {
      return parseXml(answer.body);
    } catch {
      return null; // a dump holds what it holds
    }
  }

  /** Read once: they follow from the hardware. */
  get counts(): Counts {
    return (this.known ??= this.readCounts());
  }

  private readCounts(): Counts {
    const has = this.document('/ISAPI/System/capabilities') ?? undefined;
    const count = (path: string) => numberAt(has, `SysCap/${path}`);
    const proxies = all(this.document(PROXIES) ?? undefined, 'InputProxyChannel').length;
    const inputs = all(this.document(INPUTS) ?? undefined, 'VideoInputChannel').length;
    const ipChannels = numberAt(has, 'RacmCap/inputProxyNums') ?? proxies;
    const analog = count('VideoCap/videoInputPortNums') ?? inputs;
    return {
      ipChannels,
      analogChannels: ipChannels > 0 ? analog : Math.max(1, analog),
      alarmInputs: count('IOCap/IOInputPortNums') ?? 0,
      alarmOutputs: count('IOCap/IOOutputPortNums') ?? 0,
      disks: all(find(this.document('/ISAPI/ContentMgmt/Storage') ?? undefined, 'hddList'), 'hdd').length,
      voiceChannels: numberAt(has, 'voicetalkNums') ?? 0,
      deviceType: ipChannels > 0 ? RECORDER_TYPE : CAMERA_TYPE,
    };
  }

  /** Null where the device does not say who it is. */
  identity(): Identity | null {
    const info = this.document('/ISAPI/System/deviceInfo');
    if (info === null) return null;
    return {
      name: textAt(info, 'deviceName') ?? '',
      model: textAt(info, 'model') ?? '',
      serial: textAt(info, 'serialNumber') ?? '',
      deviceNumber: numberAt(info, 'telecontrolID') ?? 0,
      softwareVersion: versionWord(textAt(info, 'firmwareVersion')),
      softwareBuild: buildWord(textAt(info, 'firmwareReleasedDate')),
      dspVersion: versionWord(textAt(info, 'encoderVersion')),
      dspBuild: buildWord(textAt(info, 'encoderReleasedDate')),
    };
  }

  channelName(channel: number): string | null {
    const { analogChannels } = this.counts;
    const proxy = this.document(`${PROXIES}/${channel - analogChannels}`) ?? this.document(`${PROXIES}/${channel}`);
    const inputs = all(this.document(INPUTS) ?? undefined, 'VideoInputChannel');
    const input = inputs.find((each) => numberAt(each, 'id') === channel);
    const stream = this.document(`/ISAPI/Streaming/channels/${channel}01`);
    return channel <= analogChannels
      ? (textAt(input, 'name') ?? textAt(stream ?? undefined, 'channelName'))
      : (textAt(proxy ?? undefined, 'name') ?? textAt(stream ?? undefined, 'channelName'));
  }

  /** `YYYY-MM-DDThh:mm:ss` on the device's wall. */
  wallClock(): number[] | null {
    const local = textAt(this.document('/ISAPI/System/time') ?? undefined, 'localTime');
    const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(local ?? '');
    return match === null ? null : match.slice(1, 7).map(Number);
  }

  timeZone(): string {
    return textAt(this.document('/ISAPI/System/time') ?? undefined, 'timeZone') ?? 'UTC0';
  }

  /** East of Greenwich. */
  zoneMinutes(): number {
    return Math.round((zoneOffsetMs(this.timeZone()) ?? 0) / 60_000);
  }

  usesNtp(): boolean {
    return textAt(this.document('/ISAPI/System/time') ?? undefined, 'timeMode') === 'NTP';
  }
}

/** A size that has no index: the stream decides. */
const NO_RESOLUTION = 0xff;
const NO_FRAME_RATE = 0xffff_ffff;
const NO_CODEC = 0xff;
/** ISAPI's `fixedQuality`, from the best to the worst. */
const QUALITIES = [100, 80, 60, 40, 20, 1];
const P_FRAMES = 2;

/** A stream as the text face describes it, in indexes. */
export function streamOf(document: XmlElement): NetDvrStream {
  const video = find(document, 'Video');
  const audio = find(document, 'Audio');
  const isConstant = textAt(video, 'videoQualityControlType')?.toUpperCase() === 'CBR';
  const kbps = numberAt(video, isConstant ? 'constantBitRate' : 'vbrUpperCap') ?? 0;
  const frames = (numberAt(video, 'maxFrameRate') ?? 0) / 100;
  const quality = numberAt(video, 'fixedQuality') ?? 60;
  const index = QUALITIES.findIndex((each) => quality >= each);
  const width = numberAt(video, 'videoResolutionWidth') ?? 0;
  const height = numberAt(video, 'videoResolutionHeight') ?? 0;
  return {
    streamType: booleanAt(audio, 'enabled') === true ? 1 : 0,
    resolution: resolutionIndexOf(width, height) ?? NO_RESOLUTION,
    bitrateType: isConstant ? 1 : 0,
    quality: index === -1 ? QUALITIES.length - 1 : index,
    bitrate: bitrateWordOf(kbps),
    frameRate: frames === 0 ? 0 : (frameRateIndexOf(frames) ?? NO_FRAME_RATE),
    keyFrameInterval: Math.min(0xffff, numberAt(video, 'GovLength') ?? 0),
    bFrames: P_FRAMES,
    videoCodec: videoCodecIndexOf(textAt(video, 'videoCodecType') ?? '') ?? NO_CODEC,
    audioCodec: audioCodecIndexOf(textAt(audio, 'audioCompressionType') ?? '') ?? NO_CODEC,
  };
}

export const NO_STREAM: NetDvrStream = {
  streamType: 0,
  resolution: 0,
  bitrateType: 0,
  quality: 0,
  bitrate: 0,
  frameRate: 0,
  keyFrameInterval: 0,
  bFrames: 0,
  videoCodec: 0,
  audioCodec: 0,
};

const DISK_STATES: readonly (readonly [RegExp, number])[] = [
  [/^(ok|active|idle)$/i, 0],
  [/^sleep|standby/i, 1],
  [/unformat/i, 4],
  [/notexist|disconnect|offline/i, 5],
  [/formatting/i, 6],
  [/full/i, 7],
];
const ABNORMAL = 2;

export function diskStatus(status: string | null): number {
  return DISK_STATES.find(([word]) => word.test(status ?? 'ok'))?.[1] ?? ABNORMAL;
}

const DISK_TYPES: readonly (readonly [RegExp, number])[] = [
  [/esata/i, 1],
  [/nfs|nas/i, 2],
  [/iscsi|ip ?san/i, 3],
  [/virtual|array|raid/i, 4],
  [/sd|card|tf/i, 5],
];

export function diskType(type: string | null): number {
  return DISK_TYPES.find(([word]) => word.test(type ?? ''))?.[1] ?? 0;
}

/** `V5.7.15`: major << 24, minor << 16, revision. */
export function versionWord(text: string | null): number {
  const match = /(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?/.exec(text ?? '');
  if (match === null) return 0;
  const [major, minor, revision = 0] = match.slice(1).map((part) => (part === undefined ? 0 : Number(part)));
  return (major ?? 0) * 2 ** 24 + ((minor ?? 0) & 0xff) * 2 ** 16 + (revision & 0xffff);
}

/** `build 240201`: (year - 2000) << 16, month << 8, day. */
export function buildWord(text: string | null): number {
  const match = /(\d\d)(\d\d)(\d\d)(?!\d)/.exec(text ?? '');
  if (match === null) return 0;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return year * 2 ** 16 + month * 2 ** 8 + day;
}

/** Text that fits into a field, cut between characters. */
export function fit(text: string, sizeBytes: number): string {
  let cut = text.replaceAll('\0', '');
  while (Buffer.byteLength(cut) > sizeBytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}
