/** One row per parameter of a command: a field that fits, with its unit, its range, its meaning, and the names that the device knows. */
import type { WidgetTypedInputType, WidgetTypedInputTypeDefinition } from '@node-red/editor-client';
import {
  DEFAULT_TYPE,
  fieldProblem,
  fixedText,
  LOOKED_UP,
  type EditorCommand,
  type EditorParam,
  type TypedField,
} from '../checks';
import type { Names } from '../command-answers';
import type { Translate } from './fields';

type NameList = Names['names'];
export type Fields = Record<string, TypedField>;

/** Asks the device for names. @returns null where there is no device to ask, and words where it does not tell. */
export type AskNames = (kind: string, args: Fields) => Promise<NameList | null | { readonly reason: string }>;

export interface ParameterRows {
  /** Builds the rows of a command, in place of what was there. */
  show(command: EditorCommand | undefined, args: Readonly<Record<string, TypedField | undefined>>): void;
  /** What stands in the rows. */
  read(): Fields;
  /** Asks for the names once more: there is another device. */
  askAgain(): void;
  /** Brings the first wrong field before the user. @returns whether there is one. */
  showWrong(): boolean;
}

/** A value chosen from the names of the device. It is kept as the plain value that it is. */
const NAMED_TYPE = 'named';

/** From so many parameters on, those that may be left out are folded away. */
const FOLDED_FROM = 4;

interface Row {
  readonly name: string;
  readonly param: EditorParam;
  readonly input: JQuery;
  readonly told: JQuery;
  /** Counts the questions for names; an answer to an older one is not looked at. */
  asked: number;
}

/** @param onChange something else stands in a row. */
export function parameterRows(
  container: JQuery,
  translate: Translate,
  askNames: AskNames,
  onChange: () => void,
): ParameterRows {
  /** What is folded away and was not opened has no row yet, and nothing in it either. */
  let rows: Row[] = [];

  const read = (): Fields => Object.fromEntries(rows.flatMap(({ name, ...row }) => entryOf(name, fieldOf(row))));

  const showNames = async (row: Row): Promise<void> => {
    const { names } = row.param;
    if (names === undefined) return;
    const args = read();
    const by = Object.fromEntries(names.by.flatMap((name) => entryOf(name, args[name])));
    const asked = ++row.asked;
    const isKnown = names.by.every((name) => fixedText(args[name]) !== null);
    const answering = isKnown ? askNames(names.kind, by) : Promise.resolve(null);
    const asking = setTimeout(() => row.told.text(translate('hsp-command.names.asking')), ASKING_SHOWN_MS);
    const answer = await answering;
    clearTimeout(asking);
    if (asked !== row.asked || !rows.includes(row)) return;
    const isTold = answer !== null && !('reason' in answer);
    row.told.text(
      answer !== null && 'reason' in answer ? translate('hsp-command.names.failed', { reason: answer.reason }) : '',
    );
    offer(row, isTold ? answer : [], translate);
    onChange();
  };

  const changed = (row: Row): void => {
    tellProblem(row, translate);
    nameParts(row.input, row.param.title, translate);
    onChange();
  };

  const build = (
    target: JQuery,
    params: readonly (readonly [string, EditorParam])[],
    args: Readonly<Partial<Fields>>,
  ) => {
    const added = params.map(([name, param]) => newRow(target, name, param, args[name], translate));
    rows = [...rows, ...added];
    for (const row of added) {
      tellProblem(row, translate);
      row.input.on('change', () => {
        changed(row);
        for (const other of rows) if (other.param.names?.by.includes(row.name)) void showNames(other);
      });
      row.input.on('keyup paste', () => changed(row));
    }
    for (const row of added) void showNames(row);
  };

  return {
    read,
    show: (command, args) => {
      container.empty();
      rows = [];
      const params = Object.entries(command?.params ?? {});
      const isSpare = ([name, param]: (typeof params)[number]) => isOmittable(param) && args[name] === undefined;
      const isMany = params.length > FOLDED_FROM;
      const spare = isMany ? params.filter(isSpare) : [];
      build(container, isMany ? params.filter((each) => !isSpare(each)) : params, args);
      if (spare.length === 0) return;
      const folded = $('<details>').appendTo(container);
      $('<summary>')
        .text(translate('hsp-command.more', { count: spare.length }))
        .appendTo(folded);
      const inner = $('<div>').appendTo(folded);
      // Widgets that are built while they are hidden have no width.
      folded.one('toggle', () => build(inner, spare, args));
    },
    askAgain: () => {
      for (const row of rows) void showNames(row);
    },
    showWrong: () => {
      const wrong = rows.find((row) => fieldProblem(row.param, fieldOf(row)) !== null);
      if (wrong !== undefined) partsOf(wrong.input).filter(':visible').first().trigger('focus');
      return wrong !== undefined;
    },
  };
}

