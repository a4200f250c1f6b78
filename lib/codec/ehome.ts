/**
 * EHome 2.x, by which a device dials out to a server (hsp-wire.md §10, level M): one XML document in each UDP datagram. ISUP 5, its
 * successor, is encrypted and not public; it is told apart and refused.
 */
import { element, find, formatXml, numberAt, parseXml, textAt, type XmlElement } from './xml';

export const EHOME_PORT = 7_660;
/** Largest datagram that is looked at. */
export const EHOME_MAX_BYTES = 16 * 1024;

export type EhomeMessage =
  | {
      readonly type: 'request';
      /** `REGISTER`, `KEEPALIVE`, ... */
      readonly command: string;
      readonly sequence: number | null;
      readonly deviceId: string | null;
      readonly params: XmlElement | undefined;
    }
  | {
      readonly type: 'response';
      /** The command that is answered. */
      readonly command: string;
      readonly sequence: number | null;
      /** 200: fine. */
      readonly status: number | null;
      readonly params: XmlElement | undefined;
    };

/** What a device says of itself when it registers. */
export interface EhomeRegistration {
  readonly deviceId: string;
  readonly firmware: string | null;
  /** Its own address, as it knows it. */
  readonly localAddress: string | null;
  readonly localPort: number | null;
  /** The number of its class. */
  readonly deviceType: number | null;
}

/** What a device answers to {@link serverInfoRequest}. */
export interface EhomeServerInfo {
  readonly serial: string | null;
  readonly channels: number | null;
  readonly disks: number | null;
  readonly alarmInputs: number | null;
  readonly alarmOutputs: number | null;
  readonly deviceType: number | null;
}

/** @returns null for what is no message of EHome 2.x. */
export function parseEhome(datagram: Uint8Array): EhomeMessage | null {
  if (datagram.length === 0 || datagram.length > EHOME_MAX_BYTES) return null;
  let document: XmlElement;
  try {
    document = parseXml(datagram);
  } catch {
    return null; // ISUP 5, or somebody who tries ports
  }
  if (document.name.toLowerCase() !== 'ppvspmessage') return null;
  const params = find(document, 'Params');
  const sequence = numberAt(document, 'Sequence');
  const whichCommand = textAt(document, 'WhichCommand');
  if (textAt(document, 'CommandType')?.toUpperCase() === 'RESPONSE' || whichCommand !== null) {
    const command = whichCommand ?? textAt(document, 'Command');
    if (command === null) return null;
    return { type: 'response', command: command.toUpperCase(), sequence, status: numberAt(document, 'Status'), params };
  }
  const command = textAt(document, 'Command');
  if (command === null) return null;
  return { type: 'request', command: command.toUpperCase(), sequence, deviceId: textAt(params, 'DeviceID'), params };
}

export function registrationFrom(deviceId: string, params: XmlElement | undefined): EhomeRegistration {
  const port = numberAt(params, 'LocalPort');
  return {
    deviceId,
    firmware: textAt(params, 'FirmwareVersion'),
    localAddress: textAt(params, 'LocalIP'),
    localPort: port !== null && port >= 1 && port <= 65_535 ? port : null,
    deviceType: numberAt(params, 'DevType'),
  };
}

/** @returns null where the answer holds none. */
export function serverInfoFrom(params: XmlElement | undefined): EhomeServerInfo | null {
  const info = find(params, 'ConfigXML/SERVERINFO') ?? find(params, 'SERVERINFO');
  if (info === undefined) return null;
  return {
    serial: textAt(info, 'SerialNumber'),
    channels: numberAt(info, 'ChannelNumber') ?? numberAt(info, 'ChannelAmount'),
    disks: numberAt(info, 'DiskNumber'),
    alarmInputs: numberAt(info, 'AlarmInPortNum'),
    alarmOutputs: numberAt(info, 'AlarmOutPortNum'),
    deviceType: numberAt(info, 'DVRType'),
  };
}

/** What a server answers to REGISTER and KEEPALIVE. */
export function ehomeAnswer(
  request: { readonly command: string; readonly sequence: number | null },
  params: Readonly<Record<string, string | number>>,
): Buffer {
  return message([
    element('Sequence', request.sequence ?? 0),
    element('CommandType', 'RESPONSE'),
    element('WhichCommand', request.command),
    element('Status', 200),
    element('Description', 'OK'),
    element('Params', fields(params)),
  ]);
}

/** Asks a device what it is. */
export function serverInfoRequest(sequence: number): Buffer {
  return message([
    element('Sequence', sequence),
    element('CommandType', 'REQUEST'),
    element('Method', 'PARAM'),
    element('Command', 'GETDEVICECONFIG'),
    element(
      'Params',
      fields({ ConfigCmd: 'GetServerInfo', ConfigParam1: '', ConfigParam2: '', ConfigParam3: '', ConfigParam4: '' }),
    ),
  ]);
}

function fields(values: Readonly<Record<string, string | number>>): XmlElement[] {
  return Object.entries(values).map(([name, value]) => element(name, value));
}

/** Devices declare GB2312; what we write is plain ASCII, which is the same in it. */
function message(children: readonly XmlElement[]): Buffer {
  const document = formatXml(element('PPVSPMessage', [element('Version', '2.0'), ...children]));
  return Buffer.from(document.replace(/encoding="[^"]*"/i, 'encoding="GB2312"'));
}
