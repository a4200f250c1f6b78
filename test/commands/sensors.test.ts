import { describe, expect, it } from 'vitest';
import { camera } from '../../lib/commands/camera';
import { event } from '../../lib/commands/event';
import { PeopleCounter, Thermometer } from '../../lib/simulator/functions/sensors';
import type { HikvisionEvent } from '../../lib/index';
import { codeOf, hikvisionClient, httpOf } from '../support/clients';
import { until } from '../support/digest-client';
import { httpServer } from '../support/servers';
import { simulator } from '../support/simulators';
import { context, device, failureOf, reply, run } from '../support/steps';

const json = (value: unknown, status = 200) => reply(status, JSON.stringify(value), 'application/json');
const LIVE = '/ISAPI/Thermal/channels/2/thermometry/realTimethermometry/rules?format=json';
const upload = (...rules: object[]) => ({ ThermometryUploadList: { ThermometryUpload: rules } });
const AREA = {
  ruleID: 1,
  ruleName: 'A',
  presetNo: 1,
  thermometryUnit: 0,
  LinePolygonThermCfg: { MaxTemperature: 41.5, MinTemperature: 20, AverageTemperature: 30 },
};
const POINT = { ruleID: 2, thermometryUnit: 1, PointThermCfg: { temperature: 88 } };

describe('camera.temperatures', () => {
  const read = (answer: ReturnType<typeof json>) =>
    run(camera.temperatures.isapi({ channel: 2 }, context()), device({ [LIVE]: answer })).result;
  const part = (value: unknown) => `--boundary\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(value)}\r\n`;

  it('reads one document', () => {
    expect(read(json(upload(AREA, POINT)))).toEqual([
      {
        rule: 1,
        name: 'A',
        preset: 1,
        kind: 'area',
        unit: 'celsius',
        temperature: 41.5,
        min: 20,
        max: 41.5,
        average: 30,
      },
      {
        rule: 2,
        name: null,
        preset: null,
        kind: 'point',
        unit: 'fahrenheit',
        temperature: 88,
        min: null,
        max: null,
        average: null,
      },
    ]);
  });

  it('reads parts, the last one cut off', () => {
    const body = part(upload(AREA)) + part(upload(POINT)) + part(upload(AREA)).slice(0, 90);
    expect(read(reply(200, body, 'multipart/mixed'))?.map(({ rule }) => rule)).toEqual([1, 2]);
  });

  it('of something else is unsupported, of an empty list nothing', () => {
    expect(read(json(upload()))).toEqual([]);
    for (const answer of [json({ a: 1 }), reply(404), reply(200, '<html/>')]) {
      expect(failureOf(() => read(answer)).code).toBe('HIK_UNSUPPORTED');
    }
  });

  it('ends an answer that goes on for ever as soon as every rule has come', async () => {
    let isGone = false;
    const { url } = await httpServer((request, response) => {
      if (request.path !== LIVE) return void response.end('<ok/>');
      response.on('close', () => (isGone = true));
      response.writeHead(200, { 'Content-Type': 'multipart/mixed; boundary=boundary' });
      for (const rule of [AREA, POINT, AREA, POINT]) response.write(part(upload(rule)));
    });
    const http = httpOf({ url });
    const received = await http.send({ method: 'GET', path: LIVE, endsAfter: (bytes) => bytes.length > 100 });
    expect(received.status).toBe(200);
    await until(() => isGone, 'the device is told that it is enough');
    const client = hikvisionClient({ url });
    expect((await client.camera.temperatures()).map(({ rule }) => rule)).toEqual([1, 2]);
  });
});

describe('the simulated thermal camera', () => {
  it('measures, has rules, and warns above the limit', async () => {
    const thermal = await simulator('thermal');
    const client = hikvisionClient(thermal);
    const events: HikvisionEvent[] = [];
    client.events((each) => events.push(each));
    await client.connect();
    await until(() => thermal.streams === 1, 'the stream is open');
    thermal.device.part(Thermometer)?.setTemperature(thermal.device, 1, 84.5);
    await until(() => events.length === 1, 'it warns');
    expect(events[0]).toMatchObject({
      kind: 'temperature',
      state: 'start',
      channel: 2,
      details: { level: 'alarm', temperature: 84.5, limit: 80, unit: 'celsius', rule: 1, ruleName: 'Bearing' },
    });
    expect(await client.camera.temperatures()).toMatchObject([
      { rule: 1, name: 'Bearing', kind: 'area', unit: 'celsius', temperature: 84.5 },
      { rule: 2, name: 'Fuse', kind: 'point', temperature: 30.2 },
    ]);
    expect((await client.camera.listTemperatureRules())[1]).toEqual({
      rule: 2,
      enabled: true,
      name: 'Fuse',
      kind: 'point',
      emissivity: 0.96,
      distance: 3,
      points: [{ x: 0.5, y: 0.25 }],
      condition: 'highest temperature above',
      preAlarm: 60,
      alarm: 70,
    });
    expect(await codeOf(client.camera.temperatures({ channel: 1 }))).toBe('HIK_UNSUPPORTED');
  });
});

