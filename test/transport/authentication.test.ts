import { describe, expect, it } from 'vitest';
import { LockedError, PermissionError } from '../../lib/errors';
import { MAX_PARALLEL_REQUESTS, NONCE_MAX_AGE_MS, PROOF_FRESH_MS } from '../../lib/settings';
import type { DigestOptions } from '../../lib/simulator/auth';
import { codeOf, errorOf, httpOf, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { httpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const INFO = { method: 'GET', path: '/ISAPI/System/deviceInfo' } as const;
const TIME = { method: 'GET', path: '/ISAPI/System/time' } as const;
const STREAM = '/ISAPI/Event/notification/alertStream';
const USER_CHECK = '/ISAPI/Security/userCheck';
const CHALLENGE = 'Digest realm="r", nonce="n1", qop="auth"';

const refusals = (device: { log: readonly { status: number }[] }) =>
  device.log.filter(({ status }) => status === 401).length;

describe('digest', () => {
  const algorithms = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'] as const;
  const offers = algorithms.flatMap((algorithm) => (['auth', 'none'] as const).map((qop) => ({ algorithm, qop })));

  it.each(offers)('ten requests cost one question: $algorithm, qop $qop', async ({ algorithm, qop }) => {
    for (const model of ['camera', 'nvr'] as const) {
      const device = await simulator(model, { digest: { algorithms: [algorithm], qop } });
      const http = httpOf(device);
      for (let i = 0; i < 5; i++) {
        expect((await http.send(TIME, { idempotent: true })).status).toBe(200);
        expect((await http.send({ method: 'GET', path: `/ISAPI/System/time?x=${i}` })).status).toBe(200);
      }
      expect(refusals(device)).toBe(1);
      expect(device.authFailures).toBe(0);
    }
  });

  it('of several offers the strongest is taken, and Digest before Basic', async () => {
    const device = await simulator('camera', { auth: 'both', digest: { algorithms: ['MD5', 'SHA-256'] } });
    const http = httpOf(device, { allowBasic: true });
    expect((await http.send(INFO)).status).toBe(200);
    expect(device.authFailures).toBe(0);
  });

  it.each<[string, DigestOptions, number]>([
    ['each nonce once, said so', { nonceUses: 1 }, 0],
    ['each nonce three times, said so', { nonceUses: 3 }, 0],
    // It was tried once whether a nonce works again; never after.
    ['each nonce once, not said', { nonceUses: 1, staleFlag: false }, 1],
  ])('a device that takes %s', async (_name, digest, failures) => {
    const device = await simulator('camera', { digest });
    const http = httpOf(device);
    for (let i = 0; i < 8; i++) expect((await http.send(TIME, { idempotent: true })).status).toBe(200);
    expect((await http.send({ method: 'PUT', path: '/ISAPI/PTZCtrl/channels/1/presets/1/goto' })).status).toBe(200);
    const stream = await http.stream(STREAM);
    expect(stream.status).toBe(200);
    expect(device.authFailures).toBe(failures);
  });

  it('a device that takes each nonce three times and does not say so: one failure, then never again after a retry', async () => {
    const device = await simulator('camera', { digest: { nonceUses: 3, staleFlag: false } });
    const http = httpOf(device);
    const codes: string[] = [];
    for (let i = 0; i < 6; i++) codes.push(await codeOf(http.send(TIME, { idempotent: true })));
    // Nothing but another attempt tells a worn-out nonce from a changed password, and there is no other attempt.
    expect(codes).toEqual(['fine', 'fine', ...Array<string>(4).fill('HIK_AUTHENTICATION')]);
    expect(device.authFailures).toBe(1);
    http.gate.reopen();
    for (let i = 0; i < 10; i++) expect(await codeOf(http.send(TIME, { idempotent: true }))).toBe('fine');
    expect(device.authFailures).toBe(1);
  });

  it('nonces are let go before firmware forgets them', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', {
      clock,
      digest: { nonceLifetimeMs: NONCE_MAX_AGE_MS, staleFlag: false },
    });
    const http = httpOf(device, { clock });
    for (let i = 0; i < 6; i++) {
      expect((await http.send(TIME)).status).toBe(200);
      await clock.advance(NONCE_MAX_AGE_MS / 2 + 1);
    }
    expect(device.authFailures).toBe(0);
  });

  it('a user name and password with every odd sign', async () => {
    const username = 'Jürgen "x" \\管理';
    const password = 'pä"ss\\wörd:, =';
    const device = await simulator('camera', { username, password });
    expect((await httpOf(device, { username, password }).send(INFO)).status).toBe(200);
    expect(device.authFailures).toBe(0);
  });

  it('requests side by side never pass three, and keep the count of each nonce in order', async () => {
    const device = await simulator('camera', { digest: { nonceUses: 2 } });
    const http = httpOf(device);
    const answers = Array.from({ length: 30 }, (_, i) =>
      http.send({ method: 'GET', path: `/ISAPI/System/time?n=${i}` }, { idempotent: true }),
    );
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(device.peakRequests).toBeLessThanOrEqual(MAX_PARALLEL_REQUESTS);
    expect(device.authFailures).toBe(0);
  });

  it('a restart is no wrong password: nonces die without stale, and 503 is no device without a password', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, digest: { staleFlag: false } });
    const http = httpOf(device, { clock });
    expect((await http.send(TIME, { idempotent: true })).status).toBe(200);
    device.setFault('reboot');
    await until(() => device.openConnections === 0, 'the device is gone');
    expect(await codeOf(http.send(TIME))).toBe('HIK_UNREACHABLE');
    await clock.advance(20_000);
    await turns(5);
    const put = { method: 'PUT', path: '/ISAPI/System/time', body: '<Time/>' } as const;
    expect((await http.send(put)).status).toBe(503);
    expect((await http.send(TIME)).status).toBe(503);
    await clock.advance(5_000);
    const seen = device.log.length;
    await http.send(put);
    expect(device.log.slice(seen).filter(({ method, authorized }) => method === 'PUT' && !authorized)).toEqual([]);
    expect((await http.send(TIME)).status).toBe(200);
    expect(device.authFailures).toBe(0);
  });
});

