import { describe, expect, it } from 'vitest';
import { SIMULATOR_PASSWORD } from '../../../lib/simulator';
import { FakeClock } from '../../support/fake-clock';
import { loginFrame } from '../../support/hsp-client';
import { hspClient, hspSession, hspSimulator } from '../../support/hsp-simulators';
import { clientOf } from '../../support/simulators';
import { join, request, zeros } from '../../support/wire';
import { testCertificate } from '../../support/tls';

const KEEP_ALIVE = 0x010200;
const LOGOUT = 0x010100;

describe('a login', () => {
  const modes = { rsaSalt: 208, rsa: 144, legacy: 76, legacyLong: 96 } as const;
  for (const [login, bytes] of Object.entries(modes) as [keyof typeof modes, number][]) {
    it(`with ${login}: a challenge of ${bytes} bytes, the right password is let in, a wrong one is not`, async () => {
      const device = await hspSimulator('camera', { hsp: { login } });
      const client = hspClient(device);
      expect(await client.login()).toBe(1);
      expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
      expect(await client.login('wrong')).toBe(3);
      expect(device.hspLogins).toBe(2);
      expect(device.authFailures).toBe(1);
    });
  }

  it('at a device that is too old is refused with 39', async () => {
    const device = await hspSimulator('camera', { hsp: { login: 'tooOld' } });
    expect(await hspClient(device).login()).toBe(39);
    expect(device.authFailures).toBe(0);
  });

  it('says what the device is', async () => {
    const device = await hspSimulator('nvr');
    const client = await hspSession(device);
    const reply = client.session?.reply ?? Buffer.alloc(0);
    expect(reply.readUInt32BE(0)).toBe(reply.length);
    expect(reply.toString('latin1', 20, 68).replace(/\0+$/, '')).toBe('SIM-NVR-80820240101CCWRSIM000002WCVU');
    // analog channels, first one, alarm inputs, outputs, disks
    expect([...reply.subarray(69, 74)]).toEqual([0, 1, 4, 1, 2]);
    expect(reply[76]).toBe(8);
    expect(reply.readUInt32BE(12) >>> 24).toBe(5);
  });

  it('with an unknown user gets a challenge, and is refused behind it', async () => {
    const device = await hspSimulator();
    expect(await hspClient(device, { user: 'nobody' }).login()).toBe(3);
    expect(device.authFailures).toBe(1);
  });

  it('needs a key of 1024 bits with the exponent 65537', async () => {
    const device = await hspSimulator();
    const client = hspClient(device);
    const wire = await client.open();
    wire.write(loginFrame(Buffer.alloc(188, 0x31)));
    expect((await wire.rest()).toString('hex')).toBe(join([0, 0, 0, 16], zeros(7), [14], zeros(4)).toString('hex'));
  });

  it('is told once the device has too many users', async () => {
    const device = await hspSimulator('camera', { hsp: { maxUsers: 2 } });
    const [first] = [await hspSession(device), await hspSession(device)];
    expect(await hspClient(device).login()).toBe(31);
    expect((await first.call(LOGOUT)).retVal).toBe(1);
    expect(await hspClient(device).login()).toBe(1);
  });

  it('speaks TLS where the device has a certificate', async () => {
    const device = await hspSimulator('camera', { tls: testCertificate });
    const client = await hspSession(device, { tls: true });
    expect((await client.isapi('GET', '/ISAPI/System/deviceInfo')).body.toString()).toContain('SIM-PTZ-4');
    client.close();
    await device.close();
    expect(device.hspConnections).toBe(0);
  });
});

describe('the account lock', () => {
  const lock = { attempts: 3, lockMs: 60_000 };

  it('counts attempts at both faces together, and locks both', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { lock, clock });
    const client = hspClient(device);
    expect(await client.login('wrong')).toBe(3);
    await clientOf(device, { username: 'admin', password: 'wrong' }).get('/ISAPI/System/time');
    expect(await client.login('wrong')).toBe(3);
    expect(device.authFailures).toBe(3);
    expect(await client.login()).toBe(153);
    expect(device.authFailures).toBe(4);
    expect((await clientOf(device).get('/ISAPI/System/time')).status).toBe(401);
    await clock.advance(lock.lockMs);
    expect(await client.login()).toBe(1);
  });

  it('begins to count anew after a right password', async () => {
    const device = await hspSimulator('camera', { lock });
    const client = hspClient(device);
    for (const password of ['wrong', 'wrong', SIMULATOR_PASSWORD, 'wrong', 'wrong']) await client.login(password);
    expect(await client.login()).toBe(1);
  });

  it('does not count a challenge that nobody answers', async () => {
    const device = await hspSimulator('camera', { lock, hsp: { login: 'legacy' } });
    for (let round = 0; round < 5; round++) {
      const wire = await hspClient(device).open();
      wire.write(loginFrame(Buffer.alloc(188)));
      expect((await wire.frame()).length).toBe(76);
      wire.close();
    }
    expect(device.hspLogins).toBe(5);
    expect(device.authFailures).toBe(0);
    expect(await hspClient(device).login()).toBe(1);
  });

  it('held by a fault refuses the right password too', async () => {
    const device = await hspSimulator();
    device.setFault('locked');
    expect(await hspClient(device).login()).toBe(153);
    device.setFault(null);
    expect(await hspClient(device).login()).toBe(1);
  });
});

