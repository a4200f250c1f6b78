/**
 * Contact ID codes of alarm panels and radars. The first digit says whether something begins (1) or is over (3), and the other
 * three say what; arming turns that round, because it is the end of being open: 1401 disarms, 3401 arms. Devices say `active` for
 * both, so only the code tells (events/radar-cid-1.json, events/cidEvent-1.json).
 *
 * Source: isapi.md §7.4 for what these devices were seen to send; the other numbers are those of the standard that they follow
 * (SIA DC-05).
 */

/**
 * - `alarm`, `fault`: something is wrong; `restore`: it is over.
 * - `arm`, `disarm`: an area changed.
 * - `bypass`: a zone is left out; `restore` when it is not any more.
 * - `operation`: somebody did something else: a test, a cleared alarm.
 * - `unknown`: a code that this table does not know.
 */
export type CidCategory = 'alarm' | 'restore' | 'arm' | 'disarm' | 'fault' | 'bypass' | 'operation' | 'unknown';

export interface CidMeaning {
  readonly code: number;
  /** Stable name for flows: `burglary`, `acPower`, `arm`. The same for a beginning and its end. */
  readonly key: string;
  /** In words, for people. */
  readonly meaning: string;
  readonly category: CidCategory;
  /** The end of an alarm, a fault or a bypass. Arming is none. */
  readonly isRestore: boolean;
}

interface Entry {
  readonly key: string;
  readonly category: CidCategory;
  readonly begins: string;
  /** Null: it has no end. */
  readonly ends: string | null;
}

const alarm = (key: string, words: string): Entry => entry('alarm', key, `${words} alarm`, `${words} alarm over`);
const fault = (key: string, begins: string, ends: string): Entry => entry('fault', key, begins, ends);
const done = (key: string, words: string): Entry => entry('operation', key, words, null);

function entry(category: CidCategory, key: string, begins: string, ends: string | null): Entry {
  return { key, category, begins, ends };
}

/** By the last three digits. */
const EVENTS: Readonly<Record<number, Entry>> = {
  100: alarm('medical', 'Medical'),
  101: alarm('emergency', 'Emergency'),
  103: alarm('instantZone', 'Instant zone'),
  110: alarm('fire', 'Fire'),
  111: alarm('smoke', 'Smoke'),
  114: alarm('heat', 'Heat'),
  115: alarm('firePullStation', 'Fire button'),
  120: alarm('panic', 'Panic'),
  121: alarm('duress', 'Duress'),
  122: alarm('silentPanic', 'Silent panic'),
  123: alarm('audiblePanic', 'Audible panic'),
  129: alarm('panic', 'Panic'),
  130: alarm('burglary', 'Burglary'),
  131: alarm('perimeter', 'Perimeter'),
  132: alarm('interior', 'Interior'),
  133: alarm('dayAndNightZone', '24-hour zone'),
  134: alarm('entryExit', 'Entry or exit zone'),
  136: alarm('outdoor', 'Outdoor'),
  137: alarm('tamper', 'Tamper'),
  139: alarm('confirmedBurglary', 'Confirmed burglary'),
  144: alarm('sensorTamper', 'Sensor tamper'),
  148: alarm('deviceMoved', 'Device moved'),
  150: alarm('nonBurglary', '24-hour zone'),
  151: alarm('gas', 'Gas'),
  154: alarm('waterLeak', 'Water leak'),
  158: alarm('highTemperature', 'High temperature'),
  159: alarm('lowTemperature', 'Low temperature'),
  162: alarm('carbonMonoxide', 'Carbon monoxide'),
  207: entry('alarm', 'preAlarm', 'Pre-alarm of a zone', 'Pre-alarm of a zone over'),
  301: fault('acPower', 'Mains power lost', 'Mains power back'),
  302: fault('battery', 'Battery low', 'Battery in order'),
  305: done('systemReset', 'System reset'),
  309: fault('batteryTest', 'Battery test failed', 'Battery test passed'),
  311: fault('batteryMissing', 'Battery missing', 'Battery back'),
  321: fault('siren', 'Siren fault', 'Siren in order'),
  350: fault('communication', 'Communication fault', 'Communication in order'),
  351: fault('phoneLine', 'Telephone line fault', 'Telephone line in order'),
  354: fault('report', 'Report not delivered', 'Reports delivered again'),
  380: fault('sensor', 'Sensor fault', 'Sensor in order'),
  381: fault('wirelessSupervision', 'Wireless device lost', 'Wireless device back'),
  383: fault('sensorTamper', 'Sensor opened', 'Sensor closed'),
  384: fault('sensorBattery', 'Battery of a wireless device low', 'Battery of a wireless device in order'),
  570: entry('bypass', 'bypass', 'Zone bypassed', 'Zone no longer bypassed'),
  601: done('manualTest', 'Manual test'),
  602: done('periodicTest', 'Periodic test'),
  627: fault('programming', 'Programming begun', 'Programming ended'),
  915: fault('sensorBattery', 'Battery of a detector low', 'Battery of a detector in order'),
  914: fault('sensorConnection', 'Detector not connected', 'Detector connected'),
  922: fault('wifi', 'Wi-Fi fault', 'Wi-Fi in order'),
  941: fault('tamper', 'Tampering', 'Tampering over'),
  975: entry('operation', 'sensorList', 'Detector deleted', 'Detector added'),
};

