/** The time server. */
import { decode } from '../../codec/layout';
import { netDvrNtp } from '../../codec/structs';
import { all, element, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, NotFoundError } from '../../errors';
import { needsReboot } from '../answers';
import { ask, command, documentOf, getDocument, putDocument, type Steps } from '../command';
import { getNamed, type Written } from '../documents';
import { askPort, type PortSteps } from '../port';
import { TIME_PATH } from '../zone';
import { readTime } from './clock';
import { writeMode } from './time-zone';

export interface TimeServer {
  readonly server: string | null;
  readonly port: number | null;
  readonly intervalMinutes: number | null;
  /** The clock follows this server. */
  readonly enabled: boolean | null;
}

export interface TimeServerTest {
  readonly reachable: boolean;
  /** The device's own word. */
  readonly message: string | null;
}

const SERVERS_PATH = '/ISAPI/System/time/ntpServers';
const SERVER_PATH = `${SERVERS_PATH}/1`;
const TEST_PATH = `${SERVERS_PATH}/test`;
const USUAL_PORT = 123;

function addressOf(server: XmlElement): string | null {
  const byAddress = textAt(server, 'addressingFormatType')?.toLowerCase() === 'ipaddress';
  const address = textAt(server, 'ipAddress') ?? textAt(server, 'ipv6Address');
  const name = textAt(server, 'hostName');
  return byAddress ? (address ?? name) : (name ?? address);
}

function* enabledNow(): Steps<boolean | null> {
  const mode = textAt(yield* readTime(), 'timeMode');
  return mode === null ? null : mode.toUpperCase() === 'NTP';
}

function serverFrom(server: XmlElement, enabled: boolean | null): TimeServer {
  return {
    server: addressOf(server),
    port: numberAt(server, 'portNo'),
    intervalMinutes: numberAt(server, 'synchronizeInterval'),
    enabled,
  };
}

function* getNtp(): Steps<TimeServer> {
  const list = yield* getDocument(SERVERS_PATH);
  const [server] = list.name.toLowerCase() === 'ntpserver' ? [list] : all(list, 'NTPServer');
  if (server === undefined) throw new NotFoundError(`${SERVERS_PATH}: the device names no time server`);
  return serverFrom(server, yield* enabledNow());
}

/** An address goes into one element, a name into another; the other one must not stay. */
function writeAddress(document: XmlElement, server: string): void {
  const isV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(server);
  const isV6 = !isV4 && server.includes(':');
  setText(document, 'addressingFormatType', isV4 || isV6 ? 'ipaddress' : 'hostname');
  const wanted = isV4 ? 'ipAddress' : isV6 ? 'ipv6Address' : 'hostName';
  for (const name of ['hostName', 'ipAddress', 'ipv6Address']) {
    const at = document.children.findIndex((child) => child.name.toLowerCase() === name.toLowerCase());
    if (name === wanted) {
      if (at >= 0) setText(document, name, server);
      else {
        // Devices read these elements in their order.
        const after = document.children.findIndex((child) => child.name.toLowerCase() === 'addressingformattype');
        document.children.splice(after + 1, 0, element(name, server));
      }
    } else if (at >= 0) document.children.splice(at, 1);
  }
}

interface NtpArguments {
  readonly server: string | undefined;
  readonly port: number | undefined;
  readonly intervalMinutes: number | undefined;
  readonly enabled: boolean | undefined;
}

function* setNtp({ server, port, intervalMinutes, enabled }: NtpArguments): Steps<TimeServer & Written> {
  if (server === undefined && port === undefined && intervalMinutes === undefined && enabled === undefined) {
    const expected = 'at least one of server, port, intervalMinutes, enabled';
    throw new ArgumentError([{ parameter: 'server', given: server, expected }]);
  }
  const document = yield* getNamed(SERVER_PATH, 'NTPServer');
  let reboot = false;
  if (server !== undefined || port !== undefined || intervalMinutes !== undefined) {
    if (server !== undefined) writeAddress(document, server);
    if (port !== undefined) setText(document, 'portNo', port);
    if (intervalMinutes !== undefined) setText(document, 'synchronizeInterval', intervalMinutes);
    reboot = needsReboot(yield* putDocument(SERVER_PATH, formatXml(document)));
  }
  if (enabled !== undefined) {
    const time = yield* readTime();
    writeMode(time, enabled ? 'NTP' : 'manual');
    reboot = needsReboot(yield* putDocument(TIME_PATH, formatXml(time))) || reboot;
  }
  const after = yield* getNamed(SERVER_PATH, 'NTPServer');
  return { ...serverFrom(after, yield* enabledNow()), rebootRequired: reboot };
}

