/** Door stations and terminals: doors, calls, history, persons. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Command, CommandContext } from '../../lib/commands/command';
import { commandList, commandNamed } from '../../lib/commands/registry';
import { TimeoutError } from '../../lib/errors';
import { ACCESS_CODES, accessMeaning, isDoorbell } from '../../lib/events/access-codes';
import { Intercom } from '../../lib/simulator/functions/intercom';
import { builtInDevice } from '../../lib/simulator';
import { capturesFolder } from '../support/captures';
import { advanceUntil, codeOf, hikvisionClient } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';
import {
  context,
  device,
  dumpDevice,
  failureOf,
  OK,
  refusal,
  reply,
  run,
  xml,
  type Dump,
  type Responder,
} from '../support/steps';

const DOOR = '/ISAPI/AccessControl/RemoteControl/door';
const CAPABILITIES = `${DOOR}/capabilities`;
const TWO_DOORS =
  '<RemoteControlDoor version="2.0"><doorNo min="1" max="2"/><cmd opt="open,alwaysOpen,resume"/></RemoteControlDoor >';
const OLD = '/ISAPI/VideoIntercom/remoteOpenDoor';
const json = (value: unknown) => reply(200, JSON.stringify(value), 'application/json');

function call(name: string, respond: Responder, given: Record<string, unknown> = {}, ctx: CommandContext = context()) {
  const command = commandNamed(name) as Command;
  return run(command.isapi(checkArguments(name, command.params, given), ctx), respond);
}

describe('event.openDoor', () => {
  it('sends exactly what doors move for', () => {
    const { result, requests } = call('event.openDoor', device({ [CAPABILITIES]: TWO_DOORS, [`PUT ${DOOR}/2`]: OK }), {
      door: 2,
    });
    expect(result).toEqual({ door: 2, action: 'open' });
    expect(String(requests.at(-1)?.body)).toContain(
      '<RemoteControlDoor version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><cmd>open</cmd></RemoteControlDoor>',
    );
  });

  it('asks once what the doors can do', () => {
    const ctx = context();
    const respond = device({ [CAPABILITIES]: TWO_DOORS, [`PUT ${DOOR}/1`]: OK });
    call('event.openDoor', respond, {}, ctx);
    expect(call('event.openDoor', respond, {}, ctx).log).toEqual([`PUT ${DOOR}/1`]);
  });

  it('is sent once when no answer comes', () => {
    const log: string[] = [];
    const error = failureOf(() =>
      call('event.openDoor', ({ method, path }) => {
        log.push(`${method} ${path}`);
        return method === 'GET' ? xml(TWO_DOORS) : new TimeoutError('no answer');
      }),
    );
    expect(error.code).toBe('HIK_TIMEOUT');
    expect(log).toEqual([`GET ${CAPABILITIES}`, `PUT ${DOOR}/1`]);
  });

  it('takes the older path where the device knows no other, and never after a refusal', () => {
    const old = call('event.openDoor', device({ [`PUT ${OLD}`]: OK }));
    expect(old.log).toEqual([`GET ${CAPABILITIES}`, `PUT ${DOOR}/1`, `PUT ${OLD}`]);
    expect(String(old.requests.at(-1)?.body)).toContain('<command>unlock</command>');
    const refused = refusal(403, 4, 'Invalid Operation', 'invalidOperation');
    const error = failureOf(() => call('event.openDoor', device({ [`PUT ${DOOR}/1`]: refused, [`PUT ${OLD}`]: OK })));
    expect(error.code).toBe('HIK_REFUSED');
    expect(failureOf(() => call('event.openDoor', device({}))).code).toBe('HIK_UNSUPPORTED');
    // Only an opening has an older form.
    expect(failureOf(() => call('event.holdDoorOpen', device({ [`PUT ${OLD}`]: OK }))).code).toBe('HIK_UNSUPPORTED');
  });

  it('names the doors and the actions that there are', () => {
    const respond = device({ [CAPABILITIES]: TWO_DOORS });
    expect(failureOf(() => call('event.openDoor', respond, { door: 3 })).message).toContain('a door from 1 to 2');
    const error = failureOf(() => call('event.closeDoor', respond));
    expect(error.code).toBe('HIK_UNSUPPORTED');
    expect(error.message).toContain('open, holdOpen, resume, not close');
  });
});

describe('event.doorStatus', () => {
  const STATUS = '/ISAPI/AccessControl/AcsWorkStatus?format=json';
  it('reads as many doors as are fitted, and keeps what it does not know', () => {
    const status = {
      AcsWorkStatus: {
        doorLockStatus: [0, 1, 0, 0],
        doorStatus: [4, 2, 4, 4],
        magneticStatus: [0, 9, 0, 0],
        cardReaderOnlineStatus: [1, 2],
        hostAntiDismantleStatus: 'close',
        powerSupplyStatus: 'ACPowerSupply',
      },
    };
    expect(call('event.doorStatus', device({ [CAPABILITIES]: TWO_DOORS, [STATUS]: json(status) })).result).toEqual({
      doors: [
        { door: 1, lock: 'locked', contact: 'closed', mode: 'normal' },
        { door: 2, lock: 'unlocked', contact: '9', mode: 'heldOpen' },
      ],
      readersOnline: [1, 2],
      tampered: false,
      power: 'ACPowerSupply',
      cards: null,
    });
  });

  it('damaged: another object, a page, nothing', () => {
    const code = (answer: ReturnType<typeof reply>) =>
      failureOf(() => call('event.doorStatus', device({ [STATUS]: answer }))).code;
    expect(code(json({ Other: 1 }))).toBe('HIK_UNSUPPORTED');
    expect(code(xml('<html/>'))).toBe('HIK_UNSUPPORTED');
    expect(code(reply(200))).toBe('HIK_PROTOCOL');
    expect(code(reply(200, '{"AcsWorkStatus":', 'application/json'))).toBe('HIK_PROTOCOL');
  });
});

describe('calls', () => {
  const SIGNAL = '/ISAPI/VideoIntercom/callSignal?format=json';
  const SIGNALS = '/ISAPI/VideoIntercom/callSignal/capabilities?format=json';

  it('answers with a code that is a number or a text are a success', () => {
    for (const statusCode of [1, '1']) {
      const ok = json({ statusCode, statusString: 'OK', subStatusCode: 'ok' });
      const { result, requests } = call('event.rejectCall', device({ [`PUT ${SIGNAL}`]: ok }));
      expect(result).toEqual({ signal: 'reject' });
      expect(requests.at(-1)?.body).toBe('{"CallSignal":{"cmdType":"reject"}}');
    }
    const failed = reply(403, '{"statusCode":"4","subStatusCode":"notSupport"}', 'application/json');
    expect(failureOf(() => call('event.answerCall', device({ [`PUT ${SIGNAL}`]: failed }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('says what a station can be told', () => {
    const signals = json({ CallSignal: { cmdType: { '@opt': 'answer,hangUp' } } });
    expect(failureOf(() => call('event.rejectCall', device({ [SIGNALS]: signals }))).message).toContain(
      'answer, hangUp',
    );
  });

  it.skipIf(capturesFolder() === undefined)(
    'captured: somebody rings (skipped where ../shared/fixtures is missing)',
    () => {
      const file = join(capturesFolder() ?? '', 'devices', 'doorbell-misc.json');
      const respond = dumpDevice(JSON.parse(readFileSync(file, 'utf8')) as Dump);
      expect(call('event.callStatus', respond).result).toEqual({ status: 'ring', isRinging: true, isInCall: false });
      expect(call('event.doorCapabilities', respond).result).toEqual({
        firstDoor: 1,
        lastDoor: 2,
        actions: ['open', 'holdOpen', 'resume'],
      });
      expect(failureOf(() => call('event.callerInfo', respond)).code).toBe('HIK_UNSUPPORTED');
    },
  );
});

describe.skipIf(capturesFolder() === undefined)(
  'captured devices (skipped where ../shared/fixtures is missing)',
  () => {
    const folder = join(capturesFolder() ?? '', 'devices');
    const reads = commandList().filter(
      ({ effect, deviceClass }) =>
        effect === 'read' && ['Door stations and terminals', 'Plate cameras'].includes(deviceClass ?? ''),
    );

    it('answer every reading command, or say that they lack it', () => {
      expect(reads.length).toBeGreaterThan(10);
      const files = (capturesFolder() === undefined ? [] : readdirSync(folder)).filter(
        (file) => file.endsWith('.json') && file !== 'error-responses.json' && !file.startsWith('http-exchanges'),
      );
      const answered = files.flatMap((file) => {
        const respond = dumpDevice(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dump);
        return reads.flatMap(({ name }) => {
          try {
            const { result } = call(name, respond);
            expect(JSON.stringify(result)).not.toMatch(/NaN|:""/);
            return [`${file} ${name}`];
          } catch (error) {
            expect((error as { code?: string }).code, `${file} ${name}`).toBe('HIK_UNSUPPORTED');
            return [];
          }
        });
      });
      expect(answered).toEqual(['doorbell-misc.json event.doorCapabilities', 'doorbell-misc.json event.callStatus']);
    });
  },
);

describe('recorder.searchAccessEvents', () => {
  const SEARCH = '/ISAPI/AccessControl/AcsEvent?format=json';
  const page = (items: readonly object[], word: string) =>
    json({ AcsEvent: { responseStatusStrg: word, numOfMatches: items.length, totalMatches: 3, InfoList: items } });

  it('goes through pages that are smaller than asked for, sorts them and drops what comes twice', () => {
    const first = { major: 5, minor: 1, serialNo: 7, time: '2024-05-01T12:00:00+08:00', cardNo: '0011', doorNo: 1 };
    const second = { major: 5, minor: 76, serialNo: 9, time: '2024-05-01T12:02:00+08:00' };
    const third = { major: 77, minor: 1, serialNo: 8, currentVerifyMode: 'invalid' };
    const { result, requests } = call(
      'recorder.searchAccessEvents',
      device({ [`POST ${SEARCH}`]: [page([first, second], 'MORE'), page([third, first], 'OK')] }),
      { order: 'oldest', from: '2024-05-01T04:00:00Z' },
    );
    const { events, ...rest } = result as { events: readonly Record<string, unknown>[] };
    expect(rest).toEqual({ total: 3, isComplete: true });
    expect(
      events.map(({ serialNo, key, granted, card, verifyMode }) => [serialNo, key, granted, card, verifyMode]),
    ).toEqual([
      [7, 'cardGranted', true, '0011', null],
      [8, 'unknown', null, null, null],
      [9, 'faceDenied', false, null, null],
    ]);
    const asked = requests.filter(({ path }) => path === SEARCH).map(({ body }) => JSON.parse(String(body)) as object);
    expect(asked).toMatchObject([
      { AcsEventCond: { searchResultPosition: 0, major: 0, minor: 0, startTime: '2024-05-01T04:00:00+00:00' } },
      { AcsEventCond: { searchResultPosition: 2, timeReverseOrder: false } },
    ]);
  });

  it('asks in the zone that the device has at that time of the year', () => {
    const time =
      '<Time><localTime>2024-07-01T12:00:00</localTime>' +
      '<timeZone>CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00</timeZone></Time>';
    const { requests } = call(
      'recorder.searchAccessEvents',
      device({ '/ISAPI/System/time': time, [`POST ${SEARCH}`]: page([], 'NO MATCH') }),
      { from: '2024-01-01T04:00:00Z', to: '2024-07-01T04:00:00Z' },
    );
    const [asked] = requests
      .filter(({ path }) => path === SEARCH)
      .map(({ body }) => JSON.parse(String(body)) as object);
    expect(asked).toMatchObject({
      AcsEventCond: { startTime: '2024-01-01T05:00:00+01:00', endTime: '2024-07-01T06:00:00+02:00' },
    });
  });

  it('asks in the zone of the device', () => {
    const time = '<Time><localTime>2024-05-01T20:00:00+08:00</localTime></Time>';
    const { requests } = call(
      'recorder.searchAccessEvents',
      device({ '/ISAPI/System/time': time, [`POST ${SEARCH}`]: page([], 'NO MATCH') }),
      { from: '2024-05-01T04:00:00Z', to: '2024-05-01T14:00:00' },
    );
    expect(JSON.parse(String(requests.at(-1)?.body))).toMatchObject({
      AcsEventCond: { startTime: '2024-05-01T12:00:00+08:00', endTime: '2024-05-01T14:00:00+08:00' },
    });
  });

  it('ends where a device says MORE for ever, and says what it lacks', () => {
    const { result } = call('recorder.searchAccessEvents', device({ [`POST ${SEARCH}`]: page([], 'MORE') }));
    expect(result).toMatchObject({ events: [] });
    expect(failureOf(() => call('recorder.searchAccessEvents', device({}))).code).toBe('HIK_UNSUPPORTED');
    expect(failureOf(() => call('recorder.searchAccessEvents', device({}), { minor: 1 })).message).toContain('major');
  });
});

describe('the table of access codes', () => {
  it('has a key of its own for every pair', () => {
    const keys = Object.values(ACCESS_CODES).flatMap((codes) => Object.values(codes).map(({ key }) => key));
    expect(keys.length).toBeGreaterThan(150);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('knows the pairs of the guide', () => {
    const key = (major: number, minor: number) => accessMeaning(major, minor).key;
    expect([key(5, 21), key(5, 22), key(5, 25), key(5, 26), key(5, 27), key(5, 28)]).toEqual([
      'unlocked',
      'locked',
      'doorContactOpen',
      'doorContactClosed',
      'doorForced',
      'doorOpenTooLong',
    ]);
    expect([key(5, 75), key(5, 76), key(1, 1034), key(1, 1028), key(3, 1024), key(3, 112), key(2, 39)]).toEqual([
      'faceGranted',
      'faceDenied',
      'duress',
      'deviceTamper',
      'remoteOpen',
      'remoteLogin',
      'networkLost',
    ]);
    expect([key(5, 0x501), key(1, 0x901), key(9, 9)]).toEqual(['custom', 'custom', 'unknown']);
    expect(accessMeaning(5, 8)).toMatchObject({ granted: false, reason: 'expired', method: 'card' });
    expect([isDoorbell(5, 37), isDoorbell(3, 1024), isDoorbell(null, 37)]).toEqual([true, false, false]);
  });
});

describe('over the simulator', () => {
  it('an opened door says what happens, and locks again', async () => {
    const clock = new FakeClock();
    const station = await simulator('terminal', { clock, heartbeatMs: 0 });
    const client = hikvisionClient(station, { clock });
    const keys: unknown[] = [];
    client.events(({ details }) => keys.push(`${String(details['key'])} ${String(details['door'])}`));
    await client.connect();
    await advanceUntil(clock, () => station.streams === 1, 'the stream', { stepMs: 1 });
    await client.event.openDoor({ door: 2 });
    await advanceUntil(clock, () => keys.length >= 3, 'the events', { stepMs: 500 });
    expect(keys).toEqual(['remoteOpen 2', 'unlocked 2', 'locked 2']);
    await client.event.holdDoorOpen();
    expect((await client.event.doorStatus()).doors).toMatchObject([
      { lock: 'unlocked', mode: 'heldOpen' },
      { lock: 'locked', mode: 'normal' },
    ]);
    expect(await codeOf(client.event.openDoor({ door: 3 }))).toBe('HIK_ARGUMENT');
    const { events } = await client.recorder.searchAccessEvents({ limit: 25 });
    expect(events).toHaveLength(25);
    expect(events.slice(0, 3).map(({ key }) => key)).toEqual(['unlocked', 'heldOpenBegin', 'remoteHoldOpen']);
    const next = await client.recorder.searchAccessEvents({ fromSerial: events[1]?.serialNo ?? 0, order: 'oldest' });
    expect(next.events.map(({ serialNo }) => serialNo)).toEqual([events[1]?.serialNo, events[0]?.serialNo]);
    const { total } = await client.recorder.countAccessEvents({ major: 'event', minor: 1 });
    expect(total).toBe(9);
  });

  it('a ring is answered, ended, or missed', async () => {
    const clock = new FakeClock();
    const station = builtInDevice('doorstation');
    const client = hikvisionClient(await simulator(station, { clock, heartbeatMs: 0 }), { clock });
    const bell = station.part(Intercom) as Intercom;
    const status = async () => (await client.event.callStatus()).status;
    expect(await codeOf(client.event.answerCall())).toBe('HIK_REFUSED');
    bell.ring(station);
    expect(await status()).toBe('ring');
    await client.event.answerCall();
    expect(await client.event.callStatus()).toMatchObject({ isInCall: true });
    await client.event.hangUpCall();
    expect(await status()).toBe('idle');
    bell.ring(station);
    await client.event.stopRinging();
    expect(await status()).toBe('idle');
    bell.ring(station);
    await clock.advance(30_000);
    expect([await status(), bell.missed]).toEqual(['idle', 1]);
    expect(await client.event.callerInfo()).toMatchObject({ building: 1, lock: 1 });
  });

  it('persons and cards come, change and go', async () => {
    const client = hikvisionClient(await simulator('terminal'));
    const { config } = client;
    expect(await config.personCapacity()).toMatchObject({ persons: 2, maxPersons: 50, cards: 1, maxNameLength: 64 });
    expect(await config.addPerson({ person: '007', name: 'Person C' })).toMatchObject({ person: '007', doors: [1] });
    expect(await config.setPerson({ person: '007', enabled: false, doors: '1,2' })).toMatchObject({
      name: 'Person C',
      enabled: false,
      doors: [1, 2],
    });
    expect(await config.addCard({ person: '007', card: '0042' })).toMatchObject({ card: '0042', person: '007' });
    expect((await config.listCards({ person: '007' })).cards).toHaveLength(1);
    expect((await config.listPersons()).persons.map(({ person, cards }) => [person, cards])).toEqual([
      ['001', 1],
      ['002', 0],
      ['007', 1],
    ]);
    await config.removeCard({ card: '0042' });
    expect((await config.listCards()).cards.map(({ card }) => card)).toEqual(['0012345678']);
    expect(await codeOf(config.removePerson({ person: '007' }))).toBe('HIK_CONFIRMATION');
    await config.removePerson({ person: '007' }, { confirm: true });
    expect((await config.listPersons()).persons).toHaveLength(2);
    expect(await codeOf(config.setPerson({ person: '007', enabled: true }))).toBe('HIK_NOT_FOUND');
    expect(await codeOf(config.addPerson({ person: '001', name: 'x' }))).toBe('HIK_REFUSED');
  });

  it('no name and no number stands in an error', async () => {
    const client = hikvisionClient(await simulator('terminal'));
    const name = `planted-name-${'x'.repeat(80)}`;
    const error: unknown = await client.config.addPerson({ person: '9', name }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'HIK_ARGUMENT' });
    expect(String(error)).toContain('at most 64 bytes');
    expect(JSON.stringify(error) + String(error)).not.toContain('planted-name');
  });
});
