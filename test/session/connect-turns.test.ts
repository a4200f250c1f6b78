import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { connectTurns, ConnectTurns } from '../../lib/session/connect-turns';
import { CONNECT_BURST, CONNECT_INTERVAL_MS } from '../../lib/settings';
import { FakeClock, settle } from '../support/fake-clock';

const never = new AbortController().signal;

/** Names of those that may begin, in order. */
function site() {
  const clock = new FakeClock();
  const turns = new ConnectTurns(clock);
  const begun: string[] = [];
  const ask = (name: string, hasFailedOften = false, signal = never) =>
    turns.take(signal, hasFailedOften).then(
      () => void begun.push(name),
      (error: Error) => void begun.push(error.message),
    );
  return { clock, turns, begun, ask };
}

describe('the turns of connections', () => {
  it('let a few begin at once, without a timer', async () => {
    const { clock, begun, ask } = site();
    for (let index = 0; index < CONNECT_BURST; index++) void ask(String(index));
    await settle();
    assert.equal(begun.length, CONNECT_BURST);
    assert.equal(clock.pending, 0);
  });

  it('let many begin at an even pace, in order, and leave no timer', async () => {
    const { clock, turns, begun, ask } = site();
    const names = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (const name of names) void ask(name);
    await clock.advance(10 * CONNECT_INTERVAL_MS);
    assert.equal(begun.length, CONNECT_BURST + 10);
    await clock.advance(60_000);
    assert.deepEqual(begun, names);
    assert.equal(turns.waiting, 0);
    assert.equal(clock.pending, 0);
    // After a quiet time a few may begin at once again.
    for (let index = 0; index < CONNECT_BURST; index++) void ask('later');
    await settle();
    assert.equal(begun.length, 1_000 + CONNECT_BURST);
  });

  it('give every second turn to those that have not failed often', async () => {
    const { clock, begun, ask } = site();
    for (let index = 0; index < CONNECT_BURST; index++) void ask('first');
    for (let index = 0; index < 500; index++) void ask('dead', true);
    for (let index = 0; index < 3; index++) void ask('alive');
    await clock.advance(6 * CONNECT_INTERVAL_MS);
    assert.deepEqual(begun.slice(CONNECT_BURST).sort(), ['alive', 'alive', 'alive', 'dead', 'dead', 'dead']);
    await clock.advance(500 * CONNECT_INTERVAL_MS);
    assert.equal(begun.filter((name) => name === 'dead').length, 500);
  });

  it('let go of those that wait no longer', async () => {
    const { clock, turns, begun, ask } = site();
    for (let index = 0; index < CONNECT_BURST; index++) void ask('first');
    const abort = new AbortController();
    for (let index = 0; index < 500; index++) void ask('gone', false, abort.signal);
    abort.abort(new Error('left'));
    await settle();
    assert.equal(begun.filter((name) => name === 'left').length, 500);
    assert.equal(turns.waiting, 0);
    assert.equal(clock.pending, 0);
    void ask('next');
    await clock.advance(CONNECT_INTERVAL_MS);
    assert.equal(begun.at(-1), 'next', 'those that left took no turn');
  });

  it('are those of all clients with one clock', () => {
    const clock = new FakeClock();
    assert.equal(connectTurns(clock), connectTurns(clock));
    assert.notEqual(connectTurns(clock), connectTurns(new FakeClock()));
  });
});
