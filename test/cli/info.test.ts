import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviceFromDump } from '../../lib/simulator';
import { capturesFolder } from '../support/captures';
import { hsp, jsonOf, urlOf } from '../support/cli';
import '../support/clients';
import { until } from '../support/digest-client';
import { fixture } from '../support/fixtures';
import { simulator } from '../support/simulators';

interface Info {
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  readonly channels: readonly { readonly channel: number; readonly name: string | null }[];
  readonly capabilities: Record<string, unknown> | null;
}

/** Written down by reading the dumps. */
const DEVICES: readonly [file: string, model: string, firmware: string, serial: string, channels: number][] = [
  ['DS-2CD2146G2-ISU', 'DS-2CD2146G2-ISU', 'V5.7.17', 'DS-2CD2146G2-ISU00000000AAWRG00000000', 1],
  ['DS-2CD2346G2-ISU', 'DS-2CD2346G2-ISU/SL', 'V5.7.18', 'DS-2CD2346G2-ISU/SL00000000AAWRJ00000000', 1],
  ['DS-2CD2386G2-IU', 'DS-2CD2386G2-IU', 'V5.7.15', 'DS-2CD2386G2-IU00000000AAWRJ00000000', 1],
  ['DS-2CD2443G0-IW', 'DS-2CD2443G0-IW', 'V5.6.5', 'DS-2CD2443G0-IW00000000AAWRE00000000', 1],
  ['DS-2CD2T46G2-ISU', 'DS-2CD2T46G2-ISU/SL', 'V5.7.18', 'DS-2CD2T46G2-ISU/SL00000000AAWRG00000000', 1],
  ['DS-2TD1228-2-QA', 'DS-2TD1228-2-QA', 'V5.5.98', 'DS-2TD1228-2/QA/xxxxxxxxxxxxxxxxxx', 2],
  ['DS-7608NXI-I2', 'DS-7608NXI-I2/8P/S', 'V4.62.210', 'DS-7608NXI-I0/0P/S0000000000CCRRJ00000000WCVU', 4],
  ['DS-7616NI-Q2', 'DS-7616NI-Q2/16P', 'V4.30.097', 'DS-7616NI-Q2/00P0000000000CCRRE00000000WCVU', 9],
  ['iDS-7204HUHI-M1', 'iDS-7204HUHI-M1/E', 'V4.75.011', 'iDS-7204HUHI-M0/E0000000000CCWRAH0000000WCVU', 4],
  // Not full dumps, but enough for these.
  ['DS-8632N-I8', 'DS-8632N-I8', 'V4.61.030', 'SN-TEST-010', 13],
  ['DS-FB2127', 'DS-FB2127', 'V5.2.2', 'SN-TEST-011', 1],
];

/** Nothing but deviceInfo, or no list of channels. */
const LITTLE: readonly [file: string, model: string, firmware: string, serial: string][] = [
  ['DS-2DF8C832MX-ZDK', 'DS-2DF8C832MX-ZDK', 'V5.10.0', 'SN-TEST-008'],
  ['DS-K1T341AM', 'DS-K1T341AM', 'V3.2.30', 'DS-K1T341**'],
  ['DS-PWA64-L-WE', 'DS-PWA64-L-WE', 'V1.2.9', 'DS-PWA64-L-WE20201204AAWRQ00000000WU'],
];

const captures = capturesFolder();

function dumped(file: string) {
  return deviceFromDump(
    JSON.parse(readFileSync(join(captures ?? '', 'devices', `${file}.json`), 'utf8')) as Parameters<
      typeof deviceFromDump
    >[0],
  );
}

describe.skipIf(captures === undefined)('hsp info of captured devices', () => {
  it.each(DEVICES)('%s', async (file, model, firmware, serial, channels) => {
    const device = await simulator(dumped(file));
    const run = await hsp(['info', urlOf(device)]);
    expect(run.status).toBe(0);
    const info = jsonOf(run) as unknown as Info;
    expect(info).toMatchObject({ model, firmware, serial });
    expect(info.channels.map(({ channel }) => channel)).toEqual(Array.from({ length: channels }, (_, i) => i + 1));
  });

  it.each(LITTLE)('%s', async (file, model, firmware, serial) => {
    const device = await simulator(dumped(file));
    const run = await hsp(['info', urlOf(device)]);
    expect(run.status).toBe(0);
    expect(jsonOf(run)).toMatchObject({ model, firmware, serial });
    expect(Array.isArray(jsonOf(run)['channels'])).toBe(true);
  });
});

