/** Binary commands: the bytes are read by the tables here, and compared with what the text face of the same device says. */
import { describe, expect, it } from 'vitest';
import { parseXml, textAt, numberAt, all, find, type XmlElement } from '../../../lib/codec/xml';
import { deviceFromDump, type ModelName, type Simulator } from '../../../lib/simulator';
import { FakeClock } from '../../support/fake-clock';
import type { HspClient } from '../../support/hsp-client';
import { hspSession, hspSimulator } from '../../support/hsp-simulators';
import { clientOf } from '../../support/simulators';
import { be16, be32, join, padded, time, zeros } from '../../support/wire';

interface Both {
  readonly device: Simulator;
  readonly clock: FakeClock;
  readonly hsp: HspClient;
  /** The document of the text face. */
  readonly document: (path: string) => Promise<XmlElement>;
}

async function both(model: ModelName | ReturnType<typeof deviceFromDump> = 'camera'): Promise<Both> {
  const clock = new FakeClock();
  const device = await hspSimulator(model, { clock });
  const http = clientOf(device);
  return {
    device,
    clock,
    hsp: await hspSession(device),
    document: async (path) => parseXml((await http.get(path)).body),
  };
}

const textIn = (body: Buffer, at: number, size: number) => {
  const field = body.subarray(at, at + size);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? size : end);
};

async function bodyOf(hsp: HspClient, command: number, body?: Uint8Array): Promise<Buffer> {
  const reply = await hsp.call(command, body);
  expect(reply.retVal).toBe(1);
  const sum = reply.bytes.subarray(8).reduce((total, byte) => total + byte, 0);
  expect(reply.checksum).toBe(sum % 2 ** 32);
  return reply.body;
}

