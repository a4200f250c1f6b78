import { describe, expect, it } from 'vitest';
import { responseStatusOf, rootNameOf } from '../../lib/codec/isapi';
import { ProtocolError } from '../../lib/errors';

const NOTHING = {
  statusCode: null,
  statusString: null,
  subStatusCode: null,
  errorMsg: null,
  isLocked: false,
  unlockSeconds: null,
  attemptsLeft: null,
  isUserCheck: false,
};

const statusOf = (body: string | Buffer) =>
  responseStatusOf({ status: 200, contentType: null, body: Buffer.from(body as string) });
const xml = (inner: string, root = 'ResponseStatus') => `<?xml version="1.0"?>\n<${root}>${inner}</${root}>`;

describe('the status document of an answer', () => {
  it('is read from XML', () => {
    expect(
      statusOf(
        '<?xml version="1.0" encoding="UTF-8"?>\n<ResponseStatus version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">\n' +
          '<requestURL>/ISAPI/System</requestURL><statusCode>4</statusCode><statusString>Invalid Operation</statusString>' +
          '<subStatusCode>notSupport</subStatusCode><errorCode>1073741825</errorCode><errorMsg>notSupport</errorMsg></ResponseStatus>\0',
      ),
    ).toEqual({
      ...NOTHING,
      statusCode: 4,
      statusString: 'Invalid Operation',
      subStatusCode: 'notSupport',
      errorMsg: 'notSupport',
    });
  });

  it.each([
    ['the answer to userCheck', 'userCheck'],
    ['the answer to a session login', 'SessionLogin'],
  ])('of %s has an HTTP status for a code', (_what, root) => {
    const inner =
      '<statusCode>9</statusCode><statusValue>401</statusValue><statusString>Unauthorized</statusString>' +
      '<lockStatus>lock</lockStatus><unlockTime>1743</unlockTime><retryLoginTime>0</retryLoginTime>';
    expect(statusOf(xml(inner, root))).toEqual({
      ...NOTHING,
      statusCode: 401,
      statusString: 'Unauthorized',
      isLocked: true,
      unlockSeconds: 1_743,
      attemptsLeft: 0,
      isUserCheck: true,
    });
  });

  it('tells the tries and the lock in both vocabularies', () => {
    expect(
      statusOf(xml('<lockStatus> Locked </lockStatus><resLockTime>60</resLockTime><retryTimes>4</retryTimes>')),
    ).toEqual({ ...NOTHING, isLocked: true, unlockSeconds: 60, attemptsLeft: 4 });
    expect(statusOf(xml('<lockStatus>unlock</lockStatus>'))?.isLocked).toBe(false);
    const both = '<resLockTime>60</resLockTime><unlockTime>30</unlockTime><retryTimes>4</retryTimes>';
    expect(statusOf(xml(`${both}<retryLoginTime>3</retryLoginTime>`))).toMatchObject({
      unlockSeconds: 30,
      attemptsLeft: 3,
    });
  });

  it('has its message in one of three places', () => {
    const additional =
      '<AdditionalErr><StatusList><Status><id>1</id><statusString>full</statusString></Status></StatusList></AdditionalErr>';
    const sub = '<subStatusString>busy</subStatusString>';
    expect(statusOf(xml(`${additional}${sub}<errorMsg>no</errorMsg>`))?.errorMsg).toBe('no');
    expect(statusOf(xml(`${additional}${sub}`))?.errorMsg).toBe('busy');
    expect(statusOf(xml(additional))?.errorMsg).toBe('1 full');
    expect(statusOf(xml('<AdditionalErr><StatusList/></AdditionalErr>'))?.errorMsg).toBeNull();
    expect(statusOf(xml(''))).toEqual(NOTHING);
  });

  it('is read from JSON, with numbers as text too, names without case, alone or within a ResponseStatus', () => {
    const fields = {
      statusCode: 4,
      statusString: 'Invalid Operation',
      subStatusCode: 'lowPrivilege',
      errorMsg: 'no',
      lockStatus: 'locked',
      unlockTime: '1800',
      retryLoginTime: 0,
    };
    const expected = {
      statusCode: 4,
      statusString: 'Invalid Operation',
      subStatusCode: 'lowPrivilege',
      errorMsg: 'no',
      isLocked: true,
      unlockSeconds: 1_800,
      attemptsLeft: 0,
      isUserCheck: false,
    };
    expect(statusOf(JSON.stringify(fields))).toEqual(expected);
    expect(statusOf(`${JSON.stringify({ responseStatus: fields })}\0\0`)).toEqual(expected);
    expect(statusOf('{"StatusCode":"4","resLockTime":60,"retryTimes":5,"errorMsg":"","lockStatus":true}')).toEqual({
      ...NOTHING,
      statusCode: 4,
      unlockSeconds: 60,
      attemptsLeft: 5,
    });
    const both = statusOf('{"statusCode":4,"unlockTime":30,"resLockTime":60,"retryLoginTime":3,"retryTimes":5}');
    expect(both).toMatchObject({ unlockSeconds: 30, attemptsLeft: 3 });
  });

  it.each([
    ['nothing', ''],
    ['another document', '<DeviceInfo><statusCode>4</statusCode></DeviceInfo>'],
    ['a web page', '<!DOCTYPE html>\n<html><title>Not Found</title></html>'],
    ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['JSON that holds only the word', '{"message":{"statusCode":4}}'],
    ['JSON without it', '{"code":4}'],
    ['a list', '[{"statusCode":4}]'],
    ['JSON that breaks off', '{"statusCode":4'],
    ['JSON with a list for it', '{"ResponseStatus":[{"statusCode":4}]}'],
  ])('is none for %s', (_what, body) => {
    expect(statusOf(body)).toBeNull();
  });

  it('is an error where it breaks off', () => {
    expect(() => statusOf('<ResponseStatus><statusCode>4</statusCode>')).toThrow(ProtocolError);
  });

  it('is looked for in 64 KB and no more', () => {
    const status = xml('<statusCode>4</statusCode>');
    expect(statusOf(status.padEnd(65_536, ' '))?.statusCode).toBe(4);
    expect(statusOf(status.padEnd(65_537, ' '))).toBeNull();
  });
});

describe('the name of a root element', () => {
  it.each([
    ['<ResponseStatus version="2.0">', 'responsestatus'],
    ['\ufeff<?xml version="1.0"?>\n<!-- x -->\n<ns-1:User.Check-2/>', 'user.check-2'],
    ['<_a>', '_a'],
    ['<:a>', null],
    ['<1a>', null],
    ['no element', null],
    ['', null],
  ])('%j: %j', (text, name) => expect(rootNameOf(Buffer.from(text))).toBe(name));

  it('is looked for in the first 1 KB', () => {
    expect(rootNameOf(Buffer.from(`${' '.repeat(1_022)}<a>`))).toBe('a');
    expect(rootNameOf(Buffer.from(`${' '.repeat(1_023)}<a>`))).toBeNull();
  });
});
