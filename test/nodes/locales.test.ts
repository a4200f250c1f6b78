/** Every language says everything: the same keys, the same placeholders, the same properties in the help. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENGLISH, LANGUAGES } from '../../nodes/shared/languages';

const nodes = resolve(__dirname, '../../nodes');
const FOLDERS = ['shared', 'config', 'connect', 'command', 'event-in', 'mqtt'];
const OTHERS = LANGUAGES.filter((language) => language !== ENGLISH);

type Texts = { readonly [key: string]: string | Texts };

/** Texts by their path, `hsp-config.label.host`. */
function flat(texts: Texts, path: readonly string[] = []): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[[...path, key].join('.'), value]] : flat(value, [...path, key]),
  );
}

const read = (folder: string, file: string, language: string) =>
  readFileSync(join(nodes, folder, ...(language === ENGLISH ? [] : ['locales', language]), file), 'utf8');
const textsOf = (folder: string, language: string) =>
  new Map(flat(JSON.parse(read(folder, 'locale.json', language)) as Texts));
const placeholders = (text: string) => [...text.matchAll(/__\w+?__/g)].map(([name]) => name).sort();

describe.each(OTHERS)('%s', (language) => {
  it.each(FOLDERS)('has every text of %s', (folder) => {
    const english = textsOf(folder, ENGLISH);
    const translated = textsOf(folder, language);
    expect([...translated.keys()]).toEqual([...english.keys()]);
    for (const [key, text] of english) {
      const other = translated.get(key) ?? '';
      expect([key, placeholders(other)]).toEqual([key, placeholders(text)]);
      expect([key, other.trim() === '']).toEqual([key, text.trim() === '']);
    }
  });

  it.each(FOLDERS.filter((folder) => existsSync(join(nodes, folder, 'help.md'))))('has the help of %s', (folder) => {
    // Names, code and headings are in the same order; only the words are others.
    const shape = (text: string) => ({
      properties: [...text.matchAll(/^: ([*_]?[^(:]+?[*_]?) (?:\(|:)/gm)].map((match) => match[1]),
      headings: [...text.matchAll(/^(#+) /gm)].map((match) => match[1]),
      code: [...text.matchAll(/`[^`]+`/g)].map(([code]) => code).sort(),
    });
    expect(shape(read(folder, 'help.md', language))).toEqual(shape(read(folder, 'help.md', ENGLISH)));
  });

  it('is another language', () => {
    const english = FOLDERS.flatMap((folder) => [...textsOf(folder, ENGLISH).values()]);
    const translated = FOLDERS.flatMap((folder) => [...textsOf(folder, language).values()]);
    const same = translated.filter((text, index) => text === english[index]);
    expect(same.length).toBeLessThan(english.length / 5);
  });
});
