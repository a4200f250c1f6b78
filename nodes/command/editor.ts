import { areFieldsValid, type TypedField } from '../shared/checks';
import { dialogLine, type DeviceInEditor } from '../shared/call-line';
import { deviceQuestion } from '../shared/editor/ask';
import { commandNamed, searchableCommands } from '../shared/editor/commands';
import { copyText } from '../shared/editor/copy';
import { deviceAsker, type DeviceAsker } from '../shared/editor/device-asker';
import type { Translate } from '../shared/editor/fields';
import { parameterRows, type ParameterRows } from '../shared/editor/parameters';
import { tryCommands, type Trying } from '../shared/editor/trying';

interface CommandProperties {
  name?: string;
  device: string;
  command: string;
  args: Record<string, TypedField>;
  confirm: boolean;
}

/** What belongs to the dialog that is open; there is one at a time. */
interface OpenDialog {
  readonly rows: ParameterRows;
  readonly asker: DeviceAsker;
  readonly trying: Trying;
}
let dialog: OpenDialog | null = null;

function closeDialog(): void {
  dialog?.asker.close();
  dialog?.trying.close();
  dialog = null;
}

RED.nodes.registerType<CommandProperties>('hsp-command', {
  category: 'Hikvision',
  color: '#87A980',
  icon: 'hsp-command.svg',
  defaults: {
    name: { value: '' },
    device: { value: '', type: 'hsp-config', required: true },
    command: { value: 'camera.snapshot' },
    args: {
      value: {},
      validate(this: CommandProperties, value: unknown) {
        return areFieldsValid(commandNamed(this.command), value);
      },
    },
    confirm: { value: false },
  },
  inputs: 1,
  outputs: 1,
  paletteLabel() {
    return String(this._('hsp-command.palette'));
  },
  label() {
    return this.name || commandNamed(this.command)?.title || String(this._('hsp-command.palette'));
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const translate: Translate = (key, values) => String(this._(key, values));
    const part = (name: string) => $(`#hsp-command-${name}`);
    const select = $('#node-input-command');
    const deviceField = $('#node-input-device');
    const chosen = () => commandNamed(String(select.val() ?? ''));
    let available: ReadonlySet<string> | null = null;
    let user: string | null = null;

    const showLine = () => {
      const command = chosen();
      const device = RED.nodes.node(String(deviceField.val() ?? '')) as DeviceInEditor | null;
      const told = command === undefined ? null : dialogLine(device, user, command, rows.read());
      part('terminal').toggle(told !== null);
      if (told === null) return;
      part('line').val(told.line);
      const notes = [
        translate('hsp-command.line.password'),
        ...(told.later.length === 0 ? [] : [translate('hsp-command.line.later', { titles: told.later.join(', ') })]),
        ...(told.secret.length === 0 ? [] : [translate('hsp-command.line.secret', { titles: told.secret.join(', ') })]),
      ];
      part('line-hint').text(notes.join(' '));
    };

    const asker = deviceAsker(translate);
    const rows = parameterRows(part('parameters'), translate, asker.askNames, () => {
      trying.reset(false);
      showLine();
    });
    const trying = tryCommands(
      {
        button: part('try'),
        stop: part('stop'),
        state: part('try-state'),
        question: part('question'),
        answer: part('answer'),
      },
      () => {
        const device = deviceQuestion(deviceField.val());
        const command = chosen();
        if (device === null) return translate('hsp-command.try.noDevice');
        if (command === undefined) return translate('hsp-command.try.noCommand');
        if (rows.showWrong()) return translate('hsp-command.try.wrong');
        return { device, command, args: rows.read() };
      },
      translate,
    );
    dialog = { rows, asker, trying };

    const show = (name: string, args: Record<string, TypedField>) => {
      const command = commandNamed(name);
      part('summary').text(command?.summary ?? translate('hsp-command.fromMessageHint'));
      part('danger').toggle(command?.effect === 'danger');
      part('confirming-row').toggle(command === undefined || command.effect === 'danger');
      part('trying').toggle(command !== undefined);
      rows.show(command, args);
      trying.reset(true);
      tellLacking();
      showLine();
    };
    const tellLacking = () => {
      const name = String(select.val() ?? '');
      part('lacking').toggle(available !== null && commandNamed(name) !== undefined && !available.has(name));
    };

    // Parameters of the same name (the channel, mostly) survive a change of the command.
    const list = searchableCommands(
      {
        search: part('search'),
        deviceClass: part('class'),
        showAll: part('all'),
        showAllRow: part('all-row'),
        count: part('count'),
        select,
      },
      this.command,
      translate,
      (name) => show(name, rows.read()),
    );
    show(this.command, this.args ?? {});

    const askDevice = () => {
      const id = String(deviceField.val() ?? '');
      const state = part('device-state');
      available = null;
      user = null;
      const isThere = deviceQuestion(id) !== null;
      state.text(isThere ? translate('hsp-command.abilities.asking') : '');
      asker.choose(id, (commands, reason) => {
        available = commands;
        const isUnknown = isThere && commands === null;
        state.text(isUnknown ? translate('hsp-command.abilities.unknown', { reason }) : '');
        list.narrow(commands);
        tellLacking();
        if (commands !== null) rows.askAgain();
      });
      list.narrow(null);
      tellLacking();
      userOf(id, (name) => {
        if (String(deviceField.val() ?? '') !== id) return;
        user = name;
        showLine();
      });
      trying.reset(true);
      showLine();
    };
    deviceField.on('change', askDevice);
    askDevice();

    part('copy').on('click', () => {
      const copied = part('copied');
      copied.empty();
      void copyText(part('line')).then((isCopied) =>
        copied.text(translate(isCopied ? 'hsp-command.line.copied' : 'hsp-command.line.notCopied')),
      );
    });
  },
  oneditsave() {
    this.args = dialog?.rows.read() ?? this.args;
    closeDialog();
  },
  oneditcancel() {
    closeDialog();
  },
  oneditdelete() {
    closeDialog();
  },
});

/** The name of the user, for the line: what was typed in this editor, else what the runtime tells those who may know it. */
function userOf(id: string, onKnown: (user: string) => void): void {
  const config = RED.nodes.node(id) as { readonly credentials?: { readonly user?: string } } | null;
  if (config === null) return;
  const typed = config.credentials?.user;
  if (typed !== undefined) onKnown(typed);
  else {
    void $.getJSON(`credentials/hsp-config/${encodeURIComponent(id)}`).then((told: { readonly user?: unknown }) => {
      if (typeof told.user === 'string') onKnown(told.user);
    });
  }
}
