/** `hsp doctor`: the report as people read it, and the bundle that they attach. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportLines } from '../../lib/cli/doctor';
import { hsp, jsonOf, urlOf } from '../support/cli';
import '../support/clients';
import { simulator } from '../support/simulators';

const SECRET = 'Pl4nted-S3cret';
const USER = 'operator7';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hsp-doctor-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Bundle {
  readonly about: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly report: { readonly findings: readonly { readonly code: string; readonly text: string }[] };
  readonly device: { readonly responses: Readonly<Record<string, unknown>> } | null;
  readonly events: { readonly parts: readonly { readonly kind: string; readonly text: string | null }[] } | null;
  readonly problems: readonly string[];
}

describe('hsp doctor', () => {
  it('says what is well, what is not, and what to do', async () => {
    const device = await simulator('camera', { password: SECRET });
    const { status, out } = await hsp(['doctor', urlOf(device, 'admin', SECRET)]);
    expect(status).toBe(1);
    const text = out.join('\n');
    expect(text).toContain('✓ SIM-PTZ-4, firmware V5.7.15');
    expect(text).toContain('! 2 kinds of events do not notify the surveillance center');
    expect(text).toContain("  → Tick 'Notify surveillance center'");
    expect(out.at(-1)).toBe('One thing to look at.');
    expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text).not.toContain('__');
  });

  it('says that all is well where it is', async () => {
    const device = await simulator('thermal', { password: SECRET });
    const run = await hsp(['doctor', urlOf(device, 'admin', SECRET)]);
    const isWell = run.out.every((line) => !/^[!✗]/.test(line));
    expect(run.status).toBe(isWell ? 0 : 1);
    expect(reportLines({ findings: [{ level: 'good', code: 'answers', values: {}, field: null }] })).toEqual([
      '✓ The device answers, and takes user and password.',
      '',
      'All is well.',
    ]);
  });

  it('tries a wrong password once', async () => {
    const device = await simulator('camera');
    const file = join(folder, 'refused.json');
    const { status, out } = await hsp(['doctor', urlOf(device, 'admin', 'wr0ng-password'), '--bundle', file]);
    expect(status).toBe(1);
    expect(out[0]).toBe('✗ User or password refused. The device locks the account after 6 more wrong ones.');
    expect(device.authFailures).toBe(1);
    // Of use all the same.
    const bundle = JSON.parse(readFileSync(file, 'utf8')) as Bundle;
    expect(bundle.report.findings[0]?.code).toBe('passwordRefused');
    expect(bundle.device).toBeNull();
  });

  it('prints JSON for programs', async () => {
    const device = await simulator('camera', { password: SECRET });
    const report = jsonOf(await hsp(['doctor', urlOf(device, 'admin', SECRET), '--json']));
    expect(report).toMatchObject({ device: { model: 'SIM-PTZ-4' }, ways: ['alertStream'] });
    expect(report.findings).toContainEqual(expect.objectContaining({ level: 'good', code: 'answers' }));
  });

  it.each(['bundle.json', 'bundle.json.gz'])('writes a bundle without what belongs to somebody: %s', async (name) => {
    const device = await simulator('nvr', { username: USER, password: SECRET });
    const file = join(folder, name);
    const { err } = await hsp(['doctor', urlOf(device, USER, SECRET), '--bundle', file, '--events', '1']);
    expect(err.at(-1)).toContain('Read it before you send it.');
    expect(statSync(file).mode & 0o077).toBe(0);
    const bytes = readFileSync(file);
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    const bundle = JSON.parse(text) as Bundle;
    expect(bundle.versions.node).toBe(process.version);
    expect(bundle.problems).toEqual([]);
    expect(bundle.device?.responses).toHaveProperty(['/ISAPI/System/deviceInfo']);
    expect(bundle.events?.parts.every(({ kind, text: shown }) => (kind === 'picture') === (shown === null))).toBe(true);
    const { identity } = device.device;
    const planted = [SECRET, USER, identity.serial, identity.name, identity.mac, '127.0.0.1:', 'Workshop'];
    planted.push(Buffer.from(SECRET).toString('base64'), Buffer.from(`${USER}:${SECRET}`).toString('base64'));
    for (const secret of planted) expect(text.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false);
    expect(device.authFailures).toBe(0);
  });

  it('explains itself, and minds its options', async () => {
    const { status, out } = await hsp(['doctor', '--help']);
    expect(status).toBe(0);
    for (const option of ['--json', '--bundle', '--events', '--hsp', '--output', '--for', '--user'])
      expect(out.join('\n')).toContain(option);
    expect((await hsp(['doctor'])).status).toBe(2);
    expect((await hsp(['doctor', 'http://admin@127.0.0.1', '--events', '3'])).status).toBe(2);
    expect((await hsp(['doctor', 'http://admin@127.0.0.1', '--bundle', join(folder, 'no', 'x')])).status).toBe(2);
  });
});
