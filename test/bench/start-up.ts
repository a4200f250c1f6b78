/** How long it takes to be there, each time in a new process: the library, the nodes, the command line. The floor is Node.js itself. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, type Figure } from './figure';

// From dist/test/bench.
const DIST = join(__dirname, '../..');

export async function benchStartUp(rounds: number): Promise<Figure[]> {
  const nodes = readdirSync(join(DIST, 'nodes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
    .map(({ name }) => join(DIST, 'nodes', name, `${name}.js`));
  const programs = {
    library: ['-e', requires([join(DIST, 'lib/index.js')])],
    nodes: ['-e', requires(nodes)],
    cli: [join(DIST, 'lib/cli/hsp.js'), '--help'],
    empty: ['-e', '0'],
  } as const;
  const names = Object.keys(programs) as (keyof typeof programs)[];
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const startedMs = performance.now();
      await promisify(execFile)(process.execPath, programs[name]);
      // The first one reads the files from the disk.
      if (round > 0) times.get(name)?.push(performance.now() - startedMs);
    }
  }
  const timeOf = (name: keyof typeof programs) => median(times.get(name) ?? []);
  const figure = (name: string, about: string, ours: number): Figure => ({
    name,
    about,
    unit: 'ms',
    ours,
    peer: null,
    peerName: null,
    floor: timeOf('empty'),
    floorName: 'an empty Node.js process',
    aimToPeer: null,
    isLowerBetter: true,
  });
  return [
    figure('start.library', 'a process that requires the library', timeOf('library')),
    figure('start.nodes', `a process that requires the ${nodes.length} nodes`, timeOf('nodes')),
    figure('start.cli', 'hsp --help', timeOf('cli')),
  ];
}

function requires(files: readonly string[]): string {
  return files.map((file) => `require(${JSON.stringify(file)})`).join(';');
}
