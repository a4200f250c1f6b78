import { join } from 'node:path';
import type { NodeAPI, NodeDef } from 'node-red';
import {
  allowanceFrom,
  DEFAULT_ALLOWANCE,
  DEFAULT_BASE,
  DEFAULT_PREFIX,
  languageFrom,
  Publisher,
  systemClock,
  type BridgedDevice,
  type PublisherOptions,
  type PublisherStatus,
} from '../../lib/index';
import { connectionOf, type Connection } from '../shared/connection';
import { translatorOf } from '../shared/runtime';
import type { StatusText, Translate } from '../shared/status';
import { brokerOf } from '../shared/broker';
import { serveAdmin, type MqttNode } from './admin';

interface MqttDef extends NodeDef {
  /** An `mqtt-broker` node; empty: `url`. */
  readonly broker?: string;
  readonly url?: string;
  /** Ids of device nodes; none: all there are. */
  readonly devices?: readonly string[];
  /** By the id of the device node. */
  readonly allow?: Readonly<Record<string, string>>;
  readonly base?: string;
  readonly qos?: string | number;
  readonly pictures?: boolean;
  readonly retainPictures?: boolean;
  readonly discovery?: boolean;
  readonly prefix?: string;
  readonly language?: string;
}

interface Credentials {
  readonly user?: string;
  readonly password?: string;
}

interface Used {
  readonly connection: Connection;
  readonly device: BridgedDevice;
}

/** Publishes the events of devices to an MQTT broker, and carries out what may be commanded there. */
export = (RED: NodeAPI): void => {
  serveAdmin(RED);
  RED.nodes.registerType<MqttNode, MqttDef, unknown, Credentials>(
    'hsp-mqtt',
    function (this: MqttNode, def: MqttDef) {
      RED.nodes.createNode(this, def);
      this.brokerUrl = (def.url ?? '').trim();
      const translate = translatorOf(RED);
      const broker = brokerOf(RED.nodes.getNode(def.broker ?? ''), def.url, this.credentials);
      if (broker === null) {
        const text = translate('hsp-mqtt.status.noBroker');
        this.status({ fill: 'red', shape: 'ring', text });
        this.error(text);
        return;
      }
      const used = devicesOf(RED, def);
      let publisher: Publisher | null = null;
      let isClosed = false;
      // Before the flows start, which is when the devices are connected, so that no event is missed.
      const opening = Publisher.open(optionsOf(def, this.id, broker, used, folderOf(RED, this.id))).then(
        (opened) => {
          publisher = opened;
          if (isClosed) return;
          opened.onWarning = (code, message) => this.warn(`${code}: ${message}`);
          opened.onStatus = (status) => this.status(statusText(status, translate));
          opened.start();
        },
        (error: Error) => {
          this.status({ fill: 'red', shape: 'ring', text: error.message });
          this.error(error.message);
        },
      );
      for (const { connection } of used) connection.register(this);

      this.on('close', (done: () => void) => {
        isClosed = true;
        void opening
          .then(() => publisher?.stop())
          .then(() => Promise.all(used.map(({ connection }) => connection.release(this))))
          .finally(done);
      });
    },
    { credentials: { user: { type: 'text' }, password: { type: 'password' } } },
  );
};

function devicesOf(RED: NodeAPI, def: MqttDef): Used[] {
  const ids: string[] = [];
  const chosen = def.devices ?? [];
  RED.nodes.eachNode(({ id, type }) => {
    if (type === 'hsp-config' && (chosen.length === 0 || chosen.includes(id))) ids.push(id);
  });
  return ids
    .filter((id) => RED.nodes.getNode(id) !== null)
    .map((id) => {
      const connection = connectionOf(RED, id);
      const source = {
        onState: connection.onState.bind(connection),
        onEvent: connection.onEvent.bind(connection),
        call: connection.call.bind(connection),
      };
      const word = def.allow?.[id];
      const allowance = allowanceFrom(word) ?? DEFAULT_ALLOWANCE;
      // Topics are made of it: what the device calls itself is known only later, and they must not change then.
      const { givenName: name, webAddress } = connection;
      const known = webAddress === null ? {} : { configurationUrl: webAddress };
      return { connection, device: { name, key: id, source, allowance, ...known } };
    });
}

function optionsOf(
  def: MqttDef,
  id: string,
  broker: PublisherOptions['broker'],
  used: readonly Used[],
  folder: string,
): PublisherOptions {
  const language = languageFrom(def.language);
  return {
    bridgeId: id,
    broker,
    devices: used.map(({ device }) => device),
    base: def.base?.trim() || DEFAULT_BASE,
    qos: Number(def.qos) === 0 && def.qos !== undefined && def.qos !== '' ? 0 : 1,
    pictures: def.pictures === true,
    retainPictures: def.retainPictures === true,
    discovery: def.discovery === false ? null : { prefix: def.prefix?.trim() || DEFAULT_PREFIX, language },
    journal: { folder },
    clock: systemClock,
  };
}

/** Beside the flows, one for each node. */
function folderOf(RED: NodeAPI, id: string): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? process.cwd(), 'hikvision-journal', id.replace(/[^A-Za-z0-9.-]/g, '_'));
}

function statusText(status: PublisherStatus, translate: Translate): StatusText {
  const { broker, queued, dropped, conflicts, journalProblem } = status;
  const notes = [
    ...(queued > 0 ? [translate('hsp-mqtt.status.queued', { count: queued })] : []),
    ...(dropped > 0 ? [translate('hsp-mqtt.status.dropped', { count: dropped })] : []),
    ...(journalProblem === null ? [] : [translate('hsp-mqtt.status.journal', { reason: journalProblem })]),
    ...Object.entries(conflicts).map(([device, bridge]) => translate('hsp-mqtt.status.conflict', { device, bridge })),
  ];
  const text = [translate(`hsp-mqtt.status.${broker.state}`), ...notes].join(', ');
  if (broker.state === 'connected') return { fill: notes.length > 0 ? 'yellow' : 'green', shape: 'dot', text };
  return { fill: broker.state === 'connecting' ? 'yellow' : 'red', shape: 'ring', text };
}
