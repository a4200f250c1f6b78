import { describe, expect, it } from 'vitest';
import { systemClock, within } from '../lib/clock';
import { FakeClock } from './support/fake-clock';

describe('waiting for work within a bound', () => {
  it('ends with the work, whether that went well or not, and leaves no timer', async () => {
    const clock = new FakeClock();
    expect(await within(clock, 1_000, Promise.resolve())).toBe(true);
    expect(await within(clock, 1_000, Promise.reject(new Error('gone')))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever', async () => {
    const clock = new FakeClock();
    const waiting = within(clock, 1_000, new Promise(() => undefined));
    await clock.advance(1_000);
    expect(await waiting).toBe(false);
  });
});

it('a wait that is longer than a timer can be is not over at once', async () => {
  let isOver = false;
  // A device may say that it stays locked for years.
  const timer = systemClock.after(400 * 24 * 3_600_000, () => (isOver = true));
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
  timer.cancel();
  expect(isOver).toBe(false);
});
