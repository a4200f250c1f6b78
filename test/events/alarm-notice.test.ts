/** Alarms of the command port become the events that the alertStream makes of the same thing. */
import { describe, expect, it } from 'vitest';
import { ALARM_TYPES, decodePush, type AlarmMessage } from '../../lib/codec/alarm';
import { AlarmNotices } from '../../lib/events/alarm-notice';
import { Edges } from '../../lib/events/edges';
import { alarmV30, be32, join, push, type WireAlarm } from '../support/wire';

const asIs = (number: number) => number;

function alarm(fields: WireAlarm): AlarmMessage {
  const message = decodePush(alarmV30(fields));
  if (message.type !== 'alarm') throw new Error(message.type);
  return message;
}

function told(fields: WireAlarm, alarms = new AlarmNotices(asIs)) {
  return alarms.notices(alarm(fields)).map(({ kind, eventType, active, channel, subjects, details }) => ({
    kind,
    eventType,
    active,
    channel,
    subjects,
    details,
  }));
}

describe('an alarm', () => {
  it('of motion is one notice for each channel', () => {
    expect(told({ type: 3, channels: [1, 17, 64] })).toMatchObject(
      [1, 17, 64].map((channel) => ({ kind: 'motion', eventType: 'VMD', active: true, channel, subjects: [] })),
    );
  });

  it.each([
    [0, { inputs: [3] }, { kind: 'alarmInput', channel: null, subjects: ['3'], details: { port: 3, rawPort: '3' } }],
    [1, { disks: [2] }, { kind: 'diskFull', channel: null, subjects: ['2'], details: { disk: 2 } }],
    [2, { channels: [4] }, { kind: 'videoLoss', channel: 4 }],
    [4, { disks: [1] }, { kind: 'diskError', eventType: 'diskunformat' }],
    [5, { disks: [1] }, { kind: 'diskError', eventType: 'diskerror' }],
    [6, { channels: [1] }, { kind: 'tamper' }],
    [7, { channels: [1] }, { kind: 'videoQuality' }],
    [8, {}, { kind: 'illegalAccess', channel: null }],
    [9, { channels: [1] }, { kind: 'videoQuality' }],
    [10, { channels: [1] }, { kind: 'recording' }],
    [11, { channels: [1] }, { kind: 'sceneChange' }],
    [12, {}, { kind: 'diskError' }],
    [77, { channels: [1] }, { kind: 'unknown', eventType: 'alarm77', channel: null }],
  ])('of type %i', (type, fields, expected) => {
    expect(told({ type, ...fields })).toEqual([expect.objectContaining(expected)].map(deep));
  });

  it('of every known type has a kind', () => {
    for (const type of Object.keys(ALARM_TYPES).map(Number)) {
      const [notice] = told({ type, inputs: [1], channels: [1], disks: [1] });
      expect(notice?.kind, `type ${type}`).not.toBe('unknown');
    }
  });

  it('says what it switched, and keeps what it was made of', () => {
    const [notice] = new AlarmNotices(asIs).notices(alarm({ type: 0, inputs: [1], outputs: [2], recording: [1, 2] }));
    expect(notice?.details).toEqual({
      port: 1,
      rawPort: '1',
      name: null,
      alarmType: 0,
      alarmOutputs: [2],
      recordingChannels: [1, 2],
    });
    expect(notice?.raw).toMatchObject({ version: 'V30', alarmType: 0, alarmInputs: [1], rest: null });
  });

  it('has what other notices have, and nothing that it cannot know', () => {
    const [notice] = new AlarmNotices(asIs).notices(alarm({ type: 3, channels: [2] }));
    expect(notice).toMatchObject({
      heartbeat: false,
      channelName: null,
      time: null,
      timeMs: null,
      timeHasOffset: false,
      activePostCount: null,
      target: null,
      targetRect: null,
      regions: [],
      isComplete: true,
      retransmitted: false,
      expectedPictures: 0,
      pictures: [],
    });
    // Neither inputs, disks, outputs nor recordings: no word of them.
    expect(Object.keys(notice?.details ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:port|rawPort|disk|alarmOutputs|recordingChannels)$/)]),
    );
  });

  it('keeps the bytes behind what is known, whatever becomes of the memory that they came in', () => {
    const body = Buffer.concat([alarmV30({ type: 3, channels: [2] }).subarray(8), Buffer.from('abc')]);
    const frame = push(104, body);
    const message = decodePush(frame);
    if (message.type !== 'alarm') throw new Error(message.type);
    const [kept, other] = [...new AlarmNotices(asIs).notices(message), ...new AlarmNotices(asIs).notices(message)];
    kept?.keep();
    frame.fill(0);
    expect(kept?.raw).toMatchObject({ rest: Buffer.from('abc').toString('hex') });
    expect(other?.raw).toMatchObject({ rest: '000000' });
    // Nothing to keep is no trouble.
    const [without] = new AlarmNotices(asIs).notices(alarm({ type: 3, channels: [2] }));
    without?.keep();
    expect(without?.raw).toMatchObject({ rest: null });
  });

  it('remembers 64 types as running and no more, and goes on with those', () => {
    const alarms = new AlarmNotices(asIs);
    const typeOf = (alarmType: number, channels: readonly number[]) =>
      alarms.notices({ ...alarm({ type: 3, channels: [...channels] }), alarmType });
    for (let type = 100; type < 163; type++) typeOf(type, []);
    typeOf(3, [1]);
    // The 65th is told, and forgotten.
    expect(typeOf(2, [1]).map(({ active }) => active)).toEqual([true]);
    expect(typeOf(2, [])).toEqual([]);
    // One that is known may list more.
    typeOf(3, [2]);
    expect(typeOf(3, []).map(({ channel }) => channel)).toEqual([1, 2]);
  });

  it('counts channels as people do', () => {
    const alarms = new AlarmNotices((number) => (number > 32 ? number - 32 : number));
    expect(
      alarms.notices(alarm({ type: 3, channels: [33, 40] })).map(({ channel, rawChannel }) => [channel, rawChannel]),
    ).toEqual([
      [1, 33],
      [8, 40],
    ]);
  });

  it('of an older device names one input', () => {
    const message = decodePush(push(20, join(be32(0), be32(5), be32(0), be32(0), be32(0), be32(0))));
    if (message.type !== 'alarm') throw new Error(message.type);
    expect(new AlarmNotices(asIs).notices(message)).toMatchObject([{ kind: 'alarmInput', subjects: ['5'] }]);
  });
});

