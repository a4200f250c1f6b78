/** Places in documents that a program fills with what it has measured: `<!-- NAME: who writes it -->` ... `<!-- end of NAME -->`. */
import { readFileSync, writeFileSync } from 'node:fs';

/** The text with other lines at a place. @throws where it has no such place. */
export function marked(text: string, name: string, lines: string): string {
  const begin = text.indexOf(`<!-- ${name}: `);
  const from = begin < 0 ? -1 : text.indexOf('-->', begin) + 3;
  const end = text.indexOf(`<!-- end of ${name} -->`);
  if (from < 3 || end < from) throw new Error(`the document has no place for ${name}`);
  return `${text.slice(0, from)}\n\n${lines}\n\n${text.slice(end)}`;
}

export function writeMarked(file: string, name: string, lines: string): void {
  writeFileSync(file, marked(readFileSync(file, 'utf8'), name, lines));
}

/** Cells as a table of Markdown; the first row is its head. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...others] = rows;
  return [head, head.map(() => '---'), ...others].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
