/** Does an event fit what is filled in? Pure, and shared by the runtime and the edit dialog, so that both answer the same: it knows nothing of the library. */
import { includesNumber, isEmptyList, type NumberList } from './lists';

/** What is looked at of an event. */
export interface Matchable {
  readonly kind: string;
  readonly channel: number | null;
  readonly target: string | null;
  readonly regions: readonly { readonly id: number | null; readonly target: string | null }[];
  readonly stale: boolean;
}

export interface MatchSettings {
  /** Empty: all kinds. */
  readonly kinds: ReadonlySet<string>;
  /** Empty: all channels. Its word stands for events of the device itself. */
  readonly channels: NumberList;
  /** Lower case; empty: all targets. */
  readonly targets: ReadonlySet<string>;
  /** Numbers of rules on the device; empty: all. */
  readonly regions: NumberList;
  /** Pass on what the device replayed or delivered late. */
  readonly stale: boolean;
}

/** What stands in the channel list for events of the device itself. */
export const DEVICE_WORD = 'device';

/** The first property of the settings that an event does not fit; null where it fits them all. */
export function mismatchOf(event: Matchable, settings: MatchSettings): keyof MatchSettings | null {
  const { kinds, channels, targets, regions, stale } = settings;
  if (!stale && event.stale) return 'stale';
  if (kinds.size > 0 && !kinds.has(event.kind)) return 'kinds';
  if (!isEmptyList(channels)) {
    if (event.channel === null ? !channels.word : !includesNumber(channels, event.channel)) return 'channels';
  }
  if (targets.size > 0 && !targetsOf(event).some((target) => targets.has(target.toLowerCase()))) return 'targets';
  if (isEmptyList(regions)) return null;
  return event.regions.some(({ id }) => id !== null && includesNumber(regions, id)) ? null : 'regions';
}

function targetsOf(event: Matchable): string[] {
  return [event.target, ...event.regions.map(({ target }) => target)].filter((target) => target !== null);
}
