/** What the device told lately, brought up to date while somebody looks, to fill the filters from. */
import { askRuntime } from './ask';
import { iconOf, type Translate } from './fields';
import type { Matchable } from '../matching';

export interface SeenEvent extends Matchable {
  readonly eventType: string;
  readonly channelName: string | null;
  readonly state: 'start' | 'end' | 'once';
  readonly ageMs: number;
  readonly count: number;
}

/** As the runtime answers; see `nodes/event-in/admin.ts`. */
export interface Recent {
  readonly isNodeDeployed: boolean;
  readonly state: string;
  readonly code: string | null;
  readonly isCollecting: boolean;
  readonly events: readonly SeenEvent[];
}

export interface RecentListOptions {
  /** Where the words go that tell what to do. */
  readonly words: JQuery;
  readonly list: JQuery;
  readonly question: () => object;
  readonly translate: Translate;
  /** The field that holds an event back; null where it passes. */
  readonly heldBackBy: (event: SeenEvent) => string | null;
  readonly onChoose: (event: SeenEvent) => void;
  readonly onAnswer: (recent: Recent) => void;
}

const INTERVAL_MS = 2_000;
/** Without an answer: the runtime starts anew, or the user may not ask. */
const RETRY_MS = 10_000;

export class RecentList {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;
  private events: readonly SeenEvent[] = [];
  private drawn = '';
  /** Answers to what was asked before are out of date. */
  private asked = 0;

  constructor(private readonly options: RecentListOptions) {}

  /** Asks now, and every two seconds from then on, until it is closed or the dialog is gone. */
  start(): void {
    clearTimeout(this.timer);
    const run = ++this.asked;
    const { list, question, onAnswer } = this.options;
    if (this.isClosed || list[0]?.isConnected !== true) return;
    void askRuntime<Recent>('hsp/event-in/recent', question(), $()).then((answer) => {
      if (this.isClosed || run !== this.asked) return;
      const isAnswered = !('problem' in answer);
      if (!isAnswered) this.say(`common.ask.${answer.problem}`);
      else {
        this.events = answer.events;
        this.say(wordsFor(answer), answer.code);
        onAnswer(answer);
        this.draw();
      }
      this.timer = setTimeout(() => this.start(), isAnswered ? INTERVAL_MS : RETRY_MS);
    });
  }

  /** The filters may hold back others now. */
  draw(): void {
    const rows = this.events.map((event) => ({ event, key: keyOf(event), held: this.options.heldBackBy(event) }));
    const drawn = JSON.stringify(rows.map(({ event, key, held }) => [key, held, event.state, event.channelName]));
    if (drawn !== this.drawn) this.redraw(rows);
    this.drawn = drawn;
    for (const [index, { event }] of rows.entries())
      this.options.list.children().eq(index).find('.hsp-seen-age').text(this.age(event));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private redraw(rows: readonly { event: SeenEvent; key: string; held: string | null }[]): void {
    const { list } = this.options;
    const focused = $(document.activeElement ?? document.body)
      .filter('#hsp-event-in-seen button')
      .attr('data-key');
    list.empty();
    for (const { event, key, held } of rows) this.row(event, held).find('button').attr('data-key', key);
    if (focused === undefined) return;
    list
      .find('button')
      .filter((_index, button) => $(button).attr('data-key') === focused)
      .trigger('focus');
  }

  private row(event: SeenEvent, held: string | null): JQuery {
    const { list, onChoose } = this.options;
    const text: Translate = (key, values) => this.options.translate(`hsp-event-in.${key}`, values);
    const { kind, eventType, channel, channelName } = event;
    const isGathered = kind === 'unknown' || kind === 'other';
    const name = isGathered ? `${text(`kind.${kind}`)} (${eventType})` : text(`kind.${kind}`);
    const place = channel === null ? text('channels.device') : text('recent.channel', { channel });
    const where = channelName === null ? place : `${place} ${channelName}`;
    const targets = new Set([event.target, ...event.regions.map(({ target }) => target)].filter(isText));
    const facts = [
      ...targets,
      ...event.regions.flatMap(({ id }) => (id === null ? [] : [text('recent.region', { id })])),
      ...(event.stale ? [text('recent.late')] : []),
      ...(event.state === 'start' ? [text('recent.goesOn')] : []),
    ];
    const verdict = held === null ? text('recent.passes') : text('recent.heldBack', { field: text(`label.${held}`) });
    const row = $('<li>')
      .toggleClass('hsp-held', held !== null)
      .appendTo(list);
    row.append(
      $('<i role="img">')
        .addClass(`fa fa-fw ${held === null ? 'fa-check' : 'fa-minus'} hsp-verdict`)
        .attr({ 'aria-label': verdict, title: verdict }),
      $('<div class="hsp-seen">').append(
        $('<div>').append(iconOf(iconFor(kind)), $('<b>').text(name), document.createTextNode(` ${where}`)),
        $('<div class="hsp-seen-facts">').append(
          document.createTextNode(facts.map((fact) => `${fact} \u00b7 `).join('')),
          $('<span class="hsp-seen-age">'),
        ),
      ),
      $('<button type="button" class="red-ui-button red-ui-button-small">')
        .text(text('recent.only'))
        .attr('aria-label', text('recent.onlyOf', { event: [name, where, ...facts].join(', ') }))
        .on('click', () => onChoose(event)),
    );
    return row;
  }

  private age({ ageMs, count }: SeenEvent): string {
    const text: Translate = (key, values) => this.options.translate(`hsp-event-in.recent.${key}`, values);
    const seconds = Math.round(ageMs / 1_000);
    const ago =
      seconds < 60
        ? text('seconds', { count: seconds })
        : seconds < 3_600
          ? text('minutes', { count: Math.round(seconds / 60) })
          : text('hours', { count: Math.round(seconds / 3_600) });
    return count > 1 ? `${ago} \u00b7 ${text('times', { count })}` : ago;
  }

  private say(key: string | null, code: string | null = null): void {
    const { words, translate } = this.options;
    const reason = code === null ? '' : translate(`common.reason.${code}`);
    const text = key === null ? '' : translate(key, { reason });
    // A screen reader is told what is new, not every two seconds the same.
    if (words.text() !== text) words.text(text);
  }
}

/** What to do, as long as there is nothing to choose from; null for nothing. */
function wordsFor({ state, code, isCollecting, events }: Recent): string | null {
  if (state === 'absent' || state === 'idle' || state === 'closed') return 'hsp-event-in.recent.deploy';
  if (state === 'connecting') return 'hsp-event-in.recent.connecting';
  if (state === 'misconfigured') return 'common.ask.misconfigured';
  if (state !== 'connected' && code !== null) return 'hsp-event-in.recent.broken';
  if (!isCollecting) return 'hsp-event-in.recent.deploy';
  return events.length === 0 ? 'hsp-event-in.recent.nothing' : null;
}

function keyOf({ kind, eventType, channel, target, regions, stale }: SeenEvent): string {
  return JSON.stringify([kind, eventType, channel, target, regions, stale]);
}

function iconFor(kind: string): string {
  for (const { kinds } of EVENT_KIND_GROUPS) {
    const found = kinds.find((one) => one.kind === kind);
    if (found !== undefined) return found.icon;
  }
  return 'fa-question';
}

function isText(text: string | null): text is string {
  return text !== null;
}
