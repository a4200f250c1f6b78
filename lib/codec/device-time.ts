/** Times as devices write them (isapi.md §0.4). */

export interface DeviceMoment {
  /** ISO 8601, with the offset where the device gave one. */
  readonly iso: string;
  /**
   * Milliseconds since 1970. Where the device gave no offset, its wall clock read as UTC: good for differences between times
   * of that device, not for comparing with ours.
   */
  readonly ms: number;
  readonly hasOffset: boolean;
}

/**
 * `2024-05-01T12:34:56+08:00`, with or without fraction and offset, and what firmware makes of it: a lost sign
 * (`17:53:4200:00`, or a blank where a query had a plus), an offset without colon or minutes, a blank for the T, no seconds,
 * `20230811134900555`, `20240501T123456Z`.
 *
 * @returns null for anything that is no time.
 */
export function parseDeviceTime(text: string | null | undefined): DeviceMoment | null {
  if (text === null || text === undefined) return null;
  const usual = fast(text);
  if (usual !== null) return usual;
  const match = FORM.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '00', fraction, zulu, sign = '+', ...offsets] = match;
  const [signedHour, signedMinute, unsignedHour, unsignedMinute] = offsets;
  const offsetHour = signedHour ?? unsignedHour;
  const offsetMinute = signedMinute ?? unsignedMinute ?? '00';
  const millis = fraction === undefined ? '' : `.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const hasOffset = zulu !== undefined || offsetHour !== undefined;
  const offset = zulu !== undefined ? 'Z' : offsetHour === undefined ? '' : `${sign}${offsetHour}:${offsetMinute}`;
  const date = `${year}-${month}-${day}`;
  const iso = `${date}T${hour}:${minute}:${second}${millis}${offset}`;
  const ms = Date.parse(hasOffset ? iso : `${iso}Z`);
  // The 31st of a shorter month is read by Date.parse as the 1st of the next one.
  const midnight = new Date(Date.parse(`${date}T00:00:00Z`));
  return Number.isNaN(ms) || midnight.getUTCDate() !== Number(day) ? null : { iso, ms, hasOffset };
}

const FORM =
  /^(\d{4})[-/]?(\d{2})[-/]?(\d{2})[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]?(\d{1,9}?))?)? ?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?|(\d{2}):?(\d{2}))?$/i;

const DASH = 0x2d;
const COLON = 0x3a;

/** `2024-05-01T12:34:56+08:00` digit by digit: nearly every event has this form, and `Date.parse` costs ten times as much. */
function fast(text: string): DeviceMoment | null {
  if (text.length !== 25 || text.charCodeAt(10) !== 0x54) return null;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return null;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON || text.charCodeAt(22) !== COLON) return null;
  const sign = text.charCodeAt(19);
  if (sign !== 0x2b && sign !== 0x2d) return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const offsetHour = digits(text, 20, 22);
  const offsetMinute = digits(text, 23, 25);
  if (!(
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    offsetHour <= 23 &&
    offsetMinute <= 59
  ))
    return null;
  if (!(year >= 100)) return null; // Date.UTC takes 50 for 1950
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  if (day > 28 && new Date(local).getUTCDate() !== day) return null; // the 31st of a shorter month
  return {
    iso: text,
    ms: local - (sign === 0x2b ? 1 : -1) * (offsetHour * 60 + offsetMinute) * 60_000,
    hasOffset: true,
  };
}

/** Decimal digits as a number; NaN when one is none. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}
