/**
 * What an answer means: success, or which error. Judged by the device's own words first and by the HTTP status last, because
 * the status misleads: `lowPrivilege` arrives as 400 on one panel, a passing `deviceError` as 500, a refusal under 200,
 * and a success under 403 (isapi.md §8).
 */
import { systemClock } from '../clock';
import { excerpt, sniff } from '../codec/text';
import {
  AuthenticationError,
  DeviceBusyError,
  LockedError,
  NotActivatedError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  RefusedError,
  TooManySessionsError,
  UnsupportedError,
  type ErrorContext,
  type HikvisionError,
} from '../errors';
import { LOCK_FALLBACK_MS, LOCK_MARGIN_MS } from '../settings';
import { responseStatusOf, rootNameOf, type IsapiAnswer, type ResponseStatus } from '../codec/isapi';

/** How far into a body the name of its root element is looked for. */
const HEAD_BYTES = 1_024;

type Cause = keyof typeof CAUSES;

/** One line per cause: the class, and what it means to the user. */
const CAUSES = {
  busy: { make: DeviceBusyError, meaning: 'the device is busy' },
  fault: { make: DeviceBusyError, meaning: 'the device reports a fault of its own, which usually passes' },
  sessions: { make: TooManySessionsError, meaning: 'all sessions of the device are taken' },
  authentication: { make: AuthenticationError, meaning: 'user name or password refused' },
  permission: { make: PermissionError, meaning: 'the user lacks the right for this' },
  unsupported: { make: UnsupportedError, meaning: 'the device has no such function or channel' },
  missing: { make: NotFoundError, meaning: 'the device has no such item' },
  inactive: { make: NotActivatedError, meaning: 'the device was never given a password' },
  refused: { make: RefusedError, meaning: 'the device refused' },
  malformed: { make: RefusedError, meaning: 'the device could not read the request' },
  parameter: { make: RefusedError, meaning: 'the device does not take these values' },
  elsewhere: { make: RefusedError, meaning: 'the device points to another address; it may want HTTPS' },
} as const;

/** By `subStatusCode`, lower case. Source: isapi.md §8.2; what is not here is decided by the statusCode. */
const BY_SUB_STATUS = new Map<string, Cause>([
  ...entries(
    'busy',
    'noMemory serviceUnavailable upgrading deviceBusy reConnectIpc audioIsPlayingPleaseWait twoWayAudioInProgressPleaseWait',
    'PTZNotInitialized PTZSelfChecking importing exporting analysisEnginesLoadingError noSearchIDResource',
  ),
  ...entries('fault', 'deviceError badFlash socketConnectError receiveError captureTimeout'),
  ...entries('sessions', 'loginNumExceedLimit deployExceedMax'),
  ...entries('authentication', 'badAuthorization needReAuthentication SessionExpired'),
  ...entries('permission', 'lowPrivilege'),
  ...entries('unsupported', 'notSupport methodNotAllowed eventNotSupport'),
  ...entries('missing', 'IDNotexist noFiles searchNull noRecord deviceUserNotExist exDevNotExist'),
  ...entries('inactive', 'notActivated'),
  ...entries('malformed', 'badXmlFormat badJsonFormat badURLFormat'),
  ...entries(
    'parameter',
    'badParameters badHostAddress badXmlContent MessageParametersLack beyondARGSRangeLimit badIPv4Address',
    'conflictIPv4Address badPort badNetMask badVersion badDevType badLanguage',
  ),
  ...entries(
    'refused',
    // A wrong password of a camera behind a recorder, or of a confirmation; ours was accepted.
    'incorrentUserNameOrPassword wrongPassword authenticationFailed importCfgFilePasswordErr',
    'invalidOperation hasActivated operateFailed fileAlreadyExists searchFailed PTZLocked channelNumOverLimit',
    'analysisEnginesNoResourceError analysisEnginesAssociatedChannel deviceUserAlreadyExist',
    'riskPassword userPwdLenUnder8 userPwdNameSame userPwdNameMirror',
  ),
]);

/** By `statusCode`; 0, 1 and 7 are successes. */
const BY_STATUS_CODE = new Map<number, Cause>([
  [2, 'busy'],
  [3, 'fault'],
  [4, 'refused'],
  [5, 'malformed'],
  [6, 'parameter'],
  [8, 'refused'],
  [9, 'refused'],
]);

/** By HTTP status, where the body says nothing. An empty 403 is what devices answer for a function they lack. */
const BY_HTTP_STATUS = new Map<number, Cause>([
  [401, 'authentication'],
  [403, 'unsupported'],
  [404, 'unsupported'],
  [405, 'unsupported'],
  [408, 'busy'],
  [410, 'unsupported'],
  [423, 'busy'],
  [429, 'busy'],
  [501, 'unsupported'],
  [505, 'unsupported'],
]);

/**
 * The error that an answer stands for; null for a success.
 *
 * A 401 is the transport's business and comes here only with a ResponseStatus; any other one is an AuthenticationError.
 * Pictures and large documents are not parsed: the name of the root decides whether a body is judged at all.
 *
 * @param operation what was tried, for the message.
 * @param device the device as people know it, for the message.
 * @param nowMs wall clock, from which the end of a lock is counted.
 */
