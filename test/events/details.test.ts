import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParts } from '../../lib/codec/multipart';
import { Classifier } from '../../lib/events/classify';
import { completeDetails, isDetailed } from '../../lib/events/details';
import { itemsOf, rectOf, Source } from '../../lib/events/details/source';
import { Edges } from '../../lib/events/edges';
import { eventOf } from '../../lib/events/assemble';
import type { Notice } from '../../lib/events/event';
import { EVENT_DETAILS, EVENT_KIND_NAMES, EVENT_KINDS, isKind, type EventKind, type EventOf } from '../../lib/index';
import { capturesFolder } from '../support/captures';
import { event } from '../support/events';
import { alert } from '../support/parts';

const folder = capturesFolder() ?? '';

function classify(document: string | object): Notice {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const [part] = readParts(Buffer.from(text));
  if (part === undefined) throw new Error('no part');
  const classified = new Classifier().classify(part);
  if ('unreadable' in classified) throw new Error(classified.unreadable.reason);
  return classified.notice;
}

const json = (eventType: string, more: object): object => ({ eventType, eventState: 'active', channelID: 1, ...more });

describe('details of a kind', () => {
  it.each<[string, string | object, EventKind, object]>([
    [
      'a plate that was not read is none; the country is told where the camera tells it',
      alert('ANPR', 1, '<ANPR><licensePlate>unknown</licensePlate><ISO-CR>ITA</ISO-CR><country>5</country></ANPR>'),
      'plate',
      { plate: null, country: '5', countryIso: 'ITA', pictureInfo: [], confidence: null },
    ],
    [
      'a plate in JSON, with numbers as numbers',
      json('ANPR', { ANPR: { licensePlate: '00123', line: 2, confidenceLevel: 81, vehicleInfo: { speed: 31 } } }),
      'plate',
      { plate: '00123', lane: '2', confidence: 81, speedKmh: 31 },
    ],
    [
      'a bell with several buttons',
      json('AccessControllerEvent', {
        AccessControllerEvent: { majorEventType: 5, subEventType: 37, buttonNo: 2, doorNo: 1, mask: 'yes' },
      }),
      'doorbell',
      { call: 'ringing', button: 2, door: 1, mask: true },
    ],
    ['a call that says nothing', json('voiceTalkEvent', {}), 'doorbell', { call: null, key: 'unknown', caller: null }],
    [
      'a terminal that measures temperatures',
      json('AccessControllerEvent', {
        AccessControllerEvent: { majorEventType: 5, subEventType: 75, currTemperature: 36.6, mask: 'no' },
      }),
      'access',
      { granted: true, temperature: 36.6, mask: false },
    ],
    [
      'the state of a zone',
      json('zoneEvent', {
        zoneEvent: { id: 3, name: 'Door', status: 'trigger', charge: 'lowPower', linkageSubSystem: [2, null, {}, 'x'] },
      }),
      'alarmPanel',
      { zone: 3, partition: 2, zoneStatus: { open: true, areas: [2], faults: ['open', 'lowBattery'] } },
    ],
    [
      'a crowd',
      json('personDensityDetection', { PersonDensity: { ruleID: 2, peopleNum: 14, densityLevel: 'high' } }),
      'crowd',
      { rule: 2, people: 14, density: 'high' },
    ],
    [
      'a line with a direction',
      alert('linedetection', 1, '<ruleName>Gate</ruleName><direction>left-right</direction>'),
      'lineCrossing',
      { rule: null, ruleName: 'Gate', direction: 'left-right' },
    ],
    [
      'a face with properties, and who it is: the one most alike',
      json('faceContrast', {
        CaptureResult: [
          {
            Face: {
              faceId: 7,
              Property: [
                { description: 'age', value: '34' },
                { description: 'gender', value: 'male' },
                { description: 'mask', value: 'no' },
              ],
            },
            FaceContrastResult: [
              {
                faces: [
                  {
                    identify: [
                      {
                        candidate: [
                          { human_id: '0041', similarity: 0.62, reserve_field: { name: 'Person B' } },
                          { human_id: '0042', similarity: 91, FDLibName: 'VIP', reserve_field: { name: 'Person A' } },
                        ],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      }),
      'face',
      { faceId: 7, age: 34, gender: 'male', mask: false, person: '0042', personName: 'Person A', similarity: 0.91 },
    ],
    [
      'several faces',
      json('faceCapture', {
        faceCapture: [
          {
            faces: [
              { faceId: 1, smile: { value: 'yes' } },
              { faceId: 2, age: { ageGroup: 'young' } },
            ],
          },
        ],
      }),
      'face',
      { faceId: 1, smile: true, faces: [{ faceId: 1 }, { faceId: 2, ageGroup: 'young' }] },
    ],
    ['a face of which nothing is said', alert('facedetection', 1), 'face', { faceId: null, faces: [] }],
    [
      'a person',
      json('humanRecognition', {
        HumanInfo: { gender: 'female', ageGroup: 'young', jacketColor: 'red', bag: 'yes', hat: { value: 'no' } },
      }),
      'person',
      { gender: 'female', ageGroup: 'young', upperColor: 'red', bag: true, hat: false, lowerColor: null },
    ],
    [
      'people in an area',
      json('framesPeopleCounting', { FramesPeopleCounting: { framesPeopleCountingNum: 3 } }),
      'peopleCounting',
      { people: 3, enter: null },
    ],
    ['a sound that is gone', alert('audioLoss', 1), 'audio', { cause: 'inputLost', level: null }],
    [
      'a radar',
      json('radarDetection', { target: { targetID: 4, distance: 12.5, angle: -3 } }),
      'radar',
      {
        targetId: '4',
        distanceM: 12.5,
        angle: -3,
      },
    ],
    ['a disk', alert('highHDTemperature', 1, '<hddNo>2</hddNo>'), 'diskError', { disk: 2, state: 'tooHot' }],
    [
      'a disk that says how it is',
      alert('storageDetection', 1, '<healthStatus>bad</healthStatus>'),
      'diskError',
      {
        state: 'bad',
      },
    ],
    [
      'an address that is taken: not the own one at the top',
      json('ipconflict', { ipAddress: '192.0.2.1', macAddress: '02:00:00:00:00:01', conflict: { ip: 1 } }),
      'ipConflict',
      { conflictIp: null, conflictMac: null, port: null },
    ],
    [
      'somebody who is not let in',
      json('illaccess', { ipAddress: '192.0.2.1', illAccess: { ipAddress: '192.0.2.9', userName: 'admin' } }),
      'illegalAccess',
      { address: '192.0.2.9', user: 'admin' },
    ],
    [
      'an alarm input with its name',
      json('IO', { inputIOPortID: 3, inputIOPortName: 'Gate' }),
      'alarmInput',
      { port: 3, rawPort: '3', name: 'Gate' },
    ],
    ['an alarm output', json('alarmOutput', { outputIOPortID: 902 }), 'alarmOutput', { port: 2, rawPort: '902' }],
    [
      'an incident',
      alert('TFS_\u200bcrossLane', 1, '<laneNo>2</laneNo>'),
      'trafficIncident',
      {
        incident: 'crossLane',
        lane: '2',
      },
    ],
  ])('%s', (_what, document, kind, details) => {
    const notice = classify(document);
    expect(notice.kind).toBe(kind);
    expect(notice.details).toMatchObject(details);
  });

  it('has the same names whichever way told it, each with a meaning', () => {
    for (const kind of EVENT_KIND_NAMES) {
      const [eventType = ''] = EVENT_KINDS[kind].names;
      const told = Object.keys(completeDetails(kind, eventType));
      const listed = isDetailed(kind) ? EVENT_DETAILS[kind] : {};
      expect(told.sort()).toEqual(Object.keys(listed).sort());
      for (const meaning of Object.values<string>(listed)) expect(meaning).not.toBe('');
    }
  });

  it('what was told wins over what was not', () => {
    expect(completeDetails('alarmInput', 'IO', { port: 2 })).toEqual({ port: 2, rawPort: null, name: null });
    expect(completeDetails('diskFull', 'diskfull', { disk: 1 })).toEqual({ disk: 1, diskName: null, state: 'full' });
    expect(completeDetails('motion', 'VMD', { a: 1 })).toEqual({ a: 1 });
  });

  it('each region of a message has the details of its own', () => {
    const entry = (id: number) => `<DetectionRegionEntry><regionID>${id}</regionID></DetectionRegionEntry>`;
    const regions = `<DetectionRegionList>${entry(4)}${entry(2)}</DetectionRegionList>`;
    const notice = classify(alert('fielddetection', 1, regions));
    const device = { name: 'Cam', host: '192.0.2.1', serial: null, model: null };
    const rules = new Edges()
      .push(notice, 0)
      .map((edge) => eventOf(edge, { id: '1', notice, receivedMs: 0, stale: false }, device, 'isapi'))
      .map(({ details }) => details['rule']);
    expect(rules).toEqual([4, 2]);
  });

  it('an event narrows to its kind', () => {
    const some = event({ kind: 'plate', details: completeDetails('plate', 'ANPR', { plate: 'AB 1', confidence: 90 }) });
    if (!isKind(some, 'plate')) throw new Error('no plate');
    const { plate, confidence }: { plate: string | null; confidence: number | null } = some.details;
    expect([plate, confidence]).toEqual(['AB 1', 90]);
    expect(isKind(some, 'access')).toBe(false);
    const read = (one: EventOf<'plate' | 'alarmInput'>): string | number | null =>
      one.kind === 'plate' ? one.details.plate : one.details.port;
    expect(read(some)).toBe('AB 1');
  });
});

describe('every word of a kind', () => {
  const anpr = {
    licensePlate: 'AB 123',
    originalLicensePlate: 'AB-123',
    confidenceLevel: 97,
    country: '4',
    'ISO-CR': 'DEU',
    direction: 'forward',
    line: 2,
    plateType: 'unknown',
    plateColor: 'white',
    plateCategory: 'D',
    vehicleType: 'vehicle',
    vehicleInfo: { color: 'red', vehicleLogoRecog: 1_036, speed: 42 },
    vehicleListName: 'whiteList',
    listType: 'other',
  };

  it('of a plate', () => {
    expect(classify(json('ANPR', { UUID: 'u-1', ANPR: anpr })).details).toEqual({
      plate: 'AB 123',
      originalPlate: 'AB-123',
      confidence: 97,
      country: '4',
      countryIso: 'DEU',
      direction: 'forward',
      lane: '2',
      plateType: 'unknown',
      plateColor: 'white',
      plateCategory: 'D',
      vehicleType: 'vehicle',
      vehicleColor: 'red',
      vehicleLogo: 1_036,
      speedKmh: 42,
      list: 'whiteList',
      uuid: 'u-1',
      pictureInfo: [],
      anpr,
    });
    // Without an object of its own, and with the other words for lane and list.
    const flat = json('ANPR', { licensePlate: 'noPlate', laneNo: 3, listType: 'blackList' });
    expect(classify(flat).details).toMatchObject({ plate: null, lane: '3', list: 'blackList', anpr: null });
  });

  it('of a picture of a plate: what it shows and where; all zero is nowhere', () => {
    const rect = (name: string, ...[x, y, width, height]: number[]) =>
      `<${name}><X>${x}</X><Y>${y}</Y><width>${width}</width><height>${height}</height></${name}>`;
    const pictures =
      `<pictureInfo><fileName>one.jpg</fileName><type>licensePlatePicture</type><pId>11</pId>${rect('plateRect', 100, 200, 300, 50)}</pictureInfo>` +
      `<pictureInfo><fileName>vehicle.jpg</fileName>${rect('plateRect', 1, 1, 0, 50)}${rect('vehicelRect', 0, 0, 1000, 500)}</pictureInfo>` +
      `<pictureInfo><type>detectionPicture</type>${rect('plateRect', 1, 1, 5, 0)}${rect('vehicleRect', 0.25, 0.5, 0.5, 0.5)}</pictureInfo>`;
    const notice = classify(alert('ANPR', 1, `<ANPR><pictureInfoList>${pictures}</pictureInfoList></ANPR>`));
    expect(notice.details['pictureInfo']).toEqual([
      {
        name: 'one.jpg',
        id: '11',
        role: 'licensePlate',
        plateRect: { x: 0.1, y: 0.2, width: 0.3, height: 0.05 },
        vehicleRect: null,
      },
      {
        name: 'vehicle.jpg',
        id: null,
        role: 'vehicle',
        plateRect: null,
        vehicleRect: { x: 0, y: 0, width: 1, height: 0.5 },
      },
      {
        name: null,
        id: null,
        role: 'scene',
        plateRect: null,
        vehicleRect: { x: 0.25, y: 0.5, width: 0.5, height: 0.5 },
      },
    ]);
  });

  it('of a count of people, at a time and over a span', () => {
    const counting = {
      statisticalMethods: 'realTime',
      RealTime: { time: '2024-05-01T12:00:00+08:00' },
      TimeRange: { startTime: '2024-05-01T00:00:00+08:00', endTime: '2024-05-01T12:00:00+08:00' },
      enter: 12,
      exit: 9,
      pass: 3,
      regionsID: '1',
    };
    const message = json('PeopleCounting', { peopleCounting: counting, childCounting: { enter: 2, exit: 1 } });
    expect(classify(message).details).toEqual({
      enter: 12,
      exit: 9,
      pass: 3,
      childEnter: 2,
      childExit: 1,
      people: null,
      statistics: 'realTime',
      countedAt: '2024-05-01T12:00:00+08:00',
      from: '2024-05-01T00:00:00+08:00',
      to: '2024-05-01T12:00:00+08:00',
      region: '1',
      peopleCounting: counting,
    });
  });

  it.each([
    ['TMPA', 'preAlarm'],
    ['TMA', 'alarm'],
    ['TDA', 'difference'],
    ['temperature', null],
  ])('of a temperature: %s is %s', (eventType, level) => {
    const rule = { currTemperature: 61.5, ruleTemperature: 60, alarmRule: 'above', thermometryUnit: 'celsius' };
    const { details } = classify(json(eventType, { TMA: { ...rule, id: 2, name: 'Boiler', presetNo: 4 } }));
    expect(details).toMatchObject({
      level,
      temperature: 61.5,
      limit: 60,
      condition: 'above',
      unit: 'celsius',
      rule: 2,
      ruleName: 'Boiler',
      preset: 4,
    });
    const named = classify(json(eventType, { TMA: { ...rule, id: 2, name: 'x', ruleID: 7, ruleName: 'Oven' } }));
    expect(named.details).toMatchObject({ rule: 7, ruleName: 'Oven' });
  });

  it('of a network and of an address that is taken', () => {
    expect(classify(json('nicbroken', { nic: { netPort: 2, nicName: 'LAN 2' } })).details).toMatchObject({
      port: 2,
      portName: 'LAN 2',
    });
    const conflict = { interfaceID: 1, ipAddress: '192.0.2.9', macAddress: '02:00:00:00:00:09' };
    expect(classify(json('ipconflict', { conflict })).details).toMatchObject({
      port: 1,
      conflictIp: '192.0.2.9',
      conflictMac: '02:00:00:00:00:09',
    });
  });

  it('of a port: recorders count those of their cameras by hundreds', () => {
    const port = (inputIOPortID: unknown) => classify(json('IO', { inputIOPortID })).details;
    expect(port(3)).toMatchObject({ port: 3, rawPort: '3' });
    expect(port(100)).toMatchObject({ port: 100, rawPort: '100' });
    expect(port(101)).toMatchObject({ port: 1, rawPort: '101' });
    expect(port('1602')).toMatchObject({ port: 2, rawPort: '1602' });
    expect(port('1.5')).toMatchObject({ port: null, rawPort: '1.5' });
    expect(port('A')).toMatchObject({ port: null, rawPort: 'A' });
    const output = { dynOutputIOPortID: 902, outputIOPortID: 2, outputPortName: 'Siren' };
    expect(classify(json('alarmOutput', output)).details).toMatchObject({ port: 2, rawPort: '902', name: 'Siren' });
    expect(classify(json('alarmOutput', { inputIOPortID: 4 })).details).toMatchObject({ port: 4, rawPort: '4' });
  });

  it('of a vehicle and of an incident', () => {
    const vehicle = { plateNumber: 'AB 1', laneID: 2, vehicleType: 'bus', color: 'red', speed: 51, ruleID: 3 };
    const expected = {
      rule: 3,
      ruleName: null,
      direction: null,
      plate: 'AB 1',
      lane: '2',
      vehicleType: 'bus',
      vehicleColor: 'red',
      speedKmh: 51,
    };
    const { details } = classify(json('AID_pedestrian', { Incident: vehicle }));
    expect(details).toMatchObject({ ...expected, incident: 'pedestrian' });
    expect(classify(json('pedestrian', {})).details).toMatchObject({ incident: 'pedestrian' });
  });

  it('of the zone of an alarm, and of an arming', () => {
    const cid = (more: object) =>
      classify(json('cidEvent', { CIDEvent: { type: 'zoneAlarm', system: 1, subSystemName: 'House', ...more } }))
        .details;
    expect(cid({ code: 1130, standardCIDcode: 1130, zone: 3, name: 'Door' })).toMatchObject({
      code: 1130,
      key: 'burglary',
      category: 'alarm',
      isRestore: false,
      standardCode: 1130,
      panelEvent: 'zoneAlarm',
      zone: 3,
      zoneName: 'Door',
      partition: 1,
      partitionName: 'House',
      user: null,
      zoneStatus: null,
    });
    expect(cid({ code: 3401, name: 'Anna' })).toMatchObject({
      key: 'armAway',
      zone: null,
      zoneName: null,
      user: 'Anna',
    });
    expect(cid({ code: 3401, name: 'x', userName: 'Anna' })).toMatchObject({ user: 'Anna' });
    expect(cid({ code: 1130, zone: 0, name: 'x', zoneName: 'Door' })).toMatchObject({ zone: 0, zoneName: 'Door' });
    expect(cid({})).toMatchObject({ code: null, key: null, category: null, isRestore: null });
  });

  it('of the state of a zone', () => {
    const zone = (item: object) => classify(json('zoneEvent', { zoneUpdate: { Zone: { id: 0, ...item } } })).details;
    expect(
      zone({
        zoneName: 'Hall',
        status: 'breakDown',
        tamperEvident: true,
        shielded: true,
        bypassed: false,
        armed: true,
        alarm: false,
        charge: 'normal',
        chargeValue: 80,
        signal: 120,
        temperature: 21,
        subSystemNo: 1,
        linkageSubSystem: [2, 1, 1.5],
        detectorType: 'pircam',
        zoneType: 'Delay',
        zoneAttrib: 'wireless',
      })['zoneStatus'],
    ).toEqual({
      zone: 0,
      name: 'Hall',
      status: 'breakDown',
      open: null,
      tampered: true,
      masked: true,
      bypassed: false,
      armed: true,
      alarm: false,
      battery: 'normal',
      batteryPercent: 80,
      signal: 120,
      temperatureC: 21,
      areas: [2, 1],
      detector: 'pircam',
      type: 'Delay',
      wireless: true,
      faults: ['tampered', 'masked', 'broken'],
    });
    const status = (item: object) => zone(item)['zoneStatus'];
    expect(status({ status: 'online' })).toMatchObject({ open: false, faults: [], wireless: null, areas: [] });
    expect(status({ status: 'online', magnetOpenStatus: true })).toMatchObject({ open: true, faults: ['open'] });
    expect(status({ status: 'trigger', magnetOpenStatus: false })).toMatchObject({ open: false, faults: [] });
    expect(status({ moduleStatus: 'offline', zoneAttrib: 'wired' })).toMatchObject({
      status: 'offline',
      faults: ['offline'],
      wireless: false,
    });
    expect(status({ status: 'heartbeatAbnormal', realSignal: 7, signal: 9 })).toMatchObject({
      faults: ['offline'],
      signal: 7,
    });
    expect(classify(json('zoneEvent', { zone: { zoneNo: 5 } })).details).toMatchObject({ zone: 5, partition: null });
  });

  it('of a face', () => {
    const face = {
      faceId: 7,
      faceScore: 88,
      age: { ageGroup: 'prime', value: 34 },
      gender: { value: 'male' },
      glass: { value: 'sunglasses' },
      mask: { value: 'no' },
      smile: { value: 'yes' },
      faceExpression: { value: 'happy' },
      beard: 'yes',
      hat: 'no',
      faceRect: { x: 0.5, y: 0.25, width: 0.1, height: 0.2 },
      URL: '/picture/7',
    };
    const candidate = {
      humanId: '0042',
      name: 'Person A',
      FDname: 'VIP',
      listType: 'whiteList',
      similarity: 0.91,
    };
    const around = {
      Face: face,
      result: { identify: [{ candidate: [candidate, { humanId: '0043', similarity: 0.91 }] }] },
    };
    const read = {
      faceId: 7,
      score: 88,
      ageGroup: 'prime',
      age: 34,
      gender: 'male',
      glasses: 'sunglasses',
      mask: false,
      smile: true,
      expression: 'happy',
      beard: true,
      hat: false,
      faceRect: { x: 0.5, y: 0.25, width: 0.1, height: 0.2 },
      faceUrl: '/picture/7',
      person: '0042',
      personName: 'Person A',
      list: 'VIP',
      listType: 'whiteList',
      similarity: 0.91,
    };
    expect(classify(json('faceCapture', { captured: around })).details).toMatchObject({ ...read, faces: [read] });
  });

  it('of a crowd of faces: of 32, and no more', () => {
    const faces = Array.from({ length: 40 }, (_, faceId) => ({ faceId }));
    const many = (size: number) =>
      classify(json('faceCapture', { a: { faces: faces.slice(0, size) } })).details['faces'];
    expect(many(32)).toHaveLength(32);
    expect(many(40)).toHaveLength(32);
  });

  it('of a person, whichever way its attributes are told', () => {
    const expected = {
      gender: 'female',
      glasses: 'yes',
      mask: true,
      hat: false,
      upperColor: 'red',
      lowerColor: 'blue',
    };
    const words = { gender: 'female', glasses: 'yes', mask: 'yes', hat: 'no', coatColor: 'red', trousersColor: 'blue' };
    const person = (more: object) => classify(json('humanRecognition', more)).details;
    const property = Object.entries(words).map(([description, value]) => ({ description, value }));
    expect(person({ human: words })).toMatchObject(expected);
    expect(person({ HumanList: { humanAttribute: { Property: property } } })).toMatchObject(expected);
    expect(person({ HumanInfo: [{ Human: words }, { gender: 'male' }] })).toMatchObject(expected);
    expect(person(words)).toMatchObject(expected);
  });
});

describe('where details are read from', () => {
  const source = (document: Record<string, unknown>) => new Source('VMD', null, document);

  it('is the first of the names that has a value, from the outside in', () => {
    const document = { a: { name: 'inner', other: 'x' }, name: 'outer', empty: '', list: [{ deep: 5 }] };
    expect(source(document).text('name')).toBe('outer');
    expect(source(document).text('absent', 'empty', 'other', 'name')).toBe('x');
    expect(source(document).number('name', 'deep')).toBe(5);
    expect(source(document).number('name')).toBeNull();
    expect(source(document).text('a')).toBeNull();
  });

  it('is not the top for what every message has there', () => {
    const document = { ipAddress: '192.0.2.1', CHANNELNAME: 'Gate', inner: { ipAddress: '192.0.2.2' } };
    expect(source(document).text('ipAddress')).toBe('192.0.2.2');
    expect(source(document).text('channelName')).toBeNull();
  });

  it('is at most 128 objects', () => {
    const document = (size: number) => ({ list: [...new Array<object>(size).fill({}), { last: 1 }] });
    expect(source(document(126)).number('last')).toBe(1);
    expect(source(document(127)).number('last')).toBeNull();
    expect(source(document(5_000)).objects).toHaveLength(128);
  });

  it('is a list however it is written', () => {
    const one = { id: 1 };
    for (const list of [[one], one, { item: one }, { item: [one] }, { ITEM: one }, [{ item: one }], [null, one, 'x']])
      expect(itemsOf(list, 'item')).toEqual([one]);
    for (const list of [undefined, null, 'x', [], { item: [] }]) expect(itemsOf(list, 'item')).toEqual([]);
  });

  it('is a rectangle where all four numbers are told and it has an extent', () => {
    expect(rectOf({ X: 1, Y: 2, Width: 500, Height: '1000' })).toEqual({ x: 0.001, y: 0.002, width: 0.5, height: 1 });
    expect(rectOf({ x: 0, y: 0, width: 1, height: 1 })).toEqual({ x: 0, y: 0, width: 1, height: 1 });
    const whole = { x: 1, y: 1, width: 1, height: 1 };
    for (const name of ['x', 'y', 'width', 'height']) expect(rectOf({ ...whole, [name]: 'much' })).toBeNull();
    expect(rectOf({ ...whole, width: 0 })).toBeNull();
    expect(rectOf({ ...whole, height: 0 })).toBeNull();
    expect(rectOf([whole])).toBeNull();
  });
});

describe('kinds that gather different things', () => {
  const told = (...messages: [eventType: string, state: string][]): string[] => {
    const edges = new Edges();
    return messages.flatMap(([eventType, eventState]) =>
      edges
        .push(classify({ eventType, eventState, channelID: 1 }), 0)
        .map(({ state, notice }) => `${notice.eventType} ${state}`),
    );
  };

  it('begin and end each by itself', () => {
    expect(told(['fanfailure', 'active'], ['overheat', 'active'], ['overheat', 'inactive'])).toEqual([
      'fanfailure start',
      'overheat start',
      'overheat end',
    ]);
  });

  it('other kinds have several words for the same', () => {
    expect(told(['shelteralarm', 'active'], ['tamperdetection', 'active'], ['tamperdetection', 'inactive'])).toEqual([
      'shelteralarm start',
      'tamperdetection end',
    ]);
  });

  it('what says only that it goes on keeps it alive', () => {
    const edges = new Edges({ endAfterMs: 1_000 });
    edges.push(classify(alert('overSpeed', 1)), 0);
    const relation = '<DurationList><Duration><relationEvent>overSpeed</relationEvent></Duration></DurationList>';
    expect(edges.push(classify(alert('duration', 1, relation)), 900)).toEqual([]);
    expect(edges.advance(1_800)).toEqual([]);
    expect(edges.advance(2_000)).toMatchObject([{ kind: 'trafficIncident', state: 'end', inferred: true }]);
  });
});

/** Plain data that JSON carries as it is: no number without bounds, nothing undefined, nothing that is more than data. */
function strange(value: unknown, path = 'details'): string[] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (typeof value !== 'object') return [`${path}: ${typeof value}`];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => strange(item, `${path}[${index}]`));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return [`${path}: an object of its own kind`];
  return Object.entries(value).flatMap(([name, inner]) => strange(inner, `${path}.${name}`));
}

/** Reads any bytes; what comes out is plain, and complete for its kind. */
function check(bytes: Buffer): void {
  for (const part of readParts(bytes)) {
    if (part.kind === 'picture') continue;
    const classified = new Classifier().classify(part);
    if ('unreadable' in classified) continue;
    const { kind, details, target, targetRect, regions } = classified.notice;
    expect(strange(details)).toEqual([]);
    expect(strange({ target, targetRect, regions })).toEqual([]);
    expect(() => JSON.stringify(details)).not.toThrow();
    if (kind !== null && isDetailed(kind))
      expect(details).toMatchObject(expect.objectContaining(namesOf(kind)) as object);
    if (part.kind === 'json' && kind !== null) expect(strange(classified.notice.raw)).toEqual([]);
  }
}

function namesOf(kind: keyof typeof EVENT_DETAILS): Record<string, unknown> {
  return Object.fromEntries(Object.keys(EVENT_DETAILS[kind]).map((name) => [name, expect.toSatisfy(() => true)]));
}

/** Names and values that readers look for, so that chance does not pass them by. */
const NAMES = [
  ...['ANPR', 'vehicleInfo', 'pictureInfoList', 'pictureInfo', 'plateRect', 'licensePlate', 'fileName', 'UUID'],
  ...['AccessControllerEvent', 'majorEventType', 'CIDEvent', 'code', 'zone', 'zoneUpdate', 'linkageSubSystem', 'id'],
  ...['faces', 'Face', 'Property', 'identify', 'candidate', 'similarity', 'faceRect', 'x', 'y', 'width', 'height'],
  ...['peopleCounting', 'RealTime', 'TMA', 'currTemperature', 'speed', 'ip', 'DetectionRegionList', 'inputIOPortID'],
  ...['eventType', 'eventState', '__proto__', 'constructor', 'toString', 'value', 'a'],
] as const;
const TYPES = EVENT_KIND_NAMES.flatMap((kind) => EVENT_KINDS[kind].names);

const tree = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('', ' ', '0011', '5', 37, -1, 1e308, 0, true, null, '1e999', 'yes', 'NaN', '\u0000'),
    tie('object'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 6 }),
}));

describe('any document', () => {
  it('JSON with anything anywhere gives plain details', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), tree.object, (eventType, more) => {
        check(Buffer.from(JSON.stringify({ ...more, eventType }).replaceAll('1e+308', '1e999')));
      }),
      { numRuns: 3_000 },
    );
  });

  it('XML with anything anywhere gives plain details', () => {
    const xmlOf = (value: unknown, name: string): string => {
      if (Array.isArray(value)) return value.map((item) => xmlOf(item, name)).join('');
      if (value === null || typeof value !== 'object') return `<${name}>${String(value).replace('\0', '')}</${name}>`;
      return `<${name}>${Object.entries(value)
        .map(([key, inner]) => xmlOf(inner, key))
        .join('')}</${name}>`;
    };
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), tree.object, (eventType, more) => {
        check(Buffer.from(xmlOf({ eventType, ...more }, 'EventNotificationAlert')));
      }),
      { numRuns: 3_000 },
    );
  });

  it('nested without end is no event, and a number without bounds is none', () => {
    const deep = `{"eventType":"ANPR","ANPR":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
    expect(() => classify(deep)).toThrow(/nested/);
    expect(classify('{"eventType":"ANPR","ANPR":{"confidenceLevel":1e999},"x":[1e999]}').details).toMatchObject({
      confidence: null,
      x: [null],
    });
    const polluted = classify('{"eventType":"VMD","__proto__":{"a":1},"b":{"__proto__":{"c":1}}}');
    expect(Object.getPrototypeOf(polluted.details)).toBe(Object.prototype);
    expect(polluted.details).toEqual({ b: {} });
  });

  it.skipIf(folder === '')(
    'a capture with bytes changed, cut out or doubled (skipped without ../shared/fixtures)',
    () => {
      const files = readdirSync(join(folder, 'events')).map((name) => readFileSync(join(folder, 'events', name)));
      const change = fc.record({
        at: fc.nat(4_000),
        kind: fc.constantFrom('set', 'cut', 'double'),
        byte: fc.constantFrom(...Buffer.from('<>/"{}[],:019e-+. \0\\A')),
        size: fc.integer({ min: 1, max: 60 }),
      });
      fc.assert(
        fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 6 }), (file, changes) => {
          let bytes = Buffer.from(file);
          for (const { at, kind, byte, size } of changes) {
            const place = at % Math.max(1, bytes.length);
            if (kind === 'set') bytes[place] = byte;
            else {
              const piece = bytes.subarray(place, place + size);
              const before = kind === 'cut' ? [bytes.subarray(0, place)] : [bytes.subarray(0, place), piece];
              bytes = Buffer.concat([...before, bytes.subarray(kind === 'cut' ? place + size : place)]);
            }
          }
          check(bytes);
        }),
        { numRuns: 2_000 },
      );
    },
  );
});
