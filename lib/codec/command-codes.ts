/**
 * The commands of the command port: one table of number, name and how sure it is. Frames, `hsp decode`, the dissector and the
 * documentation read it.
 *
 * `H`: device-side and client-side sources agree; `M`: two sources; `L`: one device-side source, listed so that a capture can
 * be read, not used by us.
 */
import type { Confidence } from './layout';

export type CommandGroup =
  'session' | 'text' | 'config' | 'stream' | 'recordings' | 'ptz' | 'alarms' | 'voice' | 'maintenance';

export interface CommandCode {
  readonly code: number;
  readonly group: CommandGroup;
  readonly confidence: Confidence;
  /** What it does, in a few words. */
  readonly meaning: string;
}

const entry =
  (group: CommandGroup, confidence: Confidence) =>
  (code: number, meaning: string): CommandCode => ({ code, group, confidence, meaning });

const session = entry('session', 'H');
const config = entry('config', 'H');
const configM = entry('config', 'M');
const configL = entry('config', 'L');
const stream = entry('stream', 'H');
const streamL = entry('stream', 'L');
const recordings = entry('recordings', 'H');
const recordingsL = entry('recordings', 'L');
const ptz = entry('ptz', 'H');
const alarms = entry('alarms', 'H');
const voice = entry('voice', 'M');
const maintenance = entry('maintenance', 'H');
const maintenanceM = entry('maintenance', 'M');
const maintenanceL = entry('maintenance', 'L');

