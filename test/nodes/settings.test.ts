import { describe, expect, it } from 'vitest';
import { deviceSettings, type Credentials, type DeviceFields, type SettingsHelpers } from '../../nodes/shared/settings';

const environment: Record<string, string> = { HOST: '192.0.2.77', FLOOR: '2' };
const settings = (fields: DeviceFields, credentials: Credentials = {}, more: Partial<SettingsHelpers> = {}) =>
  deviceSettings(fields, credentials, {
    ...more,
    translate: (key, values) => [key.replace('hsp-config.problem.', ''), ...Object.values(values ?? {})].join(' '),
    expand: (text) => text.replace(/\$\{(\w+)\}/g, (_whole, name: string) => environment[name] ?? ''),
    readFile: (path) => {
      if (path === '/ca.pem') return 'PEM';
      throw Object.assign(new Error(`no such file ${path}`), { code: 'ENOENT' });
    },
  });

describe('the fields of a device', () => {
  it.each([
    [{ host: '192.0.2.10' }, 'http://192.0.2.10:80'],
    [{ host: ' camera.lan ', port: '8080' }, 'http://camera.lan:8080'],
    [{ host: '2001:db8::1', port: 81 }, 'http://[2001:db8::1]:81'],
    [{ host: '[2001:db8::1]', protocol: 'https' as const }, 'https://[2001:db8::1]:443'],
    [{ host: '192.0.2.10', protocol: 'hsp' as const }, 'hsp://192.0.2.10:8000'],
    [{ host: '192.0.2.10', protocol: 'hsps' as const }, 'hsps://192.0.2.10:8443'],
    [{ host: '192.0.2.10', protocol: 'auto' as const }, 'http://192.0.2.10:80'],
    [{ host: '192.0.2.10', protocol: 'constructor' as 'http' }, 'http://192.0.2.10:80'],
    [{ host: '${HOST}', port: '${FLOOR}' }, 'http://192.0.2.77:2'],
    [{ host: 'camera-${FLOOR}.lan' }, 'http://camera-2.lan:80'],
  ])('%o is %s', (fields, url) => {
    expect(settings(fields)).toMatchObject({ options: { url } });
  });

  it.each([
    [{}, 'noHost'],
    [{ host: '${MISSING}' }, 'noHost'],
    [{ host: 'http://192.0.2.10' }, 'host http://192.0.2.10'],
    [{ host: 'admin@192.0.2.10' }, 'host admin@192.0.2.10'],
    [{ host: '192.0.2.10', port: '70000' }, 'port 70000'],
    [{ host: '192.0.2.10', port: 'http' }, 'port http'],
    [{ host: 'h', protocol: 'https' as const, tls: 'ca' as const }, 'noCaFile'],
    [{ host: 'h', protocol: 'https' as const, tls: 'ca' as const, caFile: '/none.pem' }, 'file /none.pem ENOENT'],
    [{ host: 'h', protocol: 'https' as const, tls: 'fingerprint' as const, fingerprint: 'AA:BB' }, 'fingerprint'],
  ])('%o is refused: %s', (fields, problem) => {
    expect(settings(fields)).toMatchObject({ problem });
  });

  it('says so where the device itself shall decide', () => {
    expect(settings({ host: 'h', protocol: 'auto' })).toMatchObject({ options: { protocol: 'auto' } });
    expect(settings({ host: 'h', protocol: 'hsp' })).not.toHaveProperty('options.protocol');
  });

  it('hands over what a certificate is checked with, for HTTPS alone', () => {
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
    const https = { host: 'h', protocol: 'https' as const };
    expect(settings({ ...https, tls: 'ca', caFile: '/ca.pem' })).toMatchObject({ options: { tls: { ca: 'PEM' } } });
    expect(settings({ ...https, tls: 'fingerprint', fingerprint })).toMatchObject({
      options: { tls: { fingerprint } },
    });
    expect(settings({ ...https, tls: 'any' })).toMatchObject({ options: { tls: { acceptAny: true } } });
    expect(settings({ host: 'h', tls: 'any' })).not.toHaveProperty('options.tls');
    expect(settings(https)).not.toHaveProperty('options.tls');
  });

  it('keeps a password as it is, whatever it looks like', () => {
    const credentials = { user: 'admin${FLOOR}', password: ' pa${FLOOR}ss ' };
    expect(settings({ host: 'h' }, credentials)).toMatchObject({
      options: { username: 'admin2', password: ' pa${FLOOR}ss ' },
    });
  });
});

