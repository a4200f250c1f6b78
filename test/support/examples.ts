/** The examples as a user runs them: with a device, and a broker, filled in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type ModelName, type Simulator } from '../../lib/simulator';
import { projectRoot } from './built';
import { until } from './digest-client';
import type { Runtime, RuntimeNode, Seen } from './runtime';

const folder = join(projectRoot, 'examples');

/** As the import menu shows them. */
export const ALL_EXAMPLE_NAMES = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));

/** Those without nodes of another package; the others have a test of their own, beside that package (`test/extras`). */
export const EXAMPLE_NAMES = ALL_EXAMPLE_NAMES.filter((name) => !name.includes('(needs '));

/** Which simulated device stands for the one that an example wants, by its name there. */
const MODELS: Readonly<Record<string, ModelName>> = {
  Camera: 'camera',
  'My camera': 'camera',
  'Yard camera': 'camera',
  Recorder: 'nvr',
  'Gate camera': 'anpr',
  Terminal: 'terminal',
  'Alarm panel': 'axpro',
  'Door station': 'doorstation',
};

const WAIT_MS = 10_000;

export function exampleFlow(name: string): RuntimeNode[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RuntimeNode[];
}

/** @param number `02`: titles may change. */
export function exampleNumbered(number: string): string {
  const name = EXAMPLE_NAMES.find((each) => each.startsWith(`${number} - `));
  if (name === undefined) throw new Error(`no example ${number}`);
  return name;
}

export function modelOf(name: string): ModelName {
  const device = exampleFlow(name).find(({ type }) => type === 'hsp-config');
  const model = MODELS[String(device?.name)];
  if (model === undefined) throw new Error(`${name}: no simulated device stands for ${String(device?.name)}`);
  return model;
}

export interface ExampleOptions {
  /** Of the broker. */
  readonly brokerPort?: number;
  /** Right when not given. */
  readonly password?: string;
  /** Other properties of nodes, by their names; `env` of the tab by that of the tab. */
  readonly changes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export class Example {
  private constructor(
    private readonly runtime: Runtime,
    readonly flow: readonly RuntimeNode[],
    readonly seen: Seen,
  ) {}

  static async run(runtime: Runtime, name: string, device: Simulator, options: ExampleOptions = {}): Promise<Example> {
    const { brokerPort, password = SIMULATOR_PASSWORD, changes = {} } = options;
    const filledIn = {
      host: '127.0.0.1',
      port: String(device.httpPort),
      credentials: { user: SIMULATOR_USERNAME, password },
    };
    const flow = exampleFlow(name).map((node) => ({
      ...node,
      ...(node.type === 'hsp-config' ? filledIn : {}),
      ...(node.type === 'mqtt-broker' ? { port: String(brokerPort) } : {}),
      ...changes[String(node.name ?? node.label)],
    }));
    const example = new Example(runtime, flow, runtime.watch());
    await runtime.setFlows(flow);
    return example;
  }

  /** The node of that name. */
  node(name: string, type?: string): RuntimeNode {
    const found = this.flow.filter((node) => node.name === name && (type === undefined || node.type === type));
    if (found.length !== 1) throw new Error(`${found.length} nodes are called "${name}"`);
    return found[0] as RuntimeNode;
  }

  /** Clicks the button of an inject node. */
  async press(name: string): Promise<void> {
    const response = await fetch(`${this.runtime.url}inject/${this.node(name, 'inject').id}`, { method: 'POST' });
    if (!response.ok) throw new Error(`"${name}" cannot be clicked: ${response.status}`);
  }

  /** What a debug node has shown so far. */
  shown(name: string): unknown[] {
    const { id } = this.node(name, 'debug');
    return this.seen.debugs.filter((each) => each.id === id).map(({ value }) => value);
  }

  /** Waits until a debug node has shown so many. @returns the last of them. */
  async untilShown(name: string, count = 1): Promise<unknown> {
    await until(
      () => this.shown(name).length >= count,
      `${count} at "${name}"; errors: ${this.seen.errors.join('; ')}`,
      WAIT_MS,
    );
    return this.shown(name).at(-1);
  }

  /** Waits until the status of a node fits. */
  async untilStatus(name: string, text: RegExp): Promise<void> {
    const { id } = this.node(name);
    const fits = () => this.seen.statuses.some((each) => each.id === id && text.test(each.text));
    await until(fits, `${text} below "${name}"`, WAIT_MS);
  }
}

/** Waits until events of the device come. */
export async function untilListening(device: Simulator): Promise<void> {
  await until(() => device.streams > 0, 'an alertStream', WAIT_MS);
}

/** Waits for a request; what it is for stands in its path. */
export async function untilAsked(device: Simulator, method: string, path: RegExp): Promise<void> {
  await until(() => asked(device, method, path) > 0, `${method} ${path}`, WAIT_MS);
}

export function asked(device: Simulator, method: string, path: RegExp): number {
  return device.log.filter((each) => each.authorized && each.method === method && path.test(each.path)).length;
}
