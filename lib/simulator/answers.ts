/** What a device answers, in its own words: ResponseStatus, userCheck, and the pages of its web server. */
import { escapeXml } from '../codec/xml';
import type { LockOptions, LockState } from './auth';

export interface DeviceAnswer {
  readonly status: number;
  /** Null: no Content-Type header. */
  readonly contentType: string | null;
  readonly body: Buffer;
  /** The device restarts once this is sent. */
  readonly restarts?: true;
  /** Sent instead of `body`, piece by piece; over HTTP only. */
  readonly stream?: AnswerStream;
  /** Takes what the client goes on to write on this connection after its request, until one of both ends it. */
  readonly hears?: (bytes: Buffer) => void;
}

/** A body that is never whole in memory. */
export interface AnswerStream {
  /** Null: it goes on until the client has enough. */
  readonly sizeBytes: number | null;
  /** Pause after each piece, as a microphone has it; 0: as fast as the client takes it. */
  readonly everyMs: number;
  /** Null at the end. */
  next(): Buffer | null;
}

/** Cameras end lines with CRLF, recorders with LF (isapi.md §0.1). */
export type LineEnd = '\r\n' | '\n';

export const XML_TYPE = 'application/xml; charset="UTF-8"';
export const JSON_TYPE = 'application/json; charset="UTF-8"';
export const NAMESPACE = 'http://www.hikvision.com/ver20/XMLSchema';

/** A document with its declaration; `content` may be written over several lines. */
export function xmlDocument(content: string, lineEnd: LineEnd): Buffer {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', ...content.split('\n').map((line) => line.trim())];
  return Buffer.from(lines.filter((line) => line !== '').join(lineEnd) + lineEnd);
}

export function xmlAnswer(content: string, lineEnd: LineEnd, status = 200): DeviceAnswer {
  return { status, contentType: XML_TYPE, body: xmlDocument(content, lineEnd) };
}

export function jsonAnswer(value: unknown, status = 200): DeviceAnswer {
  return { status, contentType: JSON_TYPE, body: Buffer.from(`${JSON.stringify(value, null, '\t')}\n`) };
}

/** How refusals go together: HTTP status, statusCode, statusString, errorCode by subStatusCode (isapi.md §8). */
const STATUS_WORDS = {
  ok: [200, 1, 'OK', 1],
  rebootRequired: [200, 7, 'Reboot Required', 0x70000001],
  deviceBusy: [503, 2, 'Device Busy', 0x20000004],
  deviceError: [500, 3, 'Device Error', 0x30000001],
  notSupport: [403, 4, 'Invalid Operation', 0x40000001],
  methodNotAllowed: [405, 4, 'Invalid Operation', 0x40000004],
  invalidOperation: [403, 4, 'Invalid Operation', 0x40000006],
  IDNotexist: [403, 4, 'Invalid Operation', 0x40001001],
  SessionExpired: [401, 4, 'Invalid Operation', 0x400010a7],
  loginNumExceedLimit: [403, 4, 'Invalid Operation', 0x4000203f],
  audioIsPlayingPleaseWait: [403, 4, 'Invalid Operation', 0x40002067],
  armingFailed: [403, 4, 'Invalid Operation', 0x40008000],
  armProcess: [200, 1, 'OK', 0x10000005],
  twoWayAudioInProgressPleaseWait: [403, 4, 'Invalid Operation', 0x40002068],
  badXmlFormat: [400, 5, 'Invalid XML Format', 0x50000001],
  badJsonFormat: [400, 5, 'Invalid Format', 0x50000002],
  badParameters: [400, 6, 'Invalid XML Content', 0x60000001],
  badXmlContent: [400, 6, 'Invalid XML Content', 0x60000003],
  badDevType: [400, 6, 'Invalid Content', 0x60000010],
  MessageParametersLack: [400, 6, 'Invalid XML Content', 0x60000019],
  deviceUserNotExist: [400, 6, 'Invalid Content', 0x60007001],
  // The numbers of these two are not public; the names decide.
  employeeNoAlreadyExist: [400, 6, 'Invalid Content', 0x60007002],
  cardNoAlreadyExist: [400, 6, 'Invalid Content', 0x60007002],
  deployExceedMax: [403, 6, 'Invalid Content', 0x60006018],
} as const;

export type SubStatus = keyof typeof STATUS_WORDS;

/** Where a ResponseStatus is written to. */
export interface StatusPlace {
  /** Path of the request; comes back as `requestURL`. */
  readonly path: string;
  readonly lineEnd: LineEnd;
  /** The request asked with `format=json`. */
  readonly json: boolean;
}

