/**
 * `npm run extras`: packages that some tests try ours with, and that the project itself does not need. Each folder beside this file
 * that holds a package.json and its lock file is installed into a folder of its own, `.cache/extras/<name>`; without it the tests that
 * use it are skipped, and say so.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

// From dist/test/extras.
const root = resolve(__dirname, '../../..');
const source = join(root, 'test/extras');

function install(name: string): number {
  const cache = join(root, '.cache/extras', name);
  mkdirSync(cache, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(source, name, file), join(cache, file));
  process.stdout.write(`${name}: installing into .cache/extras/${name}\n`);
  // No install script runs: the packages hold what they need.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: cache, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const names = readdirSync(source).filter((name) => existsSync(join(source, name, 'package-lock.json')));
process.exitCode = names.map(install).find((status) => status !== 0) ?? 0;
