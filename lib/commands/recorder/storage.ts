/** Disks, cards and network storage. */
import { decode } from '../../codec/layout';
import { diskStateOf, disksOf, netDvrDisks, type DiskState, type NetDvrDisk } from '../../codec/structs';
import { all, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { NotFoundError } from '../../errors';
import { command, getDocument, type Steps } from '../command';
import { askPort, type PortSteps } from '../port';
import type { Disk, Storage } from '../results';
import { firstThatWorks } from '../ways';

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

export const storage = {
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