describe('edges of alarms', () => {
  it('repeats are one event, silence ends it', () => {
    const alarms = new AlarmNotices(asIs);
    const edges = new Edges({ endAfterMs: 10_000 });
    const seen: string[] = [];
    const at = (nowMs: number, fields?: WireAlarm) => {
      const notices = fields === undefined ? [] : alarms.notices(alarm(fields));
      for (const edge of [...edges.advance(nowMs), ...notices.flatMap((notice) => edges.push(notice, nowMs))])
        seen.push(`${nowMs} ${edge.kind} ${edge.notice.channel} ${edge.state}${edge.inferred ? ' inferred' : ''}`);
    };
    at(0, { type: 3, channels: [1, 2] });
    at(2_000, { type: 3, channels: [1] });
    at(4_000, { type: 3, channels: [1] });
    at(11_000);
    at(14_001);
    expect(seen).toEqual([
      '0 motion 1 start',
      '0 motion 2 start',
      '11000 motion 2 end inferred',
      '14001 motion 1 end inferred',
    ]);
  });

  it('a message that lists nothing any more ends all of its type', () => {
    const alarms = new AlarmNotices(asIs);
    alarms.notices(alarm({ type: 3, channels: [1] }));
    alarms.notices(alarm({ type: 3, channels: [2] }));
    alarms.notices(alarm({ type: 2, channels: [1] }));
    expect(alarms.notices(alarm({ type: 3 })).map(({ active, channel, kind }) => [kind, channel, active])).toEqual([
      ['motion', 1, false],
      ['motion', 2, false],
    ]);
    expect(alarms.notices(alarm({ type: 3 }))).toEqual([]);
  });
});

/** Nested objects of an expectation may name less than there is. */
function deep(expected: { sample: Record<string, unknown> }): unknown {
  return expect.objectContaining(
    Object.fromEntries(
      Object.entries(expected.sample).map(([name, value]) => [
        name,
        name === 'details' ? (expect.objectContaining(value as object) as unknown) : value,
      ]),
    ),
  );
}
