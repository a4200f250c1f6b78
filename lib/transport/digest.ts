/**
 * Digest and Basic authentication, pure: challenges in, header out. RFC 7616 with MD5, MD5-sess, SHA-256, SHA-256-sess, qop `auth`
 * or none (RFC 2069, older cameras), and what firmware does to it: quoted or bare values, `stale="FALSE"`, no algorithm.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly algorithm: Algorithm;
  /** The device wrote the algorithm itself; where it did not, the answer leaves it out too. */
  readonly namesAlgorithm: boolean;
  readonly qop: 'auth' | null;
  /** The nonce is too old; the password was not looked at. */
  readonly stale: boolean;
}

export interface BasicChallenge {
  readonly scheme: 'basic';
  readonly realm: string;
}

export type Challenge = DigestChallenge | BasicChallenge;

/** Weakest first; the strongest one offered is taken. */
const ALGORITHMS = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Reads one or many `WWW-Authenticate` headers. Challenges that we cannot answer (other schemes, algorithms, only `auth-int`) are left out. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) =>
    splitChallenges(header).flatMap(({ scheme, parameters }) => challengeOf(scheme, parameters)),
  );
}

/** The strongest challenge offered; Basic only when there is no Digest and `allowBasic`. Null when none can be answered. */
export function chooseChallenge(challenges: readonly Challenge[], allowBasic: boolean): Challenge | null {
  let best: DigestChallenge | null = null;
  for (const challenge of challenges) {
    if (challenge.scheme !== 'digest') continue;
    if (best === null || ALGORITHMS.indexOf(challenge.algorithm) > ALGORITHMS.indexOf(best.algorithm)) best = challenge;
  }
  return best ?? (allowBasic ? (challenges.find((challenge) => challenge.scheme === 'basic') ?? null) : null);
}

export interface DigestInput {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Exact target of the request, with its query. Anything else is the usual cause of an endless 401. */
  readonly uri: string;
  /** Count of requests with this nonce, from 1. */
  readonly nc: number;
  readonly cnonce: string;
}

/** The value of the `Authorization` header. */
export function digestAuthorization(challenge: DigestChallenge, input: DigestInput): string {
  const { algorithm, realm, nonce, opaque, qop } = challenge;
  const hash = (text: string) =>
    createHash(algorithm.startsWith('SHA') ? 'sha256' : 'md5')
      .update(text, 'utf8')
      .digest('hex');
  const count = input.nc.toString(16).padStart(8, '0');
  let a1 = hash(`${input.username}:${realm}:${input.password}`);
  if (algorithm.endsWith('-sess')) a1 = hash(`${a1}:${nonce}:${input.cnonce}`);
  const a2 = hash(`${input.method}:${input.uri}`);
  const response = hash(qop === null ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${input.cnonce}:${qop}:${a2}`);

  const fields = [
    `username="${quoted(input.username)}"`,
    `realm="${quoted(realm)}"`,
    `nonce="${quoted(nonce)}"`,
    `uri="${quoted(input.uri)}"`,
    `response="${response}"`,
  ];
  if (challenge.namesAlgorithm) fields.push(`algorithm=${algorithm}`);
  if (opaque !== null) fields.push(`opaque="${quoted(opaque)}"`);
  if (qop !== null) fields.push(`qop=${qop}`, `nc=${count}`, `cnonce="${input.cnonce}"`);
  else if (algorithm.endsWith('-sess')) fields.push(`cnonce="${input.cnonce}"`);
  return `Digest ${fields.join(', ')}`;
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** UTF-8 bytes as Latin-1 characters, because that is how Node writes header values; it refuses control characters. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^\t\P{Cc}]/gu, '');
  return Buffer.from(escaped, 'utf8').toString('latin1');
}

/**
 * Is this `Authorization` header the answer to our challenge with this user and password? For the other side of the line: devices
 * that call us.
 *
 * @param uri the target as it arrived; a device behind a path prefix may name another, so it is what the header must say.
 * @returns the count of requests with this nonce, null when it does not fit.
 */
export function verifiedDigest(
  header: string,
  challenge: DigestChallenge,
  expected: { readonly username: string; readonly password: string; readonly method: string; readonly uri: string },
): number | null {
  const [given] = splitChallenges(header);
  if (given?.scheme !== 'digest') return null;
  const { parameters } = given;
  const nc = parseInt(parameters.get('nc') ?? '1', 16);
  const cnonce = parameters.get('cnonce') ?? '';
  if (!Number.isInteger(nc) || nc < 1 || parameters.get('nonce') !== challenge.nonce) return null;
  const qop = parameters.has('qop') ? challenge.qop : null;
  const right = digestAuthorization({ ...challenge, qop }, { ...expected, nc, cnonce });
  const fields = splitChallenges(right)[0]?.parameters;
  const same = (name: string) => {
    const [one, other] = [parameters.get(name) ?? '', fields?.get(name) ?? ''].map((text) => Buffer.from(text)) as [
      Buffer,
      Buffer,
    ];
    return one.length === other.length && timingSafeEqual(one, other);
  };
  return same('username') && same('uri') && same('response') ? nc : null;
}

/** The nonce that an `Authorization` header answers; null for none. */
export function nonceOf(header: string): string | null {
  const [given] = splitChallenges(header);
  return given?.scheme === 'digest' ? (given.parameters.get('nonce') ?? null) : null;
}

function challengeOf(scheme: string, parameters: ReadonlyMap<string, string>): Challenge[] {
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'basic') return [{ scheme: 'basic', realm }];
  const nonce = parameters.get('nonce');
  if (scheme !== 'digest' || nonce === undefined) return [];
  const said = parameters.get('algorithm');
  // Capability documents spell it SHA256.
  const wanted = (said ?? 'MD5').toLowerCase().replace(/^sha256/, 'sha-256');
  const algorithm = ALGORITHMS.find((candidate) => candidate.toLowerCase() === wanted);
  const qops = parameters
    .get('qop')
    ?.split(/[\s,]+/)
    .map((value) => value.toLowerCase());
  if (algorithm === undefined || (qops !== undefined && !qops.includes('auth') && !qops.includes(''))) return [];
  return [
    {
      scheme: 'digest',
      realm,
      nonce,
      opaque: parameters.get('opaque') ?? null,
      algorithm,
      namesAlgorithm: said !== undefined,
      qop: qops?.includes('auth') === true ? 'auth' : null,
      stale: parameters.get('stale')?.toLowerCase() === 'true',
    },
  ];
}

/**
 * One header may hold several challenges, separated by the same comma as parameters. A word followed by a blank and no `=`
 * begins the next one.
 */
function splitChallenges(header: string): { scheme: string; parameters: Map<string, string> }[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const text = header.slice(0, 8_192);
  let at = 0;
  const skip = (signs: string) => {
    while (at < text.length && signs.includes(text[at] as string)) at++;
  };
  const upTo = (ends: string) => {
    const from = at;
    while (at < text.length && !ends.includes(text[at] as string)) at++;
    return text.slice(from, at);
  };
  while (at < text.length) {
    skip(' \t,');
    const name = upTo(' \t,="');
    if (name === '') {
      at++;
      continue;
    }
    skip(' \t');
    if (text[at] !== '=') {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      continue;
    }
    at++;
    skip(' \t');
    let value = '';
    if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\') at++;
        value += text[at] ?? '';
        at++;
      }
      at++;
    } else value = upTo(' \t,"'); // a bare nonce in base64 ends with `=`
    challenges[challenges.length - 1]?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}
