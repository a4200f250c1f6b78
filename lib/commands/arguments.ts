/** The arguments of a command, checked against its parameters. */
import { ArgumentError, type Violation } from '../errors';
import type { CheckedArguments, Param, Params } from './command';

type Checked = { readonly value: unknown } | { readonly expected: string };

/**
 * Checks what a caller handed in and fills the defaults in. Text is taken for numbers (`"3"`) and truths (`"true"`), because
 * Node-RED, MQTT and the shell hand over text. What is missing, `null`, or an empty text where no text is wanted counts as
 * left out.
 *
 * @throws ArgumentError naming every violation at once, unknown names included.
 */
export function checkArguments<P extends Params>(
  name: string,
  params: P,
  given: Readonly<Record<string, unknown>>,
): CheckedArguments<P> {
  const violations: Violation[] = [];
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Buffer.isBuffer(given)) {
    throw new ArgumentError([{ parameter: 'arguments', given, expected: 'an object with the parameters by name' }], {
      operation: name,
    });
  }
  const known = Object.keys(params);
  for (const parameter of Object.keys(given)) {
    if (Object.hasOwn(params, parameter)) continue;
    const expected = known.length === 0 ? `no parameters for ${name}` : `one of the parameters ${known.join(', ')}`;
    violations.push({ parameter, given: shown(parameter, given[parameter]), expected });
  }

  const checked: Record<string, unknown> = {};
  for (const [parameter, param] of Object.entries(params)) {
    const value = Object.hasOwn(given, parameter) ? given[parameter] : undefined;
    if (isLeftOut(param, value)) {
      if (param.default === undefined && param.optional !== true) {
        violations.push({ parameter, given: value, expected: expectation(param) });
      }
      checked[parameter] = param.default;
      continue;
    }
    const result = check(param, value);
    if ('expected' in result) violations.push({ parameter, given: shown(parameter, value), expected: result.expected });
    else checked[parameter] = result.value;
  }
  if (violations.length > 0) throw new ArgumentError(violations, { operation: name });
  return checked as CheckedArguments<P>;
}

/** What a message may repeat of an argument: no secret, also when it is none that we take, or lies within another one. */
export function shown(parameter: string, value: unknown): unknown {
  if (SECRET.test(parameter)) return '***';
  if (typeof value !== 'object' || value === null) return value;
  let hasSecret = false;
  try {
    const text = JSON.stringify(value, (name, inner: unknown) => {
      if (!SECRET.test(name)) return inner;
      hasSecret = true;
      return '***';
    });
    return hasSecret ? (JSON.parse(text) as unknown) : value;
  } catch {
    return typeof value; // a cycle, or nested beyond all bounds
  }
}

const SECRET = /pass|pwd|secret|token/i;

function isLeftOut(param: Param, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'string' && param.kind !== 'text' && value.trim() === '';
}

function check(param: Param, value: unknown): Checked {
  const wrong: Checked = { expected: expectation(param) };
  switch (param.kind) {
    case 'integer':
    case 'number': {
      const number = numberFrom(value);
      if (number === undefined || number < param.min || number > param.max) return wrong;
      return param.kind === 'integer' && !Number.isInteger(number) ? wrong : { value: number === 0 ? 0 : number };
    }
    case 'boolean': {
      const truth = truthFrom(value);
      return truth === undefined ? wrong : { value: truth };
    }
    case 'choice': {
      const word = String(typeof value === 'string' || typeof value === 'number' ? value : '').trim();
      const choice =
        param.choices.find((one) => one === word) ??
        param.choices.find((one) => one.toLowerCase() === word.toLowerCase());
      return choice === undefined ? wrong : { value: choice };
    }
    case 'text': {
      const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
      if (typeof text !== 'string' || text.length > param.maxLength) return wrong;
      return param.pattern === undefined || param.pattern.expression.test(text) ? { value: text } : wrong;
    }
    case 'time': {
      const time = timeFrom(value);
      return time === undefined ? wrong : { value: time };
    }
    case 'json':
      return isJson(value) ? { value } : wrong;
  }
}

/** What a parameter takes, in words. */
function expectation(param: Param): string {
  const unit = param.unit === undefined ? '' : ` ${param.unit}`;
  switch (param.kind) {
    case 'integer':
      return `a whole number ${param.min} to ${param.max}${unit}`;
    case 'number':
      return `a number ${param.min} to ${param.max}${unit}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return param.choices.length === 1 ? String(param.choices[0]) : `one of ${param.choices.join(', ')}`;
    case 'text':
      return param.pattern?.meaning ?? `a text of at most ${param.maxLength} characters`;
    case 'time':
      return 'a date and time such as 2024-05-01T12:34:56+02:00';
    case 'json':
      return 'a text, a Buffer or a JSON value';
  }
}

function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*$/.test(value)) return undefined;
  return Number(value);
}

function truthFrom(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  switch (String(value).trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'on':
    case 'yes':
      return true;
    case 'false':
    case '0':
    case 'off':
    case 'no':
      return false;
    default:
      return undefined;
  }
}

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?$/;

/** ISO 8601 text as it came; a Date, or milliseconds since 1970 as Node-RED's inject node gives them, as UTC. */
function timeFrom(value: unknown): string | undefined {
  if (value instanceof Date || typeof value === 'number') {
    const ms = Number(value);
    return ms >= 0 && ms <= 253_402_300_799_999 ? new Date(ms).toISOString() : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{12,14}$/.test(text)) return timeFrom(Number(text));
  const parts = ISO_TIME.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? '0'));
  // The 31st of April is moved to May by Date; a date that is not itself afterwards does not exist.
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0));
  const isReal = date.getUTCMonth() + 1 === month && date.getUTCDate() === day && date.getUTCHours() === hour;
  return isReal && date.getUTCMinutes() === minute && date.getUTCSeconds() === (second ?? 0) ? text : undefined;
}

function isJson(value: unknown): boolean {
  if (Buffer.isBuffer(value)) return true;
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    // A cycle or a BigInt: no JSON, which is all that was asked.
    return false;
  }
}
