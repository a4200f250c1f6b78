/** `npm run pictures`: takes the pictures of the documents anew, from the browser tests. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { linkedPictures, PICTURES } from './linked-pictures';

// From dist/test/docs.
const root = resolve(__dirname, '../../..');
const taken = join(root, '.cache/pictures');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', '.config/vitest.config.mjs', 'test/browser'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, HSP_PICTURES: taken } },
);
if (status === 0) {
  mkdirSync(join(root, PICTURES), { recursive: true });
  for (const name of linkedPictures(root)) {
    copyFileSync(join(taken, `${name}.png`), join(root, PICTURES, `${name}.png`));
    process.stdout.write(`${PICTURES}/${name}.png\n`);
  }
} else {
  process.exitCode = 1;
}
