import { createRequire } from 'node:module';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { brokerOf } from '../../nodes/shared/broker';
import { startBroker, type Broker } from '../demo/broker';
import { Ear } from '../support/bridged';
import {
  deviceCredentials,
  deviceNode,
  helper,
  loadFlow,
  nodeRed,
  node,
  simulate,
  statusOf,
  tab,
} from '../support/flow';

let broker: Broker | null = null;
let ear: Ear | null = null;

afterEach(async () => {
  await helper.unload();
  await ear?.close();
  await broker?.close();
  ear = null;
  broker = null;
  rmSync(join(process.cwd(), 'hikvision-journal'), { recursive: true, force: true });
});

describe(`hsp-mqtt on ${nodeRed}`, () => {
  it('publishes events and answers what is allowed, with a broker by its URL', async () => {
    broker = await startBroker(0);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    ear = await Ear.at(url);
    const listening = ear;
    const device = await simulate('camera');
    const page = `"configuration_url":"${device.url}"`;
    const flow = [
      tab,
      deviceNode(device),
      node('out', 'hsp-mqtt', { url, discovery: true, allow: { device: 'read' } }),
    ];
    await loadFlow(flow);
    const online = await listening.until('a device', () =>
      listening.heard.find(({ topic, text }) => topic.endsWith('/availability') && text === 'online'),
    );
    const slug = online.topic.split('/')[1] ?? '';
    await listening.until('the stream', () => device.streams === 1);
    device.sendEvent({ eventType: 'VMD' });
    await listening.until('the event', () => listening.last(`hikvision/${slug}/1/event`)?.includes('motion_start'));
    await listening.until('discovery', () =>
      listening.heard.some(({ topic, text }) => topic.startsWith('homeassistant/device/') && text.includes(page)),
    );
    await listening.client.publishAsync(`hikvision/${slug}/command/config/getTime`, '{}', { qos: 1 });
    await listening.until('the answer', () => listening.last(`hikvision/${slug}/result`)?.includes('"ok":true'));
    await listening.client.publishAsync(`hikvision/${slug}/command/camera/gotoPreset`, '{"preset":1}', { qos: 1 });
    await listening.until('the refusal', () => listening.last(`hikvision/${slug}/result`)?.includes('HIK_NOT_ALLOWED'));
    expect(statusOf('out')).toMatch(/^(green|yellow) dot connected/);
    await helper.unload();
    await listening.until('offline', () => listening.last('hikvision/bridge/out/state') === 'offline');
  });

  it('uses the broker of a node of Node-RED, with a connection of its own', async () => {
    broker = await startBroker(0);
    ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`);
    const listening = ear;
    const device = await simulate('camera');
    const core: unknown = createRequire(__filename)('@node-red/nodes/core/network/10-mqtt.js');
    const settings = { broker: '127.0.0.1', port: String(broker.port), protocolVersion: '4', autoConnect: false };
    const flow = [
      tab,
      deviceNode(device),
      { id: 'broker', type: 'mqtt-broker', ...settings },
      node('out', 'hsp-mqtt', { broker: 'broker', discovery: false }),
    ];
    await loadFlow(flow, deviceCredentials, [core]);
    await listening.until('online', () => listening.last('hikvision/bridge/out/state') === 'online');
  });

  it('says that it has no broker', async () => {
    await loadFlow([tab, node('out', 'hsp-mqtt', { url: '' })], {});
    expect(statusOf('out')).toBe('red ring no broker chosen: open the node, choose one');
  });
});

describe('the broker', () => {
  it('of Node-RED lends its address, TLS and credentials', () => {
    const given = {
      type: 'mqtt-broker',
      brokerurl: 'mqtts://192.0.2.2:8883',
      username: 'u',
      password: 'p',
      protocolVersion: '5',
      options: { ca: Buffer.from('CA'), rejectUnauthorized: false },
    } as unknown as Parameters<typeof brokerOf>[0];
    expect(brokerOf(given, '', {})).toEqual({
      urls: ['mqtts://192.0.2.2:8883'],
      version: '5',
      username: 'u',
      password: 'p',
      tls: { ca: 'CA', acceptAny: true },
    });
  });

  it('of our own is a URL with the credentials of the node', () => {
    expect(brokerOf(null, ' ws://h:1 ', { user: 'u', password: 'p' })).toEqual({
      urls: ['ws://h:1'],
      username: 'u',
      password: 'p',
    });
    expect(brokerOf(null, 'http://h', {})).toBeNull();
  });
});
