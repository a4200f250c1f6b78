/** One command: its steps become requests, and answers and errors go back into its steps. */
import { sleep, type Clock } from './clock';
import { mapAnswer } from './commands/answers';
import { checkArguments } from './commands/arguments';
import type { BodyPlan, Command, CommandContext, Effect, IsapiAnswer, IsapiRequest, Step } from './commands/command';
import { commandNamed } from './commands/registry';
import { renumbered, type PortAnswer, type PortDevice, type PortRequest, type PortStep } from './commands/port';
import type { PushMessage } from './codec/alarm';
import { ClosedError, ConfirmationError, ConnectionLostError, DeviceBusyError, UnsupportedError } from './errors';
import { MemorySink, type Files } from './files';
import { BUSY_RETRY_WAITS_MS } from './settings';
import type { Transfer, TransferOptions } from './transport/transfer';

/** Whatever carries an ISAPI request to the device and its answer back. */
export interface RequestCarrier {
  /** The device as people know it. */
  readonly place: string;
  send(request: IsapiRequest, options: { signal?: AbortSignal; idempotent?: boolean }): Promise<IsapiAnswer>;
  /** Missing where bodies always go through memory. */
  transfer?(request: IsapiRequest, transfer: Transfer, options: TransferOptions): Promise<IsapiAnswer>;
}

/** Whatever speaks the binary language of the command port with the device. */
export interface BinaryCarrier {
  readonly place: string;
  device(signal?: AbortSignal): Promise<PortDevice>;
  /** Is it certain by which number the IP channels of this device begin? */
  readonly isNumberingKnown: boolean;
  /** The device took this numbering where it had refused the usual one. */
  acceptFirstIpChannel(firstIpChannel: number): void;
  ask(request: PortRequest, options: { signal?: AbortSignal; operation?: string }): Promise<Buffer>;
  list(request: PortRequest, options: { signal?: AbortSignal; operation?: string }): Promise<readonly PushMessage[]>;
}

export interface DispatchOptions {
  readonly carrier: RequestCarrier;
  /** The native binary form is wanted, over this; commands that have none, or none for these arguments, go as text. */
  readonly binary?: BinaryCarrier;
  readonly context: CommandContext;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** The caller has confirmed a `danger` command. */
  readonly confirm?: boolean;
  /** Where files of the caller are; commands that want one fail without. */
  readonly files?: Files;
  readonly onProgress?: (progress: number) => void;
}

/** After a cancellation a command may put right what it began (stop a camera), and no more than that. */
const STEPS_AFTER_CANCEL = 4;

/** What a call of `command` with these arguments does to the device. */
export function effectOf(command: Command, args: Parameters<Command['isapi']>[0]): Effect {
  return command.effectOf?.(args) ?? command.effect;
}

/**
 * What a call will do to the device, for those who ask a person before they make it; null for a command that is unknown.
 *
 * @throws ArgumentError for arguments that the command does not take.
 */
export function effectOfCall(name: string, given: Readonly<Record<string, unknown>>): Effect | null {
  const command = commandNamed(name);
  return command === undefined ? null : effectOf(command, checkArguments(name, command.params, given));
}

/**
 * Runs one command to its result.
 *
 * @param name for messages: `camera.snapshot`.
 * @throws ConfirmationError, ClosedError when cancelled, else what the device or the way to it brought.
 */
