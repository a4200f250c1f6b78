/** `npm run scale`: what one process with 10, 100 and 1,000 devices loses, and what it costs. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { isFaultName, type FaultName } from '../../lib/simulator';
import { Mosquitto, mosquittoProgram } from '../support/brokers';
import { tableOf, writeMarked } from '../support/marked';
import { isHelpAsked } from '../support/usage';
import type { Sent } from './devices';
import { Helper, planOf, slugOf, type DevicePlace, type DevicePlan } from './parts';
import type { Cost, Look, Memory } from './site';

interface ScaleOptions {
  readonly devices: number;
  /** How long events are sent and counted. */
  readonly seconds: number;
  /** How long half of the devices are gone. */
  readonly away: number;
  readonly fault: FaultName;
  /** Also measures what it costs while nothing happens. */
  readonly isTimed: boolean;
  readonly snapshot: string | null;
  readonly profile: string | null;
}

interface ScaleResult {
  readonly devices: number;
  /** From the start until all are connected, described, and their events come. */
  readonly startSeconds: number;
  readonly startDelayP99Ms: number;
  readonly sent: number;
  readonly arrived: number;
  readonly lost: number;
  readonly doubled: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly cpuMsPerDeviceSecond: number;
  readonly idleCpuMsPerDeviceSecond: number;
  readonly rssKbPerDevice: number;
  readonly heapKbPerDevice: number;
  /** Until those that had vanished are there again. */
  readonly returnSeconds: number;
  readonly delayP99MsWhileGone: number;
}

const DEVICES_PER_PROCESS = 250;
const DELAY_AIM_MS = 50;
const MEMORY_AIM_KB = 300;

/** Counts the events of each device, and those that came twice. */
class Ear {
  /**
   * Starts and ends, by the slug of the device. An end that a lost connection has told counts as the one that the device says
   * later; the binary face has no word for an end, so there only the starts count.
   */
  readonly arrived = new Map<string, number>();
  readonly described = new Set<string>();
  doubled = 0;
  private readonly ids = new Set<string>();

  private constructor(
    private readonly client: MqttClient,
    private readonly hasNoEnds: ReadonlySet<string>,
  ) {
    client.on('message', (topic, payload) => this.hear(topic, payload));
  }

  static async at(url: string, plan: readonly DevicePlan[]): Promise<Ear> {
    const client = await connectAsync(url, { protocolVersion: 5 });
    const binary = plan.filter(({ kind }) => kind === 'hsp').map(({ index }) => slugOf(index));
    const ear = new Ear(client, new Set(binary));
    await client.subscribeAsync(['hikvision/+/+/event', 'hikvision/+/info'], { qos: 1 });
    return ear;
  }

  total(): number {
    let total = 0;
    for (const count of this.arrived.values()) total += count;
    return total;
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }

  private hear(topic: string, payload: Buffer): void {
    const [, slug = '', level] = topic.split('/');
    if (level === 'info') {
      this.described.add(slug);
      return;
    }
    const { id, inferred } = JSON.parse(payload.toString()) as { id: string; inferred: boolean };
    if (inferred && this.hasNoEnds.has(slug)) return;
    if (this.ids.has(id)) this.doubled++;
    this.ids.add(id);
    this.arrived.set(slug, (this.arrived.get(slug) ?? 0) + 1);
  }
}

