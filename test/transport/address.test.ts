import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../lib/errors';
import { parseDeviceUrl, placeOf, webAddressOf } from '../../lib/transport/address';

describe('the URL of a device', () => {
  it.each([
    ['http://192.0.2.10', { protocol: 'http', host: '192.0.2.10', port: 80, username: '', password: '' }],
    ['192.0.2.10', { protocol: 'http', host: '192.0.2.10', port: 80 }],
    ['HTTPS://cam.example', { protocol: 'https', host: 'cam.example', port: 443 }],
    ['https://cam.example:444/', { port: 444 }],
    ['http://admin:p@192.0.2.10:8080/ISAPI?x=1#y', { port: 8080, username: 'admin', password: 'p' }],
    ['http://admin@192.0.2.10', { username: 'admin', password: '' }],
    ['admin:p@192.0.2.10', { protocol: 'http', username: 'admin', password: 'p' }],
    ['http://[2001:db8::1]:81', { host: '2001:db8::1', port: 81 }],
    ['https://a:b@[::1]', { host: '::1', port: 443, username: 'a', password: 'b' }],
    ['http://[fe80::1%eth0]', { host: 'fe80::1%eth0' }],
    ['  http://192.0.2.10  ', { host: '192.0.2.10' }],
  ])('%s', (url, expected) => {
    expect(parseDeviceUrl(url)).toMatchObject(expected);
  });

  it.each([
    ['http://admin:a@b@192.0.2.10', 'a@b'],
    ['http://admin:a/b?c#d@192.0.2.10', 'a/b?c#d'],
    ['http://admin:a%40b@192.0.2.10', 'a@b'],
    ['http://admin:100%@192.0.2.10', '100%'],
    ['http://admin:a:b@192.0.2.10', 'a:b'],
    ['http://admin:ü "x@192.0.2.10', 'ü "x'],
  ])('takes the password of %s as people write it', (url, password) => {
    expect(parseDeviceUrl(url)).toMatchObject({ username: 'admin', password, host: '192.0.2.10' });
  });

  it('takes any percent-encoded user and password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (username, password) => {
        const url = `http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@192.0.2.10`;
        expect(parseDeviceUrl(url)).toMatchObject({ username, password });
      }),
    );
  });

  it.each([
    'ftp://user:Pl4nted@192.0.2.10',
    'http://user:Pl4nted@',
    'http://user:Pl4nted@192.0.2.10:0',
    'http://user:Pl4nted@192.0.2.10:99999',
    'http://user:Pl4nted@2001:db8::1',
    'http://user:Pl4nted@[not v6]',
    'http://user:Pl4nted@a b',
    'rtsp://user:Pl4@nted@192.0.2.10',
    // The host was forgotten.
    'http://user:Pl4nted',
    'user:Pl4nted',
    '',
    'http://',
  ])('%s is refused without its password', (url) => {
    let error: unknown;
    try {
      parseDeviceUrl(url);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ArgumentError);
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('nted');
  });

  it('is named without the usual port, IPv6 in brackets', () => {
    expect(placeOf({ protocol: 'http', host: '192.0.2.10', port: 80 })).toBe('192.0.2.10');
    expect(placeOf({ protocol: 'https', host: '192.0.2.10', port: 80 })).toBe('192.0.2.10:80');
    expect(placeOf({ protocol: 'https', host: '::1', port: 443 })).toBe('[::1]');
    expect(placeOf({ protocol: 'http', host: '::1', port: 81 })).toBe('[::1]:81');
  });
});

describe('the web page of a device', () => {
  it.each([
    ['http://admin:p@192.0.2.10', 'http://192.0.2.10'],
    ['https://cam.example:444/ISAPI', 'https://cam.example:444'],
    ['http://[2001:db8::1]:81', 'http://[2001:db8::1]:81'],
    ['hsp://192.0.2.10', null],
  ])('of %s is %s', (url, page) => {
    expect(webAddressOf(url)).toBe(page);
  });
});
