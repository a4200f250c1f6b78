/** The settings of a device as one file, and back. */
import { RefusedError, UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import { command, moveBody, type Steps } from '../command';
import { fileParam } from '../files';
import { contextOf } from '../ways';

export interface Backup {
  /** As it was given. */
  readonly file: string;
  readonly sizeBytes: number;
}

export interface Restored {
  readonly file: string;
  /** The device says so; most restart by themselves. */
  readonly rebootRequired: boolean;
}

const PATH = '/ISAPI/System/configurationData';
/** A device gathers all its settings before it begins, and stores them before it answers. */
const TIMEOUT_MS = 120_000;

function* backup({ file }: { file: string }): Steps<Backup> {
  let sizeBytes: number | undefined;
  try {
    ({ sizeBytes } = yield* moveBody({ method: 'GET', path: PATH, timeoutMs: TIMEOUT_MS }, { kind: 'toFile', file }));
  } catch (error) {
    // Newer firmware gives it only against a key that is made from the password (isapi.md §2.5); how is not settled.
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(
      'the device gives no backup without a secret key; make it with its own web page',
      contextOf(error),
    );
  }
  if (sizeBytes === undefined) throw new UnsupportedError(`${PATH}: answered with a document instead of a backup`);
  return { file, sizeBytes };
}

function* restore({ file }: { file: string }): Steps<Restored> {
  const request = {
    method: 'PUT',
    path: PATH,
    contentType: 'application/octet-stream',
    timeoutMs: TIMEOUT_MS,
  } as const;
  const answer = yield* moveBody(request, { kind: 'fromFile', file });
  return { file, rebootRequired: needsReboot(answer) };
}

export const backups = {
  backup: command({
    title: 'Back the settings up',
    summary: 'Writes all settings of the device into a file, whole or not at all. Keep it as secret as the password.',
    // It changes nothing on the device, but it writes a file here.
    effect: 'act',
    example: { file: 'camera.backup' },
    params: { file: fileParam('Where the settings are written, on the machine that runs this.') },
    httpOnly: true,
    isapi: backup,
    returns: 'file, sizeBytes.',
    paths: [PATH],
    source: [`ISAPI ${PATH}`, 'isapi.md §2.5'],
  }),

  restore: command({
    title: 'Restore the settings',
    summary:
      'Puts the settings of a backup back into a device of the same model and firmware. It restarts; address and passwords may change with it.',
    effect: 'danger',
    example: { file: 'camera.backup' },
    params: { file: fileParam('A file that config.backup wrote, on the machine that runs this.') },
    httpOnly: true,
    isapi: restore,
    returns: 'file, rebootRequired.',
    paths: [PATH],
    source: [`ISAPI ${PATH}`, 'isapi.md §2.5'],
  }),
} as const;
