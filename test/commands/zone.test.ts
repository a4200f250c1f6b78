import { describe, expect, it } from 'vitest';
import { formatWall, offsetAt, parseStamp, parseZone } from '../../lib/commands/zone';

const hours = (zone: string, time: string): number | undefined => {
  const parsed = parseZone(zone);
  return parsed === undefined ? undefined : offsetAt(parsed, Date.parse(time)) / 3_600_000;
};

describe('the zone of a device', () => {
  it('has its sign inverted', () => {
    expect(hours('CST-8:00:00', '2024-05-01T00:00:00Z')).toBe(8);
    expect(hours('CST+5:00:00', '2024-05-01T00:00:00Z')).toBe(-5);
    expect(hours('GMT+00:00:00', '2024-05-01T00:00:00Z')).toBe(0);
    expect(hours('IST-5:30:00', '2024-05-01T00:00:00Z')).toBe(5.5);
    expect(hours('<+03>-3', '2024-05-01T00:00:00Z')).toBe(3);
  });

  it('moves with the rules of central Europe', () => {
    const zone = 'CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00';
    expect(hours(zone, '2024-03-31T00:59:59Z')).toBe(1);
    expect(hours(zone, '2024-03-31T01:00:00Z')).toBe(2);
    expect(hours(zone, '2024-10-27T00:59:59Z')).toBe(2);
    expect(hours(zone, '2024-10-27T01:00:00Z')).toBe(1);
  });

  it('moves with the rules of the United States', () => {
    const zone = 'CST+5:00:00DST01:00:00,M3.2.0/02:00:00,M11.1.0/02:00:00';
    expect(hours(zone, '2024-03-10T06:59:59Z')).toBe(-5);
    expect(hours(zone, '2024-03-10T07:00:00Z')).toBe(-4);
    expect(hours(zone, '2024-11-03T05:59:59Z')).toBe(-4);
    expect(hours(zone, '2024-11-03T06:00:00Z')).toBe(-5);
  });

  it('moves over New Year in the south, by half an hour where that is so', () => {
    const zone = 'CST-10:30:00DST00:30:00,M10.1.0/02:00:00,M4.1.0/02:00:00';
    expect(hours(zone, '2024-01-01T00:00:00Z')).toBe(11);
    expect(hours(zone, '2024-07-01T00:00:00Z')).toBe(10.5);
    expect(hours(zone, '2024-12-31T23:59:59Z')).toBe(11);
  });

  it('is not guessed', () => {
    for (const text of [
      '',
      'Europe/Berlin',
      'CST-8:00:00DST01:00:00,J60,J300',
      '-8',
      'CST-99:00:00',
      'CST-1DST1,M13.1.0,M14.1.0',
    ]) {
      expect(parseZone(text), text).toBeUndefined();
    }
  });
});

describe('a time of a device', () => {
  it('is taken apart', () => {
    const wallMs = Date.parse('2024-05-01T12:34:56Z');
    expect(parseStamp('2024-05-01T12:34:56+08:00')).toEqual({ wallMs, offsetMs: 28_800_000 });
    expect(parseStamp('2024-05-01T12:34:56-03:30')).toEqual({ wallMs, offsetMs: -12_600_000 });
    expect(parseStamp('2024-05-01T12:34:56Z')).toEqual({ wallMs, offsetMs: 0 });
    expect(parseStamp('2024-05-01T12:34:56')).toEqual({ wallMs, offsetMs: null });
  });

  it('is understood without the sign of its offset', () => {
    expect(parseStamp('2019-11-17T17:53:4202:00')?.offsetMs).toBe(7_200_000);
  });

  it('is not guessed', () => {
    for (const text of ['', 'now', '2024-13-01T00:00:00', '2024-05-01']) expect(parseStamp(text), text).toBeUndefined();
  });

  it('is written as a wall clock', () => {
    expect(formatWall(Date.parse('2024-05-01T12:34:56.789Z'))).toBe('2024-05-01T12:34:56');
  });
});
