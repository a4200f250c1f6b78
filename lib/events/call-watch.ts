/**
 * The call of a door station, asked for again and again, becomes rings that are answered or missed. Door stations ring without
 * telling it on their alertStream (firmware 3.7 with an indoor station tells nothing at all), and some say `ring` for ever.
 */
import { CALL_IDLE_INTERVAL_MS, CALL_RINGING_INTERVAL_MS, CALL_RING_MAX_MS } from '../settings';
import type { Notice } from './event';
import { toldNotice } from './told';

/** In the words of the device; unknown ones are taken for no call. */
export type CallState = 'idle' | 'ringing' | 'inCall';

/** `details.call` of a doorbell event. */
export type CallEvent = 'ringing' | 'answered' | 'missed' | 'ended';

export class CallWatch {
  /** Null before the first answer: a ring that is going on when we come is one, a call is not. */
  private state: CallState | null = null;
  private ringingSinceMs = 0;
  /** A ring that went on for too long was called missed; the device may go on saying it. */
  private isStuck = false;

  /**
   * Takes what the device says now.
   *
   * @param caller who is at the door, as far as the device says it.
   * @param nowMs a clock that only grows.
   */
  push(state: CallState, caller: Readonly<Record<string, unknown>>, nowMs: number): Notice[] {
    const before = this.state;
    this.state = state;
    if (state === 'ringing') {
      if (before !== 'ringing') {
        this.ringingSinceMs = nowMs;
        this.isStuck = false;
        return [notice('ringing', caller)];
      }
      if (this.isStuck || nowMs - this.ringingSinceMs < CALL_RING_MAX_MS) return [];
      this.isStuck = true;
      return [notice('missed', caller)];
    }
    if (before === 'ringing' && !this.isStuck) return [notice(state === 'inCall' ? 'answered' : 'missed', caller)];
    return before === 'inCall' && state === 'idle' ? [notice('ended', caller)] : [];
  }

  /** When to ask again: soon while it rings or somebody speaks, and soon enough to see a ring within a second. */
  get nextMs(): number {
    const isOver = this.state === 'idle' || (this.state === 'ringing' && this.isStuck);
    return isOver ? CALL_IDLE_INTERVAL_MS : CALL_RINGING_INTERVAL_MS;
  }
}

function notice(call: CallEvent, caller: Readonly<Record<string, unknown>>): Notice {
  return toldNotice({
    kind: 'doorbell',
    eventType: 'callStatus',
    details: { call, key: 'doorbell', category: 'call', ...caller },
  });
}
