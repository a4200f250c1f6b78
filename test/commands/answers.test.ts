import { describe, expect, it } from 'vitest';
import { responseStatusOf } from '../../lib/codec/isapi';
import { mapAnswer, needsReboot } from '../../lib/commands/answers';
import { LockedError, type ErrorCode } from '../../lib/errors';
import { JPEG, OK, refusal, reply } from '../support/steps';

const map = (answer: ReturnType<typeof reply>) => mapAnswer(answer, 'camera.snapshot', 'gate', 1_000_000);

const json = (status: number, body: unknown) => reply(status, JSON.stringify(body), 'application/json');

describe('mapAnswer', () => {
  const failures: [string, ReturnType<typeof reply>, ErrorCode][] = [
    ['notSupport under 403', refusal(403, 4, 'Invalid Operation', 'notSupport'), 'HIK_UNSUPPORTED'],
    ['a failure under HTTP 200', refusal(200, 4, 'Invalid Operation', 'notSupport'), 'HIK_UNSUPPORTED'],
    ['the sub code before the code', refusal(400, 4, 'Invalid Operation', 'lowPrivilege'), 'HIK_PERMISSION'],
    ['sub codes without case', refusal(403, 4, 'Invalid Operation', 'NOTSUPPORT'), 'HIK_UNSUPPORTED'],
    ['invalidOperation', refusal(403, 4, 'Invalid Operation', 'invalidOperation'), 'HIK_REFUSED'],
    ['deviceBusy', refusal(503, 2, 'Device Busy', 'deviceBusy'), 'HIK_BUSY'],
    ['deviceError, which passes', refusal(500, 3, 'Device Error', 'deviceError'), 'HIK_BUSY'],
    ['a device error with an unknown sub code', refusal(500, 3, 'Device Error', 'somethingNew'), 'HIK_BUSY'],
    ['badXmlContent', refusal(400, 6, 'Invalid XML Content', 'badXmlContent'), 'HIK_REFUSED'],
    ['badXmlFormat', refusal(400, 5, 'Invalid XML Format', 'badXmlFormat'), 'HIK_REFUSED'],
    ['an unknown sub code by its statusCode', refusal(403, 4, 'Invalid Operation', 'somethingNew'), 'HIK_REFUSED'],
    ['notActivated', refusal(403, 4, 'Invalid Operation', 'notActivated'), 'HIK_NOT_ACTIVATED'],
    ['too many logins', refusal(403, 4, 'Invalid Operation', 'loginNumExceedLimit'), 'HIK_TOO_MANY_SESSIONS'],
    ['deployExceedMax', refusal(403, 4, 'Invalid Operation', 'deployExceedMax'), 'HIK_TOO_MANY_SESSIONS'],
    ['an id that is not there', refusal(400, 4, 'Invalid Operation', 'IDNotexist'), 'HIK_NOT_FOUND'],
    ['badAuthorization', refusal(401, 4, 'Invalid Operation', 'badAuthorization'), 'HIK_AUTHENTICATION'],
    ['a missing right under 401', refusal(401, 4, 'Invalid Operation', 'lowPrivilege'), 'HIK_PERMISSION'],
    ['a 401 that says nothing else', refusal(401, 4, 'Invalid Operation', 'invalidOperation'), 'HIK_AUTHENTICATION'],
    ['a 401 that claims success', refusal(401, 1, 'OK', 'ok'), 'HIK_AUTHENTICATION'],
    ['a 401 without words', reply(401, '<html>no</html>', 'text/html'), 'HIK_AUTHENTICATION'],
    ['an empty 403', reply(403), 'HIK_UNSUPPORTED'],
    ['a web page under 404', reply(404, '<!DOCTYPE html>\n<html><title>Not Found</title></html>'), 'HIK_UNSUPPORTED'],
    ['an empty 404', reply(404), 'HIK_UNSUPPORTED'],
    ['405', reply(405), 'HIK_UNSUPPORTED'],
    ['an empty 400', reply(400), 'HIK_REFUSED'],
    ['an empty 500', reply(500), 'HIK_BUSY'],
    ['an empty 503', reply(503), 'HIK_BUSY'],
    ['a redirection', reply(302), 'HIK_REFUSED'],
    [
      'JSON with numbers',
      json(400, {
        statusCode: 4,
        statusString: 'Invalid Operation',
        subStatusCode: 'lowPrivilege',
        errorCode: 1073741826,
      }),
      'HIK_PERMISSION',
    ],
    [
      'JSON with strings',
      json(200, { statusCode: '4', statusString: 'x', subStatusCode: 'notSupport' }),
      'HIK_UNSUPPORTED',
    ],
    [
      'JSON inside a ResponseStatus',
      json(200, { ResponseStatus: { statusCode: 2, subStatusCode: 'deviceBusy' } }),
      'HIK_BUSY',
    ],
    ['a status document cut off under 400', reply(400, '<ResponseStatus><statusCode>4</status'), 'HIK_REFUSED'],
    ['a status document cut off under 200', reply(200, '<ResponseStatus><statusCode>4</status'), 'HIK_PROTOCOL'],
    [
      'a userCheck that says no under 200',
      reply(200, '<userCheck><statusValue>401</statusValue></userCheck>'),
      'HIK_AUTHENTICATION',
    ],
    [
      'a prefixed root',
      reply(403, '<x:ResponseStatus xmlns:x="a"><x:subStatusCode>notSupport</x:subStatusCode></x:ResponseStatus>'),
      'HIK_UNSUPPORTED',
    ],
  ];
  for (const [what, answer, code] of failures) {
    it(`understands ${what} as ${code}`, () => expect(map(answer)?.code).toBe(code));
  }

  const successes: [string, ReturnType<typeof reply>][] = [
    ['a ResponseStatus that is OK', OK],
    ['statusCode 0', refusal(200, 0, 'OK', 'ok')],
    ['a restart that is needed, under 403', refusal(403, 7, 'Reboot Required', 'rebootRequired')],
    ['a success under 400', refusal(400, 1, 'OK', 'ok')],
    ['a warning about the password', refusal(200, 1, 'OK', 'riskPassword')],
    ['a document', reply(200, '<DeviceInfo><model>x</model></DeviceInfo>')],
    [
      'a document that quotes a status',
      reply(200, '<List><ResponseStatus><statusCode>4</statusCode></ResponseStatus></List>'),
    ],
    ['a picture', reply(200, JPEG, 'image/jpeg')],
    ['nothing', reply(200)],
    ['text', reply(200, 'CST-8:00:00')],
    ['JSON that is no status', json(200, { HDStatus: [{ hdNo: 2, status: 0 }] })],
    ['JSON that only looks broken', reply(200, '{"statusCode":')],
    ['a list', json(200, [{ statusCode: 4 }])],
    ['JSON with statusCode 1', json(200, { statusCode: 1, statusString: 'OK', subStatusCode: 'ok' })],
    [
      'a userCheck that says OK',
      reply(200, '<userCheck><statusValue>200</statusValue><lockStatus>unlock</lockStatus></userCheck>'),
    ],
    ['201', reply(201)],
    ['an empty ResponseStatus under 200', reply(200, '<ResponseStatus/>')],
  ];
  for (const [what, answer] of successes) {
    it(`takes ${what} for a success`, () => expect(map(answer)).toBeNull());
  }

  it('says what was tried, on which device, what it means and what the device said', () => {
    expect(map(refusal(403, 4, 'Invalid Operation', 'notSupport'))?.message).toBe(
      'camera.snapshot on gate: the device has no such function or channel; it answered "Invalid Operation" (notSupport, HTTP 403)',
    );
    const lack = json(400, {
      statusCode: 6,
      statusString: 'Invalid Content',
      subStatusCode: 'MessageParametersLack',
      errorMsg: 'deviceName',
    });
    expect(map(lack)?.message).toContain('it answered "Invalid Content" (MessageParametersLack, deviceName, HTTP 400)');
    expect(map(reply(404, '<html><head><title>Document Error: Not Found</title></head></html>'))?.message).toContain(
      'it answered HTTP 404 "Document Error: Not Found"',
    );
  });

  it('bounds what it quotes, on one line', () => {
    const message = map(refusal(403, 4, `a\nb\u0007${'x'.repeat(5_000)}`, 'y'.repeat(5_000)))?.message ?? '';
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
    expect(message).not.toContain('\u0007');
  });

  it('reads the lock in both vocabularies, with the time that is left', () => {
    const first = map(
      reply(
        401,
        '<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>1795</unlockTime></userCheck>',
      ),
    );
    expect(first).toBeInstanceOf(LockedError);
    expect((first as LockedError).unlockAtMs).toBe(1_000_000 + 1_795_000 + 5_000);
    const second = map(
      reply(
        401,
        '<ResponseStatus><statusCode>4</statusCode><lockStatus>locked</lockStatus><resLockTime>60</resLockTime></ResponseStatus>',
      ),
    );
    expect((second as LockedError).unlockAtMs).toBe(1_000_000 + 65_000);
    const silent = map(
      reply(401, '<ResponseStatus><statusCode>4</statusCode><lockStatus>locked</lockStatus></ResponseStatus>'),
    );
    expect((silent as LockedError).unlockAtMs).toBe(1_000_000 + 30 * 60_000);
  });

  it('reads how many attempts are left', () => {
    const answer = reply(
      401,
      '<userCheck><statusValue>401</statusValue><retryLoginTime>4</retryLoginTime></userCheck>',
    );
    expect(responseStatusOf(answer)?.attemptsLeft).toBe(4);
  });

  it('does not read a large document, whatever it begins with', () => {
    const large = reply(200, `<ResponseStatus><statusCode>4</statusCode>${'<x/>'.repeat(100_000)}</ResponseStatus>`);
    expect(map(large)).toBeNull();
  });

  it('tells that a restart is needed', () => {
    expect(needsReboot(refusal(200, 7, 'Reboot Required', 'rebootRequired'))).toBe(true);
    expect(needsReboot(refusal(200, 1, 'OK', 'rebootRequired'))).toBe(true);
    expect(needsReboot(OK)).toBe(false);
    expect(needsReboot(reply(200))).toBe(false);
  });
});
