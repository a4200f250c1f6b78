import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = resolve(__dirname, '../../../lib/simulator');

/** What a device may share with a client: bytes, layouts, text. All of login, auth word, pass-through and pushes is its own. */
const CLIENTS_VIEW = /\/(session|transport|dispatch|client|login-messages|auth-word|pass-through|alarm|message)$/;

describe('the simulator', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

  for (const name of files) {
    it(`${name} imports nothing of the client's view`, () => {
      const source = readFileSync(join(FOLDER, name), 'utf8');
      const imported = [...source.matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? '');
      expect(imported.filter((path) => path.startsWith('..') && CLIENTS_VIEW.test(path))).toEqual([]);
      expect(imported.filter((path) => /\/(session|transport|dispatch|client)(?:\/|$)/.test(path))).toEqual([]);
    });
  }
});
