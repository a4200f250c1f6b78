/** A gate with a camera: cars come, plates are read, lists say who may pass, a barrier opens (isapi.md §7.1). */
import type { Timer } from '../../clock';
import { jsonAt, jsonList, jsonText, type JsonObject } from '../../codec/json';
import { decodeText } from '../../codec/text';
import { element, escapeXml, numberAt, parseXml, textAt, type XmlElement } from '../../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from '../answers';
import { zoneOffsetMs, type Route, type RouteCall, type SimulatedDevice } from '../device';
import type { EventPicture } from '../event-parts';
import { drawPicture } from '../picture';
import { jsonRoute } from './json';

export type BarrierState = 'closed' | 'open';

interface Seen {
  readonly plate: string;
  /** When, in digits down to the tenth of a millisecond: what a poll goes on from. */
  readonly picName: string;
  readonly direction: string;
}

interface Listed {
  readonly id: string;
  readonly plate: string;
  readonly list: 'allowList' | 'blockList';
  readonly from: string;
  readonly to: string;
}

/** Plates that are remembered; the oldest go first. */
const MAX_SEEN = 100;
export const MAX_LISTED = 100;
/** Matches in one answer, whatever was asked for. */
const PAGE = 20;
/** How long the barrier stays up for a car. */
export const PASSING_MS = 10_000;

const BASE = '/ISAPI/Traffic/channels/1';
const STATE_NUMBERS: Readonly<Record<BarrierState, number>> = { closed: 1, open: 2 };
const MODES = ['open', 'close', 'lock', 'unlock'] as const;

export class PlateGate {
  private readonly seen: Seen[] = [];
  private readonly listed = new Map<string, Listed>();
  private state: BarrierState = 'closed';
  private isLocked = false;
  private closing: Timer | null = null;
  private lastId = 0;
  private index = 0;
  private lastPicMs = 0;

  constructor() {
    this.put('AB123', 'allowList', '2024-01-01', '2034-01-01');
    this.put('0815XY', 'blockList', '2024-01-01', '2034-01-01');
  }

  get barrier(): BarrierState {
    return this.state;
  }

  get isBarrierLocked(): boolean {
    return this.isLocked;
  }

  /** A car comes. On the allow list it may pass, so the barrier opens and closes behind it. */
  car(device: SimulatedDevice, plate: string, direction: 'forward' | 'reverse' = 'forward'): void {
    const known = this.listed.get(plate);
    const wallMs = device.clock.now() + device.clockOffsetMs + (zoneOffsetMs(device.timeZone) ?? 0);
    // Two cars are never seen in the same moment.
    this.lastPicMs = Math.max(wallMs, this.lastPicMs + 1);
    this.seen.push({ plate, picName: `${digitsOf(this.lastPicMs)}0`, direction });
    if (this.seen.length > MAX_SEEN) this.seen.shift();
    device.emit(this.event(plate, direction, known?.list ?? 'otherList'));
    if (known?.list !== 'allowList' || this.isLocked) return;
    this.move('open');
    this.closing = device.later(PASSING_MS, () => this.move('closed'));
  }

  /** Documents that can be written as a whole. */
  documents(): { readonly path: string; readonly content: string }[] {
    return [
      {
        path: '/ISAPI/ITC/Entrance/entranceParam',
        content: `<EntranceParamList version="2.0" xmlns="http://www.hikvision.com/ver10/XMLSchema">
        <EntranceParam>
        <laneNum>1</laneNum>
        <bEnable>true</bEnable>
        <ctrlMode>0</ctrlMode>
        <relateTriggerMode>hvt</relateTriggerMode>
        <relayList>
        <relay><relayNum>1</relayNum><relayFunction>openGate</relayFunction><relayOutTime>1000</relayOutTime></relay>
        </relayList>
        </EntranceParam>
        </EntranceParamList>`,
      },
    ];
  }

