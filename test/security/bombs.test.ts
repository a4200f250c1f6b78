/** Small or endless input that would cost much: each ends soon, in an error of ours, and takes little memory. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../lib/codec/json';
import { responseStatusOf } from '../../lib/codec/isapi';
import { MultipartReader } from '../../lib/codec/multipart';
import { parseXml } from '../../lib/codec/xml';
import { systemClock } from '../../lib/clock';
import { ProtocolError } from '../../lib/errors';
import { XML_MAX_DEPTH, XML_MAX_ELEMENTS, XML_MAX_LENGTH, PUSH_HEADERS_TIMEOUT_MS } from '../../lib/settings';
import { PushListener } from '../../lib/transport/push-listener';
import { codeOf, hikvisionClient } from '../support/clients';
import { rawAnswer, tcpServer } from '../support/servers';

const MB = 1024 * 1024;

describe('a document', () => {
  const entities = Array.from({ length: 12 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');

  it.each([
    ['a billion laughs', `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">${entities}]><l>&l12;</l>`],
    ['one entity many times', `<!DOCTYPE l [<!ENTITY a "${'a'.repeat(MB)}">]><l>${'&a;'.repeat(10_000)}</l>`],
    ['a file of this machine', '<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&f;</l>'],
    ['a page of somebody else', '<!DOCTYPE l SYSTEM "http://192.0.2.1/x.dtd"><l/>'],
    ['a type behind a comment', '<!-- x --><!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>'],
    ['a type in small letters', '<!doctype l [<!ENTITY a "b">]><l>&a;</l>'],
    ['elements nested without end', '<a>'.repeat(XML_MAX_DEPTH + 1)],
    ['a million elements', `<l>${'<a/>'.repeat(XML_MAX_ELEMENTS + 1)}</l>`],
    ['more text than any device sends', `<l>${'x'.repeat(XML_MAX_LENGTH)}</l>`],
    ['sections that never end', `<l>${'<![CDATA['.repeat(200_000)}`],
  ])('with %s is refused', (_name, document) => {
    expect(() => parseXml(document)).toThrow(ProtocolError);
  });

  it('keeps an entity that it knows nothing of as it is written', () => {
    expect(parseXml('<l>&unknown;</l>').text).toBe('&unknown;');
  });

  it.each([
    ['nested without end', '['.repeat(1_000_000)],
    ['nested deep, and closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['with objects nested deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`],
    ['with rows of NULs', `{${'\0'.repeat(2 * MB)}x`],
  ])('in JSON %s is refused', (_name, document) => {
    expect(() => parseJson(Buffer.from(document))).toThrow(ProtocolError);
  });

  it('with rows of NULs is no status', () => {
    const body = Buffer.from(`{"statusCode":${'\0'.repeat(60_000)}x`);
    expect(responseStatusOf({ status: 400, contentType: null, body })).toBeNull();
  });
});

describe('an answer', () => {
  const asked = (url: string) =>
    codeOf(hikvisionClient({ url }, { username: '', password: '' }).call('config.raw', { path: '/ISAPI/x' }));

  it('that is compressed is never inflated: a bomb stays as small as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MB));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    const server = await rawAnswer(Buffer.concat([Buffer.from(head), bomb]));
    const client = hikvisionClient(server, { username: '', password: '' });
    const { body } = await client.config.raw({ path: '/ISAPI/x' });
    expect(Buffer.isBuffer(body) && body.equals(bomb)).toBe(true);
  });

  it.each([
    [
      'head that never ends',
      (write: (text: string) => void) => write(`X-${'a'.repeat(1_000)}: b\r\n`),
      'HTTP/1.1 200 OK\r\n',
    ],
    ['one line that never ends', (write: (text: string) => void) => write('a'.repeat(1_000)), 'HTTP/1.1 200 OK\r\nX: '],
  ])('with a %s is cut off', async (_name, more, first) => {
    let sent = 0;
    const { url, sockets } = await tcpServer((socket) => {
      socket.write(first);
      const pour = () => {
        while (!socket.destroyed && sent < 64 * MB) {
          let isRoom = true;
          more((text) => {
            sent += text.length;
            isRoom = socket.write(text);
          });
          if (!isRoom) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    expect(await asked(url)).toBe('HIK_PROTOCOL');
    expect(sent).toBeLessThan(16 * MB);
    expect([...sockets].filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(1);
  });

  it('in chunks that never end is cut off', async () => {
    let sent = 0;
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const { url } = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const pour = () => {
        while (!socket.destroyed && sent < 512 * MB) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    expect(await asked(url)).toBe('HIK_TOO_LARGE');
    expect(sent).toBeLessThan(128 * MB);
  });
});

describe('a stream of parts', () => {
  it.each([
    ['a header that never ends', '--b\r\nX: ', 'a'.repeat(MB)],
    ['headers without end', '--b\r\n', 'X-A: b\r\n'.repeat(100_000)],
    ['delimiters and nothing else', '', '--b\r\n'.repeat(100_000)],
    ['a document that never ends', '--b\r\nContent-Type: application/xml\r\n\r\n<a>', '<b>'.repeat(400_000)],
    [
      'a length that nobody has',
      '--b\r\nContent-Type: application/xml\r\nContent-Length: 99999999999999999\r\n\r\n<a>',
      'x'.repeat(MB),
    ],
    [
      'a picture larger than any',
      '--b\r\nContent-Type: image/jpeg\r\nContent-Length: 4000000000\r\n\r\n\xff\xd8',
      'x'.repeat(MB),
    ],
  ])('with %s keeps little', (_name, first, more) => {
    const reader = new MultipartReader({}, () => undefined);
    reader.push(Buffer.from(first, 'latin1'));
    for (let round = 0; round < 40; round++) {
      reader.push(Buffer.from(more, 'latin1'));
      expect(reader.pendingBytes).toBeLessThan(20 * MB);
    }
  });
});

describe('the listener for devices', () => {
  it('cuts a head that trickles, and takes no more than its bound of connections', async () => {
    const listener = new PushListener({ clock: systemClock });
    await listener.listen({ host: '127.0.0.1', port: 0 });
    try {
      const { server } = listener as unknown as {
        server: { headersTimeout: number; requestTimeout: number; maxConnections: number };
      };
      expect(server.headersTimeout).toBe(PUSH_HEADERS_TIMEOUT_MS);
      expect(server.requestTimeout).toBeGreaterThan(0);
      expect(server.maxConnections).toBeGreaterThan(0);
      // Larger heads than any device sends end at once.
      const socket = connect(listener.port, '127.0.0.1');
      const said = await new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('error', () => resolve(text));
        socket.on('close', () => resolve(text));
        socket.write(`POST /hsp/x HTTP/1.1\r\n${`X: ${'a'.repeat(8_000)}\r\n`.repeat(20)}`);
      });
      expect(said === '' || said.startsWith('HTTP/1.1 400')).toBe(true);
      expect(listener.counters.pushes).toBe(0);
    } finally {
      await listener.close();
    }
  });

  it('gives nothing to a page of a browser, whatever name it calls us by', async () => {
    const listener = new PushListener({ clock: systemClock });
    await listener.listen({ host: '127.0.0.1', port: 0 });
    try {
      const url = `http://127.0.0.1:${listener.port}`;
      for (const [method, path] of [
        ['GET', '/'],
        ['POST', '/hsp/guess'],
        ['OPTIONS', '/hsp/guess'],
        ['POST', '/hsp/'],
        ['GET', '/hsp/__proto__'],
      ] as const) {
        const answer = await fetch(url + path, { method, headers: { origin: 'http://evil.example' } });
        expect(answer.status).toBe(404);
        expect(await answer.text()).toBe('');
        // No page of another site may read or send more than it could anyway.
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
      expect(listener.counters).toMatchObject({ pushes: 0, refused: 5 });
    } finally {
      await listener.close();
    }
  });
});
