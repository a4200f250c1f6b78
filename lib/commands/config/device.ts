/** The device itself: who it is, how it is, a restart. */
import { decode } from '../../codec/layout';
import { buildText, netDvrDevice, versionText } from '../../codec/structs';
import { all, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ConnectionLostError, UnsupportedError } from '../../errors';
import { ask, command, getDocument, type Steps } from '../command';
import { askPort, type PortSteps } from '../port';
import type { DeviceInfo, Restart, Status } from '../results';

/* Device information and status */

const DEVICE_INFO_PATH = '/ISAPI/System/deviceInfo';
const STATUS_PATH = '/ISAPI/System/status';

function deviceInfoFrom(document: XmlElement): DeviceInfo {
  if (document.children.length === 0) {
    throw new UnsupportedError(`${DEVICE_INFO_PATH}: answered with an empty ${document.name}`);
  }
  return {
    name: textAt(document, 'deviceName'),
    model: textAt(document, 'model'),
    firmware: textAt(document, 'firmwareVersion'),
    firmwareReleased: textAt(document, 'firmwareReleasedDate'),
    serial: textAt(document, 'serialNumber'),
    mac: textAt(document, 'macAddress'),
    deviceType: textAt(document, 'deviceType'),
    deviceId: textAt(document, 'deviceID'),
    hardware: textAt(document, 'hardwareVersion'),
    manufacturer: textAt(document, 'manufacturer'),
  };
}

function statusFrom(document: XmlElement): Status {
  const loads = all(find(document, 'CPUList'), 'CPU').map((cpu) => numberAt(cpu, 'cpuUtilization'));
  const known = loads.filter((load) => load !== null);
  const memory = find(document, 'MemoryList/Memory');
  return {
    time: textAt(document, 'currentDeviceTime'),
    uptimeSeconds: numberAt(document, 'deviceUpTime'),
    cpuPercent: known.length === 0 ? null : Math.round(known.reduce((sum, load) => sum + load, 0) / known.length),
    memoryUsage: numberAt(memory, 'memoryUsage'),
    memoryAvailable: numberAt(memory, 'memoryAvailable'),
    temperatureCelsius: numberAt(document, 'TemperatureList/Temperature/temperature'),
    rebootCount: numberAt(document, 'totalRebootCount'),
  };
}

function* nativeDeviceInfo(): PortSteps<DeviceInfo> {
  const device = decode(netDvrDevice, yield* askPort('getDeviceV40'));
  const text = (value: string) => (value === '' ? null : value);
  return {
    name: text(device.name),
    model: text(device.typeName),
    firmware: versionText(device.softwareVersion),
    firmwareReleased: buildText(device.softwareBuild),
    serial: text(device.serial),
    mac: null,
    deviceType: null,
    deviceId: null,
    hardware: null,
    manufacturer: null,
  };
}

/* Restart */

const REBOOT_PATH = '/ISAPI/System/reboot';

function* reboot(): Steps<Restart> {
  try {
    yield* ask({ method: 'PUT', path: REBOOT_PATH });
    return { restarting: true, answered: true };
  } catch (error) {
    // Some devices are gone before they have said yes.
    if (error instanceof ConnectionLostError) return { restarting: true, answered: false };
    throw error;
  }
}

function* nativeReboot(): PortSteps<Restart> {
  try {
    yield* askPort('reboot');
    return { restarting: true, answered: true };
  } catch (error) {
    if (error instanceof ConnectionLostError) return { restarting: true, answered: false };
    throw error;
  }
}

export const device = {
  deviceInfo: command({
    title: 'Read the device information',
    summary: 'Name, model, firmware and serial number as the device says them.',
    effect: 'read',
    params: {},
    *isapi(): Steps<DeviceInfo> {
      return deviceInfoFrom(yield* getDocument(DEVICE_INFO_PATH));
    },
    commandPort: nativeDeviceInfo,
    returns: 'name, model, firmware, serial, mac, deviceType and more; null for what the device does not say.',
    paths: [DEVICE_INFO_PATH],
    source: ['ISAPI /ISAPI/System/deviceInfo', 'isapi.md §2.1', 'HCNetSDK.h NET_DVR_DEVICECFG_V40'],
  }),

  status: command({
    title: 'Read the status',
    summary:
      'Clock, time since the last start, load of processor and memory, and where the device says it temperature and restarts.',
    effect: 'read',
    params: {},
    *isapi(): Steps<Status> {
      return statusFrom(yield* getDocument(STATUS_PATH));
    },
    returns:
      'time, uptimeSeconds, cpuPercent, memoryUsage and memoryAvailable in the units of the device, temperatureCelsius, rebootCount.',
    paths: [STATUS_PATH],
    source: ['ISAPI /ISAPI/System/status', 'isapi.md §2.3'],
  }),

  reboot: command({
    title: 'Restart the device',
    summary: 'Restarts the device. It is away for a minute or two; recordings have a gap.',
    effect: 'danger',
    params: {},
    isapi: reboot,
    commandPort: nativeReboot,
    returns: 'That it restarts, and whether the device said so itself.',
    paths: [REBOOT_PATH],
    source: ['ISAPI /ISAPI/System/reboot', 'isapi.md §2.5'],
  }),
} as const;
