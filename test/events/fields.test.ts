/** The three ways to the same fields. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../lib/codec/xml';
import { fieldsOfBytes, fieldsOfJson, fieldsOfTree, type EventFields } from '../../lib/events/fields';

const fromTree = (document: Buffer | string): EventFields => fieldsOfTree(parseXml(document));
const fromBytes = (document: string): EventFields | null => fieldsOfBytes(Buffer.from(document));

/** Both ways, which must agree. */
function both(document: string): EventFields {
  const tree = fromTree(document);
  const bytes = fromBytes(document);
  if (bytes !== null) expect(bytes).toEqual(tree);
  return tree;
}

const alert = (inner: string): string => `<EventNotificationAlert version="2.0">${inner}</EventNotificationAlert>`;

describe('fields of XML', () => {
  it('names without regard to case and prefix, values trimmed', () => {
    const fields = both(
      alert('<EVENTTYPE> VMD </EVENTTYPE><p:channelid>3</p:channelid><EventState>\r\nactive\r\n</EventState>'),
    );
    expect(fields).toMatchObject({
      eventType: 'VMD',
      channelID: '3',
      eventState: 'active',
      isComplete: true,
      hasMore: false,
    });
  });

  it('empty elements are absent, the first value counts', () => {
    const fields = both(
      alert(
        '<channelID/><channelID></channelID><channelID> </channelID><channelID>5</channelID><channelID>6</channelID>',
      ),
    );
    expect(fields.channelID).toBe('5');
  });

  it('addresses of the device are not read, whatever they hold', () => {
    const fields = both(
      alert(
        '<ipAddress>1</ipAddress><Extensions a="1"><eventType>IO</eventType></Extensions><eventType>VMD</eventType>',
      ),
    );
    expect(fields).toMatchObject({ eventType: 'VMD', hasMore: false });
  });

  it('anything else is more', () => {
    expect(both(alert('<eventType>VMD</eventType><other/>')).hasMore).toBe(true);
    expect(both(alert('<eventType>VMD</eventType><ANPR><x>1</x></ANPR>')).hasMore).toBe(true);
  });

  it('the time under both its names', () => {
    expect(both(alert('<triggerTime>2024-05-01T12:00:00</triggerTime>')).dateTime).toBe('2024-05-01T12:00:00');
  });

  it('the number of pictures under all its names, nested too', () => {
    for (const name of ['detectionPicturesNumber', 'picturesNumber', 'picNum', 'PicNum'])
      expect(both(alert(`<${name}>2</${name}>`)).pictureCount).toBe('2');
    expect(both(alert('<FaceInfo><picturesNumber>3</picturesNumber></FaceInfo>')).pictureCount).toBe('3');
    expect(fieldsOfJson({ FaceInfo: { picturesNumber: 3 } })?.pictureCount).toBe('3');
  });

  it('a replay that the device marks, nested too', () => {
    expect(both(alert('<isDataRetransmission>true</isDataRetransmission>')).isDataRetransmission).toBe('true');
    expect(
      both(alert('<AccessControllerEvent><currentEvent>false</currentEvent></AccessControllerEvent>')).currentEvent,
    ).toBe('false');
    expect(fieldsOfJson({ AccessControllerEvent: { currentEvent: false } })?.currentEvent).toBe('false');
  });

  it('the event that a duration relates to', () => {
    const list =
      '<DurationList><Duration/><Duration><x>1</x><RelationEvent>linedetection</RelationEvent></Duration><Duration><relationEvent>VMD</relationEvent></Duration></DurationList>';
    expect(both(alert(list)).relationEvent).toBe('linedetection');
  });

  it('regions, points and rectangles as fractions', () => {
    const fields = both(
      alert(`<DetectionRegionList>
        <DetectionRegionEntry>
          <regionID>2</regionID><sensitivityLevel>50</sensitivityLevel>
          <RegionCoordinatesList>
            <RegionCoordinates><positionX>0</positionX><positionY>1000</positionY></RegionCoordinates>
            <RegionCoordinates><X>250</X><y> 500 </y></RegionCoordinates>
            <RegionCoordinates><positionX>7</positionX></RegionCoordinates>
            <RegionCoordinates/>
          </RegionCoordinatesList>
          <detectionTarget>human</detectionTarget>
          <TargetRect><X>0.42</X><Y>0.3</Y><width>0.08</width><height>0.3</height></TargetRect>
        </DetectionRegionEntry>
        <DetectionRegionEntry><regionID>0</regionID><TargetRect><x>420</x><y>300</y><width>80</width><height>300</height></TargetRect></DetectionRegionEntry>
        <DetectionRegionEntry><regionID>3</regionID><TargetRect><x>1</x></TargetRect></DetectionRegionEntry>
        <other><regionID>9</regionID></other>
      </DetectionRegionList>`),
    );
    expect(fields.regions).toEqual([
      {
        id: 2,
        sensitivity: 50,
        points: [
          { x: 0, y: 1 },
          { x: 0.25, y: 0.5 },
        ],
        target: 'human',
        targetRect: { x: 0.42, y: 0.3, width: 0.08, height: 0.3 },
      },
      {
        id: null,
        sensitivity: null,
        points: [],
        target: null,
        targetRect: { x: 0.42, y: 0.3, width: 0.08, height: 0.3 },
      },
      { id: 3, sensitivity: null, points: [], target: null, targetRect: null },
    ]);
  });
});

