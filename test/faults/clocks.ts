/** Clocks that jump, here and on the device; and names that mean another address. */
import dns from 'node:dns';
import { HikvisionClient } from '../../lib/index';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { CredentialGate, forgetGates } from '../../lib/transport/gate';
import { LockedError } from '../../lib/errors';
import { FakeClock } from '../support/fake-clock';
import { advanceUntil, turns } from '../support/turns';
import { must, NOTHING, sum, type Outcome, type Scenario } from './outcome';
import { benchOf, plates, SOURCES, toldOnce, untilTold, type Source } from './sources';

const HOUR_MS = 3_600_000;
/** Summer time begins and ends; a battery is empty; somebody sets the year. */
const JUMPS_MS = [HOUR_MS, -HOUR_MS, 5 * HOUR_MS, -26 * HOUR_MS, 400 * 24 * HOUR_MS, -400 * 24 * HOUR_MS];

/** A clock of this machine whose wall time somebody sets. */
class JumpingClock extends FakeClock {
  private jumpedMs = 0;

  override now(): number {
    return super.now() + this.jumpedMs;
  }

  jump(ms: number): void {
    this.jumpedMs += ms;
  }
}

async function deviceClock(source: Source): Promise<Outcome> {
  const bench = await benchOf(source);
  let sent = 0;
  try {
    for (const jumpMs of JUMPS_MS) {
      bench.device.device.clockOffsetMs += jumpMs;
      await toldOnce(bench, source, [sent++, sent++], `the device's clock jumped by ${jumpMs / HOUR_MS} h`);
      // The alarms of a channel are told again once the last one is over.
      await bench.clock.advance(15_000);
    }
    must(bench.client.counters.reconnects === 0, 'the connection is held');
    return { ...NOTHING, sent, delivered: sent, faults: JUMPS_MS.length };
  } finally {
    await bench.close();
  }
}

async function ourClock(source: Source): Promise<Outcome> {
  const clock = new JumpingClock();
  const bench = await benchOf(source, clock);
  let sent = 0;
  try {
    for (const jumpMs of JUMPS_MS) {
      const timers = clock.pending;
      clock.jump(jumpMs);
      await toldOnce(bench, source, [sent++, sent++], `our clock jumped by ${jumpMs / HOUR_MS} h`);
      await clock.advance(15_000);
      await turns(2);
      must(clock.pending <= timers + 4, `${clock.pending - timers} more timers than before`);
    }
    must(bench.client.counters.reconnects === 0, 'the connection is held');
    return { ...NOTHING, sent, delivered: sent, faults: JUMPS_MS.length };
  } finally {
    await bench.close();
  }
}

/** A lock lasts as long as the device says, whatever the wall clock does: a login that comes too soon would lengthen it. */
async function lockAndClock(): Promise<Outcome> {
  for (const jumpMs of JUMPS_MS) {
    const clock = new JumpingClock();
    const gate = new CredentialGate(clock);
    const error = gate.refused({ locked: true, unlockSeconds: 1_800, attemptsLeft: null }, 'x');
    must(error instanceof LockedError, 'it is locked');
    await clock.advance(60_000);
    clock.jump(jumpMs);
    must(gate.isClosed, `locked for half an hour, open a minute later as our clock jumped by ${jumpMs / HOUR_MS} h`);
    await clock.advance(1_800_000);
    must(!gate.isClosed, `still locked after half an hour as our clock jumped by ${jumpMs / HOUR_MS} h`);
  }
  return { ...NOTHING, faults: JUMPS_MS.length };
}

/* Names */

type Answer = (error: NodeJS.ErrnoException | null, address?: string | dns.LookupAddress[], family?: number) => void;

/** Answers for one name as it is told, where the whole process asks. */
class Names {
  /** Null: there is no such name. */
  address: string | null = '127.0.0.1';
  asked = 0;
  private readonly real = dns.lookup;

  constructor(private readonly name: string) {
    const lookup = (host: string, options: unknown, callback?: Answer) => {
      const answer = (callback ?? options) as Answer;
      if (host !== this.name) {
        (this.real as (...args: unknown[]) => void)(host, options, callback);
        return;
      }
      this.asked++;
      const { address } = this;
      const isAll = typeof options === 'object' && options !== null && (options as dns.LookupOptions).all === true;
      setImmediate(() => {
        if (address === null) {
          answer(
            Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
              code: 'ENOTFOUND',
              syscall: 'getaddrinfo',
              hostname: host,
            }),
          );
        } else if (isAll) answer(null, [{ address, family: 4 }]);
        else answer(null, address, 4);
      });
    };
    dns.lookup = lookup as unknown as typeof dns.lookup;
  }

  close(): void {
    dns.lookup = this.real;
  }
}

/** The device gets another address: the name is asked for again with each connection. A name that is not found is asked for again. */
async function names(): Promise<Outcome> {
  forgetGates();
  const clock = new FakeClock();
  const resolver = new Names('camera.test');
  const before = await Simulator.start({ device: builtInDevice('camera'), clock, heartbeatMs: 0 });
  const after = await Simulator.start({
    device: builtInDevice('camera'),
    clock,
    heartbeatMs: 0,
    host: '127.0.0.2',
    httpPort: before.httpPort,
  });
  const client = new HikvisionClient({
    url: `http://camera.test:${before.httpPort}`,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    random: () => 0.5,
    clock,
    events: { ways: ['stream'] },
  });
  const seen = new Set<number>();
  client.events((event) => seen.add(plates.numberOf(event) ?? NaN));
  const tell = async (device: Simulator, number: number) => {
    plates.happens(device, number);
    await advanceUntil(clock, () => seen.has(number), `event ${number}`);
  };
  const bench = { clock, client } as Parameters<typeof untilTold>[0];
  try {
    resolver.address = null;
    const failed = await client.connect().then(
      () => null,
      (error: unknown) => error as { code: string },
    );
    must(failed?.code === 'HIK_UNREACHABLE', `a name that is not found is ${failed?.code}`);
    await turns(3);
    must(client.state.state === 'lost', 'it is tried again');
    resolver.address = '127.0.0.1';
    await untilTold(bench);
    await tell(before, 1);
    resolver.address = '127.0.0.2';
    await tell(before, 2);
    await before.close();
    await advanceUntil(clock, () => after.streams === 1 && client.state.state === 'connected', 'the other address');
    await tell(after, 3);
    resolver.address = null;
    after.dropConnections();
    await advanceUntil(clock, () => client.state.state === 'lost', 'the loss');
    const { asked } = resolver;
    await clock.advance(300_000);
    must(resolver.asked > asked, 'it is still tried');
    resolver.address = '127.0.0.2';
    await advanceUntil(clock, () => after.streams === 1 && client.state.state === 'connected', 'the name is back');
    await tell(after, 4);
    must(before.authFailures + after.authFailures === 0, 'no login was wrong');
    return { ...NOTHING, sent: 4, delivered: seen.size, faults: 3 };
  } finally {
    resolver.close();
    await client.close();
    await before.close();
    await after.close();
    await turns(2);
  }
}

const all = (run: (source: Source) => Promise<Outcome>) => async (): Promise<Outcome> => {
  let outcome = NOTHING;
  for (const source of SOURCES) outcome = sum(outcome, await run(source));
  return outcome;
};

export const CLOCK_SCENARIOS: readonly Scenario[] = [
  { name: "the device's clock jumps", run: all(deviceClock) },
  { name: 'our clock jumps', run: all(ourClock) },
  { name: 'our clock jumps while an account is locked', run: lockAndClock },
  { name: 'the name of a device means another address, or none', run: names },
];
