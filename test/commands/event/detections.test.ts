/** Detections with hand-fed answers; documents are those of captures, shortened. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../../lib/commands/arguments';
import type { Command } from '../../../lib/commands/command';
import { event } from '../../../lib/commands/event';
import { context, device, failureOf, OK, refusal, reply, run, xml, type Responder } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const LINE = '/ISAPI/Smart/LineDetection/1';
const FIELD = '/ISAPI/Smart/FieldDetection/1';
const MOTION = '/ISAPI/System/Video/inputs/channels/1/motionDetection';

const SCREEN =
  '<normalizedScreenSize><normalizedScreenWidth>1000</normalizedScreenWidth>' +
  '<normalizedScreenHeight>1000</normalizedScreenHeight></normalizedScreenSize>';
const corner = (name: string, x: number, y: number) =>
  `<${name}><positionX>${x}</positionX><positionY>${y}</positionY></${name}>`;

/** DS-2CD2146G2-ISU: no namespace, an `opt` in the document itself. */
const LINES =
  `<LineDetection><id>1</id><enabled>false</enabled>${SCREEN}<LineItemList size="4">` +
  `<LineItem><id>1</id><enabled>false</enabled><sensitivityLevel>50</sensitivityLevel>` +
  `<directionSensitivity>any</directionSensitivity><CoordinatesList>${corner('Coordinates', 607, 631)}` +
  `${corner('Coordinates', 748, 723)}</CoordinatesList><detectionTarget>human</detectionTarget>` +
  `<alarmConfidence opt="low,mediumLow,mediumHigh,high">low</alarmConfidence></LineItem>` +
  `<LineItem><id>2</id><enabled>true</enabled><sensitivityLevel>40</sensitivityLevel></LineItem>` +
  `</LineItemList><recogRuleType>vectorMode</recogRuleType></LineDetection>`;

/** DS-7608NXI-I2: areas without a switch of their own, one without corners; DS-2CD2346G2-ISU leaves the list out. */
const AREAS =
  `<FieldDetection version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><id>1</id><enabled>false</enabled>${SCREEN}` +
  `<FieldDetectionRegionList><FieldDetectionRegion><id>1</id><sensitivityLevel>50</sensitivityLevel>` +
  `<timeThreshold>0</timeThreshold><detectionTarget>human</detectionTarget><RegionCoordinatesList></RegionCoordinatesList>` +
  `</FieldDetectionRegion><FieldDetectionRegion><id>2</id><sensitivityLevel>50</sensitivityLevel>` +
  `<timeThreshold>3</timeThreshold><detectionTarget></detectionTarget></FieldDetectionRegion></FieldDetectionRegionList></FieldDetection>`;

/** Keeps what is written. */
function keeper(path: string, document: string, capability?: string): Responder {
  let stored = document;
  return (request) => {
    if (request.path === `${path}/capabilities` && capability !== undefined) return xml(capability);
    if (request.path !== path) return reply(403);
    if (request.method === 'GET') return xml(stored);
    stored = String(request.body);
    return OK;
  };
}

type Name = keyof typeof event;

function call(name: Name, respond: Responder, given: Record<string, unknown> = {}) {
  const command = event[name] as unknown as Command;
  return run(command.isapi(checkArguments(`event.${name}`, command.params, given), context()), respond);
}

const written = (outcome: ReturnType<typeof call>) =>
  plainXml(String(outcome.requests.find(({ method }) => method === 'PUT')?.body));

