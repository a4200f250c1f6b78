/** A connection that is cut at any byte: of an alertStream, a push, an exchange of the command port, a publish. */
import { connect } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HikvisionClient, HikvisionError, PushListener, type HikvisionEvent } from '../../lib/index';
import { BROKER_STABLE_MS } from '../../lib/settings';
import { Publisher } from '../../lib/publisher/publisher';
import { forgetAcceptedWays } from '../../lib/session/command-session';
import { generateLoginKeys, type LoginKeys } from '../../lib/session/login-crypto';
import { EventPump } from '../../lib/session/event-pump';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { forgetGates } from '../../lib/transport/gate';
import { startBroker } from '../demo/broker';
import { bridged, Ear, eventWith, FakeDevice } from '../support/bridged';
import { FakeClock } from '../support/fake-clock';
import { FasterClock } from '../support/faster-clock';
import { part } from '../support/parts';
import { Proxy, type Way } from '../support/proxy';
import { advanceUntil, turns } from '../support/turns';
import { must, NOTHING, positions, type Outcome, type Scenario, type ScenarioOptions } from './outcome';
import { plates } from './sources';

const plateOf = (number: number): string =>
  '<EventNotificationAlert version="2.0"><channelID>1</channelID><dateTime>2024-05-01T20:00:00+08:00</dateTime>' +
  `<eventType>ANPR</eventType><eventState>active</eventState><ANPR><licensePlate>N ${number}</licensePlate></ANPR></EventNotificationAlert>`;

/** Moves on to each next attempt of the client: half a second at a time would take long. */
async function back(clock: FakeClock, client: HikvisionClient, isBack: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 400 && !isBack(); attempt++) {
    const { state } = client;
    await clock.advance(state.state === 'lost' ? Math.max(1, state.retryAtMs - clock.now()) : 50);
    await turns(3);
  }
  must(isBack(), () => `${what}: ${JSON.stringify(client.state)}`);
}

/** The connection that {@link cutStream} cuts is the one of the stream: all others are idle then. */
async function cutStream({ isWhole }: ScenarioOptions): Promise<Outcome> {
  forgetGates();
  const clock = new FakeClock();
  const device = await Simulator.start({ device: builtInDevice('camera'), clock, heartbeatMs: 0 });
  const proxy = await Proxy.start(device.httpPort);
  const client = new HikvisionClient({
    url: `http://127.0.0.1:${proxy.port}`,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    random: () => 0.5,
    clock,
    events: { ways: ['stream'] },
  });
  const seen = new Map<number, number>();
  client.events((event) => {
    const number = plates.numberOf(event);
    if (number !== null) seen.set(number, (seen.get(number) ?? 0) + 1);
  });
  let sent = 0;
  let counted = 0;
  let faults = 0;
  const isOpen = () => client.state.state === 'connected' && client.state.stream === 'open' && device.streams === 1;
  try {
    void client.connect().catch(() => undefined);
    await advanceUntil(clock, isOpen, 'the stream');
    device.sendEvent(plateOf(sent++));
    await advanceUntil(clock, () => seen.size === 1, 'the first event');
    proxy.passed.down = 0;
    device.sendEvent(plateOf(sent++));
    await advanceUntil(clock, () => seen.size === 2, 'an event to measure');
    for (const at of positions(proxy.passed.down, isWhole, 60)) {
      const { badParts, reconnects } = client.counters;
      const number = sent++;
      const before = seen.size;
      proxy.cutAfter('down', at);
      faults++;
      device.sendEvent(plateOf(number));
      const isBack = () => client.counters.reconnects > reconnects && isOpen();
      await back(clock, client, isBack, `the stream, after a cut at ${at}`);
      if (seen.size === before) {
        counted++;
        // Its beginning arrived: that is a part that could not be read.
        const isSeen = client.counters.badParts > badParts;
        const hasBegun = at > DELIMITER_BYTES;
        must(isSeen || !hasBegun, `an event cut at byte ${at} is counted nowhere`);
      }
    }
    device.sendEvent(plateOf(sent++));
    await advanceUntil(clock, () => seen.has(sent - 1), 'an event at the end');
    const repeats = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
    must(repeats === 0, `${repeats} events came twice`);
    must(device.authFailures === 0, `${device.authFailures} wrong logins`);
    return { ...NOTHING, sent, delivered: seen.size, counted, faults };
  } finally {
    await client.close();
    await proxy.close();
    await device.close();
    await turns(2);
  }
}

/** So much of a part may come without anybody being able to tell that it is one. */
const DELIMITER_BYTES = 40;

