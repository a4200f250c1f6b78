/** What waits for a broker that is slow, with a broker made up for it. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import type { BrokerSession, Outgoing } from '../../lib/publisher/broker';
import { Journal } from '../../lib/publisher/journal';
import { Outbox, type Keeper } from '../../lib/publisher/outbox';
import { PUBLISHER_MAX_WAITING } from '../../lib/settings';
import { FakeClock, settle } from '../support/fake-clock';
import { MemoryFiles } from '../support/memory-files';

const open: { close(): unknown }[] = [];
let places = 0;

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Acknowledges when it is told to, and remembers what it keeps. */
class SlowBroker implements BrokerSession {
  readonly isVersion5 = true;
  readonly maxPacketBytes = Infinity;
  readonly hasSharedSubscriptions = true;
  readonly kept = new Map<string, string>();
  readonly heard: Outgoing[] = [];
  private open: (() => void)[] = [];

  constructor(readonly window: number) {}

  publish(message: Outgoing, done: (outcome: 'taken', reason: string) => void): void {
    this.open.push(() => {
      this.heard.push(message);
      if (message.retain) this.kept.set(message.topic, String(message.payload));
      done('taken', '');
    });
  }

  async subscribe(): Promise<string[]> {
    return [];
  }

  unsubscribe(): void {
    // Nothing was subscribed.
  }

  /** Takes what is on its way. @returns how many that were. */
  async take(): Promise<number> {
    const now = this.open.splice(0);
    for (const acknowledge of now) acknowledge();
    await settle(1);
    return now.length;
  }

  async takeAll(): Promise<void> {
    while ((await this.take()) > 0);
  }
}

async function outbox(window = 100) {
  const clock = new FakeClock();
  const journal = await Journal.open({ files: new MemoryFiles(), place: `outbox ${places++}`, clock });
  const skipped: string[] = [];
  const made = new Outbox({
    journal,
    clock,
    qos: 1,
    isOurs: () => true,
    onTrouble: (reason) => assert.fail(reason),
    onSkipped: (topic) => void skipped.push(topic),
    onRefused: (topic) => assert.fail(topic),
  });
  open.push(journal, made);
  const broker = new SlowBroker(window);
  made.connected(broker);
  return { made, broker, skipped };
}

const message = (topic: string, payload: string, retain = true): Outgoing => ({ topic, payload, retain, qos: 1 });

/** A device with what it keeps, and how often it was asked for that. */
class Device implements Keeper {
  readonly values = new Map<string, string>();
  asked = 0;

  constructor(readonly name: string) {}

  retained(): Outgoing[] {
    this.asked++;
    return [...this.values].map(([key, value]) => message(`${this.name}/${key}`, value));
  }
}

describe('a broker that is slow', () => {
  it('gets what 2,000 devices keep, made when there is room for it, and then there is rest', async () => {
    const { made, broker } = await outbox();
    const devices = Array.from({ length: 2_000 }, (_, index) => {
      const device = new Device(`d${index}`);
      for (let key = 0; key < 40; key++) device.values.set(`config${key}`, `${index} ${key}`);
      return device;
    });
    for (const device of devices) made.postAllOf(device);
    const asked = () => devices.reduce((sum, device) => sum + device.asked, 0);
    assert.ok(asked() <= 4, `${asked()} devices are held in memory before the broker takes anything`);
    // The same again, as when Home Assistant starts: who waits does not wait twice.
    for (const device of devices) made.postAllOf(device);
    await broker.takeAll();
    assert.equal(broker.kept.size, 2_000 * 40);
    assert.ok(asked() <= 2_000 + 4, `asked ${asked()} times`);
    assert.ok(made.isIdle);
  }, 60_000);

  it('ends with what is true, whatever changed meanwhile', async () => {
    const { made, broker } = await outbox(1);
    const door = new Device('door');
    door.values.set('motion', 'OFF');
    made.post(message('first', '1'));
    made.postAllOf(door);
    // What comes before the turn is said with it, once.
    door.values.set('motion', 'ON');
    made.post(message('door/motion', 'ON'), door);
    await broker.take();
    // And what comes after it, after it.
    door.values.set('motion', 'OFF');
    made.post(message('door/motion', 'OFF'), door);
    await broker.takeAll();
    assert.deepEqual(
      broker.heard.map(({ topic, payload }) => `${topic} ${String(payload)}`),
      ['first 1', 'door/motion ON', 'door/motion OFF'],
    );
  });

  it('keeps a channel that went and came again while its device waited', async () => {
    const { made, broker } = await outbox(1);
    const door = new Device('door');
    door.values.set('motion', 'OFF');
    made.post(message('first', '1'));
    made.postAllOf(door);
    made.post(message('door/motion', ''), door);
    made.postAllOf(door);
    await broker.takeAll();
    assert.equal(broker.kept.get('door/motion'), 'OFF');
    assert.equal(door.asked, 1);
  });

  it('loses no state when too many changes wait, and counts the answers that nobody keeps', async () => {
    const { made, broker, skipped } = await outbox(1);
    const [busy, quiet] = [new Device('busy'), new Device('quiet')];
    quiet.values.set('motion', 'OFF');
    made.post(message('quiet/motion', 'OFF'), quiet);
    for (let count = 0; count <= PUBLISHER_MAX_WAITING + 500; count++) {
      busy.values.set('motion', String(count));
      made.post(message('busy/motion', String(count)), busy);
    }
    made.post(message('busy/result', '{}', false), busy);
    made.post(message('bridge/state', 'online'));
    assert.deepEqual(skipped, ['busy/result']);
    assert.equal(made.counters.skipped, 1);
    await broker.takeAll();
    assert.equal(broker.kept.get('busy/motion'), String(PUBLISHER_MAX_WAITING + 500));
    assert.equal(broker.kept.get('quiet/motion'), 'OFF');
    assert.equal(broker.kept.get('bridge/state'), 'online');
    assert.ok(broker.heard.length <= PUBLISHER_MAX_WAITING + 5, 'and it settles');
    assert.ok(made.isIdle);
  }, 60_000);

  it('hears of a stop before those that still wait for their turn', async () => {
    const { made, broker } = await outbox(1);
    const door = new Device('door');
    door.values.set('availability', 'online');
    made.post(message('first', '1'));
    made.postAllOf(door);
    made.dropTurns();
    made.post(message('door/availability', 'offline'), door);
    await broker.takeAll();
    assert.equal(broker.kept.get('door/availability'), 'offline');
    assert.equal(door.asked, 0);
  });
});
