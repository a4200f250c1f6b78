import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/index';
import { event } from '../../lib/commands/event';
import { capturesFolder } from '../support/captures';
import { codeOf, errorOf, hikvisionClient } from '../support/clients';
import { until } from '../support/digest-client';
import { simulator } from '../support/simulators';
import { context, device, dumpDevice, failureOf, reply, run, type Dump } from '../support/steps';

const BASE = '/ISAPI/SecurityCP';
const json = (value: unknown, status = 200) => reply(status, JSON.stringify(value), 'application/json');
const OK = json({ statusCode: 1, statusString: 'OK', subStatusCode: 'ok' });
const areas = (...arming: string[]) =>
  json({ SubSysList: arming.map((word, i) => ({ SubSys: { id: i + 1, arming: word, alarm: false, enabled: true } })) });
const SUB = `${BASE}/status/subSystems?format=json`;
const ZONES = `${BASE}/status/zones?format=json`;
const zoneList = (...zones: object[]) => json({ ZoneList: zones.map((Zone) => ({ Zone })) });
const arm = (args: Partial<{ area: number; mode: 'away' | 'stay'; bypassFaults: boolean }> = {}) =>
  event.armPanel.isapi({ area: undefined, mode: 'away', bypassFaults: false, ...args }, context());
const REFUSED = json({ statusCode: 4, statusString: 'Invalid Operation', subStatusCode: 'armingFailed' }, 403);

describe('event.panelStatus', () => {
  const status = (answer: ReturnType<typeof json>) =>
    run(event.panelStatus.isapi({}, context()), device({ [SUB]: answer })).result;

  it('says in words what the areas do, and passes on what it does not know', () => {
    const result = status(areas('disarm', 'away', 'stay', 'arming', 'somethingNew'));
    expect(result?.map(({ area, state }) => `${area} ${state}`)).toEqual([
      '1 disarmed',
      '2 away',
      '3 stay',
      '4 arming',
      '5 somethingNew',
    ]);
    expect(result?.[0]).toEqual({ area: 1, name: null, enabled: true, state: 'disarmed', alarm: false });
  });

  it('reads a single area, an empty list and areas without a number', () => {
    expect(status(json({ SubSysList: { SubSys: { id: 1 } } }))).toEqual([
      { area: 1, name: null, enabled: null, state: null, alarm: null },
    ]);
    expect(status(json({ SubSysList: [] }))).toEqual([]);
    expect(status(json({ SubSysList: [{ SubSys: { name: 'x' } }, null] }))).toEqual([]);
  });

  it('of something else is unsupported', () => {
    for (const answer of [json({}), json([]), reply(200, '<html/>'), reply(404)]) {
      expect(failureOf(() => status(answer)).code).toBe('HIK_UNSUPPORTED');
    }
  });
});

