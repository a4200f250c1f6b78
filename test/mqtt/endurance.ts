/**
 * Many events through the bridge to mosquitto, with the broker stopped twice by SIGTERM and the bridge killed once on the way:
 * every id arrives, first arrivals in order per device. `node dist/test/mqtt/endurance.js 100000`; the tests run fewer.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { systemClock } from '../../lib/clock';
import { Publisher } from '../../lib/publisher/publisher';
import { bridged, eventWith, FakeDevice } from '../support/bridged';
import { Mosquitto } from '../support/brokers';

const DEVICES = 4;
const BATCH = 200;
/** Events that are handed over and not yet written; a device does not wait either. */
const AHEAD = 2_000;

type ToBridge = { readonly emit: readonly number[] } | 'status';
type FromBridge =
  | { readonly written: number; readonly tookMs: number }
  | { readonly queued: number; readonly dropped: number }
  | 'ready';

/* The bridge, a process of its own */

async function bridge(url: string, folder: string): Promise<void> {
  const devices = Array.from({ length: DEVICES }, () => new FakeDevice());
  const publisher = await Publisher.open({
    bridgeId: 'endurance',
    broker: { urls: [url] },
    devices: devices.map((device, index) => bridged(`Device ${index}`, device)),
    journal: { folder, maxEvents: 200_000, maxBytes: 512 * 1024 * 1024 },
    clock: systemClock,
  });
  publisher.start();
  const tell = (message: FromBridge) => void process.send?.(message);
  process.on('message', (message: ToBridge) => {
    if (message === 'status') {
      const { queued, dropped } = publisher.status;
      tell({ queued, dropped });
      return;
    }
    for (const number of message.emit) {
      const state = number % (2 * DEVICES) < DEVICES ? 'start' : 'end';
      devices[number % DEVICES]?.emit(eventWith({ id: `e-${number}`, state, details: { filler: 'x'.repeat(200) } }));
    }
    const last = message.emit.at(-1) ?? 0;
    // This is all that the bridge claims: what it has written is safe from the end of the process, and nothing is sooner.
    const takenMs = performance.now();
    void publisher.written().then(() => tell({ written: last, tookMs: performance.now() - takenMs }));
  });
  tell('ready');
}

class Bridge {
  private constructor(
    private readonly child: ChildProcess,
    readonly ready: Promise<void>,
  ) {}

  static start(url: string, folder: string, onMessage: (message: FromBridge) => void): Bridge {
    const child = fork(__filename, ['bridge', url, folder]);
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message: FromBridge) => (message === 'ready' ? resolve() : onMessage(message)));
    });
    return new Bridge(child, ready);
  }

  send(message: ToBridge): void {
    if (this.child.connected) this.child.send(message);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await gone;
  }
}

/* Who watches */

async function run(count: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hsp-endurance-'));
  const mosquitto = await Mosquitto.start({
    lines: ['persistence true', 'persistence_location {folder}/', 'max_queued_messages 0'],
  });
  const startedMs = performance.now();
  const seen = new Set<number>();
  const newest = new Array<number>(DEVICES).fill(-1);
  let arrivals = 0;
  let outOfOrder = 0;
  const subscriber = await connectAsync(mosquitto.url, {
    clientId: 'subscriber',
    clean: false,
    protocolVersion: 4,
    reconnectPeriod: 200,
  });
  subscriber.on('error', () => undefined); // while the broker is away
  subscriber.on('message', (_topic, payload) => {
    arrivals++;
    const number = Number(/"id":"e-(\d+)"/.exec(payload.toString())?.[1] ?? NaN);
    if (!Number.isInteger(number) || seen.has(number)) return;
    seen.add(number);
    const device = number % DEVICES;
    if (number < (newest[device] ?? -1)) outOfOrder++;
    newest[device] = Math.max(newest[device] ?? -1, number);
  });
  await subscriber.subscribeAsync('hikvision/+/+/event', { qos: 1 });

  let written = -1;
  let resent = 0;
  let longestMs = 0;
  let status = { queued: 0, dropped: 0 };
  const hear = (message: FromBridge) => {
    if (message === 'ready') return;
    if ('written' in message) {
      written = Math.max(written, message.written);
      longestMs = Math.max(longestMs, message.tookMs);
    } else status = message;
  };
  let current = Bridge.start(mosquitto.url, join(folder, 'journal'), hear);
  await current.ready;
  const incidents = [
    { at: 0.2, run: () => breakBroker() },
    { at: 0.45, run: () => killBridge() },
    { at: 0.7, run: () => breakBroker() },
  ];
  let broken: Promise<void> = Promise.resolve();
  let kills = 0;
  async function breakBroker(): Promise<void> {
    await mosquitto.stop('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await mosquitto.start();
  }
  async function killBridge(): Promise<void> {
    await current.kill('SIGKILL');
    kills++;
    current = Bridge.start(mosquitto.url, join(folder, 'journal'), hear);
    await current.ready;
  }

  try {
    let next = 0;
    // Before the test gives up, so that it hears what is missing, and everything is cleared away.
    const deadlineMs = startedMs + Math.max(100_000, 6 * count);
    while (next < count && performance.now() < deadlineMs) {
      const due = incidents[0];
      if (due !== undefined && next >= due.at * count) {
        incidents.shift();
        await broken; // One at a time: two stops at once would start two brokers on one port.
        const killsBefore = kills;
        broken = due.run();
        // The broker goes while events come; a bridge that is gone gets none.
        if (due.at === 0.45) await broken;
        // What it had not written when it was killed was never taken over; the source has it still.
        if (kills > killsBefore) {
          resent = next - written - 1;
          next = written + 1;
        }
      }
      if (next - written > AHEAD) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const to = Math.min(count, next + BATCH);
      current.send({ emit: Array.from({ length: to - next }, (_, index) => next + index) });
      next = to;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await broken;
    while (seen.size < count && performance.now() < deadlineMs)
      await new Promise((resolve) => setTimeout(resolve, 100));
    current.send('status');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const repeats = arrivals - seen.size;
    // `resent`: handed over and not claimed when the bridge was killed, so that the source sent them once more.
    const window = { resent, longestWriteMs: Math.round(longestMs) };
    const result = { count, arrived: seen.size, repeats, outOfOrder, kills, ...window, ...status, seconds };
    if (seen.size !== count || outOfOrder > 0 || status.dropped > 0) throw new Error(JSON.stringify(result));
    return JSON.stringify(result);
  } finally {
    await current.kill('SIGKILL');
    await subscriber.endAsync(true);
    await mosquitto.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const [first = '100000', url = '', folder = ''] = process.argv.slice(2);
  if (first === 'bridge') await bridge(url, folder);
  else process.stdout.write(`${await run(Number(first))}\n`);
}

void main().catch((error: unknown) => {
  process.stderr.write(`endurance: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
