import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/index';
import { DeviceStates } from '../../lib/mqtt/states';
import { Topics, type MqttMessage } from '../../lib/mqtt/topics';
import { MQTT_MAX_STATES } from '../../lib/settings';
import { event, region } from '../support/events';

const AT = Date.parse('2024-05-01T12:00:00Z');

/** An event at so many seconds by our clock; by the device's own where told. */
function at(seconds: number, more: Partial<HikvisionEvent> = {}): HikvisionEvent {
  return event({ receivedAt: new Date(AT + seconds * 1_000).toISOString(), time: null, ...more });
}

const states = () => new DeviceStates(new Topics(), 'gate');

/** `1/motion ON`, without the attributes; a pulse is marked. */
function lines(messages: readonly MqttMessage[]): string[] {
  return messages
    .filter(({ topic }) => !topic.endsWith('/attributes'))
    .map(
      ({ topic, payload, retain }) =>
        `${topic.replace('hikvision/gate/', '')} ${String(payload)}${retain ? '' : ' pulse'}`,
    );
}

describe('states', () => {
  it('are on from start to end, retained, with the event beside them', () => {
    const device = states();
    const [attributes, state] = device.apply(at(0, { id: 'a' }));
    expect(state).toEqual({ topic: 'hikvision/gate/1/motion', payload: 'ON', retain: true, qos: 1 });
    expect(attributes).toMatchObject({ topic: 'hikvision/gate/1/motion/attributes', retain: true });
    expect(JSON.parse(String(attributes?.payload))).toMatchObject({ id: 'a', state: 'start' });
    expect(lines(device.apply(at(5, { state: 'end' })))).toEqual(['1/motion OFF']);
  });

  it('stay on until the last region has ended', () => {
    const device = states();
    expect(lines(device.apply(at(0, { regions: [region(1)] })))).toEqual(['1/motion ON']);
    expect(device.apply(at(1, { regions: [region(2)] }))).toEqual([]);
    expect(device.apply(at(2, { state: 'end', regions: [region(1)] }))).toEqual([]);
    expect(lines(device.apply(at(3, { state: 'end', inferred: true, regions: [region(2)] })))).toEqual([
      '1/motion OFF',
    ]);
  });

  it('end with an end that names no region, unless only the repeats stopped', () => {
    const device = states();
    device.apply(at(0));
    device.apply(at(0, { regions: [region(2)] }));
    expect(device.apply(at(1, { state: 'end', inferred: true }))).toEqual([]);
    expect(lines(device.apply(at(2, { state: 'end' })))).toEqual(['1/motion OFF']);
  });

  it('keep the names of unknown events apart', () => {
    const device = states();
    device.apply(at(0, { kind: 'unknown', eventType: 'newThing' }));
    device.apply(at(0, { kind: 'unknown', eventType: 'otherThing' }));
    expect(device.apply(at(1, { kind: 'unknown', eventType: 'newThing', state: 'end' }))).toEqual([]);
    expect(lines(device.apply(at(2, { kind: 'unknown', eventType: 'otherThing', state: 'end' })))).toEqual([
      '1/unknown OFF',
    ]);
  });

  it('have one for each alarm input', () => {
    const input = (port: number, state: 'start' | 'end') =>
      at(0, { kind: 'alarmInput', channel: null, state, details: { port } });
    const device = states();
    expect(lines(device.apply(input(1, 'start')))).toEqual(['device/alarmInput-1 ON']);
    expect(lines(device.apply(input(2, 'start')))).toEqual(['device/alarmInput-2 ON']);
    expect(lines(device.apply(input(1, 'end')))).toEqual(['device/alarmInput-1 OFF']);
  });

  it('never stay on for what has no end', () => {
    const device = states();
    expect(lines(device.apply(at(0, { kind: 'doorbell', state: 'once' })))).toEqual(['1/doorbell ON pulse']);
    expect(lines(device.all())).toEqual([]);
    expect(device.all().map(({ topic }) => topic)).toEqual(['hikvision/gate/1/doorbell/attributes']);
  });

  it('are not moved by what is stale', () => {
    const device = states();
    expect(device.apply(at(0, { stale: true }))).toEqual([]);
    expect(device.apply(at(0, { kind: 'plate', state: 'once', stale: true }))).toEqual([]);
    expect(device.all()).toEqual([]);
  });

  it('are not moved by what is older than they are', () => {
    const device = states();
    device.apply(at(10, { state: 'end' }));
    expect(device.apply(at(5))).toEqual([]);
    const plate = (seconds: number) => at(seconds, { kind: 'plate', state: 'once' });
    expect(device.apply(plate(10))).toHaveLength(2);
    expect(device.apply(plate(9))).toEqual([]);
  });

  it('are not moved by what the device sent earlier and another way brought later', () => {
    const device = states();
    device.apply(at(10, { state: 'end', time: '2024-05-01T12:00:10+00:00' }));
    expect(device.apply(at(11, { time: '2024-05-01T14:00:08+02:00' }))).toEqual([]);
    // A clock that was set back by an hour must not freeze the state for an hour.
    expect(lines(device.apply(at(12, { time: '2024-05-01T13:00:08+02:00' })))).toEqual(['1/motion ON']);
  });

  it('are all known once the device is connected, and off unless something is going on', () => {
    const device = states();
    device.apply(at(0));
    const known = [
      { channel: 1, kind: 'motion', port: null },
      { channel: 1, kind: 'tamper', port: null },
      { channel: null, kind: 'alarmInput', port: 3 },
      { channel: 1, kind: 'doorbell', port: null },
    ] as const;
    expect(lines(device.connected(known))).toEqual(['1/motion ON', '1/tamper OFF', 'device/alarmInput-3 OFF']);
    expect(lines(device.all())).toEqual(['1/motion ON', '1/tamper OFF', 'device/alarmInput-3 OFF']);
  });

  it('are taken away with their channel, and with the device', () => {
    const device = states();
    device.apply(at(0));
    device.apply(at(0, { channel: 2 }));
    expect(device.forgetChannel(2).map(({ topic, payload }) => [topic, payload])).toEqual([
      ['hikvision/gate/2/motion/attributes', ''],
      ['hikvision/gate/2/motion', ''],
    ]);
    expect(device.clear()).toHaveLength(2);
    expect(device.all()).toEqual([]);
  });

  it('are bounded', () => {
    const device = states();
    for (let channel = 1; channel <= MQTT_MAX_STATES + 5; channel++) device.apply(at(0, { channel }));
    expect(device.overflowed).toBe(5);
    expect(lines(device.all())).toHaveLength(MQTT_MAX_STATES);
    for (let id = 0; id < 1_000; id++) device.apply(at(id, { regions: [region(id)] }));
    expect(lines(device.apply(at(2_000, { state: 'end' })))).toEqual(['1/motion OFF']);
  });

  it('follow any order of starts and ends to the truth', () => {
    const step = fc.record({ id: fc.constantFrom(1, 2, 3), isStart: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const device = states();
        const running = new Set<number>();
        let shown = 'OFF';
        for (const [seconds, { id, isStart }] of steps.entries()) {
          if (isStart) running.add(id);
          else running.delete(id);
          const messages = device.apply(at(seconds, { state: isStart ? 'start' : 'end', regions: [region(id)] }));
          shown = lines(messages).at(-1)?.split(' ')[1] ?? shown;
          expect(shown).toBe(running.size > 0 ? 'ON' : 'OFF');
        }
      }),
    );
  });
});
