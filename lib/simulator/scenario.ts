/** What happens in front of a simulated device: timed lists of events that start over, for demos and tests. */
import type { Clock, Timer } from '../clock';
import type { SimulatedDevice } from './device';
import type { EventFields, EventRegion } from './event-parts';
import { AccessLog } from './functions/access-log';
import { AlarmPanel } from './functions/alarm-panel';
import { Doors } from './functions/doors';
import { Intercom } from './functions/intercom';
import { PlateGate } from './functions/plates';
import { PeopleCounter, Thermometer } from './functions/sensors';
import type { ModelName } from './models';
import { drawPicture } from './picture';
import { element } from '../codec/xml';

export type ScenarioName =
  | 'camera'
  | 'nvr'
  | 'doorstation'
  | 'terminal'
  | 'anpr'
  | 'axpro'
  | 'thermal'
  | 'counter'
  | 'speaker'
  | 'smart'
  | 'faults'
  | 'traffic';

interface Step {
  /** From the start of the round. */
  readonly atMs: number;
  /** The event to send; null where something is done to the device, which then speaks for itself. */
  readonly event: (device: SimulatedDevice) => EventFields | null;
}

interface Scenario {
  /** One line for the help. */
  readonly summary: string;
  /** The built-in device that it happens to; the one that has the scenario as its own when not given. */
  readonly model?: ModelName;
  /** Then the next round begins. */
  readonly roundMs: number;
  readonly steps: readonly Step[];
}

const CROSSED_LINE: EventRegion = {
  id: 1,
  sensitivity: 50,
  points: [
    { x: 424, y: 642 },
    { x: 161, y: 610 },
  ],
  target: 'human',
  targetRect: { x: 0.42, y: 0.311, width: 0.08, height: 0.3 },
};

const PERSON_A = { card: '0012345678', person: '001', name: 'Person A' } as const;
const UNKNOWN_CARD = { major: 'event', door: 1, card: '0000000099', verifyMode: 'card' } as const;

/** One face as recorders and cameras describe it (isapi.md §6.11). */
const SEEN_FACE = {
  faceId: 1,
  faceRect: { height: 0.068, width: 0.041, x: 0.228, y: 0.318 },
  age: { ageGroup: 'middle' },
  gender: { value: 'female' },
  glass: { value: 'no' },
  mask: { value: 'no' },
  smile: { value: 'yes' },
  faceExpression: { value: 'happy' },
  faceScore: 87,
} as const;

/** The same face, and whom a list of the device takes it for. */
const KNOWN_FACE = {
  ...SEEN_FACE,
  faceId: 2,
  identify: [
    {
      candidate: [
        {
          human_id: '017',
          similarity: 0.93,
          listType: 'whiteList',
          FDLibName: 'Family',
          reserve_field: { name: 'Person A' },
        },
      ],
    },
  ],
} as const;

