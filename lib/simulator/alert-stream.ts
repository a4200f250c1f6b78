/** The open alertStreams of a device: what is written goes to all of them; heartbeats and replays run on the clock. */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock';
import type { DeviceForm } from './device';
import { BOUNDARIES } from './event-parts';
import { distortPart, faultNamed, type FaultName } from './faults';
import { planReplay, type Replay, type ReplayPiece } from './replay';

export interface AlertStreamsOptions {
  readonly form: DeviceForm;
  readonly clock: Clock;
  /** 0: none. Sent after so much silence only, as cameras do. */
  readonly heartbeatMs: number;
  readonly heartbeat: () => Buffer;
  readonly replay?: Replay;
  /** Fewer than usual. */
  readonly maxStreams: number | null;
}

/** A stream for less than everything. */
export interface Subscription extends Pick<AlertStreamsOptions, 'heartbeatMs' | 'heartbeat'> {
  /** In lower case; null for all. */
  readonly types: ReadonlySet<string> | null;
  /** What it begins with. */
  readonly first: Buffer;
}

/** Streams at one time. Real devices have fewer; one more is refused with `deployExceedMax`. */
export const MAX_STREAMS = 16;
/** Bytes that wait for a client that does not read; then it is cut off. */
const MAX_BACKLOG_BYTES = 32 * 1_024 * 1_024;

export class AlertStreams {
  private readonly open = new Set<AlertStream>();
  private readonly pieces: readonly ReplayPiece[];
  private fault: FaultName | null = null;

  constructor(private readonly options: AlertStreamsOptions) {
    this.pieces = options.replay === undefined ? [] : planReplay(options.replay.bytes);
  }

  get count(): number {
    return this.open.size;
  }

  get isFull(): boolean {
    return this.open.size >= (this.options.maxStreams ?? MAX_STREAMS);
  }

  /**
   * Answers a request with an alertStream.
   *
   * @param subscription what it is narrowed to, with its own heartbeat and its first part.
   */
  start(response: ServerResponse, subscription?: Subscription): void {
    response.writeHead(200, {
      'MIME-Version': '1.0',
      Connection: 'close',
      'Content-Type': `multipart/mixed; boundary=${BOUNDARIES[this.options.form]}`,
    });
    response.flushHeaders();
    const options = subscription === undefined ? this.options : { ...this.options, ...subscription };
    const pieces = subscription === undefined ? this.pieces : [];
    const stream = new AlertStream(response, options, pieces, () => this.fault, subscription?.types ?? null);
    this.open.add(stream);
    response.on('close', () => {
      stream.stop();
      this.open.delete(stream);
    });
    stream.start();
    if (subscription !== undefined) stream.writePart(subscription.first);
  }

  /** @param part one or more whole parts. @param type of the event, in lower case. */
  write(part: Buffer, type: string): void {
    for (const stream of this.open) if (stream.types?.has(type) !== false) stream.writePart(part);
  }

  /** Bytes as they are, without the faults of parts. */
  writeRaw(bytes: Buffer): void {
    for (const stream of this.open) stream.writeRaw(bytes);
  }

  setFault(name: FaultName | null): void {
    this.fault = name;
  }

  /** Ends all of them at once, without a goodbye. */
  stop(): void {
    for (const stream of this.open) stream.stop();
    this.open.clear();
  }
}

class AlertStream {
  private heartbeatTimer: Timer | null = null;
  private replayTimer: Timer | null = null;
  private isStopped = false;
  private partIndex = 0;
  private nextPiece = 0;
  private replayStartMs = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly options: AlertStreamsOptions,
    private readonly pieces: readonly ReplayPiece[],
    private readonly fault: () => FaultName | null,
    /** The only types that are wanted; null for all. */
    readonly types: ReadonlySet<string> | null,
  ) {}

  start(): void {
    this.replayStartMs = this.options.clock.monotonic();
    if (this.pieces.length > 0) this.replay();
    this.armHeartbeat();
  }

  stop(): void {
    this.isStopped = true;
    this.heartbeatTimer?.cancel();
    this.replayTimer?.cancel();
    this.heartbeatTimer = this.replayTimer = null;
  }

  writePart(part: Buffer): void {
    this.writeRaw(distortPart(part, faultNamed(this.fault()).parts, this.partIndex++));
    this.armHeartbeat();
  }

  writeRaw(bytes: Buffer): void {
    if (this.isStopped || this.response.destroyed || faultNamed(this.fault()).silentStream) return;
    this.response.write(bytes);
    if (this.response.writableLength > MAX_BACKLOG_BYTES) this.response.destroy();
  }

  private get isReplaying(): boolean {
    return this.nextPiece < this.pieces.length;
  }

  private armHeartbeat(): void {
    this.heartbeatTimer?.cancel();
    this.heartbeatTimer = null;
    // A capture has its own heartbeats; ours would stand between its bytes.
    if (this.isStopped || this.options.heartbeatMs <= 0 || this.isReplaying) return;
    this.heartbeatTimer = this.options.clock.after(this.options.heartbeatMs, () =>
      this.writePart(this.options.heartbeat()),
    );
  }

  /** Writes what is due, then waits for the next piece, or for a client that reads slowly. */
  private replay(): void {
    const { replay, clock } = this.options;
    if (replay === undefined) return;
    while (!this.isStopped) {
      if (this.response.writableNeedDrain) {
        this.response.once('drain', () => this.replay());
        return;
      }
      const elapsedMs = clock.monotonic() - this.replayStartMs;
      const dueMs = (index: number) => (this.pieces[index]?.atMs ?? Infinity) / replay.speed;
      const from = this.nextPiece;
      const limit = Math.min(this.pieces.length, from + PIECES_PER_WRITE);
      while (this.nextPiece < limit && dueMs(this.nextPiece) <= elapsedMs) this.nextPiece++;
      this.flush(replay.bytes, from, this.nextPiece);
      if (!this.isReplaying) {
        this.endReplay(replay.bytes);
        return;
      }
      const waitMs = dueMs(this.nextPiece) - elapsedMs;
      if (waitMs > 0) {
        this.replayTimer = clock.after(waitMs, () => this.replay());
        return;
      }
    }
  }

  private flush(bytes: Buffer, from: number, to: number): void {
    const { parts } = faultNamed(this.fault());
    const pieces = this.pieces.slice(from, to);
    const first = pieces[0];
    const last = pieces[pieces.length - 1];
    if (first === undefined || last === undefined) return;
    if (parts === undefined) this.writeRaw(bytes.subarray(first.from, last.to));
    else {
      for (const piece of pieces) {
        this.writeRaw(distortPart(bytes.subarray(piece.from, piece.to), parts, this.partIndex++));
      }
    }
  }

  /** What follows a capture that was cut off in a part has to begin on a new line. */
  private endReplay(bytes: Buffer): void {
    if (this.options.heartbeatMs > 0 && bytes[bytes.length - 1] !== 0x0a) this.writeRaw(Buffer.from('\r\n'));
    this.armHeartbeat();
  }
}

/** Pieces in one write at most, so that a capture of any size does not wait in memory twice. */
const PIECES_PER_WRITE = 256;
