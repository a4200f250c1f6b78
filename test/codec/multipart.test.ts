import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MultipartReader, readParts, type MultipartLimits, type Part, type Skipped } from '../../lib/codec/multipart';
import { alert, cutAt, cutEvery, jpeg, part, picturePart, type PartOptions } from '../support/parts';

/** A part with its bytes copied, so that it can be compared after the reader has gone on. */
interface Seen {
  readonly kind: Part['kind'];
  readonly contentType: string | null;
  readonly name: string | null;
  readonly truncated: boolean;
  readonly body: string;
}

const seen = ({ kind, contentType, name, truncated, body }: Part): Seen => ({
  kind,
  contentType,
  name,
  truncated,
  body: body.toString('latin1'),
});

function readChunks(chunks: readonly Buffer[], limits: MultipartLimits = {}): Seen[] {
  const reader = new MultipartReader(limits);
  const parts = chunks.flatMap((chunk) => reader.push(chunk).map(seen));
  return [...parts, ...reader.finish().map(seen)];
}

const bodies = (bytes: Buffer): string[] => readParts(bytes).map((read) => read.body.toString('latin1'));
const latin1 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (...pieces: (Buffer | string)[]): Buffer => Buffer.concat(pieces.map((piece) => Buffer.from(piece)));

const motion = alert('VMD', 1);
const line = alert('linedetection', 2);
const area = alert('fielddetection', 3);
const json =
  '{\n\t"eventType":\t"faceCapture",\n\t"text":\t"brace } quote \\" and [",\n\t"list":\t[{"a":\t1.500000}]\n}';

