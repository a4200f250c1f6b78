/** `hsp decode` of command-port frames, beside everything else that it reads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hsp } from '../support/cli';
import { alarmV30, be32, padded, push, reply, request } from '../support/wire';

const folder = mkdtempSync(join(tmpdir(), 'hsp-decode-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function decoded(content: string | Buffer, ...options: string[]) {
  const file = join(folder, 'capture');
  writeFileSync(file, content);
  const { status, out, err } = await hsp(['decode', file, ...options]);
  return { status, err, lines: out.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const ASK = request({ command: 0x1110c2, userId: 0x1234abcd, ip: [192, 168, 0, 104], mac: [1, 2, 3, 4, 5, 6] });
const ANSWER = reply(1, padded('x', 180));

const EXPECTED = [
  {
    direction: 'request',
    length: 32,
    command: '0x001110c2',
    name: 'getDeviceV40',
    clientIp: '192.168.0.104',
    userId: '1234abcd',
    mac: '010203040506',
    status: null,
    body: '',
  },
  { direction: 'reply', length: 196, command: null, status: 1, statusName: 'ok' },
];

/** Hexadecimal digits with a blank after each so many. */
const spaced = (bytes: Buffer, digits: number): string =>
  bytes.toString('hex').replace(new RegExp(`(.{${digits}})(?=.)`, 'g'), '$1 ');
const eights = (bytes: Buffer): string => `${spaced(bytes.subarray(0, 8), 2)}  ${spaced(bytes.subarray(8), 2)}`;
const printable = (bytes: Buffer): string => bytes.toString('latin1').replace(/[^ -~]/g, '.');

describe('frames', () => {
  it('as bytes', async () => {
    const { status, lines } = await decoded(Buffer.concat([ASK, ANSWER]));
    expect(status).toBe(0);
    expect(lines).toMatchObject(EXPECTED);
    expect(Object.keys(lines[0] ?? {})).toEqual(Object.keys(EXPECTED[0] ?? {}));
  });

  it.each([
    ['plain', (bytes: Buffer) => bytes.toString('hex')],
    [
      'in words and lines',
      (bytes: Buffer) =>
        `${bytes
          .toString('hex')
          .replace(/(.{32})/g, '$1\n')
          .replace(/(..)/g, '$1 ')}\n`,
    ],
    ['with remarks', (bytes: Buffer) => `# from the capture\n${bytes.toString('hex').toUpperCase()}\n`],
    [
      'as a program writes it',
      (bytes: Buffer) => [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', '),
    ],
  ])('as hexadecimal text, %s', async (_name, write) => {
    const { status, lines } = await decoded(write(Buffer.concat([ASK, ANSWER])));
    expect(status).toBe(0);
    expect(lines).toMatchObject(EXPECTED);
  });

  it.each<[string, (line: Buffer, at: string) => string]>([
    ['xxd', (line, at) => `${at}: ${spaced(line, 4).padEnd(40)} ${printable(line)}`],
    ['hexdump -C', (line, at) => `${at}  ${eights(line).padEnd(49)} |${printable(line)}|`],
    ['a network analyser', (line, at) => `${at.slice(4)}   ${spaced(line, 2).padEnd(49)}  ${printable(line)}`],
  ])('as a dump of %s', async (name, write) => {
    const bytes = Buffer.concat([ASK, ANSWER]);
    const lines: string[] = [];
    let last = '';
    for (let at = 0; at < bytes.length; at += 16) {
      const line = bytes.subarray(at, at + 16);
      const isSame = name === 'hexdump -C' && line.equals(bytes.subarray(at - 16, at));
      if (!isSame) lines.push(write(line, at.toString(16).padStart(8, '0')));
      else if (last !== '*') lines.push('*');
      last = isSame ? '*' : '';
    }
    if (name === 'hexdump -C') {
      expect(lines).toContain('*');
      lines.push(bytes.length.toString(16).padStart(8, '0'));
    }
    const { status, lines: frames, err } = await decoded(`${lines.join('\n')}\n`);
    expect(err).toEqual([]);
    expect(status).toBe(0);
    expect(frames).toMatchObject(EXPECTED);
    expect(frames).toEqual((await decoded(bytes)).lines);
  });

  it('of both directions in one dump; one that leaves out too much is said', async () => {
    const both = [ASK, reply(1)].map(
      (bytes) =>
        `${spaced(bytes, 2)
          .match(/.{1,48}/g)
          ?.map((line, at) => `${(at * 16).toString(16).padStart(8, '0')}  ${line}  xx`)
          .join('\n')}\n`,
    );
    expect((await decoded(both.join('    '))).lines).toMatchObject([{ direction: 'request' }, { direction: 'reply' }]);
    const bomb = `00000000  ${spaced(ASK.subarray(0, 16), 2)}  |x|\n*\nffffffff\n`;
    const { status, err } = await decoded(bomb);
    expect(status).toBe(1);
    expect(err.join()).not.toBe('');
  });

  it('pushes with what they say', async () => {
    const { lines } = await decoded(Buffer.concat([push(2), alarmV30({ type: 3, channels: [1, 4] })]));
    expect(lines).toMatchObject([
      { direction: 'push', status: 2, statusName: 'keepAlive', body: '' },
      { direction: 'push', status: 104, decoded: { name: 'motion', subjects: [1, 4] } },
    ]);
  });

  it('whose direction is told', async () => {
    const { lines } = await decoded(reply(1), '--direction', 'push');
    expect(lines).toMatchObject([{ direction: 'push' }]);
    expect((await decoded(reply(1), '--direction', 'sideways')).status).toBe(2);
  });

  it('that are cut off', async () => {
    const { status, lines } = await decoded(Buffer.concat([ASK, ANSWER]).subarray(0, 100));
    expect(status).toBe(0);
    expect(lines).toMatchObject([{ direction: 'request' }, { length: 196, truncated: true }]);
  });

  it('that lie about their length', async () => {
    const { status, lines } = await decoded(Buffer.concat([ASK, Buffer.from(be32(3)), ANSWER]));
    expect(status).toBe(0);
    expect(lines[1]).toMatchObject({ truncated: true });
    expect((await decoded(Buffer.alloc(64))).status).toBe(1);
  });
});

describe('everything else is read as before', () => {
  const event =
    '<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>';
  it.each([
    ['an XML event', event],
    ['an XML event behind NULs', `\0\0\0\0${event}`],
    ['a JSON event', '{"eventType":"VMD","eventState":"active"}'],
    [
      'a stream',
      `--boundary\r\nContent-Type: application/xml\r\nContent-Length: ${event.length}\r\n\r\n${event}\r\n--boundary--`,
    ],
  ])('%s', async (_name, content) => {
    const { status, lines } = await decoded(content);
    expect(status).toBe(0);
    expect(lines).toMatchObject([{ index: 0, kind: 'motion' }]);
  });

  it.each(['', 'deadbeef is a word', 'face', 'just text'])('%j is none of it', async (content) => {
    expect((await decoded(content)).status).toBe(1);
  });

  it('keeps the vectors of the codec readable', async () => {
    const vectors = JSON.parse(readFileSync(join(__dirname, '../fixtures/hsp-vectors.json'), 'utf8')) as unknown;
    const frames = JSON.stringify(vectors).match(/"0000[0-9a-f]{28,}"/g) ?? [];
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect((await decoded(frame.slice(1, -1))).status).toBe(0);
  });
});
