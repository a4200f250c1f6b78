import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSadp, SADP_MAX_BYTES, sadpInquiry } from '../../lib/codec/sadp';
import { capturesFolder } from '../support/captures';

const folder = capturesFolder();

/** An answer, written by hand from the facts. */
const answer = (inner: string) =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\r\n<ProbeMatch><Uuid>U</Uuid><Types>inquiry</Types>${inner}</ProbeMatch>`,
  );

const CAPTURED = {
  'DS-2CD2320D-I.xml': {
    type: 'answer',
    uuid: 'F93CF8DC-DF53-424B-98A7-9FC0536E1083',
    device: {
      model: 'DS-2CD2320D-I',
      serial: 'DS-2CD2320D-I20180919AACHC00000000',
      mac: '44:47:cc:37:ce:81',
      ipv4: '192.168.1.112',
      subnetMask: '255.255.255.0',
      gateway: '192.168.1.1',
      ipv6: '2001:db8::4647:ccff:fe37:ce81',
      dhcp: true,
      httpPort: 80,
      commandPort: 8000,
      tlsPort: null,
      firmware: 'V5.5.6 build 180326',
      activated: true,
      analogChannels: 0,
      ipChannels: 1,
      bootTime: '2024-09-18 09:21:28',
    },
  },
  'DS-TCG406-E.xml': {
    type: 'answer',
    uuid: 'X',
    device: {
      model: 'DS-TCG406-E',
      serial: 'DS-TCG406-E20250322AIFX0000000',
      mac: 'e8:a0:ed:30:57:1b',
      ipv4: '192.168.74.76',
      subnetMask: null,
      gateway: null,
      ipv6: null,
      dhcp: null,
      httpPort: 88,
      commandPort: 8000,
      tlsPort: null,
      firmware: 'V5.4.5 build 260429',
      activated: true,
      analogChannels: null,
      ipChannels: null,
      bootTime: null,
    },
  },
  // Another protocol with the same word.
  'ws-discovery-DS-TCG406-E.xml': null,
} as const;

describe.skipIf(folder === undefined)('captured answers', () => {
  const files = folder === undefined ? [] : readdirSync(join(folder, 'sadp'));

  it('are all known here', () => expect(files.sort()).toEqual(Object.keys(CAPTURED).sort()));

  it.each(Object.entries(CAPTURED))('%s', (file, expected) => {
    expect(parseSadp(readFileSync(join(folder ?? '', 'sadp', file)))).toEqual(expected);
  });
});

describe('SADP', () => {
  it('asks with the uuid in upper case, and with nothing that changes a device', () => {
    expect(sadpInquiry('abc-1').toString()).toBe(
      '<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>ABC-1</Uuid><Types>inquiry</Types></Probe>',
    );
  });

  it('reads a device that says hello', () => {
    const hello = Buffer.from('<Hello><Types>hello</Types><MAC>AA-BB-CC-00-11-22</MAC></Hello>');
    expect(parseSadp(hello)).toMatchObject({ type: 'hello', device: { mac: 'aa:bb:cc:00:11:22' } });
    const match = Buffer.from('<ProbeMatch><Types>hello</Types><MAC>AABBCC001122</MAC></ProbeMatch>');
    expect(parseSadp(match)).toMatchObject({ type: 'hello', device: { mac: 'aa:bb:cc:00:11:22' } });
  });

  it('reads all that an answer says', () => {
    const found = parseSadp(
      answer(
        [
          '<DeviceDescription>DS-X</DeviceDescription><DeviceSN>DS-X 2024  AA</DeviceSN><MAC>44:47-CC.37 CE81</MAC>',
          '<IPv4Address>192.0.2.5</IPv4Address><IPv4SubnetMask>255.255.255.0</IPv4SubnetMask>',
          '<IPv4Gateway>192.0.2.1</IPv4Gateway><IPv6Address>2001:db8::1</IPv6Address><DHCP>TRUE</DHCP>',
          '<HttpPort>1</HttpPort><CommandPort>65535</CommandPort><SDKOverTLSPort>8443</SDKOverTLSPort>',
          '<SoftwareVersion>V5.5.6build 180326</SoftwareVersion><Activated>true</Activated>',
          '<AnalogChannelNum>0</AnalogChannelNum><DigitalChannelNum>16</DigitalChannelNum>',
          '<BootTime>2024-09-18 09:21:28</BootTime>',
        ].join(''),
      ),
    );
    expect(found).toEqual({
      type: 'answer',
      uuid: 'U',
      device: {
        model: 'DS-X',
        serial: 'DS-X2024AA',
        mac: '44:47:cc:37:ce:81',
        ipv4: '192.0.2.5',
        subnetMask: '255.255.255.0',
        gateway: '192.0.2.1',
        ipv6: '2001:db8::1',
        dhcp: true,
        httpPort: 1,
        commandPort: 65_535,
        tlsPort: 8_443,
        firmware: 'V5.5.6 build 180326',
        activated: true,
        analogChannels: 0,
        ipChannels: 16,
        bootTime: '2024-09-18 09:21:28',
      },
    });
  });

  it('leaves a version as it is that is written well', () => {
    const versionOf = (text: string) =>
      parseSadp(answer(`<MAC>44-47-cc-37-ce-81</MAC><SoftwareVersion>${text}</SoftwareVersion>`))?.device.firmware;
    expect(versionOf('V5.5.6 build 180326')).toBe('V5.5.6 build 180326');
    expect(versionOf('V5.5.6Build180326')).toBe('V5.5.6 build180326');
    expect(versionOf('Build 1')).toBe('Build 1');
  });

  it('knows a device by any one of serial number, MAC and address', () => {
    for (const inner of [
      '<DeviceSN>S</DeviceSN>',
      '<MAC>44-47-cc-37-ce-81</MAC>',
      '<IPv4Address>192.0.2.5</IPv4Address>',
    ])
      expect(parseSadp(answer(inner)), inner).not.toBeNull();
    expect(parseSadp(answer('<IPv6Address>2001:db8::1</IPv6Address>'))).toBeNull();
  });

  it('takes roots and types in any case, and no other root', () => {
    const inner = '<MAC>44-47-cc-37-ce-81</MAC>';
    const typeOf = (text: string) => parseSadp(Buffer.from(text))?.type ?? null;
    expect(typeOf(`<PROBEMATCH><Types>INQUIRY</Types>${inner}</PROBEMATCH>`)).toBe('answer');
    expect(typeOf(`<ProbeMatch>${inner}</ProbeMatch>`)).toBe('answer');
    expect(typeOf(`<HELLO>${inner}</HELLO>`)).toBe('hello');
    expect(typeOf(`<Other><Types>Hello</Types>${inner}</Other>`)).toBe('hello');
    expect(typeOf(`<Other><Types>inquiry</Types>${inner}</Other>`)).toBeNull();
    expect(typeOf(`<Probe>${inner}</Probe>`)).toBeNull();
  });

  it('reads up to the largest datagram', () => {
    const datagram = (sizeBytes: number) => {
      const [head, tail] = ['<ProbeMatch><DeviceSN>S</DeviceSN>', '</ProbeMatch>'];
      return Buffer.from(`${head}${' '.repeat(sizeBytes - head.length - tail.length)}${tail}`);
    };
    expect(parseSadp(datagram(SADP_MAX_BYTES))).not.toBeNull();
    expect(parseSadp(datagram(SADP_MAX_BYTES + 1))).toBeNull();
  });

  it('reads what firmware misspells and leaves out', () => {
    const found = parseSadp(
      answer('<DeviceSN>S 1</DeviceSN><Activated>flase</Activated><DHCP>flase</DHCP><SoftwareVersion/>'),
    );
    expect(found?.device).toMatchObject({ serial: 'S1', activated: false, dhcp: false, firmware: null, ipv4: null });
  });

  it.each([
    [
      'ports that are none',
      '<HttpPort>0</HttpPort><CommandPort>70000</CommandPort>',
      { httpPort: null, commandPort: null },
    ],
    ['a MAC that is too short', '<MAC>44-47-cc</MAC>', { mac: null }],
    ['a MAC that is too long', '<MAC>44-47-cc-37-ce-81-00</MAC>', { mac: null }],
    ['a MAC that is a word', '<MAC>none 4447cc37ce81</MAC>', { mac: null }],
    ['flags that are none', '<DHCP>perhaps</DHCP><Activated/>', { dhcp: null, activated: null }],
    ['half a port', '<HttpPort>80.5</HttpPort><CommandPort>65536</CommandPort>', { httpPort: null, commandPort: null }],
    [
      'addresses that are none',
      '<IPv4Address>0.0.0.0</IPv4Address><IPv6Address>::</IPv6Address>',
      { ipv4: null, ipv6: null },
    ],
    [
      'counts that are none',
      '<AnalogChannelNum>-1</AnalogChannelNum><DigitalChannelNum>many</DigitalChannelNum>',
      { analogChannels: null, ipChannels: null },
    ],
  ])('%s become null', (_what, inner, expected) => {
    expect(parseSadp(answer(`<DeviceSN>S</DeviceSN>${inner}`))?.device).toMatchObject(expected);
  });

  it.each([
    ['nothing', ''],
    ['a question', sadpInquiry('x').toString()],
    [
      'an answer without anything to know it by',
      '<ProbeMatch><Types>inquiry</Types><HttpPort>80</HttpPort></ProbeMatch>',
    ],
    ['an answer that breaks off', '<ProbeMatch><DeviceSN>S</DeviceSN><MAC>44-47'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><ProbeMatch><DeviceSN>&b;</DeviceSN></ProbeMatch>'],
    ['too much', `<ProbeMatch><DeviceSN>S</DeviceSN>${' '.repeat(SADP_MAX_BYTES)}</ProbeMatch>`],
  ])('%s is no device', (_what, text) => expect(parseSadp(Buffer.from(text))).toBeNull());

  it('any bytes are a device or nothing', () => {
    const whole = answer('<DeviceSN>S</DeviceSN><MAC>44-47-cc-37-ce-81</MAC><HttpPort>80</HttpPort>');
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated(whole)), (bytes) => {
        const found = parseSadp(bytes);
        if (found !== null)
          expect([found.device.serial, found.device.mac, found.device.ipv4]).not.toEqual([null, null, null]);
      }),
      { numRuns: 2_000 },
    );
  });
});

function mutated(bytes: Buffer) {
  return fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  });
}
