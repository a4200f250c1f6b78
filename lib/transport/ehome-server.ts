/**
 * The server side of EHome 2.x: devices behind a router dial in by UDP and say every few seconds that they are there. Only devices
 * whose id is allowed are answered. Experimental: written from level M facts, and nobody has tried it on hardware.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '../clock';
import {
  EHOME_PORT,
  ehomeAnswer,
  parseEhome,
  registrationFrom,
  serverInfoFrom,
  serverInfoRequest,
  type EhomeMessage,
  type EhomeRegistration,
  type EhomeServerInfo,
} from '../codec/ehome';
import { excerpt } from '../codec/text';
import { ClosedError, TimeoutError } from '../errors';
import {
  EHOME_ANSWER_MS,
  EHOME_DATAGRAMS_BURST,
  EHOME_DATAGRAMS_PER_SECOND,
  EHOME_KEEP_ALIVE_S,
  EHOME_LOST_MS,
} from '../settings';
import { Budget } from '../codec/budget';

export interface EhomeServerOptions {
  readonly clock: Clock;
  /** What was refused and why, for people; once a minute for each reason. */
  readonly onTrouble?: (message: string) => void;
}

export interface EhomeCounters {
  /** Answered. */
  readonly messages: number;
  /** Of devices that are not allowed, or under an id that another one holds. */
  readonly refused: number;
  /** That made no sense; ISUP 5 among them. */
  readonly unreadable: number;
  /** Beyond what is taken in a second. */
  readonly dropped: number;
}

/** A device that may dial in. */
export interface EhomeDevice {
  /** Null while it is not there. */
  readonly registration: EhomeRegistration | null;
  /** Called when it has registered, and each time it says that it is still there. */
  onAlive: (() => void) | null;
  /** Asks what it is. @throws TimeoutError, ClosedError. */
  serverInfo(): Promise<EhomeServerInfo | null>;
  /** It may no longer. */
  close(): void;
}

interface Entry {
  readonly id: string;
  device: EhomeDevice;
  registration: EhomeRegistration | null;
  from: { readonly address: string; readonly port: number } | null;
  aliveMs: number;
}

interface Question {
  readonly entry: Entry;
  readonly settle: (answer: EhomeServerInfo | null | Error) => void;
}

/** Between two words about the same trouble. */
const TROUBLE_INTERVAL_MS = 60_000;
/** Sequence numbers go round. */
const MAX_SEQUENCE = 1_000_000;

export class EhomeServer {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();
  /** By sequence number. */
  private readonly questions = new Map<number, Question>();
  private readonly budget = new Budget(EHOME_DATAGRAMS_PER_SECOND, EHOME_DATAGRAMS_BURST);
  private readonly troubled = new Map<string, number>();
  private socket: Socket | null = null;
  private isClosed = false;
  private sequence = 0;
  private readonly count = { messages: 0, refused: 0, unreadable: 0, dropped: 0 };

  constructor(private readonly options: EhomeServerOptions) {
    this.clock = options.clock;
  }

  get counters(): EhomeCounters {
    return { ...this.count };
  }

  get port(): number {
    return this.socket?.address().port ?? 0;
  }