/** An answer that comes at once needs no words before. */
const ASKING_SHOWN_MS = 300;

function entryOf(name: string, field: TypedField | undefined): [string, TypedField][] {
  return field === undefined ? [] : [[name, field]];
}

function isOmittable({ optional, default: usual, title }: EditorParam): boolean {
  // People fill in the channel first, though it has a default.
  return (optional === true || usual !== undefined) && title !== 'Channel';
}

function newRow(
  container: JQuery,
  name: string,
  param: EditorParam,
  field: TypedField | undefined,
  translate: Translate,
): Row {
  const id = `node-input-hsp-arg-${name}`;
  const element = $('<div class="form-row">').appendTo(container);
  $('<label>').attr('for', id).text(param.title).appendTo(element);
  element.append(' ');
  const width = param.unit === undefined ? '70%' : 'calc(70% - 70px)';
  const input = $('<input type="text">').attr({ id, 'data-parameter': name }).css({ width });
  input.appendTo(element);
  if (param.kind === 'time') input.attr('placeholder', param.example ?? '');
  const types = typesOf(param, [], translate);
  const firstType = valueOf(types[0]);
  const isKnown = types.some((type) => valueOf(type) === field?.type);
  input.typedInput({ types, default: firstType });
  if (field !== undefined && isKnown) {
    input.typedInput('type', field.type);
    input.typedInput('value', field.value);
  } else if (param.kind === 'boolean' || param.kind === 'choice') input.typedInput('type', firstType);
  if (param.unit !== undefined) $('<span class="hsp-unit">').text(param.unit).appendTo(element);
  const hint = hintOf(param, translate);
  if (hint !== '') $('<div class="hsp-hint">').attr('id', `${id}-hint`).text(hint).appendTo(element);
  $('<div class="hsp-hint hsp-wrong" aria-live="polite">').attr('id', `${id}-wrong`).appendTo(element);
  const told = $('<div class="hsp-hint" aria-live="polite">').appendTo(element);
  nameParts(input, param.title, translate);
  return { name, param, input, told, asked: 0 };
}

/** What the row says, undefined where it is left to the default. */
function fieldOf({ input, param }: Pick<Row, 'input' | 'param'>): TypedField | undefined {
  const type = String(input.typedInput('type'));
  if (type === DEFAULT_TYPE) return undefined;
  return { type: type === NAMED_TYPE ? plainType(param) : type, value: String(input.typedInput('value')) };
}

function plainType({ kind }: EditorParam): string {
  return kind === 'integer' || kind === 'number' ? 'num' : 'str';
}

/** Puts the names into the row; what stood there stays what it is. */
function offer(row: Row, names: NameList, translate: Translate): void {
  const { input, param } = row;
  const field = fieldOf(row);
  const has = names.some(({ value }) => value === field?.value);
  input.typedInput('types', typesOf(param, names, translate));
  const type = field === undefined ? DEFAULT_TYPE : has && field.type === plainType(param) ? NAMED_TYPE : field.type;
  input.typedInput('type', type);
  if (field !== undefined) input.typedInput('value', field.value);
  nameParts(input, param.title, translate);
}

