/** The file of a site, as `hsp bridge` and `hsp dashboard` read it. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { siteFrom, type SiteFile } from '../index';
import type { CliIo } from './verb';

/** @returns null where there are mistakes; each was named with its place. */
export function readSite(file: string, io: CliIo): SiteFile | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    io.err(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    return null;
  }
  const folder = dirname(resolve(file));
  const readFile = (path: string) => readFileSync(resolve(folder, path), 'utf8');
  const { site, mistakes } = siteFrom(text, { env: io.env, readFile });
  for (const { line, column, message } of mistakes) io.err(`${file}:${line}:${column}: ${message}`);
  return site;
}
