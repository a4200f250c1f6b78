/** The device that a dialog asks about, deployed or not: its settings, and a stored password only where it goes anyway. */
import { readFileSync } from 'node:fs';
import type { Node, NodeAPI } from 'node-red';
import { HikvisionClient } from '../../lib/index';
import { Refusal, type Question } from './admin';
import { ADDRESS_FIELDS, hasEnvironment } from './checks';
import type { Connection, DeviceSettings } from './connection';
import { ownServerOf, translatorOf } from './runtime';
import { deviceSettings, type Credentials, type DeviceFields } from './settings';

/** Stands in the field of a stored password. */
const STORED = '__PWRD__';

type StoredNode = Node<Credentials> & { readonly settings: DeviceSettings; readonly connection: Connection };

export interface AskedDevice {
  /** What stands in the dialog. */
  readonly settings: DeviceSettings;
  /** The connection that is deployed under the same id, wherever it leads; null where there is none. */
  readonly deployed: Connection | null;
  /** The dialog and the deployed node mean the same device, in the same way, with the same user and password. */
  readonly isDeployed: boolean;
}

/**
 * @param question `{id, fields, user, password}`, as the dialogs send it (`nodes/shared/editor/ask.ts`).
 * @throws Refusal for a password that cannot be known.
 */
export function askedDevice(RED: NodeAPI, question: Question): AskedDevice {
  const fields = fieldsOf(question.fields);
  const found = typeof question.id === 'string' ? (RED.nodes.getNode(question.id) as Node | null) : null;
  const stored = found?.type === 'hsp-config' ? (found as StoredNode) : null;
  // Another dialog than the device's own knows neither where they are stored.
  const user = textOf(question.user ?? stored?.credentials.user);
  const typed = textOf(question.password ?? (stored === null ? '' : STORED));
  // Node-RED puts an environment variable in when it deploys; sent as it stands it would be one wrong password.
  if (hasEnvironment(typed)) throw new Refusal(409, 'deployFirst');
  const settingsWith = (password: string): DeviceSettings =>
    deviceSettings(
      // Only what leads to the device: a question opens no listener.
      { ...fields, push: 'off' },
      { user, password },
      {
        translate: translatorOf(RED),
        expand: (text) => String(RED.util.evaluateNodeProperty(text, 'env', stored as Node, {})),
        readFile: (path) => readFileSync(path, 'utf8'),
        ownServer: ownServerOf(RED),
      },
    );
  const deployed = stored?.connection ?? null;
  const settings = settingsWith(typed === STORED ? '' : typed);
  if ('problem' in settings) return { settings, deployed, isDeployed: false };
  const isSameWay = leadsWhereStored(settings, stored?.settings);
  const isSameUser = user === (stored?.credentials.user ?? '');
  if (typed !== STORED)
    return { settings, deployed, isDeployed: isSameWay && isSameUser && typed === stored?.credentials.password };
  const password = stored?.credentials.password ?? '';
  if (password === '' || !isSameWay) throw new Refusal(409, 'typePassword');
  return { settings: settingsWith(password), deployed, isDeployed: isSameUser };
}

/** What a device is asked with: the calls of a client that the deployed connection has as well. */
export type Asking = Pick<Connection, 'call' | 'features'>;

/**
 * Hands out the open connection where the dialog means the same device, so that there is one connection per device; otherwise
 * a client that lives as long as `ask`.
 *
 * @throws Refusal where the settings lead to no device that could be asked.
 */
export async function withAskedDevice<Answer>(
  RED: NodeAPI,
  question: Question,
  ask: (device: Asking) => Promise<Answer>,
): Promise<Answer> {
  const { settings, deployed, isDeployed } = askedDevice(RED, question);
  if ('problem' in settings) throw new Refusal(422, 'misconfigured');
  if (settings.dialIn !== undefined) throw new Refusal(422, 'dialIn');
  if (deployed?.isOpen === true && isDeployed) return ask(deployed);
  const client = new HikvisionClient(settings.options);
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

/** A stored password goes only where it goes anyway: to the same host and port, shown to nobody else on the way. */
function leadsWhereStored(asked: DeviceSettings, stored: DeviceSettings | undefined): boolean {
  if (stored === undefined || 'problem' in asked || 'problem' in stored) return false;
  const way = ({ options: { url, tls, protocol, allowBasic } }: typeof asked) =>
    JSON.stringify([url, tls ?? null, protocol ?? null, allowBasic ?? false]);
  return way(asked) === way(stored);
}

/** Texts and one tick; anything else that is sent is not looked at. */
function fieldsOf(given: unknown): DeviceFields {
  const source = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const texts = ADDRESS_FIELDS.flatMap((name) => {
    const value = source[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return { ...(Object.fromEntries(texts) as DeviceFields), allowBasic: source.allowBasic === true };
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}
