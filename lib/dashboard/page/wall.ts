/** One tile per channel, with its latest snapshot. Asks only while somebody can see it. */
import type { ChannelView, DeviceView, EventRow } from '../wire';
import { byId, element, setChildren, setText } from './dom';
import type { Model } from './model';
import { takeShot, type TakenShot } from './shot';
import type { Viewer } from './viewer';
import { channelWords, spanWords } from './words';

/** Snapshots under way at the same time; a browser has six connections, and one is for the events. */
const PARALLEL = 3;
/** How long after an event without an end its tile is marked. */
const ONCE_SHOWN_MS = 8_000;

interface Tile {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  /** What the button is called by a screen reader. */
  readonly label: HTMLElement;
  readonly picture: HTMLImageElement;
  readonly none: HTMLElement;
  readonly badge: HTMLElement;
  readonly name: HTMLElement;
  readonly note: HTMLElement;
  readonly device: number;
  readonly channel: number;
  isVisible: boolean;
  isLoading: boolean;
  askedMs: number;
  takenMs: number | null;
}

export class Wall {
  private readonly section = byId('wall', HTMLElement);
  private readonly list = byId('tiles', HTMLUListElement);
  private readonly tiles = new Map<string, Tile>();
  private readonly byItem = new Map<Element, Tile>();
  private readonly watcher: IntersectionObserver;
  private loading = 0;

  constructor(
    private readonly model: Model,
    private readonly viewer: Viewer,
  ) {
    this.watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const tile = this.byItem.get(target);
        if (tile !== undefined) tile.isVisible = isIntersecting;
      }
    });
  }

  draw(nowMs: number): void {
    const shown = this.model.devices.flatMap((device) =>
      device.channels.map((channel) => this.tileOf(device, channel)),
    );
    const items = new Set(shown.map(({ item }) => item));
    for (const [key, tile] of this.tiles) if (!items.has(tile.item)) this.remove(key, tile);
    setChildren(
      this.list,
      shown.map(({ item }) => item),
    );
    this.section.hidden = shown.length === 0;
    this.tick(nowMs);
  }

  /** Something begins there: a picture of it is worth more than one a little later. */
  hurry(row: EventRow): void {
    const tile = this.tiles.get(`${row.device}/${row.channel}`);
    if (tile !== undefined) tile.askedMs = 0;
  }

  /** Ages and marks, and whatever is due. */
  tick(nowMs: number): void {
    const marks = this.marks(nowMs);
    for (const [key, tile] of this.tiles) {
      const mark = marks.get(key);
      tile.badge.className = mark === undefined ? 'badge' : `badge group-${this.model.kind(mark.kind).group}`;
      tile.item.classList.toggle('active', mark !== undefined);
      tile.badge.hidden = mark === undefined;
      setText(tile.badge, mark === undefined ? '' : this.model.title(mark));
      setText(tile.note, this.noteOf(tile, nowMs));
    }
    if (document.visibilityState !== 'visible') return;
    const due = [...this.tiles.values()]
      .filter((tile) => tile.isVisible && !tile.isLoading && nowMs - tile.askedMs >= this.model.snapshotIntervalMs)
      .filter(({ device }) => this.model.device(device)?.connection.state === 'connected')
      .sort((a, b) => a.askedMs - b.askedMs);
    for (const tile of due.slice(0, PARALLEL - this.loading)) void this.load(tile);
  }

  /** What happens now, by tile. */
  private marks(nowMs: number): Map<string, EventRow> {
    const marks = new Map<string, EventRow>();
    for (const row of this.model.rows) {
      const isNow = row.phase === 'running' || (row.phase === 'once' && nowMs - row.startMs < ONCE_SHOWN_MS);
      const key = `${row.device}/${row.channel}`;
      if (isNow && !row.stale && !marks.has(key)) marks.set(key, row);
    }
    return marks;
  }

  private noteOf({ device, takenMs }: Tile, nowMs: number): string {
    const name = this.model.deviceName(device);
    return takenMs === null ? name : `${name} · ${spanWords(nowMs - takenMs)} ago`;
  }

  private tileOf(device: DeviceView, { channel, name, online }: ChannelView): Tile {
    const key = `${device.id}/${channel}`;
    const tile = this.tiles.get(key) ?? this.make(key, device.id, channel);
    const words = channelWords(channel, name);
    setText(tile.name, words);
    setText(tile.label, `Enlarge ${words}, ${this.model.deviceName(device.id)}`);
    const isAway = device.connection.state !== 'connected';
    tile.item.classList.toggle('away', isAway || online === false);
    if (online === false) setText(tile.none, 'Offline');
    else if (isAway && tile.takenMs === null) setText(tile.none, 'Not connected');
    else if (tile.none.textContent === 'Not connected' || tile.none.textContent === 'Offline') setText(tile.none, '');
    return tile;
  }

  private make(key: string, device: number, channel: number): Tile {
    const picture = element('img', { alt: '', hidden: true });
    const none = element('span', { class: 'none' });
    const badge = element('span', { class: 'badge', hidden: true });
    const label = element('span', { class: 'unseen' });
    const button = element('button', { type: 'button', class: 'shot' }, label, ' ', none, picture);
    const name = element('span', { class: 'name' });
    const note = element('span', { class: 'note' });
    const item = element('li', { class: 'tile' }, button, badge, element('p', {}, name, note));
    const tile: Tile = {
      ...{ item, button, label, picture, none, badge, name, note, device, channel },
      ...{ isVisible: false, isLoading: false, askedMs: 0, takenMs: null },
    };
    button.addEventListener('click', () =>
      this.viewer.showChannel(device, channel, `${name.textContent ?? ''}, ${this.model.deviceName(device)}`),
    );
    this.tiles.set(key, tile);
    this.byItem.set(item, tile);
    this.watcher.observe(item);
    return tile;
  }

  private remove(key: string, tile: Tile): void {
    this.watcher.unobserve(tile.item);
    this.byItem.delete(tile.item);
    this.tiles.delete(key);
    if (tile.picture.src !== '') URL.revokeObjectURL(tile.picture.src);
  }

  private async load(tile: Tile): Promise<void> {
    tile.isLoading = true;
    tile.askedMs = Date.now();
    this.loading++;
    try {
      const shot = await takeShot(tile.device, tile.channel, 'small');
      if ('reason' in shot) {
        setText(tile.none, 'No picture');
        tile.none.title = shot.reason;
        tile.picture.hidden = true;
        tile.takenMs = null;
      } else await this.show(tile, shot);
    } finally {
      tile.isLoading = false;
      this.loading--;
    }
  }

  private async show(tile: Tile, { address, takenMs }: TakenShot): Promise<void> {
    const before = tile.picture.src;
    tile.picture.src = address;
    // Until it is drawn the one before stays.
    await tile.picture.decode().catch(() => undefined);
    tile.picture.hidden = false;
    tile.takenMs = takenMs;
    setText(tile.none, '');
    if (before !== '') URL.revokeObjectURL(before);
  }
}
