/** What the reader of parts knows between its parts: what it holds back, skips, reports, and waits for. */
import { describe, expect, it } from 'vitest';
import { MultipartReader, type MultipartLimits, type Skipped } from '../../lib/codec/multipart';

interface Told {
  readonly parts: readonly string[];
  readonly skipped: readonly string[];
  readonly pendingBytes: number;
}

/** A reader that tells after each piece what came of it. */
function reading(limits: MultipartLimits = {}) {
  const skipped: Skipped[] = [];
  const reader = new MultipartReader(limits, (one) => skipped.push({ ...one, head: Buffer.from(one.head) }));
  const told = (parts: ReturnType<MultipartReader['push']>): Told => ({
    parts: parts.map(({ kind, body, truncated }) => `${kind}${truncated ? ' cut' : ''} ${body.toString('latin1')}`),
    skipped: skipped
      .splice(0)
      .map(({ reason, sizeBytes, head }) => `${reason} ${sizeBytes} ${head.toString('latin1')}`),
    pendingBytes: reader.pendingBytes,
  });
  return {
    reader,
    push: (text: string) => told(reader.push(Buffer.from(text, 'latin1'))),
    finish: () => told(reader.finish()),
  };
}

const nothing = (pendingBytes: number): Told => ({ parts: [], skipped: [], pendingBytes });

describe('what is held back', () => {
  it('a bracket that may begin a tag, or a line of a client', () => {
    const { push } = reading();
    expect(push('<')).toEqual(nothing(1));
    expect(push('a/>')).toEqual({ parts: ['xml <a/>'], skipped: [], pendingBytes: 0 });
    expect(push('<')).toEqual(nothing(1));
    expect(push(' HTTP/1.1 200 OK\n')).toEqual(nothing(0));
    expect(push('<b/>')).toEqual({ parts: ['xml <b/>'], skipped: ['noise 18 < HTTP/1.1 200 OK\n'], pendingBytes: 0 });
  });

  it('no blanks, and no byte order mark in front of a document without a header', () => {
    const { push } = reading();
    expect(push(' \r\n\t\0')).toEqual(nothing(0));
    expect(push('\xef\xbb\xbf<a/>')).toEqual({ parts: ['xml <a/>'], skipped: [], pendingBytes: 0 });
    expect(push('\xef\xbb\xbf')).toEqual(nothing(0));
    // Half of a mark is noise as any other.
    expect(push('\xef\xbb\n<a/>').skipped).toEqual(['noise 3 \xef\xbb\n']);
    expect(push('\xef\xbf\xbf\n<a/>').skipped).toEqual(['noise 4 \xef\xbf\xbf\n']);
    expect(push('\xee\xbb\xbf\n<a/>').skipped).toEqual(['noise 4 \xee\xbb\xbf\n']);
  });

  it('a line up to the longest that may be one, of a header or a delimiter', () => {
    for (const [headerBytes, most] of [
      [100, 256],
      [300, 300],
    ] as const) {
      const { push } = reading({ headerBytes });
      expect(push('x'.repeat(most)), `${headerBytes}`).toEqual(nothing(most));
      expect(push('x').pendingBytes, `${headerBytes}`).toBeLessThan(30);
      expect(push('\n--b\nContent-Type: text/xml\n\n<a/>').parts).toEqual(['xml <a/>']);
    }
  });

  it('a whole line that is too long is skipped with what follows it, up to a part', () => {
    const { push } = reading({ headerBytes: 300 });
    const long = 'x'.repeat(301);
    expect(push(`${long}\n{"not":"read"}\n--b\nContent-Type: text/xml\n\n<a/>`)).toEqual({
      parts: ['xml <a/>'],
      skipped: [`noise ${301 + 16} ${long.slice(0, 96)}`],
      pendingBytes: 0,
    });
    const short = 'x'.repeat(300);
    expect(push(`${short}\n{"is":"read"}`).parts).toEqual(['json {"is":"read"}']);
  });
});

describe('what made no sense is told once for each stretch', () => {
  it('in front of a delimiter, a document, a header, and the end', () => {
    const { push, finish } = reading();
    expect(push('one\ntwo\n')).toEqual(nothing(0));
    expect(push('--b\r\nContent-Type: text/xml\r\n\r\n<a/>')).toEqual({
      parts: ['xml <a/>'],
      skipped: ['noise 8 one\n'],
      pendingBytes: 0,
    });
    expect(push('\nthree\n<b/>').skipped).toEqual(['noise 6 three\n']);
    expect(push('\nfour\nContent-Type: text/xml\r\n\r\n<c/>').skipped).toEqual(['noise 5 four\n']);
    expect(push('\nfive\n{"d":1}').skipped).toEqual(['noise 5 five\n']);
    expect(push('\nsix\n[1]').skipped).toEqual(['noise 4 six\n']);
    expect(push('\nseven\n')).toEqual(nothing(0));
    expect(finish().skipped).toEqual(['noise 6 seven\n']);
    expect(finish().skipped).toEqual([]);
  });

  it('counts all of them', () => {
    const { reader, push } = reading();
    push('one\n<a/>two\n<b/>');
    expect(reader.skippedBytes).toBe(8);
  });
});

