import { describe, expect, it } from 'vitest';
import { bytesOfDump } from '../../lib/codec/hex-dump';
import { ProtocolError } from '../../lib/errors';

const FRAME = '00000008 00000002';
const hexOf = (text: string) => bytesOfDump(text)?.toString('hex') ?? null;

describe('bytes as programs print them', () => {
  it.each([
    ['xxd', '00000000: 0000 0008 0000 0002                      ........'],
    ['xxd in groups of one', '00000000: 00 00 00 08 00 00 00 02  ........'],
    ['xxd in groups of four', '00000000: 00000008 00000002  ........'],
    ['hexdump -C', '00000000  00 00 00 08 00 00 00 02                           |........|\n00000008\n'],
    ['an analyser, with four digits', '0000   00 00 00 08 00 00 00 02                           ........'],
    ['upper case, indented, CRLF', '  0000  00 00 00 08 00 00 00 02   ........\r\n'],
    ['two lines', '0000  00 00 00 08  ...\n0004  00 00 00 02  ...\n'],
  ])('%s', (_what, text) => {
    expect(hexOf(text)).toBe(FRAME.replace(' ', ''));
  });

  it('takes 16 bytes of a line, however much the text beside them looks like bytes', () => {
    const bytes = '00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff';
    expect(hexOf(`0000  ${bytes}  aa bb`)).toBe(bytes.replaceAll(' ', ''));
    expect(hexOf(`0000  ${bytes} abcdef`)).toBe(bytes.replaceAll(' ', ''));
    // A gap ends shorter lines, a word that is no bytes does, too.
    expect(hexOf('0000  00 11 22   33 44')).toBe('001122');
    expect(hexOf('0000  00 11 22 |33 44|')).toBe('001122');
    expect(hexOf('0000  00 11 2x 33')).toBe('0011');
    expect(hexOf('0000  00 11 222 33')).toBe('0011');
  });

  it('a star stands for lines like the one before', () => {
    expect(hexOf('00000000  01 02 |..|\n*\n00000006  03 |.|\n')).toBe('01020102010203');
    expect(hexOf('0000  01 02 |..|\n * \r\n0004  03 |.|\n')).toBe('0102010203');
    // No star, no repetition; and none where nothing is left out.
    expect(hexOf('0000  01 02 |..|\n0006  03 |.|\n')).toBe('010203');
    expect(hexOf('0000  01 02 |..|\n*\n0002  03 |.|\n')).toBe('010203');
    // Only the first line behind it.
    expect(hexOf('0000  01 02 |..|\n*\n0004  03 |.|\n0008  04 |.|\n')).toBe('010201020304');
    expect(hexOf('0000  01 02 |..|\n*\n0004\n')).toBe('01020102');
  });

  it('reads both directions in turns, each with its offsets, and other lines between them', () => {
    const text = [
      '00000000  00 00 00 08  ....',
      '00000004  00 00 00 02  ....',
      '    00000000  00 00 00 09  ....',
      'Frame 2: 9 bytes',
      '',
      '    00000004  ff  .',
    ].join('\n');
    expect(hexOf(text)).toBe('0000000800000002' + '00000009' + 'ff');
  });

  it.each([
    ['nothing', ''],
    ['hexadecimal text', '00 00 00 08 00 00 00 02'],
    ['hexadecimal text in one word', '0000000800000002'],
    ['a frame of 8 bytes in two words', '00000008 00000002'],
    ['a line that begins elsewhere', '00000010: 0000 0008'],
    ['an offset and no bytes', '00000000'],
    ['an offset of too few digits', '000: 00 00'],
    ['an offset and a word', '0000 zero'],
    ['words', 'offset 0000  00 11'],
  ])('%s is no dump', (_what, text) => expect(bytesOfDump(text)).toBeNull());

  it('refuses a star that stands for more than a frame can have', () => {
    expect(() => bytesOfDump('00000000  00 |.|\n*\nffffffff\n')).toThrow(ProtocolError);
    const most = 16 * 1024 * 1024;
    expect(bytesOfDump(`00000000  07 |.|\n*\n${(most + 1).toString(16).padStart(8, '0')}\n`)?.length).toBe(most + 1);
    // All stars together.
    const half = (most / 2 + 1).toString(16).padStart(8, '0');
    const twice = `00000000  07 |.|\n*\n${half}\n`;
    expect(bytesOfDump(twice + twice)?.length).toBe(most + 2);
    expect(() => bytesOfDump(twice + twice + '00000000  07 |.|\n*\n00000002\n')).toThrow(
      `the dump leaves out ${most + 1} bytes`,
    );
    expect(() => bytesOfDump(`00000000  07 |.|\n*\n${(most + 2).toString(16).padStart(8, '0')}\n`)).toThrow(
      `the dump leaves out ${most + 1} bytes`,
    );
  });
});
