/** What is written twice is compared: the README with the code. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../lib/cli/hsp';
import { commandList, ERROR_CODES, registry } from '../lib/index';
import * as errors from '../lib/errors';
import { linkedPictures, PICTURES, takenPictures } from './docs/linked-pictures';
import { documents, TABLES, withTables } from './docs/tables';

const root = resolve(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

const texts = new Map(documents(root).map((name) => [name, readFileSync(join(root, name), 'utf8')]));

describe('the documents', () => {
  it('have every table once, as the code makes it (npm run docs writes them)', () => {
    const all = [...texts.values()].join('\n');
    for (const name of Object.keys(TABLES)) expect(all.split(`<!-- table: ${name} -->`)).toHaveLength(2);
    for (const text of texts.values()) expect(withTables(root, text)).toBe(text);
  });

  it('lead only to files and headings that are there', () => {
    const broken = [...texts].flatMap(([name, text]) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] as string)
        .filter((target) => !/^[a-z]+:/.test(target) && !leads(name, target))
        .map((target) => `${name}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('show pictures that the browser tests take (npm run pictures), and no large ones', () => {
    const linked = linkedPictures(root);
    expect(linked.length).toBeGreaterThan(5);
    const taken = takenPictures(root);
    expect(linked.filter((name) => !taken.has(name))).toEqual([]);
    const folder = join(root, PICTURES);
    expect(readdirSync(folder).sort()).toEqual(linked.map((name) => `${name}.png`));
    for (const name of linked) expect(statSync(join(folder, `${name}.png`)).size).toBeLessThan(200_000);
  });

  it('name only commands that there are', () => {
    const known = new Set<string>(commandList().map(({ name }) => name));
    const families = Object.keys(registry).join('|');
    const named = [...texts].flatMap(([file, text]) =>
      [...text.matchAll(new RegExp(`\\b(?:${families})\\.[a-z]\\w+\\b(?!\\.)`, 'g'))].map(([name]) => ({ file, name })),
    );
    expect(named.length).toBeGreaterThan(200);
    expect(named.filter(({ name }) => !known.has(name) && !NOT_COMMANDS.has(name))).toEqual([]);
  });
});

/** Words with a dot that stand in the documents and are no commands. */
const NOT_COMMANDS: ReadonlySet<string> = new Set(['event.kind', 'event.state', 'event.channel']);

/** A file, or a heading in one, as GitHub makes anchors of headings. */
function leads(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, from) : resolve(root, dirname(from), path);
  if (!existsSync(file)) return false;
  if (anchor === undefined) return true;
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
  return headings.includes(anchor);
}

describe('README', () => {
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
