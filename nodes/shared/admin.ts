/** Questions of dialogs to the runtime: POST of JSON alone, so that no page of another site can send them, and with a right. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';

type Request = IncomingMessage & { readonly body?: unknown };
type Handler = (request: Request, response: ServerResponse) => void;
interface Routes {
  post(path: string, allowed: unknown, handle: Handler): void;
}

export type Question = Readonly<Record<string, unknown>>;

/** An answer other than 200, with a word that the dialogs have a text for (`common.ask`). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: string,
  ) {
    super(problem);
  }
}

/** @param right `hsp-config.write`: who may ask. Nothing is served where the editor is switched off. */
export function answerQuestions(
  RED: NodeAPI,
  path: string,
  right: string,
  answer: (question: Question) => Promise<unknown>,
): void {
  const routes = RED.httpAdmin as unknown as Routes | undefined;
  routes?.post(path, RED.auth.needsPermission(right), handler(answer));
}

/** Refuses what is more than `limit` at a time: each question keeps a device busy. */
export function atMost<Answer>(
  limit: number,
  answer: (question: Question) => Promise<Answer>,
): (question: Question) => Promise<Answer> {
  let running = 0;
  return async (question) => {
    if (running >= limit) throw new Refusal(429, 'busy');
    running++;
    try {
      return await answer(question);
    } finally {
      running--;
    }
  };
}

function handler(answer: (question: Question) => Promise<unknown>): Handler {
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
    answer(body as Question).then(
      (content) => send(200, content),
      (error: unknown) => {
        if (error instanceof Refusal) send(error.status, { problem: error.problem });
        else send(500, { problem: 'other', reason: error instanceof Error ? error.message : String(error) });
      },
    );
  };
}
