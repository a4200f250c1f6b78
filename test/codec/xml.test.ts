import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  all,
  booleanAt,
  element,
  escapeXml,
  find,
  formatXml,
  numberAt,
  parseXml,
  setText,
  textAt,
  toPlain,
  type XmlElement,
} from '../../lib/codec/xml';
import { unescapeXml } from '../../lib/codec/xml-scan';
import { ProtocolError } from '../../lib/errors';
import { XML_MAX_DEPTH, XML_MAX_ELEMENTS, XML_MAX_LENGTH } from '../../lib/settings';

const text = (document: string): string => parseXml(document).text;

describe('parseXml is lenient where devices are careless', () => {
  const documents: Record<string, readonly [document: string | Buffer, text: string]> = {
    'no declaration': ['<a>1</a>', '1'],
    'a declaration with another encoding than the bytes have': [
      Buffer.from('<?xml version="1.0" encoding="GB2312"?><a>门</a>'),
      '门',
    ],
    'bytes of GBK under a declaration of UTF-8': [
      Buffer.concat([
        Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>'),
        Buffer.from([0xb4, 0xf3]),
        Buffer.from('</a>'),
      ]),
      '大',
    ],
    'a byte order mark': ['\ufeff<a>1</a>', '1'],
    'blanks and text in front': ['\r\n junk <a>1</a>', '1'],
    'a doubled declaration': ['<?xml version="1.0"?>\n<?xml version="1.0"?><a>1</a>', '1'],
    'NULs behind the root': ['<a>1</a>\0\0\0', '1'],
    'junk behind the root': ['<a>1</a>\r\n--boundary\r\nmore & <b>', '1'],
    'a closing tag with a blank': ['<a>1</a >', '1'],
    'a bare &': ['<a>Tom & Jerry && co &</a>', 'Tom & Jerry && co &'],
    'a bare & in an address': ['<a>http://x/?name=1&size=2</a>', 'http://x/?name=1&size=2'],
    'control characters': ['<a>Cam\0\0\u0001</a>', 'Cam'],
    'a prefix that was never declared': ['<hik:a>1</hik:a>', '1'],
    CDATA: ['<a><![CDATA[<b> & ]]>2</a>', '<b> & 2'],
    'a comment': ['<!-- one --><a>1<!-- two -->2</a><!-- three -->', '12'],
    'CRLF within a value': ['<a>1\r\n2</a>', '1\n2'],
    'blanks around a value': ['<a>\r\n\t 244.175781 \r\n</a>', '244.175781'],
    'an empty element': ['<a/>', ''],
  };
  for (const [name, [document, value]] of Object.entries(documents)) {
    it(name, () => {
      const root = parseXml(document);
      expect(root.name).toBe('a');
      expect(root.text).toBe(value);
    });
  }

  it('keeps text of an element apart from that of its children', () => {
    const root = parseXml('<a> one <b>two</b> three </a>');
    expect(root.text).toBe('one  three');
    expect(textAt(root, 'b')).toBe('two');
  });

  it('values stay strings', () => {
    expect(text('<licensePlate>0123456</licensePlate>')).toBe('0123456');
    expect(text('<a>1e3</a>')).toBe('1e3');
  });
});

describe('entities', () => {
  const entities: readonly (readonly [string, string])[] = [
    ['&lt;&gt;&amp;&quot;&apos;', '<>&"\''],
    ['&#65;&#x42;&#X43;', 'ABC'],
    ['&#128512;', '😀'],
    ['&amp;lt;', '&lt;'],
    // Nothing else is expanded.
    ['&nbsp;', '&nbsp;'],
    ['&unknown;', '&unknown;'],
    ['&__proto__;', '&__proto__;'],
    ['&constructor;', '&constructor;'],
  ];
  for (const [written, read] of entities) {
    if (written !== '&#X43;' && !written.includes('#X'))
      it(`${written} in a document`, () => expect(text(`<a>${written}</a>`)).toBe(read));
    it(`${written} on the short way`, () => expect(unescapeXml(written)).toBe(read));
  }

  it('numbers that are no characters stay as they are on the short way', () => {
    expect(unescapeXml('&#0;&#1114112;&#x110000;&#;&;&amp')).toBe('&#0;&#1114112;&#x110000;&#;&;&amp');
  });

  const bombs = [
    '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>',
    '<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&b;</a>',
    '<!doctype html><a>1</a>',
    '<!-- hidden --><!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>',
  ];
  for (const bomb of bombs) {
    it(`a document type is refused: ${bomb.slice(0, 40)}`, () => {
      expect(() => parseXml(bomb)).toThrow(ProtocolError);
    });
  }
});