/** A device pushes; the connection is cut; it pushes the next one. */
async function cutPush({ isWhole }: ScenarioOptions): Promise<Outcome> {
  const clock = new FakeClock();
  const identity = { name: 'Cam', host: '192.0.2.1', serial: null, model: null };
  const pump = new EventPump({ clock, device: () => identity, warn: () => undefined });
  const seen = new Set<number>();
  let repeats = 0;
  pump.subscribe((event: HikvisionEvent) => {
    const number = plates.numberOf(event) ?? NaN;
    if (seen.has(number)) repeats++;
    seen.add(number);
  });
  const inlet = pump.inlet('push');
  inlet.begin();
  const listener = new PushListener({ clock });
  await listener.listen({ host: '127.0.0.1', port: 0 });
  const receiver = { token: 'T0ken-of-the-cut-camera', body: () => inlet.body() };
  listener.register(receiver);
  const requestOf = (number: number): Buffer => {
    const body = Buffer.concat([part(plateOf(number)), Buffer.from('--boundary--\r\n')]);
    const head = `POST ${listener.pathOf(receiver)} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=boundary\r\nContent-Length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  };
  let sent = 0;
  let counted = 0;
  let faults = 0;
  const untilOver = async (done: () => boolean, what: string) => {
    for (let turn = 0; !done(); turn++) {
      must(turn < 2_000, what);
      await turns(1);
    }
  };
  try {
    for (const at of positions(requestOf(0).length, isWhole, 60)) {
      const number = sent++;
      const bytes = requestOf(number);
      const { pushes, cut } = listener.counters;
      const socket = connect(listener.port, '127.0.0.1');
      const gone = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      socket.resume();
      await new Promise<void>((resolve) => socket.write(bytes.subarray(0, at), () => resolve()));
      if (at === bytes.length) await untilOver(() => listener.counters.pushes > pushes, 'a whole push is taken');
      else faults++;
      socket.end();
      await untilOver(() => socket.destroyed || socket.readableEnded, `the listener ends a push that was cut at ${at}`);
      socket.destroy();
      await gone;
      await turns(1);
      await clock.advance(1);
      const isKnown = listener.counters.pushes > pushes || listener.counters.cut > cut;
      if (!seen.has(number)) {
        counted++;
        const hasBegun = at > 0;
        must(isKnown || !hasBegun, `a push cut at byte ${at} is counted nowhere`);
      }
    }
    must(repeats === 0, `${repeats} events came twice`);
    must(seen.has(sent - 1), 'the whole push is told');
    return { ...NOTHING, sent, delivered: seen.size, counted, faults };
  } finally {
    inlet.end();
    pump.close();
    await listener.close();
    await turns(2);
    must(clock.pending === 0, `${clock.pending} timers are left`);
  }
}

let keys: Promise<LoginKeys> | null = null;

/** A login with one command, cut at a byte of what goes up or of what comes down; and an alarm, cut likewise. */
async function cutCommandPort({ isWhole }: ScenarioOptions): Promise<Outcome> {
  const clock = new FakeClock();
  const device = await Simulator.start({ device: builtInDevice('nvr'), clock, hspPort: 0 });
  const proxy = await Proxy.start(device.hspPort);
  const clientOf = () => {
    forgetGates();
    forgetAcceptedWays();
    return new HikvisionClient({
      url: `hsp://127.0.0.1:${proxy.port}`,
      username: SIMULATOR_USERNAME,
      password: SIMULATOR_PASSWORD,
      random: () => 0.5,
      clock,
      commandPort: { generateKeys: () => (keys ??= generateLoginKeys()) },
    });
  };
  /** Its end, however long that takes on the fake clock. @returns the error. */
  const over = async (work: Promise<unknown>, what: string): Promise<unknown> => {
    let isOver = false;
    let failure: unknown = null;
    work.then(
      () => (isOver = true),
      (error: unknown) => {
        failure = error;
        isOver = true;
      },
    );
    await advanceUntil(clock, () => isOver, what);
    return failure;
  };
  let faults = 0;
  const exchange = async (): Promise<void> => {
    const client = clientOf();
    const call = () => client.call('config.getTime', {}, { encoding: 'binary' });
    const failure = await over(call(), 'the command ends');
    must(failure === null || failure instanceof HikvisionError, () => `no error of ours: ${String(failure)}`);
    const again = await over(call(), 'the next command ends');
    must(again === null, () => `after a cut the next command fails: ${String(again)}`);
    await over(client.close(), 'the close');
  };
  const client = clientOf();
  try {
    proxy.passed.up = proxy.passed.down = 0;
    const first = clientOf();
    await over(first.call('config.getTime', {}, { encoding: 'binary' }), 'a command to measure');
    const sizes = { ...proxy.passed };
    await over(first.close(), 'its close');
    for (const way of ['up', 'down'] as const satisfies readonly Way[]) {
      for (const at of positions(sizes[way], isWhole, 30)) {
        proxy.cutAfter(way, at);
        faults++;
        await exchange();
      }
    }
    await advanceUntil(clock, () => device.hspConnections === 0, 'no connection is left');

    let seen = 0;
    client.events(({ state }) => void (seen += state === 'start' ? 1 : 0));
    const isListening = () => client.state.state === 'connected' && device.hspAlarmChannels === 1;
    void client.connect().catch(() => undefined);
    await advanceUntil(clock, isListening, 'an alarm channel');
    let sent = 0;
    let counted = 0;
    const alarm = () => device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: (sent++ % CHANNELS) + 1 });
    proxy.passed.down = 0;
    alarm();
    await advanceUntil(clock, () => seen === 1, 'an alarm to measure', { stepMs: 10 });
    for (const at of positions(proxy.passed.down, isWhole, 20)) {
      const before = seen;
      const { reconnects } = client.counters;
      proxy.cutAfter('down', at);
      faults++;
      alarm();
      const isBack = () => client.counters.reconnects > reconnects && isListening();
      await back(clock, client, isBack, `the alarm channel, after a cut at ${at}`);
      // A cut frame is no event; the loss is what tells of it.
      if (seen === before) counted++;
    }
    must(device.authFailures === 0, `${device.authFailures} wrong logins`);
    return { ...NOTHING, sent, delivered: seen, counted, faults };
  } finally {
    await over(client.close(), 'the close');
    await proxy.close();
    await device.close();
    await turns(2);
  }
}

