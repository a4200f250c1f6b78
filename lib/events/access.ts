/** One record of access control: in a live event and in the history they say the same things under slightly different names. */
import { jsonNumber, jsonText, type JsonObject } from '../codec/json';
import { accessMeaning, type AccessCategory, type VerifyMethod } from './access-codes';

/** Who, where and what. Card and person numbers are text: leading zeros count. Null for what the device does not say. */
export interface AccessRecord {
  /** What happened, in a stable word of ours: `cardGranted`, `doorContactOpen`, `doorbell`; `unknown` for other pairs. */
  readonly key: string;
  readonly category: AccessCategory;
  /** Was somebody let in? Null where nobody asked. */
  readonly granted: boolean | null;
  /** Why not: `noPermission`, `wrongPin`, `expired`, ... */
  readonly reason: string | null;
  /** What was shown to be let in; null where the pair does not tell. */
  readonly method: VerifyMethod | null;
  /** The pair as the device says it. */
  readonly major: number | null;
  readonly minor: number | null;
  readonly door: number | null;
  readonly reader: number | null;
  readonly card: string | null;
  readonly person: string | null;
  readonly personName: string | null;
  readonly userType: string | null;
  /** What the door is set to ask for, which is not always what was shown. */
  readonly verifyMode: string | null;
  /** `checkIn`, `checkOut`, ... of terminals that keep working hours. */
  readonly attendance: string | null;
  /** Runs on with each record of the device; a gap is a record that was missed. */
  readonly serialNo: number | null;
}

export function accessRecordOf(record: JsonObject): AccessRecord {
  const major = jsonNumber(record, 'majorEventType') ?? jsonNumber(record, 'major');
  const minor = jsonNumber(record, 'subEventType') ?? jsonNumber(record, 'minor');
  return {
    ...accessMeaning(major, minor),
    major,
    minor,
    door: jsonNumber(record, 'doorNo'),
    reader: jsonNumber(record, 'cardReaderNo'),
    card: jsonText(record, 'cardNo'),
    person: jsonText(record, 'employeeNoString') ?? jsonText(record, 'employeeNo'),
    personName: jsonText(record, 'name'),
    userType: jsonText(record, 'userType'),
    verifyMode: wordOf(record, 'currentVerifyMode'),
    attendance: wordOf(record, 'attendanceStatus'),
    serialNo: jsonNumber(record, 'serialNo'),
  };
}

/** `invalid` and `undefined` are what terminals write where there is nothing to say. */
function wordOf(record: JsonObject, name: string): string | null {
  const word = jsonText(record, name);
  return word === 'invalid' || word === 'undefined' ? null : word;
}
