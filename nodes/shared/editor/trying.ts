/** Tries a command from its dialog: asks before it does something, tells how far it is, and shows the answer. */
import { fieldProblem, fixedText, type EditorCommand, type EditorParam, type TypedField } from '../checks';
import type { CommandFailure, Tried, TryProgress, Unconfirmed } from '../command-answers';
import { askRuntime, problemText, type Problem } from './ask';
import type { Translate } from './fields';
import type { Fields } from './parameters';

export interface TryParts {
  readonly button: JQuery;
  readonly stop: JQuery;
  /** One line: what is going on. */
  readonly state: JQuery;
  /** Where values are asked for, and a yes. */
  readonly question: JQuery;
  readonly answer: JQuery;
}

/** What stands in the dialog; a text where it cannot be tried. */
export type WhatToTry = () =>
  { readonly device: object; readonly command: EditorCommand; readonly args: Fields } | string;

export interface Trying {
  /** Something else stands in the dialog: what was asked about it no longer fits. */
  reset(isOtherCommand: boolean): void;
  /** The dialog is closed. */
  close(): void;
}

/** How often is asked how far it is. */
const PROGRESS_MS = 700;

export function tryCommands(parts: TryParts, what: WhatToTry, translateAny: Translate): Trying {
  const { button, stop, state, question, answer } = parts;
  const translate: Translate = (key, values) => translateAny(`hsp-command.try.${key}`, values);
  let running: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Values for what only a message brings, as they were typed here. */
  const typed = new Map<string, string>();
  let asked: { readonly command: string; readonly inputs: readonly AskedValue[] } | null = null;

  const followProgress = (run: string): void => {
    timer = setTimeout(() => {
      if (running !== run) return;
      void askRuntime<TryProgress>('hsp/command/running', { run }, $()).then((told) => {
        if (running !== run) return;
        if ('progress' in told && told.progress !== null)
          state.text(translate('progress', { percent: Math.floor(told.progress * 100) }));
        followProgress(run);
      });
    }, PROGRESS_MS);
  };

  const run = async (given: object, command: EditorCommand, args: Fields, confirmed: string | null): Promise<void> => {
    const name = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    running = name;
    question.empty();
    answer.empty();
    state.text(translate('running'));
    stop.show();
    followProgress(name);
    const sent = { ...given, command: command.name, args, run: name, ...(confirmed === null ? {} : { confirmed }) };
    const told = await askRuntime<Tried | Unconfirmed | CommandFailure>('hsp/command/try', sent, button);
    if (running !== name) return;
    running = null;
    clearTimeout(timer);
    stop.hide();
    state.empty();
    if ('confirm' in told) {
      askYes(question, command, args, told.confirm, translate, (isYes) => {
        question.empty();
        button.trigger('focus');
        if (isYes) void run(given, command, args, told.confirm);
        else state.text(translate('notDone'));
      });
    } else if ('answer' in told) {
      state.text(translate('done', { seconds: (told.tookMs / 1000).toFixed(2) }));
      showAnswer(answer, told, translate);
    } else showFailure(answer, told, translateAny);
  };

  button.on('click', () => {
    const found = what();
    if (typeof found === 'string') {
      question.empty();
      state.text(found);
      return;
    }
    const { device, command, args } = found;
    const missing = Object.entries(command.params).filter(([name, param]) => isMissing(param, args[name]));
    const inputs = asked?.command === command.name ? asked.inputs : [];
    if (missing.some(([name]) => inputs.every((each) => each.name !== name))) {
      state.text(translate('fillIn'));
      asked = { command: command.name, inputs: askValues(question.empty(), missing, typed, translate) };
      asked.inputs[0]?.input.trigger('focus');
      return;
    }
    const values = valuesFrom(inputs.filter(({ name }) => missing.some(([each]) => each === name)));
    for (const [name, { value }] of Object.entries(values)) typed.set(name, value);
    const wrong = missing.find(([name, param]) => !canBeSent(param, values[name]));
    if (wrong !== undefined) {
      state.text(translate('stillMissing', { title: wrong[1].title }));
      inputs.find(({ name }) => name === wrong[0])?.input.trigger('focus');
      return;
    }
    const fixed = Object.entries(args).filter(([, field]) => fixedText(field) !== null);
    asked = null;
    void run(device, command, { ...Object.fromEntries(fixed), ...values }, null);
  });

  stop.on('click', () => {
    if (running === null) return;
    void askRuntime('hsp/command/running', { run: running, stop: true }, stop);
    button.trigger('focus');
  });

  const giveUp = (): void => {
    clearTimeout(timer);
    if (running !== null) void askRuntime('hsp/command/running', { run: running, stop: true }, $());
    running = null;
    stop.hide();
  };

  return {
    reset: (isOtherCommand) => {
      if (isOtherCommand) {
        giveUp();
        answer.empty();
      }
      if (running !== null) return;
      // What is being typed for a message stays as long as it is the same command.
      if (!isOtherCommand && asked !== null) return;
      asked = null;
      question.empty();
      state.empty();
    },
    close: giveUp,
  };
}

/* Values that otherwise a message brings */

interface AskedValue {
  readonly name: string;
  readonly param: EditorParam;
  readonly input: JQuery;
}

