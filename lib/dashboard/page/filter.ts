/** Which events are shown. Pure. */
import type { EventRow } from '../wire';

export interface Filter {
  /** Empty: any. */
  readonly device: string;
  readonly kind: string;
  /** `device` is the device itself. */
  readonly channel: string;
  readonly withPictures: boolean;
}

export function passes(filter: Filter, row: EventRow): boolean {
  return (
    (filter.device === '' || filter.device === String(row.device)) &&
    (filter.kind === '' || filter.kind === row.kind) &&
    (filter.channel === '' || filter.channel === channelValue(row.channel)) &&
    (!filter.withPictures || row.pictures.length > 0)
  );
}

export function channelValue(channel: number | null): string {
  return channel === null ? 'device' : String(channel);
}
