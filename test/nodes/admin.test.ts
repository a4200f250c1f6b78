/** Through the HTTP server of a whole Node-RED: what the dialog of a device asks, and devices that call us there. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HikvisionClient, type Found } from '../../lib/index';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { serveAdmin } from '../../nodes/config/admin';
import { until } from '../support/flow';
import type { Runtime, RuntimeNode } from '../support/runtime';
import { testCertificate } from '../support/tls';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let runtime: Runtime;
let simulator: Simulator;
const others: Simulator[] = [];

beforeAll(async () => {
  whole = await startWhole();
  ({ runtime, simulator } = whole);
});

afterAll(() => whole.close());

afterEach(async () => {
  await runtime.setFlows([]);
  for (const other of others.splice(0)) await other.close();
});

const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
const device = (more: Record<string, unknown> = {}): RuntimeNode => ({
  id: 'a1',
  type: 'hsp-config',
  name: 'Cam',
  host: '127.0.0.1',
  port: String(simulator.httpPort),
  protocol: 'http',
  credentials,
  ...more,
});
const watching: RuntimeNode[] = [
  { id: 'f1', type: 'tab', label: 'Test' },
  { id: 'e1', type: 'hsp-event-in', z: 'f1', device: 'a1', wires: [[]] },
];

async function ask(path: string, question: unknown, type = 'application/json') {
  const answer = await fetch(new URL(path, runtime.url), {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: JSON.stringify(question),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith('{') ? (JSON.parse(text) as Answer) : null };
}

interface Answer {
  readonly problem?: string;
  readonly device?: { readonly model: string } | null;
  readonly findings?: readonly { level: string; code: string; values: Record<string, string> }[];
  readonly ways?: readonly string[];
  readonly fingerprint?: string;
  readonly isTrusted?: boolean;
}

const codes = (answer: Answer | null) => answer?.findings?.map(({ code }) => code) ?? [];
const fields = (more: Record<string, unknown> = {}) => ({
  host: '127.0.0.1',
  port: String(simulator.httpPort),
  protocol: 'http',
  ...more,
});

const { 'hsp-config': texts } = JSON.parse(
  readFileSync(resolve(__dirname, '../../nodes/config/locale.json'), 'utf8'),
) as Record<'hsp-config', { finding: Record<string, string>; remedy: Record<string, string> }>;

describe('a test of the connection', () => {
  it('tells who answers, how events come, and what to mend', async () => {
    const { status, body } = await ask('hsp/test', { fields: fields(), ...credentials });
    expect(status).toBe(200);
    expect(body?.device).toMatchObject({ model: 'SIM-PTZ-4' });
    expect(body?.ways).toEqual(['alertStream']);
    expect(codes(body)).toEqual(expect.arrayContaining(['answers', 'ways', 'clock', 'silentTriggers']));
    for (const code of codes(body)) expect(texts.finding).toHaveProperty(code);
    expect(texts.remedy).toHaveProperty('silentTriggers');
    expect(codes(body)).toContain('features');
    await until('the stream is closed', () => simulator.streams === 0);
  });

  it('tries a wrong password once', async () => {
    const other = await Simulator.start({ device: builtInDevice('camera') });
    others.push(other);
    const question = { fields: fields({ port: String(other.httpPort) }), user: 'admin', password: 'wrong' };
    for (let round = 0; round < 3; round++) {
      const { body } = await ask('hsp/test', question);
      expect(codes(body)).toEqual(['passwordRefused', 'services']);
      expect(texts.remedy).toHaveProperty('passwordRefused');
    }
    expect(other.authFailures).toBe(1);
  });

  it('says what the fields lack, and which password it cannot know', async () => {
    expect(codes((await ask('hsp/test', { fields: fields({ host: '' }) })).body)).toEqual(['misconfigured']);
    const question = { fields: fields(), user: 'admin', password: '${PASSWORD}' };
    expect(await ask('hsp/test', question)).toMatchObject({ status: 409, body: { problem: 'deployFirst' } });
    expect(simulator.authFailures).toBe(0);
  });

  it('sends a stored password only where it goes anyway', async () => {
    const other = await Simulator.start({ device: builtInDevice('camera') });
    others.push(other);
    await runtime.setFlows([...watching, device()]);
    const stored = { id: 'a1', user: SIMULATOR_USERNAME, password: '__PWRD__' };
    const same = await ask('hsp/test', { ...stored, fields: fields() });
    expect(codes(same.body)).toContain('answers');
    expect(same.text).not.toContain(SIMULATOR_PASSWORD);
    for (const moved of [{ port: String(other.httpPort) }, { host: 'localhost' }, { allowBasic: true }]) {
      const answer = await ask('hsp/test', { ...stored, fields: fields(moved) });
      expect(answer).toMatchObject({ status: 409, body: { problem: 'typePassword' } });
    }
    // Another node than that of a device has no password to give.
    const wrong = await ask('hsp/test', { ...stored, id: 'e1', fields: fields({ port: String(other.httpPort) }) });
    expect(wrong).toMatchObject({ status: 409, body: { problem: 'typePassword' } });
    expect(other.log.some(({ authorized }) => authorized)).toBe(false);
    expect(other.authFailures).toBe(0);
  });

  it('takes JSON alone, by POST alone', async () => {
    const question = { fields: fields(), ...credentials };
    expect((await ask('hsp/test', question, 'text/plain')).status).toBe(415);
    expect((await ask('hsp/test', [question])).status).toBe(415);
    expect((await fetch(new URL('hsp/test', runtime.url))).status).toBe(404);
  });
});

describe('a certificate', () => {
  const stored = { id: 'a1', user: SIMULATOR_USERNAME, password: '__PWRD__' };

  it('is shown without a user and without a password', async () => {
    const other = await Simulator.start({ device: builtInDevice('camera'), tls: testCertificate });
    others.push(other);
    await runtime.setFlows([...watching, device()]);
    const asked = fields({ port: String(other.httpPort), protocol: 'https', tls: 'fingerprint', fingerprint: '' });
    const { status, body } = await ask('hsp/certificate', { ...stored, fields: asked });
    expect(status).toBe(200);
    expect(body).toMatchObject({ isTrusted: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(body?.fingerprint).toBe(new X509Certificate(testCertificate.cert).fingerprint256);
    expect(other.log).toEqual([]);
  });

  it('is refused where none is shown', async () => {
    const plain = await ask('hsp/certificate', { fields: fields() });
    expect(plain).toMatchObject({ status: 422, body: { problem: 'misconfigured' } });
    // An HTTP port does not answer a TLS handshake.
    const wrong = await ask('hsp/certificate', { fields: fields({ protocol: 'https' }) });
    expect(wrong).toMatchObject({ status: 500, body: { problem: 'other' } });
  });
});

describe('a search for devices', () => {
  const found: Found = {
    ...({} as Found),
    model: 'DS-TEST',
    ipv4: '192.0.2.7',
    from: '192.0.2.9',
    httpPort: 81,
    firmware: 'V5',
    activated: false,
  };

  function served() {
    let searches = 0;
    const rights: string[] = [];
    const handlers = new Map<string, (request: unknown, response: ServerResponse) => void>();
    const RED = {
      auth: { needsPermission: (right: string) => rights.push(right) },
      httpAdmin: { post: (path: string, _allowed: unknown, handle: never) => void handlers.set(path, handle) },
    } as unknown as NodeAPI;
    let finish: (devices: Found[]) => void = () => undefined;
    const findDevices = () => {
      searches++;
      return new Promise<Found[]>((resolve) => (finish = resolve));
    };
    serveAdmin(RED, { findDevices });
    const discover = () =>
      new Promise<unknown>((resolve) => {
        const response = { writeHead: () => undefined, end: (text: string) => resolve(JSON.parse(text)) };
        const request = { headers: { 'content-type': 'application/json' }, body: {} };
        handlers.get('/hsp/discover')?.(request, response as unknown as ServerResponse);
      });
    return { discover, rights, searches: () => searches, finish: (devices: Found[]) => finish(devices) };
  }

  it('is one at a time, whoever asks, and wants the right to change devices', async () => {
    const { discover, rights, searches, finish } = served();
    const answers = Promise.all([discover(), discover()]);
    finish([found]);
    const listed = [{ model: 'DS-TEST', address: '192.0.2.7', port: 81, firmware: 'V5', activated: false }];
    expect(await answers).toEqual([listed, listed]);
    expect(searches()).toBe(1);
    const again = discover();
    finish([]);
    expect(await again).toEqual([]);
    expect(searches()).toBe(2);
    expect(new Set(rights)).toEqual(new Set(['hsp-config.write']));
  });
});

describe("Node-RED's own server", () => {
  it('lets devices call us, while one wants it', async () => {
    const own = { push: 'mounted', calledAt: '127.0.0.1' };
    const guess = () => fetch(new URL('hsp/guess', runtime.url), { method: 'POST', body: 'x' });
    expect((await guess()).status).toBe(404);
    await runtime.setFlows([...watching, device(own)]);
    const entered = () => simulator.log.find(({ method, path }) => method === 'PUT' && path.includes('httpHosts'));
    await until('our entry on the device', () => entered() !== undefined);
    // The path is a secret; the device knows it.
    await until('the whole entry', () => entered()?.status === 200);
    const hosts = await pushHosts();
    const { url, port } = hosts.find((each) => each.url?.includes('/hsp/')) ?? {};
    const path = url ?? '';
    expect(port).toBe(runtime.port);
    const seen = runtime.watch();
    const pushed = await fetch(new URL(path, runtime.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/xml' },
      body:
        '<EventNotificationAlert><channelID>1</channelID><eventType>VMD</eventType>' +
        '<eventState>active</eventState></EventNotificationAlert>',
    });
    expect(pushed.status).toBe(200);
    expect((await guess()).status).toBe(404);
    await runtime.setFlows([]);
    expect((await fetch(new URL(path, runtime.url), { method: 'POST', body: 'x' })).status).toBe(404);
    const secret = readFileSync(join(whole.userDir, '.hsp-push-secret'), 'utf8').trim();
    const flows = readFileSync(join(whole.userDir, 'flows.json'), 'utf8');
    expect(flows).not.toContain(secret);
    expect(flows).not.toContain(path);
    expect(seen.errors).toEqual([]);
  });
});

async function pushHosts() {
  const url = `http://127.0.0.1:${simulator.httpPort}`;
  const client = new HikvisionClient({ url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
  try {
    return await client.event.listPushHosts();
  } finally {
    await client.close();
  }
}
