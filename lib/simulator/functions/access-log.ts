/** The history of access control: what is written to it is sent as an event, and can be searched (isapi.md §7.2). */
import { jsonAt, jsonNumber, jsonText, type JsonObject } from '../../codec/json';
import { ACCESS_MAJORS, type AccessMajor } from '../../events/access-codes';
import { jsonAnswer, type DeviceAnswer } from '../answers';
import { formatTime, pictureLabel, zoneOffsetMs, type Route, type RouteCall, type SimulatedDevice } from '../device';
import type { EventPicture } from '../event-parts';
import { drawPicture } from '../picture';
import { jsonDocument, jsonRoute, pageOf } from './json';

/** One thing that happened at a door or to the device. */
export interface AccessEntry {
  readonly major: AccessMajor;
  readonly minor: number;
  readonly door?: number;
  readonly card?: string;
  readonly person?: string;
  readonly name?: string;
  readonly verifyMode?: string;
  /** The camera took a picture of it. */
  readonly hasPicture?: boolean;
}

interface Stored extends AccessEntry {
  readonly serialNo: number;
  readonly timeMs: number;
}

/** Entries that are kept; the oldest go first, their serial numbers are not used again. */
const MAX_ENTRIES = 1_000;
/** More are never given at once, whatever was asked for. */
const PAGE = 10;
/** What happened before the simulator was started: one entry in twenty minutes. */
const EARLIER_ENTRIES = 36;
const EARLIER_EVERY_MS = 20 * 60_000;

const EARLIER: readonly AccessEntry[] = [
  { major: 'event', minor: 0x01, door: 1, card: '0012345678', person: '001', name: 'Person A', verifyMode: 'card' },
  { major: 'event', minor: 0x15, door: 1 },
  { major: 'event', minor: 0x16, door: 1 },
  { major: 'event', minor: 0x09, door: 1, card: '0000000099', verifyMode: 'card' },
];

export class AccessLog {
  private readonly entries: Stored[] = [];
  private lastSerial = 0;

  constructor(private readonly hasHistory = true) {}

  /** Writes an entry and sends its event, with a picture where there is one. */
  record(device: SimulatedDevice, entry: AccessEntry): void {
    this.remember(device);
    const stored = this.store(entry, device.clock.now() + device.clockOffsetMs);
    device.emit({
      eventType: 'AccessControllerEvent',
      channel: null,
      json: { AccessControllerEvent: eventObject(device, stored) },
      ...(entry.hasPicture === true ? { pictures: [facePicture(device)] } : {}),
    });
  }

  routes(): Route[] {
    const base = '/ISAPI/AccessControl';
    return [
      jsonRoute('POST', new RegExp(`^${base}/AcsEvent$`, 'i'), (body, call) => this.search(body, call)),
      jsonRoute('POST', new RegExp(`^${base}/AcsEventTotalNum$`, 'i'), (body, call) => this.count(body, call)),
      jsonDocument(new RegExp(`^${base}/AcsEvent/capabilities$`, 'i'), () => ({
        AcsEvent: { AcsEventCond: { maxResults: { '@min': 1, '@max': PAGE }, searchID: { '@min': 1, '@max': 64 } } },
      })),
    ];
  }

  private store(entry: AccessEntry, timeMs: number): Stored {
    const stored = { ...entry, serialNo: ++this.lastSerial, timeMs };
    this.entries.push(stored);
    if (this.entries.length > MAX_ENTRIES) this.entries.shift();
    return stored;
  }

  /** A device has a past; it is made up when somebody first looks. */
  private remember(device: SimulatedDevice): void {
    if (!this.hasHistory || this.lastSerial > 0) return;
    const nowMs = device.clock.now() + device.clockOffsetMs;
    for (let index = 0; index < EARLIER_ENTRIES; index++) {
      const entry = EARLIER[index % EARLIER.length] as AccessEntry;
      this.store(entry, nowMs - (EARLIER_ENTRIES - index) * EARLIER_EVERY_MS);
    }
  }

