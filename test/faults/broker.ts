/** Brokers and disks that fail: slow, full, gone, and no space under the journal. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';
import { Publisher, type PublisherOptions } from '../../lib/publisher/publisher';
import { JOURNAL_MEMORY_EVENTS } from '../../lib/settings';
import { startBroker } from '../demo/broker';
import { bridged, Ear, eventWith, FakeDevice } from '../support/bridged';
import { FasterClock } from '../support/faster-clock';
import { MemoryFiles } from '../support/memory-files';
import { Proxy } from '../support/proxy';
import { must, NOTHING, type Outcome, type Scenario } from './outcome';

let opened = 0;

/** A publisher with a journal in memory, and what it made of its device's events. */
class Publishing {
  sent = 0;
  readonly warnings: string[] = [];

  private constructor(
    readonly publisher: Publisher,
    readonly files: MemoryFiles,
    private readonly device: FakeDevice,
  ) {}

  static async start(
    port: number,
    more: Partial<PublisherOptions> = {},
    files = new MemoryFiles(),
  ): Promise<Publishing> {
    const device = new FakeDevice();
    const publisher = await Publisher.open({
      bridgeId: 'faults',
      broker: { urls: [`mqtt://127.0.0.1:${port}`] },
      devices: [bridged('Gate', device)],
      clock: new FasterClock(),
      random: () => 0,
      ...more,
      journal: { folder: `faults ${opened++}`, ...more.journal, files },
    });
    const publishing = new Publishing(publisher, files, device);
    publisher.onWarning = (code, message) => publishing.warnings.push(`${code}: ${message}`);
    publisher.start();
    return publishing;
  }

  emit(count: number): void {
    for (let index = 0; index < count; index++) {
      this.device.emit(eventWith({ id: `f-${this.sent++}`, state: this.sent % 2 === 0 ? 'start' : 'end' }));
    }
  }
}

/** A subscriber for the ids of the events, who counts those that come again. */
class Ids {
  private constructor(private readonly ear: Ear) {}

  static async at(port: number): Promise<Ids> {
    return new Ids(await Ear.at(`mqtt://127.0.0.1:${port}`, 'hikvision/+/+/event'));
  }

  get seen(): ReadonlySet<string> {
    return new Set(this.all);
  }

  get repeats(): number {
    return this.all.length - this.seen.size;
  }

  until(what: string, condition: () => boolean, withinMs = 20_000): Promise<unknown> {
    return this.ear.until(what, condition, withinMs);
  }

  close(): Promise<void> {
    return this.ear.close();
  }

  private get all(): string[] {
    return this.ear.heard.map(({ text }) => (JSON.parse(text) as { id: string }).id);
  }
}

/** The line to the broker is slow, then takes nothing, then is cut and refuses, and is well in between. */
async function slowAndGone(): Promise<Outcome> {
  let broker = await startBroker(0);
  const { port } = broker;
  const proxy = await Proxy.start(port);
  let ids = await Ids.at(port);
  const publishing = await Publishing.start(proxy.port);
  const { publisher } = publishing;
  const early = new Set<string>();
  let repeats = 0;
  const isAllThere = () => new Set([...early, ...ids.seen]).size === publishing.sent && publisher.status.queued === 0;
  try {
    await ids.until('the broker', () => publisher.status.broker.state === 'connected');
    publishing.emit(20);
    proxy.slow(20);
    publishing.emit(50);
    await ids.until('events by a slow line', isAllThere);
    proxy.slow(0);

    proxy.hold(true);
    publishing.emit(100);
    await ids.until('the silence is noticed', () => publisher.status.broker.state !== 'connected');
    must(publisher.status.queued > 0, 'events wait while the broker takes nothing');
    proxy.hold(false);
    await ids.until('events after the silence', isAllThere);

    for (const id of ids.seen) early.add(id);
    repeats += ids.repeats;
    await ids.close();
    await broker.close();
    proxy.cut();
    publishing.emit(100);
    await new Promise((resolve) => setTimeout(resolve, 100));
    must(publisher.status.queued === 100, `${publisher.status.queued} events wait while the broker is gone`);
    broker = await startBroker(port);
    ids = await Ids.at(port);
    await ids.until('events after the broker is back', isAllThere);
    repeats += ids.repeats;
    must(publisher.status.dropped === 0 && publisher.status.refused === 0, 'nothing was dropped');
    return { ...NOTHING, sent: publishing.sent, delivered: new Set([...early, ...ids.seen]).size, repeats, faults: 3 };
  } finally {
    await publisher.stop();
    await ids.close();
    await proxy.close();
    await broker.close();
  }
}

/** Bounds of the journal while the broker is gone: the oldest go, and are counted. */
async function overflow(): Promise<Outcome> {
  const broker = await startBroker(0);
  const proxy = await Proxy.start(broker.port);
  const ids = await Ids.at(broker.port);
  const publishing = await Publishing.start(proxy.port, { journal: { folder: `full ${opened++}`, maxEvents: 200 } });
  const { publisher } = publishing;
  try {
    await ids.until('the broker', () => publisher.status.broker.state === 'connected');
    proxy.hold(true);
    proxy.cut();
    publishing.emit(1_000);
    await publisher.written();
    proxy.hold(false);
    await ids.until(
      'what was kept',
      () => publisher.status.queued === 0 && ids.seen.size + publisher.status.dropped >= 1_000,
    );
    const { dropped } = publisher.status;
    must(ids.seen.has('f-999'), 'the newest are kept');
    return { ...NOTHING, sent: 1_000, delivered: ids.seen.size, counted: dropped, repeats: ids.repeats, faults: 1 };
  } finally {
    await publisher.stop();
    await ids.close();
    await proxy.close();
    await broker.close();
  }
}