/* What stands beside a field */

function tellProblem({ name, param, input }: Row, translate: Translate): void {
  const problem = fieldProblem(param, fieldOf({ input, param }));
  const { min, max, unit, maxLength, choices } = param;
  const values = {
    min: min ?? '',
    max: max ?? '',
    unit: unit ?? '',
    meaning: param.pattern?.meaning ?? '',
    count: maxLength ?? '',
    choices: (choices ?? ['true', 'false']).join(', '),
  };
  const text = problem === null ? '' : translate(`hsp-command.wrong.${problem}`, values);
  const id = `node-input-hsp-arg-${name}`;
  const told = $(`#${id}-wrong`);
  if (told.text() !== text) told.text(text);
  const described = [`${id}-hint`, ...(problem === null ? [] : [`${id}-wrong`])];
  partsOf(input).attr({ 'aria-describedby': described.join(' '), 'aria-invalid': String(problem !== null) });
}

/** The widget hides the labelled field and puts parts of its own behind it; a screen reader needs their names. */
function nameParts(input: JQuery, title: string, translate: Translate): void {
  const widget = input.siblings('.red-ui-typedInput-container');
  widget.find('.red-ui-typedInput-input').attr('aria-label', title);
  widget.find('.red-ui-typedInput-type-select').attr('aria-label', translate('hsp-command.typeOf', { title }));
  const chosen = widget.find('.red-ui-typedInput-option-label').text();
  widget.find('.red-ui-typedInput-option-trigger').attr('aria-label', chosen === '' ? title : `${title}: ${chosen}`);
}

/** Where the value is typed or chosen. */
function partsOf(input: JQuery): JQuery {
  return input
    .siblings('.red-ui-typedInput-container')
    .find('.red-ui-typedInput-input, .red-ui-typedInput-option-trigger');
}

function hintOf(param: EditorParam, translate: Translate): string {
  const { min, max, unit = '', example } = param;
  const range = min === undefined || max === undefined ? '' : translate('hsp-command.range', { min, max, unit }).trim();
  return [
    param.description ?? (param.pattern === undefined ? '' : sentence(param.pattern.meaning)),
    range === '' ? '' : sentence(range),
    example === undefined ? '' : translate('hsp-command.example', { example }),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return whole.endsWith('.') ? whole : `${whole}.`;
}

/* Types of a field */

type TypedInputType = WidgetTypedInputType | (WidgetTypedInputTypeDefinition & { readonly value: string });

function valueOf(type: TypedInputType | undefined): string {
  return typeof type === 'object' ? type.value : (type ?? 'str');
}

function typesOf(param: EditorParam, names: NameList, translate: Translate): TypedInputType[] {
  const types: TypedInputType[] = [];
  // Nothing filled in yet is the default where there is one; without one, the message has to bring the value.
  types.push({ value: DEFAULT_TYPE, label: defaultLabel(param, names, translate), hasValue: false });
  if (names.length > 0) {
    const options = names.map(({ value, label }) => ({ value, label: namedText(value, label) }));
    types.push({ value: NAMED_TYPE, label: translate('hsp-command.names.label'), options });
  }
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

/** `3 Yard`; an address of a recording is not readable, its time is. */
function namedText(value: string, label: string | null): string {
  if (label === null) return value;
  return value.length > LONGEST_SHOWN_VALUE ? label : `${value} ${label}`;
}

const LONGEST_SHOWN_VALUE = 24;

function defaultLabel(param: EditorParam, names: NameList, translate: Translate): string {
  if (param.default !== undefined) {
    const value = typeof param.default === 'string' ? param.default : JSON.stringify(param.default);
    const label = names.find((each) => each.value === value)?.label ?? null;
    return translate('hsp-command.default.value', {
      value: param.unit === undefined ? namedText(value, label) : `${value} ${param.unit}`,
    });
  }
  return translate(param.optional === true ? 'hsp-command.default.none' : 'hsp-command.default.message');
}
