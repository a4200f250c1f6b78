interface ConnectProperties {
  name?: string | undefined;
  device: string;
  ways: boolean;
}

RED.nodes.registerType<ConnectProperties>('hsp-connect', {
  category: 'Hikvision',
  color: '#C9D7E3',
  icon: 'hsp-connect.svg',
  defaults: {
    name: { value: '' },
    device: { value: '', type: 'hsp-config', required: true },
    ways: { value: false },
  },
  inputs: 1,
  outputs: 1,
  paletteLabel() {
    return String(this._('hsp-connect.palette'));
  },
  label() {
    return this.name || String(this._('hsp-connect.palette'));
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
