import { describe, expect, it } from 'vitest';
import { marked, tableOf } from './marked';

const DOCUMENT = 'before\n\n<!-- a: written by b -->\n\nold\n\n<!-- end of a -->\n\nafter\n';

describe('places in documents that programs fill', () => {
  it('keeps what stands around them, and is the same the second time', () => {
    const once = marked(DOCUMENT, 'a', 'new');
    expect(once).toBe('before\n\n<!-- a: written by b -->\n\nnew\n\n<!-- end of a -->\n\nafter\n');
    expect(marked(once, 'a', 'new')).toBe(once);
  });

  it('refuses a document without the place, or with half of it', () => {
    expect(() => marked(DOCUMENT, 'b', 'new')).toThrow('no place for b');
    expect(() => marked(DOCUMENT.replace('<!-- end of a -->', ''), 'a', 'new')).toThrow('no place for a');
    expect(() => marked('<!-- end of a -->\n<!-- a: x -->', 'a', 'new')).toThrow('no place for a');
  });

  it('makes tables of Markdown', () => {
    expect(
      tableOf([
        ['x', 'y'],
        ['1', '2'],
      ]),
    ).toBe('| x | y |\n| --- | --- |\n| 1 | 2 |');
  });
});
