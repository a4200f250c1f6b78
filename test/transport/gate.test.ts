import { beforeEach, describe, expect, it } from 'vitest';
import { AuthenticationError, LockedError } from '../../lib/errors';
import { LOCK_FALLBACK_MS, LOCK_MARGIN_MS, MAX_BREAKERS, PROOF_FRESH_MS, PROOF_WAIT_MS } from '../../lib/settings';
import { CredentialGate, duration, forgetGates, gateFor, type Outcome } from '../../lib/transport/gate';
import { FakeClock, settle } from '../support/fake-clock';

const PLACE = '192.0.2.10';
const refused = (
  more: Partial<{ locked: boolean; unlockSeconds: number | null; attemptsLeft: number | null }> = {},
) => ({
  refused: { locked: false, unlockSeconds: null, attemptsLeft: null, ...more },
});

/** An attempt whose outcome the test decides. */
function attempt() {
  let end: (outcome: Outcome) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let count = 0;
  const run = () => {
    count++;
    return new Promise<Outcome>((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
  };
  return { run, end: (outcome: Outcome) => end(outcome), fail: (error: Error) => fail(error), count: () => count };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => (error as { code?: string; message: string }).code ?? (error as Error).message,
  );

describe('the gate', () => {
  let clock: FakeClock;
  let gate: CredentialGate;

  beforeEach(() => {
    clock = new FakeClock();
    gate = new CredentialGate(clock);
  });

  it('lets one attempt through; the others wait for it and need none of their own', async () => {
    const { run, end, count } = attempt();
    const all = [1, 2, 3, 4, 5].map(() => gate.prove(PLACE, run));
    await settle();
    expect(count()).toBe(1);
    end('accepted');
    await Promise.all(all);
    expect(count()).toBe(1);
    expect(gate.isProven).toBe(true);
    await gate.prove(PLACE, run);
    expect(count()).toBe(1);
  });

  it('refuses all who waited when the attempt is refused, and everybody after', async () => {
    const { run, end, count } = attempt();
    const all = [1, 2, 3].map(() => codeOf(gate.prove(PLACE, run)));
    await settle();
    end(refused({ attemptsLeft: 4 }));
    expect(await Promise.all(all)).toEqual(['HIK_AUTHENTICATION', 'HIK_AUTHENTICATION', 'HIK_AUTHENTICATION']);
    await clock.advance(365 * 24 * 3_600_000);
    expect(await codeOf(gate.prove(PLACE, run))).toBe('HIK_AUTHENTICATION');
    expect(count()).toBe(1);
    expect(gate.isClosed).toBe(true);
    expect(() => gate.check(PLACE)).toThrow(AuthenticationError);
    expect(() => gate.check(PLACE)).toThrow(/4 more/);
  });

  it('an attempt that ends without an outcome leaves it to the next one', async () => {
    const first = attempt();
    const second = attempt();
    const a = codeOf(gate.prove(PLACE, first.run));
    const b = codeOf(gate.prove(PLACE, second.run));
    await settle();
    expect([first.count(), second.count()]).toEqual([1, 0]);
    first.fail(new Error('no answer'));
    await settle();
    expect(second.count()).toBe(1);
    second.end('accepted');
    expect(await Promise.all([a, b])).toEqual(['no answer', 'fine']);
  });

  describe('when credentials were right before', () => {
    const goes = (): { isGone: boolean; answered: () => void; failed: unknown } => {
      const one = { isGone: false, answered: () => undefined as void, failed: null as unknown };
      gate.goAhead(PLACE).then(
        (answered) => Object.assign(one, { isGone: true, answered }),
        (error: unknown) => (one.failed = error),
      );
      return one;
    };

    beforeEach(() => gate.accepted());

    it('all go at once that follow shortly', async () => {
      await clock.advance(PROOF_FRESH_MS - 1);
      const all = [goes(), goes(), goes()];
      await settle();
      expect(all.map(({ isGone }) => isGone)).toEqual([true, true, true]);
    });

    it('after a silence one goes ahead, and the others follow its answer', async () => {
      await clock.advance(PROOF_FRESH_MS);
      const [first, ...others] = [goes(), goes(), goes()];
      await settle();
      expect([first?.isGone, ...others.map(({ isGone }) => isGone)]).toEqual([true, false, false]);
      gate.taken();
      first?.answered();
      await settle();
      expect(others.map(({ isGone }) => isGone)).toEqual([true, true]);
      // And now nobody waits.
      const next = [goes(), goes()];
      await settle();
      expect(next.map(({ isGone }) => isGone)).toEqual([true, true]);
    });

    it('a refusal of the one that went ahead is that of all', async () => {
      await clock.advance(PROOF_FRESH_MS);
      const [first, ...others] = [goes(), goes(), goes()];
      await settle();
      gate.refused(null, PLACE);
      first?.answered();
      await settle();
      expect(others.map(({ isGone, failed }) => [isGone, failed instanceof AuthenticationError])).toEqual([
        [false, true],
        [false, true],
      ]);
    });

    it('a long answer, or none, does not hold the others', async () => {
      await clock.advance(PROOF_FRESH_MS);
      const [first, second] = [goes(), goes()];
      await clock.advance(PROOF_WAIT_MS);
      expect([first.isGone, second.isGone]).toEqual([true, true]);
      first.answered();
      // Nothing was proven by that, so the next silence has one that goes ahead, too.
      const [third, fourth] = [goes(), goes()];
      await settle();
      expect([third.isGone, fourth.isGone]).toEqual([true, false]);
      third.answered();
      await settle();
      expect(fourth.isGone).toBe(true);
      expect(clock.pending).toBe(0);
    });
  });

  it('opens again when the user asks', async () => {
    const { run, end, count } = attempt();
    const first = codeOf(gate.prove(PLACE, run));
    end(refused());
    expect(await first).toBe('HIK_AUTHENTICATION');
    gate.reopen();
    expect(gate.isClosed).toBe(false);
    const second = gate.prove(PLACE, run);
    end('accepted');
    await second;
    expect(count()).toBe(2);
    gate.reopen();
    expect(gate.isProven).toBe(true);
  });

  it('waits for the end of a lock, with the time that the device says and a margin', async () => {
    gate.refused(refused({ locked: true, unlockSeconds: 1_737 }).refused, PLACE);
    expect(() => gate.check(PLACE)).toThrow(LockedError);
    const error = gate.refused(refused({ locked: true, unlockSeconds: 1_737 }).refused, PLACE);
    expect(error).toMatchObject({ code: 'HIK_LOCKED', unlockAtMs: clock.now() + 1_737_000 + LOCK_MARGIN_MS });
    expect(error.message).toContain('30 min');
    await clock.advance(1_737_000 + LOCK_MARGIN_MS - 1);
    expect(gate.isClosed).toBe(true);
    expect(() => gate.check(PLACE)).toThrow(/another 1 s/);
    await clock.advance(1);
    expect(gate.isClosed).toBe(false);
    expect(gate.isProven).toBe(false);
  });

  it('waits half an hour where the device does not say', async () => {
    gate.refused(refused({ locked: true }).refused, PLACE);
    await clock.advance(LOCK_FALLBACK_MS - 1);
    expect(gate.isClosed).toBe(true);
    await clock.advance(1);
    expect(gate.isClosed).toBe(false);
  });

  it('a refusal of what was right before closes it for all', async () => {
    gate.accepted();
    gate.refused(null, PLACE);
    expect(await codeOf(gate.prove(PLACE, () => Promise.resolve('accepted' as const)))).toBe('HIK_AUTHENTICATION');
  });

  it('a doubt about what was right before is settled by one attempt', async () => {
    gate.accepted();
    gate.doubt();
    expect(gate.isProven).toBe(false);
    const { run, end, count } = attempt();
    const all = [gate.prove(PLACE, run), gate.prove(PLACE, run)];
    await settle();
    end('accepted');
    await Promise.all(all);
    expect(count()).toBe(1);
    gate.refused(null, PLACE);
    gate.doubt();
    expect(gate.isClosed).toBe(true);
  });
});

describe('gates of this process', () => {
  const clock = new FakeClock();
  beforeEach(() => forgetGates());

  it('are shared by all who talk to a device with the same credentials', () => {
    expect(gateFor(clock, 'Cam.local', 80, 'admin', 'a')).toBe(gateFor(clock, 'cam.LOCAL', 80, 'admin', 'a'));
    expect(gateFor(clock, PLACE, 443, 'admin', 'a')).toBe(gateFor(clock, PLACE, 80, 'admin', 'a'));
  });

  it('are others for other credentials, and for other devices behind one address', () => {
    const gate = gateFor(clock, PLACE, 80, 'admin', 'a');
    expect(gateFor(clock, PLACE, 80, 'admin', 'b')).not.toBe(gate);
    expect(gateFor(clock, PLACE, 80, 'root', 'a')).not.toBe(gate);
    expect(gateFor(clock, '192.0.2.11', 80, 'admin', 'a')).not.toBe(gate);
    expect(gateFor(clock, PLACE, 8081, 'admin', 'a')).not.toBe(gate);
    expect(gateFor(clock, PLACE, 80, 'admin","a', '')).not.toBe(gateFor(clock, PLACE, 80, 'admin', '","a'));
  });

  it('are bounded; one that is in use stays', () => {
    const first = gateFor(clock, PLACE, 80, 'admin', 'first');
    const second = gateFor(clock, PLACE, 80, 'admin', 'second');
    for (let i = 0; i < MAX_BREAKERS - 2; i++) gateFor(clock, PLACE, 80, 'admin', `p${i}`);
    expect(gateFor(clock, PLACE, 80, 'admin', 'first')).toBe(first);
    gateFor(clock, PLACE, 80, 'admin', 'one more');
    expect(gateFor(clock, PLACE, 80, 'admin', 'first')).toBe(first);
    expect(gateFor(clock, PLACE, 80, 'admin', 'second')).not.toBe(second);
  });
});

it.each([
  [1, '1 s'],
  [1_000, '1 s'],

  [89_000, '89 s'],
  [60_000, '60 s'],
  [91_000, '2 min'],
  [1_742_000, '30 min'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