/** A broker of MQTT 5 that answers each PUBLISH of an event as it is told, which none that can be installed does. */
class Refuser {
  /** What the next events are answered with; 0 takes them. */
  reasonCode = 0;
  readonly taken: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server = createServer((socket) => this.serve(socket))) {}

  static async start(): Promise<Refuser> {
    const refuser = new Refuser();
    await new Promise<void>((resolve) => refuser.server.listen(0, '127.0.0.1', resolve));
    return refuser;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    const reading = parser({ protocolVersion: 5 });
    const answer = (packet: Packet) => void socket.write(generate(packet, { protocolVersion: 5 }));
    reading.on('packet', (packet: Packet) => {
      const messageId = packet.messageId ?? 0;
      if (packet.cmd === 'connect') answer({ cmd: 'connack', reasonCode: 0, sessionPresent: false });
      else if (packet.cmd === 'subscribe')
        answer({ cmd: 'suback', messageId, granted: packet.subscriptions.map(() => 1) });
      else if (packet.cmd === 'unsubscribe') answer({ cmd: 'unsuback', messageId, granted: [0] });
      else if (packet.cmd === 'pingreq') answer({ cmd: 'pingresp' });
      else if (packet.cmd === 'publish' && packet.qos === 1) {
        const isEvent = packet.topic.endsWith('/event');
        const reasonCode = isEvent ? this.reasonCode : 0;
        if (isEvent && reasonCode < 0x80) this.taken.push((JSON.parse(packet.payload.toString()) as { id: string }).id);
        answer({ cmd: 'puback', messageId, reasonCode });
      }
    });
    socket.on('data', (chunk: Buffer) => void reading.parse(chunk));
  }
}

const QUOTA_EXCEEDED = 0x97;
const NOT_AUTHORIZED = 0x87;

async function until(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    must(performance.now() < deadline, `waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Over quota: it comes again until it is taken. No right: it is counted as refused, and the next ones go on. */
async function full(): Promise<Outcome> {
  const broker = await Refuser.start();
  const publishing = await Publishing.start(broker.port);
  const { publisher } = publishing;
  try {
    await until('the broker', () => publisher.status.broker.state === 'connected');
    publishing.emit(10);
    await until('events', () => new Set(broker.taken).size === 10);
    broker.reasonCode = QUOTA_EXCEEDED;
    publishing.emit(10);
    await until('it is left', () => publisher.status.broker.state !== 'connected');
    must(publisher.status.queued === 10, `${publisher.status.queued} events wait while the broker is full`);
    broker.reasonCode = 0;
    await until('events after it was full', () => new Set(broker.taken).size === 20 && publisher.status.queued === 0);
    broker.reasonCode = NOT_AUTHORIZED;
    publishing.emit(10);
    await until('refusals', () => publisher.status.refused === 10 && publisher.status.queued === 0);
    broker.reasonCode = 0;
    publishing.emit(10);
    await until('events after refusals', () => new Set(broker.taken).size === 30);
    const delivered = new Set(broker.taken).size;
    const { refused: counted } = publisher.status;
    return { ...NOTHING, sent: 40, delivered, counted, repeats: broker.taken.length - delivered, faults: 2 };
  } finally {
    await publisher.stop();
    await broker.close();
  }
}

/** The disk is full, with the broker there and away; it has space again; the process ends and begins anew. */
async function diskFull(): Promise<Outcome> {
  const broker = await startBroker(0);
  const proxy = await Proxy.start(broker.port);
  const ids = await Ids.at(broker.port);
  let publishing = await Publishing.start(proxy.port);
  const { files } = publishing;
  let { publisher } = publishing;
  let { sent } = publishing;
  try {
    await ids.until('the broker', () => publisher.status.broker.state === 'connected');
    publishing.emit(10);
    await ids.until('events', () => ids.seen.size === 10);
    files.failWith = 'ENOSPC';
    publishing.emit(100);
    await ids.until('events without a disk', () => ids.seen.size === 110);
    await ids.until('the status says it', () => publisher.status.journalProblem === 'ENOSPC');
    must(
      publishing.warnings.some((warning) => warning.includes('ENOSPC')),
      'the log says it',
    );

    proxy.hold(true);
    proxy.cut();
    publishing.emit(JOURNAL_MEMORY_EVENTS + 500);
    // Those that were just being written are not among them.
    must(publisher.status.dropped > 0, `${publisher.status.dropped} dropped; memory is bounded`);
    files.failWith = null;
    await ids.until('the disk takes them', () => publisher.status.journalProblem === null);
    await publisher.written();
    const { dropped } = publisher.status;
    sent = publishing.sent;
    await publisher.stop();

    publishing = await Publishing.start(proxy.port, {}, files);
    publisher = publishing.publisher;
    must(publisher.status.dropped === dropped, 'what was dropped is still counted after a restart');
    proxy.hold(false);
    await ids.until('what was kept', () => publisher.status.queued === 0 && ids.seen.size + dropped >= sent, 60_000);
    return { ...NOTHING, sent, delivered: ids.seen.size, counted: dropped, repeats: ids.repeats, faults: 2 };
  } finally {
    await publisher.stop();
    await ids.close();
    await proxy.close();
    await broker.close();
  }
}

export const BROKER_SCENARIOS: readonly Scenario[] = [
  { name: 'the broker is slow, silent, gone', run: slowAndGone },
  { name: 'the broker is gone for longer than the journal has room', run: overflow },
  { name: 'the broker is full, and refuses', run: full },
  { name: 'the disk under the journal is full', run: diskFull },
];
