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
    const text = (key: string) => String(this._(`hsp-mqtt.${key}`));
    const list = $('#hsp-mqtt-devices').empty();
    const chosen = this.devices ?? [];
    RED.nodes.eachConfig((node) => {
      const config = node as { id: string; type: string; name?: string; host?: string };
      if (config.type !== 'hsp-config') return true;
      const { name, host } = config;
      const tick = $('<input type="checkbox">')
        .attr('data-device', config.id)
        .prop('checked', chosen.includes(config.id));
      const select = $('<select>').attr('data-allow', config.id);
      for (const word of ALLOWANCES)
        select.append(
          $('<option>')
            .val(word)
            .text(text(`allow.${word}`)),
        );
      select.val(this.allow?.[config.id] ?? 'nothing');
      const label = $('<label>').append(tick, $('<span>').text(name || host || config.id));
      list.append($('<div>').append(label, select));
      return true;
    });
    const broker = $('#node-input-broker');
    const update = () => {
      const value = String(broker.val() ?? '');
      $('#hsp-mqtt-own').toggle(value === '' || value === '_ADD_');
    };
    broker.on('change', update);
    update();
    const finds = $('#node-input-discovery');
    const pictures = $('#node-input-pictures');
    const follow = () => {
      $('.hsp-mqtt-finds').toggle(finds.is(':checked'));
      $('.hsp-mqtt-pictures').toggle(pictures.is(':checked'));
    };
    finds.on('change', follow);
    pictures.on('change', follow);
    follow();
  },
  oneditsave() {
    const devices: string[] = [];
    const allow: Record<string, string> = {};
    $('#hsp-mqtt-devices input:checked').each((_index, tick) => void devices.push(String($(tick).attr('data-device'))));
    $('#hsp-mqtt-devices select').each((_index, select) => {
      const word = String($(select).val());
      if (word !== 'nothing') allow[String($(select).attr('data-allow'))] = word;
    });
    this.devices = devices;
    this.allow = allow;
  },
});