describe('the short way gives up, or agrees', () => {
  const documents: Record<string, string> = {
    'a comment': alert('<!-- x --><eventType>VMD</eventType>'),
    'a comment in a value': alert('<eventType>V<!-- x -->MD</eventType>'),
    CDATA: alert('<eventType><![CDATA[VMD]]></eventType>'),
    'a comment in front': `<!-- <eventType>no</eventType> -->${alert('<eventType>VMD</eventType>')}`,
    'a > in an attribute': alert('<eventType a="1>2">VMD</eventType>'),
    'a > in an attribute in single quotes, with others behind': alert(
      `<eventType a='1>2'>VMD</eventType><x b="1">2</x>`,
    ),
    'a > in an attribute of a nested element': alert(
      '<more><x a="1>2"/><more>1</more></more><eventType>VMD</eventType>',
    ),
    'a > in an attribute of the root':
      '<EventNotificationAlert a="x>y"><eventType>VMD</eventType></EventNotificationAlert>',
    'a /> in an attribute of the root':
      '<EventNotificationAlert a="x/>y"><eventType>VMD</eventType></EventNotificationAlert>',
    'a processing instruction': alert('<?x y?><eventType>VMD</eventType>'),
    'CRLF in a value': alert('<eventType>VMD</eventType><channelName>a\r\nb\rc</channelName>'),
    'NULs in a value': alert('<eventType>VMD\0\0</eventType><channelName>\0Cam\u0001 2\0</channelName>'),
    'names that objects have': alert(
      '<eventType>&constructor;&__proto__;</eventType><constructor>1</constructor><__proto__>2</__proto__>',
    ),
    'nested elements of the same name': alert(
      '<Zone><Zone><eventType>no</eventType></Zone></Zone><eventType>VMD</eventType>',
    ),
    'a prefix like the name': '<a:a><a:eventType>VMD</a:eventType></a:a>',
    'text between elements': alert('one <eventType>VMD</eventType> two &amp; three'),
    'a value with elements': alert('<eventType>VMD<b/></eventType><channelName><x>1</x></channelName>'),
    nothing: '<EventNotificationAlert/>',
    'nothing between tags': alert(''),
    'an empty list of regions behind a full one': alert(
      '<DetectionRegionList><DetectionRegionEntry><regionID>1</regionID></DetectionRegionEntry></DetectionRegionList><DetectionRegionList/>',
    ),
    'an entry without children': alert('<DetectionRegionList><DetectionRegionEntry/></DetectionRegionList>'),
    'a byte order mark, a declaration and junk behind': `\ufeff<?xml version="1.0"?>\r\n${alert('<eventType>VMD</eventType>')}\0\0\r\n--boundary`,
  };
  for (const [name, document] of Object.entries(documents)) it(name, () => void both(document));

  it('gives up on what breaks off, and keeps what stands before with `lenient`', () => {
    const whole = alert('<eventType>VMD</eventType><channelID>3</channelID><Extensions><x>1</x></Extensions>');
    for (let size = 1; size < whole.length - 2; size++) {
      const cut = Buffer.from(whole.slice(0, size));
      const strict = fieldsOfBytes(cut);
      if (strict !== null) expect(whole.slice(0, size)).toMatch(/<\/[^<]*$/);
      const lenient = fieldsOfBytes(cut, true);
      if (size > whole.indexOf('<channelID>')) expect(lenient?.eventType).toBe('VMD');
      if (size > whole.indexOf('<Extensions>')) expect(lenient?.channelID).toBe('3');
      if (size < whole.indexOf('</EventNotificationAlert')) expect(lenient?.isComplete ?? false).toBe(false);
    }
  });
});

/* Generated documents: a list of elements, written as XML in many styles, and as JSON. */

type Value = string | Node[];
interface Node {
  readonly name: string;
  readonly value: Value;
}

