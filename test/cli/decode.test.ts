import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hsp } from '../support/cli';
import { alert, jpeg, part, picturePart } from '../support/parts';

type Line = Record<string, unknown>;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hsp-decode-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

function file(...pieces: (Buffer | string)[]): string {
  const path = join(folder, 'capture.bin');
  writeFileSync(path, Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  return path;
}

async function decode(...args: string[]): Promise<{ status: number; lines: Line[]; err: string }> {
  const { status, out, err } = await hsp(['decode', ...args]);
  return { status, lines: out.map((line) => JSON.parse(line) as Line), err: err.join('\n') };
}

const event = (eventType: string, second: number, state = 'active', more = ''): string =>
  alert(eventType, 1, more)
    .replace('12:00:00', `12:00:${String(second).padStart(2, '0')}`)
    .replace('active</eventState>', `${state}</eventState>`);

describe('hsp decode', () => {
  it('does not say a state that was cut off', async () => {
    const whole = event('VMD', 0, 'inactive');
    const { lines } = await decode(file(part(whole.slice(0, whole.indexOf('<eventState>')))));
    expect(lines).toMatchObject([{ kind: 'motion', eventType: 'VMD', active: null, truncated: true }]);
  });

  it('prints one compact line for each document, in order, with the promised members', async () => {
    const { status, lines, err } = await decode(
      file(part(event('VMD', 0)), part(event('linedetection', 1, 'inactive'))),
    );
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(lines).toEqual([
      {
        index: 0,
        kind: 'motion',
        eventType: 'VMD',
        active: true,
        channel: 1,
        rawChannel: 1,
        heartbeat: false,
        time: '2024-05-01T12:00:00+02:00',
        target: null,
        details: {},
        pictures: [],
      },
      {
        index: 1,
        kind: 'lineCrossing',
        eventType: 'linedetection',
        active: false,
        channel: 1,
        rawChannel: 1,
        heartbeat: false,
        time: '2024-05-01T12:00:01+02:00',
        target: null,
        details: { rule: null, ruleName: null, direction: null },
        pictures: [],
      },
    ]);
  });

  it('reads what was recorded with the heads and chunks of HTTP, or by a Windows console as UTF-16', async () => {
    const stream = `${part(event('VMD', 0)).toString()}${part(event('linedetection', 1)).toString()}`;
    const middle = stream.indexOf('<eventType>') + 4;
    const chunks = [stream.slice(0, middle), stream.slice(middle)].map(
      (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
    );
    const kinds = async (recorded: Buffer | string) => {
      const { lines, err } = await decode(file(recorded));
      return [lines.map(({ kind }) => kind), err];
    };
    expect(await kinds(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`)).toEqual([
      ['motion', 'lineCrossing'],
      expect.stringMatching(/^skipped \d+ bytes \(noise\), beginning: HTTP\/1.1 200 OK$/),
    ]);
    expect(await kinds(Buffer.from(`\ufeff${stream}`, 'utf16le'))).toEqual([['motion', 'lineCrossing'], '']);
  });

  it('pictures before the event of a push are its own; before a stream they are told on standard error', async () => {
    const anpr = part(event('ANPR', 0));
    const scene = picturePart(jpeg(500), { headers: ['Content-Disposition: form-data; name="detectionPicture.jpg"'] });
    const plate = picturePart(jpeg(60), {
      headers: ['Content-Disposition: form-data; name="licensePlatePicture.jpg"'],
    });
    const push = await decode(file(scene, anpr, plate));
    expect(push.err).toBe('');
    expect(push.lines.map(({ pictures }) => pictures)).toMatchObject([
      [
        { name: 'detectionPicture.jpg', role: 'scene' },
        { name: 'licensePlatePicture.jpg', role: 'licensePlate' },
      ],
    ]);
    const stream = await decode(file(scene, anpr, part(event('VMD', 1))));
    expect(stream.err).toBe('a picture (detectionPicture.jpg, 500 bytes) came before the first event');
    expect(stream.lines.map(({ pictures }) => pictures)).toEqual([[], []]);
  });

  it('finds the stream behind what a client printed, and behind a page that was not closed', async () => {
    const stream = `${part(event('VMD', 0)).toString()}${part(event('linedetection', 1)).toString()}`;
    const verbose = await decode(file(`> GET / HTTP/1.1\n> \n< HTTP/1.1 200 OK\n< \n${stream}`));
    expect(verbose.lines.map(({ kind }) => kind)).toEqual(['motion', 'lineCrossing']);
    const page = await decode(file(`<html><head><title>401</title></head><body>\r\n${stream}`));
    expect(page.lines.map(({ kind, truncated }) => kind ?? truncated)).toEqual([true, 'motion', 'lineCrossing']);
  });

  it('pictures belong to the event before them and get no line of their own', async () => {
    const path = file(
      part(event('VMD', 0, 'active', '<detectionPicturesNumber>2</detectionPicturesNumber>')),
      picturePart(jpeg(500)),
      picturePart(jpeg(600), { headers: [], type: 'image/pjpeg' }),
      part(event('linedetection', 1)),
    );
    const { lines } = await decode(path);
    expect(lines.map(({ index, pictures }) => [index, pictures])).toEqual([
      [
        0,
        [
          { name: 'Picture.jpg', contentType: 'image/jpeg', sizeBytes: 500, role: null },
          { name: 'picture.jpg', contentType: 'image/pjpeg', sizeBytes: 600, role: null },
        ],
      ],
      [1, []],
    ]);
  });

  it('says what each picture shows, as far as the message or its names tell', async () => {
    const plate =
      '<ANPR><licensePlate>AB123</licensePlate><pictureInfoList>' +
      '<pictureInfo><fileName>one.jpg</fileName><type>licensePlatePicture</type></pictureInfo>' +
      '<pictureInfo><fileName>two.jpg</fileName><type>vehiclePicture</type><pId>2024050112</pId></pictureInfo>' +
      '</pictureInfoList></ANPR>';
    const named = (name: string, field = 'Picture') => [
      `Content-Disposition: form-data; name="${field}"; filename="${name}"`,
    ];
    const { lines } = await decode(
      file(
        part(event('ANPR', 0, 'active', plate)),
        picturePart(jpeg(100), { headers: named('one.jpg') }),
        picturePart(jpeg(100), { headers: named('2024050112.jpg') }),
        picturePart(jpeg(100), { headers: named('17.jpg', 'detectionPicture.jpg') }),
        picturePart(jpeg(100), { headers: named('facePicture.jpg') }),
        picturePart(jpeg(100), { headers: named('Picture.jpg') }),
      ),
    );
    const pictures = lines[0]?.['pictures'] as { role: string | null }[];
    expect(pictures.map(({ role }) => role)).toEqual(['licensePlate', 'vehicle', 'scene', 'face', null]);
  });

  it('a part that was cut off within its header has a line, or a picture of no size', async () => {
    const whole = part(event('linedetection', 1));
    const header = whole.indexOf('\r\n\r\n') + 4;
    const first = whole.indexOf('\r\n') + 2;
    for (let size = 1; size <= header; size++) {
      const { status, lines } = await decode(file(part(event('VMD', 0)), whole.subarray(0, size)));
      expect(status).toBe(0);
      // A delimiter alone promises nothing, and neither does a word that may be no header.
      const isHeader = whole.subarray(first, size).includes(':');
      expect(lines).toHaveLength(isHeader ? 2 : 1);
      if (isHeader) {
        expect(lines[1]).toEqual({
          index: 1,
          kind: null,
          eventType: null,
          active: null,
          channel: null,
          rawChannel: null,
          heartbeat: false,
          time: null,
          target: null,
          details: {},
          pictures: [],
          truncated: true,
        });
      }
    }
    const picture = picturePart(jpeg(100));
    const { lines } = await decode(file(part(event('VMD', 0)), picture.subarray(0, picture.indexOf('\r\n\r\n') + 4)));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.['pictures']).toEqual([
      { name: 'Picture.jpg', contentType: 'image/jpeg', sizeBytes: 0, role: null, truncated: true },
    ]);
  });

  it('heartbeats have no kind; a duration has the kind that it relates to', async () => {
    const duration = '<DurationList><Duration><relationEvent>fielddetection</relationEvent></Duration></DurationList>';
    const { lines } = await decode(
      file(part(event('videoloss', 0, 'inactive')), part(event('duration', 1, 'active', duration))),
    );
    expect(lines).toMatchObject([
      { heartbeat: true, kind: null, eventType: 'videoloss', active: false },
      { heartbeat: false, kind: 'intrusion', eventType: 'duration', active: true },
    ]);
  });

  it('a last part that was cut off keeps its line with what can be read', async () => {
    const cut = event('VMD', 7);
    for (const [text, expected] of [
      [
        cut.slice(0, cut.indexOf('<eventState>') + 3),
        { kind: 'motion', eventType: 'VMD', time: '2024-05-01T12:00:07+02:00' },
      ],
      [cut.slice(0, 100), { kind: null, eventType: null, channel: null, time: null }],
      [
        cut.slice(0, cut.indexOf('<eventType>') + 3),
        { kind: null, eventType: null, channel: 1, rawChannel: 1, time: '2024-05-01T12:00:07+02:00' },
      ],
      [
        '{"channelID": 8, "dateTime": "2024-05-01T12:00:07Z", "even',
        { kind: null, channel: 8, time: '2024-05-01T12:00:07Z' },
      ],
      ['{"channelID": 8, "eventType": "faceCapture", "faceCapture": [{"a": 1}, {"b', { kind: 'face', channel: 8 }],
    ] as const) {
      const { status, lines, err } = await decode(file(part(event('VMD', 0)), part(text, { after: '', length: 900 })));
      expect(status).toBe(0);
      expect(lines).toHaveLength(2);
      expect(lines[0]).not.toHaveProperty('truncated');
      expect(lines[1]).toMatchObject({ index: 1, truncated: true, ...expected });
      expect(lines[1]).not.toHaveProperty('error');
      if (expected.kind === null) expect(err).toContain('part 1');
    }
  });

  it('a part that cannot be read has an error, one without sense is noted; both cost nobody else a line', async () => {
    const path = file(
      part(event('VMD', 0)),
      part('<html><body>404</body></html>'),
      part('something else altogether'),
      part(event('linedetection', 1)),
    );
    const { status, lines, err } = await decode(path);
    expect(status).toBe(0);
    expect(lines.map(({ index, eventType }) => [index, eventType])).toEqual([
      [0, 'VMD'],
      [1, null],
      [2, 'linedetection'],
    ]);
    expect(lines[1]).toMatchObject({ kind: null, active: null, heartbeat: false, error: 'html is no event' });
    expect(err).toContain('part 1: html is no event');
    expect(err).toMatch(/skipped \d+ bytes \(noise\), beginning: something else/);
  });

  it('reads a push body, a single XML document and a single JSON document', async () => {
    const push = await decode(
      file(
        part(event('ANPR', 0, 'active', '<ANPR><licensePlate>0123456</licensePlate></ANPR>'), {
          delimiter: '-----------------------------7e13971310878',
          headers: ['Content-Disposition: form-data; name="anpr.xml"; filename="anpr.xml"'],
        }),
        picturePart(jpeg(300), { delimiter: '-----------------------------7e13971310878' }),
        '-----------------------------7e13971310878--\r\n',
      ),
    );
    expect(push.lines).toMatchObject([
      { kind: 'plate', details: { plate: '0123456' }, pictures: [{ sizeBytes: 300 }] },
    ]);
    expect((await decode(file(`<?xml version="1.0"?>\n${event('VMD', 0)}\n`))).lines).toMatchObject([
      { kind: 'motion' },
    ]);
    expect((await decode(file('{\n\t"eventType":\t"IO"\n}\n'))).lines).toMatchObject([
      { kind: 'alarmInput', channel: null },
    ]);
    expect((await decode(file(`\0\0\r\n${event('VMD', 0)}`))).lines).toMatchObject([{ kind: 'motion' }]);
  });

  it('a channelID above 32 counts minus 32, 0 is null', async () => {
    const { lines } = await decode(
      file(
        ...['34', '32', '0', ''].map((channel) =>
          part(event('VMD', 0).replace('>1</channelID', `>${channel}</channelID`)),
        ),
      ),
    );
    expect(lines.map(({ channel, rawChannel }) => [channel, rawChannel])).toEqual([
      [2, 34],
      [32, 32],
      [null, 0],
      [null, null],
    ]);
  });

  it('reads standard input, in any pieces', async () => {
    const bytes = Buffer.concat([part(event('VMD', 0)), part(event('linedetection', 1))]);
    const stdin = vi.spyOn(process, 'stdin', 'get');
    for (const size of [1, 100, 100_000]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      stdin.mockReturnValue(Readable.from(chunks) as unknown as typeof process.stdin);
      const { status, lines } = await decode('-');
      expect(status).toBe(0);
      expect(lines.map(({ kind }) => kind)).toEqual(['motion', 'lineCrossing']);
    }
  });
});

describe('hsp decode --edges', () => {
  const edgesOf = (...parts: Buffer[]): Promise<{ status: number; lines: Line[]; err: string }> =>
    decode('--edges', file(...parts));

  it('prints starts and ends, on the clock of the capture', async () => {
    const { status, lines } = await edgesOf(
      part(event('VMD', 0)),
      part(event('VMD', 1)),
      part(event('linedetection', 1)),
      part(event('VMD', 2, 'inactive')),
      part(event('VMD', 12)),
    );
    expect(status).toBe(0);
    const time = (second: number): string => `2024-05-01T12:00:${String(second).padStart(2, '0')}+02:00`;
    expect(lines).toEqual([
      { kind: 'motion', eventType: 'VMD', channel: 1, state: 'start', time: time(0) },
      { kind: 'lineCrossing', eventType: 'linedetection', channel: 1, state: 'start', time: time(1) },
      { kind: 'motion', eventType: 'VMD', channel: 1, state: 'end', time: time(2) },
      { kind: 'lineCrossing', eventType: 'linedetection', channel: 1, state: 'end', time: time(1), inferred: true },
      { kind: 'motion', eventType: 'VMD', channel: 1, state: 'start', time: time(12) },
    ]);
  });

  it('the end of the file invents no end', async () => {
    expect((await edgesOf(part(event('VMD', 0)))).lines).toMatchObject([{ state: 'start' }]);
  });

  it('exactly 10 s continues; --end-after changes it', async () => {
    const parts = [part(event('VMD', 0)), part(event('VMD', 10)), part(event('VMD', 21))];
    expect((await edgesOf(...parts)).lines.map(({ state }) => state)).toEqual(['start', 'end', 'start']);
    const { lines } = await decode('--edges', '--end-after', '9.5', file(...parts));
    expect(lines.map(({ state }) => state)).toEqual(['start', 'end', 'start', 'end', 'start']);
    expect((await decode('--edges', '--end-after', '60', file(...parts))).lines).toHaveLength(1);
  });

  it('a part that breaks off makes no edge, one that cannot be read is noted', async () => {
    const { lines, err } = await edgesOf(part('<html></html>'), part(event('VMD', 0).slice(0, -60), { after: '' }));
    expect(lines).toEqual([]);
    expect(err).toContain('html is no event');
  });
});

describe('exit status', () => {
  it('1 for a file that is not there, or cannot be read', async () => {
    const missing = await decode(join(folder, 'none.bin'));
    expect(missing).toMatchObject({ status: 1, lines: [] });
    expect(missing.err).toContain('none.bin');
    expect((await decode(folder)).status).toBe(1);
  });

  it('1 for a file without any part', async () => {
    for (const content of ['', '\r\n', 'plain text\n', '--boundary\r\n']) {
      const found = await decode(file(content));
      expect(found).toMatchObject({ status: 1, lines: [] });
      expect(found.err).toContain('no part');
    }
  });

  it('2 for a mistake in the command line, which is named', async () => {
    for (const [args, word] of [
      [[], 'FILE'],
      [['a', 'b'], 'FILE'],
      [['--nothing', 'a'], '--nothing'],
      [['--end-after', 'soon', 'a'], '--end-after'],
      [['--end-after', '-1', 'a'], '--end-after'],
      [['--end-after'], '--end-after'],
    ] as const) {
      const found = await decode(...args);
      expect(found).toMatchObject({ status: 2, lines: [] });
      expect(found.err).toContain(word);
      expect(found.err).toContain('hsp decode --help');
    }
  });

  it('0 for --help, which names every option', async () => {
    for (const args of [['--help'], ['-h'], ['file', '--edges', '--help']]) {
      const { status, out, err } = await hsp(['decode', ...args]);
      expect(status).toBe(0);
      expect(err).toEqual([]);
      for (const word of ['FILE', '--edges', '--end-after', 'truncated', 'Exit status'])
        expect(out.join('\n')).toContain(word);
    }
  });
});
