/** What answers at the ports of a device, its certificate, and what that says about a connection that failed. No password is sent. */
import type { ClientOptions } from '../client';
import type { Clock } from '../clock';
import type { HikvisionError } from '../errors';
import { parseDeviceUrl, USUAL_PORTS, type DeviceAddress } from '../transport/address';
import { askWebServer, certificateAt, type Certificate, type knock, type PortState } from '../transport/services';
import { finding, type Finding } from './findings';

/** A place at which a device of this kind may be reached. */
export interface Service {
  readonly service: 'HTTP' | 'HTTPS' | 'HSP' | 'HSPS' | 'RTSP';
  readonly port: number;
  readonly state: PortState;
}

const RTSP_PORT = 554;
/** On the network of a house an open port answers within a few milliseconds. */
const KNOCK_MS = 2_000;
const QUESTION_MS = 3_000;

export type Knock = typeof knock;

/** Knocks at the usual ports, and at those of the settings. */
export function servicesOf(settings: ClientOptions, clock: Clock, knocks: Knock): Promise<readonly Service[]> {
  const { protocol, host, port } = addressOf(settings);
  const at = (name: DeviceAddress['protocol']) => (protocol === name ? port : USUAL_PORTS[name]);
  const places: readonly Omit<Service, 'state'>[] = [
    { service: 'HTTP', port: at('http') },
    { service: 'HTTPS', port: at('https') },
    { service: 'HSP', port: settings.commandPort?.port ?? at('hsp') },
    { service: 'HSPS', port: at('hsps') },
    { service: 'RTSP', port: RTSP_PORT },
  ];
  return Promise.all(
    places.map(async (place) => ({ ...place, state: await knocks(clock, host, place.port, KNOCK_MS) })),
  );
}

export function tellServices(services: readonly Service[], settings: ClientOptions): Finding[] {
  const open = services.filter(({ state }) => state === 'open');
  if (open.length === 0) return [];
  const closed = namesOf(services.filter(({ state }) => state !== 'open')) || '-';
  const secure = open.find(({ service }) => service === 'HTTPS');
  const isPlain = addressOf(settings).protocol === 'http';
  return [
    finding('services', { open: namesOf(open), closed }),
    ...(isPlain && secure !== undefined ? [finding('httpsToo', { port: String(secure.port) })] : []),
  ];
}

function namesOf(services: readonly Service[]): string {
  return services.map(({ service, port }) => `${service} ${port}`).join(', ');
}

/** How the device lets people in over plain HTTP; nothing where it was not asked, or asks for nothing. */
export async function tellLogin(settings: ClientOptions, clock: Clock): Promise<Finding[]> {
  const { protocol, host, port } = addressOf(settings);
  if (protocol !== 'http' && protocol !== 'https') return [];
  const isSecure = protocol === 'https';
  const logins = (await askWebServer(clock, { host, port, isSecure }, QUESTION_MS))?.logins ?? [];
  if (logins.includes('digest')) return [finding('loginDigest')];
  return logins.includes('basic') && !isSecure ? [finding('loginBasic')] : [];
}

/** What the certificate says, where the connection shows one. */
export async function tellCertificate(
  settings: ClientOptions,
  clock: Clock,
): Promise<{ readonly certificate: Certificate | null; readonly findings: readonly Finding[] }> {
  const { protocol, host, port } = addressOf(settings);
  if (protocol !== 'https' && protocol !== 'hsps') return { certificate: null, findings: [] };
  try {
    const certificate = await certificateAt(clock, { host, port }, QUESTION_MS, settings.tls?.ca);
    return { certificate, findings: judge(certificate, settings, clock.now()) };
  } catch {
    // Why, the connection itself says.
    return { certificate: null, findings: [] };
  }
}

function judge(certificate: Certificate, { tls = {} }: ClientOptions, nowMs: number): Finding[] {
  const { subject, validFrom, validTo, fingerprint, isTrusted } = certificate;
  const [from, until] = [validFrom, validTo].map((time) => time?.slice(0, 10) ?? '?') as [string, string];
  const isOver =
    (validTo !== null && Date.parse(validTo) < nowMs) || (validFrom !== null && Date.parse(validFrom) > nowMs);
  const pinned = tls.fingerprint ?? '';
  if (pinned !== '' && plain(pinned) !== plain(fingerprint)) return [finding('certificateChanged', { fingerprint })];
  return [
    ...(pinned === '' && tls.acceptAny === true ? [finding('certificateAny', { fingerprint })] : []),
    ...(isOver ? [finding('certificateExpired', { subject, from, until })] : []),
    ...(!isOver && (pinned !== '' || isTrusted) ? [finding('certificate', { subject, until })] : []),
  ];
}

function plain(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-f]/gi, '').toLowerCase();
}

/** Errors behind which a wrong port or a wrong protocol may stand. */
const MAY_BE_WRONG_DOOR: ReadonlySet<string> = new Set([
  'HIK_UNREACHABLE',
  'HIK_CONNECTION_LOST',
  'HIK_TIMEOUT',
  'HIK_PROTOCOL',
]);

/** A better word for a failure: the device is there, at another door. Null where there is none. */
export async function wrongDoor(
  error: HikvisionError,
  settings: ClientOptions,
  services: readonly Service[],
  clock: Clock,
): Promise<Finding | null> {
  const { protocol, host, port } = addressOf(settings);
  if (!MAY_BE_WRONG_DOOR.has(error.code)) return null;
  const isOpen = services.some((service) => service.port === port && service.state === 'open');
  if (!isOpen) {
    const open = namesOf(services.filter(({ state }) => state === 'open'));
    return open === '' ? null : finding('otherPort', { port: String(port), open });
  }
  const values = { port: String(port) };
  const answers = (isSecure: boolean) => askWebServer(clock, { host, port, isSecure }, QUESTION_MS);
  if (protocol === 'https') return (await answers(false)) === null ? null : finding('useHttp', values);
  if (protocol !== 'http') return null;
  if ((await answers(false)) !== null) return null;
  return finding((await answers(true)) === null ? 'noWebServer' : 'useHttps', values);
}

/** The address without its user. */
export function addressOf({ url, protocol }: ClientOptions): DeviceAddress {
  return parseDeviceUrl(url, protocol === 'hsp' || protocol === 'hsps' ? protocol : 'http');
}
