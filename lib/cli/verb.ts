/** One verb of the command line: `hsp <name> ...`. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

export interface CliIo {
  /** One line on standard output: the machine reads these. */
  out(line: string): void;
  /** One line on standard error: notices and errors, for people. */
  err(line: string): void;
  /** How far a long command is, from 0 to 1; null takes it away again. Only where a person looks at a terminal. */
  readonly progress?: (progress: number | null) => void;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Verb {
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Help about something that the arguments name; undefined where they name nothing. @throws UsageError for an unknown name. */
  helpFor?(args: readonly string[]): string | undefined;
  /** @returns the exit status: 0 fine, 1 the device or the data, 2 usage. */
  run(args: string[], io: CliIo): Promise<number>;
}

/** A mistake in the command line; exit status 2. */
export class UsageError extends Error {}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** `--pan -20` as people write it; the parser wants `--pan=-20`. */
function withNegatives(args: readonly string[], options: OptionsConfig): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? '';
    const takesValue = before.startsWith('--') && options[before.slice(2)]?.type === 'string';
    if (takesValue && /^-\.?\d/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** Reads the arguments of a verb. @throws UsageError that names the unknown or unfinished option. */
export function parseVerb<const O extends OptionsConfig>(
  args: string[],
  options: O,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: withNegatives(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Until Ctrl-C, or a signal of the system. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
