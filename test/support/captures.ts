import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder with captures of real devices beside the repository, or undefined where it is not there. */
export function capturesFolder(): string | undefined {
  // Compiled code lies one folder deeper.
  return ['../../../shared/fixtures', '../../../../shared/fixtures']
    .map((path) => resolve(__dirname, path))
    .find((folder) => existsSync(folder));
}

/** Names of the captured devices that can be asked by path, in order; none where the captures are not there. */
export function dumpNames(): string[] {
  const folder = capturesFolder();
  return (folder === undefined ? [] : readdirSync(join(folder, 'devices')))
    .filter((file) => file.endsWith('.json') && file !== 'error-responses.json' && !file.startsWith('http-exchanges'))
    .map((file) => file.replace('.json', ''))
    .sort();
}
