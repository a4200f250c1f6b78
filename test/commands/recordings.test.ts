import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { camera } from '../../lib/commands/camera';
import { recorder } from '../../lib/commands/recorder';
import type { CommandContext, IsapiRequest, Steps } from '../../lib/commands/command';
import { capturesFolder } from '../support/captures';
import {
  context,
  device,
  dumpDevice,
  failureOf,
  JPEG,
  OK,
  refusal,
  reply,
  run,
  xml,
  type Dump,
  type Responder,
} from '../support/steps';

const folder = capturesFolder();
const SEARCH = '/ISAPI/ContentMgmt/search';
const TIME = '/ISAPI/System/time';
const UTC = '<Time><localTime>2024-05-01T12:00:00+00:00</localTime><timeZone>CST-0:00:00</timeZone></Time>';

const match = (start: string, end: string, name = 'n1', type = 'timing') =>
  `<searchMatchItem><trackID>101</trackID><timeSpan><startTime>${start}</startTime><endTime>${end}</endTime></timeSpan>
   <mediaSegmentDescriptor><codecType>H.264</codecType><lockStatus>unlock</lockStatus>
   <playbackURI>rtsp://192.0.2.10/Streaming/tracks/101/?starttime=1&amp;endtime=2&amp;name=${name}&amp;size=4096</playbackURI></mediaSegmentDescriptor>
   <metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/${type}</metadataDescriptor></metadataMatches></searchMatchItem>`;
const found = (word: string, ...items: string[]) =>
  xml(
    `<CMSearchResult><responseStatusStrg>${word}</responseStatusStrg><matchList>${items.join('')}</matchList></CMSearchResult>`,
  );
const NOTHING = found('NO MATCHES');

const part = ({ body = '' }: IsapiRequest, name: string) =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(String(body))?.[1] ?? '';

/** Answers searches by hand, with the clock of the device beside them. */
function searching(answer: (request: IsapiRequest) => ReturnType<Responder>, time = UTC): Responder {
  return (request) => (request.path === TIME ? xml(time) : answer(request));
}

function search(
  respond: Responder,
  args: Partial<Parameters<typeof recorder.searchRecordings.isapi>[0]> = {},
  changes: Partial<CommandContext> = {},
) {
  const all = { channel: 1, from: undefined, to: undefined, type: 'all', limit: 1_000, ...args } as const;
  return run(recorder.searchRecordings.isapi(all, context(changes)), respond);
}

