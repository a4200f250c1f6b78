/**
 * What a device records: schedules, recordings by hand, the search for what was recorded, days, downloads, and pictures that it
 * took by itself (isapi.md §3.8 to §3.11).
 */
import type { Clock } from '../clock';
import { decodeText } from '../codec/text';
import { all, escapeXml, find, numberAt, parseXml, textAt, type XmlElement } from '../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from './answers';
import { zoneOffsetMs, type Route, type RouteCall, type SimulatedDevice } from './device';
import { GeneratedBytes } from './functions/generated';
import { searchPage } from './functions/search-page';
import { drawPicture } from './picture';

/** When a track records. */
export interface TrackSpec {
  readonly channel: number;
  readonly mode: 'CMR' | 'MOTION' | 'ALARM' | 'ALARMORMOTION';
  /** `08:00` to `18:00` from Monday to Friday; the whole week when not given. */
  readonly hours?: { readonly from: string; readonly to: string };
  /** Of the main stream; from it follows how large a recording is. */
  readonly kbps: number;
}

/** In what recorders differ. */
export interface RecordingOptions {
  /** What the `Z` of a search means: the wall clock, as nearly everywhere, or UTC. */
  readonly times?: 'wall' | 'utc';
  /** `psia`: only `//metadata.psia.org/VideoMotion` and a real UUID are taken, as by a V4.84.100. */
  readonly filter?: 'any' | 'psia';
  /** How a recording can be downloaded; `none`: only RTSP plays it. */
  readonly download?: 'any' | 'get' | 'post' | 'query' | 'none';
  /** Of each recording; from its length and the rate of the stream when not given. */
  readonly recordingBytes?: number;
  /** A wider window is answered with a fault of the device, as recorders do. */
  readonly maxWindowMs?: number;
}

/** What is kept; older recordings were overwritten. */
const KEPT_HOURS = 7 * 24;
const HOUR_MS = 3_600_000;
/** A picture is taken so often while a channel records. */
const PICTURE_MS = 600_000;
/** Recordings by hand that are remembered, per device. */
const MAX_BY_HAND = 100;
/** Matches in one answer. */
const MAX_RESULTS = 200;
const DEFAULT_RESULTS = 40;
const MAX_WINDOW_MS = 366 * 24 * HOUR_MS;

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const BASE = '/ISAPI/ContentMgmt/record';
const PSIA_FILTER = '//metadata.psia.org/VideoMotion';
const UUID = /^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;

