/** Clients that hold the alertStreams of idle devices, or bare requests that read the same; a process of its own that tells its cost. */
import { get } from 'node:http';
import { HikvisionClient } from '../../lib/index';
import { answering } from '../scale/parts';

export type ToIdle =
  | { readonly do: 'start'; readonly how: 'ours' | 'bare'; readonly urls: readonly string[] }
  | { readonly do: 'memory' }
  /** Processor time so far. */
  | { readonly do: 'cpu' };

const closing: (() => unknown)[] = [];
const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';

async function answer(message: ToIdle): Promise<unknown> {
  if (message.do === 'start') {
    await Promise.all(message.urls.map((url) => (message.how === 'ours' ? ours(url) : bare(url))));
    return null;
  }
  if (message.do === 'cpu') {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function ours(url: string): Promise<void> {
  const client = new HikvisionClient({ url });
  closing.push(() => client.close());
  client.events(() => undefined);
  await client.connect();
}

function bare(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = get(`${url}${ALERT_STREAM}`, { agent: false }, (incoming) => {
      incoming.on('data', () => undefined);
      incoming.on('error', () => undefined); // at the end, when it is cut
      resolve();
    });
    outgoing.on('error', reject);
    closing.push(() => outgoing.destroy());
  });
}

answering(answer, async () => {
  await Promise.all(closing.map((close) => close()));
});
