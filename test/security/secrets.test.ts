/**
 * What nobody may read: passwords, what is made of them, sessions, secret paths, serial numbers. Looked for in everything that comes
 * out of clients, the command line, the bridge and Node-RED. Single faults of devices: test/session/secrets.test.ts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import { clientSource } from '../../lib/publisher/client-source';
import { Publisher } from '../../lib/publisher/publisher';
import { builtInDevice, type ModelName, type Simulator } from '../../lib/simulator';
import { startBroker } from '../demo/broker';
import { bridged, Ear } from '../support/bridged';
import { hsp } from '../support/cli';
import { hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { hspSimulator } from '../support/hsp-simulators';
import { Planted } from '../support/planted';
import { relayTo, type Relay } from '../support/relay';
import { simulator } from '../support/simulators';
import { startWhole } from '../support/whole';

const PASSWORD = `Pl4nted"Pa&ss'wörd`;
const SERIAL = 'DS-PLANTED20240501AAWRX98765432';
const CAMERA_PASSWORD = 'C4mera-behind-the-recorder';
const BROKER_PASSWORD = 'Br0ker-planted-word';

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A folder that goes with the test. */
function folderFor(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `hsp-${name}-`));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function planted(more: Readonly<Record<string, string>> = {}): Planted {
  return new Planted({ password: PASSWORD, serial: SERIAL, 'password of a camera': CAMERA_PASSWORD, ...more });
}

