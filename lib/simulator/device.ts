/**
 * One simulated device: its documents, what it does with them, its clock. It knows nothing of sockets and passwords.
 *
 * A device is loaded from a dump of a real one, whose bytes are served unchanged, or is one of the built-in models. Settings
 * that are written replace the stored document and can be read back.
 */
import { validateHeaderValue } from 'node:http';
import { systemClock, type Clock, type Timer } from '../clock';
import { decodeText, sniff } from '../codec/text';
import { parseXml, textAt } from '../codec/xml';
import { notFound, responseStatus, type DeviceAnswer, type LineEnd, type StatusPlace, type SubStatus } from './answers';
import { drawPicture } from './picture';
import type { EventFields } from './event-parts';
import type { Ports } from './functions/ports';
import type { Talk } from './functions/talk';
import type { ScenarioName } from './scenario';
import type { SessionLoginDemand } from './session-auth';

/**
 * How a class of devices speaks:
 * - `camera`: CRLF, XML parts, explicit `inactive`, web pages as errors
 * - `recorder`: LF, XML parts with `dynChannelID`
 * - `doorstation`: CRLF, JSON parts on `MIME_boundary`
 */
export type DeviceForm = 'camera' | 'recorder' | 'doorstation';

export interface DeviceIdentity {
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly mac: string;
}

export interface DeviceRequest {
  readonly method: string;
  /** Request target, query included. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/** A path that does more than hand out a document. */
export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Matches the whole path; its groups are handed on. */
  readonly path: RegExp;
  run(call: RouteCall): DeviceAnswer;
}

export interface RouteCall {
  readonly request: DeviceRequest;
  readonly groups: readonly string[];
  readonly device: SimulatedDevice;
  readonly clock: Clock;
  /** A ResponseStatus in the words of this device. */
  readonly status: (subStatus: SubStatus, detail?: string) => DeviceAnswer;
  /** Sends an event to whoever listens: what was done has happened. After the answer, as devices do it. */
  readonly emit: (event: EventFields) => void;
}

export interface DeviceDefinition {
  readonly identity: DeviceIdentity;
  readonly form: DeviceForm;
  /** Answers by `METHOD /path`. */
  readonly documents: ReadonlyMap<string, DeviceAnswer>;
  readonly routes: readonly Route[];
  /** Documents that cannot be written. */
  readonly readOnly?: RegExp;
  /** Alarm inputs whose contacts can be moved. */
  readonly ports?: Ports;
  /** Two-way audio, where it has that. */
  readonly talk?: Talk;
  /** Scenario that shows what this device does; null for a dump. */
  readonly scenario: ScenarioName | null;
  /** It has the session login of the web pages. */
  readonly sessionLogin?: SessionLoginDemand;
  /** What keeps the state behind the routes, for whoever makes something happen: `device.part(Intercom)?.ring(device)`. */
  readonly parts?: readonly object[];
  /** alertStreams at one time, where there are fewer than usual. */
  readonly maxStreams?: number;
}

/** A device as captured. `body` is text; a missing one is empty. */
export interface Dump {
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<Record<string, DumpAnswer>>;
}

export interface DumpAnswer {
  readonly status: number;
  readonly contentType?: string | null;
  readonly body?: string;
}

/** A dump that cannot be read; the message says where. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
}

/** Time zone of a device that nobody has set: UTC+8, the factory setting. POSIX style, sign inverted. */
const FACTORY_ZONE = 'CST-8:00:00';

export class SimulatedDevice {
  readonly identity: DeviceIdentity;
  readonly form: DeviceForm;
  readonly scenario: DeviceDefinition['scenario'];
  readonly sessionLogin: SessionLoginDemand | null;
  readonly maxStreams: number | null;
  /** What it heard and whether somebody talks; null where it has no two-way audio. */
  readonly talk: Talk | null;
  /** `NTP` or `manual`. */
  timeMode = 'NTP';
  timeZone = FACTORY_ZONE;
  /** Clock of the device minus ours. */
  clockOffsetMs = 0;

  /** Where its events go; nobody listens before a simulator takes it. */
  onEvent: ((event: EventFields) => void) | null = null;

  private readonly documents: Map<string, DeviceAnswer>;
  /** The same keys in lower case: firmware does not mind the case of a path. */
  private readonly keys: Map<string, string>;
  private readonly routes: readonly Route[];
  private readonly readOnly: RegExp | undefined;
  private readonly parts: readonly object[];
  private readonly timers = new Set<Timer>();
  private readonly ports: Ports | undefined;
  private bootedAtMs = 0;
  /** The simulator's clock, once it runs. */
  private ownClock: Clock = systemClock;