describe('bodies', () => {
  it('never go out before the device has said what it asks for', async () => {
    const { url, seen } = await httpServer((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end('<html/>');
      } else response.end('<ok/>');
    });
    const http = httpOf({ url });
    for (let i = 0; i < 3; i++) await http.send({ method: 'PUT', path: '/ISAPI/x', body: '<secret/>' });
    const withBody = seen.filter(({ body }) => body !== '');
    expect(withBody).toHaveLength(3);
    for (const { headers } of withBody) expect(headers.authorization).toMatch(/^Digest /);
    expect(seen.filter(({ method, headers }) => method === 'PUT' && headers.authorization === undefined)).toEqual([]);
  });
});

describe('Basic', () => {
  it('is refused over plain HTTP unless the user allows it, and nothing is sent', async () => {
    const { url, seen } = await httpServer((_request, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="DS-FB2127"' }).end(),
    );
    const error = await errorOf(httpOf({ url }).send(INFO));
    expect(error.code).toBe('HIK_AUTHENTICATION');
    expect(error.message).toMatch(/Basic.*HTTPS/);
    expect(seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  it('works where it is allowed', async () => {
    const device = await simulator('camera', { auth: 'basic' });
    const http = httpOf(device, { allowBasic: true });
    for (let i = 0; i < 4; i++) expect((await http.send(TIME, { idempotent: true })).status).toBe(200);
    expect(refusals(device)).toBe(1);
    expect((await http.stream(STREAM)).status).toBe(200);
    expect(device.authFailures).toBe(0);
  });

  it('a wrong password is tried once here, too', async () => {
    const device = await simulator('camera', { auth: 'basic' });
    const http = httpOf(device, { allowBasic: true, password: 'wrong' });
    expect(await Promise.all([1, 2, 3, 4].map(() => codeOf(http.send(INFO))))).toEqual(
      Array(4).fill('HIK_AUTHENTICATION'),
    );
    expect(device.authFailures).toBe(1);
  });
});

describe('a wrong password', () => {
  it('is tried once, whoever asks, however often', async () => {
    const device = await simulator('nvr');
    const clients = Array.from({ length: 5 }, () => httpOf(device, { password: 'wrong' }));
    const codes = await Promise.all(
      clients.flatMap((http) => [
        codeOf(http.send(INFO, { idempotent: true })),
        codeOf(http.send({ method: 'PUT', path: '/ISAPI/System/time', body: '<Time/>' })),
        codeOf(http.send(TIME)),
        codeOf(http.stream(STREAM)),
      ]),
    );
    expect(new Set(codes)).toEqual(new Set(['HIK_AUTHENTICATION']));
    expect(device.authFailures).toBe(1);
    const requests = device.log.length;
    expect(await codeOf(httpOf(device, { password: 'wrong' }).send(INFO))).toBe('HIK_AUTHENTICATION');
    expect(device.log.length).toBe(requests);
    // Others are not held up by it.
    expect(await codeOf(httpOf(device).send(INFO))).toBe('fine');
  });

  it('the user may ask once more, and that is one more attempt', async () => {
    const device = await simulator('camera');
    const http = httpOf(device, { password: 'wrong' });
    expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    device.setPassword('wrong');
    expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    http.gate.reopen();
    expect(await codeOf(http.send(INFO))).toBe('fine');
    expect(device.authFailures).toBe(1);
  });

  it('tells how many attempts are left', async () => {
    for (const lockFields of ['userCheck', 'responseStatus'] as const) {
      const device = await simulator('camera', { lock: { attempts: 5, lockMs: 60_000, lockFields } });
      const error = await errorOf(httpOf(device, { password: 'wrong' }).send(INFO));
      expect(error.message).toMatch(/after 4 more/);
    }
  });

  it('a password that changes while connected fails once for each request under way', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    await http.send(TIME);
    await http.send(INFO);
    await http.stream(STREAM);
    device.setPassword('changed');
    const codes = await Promise.all(
      Array.from({ length: 9 }, (_, i) => codeOf(http.send(i % 2 === 0 ? INFO : TIME, { idempotent: true }))),
    );
    expect(new Set(codes)).toEqual(new Set(['HIK_AUTHENTICATION']));
    expect(device.authFailures).toBeLessThanOrEqual(MAX_PARALLEL_REQUESTS);
    const failures = device.authFailures;
    expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    expect(await codeOf(http.stream(STREAM))).toBe('HIK_AUTHENTICATION');
    expect(device.authFailures).toBe(failures);
  });

  it('after a silence a changed password costs one attempt, however many clients ask at once', async () => {
    const device = await simulator('camera');
    const clock = new FakeClock();
    const clients = [httpOf(device, { clock }), httpOf(device, { clock }), httpOf(device, { clock })];
    for (const http of clients) await http.send(TIME);
    device.setPassword('changed');
    await clock.advance(PROOF_FRESH_MS);
    const codes = await Promise.all(
      clients.flatMap((http) => [codeOf(http.send(INFO)), codeOf(http.send(TIME)), codeOf(http.stream(STREAM))]),
    );
    expect(new Set(codes)).toEqual(new Set(['HIK_AUTHENTICATION']));
    expect(device.authFailures).toBe(1);
  });

  it('one request at a time: a changed password costs one attempt', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    await http.send(TIME);
    device.setPassword('changed');
    for (let i = 0; i < 3; i++) expect(await codeOf(http.send(TIME))).toBe('HIK_AUTHENTICATION');
    expect(device.authFailures).toBe(1);
  });

  it('a changed password that shows on paths never asked before costs one attempt beside those under way', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    await http.send(TIME);
    device.setPassword('changed');
    const paths = ['/ISAPI/a', '/ISAPI/b', '/ISAPI/c', '/ISAPI/d', '/ISAPI/e', '/ISAPI/f'];
    const codes = await Promise.all(paths.map((path) => codeOf(http.send({ method: 'GET', path }))));
    expect(new Set(codes)).toEqual(new Set(['HIK_AUTHENTICATION']));
    expect(device.authFailures).toBeLessThanOrEqual(MAX_PARALLEL_REQUESTS + 1);
  });
});

describe('a right that is missing', () => {
  /** As door stations do: the password is right, but alertStream says 401 (isapi.md §1.3). */
  async function doorStation(userCheck: 'there' | 'missing' = 'there') {
    const rejected: string[] = [];
    const server = await httpServer((request, response) => {
      const { authorization } = request.headers;
      if (userCheck === 'missing' && request.path === USER_CHECK) return void response.writeHead(404).end();
      if (authorization === undefined || request.path === STREAM) {
        if (authorization !== undefined) rejected.push(request.path);
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end('<html/>');
      } else response.end('<ok/>');
    });
    return { ...server, rejected };
  }

  it.each(['there', 'missing'] as const)(
    'is a PermissionError; the gate stays open (userCheck %s)',
    async (userCheck) => {
      const clock = new FakeClock();
      const device = await doorStation(userCheck);
      const http = httpOf(device, { clock });
      expect(await codeOf(http.send(INFO))).toBe('fine');
      for (let i = 0; i < 3; i++) {
        expect(await errorOf(http.stream(STREAM))).toBeInstanceOf(PermissionError);
        expect(http.gate.isProven).toBe(true);
        expect(await codeOf(http.send(INFO))).toBe('fine');
        // Nonces have been forgotten when the stream is asked for again.
        await clock.advance(NONCE_MAX_AGE_MS * 2);
      }
      expect(device.rejected).toHaveLength(3);
    },
  );

  it('is told so, too, when it is the very first request', async () => {
    const device = await doorStation();
    expect(await codeOf(httpOf(device).stream(STREAM))).toBe('HIK_PERMISSION');
    expect(device.rejected).toHaveLength(1);
  });

  it('is told so by a client that shares the gate and has never asked', async () => {
    const device = await doorStation();
    expect(await codeOf(httpOf(device).send(INFO))).toBe('fine');
    expect(await codeOf(httpOf(device).stream(STREAM))).toBe('HIK_PERMISSION');
  });
});

describe('a lock', () => {
  const bodies = {
    userCheck:
      '<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString>' +
      '<lockStatus>lock</lockStatus><unlockTime>1737</unlockTime><retryLoginTime>0</retryLoginTime></userCheck>',
    responseStatus:
      '<ResponseStatus version="1.0" xmlns="http://www.std-cgi.org/ver20/XMLSchema"><statusCode>4</statusCode>' +
      '<lockStatus>locked</lockStatus><retryTimes>0</retryTimes><resLockTime>1737</resLockTime></ResponseStatus>',
  };

  describe.each([401, 403])('with HTTP %d', (status) => {
    it.each(['userCheck', 'responseStatus'] as const)('in the words of %s', async (words) => {
      let isLocked = true;
      const clock = new FakeClock();
      const { url, seen } = await httpServer((request, response) => {
        if (isLocked) {
          response.writeHead(status, status === 401 ? { 'WWW-Authenticate': CHALLENGE } : {}).end(bodies[words]);
        } else if (request.headers.authorization === undefined) {
          response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
        } else response.end('<ok/>');
      });
      const http = httpOf({ url }, { clock });
      const error = await errorOf(http.send(INFO));
      expect(error).toBeInstanceOf(LockedError);
      expect(error).toMatchObject({ unlockAtMs: clock.now() + 1_742_000 });
      expect(seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
      const requests = seen.length;
      await clock.advance(1_741_000);
      expect(await codeOf(http.send(INFO))).toBe('HIK_LOCKED');
      expect(await codeOf(http.stream(STREAM))).toBe('HIK_LOCKED');
      expect(seen.length).toBe(requests);

      isLocked = false;
      await clock.advance(1_000);
      expect(await codeOf(http.send(INFO))).toBe('fine');

      // And again, while everything is proven: with a nonce in hand, and without one.
      for (const age of [0, NONCE_MAX_AGE_MS * 2]) {
        await clock.advance(age);
        isLocked = true;
        expect(await codeOf(http.send(INFO))).toBe('HIK_LOCKED');
        expect(http.gate.isClosed).toBe(true);
        isLocked = false;
        await clock.advance(1_742_000);
        expect(await codeOf(http.send(INFO))).toBe('fine');
      }
    });
  });

  it('of the simulator, without any attempt of ours', async () => {
    for (const lockFields of ['userCheck', 'responseStatus'] as const) {
      const device = await simulator('camera', { lock: { attempts: 3, lockMs: 600_000, lockFields } });
      device.setFault('locked');
      const error = await errorOf(httpOf(device).send(INFO));
      expect(error.code).toBe('HIK_LOCKED');
      expect(error.message).toMatch(/11 min/);
      expect(device.authFailures).toBe(0);
    }
  });

  it('that the device hides looks like a wrong password, and is tried once', async () => {
    const device = await simulator('camera', { lock: { attempts: 3, lockMs: 600_000, lockFields: 'none' } });
    device.setFault('locked');
    const http = httpOf(device);
    expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    expect(device.authFailures).toBe(1);
  });
});

describe('what devices ask for', () => {
  it('nothing: no credentials are sent, and the next requests go out at once', async () => {
    const device = await simulator('camera', { auth: 'none' });
    const http = httpOf(device);
    await http.send(INFO);
    const requests = device.log.length;
    for (let i = 0; i < 3; i++) expect((await http.send(TIME)).status).toBe(200);
    expect(device.log.length).toBe(requests + 3);
    expect((await http.stream(STREAM)).status).toBe(200);
  });

  it('nothing, and no credentials are given', async () => {
    const device = await simulator('camera', { auth: 'none' });
    expect((await httpOf(device, { username: '', password: '' }).send(INFO)).status).toBe(200);
  });

  it('a password, and none is given: said so, nothing tried', async () => {
    const device = await simulator('camera');
    const error = await errorOf(httpOf(device, { username: '', password: '' }).send(INFO));
    expect(error.code).toBe('HIK_AUTHENTICATION');
    expect(error.message).toMatch(/none are given/);
    expect(device.authFailures).toBe(0);
  });

  it('nothing on userCheck, which it lacks: deviceInfo is asked', async () => {
    const { url, seen } = await httpServer((request, response) => {
      if (request.path === USER_CHECK) response.writeHead(404).end('<html/>');
      else if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
      } else response.end('<ok/>');
    });
    const http = httpOf({ url });
    expect(await codeOf(http.send({ method: 'PUT', path: '/ISAPI/x', body: '<x/>' }))).toBe('fine');
    expect(seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  it('nothing on userCheck and deviceInfo, but on the path itself', async () => {
    const rejected: string[] = [];
    const { url } = await httpServer((request, response) => {
      if (request.path.startsWith('/open') || [USER_CHECK, INFO.path].includes(request.path)) {
        response.writeHead(404).end();
      } else {
        if (request.headers.authorization !== undefined) rejected.push(request.path);
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
      }
    });
    const http = httpOf({ url });
    for (let i = 0; i < 3; i++) expect(await codeOf(http.send(TIME))).toBe('HIK_AUTHENTICATION');
    expect(rejected).toHaveLength(1);
  });

  it.each([
    ['Bearer realm="x"', /not supported \(Bearer/],
    ['Digest realm="x", nonce="n", algorithm=SHA-512-256', /not supported/],
    ['Digest realm="x", nonce="n", qop="auth-int"', /not supported/],
    [undefined, /none named/],
  ])('%s: said so', async (challenge, message) => {
    const { url, seen } = await httpServer((_request, response) =>
      response.writeHead(401, challenge === undefined ? {} : { 'WWW-Authenticate': challenge }).end(),
    );
    const error = await errorOf(httpOf({ url }).send(INFO));
    expect(error.code).toBe('HIK_AUTHENTICATION');
    expect(error.message).toMatch(message);
    expect(seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  it('what userCheck says under HTTP 200 counts', async () => {
    let attempts = 0;
    const { url } = await httpServer((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': CHALLENGE }).end();
      } else {
        attempts++;
        response.end('<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>');
      }
    });
    const http = httpOf({ url });
    for (let i = 0; i < 3; i++) expect(await codeOf(http.send(INFO))).toBe('HIK_AUTHENTICATION');
    expect(attempts).toBe(1);
  });
});