/** Of the simulated alarm panel. */
const HOUSE = 1;
const FRONT_DOOR = 0;
const KITCHEN_WINDOW = 1;

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  camera: {
    summary: 'motion, repeated every second and ended by the camera; a line crossed by a person',
    roundMs: 40_000,
    steps: inOrder([
      ...repeated(2_000, 1_000, 7, { eventType: 'VMD', target: 'human' }),
      ...repeated(9_000, 0, 1, { eventType: 'VMD', eventState: 'inactive' }),
      ...repeated(20_000, 1_000, 3, { eventType: 'linedetection', regions: [CROSSED_LINE] }),
      ...repeated(23_000, 0, 1, { eventType: 'linedetection', eventState: 'inactive', regions: [CROSSED_LINE] }),
    ]),
  },
  nvr: {
    summary:
      'motion on channels 1, 3 and 5, a line crossed on 2, no video on 8; the recorder never says that it is over',
    roundMs: 60_000,
    steps: inOrder([
      ...repeated(2_000, 1_000, 8, { eventType: 'VMD', channel: 1, target: 'vehicle' }),
      ...repeated(4_500, 1_500, 5, { eventType: 'VMD', channel: 3 }),
      ...repeated(6_000, 1_000, 3, { eventType: 'VMD', channel: 5 }),
      ...repeated(15_000, 0, 1, { eventType: 'linedetection', channel: 2, regions: [CROSSED_LINE] }),
      ...repeated(30_000, 500, 12, { eventType: 'videoloss', channel: 8 }),
    ]),
  },
  doorstation: {
    summary: 'somebody rings, with a picture, is answered and let in; then motion',
    roundMs: 45_000,
    steps: inOrder([
      does(3_000, ({ intercom }, device) => intercom.ring(device)),
      does(8_000, ({ intercom }, device) => intercom.signal(device, 'answer')),
      does(12_000, ({ doors }, device) => doors.command(device, 1, 'open')),
      does(20_000, ({ intercom }, device) => intercom.signal(device, 'hangUp')),
      ...repeated(30_000, 1_000, 4, { eventType: 'VMD', channel: 1 }),
      ...repeated(34_000, 0, 1, { eventType: 'VMD', channel: 1, eventState: 'inactive' }),
    ]),
  },
  terminal: {
    summary: 'cards and a face that are let in, cards that are not, a door held open too long, a door forced',
    roundMs: 60_000,
    steps: inOrder([
      does(2_000, ({ doors }, device) => doors.letIn(device, 1, { minor: 0x01, ...PERSON_A, verifyMode: 'card' })),
      does(12_000, ({ log }, device) => log.record(device, { ...UNKNOWN_CARD, minor: 0x09 })),
      does(15_000, ({ log }, device) => log.record(device, { ...UNKNOWN_CARD, ...PERSON_A, minor: 0x06, door: 2 })),
      does(20_000, ({ doors }, device) => doors.letIn(device, 2, { minor: 0x4b, person: '002', name: 'Person B' })),
      does(30_000, ({ doors }, device) => doors.leaveOpen(device, 1)),
      does(36_000, ({ doors }, device) => doors.shut(device, 1)),
      does(45_000, ({ doors }, device) => doors.force(device, 2)),
      does(50_000, ({ doors }, device) => doors.shut(device, 2)),
    ]),
  },
  anpr: {
    summary: 'cars come, with pictures of plate and vehicle; the one on the allow list opens the barrier',
    roundMs: 50_000,
    steps: inOrder([
      does(2_000, ({ gate }, device) => gate.car(device, 'AB123')),
      does(20_000, ({ gate }, device) => gate.car(device, 'CD4567', 'reverse')),
      does(35_000, ({ gate }, device) => gate.car(device, '0815XY')),
    ]),
  },
  axpro: {
    summary: 'an evening: the house is armed stay, the front door opens, alarm, it is closed and disarmed',
    roundMs: 60_000,
    steps: inOrder([
      acts(1_000, (device) => device.part(AlarmPanel)?.setZone(device, KITCHEN_WINDOW, false)),
      acts(3_000, (device) => device.part(AlarmPanel)?.arm(device, [HOUSE], 'stay')),
      acts(15_000, (device) => device.part(AlarmPanel)?.setZone(device, FRONT_DOOR, true)),
      acts(25_000, (device) => device.part(AlarmPanel)?.setZone(device, FRONT_DOOR, false)),
      acts(30_000, (device) => device.part(AlarmPanel)?.disarm(device, [HOUSE])),
    ]),
  },
  thermal: {
    summary: 'a bearing overheats and cools down',
    roundMs: 40_000,
    steps: inOrder(
      [55, 72, 84.5, 88, 84, 61, 41.5].map((celsius, index) =>
        acts(2_000 + index * 2_000, (device) => device.part(Thermometer)?.setTemperature(device, 1, celsius)),
      ),
    ),
  },
  counter: {
    summary: 'people come and go',
    roundMs: 30_000,
    steps: inOrder([
      acts(2_000, (device) => device.part(PeopleCounter)?.pass(device, 1, 0)),
      acts(6_000, (device) => device.part(PeopleCounter)?.pass(device, 2, 0)),
      acts(15_000, (device) => device.part(PeopleCounter)?.pass(device, 0, 1)),
      acts(22_000, (device) => device.part(PeopleCounter)?.pass(device, 1, 2)),
    ]),
  },
  smart: {
    summary: 'what a camera understands: an area entered, faces seen and recognised, loitering, a loud sound, warmth',
    model: 'camera',
    roundMs: 60_000,
    steps: inOrder([
      ...repeated(2_000, 1_000, 2, { eventType: 'regionEntrance', regions: [{ ...CROSSED_LINE, id: 2 }] }),
      ...repeated(5_000, 0, 1, { eventType: 'regionEntrance', eventState: 'inactive' }),
      acts(8_000, (device) => device.emit(faceEvent(device, 'faceCapture', [SEEN_FACE]))),
      acts(12_000, (device) => device.emit(faceEvent(device, 'alarmResult', [KNOWN_FACE]))),
      ...repeated(16_000, 1_000, 2, { eventType: 'loitering', regions: [{ ...CROSSED_LINE, id: 3 }] }),
      ...repeated(19_000, 0, 1, { eventType: 'loitering', eventState: 'inactive' }),
      ...repeated(22_000, 0, 1, { eventType: 'audioexception', objects: [element('decibel', 84)] }),
      ...repeated(24_000, 0, 1, { eventType: 'audioexception', eventState: 'inactive' }),
      ...repeated(28_000, 0, 1, { eventType: 'PIR' }),
      ...repeated(30_000, 0, 1, { eventType: 'PIR', eventState: 'inactive' }),
      ...repeated(34_000, 0, 1, { eventType: 'IO', inputPort: 1 }),
      ...repeated(36_000, 0, 1, { eventType: 'IO', inputPort: 1, eventState: 'inactive' }),
    ]),
  },
  faults: {
    summary: 'a recorder in trouble: a broken disk, a cable, an address that is taken, a wrong password',
    model: 'nvr',
    roundMs: 60_000,
    steps: inOrder([
      ...repeated(8_000, 1_000, 2, { eventType: 'diskerror', channel: null, objects: [element('diskNo', 2)] }),
      ...repeated(14_000, 1_000, 2, { eventType: 'nicbroken', channel: null, objects: [element('netPort', 2)] }),
      ...repeated(20_000, 1_000, 2, {
        eventType: 'ipconflict',
        channel: null,
        objects: [
          element('IPConflict', [
            element('netPort', 1),
            element('ipAddress', '192.0.2.64'),
            element('macAddress', '02:00:00:00:00:99'),
          ]),
        ],
      }),
      ...repeated(26_000, 0, 1, {
        eventType: 'illaccess',
        channel: null,
        objects: [element('remoteHostAddr', '192.0.2.99'), element('userName', 'admin')],
      }),
    ]),
  },
  traffic: {
    summary: 'a road: a vehicle with its speed, one on the wrong side, one that is too fast, somebody on foot',
    model: 'anpr',
    roundMs: 40_000,
    steps: inOrder([
      ...repeated(2_000, 0, 1, { eventType: 'HVTVehicleDetection', objects: vehicle('car', 38) }),
      ...repeated(8_000, 0, 1, { eventType: 'TFS_wrongDirection', objects: vehicle('truck', 22) }),
      ...repeated(14_000, 0, 1, { eventType: 'overSpeed', objects: vehicle('car', 81) }),
      ...repeated(20_000, 0, 1, { eventType: 'AID_pedestrian', objects: [element('laneNo', 2)] }),
    ]),
  },
  speaker: {
    summary: 'its alarm input is closed for a moment',
    roundMs: 30_000,
    steps: inOrder([
      ...repeated(5_000, 1_000, 2, { eventType: 'IO', channel: null, inputPort: 1 }),
      ...repeated(7_000, 0, 1, { eventType: 'IO', channel: null, inputPort: 1, eventState: 'inactive' }),
    ]),
  },
};

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

