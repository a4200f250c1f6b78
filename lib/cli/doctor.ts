/** `hsp doctor URL --hsp`: what the command port of a device says, in a form that may be passed on. */
import { open, type FileHandle } from 'node:fs/promises';
import { decodeCapture, directionOf } from '../codec/capture';
import { commandNameOf, hexWord } from '../codec/command-codes';
import { FrameRedactor } from '../codec/redact';
import { HikvisionError, type CallOptions } from '../index';
import { credentialsOf, DEVICE_HELP, DEVICE_OPTIONS, openClient } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

const DEFAULT_LISTEN_SECONDS = 12;
const MAX_LISTEN_SECONDS = 3_600;

/** Each one only reads. */
const QUESTIONS: readonly { readonly name: string; readonly encoding: 'text' | 'binary' }[] = [
  { name: 'config.deviceInfo', encoding: 'binary' },
  { name: 'config.deviceInfo', encoding: 'text' },
  { name: 'config.getTime', encoding: 'binary' },
  { name: 'config.getTime', encoding: 'text' },
  { name: 'recorder.storage', encoding: 'binary' },
  { name: 'stream.list', encoding: 'binary' },
];

export const doctor: Verb = {
  name: 'doctor',
  summary: 'a transcript of the command port to send in when it fails',
  help: `hsp doctor URL --hsp [--output FILE] [--for SECONDS]

Logs in at the command port once, asks some harmless questions in both encodings, listens to alarms for a while, logs out,
and writes every frame as a JSON line. The binary face is proven against published vectors and our simulator only: a
transcript of a real device, whether all went well or not, is what helps most.

Masked with stars: user, password, keys, proofs, auth words, session numbers, serial numbers, names, MAC and IP addresses in
documents, pictures. Read it before you send it.

  --hsp            the command port (the only face there is a transcript of)
  --output FILE    write to FILE instead of standard output
  --for SECONDS    how long to listen to alarms (default ${DEFAULT_LISTEN_SECONDS}, 0 = not at all)

${DEVICE_HELP}

Exit status: 0 all questions were answered, 1 one was not, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      ...DEVICE_OPTIONS,
      hsp: { type: 'boolean' },
      output: { type: 'string' },
      for: { type: 'string' },
    });
    const [url, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('doctor takes one URL');
    if (values.hsp !== true) throw new UsageError('doctor needs --hsp');
    const seconds = values.for === undefined ? DEFAULT_LISTEN_SECONDS : Number(values.for);
    if (!(seconds >= 0 && seconds <= MAX_LISTEN_SECONDS)) throw new UsageError('--for takes a number of seconds');
    const file = values.output === undefined ? null : await openOutput(values.output);
    const lines: string[] = [];
    const redactor = new FrameRedactor(Object.values(credentialsOf(url, values, io)));
    const begin = performance.now();
    const say = (line: Record<string, unknown>) => {
      const text = redactor.text(JSON.stringify({ atMs: Math.round(performance.now() - begin), ...line }));
      if (file === null) io.out(text);
      else lines.push(text);
    };
    try {
      const isWell = await examine(url, values, seconds, io, redactor, say);
      await file?.write(lines.map((line) => `${line}\n`).join(''));
      return isWell ? 0 : 1;
    } finally {
      await file?.close();
    }
  },
};

type Say = (line: Record<string, unknown>) => void;

async function examine(
  url: string | undefined,
  values: Parameters<typeof openClient>[1],
  seconds: number,
  io: CliIo,
  redactor: FrameRedactor,
  say: Say,
): Promise<boolean> {
  const isPort = /^hsps?:/i.test(url ?? '');
  const client = openClient(url, values, io, {
    ...(isPort || values.protocol !== undefined ? {} : { protocol: 'hsp' }),
    trace: ({ connection, direction, frame }) => {
      const { frame: shown, command } = redactor.redact(connection, direction, frame);
      say({ connection, ...describe(shown, direction, command) });
    },
  });
  client.onWarning(({ code, message }) => say({ warning: code, message }));
  let isWell = true;
  try {
    for (const { name, encoding } of QUESTIONS) {
      if (io.signal.aborted) break;
      const options: CallOptions = { encoding, signal: io.signal };
      try {
        await client.call(name, {}, options);
        say({ question: name, encoding, answered: true });
      } catch (error) {
        if (!(error instanceof HikvisionError)) throw error;
        isWell = false;
        say({ question: name, encoding, answered: false, code: error.code, message: error.message });
        // Nothing gets better by asking on.
        if (ESSENTIAL.has(error.code)) return false;
      }
    }
    if (seconds > 0 && !io.signal.aborted) {
      client.onState(({ state }) => say({ state }));
      client.events(() => undefined);
      await client.connect().catch((error: HikvisionError) => {
        isWell = false;
        say({ question: 'alarm channel', answered: false, code: error.code, message: error.message });
      });
      await pause(seconds * 1_000, io.signal);
    }
    return isWell;
  } finally {
    await client.close();
  }
}

const ESSENTIAL: ReadonlySet<string> = new Set([
  'HIK_AUTHENTICATION',
  'HIK_LOCKED',
  'HIK_UNREACHABLE',
  'HIK_CERTIFICATE',
  'HIK_CLOSED',
]);

/** A frame as `hsp decode` shows it, with the command that a reply belongs to. */
function describe(frame: Buffer, way: 'sent' | 'received', command: number | null): Record<string, unknown> {
  const direction = way === 'sent' ? 'request' : directionOf(frame);
  const [shown] = decodeCapture(frame, direction === 'request' && way === 'received' ? 'reply' : direction);
  if (shown === undefined) return { direction, length: frame.length };
  const { length, status, statusName, clientIp, body, decoded, problem } = shown;
  return {
    direction: shown.direction,
    length,
    command: command === null ? null : hexWord(command),
    name: command === null ? null : commandNameOf(command),
    ...(way === 'sent' ? { clientIp } : { status, statusName }),
    header: frame.toString('hex', 0, frame.length - body.length / 2),
    body,
    ...(decoded === null ? {} : { decoded }),
    ...(problem === null ? {} : { problem }),
  };
}

async function openOutput(path: string): Promise<FileHandle> {
  try {
    // Masked or not, it is nobody else's business.
    return await open(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(`--output ${path}: ${(error as Error).message}`);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