const leafNames = [
  'ipAddress', 'portNo', 'macAddress', 'channelID', 'dynChannelID', 'dateTime', 'triggerTime', 'activePostCount',
  'eventType', 'eventState', 'eventDescription', 'channelName', 'inputIOPortID', 'dynInputIOPortID', 'targetType',
  'isDataRetransmission', 'currentEvent', 'detectionPicturesNumber', 'picNum', 'detectionPictureTransType', 'bkgUrl',
  'UUID', 'something', 'deviceID',
]; // prettier-ignore

const word = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '34',
    'VMD',
    'active',
    'inactive',
    'true',
    'human',
    '摄像机02',
    'Süd',
    'a & b',
    '<x>',
    '"q"',
    "it's",
    'http://x/?a=1&b=2',
    ' 5 ',
    'x]]y',
  ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
);
const number = fc.constantFrom('0', '1', '3', '50', '500', '1000', '0.25', 'x', '');
const leafOf = (...names: string[]): fc.Arbitrary<Node> => fc.record({ name: fc.constantFrom(...names), value: word });
const numberOf = (...names: string[]): fc.Arbitrary<Node> =>
  fc.record({ name: fc.constantFrom(...names), value: number });
const branchOf = (name: string, children: fc.Arbitrary<Node[]>): fc.Arbitrary<Node> =>
  children.map((value) => ({ name, value }));
const some = (...nodes: fc.Arbitrary<Node>[]): fc.Arbitrary<Node[]> =>
  fc.tuple(...nodes.map((node) => fc.option(node, { nil: null, freq: 4 }))).chain((found) =>
    fc.shuffledSubarray(
      found.filter((node) => node !== null),
      { minLength: found.filter((node) => node !== null).length },
    ),
  );

const rect = branchOf('TargetRect', some(numberOf('X'), numberOf('Y'), numberOf('width'), numberOf('height')));
const point = branchOf('RegionCoordinates', some(numberOf('positionX'), numberOf('positionY')));
const points = branchOf('RegionCoordinatesList', fc.array(point, { maxLength: 4 }));
const entry = branchOf(
  'DetectionRegionEntry',
  some(numberOf('regionID'), numberOf('sensitivityLevel'), leafOf('detectionTarget'), points, rect),
);
const regions = branchOf('DetectionRegionList', fc.array(entry, { maxLength: 3 }));
const durations = branchOf(
  'DurationList',
  fc.array(branchOf('Duration', some(leafOf('relationEvent'))), { maxLength: 2 }),
);
const extensions = branchOf('Extensions', some(leafOf('serialNumber'), leafOf('eventType')));
const nested = branchOf('FaceInfo', some(numberOf('picturesNumber'), leafOf('currentEvent'), leafOf('name')));

const event: fc.Arbitrary<Node[]> = some(
  ...leafNames.map((name) => leafOf(name)),
  regions,
  durations,
  extensions,
  nested,
);

/** Numbers that choose how each thing is written; used in order, over and over. */
const style = fc.array(fc.nat(11), { minLength: 5, maxLength: 40 });

const escapes: Record<string, string[]> = {
  '&': ['&amp;', '&#38;', '&#x26;'],
  '<': ['&lt;', '&#60;'],
  '>': ['&gt;', '>'],
  '"': ['&quot;', '"'],
  "'": ['&apos;', "'"],
};

function writeXml(nodes: Node[], choices: number[], odd: boolean): string {
  let at = 0;
  const choose = (): number => choices[at++ % choices.length] as number;
  const text = (value: string): string => {
    if (odd && choose() === 0 && !value.includes(']]>')) return `<![CDATA[${value}]]>`;
    const escaped = value.replace(/[&<>"']/g, (sign) => {
      const forms = escapes[sign] as string[];
      return forms[choose() % forms.length] as string;
    });
    return escaped.replaceAll(']]>', ']]&gt;');
  };
  const name = (given: string): string => {
    const cased = [given, given.toLowerCase(), given.toUpperCase()][Math.max(0, choose() - 9)] ?? given;
    return choose() === 0 ? `ns:${cased}` : cased;
  };
  const attributes = (): string =>
    [
      '',
      '',
      '',
      '',
      ' version="2.0"',
      ` opt='a b'`,
      '\n\txmlns="urn:x"',
      ' ',
      odd ? ' a="x>y"' : '',
      odd ? ` a='"/>'` : '',
    ][choose()] ?? '';
  const blank = (): string => ['', '\r\n', '\n', '  '][choose() % 4] ?? '';
  const comment = (): string => (odd && choose() === 1 ? '<!-- <eventType>x</eventType> -->' : '');
  const write = (node: Node): string => {
    const tag = name(node.name);
    if (node.value.length === 0 && choose() < 6) return `<${tag}${attributes()}/>`;
    const inner =
      typeof node.value === 'string'
        ? blank() + text(node.value) + blank()
        : blank() + node.value.map((child) => comment() + write(child) + blank()).join('');
    return `<${tag}${attributes()}>${inner}</${tag}${[' ', '\r\n'][choose()] ?? ''}>`;
  };
  const root = write({ name: 'EventNotificationAlert', value: nodes });
  return `${choose() < 6 ? '<?xml version="1.0" encoding="UTF-8"?>' : ''}${blank()}${root}${blank()}`;
}