  routes(): Route[] {
    const parking = '/ISAPI/Parking/channels/1/barrierGate';
    const path = (name: string) => new RegExp(`^${name}$`, 'i');
    return [
      { method: 'POST', path: path(`${BASE}/vehicleDetect/plates`), run: (call) => this.platesSince(call) },
      { method: 'POST', path: path(`${BASE}/searchLPListAudit`), run: (call) => this.search(call) },
      { method: 'GET', path: path(`${BASE}/licensePlateAuditData`), run: () => this.csv() },
      jsonRoute('PUT', path(`${BASE}/licensePlateAuditData/record`), (body, call) => this.add(body, call)),
      jsonRoute('PUT', path(`${BASE}/DelLicensePlateAuditData`), (body, call) => this.remove(body, call)),
      { method: 'PUT', path: path(parking), run: (call) => this.control(call) },
      {
        method: 'GET',
        path: path(`${parking}/barrierGateStatus`),
        run: ({ device }) =>
          xmlAnswer(
            `<BarrierGateStatus version="2.0" xmlns="${NAMESPACE}">
            <barrierGateStatus>${STATE_NUMBERS[this.state]}</barrierGateStatus>
            </BarrierGateStatus>`,
            device.lineEnd,
          ),
      },
    ];
  }

  /* Barrier */

  private control(call: RouteCall): DeviceAnswer {
    const body = bodyOf(call, 'BarrierGate');
    if (!('name' in body)) return body;
    const mode = MODES.find((one) => one === textAt(body, 'ctrlMode'));
    if (mode === undefined) return call.status('badParameters', 'ctrlMode');
    if (mode === 'lock' || mode === 'unlock') this.isLocked = mode === 'lock';
    // A locked barrier says OK and stays where it is.
    else if (!this.isLocked) this.move(mode === 'open' ? 'open' : 'closed');
    return call.status('ok');
  }

  private move(state: BarrierState): void {
    this.closing?.cancel();
    this.closing = null;
    this.state = state;
  }

  /* Plates that were seen */

  /** Newest first, and the one that was asked from once more: a poll has to put that right. */
  private platesSince(call: RouteCall): DeviceAnswer {
    const body = bodyOf(call, 'AfterTime');
    if (!('name' in body)) return body;
    const after = textAt(body, 'picTime') ?? '0';
    const found = this.seen.filter(({ picName }) => after === '0' || picName >= after).reverse();
    return xmlAnswer(
      `<Plates version="2.0" xmlns="${NAMESPACE}">\n${found.map((one) => this.seenDocument(one)).join('\n')}\n</Plates>`,
      call.device.lineEnd,
    );
  }

  private seenDocument({ plate, picName, direction }: Seen): string {
    const list = this.listed.get(plate)?.list ?? 'otherList';
    return `<Plate>
      <captureTime>${picName.slice(0, 8)}T${picName.slice(8, 14)}0000</captureTime>
      <plateNumber>${escapeXml(plate)}</plateNumber>
      <picName>${picName}</picName>
      <country>5</country>
      <laneNo>1</laneNo>
      <direction>${direction}</direction>
      <matchingResult>${list}</matchingResult>
      </Plate>`;
  }

  /** Parts in the order of real cameras: the document, the plate, the vehicle, named as the document names them. */
  private event(plate: string, direction: string, list: string) {
    const picture = (name: string, widthPx: number, heightPx: number): EventPicture => ({
      name,
      data: drawPicture({ widthPx, heightPx, label: plate }),
    });
    const info = (type: string, more: readonly XmlElement[]) =>
      element('pictureInfo', [
        element('fileName', `${type}.jpg`),
        element('type', type),
        element('dataType', 0),
        ...more,
      ]);
    const rectangle = ['X', 'Y', 'width', 'height'].map((side, at) => element(side, [544, 835, 40, 35][at] ?? 0));
    this.index++;
    return {
      eventType: 'ANPR',
      objects: [
        element('ANPR', [
          element('country', 5),
          element('licensePlate', plate),
          element('line', 1),
          element('direction', direction),
          element('confidenceLevel', 97),
          element('plateType', 'unknown'),
          element('plateColor', 'white'),
          element('vehicleType', 'vehicle'),
          element('vehicleInfo', [element('index', this.index), element('color', 'blue'), element('speed', 12)]),
          element('pictureInfoList', [
            info('licensePlatePicture', []),
            info('vehiclePicture', [element('plateRect', rectangle)]),
          ]),
          element('originalLicensePlate', plate),
          element('vehicleListName', list),
        ]),
        element('UUID', `simulated-${this.index}`),
        element('picNum', 2),
      ],
      pictures: [picture('licensePlatePicture.jpg', 128, 32), picture('vehiclePicture.jpg', 320, 240)],
    };
  }

  /* Lists */

  private put(plate: string, list: Listed['list'], from: string, to: string): void {
    const known = this.listed.get(plate);
    this.listed.set(plate, { id: known?.id ?? String(++this.lastId), plate, list, from, to });
  }