describe('lines that are no delimiter', () => {
  it.each([
    ['too short', '--\n'],
    ['one dash', '-b\n'],
    ['a blank within', '--a b\n'],
    ['a sign beyond ASCII', '--\xe4\n'],
    ['a sign of control', '--\x7f\n'],
    ['too long', `--${'b'.repeat(255)}\n`],
  ])('%s', (_what, line) => {
    const { push } = reading();
    expect(push(`${line}<a/>`)).toEqual({
      parts: ['xml <a/>'],
      skipped: [`noise ${line.length} ${line.slice(0, 96)}`],
      pendingBytes: 0,
    });
  });

  it.each([
    ['the shortest', '--b\n'],
    ['the longest', `--${'b'.repeat(254)}\n`],
    ['blanks behind it', '--b \t\r\n'],
    ['one that closes', '--b--\n'],
    ['the first and the last sign of ASCII', '--!~\n'],
    ['one that is made of dashes', '-----\n'],
  ])('%s is one', (_what, line) => {
    const { push } = reading();
    expect(push(`${line}<a/>`)).toEqual({ parts: ['xml <a/>'], skipped: [], pendingBytes: 0 });
  });
});

describe('the delimiter that was learned', () => {
  it('is that of the stream, also when the first that comes closes', () => {
    const { push } = reading();
    push('--b--\r\n');
    // A document that breaks off ends in front of it, one that holds another one does not.
    expect(push('<a>\n--c\n</a>').parts).toEqual(['xml <a>\n--c\n</a>']);
    expect(push('<a>\r\n--b\r\nContent-Type: text/xml\r\n\r\n<b/>').parts).toEqual(['xml cut <a>\r', 'xml <b/>']);
  });

  it('keeps dashes at its end where it is the usual one', () => {
    const { push } = reading();
    push('----\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n');
    expect(push('<a>\n----\r\n<b/>').parts).toEqual(['xml cut <a>', 'xml <b/>']);
    const other = reading();
    other.push('--b-\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n');
    expect(other.push('<a>\n--b\n</a>').parts).toEqual(['xml <a>\n--b\n</a>']);
    expect(other.push('<a>\n--b-\n<b/>').parts).toEqual(['xml cut <a>', 'xml <b/>']);
  });

  it('may change, and then the old one is text', () => {
    const { push } = reading();
    push('--b\nContent-Type: text/xml\n\n<a/>\n--c\nContent-Type: text/xml\n\n');
    expect(push('<a>\n--b\n</a>').parts).toEqual(['xml <a>\n--b\n</a>']);
    expect(push('<a>\n--c\n').parts).toEqual(['xml cut <a>']);
  });

  it('of another length, or that only begins the same, is another one', () => {
    const { push } = reading();
    push('--boundary\nContent-Type: text/xml\n\n<a/>\n--bound\n');
    expect(push('<a>\n--boundarx\n</a>').parts).toEqual(['xml cut <a>']);
  });
});

describe('a picture on its way', () => {
  it('is known from its header on, and no longer once it is there', () => {
    const { reader, push } = reading();
    expect(reader.isInPicture).toBe(false);
    push('--b\r\n');
    expect(reader.isInPicture).toBe(false);
    push('Content-Type: image/jpeg\r\n');
    expect(reader.isInPicture).toBe(true);
    push('Content-Length: 6\r\n\r\n\xff\xd8');
    expect(reader.isInPicture).toBe(true);
    expect(push('ab\xff\xd9').parts).toHaveLength(1);
    expect(reader.isInPicture).toBe(false);
    push('\r\n--b\r\nContent-Type: text/xml\r\n\r\n<a>');
    expect(reader.isInPicture).toBe(false);
    push('</a>\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\n\xff\xd8');
    expect(reader.isInPicture).toBe(true);
  });
});

