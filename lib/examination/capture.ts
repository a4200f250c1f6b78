/** A device as a dump that may be passed on: what it answers to everything that can be read, and what its event stream says, masked. */
import { HikvisionClient, type ClientOptions } from '../client';
import { sleep, type Clock } from '../clock';
import type { Mask } from '../codec/mask';
import { MultipartReader, type Part } from '../codec/multipart';
import { decodeText, sniff } from '../codec/text';
import { commandList, commandNamed } from '../commands/registry';
import { AuthenticationError, ClosedError, HikvisionError, LockedError, UnreachableError } from '../errors';
import { HttpClient } from '../transport/http';
import { addressOf } from './doors';

export interface CapturedAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** As `hsp simulate --dump` reads it. */
export interface Capture {
  readonly meta: Readonly<Record<string, string | null>>;
  readonly responses: Readonly<Record<string, CapturedAnswer>>;
}

export interface CaptureOptions {
  readonly clock: Clock;
  readonly mask: Mask;
  readonly signal: AbortSignal;
  /** The paths to ask for; all that the commands read when not given. */
  readonly paths?: readonly string[];
  /** Between one question and the next. */
  readonly pauseMs: number;
  readonly onProgress?: (progress: number) => void;
}

/** More of one document tells nothing more about the device. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
/** Most values put in for one placeholder; the channels of a large recorder are all alike. */
const MAX_FILLED = 64;
const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';
const MAX_STREAM_BYTES = 16 * 1024 * 1024;
const BOUNDARY = 'boundary';

/* What the device says of itself (`deviceInfo`) */
const MODEL = /<model\b[^<>]{0,256}>([^<]{1,128})</i;
const FIRMWARE = /<firmwareVersion\b[^<>]{0,256}>([^<]{1,128})</i;
const DEVICE_TYPE = /<deviceType\b[^<>]{0,256}>([^<]{1,128})</i;

/**
 * Asks for every document, one at a time. What is no text, such as a picture, is left out.
 *
 * @throws what ends a connection: a refused password is not tried again.
 */
export async function captureDevice(settings: ClientOptions, options: CaptureOptions): Promise<Capture> {
  const { clock, mask, signal, pauseMs, onProgress = () => undefined } = options;
  const paths = options.paths ?? (await readablePaths(settings, signal));
  const answers = new Map<string, CapturedAnswer>();
  await withHttp(settings, clock, async (http) => {
    for (const [index, path] of paths.entries()) {
      const answer = await textAnswer(http, path, signal);
      if (answer !== null) answers.set(path, answer);
      onProgress((index + 1) / paths.length);
      if (index + 1 < paths.length) await sleep(clock, pauseMs, signal);
    }
  });
  // A serial number that one document names may stand in any other.
  for (const { body } of answers.values()) mask.learn(body);
  const responses = [...answers].map(
    ([path, answer]) => [mask.text(path), { ...answer, body: mask.text(answer.body) }] as const,
  );
  const info = answers.get('/ISAPI/System/deviceInfo')?.body ?? '';
  const said = (element: RegExp) => element.exec(info)?.[1] ?? null;
  const meta = { model: said(MODEL), firmware: said(FIRMWARE), deviceType: said(DEVICE_TYPE) };
  return { meta, responses: Object.fromEntries(responses) };
}

async function textAnswer(http: HttpClient, path: string, signal: AbortSignal): Promise<CapturedAnswer | null> {
  try {
    const { status, contentType, body } = await http.send({ method: 'GET', path }, { signal, idempotent: true });
    const kind = sniff(body);
    // Plates and users also come as tables; only documents can be masked.
    if (kind === 'jpeg' || kind === 'binary' || body.length > MAX_DOCUMENT_BYTES) return null;
    return { status, contentType, body: decodeText(body) };
  } catch (error) {
    if (endsAll(error)) throw error;
    return null; // the device did not answer this one
  }
}

function endsAll(error: unknown): boolean {
  return (
    !(error instanceof HikvisionError) ||
    error instanceof AuthenticationError ||
    error instanceof LockedError ||
    error instanceof UnreachableError ||
    error instanceof ClosedError
  );
}

/** Every path that a reading command asks for, with the numbers of this device filled in. */
async function readablePaths(settings: ClientOptions, signal: AbortSignal): Promise<readonly string[]> {
  const client = new HikvisionClient(settings);
  try {
    // The first question proves the password; those after it may fail.
    await client.config.deviceInfo({}, { signal });
    const numbers = async <T>(list: Promise<readonly T[]>, numberOf: (item: T) => number | null) => {
      try {
        const found = (await list).map(numberOf).filter((number) => number !== null);
        return found.length === 0 ? [1] : [...new Set(found)].slice(0, MAX_FILLED);
      } catch (error) {
        if (endsAll(error)) throw error;
        return [1];
      }
    };
    const options = { signal };
    return filledPaths({
      channel: await numbers(client.recorder.listChannels({}, options), ({ channel }) => channel),
      streamId: await numbers(client.stream.list({}, options), ({ streamId }) => streamId),
      input: await numbers(client.event.listAlarmInputs({}, options), ({ input }) => input),
    });
  } finally {
    await client.close();
  }
}

