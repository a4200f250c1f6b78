/** Through the HTTP server of a whole Node-RED: what the dialog of `hsp-mqtt` asks. The preview is held against a real broker. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { serveAdmin } from '../../nodes/mqtt/admin';
import { startBroker, type Broker } from '../demo/broker';
import { asking, rightsOf } from '../support/asking';
import { Ear } from '../support/bridged';
import { brokerMissing, Mosquitto } from '../support/brokers';
import { nodeRed } from '../support/flow';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let recorder: Simulator;
let broker: Broker;

beforeAll(async () => {
  whole = await startWhole();
  recorder = await Simulator.start({ device: builtInDevice('nvr') });
  broker = await startBroker(0);
});

afterAll(async () => {
  await broker.close();
  await recorder.close();
  await whole.close();
});

afterEach(() => whole.runtime.setFlows([]));

const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
const fields = ({ httpPort }: Simulator) => ({ host: '127.0.0.1', port: String(httpPort), protocol: 'http' });
const ask = (path: string, question: unknown) => asking(whole.runtime.url, `hsp/mqtt/${path}`, question);

interface Topic {
  readonly topic: string;
  readonly name: string;
  readonly retained: boolean;
  readonly since: string;
}
interface Part {
  readonly topics: readonly Topic[];
  readonly entities: readonly { readonly uniqueId: string; readonly platform: string; readonly name: string }[];
}
type Answer = Part & { readonly slug: string; readonly bridge: Part };

const question = (more: object = {}) => ({
  id: 'm1',
  of: { id: 'a1', fields: fields(recorder), ...credentials },
  devices: [{ id: 'a1', name: 'Recorder' }],
  allow: 'act',
  base: 'site/a',
  discovery: true,
  ...more,
});

async function preview(more: object = {}): Promise<Answer> {
  const { status, body, text } = await ask('preview', question(more));
  expect(status, text.slice(0, 200)).toBe(200);
  return body as unknown as Answer;
}

describe(`what there will be, on ${nodeRed}`, () => {
  it('is what a publisher then publishes', { timeout: 60_000 }, async () => {
    const answer = await preview();
    const parts = [answer, answer.bridge];
    const retained = parts
      .flatMap(({ topics }) => topics)
      .filter((each) => each.retained && each.since === 'start')
      .map(({ topic }) => topic);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const ear = await Ear.at(url);
    try {
      await whole.runtime.setFlows([
        { id: 'f1', type: 'tab', label: 'Test' },
        { id: 'a1', type: 'hsp-config', name: 'Recorder', ...fields(recorder), credentials },
        { id: 'm1', type: 'hsp-mqtt', z: 'f1', url, base: 'site/a', discovery: true, allow: { a1: 'act' } },
      ]);
      // Everything of a description is published in one go, the states and the entities among it.
      await ear.until('all of it', () => retained.every((topic) => ear.last(topic) !== undefined), 30_000);
      expect(retained.length).toBeGreaterThan(40);
      const known = new Set(retained);
      expect(ear.heard.map(({ topic }) => topic).filter((topic) => !known.has(topic))).toEqual([]);

      const components = retained
        .filter((topic) => topic.startsWith('homeassistant/'))
        .flatMap((topic) => {
          const payload = JSON.parse(ear.last(topic) ?? '') as { components: Record<string, Record<string, string>> };
          return Object.values(payload.components).map(({ unique_id, platform, name }) => [unique_id, platform, name]);
        });
      const entities = parts.flatMap((part) =>
        part.entities.map(({ uniqueId, platform, name }) => [uniqueId, platform, name]),
      );
      expect(entities.toSorted()).toEqual(components.toSorted());

      // An event needs no topic that was not told.
      await ear.until('the stream', () => recorder.streams === 1);
      recorder.sendEvent({ eventType: 'linedetection', channel: 2 });
      await ear.until('the event', () => ear.last('site/a/recorder/2/event'));
      const all = new Set(parts.flatMap(({ topics }) => topics.map(({ topic }) => topic)));
      expect(ear.heard.map(({ topic }) => topic).filter((topic) => !all.has(topic))).toEqual([]);
    } finally {
      await ear.close();
    }
  });

  it('follows the fields without asking the device again, until that is wanted', async () => {
    await preview();
    const asked = recorder.log.length;
    const bare = await preview({ base: '', allow: 'nothing', discovery: false });
    expect(bare.entities).toEqual([]);
    expect(bare.topics.map(({ topic }) => topic)).toContain('hikvision/recorder/1/motion');
    expect(bare.topics.some(({ name }) => name === 'command')).toBe(false);
    const german = await preview({ language: 'de', prefix: 'ha', pictures: true, retainPictures: true });
    expect(german.topics.some(({ topic }) => topic.startsWith('ha/device/'))).toBe(true);
    expect(german.topics).toContainEqual(
      expect.objectContaining({ topic: 'site/a/recorder/1/motion/picture', retained: true }),
    );
    expect(german.entities.map(({ name }) => name)).toContain('Bewegung');
    expect(recorder.log.length).toBe(asked);
    await preview({ fresh: true });
    expect(recorder.log.length).toBeGreaterThan(asked);
  });

  it('tells devices of one name apart as the publisher does', async () => {
    const devices = [
      { id: 'a1', name: 'Cam' },
      { id: 'a2', name: 'Cam' },
    ];
    expect((await preview({ devices })).slug).toMatch(/^cam--[0-9a-f]{6}$/);
  });

  it('holds no password and no serial number', async () => {
    const { text } = await ask('preview', question());
    expect(text).not.toContain(SIMULATOR_PASSWORD);
    expect(text).not.toContain('SIMRSIM');
    expect(text).not.toContain('SIM-NVR-808');
  });

  it('is not told for what makes no sense', async () => {
    expect(await ask('preview', question({ base: 'a/#' }))).toMatchObject({
      status: 422,
      body: { problem: 'badTopic' },
    });
    expect(await ask('preview', question({ devices: [] }))).toMatchObject({ status: 422 });
    expect(await ask('preview', question({ of: null }))).toMatchObject({ status: 422 });
    const other = { id: 'a1', fields: fields(recorder) };
    // Nothing is deployed, so nobody knows a password: the device refuses us, once.
    expect((await ask('preview', question({ of: { ...other, user: 'nobody', password: 'x' } }))).status).toBe(500);
  });
});

describe('the test of a broker', () => {
  it('says that we are let in, or that nobody is there', async () => {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    expect((await ask('broker', { url })).body).toMatchObject({ isLetIn: true });
    expect((await ask('broker', { url: 'mqtt://127.0.0.1:1' })).body).toMatchObject({ problem: 'unreachable' });
    expect(await ask('broker', { url: '' })).toMatchObject({ status: 422, body: { problem: 'noBroker' } });
    expect(await ask('broker', { broker: 'b9' })).toMatchObject({ status: 409, body: { problem: 'deployBroker' } });
  });

  const missing = brokerMissing('mosquitto');
  it.skipIf(missing !== null)(
    `says that user or password are wrong${missing === null ? '' : ` (${missing})`}`,
    async () => {
      const strict = await Mosquitto.start({ users: { bridge: 'right' } });
      try {
        const wrong = await ask('broker', { url: strict.url, user: 'bridge', password: 'wrong-one' });
        expect(wrong.body).toMatchObject({ isLetIn: false, problem: 'refused' });
        expect(wrong.text).not.toContain('wrong-one');
        const right = await ask('broker', { url: strict.url, user: 'bridge', password: 'right' });
        expect(right.body).toMatchObject({ isLetIn: true, version: '5' });
        const plain = await ask('broker', { url: strict.url.replace('mqtt:', 'mqtts:') });
        expect(plain.body).toMatchObject({ isLetIn: false });
      } finally {
        await strict.close();
      }
    },
  );

  it('sends a stored password only to the URL stored with it', async () => {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    await whole.runtime.setFlows([
      { id: 'f1', type: 'tab', label: 'Test' },
      { id: 'm1', type: 'hsp-mqtt', z: 'f1', url, credentials: { user: 'u', password: 'kept-here' } },
    ]);
    const stored = { id: 'm1', user: 'u', password: '__PWRD__' };
    expect((await ask('broker', { ...stored, url })).body).toMatchObject({ isLetIn: true });
    const moved = await ask('broker', { ...stored, url: 'mqtt://127.0.0.1:1' });
    expect(moved).toMatchObject({ status: 409, body: { problem: 'typeBrokerPassword' } });
    expect(moved.text).not.toContain('kept-here');
    const environment = await ask('broker', { ...stored, url, password: '${SECRET}' });
    expect(environment).toMatchObject({ status: 409, body: { problem: 'deployFirst' } });
  });
});

it('every question wants the right to change the node', () => {
  expect(rightsOf(serveAdmin)).toEqual({
    '/hsp/mqtt/preview': 'hsp-mqtt.write',
    '/hsp/mqtt/broker': 'hsp-mqtt.write',
  });
});
