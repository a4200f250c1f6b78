/**
 * Events through the publisher to mosquitto's acknowledgement, journal included, against bare MQTT.js that publishes the same bytes
 * with the same number on their way; the time from an event to its arrival at a subscriber; and the time from the bytes of an
 * alertStream to that arrival, against a bare pipe that publishes a payload for each chunk of TCP.
 */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../../lib/clock';
import type { HikvisionEvent } from '../../lib/events/event';
import { DeviceStates } from '../../lib/mqtt/states';
import { Topics, type MqttMessage } from '../../lib/mqtt/topics';
import { clientSource } from '../../lib/publisher/client-source';
import { Publisher } from '../../lib/publisher/publisher';
import { PUBLISH_WINDOW } from '../../lib/settings';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator/index';
import { bridged, eventWith, FakeDevice } from '../support/bridged';
import { Mosquitto } from '../support/brokers';
import { builtInStream } from './built-in-stream';
import { median, type Figure } from './figure';

const LINES = ['max_inflight_messages 0', 'max_queued_messages 0'];

interface Bench {
  readonly figures: Figure[];
}

export async function mqttPublish(rounds: number, events: number): Promise<Bench> {
  const mosquitto = await Mosquitto.start({ lines: LINES });
  const folder = mkdtempSync(join(tmpdir(), 'hsp-bench-'));
  const device = new FakeDevice();
  const publisher = await Publisher.open({
    bridgeId: 'bench',
    broker: { urls: [mosquitto.url] },
    devices: [bridged('Bench', device)],
    journal: { folder: join(folder, 'journal'), maxEvents: 10 * events },
    clock: systemClock,
  });
  publisher.start();
  const bare = await connectAsync(mosquitto.url, { protocolVersion: 5 });
  const ear = await connectAsync(mosquitto.url, { protocolVersion: 5 });
  try {
    await until(() => publisher.status.broker.state === 'connected');
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // until it is known whose the device is
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const batch = madeUp(events);
      const before = publisher.status.published;
      ours.push(
        await perSecond(events, async () => {
          // As a device hands them over, chunk by chunk.
          for (let index = 0; index < events; index += 50) {
            for (const event of batch.slice(index, index + 50)) device.emit(event);
            await new Promise((resolve) => setImmediate(resolve));
          }
          await until(() => publisher.status.published === before + events);
        }),
      );
      const messages = messagesOf(batch);
      peer.push(await perSecond(events, () => publishBare(bare, messages)));
    }
    const latency = await latencies(device, bare, ear);
    const stream = await streamLatencies(mosquitto.url, join(folder, 'stream'), bare, ear);
    return {
      figures: [
        {
          name: 'mqtt.events',
          about: `${events} events, each with its state and attributes, QoS 1, journal on`,
          unit: 'events/s',
          ours: median(ours),
          peer: median(peer),
          peerName: 'bare MQTT.js publishing the same bytes',
          floor: null,
          floorName: null,
          aimToPeer: 0.8,
        },
        ...latencyFigures(
          'mqtt.latency',
          'from an event to its arrival at a subscriber',
          'bare MQTT.js publishing the same bytes',
          latency,
        ),
        ...latencyFigures(
          'mqtt.alertStream',
          'from the bytes of an alertStream to the arrival of the event at a subscriber',
          'bare TCP-to-MQTT pipe that publishes the same bytes',
          stream,
        ),
      ],
    };
  } finally {
    await publisher.stop();
    await bare.endAsync(true);
    await ear.endAsync(true);
    await mosquitto.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function latencyFigures(
  name: string,
  about: string,
  peerName: string,
  { ours, bare }: { readonly ours: Spread; readonly bare: Spread },
): Figure[] {
  return (['median', 'p99'] as const).map((which) => ({
    name: `${name}.${which}`,
    about,
    unit: 'us',
    ours: ours[which],
    peer: bare[which],
    peerName,
    floor: null,
    floorName: null,
    aimToPeer: null,
    isLowerBetter: true,
  }));
}

function madeUp(count: number): HikvisionEvent[] {
  const details = { rule: 'line 1', text: 'x'.repeat(60) };
  return Array.from({ length: count }, (_, index) => eventWith({ state: index % 2 === 0 ? 'start' : 'end', details }));
}

function messagesOf(batch: readonly HikvisionEvent[]): MqttMessage[] {
  const topics = new Topics();
  const states = new DeviceStates(topics, 'bench');
  return batch.flatMap((event) => [...states.apply(event), ...topics.event('bench', event)]);
}

function publishBare(client: MqttClient, messages: readonly MqttMessage[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let done = 0;
    const send = () => {
      const message = messages[next++];
      if (message === undefined) return;
      const { topic, payload, qos, retain } = message;
      client.publish(topic, payload, { qos, retain }, (error) => {
        if (error) reject(error);
        else if (++done === messages.length) resolve();
        else send();
      });
    };
    for (let index = 0; index < PUBLISH_WINDOW; index++) send();
  });
}

