/** The process under test: a client for each device, all of them to one broker, and what that costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeHeapSnapshot } from 'node:v8';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../lib/clock';
import { HikvisionClient, PushListener, Publisher, type BridgedDevice, type DeviceSource } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { answering, nameOf, needDescriptors, type DevicePlace } from './parts';

export type ToSite =
  | { readonly do: 'start'; readonly brokerUrl: string; readonly places: readonly DevicePlace[] }
  | { readonly do: 'look' }
  /** Begins to measure. */
  | { readonly do: 'begin' }
  | { readonly do: 'end' }
  | { readonly do: 'memory' }
  | { readonly do: 'snapshot'; readonly file: string };

export interface Look {
  /** Clients that are connected and have their events. */
  readonly ready: number;
  readonly queued: number;
  readonly dropped: number;
  readonly published: number;
  /** How many clients are in each state, and why where that is said. */
  readonly states: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the event loop, beyond the pace at which it is looked at. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

export interface Memory {
  readonly rss: number;
  /** Heap, and what hangs on it outside. */
  readonly heap: number;
}

/** How often the delay of the event loop is looked at. */
const RESOLUTION_MS = 10;
/** An alarm of the binary face is over after this silence; four of them take turns, one a second. */
const END_AFTER_MS = 1_500;
const SECRET = 'the secret of the scale run';

const clients: HikvisionClient[] = [];
const warnings: string[] = [];
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let publisher: Publisher | null = null;
let listener: PushListener | null = null;
let folder: string | null = null;
let began = { atMs: 0, cpu: process.cpuUsage() };

async function answer(message: ToSite): Promise<unknown> {
  switch (message.do) {
    case 'start':
      return start(message.brokerUrl, message.places);
    case 'look':
      return look();
    case 'begin':
      began = { atMs: performance.now(), cpu: process.cpuUsage() };
      loop.reset();
      loop.enable();
      return null;
    case 'end':
      return cost();
    case 'memory':
      return memory();
    case 'snapshot':
      return writeHeapSnapshot(message.file);
  }
}

async function start(brokerUrl: string, places: readonly DevicePlace[]): Promise<null> {
  // A stream or a channel for each, and while they are described some connections more.
  needDescriptors(places.length * 2 + 500, `a process with ${places.length} devices`);
  folder = mkdtempSync(join(tmpdir(), 'hsp-scale-'));
  listener = new PushListener({ clock: systemClock });
  await listener.listen({ host: '127.0.0.1', port: 0 });
  const push = { listener, secret: SECRET, calledAt: `http://127.0.0.1:${listener.port}` };
  const devices = places.map(({ index, kind, url }): BridgedDevice => {
    const client = new HikvisionClient({
      url,
      username: SIMULATOR_USERNAME,
      password: SIMULATOR_PASSWORD,
      name: nameOf(index),
      ...(kind === 'push' ? { events: { push, ways: ['push'] } } : {}),
    });
    client.onWarning(({ code, message }) => {
      // That is how a login is found out, once for each device.
      if (code !== 'HSP_ACCEPTED') warn(`${nameOf(index)}: ${code} ${message}`);
    });
    clients.push(client);
    return { name: nameOf(index), key: url, source: sourceOf(client, kind === 'hsp' ? END_AFTER_MS : undefined) };
  });
  publisher = await Publisher.open({
    bridgeId: 'scale',
    broker: { urls: [brokerUrl] },
    devices,
    discovery: { prefix: 'homeassistant', language: 'en' },
    journal: { folder },
    clock: systemClock,
  });
  publisher.onWarning = (code, text) => warn(`${code}: ${text}`);
  publisher.start();
  // Tried again by itself; what it could not do shows in the number of those that are ready.
  for (const client of clients) client.connect().catch(() => undefined);
  return null;
}

function sourceOf(client: HikvisionClient, endAfterMs: number | undefined): DeviceSource {
  return {
    onState(hear) {
      const subscription = client.onState(hear);
      hear(client.state);
      return subscription;
    },
    onEvent: (hear) => client.events(hear, endAfterMs === undefined ? {} : { endAfterMs }),
    call: (command, args, options) => client.call(command, args, options),
  };
}

function warn(text: string): void {
  if (warnings.length < 20) warnings.push(text);
}

function look(): Look {
  const { queued = 0, dropped = 0, published = 0 } = publisher?.status ?? {};
  const ready = clients.filter(({ state }) => state.state === 'connected' && state.stream === 'open').length;
  const states: Record<string, number> = {};
  for (const { state } of clients) {
    const reason = 'code' in state ? ` ${state.code}` : state.state === 'connected' ? ` ${state.stream}` : '';
    states[state.state + reason] = (states[state.state + reason] ?? 0) + 1;
  }
  return { ready, queued, dropped, published, states, warnings };
}

function cost(): Cost {
  loop.disable();
  const { user, system } = process.cpuUsage(began.cpu);
  const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    seconds: (performance.now() - began.atMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    delayP99Ms: beyond(loop.percentile(99)),
    delayMaxMs: beyond(loop.max),
  };
}

async function memory(): Promise<Memory> {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

answering(answer, async () => {
  await Promise.all(clients.map((client) => client.close()));
  await publisher?.stop();
  await listener?.close();
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
});
