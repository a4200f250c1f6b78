/** Push hosts: addresses to which a device sends its events by itself (isapi.md §6.10). */
import { all, booleanAt, element, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { NotFoundError, RefusedError, UnsupportedError, type HikvisionError } from '../../errors';
import { needsReboot } from '../answers';
import { ask, command, documentOf, getDocument, putDocument, type IsapiAnswer, type Steps } from '../command';
import { contextOf, isAbsence, optionalDocument } from '../ways';
import { insertAfter } from './settings';

const HOSTS_PATH = '/ISAPI/Event/notification/httpHosts';
const CAPABILITIES_PATH = `${HOSTS_PATH}/capabilities`;

export interface PushHost {
  /** Number of the slot. */
  readonly host: number;
  /** Nobody is told at this slot. */
  readonly free: boolean;
  /** IP address or name; null for a free slot. */
  readonly address: string | null;
  readonly port: number | null;
  /** Path, or a whole address on some. */
  readonly url: string | null;
  /** HTTP, HTTPS, EHome. */
  readonly protocol: string | null;
  /** XML, JSON, querystring. */
  readonly format: string | null;
  /** none, MD5digest, ...; a password never comes back. */
  readonly authentication: string | null;
  readonly username: string | null;
  /** Events that could not be delivered are sent later. */
  readonly resends: boolean | null;
}

export interface ChangedPushHost extends PushHost {
  /** What stood at the slot before. */
  readonly before: PushHost | null;
  /** Parameters that the device took and did not keep, in our words; empty when all is as asked. */
  readonly ignored: readonly string[];
  /** The device stored the change but uses it only after a restart. */
  readonly rebootRequired: boolean;
}

export interface PushHostTest {
  readonly host: number;
  /** Null where the device answers without a word about it. */
  readonly reached: boolean | null;
  /** The device's own words. */
  readonly answer: string | null;
}

export interface RemovedPushHost {
  readonly host: number;
  /** What stood there before. */
  readonly before: PushHost;
}

/* Reading */

function pushHostOf(item: XmlElement): PushHost {
  const ip = ['ipAddress', 'ipv6Address'].map((name) => textAt(item, name)).find(isSet) ?? null;
  const name = textAt(item, 'hostName');
  const usesName = textAt(item, 'addressingFormatType')?.toLowerCase() === 'hostname';
  const address = (usesName ? name : ip) ?? ip ?? name;
  return {
    host: numberAt(item, 'id') ?? 1,
    free: address === null,
    address,
    port: numberAt(item, 'portNo'),
    url: textAt(item, 'url'),
    protocol: textAt(item, 'protocolType'),
    format: textAt(item, 'parameterFormatType'),
    authentication: textAt(item, 'httpAuthenticationMethod'),
    username: textAt(item, 'userName'),
    resends: booleanAt(item, 'httpBroken'),
  };
}

/** An empty slot shows 0.0.0.0. */
function isSet(address: string | null): address is string {
  return address !== null && !/^(?:0\.0\.0\.0|::)$/.test(address);
}

/** The list, or the one host that is an answer by itself. */
function hostsOf(document: XmlElement): XmlElement[] {
  return document.name.toLowerCase() === 'httphostnotification' ? [document] : all(document, 'HttpHostNotification');
}

function* readHosts(): Steps<XmlElement> {
  const document = yield* getDocument(HOSTS_PATH);
  if (/^httphostnotification(?:list)?$/i.test(document.name)) return document;
  throw new UnsupportedError(`${HOSTS_PATH}: answered with ${document.name} instead of HttpHostNotificationList`);
}

function numberOf(item: XmlElement): number {
  return numberAt(item, 'id') ?? 1;
}

/* Choosing */

/** Where events are to be sent, as far as it tells one receiver from another. */
export interface Receiver {
  readonly address: string;
  readonly port: number;
  readonly url: string;
}

export interface PushSlot {
  /** Number of the slot to be written; null when all are taken. */
  readonly host: number | null;
  /** `ours`: we stand there already; `free`: nobody does; `taken`: there is no place. */
  readonly why: 'ours' | 'free' | 'taken';
  /** What stands there now. */
  readonly before: PushHost | null;
}

/**
 * A slot for a receiver: the one where it stands already, also with another address of ours at the same path, or the first free
 * one. Slots of others are never chosen: taking slot 1 of a recorder has ended its own notifications.
 */
export function choosePushSlot(hosts: readonly PushHost[], receiver: Receiver): PushSlot {
  const taken = hosts.filter(({ free }) => !free);
  const same = taken.find(
    (host) => host.address === receiver.address && host.port === receiver.port && isSameUrl(host, receiver),
  );
  // A bare path such as `/` says nothing about whose it is.
  const own = same ?? (receiver.url.length > 1 ? taken.find((host) => isSameUrl(host, receiver)) : undefined);
  if (own !== undefined) return { host: own.host, why: 'ours', before: own };
  const free = hosts.find((host) => host.free);
  return free === undefined
    ? { host: null, why: 'taken', before: null }
    : { host: free.host, why: 'free', before: free };
}

function isSameUrl({ url }: PushHost, receiver: Receiver): boolean {
  return url !== null && pathOf(url) === pathOf(receiver.url);
}

/** Some devices give the path back as a whole address. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]{1,256}/i, '');
}

/* Writing */

interface HostArguments extends Receiver {
  readonly host: number | undefined;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly format: 'XML' | 'JSON';
  readonly username: string | undefined;
  readonly password: string | undefined;
}

function* setPushHost(args: HostArguments): Steps<ChangedPushHost> {
  const list = yield* readHosts();
  const hosts = hostsOf(list).map(pushHostOf);
  const slot = args.host ?? choosePushSlot(hosts, args).host;
  const item = hostsOf(list).find((each) => numberOf(each) === slot);
  const answer = item === undefined ? yield* addHost(args, list, hosts) : yield* writeHost(item, list, args);

  // Devices take an address and drop the path, or keep what stood there before (isapi.md §6.10).
  const after = hostsOf(yield* readHosts()).map(pushHostOf);
  const now =
    after.find(({ host }) => host === slot) ?? after.find((host) => choosePushSlot([host], args).why === 'ours');
  if (now === undefined) throw new RefusedError(`${HOSTS_PATH}: the device said OK and shows no such push host`);
  const before = hosts.find(({ host }) => host === now.host) ?? null;
  return { ...now, before, ignored: ignoredOf(args, now), rebootRequired: needsReboot(answer) };
}

/** At its own path; a device that has none takes the whole list. */
function* writeHost(item: XmlElement, list: XmlElement, args: HostArguments): Steps<IsapiAnswer> {
  const path = `${HOSTS_PATH}/${numberOf(item)}`;
  const single = yield* optionalDocument(path);
  const document = single !== undefined && hostsOf(single)[0] === single ? single : item;
  fill(document, args);
  try {
    return yield* putDocument(path, formatXml(document));
  } catch (error) {
    if (!isMissingPath(error)) throw explained(error, args);
  }
  if (document !== item) fill(item, args);
  try {
    return yield* putDocument(HOSTS_PATH, formatXml(list));
  } catch (error) {
    throw explained(error, args);
  }
}

function isMissingPath(error: unknown): boolean {
  return error instanceof UnsupportedError || error instanceof NotFoundError;
}

/** A slot that nobody uses, as devices show it. */
export function emptyPushSlot(number: number, attributes: Readonly<Record<string, string>>): XmlElement {
  const children = [
    element('id', number),
    element('url', '/'),
    element('protocolType', 'HTTP'),
    element('parameterFormatType', 'XML'),
    element('addressingFormatType', 'ipaddress'),
    element('ipAddress', '0.0.0.0'),
    element('portNo', 80),
    element('userName'),
    element('httpAuthenticationMethod', 'none'),
  ];
  return element('HttpHostNotification', children, attributes);
}

/** A further host, where the list is shorter than the device allows. */
function* addHost(args: HostArguments, list: XmlElement, hosts: readonly PushHost[]): Steps<IsapiAnswer> {
  const caps = yield* optionalDocument(CAPABILITIES_PATH);
  const most = numberAt(caps, 'hostNumber') ?? hosts.length;
  const number = args.host ?? Math.max(0, ...hosts.map(({ host }) => host)) + 1;
  if (hosts.length >= most || number > most) {
    const taken = hosts.map(({ host, address, url }) => `${host} (${address ?? 'free'}${url ?? ''})`).join(', ');
    throw new RefusedError(
      args.host === undefined
        ? `all push hosts of the device are taken: ${taken}. Name the one to be replaced with "host"`
        : `the device has no push host ${args.host}; it has ${taken === '' ? 'none' : taken}`,
    );
  }
  const model = hostsOf(list)[0];
  const hasOwn = model !== undefined && Object.keys(model.attributes).length > 0;
  const fresh = emptyPushSlot(number, hasOwn ? model.attributes : list.attributes);
  fill(fresh, args);
  try {
    const request = { method: 'POST', path: HOSTS_PATH, body: formatXml(fresh), contentType: XML_TYPE } as const;
    return yield* ask(request);
  } catch (error) {
    throw explained(error, args);
  }
}

const XML_TYPE = 'application/xml; charset="UTF-8"';
const ADDRESSES = ['ipAddress', 'ipv6Address', 'hostName'];

function fill(item: XmlElement, args: HostArguments): void {
  setText(item, 'url', args.url);
  setText(item, 'protocolType', args.scheme);
  setText(item, 'parameterFormatType', args.format);
  setText(item, 'addressingFormatType', isIp(args.address) ? 'ipaddress' : 'hostname');
  setAddress(item, args.address);
  setText(item, 'portNo', args.port);
  if (args.username !== undefined) {
    setOrInsert(item, 'userName', ['portNo'], args.username);
    if (args.password !== undefined) setOrInsert(item, 'password', ['userName'], args.password);
    setText(item, 'httpAuthenticationMethod', args.username === '' ? 'none' : 'MD5digest');
  }
}

/** Only the element of the kind of address that is given, where the others stood. */
function setAddress(item: XmlElement, address: string): void {
  const name = isIp(address) ? (address.includes(':') ? 'ipv6Address' : 'ipAddress') : 'hostName';
  const isAddress = (child: XmlElement) => ADDRESSES.some((each) => each.toLowerCase() === child.name.toLowerCase());
  const place = item.children.findIndex(isAddress);
  const own = find(item, name) ?? element(name);
  own.text = address;
  const rest = item.children.filter((child) => !isAddress(child));
  const at = place < 0 ? rest.findIndex((child) => child.name.toLowerCase() === 'portno') : place;
  rest.splice(at < 0 ? rest.length : at, 0, own);
  item.children.splice(0, item.children.length, ...rest);
}

function setOrInsert(item: XmlElement, name: string, after: readonly string[], text: string): void {
  const found = find(item, name);
  if (found === undefined) insertAfter(item, after, element(name, text));
  else found.text = text;
}

function isIp(address: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) || address.includes(':');
}

