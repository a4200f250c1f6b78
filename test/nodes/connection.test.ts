import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it } from 'vitest';
import { Simulator, builtInDevice } from '../../lib/simulator';
import type { ConnectionPayload } from '../../nodes/shared/message';
import {
  catcher,
  collect,
  deploy,
  deviceNode,
  helper,
  loadFlow,
  loggedMessages,
  loggedText,
  node,
  nodeRed,
  simulate,
  sink,
  statusesOf,
  statusOf,
  tab,
  until,
  untilStatus,
  type FlowNode,
} from '../support/flow';

const simulators: Simulator[] = [];

afterEach(async () => {
  await helper.unload();
  for (const simulator of simulators.splice(0)) await simulator.close();
});

async function camera(more: Parameters<typeof simulate>[1] = {}): Promise<Simulator> {
  const simulator = await simulate('camera', more);
  simulators.push(simulator);
  return simulator;
}

const payloads = (messages: NodeMessage[]) => messages.map(({ payload }) => payload as ConnectionPayload);
const states = (messages: NodeMessage[]) => payloads(messages).map(({ state }) => state);
const reporting = (device: FlowNode) => [tab, device, node('connect', 'hsp-connect', {}, ['out']), sink('out')];

describe(`hsp-connect on ${nodeRed}`, () => {
  it('tells the way to a connection, with the device at its end', async () => {
    await loadFlow(reporting(deviceNode(await camera())));
    const messages = collect('out');
    await until('connected', () => states(messages).includes('connected'));
    expect(states(messages)).toEqual(['connecting', 'connected']);
    expect(messages[1]).toMatchObject({ topic: 'Cam/connection', payload: { device: { model: 'SIM-PTZ-4' } } });
    expect(statusesOf('connect')).toEqual(['grey ring not connected', 'yellow ring connecting', 'green dot connected']);
  });

  it('tells a loss with its reason, and comes back by itself', async () => {
    const device = await camera();
    await loadFlow([...reporting(deviceNode(device)), node('events', 'hsp-event-in')]);
    const messages = collect('out');
    await until('connected', () => states(messages).includes('connected') && device.streams === 1);
    device.dropConnections();
    await until('lost and back', () => states(messages).filter((state) => state === 'connected').length === 2);
    const lost = payloads(messages).find(({ state }) => state === 'lost');
    expect(lost).toMatchObject({ code: 'HIK_CONNECTION_LOST', reason: expect.stringContaining('127.0.0.1') as string });
    expect(statusesOf('connect')).toContain('red ring broken: connection broke, trying again');
  });

  it('obeys connect, disconnect and status', async () => {
    const device = await camera();
    await loadFlow([...reporting(deviceNode(device)), node('events', 'hsp-event-in')]);
    const messages = collect('out');
    const control = helper.getNode('connect');
    // The device sees the stream a little earlier than we know that it is open.
    const connections = () => states(messages).filter((state) => state === 'connected').length;
    await until('connected', () => device.streams === 1 && connections() === 1);
    control.receive({ payload: 'disconnect' });
    await untilStatus('events', /^grey ring not connected$/);
    await until('the stream is closed', () => device.streams === 0);
    control.receive({ payload: 'status', mine: 1 });
    await until('an answer', () => messages.some(({ mine }) => mine === 1));
    expect(messages.find(({ mine }) => mine === 1)).toMatchObject({ payload: { state: 'disconnected' } });
    control.receive({ payload: 'connect' });
    await until('connected again', () => device.streams === 1 && connections() === 2);
    expect(states(messages)).toEqual([
      'connecting',
      'connected',
      'disconnected',
      'disconnected',
      'connecting',
      'connected',
    ]);
  });

  it('refuses other words', async () => {
    await loadFlow([...reporting(deviceNode(await camera())), catcher('errors'), sink('errors')]);
    const errors = collect('errors');
    helper.getNode('connect').receive({ payload: 'open' });
    await until('an error', () => errors.length === 1);
    expect(errors[0]).toMatchObject({ error: { code: 'HIK_ARGUMENT' } });
  });

  it('tells at once what the settings lack', async () => {
    await loadFlow(reporting(deviceNode({ httpPort: 1 }, { host: '' })));
    const messages = collect('out');
    await until('a message', () => messages.length === 1);
    expect(payloads(messages)).toEqual([{ state: 'refused', reason: 'no host' }]);
    expect(statusOf('connect')).toBe('red ring no host');
    expect(loggedMessages()).toContain('no host');
  });
});

