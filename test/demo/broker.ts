/** An MQTT broker within the process, on loopback. */
import { createServer, type AddressInfo, type Server } from 'node:net';

export interface Broker {
  readonly port: number;
  close(): Promise<void>;
}

export async function startBroker(port: number): Promise<Broker> {
  // It comes as an ES module only.
  const { Aedes } = await import('aedes');
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => void broker.handle(socket));
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await new Promise<void>((resolve) => broker.close(resolve));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
