import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { simulate } from '../../lib/cli/simulate';
import { UsageError } from '../../lib/cli/verb';
import { parseXml, textAt } from '../../lib/codec/xml';
import { FAULT_NAMES, SCENARIO_NAMES, SIMULATOR_PASSWORD } from '../../lib/simulator';
import { capturesFolder } from '../support/captures';
import { DigestClient, until } from '../support/digest-client';
import { HspClient } from '../support/hsp-client';

const INFO = '/ISAPI/System/deviceInfo';
const SECRET = 'planted-Secret-1';

interface Ready {
  readonly ready: boolean;
  readonly http: number;
  readonly hsp?: number;
  readonly model?: string;
}

/** A run of the verb under way. */
class Run {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly status: Promise<number>;
  private readonly stopper = new AbortController();
  private readonly clients: DigestClient[] = [];

  constructor(args: string[], env: NodeJS.ProcessEnv = {}) {
    this.status = simulate.run(args, {
      out: (line) => void this.lines.push(line),
      err: (line) => void this.errors.push(line),
      env,
      signal: this.stopper.signal,
    });
    this.status.catch(() => undefined);
    runs.push(this);
  }

  async ready(count = 1): Promise<Ready[]> {
    await Promise.race([until(() => this.lines.length >= count, 'ready'), this.status]);
    return this.lines.map((line) => JSON.parse(line) as Ready);
  }

