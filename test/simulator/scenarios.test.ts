import { describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/index';
import { SCENARIO_NAMES, SCENARIOS, type ModelName, type ScenarioName } from '../../lib/simulator';
import { advanceUntil, hikvisionClient } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';

type Expected = readonly [
  what: string,
  details?: Readonly<Record<string, unknown>>,
  pictures?: readonly (string | null)[],
];

const PERSON_A = { card: '0012345678', person: '001', personName: 'Person A' };
const door = (key: string, number: number): Expected => ['access once -', { key, door: number }];
const passes = (number: number): Expected[] => [
  door('unlocked', number),
  door('doorContactOpen', number),
  door('doorContactClosed', number),
  door('locked', number),
];
const plate = (number: string, direction: string, list: string): Expected => [
  'plate once 1',
  { plate: number, direction, list, confidence: 97, vehicleColor: 'blue', speedKmh: 12 },
  ['licensePlate', 'vehicle'],
];
const count = (enter: number, exit: number): Expected => [
  'peopleCounting once 1',
  { enter, exit, childEnter: 0, statistics: 'realTime', region: '1' },
];

/** What a client makes of one round: kind, state and channel, details, roles of the pictures. */
const ROUNDS: Readonly<Record<ScenarioName, readonly Expected[]>> = {
  camera: [
    ['motion start 1', {}],
    ['motion end 1', {}],
    ['lineCrossing start 1', { rule: 1 }],
    ['lineCrossing end 1', { rule: 1 }],
  ],
  nvr: [
    ['motion start 1'],
    ['motion start 3'],
    ['motion start 5'],
    ['lineCrossing start 2', { rule: 1 }],
    ['motion end 5'],
    ['motion end 1'],
    ['motion end 3'],
    ['lineCrossing end 2', { rule: 1 }],
    ['videoLoss start 8'],
    ['videoLoss end 8'],
  ],
  doorstation: [
    ['doorbell once -', { call: 'ringing', key: 'doorbell', door: 1, button: null, caller: null }, [null]],
    ['access once -', { key: 'remoteOpen', category: 'operation', granted: null, door: 1 }],
    door('unlocked', 1),
    door('locked', 1),
    ['motion start 1'],
    ['motion end 1'],
  ],
  terminal: [
    ['access once -', { key: 'cardGranted', granted: true, method: 'card', door: 1, verifyMode: 'card', ...PERSON_A }],
    ...passes(1),
    ['access once -', { key: 'cardUnknown', granted: false, reason: 'unknownCard', card: '0000000099', person: null }],
    ['access once -', { key: 'cardNoPermission', granted: false, reason: 'noPermission', door: 2, ...PERSON_A }],
    ['access once -', { key: 'faceGranted', granted: true, method: 'face', door: 2, person: '002', card: null }],
    ...passes(2),
    door('doorContactOpen', 1),
    ['access once -', { key: 'doorOpenTooLong', category: 'alarm', door: 1 }],
    door('doorContactClosed', 1),
    ['access once -', { key: 'doorForced', category: 'alarm', door: 2 }],
    door('doorContactClosed', 2),
  ],
  anpr: [
    plate('AB123', 'forward', 'allowList'),
    plate('CD4567', 'reverse', 'otherList'),
    plate('0815XY', 'forward', 'blockList'),
  ],
  axpro: [
    ['alarmPanel once 1', { key: 'armStay', category: 'arm', zone: null, partition: 1, user: 'admin' }],
    [
      'alarmPanel once 1',
      { key: 'burglary', category: 'alarm', zone: 0, zoneName: 'Front door', partition: 1, partitionName: 'House' },
    ],
    ['alarmPanel once 1', { key: 'burglary', category: 'restore', isRestore: true, zone: 0 }],
    ['alarmPanel once 1', { key: 'disarm', category: 'disarm', zone: null }],
  ],
  thermal: [
    ['temperature start 2', { level: 'alarm', temperature: 84.5, limit: 80, unit: 'celsius', ruleName: 'Bearing' }],
    ['temperature end 2', { temperature: 61, rule: 1, preset: 1 }],
  ],
  counter: [count(1, 0), count(3, 0), count(3, 1), count(4, 3)],
  speaker: [
    ['alarmInput start -', { port: 1, rawPort: '1', name: null }],
    ['alarmInput end -', { port: 1 }],
  ],
  smart: [
    ['regionEntrance start 1', { rule: 2 }],
    ['regionEntrance end 1', { rule: null }],
    [
      'face once 1',
      { ageGroup: 'middle', gender: 'female', glasses: 'no', mask: false, smile: true, score: 87, personName: null },
      ['face'],
    ],
    ['face once 1', { person: '017', personName: 'Person A', list: 'Family', similarity: 0.93 }, ['face']],
    ['loitering start 1', { rule: 3 }],
    ['loitering end 1'],
    ['audio start 1', { level: 84, threshold: null, cause: null }],
    ['audio end 1', { level: null }],
    ['pir start 1'],
    ['pir end 1'],
    ['alarmInput start 1', { port: 1 }],
    ['alarmInput end 1', { port: 1 }],
  ],
  faults: [
    ['diskError start -', { disk: 2, state: 'error' }],
    ['networkBroken start -', { port: 2 }],
    ['diskError end -', { disk: 2 }],
    ['ipConflict start -', { port: 1, conflictIp: '192.0.2.64', conflictMac: '02:00:00:00:00:99' }],
    ['networkBroken end -', { port: 2 }],
    ['illegalAccess start -', { address: '192.0.2.99', user: 'admin' }],
    ['ipConflict end -'],
    ['illegalAccess end -'],
  ],
  traffic: [
    ['vehicle start 1', { plate: 'AB123', lane: '1', vehicleType: 'car', vehicleColor: 'blue', speedKmh: 38 }],
    ['trafficIncident start 1', { incident: 'wrongDirection', vehicleType: 'truck', speedKmh: 22 }],
    ['vehicle end 1', { speedKmh: 38 }],
    ['trafficIncident start 1', { incident: 'overSpeed', speedKmh: 81 }],
    ['trafficIncident end 1', { incident: 'wrongDirection' }],
    ['trafficIncident start 1', { incident: 'pedestrian', lane: '2', plate: null, speedKmh: null }],
    ['trafficIncident end 1', { incident: 'overSpeed' }],
    ['trafficIncident end 1', { incident: 'pedestrian' }],
  ],
};

/** What a client makes of one round. */
async function round(name: ScenarioName): Promise<HikvisionEvent[]> {
  const { model = name, roundMs } = SCENARIOS[name];
  const clock = new FakeClock();
  const device = await simulator(model as ModelName, { clock });
  // What the device tells by itself; what asking for its state adds is tested elsewhere.
  const client = hikvisionClient(device, { clock, events: { ways: ['stream'] } });
  const events: HikvisionEvent[] = [];
  client.events((event) => events.push(event));
  await client.connect();
  await advanceUntil(clock, () => device.streams === 1, 'the stream is open');
  const startMs = clock.monotonic();
  device.playScenario(name);
  await advanceUntil(clock, () => clock.monotonic() - startMs >= roundMs, 'the round is over');
  device.playScenario(null);
  return events;
}

describe('scenarios, as a client sees them', () => {
  for (const name of SCENARIO_NAMES) {
    it(`${name}: ${SCENARIOS[name].summary}`, async () => {
      const events = await round(name);
      const expected = ROUNDS[name];
      expect(events.map(({ kind, state, channel }) => `${kind} ${state} ${channel ?? '-'}`)).toEqual(
        expected.map(([what]) => what),
      );
      for (const [index, [, details = {}, pictures = []]] of expected.entries()) {
        expect(events[index]?.details).toMatchObject(details);
        expect(events[index]?.pictures.map(({ role }) => role)).toEqual(pictures);
      }
    });
  }
});
