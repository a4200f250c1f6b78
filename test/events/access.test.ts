import { describe, expect, it } from 'vitest';
import { accessRecordOf } from '../../lib/events/access';
import { accessMeaning, isDoorbell } from '../../lib/events/access-codes';

describe('what a pair of numbers means', () => {
  it.each([
    [5, 0x01, { key: 'cardGranted', category: 'access', granted: true, reason: null, method: 'card' }],
    [5, 0x4b, { key: 'faceGranted', category: 'access', granted: true, reason: null, method: 'face' }],
    [5, 0x08, { key: 'cardExpired', category: 'access', granted: false, reason: 'expired', method: 'card' }],
    [5, 0x0a, { key: 'antiPassback', category: 'access', granted: false, reason: 'antiPassback', method: null }],
    [5, 0x10, { key: 'multiAuthGranted', category: 'access', granted: true, reason: null, method: null }],
    [5, 0x19, { key: 'doorContactOpen', category: 'door', granted: null, reason: null, method: null }],
    [3, 0x400, { key: 'remoteOpen', category: 'operation', granted: null, reason: null, method: null }],
  ])('%i/%i', (major, minor, meaning) => expect(accessMeaning(major, minor)).toEqual(meaning));

  it.each([
    [1, 0x7777, 'unknown', 'alarm'],
    [2, 0x7777, 'unknown', 'fault'],
    [3, 0x7777, 'unknown', 'operation'],
    [5, 0x7777, 'unknown', 'other'],
    [4, 1, 'unknown', 'other'],
    [null, 1, 'unknown', 'other'],
    [5, null, 'unknown', 'other'],
    [5, 0x4ff, 'unknown', 'other'],
    [5, 0x500, 'custom', 'other'],
    [5, 0x53f, 'custom', 'other'],
    [5, 0x540, 'unknown', 'other'],
    [5, 0x900, 'unknown', 'other'],
    [1, 0x8ff, 'unknown', 'alarm'],
    [1, 0x900, 'custom', 'alarm'],
    [3, 0x93f, 'custom', 'operation'],
    [3, 0x940, 'unknown', 'operation'],
    [3, 0x500, 'unknown', 'operation'],
  ])('that no table has: %j/%j is %s of the category %s', (major, minor, key, category) => {
    expect(accessMeaning(major, minor)).toEqual({ key, category, granted: null, reason: null, method: null });
  });

  it('only 5/37 is the bell; a door that is opened from afar is none', () => {
    expect(isDoorbell(5, 37)).toBe(true);
    expect(isDoorbell(3, 37)).toBe(false);
    expect(isDoorbell(3, 1_024)).toBe(false);
    expect(isDoorbell(null, 37)).toBe(false);
  });
});

describe('a record of access', () => {
  const said = {
    doorNo: 1,
    cardReaderNo: 2,
    cardNo: '0011223344',
    name: 'Person A',
    userType: 'normal',
    currentVerifyMode: 'cardOrFace',
    attendanceStatus: 'checkIn',
    serialNo: 41,
  };
  const read = {
    key: 'cardGranted',
    category: 'access',
    granted: true,
    reason: null,
    method: 'card',
    major: 5,
    minor: 1,
    door: 1,
    reader: 2,
    card: '0011223344',
    person: '0042',
    personName: 'Person A',
    userType: 'normal',
    verifyMode: 'cardOrFace',
    attendance: 'checkIn',
    serialNo: 41,
  };

  it('says the same in a live event and in the history', () => {
    expect(accessRecordOf({ ...said, majorEventType: 5, subEventType: 1, employeeNoString: '0042' })).toEqual(read);
    expect(accessRecordOf({ ...said, major: 5, minor: 1, employeeNo: '0042' })).toEqual(read);
  });

  it('has null for what is not said, or said to be nothing', () => {
    const nothing = Object.fromEntries(Object.keys(read).map((name) => [name, null]));
    const empty = { ...nothing, key: 'unknown', category: 'other' };
    expect(accessRecordOf({})).toEqual(empty);
    expect(accessRecordOf({ currentVerifyMode: 'invalid', attendanceStatus: 'undefined' })).toEqual(empty);
    expect(accessRecordOf({ currentVerifyMode: 'undefined', attendanceStatus: 'invalid' })).toEqual(empty);
  });
});
