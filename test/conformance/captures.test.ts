/**
 * Captures of real devices. They lie beside the repository and are no part of it; where they are missing, this is skipped and says so.
 * What is expected was written down by reading the files.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MultipartReader, readParts, type Part } from '../../lib/codec/multipart';
import { find, parseXml, textAt } from '../../lib/codec/xml';
import { Classifier } from '../../lib/events/classify';
import type { Notice } from '../../lib/events/event';
import { fieldsOfBytes, fieldsOfTree } from '../../lib/events/fields';
import { capturesFolder } from '../support/captures';
import { hsp } from '../support/cli';
import { cutEvery } from '../support/parts';

type Line = Record<string, unknown>;

const folder = capturesFolder() ?? '';

async function decode(file: string, ...options: string[]): Promise<Line[]> {
  const { status, out } = await hsp(['decode', join(folder, file), ...options]);
  expect(status).toBe(0);
  return out.map((line) => JSON.parse(line) as Line);
}

/** How often each value occurs. */
function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

type Details = Readonly<Record<string, unknown>>;

/** kind (`heartbeat` for one), eventType, state, channel, time, details, target. */
type Row = readonly [
  kind: string,
  eventType: string,
  active: boolean,
  channel: number | null,
  time: string | null,
  details: Details,
  target?: string,
];

/** What the device said as a whole, beside the details that are made of it. */
const said = (some: Details): unknown => expect.objectContaining(some);

const NO_RULE = { rule: null, ruleName: null, direction: null };

const PLATE_1 = {
  plate: 'AA00000',
  originalPlate: 'AA00000',
  confidence: 100,
  country: '5',
  countryIso: null,
  direction: 'forward',
  lane: '1',
  plateType: 'unknown',
  plateColor: 'unknown',
  plateCategory: null,
  vehicleType: 'vehicle',
  vehicleColor: 'white',
  vehicleLogo: 1060,
  speedKmh: null,
  list: 'otherList',
  uuid: '20230811134901822007gWpiNIuI14ikdwfKR5eDCzuV45RubEmi88qaD5w0YTq',
  pictureInfo: [
    {
      name: 'licensePlatePicture.jpg',
      id: '2023081113490182400fSXqc8CQHtdNG',
      role: 'licensePlate',
      plateRect: null,
      vehicleRect: null,
    },
    {
      name: 'vehiclePicture.jpg',
      id: '2023081113490182400EgqBZCXSSOD9V',
      role: 'vehicle',
      plateRect: { x: 0.544, y: 0.835, width: 0.04, height: 0.035 },
      vehicleRect: null,
    },
  ],
  anpr: said({ licenseBright: '0', plateCharBelieve: '99,99,99,99,99,99,99', CRIndex: '5' }),
  picNum: '2',
  monitoringSiteID: '1',
  DeviceGPSInfo: {
    longitudeType: 'E',
    latitudeType: 'N',
    Longitude: { degree: '0', minute: '0', sec: '0.000000' },
    Latitude: { degree: '0', minute: '0', sec: '0.000000' },
  },
};

const FACE = {
  faceId: 1,
  score: 25,
  ageGroup: 'middle',
  age: null,
  gender: 'male',
  glasses: 'sunglasses',
  mask: null,
  smile: null,
  expression: 'happy',
  beard: null,
  hat: null,
  faceRect: { x: 0.228, y: 0.318, width: 0.041, height: 0.068 },
  faceUrl: 'http://192.168.5.20:86/picture/Streaming/tracks/803/?name=ch00008_00010000894044555929600064990&size=64990',
  person: null,
  personName: null,
  list: null,
  listType: null,
  similarity: null,
};

