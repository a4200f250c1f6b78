/** The kinds of events as ticks in folded groups, with a search that leaves the ticks alone. */
import { iconOf, readTicks, showTicks, type Translate } from './fields';

export interface KindsField {
  ticked(): string[];
  /** These and no others. */
  tick(kinds: readonly string[]): void;
}

/** @param translate texts of `hsp-event-in`. */
export function kindsField(
  container: JQuery,
  chosen: readonly string[],
  translate: Translate,
  onChange: () => void,
): KindsField {
  container.empty();
  const bar = $('<div class="hsp-kinds-bar">').appendTo(container);
  const search = $('<input type="search" id="hsp-event-in-search">')
    .attr({ 'aria-label': translate('kinds.search'), placeholder: translate('kinds.search') })
    .appendTo(bar);
  const count = $('<span id="hsp-event-in-count" aria-live="polite">').appendTo(bar);
  const groups = EVENT_KIND_GROUPS.map((group) => groupIn(container, group, chosen, translate, () => changed()));
  const nothing = $('<div class="hsp-nothing">').text(translate('kinds.nothingFound')).hide().appendTo(container);
  const all = EVENT_KIND_GROUPS.flatMap(({ kinds }) => kinds.map(({ kind }) => kind));

  const tell = (): void => {
    const ticked = readTicks(container).length;
    count.text(ticked === 0 ? translate('kinds.all') : translate('kinds.count', { count: ticked, all: all.length }));
    for (const group of groups) group.tell();
  };
  const changed = (): void => {
    tell();
    onChange();
  };
  search.on('input', () => {
    const words = String(search.val() ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const found = groups.filter((group) => group.narrow(words));
    nothing.toggle(found.length === 0);
  });
  tell();
  return {
    ticked: () => readTicks(container),
    tick: (kinds) => {
      for (const group of groups) group.tick(kinds);
      search.val('').trigger('input');
      changed();
    },
  };
}

interface GroupPart {
  tell(): void;
  tick(kinds: readonly string[]): void;
  /** @returns whether anything is left of it. */
  narrow(words: readonly string[]): boolean;
}

function groupIn(
  container: JQuery,
  { group, icon, kinds }: (typeof EVENT_KIND_GROUPS)[number],
  chosen: readonly string[],
  translate: Translate,
  onChange: () => void,
): GroupPart {
  const name = translate(`group.${group}`);
  const details = $('<details class="hsp-kind-group">').appendTo(container);
  const count = $('<span class="hsp-count">');
  $('<summary>').append(iconOf(icon), $('<span>').text(name), count).appendTo(details);
  const buttons = $('<div class="hsp-kind-buttons">').appendTo(details);
  const ticks = $('<div class="hsp-group-ticks" role="group">').attr('aria-label', name).appendTo(details);
  showTicks(
    ticks,
    'kind',
    kinds.map((one) => ({ value: one.kind, label: translate(`kind.${one.kind}`), icon: one.icon })),
    chosen,
  );
  const boxes = ticks.find('input');
  for (const word of ['all', 'none'] as const) {
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(translate(`kinds.tick.${word}`))
      .attr('aria-label', translate(`kinds.tickOf.${word}`, { group: name }))
      .on('click', () => {
        // What a search hides is not meant.
        boxes.filter((_index, box) => !isHidden(box)).prop('checked', word === 'all');
        onChange();
      })
      .appendTo(buttons);
  }
  boxes.on('change', onChange);
  const isHidden = (box: HTMLElement) => $(box).closest('label').prop('hidden') === true;
  const isAnyTicked = () => boxes.filter(':checked').length > 0;
  details.prop('open', isAnyTicked());
  return {
    tell: () => {
      const ticked = boxes.filter(':checked').length;
      count.text(ticked === 0 ? '' : translate('kinds.count', { count: ticked, all: kinds.length }));
    },
    tick: (wanted) => {
      boxes.each((_index, box) => void $(box).prop('checked', wanted.includes(String($(box).val()))));
      details.prop('open', isAnyTicked());
    },
    narrow: (words) => {
      const isWhole = words.every((word) => name.toLowerCase().includes(word));
      let left = 0;
      ticks.find('label').each((_index, label) => {
        const text = `${$(label).text()} ${String($(label).find('input').val())}`.toLowerCase();
        const isLeft = isWhole || words.every((word) => text.includes(word));
        $(label).prop('hidden', !isLeft);
        if (isLeft) left++;
      });
      details.prop('hidden', left === 0).prop('open', words.length === 0 ? isAnyTicked() : left > 0);
      return left > 0;
    },
  };
}
