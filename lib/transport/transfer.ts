/** Bodies that do not go through memory, and sound that goes at its own pace. */
import type { ClientRequest } from 'node:http';
import type { Clock } from '../clock';
import { sleep } from '../clock';
import { rootNameOf, type IsapiAnswer } from '../codec/isapi';
import { sniff } from '../codec/text';
import { ConnectionLostError, TimeoutError, TooLargeError, type ErrorContext } from '../errors';
import type { Sink, Source } from '../files';
import { AUDIO_SLICE_MS, BODY_TIMEOUT_MS } from '../settings';
import { abortReason } from './abort';
import type { BulkTcp } from './tls';

/**
 * - `receive`: the answer goes into what `open` gives; a document that says why there is nothing comes back as the answer.
 * - `send`: the body of the request comes from what `open` gives, again for each attempt.
 * - `speak`: once the device has taken the request, `sound` is written behind it in the time that it takes to hear it.
 */
export type Transfer =
  | {
      readonly kind: 'receive';
      readonly open: () => Promise<Sink>;
      /** Ends by itself after this time, for answers that go on for ever. */
      readonly forMs?: number;
    }
  | { readonly kind: 'send'; readonly open: () => Promise<Source> }
  | { readonly kind: 'speak'; readonly sound: Buffer; readonly bytesPerSecond: number };

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** @param ofBytes null where the device does not say how much it will be. */
  readonly onBytes?: (bytes: number, ofBytes: number | null) => void;
}

/** An answer that goes on, and the request behind which more may be written. */
export interface OpenExchange {
  readonly status: number;
  readonly contentType: string | null;
  readonly lengthBytes: number | null;
  readonly body: NodeJS.ReadableStream & { readonly complete: boolean; destroy(): unknown };
  readonly outgoing: ClientRequest;
  /** The connection, where the body can be read past Node's HTTP. */
  readonly bulk: BulkTcp | null;
  close(): void;
}

interface Place {
  readonly clock: Clock;
  readonly context: ErrorContext & { readonly device: string };
}

/** A document instead of what was wanted is no larger than this. */
const MAX_DOCUMENT_BYTES = 64 * 1024;
/** Enough to tell a document that explains a refusal from anything else. */
const HEAD_BYTES = 512;
const REFUSALS = ['responsestatus', 'usercheck', 'html'];
const EMPTY = Buffer.alloc(0);

/**
 * Reads an answer into a sink; the device waits while the sink does.
 *
 * @returns the answer, with `sizeBytes` for what went into the sink, or with the body of a document that came instead.
 */
export async function receive(
  exchange: OpenExchange,
  transfer: Extract<Transfer, { kind: 'receive' }>,
  options: TransferOptions,
  place: Place,
): Promise<IsapiAnswer> {
  const { status, contentType } = exchange;
  let sink: Sink | null = null;
  let head: Buffer[] = [];
  let headBytes = 0;
  let isDocument: boolean | null = null;
  let sizeBytes = 0;

  /** Null where there is room for more. */
  const take = (chunk: Buffer): Promise<void> | null => {
    sizeBytes += chunk.length;
    if (sink !== null) {
      options.onBytes?.(sizeBytes, exchange.lengthBytes);
      return sink.write(chunk);
    }
    head.push(Buffer.from(chunk));
    headBytes += chunk.length;
    if (isDocument === null) isDocument = headBytes >= HEAD_BYTES ? isRefusal(Buffer.concat(head)) : null;
    if (isDocument === false) return begin();
    if (headBytes > MAX_DOCUMENT_BYTES) throw new TooLargeError('an answer that is no document', place.context);
    return null;
  };
  const begin = async (): Promise<void> => {
    sink = await transfer.open();
    for (const chunk of head) await sink.write(chunk);
    head = [];
    options.onBytes?.(sizeBytes, exchange.lengthBytes);
  };

  try {
    await drained(exchange, take, options.signal, place, transfer.forMs);
    if (sink === null) {
      const body = Buffer.concat(head);
      if (isRefusal(body)) return { status, contentType, body };
      await begin();
    }
    await (sink as Sink | null)?.finish();
    return { status, contentType, body: EMPTY, sizeBytes };
  } catch (error) {
    await (sink as Sink | null)?.discard();
    throw error;
  }
}

function isRefusal(body: Buffer): boolean {
  switch (sniff(body)) {
    case 'xml':
      return REFUSALS.includes(rootNameOf(body) ?? '') || /^\s*<!doctype html/i.test(body.toString('latin1', 0, 64));
    case 'json':
      return body.includes('tatusCode"');
    default:
      return false;
  }
}

