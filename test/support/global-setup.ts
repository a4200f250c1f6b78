/** Says once, before the tests, where they run and what is left out. */
import { ensureBuilt } from './built';
import { capturesFolder } from './captures';

export default function setup(): void {
  const captures = capturesFolder();
  const where = captures === undefined ? 'NOT FOUND: the conformance suite is skipped' : 'found';
  process.stdout.write(`Node ${process.version}; captures of real devices (../shared/fixtures): ${where}\n`);
  if (ensureBuilt()) process.stdout.write('dist was older than its sources and has been built\n');
}
