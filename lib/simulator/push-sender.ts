/**
 * What a device pushes: each event to the hosts that were set, one after another, as multipart or as one document. Only to this
 * machine and private networks; a simulator must bother nobody else.
 */
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Clock } from '../clock';
import { parseParameters } from './auth';

/** Where events are to go. */
export interface PushTarget {
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly address: string;
  readonly port: number;
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface PushBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Events that wait for one host; the oldest go first, as devices without memory do it. */
const MAX_WAITING = 32;
/** How long a host may take; devices wait about five seconds. */
const ANSWER_MS = 5_000;

const NEAR = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  NEAR.addSubnet(network, prefix, 'ipv4');
}
NEAR.addAddress('::1', 'ipv6');
NEAR.addSubnet('fc00::', 7, 'ipv6');
NEAR.addSubnet('fe80::', 10, 'ipv6');

export class PushSender {
  /** Pushes that a host took. */
  delivered = 0;
  /** Pushes that were given up: refused, not reached, or too many at once. */
  dropped = 0;

  private readonly queues = new Map<string, { readonly target: PushTarget; readonly bodies: PushBody[] }>();
  private readonly open = new Set<ClientRequest>();
  private isClosed = false;

  constructor(private readonly clock: Clock) {}

  send(targets: readonly PushTarget[], body: PushBody): void {
    for (const target of targets) {
      if (this.isClosed) return;
      if (!isNear(target.address)) continue;
      const key = `${target.address} ${target.port} ${target.url}`;
      const running = this.queues.get(key);
      if (running !== undefined) {
        running.bodies.push(body);
        if (running.bodies.length > MAX_WAITING) {
          running.bodies.shift();
          this.dropped++;
        }
        continue;
      }
      this.queues.set(key, { target, bodies: [body] });
      void this.work(key);
    }
  }

  /** Ends everything under way. */
  close(): void {
    this.isClosed = true;
    this.queues.clear();
    for (const outgoing of this.open) outgoing.destroy();
  }

  private async work(key: string): Promise<void> {
    for (;;) {
      const queue = this.queues.get(key);
      const body = queue?.bodies.shift();
      if (queue === undefined || body === undefined) break;
      if (await this.deliver(queue.target, body)) this.delivered++;
      else this.dropped++;
    }
    this.queues.delete(key);
  }

  /** Tries once more with what the host asks for. */
  private async deliver(target: PushTarget, body: PushBody): Promise<boolean> {
    const first = await this.post(target, body, null);
    if (first?.status !== 401 || first.challenge === null || target.username === '') return first?.status === 200;
    const authorization = answerTo(first.challenge, target);
    return authorization !== null && (await this.post(target, body, authorization))?.status === 200;
  }

  /** @returns null where no answer came. */
  private post(
    target: PushTarget,
    body: PushBody,
    authorization: string | null,
  ): Promise<{ readonly status: number; readonly challenge: string | null } | null> {
    return new Promise((resolve) => {
      if (this.isClosed) return resolve(null);
      const { protocol, address, port, url } = target;
      const options = {
        method: 'POST',
        host: address,
        port,
        path: url,
        agent: false,
        headers: {
          'Content-Type': body.contentType,
          'Content-Length': body.bytes.length,
          Connection: 'close',
          ...(authorization === null ? {} : { Authorization: authorization }),
        },
      };
      const answered = (incoming: IncomingMessage) => {
        incoming.on('error', () => undefined);
        incoming.resume();
        const challenge = incoming.headers['www-authenticate'] ?? null;
        incoming.once('close', () => finish({ status: incoming.statusCode ?? 0, challenge }));
      };
      // Devices take any certificate of those they push to.
      const outgoing =
        protocol === 'HTTPS'
          ? httpsRequest({ ...options, rejectUnauthorized: false }, answered)
          : httpRequest(options, answered);
      this.open.add(outgoing);
      const timer = this.clock.after(ANSWER_MS, () => outgoing.destroy());
      const finish = (result: { status: number; challenge: string | null } | null) => {
        timer.cancel();
        this.open.delete(outgoing);
        resolve(result);
      };
      outgoing.on('error', () => finish(null));
      outgoing.on('close', () => finish(null));
      outgoing.end(body.bytes);
    });
  }
}

function isNear(address: string): boolean {
  const family = isIP(address);
  return family === 0 ? address === 'localhost' : NEAR.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** RFC 7616 with MD5, which is what hosts ask devices for; null for another scheme. */
function answerTo(challenge: string, { username, password, url }: PushTarget): string | null {
  if (!/^digest /i.test(challenge)) return null;
  const parameters = parseParameters(challenge);
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const cnonce = randomBytes(8).toString('hex');
  const hash = (text: string) => createHash('md5').update(text).digest('hex');
  const secret = hash(`${username}:${realm}:${password}`);
  const what = hash(`POST:${url}`);
  const hasQop = parameters.has('qop');
  const response = hash(hasQop ? `${secret}:${nonce}:00000001:${cnonce}:auth:${what}` : `${secret}:${nonce}:${what}`);
  return (
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${url}", response="${response}"` +
    (hasQop ? `, qop=auth, nc=00000001, cnonce="${cnonce}"` : '')
  );
}
