/** What the editor loads for our nodes. There is no floor: the least that a dialog can be is what the user needs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Figure } from './figure';

// From dist/test/bench.
const NODES = join(__dirname, '../../nodes');

export function benchEditorSize(): Figure[] {
  const pages = readdirSync(NODES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(NODES, name)).map((file) => join(NODES, name, file)))
    .filter((file) => file.endsWith('.html'))
    .map((file) => readFileSync(file));
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  const figure = (name: string, unit: string, ours: number): Figure => ({
    name,
    about: `the dialogs of ${pages.length} nodes, their help not included`,
    unit,
    ours,
    peer: null,
    peerName: null,
    floor: null,
    floorName: null,
    aimToPeer: null,
    isLowerBetter: true,
  });
  return [
    figure('editor.size', 'bytes', sum(pages.map((page) => page.length))),
    figure('editor.gzip', 'bytes, gzip', sum(pages.map((page) => gzipSync(page).length))),
  ];
}
