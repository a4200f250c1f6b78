/** The device itself: who it is, how it is, its clock, a restart, and any request at all. */
import { decode, encode } from '../codec/layout';
import { buildText, netDvrDevice, netDvrTime, versionText, type NetDvrTime } from '../codec/structs';
import { decodeText, sniff } from '../codec/text';
import { all, find, formatXml, numberAt, parseXml, setText, textAt, toPlain, type XmlElement } from '../codec/xml';
import { ArgumentError, ConnectionLostError, ProtocolError, UnsupportedError } from '../errors';
import {
  ask,
  command,
  getDocument,
  putDocument,
  type CommandContext,
  type IsapiAnswer,
  type IsapiRequest,
  type Steps,
} from './command';
import { askPort, type PortSteps } from './port';
import type { DeviceInfo, DeviceTime, RawAnswer, Restart, Status } from './results';
import { formatWall, offsetAt, parseStamp, parseZone } from './zone';

/* Device information and status */

const DEVICE_INFO_PATH = '/ISAPI/System/deviceInfo';
const STATUS_PATH = '/ISAPI/System/status';

function deviceInfoFrom(document: XmlElement): DeviceInfo {
  if (document.children.length === 0) {
    throw new UnsupportedError(`${DEVICE_INFO_PATH}: answered with an empty ${document.name}`);
  }
  return {
    name: textAt(document, 'deviceName'),
    model: textAt(document, 'model'),
    firmware: textAt(document, 'firmwareVersion'),
    firmwareReleased: textAt(document, 'firmwareReleasedDate'),
    serial: textAt(document, 'serialNumber'),
    mac: textAt(document, 'macAddress'),
    deviceType: textAt(document, 'deviceType'),
    deviceId: textAt(document, 'deviceID'),
    hardware: textAt(document, 'hardwareVersion'),
    manufacturer: textAt(document, 'manufacturer'),
  };
}

function statusFrom(document: XmlElement): Status {
  const loads = all(find(document, 'CPUList'), 'CPU').map((cpu) => numberAt(cpu, 'cpuUtilization'));
  const known = loads.filter((load) => load !== null);
  const memory = find(document, 'MemoryList/Memory');
  return {
    time: textAt(document, 'currentDeviceTime'),
    uptimeSeconds: numberAt(document, 'deviceUpTime'),
    cpuPercent: known.length === 0 ? null : Math.round(known.reduce((sum, load) => sum + load, 0) / known.length),
    memoryUsage: numberAt(memory, 'memoryUsage'),
    memoryAvailable: numberAt(memory, 'memoryAvailable'),
  };
}

function* nativeDeviceInfo(): PortSteps<DeviceInfo> {
  const device = decode(netDvrDevice, yield* askPort('getDeviceV40'));
  const text = (value: string) => (value === '' ? null : value);
  return {
    name: text(device.name),
    model: text(device.typeName),
    firmware: versionText(device.softwareVersion),
    firmwareReleased: buildText(device.softwareBuild),
    serial: text(device.serial),
    mac: null,
    deviceType: null,
    deviceId: null,
    hardware: null,
    manufacturer: null,
  };
}

/* Clock */

const TIME_PATH = '/ISAPI/System/time';

function* readTime(): Steps<XmlElement> {
  const document = yield* getDocument(TIME_PATH);
  if (document.name.toLowerCase() === 'time') return document;
  throw new UnsupportedError(`${TIME_PATH}: answered with ${document.name} instead of Time`);
}

function timeFrom(document: XmlElement, context: CommandContext): DeviceTime {
  const time = textAt(document, 'localTime');
  const stamp = time === null ? undefined : parseStamp(time);
  const offsetMs =
    stamp === undefined || stamp.offsetMs === null ? null : stamp.wallMs - stamp.offsetMs - context.now();
  return { time, mode: textAt(document, 'timeMode'), timeZone: textAt(document, 'timeZone'), offsetMs };
}

/** The wall clock that a device in the zone of `document` shows at a moment, without an offset. */
function wallClockAt(document: XmlElement, utcMs: number): string {
  const zone = parseZone(textAt(document, 'timeZone') ?? '');
  if (zone !== undefined) return formatWall(utcMs + offsetAt(zone, utcMs));
  const offsetMs = parseStamp(textAt(document, 'localTime') ?? '')?.offsetMs ?? null;
  if (offsetMs !== null) return formatWall(utcMs + offsetMs);
  throw new UnsupportedError(
    'the device does not say its time zone; give the time without an offset, as its wall clock shows it',
  );
}