describe('line crossing', () => {
  it('is read with its lines', () => {
    expect(call('getLineCrossing', device({ [LINE]: LINES })).result).toEqual({
      channel: 1,
      enabled: false,
      rules: [
        {
          rule: 1,
          enabled: false,
          sensitivity: 50,
          target: 'human',
          confidence: 'low',
          direction: 'any',
          points: [
            { x: 0.607, y: 0.631 },
            { x: 0.748, y: 0.723 },
          ],
        },
        { rule: 2, enabled: true, sensitivity: 40, target: null, confidence: null, direction: null, points: [] },
      ],
    });
  });

  it('is switched without asking what is allowed, and nothing else changes', () => {
    const outcome = call('setLineCrossing', keeper(LINE, LINES), { enabled: true });
    expect(outcome.log).toEqual([`GET ${LINE}`, `PUT ${LINE}`, `GET ${LINE}`]);
    expect(written(outcome)).toBe(LINES.replace('<enabled>false', '<enabled>true'));
    expect(outcome.result).toMatchObject({ enabled: true, rebootRequired: false });
  });

  it('changes one line', () => {
    const outcome = call('setLineCrossing', keeper(LINE, LINES), {
      ruleEnabled: true,
      sensitivity: 80,
      direction: 'left-right',
      target: 'human,vehicle',
      points: '[[0.1, 0.2], [0.3, 1]]',
    });
    const expected = LINES.replace('<LineItem><id>1</id><enabled>false', '<LineItem><id>1</id><enabled>true')
      .replace('>50<', '>80<')
      .replace('>any<', '>left-right<')
      .replace('>human<', '>human,vehicle<')
      .replace(corner('Coordinates', 607, 631), corner('Coordinates', 100, 200))
      .replace(corner('Coordinates', 748, 723), corner('Coordinates', 300, 1000));
    expect(written(outcome)).toBe(expected);
  });

  it('draws a line that has no place for it, where its sisters have it', () => {
    const outcome = call('setLineCrossing', keeper(LINE, LINES), {
      rule: 2,
      points: [
        [0, 0],
        [1, 1],
      ],
    });
    const list = `<CoordinatesList>${corner('Coordinates', 0, 0)}${corner('Coordinates', 1000, 1000)}</CoordinatesList>`;
    expect(written(outcome)).toBe(LINES.replace('>40</sensitivityLevel>', `>40</sensitivityLevel>${list}`));
  });

  it.each([
    [{}, 'at least one of enabled, ruleEnabled, sensitivity'],
    [{ rule: 9, sensitivity: 1 }, 'one of 1, 2'],
    [{ points: [[0, 0]] }, '2 points'],
    [
      {
        points: [
          [0, 0],
          [2, 0],
        ],
      },
      '2 points',
    ],
    [{ points: 'somewhere' }, '2 points'],
  ])('refuses %j', (given, words) => {
    const error = failureOf(() => call('setLineCrossing', keeper(LINE, LINES), given));
    expect(error.code).toBe('HIK_ARGUMENT');
    expect(error.message).toContain(words);
  });

  it('holds values against the capability document, and names what is allowed', () => {
    const capability = LINES.replace('<sensitivityLevel>50', '<sensitivityLevel min="1" max="10">5')
      .replace('<directionSensitivity>', '<directionSensitivity opt="any,left-right">')
      .replace('<detectionTarget>', '<detectionTarget opt="human,vehicle">');
    const respond = keeper(LINE, LINES, capability);
    const given = { sensitivity: 11, direction: 'right-left', confidence: 'high', target: 'human,vehicle' };
    const error = failureOf(() => call('setLineCrossing', respond, given));
    expect(error.message).toContain('sensitivity: expected a number from 1 to 10 on this device, got 11');
    expect(error.message).toContain('direction: expected one of any, left-right');
    expect(error.message).not.toContain('confidence');
    expect(call('setLineCrossing', respond, { sensitivity: 10 }).result).toMatchObject({
      rules: [{ sensitivity: 10 }, {}],
    });
  });

  it('says what a device lacks, and writes nothing then', () => {
    for (const [respond, given] of [
      [keeper(LINE, LINES), { rule: 2, direction: 'any' }],
      [keeper(LINE, '<LineDetection><enabled>true</enabled></LineDetection>'), { sensitivity: 3 }],
      [keeper(LINE, '<LineDetection/>'), { enabled: true }],
      [keeper(LINE, '<Other/>'), { enabled: true }],
      [device({}), { enabled: true }],
    ] as const) {
      expect(failureOf(() => call('setLineCrossing', respond, given)).code).toBe('HIK_UNSUPPORTED');
    }
  });

  it('is no longer there after a refusal of the right', () => {
    const respond = device({ [LINE]: refusal(403, 4, 'Invalid Operation', 'lowPrivilege') });
    expect(failureOf(() => call('getLineCrossing', respond)).code).toBe('HIK_PERMISSION');
  });
});

describe('intrusion', () => {
  it('is read from a recorder', () => {
    expect(call('getIntrusion', device({ [FIELD]: AREAS })).result).toMatchObject({
      rules: [
        { rule: 1, enabled: null, staySeconds: 0, points: [] },
        { rule: 2, enabled: null, staySeconds: 3, target: 'any', points: [] },
      ],
    });
  });

  it('gets an area, also where the list of corners is missing', () => {
    const points = [
      [0, 0],
      [0, 1],
      [1, 1],
    ];
    const drawn = points.map(([x = 0, y = 0]) => corner('RegionCoordinates', x * 1000, y * 1000)).join('');
    const list = `<RegionCoordinatesList>${drawn}</RegionCoordinatesList>`;
    expect(written(call('setIntrusion', keeper(FIELD, AREAS), { points }))).toBe(
      AREAS.replace('<RegionCoordinatesList></RegionCoordinatesList>', list),
    );
    expect(written(call('setIntrusion', keeper(FIELD, AREAS), { rule: 2, points, staySeconds: 5 }))).toBe(
      AREAS.replace('<timeThreshold>3</timeThreshold>', `<timeThreshold>5</timeThreshold>${list}`),
    );
  });

  it('has no switch for one area on a recorder', () => {
    const error = failureOf(() => call('setIntrusion', keeper(FIELD, AREAS), { ruleEnabled: true }));
    expect([error.code, error.message]).toEqual(['HIK_UNSUPPORTED', expect.stringContaining('no ruleEnabled')]);
  });
});

