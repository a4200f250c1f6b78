import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../lib/simulator';
import { FakeClock } from '../../support/fake-clock';
import { framesIn, type HspClient, type HspWire } from '../../support/hsp-client';
import { hex } from '../../support/hex';
import { hspClient, hspSession, hspSimulator } from '../../support/hsp-simulators';
import { clientOf } from '../../support/simulators';
import { alarmV30, be32, join, push, time, zeros } from '../../support/wire';

const KEEP_ALIVE = 0x010200;
const OK = hex('00000010 00000001 00000001 00000000');
const NOW = time(2024, 5, 1, 20, 0, 0);

async function device(fault: FaultName) {
  const clock = new FakeClock();
  const simulator = await hspSimulator('camera', { clock });
  const client = await hspSession(simulator);
  simulator.setFault(fault);
  return { clock, simulator, client };
}

/** What arrives until the device closes. */
async function raw(client: HspClient, command: number, body?: Uint8Array): Promise<{ wire: HspWire; bytes: Buffer }> {
  const wire = await client.open();
  wire.write(client.frameOf(command, body));
  const bytes = await wire.rest();
  return { wire, bytes };
}

async function alarmLine(client: HspClient): Promise<HspWire> {
  const wire = await client.open();
  wire.write(client.frameOf(0x111020));
  return wire;
}

describe('faults of the command port', () => {
  it('hsp-split: the same bytes in many segments, logins included', async () => {
    const { client, simulator } = await device('hsp-split');
    expect((await raw(client, KEEP_ALIVE)).bytes).toEqual(OK);
    const { wire, bytes } = await raw(client, 0x1110c2);
    expect(bytes.length).toBe(196);
    expect(wire.chunkCount).toBeGreaterThan(4);
    expect(await client.login()).toBe(1);
    const line = await alarmLine(client);
    expect(await line.frame()).toEqual(OK);
    for (let count = 0; count < 5; count++) simulator.sendEvent({ eventType: 'VMD' });
    simulator.setFault(null);
    simulator.sendEvent({ eventType: 'tamperdetection' });
    for (let count = 0; count < 5; count++) expect(await line.frame()).toEqual(alarmV30({ type: 3, channels: [1] }));
    expect((await line.frame()).readUInt32BE(8)).toBe(6);
  });

  it('hsp-joined: frames of a line and of a list come in one segment', async () => {
    const { client, simulator } = await device('hsp-joined');
    const line = await alarmLine(client);
    await line.until(() => line.received.length > 0);
    expect(line.received).toEqual(join(OK, push(2)));
    await line.frame();
    await line.frame();
    simulator.sendEvent({ eventType: 'VMD' });
    await line.until(() => line.received.length > 0);
    expect(line.received).toEqual(join(alarmV30({ type: 3, channels: [1] }), push(2)));
    const find = join(be32(1), be32(255), be32(255), be32(0), zeros(20), time(2024, 4, 30, 0, 0, 0), NOW, zeros(64));
    const { wire, bytes } = await raw(client, 0x111040, find);
    expect(framesIn(bytes).length).toBeGreaterThan(40);
    expect(wire.chunkCount).toBe(1);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
    expect(await client.login()).toBe(1);
  });

  it('hsp-wrong-checksum: replies only, a login has none', async () => {
    const { client } = await device('hsp-wrong-checksum');
    expect((await client.call(KEEP_ALIVE)).checksum).toBe(2);
    const reply = await client.call(0x1110c2);
    expect(reply.checksum).toBe(reply.bytes.subarray(8).reduce((sum, byte) => sum + byte, 0) + 1);
    expect(await client.login()).toBe(1);
  });

  it('hsp-short-ack: 8 bytes where there is nothing to say', async () => {
    const { client } = await device('hsp-short-ack');
    expect((await raw(client, KEEP_ALIVE)).bytes).toEqual(push(1));
    expect((await raw(client, 0x030000)).bytes).toEqual(push(13));
    expect((await client.call(0x1110c2)).bytes.length).toBe(196);
    expect(await (await alarmLine(client)).frame()).toEqual(push(1));
    expect(await client.login()).toBe(1);
  });

  for (const [name, length] of [
    ['hsp-length-0', 0],
    ['hsp-length-3', 3],
    ['hsp-length-2g', 2 ** 31],
  ] as const) {
    it(`${name}: replies, challenges and pushes say ${length}`, async () => {
      const { client, simulator } = await device(name);
      const { bytes } = await raw(client, 0x1110c2);
      expect([bytes.length, bytes.readUInt32BE(0)]).toEqual([196, length]);
      const wire = await client.open();
      wire.write(join(client.frameOf(KEEP_ALIVE)));
      expect((await wire.rest()).readUInt32BE(0)).toBe(length);
      simulator.setFault(null);
      const line = await alarmLine(client);
      expect(await line.frame()).toEqual(OK);
      simulator.setFault(name);
      simulator.sendEvent({ eventType: 'VMD' });
      await line.until(() => line.received.length >= 108);
      expect(line.received.readUInt32BE(0)).toBe(length);
    });
  }

  it('hsp-silence: connections are taken, nothing is answered, HTTP is well', async () => {
    const { client, simulator, clock } = await device('hsp-silence');
    const wire = await client.open();
    wire.write(client.frameOf(KEEP_ALIVE));
    await clock.advance(120_000);
    expect((await clientOf(simulator).get('/ISAPI/System/time')).status).toBe(200);
    expect([wire.received.length, wire.isClosed]).toEqual([0, false]);
    simulator.setFault(null);
    expect((await client.call(KEEP_ALIVE, undefined, 120)).retVal).toBe(1);
  });

  it('hsp-reset: half a frame, then a reset', async () => {
    const { client } = await device('hsp-reset');
    const { wire, bytes } = await raw(client, 0x1110c2);
    expect(bytes.length).toBeLessThanOrEqual(98);
    // A reset that overtakes the reading of the half is seen as an end.
    expect([null, 'ECONNRESET']).toContain(wire.error);
  });

  it('hsp-closed and http-closed: the other face is well', async () => {
    const { client, simulator } = await device('hsp-closed');
    await expect(client.open()).rejects.toThrow(/ECONNREFUSED/);
    expect((await clientOf(simulator).get('/ISAPI/System/time')).status).toBe(200);
    simulator.setFault('http-closed');
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
    await expect(clientOf(simulator).get('/ISAPI/System/time')).rejects.toThrow(/ECONNREFUSED/);
    simulator.setFault(null);
    expect((await clientOf(simulator).get('/ISAPI/System/time')).status).toBe(200);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
  });
});