describe(`a wrong password on ${nodeRed}`, () => {
  const five = (device: FlowNode) => [
    ...reporting(device),
    node('events', 'hsp-event-in'),
    node('more', 'hsp-event-in', { kinds: ['motion'] }),
    node('run', 'hsp-command', { command: 'camera.snapshot' }, ['out']),
    node('again', 'hsp-command', { command: 'config.status' }, ['out']),
  ];

  const wrong = { device: { user: 'admin', password: 'Wrong-4711-secret' } };

  it('is tried once, however many nodes there are and whatever they do', async () => {
    const device = await camera();
    await loadFlow(five(deviceNode(device)), wrong);
    const messages = collect('out');
    await untilStatus('connect', /^red ring refused: user or password, correct the device$/);
    for (const id of ['events', 'more', 'run', 'again'])
      expect(statusOf(id)).toBe('red ring refused: user or password, correct the device');
    for (const id of ['run', 'again', 'run']) helper.getNode(id).receive({});
    await untilStatus('again', /^red ring error: user or password, correct the device$/);
    expect(device.authFailures).toBe(1);
    expect(payloads(messages).at(-1)).toMatchObject({ state: 'refused', code: 'HIK_AUTHENTICATION' });

    // A redeploy with the same password is no new attempt; the user who asks gets one.
    await deploy(five(deviceNode(device)), 'full', wrong);
    await untilStatus('connect', /refused/);
    expect(device.authFailures).toBe(1);
    helper.getNode('connect').receive({ payload: 'connect' });
    await until('one more attempt', () => device.authFailures === 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(device.authFailures).toBe(2);
  });

  it('leads to a lock that is shown with the time left', async () => {
    const device = await camera({ lock: { attempts: 1, lockMs: 600_000 } });
    await loadFlow(five(deviceNode(device)), wrong);
    const messages = collect('out');
    await untilStatus('events', /^red ring (locked, wait \d+ min|refused)/);
    const seen = payloads(messages).at(-1);
    if (seen?.state === 'refused') helper.getNode('connect').receive({ payload: 'connect' });
    await untilStatus('events', /^red ring locked, wait \d+ min$/);
    expect(payloads(messages).at(-1)).toMatchObject({ state: 'locked', code: 'HIK_LOCKED' });
    expect(Date.parse(payloads(messages).at(-1)?.unlockAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('appears in no flow, log, status or message', async () => {
    const secret = 'Planted-s3cret-0815';
    const device = await camera();
    const flow = five(deviceNode(device));
    await loadFlow(flow, { device: { user: 'admin', password: secret } });
    const messages = collect('out');
    await untilStatus('connect', /refused/);
    helper.getNode('run').receive({});
    await untilStatus('run', /error/);
    await until('the reason is logged', () => loggedMessages().length > 0);
    const seen = [
      JSON.stringify(flow),
      JSON.stringify(messages),
      loggedText(),
      ...flow.flatMap(({ id }) => statusesOf(id)),
    ];
    for (const text of seen) expect(text).not.toContain(secret);
    expect(seen.join('').length).toBeGreaterThan(500);
  });
});

describe(`another device at the same address on ${nodeRed}`, () => {
  it('is reported and refused, and accepted when the user asks', async () => {
    const first = await camera();
    const port = first.httpPort;
    await loadFlow(reporting(deviceNode(first)));
    await untilStatus('connect', /connected$/);
    await untilStatus('connect', /^green/);
    await deploy([tab], 'full');
    await first.close();
    const other = await Simulator.start({ device: builtInDevice('doorstation'), httpPort: port });
    simulators.push(other);
    await deploy(reporting(deviceNode(other)), 'full');
    const messages = collect('out');
    await untilStatus('connect', /^red ring refused: another device, send connect to accept$/);
    expect(payloads(messages).at(-1)).toMatchObject({ state: 'refused', code: 'HIK_IDENTITY' });

    helper.getNode('connect').receive({ payload: 'connect' });
    await untilStatus('connect', /^green dot connected$/);
    await deploy([...reporting(deviceNode(other)), sink('x')], 'full');
    await untilStatus('connect', /^green dot connected$/);
  });
});

describe(`redeploying on ${nodeRed}`, () => {
  const flow = (device: Simulator) => [
    ...reporting(deviceNode(device)),
    node('events', 'hsp-event-in', { minDuration: '30' }),
    node('run', 'hsp-command', { command: 'config.status' }),
  ];

  it('twenty times leaves nothing behind', async () => {
    const device = await camera();
    await loadFlow(flow(device));
    await until('connected', () => device.streams === 1);
    const resources = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name !== 'Immediate' && name !== 'TickObject')
        .sort();
    const count = (name: string) => resources().filter((each) => each === name).length;
    const before = { timers: count('Timeout'), sockets: count('TCPSocketWrap') };
    for (let round = 0; round < 20; round++) {
      device.sendEvent({ eventType: 'VMD' });
      if (round % 2 === 0) helper.getNode('run').receive({});
      await deploy(flow(device), 'full');
      await until('connected', () => device.streams === 1);
    }
    await until('no more sockets than before', () => count('TCPSocketWrap') <= before.sockets);
    // A stream of the connection before may have been counted when the last deploy was over.
    await until('one stream', () => device.streams === 1);
    // The simulator's own timers come and go with its connections.
    await until('no more timers than before', () => count('Timeout') <= before.timers + 2);

    await deploy([tab], 'full');
    await until('the stream is closed', () => device.streams === 0);
    await device.close();
    await until('no socket is left', () => count('TCPSocketWrap') === 0);
  }, 60_000);

  it('keeps the one connection while only some of its nodes are changed', async () => {
    const device = await camera();
    await loadFlow(flow(device));
    await until('connected', () => device.streams === 1);
    const opened = device.log.filter(({ path }) => path.includes('alertStream')).length;
    await deploy(
      flow(device).map((each) => (each.id === 'run' ? { ...each, command: 'config.getTime' } : each)),
      'nodes',
    );
    await untilStatus('run', /^green dot connected$/);
    expect(device.log.filter(({ path }) => path.includes('alertStream'))).toHaveLength(opened);
    expect(device.streams).toBe(1);
  });

  it('tells a new node the present state', async () => {
    const device = await camera();
    await loadFlow(flow(device));
    await untilStatus('run', /^green/);
    const late = [...flow(device), node('late', 'hsp-connect', {}, ['lateOut']), sink('lateOut')];
    await deploy(late, 'nodes');
    const messages = collect('lateOut');
    await until('a message', () => messages.length > 0);
    expect(states(messages)).toEqual(['connected']);
  });
});

describe(`environment variables on ${nodeRed}`, () => {
  it('are put into texts and credentials, alone and within a longer text', async () => {
    const device = await camera({ username: 'operator', password: 'From-env-1' });
    const environment = {
      HSP_TEST_PORT: String(device.httpPort),
      HSP_TEST_NET: '127.0',
      HSP_TEST_PASS: 'From-env-1',
      HSP_TEST_WHO: 'tor',
    };
    Object.assign(process.env, environment);
    try {
      const texts = { host: '${HSP_TEST_NET}.0.1', port: '${HSP_TEST_PORT}', name: 'Cam ${HSP_TEST_NET}' };
      const credentials = { device: { user: 'opera${HSP_TEST_WHO}', password: '${HSP_TEST_PASS}' } };
      await loadFlow(reporting(deviceNode(device, texts)), credentials);
      const messages = collect('out');
      await untilStatus('connect', /^green dot connected$/);
      expect(messages.at(-1)?.topic).toBe('Cam 127.0/connection');
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  });

  it('that do not exist are an empty text, which is said', async () => {
    await loadFlow(reporting(deviceNode({ httpPort: 1 }, { host: '${HSP_TEST_MISSING}' })));
    expect(statusOf('connect')).toMatch(/^red ring (no host|not a host)/);
  });
});
