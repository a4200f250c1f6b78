import { describe, expect, it } from 'vitest';
import { cidMeaning, type CidCategory } from '../../lib/events/cid-codes';

/** Every code of isapi.md §7.4, written down from there. */
const SEEN: Readonly<Record<number, readonly [string, CidCategory, boolean]>> = {
  1103: ['instantZone', 'alarm', false],
  3103: ['instantZone', 'restore', true],
  1110: ['fire', 'alarm', false],
  3110: ['fire', 'restore', true],
  1120: ['panic', 'alarm', false],
  1129: ['panic', 'alarm', false],
  3129: ['panic', 'restore', true],
  1130: ['burglary', 'alarm', false],
  3130: ['burglary', 'restore', true],
  1131: ['perimeter', 'alarm', false],
  3131: ['perimeter', 'restore', true],
  1137: ['tamper', 'alarm', false],
  3137: ['tamper', 'restore', true],
  1148: ['deviceMoved', 'alarm', false],
  3148: ['deviceMoved', 'restore', true],
  1207: ['preAlarm', 'alarm', false],
  2107: ['preAlarm', 'alarm', false],
  1301: ['acPower', 'fault', false],
  3301: ['acPower', 'restore', true],
  1302: ['battery', 'fault', false],
  3302: ['battery', 'restore', true],
  1383: ['sensorTamper', 'fault', false],
  3383: ['sensorTamper', 'restore', true],
  1915: ['sensorBattery', 'fault', false],
  3914: ['sensorConnection', 'restore', true],
  1922: ['wifi', 'fault', false],
  3922: ['wifi', 'restore', true],
  1941: ['tamper', 'fault', false],
  3941: ['tamper', 'restore', true],
  1975: ['sensorList', 'operation', false],
  3975: ['sensorList', 'operation', false],
  1401: ['disarm', 'disarm', false],
  3401: ['armAway', 'arm', false],
  3441: ['armStay', 'arm', false],
  3442: ['forcedArm', 'arm', false],
  1403: ['autoDisarm', 'disarm', false],
  3403: ['autoArm', 'arm', false],
  1406: ['clearAlarm', 'operation', false],
  1570: ['bypass', 'bypass', false],
  3570: ['bypass', 'restore', true],
};

describe('codes of alarm panels', () => {
  it.each(Object.entries(SEEN))('%s', (code, [key, category, isRestore]) => {
    expect(cidMeaning(Number(code))).toMatchObject({ code: Number(code), key, category, isRestore });
  });

  it('never confuse arming with a restore', () => {
    for (let code = 0; code < 10_000; code++) {
      const { category, isRestore, meaning } = cidMeaning(code);
      expect(meaning).not.toBe('');
      if (category === 'arm' || category === 'disarm') expect(isRestore, String(code)).toBe(false);
      if (category === 'restore') expect(isRestore, String(code)).toBe(true);
    }
  });

  it('that are not known keep their number', () => {
    expect(cidMeaning(1999)).toEqual({
      code: 1999,
      key: 'unknown',
      meaning: 'Code 1999',
      category: 'unknown',
      isRestore: false,
    });
    expect(cidMeaning(3999)).toMatchObject({ key: 'unknown', isRestore: true });
    for (const odd of [-1, 0, 1.5, 99_999, Infinity]) expect(cidMeaning(odd).key).toBe('unknown');
  });
});
