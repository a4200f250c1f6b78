import type { Node, NodeAPI, NodeDef } from 'node-red';
import { ArgumentError, systemClock } from '../../lib/index';
import { connectionOf, type Connection } from '../shared/connection';
import { connectionPayload, topicOf, type ConnectionPayload, type DeviceState } from '../shared/message';
import { translatorOf } from '../shared/runtime';
import { StatusLine } from '../shared/status';

interface ConnectDef extends NodeDef {
  readonly device: string;
  /** Also a message when events begin, or cease, to come by another way. */
  readonly ways?: boolean;
}

/** Reports changes of a connection, and controls it. */
export = (RED: NodeAPI): void => {
  RED.nodes.registerType('hsp-connect', function (this: Node, def: ConnectDef) {
    RED.nodes.createNode(this, def);
    const connection = connectionOf(RED, def.device);
    const status = new StatusLine((shown) => this.status(shown), translatorOf(RED), systemClock);
    const message = (payload: ConnectionPayload) => ({ topic: topicOf(connection.name, 'connection'), payload });

    const reports = connection.onReport((state) => this.send(message(connectionPayload(state))), def.ways === true);
    const states = connection.onState((state) => status.setConnection(state));
    const remarks = connection.onRemarks((known) => status.setRemarks(known));
    connection.register(this);

    this.on('input', (msg, send, done) => {
      const answer = (state: DeviceState) => send({ ...msg, ...message(connectionPayload(state)) });
      control(connection, msg, answer).then(
        () => done(),
        (error: Error) => done(error),
      );
    });

    this.on('close', (done: () => void) => {
      reports.close();
      states.close();
      remarks.close();
      status.close();
      void connection.release(this).finally(done);
    });
  });
};

async function control(
  connection: Connection,
  msg: { readonly payload?: unknown },
  answer: (state: DeviceState) => void,
): Promise<void> {
  switch (msg.payload) {
    case 'connect':
      return connection.connect();
    case 'disconnect':
      return connection.disconnect();
    case 'status':
      return answer(connection.state);
    default:
      throw new ArgumentError(
        [{ parameter: 'msg.payload', given: msg.payload, expected: '"connect", "disconnect" or "status"' }],
        { operation: 'hsp-connect' },
      );
  }
}
