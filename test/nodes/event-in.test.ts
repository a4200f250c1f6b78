import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../lib/simulator';
import type { EventPayload } from '../../nodes/shared/message';
import {
  collect,
  deviceNode,
  helper,
  loadFlow,
  node,
  nodeRed,
  simulate,
  sink,
  statusOf,
  tab,
  until,
  untilStatus,
} from '../support/flow';

let simulator: Simulator | undefined;

afterEach(async () => {
  await helper.unload();
  await simulator?.close();
  simulator = undefined;
});

/** One `hsp-event-in` with two sinks, connected to a simulated camera. */
async function listen(more: Record<string, unknown> = {}, wires = [['first'], ['second']]) {
  const camera = await simulate('camera');
  simulator = camera;
  const flow = [tab, deviceNode(camera), node('events', 'hsp-event-in', more, ...wires), sink('first'), sink('second')];
  await loadFlow(flow);
  const first = collect('first');
  const second = collect('second');
  await until('the alertStream is open', () => camera.streams === 1);
  await untilStatus('events', /^green dot connected$/);
  return { camera, first, second };
}

const payloadOf = (message: NodeMessage | undefined) => message?.payload as EventPayload;
const edges = (messages: NodeMessage[]) =>
  messages.map((message) => `${message.topic ?? ''} ${payloadOf(message).state}`);

describe(`hsp-event-in on ${nodeRed}`, () => {
  it('sends a start and an end, and no repeats', async () => {
    const { camera, first, second } = await listen();
    for (let second = 0; second < 5; second++) camera.sendEvent({ eventType: 'VMD', target: 'human' });
    camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    await until('two messages', () => first.length === 2);
    expect(edges(first)).toEqual(['Cam/1/motion start', 'Cam/1/motion end']);
    expect(payloadOf(first[0])).toMatchObject({
      kind: 'motion',
      eventType: 'VMD',
      active: true,
      channel: 1,
      target: 'human',
      stale: false,
      device: { name: 'Cam', host: '127.0.0.1', serial: 'SIM-PTZ-420240101AAWRSIM000001' },
    });
    expect(payloadOf(first[0])).not.toHaveProperty('raw');
    expect(payloadOf(first[1])).toMatchObject({ active: false, inferred: false, count: 5 });
    expect(second).toEqual([]);
  });

  it('sends starts to the first output and ends to the second, where there are two', async () => {
    const { camera, first, second } = await listen({ outputs: 2 });
    camera.sendEvent({ eventType: 'VMD' });
    camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    camera.sendEvent({ eventType: 'ANPR' });
    await until('three messages', () => first.length + second.length === 3);
    expect(edges(first)).toEqual(['Cam/1/motion start', 'Cam/1/plate once']);
    expect(edges(second)).toEqual(['Cam/1/motion end']);
  });

  it('ends an event by itself when the repeats stop', async () => {
    const { camera, first } = await listen({ endAfter: '0.2' });
    camera.sendEvent({ eventType: 'VMD' });
    await until('two messages', () => first.length === 2);
    expect(payloadOf(first[1])).toMatchObject({ state: 'end', inferred: true });
  });

  it('filters by kind, target and channel', async () => {
    const { camera, first } = await listen({
      kinds: ['motion', 'tamper'],
      targets: 'human',
      channels: '1',
      states: ['start'],
    });
    camera.sendEvent({ eventType: 'VMD', target: 'vehicle' });
    camera.sendEvent({ eventType: 'linedetection', target: 'human' });
    camera.sendEvent({ eventType: 'tamperdetection', target: 'human', channel: 2 });
    camera.sendEvent({ eventType: 'tamperdetection', target: 'human' });
    await until('a message', () => first.length > 0);
    expect(edges(first)).toEqual(['Cam/1/tamper start']);
  });

  it('holds back what the cool-down says, and counts it in the status', async () => {
    const { camera, first } = await listen({ coolDown: '60' });
    for (let round = 0; round < 3; round++) {
      camera.sendEvent({ eventType: 'VMD' });
      camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    }
    await untilStatus('events', /2 held back/);
    expect(edges(first)).toEqual(['Cam/1/motion start', 'Cam/1/motion end']);
  });

  it('carries pictures and the document as ticked', async () => {
    const pictures = [{ data: Buffer.from([0xff, 0xd8, 1, 2, 0xff, 0xd9]) }];
    const { camera, first } = await listen({ raw: true });
    camera.sendEvent({ eventType: 'ANPR', pictures });
    await until('a message', () => first.length === 1);
    expect(payloadOf(first[0]).pictures).toMatchObject([{ contentType: 'image/jpeg', data: pictures[0]?.data }]);
    expect(payloadOf(first[0]).raw).toMatchObject({});
  });

  it('leaves pictures out when unticked', async () => {
    const { camera, first } = await listen({ pictures: false });
    camera.sendEvent({ eventType: 'ANPR', pictures: [{ data: Buffer.from([0xff, 0xd8, 0xff, 0xd9]) }] });
    await until('a message', () => first.length === 1);
    expect(payloadOf(first[0]).pictures).toEqual([]);
  });

  it('sends the same event to several wires and nodes', async () => {
    const { camera, first, second } = await listen({}, [['first', 'second']]);
    camera.sendEvent({ eventType: 'VMD' });
    await until('two messages', () => first.length + second.length === 2);
    expect(payloadOf(first[0]).id).toBe(payloadOf(second[0]).id);
  });

  it('shows what is wrong with its fields, and which', async () => {
    await loadFlow([
      tab,
      deviceNode({ httpPort: 1 }),
      node('events', 'hsp-event-in', { channels: 'all', coolDown: '-3' }),
    ]);
    expect(statusOf('events')).toBe('red ring check: Channels, Cool-down');
  });

  it('shows that no device is chosen', async () => {
    await loadFlow([tab, node('events', 'hsp-event-in', { device: '' })], {});
    expect(statusOf('events')).toBe('red ring no device chosen: open the node, choose one');
  });

  it('reads a flow that was saved with nothing but a device', async () => {
    const { camera, first } = await listen();
    camera.sendEvent({ eventType: 'VMD' });
    await until('a message', () => first.length === 1);
  });
});
