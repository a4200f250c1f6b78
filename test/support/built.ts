/** The compiled project in `dist`, for tests that start it as users do. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(__dirname, '../..');

const SOURCES = ['lib', 'nodes', 'test', 'tsconfig.json', 'package.json'];
/** Written last by a build. */
const RESULT = 'dist/nodes/event-in/locales/en-US/event-in.json';

/** Builds when `dist` is missing or older than a source. @returns whether it had to. @throws with the output of a failed build. */
export function ensureBuilt(): boolean {
  const result = join(projectRoot, RESULT);
  const newest = Math.max(...SOURCES.map((source) => newestIn(join(projectRoot, source))));
  if (existsSync(result) && statSync(result).mtimeMs >= newest) return false;
  try {
    execFileSync('npm', ['run', 'build'], { cwd: projectRoot, stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`npm run build failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
  return true;
}

function newestIn(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The time of a folder tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