  /** Once. @throws the error of `bind`, for example EADDRINUSE. */
  async listen({ host, port = EHOME_PORT }: { readonly host?: string; readonly port?: number } = {}): Promise<void> {
    if (this.socket !== null || this.isClosed) throw new Error('an EHome server listens once');
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ port, ...(host === undefined ? {} : { address: host }) }, () => {
        socket.removeAllListeners('error');
        resolve();
      });
    });
    if (this.isClosed) {
      socket.close();
      return;
    }
    socket.on('error', (error) => this.trouble('socket', error.message));
    socket.on('message', (datagram, from) => this.take(datagram, from));
    this.socket = socket;
  }

  /** @param id as it is set on the device. @throws Error for an id that is allowed already. */
  allow(id: string): EhomeDevice {
    if (this.entries.has(id)) throw new Error(`the device id '${id}' is in use already`);
    const serverInfo = () => this.ask(entry);
    const isThere = () => this.isThere(entry);
    const entry: Entry = {
      id,
      registration: null,
      from: null,
      aliveMs: -Infinity,
      device: {
        get registration() {
          return isThere() ? entry.registration : null;
        },
        onAlive: null,
        serverInfo,
        close: () => {
          if (this.entries.get(id) === entry) this.entries.delete(id);
          this.giveUp(entry, 'no longer allowed');
        },
      },
    };
    this.entries.set(id, entry);
    return entry.device;
  }

  /** Leaves no socket and no timer. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const entry of this.entries.values()) this.giveUp(entry, 'the server was closed');
    this.entries.clear();
    const { socket } = this;
    this.socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  private take(datagram: Buffer, from: RemoteInfo): void {
    if (!this.budget.take(this.clock.monotonic())) {
      this.count.dropped++;
      return;
    }
    const message = parseEhome(datagram);
    if (message === null) {
      this.count.unreadable++;
      this.trouble(
        'unreadable',
        `${from.address} sends something that is no EHome 2.x. ISUP 5 is encrypted and not public: choose EHome 2.x (ISUP 2.6) on the device`,
      );
      return;
    }
    if (message.type === 'response') this.answered(message, from);
    else this.requested(message, from);
  }

  private requested(message: Extract<EhomeMessage, { type: 'request' }>, from: RemoteInfo): void {
    const entry = this.entries.get(message.deviceId ?? '') ?? this.entryAt(from, message.deviceId);
    if (entry === undefined) {
      this.count.refused++;
      this.trouble(
        'unknown',
        `a device with the id '${excerpt(message.deviceId ?? '', 40)}' from ${from.address} is not allowed`,
      );
      return;
    }
    if (entry.from !== null && entry.from.address !== from.address && this.isThere(entry)) {
      this.count.refused++;
      this.trouble(
        'twice',
        `two devices dial in under the id '${entry.id}': ${entry.from.address} and ${from.address}; the first one counts`,
      );
      return;
    }
    if (message.command === 'REGISTER') {
      entry.registration = registrationFrom(entry.id, message.params);
    } else if (entry.registration === null) {
      // It believes to be registered, with a server that was here before us. Without an answer it registers again.
      return;
    }
    entry.from = { address: from.address, port: from.port };
    entry.aliveMs = this.clock.monotonic();
    this.count.messages++;
    this.send(ehomeAnswer(message, { DeviceID: entry.id, KeepAliveSeconds: EHOME_KEEP_ALIVE_S }), from);
    entry.device.onAlive?.();
  }

  /** A device that leaves out its id is known by where it calls from. */
  private entryAt({ address, port }: RemoteInfo, id: string | null): Entry | undefined {
    if (id !== null) return undefined;
    for (const entry of this.entries.values())
      if (entry.from?.address === address && entry.from.port === port) return entry;
    return undefined;
  }

  private isThere(entry: Entry): boolean {
    return entry.registration !== null && this.clock.monotonic() - entry.aliveMs <= EHOME_LOST_MS;
  }

  private ask(entry: Entry): Promise<EhomeServerInfo | null> {
    return new Promise((resolve, reject) => {
      if (entry.from === null || this.socket === null) {
        reject(new ClosedError(`the device '${entry.id}' is not there`));
        return;
      }
      const sequence = (this.sequence = (this.sequence % MAX_SEQUENCE) + 1);
      const settle = (answer: EhomeServerInfo | null | Error) => {
        this.questions.delete(sequence);
        timer.cancel();
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const timer = this.clock.after(EHOME_ANSWER_MS, () =>
        settle(new TimeoutError(`the device '${entry.id}' does not say what it is`)),
      );
      this.questions.set(sequence, { entry, settle });
      this.send(serverInfoRequest(sequence), entry.from);
    });
  }

  private answered(message: Extract<EhomeMessage, { type: 'response' }>, from: RemoteInfo): void {
    const question = message.sequence === null ? undefined : this.questions.get(message.sequence);
    if (question?.entry.from?.address !== from.address) {
      this.count.refused++;
      return;
    }
    this.count.messages++;
    question.settle(serverInfoFrom(message.params));
  }

  private giveUp(entry: Entry, why: string): void {
    for (const question of [...this.questions.values()])
      if (question.entry === entry) question.settle(new ClosedError(`'${entry.id}': ${why}`));
  }

  private send(datagram: Buffer, to: { readonly address: string; readonly port: number }): void {
    this.socket?.send(datagram, to.port, to.address, (error) => {
      if (error !== null) this.trouble('send', `${to.address}: ${error.message}`);
    });
  }

  private trouble(reason: string, message: string): void {
    const now = this.clock.monotonic();
    const before = this.troubled.get(reason);
    if (before !== undefined && now - before < TROUBLE_INTERVAL_MS) return;
    this.troubled.set(reason, now);
    this.options.onTrouble?.(`EHome: ${message}`);
  }
}
