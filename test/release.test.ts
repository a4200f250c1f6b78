/** What is released: the same bytes from the same commit, with a list of what is in it and how it was made. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { release, type Release } from './release/release';
import { projectRoot, requireBuilt } from './support/built';
import { copyWithoutScripts } from './support/copy';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
const { dependencies, devDependencies, name, version } = json(join(projectRoot, 'package.json')) as unknown as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  name: string;
  version: string;
};

let folder: string;
let releases: Release[];

beforeAll(() => {
  requireBuilt();
  folder = mkdtempSync(join(tmpdir(), 'hsp-release-'));
  const source = { commit: COMMIT, madeAt: '2024-05-01T12:00:00.000Z', isChanged: false };
  releases = ['one', 'two'].map((round) => {
    const project = copyWithoutScripts(join(folder, round));
    return release(project, join(folder, round, 'out'), source);
  });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a release', () => {
  it('is the same whenever and wherever it is made', () => {
    const [one, two] = releases.map(({ tarball, bom, provenance }) =>
      [tarball, bom, provenance].map((path) => readFileSync(path)),
    );
    expect(one?.map((bytes) => bytes.length)).toEqual(two?.map((bytes) => bytes.length));
    expect(one?.every((bytes, at) => bytes.equals(two?.[at] as Buffer))).toBe(true);
  });

  it('lists what it is made of: what a user installs, and nothing of ours for tests', () => {
    const { bomFormat, components, metadata } = json(releases[0]?.bom ?? '') as unknown as {
      bomFormat: string;
      components: { name: string; purl: string }[];
      metadata: { component: { name: string; version: string } };
    };
    expect(bomFormat).toBe('CycloneDX');
    expect(metadata.component).toMatchObject({ name, version });
    const names = components.map((component) => component.name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    for (const tool of ['vitest', 'eslint', 'node-red', 'typescript']) expect(names).not.toContain(tool);
    for (const { purl } of components) expect(purl).toMatch(/^pkg:npm\//);
  });

  it('says from which commit it was made, and of which bytes that is true', () => {
    const [made] = releases as [Release];
    const statement = json(made.provenance) as unknown as {
      subject: { digest: { sha512: string } }[];
      predicate: { buildDefinition: { externalParameters: unknown; resolvedDependencies: { digest?: unknown }[] } };
    };
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    expect(statement.subject[0]?.digest.sha512).toBe(
      createHash('sha512').update(readFileSync(made.tarball)).digest('hex'),
    );
    const { externalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
    expect(externalParameters).toMatchObject({ signed: false });
    expect(resolvedDependencies[0]).toMatchObject({ digest: { gitCommit: COMMIT } });
  });
});

describe('SECURITY.md', () => {
  const text = readFileSync(join(projectRoot, 'SECURITY.md'), 'utf8');

  it('gives the reason for each dependency, and for none that is gone', () => {
    const rows = [...text.matchAll(/^\| `([^`]+)` *\| (production|development) *\| (\S[^|]*)\|$/gm)];
    const named = rows.map(([, dependency, kind]) => `${kind} ${dependency}`);
    const real = [
      ...Object.keys(dependencies).map((dependency) => `production ${dependency}`),
      ...Object.keys(devDependencies).map((dependency) => `development ${dependency}`),
    ];
    expect(named.sort()).toEqual(real.sort());
  });

  it('names files and tests that are there', () => {
    const paths = [...text.matchAll(/`((?:lib|nodes|test)\/[\w./-]+\.ts)`/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) expect(readFileSync(join(projectRoot, path)).length, path).toBeGreaterThan(0);
  });
});
