import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RECONNECT_MAX_MS, RECONNECT_MIN_MS, RECONNECT_REBOOT_MAX_MS, REBOOT_WINDOW_MS } from '../../lib/settings';
import { Backoff } from '../../lib/session/backoff';

const waits = (backoff: Backoff, count: number, nowMs = 0) => Array.from({ length: count }, () => backoff.next(nowMs));

it('doubles from a second to a minute', () => {
  const backoff = new Backoff(() => 0.5);
  expect(waits(backoff, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  backoff.reset();
  expect(waits(backoff, 2)).toEqual([1_000, 2_000]);
});

it('asks more often for a while after a restart that we know of', () => {
  const backoff = new Backoff(() => 0.5);
  waits(backoff, 6);
  backoff.rebooting(1_000);
  expect(waits(backoff, 5, 1_000)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(backoff.next(1_000 + REBOOT_WINDOW_MS - 1)).toBe(RECONNECT_REBOOT_MAX_MS);
  expect(backoff.next(1_000 + REBOOT_WINDOW_MS)).toBe(RECONNECT_MAX_MS);
});

it('is spread by a quarter up and down, and stays within its bounds, however often', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(40), (random, failures) => {
      const backoff = new Backoff(() => random);
      waits(backoff, failures);
      const even = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(failures, 16));
      const wait = backoff.next(0);
      expect(wait).toBeGreaterThanOrEqual(Math.max(RECONNECT_MIN_MS, Math.floor(even * 0.75)));
      expect(wait).toBeLessThanOrEqual(Math.min(RECONNECT_MAX_MS, Math.ceil(even * 1.25)));
    }),
  );
});