/** Some terminals take no names and say only which element they miss. */
function explained(error: unknown, args: HostArguments): unknown {
  if (!(error instanceof RefusedError) || isIp(args.address)) return error;
  return new RefusedError(
    `this device may take IP addresses only, and "${args.address}" is a name; ${error.message}`,
    contextOf(error),
  );
}

function ignoredOf(args: HostArguments, now: PushHost): string[] {
  const kept: [name: string, isKept: boolean][] = [
    ['address', now.address?.toLowerCase() === args.address.toLowerCase()],
    ['port', now.port === args.port],
    ['url', now.url !== null && pathOf(now.url) === pathOf(args.url)],
    ['scheme', now.protocol === null || now.protocol.toUpperCase() === args.scheme],
    ['format', now.format === null || now.format.toUpperCase() === args.format],
    ['username', args.username === undefined || (now.username ?? '') === args.username],
  ];
  return kept.filter(([, isKept]) => !isKept).map(([name]) => name);
}

/* Removing and testing */

function* findHost(number: number): Steps<{ list: XmlElement; item: XmlElement }> {
  const list = yield* readHosts();
  const item = hostsOf(list).find((each) => numberOf(each) === number);
  if (item !== undefined) return { list, item };
  const known = hostsOf(list).map(numberOf).join(', ');
  throw new NotFoundError(`the device has no push host ${number}; it has ${known === '' ? 'none' : known}`);
}

