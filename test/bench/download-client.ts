/**
 * Downloads a recording again and again in a process of its own, so that the memory that is counted is that of downloads. Each line
 * on standard input is a file to write; each answer is a line with bytes, seconds and the growth of memory.
 */
import { createInterface } from 'node:readline';
import { HikvisionClient } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';

async function main(): Promise<void> {
  const [, , url = '', playbackUri = ''] = process.argv;
  const client = new HikvisionClient({ url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
  // A login and a small answer first: what a client needs anyway is no growth.
  await client.call('config.deviceInfo');
  for await (const file of createInterface({ input: process.stdin })) {
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
    const startedMs = performance.now();
    const answer = (await client.call('recorder.downloadRecording', { file, playbackUri })) as { sizeBytes: number };
    const seconds = (performance.now() - startedMs) / 1_000;
    clearInterval(watch);
    const growthBytes = Math.max(most, process.memoryUsage().rss) - before;
    process.stdout.write(`${JSON.stringify({ sizeBytes: answer.sizeBytes, seconds, growthBytes })}\n`);
  }
  await client.close();
}

void main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
