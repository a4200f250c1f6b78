/**
 * Events through the publisher to mosquitto's acknowledgement, journal included, against bare MQTT.js that publishes the same bytes
 * with the same number on their way; and the time from an event to its arrival at a subscriber, against the same for a bare pipe.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../../lib/clock';
import type { HikvisionEvent } from '../../lib/events/event';
import { DeviceStates } from '../../lib/mqtt/states';
import { Topics, type MqttMessage } from '../../lib/mqtt/topics';
import { Publisher } from '../../lib/publisher/publisher';
import { PUBLISH_WINDOW } from '../../lib/settings';
import { bridged, eventWith, FakeDevice } from '../support/bridged';
import { Mosquitto } from '../support/brokers';
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
        ...(['median', 'p99'] as const).map((which) => ({
          name: `mqtt.latency.${which}`,
          about: 'from an event to its arrival at a subscriber',
          unit: 'us',
          ours: latency.ours[which],
          peer: latency.bare[which],
          peerName: 'bare MQTT.js publishing the same bytes',
          floor: null,
          floorName: null,
          aimToPeer: null,
        })),
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
