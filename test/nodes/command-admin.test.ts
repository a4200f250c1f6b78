/** Through the HTTP server of a whole Node-RED: what the dialog of a command asks. */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandList, ERROR_CODES } from '../../lib/index';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { serveAdmin } from '../../nodes/command/admin';
import { FakeClock } from '../support/fake-clock';
import { until } from '../support/flow';
import type { Runtime } from '../support/runtime';
import { tcpServer } from '../support/servers';
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

const fields = (port = simulator.httpPort) => ({ host: '127.0.0.1', port: String(port), protocol: 'http' });
const device = () => ({ fields: fields(), user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });

interface Answer {
  readonly problem?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly commands?: readonly string[];
  readonly names?: readonly { readonly value: string; readonly label: string | null }[];
  readonly confirm?: string;
  readonly answer?: unknown;
  readonly picture?: string | null;
  readonly isCut?: boolean;
  readonly progress?: number | null;
}

async function ask(path: string, question: object): Promise<{ status: number; text: string; body: Answer }> {
  const answer = await fetch(new URL(`hsp/command/${path}`, runtime.url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(question),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as Answer };
}

let runs = 0;
const attempt = (command: string, args: object = {}, more: object = {}) =>
  ask('try', { ...device(), command, args, run: `run ${runs++}`, ...more });

const sent = (path: string) => simulator.log.filter((entry) => entry.path.includes(path)).length;

describe('what the device can do', () => {
  it('is told by the names of its commands', async () => {
    const { status, body } = await ask('abilities', device());
    expect(status).toBe(200);
    expect(body.commands).toContain('camera.gotoPreset');
    expect(body.commands).not.toContain('event.armPanel');
    expect(body.commands?.length).toBeLessThan(commandList().length);
  });

  it('is asked with a wrong password once, however often and whatever is asked', async () => {
    const other = await Simulator.start({ device: builtInDevice('camera') });
    others.push(other);
    const wrong = { fields: fields(other.httpPort), user: 'admin', password: 'wrong' };
    for (const question of [
      () => ask('abilities', wrong),
      () => ask('names', { ...wrong, kind: 'presets' }),
      () => ask('try', { ...wrong, command: 'camera.snapshot', args: {}, run: 'w' }),
    ]) {
      const { body, text } = await question();
      expect(body.error?.code).toBe('HIK_AUTHENTICATION');
      expect(text).not.toContain('wrong"');
    }
    expect(other.authFailures).toBe(1);
  });

  it('is asked with a stored password only where it goes anyway', async () => {
    await runtime.setFlows([
      { id: 'f1', type: 'tab', label: 'Test' },
      {
        id: 'a1',
        type: 'hsp-config',
        ...fields(),
        credentials: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD },
      },
      { id: 'c1', type: 'hsp-command', z: 'f1', device: 'a1', wires: [[]] },
    ]);
    const same = await ask('abilities', { id: 'a1', fields: fields() });
    expect(same.body.commands).toContain('camera.snapshot');
    expect(same.text).not.toContain(SIMULATOR_PASSWORD);
    const moved = await ask('abilities', { id: 'a1', fields: { ...fields(), host: 'localhost' } });
    expect(moved).toMatchObject({ status: 409, body: { problem: 'typePassword' } });
  });
});

describe('names', () => {
  it('are those of the device', async () => {
    const channels = await ask('names', { ...device(), kind: 'channels', args: {} });
    expect(channels.body.names).toEqual([{ value: '1', label: 'Yard' }]);
    const args = { channel: { type: 'num', value: '1' } };
    const presets = await ask('names', { ...device(), kind: 'presets', args });
    expect(presets.body.names).toContainEqual({ value: '2', label: 'Car park' });
  });

  it('that it does not tell are an error with its code', async () => {
    const { status, body } = await ask('names', { ...device(), kind: 'zones', args: {} });
    expect(status).toBe(200);
    expect(Object.keys(ERROR_CODES)).toContain(body.error?.code);
    expect(await ask('names', { ...device(), kind: 'toString', args: {} })).toMatchObject({ status: 400 });
  });
});