const EVENTS: Readonly<Record<string, Row>> = {
  'ANPR-1.xml': ['plate', 'ANPR', true, 1, '2023-08-11T13:49:00+01:00', PLATE_1],
  'ANPR-2.xml': [
    'plate',
    'ANPR',
    true,
    1,
    '2034-01-04T15:57:03+08:00',
    {
      plate: '蓝苏A00000',
      originalPlate: null,
      confidence: 78,
      country: '59',
      countryIso: null,
      direction: 'reverse',
      lane: '1',
      plateType: '92TypeCivil',
      plateColor: 'blue',
      plateCategory: null,
      vehicleType: 'buggy',
      vehicleColor: 'unknown',
      vehicleLogo: 0,
      speedKmh: 0,
      list: 'temporary',
      uuid: '46dd0716-1dd2-11b2-821f-8ba17e6f56b7',
      pictureInfo: [
        { name: 'licensePlatePicture.jpg', id: null, role: 'licensePlate', plateRect: null, vehicleRect: null },
        {
          name: 'detectionPicture.jpg',
          id: null,
          role: 'scene',
          plateRect: { x: 0.375, y: 0.645, width: 0.227, height: 0.118 },
          vehicleRect: { x: 0.241, y: 0.086, width: 0.547, height: 0.765 },
        },
      ],
      anpr: said({ illegalInfo: { illegalCode: '0', illegalName: '正常', illegalDescription: '正常' } }),
      deviceID: '123456789',
      picNum: '2',
      pilotStandardSafebelt: 'unknown',
      vicepilotStandardSafebelt: 'unknown',
      VehicleGATInfo: { palteTypeByGAT: '2', plateColorByGAT: '2', vehicleTypeByGAT: 'H20', colorByGAT: 'K' },
    },
  ],
  'ANPR-3.xml': [
    'plate',
    'ANPR',
    true,
    1,
    '2026-07-05T20:44:40+01:00',
    {
      plate: 'AA0000A',
      originalPlate: 'AA0000A',
      confidence: 92,
      country: '7',
      countryIso: null,
      direction: 'reverse',
      lane: '1',
      plateType: 'unknown',
      plateColor: 'unknown',
      plateCategory: null,
      vehicleType: 'SUVMPV',
      vehicleColor: 'black',
      vehicleLogo: 1036,
      speedKmh: null,
      list: 'otherList',
      uuid: 'x',
      pictureInfo: [],
      anpr: said({ licenseBright: '79' }),
    },
  ],
  'AccessControllerEvent-1.json': [
    'access',
    'AccessControllerEvent',
    true,
    null,
    '2024-08-26T12:32:28+01:00',
    {
      key: 'unlocked',
      category: 'door',
      granted: null,
      reason: null,
      method: null,
      major: 5,
      minor: 21,
      door: 1,
      reader: null,
      card: null,
      person: null,
      personName: null,
      userType: null,
      verifyMode: null,
      attendance: null,
      serialNo: 257,
      mask: null,
      temperature: null,
      access: said({ deviceName: 'DS-K1T502DBFWX-C', reportChannel: 5, frontSerialNo: 256, hasRecord: false }),
    },
  ],
  'AccessControllerEvent-2.json': [
    'access',
    'AccessControllerEvent',
    true,
    1,
    '2025-10-22T13:43:48+08:00',
    {
      key: 'fingerprintGranted',
      category: 'access',
      granted: true,
      reason: null,
      method: 'fingerprint',
      major: 5,
      minor: 38,
      door: null,
      reader: 1,
      card: '11',
      person: '001',
      personName: 'Person A',
      userType: 'normal',
      verifyMode: 'cardOrFaceOrFp',
      attendance: 'checkIn',
      serialNo: 139,
      mask: null,
      temperature: null,
      access: said({ verifyNo: 165, label: 'Check In', mask: 'unknown' }),
    },
  ],
  'PIR-1.xml': ['pir', 'PIR', true, 1, '2023-04-06T22:22:21+01:00', {}],
  'PeopleCounting-1.xml': [
    'peopleCounting',
    'PeopleCounting',
    true,
    1,
    '2020-07-09T12:07:07+08:00',
    {
      enter: 70,
      exit: 75,
      pass: null,
      childEnter: 0,
      childExit: 0,
      people: null,
      statistics: 'realTime',
      countedAt: '2020-07-09T12:07:07+08:00',
      from: null,
      to: null,
      region: '1',
      peopleCounting: said({ enter: '70', exit: '75' }),
    },
  ],
  'VMD-1.xml': [
    'motion',
    'VMD',
    true,
    1,
    '2025-03-05T10:50:46+00:00',
    {
      pictureUrl:
        'http://192.168.20.24:80/picture/Streaming/tracks/103/?name=ch00001_00000000012032933529600294553&size=294553',
    },
    'human',
  ],
  'VMD-2.xml': ['motion', 'VMD', true, 5, '2026-05-13T10:30:46+02:00', {}],
  'VMD-3.xml': ['motion', 'VMD', true, 2, '2024-11-13T20:20:48+01:00', {}],
  'VMD-4.xml': ['motion', 'VMD', false, 1, '2021-07-02T14:28:07+08:00', {}],
  'axpro-zoneUpdate-1.json': [
    'alarmPanel',
    'zoneUpdate',
    true,
    null,
    null,
    {
      code: null,
      key: null,
      meaning: null,
      category: null,
      isRestore: null,
      standardCode: null,
      panelEvent: null,
      zone: 0,
      zoneName: 'Strefa przewodowa 1',
      partition: 1,
      partitionName: null,
      user: null,
      zoneStatus: {
        zone: 0,
        name: 'Strefa przewodowa 1',
        status: 'online',
        open: false,
        tampered: true,
        masked: false,
        bypassed: false,
        armed: true,
        alarm: false,
        battery: null,
        batteryPercent: null,
        signal: null,
        temperatureC: null,
        areas: [1],
        detector: 'passiveInfraredDetector',
        type: 'Instant',
        wireless: false,
        faults: ['tampered'],
      },
      cid: null,
      zoneUpdate: said({ sensorStatus: 'normal', deviceNo: 2, abnormalOrNot: false }),
    },
  ],
  'cidEvent-1.json': [
    'alarmPanel',
    'cidEvent',
    true,
    1,
    '2024-12-12T15:00:59+01:00',
    {
      code: 3401,
      key: 'armAway',
      meaning: 'Armed away',
      category: 'arm',
      isRestore: false,
      standardCode: null,
      panelEvent: 'armAndDisarm',
      zone: null,
      zoneName: null,
      partition: 1,
      partitionName: 'AREA 1',
      user: 'username',
      zoneStatus: null,
      cid: said({ trigger: '2024-12-12T15:00:57+01:00', upload: '2024-12-12T15:00:59+01:00' }),
      uuid: 'x',
      deviceID: 'username',
    },
  ],
  'diskerror-1.xml': [
    'diskError',
    'diskerror',
    true,
    null,
    '2023-07-23T11:46:03+02:00',
    { disk: null, diskName: null, state: 'error' },
  ],
  'duration-1.xml': ['intrusion', 'duration', true, 1, '2020-08-30T18:27:47+01:00', NO_RULE],
  'faceCapture-head.json': [
    'face',
    'faceCapture',
    true,
    8,
    '2025-08-13T08:18:53-07:00',
    { ...FACE, faces: [FACE], faceCapture: [said({ targetAttrs: said({ deviceName: 'NVR 1' }) })] },
  ],
  'fielddetection-1.xml': [
    'intrusion',
    'fielddetection',
    true,
    1,
    '2022-01-31T13:53:05+01:00',
    { ...NO_RULE, rule: 3 },
    'human',
  ],
  'fielddetection-2.xml': ['intrusion', 'duration', true, 1, '2023-01-23T23:27:25+01:00', NO_RULE],
  'fielddetection-3.xml': ['intrusion', 'fielddetection', true, 2, '2023-01-13T19:16:39+01:00', NO_RULE],
  'fielddetection-4.xml': [
    'intrusion',
    'fielddetection',
    true,
    1,
    '2020-08-30T18:27:46+01:00',
    { ...NO_RULE, rule: 1 },
    'human',
  ],
  'heartbeat-1.xml': ['heartbeat', 'other', false, null, '2018-01-31T07:21:21-05:00', {}],
  'io-1.xml': ['alarmInput', 'IO', true, 1, '2024-11-19T16:53:28+01:00', { port: 1, rawPort: '1', name: null }],
  'io-2.xml': ['alarmInput', 'IO', true, 1, '2024-11-19T16:53:28+01:00', { port: 1, rawPort: '1', name: null }],
  'linedetection-1.xml': ['lineCrossing', 'linedetection', true, 5, '2019-11-17T17:53:42+00:00', NO_RULE],
  'linedetection-2.xml': [
    'lineCrossing',
    'linedetection',
    true,
    1,
    '2021-07-02T14:27:59+08:00',
    { ...NO_RULE, rule: 1 },
  ],
  'linedetection-3.xml': ['lineCrossing', 'linedetection', false, 1, '2021-07-02T14:28:04+08:00', NO_RULE],
  'linedetection-4.xml': ['lineCrossing', 'linedetection', true, 5, '2021-07-02T15:38:13+10:00', NO_RULE],
  'radar-cid-1.json': [
    'alarmPanel',
    'cidEvent',
    true,
    1,
    '2012-01-13T03:58:19+01:00',
    {
      code: 3103,
      key: 'instantZone',
      meaning: 'Instant zone alarm over',
      category: 'restore',
      isRestore: true,
      standardCode: 3130,
      panelEvent: 'zoneAlarm',
      zone: 1,
      zoneName: null,
      partition: null,
      partitionName: null,
      user: null,
      zoneStatus: null,
      cid: said({ NVRList: [{ id: 1, ip: '192.168.1.32', port: 8000, channel: 1 }] }),
    },
  ],
  'thermometry-1.xml': ['motion', 'VMD', true, 2, '2024-11-13T20:20:52+01:00', {}],
  'videoloss-1.xml': ['heartbeat', 'videoloss', false, 1, '2020-08-30T18:27:21+01:00', {}],
  'videoloss-2.xml': ['videoLoss', 'videoloss', true, 16, '2021-07-02T15:30:56+10:00', {}],
};

