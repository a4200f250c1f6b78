import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ehomeAnswer,
  parseEhome,
  registrationFrom,
  serverInfoFrom,
  serverInfoRequest,
  type EhomeMessage,
} from '../../lib/codec/ehome';

/* What a device sends, written by hand from hsp-wire.md §10. */

const message = (inner: string) =>
  `<?xml version="1.0" encoding="GB2312" ?><PPVSPMessage><Version>2.0</Version>${inner}</PPVSPMessage>`;
const register = (params: string) =>
  message(
    `<Sequence>1</Sequence><CommandType>REQUEST</CommandType><Command>REGISTER</Command><Params>${params}</Params>`,
  );
const answer = (params: string) =>
  message(
    `<Sequence>7</Sequence><CommandType>RESPONSE</CommandType><WhichCommand>GETDEVICECONFIG</WhichCommand><Status>200</Status>${params}`,
  );
const REGISTER = register(
  '<DeviceID>GATE</DeviceID><FirmwareVersion>V5.2.0</FirmwareVersion><LocalIP>192.168.1.64</LocalIP><LocalPort>7660</LocalPort><DevType>31</DevType>',
);

function read(text: string): EhomeMessage {
  const found = parseEhome(Buffer.from(text));
  if (found === null) throw new Error('no message');
  return found;
}

describe('messages of EHome 2.x', () => {
  it('are read', () => {
    expect(read(REGISTER)).toMatchObject({ type: 'request', command: 'REGISTER', sequence: 1, deviceId: 'GATE' });
    expect(read(answer('<Params/>'))).toMatchObject({
      type: 'response',
      command: 'GETDEVICECONFIG',
      sequence: 7,
      status: 200,
    });
  });

  it('are read in any case, and with what is missing', () => {
    expect(read('<ppvspmessage><command>keepalive</command></ppvspmessage>')).toEqual({
      type: 'request',
      command: 'KEEPALIVE',
      sequence: null,
      deviceId: null,
      params: undefined,
    });
    expect(read(message('<CommandType>response</CommandType><Command>register</Command>'))).toEqual({
      type: 'response',
      command: 'REGISTER',
      sequence: null,
      status: null,
      params: undefined,
    });
    expect(read(message('<WhichCommand>REGISTER</WhichCommand><Command>OTHER</Command>'))).toMatchObject({
      type: 'response',
      command: 'REGISTER',
    });
    expect(parseEhome(Buffer.from(message('<CommandType>RESPONSE</CommandType>')))).toBeNull();
  });

  it('say what a device is that registers', () => {
    expect(registrationFrom('GATE', read(REGISTER).params)).toEqual({
      deviceId: 'GATE',
      firmware: 'V5.2.0',
      localAddress: '192.168.1.64',
      localPort: 7_660,
      deviceType: 31,
    });
    const nothing = { deviceId: 'GATE', firmware: null, localAddress: null, localPort: null, deviceType: null };
    expect(registrationFrom('GATE', undefined)).toEqual(nothing);
    const portOf = (port: string) =>
      registrationFrom('GATE', read(register(`<LocalPort>${port}</LocalPort>`)).params).localPort;
    expect(['0', '1', '65535', '65536', '-1', 'x'].map(portOf)).toEqual([null, 1, 65_535, null, null, null]);
  });

  it('say what a device has that is asked, in one of two places and two words', () => {
    const info =
      '<SERVERINFO><ChannelNumber>4</ChannelNumber><DVRType>31</DVRType><DiskNumber>1</DiskNumber>' +
      '<SerialNumber>SIM-EHOME-1</SerialNumber><AlarmInPortNum>2</AlarmInPortNum><AlarmOutPortNum>3</AlarmOutPortNum></SERVERINFO>';
    const expected = { serial: 'SIM-EHOME-1', channels: 4, disks: 1, alarmInputs: 2, alarmOutputs: 3, deviceType: 31 };
    expect(serverInfoFrom(read(answer(`<Params><ConfigXML>${info}</ConfigXML></Params>`)).params)).toEqual(expected);
    const elsewhere = info.replaceAll('ChannelNumber', 'ChannelAmount');
    expect(serverInfoFrom(read(answer(`<Params>${elsewhere}</Params>`)).params)).toEqual(expected);
    expect(serverInfoFrom(read(answer('<Params/>')).params)).toBeNull();
    expect(serverInfoFrom(undefined)).toBeNull();
  });

  it('are answered without a number where they had none', () => {
    expect(ehomeAnswer({ command: 'KEEPALIVE', sequence: null }, {}).toString()).toContain('<Sequence>0</Sequence>');
  });

  it('are written as the facts say', () => {
    expect(ehomeAnswer({ command: 'REGISTER', sequence: 5 }, { KeepAliveSeconds: 15 }).toString()).toBe(
      '<?xml version="1.0" encoding="GB2312"?>\n<PPVSPMessage><Version>2.0</Version><Sequence>5</Sequence>' +
        '<CommandType>RESPONSE</CommandType><WhichCommand>REGISTER</WhichCommand><Status>200</Status><Description>OK</Description>' +
        '<Params><KeepAliveSeconds>15</KeepAliveSeconds></Params></PPVSPMessage>\n',
    );
    expect(serverInfoRequest(3).toString()).toBe(
      '<?xml version="1.0" encoding="GB2312"?>\n<PPVSPMessage><Version>2.0</Version><Sequence>3</Sequence>' +
        '<CommandType>REQUEST</CommandType><Method>PARAM</Method><Command>GETDEVICECONFIG</Command><Params>' +
        '<ConfigCmd>GetServerInfo</ConfigCmd><ConfigParam1></ConfigParam1><ConfigParam2></ConfigParam2>' +
        '<ConfigParam3></ConfigParam3><ConfigParam4></ConfigParam4></Params></PPVSPMessage>\n',
    );
  });

  it.each([
    ['nothing', ''],
    ['bytes of another protocol', Buffer.from('10040000000000005a000000', 'hex')],
    ['another document', '<Message><Command>REGISTER</Command></Message>'],
    ['no command', '<PPVSPMessage><Sequence>1</Sequence></PPVSPMessage>'],
    ['one that breaks off', REGISTER.slice(0, -20)],
    ['a document type', `<!DOCTYPE x>${REGISTER}`],
    ['more than 16 KB', REGISTER.padEnd(16_385, ' ')],
  ])('%s is none', (_what, text) => expect(parseEhome(Buffer.from(text))).toBeNull());

  it('may have 16 KB', () => expect(read(REGISTER.padEnd(16_384, ' '))).toMatchObject({ deviceId: 'GATE' }));

  it('any bytes are a message or nothing', () => {
    const whole = Buffer.from(REGISTER);
    const mutated = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }).map((changes) => {
      const copy = Buffer.from(whole);
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const message = parseEhome(bytes);
        if (message !== null) expect(message.command).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});
