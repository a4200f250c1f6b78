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

/** kind (`heartbeat` for one), eventType, state, channel, time, target. */
type Row = readonly [
  kind: string,
  eventType: string,
  active: boolean,
  channel: number | null,
  time: string | null,
  target?: string,
];

const EVENTS: Readonly<Record<string, Row>> = {
  'ANPR-1.xml': ['plate', 'ANPR', true, 1, '2023-08-11T13:49:00+01:00'],
  'ANPR-2.xml': ['plate', 'ANPR', true, 1, '2034-01-04T15:57:03+08:00'],
  'ANPR-3.xml': ['plate', 'ANPR', true, 1, '2026-07-05T20:44:40+01:00'],
  'AccessControllerEvent-1.json': ['access', 'AccessControllerEvent', true, null, '2024-08-26T12:32:28+01:00'],
  'AccessControllerEvent-2.json': ['access', 'AccessControllerEvent', true, 1, '2025-10-22T13:43:48+08:00'],
  'PIR-1.xml': ['pir', 'PIR', true, 1, '2023-04-06T22:22:21+01:00'],
  'PeopleCounting-1.xml': ['peopleCounting', 'PeopleCounting', true, 1, '2020-07-09T12:07:07+08:00'],
  'VMD-1.xml': ['motion', 'VMD', true, 1, '2025-03-05T10:50:46+00:00', 'human'],
  'VMD-2.xml': ['motion', 'VMD', true, 5, '2026-05-13T10:30:46+02:00'],
  'VMD-3.xml': ['motion', 'VMD', true, 2, '2024-11-13T20:20:48+01:00'],
  'VMD-4.xml': ['motion', 'VMD', false, 1, '2021-07-02T14:28:07+08:00'],
  'axpro-zoneUpdate-1.json': ['alarmPanel', 'zoneUpdate', true, null, null],
  'cidEvent-1.json': ['alarmPanel', 'cidEvent', true, 1, '2024-12-12T15:00:59+01:00'],
  'diskerror-1.xml': ['diskError', 'diskerror', true, null, '2023-07-23T11:46:03+02:00'],
  'duration-1.xml': ['intrusion', 'duration', true, 1, '2020-08-30T18:27:47+01:00'],
  'faceCapture-head.json': ['face', 'faceCapture', true, 8, '2025-08-13T08:18:53-07:00'],
  'fielddetection-1.xml': ['intrusion', 'fielddetection', true, 1, '2022-01-31T13:53:05+01:00', 'human'],
  'fielddetection-2.xml': ['intrusion', 'duration', true, 1, '2023-01-23T23:27:25+01:00'],
  'fielddetection-3.xml': ['intrusion', 'fielddetection', true, 2, '2023-01-13T19:16:39+01:00'],
  'fielddetection-4.xml': ['intrusion', 'fielddetection', true, 1, '2020-08-30T18:27:46+01:00', 'human'],
  'heartbeat-1.xml': ['heartbeat', 'other', false, null, '2018-01-31T07:21:21-05:00'],
  'io-1.xml': ['alarmInput', 'IO', true, 1, '2024-11-19T16:53:28+01:00'],
  'io-2.xml': ['alarmInput', 'IO', true, 1, '2024-11-19T16:53:28+01:00'],
  'linedetection-1.xml': ['lineCrossing', 'linedetection', true, 5, '2019-11-17T17:53:42+00:00'],
  'linedetection-2.xml': ['lineCrossing', 'linedetection', true, 1, '2021-07-02T14:27:59+08:00'],
  'linedetection-3.xml': ['lineCrossing', 'linedetection', false, 1, '2021-07-02T14:28:04+08:00'],
  'linedetection-4.xml': ['lineCrossing', 'linedetection', true, 5, '2021-07-02T15:38:13+10:00'],
  'radar-cid-1.json': ['alarmPanel', 'cidEvent', true, 1, '2012-01-13T03:58:19+01:00'],
  'thermometry-1.xml': ['motion', 'VMD', true, 2, '2024-11-13T20:20:52+01:00'],
  'videoloss-1.xml': ['heartbeat', 'videoloss', false, 1, '2020-08-30T18:27:21+01:00'],
  'videoloss-2.xml': ['videoLoss', 'videoloss', true, 16, '2021-07-02T15:30:56+10:00'],
};