  constructor(definition: DeviceDefinition) {
    this.identity = definition.identity;
    this.form = definition.form;
    this.scenario = definition.scenario;
    this.sessionLogin = definition.sessionLogin ?? null;
    this.maxStreams = definition.maxStreams ?? null;
    this.talk = definition.talk ?? null;
    this.documents = new Map(definition.documents);
    this.keys = new Map([...this.documents.keys()].map((key) => [key.toLowerCase(), key]));
    this.routes = definition.routes;
    this.readOnly = definition.readOnly;
    this.ports = definition.ports;
    this.parts = definition.parts ?? [];
  }

  get clock(): Clock {
    return this.ownClock;
  }

  /** The part of that class; undefined where the device has none. */
  part<Part extends object>(kind: new (...args: never[]) => Part): Part | undefined {
    return this.parts.find((part): part is Part => part instanceof kind);
  }

  /** Sends an event to whoever listens, after what is being answered at this moment. */
  emit(event: EventFields): void {
    this.later(0, () => this.onEvent?.(event));
  }

  /** Does something after a while; `halt` takes it back. */
  later(delayMs: number, run: () => void): Timer {
    const timer = this.ownClock.after(delayMs, () => {
      this.timers.delete(timer);
      run();
    });
    this.timers.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.timers.delete(timer);
      },
    };
  }

  /** The simulator ends: nothing happens any more. */
  halt(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.onEvent = null;
  }

  get lineEnd(): LineEnd {
    return this.form === 'recorder' ? '\n' : '\r\n';
  }

  /** Starts counting the time that it is up. */
  boot(clock: Clock): void {
    this.ownClock = clock;
    this.bootedAtMs = clock.monotonic();
  }

  upSeconds(clock: Clock): number {
    return Math.floor((clock.monotonic() - this.bootedAtMs) / 1_000);
  }

  /** The time as this device writes it: `2024-05-01T20:00:00+08:00`. */
  timestamp(clock: Clock): string {
    return formatTime(clock.now() + this.clockOffsetMs, zoneOffsetMs(this.timeZone) ?? 0);
  }

  /** Is there an answer of its own for this path? */
  has(method: string, path: string): boolean {
    return this.find(method, path) !== undefined;
  }

  /** The stored answer to a GET, as it is now. */
  document(path: string): DeviceAnswer | undefined {
    return this.find('GET', path);
  }

  /**
   * Closes or opens the contact at an alarm input, as somebody at a door would. Which of both is an alarm is a setting.
   *
   * @throws RangeError when there is no such input.
   */
  setContact(port: number, isClosed: boolean): void {
    if (this.ports === undefined) throw new RangeError('the device has no alarm inputs');
    const event = this.ports.setContact(port, isClosed);
    if (event !== null) this.onEvent?.(event);
  }

  /** All documents that can be written, as they are now. */
  settings(): Record<string, string> {
    const texts: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [key, answer] of this.documents) {
      const path = key.slice(key.indexOf(' ') + 1);
      if (key.startsWith('GET ') && answer.status === 200 && this.readOnly?.test(path) !== true)
        texts[path] = answer.body.toString('base64');
    }
    return texts;
  }

  /** Puts documents back that `settings` gave; what this device does not have is left out. */
  restoreSettings(texts: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(texts)) {
      const stored = this.documents.get(`GET ${path}`);
      if (stored !== undefined) this.documents.set(`GET ${path}`, { ...stored, body: Buffer.from(text, 'base64') });
    }
  }

  answer(request: DeviceRequest, clock: Clock): DeviceAnswer {
    const { method, path } = request;
    const place: StatusPlace = {
      path,
      lineEnd: this.lineEnd,
      json: request.query.get('format')?.toLowerCase() === 'json',
    };
    const status = (subStatus: SubStatus, detail?: string) => responseStatus(subStatus, place, detail);
    const emit = (event: EventFields) => this.emit(event);

    let isKnown = false;
    for (const route of this.routes) {
      const match = route.path.exec(path);
      if (match === null) continue;
      if (route.method === method) {
        return route.run({ request, groups: match.slice(1), device: this, clock, status, emit });
      }
      isKnown = true;
    }
    const stored = this.find(method, request.target) ?? this.find(method, path);
    if (stored !== undefined) return stored;

    const readable = this.find('GET', request.target) ?? this.find('GET', path);
    if (readable === undefined) return isKnown ? status('methodNotAllowed') : notFound(path);
    // A refusal to read is a refusal to write.
    if (method === 'PUT' && readable.status !== 200) return readable;
    if (method === 'PUT' && this.readOnly?.test(path) !== true) return status(this.replace(request, readable));
    return status('methodNotAllowed');
  }

  /** Stores what was written. A whole document is expected, as devices do: what is missing is gone. */
  private replace(request: DeviceRequest, stored: DeviceAnswer): SubStatus {
    const problem = problemOf(request.body, stored.body);
    if (problem !== null) return problem;
    const key = this.keyOf('GET', request.target) ?? this.keyOf('GET', request.path);
    if (key !== undefined) this.documents.set(key, { ...stored, body: Buffer.from(request.body) });
    return 'ok';
  }

  private find(method: string, path: string): DeviceAnswer | undefined {
    const key = this.keyOf(method, path);
    return key === undefined ? undefined : this.documents.get(key);
  }

  private keyOf(method: string, path: string): string | undefined {
    const key = `${method} ${path}`;
    return this.documents.has(key) ? key : this.keys.get(key.toLowerCase());
  }
}

