/** What the dialog of `hsp-event-in` asks of the runtime: what a device told lately, its channels, and an event to try a flow. */
import type { Node, NodeAPI } from 'node-red';
import { EVENT_KIND_NAMES, type Channel, type EventKind } from '../../lib/index';
import { answerQuestions, atMost, Refusal, type Question } from '../shared/admin';
import { withAskedDevice } from '../shared/asked-device';
import type { Connection, DeviceNode } from '../shared/connection';
import type { RecentEvent } from '../shared/recent-events';
import type { TestEvents } from './test-event';

/** An `hsp-event-in`, as it is deployed. */
export interface EventInNode extends Node {
  /** Missing where its fields make no sense. */
  sendTest?(kind: EventKind, channel: number | null): TestEvents;
}

const RIGHT = 'hsp-event-in.write';
/** How long a device may take to tell its channels: somebody looks on. */
const CHANNELS_MS = 8_000;
const MAX_QUESTIONS = 4;
const MAX_CHANNEL = 512;

export function serveAdmin(RED: NodeAPI): void {
  answerQuestions(RED, '/hsp/event-in/recent', RIGHT, (question) => Promise.resolve(recent(RED, question)));
  answerQuestions(
    RED,
    '/hsp/event-in/channels',
    RIGHT,
    atMost(MAX_QUESTIONS, (question) => channels(RED, question)),
  );
  // Whatever is thrown becomes an answer.
  answerQuestions(RED, '/hsp/event-in/test', RIGHT, async (question) => test(RED, question));
}

/* What a device told lately */

interface Recent {
  /** The node is deployed, so that a test event can pass it. */
  readonly isNodeDeployed: boolean;
  /** Of the device; `absent` where it is not deployed. */
  readonly state: Connection['state']['state'] | 'absent';
  readonly code: string | null;
  /** A node waits for its events. */
  readonly isCollecting: boolean;
  /** Ages instead of times: the clock of the browser may be another one. */
  readonly events: readonly (Omit<RecentEvent, 'receivedAtMs'> & { readonly ageMs: number })[];
}

function recent(RED: NodeAPI, { id, device }: Question): Recent {
  const isNodeDeployed = nodeOf(RED, id, 'hsp-event-in') !== null;
  const found = nodeOf(RED, device, 'hsp-config') as DeviceNode | null;
  if (found === null) return { isNodeDeployed, state: 'absent', code: null, isCollecting: false, events: [] };
  const { state, isCollecting, recentEvents } = found.connection;
  const nowMs = Date.now();
  return {
    isNodeDeployed,
    state: state.state,
    code: 'code' in state ? state.code : null,
    isCollecting,
    events: recentEvents.map(({ receivedAtMs, ...event }) => ({
      ...event,
      ageMs: Math.max(0, nowMs - receivedAtMs),
    })),
  };
}

function nodeOf(RED: NodeAPI, id: unknown, type: string): Node | null {
  const found = typeof id === 'string' ? (RED.nodes.getNode(id) as Node | null) : null;
  return found?.type === type ? found : null;
}

/* Channels */

function channels(RED: NodeAPI, question: Question): Promise<unknown> {
  return withAskedDevice(RED, question, async (device) => {
    const signal = AbortSignal.timeout(CHANNELS_MS);
    try {
      const listed = (await device.call('recorder.listChannels', {}, { signal })) as readonly Channel[];
      return { channels: listed.map(({ channel, name, online }) => ({ channel, name, online })) };
    } catch (error) {
      throw signal.aborted ? new Refusal(504, 'tooSlow') : error;
    }
  });
}

/* A test event */

function test(RED: NodeAPI, { id, kind: word, channel }: Question): unknown {
  const kind = EVENT_KIND_NAMES.find((one) => one === word);
  const number = typeof channel === 'number' && Number.isInteger(channel) ? channel : 0;
  const isChannel = channel === null || (number >= 1 && number <= MAX_CHANNEL);
  if (kind === undefined || !isChannel) throw new Refusal(422, 'notUnderstood');
  const node: EventInNode | null = nodeOf(RED, id, 'hsp-event-in');
  if (node?.sendTest === undefined) throw new Refusal(409, 'notDeployed');
  const { events, heldBackBy } = node.sendTest(kind, channel === null ? null : number);
  return { sent: events.map(({ state }) => state), heldBackBy };
}
