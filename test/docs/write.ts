/** `npm run docs`: writes what is made from the code: the tables of the README, and the Wireshark dissector. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeDissector } from './dissector';
import { withTables } from './tables';

// From dist/test/docs.
const root = resolve(__dirname, '../../..');
const readme = join(root, 'README.md');
writeFileSync(readme, withTables(readFileSync(readme, 'utf8')));
writeDissector(root);