describe('both faces tell the same', () => {
  it('device, V40', async () => {
    const { hsp, document } = await both('nvr');
    const body = await bodyOf(hsp, 0x1110c2);
    const info = await document('/ISAPI/System/deviceInfo');
    expect(body.length).toBe(180);
    expect(body.readUInt32BE(0)).toBe(180);
    expect(textIn(body, 4, 32)).toBe(textAt(info, 'deviceName'));
    expect(textIn(body, 44, 48)).toBe(textAt(info, 'serialNumber'));
    expect(textIn(body, 140, 24)).toBe(textAt(info, 'model'));
    // V4.62.210 build 230619
    expect(textAt(info, 'firmwareVersion')).toBe('V4.62.210');
    expect(body.readUInt32BE(92)).toBe(0x043e00d2);
    expect(body.readUInt32BE(96)).toBe(0x00170613);
    // alarm inputs, outputs; channels, first one; IP channels, zero channels
    expect([body[116], body[117], body[124], body[125], body[131], body[132]]).toEqual([4, 1, 0, 1, 8, 0]);
  });

  it('clock, read and set from either face', async () => {
    const { hsp, clock, document } = await both();
    expect(await bodyOf(hsp, 0x020500)).toEqual(time(2024, 5, 1, 20, 0, 0));
    await clock.advance(61_000);
    expect(await bodyOf(hsp, 0x020500)).toEqual(time(2024, 5, 1, 20, 1, 1));
    expect((await hsp.call(0x020501, time(2030, 12, 31, 23, 59, 58))).retVal).toBe(1);
    expect(await bodyOf(hsp, 0x020500)).toEqual(time(2030, 12, 31, 23, 59, 58));
    expect(textAt(await document('/ISAPI/System/time'), 'localTime')).toBe('2030-12-31T23:59:58+08:00');
    expect(textAt(await document('/ISAPI/System/time'), 'timeMode')).toBe('manual');
  });

  it('time server', async () => {
    const { hsp, document } = await both();
    const body = await bodyOf(hsp, 0x020112);
    const server = await document('/ISAPI/System/time/ntpServers/1');
    expect(body.length).toBe(80);
    expect(textIn(body, 0, 64)).toBe(textAt(server, 'hostName'));
    expect(body.readUInt16BE(64) * 60).toBe(numberAt(server, 'synchronizeInterval'));
    expect([body[66], body.readInt8(67), body.readInt8(68), body.readUInt16BE(70)]).toEqual([1, 8, 0, 123]);
  });

  it('streams, and what was written to them', async () => {
    const { hsp, device, document } = await both();
    const body = await bodyOf(hsp, 0x110040, Buffer.from(be32(1)));
    expect(body.length).toBe(4 + 4 * 28);
    const main = body.subarray(4, 32);
    // with sound, 2560 x 1440, variable, quality 60; 4096 kbit/s; 25 frames; every 50; H.265, G.711u
    expect([...main.subarray(0, 4)]).toEqual([1, 70, 0, 2]);
    expect(main.readUInt32BE(4)).toBe(25);
    expect(main.readUInt32BE(8)).toBe(17);
    expect(main.readUInt16BE(12)).toBe(50);
    expect([main[16], main[17]]).toEqual([10, 1]);
    expect(body.subarray(88)).toEqual(Buffer.alloc(28));

    const stream = await document('/ISAPI/Streaming/channels/101');
    expect(numberAt(stream, 'Video/vbrUpperCap')).toBe(4096);
    const text = (await clientOf(device).get('/ISAPI/Streaming/channels/101')).text;
    await clientOf(device).call('PUT', '/ISAPI/Streaming/channels/101', text.replace(/4096/g, '3000'));
    const changed = await bodyOf(hsp, 0x110040, Buffer.from(be32(1)));
    // no index for 3000: bit 31 and the value itself
    expect(changed.readUInt32BE(8)).toBe(0x80000bb8);
  });

  it('disks', async () => {
    const { hsp, document } = await both('nvr');
    const body = await bodyOf(hsp, 0x111050);
    const disks = all(find(await document('/ISAPI/ContentMgmt/Storage'), 'hddList'), 'hdd');
    expect(body.length).toBe(8 + 33 * 144);
    expect(body.readUInt32BE(4)).toBe(disks.length);
    disks.forEach((disk, index) => {
      const at = 8 + index * 144;
      expect(body.readUInt32BE(at)).toBe(numberAt(disk, 'id'));
      expect(body.readUInt32BE(at + 4)).toBe(numberAt(disk, 'capacity'));
      expect(body.readUInt32BE(at + 8)).toBe(numberAt(disk, 'freeSpace'));
      expect(body.readUInt32BE(at + 12)).toBe(0);
    });
    expect(body.subarray(8 + disks.length * 144).every((byte) => byte === 0)).toBe(true);
  });

  it('working status', async () => {
    const { hsp } = await both('nvr');
    const body = await bodyOf(hsp, 0x040000);
    expect(body.readUInt32BE(0)).toBe(0);
    expect([body.readUInt32BE(4), body.readUInt32BE(8), body.readUInt32BE(12)]).toEqual([3_815_447, 0, 0]);
  });

  it('names of channels; a recorder counts its IP channels from 33', async () => {
    const { hsp } = await both('nvr');
    expect(textIn(await bodyOf(hsp, 0x110010, Buffer.from(be32(33))), 4, 32)).toBe('Gate');
    expect(textIn(await bodyOf(hsp, 0x110010, Buffer.from(be32(40))), 4, 32)).toBe('Barn');
    for (const channel of [0, 1, 32, 41, 0xffffffff]) {
      expect((await hsp.call(0x110010, Buffer.from(be32(channel)))).retVal).toBe(7);
    }
    const camera = await both('camera');
    expect(textIn(await bodyOf(camera.hsp, 0x110010, Buffer.from(be32(1))), 4, 32)).toBe('Yard');
  });

  it('record schedule', async () => {
    const { hsp } = await both('nvr');
    const whole = await bodyOf(hsp, 0x110020, Buffer.from(be32(33)));
    expect(whole.readUInt32BE(4)).toBe(1);
    // Monday and Sunday: the whole day; first segment 00:00 to 24:00
    expect([...whole.subarray(8, 12)]).toEqual([0, 1, 0, 0]);
    expect([...whole.subarray(8 + 6 * 4, 12 + 6 * 4)]).toEqual([0, 1, 0, 0]);
    expect([...whole.subarray(36, 44)]).toEqual([0, 0, 24, 0, 0, 0, 0, 0]);
    const office = await bodyOf(hsp, 0x110020, Buffer.from(be32(34)));
    expect([...office.subarray(8, 12)]).toEqual([0, 0, 0, 0]);
    // motion, from 8 to 18 on Friday, nothing on Saturday
    expect([...office.subarray(36 + 4 * 64, 44 + 4 * 64)]).toEqual([8, 0, 18, 0, 1, 0, 0, 0]);
    expect([...office.subarray(36 + 5 * 64, 44 + 5 * 64)]).toEqual(zeros(8));
  });

  it('recordings', async () => {
    const { hsp, clock } = await both();
    const ask = (type: number, from: Buffer, to: Buffer) =>
      hsp.pushes(0x111040, join(be32(1), be32(type), be32(255), be32(0), zeros(20), from, to, zeros(64)));
    const found = await ask(255, time(2024, 5, 1, 17, 30, 0), time(2024, 5, 1, 23, 0, 0));
    expect(found.map(({ status }) => status)).toEqual([25, 27, 27, 27, 26]);
    const first = found[1]?.body ?? Buffer.alloc(0);
    expect(first.length).toBe(188);
    expect(textIn(first, 0, 100)).toMatch(/^ch01_\d{11}$/);
    expect(first.subarray(100, 124)).toEqual(time(2024, 5, 1, 17, 0, 0));
    expect(first.subarray(124, 148)).toEqual(time(2024, 5, 1, 18, 0, 0));
    expect(first.readUInt32BE(148)).toBe((3_600 * 4_096 * 1_000) / 8);

    expect((await hsp.call(0x030d00, join(be32(1), be32(0)))).retVal).toBe(1);
    await clock.advance(90_000);
    expect((await hsp.call(0x030d01, join(be32(1), be32(0)))).retVal).toBe(1);
    const byHand = await ask(6, time(2024, 5, 1, 20, 0, 0), time(2024, 5, 1, 23, 0, 0));
    expect(byHand.map(({ status }) => status)).toEqual([25, 27, 26]);
    expect(byHand[1]?.body.subarray(124, 148)).toEqual(time(2024, 5, 1, 20, 1, 30));
    // More than one page.
    expect((await ask(255, time(2024, 4, 20, 0, 0, 0), time(2024, 5, 2, 0, 0, 0))).length).toBe(168 + 1 + 1 + 2);
  });

  it('a picture, whose checksum covers the header only', async () => {
    const { hsp, device } = await both();
    const reply = await hsp.call(0x030009, join(be32(1), be16(0xff), be16(2)));
    expect([reply.retVal, reply.checksum]).toEqual([1, 1]);
    expect(reply.body).toEqual((await clientOf(device).get('/ISAPI/Streaming/channels/101/picture')).body);
    const small = await hsp.call(0x030009, join(be32(1), be16(6), be16(2)));
    // 640 x 480 in the frame header of the picture
    const at = small.body.indexOf(Buffer.from('ffc0', 'hex'));
    expect([small.body.readUInt16BE(at + 5), small.body.readUInt16BE(at + 7)]).toEqual([480, 640]);
  });

  it('a picture of a camera that is offline', async () => {
    const { hsp } = await both('nvr');
    expect((await hsp.call(0x030009, join(be32(40), be16(0xff), be16(0)))).retVal).toBe(15);
  });

  it('movement: a start, its stop, presets, a patrol', async () => {
    const { hsp, clock, document } = await both();
    const ptz = async (code: number, value: number) =>
      (await hsp.call(0x030200, join(be32(1), be32(code), be32(value)))).retVal;
    const look = async () => {
      const at = find(await document('/ISAPI/PTZCtrl/channels/1/status'), 'AbsoluteHigh');
      return [numberAt(at, 'azimuth'), numberAt(at, 'elevation'), numberAt(at, 'absoluteZoom')];
    };
    expect(await ptz(21, 7)).toBe(1);
    await clock.advance(1_000);
    expect(await ptz(~21 >>> 0, 7)).toBe(1);
    await clock.advance(5_000);
    expect(await look()).toEqual([0, 600, 10]);
    // Both at once, ended one after the other.
    expect(await ptz(24, 7)).toBe(1);
    expect(await ptz(11, 7)).toBe(1);
    await clock.advance(1_000);
    expect(await ptz(~24 >>> 0, 0)).toBe(1);
    await clock.advance(1_000);
    expect(await ptz(~11 >>> 0, 0)).toBe(1);
    await clock.advance(1_000);
    expect(await look()).toEqual([900, 600, 170]);
    expect(await ptz(39, 2)).toBe(1);
    expect(await look()).toEqual([1_800, 250, 50]);
    expect(await ptz(8, 77)).toBe(1);
    expect(textAt(await document('/ISAPI/PTZCtrl/channels/1/presets/77'), 'id')).toBe('77');
    expect(await ptz(9, 77)).toBe(1);
    expect(await ptz(39, 77)).toBe(33);
    expect(await ptz(37, 1)).toBe(1);
    expect(await look()).toEqual([450, 100, 20]);
    await clock.advance(10_000);
    expect(await look()).toEqual([1_800, 250, 50]);
    expect(await ptz(38, 1)).toBe(1);
    await clock.advance(10_000);
    expect(await look()).toEqual([1_800, 250, 50]);
    expect(await ptz(2, 0)).toBe(1);
    expect(await ptz(5_000, 0)).toBe(14);
    expect(await ptz(24, 8)).toBe(14);
  });

  it('movement of a channel that cannot', async () => {
    const { hsp } = await both('nvr');
    expect((await hsp.call(0x030200, join(be32(34), be32(21), be32(1)))).retVal).toBe(13);
  });

  it('a key frame, an alarm output, a restart', async () => {
    const { hsp, device, document } = await both();
    expect((await hsp.call(0x090100, Buffer.from(be32(1)))).retVal).toBe(1);
    expect((await hsp.call(0x090101, Buffer.from(be32(1)))).retVal).toBe(1);
    const state = async () => textAt(await document('/ISAPI/System/IO/outputs/1/status'), 'ioState');
    expect(await state()).toBe('inactive');
    expect((await hsp.call(0x030401, join(be32(1), be32(1)))).retVal).toBe(1);
    expect(await state()).toBe('active');
    expect((await hsp.call(0x030401, join(be32(255), be32(0)))).retVal).toBe(1);
    expect(await state()).toBe('inactive');
    expect((await hsp.call(0x030401, join(be32(2), be32(1)))).retVal).toBe(10);
    expect((await hsp.call(0x030900)).retVal).toBe(1);
    while (device.isListening) await new Promise((resolve) => setImmediate(resolve));
    await expect(hsp.call(0x030900)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a body that has another form', () => {
  const bodies: readonly (readonly [string, number, Uint8Array])[] = [
    ['no channel', 0x110040, Buffer.alloc(0)],
    ['half a channel', 0x110040, Buffer.alloc(3)],
    ['a device request with a body', 0x1110c2, Buffer.alloc(4)],
    ['a time with month 13', 0x020501, time(2024, 13, 1, 0, 0, 0)],
    ['a PTZ body without a value', 0x030200, Buffer.from([...be32(1), ...be32(21)])],
    ['a search that is too short', 0x111040, Buffer.alloc(147)],
    ['a pass-through without a request line', 0x117000, Buffer.alloc(20)],
  ];
  for (const [what, command, body] of bodies) {
    it(`${what} is answered with 14`, async () => {
      const { hsp } = await both();
      expect((await hsp.call(command, body)).retVal).toBe(14);
    });
  }
});

describe('pass-through', () => {
  it('gives the bytes of the text face, and takes what is written', async () => {
    const { hsp, device } = await both();
    const path = '/ISAPI/Streaming/channels/102';
    const before = await hsp.isapi('GET', path);
    expect(before.body).toEqual((await clientOf(device).get(path)).body);
    const changed = before.body.toString().replace(/<GovLength>\d+/, '<GovLength>75');
    expect((await hsp.isapi('PUT', path, changed)).body.toString()).toContain('<statusString>OK</statusString>');
    expect((await clientOf(device).get(path)).text).toContain('<GovLength>75');
    expect(device.log.filter(({ face }) => face === 'hsp')).toEqual([
      { method: 'GET', path, authorized: true, status: 200, face: 'hsp' },
      { method: 'PUT', path, authorized: true, status: 200, face: 'hsp' },
    ]);
  });

  it('gives JSON, userCheck, pictures', async () => {
    const { hsp } = await both('doorstation');
    expect((await hsp.isapi('GET', '/ISAPI/VideoIntercom/callStatus?format=json')).body.toString()).toContain('idle');
    expect((await hsp.isapi('GET', '/ISAPI/Security/userCheck')).body.toString()).toContain('<statusValue>200<');
    const picture = await hsp.isapi('GET', '/ISAPI/Streaming/channels/101/picture');
    expect(picture.body.subarray(0, 2).toString('hex')).toBe('ffd8');
  });

  it('tells a refusal in the words of the device, and a page of its web server as a status', async () => {
    const { hsp } = await both();
    const refused = await hsp.isapi('GET', '/ISAPI/ContentMgmt/InputProxy/channels');
    expect(refused.retVal).toBe(1);
    expect(refused.body.toString()).toContain('notSupport');
    const unknown = await hsp.isapi('GET', '/ISAPI/Nothing');
    expect([unknown.retVal, unknown.body.length]).toEqual([13, 0]);
    const stream = await hsp.isapi('GET', '/ISAPI/Event/notification/alertStream');
    expect(stream.retVal).toBe(13);
  });

  for (const [padding, bytes] of [
    ['nuls', 12],
    ['binary', 20],
  ] as const) {
    it(`puts ${padding} before a document where it is told to`, async () => {
      const device = await hspSimulator('camera', { hsp: { padding } });
      const client = await hspSession(device);
      const { body } = await client.isapi('GET', '/ISAPI/System/deviceInfo');
      expect(body.indexOf('<?xml')).toBe(bytes);
    });
  }

  it('restarts the device', async () => {
    const { hsp, device } = await both();
    expect((await hsp.isapi('PUT', '/ISAPI/System/reboot')).body.toString()).toContain('OK');
    while (device.isListening) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a device from a dump', () => {
  it('tells what its documents say, and no more', async () => {
    const info =
      '<DeviceInfo><deviceName>Größe XXL, Halle hinten links, ganz am Ende</deviceName><model>DS-1</model>' +
      '<serialNumber>DS-10120150101AAWR000000001WCVU</serialNumber><firmwareVersion>V5.3.0</firmwareVersion>' +
      '<firmwareReleasedDate>build 150101</firmwareReleasedDate></DeviceInfo>';
    const { hsp } = await both(
      deviceFromDump({
        responses: { '/ISAPI/System/deviceInfo': { status: 200, contentType: 'text/xml', body: info } },
      }),
    );
    const body = await bodyOf(hsp, 0x1110c2);
    expect(body.subarray(4, 36)).toEqual(padded('Größe XXL, Halle hinten links,', 32));
    expect(body.readUInt32BE(92)).toBe(0x05030000);
    expect((await hsp.call(0x020500)).retVal).toBe(13);
    expect((await hsp.call(0x111050)).retVal).toBe(13);
    expect((await hsp.call(0x110040, Buffer.from(be32(1)))).retVal).toBe(13);
    expect((await hsp.call(0x030900)).retVal).toBe(13);
  });
});
