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
