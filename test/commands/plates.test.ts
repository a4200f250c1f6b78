/** Plate cameras: plates since, lists, barrier, entrance. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Command } from '../../lib/commands/command';
import { commandNamed } from '../../lib/commands/registry';
import { builtInDevice } from '../../lib/simulator';
import { PlateGate } from '../../lib/simulator/functions/plates';
import { advanceUntil, codeOf, hikvisionClient } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { simulator } from '../support/simulators';
import { context, device, failureOf, OK, refusal, reply, run, type Responder } from '../support/steps';

function call(name: string, respond: Responder, given: Record<string, unknown> = {}) {
  const command = commandNamed(name) as Command;
  return run(command.isapi(checkArguments(name, command.params, given), context()), respond);
}

const PLATES = '/ISAPI/Traffic/channels/1/vehicleDetect/plates';
const plate = (number: string, picName: string) =>
  `<Plate><captureTime>20200424T1616270000</captureTime><plateNumber>${number}</plateNumber><picName>${picName}</picName></Plate>`;

describe('recorder.platesSince', () => {
  it('keeps long numbers as text, sorts them, drops repeats and what is known', () => {
    const list = [
      plate('0815XY', '202004241616278802'),
      plate('AB123', '202004241616278801'),
      plate('AB123', '202004241616278801'),
      plate('OLD', '202004241616278800'),
    ];
    const { result, requests } = call(
      'recorder.platesSince',
      device({ [PLATES]: `<Plates>${list.join('')}</Plates>` }),
      {
        after: '202004241616278800',
      },
    );
    expect(result).toMatchObject({
      plates: [
        { plate: 'AB123', cursor: '202004241616278801', time: '2020-04-24T16:16:27', list: null },
        { plate: '0815XY', cursor: '202004241616278802' },
      ],
      cursor: '202004241616278802',
    });
    expect(String(requests[0]?.body)).toContain('<picTime>202004241616278800</picTime>');
  });

  it('nothing new leaves the cursor where it was; damaged ones are refused', () => {
    expect(call('recorder.platesSince', device({ [PLATES]: '<Plates/>' }), { after: '5' }).result).toEqual({
      plates: [],
      cursor: '5',
    });
    expect(failureOf(() => call('recorder.platesSince', device({ [PLATES]: '<Other/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
    expect(failureOf(() => call('recorder.platesSince', device({ [PLATES]: reply(403) }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is asked with GET where POST is not known', () => {
    const respond = device({ [`GET ${PLATES}`]: '<Plates/>' });
    expect(call('recorder.platesSince', respond).log).toEqual([`POST ${PLATES}`, `GET ${PLATES}`]);
  });
});

describe('lists of plates', () => {
  const base = '/ISAPI/Traffic/channels/1';
  const found = (word: string) =>
    `<LPListAuditSearchResult><responseStatusStrg>OK</responseStatusStrg><LicensePlateInfoList><LicensePlateInfo>` +
    `<id>7</id><LicensePlate>AB123</LicensePlate><type>${word}</type></LicensePlateInfo></LicensePlateInfoList></LPListAuditSearchResult>`;

  it('are read in the words of both generations', () => {
    for (const [word, list] of [
      ['whiteList', 'allow'],
      ['allowList', 'allow'],
      ['blackList', 'block'],
      ['temporary', 'temporary'],
    ] as const)
      expect(call('config.listPlates', device({ [`${base}/searchLPListAudit`]: found(word) })).result).toMatchObject({
        plates: [{ plate: 'AB123', list, id: '7' }],
      });
  });

  it('are read from the file where there is no search', () => {
    const file = reply(
      200,
      '\ufeffNo.,Plate,Group,From,To,Card\r\n1,0815XY,0,2024-01-01,2034-01-01,\r\n2,AB123,1,,,\r\n',
    );
    const { result } = call('config.listPlates', device({ [`${base}/licensePlateAuditData?fileType=csv`]: file }));
    expect(result).toEqual({
      plates: [
        { plate: '0815XY', list: 'block', from: '2024-01-01', to: '2034-01-01', id: null },
        { plate: 'AB123', list: 'allow', from: null, to: null, id: null },
      ],
      isComplete: true,
    });
    expect(failureOf(() => call('config.listPlates', device({}))).code).toBe('HIK_UNSUPPORTED');
  });

  it('older cameras are told in the older words', () => {
    const words: string[] = [];
    const respond: Responder = ({ method, path, body }) => {
      if (path === `${base}/searchLPListAudit`) return reply(200, found('whiteList'), 'application/xml');
      if (method !== 'PUT') return reply(404);
      words.push(/"listType":"(\w+)"/.exec(String(body))?.[1] ?? '');
      return words.length === 1 ? refusal(400, 6, 'Invalid Content', 'badParameters') : OK;
    };
    expect(call('config.addPlate', respond, { plate: 'AB123' }).result).toMatchObject({ list: 'allow' });
    expect(words).toEqual(['allowList', 'whiteList']);
  });
});

describe('over the simulator', () => {
  it('a car that may pass opens the barrier; lists, lock and entrance', async () => {
    const clock = new FakeClock(Date.parse('2024-05-01T12:00:00Z'));
    const camera = builtInDevice('anpr');
    const gate = camera.part(PlateGate) as PlateGate;
    const running = await simulator(camera, { clock, heartbeatMs: 0 });
    const client = hikvisionClient(running, { clock });
    const cars: unknown[] = [];
    client.events(({ kind, details, pictures }) =>
      cars.push([kind, details['plate'], pictures.map(({ name }) => name)]),
    );
    await client.connect();
    await advanceUntil(clock, () => running.streams === 1, 'the stream', { stepMs: 1 });

    gate.car(camera, 'AB123');
    await advanceUntil(clock, () => cars.length === 1, 'the car', { stepMs: 10 });
    expect(cars[0]).toEqual(['plate', 'AB123', ['licensePlatePicture.jpg', 'vehiclePicture.jpg']]);
    expect(await client.event.barrierStatus()).toEqual({ channel: 1, state: 'open' });
    await clock.advance(10_000);
    expect(await client.event.barrierStatus()).toMatchObject({ state: 'closed' });

    const first = await client.recorder.platesSince();
    expect(first.plates.map(({ plate: number, list }) => [number, list])).toEqual([['AB123', 'allowList']]);
    gate.car(camera, 'CD4567', 'reverse');
    const second = await client.recorder.platesSince({ after: first.cursor });
    expect(second.plates).toMatchObject([{ plate: 'CD4567', direction: 'reverse' }]);
    expect((await client.recorder.platesSince({ after: second.cursor })).plates).toEqual([]);
    expect(gate.barrier).toBe('closed');

    expect(await client.config.addPlate({ plate: 'CD4567' })).toMatchObject({ plate: 'CD4567', list: 'allow' });
    expect((await client.config.listPlates()).plates.map(({ plate: number }) => number)).toEqual([
      'AB123',
      '0815XY',
      'CD4567',
    ]);
    expect(await client.config.removePlate({ plate: 'CD4567' })).toEqual({ removed: true });
    expect(await codeOf(client.config.removePlate({ plate: 'CD4567' }))).toBe('HIK_NOT_FOUND');

    await client.event.lockBarrier();
    await client.event.openBarrier();
    expect(await client.event.barrierStatus()).toMatchObject({ state: 'closed' });
    await client.event.unlockBarrier();
    await client.event.openBarrier();
    expect(await client.event.barrierStatus()).toMatchObject({ state: 'open' });
    await client.event.closeBarrier();
    expect(gate.barrier).toBe('closed');
    expect(await client.config.entrance()).toEqual([{ lane: 1, enabled: true, decidedBy: 'camera' }]);
  });

  it('a camera without a gate says so', async () => {
    const client = hikvisionClient(await simulator('camera'));
    const codes = [client.event.openBarrier(), client.recorder.platesSince(), client.config.entrance()].map(codeOf);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['HIK_UNSUPPORTED']));
  });
});
