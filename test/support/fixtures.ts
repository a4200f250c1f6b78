import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A document of our own from `test/fixtures`. */
export function fixture(name: string): string {
  return readFileSync(resolve(__dirname, '../fixtures', name), 'utf8');
}