/** @param detail becomes `errorMsg`: the name of the missing field, for example. */
export function responseStatus(subStatus: SubStatus, place: StatusPlace, detail?: string): DeviceAnswer {
  const [status, statusCode, statusString, errorCode] = STATUS_WORDS[subStatus];
  if (place.json) {
    return jsonAnswer(
      { statusCode, statusString, subStatusCode: subStatus, errorCode, errorMsg: detail ?? subStatus },
      status,
    );
  }
  const failed = statusCode !== 1;
  return xmlAnswer(
    `<ResponseStatus version="2.0" xmlns="${NAMESPACE}">
    <requestURL>${escapeXml(place.path)}</requestURL>
    <statusCode>${statusCode}</statusCode>
    <statusString>${statusString}</statusString>
    <subStatusCode>${subStatus}</subStatusCode>
    ${failed ? `<errorCode>${errorCode}</errorCode>\n<errorMsg>${escapeXml(detail ?? subStatus)}</errorMsg>` : ''}
    </ResponseStatus>`,
    place.lineEnd,
    status,
  );
}

/** A path that the device does not know is answered by its web server, not by ISAPI. */
export function notFound(path: string): DeviceAnswer {
  return htmlError(404, 'Not Found', `Can't locate document: ${escapeXml(path.slice(0, 512))}`);
}

function htmlError(status: number, title: string, text: string): DeviceAnswer {
  const body =
    `<!DOCTYPE html>\r\n<html><head><title>Document Error: ${title}</title></head>\r\n` +
    `<body><h2>Access Error: ${status} -- ${title}</h2>\r\n<p>${text}</p>\r\n</body>\r\n</html>\r\n`;
  return { status, contentType: 'text/html', body: Buffer.from(body) };
}

/** `GET /ISAPI/Security/userCheck` with the right password. */
export function userCheck(fields: LockOptions['lockFields'], lock: LockState, lineEnd: LineEnd): DeviceAnswer {
  return userCheckDocument(200, 'OK', fields === 'userCheck' ? lock : null, lineEnd);
}

/**
 * The body of a 401. A camera sends a web page to whoever has not tried yet, a recorder a short userCheck; a refused password
 * and a lock are told in the words that the device knows, userCheck or ResponseStatus.
 */
export function unauthorized(options: {
  readonly lockFields: LockOptions['lockFields'];
  readonly lock: LockState;
  readonly rejected: boolean;
  readonly isUserCheck: boolean;
  readonly page: boolean;
  readonly lineEnd: LineEnd;
}): DeviceAnswer {
  const { lock, lineEnd } = options;
  const tellsLock = options.rejected || lock.locked;
  if (tellsLock && options.lockFields === 'responseStatus') return lockedStatus(lock, lineEnd);
  if (tellsLock && options.lockFields === 'userCheck') return userCheckDocument(401, 'Unauthorized', lock, lineEnd);
  if (options.page && !options.isUserCheck) return htmlError(401, 'Unauthorized', 'Authentication Error');
  return userCheckDocument(401, 'Unauthorized', null, lineEnd);
}

function userCheckDocument(status: number, text: string, lock: LockState | null, lineEnd: LineEnd): DeviceAnswer {
  return xmlAnswer(
    `<userCheck version="2.0" xmlns="${NAMESPACE}">
    <statusValue>${status}</statusValue>
    <statusString>${text}</statusString>
    ${
      lock === null
        ? ''
        : `<isDefaultPassword>false</isDefaultPassword>
    <isRiskPassword>false</isRiskPassword>
    <isActivated>true</isActivated>
    <lockStatus>${lock.locked ? 'lock' : 'unlock'}</lockStatus>
    <unlockTime>${lock.unlockSeconds}</unlockTime>
    <retryLoginTime>${lock.retriesLeft}</retryLoginTime>`
    }
    </userCheck>`,
    lineEnd,
    status,
  );
}

/** The other vocabulary: `locked`, `retryTimes`, `resLockTime` (isapi.md §1.2). */
function lockedStatus(lock: LockState, lineEnd: LineEnd): DeviceAnswer {
  return xmlAnswer(
    `<ResponseStatus version="1.0" xmlns="http://www.std-cgi.org/ver20/XMLSchema">
    <requestURL></requestURL>
    <statusCode>4</statusCode>
    <statusString>Invalid Operation</statusString>
    <subStatusCode>badAuthorization</subStatusCode>
    <lockStatus>${lock.locked ? 'locked' : 'unlock'}</lockStatus>
    <retryTimes>${lock.retriesLeft}</retryTimes>
    <resLockTime>${lock.unlockSeconds}</resLockTime>
    </ResponseStatus>`,
    lineEnd,
    401,
  );
}
