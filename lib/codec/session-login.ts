/**
 * The session login of the web pages, which alarm panels ask for instead of Digest (isapi.md §1.4): what the device gives to start
 * with, the answer made from it, and what a session is then known by. Pure.
 */
import { createHash } from 'node:crypto';
import { ProtocolError } from '../errors';
import { sniff } from './text';
import { booleanAt, element, formatXml, numberAt, parseXml, textAt } from './xml';

export const SESSION_PATHS = {
  capabilities: '/ISAPI/Security/sessionLogin/capabilities',
  login: '/ISAPI/Security/sessionLogin',
  heartbeat: '/ISAPI/Security/sessionHeartbeat',
  logout: '/ISAPI/Security/sessionLogout',
} as const;

/** What a login starts with. */
export interface SessionChallenge {
  readonly sessionId: string;
  readonly challenge: string;
  readonly iterations: number;
  readonly isIrreversible: boolean;
  readonly salt: string;
  /** Version 2.1, as alarm panels have it. */
  readonly salt2: string | null;
  readonly version: string | null;
  readonly givesTag: boolean;
}

/** Headers that a session is known by. They open the device, so they belong into no message. */
export interface SessionHeaders {
  readonly Cookie: string;
  readonly SessionTag?: string;
}

/** Devices ask for 100 rounds; more than this is a device that wants to keep us busy. */
const MAX_ITERATIONS = 10_000;

/** @throws ProtocolError for a document that is no challenge. */
export function sessionChallengeOf(body: Buffer): SessionChallenge {
  if (sniff(body) !== 'xml') throw new ProtocolError('expected a SessionLoginCap', 0);
  const document = parseXml(body);
  if (document.name.toLowerCase() !== 'sessionlogincap') {
    throw new ProtocolError(`expected a SessionLoginCap, got ${document.name}`, 0);
  }
  const sessionId = textAt(document, 'sessionID');
  const challenge = textAt(document, 'challenge');
  const iterations = numberAt(document, 'iterations');
  if (sessionId === null || challenge === null) throw new ProtocolError('SessionLoginCap without a challenge', 0);
  if (iterations === null || !Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) {
    throw new ProtocolError(`SessionLoginCap with ${iterations ?? 'no number of'} iterations`, 0);
  }
  return {
    sessionId,
    challenge,
    iterations,
    isIrreversible: booleanAt(document, 'isIrreversible') ?? false,
    salt: textAt(document, 'salt') ?? '',
    salt2: textAt(document, 'salt2'),
    version: textAt(document, 'sessionIDVersion'),
    givesTag: booleanAt(document, 'isSupportSessionTag') ?? false,
  };
}

/** What stands for the password: rounds of SHA-256, each over the hexadecimal text of the one before. */
export function sessionProof(from: SessionChallenge, username: string, password: string): string {
  const { challenge, iterations, salt, salt2 } = from;
  let hash: string;
  let rounds: number;
  if (from.isIrreversible) {
    hash = sha256(username + salt + password);
    if (salt2 !== null) hash = sha256(username + salt2 + hash);
    hash = sha256(hash + challenge);
    rounds = iterations - 2;
  } else {
    hash = sha256(password) + challenge;
    rounds = iterations - 1;
  }
  for (let round = 0; round < rounds; round++) hash = sha256(hash);
  return hash;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

export function sessionLoginBody(from: SessionChallenge, username: string, password: string): string {
  const { version, givesTag } = from;
  return formatXml(
    element('SessionLogin', [
      element('userName', username),
      element('password', sessionProof(from, username, password)),
      element('sessionID', from.sessionId),
      element('isSessionIDValidLongTerm', false),
      ...(version === null ? [] : [element('sessionIDVersion', version)]),
      ...(givesTag ? [element('isNeedSessionTag', true)] : []),
    ]),
  );
}

/**
 * What the session is known by after a login that succeeded: the cookie `WebSession_<hex>=...` or `WebSession=...`, made from the
 * number of the session where the device sets none.
 *
 * @throws ProtocolError when there is nothing that could be sent.
 */
export function sessionHeadersOf(
  body: Buffer,
  setCookies: readonly string[],
  challenge: SessionChallenge,
): SessionHeaders {
  const document = sniff(body) === 'xml' ? parseXml(body) : undefined;
  const set = setCookies
    .map((line) => (line.split(';')[0] as string).trim())
    .find((pair) => /^WebSession\w{0,64}=/i.test(pair));
  const cookie = set ?? `WebSession=${textAt(document, 'sessionID') ?? challenge.sessionId}`;
  const tag = textAt(document, 'sessionTag');
  if (!WRITABLE.test(cookie) || (tag !== null && !WRITABLE.test(tag))) {
    throw new ProtocolError('a session that no header can carry', 0);
  }
  return { Cookie: cookie, ...(tag === null ? {} : { SessionTag: tag }) };
}

const WRITABLE = /^[\x21-\x7e]{1,4096}$/;