/** Times are those of the searches: the device's wall clock read as if it were UTC, or UTC. */
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

  constructor(
    tracks: readonly TrackSpec[],
    private readonly options: RecordingOptions = {},
  ) {
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
    const download = (method: 'GET' | 'POST'): Route => ({
      method,
      path: /^\/ISAPI\/ContentMgmt\/download$/i,
      run: (call) => this.download(call, method),
    });
    return [
      manual('start'),
      manual('stop'),
      download('GET'),
      download('POST'),
      { method: 'POST', path: /^\/ISAPI\/ContentMgmt\/search$/i, run: (call) => this.search(call) },
      {
        method: 'POST',
        path: new RegExp(`^${BASE}/tracks/(\\d{1,6})/dailyDistribution$`, 'i'),
        run: (call) => this.days(call),
      },
      { method: 'GET', path: /^\/picture\/Streaming\/tracks\/(\d{1,6})\/?$/i, run: (call) => this.picture(call) },
    ];
  }

  private manual({ groups, status, device, clock }: RouteCall, verb: 'start' | 'stop'): DeviceAnswer {
    const [trackId = ''] = groups;
    if (!this.tracks.has(trackId)) return status('invalidOperation');
    const nowMs = this.nowMs(device, clock);
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
    const filter = textAt(wanted, 'metadataList/metadataDescriptor');
    if (this.options.filter === 'psia' && (filter !== PSIA_FILTER || !UUID.test(searchId)))
      return status('badXmlContent');
    const list = find(wanted, 'trackList') ?? find(wanted, 'trackIDList');
    const trackIds = all(list, 'trackID').map(({ text }) => text);
    const span = find(wanted, 'timeSpanList/timeSpan');
    const fromMs = msOf(textAt(span, 'startTime'));
    const toMs = msOf(textAt(span, 'endTime'));
    if (trackIds.length === 0 || trackIds.some((id) => !this.tracks.has(videoTrackOf(id))))
      return status('badParameters', 'trackID');
    if (fromMs === null || toMs === null || toMs < fromMs) return status('badParameters', 'timeSpan');
    if (toMs - fromMs > (this.options.maxWindowMs ?? MAX_WINDOW_MS)) return status('deviceError');

    const nowMs = this.nowMs(device, clock);
    const kind = /^\/\/recordType\.meta\.std-cgi\.com\/(\w+)$/i.exec(filter ?? '')?.[1];
    const found = trackIds
      .flatMap((id) =>
        isPictureTrack(id)
          ? [...this.pictures(id, fromMs, toMs, nowMs)]
          : [...this.segments(id, fromMs, toMs, nowMs)].filter(
              (segment) => kind === undefined || segment.kind === kind,
            ),
      )
      .sort((a, b) => a.fromMs - b.fromMs);
    const most = { usual: DEFAULT_RESULTS, atMost: MAX_RESULTS };
    return searchPage(wanted, found, most, device.lineEnd, (segment) => this.match(segment));
  }

  /** Days of one month with recordings. */
  private days({ request, groups, status, device, clock }: RouteCall): DeviceAnswer {
    const [trackId = ''] = groups;
    if (!this.tracks.has(trackId)) return status('invalidOperation');
    let wanted: XmlElement;
    try {
      wanted = parseXml(decodeText(request.body));
    } catch {
      return status('badXmlFormat');
    }
    const year = numberAt(wanted, 'year');
    const month = numberAt(wanted, 'monthOfYear');
    if (year === null || month === null || !(month >= 1 && month <= 12)) return status('badParameters', 'monthOfYear');
    const nowMs = this.nowMs(device, clock);
    const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const entries = Array.from({ length: days }, (_, index) => {
      const fromMs = Date.UTC(year, month - 1, index + 1);
      const first = this.segments(trackId, fromMs, fromMs + 24 * HOUR_MS - 1, nowMs).next();
      const type =
        first.done === true ? '' : `<recordType>${first.value.kind === 'timing' ? 'time' : 'event'}</recordType>`;
      return `<day>
        <id>${index + 1}</id>
        <dayOfMonth>${index + 1}</dayOfMonth>
        <record>${first.done !== true}</record>
        ${type}
        </day>`;
    });
    return xmlAnswer(
      `<trackDailyDistribution version="2.0" xmlns="${NAMESPACE}">
      <dayList>\n${entries.join('\n')}\n</dayList>
      </trackDailyDistribution>`,
      device.lineEnd,
    );
  }

  private download(call: RouteCall, method: 'GET' | 'POST'): DeviceAnswer {
    const { request, status, device, clock } = call;
    const { download = 'any' } = this.options;
    const inQuery = request.query.get('playbackURI');
    const way = inQuery !== null ? 'query' : method === 'GET' ? 'get' : 'post';
    if (download === 'none' || (download !== 'any' && download !== way)) return status('methodNotAllowed');
    let uri = inQuery;
    if (uri === null) {
      try {
        const wanted = parseXml(decodeText(request.body));
        uri = wanted.name.toLowerCase() === 'downloadrequest' ? textAt(wanted, 'playbackURI') : null;
      } catch {
        return status('badXmlFormat');
      }
    }
    const segment = uri === null ? null : this.segmentOf(uri, this.nowMs(device, clock));
    if (segment === null) return status('badParameters', 'playbackURI');
    return {
      status: 200,
      contentType: 'Opaque/data',
      body: Buffer.alloc(0),
      stream: new GeneratedBytes(this.sizeOf(segment), segment.fromMs / 1_000),
    };
  }

  /** Only addresses from a search are taken, with name and size. */
  private segmentOf(uri: string, nowMs: number): Segment | null {
    const trackId = /\/tracks\/(\d{1,6})\/?\?/i.exec(uri)?.[1] ?? '';
    const number = Number(/[?&]name=ch\d{2,3}_(\d{1,11})(?:&|$)/.exec(uri)?.[1] ?? NaN);
    if (!this.tracks.has(trackId) || Number.isNaN(number) || !/[?&]size=\d/.test(uri)) return null;
    for (const segment of this.segments(trackId, number * 1_000, number * 1_000 + 999, nowMs)) {
      if (Math.floor(segment.fromMs / 1_000) === number) return segment;
    }
    return null;
  }

  private picture({ request, groups, status, device, clock }: RouteCall): DeviceAnswer {
    const [trackId = ''] = groups;
    const number = Number(/^ch\d{2,3}_(\d{1,11})$/.exec(request.query.get('name') ?? '')?.[1] ?? NaN);
    const atMs = number * 1_000;
    const isThere =
      isPictureTrack(trackId) &&
      this.tracks.has(videoTrackOf(trackId)) &&
      [...this.pictures(trackId, atMs, atMs, this.nowMs(device, clock))].length > 0;
    if (!isThere) return status('invalidOperation');
    const label = `CH${trackId.slice(0, -2)} ${isoTime(atMs).slice(11, 19)}`;
    return { status: 200, contentType: 'image/jpeg', body: drawPicture({ widthPx: 352, heightPx: 288, label }) };
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

  /** Pictures that were taken while the channel recorded, as segments of no length. */
  private *pictures(trackId: string, fromMs: number, toMs: number, nowMs: number): Generator<Segment> {
    const spec = this.tracks.get(videoTrackOf(trackId));
    const first = Math.max(nowMs - KEPT_HOURS * HOUR_MS, fromMs);
    for (let at = Math.ceil(first / PICTURE_MS) * PICTURE_MS; at <= Math.min(toMs, nowMs); at += PICTURE_MS) {
      if (this.isScheduled(spec, at)) yield { trackId, fromMs: at, toMs: at, kind: 'timing' };
    }
  }

  private isScheduled(spec: TrackSpec | undefined, hourMs: number): boolean {
    if (spec?.hours === undefined) return spec !== undefined;
    const time = new Date(hourMs);
    const clock = time.toISOString().slice(11, 16);
    return time.getUTCDay() >= 1 && time.getUTCDay() <= 5 && clock >= spec.hours.from && clock < spec.hours.to;
  }

  private sizeOf({ trackId, fromMs, toMs }: Segment): number {
    const kbps = this.tracks.get(trackId)?.kbps ?? 0;
    return this.options.recordingBytes ?? Math.round(((toMs - fromMs) / 1_000) * (kbps * 125));
  }

  private match(segment: Segment): string {
    const { trackId, fromMs, toMs, kind } = segment;
    const isPicture = isPictureTrack(trackId);
    const number = String(Math.floor(fromMs / 1_000)).padStart(11, '0');
    const name = `ch${trackId.slice(0, -2).padStart(2, '0')}_${number}`;
    const times = `starttime=${plainTime(fromMs)}&endtime=${plainTime(toMs)}`;
    const place = isPicture ? 'http://127.0.0.1/picture' : 'rtsp://127.0.0.1';
    const uri = `${place}/Streaming/tracks/${trackId}/?${times}&name=${name}&size=${isPicture ? 20_000 : this.sizeOf(segment)}`;
    return `<searchMatchItem>
      <sourceID>{00000000-0000-0000-0000-000000000000}</sourceID>
      <trackID>${trackId}</trackID>
      <timeSpan><startTime>${isoTime(fromMs)}</startTime><endTime>${isoTime(toMs)}</endTime></timeSpan>
      <mediaSegmentDescriptor>
      <contentType>${isPicture ? 'picture' : 'video'}</contentType>
      <codecType>${isPicture ? 'jpeg' : 'H.264-BP'}</codecType>
      <playbackURI>${escapeXml(uri)}</playbackURI>
      <lockStatus>unlock</lockStatus>
      </mediaSegmentDescriptor>
      <metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/${kind}</metadataDescriptor></metadataMatches>
      </searchMatchItem>`;
  }

  /** The time by which this device counts its recordings. */
  private nowMs(device: SimulatedDevice, clock: Clock): number {
    const zoneMs = this.options.times === 'utc' ? 0 : (zoneOffsetMs(device.timeZone) ?? 0);
    return clock.now() + device.clockOffsetMs + zoneMs;
  }
}

function isPictureTrack(trackId: string): boolean {
  return trackId.endsWith('03');
}

/** The track of the recordings during which the pictures of a track were taken. */
function videoTrackOf(trackId: string): string {
  return isPictureTrack(trackId) ? `${trackId.slice(0, -2)}01` : trackId;
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
