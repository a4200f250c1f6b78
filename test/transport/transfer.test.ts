/** Files, sound and backups against a simulated device: what arrives, and what is left after a failure. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../lib/codec/g711';
import { formatWav, parseWav } from '../../lib/codec/wav';
import { systemFiles } from '../../lib/files';
import { builtInDevice } from '../../lib/simulator';
import { GeneratedBytes } from '../../lib/simulator/functions/generated';
import { codeOf, errorOf, hikvisionClient, httpOf, openSockets, turns } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { httpServer } from '../support/servers';
import { simulator } from '../support/simulators';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hsp-transfer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MB = 1_024 * 1_024;

async function recorderOf(recordingBytes: number, download?: 'get' | 'post' | 'query' | 'none') {
  const device = await simulator(
    builtInDevice('nvr', { recordingBytes, ...(download === undefined ? {} : { download }) }),
  );
  const client = hikvisionClient(device);
  const { recordings } = await client.recorder.searchRecordings();
  return { device, client, recording: recordings[3] };
}

function generated(sizeBytes: number, seed: number): string {
  const hash = createHash('sha256');
  const bytes = new GeneratedBytes(sizeBytes, seed);
  for (let piece = bytes.next(); piece !== null; piece = bytes.next()) hash.update(piece);
  return hash.digest('hex');
}

const hashOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

describe('a download', () => {
  it.each(['get', 'post', 'query'] as const)(
    'by %s is the same to the last byte, and tells how far it is',
    async (way) => {
      const sizeBytes = 5 * MB + 12_345;
      const { client, recording } = await recorderOf(sizeBytes, way);
      const file = join(folder, 'a.mp4');
      await writeFile(file, 'an older one');
      const told: number[] = [];
      const playbackUri = recording?.playbackUri ?? '';
      const done = await client.recorder.downloadRecording(
        { file, playbackUri },
        { onProgress: (progress) => void told.push(progress) },
      );
      expect(done).toEqual({ file, sizeBytes, playbackUri });
      const seed = Number(/name=ch\d+_(\d+)/.exec(playbackUri)?.[1]);
      expect(await hashOf(file)).toBe(generated(sizeBytes, seed));
      expect(await readdir(folder)).toEqual(['a.mp4']);
      expect(told.at(-1)).toBe(1);
      expect(told.length).toBeGreaterThan(5);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    },
  );

  it('finds the recording that covers a time', async () => {
    const { client, recording } = await recorderOf(1_000);
    const file = join(folder, 'a.mp4');
    await client.recorder.downloadRecording({ file, time: recording?.start ?? '' });
    expect((await stat(file)).size).toBe(1_000);
  });

  it('that is cancelled leaves nothing behind', async () => {
    const { client, recording } = await recorderOf(400 * MB);
    const sockets = openSockets();
    const stop = new AbortController();
    const file = join(folder, 'a.mp4');
    const download = client.recorder.downloadRecording(
      { file, playbackUri: recording?.playbackUri ?? '' },
      { signal: stop.signal, onProgress: () => stop.abort() },
    );
    expect(await codeOf(download)).toBe('HIK_CLOSED');
    expect(await readdir(folder)).toEqual([]);
    await turns();
    expect(openSockets()).toBeLessThanOrEqual(sockets);
    // The client is as good as before.
    expect(await codeOf(client.config.deviceInfo())).toBe('fine');
  });

  it('that breaks leaves nothing behind', async () => {
    const { device, client, recording } = await recorderOf(400 * MB);
    const playbackUri = recording?.playbackUri ?? '';
    const download = client.recorder.downloadRecording(
      { file: join(folder, 'a.mp4'), playbackUri },
      { onProgress: () => device.dropConnections() },
    );
    expect(await codeOf(download)).toBe('HIK_CONNECTION_LOST');
    expect(await readdir(folder)).toEqual([]);
  });

  it('that the device refuses creates no file', async () => {
    const { client, recording } = await recorderOf(1_000, 'none');
    const file = join(folder, 'a.mp4');
    const refused = await errorOf(
      client.recorder.downloadRecording({ file, playbackUri: recording?.playbackUri ?? '' }),
    );
    expect(refused.code).toBe('HIK_UNSUPPORTED');
    expect(refused.message).toContain('recorder.playbackUrl');
    const other = await recorderOf(1_000);
    const nameless = { file, playbackUri: 'rtsp://x/Streaming/tracks/101/?name=x' };
    expect(await codeOf(other.client.recorder.downloadRecording(nameless))).toBe('HIK_REFUSED');
    expect(await readdir(folder)).toEqual([]);
  });

  it('names what is wrong with the file', async () => {
    const { client, recording } = await recorderOf(1_000);
    const playbackUri = recording?.playbackUri ?? '';
    const into = (file: string) => errorOf(client.recorder.downloadRecording({ file, playbackUri }));
    await mkdir(join(folder, 'there'));
    expect(await into(join(folder, 'not', 'there'))).toMatchObject({ code: 'HIK_ARGUMENT' });
    expect((await into(join(folder, 'there'))).message).toContain('it is a folder');
    expect(await readdir(folder)).toEqual(['there']);
  });

  it('falls silent no longer than any other answer', async () => {
    const clock = new FakeClock();
    const { url } = await httpServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 10_000 });
      response.write(Buffer.alloc(5_000, 0x80));
    });
    const http = httpOf({ url }, { clock });
    let isOpen = false;
    const open = () => {
      isOpen = true;
      return systemFiles.create(join(folder, 'a'));
    };
    const answer = codeOf(http.transfer({ method: 'GET', path: '/x' }, { kind: 'receive', open }));
    for (let turn = 0; turn < 100 && !isOpen; turn++) await turns(1);
    await turns();
    await clock.advance(10_000);
    expect(await answer).toBe('HIK_TIMEOUT');
    expect(await readdir(folder)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['in chunks', {}],
    ['of a known length', { 'Content-Length': 3 * MB }],
  ])('waits for a slow disk, %s', async (_name, head) => {
    const { url } = await httpServer((_request, response) => {
      response.writeHead(200, head);
      for (let n = 0; n < 48; n++) response.write(Buffer.alloc(64 * 1_024, n + 1));
      response.end();
    });
    const got: Buffer[] = [];
    let most = 0;
    let waiting = 0;
    const sink = {
      write: async (chunk: Buffer) => {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 1));
        got.push(Buffer.from(chunk));
        waiting--;
      },
      finish: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    };
    const transfer = { kind: 'receive', open: () => Promise.resolve(sink) } as const;
    const answer = await httpOf({ url }).transfer({ method: 'GET', path: '/x' }, transfer);
    expect(answer.sizeBytes).toBe(3 * MB);
    const expected = Buffer.concat(Array.from({ length: 48 }, (_, n) => Buffer.alloc(64 * 1_024, n + 1)));
    expect(Buffer.concat(got).equals(expected)).toBe(true);
    expect(most).toBe(1);
  });

  it('takes a document for what it is, whatever the status', async () => {
    const body = '<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>';
    const { url } = await httpServer((_request, response) => response.end(body));
    const open = () => systemFiles.create(join(folder, 'a'));
    const answer = await httpOf({ url }).transfer({ method: 'GET', path: '/x' }, { kind: 'receive', open });
    expect(answer.body.toString()).toBe(body);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('backup and restore', () => {
  it('bring the settings back', async () => {
    const device = await simulator('camera', { rebootMs: 50 });
    const client = hikvisionClient(device);
    const file = join(folder, 'settings.bin');
    const { sizeBytes } = await client.config.backup({ file });
    expect((await stat(file)).size).toBe(sizeBytes);
    await client.camera.setAudioVolume({ speakerVolume: 7 });
    expect(await codeOf(client.config.restore({ file }))).toBe('HIK_CONFIRMATION');
    expect(await client.config.restore({ file }, { confirm: true })).toEqual({ file, rebootRequired: false });
    expect(device.device.document('/ISAPI/System/TwoWayAudio/channels/1')?.body.toString()).toContain(
      '<speakerVolume>50<',
    );
  });

  it('refuses what is no backup, and what cannot be read', async () => {
    const client = hikvisionClient(await simulator('camera'));
    const file = join(folder, 'settings.bin');
    expect(await codeOf(client.config.restore({ file }, { confirm: true }))).toBe('HIK_ARGUMENT');
    await writeFile(file, Buffer.alloc(300_000, 7));
    expect(await codeOf(client.config.restore({ file }, { confirm: true }))).toBe('HIK_REFUSED');
    await writeFile(file, '');
    expect(await codeOf(client.config.restore({ file }, { confirm: true }))).toBe('HIK_REFUSED');
  });
});

describe('two-way audio', () => {
  const tone = Int16Array.from({ length: 4_000 }, (_, at) => Math.round(9_000 * Math.sin(at / 5)));

  it('plays a WAV file byte for byte, in the time that it takes', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const file = join(folder, 'tone.wav');
    await writeFile(file, formatWav({ rateHz: 8_000, samples: tone }));
    const told: number[] = [];
    const started = performance.now();
    const played = await client.camera.playAudio({ file }, { onProgress: (progress) => void told.push(progress) });
    expect(performance.now() - started).toBeGreaterThan(1_450); // a second between close and open, half a second of sound
    expect(played).toEqual({ channel: 1, codec: 'G.711ulaw', seconds: 0.5 });
    expect(device.device.talk?.heard().equals(encodeG711(tone, 'ulaw'))).toBe(true);
    expect(device.device.talk?.isOpen()).toBe(false);
    expect(told.at(-1)).toBe(1);
  });

  it('plays G.711 bytes as they are, from base64 too, in the codec of the channel', async () => {
    const device = await simulator('nvr');
    const client = hikvisionClient(device);
    const sound = encodeG711(tone.subarray(0, 400), 'alaw');
    expect(await client.camera.playAudio({ channel: 2, audio: sound.toString('base64') })).toMatchObject({
      codec: 'G.711alaw',
      seconds: 0.05,
    });
    expect(device.device.talk?.heard(2).equals(sound)).toBe(true);
  });

  it('closes when it is cancelled', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const stop = new AbortController();
    const audio = encodeG711(new Int16Array(80_000), 'ulaw');
    const playing = client.camera.playAudio({ audio }, { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await codeOf(playing)).toBe('HIK_CLOSED');
    expect(device.device.talk?.isOpen()).toBe(false);
    expect(device.device.talk?.heard().length).toBeLessThan(8_000);
  });

  it('records what it hears', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const { contentType, data, seconds } = await client.camera.captureAudio({ seconds: 0.5 });
    expect(contentType).toBe('audio/wav');
    expect(seconds).toBeGreaterThan(0.2);
    expect(seconds).toBeLessThanOrEqual(0.5);
    const { rateHz, samples } = parseWav(data);
    expect(rateHz).toBe(8_000);
    expect(Math.max(...samples)).toBeGreaterThan(7_000);
    expect(device.device.talk?.isOpen()).toBe(false);
  });

  it('refuses sound that is none', async () => {
    const client = hikvisionClient(await simulator('camera'));
    for (const audio of [undefined, {}, 'not base64!', Buffer.alloc(0), Buffer.from('RIFF0000WAVE')])
      expect(await codeOf(client.camera.playAudio({ audio }))).toBe('HIK_ARGUMENT');
    expect(decodeG711(Buffer.from([0xff]), 'ulaw')[0]).toBe(0);
  });
});
