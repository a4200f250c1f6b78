/** Parts of the edit dialogs. Labels come from the locale; nothing here names a command or a kind. */

export type Translate = (key: string, values?: Record<string, string | number>) => string;

/* A list of ticks */

/** One labelled tick per option; none ticked means all. */
export function showTicks(
  container: JQuery,
  name: string,
  options: readonly { readonly value: string; readonly label: string; readonly icon?: string }[],
  chosen: readonly string[],
): void {
  container.empty();
  for (const { value, label, icon } of options) {
    const id = `node-input-hsp-${name}-${value}`;
    const tick = $('<input type="checkbox">').attr({ id, value }).prop('checked', chosen.includes(value));
    $('<label class="hsp-tick">')
      .attr('for', id)
      .append(tick, ...(icon === undefined ? [] : [iconOf(icon)]), document.createTextNode(` ${label}`))
      .appendTo(container);
  }
}

/** For the eye alone; what it stands for is said beside it. */
export function iconOf(name: string): JQuery {
  return $('<i aria-hidden="true">').addClass(`fa fa-fw ${name}`);
}

export function readTicks(container: JQuery): string[] {
  return container
    .find('input:checked')
    .map((_index, element) => String($(element).val()))
    .get();
}