describe('event.armPanel', () => {
  it('arms all areas with one request, and tells that it counts down', () => {
    const path = `${BASE}/control/arm/0xffffffff?ways=away&format=json`;
    const process = json({ statusCode: 4, statusString: 'x', subStatusCode: 'armProcess', errorCode: 0x10000005 });
    for (const answer of [OK, process]) {
      const { result, log } = run(arm(), device({ [path]: answer, [SUB]: areas('arming', 'arming') }));
      expect(log).toEqual([`PUT ${path}`, `GET ${SUB}`]);
      expect(result).toMatchObject({ area: null, inProgress: true, bypassed: [] });
    }
  });

  const path = `${BASE}/control/arm/1?ways=stay&format=json`;
  const zones = zoneList(
    { id: 0, name: 'Door', status: 'online', magnetOpenStatus: true, subSystemNo: 1 },
    { id: 1, name: 'Shed', status: 'offline', subSystemNo: 2 },
    { id: 2, name: 'Hall', status: 'online', subSystemNo: 1, bypassed: true, tamperEvident: true },
  );

  it('refused for a zone: names it, and bypasses nothing unasked', () => {
    const respond = device({ [path]: REFUSED, [ZONES]: zones });
    const error = failureOf(() => run(arm({ area: 1, mode: 'stay' }), respond));
    expect(error.code).toBe('HIK_REFUSED');
    expect(error.message).toContain('not armed: zone 0 "Door" is open. ');
    expect(error.message).not.toContain('Shed');
  });

  it('refused for a zone: leaves it out on wish, and says so', () => {
    const respond = device({
      [path]: [REFUSED, OK],
      [ZONES]: zones,
      [`${BASE}/control/bypass?format=json`]: OK,
      [SUB]: areas('stay'),
    });
    const { result, requests } = run(arm({ area: 1, mode: 'stay', bypassFaults: true }), respond);
    expect(result).toMatchObject({
      area: 1,
      inProgress: false,
      bypassed: [{ zone: 0, name: 'Door', faults: ['open'] }],
    });
    expect(requests.filter(({ path: asked }) => asked.includes('bypass')).map(({ body }) => body)).toEqual([
      '{"List":[{"id":0}]}',
    ]);
  });

  it('refused in spite of that: what was left out for nothing is watched again', () => {
    const respond = device({
      [path]: REFUSED,
      [ZONES]: zones,
      [`${BASE}/control/bypass?format=json`]: OK,
      [`${BASE}/control/bypassRecover?format=json`]: OK,
    });
    const log: string[] = [];
    const error = failureOf(() =>
      run(arm({ area: 1, mode: 'stay', bypassFaults: true }), (request) => {
        log.push(request.path);
        return respond(request);
      }),
    );
    expect(error.code).toBe('HIK_REFUSED');
    expect(log.at(-1)).toBe(`${BASE}/control/bypassRecover?format=json`);
  });

  it('a missing right under HTTP 400 is a missing right, and nobody looks at zones', () => {
    const lacking = json({ statusCode: 4, subStatusCode: 'lowPrivilege', errorCode: 1073741826 }, 400);
    const asked: string[] = [];
    const error = failureOf(() =>
      run(arm({ area: 1 }), (request) => {
        asked.push(request.path);
        return lacking;
      }),
    );
    expect(error.code).toBe('HIK_PERMISSION');
    expect(asked).toHaveLength(1);
  });
});

describe('event.listPanelZones', () => {
  const list = (routes: Parameters<typeof device>[0]) =>
    run(event.listPanelZones.isapi({}, context()), device(routes)).result;

  it('tells what stands in the way of arming', () => {
    const words = ['online', 'trigger', 'offline', 'heartbeatAbnormal', 'breakDown', 'brandNew'];
    const result = list({ [ZONES]: zoneList(...words.map((status, id) => ({ id, status, name: `z${id}` }))) });
    expect(result?.map(({ faults }) => faults)).toEqual([[], ['open'], ['offline'], ['offline'], ['broken'], []]);
    expect(result?.map(({ open }) => open)).toEqual([false, true, null, null, null, null]);
  });

  it('takes names from the settings where the status has none', () => {
    const result = list({
      [ZONES]: json({ List: [{ Zone: { id: 0, status: 'online' } }] }),
      [`${BASE}/Configuration/zones?format=json`]: json({
        List: [{ Zone: { id: 0, zoneName: 'Door', zoneType: 'Delay' } }],
      }),
    });
    expect(result).toMatchObject([{ zone: 0, name: 'Door', type: 'Delay' }]);
  });

  it('of a device without zones is unsupported', () => {
    expect(failureOf(() => list({})).code).toBe('HIK_UNSUPPORTED');
    expect(failureOf(() => list({ [ZONES]: json({ ZoneList2: [] }) })).code).toBe('HIK_UNSUPPORTED');
  });
});

