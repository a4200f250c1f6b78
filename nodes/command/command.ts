import type { Node, NodeAPI, NodeDef } from 'node-red';
import { commandList, systemClock } from '../../lib/index';
import { connectionOf } from '../shared/connection';
import { serveAdmin } from './admin';
import { answerProperties, callFrom } from '../shared/message';
import type { TypedField } from '../shared/checks';
import { evaluatorOf, translatorOf } from '../shared/runtime';
import { errorStatus, progressText, StatusLine } from '../shared/status';

interface CommandDef extends NodeDef {
  readonly device: string;
  /** `camera.snapshot`; may be empty when every message brings its own. */
  readonly command?: string;
  readonly args?: Readonly<Record<string, TypedField>>;
  /** Dangerous commands run without `msg.confirm`. */
  readonly confirm?: boolean;
}

/** How long the outcome of a command is shown before the state of the connection returns. */
const OUTCOME_MS = 5_000;

/** Runs one command per message and sends the message on with the answer as its payload. */
export = (RED: NodeAPI): void => {
  serveAdmin(RED);
  RED.nodes.registerType('hsp-command', function (this: Node, def: CommandDef) {
    RED.nodes.createNode(this, def);
    const connection = connectionOf(RED, def.device);
    const translate = translatorOf(RED);
    const status = new StatusLine((shown) => this.status(shown), translate, systemClock);
    const states = connection.onState((state) => status.setConnection(state));
    const remarks = connection.onRemarks((known) => status.setRemarks(known));
    const closing = new AbortController();
    connection.register(this);

    this.on('input', (msg, send, done) => {
      const run = async () => {
        const node = { command: def.command ?? '', args: def.args ?? {} };
        const { command, args } = await callFrom(node, msg, commandList(), evaluatorOf(RED, this, msg));
        status.setCover({ fill: 'blue', shape: 'dot', text: translate('hsp-command.status.running', { command }) });
        const confirm = msg.confirm === true || def.confirm === true;
        const onProgress = progressText(
          (progress) =>
            status.setCover({
              fill: 'blue',
              shape: 'dot',
              text: translate('hsp-command.status.progress', { command, progress }),
            }),
          systemClock,
        );
        const answer = await connection.call(command, args, { confirm, signal: closing.signal, onProgress });
        status.setCover(
          { fill: 'green', shape: 'dot', text: translate('hsp-command.status.done', { command }) },
          OUTCOME_MS,
        );
        send(Object.assign(msg, answerProperties(answer)));
      };
      run().then(
        () => done(),
        (error: Error) => {
          // Cancelled because this node is going away: nobody is there to be told.
          if (closing.signal.aborted) return done();
          status.setCover(errorStatus(error, translate), OUTCOME_MS);
          done(error);
        },
      );
    });

    this.on('close', (done: () => void) => {
      closing.abort();
      states.close();
      remarks.close();
      status.close();
      void connection.release(this).finally(done);
    });
  });
};