describe('a device that calls us', () => {
  const own = { host: '192.0.2.10', push: 'own' as const };
  const served = { ownServer: { port: 1880, isSecure: false } };
  const push = (fields: DeviceFields, more = {}) => {
    const found = settings(fields, {}, more);
    return 'problem' in found ? found.problem : found.push;
  };

  it.each([
    [{ calledAt: '192.0.2.5' }, 'http://192.0.2.5:7661'],
    [{ calledAt: '192.0.2.5:80' }, 'http://192.0.2.5'],
    [{ calledAt: 'here.lan:9000', pushPort: '8000' }, 'http://here.lan:9000'],
    [{ calledAt: 'here.lan', pushPort: 8000 }, 'http://here.lan:8000'],
    [{ calledAt: '2001:db8::5' }, 'http://[2001:db8::5]:7661'],
    [{ calledAt: 'https://proxy.lan' }, 'https://proxy.lan'],
    [{ calledAt: '192.0.2.5', pushKeyFile: '/ca.pem', pushCertFile: '/ca.pem' }, 'https://192.0.2.5:7661'],
  ])('%o is called at %s', (fields, calledAt) => {
    expect(push({ ...own, ...fields })).toMatchObject({ place: { kind: 'own' }, calledAt });
  });

  it('through the server of Node-RED has its port', () => {
    const mounted = { host: 'h', push: 'mounted' as const, calledAt: '192.0.2.5' };
    expect(push(mounted, served)).toEqual({ place: { kind: 'mounted' }, calledAt: 'http://192.0.2.5:1880' });
    expect(push(mounted)).toBe('noOwnServer');
  });

  it.each([
    [{}, 'noCalledAt'],
    [{ calledAt: 'http://192.0.2.5/path' }, 'calledAt http://192.0.2.5/path'],
    [{ calledAt: 'a b' }, 'calledAt a b'],
    [{ calledAt: 'me:me@192.0.2.5' }, 'calledAt me:me@192.0.2.5'],
    [{ calledAt: 'h', pushPort: 'x' }, 'pushPort x'],
    [{ calledAt: 'h', pushKeyFile: '/ca.pem' }, 'pushTls'],
    [{ calledAt: 'h', pushKeyFile: '/none.pem', pushCertFile: '/ca.pem' }, 'file /none.pem ENOENT'],
  ])('%o is refused: %s', (fields, problem) => {
    expect(push({ ...own, ...fields })).toBe(problem);
  });

  it('may be told by hand, and then needs no address of ours', () => {
    expect(push({ ...own, pushEnter: false })).toEqual({ place: { kind: 'own', listen: { port: 7661 } } });
    expect(push({ host: 'h', push: 'other' as 'own' })).toBeUndefined();
  });
});

describe('a device that dials in', () => {
  it('has an id instead of an address', () => {
    const dialling = { protocol: 'ehome' as const, deviceId: ' CAM-7 ', host: 'ignored', login: 'digest' };
    expect(settings(dialling, { user: 'admin', password: 'secret' })).toEqual({
      name: 'CAM-7',
      isOnSite: true,
      options: { url: 'ehome://CAM-7' },
      address: 'ehome://CAM-7',
      dialIn: { deviceId: 'CAM-7', port: 7660 },
    });
    expect(settings({ ...dialling, push: 'own', calledAt: 'h' })).toHaveProperty('push', {
      place: { kind: 'own', listen: { port: 7661 } },
    });
    for (const deviceId of ['', 'a b', '<x>', 'x'.repeat(65)])
      expect(settings({ protocol: 'ehome', deviceId })).toMatchObject({ problem: 'deviceId' });
  });
});

describe('how events are counted, and how is logged in', () => {
  it('is as before where nothing is said', () => {
    const found = settings({ host: 'h' });
    expect(found).toMatchObject({ isOnSite: true });
    expect(found).not.toHaveProperty('options.events');
    expect(found).not.toHaveProperty('options.login');
    expect(settings({ host: 'h', login: 'constructor' })).not.toHaveProperty('options.login');
  });

  it('is as the fields say', () => {
    expect(settings({ host: 'h', merge: false, site: false, login: 'session' })).toMatchObject({
      isOnSite: false,
      options: { events: { merge: false }, login: 'session' },
    });
  });
});