const NOBODY: HostArguments = {
  host: undefined,
  address: '0.0.0.0',
  port: 80,
  url: '/',
  scheme: 'HTTP',
  format: 'XML',
  username: undefined,
  password: undefined,
};

/** Slots that cannot be deleted are emptied. */
function* removePushHost(number: number): Steps<RemovedPushHost> {
  const { list, item } = yield* findHost(number);
  const before = pushHostOf(item);
  let refused: HikvisionError | null = null;
  try {
    yield* ask({ method: 'DELETE', path: `${HOSTS_PATH}/${number}` });
  } catch (error) {
    if (!isAbsence(error)) throw error;
    refused = error;
  }
  if (refused !== null) {
    const hasUser = find(item, 'userName') !== undefined;
    yield* writeHost(item, list, { ...NOBODY, username: hasUser ? '' : undefined });
  }
  const left = hostsOf(yield* readHosts())
    .map(pushHostOf)
    .find(({ host }) => host === number);
  if (left === undefined || left.free) return { host: number, before };
  throw new RefusedError(
    `the device said OK and still pushes to ${left.address}`,
    refused === null ? {} : contextOf(refused),
  );
}

function* testPushHost(number: number): Steps<PushHostTest> {
  const { item } = yield* findHost(number);
  const path = `${HOSTS_PATH}/${number}/test`;
  const answer = yield* ask({ method: 'POST', path, body: formatXml(item), contentType: XML_TYPE });
  const document = documentOf(answer, path);
  const words = textAt(document, 'errorDescription');
  const isResult = document.name.toLowerCase() === 'httphosttestresult';
  return {
    host: number,
    reached: isResult ? words === null || /^(?:ok|succe\w*|success\w*)$/i.test(words) : null,
    answer: words,
  };
}

