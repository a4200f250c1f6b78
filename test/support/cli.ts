/** Runs the command line inside this process. */
import { main } from '../../lib/cli/hsp';

export interface CliRun {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Sees each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
  readonly onNotice?: (line: string) => void;
}

export async function hsp(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const status = await main([...args], {
    out: (line) => {
      out.push(line);
      options.onLine?.(line);
    },
    err: (line) => {
      err.push(line);
      options.onNotice?.(line);
    },
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
  });
  return { status, out, err };
}

/** The one JSON line that was printed. */
export function jsonOf(run: CliRun): Record<string, unknown> {
  if (run.out.length !== 1) throw new Error(`expected one line, got ${run.out.length}: ${run.err.join(' | ')}`);
  return JSON.parse(run.out[0] ?? '') as Record<string, unknown>;
}

/** A URL with the user and password of a simulator. */
export function urlOf({ url }: { url: string }, user = 'admin', password = 'Simulator1'): string {
  return url.replace('://', `://${user}:${encodeURIComponent(password)}@`);
}
