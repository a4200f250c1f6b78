/** Benches that need other programs of this project: they are run as they were built. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';
import type { benchCommands } from './commands';
import type { benchEditorSize } from './editor-size';
import type { Figure } from './figure';
import type { benchIdle } from './idle';
import type { benchStartUp } from './start-up';

interface Built {
  readonly benchCommands: typeof benchCommands;
  readonly benchEditorSize: typeof benchEditorSize;
  readonly benchIdle: typeof benchIdle;
  readonly benchStartUp: typeof benchStartUp;
}

async function built<Name extends keyof Built>(file: string, name: Name): Promise<Built[Name]> {
  requireBuilt();
  const found = (await import(join(projectRoot, 'dist/test/bench', `${file}.js`))) as Built;
  return found[name];
}

function assertMeasured(figures: readonly Figure[], names: readonly string[]): void {
  assert.deepEqual(
    figures.map(({ name }) => name),
    names,
  );
  for (const { ours, floor, peer } of figures) assert.ok(ours > 0 && (floor ?? 1) > 0 && (peer ?? 1) > 0);
}

describe('the bench', () => {
  it('of commands runs', async () => {
    assertMeasured(await (await built('commands', 'benchCommands'))(1, 3), ['commands.http']);
  }, 60_000);

  it('of idle devices runs', async () => {
    const figures = await (await built('idle', 'benchIdle'))(1, 2, 1);
    assert.deepEqual(
      figures.map(({ name }) => name),
      ['idle.memory', 'idle.cpu'],
    );
    assert.ok(figures.every(({ ours }) => Number.isFinite(ours)));
  }, 120_000);

  it('of the start runs', async () => {
    const names = ['start.library', 'start.nodes', 'start.cli'];
    assertMeasured(await (await built('start-up', 'benchStartUp'))(1), names);
  }, 60_000);

  it('of the editor runs', async () => {
    assertMeasured((await built('editor-size', 'benchEditorSize'))(), ['editor.size', 'editor.gzip']);
  });
});
