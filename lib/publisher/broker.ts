/**
 * The connection to the broker, and keeping it. Each connection is a client of its own that is thrown away with it: what was not
 * acknowledged is sent again by whoever sent it, in order, and never by two.
 */
import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';
import type { Clock, Timer } from '../clock';
import type { MqttMessage } from '../mqtt/topics';
import {
  BROKER_CONNECT_TIMEOUT_MS,
  BROKER_KEEP_ALIVE_S,
  BROKER_RETRY_MAX_MS,
  BROKER_RETRY_MIN_MS,
  BROKER_STABLE_MS,
  PUBLISH_WINDOW,
} from '../settings';

/** `auto` begins with 5 and takes 3.1.1 where the broker knows no better. */
export type MqttVersion = '5' | '3.1.1' | 'auto';

export interface BrokerTls {
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
  /** Trust any certificate. */
  readonly acceptAny?: boolean;
}

export interface BrokerOptions {
  /** `mqtt://`, `mqtts://`, `ws://`, `wss://`; several are members of one cluster, tried in turn. */
  readonly urls: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly version?: MqttVersion;
  readonly clientId: string;
  readonly tls?: BrokerTls;
}

export type BrokerState =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected'; readonly broker: string; readonly version: '5' | '3.1.1' }
  | { readonly state: 'lost'; readonly reason: string; readonly retryAtMs: number }
  /** User, password or rights: it is tried again, but seldom. */
  | { readonly state: 'refused'; readonly reason: string; readonly retryAtMs: number }
  | { readonly state: 'closed' };

export interface Incoming {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly responseTopic: string | null;
  readonly correlationData: Buffer | null;
}

/** What goes to the broker, with what MQTT 5 adds. */
export interface Outgoing extends MqttMessage {
  readonly correlationData?: Buffer;
}

/** `later`: the broker may take it another time. */
export type PublishOutcome = 'taken' | 'refused' | 'later';

/** One connection, while it lasts. */
export interface BrokerSession {
  readonly isVersion5: boolean;
  /** Messages that may be on their way at one time. */
  readonly window: number;
  readonly maxPacketBytes: number;
  readonly hasSharedSubscriptions: boolean;
  publish(message: Outgoing, done: (outcome: PublishOutcome, reason: string) => void): void;
  /** @returns the filters that the broker refuses; all of them where the connection broke before it answered. */
  subscribe(filters: readonly string[]): Promise<string[]>;
  unsubscribe(filters: readonly string[]): void;
}

export interface BrokerListener {
  onConnected(session: BrokerSession): void;
  /** The session is over; none of its callbacks comes any more. */
  onLost(): void;
  onState(state: BrokerState): void;
  onMessage(message: Incoming): void;
}

const BAD_VERSION = new Set([1, 132]);
const NOT_LET_IN = new Set([2, 4, 5, 133, 134, 135, 138, 140]);
const TAKEN_OVER = 142;
/** Answers to a PUBLISH that stay the same however often it is sent: rights, topic, size, content. */
const REFUSED_FOR_GOOD = new Set([135, 144, 149, 153]);

export class BrokerLink {
  private state: BrokerState = { state: 'connecting' };
  private client: MqttClient | null = null;
  private timer: Timer | null = null;
  private attempt = 0;
  private failures = 0;
  private version: 4 | 5;
  private isClosed = false;
  private end: (reason: string, waitMs?: number, isRefusal?: boolean) => void = () => undefined;

  constructor(
    private readonly options: BrokerOptions,
    /** Null: nobody has to know that we went. */
    private readonly will: MqttMessage | null,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly listener: BrokerListener,
  ) {
    this.version = options.version === '3.1.1' ? 4 : 5;
  }

  start(): void {
    void this.connect();
  }

  /** Leaves the broker and asks it anew. */
  restart(reason: string): void {
    this.end(reason);
  }

