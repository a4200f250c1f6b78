import { describe, expect, it } from 'vitest';
import type { EventFields } from '../../../lib/simulator';
import { FakeClock } from '../../support/fake-clock';
import { framesIn, type HspClient, type HspWire } from '../../support/hsp-client';
import { hspClient, hspSession, hspSimulator } from '../../support/hsp-simulators';
import { alarmV30, be32, join, push, type WireAlarm } from '../../support/wire';

const V30 = 0x111020;
const OLD = 0x030400;
const KEEP_ALIVE = push(2);

async function channel(client: HspClient, command = V30): Promise<HspWire> {
  const wire = await client.open();
  wire.write(client.frameOf(command));
  expect((await wire.frame()).readUInt32BE(8)).toBe(1);
  return wire;
}

describe('an alarm channel', () => {
  it('says every 5 s that it lives, alarms or not', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const wire = await channel(await hspSession(device));
    await clock.advance(4_999);
    device.sendEvent({ eventType: 'VMD' });
    expect((await wire.frame()).length).toBe(108);
    await clock.advance(1);
    expect(await wire.frame()).toEqual(KEEP_ALIVE);
    await clock.advance(10_000);
    expect([await wire.frame(), await wire.frame()]).toEqual([KEEP_ALIVE, KEEP_ALIVE]);
  });

  const known: readonly (readonly [EventFields, WireAlarm])[] = [
    [
      { eventType: 'IO', inputPort: 2 },
      { type: 0, inputs: [2] },
    ],
    [
      { eventType: 'diskfull', channel: null },
      { type: 1, disks: [1] },
    ],
    [{ eventType: 'videoloss' }, { type: 2, channels: [1] }],
    [{ eventType: 'VMD' }, { type: 3, channels: [1] }],
    [{ eventType: 'diskunformat' }, { type: 4, disks: [1] }],
    [{ eventType: 'diskerror' }, { type: 5, disks: [1] }],
    [{ eventType: 'tamperdetection' }, { type: 6, channels: [1] }],
    [{ eventType: 'videomismatch' }, { type: 7, channels: [1] }],
    [{ eventType: 'illaccess', channel: null }, { type: 8 }],
    [{ eventType: 'videoexception' }, { type: 9, channels: [1] }],
    [{ eventType: 'recordexception' }, { type: 10, channels: [1] }],
    [{ eventType: 'scenechangedetection' }, { type: 11, channels: [1] }],
    [{ eventType: 'raidfailure', channel: null }, { type: 12 }],
  ];
  for (const [event, alarm] of known) {
    it(`tells ${event.eventType} as type ${alarm.type}`, async () => {
      const device = await hspSimulator();
      const wire = await channel(await hspSession(device));
      device.sendEvent(event);
      expect(await wire.frame()).toEqual(alarmV30(alarm));
    });
  }

  it('tells nothing that it has no word for: ends, smart events, raw bytes, what is no event', async () => {
    const device = await hspSimulator();
    const wire = await channel(await hspSession(device));
    device.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    device.sendEvent({ eventType: 'linedetection' });
    device.sendEvent(Buffer.from('<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>'));
    device.sendEvent('<<<');
    device.sendEvent('[1, null]');
    device.sendEvent('null');
    device.sendEvent({ eventType: 'tamperdetection' });
    expect((await wire.frame()).readUInt32BE(8)).toBe(6);
  });

  it('tells documents that somebody else wrote', async () => {
    const device = await hspSimulator('nvr');
    const wire = await channel(await hspSession(device));
    device.sendEvent(
      '<EventNotificationAlert><dynChannelID>3</dynChannelID><eventType>VMD</eventType></EventNotificationAlert>',
    );
    expect(await wire.frame()).toEqual(alarmV30({ type: 3, channels: [35] }));
    device.sendEvent('{"eventType":"videoloss","channelID":8}');
    expect(await wire.frame()).toEqual(alarmV30({ type: 2, channels: [40] }));
  });

  it('counts IP channels from where it is told to', async () => {
    const device = await hspSimulator('nvr', { hsp: { firstIpChannel: 1 } });
    const wire = await channel(await hspSession(device));
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    expect(await wire.frame()).toEqual(alarmV30({ type: 3, channels: [3] }));
  });

  it('of the older kind has one word for each list', async () => {
    const device = await hspSimulator();
    const wire = await channel(await hspSession(device), OLD);
    device.sendEvent({ eventType: 'VMD' });
    expect(await wire.frame()).toEqual(push(20, join(be32(3), be32(0), be32(0), be32(0), be32(1), be32(0))));
    device.sendEvent({ eventType: 'IO', inputPort: 4 });
    expect(await wire.frame()).toEqual(push(20, join(be32(0), be32(4), be32(0), be32(0), be32(0), be32(0))));
  });

  it('is fed by the scenario of the alertStream', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('nvr', { clock });
    const wire = await channel(await hspSession(device));
    device.playScenario('nvr');
    await clock.advance(60_000);
    device.playScenario(null);
    await wire.until(() => wire.received.length >= 28 * 108 + 12 * 8);
    const alarms = framesIn(wire.received).filter(({ status }) => status === 104);
    const count = (type: number) => alarms.filter(({ body }) => body.readUInt32BE(0) === type).length;
    // Motion 8 + 5 + 3 times, no video 12 times; the crossed line is told on the alertStream only.
    expect([count(3), count(2), alarms.length]).toEqual([16, 12, 28]);
  });

  it('needs a session, ends with its logout, and has a place for sixteen', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device);
    const other = await hspSession(device);
    const wires = [];
    for (let count = 0; count < 15; count++) wires.push(await channel(client));
    const stays = await channel(other);
    expect((await client.call(V30)).retVal).toBe(18);
    expect((await client.call(0x010100)).retVal).toBe(1);
    for (const wire of wires) expect((await wire.rest()).length).toBe(0);
    expect(device.hspAlarmChannels).toBe(1);
    expect((await client.call(V30)).retVal).toBe(30);
    stays.close();
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = await hspSession(device);
    const wires = [await channel(client), await channel(client, OLD)];
    for (const wire of wires) wire.close();
    while (device.hspConnections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.pending).toBe(0);
    await channel(client);
    await device.close();
    expect(clock.pending).toBe(0);
  });

  it('does not mind what a client says on it', async () => {
    const device = await hspSimulator();
    const wire = await channel(await hspSession(device));
    wire.write(Buffer.alloc(100_000, 0xff));
    device.sendEvent({ eventType: 'VMD' });
    expect((await wire.frame()).length).toBe(108);
  });
});

describe('the silent fault', () => {
  it('keeps alarm channels open and quiet, and answers commands', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = await hspSession(device);
    const wire = await channel(client);
    device.setFault('silent-stream');
    device.sendEvent({ eventType: 'VMD' });
    await clock.advance(60_000);
    expect((await client.call(0x010200, undefined, 60)).retVal).toBe(1);
    expect(wire.received.length).toBe(0);
    device.setFault(null);
    await clock.advance(5_000);
    expect(await wire.frame()).toEqual(KEEP_ALIVE);
    hspClient(device).close();
  });
});
