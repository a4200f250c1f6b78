import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { commandList } from '../../lib/index';
import { DEVICE_OPTIONS } from '../../lib/cli/device';
import { hsp, jsonOf, urlOf } from '../support/cli';
import '../support/clients';
import { simulator } from '../support/simulators';

const folder = mkdtempSync(join(tmpdir(), 'hsp-call-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('hsp call', () => {
  it('prints the typed answer as one line', async () => {
    const device = await simulator('nvr');
    const channels = await hsp(['call', urlOf(device), 'recorder.listChannels']);
    expect(channels.status).toBe(0);
    expect(JSON.parse(channels.out[0] ?? '')).toHaveLength(8);
    const info = jsonOf(await hsp(['call', urlOf(device), 'config.deviceInfo']));
    expect(info).toMatchObject({ serial: device.device.identity.serial });
  });

  it('takes arguments in any order and form, and hands them over as they are meant', async () => {
    const url = urlOf(await simulator('camera'));
    for (const args of [
      ['call', url, 'camera.gotoPreset', '--preset', '1'],
      ['call', url, '--preset=1', 'camera.gotoPreset', '--channel=1'],
      ['call', '--preset', '1', url, 'camera.gotoPreset'],
    ])
      expect(jsonOf(await hsp(args))).toEqual({ channel: 1, preset: 1 });
    expect(jsonOf(await hsp(['call', url, 'camera.move', '--pan', '-20', '--forMs', '1']))).toMatchObject({ pan: -20 });
  });

  it('writes bytes to a file, or as base64 with their size', async () => {
    const url = urlOf(await simulator('camera'));
    const file = join(folder, 'picture.jpg');
    const saved = jsonOf(await hsp(['call', url, 'camera.snapshot', '--output', file]));
    const bytes = readFileSync(file);
    expect(saved).toEqual({ contentType: 'image/jpeg', sizeBytes: bytes.length, file });
    expect(bytes.subarray(0, 2).toString('hex')).toBe('ffd8');
    const inline = jsonOf(await hsp(['call', url, 'camera.snapshot']));
    expect(inline['sizeBytes']).toBe(Buffer.from(String(inline['data']), 'base64').length);
  });

  it('a danger needs --confirm', async () => {
    const device = await simulator('camera', { rebootMs: 10 });
    const refused = await hsp(['call', urlOf(device), 'config.reboot']);
    expect([refused.status, jsonOf(refused)]).toMatchObject([1, { error: { code: 'HIK_CONFIRMATION' } }]);
    expect((await hsp(['call', urlOf(device), 'config.reboot', '--confirm'])).status).toBe(0);
  });

  it('errors are one JSON line and exit status 1', async () => {
    const device = await simulator('camera');
    const url = urlOf(device);
    for (const [args, code] of [
      [['call', urlOf(device, 'admin', 'wrong'), 'config.deviceInfo'], 'HIK_AUTHENTICATION'],
      [['call', 'http://admin:x@127.0.0.1:1', 'config.deviceInfo'], 'HIK_UNREACHABLE'],
      [['call', url, 'camera.gotoPreset', '--preset', '9999'], 'HIK_ARGUMENT'],
      [['call', url, 'camera.gotoPreset'], 'HIK_ARGUMENT'],
      [['call', url, 'config.raw', '--path', '/ISAPI/no/such'], 'HIK_UNSUPPORTED'],
    ] as const) {
      const run = await hsp(args);
      expect(run.status).toBe(1);
      const { error } = jsonOf(run) as { error: { code: string; message: string } };
      expect(Object.keys(error)).toEqual(['code', 'message']);
      expect(error.code).toBe(code);
    }
  });

  it.each([
    [['call']],
    [['call', 'http://192.0.2.1']],
    [['call', 'http://192.0.2.1', 'camera.fly']],
    [['call', 'camera.snapshot']],
    [['call', 'http://192.0.2.1', 'camera.snapshot', '--nonsense', '1']],
    [['call', 'http://192.0.2.1', 'camera.snapshot', 'more']],
    [['call', 'ftp://x:Pl4nted@y', 'camera.snapshot']],
  ])('%j is a matter of usage', async (args) => {
    const run = await hsp(args);
    expect([run.status, run.out]).toEqual([2, []]);
    expect(run.err.join(' ')).not.toContain('Pl4nted');
  });

  it('--list names all commands, one line each', async () => {
    const { out, status } = await hsp(['call', '--list']);
    expect(status).toBe(0);
    expect(out.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(
      commandList().map(({ name }) => name),
    );
  });

  it('--list says what a command needs and which ways it goes', async () => {
    const { out } = await hsp(['call', '--list']);
    const of = (name: string) =>
      out.map((line) => JSON.parse(line) as { name: string }).find((one) => one.name === name);
    expect(of('camera.move')).toMatchObject({ transports: ['isapi', 'hsp', 'binary'], deviceClass: null });
    expect(of('config.raw')).toMatchObject({ needs: null, transports: ['isapi', 'hsp'] });
  });

  it('--help NAME explains one command, whichever it is', async () => {
    for (const { name, title, summary, params, returns, effect } of commandList()) {
      for (const args of [
        ['call', '--help', name],
        ['call', 'http://192.0.2.1', name, '--help'],
      ]) {
        const run = await hsp(args);
        const text = run.out.join('\n');
        expect([run.status, run.err]).toEqual([0, []]);
        for (const part of [`${title}. ${summary}`, returns, `admin@192.0.2.10 ${name}`]) expect(text).toContain(part);
        for (const parameter of Object.keys(params)) expect(text).toContain(`  --${parameter} `);
        expect(text.includes(' --confirm\n') || text.endsWith(' --confirm')).toBe(effect === 'danger');
      }
    }
  });

  it('the example in the help is one that the command takes', async () => {
    for (const { name, params, example } of commandList())
      expect(() => checkArguments(name, params, example), name).not.toThrow();
    const help = (await hsp(['call', '--help', 'camera.move'])).out.join('\n');
    expect(help).toContain('hsp call http://admin@192.0.2.10 camera.move --pan 40 --tilt -20 --forMs 200');
  });

  it.each([
    ['camera.snapshott', 'camera.snapshot'],
    ['camera.Snapshot', 'camera.snapshot'],
    ['snapshot', 'camera.snapshot'],
    ['recorder.snapshot', 'camera.snapshot'],
    ['config.settime', 'config.setTime'],
    ['config.time', 'config.getTime'],
  ])('%s: did you mean %s?', async (wanted, meant) => {
    for (const args of [
      ['call', 'http://192.0.2.1', wanted],
      ['call', '--help', wanted],
    ]) {
      const run = await hsp(args);
      expect(run.status).toBe(2);
      expect(run.err.join(' ')).toContain(meant);
    }
  });

  it('suggests nothing for what is like nothing', async () => {
    const run = await hsp(['call', 'http://192.0.2.1', 'xyzzy']);
    expect(run.err.join(' ')).not.toContain('did you mean');
    expect((await hsp(['call', '--help', `camera.${'x'.repeat(100_000)}`])).status).toBe(2);
  });

  it('no parameter of a command is hidden behind an option', () => {
    // `output` and `list` name the parameter where there is one.
    const taken = new Set([...Object.keys(DEVICE_OPTIONS), 'confirm', 'encoding', 'help']);
    for (const { name, params } of commandList())
      expect([name, Object.keys(params).filter((parameter) => taken.has(parameter))]).toEqual([name, []]);
  });
});