const hostParam = {
  kind: 'integer',
  title: 'Push host',
  description: 'Number of the slot.',
  min: 1,
  max: 64,
  names: 'pushHosts',
} as const;

export const pushHosts = {
  listPushHosts: command({
    title: 'List push hosts',
    summary: 'Lists the addresses to which the device sends its events by itself. Passwords are not among it.',
    effect: 'read',
    params: {},
    *isapi(): Steps<readonly PushHost[]> {
      return hostsOf(yield* readHosts()).map(pushHostOf);
    },
    returns:
      'The slots by number: host, free, address, port, url, protocol, format, authentication, username, resends.',
    paths: [HOSTS_PATH],
    source: ['ISAPI /ISAPI/Event/notification/httpHosts', 'isapi.md §6.10'],
  }),

  setPushHost: command({
    title: 'Set push host',
    summary:
      'Lets the device send its events to an address. Without a number the slot that has this path already is taken, or a ' +
      'free one, and never one of somebody else.',
    effect: 'write',
    example: { address: '192.0.2.9', url: '/hik' },
    params: {
      host: { ...hostParam, description: 'Number of the slot; left out, a fitting one is looked for.', optional: true },
      address: {
        kind: 'text',
        title: 'Address',
        description: 'IP address or name of the receiver; door terminals take IP addresses only.',
        maxLength: 128,
        pattern: { expression: /^[A-Za-z0-9.:_-]{1,128}$/, meaning: 'an IP address or a host name' },
      },
      port: { kind: 'integer', title: 'Port', min: 1, max: 65_535, default: 80 },
      url: {
        kind: 'text',
        title: 'Path',
        description: 'Path at the receiver.',
        maxLength: 256,
        pattern: { expression: /^\/[!-~]{0,255}$/, meaning: 'a path that begins with /' },
        default: '/',
      },
      scheme: { kind: 'choice', title: 'Scheme', choices: ['HTTP', 'HTTPS'], default: 'HTTP' },
      format: { kind: 'choice', title: 'Format', choices: ['XML', 'JSON'], default: 'XML' },
      username: {
        kind: 'text',
        title: 'User name',
        description: 'With which the device logs in at the receiver; left out, nothing is changed.',
        maxLength: 64,
        optional: true,
      },
      password: {
        kind: 'text',
        title: 'Password',
        description: 'Only together with a user name.',
        maxLength: 64,
        optional: true,
      },
    },
    isapi: setPushHost,
    returns:
      'The slot as the device shows it afterwards, what stood there before, "ignored" with what the device did not keep, and ' +
      'whether it needs a restart.',
    paths: [HOSTS_PATH, `${HOSTS_PATH}/{host}`, CAPABILITIES_PATH],
    source: ['ISAPI /ISAPI/Event/notification/httpHosts/<ID>', 'isapi.md §0.3, §6.10'],
  }),

  testPushHost: command({
    title: 'Test push host',
    summary: 'Asks the device to reach one of its push hosts now. Many recorders cannot.',
    effect: 'act',
    params: { host: { ...hostParam, default: 1 } },
    isapi: ({ host }) => testPushHost(host),
    returns: 'The slot, whether it was reached, and the words of the device.',
    paths: [`${HOSTS_PATH}/{host}/test`, HOSTS_PATH],
    source: ['ISAPI /ISAPI/Event/notification/httpHosts/<ID>/test', 'isapi.md §6.10'],
  }),

  removePushHost: command({
    title: 'Remove push host',
    summary: 'Ends the pushing to one address. A slot that cannot be deleted is emptied.',
    effect: 'write',
    example: { host: 1 },
    params: { host: hostParam },
    isapi: ({ host }) => removePushHost(host),
    returns: 'The slot, and what stood there before.',
    paths: [HOSTS_PATH, `${HOSTS_PATH}/{host}`],
    source: ['ISAPI /ISAPI/Event/notification/httpHosts/<ID>', 'isapi.md §6.10'],
  }),
} as const;
