import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { startBroker, type Broker } from '../demo/broker';
import { Ear } from '../support/bridged';
import { hsp } from '../support/cli';
import { simulator } from '../support/simulators';

let folder = '';
let broker: Broker;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-bridge-'));
  broker = await startBroker(0);
});
afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('hsp bridge', () => {
  it('publishes the events of a device until it is told to stop, and says no password', async () => {
    const device = await simulator('camera');
    const config = join(folder, 'site.yaml');
    const site = `bridge: cli
devices: [{ name: Yard, url: '${device.url}', username: admin, password_env: YARD, allow: read }]
broker: { url: 'mqtt://127.0.0.1:${broker.port}' }
discovery: { enabled: true }
`;
    writeFileSync(config, site);
    const ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`);
    const stop = new AbortController();
    const running = hsp(['bridge', '--config', config, '--json'], { env: { YARD: 'Simulator1' }, signal: stop.signal });
    await ear.until('availability', () => ear.last('hikvision/yard/availability') === 'online');
    await ear.until('the alertStream', () => device.streams === 1);
    device.sendEvent({ eventType: 'VMD' });
    await ear.until('the event', () => ear.last('hikvision/yard/1/event')?.includes('motion_start'));
    await ear.until('the state', () => ear.last('hikvision/yard/1/motion') === 'ON');
    await ear.client.publishAsync('hikvision/yard/command/config/getTime', '{}', { qos: 1 });
    await ear.until('the answer', () => ear.last('hikvision/yard/result')?.includes('"ok":true'));
    const presented = await ear.until('discovery', () =>
      ear.heard.find(({ text }) => text.includes('"configuration_url"')),
    );
    assert.ok(presented.text.includes(`"configuration_url":"${device.url}"`), presented.text.slice(0, 400));
    stop.abort();
    const { status, err } = await running;
    assert.equal(status, 0);
    await ear.until('offline', () => ear.last('hikvision/bridge/cli/state') === 'offline');
    assert.ok(err.every((line) => typeof (JSON.parse(line) as { message: unknown }).message === 'string'));
    const everything = err.join() + ear.heard.map(({ text }) => text).join();
    assert.ok(!everything.includes('Simulator1'));
    await ear.close();
  });

  it('names mistakes with file, line and column', async () => {
    const config = join(folder, 'site.yaml');
    writeFileSync(config, 'devices: []\nbroker: { url: nonsense }\n');
    const { status, err } = await hsp(['bridge', '--config', config, '--check']);
    assert.equal(status, 1);
    assert.ok(
      err.some((line) => line.startsWith(`${config}:2:`)),
      err.join(),
    );
    assert.equal(err.length, 2);
  });

  it('wants a file', async () => {
    assert.equal((await hsp(['bridge'])).status, 2);
    assert.equal((await hsp(['bridge', '--config', join(folder, 'none.yaml')])).status, 1);
  });
});
