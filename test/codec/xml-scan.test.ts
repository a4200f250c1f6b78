import { describe, expect, it } from 'vitest';
import { hasPlainTags, insideRoot, scanChildren, scanText, unescapeXml, valueOf } from '../../lib/codec/xml-scan';

/** What a scan tells: `name=value` of a leaf, `name{...}` of a branch, and last whether the text was usual. */
function scanned(text: string, from = 0, to = text.length): [...string[], boolean] {
  const told: string[] = [];
  const isUsual = scanChildren(text, from, to, {
    leaf: (whole, nameFrom, nameTo, at, end) =>
      void told.push(`${whole.slice(nameFrom, nameTo)}=${whole.slice(at, end)}`),
    branch: (whole, nameFrom, nameTo, at, end) =>
      void told.push(`${whole.slice(nameFrom, nameTo)}{${whole.slice(at, end)}}`),
  });
  return [...told, isUsual];
}

describe('insideRoot', () => {
  it.each([
    ['<a>x', 3],
    ['<a b="c">x', 9],
    ['  <a>x', 5],
    ['<?xml version="1.0"?><a>x', 24],
    // A second instruction, and one that holds tags.
    ['<?xml?><?p <q> ?>\n<a>x', 21],
    ['<?<a>?><b>x', 10],
    // The end of one is looked for behind its beginning.
    ['<??><a>', 7],
    ['', -1],
    ['no tag', -1],
    ['<a', -1],
    ['<a/>', -1],
    ['<a b="c"/>', -1],
    ['<!DOCTYPE a><a>', -1],
    ['<!-- c --><a>', -1],
    ['<?xml?><!-- c --><a>', -1],
    ['<?xml version="1.0"<a>', -1],
    ['<?xml?>', -1],
  ])('%j: %i', (text, position) => {
    expect(insideRoot(text)).toBe(position);
  });
});

describe('scanChildren', () => {
  it.each<[string, [...string[], boolean]]>([
    ['<a>1</a><b>2</b></r>', ['a=1', 'b=2', true]],
    ['\n <a> 1 </a>\n</r>', ['a= 1 ', true]],
    ['</r>', [true]],
    ['<a></a></r>', ['a=', true]],
    ['<a/><b />x<c d="e"/></r>', ['a=', 'b=', 'c=', true]],
    // Prefixes belong to neither name, and both tags may spell them differently.
    ['<n:a>1</n:a></r>', ['a=1', true]],
    ['<n:a>1</a></r>', ['a=1', true]],
    ['<a>1</n:a></r>', ['a=1', true]],
    ['<a>1</n:a ></r>', ['a=1', true]],
    ['<a b:c="d">1</a></r>', ['a=1', true]],
    ['<a>1</a ></r>', ['a=1', true]],
    ['<a>1</a\n></r>', ['a=1', true]],
    ['<a\tb="c">1</a></r>', ['a=1', true]],
    ['<a b="c" d=\'e\'>1</a></r>', ['a=1', true]],
    ['<a b="\'">1</a></r>', ['a=1', true]],
    // Branches, and those whose names come again within.
    ['<a><b>1</b></a></r>', ['a{<b>1</b>}', true]],
    ['<a> <b/> </a><c>2</c></r>', ['a{ <b/> }', 'c=2', true]],
    ['<a><b>a</b></a></r>', ['a{<b>a</b>}', true]],
    ['<a><ab>1</ab></a></r>', ['a{<ab>1</ab>}', true]],
    ['<a><a>1</a></a></r>', ['a{<a>1</a>}', true]],
    ['<a><a/></a><b>1</b></r>', ['a{<a/>}', 'b=1', true]],
    ['<a><b><a>1</a></b></a></r>', ['a{<b><a>1</a></b>}', true]],
    ['<a><b>1</b></a ></r>', ['a{<b>1</b>}', true]],
    ['<a><b>1</b></a\n></r>', ['a{<b>1</b>}', true]],
    ['<a><b>1</b></n:a></r>', ['a{<b>1</b>}', true]],
    ['<n:a><b>1</b></n:a><c/></r>', ['a{<b>1</b>}', 'c=', true]],
    ['<a b="c"><d e="f">1</d></a></r>', ['a{<d e="f">1</d>}', true]],
    ['<a><b>1</b><!x></a></r>', [false]],
    // What is unusual is left to the tree: with what came before it told.
    ['<a>1</a><!-- c --></r>', ['a=1', false]],
    ['<a>1</a><![CDATA[x]]></r>', ['a=1', false]],
    ['<a>1</a><?p?></r>', ['a=1', false]],
    ['<a><![CDATA[1]]></a></r>', [false]],
    ['<a><b><!-- </a> --></b></a></r>', [false]],
    ['<a><b/>a<!-- c --></a></r>', [false]],
    ['<a><b/><ab/><?p?></a></r>', [false]],
    ['<a><ab b=">"/></a></r>', [false]],
    ['<a b=">">1</a></r>', [false]],
    ["<a b='>'>1</a></r>", [false]],
    // What is broken.
    ['', [false]],
    ['x', [false]],
    ['<a>1', [false]],
    ['<a>1</b></r>', [false]],
    ['<a>1</ab></r>', [false]],
    ['<ab>1</a></r>', [false]],
    ['<a>1</ab:c></r>', [false]],
    ['<a>1</n:b></r>', [false]],
    ['<a>1</n></x:a></r>', [false]],
    ['<a>1</x></r:a>', [false]],
    ['<a', [false]],
    ['<a b="c"', [false]],
    ['<a><b>1</b>', [false]],
    ['<a><b>1</b></c></r>', [false]],
    ['<a><b>1</b></ab></r>', [false]],
    ['<a><b', [false]],
    ['<a><ab', [false]],
    ['<a>1</a><b>2</b>', ['a=1', 'b=2', false]],
  ])('%j: %j', (text, told) => {
    expect(scanned(text)).toEqual(told);
  });

  it('begins where it is told to', () => {
    expect(scanned('<z>0</z><a>1</a></r>', 8)).toEqual(['a=1', true]);
  });

  it('reads no child whose closing tag begins behind the end of its part', () => {
    const text = '<a>1</a><b><c/></b>    </r>';
    const told = (to: number) => {
      const children = ['a=1', 'b{<c/>}'].slice(0, to <= 4 ? 0 : to <= 15 ? 1 : 2);
      return [...children, to > 23];
    };
    for (let to = 0; to <= text.length; to++) expect(scanned(text, 0, to), `to ${to}`).toEqual(told(to));
  });
});

