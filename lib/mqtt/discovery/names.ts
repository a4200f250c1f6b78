/** The names of entities, by language. */
import { de } from './names/de';
import { en, type Names } from './names/en';
import { es } from './names/es';
import { fr } from './names/fr';
import { zh } from './names/zh';

export const NAMES = { en, de, es, fr, zh } as const satisfies Record<string, Names>;

export type Language = keyof typeof NAMES;
export const LANGUAGES = Object.keys(NAMES) as readonly Language[];
export const DEFAULT_LANGUAGE: Language = 'en';

/** A language out of a configuration or an environment, `de-AT` included; English for those that we do not have. */
export function languageFrom(tag: unknown): Language {
  const wanted = typeof tag === 'string' ? tag.slice(0, 2).toLowerCase() : '';
  return LANGUAGES.find((language) => language === wanted) ?? DEFAULT_LANGUAGE;
}

/** Fills `{n}` and `{name}` in. */
export function filled(text: string, values: { readonly n?: number | string; readonly name?: string }): string {
  return text.replace('{n}', () => String(values.n ?? '')).replace('{name}', () => values.name ?? '');
}

export type { Names };