/** Why a document cannot take the place of the stored one; null when it can. */
function problemOf(given: Buffer, stored: Buffer): SubStatus | null {
  const kind = sniff(stored);
  if (kind === 'json') {
    try {
      JSON.parse(decodeText(given));
      return null;
    } catch {
      return 'badJsonFormat';
    }
  }
  if (kind !== 'xml') return null;
  // A body that is empty, or has a byte order mark, is what real ones trip over too (isapi.md §0.1, §1.1).
  if (sniff(given) === 'empty') return 'badXmlContent';
  if (given[0] === 0xef && given[1] === 0xbb) return 'badXmlFormat';
  try {
    const isSame = parseXml(given).name.toLowerCase() === parseXml(stored).name.toLowerCase();
    return isSame ? null : 'badXmlContent';
  } catch {
    return 'badXmlFormat';
  }
}

/* Dumps */

/** @throws DumpError when it is no dump; the message says where it stops being one. */
export function deviceFromDump(json: unknown): SimulatedDevice {
  const { meta, responses } = readDump(json);
  const documents = new Map<string, DeviceAnswer>();
  for (const [key, answer] of Object.entries(responses)) {
    // Captures describe some exchanges in words, `PUT (arm, low privilege)`; no request can ask for these.
    const [, method = 'GET', path] = /^(?:([A-Z]+) )?(\/\S*)/.exec(key) ?? [];
    if (path === undefined || documents.has(`${method} ${path}`)) continue;
    documents.set(`${method} ${path}`, {
      status: answer.status,
      contentType: answer.contentType ?? null,
      body: Buffer.from(answer.body ?? ''),
    });
  }
  const info = identityFrom(documents.get('GET /ISAPI/System/deviceInfo')?.body, meta);
  return new SimulatedDevice({
    identity: info.identity,
    form: formOf(info.deviceType, info.identity.model),
    documents,
    routes: [pictureRoute(({ device, groups }) => refusedStream(device, groups[0] ?? ''))],
    scenario: null,
  });
}

/** A stream that the dump says is refused has no picture either. */
function refusedStream(device: SimulatedDevice, streamId: string): DeviceAnswer | null {
  const stream = device.document(`/ISAPI/Streaming/channels/${streamId}`);
  return stream !== undefined && stream.status !== 200 ? stream : null;
}

function readDump(json: unknown): Dump {
  if (!isRecord(json) || !isRecord(json.responses)) {
    throw new DumpError('not a device dump: expected an object with "responses", one answer by path');
  }
  if (json.meta !== undefined && !isRecord(json.meta)) throw new DumpError('device dump: "meta" is not an object');
  for (const [key, answer] of Object.entries(json.responses)) {
    if (!isRecord(answer)) throw new DumpError(`device dump: the answer to ${key} is not an object`);
    const { status, contentType, body } = answer;
    if (!Number.isInteger(status) || Number(status) < 200 || Number(status) > 599) {
      throw new DumpError(`device dump: the answer to ${key} has no HTTP status (200-599)`);
    }
    if (contentType !== undefined && contentType !== null && !isHeaderValue(contentType)) {
      throw new DumpError(`device dump: the Content-Type of ${key} cannot be sent`);
    }
    if (body !== undefined && typeof body !== 'string') {
      throw new DumpError(`device dump: the body of ${key} is not text`);
    }
  }
  return json as unknown as Dump;
}

