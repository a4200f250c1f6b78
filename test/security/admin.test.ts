/** Every question that our dialogs ask Node-RED, whichever there are: with the right to ask it, as JSON, by POST, and by no page of others. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdminRoute, Runtime } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

const PASSWORD = 'Stored-planted-word-1';
/** Who may ask what: whoever may edit nodes of the type whose dialog asks. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'hsp-command.write': [
    '/hsp/command/abilities',
    '/hsp/command/names',
    // Runs a command: what does more than read only with a yes that names what it does.
    '/hsp/command/try',
    '/hsp/command/running',
  ],
  'hsp-config.write': ['/hsp/certificate', '/hsp/discover', '/hsp/test'],
  'hsp-event-in.write': [
    '/hsp/event-in/channels',
    '/hsp/event-in/recent',
    // Sends a made-up event through a deployed node, marked as one.
    '/hsp/event-in/test',
  ],
  'hsp-mqtt.write': ['/hsp/mqtt/broker', '/hsp/mqtt/preview'],
};

/** Users of the editor, by name; their passwords are their names. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  owner: '*',
  reader: 'read',
  ...Object.fromEntries(Object.keys(RIGHTS).map((right) => [right, right])),
};

let whole: Whole;
let runtime: Runtime;
let routes: readonly AdminRoute[];
const tokens = new Map<string, string>();

beforeAll(async () => {
  const userOf = (username: string) =>
    username in PERMISSIONS ? { username, permissions: PERMISSIONS[username] } : null;
  whole = await startWhole({
    adminAuth: {
      type: 'credentials',
      users: (username: string) => Promise.resolve(userOf(username)),
      authenticate: (username: string, password: string) =>
        Promise.resolve(username === password ? userOf(username) : null),
    },
  });
  ({ runtime } = whole);
  routes = runtime.adminRoutes().filter(({ path }) => /hsp|hikvision/i.test(path));
  for (const name of Object.keys(PERMISSIONS)) {
    const answer = await fetch(new URL('auth/token', runtime.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: PERMISSIONS[name],
        username: name,
        password: name,
      }),
    });
    tokens.set(name, ((await answer.json()) as { access_token: string }).access_token);
  }
  await runtime.setFlows([
    { id: 'f1', type: 'tab', label: 'Test' },
    {
      id: 'a1',
      type: 'hsp-config',
      name: 'Cam',
      host: '127.0.0.1',
      port: String(whole.simulator.httpPort),
      protocol: 'http',
      credentials: { user: 'admin', password: PASSWORD },
    },
  ]);
}, 60_000);

afterAll(() => whole.close());

interface Asked {
  readonly as?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function ask(path: string, { as, method = 'POST', type = 'application/json', body = '{}', headers = {} }: Asked) {
  const answer = await fetch(new URL(path.slice(1), runtime.url), {
    method,
    headers: {
      'Content-Type': type,
      ...(as === undefined ? {} : { Authorization: `Bearer ${tokens.get(as)}` }),
      ...headers,
    },
    ...(method === 'GET' ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Each route by itself, so that a failure names it. */
async function forEach(check: (path: string) => Promise<void>): Promise<void> {
  for (const { path } of routes) await check(path);
}

describe('the questions of our dialogs', () => {
  it('are found, each under /hsp and by POST alone', () => {
    expect(routes.map(({ path }) => path).sort()).toEqual(Object.values(RIGHTS).flat().sort());
    for (const { methods } of routes) expect(methods).toEqual(['post']);
  });

  it.each(Object.entries(RIGHTS))('are heard with %s alone: %j', async (right, paths) => {
    await forEach(async (path) => {
      // Heard, and then refused for what it is: nothing is asked of anybody here.
      const { status } = await ask(path, { as: right, type: 'text/plain' });
      expect(status, path).toBe(paths.includes(path) ? 415 : 401);
    });
  });

  it('are answered to nobody who is not known, and to nobody without the right', async () => {
    await forEach(async (path) => {
      expect((await ask(path, {})).status, path).toBe(401);
      expect((await ask(path, { as: 'reader' })).status, path).toBe(401);
      expect((await ask(path, { headers: { Authorization: 'Bearer x' } })).status, path).toBe(401);
      expect((await ask(path, { headers: { Cookie: `token=${tokens.get('owner')}` } })).status, path).toBe(401);
    });
    expect(whole.simulator.log).toEqual([]);
  });

  it.each([
    ['text/plain', '{}'],
    ['application/x-www-form-urlencoded', 'a=1'],
    ['multipart/form-data; boundary=b', '--b\r\n\r\n{}\r\n--b--'],
    ['application/json', '[]'],
  ])('are not taken as %s %s, which a page of another site could send', async (type, body) => {
    await forEach(async (path) => {
      expect((await ask(path, { as: 'owner', type, body })).status, path).toBe(415);
    });
  });

  it('are not answered to GET, nor allowed to other sites', async () => {
    await forEach(async (path) => {
      expect((await ask(path, { as: 'owner', method: 'GET' })).status, path).toBe(404);
    });
  });

  it.each([
    [
      'names that objects have',
      '{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}},"fields":{"__proto__":{"host":"x"}}}',
    ],
    ['nothing of the right kind', '{"fields":[[]],"user":{},"password":7,"id":{"a":1},"command":[],"args":3}'],
    [
      'the place of a stored password',
      '{"id":"a1","user":"admin","password":"__PWRD__","fields":{"host":"192.0.2.1","port":"81"}}',
    ],
  ])('end in an answer without a secret, whatever is asked: %s', async (_name, body) => {
    await Promise.all(
      routes.map(async ({ path }) => {
        const { status, text, headers } = await ask(path, { as: 'owner', body });
        expect([200, 400, 404, 409, 422, 429, 500], `${path} ${status}`).toContain(status);
        expect(text).not.toContain(PASSWORD);
        expect(text).not.toMatch(/\bat .*\.js:\d+/);
        expect(headers.get('cache-control'), path).toBe('no-store');
      }),
    );
    expect(({} as Record<string, unknown>)['a'] ?? ({} as Record<string, unknown>)['b']).toBeUndefined();
    expect(whole.simulator.log.some(({ authorized }) => authorized)).toBe(false);
  });
});
