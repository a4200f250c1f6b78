/**
 * A recording of 200 MB from a simulated recorder into a file: ours against `curl --digest`, which fetches the same bytes in the same
 * run. Device, curl and ours each have a process; curl does not wait for the disk, so its file is synchronised behind it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { HikvisionClient } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { median, type Figure } from './figure';

const MB = 1_024 * 1_024;

export interface DownloadFigures {
  readonly rate: Figure;
  readonly memory: Figure;
}

export async function benchDownload(rounds: number, sizeBytes = 200 * MB): Promise<DownloadFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'hsp-bench-'));
  const device = new Child(['download-device.js', String(sizeBytes)]);
  let ours: Child | undefined;
  try {
    const { http } = (await device.line()) as { http: number };
    const url = `http://127.0.0.1:${http}`;
    const playbackUri = await newestRecording(url);
    ours = new Child(['download-client.js', url, playbackUri]);
    const seconds = { ours: [] as number[], curl: [] as number[] };
    let growthBytes = 0;
    let curlIsThere = true;
    for (let round = 0; round < rounds; round++) {
      const file = join(folder, 'ours');
      ours.write(file);
      const download = (await ours.line()) as { sizeBytes: number; seconds: number; growthBytes: number };
      if (download.sizeBytes !== sizeBytes || (await stat(file)).size !== sizeBytes)
        throw new Error('not all bytes came');
      seconds.ours.push(download.seconds);
      growthBytes = Math.max(growthBytes, download.growthBytes);
      await rm(file);
      const byCurl = curlIsThere ? await curl(url, playbackUri, join(folder, 'curl'), sizeBytes) : null;
      if (byCurl === null) curlIsThere = false;
      else seconds.curl.push(byCurl);
    }
    const about = `a recording of ${Math.round(sizeBytes / MB)} MB into a file, from a recorder in a process of its own`;
    return {
      rate: {
        name: 'recorder.download',
        about,
        unit: 'MB/s',
        ours: sizeBytes / MB / median(seconds.ours),
        peer: curlIsThere ? sizeBytes / MB / median(seconds.curl) : null,
        peerName: curlIsThere ? 'curl --digest, and its file synchronised' : 'curl is not installed',
        floor: null,
        floorName: null,
        aimToPeer: 0.8,
      },
      memory: {
        isLowerBetter: true,
        name: 'recorder.downloadMemory',
        about,
        unit: 'KB more at most',
        ours: growthBytes / 1_024,
        peer: null,
        peerName: null,
        floor: null,
        floorName: null,
        aimToPeer: null,
      },
    };
  } finally {
    ours?.end();
    device.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function newestRecording(url: string): Promise<string> {
  const client = new HikvisionClient({ url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
  try {
    const { recordings } = await client.recorder.searchRecordings();
    // Not the one that is still growing.
    const uri = recordings.at(-2)?.playbackUri;
    if (uri === undefined || uri === null) throw new Error('no recording to download');
    return uri;
  } finally {
    await client.close();
  }
}

/** Seconds; null where there is no curl. */
async function curl(url: string, playbackUri: string, file: string, sizeBytes: number): Promise<number | null> {
  const startedMs = performance.now();
  const code = await new Promise<number | null>((resolve) => {
    const target = `${url}/ISAPI/ContentMgmt/download?playbackURI=${encodeURIComponent(playbackUri)}`;
    const credentials = `${SIMULATOR_USERNAME}:${SIMULATOR_PASSWORD}`;
    const child = spawn('curl', ['--silent', '--fail', '--digest', '--user', credentials, '--output', file, target]);
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  if (code === null) return null;
  if (code !== 0) throw new Error(`curl ended with ${code}`);
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
  const seconds = (performance.now() - startedMs) / 1_000;
  if ((await stat(file)).size !== sizeBytes) throw new Error('curl did not get all bytes');
  await rm(file);
  return seconds;
}

/** A program beside this one that speaks JSON lines. */
class Child {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  constructor([program = '', ...args]: readonly string[]) {
    this.process = spawn(process.execPath, [join(__dirname, program), ...args]);
    this.process.stderr.pipe(process.stderr);
    this.reader = createInterface({ input: this.process.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  write(line: string): void {
    this.process.stdin.write(`${line}\n`);
  }

  async line(): Promise<unknown> {
    const next = await this.lines.next();
    if (next.done === true) throw new Error('a program of the bench ended too early');
    return JSON.parse(next.value);
  }

  end(): void {
    this.process.stdin.end();
    this.reader.close();
  }
}
