/** Something that is switched on for a while and must not stay on: a relay, a soft input. */
import { ConnectionLostError, DeviceBusyError, TimeoutError } from '../../errors';
import { BUSY_RETRY_WAITS_MS } from '../../settings';
import { isRefusal } from '../ways';

/** Over ISAPI or in binary: the steps differ, the order is the same. */
export interface Switch<Step, Answer> {
  readonly on: () => Generator<Step, void, Answer>;
  readonly off: () => Generator<Step, void, Answer>;
  readonly pause: (ms: number) => Generator<Step, void, Answer>;
}

/**
 * On, a while, off; off too when the caller gives up meanwhile. Whoever switches last owns it: an older pulse that ends must
 * not switch off what a newer one wants on.
 *
 * @param key under which the owner is remembered while it lasts.
 * @returns false when a newer one took over.
 */
export function* switchBriefly<Step, Answer>(
  key: string,
  { memory }: { readonly memory: Map<string, unknown> },
  forMs: number,
  { on, off, pause }: Switch<Step, Answer>,
): Generator<Step, boolean, Answer> {
  const own = Symbol(key);
  const isOwner = (): boolean => memory.get(key) === own;
  memory.set(key, own);
  let isOff = false;
  let mayBeOn = true;
  try {
    try {
      yield* on();
    } catch (error) {
      // Without an answer, or given up before it came, it may be on; after a refusal it is not.
      mayBeOn = !isRefusal(error);
      throw error;
    }
    yield* pause(forMs);
  } finally {
    if (mayBeOn && isOwner()) isOff = yield* insistOnOff(off, pause, isOwner);
    if (isOwner()) memory.delete(key);
  }
  return isOff;
}

/** Insists while the device is busy or out of reach. */
function* insistOnOff<Step, Answer>(
  off: Switch<Step, Answer>['off'],
  pause: Switch<Step, Answer>['pause'],
  isOwner: () => boolean,
): Generator<Step, boolean, Answer> {
  for (const waitMs of BUSY_RETRY_WAITS_MS) {
    try {
      yield* off();
      return true;
    } catch (error) {
      const mayPass =
        error instanceof DeviceBusyError || error instanceof TimeoutError || error instanceof ConnectionLostError;
      if (!mayPass) throw error;
    }
    yield* pause(waitMs);
    if (!isOwner()) return false;
  }
  yield* off();
  return true;
}

/** A switching without an end takes over from a pulse that is under way, which then leaves it alone. */
export function takeOver(key: string, { memory }: { readonly memory: Map<string, unknown> }): void {
  memory.delete(key);
}
