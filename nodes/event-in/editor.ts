import { isSeconds } from '../shared/checks';
import { readTicks, showTicks } from '../shared/editor/fields';
import { parseNumberList } from '../shared/lists';

interface EventInProperties {
  name?: string | undefined;
  device: string;
  kinds: string[];
  channels: string;
  targets: string;
  regions: string;
  states: string[];
  minDuration: string;
  coolDown: string;
  endAfter: string;
  pictures: boolean;
  stale: boolean;
  raw: boolean;
  outputs: number;
}

const STATES = ['start', 'end', 'once'];

RED.nodes.registerType<EventInProperties>('hsp-event-in', {
  category: 'Hikvision',
  color: '#C9D7E3',
  icon: 'hsp-event.svg',
  defaults: {
    name: { value: '' },
    device: { value: '', type: 'hsp-config', required: true },
    kinds: { value: [] },
    channels: { value: '', validate: (value: string) => parseNumberList(value ?? '', 'device') !== undefined },
    targets: { value: '' },
    regions: { value: '', validate: (value: string) => parseNumberList(value ?? '') !== undefined },
    states: { value: STATES },
    minDuration: { value: '0', validate: isSeconds },
    coolDown: { value: '0', validate: isSeconds },
    endAfter: { value: '10', validate: isSeconds },
    pictures: { value: true },
    stale: { value: true },
    raw: { value: false },
    outputs: { value: 1 },
  },
  inputs: 0,
  outputs: 1,
  outputLabels(this: EventInProperties & { _(key: string): unknown }, index: number) {
    if (this.outputs === 1) return String(this._('hsp-event-in.output.event'));
    return String(this._(index === 0 ? 'hsp-event-in.output.start' : 'hsp-event-in.output.end'));
  },
  paletteLabel() {
    return String(this._('hsp-event-in.palette'));
  },
  label() {
    if (this.name) return this.name;
    const [kind, ...others] = this.kinds ?? [];
    if (kind !== undefined && others.length === 0) return String(this._(`hsp-event-in.kind.${kind}`));
    return String(this._('hsp-event-in.palette'));
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const text = (key: string) => String(this._(`hsp-event-in.${key}`));
    const container = $('#hsp-event-in-kinds');
    for (const { group, kinds } of EVENT_KIND_GROUPS) {
      const name = text(`group.${group}`);
      $('<div class="hsp-group">').text(name).attr('aria-hidden', 'true').appendTo(container);
      const ticks = $('<div class="hsp-group-ticks" role="group">').attr('aria-label', name).appendTo(container);
      const options = kinds.map((value) => ({ value, label: text(`kind.${value}`) }));
      showTicks(ticks, 'kind', options, this.kinds ?? []);
    }
    const states = STATES.map((value) => ({ value, label: text(`state.${value}`) }));
    showTicks($('#hsp-event-in-states'), 'state', states, this.states?.length ? this.states : STATES);
    $('#hsp-event-in-outputs').val(String(this.outputs === 2 ? 2 : 1));
  },
  oneditsave() {
    this.kinds = readTicks($('#hsp-event-in-kinds'));
    const states = readTicks($('#hsp-event-in-states'));
    // No edge at all would be a node that never says anything.
    this.states = states.length === 0 ? STATES : states;
    this.outputs = Number($('#hsp-event-in-outputs').val());
  },
});
