import { describe, expect, it } from 'vitest';
import { mapAnswer } from '../../lib/commands/answers';
import { HikvisionError } from '../../lib/errors';
import {
  ANSWER_TOTAL_MS,
  BODY_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  MAX_ANSWER_BYTES,
  MAX_PARALLEL_REQUESTS,
  MAX_QUEUED_REQUESTS,
} from '../../lib/settings';
import { codeOf, errorOf, httpOf, openSockets, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { httpServer, rawAnswer, tcpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const INFO = { method: 'GET', path: '/ISAPI/System/deviceInfo' } as const;
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** Answers that need no credentials: the exchange itself is what these tests are about. */
const textOf = (answer: { body: unknown }) => (Buffer.isBuffer(answer.body) ? answer.body.toString() : 'no body');

describe('answers that are not what HTTP promises', () => {
  it.each([
    ['HTTP/1.0, ended by the connection', 'HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n<a/>', '<a/>'],
    ['no length at all', 'HTTP/1.1 200 OK\r\n\r\n<a/>', '<a/>'],
    ['line ends of LF', 'HTTP/1.1 200 OK\nContent-Length: 4\n\n<a/>', '<a/>'],
    ['no reason', 'HTTP/1.1 200\r\nContent-Length: 4\r\n\r\n<a/>', '<a/>'],
    ['odd bytes in a header', 'HTTP/1.1 200 OK\r\nServer: \x01\xe9\r\nContent-Length: 4\r\n\r\n<a/>', '<a/>'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n', '<a/>'],
    ['bytes behind the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>junk', '<a/>'],
  ])('%s', async (_name, bytes, body) => {
    const http = httpOf(await rawAnswer(Buffer.from(bytes, 'latin1')));
    const answer = await http.send(INFO, { idempotent: true });
    expect([answer.status, textOf(answer)]).toEqual([200, body]);
  });

  it.each([
    ['garbage', 'SSH-2.0-dropbear\r\n', 'HIK_PROTOCOL', /no HTTP/],
    ['nothing', '', 'HIK_CONNECTION_LOST', /broke/],
    ['half a head', 'HTTP/1.1 200 OK\r\nConte', 'HIK_CONNECTION_LOST', /broke/],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a', 'HIK_CONNECTION_LOST', /broke/],
    ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<a', 'HIK_CONNECTION_LOST', /broke/],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n<a/>', 'HIK_PROTOCOL', /no HTTP/],
  ])('%s', async (_name, bytes, code, message) => {
    for (const then of ['end', 'destroy'] as const) {
      const http = httpOf(await rawAnswer(bytes, then));
      const error = await errorOf(http.send(INFO));
      expect(error).toBeInstanceOf(HikvisionError);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.message).toContain('127.0.0.1');
    }
  });

  it('a redirect is told for what it is', async () => {
    const { url } = await httpServer((_request, response) =>
      response.writeHead(302, { Location: 'https://127.0.0.1/' }).end(),
    );
    const answer = await httpOf({ url }).send(INFO);
    expect(answer.status).toBe(302);
    expect(mapAnswer(answer, 'config.deviceInfo', 'cam')).toMatchObject({
      code: 'HIK_REFUSED',
      message: expect.stringMatching(/another address.*HTTPS/) as string,
    });
  });

  it('too large an answer is cut off, with or without a length', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    for (const withLength of [true, false]) {
      const { url } = await httpServer((_request, response) => {
        response.on('error', () => response.destroy());
        response.writeHead(200, withLength ? { 'Content-Length': MAX_ANSWER_BYTES * 2 } : {});
        const write = () => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      });
      expect(await codeOf(httpOf({ url }).send(INFO))).toBe('HIK_TOO_LARGE');
    }
  });
});

