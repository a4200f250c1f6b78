/** A device made up for tests of the publisher, and somebody who listens at the broker. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { HikvisionEvent } from '../../lib/events/event';
import type { BridgedDevice, DeviceSource, SourceState } from '../../lib/publisher/device-bridge';

export const CONNECTED: Extract<SourceState, { state: 'connected' }> = {
  state: 'connected',
  device: {
    name: 'Door',
    model: 'DS-2CD2185FWD-I',
    firmware: 'V5.7.15',
    firmwareReleased: null,
    serial: 'DS-2CD2185FWD-I20200101AAWR123456789',
    mac: '44:19:b6:00:00:01',
    deviceType: 'IPCamera',
    deviceId: null,
    hardware: null,
    manufacturer: null,
  },
  sinceMs: Date.parse('2024-05-01T12:00:00Z'),
  stream: 'open',
  ways: ['alertStream'],
};

export class FakeDevice implements DeviceSource {
  readonly calls: { command: string; args: Record<string, unknown>; confirm: boolean }[] = [];
  /** What commands answer; a thrown error is what went wrong. */
  answer: (command: string, args: Record<string, unknown>) => unknown = (command) =>
    command === 'config.deviceInfo' ? CONNECTED.device : command.includes('.list') ? [] : null;
  private readonly states = new Set<(state: SourceState) => void>();
  private readonly events = new Set<(event: HikvisionEvent) => void>();
  private state: SourceState;

  constructor(state: SourceState = CONNECTED) {
    this.state = state;
  }

  onState(listener: (state: SourceState) => void): { close(): void } {
    this.states.add(listener);
    listener(this.state);
    return { close: () => void this.states.delete(listener) };
  }

  onEvent(listener: (event: HikvisionEvent) => void): { close(): void } {
    this.events.add(listener);
    return { close: () => void this.events.delete(listener) };
  }

  async call(command: string, args: Record<string, unknown>, options: { confirm?: boolean } = {}): Promise<unknown> {
    this.calls.push({ command, args, confirm: options.confirm === true });
    return this.answer(command, args);
  }

  emit(event: HikvisionEvent): void {
    for (const listener of this.events) listener(event);
  }

  become(state: SourceState): void {
    this.state = state;
    for (const listener of this.states) listener(state);
  }
}

export function bridged(name: string, source: DeviceSource, more: Partial<BridgedDevice> = {}): BridgedDevice {
  return { name, key: name, source, ...more };
}

let made = 0;

export function eventWith(fields: Partial<HikvisionEvent> = {}): HikvisionEvent {
  const state = fields.state ?? 'start';
  return {
    id: `id-${made++}`,
    device: { name: 'Door', host: '192.0.2.1', serial: null, model: 'DS-2CD2185FWD-I' },
    source: 'isapi',
    kind: 'motion',
    eventType: 'VMD',
    state,
    active: state !== 'end',
    inferred: false,
    channel: 1,
    channelName: 'Door',
    time: null,
    receivedAt: new Date(Date.parse('2024-05-01T12:00:00Z') + made).toISOString(),
    stale: false,
    count: 1,
    target: null,
    targetRect: null,
    regions: [],
    details: {},
    pictures: [],
    raw: null,
    ...fields,
  };
}

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly correlationData: string | null;
}

/** A subscriber that remembers everything. */
export class Ear {
  readonly heard: Heard[] = [];
  private wake: () => void = () => undefined;

  private constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload, packet) => {
      const correlationData = packet.properties?.correlationData?.toString() ?? null;
      this.heard.push({ topic, text: payload.toString(), payload, retain: packet.retain, correlationData });
      this.wake();
    });
  }

  static async at(url: string, filter = '#', options: IClientOptions = {}): Promise<Ear> {
    const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 100, ...options });
    const ear = new Ear(client);
    await client.subscribeAsync(filter, { qos: 1 });
    return ear;
  }

  /** The last thing said on a topic. */
  last(topic: string): string | undefined {
    return this.heard.findLast((one) => one.topic === topic)?.text;
  }

  all(topic: string): string[] {
    return this.heard.filter((one) => one.topic === topic).map(({ text }) => text);
  }

  async until<T>(what: string, found: () => T | undefined | false | null, withinMs = 10_000): Promise<T> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const value = found();
      if (value !== undefined && value !== false && value !== null) return value;
      if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