  async client(username = 'admin', password = SIMULATOR_PASSWORD, device = 0): Promise<DigestClient> {
    const port = (await this.ready(device + 1))[device]?.http ?? 0;
    const client = new DigestClient(`http://127.0.0.1:${port}`, { username, password });
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<number> {
    for (const client of this.clients) client.close();
    this.stopper.abort();
    return this.status;
  }
}

const runs: Run[] = [];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-simulate-'));
});
afterEach(async () => {
  await Promise.allSettled(runs.splice(0).map((run) => run.stop()));
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const dump = (model: string) =>
  file(
    `${model}.json`,
    JSON.stringify({
      meta: {},
      responses: {
        [INFO]: {
          status: 200,
          contentType: 'application/xml',
          body: `<DeviceInfo><model>${model}</model></DeviceInfo>`,
        },
      },
    }),
  );

describe('hsp simulate', () => {
  it('prints one compact line when it listens, runs until it is told to stop, and leaves nothing', async () => {
    const run = new Run(['--dump', dump('X-1')]);
    const [ready] = await run.ready();
    expect(run.lines).toEqual([`{"ready":true,"http":${ready?.http}}`]);
    const client = await run.client();
    expect(textAt(parseXml((await client.get(INFO)).body), 'model')).toBe('X-1');
    expect((await client.get('/ISAPI/System/time')).status).toBe(404);
    expect(await run.stop()).toBe(0);
    await expect(new DigestClient(client.url).get(INFO)).rejects.toThrow('ECONNREFUSED');
    expect(run.errors).toEqual([]);
  });

  it('serves several dumps, each on a port of its own', async () => {
    const run = new Run(['--dump', dump('X-1'), '--dump', dump('X-2'), '--dump', dump('X-1')]);
    const ready = await run.ready(3);
    expect(ready.map(({ model }) => model)).toEqual(['X-1', 'X-2', 'X-1']);
    expect(new Set(ready.map(({ http }) => http)).size).toBe(3);
    expect((await (await run.client('admin', SIMULATOR_PASSWORD, 1)).get(INFO)).text).toContain('X-2');
  });

  it('takes the port it is given, and the free ones behind it', async () => {
    const free = await freePort();
    const run = new Run(['--dump', dump('X-1'), '--dump', dump('X-2'), '--http', String(free)]);
    const [first, second] = await run.ready(2);
    expect(first?.http).toBe(free);
    expect(second?.http).toBeGreaterThan(free);
    const taken = new Run(['--http', String(free)]);
    await expect(taken.status).rejects.toThrow(`port ${free} is taken`);
    await expect(taken.status).rejects.not.toBeInstanceOf(UsageError);
    expect(taken.lines).toEqual([]);
  });

  it('serves the built-in devices, with something happening', async () => {
    const expected = {
      camera: 'VMD',
      nvr: 'VMD',
      doorstation: 'AccessControllerEvent',
      terminal: 'AccessControllerEvent',
      anpr: 'licensePlate',
    };
    await Promise.all(
      Object.entries(expected).map(async ([model, event]) => {
        const incoming = await (await new Run(['--model', model]).client()).stream();
        await until(() => incoming.text.includes(event), `an event of the ${model}`);
      }),
    );
  });

  it('plays a scenario, on the model that it belongs to or on another one', async () => {
    const own = new Run(['--scenario', 'anpr']);
    expect((await (await own.client()).get(INFO)).text).toContain('SIM-ANPR-1');
    const other = new Run(['--model', 'camera', '--scenario', 'terminal']);
    const client = await other.client();
    expect((await client.get(INFO)).text).toContain('SIM-PTZ-4');
    const incoming = await client.stream();
    await until(() => incoming.text.includes('AccessControllerEvent'), 'somebody with a card');
    for (const args of [
      ['--scenario', 'nothing'],
      ['--scenario', 'anpr', '--stream', 'x'],
    ])
      await expect(new Run(args).status).rejects.toBeInstanceOf(UsageError);
  });

  it('takes user and password from the options, else the password from the environment', async () => {
    const own = new Run(['--user', 'me', '--password', SECRET], { HSP_PASSWORD: 'another' });
    expect((await (await own.client('me', SECRET)).get(INFO)).status).toBe(200);
    const environment = new Run([], { HSP_PASSWORD: SECRET });
    expect((await (await environment.client('admin', SECRET)).get(INFO)).status).toBe(200);
    const none = new Run([], { HSP_PASSWORD: '' });
    expect((await (await none.client()).get(INFO)).status).toBe(200);
    for (const run of [own, environment, none]) expect(JSON.stringify([run.lines, run.errors])).not.toContain(SECRET);
  });

  it('replays a stream', async () => {
    const bytes = Buffer.from('--b\r\nContent-Length: 6\r\n\r\n<a/>\r\n--b\r\nContent-Length: 6\r\n\r\n<b/>');
    const path = file('stream.bin', bytes);
    const run = new Run(['--stream', path, '--speed', '50']);
    const incoming = await (await run.client()).stream();
    await until(() => incoming.bytes.length >= bytes.length, 'all of it');
    expect(incoming.bytes.subarray(0, bytes.length).equals(bytes)).toBe(true);
  });

  it('lets the clock stand still', async () => {
    const run = new Run(['--clock', '2021-07-02T14:25:36+08:00']);
    const client = await run.client();
    const read = async () => {
      const reply = await client.get('/ISAPI/System/time');
      return [textAt(parseXml(reply.body), 'localTime'), reply.headers.date];
    };
    expect(await read()).toEqual(['2021-07-02T14:25:36+08:00', 'Fri, 02 Jul 2021 06:25:36 GMT']);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await read()).toEqual(['2021-07-02T14:25:36+08:00', 'Fri, 02 Jul 2021 06:25:36 GMT']);
  });

  it('opens the command port where it is asked to, and says where', async () => {
    const run = new Run(['--hsp', '0', '--model', 'nvr', '--fault', 'hsp-split']);
    const [ready] = await run.ready();
    expect(run.lines).toEqual([`{"ready":true,"http":${ready?.http},"hsp":${ready?.hsp}}`]);
    const client = new HspClient({ port: ready?.hsp ?? 0, password: SIMULATOR_PASSWORD });
    expect(await client.login()).toBe(1);
    expect((await client.isapi('GET', INFO)).body.toString()).toContain('SIM-NVR-8');
    client.close();
    expect(await run.stop()).toBe(0);
  });

  it('gives each dump a command port of its own, behind the first', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const busy = new Run(['--hsp', String(port)]);
    await expect(busy.status).rejects.toThrow(`port ${port} is taken`);
    await new Promise((resolve) => taken.close(resolve));
    const run = new Run(['--dump', dump('X-1'), '--dump', dump('X-2'), '--hsp', String(port)]);
    const ready = await run.ready(2);
    expect(ready[0]?.hsp).toBe(port);
    expect(ready[1]?.hsp).toBeGreaterThan(port);
  });

  it('has its faults', async () => {
    const run = new Run(['--fault', 'locked']);
    expect((await (await run.client()).get(INFO)).text).toContain('<lockStatus>lock</lockStatus>');
    const refused = new Run(['--fault', 'refused']);
    await expect((await refused.client()).get(INFO)).rejects.toThrow('ECONNREFUSED');
  });

  it('names its options, defaults and faults in the help', () => {
    for (const word of [
      '--dump',
      '--http',
      '--hsp',
      '--user',
      '--password',
      '--stream',
      '--speed',
      '--clock',
      '--model',
      '--scenario',
      ...SCENARIO_NAMES,
      ...FAULT_NAMES,
    ]) {
      expect(simulate.help).toContain(word);
    }
    expect(simulate.help.match(/default: /g)?.length).toBe(8);
    expect(Math.max(...simulate.help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  for (const args of [
    ['--fault', 'sleepy'],
    ['--http', '70000'],
    ['--http', 'x'],
    ['--hsp', '65536'],
    ['--hsp', '-1'],
    ['--fault', 'hsp-split'],
    ['--fault', 'http-closed'],
    ['--speed', '2'],
    ['--stream', 'x', '--speed', '0'],
    ['--stream', 'x', '--speed', 'fast'],
    ['--clock', 'noon'],
    ['--model', 'toaster'],
    ['--model', 'nvr', '--dump', 'x'],
    ['--frobnicate'],
    ['--dump'],
    ['file.json'],
  ]) {
    it(`does not know what to do with ${args.join(' ')}`, async () => {
      const run = new Run([...args, '--password', SECRET]);
      const error = await run.status.then(
        () => null,
        (reason: unknown) => reason as Error,
      );
      expect(error).toBeInstanceOf(UsageError);
      expect(error?.message).not.toContain(SECRET);
      expect(run.lines).toEqual([]);
    });
  }

  it('says which file it cannot read', async () => {
    const cases: [string[], RegExp][] = [
      [['--dump', join(folder, 'missing.json')], /missing\.json: cannot be read \(ENOENT\)/],
      [['--dump', folder], /cannot be read \(EISDIR\)/],
      [['--dump', file('text.json', 'hello')], /text\.json: .*JSON/],
      [['--dump', file('list.json', '[]')], /list\.json: not a device dump/],
      [
        ['--dump', dump('X-1'), '--dump', file('bad.json', '{"responses":{"/a":1}}')],
        /bad\.json: device dump: the answer to \/a/,
      ],
      [['--stream', join(folder, 'missing.bin')], /missing\.bin: cannot be read/],
    ];
    for (const [args, message] of cases) {
      const run = new Run(args);
      await expect(run.status).rejects.toThrow(message);
      await expect(run.status).rejects.not.toBeInstanceOf(UsageError);
      expect(run.lines).toEqual([]);
    }
  });

  it('ends at once when it was stopped before it listened', async () => {
    const run = new Run(['--dump', dump('X-1')]);
    expect(await run.stop()).toBe(0);
  });
});

const captures = capturesFolder();

describe.skipIf(captures === undefined)('hsp simulate with captures of real devices', () => {
  it('serves all of them at the same time', async () => {
    const devices = join(captures ?? '', 'devices');
    const files = readdirSync(devices)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(devices, name))
      .filter((path) => !Array.isArray(JSON.parse(readFileSync(path, 'utf8'))));
    const run = new Run(files.flatMap((path) => ['--dump', path]));
    const ready = await run.ready(files.length);
    expect(new Set(ready.map(({ http }) => http)).size).toBe(files.length);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
