/** Bad clients, many clients, and the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator, builtInDevice } from '../../../lib/simulator';
import { FakeClock } from '../../support/fake-clock';
import { loginFrame } from '../../support/hsp-client';
import { hspClient, hspSession, hspSimulator } from '../../support/hsp-simulators';
import { be32, join, request, zeros } from '../../support/wire';

const KEEP_ALIVE = 0x010200;

async function quiet(device: Simulator): Promise<void> {
  while (device.hspConnections > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a bad client', () => {
  it('gets the connection closed for a length that cannot be', async () => {
    const device = await hspSimulator();
    for (const length of [0, 1, 3, 16, 31, 2 ** 20, 2 ** 31, 2 ** 32 - 1]) {
      const wire = await hspClient(device).open();
      wire.write(join(be32(length), zeros(28)));
      expect((await wire.rest()).length, `${length}`).toBe(0);
    }
  });

  it('that sends nothing, half a frame or half a login is cut off after 30 s', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock, hsp: { login: 'legacy' } });
    const client = hspClient(device);
    const wires = [await client.open(), await client.open(), await client.open()];
    wires[1]?.write(join(be32(32), zeros(10)));
    wires[2]?.write(loginFrame(Buffer.alloc(188)));
    await wires[2]?.frame();
    await clock.advance(30_000);
    for (const wire of wires) await wire.rest();
    await quiet(device);
    expect(clock.pending).toBe(0);
  });

  it('that promises much and sends little takes little memory', async () => {
    const device = await hspSimulator();
    const client = hspClient(device);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 100; count++) (await client.open()).write(join(be32(500_000), zeros(60)));
    while (device.hspConnections < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_024 * 1_024);
  });

  it('is one of 128; the next ones are not taken', async () => {
    const device = await hspSimulator();
    const client = hspClient(device);
    const wires = [];
    for (let count = 0; count < 140; count++) wires.push(await client.open());
    await Promise.all(wires.slice(128).map((wire) => wire.rest()));
    expect(device.hspConnections).toBe(128);
  });

  it('that answers a challenge with something else is refused, and not counted', async () => {
    const device = await hspSimulator('camera', { hsp: { login: 'legacy' } });
    const client = hspClient(device);
    for (const [answer, bytes] of [
      [loginFrame(Buffer.alloc(60)), 16],
      [request({ command: KEEP_ALIVE }), 16],
      [loginFrame(Buffer.alloc(188)), 16],
    ] as const) {
      const wire = await client.open();
      wire.write(loginFrame(Buffer.alloc(188)));
      await wire.frame();
      wire.write(answer);
      const reply = await wire.rest();
      expect([reply.length, reply.readUInt32BE(8)]).toEqual([bytes, 14]);
    }
    expect(device.authFailures).toBe(0);
  });

  it('gets one answer, however much it asks on one connection', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device);
    const wire = await client.open();
    wire.write(Buffer.concat(Array.from({ length: 50 }, () => client.frameOf(KEEP_ALIVE))));
    expect((await wire.rest()).length).toBe(16);
    expect(device.hspLog.length).toBe(1);
  });

  it('cannot make it fall with random bytes', async () => {
    const device = await hspSimulator('nvr');
    const client = await hspSession(device);
    const commands = [
      0x010000, 0x117000, 0x110040, 0x111040, 0x030200, 0x030009, 0x020501, 0x030401, 0x030d00, 0x111020,
    ];
    const anyFrame = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => join(be32(4 + bytes.length), bytes)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => loginFrame(bytes)),
      fc
        .tuple(fc.constantFrom(...commands), fc.uint8Array({ maxLength: 200 }))
        .map(([command, body]) => client.frameOf(command, body)),
      fc
        .tuple(fc.constantFrom(...commands), fc.array(fc.constantFrom(0, 1, 33, 255, 20, 12), { maxLength: 37 }))
        .map(([command, words]) => client.frameOf(command, join(...words.map(be32)))),
      fc.string({ maxLength: 80 }).map((line) => {
        const bytes = Buffer.from(`GET /ISAPI/${line}\r\n`);
        return client.frameOf(
          0x117000,
          join(zeros(8), be32(12 + bytes.length), be32(bytes.length), [1, 0, 0, 0], bytes),
        );
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { maxLength: 3 }), async (frames) => {
        const wire = await client.open();
        for (const frame of frames) wire.write(frame);
        wire.socket.end();
        await wire.rest();
        wire.close();
      }),
      { numRuns: 500 },
    );
    await quiet(device);
    device.setFault(null);
    expect(await hspClient(device).login()).toBe(1);
    expect(device.hspAlarmChannels).toBe(0);
  }, 60_000);
});

describe('many clients', () => {
  it('1,000 commands leave no socket, timer or session', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    for (let round = 0; round < 20; round++) {
      const client = await hspSession(device);
      for (let count = 0; count < 49; count++) await client.call(KEEP_ALIVE, undefined, 0);
      expect((await client.call(0x010100, undefined, 0)).retVal).toBe(1);
      client.close();
    }
    await quiet(device);
    expect([device.hspLogins, device.hspSessions, clock.pending]).toEqual([20, 0, 0]);
    expect(device.hspLog.length).toBe(1_000);
  }, 30_000);

  it('the log is bounded', async () => {
    const device = await hspSimulator();
    const client = hspClient(device);
    const probe = request({ command: 0 });
    for (let count = 0; count < 2_100; count++) await client.exchange(probe);
    expect(device.hspLog.length).toBe(2_000);
  }, 30_000);
});

describe('the end', () => {
  it('cuts what is open, and frees both ports', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = await hspSession(device);
    const wires = [await client.open(), await client.open(), await client.open()];
    wires[0]?.write(client.frameOf(0x111020));
    await wires[0]?.frame();
    device.setFault('slow-body');
    wires[1]?.write(client.frameOf(0x1110c2));
    await wires[1]?.until(() => (wires[1]?.received.length ?? 0) > 0);
    const { hspPort, httpPort } = device;
    await device.close();
    for (const wire of wires) await wire.rest();
    expect([clock.pending, device.hspConnections]).toEqual([0, 0]);
    const again = await hspSimulator('camera', { hspPort, httpPort });
    expect([again.hspPort, again.httpPort]).toEqual([hspPort, httpPort]);
  });

  it('comes in the middle of split frames too', async () => {
    const device = await hspSimulator('camera');
    const client = await hspSession(device);
    device.setFault('hsp-split');
    const wire = await client.open();
    wire.write(client.frameOf(0x111050));
    await wire.until(() => wire.received.length > 0);
    await device.close();
    await wire.rest();
    expect(device.hspConnections).toBe(0);
  });

  it('is reached when the port is taken: the HTTP port is free again', async () => {
    const first = await hspSimulator();
    const started = Simulator.start({ device: builtInDevice('camera'), hspPort: first.hspPort });
    await expect(started).rejects.toThrow(/EADDRINUSE/);
  });

  it('without a command port there is none', async () => {
    const device = await hspSimulator('camera', {});
    const closed = await Simulator.start({ device: builtInDevice('camera') });
    expect([closed.hspPort, closed.hspLogins, closed.hspConnections, closed.hspLog.length]).toEqual([0, 0, 0, 0]);
    expect(device.hspPort).toBeGreaterThan(0);
    await closed.close();
  });
});
