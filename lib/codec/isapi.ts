/** Requests and answers of the text face, and the status documents that devices answer with. */
import { decodeText, sniff, withoutNuls } from './text';
import { numberAt, parseXml, textAt, find, toNumber, type XmlElement } from './xml';

export interface IsapiRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path with query, from `/`. Blanks as `%20`; devices do not read `+` as a blank. */
  readonly path: string;
  /** Text is sent as it is; `contentType` says what it is. */
  readonly body?: string | Buffer;
  readonly contentType?: string;
  /** Longest time to the head of the answer, when other than `HEADERS_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** Of an answer that goes on for ever: true when what was received is enough. Over HTTP it is then ended. */
  readonly endsAfter?: (received: Buffer) => boolean;
}

export interface IsapiAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Buffer;
  /** Bytes that went elsewhere, where the answer was not kept in memory; `body` is then empty. */
  readonly sizeBytes?: number;
}

/** Largest body that is read as a status document; real ones have 200 to 600 bytes. */
const STATUS_MAX_BYTES = 64 * 1024;
/** How far into a body the name of its root element is looked for. */
const HEAD_BYTES = 1_024;

/** The fields of a ResponseStatus, userCheck or SessionLogin document; null where absent. */
export interface ResponseStatus {
  readonly statusCode: number | null;
  readonly statusString: string | null;
  readonly subStatusCode: string | null;
  readonly errorMsg: string | null;
  /** Both vocabularies: `lockStatus` is `lock` or `locked`. */
  readonly isLocked: boolean;
  /** Seconds until the lock ends. */
  readonly unlockSeconds: number | null;
  /** Attempts left before the account is locked. */
  readonly attemptsLeft: number | null;
  /** A userCheck document carries an HTTP status instead of a status code. */
  readonly isUserCheck: boolean;
}

/**
 * The status document in a body, XML or JSON; null when the body is something else.
 *
 * @throws ProtocolError when it is XML that begins as one but cannot be read.
 */
export function responseStatusOf(answer: IsapiAnswer): ResponseStatus | null {
  if (answer.body.length === 0 || answer.body.length > STATUS_MAX_BYTES) return null;
  switch (sniff(answer.body)) {
    case 'xml': {
      const root = rootNameOf(answer.body);
      if (root !== 'responsestatus' && root !== 'usercheck' && root !== 'sessionlogin') return null;
      return statusFromXml(parseXml(answer.body));
    }
    case 'json':
      return answer.body.includes('tatusCode"') ? statusFromJson(answer.body) : null;
    default:
      return null;
  }
}

function statusFromXml(document: XmlElement): ResponseStatus {
  // The answer to a session login has the words of userCheck.
  const isUserCheck = document.name.toLowerCase() !== 'responsestatus';
  return {
    statusCode: numberAt(document, isUserCheck ? 'statusValue' : 'statusCode'),
    statusString: textAt(document, 'statusString'),
    subStatusCode: textAt(document, 'subStatusCode'),
    errorMsg: textAt(document, 'errorMsg') ?? textAt(document, 'subStatusString') ?? additionalError(document),
    isLocked: isLockWord(textAt(document, 'lockStatus')),
    unlockSeconds: numberAt(document, 'unlockTime') ?? numberAt(document, 'resLockTime'),
    attemptsLeft: numberAt(document, 'retryLoginTime') ?? numberAt(document, 'retryTimes'),
    isUserCheck,
  };
}

function additionalError(document: XmlElement): string | null {
  const additional = find(document, 'AdditionalErr');
  if (additional === undefined) return null;
  const texts: string[] = [];
  const collect = (from: XmlElement): void => {
    if (from.text !== '') texts.push(from.text);
    from.children.forEach(collect);
  };
  collect(additional);
  return texts.length === 0 ? null : texts.join(' ');
}

function statusFromJson(body: Buffer): ResponseStatus | null {
  let value: unknown;
  try {
    value = JSON.parse(withoutNuls(decodeText(body)));
  } catch {
    // Any document may hold the word; whoever reads this one finds out that it is broken.
    return null;
  }
  const fields = fieldsOf(value);
  const nested = fieldsOf(fields?.get('responsestatus'));
  const status = nested ?? fields;
  if (status?.get('statuscode') === undefined) return null;
  const word = (name: string): string | null => {
    const found = status.get(name);
    return typeof found === 'string' && found !== '' ? found : typeof found === 'number' ? String(found) : null;
  };
  const number = (name: string): number | null => toNumber(word(name));
  return {
    statusCode: number('statuscode'),
    statusString: word('statusstring'),
    subStatusCode: word('substatuscode'),
    errorMsg: word('errormsg'),
    isLocked: isLockWord(word('lockstatus')),
    unlockSeconds: number('unlocktime') ?? number('reslocktime'),
    attemptsLeft: number('retrylogintime') ?? number('retrytimes'),
    isUserCheck: false,
  };
}

/** The members of a JSON object by their names in lower case; a map, so that no name can mean something else. */
function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
}

function isLockWord(word: string | null): boolean {
  const lower = word?.trim().toLowerCase();
  return lower === 'lock' || lower === 'locked';
}

/** Name of the root element in lower case, without prefix, from the first bytes; null when they hold none. */
export function rootNameOf(body: Buffer): string | null {
  const head = body.subarray(0, HEAD_BYTES).toString('latin1');
  const name = /<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)/.exec(head)?.[1];
  return name === undefined ? null : name.toLowerCase();
}
