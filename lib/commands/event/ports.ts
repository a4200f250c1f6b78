/** What alarm inputs and outputs have in common: where they are listed, and how their state is read (isapi.md §5.1). */
import { all, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import type { HikvisionError } from '../../errors';
import { isChannel } from '../channels';
import type { IntegerParam, Steps } from '../command';
import { mostTelling, optionalDocument } from '../ways';

export type Side = 'input' | 'output';

const IO_PATH = '/ISAPI/System/IO';
const PROXY_PATH = '/ISAPI/ContentMgmt/IOProxy';
const STATUS_PATH = `${IO_PATH}/status`;
const CAPABILITIES_PATH = '/ISAPI/System/capabilities';

/** A port behind a recorder is channel times 100 plus its number on the camera: 301 is port 1 of channel 3. */
const PROXIED_FROM = 101;
/** Most ports that are asked for one by one where there is no list. */
const MAX_SINGLE_PORTS = 16;

export const portParam = {
  kind: 'integer',
  description:
    'A port of a camera behind a recorder is its channel times 100 plus the port: 301 is port 1 of channel 3.',
  min: 1,
  max: 51_299,
  default: 1,
} as const satisfies Omit<IntegerParam, 'title'>;

export function isProxied(port: number): boolean {
  return port >= PROXIED_FROM;
}

/** The channel of the camera that a port belongs to; null for a port of the device itself. */
export function channelOfPort(port: number): number | null {
  return isProxied(port) ? Math.floor(port / 100) : null;
}

/** Where a port may be, the likelier place first: large numbers are cameras' behind a recorder, or ports of a large device. */
export function placesOf(side: Side, port: number): string[] {
  const places = [`${IO_PATH}/${side}s/${port}`, `${PROXY_PATH}/${side}s/${port}`];
  return isProxied(port) ? places.reverse() : places;
}

export function pathsOf(side: Side, end = ''): string[] {
  return [IO_PATH, PROXY_PATH].map((base) => `${base}/${side}s/{${side}}${end}`);
}

export function listPaths(side: Side): string[] {
  return [`${IO_PATH}/${side}s`, `${PROXY_PATH}/${side}s`, STATUS_PATH, CAPABILITIES_PATH];
}

/** One port as the device has it. */
export interface Port {
  readonly port: number;
  /** Undefined where only the state of it can be read. */
  readonly document: XmlElement | undefined;
  /** Null where the device does not say. */
  readonly active: boolean | null;
}

/**
 * All ports of one side, those of cameras behind a recorder too, by number.
 *
 * @throws the most telling refusal when the device says nothing at all of such ports.
 */
export function* readPorts(side: Side): Steps<Port[]> {
  const refusals: HikvisionError[] = [];
  const own = yield* optionalDocument(`${IO_PATH}/${side}s`, refusals);
  const proxied = yield* optionalDocument(`${PROXY_PATH}/${side}s`, refusals);
  if (own === undefined && proxied === undefined) return yield* readSingles(side, refusals);
  const kind = side === 'input' ? 'InputPort' : 'OutputPort';
  const documents = [...all(own, `IO${kind}`), ...all(proxied, `IOProxy${kind}`)];
  const states = yield* readStates(side);
  const ports = new Map<number, Port>();
  for (const document of documents) {
    const port = numberAt(document, 'id');
    if (!isChannel(port) || ports.has(port)) continue;
    const active = states?.get(port) ?? (states === null && !isProxied(port) ? yield* readState(side, port) : null);
    ports.set(port, { port, document, active });
  }
  return [...ports.values()].sort((a, b) => a.port - b.port);
}

/** As many as the capabilities promise, one by one: some firmware has the ports and no list. */
function* readSingles(side: Side, refusals: HikvisionError[]): Steps<Port[]> {
  const capabilities = yield* optionalDocument(CAPABILITIES_PATH);
  const io = find(capabilities, 'SysCap/IOCap') ?? find(capabilities, 'IOCap');
  const promised = numberAt(io, side === 'input' ? 'IOInputPortNums' : 'IOOutputPortNums');
  if (promised === 0) return [];
  const ports: Port[] = [];
  for (let port = 1; port <= Math.min(promised ?? 1, MAX_SINGLE_PORTS); port++) {
    const document = yield* optionalDocument(`${IO_PATH}/${side}s/${port}`, refusals);
    const active = yield* readState(side, port);
    if (document !== undefined || active !== null) ports.push({ port, document, active });
  }
  const refusal = mostTelling(refusals);
  if (ports.length === 0 && refusal !== undefined) throw refusal;
  return ports;
}

/** The states of all ports; null where the device has no list of them. */
function* readStates(side: Side): Steps<ReadonlyMap<number, boolean | null> | null> {
  const document = yield* optionalDocument(STATUS_PATH);
  if (document === undefined) return null;
  const states = new Map<number, boolean | null>();
  for (const item of all(document, 'IOPortStatus')) {
    const port = numberAt(item, 'ioPortID');
    if (port !== null && textAt(item, 'ioPortType')?.toLowerCase() === side) states.set(port, stateOf(item));
  }
  return states;
}

/** True while the alarm input is raised, or the output is on; null where the device does not say. */
export function* readState(side: Side, port: number): Steps<boolean | null> {
  for (const place of placesOf(side, port)) {
    const document = yield* optionalDocument(`${place}/status`);
    const state = document === undefined ? null : stateOf(document);
    if (state !== null) return state;
    if (!isProxied(port)) return null;
  }
  return null;
}

function stateOf(status: XmlElement): boolean | null {
  switch (textAt(status, 'ioState')?.toLowerCase()) {
    case 'active':
      return true;
    case 'inactive':
      return false;
    default:
      return null;
  }
}
