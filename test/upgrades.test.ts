/**
 * What earlier versions saved is read by this one and means the same. A folder of `fixtures/upgrades` is a version, with what it saved:
 * `flow.json` as its editor exported it, `journal/` as its publisher left it when it was killed, `cursors.json`.
 *
 * The rule: a release adds its folder, made with that release, and no folder is ever changed or taken away before the next major
 * version. Where something is read no more, the test says with which words it is refused and where it is kept.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock';
import { JOURNAL_VERSION } from '../lib/mqtt/journal-format';
import { Publisher } from '../lib/publisher/publisher';
import { CursorFile } from '../lib/session/cursor-file';
import type { Simulator } from '../lib/simulator';
import { startBroker, type Broker } from './demo/broker';
import { bridged, Ear, FakeDevice } from './support/bridged';
import { projectRoot } from './support/built';
import {
  collect,
  helper,
  loadFlow,
  loggedMessages,
  nodeRed,
  simulate,
  sink,
  until,
  untilStatus,
  type FlowNode,
} from './support/flow';

const FOLDER = resolve(__dirname, 'fixtures/upgrades');
const versions = readdirSync(FOLDER).sort();
const having = (what: string) => versions.filter((version) => existsSync(join(FOLDER, version, what)));

let folder = '';
const closing: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function temporary(): string {
  folder = mkdtempSync(join(tmpdir(), 'hsp-upgrades-'));
  const made = folder;
  closing.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function broker(): Promise<{ broker: Broker; ear: Ear; url: string }> {
  const started = await startBroker(0);
  closing.push(() => started.close());
  const url = `mqtt://127.0.0.1:${started.port}`;
  const ear = await Ear.at(url);
  closing.push(() => ear.close());
  return { broker: started, ear, url };
}

it('this minor version has its fixtures', () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const minor = version.split('.').slice(0, 2).join('.');
  expect(versions.filter((saved) => saved.startsWith(`${minor}.`))).not.toEqual([]);
});

describe(`flows on ${nodeRed}`, () => {
  /** As it was saved, at the simulated device and broker, with a helper at the end of each wire. */
  function flowOf(version: string, device: Simulator, url: string): FlowNode[] {
    const saved = JSON.parse(readFileSync(join(FOLDER, version, 'flow.json'), 'utf8')) as FlowNode[];
    const ends = new Set(saved.flatMap(({ wires }) => wires ?? []).flat());
    const placed = saved.map((node) => {
      if (node.type === 'hsp-config') return { ...node, port: String(device.httpPort) };
      return node.type === 'hsp-mqtt' ? { ...node, url } : node;
    });
    return [...placed, ...[...ends].map(sink)];
  }

  it.each(having('flow.json'))('of %s load, run and mean the same', async (version) => {
    const device = await simulate('camera', { heartbeatMs: 0 });
    closing.push(() => device.close());
    const { ear, url } = await broker();
    const flow = flowOf(version, device, url);
    helper.settings({ userDir: temporary() });
    closing.push(() => void helper.settings({}));
    closing.push(() => helper.unload());
    await loadFlow(flow);
    const heard = Object.fromEntries(
      ['all', 'motion-starts', 'started', 'ended', 'connect', 'command'].map((id) => [id, collect(`out-${id}`)]),
    );
    const statesOf = (id: string) =>
      (heard[id] ?? []).map(({ payload }) => {
        const { kind, state } = payload as { kind: string; state: string };
        return `${kind} ${state}`;
      });
    await untilStatus('all', /^green dot/);
    await until('the stream', () => device.streams === 1);
    const isBridged = flow.some(({ type }) => type === 'hsp-mqtt');
    if (isBridged) await ear.until('its bridge', () => ear.last('hikvision/gate/availability') === 'online');
    for (const eventType of ['VMD', 'linedetection'])
      for (const eventState of ['active', 'inactive'] as const) device.sendEvent({ eventType, eventState, channel: 1 });
    await until('all events', () => statesOf('all').length >= 4);
    const both = ['motion start', 'motion end', 'lineCrossing start', 'lineCrossing end'];
    expect(statesOf('all')).toEqual(both);
    expect(statesOf('motion-starts')).toEqual(['motion start']);
    expect(statesOf('started')).toEqual(both.filter((text) => text.endsWith('start')));
    expect(statesOf('ended')).toEqual(both.filter((text) => text.endsWith('end')));
    helper.getNode('command').receive({ payload: {} });
    await until('the answer', () => heard['command']?.length === 1);
    expect(heard['command']?.[0]?.payload).toMatchObject({ model: device.device.identity.model });
    if (isBridged) {
      await ear.until('an event at the broker', () => ear.heard.some(({ text }) => text.includes('motion_end')));
    }
    expect(loggedMessages().filter((message) => /invalid|unknown|undefined/i.test(message))).toEqual([]);
  });
});

