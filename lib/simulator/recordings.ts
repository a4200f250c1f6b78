/** What a device records: schedules, recordings by hand, and the search for what was recorded (isapi.md §3.8, §3.11). */
import type { Clock } from '../clock';
import { decodeText } from '../codec/text';
import { all, escapeXml, find, numberAt, parseXml, textAt, type XmlElement } from '../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from './answers';
import { zoneOffsetMs, type Route, type RouteCall, type SimulatedDevice } from './device';

/** When a track records. */
export interface TrackSpec {
  readonly channel: number;
  readonly mode: 'CMR' | 'MOTION' | 'ALARM' | 'ALARMORMOTION';
  /** `08:00` to `18:00` from Monday to Friday; the whole week when not given. */
  readonly hours?: { readonly from: string; readonly to: string };
  /** Of the main stream; from it follows how large a recording is. */
  readonly kbps: number;
}

/** What is kept; older recordings were overwritten. */
const KEPT_HOURS = 7 * 24;
const HOUR_MS = 3_600_000;
/** Recordings by hand that are remembered, per device. */
const MAX_BY_HAND = 100;
/** Matches in one answer. */
const MAX_RESULTS = 200;
const DEFAULT_RESULTS = 40;
/** A wider window is answered with a fault of the device, as recorders do. */
const MAX_WINDOW_MS = 366 * 24 * HOUR_MS;

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const BASE = '/ISAPI/ContentMgmt/record';

/** Times are the device's wall clock, read as if it were UTC. */
interface Segment {
  readonly trackId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'timing' | 'motion' | 'alarm' | 'manual';
}

export class Recordings {
  private readonly byHand: Segment[] = [];
  /** When a recording by hand began, by track. */
  private readonly running = new Map<string, number>();
  private readonly tracks: ReadonlyMap<string, TrackSpec>;

  constructor(tracks: readonly TrackSpec[]) {
    this.tracks = new Map(tracks.map((track) => [`${track.channel}01`, track]));
  }

  /** Paths and contents of the documents that can be written. */
  documents(): { readonly path: string; readonly content: string }[] {
    return [...this.tracks].map(([id, track]) => ({ path: `${BASE}/tracks/${id}`, content: trackDocument(id, track) }));
  }

  routes(): Route[] {
    const manual = (verb: 'start' | 'stop'): Route => ({
      method: 'PUT',
      path: new RegExp(`^${BASE}/control/manual/${verb}/tracks/(\\d{1,6})$`, 'i'),
      run: (call) => this.manual(call, verb),
    });
    return [
      manual('start'),
      manual('stop'),
      { method: 'POST', path: /^\/ISAPI\/ContentMgmt\/search$/i, run: (call) => this.search(call) },
    ];
  }

  private manual({ groups, status, device, clock }: RouteCall, verb: 'start' | 'stop'): DeviceAnswer {
    const [trackId = ''] = groups;
    if (!this.tracks.has(trackId)) return status('invalidOperation');
    const nowMs = wallMs(device, clock);
    const since = this.running.get(trackId);
    if (verb === 'start') {
      this.running.set(trackId, since ?? nowMs);
    } else if (since !== undefined) {
      this.running.delete(trackId);
      this.byHand.push({ trackId, fromMs: since, toMs: nowMs, kind: 'manual' });
      if (this.byHand.length > MAX_BY_HAND) this.byHand.shift();
    }
    return status('ok');
  }

  private search({ request, status, device, clock }: RouteCall): DeviceAnswer {
    let wanted: XmlElement;
    try {
      wanted = parseXml(decodeText(request.body));
    } catch {
      return status('badXmlFormat');
    }
    if (wanted.name.toLowerCase() !== 'cmsearchdescription') return status('badXmlContent');
    const searchId = textAt(wanted, 'searchID');
    if (searchId === null) return status('MessageParametersLack', 'searchID');
    const list = find(wanted, 'trackList') ?? find(wanted, 'trackIDList');
    const trackIds = all(list, 'trackID').map(({ text }) => text);
    const span = find(wanted, 'timeSpanList/timeSpan');
    const fromMs = msOf(textAt(span, 'startTime'));
    const toMs = msOf(textAt(span, 'endTime'));
    if (trackIds.length === 0 || trackIds.some((id) => !this.tracks.has(id))) return status('badParameters', 'trackID');
    if (fromMs === null || toMs === null || toMs < fromMs) return status('badParameters', 'timeSpan');
    if (toMs - fromMs > MAX_WINDOW_MS) return status('deviceError');

    const nowMs = wallMs(device, clock);
    const found = trackIds
      .flatMap((id) => [...this.segments(id, fromMs, toMs, nowMs)])
      .sort((a, b) => a.fromMs - b.fromMs);
    const position = Math.max(0, numberAt(wanted, 'searchResultPostion') ?? 0);
    const most = Math.min(MAX_RESULTS, Math.max(1, numberAt(wanted, 'maxResults') ?? DEFAULT_RESULTS));
    const page = found.slice(position, position + most);
    const word = page.length === 0 ? 'NO MATCHES' : position + page.length < found.length ? 'MORE' : 'OK';
    return xmlAnswer(
      `<CMSearchResult version="2.0" xmlns="${NAMESPACE}">
      <searchID>${escapeXml(searchId)}</searchID>
      <responseStatus>true</responseStatus>
      <responseStatusStrg>${word}</responseStatusStrg>
      <numOfMatches>${page.length}</numOfMatches>
      <totalMatches>${found.length}</totalMatches>
      <matchList>\n${page.map((segment) => this.match(segment)).join('\n')}\n</matchList>
      </CMSearchResult>`,
      device.lineEnd,
    );
  }

