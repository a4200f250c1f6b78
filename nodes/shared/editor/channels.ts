/** Channels by their names: the device is asked when somebody wants to choose; numbers can be typed all the same. */
import { formatNumberList, includesNumber, parseNumberList, withNumber } from '../lists';
import { DEVICE_WORD } from '../matching';
import { askRuntime, problemText } from './ask';
import type { Translate } from './fields';

export interface ListedChannel {
  readonly channel: number;
  readonly name: string | null;
  readonly online: boolean | null;
}

export interface ChannelParts {
  /** Where the list stands as text. */
  readonly field: JQuery;
  readonly button: JQuery;
  /** Where the ticks go, and what went wrong. */
  readonly box: JQuery;
}

/**
 * @param question what the runtime is asked; null while no device is chosen.
 * @param onListed is told the channels, once the device has.
 */
export function channelsField(
  { field, button, box }: ChannelParts,
  question: () => object | null,
  translate: Translate,
  onListed: (channels: readonly ListedChannel[]) => void,
): void {
  const text: Translate = (key, values) => translate(`hsp-event-in.channels.${key}`, values);
  let asked = 0;
  const ask = async (): Promise<void> => {
    const wanted = question();
    if (wanted === null) {
      box.text(translate('common.problem.noDevice'));
      return;
    }
    const run = ++asked;
    box.text(text('asking'));
    const answer = await askRuntime<{ channels: readonly ListedChannel[] }>('hsp/event-in/channels', wanted, button);
    if (run !== asked) return;
    if ('problem' in answer) box.text(`${problemText(answer, translate)} ${text('type')}`);
    else if (answer.channels.length === 0) box.text(text('none'));
    else {
      showChannels(box, field, answer.channels, text);
      onListed(answer.channels);
    }
  };
  button.on('click', () => void ask());
}

/** Forgets what another device told. */
export function forgetChannels({ box }: Pick<ChannelParts, 'box'>): void {
  box.empty();
}

function showChannels(box: JQuery, field: JQuery, channels: readonly ListedChannel[], text: Translate): void {
  box.empty();
  const ticks = $('<div class="hsp-group-ticks" role="group">').attr('aria-label', text('choose')).appendTo(box);
  const options = [
    ...channels.map(({ channel, name, online }) => {
      const label = name === null ? String(channel) : `${channel} ${name}`;
      return { value: String(channel), label: online === false ? `${label} (${text('offline')})` : label };
    }),
    { value: DEVICE_WORD, label: text('device') },
  ];
  const boxes = options.map(({ value, label }) => {
    const id = `hsp-event-in-channel-${value}`;
    const tick = $('<input type="checkbox">').attr({ id, value });
    $('<label class="hsp-tick">')
      .attr({ for: id, title: label })
      .append(tick, document.createTextNode(label))
      .appendTo(ticks);
    tick.on('change', () => {
      const list = listIn(field);
      const isIn = tick.prop('checked') === true;
      const changed = value === DEVICE_WORD ? { ...list, word: isIn } : withNumber(list, Number(value), isIn);
      field.val(formatNumberList(changed, DEVICE_WORD)).trigger('change');
    });
    return tick;
  });
  const follow = (): void => {
    const list = listIn(field);
    for (const tick of boxes) {
      const value = String(tick.val());
      tick.prop('checked', value === DEVICE_WORD ? list.word : includesNumber(list, Number(value)));
    }
  };
  field.off('.hsp-channels').on('input.hsp-channels change.hsp-channels', follow);
  follow();
}

/** What makes no sense is marked at the field; a tick begins anew then. */
function listIn(field: JQuery) {
  return parseNumberList(String(field.val() ?? ''), DEVICE_WORD) ?? { ranges: [], word: false };
}
