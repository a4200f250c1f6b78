/** What the dialog of a device asks of the runtime: devices on the network, and a test of the connection. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI } from 'node-red';
import { discover, systemClock, type Found } from '../../lib/index';
import { hasEnvironment } from '../shared/checks';
import type { Connection, DeviceSettings } from '../shared/connection';
import { examine } from '../shared/examination';
import { deviceSettings, type Credentials, type DeviceFields } from '../shared/settings';
import { ownServerOf, translatorOf } from '../shared/runtime';

/** What the dialog shows of a device that was found. */
interface ListedDevice {
  readonly model: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly firmware: string | null;
  readonly activated: boolean | null;
}

export interface AdminDependencies {
  readonly findDevices: () => Promise<readonly Found[]>;
}

/** How long answers are waited for: people look on. */
const DISCOVERY_MS = 4_000;
/** Tests that run at a time. */
const MAX_TESTS = 4;
/** Stands in the field of a stored password. */
const STORED = '__PWRD__';

type Request = IncomingMessage & { readonly body?: unknown };
type Handler = (request: Request, response: ServerResponse) => void;
interface Routes {
  post(path: string, allowed: unknown, handle: Handler): void;
}

const standard: AdminDependencies = {
  findDevices: () => discover({ clock: systemClock, forMs: DISCOVERY_MS }),
};

/** Both are POST, take JSON alone, so that no page of another site can send it, and want the right to change devices. */
export function serveAdmin(RED: NodeAPI, { findDevices }: AdminDependencies = standard): void {
  const routes = RED.httpAdmin as unknown as Routes | undefined;
  if (routes === undefined) return;
  const allowed: unknown = RED.auth.needsPermission('hsp-config.write');

  let searching: Promise<readonly ListedDevice[]> | null = null;
  routes.post(
    '/hsp/discover',
    allowed,
    answering(() => {
      // Whoever asks meanwhile gets the same answer.
      searching ??= findDevices()
        .then((devices) => devices.map(listed))
        .finally(() => (searching = null));
      return searching;
    }),
  );

  let tests = 0;
  routes.post(
    '/hsp/test',
    allowed,
    answering(async (body) => {
      if (tests >= MAX_TESTS) throw new Refusal(429, 'busy');
      tests++;
      try {
        return await test(RED, body);
      } finally {
        tests--;
      }
    }),
  );
}

/** An answer other than 200, with a word that the dialog has a text for. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: string,
  ) {
    super(problem);
  }
}

function answering(answer: (body: Record<string, unknown>) => Promise<unknown>): Handler {
  return (request, response) => {
    const send = (status: number, content: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify(content));
    };
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
    const { body } = request;
    if (!isJson || typeof body !== 'object' || body === null || Array.isArray(body)) {
      send(415, { problem: 'notJson' });
      return;
    }
    answer(body as Record<string, unknown>).then(
      (content) => send(200, content),
      (error: unknown) => {
        if (error instanceof Refusal) send(error.status, { problem: error.problem });
        else send(500, { problem: 'other', reason: error instanceof Error ? error.message : String(error) });
      },
    );
  };
}

function listed({ model, ipv4, from, httpPort, firmware, activated }: Found): ListedDevice {
  return { model, address: ipv4 ?? from, port: httpPort, firmware, activated };
}

type StoredNode = Node<Credentials> & { readonly settings: DeviceSettings; readonly connection: Connection };

/** Tests what stands in the dialog, deployed or not. */
async function test(RED: NodeAPI, body: Record<string, unknown>): Promise<unknown> {
  const fields = fieldsOf(body.fields);
  const found = typeof body.id === 'string' ? (RED.nodes.getNode(body.id) as Node | null) : null;
  const stored = found?.type === 'hsp-config' ? (found as StoredNode) : null;
  const typed = typeof body.password === 'string' ? body.password : '';
  // Node-RED puts an environment variable in when it deploys; sent as it stands it would be one wrong password.
  if (hasEnvironment(typed)) throw new Refusal(409, 'deployFirst');
  const settingsWith = (password: string): DeviceSettings =>
    deviceSettings(
      // Only what leads to the device: a test opens no listener.
      { ...fields, push: 'off' },
      { user: typeof body.user === 'string' ? body.user : '', password },
      {
        translate: translatorOf(RED),
        expand: (text) => String(RED.util.evaluateNodeProperty(text, 'env', stored as Node, {})),
        readFile: (path) => readFileSync(path, 'utf8'),
        ownServer: ownServerOf(RED),
      },
    );
  let settings = settingsWith(typed === STORED ? '' : typed);
  if (typed === STORED) {
    const password = stored?.credentials.password ?? '';
    if (password === '' || !leadsWhereStored(settings, stored?.settings)) throw new Refusal(409, 'typePassword');
    settings = settingsWith(password);
  }
  if ('problem' in settings)
    return { device: null, features: [], ways: [], findings: [misconfigured(settings.problem)] };
  if (settings.dialIn !== undefined) throw new Refusal(422, 'dialIn');
  const pushUrl = stored?.connection.pushPath ?? null;
  return examine(settings.options, { clock: systemClock, pushUrl });
}

function misconfigured(reason: string) {
  return { level: 'bad', code: 'misconfigured', values: { reason } } as const;
}

/** A stored password goes only where it goes anyway: to the same host and port, shown to nobody else on the way. */
function leadsWhereStored(asked: DeviceSettings, stored: DeviceSettings | undefined): boolean {
  if (stored === undefined || 'problem' in asked || 'problem' in stored) return false;
  const way = ({ options: { url, tls, protocol, allowBasic } }: typeof asked) =>
    JSON.stringify([url, tls ?? null, protocol ?? null, allowBasic ?? false]);
  return way(asked) === way(stored);
}

const FIELD_NAMES = ['host', 'port', 'protocol', 'tls', 'caFile', 'fingerprint', 'login', 'deviceId'] as const;

/** Texts and one tick; anything else that is sent is not looked at. */
function fieldsOf(given: unknown): DeviceFields {
  const source = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const texts = FIELD_NAMES.flatMap((name) => {
    const value = source[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return { ...(Object.fromEntries(texts) as DeviceFields), allowBasic: source.allowBasic === true };
}