function* testNtp({ server, port }: { server: string; port: number }): Steps<TimeServerTest> {
  const description = element('NTPTestDescription', [
    element('addressingFormatType', 'hostname'),
    element('portNo', port),
  ]);
  writeAddress(description, server);
  const answer = yield* ask({
    method: 'POST',
    path: TEST_PATH,
    body: formatXml(description),
    contentType: 'application/xml; charset="UTF-8"',
  });
  const result = documentOf(answer, TEST_PATH);
  const code = numberAt(result, 'errorCode');
  const message = textAt(result, 'errorDescription') ?? textAt(result, 'statusString');
  return { reachable: code === 0 || (code === null && message?.toLowerCase() === 'ok'), message };
}

/** Hours between corrections, no minutes. */
function* nativeNtp(): PortSteps<TimeServer> {
  const ntp = decode(netDvrNtp, yield* askPort('getNtp'));
  return {
    server: ntp.server === '' ? null : ntp.server,
    port: ntp.port,
    intervalMinutes: ntp.interval * 60,
    enabled: ntp.enabled === 1,
  };
}

const serverParam = { kind: 'text', title: 'Time server', description: 'Name or address.', maxLength: 64 } as const;
const portParam = { kind: 'integer', title: 'Port', min: 1, max: 65_535 } as const;

export const ntp = {
  getNtp: command({
    title: 'Read the time server (NTP)',
    summary: 'The time server of the device, how often it is asked, and whether the clock follows it.',
    effect: 'read',
    params: {},
    isapi: getNtp,
    commandPort: nativeNtp,
    returns: 'server, port, intervalMinutes, enabled.',
    paths: [SERVERS_PATH, TIME_PATH],
    source: ['ISAPI /ISAPI/System/time/ntpServers', 'isapi.md §2.4', 'HCNetSDK.h NET_DVR_NTPPARA'],
  }),

  setNtp: command({
    title: 'Set the time server (NTP)',
    summary: 'Sets the time server, and whether the clock follows it. What is left out stays as it is.',
    effect: 'write',
    example: { server: 'pool.ntp.org', intervalMinutes: 60, enabled: true },
    params: {
      server: {
        ...serverParam,
        pattern: { expression: /^[\w.:-]+$/, meaning: 'a host name or an address' },
        optional: true,
      },
      port: { ...portParam, optional: true },
      intervalMinutes: { kind: 'integer', title: 'Interval', unit: 'min', min: 1, max: 10_080, optional: true },
      enabled: {
        kind: 'boolean',
        title: 'Follow it',
        description: 'False leaves the clock to be set by hand.',
        optional: true,
      },
    },
    isapi: setNtp,
    returns: 'What the device says afterwards: server, port, intervalMinutes, enabled, rebootRequired.',
    paths: [SERVER_PATH, TIME_PATH],
    source: ['ISAPI /ISAPI/System/time/ntpServers', 'isapi.md §0.3, §2.4'],
  }),

  testNtp: command({
    title: 'Test a time server',
    summary: 'Lets the device ask a time server. It says whether that answers, and leaves the clock as it is.',
    effect: 'act',
    example: { server: 'pool.ntp.org' },
    params: {
      server: { ...serverParam, pattern: { expression: /^[\w.:-]+$/, meaning: 'a host name or an address' } },
      port: { ...portParam, default: USUAL_PORT },
    },
    isapi: testNtp,
    returns: 'reachable, and the message of the device.',
    paths: [TEST_PATH],
    source: ['ISAPI /ISAPI/System/time/ntpServers/test', 'isapi.md §2.4'],
  }),
} as const;
