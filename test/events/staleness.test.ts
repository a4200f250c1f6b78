import { describe, expect, it } from 'vitest';
import { Staleness } from '../../lib/events/staleness';

const now = Date.parse('2024-05-01T12:00:00Z');
const second = 1_000;
const minute = 60 * second;

describe('with the clock of the device measured', () => {
  it('older than 30 s is stale, exactly 30 s is not', () => {
    const staleness = new Staleness();
    staleness.measured(0, 0);
    expect(staleness.isStale(now, true, now)).toBe(false);
    expect(staleness.isStale(now - 30_000, true, now)).toBe(false);
    expect(staleness.isStale(now - 30_001, true, now)).toBe(true);
  });

  it('a clock in 1970 is as good as any', () => {
    const device = Date.parse('1970-01-01T00:10:00Z');
    const staleness = new Staleness();
    staleness.measured(device - now, null);
    expect(staleness.isStale(device, true, now)).toBe(false);
    expect(staleness.isStale(device + 5 * minute, true, now + 5 * minute)).toBe(false);
    expect(staleness.isStale(device, true, now + 5 * minute)).toBe(true);
  });

  it('a clock ahead of ours hides no replay', () => {
    const staleness = new Staleness();
    staleness.measured(3_600 * second, null);
    expect(staleness.isStale(now + 3_600 * second, true, now)).toBe(false);
    expect(staleness.isStale(now + 3_600 * second - 31 * second, true, now)).toBe(true);
    expect(staleness.isStale(now, true, now)).toBe(true);
  });

  it('messages without a zone count by the wall clock of the device', () => {
    const staleness = new Staleness();
    // A device in UTC+8 whose clock is right: its wall clock read as UTC is 8 h ahead.
    staleness.measured(0, 8 * 3_600 * second);
    const wall = now + 8 * 3_600 * second;
    expect(staleness.isStale(wall, false, now)).toBe(false);
    expect(staleness.isStale(wall - 31 * second, false, now)).toBe(true);
    expect(staleness.isStale(now, true, now)).toBe(false);
  });

  it('a sign of life tells when the offset is no longer true', () => {
    const staleness = new Staleness();
    expect(staleness.disagrees(now - 3_600 * second, true, now)).toBe(false);
    staleness.measured(0, null);
    expect(staleness.disagrees(now - 30 * second, true, now)).toBe(false);
    expect(staleness.disagrees(now - 31 * second, true, now)).toBe(true);
    expect(staleness.disagrees(now + 31 * second, true, now)).toBe(true);
    expect(staleness.disagrees(null, true, now)).toBe(false);
    expect(staleness.disagrees(0, false, now)).toBe(false);
  });
});

describe('with a clock that could not be measured', () => {
  it('no message is stale by comparing wall clocks', () => {
    for (const device of ['1970-01-01T00:00:20Z', '2004-02-29T12:00:00Z', '2034-01-04T07:57:03Z'])
      expect(new Staleness().isStale(Date.parse(device), true, now)).toBe(false);
  });

  it('the order of receipt decides: what is older than something received before is a replay', () => {
    const staleness = new Staleness();
    const device = Date.parse('2004-01-01T00:00:00Z');
    expect(staleness.isStale(device, true, now)).toBe(false);
    expect(staleness.isStale(device - 30 * second, true, now)).toBe(false);
    expect(staleness.isStale(device - 31 * second, true, now)).toBe(true);
    expect(staleness.isStale(device + second, true, now + second)).toBe(false);
  });

  it('a clock that was set back heals within about a minute', () => {
    const staleness = new Staleness();
    staleness.isStale(now, true, now);
    const back = 3_600 * second;
    const verdicts: boolean[] = [];
    for (let passed = second; passed <= 70 * second; passed += second)
      verdicts.push(staleness.isStale(now - back + passed, true, now + passed));
    expect(verdicts[0]).toBe(true);
    expect(verdicts.slice(0, 60).every(Boolean)).toBe(true);
    expect(verdicts.slice(62).some(Boolean)).toBe(false);
  });

  it('a message of now in between ends the doubt about the clock', () => {
    const staleness = new Staleness();
    staleness.isStale(now, true, now);
    expect(staleness.isStale(now - 3_600 * second, true, now + 40 * second)).toBe(true);
    expect(staleness.isStale(now + 50 * second, true, now + 50 * second)).toBe(false);
    expect(staleness.isStale(now - 3_600 * second, true, now + 110 * second)).toBe(true);
  });
});

it('a message without a time is never stale', () => {
  const staleness = new Staleness();
  expect(staleness.isStale(null, false, now)).toBe(false);
  staleness.measured(0, 0);
  expect(staleness.isStale(null, false, now)).toBe(false);
});
