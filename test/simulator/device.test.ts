import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { find, numberAt, parseXml, textAt, all, type XmlElement } from '../../lib/codec/xml';
import { builtInDevice, deviceFromDump, DumpError, MODEL_NAMES, type Dump, type ModelName } from '../../lib/simulator';
import { formatTime, zoneOffsetMs } from '../../lib/simulator/device';
import { capturesFolder } from '../support/captures';
import type { DigestClient } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { clientOf, simulator } from '../support/simulators';

const PRESETS = '/ISAPI/PTZCtrl/channels/1/presets';
const PTZ = '/ISAPI/PTZCtrl/channels/1';
const TIME = '/ISAPI/System/time';

async function document(client: DigestClient, path: string): Promise<XmlElement> {
  const reply = await client.get(path);
  expect(reply.status, path).toBe(200);
  return parseXml(reply.body);
}

async function subStatus(client: DigestClient, method: string, path: string, body?: string): Promise<string | null> {
  return textAt(parseXml((await client.call(method, path, body)).body), 'subStatusCode');
}

describe('the built-in devices', () => {
  const common = [
    '/ISAPI/System/deviceInfo',
    '/ISAPI/System/capabilities',
    '/ISAPI/System/status',
    '/ISAPI/System/time',
    '/ISAPI/Security/userCheck',
    '/ISAPI/Security/adminAccesses',
    '/ISAPI/Event/triggers',
  ];
  const video = ['/ISAPI/Streaming/channels', '/ISAPI/Streaming/channels/101', '/ISAPI/Event/triggers/VMD-1'];
  const own: Readonly<Partial<Record<ModelName, readonly string[]>>> = {
    axpro: [],
    speaker: ['/ISAPI/Event/triggers/IO-1'],
    camera: [
      '/ISAPI/System/Video/inputs/channels',
      '/ISAPI/System/Video/inputs/channels/1/motionDetection',
      '/ISAPI/ContentMgmt/Storage',
      `${PTZ}/capabilities`,
      `${PTZ}/status`,
      PRESETS,
      `${PRESETS}/1`,
    ],
    nvr: [
      '/ISAPI/ContentMgmt/InputProxy/channels',
      '/ISAPI/ContentMgmt/InputProxy/channels/8',
      '/ISAPI/ContentMgmt/InputProxy/channels/status',
      '/ISAPI/ContentMgmt/InputProxy/channels/8/status',
      '/ISAPI/ContentMgmt/InputProxy/channels/8/video/motionDetection',
      '/ISAPI/ContentMgmt/Storage',
      '/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1/presets',
      `${PTZ}/status`,
    ],
    doorstation: [
      '/ISAPI/System/Video/inputs/channels',
      '/ISAPI/System/Video/inputs/channels/1/motionDetection',
      '/ISAPI/System/IO/outputs',
      '/ISAPI/AccessControl/RemoteControl/door/capabilities',
    ],
    terminal: ['/ISAPI/System/Video/inputs/channels', '/ISAPI/AccessControl/RemoteControl/door/capabilities'],
    anpr: [
      '/ISAPI/System/Video/inputs/channels',
      '/ISAPI/ITC/Entrance/entranceParam',
      '/ISAPI/Parking/channels/1/barrierGate/barrierGateStatus',
    ],
  };
  for (const model of MODEL_NAMES) {
    it(`${model}: every document is there and is XML`, async () => {
      const client = clientOf(await simulator(model));
      const isSeeing = model !== 'axpro' && model !== 'speaker';
      const paths = [...common, ...(isSeeing ? video : []), ...(own[model] ?? [])];
      for (const path of paths) await document(client, path);
      const lineEnd = (await client.get('/ISAPI/System/deviceInfo')).text.includes('\r\n') ? 'CRLF' : 'LF';
      expect(lineEnd).toBe(model === 'nvr' ? 'LF' : 'CRLF');
    });

    it(`${model}: knows no other path`, async () => {
      const client = clientOf(await simulator(model));
      const stranger = await client.raw('GET', '/ISAPI/Nothing/<here>');
      expect(stranger.status).toBe(401);
      const reply = await client.get('/ISAPI/Nothing/here');
      expect(reply.status).toBe(404);
      expect(reply.headers['content-type']).toBe('text/html');
      expect(reply.text).toContain('/ISAPI/Nothing/here');
      expect((await client.call('DELETE', '/ISAPI/System/deviceInfo')).status).toBe(405);
      expect((await client.call('POST', '/ISAPI/System/capabilities', '<a/>')).status).toBe(405);
      expect((await client.put('/ISAPI/System/capabilities', '<DeviceCap/>')).status).toBe(405);
    });
  }

  it('lists what a recorder has, with one channel offline', async () => {
    const client = clientOf(await simulator('nvr'));
    const channels = all(await document(client, '/ISAPI/ContentMgmt/InputProxy/channels'), 'InputProxyChannel');
    const states = all(
      await document(client, '/ISAPI/ContentMgmt/InputProxy/channels/status'),
      'InputProxyChannelStatus',
    );
    expect(channels.map((channel) => numberAt(channel, 'id'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(states.map((state) => textAt(state, 'online'))).toEqual([...new Array<string>(7).fill('true'), 'false']);
    expect(textAt(channels[7], 'sourceInputPortDescriptor/model')).toBeNull();
    expect((await client.get('/ISAPI/System/Video/inputs/channels')).status).toBe(403);
    expect((await client.get(`/ISAPI/PTZCtrl/channels/2/presets`)).status).toBe(403);
  });

  it('gives each caller a device of its own', async () => {
    const [first, second] = [builtInDevice('camera'), builtInDevice('camera')];
    const client = clientOf(await simulator(first));
    await client.call('DELETE', `${PRESETS}/1`);
    const other = clientOf(await simulator(second));
    expect((await other.get(`${PRESETS}/1`)).status).toBe(200);
  });
});

describe('pictures', () => {
  it('are JPEGs of the wanted size', async () => {
    const client = clientOf(await simulator('camera'));
    const size = (bytes: Buffer) => {
      const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
      return [bytes.readUInt16BE(frame + 7), bytes.readUInt16BE(frame + 5)];
    };
    const plain = await client.get('/ISAPI/Streaming/channels/101/picture');
    expect(plain.headers['content-type']).toBe('image/jpeg');
    expect(plain.body.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(plain.body.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
    expect(size(plain.body)).toEqual([640, 360]);
    const small = await client.get(
      '/ISAPI/Streaming/channels/1/picture?videoResolutionWidth=320&videoResolutionHeight=240&snapShotImageType=JPEG',
    );
    expect(size(small.body)).toEqual([320, 240]);
    expect(size((await client.get('/ISAPI/Streaming/channels/101/picture?videoResolutionWidth=1e9')).body)[0]).toBe(
      640,
    );
  });

  it('are refused for streams that are not there, and fail where the camera is offline', async () => {
    const client = clientOf(await simulator('nvr'));
    expect((await client.get('/ISAPI/Streaming/channels/701/picture')).status).toBe(200);
    expect((await client.get('/ISAPI/ContentMgmt/StreamingProxy/channels/201/picture')).status).toBe(200);
    expect((await client.get('/ISAPI/Streaming/channels/901/picture')).status).toBe(403);
    const offline = await client.get('/ISAPI/Streaming/channels/801/picture');
    expect([offline.status, textAt(parseXml(offline.body), 'subStatusCode')]).toEqual([500, 'deviceError']);
  });
});

describe('the clock', () => {
  it('is our clock in the zone of the device', async () => {
    const client = clientOf(await simulator('camera', { clock: new FakeClock(Date.parse('2024-05-01T12:00:00Z')) }));
    const time = await document(client, TIME);
    expect(textAt(time, 'localTime')).toBe('2024-05-01T20:00:00+08:00');
    expect(textAt(time, 'timeZone')).toBe('CST-8:00:00');
  });

  it('can be set, runs on, and is read back', async () => {
    const clock = new FakeClock(Date.parse('2024-05-01T12:00:00Z'));
    const client = clientOf(await simulator('camera', { clock }));
    const put = (inner: string) => subStatus(client, 'PUT', TIME, `<Time>${inner}</Time>`);
    expect(
      await put(
        '<timeMode>manual</timeMode><localTime>2030-01-01T00:00:00</localTime><timeZone>CST+5:00:00</timeZone>',
      ),
    ).toBe('ok');
    await clock.advance(5_000);
    const time = await document(client, TIME);
    expect(textAt(time, 'timeMode')).toBe('manual');
    expect(textAt(time, 'localTime')).toBe('2030-01-01T00:00:05-05:00');
    expect(textAt(await document(client, '/ISAPI/System/status'), 'currentDeviceTime')).toBe(
      '2030-01-01T00:00:05-05:00',
    );
    expect(await put('<timeMode>manual</timeMode><localTime>2030-01-01T00:00:00+08:00</localTime>')).toBe('ok');
    expect(textAt(await document(client, TIME), 'localTime')).toBe('2029-12-31T11:00:00-05:00');
    expect(await put('<timeMode>NTP</timeMode><timeZone>CST-8:00:00</timeZone>')).toBe('ok');
    expect(textAt(await document(client, TIME), 'localTime')).toBe('2024-05-01T20:00:05+08:00');
  });

  for (const [inner, expected] of [
    ['<timeMode>manual</timeMode>', 'MessageParametersLack'],
    ['<localTime>2030-01-01T00:00:00</localTime>', 'MessageParametersLack'],
    ['<timeMode>maybe</timeMode>', 'badParameters'],
    ['<timeMode>manual</timeMode><localTime>tomorrow</localTime>', 'badParameters'],
    ['<timeMode>manual</timeMode><localTime>2030-13-01T00:00:00</localTime>', 'badParameters'],
    ['<timeMode>NTP</timeMode><timeZone>nowhere</timeZone>', 'badParameters'],
  ]) {
    it(`refuses ${inner}`, async () => {
      const client = clientOf(await simulator('camera'));
      expect(await subStatus(client, 'PUT', TIME, `<Time>${inner}</Time>`)).toBe(expected);
    });
  }

  it('reads POSIX zones, whose sign is inverted', () => {
    const hours = (zone: string) => (zoneOffsetMs(zone) ?? NaN) / 3_600_000;
    expect(hours('CST-8:00:00')).toBe(8);
    expect(hours('CST+5:30:00')).toBe(-5.5);
    expect(hours('CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00')).toBe(1);
    expect(hours('<+08>-8')).toBe(8);
    expect(zoneOffsetMs('CST-99:00:00')).toBeNull();
    expect(formatTime(Infinity, 0)).toBe('9999-12-31T23:59:59+00:00');
  });
});

describe('settings', () => {
  const motion = {
    camera: '/ISAPI/System/Video/inputs/channels/1/motionDetection',
    nvr: '/ISAPI/ContentMgmt/InputProxy/channels/3/video/motionDetection',
  };
  for (const model of ['camera', 'nvr'] as const) {
    it(`are kept by the ${model}, byte for byte`, async () => {
      const client = clientOf(await simulator(model));
      const before = await client.get(motion[model]);
      const changed = before.text.replace('<enabled>true</enabled>', '<enabled>false</enabled>');
      const reply = parseXml((await client.put(motion[model], changed)).body);
      expect([textAt(reply, 'statusCode'), textAt(reply, 'subStatusCode')]).toEqual(['1', 'ok']);
      expect((await client.get(motion[model])).text).toBe(changed);
    });
  }

  it('show in the list that they belong to', async () => {
    const client = clientOf(await simulator('camera'));
    const path = '/ISAPI/Event/triggers/fielddetection-1';
    const changed = (await client.get(path)).text.replace(
      '<EventTriggerNotificationList>',
      '<EventTriggerNotificationList><EventTriggerNotification><id>center</id></EventTriggerNotification>',
    );
    await client.put(path, changed);
    const triggers = all(await document(client, '/ISAPI/Event/triggers'), 'EventTrigger');
    const trigger = triggers.find((each) => textAt(each, 'id') === 'fielddetection-1');
    expect(all(find(trigger, 'EventTriggerNotificationList'), 'EventTriggerNotification')).toHaveLength(2);
  });

  for (const [what, body, expected] of [
    ['nothing', '', 'badXmlContent'],
    ['no XML', 'enabled=1', 'badXmlFormat'],
    ['broken XML', '<MotionDetection><a></MotionDetection>', 'badXmlFormat'],
    ['a byte order mark', '\ufeff<MotionDetection/>', 'badXmlFormat'],
    ['another document', '<Time/>', 'badXmlContent'],
  ]) {
    it(`are not replaced by ${what}`, async () => {
      const client = clientOf(await simulator('camera'));
      const before = (await client.get(motion.camera)).text;
      expect(await subStatus(client, 'PUT', motion.camera, body)).toBe(expected);
      expect((await client.get(motion.camera)).text).toBe(before);
    });
  }
});

describe('PTZ', () => {
  const position = async (client: DigestClient) => {
    const status = await document(client, `${PTZ}/status`);
    return ['azimuth', 'elevation', 'absoluteZoom'].map((name) => numberAt(status, `AbsoluteHigh/${name}`));
  };
  const move = (pan: number, tilt: number, zoom: number) =>
    `<PTZData><pan>${pan}</pan><tilt>${tilt}</tilt><zoom>${zoom}</zoom></PTZData>`;

  it('moves until it is told to stop', async () => {
    const clock = new FakeClock();
    const client = clientOf(await simulator('camera', { clock }));
    expect(await position(client)).toEqual([0, 0, 10]);
    expect(await subStatus(client, 'PUT', `${PTZ}/continuous`, move(50, 10, 100))).toBe('ok');
    await clock.advance(1_000);
    expect(await position(client)).toEqual([450, 60, 90]);
    await subStatus(client, 'PUT', `${PTZ}/continuous`, move(0, 0, 0));
    await clock.advance(5_000);
    expect(await position(client)).toEqual([450, 60, 90]);
    await subStatus(client, 'PUT', `${PTZ}/continuous`, move(-100, 100, 0));
    await clock.advance(8_000);
    // Round the back, and up to the stop.
    expect(await position(client)).toEqual([450, 900, 90]);
  });

  it('stops by itself after a momentary movement', async () => {
    const clock = new FakeClock();
    const client = clientOf(await simulator('camera', { clock }));
    const body =
      '<PTZData><pan>100</pan><tilt>0</tilt><zoom>0</zoom><Momentary><duration>500</duration></Momentary></PTZData>';
    await client.put(`${PTZ}/momentary`, body);
    await clock.advance(4_000);
    expect((await position(client))[0]).toBe(450);
  });

  it('goes to places', async () => {
    const client = clientOf(await simulator('camera'));
    const to =
      '<PTZData><AbsoluteHigh><elevation>121</elevation><azimuth>1117</azimuth><absoluteZoom>209</absoluteZoom></AbsoluteHigh></PTZData>';
    expect(await subStatus(client, 'PUT', `${PTZ}/absolute`, to)).toBe('ok');
    expect(await position(client)).toEqual([1_117, 121, 209]);
    const by =
      '<PTZData><Relative><positionX>-117</positionX><positionY>21</positionY><relativeZoom>-9</relativeZoom></Relative></PTZData>';
    expect(await subStatus(client, 'PUT', `${PTZ}/relative`, by)).toBe('ok');
    expect(await position(client)).toEqual([1_000, 100, 200]);
    await client.put(`${PTZ}/homeposition`);
    await client.put(`${PRESETS}/2/goto`);
    expect(await position(client)).toEqual([1_800, 250, 50]);
    await client.put(`${PTZ}/homeposition/goto`);
    expect(await position(client)).toEqual([1_000, 100, 200]);
  });

  it('stores, lists, calls and forgets presets', async () => {
    const client = clientOf(await simulator('camera'));
    await client.put(`${PRESETS}/3/goto`);
    expect(
      await subStatus(
        client,
        'PUT',
        `${PRESETS}/9`,
        '<PTZPreset><id>9</id><presetName>Tor &amp; Weg</presetName></PTZPreset>',
      ),
    ).toBe('ok');
    const list = all(await document(client, PRESETS), 'PTZPreset');
    expect(list.map((preset) => numberAt(preset, 'id'))).toEqual([1, 2, 3, 4, 34, 9]);
    expect(textAt(list[5], 'presetName')).toBe('Tor & Weg');
    expect(list.map((preset) => textAt(preset, 'enabled'))).toEqual(['true', 'true', 'true', 'false', 'true', 'true']);
    await client.put(`${PRESETS}/1/goto`);
    await client.put(`${PRESETS}/9/goto`);
    expect((await position(client))[0]).toBe(2_700);
    expect(await subStatus(client, 'DELETE', `${PRESETS}/9`)).toBe('ok');
    for (const missing of [4, 9, 77])
      expect(await subStatus(client, 'PUT', `${PRESETS}/${missing}/goto`)).toBe('IDNotexist');
    expect((await client.get(`${PRESETS}/9`)).status).toBe(403);
  });

  for (const [leaf, body, expected] of [
    ['continuous', move(101, 0, 0), 'badParameters'],
    ['continuous', '<PTZData><pan>x</pan></PTZData>', 'badParameters'],
    ['continuous', '<Wrong/>', 'badXmlContent'],
    ['continuous', 'pan=1', 'badXmlFormat'],
    ['momentary', move(1, 0, 0), 'badParameters'],
    ['absolute', '<PTZData/>', 'badParameters'],
    ['relative', '<PTZData><Relative><positionX>999</positionX></Relative></PTZData>', 'badParameters'],
    ['presets/400', '<PTZPreset><id>400</id></PTZPreset>', 'badParameters'],
    ['presets/5', '<PTZPreset><id>6</id></PTZPreset>', 'badParameters'],
  ]) {
    it(`refuses ${leaf} with ${body}`, async () => {
      const client = clientOf(await simulator('camera'));
      expect(await subStatus(client, 'PUT', `${PTZ}/${leaf}`, body)).toBe(expected);
    });
  }
});

describe('other commands', () => {
  it('asks for a key frame on streams that are there', async () => {
    const client = clientOf(await simulator('camera'));
    expect(await subStatus(client, 'PUT', '/ISAPI/Streaming/channels/102/requestKeyFrame')).toBe('ok');
    expect(await subStatus(client, 'PUT', '/ISAPI/Streaming/channels/901/requestKeyFrame')).toBe('invalidOperation');
  });

  it('answers in JSON where JSON is asked for', async () => {
    const client = clientOf(await simulator('doorstation'));
    const status = await client.get('/ISAPI/VideoIntercom/callStatus?format=json');
    expect(JSON.parse(status.text)).toEqual({ CallStatus: { status: 'idle' } });
    const refusal = await client.get('/ISAPI/ContentMgmt/InputProxy/channels?format=json');
    expect(JSON.parse(refusal.text)).toMatchObject({
      statusCode: 4,
      subStatusCode: 'notSupport',
      errorCode: 0x40000001,
    });
  });
});

describe('a device from a dump', () => {
  const dump: Dump = {
    meta: { model: 'X-1', deviceType: 'NVR' },
    responses: {
      '/ISAPI/System/deviceInfo': {
        status: 200,
        contentType: 'text/html',
        body: '\ufeff<DeviceInfo>\r\n <model>X-1 &amp; &</model>\n</DeviceInfo>\0junk',
      },
      '/ISAPI/A?format=json': { status: 200, contentType: 'application/json', body: '{"a": 1}' },
      '/ISAPI/ContentMgmt/storage': { status: 200, contentType: 'application/xml', body: '<storage/>' },
      '/ISAPI/No': { status: 403, body: '' },
      '/ISAPI/Streaming/channels/201': { status: 403 },
      'POST /ISAPI/ContentMgmt/search': { status: 200, contentType: 'application/xml', body: '<CMSearchResult/>' },
    },
  };

  it('serves what it has, unchanged', async () => {
    const client = clientOf(await simulator(deviceFromDump(dump)));
    const info = await client.get('/ISAPI/System/deviceInfo');
    expect(info.text).toBe(dump.responses['/ISAPI/System/deviceInfo']?.body);
    expect(info.headers['content-type']).toBe('text/html');
    expect((await client.get('/ISAPI/A?format=json')).text).toBe('{"a": 1}');
    expect((await client.get('/ISAPI/A')).status).toBe(404);
    const no = await client.get('/ISAPI/No');
    expect([no.status, no.headers['content-type'], no.text]).toEqual([403, undefined, '']);
    expect((await client.call('POST', '/ISAPI/ContentMgmt/search', '<x/>')).text).toBe('<CMSearchResult/>');
    expect((await client.get('/ISAPI/ContentMgmt/search')).status).toBe(404);
  });

  it('passes over keys that are words, and takes the first of two answers', async () => {
    const device = deviceFromDump({
      responses: {
        'PUT (arm)': { status: 400 },
        'PUT /a {"x":1} (one)': { status: 200 },
        'PUT /a (two)': { status: 403 },
      },
    });
    expect((await clientOf(await simulator(device)).put('/a', 'x')).status).toBe(200);
  });

  it('does not mind the case of a path', async () => {
    const client = clientOf(await simulator(deviceFromDump(dump)));
    expect((await client.get('/ISAPI/ContentMgmt/Storage')).text).toBe('<storage/>');
  });

  it('lacks what it lacks, except for what belongs to being served', async () => {
    const client = clientOf(await simulator(deviceFromDump(dump)));
    for (const path of ['System/time', 'System/status', 'Streaming/channels', 'PTZCtrl/channels/1/presets']) {
      expect((await client.get(`/ISAPI/${path}`)).status, path).toBe(404);
    }
    expect((await client.put('/ISAPI/System/reboot')).status).toBe(404);
    expect((await client.put(TIME, '<Time/>')).status).toBe(404);
    expect((await client.get('/ISAPI/Security/userCheck')).text).toContain('<statusValue>200</statusValue>');
    expect((await client.get('/ISAPI/Streaming/channels/101/picture')).headers['content-type']).toBe('image/jpeg');
    // The dump says that there is no such stream.
    expect((await client.get('/ISAPI/Streaming/channels/201/picture')).status).toBe(403);
  });

  it('says otherwise where the dump does', async () => {
    const own = deviceFromDump({
      responses: {
        '/ISAPI/Security/userCheck': { status: 404, body: 'none' },
        '/ISAPI/Event/notification/alertStream': { status: 401, body: 'no right' },
        '/ISAPI/Streaming/channels/101/picture': { status: 500, body: '<busy/>' },
      },
    });
    const client = clientOf(await simulator(own, { auth: 'none' }));
    expect((await client.get('/ISAPI/Security/userCheck')).text).toBe('none');
    expect((await client.get('/ISAPI/Event/notification/alertStream')).text).toBe('no right');
    expect((await client.get('/ISAPI/Streaming/channels/101/picture')).text).toBe('<busy/>');
  });

  it('keeps what is written to documents that it has', async () => {
    const client = clientOf(await simulator(deviceFromDump(dump)));
    expect(await subStatus(client, 'PUT', '/ISAPI/ContentMgmt/storage', '<storage><a/></storage>')).toBe('ok');
    expect((await client.get('/ISAPI/ContentMgmt/storage')).text).toBe('<storage><a/></storage>');
    expect((await client.put('/ISAPI/No', '<No/>')).status).toBe(403);
    const json = await client.put('/ISAPI/A?format=json', '{"a": 2}');
    expect(JSON.parse(json.text)).toMatchObject({ statusCode: 1, subStatusCode: 'ok' });
    expect((await client.get('/ISAPI/A?format=json')).text).toBe('{"a": 2}');
    expect((await client.put('/ISAPI/A?format=json', '{')).status).toBe(400);
  });

  for (const [what, json] of Object.entries({
    'a list': [],
    nothing: null,
    'no answers': { meta: {} },
    'meta that is none': { meta: 1, responses: {} },
    'an answer that is none': { responses: { '/a': 'x' } },
    'no status': { responses: { '/a': { body: 'x' } } },
    'a status that cannot be sent': { responses: { '/a': { status: 99 } } },
    'a type that cannot be sent': { responses: { '/a': { status: 200, contentType: 'a\r\nb: c' } } },
    'a type that is none': { responses: { '/a': { status: 200, contentType: 5 } } },
    'a body that is no text': { responses: { '/a': { status: 200, body: {} } } },
  })) {
    it(`is not made from ${what}`, () => expect(() => deviceFromDump(json)).toThrow(DumpError));
  }
});

const captures = capturesFolder();

describe.skipIf(captures === undefined)('every dump of a real device', () => {
  const folder = join(captures ?? '', 'devices');
  const files = captures === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith('.json'));
  for (const file of files) {
    const json = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dump | unknown[];
    if (Array.isArray(json)) continue; // lists of single exchanges, no dumps
    it(`${file} is served unchanged`, async () => {
      const client = clientOf(await simulator(deviceFromDump(json)));
      const asked = new Set<string>();
      for (const [key, expected] of Object.entries(json.responses)) {
        const [, method = 'GET', path] = /^(?:([A-Z]+) )?(\/\S*)/.exec(key) ?? [];
        if (path === undefined || asked.has(`${method} ${path}`)) continue;
        asked.add(`${method} ${path}`);
        const reply = await client.call(method, path, method === 'GET' ? undefined : '<x/>');
        expect(reply.status, key).toBe(expected.status);
        expect(reply.headers['content-type'], key).toBe(expected.contentType ?? undefined);
        expect(reply.body.equals(Buffer.from(expected.body ?? '')), key).toBe(true);
      }
    });
  }
});
