/** `npm run mutation`: Stryker over codec and events. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeMarked } from '../support/marked';
import { isHelpAsked } from '../support/usage';
import { scoreTable, type MutationReport } from './scores';

// From dist/test/mutation.
const root = resolve(__dirname, '../../..');
const source = join(root, 'test/mutation');
const cache = join(root, '.cache/mutation');
const report = join(cache, 'report.json');

const USAGE = `
npm run mutation [-- FILE... | -- --write]

Makes small changes to codec and events (or only to these files, for example lib/codec/xml.ts), and says which of them no test notices.
Stryker wants Node 22 or newer; both come into .cache/mutation. What has not changed since the last run is not tried again. All of it takes
hours for the first time.

  --write   puts the scores into test/mutation/README.md

Ends with 1 below 75 %.
`;

function main(args: readonly string[]): number {
  if (isHelpAsked(USAGE)) return 0;
  const files = args.filter((word) => word !== '--write');
  const isWritten = args.includes('--write');
  if (isWritten && files.length > 0) throw new Error('the scores are written of all files of one run, or not at all');
  mkdirSync(cache, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(source, name), join(cache, name));
  // The tests run with the vitest of the project.
  const install = run('npm', ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], cache);
  if (install !== 0) return install;
  const stryker = join(cache, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const only = files.length === 0 ? [] : ['--mutate', files.join(',')];
  const node = join(cache, 'node_modules/node24/bin/node');
  // A run that breaks off must not be told by the scores of the one before.
  rmSync(report, { force: true });
  const status = run(node, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...only], root);
  if (isWritten) writeMarked(join(source, 'README.md'), 'scores', scoreTable(reported()));
  return status;
}

function reported(): MutationReport {
  return JSON.parse(readFileSync(report, 'utf8')) as MutationReport;
}

function run(command: string, args: readonly string[], cwd: string): number {
  const result = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (result.error !== undefined) throw result.error;
  return result.status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