  /** Says goodbye; the last will is not published then. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.timer?.cancel();
    const { client } = this;
    this.client = null;
    this.end = () => undefined;
    if (client !== null) await leave(client, this.clock);
    this.tell({ state: 'closed' });
  }

  private async connect(): Promise<void> {
    this.timer = null;
    const url = this.options.urls[this.attempt++ % this.options.urls.length] as string;
    const place = placeOf(url);
    this.tell({ state: 'connecting' });
    let client: MqttClient;
    try {
      // Loaded when first wanted: a Node-RED without this node does without it.
      const mqtt = await import('mqtt');
      if (this.isClosed) return;
      client = mqtt.connect(url, this.clientOptions(url));
    } catch (error) {
      this.retry(`${place}: ${(error as Error).message}`, undefined, false);
      return;
    }
    this.client = client;
    this.follow(client, place);
  }

  /** From the first byte to the last of one connection. */
  private follow(client: MqttClient, place: string): void {
    let isConnected = false;
    let isOver = false;
    let sinceMs = 0;
    const finish = (reason: string, waitMs?: number, isRefusal = false) => {
      if (isOver) return;
      isOver = true;
      this.client = null;
      this.end = () => undefined;
      client.removeAllListeners();
      client.on('error', () => undefined); // of a socket that is on its way out
      client.end(true);
      if (isConnected) this.listener.onLost();
      if (isConnected && this.clock.monotonic() - sinceMs >= BROKER_STABLE_MS) this.failures = 0;
      this.retry(`${place}: ${reason}`, waitMs, isRefusal);
    };
    this.end = finish;
    client.on('connect', (connack) => {
      isConnected = true;
      sinceMs = this.clock.monotonic();
      const isVersion5 = this.version === 5;
      this.tell({ state: 'connected', broker: place, version: isVersion5 ? '5' : '3.1.1' });
      this.listener.onConnected(sessionOf(client, connack, isVersion5, () => !isOver));
    });
    client.on('message', (topic, payload, packet) => {
      if (!isOver) this.listener.onMessage(incoming(topic, payload, packet));
    });
    client.on('disconnect', (packet) => {
      const { reasonCode } = packet;
      if (reasonCode === TAKEN_OVER) {
        const { clientId } = this.options;
        finish(`another client has the id ${clientId}; each bridge needs its own`, BROKER_RETRY_MAX_MS, true);
      } else finish(`the broker ended the connection (${reasonCode ?? 'no reason'})`);
    });
    client.on('error', (error) => {
      const code = (error as { code?: number | string }).code;
      if (typeof code !== 'number') finish(errorText(error));
      else if (this.options.version !== '5' && this.version === 5 && BAD_VERSION.has(code)) this.olderVersion(finish);
      else if (NOT_LET_IN.has(code)) finish(error.message, BROKER_RETRY_MAX_MS, true);
      else finish(error.message);
    });
    client.on('close', () => {
      // Some brokers hang up on a version that they do not know.
      if (!isConnected && this.version === 5 && (this.options.version ?? 'auto') === 'auto') this.olderVersion(finish);
      else finish(isConnected ? this.brokenText() : 'the broker hung up');
    });
  }

  /** MQTT 3.1.1 has no words for it, so a connection that is taken away again and again is the only sign. */
  private brokenText(): string {
    if (this.failures < 3) return 'the connection broke';
    return `the connection broke again; another client may have the id ${this.options.clientId}`;
  }

  private olderVersion(finish: (reason: string, waitMs: number) => void): void {
    this.attempt--;
    // It answered, so this is no failure; and what `retry` thinks of the version comes first.
    this.failures--;
    finish('the broker does not speak MQTT 5', 0);
    this.version = 4;
  }

  private retry(reason: string, waitMs: number | undefined, isRefusal: boolean): void {
    if (this.isClosed) return;
    const even = Math.min(BROKER_RETRY_MAX_MS, BROKER_RETRY_MIN_MS * 2 ** Math.min(this.failures++, 10));
    const wait = waitMs ?? Math.round(even * (0.75 + this.random() / 2));
    // A broker that was replaced may know the newer version.
    if (this.options.version !== '3.1.1' && this.failures > 3) this.version = 5;
    if (this.options.version === '3.1.1') this.version = 4;
    this.tell({ state: isRefusal ? 'refused' : 'lost', reason, retryAtMs: this.clock.now() + wait });
    this.timer = this.clock.after(wait, () => void this.connect());
  }

