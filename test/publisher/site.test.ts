import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { siteFrom } from '../../lib/publisher/site';
import { projectRoot } from '../support/built';

const env = { DOOR: 'Secret-1', FRONT_DOOR_PASSWORD: 'a', RECORDER_PASSWORD: 'b' };
const readFile = (path: string) => {
  if (path === 'secret') return 'Secret-2\n';
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};
const read = (text: string) => siteFrom(text, { env, readFile });

const GOOD = `devices:
  - name: Door
    url: http://192.0.2.1
    password_env: DOOR
broker:
  url: mqtt://192.0.2.2
  password_file: secret
`;

describe('the file of a headless bridge', () => {
  it('is read, with secrets from the environment and from files', () => {
    const { site, mistakes } = read(GOOD);
    assert.deepEqual(mistakes, []);
    assert.equal(site?.devices[0]?.password, 'Secret-1');
    assert.equal(site?.devices[0]?.allow, 'nothing');
    assert.equal(site?.broker.password, 'Secret-2');
    assert.deepEqual(site?.discovery, { prefix: 'homeassistant', language: 'en' });
  });

  it('of the examples has no mistakes', () => {
    const text = readFileSync(join(projectRoot, 'examples/site.yaml'), 'utf8');
    assert.deepEqual(read(text).mistakes, []);
  });

  const mistakes: Record<string, { text: string; line: number; says: RegExp }> = {
    'a password in the file': {
      text: GOOD.replace('password_env: DOOR', 'password: x'),
      line: 4,
      says: /password_env or/,
    },
    'a password in a url': {
      text: GOOD.replace('http://', 'http://a:b@'),
      line: 3,
      says: /does not belong into the url/,
    },
    'a password in the url of the broker': {
      text: GOOD.replace('mqtt://', 'mqtt://a:b@'),
      line: 6,
      says: /into the url/,
    },
    'a variable that is not set': { text: GOOD.replace('DOOR', 'NOT_THERE'), line: 4, says: /NOT_THERE is not set/ },
    'a file that is not there': {
      text: GOOD.replace('file: secret', 'file: gone'),
      line: 7,
      says: /gone cannot be read/,
    },
    'an unknown name': { text: GOOD.replace('name:', 'nam:'), line: 2, says: /knows no 'nam'/ },
    'no broker': { text: GOOD.slice(0, GOOD.indexOf('broker')), line: 1, says: /broker: expected/ },
    'no devices': { text: GOOD.slice(GOOD.indexOf('broker')), line: 1, says: /at least one device/ },
    'another scheme': { text: GOOD.replace('mqtt://', 'http://'), line: 6, says: /mqtt:\/\/, mqtts/ },
    'an allowance that is none': {
      text: GOOD.replace('    pass', '    allow: all\n    pass'),
      line: 4,
      says: /not 'all'/,
    },
    'a base topic with a wildcard': { text: `${GOOD}base: a/#\n`, line: 8, says: /wildcard/ },
    'a number that is none': { text: `${GOOD}journal: { max_events: many }\n`, line: 8, says: /whole number/ },
    'a share beyond the last': { text: `${GOOD}shard: 5/3\n`, line: 8, says: /n - 1/ },
    'a shared name with a wildcard': { text: `${GOOD}share: a/#\n`, line: 8, says: /one level/ },
    'a share that is none': { text: `${GOOD}shard: all\n`, line: 8, says: /0\/3/ },
    'broken YAML': { text: `${GOOD}  - x: [\n`, line: 8, says: /./ },
  };
  for (const [name, { text, line, says }] of Object.entries(mistakes)) {
    it(`names ${name} with its place`, () => {
      const result = read(text);
      assert.equal(result.site, null);
      const found = result.mistakes.find(({ message }) => says.test(message));
      assert.ok(found !== undefined, JSON.stringify(result.mistakes));
      assert.equal(found.line, line);
      assert.ok(!JSON.stringify(result.mistakes).includes('Secret'));
    });
  }

  it('names every mistake at once', () => {
    const text = GOOD.replace('password_env: DOOR', 'password: x').replace('mqtt://', 'http://');
    assert.ok(read(text).mistakes.length >= 2);
  });
});
