/** What the runtime found, as people read it: devices on the network, the test of a connection, a certificate. */
import type { Translate } from './fields';

export interface FoundDevice {
  readonly model: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly firmware: string | null;
  readonly activated: boolean | null;
}

export interface Examination {
  readonly findings: readonly {
    readonly level: 'good' | 'odd' | 'bad';
    readonly code: string;
    readonly values: Readonly<Record<string, string>>;
    /** The field that mends it. */
    readonly field: string | null;
  }[];
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

/** The worst first. */
const SIGNS = { bad: 'fa-times-circle', odd: 'fa-exclamation-triangle', good: 'fa-check' } as const;

/** A field of the dialog, and how to get there. */
export interface FieldLink {
  readonly label: string;
  readonly go: () => void;
}

/**
 * A list of findings, each with what to do about it.
 *
 * @param linkTo a field by its name; null where it is not to be seen.
 */
export function showReport(
  container: JQuery,
  { findings }: Examination,
  translate: Translate,
  linkTo: (field: string) => FieldLink | null,
): void {
  container.empty();
  const count = findings.filter(({ level }) => level !== 'good').length;
  const summary = translate(`test.${count === 0 ? 'well' : count === 1 ? 'one' : 'several'}`, { count });
  $('<div class="hsp-config-summary">').text(summary).appendTo(container);
  const list = $('<ul>').appendTo(container);
  // Who it is, then what to mend.
  const rank = ({ level, code }: Examination['findings'][number]) =>
    code === 'device' ? -1 : Object.keys(SIGNS).indexOf(level);
  for (const { level, code, values, field } of [...findings].sort((a, b) => rank(a) - rank(b))) {
    const row = $('<li>').addClass(`hsp-config-${level}`).appendTo(list);
    sign(level, translate(`level.${level}`)).appendTo(row);
    const words = $('<div>').appendTo(row);
    $('<div>')
      .text(textOf(`finding.${code}`, translate, values) ?? textOf('finding.other', translate, values) ?? code)
      .appendTo(words);
    const remedy = textOf(`remedy.${code}`, translate, values);
    if (remedy !== null) $('<div class="hsp-config-remedy">').text(remedy).appendTo(words);
    const link = field === null ? null : linkTo(field);
    if (link !== null)
      $('<button type="button" class="red-ui-button red-ui-button-small">')
        .text(translate('test.goTo', { field: link.label }))
        .on('click', link.go)
        .appendTo(words);
  }
}

/** @param words for those who do not see it. */
function sign(level: keyof typeof SIGNS, words: string): JQuery {
  return $('<i>').addClass(`fa ${SIGNS[level]}`).attr({ role: 'img', 'aria-label': words });
}

/** A text of the locale; null where it has none: the editor hands back the key then. */
function textOf(key: string, translate: Translate, values?: Readonly<Record<string, string>>): string | null {
  const text = translate(key, values);
  return text === key || text.endsWith(`.${key}`) ? null : text;
}

/* Certificates */

export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly fingerprint: string;
  readonly isTrusted: boolean;
  readonly problem: string | null;
}

/**
 * A certificate as people compare it, and a button that trusts just this one.
 *
 * @param trusted the fingerprint that is trusted now; empty where none is.
 */
export function showCertificate(
  container: JQuery,
  certificate: Certificate,
  translate: Translate,
  { trusted, nowMs, onTrust }: { readonly trusted: string; readonly nowMs: number; readonly onTrust: () => void },
): void {
  container.empty();
  const text = (key: string, values?: Record<string, string>) => translate(`certificate.${key}`, values);
  const { subject, issuer, validFrom, validTo, fingerprint, isTrusted, problem } = certificate;
  const [from, until] = [validFrom, validTo].map((time) => time?.slice(0, 10) ?? '?') as [string, string];
  const list = $('<dl>').appendTo(container);
  const row = (key: string, value: string) => {
    $('<dt>').text(text(key)).appendTo(list);
    return $('<dd>').text(value).appendTo(list);
  };
  row('subject', subject || '?');
  row('issuer', issuer === subject ? text('self') : issuer || '?');
  row('valid', text('validity', { from, until }));
  row('fingerprint', fingerprint).addClass('hsp-config-fingerprint');
  const notes = $('<ul>').appendTo(container);
  const note = (level: keyof typeof SIGNS, words: string) => {
    const item = $('<li>').addClass(`hsp-config-${level}`).appendTo(notes);
    sign(level, translate(`level.${level}`)).appendTo(item);
    $('<div>').text(words).appendTo(item);
  };
  const isSame = plain(trusted) === plain(fingerprint);
  if (isSame) note('good', text('same'));
  else if (plain(trusted) !== '') note('bad', text('changed'));
  else note(isTrusted ? 'good' : 'odd', isTrusted ? text('trusted') : text('untrusted', { problem: problem ?? '?' }));
  const isOver = Date.parse(validTo ?? '') < nowMs || Date.parse(validFrom ?? '') > nowMs;
  if (isOver) note('odd', text('expired'));
  if (isSame) return;
  $('<button type="button" class="red-ui-button" id="hsp-config-trust">')
    .text(text('use'))
    .on('click', onTrust)
    .appendTo(container);
}

function plain(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-f]/gi, '').toLowerCase();
}
