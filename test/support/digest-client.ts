/**
 * A small HTTP client with digest and Basic for tests of the simulator. Written from RFC 7616 and on its own: it shares
 * nothing with the product, so that the product's two sides cannot agree on the same mistake.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Values of all `WWW-Authenticate` headers. */
  readonly challenges: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function readChallenge(text: string): Challenge {
  const parameters: Record<string, string> = {};
  for (const [, name, quoted, plain] of text.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    parameters[String(name).toLowerCase()] = quoted ?? plain ?? '';
  }
  return { scheme: text.split(' ')[0] ?? '', parameters };
}

/** RFC 7616 §3.4: the value of `response`. */
export function digest(input: {
  algorithm: string;
  username: string;
  realm: string;
  password: string;
  method: string;
  uri: string;
  nonce: string;
  qop?: string;
  nc?: string;
  cnonce?: string;
}): string {
  const h = (data: string) =>
    createHash(/^sha-256/i.test(input.algorithm) ? 'sha256' : 'md5')
      .update(data)
      .digest('hex');
  let a1 = [input.username, input.realm, input.password].join(':');
  if (/-sess$/i.test(input.algorithm)) a1 = [h(a1), input.nonce, input.cnonce].join(':');
  const a2 = [input.method, input.uri].join(':');
  const middle = input.qop === undefined ? [input.nonce] : [input.nonce, input.nc, input.cnonce, input.qop];
  return h([h(a1), ...middle, h(a2)].join(':'));
}

export function digestHeader(
  challenge: Challenge,
  credentials: Credentials,
  method: string,
  uri: string,
  count = 1,
): string {
  const { realm = '', nonce = '', algorithm, qop, opaque } = challenge.parameters;
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const common = { algorithm: algorithm ?? 'MD5', ...credentials, realm, method, uri, nonce, cnonce };
  const response = digest(qop === undefined ? common : { ...common, qop: 'auth', nc });
  return [
    `Digest username="${credentials.username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(qop === undefined ? [] : ['qop=auth', `nc=${nc}`]),
    ...(qop === undefined && !/-sess$/i.test(algorithm ?? '') ? [] : [`cnonce="${cnonce}"`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ].join(', ');
}

/** Bytes of a long answer, as they come. */
export class Incoming {
  bytes: Buffer = Buffer.alloc(0);
  isOver = false;

  constructor(readonly message: IncomingMessage) {
    message.on('data', (chunk: Buffer) => (this.bytes = Buffer.concat([this.bytes, chunk])));
    message.on('error', () => (this.isOver = true));
    message.on('close', () => (this.isOver = true));
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }
}

export class DigestClient {
  /** One connection, kept alive, so that answers come in order. */
  readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private challenge: Challenge | null = null;
  private count = 0;
  private readonly streams: IncomingMessage[] = [];

  constructor(
    readonly url: string,
    readonly credentials: Credentials = { username: 'admin', password: 'Simulator1' },
  ) {}

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  put(path: string, body = ''): Promise<Reply> {
    return this.call('PUT', path, body);
  }

  /** Authorizes itself, with the last nonce where there is one; tries again once when told that it is stale. */
  async call(method: string, path: string, body?: string): Promise<Reply> {
    for (let round = 0; ; round++) {
      const reply = await this.raw(method, path, body, this.authorization(method, path));
      const challenge = reply.challenges.map(readChallenge).find(({ scheme }) => /digest/i.test(scheme));
      if (reply.status !== 401 || challenge === undefined || round === 2) return reply;
      const isStale = /^true$/i.test(challenge.parameters.stale ?? '');
      const hadNonce = this.challenge !== null;
      this.challenge = challenge;
      this.count = 0;
      if (hadNonce && !isStale) {
        this.challenge = null;
        return reply;
      }
    }
  }

  /** One request with exactly this Authorization. */
  raw(method: string, path: string, body?: string, authorization?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = {};
      if (authorization !== undefined) headers.Authorization = authorization;
      if (body !== undefined) headers['Content-Length'] = String(Buffer.byteLength(body));
      const outgoing = httpRequest(new URL(this.url), { method, path, headers, agent: this.agent });
      outgoing.on('error', reject);
      outgoing.on('response', (message) => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('error', reject);
        message.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: message.statusCode ?? 0,
            headers: message.headers,
            challenges: message.headersDistinct['www-authenticate'] ?? [],
            body: bytes,
            text: bytes.toString('utf8'),
          });
        });
      });
      outgoing.end(body);
    });
  }

  /** Opens a long answer on a connection of its own. */
  async stream(path = '/ISAPI/Event/notification/alertStream'): Promise<Incoming> {
    if (this.challenge === null) await this.get('/ISAPI/Security/userCheck');
    const authorization = this.authorization('GET', path);
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
      const outgoing = httpRequest(new URL(this.url), { path, headers, agent: false });
      outgoing.on('error', reject);
      outgoing.on('response', (message) => {
        this.streams.push(message);
        resolve(new Incoming(message));
      });
      outgoing.end();
    });
  }

  close(): void {
    this.agent.destroy();
    for (const stream of this.streams) stream.destroy();
  }

  private authorization(method: string, path: string): string | undefined {
    return this.challenge === null
      ? undefined
      : digestHeader(this.challenge, this.credentials, method, path, ++this.count);
  }
}

export function basicHeader(credentials: Credentials): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** Waits until it is true; gives I/O its turns. @throws when it does not become true in time. */
export async function until(condition: () => boolean, what: string, timeoutMs = 5_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still waiting after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
