/** Imports run one way. The order is data: a module may import from its own layer and from the layers named behind it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(__dirname, '..');

const GROUND = ['errors', 'settings', 'clock'];

/** layer: what it may import. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  settings: [],
  clock: [],
  // Files of the caller, handed in like the time.
  files: ['errors', 'settings'],
  // Written by dialogs in the browser too, so it needs nothing.
  'call-line': [],
  codec: GROUND,
  events: [...GROUND, 'codec'],
  // The kind of a trigger is the kind of its events.
  commands: [...GROUND, 'codec', 'events'],
  // Messages are made from events and commands; who has the broker hands in what it needs.
  mqtt: [...GROUND, 'codec', 'commands', 'events'],
  transport: [...GROUND, 'codec', 'files'],
  session: [...GROUND, 'codec', 'commands', 'events', 'transport'],
  dispatch: [...GROUND, 'codec', 'commands', 'files', 'transport', 'session'],
  client: [...GROUND, 'codec', 'commands', 'events', 'files', 'transport', 'session', 'dispatch'],
  // Asks a device with a client of its own, for a person who looks on; what needs no password it asks the ports themselves.
  examination: [...GROUND, 'codec', 'commands', 'session', 'transport', 'client'],
  // The broker's connection and the journal's files; it drives clients.
  publisher: [...GROUND, 'codec', 'commands', 'events', 'mqtt', 'transport', 'session', 'client'],
  // What the outside may use is gathered from everywhere below.
  index: [
    ...GROUND,
    'codec',
    'commands',
    'events',
    'files',
    'transport',
    'session',
    'dispatch',
    'client',
    'examination',
    'mqtt',
    'publisher',
  ],
  // A device is written from the same tables, never from the code that talks to one.
  simulator: [...GROUND, 'codec', 'commands', 'events'],
  // A server with a page that shows what clients tell; nobody outside needs it but the command line.
  dashboard: [...GROUND, 'codec', 'events', 'mqtt', 'index'],
  cli: [...GROUND, 'call-line', 'codec', 'events', 'index', 'dashboard', 'simulator'],
  nodes: ['call-line', 'index'],
};

/** Only these may open sockets or files, and only these may look at the real time. */
const PURE = ['errors', 'settings', 'call-line', 'codec', 'commands', 'events', 'mqtt'];
const RIM_MODULES = [
  'net',
  'tls',
  'http',
  'https',
  'dgram',
  'fs',
  'fs/promises',
  'child_process',
  'timers',
  'dns',
  'mqtt',
];

interface Import {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [
    ...text.matchAll(/^\s*(?:import|export)[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm),
  ].map((match) => (match[1] ?? match[2]) as string);
}

/** `lib/codec/xml.ts` and `lib/client.ts` are of the layers codec and client; `nodes/...` is one layer. */
function layerOf(file: string): string {
  const parts = relative(ROOT, resolve(ROOT, file)).split('/');
  return parts[0] === 'nodes' ? 'nodes' : (parts[1] as string).replace(/\.ts$/, '');
}

const files = [...sources('lib'), ...sources('nodes').filter((file) => file !== 'nodes/build.ts')];

const between: Import[] = files.flatMap((file) =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => ({ from: file, to: relative(ROOT, resolve(ROOT, dirname(file), target)) }))
    .filter(({ from, to }) => layerOf(from) !== layerOf(to)),
);

describe('layers', () => {
  it('reads the whole tree', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(between.length).toBeGreaterThan(100);
    expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in LAYERS))).toEqual([]);
  });

  it('import one way', () => {
    const wrong = between.filter(({ from, to }) => !(LAYERS[layerOf(from)] ?? []).includes(layerOf(to)));
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('keep sockets, files and timers at the rim', () => {
    const wrong = files
      .filter((file) => PURE.includes(layerOf(file)))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => RIM_MODULES.includes(target.replace(/^node:/, '')))
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('take the time from the clock that is handed in', () => {
    const wrong = files
      .filter((file) => file.startsWith('lib/') && file !== 'lib/clock.ts' && layerOf(file) !== 'cli')
      // It runs in a browser, which has nobody to hand a clock in.
      .filter((file) => !file.startsWith('lib/dashboard/page/'))
      .filter((file) =>
        /(?<![.\w])(?:setTimeout|setInterval|Date\.now|performance\.now)\s*\(/.test(
          readFileSync(join(ROOT, file), 'utf8'),
        ),
      );
    expect(wrong).toEqual([]);
  });
});