describe('the end of the input', () => {
  it('leaves nothing behind that would change what comes next', () => {
    const { reader, push, finish } = reading();
    push(
      '--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: form-data; name="x"\r\nContent-Length: 100\r\n\r\n\xff\xd8ab',
    );
    expect(finish().parts).toEqual(['picture cut \xff\xd8ab']);
    expect(reader.cutHeader).toBeNull();
    expect(reader.isInPicture).toBe(false);
    expect(push('<')).toEqual(nothing(1));
    const [part] = reader.push(Buffer.from('a/>'));
    expect(part).toMatchObject({ kind: 'xml', contentType: null, name: null, formName: null, truncated: false });
  });

  it('tells a header without a body, and none where nothing is missing', () => {
    const { reader, push, finish } = reading();
    push('--b\r\nContent-Type: image/jpeg\r\n');
    finish();
    expect(reader.cutHeader).toEqual({ contentType: 'image/jpeg', name: null, formName: null });
    push('--b\r\n');
    finish();
    expect(reader.cutHeader).toBeNull();
    push('--b\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n');
    finish();
    expect(reader.cutHeader).toBeNull();
    push('<a/>');
    finish();
    expect(reader.cutHeader).toBeNull();
  });
});

describe('the header of a part', () => {
  /** The first part behind a header of these lines, without a blank line unless one is among them. */
  const partOf = (header: string, body = '<a/>', limits: MultipartLimits = {}) => {
    const { reader } = reading(limits);
    const [part] = reader.push(Buffer.from(`--b\n${header}${body}`, 'latin1'));
    return part === undefined ? null : { ...part, body: part.body.toString('latin1') };
  };

  it('may be followed by a document at once', () => {
    expect(partOf('Content-Type: text/xml\n')).toMatchObject({ kind: 'xml', contentType: 'text/xml' });
    expect(partOf('Content-Type: application/json\n', '{"a":1}')).toMatchObject({ kind: 'json' });
    expect(partOf('Content-Type: application/json\n', '[1]')).toMatchObject({ kind: 'json', body: '[1]' });
  });

  it('is as long as it may be, in all its lines, and no longer', () => {
    const limits = { headerBytes: 40 };
    expect(partOf(`A: ${'x'.repeat(35)}\n\n`, '<a/>', limits)).toMatchObject({ body: '<a/>' });
    expect(partOf(`A: ${'x'.repeat(36)}\n\n`, '<a/>', limits)).toBeNull();
    expect(partOf(`A: 1\nB: ${'x'.repeat(30)}\n\n`, '<a/>', limits)).toMatchObject({ body: '<a/>' });
    expect(partOf(`A: 1\nB: ${'x'.repeat(31)}\n\n`, '<a/>', limits)).toBeNull();
    const { push, finish } = reading(limits);
    push('--b\nA: 1\n');
    expect(push('x'.repeat(35))).toEqual(nothing(35));
    expect(push('x').pendingBytes).toBeLessThan(30);
    expect(finish().skipped).toEqual([expect.stringMatching(/^header too long 36 x+$/)]);
  });

  it('begins anew behind a delimiter, and not behind a line that begins with a dash', () => {
    expect(partOf('Content-Type: image/jpeg\n--b\nContent-Disposition: form-data; name="n"\n\n')).toMatchObject({
      contentType: null,
      name: 'n',
      formName: 'n',
    });
    expect(partOf('Content-Type: text/xml\n-x: 1\n--\n\n')).toMatchObject({ contentType: 'text/xml' });
    const { push } = reading();
    push('--b\n--c\nContent-Type: text/xml\n\n');
    expect(push('<a>\n--c\n').parts).toEqual(['xml cut <a>']);
  });

  it('takes names as they are, and lines without a colon as nothing', () => {
    const known =
      'Content-Type: text/xml\nContent-Length: 4\nContent-Disposition: form-data; name="n"; filename="f"\nContent-ID: i\n';
    const others =
      'Content-Typo: image/jpeg\nContent-Lengty: 9\nContent-Dispositiom: form-data; name="m"\nContent-Ix: j\n';
    expect(partOf(`${known}${others}Content-Type\nContent-Length\n\n`)).toMatchObject({
      contentType: 'text/xml',
      name: 'f',
      formName: 'n',
    });
    expect(partOf(`${others}\n`)).toMatchObject({ contentType: null, name: null, formName: null });
    expect(partOf('Content-ID: i\n\n')).toMatchObject({ name: 'i', formName: null });
    expect(partOf('Content-ID: i\nContent-Disposition: form-data; name="n"\n\n')).toMatchObject({ name: 'n' });
  });

  it('has the type of its own part, also where it is as long as that of the one before', () => {
    const { reader } = reading();
    const types = ['text/xml', 'text/abc', 'text/xml', 'text/xm', 'TEXT/XML; charset=x', 'text/xml'];
    const parts = types.flatMap((type) => reader.push(Buffer.from(`--b\nContent-Type: ${type}\n\n<a/>\n`)));
    expect(parts.map(({ contentType }) => contentType)).toEqual([
      'text/xml',
      'text/abc',
      'text/xml',
      'text/xm',
      'text/xml',
      'text/xml',
    ]);
  });
});

