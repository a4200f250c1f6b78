/** The events as a list, newest first: what the timeline shows, in words and with pictures. */
import type { EventRow } from '../wire';
import { byId, element, setChildren, setText } from './dom';
import type { Model } from './model';
import type { Viewer } from './viewer';
import { clockWords, lengthWords, roleWords, sourceWords } from './words';

/** Rows drawn at first, and more at each request. */
const PAGE = 40;
/** Pictures beside a row; the others come after them when one is enlarged. */
const THUMBS = 2;

interface Line {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly length: HTMLElement;
  /** What was drawn. */
  row: EventRow | null;
  name: string;
}

export class List {
  private readonly list = byId('rows', HTMLOListElement);
  private readonly more = byId('more', HTMLButtonElement);
  private readonly lines = new Map<number, Line>();
  private readonly open = new Set<number>();
  private limit = PAGE;

  constructor(
    private readonly model: Model,
    private readonly viewer: Viewer,
    private readonly onChange: () => void,
  ) {
    this.more.addEventListener('click', () => {
      this.limit += PAGE;
      this.onChange();
    });
  }

  /** Another filter begins at the top. */
  restart(): void {
    this.limit = PAGE;
  }

  /** @param rows those that pass the filter, newest first. */
  draw(rows: readonly EventRow[], nowMs: number): void {
    const shown = rows.slice(0, this.limit);
    setChildren(
      this.list,
      shown.map((row) => this.lineOf(row, nowMs).item),
    );
    this.more.hidden = rows.length <= shown.length;
    setText(this.more, `Show more (${rows.length - shown.length})`);
    for (const id of this.lines.keys()) if (this.model.row(id) === undefined) this.lines.delete(id);
    for (const id of this.open) if (this.model.row(id) === undefined) this.open.delete(id);
    this.tick(nowMs);
  }

  tick(nowMs: number): void {
    for (const { row, length } of this.lines.values()) if (row !== null) setText(length, lengthWords(row, nowMs));
  }

  /** Unfolds a row and goes there. */
  choose(row: EventRow, rows: readonly EventRow[]): void {
    const at = rows.findIndex(({ id }) => id === row.id);
    if (at < 0) return;
    this.limit = Math.max(this.limit, at + 1);
    this.open.add(row.id);
    const line = this.lines.get(row.id);
    if (line !== undefined) line.row = null;
    this.onChange();
    const { button, item } = this.lines.get(row.id) ?? {};
    item?.scrollIntoView({ block: 'center' });
    button?.focus({ preventScroll: true });
  }

  private lineOf(row: EventRow, nowMs: number): Line {
    const line = this.lines.get(row.id) ?? this.make(row.id);
    const name = this.model.where(row).join('/');
    if (line.row === row && line.name === name) return line;
    line.row = row;
    line.name = name;
    this.fill(line, row, nowMs);
    return line;
  }

  private make(id: number): Line {
    const button = element('button', { type: 'button', class: 'event' });
    const line: Line = {
      item: element('li', { class: 'row' }),
      button,
      length: element('span', { class: 'length' }),
      row: null,
      name: '',
    };
    button.addEventListener('click', () => {
      if (!this.open.delete(id)) this.open.add(id);
      line.row = null;
      this.onChange();
    });
    this.lines.set(id, line);
    return line;
  }

  private fill({ item, button, length }: Line, row: EventRow, nowMs: number): void {
    const isOpen = this.open.has(row.id);
    const [first, second] = this.model.where(row);
    button.setAttribute('aria-expanded', String(isOpen));
    const badges = [
      row.phase === 'running' ? element('span', { class: 'mark now' }, 'now') : null,
      row.stale ? element('span', { class: 'mark', title: 'Replayed or delayed by the device' }, 'stale') : null,
      row.inferred
        ? element(
            'span',
            { class: 'mark', title: 'No message said that it is over: the repeats stopped' },
            'end inferred',
          )
        : null,
    ];
    button.replaceChildren(
      element('time', { datetime: new Date(row.startMs).toISOString() }, clockWords(row.startMs, nowMs)),
      element(
        'span',
        { class: 'what' },
        element('span', { class: `dot group-${this.model.kind(row.kind).group}`, 'aria-hidden': 'true' }),
        element('span', { class: 'title' }, this.model.title(row)),
        row.headline === null ? null : element('span', { class: 'headline' }, row.headline),
      ),
      element(
        'span',
        { class: 'where' },
        element('span', { class: 'name' }, first),
        ' ',
        element('span', { class: 'note' }, second),
      ),
      element('span', { class: 'state' }, length, ...badges),
    );
    item.className = `row${isOpen ? ' open' : ''}${row.phase === 'running' ? ' running' : ''}`;
    setChildren(item, [
      button,
      ...(row.pictures.length === 0 ? [] : [this.thumbs(row)]),
      ...(isOpen ? [this.details(row)] : []),
    ]);
  }

  private thumbs(row: EventRow): HTMLElement {
    const title = this.model.title(row);
    return element(
      'span',
      { class: 'thumbs' },
      ...row.pictures.slice(0, THUMBS).map((role, index) => {
        const picture = element('img', { src: `/picture/${row.id}/${index}`, alt: '', loading: 'lazy' });
        const button = element(
          'button',
          { type: 'button', 'aria-label': `Enlarge the ${roleWords(role)} of ${title}` },
          picture,
        );
        button.addEventListener('click', () => this.viewer.showEvent(row, index));
        return button;
      }),
    );
  }

  private details(row: EventRow): HTMLElement {
    const lines: (readonly [string, string])[] = [
      ['device says', row.eventType],
      ['came by', sourceWords(row.source)],
      ...(row.count > 1 ? ([['messages', String(row.count)]] as const) : []),
      ...(row.deviceTime === null ? [] : ([['time of the device', row.deviceTime]] as const)),
      ...(row.endMs === null ? [] : ([['ended', clockWords(row.endMs, Date.now())]] as const)),
      ...row.details,
    ];
    return element(
      'dl',
      { class: 'details' },
      ...lines.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    );
  }
}
