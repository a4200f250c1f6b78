import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The folder with captures of real devices beside the repository, or undefined where it is not there. */
export function capturesFolder(): string | undefined {
  const folder = resolve(__dirname, '../../../shared/fixtures');
  return existsSync(folder) ? folder : undefined;
}
