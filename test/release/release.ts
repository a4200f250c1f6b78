/**
 * `npm run release:pack`: the package as npm sends it, a list of everything in it (CycloneDX), and how it was made (in-toto, SLSA 1.0).
 * The same commit gives the same bytes. The statement is not signed: that is for `npm publish --provenance` in a hosted CI.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Source {
  /** Of the commit that is packed; null outside of a repository. */
  readonly commit: string | null;
  /** When that commit was made, ISO 8601. */
  readonly madeAt: string;
  /** Something was changed since. */
  readonly isChanged: boolean;
}

export interface Release {
  readonly tarball: string;
  readonly bom: string;
  readonly provenance: string;
  /** SHA-512 of the tarball, as hex. */
  readonly sha512: string;
}

interface Component {
  readonly 'bom-ref': string;
  readonly purl: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Bom {
  serialNumber: string;
  readonly metadata: { timestamp: string; readonly component: Component & { name: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean } | undefined>>;
}

/** @param project a folder with the built project. @param into where the three files go; is made when it is missing. */
export function release(project: string, into: string, source: Source): Release {
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  mkdirSync(into, { recursive: true });
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', into)) as {
    readonly filename: string;
    readonly name: string;
    readonly version: string;
  }[];
  if (packed === undefined) throw new Error('npm packed nothing');
  const tarball = join(into, packed.filename);
  const digest = (algorithm: string, path: string) => createHash(algorithm).update(readFileSync(path)).digest('hex');
  const sha512 = digest('sha512', tarball);

  // `--omit dev` leaves out what tools of ours use as well; the lock says what a user gets.
  const everything = JSON.parse(npm('sbom', '--package-lock-only', '--sbom-format', 'cyclonedx')) as Bom;
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock;
  const components = everything.components.filter(({ properties }) => {
    const path = properties?.find(({ name }) => name === 'cdx:npm:package:path')?.value ?? '';
    return lock.packages[path]?.dev !== true && lock.packages[path]?.devOptional !== true;
  });
  const kept = new Set([...components, everything.metadata.component].map((component) => component['bom-ref']));
  const dependencies = everything.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  const bom: Bom = { ...everything, components, dependencies };
  // Neither chance, nor the hour, nor the name of a folder belongs to the package.
  const id = createHash('sha256').update(`bom ${sha512}`).digest('hex');
  bom.serialNumber = `urn:uuid:${[id.slice(0, 8), id.slice(8, 12), `8${id.slice(13, 16)}`, `8${id.slice(17, 20)}`, id.slice(20, 32)].join('-')}`;
  bom.metadata.timestamp = source.madeAt;
  bom.metadata.component.name = packed.name;
  const base = join(into, `${packed.name}-${packed.version}`);
  const written = (path: string, content: unknown) => {
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
    return path;
  };

  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `pkg:npm/${packed.name}@${packed.version}`, digest: { sha512 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: `https://www.npmjs.com/package/${packed.name}#release-pack`,
        externalParameters: { script: 'release:pack', signed: false },
        internalParameters: {
          node: process.version,
          npm: npm('--version').trim(),
          changedSinceCommit: source.isChanged,
        },
        resolvedDependencies: [
          ...(source.commit === null
            ? []
            : [{ uri: `pkg:generic/${packed.name}`, digest: { gitCommit: source.commit } }]),
          { uri: 'package-lock.json', digest: { sha512: digest('sha512', join(project, 'package-lock.json')) } },
          ...bom.components.map(({ purl }) => ({ uri: purl })),
        ],
      },
      runDetails: { builder: { id: 'local' }, metadata: { invocationId: source.commit ?? 'none' } },
    },
  };
  return {
    tarball,
    sha512,
    bom: written(`${base}.cdx.json`, bom),
    provenance: written(`${base}.provenance.json`, statement),
  };
}

/** What stands in the working folder of a repository. */
export function sourceOf(project: string): Source {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: project, encoding: 'utf8' }).trim();
  return {
    commit: git('rev-parse', 'HEAD'),
    madeAt: new Date(git('show', '-s', '--format=%cI', 'HEAD')).toISOString(),
    isChanged: git('status', '--porcelain') !== '',
  };
}
