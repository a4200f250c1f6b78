/** A whole Node-RED in this process, with the built nodes of this project, for demos and tests. One at a time. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { NodeRedApp } from 'node-red';

export interface RuntimeNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface RuntimeOptions {
  /** Everything is written here and nowhere else. */
  readonly userDir: string;
  /** Where this project is checked out, or unpacked; linked into the user directory. Undefined where it is installed there. */
  readonly packageDir?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Node-RED to run; the installed one when not given. */
  readonly nodeRed?: string;
  /** Who may use the editor, as in the settings of Node-RED; everybody when not given. */
  readonly adminAuth?: unknown;
  /** `error` when not given. */
  readonly logLevel?: 'off' | 'error' | 'warn';
}

export interface Runtime {
  readonly port: number;
  /** `http://127.0.0.1:1880/` */
  readonly url: string;
  /** Replaces all flows; credentials stand in `credentials` of a node. Resolves when they run. */
  setFlows(flows: readonly RuntimeNode[]): Promise<void>;
  /** What nodes show and log from now on. */
  watch(): Seen;
  /** Questions that the server of the editor answers, of all nodes. */
  adminRoutes(): readonly AdminRoute[];
  /** Leaves no socket and no timer. */
  stop(): Promise<void>;
}

export interface AdminRoute {
  readonly path: string;
  readonly methods: readonly string[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'all', 'use'] as const;

/** Writes down the routes of every Express application that is made from now on, until it is restored. */
function recordRoutes(
  load: NodeJS.Require,
  nodeRed: string,
): { routes: (AdminRoute & { readonly app: unknown })[]; restore(): void } {
  const ofNodeRed = createRequire(load.resolve(nodeRed));
  const ofRuntime = createRequire(ofNodeRed.resolve('@node-red/runtime'));
  type Add = (this: unknown, ...given: unknown[]) => unknown;
  const { application } = ofRuntime('express') as { application: Record<(typeof METHODS)[number], Add> };
  const routes: (AdminRoute & { readonly app: unknown })[] = [];
  const before = METHODS.map((method) => [method, application[method]] as const);
  for (const [method, add] of before) {
    application[method] = function (...given) {
      if (typeof given[0] === 'string' && given.length > 1)
        routes.push({ app: this, path: given[0], methods: [method] });
      return add.apply(this, given);
    };
  }
  return { routes, restore: () => before.forEach(([method, add]) => (application[method] = add)) };
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface Seen {
  /** `fill shape text`, by node. */
  readonly statuses: { readonly id: string; readonly text: string }[];
  readonly errors: string[];
  /** What debug nodes have shown in their sidebar; objects and arrays as such, a Buffer in hex digits. */
  readonly debugs: { readonly id: string; readonly value: unknown }[];
}

/** A message for the debug sidebar, encoded as Node-RED sends it to the editor. */
interface DebugData {
  /** Missing in what the log shows there. */
  readonly id?: string;
  readonly msg?: unknown;
  readonly format?: string;
}

const PACKAGE = 'node-red-contrib-hikvision-hsp';

/** @throws the error of `listen`, for example EADDRINUSE, before anything else has happened. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const load = createRequire(__filename);
  const nodeRed = options.nodeRed ?? 'node-red';
  const RED = load(nodeRed) as NodeRedApp;
  const recorded = recordRoutes(load, nodeRed);
  let isReady = false;
  const server = createServer((request, response) => {
    if (!isReady) {
      response.writeHead(503).end();
      return;
    }
    const admin = RED.httpAdmin as unknown as Handler;
    const node = RED.httpNode as unknown as Handler;
    admin(request, response, () => node(request, response, () => response.writeHead(404).end()));
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;

  const modules = join(options.userDir, 'node_modules');
  mkdirSync(modules, { recursive: true });
  if (options.packageDir !== undefined) symlinkSync(options.packageDir, join(modules, PACKAGE), 'dir');

  RED.init(server, {
    userDir: options.userDir,
    flowFile: 'flows.json',
    uiHost: '127.0.0.1',
    uiPort: port,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    credentialSecret: randomBytes(16).toString('hex'),
    logging: { console: { level: options.logLevel ?? 'error', metrics: false, audit: false } },
    editorTheme: { tours: false, projects: { enabled: false }, palette: {} },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    telemetry: { enabled: false, updateNotification: false },
    ...(options.adminAuth === undefined ? {} : { adminAuth: options.adminAuth as never }),
  } as Parameters<NodeRedApp['init']>[1]);
  isReady = true;
  const watches: Seen[] = [];
  const onStatus = ({ id, status }: { id: string; status?: { fill?: string; shape?: string; text?: string } }) => {
    const text = [status?.fill, status?.shape, status?.text].filter(Boolean).join(' ');
    for (const { statuses } of watches) statuses.push({ id, text });
  };
  RED.runtime.events.on('node-status', onStatus);
  const onLog = ({ level, msg }: { level: number; msg?: unknown }) => {
    if (level > RED.log.ERROR) return;
    for (const { errors } of watches) errors.push(msg instanceof Error ? msg.message : String(msg));
  };
  RED.log.addHandler(new EventEmitter().on('log', onLog));
  const onComms = ({ topic, data }: { topic: string; data: DebugData }) => {
    if (topic !== 'debug' || data.id === undefined) return;
    for (const { debugs } of watches) debugs.push({ id: data.id, value: debugValue(data) });
  };
  RED.runtime.events.on('comms', onComms);
  await RED.start();

  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    // What hangs on the server of the nodes is for devices.
    adminRoutes: () => recorded.routes.filter(({ app }) => app !== RED.httpNode),
    setFlows: async (flows) => {
      const started = new Promise<void>((resolve) => RED.runtime.events.once('flows:started', () => resolve()));
      await RED.runtime.flows.setFlows({
        flows: { flows: structuredClone(flows) as never },
        deploymentType: 'full',
      } as never);
      await started;
    },
    watch: () => {
      const seen: Seen = { statuses: [], errors: [], debugs: [] };
      watches.push(seen);
      return seen;
    },
    stop: async () => {
      await RED.stop();
      recorded.restore();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function debugValue({ msg, format }: DebugData): unknown {
  return typeof msg === 'string' && /^(?:object|array|error|number|boolean)/i.test(format ?? '')
    ? JSON.parse(msg)
    : msg;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