  private search(body: JsonObject, call: RouteCall): DeviceAnswer {
    const condition = jsonAt(body, 'AcsEventCond');
    const lacks = lackIn(condition, ['searchID', 'searchResultPosition', 'maxResults', 'major', 'minor']);
    if (lacks !== undefined) return call.status('MessageParametersLack', lacks);
    const found = this.matching(condition, call.device);
    if (jsonText(condition, 'timeReverseOrder') === 'true') found.reverse();
    const { head, items } = pageOf(condition, found, PAGE);
    return jsonAnswer({
      AcsEvent: {
        ...head,
        ...(items.length === 0 ? {} : { InfoList: items.map((entry) => searchObject(call.device, entry)) }),
      },
    });
  }

  private count(body: JsonObject, call: RouteCall): DeviceAnswer {
    const condition = jsonAt(body, 'AcsEventTotalNumCond');
    const lacks = lackIn(condition, ['major', 'minor']);
    if (lacks !== undefined) return call.status('MessageParametersLack', lacks);
    return jsonAnswer({ AcsEventTotalNum: { totalNum: this.matching(condition, call.device).length } });
  }

  private matching(condition: unknown, device: SimulatedDevice): Stored[] {
    this.remember(device);
    const text = (name: string) => jsonText(condition, name);
    const number = (name: string) => jsonNumber(condition, name);
    const fromMs = Date.parse(text('startTime') ?? '');
    const toMs = Date.parse(text('endTime') ?? '');
    const fits = (wanted: string | null, value: string | undefined) => wanted === null || wanted === value;
    return this.entries.filter(
      (entry) =>
        [0, ACCESS_MAJORS[entry.major]].includes(number('major') ?? 0) &&
        [0, entry.minor].includes(number('minor') ?? 0) &&
        !(entry.timeMs < fromMs) &&
        !(entry.timeMs > toMs) &&
        entry.serialNo >= (number('beginSerialNo') ?? 0) &&
        entry.serialNo <= (number('endSerialNo') ?? Infinity) &&
        fits(text('employeeNoString'), entry.person) &&
        fits(text('cardNo'), entry.card),
    );
  }
}

function lackIn(condition: unknown, names: readonly string[]): string | undefined {
  return names.find((name) => jsonAt(condition, name) === undefined);
}

/** What both forms say under the same names. */
function commonObject(entry: Stored): JsonObject {
  const { card, person, name, door, verifyMode } = entry;
  return {
    ...(card === undefined ? {} : { cardNo: card, cardType: 1 }),
    ...(name === undefined ? {} : { name }),
    cardReaderKind: 1,
    cardReaderNo: 1,
    ...(door === undefined ? {} : { doorNo: door }),
    ...(person === undefined ? {} : { employeeNoString: person, userType: 'normal' }),
    serialNo: entry.serialNo,
    currentVerifyMode: verifyMode ?? 'invalid',
    attendanceStatus: 'undefined',
  };
}

function eventObject(device: SimulatedDevice, entry: Stored): JsonObject {
  return {
    deviceName: device.identity.name,
    majorEventType: ACCESS_MAJORS[entry.major],
    subEventType: entry.minor,
    ...commonObject(entry),
    frontSerialNo: entry.serialNo - 1,
    currentEvent: true,
    ...(entry.hasPicture === true ? { picturesNumber: 1 } : {}),
  };
}

function searchObject(device: SimulatedDevice, entry: Stored): JsonObject {
  return {
    major: ACCESS_MAJORS[entry.major],
    minor: entry.minor,
    time: formatTime(entry.timeMs, zoneOffsetMs(device.timeZone) ?? 0),
    ...commonObject(entry),
    ...(entry.hasPicture === true
      ? { pictureURL: `http://127.0.0.1/LOCALS/pic/acsLinkCap/${entry.serialNo}.jpeg@WEB000000000001` }
      : {}),
  };
}

function facePicture(device: SimulatedDevice): EventPicture {
  const label = pictureLabel(1, device.timestamp(device.clock));
  return { data: drawPicture({ widthPx: 320, heightPx: 240, label }) };
}
