import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { WEB_SESSION_HEARTBEAT_MS, WEB_SESSION_IDLE_MS } from '../../lib/settings';
import { codeOf, errorOf, httpOf, turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { httpServer } from '../support/servers';
import { simulator } from '../support/simulators';

const TIME = { method: 'GET', path: '/ISAPI/System/time' } as const;
const STREAM = '/ISAPI/Event/notification/alertStream';
/** A panel in the eyes of the client, with the documents of a camera. */
const PANEL = { method: 'GET', path: '/ISAPI/SecurityCP/status/zones?format=json' } as const;
const SECURITY = { demandedBy: /^\/ISAPI\/SecurityCP\//i };
const EVERYTHING = { demandedBy: /./ };

const asked = (device: { log: readonly { method: string; path: string }[] }, part: string) =>
  device.log.filter(({ path }) => path.includes(part));

describe('session login', () => {
  it.each([
    { version: '2.1', tags: false },
    { version: '2.1', tags: true },
    { version: '2', tags: false },
    { version: 'reversible', tags: false },
  ] as const)('version $version, tags $tags: one login for everything', async ({ version, tags }) => {
    const device = await simulator('camera', { sessionLogin: { ...EVERYTHING, version, tags } });
    const http = httpOf(device);
    for (let i = 0; i < 5; i++) expect((await http.send(TIME, { idempotent: true })).status).toBe(200);
    expect((await http.stream(STREAM)).status).toBe(200);
    expect(device.webLogins).toBe(1);
    expect(device.webSessions).toBe(1);
    expect(device.authFailures).toBe(0);
  });

  it('a panel is asked by Digest where it takes that, and by a session where it wants one', async () => {
    const device = await simulator('camera', { sessionLogin: SECURITY });
    const http = httpOf(device);
    expect((await http.send(TIME)).status).toBe(200);
    expect(device.webLogins).toBe(0);
    // The camera has no such path; what counts is that it was let in.
    expect((await http.send(PANEL)).status).toBe(404);
    expect((await http.send(PANEL)).status).toBe(404);
    expect(device.webLogins).toBe(1);
    expect((await http.stream(STREAM)).status).toBe(200);
    expect(device.authFailures).toBe(0);
  });

  it('a path that wants a session only is found out, and remembered', async () => {
    const device = await simulator('camera', { sessionLogin: { demandedBy: /^\/ISAPI\/System\//i } });
    const http = httpOf(device);
    for (let i = 0; i < 3; i++) expect((await http.send(TIME)).status).toBe(200);
    expect(device.webLogins).toBe(1);
    expect(asked(device, 'capabilities')).toHaveLength(2);
    expect(device.authFailures).toBe(0);
  });

  it('a device without one is asked once, and then by Digest', async () => {
    const device = await simulator('camera');
    const http = httpOf(device);
    for (let i = 0; i < 3; i++) expect((await http.send(PANEL)).status).toBe(404);
    expect(asked(device, 'sessionLogin')).toHaveLength(1);
    expect(device.authFailures).toBe(0);
  });

  it('can be chosen, and can be forbidden', async () => {
    const device = await simulator('camera', { sessionLogin: SECURITY });
    expect((await httpOf(device, { login: 'session' }).send(TIME)).status).toBe(200);
    expect(device.webLogins).toBe(1);
    const digest = httpOf(device, { login: 'digest' });
    expect(await codeOf(digest.send(PANEL))).toBe('HIK_AUTHENTICATION');
    expect((await digest.send(TIME)).status).toBe(200);
    expect(device.authFailures).toBe(0);
    const plain = await simulator('camera');
    expect(await codeOf(httpOf(plain, { login: 'session' }).send(TIME))).toBe('HIK_UNSUPPORTED');
    expect(plain.authFailures).toBe(0);
  });

  it('five clients with a wrong password cost one attempt, whatever they ask', async () => {
    for (const sessionLogin of [SECURITY, EVERYTHING]) {
      const device = await simulator('camera', { sessionLogin });
      const clients = Array.from({ length: 5 }, () => httpOf(device, { password: 'Wrong-1234' }));
      const calls = clients.flatMap((http) => [
        codeOf(http.send(PANEL)),
        codeOf(http.send(TIME)),
        codeOf(http.stream(STREAM).then(() => undefined)),
      ]);
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['HIK_AUTHENTICATION']));
      expect(device.authFailures).toBe(1);
    }
  });

  it('a password that was changed costs one attempt, although all of them were logged in', async () => {
    const device = await simulator('camera', { sessionLogin: EVERYTHING });
    const clients = Array.from({ length: 5 }, () => httpOf(device));
    await Promise.all(clients.map((http) => http.send(TIME)));
    expect(device.webSessions).toBe(5);
    device.setPassword('Another-1');
    device.dropWebSessions();
    const codes = await Promise.all(clients.map((http) => codeOf(http.send(TIME))));
    expect(new Set(codes)).toEqual(new Set(['HIK_AUTHENTICATION']));
    expect(device.authFailures).toBe(1);
  });

  it('a lock is told with its time, and nothing is tried in it', async () => {
    const device = await simulator('camera', { sessionLogin: EVERYTHING });
    device.setFault('locked');
    const http = httpOf(device);
    const error = await errorOf(http.send(TIME));
    expect(error.code).toBe('HIK_LOCKED');
    const seen = device.log.length;
    expect(await codeOf(http.send(PANEL))).toBe('HIK_LOCKED');
    expect(device.log.length).toBe(seen);
    expect(device.webLogins).toBe(0);
  });

  it('a session that has expired is opened exactly once, however many find out', async () => {
    const device = await simulator('camera', { sessionLogin: EVERYTHING });
    const http = httpOf(device);
    await http.send(TIME);
    for (let round = 2; round <= 4; round++) {
      device.dropWebSessions();
      const answers = await Promise.all(Array.from({ length: 9 }, () => http.send(TIME, { idempotent: true })));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(device.webLogins).toBe(round);
    }
    expect(device.authFailures).toBe(0);
  });

  it.each(['SessionExpired', 'needReAuthentication'])('%s under HTTP 403 is an expired session, too', async (sub) => {
    let logins = 0;
    let isFirst = true;
    const { url } = await httpServer((request, response) => {
      const path = request.path;
      if (path.includes('capabilities')) {
        response.end(
          '<SessionLoginCap><sessionID>1</sessionID><challenge>2</challenge><iterations>3</iterations></SessionLoginCap>',
        );
      } else if (path.includes('sessionLogin')) {
        logins++;
        response.end('<SessionLogin><statusValue>200</statusValue><statusString>OK</statusString></SessionLogin>');
      } else if (isFirst) {
        isFirst = false;
        response.writeHead(403).end(`{"statusCode":4,"statusString":"x","subStatusCode":"${sub}"}`);
      } else response.end('{}');
    });
    expect((await httpOf({ url }).send(PANEL)).status).toBe(200);
    expect(logins).toBe(2);
  });

  it('what is refused after a fresh login is a missing right, and closes nothing', async () => {
    const { url } = await httpServer((request, response) => {
      const path = request.path;
      if (path.includes('capabilities')) {
        response.end(
          '<SessionLoginCap><sessionID>1</sessionID><challenge>2</challenge><iterations>3</iterations></SessionLoginCap>',
        );
      } else if (path.includes('sessionLogin')) response.end('<SessionLogin/>');
      else response.writeHead(path.includes('zones') ? 401 : 200).end();
    });
    const http = httpOf({ url });
    expect(await codeOf(http.send(PANEL))).toBe('HIK_PERMISSION');
    expect((await http.send({ method: 'GET', path: '/ISAPI/SecurityCP/status/host?format=json' })).status).toBe(200);
  });

  it('a restart forgets sessions and is no wrong password', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, sessionLogin: EVERYTHING });
    const http = httpOf(device, { clock });
    expect((await http.send(TIME)).status).toBe(200);
    device.setFault('reboot');
    await until(() => device.openConnections === 0, 'the device is gone');
    expect(await codeOf(http.send(TIME))).toBe('HIK_UNREACHABLE');
    await clock.advance(20_000);
    await turns(5);
    expect((await http.send(TIME)).status).toBe(503);
    await clock.advance(5_000);
    expect((await http.send(TIME)).status).toBe(200);
    expect(device.webLogins).toBe(2);
    expect(device.authFailures).toBe(0);
  });

  it('is kept while it is used, given back when it is not, and given back at the end', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, sessionLogin: { ...EVERYTHING, lifetimeMs: 45_000 } });
    const http = httpOf(device, { clock });
    await http.send(TIME);
    for (let passed = 0; passed < WEB_SESSION_IDLE_MS - WEB_SESSION_HEARTBEAT_MS; passed += WEB_SESSION_HEARTBEAT_MS) {
      await clock.advance(WEB_SESSION_HEARTBEAT_MS);
      await turns(5);
    }
    expect(device.webSessions).toBe(1);
    expect((await http.send(TIME)).status).toBe(200);
    expect(device.webLogins).toBe(1);
    for (let passed = 0; passed <= WEB_SESSION_IDLE_MS; passed += WEB_SESSION_HEARTBEAT_MS) {
      await clock.advance(WEB_SESSION_HEARTBEAT_MS);
      await turns(5);
    }
    expect(device.webSessions).toBe(0);
    expect(asked(device, 'sessionLogout')).toHaveLength(1);
    await http.send(TIME);
    await http.logout();
    expect(device.webSessions).toBe(0);
    http.close();
    const seen = device.log.length;
    await clock.advance(2 * WEB_SESSION_HEARTBEAT_MS);
    await turns(5);
    expect(device.log.length).toBe(seen);
  });

  it('lives as long as a stream that was opened by it', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, sessionLogin: { ...EVERYTHING, lifetimeMs: 45_000 } });
    const http = httpOf(device, { clock });
    const stream = await http.stream(STREAM);
    for (let passed = 0; passed <= 2 * WEB_SESSION_IDLE_MS; passed += WEB_SESSION_HEARTBEAT_MS) {
      await clock.advance(WEB_SESSION_HEARTBEAT_MS);
      await turns(3);
    }
    expect(device.webSessions).toBe(1);
    if ('close' in stream) stream.close();
    await turns(5);
  });

  it('tells neither password nor what stands for it', async () => {
    const { url, seen } = await httpServer((request, response) => {
      const path = request.path;
      if (path.includes('capabilities')) {
        response.end(
          '<SessionLoginCap><sessionID>1</sessionID><challenge>2</challenge><iterations>3</iterations></SessionLoginCap>',
        );
      } else if (path.includes('sessionLogin')) {
        response
          .writeHead(200, { 'Set-Cookie': 'WebSession_1=planted-cookie' })
          .end('<SessionLogin><sessionTag>planted-tag</sessionTag></SessionLogin>');
      } else response.destroy();
    });
    const http = httpOf({ url }, { password: 'planted-secret', login: 'session' });
    const error = await errorOf(http.send(PANEL));
    expect(seen.some(({ headers }) => headers.cookie === 'WebSession_1=planted-cookie')).toBe(true);
    const proof = /<password>(\w+)</.exec(seen.map(({ body }) => body).join())?.[1];
    expect(proof).toMatch(/^[0-9a-f]{64}$/);
    const told = `${inspect(error, { depth: 8 })} ${String(error)}`;
    for (const secret of ['planted-secret', 'planted-cookie', 'planted-tag', String(proof)]) {
      expect(told).not.toContain(secret);
    }
  });
});
