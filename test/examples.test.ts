/** Every example, whatever it is about: sound as a flow, and connected when its device is filled in. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBroker, type Broker } from './demo/broker';
import { until } from './support/digest-client';
import {
  ALL_EXAMPLE_NAMES,
  Example,
  EXAMPLE_NAMES,
  exampleFlow,
  exampleNumbered,
  modelOf,
  untilAsked,
  untilListening,
} from './support/examples';
import type { RuntimeNode } from './support/runtime';
import { simulator } from './support/simulators';
import { startWhole, type Whole } from './support/whole';

let whole: Whole;
let broker: Broker;

beforeAll(async () => {
  whole = await startWhole();
  broker = await startBroker(0);
});

afterAll(async () => {
  await whole.close();
  await broker.close();
});

afterEach(() => whole.runtime.setFlows([]));

const targetsOf = ({ wires }: RuntimeNode) => ((wires as string[][] | undefined) ?? []).flat();

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

describe('the examples', () => {
  it('are numbered without a gap, and titled so that every file system takes them', () => {
    const numbers = ALL_EXAMPLE_NAMES.map((name) => Number(name.slice(0, 2)));
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    for (const name of ALL_EXAMPLE_NAMES) expect(name).toMatch(/^\d\d - [A-Z][\w ,-]+(?: \(needs [\w ]+\))?$/);
  });

  it('show every node of the palette', () => {
    const types = new Set(EXAMPLE_NAMES.flatMap((name) => exampleFlow(name).map(({ type }) => type)));
    for (const type of ['hsp-event-in', 'hsp-command', 'hsp-connect', 'hsp-mqtt']) expect(types).toContain(type);
  });

  it('have ids that are used once in all of them, so that several can be imported', () => {
    const ids = ALL_EXAMPLE_NAMES.flatMap((name) => exampleFlow(name).map(({ id }) => id));
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('never open anything for what the device tells late, without looking', () => {
    for (const name of EXAMPLE_NAMES) {
      const flow = exampleFlow(name);
      const reached = (from: readonly string[], seen = new Set<string>()): Set<string> => {
        for (const node of flow.filter(({ id }) => from.includes(id) && !seen.has(id))) {
          seen.add(node.id);
          // A look at the age of the event stands in between.
          if (node.property !== 'payload.stale') reached(targetsOf(node), seen);
        }
        return seen;
      };
      for (const event of flow.filter(({ type, stale }) => type === 'hsp-event-in' && stale !== false)) {
        const acts = flow.filter(
          ({ id, command }) => reached(targetsOf(event)).has(id) && /^event\./.test(String(command)),
        );
        expect(acts, `${name}: ${String(event.name)}`).toEqual([]);
      }
    }
  });

  it.each(EXAMPLE_NAMES)('%s: wired, named, without credentials and paths of anybody', (name) => {
    const flow = exampleFlow(name);
    expect(JSON.stringify(flow)).not.toMatch(/"credentials"|"password"/);
    expect(textsIn(flow).filter((text) => /^(?:\/(?!ISAPI\/|\/ )|[A-Za-z]:\\)/.test(text))).toEqual([]);
    const ids = flow.map(({ id }) => id);
    for (const node of flow) {
      for (const target of targetsOf(node)) expect(ids, `${String(node.name)}: a wire`).toContain(target);
      for (const member of [node.z, node.g, node.device, node.broker, ...((node.scope as string[] | null) ?? [])]) {
        if (typeof member === 'string' && member !== '127.0.0.1')
          expect(ids, `${String(node.name)} refers to`).toContain(member);
      }
      if (node.type !== 'tab') expect(node.name, node.type).toMatch(/\S/);
      if (node.type === 'hsp-config') expect(node.host).toBe('192.0.2.10');
    }
    const [tab] = flow;
    expect(tab?.type).toBe('tab');
    expect(String(tab?.info).length).toBeGreaterThan(80);
    expect(flow.filter(({ type }) => type === 'comment').map(({ info }) => String(info).length > 100)).toEqual([true]);
  });

  it.each(EXAMPLE_NAMES)('%s: nothing lies on something else', (name) => {
    const groups = exampleFlow(name).filter(({ type }) => type === 'group') as unknown as Box[];
    for (const [index, one] of groups.entries()) {
      for (const other of groups.slice(index + 1)) expect(one.y + one.h).toBeLessThanOrEqual(other.y);
    }
    const places = exampleFlow(name)
      .filter(({ x, type }) => x !== undefined && type !== 'group')
      .map(({ x, y }) => `${String(x)} ${String(y)}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it.each(EXAMPLE_NAMES)('%s: loads and connects', async (name) => {
    const device = await simulator(modelOf(name));
    const { flow, seen } = await Example.run(whole.runtime, name, device, { brokerPort: broker.port });
    const ours = flow.filter(({ type }) => type.startsWith('hsp-') && type !== 'hsp-config');
    expect(ours.length).toBeGreaterThan(0);
    for (const { id, name: nodeName } of ours) {
      const isConnected = () => seen.statuses.some((each) => each.id === id && each.text.startsWith('green dot'));
      await until(isConnected, `${String(nodeName)} is connected`, 10_000);
    }
    expect(seen.errors).toEqual([]);
  });
});

describe('example 01', () => {
  it('shows an event, takes a picture of it, and turns the camera', async () => {
    const camera = await simulator('camera');
    const example = await Example.run(whole.runtime, exampleNumbered('01'), camera);
    await untilListening(camera);
    camera.sendEvent({ eventType: 'VMD' });
    expect(await example.untilShown('Event')).toMatchObject({ kind: 'motion', state: 'start', channel: 1 });
    await example.untilStatus('Event', /motion start on channel 1/);
    await example.untilStatus('Picture', /image\/jpeg, \d+ KB/);
    await example.press('Look to the left');
    await untilAsked(camera, 'PUT', /\/PTZCtrl\/channels\/1\/continuous/);
    expect(await example.untilShown('State', 2)).toMatchObject({ state: 'connected' });
    expect(example.seen.errors).toEqual([]);
  });
});
