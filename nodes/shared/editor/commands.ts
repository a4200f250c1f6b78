/** The list in which a command is chosen: by family, narrowed by words, by the class of devices, and by what the device can do. */
import type { EditorCommand } from '../checks';
import type { Translate } from './fields';

export function commandNamed(name: string): EditorCommand | undefined {
  return COMMANDS.find((command) => command.name === name);
}

/** The parts of the dialog in which a command is chosen. */
export interface CommandChooser {
  readonly search: JQuery;
  /** Narrows the list to a class of devices. */
  readonly deviceClass: JQuery;
  /** A tick, with the row in which it stands: also what the device lacks. */
  readonly showAll: JQuery;
  readonly showAllRow: JQuery;
  /** Tells how many are left. */
  readonly count: JQuery;
  readonly select: JQuery;
}

export interface CommandList {
  /** @param available the names of what the device can do; null where nobody knows. */
  narrow(available: ReadonlySet<string> | null): void;
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
  { search, deviceClass, showAll, showAllRow, count, select }: CommandChooser,
  chosen: string,
  translate: Translate,
  onChange: (command: string) => void,
): CommandList {
  deviceClass.empty().append($('<option>').val(ALL_CLASSES).text(translate('hsp-command.class.all')));
  deviceClass.append($('<option>').val(GENERAL).text(translate('hsp-command.class.general')));
  for (const name of new Set(COMMANDS.flatMap((command) => command.deviceClass ?? [])))
    deviceClass.append($('<option>').val(name).text(name));
  let available: ReadonlySet<string> | null = null;

  const fill = (): void => {
    const words = String(search.val() ?? '')
      .toLowerCase()
      .split(/\s+/);
    const wanted = String(deviceClass.val() ?? ALL_CLASSES);
    const isLacking = ({ name }: EditorCommand): boolean => available !== null && !available.has(name);
    const isHidden = (command: EditorCommand): boolean => isLacking(command) && !showAll.is(':checked');
    const isMeant = (command: EditorCommand): boolean => {
      if (wanted !== ALL_CLASSES && (command.deviceClass ?? GENERAL) !== wanted) return false;
      const text = `${command.name} ${command.title} ${command.summary}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const current = select.children().length === 0 ? chosen : String(select.val() ?? '');
    select.empty().append($('<option>').val('').text(translate('hsp-command.fromMessage')));
    for (const family of new Set(COMMANDS.map((command) => command.family))) {
      const group = $('<optgroup>').attr('label', translate(`hsp-command.family.${family}`));
      for (const command of COMMANDS.filter((each) => each.family === family)) {
        if (command.name !== current && (!isMeant(command) || isHidden(command))) continue;
        group.append(
          $('<option>')
            .val(command.name)
            .text(optionText(command, isLacking(command), translate)),
        );
      }
      if (group.children().length > 0) select.append(group);
    }
    // A command of a newer version of this package; opening the dialog must not lose it.
    if (current !== '' && commandNamed(current) === undefined) select.append($('<option>').val(current).text(current));
    select.val(current);
    const meant = COMMANDS.filter(isMeant);
    const hidden = meant.filter(isHidden).length;
    const found = meant.length - hidden;
    const told = [
      found === 0 ? translate('hsp-command.nothingFound') : translate('hsp-command.found', { count: found }),
      ...(hidden === 0 ? [] : [translate('hsp-command.hidden', { count: hidden })]),
    ];
    count.text(told.join(', '));
    showAllRow.toggle(COMMANDS.some(isLacking));
    const isSearching = words.some((word) => word !== '') || wanted !== ALL_CLASSES;
    const lines = select.find('option, optgroup').length;
    select.attr('size', isSearching ? Math.min(SHOWN_LINES, Math.max(2, lines)) : 1);
  };
  search.on('input', fill);
  deviceClass.on('change', fill);
  showAll.on('change', fill);
  search.on('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    select.trigger('focus');
  });
  select.on('change', () => onChange(String(select.val() ?? '')));
  fill();
  return {
    narrow: (names) => {
      available = names;
      fill();
    },
  };
}

function optionText({ title, name, effect }: EditorCommand, isLacking: boolean, translate: Translate): string {
  const marks = [
    ...(effect === 'danger' ? [`\u26a0 ${translate('hsp-command.dangerous')}`] : []),
    ...(isLacking ? [`\u2013 ${translate('hsp-command.lacking')}`] : []),
  ];
  return [`${title} (${name})`, ...marks].join(' ');
}
