import { areFieldsValid, type TypedField } from '../shared/checks';
import {
  commandNamed,
  readParameters,
  searchableCommands,
  showParameters,
  type Translate,
} from '../shared/editor/fields';

interface CommandProperties {
  name?: string | undefined;
  device: string;
  command: string;
  args: Record<string, TypedField>;
  confirm: boolean;
}

RED.nodes.registerType<CommandProperties>('hsp-command', {
  category: 'Hikvision',
  color: '#C9D7E3',
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
    const parameters = $('#hsp-command-parameters');
    const show = (name: string, args: Record<string, TypedField>) => {
      const command = commandNamed(name);
      $('#hsp-command-summary').text(command?.summary ?? translate('hsp-command.fromMessageHint'));
      $('#hsp-command-danger').toggle(command?.effect === 'danger');
      showParameters(parameters, command, args, translate);
    };
    // Parameters of the same name (the channel, mostly) survive a change of the command.
    searchableCommands(
      {
        search: $('#hsp-command-search'),
        deviceClass: $('#hsp-command-class'),
        count: $('#hsp-command-count'),
        select: $('#node-input-command'),
      },
      this.command,
      translate,
      (name) => show(name, readParameters(parameters)),
    );
    show(this.command, this.args ?? {});
  },
  oneditsave() {
    this.args = readParameters($('#hsp-command-parameters'));
  },
});