export const COMMAND_CODES = {
  login: session(0x010000, 'log in, both requests'),
  loginAgain: entry('session', 'M')(0x010010, 'second check of very old devices'),
  logout: session(0x010100, 'end the session'),
  keepAlive: session(0x010200, 'keep the session'),

  getAbility: entry('text', 'H')(0x011000, 'ability document; body: u32 type, XML'),
  isapi: entry('text', 'H')(0x117000, 'ISAPI pass-through'),

  getDevice: config(0x020000, 'read the device'),
  setDevice: configM(0x020001, 'write the device'),
  getDeviceV40: configM(0x1110c2, 'read the device, V40'),
  setDeviceV40: configM(0x1110c3, 'write the device, V40'),
  getNetwork: configM(0x020100, 'read the network'),
  setNetwork: configM(0x020101, 'write the network'),
  getNetworkV30: config(0x110000, 'read the network, V30'),
  setNetworkV30: configM(0x110001, 'write the network, V30'),
  getNetworkServices: configM(0x020110, 'read DNS, NTP, DDNS and mail together'),
  getNtp: config(0x020112, 'read the time server'),
  setNtp: configM(0x020113, 'write the time server'),
  getDdns: configM(0x020114, 'read dynamic DNS'),
  getEmail: configM(0x020116, 'read mail'),
  getEmailV30: configM(0x1100b0, 'read mail, V30'),
  getNetworkDisks: configM(0x110090, 'read network disks'),
  getPicture: configM(0x020200, 'read name and picture of a channel'),
  getPictureEx: configM(0x020232, 'read name and picture of a channel, second form'),
  getPictureV30: config(0x110010, 'read name and picture of a channel, V30 and V40'),
  setPictureV30: configM(0x110011, 'write name and picture of a channel, V30 and V40'),
  getCompression: configM(0x020210, 'read the streams of a channel'),
  getCompressionV30: config(0x110040, 'read the streams of a channel, V30'),
  setCompressionV30: configM(0x110041, 'write the streams of a channel, V30'),
  getVoiceCompression: configM(0x110042, 'read the two-way audio codec'),
  getVoiceCompressionNow: configM(0x110044, 'read the two-way audio codec in use'),
  getRecordSchedule: configM(0x020220, 'read the record schedule'),
  getRecordScheduleV30: config(0x110020, 'read the record schedule, V30'),
  setRecordScheduleV30: configM(0x110021, 'write the record schedule, V30'),
  getAlarmInput: config(0x110050, 'read an alarm input'),
  setAlarmInput: configM(0x110051, 'write an alarm input'),
  getAlarmOutputConfig: config(0x1100a0, 'read an alarm output'),
  setAlarmOutputConfig: configM(0x1100a1, 'write an alarm output'),
  getTime: config(0x020500, 'read the clock'),
  setTime: config(0x020501, 'set the clock'),
  getDaylightSaving: configL(0x090009, 'read daylight saving'),
  getUsers: config(0x110030, 'read users, V30'),
  getUsersOld: configM(0x020800, 'read users'),
  getExceptionsV30: configM(0x110120, 'read what is done about exceptions'),
  getOverlayTextV30: configM(0x110130, 'read overlay texts'),
  setCameraParameters: configM(0x111095, 'write image parameters'),
  getCameraParameters: configM(0x111096, 'read image parameters'),
  getIpChannels: config(0x110150, 'read IP channels'),
  getIpChannelsV31: configM(0x110152, 'read IP channels, V31'),
  getIpAlarmInputs: configM(0x110160, 'read alarm inputs of IP channels'),
  getIpAlarmOutputs: configM(0x110170, 'read alarm outputs of IP channels'),
  getPreview: configL(0x110100, 'read the local display'),
  getVideoOutputs: configL(0x110110, 'read video outputs'),
  getHolidays: configL(0x1100f0, 'read holidays'),
  getRtsp: configM(0x020c02, 'read RTSP'),
  getRtspPort: configM(0x020c04, 'read the RTSP port'),
  getConfigurationFile: configM(0x020a00, 'read the configuration file'),
  setConfigurationFile: configM(0x020a01, 'write the configuration file'),
  getAccessPoints: configL(0x020140, 'list wireless networks'),
  getAudioInput: configM(0x113201, 'read an audio input'),
  getAudioOutput: configM(0x113026, 'read an audio output'),
  getVideoEffect: configM(0x030007, 'read brightness, contrast, saturation, hue'),
  setVideoEffect: configM(0x030008, 'write brightness, contrast, saturation, hue'),

  preview: stream(0x030000, 'live stream over TCP'),
  previewUdp: streamL(0x030001, 'live stream over UDP'),
  previewMulticast: streamL(0x030002, 'live stream by multicast'),
  previewRtp: streamL(0x030003, 'live stream over RTP'),
  mediaKeepAlive: stream(0x030006, 'keep a live stream'),
  jpeg: stream(0x030009, 'one JPEG picture'),
  keyFrameMain: stream(0x090100, 'force a key frame, main stream'),
  keyFrameSub: stream(0x090101, 'force a key frame, sub stream'),

  findFileOld: recordingsL(0x030100, 'list recordings'),
  findFile: recordings(0x111040, 'list recordings, V30'),
  playByFile: recordings(0x030101, 'play a recording by name'),
  playByTime: recordings(0x030102, 'play a recording by time'),
  playStart: recordings(0x030103, 'playback: start'),
  playStop: recordings(0x030104, 'playback: stop'),
  playPosition: recordings(0x030105, 'playback: position'),
  playBack: recordings(0x030106, 'playback: back'),
  playPause: recordings(0x030107, 'playback: pause'),
  playResume: recordings(0x030108, 'playback: go on'),
  playKeepAlive: recordings(0x030109, 'playback: keep'),
  lockFile: recordingsL(0x030112, 'lock a recording'),
  unlockFile: recordingsL(0x030113, 'unlock a recording'),
  startRecord: recordings(0x030d00, 'start recording'),
  stopRecord: recordings(0x030d01, 'stop recording'),

  ptz: ptz(0x030200, 'move, presets, cruises'),
  ptzWithSpeed: entry('ptz', 'M')(0x030203, 'move with a speed'),
  ptzZoomArea: entry('ptz', 'L')(0x030290, 'zoom into an area'),

  alarmChannel: alarms(0x030400, 'open the alarm channel'),
  alarmChannelV30: alarms(0x111020, 'open the alarm channel, V30'),
  setAlarmOutput: alarms(0x030401, 'switch an alarm output'),
  getAlarmOutput: alarms(0x030402, 'state of the alarm outputs'),
  getAlarmOutputV30: entry('alarms', 'M')(0x111010, 'state of the alarm outputs, V30'),
  triggerAlarmByHand: entry('alarms', 'L')(0x030d02, 'trigger an alarm by hand'),

  startVoice: voice(0x030500, 'two-way audio'),
  startVoiceV30: voice(0x111030, 'two-way audio, V30'),
  serialOpen: voice(0x030600, 'open a serial channel'),
  serialSend: voice(0x030601, 'send over a serial port'),

  restoreDefaults: maintenanceM(0x030700, 'restore defaults'),
  saveConfiguration: maintenanceM(0x030800, 'save the configuration'),
  reboot: maintenance(0x030900, 'restart'),
  shutdown: maintenanceM(0x030a00, 'switch off'),
  upgrade: maintenanceM(0x030b00, 'upgrade the firmware'),
  format: maintenance(0x030c00, 'format a disk'),
  getDisks: maintenance(0x111050, 'disks'),
  setDisk: maintenanceL(0x111051, 'write a disk attribute'),
  getDiskGroups: maintenanceL(0x111052, 'disk groups'),
  getLogOld: maintenance(0x030e00, 'log'),
  getLog: maintenance(0x111000, 'log, V30'),
  getSmartLog: maintenanceL(0x111001, 'SMART data of a disk'),
  getWorkState: maintenance(0x040000, 'working status'),
  getWorkStateV30: maintenance(0x111070, 'working status, V30'),
} as const satisfies Record<string, CommandCode>;

export type CommandCodeName = keyof typeof COMMAND_CODES;

const nameByCode = new Map<number, CommandCodeName>(
  (Object.entries(COMMAND_CODES) as [CommandCodeName, CommandCode][]).map(([name, { code }]) => [code, name]),
);

/** The name of a command number; null for one that the table does not know. */
export function commandNameOf(code: number): CommandCodeName | null {
  return nameByCode.get(code) ?? null;
}

/** `0x001110c2`, as captures and traces write it. */
export function hexWord(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}