describe('a part is handed over the moment it is complete', () => {
  it('a document with its closing tag, with or without Content-Length, before any further byte', () => {
    for (const length of [undefined, null, motion.length + 2, 9, 99_999]) {
      const options = length === undefined ? { after: '' } : { after: '', length };
      const reader = new MultipartReader();
      const bytes = part(motion, options);
      expect(reader.push(bytes.subarray(0, -1))).toHaveLength(0);
      expect(reader.push(bytes.subarray(-1)).map(seen)).toMatchObject([{ body: motion, truncated: false }]);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it('a JSON document with its last brace', () => {
    const reader = new MultipartReader();
    const bytes = part(json, { after: '', type: 'application/json; charset="UTF-8"', length: null });
    expect(reader.push(bytes.subarray(0, -1))).toHaveLength(0);
    expect(reader.push(bytes.subarray(-1)).map(seen)).toMatchObject([{ kind: 'json', body: json }]);
  });

  it('a picture with its Content-Length', () => {
    const reader = new MultipartReader();
    const picture = jpeg(5_000);
    const bytes = picturePart(picture, { after: '' });
    expect(reader.push(bytes.subarray(0, -1))).toHaveLength(0);
    expect(reader.isInPicture).toBe(true);
    const read = reader.push(bytes.subarray(-1)).map(seen);
    expect(read).toEqual([
      { kind: 'picture', contentType: 'image/jpeg', name: 'Picture.jpg', truncated: false, body: latin1(picture) },
    ]);
    expect(reader.isInPicture).toBe(false);
  });

  it('an element without content and without closing tag', () => {
    const reader = new MultipartReader();
    expect(reader.push(part('<ok note="1"/>', { after: '' })).map(seen)).toMatchObject([{ body: '<ok note="1"/>' }]);
  });
});

describe('any form of boundary', () => {
  // On the wire, as isapi.md §6.2 lists them; what the HTTP head announced plays no part.
  const delimiters = [
    '--boundary',
    '--MIME_boundary',
    '----MIME_boundary',
    '--<frontier>',
    '--<boundary>',
    '--"quoted"',
    '-----------------------------7e13971310878',
    '--hikboundary',
    '--a',
    `--${'x'.repeat(70)}`,
  ];
  for (const delimiter of delimiters) {
    for (const eol of ['\r\n', '\n'] as const) {
      it(`${delimiter} with ${eol === '\n' ? 'LF' : 'CRLF'}`, () => {
        const picture = jpeg(700, `\r\n${delimiter}\r\n`);
        const bytes = bytesOf(
          part(motion, { delimiter, eol }),
          picturePart(picture, { delimiter, eol }),
          part(json, { delimiter, eol, type: 'application/json' }),
          part(line, { delimiter, eol, length: null }),
          `${delimiter}--${eol}`,
        );
        expect(bodies(bytes)).toEqual([motion, latin1(picture), json, line]);
      });
    }
  }

  it('a delimiter with blanks behind it', () => {
    const options = { delimiter: '--boundary \t' };
    expect(
      bodies(bytesOf(part(motion, options), picturePart(jpeg(400), { ...options, length: null }), part(line))),
    ).toEqual([motion, latin1(jpeg(400)), line]);
  });

  it('goes on behind `--boundary--`', () => {
    const bytes = bytesOf(part(motion), '--boundary--\r\n', part(line), '--boundary--\r\n\r\n', part(area));
    expect(bodies(bytes)).toEqual([motion, line, area]);
  });

  it('delimiter lines that are doubled, also with a blank line between', () => {
    const bytes = bytesOf(
      '--boundary\r\n',
      part(motion),
      '--boundary\r\n\r\n',
      part(line),
      '--boundary\r\n',
      part(area),
    );
    expect(bodies(bytes)).toEqual([motion, line, area]);
  });

  it('a delimiter directly behind the document', () => {
    expect(bodies(bytesOf(part(motion, { after: '' }), part(line, { after: '\n' }), part(area)))).toEqual([
      motion,
      line,
      area,
    ]);
  });

  it('a delimiter that changes on the way', () => {
    const bytes = bytesOf(part(motion), part(line, { delimiter: '--other' }), part(area, { delimiter: '--other' }));
    expect(bodies(bytes)).toEqual([motion, line, area]);
  });
});

describe('what stands around the parts', () => {
  const head = (boundary: string) =>
    `HTTP/1.1 200 OK\r\nMIME-Version: 1.0\r\nConnection: close\r\nContent-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`;

  it('an HTTP head in front', () => {
    expect(bodies(bytesOf(head('boundary'), part(motion), part(line)))).toEqual([motion, line]);
  });

  it('an HTTP head in front, with the Content-Type first and with a length', () => {
    const bytes = bytesOf(
      'HTTP/1.0 200 OK\r\nContent-Type: multipart/mixed\r\nContent-Length: 5\r\n\r\n',
      part(motion),
    );
    expect(bodies(bytes)).toEqual([motion]);
  });

  it('an HTTP head in the middle, with the same boundary and with another one', () => {
    const bytes = bytesOf(part(motion), head('boundary'), part(line), head('new'), part(area, { delimiter: '--new' }));
    expect(bodies(bytes)).toEqual([motion, line, area]);
  });

  it('an HTTP head behind a picture', () => {
    const bytes = bytesOf(part(motion), picturePart(jpeg(300)), head('boundary'), part(line));
    expect(bodies(bytes)).toEqual([motion, latin1(jpeg(300)), line]);
  });

  it('a preamble of text', () => {
    const skipped: Skipped[] = [];
    const bytes = bytesOf('This is a message in several parts.\r\n- please wait -\r\n\r\n', part(motion));
    expect(readParts(bytes, {}, (one) => skipped.push(one)).map(seen)).toMatchObject([{ body: motion }]);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]?.reason).toBe('noise');
    expect(skipped[0]?.head.toString()).toContain('several parts');
  });

  it('blank lines and NULs between parts, as keep-alive or padding', () => {
    const bytes = bytesOf('\r\n\r\n', part(motion, { after: '\0\0\0\r\n\r\n\n \t' }), '\n\n', part(line));
    expect(bodies(bytes)).toEqual([motion, line]);
  });

  it('a byte order mark in front of the stream and in front of a document', () => {
    const bom = Buffer.from([0xef, 0xbb, 0xbf]);
    const bytes = bytesOf(
      bom,
      part(bytesOf(bom, motion)),
      part(bytesOf('\r\n', bom, json), { type: 'application/json' }),
    );
    for (const size of [1, 2, 3, 5, 10_000])
      expect(readChunks(cutEvery(bytes, size)).map(({ body }) => body)).toEqual([motion, json]);
  });

  it('documents back to back without any delimiter, XML and JSON', () => {
    const bytes = bytesOf(motion, '\r\n', line, area, '\n\n', json, json, motion);
    expect(bodies(bytes)).toEqual([motion, line, area, json, json, motion]);
  });

  it('a single document is a part', () => {
    expect(readParts(Buffer.from(`<?xml version="1.0"?>\n${motion}`)).map(seen)).toMatchObject([
      { kind: 'xml', contentType: null, name: null, truncated: false },
    ]);
  });

  it('several documents in one part, whatever its length says', () => {
    for (const length of [undefined, null, motion.length]) {
      const options = length === undefined ? {} : { length };
      expect(bodies(bytesOf(part(`${motion}\r\n${line}${area}`, options), part(motion)))).toEqual([
        motion,
        line,
        area,
        motion,
      ]);
    }
  });

  it('a header whose delimiter was lost', () => {
    const bytes = bytesOf(
      part(motion),
      'Content-Type: image/jpeg\r\nContent-Length: 300\r\n\r\n',
      jpeg(300),
      '\r\n',
      part(line),
    );
    expect(bodies(bytes)).toEqual([motion, latin1(jpeg(300)), line]);
  });
});

describe('empty parts', () => {
  const empty: Record<string, PartOptions> = {
    'with length 0': { length: 0 },
    'without length': { length: null },
    'with a wrong length': { length: 120 },
    'without blank lines': { after: '' },
    'of JSON': { type: 'application/json', length: 0 },
    'of nothing': { type: null, length: null },
    'of a picture': { type: 'image/jpeg', length: 0 },
    'of a picture without length': { type: 'image/jpeg', length: null },
    'of a picture without anything': { type: 'image/jpeg', length: null, after: '' },
    'of a picture with a wrong length': { type: 'image/jpeg', length: 9_999, after: '' },
  };
  for (const [name, options] of Object.entries(empty)) {
    it(`${name} are no part and swallow nothing`, () => {
      const bytes = bytesOf(
        part(motion),
        part('', options),
        part(line),
        part('', options),
        picturePart(jpeg(99)),
        part(area),
      );
      const wanted = [motion, line, latin1(jpeg(99)), area];
      expect(bodies(bytes)).toEqual(wanted);
      expect(readChunks(cutEvery(bytes, 1)).map(({ body }) => body)).toEqual(wanted);
    });
  }
});

describe('headers of parts', () => {
  it('in any case, without a Content-Type, or with only a Content-Type', () => {
    const bytes = bytesOf(
      '--boundary\r\nCONTENT-TYPE: Application/XML; charset="UTF-8"\r\ncontent-length: 3\r\n\r\n',
      motion,
      '\r\n--boundary\r\n\r\n',
      line,
      '\r\n',
      part(area, { length: null }),
    );
    expect(readParts(bytes).map(({ contentType }) => contentType)).toEqual([
      'application/xml',
      null,
      'application/xml',
    ]);
    expect(bodies(bytes)).toEqual([motion, line, area]);
  });

  it('without the blank line in front of a document', () => {
    const bytes = bytesOf(
      '--boundary\r\nContent-Type: application/xml\r\n',
      motion,
      '\r\n--boundary\r\nX: y\r\n',
      json,
      '\r\n',
    );
    expect(bodies(bytes)).toEqual([motion, json]);
  });

  const names: [string[], string | null][] = [
    [['Content-Disposition: form-data; name="anpr.xml"; filename="file.xml"'], 'file.xml'],
    [['content-disposition: form-data; name=MoveDetection.xml'], 'MoveDetection.xml'],
    [['Content-Disposition: form-data; filename="a;b.jpg"; name="n"'], 'a;b.jpg'],
    [['Content-Disposition: form-data; name="n"; filename=""'], 'n'],
    [['Content-Disposition:form-data;name="tight"'], 'tight'],
    [['Content-ID: pictureImage'], 'pictureImage'],
    [['Content-ID: pictureImage', 'Content-Disposition: form-data; name="Picture"'], 'Picture'],
    [['Content-Disposition: form-data; name="Picture"', 'Content-ID: pictureImage'], 'Picture'],
    [['Content-Disposition: form-data; filename="Straße 门.jpg"'], 'Straße 门.jpg'],
    [['Content-Disposition: form-data'], null],
    [['X-Other: name="no"'], null],
  ];
  for (const [headers, name] of names) {
    it(`${headers.join(' | ')} names it ${name ?? 'nothing'}`, () => {
      expect(readParts(part(motion, { headers })).map((read) => read.name)).toEqual([name]);
    });
  }

  it('do not leak into the next part', () => {
    const bytes = bytesOf(picturePart(jpeg(200)), `--boundary\r\n\r\n${motion}\r\n`, line);
    expect(readParts(bytes).map(seen)).toMatchObject([
      { kind: 'picture', name: 'Picture.jpg' },
      { kind: 'xml', name: null, contentType: null },
      { kind: 'xml', name: null, contentType: null },
    ]);
  });

  it('a wrong Content-Type does not decide: the first byte does', () => {
    const bytes = bytesOf(
      part(json, { type: 'application/xml' }),
      part(motion, { type: 'application/json' }),
      part(line, { type: 'image/jpeg' }),
      part(jpeg(300), { type: 'text/html' }),
      part(jpeg(301), { type: null }),
    );
    expect(readParts(bytes).map(({ kind }) => kind)).toEqual(['json', 'xml', 'xml', 'picture', 'picture']);
  });
});

describe('wrong and missing Content-Length', () => {
  const lengths = [null, 0, 1, 5, 100, 2_000, 100_000, '12 bytes', '-3', '', '99999999999999999999999'];

  for (const length of lengths) {
    it(`${JSON.stringify(length)} for documents`, () => {
      const bytes = bytesOf(
        part(motion, { length }),
        part(json, { length, type: 'application/json' }),
        part(line, { length }),
        part(area),
      );
      expect(bodies(bytes)).toEqual([motion, json, line, area]);
    });

    it(`${JSON.stringify(length)} for a picture`, () => {
      if (length === '99999999999999999999999') return;
      const picture = jpeg(1_000);
      const bytes = bytesOf(
        part(motion),
        picturePart(picture, { length }),
        part(line),
        picturePart(jpeg(50)),
        part(area),
      );
      for (const chunks of [[bytes], cutEvery(bytes, 1), cutEvery(bytes, 64)])
        expect(readChunks(chunks).map(({ body }) => body)).toEqual([
          motion,
          latin1(picture),
          line,
          latin1(jpeg(50)),
          area,
        ]);
    });
  }

  it('counted in characters where names have more bytes than characters', () => {
    const name = alert('VMD', 1, '<channelName>摄像机02</channelName>');
    const bytes = bytesOf(part(name, { length: name.length }), part(line));
    expect(bodies(bytes)).toEqual([latin1(name), line]);
  });

  it('with and without the line feed that follows the body', () => {
    for (const more of [-2, 0, 2]) {
      const picture = jpeg(1_000);
      const bytes = bytesOf(
        part(motion, { length: motion.length + more }),
        picturePart(picture, { length: 1_000 + more }),
        part(line),
      );
      const [first, second, third] = readParts(bytes);
      expect(first?.body.toString()).toBe(motion);
      // Two bytes behind a picture do no harm to whoever shows it.
      expect(second?.body.subarray(0, 1_000)).toEqual(picture);
      expect(third?.body.toString()).toBe(line);
    }
  });

  it('a picture that is no JPEG keeps the length it was given', () => {
    const png = bytesOf(Buffer.from([0x89]), 'PNG\r\n', Buffer.from([0x1a, 0x0a]), jpeg(300));
    const bytes = bytesOf(part(motion), part(png, { type: 'image/png' }), part(line));
    expect(bodies(bytes)).toEqual([motion, latin1(png), line]);
  });

  it('a part of octets is a picture', () => {
    const bytes = bytesOf(part(Buffer.from([1, 2, 3, 4]), { type: 'application/octet-stream' }), part(line));
    expect(readParts(bytes).map(({ kind }) => kind)).toEqual(['picture', 'xml']);
  });
});

describe('boundary text where it does not belong', () => {
  it('inside a JPEG with a length, even with a header behind it', () => {
    const inside =
      '\r\n--boundary\r\nContent-Type: application/xml\r\n\r\n<EventNotificationAlert>x</EventNotificationAlert>\r\n';
    const picture = jpeg(3_000, inside);
    const bytes = bytesOf(part(motion), picturePart(picture), part(line));
    for (const size of [1, 7, 100, 1_460, 65_536])
      expect(readChunks(cutEvery(bytes, size)).map(({ body }) => body)).toEqual([motion, latin1(picture), line]);
  });

  it('inside a JPEG without a length, when no part begins behind it', () => {
    for (const inside of [
      '\r\n--boundary',
      '\n--boundary\r\n\u00e0\u00e1',
      '\n--boundary!!\r\n',
      '\r\n--boundary\r\nab\u0001',
    ]) {
      const picture = jpeg(3_000, Buffer.from(inside, 'latin1'));
      const bytes = bytesOf(part(motion), picturePart(picture, { length: null }), part(line));
      for (const size of [1, 7, 100, 1_460, 65_536])
        expect(readChunks(cutEvery(bytes, size)).map(({ body }) => body)).toEqual([motion, latin1(picture), line]);
    }
  });

  it('inside a line of a document', () => {
    const odd = alert('VMD', 1, '<channelName>a --boundary b</channelName>');
    expect(bodies(bytesOf(part(odd), part(line)))).toEqual([odd, line]);
    const oddJson = '{"name": "x --boundary y"}';
    expect(bodies(bytesOf(part(oddJson, { type: 'application/json' }), part(line)))).toEqual([oddJson, line]);
  });
});

describe('documents with peculiarities', () => {
  const documents: Record<string, string> = {
    'a closing tag with a blank': motion.replace('</EventNotificationAlert>', '</EventNotificationAlert >'),
    'a closing tag with a line feed': motion.replace('</EventNotificationAlert>', '</EventNotificationAlert\r\n>'),
    'a declaration': `<?xml version="1.0" encoding="UTF-8"?>\r\n${motion}`,
    'a comment in front': `<!-- > </EventNotificationAlert> -->\r\n${motion}`,
    'a prefix': motion.replaceAll('EventNotificationAlert', 'hik:EventNotificationAlert'),
    'an element whose name begins like the root': alert('VMD', 1, '<x></EventNotificationAlertList></x>'),
    'a > in an attribute of the root': motion.replace('version="2.0"', 'version="a/>b"'),
    'a > in an attribute of a root without content': `<EventNotificationAlert note='a>b' more="1"/>`,
  };
  for (const [name, document] of Object.entries(documents)) {
    it(`${name}`, () => {
      const bytes = bytesOf(part(document), part(line));
      for (const size of [1, 50, 65_536])
        expect(readChunks(cutEvery(bytes, size)).map(({ body }) => body)).toEqual([document, line]);
    });
  }

  it('JSON with tabs, braces and quotes inside text, and a list at the top', () => {
    const list = '[ {"a": "]"}, {"b": "\\\\"} ]';
    const bytes = bytesOf(
      part(json, { type: 'application/json' }),
      part(list, { type: 'application/json' }),
      part(line),
    );
    for (const size of [1, 3, 50, 65_536])
      expect(readChunks(cutEvery(bytes, size)).map(({ body }) => body)).toEqual([json, list, line]);
  });
});

describe('a part that makes no sense costs that part only', () => {
  it('text instead of a document', () => {
    const skipped: Skipped[] = [];
    const bytes = bytesOf(part(motion), part('garbage without any sense\r\nand more'), part(line));
    expect(readParts(bytes, {}, (one) => skipped.push(one)).map(seen)).toMatchObject([
      { body: motion },
      { body: line },
    ]);
    expect(skipped.map(({ reason, head }) => [reason, head.toString().slice(0, 7)])).toEqual([['noise', 'garbage']]);
  });

  it('random bytes instead of a document', () => {
    const noise = jpeg(5_000).subarray(4, 4_990);
    expect(bodies(bytesOf(part(motion), part(noise), part(line)))).toEqual([motion, line]);
  });

  it('a document that breaks off in front of the next delimiter is handed over as truncated', () => {
    for (const broken of [motion.slice(0, 150), motion.slice(0, 30), json.slice(0, 40)]) {
      const bytes = bytesOf(part(line), part(broken, { length: 500 }), part(area));
      for (const size of [1, 2, 3, 7, 64, 65_536]) {
        const [first, second, third, ...rest] = readChunks(cutEvery(bytes, size));
        expect([first?.body, third?.body, rest.length]).toEqual([line, area, 0]);
        expect(second?.truncated).toBe(true);
        expect(second?.body.trim()).toBe(broken.trim());
      }
    }
  });

  it('a header that never ends', () => {
    const skipped: Skipped[] = [];
    const limits = { headerBytes: 1_000 };
    for (const header of [`X: ${'y'.repeat(1_100)}`, 'X: y\r\n'.repeat(300)]) {
      const bytes = bytesOf(part(motion), `--boundary\r\n${header}\r\n\r\n`, motion, '\r\n', part(line));
      for (const size of [1, 100, 65_536]) {
        const reader = new MultipartReader(limits, (one) => skipped.push(one));
        const read = cutEvery(bytes, size).flatMap((chunk) => reader.push(chunk).map(seen));
        expect(read.map(({ body }) => body)).toEqual([motion, line]);
        expect(skipped.pop()?.reason).toBe('header too long');
      }
    }
  });

  const tooLarge: Record<string, Buffer> = {
    'an XML document': part(alert('VMD', 1, `<x>${'y'.repeat(5_000)}</x>`)),
    'a JSON document': part(`{"x": "${'y'.repeat(5_000)}"}`, { type: 'application/json' }),
    'a picture with a length': picturePart(jpeg(5_000)),
    'a picture without a length': picturePart(jpeg(5_000), { length: null }),
    'a picture that promises too much': picturePart(jpeg(100), { length: 123_456_789 }),
  };
  for (const [name, large] of Object.entries(tooLarge)) {
    it(`${name} that is too large, however it arrives`, () => {
      const bytes = bytesOf(part(motion), large, part(line));
      for (const size of [1, 100, 1_460, 65_536]) {
        const skipped: Skipped[] = [];
        const reader = new MultipartReader({ textBytes: 4_000, pictureBytes: 4_000 }, (one) => skipped.push(one));
        const read = cutEvery(bytes, size).flatMap((chunk) => reader.push(chunk).map(seen));
        expect(read.map(({ body }) => body)).toEqual([motion, line]);
        expect(skipped.map(({ reason }) => reason)).toEqual(['part too large']);
      }
    });
  }

  it('a stream without delimiters recovers from a document that never ends', () => {
    const limits = { textBytes: 2_000 };
    const endless = motion.replace('</EventNotificationAlert>', '<x>').replaceAll('EventNotificationAlert', 'Broken');
    const bytes = bytesOf(line, endless, 'y'.repeat(5_000), area, motion);
    expect(readChunks(cutEvery(bytes, 500), limits).map(({ body }) => body)).toEqual([line, area, motion]);
  });
});

describe('the end of the input', () => {
  it('gives a document that breaks off as truncated, and nothing for a delimiter or a header alone', () => {
    const whole = bytesOf(part(motion), part(line));
    const first = part(motion).length;
    const header = part(line).indexOf('\r\n\r\n') + 4;
    for (let size = first; size < whole.length - 3; size++) {
      const read = readParts(whole.subarray(0, size)).map(seen);
      const rest = size - first - header;
      if (rest <= 0) expect(read).toHaveLength(1);
      else expect(read[1]).toMatchObject({ truncated: true, body: line.slice(0, rest) });
    }
  });

  it('says what the header told of a part of which nothing else came', () => {
    const ended = (...pieces: (string | Buffer)[]): MultipartReader => {
      const reader = new MultipartReader();
      reader.push(bytesOf(...pieces));
      reader.finish();
      return reader;
    };
    expect(ended(part(motion), '--boundary\r\nContent-Type: image/jpeg\r\nConte').cutHeader).toEqual({
      contentType: 'image/jpeg',
      name: null,
      formName: null,
    });
    expect(ended(part(motion), '--boundary\r\nContent-Type: text/xml\r\n\r\n').cutHeader).toMatchObject({
      contentType: 'text/xml',
    });
    for (const rest of ['', '--bound', '--boundary\r\n', '--boundary--', '--boundary\r\nContent-Length: 0\r\n\r\n'])
      expect(ended(part(motion), rest).cutHeader).toBeNull();
    expect(ended(part(motion), part(line)).cutHeader).toBeNull();
    expect(ended(part(motion), part(line.slice(0, 40), { after: '', length: 900 })).cutHeader).toBeNull();
  });

  it('gives a picture that breaks off as truncated, a whole one without length as whole', () => {
    const bytes = bytesOf(part(motion), picturePart(jpeg(1_000), { after: '' }));
    expect(readParts(bytes.subarray(0, -10)).map(seen)).toMatchObject([
      { truncated: false },
      { kind: 'picture', truncated: true },
    ]);
    const open = bytesOf(part(motion), picturePart(jpeg(1_000), { after: '', length: null }));
    expect(readParts(open).map(seen)).toMatchObject([
      {},
      { kind: 'picture', truncated: false, body: latin1(jpeg(1_000)) },
    ]);
  });

  it('finds the parts that a picture with a length too long had swallowed', () => {
    const bytes = bytesOf(
      picturePart(jpeg(1_000), { length: 500_000 }),
      part(motion),
      picturePart(jpeg(99)),
      part(line),
    );
    expect(bodies(bytes)).toEqual([latin1(jpeg(1_000)), motion, latin1(jpeg(99)), line]);
  });

  it('leaves the reader as new', () => {
    const reader = new MultipartReader();
    reader.push(part(motion).subarray(0, 200));
    expect(reader.finish()).toHaveLength(1);
    expect(reader.pendingBytes).toBe(0);
    expect(reader.push(bytesOf(part(line))).map(seen)).toMatchObject([{ body: line, truncated: false }]);
  });

  it('gives nothing for nothing', () => {
    for (const bytes of ['', '\r\n', '--boundary', '--boundary\r\n', '--boundary--\r\n', 'HTTP/1.1 200 OK\r\n\r\n'])
      expect(readParts(Buffer.from(bytes))).toEqual([]);
  });
});

/* Properties */

const anyPart = fc.oneof(
  fc
    .record({
      eventType: fc.constantFrom('VMD', 'linedetection', 'IO'),
      name: fc.string({ unit: 'grapheme', maxLength: 20 }),
      lf: fc.boolean(),
    })
    .map(({ eventType, name, lf }): { body: Buffer; type: string } => ({
      body: Buffer.from(
        alert(eventType, 1, `<channelName>${name.replace(/[<>&\r\n-]/g, '')}</channelName>`, lf ? '\n' : '\r\n'),
      ),
      type: 'application/xml; charset="UTF-8"',
    })),
  fc
    .json()
    .filter((text) => /^[[{]/.test(text))
    .map((text) => ({ body: Buffer.from(text), type: 'application/json' })),
  fc
    .tuple(fc.integer({ min: 40, max: 900 }), fc.constantFrom('', '\r\n--boundary', '\n--boundary\r\n\0', '<x>', '{'))
    .map(([size, inside]) => ({ body: jpeg(size, inside), type: 'image/jpeg' })),
);

const anyStream = fc
  .array(
    fc.record({
      content: anyPart,
      withLength: fc.boolean(),
      eol: fc.constantFrom<'\r\n' | '\n'>('\r\n', '\n'),
      after: fc.constantFrom('\r\n', '\n', '\r\n\r\n', '\n\0\0\n'),
      extra: fc.constantFrom('', '--boundary--\r\n', '--boundary\r\n\r\n', '\r\n'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => ({
    expected: parts.map(({ content }) => content.body.toString('latin1')),
    bytes: Buffer.concat(
      parts.map(({ content, withLength, eol, after, extra }) =>
        bytesOf(part(content.body, { eol, after, type: content.type, ...(withLength ? {} : { length: null }) }), extra),
      ),
    ),
  }));

const anyCut = fc.array(fc.nat(1_000), { maxLength: 30 });

describe('whatever the cut', () => {
  it('the same parts come out, and they are the ones that went in', () => {
    fc.assert(
      fc.property(anyStream, anyCut, ({ bytes, expected }, cuts) => {
        const whole = readChunks([bytes]);
        expect(whole.map(({ body }) => body.replace(/[\s\0]+$/, ''))).toEqual(
          expected.map((body) => body.replace(/[\s\0]+$/, '')),
        );
        const positions = cuts.map((permille) => Math.floor((permille * bytes.length) / 1_000));
        expect(readChunks(cutAt(bytes, positions))).toEqual(whole);
        expect(readChunks(cutEvery(bytes, 1))).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe('whatever the bytes', () => {
  const limits = { headerBytes: 200, textBytes: 400, pictureBytes: 600 };
  /** What may be held back: the largest part, and as much of the next delimiter line as tells that it is none. */
  const bound = 600 + 2 * 256;

  const pieces = fc.constantFrom(
    '--boundary\r\n',
    '--boundary--',
    '\r\n',
    '\n',
    '\0\0',
    '  ',
    'Content-Type: image/jpeg\r\n',
    'Content-Length: 50\r\n',
    'Content-Length: 999999\r\n\r\n',
    '<EventNotificationAlert>',
    '</EventNotificationAlert>',
    '<!-- ',
    '<?xml',
    '{"a":"',
    '"}',
    '[[[',
    '\xff\xd8',
    '\xff\xd9',
    '\xef\xbb',
    'x'.repeat(300),
  );
  const noise = fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary-ascii', maxLength: 40 })), { maxLength: 60 })
    .map((texts) => Buffer.from(texts.join(''), 'latin1'));

  function check(bytes: Buffer, size: number): void {
    const reader = new MultipartReader(limits);
    let count = 0;
    for (const chunk of cutEvery(bytes, size)) {
      count += reader.push(chunk).length;
      expect(reader.pendingBytes).toBeLessThanOrEqual(bound + size);
    }
    count += reader.finish().length;
    expect(reader.pendingBytes).toBe(0);
    expect(count).toBeLessThanOrEqual(bytes.length);
  }

  it('pieces of streams in any order: no error, and memory within the limits', () => {
    fc.assert(
      fc.property(noise, fc.constantFrom(1, 13, 64), (bytes, size) => check(bytes, size)),
      { numRuns: 500 },
    );
  });

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.constantFrom(1, 13, 64), (bytes, size) =>
        check(Buffer.from(bytes), size),
      ),
    );
  });

  it('a stream with some bytes changed: no error, and the parts behind come again', () => {
    const damage = fc.array(fc.tuple(fc.nat(999), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyStream, damage, fc.constantFrom(1, 13, 1_000), ({ bytes }, changes, size) => {
        const copy = Buffer.from(bytes);
        for (const [permille, value] of changes) copy[Math.floor((permille * copy.length) / 1_000)] = value;
        check(copy, size);
        const reader = new MultipartReader({ textBytes: 20_000, pictureBytes: 20_000 });
        for (const chunk of cutEvery(copy, size)) reader.push(chunk);
        // The first good parts may still be swallowed by a broken one; what comes much later may not.
        for (let more = 0; more < 120; more++) reader.push(part(line));
        const last = reader.push(part(area)).map(seen);
        expect(last).toMatchObject([{ body: area, truncated: false }]);
      }),
      { numRuns: 200 },
    );
  });

  it('blanks for ever are not kept', () => {
    for (const start of [
      '',
      '--boundary\r\nContent-Type: application/xml\r\n\r\n',
      '--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 20\r\n\r\n\xff\xd8345678901234567890',
    ]) {
      const reader = new MultipartReader(limits);
      reader.push(Buffer.from(start, 'latin1'));
      for (let count = 0; count < 200; count++) reader.push(Buffer.alloc(64, ' '));
      expect(reader.pendingBytes).toBeLessThanOrEqual(bound);
    }
  });
});

describe('the time is linear', () => {
  const timed = (run: () => void): number => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  };

  /** Bytes of memory that the reader takes for one stream. */
  function taken(run: () => void): number {
    const original = Buffer.allocUnsafe.bind(Buffer);
    let bytes = 0;
    Buffer.allocUnsafe = (size: number) => {
      bytes += size;
      return original(size);
    };
    try {
      run();
    } finally {
      Buffer.allocUnsafe = original;
    }
    return bytes;
  }

  const size = 3_000_000;
  const large: Record<string, Buffer> = {
    'a picture with a length': picturePart(jpeg(size)),
    'a picture without a length': picturePart(jpeg(size), { length: null }),
    'a picture with a length too short': picturePart(jpeg(size), { length: 1_000 }),
    'a document': part(alert('VMD', 1, `<x>${'</EventNotificationAlertX>'.repeat(70_000)}</x>`)),
    'a JSON document': part(`{"x": [${'{"a": "\\"}"}, '.repeat(100_000)}1]}`, { type: 'application/json' }),
    'comments in front of a document': part(`${'<!-- -->'.repeat(200_000)}${motion}`),
  };
  for (const [name, bytes] of Object.entries(large)) {
    it(`${name} of ${(bytes.length / 1e6).toFixed(1)} MB in chunks of 1,460 bytes is read in time and copied little`, () => {
      const chunks = [...cutEvery(bytes, 1_460), part(line)];
      const reader = new MultipartReader();
      let kinds: string[] = [];
      const ms = timed(() => (kinds = chunks.flatMap((chunk) => reader.push(chunk)).map(({ kind }) => kind)));
      expect(kinds).toHaveLength(2);
      expect(ms).toBeLessThan(3_000);
      const again = new MultipartReader();
      expect(taken(() => chunks.forEach((chunk) => again.push(chunk)))).toBeLessThan(6 * bytes.length);
    });
  }

  it('a document is not copied at all when its chunk holds it whole', () => {
    const reader = new MultipartReader();
    const chunk = bytesOf(part(motion), part(line));
    const [first, second] = reader.push(chunk);
    expect(first?.body.buffer).toBe(chunk.buffer);
    expect(second?.body.buffer).toBe(chunk.buffer);
  });

  it('many small documents without delimiters in one large chunk', () => {
    const bytes = bytesOf(part(motion), motion.repeat(20_000));
    let count = 0;
    const ms = timed(() => (count = readParts(bytes).length));
    expect(count).toBe(20_001);
    expect(ms).toBeLessThan(3_000);
  });
});