describe('the beginning of a body', () => {
  it('blanks are an empty part once its length has come, and are held before', () => {
    const { push } = reading();
    expect(push('--b\nContent-Type: image/jpeg\nContent-Length: 4\n\n\r\n ')).toEqual(nothing(3));
    expect(push(' ')).toEqual(nothing(0));
    const { reader } = reading();
    reader.push(Buffer.from('--b\nContent-Type: image/jpeg\nContent-Length: 2\n\n\r\n'));
    const [part] = reader.push(Buffer.from('<a/>'));
    expect(part).toMatchObject({ kind: 'xml', contentType: null });
  });

  it('blanks without a length are held up to the size of a header', () => {
    const { push } = reading({ headerBytes: 40 });
    expect(push(`--b\nA: 1\n\n${' '.repeat(40)}`)).toEqual(nothing(40));
    expect(push(' ')).toEqual(nothing(0));
    expect(push('<a/>').parts).toEqual(['xml <a/>']);
  });

  it('a document is one whatever the header says, also with a byte order mark in pieces', () => {
    const { push } = reading();
    expect(push('--b\nContent-Type: image/jpeg\n\n<a/>').parts).toEqual(['xml <a/>']);
    expect(push('\n--b\nContent-Type: image/jpeg\n\n{"a":1}').parts).toEqual(['json {"a":1}']);
    push('\n--b\nContent-Type: text/xml\n\n');
    expect(push('\xef')).toEqual(nothing(1));
    expect(push('\xbb')).toEqual(nothing(2));
    expect(push('\xbf')).toEqual(nothing(0));
    expect(push('<a/>').parts).toEqual(['xml <a/>']);
  });

  it('what looks like a byte order mark and is none is noise', () => {
    for (const bytes of ['\xef\xbbx', '\xefx\xbf', 'x\xbb\xbf', '\xefxx']) {
      const { push } = reading();
      expect(push(`--b\nContent-Type: text/xml\n\n${bytes}<a/>\n--b\nContent-Type: text/xml\n\n<b/>`), bytes).toEqual({
        parts: ['xml <b/>'],
        skipped: [`noise 8 ${bytes}<a/>\n`],
        pendingBytes: 0,
      });
    }
  });

  it('blanks and a mark in front of a document count in its length', () => {
    for (const front of ['\r\n\r\n', '\xef\xbb\xbf', ' \xef\xbb\xbf']) {
      const { push } = reading();
      expect(
        push(
          `--b\nContent-Type: text/xml\nContent-Length: ${front.length + 5}\n\n${front}<a>12--b\nContent-Type: text/xml\n\n<b/>`,
        ).parts,
        JSON.stringify(front),
      ).toEqual(['xml cut <a>12', 'xml <b/>']);
    }
  });

  it('dashes begin a picture where one is announced, and else another part or noise', () => {
    const picture = reading();
    expect(picture.push('--b\nContent-Type: image/png\nContent-Length: 5\n\n--abc\r\n--b\n').parts).toEqual([
      'picture --abc',
    ]);
    const other = reading();
    expect(other.push('--b\nContent-Type: text/xml\n\n--abc\nContent-Type: text/abc\n\n<a/>').parts).toEqual([
      'xml <a/>',
    ]);
    const noise = reading();
    expect(noise.push('--b\nContent-Type: text/xml\n\n-abc\n<a/>\n--b\n\n<b/>')).toMatchObject({
      parts: ['xml <b/>'],
      skipped: ['noise 10 -abc\n<a/>\n'],
    });
  });

  it('the first two bytes of a JPEG tell it without a type', () => {
    const { push } = reading();
    push('--b\n\n');
    expect(push('\xff')).toEqual(nothing(1));
    expect(push('\xd8ab\xff\xd9\r\n--b\nContent-Type: text/plain\n\n').parts).toEqual(['picture \xff\xd8ab\xff\xd9']);
    expect(push('\xff\x00ab\n--b\n\n<a/>')).toMatchObject({ parts: ['xml <a/>'], skipped: ['noise 5 \xff\x00ab\n'] });
    expect(push('\n--b\n\n\x00\xd8ab\n--b\n\n<a/>')).toMatchObject({ parts: ['xml <a/>'] });
  });

  it('a text of a right length is stepped over, whatever it holds', () => {
    const { push } = reading();
    const header = '--b\nContent-Type: text/plain\nContent-Length: 12\n\n';
    expect(push(`${header}hello <a></a`)).toEqual(nothing(12));
    expect(push('\r\n--b\nContent-Type: text/xml\n\n<b/>')).toEqual({
      parts: ['xml <b/>'],
      skipped: ['noise 12 hello <a></a'],
      pendingBytes: 0,
    });
  });
});
