/** No name that comes from outside leads to a file: files are named by the caller, by us, or not at all. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandNamed } from '../../lib/commands/registry';
import { checkArguments } from '../../lib/commands/arguments';
import { slugOf } from '../../lib/mqtt/slugs';
import { Topics } from '../../lib/mqtt/topics';
import { topicOf } from '../../nodes/shared/message';
import { codeOf, hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { simulator } from '../support/simulators';

const BAD = [
  '../../etc/passwd',
  '/etc/passwd',
  '..\\..\\x',
  'a/../b',
  '.',
  '..',
  'x\0.jpg',
  '%2e%2e%2f',
  '~root',
  'a\nb',
];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a name from outside', () => {
  it('of a device becomes one level of a topic', () => {
    for (const name of BAD) {
      expect(slugOf(name)).toMatch(/^[a-z0-9_-]*$/);
      expect(topicOf(name, '1', 'motion').split('/')).toHaveLength(3);
    }
  });

  it('in a topic is a device or a command, or nothing', () => {
    const topics = new Topics('hikvision');
    for (const name of BAD) {
      const place = topics.commandOf(`hikvision/gate/command/camera/${name}`);
      expect(place?.command == null || commandNamed(place.command) === undefined).toBe(true);
    }
  });

  it('of a picture is handed on as a text, and nothing is written', async () => {
    const before = readdirSync(process.cwd());
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const seen: string[] = [];
    client.events((event) => seen.push(event.kind));
    await client.connect();
    await until(() => device.streams === 1, 'the stream');
    for (const name of BAD) {
      device.sendEvent(
        `<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState><channelID>1</channelID>` +
          `<channelName>${name.replace('\0', '')}</channelName></EventNotificationAlert>`,
      );
    }
    await until(() => seen.length > 0, 'an event');
    expect(readdirSync(process.cwd())).toEqual(before);
  });

  it('of a recording does not decide where it is written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hsp-names-'));
    folders.push(folder);
    const device = await simulator('nvr');
    const client = hikvisionClient(device);
    const file = join(folder, 'chosen.mp4');
    const playbackUri = 'rtsp://127.0.0.1/Streaming/tracks/101/?name=../../../evil.mp4&size=10';
    await codeOf(client.call('recorder.downloadRecording', { file, playbackUri }));
    expect(readdirSync(folder).every((name) => name.startsWith('chosen.mp4'))).toBe(true);
  });

  it.each([
    '/ISAPI/../x',
    '/ISAPI/%2e%2e/x',
    '/ISAPI/..',
    '/etc/passwd',
    'ISAPI/x',
    '/ISAPI/a b',
    '/ISAPI/x#y',
    '//host/ISAPI/',
  ])('of a path does not leave what devices offer: %s', (path) => {
    const { params = {} } = commandNamed('config.raw') ?? {};
    expect(() => checkArguments('config.raw', params, { path })).toThrow();
  });
});