describe('what is no document is a ProtocolError', () => {
  const broken = [
    '',
    '   ',
    'plain text',
    '{"a":1}',
    '<',
    '<?xml version="1.0"?>',
    '<?xml version="1.0"',
    '<a>',
    '<a><b></a>',
    '<a></b>',
    '<a b=1></a>',
    '<a b="1></a>',
    '<a><b</a>',
    '<a>1</a',
    '< a>1</a>',
    '<a>&#xD800;</a>',
  ];
  for (const document of broken)
    it(JSON.stringify(document), () => expect(() => parseXml(document)).toThrow(ProtocolError));
});

describe('bounds', () => {
  it(`${XML_MAX_DEPTH} levels and no more`, () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(parseXml(nested(XML_MAX_DEPTH)).name).toBe('a');
    expect(() => parseXml(nested(XML_MAX_DEPTH + 1))).toThrow(/nested deeper/);
    expect(() => parseXml('<a>'.repeat(500_000))).toThrow(ProtocolError);
  });

  it(`${XML_MAX_ELEMENTS} elements and no more`, () => {
    const wide = (count: number): string => `<a>${'<b/>'.repeat(count - 1)}</a>`;
    expect(parseXml(wide(XML_MAX_ELEMENTS)).children).toHaveLength(XML_MAX_ELEMENTS - 1);
    expect(() => parseXml(wide(XML_MAX_ELEMENTS + 1))).toThrow(/elements/);
  });

  it('a length that is too much is not even looked at', () => {
    expect(() => parseXml(`<a>${'x'.repeat(XML_MAX_LENGTH)}</a>`)).toThrow(/at most/);
  });
});

describe('names that objects have anyway', () => {
  const document =
    '<__proto__ toString="1"><constructor>2</constructor><__proto__>3</__proto__><hasOwnProperty/></__proto__>';

  it('are names like any other', () => {
    const root = parseXml(document);
    expect(root.name).toBe('__proto__');
    expect(Object.entries(root.attributes)).toEqual([['toString', '1']]);
    expect(textAt(root, 'constructor')).toBe('2');
    const plain = toPlain(root) as Record<string, unknown>;
    // But for the one that changes what a copy is.
    expect(Object.keys(plain).sort()).toEqual(['@toString', 'constructor', 'hasOwnProperty']);
    expect(JSON.parse(JSON.stringify(plain))).toBeTruthy();
  });
});

describe('reading', () => {
  const root = parseXml(
    '<List size="3"><Item><id>1</id><on>TRUE</on></Item><item><ID> 2</ID><on>0</on></item><Other/><n>a</n><N>b</N></List>',
  );

  it('finds without regard to case, the first one first', () => {
    expect(textAt(root, 'item/id')).toBe('1');
    expect(all(root, 'ITEM')).toHaveLength(2);
    expect(textAt(root, 'n')).toBe('a');
    expect(find(root, 'item/id/none')).toBeUndefined();
    expect(textAt(root, 'other')).toBeNull();
    expect(textAt(undefined, 'other')).toBeNull();
    expect(all(undefined, 'other')).toEqual([]);
  });

  it('reads numbers and truths, or null', () => {
    expect(numberAt(all(root, 'item')[1], 'id')).toBe(2);
    expect(numberAt(root, 'n')).toBeNull();
    expect(numberAt(root, 'other')).toBeNull();
    expect(all(root, 'item').map((item) => booleanAt(item, 'on'))).toEqual([true, false]);
    for (const [written, truth] of [
      ['yes', true],
      [' on ', true],
      ['1', true],
      ['No', false],
      ['off', false],
      ['flase', false],
      ['maybe', null],
    ] as const)
      expect(booleanAt(parseXml(`<a><b>${written}</b></a>`), 'b')).toBe(truth);
  });

  it('a plain picture: leaf, branch, list, attributes', () => {
    const plain = toPlain(parseXml('<a xmlns="u" xmlns:p="v" id="7"><b>1</b><c x="y">2</c><d/><b>3</b><b/></a>'));
    expect(JSON.parse(JSON.stringify(plain))).toEqual({
      '@id': '7',
      b: ['1', '3', ''],
      c: { '@x': 'y', '#text': '2' },
      d: '',
    });
  });
});