  private search(call: RouteCall): DeviceAnswer {
    const body = bodyOf(call, 'LPListAuditSearchDescription');
    if (!('name' in body)) return body;
    const wanted = textAt(body, 'LicensePlate');
    const found = [...this.listed.values()].filter(({ plate }) => wanted === null || plate === wanted);
    const position = Math.max(0, numberAt(body, 'searchResultPosition') ?? 0);
    const page = found.slice(position, position + Math.min(PAGE, numberAt(body, 'maxResults') ?? PAGE));
    const word = page.length === 0 ? 'NO MATCHES' : position + page.length < found.length ? 'MORE' : 'OK';
    const items = page.map(
      ({ id, plate, list, from, to }) => `<LicensePlateInfo>
      <id>${id}</id>
      <LicensePlate>${escapeXml(plate)}</LicensePlate>
      <type>${list}</type>
      <createTime>${from}T00:00:00</createTime>
      <effectiveStartDate>${from}</effectiveStartDate>
      <effectiveTime>${to}</effectiveTime>
      </LicensePlateInfo>`,
    );
    return xmlAnswer(
      `<LPListAuditSearchResult version="2.0" xmlns="${NAMESPACE}">
      <searchID>${escapeXml(textAt(body, 'searchID') ?? '')}</searchID>
      <responseStatus>true</responseStatus>
      <responseStatusStrg>${word}</responseStatusStrg>
      <numOfMatches>${page.length}</numOfMatches>
      <totalMatches>${found.length}</totalMatches>
      <LicensePlateInfoList>\n${items.join('\n')}\n</LicensePlateInfoList>
      </LPListAuditSearchResult>`,
      call.device.lineEnd,
    );
  }

  /** A file, with a byte order mark and CRLF. */
  private csv(): DeviceAnswer {
    const rows = [...this.listed.values()].map(
      ({ plate, list, from, to }, index) => `${index + 1},${plate},${list === 'allowList' ? 1 : 0},${from},${to},`,
    );
    const head = 'No.,Plate No.,Group (0 block list; 1 allow list),Effective Start Date,Effective End Date,Card ID';
    const text = `\ufeff${[head, ...rows].join('\r\n')}\r\n`;
    return { status: 200, contentType: 'application/octet-stream', body: Buffer.from(text) };
  }

  private add(body: JsonObject, call: RouteCall): DeviceAnswer {
    const given = jsonList(body, 'LicensePlateInfoList');
    if (given.length === 0) return call.status('MessageParametersLack', 'LicensePlateInfoList');
    for (const one of given) {
      const plate = jsonText(one, 'LicensePlate');
      // This one is of the newer generation and knows the newer words only.
      const list = (['allowList', 'blockList'] as const).find((word) => word === jsonText(one, 'listType'));
      if (plate === null || plate.length > 16) return call.status('badParameters', 'LicensePlate');
      if (list === undefined) return call.status('badParameters', 'listType');
      if (!this.listed.has(plate) && this.listed.size >= MAX_LISTED) return call.status('badParameters', 'overLimit');
      const day = (name: string, otherwise: string) => (jsonText(one, name) ?? otherwise).slice(0, 10);
      this.put(plate, list, day('effectiveStartDate', '1970-01-01'), day('effectiveTime', '2099-12-30'));
    }
    return call.status('ok');
  }

  private remove(body: JsonObject, call: RouteCall): DeviceAnswer {
    const ids = jsonList(body, 'id').map(String);
    const plate = jsonText(body, 'CompoundCond/licensePlate');
    const isAll = jsonAt(body, 'deleteAllEnabled') === true;
    if (!isAll && ids.length === 0 && plate === null) return call.status('MessageParametersLack', 'id');
    for (const one of [...this.listed.values()]) {
      if (isAll || ids.includes(one.id) || one.plate === plate) this.listed.delete(one.plate);
    }
    return call.status('ok');
  }
}

/** The document in a request, or the refusal. */
function bodyOf(call: RouteCall, root: string): XmlElement | DeviceAnswer {
  try {
    const body = parseXml(decodeText(call.request.body));
    return body.name.toLowerCase() === root.toLowerCase() ? body : call.status('badXmlContent');
  } catch {
    return call.status('badXmlFormat');
  }
}

/** `20240501123456789`: a wall clock, read as if it were UTC. */
function digitsOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 23).replace(/\D/g, '');
}
