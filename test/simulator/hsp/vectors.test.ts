/** The published and computed vectors, put to the device side; those marked `external` were seen outside of this project. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../support/fake-clock';
import { loginFrame, HspWire } from '../../support/hsp-client';
import { hspClient, type HspSimulatorOptions, hspSimulator } from '../../support/hsp-simulators';
import { hex } from '../../support/hex';
import { join, time } from '../../support/wire';
import vectors from '../../fixtures/hsp-vectors.json';

const {
  authWord,
  controlFrame,
  probe,
  decodeOnly,
  replyChecksum,
  okReply,
  login,
  frames,
  alarm,
  loginStep1,
  shortAck,
} = vectors;

/** The session of the traces: its key, its number, its seed. */
const TRACED = {
  challenge: `${authWord.key16ascii}0123456789abcdef`,
  userId: parseInt(authWord.userID, 16),
  seed: parseInt(authWord.seed, 16),
};

async function traced(options: HspSimulatorOptions = {}) {
  const device = await hspSimulator('camera', { ...options, hsp: { fixed: TRACED } });
  const client = hspClient(device);
  expect(await client.login()).toBe(1);
  return { device, client };
}

describe('the published login', () => {
  it('is accepted as it was traced: step 1 (external), step 2 with a fixed challenge and salt', async () => {
    const device = await hspSimulator('camera', {
      username: login.user,
      password: login.password,
      hsp: { fixed: { challenge: login.challenge, salt: login.saltAscii } },
    });
    const wire = await HspWire.open(device.hspPort);
    wire.write(hex(loginStep1.hex));
    const challenge = await wire.frame();
    expect(challenge.length).toBe(208);
    expect(challenge.toString('latin1', 144)).toBe(login.saltAscii);
    wire.write(hex(login.step2));
    const reply = await wire.frame();
    expect(reply.readUInt32BE(8)).toBe(1);
    expect(device.hspSessions).toBe(1);
    expect(device.authFailures).toBe(0);
  });

  it('is refused when one byte of the proof is another', async () => {
    const device = await hspSimulator('camera', {
      password: login.password,
      hsp: { fixed: { challenge: login.challenge, salt: login.saltAscii } },
    });
    const wire = await HspWire.open(device.hspPort);
    wire.write(hex(loginStep1.hex));
    await wire.frame();
    const step2 = hex(login.step2);
    step2[83] = (step2[83] ?? 0) ^ 1;
    wire.write(step2);
    expect((await wire.rest()).readUInt32BE(8)).toBe(3);
  });

  it('without salt takes the other hash', async () => {
    const device = await hspSimulator('camera', {
      password: login.password,
      hsp: { login: 'legacy', fixed: { challenge: login.challenge } },
    });
    const wire = await HspWire.open(device.hspPort);
    wire.write(hex(loginStep1.hex));
    const challenge = await wire.frame();
    expect(challenge.length).toBe(76);
    expect(challenge.readUInt32BE(8)).toBe(100);
    wire.write(loginFrame(join(hex(login.hmacUser), new Uint8Array(16), hex(login.hmacPlain))));
    expect((await wire.frame()).readUInt32BE(8)).toBe(1);
  });
});

describe('the auth word (external)', () => {
  for (const { netCmd, addend, word } of authWord.cases) {
    it(`${word} is accepted for command ${netCmd}`, async () => {
      const clock = new FakeClock();
      const { device, client } = await traced({ clock });
      await clock.advance(1_000 * (parseInt(addend, 16) - TRACED.userId));
      const frame = client.frameOf(parseInt(netCmd, 16));
      expect(client.frameOf(parseInt(netCmd, 16), undefined, parseInt(addend, 16) - TRACED.userId)).toEqual(
        join(frame.subarray(0, 8), hex(word), frame.subarray(12)),
      );
      await client.exchange(join(frame.subarray(0, 8), hex(word), frame.subarray(12)));
      expect(device.hspLog.at(-1)?.status).not.toBe(30);
      const wrong = join(frame.subarray(0, 8), hex(word), frame.subarray(12));
      wrong[8] = (wrong[8] ?? 0) ^ 0x10;
      expect((await client.exchange(wrong)).retVal).toBe(30);
    });
  }
});

