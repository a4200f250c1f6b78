/** A line between two ends that can be cut after so many bytes, held up, made slow, and taken away. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Way = 'up' | 'down';

interface Line {
  readonly near: Socket;
  readonly far: Socket;
}

export class Proxy {
  /** Bytes that went through, by way, since {@link reset}. */
  readonly passed: Record<Way, number> = { up: 0, down: 0 };
  cuts = 0;

  private readonly lines = new Set<Line>();
  private cutAt: { readonly way: Way; readonly atBytes: number } | null = null;
  private isHeld = false;
  private pauseMs = 0;

  private constructor(
    private readonly server: Server,
    private target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (near: Socket) => this.join(near));
  }

  static async start(port: number, host = '127.0.0.1'): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Proxy(server, { host, port });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.lines.size;
  }

  /** Once this many more bytes have gone this way, all connections are cut. The byte behind them does not arrive. */
  cutAfter(way: Way, bytes: number): void {
    this.cutAt = { way, atBytes: this.passed[way] + bytes };
    if (bytes === 0) this.cut();
  }

  /** From now on connections are taken and nothing goes through. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    for (const { near, far } of this.lines) {
      for (const socket of [near, far]) {
        if (isHeld) socket.pause();
        else socket.resume();
      }
    }
  }

  /** Each piece is held up for so long. */
  slow(pauseMs: number): void {
    this.pauseMs = pauseMs;
  }

  cut(): void {
    this.cutAt = null;
    this.cuts++;
    for (const { near, far } of this.lines) {
      near.destroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const { near, far } of this.lines) {
      near.destroy();
      far.destroy();
    }
    await closed;
  }

  private join(near: Socket): void {
    const far = connect(this.target);
    const line = { near, far };
    this.lines.add(line);
    const end = () => {
      this.lines.delete(line);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
      if (this.isHeld) socket.pause();
    }
    near.on('data', (chunk: Buffer) => this.pass('up', chunk, near, far));
    far.on('data', (chunk: Buffer) => this.pass('down', chunk, far, near));
  }

  private pass(way: Way, chunk: Buffer, from: Socket, to: Socket): void {
    const { cutAt } = this;
    const left = cutAt?.way === way ? cutAt.atBytes - this.passed[way] : Infinity;
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
    this.passed[way] += piece.length;
    if (piece.length === left) {
      // What went before has to arrive: everything is written out, then both ends are cut.
      this.cutAt = null;
      to.write(piece, () => this.cut());
      return;
    }
    if (this.pauseMs > 0) {
      from.pause();
      setTimeout(() => {
        if (!this.isHeld) from.resume();
      }, this.pauseMs);
    }
    to.write(piece);
  }
}