export async function scale({
  devices: count,
  seconds,
  away: awaySeconds,
  fault,
  isTimed,
  snapshot,
  profile,
}: ScaleOptions): Promise<ScaleResult> {
  // What has begun is over at the end: it would end by silence else, and the end that is sent later would be one too many.
  const events = 2 * Math.ceil(seconds / 2);
  const plan = planOf(count);
  // At least two, as one half of them is to vanish.
  const subnets = Math.max(2, Math.ceil(count / DEVICES_PER_PROCESS));
  const farms = Array.from({ length: subnets }, () => new Helper(join(__dirname, 'devices.js')));
  const site = new Helper(join(__dirname, 'site.js'), [
    '--expose-gc',
    ...(profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
  ]);
  const mosquitto = mosquittoProgram === null ? null : await Mosquitto.start({ lines: QUEUES });
  let ear: Ear | null = null;
  const sent = new Map<number, number>();
  const send = async (those: readonly Helper[], each: number) => {
    const all = await Promise.all(those.map((farm) => farm.ask<Sent>({ do: 'send', count: each, of: count })));
    for (const [index, number] of all.flat()) sent.set(index, (sent.get(index) ?? 0) + number);
  };
  try {
    const places: DevicePlace[] = [];
    for (const [index, farm] of farms.entries()) {
      const own: DevicePlan[] = plan.filter((one) => Math.floor(one.index / 10) % subnets === index);
      places.push(...(await farm.ask<DevicePlace[]>({ do: 'start', plan: own })));
    }
    const brokerUrl = mosquitto?.url ?? `mqtt://127.0.0.1:${await (farms[0] as Helper).ask<number>({ do: 'broker' })}`;
    const heard = await Ear.at(brokerUrl, plan);
    ear = heard;
    const before = await site.ask<Memory>({ do: 'memory' });

    const startedMs = performance.now();
    await site.ask({ do: 'begin' });
    await site.ask({ do: 'start', brokerUrl, places });
    await ready(site, count, () => heard.described.size);
    const startSeconds = (performance.now() - startedMs) / 1_000;
    const start = await site.ask<Cost>({ do: 'end' });

    const idle = await measured(site, () => pause(isTimed ? seconds / 2 : 0));
    const busy = await measured(site, () => send(farms, events));
    await arrived(heard, sent, site);
    const after = await site.ask<Memory>({ do: 'memory' });
    if (snapshot !== null) await site.ask({ do: 'snapshot', file: snapshot });

    const [gone, there] = [farms.slice(0, subnets >> 1), farms.slice(subnets >> 1)];
    await Promise.all(gone.map((farm) => farm.ask({ do: 'fault', name: fault })));
    const away = await measured(site, () => send(there, awaySeconds));
    await Promise.all(gone.map((farm) => farm.ask({ do: 'fault', name: null })));
    const backMs = performance.now();
    await ready(site, count, () => count);
    const returnSeconds = (performance.now() - backMs) / 1_000;
    await send(farms, 2);
    await arrived(heard, sent, site);

    const lost = plan.reduce((sum, { index }) => sum + Math.max(0, missing(heard, sent, index)), 0);
    const more = plan.reduce((sum, { index }) => sum + Math.max(0, -missing(heard, sent, index)), 0);
    const perDeviceSecond = ({ cpuSeconds, seconds: took }: Cost) => rounded((cpuSeconds * 1_000) / (count * took), 3);
    return {
      devices: count,
      startSeconds: rounded(startSeconds, 1),
      startDelayP99Ms: rounded(start.delayP99Ms, 1),
      sent: [...sent.values()].reduce((sum, number) => sum + number, 0),
      arrived: heard.total(),
      lost,
      doubled: heard.doubled + more,
      delayP99Ms: rounded(busy.delayP99Ms, 1),
      delayMaxMs: rounded(busy.delayMaxMs, 1),
      cpuMsPerDeviceSecond: perDeviceSecond(busy),
      idleCpuMsPerDeviceSecond: perDeviceSecond(idle),
      rssKbPerDevice: rounded((after.rss - before.rss) / 1_024 / count, 0),
      heapKbPerDevice: rounded((after.heap - before.heap) / 1_024 / count, 0),
      returnSeconds: rounded(returnSeconds, 1),
      delayP99MsWhileGone: rounded(away.delayP99Ms, 1),
    };
  } finally {
    await ear?.close();
    await site.end();
    await Promise.all(farms.map((farm) => farm.end()));
    await mosquitto?.close();
  }
}

const QUEUES = ['max_inflight_messages 0', 'max_queued_messages 0'];

async function measured(site: Helper, work: () => Promise<void>): Promise<Cost> {
  await site.ask({ do: 'begin' });
  await work();
  return site.ask<Cost>({ do: 'end' });
}

/** Until all have their events and are described, and nothing waits. @throws with what is missing. */
async function ready(site: Helper, count: number, described: () => number): Promise<void> {
  const limitMs = performance.now() + 120_000 + count * 600;
  for (let turn = 1; ; turn++) {
    const look = await site.ask<Look>({ do: 'look' });
    if (turn % 60 === 0)
      process.stderr.write(
        `scale: ${look.ready} of ${count} are ready, ${described()} described: ${JSON.stringify(look.states)}\n`,
      );
    if (look.ready === count && look.queued === 0 && described() === count) return;
    if (performance.now() > limitMs)
      throw new Error(`not all devices are there, ${described()} are described: ${JSON.stringify(look)}`);
    await pause(0.25);
  }
}

/** Until everything that was sent has arrived, or it is clear that it does not. */
async function arrived(ear: Ear, sent: ReadonlyMap<number, number>, site: Helper): Promise<void> {
  const wanted = [...sent.values()].reduce((sum, number) => sum + number, 0);
  const limitMs = performance.now() + 30_000;
  while (ear.total() < wanted && performance.now() < limitMs) await pause(0.1);
  // What comes twice comes late.
  await pause(0.5);
  if (ear.total() === wanted) return;
  const look = await site.ask<Look>({ do: 'look' });
  process.stderr.write(`scale: ${wanted} events were sent and ${ear.total()} arrived; ${JSON.stringify(look)}\n`);
}

function missing(ear: Ear, sent: ReadonlyMap<number, number>, index: number): number {
  return (sent.get(index) ?? 0) - (ear.arrived.get(slugOf(index)) ?? 0);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** What does not hold; timed things only where they are asked for. */
function failures(result: ScaleResult, isTimed: boolean): string[] {
  const { devices, lost, doubled, delayP99Ms, heapKbPerDevice, rssKbPerDevice } = result;
  const wrong: string[] = [];
  if (lost > 0) wrong.push(`${devices} devices: ${lost} events were lost`);
  if (doubled > 0) wrong.push(`${devices} devices: ${doubled} events came twice`);
  if (!isTimed) return wrong;
  if (delayP99Ms >= DELAY_AIM_MS) wrong.push(`${devices} devices: the event loop was ${delayP99Ms} ms late (99 %)`);
  // A few devices have to carry what the process needs anyway.
  if (devices >= 1_000 && Math.max(heapKbPerDevice, rssKbPerDevice) >= MEMORY_AIM_KB) {
    wrong.push(`${devices} devices: ${rssKbPerDevice} KB of memory each, ${heapKbPerDevice} KB of them heap`);
  }
  return wrong;
}

/** A row for each size. */
const WORDS: Readonly<Record<keyof ScaleResult, string>> = {
  devices: 'devices',
  startSeconds: 'all are up and described after, s',
  startDelayP99Ms: 'event loop late while they start, 99 %, ms',
  sent: 'events sent',
  arrived: 'arrived at the subscriber',
  lost: 'lost',
  doubled: 'doubled',
  delayP99Ms: 'event loop late, 99 %, ms',
  delayMaxMs: 'event loop late, at most, ms',
  cpuMsPerDeviceSecond: 'processor per device and second, an event in each, ms',
  idleCpuMsPerDeviceSecond: 'processor per device and second, nothing happens, ms',
  rssKbPerDevice: 'memory of the process per device, KB',
  heapKbPerDevice: 'of them in use on the heap, KB',
  returnSeconds: 'half of them vanished: all back after, s',
  delayP99MsWhileGone: 'half of them gone: event loop late, 99 %, ms',
};

function rowsOf(results: readonly ScaleResult[]): string[][] {
  return (Object.keys(WORDS) as (keyof ScaleResult)[]).map((name) => [
    WORDS[name],
    ...results.map((result) => result[name].toLocaleString('en-US')),
  ]);
}

function printTable(results: readonly ScaleResult[]): void {
  for (const [words = '', ...cells] of rowsOf(results)) {
    process.stdout.write(`${words.padEnd(56)}${cells.map((cell) => cell.padStart(10)).join('')}\n`);
  }
}

const USAGE = `
npm run scale [-- OPTION...]

One process with many devices (half with an alertStream, three of ten push, two of ten by the alarm channel), an event a second each,
all of them to a broker. Counts what arrives at a subscriber. Then half of the devices vanish at once and return.

  --devices 10,100,1000   how many, one run each
  --seconds 20            how long events are sent
  --away 10               how long half of the devices are gone, in seconds
  --fault refused         how they vanish: any fault of the simulator; half-open is without a word
  --untimed               only what does not depend on the speed of the machine
  --json                  one line of JSON for each size
  --write                 puts the table into test/bench/README.md
  --snapshot FILE         writes the heap
  --profile FOLDER        writes where the processor's time goes

Ends with 1 where events were lost or doubled, or where 1,000 devices cost more than their bounds.
`;

async function main(): Promise<void> {
  if (isHelpAsked(USAGE)) return;
  const { values } = parseArgs({
    options: {
      devices: { type: 'string', default: '10,100,1000' },
      seconds: { type: 'string', default: '20' },
      away: { type: 'string', default: '10' },
      fault: { type: 'string', default: 'refused' },
      snapshot: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      untimed: { type: 'boolean', default: false },
    },
  });
  const { fault } = values;
  if (!isFaultName(fault)) throw new Error(`there is no fault ${fault}`);
  const results: ScaleResult[] = [];
  for (const devices of values.devices.split(',').map(Number)) {
    const { snapshot = null, profile = null } = values;
    const [seconds, away] = [Number(values.seconds), Number(values.away)];
    const result = await scale({ devices, seconds, away, fault, isTimed: !values.untimed, snapshot, profile });
    results.push(result);
    process.stderr.write(`scale: ${devices} devices are done\n`);
  }
  if (values.json) for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printTable(results);
  if (values.write)
    writeMarked(resolve(__dirname, '../../../test/bench/README.md'), 'devices', tableOf(rowsOf(results)));
  const wrong = results.flatMap((result) => failures(result, !values.untimed));
  for (const text of wrong) process.stderr.write(`scale: ${text}\n`);
  if (wrong.length > 0) process.exitCode = 1;
}

void main().catch((error: unknown) => {
  process.stderr.write(`scale: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
