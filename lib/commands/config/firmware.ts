/** The firmware, and an upgrade of it that somebody else began. */
import { booleanAt, numberAt, textAt } from '../../codec/xml';
import { command, type Steps } from '../command';
import { getNamed } from '../documents';
import { optionalDocument } from '../ways';

export interface Firmware {
  readonly version: string | null;
  readonly released: string | null;
  readonly encoderVersion: string | null;
  readonly bootVersion: string | null;
  /** Product line and region in one word, `B-R-G5-0`. */
  readonly platform: string | null;
  /** Null where the device does not say. */
  readonly upgrading: boolean | null;
  readonly upgradePercent: number | null;
}

const INFO_PATH = '/ISAPI/System/deviceInfo';
const UPGRADE_PATH = '/ISAPI/System/upgradeStatus';

function* readFirmware(): Steps<Firmware> {
  const info = yield* getNamed(INFO_PATH, 'DeviceInfo');
  const upgrade = yield* optionalDocument(UPGRADE_PATH);
  return {
    version: textAt(info, 'firmwareVersion'),
    released: textAt(info, 'firmwareReleasedDate'),
    encoderVersion: textAt(info, 'encoderVersion'),
    bootVersion: textAt(info, 'bootVersion'),
    platform: textAt(info, 'firmwareVersionInfo'),
    upgrading: booleanAt(upgrade, 'upgrading'),
    upgradePercent: numberAt(upgrade, 'percent'),
  };
}

export const firmware = {
  firmware: command({
    title: 'Read the firmware',
    summary: 'Version of the firmware, and how far an upgrade is that is under way.',
    effect: 'read',
    params: {},
    isapi: readFirmware,
    returns: 'version, released, encoderVersion, bootVersion, platform, upgrading, upgradePercent.',
    paths: [INFO_PATH, UPGRADE_PATH],
    source: ['ISAPI /ISAPI/System/upgradeStatus', 'isapi.md §2.1, §2.5'],
  }),
} as const;
