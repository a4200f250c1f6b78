/** What the dialog of a command asks of the runtime: what the device can do, its names for numbers, and to try a command. */
import type { NodeAPI } from 'node-red';
import {
  availableCommands,
  commandNamed,
  effectOfCall,
  HikvisionError,
  nameSourceOf,
  namesFrom,
  systemClock,
  type Clock,
} from '../../lib/index';
import { answerQuestions, atMost, Refusal, type Question } from '../shared/admin';
import { withAskedDevice, type Asking } from '../shared/asked-device';
import { fixedText, type TypedField } from '../shared/checks';
import type { Abilities, CommandFailure, Names, Tried, TryProgress, Unconfirmed } from '../shared/command-answers';
import { shownAnswer, withoutSecrets } from './shown';

const RIGHT = 'hsp-command.write';

/** How long answers are waited for: people look on. */
const LOOK_UP_MS = 15_000;
const TRY_MS = 120_000;

/** At a time, of all dialogs together. */
const MAX_LOOK_UPS = 8;
const MAX_TRIES = 4;

const MAX_RUN_LENGTH = 64;

interface Run {
  progress: number | null;
  stop(): void;
}

export function serveAdmin(RED: NodeAPI, clock: Clock = systemClock): void {
  /** What is being tried, by the name that the dialog gave it. */
  const runs = new Map<string, Run>();
  const answer = (path: string, limit: number, reply: (question: Question) => Promise<object>) =>
    answerQuestions(RED, `/hsp/command/${path}`, RIGHT, atMost(limit, reply));

  answer('abilities', MAX_LOOK_UPS, (question) =>
    asked<Abilities>(RED, question, clock, LOOK_UP_MS, async (device) => ({
      commands: availableCommands(await device.features()).map(({ name }) => name),
    })),
  );

  answer('names', MAX_LOOK_UPS, async (question) => {
    const source = typeof question.kind === 'string' ? nameSourceOf(question.kind) : undefined;
    if (source === undefined) throw new Refusal(400, 'notJson');
    const known = argumentsOf(source.command, question.args);
    const args = Object.fromEntries((source.by ?? []).flatMap((name) => (name in known ? [[name, known[name]]] : [])));
    return asked<Names>(RED, question, clock, LOOK_UP_MS, async (device, signal) => ({
      names: namesFrom(source, await device.call(source.command, args, { signal })),
    }));
  });

  answer('try', MAX_TRIES, (question) => tried(RED, question, clock, runs));

  answer('running', Infinity, ({ run, stop }) => {
    const found = typeof run === 'string' ? runs.get(run) : undefined;
    if (stop === true) found?.stop();
    return Promise.resolve<TryProgress>({ progress: found?.progress ?? null });
  });
}

/** Runs one command with what stands in the dialog. What does more than read, is told first and waits for a yes. */
async function tried(
  RED: NodeAPI,
  question: Question,
  clock: Clock,
  runs: Map<string, Run>,
): Promise<Tried | Unconfirmed | CommandFailure> {
  const { command, run, confirmed } = question;
  if (typeof command !== 'string' || commandNamed(command) === undefined) throw new Refusal(400, 'notJson');
  if (typeof run !== 'string' || run === '' || run.length > MAX_RUN_LENGTH || runs.has(run))
    throw new Refusal(400, 'notJson');
  const args = argumentsOf(command, question.args);
  try {
    const effect = effectOfCall(command, args) ?? 'danger';
    if (effect !== 'read' && confirmed !== effect) return { confirm: effect };
    const own: Run = { progress: null, stop: () => undefined };
    runs.set(run, own);
    const begunMs = clock.monotonic();
    return await asked<Tried>(RED, question, clock, TRY_MS, async (device, signal, stop) => {
      own.stop = stop;
      const onProgress = (progress: number) => (own.progress = progress);
      const result = await device.call(command, args, { confirm: effect === 'danger', signal, onProgress });
      return { ...shownAnswer(result), tookMs: Math.round(clock.monotonic() - begunMs) };
    });
  } catch (error) {
    return failure(error);
  } finally {
    runs.delete(run);
  }
}

/** Asks the device for a limited time. What goes wrong there is an answer too. */
async function asked<Answer extends object>(
  RED: NodeAPI,
  question: Question,
  clock: Clock,
  limitMs: number,
  ask: (device: Asking, signal: AbortSignal, stop: () => void) => Promise<Answer>,
): Promise<Answer | CommandFailure> {
  const abort = new AbortController();
  let isOver = false;
  let giveUp: (tooLate: CommandFailure) => void = () => undefined;
  const late = new Promise<CommandFailure>((resolve) => (giveUp = resolve));
  const timer = clock.after(limitMs, () => {
    isOver = true;
    abort.abort();
    giveUp(tooLate(limitMs));
  });
  try {
    // Not everything that is asked can be cancelled; the client is closed all the same.
    return await withAskedDevice(RED, question, (device) =>
      Promise.race([ask(device, abort.signal, () => abort.abort()), late]),
    );
  } catch (error) {
    return isOver ? tooLate(limitMs) : failure(error);
  } finally {
    timer.cancel();
  }
}

function tooLate(limitMs: number): CommandFailure {
  return { error: { code: 'HIK_TIMEOUT', message: `not done after ${Math.round(limitMs / 1000)} s, and given up` } };
}

/** @throws what is no matter of the device. */
function failure(error: unknown): CommandFailure {
  if (!(error instanceof HikvisionError)) throw error;
  return { error: { code: error.code, message: withoutSecrets('', error.message) } };
}

/** The fixed values of the fields, as the command takes them. @throws Refusal for one that only a message has. */
function argumentsOf(command: string, given: unknown): Record<string, unknown> {
  const fields = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const args: Record<string, unknown> = {};
  for (const name of Object.keys(commandNamed(command)?.params ?? {})) {
    const field = Object.hasOwn(fields, name) ? fieldOf(fields[name]) : undefined;
    const text = fixedText(field);
    if (text === null) throw new Refusal(422, 'onlyFromMessage');
    if (text !== '') args[name] = field?.type === 'json' ? jsonOf(text) : text;
  }
  return args;
}

function fieldOf(given: unknown): TypedField | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { type, value } = given as { readonly type?: unknown; readonly value?: unknown };
  return typeof type === 'string' && typeof value === 'string' ? { type, value } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(422, 'noJsonValue');
  }
}
