/**
 * SADP, by which devices are found on a network (hsp-wire.md §9): our question, their answers and their `hello` at boot. Read-only on
 * purpose: the types that activate a device, change its address or reset its password are not written here.
 */
import { numberAt, parseXml, textAt, toBoolean, type XmlElement } from './xml';

export const SADP_GROUP = '239.255.255.250';
export const SADP_PORT = 37_020;
/** Largest datagram that is looked at; answers have 1 to 2 KB. */
export const SADP_MAX_BYTES = 16 * 1024;

/** A device as it describes itself; null for what it does not say. */
export interface FoundDevice {
  readonly model: string | null;
  readonly serial: string | null;
  /** Lower case with colons. */
  readonly mac: string | null;
  readonly ipv4: string | null;
  readonly subnetMask: string | null;
  readonly gateway: string | null;
  readonly ipv6: string | null;
  readonly dhcp: boolean | null;
  readonly httpPort: number | null;
  /** The command port, usually 8000. */
  readonly commandPort: number | null;
  /** The command port over TLS. */
  readonly tlsPort: number | null;
  /** `V5.5.6 build 180326`. */
  readonly firmware: string | null;
  /** False: nobody has given it a password yet, and it does nothing else before. */
  readonly activated: boolean | null;
  readonly analogChannels: number | null;
  readonly ipChannels: number | null;
  /** As the device writes it, in its own time, without a zone. */
  readonly bootTime: string | null;
}

export interface SadpMessage {
  /** `answer` to a question, or `hello` of a device that has just started. */
  readonly type: 'answer' | 'hello';
  /** Of the question that it answers. */
  readonly uuid: string | null;
  readonly device: FoundDevice;
}

/** The question. @param uuid upper case, as devices give it back. */
export function sadpInquiry(uuid: string): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>${uuid.toUpperCase()}</Uuid><Types>inquiry</Types></Probe>`,
  );
}

/**
 * Reads what arrives on the port of SADP.
 *
 * @returns null for what is no description of a device: questions of others, answers of WS-Discovery (which call themselves
 * ProbeMatch, too, in a SOAP envelope), and noise.
 */
export function parseSadp(datagram: Uint8Array): SadpMessage | null {
  if (datagram.length === 0 || datagram.length > SADP_MAX_BYTES) return null;
  let document: XmlElement;
  try {
    document = parseXml(datagram);
  } catch {
    return null; // whoever speaks another language on this port
  }
  const root = document.name.toLowerCase();
  const types = textAt(document, 'Types')?.toLowerCase() ?? '';
  const isHello = root === 'hello' || types === 'hello';
  if (!isHello && root !== 'probematch') return null;
  const device = deviceFrom(document);
  // Something by which it can be told from others; WS-Discovery answers without an envelope have none of it.
  if (device.serial === null && device.mac === null && device.ipv4 === null) return null;
  return { type: isHello ? 'hello' : 'answer', uuid: textAt(document, 'Uuid'), device };
}

function deviceFrom(document: XmlElement): FoundDevice {
  return {
    model: textAt(document, 'DeviceDescription'),
    // One blank within a serial number is how some firmware writes it (sadp/DS-TCG406-E.xml).
    serial: textAt(document, 'DeviceSN')?.replace(/\s+/g, '') ?? null,
    mac: macFrom(textAt(document, 'MAC')),
    ipv4: addressAt(document, 'IPv4Address', '0.0.0.0'),
    subnetMask: addressAt(document, 'IPv4SubnetMask', '0.0.0.0'),
    gateway: addressAt(document, 'IPv4Gateway', '0.0.0.0'),
    ipv6: addressAt(document, 'IPv6Address', '::'),
    dhcp: flagAt(document, 'DHCP'),
    httpPort: portAt(document, 'HttpPort'),
    commandPort: portAt(document, 'CommandPort'),
    tlsPort: portAt(document, 'SDKOverTLSPort'),
    firmware: textAt(document, 'SoftwareVersion')?.replace(/(\S)build/i, '$1 build') ?? null,
    activated: flagAt(document, 'Activated'),
    analogChannels: countAt(document, 'AnalogChannelNum'),
    ipChannels: countAt(document, 'DigitalChannelNum'),
    bootTime: textAt(document, 'BootTime'),
  };
}

function macFrom(text: string | null): string | null {
  const digits = text?.replace(/[:\-.\s]/g, '').toLowerCase() ?? '';
  return /^[0-9a-f]{12}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : null;
}

/** Firmware writes `flase` (sadp/DS-2CD2320D-I.xml). */
function flagAt(document: XmlElement, name: string): boolean | null {
  const text = textAt(document, name);
  return toBoolean(text?.toLowerCase() === 'flase' ? 'false' : text);
}

function addressAt(document: XmlElement, name: string, none: string): string | null {
  const text = textAt(document, name);
  return text === null || text === none ? null : text;
}

function portAt(document: XmlElement, name: string): number | null {
  const port = countAt(document, name);
  return port !== null && port >= 1 && port <= 65_535 ? port : null;
}

function countAt(document: XmlElement, name: string): number | null {
  const count = numberAt(document, name);
  return count !== null && Number.isInteger(count) && count >= 0 ? count : null;
}
