/** Stands between a client and a simulated device: sees what passes, and may change what the device answers. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Simulator } from '../../lib/simulator';
import { httpServer, type Running, type Seen } from './servers';

export interface RelayedAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Relay extends Running {
  readonly seen: readonly Seen[];
  readonly answers: readonly RelayedAnswer[];
}

/** Whole answers only: a stream that goes on for ever does not come through. */
export async function relayTo(
  device: Simulator,
  change: (answer: RelayedAnswer, request: Seen) => { headers?: Record<string, string>; body?: Buffer } = () => ({}),
): Promise<Relay> {
  const answers: RelayedAnswer[] = [];
  const server = await httpServer((request, response) => {
    const { method, path, headers } = request;
    const onward = httpRequest({ port: device.httpPort, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const answer = { headers: incoming.headers, body: Buffer.concat(chunks) };
        answers.push(answer);
        const { headers: more = {}, body = answer.body } = change(answer, request);
        response
          .writeHead(incoming.statusCode ?? 500, { ...incoming.headers, ...more, 'content-length': body.length })
          .end(body);
      });
    });
    response.on('close', () => onward.destroy());
    onward.on('error', () => response.destroy());
    onward.end(request.body);
  });
  return { ...server, answers };
}