/** A device whose answers carry a serial number that we know, and addresses with a password in them. */
async function talker(model: ModelName): Promise<{ device: Simulator; relay: Relay }> {
  const device = await simulator(model, { password: PASSWORD });
  const relay = await relayTo(device, ({ body }) => ({
    body: Buffer.from(
      body
        .toString('latin1')
        .replace(/(<serialNumber>)[^<]*/g, `$1${SERIAL}`)
        .replace(/rtsp:\/\//g, `rtsp://admin:${CAMERA_PASSWORD}@`),
      'latin1',
    ),
  }));
  return { device, relay };
}

/** What passed between the two that nobody else may know. */
function passed({ seen, answers }: Relay): Record<string, string> {
  const texts = [
    ...seen.flatMap(({ headers, body }) => [headers.authorization ?? '', headers.cookie ?? '', body]),
    ...answers.flatMap(({ headers }) => [headers['set-cookie']?.join() ?? '', headers['www-authenticate'] ?? '']),
  ].join('\n');
  const found = texts.matchAll(
    /\b(response|cnonce|nonce|sessionID|WebSession\w*|password)(?:="?|>|"\s*:\s*")([\w+/=-]{8,})/g,
  );
  return Object.fromEntries([...found].map(([, name, value], at) => [`${name} ${at}`, value ?? '']));
}

describe('a client', () => {
  it.each([
    ['camera', 'digest'],
    ['nvr', 'digest'],
    ['axpro', 'auto'],
  ] as const)('tells nothing of a login at a %s by %s', async (model, login) => {
    const { relay } = await talker(model);
    const out = planted();
    const client = hikvisionClient(relay, { password: PASSWORD, login });
    client.onState((state) => {
      if (state.state !== 'connected') out.hear('state', state);
    });
    client.onWarning((warning) => out.hear('warning', warning));
    const failing: [string, Record<string, unknown>][] = [
      ['camera.gotoPreset', { preset: 999 }],
      ['config.raw', { method: 'PUT', path: `/ISAPI/x?password=${encodeURIComponent(PASSWORD)}` }],
      ['config.setUser', { user: 'x', password: PASSWORD }],
      ['recorder.downloadRecording', { file: '/nowhere/at/all', playbackUri: `rtsp://a:${CAMERA_PASSWORD}@h/x` }],
      ['event.panelStatus', {}],
      ['config.deviceInfo', { password: PASSWORD }],
    ];
    await client.call('config.deviceInfo');
    for (const [command, args] of failing) {
      await client.call(command, args, { confirm: true }).catch((error: unknown) => out.hear(command, error));
    }
    out.hear('counters', client.counters);
    out.hear('debugger', inspect(client, { depth: 14 }));
    const secrets = passed(relay);
    expect(Object.keys(secrets).length).toBeGreaterThan(3);
    out.expectUntold(secrets);
  });
});

describe('the command line', () => {
  it('writes no secret to any output', async () => {
    const { relay } = await talker('camera');
    const out = planted();
    const place = relay.url.replace('http://', '');
    const inUrl = `http://admin:${encodeURIComponent(PASSWORD)}@${place}`;
    const env = { HSP_PASSWORD: PASSWORD };
    for (const args of [
      ['info', inUrl],
      ['info', inUrl, '--json'],
      ['watch', inUrl, '--for', '0.3'],
      ['call', `http://admin@${place}`, 'config.getTime'],
      ['call', inUrl, 'config.nonsense'],
      ['call', inUrl, 'config.setUser', '--user', 'x', '--password', PASSWORD, '--confirm'],
      ['call', inUrl, 'stream.rtspUrl'],
    ]) {
      const { out: lines, err } = await hsp(args, { env });
      out.hear(`out of ${args[0]}`, ...lines);
      out.hear(`err of ${args[0]}`, ...err);
    }
    out.expectUntold(passed(relay), ['serial']);
  });

  it('of the doctor shows no key, no session and no serial number', async () => {
    const fixed = { challenge: '0123456789abcdef0123456789abcdef', salt: 'f00d'.repeat(16), userId: 0x7e57ab1e };
    const device = await hspSimulator('camera', { password: PASSWORD, hsp: { fixed } });
    const { serial } = builtInDevice('camera').identity;
    const out = new Planted({
      password: PASSWORD,
      serial,
      challenge: fixed.challenge,
      'session as number': String(fixed.userId),
      session: fixed.userId.toString(16),
    });
    const file = join(folderFor('doctor'), 'transcript.jsonl');
    const url = `hsp://admin:${encodeURIComponent(PASSWORD)}@127.0.0.1:${device.hspPort}`;
    const shown = await hsp(['doctor', url, '--hsp', '--for', '0.2']);
    const written = await hsp(['doctor', url, '--hsp', '--for', '0', '--output', file]);
    expect([shown.status, written.status]).toEqual([0, 0]);
    out.hear('transcript', ...shown.out, readFileSync(file, 'utf8'));
    out.hear('notices', ...shown.err, ...written.err, ...written.out);
    expect(statSync(file).mode & 0o077).toBe(0);
    out.expectUntold();
  });

  it('of the simulator shows neither its password nor what is sent to it', async () => {
    const out = planted();
    const stop = new AbortController();
    let port: number | undefined;
    const running = hsp(['simulate', '--model', 'camera', '--password', PASSWORD], {
      signal: stop.signal,
      onLine: (line) => (port = (JSON.parse(line) as { http: number }).http),
    });
    await until(() => port !== undefined, 'the port');
    const client = hikvisionClient({ url: `http://127.0.0.1:${port}` }, { password: PASSWORD });
    await client.call('config.deviceInfo');
    await client
      .call('config.raw', { path: `/ISAPI/x?password=${encodeURIComponent(PASSWORD)}` })
      .catch(() => undefined);
    await client.close();
    stop.abort();
    const { out: lines, err } = await running;
    out.hear('lines', ...lines, ...err);
    out.expectUntold();
  });
});

describe('the bridge', () => {
  it('publishes no secret on any topic, and none in its warnings and files', async () => {
    const out = planted({ broker: BROKER_PASSWORD });
    const broker = await startBroker(0);
    closing.push(() => broker.close());
    const ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`);
    closing.push(() => ear.close());
    const device = await simulator('camera', { password: PASSWORD });
    const { serial } = builtInDevice('camera').identity;
    const source = clientSource({ url: device.url, username: 'admin', password: PASSWORD, random: () => 0 });
    closing.push(() => source.client.close());
    void source.client.connect();
    const folder = folderFor('journal');
    const publisher = await Publisher.open({
      bridgeId: 'test',
      broker: { urls: [`mqtt://127.0.0.1:${broker.port}`], username: 'bridge', password: BROKER_PASSWORD },
      devices: [bridged('Gate', source, { allowance: 'write' })],
      journal: { folder },
      clock: systemClock,
      random: () => 0,
    });
    publisher.onWarning = (code, message) => out.hear('warning', code, message);
    publisher.start();
    closing.push(() => publisher.stop());
    await ear.until('the device', () => ear.last('hikvision/gate/info'));
    const ask = (command: string, args: unknown) =>
      ear.client.publishAsync(
        `hikvision/gate/command/${command.replace('.', '/')}`,
        JSON.stringify({ args, id: command }),
      );
    await ask('config.setUser', { user: 'x', password: PASSWORD });
    await ask('stream.rtspUrl', { channel: 1, withPassword: true });
    await ask('config.deviceInfo', {});
    await ear.until('answers', () => ear.all('hikvision/gate/result').length >= 3);
    device.sendEvent({ eventType: 'VMD', eventState: 'active' });
    await ear.until('the event', () => ear.all('hikvision/gate/1/event').length > 0);
    // What others ask at the broker is not ours.
    const ours = ear.heard.filter(({ topic }) => !topic.startsWith('hikvision/gate/command/'));
    for (const { topic, text } of ours) out.hear(topic, text);
    out.hear('status', publisher.status, inspect(publisher.status));
    await publisher.stop();
    for (const name of readdirSync(folder)) out.hear(`journal file ${name}`, readFileSync(join(folder, name)));
    out.expectUntold({ 'own serial': serial ?? 'none' });
  });
});

