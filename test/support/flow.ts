/** Flows in a real Node-RED, with the nodes of this project loaded from their sources. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type SimulatorOptions } from '../../lib/simulator';
import { builtInDevice, type ModelName } from '../../lib/simulator';
import config from '../../nodes/config/config';
import connect from '../../nodes/connect/connect';
import command from '../../nodes/command/command';
import eventIn from '../../nodes/event-in/event-in';
import mqtt from '../../nodes/mqtt/mqtt';
import { localeOf } from '../../nodes/shared/generate';

/** What we use of node-red-node-test-helper, which brings no types. */
interface Helper {
  init(path: string): void;
  /** Settings of Node-RED for the next load, such as `userDir`. */
  settings(settings: Readonly<Record<string, unknown>>): unknown;
  load(nodes: unknown[], flow: FlowNode[], credentials: Credentials): Promise<void>;
  setFlows(flow: FlowNode[], type: 'full' | 'flows' | 'nodes'): Promise<void>;
  unload(): Promise<void>;
  /** Its spies remember what they were called on and with, nodes of earlier flows included. */
  readonly _sandbox: { resetHistory(): void };
  getNode(id: string): Node;
  log(): { getCalls(): { args: unknown[] }[] };
}

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly wires?: string[][];
  readonly [property: string]: unknown;
}

export type Credentials = Record<string, { user?: string; password?: string }>;

const load = createRequire(__filename);
const nodeRedPath = process.env.NODE_RED ?? load.resolve('node-red');
export const helper = load('node-red-node-test-helper') as Helper;
helper.init(nodeRedPath);

/** `Node-RED 4.1.15`: stands in the names of the tests. */
export const nodeRed = `Node-RED ${versionAt(nodeRedPath)}`;

/** Where the sources of the nodes are; compiled code lies one folder deeper. */
const nodesFolder = ['../../nodes', '../../../nodes']
  .map((path) => resolve(__dirname, path))
  .find((path) => existsSync(join(path, 'shared', 'locale.json'))) as string;

/* Loading */

const statuses = new Map<string, string[]>();

/** Loads a flow and waits until it has started. @param more nodes of Node-RED itself that the flow has. */
export async function loadFlow(
  flow: FlowNode[],
  credentials: Credentials = deviceCredentials,
  more: readonly unknown[] = [],
): Promise<void> {
  statuses.clear();
  const nodes = [
    withLocale('config', config),
    withLocale('connect', connect),
    withLocale('command', command),
    withLocale('event-in', eventIn),
    withLocale('mqtt', mqtt),
    ...more,
  ];
  // Node-RED keeps the object and takes credentials of removed nodes out of it.
  await helper.load(nodes, flow, structuredClone(credentials));
}

/** Everything a node has shown so far, as `fill shape text`. */
export function statusesOf(id: string): readonly string[] {
  return statuses.get(id) ?? [];
}

export function statusOf(id: string): string | undefined {
  return statusesOf(id).at(-1);
}

/** All that was logged, as text in full depth; for finding what must not stand there. */
export function loggedText(): string {
  return helper
    .log()
    .getCalls()
    .map((call) => inspect(call.args, { depth: 12, showHidden: true }))
    .join('\n');
}

/** Messages of the log, as people read them. */
export function loggedMessages(): string[] {
  return helper
    .log()
    .getCalls()
    .map((call) => call.args[0] as { msg?: unknown; id?: string })
    .filter(({ id }) => id !== undefined)
    .map(({ msg }) => (msg instanceof Error ? msg.message : String(msg)));
}