describe('people', () => {
  const SEARCH = '/ISAPI/System/Video/inputs/channels/1/counting/search';
  const RESULT = `<CountingStatisticsResult><matchList>
    <matchElement><timeSpan><startTime>2024-05-01T08:00:00</startTime><endTime>2024-05-01T08:59:59</endTime></timeSpan><enterCount>3</enterCount><exitCount>1</exitCount></matchElement>
    <matchElement><timeSpan/><enterCount>2</enterCount><exitCount/></matchElement>
    </matchList></CountingStatisticsResult>`;

  it('of today, by the clock of the device', () => {
    const time = '<Time><localTime>2024-05-01T23:30:00-08:00</localTime></Time>';
    const { result, requests } = run(
      camera.peopleCount.isapi({ channel: 1 }, context()),
      device({ '/ISAPI/System/time': time, [SEARCH]: RESULT }),
    );
    expect(result).toEqual({ channel: 1, day: '2024-05-01', enter: 5, exit: 1, pass: null, state: null });
    expect(String(requests[1]?.body)).toContain('<startTime>2024-05-01T00:00:00</startTime>');
  });

  it.each([
    ['hour', 'daily', '2024-02-29T00:00:00', '2024-02-29T23:59:59'],
    ['day', 'monthly', '2024-02-01T00:00:00', '2024-02-29T23:59:59'],
    ['month', 'yearly', '2024-01-01T00:00:00', '2024-12-31T23:59:59'],
  ] as const)('per %s', (per, report, from, to) => {
    const { result, requests } = run(
      camera.searchPeopleCounts.isapi({ channel: 1, per, day: '2024-02-29' }, context()),
      device({ [SEARCH]: RESULT }),
    );
    expect(result).toHaveLength(2);
    expect(result?.[1]).toEqual({ from: null, to: null, enter: 2, exit: null, pass: null });
    for (const word of [report, from, to]) expect(String(requests[0]?.body)).toContain(`>${word}<`);
  });

  it('of something else is unsupported', () => {
    for (const answer of ['<Other/>', reply(404), reply(403)]) {
      const search = () => run(camera.peopleCount.isapi({ channel: 1 }, context()), device({ [SEARCH]: answer }));
      expect(failureOf(search).code).toBe('HIK_UNSUPPORTED');
    }
  });

  it('are counted by the simulated camera until somebody resets it', async () => {
    const counter = await simulator('counter');
    const client = hikvisionClient(counter);
    const events: HikvisionEvent[] = [];
    client.events((each) => events.push(each));
    await client.connect();
    await until(() => counter.streams === 1, 'the stream is open');
    counter.device.part(PeopleCounter)?.pass(counter.device, 3, 1);
    await until(() => events.length === 1, 'it tells');
    expect(events[0]).toMatchObject({ kind: 'peopleCounting', state: 'once', details: { enter: 3, exit: 1 } });
    expect(await client.camera.peopleCount()).toMatchObject({ enter: 3, exit: 1, state: 'counting' });
    expect(await client.camera.searchPeopleCounts({ per: 'month' })).toMatchObject([{ enter: 3, exit: 1 }]);
    expect(await client.camera.searchPeopleCounts({ day: '2001-01-01' })).toEqual([]);
    expect(await codeOf(client.camera.resetPeopleCount())).toBe('HIK_CONFIRMATION');
    expect(await client.camera.resetPeopleCount({}, { confirm: true })).toEqual({ channel: 1, reset: true });
    expect(await client.camera.peopleCount()).toMatchObject({ enter: 0, exit: 0 });
  });
});

describe('sounds', () => {
  const CAP = '/ISAPI/Event/triggers/notifications/AudioAlarm/capabilities?format=json';
  const SET = '/ISAPI/Event/triggers/notifications/AudioAlarm?format=json';
  const TEST = '/ISAPI/Event/triggers/notifications/AudioAlarm/2/test?format=json';
  const cam = device({
    [CAP]: json({ AudioAlarmCap: { audioTypeListCap: [{ audioID: 1, audioDescription: 'Siren' }, { audioID: 2 }] } }),
    [SET]: json({ AudioAlarm: { audioID: 1, audioVolume: 40, alarmTimes: 3 } }),
    [TEST]: json({ statusCode: 1, statusString: 'OK', subStatusCode: 'ok' }),
  });

  it('of a camera: a fixed list, played as it is set', () => {
    const ctx = context();
    expect(run(event.listSounds.isapi({}, ctx), cam).result).toEqual([
      { sound: 1, name: 'Siren' },
      { sound: 2, name: null },
    ]);
    const play = (volume?: number) => run(event.playSound.isapi({ sound: 2, volume, loops: undefined }, ctx), cam);
    expect(play().log).toEqual([`GET ${SET}`, `PUT ${TEST}`]);
    expect(play(40).result).toEqual({ sound: 2, volume: 40, loops: 3 });
    const error = failureOf(() => play(90));
    expect(error.code).toBe('HIK_UNSUPPORTED');
    expect(error.message).toContain('volume 40, 3 times');
    expect(failureOf(() => run(event.stopSound.isapi({ sound: 2 }, ctx), cam)).code).toBe('HIK_UNSUPPORTED');
  });

  it('of a device without any are unsupported', () => {
    expect(failureOf(() => run(event.listSounds.isapi({}, context()), device({}))).code).toBe('HIK_UNSUPPORTED');
    const odd = device({ [CAP]: json({ AudioAlarmCap: {} }) });
    expect(failureOf(() => run(event.listSounds.isapi({}, context()), odd)).code).toBe('HIK_UNSUPPORTED');
  });

  it('of the simulated speaker', async () => {
    const client = hikvisionClient(await simulator('speaker'));
    expect((await client.event.listSounds()).map(({ name }) => name)).toEqual(['Chime', 'Please leave', 'Evacuation']);
    expect(await client.event.playSound({ sound: 2, volume: 7, loops: 3 })).toEqual({ sound: 2, volume: 7, loops: 3 });
    expect(await codeOf(client.event.playSound({ sound: 1 }))).toBe('HIK_BUSY');
    expect(await client.event.stopSound({ sound: 2 })).toEqual({ sound: 2, stopped: true });
    expect(await codeOf(client.event.playSound({ sound: 99 }))).toBe('HIK_REFUSED');
  });
});