/** Whole parts by kind, eventType, state and channel; what the last one, when cut off, still tells. */
interface Stream {
  readonly parts: Readonly<Record<string, number>>;
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
    first: '2021-07-02T15:30:56+10:00',
    last: '2021-07-02T15:41:19+10:00',
  },
  'push-ANPR.bin': {
    parts: { 'plate ANPR active 1': 1 },
    first: '2023-08-11T13:49:00+01:00',
    last: '2023-08-11T13:49:00+01:00',
  },
  'pyhik62.bin': {
    parts: {
      'heartbeat videoloss inactive 1': 2,
      'intrusion fielddetection active 1': 1,
      'intrusion duration active 1': 3,
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
    for (const [name, [kind, eventType, active, channel, time, target = null]] of Object.entries(EVENTS)) {
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
        expect(lines[0]).not.toHaveProperty('truncated');
        expect(lines[0]).not.toHaveProperty('error');
      });
    }

    it('details: plates, people, cards, zones, ports, addresses of pictures', async () => {
      const details = async (name: string): Promise<unknown> => (await decode(`events/${name}`))[0]?.['details'];
      expect(await details('ANPR-1.xml')).toMatchObject({
        plate: 'AA00000',
        confidence: 100,
        vehicleColor: 'white',
        country: '5',
        list: 'otherList',
      });
      expect(await details('ANPR-2.xml')).toMatchObject({
        plate: '蓝苏A00000',
        confidence: 78,
        direction: 'reverse',
        list: 'temporary',
        vehicleSpeed: 0,
      });
      expect(await details('ANPR-3.xml')).toMatchObject({
        plate: 'AA0000A',
        vehicleType: 'SUVMPV',
        vehicleColor: 'black',
        UUID: 'x',
      });
      expect(await details('AccessControllerEvent-1.json')).toMatchObject({
        major: 5,
        minor: 21,
        door: 1,
        serialNo: 257,
        card: null,
      });
      expect(await details('AccessControllerEvent-2.json')).toMatchObject({
        major: 5,
        minor: 38,
        card: '11',
        person: '001',
        personName: 'Person A',
        reader: 1,
      });
      expect(await details('PeopleCounting-1.xml')).toMatchObject({
        enter: 70,
        exit: 75,
        childEnter: 0,
        childExit: 0,
        statistics: 'realTime',
        countedAt: '2020-07-09T12:07:07+08:00',
        region: '1',
      });
      expect(await details('cidEvent-1.json')).toMatchObject({
        code: 3401,
        partition: 1,
        partitionName: 'AREA 1',
        panelEvent: 'armAndDisarm',
        key: 'armAway',
        meaning: 'Armed away',
        category: 'arm',
        isRestore: false,
        user: 'username',
        zone: null,
      });
      expect(await details('radar-cid-1.json')).toMatchObject({
        code: 3103,
        key: 'instantZone',
        standardCode: 3130,
        zone: 1,
        category: 'restore',
        isRestore: true,
      });
      expect(await details('axpro-zoneUpdate-1.json')).toMatchObject({
        zoneUpdate: { id: 0, name: 'Strefa przewodowa 1', armed: true },
      });
      expect(await details('io-1.xml')).toEqual({ port: 1, rawPort: '1' });
      expect(await details('VMD-1.xml')).toEqual({
        pictureUrl:
          'http://192.168.20.24:80/picture/Streaming/tracks/103/?name=ch00001_00000000012032933529600294553&size=294553',
      });
      expect(await details('faceCapture-head.json')).toMatchObject({
        faceCapture: [{ faces: [{ faceId: 1, faceScore: 25 }] }],
      });
      expect(await details('VMD-2.xml')).toEqual({});
    });
  });

  describe('streams', () => {
    for (const [name, { parts, first, last, cutOff }] of Object.entries(STREAMS)) {
      it(name, async () => {
        const lines = await decode(`streams/${name}`);
        expect(lines.map(({ index }) => index)).toEqual(lines.map((_, at) => at));
        const whole = lines.filter((line) => line['truncated'] !== true);
        expect(tally(whole.map(shape))).toEqual(parts);
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
        { name: '2023081113490182400fSXqc8CQHtdNG.jpg', contentType: 'image/jpeg', sizeBytes: 36 },
        { name: '2023081113490182400EgqBZCXSSOD9V.jpg', contentType: 'image/jpeg', sizeBytes: 36 },
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
    const said = (notice: Notice): string =>
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
      return 'notice' in classified ? said(classified.notice) : `unreadable ${classified.unreadable.head}`;
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