function identityFrom(
  deviceInfo: Buffer | undefined,
  meta: Readonly<Record<string, unknown>> = {},
): { identity: DeviceIdentity; deviceType: string } {
  let document;
  try {
    document = deviceInfo === undefined ? undefined : parseXml(deviceInfo);
  } catch {
    document = undefined; // served as it is; only our own words for it are missing
  }
  const said = (name: string) => textAt(document, name) ?? (typeof meta[name] === 'string' ? meta[name] : null);
  const model = said('model') ?? 'unknown';
  return {
    identity: {
      name: said('deviceName') ?? model,
      model,
      serial: said('serialNumber') ?? model,
      mac: said('macAddress') ?? '02:00:00:00:00:01',
    },
    deviceType: said('deviceType') ?? '',
  };
}

function formOf(deviceType: string, model: string): DeviceForm {
  if (/nvr|dvr|cvr|dvs/i.test(deviceType) || /^(i?DS-)?(72|76|77|78|81|86|96)\d\d|nvr/i.test(model)) return 'recorder';
  if (/^acs$/i.test(deviceType) || /^DS-K[1VBD]/i.test(model)) return 'doorstation';
  return 'camera';
}

/* Pictures */

const DEFAULT_WIDTH_PX = 640;
const DEFAULT_HEIGHT_PX = 360;
const MAX_WIDTH_PX = 1_920;

/**
 * `Streaming/channels/<id>/picture`, part of how any device is served.
 * @param refusal decides whether this stream has no picture.
 */
export function pictureRoute(
  refusal: (call: RouteCall) => DeviceAnswer | null,
  path = /^\/ISAPI\/Streaming\/channels\/(\d{1,5})\/picture$/i,
): Route {
  return {
    method: 'GET',
    path,
    run(call) {
      const { request, device, clock, groups } = call;
      const dumped = device.document(request.target) ?? device.document(request.path);
      if (dumped !== undefined) return dumped;
      const refused = refusal(call);
      if (refused !== null) return refused;
      const side = (name: string, otherwise: number) => {
        const wanted = Number(request.query.get(name));
        return wanted >= 16 && wanted <= MAX_WIDTH_PX ? wanted : otherwise;
      };
      const body = drawPicture({
        widthPx: side('videoResolutionWidth', DEFAULT_WIDTH_PX),
        heightPx: side('videoResolutionHeight', DEFAULT_HEIGHT_PX),
        label: pictureLabel(channelOfStream(groups[0] ?? ''), device.timestamp(clock)),
      });
      return { status: 200, contentType: 'image/jpeg', body };
    },
  };
}

/** `CH3 12:34:56`. */
export function pictureLabel(channel: number, timestamp: string): string {
  return `CH${channel} ${timestamp.slice(11, 19)}`;
}

/** Stream 302 belongs to channel 3; a bare number up to 99 is the channel itself. */
export function channelOfStream(streamId: string): number {
  const id = Number(streamId);
  return id > 100 ? Math.floor(id / 100) : id;
}

/* Time */

/**
 * What is added to UTC in this zone, without summer time. `CST-8:00:00` is UTC+8: the sign is inverted.
 * Null when it cannot be read.
 */
export function zoneOffsetMs(zone: string): number | null {
  const match = /^(?:[A-Za-z]{1,10}|<[^>]{1,10}>)([+-]?)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(?=$|[A-Za-z<,])/.exec(zone);
  if (match === null) return null;
  const [, sign, hours, minutes = '0', seconds = '0'] = match;
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return ms > 15 * 3_600_000 ? null : sign === '-' ? ms : -ms;
}

/** The years 0 to 9999, which have four digits. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59Z');

/** ISO 8601 with offset; times outside the years 0 to 9999 are brought into them. */
export function formatTime(ms: number, offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const local = new Date(Math.min(LAST_MS, Math.max(FIRST_MS, ms + offsetMs))).toISOString().slice(0, 19);
  return `${local}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHeaderValue(value: unknown): value is string {
  try {
    validateHeaderValue('Content-Type', value as string);
    return typeof value === 'string';
  } catch {
    return false;
  }
}
