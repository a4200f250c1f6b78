/** What the runtime found, as people read it: devices on the network, and the test of a connection. */
import type { Translate } from './fields';

export interface FoundDevice {
  readonly model: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly firmware: string | null;
  readonly activated: boolean | null;
}

export interface Examination {
  readonly device: { readonly model: string | null; readonly firmware: string | null } | null;
  readonly findings: readonly {
    readonly level: 'good' | 'odd' | 'bad';
    readonly code: string;
    readonly values: Readonly<Record<string, string>>;
  }[];
  readonly features: readonly string[];
}

/** A table with a button in each row that fills in the address. */
export function showFound(
  container: JQuery,
  devices: readonly FoundDevice[],
  translate: Translate,
  onChoose: (device: FoundDevice) => void,
): void {
  container.empty();
  const text = (key: string, values?: Record<string, string | number>) => translate(`find.${key}`, values);
  if (devices.length === 0) {
    container.text(text('none'));
    return;
  }
  $('<div>')
    .text(text('count', { count: devices.length }))
    .appendTo(container);
  const table = $('<table>').appendTo($('<div class="hsp-config-scroll" tabindex="0">').appendTo(container));
  const head = $('<tr>').appendTo($('<thead>').appendTo(table));
  for (const column of ['address', 'model', 'firmware', 'state'])
    $('<th scope="col">').text(text(column)).appendTo(head);
  const body = $('<tbody>').appendTo(table);
  for (const device of devices) {
    const { address, model, firmware, activated } = device;
    const row = $('<tr>').appendTo(body);
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(address)
      .attr('aria-label', text('use', { address }))
      .on('click', () => onChoose(device))
      .appendTo($('<td>').appendTo(row));
    const state = activated === null ? 'unknown' : activated ? 'activated' : 'notActivated';
    for (const cell of [model ?? text('unknown'), firmware ?? text('unknown'), text(state)])
      $('<td>').text(cell).appendTo(row);
  }
}

const SIGNS = { good: 'fa-check', odd: 'fa-exclamation-triangle', bad: 'fa-times-circle' } as const;

/** A list of findings, each with what to do about it. */
export function showReport(container: JQuery, { device, findings, features }: Examination, translate: Translate): void {
  container.empty();
  const list = $('<ul>').appendTo(container);
  const line = (level: keyof typeof SIGNS, text: string): JQuery =>
    $('<li>')
      .append(
        $('<i>')
          .addClass(`fa ${SIGNS[level]}`)
          .attr({ role: 'img', 'aria-label': translate(`level.${level}`) }),
        document.createTextNode(text),
      )
      .appendTo(list);
  if (device !== null) {
    const values = { model: device.model ?? '?', firmware: device.firmware ?? '?' };
    line('good', translate('finding.device', values));
  }
  for (const { level, code, values } of findings) {
    const told = textOf(`finding.${code}`, translate, values) ?? textOf('finding.other', translate, values) ?? code;
    const row = line(level, told);
    const remedy = textOf(`remedy.${code}`, translate);
    if (remedy !== null) {
      const text = translate('test.remedy', { remedy });
      $('<div class="hsp-config-remedy">').text(text).appendTo(row);
    }
  }
  if (features.length > 0) line('good', translate('test.features', { features: features.join(', ') }));
}

/** A text of the locale; null where it has none: the editor hands back the key then. */
function textOf(key: string, translate: Translate, values?: Readonly<Record<string, string>>): string | null {
  const text = translate(key, values);
  return text === key || text.endsWith(`.${key}`) ? null : text;
}
