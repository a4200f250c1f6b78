/** What the dialog of `hsp-mqtt` asks of the runtime: what there will be at the broker, and whether the broker lets us in. */
import { createHash } from 'node:crypto';
import type { Node, NodeAPI } from 'node-red';
import {
  allowanceFrom,
  ArgumentError,
  bridgePreviewOf,
  DEFAULT_ALLOWANCE,
  DEFAULT_BASE,
  DEFAULT_PREFIX,
  describeDevice,
  languageFrom,
  previewOf,
  slugsOf,
  systemClock,
  tryBroker,
  webAddressOf,
  type DeviceDescription,
  type PreviewOptions,
} from '../../lib/index';
import { answerQuestions, atMost, Refusal, type Question } from '../shared/admin';
import { askedDevice, withAskedDevice } from '../shared/asked-device';
import { brokerOf, type BrokerNode } from '../shared/broker';
import { hasEnvironment } from '../shared/checks';
import { translatorOf } from '../shared/runtime';
import { deviceSettings, type DeviceFields } from '../shared/settings';

/** An `hsp-mqtt`, as it is deployed; its password goes to no other URL than this. */
export interface MqttNode extends Node<{ readonly user?: string; readonly password?: string }> {
  brokerUrl?: string;
}

const RIGHT = 'hsp-mqtt.write';
/** Stands in the field of a stored password. */
const STORED = '__PWRD__';
const MAX_QUESTIONS = 4;
/** How long a device may take to tell what it has: a large recorder is asked some hundred questions. */
const DESCRIPTION_MS = 30_000;
/** How long a broker may take; people look on. */
const BROKER_MS = 10_000;
/** Descriptions that are kept, so that a device is not asked again for each letter of a topic. */
const MAX_DESCRIPTIONS = 32;
/** Devices that one question may name. */
const MAX_DEVICES = 1_000;

export function serveAdmin(RED: NodeAPI): void {
  const descriptions = new Descriptions(RED);
  answerQuestions(
    RED,
    '/hsp/mqtt/preview',
    RIGHT,
    atMost(MAX_QUESTIONS, (question) => preview(RED, question, descriptions)),
  );
  answerQuestions(
    RED,
    '/hsp/mqtt/broker',
    RIGHT,
    atMost(MAX_QUESTIONS, (question) => broker(RED, question)),
  );
}

/* What there will be */

/**
 * @param question `{id, of, devices, base, ...}`: `devices` are all that the node publishes, by id and name, because the topics of
 * one depend on the names of the others; `of` is the one that is asked about.
 */
async function preview(RED: NodeAPI, question: Question, descriptions: Descriptions): Promise<unknown> {
  const of = objectFrom(question.of);
  const options = optionsFrom(question);
  const names = Array.isArray(question.devices) ? question.devices.slice(0, MAX_DEVICES).map(objectFrom) : [];
  const devices = names.map((device) => ({ key: textOf(device.id), name: nameOf(RED, device), serial: null }));
  const index = devices.findIndex(({ key }) => key === of.id);
  const [name, slug] = [devices[index]?.name, slugsOf(devices)[index]];
  if (name === undefined || slug === undefined) throw new Refusal(422, 'notUnderstood');
  const found = await descriptions.of(of, question.fresh === true);
  const description: DeviceDescription = { ...found, name, slug };
  try {
    const { model, isComplete } = description;
    return { slug, model, isComplete, bridge: bridgePreviewOf(options), ...previewOf(description, options) };
  } catch (error) {
    throw error instanceof ArgumentError ? new Refusal(422, 'badTopic') : error;
  }
}

function optionsFrom(question: Question): PreviewOptions {
  const { id, base, pictures, retainPictures, prefix, language } = question;
  const discovery = { prefix: textOf(prefix).trim() || DEFAULT_PREFIX, language: languageFrom(textOf(language)) };
  return {
    bridgeId: textOf(id) || 'bridge',
    base: textOf(base).trim() || DEFAULT_BASE,
    allowance: allowanceFrom(question.allow) ?? DEFAULT_ALLOWANCE,
    pictures: pictures === true,
    retainPictures: retainPictures === true,
    discovery: question.discovery === false ? null : discovery,
  };
}

