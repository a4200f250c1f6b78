import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeText, excerpt, isBlank, ownText, sniff } from '../../lib/codec/text';
import { parseXml, textAt } from '../../lib/codec/xml';
import { hex } from '../support/hex';

describe('decodeText', () => {
  it('takes UTF-8, with or without a byte order mark', () => {
    expect(decodeText(Buffer.from('Einfahrt Süd 门'))).toBe('Einfahrt Süd 门');
    expect(decodeText(hex('efbbbf 41'))).toBe('A');
  });

  it('falls back to GBK', () => {
    // 大门 (main gate) in GBK
    expect(decodeText(hex('b4f3 c3c5'))).toBe('大门');
  });

  it('falls back to Latin-1 for what is neither', () => {
    // "Tür" with a ü that GBK cannot read together with the letter behind it
    expect(decodeText(hex('54 fc 20'))).toBe('Tü ');
  });

  it('keeps UTF-8 that was cut within its last character', () => {
    const bytes = Buffer.from('<channelName>摄像机</channelName><x>摄');
    expect(decodeText(bytes.subarray(0, -1))).toBe('<channelName>摄像机</channelName><x>\ufffd');
    expect(decodeText(bytes.subarray(0, -2))).toBe('<channelName>摄像机</channelName><x>\ufffd');
  });

  it('reads a view of a larger buffer, and nothing', () => {
    const large = Buffer.concat([hex('ff'), Buffer.from('abc'), hex('ff')]);
    expect(decodeText(large.subarray(1, 4))).toBe('abc');
    expect(decodeText(hex('00 fc20 00').subarray(1, 3))).toBe('ü ');
    expect(decodeText(hex(''))).toBe('');
  });
});

describe('a text of its own', () => {
  it('is the same text', () => {
    for (const text of [
      '',
      'a',
      'twelve signs',
      'thirteen sign',
      'Einfahrt Süd 门 "1"\n\u2028\0',
      '\ud800 alone, and long',
    ])
      expect(ownText(text)).toBe(text);
  });

  it('does not keep the document that a name was read from', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const filling = `<x>${'y'.repeat(500_000)}</x>`;
    const names: (string | null)[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 20; index++) {
      const document = parseXml(`<r><name>Camera at gate ${index}</name>${filling}</r>`);
      names.push(textAt(document, 'name'));
    }
    collect();
    // 10 MB of documents were read.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(3_000_000);
    expect(names[19]).toBe('Camera at gate 19');
  });
});

describe('sniff', () => {
  const bodies: [string | Buffer, ReturnType<typeof sniff>][] = [
    ['<?xml version="1.0"?>', 'xml'],
    ['\r\n\t <html>', 'xml'],
    ['{"a":1}', 'json'],
    [' [1]', 'json'],
    [hex('efbbbf 3c'), 'xml'],
    [hex('efbbbf 0d0a 7b'), 'json'],
    [hex('ffd8 ffe0'), 'jpeg'],
    [hex('ff00'), 'binary'],
    ['plain', 'binary'],
    ['', 'empty'],
    [' \r\n\0\0', 'empty'],
  ];
  for (const [body, kind] of bodies) {
    it(`${JSON.stringify(body.toString('latin1'))} is ${kind}`, () => {
      expect(sniff(Buffer.from(body))).toBe(kind);
    });
  }
});

describe('excerpt', () => {
  it('is one line without control characters, and no longer than asked', () => {
    expect(excerpt(Buffer.from('  a\r\n\tb\u0000\u001b[31mc\u007f '))).toBe('a b [31mc');
    expect(excerpt('x'.repeat(200), 10)).toBe(`${'x'.repeat(10)}...`);
    expect(excerpt('', 10)).toBe('');
  });

  it('cuts no character of UTF-8 into pieces of another encoding', () => {
    expect(excerpt(Buffer.from('摄'.repeat(200)), 10)).toBe(`${'摄'.repeat(10)}...`);
    expect(excerpt(Buffer.from(`a${'摄'.repeat(200)}`), 10)).toBe(`a${'摄'.repeat(9)}...`);
  });
});

it('blanks are space, tab, line ends and NUL', () => {
  const blanks = Array.from({ length: 256 }, (_, byte) => byte).filter(isBlank);
  expect(blanks).toEqual([0, 9, 10, 13, 32]);
});
