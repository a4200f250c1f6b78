/** Names such as `__proto__` come in from everywhere; they change nothing, and get into no object that is handed on. */
import { afterEach, describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { commandList, commandNamed } from '../../lib/commands/registry';
import { parseJson } from '../../lib/codec/json';
import { parseXml, toPlain } from '../../lib/codec/xml';
import { ArgumentError, HikvisionError } from '../../lib/errors';
import { requestOf } from '../../lib/mqtt/request';
import { withoutSecrets } from '../../lib/mqtt/topics';
import { siteFrom } from '../../lib/publisher/site';
import { deviceFromDump } from '../../lib/simulator';
import { callFrom } from '../../nodes/shared/message';
import { deviceSettings } from '../../nodes/shared/settings';
import { hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { rawAnswer } from '../support/servers';
import { simulator } from '../support/simulators';

const JSON_BOMB =
  '{"__proto__":{"polluted":true,"confirm":true,"channel":9},"constructor":{"prototype":{"polluted":true}},' +
  '"prototype":{"polluted":true},"inner":{"__proto__":{"polluted":true},"list":[{"__proto__":{"polluted":true}}]}}';

afterEach(() => {
  for (const each of [{}, [], () => undefined, '', 0]) expect(each).not.toHaveProperty('polluted');
});

/** No object within has a name or a prototype that is not its own. */
function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  expect([null, Object.prototype, Array.prototype]).toContain(prototype);
  expect(Object.hasOwn(value, '__proto__')).toBe(false);
  for (const inner of Object.values(value)) expectPlain(inner);
}

describe('names that objects have anyway', () => {
  it('of JSON documents are left out, or stay names', () => {
    const document = parseJson(Buffer.from(JSON_BOMB));
    expectPlain(document);
    expectPlain(Object.assign({}, document));
  });

  it('of XML documents are left out, or stay names', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    const inner = names.map((name) => `<${name} ${name}="1"><polluted>true</polluted></${name}>`).join('');
    const plain = toPlain(parseXml(`<A __proto__="x">${inner}<B>${inner}</B><B>${inner}</B></A>`));
    expectPlain(plain);
    expectPlain(JSON.parse(JSON.stringify(plain)));
  });

  it.each([
    ['JSON', `{"eventType":"VMD","eventState":"active","channelID":1,"x":${JSON_BOMB},${JSON_BOMB.slice(1)}`],
    [
      'XML',
      '<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState><channelID>1</channelID>' +
        '<__proto__><polluted>1</polluted></__proto__><x><__proto__><polluted>1</polluted></__proto__></x></EventNotificationAlert>',
    ],
  ])('of events in %s', async (_form, document) => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const seen: unknown[] = [];
    client.events(({ details, raw, regions, kind }) => seen.push({ details, raw, regions, kind }));
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent(document);
    await until(() => seen.length > 0, 'the event');
    expect(seen[0]).toMatchObject({ kind: 'motion' });
    expectPlain(seen[0]);
  });

  it('of answers to any request', async () => {
    const body = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${JSON_BOMB.length}\r\n\r\n${JSON_BOMB}`;
    const server = await rawAnswer(body);
    const { body: answer } = await hikvisionClient(server, { username: '', password: '' }).config.raw({
      path: '/ISAPI/x',
    });
    expect(answer).toHaveProperty('inner');
    expectPlain(answer);
  });

  it('of MQTT commands are unknown parameters', () => {
    for (const body of [JSON_BOMB, `{"args":${JSON_BOMB}}`, '{"args":{"__proto__":{"preset":3}},"confirm":true}']) {
      const request = requestOf(
        { device: 'door', command: 'camera.gotoPreset' },
        { payload: Buffer.from(body), retain: false },
        'write',
      );
      expect('error' in request && request.error).toBeInstanceOf(HikvisionError);
      expect('confirm' in request ? request.confirm : false).toBe(false);
    }
    const named = '{"command":"__proto__","args":{}}';
    for (const command of ['__proto__', 'constructor', 'camera.__proto__', 'toString.call', '__proto__.toString'])
      expect(commandNamed(command)).toBeUndefined();
    const request = requestOf(
      { device: 'door', command: null },
      { payload: Buffer.from(named), retain: false },
      'write',
    );
    expect(request).toHaveProperty('error');
  });

  it('of arguments are refused for every command', () => {
    const given = JSON.parse(JSON_BOMB) as Record<string, unknown>;
    for (const { name, example } of commandList()) {
      const { params = {} } = commandNamed(name) ?? {};
      expect(() => checkArguments(name, params, { ...example, ...given })).toThrow(ArgumentError);
    }
  });

  it('of messages and fields in Node-RED', async () => {
    const node = {
      command: 'camera.gotoPreset',
      args: JSON.parse('{"__proto__":{"type":"num","value":"1"}}') as never,
    };
    const payload = JSON.parse(JSON_BOMB) as unknown;
    const call = await callFrom(node, { payload }, commandList(), () => Promise.resolve(1));
    // Nothing is there that nobody sees, and what is seen is refused.
    expect((call.args as { confirm?: unknown }).confirm).toBeUndefined();
    expect(Object.keys(call.args)).toContain('__proto__');
    const known = commandNamed('camera.gotoPreset')?.params ?? {};
    expect(() => checkArguments(call.command, known, call.args)).toThrow(ArgumentError);

    const fields = { host: '192.0.2.1', ...(payload as object) };
    const settings = deviceSettings(
      fields,
      { user: 'u', password: 'p' },
      {
        translate: (key: string) => key,
        expand: (text: string) => text,
        readFile: () => '',
        ownServer: null,
      },
    );
    expect(settings).toHaveProperty('options');
    expect(settings).not.toHaveProperty('options.polluted');
  });

  it('of a site file are mistakes with their place', () => {
    const text =
      'devices:\n  - name: a\n    url: http://192.0.2.1\n    __proto__: {polluted: true}\nbroker: {url: "mqtt://b"}\n__proto__: {a: 1}\n';
    const { site, mistakes } = siteFrom(text, { env: {}, readFile: () => '' });
    expect(site).toBeNull();
    expect(mistakes.map(({ line }) => line)).toEqual(expect.arrayContaining([4, 6]));
    const names = ['__proto__', 'constructor'];
    for (const name of names) {
      const given = `devices:\n  - {name: a, url: "http://192.0.2.1", allow: ${name}}\nbroker: {url: "mqtt://b"}\n`;
      expect(siteFrom(given, { env: {}, readFile: () => '' }).mistakes.length, name).toBeGreaterThan(0);
    }
  });

  it('of settings that travel, and of dumps for the simulator', () => {
    expectPlain(withoutSecrets(parseJson(Buffer.from(JSON_BOMB))));
    expect(() => deviceFromDump(JSON.parse(JSON_BOMB))).toThrow();
  });
});
