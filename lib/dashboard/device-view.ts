/** What is shown of a device and its connection. Pure. */
import { ERROR_CODES, type ErrorCode } from '../errors';
import type { Channel, ClientCounters, ConnectionState } from '../index';
import { DASHBOARD_MAX_CHANNELS } from '../settings';
import { shownText } from './details';
import type { ChannelView, ConnectionView, CountersView } from './wire';

const NOTHING_WRONG = {
  reason: null,
  advice: null,
  untilMs: null,
  sinceMs: null,
  stream: null,
  streamReason: null,
  ways: [],
} as const;

export function connectionView(state: ConnectionState): ConnectionView {
  switch (state.state) {
    case 'connected': {
      const { sinceMs, stream, ways, streamReason } = state;
      const why = streamReason === undefined ? null : shownText(streamReason);
      return { ...NOTHING_WRONG, state: 'connected', sinceMs, stream, ways, streamReason: why };
    }
    case 'lost':
      return { ...NOTHING_WRONG, ...troubleOf(state), state: 'lost', untilMs: state.retryAtMs };
    case 'locked':
      return { ...NOTHING_WRONG, ...troubleOf(state), state: 'locked', untilMs: state.unlockAtMs };
    case 'refused':
      return { ...NOTHING_WRONG, ...troubleOf(state), state: 'refused' };
    case 'idle':
    case 'connecting':
    case 'closed':
      return { ...NOTHING_WRONG, state: state.state };
  }
}

function troubleOf({ reason, code }: { reason: string; code: ErrorCode }): { reason: string; advice: string } {
  return { reason: shownText(reason), advice: ERROR_CODES[code] };
}

export function countersView(counters: ClientCounters): CountersView {
  return {
    events: counters.events,
    duplicates: counters.duplicates,
    dropped: counters.droppedMessages + counters.evictedEvents,
    unreadable: counters.badParts,
    reconnects: counters.reconnects,
  };
}

/** @param wanted those to be shown; all when not given. */
export function channelViews(channels: readonly Channel[], wanted?: ReadonlySet<number | null>): ChannelView[] {
  return channels
    .filter(({ channel }) => wanted === undefined || wanted.has(channel))
    .slice(0, DASHBOARD_MAX_CHANNELS)
    .map(({ channel, name, online }) => ({ channel, name: name === null ? null : shownText(name), online }));
}
