/** Real brokers for tests: mosquitto and NATS where they are installed. Each listens on free ports of loopback. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';

/** Debian puts brokers where not every user looks. */
const PLACES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** The path of a program; null where it is not installed. */
export function programNamed(name: string): string | null {
  return PLACES.map((place) => join(place, name)).find((path) => existsSync(path)) ?? null;
}

export const mosquittoProgram = programNamed('mosquitto');
export const natsProgram = programNamed('nats-server');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A program that runs, and its end. */
export class Running {
  private constructor(
    private readonly child: ChildProcess,
    private readonly gone: Promise<void>,
  ) {}

  static start(program: string, args: readonly string[]): Running {
    const child = spawn(program, args, { stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    return new Running(child, gone);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    await this.gone;
  }
}

export async function listening(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    if (attempt > 200) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface MosquittoOptions {
  /** Any more lines of its configuration; `{folder}` is its folder. */
  readonly lines?: readonly string[];
  /** User and password; nobody else is let in. */
  readonly users?: Readonly<Record<string, string>>;
  readonly acl?: readonly string[];
  /** PEM files; the second listener speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** One mosquitto with a folder of its own; it can be stopped and started again on the same ports. */
export class Mosquitto {
  private running: Running | null = null;

  private constructor(
    readonly port: number,
    readonly tlsPort: number,
    readonly webSocketPort: number,
    private readonly folder: string,
    private readonly options: MosquittoOptions,
  ) {}

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'hsp-mosquitto-'));
    const broker = new Mosquitto(await freePort(), await freePort(), await freePort(), folder, options);
    broker.configure();
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.running = Running.start(mosquittoProgram ?? '', ['-c', join(this.folder, 'mosquitto.conf')]);
    await listening(this.port);
  }

  /** By SIGTERM when not given; it then saves what it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.running?.stop(signal);
    this.running = null;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private configure(): void {
    const { lines = [], users, acl, tls } = this.options;
    const own = [
      // As root it would become another user, who may not write here.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      `listener ${this.port} 127.0.0.1`,
      `listener ${this.webSocketPort} 127.0.0.1`,
      'protocol websockets',
      ...(tls === undefined
        ? []
        : [`listener ${this.tlsPort} 127.0.0.1`, `certfile ${tls.cert}`, `keyfile ${tls.key}`]),
      `allow_anonymous ${users === undefined}`,
      'log_dest none',
    ];
    if (users !== undefined) {
      const file = join(this.folder, 'passwords');
      writeFileSync(file, '');
      for (const [user, password] of Object.entries(users)) {
        execFileSync(programNamed('mosquitto_passwd') ?? 'mosquitto_passwd', ['-b', file, user, password], {
          stdio: 'ignore',
        });
      }
      own.push(`password_file ${file}`);
    }
    if (acl !== undefined) {
      writeFileSync(join(this.folder, 'acl'), `${acl.join('\n')}\n`);
      own.push(`acl_file ${join(this.folder, 'acl')}`);
    }
    const more = lines.map((line) => line.replaceAll('{folder}', this.folder));
    writeFileSync(join(this.folder, 'mosquitto.conf'), `${[...own, ...more].join('\n')}\n`);
  }
}

/** Nodes of one NATS cluster that keeps three copies of everything. */
export class NatsCluster {
  private readonly running: (Running | null)[] = [];

  private constructor(
    readonly ports: readonly number[],
    private readonly folder: string,
  ) {}

  static async start(count = 3): Promise<NatsCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'hsp-nats-'));
    const free = async () => Promise.all(Array.from({ length: count }, () => freePort()));
    const [client, mqtt, route] = [await free(), await free(), await free()];
    const cluster = new NatsCluster(mqtt, folder);
    for (let index = 0; index < count; index++) {
      const store = join(folder, String(index));
      mkdirSync(store);
      writeFileSync(
        join(folder, `${index}.conf`),
        `server_name: n${index}
listen: "127.0.0.1:${client[index]}"
jetstream { store_dir: "${store}" }
mqtt { listen: "127.0.0.1:${mqtt[index]}", stream_replicas: 3, ack_wait: "5s" }
cluster { name: c, listen: "127.0.0.1:${route[index]}", routes: [${route.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}] }
`,
      );
    }
    for (let index = 0; index < count; index++) cluster.startNode(index);
    await Promise.all(mqtt.map((port) => listening(port)));
    return cluster;
  }

  get urls(): string[] {
    return this.ports.map((port) => `mqtt://127.0.0.1:${port}`);
  }

  startNode(index: number): void {
    this.running[index] = Running.start(natsProgram ?? '', ['-c', join(this.folder, `${index}.conf`)]);
  }

  async stopNode(index: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.running[index]?.stop(signal);
    this.running[index] = null;
  }

  async close(): Promise<void> {
    await Promise.all(this.running.flatMap((node) => (node === null ? [] : [node.stop('SIGKILL')])));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Why a test of a real broker is left out; null where it runs. */
export function brokerMissing(program: 'mosquitto' | 'nats-server'): string | null {
  return programNamed(program) === null ? `${program} is not installed` : null;
}

/** A self-signed certificate for 127.0.0.1; null without openssl. */
export function certificateIn(folder: string): { cert: string; key: string } | null {
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
    ].concat(['-out', cert, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']),
    { stdio: 'ignore' },
  );
  return made.status === 0 ? { cert, key } : null;
}
