/** The cards of the devices, and the counters of all of them. */
import type { CountersView, DeviceView } from '../wire';
import { byId, element, setChildren, setText } from './dom';
import type { Model } from './model';
import { spanWords, wayWords } from './words';

interface Card {
  readonly item: HTMLLIElement;
  readonly until: HTMLElement;
  readonly since: HTMLElement;
  shown: string;
}

const STATES: Readonly<Record<DeviceView['connection']['state'], string>> = {
  idle: 'Not started',
  connecting: 'Connecting',
  connected: 'Connected',
  lost: 'Connection lost',
  locked: 'Account locked',
  refused: 'Refused',
  closed: 'Closed',
};

const COUNTERS: readonly (readonly [keyof CountersView, string, string])[] = [
  ['events', 'Events', 'Starts, ends and single events'],
  ['duplicates', 'Duplicates', 'Told by another way already'],
  ['dropped', 'Dropped', 'Of a flood, or too many at the same time'],
  ['unreadable', 'Unreadable', 'Messages without sense'],
  ['reconnects', 'Reconnects', 'Connections after the first one'],
];

/** Ought to be 0. */
const ALARMING: readonly string[] = ['Dropped', 'Unreadable', 'Missed'];

export class Devices {
  private readonly list = byId('devices', HTMLUListElement);
  private readonly totals = byId('totals', HTMLDListElement);
  private readonly cards = new Map<number, Card>();
  private shownTotals = '';

  constructor(private readonly model: Model) {}

  draw(nowMs: number): void {
    const items = this.model.devices.map((device) => {
      const card = this.cardOf(device.id);
      const text = JSON.stringify(device);
      if (card.shown !== text) fill(card, device);
      card.shown = text;
      return card.item;
    });
    setChildren(this.list, items);
    this.drawTotals();
    this.tick(nowMs);
  }

  /** What changes with time alone. */
  tick(nowMs: number): void {
    for (const { id, connection } of this.model.devices) {
      const card = this.cards.get(id);
      if (card === undefined) continue;
      const { state, untilMs, sinceMs } = connection;
      setText(card.since, state === 'connected' && sinceMs !== null ? `for ${spanWords(nowMs - sinceMs)}` : '');
      setText(card.until, untilMs === null ? '' : untilWords(state, untilMs - nowMs));
    }
  }

  private cardOf(id: number): Card {
    const known = this.cards.get(id);
    if (known !== undefined) return known;
    const card: Card = {
      item: element('li', { class: 'card' }),
      until: element('p', { class: 'until' }),
      since: element('span', { class: 'since' }),
      shown: '',
    };
    this.cards.set(id, card);
    return card;
  }

  private drawTotals(): void {
    const sums = COUNTERS.map(([name, title, meaning]) => {
      const sum = this.model.devices.reduce((all, { counters }) => all + counters[name], 0);
      return [title, meaning, sum] as const;
    });
    if (this.model.missed > 0) sums.push(['Missed', 'Events that this browser was too slow for', this.model.missed]);
    const text = JSON.stringify(sums);
    if (text === this.shownTotals) return;
    this.shownTotals = text;
    this.totals.replaceChildren(
      ...sums.map(([title, meaning, sum]) =>
        element(
          'div',
          { title: meaning, class: sum > 0 && ALARMING.includes(title) ? 'total some' : 'total' },
          element('dt', {}, title),
          element('dd', {}, sum.toLocaleString()),
        ),
      ),
    );
  }
}

function fill(card: Card, device: DeviceView): void {
  const { connection, counters } = device;
  const { state, reason, advice, stream, streamReason, ways } = connection;
  const isPoor = state === 'connected' && (stream === 'failed' || stream === 'partial');
  card.item.className = `card ${state}${isPoor ? ' poor' : ''}`;
  const facts = [device.model, device.firmware, device.place].filter((fact) => fact !== null && fact !== device.name);
  const listening = ways.length === 0 ? null : `Events by ${wayWords(ways)}`;
  const trouble =
    reason ??
    (isPoor
      ? `${stream === 'failed' ? 'No events' : 'Not all events'}: ${streamReason ?? 'the device gives none'}`
      : null);
  card.item.replaceChildren(
    element('h3', {}, device.name),
    element(
      'p',
      { class: 'state' },
      element('span', { class: 'dot', 'aria-hidden': 'true' }),
      STATES[state],
      ' ',
      card.since,
    ),
    element('p', { class: 'facts' }, facts.join(' · ')),
    ...(listening === null ? [] : [element('p', { class: 'facts' }, listening)]),
    ...(trouble === null ? [] : [element('p', { class: 'trouble' }, trouble)]),
    ...(advice === null ? [] : [element('p', { class: 'advice' }, advice)]),
    card.until,
    element(
      'dl',
      { class: 'counters' },
      ...COUNTERS.filter(([name]) => name === 'events' || counters[name] > 0).map(([name, title, meaning]) =>
        element(
          'div',
          { title: meaning },
          element('dt', {}, title),
          element('dd', {}, counters[name].toLocaleString()),
        ),
      ),
    ),
  );
}

function untilWords(state: DeviceView['connection']['state'], leftMs: number): string {
  if (leftMs <= 0) return state === 'locked' ? 'The lock is over; trying again.' : 'Trying again now.';
  return state === 'locked' ? `Locked for ${spanWords(leftMs)} more.` : `Next try in ${spanWords(leftMs)}.`;
}