export async function dispatch(
  command: Command,
  name: string,
  args: Parameters<Command['isapi']>[0],
  options: DispatchOptions,
): Promise<unknown> {
  const { carrier, clock, context } = options;
  const effect = effectOf(command, args);
  if (effect === 'danger' && options.confirm !== true) {
    throw new ConfirmationError('interrupts the device or cannot be undone, so it needs confirm: true', {
      device: carrier.place,
      operation: name,
    });
  }
  // Before anything is sent: a talk must not be opened that cannot be held.
  if (command.httpOnly === true && carrier.transfer === undefined) throw httpOnly();
  let signal = options.signal ?? NEVER;
  const tell = progressTeller(options.onProgress);
  let stepsLeft = Infinity;
  /** Of the frames of one run: how many were answered, and how many with "no such channel". */
  const frames = { answered: 0, withoutChannel: 0 };
  const { binary } = options;
  if (binary === undefined || command.commandPort === undefined) return run(command.isapi(args, context));
  const device = await binary.device(signal);
  const native = nativeSteps(device);
  return native === null ? run(command.isapi(args, context)) : runNative(binary, device, native);

  function nativeSteps(counted: PortDevice): Generator<PortStep, unknown, PortAnswer> | null {
    return command.commandPort?.(args, { device: counted, now: context.now, memory: context.memory }) ?? null;
  }

  /**
   * A device that knows no channel of that number may number them otherwise: the other numbering is tried once. What has already
   * done something is not begun again.
   */
  async function runNative(
    face: BinaryCarrier,
    asked: PortDevice,
    steps: Generator<PortStep, unknown, PortAnswer>,
  ): Promise<unknown> {
    const first = await outcomeOf(steps);
    const { channel } = args as { channel?: unknown };
    const mayRepeat = effect === 'read' || frames.answered === 0;
    const missing = frames.withoutChannel;
    if (missing === 0 || face.isNumberingKnown || !mayRepeat || signal.aborted) return first();
    const other = renumbered(asked, typeof channel === 'number' ? channel : null);
    const again = other === null ? null : nativeSteps(other);
    if (other === null || again === null) return first();
    frames.withoutChannel = 0;
    const second = await outcomeOf(again);
    if (frames.withoutChannel >= missing) return first();
    face.acceptFirstIpChannel(other.firstIpChannel);
    return second();
  }

  /** Runs to the end; the result, or the error, when it is asked for. */
  async function outcomeOf(steps: Generator<PortStep, unknown, PortAnswer>): Promise<() => unknown> {
    try {
      const result = await run(steps);
      return () => result;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  async function run(begun: Generator<Step | PortStep, unknown, never>): Promise<unknown> {
    // Each kind of step is answered with what it asks for, by `perform`.
    const steps = begun as Generator<Step | PortStep, unknown, unknown>;
    let next = steps.next();
    while (next.done !== true) {
      if (stepsLeft-- <= 0) throw new ClosedError('cancelled', { device: carrier.place, operation: name });
      let answer: IsapiAnswer | PortAnswer;
      try {
        answer = await perform(next.value, signal);
      } catch (error) {
        if (signal.aborted) {
          signal = NEVER;
          stepsLeft = STEPS_AFTER_CANCEL;
        }
        next = steps.throw(error);
        continue;
      }
      next = steps.next(answer);
    }
    return next.value;
  }

  async function perform(step: Step | PortStep, until: AbortSignal): Promise<IsapiAnswer | PortAnswer> {
    if ('waitMs' in step) {
      await pause(step.waitMs, until);
      return undefined;
    }
    if ('progress' in step) {
      tell(step.progress);
      return undefined;
    }
    if ('readFile' in step) {
      const body = await callersFiles().read(step.readFile, step.maxBytes);
      return { status: 200, contentType: null, body };
    }
    if ('plan' in step) return move(step.request, step.plan, until);
    // Only what changes nothing is ever asked twice; an open door must not be opened again.
    const isRepeatable = effect === 'read' && (!('request' in step) || step.request.method === 'GET');
    const retriesItself = command.retriesItself === true && 'request' in step;
    const waits = isRepeatable && !retriesItself ? BUSY_RETRY_WAITS_MS : [];
    for (let attempt = 0; ; attempt++) {
      try {
        if ('request' in step) return await askText(step.request, until, isRepeatable);
        return await askBinary(step, until);
      } catch (error) {
        const waitMs = waits[attempt];
        const isPassing = error instanceof DeviceBusyError || (error instanceof ConnectionLostError && attempt === 0);
        if (waitMs === undefined || !isPassing || until.aborted) throw error;
        await pause(waitMs, until);
      }
    }
  }

  async function askText(request: IsapiRequest, until: AbortSignal, isRepeatable: boolean): Promise<IsapiAnswer> {
    return judged(await carrier.send(request, { signal: until, idempotent: isRepeatable }));
  }

  function judged(answer: IsapiAnswer): IsapiAnswer {
    const problem = mapAnswer(answer, name, carrier.place, clock.now());
    if (problem === null) return answer;
    throw problem;
  }

  async function askBinary(step: Exclude<PortStep, { waitMs: number }>, until: AbortSignal): Promise<PortAnswer> {
    // Only native steps ask for frames, and there are none without a binary face.
    const face = options.binary as BinaryCarrier;
    const asked = { signal: until, operation: name };
    try {
      const answer = await ('frame' in step ? face.ask(step.frame, asked) : face.list(step.list, asked));
      frames.answered++;
      return answer;
    } catch (error) {
      if (error instanceof UnsupportedError && error.noSuchChannel) frames.withoutChannel++;
      throw error;
    }
  }

  /** Moves a body past memory. Never sent twice: what has gone cannot be taken back. */
  async function move(request: IsapiRequest, plan: BodyPlan, until: AbortSignal): Promise<IsapiAnswer> {
    if (carrier.transfer === undefined) throw httpOnly();
    const heard = plan.kind === 'hear' ? new MemorySink(plan.maxBytes) : null;
    const expectedBytes = plan.kind === 'toFile' ? plan.expectedBytes : undefined;
    const startMs = clock.monotonic();
    const answer = await carrier.transfer(request, transferOf(plan, heard), {
      signal: until,
      onBytes: (bytes, ofBytes) => {
        const part =
          plan.kind === 'hear' ? (clock.monotonic() - startMs) / plan.forMs : bytes / (ofBytes ?? expectedBytes ?? NaN);
        if (!Number.isNaN(part)) tell(part);
      },
    });
    judged(answer);
    return heard === null || answer.sizeBytes === undefined ? answer : { ...answer, body: heard.bytes() };
  }

  function httpOnly(): UnsupportedError {
    return new UnsupportedError('goes over HTTP only: the command port cannot carry files and sound', {
      device: carrier.place,
      operation: name,
    });
  }

  function transferOf(plan: BodyPlan, heard: MemorySink | null): Transfer {
    switch (plan.kind) {
      case 'toFile':
        return { kind: 'receive', open: () => callersFiles().create(plan.file) };
      case 'fromFile':
        return { kind: 'send', open: () => callersFiles().open(plan.file) };
      case 'speak':
        return plan;
      case 'hear':
        return { kind: 'receive', open: () => Promise.resolve(heard as MemorySink), forMs: plan.forMs };
    }
  }

  function callersFiles(): Files {
    if (options.files !== undefined) return options.files;
    throw new UnsupportedError('there are no files here', { device: carrier.place, operation: name });
  }

  async function pause(waitMs: number, until: AbortSignal): Promise<void> {
    try {
      await sleep(clock, waitMs, until);
    } catch (error) {
      throw error instanceof ClosedError
        ? error
        : new ClosedError('cancelled', { device: carrier.place, operation: name });
    }
  }
}

const NEVER = new AbortController().signal;

/** Smaller steps are not worth telling. */
const PROGRESS_STEP = 0.005;

/** Tells how far a command is: within 0 and 1, never backwards, not for every packet. */
function progressTeller(onProgress: DispatchOptions['onProgress']): (progress: number) => void {
  let told = -1;
  return (progress) => {
    const bounded = Math.min(1, Math.max(0, progress));
    if (onProgress === undefined || bounded <= told || (bounded < 1 && told >= 0 && bounded - told < PROGRESS_STEP))
      return;
    told = bounded;
    try {
      onProgress(bounded);
    } catch {
      // A listener that fails must not take the command with it.
    }
  };
}