describe('frames', () => {
  it('the control frame (external) is answered with the disks', async () => {
    const { device, client } = await traced();
    const reply = await client.exchange(hex(controlFrame.hex));
    expect(reply.retVal).toBe(1);
    expect(reply.body.length).toBe(8 + 33 * 144);
    expect(device.hspLog.at(-1)).toMatchObject({ name: 'getDisks', clientIp: controlFrame.clientIp });
  });

  it('the probe (external) is answered with 16 bytes and status 30', async () => {
    const device = await hspSimulator();
    const reply = await hspClient(device).exchange(hex(probe.request));
    expect(reply.bytes.length).toBe(probe.replyLength);
    expect(reply.retVal).toBe(30);
    expect(device.hspLogins).toBe(0);
  });

  it('the frame of a native client (external) is read, and refused without its session', async () => {
    const device = await hspSimulator();
    const reply = await hspClient(device).exchange(hex(decodeOnly.hex));
    expect(reply.retVal).toBe(30);
    expect(device.hspLog.at(-1)).toEqual({
      command: parseInt(decodeOnly.expect.netCmd, 16),
      name: 'getDeviceV40',
      userId: parseInt(decodeOnly.expect.userID, 16),
      clientIp: decodeOnly.expect.clientIp,
      clientMac: decodeOnly.expect.mac,
      status: 30,
    });
  });

  it('a device says what it is in as many bytes as a real one (external)', async () => {
    const { client } = await traced();
    expect((await client.call(0x1110c2)).bytes.length).toBe(decodeOnly.replyLength);
  });

  for (const { retVal, checksum } of replyChecksum) {
    it(`the checksum of status ${retVal} (external)`, async () => {
      const { client } = await traced();
      const reply = await client.exchange(hex(retVal === 1 ? frames.keepalive : probe.request));
      expect([reply.retVal, reply.checksum]).toEqual([retVal, checksum]);
    });
  }

  it('an answer without a body', async () => {
    const { client } = await traced();
    expect((await client.exchange(hex(frames.keepalive))).bytes).toEqual(hex(okReply.hex));
  });

  for (const name of ['keepalive', 'getDeviceCfgV40', 'ptzCh1TiltUp', 'stdxmlGetDeviceInfo'] as const) {
    it(`${name} is accepted`, async () => {
      const { client } = await traced();
      expect((await client.exchange(hex(frames[name]))).retVal).toBe(1);
    });
  }

  it('the pass-through frame is answered with the document of the text face', async () => {
    const { client } = await traced();
    const reply = await client.exchange(hex(frames.stdxmlGetDeviceInfo));
    expect(reply.body.toString()).toContain('<model>SIM-PTZ-4</model>');
  });
});

describe('pushes', () => {
  it('keepalive and motion on channel 1', async () => {
    const clock = new FakeClock();
    const { device, client } = await traced({ clock });
    const wire = await client.open();
    wire.write(client.frameOf(0x111020));
    expect(await wire.frame()).toEqual(hex(okReply.hex));
    await clock.advance(5_000);
    expect(await wire.frame()).toEqual(hex(alarm.keepalive));
    device.sendEvent({ eventType: 'VMD' });
    expect(await wire.frame()).toEqual(hex(alarm.motionCh1V30));
  });

  it('a search without results (external)', async () => {
    const { client } = await traced();
    const never = time(2001, 1, 1, 0, 0, 0);
    const body = join([0, 0, 0, 1, 0, 0, 0, 255, 0, 0, 0, 255], new Uint8Array(24), never, never, new Uint8Array(64));
    const wire = await client.open();
    wire.write(client.frameOf(0x111040, body));
    expect(await wire.rest()).toEqual(hex(shortAck.hex));
  });
});
