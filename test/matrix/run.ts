/**
 * `npm run test:matrix`: the same tests on Node-RED 5 with Node 24. Both come from the package registry into a folder of their own:
 * the package that carries Node would otherwise put its `node` before the system's in every script.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

// From dist/test/matrix.
const root = resolve(__dirname, '../../..');
const source = join(root, 'test/matrix/nr5');
const cache = join(root, '.cache/matrix/nr5');

function main(): number {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    process.stderr.write(
      'test:matrix needs Linux on x64: the Node that comes from the package registry is built for it\n',
    );
    return 1;
  }
  mkdirSync(cache, { recursive: true });
  copyFileSync(join(source, 'package.json'), join(cache, 'package.json'));
  copyFileSync(join(source, 'package-lock.json'), join(cache, 'package-lock.json'));
  // No install script runs: the packages hold what they need.
  const install = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], cache);
  if (install !== 0) return install;

  const node = join(cache, 'node_modules/node24/bin/node');
  const nodeRed = join(cache, 'node_modules/node-red/lib/red.js');
  for (const file of [node, nodeRed]) if (!existsSync(file)) throw new Error(`${file} is missing after the install`);
  process.stdout.write(`Node-RED 5 on Node ${spawnSync(node, ['-v']).stdout.toString().trim()}\n`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return run(node, [vitest, 'run', '--config', '.config/vitest.config.mjs', ...process.argv.slice(2)], root, {
    NODE_RED: nodeRed,
    HSP_SECOND_TIME: '1',
  });
}

function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): number {
  const result = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.error !== undefined) throw result.error;
  return result.status ?? 1;
}

process.exitCode = main();
