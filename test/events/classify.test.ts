import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParts } from '../../lib/codec/multipart';
import { Classifier, type ClassifierOptions } from '../../lib/events/classify';
import type { Notice } from '../../lib/events/event';
import { EVENT_KINDS, EVENT_KIND_NAMES, kindOf, type EventKind } from '../../lib/events/kinds';

type Fields = Record<string, string | number>;

const alert = (fields: Fields, more = ''): string =>
  `<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\r\n${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>\r\n`)
    .join('')}${more}</EventNotificationAlert>`;

/** Classifies documents one after another with one classifier. */
function classifyAll(documents: readonly string[], options: ClassifierOptions = {}): Notice[] {
  const classifier = new Classifier(options);
  return documents.map((document) => {
    const [part] = readParts(Buffer.from(document));
    if (part === undefined) throw new Error(`no part in ${document}`);
    const classified = classifier.classify(part);
    if ('unreadable' in classified) throw new Error(classified.unreadable.reason);
    return classified.notice;
  });
}

const classify = (document: string | object, options: ClassifierOptions = {}): Notice =>
  classifyAll([typeof document === 'string' ? document : JSON.stringify(document)], options)[0] as Notice;

function unreadable(document: string): { reason: string; head: string } {
  const [part] = readParts(Buffer.from(document));
  if (part === undefined) throw new Error('no part');
  const classified = new Classifier().classify(part);
  if ('notice' in classified) throw new Error(`readable: ${classified.notice.eventType}`);
  return classified.unreadable;
}

/** Every eventType of isapi.md §6.7, line by line. */
const NAMES: Readonly<Record<string, readonly EventKind[]>> = {
  'VMD motionDetection VMDHumanVehicle': ['motion'],
  'videoloss videoLoss': ['videoLoss'],
  'tamperdetection shelteralarm Shelteralarm hide': ['tamper'],
  linedetection: ['lineCrossing'],
  fielddetection: ['intrusion'],
  regionEntrance: ['regionEntrance'],
  regionExiting: ['regionExit'],
  loitering: ['loitering'],
  group: ['crowd'],
  rapidMove: ['running'],
  parking: ['parking'],
  unattendedBaggage: ['unattendedBaggage'],
  attendedBaggage: ['objectRemoval'],
  scenechangedetection: ['sceneChange'],
  'defocus defocusDetection': ['defocus'],
  'audioexception audioDetection audioLoss': ['audio'],
  'facedetection faceSnap faceCapture faceContrast alarmResult faceContrastSuccess faceContrastFailure': ['face'],
  'whiteListFaceContrast blackListFaceContrast PictureCaptureComparision faceLib faceSnapModeling': ['face'],
  'humanAttribute HUMANATTRIBUTE humanRecognition targetCapture peopleDetection mixedTargetDetection': ['person'],
  'MTD_face MTD_human': ['person'],
  'MTD_vehicle MTD_nonMotor HVTVehicleDetection': ['vehicle'],
  PIR: ['pir'],
  'WLSensor callhelp IO io softIO': ['alarmInput'],
  diskfull: ['diskFull'],
  'diskerror storageDetection diskrecover': ['diskError'],
  'hdImpact hdBadBlock highHDTemperature lowHDTemperature severeHDFailure raidfailure': ['diskError'],
  spareException: ['deviceFault'],
  'recordingfailure recordException': ['recording'],
  nicbroken: ['networkBroken'],
  ipconflict: ['ipConflict'],
  illaccess: ['illegalAccess'],
  'badvideo videomismatch resolutionmismatch': ['videoQuality'],
  'ipcDisconnect ipcconnect': ['networkBroken', 'other'],
  'fanfailure overheat poePowerException voltageInstable abnormalReboot certificateRevocation': ['deviceFault'],
  'POS analytics': ['other'],
  'thermometry TMPA TMA TDA temperature': ['temperature'],
  'fireDetection smokeDetection smokeAndFireDetection': ['fire'],
  'shipsDetection shipsFlowDetection': ['ship'],
  'PeopleCounting counting framesPeopleCounting': ['peopleCounting'],
  reverseEntrance: ['behavior'],
  'personDensityDetection personQueueDetection': ['crowd'],
  'heatmap heatmapPDC heatmapDuration intersectionAnalysis': ['other'],
  'ANPR vehicledetection vehicleDetection vehicleRcogResult vehicleControl': ['plate'],
  'allVehicleList whiteList blackList otherVehicleList': ['plate'],
  'AID_abandonedObject AID_pedestrian AID_congestion AID_roadBlock AID_construction AID_trafficAccident': [
    'trafficIncident',
  ],
  'AID_fogDetection illegalParking pedestrian trafficAccident construction roadblock abandonedObject': [
    'trafficIncident',
  ],
  'parallelParking trafficJam congestion overSpeed': ['trafficIncident'],
  'TFS_illegalParking TFS_wrongDirection TFS_crossLane TFS_laneChange TFS_turnRound TFS_parallelParking': [
    'trafficIncident',
  ],
  'TFS_vehicleExist TPS': ['vehicle'],
  'violentMotion failDown leavePosition trial operateOverTime stickUp installScanner behavior': ['behavior'],
  'safetyHelmetDetection objectsThrownDetection': ['behavior'],
  peopleNumChange: ['crowd'],
  retention: ['loitering'],
  running: ['running'],
  humanEnter: ['regionEntrance'],
  faceDetect: ['face'],
  'luma chroma snow streak freeze sigLose clarity jitter block flowers noise ghost purple ICR protectiveFilm': [
    'videoQuality',
  ],
  cameraAngleAnormaly: ['sceneChange'],
  highTempAlarm: ['temperature'],
  abnormalAcceleration: ['deviceFault'],
  'cardMatch AccessControllerEvent': ['access'],
  voiceTalkEvent: ['doorbell'],
  'cidEvent CIDEvent zoneEvent': ['alarmPanel'],
  'onlineUpgradeStatus other duration': ['other'],
};

describe('kinds', () => {
  for (const [names, kinds] of Object.entries(NAMES)) {
    for (const name of names.split(' ')) {
      it(`${name} is ${kinds.join(' or ')}`, () => {
        expect(kinds).toContain(kindOf(name));
        expect(classify(alert({ eventType: name, eventState: 'active' }))).toMatchObject({
          eventType: name,
          active: true,
        });
        expect(kinds).toContain(classify({ eventType: name, eventState: 'active' }).kind);
      });
    }
  }

  it('names of other spelling are the same kind: case, suffix, blanks, U+200B', () => {
    for (const name of [
      'linedetection',
      'LINEDETECTION',
      'LineDetection-1',
      ' linedetection ',
      'line\u200bdetection',
      'linedetection-12',
    ])
      expect(kindOf(name)).toBe('lineCrossing');
    expect(kindOf('TFS_\u200bcrossLane')).toBe('trafficIncident');
    expect(classify(alert({ eventType: 'facedetection-1' }))).toMatchObject({
      kind: 'face',
      eventType: 'facedetection-1',
    });
  });

  it('unknown names are unknown, under the name that the device used', () => {
    for (const name of ['brandNewDetection', 'constructor', '__proto__', 'toString', 'x-1', '探测'])
      expect(classify(alert({ eventType: name }))).toMatchObject({
        kind: 'unknown',
        eventType: name,
        heartbeat: false,
        active: true,
      });
  });

  it('`once` are these and no others, and each name belongs to one kind', () => {
    const once = EVENT_KIND_NAMES.filter((kind) => EVENT_KINDS[kind].edges === 'once');
    expect([...once].sort()).toEqual(['access', 'alarmPanel', 'doorbell', 'face', 'peopleCounting', 'plate']);
    const names = EVENT_KIND_NAMES.flatMap((kind) => [...EVENT_KINDS[kind].names]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });

  it('the kinds that people are promised are all there', () => {
    const promised =
      'motion videoLoss tamper sceneChange lineCrossing intrusion regionEntrance regionExit loitering crowd running parking unattendedBaggage objectRemoval face pir audio alarmInput alarmOutput plate vehicle trafficIncident access doorbell alarmPanel temperature fire peopleCounting radar diskFull diskError networkBroken ipConflict illegalAccess recording deviceFault other unknown';
    expect(EVENT_KIND_NAMES).toEqual(expect.arrayContaining(promised.split(' ')));
  });
});

describe('heartbeats', () => {
  const beats: Record<string, string | object> = {
    'videoloss inactive, count 0': alert({
      channelID: 1,
      activePostCount: 0,
      eventType: 'videoloss',
      eventState: 'inactive',
    }),
    'videoLoss inactive in other case': alert({ activePostCount: 0, eventType: 'videoLoss', eventState: 'Inactive' }),
    'videoloss inactive, count 1, as cameras': alert({
      channelID: 1,
      activePostCount: 1,
      eventType: 'videoloss',
      eventState: 'inactive',
    }),
    'of a recorder, channel 0': alert({
      channelID: 0,
      activePostCount: 0,
      eventType: 'videoloss',
      eventState: 'inactive',
    }),
    'of a recorder, empty channel': alert({
      channelID: '',
      activePostCount: 0,
      eventType: 'videoloss',
      eventState: 'inactive',
    }),
    'of a terminal, count 1, channel 3': {
      eventType: 'videoloss',
      eventState: 'inactive',
      activePostCount: 1,
      channelID: 3,
    },
    'of a door station': alert({ eventType: 'other', eventDescription: 'Heartbeat', eventState: 'inactive' }),
    heartBeat: alert({ eventType: 'heartBeat', eventState: 'active' }),
    'heartBeat in JSON': { eventType: 'heartBeat' },
    'of an alarm panel': { eventType: 'cidEvent', eventState: 'inactive', eventDescription: 'CID event' },
    'of an alarm panel, with more': { eventType: 'cidEvent', eventState: 'inactive', uuid: 'x' },
  };
  for (const [name, document] of Object.entries(beats))
    it(name, () => expect(classify(document)).toMatchObject({ heartbeat: true, kind: null }));

  const events: Record<string, string | object> = {
    'videoloss active': alert({ channelID: 1, activePostCount: 0, eventType: 'videoloss', eventState: 'active' }),
    'other, described as something else': alert({
      eventType: 'other',
      eventDescription: 'Other alarm',
      eventState: 'inactive',
    }),
    'cidEvent inactive with content': { eventType: 'cidEvent', eventState: 'inactive', CIDEvent: { code: 1130 } },
    'VMD inactive with count 0': alert({ activePostCount: 0, eventType: 'VMD', eventState: 'inactive' }),
  };
  for (const [name, document] of Object.entries(events))
    it(`not ${name}`, () => expect(classify(document).heartbeat).toBe(false));
});

describe('loss of video', () => {
  const loss = (state: string, channel: number | string, count = 1, type = 'videoloss'): string =>
    alert({ channelID: channel, activePostCount: count, eventType: type, eventState: state });

  it('that was reported ends with inactive, which is no heartbeat then', () => {
    const notices = classifyAll([loss('active', 2), loss('inactive', 2), loss('inactive', 2)]);
    expect(notices.map(({ heartbeat, kind, active }) => [heartbeat, kind, active])).toEqual([
      [false, 'videoLoss', true],
      [false, 'videoLoss', false],
      [true, null, false],
    ]);
  });

  it('of one channel is not ended by heartbeats of another one or of the device', () => {
    const notices = classifyAll([
      loss('active', 2),
      loss('inactive', 1),
      loss('inactive', '', 1),
      loss('inactive', 2, 0),
      loss('inactive', 2),
    ]);
    expect(notices.map(({ heartbeat }) => heartbeat)).toEqual([false, true, true, true, false]);
  });

  it('under a name with a suffix is the same', () => {
    const notices = classifyAll([
      loss('inactive', 1, 0, 'VideoLoss-1'),
      loss('active', 1, 1, 'videoloss-1'),
      loss('inactive', 1, 1, 'videoloss'),
    ]);
    expect(notices.map(({ heartbeat }) => heartbeat)).toEqual([true, false, false]);
  });
});

describe('duration', () => {
  const duration = (relation: string): string =>
    alert(
      { channelID: 1, eventType: 'duration', eventState: 'active' },
      `<DurationList><Duration><relationEvent>${relation}</relationEvent></Duration></DurationList>`,
    );

  it('has the kind that it relates to, under its own name', () => {
    expect(classify(duration('fielddetection'))).toMatchObject({
      kind: 'intrusion',
      eventType: 'duration',
      active: true,
      channel: 1,
    });
    expect(classify(duration('VMD')).kind).toBe('motion');
    expect(classify(duration('newThing')).kind).toBe('unknown');
    const json = {
      eventType: 'duration',
      eventState: 'active',
      DurationList: [{ Duration: { relationEvent: 'linedetection' } }],
    };
    expect(classify(json).kind).toBe('lineCrossing');
  });

  it('without a relation is something known of no kind', () => {
    expect(classify(alert({ eventType: 'duration' }))).toMatchObject({ kind: 'other', eventType: 'duration' });
  });
});

describe('state', () => {
  it('is active unless the device says inactive', () => {
    for (const [state, active] of [
      ['active', true],
      ['inactive', false],
      ['INACTIVE', false],
      ['', true],
      ['Active', true],
      ['odd', true],
    ] as const)
      expect(classify(alert({ eventType: 'VMD', eventState: state })).active).toBe(active);
    expect(classify({ eventType: 'VMD' }).active).toBe(true);
  });
});

describe('channels', () => {
  const known = new Set([1, 2, 3, 4, 33, 34]);
  const table: readonly (readonly [
    fields: Fields,
    channel: number | null,
    raw: number | string | null,
    options?: ClassifierOptions,
  ])[] = [
    [{ channelID: 1 }, 1, 1],
    [{ dynChannelID: 5 }, 5, 5],
    [{ dynChannelID: 5, channelID: 9 }, 5, 5],
    [{ channelID: 9, dynChannelID: 0 }, 9, 9],
    [{ channelID: 9, dynChannelID: '' }, 9, 9],
    [{ channelID: '', dynChannelID: '' }, null, null],
    [{}, null, null],
    [{ channelID: 0 }, null, 0],
    [{ channelID: -1 }, null, -1],
    [{ channelID: 'all' }, null, 'all'],
    [{ channelID: 32 }, 32, 32],
    [{ channelID: 33 }, 1, 33],
    [{ channelID: 34 }, 2, 34],
    [{ dynChannelID: 34 }, 34, 34],
    // With the device's own channels known
    [{ channelID: 34 }, 34, 34, { channels: known }],
    [{ channelID: 36 }, 4, 36, { channels: known }],
    [{ channelID: 99 }, 99, 99, { channels: known }],
    [{ channelID: 35 }, 3, 35, { channels: new Set() }],
  ];
  for (const [fields, channel, raw, options] of table) {
    it(`${JSON.stringify(fields)}${options === undefined ? '' : ' of a known device'} is ${channel}`, () => {
      expect(classify(alert({ ...fields, eventType: 'VMD' }), options)).toMatchObject({ channel, rawChannel: raw });
    });
  }

  it('known later count from then on', () => {
    const classifier = new Classifier();
    const [part] = readParts(Buffer.from(alert({ channelID: 34, eventType: 'VMD' })));
    if (part === undefined) throw new Error('no part');
    const channel = (): unknown => {
      const classified = classifier.classify(part);
      return 'notice' in classified ? classified.notice.channel : null;
    };
    expect(channel()).toBe(2);
    classifier.setChannels(known);
    expect(channel()).toBe(34);
  });
});

describe('alarm inputs', () => {
  it('local ones, and those of the cameras of a recorder: 901 is port 1 of channel 9', () => {
    const camera = classify(alert({ channelID: 1, eventType: 'IO', inputIOPortID: 1 }));
    expect(camera).toMatchObject({
      kind: 'alarmInput',
      channel: 1,
      subjects: ['1'],
      details: { port: 1, rawPort: '1' },
    });
    for (const channel of [{}, { channelID: 0 }, { channelID: '' }]) {
      const recorder = classify(alert({ ...channel, eventType: 'IO', dynInputIOPortID: 901 }));
      expect(recorder).toMatchObject({ channel: 9, subjects: ['901'], details: { port: 1, rawPort: '901' } });
    }
    const local = classify(alert({ eventType: 'IO', inputIOPortID: 4 }));
    expect(local).toMatchObject({ channel: null, subjects: ['4'], details: { port: 4 } });
    expect(classify(alert({ eventType: 'IO' }))).toMatchObject({
      channel: null,
      subjects: [],
      details: { port: null },
    });
    expect(classify(alert({ eventType: 'IO', inputIOPortID: 'A' }))).toMatchObject({
      details: { port: null, rawPort: 'A' },
    });
  });
});

describe('targets and regions', () => {
  const entry = (id: number | string, target = '', rect = ''): string =>
    `<DetectionRegionEntry><regionID>${id}</regionID>${target === '' ? '' : `<detectionTarget>${target}</detectionTarget>`}${rect}</DetectionRegionEntry>`;
  const withRegions = (...entries: string[]): Notice =>
    classify(alert({ eventType: 'fielddetection' }, `<DetectionRegionList>${entries.join('')}</DetectionRegionList>`));

  it('target from the top, from a region, or null for what a rule merely watches for', () => {
    expect(classify(alert({ eventType: 'VMD', targetType: 'human' })).target).toBe('human');
    expect(classify(alert({ eventType: 'VMD', targetType: 'human,vehicle' })).target).toBeNull();
    expect(withRegions(entry(1), entry(2, 'vehicle')).target).toBe('vehicle');
    expect(withRegions(entry(1, 'human,vehicle')).target).toBeNull();
    expect(classify(alert({ eventType: 'VMD' })).target).toBeNull();
  });

  it('the subjects are the regions named', () => {
    expect(withRegions(entry(3)).subjects).toEqual(['3']);
    expect(withRegions(entry(3), entry(1), entry(3)).subjects).toEqual(['3', '1']);
    expect(withRegions(entry(0)).subjects).toEqual([]);
    expect(withRegions(entry('')).subjects).toEqual([]);
    expect(withRegions(entry(0), entry('x')).subjects).toEqual([]);
    expect(withRegions().subjects).toEqual([]);
  });

  it('the first rectangle is the target', () => {
    const rect = '<TargetRect><X>600</X><Y>215</Y><width>135</width><height>505</height></TargetRect>';
    expect(withRegions(entry(1), entry(2, '', rect)).targetRect).toEqual({
      x: 0.6,
      y: 0.215,
      width: 0.135,
      height: 0.505,
    });
  });
});

describe('time', () => {
  it('as the device said it, or null', () => {
    expect(classify(alert({ eventType: 'VMD', dateTime: '2024-05-01T12:34:56+08:00' }))).toMatchObject({
      time: '2024-05-01T12:34:56+08:00',
      timeMs: Date.parse('2024-05-01T04:34:56Z'),
      timeHasOffset: true,
    });
    expect(classify(alert({ eventType: 'VMD', dateTime: '2019-11-17T17:53:4200:00' })).time).toBe(
      '2019-11-17T17:53:42+00:00',
    );
    expect(classify(alert({ eventType: 'VMD', dateTime: 'yesterday' }))).toMatchObject({
      time: null,
      timeMs: null,
      timeHasOffset: false,
    });
    expect(classify(alert({ eventType: 'VMD' })).time).toBeNull();
  });
});

describe('pictures announced', () => {
  const count = (fields: Fields): number => classify(alert({ eventType: 'VMD', ...fields })).expectedPictures;

  it('follow as parts unless the device gives an address', () => {
    expect(count({ detectionPicturesNumber: 1 })).toBe(1);
    expect(count({ picNum: 2, detectionPictureTransType: 'binary' })).toBe(2);
    expect(count({ detectionPicturesNumber: 1, detectionPictureTransType: 'url' })).toBe(0);
    expect(count({ detectionPicturesNumber: 1, detectionPictureTransType: 'cloudStorageURL' })).toBe(0);
    for (const odd of ['', 'x', -5, '1e9', 'Infinity']) expect(count({ picNum: odd })).toBeLessThanOrEqual(16);
    expect(count({ picNum: -5 })).toBe(0);
  });
});

describe('details', () => {
  it('of a plate: text stays text', () => {
    const notice = classify(
      alert(
        { eventType: 'ANPR', picNum: 2 },
        '<ANPR><licensePlate>0123456</licensePlate><confidenceLevel>92</confidenceLevel><country>5</country><line>2</line><direction>forward</direction><vehicleType>SUVMPV</vehicleType><vehicleInfo><color>white</color><speed>31</speed></vehicleInfo><vehicleListName>otherList</vehicleListName><originalLicensePlate>0123456</originalLicensePlate></ANPR><UUID>u1</UUID>',
      ),
    );
    expect(notice.kind).toBe('plate');
    expect(notice.details).toMatchObject({
      plate: '0123456',
      originalPlate: '0123456',
      confidence: 92,
      country: '5',
      lane: '2',
      direction: 'forward',
      vehicleType: 'SUVMPV',
      vehicleColor: 'white',
      speedKmh: 31,
      list: 'otherList',
      uuid: 'u1',
      anpr: { licensePlate: '0123456' },
    });
  });

  const access = (majorEventType: number, subEventType: number, more: object = {}): object => ({
    eventType: 'AccessControllerEvent',
    eventState: 'active',
    AccessControllerEvent: { majorEventType, subEventType, ...more },
  });

  it('of access: card and person numbers keep their zeros', () => {
    const notice = classify(
      access(5, 38, {
        cardNo: '0011',
        employeeNoString: '001',
        name: 'A',
        doorNo: 1,
        cardReaderNo: 2,
        serialNo: 139,
        currentVerifyMode: 'card',
      }),
    );
    expect(notice).toMatchObject({ kind: 'access', channel: null, retransmitted: false });
    expect(notice.details).toMatchObject({
      major: 5,
      minor: 38,
      card: '0011',
      person: '001',
      personName: 'A',
      door: 1,
      reader: 2,
      serialNo: 139,
      verifyMode: 'card',
    });
  });

  it('of access control: what the pair means', () => {
    expect(classify(access(5, 1)).details).toMatchObject({ key: 'cardGranted', granted: true, method: 'card' });
    expect(classify(access(5, 8)).details).toMatchObject({ granted: false, reason: 'expired', category: 'access' });
    expect(classify(access(3, 1024))).toMatchObject({ kind: 'access', details: { key: 'remoteOpen', granted: null } });
    expect(classify(access(5, 4_000)).details).toMatchObject({ key: 'unknown', granted: null, reason: null });
    const silent = classify(access(5, 21, { currentVerifyMode: 'invalid', attendanceStatus: 'undefined' }));
    expect(silent.details).toMatchObject({ key: 'unlocked', verifyMode: null, attendance: null });
  });

  it('5/37 is a doorbell, also as text, in XML and wrapped', () => {
    expect(classify(access(5, 37)).kind).toBe('doorbell');
    expect(classify(access(5, 21)).kind).toBe('access');
    expect(classify(access(3, 37)).kind).toBe('access');
    const wrapped = classify({ EventNotificationAlert: access(5, 37, { doorNo: 2 }) });
    expect(wrapped).toMatchObject({ kind: 'doorbell', eventType: 'AccessControllerEvent', details: { door: 2 } });
    const xml = alert(
      { eventType: 'AccessControllerEvent' },
      '<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>37</subEventType></AccessControllerEvent>',
    );
    expect(classify(xml).kind).toBe('doorbell');
  });

  it('a stored event is marked, by either word', () => {
    expect(classify(access(5, 21, { currentEvent: false })).retransmitted).toBe(true);
    expect(classify(access(5, 21, { currentEvent: true })).retransmitted).toBe(false);
    expect(classify(alert({ eventType: 'VMD', isDataRetransmission: 'true' })).retransmitted).toBe(true);
    expect(classify(alert({ eventType: 'VMD', isDataRetransmission: 'false' })).retransmitted).toBe(false);
  });

  const cid = (code: number, more: object = {}): Notice =>
    classify({ eventType: 'cidEvent', eventState: 'active', CIDEvent: { code, ...more } });

  it('of an alarm panel: the code tells what was restored, and what armed', () => {
    expect(cid(1130, { zone: 0, system: 1, type: 'zoneAlarm' })).toMatchObject({
      kind: 'alarmPanel',
      details: { code: 1130, zone: 0, partition: 1, panelEvent: 'zoneAlarm', isRestore: false, key: 'burglary' },
    });
    expect(cid(3130).details['isRestore']).toBe(true);
    expect(cid(3401).details['isRestore']).toBe(false);
    expect(cid(1401).details['isRestore']).toBe(false);
    expect(classify({ eventType: 'cidEvent', CIDEvent: {} }).details).toMatchObject({
      code: null,
      isRestore: null,
      key: null,
    });
  });

  it('of an alarm panel: who armed is no zone, and a zone has its name', () => {
    expect(cid(3401, { name: 'Anna', system: 1 }).details).toMatchObject({ user: 'Anna', zone: null, zoneName: null });
    expect(cid(1130, { name: 'Door', zone: 0 }).details).toMatchObject({ user: null, zone: 0, zoneName: 'Door' });
    expect(cid(1999).details).toMatchObject({ key: 'unknown', meaning: 'Code 1999', category: 'unknown' });
  });

  it.each([
    ['in the message', (inner: object) => inner],
    ['in an object of it', (inner: object) => ({ TMA: inner })],
  ])('of a temperature, %s', (_name, place) => {
    const inner = {
      ruleID: 2,
      ruleName: 'Bearing',
      presetNo: 1,
      thermometryUnit: 'celsius',
      currTemperature: 81.5,
      ruleTemperature: 80,
      alarmRule: 'highest temperature above',
    };
    const { kind, details } = classify({ eventType: 'TMA', eventState: 'active', channelID: 2, ...place(inner) });
    expect(kind).toBe('temperature');
    expect(details).toMatchObject({
      level: 'alarm',
      temperature: 81.5,
      limit: 80,
      condition: 'highest temperature above',
      unit: 'celsius',
      rule: 2,
      ruleName: 'Bearing',
      preset: 1,
    });
  });

  it('of a temperature that is not said: nothing is invented', () => {
    expect(classify({ eventType: 'TMPA', eventState: 'active', TMPA: { ruleID: 1 } }).details).toEqual({
      level: 'preAlarm',
      temperature: null,
      limit: null,
      condition: null,
      unit: null,
      rule: 1,
      ruleName: null,
      preset: null,
      TMPA: { ruleID: 1 },
    });
  });

  it('of a count of people in a span', () => {
    const span =
      '<TimeRange><startTime>2020-07-09T12:00:00+08:00</startTime><endTime>2020-07-09T13:00:00+08:00</endTime></TimeRange>';
    const { details } = classify(
      alert(
        { eventType: 'PeopleCounting' },
        `<peopleCounting><statisticalMethods>timeRange</statisticalMethods>${span}<enter>7</enter><exit>5</exit><pass>1</pass></peopleCounting>`,
      ),
    );
    expect(details).toMatchObject({
      enter: 7,
      exit: 5,
      pass: 1,
      childEnter: null,
      countedAt: null,
      from: '2020-07-09T12:00:00+08:00',
      to: '2020-07-09T13:00:00+08:00',
    });
  });

  it('of a count of people', () => {
    const notice = classify(
      alert(
        { eventType: 'PeopleCounting' },
        '<peopleCounting><enter>70</enter><exit>75</exit><statisticalMethods>realTime</statisticalMethods></peopleCounting><childCounting><enter>1</enter><exit>2</exit></childCounting>',
      ),
    );
    expect(notice.details).toMatchObject({ enter: 70, exit: 75, childEnter: 1, childExit: 2, statistics: 'realTime' });
  });

  it('of a message that is wrapped in its name instead of having a type', () => {
    const notice = classify({ zoneUpdate: { id: 0, name: 'Wired 1', alarm: true } });
    expect(notice).toMatchObject({ kind: 'alarmPanel', eventType: 'zoneUpdate', active: true, heartbeat: false });
    expect(notice.details).toMatchObject({
      zone: 0,
      zoneName: 'Wired 1',
      zoneStatus: { zone: 0, alarm: true, open: null, areas: [] },
      zoneUpdate: { id: 0, name: 'Wired 1', alarm: true },
    });
  });

  it('of a message without a type, by the one object that is called like an event', () => {
    const access = { majorEventType: 5, subEventType: 75, cardNo: '0012' };
    const message = { ipAddress: '192.0.2.9', dateTime: '2024-05-01T12:00:00+08:00', AccessControllerEvent: access };
    for (const document of [message, { EventNotificationAlert: message }]) {
      const notice = classify(document);
      expect(notice).toMatchObject({ kind: 'access', eventType: 'AccessControllerEvent', active: true });
      expect(notice.time).toBe('2024-05-01T12:00:00+08:00');
      expect(notice.details).toMatchObject({ card: '0012', granted: true });
    }
    expect(unreadable(JSON.stringify({ ...message, CIDEvent: { code: 1130 } })).reason).toBe('JSON without eventType');
    expect(unreadable(JSON.stringify({ motion: true, channelID: 1 })).reason).toBe('JSON without eventType');
  });

  it('anything else under the name that the device gives it; nothing for a plain event', () => {
    expect(classify(alert({ eventType: 'VMD' }, '<strange><a>1</a></strange><empty/>')).details).toEqual({
      strange: { a: '1' },
    });
    expect(classify(alert({ eventType: 'VMD', channelID: 1, ipAddress: 'x' })).details).toEqual({});
    expect(classify(alert({ eventType: 'VMD', bkgUrl: 'http://x/?a=1&amp;b=2' })).details).toEqual({
      pictureUrl: 'http://x/?a=1&b=2',
    });
  });

  it('and raw outlive the chunk that they came in, when kept', () => {
    const chunk = Buffer.from(alert({ eventType: 'VMD', channelID: 7 }, '<strange>1</strange>'));
    const [part] = readParts(chunk);
    if (part === undefined) throw new Error('no part');
    const classified = new Classifier().classify(part);
    if (!('notice' in classified)) throw new Error('unreadable');
    classified.notice.keep();
    chunk.fill(0);
    expect(classified.notice.details).toEqual({ strange: '1' });
    expect(classified.notice.raw).toMatchObject({ channelID: '7' });
  });
});

describe('documents that break off or make no sense', () => {
  it('XML that breaks off keeps what stands before', () => {
    const whole = alert({ channelID: 3, dateTime: '2024-05-01T12:00:00Z', eventType: 'VMD', eventState: 'active' });
    const notice = classify(whole.slice(0, whole.indexOf('<eventState>') + 14));
    expect(notice).toMatchObject({ kind: 'motion', channel: 3, isComplete: false });
    expect(typeof notice.raw).toBe('string');
  });

  it('JSON that breaks off keeps what stands before', () => {
    const whole = JSON.stringify(
      { channelID: 8, eventType: 'faceCapture', list: [{ a: '}"' }, { b: [1, 2] }], last: 'cut here' },
      null,
      '\t',
    );
    for (let size = whole.indexOf('"list"'); size < whole.length - 1; size++)
      expect(classify(whole.slice(0, size))).toMatchObject({ kind: 'face', channel: 8, isComplete: false });
    expect(classify(whole).isComplete).toBe(true);
  });

  it('what is no event says why, with its first bytes', () => {
    expect(unreadable('<html><body>404</body></html>')).toMatchObject({
      reason: 'html is no event',
      head: '<html><body>404</body></html>',
    });
    expect(unreadable('{"a":1}').reason).toMatch(/eventType/);
    expect(unreadable('[1,2]').reason).toMatch(/no object/);
    expect(unreadable('{]').reason).toMatch(/JSON/);
    expect(unreadable('{"eventType"').reason).toMatch(/JSON/);
    expect(unreadable('<a><b></a>').reason).toMatch(/XML/);
    expect(unreadable(`<a>${'x\r\n'.repeat(1_000)}`).head.length).toBeLessThan(130);
    expect(unreadable('<EventNotificationAlert><eventType/></EventNotificationAlert>').reason).toMatch(/no event/);
  });

  it('any document is an event or unreadable, never an error', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '"eventType"',
      '"VMD"',
      '<a>',
      '</a>',
      '<eventType>',
      'VMD',
      '</eventType>',
      '&',
      ' ',
      '1',
    );
    const start = fc.constantFrom('{', '[', '<EventNotificationAlert>', '{"eventType":"cidEvent",');
    fc.assert(
      fc.property(start, fc.array(piece, { maxLength: 20 }), (first, pieces) => {
        for (const part of readParts(Buffer.from(first + pieces.join('')))) {
          const classified = new Classifier().classify(part);
          if ('notice' in classified) {
            expect(classified.notice.eventType).not.toBe('');
            expect(classified.notice.details).toBeTypeOf('object');
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
