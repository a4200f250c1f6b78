/** What is wrong with the device, and who tried to get in. */
import type { Source } from './source';

export interface DiskDetails {
  /** As the device counts them, from 1. */
  readonly disk: number | null;
  readonly diskName: string | null;
  /** `full`, `error`, `unformatted`, `recovered`, `impact`, `badBlocks`, `tooHot`, `tooCold`, `failing`, `raid`, or its own word. */
  readonly state: string | null;
}

export interface NetworkDetails {
  /** The network port of the device, from 1. */
  readonly port: number | null;
  readonly portName: string | null;
}

export interface AddressConflictDetails extends NetworkDetails {
  /** The address that two devices have. */
  readonly conflictIp: string | null;
  /** Who else has it. */
  readonly conflictMac: string | null;
}

export interface IllegalAccessDetails {
  /** Where it came from. */
  readonly address: string | null;
  /** The name that was tried. */
  readonly user: string | null;
}

/** By the name of the event. */
const DISK_STATES: Readonly<Record<string, string>> = {
  diskfull: 'full',
  hdfull: 'full',
  storagefull: 'full',
  diskerror: 'error',
  hderror: 'error',
  diskunformat: 'unformatted',
  diskrecover: 'recovered',
  hdimpact: 'impact',
  hdbadblock: 'badBlocks',
  highhdtemperature: 'tooHot',
  lowhdtemperature: 'tooCold',
  severehdfailure: 'failing',
  raidfailure: 'raid',
};

export function diskDetails(source: Source): DiskDetails {
  const { eventType } = source;
  const known = Object.hasOwn(DISK_STATES, eventType) ? DISK_STATES[eventType] : undefined;
  return {
    disk: source.number('diskNo', 'hddNo', 'diskNumber', 'diskID', 'hddID', 'HDDID'),
    diskName: source.text('diskName', 'hddName'),
    state: known ?? source.text('diskStatus', 'hddStatus', 'healthStatus', 'status'),
  };
}

export function networkDetails(source: Source): NetworkDetails {
  return {
    port: source.number('networkInterfaceID', 'networkPort', 'netPort', 'nicNo', 'NICNo', 'interfaceID'),
    portName: source.text('networkInterfaceName', 'nicName', 'interfaceName'),
  };
}

/** Within an object of the message `ipAddress` is that of the other one; at its top it is the device's own. */
export function addressConflictDetails(source: Source): AddressConflictDetails {
  return {
    ...networkDetails(source),
    conflictIp: source.text('conflictIP', 'conflictIPAddress', 'conflictIPv4Address', 'ipAddress'),
    conflictMac: source.text('conflictMAC', 'conflictMACAddress', 'MACAddr', 'macAddress'),
  };
}

export function illegalAccessDetails(source: Source): IllegalAccessDetails {
  return {
    address: source.text('remoteHostAddr', 'remoteIPAddress', 'sourceIP', 'loginIP', 'clientIP', 'ip', 'ipAddress'),
    user: source.text('userName', 'loginUser', 'netUser', 'user'),
  };
}
