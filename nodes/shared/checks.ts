/** What the edit dialogs know of a command, as data that can stand in a script, and how they check what is typed. Pure. */

/** A parameter, as far as a field needs it; see `Param` of the registry. A pattern is its source text. */
export interface EditorParam {
  readonly kind: 'integer' | 'number' | 'text' | 'boolean' | 'choice' | 'time' | 'json';
  readonly title: string;
  readonly description?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  readonly pattern?: { readonly source: string; readonly flags: string; readonly meaning: string };
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly optional?: true;
  /** A value as it is typed; for kinds that are not plain. */
  readonly example?: string;
  /** What it numbers, and by which other parameters: the device can tell the names. */
  readonly names?: { readonly kind: string; readonly by: readonly string[] };
}

export interface EditorCommand {
  /** `camera.snapshot` */
  readonly name: string;
  readonly family: string;
  readonly title: string;
  readonly summary: string;
  readonly effect: 'read' | 'act' | 'write' | 'danger';
  /** The class of devices that it is for; null for cameras and recorders in general. */
  readonly deviceClass: string | null;
  readonly params: Readonly<Record<string, EditorParam>>;
}

/** Kinds of events that stand together in a dialog, with their icons of Font Awesome. */
export interface KindGroup {
  readonly group: string;
  readonly icon: string;
  readonly kinds: readonly { readonly kind: string; readonly icon: string }[];
}

/** A field: a value, or where to find it when a message comes (`msg`, `flow`, `env`, ...). */
export interface TypedField {
  readonly type: string;
  readonly value: string;
}

/** The field is left to the default of the command. */
export const DEFAULT_TYPE = 'default';
/** Where a value may come from when a message arrives. */
export const LOOKED_UP = ['msg', 'flow', 'global', 'env', 'jsonata'] as const;

/** The fields of a device that lead to it: what dialogs send, and what the runtime reads of it, beside the tick `allowBasic`. */
export const ADDRESS_FIELDS = [
  'host',
  'port',
  'protocol',
  'tls',
  'caFile',
  'fingerprint',
  'login',
  'deviceId',
] as const;

/** True for a text that holds an environment variable: what it says is known only when the flow runs. */
export function hasEnvironment(value: unknown): boolean {
  return typeof value === 'string' && /\$\{[^{}]+\}/.test(value);
}

/** Seconds, up to a day; empty is fine. */
export function isSeconds(value: unknown): boolean {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (text === '' || hasEnvironment(text)) return true;
  const seconds = Number(text.replace(',', '.'));
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= 86_400;
}

/** What is wrong with a field; the dialog has a text for each (`hsp-command.wrong`). */
export type FieldProblem = 'empty' | 'number' | 'whole' | 'range' | 'pattern' | 'long' | 'choice' | 'time' | 'json';

/** Why the command cannot take what stands in the field; null where it can. What is looked up later is taken on trust. */
export function fieldProblem(param: EditorParam, field: TypedField | undefined): FieldProblem | null {
  const isLeftOut = field === undefined || field.type === DEFAULT_TYPE || field.value.trim() === '';
  if (isLookedUp(field)) return isLeftOut ? 'empty' : null;
  // Nothing given: fine where there is a default, and where the message may bring it.
  if (isLeftOut) return null;
  const { type, value } = field;
  switch (param.kind) {
    case 'integer':
    case 'number': {
      const number = Number(value);
      if (!Number.isFinite(number)) return 'number';
      if (param.kind === 'integer' && !Number.isInteger(number)) return 'whole';
      return number >= (param.min ?? -Infinity) && number <= (param.max ?? Infinity) ? null : 'range';
    }
    case 'text':
      if (param.pattern !== undefined && !new RegExp(param.pattern.source, param.pattern.flags).test(value))
        return 'pattern';
      return value.length <= (param.maxLength ?? Infinity) ? null : 'long';
    case 'boolean':
    case 'choice':
      return (param.choices ?? ['true', 'false']).includes(value) ? null : 'choice';
    case 'time':
      return Number.isNaN(Date.parse(value)) ? 'time' : null;
    case 'json':
      // Bytes come as text (base64).
      return type === 'str' || isJson(value) ? null : 'json';
  }
}

export function isFieldValid(param: EditorParam, field: TypedField | undefined): boolean {
  return fieldProblem(param, field) === null;
}

function isLookedUp(field: TypedField | undefined): boolean {
  return (LOOKED_UP as readonly string[]).includes(field?.type ?? '');
}

/** What a field says as text, `''` for one that is left out; null where only a message, or the runtime, knows it. */
export function fixedText(field: TypedField | undefined): string | null {
  if (isLookedUp(field) || hasEnvironment(field?.value)) return null;
  if (field === undefined || field.type === DEFAULT_TYPE) return '';
  const text = field.value;
  if (field.type !== 'num') return text;
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? text.trim() : String(number);
}

export function areFieldsValid(command: EditorCommand | undefined, args: unknown): boolean {
  if (command === undefined || typeof args !== 'object' || args === null) return true;
  const fields = args as Record<string, TypedField | undefined>;
  return Object.entries(command.params).every(([name, param]) => isFieldValid(param, fields[name]));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
