/**
 * The devices whose published captures the tests read. The captures lie beside the repository; the page of devices is made from this
 * list, and where the captures are, a test holds the two equal.
 */
export interface CapturedDevice {
  /** In the words of its label. */
  readonly model: string;
  readonly kind: 'camera' | 'thermal camera' | 'recorder' | 'door station' | 'access terminal' | 'alarm panel';
  /** As the capture says it; null where it does not. */
  readonly firmware: string | null;
  /** Files of the captures, without their endings, each with what is read of it. */
  readonly captures: Readonly<Record<string, string>>;
}

export const CAPTURED_DEVICES: readonly CapturedDevice[] = [
  {
    model: 'DS-2CD2146G2-ISU',
    kind: 'camera',
    firmware: 'V5.7.17',
    captures: { 'devices/DS-2CD2146G2-ISU': 'answers of 24 paths' },
  },
  {
    model: 'DS-2CD2155FWD-I',
    kind: 'camera',
    firmware: 'V5.5.0',
    captures: { 'devices/http-exchanges-V5.5.0': 'raw HTTP exchanges with Digest' },
  },
  {
    model: 'DS-2CD2185FWD-I',
    kind: 'camera',
    firmware: null,
    captures: { 'devices/DS-2CD2185FWD-I': 'triggers', 'streams/DS-2CD2185FWD-I': 'a stream of events' },
  },
  {
    model: 'DS-2CD2343G2-I',
    kind: 'camera',
    firmware: null,
    captures: { 'devices/DS-2CD2343G2-I': 'events per channel' },
  },
  {
    model: 'DS-2CD2346G2-ISU/SL',
    kind: 'camera',
    firmware: 'V5.7.18',
    captures: { 'devices/DS-2CD2346G2-ISU': 'answers of 25 paths' },
  },
  {
    model: 'DS-2CD2347G2H-LI',
    kind: 'camera',
    firmware: null,
    captures: { 'devices/DS-2CD2347G2H-LI': 'events per channel' },
  },
  {
    model: 'DS-2CD2386G2-IU',
    kind: 'camera',
    firmware: 'V5.7.15',
    captures: { 'devices/DS-2CD2386G2-IU': 'answers of 24 paths' },
  },
  {
    model: 'DS-2CD2443G0-IW',
    kind: 'camera',
    firmware: 'V5.6.5',
    captures: { 'devices/DS-2CD2443G0-IW': 'answers of 22 paths' },
  },
  {
    model: 'DS-2CD2T46G2-ISU/SL',
    kind: 'camera',
    firmware: 'V5.7.18',
    captures: { 'devices/DS-2CD2T46G2-ISU': 'answers of 25 paths' },
  },
  {
    model: 'DS-2CD3T86FWDV2-I3S',
    kind: 'camera',
    firmware: null,
    captures: { 'streams/DS-2CD3T86FWDV2-I3S': 'a stream of events' },
  },
  {
    model: 'DS-2DF8C832MX-ZDK',
    kind: 'camera',
    firmware: 'V5.10.0',
    captures: { 'devices/DS-2DF8C832MX-ZDK': 'answers of 5 paths' },
  },
  {
    model: 'DS-FB2127',
    kind: 'camera',
    firmware: 'V5.2.2',
    captures: { 'devices/DS-FB2127': 'answers of 6 paths, Basic only' },
  },
  {
    model: 'DS-FCN8027-VIK',
    kind: 'camera',
    firmware: null,
    captures: { 'streams/DS-FCN8027-VIK': 'a stream of events' },
  },
  {
    model: 'DS-2TD1228-2-QA',
    kind: 'thermal camera',
    firmware: 'V5.5.98',
    captures: { 'devices/DS-2TD1228-2-QA': 'answers of 23 paths' },
  },
  {
    model: 'ACR4-40 (OEM)',
    kind: 'recorder',
    firmware: null,
    captures: { 'devices/ACR4-40': 'storage' },
  },
  {
    model: 'DS-7608NI-K2',
    kind: 'recorder',
    firmware: null,
    captures: { 'devices/DS-7608NI-K2': 'status, clock' },
  },
  {
    model: 'DS-7608NXI-I2/8P/S',
    kind: 'recorder',
    firmware: 'V4.62.210',
    captures: { 'devices/DS-7608NXI-I2': 'answers of 43 paths' },
  },
  {
    model: 'DS-7616NI-Q2/16P',
    kind: 'recorder',
    firmware: 'V4.30.097',
    captures: { 'devices/DS-7616NI-Q2': 'answers of 93 paths' },
  },
  {
    model: 'DS-7804N-R2/4P',
    kind: 'recorder',
    firmware: null,
    captures: { 'streams/DS-7804N-R2-4P': 'a stream of events' },
  },
  {
    model: 'DS-8632N-I8',
    kind: 'recorder',
    firmware: 'V4.61.030',
    captures: { 'devices/DS-8632N-I8': 'answers of 9 paths', 'streams/DS-8632N-I8': 'a stream of events' },
  },
  {
    model: 'iDS-7204HUHI-M1/E',
    kind: 'recorder',
    firmware: 'V4.75.011',
    captures: { 'devices/iDS-7204HUHI-M1': 'answers of 48 paths' },
  },
  {
    model: '16-channel recorder, model not said',
    kind: 'recorder',
    firmware: null,
    captures: { 'devices/NVR-HikSink': 'triggers', 'streams/NVR-a': 'a stream of 2,750 parts' },
  },
  {
    model: 'DS-KD8003, DS-KV6113, DS-KV8213-WME1',
    kind: 'door station',
    firmware: null,
    captures: { 'devices/doorbell-misc': 'call state, call signals, doors' },
  },
  {
    model: 'DS-K1T341AM',
    kind: 'access terminal',
    firmware: 'V3.2.30',
    captures: { 'devices/DS-K1T341AM': 'device information' },
  },
  {
    model: 'DS-K1T8003MF',
    kind: 'access terminal',
    firmware: 'V1.3.37',
    captures: { 'devices/userCheck-locked': 'a locked account' },
  },
  {
    model: 'AX PRO',
    kind: 'alarm panel',
    firmware: null,
    captures: { 'devices/AXPRO-zoneStatus': 'zones' },
  },
  {
    model: 'DS-PHA20-P (AX Hybrid)',
    kind: 'alarm panel',
    firmware: null,
    captures: { 'devices/DS-PHA20-P': 'relays, zones' },
  },
  {
    model: 'DS-PWA64-L-WE (AX PRO)',
    kind: 'alarm panel',
    firmware: 'V1.2.9',
    captures: { 'devices/DS-PWA64-L-WE': 'device information' },
  },
];

/** Captures of several devices, or of one that nobody named. */
export const UNNAMED_CAPTURES: readonly string[] = [
  'devices/PTZPresetList',
  'devices/error-responses',
  'devices/error-search-500',
  'devices/httpHosts-ipc_list',
  'devices/httpHosts-nvr_single_item',
  'devices/storage-hdd1_nas1',
  'streams/push-ANPR',
  'streams/pyhik62',
];