describe('time', () => {
  it('no head in time', async () => {
    const clock = new FakeClock();
    const { sockets, url } = await tcpServer((socket) => socket.resume());
    const http = httpOf({ url }, { clock });
    const answer = codeOf(http.send(INFO));
    await until(() => sockets.size === 1, 'a connection');
    await turns(5);
    await clock.advance(HEADERS_TIMEOUT_MS - 1);
    expect(sockets.size).toBe(1);
    await clock.advance(1);
    expect(await answer).toBe('HIK_TIMEOUT');
    await until(() => sockets.size === 0, 'the connection is given up');
    expect(clock.pending).toBe(0);
  });

  it('a command may allow more', async () => {
    const clock = new FakeClock();
    const { seen, url } = await httpServer((request, response) => {
      if (request.path !== '/slow') response.end('<a/>');
    });
    const http = httpOf({ url }, { clock });
    await http.send(INFO);
    const answer = codeOf(http.send({ method: 'GET', path: '/slow', timeoutMs: 30_000 }));
    await until(() => seen.some(({ path }) => path === '/slow'), 'the request');
    await clock.advance(29_999);
    expect(await Promise.race([answer, Promise.resolve('waiting')])).toBe('waiting');
    await clock.advance(1);
    expect(await answer).toBe('HIK_TIMEOUT');
  });

  it('a body that trickles has an end', async () => {
    const clock = new FakeClock();
    const pieces: (() => void)[] = [];
    const { sockets, url } = await httpServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 1_000 });
      response.write('1');
      pieces.push(() => response.write('2'));
    });
    const http = httpOf({ url }, { clock });
    let code: string | null = null;
    void codeOf(http.send(INFO)).then((found) => (code = found));
    await until(() => pieces.length === 1, 'the request');
    await turns(5);
    for (let ms = 0; ms <= ANSWER_TOTAL_MS && code === null; ms += BODY_TIMEOUT_MS / 2) {
      await clock.advance(BODY_TIMEOUT_MS / 2);
      pieces[0]?.();
      await turns(5);
    }
    expect(code).toBe('HIK_TIMEOUT');
    await until(() => sockets.size === 0, 'the connection is given up');
    expect(clock.pending).toBe(0);
  });

  it('a body that stops; one that goes on slowly is waited for', async () => {
    const clock = new FakeClock();
    const pieces: (() => void)[] = [];
    const { url } = await httpServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 6 });
      response.write('1');
      pieces.push(() => response.write('2'));
    });
    const http = httpOf({ url }, { clock });
    const answer = codeOf(http.send(INFO));
    await until(() => pieces.length === 1, 'the request');
    for (let i = 0; i < 4; i++) {
      await turns(5);
      await clock.advance(BODY_TIMEOUT_MS - 1);
      pieces[0]?.();
    }
    await turns(5);
    await clock.advance(BODY_TIMEOUT_MS);
    expect(await answer).toBe('HIK_TIMEOUT');
    expect(clock.pending).toBe(0);
  });

  it('no connection in time', async () => {
    const clock = new FakeClock();
    // An address for documentation: either nobody answers, or there is no way to it.
    const http = httpOf({ url: 'http://192.0.2.1' }, { clock });
    const answer = errorOf(http.send(INFO));
    await turns(3);
    await clock.advance(CONNECT_TIMEOUT_MS);
    const error = await answer;
    expect(error.code).toBe('HIK_UNREACHABLE');
    expect(clock.pending).toBe(0);
  });

  it('a refused connection says so', async () => {
    const error = await errorOf(httpOf({ url: 'http://127.0.0.1:1' }).send(INFO));
    expect(error.code).toBe('HIK_UNREACHABLE');
    expect(error.message).toContain('refused');
    expect(error.message).toContain('127.0.0.1:1');
  });

  it('a name that nobody knows', async () => {
    const error = await errorOf(httpOf({ url: 'http://no-such-camera.invalid' }).send(INFO));
    expect(error.code).toBe('HIK_UNREACHABLE');
    expect(error.message).toMatch(/name/);
  });
});