export function mapAnswer(
  answer: IsapiAnswer,
  operation: string,
  device: string,
  nowMs: number = systemClock.now(),
): HikvisionError | null {
  const context: ErrorContext = { operation, device };
  const isSuccessStatus = answer.status >= 200 && answer.status < 300;
  let status: ResponseStatus | null;
  try {
    status = responseStatusOf(answer);
  } catch (error) {
    if (isSuccessStatus) {
      return new ProtocolError('the device answered with a status that cannot be read', 0, {
        ...context,
        cause: error,
      });
    }
    // The body of a failure is only there to explain it; the HTTP status decides without it.
    status = null;
  }
  if (status === null) {
    return isSuccessStatus ? null : errorOf(causeOfHttpStatus(answer.status), wordsOfHttp(answer), context);
  }
  if (isSuccess(status, answer.status)) return null;
  const words = wordsOf(status, answer.status);
  if (status.isLocked) {
    const lockMs = status.unlockSeconds === null ? LOCK_FALLBACK_MS : status.unlockSeconds * 1_000 + LOCK_MARGIN_MS;
    const minutes = Math.ceil(lockMs / 60_000);
    const message = `the device has locked the account for about ${minutes} minute${minutes === 1 ? '' : 's'}${words}`;
    return new LockedError(message, nowMs + lockMs, context);
  }
  return errorOf(causeOf(status, answer.status), words, context);
}

/** True when the device took a change but needs a restart before it counts (`statusCode` 7). */
export function needsReboot(answer: IsapiAnswer): boolean {
  const status = responseStatusOf(answer);
  return status !== null && (status.statusCode === 7 || status.subStatusCode?.toLowerCase() === 'rebootrequired');
}

function isSuccess(status: ResponseStatus, httpStatus: number): boolean {
  if (httpStatus === 401) return false;
  const code = status.statusCode;
  // An alarm panel that counts down to arming says so; it is no refusal (isapi.md §7.4).
  if (status.subStatusCode?.toLowerCase() === 'armprocess') return true;
  if (status.isUserCheck) return code === null ? httpStatus < 300 : code === 200;
  if (code === 0 || code === 1 || code === 7) return true;
  const isSuccessStatus = httpStatus >= 200 && httpStatus < 300;
  if (code !== null) return isSuccessStatus && !BY_STATUS_CODE.has(code) && causeOfSub(status) === undefined;
  return status.subStatusCode === null ? isSuccessStatus : status.subStatusCode.toLowerCase() === 'ok';
}

function causeOf(status: ResponseStatus, httpStatus: number): Cause {
  if (status.isUserCheck) return 'authentication';
  const bySub = causeOfSub(status);
  // A 401 that only says no is still about the password, and a retry would cost an attempt.
  if (httpStatus === 401 && (bySub === undefined || bySub === 'refused')) return 'authentication';
  if (bySub !== undefined) return bySub;
  const byCode = status.statusCode === null ? undefined : BY_STATUS_CODE.get(status.statusCode);
  return byCode ?? (httpStatus >= 300 ? causeOfHttpStatus(httpStatus) : 'refused');
}

function causeOfSub(status: ResponseStatus): Cause | undefined {
  return status.subStatusCode === null ? undefined : BY_SUB_STATUS.get(status.subStatusCode.toLowerCase());
}

function causeOfHttpStatus(httpStatus: number): Cause {
  const cause = BY_HTTP_STATUS.get(httpStatus);
  if (cause !== undefined) return cause;
  if (httpStatus >= 500) return 'busy';
  return httpStatus >= 300 && httpStatus < 400 ? 'elsewhere' : 'refused';
}

function errorOf(cause: Cause, words: string, context: ErrorContext): HikvisionError {
  const { make: Make, meaning } = CAUSES[cause];
  return new Make(`${meaning}${words}`, context);
}

/** `; it answered "Invalid Operation" (notSupport, HTTP 403)`. */
function wordsOf(status: ResponseStatus, httpStatus: number): string {
  const code = status.isUserCheck || status.statusCode === null ? null : `statusCode ${status.statusCode}`;
  const details = [status.subStatusCode ?? code, ownWords(status), `HTTP ${httpStatus}`].filter(
    (word) => word !== null,
  );
  const quoted = status.statusString === null ? '' : ` "${excerpt(status.statusString, 80)}"`;
  return `; it answered${quoted} (${details.map((word) => excerpt(word, 120)).join(', ')})`;
}

function ownWords(status: ResponseStatus): string | null {
  const { errorMsg, subStatusCode } = status;
  return errorMsg === null || errorMsg.toLowerCase() === subStatusCode?.toLowerCase() ? null : errorMsg;
}

function wordsOfHttp(answer: IsapiAnswer): string {
  return `; it answered HTTP ${answer.status}${pageTitle(answer.body)}`;
}

/** The title of an error page, or the first words of a text; pictures and other bytes are not quoted. */
function pageTitle(body: Buffer): string {
  const kind = sniff(body);
  if (kind !== 'xml' && kind !== 'json') return '';
  const head = body.subarray(0, HEAD_BYTES).toString('latin1');
  if (rootNameOf(body) !== 'html') return kind === 'json' ? ` ${excerpt(body, 80)}` : '';
  const title = /<title[^<>]*>([^<]{1,200})<\/title/i.exec(head)?.[1];
  return title === undefined ? '' : ` "${excerpt(title, 80)}"`;
}

function entries(cause: Cause, ...names: readonly string[]): [string, Cause][] {
  return names.flatMap((line) => line.split(' ')).map((name) => [name.toLowerCase(), cause]);
}
