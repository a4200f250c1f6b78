/** The call of a dialog as a line for a terminal. Pure. */
import { callLine } from '../../lib/call-line';
import { fixedText, hasEnvironment, type EditorCommand, type TypedField } from './checks';

/** The properties of a device in the editor that lead to it; an older flow lacks some. */
export interface DeviceInEditor {
  readonly protocol?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly tls?: unknown;
  readonly caFile?: unknown;
  readonly fingerprint?: unknown;
  readonly allowBasic?: unknown;
}

export interface DialogLine {
  readonly line: string;
  /** Titles of parameters that only a message brings, so that they are not in the line. */
  readonly later: readonly string[];
  /** Titles of parameters that are secret, so that they are not in the line. */
  readonly secret: readonly string[];
}

/** Stands for what is not known here; an address of the documentation. */
const SOME_HOST = '192.0.2.10';
const SOME_USER = 'admin';

const SCHEMES = ['http', 'https', 'hsp', 'hsps'];

/** @param user of the device; null where the editor does not know it. @returns null for a device that cannot be called. */
export function dialogLine(
  device: DeviceInEditor | null,
  user: string | null,
  command: EditorCommand,
  fields: Readonly<Record<string, TypedField | undefined>>,
): DialogLine | null {
  const protocol = textOf(device?.protocol) || 'http';
  if (protocol === 'ehome') return null;
  const args: Record<string, string> = {};
  const later: string[] = [];
  const secret: string[] = [];
  for (const [name, param] of Object.entries(command.params)) {
    const text = fixedText(fields[name]);
    const isMissing = text === '' && param.default === undefined && param.optional !== true;
    if (text === null || isMissing) later.push(param.title);
    else if (text !== '' && isSecret(name)) secret.push(param.title);
    else if (text !== '') args[name] = param.kind === 'json' ? jsonText(text, fields[name]?.type) : text;
  }
  const isConfirmed = command.effect === 'danger';
  const options = device === null ? [] : optionsOf(device, protocol);
  return {
    line: callLine({ url: urlOf(device, protocol, user), command: command.name, args, options, isConfirmed }),
    later,
    secret,
  };
}

/** A text that could be read as something else is written as the JSON of a text. */
function jsonText(text: string, type: string | undefined): string {
  return type === 'str' && /^\s*["[{\d-]|^\s*(?:true|false|null)/.test(text) ? JSON.stringify(text) : text;
}

/** What is secret stands on no command line, where every process of a computer can read it. */
export function isSecret(parameter: string): boolean {
  return /password$/i.test(parameter) && parameter !== 'withPassword';
}

function urlOf(device: DeviceInEditor | null, protocol: string, user: string | null): string {
  const known = knownText(device?.host);
  const host = known === '' ? SOME_HOST : known;
  const port = knownText(device?.port);
  const scheme = SCHEMES.includes(protocol) ? protocol : 'http';
  const name = user === null || user === '' || hasEnvironment(user) ? SOME_USER : user;
  const place = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${scheme}://${encodeURIComponent(name)}@${place}${port === '' ? '' : `:${port}`}`;
}

function optionsOf(device: DeviceInEditor, protocol: string): string[] {
  const options = protocol === 'auto' ? ['--protocol', 'auto'] : [];
  if (device.allowBasic === true && (protocol === 'http' || protocol === 'auto')) options.push('--allow-basic');
  if (protocol !== 'https' && protocol !== 'hsps') return options;
  const caFile = knownText(device.caFile);
  const fingerprint = knownText(device.fingerprint);
  if (device.tls === 'any') options.push('--insecure');
  if (device.tls === 'ca' && caFile !== '') options.push('--ca', caFile);
  if (device.tls === 'fingerprint' && fingerprint !== '') options.push('--fingerprint', fingerprint);
  return options;
}

/** An environment variable of Node-RED is none of the terminal's. */
function knownText(value: unknown): string {
  const text = textOf(value);
  return hasEnvironment(text) ? '' : text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}
