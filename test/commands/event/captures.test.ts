/** The event commands on every captured device: each document is read, and a change changes what was asked and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { all, find, formatXml, parseXml, textAt } from '../../../lib/codec/xml';
import { checkArguments } from '../../../lib/commands/arguments';
import type { Command } from '../../../lib/commands/command';
import { event } from '../../../lib/commands/event';
import { WATCHED } from '../../../lib/commands/event/watched';
import { HikvisionError } from '../../../lib/errors';
import { capturesFolder } from '../../support/captures';
import { context, dumpDevice, OK, reply, run, xml, type Dump, type Responder } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const folder = capturesFolder();
const devices = join(folder ?? '', 'devices');
const dumps: [string, Dump][] = (folder === undefined ? [] : readdirSync(devices))
  .filter((file) => file.endsWith('.json') && file !== 'error-responses.json' && !file.startsWith('http-exchanges'))
  .map((file) => [file, JSON.parse(readFileSync(join(devices, file), 'utf8')) as Dump]);

const HOSTS = '/ISAPI/Event/notification/httpHosts';
const TRIGGERS = '/ISAPI/Event/triggers';

type Name = keyof typeof event;

function call(name: Name, respond: Responder, given: Record<string, unknown> = {}) {
  const command = event[name] as unknown as Command;
  return run(command.isapi(checkArguments(`event.${name}`, command.params, given), context()), respond);
}

/** A device that has this document only. */
const only =
  (path: string, document: string): Responder =>
  (request) =>
    request.method !== 'GET' ? OK : request.path === path ? xml(document) : reply(403);

const body = ({ requests }: ReturnType<typeof call>) =>
  plainXml(String(requests.find(({ method }) => method === 'PUT')?.body));

function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
}

/** Commands by the root of the document that they set. */
const DETECTIONS = new Map(
  Object.values(WATCHED).flatMap(({ detection }) => {
    if (detection === null) return [];
    const commands = Object.entries(event) as unknown as [Name, Command][];
    const own = commands.filter(([, { paths }]) => paths.includes(detection.places[0] ?? '')).map(([name]) => name);
    const [get, set] = [own.find((name) => name.startsWith('get')), own.find((name) => name.startsWith('set'))];
    if (get === undefined || set === undefined) throw new Error(`${detection.name} has no commands`);
    return [[detection.root.toLowerCase(), { get, set, places: detection.places }] as const];
  }),
);

/** Every captured document of a detection, with its channel. */
const documents = dumps.flatMap(([file, { responses }]) =>
  Object.entries(responses).flatMap(([path, { status, body: text }]) => {
    const row = [...DETECTIONS.values()]
      .map((each) => ({ ...each, channel: channelAt(each.places, path) }))
      .find(({ channel }) => channel !== null);
    return row === undefined || status !== 200 || text === null ? [] : [{ file, path, text, ...row }];
  }),
);

function channelAt(places: readonly string[], path: string): number | null {
  for (const place of places) {
    const [before = '', after = ''] = place.split('{channel}');
    const number = path.slice(before.length, after === '' ? undefined : -after.length);
    if (!place.includes('{channel}')) return path === place ? 1 : null;
    if (path.startsWith(before) && path.endsWith(after) && /^\d{1,3}$/.test(number)) return Number(number);
  }
  return null;
}

