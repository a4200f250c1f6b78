/** What stands below a node: the real state of the connection, in the words of the locale. */
import { ERROR_CODES, type Clock, type Timer } from '../../lib/index';
import type { Remarks } from './connection';
import type { DeviceState } from './message';

export type Translate = (key: string, values?: Record<string, string | number>) => string;

export interface StatusText {
  readonly fill: 'green' | 'yellow' | 'red' | 'blue' | 'grey';
  readonly shape: 'dot' | 'ring';
  readonly text: string;
}

/**
 * Green dot: connected. Yellow dot: connected, but not all events that this node waits for can come. Yellow ring: connecting. Red ring: broken, with the reason. Grey ring: not connected.
 */
export function connectionStatus(
  state: DeviceState,
  nowMs: number,
  translate: Translate,
  { wantsEvents = false } = {},
): StatusText {
  switch (state.state) {
    case 'idle':
    case 'closed':
      return { fill: 'grey', shape: 'ring', text: translate('common.status.disconnected') };
    case 'connecting':
      return { fill: 'yellow', shape: 'ring', text: translate('common.status.connecting') };
    case 'connected':
      if (wantsEvents && state.stream === 'failed') {
        return { fill: 'yellow', shape: 'dot', text: translate('common.status.withoutEvents') };
      }
      if (wantsEvents && state.stream === 'partial') {
        return { fill: 'yellow', shape: 'dot', text: translate('common.status.pollingOnly') };
      }
      return { fill: 'green', shape: 'dot', text: translate('common.status.connected') };
    case 'lost': {
      const text = translate('common.status.lost', { reason: reasonText(state.code, translate) });
      return { fill: 'red', shape: 'ring', text };
    }
    case 'locked': {
      const text = translate('common.status.locked', { remaining: remainingText(state.unlockAtMs - nowMs, translate) });
      return { fill: 'red', shape: 'ring', text };
    }
    case 'refused': {
      const text = translate('common.status.refused', { reason: reasonText(state.code, translate) });
      return { fill: 'red', shape: 'ring', text };
    }
    case 'misconfigured':
      return { fill: 'red', shape: 'ring', text: state.reason };
  }
}

/** What is to be known of a connection that holds, in few words each. */
export function remarkTexts(remarks: Remarks, translate: Translate): string[] {
  const { droppedMessages, evictedEvents, pushProblem, isDialIn } = remarks;
  const counted = (key: string, count: number) =>
    count === 0 ? [] : [translate(`common.status.${key}`, { count: count.toLocaleString('en-US') })];
  return [
    ...(isDialIn ? [translate('common.status.dialIn')] : []),
    ...(pushProblem === null ? [] : [translate('common.status.noPush', { reason: pushProblem })]),
    ...counted('dropped', droppedMessages),
    ...counted('evicted', evictedEvents),
  ];
}

/** The status of something that failed. */
export function errorStatus(error: unknown, translate: Translate): StatusText {
  const code = (error as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' ? reasonText(code, translate) : translate('common.reason.other');
  return { fill: 'red', shape: 'ring', text: translate('common.status.error', { reason }) };
}

/** Minutes while there is more than one, rounded up: nobody should come back too early. */
function remainingText(remainingMs: number, translate: Translate): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / 1_000));
  if (seconds > 60) return translate('common.remaining.minutes', { minutes: Math.ceil(seconds / 60) });
  return translate('common.remaining.seconds', { seconds });
}

function reasonText(code: string, translate: Translate): string {
  return Object.hasOwn(ERROR_CODES, code) ? translate(`common.reason.${code}`) : code;
}

/** Shortest time between two states of a progress; Node-RED sends each of them to every open editor. */
const PROGRESS_MS = 500;

/** Passes on how far something is, as `37 %`, at most twice a second. */
export function progressText(show: (text: string) => void, clock: Clock): (progress: number) => void {
  let shownAtMs = -Infinity;
  let shown = '';
  return (progress) => {
    const text = `${Math.floor(progress * 100)} %`;
    const now = clock.monotonic();
    if (text === shown || now - shownAtMs < PROGRESS_MS) return;
    shownAtMs = now;
    shown = text;
    show(text);
  };
}

/** How often a remaining time is brought up to date. */
const REFRESH_MS = 1_000;

/**
 * The status of one node: that of its connection, for a while covered by what the node itself has to say. Counts a lock time down.
 */
export class StatusLine {
  private state: DeviceState = { state: 'idle' };
  private note = '';
  private remarks: readonly string[] = [];
  private cover: StatusText | undefined;
  private shown = '';
  private isClosed = false;
  private refreshTimer: Timer | undefined;
  private coverTimer: Timer | undefined;

  constructor(
    private readonly show: (status: StatusText) => void,
    private readonly translate: Translate,
    private readonly clock: Clock,
    private readonly options: { readonly wantsEvents?: boolean } = {},
  ) {}

  setConnection(state: DeviceState): void {
    this.state = state;
    this.draw();
  }

  /** Words behind the state while connected; empty for none. */
  setNote(note: string): void {
    this.note = note;
    this.draw();
  }

  /** What stands behind the state while connected, before the note. */
  setRemarks(remarks: Remarks): void {
    this.remarks = remarkTexts(remarks, this.translate);
    this.draw();
  }

  /** Covers the state, for `forMs` or until {@link uncover}. */
  setCover(status: StatusText, forMs?: number): void {
    if (this.isClosed) return;
    this.coverTimer?.cancel();
    this.cover = status;
    this.coverTimer = forMs === undefined ? undefined : this.clock.after(forMs, () => this.uncover());
    this.draw();
  }

  uncover(): void {
    this.coverTimer?.cancel();
    this.coverTimer = undefined;
    this.cover = undefined;
    this.draw();
  }

  /** Nothing is shown any more, and no timer is left. */
  close(): void {
    this.isClosed = true;
    this.refreshTimer?.cancel();
    this.coverTimer?.cancel();
  }

  private draw(): void {
    if (this.isClosed) return;
    this.refreshTimer?.cancel();
    this.refreshTimer = undefined;
    const status = this.cover ?? this.connection();
    const text = `${status.fill} ${status.shape} ${status.text}`;
    if (text !== this.shown) this.show(status);
    this.shown = text;
    const counts =
      this.cover === undefined && this.state.state === 'locked' && this.state.unlockAtMs > this.clock.now();
    if (counts) this.refreshTimer = this.clock.after(REFRESH_MS, () => this.draw());
  }

  private connection(): StatusText {
    const status = connectionStatus(this.state, this.clock.now(), this.translate, this.options);
    const words = [...this.remarks, ...(this.note === '' ? [] : [this.note])];
    if (words.length === 0 || this.state.state !== 'connected') return status;
    return { ...status, text: [status.text, ...words].join(', ') };
  }
}
