import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { config } from '../../lib/commands/config';
import { ConnectionLostError, TimeoutError } from '../../lib/errors';
import { context, device, failureOf, JPEG, OK, refusal, reply, run, xml, type Responder } from '../support/steps';

describe('config.deviceInfo', () => {
  const info = (respond: Responder) => run(config.deviceInfo.isapi({}, context()), respond).result;

  it('has null for what the device does not say', () => {
    const document =
      '<DeviceInfo><deviceName>Gate &amp; Door</deviceName><model> DS-X </model><manufacturer></manufacturer></DeviceInfo>';
    expect(info(device({ '/ISAPI/System/deviceInfo': document }))).toEqual({
      name: 'Gate & Door',
      model: 'DS-X',
      firmware: null,
      firmwareReleased: null,
      serial: null,
      mac: null,
      deviceType: null,
      deviceId: null,
      hardware: null,
      manufacturer: null,
    });
  });

  it('does not take a web page or an empty document for a device', () => {
    for (const body of ['<html><body>login</body></html>', '<DeviceInfo/>']) {
      expect(failureOf(() => info(device({ '/ISAPI/System/deviceInfo': body }))).code).toBe('HIK_UNSUPPORTED');
    }
    expect(failureOf(() => info(device({ '/ISAPI/System/deviceInfo': reply(200, 'hello') }))).code).toBe(
      'HIK_PROTOCOL',
    );
  });
});

describe('config.status', () => {
  it('reads numbers with blanks, and takes the mean of several processors', () => {
    const document = `<DeviceStatus><currentDeviceTime>2021-10-21T17:01:04+03:00</currentDeviceTime><deviceUpTime>2530</deviceUpTime>
      <CPUList><CPU><cpuDescription>1</cpuDescription><cpuUtilization>10</cpuUtilization></CPU><CPU><cpuUtilization>21</cpuUtilization></CPU>
      <CPU><cpuUtilization></cpuUtilization></CPU></CPUList>
      <MemoryList><Memory><memoryUsage>\n 244.175781</memoryUsage><memoryAvailable>no idea</memoryAvailable></Memory></MemoryList></DeviceStatus>`;
    expect(run(config.status.isapi({}, context()), device({ '/ISAPI/System/status': document })).result).toEqual({
      time: '2021-10-21T17:01:04+03:00',
      uptimeSeconds: 2530,
      cpuPercent: 16,
      memoryUsage: 244.175781,
      memoryAvailable: null,
      temperatureCelsius: null,
      rebootCount: null,
    });
  });
});

/** A device whose clock takes what is written, and shows it with `offset`. */
function clock(timeZone: string, localTime: string, offset = ''): Responder & { written: string[] } {
  let stored = `<Time version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><timeMode>NTP</timeMode><localTime>${localTime}</localTime><timeZone>${timeZone}</timeZone><extra a="1">x</extra></Time>`;
  const written: string[] = [];
  const respond: Responder = (request) => {
    if (request.method === 'GET') return xml(stored);
    written.push(String(request.body));
    stored = String(request.body).replace('</localTime>', `${offset}</localTime>`);
    return OK;
  };
  return Object.assign(respond, { written });
}

function setTime(respond: Responder, given: Record<string, unknown>) {
  return run(config.setTime.isapi(checkArguments('config.setTime', config.setTime.params, given), context()), respond);
}

const writtenTime = (respond: { written: string[] }) =>
  /<localTime>(.*)<\/localTime>/.exec(respond.written[0] ?? '')?.[1];