describe('journals', () => {
  const EVENTS = ['old-1', 'old-2', 'old-3'];

  async function publisherIn(journal: string, url: string): Promise<{ publisher: Publisher; warnings: string[] }> {
    const publisher = await Publisher.open({
      bridgeId: 'upgraded',
      broker: { urls: [url] },
      devices: [bridged('Gate', new FakeDevice())],
      journal: { folder: journal },
      pictures: true,
      clock: systemClock,
      random: () => 0,
    });
    const warnings: string[] = [];
    publisher.onWarning = (code, message) => warnings.push(`${code}: ${message}`);
    closing.push(() => publisher.stop());
    publisher.start();
    return { publisher, warnings };
  }

  const idsAt = (ear: Ear) => ear.all('hikvision/gate/1/event').map((text) => (JSON.parse(text) as { id: string }).id);

  it.each(having('journal'))('of %s are read: what waited is published, what was done is not', async (version) => {
    const { ear, url } = await broker();
    const journal = join(temporary(), 'journal');
    cpSync(join(FOLDER, version, 'journal'), journal, { recursive: true });
    const { publisher, warnings } = await publisherIn(journal, url);
    await ear.until('the events', () => idsAt(ear).length === EVENTS.length);
    expect(idsAt(ear)).toEqual(EVENTS);
    await ear.until('the picture', () => ear.last('hikvision/gate/1/motion/picture') !== undefined);
    await ear.until('acknowledged', () => publisher.status.queued === 0);
    expect(publisher.status).toMatchObject({ dropped: 0, droppedPictures: 0, refused: 0, journalProblem: null });
    expect(warnings.filter((warning) => warning.startsWith('JOURNAL'))).toEqual([]);
  });

  it('of a later version are kept aside with words, and come again with that version', async () => {
    const { ear, url } = await broker();
    const journal = join(temporary(), 'journal');
    cpSync(join(FOLDER, having('journal').at(-1) ?? '', 'journal'), journal, { recursive: true });
    const segment = join(journal, 'e-0000000001.journal');
    const bytes = readFileSync(segment);
    bytes.writeUInt16BE(JOURNAL_VERSION + 1, 4);
    writeFileSync(segment, bytes);
    const { publisher, warnings } = await publisherIn(journal, url);
    await ear.until('the broker', () => publisher.status.broker.state === 'connected');
    expect(warnings.join()).toContain('files of a newer journal were set aside');
    const [aside] = readdirSync(journal).filter((name) => name.endsWith('.newer'));
    expect(readFileSync(join(journal, aside ?? ''))).toEqual(bytes);
    expect(publisher.status.journalProblem).toBeNull();
  });
});

it.each(having('cursors.json'))('cursors of %s go on where they were', (version) => {
  const path = join(temporary(), 'cursors.json');
  cpSync(join(FOLDER, version, 'cursors.json'), path);
  const cursors = new CursorFile({ path, clock: systemClock });
  const saved = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  expect(Object.keys(saved).length).toBeGreaterThan(0);
  for (const [key, value] of Object.entries(saved)) expect(cursors.get(key)).toBe(value);
});
