/**
 * Commands over HTTP, one after another on one connection: ours, with arguments checked, the answer parsed and mapped, against bare
 * undici with Digest. The floor is node:http on a connection that is kept, without a password.
 */
import { fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { Pool } from 'undici';
import { HikvisionClient } from '../../lib/index';
import { inTurn, type Figure } from './figure';

const PATH = '/ISAPI/System/time';
const USERNAME = 'admin';
const PASSWORD = 'Bench12345';

export async function benchCommands(rounds: number, batch = 50): Promise<Figure[]> {
  const server = fork(join(__dirname, 'commands-server.js'));
  const port = await new Promise<number>((resolve, reject) => {
    server.once('message', (message) => resolve(message as number));
    server.once('exit', (code) => reject(new Error(`the device of the bench ended with ${code}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  const ours = new HikvisionClient({ url, username: USERNAME, password: PASSWORD });
  const peer = new DigestByHand(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const repeated = (run: () => Promise<unknown>) => async () => {
    for (let count = 0; count < batch; count++) await run();
    return batch;
  };
  try {
    const rates = await inTurn(rounds, {
      ours: repeated(() => ours.call('config.getTime')),
      peer: repeated(() => peer.get(PATH)),
      floor: repeated(() => bare(agent, port)),
    });
    return [
      {
        name: 'commands.http',
        about: 'config.getTime one after another, from a device in a process of its own that only answers',
        unit: 'commands/s',
        ...rates,
        peerName: 'bare undici with Digest, the answer as text',
        floorName: 'node:http on one connection, without a password',
        aimToPeer: null,
      },
    ];
  } finally {
    await ours.close();
    await peer.close();
    agent.destroy();
    server.disconnect();
  }
}

/** What somebody writes who needs no more: one connection, the challenge asked for once, its nonce used again. */
class DigestByHand {
  private readonly pool: Pool;
  private challenge: { readonly realm: string; readonly nonce: string } | null = null;
  private count = 0;

  constructor(url: string) {
    this.pool = new Pool(url, { connections: 1 });
  }

  async get(path: string): Promise<string> {
    this.challenge ??= await this.ask(path);
    const authorization = this.authorization('GET', path, this.challenge);
    const { statusCode, body } = await this.pool.request({ method: 'GET', path, headers: { authorization } });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`undici was answered ${statusCode}`);
    return text;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async ask(path: string): Promise<{ realm: string; nonce: string }> {
    const { headers, body } = await this.pool.request({ method: 'GET', path });
    await body.dump();
    const text = String(headers['www-authenticate']);
    const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? '';
    return { realm: value('realm'), nonce: value('nonce') };
  }

  private authorization(method: string, path: string, { realm, nonce }: { realm: string; nonce: string }): string {
    const nc = (++this.count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(8).toString('hex');
    const secret = md5(`${USERNAME}:${realm}:${PASSWORD}`);
    const response = md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${path}`)}`);
    return `Digest username="${USERNAME}", realm="${realm}", nonce="${nonce}", uri="${path}", qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
  }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function bare(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/open', agent }, (incoming) => {
      incoming.on('end', resolve);
      incoming.on('error', reject);
      incoming.resume();
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