/** Whole parts by kind, eventType, state and channel; the details by kind, eventType and state, where there are any; what the last one, when cut off, still tells. */
interface Stream {
  readonly parts: Readonly<Record<string, number>>;
  readonly details?: Readonly<Record<string, Details>>;
  readonly first: string;
  readonly last: string | null;
  readonly cutOff?: Line;
}

const STREAMS: Readonly<Record<string, Stream>> = {
  'DS-2CD2185FWD-I.bin': {
    parts: {
      'heartbeat videoloss inactive 1': 349,
      'motion VMD active 1': 259,
      'motion VMD inactive 1': 30,
      'lineCrossing linedetection active 1': 112,
      'lineCrossing linedetection inactive 1': 20,
    },
    details: {
      'lineCrossing linedetection active': { ...NO_RULE, rule: 1 },
      'lineCrossing linedetection inactive': NO_RULE,
    },
    first: '2021-07-02T14:25:36+08:00',
    last: '2021-07-02T15:29:37+08:00',
  },
  'DS-2CD3T86FWDV2-I3S.bin': {
    parts: { 'heartbeat videoloss inactive 1': 1, 'motion VMD active 1': 10 },
    first: '2026-09-27T08:23:09+08:00',
    last: '2026-09-27T08:23:20+08:00',
    cutOff: { eventType: 'videoloss', active: false, heartbeat: true, kind: null, channel: 1 },
  },
  'DS-7804N-R2-4P.bin': {
    parts: { 'heartbeat videoloss inactive -': 7 },
    first: '2026-09-27T08:37:33+08:00',
    last: null,
    cutOff: { eventType: null, active: null, kind: null, channel: null },
  },
  'DS-8632N-I8.bin': {
    parts: {
      'motion VMD active 1': 5,
      'motion VMD active 2': 5,
      'motion VMD active 3': 4,
      'motion VMD active 10': 4,
      'motion VMD active 11': 4,
      'motion VMD active 12': 4,
    },
    first: '2026-09-27T08:25:13+08:00',
    last: null,
    cutOff: { eventType: null, active: null, kind: null, channel: null },
  },
  'DS-FCN8027-VIK.bin': {
    parts: { 'heartbeat videoloss inactive 1': 4 },
    first: '2026-09-27T08:17:45+08:00',
    last: '2026-09-27T08:18:27+08:00',
    cutOff: { eventType: null, active: null, kind: null, channel: 1 },
  },
  'NVR-a.bin': {
    parts: {
      'videoLoss videoloss active 16': 1395,
      'motion VMD active 15': 505,
      'motion VMD active 7': 367,
      'motion VMD active 6': 164,
      'motion VMD active 2': 126,
      'motion VMD active 5': 71,
      'motion VMD active 4': 60,
      'motion VMD active 10': 39,
      'motion VMD active 3': 20,
      'lineCrossing linedetection active 5': 2,
      'intrusion fielddetection active 7': 1,
    },
    details: { 'lineCrossing linedetection active': NO_RULE, 'intrusion fielddetection active': NO_RULE },
    first: '2021-07-02T15:30:56+10:00',
    last: '2021-07-02T15:41:19+10:00',
  },
  'push-ANPR.bin': {
    parts: { 'plate ANPR active 1': 1 },
    details: { 'plate ANPR active': PLATE_1 },
    first: '2023-08-11T13:49:00+01:00',
    last: '2023-08-11T13:49:00+01:00',
  },
  'pyhik62.bin': {
    parts: {
      'heartbeat videoloss inactive 1': 2,
      'intrusion fielddetection active 1': 1,
      'intrusion duration active 1': 3,
    },
    details: {
      'intrusion fielddetection active': { ...NO_RULE, rule: 1 },
      'intrusion duration active': NO_RULE,
    },
    first: '2020-08-30T18:27:21+01:00',
    last: '2020-08-30T18:27:47+01:00',
  },
};