describe('the grid of motion detection', () => {
  const grid = (map: string) =>
    '<MotionDetection><enabled>true</enabled><Grid><rowGranularity>2</rowGranularity><columnGranularity>3</columnGranularity>' +
    `</Grid><MotionDetectionLayout><layout><gridMap>${map}</gridMap></layout></MotionDetectionLayout></MotionDetection>`;

  it('is set as rows of text or of truths, all or none', () => {
    for (const [given, map] of [
      [['#.#', '...'], 'a000'],
      [
        [
          [true, false, true],
          [false, false, true],
        ],
        'a020',
      ],
      ['["..#", "###"]', '20e0'],
      ['all', 'e0e0'],
      ['none', '0000'],
    ] as const) {
      const outcome = call('setMotionDetection', keeper(MOTION, grid('ffff')), { grid: given });
      expect(written(outcome)).toBe(grid(map));
    }
    expect(call('getMotionDetection', device({ [MOTION]: grid('a020') })).result).toEqual({
      channel: 1,
      enabled: true,
      sensitivity: null,
      target: null,
      grid: ['#.#', '..#'],
    });
  });

  it.each([
    [['#.#']],
    [['#.#', 'x..']],
    ['some'],
    [7],
    [
      [
        [1, 0, 1],
        [0, 0, 0],
      ],
    ],
    ['[broken'],
  ])('refuses %j', (given) => {
    const error = failureOf(() => call('setMotionDetection', keeper(MOTION, grid('ffff')), { grid: given }));
    expect([error.code, error.message]).toEqual(['HIK_ARGUMENT', expect.stringContaining('2 rows of 3 cells')]);
  });

  it('cannot be set where the document has none', () => {
    const bare = '<MotionDetection><enabled>true</enabled></MotionDetection>';
    expect(failureOf(() => call('setMotionDetection', keeper(MOTION, bare), { grid: 'all' })).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });
});

describe('simple detections', () => {
  const recorderTamper = '/ISAPI/ContentMgmt/InputProxy/channels/1/video/tamperDetection';
  it.each([
    [
      'getTamperDetection',
      recorderTamper,
      '<TamperDetection><enabled>1</enabled><tampersensitivityLevel>2</tampersensitivityLevel></TamperDetection>',
      { enabled: true, sensitivity: 2 },
    ],
    [
      'getTamperDetection',
      '/ISAPI/System/Video/inputs/channels/1/tamperDetection',
      '<TamperDetection><enabled>false</enabled><TamperDetectionRegionList><TamperDetectionRegion><sensitivityLevel>30</sensitivityLevel></TamperDetectionRegion></TamperDetectionRegionList></TamperDetection>',
      { enabled: false, sensitivity: 30 },
    ],
    [
      'getVideoLoss',
      '/ISAPI/System/Video/inputs/channels/1/videoLoss',
      '<VideoLoss><enabled>true</enabled></VideoLoss>',
      { enabled: true },
    ],
    [
      'getSceneChange',
      '/ISAPI/Smart/SceneChangeDetection/1',
      '<SceneChangeDetection><enabled>true</enabled><sensitivityLevel>30</sensitivityLevel></SceneChangeDetection>',
      { enabled: true, sensitivity: 30 },
    ],
    [
      'getDefocus',
      '/ISAPI/Smart/DefocusDetection/1',
      '<DefocusDetection><enabled>no</enabled></DefocusDetection>',
      { enabled: false, sensitivity: null },
    ],
    [
      'getFaceDetection',
      '/ISAPI/Smart/FaceDetect/1',
      '<FaceDetect><sensitivityLevel>x</sensitivityLevel></FaceDetect>',
      { enabled: null, sensitivity: null },
    ],
    [
      'getAudioException',
      '/ISAPI/Smart/AudioDetection/channels/101',
      '<AudioDetection><enabled>true</enabled><decibelThreshold>-20</decibelThreshold></AudioDetection>',
      { enabled: true, sensitivity: null, thresholdDb: -20 },
    ],
    [
      'getPir',
      '/ISAPI/WLAlarm/PIR',
      '<PIRAlarm><enabled>true</enabled><name>PIR Alarm</name></PIRAlarm>',
      { enabled: true },
    ],
  ] as const)('%s reads %s', (name, path, document, expected) => {
    expect(call(name, device({ [path]: document })).result).toEqual({ channel: 1, ...expected });
    expect(failureOf(() => call(name, device({ [path]: '<Wrong/>' }))).code).toBe('HIK_UNSUPPORTED');
    expect(failureOf(() => call(name, device({ [path]: 'no document' }))).code).toBe('HIK_PROTOCOL');
    const set = name.replace('get', 'set') as Name;
    const outcome = call(
      set,
      keeper(path, document),
      document.includes('enabled') ? { enabled: false } : { sensitivity: 4 },
    );
    expect(outcome.result).toMatchObject({ rebootRequired: false });
  });
});
