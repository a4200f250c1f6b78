import { describe, expect, it } from 'vitest';
import {
  decimal,
  isContentHeader,
  isWholeJpeg,
  lineEndFrom,
  looksLikePartStart,
  matches,
  onlyBlanks,
  parameter,
} from '../../lib/codec/part-bytes';
import { hex } from '../support/hex';

describe('isWholeJpeg', () => {
  it.each([
    ['ffd8ffd9', true],
    ['ffd8 00112233 ffd9', true],
    // Padded with what firmware pads with.
    ['ffd8 00112233 ffd9 0d0a', true],
    ['ffd8 00112233 ffd9 0000 20 09', true],
    ['ffd8 00112233 ffd9 01', false],
    ['ffd8 00112233 ffd8', false],
    ['ffd8 00112233 fed9', false],
    ['ffd9 00112233 ffd9', false],
    ['fed8 00112233 ffd9', false],
    ['ffd8d9', false],
    ['ffd8ff', false],
    ['ffd8 0000 0000', false],
    ['', false],
  ])('%s: %s', (bytes, isWhole) => {
    const picture = hex(bytes);
    expect(isWholeJpeg(picture, 0, picture.length)).toBe(isWhole);
  });

  it('looks at its own bytes only', () => {
    const bytes = hex('ffd8 00 ffd9 ffd8 11 ffd9 22');
    expect(isWholeJpeg(bytes, 0, 5)).toBe(true);
    expect(isWholeJpeg(bytes, 5, 10)).toBe(true);
    expect(isWholeJpeg(bytes, 1, 5)).toBe(false);
    expect(isWholeJpeg(bytes, 0, 4)).toBe(false);
    expect(isWholeJpeg(bytes, 5, 11)).toBe(false);
    // The end mark of the picture before it is none of this one.
    expect(isWholeJpeg(hex('ffd9 ffd8 0000'), 2, 6)).toBe(false);
  });
});

describe('onlyBlanks', () => {
  it.each([
    [' \t\r\n\0', 0, 5, true],
    ['a  b', 1, 3, true],
    ['a  b', 0, 3, false],
    ['a  b', 1, 4, false],
    ['ab', 1, 1, true],
  ])('%j from %i to %i: %s', (text, from, to, isBlank) => {
    expect(onlyBlanks(Buffer.from(text), from, to)).toBe(isBlank);
  });
});

describe('lineEndFrom', () => {
  it.each([
    ['ab\ncd\n', 0, 6, 4, 2],
    ['ab\ncd\n', 3, 6, 4, 5],
    ['ab\ncd\n', 3, 5, 4, -1],
    ['\n', 0, 1, 4, 0],
    ['', 0, 0, 4, -1],
    ['abcd', 0, 4, 4, -1],
    ['abc\n', 0, 4, 4, 3],
    ['abcd\n', 0, 5, 4, 'far'],
    ['abcde', 0, 5, 4, 'far'],
  ] as const)('%j from %i to %i within %i: %s', (text, from, end, maxBytes, position) => {
    expect(lineEndFrom(Buffer.from(text), from, end, maxBytes)).toBe(position);
  });
});

describe('looksLikePartStart', () => {
  it.each([
    ['\r\n', 'yes'],
    ['\n', 'yes'],
    ['<a>', 'yes'],
    ['{"a"', 'yes'],
    ['--b', 'yes'],
    ['Content-Type: x', 'yes'],
    ['X:', 'yes'],
    ['az-AZ:', 'yes'],
    [':', 'no'],
    [': x', 'no'],
    ['Content Type: x', 'no'],
    ['\xff\xd8', 'no'],
    ['`:', 'no'],
    ['{', 'yes'],
    ['@:', 'no'],
    ['[:', 'no'],
    ['', 'maybe'],
    ['Cont', 'maybe'],
    ['a'.repeat(63), 'maybe'],
    [`${'a'.repeat(63)}:`, 'yes'],
    ['a'.repeat(64), 'no'],
    [`${'a'.repeat(64)}:`, 'no'],
  ])('%j: %s', (text, answer) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(looksLikePartStart(bytes, 0, bytes.length)).toBe(answer);
    const within = Buffer.concat([Buffer.from('x '), bytes, Buffer.from(':')]);
    expect(looksLikePartStart(within, 2, 2 + bytes.length)).toBe(answer);
  });

  it.each(['a', 'z', 'A', 'Z', '-'])('a name may hold %s', (letter) => {
    expect(looksLikePartStart(Buffer.from(`x${letter}:`), 0, 3)).toBe('yes');
  });

  it.each(['`', '{', '@', '[', '0', ' ', '_'])('a name does not hold %s', (letter) => {
    expect(looksLikePartStart(Buffer.from(`x${letter}:`), 0, 3)).toBe('no');
  });
});

describe('names of headers', () => {
  it.each([
    ['Content-Type: text/xml', true],
    ['content-length: 1', true],
    ['CONTENT-DISPOSITION: form-data', true],
    ['Content-Typ: x', false],
    ['Content-ID: x', false],
    ['Content-Type', false],
    ['', false],
  ])('%j: %s', (text, isHeader) => {
    expect(isContentHeader(Buffer.from(text), 0)).toBe(isHeader);
    expect(isContentHeader(Buffer.from(`ab${text}`), 2)).toBe(isHeader);
  });

  it.each([
    ['az-', 'az-', true],
    ['AZ-', 'az-', true],
    // What differs by 0x20 from a sign that is no letter is another sign.
    ['@', '`', false],
    ['[', '{', false],
    ['\r', '-', false],
    ['b', 'a', false],
    ['', 'a', false],
  ])('%j and %j: %s', (text, name, isSame) => {
    expect(matches(Buffer.from(text), 0, name)).toBe(isSame);
  });
});

describe('decimal', () => {
  it.each([
    ['0', 0],
    ['9', 9],
    ['1234567890', 1_234_567_890],
    [' 12 \r', 12],
    ['007', 7],
    ['900719925474099', 900_719_925_474_099],
    ['900719925474100', -1],
    ['99999999999999999999', -1],
    ['', -1],
    ['  ', -1],
    ['-1', -1],
    ['+1', -1],
    ['1.5', -1],
    ['1 2', -1],
    ['0x10', -1],
    ['1/', -1],
    ['1:', -1],
  ])('%j: %i', (text, value) => {
    expect(decimal(Buffer.from(`8${text}8`), 1, 1 + text.length)).toBe(value);
  });
});

describe('parameter', () => {
  it.each([
    ['form-data; name="Picture"; filename=a.jpg', 'name', 'Picture'],
    ['form-data; name="Picture"; filename=a.jpg', 'filename', 'a.jpg'],
    ['form-data;NAME = " a b " ', 'name', 'a b'],
    ['form-data; name=a b ; x=y', 'name', 'a b'],
    ['form-data; filename="a;b=c.jpg"', 'filename', 'a;b=c.jpg'],
    // The first that says something.
    ['form-data; name=""; name=b; name=c', 'name', 'b'],
    ['form-data; name=', 'name', null],
    ['form-data; filename=a', 'name', null],
    ['name=a', 'name', null],
    ['', 'name', null],
  ])('%j has %s %j', (text, name, value) => {
    expect(parameter(text, name)).toBe(value);
  });
});