  /** One recording an hour, the last one up to now; then those by hand. */
  private *segments(trackId: string, fromMs: number, toMs: number, nowMs: number): Generator<Segment> {
    const spec = this.tracks.get(trackId);
    const oldestMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - KEPT_HOURS * HOUR_MS;
    const first = Math.max(oldestMs, Math.floor(fromMs / HOUR_MS) * HOUR_MS);
    const kind = spec?.mode === 'CMR' ? 'timing' : spec?.mode === 'ALARM' ? 'alarm' : 'motion';
    for (let hour = first; hour < nowMs && hour <= toMs; hour += HOUR_MS) {
      const segment = { trackId, fromMs: hour, toMs: Math.min(hour + HOUR_MS, nowMs), kind } as const;
      if (segment.toMs > fromMs && this.isScheduled(spec, hour)) yield segment;
    }
    for (const segment of this.byHand) {
      if (segment.trackId === trackId && segment.toMs > fromMs && segment.fromMs <= toMs) yield segment;
    }
  }

  private isScheduled(spec: TrackSpec | undefined, hourMs: number): boolean {
    if (spec?.hours === undefined) return spec !== undefined;
    const time = new Date(hourMs);
    const clock = time.toISOString().slice(11, 16);
    return time.getUTCDay() >= 1 && time.getUTCDay() <= 5 && clock >= spec.hours.from && clock < spec.hours.to;
  }

  private match(segment: Segment): string {
    const { trackId, fromMs, toMs, kind } = segment;
    const sizeBytes = Math.round(((toMs - fromMs) / 1_000) * ((this.tracks.get(trackId)?.kbps ?? 0) * 125));
    const number = String(Math.floor(fromMs / 1_000)).padStart(11, '0');
    const name = `ch${trackId.slice(0, -2).padStart(2, '0')}_${number}`;
    const times = `starttime=${plainTime(fromMs)}&endtime=${plainTime(toMs)}`;
    const uri = `rtsp://127.0.0.1/Streaming/tracks/${trackId}/?${times}&name=${name}&size=${sizeBytes}`;
    return `<searchMatchItem>
      <sourceID>{00000000-0000-0000-0000-000000000000}</sourceID>
      <trackID>${trackId}</trackID>
      <timeSpan><startTime>${isoTime(fromMs)}</startTime><endTime>${isoTime(toMs)}</endTime></timeSpan>
      <mediaSegmentDescriptor>
      <contentType>video</contentType>
      <codecType>H.264-BP</codecType>
      <playbackURI>${escapeXml(uri)}</playbackURI>
      </mediaSegmentDescriptor>
      <metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/${kind}</metadataDescriptor></metadataMatches>
      </searchMatchItem>`;
  }
}

function wallMs(device: SimulatedDevice, clock: Clock): number {
  return clock.now() + device.clockOffsetMs + (zoneOffsetMs(device.timeZone) ?? 0);
}

/** Whole seconds, `Z` although it is the wall clock: as devices write it. */
function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function plainTime(ms: number): string {
  return isoTime(ms).replace(/[-:]/g, '');
}

function msOf(text: string | null): number | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?$/.exec(text ?? '');
  const ms = match === null ? NaN : Date.parse(`${match[1]}Z`);
  return Number.isNaN(ms) ? null : ms;
}

function trackDocument(id: string, track: TrackSpec): string {
  const actions = DAYS.flatMap((day, index) => {
    if (track.hours !== undefined && index > 4) return [];
    const { from, to } = track.hours ?? { from: '00:00', to: '00:00' };
    const lastDay = track.hours === undefined ? DAYS[(index + 1) % DAYS.length] : day;
    return `<ScheduleAction>
      <id>${index + 1}</id>
      <ScheduleActionStartTime><DayOfWeek>${day}</DayOfWeek><TimeOfDay>${from}:00</TimeOfDay></ScheduleActionStartTime>
      <ScheduleActionEndTime><DayOfWeek>${lastDay}</DayOfWeek><TimeOfDay>${to}:00</TimeOfDay></ScheduleActionEndTime>
      <ScheduleDSTEnable>false</ScheduleDSTEnable>
      <Description>nothing</Description>
      <Actions>
      <Record>true</Record>
      <ActionRecordingMode>${track.mode}</ActionRecordingMode>
      </Actions>
      </ScheduleAction>`;
  });
  return `<Track version="2.0" xmlns="${NAMESPACE}">
    <id>${id}</id>
    <Channel>${track.channel}</Channel>
    <Enable>true</Enable>
    <Description>simulated</Description>
    <TrackGUID>{00000000-0000-0000-0000-000000000000}</TrackGUID>
    <Duration>P7DT0H</Duration>
    <DefaultRecordingMode>${track.mode}</DefaultRecordingMode>
    <LoopEnable>true</LoopEnable>
    <TrackSchedule>
    <ScheduleBlockList>
    <ScheduleBlock>
    <ScheduleBlockGUID>{00000000-0000-0000-0000-000000000000}</ScheduleBlockGUID>
    <ScheduleBlockType>www.std-cgi.com/racm/schedule/ver10</ScheduleBlockType>
    ${actions.join('\n')}
    </ScheduleBlock>
    </ScheduleBlockList>
    </TrackSchedule>
    <CustomExtensionList>
    <CustomExtension>
    <CustomExtensionName>www.hikvision.com/RaCM/trackExt/ver10</CustomExtensionName>
    <enableSchedule>true</enableSchedule>
    <SaveAudio>true</SaveAudio>
    <PreRecordTimeSeconds>5</PreRecordTimeSeconds>
    <PostRecordTimeSeconds>5</PostRecordTimeSeconds>
    </CustomExtension>
    </CustomExtensionList>
    </Track>`;
}
