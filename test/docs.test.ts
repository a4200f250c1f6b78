/** What is written twice is compared: the README with the code. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../lib/cli/hsp';
import { ERROR_CODES } from '../lib/index';
import * as errors from '../lib/errors';
import { TABLES, withTables } from './docs/tables';

const root = resolve(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README', () => {
  it('has every table, as the code makes it (npm run docs writes them)', () => {
    for (const name of Object.keys(TABLES)) expect(readme).toContain(`<!-- table: ${name} -->`);
    expect(withTables(readme)).toBe(readme);
  });

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|[\w:]+)\b/g)].map((match) => match[1] as string);
    const known = new Set([...Object.keys(scripts), 'ci', 'install', 'run', 'pack']);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names every verb of the command line', async () => {
    const lines: string[] = [];
    const io = {
      out: (line: string) => lines.push(line),
      err: () => undefined,
      env: {},
      signal: new AbortController().signal,
    };
    await main(['--help'], io);
    const verbs = [...lines.join('\n').matchAll(/^ {2}hsp (\w+)/gm)].map((match) => match[1] as string);
    expect(verbs.length).toBeGreaterThan(4);
    for (const verb of verbs) expect(readme).toContain(`hsp ${verb}`);
  });
});

describe('error codes', () => {
  it('are those of the classes, each documented once', () => {
    const abstract = new Set<unknown>([errors.HikvisionError, errors.RecoverableError, errors.FatalError]);
    const codes = Object.values(errors).flatMap((candidate) => {
      if (typeof candidate !== 'function' || abstract.has(candidate)) return [];
      const args = (candidate as unknown) === errors.ArgumentError ? [[]] : ['message', 0];
      const made: unknown = Reflect.construct(candidate, args);
      return made instanceof errors.HikvisionError ? [made.code] : [];
    });
    expect([...codes].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });
});
