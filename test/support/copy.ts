/** Copies of this project to pack from. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from './built';

/**
 * The project without its scripts: npm 10 runs `prepare` in spite of `--ignore-scripts`, and would build `dist` anew under the feet
 * of the tests that run beside this one.
 */
export function copyWithoutScripts(into: string): string {
  const copy = join(into, 'project');
  cpSync(projectRoot, copy, {
    recursive: true,
    filter: (path) => !['node_modules', '.git', '.cache', 'coverage'].includes(basename(path)),
  });
  const { scripts, ...rest } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as Record<string, unknown>;
  if (typeof scripts !== 'object' || scripts === null || !('prepare' in scripts))
    throw new Error('no script to leave out');
  writeFileSync(join(copy, 'package.json'), JSON.stringify(rest, null, 2));
  return copy;
}
