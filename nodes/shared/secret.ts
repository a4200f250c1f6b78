/** The secret behind the paths that devices call: made once, kept in a file that nobody else reads, never in flows or logs. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE_NAME = '.hsp-push-secret';
const SECRET_BYTES = 32;
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/;

/**
 * @param folder the user directory of Node-RED; undefined where there is none, and the secret then lasts as long as the process.
 * @param warn is told why a secret could not be kept: the devices then have to be told another path after a restart.
 */
export function listenerSecret(folder: string | undefined, warn: (reason: string) => void): string {
  const fresh = randomBytes(SECRET_BYTES).toString('base64url');
  if (folder === undefined) {
    warn('no user directory');
    return fresh;
  }
  const file = join(folder, FILE_NAME);
  const known = read(file);
  if (known !== null) return known;
  try {
    writeFileSync(file, `${fresh}\n`, { mode: 0o600 });
    // The mode above holds for a new file alone.
    chmodSync(file, 0o600);
  } catch (error) {
    warn(reasonOf(error));
  }
  return fresh;
}

function read(file: string): string | null {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (!SECRET_FORM.test(secret)) return null;
    tighten(file);
    return secret;
  } catch {
    return null;
  }
}

/** A copy of the user directory may have come with another mode; where the system has none, there is nothing to do. */
function tighten(file: string): void {
  try {
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch {
    // Of somebody else: who can read it is theirs to say.
  }
}

function reasonOf(error: unknown): string {
  return (error as { code?: string }).code ?? (error as Error).message;
}
