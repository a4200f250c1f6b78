import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuilt } from './support/built';
import { copyWithoutScripts } from './support/copy';
import { startRuntime, type Runtime } from './support/runtime';

const TYPES = ['hsp-command', 'hsp-config', 'hsp-connect', 'hsp-event-in', 'hsp-mqtt'];

/** What `GET /nodes` says of a set of nodes. */
interface NodeSet {
  readonly module: string;
  readonly types: string[];
  readonly enabled: boolean;
  readonly err?: unknown;
}

let folder: string;
let userDir: string;
let files: string[];
let runtime: Runtime | undefined;

const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  requireBuilt();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hsp-pack-')));
  userDir = join(folder, 'node-red');
  mkdirSync(userDir);
  const report = npm(copyWithoutScripts(folder), 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [packed] = JSON.parse(report) as { filename: string; files: { path: string }[] }[];
  files = packed?.files.map(({ path }) => path) ?? [];
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  const quiet = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
  npm(userDir, 'install', ...quiet, join(folder, packed?.filename ?? ''));
}, 120_000);

afterAll(async () => {
  await runtime?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the package as npm sends it', () => {
  it('holds what runs, the examples and the papers, and nothing else', () => {
    const tops = new Set(files.map((path) => path.split('/')[0]));
    expect([...tops].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    const strange = files.filter((path) => path.startsWith('dist/') && !/^dist\/(lib|nodes)\//.test(path));
    expect(strange).toEqual([]);
    expect(files.filter((path) => /\.ts$/.test(path) && !path.endsWith('.d.ts'))).toEqual([]);
    // The build needs tools that a user does not have.
    expect(files).not.toContain('dist/nodes/build.js');
    for (const name of ['config', 'connect', 'command', 'event-in', 'mqtt']) {
      expect(files).toContain(`dist/nodes/${name}/${name}.js`);
      expect(files).toContain(`dist/nodes/${name}/${name}.html`);
      expect(files).toContain(`dist/nodes/${name}/locales/en-US/${name}.json`);
      expect(files).toContain(`dist/nodes/${name}/locales/en-US/${name}.html`);
    }
  });

  it('shows its nodes, help, texts and examples in an empty Node-RED', async () => {
    const nodeRed = process.env.NODE_RED;
    runtime = await startRuntime({
      userDir,
      port: 0,
      logLevel: 'off',
      ...(nodeRed === undefined ? {} : { nodeRed }),
    });
    const get = async (path: string, accept: string) => {
      const answer = await fetch(`${runtime?.url ?? ''}${path}`, { headers: { accept } });
      expect(answer.status, path).toBe(200);
      return answer.text();
    };
    const sets = (JSON.parse(await get('nodes', 'application/json')) as NodeSet[]).filter(
      ({ module }) => module === 'node-red-contrib-hikvision-hsp',
    );
    expect(sets.flatMap(({ types }) => types).sort()).toEqual(TYPES);
    for (const { enabled, err } of sets) expect({ enabled, err }).toEqual({ enabled: true, err: undefined });

    const editor = await get('nodes', 'text/html');
    for (const type of TYPES) {
      expect(editor).toContain(`data-template-name="${type}"`);
      expect(editor).toContain(`data-help-name="${type}"`);
    }
    // The list of commands came along, and its icons and texts are found.
    expect(editor).toContain('camera.gotoPreset');
    await get('icons/node-red-contrib-hikvision-hsp/hsp-event.svg', '*/*');
    const texts = await get('locales/node-red-contrib-hikvision-hsp/hsp-event-in?lng=en-US', '*/*');
    expect(texts).toContain('Line crossing');
    const examples = await get('library/examples/flows/node-red-contrib-hikvision-hsp', 'application/json');
    expect(examples).toContain('01 - See events, take a snapshot, move the camera');
  }, 60_000);

  it('brings its command line', () => {
    const bin = join(userDir, 'node_modules', '.bin');
    expect(readdirSync(bin)).toContain('hsp');
    expect(execFileSync(process.execPath, [join(bin, 'hsp'), '--help'], { encoding: 'utf8' })).toContain('hsp');
  });
});
