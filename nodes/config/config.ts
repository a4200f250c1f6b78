import { readFileSync } from 'node:fs';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Connection, whenFlowsStarted, type DeviceSettings } from '../shared/connection';
import { deviceSettings, type Credentials, type DeviceFields } from '../shared/settings';
import { mountOn, ownServerOf, sharedWaysOf, translatorOf } from '../shared/runtime';
import { serveAdmin } from './admin';

type ConfigDef = NodeDef & DeviceFields;
type ConfigNode = Node<Credentials> & { connection: Connection; settings: DeviceSettings };

/** Serial numbers by address: a device must not be exchanged unnoticed, not even between two deploys. */
const serials = new Map<string, string>();

/** One device: its address, its credentials, and the one connection that all its nodes share. */
export = (RED: NodeAPI): void => {
  mountOn(RED);
  serveAdmin(RED);
  RED.nodes.registerType<ConfigNode, ConfigDef, unknown, Credentials>(
    'hsp-config',
    function (this: ConfigNode, def: ConfigDef) {
      RED.nodes.createNode(this, def);
      const translate = translatorOf(RED);
      const settings = deviceSettings(def, this.credentials, {
        translate,
        expand: (text) => String(RED.util.evaluateNodeProperty(text, 'env', this, {})),
        readFile: (path) => readFileSync(path, 'utf8'),
        ownServer: ownServerOf(RED),
      });
      this.settings = settings;
      this.connection = new Connection({
        settings,
        serials,
        whenStarted: (run) => whenFlowsStarted(RED.events, run),
        onWarning: (message) => this.warn(message),
        ways: sharedWaysOf(RED),
      });

      // The reason in full stands in the log once for each change; the nodes have room for a few words.
      let logged = '';
      this.connection.onState((state) => {
        if (state.state === 'connected') logged = '';
        if (!('reason' in state) || state.reason === logged) return;
        const isFirst = logged === '' || state.state !== 'lost';
        logged = state.reason;
        if (!isFirst) return;
        if (state.state === 'lost') this.warn(state.reason);
        else this.error(state.reason);
      });

      this.on(
        'close',
        (done: () => void) =>
          void this.connection.close().finally(() => {
            sharedWaysOf(RED).flush();
            done();
          }),
      );
    },
    { credentials: { user: { type: 'text' }, password: { type: 'password' } } },
  );
};