describe('faults of both faces', () => {
  it('refused: connections are cut and refused', async () => {
    const { client, simulator } = await device('locked');
    simulator.setFault(null);
    const line = await alarmLine(client);
    await line.frame();
    simulator.setFault('refused');
    expect((await line.rest()).length).toBe(0);
    await expect(client.open()).rejects.toThrow(/ECONNREFUSED/);
  });

  it('half-open: nothing is answered, nothing is ended', async () => {
    const { client, clock } = await device('half-open');
    const wire = await client.open();
    wire.write(client.frameOf(KEEP_ALIVE));
    await clock.advance(300_000);
    expect([wire.received.length, wire.isClosed]).toEqual([0, false]);
  });

  it('slow-body: the second half of an answer is late', async () => {
    const { client, clock } = await device('slow-body');
    const wire = await client.open();
    wire.write(client.frameOf(0x1110c2));
    await wire.until(() => wire.received.length > 0);
    expect(wire.received.length).toBe(98);
    await clock.advance(29_999);
    expect(wire.received.length).toBe(98);
    await clock.advance(1);
    expect((await wire.rest()).length).toBe(196);
  });

  it('reboot: refused, then busy with 32, then well; sessions are forgotten', async () => {
    const { client, simulator, clock } = await device('reboot');
    await expect(client.open()).rejects.toThrow(/ECONNREFUSED/);
    await clock.advance(20_000);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(32);
    expect(await client.login()).toBe(32);
    await clock.advance(5_000);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(30);
    expect(await client.login()).toBe(1);
    expect(simulator.hspSessions).toBe(1);
    hspClient(simulator).close();
  });
});