describe('recorder.searchRecordings', () => {
  it('reads what is there, and cuts it to the span', () => {
    const { result } = search(
      searching(() => found('OK', match('2024-05-01T10:00:00Z', '2024-05-01T11:30:00Z'))),
      { from: '2024-05-01T10:30:00Z', to: '2024-05-01T11:00:00Z' },
    );
    expect(result).toEqual({
      complete: true,
      recordings: [
        {
          channel: 1,
          trackId: 101,
          start: '2024-05-01T10:00:00+00:00',
          end: '2024-05-01T11:30:00+00:00',
          clippedStart: '2024-05-01T10:30:00+00:00',
          clippedEnd: '2024-05-01T11:00:00+00:00',
          type: 'timing',
          sizeBytes: 4_096,
          name: 'n1',
          codec: 'H.264',
          locked: false,
          playbackUri: 'rtsp://192.0.2.10/Streaming/tracks/101/?starttime=1&endtime=2&name=n1&size=4096',
        },
      ],
    });
  });

  it('turns pages under one searchID', () => {
    const pages = [
      found(
        'MORE',
        match('2024-05-01T10:00:00Z', '2024-05-01T10:10:00Z', 'a'),
        match('2024-05-01T10:10:00Z', '2024-05-01T10:20:00Z', 'b'),
      ),
      found('OK', match('2024-05-01T10:20:00Z', '2024-05-01T10:30:00Z', 'c')),
    ];
    const { result, requests } = search(searching(() => pages.shift() ?? NOTHING));
    expect(result?.recordings.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const asked = requests.filter(({ path }) => path === SEARCH);
    expect(asked.map((request) => part(request, 'searchResultPostion'))).toEqual(['0', '2']);
    expect(new Set(asked.map((request) => part(request, 'searchID'))).size).toBe(1);
  });

  it('asks a day at a time, lists what lies over midnight once, and tells how far it is', () => {
    const overMidnight = match('2024-04-30T11:00:00Z', '2024-04-30T13:00:00Z');
    const { result, requests, log } = search(
      searching(() => found('OK', overMidnight)),
      {
        from: '2024-04-29T12:00:00Z',
        to: '2024-05-01T12:00:00Z',
      },
    );
    expect(result?.recordings).toHaveLength(1);
    const asked = requests.filter(({ path }) => path === SEARCH);
    expect(asked.map((request) => `${part(request, 'startTime')} ${part(request, 'endTime')}`)).toEqual([
      '2024-04-29T12:00:00Z 2024-04-30T12:00:00Z',
      '2024-04-30T12:00:00Z 2024-05-01T12:00:00Z',
    ]);
    expect(log).toContain('progress 0.5');
  });

  it('says when there is more than the limit', () => {
    const many = [1, 2, 3].map((n) => match(`2024-05-01T0${n}:00:00Z`, `2024-05-01T0${n}:10:00Z`, `n${n}`));
    const { result } = search(
      searching(() => found('OK', ...many)),
      { limit: 2 },
    );
    expect(result?.recordings.map(({ name }) => name)).toEqual(['n1', 'n2']);
    expect(result?.complete).toBe(false);
  });

  it('takes the words that a V4.84.100 takes, and remembers them', () => {
    const memory = new Map<string, unknown>();
    const respond = searching((request) =>
      String(request.body).includes('//metadata.psia.org/VideoMotion')
        ? found('OK', match('2024-05-01T10:00:00Z', '2024-05-01T10:10:00Z', 'a', 'motion'))
        : refusal(400, 6, 'Invalid XML Content', 'badXmlContent'),
    );
    expect(search(respond, { type: 'motion' }, { memory }).result?.recordings).toHaveLength(1);
    const again = search(respond, { type: 'timing' }, { memory });
    expect(again.requests.filter(({ path }) => path === SEARCH)).toHaveLength(1);
    // It does not filter by itself.
    expect(again.result?.recordings).toEqual([]);
  });

  it('halves a window that is too wide', () => {
    const tooWide = reply(
      500,
      '<ResponseStatus><statusCode>3</statusCode><statusString>Device Error</statusString><subStatusCode>deviceError</subStatusCode></ResponseStatus>',
    );
    const respond = searching((request) => {
      const hours = (Date.parse(part(request, 'endTime')) - Date.parse(part(request, 'startTime'))) / 3_600_000;
      return hours > 7
        ? tooWide
        : found('OK', match(part(request, 'startTime'), part(request, 'endTime'), `n${part(request, 'startTime')}`));
    });
    const { result, log } = search(respond);
    expect(result?.recordings).toHaveLength(4);
    expect(log.filter((line) => line === 'wait 400')).toHaveLength(3);
    expect(failureOf(() => search(searching(() => tooWide))).code).toBe('HIK_BUSY');
  });

  describe('the meaning of Z', () => {
    const ahead = '<Time><localTime>2024-05-01T20:00:00+08:00</localTime><timeZone>CST-8:00:00</timeZone></Time>';
    const behind = '<Time><localTime>2024-05-01T07:00:00-05:00</localTime><timeZone>CST+5:00:00</timeZone></Time>';

    /** A device that records without a pause and counts as said. */
    const recorderThat = (times: 'wall' | 'utc', time: string): Responder => {
      const offsetMs = time === ahead ? 8 * 3_600_000 : -5 * 3_600_000;
      const nowMs = Date.parse('2024-05-01T12:00:00Z') + (times === 'wall' ? offsetMs : 0);
      return searching((request) => {
        const items: string[] = [];
        const text = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
        const to = Math.min(nowMs, Date.parse(part(request, 'endTime')));
        for (let ms = Date.parse(part(request, 'startTime')); ms < to; ms += 3_600_000)
          items.push(match(text(ms), text(Math.min(ms + 3_600_000, nowMs)), `n${ms}`));
        return found('OK', ...items);
      }, time);
    };

    it.each([
      ['wall', 'ahead', ahead, '+08:00', '2024-05-01T19:00:00'],
      ['utc', 'ahead', ahead, '+08:00', '2024-05-01T19:00:00'],
      ['wall', 'behind', behind, '-05:00', '2024-05-01T06:00:00'],
      ['utc', 'behind', behind, '-05:00', '2024-05-01T06:00:00'],
    ] as const)('%s on a device %s of UTC is found out once', (times, _name, time, offset, start) => {
      const memory = new Map<string, unknown>();
      const respond = recorderThat(times, time);
      const span = { from: '2024-05-01T11:00:00Z', to: '2024-05-01T12:00:00Z' };
      const { result } = search(respond, span, { memory });
      expect(memory.get('recorder.searchRecordings/times')).toBe(times);
      expect(result?.recordings.map((recording) => recording.start)).toEqual([`${start}${offset}`]);
      expect(search(respond, span, { memory }).requests.filter(({ path }) => path === SEARCH)).toHaveLength(1);
    });

    it('stays open where nothing was recorded lately', () => {
      const memory = new Map<string, unknown>();
      expect(
        search(
          searching(() => NOTHING, ahead),
          {},
          { memory },
        ).result?.recordings,
      ).toEqual([]);
      expect(memory.has('recorder.searchRecordings/times')).toBe(false);
    });
  });

  it('ends damaged answers in a clear error or in nothing', () => {
    const code = (respond: Responder) => failureOf(() => search(respond)).code;
    expect(code(searching(() => xml('<Other/>')))).toBe('HIK_UNSUPPORTED');
    expect(code(searching(() => reply(200, 'no document')))).toBe('HIK_PROTOCOL');
    expect(code(searching(() => reply(404, '<html><title>Not Found</title></html>')))).toBe('HIK_UNSUPPORTED');
    const empty = [found('MORE'), found('OK', '<searchMatchItem/>'), refusal(403, 4, 'Invalid Operation', 'noRecord')];
    for (const answer of empty)
      expect(search(searching(() => answer)).result).toEqual({ recordings: [], complete: true });
    const args = { from: '2024-05-01T12:00:00Z', to: '2024-05-01T10:00:00Z' };
    expect(
      failureOf(() =>
        search(
          searching(() => NOTHING),
          args,
        ),
      ).code,
    ).toBe('HIK_ARGUMENT');
  });

  it.skipIf(folder === undefined)('reads the captured answer of a DS-8632N-I8', () => {
    const dump = JSON.parse(readFileSync(join(folder as string, 'devices/DS-8632N-I8.json'), 'utf8')) as Dump;
    const span = { from: '2026-09-27T00:20:00', to: '2026-09-27T00:40:00' };
    const { result } = search(dumpDevice(dump), span);
    expect(result?.recordings).toMatchObject([
      {
        start: '2026-09-27T00:12:02',
        end: '2026-09-27T00:29:38',
        clippedStart: '2026-09-27T00:20:00',
        name: '00000000616000000',
        sizeBytes: 1_066_003_740,
        locked: false,
        type: 'timing',
      },
      { start: '2026-09-27T00:29:35', clippedEnd: '2026-09-27T00:40:00', name: '00000000593000000' },
    ]);
    const wide = readFileSync(join(folder as string, 'devices/error-search-500.xml'));
    let isFirst = true;
    const splits = search(
      searching((request) => {
        const isWide = Date.parse(part(request, 'endTime')) - Date.parse(part(request, 'startTime')) > 13 * 3_600_000;
        if (!isWide) return NOTHING;
        isFirst = false;
        return reply(500, wide);
      }),
    );
    expect(isFirst).toBe(false);
    expect(splits.result).toEqual({ recordings: [], complete: true });
  });
});

describe('recorder.downloadRecording', () => {
  const URI = 'rtsp://192.0.2.10/Streaming/tracks/101/?starttime=1&endtime=2&name=a&size=4096';
  const PATH = '/ISAPI/ContentMgmt/download';
  const download = (respond: Responder, changes: Partial<CommandContext> = {}) =>
    run(
      recorder.downloadRecording.isapi(
        { file: 'x.mp4', playbackUri: URI, channel: 1, time: undefined },
        context(changes),
      ),
      respond,
    );
  const moved = { ...reply(200), sizeBytes: 4_096 };

  it('asks with a body, then by POST, then by query, and remembers', () => {
    const memory = new Map<string, unknown>();
    const refused = refusal(405, 4, 'Invalid Operation', 'methodNotAllowed');
    const query = `GET ${PATH}?playbackURI=${encodeURIComponent(URI)}`;
    const respond: Responder = ({ method, path }) => (`${method} ${path}` === query ? moved : refused);
    const { result, log, plans, requests } = download(respond, { memory });
    expect(result).toEqual({ file: 'x.mp4', sizeBytes: 4_096, playbackUri: URI });
    expect(log).toEqual([`GET ${PATH}`, `POST ${PATH}`, query]);
    expect(plans[0]).toEqual({ kind: 'toFile', file: 'x.mp4', expectedBytes: 4_096 });
    expect(String(requests[0]?.body)).toContain('&amp;name=a&amp;size=4096');
    expect(download(respond, { memory }).log).toEqual([query]);
  });

  it('tells about RTSP where there is no download', () => {
    const error = failureOf(() => download(() => refusal(403, 4, 'Invalid Operation', 'methodNotAllowed')));
    expect(error.code).toBe('HIK_UNSUPPORTED');
    expect(error.message).toMatch(/RTSP.*recorder\.playbackUrl/);
  });

  it('says what is missing', () => {
    const args = { file: 'x', playbackUri: undefined, channel: 1, time: undefined };
    expect(failureOf(() => run(recorder.downloadRecording.isapi(args, context()), () => OK)).code).toBe('HIK_ARGUMENT');
    const at = { ...args, time: '2024-05-01T10:05:00Z' };
    expect(
      failureOf(() =>
        run(
          recorder.downloadRecording.isapi(at, context()),
          searching(() => NOTHING),
        ),
      ).code,
    ).toBe('HIK_NOT_FOUND');
  });
});

describe('recording by hand, schedule and days', () => {
  it('starts by PUT, or by POST where that is the way', () => {
    const path = '/ISAPI/ContentMgmt/record/control/manual/start/tracks/201';
    const start = (respond: Responder) => run(recorder.startRecording.isapi({ channel: 2 }, context()), respond);
    expect(start(device({ [`PUT ${path}`]: OK })).log).toEqual([`PUT ${path}`]);
    const post = start(device({ [`POST ${path}`]: OK }));
    expect(post.log).toEqual([`PUT ${path}`, `POST ${path}`]);
    expect(post.result).toEqual({ channel: 2, recording: true });
    const busy = refusal(503, 2, 'Device Busy', 'deviceBusy');
    expect(failureOf(() => start(device({ [`PUT ${path}`]: busy, [`POST ${path}`]: OK }))).code).toBe('HIK_BUSY');
  });

  it('reads a schedule; a whole day ends at midnight', () => {
    const action = (from: string, to: string, first: string, last: string) =>
      `<ScheduleAction><ScheduleActionStartTime><DayOfWeek>${first}</DayOfWeek><TimeOfDay>${from}</TimeOfDay></ScheduleActionStartTime>
       <ScheduleActionEndTime><DayOfWeek>${last}</DayOfWeek><TimeOfDay>${to}</TimeOfDay></ScheduleActionEndTime>
       <Actions><Record>true</Record><ActionRecordingMode>MOTION</ActionRecordingMode></Actions></ScheduleAction>`;
    const track = `<Track><id>101</id><Enable>false</Enable><TrackSchedule><ScheduleBlockList><ScheduleBlock>
      ${action('00:00:00', '00:00:00', 'Monday', 'Tuesday')}${action('22:00:00', '06:00:00', 'Sunday', 'Monday')}
      <ScheduleAction/></ScheduleBlock></ScheduleBlockList></TrackSchedule>
      <CustomExtensionList><CustomExtension><enableSchedule>true</enableSchedule><PreRecordTimeSeconds>5</PreRecordTimeSeconds></CustomExtension></CustomExtensionList></Track>`;
    const path = '/ISAPI/ContentMgmt/record/tracks/101';
    const read = (respond: Responder) => run(recorder.getRecordSchedule.isapi({ channel: 1 }, context()), respond);
    expect(read(device({ [path]: track })).result).toEqual({
      channel: 1,
      enabled: true,
      segments: [
        { day: 'monday', from: '00:00', to: '24:00', mode: 'MOTION' },
        { day: 'sunday', from: '22:00', to: '24:00', mode: 'MOTION' },
        { day: 'monday', from: '00:00', to: '06:00', mode: 'MOTION' },
      ],
      preRecordSeconds: 5,
      postRecordSeconds: null,
      audio: null,
    });
    expect(read(device({ [path]: '<Track/>' })).result?.segments).toEqual([]);
    expect(failureOf(() => read(device({ [path]: '<Other/>' }))).code).toBe('HIK_UNSUPPORTED');
  });

  it('lists days', () => {
    const path = '/ISAPI/ContentMgmt/record/tracks/101/dailyDistribution';
    const days = (answer: string) =>
      run(
        recorder.listRecordingDays.isapi({ channel: 1, year: 2024, month: undefined }, context()),
        device({ [TIME]: UTC, [path]: answer }),
      );
    const list = `<trackDailyDistribution><dayList>
      <day><id>2</id><dayOfMonth>2</dayOfMonth><record>true</record><recordType>time</recordType></day>
      <day><id>1</id><dayOfMonth>1</dayOfMonth><record>false</record></day><day/></dayList></trackDailyDistribution>`;
    expect(days(list).result).toEqual({ channel: 1, year: 2024, month: 5, days: [{ day: 2, type: 'time' }] });
    expect(days('<trackDailyDistribution/>').result?.days).toEqual([]);
    expect(failureOf(() => days('<Other/>')).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('addresses and pictures', () => {
  it('gives the address of playback, without the password unless it is asked for', () => {
    const address = (changes: Record<string, unknown> = {}) => {
      const args = {
        channel: 2,
        stream: 'sub',
        from: '2024-05-01T10:00:00',
        to: undefined,
        withPassword: false,
        ...changes,
      } as const;
      return run(recorder.playbackUrl.isapi(args, context()), device({ [TIME]: UTC })).result;
    };
    expect(address()).toBe('rtsp://192.0.2.10:554/Streaming/tracks/202/?starttime=20240501T100000Z');
    expect(address({ to: '2024-05-01T10:05:00Z', withPassword: true })).toBe(
      'rtsp://admin:planted-secret@192.0.2.10:554/Streaming/tracks/202/?starttime=20240501T100000Z&endtime=20240501T100500Z',
    );
    expect(failureOf(() => address({ to: '2024-05-01T09:00:00' })).code).toBe('HIK_ARGUMENT');
  });

  it('takes the picture nearest to a time', () => {
    const picture = (start: string, name: string) =>
      `<searchMatchItem><trackID>103</trackID><timeSpan><startTime>${start}</startTime><endTime>${start}</endTime></timeSpan>
       <mediaSegmentDescriptor><playbackURI>rtsp://10.0.0.9/Streaming/tracks/103/?name=${name}&amp;size=9</playbackURI></mediaSegmentDescriptor></searchMatchItem>`;
    const respond = searching(({ path }) =>
      path === SEARCH
        ? found('OK', picture('2024-05-01T09:58:00Z', 'a'), picture('2024-05-01T10:01:00Z', 'b'))
        : reply(200, JPEG),
    );
    const { result, log } = run(
      recorder.pictureAt.isapi({ channel: 1, time: '2024-05-01T10:00:00Z' }, context()),
      respond,
    );
    expect(result).toEqual({ contentType: 'image/jpeg', data: JPEG, time: '2024-05-01T10:01:00+00:00' });
    expect(log.at(-1)).toBe('GET /picture/Streaming/tracks/103/?name=b&size=9');
    const none = () =>
      run(
        recorder.pictureAt.isapi({ channel: 1, time: '2024-05-01T10:00:00Z' }, context()),
        searching(() => NOTHING),
      );
    expect(failureOf(none).code).toBe('HIK_NOT_FOUND');
  });

  it('fetches pictures of this device only', () => {
    const fetch = (url: string, answer = reply(200, JPEG)) =>
      run(recorder.fetchPicture.isapi({ url }, context()), () => answer);
    expect(fetch('http://192.0.2.10:80/picture/a b?name=1').log).toEqual(['GET /picture/a%20b?name=1']);
    expect(fetch('/picture/x').result?.data).toBe(JPEG);
    for (const url of ['http://192.0.2.11/picture/x', 'http://user@evil.example/x', 'picture/x'])
      expect(failureOf(() => fetch(url)).code).toBe('HIK_ARGUMENT');
    expect(failureOf(() => fetch('/picture/x', reply(200))).code).toBe('HIK_NOT_FOUND');
    expect(failureOf(() => fetch('/picture/x', reply(200, 'text'))).code).toBe('HIK_PROTOCOL');
  });
});

describe('recorder.searchLog', () => {
  it('reads entries and what of them is missing', () => {
    const entry = (body: string) => `<searchMatchItem><logDescriptor>${body}</logDescriptor></searchMatchItem>`;
    const full = entry(
      '<metaId>log.hikvision.com/Operation/remoteLogin</metaId><StartDateTime>2024-05-01T10:00:00Z</StartDateTime><userName>admin</userName><ipAddress>192.0.2.7</ipAddress><channelNumber>3</channelNumber>',
    );
    const args = { from: undefined, to: undefined, kind: 'operation', limit: 500 } as const;
    const { result, requests } = run(
      recorder.searchLog.isapi(args, context()),
      searching(() => found('OK', full, entry(''))),
    );
    expect(result?.entries[0]).toEqual({
      time: '2024-05-01T10:00:00+00:00',
      major: 'Operation',
      minor: 'remoteLogin',
      channel: 3,
      user: 'admin',
      address: '192.0.2.7',
      details: null,
    });
    expect(Object.values(result?.entries[1] ?? { x: 1 })).toEqual([null, null, null, null, null, null, null]);
    expect(String(requests.at(-1)?.body)).toContain('<metaId>log.std-cgi.com/Operation</metaId>');
  });
});

describe.skipIf(folder === undefined)('every captured device', () => {
  const at = '2024-05-01T10:00:00';
  const reads: Readonly<Record<string, () => Steps<unknown>>> = {
    searchRecordings: () =>
      recorder.searchRecordings.isapi({ channel: 1, from: at, to: undefined, type: 'all', limit: 10 }, context()),
    getRecordSchedule: () => recorder.getRecordSchedule.isapi({ channel: 1 }, context()),
    listRecordingDays: () => recorder.listRecordingDays.isapi({ channel: 1, year: 2024, month: 5 }, context()),
    playbackUrl: () =>
      recorder.playbackUrl.isapi(
        { channel: 1, stream: 'main', from: at, to: undefined, withPassword: false },
        context(),
      ),
    pictureAt: () => recorder.pictureAt.isapi({ channel: 1, time: at }, context()),
    searchLog: () => recorder.searchLog.isapi({ from: at, to: undefined, kind: 'all', limit: 10 }, context()),
    listAudioChannels: () => camera.listAudioChannels.isapi({}, context()),
    getAudioVolume: () => camera.getAudioVolume.isapi({ channel: 1 }, context()),
  };
  const devices = join(folder ?? '', 'devices');
  const files = folder === undefined ? [] : readdirSync(devices).filter((file) => file.endsWith('.json'));

  it.each(files)('%s ends each of them in a value or in UnsupportedError', (file) => {
    const dump = JSON.parse(readFileSync(join(devices, file), 'utf8')) as Dump;
    if (!Object.hasOwn(dump, 'responses'))
      return expect(file).toMatch(/^(error-responses|doorbell-misc|http-exchanges)/);
    for (const [name, steps] of Object.entries(reads)) {
      let text: string;
      try {
        text = JSON.stringify(run(steps(), dumpDevice(dump)).result);
      } catch (error) {
        text = (error as { code?: string }).code ?? String(error);
      }
      expect(text, name).toMatch(/^(\{|\[|"rtsp:|HIK_UNSUPPORTED)/);
      expect(text).not.toContain('NaN');
    }
  });

  it('finds the audio channels of a DS-8632N-I8', () => {
    const dump = JSON.parse(readFileSync(join(devices, 'DS-8632N-I8.json'), 'utf8')) as Dump;
    expect(run(camera.listAudioChannels.isapi({}, context()), dumpDevice(dump)).result).toMatchObject([
      { channel: 1, enabled: false, codec: 'G.711ulaw', speakerVolume: null },
      { channel: 2, codec: 'G.711ulaw' },
    ]);
  });
});
