/** The pictures of the documents: which are linked, and which the browser tests take. Pure, but for the files it reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './tables';

/** Where the documents look for them. */
export const PICTURES = 'docs/pictures';

/** `live-page`: what stands in the documents as `pictures/live-page.png`. */
export function linkedPictures(root: string): string[] {
  const texts = documents(root).map((name) => readFileSync(join(root, name), 'utf8'));
  const links = texts.flatMap((text) => [...text.matchAll(/\]\((?:docs\/)?pictures\/([\w-]+)\.png\)/g)]);
  return [...new Set(links.map((match) => match[1] as string))].sort();
}

/** The names under which browser tests keep pictures, as far as they stand in the code. */
export function takenPictures(root: string): ReadonlySet<string> {
  const folder = join(root, 'test/browser');
  const code = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const calls = code.flatMap((text) => [...text.matchAll(/\bpicture\((?:[\w.]*page, )?'([\w-]+)'/g)]);
  return new Set(calls.map((match) => match[1] as string));
}
