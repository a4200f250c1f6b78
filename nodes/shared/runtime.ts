/** Small things that every node needs from Node-RED. */
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { systemClock } from '../../lib/index';
import type { TypedField } from './checks';
import { listenerSecret } from './secret';
import { SharedWays } from './shared-ways';
import type { Translate } from './status';

/** Texts of the locale; the types of Node-RED know fewer forms of the call than Node-RED does. */
export function translatorOf(RED: NodeAPI): Translate {
  return (key, values) => (values === undefined ? RED._(key) : RED._(key, values));
}

/** Reads typed fields for one message: values, and what stands in the message, a context, the environment or an expression. */
export function evaluatorOf(RED: NodeAPI, node: Node, msg: NodeMessage): (field: TypedField) => Promise<unknown> {
  return ({ type, value }) =>
    new Promise((resolve, reject) => {
      // Choices and times are texts to Node-RED.
      const known = type === 'choice' || type === 'time' ? 'str' : type;
      RED.util.evaluateNodeProperty(value, known, node, msg, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
}

/* What the devices share */

type Emitter = NodeAPI['events'];
const waysByRuntime = new WeakMap<Emitter, SharedWays>();
/** Servers of Node-RED that hand requests on to us. */
const handedOn = new WeakSet<object>();

const MOUNT = '/hsp';

/** The settings of Node-RED that we read; its types know fewer. */
interface ServerSettings {
  readonly userDir?: string;
  readonly uiPort?: number;
  readonly https?: unknown;
  readonly httpNodeRoot?: string | false;
}

function settingsOf(RED: NodeAPI): ServerSettings {
  return RED.settings as unknown as ServerSettings;
}

/** Node-RED's own server, as far as flows may use it; null where they may not. */
export function ownServerOf(RED: NodeAPI): { readonly port: number; readonly isSecure: boolean } | null {
  const { uiPort, https, httpNodeRoot } = settingsOf(RED);
  if (httpNodeRoot === false) return null;
  return { port: Number(uiPort ?? 1880), isSecure: https !== undefined && https !== null };
}

/** One for all devices of a runtime, whatever is deployed. */
export function sharedWaysOf(RED: NodeAPI): SharedWays {
  const known = waysByRuntime.get(RED.events);
  if (known !== undefined) return known;
  const { userDir, httpNodeRoot } = settingsOf(RED);
  const levels = typeof httpNodeRoot === 'string' ? httpNodeRoot.split('/').filter(Boolean) : [];
  const root = levels.map((level) => `/${level}`).join('');
  const ways = new SharedWays({
    clock: systemClock,
    mountedPath: `${root}${MOUNT}`,
    secret: () => listenerSecret(userDir, (reason) => RED.log.warn(RED._('hsp-config.warning.secretLost', { reason }))),
    cursorFile: userDir === undefined ? null : join(userDir, '.hsp-cursors.json'),
    onTrouble: (message) => RED.log.warn(message),
  });
  waysByRuntime.set(RED.events, ways);
  return ways;
}

/** The part of Express that is used. */
interface Mountable {
  use(path: string, handle: (request: MountedRequest, response: ServerResponse, next: () => void) => void): void;
}
type MountedRequest = IncomingMessage & { originalUrl?: string };

/** Lets devices call us through Node-RED's own server. Once for each server: what is mounted there stays. */
export function mountOn(RED: NodeAPI): void {
  const server = RED.httpNode as unknown as (Mountable & object) | undefined;
  if (typeof server?.use !== 'function' || handedOn.has(server)) return;
  handedOn.add(server);
  server.use(MOUNT, (request, response, next) => {
    const listener = sharedWaysOf(RED).mountedListener;
    if (listener === null) {
      next();
      return;
    }
    // The path that the device called; Express cuts off where it is mounted.
    request.url = request.originalUrl ?? request.url ?? '';
    listener.handle(request, response);
  });
}
