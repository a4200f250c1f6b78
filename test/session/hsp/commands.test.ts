/** The same commands over both faces, and in both encodings of the command port. */
import { describe, expect, it } from 'vitest';
import type { Feature } from '../../../lib/commands/features';
import { commandList, commandNamed, type HikvisionClient } from '../../../lib/index';
import { deviceFromDump, type ModelName, type Simulator } from '../../../lib/simulator';
import { codeOf, hikvisionClient, turns } from '../../support/clients';
import { CALLS_BEFORE, COMMAND_ARGUMENTS, ringBefore } from '../../support/command-calls';
import { FakeClock } from '../../support/fake-clock';
import { bothFaces, portClient } from '../../support/hsp-links';
import { until } from '../../support/digest-client';
import { hspSimulator } from '../../support/hsp-simulators';

const MODELS = ['camera', 'nvr', 'doorstation'] as const;
/** The device of the class that has what a command needs, where none of the above has it. */
const MODEL_OF: Readonly<Partial<Record<Feature, ModelName>>> = {
  alarmPanel: 'axpro',
  plates: 'anpr',
  barrier: 'anpr',
  persons: 'terminal',
  thermometry: 'thermal',
  peopleCounting: 'counter',
  sounds: 'speaker',
};

/** What each command is called with: the example of its definition; files are never really written or read here. */
const EXAMPLES = new Map(
  commandList().map(({ name, example, isHttpOnly }) => [
    name as string,
    isHttpOnly && Object.hasOwn(example, 'file') ? { ...example, file: '/nowhere/at/all' } : example,
  ]),
);

/** Answer, or code of the error, while a fake clock moves on. */
async function outcome(
  client: HikvisionClient,
  clock: FakeClock,
  name: string,
  encoding: 'text' | 'binary',
): Promise<unknown> {
  let isDone = false;
  const waits = Object.hasOwn(commandNamed(name)?.params ?? {}, 'forMs') || /Audio$/.test(name);
  const call = client
    .call(name, { ...EXAMPLES.get(name), ...COMMAND_ARGUMENTS[name] }, { confirm: true, encoding })
    .then((answer) => ({ answer }))
    .catch((error: Error & { code?: string }) => ({ code: error.code ?? error.message }))
    .finally(() => (isDone = true));
  for (let step = 0; step < 200 && !isDone; step++) {
    await turns(2);
    // Only a movement waits; a frozen clock is what makes answers equal.
    if (!isDone && waits) await clock.advance(100);
  }
  return call;
}

/** Every command on a device of its own, so that what one changed does not show in the next. */
async function answers(
  model: ModelName,
  name: string,
  open: (device: Simulator, clock: FakeClock) => HikvisionClient,
  encoding: 'text' | 'binary' = 'text',
): Promise<unknown> {
  const clock = new FakeClock();
  const device = await hspSimulator(model, { clock });
  const client = open(device, clock);
  ringBefore(name, device);
  for (const [before, args] of CALLS_BEFORE[name] ?? []) {
    // What has it not says so for the command itself, too.
    await client.call(before, args).catch(() => undefined);
  }
  return outcome(client, clock, name, encoding);
}

async function expectSame(model: ModelName, name: string): Promise<void> {
  const overHttp = await answers(model, name, (device, clock) => hikvisionClient(device, { clock }));
  const overPort = await answers(model, name, (device, clock) => portClient(device, { clock }));
  const plain = (value: unknown) => JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, 'here');
  if (commandNamed(name)?.httpOnly === true) return expect(overPort).toEqual({ code: 'HIK_UNSUPPORTED' });
  expect(plain(overPort)).toBe(plain(overHttp));
  if (Object.hasOwn(overPort as object, 'answer')) answered.add(name);
}
/** Commands that a device carried out; two refusals are the same, too, and show nothing. */
const answered = new Set<string>();

describe.each(MODELS)('a %s', (model) => {
  it.each(commandList().map(({ name }) => name))('%s gives the same over hsp:// as over http://', (name) =>
    expectSame(model, name),
  );
});

describe('a device of the class', () => {
  const ofClass = commandList().flatMap(({ name, needs }) => {
    const model = needs === null ? undefined : MODEL_OF[needs];
    return model === undefined ? [] : [[name, model] as const];
  });
  it.each(ofClass)('%s gives the same over both faces on a simulated %s', (name, model) => expectSame(model, name));

  it('carries out each command that the command port has', () => {
    const names = commandList().flatMap(({ name, isHttpOnly }) => (isHttpOnly ? [] : [name as string]));
    expect(names.filter((name) => !answered.has(name))).toEqual([]);
  });
});

const NATIVE = commandList()
  .map(({ name }) => name)
  .filter((name) => commandNamed(name)?.commandPort !== undefined);

