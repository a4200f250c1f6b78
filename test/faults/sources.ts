/** Every fault of the simulator on every way by which events come: what was told arrives once, and all is well when it is over. */
import {
  HikvisionClient,
  PushListener,
  type ClientCounters,
  type ClientOptions,
  type HikvisionEvent,
} from '../../lib/index';
import { faultNamed } from '../../lib/simulator/faults';
import { AccessLog } from '../../lib/simulator/functions/access-log';
import {
  builtInDevice,
  FAULT_NAMES,
  Simulator,
  SIMULATOR_PASSWORD,
  SIMULATOR_USERNAME,
  type FaultName,
  type SimulatorOptions,
} from '../../lib/simulator';
import { forgetAcceptedWays } from '../../lib/session/command-session';
import { generateLoginKeys, type LoginKeys } from '../../lib/session/login-crypto';
import { forgetGates } from '../../lib/transport/gate';
import { FakeClock } from '../support/fake-clock';
import { advanceUntil, turns } from '../support/turns';
import { must, NOTHING, sum, type Outcome, type Scenario } from './outcome';

/** One key pair for all logins: making one takes longer than the rest of a login. */
let keys: Promise<LoginKeys> | null = null;
const generateKeys = (): Promise<LoginKeys> => (keys ??= generateLoginKeys());

/** A client of a simulated device, and everything that belongs to it. */
export interface Bench {
  readonly clock: FakeClock;
  readonly device: Simulator;
  readonly client: HikvisionClient;
  readonly events: HikvisionEvent[];
  close(): Promise<void>;
}

export interface Source {
  readonly name: string;
  readonly device: () => SimulatorOptions['device'];
  readonly simulator: Omit<SimulatorOptions, 'device'>;
  readonly client: (device: Simulator) => Partial<ClientOptions>;
  readonly isPushed?: true;
  /** Something happens that is told by one event. @param number tells it from the others. */
  readonly happens: (device: Simulator, number: number) => void;
  /** The number of such an event; null for another one. */
  readonly numberOf: (event: HikvisionEvent) => number | null;
}

const plate = (number: number): string =>
  '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><channelID>1</channelID>' +
  `<eventType>ANPR</eventType><eventState>active</eventState><ANPR><licensePlate>N ${number}</licensePlate></ANPR></EventNotificationAlert>`;

export const plates: Pick<Source, 'happens' | 'numberOf'> = {
  happens: (device, number) => device.sendEvent(plate(number)),
  numberOf: ({ kind, details }) => (kind === 'plate' ? Number(String(details['plate']).replace('N ', '')) : null),
};

/** A push of the alarm channel names a channel and nothing else, so each event has one of its own. */
const CHANNELS = 16;

export const SOURCES: readonly Source[] = [
  {
    name: 'alertStream',
    device: () => builtInDevice('camera'),
    simulator: {},
    client: ({ url }) => ({ url, events: { ways: ['stream'] } }),
    ...plates,
  },
  {
    name: 'subscribe',
    device: () => builtInDevice('camera'),
    simulator: { subscribeEvent: true },
    client: ({ url }) => ({ url, events: { ways: ['subscribe'] } }),
    ...plates,
  },
  {
    name: 'push',
    device: () => builtInDevice('camera'),
    simulator: {},
    client: ({ url }) => ({ url, events: { ways: ['push'] } }),
    isPushed: true,
    ...plates,
  },
  {
    name: 'alarm channel',
    device: () => builtInDevice('nvr'),
    simulator: { hspPort: 0 },
    client: ({ hspPort }) => ({ url: `hsp://127.0.0.1:${hspPort}`, commandPort: { generateKeys } }),
    happens: (device, number) =>
      device.sendEvent({
        eventType: number < CHANNELS ? 'VMD' : 'tamperdetection',
        eventState: 'active',
        channel: (number % CHANNELS) + 1,
      }),
    numberOf: ({ kind, state, channel }) =>
      state !== 'start' || channel === null ? null : channel - 1 + (kind === 'motion' ? 0 : CHANNELS),
  },
  {
    name: 'polling',
    device: () => builtInDevice('terminal'),
    simulator: {},
    client: ({ url }) => ({ url, events: { ways: ['poll'] } }),
    happens: ({ device }, number) =>
      device.part(AccessLog)?.record(device, { major: 'event', minor: 1, door: 1, card: `${number}` }),
    numberOf: ({ kind, details }) => (kind === 'access' ? Number(details['card']) : null),
  },
];

/** Connected, with events coming. */
export async function benchOf(source: Source, clock = new FakeClock()): Promise<Bench> {
  forgetGates();
  forgetAcceptedWays();
  const device = await Simulator.start({ device: source.device(), clock, ...source.simulator });
  const listener = new PushListener({ clock });
  const options = source.client(device);
  if (source.isPushed === true) await listener.listen({ host: '127.0.0.1', port: 0 });
  const calledAt = `http://127.0.0.1:${listener.port}`;
  const client = new HikvisionClient({
    url: device.url,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    random: () => 0.5,
    clock,
    ...options,
    events: {
      ...options.events,
      ...(source.isPushed === true ? { push: { listener, secret: 'of the fault test', calledAt } } : {}),
    },
  });
  const events: HikvisionEvent[] = [];
  client.events((event) => events.push(event));
  const bench: Bench = {
    clock,
    device,
    client,
    events,
    close: async () => {
      const closing = client.close();
      let isOver = false;
      void closing.finally(() => (isOver = true));
      await advanceUntil(clock, () => isOver, 'the close');
      await listener.close();
      await device.close();
      await turns(2);
    },
  };
  void client.connect().catch(() => undefined);
  await untilTold(bench);
  return bench;
}

