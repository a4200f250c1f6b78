/** Through the HTTP server of a whole Node-RED: what the dialog of `hsp-event-in` asks. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { asking, rightsOf } from '../support/asking';
import { nodeRed, until } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';
import { serveAdmin } from '../../nodes/event-in/admin';

let whole: Whole;
let recorder: Simulator;

beforeAll(async () => {
  whole = await startWhole();
  recorder = await Simulator.start({ device: builtInDevice('nvr') });
});

afterAll(async () => {
  await recorder.close();
  await whole.close();
});

afterEach(() => whole.runtime.setFlows([]));

const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
const fields = ({ httpPort }: Simulator) => ({ host: '127.0.0.1', port: String(httpPort), protocol: 'http' });

const ask = (path: string, question: unknown) => asking(whole.runtime.url, `hsp/event-in/${path}`, question);

interface Recent {
  readonly isNodeDeployed: boolean;
  readonly state: string;
  readonly isCollecting: boolean;
  readonly events: readonly Record<string, unknown>[];
}

/** One `hsp-event-in` at the camera, wired to a function that shows what arrives. */
async function watching(more: Record<string, unknown> = {}) {
  const flow: RuntimeNode[] = [
    { id: 'f1', type: 'tab', label: 'Test' },
    { id: 'a1', type: 'hsp-config', name: 'Cam', ...fields(whole.simulator), credentials },
    { id: 'e1', type: 'hsp-event-in', z: 'f1', device: 'a1', wires: [['s1']], ...more },
    {
      ...{ id: 's1', type: 'function', z: 'f1', wires: [[]] },
      func: "const { source, eventType, state } = msg.payload; node.status({ text: [msg.topic, source, eventType, state].join(' ') });",
    },
  ];
  const seen = whole.runtime.watch();
  await whole.runtime.setFlows(flow);
  await until('the stream', () => whole.simulator.streams === 1);
  return () => seen.statuses.filter(({ id }) => id === 's1').map(({ text }) => text);
}

async function recent(question: object): Promise<Recent> {
  return (await ask('recent', question)).body as unknown as Recent;
}

describe(`what a device told lately, on ${nodeRed}`, () => {
  it('is there for a dialog that is opened afterwards, without pictures, and what is alike is one entry', async () => {
    const arrived = await watching({ kinds: ['tamper'] });
    for (let round = 0; round < 2; round++) {
      whole.simulator.sendEvent({ eventType: 'VMD', target: 'human' });
      whole.simulator.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    }
    const pictures = [{ data: Buffer.from([0xff, 0xd8, 0xff, 0xd9]) }];
    whole.simulator.sendEvent({ eventType: 'ANPR', pictures });
    whole.simulator.sendEvent({ eventType: 'tamperdetection' });
    await until('the last one', () => arrived().length === 1);
    const answer = await recent({ id: 'e1', device: 'a1' });
    expect(answer).toMatchObject({ isNodeDeployed: true, state: 'connected', isCollecting: true });
    expect(answer.events.map(({ kind, count, state, target }) => [kind, count, state, target])).toEqual([
      ['tamper', 1, 'start', null],
      ['plate', 1, 'once', null],
      ['motion', 2, 'end', 'human'],
    ]);
    expect(Object.keys(answer.events[0] ?? {}).toSorted()).toEqual(
      [
        'ageMs',
        'channel',
        'channelName',
        'count',
        'eventType',
        'kind',
        'regions',
        'stale',
        'state',
        'target',
        'time',
      ].toSorted(),
    );
  });

  it('tells what is not deployed', async () => {
    expect(await recent({ id: 'e1', device: 'a1' })).toMatchObject({
      isNodeDeployed: false,
      state: 'absent',
      events: [],
    });
    await watching();
    // A node of another type is none of these.
    expect(await recent({ id: 'a1', device: 'e1' })).toMatchObject({ isNodeDeployed: false, state: 'absent' });
    expect(await recent({ id: ['e1'], device: { id: 'a1' } })).toMatchObject({
      isNodeDeployed: false,
      state: 'absent',
    });
  });
});

describe('channels', () => {
  it('have the names that the device gives them, deployed or not', async () => {
    const { status, body, text } = await ask('channels', { id: 'x', fields: fields(recorder), ...credentials });
    expect(status).toBe(200);
    expect(body?.channels).toHaveLength(8);
    expect(body?.channels).toContainEqual({ channel: 1, name: 'Gate', online: true });
    expect(body?.channels).toContainEqual({ channel: 8, name: 'Barn', online: false });
    expect(text).not.toContain(SIMULATOR_PASSWORD);
  });

  it('are asked with the stored password where the dialog means the deployed device, and nowhere else', async () => {
    await watching();
    expect((await ask('channels', { id: 'a1', fields: fields(whole.simulator) })).status).toBe(200);
    const moved = await ask('channels', { id: 'a1', fields: fields(recorder) });
    expect(moved).toMatchObject({ status: 409, body: { problem: 'typePassword' } });
  });

  it('are not known of a device that is not complete, or dials in', async () => {
    expect(await ask('channels', { fields: {} })).toMatchObject({ status: 422, body: { problem: 'misconfigured' } });
    const dialIn = { fields: { protocol: 'ehome', deviceId: 'cam' } };
    expect(await ask('channels', dialIn)).toMatchObject({ status: 422, body: { problem: 'dialIn' } });
  });
});

describe('a test event', () => {
  it('leaves the deployed node, and says that no device said it', async () => {
    const arrived = await watching({ targets: 'human', regions: '2', minDuration: '60', coolDown: '60' });
    expect((await ask('test', { id: 'e1', kind: 'motion', channel: 3 })).body).toEqual({
      sent: ['start', 'end'],
      heldBackBy: null,
    });
    await until('its end', () => arrived().length === 2);
    expect(arrived()).toEqual(['Cam/3/motion test test start', 'Cam/3/motion test test end']);
    await ask('test', { id: 'e1', kind: 'doorbell', channel: null });
    await until('the doorbell', () => arrived().at(-1) === 'Cam/device/doorbell test test once');
    // What is seen lately is what the device said.
    expect((await recent({ id: 'e1', device: 'a1' })).events).toEqual([]);
  });

  it('is held back by the filters of the node', async () => {
    const arrived = await watching({ kinds: ['plate'], channels: '1' });
    const held = async (kind: string, channel: number) => (await ask('test', { id: 'e1', kind, channel })).body;
    expect(await held('motion', 1)).toEqual({ sent: [], heldBackBy: 'kinds' });
    expect(await held('plate', 2)).toEqual({ sent: [], heldBackBy: 'channels' });
    expect(await held('plate', 1)).toEqual({ sent: ['once'], heldBackBy: null });
    await until('one', () => arrived().length === 1);
  });

  it('needs a deployed node, a kind and a channel', async () => {
    const question = { id: 'e1', kind: 'motion', channel: 1 };
    expect(await ask('test', question)).toMatchObject({ status: 409, body: { problem: 'notDeployed' } });
    for (const wrong of [{ kind: 'constructor' }, { channel: 0 }, { channel: 1.5 }, { channel: '1' }, { channel: 513 }])
      expect(await ask('test', { ...question, ...wrong })).toMatchObject({ status: 422 });
  });
});

it('every question wants the right to change the node', () => {
  expect(rightsOf(serveAdmin)).toEqual({
    '/hsp/event-in/recent': 'hsp-event-in.write',
    '/hsp/event-in/channels': 'hsp-event-in.write',
    '/hsp/event-in/test': 'hsp-event-in.write',
  });
});
