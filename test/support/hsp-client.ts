/**
 * A client of the command port for tests, written from the tables with `node:crypto` and `DataView` alone: it knows nothing of
 * the codec, the session or the simulator, so that none of them can hide a mistake of another.
 */
import { constants, createHash, createHmac, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { be32, join, padded, request, zeros } from './wire';

export interface HspClientOptions {
  readonly port: number;
  readonly user?: string;
  readonly password: string;
  readonly addend?: 'userId' | 'deviceClock';
  readonly mac?: readonly number[];
  /** Interface 0x5a and the plain sum for all commands. */
  readonly isOld?: boolean;
  readonly tls?: boolean;
}

export interface HspReply {
  readonly bytes: Buffer;
  readonly retVal: number;
  readonly checksum: number;
  readonly body: Buffer;
}

export interface HspSession {
  readonly userId: number;
  readonly seed: number;
  readonly challenge: string;
  readonly deviceClock: number;
  readonly reply: Buffer;
}

/** One connection, of which everything that arrives is kept. */
export class HspWire {
  private readonly chunks: Buffer[] = [];
  private readonly waiting = new Set<() => void>();
  isClosed = false;
  /** `ECONNRESET`, for example. */
  error: string | null = null;
  chunkCount = 0;

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.chunkCount++;
      this.wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async open(port: number, tls = false): Promise<HspWire> {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new HspWire(socket);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** The next frame by its own length; what is left when the connection ends before. */
  async frame(): Promise<Buffer> {
    await this.until(() => this.isClosed || (this.size >= 4 && this.size >= this.received.readUInt32BE(0)));
    const all = this.received;
    const length = all.length >= 4 ? Math.min(all.length, all.readUInt32BE(0)) : all.length;
    this.chunks.splice(0, this.chunks.length, all.subarray(length));
    return all.subarray(0, length);
  }

  /** Everything until the device closes. */
  async rest(): Promise<Buffer> {
    await this.until(() => this.isClosed);
    return this.received;
  }

  async until(is: () => boolean): Promise<void> {
    while (!is()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  private get size(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

export class HspClient {
  session: HspSession | null = null;
  private loggedInAtMs = 0;
  private readonly wires = new Set<HspWire>();

  constructor(readonly options: HspClientOptions) {}

  async open(): Promise<HspWire> {
    const wire = await HspWire.open(this.options.port, this.options.tls);
    this.wires.add(wire);
    return wire;
  }

  close(): void {
    for (const wire of this.wires) wire.close();
    this.wires.clear();
  }

  /** @returns the status of the reply; 1 makes a session. */
  async login(password = this.options.password): Promise<number> {
    const user = this.options.user ?? 'admin';
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 65_537 });
    const der = publicKey.export({ type: 'pkcs1', format: 'der' });
    const wire = await this.open();
    wire.write(loginFrame(join(padded(user, 48), der)));
    const first = await wire.frame();
    const word = (frame: Buffer, at: number) => new DataView(frame.buffer, frame.byteOffset).getUint32(at);
    if (first.length === 16) return word(first, 8);

    let challenge: string;
    let key = password;
    switch (first.length) {
      case 208:
      case 144: {
        const cipher = { key: privateKey, padding: constants.RSA_NO_PADDING };
        const block = privateDecrypt(cipher, first.subarray(16, 144));
        if (block[0] !== 0 || block[1] !== 2) throw new Error('no PKCS#1 block');
        challenge = block.toString('latin1', block.indexOf(0, 2) + 1).replace(/\0+$/, '');
        if (first.length === 208) {
          const salt = first.toString('latin1', 144);
          key = createHash('sha256').update(`${user}${salt}${password}`).digest('hex');
        }
        break;
      }
      case 76:
      case 96: {
        const text = first.toString('latin1', 16).replace(/\0+$/, '');
        challenge = Buffer.from(text, 'base64').toString('latin1');
        break;
      }
      default:
        throw new Error(`a challenge of ${first.length} bytes`);
    }
    wire.write(loginFrame(proofs(challenge, user, key)));
    const reply = await wire.frame();
    wire.close();
    const status = word(reply, 8);
    if (status !== 1) return status;
    this.session = {
      userId: word(reply, 16),
      seed: word(reply, 4),
      challenge,
      deviceClock: word(first, 4),
      reply,
    };
    this.loggedInAtMs = performance.now();
    return status;
  }

  /** A request of the session; `elapsedSeconds` counts from the login. */
  frameOf(command: number, body: Uint8Array = Buffer.alloc(0), elapsedSeconds?: number): Buffer {
    const { session } = this;
    if (session === null) throw new Error('log in first');
    const { mac = zeros(6), addend, isOld } = this.options;
    const fields = { command, body, mac, userId: session.userId, interfaceVersion: isOld === true ? 0x5a : 0x63 };
    const seconds = elapsedSeconds ?? Math.floor((performance.now() - this.loggedInAtMs) / 1_000);
    const base = addend === 'deviceClock' ? session.deviceClock : session.userId;
    const bytes = request(fields);
    const authWord =
      isOld === true
        ? bytes.subarray(12).reduce((sum, byte) => sum + byte, 0)
        : (foldedWord(session, command, mac) + base + seconds) % 2 ** 32;
    return request({ ...fields, authWord });
  }

  /** One command on a connection of its own. */
  async call(command: number, body?: Uint8Array, elapsedSeconds?: number): Promise<HspReply> {
    return this.exchange(this.frameOf(command, body, elapsedSeconds));
  }

  async exchange(bytes: Uint8Array): Promise<HspReply> {
    const wire = await this.open();
    wire.write(bytes);
    const reply = await wire.rest();
    if (reply.length < 16) throw new Error(`a reply of ${reply.length} bytes`);
    if (reply.readUInt32BE(0) !== reply.length) throw new Error(`the reply lies about its ${reply.length} bytes`);
    return {
      bytes: reply,
      retVal: reply.readUInt32BE(8),
      checksum: reply.readUInt32BE(4),
      body: reply.subarray(16),
    };
  }

  /** What arrives on a line that the device ends, as frames with a header of 8 bytes. */
  async pushes(command: number, body: Uint8Array): Promise<{ status: number; body: Buffer }[]> {
    const wire = await this.open();
    wire.write(this.frameOf(command, body));
    return framesIn(await wire.rest());
  }

  async isapi(method: string, path: string, document = ''): Promise<HspReply> {
    return this.call(0x117000, passThrough(method, path, document));
  }
}

export function framesIn(bytes: Buffer): { status: number; body: Buffer }[] {
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (length < 8) throw new Error(`a push of ${length} bytes`);
    frames.push({ status: bytes.readUInt32BE(at + 4), body: bytes.subarray(at + 8, at + length) });
    at += length;
  }
  return frames;
}

export function passThrough(method: string, path: string, document = ''): Buffer {
  const line = Buffer.from(`${method} ${path}\r\n`);
  const content = Buffer.from(document);
  return join(zeros(8), be32(12 + line.length + content.length), be32(line.length), [1, 0, 0, 0], line, content);
}

/** 36 bytes of header, as the published trace has them. */
export function loginFrame(body: Uint8Array): Buffer {
  return join(
    be32(36 + body.length),
    [0x5a, 0, 0, 0],
    be32(0),
    be32(0x010000),
    be32(0x05013d4b),
    be32(1),
    [0, 0, 0, 0],
    zeros(6),
    [0x6f, 0],
    body,
  );
}

/** HMAC of name and password, or what stands for it. */
export function proofs(challenge: string, user: string, key: string): Buffer {
  const keyed = (message: string) => createHmac('md5', challenge).update(message).digest();
  return join(keyed(user), zeros(16), keyed(key));
}

/** The auth word without its addend, in whole numbers of any size. */
function foldedWord(session: HspSession, command: number, mac: readonly number[]): number {
  let sum = BigInt(session.seed) + BigInt(command) * 2n;
  mac.forEach((octet, index) => {
    sum += BigInt(octet) & (BigInt(session.userId) >> BigInt(5 * index)) & 0xffn;
  });
  const block = new Uint8Array(16);
  new DataView(block.buffer).setUint32(0, Number(sum & 0xffffffffn), true);
  const out = fourRounds(Buffer.from(session.challenge.slice(0, 16), 'latin1'), block);
  const view = new DataView(out.buffer);
  return [4, 8, 12].reduce((word, at) => word ^ view.getUint32(at, true), view.getUint32(0, true)) >>> 0;
}

/* AES with four rounds, after FIPS 197: a state of four columns, a key schedule of five times four words. */

const times2 = (value: number) => ((value << 1) ^ (value > 127 ? 0x1b : 0)) & 0xff;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let left = a, right = b; right > 0; right >>= 1, left = times2(left)) if (right & 1) product ^= left;
  return product;
}

const sbox = Array.from({ length: 256 }, (_, value) => {
  let inverse = 0;
  if (value !== 0) for (inverse = 1; multiply(value, inverse) !== 1;) inverse++;
  let out = 0x63;
  for (let turn = 0; turn < 5; turn++) out ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xff;
  return out;
});
const sub = (value: number | undefined) => sbox[value ?? 0] ?? 0;

function fourRounds(key: Uint8Array, block: Uint8Array): Uint8Array {
  const words: number[][] = [];
  for (let index = 0; index < 4; index++) words.push([...key.subarray(4 * index, 4 * index + 4)]);
  for (let index = 4, constant = 1; index < 20; index++) {
    let word = [...(words[index - 1] ?? [])];
    if (index % 4 === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map(sub);
      word[0] = (word[0] ?? 0) ^ constant;
      constant = times2(constant);
    }
    words.push(word.map((byte, at) => byte ^ (words[index - 4]?.[at] ?? 0)));
  }
  const roundKey = (round: number) => words.slice(4 * round, 4 * round + 4).flat();
  const mixed = (state: readonly number[]) =>
    state.map((_, at) => {
      const column = 4 * Math.floor(at / 4);
      const of = (offset: number) => state[column + ((at + offset) % 4)] ?? 0;
      return multiply(of(0), 2) ^ multiply(of(1), 3) ^ of(2) ^ of(3);
    });
  let state = [...block].map((byte, at) => byte ^ (roundKey(0)[at] ?? 0));
  for (let round = 1; round <= 4; round++) {
    const shifted = state.map((_, at) => sub(state[(at + 4 * (at % 4)) % 16]));
    state = (round < 4 ? mixed(shifted) : shifted).map((byte, at) => byte ^ (roundKey(round)[at] ?? 0));
  }
  return Uint8Array.from(state);
}
