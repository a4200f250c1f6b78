import { describe, expect, it } from 'vitest';
import {
  jsonAt,
  jsonBoolean,
  jsonList,
  jsonNumber,
  jsonText,
  member,
  objectOf,
  parseJson,
  scalar,
  tame,
} from '../../lib/codec/json';
import { ProtocolError } from '../../lib/errors';
import { JSON_MAX_DEPTH } from '../../lib/settings';
import { hex } from '../support/hex';

const parse = (text: string) => parseJson(Buffer.from(text));
const nested = (depth: number) => parse('['.repeat(depth) + ']'.repeat(depth));

describe('a JSON document', () => {
  it('may be in GBK, and have NULs behind it', () => {
    // {"n":"大门"} in GBK, as a string of C
    expect(parseJson(hex('7b 226e22 3a 22 b4f3 c3c5 22 7d 00 00'))).toEqual({ n: '大门' });
  });

  it('may be a list or a single value', () => {
    expect(parse('[1, "a", null]')).toEqual([1, 'a', null]);
    expect(parse(' true ')).toBe(true);
  });

  it.each(['', '\0', '{"a":1', '{"a":1}\0{', '<a/>', 'undefined'])('that is none is said to be none: %j', (text) => {
    expect(() => parse(text)).toThrow(ProtocolError);
    try {
      parse(text);
    } catch (error) {
      expect((error as Error).cause).toBeInstanceOf(SyntaxError);
    }
  });

  it('is refused beyond a depth, and only beyond', () => {
    expect(nested(JSON_MAX_DEPTH)).toHaveLength(1);
    expect(() => nested(JSON_MAX_DEPTH + 1)).toThrow(ProtocolError);
    const objects = (depth: number) => parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
    expect(jsonText(objects(JSON_MAX_DEPTH), Array(JSON_MAX_DEPTH).fill('a').join('/'))).toBe('1');
    expect(() => objects(JSON_MAX_DEPTH + 1)).toThrow(ProtocolError);
  });

  it('is refused when only its last branch is too deep', () => {
    expect(() => parse(`{"a":1,"b":[],"c":${'['.repeat(JSON_MAX_DEPTH)}${']'.repeat(JSON_MAX_DEPTH)}}`)).toThrow(
      ProtocolError,
    );
  });

  it('has no numbers beyond all bounds, wherever they stand', () => {
    expect(parse('{"a":1e999,"b":[-1e999,1e3],"c":{"d":1e999,"e":-0.5}}')).toEqual({
      a: null,
      b: [null, 1_000],
      c: { d: null, e: -0.5 },
    });
  });

  it('has no name that changes an object when it is copied', () => {
    const value = parse('{"a":{"__proto__":{"x":1},"b":[{"__proto__":null}]},"__proto__":2}');
    expect(JSON.stringify(value)).toBe('{"a":{"b":[{}]}}');
    const nothing = Object.assign(Object.create(null) as object, { a: 1 });
    expect(tame(nothing)).toBe(true);
    expect(nothing).toEqual({ a: 1 });
  });
});

describe('a member', () => {
  it('is found whatever its case, the exact one first', () => {
    expect(member({ CHANNELID: 1, channelID: 2, channelid: 3 }, 'channelID')).toBe(2);
    expect(member({ CHANNELID: 1, channelid: 3 }, 'channelID')).toBe(1);
    expect(member({ channelID: null }, 'channelID')).toBeNull();
    // Lower case alone is what counts: a sharp s is no SS.
    expect(member({ STRASSE: 1 }, 'straße')).toBeUndefined();
  });

  it('is the object`s own', () => {
    expect(member({}, 'constructor')).toBeUndefined();
    expect(member({}, 'toString')).toBeUndefined();
    expect(member({ toString: 1 }, 'toString')).toBe(1);
    expect(member({ TOSTRING: 1 }, 'toString')).toBe(1);
  });
});

describe('a path', () => {
  const document = parse(
    '{"EventNotificationAlert":{"channelID":"3","active":"true","empty":"","nothing":null,"list":[{"plate":" AB 1 "},{"plate":"B"}],' +
      '"names":["","second"],"one":{"id":7},"none":[]}}',
  );
  const below = (path: string) => `eventnotificationalert/${path}`;

  it('leads down through objects and not into lists or leaves', () => {
    expect(jsonAt(document, below('one'))).toEqual({ id: 7 });
    expect(jsonAt(document, below('ONE/ID'))).toBe(7);
    expect(jsonAt(document, below('one/id/more'))).toBeUndefined();
    expect(jsonAt(document, below('nothing'))).toBeNull();
    expect(jsonAt(document, below('nothing/more'))).toBeUndefined();
    expect(jsonAt(document, below('list/plate'))).toBeUndefined();
    expect(jsonAt(document, below('list/0'))).toBeUndefined();
    expect(jsonAt(null, 'a')).toBeUndefined();
    expect(jsonAt('text', 'length')).toBeUndefined();
  });

  it('gives text, number or truth, and null for what is none', () => {
    expect(jsonText(document, below('channelID'))).toBe('3');
    expect(jsonNumber(document, below('channelID'))).toBe(3);
    expect(jsonBoolean(document, below('active'))).toBe(true);
    expect(jsonText(document, below('active'))).toBe('true');
    expect(jsonNumber(document, below('active'))).toBeNull();
    expect(jsonBoolean(document, below('channelID'))).toBeNull();
    for (const path of ['empty', 'nothing', 'one', 'none', 'absent']) {
      expect(jsonText(document, below(path))).toBeNull();
      expect(jsonNumber(document, below(path))).toBeNull();
    }
  });

  it('gives the text of the first of a list', () => {
    expect(jsonText({ a: ['x', 'y'] }, 'a')).toBe('x');
    expect(jsonText(document, below('names'))).toBeNull();
    expect(jsonText(document, below('list'))).toBeNull();
  });

  it('gives a list, of one where a single item stands, of none where nothing does', () => {
    expect(jsonList(document, below('list'))).toHaveLength(2);
    expect(jsonList(document, below('one'))).toEqual([{ id: 7 }]);
    expect(jsonList(document, below('channelID'))).toEqual(['3']);
    expect(jsonList({ count: 0, is: false }, 'count')).toEqual([0]);
    expect(jsonList({ count: 0, is: false }, 'is')).toEqual([false]);
    for (const path of ['none', 'empty', 'nothing', 'absent']) expect(jsonList(document, below(path))).toEqual([]);
  });
});

describe('a leaf', () => {
  it('is the text that XML would carry', () => {
    expect(scalar(' AB 1\n')).toBe('AB 1');
    expect(scalar('0011')).toBe('0011');
    expect(scalar(0)).toBe('0');
    expect(scalar(-1.5)).toBe('-1.5');
    expect(scalar(false)).toBe('false');
  });

  it('is nothing where it is blank or a branch', () => {
    for (const value of ['', ' \t\r\n', null, undefined, {}, [], ['a']]) expect(scalar(value)).toBeNull();
  });

  it('is no object, nor is a list', () => {
    for (const value of [null, undefined, 'a', 1, true, [], [{}]]) expect(objectOf(value)).toBeNull();
    const object = { a: 1 };
    expect(objectOf(object)).toBe(object);
  });
});