describe('hsp info', () => {
  it('of the built-in recorder: all channels with names, and capabilities', async () => {
    const device = await simulator('nvr');
    const info = jsonOf(await hsp(['info', urlOf(device)])) as unknown as Info;
    expect(info.serial).toBe(device.device.identity.serial);
    expect(info.channels).toHaveLength(8);
    expect(info.channels.every(({ name }) => name !== null)).toBe(true);
    expect(info.capabilities).not.toBeNull();
  });

  it('names the ways by which events come, and leaves', async () => {
    const device = await simulator('doorstation');
    expect(jsonOf(await hsp(['info', urlOf(device)]))['eventWays']).toEqual(['alertStream', 'calls']);
    await until(() => device.streams === 0, 'the end of the stream');
  });

  it('with nothing but deviceInfo', async () => {
    const device = await simulator(
      deviceFromDump({
        meta: {},
        responses: {
          '/ISAPI/System/deviceInfo': {
            status: 200,
            contentType: 'application/xml',
            body: '<DeviceInfo><model>M</model><serialNumber>S</serialNumber><firmwareVersion>V1</firmwareVersion></DeviceInfo>',
          },
        },
      }),
    );
    const run = await hsp(['info', urlOf(device)]);
    expect(run.status).toBe(0);
    expect(jsonOf(run)).toMatchObject({ model: 'M', serial: 'S', firmware: 'V1', channels: [], capabilities: null });
  });

  it('the password may come from HSP_PASSWORD, the user from --user', async () => {
    const device = await simulator('camera', { username: 'viewer', password: 'Pl4nted@:/' });
    const env = { HSP_PASSWORD: 'Pl4nted@:/' };
    const place = device.url.replace('http://', '');
    for (const args of [
      [`http://viewer@${place}`],
      [device.url, '--user', 'viewer'],
      ['--user', 'viewer', device.url],
      [`viewer@${place}`],
    ]) {
      expect([args, (await hsp(['info', ...args], { env })).status]).toEqual([args, 0]);
    }
    // What stands in the URL counts more.
    const run = await hsp(['info', `http://viewer:Pl4nted%40%3A%2F@${place}`], { env: { HSP_PASSWORD: 'wrong' } });
    expect(run.status).toBe(0);
    expect(device.authFailures).toBe(0);
  });

  it('HTTPS: refused with the fingerprint, taken with it, with the CA, or with --insecure', async () => {
    const tls = { key: fixture('tls/device.key'), cert: fixture('tls/device.crt') };
    const url = urlOf(await simulator('camera', { tls }));
    const refused = await hsp(['info', url]);
    expect([refused.status, refused.out]).toEqual([1, []]);
    const fingerprint = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(refused.err.join(' '))?.[0] ?? '';
    expect(refused.err.join(' ')).toContain('HIK_CERTIFICATE');
    const ca = join(__dirname, '../fixtures/tls/ca.crt');
    for (const more of [['--fingerprint', fingerprint], ['--ca', ca], ['--insecure']])
      expect((await hsp(['info', url, ...more])).status).toBe(0);
    expect((await hsp(['info', url, '--ca', '/no/such/file'])).status).toBe(2);
  });

  it('Basic over HTTP only with --allow-basic', async () => {
    const url = urlOf(await simulator('camera', { auth: 'basic' }));
    expect((await hsp(['info', url])).status).toBe(1);
    expect((await hsp(['info', url, '--allow-basic'])).status).toBe(0);
  });

  it('a wrong password and a device that is away are failures of one line on standard error', async () => {
    const device = await simulator('camera');
    const wrong = await hsp(['info', urlOf(device, 'admin', 'wrong')]);
    expect([wrong.status, wrong.out, wrong.err.length]).toEqual([1, [], 1]);
    expect(wrong.err[0]).toContain('HIK_AUTHENTICATION');
    expect(device.authFailures).toBe(1);
    const away = await hsp(['info', 'http://admin:x@127.0.0.1:1']);
    expect([away.status, away.out]).toEqual([1, []]);
    expect(away.err[0]).toContain('HIK_UNREACHABLE');
  });

  it.each([
    [['info']],
    [['info', 'http://a', 'http://b']],
    [['info', 'ftp://admin:Pl4nted@host']],
    [['info', 'http://admin:Pl4nted@']],
    [['info', 'http://192.0.2.1', '--nonsense']],
  ])('%j is a matter of usage', async (args) => {
    const run = await hsp(args);
    expect([run.status, run.out]).toEqual([2, []]);
    expect(run.err.join(' ')).not.toContain('Pl4nted');
  });
});