function* setTime({ time }: { time: string | undefined }, context: CommandContext): Steps<DeviceTime> {
  const document = yield* readTime();
  const given =
    time === undefined ? { wallMs: Math.round(context.now() / 1_000) * 1_000, offsetMs: 0 } : parseStamp(time);
  if (given === undefined) {
    throw new ArgumentError([
      { parameter: 'time', given: time, expected: 'a date and time such as 2024-05-01T12:34:56Z' },
    ]);
  }
  const wall =
    given.offsetMs === null ? formatWall(given.wallMs) : wallClockAt(document, given.wallMs - given.offsetMs);
  setText(document, 'timeMode', 'manual');
  // Read with an offset, written without one (isapi.md §2.4).
  setText(document, 'localTime', wall);
  yield* putDocument(TIME_PATH, formatXml(document));
  return timeFrom(yield* readTime(), context);
}

/** Without a zone: what the wall clock of the device shows. */
function* nativeTime(): PortSteps<DeviceTime> {
  const { year, month, day, hour, minute, second } = decode(netDvrTime, yield* askPort('getTime'));
  const time = formatWall(Date.UTC(year, month - 1, day, hour, minute, second));
  return { time, mode: null, timeZone: null, offsetMs: null };
}

/** The binary form knows wall clocks only; anything that needs the zone of the device goes as text. */
function nativeSetTime({ time }: { time: string | undefined }): PortSteps<DeviceTime> | null {
  const stamp = time === undefined ? undefined : parseStamp(time);
  return stamp === undefined || stamp.offsetMs !== null ? null : setWallClock(new Date(stamp.wallMs));
}