/** Read by the tests of commands and of the simulator. */
const DEVICES =
  'ACR4-40.json AXPRO-zoneStatus.json DS-2CD2146G2-ISU.json DS-2CD2185FWD-I.json DS-2CD2343G2-I.json DS-2CD2346G2-ISU.json ' +
  'DS-2CD2347G2H-LI.json DS-2CD2386G2-IU.json DS-2CD2443G0-IW.json DS-2CD2T46G2-ISU.json DS-2DF8C832MX-ZDK.json ' +
  'DS-2TD1228-2-QA.json DS-7608NI-K2.json DS-7608NXI-I2.json DS-7616NI-Q2.json DS-8632N-I8.json DS-FB2127.json ' +
  'DS-K1T341AM.json DS-PHA20-P.json DS-PWA64-L-WE.json NVR-HikSink.json PTZPresetList.xml doorbell-misc.json ' +
  'error-responses.json error-search-500.xml http-exchanges-V5.5.0.json httpHosts-ipc_list.xml ' +
  'httpHosts-nvr_single_item.xml iDS-7204HUHI-M1.json storage-hdd1_nas1.xml userCheck-locked.xml';

const SADP: Readonly<Record<string, string>> = {
  'DS-2CD2320D-I.xml': 'DS-2CD2320D-I',
  'DS-TCG406-E.xml': 'DS-TCG406-E',
  'ws-discovery-DS-TCG406-E.xml': '',
};

