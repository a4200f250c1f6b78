import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { connectTurns, ConnectTurns } from '../../lib/session/connect-turns';
import { CONNECT_AT_ONCE, CONNECT_INTERVAL_MS } from '../../lib/settings';
import { FakeClock, settle } from '../support/fake-clock';

const never = new AbortController().signal;

/** Names of those that may begin, in order. */
function site(opens = true) {
  const clock = new FakeClock();
  const turns = new ConnectTurns(clock);
  const begun: string[] = [];
  const held: (() => void)[] = [];
  const ask = (name: string, hasFailedOften = false, signal = never) =>
    turns.take(signal, hasFailedOften).then(
      (release) => {
        begun.push(name);
        if (opens) release();
        else held.push(release);
      },
      (error: Error) => void begun.push(error.message),
    );
  return { clock, turns, begun, held, ask };
}

describe('the turns of connections', () => {
  it('let a few begin at once, without a timer', async () => {
    const { clock, begun, ask } = site();
    for (let index = 0; index < CONNECT_AT_ONCE; index++) void ask(String(index));
    await settle();
    assert.equal(begun.length, CONNECT_AT_ONCE);
    assert.equal(clock.pending, 0);
  });

  it('let many begin at an even pace, in order, and leave no timer', async () => {
    const { clock, turns, begun, ask } = site();
    const names = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (const name of names) void ask(name);
    await clock.advance(10 * CONNECT_INTERVAL_MS);
    assert.equal(begun.length, CONNECT_AT_ONCE + 10);
    await clock.advance(60_000);
    assert.deepEqual(begun, names);
    assert.equal(turns.waiting, 0);
    assert.equal(clock.pending, 0);
    // After a quiet time a few may begin at once again.
    for (let index = 0; index < CONNECT_AT_ONCE; index++) void ask('later');
    await settle();
    assert.equal(begun.length, 1_000 + CONNECT_AT_ONCE);
  });

  it('give every second turn to those that have not failed often', async () => {
    const { clock, begun, ask } = site();
    for (let index = 0; index < CONNECT_AT_ONCE; index++) void ask('first');
    for (let index = 0; index < 500; index++) void ask('dead', true);
    for (let index = 0; index < 3; index++) void ask('alive');
    await clock.advance(6 * CONNECT_INTERVAL_MS);
    assert.deepEqual(begun.slice(CONNECT_AT_ONCE).sort(), ['alive', 'alive', 'alive', 'dead', 'dead', 'dead']);
    await clock.advance(500 * CONNECT_INTERVAL_MS);
    assert.equal(begun.filter((name) => name === 'dead').length, 500);
  });

  it('never let more be under way than may be, nor dead devices have more than half of the places', async () => {
    const { clock, begun, held, ask } = site(false);
    for (let index = 0; index < 100; index++) void ask('dead', true);
    await clock.advance(60_000);
    assert.equal(begun.length, CONNECT_AT_ONCE / 2);
    for (let index = 0; index < 100; index++) void ask('alive');
    await clock.advance(60_000);
    assert.equal(begun.length, CONNECT_AT_ONCE);
    assert.equal(clock.pending, 0, 'nothing but a place is waited for');
    // One that is given back twice is one.
    for (const release of [held[0], held[0]]) release?.();
    await clock.advance(60_000);
    assert.equal(begun.length, CONNECT_AT_ONCE + 1);
  });

  it('let go of those that wait no longer', async () => {
    const { clock, turns, begun, ask } = site();
    for (let index = 0; index < CONNECT_AT_ONCE; index++) void ask('first');
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
