/** The compiled project in `dist`, for tests that start it as users do. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(__dirname, '../..');

/** What the tests that use `dist` run from it. */
const SOURCES = ['lib', 'nodes', 'test/demo', 'test/support', 'test/mqtt', 'test/scale', 'tsconfig.json'];
/** Written last by a build. */
const RESULT = 'dist/nodes/mqtt/locales/en-US/mqtt.json';

const PROBLEM = 'HSP_BUILD_PROBLEM';

/** For tests that use `dist`. @throws what the build said before the tests began. */
export function requireBuilt(): void {
  const problem = process.env[PROBLEM];
  if (problem !== undefined) throw new Error(problem);
}

/**
 * Builds when `dist` is missing or older than a source. A failure is kept for {@link requireBuilt}:
 * other tests need no build. @returns whether it had to.
 */
export function ensureBuilt(): boolean {
  const result = join(projectRoot, RESULT);
  const newest = Math.max(...SOURCES.map((source) => newestIn(join(projectRoot, source))));
  if (existsSync(result) && statSync(result).mtimeMs >= newest) return false;
  try {
    execFileSync('npm', ['run', 'build'], { cwd: projectRoot, stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    process.env[PROBLEM] = `npm run build failed:\n${stdout ?? ''}${stderr ?? ''}`;
  }
  return true;
}

function newestIn(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The time of a folder tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