describe.skipIf(folder === undefined)('captured event documents (they lie beside the repository)', () => {
  it('of detections are all read', () => {
    expect(documents.length).toBeGreaterThan(100);
    expect(new Set(documents.map(({ get }) => get)).size).toBeGreaterThan(8);
    for (const { file, path, text, get, channel } of documents) {
      const state = call(get, only(path, text), { channel }).result as { enabled: unknown; channel: number };
      expect(state.enabled, `${file} ${path}`).toBe(/<enabled>(\w+)</.exec(text)?.[1] === 'true');
      expect(state.channel).toBe(channel);
      for (const leaf of leaves(state)) expect([undefined, '', Number.NaN], `${file} ${path}`).not.toContain(leaf);
    }
  });

  it('of detections change in nothing but the switch', () => {
    for (const { file, path, text, set, channel } of documents) {
      for (const enabled of [true, false]) {
        const written = body(call(set, only(path, text), { channel, enabled }));
        expect(written, `${file} ${path}`).toBe(plainXml(text.replace(/<enabled>\w+</, `<enabled>${enabled}<`)));
      }
    }
  });

  it('of detections stay as they are when what was read is written', () => {
    let corners = 0;
    let grids = 0;
    for (const { file, path, text, get, set, channel } of documents) {
      const state = call(get, only(path, text), { channel }).result as {
        grid?: readonly string[] | null;
        rules?: readonly { rule: number; points: readonly object[]; sensitivity: number | null }[];
      };
      if (Array.isArray(state.grid)) {
        const written = body(call(set, only(path, text), { channel, grid: state.grid }));
        // The bits that fill a row up are cleared; some devices set them.
        const cleared = (document: string) =>
          document.replace(/(?<=[0-9a-f]{5})e(?=(?:[0-9a-f]{6})*<\/gridMap>)/g, 'c');
        expect(cleared(written), `${file} ${path}`).toBe(cleared(plainXml(text)));
        grids++;
      }
      for (const { rule, points, sensitivity } of state.rules ?? []) {
        if (points.length < 2) continue;
        const written = body(call(set, only(path, text), { channel, rule, points, sensitivity }));
        expect(written, `${file} ${path} ${rule}`).toBe(plainXml(text));
        corners++;
      }
    }
    expect(grids).toBeGreaterThan(15);
    expect(corners).toBeGreaterThan(20);
  });

  it('of triggers get the center and nothing else', () => {
    let seen = 0;
    for (const [file, { responses }] of dumps) {
      const singles = Object.entries(responses).filter(([path]) => path.startsWith(`${TRIGGERS}/`));
      const listed = responses[TRIGGERS]?.body;
      const document = typeof listed === 'string' ? parseXml(listed) : undefined;
      const items = all(find(document, 'EventTriggerList') ?? document, 'EventTrigger').map(formatXml);
      for (const text of [...items, ...singles.flatMap(([, answer]) => (answer.body ? [answer.body] : []))]) {
        const id = textAt(parseXml(text), 'id');
        if (id === null) continue;
        const has = /<notificationMethod>center</.test(text);
        const written = body(call('notifyCenter', only(`${TRIGGERS}/${id}`, text), { trigger: id, enabled: !has }));
        const center =
          /<EventTriggerNotification>(?:(?!<\/EventTriggerNotification>).)*<notificationMethod>center<(?:(?!<\/EventTriggerNotification>).)*<\/EventTriggerNotification>/;
        const [without, other] = has ? [written, plainXml(text)] : [plainXml(text), written];
        expect(other.replace(center, ''), `${file} ${id}`).toBe(without);
        expect(other).not.toBe(without);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(390);
  });

  it('of push hosts are read, and changed in one slot', () => {
    const files = ['httpHosts-ipc_list.xml', 'httpHosts-nvr_single_item.xml'];
    const texts = [
      ...dumps.flatMap(([file, { responses }]) => {
        const text = responses[HOSTS]?.body;
        return typeof text === 'string' ? [[file, text] as const] : [];
      }),
      ...files.map((file) => [file, readFileSync(join(devices, file), 'utf8')] as const),
    ];
    expect(texts.length).toBeGreaterThan(10);
    for (const [file, text] of texts) {
      const hosts = call('listPushHosts', only(HOSTS, text)).result as { host: number; free: boolean }[];
      expect(
        hosts.map(({ host }) => host),
        file,
      ).toEqual(hosts.length === 3 ? [1, 2, 3] : [1]);
      const first =
        plainXml(text.replace(/\s+/g, ' ')).match(
          /<HttpHostNotification(?: [^>]*)?>.*?<\/HttpHostNotification>/,
        )?.[0] ?? '';
      expect(hosts[0]?.free, file).toBe(first.includes('<ipAddress>0.0.0.0<'));
      let written = '';
      call(
        'setPushHost',
        (request) => {
          if (request.method === 'PUT') written = plainXml(String(request.body));
          return request.method === 'PUT' ? OK : request.path === HOSTS ? xml(text) : reply(403);
        },
        { host: 1, address: '192.0.2.9', port: 99, url: '/us' },
      );
      const expected = first
        .replace(/<url>[^<]*</, '<url>/us<')
        .replace(/<protocolType>\w+</, '<protocolType>HTTP<')
        .replace('>hostname<', '>ipaddress<')
        .replace(/<hostName>[^<]*<\/hostName>/, '<ipAddress>192.0.2.9</ipAddress>')
        .replace(/<ipAddress>[^<]*</, '<ipAddress>192.0.2.9<')
        .replace(/<portNo>[^<]*</, '<portNo>99<');
      expect(written, file).toBe(expected);
    }
  });

  it('of alarm inputs and outputs are read', () => {
    let seen = 0;
    for (const [file, { responses }] of dumps) {
      for (const [path, { status, body: text }] of Object.entries(responses)) {
        const port = Number(/\/IO(?:Proxy)?\/inputs\/(\d+)$/.exec(path)?.[1] ?? 0);
        if (port === 0 || status !== 200 || text === null) continue;
        expect(call('getAlarmInput', only(path, text), { input: port }).result, file).toEqual({
          input: port,
          channel: port > 100 ? Math.floor(port / 100) : null,
          name: null,
          enabled: false,
          contact: text.includes('<triggering>high<') ? 'normallyOpen' : 'normallyClosed',
          active: null,
        });
        const written = body(call('setAlarmInput', only(path, text), { input: port, contact: 'normallyClosed' }));
        expect(written).toBe(plainXml(text.replace(/<triggering>\w+</, '<triggering>low<')));
        seen++;
      }
    }
    expect(seen).toBe(4);
    const door = dumps.find(([file]) => file === 'doorbell-misc.json')?.[1];
    const outputs = call('listAlarmOutputs', dumpDevice(door ?? { meta: {}, responses: {} })).result;
    expect(outputs).toMatchObject([
      { output: 1, name: 'COM1', use: 'electricLock' },
      { output: 2, name: 'COM2' },
    ]);
  });

  const reads = (Object.entries(event) as unknown as [Name, Command][]).filter(([, { effect }]) => effect === 'read');
  it.each(dumps)('%s: every reading command ends in a value or in what the device lacks', (_file, dump) => {
    for (const [name] of reads) {
      try {
        const { result } = call(name, dumpDevice(dump), name === 'getTrigger' ? { trigger: 'VMD-1' } : {});
        for (const leaf of leaves(result)) expect([undefined, '', Number.NaN], name).not.toContain(leaf);
      } catch (error) {
        if (!(error instanceof HikvisionError)) throw error;
        // A list that lacks the trigger says so in the words for that.
        const expected = name === 'getTrigger' ? ['HIK_UNSUPPORTED', 'HIK_NOT_FOUND'] : ['HIK_UNSUPPORTED'];
        expect(expected, `${name}: ${error.message}`).toContain(error.code);
      }
    }
  });
});
