/** Doors and bells (isapi.md §7.2, §7.3). */
import type { JsonObject } from '../../codec/json';
import { toBoolean } from '../../codec/xml';
import { accessRecordOf, type AccessRecord } from '../access';
import { isDoorbell } from '../access-codes';
import type { CallEvent } from '../call-watch';
import type { Source } from './source';

/** What `major` and `minor` together tell is in `key`, `category`, `granted` and `reason`. */
export interface AccessDetails extends AccessRecord {
  readonly mask: boolean | null;
  /** Of the person, by terminals that measure it. */
  readonly temperature: number | null;
  /** Everything that the device says about it. */
  readonly access: JsonObject | null;
}

export interface DoorbellDetails extends AccessDetails {
  readonly call: CallEvent | null;
  /** Which button, on stations with several. */
  readonly button: number | null;
  /** Who calls, as the station numbers its building. */
  readonly caller: JsonObject | null;
}

export function accessDetails(source: Source): AccessDetails {
  const access = source.object('AccessControllerEvent');
  const from = access ?? source.document;
  return {
    ...accessRecordOf(from),
    mask: toBoolean(source.text('mask')),
    temperature: source.number('currTemperature'),
    access,
  };
}

export function doorbellDetails(source: Source): DoorbellDetails {
  const access = accessDetails(source);
  return {
    ...access,
    // The bell button makes it ring; what becomes of it is told by nobody but the state of the call.
    call: isDoorbell(access.major, access.minor) ? 'ringing' : null,
    button: source.number('buttonNo', 'keyNo', 'bellNo'),
    caller: source.object('CallerInfo'),
  };
}