/** Node-RED hands each node the texts of its own locale file; the test helper hands out the keys instead. */
function withLocale(name: string, register: (RED: NodeAPI) => void): (RED: NodeAPI) => void {
  const read = (...path: string[]) => readFileSync(join(nodesFolder, ...path), 'utf8');
  const locale = localeOf(read(name, 'locale.json'), read('shared', 'locale.json'));
  const translate = (key: string, values: Record<string, string | number> = {}): string => {
    const text = key.split('.').reduce<unknown>((part, step) => (part as Record<string, unknown>)[step], locale);
    if (typeof text !== 'string') throw new Error(`${name}: no text for ${key}`);
    return text.replace(/__(\w+?)__/g, (whole, value: string) => String(values[value] ?? whole));
  };
  return (RED) => {
    const createNode: NodeAPI['nodes']['createNode'] = (node, def) => {
      RED.nodes.createNode(node, def);
      const show = node.status.bind(node);
      node.status = (status) => {
        const text = typeof status === 'string' ? status : `${status.fill} ${status.shape} ${status.text}`;
        statuses.set(node.id, [...(statuses.get(node.id) ?? []), text]);
        show(status);
      };
    };
    register(
      Object.create(RED, {
        _: { value: translate },
        nodes: { value: Object.create(RED.nodes, { createNode: { value: createNode } }) as unknown },
      }) as NodeAPI,
    );
  };
}

/* Parts of flows */

export const deviceCredentials: Credentials = { device: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD } };

/** The configuration node of a simulated device, with the id `device`. */
export function deviceNode(simulator: { readonly httpPort: number }, more: Record<string, unknown> = {}): FlowNode {
  return {
    id: 'device',
    type: 'hsp-config',
    name: 'Cam',
    host: '127.0.0.1',
    port: String(simulator.httpPort),
    protocol: 'http',
    tls: 'system',
    caFile: '',
    fingerprint: '',
    allowBasic: false,
    ...more,
  };
}

/** A node on the tab `flow`, wired to helper nodes by their ids, one list per output. */
export function node(id: string, type: string, more: Record<string, unknown> = {}, ...wires: string[][]): FlowNode {
  return { id, type, z: 'flow', x: 100, y: 100, name: '', device: 'device', wires, ...more };
}

export function sink(id: string): FlowNode {
  return { id, type: 'helper', z: 'flow', x: 200, y: 100, wires: [] };
}

/** Catches the errors of all nodes and hands them to a helper node. */
export function catcher(...wires: string[]): FlowNode {
  return { id: 'catcher', type: 'catch', z: 'flow', x: 100, y: 200, scope: null, uncaught: false, wires: [wires] };
}

export const tab: FlowNode = { id: 'flow', type: 'tab', label: 'Test' };

export function simulate(model: ModelName, more: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  return Simulator.start({ device: builtInDevice(model), ...more });
}

/* Watching */

/** Deploys as the editor does: credentials come along with their nodes where they are new. */
export function deploy(
  flow: FlowNode[],
  type: 'full' | 'nodes',
  credentials = type === 'full' ? deviceCredentials : {},
): Promise<void> {
  const withCredentials = flow.map((each) => {
    const own = credentials[each.id];
    return own === undefined ? each : { ...each, credentials: own };
  });
  return helper.setFlows(structuredClone(withCredentials), type);
}

/** Collects what arrives at a helper node. */
export function collect(id: string): NodeMessage[] {
  const messages: NodeMessage[] = [];
  helper.getNode(id).on('input', (msg, _send, done) => {
    messages.push(msg);
    done();
  });
  return messages;
}

/** Waits until a condition holds. @throws with `what` when it does not within `withinMs`. */
export async function until(what: string | (() => string), condition: () => boolean, withinMs = 8_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`waited ${withinMs} ms for: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until the node `id` shows a text that fits. */
export function untilStatus(id: string, text: RegExp): Promise<void> {
  return until(
    () => `${id} shows ${text} (${statusesOf(id).join(' > ')})`,
    () => text.test(statusOf(id) ?? ''),
  );
}

function versionAt(path: string): string {
  for (let folder = resolve(path, '..'); ; folder = resolve(folder, '..')) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'node-red' && version !== undefined) return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (folder === resolve(folder, '..')) return '?';
  }
}
