import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type Simulator } from '../lib/simulator';
import { startBroker, type Broker } from './demo/broker';
import { Ear } from './support/bridged';
import { projectRoot } from './support/built';
import type { Runtime, RuntimeNode } from './support/runtime';
import { startWhole, type Whole } from './support/whole';

const folder = join(projectRoot, 'examples');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));
/** Those with nodes of another package have a test of their own, beside that package. */
const alone = names.filter((name) => !name.includes('(needs '));

const flowOf = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RuntimeNode[];

let whole: Whole;
let runtime: Runtime;
let simulator: Simulator;
let broker: Broker;

beforeAll(async () => {
  whole = await startWhole();
  ({ runtime, simulator } = whole);
  broker = await startBroker(0);
});

afterAll(async () => {
  await whole.close();
  await broker.close();
});

afterEach(() => runtime.setFlows([]));

/** The example as a user runs it: with a device, and a broker, filled in. Statuses and debug messages are collected. */
async function runExample(name: string) {
  const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
  const device = { host: '127.0.0.1', port: String(simulator.httpPort), credentials };
  const flow = flowOf(name).map((node) => {
    if (node.type === 'mqtt-broker') return { ...node, port: String(broker.port) };
    return node.type === 'hsp-config' ? { ...node, ...device } : node;
  });
  const seen = runtime.watch();
  await runtime.setFlows(flow);
  return { flow, seen };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited 10 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the examples', () => {
  it('show every node of the palette', () => {
    const types = new Set(names.flatMap((name) => flowOf(name).map(({ type }) => type)));
    for (const type of ['hsp-event-in', 'hsp-command', 'hsp-connect', 'hsp-mqtt']) expect(types).toContain(type);
  });

  it.each(names)('%s: holds no credentials, and its ids are its own', (name) => {
    const flow = flowOf(name);
    expect(JSON.stringify(flow)).not.toMatch(/"credentials"|"password"/);
    const others = names.filter((other) => other !== name).flatMap((other) => flowOf(other).map(({ id }) => id));
    expect(flow.map(({ id }) => id).filter((id) => others.includes(id))).toEqual([]);
    for (const { wires } of flow) {
      for (const target of ((wires as string[][] | undefined) ?? []).flat()) {
        expect(
          flow.some(({ id }) => id === target),
          `${name}: a wire to ${target}`,
        ).toBe(true);
      }
    }
  });

  it.each(alone)('%s: loads and connects', async (name) => {
    const { flow, seen } = await runExample(name);
    const ours = flow.filter(({ type }) => type.startsWith('hsp-') && type !== 'hsp-config');
    expect(ours.length).toBeGreaterThan(0);
    for (const { id } of ours) {
      await until(`${id} is connected`, () =>
        seen.statuses.some((each) => each.id === id && each.text.startsWith('green dot')),
      );
    }
    expect(seen.errors).toEqual([]);
  });

  it('show an event, take a picture of it, and turn the camera', async () => {
    const { flow, seen } = await runExample('01 - See events, take a snapshot, move the camera');
    await until('the alertStream is open', () => simulator.streams === 1);
    simulator.sendEvent({ eventType: 'VMD' });
    await until('the event', () => seen.statuses.some(({ text }) => text.includes('motion start on channel 1')));
    await until('the picture', () => seen.statuses.some(({ text }) => text.includes('image/jpeg')));
    const inject = flow.find(({ type, name }) => type === 'inject' && name === 'Look to the left');
    await fetch(`${runtime.url}inject/${inject?.id ?? ''}`, { method: 'POST' });
    await until('a PTZ request', () => simulator.log.some(({ path }) => path.includes('/PTZCtrl/channels/1/')));
    expect(seen.errors).toEqual([]);
  });

  it('publish events and states, present the device to Home Assistant, and answer by MQTT', async () => {
    const { flow } = await runExample('05 - Publish to MQTT and Home Assistant');
    const ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`);
    try {
      await ear.until('the device', () => ear.last('hikvision/my-camera/availability') === 'online');
      await until('the alertStream is open', () => simulator.streams === 1);
      simulator.sendEvent({ eventType: 'VMD' });
      await ear.until('the event', () => ear.last('hikvision/my-camera/1/event')?.includes('motion_start'));
      await ear.until('the state', () => ear.last('hikvision/my-camera/1/motion') === 'ON');
      await ear.until('the discovery', () =>
        ear.heard.some(({ topic, text }) => topic.startsWith('homeassistant/device/') && text.includes('1_motion')),
      );
      const inject = flow.find(({ type, name }) => type === 'inject' && name === 'What time is it there?');
      await fetch(`${runtime.url}inject/${inject?.id ?? ''}`, { method: 'POST' });
      const answer = await ear.until('the answer', () => ear.last('hikvision/my-camera/result'));
      expect(JSON.parse(answer)).toMatchObject({ command: 'config.getTime', id: 'clock', ok: true });
    } finally {
      await ear.close();
    }
  });

  it('run a command that the message names', async () => {
    const { flow } = await runExample('03 - Run any command');
    const inject = flow.find(({ type, name }) => type === 'inject' && name === 'List streams');
    await fetch(`${runtime.url}inject/${inject?.id ?? ''}`, { method: 'POST' });
    await until('a request', () => simulator.log.some(({ path }) => path.includes('/Streaming/channels')));
  });
});
