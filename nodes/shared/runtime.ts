/** Small things that every node needs from Node-RED. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { TypedField } from './checks';
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