/** Resolves at the end of the body, or when `forMs` is over; rejects when it breaks, falls silent, or is given up. */
function drained(
  { body, bulk: connection, lengthBytes }: OpenExchange,
  take: (chunk: Buffer) => Promise<void> | null,
  signal: AbortSignal | undefined,
  { clock, context }: Place,
  forMs: number | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let lastMs = clock.monotonic();
    let isSettled = false;
    /** The sink holds us up: silence is then our own. */
    let held: Promise<void> | null = null;
    let hasEnded = false;
    const settle = (error: unknown) => {
      if (isSettled) return;
      isSettled = true;
      watch.cancel();
      until?.cancel();
      signal?.removeEventListener('abort', onAbort);
      body.removeListener('data', onData);
      if (error === null) resolve();
      else {
        body.destroy();
        // What the sink still does with the last chunk ends first: it is discarded next.
        void (held ?? Promise.resolve()).then(
          () => reject(error as Error),
          () => reject(error as Error),
        );
      }
    };
    const onAbort = () => settle(abortReason(signal as AbortSignal, context.device));
    const lookAfter = () => {
      const silentMs = clock.monotonic() - lastMs;
      if (held === null && silentMs >= BODY_TIMEOUT_MS) {
        settle(new TimeoutError(`the answer did not go on within ${BODY_TIMEOUT_MS / 1000} s`, context));
      } else watch = clock.after(held === null ? BODY_TIMEOUT_MS - silentMs : BODY_TIMEOUT_MS, lookAfter);
    };
    let watch = clock.after(BODY_TIMEOUT_MS, lookAfter);
    const until = forMs === undefined ? undefined : clock.after(forMs, () => settle(null));
    const bulk = lengthBytes === null || body.complete ? null : connection;
    let leftBytes = lengthBytes ?? Infinity;
    const valve = bulk === null ? body : bulk.socket;
    const onData = (chunk: Buffer) => {
      lastMs = clock.monotonic();
      leftBytes -= chunk.length;
      if (held !== null) {
        // The rest of what was read at one time.
        const rest = Buffer.from(chunk);
        hold(held.then(() => take(rest) ?? undefined));
        return;
      }
      try {
        const taking = take(chunk);
        if (taking !== null) hold(taking);
      } catch (error) {
        settle(error);
      }
    };
    const hold = (taking: Promise<void>) => {
      held = taking;
      valve.pause();
      taking.then(
        () => {
          if (held !== taking) return;
          held = null;
          lastMs = clock.monotonic();
          if (hasEnded) settle(null);
          else if (!isSettled) valve.resume();
        },
        (error: unknown) => {
          if (held === taking) held = null;
          settle(error);
        },
      );
    };
    body.on('data', onData);
    bulk?.divert((chunk) => {
      // What follows a complete answer is no part of it.
      if (leftBytes > 0) onData(chunk.subarray(0, leftBytes));
      if (leftBytes > 0) return;
      hasEnded = true;
      if (held === null) settle(null);
    });
    body.once('end', () => {
      hasEnded = true;
      if (held === null) settle(null);
    });
    body.once('error', (error: Error) =>
      settle(new ConnectionLostError('the connection broke in the middle', { ...context, cause: error })),
    );
    body.once('close', () => {
      if (!hasEnded) settle(new ConnectionLostError('the connection broke in the middle', context));
    });
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Writes a source as the body of a request, as fast as the device takes it. */
export async function pour(source: Source, outgoing: ClientRequest, moved: (bytes: number) => void): Promise<void> {
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    if (outgoing.destroyed) return;
    const hasRoom = outgoing.write(chunk);
    bytes += chunk.length;
    moved(bytes);
    if (!hasRoom) await room(outgoing);
  }
  if (!outgoing.destroyed) outgoing.end();
}

/** Writes sound behind a request in the time that it takes to hear it. Rejects when the device hangs up or takes no more. */
export async function speak(
  { outgoing, body }: OpenExchange,
  { sound, bytesPerSecond }: Extract<Transfer, { kind: 'speak' }>,
  options: TransferOptions,
  { clock, context }: Place,
): Promise<void> {
  let isBroken = false;
  const broken = () => (isBroken = true);
  body.on('error', broken);
  outgoing.on('close', broken);
  outgoing.on('error', broken);
  const startedMs = clock.monotonic();
  const sliceBytes = Math.max(1, Math.round((bytesPerSecond * AUDIO_SLICE_MS) / 1_000));
  for (let at = 0; at < sound.length; at += sliceBytes) {
    if (isBroken) throw new ConnectionLostError('the device hung up while it was spoken to', context);
    if (outgoing.writableLength > bytesPerSecond * (BODY_TIMEOUT_MS / 1_000)) {
      throw new TimeoutError('the device takes no more sound', context);
    }
    const slice = sound.subarray(at, at + sliceBytes);
    outgoing.write(slice);
    const sentBytes = at + slice.length;
    options.onBytes?.(sentBytes, sound.length);
    // From the start, so that late timers do not add up.
    const dueMs = startedMs + (sentBytes / bytesPerSecond) * 1_000;
    await pause(clock, Math.max(0, dueMs - clock.monotonic()), options.signal, context.device);
  }
  if (isBroken) throw new ConnectionLostError('the device hung up while it was spoken to', context);
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined, device: string): Promise<void> {
  try {
    await sleep(clock, ms, signal);
  } catch {
    throw abortReason(signal as AbortSignal, device);
  }
}

/** Resolves when more can be written, or never will. */
function room(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