describe('Node-RED', () => {
  it('keeps secrets out of flows, their export, status and errors', async () => {
    const whole = await startWhole();
    closing.push(() => whole.close());
    const { runtime, simulator: device, userDir } = whole;
    device.setPassword(PASSWORD);
    const out = planted({ broker: BROKER_PASSWORD });
    const seen = runtime.watch();
    await runtime.setFlows([
      { id: 'f1', type: 'tab', label: 'Test' },
      {
        id: 'a1',
        type: 'hsp-config',
        name: 'Cam',
        host: '127.0.0.1',
        port: String(device.httpPort),
        protocol: 'http',
        credentials: { user: 'admin', password: PASSWORD },
      },
      { id: 'e1', type: 'hsp-event-in', z: 'f1', device: 'a1', wires: [[]] },
      {
        id: 'm1',
        type: 'hsp-mqtt',
        z: 'f1',
        broker: '',
        url: 'mqtt://127.0.0.1:1',
        credentials: { user: 'bridge', password: BROKER_PASSWORD },
        wires: [[]],
      },
    ]);
    await until(() => device.streams === 1, 'the stream');
    device.setPassword('another');
    await runtime.setFlows([
      { id: 'f1', type: 'tab', label: 'Test' },
      {
        id: 'a1',
        type: 'hsp-config',
        name: 'Cam',
        host: '127.0.0.1',
        port: String(device.httpPort),
        protocol: 'http',
        credentials: { user: 'admin', password: PASSWORD },
      },
      { id: 'e1', type: 'hsp-event-in', z: 'f1', device: 'a1', wires: [[]] },
    ]);
    await until(() => device.authFailures > 0, 'the refusal');
    for (const path of ['flows', 'nodes', 'credentials/hsp-config/a1', 'settings']) {
      const answer = await fetch(new URL(path, runtime.url), { headers: { accept: 'application/json' } });
      out.hear(`GET ${path}`, await answer.text());
    }
    out.hear('status and errors', seen);
    for (const name of readdirSync(userDir)) {
      if (statSync(join(userDir, name)).isFile()) out.hear(`file ${name}`, readFileSync(join(userDir, name)));
    }
    out.expectUntold();
  }, 60_000);
});
