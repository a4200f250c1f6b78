/** The verbs over hsp://, like their HTTP twins; and the transcript of `hsp doctor`. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Simulator } from '../../lib/simulator';
import { hsp, jsonOf } from '../support/cli';
import '../support/clients';
import '../support/hsp-links';
import { hspSimulator } from '../support/hsp-simulators';

const SECRET = 'Pl4nted-S3cret';
const env = { HSP_PASSWORD: SECRET };
const folder = mkdtempSync(join(tmpdir(), 'hsp-doctor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const url = (device: Simulator, scheme = 'hsp') =>
  `${scheme}://admin@127.0.0.1:${scheme === 'hsp' ? device.hspPort : device.httpPort}`;

describe.each(['camera', 'nvr'] as const)('a %s', (model) => {
  it('hsp info tells the same', async () => {
    const device = await hspSimulator(model, { password: SECRET });
    const overHttp = jsonOf(await hsp(['info', url(device, 'http')], { env }));
    const run = await hsp(['info', url(device)], { env });
    // But for the way by which its events come.
    expect(overHttp['eventWays']).toContain('alertStream');
    expect(jsonOf(run)).toEqual({ ...overHttp, eventWays: expect.arrayContaining(['alarm channel']) as unknown });
    expect(run.status).toBe(0);
    expect(device.hspSessions).toBe(0);
  });

  it('hsp watch tells alarms', async () => {
    const device = await hspSimulator(model, { password: SECRET });
    const run = await hsp(['watch', url(device), '--count', '1'], {
      env,
      onNotice: (line) => {
        if (line.includes('listening')) device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
      },
    });
    expect(run.status).toBe(0);
    expect(jsonOf(run)).toMatchObject({ kind: 'motion', state: 'start', source: 'hsp', channel: 1, eventType: 'VMD' });
    expect(device.hspSessions).toBe(0);
  });
});

describe('hsp call', () => {
  it('asks in the encoding that is wanted', async () => {
    const device = await hspSimulator('camera', { password: SECRET });
    const call = (...more: string[]) => hsp(['call', url(device), 'config.deviceInfo', ...more], { env });
    expect(jsonOf(await call())).toMatchObject({ mac: expect.any(String) as string });
    expect(jsonOf(await call('--encoding', 'binary'))).toMatchObject({
      model: device.device.identity.model,
      mac: null,
    });
    expect((await call('--encoding', 'morse')).status).toBe(2);
  });

  it('finds the command port of a device by its HTTP address', async () => {
    const device = await hspSimulator('camera', { password: SECRET });
    const options = ['--protocol', 'hsp', '--command-port', String(device.hspPort)];
    const run = await hsp(['call', url(device, 'http'), 'config.getTime', ...options], { env });
    expect(run.status).toBe(0);
    expect(device.hspLogins).toBe(1);
    expect((await hsp(['call', url(device), 'config.getTime', '--protocol', 'telnet'])).status).toBe(2);
    expect((await hsp(['call', url(device), 'config.getTime', '--command-port', '0'])).status).toBe(2);
  });

  it('says what is wrong with a URL', async () => {
    const run = await hsp(['call', `hsp://admin:${SECRET}@127.0.0.1:1`, 'config.getTime']);
    expect(jsonOf(run)).toMatchObject({ error: { code: 'HIK_UNREACHABLE' } });
    expect(run.status).toBe(1);
  });
});

describe('hsp doctor', () => {
  async function transcript(device: Simulator, ...more: string[]) {
    const run = await hsp(['doctor', url(device), '--hsp', '--for', '0', ...more], { env });
    return { ...run, lines: run.out.map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  it('writes every frame, with the command it belongs to', async () => {
    const device = await hspSimulator('camera', { password: SECRET });
    const { status, lines } = await transcript(device);
    expect(status).toBe(0);
    const frames = lines.filter(({ direction }) => direction !== undefined);
    expect(frames.slice(0, 4)).toMatchObject([
      { direction: 'request', name: 'login', length: 224 },
      { direction: 'reply', name: 'login', length: 208 },
      { direction: 'request', name: 'login', length: 84 },
      { direction: 'reply', name: 'login', status: 1 },
    ]);
    expect(new Set(frames.map(({ name }) => name))).toEqual(
      new Set(['login', 'getDeviceV40', 'isapi', 'getTime', 'getDisks', 'getCompressionV30', 'logout']),
    );
    expect(lines.filter(({ answered }) => answered === true).length).toBe(6);
    expect(device.hspSessions).toBe(0);
  });

  it.each(['rsaSalt', 'rsa', 'legacy'] as const)('masks every secret of a login %s', async (login) => {
    const fixed = {
      challenge: '0123456789abcdef0123456789abcdef',
      salt: 'f00d'.repeat(16),
      userId: 0x7e57ab1e,
      seed: 0x5eed5eed,
      deviceClock: 0x0c10c4ed,
    };
    const device = await hspSimulator('camera', { password: SECRET, hsp: { login, fixed } });
    const { out } = await transcript(device);
    const { serial } = device.device.identity;
    const text = out.join('\n').toLowerCase();
    const hex = (value: string) => Buffer.from(value).toString('hex');
    const secrets = [
      SECRET,
      hex(SECRET),
      'admin',
      hex('admin'),
      serial,
      hex(serial),
      fixed.challenge,
      hex(fixed.challenge),
    ];
    secrets.push(hex(fixed.salt), '7e57ab1e', '5eed5eed', '0c10c4ed', device.device.identity.name);
    secrets.push(Buffer.from(fixed.challenge).toString('base64'));
    secrets.push(hex(Buffer.from(fixed.challenge).toString('base64')), '02:00:00:51:4d');
    for (const secret of secrets) expect(text.includes(secret.toLowerCase()), secret).toBe(false);
  });

  it('listens to alarms', async () => {
    const device = await hspSimulator('camera', { password: SECRET });
    const stop = new AbortController();
    const lines: string[] = [];
    const run = await hsp(['doctor', url(device), '--hsp', '--for', '30'], {
      env,
      signal: stop.signal,
      onLine: (line) => {
        lines.push(line);
        if (line.includes('"state":"connected"'))
          device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
        if (line.includes('"alarmType"')) stop.abort();
      },
    });
    expect(run.status).toBe(0);
    expect(lines.some((line) => line.includes('"direction":"push"') && line.includes('"name":"motion"'))).toBe(true);
  });

  it('writes to a file that only its owner can read', async () => {
    const device = await hspSimulator('camera', { password: SECRET });
    const file = join(folder, 'transcript.jsonl');
    const { status, out } = await transcript(device, '--output', file);
    expect([status, out]).toEqual([0, []]);
    expect(readFileSync(file, 'utf8').trim().split('\n').length).toBeGreaterThan(10);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('is of use when it fails', async () => {
    const device = await hspSimulator('camera', { password: 'another' });
    const { status, lines } = await transcript(device);
    expect(status).toBe(1);
    expect(lines.at(-1)).toMatchObject({ answered: false, code: 'HIK_AUTHENTICATION' });
    expect(device.authFailures).toBe(1);
    expect(JSON.stringify(lines)).not.toContain('nted-S3cret');
  });

  it('wants a device, and nothing that belongs to the other doctor', async () => {
    expect((await hsp(['doctor', '--hsp'])).status).toBe(2);
    expect((await hsp(['doctor', 'hsp://admin@127.0.0.1', '--hsp', '--json'])).status).toBe(2);
    expect((await hsp(['doctor', 'hsp://admin@127.0.0.1', '--for', '3'])).status).toBe(2);
  });
});
