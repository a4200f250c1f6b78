import { askRuntime, deviceQuestion, problemText } from '../shared/editor/ask';
import type { Translate } from '../shared/editor/fields';
import { PreviewList, type AskedPreview } from '../shared/editor/preview';

interface MqttProperties {
  name?: string | undefined;
  broker: string;
  url: string;
  devices: string[];
  allow: Record<string, string>;
  base: string;
  qos: string;
  pictures: boolean;
  retainPictures: boolean;
  discovery: boolean;
  prefix: string;
  language: string;
}

interface MqttCredentials {
  user: string;
  password: string;
}

/** What the open dialog has to close; there is one dialog at a time. */
let openPreview: PreviewList | null = null;

function closeDialog(): void {
  openPreview?.close();
  openPreview = null;
}

interface DeviceInEditor {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly host?: string;
  readonly deviceId?: string;
  readonly protocol?: string;
}

function labelOf({ id, name, host, deviceId, protocol }: DeviceInEditor): string {
  return name || (protocol === 'ehome' ? deviceId : host) || id;
}

function devicesInEditor(): DeviceInEditor[] {
  const devices: DeviceInEditor[] = [];
  RED.nodes.eachConfig((node) => {
    const config = node as unknown as DeviceInEditor;
    if (config.type === 'hsp-config') devices.push(config);
    return true;
  });
  return devices;
}

/** The devices that are ticked; all, where none is. */
function tickedDevices(): string[] {
  return $('#hsp-mqtt-devices input:checked')
    .map((_index, tick) => $(tick).attr('data-device') ?? '')
    .get();
}

/** What the runtime is asked about each device, as the fields stand now. */
function previewQuestions(id: string): AskedPreview[] {
  const ticked = tickedDevices();
  const devices = devicesInEditor().filter((device) => ticked.length === 0 || ticked.includes(device.id));
  const field = (name: string) => $(`#node-input-${name}`);
  const text = (name: string) => String(field(name).val() ?? '');
  const isTicked = (name: string) => field(name).is(':checked');
  const common = {
    id,
    devices: devices.map(({ id: of, name, host, deviceId, protocol }) => ({ id: of, name, host, deviceId, protocol })),
    base: text('base'),
    prefix: text('prefix'),
    language: text('language'),
    discovery: isTicked('discovery'),
    pictures: isTicked('pictures'),
    retainPictures: isTicked('retainPictures'),
  };
  return devices.map((device) => {
    const allow = $('#hsp-mqtt-devices select').filter((_index, each) => $(each).attr('data-allow') === device.id);
    const question = { ...common, of: deviceQuestion(device.id), allow: allow.val() };
    return { id: device.id, label: labelOf(device), question };
  });
}

interface BrokerVerdict {
  readonly isLetIn: boolean;
  readonly broker?: string;
  readonly version?: string;
  readonly problem?: string;
  readonly reason?: string;
}