describe('a session', () => {
  it('ends after five idle minutes, and is renewed by each command', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = await hspSession(device);
    await clock.advance(299_000);
    expect((await client.call(KEEP_ALIVE, undefined, 299)).retVal).toBe(1);
    await clock.advance(299_000);
    expect((await client.call(KEEP_ALIVE, undefined, 598)).retVal).toBe(1);
    await clock.advance(301_000);
    expect((await client.call(KEEP_ALIVE, undefined, 899)).retVal).toBe(30);
    expect(device.hspSessions).toBe(0);
  });

  it('ends with a logout, a restart, or when the device drops it', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device);
    await client.call(LOGOUT);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(30);
    await client.login();
    device.dropHspSessions();
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(30);
  });

  it('wants the word of each command: elapsed seconds, or none', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = await hspSession(device);
    await clock.advance(100_000);
    for (const [seconds, retVal] of [
      [100, 1],
      [96, 1],
      [104, 1],
      [0, 1],
      [50, 30],
      [110, 30],
      [-1, 30],
    ] as const) {
      expect((await client.call(KEEP_ALIVE, undefined, seconds)).retVal, `${seconds} s`).toBe(retVal);
    }
  });

  it('adds the clock of the device instead of the userID where it is told to', async () => {
    const device = await hspSimulator('camera', { hsp: { addend: 'deviceClock' } });
    expect((await (await hspSession(device)).call(KEEP_ALIVE)).retVal).toBe(30);
    expect((await (await hspSession(device, { addend: 'deviceClock' })).call(KEEP_ALIVE)).retVal).toBe(1);
  });

  it('takes the MAC of the client into the word', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device, { mac: [0xcc, 0x28, 0xaa, 0x16, 0xed, 0xda] });
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
    expect(device.hspLog.at(-1)?.clientMac).toBe('cc28aa16edda');
    const other = client.frameOf(KEEP_ALIVE);
    other[24] = (other[24] ?? 0) ^ 0xff;
    const changed = (await client.exchange(other)).retVal;
    // Whether an octet counts depends on the userID.
    expect(changed).toBe(((client.session?.userId ?? 0) & 0xff) === 0 ? 1 : 30);
  });

  it('below SDK 3.0 wants the plain sum and the old interface version', async () => {
    const device = await hspSimulator('camera', { hsp: { sdk: 'old', login: 'legacy' } });
    const client = await hspSession(device, { isOld: true });
    expect(client.session?.reply.length).toBe(80);
    expect((client.session?.reply.readUInt32BE(12) ?? 0) >>> 24).toBe(2);
    expect((await client.call(KEEP_ALIVE)).retVal).toBe(1);
    const frame = client.frameOf(KEEP_ALIVE);
    frame[11] = (frame[11] ?? 0) ^ 1;
    expect((await client.exchange(frame)).retVal).toBe(30);
  });

  it('above it does not take the old interface version', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device);
    const frame = client.frameOf(KEEP_ALIVE);
    frame[4] = 0x5a;
    expect((await client.exchange(frame)).retVal).toBe(6);
  });

  it('answers a wrong word with the status that it is told to', async () => {
    const device = await hspSimulator('camera', { hsp: { wrongWordStatus: 5 } });
    const client = await hspSession(device);
    const { userId = 0 } = client.session ?? {};
    expect((await client.exchange(request({ command: KEEP_ALIVE, userId, authWord: 1 }))).retVal).toBe(5);
  });

  it('does not know every command', async () => {
    const device = await hspSimulator();
    const client = await hspSession(device);
    expect((await client.call(0x030000)).retVal).toBe(13);
    expect((await client.call(0x7fffffff)).retVal).toBe(13);
    expect(device.hspLog.at(-1)).toMatchObject({ command: 0x7fffffff, name: null, status: 13 });
  });
});