describe('a try', () => {
  it('of what only reads runs at once, and brings a picture', async () => {
    const { body } = await attempt('camera.snapshot');
    expect(body.picture).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    expect(body.answer).toMatchObject({ contentType: 'image/jpeg' });
  });

  it('of what does something asks first, and does it once', async () => {
    const args = { preset: { type: 'num', value: '2' } };
    const goto = '/presets/2/goto';
    const before = sent(goto);
    expect((await attempt('camera.gotoPreset', args)).body).toEqual({ confirm: 'act' });
    // A yes to something else is none.
    expect((await attempt('camera.gotoPreset', args, { confirmed: 'read' })).body).toEqual({ confirm: 'act' });
    expect(sent(goto)).toBe(before);
    expect((await attempt('camera.gotoPreset', args, { confirmed: 'act' })).body.answer).toEqual({
      channel: 1,
      preset: 2,
    });
    expect(sent(goto)).toBe(before + 1);
  });

  it('of a danger needs a yes to the danger; arguments decide what is one', async () => {
    const before = sent('/System/reboot');
    expect((await attempt('config.reboot')).body).toEqual({ confirm: 'danger' });
    expect((await attempt('config.reboot', {}, { confirmed: 'act' })).body).toEqual({ confirm: 'danger' });
    expect(sent('/System/reboot')).toBe(before);
    const path = { type: 'str', value: '/ISAPI/System/status' };
    const raw = (method: string) => attempt('config.raw', { path, method: { type: 'choice', value: method } });
    expect((await raw('PUT')).body).toEqual({ confirm: 'danger' });
    expect((await raw('GET')).body.error).toBeUndefined();
  });

  it('takes fixed values only, of every kind', async () => {
    const from = (type: string) => attempt('camera.gotoPreset', { preset: { type, value: 'x' } });
    for (const type of ['msg', 'flow', 'global', 'env', 'jsonata'])
      expect(await from(type)).toMatchObject({ status: 422, body: { problem: 'onlyFromMessage' } });
    const json = { areas: { type: 'json', value: '{' } };
    expect(await attempt('camera.setPrivacyMask', json)).toMatchObject({
      status: 422,
      body: { problem: 'noJsonValue' },
    });
    const areas = { type: 'json', value: '[{"left":10,"top":10,"right":20,"bottom":20}]' };
    const mask = await attempt('camera.setPrivacyMask', { areas }, { confirmed: 'write' });
    expect(mask.body.error).toBeUndefined();
    const wrong = await attempt('camera.gotoPreset', { preset: { type: 'num', value: '301' } });
    expect(wrong.body.error).toMatchObject({ code: 'HIK_ARGUMENT' });
    expect(wrong.body.error?.message).toContain('300');
    for (const [command, run] of [
      ['camera.nothing', 'r'],
      ['camera.snapshot', ''],
      ['camera.snapshot', 'r'.repeat(65)],
    ])
      expect((await attempt(command ?? '', {}, { run })).status).toBe(400);
  });

  it('keeps passwords to itself', async () => {
    const args = { withPassword: { type: 'bool', value: 'true' } };
    const { text, body } = await attempt('stream.rtspUrl', args);
    expect(body.answer).toContain(':***@');
    expect(text).not.toContain(SIMULATOR_PASSWORD);
  });

  it('has texts for every error that a device can bring', () => {
    const { common } = JSON.parse(readFileSync(resolve(__dirname, '../../nodes/shared/locale.json'), 'utf8')) as {
      common: Record<'reason' | 'remedy' | 'ask', Record<string, string>>;
    };
    for (const code of Object.keys(ERROR_CODES)) expect(common.reason).toHaveProperty(code);
    for (const code of Object.keys(common.remedy)) expect(Object.keys(ERROR_CODES)).toContain(code);
    for (const problem of ['onlyFromMessage', 'noJsonValue']) expect(common.ask).toHaveProperty(problem);
  });
});

describe('a try that takes long', () => {
  /** The endpoints without a runtime, by a clock of our own. */
  function served() {
    const handlers = new Map<string, (request: unknown, response: ServerResponse) => void>();
    const rights = new Set<string>();
    const RED = {
      _: (key: string) => key,
      settings: {},
      nodes: { getNode: () => null },
      util: { evaluateNodeProperty: (text: string) => text },
      auth: { needsPermission: (right: string) => rights.add(right) },
      httpAdmin: { post: (path: string, _allowed: unknown, handle: never) => void handlers.set(path, handle) },
    } as unknown as NodeAPI;
    const clock = new FakeClock();
    serveAdmin(RED, clock);
    const asked = (path: string, body: object) =>
      new Promise<Answer>((settle) => {
        const response = { writeHead: () => undefined, end: (text: string) => settle(JSON.parse(text) as Answer) };
        const request = { headers: { 'content-type': 'application/json' }, body };
        handlers.get(`/hsp/command/${path}`)?.(request, response as unknown as ServerResponse);
      });
    return { asked, clock, rights };
  }

  it('wants the right to change commands', () => {
    expect(served().rights).toEqual(new Set(['hsp-command.write']));
  });

  it('is given up in the end', async () => {
    const silent = await tcpServer(() => undefined);
    const { asked, clock } = served();
    const question = { fields: fields(silent.port), user: 'admin', password: 'x', args: {} };
    const trying = asked('try', { ...question, command: 'camera.snapshot', run: 'a' });
    const looking = asked('abilities', question);
    await until('both are under way', () => silent.sockets.size >= 2);
    await clock.advance(15_000);
    expect((await looking).error).toMatchObject({ code: 'HIK_TIMEOUT' });
    await clock.advance(105_000);
    expect((await trying).error).toMatchObject({ code: 'HIK_TIMEOUT' });
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const { asked } = served();
    const args = {
      channel: { type: 'num', value: '1' },
      pan: { type: 'num', value: '20' },
      forMs: { type: 'num', value: '60000' },
    };
    const before = sent('/continuous');
    const trying = asked('try', { ...device(), command: 'camera.move', args, run: 'b', confirmed: 'act' });
    await until('the camera moves', () => sent('/continuous') > before);
    expect(await asked('running', { run: 'b' })).toEqual({ progress: null });
    await asked('running', { run: 'b', stop: true });
    expect((await trying).error).toMatchObject({ code: 'HIK_CLOSED' });
    // What was begun is put right.
    await until('it stands still', () => sent('/continuous') > before + 1);
    expect(await asked('running', { run: 'b' })).toEqual({ progress: null });
  });
});
