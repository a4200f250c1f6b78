/** Kinds that belong together when somebody looks for one: the order of the dialog, the colours of the live page. */
import { EVENT_KIND_NAMES, type EventKind } from './kinds';

const KIND_GROUPS = {
  detection: ['motion', 'pir', 'person', 'face', 'vehicle', 'audio', 'sceneChange', 'ship', 'radar'],
  perimeter: [
    'lineCrossing',
    'intrusion',
    'regionEntrance',
    'regionExit',
    'loitering',
    'crowd',
    'running',
    'parking',
    'unattendedBaggage',
    'objectRemoval',
    'behavior',
  ],
  access: ['doorbell', 'access', 'plate', 'trafficIncident', 'peopleCounting'],
  alarm: ['alarmInput', 'alarmOutput', 'alarmPanel', 'temperature', 'fire', 'tamper'],
  fault: [
    'videoLoss',
    'videoQuality',
    'defocus',
    'diskFull',
    'diskError',
    'networkBroken',
    'ipConflict',
    'illegalAccess',
    'recording',
    'deviceFault',
  ],
} as const satisfies Record<string, readonly EventKind[]>;

/** `rest`: what stands in no other, so that none is missing. */
export type KindGroup = keyof typeof KIND_GROUPS | 'rest';

/** The kinds of each group that has some of these; what is in no group comes last. */
export function groupedKinds(kinds: readonly string[]): { group: KindGroup; kinds: string[] }[] {
  const named = Object.entries(KIND_GROUPS).map(([group, own]) => ({
    group: group as KindGroup,
    kinds: (own as readonly string[]).filter((kind) => kinds.includes(kind)),
  }));
  const placed = new Set(named.flatMap((each) => each.kinds));
  const rest = kinds.filter((kind) => !placed.has(kind));
  return [...named, { group: 'rest' as const, kinds: rest }].filter((each) => each.kinds.length > 0);
}

const groupByKind = new Map(
  groupedKinds(EVENT_KIND_NAMES).flatMap(({ group, kinds }) => kinds.map((kind) => [kind, group])),
);

export function kindGroupOf(kind: EventKind): KindGroup {
  return groupByKind.get(kind) ?? 'rest';
}