/** The paths of the commands that read, from the registry. One whose placeholder nothing is known for is left out. */
export function filledPaths(numbers: Readonly<Record<string, readonly number[]>>): readonly string[] {
  const paths = commandList()
    .filter(({ effect, isHttpOnly }) => effect === 'read' && !isHttpOnly)
    .flatMap(({ name }) => commandNamed(name)?.paths ?? []);
  const filled = new Set<string>();
  for (const path of paths) {
    const placeholder = /\{(\w+)\}/.exec(path)?.[1];
    if (placeholder === undefined) filled.add(path);
    else if (Object.hasOwn(numbers, placeholder)) {
      for (const number of numbers[placeholder] ?? []) {
        const whole = path.replaceAll(`{${placeholder}}`, String(number));
        if (!whole.includes('{')) filled.add(whole);
      }
    }
  }
  return [...filled];
}

/* The event stream */

export interface CapturedStream {
  /** As a device would send it; pictures are black. */
  readonly bytes: Buffer;
  readonly parts: readonly { readonly kind: Part['kind']; readonly sizeBytes: number; readonly text: string | null }[];
}

/** Listens to the event stream for a while. @returns null where the device has none. */
export async function captureStream(
  settings: ClientOptions,
  { clock, mask, signal, forMs }: Pick<CaptureOptions, 'clock' | 'mask' | 'signal'> & { readonly forMs: number },
): Promise<CapturedStream | null> {
  const parts: Part[] = [];
  const isThere = await withHttp(settings, clock, async (http) => {
    const stop = new AbortController();
    const onAbort = () => stop.abort(new ClosedError('cancelled'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const timer = clock.after(forMs, onAbort);
    try {
      const opened = await http.stream(ALERT_STREAM, stop.signal);
      if (!('close' in opened)) return false;
      const reader = new MultipartReader();
      let sizeBytes = 0;
      const onStop = () => opened.body.destroy();
      stop.signal.addEventListener('abort', onStop, { once: true });
      try {
        for await (const chunk of opened.body as AsyncIterable<Buffer>) {
          // Parts are views of what was received.
          parts.push(...reader.push(Buffer.from(chunk)).map((part) => ({ ...part, body: Buffer.from(part.body) })));
          if ((sizeBytes += chunk.length) > MAX_STREAM_BYTES) break;
        }
      } finally {
        stop.signal.removeEventListener('abort', onStop);
      }
      return true;
    } catch (error) {
      if (!stop.signal.aborted || signal.aborted) throw error;
      return true; // the time was over
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  });
  return isThere ? masked(parts, mask) : null;
}

function masked(parts: readonly Part[], mask: Mask): CapturedStream {
  const whole = parts.filter(({ truncated }) => !truncated);
  const texts = whole.map(({ kind, body }) => (kind === 'picture' ? null : decodeText(body)));
  for (const text of texts) if (text !== null) mask.learn(text);
  const shown = whole.map(({ kind, contentType, body }, index) => {
    const text = texts[index] ?? null;
    const safe = text === null ? blackPicture(body.length) : Buffer.from(mask.text(text));
    const type =
      contentType ?? (kind === 'json' ? 'application/json' : kind === 'xml' ? 'application/xml' : 'image/jpeg');
    return { kind, type, body: safe, text: text === null ? null : safe.toString() };
  });
  return {
    bytes: Buffer.concat(
      shown.flatMap(({ type, body }) => [
        Buffer.from(`--${BOUNDARY}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
        body,
        Buffer.from('\r\n'),
      ]),
    ),
    parts: shown.map(({ kind, body, text }) => ({ kind, sizeBytes: body.length, text })),
  };
}

const JPEG_BEGIN = Buffer.from([0xff, 0xd8]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
const COMMENT_HEAD_BYTES = 4;
const COMMENT_MAX_BYTES = 0xffff + 2;

/** A JPEG of that many bytes that shows nothing: comments between its first and its last marker. */
export function blackPicture(sizeBytes: number): Buffer {
  const pieces = [JPEG_BEGIN];
  let left = sizeBytes - JPEG_BEGIN.length - JPEG_END.length;
  if (left < 0) return Buffer.alloc(sizeBytes);
  while (left >= COMMENT_HEAD_BYTES) {
    const comment = Buffer.alloc(Math.min(left, COMMENT_MAX_BYTES));
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(comment.length - 2, 2);
    pieces.push(comment);
    left -= comment.length;
  }
  // Filling bytes may stand before a marker.
  pieces.push(Buffer.alloc(left, 0xff), JPEG_END);
  return Buffer.concat(pieces);
}

async function withHttp<T>(settings: ClientOptions, clock: Clock, run: (http: HttpClient) => Promise<T>): Promise<T> {
  const address = addressOf(settings);
  const { username = address.username, password = address.password, tls = {}, allowBasic = false, login } = settings;
  const http = new HttpClient({
    address: { ...address, username, password },
    trust: tls,
    allowBasic,
    clock,
    ...(login === undefined ? {} : { login }),
  });
  try {
    return await run(http);
  } finally {
    await http.logout().catch(() => undefined);
    http.close();
  }
}