function isTopic(value: string): boolean {
  return value.trim() === '' || !/[+#]|^\/|\/$|\/\/|^\$/.test(value.trim());
}

RED.nodes.registerType<MqttProperties, MqttCredentials>('hsp-mqtt', {
  category: 'Hikvision',
  color: '#C9D7E3',
  icon: 'hsp-mqtt.svg',
  defaults: {
    name: { value: '' },
    broker: { value: '', type: 'mqtt-broker', required: false },
    url: {
      value: '',
      validate(this: MqttProperties, value: string) {
        return (
          Boolean(this.broker && this.broker !== '_ADD_') || /^(?:mqtts?|wss?):\/\/\S+$/.test((value ?? '').trim())
        );
      },
    },
    devices: { value: [] },
    allow: { value: {} },
    base: { value: 'hikvision', validate: isTopic },
    qos: { value: '1' },
    pictures: { value: false },
    retainPictures: { value: false },
    discovery: { value: true },
    prefix: { value: 'homeassistant', validate: isTopic },
    language: { value: 'en' },
  },
  credentials: { user: { type: 'text' }, password: { type: 'password' } },
  inputs: 0,
  outputs: 0,
  paletteLabel() {
    return String(this._('hsp-mqtt.palette'));
  },
  label() {
    return this.name || String(this._('hsp-mqtt.palette'));
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    closeDialog();
    const translate: Translate = (key, values) => String(this._(key, values));
    const text = (key: string) => translate(`hsp-mqtt.${key}`);
    const list = $('#hsp-mqtt-devices').empty();
    const chosen = this.devices ?? [];
    for (const device of devicesInEditor()) {
      const label = labelOf(device);
      const tick = $('<input type="checkbox">')
        .attr('data-device', device.id)
        .prop('checked', chosen.includes(device.id));
      const select = $('<select>').attr({
        'data-allow': device.id,
        'aria-label': translate('hsp-mqtt.allowOf', { device: label }),
      });
      for (const word of ALLOWANCES)
        select.append(
          $('<option>')
            .val(word)
            .text(text(`allow.${word}`)),
        );
      select.val(this.allow?.[device.id] ?? 'nothing');
      list.append($('<div>').append($('<label>').append(tick, $('<span>').text(label)), select));
    }
    if (list.children().length === 0) list.text(text('preview.none'));
    const broker = $('#node-input-broker');
    const update = () => {
      const value = String(broker.val() ?? '');
      $('#hsp-mqtt-own').toggle(value === '' || value === '_ADD_');
    };
    broker.on('change', update);
    update();
    // Flows may lack these fields; they mean what the runtime takes them for.
    for (const [name, usual] of Object.entries({ qos: '1', language: 'en' })) {
      const select = $(`#node-input-${name}`);
      if (!select.val()) select.val(usual);
    }
    const finds = $('#node-input-discovery');
    const pictures = $('#node-input-pictures');
    const follow = () => {
      $('.hsp-mqtt-finds').toggle(finds.is(':checked'));
      $('.hsp-mqtt-pictures').toggle(pictures.is(':checked'));
    };
    finds.on('change', follow);
    pictures.on('change', follow);
    follow();

    const preview = new PreviewList({
      button: $('#hsp-mqtt-show'),
      words: $('#hsp-mqtt-count'),
      container: $('#hsp-mqtt-preview'),
      devices: () => previewQuestions(this.id),
      translate,
    });
    openPreview = preview;
    $('#hsp-mqtt-show').on('click', () => void preview.show(true));
    list.on('change', () => preview.changed());
    for (const name of ['base', 'prefix', 'language', 'discovery', 'pictures', 'retainPictures'])
      $(`#node-input-${name}`).on('input change', () => preview.changed());

    const verdict = $('#hsp-mqtt-verdict');
    const test = $('#hsp-mqtt-test');
    const value = (name: string) => String($(`#node-input-${name}`).val() ?? '');
    test.on('click', () => {
      verdict.text(text('test.running'));
      const question = {
        id: this.id,
        broker: value('broker'),
        url: value('url'),
        user: value('user'),
        password: value('password'),
      };
      void askRuntime<BrokerVerdict>('hsp/mqtt/broker', question, test).then((answer) => {
        const { isLetIn, broker: place = '', version = '', reason = '' } = answer as Partial<BrokerVerdict>;
        if (isLetIn === undefined) verdict.text(problemText({ problem: answer.problem ?? 'other', reason }, translate));
        else if (isLetIn) verdict.text(translate('hsp-mqtt.test.letIn', { broker: place, version }));
        else verdict.text(translate(`hsp-mqtt.test.${answer.problem ?? 'unreachable'}`, { reason }));
      });
    });
  },
  oneditsave() {
    const allow: Record<string, string> = {};
    $('#hsp-mqtt-devices select').each((_index, select) => {
      const word = String($(select).val());
      if (word !== 'nothing') allow[String($(select).attr('data-allow'))] = word;
    });
    this.devices = tickedDevices();
    this.allow = allow;
    closeDialog();
  },
  oneditcancel: closeDialog,
  oneditdelete: closeDialog,
});
