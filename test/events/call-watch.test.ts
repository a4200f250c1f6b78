import { describe, expect, it } from 'vitest';
import { CallWatch, type CallState } from '../../lib/events/call-watch';
import { CALL_IDLE_INTERVAL_MS, CALL_RINGING_INTERVAL_MS, CALL_RING_MAX_MS } from '../../lib/settings';

/** What follows from these states, one a second. */
function told(...states: CallState[]): string[] {
  const watch = new CallWatch();
  return states.flatMap((state, second) =>
    watch.push(state, {}, second * 1_000).map(({ details }) => `${second} ${String(details['call'])}`),
  );
}

describe('the call of a door station', () => {
  it('rings once, and is answered or missed', () => {
    expect(told('idle', 'ringing', 'ringing', 'inCall', 'inCall', 'idle')).toEqual([
      '1 ringing',
      '3 answered',
      '5 ended',
    ]);
    expect(told('idle', 'ringing', 'ringing', 'idle', 'ringing')).toEqual(['1 ringing', '3 missed', '4 ringing']);
  });

  it('that is going on when we come is no ring; a ring is', () => {
    expect(told('inCall', 'idle')).toEqual(['1 ended']);
    expect(told('ringing', 'idle')).toEqual(['0 ringing', '1 missed']);
    expect(told('idle', 'inCall', 'idle')).toEqual(['2 ended']);
  });

  it('is never stuck on ringing', () => {
    const watch = new CallWatch();
    const at = (state: CallState, nowMs: number) => watch.push(state, {}, nowMs).map(({ details }) => details['call']);
    expect(at('ringing', 0)).toEqual(['ringing']);
    expect(at('ringing', CALL_RING_MAX_MS - 1)).toEqual([]);
    expect(at('ringing', CALL_RING_MAX_MS)).toEqual(['missed']);
    expect(watch.nextMs).toBe(CALL_IDLE_INTERVAL_MS);
    expect(at('ringing', CALL_RING_MAX_MS * 2)).toEqual([]);
    expect(at('idle', CALL_RING_MAX_MS * 3)).toEqual([]);
    expect(at('ringing', CALL_RING_MAX_MS * 3 + 1)).toEqual(['ringing']);
  });

  it('is followed closely when somebody speaks after all', () => {
    const watch = new CallWatch();
    for (const [state, nowMs] of [
      ['ringing', 0],
      ['ringing', CALL_RING_MAX_MS],
      ['inCall', CALL_RING_MAX_MS + 1],
    ] as const)
      watch.push(state, {}, nowMs);
    expect(watch.nextMs).toBe(CALL_RINGING_INTERVAL_MS);
  });

  it('is asked for sooner while it rings', () => {
    const watch = new CallWatch();
    watch.push('idle', {}, 0);
    expect(watch.nextMs).toBe(CALL_IDLE_INTERVAL_MS);
    watch.push('ringing', {}, 1);
    expect(watch.nextMs).toBe(CALL_RINGING_INTERVAL_MS);
    expect(CALL_IDLE_INTERVAL_MS).toBeLessThan(1_000);
  });

  it('says who is at the door', () => {
    const [notice] = new CallWatch().push('ringing', { caller: { devNo: 1 } }, 0);
    expect(notice).toMatchObject({
      kind: 'doorbell',
      active: true,
      details: { call: 'ringing', caller: { devNo: 1 } },
    });
  });
});