/** Fields that differ on purpose: the wall clock is the same, the zone is not there. */
function withoutZone(text: unknown): unknown {
  return typeof text === 'string' ? text.replace(/[+-]\d\d:\d\d$/, '') : text;
}

function compare(text: unknown, binary: unknown, path: string): void {
  if (binary === null) return;
  if (Array.isArray(binary) && Array.isArray(text)) {
    const of = (row: unknown) => {
      const { streamId, id, start, day, from } = row as Record<string, unknown>;
      return JSON.stringify([streamId ?? id, withoutZone(start), day, from]);
    };
    expect(binary.length, path).toBeGreaterThan(0);
    for (const row of binary as unknown[]) {
      compare(
        text.find((each) => of(each) === of(row)),
        row,
        `${path}[${of(row)}]`,
      );
    }
    return;
  }
  if (typeof binary === 'object' && !Buffer.isBuffer(binary)) {
    expect(Object.keys(binary).sort(), path).toEqual(Object.keys(text as object).sort());
    for (const [name, value] of Object.entries(binary)) {
      if (Array.isArray(value) && value.length === 0) continue;
      compare((text as Record<string, unknown>)[name], value, `${path}.${name}`);
    }
    return;
  }
  expect(binary, path).toEqual(/\.(time|start|end|clippedStart|clippedEnd)$/.test(path) ? withoutZone(text) : text);
}

describe('the native binary form', () => {
  it('is there for these', () => {
    expect(NATIVE).toEqual(
      expect.arrayContaining([
        'camera.snapshot',
        'camera.move',
        'camera.gotoPreset',
        'recorder.storage',
        'stream.list',
        'stream.requestKeyFrame',
        'config.deviceInfo',
        'config.getTime',
        'config.setTime',
        'config.reboot',
      ]),
    );
  });

  describe.each(MODELS)('of a %s', (model) => {
    it.each(NATIVE)('%s: what it knows is what the text form says', async (name) => {
      const text = await answers(model, name, (device, clock) => portClient(device, { clock }));
      const binary = await answers(model, name, (device, clock) => portClient(device, { clock }), 'binary');
      compare(text, binary, name);
    });
  });

  it('goes out as a command of its own', async () => {
    const device = await hspSimulator();
    const client = portClient(device);
    await client.call('config.deviceInfo', {}, { encoding: 'binary' });
    await client.camera.gotoPreset({ preset: 1 }, { encoding: 'binary' });
    await client.call('camera.snapshot', { width: 704, height: 576 }, { encoding: 'binary' });
    await client.call('stream.requestKeyFrame', { channel: 1, stream: 'sub' }, { encoding: 'binary' });
    expect(device.hspLog.map(({ name }) => name)).toEqual(['getDeviceV40', 'ptz', 'jpeg', 'keyFrameSub']);
  });

  it('leaves what it cannot say to the text form', async () => {
    const device = await hspSimulator();
    const client = portClient(device);
    await client.call('config.setTime', { time: '2024-05-01T12:00:00Z' }, { encoding: 'binary' });
    await client.call('camera.snapshot', { stream: 'sub' }, { encoding: 'binary' });
    await client.call('stream.requestKeyFrame', { stream: 'third' }, { encoding: 'binary' }).catch(() => undefined);
    await client.call('config.status', {}, { encoding: 'binary' });
    expect(new Set(device.hspLog.map(({ name }) => name))).toEqual(new Set(['isapi']));
  });

  it('sets the wall clock', async () => {
    const device = await hspSimulator();
    const client = portClient(device);
    expect(await client.call('config.setTime', { time: '2024-02-29T23:59:58' }, { encoding: 'binary' })).toMatchObject({
      time: expect.stringMatching(/^2024-02-29T23:59:5[89]$/) as string,
      timeZone: null,
      offsetMs: null,
    });
    expect(device.hspLog.map(({ name }) => name)).toEqual(['setTime', 'getTime']);
  });

  it('moves at a speed and stops with the same code turned over', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = portClient(device, { clock });
    const moving = client.call('camera.move', { pan: 50, tilt: 100, zoom: -10, forMs: 300 }, { encoding: 'binary' });
    await until(() => device.hspLog.length === 2, 'both movements');
    await turns();
    await clock.advance(300);
    expect(await moving).toEqual({ channel: 1, pan: 50, tilt: 100, zoom: -10, stopped: true });
    expect(device.hspLog.map(({ name, status }) => `${name} ${status}`)).toEqual(
      Array.from({ length: 4 }, () => 'ptz 1'),
    );
  });

  it('stops a camera when the caller gives up', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = portClient(device, { clock });
    const stop = new AbortController();
    const moving = codeOf(
      client.call('camera.move', { pan: -5, forMs: 60_000 }, { encoding: 'binary', signal: stop.signal }),
    );
    await until(() => device.hspLog.length === 1, 'the movement');
    await turns();
    stop.abort();
    expect(await moving).toBe('HIK_CLOSED');
    await until(() => device.hspLog.length === 2, 'its end');
  });

  it('needs the command port', async () => {
    const device = await hspSimulator();
    expect(await codeOf(hikvisionClient(device).call('config.getTime', {}, { encoding: 'binary' }))).toBe(
      'HIK_ARGUMENT',
    );
    expect(await codeOf(bothFaces(device, 'auto').call('config.getTime', {}, { encoding: 'binary' }))).toBe('fine');
    expect(device.hspLog.map(({ name }) => name)).toEqual(['getTime']);
  });

  it('asks for confirmation like the text form', async () => {
    const device = await hspSimulator();
    expect(await codeOf(portClient(device).call('config.reboot', {}, { encoding: 'binary' }))).toBe('HIK_CONFIRMATION');
    expect(device.hspLogins).toBe(0);
  });
});

