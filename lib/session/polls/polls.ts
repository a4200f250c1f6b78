/** What one device is asked for, as long as somebody wants it and nothing better tells it. */
import type { Clock } from '../../clock';
import type { CursorStore } from '../../events/cursors';
import type { EventSource, Notice } from '../../events/event';
import type { EventCompanion } from '../companions';
import type { EventInlet, EventPump } from '../event-pump';
import { Poller, type Poll, type PollerParts } from '../poller';
import type { LineState, PollName, Ways } from '../ways';
import { AccessPoll } from './access';
import { CallPoll } from './calls';
import { Cursor } from './cursor';
import { PanelPoll } from './panel';
import { PlatePoll } from './plates';

export interface PollsParts {
  readonly clock: Clock;
  readonly pump: EventPump;
  readonly ways: Ways;
  readonly cursors: CursorStore;
  /** By what the device is known, for its cursors, and its own word for what it is. */
  readonly device: () => { readonly key: string; readonly type: string | null };
  /** Changes with another device or firmware. */
  readonly deviceKey: () => string;
  /** Of this client, for what the device has not. */
  readonly memory: Map<string, unknown>;
  readonly line: () => LineState;
  readonly call: PollerParts['call'];
}

export class Polls {
  /** They outlive a connection: what goes on when it is lost is not new when it is back. */
  private polls: Readonly<Record<PollName, Poll>>;
  private access: AccessPoll;
  private plates: PlatePoll;
  /** Of the device whose state they remember. */
  private key: string | null = null;
  private readonly inlets = new Map<PollName, EventInlet>();

  constructor(private readonly parts: PollsParts) {
    ({ access: this.access, plates: this.plates } = this.polls = this.fresh());
  }

  /** Those that are worth trying at this device, to be run while it is connected. */
  pollers(): EventCompanion[] {
    const { key, type } = this.parts.device();
    if (this.key !== null && this.key !== key)
      ({ access: this.access, plates: this.plates } = this.polls = this.fresh());
    this.key = key;
    return this.parts.ways
      .polls(type)
      .filter((name) => !this.isLacking(name))
      .map((name) => this.poller(name, type));
  }

  /** Another way told something that a history holds as well. */
  heard(notice: Notice, source: EventSource): void {
    if (source === 'poll' || !this.isResting('access')) return;
    if (notice.kind !== 'access' && notice.kind !== 'doorbell') return;
    const { serialNo } = notice.details;
    if (typeof serialNo === 'number' && !notice.retransmitted) this.access.heard(serialNo);
  }

  /** The device tells by itself what its histories hold. */
  lineOpened(): void {
    if (this.isResting('plates')) this.plates.rest();
  }

  private isResting(name: PollName): boolean {
    const { ways, device, line } = this.parts;
    return !ways.needs(name, device().type, line());
  }

  private poller(name: PollName, deviceType: string | null): Poller {
    const { clock, pump, ways, line, call, memory, deviceKey } = this.parts;
    const poll = this.polls[name];
    return new Poller(poll, {
      clock,
      inlet: this.inletOf(name),
      call,
      wantedKinds: () => pump.wantedKinds,
      isNeeded: () => ways.needs(name, deviceType, line()),
      isTrial: true,
      lacking: () => void memory.set(memoryKey(name), deviceKey()),
    });
  }

  private inletOf(name: PollName): EventInlet {
    const known = this.inlets.get(name);
    if (known !== undefined) return known;
    const { kinds, lateMs } = this.polls[name];
    // Rings are left to the call where a device has one, so nobody need wait for what the history says of them.
    const tells = name === 'access' ? new Set(['access'] as const) : kinds;
    const inlet = this.parts.pump.inlet('poll', { tells, way: `poll ${name}`, lateMs });
    this.inlets.set(name, inlet);
    return inlet;
  }

  private isLacking(name: PollName): boolean {
    return this.parts.memory.get(memoryKey(name)) === this.parts.deviceKey();
  }

  private fresh() {
    const { cursors, device } = this.parts;
    const cursor = (what: string) => new Cursor(cursors, what, () => device().key);
    return {
      calls: new CallPoll(),
      access: new AccessPoll({ cursor: cursor('access'), tellsRings: () => this.isLacking('calls') }),
      plates: new PlatePoll(cursor('plates')),
      panel: new PanelPoll(),
    } satisfies Record<PollName, Poll>;
  }
}

function memoryKey(name: PollName): string {
  return `polls/${name}/lacking`;
}
