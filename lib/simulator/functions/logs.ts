/** The log of a device: an entry every half hour of the last week, made up from the clock (isapi.md §2.8). */
import { decodeText } from '../../codec/text';
import { find, parseXml, textAt, type XmlElement } from '../../codec/xml';
import type { DeviceAnswer } from '../answers';
import { zoneOffsetMs, type Route, type RouteCall } from '../device';
import { searchPage } from './search-page';

const EVERY_MS = 1_800_000;
const KEPT_MS = 7 * 24 * 3_600_000;
const MAX_RESULTS = 100;

interface Entry {
  readonly atMs: number;
  readonly major: string;
  readonly minor: string;
  readonly channel: number | null;
}

/** What happens in turn. */
const COURSE: readonly Omit<Entry, 'atMs'>[] = [
  { major: 'Alarm', minor: 'motionStart', channel: 1 },
  { major: 'Alarm', minor: 'motionStop', channel: 1 },
  { major: 'Operation', minor: 'remoteLogin', channel: null },
  { major: 'Information', minor: 'runStatusInfo', channel: null },
  { major: 'Operation', minor: 'remoteLogout', channel: null },
  { major: 'Exception', minor: 'ipcDisconnect', channel: 8 },
];

export function logRoutes(): Route[] {
  return [{ method: 'POST', path: /^\/ISAPI\/ContentMgmt\/logSearch$/i, run: search }];
}

function search({ request, status, device, clock }: RouteCall): DeviceAnswer {
  let wanted: XmlElement;
  try {
    wanted = parseXml(decodeText(request.body));
  } catch {
    return status('badXmlFormat');
  }
  const searchId = textAt(wanted, 'searchID');
  const [, major, minor] = /^log\.std-cgi\.com(?:\/(\w+))?(?:\/(\w+))?$/i.exec(textAt(wanted, 'metaId') ?? '') ?? [];
  if (searchId === null) return status('MessageParametersLack', 'searchID');
  if (textAt(wanted, 'metaId') === null) return status('MessageParametersLack', 'metaId');
  const span = find(wanted, 'timeSpanList/timeSpan');
  const fromMs = Date.parse(textAt(span, 'startTime') ?? '');
  const toMs = Date.parse(textAt(span, 'endTime') ?? '');
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return status('badParameters', 'timeSpan');

  const zoneMs = zoneOffsetMs(device.timeZone) ?? 0;
  const nowMs = clock.now() + device.clockOffsetMs + zoneMs;
  const isWanted = (entry: Entry) =>
    (major === undefined || entry.major.toLowerCase() === major.toLowerCase()) &&
    (minor === undefined || entry.minor.toLowerCase() === minor.toLowerCase());
  const found = [...entries(Math.max(fromMs, nowMs - KEPT_MS), Math.min(toMs, nowMs))].filter(isWanted);
  return searchPage(wanted, found, { usual: MAX_RESULTS, atMost: MAX_RESULTS }, device.lineEnd, match);
}

function* entries(fromMs: number, toMs: number): Generator<Entry> {
  for (let turn = Math.ceil(fromMs / EVERY_MS); turn * EVERY_MS <= toMs; turn++) {
    const entry = COURSE[turn % COURSE.length];
    if (entry !== undefined) yield { ...entry, atMs: turn * EVERY_MS };
  }
}

function match({ atMs, major, minor, channel }: Entry): string {
  const byUser = major === 'Operation' ? '<userName>admin</userName><ipAddress>192.0.2.77</ipAddress>' : '';
  return `<searchMatchItem>
    <logDescriptor>
    <metaId>log.hikvision.com/${major}/${minor}</metaId>
    <StartDateTime>${new Date(atMs).toISOString().slice(0, 19)}Z</StartDateTime>
    <localId>${Math.floor(atMs / EVERY_MS)}</localId>
    ${byUser}
    ${channel === null ? '' : `<channelNumber>${channel}</channelNumber>`}
    </logDescriptor>
    </searchMatchItem>`;
}