/** Connected, and a way of events works. */
export async function untilTold({ clock, client }: Bench): Promise<void> {
  const isTold = () => client.state.state === 'connected' && client.state.ways.length > 0;
  // A lock takes its half hour.
  for (let minute = 0; minute < 40 && client.state.state === 'locked'; minute++) {
    await clock.advance(60_000);
    await turns(5);
  }
  await advanceUntil(clock, isTold, `events; the client is ${JSON.stringify(client.state)}`, { stepMs: 1_000 });
}

const A_FEW = 4;
/** The heartbeat of a subscription may be missing three times before it counts as lost. */
const LONGEST_SILENCE_S = 120;

/** How often each number came. */
function tallied(events: readonly HikvisionEvent[], source: Source): Map<number, number> {
  const times = new Map<number, number>();
  for (const event of events) {
    const number = source.numberOf(event);
    if (number !== null) times.set(number, (times.get(number) ?? 0) + 1);
  }
  return times;
}

/** What the client says of messages that it did not understand. */
function complaints({ badParts, skippedBytes, droppedMessages, reconnects }: ClientCounters): number {
  return badParts + skippedBytes + droppedMessages + reconnects;
}

/** Sends some, and waits until all of them are there. */
export async function toldOnce(bench: Bench, source: Source, numbers: readonly number[], when: string): Promise<void> {
  const { clock, device, events } = bench;
  for (const number of numbers) {
    source.happens(device, number);
    await clock.advance(50);
  }
  const missing = () => numbers.filter((number) => !tallied(events, source).has(number));
  await advanceUntil(clock, () => missing().length === 0, `${source.name}, ${when}: ${missing().join()}`, {
    limitMs: 60_000,
  });
}

async function faultOn(source: Source, fault: FaultName): Promise<Outcome> {
  const bench = await benchOf(source);
  const { clock, device, client, events } = bench;
  const numbers = (from: number) => Array.from({ length: A_FEW }, (_, index) => from + index);
  const [before, during, after] = [numbers(0), numbers(A_FEW), numbers(2 * A_FEW)];
  try {
    await toldOnce(bench, source, before, 'before');
    const complaintsBefore = complaints(client.counters);
    const untakenBefore = device.pushes.dropped;
    device.setFault(fault);
    await turns(3);
    let isLost = false;
    const watch = client.onState(({ state }) => (isLost ||= state !== 'connected'));
    for (const number of during) {
      source.happens(device, number);
      await clock.advance(1_000);
      await turns(2);
    }
    // As long as it takes to find out that nothing comes any more.
    for (let second = 0; second < LONGEST_SILENCE_S && !isLost; second += 10) {
      await clock.advance(10_000);
      await turns(2);
    }
    device.setFault(null);
    await advanceUntil(clock, () => device.isListening, 'the device is back', { limitMs: 120_000 });
    await untilTold(bench);
    await advanceUntil(clock, () => isTelling(bench, source), `${source.name}: the device tells again after ${fault}`, {
      limitMs: 200_000,
      stepMs: 1_000,
    });
    await toldOnce(bench, source, after, `after ${fault}`);
    watch.close();
    // What is held back for its picture or another way comes out.
    await clock.advance(5_000);
    const times = tallied(events, source);
    const twice = [...times].filter(([, count]) => count > 1);
    must(twice.length === 0, () => `${source.name}, ${fault}: more than once: ${JSON.stringify(twice)}`);
    // A lock is found out by one login that is refused, and never by a second one.
    const mayBeRefused = faultNamed(fault).locked === true ? 1 : 0;
    must(device.authFailures <= mayBeRefused, `${source.name}, ${fault}: ${device.authFailures} wrong logins`);
    const missing = during.filter((number) => !times.has(number)).length;
    const isKnown = complaints(client.counters) > complaintsBefore;
    const untaken = device.pushes.dropped - untakenBefore;
    // A device that is only there to be asked, and was away between two questions.
    const isAway = source.isPushed === true && (faultNamed(fault).restart ?? false);
    must(
      missing === 0 || isKnown || isLost || untaken > 0 || isAway || fault === 'silent-stream',
      `${source.name}, ${fault}: ${missing} events are missing, and nothing tells of it`,
    );
    const counted = missing > 0 && isKnown && !isLost ? missing : 0;
    return {
      ...NOTHING,
      sent: 3 * A_FEW,
      delivered: times.size,
      counted,
      untold: missing - counted,
      faults: 1,
    };
  } finally {
    await bench.close();
  }
}

/** The client hears it, and the device knows whom to tell. */
function isTelling({ device, client }: Bench, { name }: Source): boolean {
  if (client.state.state !== 'connected') return false;
  if (name === 'alarm channel') return device.hspAlarmChannels === 1;
  return name === 'alertStream' || name === 'subscribe' ? device.streams >= 1 : true;
}

/** One for each source, so that what fails is told from the rest. */
export const SOURCE_SCENARIOS: readonly Scenario[] = SOURCES.map((source) => ({
  name: `every fault of the simulator: ${source.name}`,
  run: async () => {
    let outcome = NOTHING;
    for (const fault of FAULT_NAMES) outcome = sum(outcome, await faultOn(source, fault));
    return outcome;
  },
}));