  private clientOptions(url: string): IClientOptions {
    const { username, password, clientId, tls = {} } = this.options;
    const isSecure = /^(?:mqtts|wss|ssl|tls):/i.test(url);
    return {
      clientId,
      protocolVersion: this.version,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: BROKER_CONNECT_TIMEOUT_MS,
      keepalive: BROKER_KEEP_ALIVE_S,
      resubscribe: false,
      queueQoSZero: false,
      ...(this.will === null ? {} : { will: willOf(this.will) }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(isSecure
        ? {
            rejectUnauthorized: tls.acceptAny !== true,
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.cert === undefined ? {} : { cert: tls.cert }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
            ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
            ...(tls.servername === undefined ? {} : { servername: tls.servername }),
          }
        : {}),
    };
  }

  private tell(state: BrokerState): void {
    if (this.state.state === 'closed') return;
    this.state = state;
    this.listener.onState(state);
  }
}

function willOf({ topic, payload, retain }: MqttMessage): NonNullable<IClientOptions['will']> {
  return { topic, payload: Buffer.from(payload), qos: 1, retain };
}

function sessionOf(
  client: MqttClient,
  connack: IConnackPacket,
  isVersion5: boolean,
  isOpen: () => boolean,
): BrokerSession {
  const { receiveMaximum, maximumPacketSize, sharedSubscriptionAvailable } = connack.properties ?? {};
  return {
    isVersion5,
    // MQTT.js sends whatever it is given, and a broker ends the connection over one message too many.
    window: Math.min(PUBLISH_WINDOW, receiveMaximum ?? PUBLISH_WINDOW),
    maxPacketBytes: maximumPacketSize ?? Infinity,
    hasSharedSubscriptions: sharedSubscriptionAvailable !== false,
    publish({ topic, payload, qos, retain, correlationData }, done) {
      const properties =
        correlationData === undefined || !isVersion5 ? {} : { properties: { correlationData: correlationData } };
      client.publish(topic, payload, { qos, retain, ...properties }, (error) => {
        if (!isOpen()) return;
        if (!error) {
          done('taken', '');
          return;
        }
        const { code } = error as { code?: number };
        done(code !== undefined && REFUSED_FOR_GOOD.has(code) ? 'refused' : 'later', error.message);
      });
    },
    async subscribe(filters) {
      if (filters.length === 0) return [];
      // As published: what was published with the retain flag can be told, however it comes.
      const options = isVersion5 ? { qos: 1 as const, rap: true } : { qos: 1 as const };
      return new Promise((resolve) => {
        client.subscribe([...filters], options, (_error, granted) => {
          const refused = new Set((granted ?? []).filter(({ qos }) => qos > 2).map(({ topic }) => topic));
          resolve(granted === undefined ? [...filters] : filters.filter((filter) => refused.has(filter)));
        });
      });
    },
    unsubscribe(filters) {
      if (isOpen()) client.unsubscribe([...filters]);
    },
  };
}

function incoming(topic: string, payload: Buffer, packet: IPublishPacket): Incoming {
  const { responseTopic, correlationData } = packet.properties ?? {};
  return {
    topic,
    payload,
    retain: packet.retain,
    responseTopic: responseTopic ?? null,
    correlationData: correlationData ?? null,
  };
}

/** Ends politely, but not for ever. */
function leave(client: MqttClient, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    client.removeAllListeners();
    client.on('error', () => undefined);
    const timer = clock.after(1_000, () => {
      client.end(true);
      resolve();
    });
    client.end(false, {}, () => {
      timer.cancel();
      resolve();
    });
  });
}

/** Host and port, without what opens the door. */
export function placeOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'the broker';
  }
}

/** Several addresses that all failed come as one error without words. */
function errorText(error: Error): string {
  const inner = 'errors' in error && Array.isArray(error.errors) ? (error.errors[0] as Error | undefined) : undefined;
  return error.message || inner?.message || String((error as { code?: string }).code ?? error.name);
}
