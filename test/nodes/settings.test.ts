import { describe, expect, it } from 'vitest';
import { deviceSettings, type Credentials, type DeviceFields } from '../../nodes/shared/settings';

const environment: Record<string, string> = { HOST: '192.0.2.77', FLOOR: '2' };
const settings = (fields: DeviceFields, credentials: Credentials = {}) =>
  deviceSettings(fields, credentials, {
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