function isMissing(param: EditorParam, field: TypedField | undefined): boolean {
  const text = fixedText(field);
  return text === null || (text === '' && param.default === undefined && param.optional !== true);
}

function askValues(
  container: JQuery,
  params: readonly (readonly [string, EditorParam])[],
  typed: ReadonlyMap<string, string>,
  translate: Translate,
): AskedValue[] {
  const box = $('<div class="hsp-box" role="group">').attr('aria-label', translate('values')).appendTo(container);
  $('<div>').text(translate('values')).appendTo(box);
  return params.map(([name, param]) => {
    const id = `hsp-command-value-${name}`;
    const row = $('<div class="hsp-box-row">').appendTo(box);
    $('<label>').attr('for', id).text(param.title).appendTo(row);
    const input = $('<input type="text" autocomplete="off">').attr({ id, placeholder: param.example ?? '' });
    if (param.kind === 'choice') input.attr('placeholder', (param.choices ?? []).join(' | '));
    if (param.kind === 'boolean') input.attr('placeholder', 'true | false');
    input.val(typed.get(name) ?? '').appendTo(row);
    return { name, param, input };
  });
}

function valuesFrom(inputs: readonly AskedValue[]): Fields {
  return Object.fromEntries(
    inputs.flatMap(({ name, param, input }) => {
      const value = String(input.val() ?? '').trim();
      return value === '' ? [] : [[name, { type: param.kind === 'json' ? 'json' : 'str', value }]];
    }),
  );
}

function canBeSent(param: EditorParam, value: TypedField | undefined): boolean {
  const mayBeLeftOut = param.default !== undefined || param.optional === true;
  return value === undefined ? mayBeLeftOut : fixedText(value) !== null && fieldProblem(param, value) === null;
}

/* A yes */

function askYes(
  container: JQuery,
  command: EditorCommand,
  args: Fields,
  effect: Unconfirmed['confirm'],
  translate: Translate,
  onAnswer: (isYes: boolean) => void,
): void {
  const id = 'hsp-command-confirming';
  const box = $('<div class="hsp-box" role="group" tabindex="-1">').attr('aria-labelledby', id).appendTo(container);
  $('<div class="hsp-box-title">')
    .attr('id', id)
    .text(translate(`effect.${effect}`))
    .appendTo(box);
  $('<div>').text(`${command.title}. ${command.summary}`).appendTo(box);
  const given = Object.entries(args).map(([name, { value }]) => {
    const { title = name, unit = '' } = command.params[name] ?? {};
    const shown = /password$/i.test(name) ? '***' : value;
    return `${title}: ${shown}${unit === '' ? '' : ` ${unit}`}`;
  });
  if (given.length > 0) $('<div class="hsp-box-values">').text(given.join(', ')).appendTo(box);
  if (Object.hasOwn(args, 'file')) $('<div>').text(translate('file')).appendTo(box);
  const yes = $('<button type="button" class="red-ui-button red-ui-button-small" id="hsp-command-yes">')
    .text(translate('yes'))
    .on('click', () => onAnswer(true));
  const no = $('<button type="button" class="red-ui-button red-ui-button-small" id="hsp-command-no">')
    .text(translate('no'))
    .on('click', () => onAnswer(false));
  if (effect === 'danger') {
    const tick = $('<input type="checkbox" id="hsp-command-sure">').on('change', () =>
      yes.prop('disabled', !tick.is(':checked')),
    );
    yes.prop('disabled', true);
    $('<label class="hsp-box-tick" for="hsp-command-sure">')
      .append(tick, document.createTextNode(` ${translate('sure')}`))
      .appendTo(box);
  }
  $('<div class="hsp-box-buttons">').append(yes, no).appendTo(box);
  box.trigger('focus');
}

/* The answer */

function showAnswer(container: JQuery, { answer, picture, isCut }: Tried, translate: Translate): void {
  if (picture !== null) {
    $('<img class="hsp-picture">')
      .attr({ src: picture, alt: translate('picture') })
      .appendTo(container);
  }
  $('<pre class="hsp-answer" tabindex="0" role="region">')
    .attr('aria-label', translate('answer'))
    .text(JSON.stringify(answer, null, 2))
    .appendTo(container);
  if (isCut) $('<div class="hsp-hint hsp-plain">').text(translate('cut')).appendTo(container);
}

function showFailure(container: JQuery, failed: CommandFailure | Problem, translate: Translate): void {
  const box = $('<div class="hsp-box" role="alert">').appendTo(container);
  if ('problem' in failed) {
    box.text(problemText(failed, translate));
    return;
  }
  const { title, code, message, remedy } = failureTexts(failed, translate);
  $('<div class="hsp-box-title hsp-wrong">').text(`${title} (${code})`).appendTo(box);
  $('<div>').text(message).appendTo(box);
  if (remedy !== null) $('<div>').text(translate('hsp-command.try.remedy', { remedy })).appendTo(box);
}

export function failureTexts({ error: { code, message } }: CommandFailure, translate: Translate) {
  const known = (key: string): string | null => {
    const text = translate(key);
    return text.endsWith(key) ? null : text;
  };
  return {
    code,
    message,
    title: known(`common.reason.${code}`) ?? code,
    remedy: known(`common.remedy.${code}`),
  };
}
