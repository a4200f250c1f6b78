/** `npm run mutation`: Stryker over codec and events. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isHelpAsked } from '../support/usage';

// From dist/test/mutation.
const root = resolve(__dirname, '../../..');
const source = join(root, 'test/mutation');
const cache = join(root, '.cache/mutation');

const USAGE = `
npm run mutation [-- FILE...]

Makes small changes to codec and events (or only to these files, for example lib/codec/xml.ts), and says which of them no test notices.
Stryker wants Node 22 or newer; both come into .cache/mutation. What has not changed since the last run is not tried again. All of it takes
hours for the first time.

Ends with 1 below 75 %.
`;

function main(files: readonly string[]): number {
  if (isHelpAsked(USAGE)) return 0;
  mkdirSync(cache, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(source, name), join(cache, name));
  // The tests run with the vitest of the project.
  const install = run('npm', ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], cache);
  if (install !== 0) return install;
  const stryker = join(cache, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const only = files.length === 0 ? [] : ['--mutate', files.join(',')];
  const node = join(cache, 'node_modules/node24/bin/node');
  return run(node, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...only], root);
}

function run(command: string, args: readonly string[], cwd: string): number {
  const result = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (result.error !== undefined) throw result.error;
  return result.status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
