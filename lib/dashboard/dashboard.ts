/** The live page: devices, their snapshots and events, for whoever opens it on this machine. It shows, and changes nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock';
import { RefusedError } from '../errors';
import { sniff } from '../codec/text';
import { EVENT_KIND_NAMES } from '../events/kinds';
import {
  kindGroupOf,
  type Channel,
  type ConnectionState,
  type HikvisionClient,
  type HikvisionEvent,
  type Subscription,
} from '../index';
import { NAMES } from '../mqtt/discovery/names';
import {
  DASHBOARD_COUNTERS_INTERVAL_MS,
  DASHBOARD_GATHER_MS,
  DASHBOARD_MAX_EVENTS,
  DASHBOARD_SNAPSHOT_INTERVAL_MS,
} from '../settings';
import { shownText } from './details';
import { channelViews, connectionView, countersView } from './device-view';
import { DashboardServer, type PageFiles } from './server';
import { Snapshots, type Shot, type ShotSize } from './snapshots';
import { Timeline } from './timeline';
import type { ChannelView, DeviceView, EventRow, Everything, KindView } from './wire';

export interface DashboardDevice {
  /** Owned by the caller, who connects and closes it. */
  readonly client: HikvisionClient;
  /** Host, or host:port. */
  readonly place: string;
  /** What the user calls it; else its own name. */
  readonly name?: string;
  /** Channels that are shown, null for the device itself; all when not given. */
  readonly channels?: ReadonlySet<number | null>;
}

export interface DashboardOptions {
  readonly devices: readonly DashboardDevice[];
  readonly clock: Clock;
  readonly files: PageFiles;
}

const KINDS: readonly KindView[] = EVENT_KIND_NAMES.map((kind) => ({
  kind,
  title: NAMES.en.kinds[kind],
  group: kindGroupOf(kind),
}));

/** The page as the build has made it. @param folder where; beside this file when not given. */
export function readPageFiles(folder = join(__dirname, 'page')): PageFiles {
  const read = (name: string) => readFileSync(join(folder, name));
  return {
    '/': read('page.html'),
    '/page.js': read('page.js'),
    '/page.css': read('page.css'),
    '/icon.svg': read('icon.svg'),
  };
}

export class Dashboard {
  private readonly server: DashboardServer;
  private readonly timeline = new Timeline();
  private readonly snapshots: Snapshots;
  private readonly devices: readonly Followed[];
  /** Rows that the pages have not been told of. */
  private readonly changed = new Map<number, EventRow>();
  private gathering: Timer | null = null;
  private looking: Timer | null = null;
  /** The devices as the pages know them. */
  private told = '';

  constructor(private readonly options: DashboardOptions) {
    const { clock, files } = options;
    this.snapshots = new Snapshots({
      clock,
      take: (device, channel, stream, signal) => this.devices[device]?.take(channel, stream, signal) ?? noPicture(),
    });
    this.server = new DashboardServer({
      clock,
      files,
      shown: {
        everything: () => this.everything(),
        picture: (row, index) => this.timeline.picture(row, index),
        snapshot: (device, channel, size) => this.snapshot(device, channel, size),
      },
      onAudience: (size) => this.audienceIs(size),
    });
    this.devices = options.devices.map(
      (device, id) =>
        new Followed(
          id,
          device,
          (event) => this.happened(id, event),
          () => this.gather(),
        ),
    );
  }

  /** Where the page is. */
  get url(): string {
    return this.server.url;
  }

  /** @param port 0 takes any free one. @throws the error of `listen`, for example EADDRINUSE. */
  listen(port: number): Promise<void> {
    return this.server.listen(port);
  }

  /** Leaves no socket, timer or listener of its own; the clients go on. */
  async close(): Promise<void> {
    for (const device of this.devices) device.close();
    this.snapshots.close();
    await this.server.close();
    this.gathering?.cancel();
    this.looking?.cancel();
    this.gathering = this.looking = null;
  }

  private everything(): Everything {
    return {
      devices: this.devices.map((device) => device.view()),
      rows: this.timeline.rows(),
      kinds: KINDS,
      maxRows: DASHBOARD_MAX_EVENTS,
      snapshotIntervalMs: DASHBOARD_SNAPSHOT_INTERVAL_MS,
    };
  }

  private snapshot(device: number, channel: number, size: ShotSize): Promise<Shot> | undefined {
    const followed = this.devices[device];
    if (followed?.hasChannel(channel) !== true) return undefined;
    // Nothing is asked of a device that is not there, or has refused us.
    if (!followed.isConnected) return Promise.resolve({ reason: 'The device is not connected.' });
    return this.snapshots.get(device, channel, size);
  }

