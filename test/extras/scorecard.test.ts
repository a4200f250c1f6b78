/**
 * The score card of the flow library over the packed package. `npm run extras` installs its tool; without it this is skipped. The
 * catalogue is a stub, so whether a name of ours is used by somebody else (P08, N01) is not covered.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot, requireBuilt } from '../support/built';
import { copyWithoutScripts } from '../support/copy';

const tool = join(projectRoot, '.cache/extras/scorecard');
const isInstalled = existsSync(join(tool, 'node_modules/node-red-dev/bin/run'));

/** Lines that remain, each with its reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  P03: 'package.json names no repository: the project has no public address yet',
  D03: 'a dependency may have had a new version since the lock file was written',
};

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hsp-scorecard-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Card = Readonly<Record<string, { readonly test?: boolean; readonly total?: number }>>;

describe.skipIf(!isInstalled)(
  `the score card of the flow library${isInstalled ? '' : ' (not installed: npm run extras)'}`,
  () => {
    it('has only lines that are explained', { timeout: 120_000 }, () => {
      requireBuilt();
      const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
      const report = execFileSync('npm', pack, { cwd: copyWithoutScripts(folder), encoding: 'utf8' });
      const [packed] = JSON.parse(report) as { filename: string }[];
      execFileSync('tar', ['xzf', join(folder, packed?.filename ?? ''), '-C', folder]);
      // Beside the modules of the tool, which it shares.
      const stub = join(tool, 'catalogue.cjs');
      mkdirSync(tool, { recursive: true });
      copyFileSync(join(projectRoot, 'test/extras/scorecard/catalogue.cjs'), stub);
      const card = join(folder, 'card.json');
      const args = ['--require', stub, join(tool, 'node_modules/node-red-dev/bin/run'), 'validate'];
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [...args, '--path', join(folder, 'package'), '--output', card],
        { encoding: 'utf8', input: '' },
      );
      expect(existsSync(card), stdout + stderr).toBe(true);
      const { package: named, ...lines } = JSON.parse(readFileSync(card, 'utf8')) as Card;
      expect(named).toMatchObject({ name: 'node-red-contrib-hikvision-hsp' });
      const failed = Object.keys(lines).filter((line) => lines[line]?.test !== true);
      for (const line of failed) process.stdout.write(`score card: ${line}: ${EXPLAINED[line] ?? 'not explained'}\n`);
      expect(failed.filter((line) => !(line in EXPLAINED))).toEqual([]);
      // Licence, keyword, versions, examples for all nodes, dependencies.
      expect(Object.keys(lines)).toEqual(
        expect.arrayContaining(['P01', 'P05', 'P06', 'P07', 'N01', 'N02', 'D01', 'D02']),
      );
      expect(lines.D01?.total).toBeLessThanOrEqual(6);
    });
  },
);
