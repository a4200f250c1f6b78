/** Every language says everything: the same keys, the same placeholders, the help of the same properties, called as the dialog calls them. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** What the help lists: the names before their types and texts. */
const propertiesOf = (help: string) =>
  [...help.matchAll(/^: (.+?) : /gm)].map((match) => (match[1] as string).replace(/ \([^)]*\)/g, ''));

/** Where Node-RED has the translations of its own labels. */
const NODE_RED_LOCALES = { de: 'de', es: 'es-ES', fr: 'fr', 'zh-CN': 'zh-CN' } as const;

/** What the dialog calls its fields, by the English label; Node-RED translates `Name`. */
function labelsOf(folder: string, language: (typeof OTHERS)[number]): ReadonlyMap<string, string> {
  const english = textsOf(folder, ENGLISH);
  const translated = textsOf(folder, language);
  const ours = [...english].filter(([key]) => key.includes('.label.'));
  const { common } = createRequire(__filename)(
    `@node-red/nodes/locales/${NODE_RED_LOCALES[language]}/messages.json`,
  ) as { common: { label: { name: string } } };
  return new Map([
    ['Name', common.label.name],
    ...ours.map(([key, text]) => [text, translated.get(key) ?? ''] as const),
  ]);
}

/** A label, or several of them in a row; a name that is no label stays. */
const inDialog = (name: string, labels: ReadonlyMap<string, string>) =>
  labels.get(name) ??
  name
    .split(', ')
    .map((each) => labels.get(each) ?? each)
    .join(', ');

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
      headings: [...text.matchAll(/^(#+) /gm)].map((match) => match[1]),
      code: [...text.matchAll(/`[^`]+`/g)].map(([code]) => code).sort(),
    });
    const english = read(folder, 'help.md', ENGLISH);
    const translated = read(folder, 'help.md', language);
    expect(shape(translated)).toEqual(shape(english));
    // A property of a message is called the same everywhere, a field as the dialog calls it in this language.
    const labels = labelsOf(folder, language);
    expect(propertiesOf(translated)).toEqual(propertiesOf(english).map((name) => inDialog(name, labels)));
  });

  it('is another language', () => {
    const english = FOLDERS.flatMap((folder) => [...textsOf(folder, ENGLISH).values()]);
    const translated = FOLDERS.flatMap((folder) => [...textsOf(folder, language).values()]);
    const same = translated.filter((text, index) => text === english[index]);
    expect(same.length).toBeLessThan(english.length / 5);
  });
});