/** As the device will be called when it is deployed. */
function nameOf(RED: NodeAPI, { name, host, deviceId, protocol }: Question): string {
  const fields = { name: textOf(name), host: textOf(host), deviceId: textOf(deviceId), protocol: textOf(protocol) };
  return deviceSettings(
    fields as DeviceFields,
    {},
    {
      translate: translatorOf(RED),
      expand: (text) => String(RED.util.evaluateNodeProperty(text, 'env', null as never, {})),
      readFile: () => '',
    },
  ).name;
}

/** What devices are and have, found out once. */
class Descriptions {
  /** By a hash of everything that leads to the device, oldest first; one that is being found out is asked for once. */
  private readonly known = new Map<string, Promise<DeviceDescription>>();

  constructor(private readonly RED: NodeAPI) {}

  /** @throws Refusal, HikvisionError. */
  of(device: Question, isFresh: boolean): Promise<DeviceDescription> {
    const { settings } = askedDevice(this.RED, device);
    if ('problem' in settings) throw new Refusal(422, 'misconfigured');
    const { options } = settings;
    const key = createHash('sha256')
      .update(JSON.stringify([device.id, options]))
      .digest('hex');
    const found = isFresh ? undefined : this.known.get(key);
    if (found !== undefined) return found;
    const configurationUrl = settings.dialIn === undefined ? webAddressOf(options.url) : null;
    const asked = this.ask(device, configurationUrl);
    this.known.delete(key);
    this.known.set(key, asked);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MAX_DESCRIPTIONS) break;
      this.known.delete(oldest);
    }
    // What failed is asked again.
    asked.catch(() => {
      if (this.known.get(key) === asked) this.known.delete(key);
    });
    return asked;
  }

  private ask(device: Question, configurationUrl: string | null): Promise<DeviceDescription> {
    return withAskedDevice(this.RED, device, async (asking) => {
      const signal = AbortSignal.timeout(DESCRIPTION_MS);
      const known = { slug: '', name: '', key: textOf(device.id), configurationUrl };
      try {
        return await describeDevice((command, args) => asking.call(command, { ...args }, { signal }), known);
      } catch (error) {
        throw signal.aborted ? new Refusal(504, 'tooSlow') : error;
      }
    });
  }
}

/* The broker */

/** @param question `{id, broker, url, user, password}` as they stand in the dialog. */
async function broker(RED: NodeAPI, question: Question): Promise<unknown> {
  const { id, broker: chosen } = question;
  const isNode = typeof chosen === 'string' && chosen !== '' && chosen !== '_ADD_';
  const brokerNode = isNode ? (RED.nodes.getNode(chosen) as BrokerNode | null) : null;
  // Its credentials are known to the runtime alone.
  if (isNode && brokerNode?.type !== 'mqtt-broker') throw new Refusal(409, 'deployBroker');
  const url = textOf(question.url).trim();
  const options = brokerOf(brokerNode, url, isNode ? undefined : credentialsOf(RED, id, url, question));
  if (options === null) throw new Refusal(422, 'noBroker');
  return tryBroker(options, systemClock, BROKER_MS);
}

/** A stored password goes only to the URL stored with it. */
function credentialsOf(RED: NodeAPI, id: unknown, url: string, { user, password }: Question) {
  const typed = textOf(password);
  if (hasEnvironment(typed)) throw new Refusal(409, 'deployFirst');
  if (typed !== STORED) return { user: textOf(user), password: typed };
  const found = typeof id === 'string' ? (RED.nodes.getNode(id) as MqttNode | null) : null;
  const stored = found?.type === 'hsp-mqtt' ? found : null;
  const known = stored?.credentials.password ?? '';
  if (known === '' || stored?.brokerUrl !== url) throw new Refusal(409, 'typeBrokerPassword');
  return { user: textOf(user), password: known };
}

function objectFrom(value: unknown): Question {
  return typeof value === 'object' && value !== null ? (value as Question) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
