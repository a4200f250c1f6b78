/** What a recorder has: channels and disks. Cameras answer as well, with their own lenses and card. */
import { decode } from '../codec/layout';
import { diskStateOf, disksOf, netDvrDisks, type DiskState, type NetDvrDisk } from '../codec/structs';
import { all, find, numberAt, textAt, type XmlElement } from '../codec/xml';
import { NotFoundError, PermissionError, type HikvisionError } from '../errors';
import { command, getDocument, type Steps } from './command';
import { askPort, type PortSteps } from './port';
import { INPUTS_PATH, PROXIES_PATH, PROXY_STATUS_PATH, readInputs, readProxies, withProxyStatus } from './inputs';
import type { Channel, Disk, Storage } from './results';
import { probeMainStreams, streamsOf } from './stream';
import { firstThatWorks, optionalDocument } from './ways';

/**
 * Merges what a device says about its channels: cameras behind a recorder, its own inputs, and on cameras the names of the
 * streams. Each of the lists may be missing; the numbers are the device's own, so a hybrid recorder counts its analog inputs
 * first and its IP channels as it names them.
 */
function* listChannels(): Steps<readonly Channel[]> {
  const refusals: HikvisionError[] = [];
  const proxies = yield* readProxies(refusals);
  const cameras = proxies === undefined || proxies.length === 0 ? [] : yield* withProxyStatus(proxies, refusals);
  const inputs = yield* readInputs(refusals);
  const isRecorder = proxies !== undefined || (inputs ?? []).some((input) => input.kind === 'analog');

  const channels = new Map<number, Channel>();
  for (const camera of cameras) channels.set(camera.channel, camera);
  for (const input of inputs ?? []) {
    const known = channels.get(input.channel);
    // Some recorders repeat their IP channels in the list of inputs; what is known about the camera counts more.
    if (known !== undefined) channels.set(input.channel, { ...known, name: known.name ?? input.name });
    else channels.set(input.channel, isRecorder ? { ...input, kind: 'analog' } : input);
  }

  if (!isRecorder) {
    const list = yield* optionalDocument('/ISAPI/Streaming/channels', refusals);
    const isSilent = list === undefined && inputs === undefined;
    const streams = isSilent ? yield* probeMainStreams(refusals) : streamsOf(list);
    for (const stream of streams) {
      const known = channels.get(stream.channel) ?? ownLens(stream.channel);
      channels.set(stream.channel, { ...known, name: known.name ?? stream.name });
    }
  }

  if (channels.size === 0) {
    const forbidden = refusals.find((refusal) => refusal instanceof PermissionError);
    if (forbidden !== undefined) throw forbidden;
  }
  return [...channels.values()].sort((a, b) => a.channel - b.channel);
}

function ownLens(channel: number): Channel {
  return {
    channel,
    name: null,
    kind: 'camera',
    online: null,
    reason: null,
    address: null,
    model: null,
    serial: null,
    firmware: null,
  };
}

function storageFrom(document: XmlElement): Storage {
  return {
    disks: [...all(find(document, 'hddList'), 'hdd'), ...all(find(document, 'ssdList'), 'ssd')].map(diskFrom),
    network: all(find(document, 'nasList'), 'nas').map(networkDiskFrom),
    workMode: textAt(document, 'workMode'),
  };
}

function diskFrom(item: XmlElement): Disk {
  return {
    id: numberAt(item, 'id'),
    name: textAt(item, 'hddName') ?? textAt(item, 'ssdName'),
    kind: textAt(item, 'hddType') ?? textAt(item, 'ssdType'),
    status: textAt(item, 'status'),
    capacityMb: numberAt(item, 'capacity'),
    freeMb: numberAt(item, 'freeSpace'),
    property: textAt(item, 'property'),
    address: textAt(item, 'ipAddress'),
    path: textAt(item, 'hddPath'),
  };
}