const shape = ({ kind, heartbeat, eventType, active, channel }: Line): string =>
  `${heartbeat === true ? 'heartbeat' : String(kind)} ${String(eventType)} ${active === true ? 'active' : 'inactive'} ${typeof channel === 'number' ? channel : '-'}`;

describe.skipIf(folder === '')('captures of real devices (skipped where ../shared/fixtures is missing)', () => {
  it('every file is one that a test reads', () => {
    const list = (name: string): string[] => readdirSync(join(folder, name)).sort();
    expect(readdirSync(folder).sort()).toEqual(['INDEX.md', 'devices', 'events', 'sadp', 'streams']);
    expect(list('events')).toEqual(Object.keys(EVENTS).sort());
    expect(list('streams')).toEqual(Object.keys(STREAMS).sort());
    expect(list('devices')).toEqual(DEVICES.split(' ').sort());
    expect(list('sadp')).toEqual(Object.keys(SADP).sort());
  });

  describe('events', () => {
    for (const [name, [kind, eventType, active, channel, time, details, target = null]] of Object.entries(EVENTS)) {
      it(name, async () => {
        const heartbeat = kind === 'heartbeat';
        const lines = await decode(`events/${name}`);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatchObject({
          index: 0,
          kind: heartbeat ? null : kind,
          eventType,
          active,
          channel,
          heartbeat,
          time,
          target,
          pictures: [],
        });
        expect(lines[0]?.['details']).toEqual(details);
        expect(lines[0]).not.toHaveProperty('truncated');
        expect(lines[0]).not.toHaveProperty('error');
      });
    }
  });

  describe('streams', () => {
    for (const [name, { parts, details = {}, first, last, cutOff }] of Object.entries(STREAMS)) {
      it(name, async () => {
        const lines = await decode(`streams/${name}`);
        expect(lines.map(({ index }) => index)).toEqual(lines.map((_, at) => at));
        const whole = lines.filter((line) => line['truncated'] !== true);
        expect(tally(whole.map(shape))).toEqual(parts);
        for (const line of whole) expect(line['details']).toEqual(details[shape(line).replace(/ \S+$/, '')] ?? {});
        expect(lines.filter((line) => 'error' in line)).toEqual([]);
        expect(lines[0]?.['time']).toBe(first);
        expect(lines.at(-1)?.['time']).toBe(last);
        expect(lines.length - whole.length).toBe(cutOff === undefined ? 0 : 1);
        if (cutOff !== undefined) expect(lines.at(-1)).toMatchObject({ truncated: true, ...cutOff });
      });
    }

    it('as many lines as promised', async () => {
      expect(await decode('streams/NVR-a.bin')).toHaveLength(2_750);
      const camera = await decode('streams/DS-2CD2185FWD-I.bin');
      expect([camera.length, camera.filter(({ heartbeat }) => heartbeat === true).length]).toEqual([770, 349]);
      const short = await decode('streams/pyhik62.bin');
      expect([short.length, short.filter(({ heartbeat }) => heartbeat === true).length]).toEqual([6, 2]);
    });

    it('pictures of a push belong to the plate', async () => {
      const [line] = await decode('streams/push-ANPR.bin');
      expect(line?.['pictures']).toEqual([
        {
          name: '2023081113490182400fSXqc8CQHtdNG.jpg',
          contentType: 'image/jpeg',
          sizeBytes: 36,
          role: 'licensePlate',
        },
        {
          name: '2023081113490182400EgqBZCXSSOD9V.jpg',
          contentType: 'image/jpeg',
          sizeBytes: 36,
          role: 'vehicle',
        },
      ]);
    });
  });

  describe('edges', () => {
    const edgesOf = async (name: string): Promise<Record<string, number>> =>
      tally((await decode(`streams/${name}`, '--edges')).map(({ kind, state }) => `${String(kind)} ${String(state)}`));

    it('DS-2CD2185FWD-I says every end', async () => {
      expect(await edgesOf('DS-2CD2185FWD-I.bin')).toEqual({
        'motion start': 30,
        'motion end': 30,
        'lineCrossing start': 20,
        'lineCrossing end': 20,
      });
      const lines = await decode('streams/DS-2CD2185FWD-I.bin', '--edges');
      expect(lines.filter(({ inferred }) => inferred === true)).toEqual([]);
    });

    it('NVR-a never does', async () => {
      const lines = await decode('streams/NVR-a.bin', '--edges');
      const starts = lines.filter(({ state }) => state === 'start');
      expect(tally(starts.map(({ kind }) => String(kind)))).toEqual({
        motion: 35,
        lineCrossing: 2,
        intrusion: 1,
        videoLoss: 1,
      });
      const channels = starts.filter(({ kind }) => kind === 'motion').map(({ channel }) => channel);
      expect(new Set(channels).size).toBe(8);
      const ends = lines.filter(({ state }) => state === 'end');
      expect(ends.every(({ inferred }) => inferred === true)).toBe(true);
      expect(ends.filter(({ kind }) => kind === 'videoLoss')).toEqual([]);
    });

    it('the others', async () => {
      expect(await edgesOf('pyhik62.bin')).toEqual({ 'intrusion start': 1 });
      expect(await edgesOf('DS-2CD3T86FWDV2-I3S.bin')).toEqual({ 'motion start': 1 });
      expect(await edgesOf('DS-8632N-I8.bin')).toEqual({ 'motion start': 6 });
      expect(await edgesOf('DS-7804N-R2-4P.bin')).toEqual({});
      expect(await edgesOf('DS-FCN8027-VIK.bin')).toEqual({});
      expect(await edgesOf('push-ANPR.bin')).toEqual({ 'plate once': 1 });
    });
  });

  describe('wherever a stream is cut', () => {
    /** A notice with everything that it says, on one line. */
    const everything = (notice: Notice): string =>
      JSON.stringify([
        notice.heartbeat,
        notice.kind,
        notice.eventType,
        notice.active,
        notice.channel,
        notice.rawChannel,
        notice.channelName,
        notice.time,
        notice.target,
        notice.targetRect,
        notice.regions,
        notice.subjects,
        notice.details,
        notice.isComplete,
        notice.expectedPictures,
      ]);

    const line = (part: Part, classifier: Classifier): string => {
      if (part.kind === 'picture') return `picture ${part.name} ${createHash('sha1').update(part.body).digest('hex')}`;
      const classified = classifier.classify(part);
      return 'notice' in classified ? everything(classified.notice) : `unreadable ${classified.unreadable.head}`;
    };

    function read(chunks: readonly Buffer[]): string[] {
      const reader = new MultipartReader({}, (skipped) => expect.fail(`skipped ${skipped.head.toString()}`));
      const classifier = new Classifier();
      const lines = chunks.flatMap((chunk) => reader.push(chunk).map((part) => line(part, classifier)));
      return [...lines, ...reader.finish().map((part) => line(part, classifier))];
    }

    for (const name of Object.keys(STREAMS)) {
      it(`${name} gives the same notices`, () => {
        const bytes = readFileSync(join(folder, 'streams', name));
        const whole = read([bytes]);
        for (const size of [1, 7, 100, 1_460, 65_536]) expect(read(cutEvery(bytes, size))).toEqual(whole);
      });
    }
  });

  it('both ways of reading the fields agree on every document, and the short one reads nearly all', () => {
    let short = 0;
    let all = 0;
    for (const kind of ['events', 'streams']) {
      for (const name of readdirSync(join(folder, kind))) {
        for (const part of readParts(readFileSync(join(folder, kind, name)))) {
          if (part.kind !== 'xml' || part.truncated) continue;
          all++;
          const fields = fieldsOfBytes(part.body);
          if (fields === null) continue;
          short++;
          expect(fields).toEqual(fieldsOfTree(parseXml(part.body)));
        }
      }
    }
    expect(all).toBeGreaterThan(3_500);
    expect(short).toBe(all);
  });

  describe('answers to discovery', () => {
    for (const [name, model] of Object.entries(SADP)) {
      it(name, () => {
        const root = parseXml(readFileSync(join(folder, 'sadp', name)));
        // WS-Discovery has a ProbeMatch too, but deeper and without a description.
        expect(root.name).toBe(model === '' ? 'Envelope' : 'ProbeMatch');
        expect(textAt(root, 'DeviceDescription')).toBe(model === '' ? null : model);
        expect(find(root, 'Body/ProbeMatches/ProbeMatch') !== undefined).toBe(model === '');
      });
    }
  });
});