describe('documents by pass-through', () => {
  it.each(['nuls', 'binary'] as const)('are found behind %s', async (padding) => {
    const device = await hspSimulator('camera', { hsp: { padding } });
    const client = portClient(device);
    expect(await client.call('config.deviceInfo')).toMatchObject({ model: device.device.identity.model });
    const { data } = await client.camera.snapshot();
    expect(data.subarray(0, 3).toString('hex')).toBe('ffd8ff');
  });

  it('are named by what they are', async () => {
    const device = await hspSimulator();
    const client = portClient(device);
    const raw = (path: string) => client.config.raw({ path });
    expect(await raw('/ISAPI/System/time')).toMatchObject({
      status: 200,
      contentType: 'application/xml; charset="UTF-8"',
    });
    expect(await raw('/ISAPI/Streaming/channels/101/picture')).toMatchObject({ contentType: 'image/jpeg' });
    expect(await codeOf(raw('/ISAPI/There/is/no/such/path'))).toBe('HIK_UNSUPPORTED');
  });
});

describe('the native search', () => {
  it('finds recordings by the list of the device', async () => {
    const item = (start: string, stop: string, name: string) =>
      `<searchMatchItem><timeSpan><startTime>${start}</startTime><endTime>${stop}</endTime></timeSpan>` +
      `<mediaSegmentDescriptor><playbackURI>rtsp://h/x?name=${name}&amp;size=4096</playbackURI></mediaSegmentDescriptor></searchMatchItem>`;
    const list =
      item('2024-05-01T10:00:00Z', '2024-05-01T10:05:00Z', 'ch01_1') +
      item('2024-05-01T11:00:00Z', '2024-05-01T11:05:30Z', 'ch01_2');
    const info =
      '<DeviceInfo><deviceName>Yard</deviceName><model>X</model><deviceType>IPCamera</deviceType></DeviceInfo>';
    const search = `<CMSearchResult><responseStatusStrg>OK</responseStatusStrg><matchList>${list}</matchList></CMSearchResult>`;
    const document = (body: string) => ({ status: 200, contentType: 'application/xml', body });
    const device = await hspSimulator(
      deviceFromDump({
        responses: {
          '/ISAPI/System/deviceInfo': document(info),
          'POST /ISAPI/ContentMgmt/search': document(search),
        },
      }),
    );
    const client = portClient(device);
    const found = (channel: number, from: string) => {
      const span = { channel, from, to: '2024-05-01T23:59:59' };
      return client.recorder.searchRecordings(span, { encoding: 'binary' });
    };
    const { recordings, complete } = await found(1, '2024-05-01T00:00:00');
    expect(complete).toBe(true);
    expect(recordings).toMatchObject([
      { name: 'ch01_1', start: '2024-05-01T10:00:00', end: '2024-05-01T10:05:00', sizeBytes: 4096, type: 'timing' },
      { name: 'ch01_2', start: '2024-05-01T11:00:00', end: '2024-05-01T11:05:30', sizeBytes: 4096, trackId: null },
    ]);
    expect(await codeOf(found(200, '2024-05-01T00:00:00'))).toBe('HIK_UNSUPPORTED');
    expect(await codeOf(found(1, '2024-05-02T00:00:00'))).toBe('HIK_ARGUMENT');
    device.dropHspSessions();
    expect(await found(1, '2024-05-01T11:02:00')).toMatchObject({
      recordings: [{ name: 'ch01_2', clippedStart: '2024-05-01T11:02:00' }],
    });
    expect(device.hspLog.map(({ name }) => name)).toContain('findFile');
  });
});
