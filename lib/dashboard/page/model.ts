/** What the page knows, as the server has told it. */
import type { DeviceView, EventRow, Everything, KindView } from '../wire';
import { channelWords, deviceWords } from './words';

const UNKNOWN_KIND: KindView = { kind: 'unknown', title: 'Unknown event', group: 'rest' };

export class Model {
  devices: readonly DeviceView[] = [];
  /** Of this page, since it was opened. */
  missed = 0;
  snapshotIntervalMs = 0;
  private kinds = new Map<string, KindView>();
  private byId = new Map<number, EventRow>();
  private maxRows = 0;

  begin({ devices, rows, kinds, maxRows, snapshotIntervalMs }: Everything): void {
    this.devices = devices;
    this.kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.byId = new Map(rows.map((row) => [row.id, row]));
    this.maxRows = maxRows;
    this.snapshotIntervalMs = snapshotIntervalMs;
  }

  /** @returns those that were not there before. */
  take(rows: readonly EventRow[]): EventRow[] {
    const fresh = rows.filter(({ id }) => !this.byId.has(id));
    for (const row of rows) this.byId.set(row.id, row);
    for (const oldest of this.byId.keys()) {
      if (this.byId.size <= this.maxRows) break;
      this.byId.delete(oldest);
    }
    return fresh;
  }

  /** Newest first. */
  get rows(): EventRow[] {
    return [...this.byId.values()].sort((a, b) => b.id - a.id);
  }

  row(id: number): EventRow | undefined {
    return this.byId.get(id);
  }

  device(id: number): DeviceView | undefined {
    return this.devices.find((device) => device.id === id);
  }

  kind(name: string): KindView {
    return this.kinds.get(name) ?? UNKNOWN_KIND;
  }

  deviceName(id: number): string {
    const device = this.device(id);
    return device === undefined ? `Device ${id + 1}` : deviceWords(device, this.devices);
  }

  /** As the device calls it in its list of channels, else in the event. */
  channelName(row: EventRow): string {
    const listed = this.device(row.device)?.channels.find(({ channel }) => channel === row.channel);
    return channelWords(row.channel, listed?.name ?? row.channelName);
  }

  /** Where it happened: the channel first, unless it is the device itself. */
  where(row: EventRow): readonly [first: string, second: string] {
    const device = this.deviceName(row.device);
    return row.channel === null ? [device, ''] : [this.channelName(row), device];
  }

  title(row: EventRow): string {
    const { title, kind } = this.kind(row.kind);
    return kind === 'unknown' || kind === 'other' ? `${title}: ${row.eventType}` : title;
  }
}
