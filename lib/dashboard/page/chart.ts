/** The timeline: a lane per channel, a bar from start to end, a dot for what has no length. */
import type { EventRow } from '../wire';
import { byId, element, setChildren, setText } from './dom';
import type { Model } from './model';
import { clockWords, lengthWords } from './words';

/** Lanes drawn; the list below has the rest. */
const MAX_LANES = 24;
const MINUTE_MS = 60_000;
/** Between two lines of the axis: the first that leaves room for what is written there. */
const TICKS_MS = [30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS];
const TICK_WIDTH_PX = 95;
/** No time is written so near to an end. */
const TICK_MARGIN_PX = 36;
/** A bar that is shorter could not be seen; percent of the width. */
const MIN_WIDTH = 0.4;

interface Lane {
  readonly item: HTMLElement;
  readonly label: HTMLElement;
  readonly place: HTMLElement;
  readonly track: HTMLElement;
}

export class Chart {
  private readonly box = byId('lanes', HTMLElement);
  private readonly axisTrack = element('div', { class: 'track' });
  private readonly axis = element('div', { class: 'axis' }, element('div', { class: 'label' }), this.axisTrack);
  private readonly empty = element('p', { class: 'nothing' });
  private readonly lanes = new Map<string, Lane>();
  private readonly marks = new Map<number, HTMLElement>();

  constructor(
    private readonly model: Model,
    private readonly onChoose: (row: EventRow) => void,
  ) {
    this.box.addEventListener('click', ({ target }) => {
      const mark = target instanceof HTMLElement ? target.dataset.row : undefined;
      const row = mark === undefined ? undefined : this.model.row(Number(mark));
      if (row !== undefined) this.onChoose(row);
    });
  }

  /** @param rows those that pass the filter. @returns how many of them are within the time that is shown. */
  draw(rows: readonly EventRow[], nowMs: number, spanMs: number): number {
    const fromMs = nowMs - spanMs;
    const within = rows.filter((row) => (row.phase === 'running' ? nowMs : (row.endMs ?? row.startMs)) >= fromMs);
    const byLane = new Map<string, EventRow[]>();
    for (const row of within) {
      const key = `${row.device}/${row.channel}`;
      const others = byLane.get(key);
      if (others === undefined) byLane.set(key, [row]);
      else others.push(row);
    }
    const order = ([row]: readonly EventRow[]) => (row === undefined ? 0 : row.device * 100_000 + (row.channel ?? 0));
    const shown = [...byLane].sort(([, a], [, b]) => order(a) - order(b)).slice(0, MAX_LANES);
    const items = shown.map(([key, own]) => this.drawLane(key, own, fromMs, nowMs));
    for (const key of this.lanes.keys()) if (!byLane.has(key)) this.lanes.delete(key);
    const drawn = new Set(within.map(({ id }) => id));
    for (const id of this.marks.keys()) if (!drawn.has(id)) this.marks.delete(id);
    setText(this.empty, items.length === 0 ? 'Nothing in this time.' : '');
    setChildren(this.box, [this.axis, ...items, ...(items.length === 0 ? [this.empty] : [])]);
    this.drawAxis(fromMs, nowMs);
    return within.length;
  }

  private drawLane(key: string, rows: readonly EventRow[], fromMs: number, nowMs: number): HTMLElement {
    const lane = this.lanes.get(key) ?? this.makeLane(key);
    const [first] = rows;
    if (first !== undefined) {
      const [label, place] = this.model.where(first);
      setText(lane.label, label);
      setText(lane.place, place);
    }
    setChildren(
      lane.track,
      rows.toReversed().map((row) => this.drawMark(row, fromMs, nowMs)),
    );
    return lane.item;
  }

  private makeLane(key: string): Lane {
    const label = element('span', { class: 'name' });
    const place = element('span', { class: 'note' });
    const track = element('div', { class: 'track' });
    const item = element('div', { class: 'lane' }, element('div', { class: 'label' }, label, place), track);
    const lane = { item, label, place, track };
    this.lanes.set(key, lane);
    return lane;
  }

  private drawMark(row: EventRow, fromMs: number, nowMs: number): HTMLElement {
    const mark = this.marks.get(row.id) ?? element('span', { 'data-row': String(row.id) });
    this.marks.set(row.id, mark);
    const part = (ms: number) => Math.min(100, Math.max(0, ((ms - fromMs) / (nowMs - fromMs)) * 100));
    const isPoint = row.phase === 'once' || !row.hasStart;
    const classes = [isPoint ? 'point' : 'span', `group-${this.model.kind(row.kind).group}`];
    if (row.phase === 'running') classes.push('running');
    if (row.stale) classes.push('stale');
    if (row.inferred && !isPoint) classes.push('inferred');
    const text = classes.join(' ');
    if (mark.className !== text) mark.className = text;
    const left = part(row.startMs);
    mark.style.left = `${left}%`;
    if (!isPoint) mark.style.width = `${Math.max(MIN_WIDTH, part(row.endMs ?? nowMs) - left)}%`;
    const length = lengthWords(row, nowMs);
    mark.title = `${this.model.title(row)}, ${clockWords(row.startMs, nowMs)}${length === '' ? '' : `, ${length}`}`;
    return mark;
  }

  private drawAxis(fromMs: number, nowMs: number): void {
    const widthPx = this.axisTrack.clientWidth;
    const pxPerMs = widthPx / (nowMs - fromMs);
    const everyMs = TICKS_MS.find((ms) => ms * pxPerMs >= TICK_WIDTH_PX) ?? 30 * MINUTE_MS;
    const ticks: HTMLElement[] = [];
    for (let ms = Math.ceil(fromMs / everyMs) * everyMs; ms <= nowMs; ms += everyMs) {
      const leftPx = (ms - fromMs) * pxPerMs;
      if (leftPx < TICK_MARGIN_PX || leftPx > widthPx - TICK_MARGIN_PX) continue;
      const time = new Date(ms);
      const format: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
      if (everyMs < MINUTE_MS) format.second = '2-digit';
      const tick = element('span', { class: 'tickmark' }, element('span', {}, time.toLocaleTimeString([], format)));
      tick.style.left = `${leftPx}px`;
      ticks.push(tick);
    }
    this.axisTrack.replaceChildren(...ticks);
  }
}