interface Spread {
  readonly median: number;
  readonly p99: number;
}

async function latencies(
  device: FakeDevice,
  bare: MqttClient,
  ear: MqttClient,
): Promise<{ ours: Spread; bare: Spread }> {
  await ear.subscribeAsync(['hikvision/bench/1/event', 'bare/event'], { qos: 1 });
  let arrived: () => void = () => undefined;
  ear.on('message', () => arrived());
  const time = async (send: () => void) => {
    const start = process.hrtime.bigint();
    const heard = new Promise<void>((resolve) => (arrived = resolve));
    send();
    await heard;
    return Number(process.hrtime.bigint() - start) / 1e3;
  };
  const ours: number[] = [];
  const others: number[] = [];
  for (const event of madeUp(1_000)) {
    ours.push(await time(() => device.emit(event)));
    const payload = messagesOf([event]).at(-1)?.payload ?? '';
    others.push(await time(() => void bare.publish('bare/event', payload, { qos: 1 })));
  }
  return { ours: spread(ours), bare: spread(others) };
}

/** A simulated camera, the client and the publisher, all of it in this process, as the bare pipe is. */
async function streamLatencies(
  url: string,
  folder: string,
  bare: MqttClient,
  ear: MqttClient,
): Promise<{ ours: Spread; bare: Spread }> {
  const camera = await Simulator.start({ device: builtInDevice('camera') });
  const source = clientSource({ url: camera.url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
  const publisher = await Publisher.open({
    bridgeId: 'stream',
    broker: { urls: [url] },
    devices: [bridged('Stream', source)],
    journal: { folder },
    clock: systemClock,
  });
  const pipe = await Pipe.start();
  try {
    publisher.start();
    await source.client.connect();
    await until(() => publisher.status.broker.state === 'connected' && camera.streams > 0);
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // until it is described and known whose it is
    await ear.subscribeAsync(['hikvision/stream/1/event', 'bare/stream'], { qos: 1 });
    let payload: Buffer = Buffer.alloc(0);
    let arrived: () => void = () => undefined;
    ear.on('message', (topic, bytes) => {
      if (topic === 'hikvision/stream/1/event') payload = bytes;
      arrived();
    });
    pipe.onData = () => void bare.publish('bare/stream', payload, { qos: 1 });
    const bytes = builtInStream(1);
    const ours: number[] = [];
    const others: number[] = [];
    for (let index = 0; index < 1_000; index++) {
      const state = index % 2 === 0 ? 'active' : 'inactive';
      ours.push(await timed(() => camera.sendEvent({ eventType: 'VMD', eventState: state }), hear));
      others.push(await timed(() => pipe.write(bytes), hear));
    }
    return { ours: spread(ours), bare: spread(others) };

    function hear(done: () => void): void {
      arrived = done;
    }
  } finally {
    pipe.close();
    await publisher.stop();
    await source.client.close();
    await camera.close();
  }
}

/** Microseconds from the first byte to the arrival. */
async function timed(send: () => void, hear: (done: () => void) => void): Promise<number> {
  const heard = new Promise<void>(hear);
  const start = process.hrtime.bigint();
  send();
  await heard;
  return Number(process.hrtime.bigint() - start) / 1e3;
}

/** Two ends of one TCP connection over loopback. */
class Pipe {
  onData: () => void = () => undefined;

  private constructor(
    private readonly from: Socket,
    private readonly to: Socket,
  ) {
    to.on('data', () => this.onData());
  }

  static async start(): Promise<Pipe> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const arriving = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const to = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const from = await arriving;
    server.close();
    return new Pipe(from, to);
  }

  write(bytes: Buffer): void {
    this.from.write(bytes);
  }

  close(): void {
    this.from.destroy();
    this.to.destroy();
  }
}

function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: median(values), p99: sorted[Math.floor(sorted.length * 0.99)] ?? NaN };
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return count / (Number(process.hrtime.bigint() - start) / 1e9);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('the broker does not keep up');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
