/** The version of this package, for those who look at the broker. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let known: string | undefined;

export function packageVersion(): string {
  return (known ??= read(__dirname));
}

/** The next `package.json` above: compiled and not compiled code lie at different depths. */
function read(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version ?? 'unknown';
  const above = dirname(folder);
  return above === folder ? 'unknown' : read(above);
}