const folder = capturesFolder();
describe.skipIf(folder === undefined || !existsSync(join(folder, 'devices')))('captured panels', () => {
  const dump = (name: string) =>
    dumpDevice(JSON.parse(readFileSync(join(folder ?? '', 'devices', `${name}.json`), 'utf8')) as Dump);

  it('zones of an AX PRO', () => {
    const { result } = run(event.listPanelZones.isapi({}, context()), dump('AXPRO-zoneStatus'));
    expect(result?.map(({ zone, name }) => `${zone} ${name}`)).toEqual(['0 principale', '1 zone radio 2']);
    expect(result?.[0]).toEqual({
      zone: 0,
      name: 'principale',
      status: 'online',
      open: false,
      tampered: false,
      masked: false,
      bypassed: false,
      armed: false,
      alarm: false,
      battery: 'normal',
      batteryPercent: 100,
      signal: 178,
      temperatureC: 22,
      areas: [1],
      detector: 'pircam',
      type: 'Instant',
      wireless: true,
      faults: [],
    });
  });

  it('zones of a Hybrid panel by its settings, and its relay', () => {
    const respond = dump('DS-PHA20-P');
    expect(run(event.listPanelZones.isapi({}, context()), respond).result).toMatchObject([
      { zone: 0, name: 'Door', status: 'online', type: 'Delay', areas: [1], wireless: false, alarm: null },
    ]);
    expect(run(event.listPanelOutputs.isapi({}, context()), respond).result).toEqual([
      { output: 1, name: 'Relay 2', status: 'off', linkage: 'alarm' },
    ]);
    for (const read of [event.panelStatus, event.panelHealth, event.listPanelSirens]) {
      expect(failureOf(() => run(read.isapi({}, context()) as never, respond)).code).toBe('HIK_UNSUPPORTED');
    }
  });
});

describe('the simulated panel', () => {
  it('does what it is told, and tells it', async () => {
    const panel = await simulator('axpro');
    const client = hikvisionClient(panel);
    const events: HikvisionEvent[] = [];
    client.events((each) => events.push(each));
    await client.connect();
    await until(() => panel.streams === 1, 'the stream is open');
    const keys = () => events.map(({ details }) => details['key']);

    expect((await client.event.panelStatus()).map(({ state }) => state)).toEqual(['disarmed', 'disarmed']);
    const refused = await errorOf(client.event.armPanel({ area: 1, mode: 'stay' }));
    expect(refused.message).toContain('zone 1 "Kitchen window" is open');
    const armed = await client.event.armPanel({ area: 1, mode: 'stay', bypassFaults: true });
    expect(armed).toMatchObject({
      inProgress: false,
      bypassed: [{ zone: 1, faults: ['open'] }],
      areas: [{ state: 'stay' }],
    });
    expect(await client.event.armPanel({ area: 2 })).toMatchObject({ inProgress: true });
    expect((await client.event.disarmPanel({ area: 1 }))[0]).toMatchObject({ area: 1, state: 'disarmed' });
    await until(() => keys().length >= 3, 'the events have come');
    expect(keys()).toEqual(['bypass', 'armStay', 'disarm']);
    expect(events.map(({ kind }) => kind)).toEqual(['alarmPanel', 'alarmPanel', 'alarmPanel']);

    expect(await client.event.bypassZone({ zone: 2 })).toMatchObject({ zone: 2, bypassed: true });
    expect(await client.event.restoreZone({ zone: 2 })).toMatchObject({ zone: 2, bypassed: false });
    expect(await codeOf(client.event.bypassZone({ zone: 77 }))).toBe('HIK_REFUSED');
    expect(await client.event.switchPanelOutput({ output: 1, on: true })).toMatchObject({
      name: 'Light',
      status: 'on',
    });
    expect((await client.event.listPanelOutputs()).map(({ status }) => status)).toEqual(['off', 'on']);
    expect(await client.event.switchPanelSiren({ siren: 1, on: true })).toMatchObject({ status: 'on' });
    await client.event.clearPanelAlarm();
    expect((await client.event.listPanelSirens()).map(({ status }) => status)).toEqual(['off']);
    expect(await client.event.panelHealth()).toMatchObject({
      batteries: [{ battery: 1, percent: 96, status: 'normal' }],
      acPower: 'normal',
      tampered: false,
      communication: { wired: 'normal', wifi: 'break' },
    });
    expect(panel.webLogins).toBe(1);
    expect(panel.authFailures).toBe(0);
    await client.close();
    expect(panel.webSessions).toBe(0);
  });
});
