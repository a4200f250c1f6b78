import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeviceTime } from '../../lib/codec/device-time';

/** The form on the wire, what it is called, and the moment. Null: no time. */
const forms: readonly (readonly [text: string, iso: string, utc: string, hasOffset: boolean])[] = [
  ['2024-05-01T12:34:56+08:00', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  ['2018-01-31T07:21:21-05:00', '2018-01-31T07:21:21-05:00', '2018-01-31T12:21:21Z', true],
  ['2024-05-01T12:34:56+05:30', '2024-05-01T12:34:56+05:30', '2024-05-01T07:04:56Z', true],
  ['2024-05-01T12:34:56-03:30', '2024-05-01T12:34:56-03:30', '2024-05-01T16:04:56Z', true],
  ['2024-05-01T12:34:56Z', '2024-05-01T12:34:56Z', '2024-05-01T12:34:56Z', true],
  ['2024-05-01T12:34:56z', '2024-05-01T12:34:56Z', '2024-05-01T12:34:56Z', true],
  ['20240501T123456Z', '2024-05-01T12:34:56Z', '2024-05-01T12:34:56Z', true],
  // No zone: the wall clock of the device, read as UTC.
  ['2024-05-01T12:34:56', '2024-05-01T12:34:56', '2024-05-01T12:34:56Z', false],
  ['2024-05-01 12:34:56', '2024-05-01T12:34:56', '2024-05-01T12:34:56Z', false],
  ['20240501T123456', '2024-05-01T12:34:56', '2024-05-01T12:34:56Z', false],
  // Milliseconds
  ['2024-05-01T12:34:56.789+08:00', '2024-05-01T12:34:56.789+08:00', '2024-05-01T04:34:56.789Z', true],
  ['2024-05-01T12:34:56.7', '2024-05-01T12:34:56.700', '2024-05-01T12:34:56.700Z', false],
  ['2024-05-01T12:34:56.123456Z', '2024-05-01T12:34:56.123Z', '2024-05-01T12:34:56.123Z', true],
  ['20230811134900555', '2023-08-11T13:49:00.555', '2023-08-11T13:49:00.555Z', false],
  ['20230811134900', '2023-08-11T13:49:00', '2023-08-11T13:49:00Z', false],
  // The sign of the zone was lost (a recorder and a door station).
  ['2019-11-17T17:53:4200:00', '2019-11-17T17:53:42+00:00', '2019-11-17T17:53:42Z', true],
  ['2019-11-17T17:53:4208:00', '2019-11-17T17:53:42+08:00', '2019-11-17T09:53:42Z', true],
  // The zone without its colon
  ['2024-05-01T12:34:56+0800', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  // The zone by its hours alone, behind a blank, and with a blank where a query had its plus sign
  ['2024-05-01T12:34:56+08', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  ['2024-05-01T12:34:56-03', '2024-05-01T12:34:56-03:00', '2024-05-01T15:34:56Z', true],
  ['2024-05-01 12:34:56 +08:00', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  ['2024-05-01T12:34:56 08:00', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  // Without seconds, as the examples of the vendor's guides; a fraction behind a comma (ISO 8601); slashes
  ['2009-11-14T15:27Z', '2009-11-14T15:27:00Z', '2009-11-14T15:27:00Z', true],
  ['2024-05-01T12:34+08:00', '2024-05-01T12:34:00+08:00', '2024-05-01T04:34:00Z', true],
  ['2024-05-01T12:34:56,789+08:00', '2024-05-01T12:34:56.789+08:00', '2024-05-01T04:34:56.789Z', true],
  ['2024/05/01 12:34:56', '2024-05-01T12:34:56', '2024-05-01T12:34:56Z', false],
  // Clocks that were never set
  ['1970-01-01T00:00:20+08:00', '1970-01-01T00:00:20+08:00', '1969-12-31T16:00:20Z', true],
  ['2004-02-29T23:59:59+00:00', '2004-02-29T23:59:59+00:00', '2004-02-29T23:59:59Z', true],
  ['2024-05-01 12:34:56+08:00', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
  // The first and the last that each field may be, and a year that Date.UTC would take for another.
  ['0001-01-01T00:00:00+00:00', '0001-01-01T00:00:00+00:00', '0001-01-01T00:00:00Z', true],
  ['0099-12-31T23:59:59-23:59', '0099-12-31T23:59:59-23:59', '0100-01-01T23:58:59Z', true],
  ['0100-01-01T00:00:00+23:59', '0100-01-01T00:00:00+23:59', '0099-12-31T00:01:00Z', true],
  ['9999-12-31T23:59:59+00:00', '9999-12-31T23:59:59+00:00', '9999-12-31T23:59:59Z', true],
  // ISO 8601 has a midnight at the end of a day, too.
  ['2024-05-01T24:00:00+08:00', '2024-05-01T24:00:00+08:00', '2024-05-01T16:00:00Z', true],
  ['2023-02-28T00:00:00+00:00', '2023-02-28T00:00:00+00:00', '2023-02-28T00:00:00Z', true],
  ['2024-02-29T00:00:00+00:00', '2024-02-29T00:00:00+00:00', '2024-02-29T00:00:00Z', true],
  ['2024-04-30T10:00:00+00:00', '2024-04-30T10:00:00+00:00', '2024-04-30T10:00:00Z', true],
  [' \t2024-05-01T12:34:56+08:00\r\n', '2024-05-01T12:34:56+08:00', '2024-05-01T04:34:56Z', true],
];

const USUAL = '2024-05-01T12:34:56+08:00';

const invalid = [
  '',
  ' ',
  'now',
  '0',
  '2024',
  '2024-05-01',
  '12:34:56',
  '2024-13-01T12:34:56+08:00',
  '2024-00-01T12:34:56+08:00',
  '2024-05-32T12:34:56+08:00',
  '2024-02-30T12:34:56+08:00',
  '2023-02-29T12:34:56',
  '2024-05-01T25:34:56+08:00',
  '2024-05-01T12:60:56+08:00',
  '2024-05-01T12:34:61+08:00',
  '2024-05-01T12:34:56+08:60',
  '2024-05-01T12:34:56+24:00',
  '2024-05-01T12:34:56+99:00',
  '2024x05x01T12:34:56+08:00',
  '2024-05-01T12x34x56+08:00',
  // One separator at a time.
  ...[4, 7, 10, 13, 16, 19, 22].map((at) => `${USUAL.slice(0, at)}x${USUAL.slice(at + 1)}`),
  // The signs before 0 and behind 9, at each digit.
  ...[...USUAL].flatMap((sign, at) =>
    /\d/.test(sign) ? ['/', ';'].map((other) => `${USUAL.slice(0, at)}${other}${USUAL.slice(at + 1)}`) : [],
  ),
  '2023-02-29T12:34:56+08:00',
  '2024-04-31T12:34:56+08:00',
  '2024-05-00T12:34:56+08:00',
  '2024-05-01T24:00:01+08:00',
  '2024-05-01T12:34:60+08:00',
  `0${USUAL}`,
  USUAL.slice(1),
  '2024-05-01T12:34:5a+08:00',
  '2024-05-01T12:34:56+08:00 more',
  '９024-05-01T12:34:56+08:00',
  `2024-05-01T12:34:56.${'1'.repeat(5_000)}`,
];

describe('parseDeviceTime', () => {
  for (const [text, iso, utc, hasOffset] of forms) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseDeviceTime(text)).toEqual({ iso, ms: Date.parse(utc), hasOffset });
    });
  }

  for (const text of invalid) {
    it(`${JSON.stringify(text.slice(0, 40))} is no time`, () => expect(parseDeviceTime(text)).toBeNull());
  }

  it('nothing is no time', () => {
    expect(parseDeviceTime(null)).toBeNull();
    expect(parseDeviceTime(undefined)).toBeNull();
  });

  const two = (value: number): string => String(value).padStart(2, '0');
  const anyTime = fc
    .tuple(
      fc.integer({ min: 1, max: 9_999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 24 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.constantFrom('+', '-'),
      fc.integer({ min: 0, max: 25 }),
      fc.integer({ min: 0, max: 61 }),
    )
    .map(
      ([year, month, day, hour, minute, second, sign, zoneHour, zoneMinute]) =>
        `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${sign}${two(zoneHour)}:${two(zoneMinute)}`,
    );

  it('the quick way for the usual form and the way for all forms give the same', () => {
    fc.assert(
      // A blank in front sends the same text the other way.
      fc.property(anyTime, (text) => {
        expect(parseDeviceTime(text)).toEqual(parseDeviceTime(` ${text}`));
      }),
      { numRuns: 5_000 },
    );
  });

  it('agrees with the calendar', () => {
    const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: -1_439, max: 1_439 }), (date, offsetMinutes) => {
        const second = Math.floor(date.getTime() / 1_000) * 1_000;
        const local = new Date(second + offsetMinutes * 60_000).toISOString().slice(0, 19);
        const minutes = Math.abs(offsetMinutes);
        const text = `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
        expect(parseDeviceTime(text)).toEqual({ iso: text, ms: second, hasOffset: true });
      }),
    );
  });

  it('any text gives a moment or null, and what it gives reads back the same', () => {
    const alphabet = fc.constantFrom(...'0123456789012345678901234567890123456789-:TZ+. '.split(''));
    const text = fc.oneof(
      fc.string(),
      fc.array(alphabet, { maxLength: 30 }).map((signs) => signs.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const moment = parseDeviceTime(input);
        if (moment === null) return;
        expect(Number.isFinite(moment.ms)).toBe(true);
        expect(parseDeviceTime(moment.iso)).toEqual(moment);
      }),
      { numRuns: 3_000 },
    );
  });
});
