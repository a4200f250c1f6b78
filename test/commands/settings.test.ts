/** Zone, time server, network, protocols, users, firmware and working state: hand-fed answers, and the simulator. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Command } from '../../lib/commands/command';
import { zoneOfOffset } from '../../lib/commands/config/time-zone';
import { registry } from '../../lib/commands/registry';
import { codeOf, errorOf, hikvisionClient } from '../support/clients';
import { hspSimulator } from '../support/hsp-simulators';
import { portClient } from '../support/hsp-links';
import { simulator } from '../support/simulators';
import { context, device, failureOf, OK, refusal, run, xml, type Responder } from '../support/steps';

const { config } = registry;

function call(name: keyof typeof config, args: Record<string, unknown>, respond: Responder) {
  const command = config[name] as unknown as Command;
  return run(command.isapi(checkArguments(name, command.params, args), context()), respond);
}

const time = (zone: string, local = '2024-05-01T20:00:00+08:00', mode = 'NTP') =>
  `<Time xmlns="urn:x" version="2.0"><timeMode>${mode}</timeMode><localTime>${local}</localTime><timeZone>${zone}</timeZone><own/></Time>`;

describe('the time zone', () => {
  it.each([
    ['CST-8:00:00', 480, 480, false],
    ['CST+5:00:00', -300, -300, false],
    // The first of May is in daylight saving time.
    ['CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00', 120, 60, true],
    ['nonsense', null, null, null],
  ])('%s', (timeZone, offsetMinutes, standardOffsetMinutes, hasDaylight) => {
    const { result } = call('getTimeZone', {}, device({ '/ISAPI/System/time': time(timeZone) }));
    expect(result).toEqual({ timeZone, offsetMinutes, standardOffsetMinutes, hasDaylight });
  });

  it('is written with the wall clock that goes with it, the rest as it was', () => {
    const answers = [xml(time('CST-8:00:00')), xml(time('CST-5:30:00', '2024-05-01T17:30:00+05:30'))];
    const routes = { 'GET /ISAPI/System/time': answers, 'PUT /ISAPI/System/time': OK };
    const { result, requests } = call('setTimeZone', { offsetMinutes: 330 }, device(routes));
    expect(result).toMatchObject({ timeZone: 'CST-5:30:00', offsetMinutes: 330, rebootRequired: false });
    const body = String(requests[1]?.body);
    expect(body).toContain('<localTime>2024-05-01T17:30:00</localTime>');
    expect(body).toContain('xmlns="urn:x"');
    expect(body).toContain('<own');
  });

  it('by an offset is a text', () => {
    expect([0, 330, -210, 840].map(zoneOfOffset)).toEqual([
      'CST-0:00:00',
      'CST-5:30:00',
      'CST+3:30:00',
      'CST-14:00:00',
    ]);
  });

  it('is given one way, and makes sense', () => {
    const respond = device({ '/ISAPI/System/time': time('CST-8:00:00') });
    for (const args of [{}, { timeZone: 'CST-8:00:00', offsetMinutes: 0 }, { timeZone: 'Berlin' }])
      expect(failureOf(() => call('setTimeZone', args, respond)).code).toBe('HIK_ARGUMENT');
  });

  it('of a device that answers something else is none', () => {
    expect(failureOf(() => call('getTimeZone', {}, device({ '/ISAPI/System/time': '<Other/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });
});

const SERVER =
  '<NTPServer><id>1</id><addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.0.2.9</ipAddress>' +
  '<portNo>123</portNo><synchronizeInterval>60</synchronizeInterval></NTPServer>';

describe('the time server', () => {
  it('is the first of the list, or the only document', () => {
    for (const document of [`<NTPServerList>${SERVER}</NTPServerList>`, SERVER]) {
      const routes = { '/ISAPI/System/time/ntpServers': document, '/ISAPI/System/time': time('CST-8:00:00') };
      const { result } = call('getNtp', {}, device(routes));
      expect(result).toEqual({ server: '192.0.2.9', port: 123, intervalMinutes: 60, enabled: true });
    }
    const none = device({ '/ISAPI/System/time/ntpServers': '<NTPServerList/>' });
    expect(failureOf(() => call('getNtp', {}, none)).code).toBe('HIK_NOT_FOUND');
  });

  it('is written by name or address, never both', () => {
    const routes = { 'GET /ISAPI/System/time/ntpServers/1': SERVER, 'PUT /ISAPI/System/time/ntpServers/1': OK };
    const { requests } = call(
      'setNtp',
      { server: 'time.example.com' },
      device({ ...routes, '/ISAPI/System/time': time('UTC0') }),
    );
    const body = String(requests[1]?.body);
    expect(body).toMatch(
      /<addressingFormatType>hostname<\/addressingFormatType>\s*<hostName>time.example.com<\/hostName>/,
    );
    expect(body).not.toContain('ipAddress');
    expect(failureOf(() => call('setNtp', {}, device(routes))).code).toBe('HIK_ARGUMENT');
  });
});

describe('our own password', () => {
  const users =
    '<UserList><User><id>1</id><userName>admin</userName><userLevel>Administrator</userLevel></User></UserList>';
  const user = '<User><id>1</id><userName>admin</userName></User>';
  const PUT = 'PUT /ISAPI/Security/users/1';
  const routes = { '/ISAPI/Security/users': users, 'GET /ISAPI/Security/users/1': user };

  it('goes with the current one, and without where the device minds', () => {
    const minds = [refusal(400, 6, 'Invalid XML Content', 'badXmlContent'), OK];
    const { result, requests } = call(
      'changePassword',
      { password: 'Another-2024' },
      device({ ...routes, [PUT]: minds }),
    );
    expect(result).toEqual({ username: 'admin', changed: true });
    const bodies = requests.filter(({ method }) => method === 'PUT').map(({ body }) => String(body));
    expect(bodies.map((body) => body.includes('<loginPassword>planted-secret</loginPassword>'))).toEqual([true, false]);
  });

  it.each([['short'], ['onlyletters'], ['admin'], ['x'.repeat(40)]])(
    '%j is refused without being named',
    (password) => {
      const error = failureOf(() => call('changePassword', { password }, device({ ...routes, [PUT]: OK })));
      expect(error.code).toBe('HIK_ARGUMENT');
      expect(error.message).not.toContain(`"${password}"`);
    },
  );

  it('is not tried twice where the right is missing', () => {
    const denied = device({ ...routes, [PUT]: refusal(403, 4, 'Invalid Operation', 'lowPrivilege') });
    expect(failureOf(() => call('changePassword', { password: 'Another-2024' }, denied)).code).toBe('HIK_PERMISSION');
  });

  it('once changed ends the use of the old one, before a device has to refuse it', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    expect(await codeOf(client.call('config.changePassword', { password: 'Another-2024' }))).toBe('HIK_CONFIRMATION');
    await client.config.changePassword({ password: 'Another-2024' }, { confirm: true });
    const asked = device.log.length;
    const error = await errorOf(client.config.deviceInfo());
    expect(error.code).toBe('HIK_AUTHENTICATION');
    expect(error.message).toContain('the password was changed with this connection');
    expect(error.message).not.toContain('Another-2024');
    expect(device.log.length).toBe(asked);
  });
});

describe('the lock of the account', () => {
  it.each([
    ['<userCheck><lockStatus>lock</lockStatus><unlockTime>1737</unlockTime></userCheck>', true, 1737],
    ['<userCheck><statusValue>200</statusValue></userCheck>', null, null],
  ])('%s', (document, locked, unlockSeconds) => {
    const { result } = call('lockStatus', {}, () =>
      xml(document.replace('<userCheck>', '<userCheck><statusValue>200</statusValue>')),
    );
    expect(result).toMatchObject({ locked, unlockSeconds, attemptsLeft: null });
  });
});

describe('the working state', () => {
  it('comes from two documents, either of which may be missing', () => {
    const disks = '{"HDStatus":[{"hdNo":2,"status":0,"volume":5723166,"freeSpace":5658624},{"hdNo":3,"status":9},{}]}';
    const path = '/ISAPI/System/workingstatus/hdStatus?format=json';
    const json = { status: 200, contentType: 'application/json', body: Buffer.from(disks) };
    expect(call('workState', {}, device({ [path]: json })).result).toEqual({
      state: null,
      disks: [
        { id: 2, capacityMb: 5_723_166, freeMb: 5_658_624, asleep: false, failed: false },
        { id: 3, capacityMb: null, freeMb: null, asleep: null, failed: null },
      ],
    });
    const load = '<DeviceStatus><CPUList><CPU><cpuUtilization>90</cpuUtilization></CPU></CPUList></DeviceStatus>';
    expect(call('workState', {}, device({ '/ISAPI/System/status': load })).result).toEqual({
      state: 'busy',
      disks: null,
    });
    expect(failureOf(() => call('workState', {}, device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('a simulated device', () => {
  it.each(['camera', 'nvr', 'doorstation'] as const)('%s keeps what was set', async (model) => {
    const client = hikvisionClient(await simulator(model));
    const zone = 'CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00';
    expect(await client.config.setTimeZone({ timeZone: zone })).toMatchObject({ timeZone: zone, hasDaylight: true });
    expect((await client.config.getTimeZone()).timeZone).toBe(zone);
    await client.config.setNtp({ server: '192.0.2.77', intervalMinutes: 30, enabled: true });
    const server = { server: '192.0.2.77', port: 123, intervalMinutes: 30, enabled: true };
    expect(await client.config.getNtp()).toEqual(server);
    expect(await client.config.setTimeMode({ mode: 'MANUAL' })).toEqual({ mode: 'manual', rebootRequired: false });
    expect(await client.config.getNtp()).toEqual({ ...server, enabled: false });
    expect((await errorOf(client.config.setTimeMode({ mode: 'lunar' }))).message).toContain('NTP, manual, platform');
    expect(await client.config.testNtp({ server: 'time.example.com' })).toEqual({ reachable: true, message: 'ok' });
    expect(await client.config.testNtp({ server: 'a.invalid' })).toMatchObject({ reachable: false });
    expect(await client.config.setIntegration({ onvif: true })).toMatchObject({ isapi: true, onvif: true, cgi: false });
    expect(await codeOf(client.config.setIntegration({ isapi: false }))).toBe('HIK_CONFIRMATION');
    expect(await client.config.network()).toMatchObject([
      { address: '192.0.2.64', dns: ['192.0.2.1'], mtuBytes: 1_500 },
    ]);
    expect((await client.config.ports()).map(({ protocol }) => protocol)).toEqual([
      'HTTP',
      'HTTPS',
      'DEV_MANAGE',
      'RTSP',
    ]);
    expect(await client.config.listUsers()).toHaveLength(2);
    expect(await client.config.firmware()).toMatchObject({ upgrading: false, upgradePercent: 0 });
  });

  it('says its time server and its disks in binary as well', async () => {
    const client = portClient(await hspSimulator('nvr'));
    expect(await client.config.getNtp({}, { encoding: 'binary' })).toEqual(await client.config.getNtp());
    expect(await client.config.workState({}, { encoding: 'binary' })).toEqual(await client.config.workState());
  });
});
