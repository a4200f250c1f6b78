import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CursorFile } from '../../lib/session/cursor-file';
import { CURSOR_WRITE_DELAY_MS, MAX_CURSORS } from '../../lib/settings';
import { FakeClock } from '../support/fake-clock';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'hsp-cursors-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function opened(path = join(folder, 'deep', 'cursors.json')) {
  const clock = new FakeClock();
  const troubles: string[] = [];
  return {
    clock,
    troubles,
    path,
    cursors: new CursorFile({ path, clock, onTrouble: (reason) => troubles.push(reason) }),
  };
}

describe('cursors in a file', () => {
  it('are there again after a restart', async () => {
    const { clock, cursors, path } = opened();
    cursors.set('access-1', '41');
    cursors.set('access-1', '42');
    expect(cursors.get('access-1')).toBe('42');
    await clock.advance(CURSOR_WRITE_DELAY_MS);
    expect(opened().cursors.get('access-1')).toBe('42');
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['cursors.json']);
    expect(clock.pending).toBe(0);
  });

  it('are written at once when it ends, and only when something moved', () => {
    const { clock, cursors, path } = opened();
    cursors.flush();
    expect(() => readFileSync(path)).toThrow();
    cursors.set('a', '1');
    cursors.flush();
    expect(clock.pending).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: '1' });
    cursors.set('a', '1');
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['no JSON', '{"a": "1"', true],
    ['something else', '[1, 2]', false],
    ['values that are none', '{"a": 1, "b": null, "c": {}}', false],
    ['nothing', '', true],
  ])('%s in the file is no cursor and no end', (_what, text, isTrouble) => {
    const path = join(folder, 'cursors.json');
    writeFileSync(path, text);
    const { cursors, troubles } = opened(path);
    expect(cursors.get('a')).toBeNull();
    expect(troubles.length > 0).toBe(isTrouble);
    cursors.set('a', '2');
    cursors.flush();
    expect(opened(path).cursors.get('a')).toBe('2');
  });

  it('a place that cannot be written is told once, and they live on in memory', () => {
    writeFileSync(join(folder, 'file'), '');
    const { cursors, troubles } = opened(join(folder, 'file', 'cursors.json'));
    cursors.set('a', '1');
    cursors.flush();
    cursors.set('a', '2');
    cursors.flush();
    expect(cursors.get('a')).toBe('2');
    expect(troubles).toHaveLength(1);
  });

  it('are bounded', () => {
    const { cursors, path } = opened();
    for (let index = 0; index < MAX_CURSORS + 50; index++) cursors.set(`k${index}`, 'x');
    cursors.flush();
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toHaveLength(MAX_CURSORS);
    expect(cursors.get('k0')).toBeNull();
  });
});
