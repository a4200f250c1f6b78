/** Small servers made by hand, for what no simulator of a well-behaved device does. */
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

const open: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

export interface Running {
  readonly port: number;
  readonly url: string;
  readonly sockets: ReadonlySet<Socket>;
}

export async function listening(server: Server, host = '127.0.0.1'): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  open.push({ server, sockets });
  const { port } = server.address() as AddressInfo;
  return { port, sockets, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
}

/** A TCP server that does as it is told. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<Running> {
  return listening(createTcp(onConnection));
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An HTTP server that records requests with their bodies. */
export async function httpServer(
  answer: (request: Seen, response: ServerResponse) => void,
  host?: string,
): Promise<Running & { readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const listener: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      const request = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(request);
      answer(request, response);
    });
  };
  return { ...(await listening(createHttp(listener), host)), seen };
}

/** Reads the head of one request, then answers with these bytes. */
export function rawAnswer(bytes: string | Buffer, then: 'end' | 'destroy' | 'keep' = 'end'): Promise<Running> {
  return tcpServer((socket) => {
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      head = '';
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        else if (then === 'destroy') socket.destroy();
      });
    });
  });
}