function networkDiskFrom(item: XmlElement): Disk {
  return {
    id: numberAt(item, 'id'),
    name: textAt(item, 'nasName'),
    // `nasType` says NFS even for a share that is mounted as SMB (DS-2CD2443G0-IW V5.6.5).
    kind: textAt(item, 'mountType') ?? textAt(item, 'nasType'),
    status: textAt(item, 'status'),
    capacityMb: numberAt(item, 'capacity'),
    freeMb: numberAt(item, 'freeSpace'),
    property: textAt(item, 'property'),
    address: textAt(item, 'ipAddress') ?? textAt(item, 'hostName'),
    path: textAt(item, 'path'),
  };
}

const STORAGE_PATHS = ['/ISAPI/ContentMgmt/Storage', '/ISAPI/ContentMgmt/storage'] as const;

/** The words of ISAPI for the states of a disk (isapi.md §2.7). */
const DISK_WORDS: Readonly<Record<DiskState, string>> = {
  active: 'ok',
  sleeping: 'idle',
  abnormal: 'error',
  sleepingWithError: 'error',
  unformatted: 'unformatted',
  disconnected: 'notexist',
  formatting: 'formatting',
  full: 'ok',
};
/** The words of ISAPI for the attributes of a disk. */
const DISK_PROPERTIES = ['RW', 'Redund', 'RO'] as const;
/** Types that hang on the network, in the words of ISAPI; what the others are plugged into is not said. */
const NETWORK_TYPES = new Map([
  [2, 'NFS'],
  [3, 'iSCSI'],
]);

function nativeDisk(disk: NetDvrDisk): Disk {
  const state = diskStateOf(disk.status);
  return {
    id: disk.number,
    name: null,
    kind: NETWORK_TYPES.get(disk.type) ?? null,
    status: state === null ? null : DISK_WORDS[state],
    capacityMb: disk.capacityMb,
    freeMb: disk.freeMb,
    property: DISK_PROPERTIES[disk.attribute] ?? null,
    address: null,
    path: null,
  };
}

function* nativeStorage(): PortSteps<Storage> {
  let disks: readonly NetDvrDisk[];
  try {
    disks = disksOf(decode(netDvrDisks, yield* askPort('getDisks')));
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    disks = []; // status 11: the device has no disk
  }
  const isNetwork = ({ type }: NetDvrDisk) => NETWORK_TYPES.has(type);
  return {
    disks: disks.filter((disk) => !isNetwork(disk)).map(nativeDisk),
    network: disks.filter(isNetwork).map(nativeDisk),
    workMode: null,
  };
}

export const recorder = {
  listChannels: command({
    title: 'List channels',
    summary: 'Lists the channels of a recorder or camera with their names, and which cameras are online.',
    effect: 'read',
    params: {},
    isapi: listChannels,
    returns: 'The channels by number: name, kind, online, address, model, serial, firmware.',
    paths: [PROXIES_PATH, PROXY_STATUS_PATH, INPUTS_PATH, '/ISAPI/Streaming/channels'],
    source: [
      'ISAPI /ISAPI/ContentMgmt/InputProxy/channels',
      'ISAPI /ISAPI/System/Video/inputs/channels',
      'isapi.md §3.1, §3.3',
    ],
  }),

  storage: command({
    title: 'Read the storage',
    summary: 'Lists disks, cards and network storage with status and free space.',
    effect: 'read',
    params: {},
    *isapi(_args, context): Steps<Storage> {
      const key = 'recorder.storage';
      return storageFrom(yield* firstThatWorks(STORAGE_PATHS, context.memory, key, (path) => getDocument(path)));
    },
    commandPort: nativeStorage,
    returns:
      'Disks, network storage and the work mode. 0 MB free is normal while the oldest recordings are overwritten.',
    paths: STORAGE_PATHS,
    source: ['ISAPI /ISAPI/ContentMgmt/Storage', 'isapi.md §2.7', 'HCNetSDK.h NET_DVR_HDCFG'],
  }),
} as const;
