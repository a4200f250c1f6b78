/** What an examination finds, against simulated devices in good and bad health. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../lib/clock';
import {
  ERROR_CODES,
  examine,
  FINDINGS,
  wordsOf,
  type ClientOptions,
  type Examination,
  type FindingCode,
} from '../../lib/index';
import {
  builtInDevice,
  MODEL_NAMES,
  SIMULATOR_PASSWORD,
  SIMULATOR_USERNAME,
  type Simulator,
} from '../../lib/simulator';
import { httpServer, tcpServer } from '../support/servers';
import { simulator } from '../support/simulators';
import '../support/clients';
import { testCertificate } from '../support/tls';

/** What is on the other ports of the machine of whoever runs the tests is their own affair. */
const onlyAt = (port: number) => (_clock: Clock, _host: string, at: number) =>
  Promise.resolve(at === port ? ('open' as const) : ('closed' as const));

function look(
  { url, httpPort }: Pick<Simulator, 'url' | 'httpPort'>,
  more: Partial<ClientOptions> = {},
  clock: Clock = systemClock,
): Promise<Examination> {
  const settings = { url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD, clock, ...more };
  return examine(settings, { clock, knock: onlyAt(httpPort) });
}

const codes = ({ findings }: Examination) => findings.map(({ code }) => code);
const valuesOf = ({ findings }: Examination, code: FindingCode) =>
  findings.find((finding) => finding.code === code)?.values;