/** Whole codes that do not go by the rule. */
const CODES: Readonly<Record<number, Omit<CidMeaning, 'code' | 'isRestore'>>> = {
  2107: { key: 'preAlarm', meaning: 'Pre-alarm of a zone', category: 'alarm' },
  1400: { key: 'disarm', meaning: 'Disarmed', category: 'disarm' },
  3400: { key: 'armAway', meaning: 'Armed away', category: 'arm' },
  1401: { key: 'disarm', meaning: 'Disarmed', category: 'disarm' },
  3401: { key: 'armAway', meaning: 'Armed away', category: 'arm' },
  1403: { key: 'autoDisarm', meaning: 'Disarmed by schedule', category: 'disarm' },
  3403: { key: 'autoArm', meaning: 'Armed by schedule', category: 'arm' },
  1406: { key: 'clearAlarm', meaning: 'Alarm cleared', category: 'operation' },
  1407: { key: 'remoteDisarm', meaning: 'Disarmed from afar', category: 'disarm' },
  3407: { key: 'remoteArm', meaning: 'Armed from afar', category: 'arm' },
  3408: { key: 'quickArm', meaning: 'Armed without a code', category: 'arm' },
  1409: { key: 'keySwitchDisarm', meaning: 'Disarmed by key switch', category: 'disarm' },
  3409: { key: 'keySwitchArm', meaning: 'Armed by key switch', category: 'arm' },
  1441: { key: 'disarm', meaning: 'Disarmed', category: 'disarm' },
  3441: { key: 'armStay', meaning: 'Armed stay', category: 'arm' },
  1442: { key: 'disarm', meaning: 'Disarmed', category: 'disarm' },
  3442: { key: 'forcedArm', meaning: 'Armed in spite of faults', category: 'arm' },
  1454: { key: 'armFailed', meaning: 'Arming failed', category: 'fault' },
  1455: { key: 'autoArmFailed', meaning: 'Arming by schedule failed', category: 'fault' },
  1461: { key: 'wrongCode', meaning: 'Wrong code entered', category: 'alarm' },
};

/** What a code means. A code that is not known keeps its number, and is a restore where its first digit says so. */
export function cidMeaning(code: number): CidMeaning {
  const whole = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (whole !== undefined) return { code, ...whole, isRestore: false };
  const event = Math.trunc(code) % 1000;
  const first = Math.floor(code / 1000);
  const known = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined;
  if (known === undefined || (first !== 1 && first !== 3)) {
    return { code, key: 'unknown', meaning: `Code ${code}`, category: 'unknown', isRestore: first === 3 };
  }
  const { key, category, begins, ends } = known;
  if (first === 1 || ends === null) return { code, key, meaning: begins, category, isRestore: false };
  // A detector that was added ends nothing.
  if (category === 'operation') return { code, key, meaning: ends, category, isRestore: false };
  return { code, key, meaning: ends, category: 'restore', isRestore: true };
}

/** Every word that {@link cidMeaning} may call a code by. */
export const CID_KEYS: ReadonlySet<string> = new Set([
  ...[...Object.values(CODES), ...Object.values(EVENTS)].map(({ key }) => key),
  'unknown',
]);