describe('hasPlainTags', () => {
  it.each([
    ['<a>1</a>', true],
    ['<a b="c">1</a>', true],
    ["<a b='c'>1</a>", true],
    ['<a b=">">1</a>', false],
    ["<a b='>'>1</a>", false],
    // A quote in a text opens nothing.
    ['<a>"</a>', true],
    ["<a>it's</a><b>2</b>", true],
    ['<a>"</a><b c=">"/>', false],
    ['<a>"</a><b', false],
    ['"', true],
    ['', true],
  ])('%j: %s', (text, isPlain) => {
    expect(hasPlainTags(text, 0, text.length)).toBe(isPlain);
  });

  it('looks at nothing outside of its part', () => {
    const text = '<x y=">"/><a>1</a><x y=\'>\'/>';
    expect(hasPlainTags(text, 10, 18)).toBe(true);
    expect(hasPlainTags(text, 10, text.length)).toBe(false);
    expect(hasPlainTags(text, 0, 10)).toBe(false);
    expect(hasPlainTags('<a b=">"/>', 3, 4)).toBe(true);
    // A quote that stands just behind is not within.
    expect(hasPlainTags('<a>"<b c="', 0, 3)).toBe(true);
    expect(hasPlainTags("<a>'<b c='", 0, 3)).toBe(true);
    expect(hasPlainTags('<a b="c"><d e=">"/>', 0, 9)).toBe(true);
  });
});

describe('values', () => {
  it.each([
    ['1', '1'],
    [' a b ', 'a b'],
    ['\n\ta\r\n b\rc\n', 'a\n b\nc'],
    ['a\u0000b\u0008\u000b\u000c\u000e\u001fc', 'abc'],
    ['&amp;&lt;&gt;&quot;&apos;', '&<>"\''],
    ['&amp;lt;', '&lt;'],
    ['&#65;&#x42;&#X43;', 'ABC'],
    [' &#32; ', ''],
    ['', ''],
  ])('%j is %j', (text, value) => {
    expect(valueOf(`<${text}>`, 1, text.length + 1)).toBe(value);
  });

  it('cuts a value out of its text, whatever stands around it', () => {
    expect(valueOf('&amp;ab&amp;', 5, 7)).toBe('ab');
    expect(valueOf('ab&', 0, 2)).toBe('ab');
    expect(valueOf('a&amp;', 0, 6)).toBe('a&');
  });

  it.each([
    ['&nbsp;', '&nbsp;'],
    ['&amp', '&amp'],
    ['&#0;', '&#0;'],
    ['&#1114111;', '\u{10ffff}'],
    ['&#x10FFFF;', '\u{10ffff}'],
    ['&#1114112;', '&#1114112;'],
    ['&#x110000;', '&#x110000;'],
    ['&#12345678;', '&#12345678;'],
    ['&#x1;', '\u0001'],
    ['&#;', '&#;'],
    ['&toString;', '&toString;'],
  ])('the reference %j gives %j', (text, value) => {
    expect(unescapeXml(text)).toBe(value);
  });

  it('decodes bytes once: UTF-8 where they are, as they stand where not', () => {
    expect(scanText(Buffer.from('<a>Tür</a>'))).toBe('<a>Tür</a>');
    expect(scanText(Buffer.from('<a>door</a>'))).toBe('<a>door</a>');
  });
});
