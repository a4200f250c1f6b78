/** Files that verbs write: opened before anything is asked, so that a wrong name costs nothing. */
import { open, type FileHandle } from 'node:fs/promises';
import { UsageError } from './verb';

/** Empty, and for its owner alone: masked or not, it is nobody else's business. @throws UsageError when it cannot be written. */
export async function openOutput(path: string, option = '--output'): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as Error).message}`);
  }
}

/** @throws UsageError when it is no number of seconds from 0 to `max`. */
export function secondsOf(option: string, text: string | undefined, otherwise: number, max: number): number {
  const seconds = text === undefined ? otherwise : text.trim() === '' ? NaN : Number(text);
  if (!(seconds >= 0 && seconds <= max)) throw new UsageError(`${option} takes a number of seconds, up to ${max}`);
  return seconds;
}
