/** One command: its steps become requests, and answers and errors go back into its steps. */
import { sleep, type Clock } from './clock';
import { mapAnswer } from './commands/answers';
import type { Command, CommandContext, Effect, IsapiAnswer, IsapiRequest, Step } from './commands/command';
import type { PortDevice, PortRequest, PortStep } from './commands/port';
import { ClosedError, ConfirmationError, ConnectionLostError, DeviceBusyError } from './errors';
import { BUSY_RETRY_WAITS_MS } from './settings';

/** Whatever carries an ISAPI request to the device and its answer back. */
export interface RequestCarrier {
  /** The device as people know it. */
  readonly place: string;
  send(request: IsapiRequest, options: { signal?: AbortSignal; idempotent?: boolean }): Promise<IsapiAnswer>;
}

/** Whatever speaks the binary language of the command port with the device. */
export interface BinaryCarrier {
  readonly place: string;
  device(signal?: AbortSignal): Promise<PortDevice>;
  ask(request: PortRequest, options: { signal?: AbortSignal; operation?: string }): Promise<Buffer>;
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
}

/** After a cancellation a command may put right what it began (stop a camera), and no more than that. */
const STEPS_AFTER_CANCEL = 4;

/** What a call of `command` with these arguments does to the device. */
export function effectOf(command: Command, args: Parameters<Command['isapi']>[0]): Effect {
  return command.effectOf?.(args) ?? command.effect;
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
  let signal = options.signal ?? NEVER;
  let stepsLeft = Infinity;
  const native = await nativeSteps();
  // Each kind of step is answered with what it asks for, by `perform`.
  const steps = (native ?? command.isapi(args, context)) as Generator<Step | PortStep, unknown, unknown>;
  let next = steps.next();
  while (next.done !== true) {
    if (stepsLeft-- <= 0) throw new ClosedError('cancelled', { device: carrier.place, operation: name });
    let answer: IsapiAnswer | Buffer | undefined;
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

  async function nativeSteps(): Promise<Generator<PortStep, unknown, Buffer | undefined> | null> {
    const { binary } = options;
    if (binary === undefined || command.commandPort === undefined) return null;
    const device = await binary.device(signal);
    return command.commandPort(args, { device, now: context.now, memory: context.memory });
  }

  async function perform(step: Step | PortStep, until: AbortSignal): Promise<IsapiAnswer | Buffer | undefined> {
    if ('waitMs' in step) {
      await pause(step.waitMs, until);
      return undefined;
    }
    // Only what changes nothing is ever asked twice; an open door must not be opened again.
    const isRepeatable = effect === 'read' && ('frame' in step || step.request.method === 'GET');
    const retriesItself = command.retriesItself === true && !('frame' in step);
    const waits = isRepeatable && !retriesItself ? BUSY_RETRY_WAITS_MS : [];
    for (let attempt = 0; ; attempt++) {
      try {
        return await ('frame' in step ? askBinary(step.frame, until) : askText(step.request, until, isRepeatable));
      } catch (error) {
        const waitMs = waits[attempt];
        const isPassing = error instanceof DeviceBusyError || (error instanceof ConnectionLostError && attempt === 0);
        if (waitMs === undefined || !isPassing || until.aborted) throw error;
        await pause(waitMs, until);
      }
    }
  }

  async function askText(request: IsapiRequest, until: AbortSignal, isRepeatable: boolean): Promise<IsapiAnswer> {
    const answer = await carrier.send(request, { signal: until, idempotent: isRepeatable });
    const problem = mapAnswer(answer, name, carrier.place, clock.now());
    if (problem === null) return answer;
    throw problem;
  }

  function askBinary(request: PortRequest, until: AbortSignal): Promise<Buffer> {
    // Only native steps ask for frames, and there are none without a binary face.
    return (options.binary as BinaryCarrier).ask(request, { signal: until, operation: name });
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
