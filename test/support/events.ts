import type { HikvisionEvent } from '../../lib/index';

/** An event with everything in place; a test names what matters to it. */
export function event(more: Partial<HikvisionEvent> = {}): HikvisionEvent {
  const state = more.state ?? 'start';
  return {
    id: 'id-1',
    device: { name: 'Cam', host: '192.0.2.10', serial: 'DS-1', model: 'DS-2CD2185FWD-I' },
    source: 'isapi',
    kind: 'motion',
    eventType: 'VMD',
    state,
    active: state !== 'end',
    inferred: false,
    channel: 1,
    channelName: 'Yard',
    time: '2024-05-01T12:00:00+00:00',
    receivedAt: '2024-05-01T12:00:00.000Z',
    stale: false,
    count: 1,
    target: null,
    targetRect: null,
    regions: [],
    details: {},
    pictures: [],
    raw: {},
    ...more,
  };
}

export function region(id: number | null, target: string | null = null): HikvisionEvent['regions'][number] {
  return { id, sensitivity: null, points: [], target, targetRect: null };
}
