import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { TimeoutError, UnsupportedError } from '../../lib/errors';
import type { EventInlet } from '../../lib/session/event-pump';
import { PushCompanion } from '../../lib/session/push-companion';
import { PUSH_ENTER_RETRY_MS } from '../../lib/settings';
import { PushListener } from '../../lib/transport/push-listener';
import { FakeClock, settle } from '../support/fake-clock';

/** A device that fails so at first. */
function entering(failures: readonly Error[]) {
  const clock = new FakeClock();
  const listener = new PushListener({ clock });
  const warnings: string[] = [];
  const calls: string[] = [];
  const left = [...failures];
  const abort = new AbortController();
  const inlet = { begin: () => undefined, end: () => undefined } as unknown as EventInlet;
  const companion = new PushCompanion({
    clock,
    options: { listener, secret: 'a secret', calledAt: 'http://192.0.2.5:7661' },
    inlet,
    device: () => ({ token: 'a-token', address: '192.0.2.1', mac: null }),
    warn: ({ code }) => void warnings.push(code),
    call: async (command) => {
      calls.push(command);
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      return { host: 1, ignored: [], before: null };
    },
  });
  let isWorking = false;
  const run = companion.run(abort.signal, (now) => (isWorking = now)).catch(() => undefined);
  const end = async () => {
    abort.abort();
    await run;
    await listener.close();
  };
  return { clock, warnings, calls, isWorking: () => isWorking, end };
}

describe('our entry on a device', () => {
  it('is made again where the device had no time for it', async () => {
    const { clock, warnings, calls, isWorking, end } = entering([new TimeoutError('no connection within 5 s')]);
    await settle();
    assert.deepEqual([calls.length, warnings, isWorking()], [1, ['PUSH_NOT_ENTERED'], false]);
    await clock.advance(PUSH_ENTER_RETRY_MS);
    assert.deepEqual([calls.length, isWorking()], [2, true]);
    await clock.advance(10 * PUSH_ENTER_RETRY_MS);
    assert.equal(calls.length, 2);
    await end();
    assert.equal(clock.pending, 0);
  });

  it('is not made again where the device refuses it', async () => {
    const { clock, calls, isWorking, end } = entering([new UnsupportedError('it has none')]);
    await clock.advance(10 * PUSH_ENTER_RETRY_MS);
    assert.deepEqual([calls.length, isWorking()], [1, false]);
    await end();
    assert.equal(clock.pending, 0);
  });

  it('is not made any more when the connection is over', async () => {
    const { clock, calls, end } = entering([new TimeoutError('no connection within 5 s')]);
    await settle();
    await end();
    await clock.advance(10 * PUSH_ENTER_RETRY_MS);
    assert.equal(calls.length, 1);
    assert.equal(clock.pending, 0);
  });
});
