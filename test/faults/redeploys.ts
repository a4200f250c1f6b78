/** The flow is deployed again and again, as somebody does who builds one: nothing of the one before stays. */
import { HikvisionClient } from '../../lib/index';
import { Publisher } from '../../lib/publisher/publisher';
import { EventPump } from '../../lib/session/event-pump';
import { HttpClient } from '../../lib/transport/http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '../demo/broker';
import {
  collect,
  deploy,
  deviceNode,
  helper,
  loadFlow,
  node,
  simulate,
  sink,
  tab,
  until,
  type FlowNode,
} from '../support/flow';
import { alive } from '../support/leaks';
import { must, NOTHING, type Outcome, type Scenario, type ScenarioOptions } from './outcome';

/** The one that is there, and one that a collection has not reached yet. */
const MOST_ALIVE = 2;
const COUNTED = [HikvisionClient, EventPump, HttpClient, Publisher];

async function redeploys({ isWhole }: ScenarioOptions): Promise<Outcome> {
  const deploys = isWhole ? 200 : 60;
  const device = await simulate('camera', { heartbeatMs: 0 });
  const broker = await startBroker(0);
  const userDir = mkdtempSync(join(tmpdir(), 'hsp-redeploys-'));
  const flow = (round: number): FlowNode[] => [
    tab,
    deviceNode(device, { name: `Camera ${round % 3}` }),
    node('events', 'hsp-event-in', {}, ['out']),
    node('connect', 'hsp-connect', {}, ['out']),
    node('command', 'hsp-command', { command: 'config.getTime' }, ['out']),
    node('mqtt', 'hsp-mqtt', { url: `mqtt://127.0.0.1:${broker.port}`, devices: ['device'] }),
    sink('out'),
  ];
  let sent = 0;
  let delivered = 0;
  /** Connected anew, one event. */
  const tells = async (): Promise<void> => {
    const messages = collect('out');
    await until('the stream of this flow, and no other', () => device.streams === 1);
    sent++;
    device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
    await until('its event', () =>
      messages.some(({ topic }) => topic?.includes('motion') === true || topic?.includes('event') === true),
    );
    delivered++;
  };
  try {
    helper.settings({ userDir });
    await loadFlow(flow(0));
    await tells();
    for (let round = 1; round <= deploys; round++) {
      await deploy(flow(round), 'full');
      // Now and then somebody looks at it; mostly the next one comes while the last one is still connecting.
      if (round % 20 === 0) await tells();
    }
    await until('connections of one flow', () => device.openConnections <= 8);
    helper._sandbox.resetHistory();
    const counts = alive(COUNTED);
    if (counts !== null) {
      const many = Object.entries(counts).filter(([, count]) => count > MOST_ALIVE);
      must(many.length === 0, () => `after ${deploys} deploys there are ${JSON.stringify(many)}`);
    }
    must(device.authFailures === 0, `${device.authFailures} wrong logins`);
    return { ...NOTHING, sent, delivered, faults: deploys };
  } finally {
    await helper.unload();
    helper.settings({});
    await until('no connection is left', () => device.openConnections === 0);
    await device.close();
    await broker.close();
    rmSync(userDir, { recursive: true, force: true });
  }
}

export const REDEPLOY_SCENARIOS: readonly Scenario[] = [{ name: 'deploys of a flow, 200 in the soak', run: redeploys }];