describe('read, change, write', () => {
  const source = `<?xml version="1.0" encoding="UTF-8"?>
<MotionDetection version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<enabled>false</enabled>
<Grid><rowGranularity opt="18,36">18</rowGranularity></Grid>
<name>A &amp; B &lt;C&gt;</name>
<Extensions xmlns="urn:psialliance-org" p:x="1"><p:y>2</p:y></Extensions>
<empty/>
<repeated>1</repeated><repeated>2</repeated>
</MotionDetection>`;

  it('keeps order, attributes, namespaces and what it does not know', () => {
    const root = parseXml(source);
    setText(root, 'Enabled', true);
    const written = formatXml(root);
    expect(written).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n` +
        `<MotionDetection version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">` +
        `<enabled>true</enabled>` +
        `<Grid><rowGranularity opt="18,36">18</rowGranularity></Grid>` +
        `<name>A &amp; B &lt;C&gt;</name>` +
        `<Extensions xmlns="urn:psialliance-org" p:x="1"><y>2</y></Extensions>` +
        `<empty></empty><repeated>1</repeated><repeated>2</repeated>` +
        `</MotionDetection>\n`,
    );
  });

  it('adds what is missing at the end', () => {
    const root = parseXml('<a><b/></a>');
    setText(root, 'b/c/d', 5);
    setText(root, 'e', 'x & y');
    expect(formatXml(root)).toContain('<a><b><c><d>5</d></c></b><e>x &amp; y</e></a>');
  });

  it('escapes everything that needs it', () => {
    expect(escapeXml(`<a href="x">'&'</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;');
  });

  // What XML can carry; a value has no blanks at its ends.
  const value = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    // eslint-disable-next-line no-control-regex -- characters that XML forbids
    .map((written) => written.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '').trim());
  const name = fc.constantFrom('a', 'B', 'channelID', '__proto__', 'constructor', 'x-y.z', 'Größe');
  const oneLine = value.map((written) => written.replace(/\s/g, ' '));
  const attributes = fc.dictionary(fc.constantFrom('version', 'xmlns', 'opt', 'size'), oneLine, { maxKeys: 3 });
  const treeOf = (children: fc.Arbitrary<XmlElement[]>): fc.Arbitrary<XmlElement> =>
    fc.record({ name, attributes, text: value, children });
  const leaf = treeOf(fc.constant([]));
  const tree = treeOf(
    fc.array(treeOf(fc.array(fc.oneof(leaf, treeOf(fc.array(leaf, { maxLength: 2 }))), { maxLength: 4 })), {
      maxLength: 4,
    }),
  );
  const comparable = (from: XmlElement): unknown => ({
    name: from.name,
    attributes: Object.entries(from.attributes),
    text: from.text,
    children: from.children.map(comparable),
  });

  it('what is written is read back the same, whatever it is', () => {
    fc.assert(
      fc.property(tree, (root) => {
        expect(comparable(parseXml(formatXml(root)))).toEqual(comparable(root));
      }),
    );
  });

  it('`element` builds what is read', () => {
    const built = element('a', [element('b', 1), element('c', true, { opt: 'x' }), element('d')]);
    expect(comparable(parseXml(formatXml(built)))).toEqual(comparable(built));
  });
});

describe('whatever the input', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<b x="1">',
    '</b>',
    '<c/>',
    '&amp;',
    '&',
    '&#1;',
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?',
    '?>',
    '"',
    'text',
    '\0',
    '</a',
    '<a',
  );

  it('a tree or a ProtocolError', () => {
    const input = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 20 }).map((pieces) => `<a>${pieces.join('')}</a>`),
      fc.uint8Array({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(input, (document) => {
        try {
          expect(parseXml(document).name).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