describe('the clock', () => {
  const time = (respond: Responder) => run(config.getTime.isapi({}, context()), respond).result;

  it('is read with its distance from ours', () => {
    expect(time(clock('CST-8:00:00', '2024-05-01T20:00:05+08:00'))).toEqual({
      time: '2024-05-01T20:00:05+08:00',
      mode: 'NTP',
      timeZone: 'CST-8:00:00',
      offsetMs: 5_000,
    });
    expect(time(clock('CST-8:00:00', '2024-05-01T20:00:05'))?.offsetMs).toBeNull();
    expect(time(clock('', 'nonsense'))).toMatchObject({ time: 'nonsense', timeZone: null, offsetMs: null });
  });

  it('is set to now in the zone of the device, all else kept', () => {
    const respond = clock('CST-8:00:00', '2004-01-01T00:00:00+08:00', '+08:00');
    const { result, log } = setTime(respond, {});
    expect(log).toEqual(['GET /ISAPI/System/time', 'PUT /ISAPI/System/time', 'GET /ISAPI/System/time']);
    expect(respond.written[0]).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Time version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">' +
        '<timeMode>manual</timeMode><localTime>2024-05-01T20:00:00</localTime><timeZone>CST-8:00:00</timeZone><extra a="1">x</extra></Time>\n',
    );
    expect(result).toMatchObject({ time: '2024-05-01T20:00:00+08:00', mode: 'manual', offsetMs: 0 });
  });

  it('is set with daylight saving time where the zone has it', () => {
    const zone = 'CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00';
    const summer = clock(zone, '2024-01-01T00:00:00+01:00');
    setTime(summer, { time: '2024-07-01T10:00:00Z' });
    expect(writtenTime(summer)).toBe('2024-07-01T12:00:00');
    const winter = clock(zone, '2024-07-01T00:00:00+02:00');
    setTime(winter, { time: '2024-12-01T10:00:00-05:00' });
    expect(writtenTime(winter)).toBe('2024-12-01T16:00:00');
  });

  it('is set by the offset of its own time where the zone cannot be read', () => {
    const respond = clock('Europe/Somewhere', '2024-01-01T00:00:00+03:30');
    setTime(respond, {});
    expect(writtenTime(respond)).toBe('2024-05-01T15:30:00');
  });

  it('is set as given when the time has no offset', () => {
    const respond = clock('', '2024-01-01T00:00:00');
    setTime(respond, { time: '2024-07-01T10:00:07' });
    expect(writtenTime(respond)).toBe('2024-07-01T10:00:07');
  });

  it('is not set by a guess', () => {
    const respond = clock('', '2024-01-01T00:00:00');
    expect(failureOf(() => setTime(respond, {})).message).toContain('does not say its time zone');
    expect(respond.written).toEqual([]);
  });
});

describe('config.reboot', () => {
  const reboot = (respond: Responder) => run(config.reboot.isapi({}, context()), respond);

  it('asks for it', () => {
    const { result, requests } = reboot(() => OK);
    expect(requests).toEqual([{ method: 'PUT', path: '/ISAPI/System/reboot' }]);
    expect(result).toEqual({ restarting: true, answered: true });
  });

  it('takes a device that is gone for one that restarts', () => {
    expect(reboot(() => new ConnectionLostError('reset')).result).toEqual({ restarting: true, answered: false });
  });

  it('does not take silence or a refusal for it', () => {
    expect(failureOf(() => reboot(() => new TimeoutError('no answer'))).code).toBe('HIK_TIMEOUT');
    expect(failureOf(() => reboot(() => refusal(403, 4, 'x', 'lowPrivilege'))).code).toBe('HIK_PERMISSION');
  });
});

