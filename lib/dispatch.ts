/** One command: its steps become requests, and answers and errors go back into its steps. */
import { sleep, type Clock } from './clock';
import { mapAnswer } from './commands/answers';
import type { Command, CommandContext, Effect, IsapiAnswer, IsapiRequest, Step } from './commands/command';
import { renumbered, type PortDevice, type PortRequest, type PortStep } from './commands/port';
import { ClosedError, ConfirmationError, ConnectionLostError, DeviceBusyError, UnsupportedError } from './errors';
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
  /** Is it certain by which number the IP channels of this device begin? */
  readonly isNumberingKnown: boolean;
  /** The device took this numbering where it had refused the usual one. */
  acceptFirstIpChannel(firstIpChannel: number): void;
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
  /** Of the frames of one run: how many were answered, and how many with "no such channel". */
  const frames = { answered: 0, withoutChannel: 0 };
  const { binary } = options;
  if (binary === undefined || command.commandPort === undefined) return run(command.isapi(args, context));
  const device = await binary.device(signal);
  const native = nativeSteps(device);
  return native === null ? run(command.isapi(args, context)) : runNative(binary, device, native);

  function nativeSteps(counted: PortDevice): Generator<PortStep, unknown, Buffer | undefined> | null {
    return command.commandPort?.(args, { device: counted, now: context.now, memory: context.memory }) ?? null;
  }

  /**
   * A device that knows no channel of that number may number them otherwise: the other numbering is tried once. What has already
   * done something is not begun again.
   */
  async function runNative(
    face: BinaryCarrier,
    asked: PortDevice,
    steps: Generator<PortStep, unknown, Buffer | undefined>,
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
  async function outcomeOf(steps: Generator<PortStep, unknown, Buffer | undefined>): Promise<() => unknown> {
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

  async function askBinary(request: PortRequest, until: AbortSignal): Promise<Buffer> {
    try {
      // Only native steps ask for frames, and there are none without a binary face.
      const answer = await (options.binary as BinaryCarrier).ask(request, { signal: until, operation: name });
      frames.answered++;
      return answer;
    } catch (error) {
      if (error instanceof UnsupportedError && error.noSuchChannel) frames.withoutChannel++;
      throw error;
    }
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
