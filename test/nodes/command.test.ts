import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../lib/simulator';
import {
  catcher,
  collect,
  deviceNode,
  helper,
  loadFlow,
  node,
  nodeRed,
  simulate,
  sink,
  statusesOf,
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

interface CaughtError {
  readonly message: string;
  readonly code?: string;
}

/** One `hsp-command` with a sink behind it and a Catch node beside it. */
async function commanding(more: Record<string, unknown>, model: 'camera' | 'nvr' = 'camera') {
  const device = await simulate(model);
  simulator = device;
  const flow = [
    tab,
    deviceNode(device),
    node('run', 'hsp-command', more, ['out']),
    sink('out'),
    catcher('errors'),
    sink('errors'),
  ];
  await loadFlow(flow);
  const answers = collect('out');
  const errors = collect('errors');
  await untilStatus('run', /^green dot connected$/);
  return {
    device,
    /** Sends a message in and hands out what comes back: the answer, or what a Catch node receives. */
    ask: async (msg: Record<string, unknown> = {}): Promise<NodeMessage & { error?: CaughtError }> => {
      const before = answers.length + errors.length;
      helper.getNode('run').receive({ _msgid: 'id', ...msg });
      await until('an answer or an error', () => answers.length + errors.length > before);
      return (answers.length > 0 ? answers.pop() : errors.pop()) as NodeMessage & { error?: CaughtError };
    },
    sent: (path: RegExp) => device.log.filter((entry) => path.test(`${entry.method} ${entry.path}`)),
  };
}

const num = (value: number) => ({ type: 'num', value: String(value) });

describe(`hsp-command on ${nodeRed}`, () => {
  it('answers with a picture as a Buffer and its type, in the message that came in', async () => {
    const { ask } = await commanding({ command: 'camera.snapshot' });
    const answer = await ask({ payload: 'tick', topic: 'mine', other: 7 });
    expect(Buffer.isBuffer(answer.payload)).toBe(true);
    expect((answer.payload as Buffer).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(answer).toMatchObject({ contentType: 'image/jpeg', topic: 'mine', other: 7, _msgid: 'id' });
  });

  it('answers with typed objects', async () => {
    const { ask } = await commanding({ command: 'config.deviceInfo' });
    expect((await ask()).payload).toMatchObject({ name: 'Simulated camera', model: 'SIM-PTZ-4', firmware: 'V5.7.15' });
  });

  it('takes its parameters from the node and lets the message override them', async () => {
    const args = { channel: num(1), preset: num(1) };
    const { ask, sent } = await commanding({ command: 'camera.gotoPreset', args });
    await ask({ payload: 'tick' });
    await ask({ payload: { preset: 2 } });
    expect(sent(/presets\/1\/goto/)).toHaveLength(1);
    expect(sent(/presets\/2\/goto/)).toHaveLength(1);
  });

  it('finds parameters in the message, the flow, and in expressions', async () => {
    const args = { channel: { type: 'jsonata', value: '1' }, preset: { type: 'msg', value: 'where.preset' } };
    const { ask, sent } = await commanding({ command: 'camera.gotoPreset', args });
    await ask({ where: { preset: 3 } });
    expect(sent(/channels\/1\/presets\/3\/goto/)).toHaveLength(1);
  });

  it('runs the command that the message names', async () => {
    const { ask } = await commanding({ command: 'camera.snapshot', args: { channel: num(1) } }, 'nvr');
    const answer = await ask({ command: 'recorder.listChannels' });
    expect(answer.payload).toHaveLength(8);
  });

  it('takes the channel of an event that is wired straight in', async () => {
    const { ask, sent } = await commanding({ command: 'camera.snapshot' }, 'nvr');
    const payload = { kind: 'motion', eventType: 'VMD', state: 'start', receivedAt: 'now', channel: 3, details: {} };
    expect(Buffer.isBuffer((await ask({ payload })).payload)).toBe(true);
    expect(sent(/channels\/30\d/).length).toBeGreaterThan(0);
  });

  it('reports an error with its code to Catch nodes, and shows it', async () => {
    const { ask } = await commanding({ command: 'camera.gotoPreset' });
    const { error } = await ask({ payload: { preset: 0, chanel: 1 } });
    expect(error).toMatchObject({ code: 'HIK_ARGUMENT' });
    expect(error?.message).toMatch(/preset.*chanel|chanel.*preset/);
    expect(statusOf('run')).toBe('red ring error: wrong arguments, see the debug panel');
  });

  it('reports a command that does not exist, and none at all', async () => {
    const { ask } = await commanding({ command: '' });
    expect((await ask({ command: 'camera.fly' })).error).toMatchObject({ code: 'HIK_ARGUMENT' });
    expect((await ask()).error).toMatchObject({ code: 'HIK_ARGUMENT' });
  });

  it('reports what the device refuses', async () => {
    const { ask } = await commanding({
      command: 'config.raw',
      args: { path: { type: 'str', value: '/ISAPI/No/such/thing' } },
    });
    expect((await ask()).error).toMatchObject({
      code: expect.stringMatching(/^HIK_(UNSUPPORTED|NOT_FOUND)$/) as string,
    });
  });

  it('runs a dangerous command only with msg.confirm', async () => {
    const { ask, sent } = await commanding({ command: 'config.reboot' });
    expect((await ask()).error).toMatchObject({ code: 'HIK_CONFIRMATION' });
    expect((await ask({ confirm: 'true' })).error).toMatchObject({ code: 'HIK_CONFIRMATION' });
    expect(sent(/reboot/)).toHaveLength(0);
    expect((await ask({ confirm: true })).error).toBeUndefined();
    expect(sent(/reboot/)).toHaveLength(1);
  });

  it('runs a dangerous command with the tick in the node', async () => {
    const { ask, sent } = await commanding({ command: 'config.reboot', confirm: true });
    expect((await ask()).error).toBeUndefined();
    expect(sent(/reboot/)).toHaveLength(1);
  });

  it('shows that it runs and that it is done', async () => {
    const { ask } = await commanding({ command: 'config.status' });
    await ask();
    expect(statusesOf('run').slice(-2)).toEqual(['blue dot config.status ...', 'green dot config.status done']);
  });

  it('answers a message that comes while another one runs', async () => {
    const { ask } = await commanding({ command: 'config.status' });
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.every(({ error }) => error === undefined)).toBe(true);
  });

  it('says what is missing when no device is chosen', async () => {
    await loadFlow(
      [tab, node('run', 'hsp-command', { device: '', command: 'config.status' }), catcher('errors'), sink('errors')],
      {},
    );
    const errors = collect('errors') as { error?: CaughtError }[];
    helper.getNode('run').receive({});
    await until('an error', () => errors.length === 1);
    expect(errors[0]?.error?.message).toContain('no device chosen');
  });
});
