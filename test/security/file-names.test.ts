/** No name that comes from outside leads to a file: files are named by the caller, by us, or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandNamed } from '../../lib/commands/registry';
import { checkArguments } from '../../lib/commands/arguments';
import { slugOf } from '../../lib/mqtt/slugs';
import { Topics } from '../../lib/mqtt/topics';
import { topicOf } from '../../nodes/shared/message';
import { codeOf, hikvisionClient } from '../support/clients';
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

const ROOT = resolve(__dirname, '../..');

/** Who names the files of each module that opens some. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'lib/cli/call.ts': 'who types the command',
  'lib/cli/decode.ts': 'who types the command',
  'lib/cli/device.ts': 'who types the command',
  'lib/cli/output.ts': 'who types the command',
  'lib/cli/simulate.ts': 'who types the command',
  'lib/cli/site-file.ts': 'who types the command, and the site file of theirs',
  'lib/dashboard/dashboard.ts': 'this package: four files of the page, read when it starts',
  'lib/files.ts': 'the caller of a command',
  'lib/publisher/files.ts': 'the journal, below a folder of the user',
  'lib/publisher/journal-lock.ts': 'this package',
  'lib/publisher/version.ts': 'this package',
  'lib/session/cursor-file.ts': 'the owner of the client',
  'nodes/build.ts': 'the build',
  'nodes/config/config.ts': 'who edits the node',
  'nodes/shared/asked-device.ts': 'who edits the node',
  'nodes/shared/secret.ts': 'this package, in the user directory',
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

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
    const topics = new Topics();
    for (const name of BAD) {
      const place = topics.commandOf(`hikvision/gate/command/camera/${name}`);
      expect(commandNamed(place?.command ?? '') === undefined).toBe(true);
    }
  });

  it('reaches no code that opens files but this', () => {
    const opening = [...sources('lib'), ...sources('nodes')].filter((path) =>
      /from 'node:fs(?:\/promises)?'/.test(readFileSync(join(ROOT, path), 'utf8')),
    );
    expect(opening.sort()).toEqual(Object.keys(NAMED_BY).sort());
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
