/**
 * Time as a value that is handed in, so that nothing below has to wait in a test.
 * `systemClock` is the only place that touches the real timers.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds that only ever grow; for ages and time-outs. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. Whoever asks owns the timer and cancels it. */
  after(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The longest wait of a timer, 24 days; Node makes 1 ms of a longer one. Whoever waits for longer looks again then. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, LONGEST_WAIT_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits on `clock`; an aborted `signal` ends the wait early and rejects with its reason. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits for work, but not for ever. @returns false where the time was over first; the work then goes on by itself. */
export function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    const over = () => {
      timer.cancel();
      resolve(true);
    };
    work.then(over, over);
  });
}