describe('kept connections', () => {
  it('reads share one', async () => {
    const { url, sockets, seen } = await httpServer((_request, response) => response.end('<a/>'));
    const http = httpOf({ url });
    const used = new Set<unknown>();
    for (let i = 0; i < 5; i++) {
      await http.send(INFO, { idempotent: true });
      for (const socket of sockets) used.add(socket);
    }
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(used.size).toBe(1);
  });

  it('a read is repeated when the device had closed the connection; a write never is', async () => {
    let isDead = false;
    const requests: string[] = [];
    const { url, sockets } = await tcpServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        const line = chunk.toString('latin1').split('\r\n')[0] ?? '';
        requests.push(line);
        if (isDead) {
          isDead = false;
          socket.destroy();
          return;
        }
        socket.write(ok('<a/>'));
      });
    });
    const http = httpOf({ url });
    await http.send(INFO, { idempotent: true });
    expect(sockets.size).toBe(1);
    isDead = true;
    requests.length = 0;
    expect((await http.send(INFO, { idempotent: true })).status).toBe(200);
    expect(requests).toEqual(Array(2).fill('GET /ISAPI/System/deviceInfo HTTP/1.1'));

    isDead = true;
    requests.length = 0;
    expect(await codeOf(http.send({ method: 'PUT', path: '/ISAPI/x', body: '<a/>' }))).toBe('HIK_CONNECTION_LOST');
    expect(requests).toEqual(['PUT /ISAPI/x HTTP/1.1']);
  });

  it('a read over a fresh connection is not repeated by itself', async () => {
    let count = 0;
    const { url } = await tcpServer((socket) => {
      socket.once('data', () => {
        count++;
        socket.destroy();
      });
    });
    expect(await codeOf(httpOf({ url }).send(INFO, { idempotent: true }))).toBe('HIK_CONNECTION_LOST');
    expect(count).toBe(1);
  });

  it('close() leaves no socket, whatever is under way', async () => {
    const before = openSockets();
    const quiet = await tcpServer((socket) => socket.resume());
    const well = await simulator('camera');
    const stuck = httpOf(quiet);
    const fine = httpOf(well);
    await fine.send(INFO, { idempotent: true });
    const stream = await fine.stream('/ISAPI/Event/notification/alertStream');
    expect('close' in stream).toBe(true);
    const waiting = [1, 2, 3, 4, 5].map(() => codeOf(stuck.send(INFO)));
    const streaming = codeOf(stuck.stream('/ISAPI/Event/notification/alertStream'));
    await until(() => quiet.sockets.size > 0, 'connections');
    stuck.close();
    fine.close();
    expect(await Promise.all([...waiting, streaming])).toEqual(Array(6).fill('HIK_CLOSED'));
    await until(() => quiet.sockets.size === 0 && well.openConnections === 0, 'no connection is left');
    expect(await codeOf(fine.send(INFO))).toBe('HIK_CLOSED');
    expect(await codeOf(fine.stream('/x'))).toBe('HIK_CLOSED');
    await until(() => openSockets() <= before, 'no socket is left');
  });
});

describe('turns', () => {
  it('never more than three at a time, in order; the queue is bounded', async () => {
    const running: (() => void)[] = [];
    let peak = 0;
    let active = 0;
    const order: string[] = [];
    const { url } = await httpServer((request, response) => {
      if (!request.path.startsWith('/n/')) return void response.end('<a/>');
      order.push(request.path);
      peak = Math.max(peak, ++active);
      running.push(() => {
        active--;
        response.end('<a/>');
      });
    });
    const http = httpOf({ url });
    await http.send(INFO, { idempotent: true });
    const total = MAX_PARALLEL_REQUESTS + MAX_QUEUED_REQUESTS;
    const answers = Array.from({ length: total }, (_, i) =>
      codeOf(http.send({ method: 'GET', path: `/n/${i}` }, { idempotent: true })),
    );
    const tooMany = await errorOf(http.send(INFO));
    expect(tooMany.code).toBe('HIK_BUSY');
    let done = 0;
    while (done < total) {
      await until(() => running.length > 0, 'the next request');
      running.shift()?.();
      done++;
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['fine']));
    expect(peak).toBe(MAX_PARALLEL_REQUESTS);
    // Three at a time: none overtakes more than the two beside it.
    order.forEach((path, at) => expect(Math.abs(Number(path.slice(3)) - at)).toBeLessThan(MAX_PARALLEL_REQUESTS));
  });

  it('whoever gives up in the queue leaves it, and its signal forgets it', async () => {
    const { url } = await tcpServer((socket) => socket.resume());
    const http = httpOf({ url });
    const first = [1, 2, 3].map(() => codeOf(http.send(INFO)));
    const abort = new AbortController();
    const waiting = codeOf(http.send(INFO, { signal: abort.signal }));
    abort.abort();
    expect(await waiting).toBe('HIK_CLOSED');
    expect(await codeOf(http.send(INFO, { signal: abort.signal }))).toBe('HIK_CLOSED');
    http.close();
    expect(new Set(await Promise.all(first))).toEqual(new Set(['HIK_CLOSED']));
  });

  it('a signal that lives long gathers no listeners', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    const abort = new AbortController();
    let listeners = 0;
    const { signal } = abort;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await Promise.all(Array.from({ length: 8 }, () => http.send(INFO, { signal, idempotent: true })));
    expect(listeners).toBe(0);
  });
});

