/** `npm run docs`: writes what is made from the code: the tables of the documents, and the Wireshark dissector. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeDissector } from './dissector';
import { documents, withTables } from './tables';

// From dist/test/docs.
const root = resolve(__dirname, '../../..');
for (const name of documents(root)) {
  const path = join(root, name);
  writeFileSync(path, withTables(root, readFileSync(path, 'utf8')));
}
writeDissector(root);
