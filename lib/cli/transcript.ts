/** `hsp doctor URL --hsp`: what the command port of a device says, in a form that may be passed on. */
import { decodeCapture, directionOf } from '../codec/capture';
import { commandNameOf, hexWord } from '../codec/command-codes';
import { FrameRedactor } from '../codec/redact';
import { HikvisionError, type CallOptions } from '../index';
import { credentialsOf, openClient, type DeviceValues } from './device';
import { openOutput } from './output';
import type { CliIo } from './verb';

/** Each one only reads. */
const QUESTIONS: readonly { readonly name: string; readonly encoding: 'text' | 'binary' }[] = [
  { name: 'config.deviceInfo', encoding: 'binary' },
  { name: 'config.deviceInfo', encoding: 'text' },
  { name: 'config.getTime', encoding: 'binary' },
  { name: 'config.getTime', encoding: 'text' },
  { name: 'recorder.storage', encoding: 'binary' },
  { name: 'stream.list', encoding: 'binary' },
];

export interface TranscriptOptions {
  /** Where it is written; to standard output when not given. */
  readonly output: string | undefined;
  readonly listenSeconds: number;
}

/** @returns whether every question was answered. */
export async function writeTranscript(
  url: string | undefined,
  values: DeviceValues,
  { output, listenSeconds }: TranscriptOptions,
  io: CliIo,
): Promise<boolean> {
  const secrets = Object.values(credentialsOf(url, values, io));
  const file = output === undefined ? null : await openOutput(output);
  const lines: string[] = [];
  const redactor = new FrameRedactor(secrets);
  const begin = performance.now();
  const say = (line: Record<string, unknown>) => {
    const text = redactor.text(JSON.stringify({ atMs: Math.round(performance.now() - begin), ...line }));
    if (file === null) io.out(text);
    else lines.push(text);
  };
  try {
    const isWell = await ask(url, values, listenSeconds, io, redactor, say);
    await file?.write(lines.map((line) => `${line}\n`).join(''));
    return isWell;
  } finally {
    await file?.close();
  }
}

type Say = (line: Record<string, unknown>) => void;

async function ask(
  url: string | undefined,
  values: DeviceValues,
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