function* setWallClock(wall: Date): PortSteps<DeviceTime> {
  const value: NetDvrTime = {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
  yield* askPort('setTime', encode(netDvrTime, value));
  return yield* nativeTime();
}

/* Restart */

const REBOOT_PATH = '/ISAPI/System/reboot';

function* reboot(): Steps<Restart> {
  try {
    yield* ask({ method: 'PUT', path: REBOOT_PATH });
    return { restarting: true, answered: true };
  } catch (error) {
    // Some devices are gone before they have said yes.
    if (error instanceof ConnectionLostError) return { restarting: true, answered: false };
    throw error;
  }
}

function* nativeReboot(): PortSteps<Restart> {
  try {
    yield* askPort('reboot');
    return { restarting: true, answered: true };
  } catch (error) {
    if (error instanceof ConnectionLostError) return { restarting: true, answered: false };
    throw error;
  }
}

/* Any request */

type RawMethod = IsapiRequest['method'];

const RAW_METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const satisfies readonly RawMethod[];

/** Printable ASCII below one of the three roots, without `.` and `..` segments (also written as `%2e`), `\` and `#`. */
const RAW_PATH = /^\/(?:ISAPI|SDK|PSIA)(?![^?]*\/(?:\.|%2[eE]){1,2}(?:[/?]|$))\/[!$-[\]-~]*$/;

function* raw(args: { method: RawMethod; path: string; body: unknown }): Steps<RawAnswer> {
  const { method, path, body } = args;
  if (method === 'GET' && body !== undefined) {
    throw new ArgumentError([{ parameter: 'body', given: body, expected: 'nothing with GET' }]);
  }
  const answer = yield* ask({ method, path, ...rawBody(body) });
  return { status: answer.status, contentType: answer.contentType, body: rawAnswer(answer) };
}

function rawBody(body: unknown): Pick<IsapiRequest, 'body' | 'contentType'> {
  if (body === undefined) return {};
  if (Buffer.isBuffer(body)) return { body, contentType: 'application/octet-stream' };
  if (typeof body !== 'string') return { body: JSON.stringify(body), contentType: 'application/json' };
  switch (/\S/.exec(body)?.[0]) {
    case '<':
      return { body, contentType: 'application/xml; charset="UTF-8"' };
    case '{':
    case '[':
      return { body, contentType: 'application/json' };
    default:
      // The leaves of System/time take plain text.
      return { body, contentType: 'text/plain' };
  }
}

function rawAnswer(answer: IsapiAnswer): unknown {
  const { body } = answer;
  switch (sniff(body)) {
    case 'empty':
      return null;
    case 'xml':
      return rawXml(body);
    case 'json':
      return rawJson(body);
    case 'jpeg':
      return body;
    case 'binary':
      return answer.contentType?.toLowerCase().startsWith('text/') === true ? decodeText(body) : body;
  }
}

function rawXml(body: Buffer): unknown {
  try {
    const document = parseXml(body);
    return document.name.toLowerCase() === 'html' ? decodeText(body) : { [document.name]: toPlain(document) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // Web pages and broken documents: whoever asks for a raw answer can read the text.
    return decodeText(body);
  }
}

function rawJson(body: Buffer): unknown {
  const text = decodeText(body).replace(/\0+$/, '');
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON after all; the text is what there is.
    return text;
  }
}

export const config = {
  deviceInfo: command({
    title: 'Read the device information',
    summary: 'Name, model, firmware and serial number as the device says them.',
    effect: 'read',
    params: {},
    *isapi(): Steps<DeviceInfo> {
      return deviceInfoFrom(yield* getDocument(DEVICE_INFO_PATH));
    },
    commandPort: nativeDeviceInfo,
    returns: 'name, model, firmware, serial, mac, deviceType and more; null for what the device does not say.',
    paths: [DEVICE_INFO_PATH],
    source: ['ISAPI /ISAPI/System/deviceInfo', 'isapi.md §2.1', 'HCNetSDK.h NET_DVR_DEVICECFG_V40'],
  }),

  status: command({
    title: 'Read the status',
    summary: 'Clock, time since the last start, load of processor and memory.',
    effect: 'read',
    params: {},
    *isapi(): Steps<Status> {
      return statusFrom(yield* getDocument(STATUS_PATH));
    },
    returns: 'time, uptimeSeconds, cpuPercent, memoryUsage and memoryAvailable in the units of the device.',
    paths: [STATUS_PATH],
    source: ['ISAPI /ISAPI/System/status', 'isapi.md §2.3'],
  }),

  getTime: command({
    title: 'Read the clock',
    summary: 'The clock of the device, its zone, and how far it is from ours.',
    effect: 'read',
    params: {},
    *isapi(_args, context): Steps<DeviceTime> {
      return timeFrom(yield* readTime(), context);
    },
    commandPort: nativeTime,
    returns: 'time, mode, timeZone, and offsetMs: device minus ours.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.4, §2.4', 'HCNetSDK.h NET_DVR_TIME'],
  }),

  setTime: command({
    title: 'Set the clock',
    summary:
      'Sets the clock of the device by hand, which ends its own synchronisation by NTP. The zone stays as it is.',
    effect: 'write',
    params: {
      time: {
        kind: 'time',
        title: 'Time',
        description: 'Left out: now. Without an offset it is what the wall clock of the device shall show.',
        optional: true,
      },
    },
    isapi: setTime,
    commandPort: nativeSetTime,
    returns: 'The clock as the device says it afterwards: time, mode, timeZone, offsetMs.',
    paths: [TIME_PATH],
    source: ['ISAPI /ISAPI/System/time', 'isapi.md §0.3, §0.4, §2.4', 'HCNetSDK.h NET_DVR_TIME'],
  }),

  reboot: command({
    title: 'Restart the device',
    summary: 'Restarts the device. It is away for a minute or two; recordings have a gap.',
    effect: 'danger',
    params: {},
    isapi: reboot,
    commandPort: nativeReboot,
    returns: 'That it restarts, and whether the device said so itself.',
    paths: [REBOOT_PATH],
    source: ['ISAPI /ISAPI/System/reboot', 'isapi.md §2.5'],
  }),

  raw: command({
    title: 'Send any request',
    summary: 'Sends any ISAPI request. GET only reads; every other method can change or erase anything.',
    effect: 'danger',
    effectOf: ({ method }) => (method === 'GET' ? 'read' : 'danger'),
    params: {
      method: { kind: 'choice', title: 'Method', choices: RAW_METHODS, default: 'GET' },
      path: {
        kind: 'text',
        title: 'Path',
        description: 'From /ISAPI/, with the query; blanks as %20.',
        maxLength: 2_000,
        pattern: {
          expression: RAW_PATH,
          meaning: 'a path that starts with /ISAPI/, /SDK/ or /PSIA/, without blanks, line breaks and .. segments',
        },
      },
      body: {
        kind: 'json',
        title: 'Body',
        description: 'A text is sent as XML or JSON by its first character, an object as JSON, a Buffer as it is.',
        optional: true,
      },
    },
    isapi: raw,
    returns: 'status, contentType, and the body: XML and JSON as an object, text as text, anything else as a Buffer.',
    paths: ['{path}'],
    source: ['isapi.md §0.1'],
  }),
} as const;