describe('giving up', () => {
  it('ends a request in every phase', async () => {
    const silent = await tcpServer((socket) => socket.resume());
    const half = await rawAnswer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a', 'keep');
    for (const { url } of [silent, half]) {
      const http = httpOf({ url });
      const abort = new AbortController();
      const answer = errorOf(http.send({ ...INFO, method: 'GET' }, { signal: abort.signal }));
      await turns(5);
      abort.abort();
      expect((await answer).code).toBe('HIK_CLOSED');
    }
    await until(() => silent.sockets.size === 0 && half.sockets.size === 0, 'no connection is left');
  });

  it('does not take the attempt of others with it', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    const abort = new AbortController();
    const mine = codeOf(http.send(INFO, { signal: abort.signal }));
    const others = [1, 2].map(() => codeOf(http.send(INFO, { idempotent: true })));
    await until(() => device.log.length > 0, 'the first question');
    abort.abort();
    expect(await mine).toBe('HIK_CLOSED');
    expect(await Promise.all(others)).toEqual(['fine', 'fine']);
    expect(device.authFailures).toBe(0);
  });
});

describe('requests', () => {
  it('carry what devices need: host with port, a zero for an empty PUT, XML unless told otherwise', async () => {
    const { url, port, seen } = await httpServer((_request, response) => response.end('<a/>'));
    const http = httpOf({ url });
    await http.send({ method: 'PUT', path: '/ISAPI/empty' });
    await http.send({ method: 'PUT', path: '/ISAPI/full', body: '<ä/>' });
    await http.send({ method: 'POST', path: '/ISAPI/json?format=json', body: '{}', contentType: 'application/json' });
    const by = (path: string) => seen.find((request) => request.path === path)?.headers;
    expect(by('/ISAPI/empty')).toMatchObject({ 'content-length': '0', host: `127.0.0.1:${port}` });
    expect(by('/ISAPI/empty')).not.toHaveProperty('content-type');
    expect(by('/ISAPI/full')).toMatchObject({
      'content-length': '5',
      'content-type': 'application/xml; charset="UTF-8"',
    });
    expect(by('/ISAPI/json?format=json')).toMatchObject({ 'content-type': 'application/json' });
    expect(seen.find(({ method }) => method === 'GET')?.headers).not.toHaveProperty('content-length');
  });

  it.each(['/ISAPI/a b', '/ISAPI/ü', '/ISAPI/a\r\nX: 1', 'ISAPI/x', 'http://other/x'])(
    'a path that cannot be written is an argument error: %j',
    async (path) => {
      const { url, seen } = await httpServer((_request, response) => response.end('<a/>'));
      const http = httpOf({ url });
      await http.send(INFO);
      expect(await codeOf(http.send({ method: 'GET', path }))).toBe('HIK_ARGUMENT');
      expect(seen.some((request) => request.path.includes('X'))).toBe(false);
    },
  );

  it('messages hold no query', async () => {
    const { url } = await httpServer((request, response) => {
      if (request.path.includes('?')) response.destroy();
      else response.end('<a/>');
    });
    const error = await errorOf(httpOf({ url }).send({ method: 'DELETE', path: '/ISAPI/u/1?loginPassword=Pl4nted' }));
    expect(error.message).toContain('DELETE /ISAPI/u/1 on');
    expect(error.message).not.toContain('Pl4nted');
  });

  it('reach an IPv6 address', async ({ skip }) => {
    let device;
    try {
      device = await simulator('camera', { host: '::1' });
    } catch (error) {
      skip(`no IPv6 here: ${String(error)}`);
      return;
    }
    const answer = await httpOf(device).send(INFO);
    expect(answer.status).toBe(200);
    expect(device.url).toContain('[::1]');
  });
});