describe('an examination', () => {
  it.each(MODEL_NAMES)('of a healthy %s finds nothing that does not work', async (model) => {
    const device = await simulator(model);
    const report = await look(device);
    expect(report.findings.filter(({ level }) => level === 'bad')).toEqual([]);
    expect(codes(report).slice(0, 2)).toEqual(['device', 'answers']);
    expect(codes(report)).toContain('services');
    expect(device.authFailures).toBe(0);
    // It only read.
    const written = device.log.filter(({ method }) => method === 'PUT' || method === 'DELETE');
    expect(written.filter(({ path }) => path !== '/ISAPI/Security/sessionLogout')).toEqual([]);
  });

  it('tells ports, login, lock, clock, events and disks', async () => {
    const report = await look(await simulator('camera'));
    expect(codes(report)).toEqual(
      expect.arrayContaining(['loginDigest', 'unlocked', 'clock', 'timeServer', 'ways', 'moreWays', 'storage']),
    );
    expect(report.services.map(({ service }) => service)).toEqual(['HTTP', 'HTTPS', 'HSP', 'HSPS', 'RTSP']);
    expect(valuesOf(report, 'moreWays')?.ways).toContain('push (3 of 3 places free)');
  });

  it('tries a wrong password once, however often it is asked', async () => {
    const device = await simulator('camera');
    for (let round = 0; round < 3; round++) {
      const report = await look(device, { password: 'wrong' });
      expect(codes(report)).toEqual(['passwordRefused', 'services']);
      expect(valuesOf(report, 'passwordRefused')).toEqual({ left: '6' });
    }
    expect(device.authFailures).toBe(1);
  });

  it('says how long an account is locked', async () => {
    const device = await simulator('camera');
    device.setFault('locked');
    const report = await look(device);
    expect(codes(report)).toEqual(['HIK_LOCKED', 'services']);
    expect(valuesOf(report, 'HIK_LOCKED')).toHaveProperty('minutes', '31');
    expect(valuesOf(report, 'HIK_LOCKED')?.until).toMatch(/^\d\d:\d\d$/);
  });

  it('knows a device that was never given a password', async () => {
    const body = `<ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>notActivated</subStatusCode></ResponseStatus>`;
    const { url, port } = await httpServer((_request, response) => {
      response.writeHead(403, { 'Content-Type': 'application/xml' }).end(body);
    });
    expect(codes(await look({ url, httpPort: port }))).toEqual(['HIK_NOT_ACTIVATED', 'services']);
  });

  it('tells a clock that is off from a time zone that is wrong', async () => {
    const device = await simulator('camera');
    device.device.timeMode = 'manual';
    device.device.clockOffsetMs = -5 * 60_000;
    const late = await look(device);
    expect(codes(late)).toEqual(expect.arrayContaining(['clockBehind', 'noTimeServer']));
    device.device.clockOffsetMs = 2 * 3_600_000;
    const moved = await look(device);
    expect(valuesOf(moved, 'clockZone')).toEqual({ hours: '2', zone: 'CST-8:00:00' });
    expect(codes(moved)).not.toContain('clockAhead');
  });

  it('judges a certificate: not trusted, trusted alone, any, and another than before', async () => {
    const device = await simulator('camera', { tls: testCertificate });
    const { url } = device;
    const plain = await look(device, { url: url.replace('https:', 'http:') });
    expect(plain.findings).toMatchObject([{ code: 'useHttps', field: 'protocol' }]);
    const untrusted = await look(device, { url });
    expect(codes(untrusted)).toContain('HIK_CERTIFICATE');
    const fingerprint = untrusted.certificate?.fingerprint ?? '';
    expect(fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(codes(await look(device, { url, tls: { fingerprint } }))).toContain('certificate');
    expect(codes(await look(device, { url, tls: { acceptAny: true } }))).toContain('certificateAny');
    const other = await look(device, { url, tls: { fingerprint: 'AA'.repeat(32) } });
    expect(codes(other)).toEqual(['certificateChanged', 'services']);
    const old = { ...systemClock, now: () => Date.parse('2200-01-01T00:00:00Z') };
    expect(codes(await look(device, { url, tls: { fingerprint } }, old))).toContain('certificateExpired');
    expect(device.authFailures).toBe(0);
  });

  it('knows a wrong door by what stands behind it', async () => {
    const device = await simulator('camera');
    const url = device.url.replace('http:', 'https:');
    expect(codes(await look(device, { url, tls: { acceptAny: true } }))).toEqual(['useHttp']);
    const other = await tcpServer((socket) => socket.destroy());
    const report = await look({ url: other.url, httpPort: other.port });
    expect(codes(report)).toEqual(['noWebServer']);
    const closed = await look({ url: 'http://127.0.0.1:1', httpPort: device.httpPort });
    expect(codes(closed)).toEqual(['HIK_UNREACHABLE']);
    const elsewhere = await examine(
      { url: 'http://127.0.0.1:1', username: 'admin', password: 'x' },
      { clock: systemClock, knock: onlyAt(443) },
    );
    expect(elsewhere.findings).toMatchObject([{ code: 'otherPort', values: { port: '1', open: 'HTTPS 443' } }]);
  });

  it('offers Basic as what it is', async () => {
    const device = await simulator('camera', { auth: 'basic' });
    expect(codes(await look(device, { allowBasic: true }))).toContain('loginBasic');
  });

  it('ends early when it is told to, and leaves nothing open', async () => {
    const device = await simulator('camera');
    device.setFault('half-open');
    const stop = new AbortController();
    const asked = examine(
      { url: device.url, username: 'admin', password: SIMULATOR_PASSWORD },
      { clock: systemClock, knock: onlyAt(device.httpPort), signal: stop.signal },
    );
    stop.abort();
    expect((await asked).device).toBeNull();
  });

  it('tells how far it is, and never backwards', async () => {
    const device = await simulator('camera');
    const told: number[] = [];
    const settings = { url: device.url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
    const knock = onlyAt(device.httpPort);
    await examine(settings, { clock: systemClock, knock, onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  it('knows firmware that is known for something', async () => {
    const station = builtInDevice('doorstation');
    const info = station.document('/ISAPI/System/deviceInfo')?.body.toString() ?? '';
    station.restoreSettings({
      '/ISAPI/System/deviceInfo': Buffer.from(
        info
          .replace(/<model>[^<]*/, '<model>DS-KV6113-WPE1')
          .replace(/<firmwareVersion>[^<]*/, '<firmwareVersion>V3.7.0'),
      ).toString('base64'),
    });
    expect(codes(await look(await simulator(station)))).toContain('ringHidden');
  });
});

describe('findings', () => {
  const locale = JSON.parse(readFileSync(resolve(__dirname, '../../nodes/config/locale.json'), 'utf8')) as {
    readonly 'hsp-config': { readonly finding: Record<string, string>; readonly remedy: Record<string, string> };
  };
  const all = Object.entries(FINDINGS).map(([code, words]) => ({ code: code as FindingCode, remedy: null, ...words }));

  it('have words, and a remedy where something is to be mended', () => {
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter(({ text }) => text.trim() === '').map(({ code }) => code)).toEqual([]);
    expect(all.filter(({ level, remedy }) => level !== 'good' && !remedy).map(({ code }) => code)).toEqual([]);
  });

  it('stand in the dialog as they stand in the terminal', () => {
    const { finding, remedy } = locale['hsp-config'];
    expect(finding).toEqual(Object.fromEntries(all.map(({ code, text }) => [code, text])));
    const remedies = all.flatMap((words) => (words.remedy === null ? [] : [[words.code, words.remedy]]));
    expect(remedy).toEqual(Object.fromEntries(remedies));
  });

  it('lead to fields that there are', () => {
    const form = readFileSync(resolve(__dirname, '../../nodes/config/editor.html'), 'utf8');
    const fields = all.flatMap((words) => ('field' in words ? [words.field] : []));
    expect(fields.length).toBeGreaterThan(10);
    for (const field of fields) expect(form).toContain(`id="node-config-input-${field}"`);
  });

  it('know every error of a connection', () => {
    const ofCommands = ['PERMISSION', 'NOT_FOUND', 'REFUSED', 'TOO_LARGE', 'ARGUMENT', 'CONFIRMATION', 'NOT_ALLOWED'];
    const others = [...ofCommands, 'CLOSED', 'INTERNAL'].map((name) => `HIK_${name}`);
    const missing = Object.keys(ERROR_CODES).filter((code) => !Object.hasOwn(FINDINGS, code));
    expect(missing.filter((code) => !others.includes(code))).toEqual([]);
  });

  it('fill their values in, and nothing of their own makes', () => {
    const told = wordsOf({ level: 'bad', code: 'otherPort', values: { port: '81', open: 'HTTP 80' }, field: null });
    expect(told.text).toBe('Nobody answers at port 81, but the device is there: HTTP 80.');
    expect(wordsOf({ level: 'good', code: 'push', values: {}, field: null }).text).not.toContain('__');
  });
});
