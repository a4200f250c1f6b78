/** An event that no device said, so that a flow can be tried without walking past the camera. Pure. */
import { EVENT_KINDS, type EventKind, type EventState, type HikvisionEvent } from '../../lib/index';
import type { FilterSettings } from '../shared/filter';
import { mismatchOf } from '../shared/matching';

export interface TestedDevice {
  readonly name: string;
  readonly host: string;
}

/** What is sent when, and the first field that holds it back; then nothing is sent. */
export interface TestEvents {
  readonly events: readonly HikvisionEvent[];
  readonly heldBackBy: string | null;
}

/**
 * An event of a kind on a channel: `once`, or its start and its end. Target and region are the first that the filters want, as only
 * kind and channel are asked for. Lasting and cool-down are not looked at: they belong to what really happens.
 *
 * @param id unique; nothing else is.
 */
export function testEventsOf(
  kind: EventKind,
  channel: number | null,
  settings: FilterSettings,
  device: TestedDevice,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): TestEvents {
  const [target = null] = settings.targets;
  const [range] = settings.regions.ranges;
  const receivedAt = new Date(nowMs).toISOString();
  const eventWith = (state: EventState): HikvisionEvent => ({
    id: `test-${id}-${state}`,
    device: { ...device, serial: null, model: null },
    source: 'test',
    kind,
    // Any name of a device would be a claim.
    eventType: 'test',
    state,
    active: state !== 'end',
    inferred: false,
    channel,
    channelName: null,
    time: null,
    receivedAt,
    stale: false,
    count: 1,
    target,
    targetRect: null,
    regions: range === undefined ? [] : [{ id: range.from, sensitivity: null, points: [], target, targetRect: null }],
    details: {},
    pictures: [],
    raw: {},
  });
  const states: readonly EventState[] = EVENT_KINDS[kind].edges === 'once' ? ['once'] : ['start', 'end'];
  const events = states.map(eventWith);
  const [first] = events;
  const heldBackBy = first === undefined ? null : mismatchOf(first, settings);
  if (heldBackBy !== null) return { events: [], heldBackBy };
  const passing = events.filter(({ state }) => settings.states.has(state));
  return { events: passing, heldBackBy: passing.length === 0 ? 'states' : null };
}
