#!/usr/bin/env node
/** `hsp`: the command line. One file per verb; this one finds the verb, shows help, and turns errors into exit statuses. */
import { HikvisionError } from '../errors';
import { STOP_EXIT_MS } from '../settings';
import { bridge } from './bridge';
import { call } from './call';
import { capture } from './capture';
import { dashboard } from './dashboard';
import { decode } from './decode';
import { discover } from './discover';
import { doctor } from './doctor';
import { info } from './info';
import { simulate } from './simulate';
import { watch } from './watch';
import { progressBar } from './progress';
import { UsageError, type CliIo, type Verb } from './verb';

const VERBS: readonly Verb[] = [discover, info, watch, call, decode, doctor, capture, simulate, bridge, dashboard];

/** @returns the exit status: 0 fine, 1 the device or the data, 2 usage. */
export async function main(args: string[], io: CliIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(overview());
    return name === undefined ? 2 : 0;
  }
  const verb = VERBS.find((candidate) => candidate.name === name);
  if (verb === undefined) {
    io.err(`hsp: no verb '${name}'; there are ${VERBS.map((candidate) => candidate.name).join(', ')}`);
    return 2;
  }
  const beforeOperands = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (beforeOperands.includes('--help') || beforeOperands.includes('-h')) {
    return guarded(async () => {
      io.out(verb.helpFor?.(beforeOperands) ?? verb.help);
      return 0;
    });
  }
  return guarded(() => verb.run(rest, io));

  async function guarded(action: () => Promise<number>): Promise<number> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof UsageError) {
        io.err(`hsp ${name}: ${error.message}\nTry: hsp ${name} --help`);
        return 2;
      }
      const message = error instanceof Error ? error.message : String(error);
      io.err(`hsp ${name}: ${error instanceof HikvisionError ? `${error.code}: ` : ''}${message}`);
      return 1;
    }
  }
}

function overview(): string {
  const width = Math.max(...VERBS.map((verb) => verb.name.length));
  return `hsp: Hikvision devices from the command line

${VERBS.map((verb) => `  hsp ${verb.name.padEnd(width)}  ${verb.summary}`).join('\n')}

Each verb explains itself: hsp VERB --help
JSON lines go to standard output, notices to standard error.
Exit status: 0 fine, 1 the device or the data, 2 usage.
The password may stand in the URL, or in the environment variable HSP_PASSWORD.`;
}

if (require.main === module) {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // A reader that has seen enough (`| head`) closes the pipe; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const io: CliIo = {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    ...(process.stderr.isTTY ? { progress: progressBar((text) => void process.stderr.write(text)) } : {}),
    env: process.env,
    signal: stop.signal,
  };
  void main(process.argv.slice(2), io).then((status) => {
    process.exitCode = status;
    // Told to stop, it has done so within its bounds; what still holds a socket must not hold the process.
    if (stop.signal.aborted) setTimeout(() => process.exit(), STOP_EXIT_MS).unref();
  });
}
