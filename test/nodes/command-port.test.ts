import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../lib/simulator';
import {
  collect,
  deviceNode,
  helper,
  loadFlow,
  node,
  nodeRed,
  simulate,
  sink,
  tab,
  until,
  untilStatus,
} from '../support/flow';

const simulators: Simulator[] = [];

afterEach(async () => {
  await helper.unload();
  for (const simulator of simulators.splice(0)) await simulator.close();
});

async function device(): Promise<Simulator> {
  const simulator = await simulate('camera', { hspPort: 0 });
  simulators.push(simulator);
  return simulator;
}

const flow = (config: ReturnType<typeof deviceNode>) => [
  tab,
  config,
  node('events', 'hsp-event-in', {}, ['out']),
  node('command', 'hsp-command', { command: 'config.deviceInfo' }, ['answer']),
  sink('out'),
  sink('answer'),
];

const payloadsOf = (messages: NodeMessage[]) => messages.map(({ payload }) => payload as Record<string, unknown>);

describe(`a device by its command port on ${nodeRed}`, () => {
  it('sends its alarms and answers commands', async () => {
    const simulator = await device();
    await loadFlow(flow(deviceNode({ httpPort: simulator.hspPort }, { protocol: 'hsp' })));
    const events = collect('out');
    const answers = collect('answer');
    await untilStatus('events', /connected/);
    await until('an alarm channel', () => simulator.hspAlarmChannels === 1);
    simulator.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
    await until('an event', () => events.length > 0);
    expect(payloadsOf(events)[0]).toMatchObject({ source: 'hsp', kind: 'motion', state: 'start', channel: 1 });
    helper.getNode('command').receive({ payload: {} });
    await until('an answer', () => answers.length > 0);
    expect(payloadsOf(answers)[0]).toMatchObject({ model: 'SIM-PTZ-4' });
    expect(simulator.log.every(({ face }) => face === 'hsp')).toBe(true);
  });

  it('is asked for a password once, whatever number of nodes uses it', async () => {
    const simulator = await device();
    const config = deviceNode({ httpPort: simulator.hspPort }, { protocol: 'hsp' });
    await loadFlow(flow(config), { device: { user: 'admin', password: 'wrong' } });
    await untilStatus('events', /refused|password/);
    helper.getNode('command').receive({ payload: {} });
    await untilStatus('command', /refused|password/);
    expect(simulator.authFailures).toBe(1);
    expect(simulator.hspLogins).toBe(1);
  });
});
