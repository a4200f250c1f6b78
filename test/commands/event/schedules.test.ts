/** Arming schedules: found at places that differ, read and written as weeks. */
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../lib/codec/xml';
import { event } from '../../../lib/commands/event';
import { isArmedAt, periodsFrom } from '../../../lib/commands/event/schedules';
import { context, device, failureOf, OK, reply, run, xml, type Responder } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const BASE = '/ISAPI/Event/schedules';
const block = (day: number | string, from: string, to: string) =>
  `<TimeBlock><dayOfWeek>${day}</dayOfWeek><TimeRange><beginTime>${from}</beginTime><endTime>${to}</endTime></TimeRange></TimeBlock>`;
const schedule = (id: string, channel: number, ...blocks: readonly string[]) =>
  `<Schedule version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><id>${id}</id><eventType>VMD</eventType>` +
  `<videoInputChannelID>${channel}</videoInputChannelID><TimeBlockList size="8">${blocks.join('')}</TimeBlockList><HolidayBlockList></HolidayBlockList></Schedule>`;
const week = (from: string, to: string) => [1, 2, 3, 4, 5, 6, 7].map((day) => block(day, from, to));

const get = (
  respond: Responder,
  ctx = context(),
  name: 'motion' | 'lineCrossing' | 'alarmInput' = 'motion',
  channel = 1,
) => run(event.getArmingSchedule.isapi({ event: name, channel }, ctx), respond);

describe('event.getArmingSchedule', () => {
  it('finds the channel in the list, and goes there directly the next time', () => {
    const path = `${BASE}/motionDetections/VMD_video2`;
    const respond = device({
      [`${BASE}/motionDetections`]: `<ScheduleList>${schedule('VMD_video1', 1)}${schedule('VMD_video2', 2)}</ScheduleList>`,
      [path]: schedule('VMD_video2', 2, ...week('00:00', '24:00')),
    });
    const { result, log } = get(respond, context(), 'motion', 2);
    expect(result).toMatchObject({ event: 'motion', channel: 2, armed: 'always' });
    expect(log).toEqual([`GET ${BASE}/motionDetections`, `GET ${path}`]);
  });

  it.each([
    ['lineCrossing', `${BASE}/lineDetections/lineDetection-1`],
    ['lineCrossing', `${BASE}/linedetection/linedetection_video1`],
    ['alarmInput', `${BASE}/inputs/1`],
  ] as const)('knows %s at %s', (name, path) => {
    const ctx = context();
    const respond = device({
      [path]: schedule('x', 1, block('Monday', '08:00:00', '18:00:00'), block(9, '1', '2'), block(2, '00:00', '00:00')),
    });
    expect(get(respond, ctx, name).result).toEqual({
      event: name,
      channel: 1,
      armed: 'periods',
      periods: [{ day: 'monday', from: '08:00:00', to: '18:00:00' }],
    });
    expect(get(respond, ctx, name).log).toEqual([`GET ${path}`]);
  });

  it('says never for an empty list, and that a device has none', () => {
    expect(get(device({ [`${BASE}/motionDetections/VMD-1`]: schedule('VMD-1', 1) })).result?.armed).toBe('never');
    for (const routes of [
      {},
      { [`${BASE}/motionDetections`]: '<ScheduleList/>' },
      { [`${BASE}/motionDetections/VMD-1`]: '<Wrong/>' },
    ]) {
      expect(failureOf(() => get(device(routes))).code).toBe('HIK_UNSUPPORTED');
    }
  });
});

describe('event.setArmingSchedule', () => {
  const path = `${BASE}/motionDetections/VMD_video1`;

  function set(armed: unknown, before: string) {
    let stored = before;
    const steps = event.setArmingSchedule.isapi({ event: 'motion', channel: 1, armed }, context());
    const outcome = run(steps, (request) => {
      if (request.path !== path) return reply(404);
      if (request.method === 'GET') return xml(stored);
      stored = String(request.body);
      return OK;
    });
    return { ...outcome, stored: plainXml(stored) };
  }

  it('replaces the times and nothing else', () => {
    const { result, stored } = set(
      [{ day: 'weekend', from: '22:00', to: '06:00' }],
      schedule('VMD_video1', 1, ...week('00:00', '24:00')),
    );
    expect(stored).toBe(
      schedule(
        'VMD_video1',
        1,
        block(1, '00:00', '06:00'),
        block(6, '22:00', '24:00'),
        block(7, '00:00', '06:00'),
        block(7, '22:00', '24:00'),
      ),
    );
    expect(result).toMatchObject({ armed: 'periods', rebootRequired: false });
  });

  it('writes days and times as the device does', () => {
    const { stored, result } = set('always', schedule('VMD_video1', 1, block('Friday', '01:00:00', '02:00:00')));
    expect(stored).toContain(
      '<dayOfWeek>Sunday</dayOfWeek><TimeRange><beginTime>00:00:00</beginTime><endTime>24:00:00</endTime>',
    );
    expect(result?.armed).toBe('always');
    expect(set('never', schedule('VMD_video1', 1, ...week('00:00', '24:00'))).stored).toBe(schedule('VMD_video1', 1));
    expect(set('always', '<Schedule><id>x</id></Schedule>').result?.armed).toBe('always');
  });

  it.each([
    'sometimes',
    [],
    7,
    [{ day: 'someday', from: '08:00', to: '09:00' }],
    [{ day: 'monday', from: '8:00', to: '09:00' }],
    [{ day: 'monday', from: '08:00', to: '25:00' }],
    [{ day: 'monday', from: '24:00', to: '08:00' }],
    [{ day: 'monday', from: '08:00', to: '08:00' }],
    [null],
    [{ day: '__proto__', from: '08:00', to: '09:00' }],
    [
      { day: 'daily', from: '08:00', to: '10:00' },
      { day: 'monday', from: '09:00', to: '11:00' },
    ],
    Array.from({ length: 9 }, (_, hour) => ({ day: 'monday', from: `0${hour}:00`, to: `0${hour}:30` })),
    Array.from({ length: 57 }, () => ({ day: 'monday', from: '00:00', to: '01:00' })),
  ])('refuses %j', (armed) => {
    expect(failureOf(() => periodsFrom(armed)).code).toBe('HIK_ARGUMENT');
  });

  it('takes a list as text', () => {
    expect(periodsFrom('[{"day": "Monday", "from": "08:00", "to": "09:00"}]')).toEqual([
      { day: 'monday', from: '08:00', to: '09:00' },
    ]);
  });
});

describe('isArmedAt', () => {
  it('goes by the wall clock', () => {
    const document = parseXml(schedule('x', 1, block(3, '08:00', '18:00'), block(7, '23:00', '24:00')));
    const armed = (time: string) => isArmedAt(document, Date.parse(`${time}Z`));
    // 1 May 2024 was a Wednesday.
    expect(
      ['2024-05-01T07:59', '2024-05-01T08:00', '2024-05-01T17:59', '2024-05-01T18:00', '2024-05-05T23:59'].map(armed),
    ).toEqual([false, true, true, false, true]);
    expect(isArmedAt(parseXml('<Schedule/>'), 0)).toBe(true);
  });
});
