/** The call of a door station, for rings that its stream does not tell. */
import type { CallStatus } from '../../commands/event';
import { CallWatch, type CallState } from '../../events/call-watch';
import { CALLER_WAIT_MS } from '../../settings';
import type { Ask, Poll, Polled } from '../poller';

export class CallPoll implements Poll {
  readonly name = 'calls';
  readonly kinds = new Set(['doorbell'] as const);
  readonly lateMs = 0;

  private readonly watch = new CallWatch();
  private before: CallState = 'idle';
  /** Who rang, for the answer and the end of the call. */
  private caller: unknown = null;

  async ask(call: Ask, nowMs: number): Promise<Polled> {
    const { status, isRinging, isInCall } = (await call('event.callStatus')) as CallStatus;
    const state: CallState = isRinging ? 'ringing' : isInCall ? 'inCall' : 'idle';
    if (state !== this.before && this.before === 'idle') this.caller = await callerOf(call);
    this.before = state;
    const notices = this.watch.push(state, { status, caller: this.caller }, nowMs);
    if (state === 'idle') this.caller = null;
    return { notices, nextMs: this.watch.nextMs };
  }
}

/** A ring must not wait long for it, and many stations do not say it. */
async function callerOf(call: Ask): Promise<unknown> {
  try {
    return (await call('event.callerInfo', {}, CALLER_WAIT_MS)) ?? null;
  } catch {
    // A device that is lost or has locked us says so to the next question for the call itself.
    return null;
  }
}
