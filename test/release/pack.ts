import { resolve } from 'node:path';
import { release, sourceOf } from './release';

// From dist/test/release.
const root = resolve(__dirname, '../../..');
const source = sourceOf(root);
const { tarball, bom, provenance, sha512 } = release(root, resolve(root, '.cache/release'), source);
process.stdout.write(`${[tarball, bom, provenance].join('\n')}\nsha512 ${sha512}\n`);
if (source.isChanged) process.stdout.write('NOT a release: something was changed since the last commit\n');
