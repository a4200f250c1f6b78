/** The live page: listens to the server, and draws what it is told. */
import type { EventRow, Messages } from '../wire';
import { Chart } from './chart';
import { Devices } from './devices';
import { byId, element, setText } from './dom';
import { channelValue, passes, type Filter } from './filter';
import { List } from './list';
import { Model } from './model';
import { Viewer } from './viewer';
import { Wall } from './wall';
import { channelWords } from './words';

const TICK_MS = 1_000;
/** A browser tries a broken connection again by itself, but not one that was turned away. */
const AGAIN_MS = 5_000;
/** Events are read out no more often than this. */
const NEWS_MS = 15_000;
const MINUTE_MS = 60_000;

const LEGEND = [
  ['detection', 'Detection'],
  ['perimeter', 'Perimeter'],
  ['access', 'Access and traffic'],
  ['alarm', 'Alarm'],
  ['fault', 'Fault'],
  ['rest inferred', 'End inferred'],
  ['rest stale', 'Stale'],
] as const;

const model = new Model();
const viewer = new Viewer(model);
const devices = new Devices(model);
const wall = new Wall(model, viewer);
const list = new List(model, viewer, () => drawEvents());
const chart = new Chart(model, (row) => list.choose(row, filtered()));

const link = byId('link', HTMLElement);
const news = byId('news', HTMLElement);
const missed = byId('missed', HTMLElement);
const shown = byId('shown', HTMLElement);
const fields = {
  device: byId('filter-device', HTMLSelectElement),
  kind: byId('filter-kind', HTMLSelectElement),
  channel: byId('filter-channel', HTMLSelectElement),
  pictures: byId('filter-pictures', HTMLInputElement),
  span: byId('span', HTMLSelectElement),
};

let isLive = false;
/** Not told yet, because the last word was not long ago. */
let untold: EventRow[] = [];
let toldMs = 0;
/** Something was told while nobody looked. */
let isOutdated = false;

/* Listening */

function listen(): void {
  const source = new EventSource('/events');
  const on = <N extends keyof Messages>(name: N, take: (data: Messages[N]) => void) => {
    source.addEventListener(name, (message: MessageEvent<string>) => take(JSON.parse(message.data) as Messages[N]));
  };
  on('everything', (everything) => {
    model.begin(everything);
    setLive(true);
    draw();
  });
  on('devices', (told) => {
    model.devices = told;
    draw();
  });
  on('rows', (rows) => {
    const fresh = model.take(rows);
    for (const row of fresh) wall.hurry(row);
    untold = [...untold, ...fresh].slice(-model.rows.length);
    draw();
  });
  on('missed', (count) => {
    model.missed += count;
    if (model.missed > 0) {
      setText(missed, `This browser was too slow: it missed ${model.missed} events as they came.`);
      missed.hidden = false;
    }
    // What is running and what is over has to be asked anew.
    again(source);
  });
  source.addEventListener('error', () => {
    setLive(false);
    if (source.readyState === EventSource.CLOSED) again(source);
  });
}

function again(source: EventSource): void {
  source.close();
  window.setTimeout(listen, AGAIN_MS);
}

function setLive(is: boolean): void {
  isLive = is;
  link.className = `pill ${is ? 'live' : 'away'}`;
  setText(link, is ? 'Live' : 'No connection to hsp; trying again');
}

/* Drawing */

function draw(): void {
  if (document.visibilityState !== 'visible') {
    isOutdated = true;
    return;
  }
  isOutdated = false;
  const nowMs = Date.now();
  devices.draw(nowMs);
  wall.draw(nowMs);
  drawFilters();
  drawEvents();
}

function drawEvents(): void {
  const rows = filtered();
  const nowMs = Date.now();
  list.draw(rows, nowMs);
  drawChart(rows, nowMs);
}

function drawChart(rows: readonly EventRow[], nowMs: number): void {
  const minutes = Number(fields.span.value);
  const within = chart.draw(rows, nowMs, minutes * MINUTE_MS);
  const of = rows.length === model.rows.length ? '' : `, ${rows.length} of ${model.rows.length} in the list`;
  setText(shown, `${within} ${within === 1 ? 'event' : 'events'} in this time${of}`);
}

function tick(): void {
  if (document.visibilityState !== 'visible') return;
  const nowMs = Date.now();
  devices.tick(nowMs);
  wall.tick(nowMs);
  list.tick(nowMs);
  drawChart(filtered(), nowMs);
  tellNews(nowMs);
}

/** For those who listen instead of looking: one sentence now and then. */
function tellNews(nowMs: number): void {
  const last = untold.at(-1);
  if (!isLive || last === undefined || nowMs - toldMs < NEWS_MS) return;
  const where = [model.title(last), ...model.where(last)].filter((part) => part !== '').join(', ');
  setText(news, untold.length === 1 ? where : `${untold.length} new events, last: ${where}`);
  untold = [];
  toldMs = nowMs;
}

/* Filters */

function filter(): Filter {
  return {
    device: fields.device.value,
    kind: fields.kind.value,
    channel: fields.channel.value,
    withPictures: fields.pictures.checked,
  };
}

function filtered(): EventRow[] {
  const wanted = filter();
  return model.rows.filter((row) => passes(wanted, row));
}

/** Offers what there is, and keeps what was chosen. */
function drawFilters(): void {
  const { rows } = model;
  choices(
    fields.device,
    'All devices',
    model.devices.map(({ id }) => [String(id), model.deviceName(id)]),
  );
  const kinds = new Set([...rows.map(({ kind }) => kind as string), fields.kind.value]);
  kinds.delete('');
  const titled = [...kinds].map((kind) => [kind, model.kind(kind).title] as const);
  choices(
    fields.kind,
    'All kinds',
    titled.sort(([, a], [, b]) => a.localeCompare(b)),
  );
  const own = rows.filter(({ device }) => fields.device.value === '' || fields.device.value === String(device));
  const channels = new Map(own.map((row) => [channelValue(row.channel), channelTitle(row)]));
  const chosen = fields.channel.value;
  if (chosen !== '' && !channels.has(chosen))
    channels.set(chosen, chosen === 'device' ? 'Device' : `Channel ${chosen}`);
  choices(
    fields.channel,
    'All channels',
    [...channels].sort(([a], [b]) => (Number(a) || 0) - (Number(b) || 0)),
  );
}

/** Channels of several devices have numbers in common, and names only where one device is chosen. */
function channelTitle(row: EventRow): string {
  return fields.device.value === '' ? channelWords(row.channel, null) : model.channelName(row);
}

function choices(field: HTMLSelectElement, all: string, values: readonly (readonly [string, string])[]): void {
  const wanted = [['', all] as const, ...values];
  const text = JSON.stringify(wanted);
  if (field.dataset.choices === text) return;
  const { value } = field;
  field.replaceChildren(...wanted.map(([each, title]) => element('option', { value: each }, title)));
  field.value = value;
  field.dataset.choices = text;
}

/* Beginning */

byId('legend', HTMLElement).append(
  ...LEGEND.map(([group, title]) => element('span', {}, element('span', { class: `dot group-${group}` }), title)),
);
const form = byId('filters', HTMLFormElement);
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', () => {
  list.restart();
  draw();
});
form.addEventListener('reset', () => {
  list.restart();
  // The fields are empty after this event.
  window.setTimeout(draw);
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && isOutdated) draw();
});
window.setInterval(tick, TICK_MS);
setLive(false);
setText(link, 'Connecting');
listen();