const encodings: readonly ((document: string) => Buffer)[] = [
  (document) => Buffer.from(document),
  // What Latin-1 cannot hold is left out; the ü of Süd is no GBK either.
  (document) => Buffer.from(document.replace(/[^\u0000-\u00ff]/g, ''), 'latin1'), // eslint-disable-line no-control-regex
  // 门 in GBK, in the place of what only UTF-8 can hold
  (document) => {
    const ascii = document.replace(/[^\u0000-\u007f]+/g, '\u0002'); // eslint-disable-line no-control-regex
    return Buffer.from(ascii.replaceAll('\u0002', '\u00c3\u00c5'), 'latin1');
  },
];

/** JSON as devices write it: the single entry of a list may stand alone, a leaf may be a number or a truth. */
function toJson(nodes: Node[], choices: number[]): Record<string, unknown> {
  let at = 0;
  const choose = (): number => choices[at++ % choices.length] as number;
  const lists = new Map([
    ['DetectionRegionList', 'DetectionRegionEntry'],
    ['RegionCoordinatesList', 'RegionCoordinates'],
    ['DurationList', 'Duration'],
  ]);
  const valueOf = (value: Value): unknown => {
    if (typeof value !== 'string') return Object.fromEntries(value.map((child) => [child.name, ofNode(child)]));
    if (choose() > 5) return value;
    if (value === 'true') return true;
    return /^(0|[1-9]\d*|0\.\d*[1-9])$/.test(value) ? Number(value) : value;
  };
  const ofNode = (node: Node): unknown => {
    const item = lists.get(node.name);
    if (item === undefined || typeof node.value === 'string') return valueOf(node.value);
    const items = node.value.map((child) => valueOf(child.value));
    const forms: unknown[] = [items, { [item]: items }, items.map((one) => ({ [item]: one }))];
    if (items.length === 1) forms.push({ [item]: items[0] });
    return forms[choose() % forms.length];
  };
  return Object.fromEntries(nodes.map((node) => [node.name, ofNode(node)]));
}

/** Without what XML cannot carry. */
const clean = (nodes: Node[]): Node[] =>
  nodes.map(({ name, value }) => ({
    name,
    // eslint-disable-next-line no-control-regex -- characters that XML forbids
    value: typeof value === 'string' ? value.replace(/[\u0000-\u001f\u007f]/g, '') : clean(value),
  }));

describe('generated events', () => {
  it('usual ones are read the short way, and the tree gives the same', () => {
    fc.assert(
      fc.property(event, style, fc.constantFrom(...encodings), (nodes, choices, encode) => {
        const bytes = encode(writeXml(clean(nodes), choices, false));
        const tree = fromTree(bytes);
        const short = fieldsOfBytes(bytes);
        if (short === null) expect(nodes).toHaveLength(0);
        else expect(short).toEqual(tree);
      }),
      { numRuns: 1_500 },
    );
  });

  it('with comments, CDATA and > in attributes the short way gives up, or the tree gives the same', () => {
    fc.assert(
      fc.property(event, style, fc.constantFrom(...encodings), (nodes, choices, encode) => {
        const bytes = encode(writeXml(clean(nodes), choices, true));
        const short = fieldsOfBytes(bytes);
        if (short !== null) expect(short).toEqual(fromTree(bytes));
      }),
      { numRuns: 1_500 },
    );
  });

  it('JSON with the same values gives the same', () => {
    fc.assert(
      fc.property(event, style, fc.boolean(), (nodes, choices, wrapped) => {
        const sound = clean(nodes);
        const json: unknown = JSON.parse(JSON.stringify(toJson(sound, choices)));
        const fields = fieldsOfJson(wrapped ? { EventNotificationAlert: json } : json);
        expect(fields).toEqual(fromTree(writeXml(sound, choices, false)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('random bytes: fields or null, never an error', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '"',
      "'",
      '<a',
      '<a>',
      '</a>',
      '<?x?>',
      '<!--',
      '-->',
      ':',
      ' ',
      'x',
      '&#x0;',
      '&',
      '<DetectionRegionList>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, lenient) => {
        fieldsOfBytes(Buffer.from(pieces.join('')), lenient);
      }),
      { numRuns: 3_000 },
    );
  });
});
