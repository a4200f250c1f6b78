/** `hsp capture`: what comes out of it is a device again, and nobody's. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readParts } from '../../lib/codec/multipart';
import { sniff } from '../../lib/codec/text';
import { blackPicture, filledPaths } from '../../lib/examination/capture';
import { commandList, commandNamed } from '../../lib/index';
import { deviceFromDump } from '../../lib/simulator';
import { hsp, jsonOf, urlOf } from '../support/cli';
import '../support/clients';
import { simulator } from '../support/simulators';

const SECRET = 'Pl4nted-S3cret';
const USER = 'operator7';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hsp-capture-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const captured = (url: string, file: string, ...more: string[]) =>
  hsp(['capture', url, '--output', file, '--pause', '0', ...more]);

describe('hsp capture', () => {
  it.each(['camera', 'nvr', 'doorstation'] as const)('of a %s is the same device, masked', async (model) => {
    const device = await simulator(model, { username: USER, password: SECRET });
    const url = urlOf(device, USER, SECRET);
    const file = join(folder, `${model}.json`);
    const run = await captured(url, file);
    expect(run.status).toBe(0);
    expect(statSync(file).mode & 0o077).toBe(0);
    const text = readFileSync(file, 'utf8');
    const { identity } = device.device;
    const planted = [SECRET, USER, identity.serial, identity.name, identity.mac, encodeURIComponent(SECRET)];
    planted.push(Buffer.from(SECRET).toString('base64'), Buffer.from(`${USER}:${SECRET}`).toString('base64'));
    for (const secret of planted) expect(text.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false);
    expect(device.log.filter(({ method }) => method !== 'GET')).toEqual([]);

    const again = await simulator(deviceFromDump(JSON.parse(text)));
    const [before, after] = [jsonOf(await hsp(['info', url])), jsonOf(await hsp(['info', urlOf(again)]))];
    const known = ({ model: name, firmware, firmwareReleased, deviceType, hardware, capabilities }: typeof before) => ({
      ...{ name, firmware, firmwareReleased, deviceType, hardware, capabilities },
    });
    expect(known(after)).toEqual(known(before));
    const shape = ({ channels }: typeof before) =>
      (channels as Record<string, unknown>[]).map(({ channel, kind, online, model: name }) => ({
        channel,
        kind,
        online,
        name,
      }));
    expect(shape(after)).toEqual(shape(before));
    expect(after.serial).toMatch(/^MASKED\d{9}$/);
  });

  it('also records events, with black pictures of the same size', async () => {
    const xml =
      '<EventNotificationAlert version="2.0"><ipAddress>198.51.100.7</ipAddress><macAddress>aa:bb:cc:11:22:33</macAddress>' +
      '<channelID>1</channelID><dateTime>2024-05-01T12:00:00+08:00</dateTime><eventType>ANPR</eventType>' +
      '<eventState>active</eventState><ANPR><licensePlate>PLANT3D</licensePlate></ANPR></EventNotificationAlert>';
    const picture = Buffer.concat([
      Buffer.from([0xff, 0xd8]),
      Buffer.alloc(2_500, 'planted'),
      Buffer.from([0xff, 0xd9]),
    ]);
    const part = (type: string, body: string | Buffer) => [
      Buffer.from(`--boundary\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ];
    const bytes = Buffer.concat([...part('application/xml', xml), ...part('image/jpeg', picture)]);
    const device = await simulator('anpr', { password: SECRET, stream: { bytes, speed: Infinity } });
    const file = join(folder, 'anpr.json');
    expect((await captured(urlOf(device, 'admin', SECRET), file, '--events', '2')).status).toBe(0);
    const written = readFileSync(join(folder, 'anpr.bin'));
    const parts = readParts(written);
    expect(parts.slice(0, 2)).toMatchObject([
      { kind: 'xml', truncated: false },
      { kind: 'picture', truncated: false, body: { length: picture.length } },
    ]);
    for (const planted of ['PLANT3D', 'aa:bb:cc', '198.51.100', 'planted'])
      expect(written.includes(planted), planted).toBe(false);
    const decoded = await hsp(['decode', join(folder, 'anpr.bin')]);
    expect(decoded.err).toEqual([]);
    expect(JSON.parse(decoded.out[0] ?? '')).toMatchObject({ kind: 'plate', channel: 1 });
  });

  it('tries a wrong password once, and writes nothing', async () => {
    const device = await simulator('camera');
    const file = join(folder, 'refused.json');
    const run = await captured(urlOf(device, 'admin', 'wrong'), file, '--events', '1');
    expect(run.status).toBe(1);
    expect(run.err.join()).toContain('HIK_AUTHENTICATION');
    expect(device.authFailures).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('takes HTTP alone, and a file that can be written', async () => {
    expect((await hsp(['capture'])).status).toBe(2);
    expect((await hsp(['capture', 'hsp://admin@127.0.0.1'])).status).toBe(2);
    expect((await hsp(['capture', 'http://admin@127.0.0.1', '--events', '3'])).status).toBe(2);
    expect((await hsp(['capture', 'http://admin@127.0.0.1', '--output', join(folder, 'no', 'x.json')])).status).toBe(2);
  });

  it('asks for what the commands read, and for nothing else', () => {
    const paths = filledPaths({ channel: [1, 3], streamId: [101] });
    expect(paths).toContain('/ISAPI/System/deviceInfo');
    expect(paths).toContain('/ISAPI/PTZCtrl/channels/3/presets');
    expect(paths).toContain('/ISAPI/ContentMgmt/record/tracks/101');
    expect(paths.filter((path) => path.includes('{'))).toEqual([]);
    const others = commandList().filter(({ effect }) => effect !== 'read');
    const theirs = new Set(others.flatMap(({ name }) => commandNamed(name)?.paths ?? []));
    for (const path of ['/ISAPI/System/reboot', '/ISAPI/System/configurationData']) {
      expect(theirs.has(path)).toBe(true);
      expect(paths).not.toContain(path);
    }
  });

  it.each([0, 1, 3, 4, 5, 7, 8, 9, 70_000, 65_541, 65_543])('makes a black picture of %i bytes', (sizeBytes) => {
    const picture = blackPicture(sizeBytes);
    expect(picture.length).toBe(sizeBytes);
    if (sizeBytes >= 4) expect([sniff(picture), picture.toString('hex').slice(-4)]).toEqual(['jpeg', 'ffd9']);
  });
});
