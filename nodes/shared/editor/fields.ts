/** Parts of the edit dialogs. Labels come from the locale, commands and kinds from the build; nothing here names one. */
import type { WidgetTypedInputType, WidgetTypedInputTypeDefinition } from '@node-red/editor-client';
import { DEFAULT_TYPE, LOOKED_UP, type EditorCommand, type EditorParam, type TypedField } from '../checks';

export type Translate = (key: string, values?: Record<string, string | number>) => string;

export function commandNamed(name: string): EditorCommand | undefined {
  return COMMANDS.find((command) => command.name === name);
}

/* The list of commands */

/** The parts of the dialog in which a command is chosen. */
export interface CommandChooser {
  readonly search: JQuery;
  /** Narrows the list to a class of devices. */
  readonly deviceClass: JQuery;
  /** Tells how many are left. */
  readonly count: JQuery;
  readonly select: JQuery;
}

const ALL_CLASSES = '';
const GENERAL = 'general';

/** How many commands stand below one another while somebody searches. */
const SHOWN_LINES = 10;

/**
 * Fills the `<select>` with the commands by family, and lets the fields above it narrow the list. The chosen command stays in the
 * list whatever is typed, so searching never changes the node.
 */
export function searchableCommands(
  { search, deviceClass, count, select }: CommandChooser,
  chosen: string,
  translate: Translate,
  onChange: (command: string) => void,
): void {
  deviceClass.empty().append($('<option>').val(ALL_CLASSES).text(translate('hsp-command.class.all')));
  deviceClass.append($('<option>').val(GENERAL).text(translate('hsp-command.class.general')));
  for (const name of new Set(COMMANDS.flatMap((command) => command.deviceClass ?? [])))
    deviceClass.append($('<option>').val(name).text(name));

  const fill = (): void => {
    const words = String(search.val() ?? '')
      .toLowerCase()
      .split(/\s+/);
    const wanted = String(deviceClass.val() ?? ALL_CLASSES);
    const fits = (command: EditorCommand): boolean => {
      if (wanted !== ALL_CLASSES && (command.deviceClass ?? GENERAL) !== wanted) return false;
      const text = `${command.name} ${command.title} ${command.summary}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const current = select.children().length === 0 ? chosen : String(select.val() ?? '');
    select.empty().append($('<option>').val('').text(translate('hsp-command.fromMessage')));
    for (const family of new Set(COMMANDS.map((command) => command.family))) {
      const group = $('<optgroup>').attr('label', translate(`hsp-command.family.${family}`));
      for (const command of COMMANDS.filter((each) => each.family === family)) {
        if (command.name !== current && !fits(command)) continue;
        group.append($('<option>').val(command.name).text(optionText(command, translate)));
      }
      if (group.children().length > 0) select.append(group);
    }
    // A command of a newer version of this package; opening the dialog must not lose it.
    if (current !== '' && commandNamed(current) === undefined) select.append($('<option>').val(current).text(current));
    select.val(current);
    const found = COMMANDS.filter(fits).length;
    count.text(found === 0 ? translate('hsp-command.nothingFound') : translate('hsp-command.found', { count: found }));
    const isSearching = words.some((word) => word !== '') || wanted !== ALL_CLASSES;
    const lines = select.find('option, optgroup').length;
    select.attr('size', isSearching ? Math.min(SHOWN_LINES, Math.max(2, lines)) : 1);
  };
  search.on('input', fill);
  deviceClass.on('change', fill);
  search.on('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    select.trigger('focus');
  });
  select.on('change', () => onChange(String(select.val() ?? '')));
  fill();
}

function optionText({ title, name, effect }: EditorCommand, translate: Translate): string {
  const mark = effect === 'danger' ? ` \u26a0 ${translate('hsp-command.dangerous')}` : '';
  return `${title} (${name})${mark}`;
}

/* Parameters of a command */

/** Builds one row per parameter, in place of what was there. */
export function showParameters(
  container: JQuery,
  command: EditorCommand | undefined,
  args: Readonly<Record<string, TypedField | undefined>>,
  translate: Translate,
): void {
  container.empty();
  const params = Object.entries(command?.params ?? {});
  const isSpare = ([name, param]: (typeof params)[number]) => isOmittable(param) && args[name] === undefined;
  const isMany = params.length > FOLDED_FROM;
  const spare = isMany ? params.filter(isSpare) : [];
  showRows(container, isMany ? params.filter((each) => !isSpare(each)) : params, args, translate);
  if (spare.length === 0) return;
  const folded = $('<details>').appendTo(container);
  $('<summary>')
    .text(translate('hsp-command.more', { count: spare.length }))
    .appendTo(folded);
  const rows = $('<div>').appendTo(folded);
  // Widgets that are built while they are hidden have no width.
  folded.one('toggle', () => showRows(rows, spare, args, translate));
}

/** From so many parameters on, those that may be left out are folded away. */
const FOLDED_FROM = 4;

function isOmittable({ optional, default: usual, title }: EditorParam): boolean {
  // People fill in the channel first, though it has a default.
  return (optional === true || usual !== undefined) && title !== 'Channel';
}

function showRows(
  container: JQuery,
  params: readonly (readonly [string, EditorParam])[],
  args: Readonly<Record<string, TypedField | undefined>>,
  translate: Translate,
): void {
  for (const [name, param] of params) {
    const id = `node-input-hsp-arg-${name}`;
    const row = $('<div class="form-row">').appendTo(container);
    $('<label>').attr('for', id).text(param.title).appendTo(row);
    row.append(' ');
    const input = $('<input type="text">').attr({ id, 'data-parameter': name }).css({ width: '70%' }).appendTo(row);
    const types = typesOf(param, translate);
    const field = args[name];
    const first = types[0];
    const firstType = typeof first === 'object' ? first.value : (first ?? 'str');
    const known = types.some((type) => (typeof type === 'string' ? type : type.value) === field?.type);
    input.typedInput({ types, default: firstType });
    if (field !== undefined && known) {
      input.typedInput('type', field.type);
      input.typedInput('value', field.value);
    } else if (param.kind === 'boolean' || param.kind === 'choice') input.typedInput('type', firstType);
    nameParts(input, param.title, translate);
    input.on('change', () => nameParts(input, param.title, translate));
    const hint = hintOf(param, translate);
    if (hint === '') continue;
    $('<div class="hsp-hint">').attr('id', `${id}-hint`).text(hint).appendTo(row);
    input.attr('aria-describedby', `${id}-hint`);
  }
}

/** What stands in the rows that {@link showParameters} built. */
export function readParameters(container: JQuery): Record<string, TypedField> {
  const args: Record<string, TypedField> = {};
  container.find('input[data-parameter]').each((_index, element) => {
    const input = $(element);
    const name = input.attr('data-parameter') ?? '';
    const type = String(input.typedInput('type'));
    if (type !== DEFAULT_TYPE) args[name] = { type, value: input.typedInput('value') };
  });
  return args;
}

type TypedInputType = WidgetTypedInputType | (WidgetTypedInputTypeDefinition & { readonly value: string });

function typesOf(param: EditorParam, translate: Translate): TypedInputType[] {
  const types: TypedInputType[] = [];
  // Nothing filled in yet is the default where there is one; without one, the message has to bring the value.
  types.push({ value: DEFAULT_TYPE, label: defaultLabel(param, translate), hasValue: false });
  switch (param.kind) {
    case 'integer':
    case 'number':
      types.push('num');
      break;
    case 'boolean':
      types.push('bool');
      break;
    case 'json':
      types.push('json', 'str');
      break;
    case 'choice': {
      const options = (param.choices ?? []).map((choice) => ({ value: choice, label: choice }));
      types.push({ value: 'choice', label: translate('hsp-command.choice'), options });
      break;
    }
    case 'time':
      types.push({ value: 'time', label: translate('hsp-command.time') });
      break;
    case 'text':
      types.push('str');
      break;
  }
  return [...types, ...LOOKED_UP];
}

function defaultLabel(param: EditorParam, translate: Translate): string {
  if (param.default !== undefined) {
    const value = typeof param.default === 'string' ? param.default : JSON.stringify(param.default);
    return translate('hsp-command.default.value', {
      value: param.unit === undefined ? value : `${value} ${param.unit}`,
    });
  }
  return translate(param.optional === true ? 'hsp-command.default.none' : 'hsp-command.default.message');
}

function hintOf(param: EditorParam, translate: Translate): string {
  const range =
    param.min === undefined || param.max === undefined
      ? ''
      : `(${translate('hsp-command.range', { min: param.min, max: param.max, unit: param.unit ?? '' }).trim()})`;
  return [param.description ?? param.pattern?.meaning, range].filter(Boolean).join(' ');
}

/** The widget hides the labelled field behind parts of its own; a screen reader needs their names. */
function nameParts(input: JQuery, title: string, translate: Translate): void {
  const widget = input.closest('.red-ui-typedInput-container');
  widget.find('.red-ui-typedInput-input').attr('aria-label', title);
  widget.find('.red-ui-typedInput-type-select').attr('aria-label', translate('hsp-command.typeOf', { title }));
  widget.find('.red-ui-typedInput-option-trigger').attr('aria-label', title);
}

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