describe('config.raw', () => {
  const raw = (given: Record<string, unknown>, respond: Responder = () => OK) =>
    run(config.raw.isapi(checkArguments('config.raw', config.raw.params, given), context()), respond);

  it('reads with GET unless told otherwise', () => {
    expect(raw({ path: '/ISAPI/System/status' }).log).toEqual(['GET /ISAPI/System/status']);
    expect(raw({ path: '/PSIA/x?y=a%20b&z=..', method: 'delete' }).log).toEqual(['DELETE /PSIA/x?y=a%20b&z=..']);
    expect(raw({ path: '/SDK/activateStatus' }).log).toHaveLength(1);
  });

  const hostile = [
    '',
    'ISAPI/System',
    '/',
    '/ISAPI',
    '/isapi/System',
    '/other/ISAPI/',
    '/ISAPIx/System',
    'http://other.example/ISAPI/',
    '//other.example/ISAPI/',
    '/ISAPI/../etc/passwd',
    '/ISAPI/System/..',
    '/ISAPI/./System',
    '/ISAPI/%2e%2e/x',
    '/ISAPI/.%2E/x',
    '/ISAPI/..?x',
    '/ISAPI/a b',
    '/ISAPI/a\r\nHost: other',
    '/ISAPI/a\n',
    '/ISAPI/a\u0000',
    '/ISAPI/ä',
    '/ISAPI/a#b',
    '/ISAPI\\..\\x',
    `/ISAPI/${'a'.repeat(3_000)}`,
  ];
  for (const path of hostile) {
    it(`refuses the path ${JSON.stringify(path.slice(0, 30))}`, () => {
      expect(failureOf(() => raw({ path })).code).toBe('HIK_ARGUMENT');
    });
  }

  it('checks a long path in no time', () => {
    const started = performance.now();
    for (const part of ['/.', '/%2e', '/..a', '/']) failureOf(() => raw({ path: `/ISAPI${part.repeat(400)} ` }));
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('sends text as XML or JSON by its first character, objects as JSON, Buffers as they are', () => {
    const sent = (body: unknown) => {
      const [request] = raw({ method: 'PUT', path: '/ISAPI/x', body }).requests;
      return [request?.body, request?.contentType];
    };
    expect(sent('\n <Time/>')).toEqual(['\n <Time/>', 'application/xml; charset="UTF-8"']);
    expect(sent('{"a":1}')).toEqual(['{"a":1}', 'application/json']);
    expect(sent('[1]')).toEqual(['[1]', 'application/json']);
    expect(sent('CST-8:00:00')).toEqual(['CST-8:00:00', 'text/plain']);
    expect(sent({ a: [1, 'ä'] })).toEqual(['{"a":[1,"ä"]}', 'application/json']);
    expect(sent(Buffer.from('x'))).toEqual([Buffer.from('x'), 'application/octet-stream']);
    expect(sent(undefined)).toEqual([undefined, undefined]);
  });

  it('has no body with GET', () => {
    expect(failureOf(() => raw({ path: '/ISAPI/x', body: '<a/>' })).code).toBe('HIK_ARGUMENT');
  });

  it('gives XML and JSON as objects, text as text, anything else as a Buffer', () => {
    const body = (answer: ReturnType<typeof reply>) => raw({ path: '/ISAPI/x' }, () => answer).result?.body;
    expect(body(xml('<Time version="2.0"><timeMode>NTP</timeMode><list><id>01</id><id>2</id></list></Time>'))).toEqual({
      Time: { '@version': '2.0', timeMode: 'NTP', list: { id: ['01', '2'] } },
    });
    expect(body(reply(200, '{"a":{"b":[1]}}'))).toEqual({ a: { b: [1] } });
    expect(body(reply(200, 'CST-8:00:00', 'text/plain'))).toBe('CST-8:00:00');
    expect(body(reply(200, '<html><br></html>', 'text/html'))).toBe('<html><br></html>');
    expect(body(reply(200, '{oops'))).toBe('{oops');
    expect(body(reply(200, JPEG, 'image/jpeg'))).toEqual(JPEG);
    expect(body(reply(200, Buffer.from([1, 2, 3]), 'application/octet-stream'))).toEqual(Buffer.from([1, 2, 3]));
    expect(body(reply(200))).toBeNull();
  });

  it('says what the device answered', () => {
    expect(raw({ path: '/ISAPI/x' }, () => reply(201, '{}', 'application/json')).result).toEqual({
      status: 201,
      contentType: 'application/json',
      body: {},
    });
    expect(failureOf(() => raw({ path: '/ISAPI/x' }, device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});