function faceEvent(device: SimulatedDevice, eventType: string, faces: readonly object[]): EventFields {
  const faceTime = device.timestamp(device.clock);
  return {
    eventType,
    json: {
      [eventType]: [{ targetAttrs: { deviceChannel: 1, deviceName: device.identity.name, faceTime }, faces }],
      picturesNumber: 1,
    },
    pictures: [{ name: 'facePicture.jpg', data: drawPicture({ widthPx: 96, heightPx: 96, label: 'FACE' }) }],
  };
}

function vehicle(type: string, speed: number) {
  return [
    element('vehicleInfo', [
      element('licensePlate', 'AB123'),
      element('laneNo', 1),
      element('vehicleType', type),
      element('color', 'blue'),
      element('speed', speed),
    ]),
  ];
}

/** What has state and acts by itself. */
interface Actors {
  readonly log: AccessLog;
  readonly doors: Doors;
  readonly intercom: Intercom;
  readonly gate: PlateGate;
}

const actors = new WeakMap<SimulatedDevice, Actors>();

/** The parts of a device; a dump has none, so it gets some that nobody can ask. */
function actorsOf(device: SimulatedDevice): Actors {
  const known = actors.get(device);
  if (known !== undefined) return known;
  const log = device.part(AccessLog) ?? new AccessLog();
  const made = {
    log,
    doors: device.part(Doors) ?? new Doors(2, log),
    intercom: device.part(Intercom) ?? new Intercom(log),
    gate: device.part(PlateGate) ?? new PlateGate(),
  };
  actors.set(device, made);
  return made;
}

function does(atMs: number, act: (actors: Actors, device: SimulatedDevice) => unknown): Step {
  return {
    atMs,
    event: (device) => {
      act(actorsOf(device), device);
      return null;
    },
  };
}

/** Runs one scenario, round after round, until it is stopped. */
export class ScenarioPlayer {
  private timer: Timer | null = null;

  constructor(
    private readonly device: SimulatedDevice,
    private readonly clock: Clock,
    private readonly send: (event: EventFields) => void,
  ) {}

  play(name: ScenarioName): void {
    this.stop();
    const scenario = SCENARIOS[name];
    this.next(scenario, this.clock.monotonic(), 0);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private next(scenario: Scenario, roundStartMs: number, index: number): void {
    const step = scenario.steps[index];
    const dueMs = roundStartMs + (step?.atMs ?? scenario.roundMs);
    this.timer = this.clock.after(Math.max(0, dueMs - this.clock.monotonic()), () => {
      if (step === undefined) {
        this.next(scenario, dueMs, 0);
        return;
      }
      this.next(scenario, roundStartMs, index + 1);
      const event = step.event(this.device);
      if (event !== null) this.send(event);
    });
  }
}

function repeated(atMs: number, everyMs: number, times: number, fields: EventFields): Step[] {
  return Array.from({ length: times }, (_, index) => ({ atMs: atMs + index * everyMs, event: () => fields }));
}

function acts(atMs: number, act: (device: SimulatedDevice) => unknown): Step {
  return {
    atMs,
    event: (device) => {
      act(device);
      return null;
    },
  };
}

function inOrder(steps: readonly Step[]): Step[] {
  return [...steps].sort((a, b) => a.atMs - b.atMs);
}