/** Of a recorder; each alarm takes the next one, and by the time that one comes again its last alarm is over. */
const CHANNELS = 16;

/** QoS 1 with the journal: every event arrives, and what comes twice is the same. */
async function cutPublish({ isWhole }: ScenarioOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'hsp-cuts-'));
  const broker = await startBroker(0);
  const proxy = await Proxy.start(broker.port);
  const device = new FakeDevice();
  const clock = new FasterClock();
  const ear = await Ear.at(`mqtt://127.0.0.1:${broker.port}`, 'hikvision/+/+/event');
  const publisher = await Publisher.open({
    bridgeId: 'cuts',
    broker: { urls: [`mqtt://127.0.0.1:${proxy.port}`] },
    devices: [bridged('Gate', device)],
    journal: { folder },
    clock,
    random: () => 0,
  });
  const texts = () => ear.all('hikvision/gate/1/event');
  const idsSeen = () => new Set(texts().map((text) => (JSON.parse(text) as { id: string }).id));
  let sent = 0;
  let faults = 0;
  const emit = () => device.emit(eventWith({ id: `cut-${sent++}`, state: sent % 2 === 0 ? 'start' : 'end' }));
  const arrived = () =>
    ear.until(`${sent} events`, () => idsSeen().size === sent && publisher.status.queued === 0, 20_000);
  try {
    publisher.start();
    await ear.until('the broker', () => publisher.status.broker.state === 'connected');
    emit();
    await arrived();
    proxy.passed.up = proxy.passed.down = 0;
    emit();
    await arrived();
    const sizes = { ...proxy.passed };
    for (const way of ['up', 'down'] as const) {
      for (const at of positions(sizes[way], isWhole, way === 'up' ? 40 : 8)) {
        const cuts = proxy.cuts;
        proxy.cutAfter(way, at);
        faults++;
        emit();
        await ear.until(`a cut at ${at} ${way}`, () => proxy.cuts > cuts || idsSeen().size === sent);
        await arrived();
        // It held for long enough: the next attempt comes soon.
        clock.skip(BROKER_STABLE_MS);
      }
    }
    const byId = new Map<string, Set<string>>();
    for (const text of texts()) {
      const { id } = JSON.parse(text) as { id: string };
      byId.set(id, (byId.get(id) ?? new Set()).add(text));
    }
    must(
      [...byId.values()].every(({ size }) => size === 1),
      'an event came again as another one',
    );
    must(publisher.status.dropped === 0, `${publisher.status.dropped} events were dropped`);
    return { ...NOTHING, sent, delivered: byId.size, repeats: texts().length - byId.size, faults };
  } finally {
    await publisher.stop();
    await ear.close();
    await proxy.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const CUT_SCENARIOS: readonly Scenario[] = [
  { name: 'cut at every byte: alertStream', run: cutStream },
  { name: 'cut at every byte: push', run: cutPush },
  { name: 'cut at every byte: command port', run: cutCommandPort },
  { name: 'cut at every byte: MQTT publish', run: cutPublish },
];
