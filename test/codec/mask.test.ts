import { describe, expect, it } from 'vitest';
import { Mask } from '../../lib/codec/mask';

const mask = () => new Mask({ user: 'operator7', password: 'pl&nted "S3cret"' });

describe('a mask', () => {
  it('hides names, serial numbers and addresses, and keeps what is the same the same', () => {
    const one = mask().text(
      '<D><deviceName>Anna</deviceName><serialNumber>DS-X20200101AAWR123456789</serialNumber><macAddress>aa:bb:cc:11:22:33</macAddress>' +
        '<a><name>Anna</name><ipAddress>198.51.100.7</ipAddress></a><b><name>Ben</name><ip>198.51.100.8, 198.51.100.7</ip></b>' +
        '<friendlyName>x - DS-X20200101AAWR123456789</friendlyName><mac>AA-BB-CC-11-22-33</mac></D>',
    );
    expect(one).toBe(
      '<D><deviceName>Name 1</deviceName><serialNumber>MASKED000000001</serialNumber><macAddress>00:00:5e:00:00:01</macAddress>' +
        '<a><name>Name 1</name><ipAddress>192.0.2.1</ipAddress></a><b><name>Name 2</name><ip>192.0.2.2, 192.0.2.1</ip></b>' +
        '<friendlyName>x - MASKED000000001</friendlyName><mac>00-00-5e-00-00-01</mac></D>',
    );
  });

  it('leaves what belongs to nobody: switches, ranges, masks of networks, times, versions, paths', () => {
    const text =
      '<D><isSupportUserNamePassword>true</isSupportUserNamePassword><password min="8" max="16"/><passwordLen>16</passwordLen>' +
      '<subnetMask>255.255.255.0</subnetMask><ip>0.0.0.0</ip><ip>127.0.0.1</ip><ipv6>::</ipv6><t>2024-05-01T12:34:56+08:00</t>' +
      '<v>V5.7.15 build 240201</v><mac>00:00:00:00:00:00</mac><url>/ISAPI/System</url><channelName/></D>';
    expect(mask().text(text)).toBe(text);
  });

  it('hides in JSON what it hides in XML, numbers among it', () => {
    const masked = mask().text(
      JSON.stringify({
        employeeNoString: '0042',
        cardNo: 1234567890,
        pin: '1234',
        userName: 'operator7',
        level: 'x',
        doors: 2,
      }),
    );
    expect(JSON.parse(masked)).toEqual({
      employeeNoString: 'Name 1',
      cardNo: 'Name 2',
      pin: '****',
      userName: 'user',
      level: 'x',
      doors: 2,
    });
  });

  it('knows user and password in every spelling', () => {
    const secret = 'pl&nted "S3cret"';
    const spelled = [
      secret,
      'pl&amp;nted &quot;S3cret&quot;',
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`operator7:${secret}`).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const text of spelled) expect(mask().text(`<note>${text}</note>`)).toBe('<note>********</note>');
    expect(mask().text('the user operator7 said')).toBe('the user user said');
    expect(mask().text('rtsp://someone:else@camera/x')).toBe('rtsp://***@camera/x');
  });

  it('keeps a document whole whose user is called like an element', () => {
    const text = '<name>x</name><id>1</id>';
    expect(new Mask({ user: 'name', password: '' }).text(text)).toBe('<name>Name 1</name><id>1</id>');
  });

  it('reads CDATA, prefixes, attributes, and addresses of version 6', () => {
    expect(mask().text('<t:deviceName a="b"><![CDATA[Anna]]></t:deviceName>')).toBe(
      '<t:deviceName a="b">Name 1</t:deviceName>',
    );
    expect(mask().text('<name><![CDATA[a <b>[c]</b>]]></name><name><![CDATA[d</name><name>e</name>')).toBe(
      '<name>Name 1</name><name><![CDATA[d</name><name>Name 2</name>',
    );
    expect(mask().text('<x name="Anna" ip="198.51.100.7"/>')).toBe('<x name="Name 1" ip="192.0.2.1"/>');
    expect(mask().text('2001:db8:1::7 fe80::1ff:fe23:4567:890a')).not.toMatch(/fe80|db8:1:/);
  });

  it('hides a serial number everywhere that any document names, if it is no short one', () => {
    const many = mask();
    many.learn('<D><serialNumber>DS-123456789</serialNumber><subSerialNumber>A1234</subSerialNumber></D>');
    many.learn('{"deviceID":"123456","devIndex":"unknown"}');
    expect(many.text('of DS-123456789, A1234, x123456x and unknown')).toBe(
      'of MASKED000000001, A1234, xMASKED000000002x and unknown',
    );
    // The longer one first: it contains the other.
    const nested = mask();
    nested.learn('<a><deviceID>AAWR12</deviceID><serialNumber>DS-AAWR12-9</serialNumber></a>');
    expect(nested.text('DS-AAWR12-9 AAWR12')).toBe('MASKED000000001 MASKED000000002');
  });

  it('hides addresses that belong to somebody, and no others', () => {
    const kept = [
      '0.1.2.3',
      '127.1.2.3',
      '224.0.0.251',
      '239.255.255.250',
      '255.255.0.0',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4.5',
    ];
    for (const text of kept) expect(mask().text(`at ${text}, `)).toBe(`at ${text}, `);
    for (const text of ['1.2.3.4', '126.1.1.1', '128.0.0.1', '223.255.255.255', '240.0.0.1', '254.1.1.1', '10.0.0.255'])
      expect(mask().text(`at ${text}, `)).toBe('at 192.0.2.1, ');
    for (const text of ['12:34:56', '::1', '2024-05-01T12:34:56Z']) expect(mask().text(text)).toBe(text);
    for (const text of ['FE80::1', 'fe80:1:2::', '2a02:1:2:3:4:5:6:7']) expect(mask().text(text)).toBe('2001:db8::1');
  });

  it('hides MAC addresses as they are written', () => {
    expect(mask().text('<macAddr>AABBCC112233</macAddr> aa:bb:cc:11:22:33 AA-BB-CC-11-22-33')).toBe(
      '<macAddr>00005e000001</macAddr> 00:00:5e:00:00:01 00-00-5e-00-00-01',
    );
    for (const text of [
      'ff:ff:ff:ff:ff:ff',
      '00-00-00-00-00-00',
      '<mac>000000000000</mac>',
      '<id>AABBCC112233</id>',
      'aa:bb-cc:11-22:33',
    ])
      expect(mask().text(text)).toBe(text);
  });

  it('knows secrets by their names, also by names that only begin or end like one', () => {
    expect(
      mask().text('<wifiPassword>abcd</wifiPassword><myPrivateKey>abc</myPrivateKey><pskValue>ab</pskValue>'),
    ).toBe('<wifiPassword>****</wifiPassword><myPrivateKey>***</myPrivateKey><pskValue>**</pskValue>');
    expect(mask().text(`<password>${'x'.repeat(40)}</password>`)).toBe(`<password>${'*'.repeat(32)}</password>`);
    // A short number is a secret where the name says it for certain, and a setting where it does not.
    expect(mask().text('<pin>1</pin><minPasswordLen>8</minPasswordLen><pwd>none</pwd>')).toBe(
      '<pin>*</pin><minPasswordLen>8</minPasswordLen><pwd>none</pwd>',
    );
    expect(mask().text('{"pin":1234,"nonce":-1.5e3,"cardNo":12,"keyword":""}')).toBe(
      '{"pin":"****","nonce":"******","cardNo":12,"keyword":""}',
    );
  });

  it('leaves paths of a device, and hides other places', () => {
    expect(mask().text('<url>/ISAPI/x</url><url>/PSIA</url><url>/</url>')).toBe(
      '<url>/ISAPI/x</url><url>/PSIA</url><url>/</url>',
    );
    expect(mask().text('<url>/home/anna</url><url>camera.example</url>')).toBe('<url>Name 1</url><url>Name 2</url>');
  });

  it('takes a user for one only as a whole word, and of three letters at least', () => {
    const masked = (user: string, text: string) => new Mask({ user, password: '' }).text(text);
    expect(masked('bob', 'bob, bobby, <bob>1</bob> and "bob":1')).toBe('user, bobby, <bob>1</bob> and "bob":1');
    expect(masked('a.b', 'a.b axb')).toBe('user axb');
    expect(masked('bo', 'bo <userName>bo</userName>')).toBe('bo <userName>Name 1</userName>');
    expect(masked('', 'x <userName>bo</userName>')).toBe('x <userName>Name 1</userName>');
  });

  it('takes out other secrets too, of three letters at least, the longer one first', () => {
    const masked = (...others: string[]) => new Mask({ user: '', password: '', others }).text('abcdef abc ab');
    expect(masked('abc', 'abcdef')).toBe('******** ******** ab');
    expect(masked('ab')).toBe('abcdef abc ab');
  });

  it('is its own fixed point', () => {
    const text = '<D><deviceName>Anna</deviceName><serialNumber>DS-123456789</serialNumber><ip>198.51.100.7</ip></D>';
    const once = mask().text(text);
    expect(mask().text(once)).toBe(once);
  });

  it('takes time in proportion to the length, whatever the text is', () => {
    for (const piece of [
      '<name',
      '<name><![CDATA[',
      '<name><![CDATA[</name>',
      '"name":"',
      'a:',
      '1.',
      ' name="',
      '://x',
    ]) {
      const begin = performance.now();
      mask().text(piece.repeat(40_000));
      expect(performance.now() - begin, piece).toBeLessThan(5_000);
    }
  });
});
