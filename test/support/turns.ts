/** Waiting without sleeping: a fake clock is moved on, real sockets get their turns. For tests, and for the soak that is none. */
import { settle, type FakeClock } from './fake-clock';

/**
 * Moves a fake clock on until something is true, in small steps with turns for real sockets between them.
 *
 * @returns the time that passed on the fake clock.
 */
export async function advanceUntil(
  clock: FakeClock,
  condition: () => boolean,
  what: string,
  { stepMs = 500, limitMs = 600_000 } = {},
): Promise<number> {
  const started = clock.monotonic();
  for (;;) {
    await turns(5);
    if (condition()) return clock.monotonic() - started;
    if (clock.monotonic() - started > limitMs) throw new Error(`not within ${limitMs / 1000} s of fake time: ${what}`);
    await clock.advance(stepMs);
  }
}

/** Lets sockets on this machine finish what they are about, without moving any clock. */
export async function turns(count = 30): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await settle(2);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Sockets that this process holds. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCPSocketWrap|TLSWrap|TCPConnectWrap)$/.test(name))
    .length;
}
