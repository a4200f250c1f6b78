import { randomUUID } from 'node:crypto';
import type { NodeAPI, NodeDef } from 'node-red';
import { systemClock, type HikvisionEvent, type Timer } from '../../lib/index';
import { connectionOf } from '../shared/connection';
import { EventFilter, filterSettings, millisecondsOf, type FilterFields } from '../shared/filter';
import { toMessage } from '../shared/message';
import { translatorOf } from '../shared/runtime';
import { StatusLine } from '../shared/status';
import { serveAdmin, type EventInNode } from './admin';
import { testEventsOf } from './test-event';

interface EventInDef extends NodeDef, FilterFields {
  readonly device: string;
  readonly pictures?: boolean;
  readonly raw?: boolean;
  /** Seconds; an event that is never ended by the device ends when more than this pass without a repeat. Empty: 10. */
  readonly endAfter?: string | number;
  /** 1: one message per edge. 2: `start` and `once` on the first output, `end` on the second. */
  readonly outputs?: number;
}

/** A test event lasts so long: long enough to see that a flow does something, and something else at the end. */
const TEST_EVENT_MS = 2_000;

/** Sends one message per event of a device: its start and its end, not its repeats. */
export = (RED: NodeAPI): void => {
  serveAdmin(RED);
  RED.nodes.registerType('hsp-event-in', function (this: EventInNode, def: EventInDef) {
    RED.nodes.createNode(this, def);
    const connection = connectionOf(RED, def.device);
    const translate = translatorOf(RED);
    const status = new StatusLine((shown) => this.status(shown), translate, systemClock, { wantsEvents: true });

    const filtering = filterSettings(def);
    const endAfterMs = millisecondsOf(def.endAfter);
    const problems = 'problems' in filtering ? filtering.problems : [];
    if (endAfterMs === undefined) problems.push('endAfter');
    if ('problems' in filtering || endAfterMs === undefined) {
      const fields = problems.map((field) => translate(`hsp-event-in.label.${field}`)).join(', ');
      const text = translate('hsp-event-in.status.invalid', { fields });
      this.status({ fill: 'red', shape: 'ring', text });
      this.error(text);
      return;
    }

    const options = { pictures: def.pictures !== false, raw: def.raw === true };
    const send = (event: HikvisionEvent) => {
      const message = { ...toMessage(event, options) };
      this.send(Number(def.outputs) === 2 && event.state === 'end' ? [null, message] : message);
    };
    const filter = new EventFilter(filtering.settings, systemClock, send, (count) =>
      status.setNote(translate('hsp-event-in.status.suppressed', { count })),
    );
    const events = connection.onEvent((event) => filter.push(event), {
      ...(endAfterMs === 0 ? {} : { endAfterMs }),
      // A device is asked for what somebody wants.
      ...(filtering.settings.kinds.size === 0 ? {} : { kinds: [...filtering.settings.kinds] }),
    });
    const states = connection.onState((state) => status.setConnection(state));
    const remarks = connection.onRemarks((known) => status.setRemarks(known));
    connection.register(this);

    // Past the filter, which remembers what really happens.
    const ends = new Set<Timer>();
    this.sendTest = (kind, channel) => {
      const { name, host } = connection;
      const tested = testEventsOf(
        kind,
        channel,
        filtering.settings,
        { name, host },
        { id: randomUUID(), nowMs: Date.now() },
      );
      for (const event of tested.events) {
        if (event.state !== 'end') {
          send(event);
          continue;
        }
        const timer = systemClock.after(TEST_EVENT_MS, () => {
          ends.delete(timer);
          send({ ...event, receivedAt: new Date().toISOString() });
        });
        ends.add(timer);
      }
      return tested;
    };

    this.on('close', (done: () => void) => {
      for (const timer of ends) timer.cancel();
      events.close();
      states.close();
      remarks.close();
      filter.close();
      status.close();
      void connection.release(this).finally(done);
    });
  });
};