  private happened(device: number, event: HikvisionEvent): void {
    for (const row of this.timeline.add(device, event)) {
      this.changed.delete(row.id);
      // Nobody looks; whoever comes is told everything first.
      if (this.server.audience.size > 0) this.changed.set(row.id, row);
    }
    for (const oldest of this.changed.keys()) {
      if (this.changed.size <= DASHBOARD_MAX_EVENTS) break;
      this.changed.delete(oldest);
    }
    this.gather();
  }

  /** Tells the pages soon, and everything that has come until then at once. */
  private gather(): void {
    if (this.server.audience.size === 0) return;
    this.gathering ??= this.options.clock.after(DASHBOARD_GATHER_MS, () => {
      this.gathering = null;
      this.tell();
    });
  }

  private tell(): void {
    const { audience } = this.server;
    const rows = [...this.changed.values()];
    this.changed.clear();
    if (rows.length > 0) audience.tell('rows', rows, rows.length);
    const devices = this.devices.map((device) => device.view());
    const text = JSON.stringify(devices);
    if (text === this.told) return;
    this.told = text;
    audience.tell('devices', devices, 0);
  }

  private audienceIs(size: number): void {
    if (size === 0) {
      this.looking?.cancel();
      this.looking = null;
      this.changed.clear();
    } else this.looking ??= this.options.clock.after(DASHBOARD_COUNTERS_INTERVAL_MS, () => this.look());
  }

  /** At the counters, which tell nobody that they have changed. */
  private look(): void {
    this.looking = this.options.clock.after(DASHBOARD_COUNTERS_INTERVAL_MS, () => this.look());
    this.tell();
  }
}

/** One device as the page knows it. */
class Followed {
  private readonly subscriptions: Subscription[];
  private channels: readonly ChannelView[] = [];
  private isAsked = false;
  private isClosed = false;
  private identity: { readonly name: string | null; readonly model: string | null; readonly firmware: string | null };

  constructor(
    private readonly id: number,
    private readonly device: DashboardDevice,
    onEvent: (event: HikvisionEvent) => void,
    private readonly onChange: () => void,
  ) {
    const { client, channels } = device;
    this.identity = { name: null, model: null, firmware: null };
    this.subscriptions = [
      client.events((event) => {
        if (channels === undefined || channels.has(event.channel)) onEvent(event);
      }),
      client.onState((state) => this.stateIs(state)),
    ];
    this.stateIs(client.state);
  }

  close(): void {
    this.isClosed = true;
    for (const subscription of this.subscriptions) subscription.close();
  }

  view(): DeviceView {
    const { client, place, name } = this.device;
    return {
      id: this.id,
      name: shownText(name ?? this.identity.name ?? place),
      place,
      model: this.identity.model,
      firmware: this.identity.firmware,
      connection: connectionView(client.state),
      counters: countersView(client.counters),
      channels: this.channels,
    };
  }

  hasChannel(channel: number): boolean {
    return this.channels.some((each) => each.channel === channel);
  }

  get isConnected(): boolean {
    return this.device.client.state.state === 'connected';
  }

  async take(channel: number, stream: 'main' | 'sub', signal: AbortSignal): Promise<Buffer> {
    const { data } = await this.device.client.camera.snapshot({ channel, stream }, { signal });
    return sniff(data) === 'jpeg' ? data : noPicture();
  }

  private stateIs(state: ConnectionState): void {
    if (this.isClosed) return;
    if (state.state === 'connected') {
      const { name, model, firmware } = state.device;
      this.identity = {
        name: name === null ? null : shownText(name),
        model: model === null ? null : shownText(model),
        firmware: firmware === null ? null : shownText(firmware),
      };
      if (!this.isAsked) void this.askChannels();
      this.isAsked = true;
    } else this.isAsked = false; // it may come back with other cameras
    this.onChange();
  }

  private async askChannels(): Promise<void> {
    const { client, channels } = this.device;
    try {
      const found: readonly Channel[] = await client.recorder.listChannels({});
      this.channels = channelViews(found, channels);
    } catch {
      // Without a list there is no wall; the events of the device come all the same.
      this.isAsked = false;
    }
    if (!this.isClosed) this.onChange();
  }
}

function noPicture(): never {
  throw new RefusedError('there is no picture');
}
