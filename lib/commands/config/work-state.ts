/** Is the device well, with its disks? In both encodings of the same thing. */
import { jsonList, jsonNumber } from '../../codec/json';
import { decode } from '../../codec/layout';
import { netDvrWorkState } from '../../codec/structs';
import { all, find, numberAt } from '../../codec/xml';
import type { HikvisionError } from '../../errors';
import { command, type Steps } from '../command';
import { optionalJson } from '../json';
import { askPort, type PortSteps } from '../port';
import { mostTelling, optionalDocument } from '../ways';

export interface DiskState {
  readonly id: number;
  readonly capacityMb: number | null;
  readonly freeMb: number | null;
  readonly asleep: boolean | null;
  readonly failed: boolean | null;
}

export interface WorkState {
  /** Busy is a processor above 85 %, failed broken hardware; null where the device does not say. */
  readonly state: 'well' | 'busy' | 'failed' | null;
  /** Null where the device does not say. */
  readonly disks: readonly DiskState[] | null;
}

const STATUS_PATH = '/ISAPI/System/status';
const DISKS_PATH = '/ISAPI/System/workingstatus/hdStatus?format=json';

/** What the vendor's own structure calls busy. */
const BUSY_PERCENT = 85;
const ASLEEP = 1;
const FAILED = 2;
/** Two bits; larger numbers are states of their own. */
const MAX_BITS = 3;

function bitOf(status: number | null, bit: number): boolean | null {
  return status === null || status > MAX_BITS ? null : (status & bit) === bit;
}

function* workState(): Steps<WorkState> {
  const refusals: HikvisionError[] = [];
  const status = yield* optionalDocument(STATUS_PATH, refusals);
  const document = yield* optionalJson(DISKS_PATH, refusals);
  if (status === undefined && document === undefined) throw mostTelling(refusals) as HikvisionError;
  const loads = all(find(status, 'CPUList'), 'CPU')
    .map((cpu) => numberAt(cpu, 'cpuUtilization'))
    .filter((load) => load !== null);
  const disks = jsonList(document, 'HDStatus').flatMap((item) => {
    const id = jsonNumber(item, 'hdNo');
    if (id === null) return [];
    const state = jsonNumber(item, 'status');
    return [
      {
        id,
        capacityMb: jsonNumber(item, 'volume'),
        freeMb: jsonNumber(item, 'freeSpace'),
        asleep: bitOf(state, ASLEEP),
        failed: bitOf(state, FAILED),
      },
    ];
  });
  return {
    state: loads.length === 0 ? null : Math.max(...loads) > BUSY_PERCENT ? 'busy' : 'well',
    disks: document === undefined ? null : disks,
  };
}

/** Places without a disk are left out. */
function* nativeWorkState(): PortSteps<WorkState> {
  const { deviceStatus, disks } = decode(netDvrWorkState, yield* askPort('getWorkState'));
  return {
    state: (['well', 'busy', 'failed'] as const)[deviceStatus] ?? null,
    disks: disks
      .map(({ capacityMb, freeMb, status }, index) => ({
        id: index + 1,
        capacityMb,
        freeMb,
        asleep: bitOf(status & MAX_BITS, ASLEEP),
        failed: bitOf(status & MAX_BITS, FAILED),
      }))
      .filter(({ capacityMb }) => capacityMb > 0),
  };
}

export const work = {
  workState: command({
    title: 'Read the working state',
    summary: 'Whether the device is well, busy or has failed, and the state of its disks.',
    effect: 'read',
    params: {},
    isapi: workState,
    commandPort: nativeWorkState,
    returns: 'state, and the disks: id, capacityMb, freeMb, asleep, failed.',
    paths: [STATUS_PATH, DISKS_PATH],
    source: ['ISAPI /ISAPI/System/workingstatus/hdStatus', 'isapi.md §2.3', 'HCNetSDK.h NET_DVR_WORKSTATE'],
  }),
} as const;
