import { isSeconds } from '../shared/checks';
import { askRuntime, deviceQuestion, problemText } from '../shared/editor/ask';
import { channelsField, forgetChannels } from '../shared/editor/channels';
import { readTicks, showTicks, type Translate } from '../shared/editor/fields';
import { kindsField, type KindsField } from '../shared/editor/kinds';
import { RecentList, type SeenEvent } from '../shared/editor/recent';
import { parseNumberList, parseWordList } from '../shared/lists';
import { DEVICE_WORD, mismatchOf } from '../shared/matching';

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

/** A flow may lack these fields; they mean what the runtime takes them for. */
const USUAL_TICKS = ['pictures', 'stale'] as const;

/** What the open dialog has to close, and to be asked; there is one dialog at a time. */
let open: { readonly recent: RecentList; readonly kinds: KindsField } | null = null;

function closeDialog(): void {
  open?.recent.close();
  open = null;
}

/** What stands in the dialog, and not in the node: an event is held against that. Null where it passes. */
function heldBackBy({ kind, state, ...event }: SeenEvent, ticked: readonly string[]): string | null {
  const text = (name: string) => String($(`#node-input-${name}`).val() ?? '');
  const channels = parseNumberList(text('channels'), DEVICE_WORD);
  const regions = parseNumberList(text('regions'));
  if (channels === undefined) return 'channels';
  if (regions === undefined) return 'regions';
  const targets = new Set(parseWordList(text('targets')));
  const stale = $('#node-input-stale').is(':checked');
  const held = mismatchOf({ ...event, kind }, { kinds: new Set(ticked), channels, targets, regions, stale });
  if (held !== null) return held;
  const states = readTicks($('#hsp-event-in-states'));
  const isOnce = state === 'once';
  return states.length === 0 || states.some((each) => (each === 'once') === isOnce) ? null : 'states';
}

/** Fills the filters in, so that events like this one pass, and no others. */
function filterOnly({ kind, channel, target, regions, stale }: SeenEvent, kinds: KindsField): void {
  kinds.tick([kind]);
  const ids = regions.flatMap(({ id }) => (id === null ? [] : [id]));
  const texts = {
    channels: channel === null ? DEVICE_WORD : String(channel),
    targets: target ?? '',
    regions: [...new Set(ids)].join(', '),
  };
  for (const [name, value] of Object.entries(texts)) $(`#node-input-${name}`).val(value).trigger('change');
  if (stale) $('#node-input-stale').prop('checked', true).trigger('change');
}

/** A test event of any kind: what the node waits for comes first. */
function fillTestKinds(select: JQuery, chosen: readonly string[], translate: Translate): void {
  select.empty();
  for (const { group, kinds } of EVENT_KIND_GROUPS) {
    const options = $('<optgroup>').attr('label', translate(`group.${group}`));
    for (const { kind } of kinds)
      options.append(
        $('<option>')
          .val(kind)
          .text(translate(`kind.${kind}`)),
      );
    select.append(options);
  }
  select.val(chosen[0] ?? 'motion');
}

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
    closeDialog();
    const translate: Translate = (key, values) => String(this._(key, values));
    const text: Translate = (key, values) => translate(`hsp-event-in.${key}`, values);
    for (const name of USUAL_TICKS) if (this[name] === undefined) $(`#node-input-${name}`).prop('checked', true);
    const device = $('#node-input-device');
    const deviceId = () => String(device.val() ?? '');

    const kinds = kindsField($('#hsp-event-in-kinds'), this.kinds ?? [], text, () => recent.draw());
    const states = STATES.map((value) => ({ value, label: text(`state.${value}`) }));
    showTicks($('#hsp-event-in-states'), 'state', states, this.states?.length ? this.states : STATES);
    $('#hsp-event-in-outputs').val(String(this.outputs === 2 ? 2 : 1));

    const channels = {
      field: $('#node-input-channels'),
      button: $('#hsp-event-in-choose'),
      box: $('#hsp-event-in-channels'),
    };
    const testChannel = $('#hsp-event-in-test-channel');
    channelsField(
      channels,
      () => deviceQuestion(deviceId()),
      translate,
      (listed) => {
        const names = listed.map(({ channel, name }) =>
          $('<option>')
            .val(channel)
            .text(name ?? ''),
        );
        $('#hsp-event-in-test-channels')
          .empty()
          .append(...names);
      },
    );

    const tryIt = $('#hsp-event-in-try');
    const told = $('#hsp-event-in-told');
    const recent = new RecentList({
      words: $('#hsp-event-in-words'),
      list: $('#hsp-event-in-seen'),
      question: () => ({ id: this.id, device: deviceId() }),
      translate,
      heldBackBy: (event) => heldBackBy(event, kinds.ticked()),
      onChoose: (event) => {
        filterOnly(event, kinds);
        recent.draw();
      },
      onAnswer: ({ isNodeDeployed }) => {
        tryIt.prop('disabled', !isNodeDeployed);
        $('#hsp-event-in-deploy').toggle(!isNodeDeployed);
      },
    });
    open = { recent, kinds };
    for (const name of ['channels', 'targets', 'regions'])
      $(`#node-input-${name}`).on('input change', () => recent.draw());
    $('#node-input-stale, #hsp-event-in-states').on('change', () => recent.draw());
    let asked = deviceId();
    device.on('change', () => {
      if (deviceId() === asked) return;
      asked = deviceId();
      forgetChannels(channels);
      recent.start();
    });
    recent.start();

    const testKind = $('#hsp-event-in-test-kind');
    fillTestKinds(testKind, this.kinds ?? [], text);
    testChannel.val(String(parseNumberList(this.channels ?? '', DEVICE_WORD)?.ranges[0]?.from ?? 1));
    tryIt.prop('disabled', true).on('click', () => {
      const typed = String(testChannel.val() ?? '').trim();
      // 0 is no channel, and the runtime says so.
      const number = /^\d{1,3}$/.test(typed) ? Number(typed) : 0;
      const channel = typed === '' || typed === DEVICE_WORD ? null : number;
      const question = { id: this.id, kind: testKind.val(), channel };
      void askRuntime<{ sent: readonly string[]; heldBackBy: string | null }>(
        'hsp/event-in/test',
        question,
        tryIt,
      ).then((answer) => {
        if ('problem' in answer) told.text(problemText(answer, translate));
        else if (answer.heldBackBy === null) told.text(text('test.sent'));
        else told.text(text('test.heldBack', { field: text(`label.${answer.heldBackBy}`) }));
      });
    });
  },
  oneditsave() {
    this.kinds = open?.kinds.ticked() ?? this.kinds;
    const states = readTicks($('#hsp-event-in-states'));
    // No edge at all would be a node that never says anything.
    this.states = states.length === 0 ? STATES : states;
    this.outputs = Number($('#hsp-event-in-outputs').val());
    closeDialog();
  },
  oneditcancel: closeDialog,
  oneditdelete: closeDialog,
});
